/// How full a bounded container is, has been, and what it had to turn away.
///
/// Every ring, pool and table of the board reports one of these, so that a technician can see a capacity that is too
/// small before it loses something that matters.
public struct Usage: Equatable, Sendable, BitwiseCopyable {
    /// Elements held now.
    public var count: Int
    /// Elements that fit, fixed at construction.
    public var capacity: Int
    /// The largest `count` since construction.
    public var highWater: Int
    /// Elements refused or overwritten since construction.
    public var dropped: UInt64

    @inlinable
    public init(count: Int = 0, capacity: Int, highWater: Int = 0, dropped: UInt64 = 0) {
        self.count = count
        self.capacity = capacity
        self.highWater = highWater
        self.dropped = dropped
    }
}
