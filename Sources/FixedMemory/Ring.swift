/// A first-in, first-out queue of fixed capacity for one thread.
///
/// `push` refuses when full, `pushOverwriting` gives up the oldest element; both count what was lost.
/// Crossing a thread is the work of `SingleProducerRing`.
public struct Ring<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    /// Elements that fit.
    public let capacity: Int
    @usableFromInline var head: Int
    /// Elements held.
    public private(set) var count: Int
    /// The largest `count` since construction.
    public private(set) var highWater: Int
    /// Elements refused or overwritten.
    public private(set) var dropped: UInt64

    /// Makes an empty ring for `capacity` elements (one or more).
    public init(capacity: Int) {
        precondition(capacity > 0, "a ring needs room for one element")
        self.base = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        self.capacity = capacity
        self.head = 0
        self.count = 0
        self.highWater = 0
        self.dropped = 0
    }

    deinit { base.deallocate() }

    @inlinable public var isEmpty: Bool { count == 0 }
    @inlinable public var isFull: Bool { count == capacity }

    /// Fill level, high-water mark and losses.
    public var usage: Usage { Usage(count: count, capacity: capacity, highWater: highWater, dropped: dropped) }

    private func slot(_ offset: Int) -> Int {
        let index = head + offset
        return index < capacity ? index : index - capacity
    }

    /// Adds the newest element.
    ///
    /// - Returns: `false` if the ring is full; the element is then discarded and counted.
    @discardableResult
    public mutating func push(_ element: Element) -> Bool {
        guard count < capacity else {
            dropped &+= 1
            return false
        }
        (base + slot(count)).initialize(to: element)
        count += 1
        highWater = max(highWater, count)
        return true
    }

    /// Adds the newest element; a full ring gives up its oldest, which is counted in `dropped`.
    ///
    /// - Returns: the element that was given up, if any.
    @discardableResult
    public mutating func pushOverwriting(_ element: Element) -> Element? {
        var lost: Element? = nil
        if count == capacity {
            lost = pop()
            dropped &+= 1
        }
        push(element)
        return lost
    }

    /// Takes the oldest element; `nil` if the ring is empty.
    @discardableResult
    public mutating func pop() -> Element? {
        guard count > 0 else { return nil }
        let element = base[head]
        head = slot(1)
        count -= 1
        return element
    }

    /// The oldest element without taking it; `nil` if the ring is empty.
    public var first: Element? { count > 0 ? base[head] : nil }

    /// The newest element; `nil` if the ring is empty.
    public var last: Element? { count > 0 ? base[slot(count - 1)] : nil }

    /// The element `index` places after the oldest. Traps outside `0..<count`.
    public subscript(_ index: Int) -> Element {
        precondition(index >= 0 && index < count, "index out of range")
        return base[slot(index)]
    }

    /// Removes all elements; the counters stay.
    public mutating func removeAll() {
        head = 0
        count = 0
    }
}

extension Ring {
    /// Carries how full it was and what it lost; behind what it holds.
    mutating func carryUsage(_ state: inout StateCarrier) {
        state.carry(&highWater, within: count...capacity)
        state.carry(&dropped)
    }
}
