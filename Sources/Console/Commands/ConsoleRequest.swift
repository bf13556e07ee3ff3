import FixedMemory
import WardenMessages

/// What a line at the console asks for.
enum ConsoleRequest: Equatable {
    case nothing
    /// A command that only shows something and takes no more words.
    case show(ConsoleCommand)
    case help
    case helpOn(ConsoleCommand)
    case events(EventRequest)
    case watch(NamedKind?, seconds: Int)
    /// A command for the thing named by a part of the line.
    case command(CommandKind, name: Range<Int>)
    /// A command for the thing named by a part of the line that holds for so many seconds.
    case lastingCommand(CommandKind, seconds: UInt32, name: Range<Int>)
    /// A line is forced for so many seconds, 0 for the usual time.
    case force(isActive: Bool, seconds: UInt32, name: Range<Int>)
    case enrol(EnrolmentLine)
    case test(TestRequest)
    case calibrate(CalibrationRequest)
    case network
    case config(ConfigRequest)
    /// A mark with a number of one's own.
    case mark(Int)
    /// A command that needs no target.
    case globalCommand(CommandKind)
    /// A test of the detector named by a part of the line, or of all; without minutes for the usual time.
    case walkTest(name: Range<Int>, minutes: Int?)
    case endWalkTest(name: Range<Int>)
    /// Seconds since 1970 that the clock should show, in local time.
    case setClock(Int64)
    /// The name stands there.
    case login(Range<Int>)
    case logout
    case language(Language)
    case terminal(TerminalRequest)
    /// A known command with the wrong arguments.
    case wrongArguments(ConsoleCommand)
    /// No command: the word stands there.
    case unknown(Range<Int>)

    /// Reads a line. What is typed is never trusted to be anything.
    static func parse(_ line: Span<UInt8>) -> ConsoleRequest { parse(line, WordList(line)) }

