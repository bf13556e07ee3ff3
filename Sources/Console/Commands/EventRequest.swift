import FixedMemory
import WardenMessages

/// Which events a line asks for.
struct EventRequest: Equatable {
    /// Events shown where the line gives no number.
    static var usualCount: Int { 20 }

    var count = EventRequest.usualCount
    var kind: EventKind?
    /// Where in the line the name of a door or detector stands.
    var door: Range<Int>?
    var detector: Range<Int>?
    /// Events of the last so many seconds.
    var seconds: Int64?
    /// Events from this number on.
    var sequence: UInt64?

    init() {}

    /// - Returns: `nil` if the words after `events` make no request.
    init?(_ line: Span<UInt8>, _ words: WordList) {
        var index = 1
        if index < words.count, let count = ConsoleRequest.decimal(line.extracting(words[index])) {
            guard (1...10_000).contains(count) else { return nil }
            self.count = count
            index += 1
        }
        while index + 1 < words.count {
            let keyword = line.extracting(words[index])
            let value = words[index + 1]
            if equal(keyword, "kind"), kind == nil, let named = EventKind.named(line.extracting(value)) {
                kind = named
            } else if equal(keyword, "door"), door == nil {
                door = value
            } else if equal(keyword, "detector"), detector == nil {
                detector = value
            } else if equal(keyword, "since"), seconds == nil, sequence == nil {
                guard takeSince(line.extracting(value)) else { return nil }
            } else {
                return nil
            }
            index += 2
        }
        guard index == words.count else { return nil }
    }

    /// `#120`, `90s`, `10m`, `2h` or `3d`.
    private mutating func takeSince(_ word: Span<UInt8>) -> Bool {
        guard word.count >= 2 else { return false }
        if word[0] == UInt8(ascii: "#") {
            guard let number = ConsoleRequest.decimal(word.extracting(1..<word.count)) else { return false }
            sequence = UInt64(number)
            return true
        }
        // Without a unit, a number of seconds and one of an event look alike.
        guard ConsoleRequest.decimal(word) == nil, let length = ConsoleRequest.seconds(word) else { return false }
        seconds = length
        return true
    }
}

/// What an event is about: the first word that traces and lists show of it.
enum EventKind: UInt8, BitwiseCopyable {
    case access
    case door
    case alarm
    case trouble
    case output
    case command
    case system
    case lift
    case message

    var word: StaticString {
        switch self {
        case .access: "access"
        case .door: "door"
        case .alarm: "alarm"
        case .trouble: "trouble"
        case .output: "output"
        case .command: "command"
        case .system: "system"
        case .lift: "lift"
        case .message: "message"
        }
    }

    static func named(_ word: Span<UInt8>) -> EventKind? {
        var number: UInt8 = 0
        while let kind = EventKind(rawValue: number) {
            if equal(word, kind.word) { return kind }
            number += 1
        }
        return nil
    }

    init(_ event: Event) {
        switch event.body {
        case .access?: self = .access
        case .door?: self = .door
        case .alarm?: self = .alarm
        case .trouble?: self = .trouble
        case .output?: self = .output
        case .command?: self = .command
        case .lift?: self = .lift
        case .announcement?: self = .message
        case .system?, .gap?, nil: self = .system
        }
    }
}

/// Which events to show, in places of the board.
struct EventFilter: BitwiseCopyable {
    var kind: EventKind?
    var door: Int?
    var detector: Int?
    /// Events since this moment of the board's clock, in nanoseconds since the start; for those without a civil time.
    var fromNanoseconds: UInt64 = 0
    /// Events since this civil time, for those that have one; `nil` while the board has none to count from.
    var fromUnixMilliseconds: Int64?
    /// Events from this number on.
    var fromSequence: UInt64 = 0

    func admits(_ event: Event) -> Bool {
        if let kind, EventKind(event) != kind { return false }
        if let door, EventFilter.door(of: event) != door { return false }
        if let detector, EventFilter.detector(of: event) != detector { return false }
        guard event.sequence >= fromSequence else { return false }
        // Only the civil clock reaches over a restart.
        if let fromUnixMilliseconds, event.clockTrust != .unset { return event.unixMs >= fromUnixMilliseconds }
        return event.monotonicNs >= fromNanoseconds
    }

    /// Admits only events of the last so many seconds.
    mutating func setSince(_ seconds: Int64, _ status: BoardStatus) {
        let nanoseconds = UInt64(seconds) * 1_000_000_000
        fromNanoseconds = status.uptimeNs > nanoseconds ? status.uptimeNs - nanoseconds : 0
        if status.clockTrust != .unset { fromUnixMilliseconds = status.unixMs - seconds * 1_000 }
    }

    private static func door(of event: Event) -> Int? {
        switch event.body {
        case .access(let decision)?: Int(decision.door)
        case .door(let change)?: Int(change.door)
        case .command(let audit)?: target(of: audit, .door)
        default: nil
        }
    }

    private static func detector(of event: Event) -> Int? {
        switch event.body {
        case .alarm(let change)?: Int(change.detector)
        case .trouble(let trouble)? where trouble.source == .detector: Int(trouble.index)
        case .command(let audit)?: target(of: audit, .detector)
        default: nil
        }
    }

    private static func target(of audit: CommandAudit, _ kind: NamedKind) -> Int? {
        let command = CommandKind(rawValue: Int32(truncatingIfNeeded: audit.command))
        return Words.target(of: command) == kind ? Int(audit.target) : nil
    }
}
