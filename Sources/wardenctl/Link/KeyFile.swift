import Cryptography
import Foundation

/// Keys of Warden Link in files: 64 hexadecimal digits. A private one may be read by its owner alone.
enum KeyFile {
    /// A new private key from the system's random source.
    static func randomKey() throws -> PrivateKey {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<PrivateKey.length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard let key = PrivateKey(bytes.span) else {
            throw Failure(status: .unavailable, message: "the system gives no random bytes")
        }
        return key
    }

    /// Makes a private key in a new file that only its owner may read; an old file is never overwritten.
    static func make(_ path: String) throws -> PublicKey {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<PrivateKey.length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard let key = PrivateKey(bytes.span) else { throw notAKey(path) }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let error = errno
            throw Failure(
                status: .cannotWrite, message: "\(path): \(String(cString: strerror(error)))",
                remedy: error == EEXIST ? "A key is never overwritten: give another name." : "Check the folder.")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data((hexadecimal(bytes) + "\n").utf8))
            try handle.synchronize()
        } catch {
            unlink(path)
            throw Failure(status: .cannotWrite, message: "\(path): cannot be written: \(error.localizedDescription)")
        }
        return key.publicKey
    }

    /// Reads a private key. One that others may read is refused: it is no secret any more.
    static func readPrivate(_ path: String) throws -> PrivateKey {
        let bytes = try digits(of: path)
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            throw Failure(
                status: .invalidData, message: "\(path): others may read this private key",
                remedy:
                    "If nobody has, 'chmod 600 \(path)'; otherwise make a new one and remove the old one from the boards."
            )
        }
        guard let key = PrivateKey(bytes.span) else { throw notAKey(path) }
        return key
    }

    /// A public key: 64 digits as they are, or a file that holds them.
    static func publicKey(_ text: String) throws -> PublicKey {
        let bytes = try parse(text) ?? digits(of: text)
        guard let key = PublicKey(bytes.span) else { throw notAKey(text) }
        return key
    }

    static func hexadecimal(_ key: PublicKey) -> String { hexadecimal(key.span.indices.map { key.span[$0] }) }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func digits(of path: String) throws -> [UInt8] {
        guard let bytes = parse(String(decoding: try Files.read(path, limit: 256), as: UTF8.self)) else {
            throw notAKey(path)
        }
        return bytes
    }

    private static func parse(_ text: String) -> [UInt8]? {
        let digits = Array(text.trimmingCharacters(in: .whitespacesAndNewlines))
        guard digits.count == 64, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        return (0..<32).compactMap { UInt8(String(digits[2 * $0...2 * $0 + 1]), radix: 16) }
    }

    private static func notAKey(_ path: String) -> Failure {
        Failure(
            status: .invalidData, message: "\(path): this is not a key of 64 hexadecimal digits",
            remedy: "Make one with: wardenctl keys make NAME")
    }
}
