import FixedMemory
import Foundation
import HardwareInterface
import Testing

@testable import DeviceModels
@testable import Drivers

@Suite struct BME280Tests {
    /// One line of what the manufacturer's reference driver computes.
    struct Vector: Sendable, CustomTestStringConvertible {
        var name: String
        /// T1–T3, P1–P9, H1–H6.
        var calibration: [Int]
        var raw: (temperature: Int32, pressure: Int32, humidity: Int32)
        /// Hundredths of a degree, hundredths of a pascal, 1/1024 per cent.
        var expected: (temperature: Int32, pressure: Int64, humidity: Int32)
        var testDescription: String { name }
    }

    /// Bosch BST-BMP280-DS001, section 3.12 (calibration and raw values of its example), humidity coefficients as chips
    /// carry them; results of Bosch BME280_SensorAPI 3.5 with 64-bit pressure.
    static let example = [
        27_504, 26_435, -1_000, 36_477, -10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000, 75, 363, 0, 349, 30, 30,
    ]
    static let vectors = [
        Vector(
            name: "data sheet example", calibration: example, raw: (519_888, 415_148, 25_000),
            expected: (2_508, 10_065_328, 14_881)),
        Vector(
            name: "humidity below its range", calibration: example, raw: (519_888, 415_148, 15_000),
            expected: (2_508, 10_065_328, 0)),
        Vector(
            name: "humidity above its range", calibration: example, raw: (519_888, 415_148, 42_000),
            expected: (2_508, 10_065_328, 102_400)),
        Vector(
            name: "frost", calibration: example, raw: (400_000, 415_148, 25_000), expected: (-1_263, 9_491_635, 15_501)),
        Vector(
            name: "pressure above its range", calibration: example, raw: (640_000, 300_000, 25_000),
            expected: (6_255, 11_000_000, 13_921)),
        Vector(
            name: "another chip",
            calibration: [
                28_485, 26_735, 50, 36_738, -10_635, 3_024, 6_980, -4, -7, 9_900, -10_230, 4_285, 75, 353, 0, 340, 0,
                30,
            ],
            raw: (532_000, 330_000, 30_000), expected: (2_430, 10_306_571, 46_115)),
    ]

    private func compensate(_ vector: Vector) -> (Int32, Int64?, Int32) {
        let numbers = vector.calibration
        let reference = Self.reference(numbers)
        let low = (0x88...0xA1).map { reference.register($0) }
        let high = (0xE1...0xE7).map { reference.register($0) }
        let pressure = BoschPressureCalibration(low.span)
        let humidity = BoschHumidityCalibration(h1: low[25], high.span)
        let fine = pressure.fineTemperature(raw: vector.raw.temperature)
        return (
            BoschPressureCalibration.centidegrees(fineTemperature: fine),
            pressure.centipascals(raw: vector.raw.pressure, fineTemperature: fine),
            humidity.humidity(raw: vector.raw.humidity, fineTemperature: fine)
        )
    }

    static func reference(_ numbers: [Int]) -> BoschReference {
        BoschReference(
            t1: UInt16(numbers[0]), t2: Int16(numbers[1]), t3: Int16(numbers[2]), p1: UInt16(numbers[3]),
            p2: Int16(numbers[4]), p3: Int16(numbers[5]), p4: Int16(numbers[6]), p5: Int16(numbers[7]),
            p6: Int16(numbers[8]), p7: Int16(numbers[9]), p8: Int16(numbers[10]), p9: Int16(numbers[11]),
            h1: UInt8(numbers[12]), h2: Int16(numbers[13]), h3: UInt8(numbers[14]), h4: Int16(numbers[15]),
            h5: Int16(numbers[16]), h6: Int8(numbers[17]))
    }

