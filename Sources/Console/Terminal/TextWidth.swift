import FixedMemory

/// How much room text takes on a terminal.
enum TextWidth {
    /// Columns of a character: 2 for wide ones of East Asia, 0 for marks that stand on the one before, else 1.
    ///
    /// Wide are those that UAX #11 calls W or F, with the unassigned rest of their blocks; of the marks without width
    /// those that European and East Asian text has.
    static func columns(of scalar: UInt32) -> Int {
        switch scalar {
        case 0..<0x300: 1
        case 0x300...0x36F, 0x483...0x489, 0x200B...0x200F, 0x20D0...0x20F0, 0x302A...0x302D, 0x3099...0x309A,
            0xFE00...0xFE0F, 0xFE20...0xFE2F, 0xE0100...0xE01EF:
            0
        case 0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0, 0x23F3, 0x25FD...0x25FE,
            0x2614...0x2615, 0x2648...0x2653, 0x267F, 0x2693, 0x26A1, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5,
            0x26CE, 0x26D4, 0x26EA, 0x26F2...0x26F3, 0x26F5, 0x26FA, 0x26FD, 0x2705, 0x270A...0x270B, 0x2728, 0x274C,
            0x274E, 0x2753...0x2755, 0x2757, 0x2795...0x2797, 0x27B0, 0x27BF, 0x2B1B...0x2B1C, 0x2B50, 0x2B55,
            0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18D08,
            0x1AFF0...0x1B2FF, 0x1F004, 0x1F0CF, 0x1F18E, 0x1F191...0x1F19A, 0x1F200...0x1F320, 0x1F32D...0x1F335,
            0x1F337...0x1F37C, 0x1F37E...0x1F393, 0x1F3A0...0x1F3CA, 0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4,
            0x1F3F8...0x1F43E, 0x1F440, 0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E, 0x1F550...0x1F567,
            0x1F57A, 0x1F595...0x1F596, 0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5, 0x1F6CC, 0x1F6D0...0x1F6D2,
            0x1F6D5...0x1F6DF, 0x1F6EB...0x1F6EC, 0x1F6F4...0x1F6FC, 0x1F7E0...0x1F7F0, 0x1F90C...0x1F93A,
            0x1F93C...0x1F945, 0x1F947...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }

    /// Columns of well-formed UTF-8.
    static func columns(of bytes: Span<UInt8>) -> Int { columns(of: bytes, 0..<bytes.count) }

    /// Columns of a part of well-formed UTF-8; the part begins and ends between characters.
    static func columns(of bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var sum = 0
        var index = range.lowerBound
        while index < range.upperBound {
            sum += columns(of: scalar(in: bytes, at: index))
            index = end(in: bytes, of: index)
        }
        return sum
    }

    /// Columns of a literal.
    static func columns(of text: StaticString) -> Int {
        columns(of: unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Where the character that begins at `index` ends.
    static func end(in bytes: Span<UInt8>, of index: Int) -> Int {
        var end = index + 1
        while end < bytes.count && bytes[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }

    /// Where the character before `index` begins; 0 at the start.
    static func start(in bytes: Span<UInt8>, before index: Int) -> Int {
        var start = max(0, index - 1)
        while start > 0 && bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// The character that begins at `index`.
    static func scalar(in bytes: Span<UInt8>, at index: Int) -> UInt32 {
        let first = UInt32(bytes[index])
        var value: UInt32
        switch first {
        case 0xC0..<0xE0: value = first & 0x1F
        case 0xE0..<0xF0: value = first & 0x0F
        case 0xF0..<0xF8: value = first & 0x07
        default: return first
        }
        for place in (index + 1)..<max(index + 1, end(in: bytes, of: index)) {
            value = value << 6 | UInt32(bytes[place] & 0x3F)
        }
        return value
    }
}
