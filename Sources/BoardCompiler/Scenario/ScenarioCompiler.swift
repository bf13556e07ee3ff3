import BoardImage
import FixedMemory
import WardenMessages

/// Compiles a scenario file against a board: text in, compiled scenario or problems out.
public struct ScenarioCompiler {
    /// The version of the format that is written.
    public static let format: UInt32 = 1
    /// The first eight bytes of a file.
    public static let magic: StaticString = "WARDENS1"

    public struct Result {
        /// Everything that was found, in the order of the file.
        public var problems: [Problem]
        /// The compiled scenario; `nil` after an error.
        public var file: [UInt8]?
        /// Tracks whose recordings were not there, so that something made up is played instead.
        public var substituted: [String] = []
    }

    /// What a file of recordings holds; `nil` if it is not there.
    public typealias ReadRecording = (_ path: String) -> [UInt8]?

    private let board: ScenarioBoard
    private let readRecording: ReadRecording

    public init(board: ScenarioBoard, readRecording: @escaping ReadRecording) {
        self.board = board
        self.readRecording = readRecording
    }

    /// The board file that a scenario names, seen from the scenario's folder; `nil` if it names none.
    public static func boardFile(of text: String) -> String? {
        let problems = ProblemList()
        guard let root = YamlReader.read(text, into: problems), case .mapping(let entries) = root.content else {
            return nil
        }
        return entries.first { $0.key == "board" }?.value.scalar
    }

    public func compile(_ text: String) -> Result {
        let problems = ProblemList()
        guard let root = YamlReader.read(text, into: problems) else {
            return Result(problems: problems.sorted, file: nil)
        }
        var reader = ScenarioReader(board: board, problems: problems, readRecording: readRecording)
        reader.read(root)
        let file = problems.hasErrors ? nil : reader.file()
        return Result(problems: problems.sorted, file: file, substituted: reader.substituted)
    }
}

private struct ScenarioReader {
    private let board: ScenarioBoard
    private let context: ReadingContext
    private let readRecording: ScenarioCompiler.ReadRecording
    private var description = ScenarioDescription()
    private var tracks: [(name: String, interval: Int64, samples: TrackSamples)] = []
    private var steps: [Step] = []
    private(set) var substituted: [String] = []

    init(board: ScenarioBoard, problems: ProblemList, readRecording: @escaping ScenarioCompiler.ReadRecording) {
        self.board = board
        self.readRecording = readRecording
        context = ReadingContext(problems: problems)
        context.scenarioBoard = board
        context.vocabulary = TraceVocabulary(board: board)
        board.declare(in: context)
    }

    mutating func read(_ root: YamlNode) {
        guard case .mapping(let entries) = root.content else {
            context.report(
                root, "\(root.kindName) stands where a scenario is wanted", remedy: "start with 'scenario: NAME'")
            return
        }
        let topKeys = ScenarioFields.top.fields.map(\.documentation.key)
        for entry in entries where !(topKeys + ["tracks", "steps"]).contains(entry.key) {
            context.report(
                at: entry.keyRange, "unknown key '\(entry.key)'",
                remedy: Suggestion.remedy(for: entry.key, among: topKeys + ["tracks", "steps"], kind: "keys"))
        }
        let first = SourceRange(start: SourceLocation(line: 1, column: 1))
        let top = YamlNode(content: .mapping(entries.filter { topKeys.contains($0.key) }), range: root.range)
        if let read = ScenarioFields.top.read(top, whole: first, context).target { description = read }
        if let entry = entries.first(where: { $0.key == "tracks" }) { readTracks(entry) }
        if let entry = entries.first(where: { $0.key == "steps" }) {
            readSteps(entry)
        } else {
            context.report(at: first, "'steps' is missing", remedy: "add 'steps:' and a list of what happens when")
        }
    }

    // MARK: Tracks

