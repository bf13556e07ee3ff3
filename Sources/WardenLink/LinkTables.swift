import Authority
import Cryptography
import FixedMemory

/// What a board has itself recognised with over a network or a line.
public struct LinkIdentity: Sendable, BitwiseCopyable {
    /// The board's static key.
    let key: PrivateKey
    /// For the ephemeral keys of handshakes.
    var random: RandomGenerator

    /// - Parameter random: seeded with a secret.
    public init(key: PrivateKey, random: RandomGenerator) {
        self.key = key
        self.random = random
    }

    public var publicKey: PublicKey { key.publicKey }
}

/// What all links of a board share.
public struct LinkTables: ~Copyable {
    /// Whom the board knows.
    public var access: AccessTable
    public internal(set) var counters = LinkCounters()
    /// Readers of sessions that are over, to be closed when the board is at hand.
    var abandonedReaders = FixedArray<LinkReader>(capacity: 64)
    /// A session is over that had the board's console, which is to be closed when the board is at hand.
    var isConsoleAbandoned = false
    var commands = CommandMemory(capacity: LinkLimits.rememberedCommands)
    /// Without one, only local peers are let in.
    var identity: LinkIdentity?
    /// Room for one frame's payload while it is sealed or opened, and for another message beside it.
    var scratch = ByteBuffer(capacity: Frame.payloadLimit)
    var payload = ByteBuffer(capacity: Frame.payloadLimit)

    /// - Parameter identity: without one, only local peers are let in.
    public init(access: consuming AccessTable, identity: LinkIdentity?) {
        self.access = access
        self.identity = identity
    }

    mutating func closeAbandonedReaders(_ subject: inout some LinkSubject & ~Copyable) {
        for index in abandonedReaders.indices { subject.closeReader(abandonedReaders[index], forget: false) }
        abandonedReaders.removeAll()
    }

    mutating func closeAbandonedConsole(_ subject: inout some LinkSubject & ~Copyable) {
        if isConsoleAbandoned { subject.closeConsole() }
        isConsoleAbandoned = false
    }
}
