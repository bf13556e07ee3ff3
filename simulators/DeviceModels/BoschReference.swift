/// The calibration of one simulated BMP280 or BME280 with the manufacturer's floating-point formulas, and their inverse:
/// which raw value the chip would give for a physical value.
///
/// Floating point on purpose: it is the other of the two published forms, so a driver that computes in integers is checked
/// by different arithmetic. Only the four basic operations are used; the result is the same on every processor.
///
/// Source: Bosch BST-BME280-DS002, appendix 8.1; BST-BMP280-DS001, appendix 8.1.
public struct BoschReference: Sendable, BitwiseCopyable {
    var t1: UInt16, t2: Int16, t3: Int16
    var p1: UInt16, p2: Int16, p3: Int16, p4: Int16, p5: Int16, p6: Int16, p7: Int16, p8: Int16, p9: Int16
    var h1: UInt8, h2: Int16, h3: UInt8, h4: Int16, h5: Int16, h6: Int8

    public init(
        t1: UInt16, t2: Int16, t3: Int16,
        p1: UInt16, p2: Int16, p3: Int16, p4: Int16, p5: Int16, p6: Int16, p7: Int16, p8: Int16, p9: Int16,
        h1: UInt8, h2: Int16, h3: UInt8, h4: Int16, h5: Int16, h6: Int8
    ) {
        (self.t1, self.t2, self.t3) = (t1, t2, t3)
        (self.p1, self.p2, self.p3, self.p4, self.p5) = (p1, p2, p3, p4, p5)
        (self.p6, self.p7, self.p8, self.p9) = (p6, p7, p8, p9)
        (self.h1, self.h2, self.h3, self.h4, self.h5, self.h6) = (h1, h2, h3, h4, h5, h6)
    }

    /// A calibration as chips carry it.
    public static var typical: BoschReference {
        BoschReference(
            t1: 28_485, t2: 26_735, t3: 50,
            p1: 36_738, p2: -10_635, p3: 3_024, p4: 6_980, p5: -4, p6: -7, p7: 9_900, p8: -10_230, p9: 4_285,
            h1: 75, h2: 353, h3: 0, h4: 340, h5: 0, h6: 30)
    }

    /// Degrees Celsius.
    public func temperature(raw: Int32) -> Double { exactFineTemperature(raw: raw) / 5_120 }

    private func exactFineTemperature(raw: Int32) -> Double {
        let raw = Double(raw)
        let first = (raw / 16_384 - Double(t1) / 1_024) * Double(t2)
        let offset = raw / 131_072 - Double(t1) / 8_192
        return first + offset * offset * Double(t3)
    }

    /// The fine temperature that the other formulas take: an integer there too.
    func fineTemperature(raw: Int32) -> Double { Double(Int64(exactFineTemperature(raw: raw))) }

    /// Pascals.
    public func pressure(raw: Int32, fineTemperature: Double) -> Double {
        var first = fineTemperature / 2 - 64_000
        var second = first * first * Double(p6) / 32_768
        second += first * Double(p5) * 2
        second = second / 4 + Double(p4) * 65_536
        first = (Double(p3) * first * first / 524_288 + Double(p2) * first) / 524_288
        first = (1 + first / 32_768) * Double(p1)
        guard first != 0 else { return 0 }
        var pressure = 1_048_576 - Double(raw)
        pressure = (pressure - second / 4_096) * 6_250 / first
        first = Double(p9) * pressure * pressure / 2_147_483_648
        second = pressure * Double(p8) / 32_768
        return pressure + (first + second + Double(p7)) / 16
    }

    /// Per cent of relative humidity, not limited to 0 to 100.
    public func humidity(raw: Int32, fineTemperature: Double) -> Double {
        let fine = fineTemperature - 76_800
        let offset = Double(raw) - (Double(h4) * 64 + Double(h5) / 16_384 * fine)
        let slope =
            Double(h2) / 65_536 * (1 + Double(h6) / 67_108_864 * fine * (1 + Double(h3) / 67_108_864 * fine))
        let linear = offset * slope
        return linear * (1 - Double(h1) * linear / 524_288)
    }

