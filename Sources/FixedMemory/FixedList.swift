/// A value with an obvious blank form, which fixed storage is filled with before it is used.
public protocol DefaultInitializable {
    init()
}

extension Bool: DefaultInitializable {}
extension UInt8: DefaultInitializable {}
extension UInt16: DefaultInitializable {}
extension UInt32: DefaultInitializable {}
extension UInt64: DefaultInitializable {}
extension Int8: DefaultInitializable {}
extension Int16: DefaultInitializable {}
extension Int32: DefaultInitializable {}
extension Int64: DefaultInitializable {}
extension Int: DefaultInitializable {}

/// Up to `capacity` small values held in place: the causes of a rule, the periods of a schedule, the samples of a batch.
///
/// A plain value without a pointer. Meant for tens of elements; tables of the board are `FixedArray`s.
public struct FixedList<Element: BitwiseCopyable & DefaultInitializable, let capacity: Int>: BitwiseCopyable {
    @usableFromInline var storage: InlineArray<capacity, Element>
    /// Elements held.
    public private(set) var count: Int
    /// Set when an `append` found no room; stays set until `removeAll`.
    public private(set) var overflowed: Bool

    /// Makes an empty list.
    public init() {
        storage = InlineArray(repeating: Element())
        count = 0
        overflowed = false
    }

    /// Copies `elements`; what does not fit is left out and `overflowed` is set.
    public init(_ elements: Span<Element>) {
        self.init()
        for index in elements.indices { append(elements[index]) }
    }

    public var isEmpty: Bool { count == 0 }
    public var isFull: Bool { count == capacity }
    public var indices: Range<Int> { 0..<count }

    /// Adds an element at the end.
    ///
    /// - Returns: `false` if the list is full; the element is then left out and `overflowed` is set.
    @discardableResult
    public mutating func append(_ element: Element) -> Bool {
        guard count < capacity else {
            overflowed = true
            return false
        }
        storage[count] = element
        count += 1
        return true
    }

    public mutating func removeAll() {
        count = 0
        overflowed = false
    }

    public subscript(_ index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "index out of range")
            return storage[index]
        }
        set {
            precondition(index >= 0 && index < count, "index out of range")
            storage[index] = newValue
        }
    }

    /// The elements held, for as long as the list is borrowed.
    // Transparent for the reason that `FixedBytes.span` gives.
    public var span: Span<Element> {
        @_lifetime(borrow self)
        @_transparent
        get { storage.span.extracting(0..<count) }
    }
}

extension FixedList: Equatable where Element: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
        return true
    }
}

extension FixedList: Sendable where Element: Sendable {}

extension FixedList: Carried where Element: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // One by one: storage.
        let carried = state.carry(count: count, capacity: capacity)
        if state.direction == .restoring { removeAll() }
        for index in 0..<carried {
            var element = state.direction == .saving ? storage[index] : Element()
            state.carry(&element)
            if state.direction == .restoring { append(element) }
        }
        state.carry(&overflowed)
    }
}
