import Foundation
import HardwareInterface
import LifeSafety

/// What recordings of one or more quantities over time say about a detector.
public struct SeriesEvaluation: Codable, Sendable {
    public struct Block: Codable, Sendable {
        /// The file, and the block's own name where the file has a column `block`.
        public var name: String
        public var hours: Double
        /// Seconds from the start of the block at which the recording is first labelled as alarm; `nil` if never.
        public var labelled: Double?
        /// Seconds from the start of the block at which the detector was first in alarm; `nil` if never.
        public var alarm: Double?
    }

    public var detector: String
    public var blocks: [Block]
    /// Files that the detector cannot read, with the reason.
    public var skipped: [String]

    public var table: String {
        var text = pad("recording", 46) + pad("hours", 8) + pad("labelled at / s", 17) + "alarm at / s\n"
        for block in blocks {
            text += pad(block.name, 46) + pad(decimal(block.hours, 2), 8) + pad(decimal(block.labelled, 0), 17)
            text += decimal(block.alarm, 0) + "\n"
        }
        let quiet = blocks.filter { $0.labelled == nil }
        let alarms = blocks.filter { $0.labelled != nil }
        text += "labelled recordings with an alarm: \(alarms.filter { $0.alarm != nil }.count) of \(alarms.count); "
        text += "others without one: \(quiet.filter { $0.alarm == nil }.count) of \(quiet.count)\n"
        for reason in skipped { text += "not played: \(reason)\n" }
        return text
    }

    public func json() throws -> Data {
        try machineReadable(self)
    }
}

/// Plays recordings (`t_s`, the columns of the detector, and where there are any `block` and `alarm`) to a detector.
///
/// - Parameter corpus: a file, or a folder whose CSV files are played.
/// - Throws: `TrialCorpus.Problem`; a single recording without the detector's columns names the columns that it has; in a
///   folder such a recording is passed over, with the reason in the result.
public func evaluateSeries(corpus: URL, detector: EvaluatedDetector) throws -> SeriesEvaluation {
    var evaluation = SeriesEvaluation(detector: detector.rawValue, blocks: [], skipped: [])
    for file in try seriesFiles(corpus) {
        do {
            for recording in try SeriesRecording.all(in: file, detector: detector) {
                evaluation.blocks.append(recording.judge(detector))
            }
        } catch let problem as TrialCorpus.Problem {
            guard file != corpus else { throw problem }
            evaluation.skipped.append(problem.description)
        }
    }
    guard !evaluation.blocks.isEmpty || !evaluation.skipped.isEmpty else {
        throw TrialCorpus.Problem(description: "\(corpus.path): holds no CSV files")
    }
    return evaluation
}

/// The file itself, or the CSV files of the folder in the order of their names.
private func seriesFiles(_ corpus: URL) throws -> [URL] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: corpus.path, isDirectory: &isFolder) else {
        throw TrialCorpus.Problem(description: "\(corpus.path): cannot be read")
    }
    guard isFolder.boolValue else { return [corpus] }
    return try FileManager.default.contentsOfDirectory(atPath: corpus.path).filter { $0.hasSuffix(".csv") }.sorted()
        .map { corpus.appendingPathComponent($0) }
}

/// One recording, or one block of it, as the detector is fed with it.
struct SeriesRecording {
    struct Row {
        var seconds: Double
        var values: [Int32]
        var isLabelled: Bool
    }

    let name: String
    let rows: [Row]

    static func all(in file: URL, detector: EvaluatedDetector) throws -> [SeriesRecording] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw TrialCorpus.Problem(description: "\(file.path): cannot be read")
        }
        let table = try CommaSeparatedTable(text, name: file.path)
        for column in ["t_s"] + detector.columns.map(\.name) where table.columns[column] == nil {
            let present = table.columns.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", ")
            throw TrialCorpus.Problem(
                description:
                    "\(file.path):1: no column '\(column)', which \(detector.rawValue) reads; there are \(present)")
        }
        let stem = file.deletingPathExtension().lastPathComponent
        var blocks: [(name: String, rows: [Row])] = []
        for row in table.rows {
            let name = table.columns["block"] == nil ? stem : "\(stem) \(table.text(row, "block"))"
            if blocks.last?.name != name { blocks.append((name, [])) }
            let values = detector.columns.compactMap { column in
                table.number(row, column.name).map { Int32(($0 * column.factor).rounded()) }
            }
            guard let seconds = table.number(row, "t_s"), values.count == detector.columns.count else { continue }
            blocks[blocks.count - 1].rows.append(
                Row(seconds: seconds, values: values, isLabelled: table.text(row, "alarm") == "1"))
        }
        return blocks.map { SeriesRecording(name: $0.name, begin: $0.rows.first?.seconds ?? 0, rows: $0.rows) }
    }

    private init(name: String, begin: Double, rows: [Row]) {
        self.name = name
        self.rows = rows.map { Row(seconds: $0.seconds - begin, values: $0.values, isLabelled: $0.isLabelled) }
    }

    var seconds: Double { rows.last?.seconds ?? 0 }

    func play(_ detector: EvaluatedDetector, _ seen: (DetectorProfile.Moment) -> Bool) {
        var player = DetectorPlayer(detector.kind)
        for row in rows {
            player.play(row.values, at: Instant(nanoseconds: Int64(row.seconds * 1e9)))
            if !seen(player.moment(row.seconds, row.values)) { return }
        }
    }

    func judge(_ detector: EvaluatedDetector) -> SeriesEvaluation.Block {
        var alarm: Double?
        play(detector) { moment in
            if moment.state == .alarm { alarm = moment.second }
            return alarm == nil
        }
        return SeriesEvaluation.Block(
            name: name, hours: seconds / 3_600, labelled: rows.first { $0.isLabelled }?.seconds, alarm: alarm)
    }
}

/// Draws one profile of a detector, or one recording of a corpus, with what the detector makes of it, as SVG.
///
/// - Parameters:
///   - name: of a profile, or of a recording as the table calls it.
///   - corpus: where recordings are looked for; `nil` for profiles alone.
/// - Throws: `TrialCorpus.Problem` if the corpus cannot be read or nothing has this name.
public func plotDetector(_ detector: EvaluatedDetector, trial name: String, corpus: URL? = nil) throws -> String {
    // Heat has the same profile for each of its classes: "A2R rises by 5 K/min" tells them apart.
    if let profile = detector.profiles.first(where: { $0.name == name || $0.title == name }) {
        var plot = DetectorPlot(
            title: "\(profile.detector): \(profile.name) (\(profile.source))", seconds: Double(profile.seconds))
        plot.required = profile.earliest.map { ($0, min(profile.latest ?? .infinity, Double(profile.seconds))) }
        profile.play { plot.add($0) }
        return plot.drawing
    }
    if let corpus {
        for file in try seriesFiles(corpus) {
            guard let recordings = try? SeriesRecording.all(in: file, detector: detector),
                let recording = recordings.first(where: { $0.name == name })
            else { continue }
            var plot = DetectorPlot(title: "\(detector.rawValue): \(recording.name)", seconds: recording.seconds)
            plot.labelled = recording.rows.first { $0.isLabelled }?.seconds
            recording.play(detector) { plot.add($0) }
            return plot.drawing
        }
    }
    let names = detector.profiles.map(\.title).joined(separator: "\n  ")
    throw TrialCorpus.Problem(
        description: "no profile or recording '\(name)' for \(detector.rawValue); the profiles are\n  \(names)")
}