    static func parse(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest {
        guard words.count > 0 else { return words.hasUnknownOption ? .wrongArguments(.help) : .nothing }
        guard let command = ConsoleCommand.named(line.extracting(words[0])) else { return .unknown(words[0]) }
        guard !words.hasMore, !words.hasUnknownOption else { return .wrongArguments(command) }
        let request: ConsoleRequest? =
            switch command {
            case .help: parseHelp(line, words)
            case .alarms: words.count == 1 ? .show(.alarms) : parseAlarm(line, words)
            case .credential: EnrolmentLine(line, words).map { .enrol($0) }
            case .test: TestRequest(line, words).map { .test($0) }
            case .calibrate: CalibrationRequest(line, words).map { .calibrate($0) }
            case .network: words.count == 1 ? .network : nil
            case .config: ConfigRequest(line, words).map { .config($0) }
            case .recorder: words.count == 1 ? .show(.recorder) : parseRecorder(line, words)
            case .reboot: words.count == 1 ? .globalCommand(.boardRestart) : nil
            case .points: words.count == 1 ? .show(.points) : parsePoint(line, words)
            case .point: parsePoint(line, words)
            case .status, .doors, .detectors, .sensors, .readers, .counters, .version, .whoami:
                words.count == 1 ? .show(command) : nil
            case .door: parseDoor(line, words)
            case .reader: parseReader(line, words)
            case .alarm: parseAlarm(line, words)
            case .walktest: words.count == 1 ? .show(.walktest) : parseWalkTest(line, words)
            case .fire: words.count == 2 && equal(line.extracting(words[1]), "reset") ? .globalCommand(.fireReset) : nil
            case .events: EventRequest(line, words).map { .events($0) }
            case .watch: parseWatch(line, words)
            case .clock: words.count == 1 ? .show(.clock) : parseClock(line, words)
            case .login: words.count == 2 ? .login(words[1]) : nil
            case .logout: words.count == 1 ? .logout : nil
            case .language: parseLanguage(line, words)
            case .terminal: parseTerminal(line, words)
            }
        return request ?? .wrongArguments(command)
    }

    private static func parseHelp(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        if words.count == 1 { return .help }
        guard words.count == 2 else { return nil }
        return ConsoleCommand.named(line.extracting(words[1])).map { .helpOn($0) } ?? .unknown(words[1])
    }

    /// Both orders that people type: `door NAME unlock` and `door unlock NAME`.
    private static func parseDoor(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        guard words.count == 3 else { return nil }
        if let kind = DoorAction.command(line.extracting(words[2])) { return .command(kind, name: words[1]) }
        if let kind = DoorAction.command(line.extracting(words[1])) { return .command(kind, name: words[2]) }
        return nil
    }

    private static func parseReader(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        guard words.count == 3 else { return nil }
        if let kind = ReaderAction.command(line.extracting(words[2])) { return .command(kind, name: words[1]) }
        if let kind = ReaderAction.command(line.extracting(words[1])) { return .command(kind, name: words[2]) }
        return nil
    }

    private static func parseAlarm(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        if words.count == 4, let kind = AlarmAction.command(line.extracting(words[2])), AlarmAction.lasts(kind),
            let seconds = seconds(line.extracting(words[3])),
            (1...Int64(CommandLimits.longestAbsence)).contains(seconds)
        {
            return .lastingCommand(kind, seconds: UInt32(seconds), name: words[1])
        }
        guard words.count == 3 else { return nil }
        if let kind = AlarmAction.command(line.extracting(words[2])) { return .command(kind, name: words[1]) }
        if let kind = AlarmAction.command(line.extracting(words[1])) { return .command(kind, name: words[2]) }
        return nil
    }

    private static func parsePoint(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        guard (3...4).contains(words.count) else { return nil }
        let action = line.extracting(words[2])
        if words.count == 3, equal(action, "release") { return .command(.pointRelease, name: words[1]) }
        guard let isActive = PointAction.level(action) else { return nil }
        guard words.count == 4 else { return .force(isActive: isActive, seconds: 0, name: words[1]) }
        guard let seconds = seconds(line.extracting(words[3])), seconds > 0 else { return nil }
        return .force(isActive: isActive, seconds: UInt32(clamping: seconds), name: words[1])
    }

    private static func parseWalkTest(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        guard words.count <= 3 else { return nil }
        guard words.count == 3 else { return .walkTest(name: words[1], minutes: nil) }
        if equal(line.extracting(words[2]), "end") { return .endWalkTest(name: words[1]) }
        guard let minutes = decimal(line.extracting(words[2])), walkTestMinutes.contains(minutes) else { return nil }
        return .walkTest(name: words[1], minutes: minutes)
    }

    private static var walkTestMinutes: ClosedRange<Int> { 1...Int(CommandLimits.longestTest / 60) }

    private static func parseRecorder(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        guard words.count <= 3, equal(line.extracting(words[1]), "mark") else { return nil }
        guard words.count == 3 else { return .mark(0) }
        guard let number = decimal(line.extracting(words[2])), number <= 9_999 else { return nil }
        return .mark(number)
    }

    private static func parseWatch(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        var kind: NamedKind?
        var seconds = 1
        var next = 1
        if next < words.count {
            kind = WatchSubject.kind(line.extracting(words[next]))
            if kind != nil { next += 1 }
        }
        if next < words.count {
            guard let count = decimal(line.extracting(words[next])), (1...3_600).contains(count) else { return nil }
            seconds = count
            next += 1
        }
        return next == words.count ? .watch(kind, seconds: seconds) : nil
    }

    private static func parseClock(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        guard words.count == 4, equal(line.extracting(words[1]), "set"),
            let seconds = TimeText.civilSeconds(date: line.extracting(words[2]), time: line.extracting(words[3]))
        else { return nil }
        return .setClock(seconds)
    }

    private static func parseLanguage(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        guard words.count == 2 else { return nil }
        return Language.named(line.extracting(words[1])).map { .language($0) }
    }

    private static func parseTerminal(_ line: Span<UInt8>, _ words: WordList) -> ConsoleRequest? {
        if words.count == 1 { return .show(.terminal) }
        guard words.count == 2 else { return nil }
        return TerminalRequest(line.extracting(words[1])).map { .terminal($0) }
    }

    /// A number of at most six digits.
    static func decimal(_ word: Span<UInt8>) -> Int? {
        guard !word.isEmpty, word.count <= 6 else { return nil }
        var value = 0
        for index in word.indices {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(word[index]) else { return nil }
            value = value * 10 + Int(word[index] - UInt8(ascii: "0"))
        }
        return value
    }
}

extension ConsoleRequest {
    /// A length of time: `90` or `90s`, `10m`, `2h`, `3d`.
    static func seconds(_ word: Span<UInt8>) -> Int64? {
        guard !word.isEmpty else { return nil }
        let unit: Int64
        switch word[word.count - 1] {
        case UInt8(ascii: "s"): unit = 1
        case UInt8(ascii: "m"): unit = 60
        case UInt8(ascii: "h"): unit = 3_600
        case UInt8(ascii: "d"): unit = 86_400
        default: return decimal(word).map { Int64($0) }
        }
        return decimal(word.extracting(0..<(word.count - 1))).map { Int64($0) * unit }
    }
}

/// What a terminal is to be taken for.
enum TerminalRequest: Equatable, BitwiseCopyable {
    case plain
    case ansi
    /// Ask the terminal itself.
    case auto
    case size(columns: Int, rows: Int)

