/// Something of fixed size that bytes are written into: a buffer, a frame, a line of text.
///
/// A write that does not fit is left out and remembered in `overflowed`, so that an encoder writes straight through and
/// checks once at the end.
public protocol ByteSink: ~Copyable {
    /// Bytes written.
    var count: Int { get }
    /// Whether any write found no room.
    var overflowed: Bool { get }
    /// Writes one byte, or sets `overflowed`.
    mutating func append(_ byte: UInt8)
}

extension ByteSink where Self: ~Copyable {
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        for index in bytes.indices { append(bytes[index]) }
    }

    /// Writes the UTF-8 bytes of a literal.
    public mutating func append(_ text: StaticString) {
        let start = text.utf8Start
        for index in 0..<text.utf8CodeUnitCount { unsafe append(start[index]) }
    }

    @inlinable
    public mutating func appendLittleEndian<Value: FixedWidthInteger>(_ value: Value) {
        var rest = value
        for _ in 0..<(Value.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            // Shifting a one-byte value by its whole width would be undefined for `>>=`; the masking form is not.
            rest = Value.bitWidth > 8 ? rest >> 8 : 0
        }
    }

    /// Writes seven bits a byte, lowest first, the upper bit set on all but the last.
    @inlinable @inline(__always)
    public mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    public mutating func appendBigEndian<Value: FixedWidthInteger>(_ value: Value) {
        appendLittleEndian(value.byteSwapped)
    }

    /// Writes an integer in decimal digits, with a leading minus where it is negative.
    ///
    /// - Parameter minimumDigits: pads with zeros on the left up to this many digits (the sign not counted).
    public mutating func appendDecimal<Value: BinaryInteger>(_ value: Value, minimumDigits: Int = 1) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var magnitude = UInt64(value.magnitude)
        var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var used = 0
        while magnitude > 0 {
            digits[used] = UInt8(ascii: "0") + UInt8(magnitude % 10)
            magnitude /= 10
            used += 1
        }
        var position = max(used, min(minimumDigits, 20))
        while position > 0 {
            position -= 1
            append(digits[position])
        }
    }

    /// Writes bytes as lower-case hexadecimal digits, two a byte.
    public mutating func appendHexadecimal(_ bytes: Span<UInt8>) {
        for index in bytes.indices {
            append(hexadecimalDigit(bytes[index] >> 4))
            append(hexadecimalDigit(bytes[index] & 0x0F))
        }
    }
}

/// The lower-case digit for a value of 0 to 15.
func hexadecimalDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
}