    private mutating func readTracks(_ section: YamlEntry) {
        guard case .mapping(let entries) = section.value.content else {
            if !section.value.isNull {
                context.report(
                    section.value, "\(section.value.kindName) stands where named tracks are wanted",
                    remedy: "write each as 'NAME:' with its keys indented below it")
            }
            return
        }
        for entry in entries {
            guard context.declare(entry.key, in: .tracks, at: entry.keyRange) else { continue }
            context.subject = "track '\(entry.key)'"
            let (draft, places) = ScenarioFields.track.read(entry.value, whole: entry.keyRange, context)
            let track = draft.flatMap { resolve($0, places) }
            let samples = track.flatMap { load($0, name: entry.key, places) }
            context.subject = ""
            context.trackUnits.append(samples == nil ? (nil, false) : (unit(of: track), true))
            tracks.append((entry.key, samples?.interval ?? 1, samples?.samples ?? .values([])))
        }
    }

    private func unit(of track: TrackDescription?) -> PointUnit? {
        switch track?.source {
        case .column(_, _, let unit, _): unit
        case .values(_, let unit): unit
        case .acceleration, .model, nil: nil
        }
    }

    private func resolve(_ draft: TrackDraft, _ places: RecordPlaces) -> TrackDescription? {
        let sources = ["acceleration", "csv", "model", "values"].filter { places.keys[$0] != nil }
        guard sources.count == 1 else {
            context.report(
                at: places.whole, sources.isEmpty ? "it has no samples" : "it has samples from more than one place",
                remedy: "write one of 'acceleration:', 'csv:', 'model:' and 'values:'")
            return nil
        }
        var interval: Int64
        switch (draft.rateHertz, draft.intervalMicroseconds) {
        case (let rate?, nil): interval = 1_000_000_000 / rate
        case (nil, let microseconds?): interval = microseconds * 1_000
        case (nil, nil) where sources[0] == "model": interval = 5_000_000
        default:
            let isNeither = draft.rateHertz == nil
            context.report(
                at: places.whole,
                isNeither ? "the time from sample to sample is not said" : "it has 'rate' and 'interval'",
                remedy: "write one of 'rate: 200 Hz' and 'interval: 1 s'")
            return nil
        }
        if interval == 0 { interval = 1 }
        var track = TrackDescription()
        track.interval = interval
        if let file = draft.acceleration { track.source = .acceleration(file: file) }
        if let model = draft.model { track.source = .model(model) }
        if let values = draft.values { track.source = .values(values, unit: draft.unit) }
        if let file = draft.csv {
            guard let column = draft.column else {
                context.report(
                    at: places.whole, "'column' is missing", remedy: "add 'column:' with the heading of the column")
                return nil
            }
            guard let unit = draft.unit else {
                context.report(at: places.whole, "'unit' is missing", remedy: "add 'unit:', such as °C")
                return nil
            }
            track.source = .column(file: file, name: column, unit: unit, rows: draft.rows)
        }
        if draft.values != nil, draft.unit == nil {
            context.report(at: places.whole, "'unit' is missing", remedy: "add 'unit:', such as °C")
            return nil
        }
        if let substitute = draft.substitute {
            switch (substitute.model, substitute.values) {
            case (let model?, nil) where draft.acceleration != nil: track.substitute = (.model(model), interval)
            case (nil, let values?) where draft.csv != nil:
                track.substitute = (
                    .values(values, unit: draft.unit), substitute.intervalMicroseconds.map { $0 * 1_000 } ?? interval
                )
            default:
                context.report(
                    at: places["otherwise"],
                    "this cannot stand in for \(sources[0] == "csv" ? "a table" : "acceleration")",
                    remedy: sources[0] == "csv" ? "write 'values: […]'" : "write 'model: fall' or another model")
                return nil
            }
        }
        return track
    }

