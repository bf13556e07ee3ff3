import Synchronization

/// A queue between exactly two threads: one pushes, one pops. Neither ever waits for the other.
///
/// The capacity is rounded up to a power of two so that positions wrap with a mask. Each side keeps a private copy of
/// the other side's position and looks at the shared one only when the copy says full or empty, which keeps the cache
/// line of the other thread untouched in the common case.
///
/// A class, because both threads hold it; it is made at start and lives as long as the process.
public final class SingleProducerRing<Element: BitwiseCopyable>: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Element>
    private let mask: Int

    // Written by the producer, read by the consumer.
    private let tail = Atomic<Int>(0)
    private var headSeenByProducer = 0
    private var highWaterMark = 0
    private let droppedCount = Atomic<Int>(0)
    // Keeps the two sides' fields on different cache lines (64 bytes on x86 and on Cortex-A).
    private let padding = InlineArray<8, UInt64>(repeating: 0)
    // Written by the consumer, read by the producer.
    private let head = Atomic<Int>(0)
    private var tailSeenByConsumer = 0

    /// Makes an empty ring for at least `capacity` elements (one or more).
    public init(capacity: Int) {
        precondition(capacity > 0, "a ring needs room for one element")
        var size = 1
        while size < capacity { size <<= 1 }
        self.mask = size - 1
        self.base = UnsafeMutablePointer<Element>.allocate(capacity: size)
    }

    deinit { base.deallocate() }

    /// Elements that fit.
    public var capacity: Int { mask + 1 }

    /// Producer only: adds an element.
    ///
    /// - Returns: `false` if the ring is full; the element is then discarded and counted.
    @discardableResult
    public func push(_ element: Element) -> Bool {
        let position = tail.load(ordering: .relaxed)
        if position &- headSeenByProducer > mask {
            headSeenByProducer = head.load(ordering: .acquiring)
            if position &- headSeenByProducer > mask {
                droppedCount.wrappingAdd(1, ordering: .relaxed)
                return false
            }
        }
        (base + (position & mask)).initialize(to: element)
        tail.store(position &+ 1, ordering: .releasing)
        highWaterMark = max(highWaterMark, position &+ 1 &- headSeenByProducer)
        return true
    }

    /// Consumer only: takes the oldest element; `nil` if the ring is empty.
    public func pop() -> Element? {
        let position = head.load(ordering: .relaxed)
        if position == tailSeenByConsumer {
            tailSeenByConsumer = tail.load(ordering: .acquiring)
            if position == tailSeenByConsumer { return nil }
        }
        let element = base[position & mask]
        head.store(position &+ 1, ordering: .releasing)
        return element
    }

    /// Producer only: fill level, an upper bound of the high-water mark, and refusals.
    public var usage: Usage {
        Usage(
            count: tail.load(ordering: .relaxed) &- head.load(ordering: .relaxed), capacity: capacity,
            highWater: highWaterMark, dropped: UInt64(droppedCount.load(ordering: .relaxed)))
    }
}
