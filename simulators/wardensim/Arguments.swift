import CSimulator
import FixedMemory

/// What the command line asks for.
struct Arguments {
    enum Speed: Equatable {
        /// As fast as the machine allows.
        case max
        /// So many simulated seconds a second.
        case times(Int64)
    }

    enum Parsed {
        case run(Arguments)
        case help
        case version
        case wrong(StaticString, UnsafePointer<CChar>?)
    }

    /// Simulated seconds a second in the live view, unless asked otherwise: an evening in a minute and a half.
    static var liveSpeed: Int64 { 60 }

    var board: UnsafePointer<CChar>
    var scenario: UnsafePointer<CChar>
    var hashKey: UnsafePointer<CChar>?
    var readerKeys: UnsafePointer<CChar>?
    var speed: Speed
    var trace: UnsafePointer<CChar>?
    var corpus: UnsafePointer<CChar>?
    var socket: UnsafePointer<CChar>?
    var port: UInt16?
    var linkKey: UnsafePointer<CChar>?
    var serialLink: UnsafePointer<CChar>?
    var opensConsole: Bool
    var stays: Bool
    var isLive: Bool
    var isQuiet: Bool

    /// Options that a value follows.
    private enum Valued: CaseIterable {
        case hashKey, readerKeys, trace, corpus, speed, socket, tcp, linkKey, serialLink

        var name: StaticString {
            switch self {
            case .hashKey: "--hash-key"
            case .readerKeys: "--reader-keys"
            case .trace: "--trace"
            case .corpus: "--corpus"
            case .speed: "--speed"
            case .socket: "--socket"
            case .tcp: "--tcp"
            case .linkKey: "--link-key"
            case .serialLink: "--serial-link-pty"
            }
        }

        static func named(_ argument: UnsafePointer<CChar>) -> Valued? {
            for option in Valued.allCases where Arguments.matches(argument, option.name) { return option }
            return nil
        }
    }

    static func parse() -> Parsed {
        var files: (board: UnsafePointer<CChar>?, scenario: UnsafePointer<CChar>?) = (nil, nil)
        var hashKey: UnsafePointer<CChar>?
        var readerKeys: UnsafePointer<CChar>?
        var trace: UnsafePointer<CChar>?
        var corpus: UnsafePointer<CChar>?
        var socket: UnsafePointer<CChar>?
        var linkKey: UnsafePointer<CChar>?
        var serialLink: UnsafePointer<CChar>?
        var port: UInt16?
        var speed: Speed?
        var opensConsole = false
        var stays = false
        var isLive = false
        var isQuiet = false
        var index = Int32(1)
        while index < simulator_argument_count() {
            let argument = simulator_argument(index)
            index += 1
            if matches(argument, "--help") || matches(argument, "-h") { return .help }
            if matches(argument, "--version") { return .version }
            if matches(argument, "--live") {
                isLive = true
            } else if matches(argument, "--quiet") {
                isQuiet = true
            } else if matches(argument, "--console-pty") {
                opensConsole = true
            } else if matches(argument, "--stay") {
                stays = true
            } else if let option = Valued.named(argument) {
                guard index < simulator_argument_count() else { return .wrong("needs a value after it", argument) }
                let value = simulator_argument(index)
                index += 1
                switch option {
                case .hashKey: hashKey = value
                case .readerKeys: readerKeys = value
                case .trace: trace = value
                case .corpus: corpus = value
                case .socket: socket = value
                case .linkKey: linkKey = value
                case .serialLink: serialLink = value
                case .speed:
                    guard let parsed = parseSpeed(value) else {
                        return .wrong("is no speed, which is 'max' or a number from 1 to 1000000", value)
                    }
                    speed = parsed
                case .tcp:
                    guard let number = parseNumber(value, limit: 65_535) else {
                        return .wrong("is no port, which is a number from 0 to 65535", value)
                    }
                    port = UInt16(truncatingIfNeeded: number)
                }
            } else if argument[0] == CChar(UInt8(ascii: "-")) {
                return .wrong("is no option of wardensim", argument)
            } else if files.board == nil {
                files.board = argument
            } else if files.scenario == nil {
                files.scenario = argument
            } else {
                return .wrong("is one file too many: one board and one scenario are played", argument)
            }
        }
        if simulator_argument_count() == 1 { return .help }
        guard let board = files.board else { return .wrong("a board and a scenario are needed", nil) }
        guard let scenario = files.scenario else { return .wrong("a scenario is needed after this board", board) }
        if port != nil, linkKey == nil {
            return .wrong("--tcp needs --link-key FILE, the board's key: 'wardenctl keys make' makes one", nil)
        }
        if serialLink != nil, linkKey == nil {
            return .wrong(
                "--serial-link-pty needs --link-key FILE, the board's key: 'wardenctl keys make' makes one", nil)
        }
        return .run(
            Arguments(
                board: board, scenario: scenario, hashKey: hashKey, readerKeys: readerKeys,
                speed: speed ?? (isLive ? .times(liveSpeed) : .max), trace: trace, corpus: corpus, socket: socket,
                port: port, linkKey: linkKey, serialLink: serialLink, opensConsole: opensConsole, stays: stays,
                isLive: isLive,
                isQuiet: isQuiet))
    }

