/// The form of everything that goes over a link: `COBS(header, payload, CRC-32C of both, little endian), 0x00`.
///
/// The header is one byte: the version in the upper four bits, the kind in the lower four. Zero occurs in a stream as delimiter alone (Consistent Overhead Byte Stuffing, Cheshire and Baker,
/// IEEE/ACM Transactions on Networking 7(2), 1999), so a receiver that joins in the middle, or after noise, is in step
/// again at the next delimiter. Empty frames, two delimiters in a row, mean nothing and may be sent at any time.
public enum Frame {
    /// What the payload is.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// A message as it is; taken from local peers only.
        case plain = 0
        /// A message of the Noise handshake.
        case handshake = 1
        /// A sealed message: its counter's low 32 bits, little endian, then what the cipher made of it.
        case sealed = 2
        /// A word about the link itself, not authenticated, for the log alone: one byte, `LinkClosure`.
        case notice = 3
        /// Hands a half-duplex line over to the peer; no payload.
        case turn = 4
    }

    /// The version that is spoken; frames of others are counted and dropped.
    public static var version: UInt8 { 1 }
    /// Bytes of a payload at the most.
    public static var payloadLimit: Int { 1_024 }
    /// Header and checksum.
    static var overhead: Int { 5 }
    static var bodyLimit: Int { payloadLimit + overhead }
    /// Bytes of a frame on the wire at the most: one code byte for each 254 bytes begun, and the delimiter.
    public static var encodedLimit: Int { bodyLimit + (bodyLimit + 253) / 254 + 1 }

    public static func header(_ kind: Kind) -> UInt8 { version << 4 | kind.rawValue }
}

/// Why a link ended; the number goes into the notice that tells the peer and into the log.
public enum LinkClosure: UInt8, Error, Sendable, BitwiseCopyable {
    /// The peer left.
    case peerLeft = 1
    /// Every session is taken.
    case noRoom = 2
    /// The peer did not complete the handshake in time.
    case handshakeTimeout = 3
    /// The handshake failed: wrong key, unknown client, expired client, or bytes that are none.
    case handshakeFailed = 4
    /// The peer sent nothing for too long.
    case silent = 5
    /// The peer did not take what it was sent for too long, or did not leave room for an answer.
    case notReading = 6
    /// A plain message came from a peer that has to authenticate, or the board has no key to authenticate with.
    case notEncrypted = 7
    /// The role of the peer expired.
    case expired = 8
    /// The session's counters are used up; a new session continues.
    case exhausted = 9
    /// The board is stopping.
    case stopping = 10
}
