import Foundation
import FoundationXML
import HardwareInterface
import LifeSafety
import Testing

@testable import Evaluation

@Suite("Evaluation on recordings")
struct EvaluationTests {
    /// A corpus of two trials in a folder of its own: a fall of the textbook, and standing.
    static func smallCorpus(rate: Int = 50, name: String) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("warden-corpus-\(name)")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("trials"), withIntermediateDirectories: true)
        var manifest = "trial,subject,group,activity,label,samples,fall_start_s,fall_end_s,peak_s\n"
        for (name, label) in [("F01_SA01_R01", "fall"), ("D01_SA01_R01", "adl")] {
            var codes: [Int16] = []
            for index in 0..<(8 * rate) {
                let sample = SyntheticFall.sample(label == "fall" ? index * 25 / rate : index % 90)
                for axis in [sample.x, sample.y, sample.z] { codes.append(Int16(Double(axis) / 4)) }
            }
            let data = codes.withUnsafeBytes { Data($0) }
            try data.write(to: folder.appendingPathComponent("trials/\(name).i16"))
            manifest += "\(name),SA01,adult,\(name.prefix(3)),\(label),\(codes.count / 3),"
            manifest += label == "fall" ? "4.1,4.6,4.38\n" : ",,\n"
        }
        try manifest.write(to: folder.appendingPathComponent("manifest.csv"), atomically: true, encoding: .utf8)
        return folder
    }

    static func options(rate: Double = 50) -> FallEvaluationOptions {
        var options = FallEvaluationOptions()
        options.rate = rate
        options.milligravityPerCode = 4
        return options
    }

    @Test("A corpus is judged trial by trial, in a table and in JSON")
    func fall() throws {
        let corpus = try Self.smallCorpus(name: "judged")
        let evaluation = try evaluateFall(corpus: corpus, options: Self.options())
        #expect(evaluation.overall.falls == 1 && evaluation.overall.found == 1)
        #expect(evaluation.overall.others == 1 && evaluation.overall.quiet == 1)
        #expect(evaluation.latency!.longest > 1.9 && evaluation.latency!.longest < 3.5)
        #expect(evaluation.table.contains("F01"))
        let json = try JSONSerialization.jsonObject(with: evaluation.json()) as? [String: Any]
        #expect((json?["overall"] as? [String: Any])?["sensitivity"] as? Double == 1)
    }

    @Test(
        "Another mounting, gain, clipping and rate are variations of the same trial",
        arguments: [
            (50.0, 1.0, 16_000.0), (25, 1, 16_000), (20, 1, 16_000), (50, 0.95, 16_000), (50, 1.05, 16_000),
            (50, 1, 4_000),
        ])
    func variations(rate: Double, gain: Double, fullScale: Double) throws {
        let corpus = try Self.smallCorpus(name: "varied-\(rate)-\(gain)-\(fullScale)")
        var options = Self.options()
        options.variation.rate = rate
        options.variation.gain = (gain, gain, gain)
        options.variation.fullScale = fullScale
        options.turnsAtRandom = true
        #expect(try evaluateFall(corpus: corpus, options: options).overall.found == 1)
    }

    @Test("The decision threshold moves the operating point")
    func threshold() throws {
        let corpus = try Self.smallCorpus(name: "threshold")
        var options = Self.options()
        options.decisionThreshold = .max
        #expect(try evaluateFall(corpus: corpus, options: options).overall.found == 0)
    }

    @Test("A plot shows the signals, the impact and the decision")
    func plot() throws {
        let corpus = try Self.smallCorpus(name: "plotted")
        let drawing = try plotFall(corpus: corpus, trial: "F01_SA01_R01", options: Self.options())
        #expect(drawing.hasPrefix("<?xml") && drawing.hasSuffix("</svg>\n"))
        #expect(drawing.contains("decided") && drawing.contains("tilt / degrees"))
        #expect(XMLParser(data: Data(drawing.utf8)).parse(), "an XML parser takes it")
    }

    @Test("What cannot be read is said with its place and what would be right")
    func problems() throws {
        let corpus = try Self.smallCorpus(name: "broken")
        func problem(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(
            problem { _ = try evaluateFall(corpus: corpus.appendingPathComponent("nowhere")) }.contains("manifest.csv"))
        #expect(problem { _ = try plotFall(corpus: corpus, trial: "F99") }.contains("no trial 'F99'"))
        try Data([1, 2, 3]).write(to: corpus.appendingPathComponent("trials/F01_SA01_R01.i16"))
        #expect(problem { _ = try evaluateFall(corpus: corpus) }.contains("3 bytes"))
        try "trial,subject\na,b\n".write(
            to: corpus.appendingPathComponent("manifest.csv"), atomically: true, encoding: .utf8)
        #expect(problem { _ = try evaluateFall(corpus: corpus) }.contains("no column 'activity'"))
        try "trial,subject,activity,label\na,b\n".write(
            to: corpus.appendingPathComponent("manifest.csv"), atomically: true, encoding: .utf8)
        #expect(problem { _ = try evaluateFall(corpus: corpus) }.contains("manifest.csv:2"))
    }

    @Test("Every clause and nuisance is as required")
    func clauses() {
        let evaluation = evaluateClauses()
        #expect(evaluation.results.count > 30)
        for result in evaluation.results { #expect(result.passes, "\(result)") }
    }

    @Test("A clause that is not met is seen")
    func clauseFails() {
        let late = ClauseResult(detector: "CO", source: "", profile: "", earliest: 0, latest: 180, alarm: 181)
        let never = ClauseResult(detector: "CO", source: "", profile: "", earliest: 0, latest: 180, alarm: nil)
        let nuisance = ClauseResult(detector: "CO", source: "", profile: "", earliest: nil, latest: nil, alarm: 5)
        #expect(!late.passes && !never.passes && !nuisance.passes)
    }

    @Test("A recorded series is played block by block; a missing column names those that are there")
    func series() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("warden-series.csv")
        var text = "t_s,block,temp_c,alarm\n"
        for second in 0..<600 { text += "\(second),1,22.5,0\n" }
        for second in 0..<600 { text += "\(second),2,\(20 + Double(second) / 6),\(second >= 300 ? 1 : 0)\n" }
        try text.write(to: file, atomically: true, encoding: .utf8)
        let evaluation = try evaluateSeries(file: file, detector: .heat)
        #expect(evaluation.blocks.map { $0.alarm == nil } == [true, false])
        #expect(evaluation.blocks.map(\.labelled) == [nil, 300])
        do {
            _ = try evaluateSeries(file: file, detector: .carbonMonoxide)
            Issue.record("a column that is not there was read")
        } catch { #expect("\(error)".contains("there are t_s, block, temp_c, alarm")) }
    }

    @Test("A home with one habit is learned, and its silence is noticed")
    func inactivity() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("warden-home.csv")
        var text = "t_s,sensor,state\n"
        for day in 0..<30 {
            for half in [14, 15, 16, 17, 24, 25, 36, 37, 38, 39, 40, 41, 42, 43] {
                for part in 0..<3 { text += "\(day * 86_400 + half * 1_800 + part * 550),Fridge,\(part % 2)\n" }
            }
        }
        try text.write(to: file, atomically: true, encoding: .utf8)
        let evaluation = try evaluateInactivity(corpus: file)
        #expect(evaluation.falseAlarms == 0)
        #expect(evaluation.delays.count > 100)
        #expect(evaluation.noticed(within: 12) == 1)
        #expect(evaluation.delay(share: 0.5)! < 6)
        #expect(evaluation.table.contains("false alarms"))
    }
}

