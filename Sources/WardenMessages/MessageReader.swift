/// Reads the fields of one encoded message from the front; every step checks what is left.
public struct MessageReader: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline var position: Int
    /// Number of the field that is being read; 0 before the first.
    public private(set) var field: UInt32

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        position = 0
        field = 0
    }

    public var isAtEnd: Bool { position == bytes.count }

    /// An error at the field that is being read.
    public func error(_ reason: MessageError.Reason) -> MessageError { MessageError(reason, field: field) }

    /// The next field's tag: its number times eight plus the wire type (0 variable-length integer, 1 eight bytes,
    /// 2 length and bytes, 5 four bytes).
    @_lifetime(self: copy self)
    @inline(__always)
    public mutating func tag() throws(MessageError) -> UInt32 {
        // Most tags have one byte.
        if position < bytes.count {
            let first = bytes[unchecked: position]
            if first >= 8 && first < 0x80 && 0b10_0111 & (1 << (first & 7)) != 0 {
                position += 1
                field = UInt32(first >> 3)
                return UInt32(first)
            }
        }
        return try anyTag()
    }

    @_lifetime(self: copy self)
    @inline(never)
    private mutating func anyTag() throws(MessageError) -> UInt32 {
        let value = try varint()
        guard value <= UInt64(UInt32.max), value >> 3 != 0 else { throw error(.invalidTag) }
        field = UInt32(truncatingIfNeeded: value >> 3)
        guard 0b10_0111 & (1 << (value & 7)) != 0 else { throw error(.invalidTag) }
        return UInt32(truncatingIfNeeded: value)
    }

    @_lifetime(self: copy self)
    @inline(__always)
    public mutating func varint() throws(MessageError) -> UInt64 {
        if position < bytes.count {
            let first = bytes[unchecked: position]
            if first < 0x80 {
                position += 1
                return UInt64(first)
            }
        }
        return try longVarint()
    }

    @_lifetime(self: copy self)
    @inline(never)
    private mutating func longVarint() throws(MessageError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < bytes.count else { throw error(.truncated) }
            let byte = bytes[unchecked: position]
            position += 1
            // The tenth byte holds the 64th bit alone.
            if shift == 63 && byte > 1 { throw error(.oversizedInteger) }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    @_lifetime(self: copy self)
    public mutating func boolean() throws(MessageError) -> Bool { try varint() != 0 }

    @_lifetime(self: copy self)
    public mutating func unsigned32() throws(MessageError) -> UInt32 {
        let value = try varint()
        guard value <= UInt64(UInt32.max) else { throw error(.outOfRange) }
        return UInt32(truncatingIfNeeded: value)
    }

    @_lifetime(self: copy self)
    public mutating func signed32() throws(MessageError) -> Int32 {
        let value = Int64(bitPattern: try varint())
        guard let narrow = Int32(exactly: value) else { throw error(.outOfRange) }
        return narrow
    }

    @_lifetime(self: copy self)
    public mutating func signed64() throws(MessageError) -> Int64 { Int64(bitPattern: try varint()) }

    @_lifetime(self: copy self)
    public mutating func zigzag32() throws(MessageError) -> Int32 { Zigzag.decode(try unsigned32()) }

    @_lifetime(self: copy self)
    public mutating func zigzag64() throws(MessageError) -> Int64 { Zigzag.decode(try varint()) }

    @_lifetime(self: copy self)
    public mutating func fixed32() throws(MessageError) -> UInt32 {
        guard bytes.count - position >= 4 else { throw error(.truncated) }
        var value: UInt32 = 0
        for offset in 0..<4 { value |= UInt32(bytes[unchecked: position + offset]) << UInt32(8 * offset) }
        position += 4
        return value
    }

    @_lifetime(self: copy self)
    public mutating func fixed64() throws(MessageError) -> UInt64 {
        guard bytes.count - position >= 8 else { throw error(.truncated) }
        var value: UInt64 = 0
        for offset in 0..<8 { value |= UInt64(bytes[unchecked: position + offset]) << UInt64(8 * offset) }
        position += 8
        return value
    }

    /// The bytes of a field with a length.
    @_lifetime(copy self)
    public mutating func lengthDelimited() throws(MessageError) -> Span<UInt8> {
        let length = try varint()
        guard length <= UInt64(bytes.count - position) else { throw error(.truncated) }
        let start = position
        position += Int(length)
        return bytes.extracting(unchecked: start..<position)
    }

    /// A reader over the bytes of a nested message or of packed numbers. Its errors name its own fields; those of
    /// packed numbers name the repeated field.
    @_lifetime(copy self)
    public mutating func nested() throws(MessageError) -> MessageReader {
        var reader = MessageReader(try lengthDelimited())
        reader.field = field
        return reader
    }

    /// Passes over a field that the schema does not know.
    @_lifetime(self: copy self)
    public mutating func skip(_ tag: UInt32) throws(MessageError) {
        switch tag & 7 {
        case 0: _ = try varint()
        case 1: _ = try fixed64()
        case 2: _ = try lengthDelimited()
        case 5: _ = try fixed32()
        default: throw error(.invalidTag)
        }
    }
}