    /// The raw value of `bits` bits for which `physical` comes nearest to `target`.
    ///
    /// - Parameter isRising: whether the physical value rises with the raw one.
    private static func inverse(
        of target: Double, bits: Int32, isRising: Bool, _ physical: (Int32) -> Double
    ) -> Int32 {
        var low: Int32 = 0
        var high: Int32 = (1 << bits) - 1
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if (physical(middle) < target) == isRising { low = middle } else { high = middle }
        }
        let lowDistance = physical(low) - target
        let highDistance = physical(high) - target
        return lowDistance * lowDistance <= highDistance * highDistance ? low : high
    }

    /// - Returns: the 20-bit raw value for a temperature in thousandths of a degree Celsius.
    public func raw(millidegrees: Int32) -> Int32 {
        BoschReference.inverse(of: Double(millidegrees) / 1_000, bits: 20, isRising: true) { temperature(raw: $0) }
    }

    /// - Returns: the 20-bit raw value for a pressure, at the temperature of another raw value.
    public func raw(pascals: Int32, rawTemperature: Int32) -> Int32 {
        let fine = fineTemperature(raw: rawTemperature)
        return BoschReference.inverse(of: Double(pascals), bits: 20, isRising: false) {
            pressure(raw: $0, fineTemperature: fine)
        }
    }

    /// - Returns: the 16-bit raw value for a humidity in thousandths of a per cent, at the temperature of another raw value.
    public func raw(millipercent: Int32, rawTemperature: Int32) -> Int32 {
        let fine = fineTemperature(raw: rawTemperature)
        return BoschReference.inverse(of: Double(millipercent) / 1_000, bits: 16, isRising: true) {
            humidity(raw: $0, fineTemperature: fine)
        }
    }

    /// The register byte at an address from 0x88 on; 0 where nothing is stored.
    func register(_ address: UInt8) -> UInt8 {
        func low(_ value: Int16) -> UInt8 { UInt8(truncatingIfNeeded: value) }
        func high(_ value: Int16) -> UInt8 { UInt8(truncatingIfNeeded: value >> 8) }
        func word(_ index: UInt8) -> Int16 {
            switch index {
            case 0: Int16(bitPattern: t1)
            case 1: t2
            case 2: t3
            case 3: Int16(bitPattern: p1)
            case 4: p2
            case 5: p3
            case 6: p4
            case 7: p5
            case 8: p6
            case 9: p7
            case 10: p8
            default: p9
            }
        }
        switch address {
        case 0x88...0x9F: return address % 2 == 0 ? low(word((address - 0x88) / 2)) : high(word((address - 0x88) / 2))
        case 0xA1: return h1
        case 0xE1: return low(h2)
        case 0xE2: return high(h2)
        case 0xE3: return h3
        case 0xE4: return UInt8(truncatingIfNeeded: h4 >> 4)
        case 0xE5: return UInt8(truncatingIfNeeded: h4 & 0x0F) | UInt8(truncatingIfNeeded: h5 & 0x0F) << 4
        case 0xE6: return UInt8(truncatingIfNeeded: h5 >> 4)
        case 0xE7: return UInt8(bitPattern: h6)
        case 0xE8: return checksum
        default: return 0
        }
    }

    /// CRC-8, polynomial 0x1D, start 0xFF, complemented, over 0x88–0xA1 and 0xE1–0xE7 (Bosch BME280 self-test 1.0.0).
    private var checksum: UInt8 {
        var crc: UInt8 = 0xFF
        func add(_ byte: UInt8) {
            crc ^= byte
            for _ in 0..<8 { crc = crc & 0x80 != 0 ? (crc << 1) ^ 0x1D : crc << 1 }
        }
        for address in UInt8(0x88)...0xA1 { add(register(address)) }
        for address in UInt8(0xE1)...0xE7 { add(register(address)) }
        return ~crc
    }
}
