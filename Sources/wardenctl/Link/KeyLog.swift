import Cryptography
import FixedMemory
import Foundation

/// The keys of a session, for the Wireshark dissector: appended to the file that `WARDEN_KEYLOG` names, which only its
/// owner may read. Whoever has it reads that session, and nothing else; it is written where a developer asked for it, and
/// by clients alone: a board never tells its keys.
enum KeyLog {
    static let variable = "WARDEN_KEYLOG"

    /// - Parameters:
    ///   - ephemeral: what the handshake began with, by which the dissector finds the session.
    ///   - client, board: the keys that each side sends with.
    static func append(ephemeral: PublicKey, client: CipherKey, board: CipherKey) throws {
        guard let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty else { return }
        let line = "WARDEN_SESSION \(digits(ephemeral.span)) \(digits(client.span)) \(digits(board.span))\n"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path, String(cString: strerror(errno))) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw failure(path, "others may read it, and with it this session")
        }
        do {
            try file.write(contentsOf: Data(line.utf8))
        } catch {
            throw failure(path, error.localizedDescription)
        }
    }

    private static func failure(_ path: String, _ cause: String) -> Failure {
        Failure(
            status: .cannotWrite, message: "\(path): the keys of the session cannot be written: \(cause)",
            remedy: "Let \(variable) name a file of yours that nobody else may read, or unset it.")
    }

    private static func digits(_ bytes: Span<UInt8>) -> String {
        bytes.indices.map { (bytes[$0] < 16 ? "0" : "") + String(bytes[$0], radix: 16) }.joined()
    }
}
