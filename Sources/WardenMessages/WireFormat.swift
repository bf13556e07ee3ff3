import FixedMemory

/// Signed numbers so that small magnitudes have few bits: 0, -1, 1, -2 … become 0, 1, 2, 3 …
public enum Zigzag {
    public static func encode(_ value: Int32) -> UInt32 { UInt32(bitPattern: (value &<< 1) ^ (value >> 31)) }
    public static func encode(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value &<< 1) ^ (value >> 63)) }
    public static func decode(_ value: UInt32) -> Int32 {
        Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }
    public static func decode(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

/// Bytes of a variable-length integer, 1 to 10.
public func varintSize(_ value: UInt64) -> Int {
    // Seven bits a byte; the zero has one byte too. 9 / 64 is a little more than 1 / 7 and exact for 1 to 64 bits.
    let bits = 64 - (value | 1).leadingZeroBitCount
    return (bits &* 9 &+ 64) >> 6
}

public func varintSize(_ value: UInt32) -> Int { varintSize(UInt64(value)) }

/// Signed numbers that are not zigzag encoded are extended to 64 bits: a negative one takes ten bytes.
public func varintSize(_ value: Int32) -> Int { varintSize(UInt64(bitPattern: Int64(value))) }
public func varintSize(_ value: Int64) -> Int { varintSize(UInt64(bitPattern: value)) }

/// Bytes of a length in front of what it counts, together.
public func lengthDelimitedSize(_ length: Int) -> Int { varintSize(UInt64(length)) + length }

extension ByteSink where Self: ~Copyable {
    @inline(__always)
    public mutating func appendVarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    public mutating func appendVarint(_ value: Int32) { appendVarint(UInt64(bitPattern: Int64(value))) }
    public mutating func appendVarint(_ value: Int64) { appendVarint(UInt64(bitPattern: value)) }

    /// Writes a field's length and its bytes.
    public mutating func appendLengthDelimited(_ bytes: Span<UInt8>) {
        appendVarint(UInt64(bytes.count))
        append(bytes)
    }
}

/// Whether the bytes are UTF-8 text: shortest forms only, no surrogates, nothing above U+10FFFF (RFC 3629, section 4).
public func isValidText(_ bytes: Span<UInt8>) -> Bool {
    var position = 0
    while position < bytes.count {
        let lead = bytes[position]
        position += 1
        if lead < 0x80 { continue }
        let following: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: following = 1
        case 0xE0...0xEF:
            following = 2
            if lead == 0xE0 { lowest = 0xA0 }
            if lead == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            following = 3
            if lead == 0xF0 { lowest = 0x90 }
            if lead == 0xF4 { highest = 0x8F }
        default: return false
        }
        guard bytes.count - position >= following else { return false }
        guard bytes[position] >= lowest, bytes[position] <= highest else { return false }
        for offset in 1..<max(following, 1) where bytes[position + offset] & 0xC0 != 0x80 { return false }
        position += following
    }
    return true
}

/// Reads the bytes of a bytes field, which must fit.
@_lifetime(reader: copy reader)
public func fixedBytes<let capacity: Int>(
    from reader: inout MessageReader
) throws(MessageError) -> FixedBytes<capacity> {
    let bytes = try reader.lengthDelimited()
    guard bytes.count <= capacity else { throw reader.error(.tooLong) }
    return FixedBytes(bytes)
}

/// Reads the bytes of a string field, which must fit and be text: also where the field comes again and this one will not
/// count, as every protobuf library has it.
@_lifetime(reader: copy reader)
public func fixedText<let capacity: Int>(
    from reader: inout MessageReader
) throws(MessageError) -> FixedBytes<capacity> {
    let text: FixedBytes<capacity> = try fixedBytes(from: &reader)
    guard isValidText(text.span) else { throw reader.error(.invalidText) }
    return text
}

/// Adds an element of a repeated field, which must fit.
public func append<Element, let capacity: Int>(
    _ element: Element, to list: inout FixedList<Element, capacity>, of reader: borrowing MessageReader
) throws(MessageError) {
    guard list.append(element) else { throw reader.error(.tooMany) }
}
