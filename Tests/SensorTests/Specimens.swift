import DeviceModels
import Drivers
import HardwareInterface
import Testing

/// One kind of sensor as the common suite sees it: how to build it and its model, what the model is told, and what must
/// come out.
struct Specimen: Sendable, CustomTestStringConvertible {
    struct Expected: Sendable {
        var channel: UInt8
        var value: Int32
        var tolerance: Int32
    }

    var name: String
    var sensor: @Sendable () -> Sensor
    var device: @Sendable () -> DeviceModel
    /// The world, and what the driver must say of it.
    var world: [(Quantity, Int32)]
    var expected: [Expected]
    /// Time from power-on to the first good reading, at the most.
    var startsWithin: Interval
    /// Time after which a value that stands still must be noticed; `nil` where the kind has no such watch.
    var stuckWithin: Interval?
    var hasIdentity = true
    var hasChecksum = false
    /// Whether the measured values themselves carry a checksum.
    var guardsData = false
    var hasSelfTest = false
    /// Whether a reset is noticed while the sensor works. Where the chip keeps no state there is nothing to notice.
    var noticesReset = true
    /// Whether conversions that never end are seen as such; other kinds then repeat an old value, which is a stuck one.
    var noticesEndlessConversion = true
    /// Whether it says nothing for the first seconds after power-on.
    var isSilentAtFirst = false
    /// Neither checksum nor status: a line that reads zeros or noise can only be noticed by and by.
    var isUnguarded = false
    /// Least time between brown-outs for which right values are promised.
    var brownOutsApart = Interval.zero

    var testDescription: String { name }

    func bench() -> SensorBench {
        var device = device()
        for (quantity, value) in world { device.set(quantity, to: value) }
        return SensorBench(sensor(), device)
    }
}

