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
        var words = Words(line)
        guard let first = words.next() else { return .nothing }
        let topic = ConsoleTopic.named(line.extracting(first))
        switch topic {
        case .help?: return .help
        case .status?: return words.isAtEnd ? .status : .wrongArguments(.status)
        case .doors?: return words.isAtEnd ? .doors : .wrongArguments(.doors)
        case .sensors?: return words.isAtEnd ? .sensors : .wrongArguments(.sensors)
        case .alarms?: return words.isAtEnd ? .alarms : .wrongArguments(.alarms)
        case .readers?: return words.isAtEnd ? .readers : .wrongArguments(.readers)
        case .events?: return parseEvents(line, &words)
        case .door?: return parseDoor(line, &words)
        case .alarm?: return parseAlarm(line, &words)
        case .fire?: return parseFire(line, &words)
        case nil: return .unknown
        }
    }

    private static func parseEvents(_ line: Span<UInt8>, _ words: inout Words) -> ConsoleRequest {
        guard let word = words.next() else { return .events(20) }
        guard words.isAtEnd, let count = decimal(line.extracting(word)), count >= 1, count <= 10_000 else {
            return .wrongArguments(.events)
        }
        return .events(count)
    }

    /// Both orders that people type: `door NAME unlock` and `door unlock NAME`.
    private static func parseDoor(_ line: Span<UInt8>, _ words: inout Words) -> ConsoleRequest {
        guard let second = words.next(), let third = words.next(), words.isAtEnd else { return .wrongArguments(.door) }
        if let kind = doorCommand(line.extracting(third)) {
            return .command(kind, nameFrom: second.lowerBound, nameTo: second.upperBound)
        }
        if let kind = doorCommand(line.extracting(second)) {
            return .command(kind, nameFrom: third.lowerBound, nameTo: third.upperBound)
        }
        return .wrongArguments(.door)
    }

    private static func parseAlarm(_ line: Span<UInt8>, _ words: inout Words) -> ConsoleRequest {
        guard let second = words.next(), let third = words.next(), words.isAtEnd,
            let kind = alarmCommand(line.extracting(third))
        else { return .wrongArguments(.alarm) }
        return .command(kind, nameFrom: second.lowerBound, nameTo: second.upperBound)
    }

    private static func parseFire(_ line: Span<UInt8>, _ words: inout Words) -> ConsoleRequest {
        guard let second = words.next(), words.isAtEnd, equal(line.extracting(second), "reset") else {
            return .wrongArguments(.fire)
        }
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

    /// Where the words of a line are.
    private struct Words: ~Escapable {
        private let line: Span<UInt8>
        private var position = 0

        @_lifetime(copy line)
        init(_ line: Span<UInt8>) {
            self.line = line
            skipSpaces()
        }

        var isAtEnd: Bool { position == line.count }

        @_lifetime(self: copy self)
        mutating func next() -> Range<Int>? {
            guard !isAtEnd else { return nil }
            let start = position
            while position < line.count && line[position] != UInt8(ascii: " ") { position += 1 }
            let end = position
            skipSpaces()
            return start..<end
        }

        @_lifetime(self: copy self)
        private mutating func skipSpaces() {
            while position < line.count && line[position] == UInt8(ascii: " ") { position += 1 }
        }
    }
}

/// A first word that the console knows, with its line of help.
enum ConsoleTopic: UInt8, CaseIterable, BitwiseCopyable {
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
        for topic in allCases where equal(word, topic.word) { return topic }
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
