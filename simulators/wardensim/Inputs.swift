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
    case cannotWrite = 73
    case wrongKey = 78
}

/// Why the program ends before it has begun.
struct Failure: Error {
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
            let count = buffer.appendFilling { free in
                max(0, simulator_read(descriptor, free.baseAddress!, free.count))
            }
            guard count > 0 else { throw Failure(code: .cannotRead, message: "cannot be read", subject: path) }
        }
        return buffer
    }

    /// The key in a file: 64 hexadecimal digits, with or without a line end.
    static func readHashKey(_ path: UnsafePointer<CChar>) throws(Failure) -> HashKey {
        let text = try read(path)
        var bytes = FixedBytes<32>()
        var high: UInt8?
        for index in 0..<text.count {
            guard let digit = hexadecimalValue(text[index]) else {
                if text[index] == 0x0A || text[index] == 0x0D { continue }
                throw Failure(code: .invalidInput, message: "is not a hash key of 64 hexadecimal digits", subject: path)
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil, !bytes.overflowed, let key = HashKey(bytes.span) else {
            throw Failure(code: .invalidInput, message: "is not a hash key of 64 hexadecimal digits", subject: path)
        }
        return key
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

// Boards and scenarios, compiled or, where the compiler is part of the program, as the files that people write.
extension Inputs {
    static func board(_ arguments: Arguments, _ key: HashKey) throws(Failure) -> ByteBuffer {
        try refuseSource(arguments.board)
        return try read(arguments.board)
    }

    static func scenario(
        _ arguments: Arguments, _ board: Span<UInt8>, checksum: UInt32
    ) throws(Failure) -> ScenarioTables {
        try refuseSource(arguments.scenario)
        let file = try read(arguments.scenario)
        do throws(ScenarioError) {
            return try ScenarioTables(decoding: file.span, boardChecksum: checksum)
        } catch {
            throw Failure(code: .invalidInput, message: text(of: error), subject: arguments.scenario)
        }
    }

    private static func refuseSource(_ path: UnsafePointer<CChar>) throws(Failure) {
        guard Arguments.hasSuffix(path, ".yaml") else { return }
        throw Failure(
            code: .usage,
            message: "this build reads compiled files only: use 'wardenctl board build' or 'scenario build'",
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
