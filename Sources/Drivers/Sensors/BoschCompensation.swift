import FixedMemory
import HardwareInterface

/// The arithmetic that turns raw temperature and pressure of BMP280 and BME280 into physical values, in integers, so that
/// every processor gets the same.
///
/// Formulas: Bosch BST-BME280-DS002, section 4.2.3 and appendix 8.1; the same in BST-BMP280-DS001, section 3.11.3. Divisions
/// round towards zero as in the manufacturer's later reference driver, and results are limited to the measuring range as
/// there. Sums wrap instead of trapping: a chip that delivers nonsense must not stop the board.
struct BoschPressureCalibration: Equatable, Sendable, BitwiseCopyable {
    var t1: UInt16 = 0
    var t2: Int16 = 0
    var t3: Int16 = 0
    var p1: UInt16 = 0
    var p2: Int16 = 0
    var p3: Int16 = 0
    var p4: Int16 = 0
    var p5: Int16 = 0
    var p6: Int16 = 0
    var p7: Int16 = 0
    var p8: Int16 = 0
    var p9: Int16 = 0

    /// Range limits in hundredths of a degree Celsius.
    static var temperatureRange: ClosedRange<Int32> { -4_000...8_500 }
    /// Range limits in hundredths of a pascal.
    static var pressureRange: ClosedRange<Int64> { 3_000_000...11_000_000 }

    init() {}

    /// - Parameter bytes: registers 0x88 to 0x9F.
    init(_ bytes: Span<UInt8>) {
        t1 = bytes.littleEndianWord(at: 0)
        t2 = Int16(bitPattern: bytes.littleEndianWord(at: 2))
        t3 = Int16(bitPattern: bytes.littleEndianWord(at: 4))
        p1 = bytes.littleEndianWord(at: 6)
        p2 = Int16(bitPattern: bytes.littleEndianWord(at: 8))
        p3 = Int16(bitPattern: bytes.littleEndianWord(at: 10))
        p4 = Int16(bitPattern: bytes.littleEndianWord(at: 12))
        p5 = Int16(bitPattern: bytes.littleEndianWord(at: 14))
        p6 = Int16(bitPattern: bytes.littleEndianWord(at: 16))
        p7 = Int16(bitPattern: bytes.littleEndianWord(at: 18))
        p8 = Int16(bitPattern: bytes.littleEndianWord(at: 20))
        p9 = Int16(bitPattern: bytes.littleEndianWord(at: 22))
    }

    /// A chip that was never calibrated, or is not there.
    var isBlank: Bool { t1 == 0 || t1 == 0xFFFF || p1 == 0 || p1 == 0xFFFF }

    /// The fine temperature that the other formulas need: degrees Celsius times 5120.
    ///
    /// - Parameter raw: 20 bits.
    func fineTemperature(raw: Int32) -> Int32 {
        let first = ((raw / 8 &- Int32(t1) &* 2) &* Int32(t2)) / 2_048
        let offset = raw / 16 &- Int32(t1)
        let second = (((offset &* offset) / 4_096) &* Int32(t3)) / 16_384
        return first &+ second
    }

    /// Hundredths of a degree Celsius, limited to the measuring range.
    static func centidegrees(fineTemperature: Int32) -> Int32 {
        let value = (fineTemperature &* 5 &+ 128) / 256
        return min(max(value, temperatureRange.lowerBound), temperatureRange.upperBound)
    }

    /// Hundredths of a pascal, limited to the measuring range; `nil` if the calibration forbids a result.
    ///
    /// - Parameter raw: 20 bits.
    func centipascals(raw: Int32, fineTemperature: Int32) -> Int64? {
        let fine = Int64(fineTemperature) &- 128_000
        var second = fine &* fine &* Int64(p6)
        second = second &+ (fine &* Int64(p5)) &* 131_072
        second = second &+ Int64(p4) &* 34_359_738_368
        var first = (fine &* fine &* Int64(p3)) / 256 &+ fine &* Int64(p2) &* 4_096
        first = (140_737_488_355_328 &+ first) &* Int64(p1) / 8_589_934_592
        guard first != 0 else { return nil }
        var pressure = 1_048_576 &- Int64(raw)
        // The one division that could overflow: the least value by -1.
        pressure = ((pressure &* 2_147_483_648 &- second) &* 3_125).dividedReportingOverflow(by: first).partialValue
        let square = (Int64(p9) &* (pressure / 8_192) &* (pressure / 8_192)) / 33_554_432
        let linear = (Int64(p8) &* pressure) / 524_288
        pressure = (pressure &+ square &+ linear) / 256 &+ Int64(p7) &* 16
        let value = (pressure / 2) &* 100 / 128
        return min(
            max(value, BoschPressureCalibration.pressureRange.lowerBound),
            BoschPressureCalibration.pressureRange.upperBound)
    }
}