/// Judged on the recordings where they are at hand: WARDEN_DATA names the folder that holds `sisfall` and `ambient`.
@Suite("Evaluation on the tuning corpus", .enabled(if: ProcessInfo.processInfo.environment["WARDEN_DATA"] != nil))
struct CorpusTests {
    static var data: URL { URL(fileURLWithPath: ProcessInfo.processInfo.environment["WARDEN_DATA"] ?? "") }

    /// Variations that must cost next to nothing. The corpus is the one that the networks were fitted on: this holds that
    /// the detector's arithmetic is that of the fit, not how good it is on strangers.
    @Test(
        "On its own corpus the detector is what the fit promised",
        arguments: [
            ("as recorded", 200, 1, 16_000, false), ("turned at random", 200, 1, 16_000, true),
            ("gain 0.95", 200, 0.95, 16_000, false), ("gain 1.05", 200, 1.05, 16_000, false),
            ("clipped at 4 g", 200, 1, 4_000, false), ("25 Hz", 25, 1, 16_000, false), ("20 Hz", 20, 1, 8_000, true),
        ] as [(String, Double, Double, Double, Bool)])
    func fall(name: String, rate: Double, gain: Double, fullScale: Double, turns: Bool) throws {
        var options = FallEvaluationOptions()
        options.variation.rate = rate
        options.variation.gain = (gain, gain, gain)
        options.variation.fullScale = fullScale
        options.turnsAtRandom = turns
        let evaluation = try evaluateFall(corpus: Self.data.appendingPathComponent("sisfall"), options: options)
        #expect(evaluation.overall.sensitivity! >= 0.995)
        #expect(evaluation.overall.specificity! >= 0.998)
    }

    @Test("The home of the recording: no false alarm, most silences noticed the same day")
    func inactivity() throws {
        let evaluation = try evaluateInactivity(corpus: Self.data.appendingPathComponent("ambient"))
        #expect(evaluation.falseAlarms == 0)
        #expect(evaluation.noticed(within: 12) == 1)
        #expect(evaluation.noticed(within: 6) > 0.5)
    }
}
