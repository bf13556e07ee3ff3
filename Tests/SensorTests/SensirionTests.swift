import FixedMemory
import HardwareInterface
import Testing

@testable import DeviceModels
@testable import Drivers

@Suite struct SensirionTests {
    @Test("words are taken only with their checksum")
    func words() {
        // SHT3x data sheet, section 4.12: 0xBEEF has 0x92.
        let good: [UInt8] = [0xBE, 0xEF, 0x92]
        #expect(good.span.sensirionWord(0) == 0xBEEF)
        for bit in 0..<24 {
            var bad = good
            bad[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(bad.span.sensirionWord(0) == nil)
        }
    }

    @Test("commands with arguments are the bytes of the data sheets")
    func commands() {
        func bytes(_ request: BusRequest) -> [UInt8] { (0..<request.write.count).map { request.write[$0] } }
        // SGP40 data sheet, section 3.2: measure with 50 % and 25 °C.
        #expect(
            bytes(.sensirion(0x260F, 0x8000, 0x6666, to: 0x59)) == [0x26, 0x0F, 0x80, 0x00, 0xA2, 0x66, 0x66, 0x93])
        // SCD4x data sheet, section 3.6.1: set a temperature offset of 5.4 °C.
        #expect(bytes(.sensirion(0x241D, 0x07E6, to: 0x62)) == [0x24, 0x1D, 0x07, 0xE6, 0x48])
    }

    @Test(
        "ticks become degrees and per cent, to the nearest",
        arguments: [
            (0x6666, 25_000, 40_000), (0x0000, -45_000, 0), (0xFFFF, 130_000, 100_000), (0x8000, 42_501, 50_001),
        ]
            as [(UInt16, Int32, Int32)])
    func ticks(_ ticks: UInt16, _ millidegrees: Int32, _ millipercent: Int32) {
        #expect(SensirionTicks.millidegrees(ticks) == millidegrees)
        #expect(SensirionTicks.millipercent(ticks) == millipercent)
    }

    @Test("ambient values for a gas sensor survive the way to ticks and back")
    func ambientTicks() {
        for millidegrees in stride(from: Int32(-40_000), through: 85_000, by: 777) {
            let back = SensirionTicks.millidegrees(SensirionTicks.temperatureTicks(millidegrees: millidegrees))
            #expect(abs(back - millidegrees) <= 2)
        }
        #expect(SensirionTicks.temperatureTicks(millidegrees: 25_000) == 0x6666)
        #expect(SensirionTicks.humidityTicks(millipercent: 50_000) == 0x8000)
        #expect(SensirionTicks.humidityTicks(millipercent: -5) == 0)
        #expect(SensirionTicks.humidityTicks(millipercent: 120_000) == 0xFFFF)
    }

    @Test("SHT4x humidity beyond 0 to 100 % is cut off, as its data sheet demands")
    func sht4xHumidity() {
        #expect(SHT4x.millipercent(0) == 0)
        #expect(SHT4x.millipercent(0xFFFF) == 100_000)
        #expect(SHT4x.millipercent(0x6666) == 44_000)
    }

    @Test("an SHT3x that answers only the other command for its serial number is accepted")
    func otherSerialCommand() {
        var model = SHT3xModel()
        model.answersStretchingSerialOnly = true
        let bench = SensorBench(Sensor(SHT3x.Configuration()), DeviceModel(address: 0x44, .sht3x(model)))
        bench.run(for: .seconds(3))
        #expect(bench.healthChanges == [.working])
    }

    @Test("an SHT4x where an SHT3x should be is another chip")
    func sht4xAsSHT3x() {
        // It refuses the two-byte reset, so nothing can be said but that it does not answer.
        let bench = SensorBench(Sensor(SHT3x.Configuration()), DeviceModel(address: 0x44, .sht4x(SHT4xModel())))
        bench.run(for: .seconds(3))
        #expect(bench.sensor.health == .missing(.notAcknowledged))
    }

    @Test("an SCD4x example of the data sheet is read as it says")
    func scd4xExample() {
        // Section 3.5.2: 500 ppm, 25 °C, 37 %.
        let bytes: [UInt8] = [0x01, 0xF4, 0x33, 0x66, 0x67, 0xA2, 0x5E, 0xB9, 0x3C]
        #expect(bytes.span.sensirionWord(0) == 500)
        #expect(bytes.span.sensirionWord(1).map(SensirionTicks.millidegrees) == 25_003)
        #expect(bytes.span.sensirionWord(2).map(SensirionTicks.millipercent) == 37_002)
    }

    @Test("an SCD4x is told the air pressure, and told again after a reset")
    func scd4xPressure() {
        let bench = SensorBench(
            Sensor(SCD4x.Configuration(selfTests: false)), DeviceModel(address: 0x62, .scd4x(SCD4xModel())))
        var told: [UInt16] = []
        bench.tamper = { request, outcome, bytes in
            if request.write.count == 5, request.write[0] == 0xE0 {
                told.append(UInt16(request.write[2]) << 8 | UInt16(request.write[3]))
            }
            return (outcome, bytes)
        }
        bench.run(for: .seconds(20))
        #expect(told.isEmpty)
        bench.sensor.setAmbient(millidegrees: nil, millipercent: nil, pascals: 98_765, at: bench.now)
        bench.run(for: .seconds(20))
        #expect(told == [987])
        bench.sensor.setAmbient(millidegrees: nil, millipercent: nil, pascals: 12, at: bench.now)
        bench.device.powerOn(at: bench.now)
        bench.run(for: .seconds(40))
        #expect(told == [987, 987])
        #expect(bench.sensor.health == .working)
    }

