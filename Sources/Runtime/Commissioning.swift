import BoardImage
import Console
import EventJournal
import FixedMemory
import HardwareInterface
import Recording
import WardenMessages

/// What technicians saw of each thing of the board since it started.
struct TestAnswers: ~Copyable {
    private var answers: FixedArray<TestAnswer>
    /// Where the answers of each kind begin, by its number, and behind the last.
    private var starts = InlineArray<6, Int>(repeating: 0)

    init(_ image: borrowing BoardImage) {
        for number in 0..<UInt8(5) {
            guard let kind = NamedKind(rawValue: number) else { continue }
            starts[Int(number) + 1] = starts[Int(number)] + TestAnswers.count(kind, image)
        }
        answers = FixedArray(
            repeating: TestAnswer(verdict: .open, actor: Actor(), unixMs: 0), count: starts[5])
    }

    private static func count(_ kind: NamedKind, _ image: borrowing BoardImage) -> Int {
        switch kind {
        case .door: image.doors.count
        case .point: image.points.count
        case .detector: image.detectors.count
        case .line: image.lines.count
        case .reader: image.readers.count
        default: 0
        }
    }

    private func place(of item: TestItem) -> Int? {
        let kind = Int(item.kind.rawValue)
        guard kind < 5, item.index < starts[kind + 1] - starts[kind] else { return nil }
        return starts[kind] + item.index
    }

    /// - Returns: `nil` if the board has no such thing.
    subscript(_ item: TestItem) -> TestAnswer? { place(of: item).map { answers[$0] } }

    /// - Returns: `false` if the board has no such thing.
    mutating func set(_ item: TestItem, _ answer: TestAnswer) -> Bool {
        guard let place = place(of: item) else { return false }
        answers[place] = answer
        return true
    }

    mutating func removeAll() {
        for index in answers.indices { answers[index].verdict = .open }
    }
}

// What people at the board find out and set, of which no decision hears.
extension BoardCore {
    mutating func answerTest(_ command: Command, _ actor: Actor) -> CommandResult {
        guard let item = TestItem(target: command.target) else { return .unknownTarget }
        guard (0...3).contains(command.value), let verdict = TestVerdict(rawValue: UInt8(command.value)) else {
            return .outOfRange
        }
        let clock = wallClock
        let answer = TestAnswer(
            verdict: verdict, actor: actor, unixMs: clock.trust == .unset ? 0 : clock.unixMilliseconds)
        return testAnswers.set(item, answer) ? .done : .unknownTarget
    }

    func testAnswer(of item: TestItem) -> TestAnswer? { testAnswers[item] }

    /// The command itself is in the recording by now; what is written down to the medium is so at once.
    mutating func markRecording(_ command: Command) -> CommandResult {
        guard (0...9_999).contains(command.value) else { return .outOfRange }
        if recording.mode == .recording { recording.flight.flushSoon(at: now) }
        return .done
    }

    var recorderStatus: RecorderStatus {
        let isOnMedium = recording.mode == .recording && recording.flight.isOn
        return RecorderStatus(
            isOnMedium: isOnMedium, written: isOnMedium ? recording.flight.number : recorder.end,
            lost: isOnMedium ? recording.flight.lost : 0, replays: isOnMedium && recording.flight.isReplayable,
            place: journalPlace)
    }

    var imageState: ImageState { images.state(result: .done, generation: image.header.generation, at: now) }

    // MARK: Settings

    /// Keeps what was set at run time for the time after a restart.
    mutating func saveSettings(_ command: Command) -> CommandResult {
        guard (0...255).contains(command.value) else { return .outOfRange }
        consoleLanguage = UInt8(command.value)
        var value = StateValue()
        value.append(UInt8(truncatingIfNeeded: logLevel.rawValue))
        value.append(UInt8(command.value))
        store(StateOwner.settings, 0, value)
        // In memory alone it is gone with the restart that it is meant for.
        return journal.hasMedium || recording.mode == .replaying ? .done : .refused
    }

    mutating func restoreSettings() {
        guard let value = journal.state(StateKey(owner: StateOwner.settings, item: 0)), value.count == 2 else { return }
        let level = LogLevel(rawValue: Int32(value[0]))
        if case .unrecognised = level {} else { logLevel = level }
        consoleLanguage = value[1]
    }
}
