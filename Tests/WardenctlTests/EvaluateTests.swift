import Foundation
import Testing

@Suite("wardenctl evaluate judges the detectors on what it is given", .serialized)
struct EvaluateTests {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("warden-corpus-\(getpid())")

    /// Codes at 256 to g: standing, a blow along the body, and lying where it was a fall.
    static func trial(isFall: Bool) -> Data {
        var codes: [Int16] = []
        func add(_ milliseconds: Int, _ x: Int16, _ y: Int16, _ z: Int16) {
            for _ in 0..<(milliseconds / 5) { codes += [x, y, z] }
        }
        add(4_000, 0, -256, 10)
        if isFall {
            add(160, 0, -180, 64)
            add(160, 15, -90, 90)
            add(40, 77, -358, 460)
            add(40, 102, -307, 794)
            add(40, 51, -205, 614)
            add(160, -25, 25, 256)
            add(6_000, 20, 15, 254)
        } else {
            add(6_000, 0, -256, 10)
        }
        return codes.withUnsafeBytes { Data($0) }
    }

    init() throws {
        let trials = folder.appendingPathComponent("trials")
        try FileManager.default.createDirectory(at: trials, withIntermediateDirectories: true)
        try EvaluateTests.trial(isFall: true).write(to: trials.appendingPathComponent("F1.i16"))
        try EvaluateTests.trial(isFall: false).write(to: trials.appendingPathComponent("D1.i16"))
        try "trial,subject,activity,label\nF1,S1,F01,fall\nD1,S1,D01,daily\n".write(
            to: folder.appendingPathComponent("manifest.csv"), atomically: true, encoding: .utf8)
    }

    @Test("A corpus with one fall and one quiet trial: the table and the JSON say the same")
    func fall() throws {
        let table = try Program.run(["evaluate", "fall", "--corpus", folder.path])
        #expect(table.status == 0, "\(table)")
        #expect(table.output.contains("overall       1      1      1.0000       1       1      1.0000       0.00"))
        let json = try Program.run(["evaluate", "fall", "--corpus", folder.path, "--json"])
        let report = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let overall = report?["overall"] as? [String: Any]
        #expect(overall?["sensitivity"] as? Double == 1)
        #expect(overall?["specificity"] as? Double == 1)
        #expect(overall?["falseAlarmsPerHour"] as? Double == 0)
        #expect((report?["activities"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["D01", "F01"])
    }

    @Test("Codes that stand for less are less than a fall: the scale counts")
    func scale() throws {
        let table = try Program.run(["evaluate", "fall", "--corpus", folder.path, "--mg-per-lsb", "0.2"])
        #expect(table.output.contains("missed: F1"), "\(table)")
    }

    @Test("A trial is drawn as SVG")
    func plot() throws {
        let drawn = try Program.run(["evaluate", "fall", "--corpus", folder.path, "--trial", "F1", "--svg", "-"])
        #expect(drawn.status == 0)
        #expect(drawn.output.hasPrefix("<?xml "))
        #expect(drawn.output.contains("decided"))
    }

    @Test("A trial that the manifest names and nobody recorded is an error, not a trial without a fall")
    func missing() throws {
        try FileManager.default.removeItem(at: folder.appendingPathComponent("trials/F1.i16"))
        let ended = try Program.run(["evaluate", "fall", "--corpus", folder.path])
        #expect(ended.status == 65)
        #expect(ended.errors.contains("F1.i16"))
    }
}