    @Test("an SCD4x that has drifted is told what it breathes, measures on, and keeps that over a power cut")
    func scd4xRecalibration() throws {
        var model = SCD4xModel()
        model.drift = 90
        let bench = SensorBench(
            Sensor(SCD4x.Configuration(selfTests: false)), DeviceModel(address: 0x62, .scd4x(model)))
        bench.run(for: .minutes(2))
        #expect(bench.sensor.calibrate(0, to: 480, at: bench.now) == .notSettled, "three minutes are not over")
        bench.run(for: .minutes(2))
        #expect(bench.sensor.calibrate(0, to: 300, at: bench.now) == .outOfRange)
        #expect(bench.sensor.calibrate(1, to: 21_000, at: bench.now) == .unsupported)
        let before = try #require(bench.readings(of: 0).last).value
        #expect((560...580).contains(before), "\(before)")
        bench.forget()
        #expect(bench.sensor.calibrate(0, to: 480, at: bench.now) == .begun)
        #expect(bench.sensor.calibrate(0, to: 480, at: bench.now) == .notSettled, "one at a time")
        bench.run(for: .seconds(30))
        #expect(bench.sensor.takeCalibration() == true)
        #expect(bench.sensor.takeCalibration() == nil, "said once")
        let after = try #require(bench.readings(of: 0).last).value
        #expect((470...490).contains(after), "\(after)")
        #expect(bench.sensor.health == .working && !bench.qualities.contains(.faulty))
        bench.device.powerOn(at: bench.now)
        bench.run(for: .minutes(1))
        #expect((470...490).contains(try #require(bench.readings(of: 0).last).value))
    }

    @Test(
        "an SCD4x that says that it could not be recalibrated, or is lost meanwhile, has not been",
        arguments: [false, true])
    func scd4xRecalibrationFails(isLost: Bool) {
        let bench = SensorBench(
            Sensor(SCD4x.Configuration(selfTests: false)), DeviceModel(address: 0x62, .scd4x(SCD4xModel())))
        bench.run(for: .minutes(4))
        var hasAsked = false
        bench.tamper = { request, outcome, bytes in
            if request.write.count > 1, request.write[0] == 0x36, request.write[1] == 0x2F { hasAsked = true }
            guard hasAsked else { return (outcome, bytes) }
            if isLost { return (.notAcknowledged, []) }
            guard request.readCount == 3 else { return (outcome, bytes) }
            hasAsked = false
            return (outcome, [0xFF, 0xFF, 0xAC])
        }
        #expect(bench.sensor.calibrate(0, to: 450, at: bench.now) == .begun)
        bench.run(for: .seconds(20))
        #expect(bench.sensor.takeCalibration() == false)
    }

    @Test("an SCD4x whose clock runs off is followed without a gap", arguments: [95, 98, 102, 105] as [Int64])
    func scd4xClock(_ percent: Int64) {
        let bench = SensorBench(
            Sensor(SCD4x.Configuration(selfTests: false)), DeviceModel(address: 0x62, .scd4x(SCD4xModel())))
        bench.device.defects.conversionPercent = percent
        bench.run(for: .seconds(10))
        bench.forget()
        bench.run(for: .minutes(20))
        #expect(bench.qualities == [.good])
        #expect((210...245).contains(bench.readings(of: 0).count))
    }

    @Test("a carbon dioxide value below what the air can have is out of range")
    func scd4xImplausible() {
        let bench = SensorBench(
            Sensor(SCD4x.Configuration(selfTests: false)), DeviceModel(address: 0x62, .scd4x(SCD4xModel())))
        bench.device.set(.carbonDioxide, to: 40)
        bench.run(for: .seconds(30))
        #expect(bench.readings(of: 0).last?.quality == .outOfRange)
        #expect(bench.readings(of: 1).last?.quality == .good)
    }

    @Test("ambient temperature and humidity go to the gas sensor with each measurement")
    func sgpCompensation() {
        let bench = SensorBench(
            Sensor(SGP4x.Configuration(kind: .sgp40)),
            DeviceModel(address: 0x59, .sgp4x(SGP4xModel(hasNitrogenPixel: false))))
        var words: (UInt16, UInt16) = (0, 0)
        bench.tamper = { request, outcome, bytes in
            if request.write.count == 8 {
                words = (
                    UInt16(request.write[2]) << 8 | UInt16(request.write[3]),
                    UInt16(request.write[5]) << 8 | UInt16(request.write[6])
                )
            }
            return (outcome, bytes)
        }
        bench.run(for: .seconds(5))
        #expect(words == (0x8000, 0x6666))
        bench.sensor.setAmbient(millidegrees: 10_000, millipercent: 75_000, pascals: nil, at: bench.now)
        bench.run(for: .seconds(5))
        #expect(words == (49_151, 20_597))
    }