    private mutating func load(
        _ track: TrackDescription, name: String, _ places: RecordPlaces
    ) -> (samples: TrackSamples, interval: Int64)? {
        do throws(Recordings.Failure) {
            if let samples = try samples(of: track.source, interval: track.interval) {
                return (samples, track.interval)
            }
        } catch {
            report(error, places)
            return nil
        }
        guard let substitute = track.substitute else {
            context.report(
                at: places[places.keys["csv"] == nil ? "acceleration" : "csv"], "the recording is not there",
                remedy: "give the folder of recordings with --corpus, or add 'otherwise:' with what is played instead")
            return nil
        }
        substituted.append(name)
        guard let samples = try? samples(of: substitute.source, interval: substitute.interval) else { return nil }
        return (samples, substitute.interval)
    }

    /// - Returns: `nil` if the file is not there.
    private func samples(
        of source: TrackDescription.Source, interval: Int64
    ) throws(Recordings.Failure) -> TrackSamples? {
        switch source {
        case .acceleration(let file):
            guard let bytes = readRecording(file) else { return nil }
            return try Recordings.acceleration(bytes)
        case .column(let file, let name, let unit, let rows):
            guard let bytes = readRecording(file) else { return nil }
            return try Recordings.column(name, of: bytes, rows: rows, size: ScenarioReader.size(of: unit))
        case .values(let values, let unit):
            return .values(values.compactMap { Recordings.rounded($0, size: ScenarioReader.size(of: unit ?? .count)) })
        case .model(let model):
            return model.samples(rate: Int(max(1, 1_000_000_000 / interval)), seed: description.seed)
        }
    }

    private static func size(of unit: PointUnit) -> Int64 {
        let description = PointUnitDescription.of(unit)
        return description.dimension.units.first { $0.symbols.contains(description.symbol) }?.size ?? 1
    }

    private func report(_ failure: Recordings.Failure, _ places: RecordPlaces) {
        switch failure {
        case .brokenTriple(let bytes):
            context.report(
                at: places["acceleration"], "the file has \(bytes) bytes, which is no multiple of six",
                remedy: "give a file of little-endian int16 x, y, z triples")
        case .tooLong(let samples):
            context.report(
                at: places[places.keys["csv"] == nil ? "acceleration" : "rows"],
                "the track has \(samples) samples or more; at most \(Recordings.sampleLimit) are taken",
                remedy: "play a part of it: 'rows: 0 to \(Recordings.sampleLimit - 1)'")
        case .noColumn(let known):
            context.report(
                at: places["column"], "the table has no such column",
                remedy: "use one of its headings: " + known.joined(separator: ", "))
        case .noRows:
            context.report(at: places["rows"], "the table has none of these rows", remedy: "count its rows from 0")
        case .notANumber(let line):
            context.report(
                at: places["column"], "in line \(line) of the table this column is not a number",
                remedy: "mend the table, or choose rows without it")
        case .notText:
            context.report(at: places["csv"], "the table is not UTF-8 text", remedy: "give a table of text")
        }
    }

    // MARK: Steps

    private mutating func readSteps(_ section: YamlEntry) {
        guard case .sequence(let nodes) = section.value.content else {
            context.report(
                at: section.value.isNull ? section.keyRange : section.value.range,
                "\(section.value.kindName) stands where a list of steps is wanted",
                remedy: "write each as '- at: 60 s' with what happens then")
            return
        }
        var now: Int64 = 0
        for node in nodes {
            let (read, places) = ScenarioFields.step.read(node, whole: node.range, context)
            guard let draft = read else { continue }
            if let at = draft.at {
                if at < now {
                    context.report(
                        at: places["at"],
                        "this step stands before the one above it, which is at \(Dimension.duration.format(now * 1_000))",
                        remedy: "put the steps in the order of time")
                    continue
                }
                now = at
            }
            if now > description.durationMilliseconds, description.durationMilliseconds > 0 {
                context.report(
                    at: places["at"],
                    "this step lies beyond the end of the scenario at \(Dimension.duration.format(description.durationMilliseconds * 1_000))",
                    remedy: "write a longer 'duration', or an earlier time")
            }
            if let action = action(of: draft, places, now: now) {
                if let pulses = draft.pulses {
                    append(pulses, from: now)
                } else {
                    steps.append(Step(atMs: UInt64(now), action: action))
                }
            }
        }
        // Pulses reach beyond the steps that are written after them.
        let ordered = steps.enumerated().sorted { ($0.element.atMs, $0.offset) < ($1.element.atMs, $1.offset) }
        steps = ordered.map(\.element)
    }

