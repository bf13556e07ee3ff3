/// Something whose changing part can be written down and taken up again: what a board needs besides its image to go on from
/// a moment in the middle of its life.
///
/// A type names its variables once, in one order, for both directions; so what is written and what is read cannot part. What
/// follows from the image, and therefore never changes after the start, is left out.
public protocol Carried: ~Copyable {
    /// Hands every variable that changes to the carrier, which writes it down or gives it the value that was written.
    mutating func carry(_ state: inout StateCarrier)
}

/// Carries values into bytes or out of them.
///
/// Integers are little endian and as wide as their type, `Int` eight bytes, so that what an ARM board wrote is read on x86.
/// The bytes have no names and no version of their own: whoever keeps them keeps beside them what wrote them. Reading never
/// traps on what it reads: a value that cannot be leaves the variable as it was and clears `isWhole`.
///
/// Nothing is allocated after it is made.
public struct StateCarrier: ~Copyable {
    public enum Direction: UInt8, Sendable, BitwiseCopyable {
        /// Only counts the bytes that saving may take at the most.
        case measuring
        case saving
        case restoring
    }

    public private(set) var direction = Direction.measuring
    private var bytes: ByteBuffer
    private var position = 0
    private var measured = 0
    /// Everything so far found its room, or its bytes.
    public private(set) var isWhole = true

    /// - Parameter capacity: bytes that can be saved; 0 for one that only measures.
    public init(capacity: Int) { bytes = ByteBuffer(capacity: capacity) }

    public var capacity: Int { bytes.capacity }
    /// Bytes that were counted since `measure`.
    public var measuredBytes: Int { measured }
    /// All that was loaded has been read.
    public var isAtEnd: Bool { position == bytes.count }

    /// What was saved or loaded.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    // MARK: Beginning

    /// Counts from now on.
    public mutating func measure() { begin(.measuring) }

    /// Saves from now on.
    public mutating func save() {
        begin(.saving)
        bytes.removeAll()
    }

    /// Reads from now on what was loaded.
    public mutating func restore() { begin(.restoring) }

    private mutating func begin(_ direction: Direction) {
        self.direction = direction
        position = 0
        measured = 0
        isWhole = true
    }

    /// Empties it, to be loaded.
    public mutating func removeAll() {
        bytes.removeAll()
        position = 0
    }

    /// Adds to what is to be read.
    ///
    /// - Returns: `false` if there is no room.
    public mutating func load(_ part: Span<UInt8>) -> Bool {
        guard part.count <= bytes.room else { return false }
        bytes.append(part)
        return true
    }

    // MARK: Carrying

    /// Carries one value.
    @inlinable
    public mutating func carry<Value: Carried & ~Copyable>(_ value: inout Value) { value.carry(&self) }

    /// Carries a number that can only lie within a range, such as a place in a list.
    @inlinable
    public mutating func carry<Value: Carried & FixedWidthInteger>(
        _ value: inout Value, within range: ClosedRange<Value>
    ) {
        var carried = value
        carry(&carried)
        guard direction == .restoring else { return }
        if range.contains(carried) { value = carried } else { refuse() }
    }

    /// What was read cannot be.
    public mutating func refuse() { isWhole = false }

