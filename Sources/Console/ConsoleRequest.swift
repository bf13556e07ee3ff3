import FixedMemory
import WardenMessages

/// What a line at the console asks for.
enum ConsoleRequest: Equatable, BitwiseCopyable {
    case nothing
    case help
    case status
    case doors
    case sensors
    case alarms
    case readers
    /// The newest so many events.
    case events(Int)
    /// A command for the door or detector named by a part of the line.
    case command(CommandKind, nameFrom: Int, nameTo: Int)
    /// A command that needs no target.
    case globalCommand(CommandKind)
    /// A known command with the wrong arguments.
    case wrongArguments(ConsoleTopic)
    case unknown

    /// Reads a line. Words are separated by spaces; what is typed is never trusted to be anything.
    static func parse(_ line: Span<UInt8>) -> ConsoleRequest {
        let words = WordList(line)
        guard words.count > 0 else { return .nothing }
        guard let topic = ConsoleTopic.named(line.extracting(words[0])) else { return .unknown }
        switch topic {
        case .help: return .help
        case .status: return words.count == 1 ? .status : .wrongArguments(topic)
        case .doors: return words.count == 1 ? .doors : .wrongArguments(topic)
        case .sensors: return words.count == 1 ? .sensors : .wrongArguments(topic)
        case .alarms: return words.count == 1 ? .alarms : .wrongArguments(topic)
        case .readers: return words.count == 1 ? .readers : .wrongArguments(topic)
        case .events: return parseEvents(line, words)
        case .door: return parseDoor(line, words)
        case .alarm: return parseAlarm(line, words)
        case .fire: return parseFire(line, words)
        }
    }

    private static func parseEvents(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest {
        if words.count == 1 { return .events(20) }
        guard words.count == 2, let count = decimal(line.extracting(words[1])), count >= 1, count <= 10_000 else {
            return .wrongArguments(.events)
        }
        return .events(count)
    }

    /// Both orders that people type: `door NAME unlock` and `door unlock NAME`.
    private static func parseDoor(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest {
        guard words.count == 3 else { return .wrongArguments(.door) }
        if let kind = doorCommand(line.extracting(words[2])) {
            return .command(kind, nameFrom: words[1].lowerBound, nameTo: words[1].upperBound)
        }
        if let kind = doorCommand(line.extracting(words[1])) {
            return .command(kind, nameFrom: words[2].lowerBound, nameTo: words[2].upperBound)
        }
        return .wrongArguments(.door)
    }

    private static func parseAlarm(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest {
        guard words.count == 3, let kind = alarmCommand(line.extracting(words[2])) else {
            return .wrongArguments(.alarm)
        }
        return .command(kind, nameFrom: words[1].lowerBound, nameTo: words[1].upperBound)
    }

    private static func parseFire(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest {
        guard words.count == 2, equal(line.extracting(words[1]), "reset") else { return .wrongArguments(.fire) }
        return .globalCommand(.fireReset)
    }

    private static func doorCommand(_ word: Span<UInt8>) -> CommandKind? {
        if equal(word, "unlock") { return .doorUnlock }
        if equal(word, "lock") { return .doorLock }
        if equal(word, "free") { return .doorFree }
        if equal(word, "lockdown") { return .doorLockdown }
        if equal(word, "restore") { return .doorRestore }
        return nil
    }

    private static func alarmCommand(_ word: Span<UInt8>) -> CommandKind? {
        if equal(word, "acknowledge") { return .alarmAcknowledge }
        if equal(word, "silence") { return .alarmSilence }
        if equal(word, "reset") { return .alarmReset }
        if equal(word, "cancel") { return .fallCancel }
        return nil
    }

    private static func decimal(_ word: Span<UInt8>) -> Int? {
        guard !word.isEmpty, word.count <= 6 else { return nil }
        var value = 0
        for index in word.indices {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(word[index]) else { return nil }
            value = value * 10 + Int(word[index] - UInt8(ascii: "0"))
        }
        return value
    }
}

/// Where the words of a line are, as far as a request can have any.
struct WordList {
    /// Words that are told apart; what follows makes the count larger than any request has.
    private static var limit: Int { 4 }

    private var starts = InlineArray<4, Int>(repeating: 0)
    private var ends = InlineArray<4, Int>(repeating: 0)
    private(set) var count = 0

    init(_ line: Span<UInt8>) {
        var isInWord = false
        for index in line.indices {
            let isSpace = line[index] == UInt8(ascii: " ")
            if !isSpace && !isInWord {
                guard count < WordList.limit else { return }
                starts[count] = index
                count += 1
            }
            if !isSpace { ends[count - 1] = index + 1 }
            isInWord = !isSpace
        }
    }

    subscript(_ index: Int) -> Range<Int> { starts[index]..<ends[index] }
}

/// A first word that the console knows, with its line of help.
enum ConsoleTopic: UInt8, BitwiseCopyable {
    case help
    case status
    case doors
    case door
    case sensors
    case readers
    case alarms
    case alarm
    case fire
    case events

    var word: StaticString {
        switch self {
        case .help: "help"
        case .status: "status"
        case .doors: "doors"
        case .door: "door"
        case .sensors: "sensors"
        case .readers: "readers"
        case .alarms: "alarms"
        case .alarm: "alarm"
        case .fire: "fire"
        case .events: "events"
        }
    }

    var usage: StaticString {
        switch self {
        case .help: "help                        this list"
        case .status: "status                      the board on one screen"
        case .doors: "doors                       every door and its state"
        case .door: "door NAME unlock|lock|free|lockdown|restore"
        case .sensors: "sensors                     every point with value, quality and age"
        case .readers: "readers                     every card reader"
        case .alarms: "alarms                      every detector and its state"
        case .alarm: "alarm NAME acknowledge|silence|reset|cancel"
        case .fire: "fire reset                  end the fire release of the doors"
        case .events: "events [COUNT]              the newest events (20)"
        }
    }

    static func named(_ word: Span<UInt8>) -> ConsoleTopic? {
        var number: UInt8 = 0
        while let topic = ConsoleTopic(rawValue: number) {
            if equal(word, topic.word) { return topic }
            number += 1
        }
        return nil
    }
}

/// Whether bytes are exactly those of a literal.
func equal(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    let start = text.utf8Start
    for index in bytes.indices where unsafe bytes[index] != start[index] { return false }
    return true
}
