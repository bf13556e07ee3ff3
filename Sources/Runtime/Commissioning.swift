import BoardImage
import Console
import EventJournal
import FixedMemory
import HardwareInterface
import Recording
import WardenMessages

/// What technicians saw of each thing of the board.
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

    /// Things of a kind, by the kind's number.
    func count(ofKind number: UInt8) -> Int { starts[Int(number) + 1] - starts[Int(number)] }

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
        guard testAnswers.set(item, answer) else { return .unknownTarget }
        keepTestAnswer(item, answer)
        return .done
    }

    /// Commissioning takes days, and the board is switched off meanwhile.
    private mutating func keepTestAnswer(_ item: TestItem, _ answer: TestAnswer) {
        guard answer.verdict != .open else {
            forget(StateOwner.testAnswer, item.target)
            return
        }
        guard let name = name(of: item.kind, at: item.index) else { return }
        var value = StateValue()
        value.appendLittleEndian(BoardCore.mark(name))
        value.append(answer.verdict.rawValue)
        value.append(UInt8(truncatingIfNeeded: answer.actor.kind.rawValue))
        value.appendLittleEndian(UInt16(truncatingIfNeeded: answer.actor.index))
        value.appendLittleEndian(answer.actor.user)
        value.appendLittleEndian(UInt64(bitPattern: answer.unixMs))
        store(StateOwner.testAnswer, item.target, value, .lazy)
    }

    mutating func restoreTestAnswers() {
        for number in 0..<UInt8(5) {
            guard let kind = NamedKind(rawValue: number) else { continue }
            for index in 0..<testAnswers.count(ofKind: number) { restoreTestAnswer(TestItem(kind, index)) }
        }
    }

    private mutating func restoreTestAnswer(_ item: TestItem) {
        guard let name = name(of: item.kind, at: item.index),
            let value = kept(StateOwner.testAnswer, Int(item.target), BoardCore.mark(name))
        else { return }
        var reader = ByteReader(value.span)
        do throws(ByteReader.Truncated) {
            _ = try reader.littleEndian(UInt32.self)
            guard let verdict = TestVerdict(rawValue: try reader.byte()) else { return }
            let kind = ActorKind(rawValue: Int32(try reader.byte()))
            let index = UInt32(try reader.littleEndian(UInt16.self))
            let user = try reader.littleEndian(UInt32.self)
            let unixMs = Int64(bitPattern: try reader.littleEndian(UInt64.self))
            _ = testAnswers.set(
                item,
                TestAnswer(verdict: verdict, actor: Actor(kind: kind, index: index, user: user), unixMs: unixMs))
        } catch {}
    }

    mutating func forgetTestAnswers() {
        for number in 0..<UInt8(5) {
            guard let kind = NamedKind(rawValue: number) else { continue }
            for index in 0..<testAnswers.count(ofKind: number) {
                let item = TestItem(kind, index)
                if testAnswers[item]?.verdict ?? .open != .open { forget(StateOwner.testAnswer, item.target) }
            }
        }
        testAnswers.removeAll()
    }

    func testAnswer(of item: TestItem) -> TestAnswer? { testAnswers[item] }

    /// The command itself is in the recording by now; what is written down to the medium is so at once, and a key frame follows,
    /// so that playing back can begin at the mark.
    mutating func markRecording(_ command: Command) -> CommandResult {
        guard (0...9_999).contains(command.value) else { return .outOfRange }
        if recording.mode == .recording {
            recording.flight.flushSoon(at: now)
            recording.flight.wantKeyFrame()
        }
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
