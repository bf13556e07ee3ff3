import Foundation
import HardwareInterface
import LifeSafety

/// What a recording of one quantity over time says about a detector.
public struct SeriesEvaluation: Codable, Sendable {
    public struct Block: Codable, Sendable {
        public var name: String
        public var hours: Double
        /// Seconds from the start of the block at which the recording is first labelled as alarm; `nil` if never.
        public var labelled: Double?
        /// Seconds from the start of the block at which the detector was first in alarm; `nil` if never.
        public var alarm: Double?
    }

    public var detector: String
    public var blocks: [Block]

    public var table: String {
        var text = pad("block", 10) + pad("hours", 8) + pad("labelled at / s", 17) + "alarm at / s\n"
        for block in blocks {
            text += pad(block.name, 10) + pad(decimal(block.hours, 2), 8) + pad(decimal(block.labelled, 0), 17)
            text += decimal(block.alarm, 0) + "\n"
        }
        let quiet = blocks.filter { $0.labelled == nil }
        let alarms = blocks.filter { $0.labelled != nil }
        text += "labelled blocks with an alarm: \(alarms.filter { $0.alarm != nil }.count) of \(alarms.count); "
        text += "other blocks without one: \(quiet.filter { $0.alarm == nil }.count) of \(quiet.count)\n"
        return text
    }

    public func json() throws -> Data {
        try machineReadable(self)
    }
}

/// A detector that can be played a recorded quantity, with the column that it reads and the factor to its unit.
public enum SeriesDetector: String, CaseIterable, Sendable {
    case smoke
    case heat
    case carbonMonoxide = "co"
    case combustibleGas = "gas"

    /// The column of the recording.
    public var column: String {
        switch self {
        case .smoke: "smoke_mdb_per_m"
        case .heat: "temp_c"
        case .carbonMonoxide: "co_ppm"
        case .combustibleGas: "lel_pct"
        }
    }

    var factor: Double {
        switch self {
        case .smoke, .carbonMonoxide: 1
        case .heat: 1_000
        case .combustibleGas: 100
        }
    }

    var kind: DetectorConfiguration.Kind {
        let point = PointIndex(0)
        return switch self {
        case .smoke: .smoke(.init(source: point))
        case .heat: .heat(.init(source: point, responseClass: .a1))
        case .carbonMonoxide: .carbonMonoxide(.init(source: point))
        case .combustibleGas: .combustibleGas(.init(source: point))
        }
    }
}

/// Plays a recording (`t_s`, a column of the detector, and where there are any `block` and `alarm`) to a detector.
///
/// - Throws: `TrialCorpus.Problem`; a recording without the detector's column names the columns that it has.
public func evaluateSeries(file: URL, detector: SeriesDetector) throws -> SeriesEvaluation {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
        throw TrialCorpus.Problem(description: "\(file.path): cannot be read")
    }
    let table = try CommaSeparatedTable(text, name: file.path)
    for column in ["t_s", detector.column] where table.columns[column] == nil {
        let present = table.columns.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", ")
        throw TrialCorpus.Problem(
            description: "\(file.path):1: no column '\(column)', which \(detector.rawValue) reads; there are \(present)"
        )
    }
    var blocks: [(name: String, rows: [[Substring]])] = []
    for row in table.rows {
        let name = table.columns["block"] == nil ? "1" : table.text(row, "block")
        if blocks.last?.name != name { blocks.append((name, [])) }
        blocks[blocks.count - 1].rows.append(row)
    }
    return SeriesEvaluation(
        detector: detector.rawValue, blocks: blocks.map { judge($0.name, $0.rows, table, detector) })
}

private func judge(
    _ name: String, _ rows: [[Substring]], _ table: CommaSeparatedTable, _ detector: SeriesDetector
) -> SeriesEvaluation.Block {
    let configurations = [DetectorConfiguration(detector.kind)]
    var monitor = LifeSafetyMonitor(configurations.span)
    var output = AlarmOutput(capacity: 8)
    let begin = rows.first.flatMap { table.number($0, "t_s") } ?? 0
    var block = SeriesEvaluation.Block(name: name, hours: 0, labelled: nil, alarm: nil)
    for row in rows {
        guard let seconds = table.number(row, "t_s"), let value = table.number(row, detector.column) else { continue }
        let now = Instant(nanoseconds: Int64((seconds - begin) * 1e9))
        monitor.advance(to: now, into: &output)
        let reading = Reading(value: Int32((value * detector.factor).rounded()), quality: .good, at: now)
        monitor.receive(reading, ofPoint: PointIndex(0), at: now, into: &output)
        output.removeAll()
        block.hours = (seconds - begin) / 3_600
        if block.labelled == nil && table.text(row, "alarm") == "1" { block.labelled = seconds - begin }
        if block.alarm == nil && monitor.status(of: DetectorIndex(0)).state == .alarm { block.alarm = seconds - begin }
    }
    return block
}
