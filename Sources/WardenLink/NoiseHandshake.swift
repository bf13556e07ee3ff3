import Cryptography
import FixedMemory

/// The handshake `Noise_IK_25519_ChaChaPoly_SHA256` (Noise specification, revision 34, sections 5 and 7.5), either side.
///
/// The initiator knows the responder's static key; the responder learns the initiator's from the first message. Each
/// message has a payload; the first one's can be replayed by anybody who saw it, so nothing may be done because of it.
struct NoiseHandshake: ~Copyable {
    /// Bytes that a message has beside its payload: the first one an ephemeral key, a sealed static key and the
    /// payload's tag; the second one an ephemeral key and the payload's tag.
    static var firstOverhead: Int { 32 + 48 + 16 }
    static var secondOverhead: Int { 32 + 16 }

    /// The part of the first message before its payload.
    private static var firstKeys: Int { PublicKey.length + PublicKey.length + CipherKey.tagLength }

    /// What a peer's bytes turned out to be instead of a message.
    enum Failure: Error {
        /// Too short, a key of small order, or not made for this key.
        case notAuthentic
    }

    private let local: PrivateKey
    private let ephemeral: PrivateKey
    private var remoteEphemeral: PublicKey? = nil
    /// The peer's static key, once it is known.
    private(set) var remote: PublicKey?

    private var chainingKey: Digest
    /// Hash of everything that was said; names the session once the handshake is done.
    private(set) var hash: Digest
    private var key: CipherKey? = nil
    private var counter: UInt64 = 0

    /// - Parameters:
    ///   - prologue: what both sides have to agree on beforehand.
    ///   - local: the own static key.
    ///   - ephemeral: a fresh random key, used for this handshake alone.
    ///   - responder: the responder's static key; `nil` for being the responder.
    init(prologue: Span<UInt8>, local: PrivateKey, ephemeral: PrivateKey, responder: PublicKey?) {
        self.local = local
        self.ephemeral = ephemeral
        remote = responder
        // Exactly as long as a hash, and so taken as it is.
        let name = FixedBytes<32>("Noise_IK_25519_ChaChaPoly_SHA256")
        guard let start = Digest(name.span) else { preconditionFailure("the name has thirty-two bytes") }
        chainingKey = start
        hash = start
        mix(prologue)
        // Bound to a name first: optimised Embedded Swift gives the place of a temporary away while its span is in use.
        let responderKey = responder ?? local.publicKey
        mix(responderKey.span)
    }

    private mutating func mix(_ bytes: Span<UInt8>) { hash = SHA256.hash(hash.span, bytes) }

    private mutating func mixKey(_ own: PrivateKey, _ peer: PublicKey?) throws(Failure) {
        guard let peer, let secret = own.sharedSecret(with: peer) else { throw .notAuthentic }
        let (next, key) = SHA256.derivePair(from: secret.span, chainingKey: chainingKey)
        chainingKey = next
        self.key = CipherKey(key)
        counter = 0
    }

    private mutating func appendSealed(_ plain: Span<UInt8>, to message: inout ByteBuffer) {
        guard let key else { preconditionFailure("a key is mixed in before anything is sealed") }
        let start = message.count
        message.append(plain)
        for _ in 0..<CipherKey.tagLength { message.append(0) }
        var sealed = message.mutableSpan(start..<message.count)
        key.seal(&sealed, counter: counter, associated: hash.span)
        counter += 1
        mix(message.span.extracting(start..<message.count))
    }

    /// Opens the last `length` bytes of the buffer in place.
    private mutating func openLast(_ length: Int, of buffer: inout ByteBuffer) throws(Failure) {
        guard let key, length >= CipherKey.tagLength, length <= buffer.count else { throw .notAuthentic }
        let start = buffer.count - length
        let next = SHA256.hash(hash.span, buffer.span.extracting(start..<buffer.count))
        var sealed = buffer.mutableSpan(start..<buffer.count)
        guard key.open(&sealed, counter: counter, associated: hash.span) else { throw .notAuthentic }
        counter += 1
        hash = next
    }

    private mutating func takeEphemeral(_ message: Span<UInt8>) throws(Failure) {
        guard message.count >= PublicKey.length, let key = PublicKey(message.extracting(0..<PublicKey.length)) else {
            throw .notAuthentic
        }
        remoteEphemeral = key
        mix(key.span)
    }

    // MARK: The initiator

    /// Writes the first message: `e, es, s, ss`.
    mutating func writeFirst(_ payload: Span<UInt8>, into message: inout ByteBuffer) throws(Failure) {
        message.removeAll()
        let key = ephemeral.publicKey
        message.append(key.span)
        mix(key.span)
        try mixKey(ephemeral, remote)
        let staticKey = local.publicKey
        appendSealed(staticKey.span, to: &message)
        try mixKey(local, remote)
        appendSealed(payload, to: &message)
    }

    /// Reads the second message: `e, ee, se`.
    ///
    /// - Parameter payload: holds the payload afterwards.
    mutating func readSecond(_ message: Span<UInt8>, payload: inout ByteBuffer) throws(Failure) {
        try takeEphemeral(message)
        try mixKey(ephemeral, remoteEphemeral)
        try mixKey(local, remoteEphemeral)
        try readPayload(message.extracting(PublicKey.length..<message.count), into: &payload)
    }

    // MARK: The responder, in four steps with one product of keys each, so that a board may do other things between

    /// Reads the keys of the first message; the peer's static key is in `remote` afterwards.
    mutating func readFirstKeys(_ message: Span<UInt8>, scratch: inout ByteBuffer) throws(Failure) {
        guard message.count >= NoiseHandshake.firstOverhead else { throw .notAuthentic }
        try takeEphemeral(message)
        try mixKey(local, remoteEphemeral)
        scratch.removeAll()
        scratch.append(message.extracting(PublicKey.length..<NoiseHandshake.firstKeys))
        try openLast(scratch.count, of: &scratch)
        remote = PublicKey(scratch.span.extracting(0..<PublicKey.length))
    }

    /// Reads the payload of the first message, which proves that the peer holds the static key.
    mutating func readFirstPayload(_ message: Span<UInt8>, into payload: inout ByteBuffer) throws(Failure) {
        try mixKey(local, remote)
        try readPayload(message.extracting(NoiseHandshake.firstKeys..<message.count), into: &payload)
    }

    /// Begins the second message with the ephemeral key.
    mutating func writeSecondKey(into message: inout ByteBuffer) throws(Failure) {
        message.removeAll()
        let key = ephemeral.publicKey
        message.append(key.span)
        mix(key.span)
        try mixKey(ephemeral, remoteEphemeral)
    }

    /// Ends the second message with the payload.
    mutating func writeSecondPayload(_ payload: Span<UInt8>, into message: inout ByteBuffer) throws(Failure) {
        try mixKey(ephemeral, remote)
        appendSealed(payload, to: &message)
    }

    private mutating func readPayload(_ sealed: Span<UInt8>, into payload: inout ByteBuffer) throws(Failure) {
        payload.removeAll()
        payload.append(sealed)
        try openLast(sealed.count, of: &payload)
        payload.truncate(to: sealed.count - CipherKey.tagLength)
    }

    // MARK: The end

    /// The keys of the transport: what the initiator sends with, and what the responder sends with.
    func split() -> (initiator: CipherKey, responder: CipherKey) {
        let nothing = InlineArray<0, UInt8>(repeating: 0)
        let (first, second) = SHA256.derivePair(from: nothing.span, chainingKey: chainingKey)
        return (CipherKey(first), CipherKey(second))
    }
}