    @Test("compensation gives the manufacturer's results to the last digit", arguments: vectors)
    func compensation(_ vector: Vector) {
        let (temperature, pressure, humidity) = compensate(vector)
        #expect(temperature == vector.expected.temperature)
        #expect(pressure == vector.expected.pressure)
        #expect(humidity == vector.expected.humidity)
    }

    @Test("compensation gives the manufacturer's results on every recorded vector")
    func recordedVectors() throws {
        guard let lines = try Corpus.lines("vectors/bme280_vectors_64BIT.csv") else { return }
        for line in lines.dropFirst() {
            let fields = line.split(separator: ",").map(String.init)
            let numbers = fields[2...].compactMap { Int($0) }
            let vector = Vector(
                name: fields[1], calibration: Array(numbers[0..<18]),
                raw: (Int32(numbers[18]), Int32(numbers[19]), Int32(numbers[20])),
                expected: (Int32(numbers[21]), Int64(numbers[22]), Int32(numbers[23])))
            let (temperature, pressure, humidity) = compensate(vector)
            #expect(temperature == vector.expected.temperature, "\(vector.name)")
            #expect(pressure == vector.expected.pressure, "\(vector.name)")
            #expect(humidity == vector.expected.humidity, "\(vector.name)")
        }
        // The 32-bit variant of the pressure formula is coarser: within a few pascals of ours.
        guard let coarse = try Corpus.lines("vectors/bme280_vectors_32BIT.csv") else { return }
        for line in coarse.dropFirst() {
            let fields = line.split(separator: ",").map(String.init)
            let numbers = fields[2...].compactMap { Int($0) }
            let vector = Vector(
                name: fields[1], calibration: Array(numbers[0..<18]),
                raw: (Int32(numbers[18]), Int32(numbers[19]), Int32(numbers[20])), expected: (0, 0, 0))
            let (temperature, pressure, humidity) = compensate(vector)
            #expect(temperature == Int32(numbers[21]), "\(vector.name)")
            #expect(abs(try #require(pressure) / 100 - Int64(numbers[22])) <= 5, "\(vector.name)")
            #expect(humidity == Int32(numbers[23]), "\(vector.name)")
        }
    }

    @Test("the model's floating-point formulas are the manufacturer's")
    func modelFormulas() throws {
        // Bosch BME280_SensorAPI, floating point, for the data sheet example.
        let reference = Self.reference(Self.example)
        let fine = reference.fineTemperature(raw: 519_888)
        #expect(abs(reference.temperature(raw: 519_888) - 25.082478) < 0.000001)
        #expect(abs(reference.pressure(raw: 415_148, fineTemperature: fine) - 100_653.258145) < 0.001)
        #expect(abs(reference.humidity(raw: 25_000, fineTemperature: fine) - 14.530287) < 0.000002)

        guard let lines = try Corpus.lines("vectors/bme280_vectors_DOUBLE.csv") else { return }
        for line in lines.dropFirst() {
            let fields = line.split(separator: ",").map(String.init)
            let numbers = fields[2..<20].compactMap { Int($0) }
            let reference = Self.reference(numbers)
            let raw = fields[20..<23].compactMap { Int32($0) }
            let expected = fields[23..<26].compactMap { Double($0) }
            let fine = reference.fineTemperature(raw: raw[0])
            let pressure = min(max(reference.pressure(raw: raw[1], fineTemperature: fine), 30_000), 110_000)
            let humidity = min(max(reference.humidity(raw: raw[2], fineTemperature: fine), 0), 100)
            #expect(abs(reference.temperature(raw: raw[0]) - expected[0]) < 0.00001, "\(fields[1])")
            #expect(abs(pressure - expected[1]) < 0.01, "\(fields[1])")
            #expect(abs(humidity - expected[2]) < 0.0001, "\(fields[1])")
        }
    }