    private mutating func append(_ pulses: PulsesDraft, from start: Int64) {
        let width = min(pulses.everyMilliseconds / 10, 1_000)
        for number in 0..<pulses.count {
            let at = start + Int64(number) * pulses.everyMilliseconds
            for (moment, isActive) in [(at, true), (at + width, false)] {
                steps.append(
                    Step(atMs: UInt64(moment), action: .line(SetInputLine(line: pulses.line, active: isActive))))
            }
        }
    }

    private func action(of draft: StepDraft, _ places: RecordPlaces, now: Int64) -> Step.Action? {
        guard draft.actions.count == 1 else {
            let keys = ScenarioFields.step.fields.map(\.documentation.key).filter { $0 != "at" && $0 != "within" }
            context.report(
                at: places.whole,
                draft.actions.isEmpty ? "nothing happens in this step" : "more than one thing happens in this step",
                remedy: "write one of \(keys.joined(separator: ", ")) in each step")
            return nil
        }
        guard case .expect(var expectation) = draft.actions[0].action else {
            if draft.within != nil {
                context.report(
                    at: places.keys["within"] ?? places.whole, "'within' belongs to expectations",
                    remedy: "remove it, or put it into a step with 'expect:' or 'never:'")
                return nil
            }
            return draft.actions[0].action
        }
        expectation.withinMs = draft.within ?? 0
        expectation.sourceLine = UInt32(places.keys[draft.actions[0].key]?.start.line ?? places.whole.start.line)
        let end = now + Int64(expectation.withinMs)
        if end > description.durationMilliseconds, description.durationMilliseconds > 0 {
            context.report(
                .warning, at: places["within"], "the scenario ends before this expectation does",
                remedy: "write a longer 'duration': it ends at \(Dimension.duration.format(end * 1_000))")
        }
        return .expect(expectation)
    }

    // MARK: The file

    func file() -> [UInt8] {
        let header = ScenarioHeader(
            format: ScenarioCompiler.format, name: fixedBytes(description.name),
            description: fixedBytes(description.summary), seed: description.seed,
            durationMs: UInt64(description.durationMilliseconds), startUnixMs: description.startMilliseconds,
            clockTrust: description.trust, boardCrc32c: board.checksum)
        var message = ByteCollector()
        Scenario.Entry.header(header).encode(into: &message)
        for track in tracks {
            let entry = Track(
                name: fixedBytes(track.name), kind: track.samples.kind, intervalNs: UInt64(track.interval),
                samples: UInt32(track.samples.count))
            Scenario.Entry.tracks(entry).encode(into: &message)
        }
        for (index, track) in tracks.enumerated() {
            let bytes = track.samples.bytes
            // 1,200 is a multiple of both sample sizes, so no sample is cut.
            for start in stride(from: 0, to: bytes.count, by: 1_200) {
                let data = FixedBytes<1200>(bytes[start..<min(start + 1_200, bytes.count)].span)
                Scenario.Entry.chunks(TrackChunk(track: UInt32(index), data: data)).encode(into: &message)
            }
        }
        for step in steps { Scenario.Entry.steps(step).encode(into: &message) }
        var file = ByteCollector()
        ImageEnvelope.append(magic: ScenarioCompiler.magic, message: message.bytes.span, to: &file)
        return file.bytes + message.bytes
    }
}

extension TrackSamples {
    var kind: TrackKind {
        switch self {
        case .acceleration: .accelerationCodes
        case .values: .values
        }
    }
}
