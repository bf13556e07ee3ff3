import DeviceModels
import Drivers
import HardwareInterface
import Testing

@Suite struct ADS1115Tests {
    /// TI SBAS444E, table 7-3 (codes for input voltages) and section 7.3.3 (size of a code for each range).
    @Test(
        "codes become microvolts, to the nearest",
        arguments: [
            (0x7FFF, ADS1115.FullScale.millivolts2048, 2_047_938), (0x0001, .millivolts2048, 63),
            (0x0000, .millivolts2048, 0), (-1, .millivolts2048, -63), (-0x8000, .millivolts2048, -2_048_000),
            (2, .millivolts6144, 375), (1, .millivolts6144, 188), (8, .millivolts4096, 1_000),
            (0x4000, .millivolts256, 128_000), (-3, .millivolts1024, -94), (64, .millivolts512, 1_000),
        ] as [(Int, ADS1115.FullScale, Int32)])
    func scaling(_ code: Int, _ fullScale: ADS1115.FullScale, _ microvolts: Int32) {
        #expect(ADS1115.microvolts(code: Int16(code), fullScale: fullScale) == microvolts)
    }

    private func bench(
        _ configuration: ADS1115.Configuration, _ world: [(Quantity, Int32)]
    ) -> SensorBench {
        var device = DeviceModel(address: configuration.address, .ads1115(ADS1115Model()))
        for (quantity, value) in world { device.set(quantity, to: value) }
        return SensorBench(Sensor(configuration), device)
    }

    @Test("only the inputs that are configured are measured")
    func subset() {
        let bench = bench(ADS1115.Configuration(singleEnded: 0b0101), [(.input0, 100_000), (.input2, 200_000)])
        bench.run(for: .seconds(5))
        #expect(Set(bench.readings.map(\.channel)) == [0, 2])
        #expect(bench.readings(of: 2).last?.value == 200_000)
    }

    @Test("differential inputs with ranges of their own")
    func differential() {
        var configuration = ADS1115.Configuration(singleEnded: 0)
        configuration.inputs[0] = ADS1115.Input(.input0MinusInput1, .millivolts256)
        configuration.inputs[1] = ADS1115.Input(.input2MinusInput3, .millivolts1024)
        configuration.inputs[2] = ADS1115.Input(.input1MinusInput3, .millivolts4096)
        configuration.inputs[3] = ADS1115.Input(.input0MinusInput3, .millivolts4096)
        #expect(ADS1115.problem(in: configuration) == nil)
        let world: [(Quantity, Int32)] = [(.input0, 1_000_000), (.input1, 1_100_000), (.input2, 500_000), (.input3, 0)]
        let bench = bench(configuration, world)
        bench.run(for: .seconds(3))
        let last = (0..<4).map { bench.readings(of: $0).last?.value }
        #expect(last == [-100_000, 500_000, 1_100_000, 1_000_000])
    }

    @Test(
        "what the range cannot hold is out of range",
        arguments: [(5_000_000, Quality.outOfRange), (-200_000, .outOfRange), (-2_000, .good), (4_000_000, .good)]
            as [(Int32, Quality)])
    func clipping(_ microvolts: Int32, _ quality: Quality) {
        let bench = bench(ADS1115.Configuration(singleEnded: 1), [(.input0, microvolts)])
        bench.run(for: .seconds(3))
        #expect(bench.readings(of: 0).last?.quality == quality)
        #expect(bench.sensor.health == .working)
    }

    @Test("voltages anywhere in any range pass the proof", arguments: ADS1115.FullScale.allCases)
    func proofHasNoFalseAlarm(_ fullScale: ADS1115.FullScale) {
        let steps: [Int64] = [-100, -80, -41, -3, -1, 0, 1, 2, 10, 33, 49, 50, 51, 66, 79, 81, 99, 100, 120]
        for percent in steps {
            var configuration = ADS1115.Configuration(singleEnded: 0, proofInterval: .seconds(1))
            configuration.inputs[0] = ADS1115.Input(.input0MinusInput1, fullScale)
            let bench = bench(configuration, [(.input0, Int32(fullScale.microvolts * percent / 100))])
            bench.run(for: .seconds(10))
            #expect(bench.healthChanges == [.working], "\(percent) % of \(fullScale)")
        }
    }

    @Test("a voltage that jumps between two conversions is not taken for a dead converter")
    func proofBearsJumps() {
        let bench = bench(ADS1115.Configuration(singleEnded: 1, proofInterval: .seconds(1)), [(.input0, 1_000_000)])
        for step in 0..<50 {
            bench.device.set(.input0, to: step % 2 == 0 ? 3_000_000 : 500_000)
            bench.run(for: .milliseconds(997))
        }
        #expect(bench.healthChanges == [.working])
    }

    @Test("bad configurations are refused with what would be right")
    func problems() {
        #expect(ADS1115.problem(in: ADS1115.Configuration()) == nil)
        #expect(ADS1115.problem(in: ADS1115.Configuration(address: 0x4C)) != nil)
        #expect(ADS1115.problem(in: ADS1115.Configuration(singleEnded: 0)) != nil)
        #expect(ADS1115.problem(in: ADS1115.Configuration(interval: .milliseconds(20))) != nil)
    }
}
