/// A list with a capacity that is fixed when it is made; it allocates once, then never again.
///
/// Used for the board's tables: doors, detectors, credentials, connections.
/// Indexes outside `0..<count` trap: an index is never input from outside without a check.
public struct FixedArray<Element: ~Copyable>: ~Copyable {
    // `let`, so that the compiler never destroys the storage twice when fields are assigned one by one.
    @usableFromInline let base: UnsafeMutablePointer<Element>
    /// Elements that fit.
    public let capacity: Int
    /// Elements held.
    public private(set) var count: Int
    /// The largest `count` since construction.
    public private(set) var highWater: Int
    /// Elements refused because the list was full.
    public private(set) var dropped: UInt64

    /// Makes an empty list for `capacity` elements (zero or more).
    public init(capacity: Int) {
        precondition(capacity >= 0, "a capacity cannot be negative")
        self.base = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        self.capacity = capacity
        self.count = 0
        self.highWater = 0
        self.dropped = 0
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    @inlinable public var isEmpty: Bool { count == 0 }
    @inlinable public var isFull: Bool { count == capacity }
    @inlinable public var indices: Range<Int> { 0..<count }

    /// Fill level, high-water mark and refusals.
    public var usage: Usage { Usage(count: count, capacity: capacity, highWater: highWater, dropped: dropped) }

    /// Adds an element at the end.
    ///
    /// - Returns: `false` if the list is full; the element is then discarded and counted in `dropped`.
    @discardableResult
    public mutating func append(_ element: consuming Element) -> Bool {
        guard count < capacity else {
            dropped &+= 1
            return false
        }
        (base + count).initialize(to: element)
        count += 1
        highWater = max(highWater, count)
        return true
    }

    /// Removes all elements; capacity, high-water mark and drop count stay.
    public mutating func removeAll() {
        base.deinitialize(count: count)
        count = 0
    }

    /// Removes the element at `index` by moving the last one into its place; the order of the rest changes.
    public mutating func swapRemove(at index: Int) {
        precondition(index >= 0 && index < count, "index out of range")
        (base + index).deinitialize(count: 1)
        count -= 1
        if index != count { (base + index).moveInitialize(from: base + count, count: 1) }
    }

    public subscript(_ index: Int) -> Element {
        unsafeAddress {
            precondition(index >= 0 && index < count, "index out of range")
            return UnsafePointer(base + index)
        }
        unsafeMutableAddress {
            precondition(index >= 0 && index < count, "index out of range")
            return base + index
        }
    }

    /// The elements in order, for as long as the list is borrowed.
    public var span: Span<Element> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}

extension FixedArray where Element: Copyable {
    /// Makes a list that is full from the start.
    public init(repeating element: Element, count: Int) {
        self.init(capacity: count)
        for _ in 0..<count { append(element) }
    }
}

/// As many elements as the image says, each carried in its place. For a list whose length changes there is
/// `StateCarrier.carry(_:blank:)`.
extension FixedArray: Carried where Element: Carried & ~Copyable {
    public mutating func carry(_ state: inout StateCarrier) {
        // One by one: base.
        // Left out: count: follows from the image, and is held against what was written.
        var held = UInt32(count)
        state.carry(&held)
        guard Int(held) == count else { return state.refuse() }
        for index in 0..<count { base[index].carry(&state) }
        carryUsage(&state)
    }
}

extension FixedArray where Element: ~Copyable {
    /// Carries how full it was; behind what it holds.
    mutating func carryUsage(_ state: inout StateCarrier) {
        state.carry(&highWater, within: count...capacity)
        state.carry(&dropped)
    }
}
