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
        case wrong(StaticString, UnsafePointer<CChar>)
    }

    var board: UnsafePointer<CChar>
    var scenario: UnsafePointer<CChar>
    var hashKey: UnsafePointer<CChar>?
    var speed: Speed = .max
    var trace: UnsafePointer<CChar>?
    var corpus: UnsafePointer<CChar>?
    var isLive = false
    var isQuiet = false

    static func parse() -> Parsed {
        var board: UnsafePointer<CChar>?
        var scenario: UnsafePointer<CChar>?
        var hashKey: UnsafePointer<CChar>?
        var trace: UnsafePointer<CChar>?
        var corpus: UnsafePointer<CChar>?
        var speed = Speed.max
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
            } else if argument[0] == CChar(UInt8(ascii: "-")) {
                guard index < simulator_argument_count() else { return .wrong("a value must follow", argument) }
                let value = simulator_argument(index)
                index += 1
                if matches(argument, "--hash-key") {
                    hashKey = value
                } else if matches(argument, "--trace") {
                    trace = value
                } else if matches(argument, "--corpus") {
                    corpus = value
                } else if matches(argument, "--speed") {
                    guard let parsed = parseSpeed(value) else {
                        return .wrong("a speed is 'max' or a number from 1 to 1000000", value)
                    }
                    speed = parsed
                } else {
                    return .wrong("unknown option", argument)
                }
            } else if board == nil {
                board = argument
            } else if scenario == nil {
                scenario = argument
            } else {
                return .wrong("one board and one scenario only", argument)
            }
        }
        guard let board, let scenario else { return .help }
        return .run(
            Arguments(
                board: board, scenario: scenario, hashKey: hashKey, speed: speed, trace: trace, corpus: corpus,
                isLive: isLive, isQuiet: isQuiet))
    }

    private static func parseSpeed(_ text: UnsafePointer<CChar>) -> Speed? {
        if matches(text, "max") { return .max }
        var value: Int64 = 0
        var position = 0
        while text[position] != 0 {
            let digit = Int64(text[position]) - 48
            guard digit >= 0, digit <= 9, value < 1_000_000 else { return nil }
            value = value * 10 + digit
            position += 1
        }
        return (1...1_000_000).contains(value) ? .times(value) : nil
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
        usage: wardensim BOARD SCENARIO [options]

        Plays a scenario on a virtual board: the runtime of the real board on devices that answer at register and byte
        level, with a virtual clock. Same board and scenario, same trace, on every machine.

          BOARD              a board image (wardenctl board build), or a board file (.yaml)
          SCENARIO           a compiled scenario (wardenctl scenario build), or a scenario file (.yaml)
          --hash-key FILE    the key that the image's credentials were hashed with
          --corpus DIR       where a scenario file finds recordings
          --speed max|N      as fast as the machine allows (default), or N simulated seconds a second
          --live             shows events as they come, with the board's console below
          --trace FILE       writes the trace
          --quiet            no summary
          --help, --version

        examples:
          wardensim boards/lobby.yaml simulators/scenarios/evening.yaml --hash-key boards/demo.hashkey
          wardensim boards/lobby.yaml simulators/scenarios/evening.yaml --hash-key boards/demo.hashkey --live --speed 60
          wardensim lobby.image evening.scenario --hash-key boards/demo.hashkey --trace evening.trace

        exit codes: 0 every expectation was met; 1 an expectation failed; 2 the runtime got stuck;
        64 wrong usage; 65 the board or scenario is not valid; 66 a file cannot be read; 73 a file cannot be written;
        78 the hash key does not fit the board

        """
}
