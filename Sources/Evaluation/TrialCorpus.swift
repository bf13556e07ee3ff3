import Foundation
import HardwareInterface

/// A folder of recorded accelerometer trials: `manifest.csv` and `trials/NAME.i16`.
///
/// The manifest has at least the columns `trial`, `subject`, `activity` and `label` (`fall` or anything else), and where
/// known `group`, `fall_start_s`, `fall_end_s` and `peak_s`. A trial is a run of little-endian 16-bit x, y, z.
public struct TrialCorpus: Sendable {
    public struct Trial: Sendable {
        public var name: String
        public var subject: String
        public var group: String
        public var activity: String
        public var isFall: Bool
        /// Seconds from the start of the trial, where annotated.
        public var fallStart: Double?
        public var fallEnd: Double?
        public var peak: Double?
    }

    /// Why a corpus cannot be read; the text says where and what would be right.
    public struct Problem: Error, CustomStringConvertible, Sendable {
        public var description: String
    }

    public let folder: URL
    public let trials: [Trial]

    /// Reads the manifest.
    public init(folder: URL) throws {
        self.folder = folder
        let manifest = folder.appendingPathComponent("manifest.csv")
        guard let text = try? String(contentsOf: manifest, encoding: .utf8) else {
            throw Problem(
                description: "\(manifest.path): cannot be read; a corpus folder holds manifest.csv and trials/*.i16")
        }
        let table = try CommaSeparatedTable(text, name: manifest.path)
        let required = ["trial", "subject", "activity", "label"]
        for column in required where table.columns[column] == nil {
            throw Problem(description: "\(manifest.path):1: no column '\(column)'; needed are \(required)")
        }
        trials = table.rows.map { row in
            Trial(
                name: table.text(row, "trial"), subject: table.text(row, "subject"), group: table.text(row, "group"),
                activity: table.text(row, "activity"), isFall: table.text(row, "label") == "fall",
                fallStart: table.number(row, "fall_start_s"), fallEnd: table.number(row, "fall_end_s"),
                peak: table.number(row, "peak_s"))
        }
    }

    /// The raw codes of a trial, x, y, z in turn.
    public func codes(of trial: Trial) throws -> [Int16] {
        let url = folder.appendingPathComponent("trials").appendingPathComponent(trial.name + ".i16")
        guard let data = try? Data(contentsOf: url) else {
            throw Problem(description: "\(url.path): cannot be read, though the manifest names it")
        }
        guard data.count % 6 == 0 else {
            throw Problem(description: "\(url.path): \(data.count) bytes are no whole number of x, y, z triples")
        }
        // All at once: number by number takes longer than the detector does.
        var codes = [Int16](repeating: 0, count: data.count / 2)
        _ = codes.withUnsafeMutableBytes { data.copyBytes(to: $0) }
        if Int16(littleEndian: 1) != 1 { for index in codes.indices { codes[index] = codes[index].byteSwapped } }
        return codes
    }
}

/// A comma-separated table with a line of column names and no quoting.
struct CommaSeparatedTable {
    let columns: [String: Int]
    let rows: [[Substring]]

    init(_ text: String, name: String) throws {
        var lines = text.split(whereSeparator: \.isNewline)
        guard !lines.isEmpty else { throw TrialCorpus.Problem(description: "\(name): is empty") }
        let names = lines.removeFirst().split(separator: ",", omittingEmptySubsequences: false)
        columns = Dictionary(names.enumerated().map { (String($1), $0) }, uniquingKeysWith: { first, _ in first })
        rows = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for (index, row) in rows.enumerated() where row.count != names.count {
            throw TrialCorpus.Problem(
                description: "\(name):\(index + 2): \(row.count) fields where the first line names \(names.count)")
        }
    }

    func text(_ row: [Substring], _ column: String) -> String { columns[column].map { String(row[$0]) } ?? "" }
    func number(_ row: [Substring], _ column: String) -> Double? { columns[column].flatMap { Double(row[$0]) } }
}
