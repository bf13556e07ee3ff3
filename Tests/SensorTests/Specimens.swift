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
    var hasSelfTest = false
    /// Whether a reset is noticed while the sensor works (and not just survived).
    var noticesReset = true

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
]