    private static func parseSpeed(_ text: UnsafePointer<CChar>) -> Speed? {
        if matches(text, "max") { return .max }
        guard let value = parseNumber(text, limit: 1_000_000), value > 0 else { return nil }
        return .times(value)
    }

    private static func parseNumber(_ text: UnsafePointer<CChar>, limit: Int64) -> Int64? {
        var value: Int64 = 0
        var position = 0
        while text[position] != 0 {
            let digit = Int64(text[position]) - 48
            guard digit >= 0, digit <= 9 else { return nil }
            value = value * 10 + digit
            guard value <= limit else { return nil }
            position += 1
        }
        return position > 0 ? value : nil
    }

    /// Whether a C string is exactly a literal.
    static func matches(_ text: UnsafePointer<CChar>, _ literal: StaticString) -> Bool {
        for index in 0..<literal.utf8CodeUnitCount where UInt8(bitPattern: text[index]) != literal.utf8Start[index] {
            return false
        }
        return text[literal.utf8CodeUnitCount] == 0
    }

    /// Whether a C string ends with a literal.
    static func hasSuffix(_ text: UnsafePointer<CChar>, _ literal: StaticString) -> Bool {
        var length = 0
        while text[length] != 0 { length += 1 }
        guard length >= literal.utf8CodeUnitCount else { return false }
        return matches(text + (length - literal.utf8CodeUnitCount), literal)
    }

    static let usage: StaticString = """
        usage: wardensim BOARD SCENARIO --hash-key FILE [options]
               wardensim replay RECORDING [options]       'wardensim replay --help' says more
               wardensim soak [options]                   'wardensim soak --help' says more

        Plays a scenario on a virtual board: the runtime of the real board on devices that answer at register and byte
        level, with a virtual clock. Same board and scenario, same trace, on every machine.

          BOARD              a board file (.yaml), or an image of one (wardenctl board build)
          SCENARIO           a scenario file (.yaml), or what 'wardenctl scenario build' made of one
                             the Embedded builds have no compiler and take the built ones only
          --hash-key FILE    the key of the board's credentials: 64 hexadecimal digits
          --reader-keys FILE keys of readers and cards that a board file names, a line each: NAME: 32 hexadecimal digits
          --corpus DIR       where a scenario file finds recordings
          --speed max|N      as fast as the machine allows (default), or N simulated seconds a second (60 with --live)
          --trace FILE       writes the trace
          --live             shows events as they come, with the board's console below
          --quiet            no summary; expectations that failed are still told

        To reach the board from outside while it runs. The times that it grants its peers are simulated too: at full speed
        they are soon over, so give --speed 1, or --stay and wait for the end of the scenario.

          --socket PATH      a UNIX socket that speaks Warden Link, as wardend's does
          --tcp PORT         the same over TCP on this machine (127.0.0.1), for clients that the board file lists; 0 takes
                             any free port and says which
          --serial-link-pty PATH
                             the board's serial line of Warden Link ('use: link' at a port of the board file) on a
                             pseudo-terminal, to which PATH leads
          --link-key FILE    the board's own key for both, which nobody else may read: 64 hexadecimal digits
          --console-pty      the board's console on a pseudo-terminal, whose path is told
          --stay             when the scenario is over, the board goes on in real time until SIGINT or SIGTERM

          --help, --version

        examples:
          wardensim boards/lobby.yaml simulators/scenarios/evening.yaml --hash-key boards/demo.hashkey
          wardensim boards/lobby.yaml simulators/scenarios/evening.yaml --hash-key boards/demo.hashkey --live
          wardensim boards/lobby.yaml simulators/scenarios/evening.yaml --hash-key boards/demo.hashkey \\
              --socket /tmp/lobby.socket --stay      then: wardenctl watch --socket /tmp/lobby.socket
          wardensim lobby.board evening.scenario --hash-key boards/demo.hashkey --trace evening.trace

        exit codes:
           0  every expectation was met
           1  an expectation failed
           2  the runtime got stuck: turn after turn without time going on
          64  the command line is wrong
          65  a board, scenario or key file is not valid
          66  a file cannot be read
          69  the socket or port is in use by another process
          73  a file or socket cannot be made or written; the trace may be cut short
          77  a file or socket may not be used by this user
          78  the hash key does not fit the board

        """
}
