/// A byte buffer of fixed capacity, allocated once; for frames and text that are too large to hold in place.
public struct ByteBuffer: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    /// Bytes that fit.
    public let capacity: Int
    /// Bytes written.
    public private(set) var count: Int
    /// Set when a write found no room; stays set until `removeAll`.
    public private(set) var overflowed: Bool

    /// Makes an empty buffer for `capacity` bytes.
    public init(capacity: Int) {
        precondition(capacity >= 0, "a capacity cannot be negative")
        base = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        base.initialize(repeating: 0, count: capacity)
        self.capacity = capacity
        count = 0
        overflowed = false
    }

    @inlinable deinit { base.deallocate() }

    /// Bytes that still fit.
    public var room: Int { capacity - count }

    public subscript(_ index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < count, "index out of range")
            return base[index]
        }
        set {
            precondition(index >= 0 && index < count, "index out of range")
            base[index] = newValue
        }
    }

    /// The bytes written, for as long as the buffer is borrowed.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Some of the bytes written, to be changed in place. Traps outside of what is written.
    @_lifetime(&self)
    public mutating func mutableSpan(_ range: Range<Int>) -> MutableSpan<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside of what is written")
        let span = unsafe MutableSpan(_unsafeStart: base + range.lowerBound, count: range.count)
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    public mutating func removeAll() {
        count = 0
        overflowed = false
    }

    /// Shortens the buffer to its first `length` bytes. Traps if it holds fewer.
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "cannot grow by truncating")
        count = length
    }

    /// Removes the first `length` bytes and moves the rest to the front. Traps if it holds fewer.
    public mutating func removeFirst(_ length: Int) {
        precondition(length >= 0 && length <= count, "cannot remove more than there is")
        base.update(from: base + length, count: count - length)
        count -= length
    }

    /// Writes some of another buffer's bytes, or sets `overflowed`.
    public mutating func append(copying other: borrowing ByteBuffer, _ range: Range<Int>) {
        append(other.span.extracting(range))
    }

    /// Writes bytes as far as none is zero and they fit.
    ///
    /// - Parameters:
    ///   - position: where to begin; moved on by what was written.
    ///   - limit: bytes at the most.
    /// - Returns: how many were written.
    public mutating func appendNonzero(_ bytes: Span<UInt8>, from position: inout Int, limit: Int) -> Int {
        precondition(position >= 0 && position <= bytes.count, "position outside of the bytes")
        let most = min(limit, min(bytes.count - position, capacity - count))
        var copied = 0
        while copied < most {
            let byte = bytes[unchecked: position + copied]
            if byte == 0 { break }
            base[count + copied] = byte
            copied += 1
        }
        position += copied
        count += copied
        return copied
    }

    /// Lets a reader such as a system call fill the free space.
    ///
    /// - Parameter fill: is handed the free space and returns how many bytes it wrote there, 0 to its size.
    /// - Returns: what `fill` returned.
    @discardableResult
    public mutating func appendFilling(_ fill: (UnsafeMutableBufferPointer<UInt8>) -> Int) -> Int {
        let written = fill(UnsafeMutableBufferPointer(start: base + count, count: capacity - count))
        precondition(written >= 0 && written <= capacity - count, "more written than there was room")
        count += written
        return written
    }
}

extension ByteBuffer: ByteSink {
    public mutating func append(_ byte: UInt8) {
        guard count < capacity else {
            overflowed = true
            return
        }
        base[count] = byte
        count += 1
    }
}

extension ByteBuffer: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // One by one: base.
        let carried = state.carry(count: count, capacity: capacity)
        if state.direction == .restoring { removeAll() }
        for index in 0..<carried {
            var byte = state.direction == .saving ? base[index] : 0
            state.carry(&byte)
            if state.direction == .restoring { append(byte) }
        }
        state.carry(&overflowed)
    }
}