    /// Carries the low bytes of a word.
    ///
    /// - Parameter width: how many, 1 to 8.
    public mutating func carry(word: inout UInt64, width: Int) {
        switch direction {
        case .measuring: measured += width
        case .saving:
            guard bytes.room >= width else { return refuse() }
            for place in 0..<width { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * place))) }
        case .restoring:
            guard isWhole, bytes.count - position >= width else { return refuse() }
            var value: UInt64 = 0
            for place in 0..<width { value |= UInt64(bytes[position + place]) << UInt64(8 * place) }
            word = value
            position += width
        }
    }

    /// Carries how many elements a list of changing length holds.
    ///
    /// - Parameters:
    ///   - count: how many it holds.
    ///   - capacity: how many it can hold.
    /// - Returns: how many elements are to be carried: as many as the list has room for while only measuring.
    public mutating func carry(count: Int, capacity: Int) -> Int {
        var word = UInt64(count)
        carry(word: &word, width: 4)
        switch direction {
        case .measuring: return capacity
        case .saving: return count
        case .restoring:
            guard isWhole, word <= UInt64(capacity) else {
                refuse()
                return 0
            }
            return Int(word)
        }
    }

    /// Carries a value that may be missing.
    ///
    /// - Parameter blank: any value, to be filled.
    public mutating func carry<Value: Carried>(_ value: inout Value?, blank: Value) {
        var isThere = value != nil
        carry(&isThere)
        guard isThere || direction == .measuring else {
            value = nil
            return
        }
        var carried = value ?? blank
        carry(&carried)
        if direction != .measuring { value = carried }
    }

    /// Carries a list whose length changes.
    ///
    /// - Parameter blank: any element, to be filled.
    public mutating func carry<Element: Carried>(_ list: inout FixedArray<Element>, blank: Element) {
        let count = carry(count: list.count, capacity: list.capacity)
        if direction == .restoring { list.removeAll() }
        for index in 0..<count {
            var element = direction == .saving ? list[index] : blank
            carry(&element)
            if direction == .restoring, isWhole { list.append(element) }
        }
        list.carryUsage(&self)
    }

    /// Carries a queue.
    ///
    /// - Parameter blank: any element, to be filled.
    public mutating func carry<Element: Carried & BitwiseCopyable>(_ ring: inout Ring<Element>, blank: Element) {
        let count = carry(count: ring.count, capacity: ring.capacity)
        if direction == .restoring { ring.removeAll() }
        for index in 0..<count {
            var element = direction == .saving ? ring[index] : blank
            carry(&element)
            if direction == .restoring, isWhole { ring.push(element) }
        }
        ring.carryUsage(&self)
    }

    /// Carries which of the cases of an enumeration with associated values it is; those follow.
    ///
    /// - Parameters:
    ///   - number: of the case.
    ///   - cases: how many there are; while measuring, the caller carries the largest.
    /// - Returns: the number that was written.
    public mutating func carry(caseNumber number: UInt8, of cases: UInt8) -> UInt8 {
        var number = number
        carry(&number)
        if number >= cases { refuse() }
        return isWhole ? number : 0
    }
}

extension Carried where Self: FixedWidthInteger {
    @inlinable
    public mutating func carry(_ state: inout StateCarrier) {
        var word = UInt64(truncatingIfNeeded: self)
        state.carry(word: &word, width: Self.bitWidth / 8)
        self = Self(truncatingIfNeeded: word)
    }
}

extension UInt8: Carried {}
extension UInt16: Carried {}
extension UInt32: Carried {}
extension UInt64: Carried {}
extension Int8: Carried {}
extension Int16: Carried {}
extension Int32: Carried {}
extension Int64: Carried {}

extension Int: Carried {
    // Eight bytes on boards whose `Int` has four, too.
    public mutating func carry(_ state: inout StateCarrier) {
        var wide = Int64(self)
        state.carry(&wide)
        if let value = Int(exactly: wide) { self = value } else { state.refuse() }
    }
}

extension Bool: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        var byte: UInt8 = self ? 1 : 0
        state.carry(&byte)
        if byte > 1 { state.refuse() } else { self = byte == 1 }
    }
}

/// Enumerations that are numbered, and sets of options.
extension Carried where Self: RawRepresentable, RawValue: FixedWidthInteger {
    @inlinable
    public mutating func carry(_ state: inout StateCarrier) {
        var word = UInt64(truncatingIfNeeded: rawValue)
        state.carry(word: &word, width: RawValue.bitWidth / 8)
        guard let value = Self(rawValue: RawValue(truncatingIfNeeded: word)) else { return state.refuse() }
        self = value
    }
}

extension Optional: Carried where Wrapped: Carried & DefaultInitializable {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&self, blank: Wrapped()) }
}

extension InlineArray: Carried where Element: Carried {
    public mutating func carry(_ state: inout StateCarrier) { for index in indices { state.carry(&self[index]) } }
}
