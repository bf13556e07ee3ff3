import FixedMemory
import HardwareInterface
import WardenMessages

/// How the flight recorder does.
public struct RecorderStatus: Sendable, BitwiseCopyable {
    /// On the journal's medium, over restarts; otherwise in memory alone.
    public var isOnMedium: Bool
    /// Pages written since the recorder is on this medium; bytes where it is in memory alone.
    public var written: UInt64
    /// Records that found no room since start.
    public var lost: UInt64
    /// What was recorded lately can be played back.
    public var replays: Bool
    /// The file or device that the journal and the recorder lie in; empty where nobody said.
    public var place: FixedBytes<128>

    public init(isOnMedium: Bool, written: UInt64, lost: UInt64, replays: Bool, place: FixedBytes<128>) {
        self.isOnMedium = isOnMedium
        self.written = written
        self.lost = lost
        self.replays = replays
        self.place = place
    }
}

/// What `config` is asked for.
enum ConfigRequest: Equatable {
    case show
    case logLevel(LogLevel)
    case language(Language)
    case terminal(TerminalRequest)
    case save
    case rollBack

    init?(_ line: Span<UInt8>, _ words: WordList) {
        switch words.count {
        case 1: self = .show
        case 2:
            let action = line.extracting(words[1])
            if equal(action, "show") {
                self = .show
            } else if equal(action, "save") {
                self = .save
            } else if equal(action, "rollback") {
                self = .rollBack
            } else {
                return nil
            }
        case 4 where equal(line.extracting(words[1]), "set"):
            guard let setting = ConfigRequest.setting(line.extracting(words[2]), line.extracting(words[3])) else {
                return nil
            }
            self = setting
        default: return nil
        }
    }

    private static func setting(_ name: Span<UInt8>, _ value: Span<UInt8>) -> ConfigRequest? {
        if equal(name, "log-level") { return ConfigWords.level(value).map { .logLevel($0) } }
        if equal(name, "language") { return Language.named(value).map { .language($0) } }
        if equal(name, "terminal") { return TerminalRequest(value).map { .terminal($0) } }
        return nil
    }
}

/// The words of `config`.
enum ConfigWords {
    static func action(at index: Int) -> StaticString? {
        switch index {
        case 0: "show"
        case 1: "set"
        case 2: "save"
        case 3: "rollback"
        default: nil
        }
    }

    static func setting(at index: Int) -> StaticString? {
        switch index {
        case 0: "log-level"
        case 1: "language"
        case 2: "terminal"
        default: nil
        }
    }

    static func level(at index: Int) -> StaticString? {
        switch index {
        case 0: "error"
        case 1: "warning"
        case 2: "notice"
        case 3: "debug"
        default: nil
        }
    }

    static func level(_ word: Span<UInt8>) -> LogLevel? {
        var index = 0
        while let level = ConfigWords.level(at: index) {
            if equal(word, level) { return LogLevel(rawValue: Int32(index)) }
            index += 1
        }
        return nil
    }
}

extension ConsoleSession {
    mutating func startConfig<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ request: ConfigRequest, _ subject: inout Subject, _ sink: inout Sink
    ) {
        switch request {
        case .show: answer = .config(0)
        case .logLevel(let level):
            report(CommandAnswer(result: subject.setLogLevel(level, fromConsole: number, user: login.user)))
            answer = .ending
        case .language(let language):
            choose(language)
            answer = .message(.languageSet)
        case .terminal(let request): setTerminal(request, at: subject.now, &sink)
        case .save: ask(.command(Command(kind: .configSave, value: Int32(language.rawValue))))
        case .rollBack: ask(.rollBack)
        }
    }

    /// From now on the console speaks this language, whatever the board was set to.
    mutating func choose(_ language: Language) {
        self.language = language
        hasChosenLanguage = true
    }

    /// Rows of `config show`: what runs, and what was set for as long as it runs.
    mutating func makeConfig<Subject: ConsoleSubject & ~Copyable>(
        _ number: Int, _ subject: borrowing Subject
    ) -> RowResult {
        let style = style
        let state = subject.imageState
        answer = .config(number + 1)
        switch number {
        case 0:
            style.cell(.labelImage, 14, &row)
            style.append(subject.boardStatus.name, &row)
            row.append(isPlain ? "\t" : ", ")
            appendGeneration(state.generation)
            row.append(isPlain ? "\tcrc32c " : ", crc32c ")
            var checksum = FixedBytes<4>()
            checksum.appendBigEndian(state.checksum)
            row.appendHexadecimal(checksum.span)
        case 1:
            style.cell(.labelTrial, 14, &row)
            guard state.phase == .trial else {
                style.text(state.hasPrevious ? .imageKeptWithPrevious : .imageKept, &row)
                return .row
            }
            style.text(state.healthy ? .imageTrialHealthy : .imageTrial, &row)
            row.append(" ")
            row.appendDecimal(state.trialMs / 1_000)
            row.append(" s")
        case 2:
            style.cell(.labelFault, 14, &row)
            if state.detail.isEmpty {
                row.append(state.fault == .none ? "-" : "#")
                if state.fault != .none { row.appendDecimal(state.fault.rawValue) }
            } else {
                style.append(state.detail, &row)
            }
        case 3:
            style.cell(.labelLogLevel, 14, &row)
            row.append(ConfigWords.level(at: Int(subject.logLevel.rawValue)) ?? "-")
        case 4:
            style.cell(.labelLanguage, 14, &row)
            row.append(language.word)
        case 5:
            style.cell(.labelTerminal, 14, &row)
            return makeTerminal() ? .row : .end
        default:
            answer = .ending
            return .end
        }
        return .row
    }

    /// Rows of `recorder`.
    mutating func makeRecorder<Subject: ConsoleSubject & ~Copyable>(
        _ number: Int, _ subject: borrowing Subject
    ) -> RowResult {
        let style = style
        let status = subject.recorderStatus
        answer = .recorder(number + 1)
        // Rows that are left out do not count.
        let placeRow = status.isOnMedium ? 2 : 1
        switch number {
        case 0:
            style.text(status.isOnMedium ? .recorderOnMedium : .recorderInMemory, &row)
            row.append(isPlain ? "\t" : " ")
            row.appendDecimal(status.written)
            row.append(isPlain ? "\t" : ", ")
            style.text(.dropped, &row)
            row.append(" ")
            row.appendDecimal(status.lost)
        case 1 where status.isOnMedium:
            style.text(status.replays ? .recorderReplays : .recorderDoesNotReplay, &row)
        case placeRow where !status.place.isEmpty:
            style.append(status.place, &row)
        case placeRow,
            placeRow + 1 where !status.place.isEmpty:
            style.text(.recorderHint, &row)
            answer = .ending
        default:
            answer = .ending
            return .end
        }
        return .row
    }
}