    @Test("what the model is told comes back through the driver's integers, over the whole range")
    func roundTrip() {
        for millidegrees in stride(from: Int32(-39_000), through: 84_000, by: 4_100) {
            let device = DeviceModel(address: 0x77, .bme280(BME280Model()))
            let bench = SensorBench(Sensor(BME280.Configuration(address: 0x77)), device)
            for (index, pascals) in stride(from: Int32(31_000), through: 109_000, by: 13_000).enumerated() {
                let millipercent = Int32(index) * 14_000 + 3_000
                bench.device.set(.temperature, to: millidegrees)
                bench.device.set(.pressure, to: pascals)
                bench.device.set(.humidity, to: millipercent)
                bench.run(for: .seconds(3))
                let last = (0..<3).map { bench.readings(of: $0).last?.value ?? .min }
                #expect(abs(last[0] - millidegrees) <= 20)
                #expect(abs(last[2] - pascals) <= 8)
                // The integer formula for humidity is good for some hundredths of a per cent.
                #expect(abs(last[1] - millipercent) <= 120, "\(last[1]) at \(millidegrees)")
            }
        }
    }

    @Test(
        "beyond what it can measure is out of range, and the sensor still works",
        arguments: [
            (Quantity.temperature, 120_000, UInt8(0)), (.temperature, -60_000, 0), (.pressure, 20_000, 2),
            (.pressure, 130_000, 2),
        ] as [(Quantity, Int32, UInt8)])
    func outOfRange(_ quantity: Quantity, _ value: Int32, _ channel: UInt8) {
        let bench = SensorBench(
            Sensor(BME280.Configuration()), DeviceModel(address: 0x76, .bme280(BME280Model())))
        bench.device.set(quantity, to: value)
        bench.run(for: .seconds(3))
        #expect(bench.readings(of: channel).last?.quality == .outOfRange)
        #expect(bench.sensor.health == .working)
    }

    @Test("a calibration with a wrong checksum is a fault, unless the check is switched off")
    func calibrationChecksum() {
        for checks in [true, false] {
            let bench = SensorBench(
                Sensor(BME280.Configuration(checksCalibration: checks)),
                DeviceModel(address: 0x76, .bme280(BME280Model())))
            bench.tamper = { request, outcome, bytes in
                request.write[0] == 0xE8 ? (outcome, [bytes[0] ^ 0x10]) : (outcome, bytes)
            }
            bench.run(for: .seconds(5))
            #expect(bench.sensor.health == (checks ? .faulty(.checksum) : .working))
        }
    }

    @Test("no calibration, however odd, stops the board")
    func oddCalibrations() {
        var noise = Noise(seed: 9)
        for round in 0..<20_000 {
            var low = (0..<26).map { _ in UInt8(truncatingIfNeeded: noise.next() >> 20) }
            let high = (0..<7).map { _ in UInt8(truncatingIfNeeded: noise.next() >> 20) }
            if round % 3 == 0 { low = low.map { $0 & 0x80 == 0 ? 0x00 : 0xFF } }
            let calibration = BoschPressureCalibration(low.span)
            let fine = calibration.fineTemperature(raw: Int32(truncatingIfNeeded: noise.next() >> 44))
            let pressure = calibration.centipascals(
                raw: Int32(truncatingIfNeeded: noise.next() >> 44), fineTemperature: fine)
            if let pressure { #expect(BoschPressureCalibration.pressureRange.contains(pressure)) }
            let humidity = BoschHumidityCalibration(h1: low[25], high.span)
                .humidity(raw: Int32(truncatingIfNeeded: noise.next() >> 48), fineTemperature: fine)
            #expect((0...102_400).contains(humidity))
        }
    }

    @Test("the greatest measuring time is the data sheet's")
    func measuringTime() {
        // DS002, section 9.1: 9.3 ms at oversampling 1 everywhere; appendix B's maximum at 16.
        #expect(BME280.Configuration().measuringTime == .microseconds(9_300))
        let most = BME280.Configuration(temperature: .times16, humidity: .times16, pressure: .times16)
        #expect(most.measuringTime == .microseconds(112_800))
    }
}
