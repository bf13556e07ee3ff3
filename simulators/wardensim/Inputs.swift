import BoardImage
import CSimulator
import Cryptography
import FixedMemory
import Simulation

/// How the program ends; the numbers are those of sysexits.h where that has one.
enum ExitCode: Int32 {
    case success = 0
    case expectationFailed = 1
    case stuck = 2
    case usage = 64
    case invalidInput = 65
    case cannotRead = 66
    case unavailable = 69
    case cannotWrite = 73
    case notPermitted = 77
    case wrongKey = 78
}

/// Why the program ends before it has begun.
///
/// Its texts are literals and arguments, which live as long as the process.
struct Failure: Error, @unchecked Sendable {
    var code: ExitCode
    var message: StaticString
    /// What it is about: a file, an option.
    var subject: UnsafePointer<CChar>?
    /// The operating system's error, or 0.
    var systemError: Int32 = 0
}

enum Inputs {
    /// The largest file that is read.
    static var fileLimit: Int64 { 256 << 20 }

    static func read(_ path: UnsafePointer<CChar>) throws(Failure) -> ByteBuffer {
        let descriptor = simulator_open(path)
        guard descriptor >= 0 else {
            throw Failure(code: .cannotRead, message: "cannot open", subject: path, systemError: descriptor)
        }
        defer { simulator_close(descriptor) }
        let size = simulator_size(descriptor)
        guard size >= 0, size <= fileLimit else {
            throw Failure(code: .cannotRead, message: "is not a file of at most 256 MiB", subject: path)
        }
        var buffer = ByteBuffer(capacity: Int(size))
        while buffer.room > 0 {
            var status = 0
            let count = buffer.appendFilling { free in
                status = Int(simulator_read(descriptor, free.baseAddress!, free.count))
                return max(0, status)
            }
            guard count > 0 else {
                throw Failure(
                    code: .cannotRead, message: status == 0 ? "became shorter while it was read" : "cannot be read",
                    subject: path, systemError: Int32(truncatingIfNeeded: status))
            }
        }
        return buffer
    }

    static func readHashKey(_ path: UnsafePointer<CChar>) throws(Failure) -> HashKey {
        let bytes = try readKey(path)
        guard let key = HashKey(bytes.span) else { throw notAKey(path) }
        return key
    }

    static func readPrivateKey(_ path: UnsafePointer<CChar>) throws(Failure) -> PrivateKey {
        guard simulator_is_secret(path) else {
            throw Failure(
                code: .notPermitted, message: "others may read this private key, or it is not there: chmod 600",
                subject: path)
        }
        let bytes = try readKey(path)
        guard let key = PrivateKey(bytes.span) else { throw notAKey(path) }
        return key
    }

    /// The key in a file: 64 hexadecimal digits, with or without a line end.
    private static func readKey(_ path: UnsafePointer<CChar>) throws(Failure) -> FixedBytes<32> {
        let text = try read(path)
        var bytes = FixedBytes<32>()
        var high: UInt8?
        for index in 0..<text.count {
            guard let digit = hexadecimalValue(text[index]) else {
                if text[index] == 0x0A || text[index] == 0x0D { continue }
                throw notAKey(path)
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil, !bytes.overflowed else { throw notAKey(path) }
        return bytes
    }

    private static func notAKey(_ path: UnsafePointer<CChar>) -> Failure {
        Failure(code: .invalidInput, message: "is not a key of 64 hexadecimal digits", subject: path)
    }

    private static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

// Boards and scenarios: compiled, or, where the compiler is part of the program, as the files that people write.
extension Inputs {
    static func board(_ arguments: Arguments, _ key: HashKey) throws(Failure) -> ByteBuffer {
        guard isSource(arguments.board) else { return try read(arguments.board) }
        #if HostTools
            return try SourceFiles.board(arguments, key)
        #else
            throw sourceRefused(arguments.board)
        #endif
    }

    static func scenario(
        _ arguments: Arguments, _ board: Span<UInt8>, checksum: UInt32
    ) throws(Failure) -> ScenarioTables {
        let file = try compiledScenario(arguments, board)
        do throws(ScenarioError) {
            return try ScenarioTables(decoding: file.span, boardChecksum: checksum)
        } catch {
            throw Failure(code: .invalidInput, message: text(of: error), subject: arguments.scenario)
        }
    }

    private static func compiledScenario(
        _ arguments: Arguments, _ board: Span<UInt8>
    ) throws(Failure) -> ByteBuffer {
        guard isSource(arguments.scenario) else { return try read(arguments.scenario) }
        #if HostTools
            return try SourceFiles.scenario(arguments, board)
        #else
            throw sourceRefused(arguments.scenario)
        #endif
    }

    private static func isSource(_ path: UnsafePointer<CChar>) -> Bool {
        Arguments.hasSuffix(path, ".yaml") || Arguments.hasSuffix(path, ".yml")
    }

    private static func sourceRefused(_ path: UnsafePointer<CChar>) -> Failure {
        Failure(
            code: .usage,
            message:
                "this build has no compiler: give what 'wardenctl board build' or 'wardenctl scenario build' makes",
            subject: path)
    }

    static func text(of error: BoardImageError) -> StaticString {
        switch error {
        case .notABoardImage, .tooShort: "is not a board image; 'wardenctl board build' makes one"
        case .wrongLength, .wrongChecksum: "is damaged; build it again"
        case .unsupportedFormat: "was built by another version; build it again"
        default: "contradicts itself; 'wardenctl board check' says where"
        }
    }

    static func text(of error: ScenarioError) -> StaticString {
        switch error {
        case .notAScenario: "is not a compiled scenario; 'wardenctl scenario build' makes one"
        case .wrongLength, .wrongChecksum: "is damaged; build it again"
        case .unsupportedFormat: "was built by another version; build it again"
        case .otherBoard: "was compiled for another board; build it again with this one"
        case .malformed, .brokenTrack, .stepsOutOfOrder, .incomplete: "cannot be played; build it again"
        }
    }
}
