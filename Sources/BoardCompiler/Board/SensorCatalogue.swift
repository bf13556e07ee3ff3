import WardenMessages

/// What the compiler knows of each sensor chip: its addresses and channels, as the chip's driver has them.
struct SensorChipDescription: Sendable {
    struct Channel: Sendable {
        var name: String
        var unit: PointUnit
        /// What the chip can measure, in the unit.
        var range: ClosedRange<Int>
    }

    /// What stands behind `chip:`.
    var word: String
    var title: String
    /// 7-bit addresses that its pins can select.
    var addresses: [Int]
    var channels: [Channel]
    /// Milliseconds between measurements where the file does not say.
    var defaultIntervalMilliseconds: Int
    /// What its simulated model can be told about the world.
    var simulated: [String]

    /// TI SBAS444E section 7.5.1.1: 0x48 to 0x4B by the ADDR pin.
    static let ads1115 = SensorChipDescription(
        word: "ads1115", title: "ADS1115 four-channel converter", addresses: [0x48, 0x49, 0x4A, 0x4B],
        channels: (0..<4).map { Channel(name: "input\($0)", unit: .microvolt, range: -6_144_000...6_144_000) },
        defaultIntervalMilliseconds: 1_000, simulated: (0..<4).map { "input\($0)" })
    /// Bosch BST-BME280-DS002 section 6.2: 0x76 or 0x77 by the SDO pin; ranges of section 1.
    static let bme280 = SensorChipDescription(
        word: "bme280", title: "BME280 temperature, humidity and pressure", addresses: [0x76, 0x77],
        channels: [
            Channel(name: "temperature", unit: .millidegreeCelsius, range: -40_000...85_000),
            Channel(name: "humidity", unit: .millipercentRelativeHumidity, range: 0...100_000),
            Channel(name: "pressure", unit: .pascal, range: 30_000...110_000),
        ], defaultIntervalMilliseconds: 1_000, simulated: ["temperature", "humidity", "pressure"])
    /// Analog Devices ADXL345 data sheet, "I2C": 0x1D or 0x53 by the ALT ADDRESS pin.
    static let adxl345 = SensorChipDescription(
        word: "adxl345", title: "ADXL345 three-axis accelerometer", addresses: [0x53, 0x1D],
        channels: ["x", "y", "z"].map { Channel(name: $0, unit: .milligravity, range: -16_000...16_000) },
        defaultIntervalMilliseconds: 0, simulated: ["acceleration_x", "acceleration_y", "acceleration_z"])

    static let all = [ads1115, bme280, adxl345]

    static func of(_ chip: Sensor.Chip?) -> SensorChipDescription {
        switch chip {
        case .ads1115, nil: ads1115
        case .bme280: bme280
        case .adxl345: adxl345
        }
    }
}
