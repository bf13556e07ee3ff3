import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import WardenMessages

/// The board's side of one handshake. Each step costs one product of keys, so that a board that is asked for many does
/// one of them in a turn and looks after its doors between.
struct LinkHandshake: ~Copyable {
    private enum Step: BitwiseCopyable {
        case idle
        case begin
        case readPayload
        case writeKey
        case writePayload
    }

    /// What a step led to.
    enum Outcome: ~Copyable {
        /// Nothing to do, or more steps to come.
        case underway
        /// The peer is recognised; the second message is in `message`.
        case done(Principal, SealingKey, OpeningKey)
        /// No client that the board lets in; why is counted.
        case failed
    }

    private var step = Step.idle
    private var noise: NoiseHandshake? = nil
    private var principal: Principal? = nil
    /// The first message, later the second.
    private var message = ByteBuffer(capacity: LinkLimits.handshakeMessage)

    init() {}

    var hasWork: Bool { if case .idle = step { false } else { true } }

    /// Takes a peer's first message, in place of one before it that is not answered yet.
    mutating func start(with frame: borrowing FrameReader) {
        message.removeAll()
        message.append(frame.payload)
        noise = nil
        principal = nil
        step = message.overflowed ? .idle : .begin
    }

    /// Writes the second message as a frame.
    ///
    /// - Returns: `false` if it does not fit.
    func putAnswer(into outbox: inout FrameOutbox) -> Bool { outbox.put(.handshake, message) }

    mutating func stop() {
        step = .idle
        noise = nil
        principal = nil
    }

    /// Does the next step.
    mutating func advance(
        at now: Instant, tables: inout LinkTables, subject: borrowing some LinkSubject & ~Copyable
    ) -> Outcome {
        let clock = subject.wallClock
        var noise = self.noise.take()
        do {
            switch step {
            case .idle: return .underway
            case .begin:
                guard let identity = tables.identity, let seed = tables.identity?.random.bytes(PrivateKey.length),
                    let ephemeral = PrivateKey(seed.span)
                else { return fail() }
                let prologue = FixedBytes<16>(LinkLimits.prologue)
                var begun = NoiseHandshake(
                    prologue: prologue.span, local: identity.key, ephemeral: ephemeral, responder: nil)
                try begun.readFirstKeys(message.span, scratch: &tables.scratch)
                guard let key = begun.remote, let principal = tables.access.principal(forKey: key.span) else {
                    tables.counters.unknownClients &+= 1
                    return fail()
                }
                guard principal.role(at: clock) != nil else {
                    tables.counters.expiredClients &+= 1
                    return fail()
                }
                noise = consume begun
                self.principal = principal
                step = .readPayload
            case .readPayload:
                try noise?.readFirstPayload(message.span, into: &tables.scratch)
                step = .writeKey
            case .writeKey:
                try noise?.writeSecondKey(into: &message)
                step = .writePayload
            case .writePayload:
                guard let principal else { return fail() }
                tables.payload.removeAll()
                Welcome(
                    version: UInt32(Frame.version), board: subject.boardStatus.name,
                    role: AccessRole(principal.role(at: clock)), time: BoardTime(now, clock)
                ).encode(into: &tables.payload)
                try noise?.writeSecondPayload(tables.payload.span, into: &message)
                guard let keys = noise?.split() else { return fail() }
                tables.counters.handshakes &+= 1
                stop()
                return .done(principal, SealingKey(keys.responder), OpeningKey(keys.initiator))
            }
            self.noise = consume noise
            return .underway
        } catch {
            tables.counters.notAuthentic &+= 1
            return fail()
        }
    }

    private mutating func fail() -> Outcome {
        stop()
        return .failed
    }
}

extension AccessRole {
    init(_ role: Role?) {
        switch role {
        case .observer?: self = .observer
        case .operator?: self = .operator
        case .technician?: self = .technician
        case .administrator?: self = .administrator
        case nil: self = .none
        }
    }
}
