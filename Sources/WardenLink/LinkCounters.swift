/// What happened on the links since the start, over all sessions.
public struct LinkCounters: Sendable, BitwiseCopyable {
    /// Sessions that came, and those that were turned away because every place was taken.
    public var opened: UInt64 = 0
    public var turnedAway: UInt64 = 0
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
    /// Sessions that the board ended, by `LinkClosure`.
    public var closedByBoard: InlineArray<16, UInt32> = InlineArray(repeating: 0)

    public init() {}
}
