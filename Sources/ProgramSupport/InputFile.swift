import CLinuxHardware
import Cryptography
import FixedMemory

/// Why a program cannot go on, and how it ends then.
public struct ProgramFailure: Error {
    public var code: ExitCode
    /// What the message is about: a file, an option; `nil` if it stands alone.
    public var subject: CText?
    public var message: StaticString
    /// The kernel's error number, or 0.
    public var systemError: Int32

    public init(_ code: ExitCode, _ message: StaticString, about subject: CText? = nil, systemError: Int32 = 0) {
        self.code = code
        self.subject = subject
        self.message = message
        self.systemError = systemError
    }

    /// Writes it as one line of standard error: "wardend: FILE: message: cause".
    public func report(as program: StaticString) {
        var output = TextOutput.standardError()
        output.append(program)
        output.append(": ")
        if let subject {
            output.append(subject)
            output.append(": ")
        }
        output.append(message)
        if systemError != 0 {
            output.append(": ")
            output.append(CText(systemError: systemError))
        }
        output.append("\n")
    }
}

/// Files that are read whole at start.
public enum InputFile {
    /// What a file's owner and permissions have to say before it is believed.
    public enum Protection: Sendable {
        /// Nothing.
        case none
        /// Nobody but root and this process's user can change it.
        case trusted
        /// Nobody else can read it either.
        case secret
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - limit: bytes that it may have.
    ///   - protection: a file with less is refused.
    public static func read(
        _ path: CText, limit: Int, protection: Protection = .none
    ) throws(ProgramFailure) -> ByteBuffer {
        try read(descriptor: warden_file_open(path.pointer), path, limit: limit, protection: protection)
    }

    /// Reads a file that is open already, and closes it.
    ///
    /// - Parameters:
    ///   - descriptor: of the file, or why it could not be opened as a negative error number.
    ///   - path: what messages call it.
    public static func read(
        descriptor: Int32, _ path: CText, limit: Int, protection: Protection = .none
    ) throws(ProgramFailure) -> ByteBuffer {
        guard descriptor >= 0 else { throw failure(path, "cannot be opened", -descriptor) }
        defer { warden_close(descriptor) }
        try check(protection, of: descriptor, path)
        let size = warden_file_size(descriptor)
        guard size >= 0 else { throw failure(path, "cannot be read", Int32(-size)) }
        guard size <= Int64(limit) else { throw ProgramFailure(.invalidInput, "is larger than it may be", about: path) }
        var contents = ByteBuffer(capacity: Int(size))
        while contents.room > 0 {
            var status = 0
            contents.appendFilling { space in
                status = Int(warden_read(descriptor, space.baseAddress!, space.count))
                return max(0, status)
            }
            guard status > 0 else { throw failure(path, "cannot be read", Int32(-status)) }
        }
        return contents
    }

    private static func check(
        _ protection: Protection, of descriptor: Int32, _ path: CText
    ) throws(ProgramFailure) {
        var found = warden_file_protection(is_secret: false, is_trusted: false)
        let status = warden_file_look(descriptor, &found)
        guard status == 0 else { throw failure(path, "cannot be read", -status) }
        switch protection {
        case .none: break
        case .trusted:
            guard found.is_trusted else {
                throw ProgramFailure(
                    .notPermitted, "others may change it, and with it who is let in: chmod go-w, and chown to root",
                    about: path)
            }
        case .secret:
            guard found.is_secret else {
                throw ProgramFailure(
                    .notPermitted,
                    "others may read this private key: chmod 600, and chown to wardend's user; make a new one if they did",
                    about: path)
            }
        }
    }

    private static func failure(_ path: CText, _ message: StaticString, _ error: Int32) -> ProgramFailure {
        // EPERM and EACCES, include/uapi/asm-generic/errno-base.h.
        ProgramFailure(
            error == 1 || error == 13 ? .notPermitted : .cannotRead, message, about: path, systemError: error)
    }

    /// Reads a hash key: 64 hexadecimal digits, line ends allowed after and between.
    public static func readHashKey(_ path: CText) throws(ProgramFailure) -> HashKey {
        let text = try read(path, limit: keyFileLimit)
        guard let bytes = digits(text.span), let key = HashKey(bytes.span) else {
            throw ProgramFailure(.invalidInput, "is not a hash key, which is 64 hexadecimal digits", about: path)
        }
        return key
    }

    /// Reads the board's own key of Warden Link, which nobody else may read: 64 hexadecimal digits, as
    /// 'wardenctl keys make' writes them.
    public static func readPrivateKey(_ path: CText) throws(ProgramFailure) -> PrivateKey {
        let text = try read(path, limit: keyFileLimit, protection: .secret)
        guard let bytes = digits(text.span), let key = PrivateKey(bytes.span) else {
            throw ProgramFailure(.invalidInput, "is not a private key, which is 64 hexadecimal digits", about: path)
        }
        return key
    }

    private static var keyFileLimit: Int { 4_096 }

    /// The 32 bytes that a text of digits spells; `nil` if it spells no or other than 32.
    private static func digits(_ text: Span<UInt8>) -> FixedBytes<32>? {
        var bytes = FixedBytes<32>()
        var high: UInt8?
        for index in 0..<text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { continue }
            guard let digit = hexadecimalValue(byte) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil && !bytes.overflowed ? bytes : nil
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
