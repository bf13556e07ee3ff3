/// What happened on the links since the start, over all sessions.
public struct LinkCounters: Equatable, Sendable, BitwiseCopyable {
    /// Sessions that came, and those that were turned away because every place was taken.
    public var opened: UInt64 = 0
    public var turnedAway: UInt64 = 0
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

    public static func == (left: LinkCounters, right: LinkCounters) -> Bool {
        for index in 0..<16 where left.closedByBoard[index] != right.closedByBoard[index] { return false }
        return left.opened == right.opened && left.turnedAway == right.turnedAway && left.highWater == right.highWater
            && left.malformed == right.malformed && left.refused == right.refused && left.commands == right.commands
            && left.lateCommands == right.lateCommands && left.repeatedCommands == right.repeatedCommands
    }
}
