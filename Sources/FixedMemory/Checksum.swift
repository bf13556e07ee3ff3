/// Checksums of the board's links and stores, as running values over bytes.
///
/// Each is one small table in flash and no state beyond the running value.
public enum Checksum {
    /// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78, start and final XOR of all ones; RFC 3720 section 12.1.
    ///
    /// - Parameter initial: the result of the bytes before, to continue over several spans.
    public static func crc32c(_ bytes: Span<UInt8>, continuing initial: UInt32 = 0) -> UInt32 {
        var crc = ~initial
        for index in bytes.indices {
            crc = crc32cTable[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])] ^ (crc >> 8)
        }
        return ~crc
    }

    /// CRC-32C of one more byte.
    @inline(__always)
    public static func crc32c(_ byte: UInt8, continuing initial: UInt32) -> UInt32 {
        let crc = ~initial
        return ~(crc32cTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8))
    }

    /// CRC-16 of OSDP: polynomial 0x1021 not reflected, start 0x1D0F (SIA OSDP 2.2, section 5.9 and Annex E).
    public static func crc16OSDP(_ bytes: Span<UInt8>) -> UInt16 {
        var crc: UInt16 = 0x1D0F
        for index in bytes.indices {
            crc = crc16Table[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ bytes[index])] ^ (crc << 8)
        }
        return crc
    }

    /// CRC-8 of Sensirion's sensors: polynomial 0x31, start 0xFF, not reflected (SHT3x data sheet, section 4.12).
    public static func crc8Sensirion(_ bytes: Span<UInt8>) -> UInt8 {
        var crc: UInt8 = 0xFF
        for index in bytes.indices {
            crc ^= bytes[index]
            for _ in 0..<8 { crc = crc & 0x80 != 0 ? (crc << 1) ^ 0x31 : crc << 1 }
        }
        return crc
    }

    private static let crc32cTable: InlineArray<256, UInt32> = {
        var table = InlineArray<256, UInt32>(repeating: 0)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 != 0 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
            table[index] = value
        }
        return table
    }()

    private static let crc16Table: InlineArray<256, UInt16> = {
        var table = InlineArray<256, UInt16>(repeating: 0)
        for index in 0..<256 {
            var value = UInt16(index) << 8
            for _ in 0..<8 { value = value & 0x8000 != 0 ? (value << 1) ^ 0x1021 : value << 1 }
            table[index] = value
        }
        return table
    }()
}
