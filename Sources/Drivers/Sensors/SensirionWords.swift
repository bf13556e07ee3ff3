import FixedMemory
import HardwareInterface

/// Sensirion's transfers: 16-bit commands and words, high byte first, each word followed by its CRC-8.
extension Span<UInt8> {
    /// The word at place `index`, 0 for the first; `nil` if its checksum is wrong. The bytes must be there.
    func sensirionWord(_ index: Int) -> UInt16? {
        let start = index * 3
        guard Checksum.crc8Sensirion(extracting(start..<(start + 2))) == self[start + 2] else { return nil }
        return bigEndianWord(at: start)
    }
}

extension BusRequest {
    /// A command without an answer, or whose answer is read later.
    static func sensirion(_ command: UInt16, to address: UInt8) -> BusRequest { .command(command, to: address) }

    /// A command with words as arguments.
    static func sensirion(_ command: UInt16, _ first: UInt16, to address: UInt8) -> BusRequest {
        var request = BusRequest.command(command, to: address)
        request.appendSensirion(first)
        return request
    }

    /// A command with words as arguments.
    static func sensirion(_ command: UInt16, _ first: UInt16, _ second: UInt16, to address: UInt8) -> BusRequest {
        var request = BusRequest.sensirion(command, first, to: address)
        request.appendSensirion(second)
        return request
    }

    /// Reads the words that an earlier command left.
    static func sensirionAnswer(words: Int, from address: UInt8) -> BusRequest {
        BusRequest(address: address, readCount: UInt8(3 * words))
    }

    private mutating func appendSensirion(_ word: UInt16) {
        var bytes = FixedBytes<2>()
        bytes.appendBigEndian(word)
        write.append(bytes.span)
        write.append(Checksum.crc8Sensirion(bytes.span))
    }
}

/// Physical values of the 16-bit ticks that Sensirion's humidity sensors share.
enum SensirionTicks {
    /// Thousandths of a degree Celsius: −45 + 175 · ticks / 65535 (SHT3x data sheet, section 4.13).
    static func millidegrees(_ ticks: UInt16) -> Int32 {
        Int32(dividedRounding(Int64(ticks) * 175_000, by: 65_535)) - 45_000
    }

    /// Ticks of a temperature, limited to what they can express.
    static func temperatureTicks(millidegrees: Int32) -> UInt16 {
        UInt16(clamping: dividedRounding((Int64(millidegrees) + 45_000) * 65_535, by: 175_000))
    }

    /// Thousandths of a per cent: 100 · ticks / 65535 (SHT3x data sheet, section 4.13).
    static func millipercent(_ ticks: UInt16) -> Int32 { Int32(dividedRounding(Int64(ticks) * 100_000, by: 65_535)) }

    /// Ticks of a relative humidity, limited to 0 to 100 %.
    static func humidityTicks(millipercent: Int32) -> UInt16 {
        UInt16(clamping: dividedRounding(Int64(millipercent) * 65_535, by: 100_000))
    }
}
