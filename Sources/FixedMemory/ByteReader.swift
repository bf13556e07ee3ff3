/// Reads integers and runs of bytes from the front of a span; every step checks what is left.
public struct ByteReader: ~Escapable {
    /// Fewer bytes were left than asked for. Nothing was consumed.
    public struct Truncated: Error, Equatable {
        public init() {}
    }

    @usableFromInline let bytes: Span<UInt8>
    /// Bytes consumed.
    public private(set) var position: Int

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        position = 0
    }

    /// Bytes not yet consumed.
    public var remaining: Int { bytes.count - position }
    public var isAtEnd: Bool { position == bytes.count }

    @_lifetime(self: copy self)
    public mutating func byte() throws(Truncated) -> UInt8 {
        guard remaining >= 1 else { throw Truncated() }
        position += 1
        return bytes[position - 1]
    }

    @_lifetime(self: copy self)
    public mutating func littleEndian<Value: FixedWidthInteger>(_ type: Value.Type) throws(Truncated) -> Value {
        let width = Value.bitWidth / 8
        guard remaining >= width else { throw Truncated() }
        var value: Value = 0
        for offset in 0..<width {
            value |= Value(truncatingIfNeeded: bytes[position + offset]) << Value(truncatingIfNeeded: 8 * offset)
        }
        position += width
        return value
    }

    @_lifetime(self: copy self)
    public mutating func bigEndian<Value: FixedWidthInteger>(_ type: Value.Type) throws(Truncated) -> Value {
        try littleEndian(type).byteSwapped
    }

    /// The next `count` bytes.
    @_lifetime(copy self)
    public mutating func bytes(_ count: Int) throws(Truncated) -> Span<UInt8> {
        guard count >= 0, remaining >= count else { throw Truncated() }
        position += count
        return bytes.extracting((position - count)..<position)
    }
}
