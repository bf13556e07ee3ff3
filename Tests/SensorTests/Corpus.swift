import Foundation

/// Recorded data that lies beside the checkout and is not part of it.
enum Corpus {
    /// Where `README.md`'s folder of recorded data lies: `WARDEN_DATA`, else `../shared/data` beside the checkout or beside
    /// the folder that holds it.
    private static var folder: URL? {
        if let path = ProcessInfo.processInfo.environment["WARDEN_DATA"] { return URL(fileURLWithPath: path) }
        var parent = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        for _ in 0..<5 {
            parent = parent.deletingLastPathComponent()
            let candidate = parent.appendingPathComponent("shared/data")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        return nil
    }

    /// The lines of a file; `nil`, said aloud, if the data is not here.
    static func lines(_ name: String) throws -> [String]? {
        guard let file = folder?.appendingPathComponent(name), FileManager.default.fileExists(atPath: file.path) else {
            print("SKIPPED: no \(name) (set WARDEN_DATA to the folder of recorded data)")
            return nil
        }
        return try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline).map(String.init)
    }

    /// The bytes of a file; `nil`, said aloud, if the data is not here.
    static func bytes(_ name: String) throws -> [UInt8]? {
        guard let file = folder?.appendingPathComponent(name), FileManager.default.fileExists(atPath: file.path) else {
            print("SKIPPED: no \(name) (set WARDEN_DATA to the folder of recorded data)")
            return nil
        }
        return [UInt8](try Data(contentsOf: file))
    }
}
