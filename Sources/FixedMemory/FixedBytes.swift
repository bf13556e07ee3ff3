/// Up to `capacity` bytes held in place: names, identifiers, frames, payloads.
///
/// A plain value without a pointer, so that it may cross a thread in a ring and lie inside other values.
public struct FixedBytes<let capacity: Int>: BitwiseCopyable, Sendable, Equatable {
    @usableFromInline var storage: InlineArray<capacity, UInt8>
    @usableFromInline var held: Int
    @usableFromInline var hasOverflowed: Bool

    /// Bytes held.
    @inlinable public var count: Int { held }
    /// Set when an `append` found no room; stays set until `removeAll`.
    @inlinable public var overflowed: Bool { hasOverflowed }

    // Part of its caller, which knows how many bytes there are to clear.
    /// Makes an empty value.
    @inlinable
    public init() {
        storage = InlineArray(repeating: 0)
        held = 0
        hasOverflowed = false
    }

    /// Copies `bytes`; what does not fit is left out and `overflowed` is set.
    public init(_ bytes: Span<UInt8>) {
        self.init()
        append(bytes)
    }

    /// Copies the UTF-8 bytes of a literal; what does not fit is left out and `overflowed` is set.
    public init(_ text: StaticString) {
        self.init()
        append(text)
    }

    public var isEmpty: Bool { count == 0 }

    public subscript(_ index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < count, "index out of range")
            return storage[index]
        }
        set {
            precondition(index >= 0 && index < count, "index out of range")
            storage[index] = newValue
        }
    }

    /// The bytes held, for as long as the value is borrowed.
    //
    // Transparent, so that it is part of its caller before anything is optimised. As a function of its own it is generic
    // in `capacity`, and Swift 6.3.1 forgets, when it reads such a function from another module, that the span depends on
    // where the value lies: the specialised function then takes a copy, and its span points to where the copy was
    // (swiftlang/swift pull request 90454). The standard library's `InlineArray.span` is transparent too. The same holds
    // for every property of a copyable generic type that gives a span of what the type holds in place; the self-test,
    // which runs in every build, would show it.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        @_transparent
        get { storage.span.extracting(0..<held) }
    }

    @inlinable
    public mutating func removeAll() {
        held = 0
        hasOverflowed = false
    }

    public static func == (left: Self, right: Self) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
        return true
    }
}

extension FixedBytes: ByteSink {
    @inlinable
    public mutating func append(_ byte: UInt8) {
        guard held < capacity else {
            hasOverflowed = true
            return
        }
        storage[held] = byte
        held += 1
    }
}

extension FixedBytes: ExpressibleByStringLiteral {
    public init(stringLiteral text: StaticString) { self.init(text) }
}

extension FixedBytes: DefaultInitializable {}

extension FixedBytes: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // One by one: storage.
        let count = state.carry(count: held, capacity: capacity)
        if state.direction == .restoring { removeAll() }
        for index in 0..<count {
            var byte = state.direction == .saving ? storage[index] : 0
            state.carry(&byte)
            if state.direction == .restoring { append(byte) }
        }
        state.carry(&hasOverflowed)
    }
}
