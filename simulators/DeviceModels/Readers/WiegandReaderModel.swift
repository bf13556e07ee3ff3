import FixedMemory
import HardwareInterface

/// A Wiegand reader that drives two data lines, and the way in which a kernel reports its edges.
public struct WiegandReaderModel: ~Copyable {
    /// One edge as the board is told of it.
    public struct Edge: Equatable, Sendable, BitwiseCopyable {
        /// Data 1 rather than data 0.
        public var isDataOne: Bool
        public var isActive: Bool
        public var at: Instant
    }

    /// How the kernel tells of a pulse's two edges.
    public enum Reporting: UInt8, Equatable, Sendable, BitwiseCopyable {
        /// Both with their levels.
        case exact = 0
        /// Both, but the level is read after the pulse is over: twice inactive.
        case lateLevel = 1
        /// One event for both.
        case merged = 2
        /// Leading edges alone.
        case leadingOnly = 3
    }

    /// How long a line is active in a pulse.
    public var pulseWidth: Interval
    /// From the start of one pulse to the start of the next.
    public var pulseInterval: Interval
    public var reporting: Reporting
    private var queue: Ring<Edge>
    private var nextFree = Instant.start

    /// Makes a reader with the timing of most products: 50 µs pulses 2 ms apart.
    ///
    /// - Parameter edgeCapacity: edges that may wait; further ones are dropped and counted.
    public init(
        pulseWidth: Interval = .microseconds(50), pulseInterval: Interval = .milliseconds(2),
        reporting: Reporting = .exact, edgeCapacity: Int = 1_024
    ) {
        self.pulseWidth = pulseWidth
        self.pulseInterval = pulseInterval
        self.reporting = reporting
        queue = Ring(capacity: edgeCapacity)
    }

    /// When the next edge comes; `.never` if none waits.
    public var deadline: Instant { queue.first?.at ?? .never }

    /// Takes the next edge if it has come by `now`.
    public mutating func takeEdge(until now: Instant) -> Edge? {
        guard let edge = queue.first, edge.at <= now else { return nil }
        return queue.pop()
    }

    /// Sends one bit after what already waits, or at `now`.
    public mutating func send(bit: Bool, at now: Instant) {
        let start = max(now, nextFree)
        nextFree = start + pulseInterval
        let end = start + pulseWidth
        switch reporting {
        case .exact:
            queue.push(Edge(isDataOne: bit, isActive: true, at: start))
            queue.push(Edge(isDataOne: bit, isActive: false, at: end))
        case .lateLevel:
            queue.push(Edge(isDataOne: bit, isActive: false, at: start))
            queue.push(Edge(isDataOne: bit, isActive: false, at: end))
        case .merged:
            queue.push(Edge(isDataOne: bit, isActive: false, at: start))
        case .leadingOnly:
            queue.push(Edge(isDataOne: bit, isActive: true, at: start))
        }
    }

    /// Sends nothing for a while after what already waits.
    public mutating func pause(_ time: Interval) { nextFree = nextFree + time }

    /// Sends the lowest `count` bits of `value`, most significant first; 1 to 64.
    public mutating func send(_ value: UInt64, count: Int, at now: Instant) {
        for place in (0..<count).reversed() { send(bit: value >> UInt64(place) & 1 == 1, at: now) }
    }

    /// Sends a key as a burst of four bits, or of eight with the complement first. Keys are 0 to 9, 10 `*`, 11 `#`.
    public mutating func press(_ key: UInt8, eightBits: Bool, at now: Instant) {
        if eightBits { send(UInt64(key ^ 0x0F), count: 4, at: now) }
        send(UInt64(key), count: 4, at: now)
    }

    /// Makes a line active, or inactive again, for longer than any pulse: a short on the cable.
    public mutating func hold(dataOne: Bool, isActive: Bool, at now: Instant) {
        queue.push(Edge(isDataOne: dataOne, isActive: isActive, at: now))
        nextFree = max(nextFree, now)
    }
}