extension BoschPressureCalibration: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&t1)
        state.carry(&t2)
        state.carry(&t3)
        state.carry(&p1)
        state.carry(&p2)
        state.carry(&p3)
        state.carry(&p4)
        state.carry(&p5)
        state.carry(&p6)
        state.carry(&p7)
        state.carry(&p8)
        state.carry(&p9)
    }
}

extension BoschPressureCalibration {
    // The compensation stops at the ends of the range, so a value at an end is not a measurement; nor is a raw value at an
    // end of the converter.

    static func quality(rawTemperature raw: Int32, _ centidegrees: Int32) -> Quality {
        let isInside = centidegrees > temperatureRange.lowerBound && centidegrees < temperatureRange.upperBound
        return isInside && raw != 0 && raw != 0xFFFFF ? .good : .outOfRange
    }

    static func quality(rawPressure raw: Int32, _ centipascals: Int64) -> Quality {
        let isInside = centipascals > pressureRange.lowerBound && centipascals < pressureRange.upperBound
        return isInside && raw != 0 && raw != 0xFFFFF ? .good : .outOfRange
    }
}

/// The same for the humidity of a BME280.
struct BoschHumidityCalibration: Equatable, Sendable, BitwiseCopyable {
    var h1: UInt8 = 0
    var h2: Int16 = 0
    var h3: UInt8 = 0
    var h4: Int16 = 0
    var h5: Int16 = 0
    var h6: Int8 = 0

    init() {}

    /// - Parameters:
    ///   - h1: register 0xA1.
    ///   - bytes: registers 0xE1 to 0xE7. H4 and H5 share the nibbles of 0xE5.
    init(h1: UInt8, _ bytes: Span<UInt8>) {
        self.h1 = h1
        h2 = Int16(bitPattern: bytes.littleEndianWord(at: 0))
        h3 = bytes[2]
        h4 = Int16(Int8(bitPattern: bytes[3])) * 16 + Int16(bytes[4] & 0x0F)
        h5 = Int16(Int8(bitPattern: bytes[5])) * 16 + Int16(bytes[4] >> 4)
        h6 = Int8(bitPattern: bytes[6])
    }

    /// Relative humidity in 1/1024 per cent, 0 to 102,400.
    ///
    /// - Parameter raw: 16 bits.
    func humidity(raw: Int32, fineTemperature: Int32) -> Int32 {
        let fine = fineTemperature &- 76_800
        let offset = (raw &* 16_384 &- Int32(h4) &* 1_048_576 &- Int32(h5) &* fine &+ 16_384) / 32_768
        let scale1 = (fine &* Int32(h6)) / 1_024
        let scale2 = (fine &* Int32(h3)) / 2_048
        let scale = ((scale1 &* (scale2 &+ 32_768)) / 1_024 &+ 2_097_152) &* Int32(h2)
        let product = offset &* ((scale &+ 8_192) / 16_384)
        let square = ((product / 32_768) &* (product / 32_768)) / 128
        let corrected = product &- (square &* Int32(h1)) / 16
        return min(max(corrected, 0), 419_430_400) / 4_096
    }
}

extension BoschHumidityCalibration: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&h1)
        state.carry(&h2)
        state.carry(&h3)
        state.carry(&h4)
        state.carry(&h5)
        state.carry(&h6)
    }
}

/// CRC-8 with which Bosch marks the calibration of a BME280: polynomial 0x1D, start 0xFF, complemented at the end
/// (Bosch BME280 self-test 1.0.0, 2017; stored in register 0xE8, over 0x88–0xA1 and 0xE1–0xE7).
struct BoschCalibrationChecksum: Sendable, BitwiseCopyable {
    private var crc: UInt8 = 0xFF
    var value: UInt8 { ~crc }

    mutating func add(_ bytes: Span<UInt8>) {
        for index in bytes.indices {
            crc ^= bytes[index]
            for _ in 0..<8 { crc = crc & 0x80 != 0 ? (crc << 1) ^ 0x1D : crc << 1 }
        }
    }
}

extension BoschCalibrationChecksum: Carried {
    mutating func carry(_ state: inout StateCarrier) { state.carry(&crc) }
}
