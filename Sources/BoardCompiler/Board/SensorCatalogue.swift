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
    /// The least interval that the driver takes.
    var shortestIntervalMilliseconds = 1
    /// Whether the interval is the chip's own and cannot be chosen.
    var hasFixedInterval = false

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

    /// Whether fall and tilt detectors can watch its samples.
    var isAccelerometer: Bool { channels.first?.unit == .milligravity }

    /// What narrows a reference to a sensor: "accelerometer", or the chip.
    var trait: String { isAccelerometer ? "accelerometer" : word }

    static func named(_ word: String) -> SensorChipDescription? { all.first { $0.word == word } }
}

extension SensorChipDescription {
    private static let humidity = Channel(name: "humidity", unit: .millipercentRelativeHumidity, range: 0...100_000)

    private static func temperature(_ range: ClosedRange<Int>) -> Channel {
        Channel(name: "temperature", unit: .millidegreeCelsius, range: range)
    }

    /// Sensirion SHT3x-DIS data sheet section 3.4: 0x44 or 0x45 by the ADDR pin.
    static let sht3x = SensorChipDescription(
        word: "sht3x", title: "SHT3x temperature and humidity", addresses: [0x44, 0x45],
        channels: [temperature(-40_000...125_000), humidity], defaultIntervalMilliseconds: 1_000,
        simulated: ["temperature", "humidity"], shortestIntervalMilliseconds: 50)
    /// The address is part of the order code: SHT4x-A, -B or -C.
    static let sht4x = SensorChipDescription(
        word: "sht4x", title: "SHT4x temperature and humidity", addresses: [0x44, 0x45, 0x46],
        channels: [temperature(-40_000...125_000), humidity], defaultIntervalMilliseconds: 1_000,
        simulated: ["temperature", "humidity"], shortestIntervalMilliseconds: 50)
    /// Bosch BST-BMP280-DS001 section 5.2: 0x76 or 0x77 by the SDO pin.
    static let bmp280 = SensorChipDescription(
        word: "bmp280", title: "BMP280 temperature and pressure", addresses: [0x76, 0x77],
        channels: [temperature(-40_000...85_000), Channel(name: "pressure", unit: .pascal, range: 30_000...110_000)],
        defaultIntervalMilliseconds: 1_000, simulated: ["temperature", "pressure"], shortestIntervalMilliseconds: 50)
    /// SCD40, SCD41 and SCD43.
    static let scd4x = SensorChipDescription(
        word: "scd4x", title: "SCD4x carbon dioxide, temperature and humidity", addresses: [0x62],
        channels: [
            Channel(name: "carbon_dioxide", unit: .partsPerMillion, range: 200...40_000),
            temperature(-10_000...60_000), humidity,
        ], defaultIntervalMilliseconds: 5_000, simulated: ["carbon_dioxide", "temperature", "humidity"],
        shortestIntervalMilliseconds: 5_000)
    private static let organicIndex = Channel(name: "voc_index", unit: .index, range: 1...500)
    private static let organicSignal = Channel(name: "voc_signal", unit: .count, range: 1...64_999)
    static let sgp40 = SensorChipDescription(
        word: "sgp40", title: "SGP40 volatile organic compounds", addresses: [0x59],
        channels: [
            organicIndex, Channel(name: "", unit: .index, range: 1...500), organicSignal,
        ], defaultIntervalMilliseconds: 1_000, simulated: ["organic_signal"], hasFixedInterval: true)
    static let sgp41 = SensorChipDescription(
        word: "sgp41", title: "SGP41 volatile organic compounds and nitrogen oxides", addresses: [0x59],
        channels: [
            organicIndex, Channel(name: "nox_index", unit: .index, range: 1...500), organicSignal,
            Channel(name: "nox_signal", unit: .count, range: 1...64_999),
        ], defaultIntervalMilliseconds: 1_000, simulated: ["organic_signal", "nitrogen_signal"],
        hasFixedInterval: true)
    /// ROHM BH1750FVI data sheet: 0x23 or 0x5C by the ADDR pin.
    static let bh1750 = SensorChipDescription(
        word: "bh1750", title: "BH1750 light", addresses: [0x23, 0x5C],
        channels: [Channel(name: "light", unit: .millilux, range: 0...121_557_500)],
        defaultIntervalMilliseconds: 1_000, simulated: ["light"], shortestIntervalMilliseconds: 1_000)
    static let pmsa003i = SensorChipDescription(
        word: "pmsa003i", title: "PMSA003I particles", addresses: [0x12],
        channels: [
            Channel(name: "pm1", unit: .microgramPerCubicMetre, range: 0...1_000),
            Channel(name: "pm2_5", unit: .microgramPerCubicMetre, range: 0...1_000),
            Channel(name: "pm10", unit: .microgramPerCubicMetre, range: 0...1_000),
            Channel(name: "particle_count", unit: .count, range: 0...65_534),
        ], defaultIntervalMilliseconds: 2_000, simulated: ["particles"], shortestIntervalMilliseconds: 200)
    /// STMicroelectronics LIS3DH data sheet section 6.1.1: 0x18 or 0x19 by the SA0 pin.
    static let lis3dh = SensorChipDescription(
        word: "lis3dh", title: "LIS3DH three-axis accelerometer", addresses: [0x18, 0x19],
        channels: ["x", "y", "z"].map { Channel(name: $0, unit: .milligravity, range: -24_576...24_564) },
        defaultIntervalMilliseconds: 0, simulated: ["acceleration_x", "acceleration_y", "acceleration_z"])
    /// InvenSense MPU-6000/6050 product specification section 6.4: 0x68 or 0x69 by the AD0 pin.
    static let mpu6050 = SensorChipDescription(
        word: "mpu6050", title: "MPU-6050 accelerometer and gyroscope", addresses: [0x68, 0x69],
        channels: ["x", "y", "z"].map { Channel(name: $0, unit: .milligravity, range: -16_000...16_000) }
            + ["rotation_x", "rotation_y", "rotation_z"].map {
                Channel(name: $0, unit: .millidegreePerSecond, range: -500_300...500_300)
            } + [temperature(-40_000...85_000)],
        defaultIntervalMilliseconds: 0,
        simulated: [
            "acceleration_x", "acceleration_y", "acceleration_z", "rotation_x", "rotation_y", "rotation_z",
            "temperature",
        ])
    /// Microchip DS20001952 section 3.3.1: 0x20 to 0x27 by the pins A0 to A2.
    static let mcp23017 = SensorChipDescription(
        word: "mcp23017", title: "MCP23017 sixteen-pin expander", addresses: Array(0x20...0x27),
        channels: (0..<16).map {
            Channel(name: $0 % 8 == 7 ? "" : ($0 < 8 ? "a" : "b") + "\($0 % 8)", unit: .state, range: 0...1)
        }, defaultIntervalMilliseconds: 100, simulated: ["pins"], shortestIntervalMilliseconds: 10)

    static let all = [
        ads1115, bme280, adxl345, sht3x, sht4x, bmp280, scd4x, sgp40, sgp41, bh1750, pmsa003i, lis3dh, mpu6050,
        mcp23017,
    ]

    static func of(_ chip: Sensor.Chip?) -> SensorChipDescription {
        switch chip {
        case .ads1115, nil: ads1115
        case .bme280: bme280
        case .adxl345: adxl345
        case .sht3x: sht3x
        case .sht4x: sht4x
        case .bmp280: bmp280
        case .scd4x: scd4x
        case .sgp40: sgp40
        case .sgp41: sgp41
        case .bh1750: bh1750
        case .pmsa003i: pmsa003i
        case .lis3dh: lis3dh
        case .mpu6050: mpu6050
        case .mcp23017: mcp23017
        }
    }
}
