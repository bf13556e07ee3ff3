import ProgramSupport

/// Numbers of bytes as people write them.
enum ByteCount {
    /// A number of bytes such as "64M", with K, M or G for powers of 1,024.
    ///
    /// - Returns: `nil` if it is none, or beyond 2^40.
    static func parse(_ text: CText) -> Int64? {
        var value: Int64 = 0
        var index = 0
        while index < text.count, text[index] >= 0x30, text[index] <= 0x39 {
            guard value < 1 << 40 else { return nil }
            value = 10 * value + Int64(text[index] - 0x30)
            index += 1
        }
        guard index > 0 else { return nil }
        if index < text.count {
            switch text[index] {
            case UInt8(ascii: "K"), UInt8(ascii: "k"): value <<= 10
            case UInt8(ascii: "M"), UInt8(ascii: "m"): value <<= 20
            case UInt8(ascii: "G"), UInt8(ascii: "g"): value <<= 30
            default: return nil
            }
            guard index + 1 == text.count else { return nil }
        }
        return value <= 1 << 40 ? value : nil
    }
}