let specimens: [Specimen] = [
    Specimen(
        name: "ADS1115",
        sensor: { Sensor(ADS1115.Configuration(interval: .milliseconds(500))) },
        device: { DeviceModel(address: 0x48, .ads1115(ADS1115Model())) },
        world: [(.input0, 1_250_000), (.input1, 0), (.input2, 3_300_000), (.input3, 2_500)],
        expected: [
            .init(channel: 0, value: 1_250_000, tolerance: 63), .init(channel: 1, value: 0, tolerance: 63),
            .init(channel: 2, value: 3_300_000, tolerance: 63), .init(channel: 3, value: 2_500, tolerance: 63),
        ],
        startsWithin: .seconds(1), stuckWithin: .minutes(5)),
    Specimen(
        name: "BME280",
        sensor: { Sensor(BME280.Configuration()) },
        device: { DeviceModel(address: 0x76, .bme280(BME280Model())) },
        world: [(.temperature, 23_450), (.humidity, 41_000), (.pressure, 98_765)],
        expected: [
            .init(channel: 0, value: 23_450, tolerance: 20), .init(channel: 1, value: 41_000, tolerance: 50),
            .init(channel: 2, value: 98_765, tolerance: 6),
        ],
        startsWithin: .seconds(1), stuckWithin: .minutes(6), hasChecksum: true),
    Specimen(
        name: "ADXL345",
        sensor: { Sensor(ADXL345.Configuration()) },
        device: { DeviceModel(address: 0x53, .adxl345(ADXL345Model())) },
        world: [(.accelerationX, 100), (.accelerationY, -1_000), (.accelerationZ, 250)],
        expected: [
            .init(channel: 0, value: 100, tolerance: 8), .init(channel: 1, value: -1_000, tolerance: 8),
            .init(channel: 2, value: 250, tolerance: 8),
        ],
        startsWithin: .seconds(1), stuckWithin: .seconds(12), hasSelfTest: true),
    Specimen(
        name: "BMP280",
        sensor: { Sensor(BMP280.Configuration(address: 0x77)) },
        device: { DeviceModel(address: 0x77, .bme280(BME280Model(hasHumidity: false))) },
        world: [(.temperature, -3_210), (.pressure, 101_900)],
        expected: [
            .init(channel: 0, value: -3_210, tolerance: 20), .init(channel: 1, value: 101_900, tolerance: 6),
        ],
        startsWithin: .seconds(1), stuckWithin: .minutes(6)),
    Specimen(
        name: "LIS3DH",
        sensor: { Sensor(LIS3DH.Configuration()) },
        device: { DeviceModel(address: 0x18, .lis3dh(LIS3DHModel())) },
        world: [(.accelerationX, -700), (.accelerationY, 700), (.accelerationZ, 64)],
        expected: [
            .init(channel: 0, value: -700, tolerance: 8), .init(channel: 1, value: 700, tolerance: 8),
            .init(channel: 2, value: 64, tolerance: 8),
        ],
        startsWithin: .seconds(1), stuckWithin: .seconds(22), hasSelfTest: true),
    Specimen(
        name: "MPU-6050",
        sensor: { Sensor(MPU6050.Configuration()) },
        device: { DeviceModel(address: 0x68, .mpu6050(MPU6050Model())) },
        world: [
            (.accelerationX, 0), (.accelerationY, 1_000), (.accelerationZ, -125), (.rotationX, 12_000),
            (.rotationY, -90_000), (.rotationZ, 0), (.temperature, 28_500),
        ],
        expected: [
            .init(channel: 0, value: 0, tolerance: 4), .init(channel: 1, value: 1_000, tolerance: 4),
            .init(channel: 2, value: -125, tolerance: 4), .init(channel: 3, value: 12_000, tolerance: 80),
            .init(channel: 4, value: -90_000, tolerance: 80), .init(channel: 5, value: 0, tolerance: 80),
            .init(channel: 6, value: 28_500, tolerance: 3),
        ],
        startsWithin: .seconds(1), stuckWithin: .seconds(12), hasSelfTest: true),
    Specimen(
        name: "SHT3x",
        sensor: { Sensor(SHT3x.Configuration()) },
        device: { DeviceModel(address: 0x44, .sht3x(SHT3xModel())) },
        world: [(.temperature, 24_680), (.humidity, 61_000)],
        expected: [
            .init(channel: 0, value: 24_680, tolerance: 8), .init(channel: 1, value: 61_000, tolerance: 8),
        ],
        startsWithin: .seconds(1), stuckWithin: .minutes(6), hasChecksum: true, guardsData: true),
    Specimen(
        name: "SHT4x",
        sensor: { Sensor(SHT4x.Configuration()) },
        device: { DeviceModel(address: 0x44, .sht4x(SHT4xModel())) },
        world: [(.temperature, -12_340), (.humidity, 88_000)],
        expected: [
            .init(channel: 0, value: -12_340, tolerance: 8), .init(channel: 1, value: 88_000, tolerance: 8),
        ],
        startsWithin: .seconds(1), stuckWithin: .minutes(6), hasChecksum: true, guardsData: true, noticesReset: false),
    Specimen(
        name: "SCD4x",
        sensor: { Sensor(SCD4x.Configuration()) },
        device: { DeviceModel(address: 0x62, .scd4x(SCD4xModel())) },
        world: [(.carbonDioxide, 1_234), (.temperature, 22_000), (.humidity, 47_000)],
        expected: [
            .init(channel: 0, value: 1_234, tolerance: 1), .init(channel: 1, value: 22_000, tolerance: 15),
            .init(channel: 2, value: 47_000, tolerance: 10),
        ],
        startsWithin: .seconds(18), stuckWithin: .minutes(11), hasChecksum: true, guardsData: true, hasSelfTest: true),
    Specimen(
        name: "SGP40",
        sensor: { Sensor(SGP4x.Configuration(kind: .sgp40)) },
        device: { DeviceModel(address: 0x59, .sgp4x(SGP4xModel(hasNitrogenPixel: false))) },
        world: [(.organicSignal, 20_006)],
        expected: [
            .init(channel: 0, value: 100, tolerance: 6), .init(channel: 2, value: 20_006, tolerance: 4),
        ],
        startsWithin: .seconds(52), stuckWithin: .minutes(6), hasChecksum: true, guardsData: true, hasSelfTest: true,
        noticesReset: false),
    Specimen(
        name: "SGP41",
        sensor: { Sensor(SGP4x.Configuration(kind: .sgp41)) },
        device: { DeviceModel(address: 0x59, .sgp4x(SGP4xModel(hasNitrogenPixel: true))) },
        world: [(.organicSignal, 20_007), (.nitrogenSignal, 15_800)],
        expected: [
            .init(channel: 0, value: 100, tolerance: 6), .init(channel: 1, value: 1, tolerance: 1),
            .init(channel: 2, value: 20_007, tolerance: 4), .init(channel: 3, value: 15_800, tolerance: 3),
        ],
        startsWithin: .seconds(62), stuckWithin: .minutes(6), hasChecksum: true, guardsData: true, hasSelfTest: true,
        noticesReset: false),
    Specimen(
        name: "BH1750",
        sensor: { Sensor(BH1750.Configuration()) },
        device: { DeviceModel(address: 0x23, .bh1750(BH1750Model())) },
        world: [(.light, 320_000)],
        expected: [.init(channel: 0, value: 320_000, tolerance: 1_700)],
        startsWithin: .seconds(1), stuckWithin: .minutes(2), hasIdentity: false, noticesReset: false,
        noticesEndlessConversion: false, isUnguarded: true, brownOutsApart: .seconds(2)),
    Specimen(
        name: "PMSA003I",
        sensor: { Sensor(PMSA003I.Configuration()) },
        device: { DeviceModel(address: 0x12, .pmsa003i(PMSA003IModel())) },
        world: [(.particles, 35)],
        expected: [
            .init(channel: 0, value: 23, tolerance: 0), .init(channel: 1, value: 35, tolerance: 0),
            .init(channel: 2, value: 42, tolerance: 0), .init(channel: 3, value: 6_340, tolerance: 12),
        ],
        startsWithin: .seconds(45), stuckWithin: .minutes(11), hasChecksum: true, guardsData: true,
        noticesEndlessConversion: false,
        isSilentAtFirst: true),
    Specimen(
        name: "MCP23017",
        sensor: { Sensor(MCP23017.Configuration(outputs: 0x80C0, initialLevels: 0x0080, pullUps: 0x000F)) },
        device: { DeviceModel(address: 0x20, .mcp23017(MCP23017Model())) },
        world: [(.pins, 0x2A15)],
        expected: (UInt8(0)..<16).map {
            .init(channel: $0, value: (0x2A95 >> Int32($0)) & 1, tolerance: 0)
        },
        startsWithin: .seconds(1), stuckWithin: .seconds(65), hasIdentity: false, noticesEndlessConversion: false),
]
