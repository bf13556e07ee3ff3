import Cryptography
import FixedMemory
import WardenMessages

/// The client's side of a link: requests out, answers in. Knows no socket and no clock; used by tools and tests.
///
/// A local client may send requests at once. Another one first sends what `init` left in `outgoing`, and may send
/// requests once `receive` has found the board's answer, when `welcome` is there.
public struct LinkClient: ~Copyable {
    /// What a client needs to have itself recognised.
    public struct Identity: Sendable {
        public var client: PrivateKey
        public var board: PublicKey
        /// Fresh random bytes, used for this session alone.
        public var ephemeral: PrivateKey

        public init(client: PrivateKey, board: PublicKey, ephemeral: PrivateKey) {
            self.client = client
            self.board = board
            self.ephemeral = ephemeral
        }
    }

    public enum Failure: Error, Equatable {
        /// The board ended the session, for this reason; `nil` for one that this version does not know.
        case closed(LinkClosure?)
        /// The answer to the handshake is not the board's.
        case notTheBoard
        /// A frame is sound, but what it holds is no answer.
        case malformed
        /// The counters of the session are used up, or the request does not fit.
        case cannotSend
    }

    private let isLocal: Bool
    private var noise: NoiseHandshake? = nil
    private var sealing: SealingKey? = nil
    private var opening: OpeningKey? = nil
    private var reader = FrameReader()
    private var outbox = FrameOutbox(capacity: LinkLimits.outbox)
    private var scratch = ByteBuffer(capacity: Frame.payloadLimit)
    /// What the board said of itself and of this client in the handshake.
    public private(set) var welcome: Welcome? = nil
    /// The keys of the session, for a key log that a developer asked for: first what the client sends with.
    public private(set) var sessionKeys: (client: CipherKey, board: CipherKey)? = nil

    /// A client that the board knows by its user.
    public init() { isLocal = true }

    /// A client that has itself recognised by its key.
    public init(_ identity: Identity, program: FixedBytes<32>) throws(Failure) {
        isLocal = false
        let prologue = FixedBytes<16>(LinkLimits.prologue)
        var noise = NoiseHandshake(
            prologue: prologue.span, local: identity.client, ephemeral: identity.ephemeral, responder: identity.board)
        var hello = ByteBuffer(capacity: Hello.maximumEncodedSize)
        Hello(version: UInt32(Frame.version), program: program).encode(into: &hello)
        do {
            try noise.writeFirst(hello.span, into: &scratch)
        } catch {
            throw .notTheBoard
        }
        self.noise = consume noise
        // A delimiter first: on a line, whatever came before is not part of this.
        outbox.delimit()
        guard outbox.put(.handshake, scratch) else { throw .cannotSend }
    }

    /// Whether requests may be sent.
    public var isReady: Bool { isLocal || welcome != nil }

    /// Bytes for the board, oldest first.
    public var outgoing: Span<UInt8> {
        @_lifetime(borrow self)
        get { outbox.span }
    }

    /// The transport took the first `count` bytes of `outgoing`.
    public mutating func sent(_ count: Int) { outbox.removeFirst(count) }

    public mutating func send(_ request: Request) throws(Failure) {
        guard isReady else { throw .cannotSend }
        if isLocal {
            outbox.begin(.plain)
            request.encode(into: &outbox)
            guard outbox.finish() else { throw .cannotSend }
        } else {
            guard outbox.hasRoomForFrame, sealing?.append(request, to: &outbox, scratch: &scratch) ?? false else {
                throw .cannotSend
            }
        }
    }

    /// Hands a half-duplex line over to the board.
    public mutating func handOver() throws(Failure) {
        outbox.begin(.turn)
        guard outbox.finish() else { throw .cannotSend }
    }

    /// Reads on until an answer is whole or the bytes end.
    ///
    /// - Parameters:
    ///   - bytes: what arrived.
    ///   - position: how far it has been read; moved on.
    /// - Returns: `nil` at the end of the bytes.
    public mutating func receive(_ bytes: Span<UInt8>, from position: inout Int) throws(Failure) -> Response? {
        while let kind = reader.next(in: bytes, from: &position) {
            switch kind {
            case .plain where isLocal:
                return try LinkClient.response(in: reader.payload)
            case .handshake where !isLocal && welcome == nil:
                try takeWelcome()
            case .sealed:
                // One that does not open is noise, or meant for a session before this one.
                guard LinkClient.open(reader, with: &opening, into: &scratch) else { continue }
                return try LinkClient.response(in: scratch.span)
            case .notice:
                throw .closed(reader.payload.isEmpty ? nil : LinkClosure(rawValue: reader.payload[0]))
            case .plain, .handshake, .turn: continue
            }
        }
        return nil
    }

    private static func open(
        _ reader: borrowing FrameReader, with key: inout OpeningKey?, into message: inout ByteBuffer
    ) -> Bool {
        do {
            guard try key?.open(reader.payload, header: Frame.header(.sealed), into: &message) != nil else {
                return false
            }
            return true
        } catch {
            return false
        }
    }

    private static func response(in bytes: Span<UInt8>) throws(Failure) -> Response {
        do { return try Response(decoding: bytes) } catch { throw .malformed }
    }

    private mutating func takeWelcome() throws(Failure) {
        guard var noise = self.noise.take() else { return }
        do {
            try LinkClient.readSecond(reader, &noise, &scratch)
        } catch {
            throw .notTheBoard
        }
        do {
            welcome = try Welcome(decoding: scratch.span)
        } catch {
            throw .malformed
        }
        let keys = noise.split()
        sealing = SealingKey(keys.initiator)
        opening = OpeningKey(keys.responder)
        sessionKeys = (keys.initiator, keys.responder)
    }

    private static func readSecond(
        _ reader: borrowing FrameReader, _ noise: inout NoiseHandshake, _ payload: inout ByteBuffer
    ) throws(NoiseHandshake.Failure) {
        try noise.readSecond(reader.payload, payload: &payload)
    }
}