    @Test("what a gas index has learned outlives a short interruption and not a long one", arguments: [60, 700])
    func indexMemory(_ seconds: Int64) {
        let bench = SensorBench(
            Sensor(SGP4x.Configuration(kind: .sgp40)),
            DeviceModel(address: 0x59, .sgp4x(SGP4xModel(hasNitrogenPixel: false))))
        bench.run(for: .minutes(30))
        bench.device.faults.isAbsent = true
        bench.run(for: .seconds(seconds))
        bench.device.faults.isAbsent = false
        bench.forget()
        bench.run(for: .seconds(30))
        let isBack = bench.readings(of: 0).contains { $0.quality == .good }
        #expect(isBack == (seconds < 600))
    }

    @Test("an SGP41 is conditioned for ten seconds and never longer")
    func conditioning() {
        let bench = SensorBench(
            Sensor(SGP4x.Configuration(kind: .sgp41)),
            DeviceModel(address: 0x59, .sgp4x(SGP4xModel(hasNitrogenPixel: true))))
        var conditionings = 0
        bench.tamper = { request, outcome, bytes in
            if request.write.count == 8, request.write[0] == 0x26, request.write[1] == 0x12 { conditionings += 1 }
            return (outcome, bytes)
        }
        bench.run(for: .minutes(2))
        #expect(conditionings == 10)
    }
}

@Suite struct GasIndexTests {
    /// The first seconds after the blackout and the reaction to a jump; Sensirion's test data for the VOC index.
    @Test("the first 46 seconds give no index")
    func blackout() {
        for gas in [GasIndex.Gas.volatileOrganicCompounds, .nitrogenOxides] {
            var index = GasIndex(gas)
            for second in 0..<46 {
                let early = index.process(raw: 20_000 + UInt16(second))
                #expect(early == 0)
            }
            let first = index.process(raw: 20_005)
            #expect(first > 0)
        }
    }

    @Test("the manufacturer's 600 pairs come out to the digit")
    func manufacturersData() throws {
        guard let lines = try Corpus.lines("vectors/sensirion_voc_index_600.csv") else { return }
        var index = GasIndex(.volatileOrganicCompounds)
        for (second, line) in lines.enumerated() {
            let fields = line.split(separator: ",").compactMap { Int32($0) }
            let value = index.process(raw: UInt16(fields[0]))
            #expect(value == fields[1], "second \(second)")
        }
    }

    /// Values of Sensirion's Python package sensirion-gas-index-algorithm 3.2.2, another implementation, which agrees within
    /// one: a steady signal of 30,000, lowered by 3,000 from second 1,000 to 1,299 (volatile compounds lower it).
    @Test(
        "an index settles, rises with an event, gets used to it and comes back",
        arguments: [(46, 1), (100, 92), (500, 100), (999, 100), (1_010, 266), (1_060, 297), (1_299, 101), (1_400, 74)]
            as [(Int, Int32)])
    func event(_ second: Int, _ expected: Int32) {
        var index = GasIndex(.volatileOrganicCompounds)
        var value: Int32 = 0
        for now in 0...second { value = index.process(raw: (1_000..<1_300).contains(now) ? 27_000 : 30_000) }
        #expect(abs(value - expected) <= 1)
    }

    @Test("nothing that a sensor can say stops it or leaves 0 to 500")
    func anySignal() {
        for gas in [GasIndex.Gas.volatileOrganicCompounds, .nitrogenOxides] {
            var index = GasIndex(gas)
            var noise = Noise(seed: 3)
            for second in 0..<30_000 {
                var raw = UInt16(truncatingIfNeeded: noise.next() >> 40)
                if second % 4_000 > 2_000 { raw = raw & 1 == 0 ? 0 : 0xFFFF }
                if second % 9_000 > 8_000 { raw = raw & 1 == 0 ? 1 : 64_999 }
                let value = index.process(raw: raw)
                #expect((0...500).contains(value))
            }
        }
    }

    @Test("fixed point: products, quotients and roots are the nearest", arguments: 0..<400)
    func arithmetic(_ seed: UInt64) {
        var noise = Noise(seed: seed + 1)
        let left = Fix16(raw: Int32(truncatingIfNeeded: noise.next() >> 40))
        let right = Fix16(raw: Int32(truncatingIfNeeded: noise.next() >> 42) | 1)
        let exactProduct = Double(left.raw) * Double(right.raw) / 65_536
        if abs(exactProduct) < 2_147_483_000 { #expect(abs(Double((left * right).raw) - exactProduct) <= 0.5) }
        let exactQuotient = Double(left.raw) / Double(right.raw) * 65_536
        if abs(exactQuotient) < 2_147_483_000 {
            #expect(abs(Double((left / right).raw) - exactQuotient) <= 0.500_001)
        }
        let root = Fix16(raw: abs(left.raw)).squareRoot
        #expect(abs(Double(root.raw) - (Double(abs(left.raw)) * 65_536).squareRoot()) <= 0.500_001)
    }
}