    init?(_ word: Span<UInt8>) {
        if equal(word, "plain") {
            self = .plain
        } else if equal(word, "ansi") {
            self = .ansi
        } else if equal(word, "auto") {
            self = .auto
        } else {
            guard let size = TerminalRequest.size(word) else { return nil }
            self = size
        }
    }

    private static func size(_ word: Span<UInt8>) -> TerminalRequest? {
        for index in word.indices where word[index] == UInt8(ascii: "x") {
            guard let columns = ConsoleRequest.decimal(word.extracting(0..<index)),
                let rows = ConsoleRequest.decimal(word.extracting((index + 1)..<word.count)),
                Terminal.columnRange.contains(columns), Terminal.rowRange.contains(rows)
            else { return nil }
            return .size(columns: columns, rows: rows)
        }
        return nil
    }
}

/// The words that come after a door's name.
enum DoorAction {
    static func word(at index: Int) -> StaticString? {
        switch index {
        case 0: "unlock"
        case 1: "lock"
        case 2: "free"
        case 3: "lockdown"
        case 4: "restore"
        default: nil
        }
    }

    static func command(_ word: Span<UInt8>) -> CommandKind? {
        if equal(word, "unlock") { return .doorUnlock }
        if equal(word, "lock") { return .doorLock }
        if equal(word, "free") { return .doorFree }
        if equal(word, "lockdown") { return .doorLockdown }
        if equal(word, "restore") { return .doorRestore }
        return nil
    }
}

/// The words that come after the name of an input or output.
enum PointAction {
    static func word(at index: Int) -> StaticString? {
        switch index {
        case 0: "on"
        case 1: "off"
        case 2: "release"
        default: nil
        }
    }

    static func level(_ word: Span<UInt8>) -> Bool? {
        if equal(word, "on") { return true }
        if equal(word, "off") { return false }
        return nil
    }
}

/// The words that come after a reader's name.
enum ReaderAction {
    static func word(at index: Int) -> StaticString? { index == 0 ? "install" : nil }

    static func command(_ word: Span<UInt8>) -> CommandKind? { equal(word, "install") ? .readerInstall : nil }
}

/// The words that come after a detector's name.
enum AlarmAction {
    static func word(at index: Int) -> StaticString? {
        switch index {
        case 0: "acknowledge"
        case 1: "silence"
        case 2: "reset"
        case 3: "cancel"
        case 4: "bypass"
        case 5: "restore"
        case 6: "hush"
        case 7: "away"
        case 8: "returned"
        case 9: "cleaned"
        case 10: "serviced"
        default: nil
        }
    }

    /// Whether a time may be given with it.
    static func lasts(_ kind: CommandKind) -> Bool { kind == .detectorHush || kind == .residentAway }

    static func command(_ word: Span<UInt8>) -> CommandKind? {
        if equal(word, "acknowledge") { return .alarmAcknowledge }
        if equal(word, "silence") { return .alarmSilence }
        if equal(word, "reset") { return .alarmReset }
        if equal(word, "cancel") { return .fallCancel }
        if equal(word, "bypass") { return .alarmBypass }
        if equal(word, "hush") { return .detectorHush }
        if equal(word, "away") { return .residentAway }
        if equal(word, "returned") { return .residentReturned }
        if equal(word, "cleaned") { return .detectorCleaned }
        if equal(word, "serviced") { return .detectorServiced }
        if equal(word, "restore") { return .alarmRestore }
        return nil
    }
}

/// What `watch` can show alone.
enum WatchSubject {
    static func word(at index: Int) -> StaticString? {
        switch index {
        case 0: "doors"
        case 1: "sensors"
        case 2: "detectors"
        case 3: "points"
        default: nil
        }
    }

    static func kind(_ word: Span<UInt8>) -> NamedKind? {
        if equal(word, "doors") { return .door }
        if equal(word, "sensors") { return .point }
        if equal(word, "detectors") { return .detector }
        if equal(word, "points") { return .line }
        return nil
    }
}
