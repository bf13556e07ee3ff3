import DeviceModels
import HardwareInterface
import Testing

@testable import Drivers

@Suite struct BH1750Tests {
    /// Rohm 11046EDT01: 0x8390 is 28067 lx; a count is 1/1.2 lx at 69, in inverse proportion to the measuring time.
    @Test(
        "counts become millilux",
        arguments: [
            (0x8390, 69, 28_066_667), (0, 69, 0), (1, 69, 833), (0xFFFF, 69, 54_612_500), (0xFFFF, 31, 121_556_855),
            (1, 254, 226), (12, 138, 5_000),
        ] as [(UInt16, UInt8, Int32)])
    func scaling(_ count: UInt16, _ time: UInt8, _ expected: Int32) {
        #expect(BH1750.millilux(count: count, time: time) == expected)
    }

    private func bench(_ millilux: Int32) -> SensorBench {
        var device = DeviceModel(address: 0x23, .bh1750(BH1750Model()))
        device.set(.light, to: millilux)
        return SensorBench(Sensor(BH1750.Configuration()), device)
    }

    @Test(
        "from darkness to full sun, without a false alarm of the proof",
        arguments: [0, 300, 1_000, 15_000, 400_000, 20_000_000, 54_000_000, 80_000_000, 115_000_000] as [Int32])
    func range(_ millilux: Int32) {
        let bench = bench(millilux)
        bench.run(for: .minutes(5))
        #expect(bench.healthChanges == [.working])
        let wrong = bench.readings(of: 0).dropFirst().first {
            $0.quality != .good || abs($0.value - millilux) > max(1_900, millilux / 1_000)
        }
        #expect(wrong == nil)
    }

    @Test("brighter than the sun is a dead line")
    func deadLine() {
        let bench = bench(200_000_000)
        bench.run(for: .seconds(10))
        #expect(bench.sensor.health == .faulty(.implausible))
        #expect(bench.qualities.isDisjoint(with: [.good]))
    }

    @Test("light that is switched on and off is not taken for a dead converter")
    func switchedLight() {
        let bench = bench(300_000)
        for step in 0..<600 {
            bench.device.set(.light, to: step % 7 < 3 ? 300_000 : 2_000)
            bench.run(for: .milliseconds(690))
        }
        #expect(bench.healthChanges == [.working])
    }

    @Test("a line of random bytes is noticed by the proof at the latest")
    func nonsense() {
        let bench = bench(300_000)
        bench.run(for: .seconds(5))
        bench.device.faults.distortion = .nonsense
        bench.run(for: .minutes(3))
        #expect(bench.healthChanges.contains { if case .faulty = $0 { true } else { false } })
    }
}
