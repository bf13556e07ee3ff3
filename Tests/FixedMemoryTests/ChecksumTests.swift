import FixedMemory
import Testing

@Suite("Checksums agree with published check values")
struct ChecksumTests {
    @Test(
        "CRC-32C: RFC 3720 appendix B.4 and the usual nine digits",
        arguments: [
            ([UInt8](repeating: 0x00, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0...31), 0x46DD_794E),
            ([UInt8]("123456789".utf8), 0xE306_9283),
        ] as [([UInt8], UInt32)])
    func crc32c(bytes: [UInt8], expected: UInt32) {
        #expect(Checksum.crc32c(bytes.span) == expected)
    }

    @Test("CRC-32C of every byte is what its polynomial says, bit by bit")
    func crc32cOfEveryByte() {
        for byte in UInt8.min ... .max {
            var remainder = UInt32.max ^ UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 != 0 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1 }
            let bytes = [byte]
            #expect(Checksum.crc32c(bytes.span) == ~remainder)
            #expect(Checksum.crc32c(byte, continuing: 0) == ~remainder)
        }
    }

    @Test("CRC-32C continues over parts as over the whole, wherever it is cut")
    func crc32cContinues() {
        let bytes = [UInt8](0...63)
        let whole = Checksum.crc32c(bytes.span)
        for cut in 0...bytes.count {
            let first = Checksum.crc32c(bytes.span.extracting(0..<cut))
            #expect(Checksum.crc32c(bytes.span.extracting(cut..<64), continuing: first) == whole)
        }
    }

    @Test(
        "CRC-16 of OSDP: SIA OSDP Annex E, examples 1 and 2",
        arguments: [
            ([0x53, 0x7F, 0x0D, 0x00, 0x04, 0x6E, 0x00, 0x80, 0x25, 0x00, 0x00], 0x386E),
            ([0x53, 0x00, 0x09, 0x00, 0x04, 0x61, 0x00], 0x66C0),
        ] as [([UInt8], UInt16)])
    func crc16OSDP(bytes: [UInt8], expected: UInt16) {
        #expect(Checksum.crc16OSDP(bytes.span) == expected)
    }

    @Test(
        "CRC-8 of Sensirion's sensors: data sheet examples",
        arguments: [
            ([0xBE, 0xEF], 0x92), ([0x00], 0xAC), ([0x80, 0x00], 0xA2), ([0x66, 0x66], 0x93),
        ] as [([UInt8], UInt8)])
    func crc8Sensirion(bytes: [UInt8], expected: UInt8) {
        #expect(Checksum.crc8Sensirion(bytes.span) == expected)
    }
}
