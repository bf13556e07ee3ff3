import FixedMemory
import WardenMessages

/// What happened on the links since the start, over all sessions.
public struct LinkCounters: Sendable, BitwiseCopyable {
    /// Sessions that came, and those that were turned away because every place was taken.
    public var opened: UInt64 = 0
    public var turnedAway: UInt64 = 0
    /// Samples that found no room because the peer did not take the ones before.
    public var samplesLost: UInt64 = 0
    /// Handshakes that were completed, and those that failed because they were not authentic, the client was not known,
    /// or its key had expired.
    public var handshakes: UInt64 = 0
    public var notAuthentic: UInt64 = 0
    public var unknownClients: UInt64 = 0
    public var expiredClients: UInt64 = 0
    /// Sealed frames that did not open, and those whose counter had been used.
    public var unsealable: UInt64 = 0
    public var replayed: UInt64 = 0
    /// Sessions at once at the most.
    public var highWater: Int = 0
    /// Messages that were none, or beyond a bound.
    public var malformed: UInt64 = 0
    /// Requests that were refused: not permitted, busy, unknown.
    public var refused: UInt64 = 0
    /// Commands that came, came too late, and came again.
    public var commands: UInt64 = 0
    public var lateCommands: UInt64 = 0
    public var repeatedCommands: UInt64 = 0
    /// Frames of all sessions: sound ones, and what was dropped for each reason.
    public var frames = FrameReader.Counters()
    /// Sessions that the board ended, by `LinkClosure`.
    public var closedByBoard: InlineArray<16, UInt32> = InlineArray(repeating: 0)

    /// Of the transport: connections that found no place at all, and how often a peer that sent too much had to wait.
    public var refusedConnections: UInt64 = 0
    public var heldReads: UInt64 = 0

    public init() {}

    /// How many `status` has.
    static var count: Int { 26 }

    private func closed(_ reason: LinkClosure) -> UInt64 { UInt64(closedByBoard[Int(reason.rawValue)]) }

    /// The counter at a place, as peers see it.
    func status(at index: Int) -> CounterStatus {
        let counter: (name: FixedBytes<32>, value: UInt64) =
            switch index {
            case 0: ("links opened", opened)
            case 1: ("links turned away", turnedAway)
            case 2: ("links at once at the most", UInt64(highWater))
            case 3: ("handshakes", handshakes)
            case 4: ("handshakes not authentic", notAuthentic)
            case 5: ("handshakes of unknown clients", unknownClients)
            case 6: ("handshakes of expired clients", expiredClients)
            case 7: ("sealed frames not opened", unsealable)
            case 8: ("sealed frames replayed", replayed)
            case 9: ("messages malformed", malformed)
            case 10: ("requests refused", refused)
            case 11: ("commands", commands)
            case 12: ("commands too late", lateCommands)
            case 13: ("commands repeated", repeatedCommands)
            case 14: ("samples lost", samplesLost)
            case 15: ("links dropped for not reading", closed(.notReading))
            case 16: ("links without a handshake", closed(.handshakeTimeout))
            case 17: ("links refused at the handshake", closed(.handshakeFailed))
            case 18: ("links dropped for silence", closed(.silent))
            case 19: ("links not encrypted", closed(.notEncrypted))
            case 20: ("frames sound", frames.sound)
            case 21: ("frames corrupt", frames.corrupt)
            case 22: ("frames oversized", frames.oversized)
            case 23: ("frames of another version", frames.foreign)
            case 24: ("connections refused", refusedConnections)
            default: ("reads held back", heldReads)
            }
        return CounterStatus(index: UInt32(index), name: counter.name, value: counter.value)
    }
}

extension CounterStatus {
    /// The same at another place of the table.
    func at(_ index: Int) -> CounterStatus {
        var counter = self
        counter.index = UInt32(index)
        return counter
    }
}
