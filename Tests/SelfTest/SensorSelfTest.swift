import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface

/// Runs a sensor driver against its device model for two virtual minutes and folds everything that comes out into one
/// number. The numbers are those of x86_64; another processor that computes, orders or aligns anything differently gives
/// another one.
struct SensorSelfTest {
    private var sensor: Sensor
    private var device: DeviceModel
    /// FNV-1a, 64 bits.
    private var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    private init(_ sensor: Sensor, _ device: DeviceModel) {
        self.sensor = sensor
        self.device = device
    }

    /// What comes out of a sensor in a world that changes every few seconds.
    static func digest(_ sensor: Sensor, _ address: UInt8, _ chip: DeviceModel.Chip) -> UInt64 {
        var test = SensorSelfTest(sensor, DeviceModel(address: address, chip))
        test.run()
        return test.digest
    }

    private mutating func add(_ value: Int64) {
        for byte in 0..<8 {
            digest = (digest ^ UInt64(UInt8(truncatingIfNeeded: value >> Int64(8 * byte)))) &* 0x100_0000_01B3
        }
    }

    private mutating func run() {
        var output = SensorOutput()
        var answer = ByteBuffer(capacity: BusRequest.readLimit)
        device.powerOn(at: .start)
        var now = Instant.start
        var worldChangesAt = Instant.start
        var step: Int32 = 0
        while now < Instant.start + .seconds(120) {
            if now >= worldChangesAt {
                changeWorld(step)
                step += 1
                worldChangesAt = worldChangesAt + .seconds(5)
            }
            now = max(now, sensor.deadline)
            output.removeAll()
            let request = sensor.poll(at: now, into: &output)
            take(output)
            guard let request else { continue }
            answer.removeAll()
            var outcome = BusOutcome.done
            for _ in 0..<request.repetitions where outcome == .done {
                outcome = device.transact(
                    write: request.write.span, read: Int(request.readCount), into: &answer, at: now)
            }
            if outcome != .done { answer.removeAll() }
            now = now + .microseconds(300)
            output.removeAll()
            sensor.complete(outcome, tag: request.tag, bytes: answer.span, at: now, into: &output)
            take(output)
        }
    }

    private mutating func changeWorld(_ step: Int32) {
        device.set(.temperature, to: 18_000 + step * 730)
        device.set(.humidity, to: 30_000 + step * 1_900)
        device.set(.pressure, to: 96_000 + step * 311)
        device.set(.input0, to: step * 97_001)
        device.set(.input1, to: 3_000_000 - step * 55_555)
        device.set(.accelerationX, to: step * 83 - 900)
        device.set(.accelerationY, to: 900 - step * 71)
        device.set(.accelerationZ, to: 1_000 - step * 13)
        device.set(.rotationX, to: step * 5_432)
        device.set(.carbonDioxide, to: 420 + step * 61)
        device.set(.light, to: step * 123_456)
        device.set(.particles, to: step * 3)
        device.set(.organicSignal, to: 30_000 - step * 211)
        device.set(.nitrogenSignal, to: 15_500 + step * 97)
        device.set(.pins, to: step * 4_099 & 0x7FFF)
    }

    private mutating func take(_ output: borrowing SensorOutput) {
        for index in 0..<output.readingCount {
            let entry = output.reading(index)
            add(Int64(entry.channel))
            add(Int64(entry.reading.value))
            add(Int64(entry.reading.quality.rawValue))
            add(entry.reading.at.nanoseconds)
        }
        for index in 0..<output.sampleCount {
            let sample = output.accelerationSample(index)
            add(Int64(sample.x))
            add(Int64(sample.y))
            add(Int64(sample.z))
            add(output.sampleInstant(index).nanoseconds)
        }
    }
}

extension SelfTest {
    /// Every sensor driver with its model gives the same on every processor.
    mutating func checkSensors() {
        checkSensor(
            "ADS1115 gives the same here", Sensor(ADS1115.Configuration()), 0x48, .ads1115(ADS1115Model()),
            0x13D6_6103_F407_6C25)
        checkSensor(
            "BME280 gives the same here", Sensor(BME280.Configuration()), 0x76, .bme280(BME280Model()),
            0xDB3F_0024_C0A3_6345)
        checkSensor(
            "BMP280 gives the same here", Sensor(BMP280.Configuration()), 0x76,
            .bme280(BME280Model(hasHumidity: false)),
            0x2754_4347_0219_07B3)
        checkSensor(
            "ADXL345 gives the same here", Sensor(ADXL345.Configuration()), 0x53, .adxl345(ADXL345Model()),
            0xD50A_B436_F2AB_1B64)
        checkSensor(
            "LIS3DH gives the same here", Sensor(LIS3DH.Configuration()), 0x18, .lis3dh(LIS3DHModel()),
            0x6172_9158_80FA_4F9D)
        checkSensor(
            "MPU-6050 gives the same here", Sensor(MPU6050.Configuration()), 0x68, .mpu6050(MPU6050Model()),
            0x809D_5529_B4A4_0AD2)
        checkSensor(
            "SHT3x gives the same here", Sensor(SHT3x.Configuration()), 0x44, .sht3x(SHT3xModel()),
            0x2E67_402B_CA28_06FD)
        checkSensor(
            "SHT4x gives the same here", Sensor(SHT4x.Configuration()), 0x44, .sht4x(SHT4xModel()),
            0x8CA1_D25F_816D_185B)
        checkSensor(
            "SCD4x gives the same here", Sensor(SCD4x.Configuration()), 0x62, .scd4x(SCD4xModel()),
            0xBA92_8131_CF0B_7E59)
        checkSensor(
            "SGP40 gives the same here", Sensor(SGP4x.Configuration(kind: .sgp40)), 0x59,
            .sgp4x(SGP4xModel(hasNitrogenPixel: false)),
            0x9E21_993A_7428_32DF)
        checkSensor(
            "SGP41 gives the same here", Sensor(SGP4x.Configuration(kind: .sgp41)), 0x59,
            .sgp4x(SGP4xModel(hasNitrogenPixel: true)),
            0x3B9F_E56E_18ED_CB1A)
        checkSensor(
            "BH1750 gives the same here", Sensor(BH1750.Configuration()), 0x23, .bh1750(BH1750Model()),
            0xA774_16FC_3F13_2553)
        checkSensor(
            "PMSA003I gives the same here", Sensor(PMSA003I.Configuration()), 0x12, .pmsa003i(PMSA003IModel()),
            0xAB53_1154_4E69_ECAF)
        checkSensor(
            "MCP23017 gives the same here", Sensor(MCP23017.Configuration()), 0x20, .mcp23017(MCP23017Model()),
            0xB045_1885_BAF9_54BD)
    }

    private mutating func checkSensor(
        _ name: StaticString, _ sensor: Sensor, _ address: UInt8, _ chip: DeviceModel.Chip, _ expected: UInt64
    ) {
        check(name, SensorSelfTest.digest(sensor, address, chip) == expected)
    }
}
