import FixedMemory
import HardwareInterface
import Testing

@testable import DeviceModels
@testable import Drivers

@Suite struct MCP23017Tests {
    private func bench(
        outputs: UInt16 = 0x80F0, initialLevels: UInt16 = 0x0050, inverted: UInt16 = 0, pins: Int32 = 0
    ) -> SensorBench {
        var device = DeviceModel(address: 0x20, .mcp23017(MCP23017Model()))
        device.set(.pins, to: pins)
        let configuration = MCP23017.Configuration(
            outputs: outputs, initialLevels: initialLevels, pullUps: 0, invertedInputs: inverted)
        #expect(MCP23017.problem(in: configuration) == nil)
        return SensorBench(Sensor(configuration), device)
    }

    private func expect(_ wasSet: Bool, _ expected: Bool) { #expect(wasSet == expected) }

    @Test("outputs are at their levels before their pins become outputs")
    func noGlitch() {
        let bench = bench()
        bench.tamper = { _, outcome, bytes in
            if let driven = bench.device.drivenPins, driven.outputs != 0 {
                #expect(driven.outputs == 0x80F0)
                #expect(driven.levels == 0x0050)
            }
            return (outcome, bytes)
        }
        bench.run(for: .seconds(1))
        #expect(bench.device.drivenPins?.levels == 0x0050)
        #expect(bench.sensor.health == .working)
    }

    @Test("an output is written with the next request, not with the next cycle")
    func writesAtOnce() {
        let bench = bench()
        bench.run(for: .milliseconds(1_020))
        expect(bench.sensor.setOutput(7, isHigh: true, at: bench.now), true)
        #expect(bench.sensor.deadline <= bench.now)
        bench.run(for: .milliseconds(1))
        #expect(bench.device.drivenPins?.levels == 0x00D0)
        // Many changes do not slow the cycle down afterwards.
        for step in 0..<50 {
            expect(bench.sensor.setOutput(7, isHigh: step % 2 == 0, at: bench.now), true)
            bench.run(for: .milliseconds(2))
        }
        bench.forget()
        bench.run(for: .seconds(1))
        #expect((9...11).contains(bench.readings(of: 0).count))
        #expect(bench.device.drivenPins?.levels == 0x0050)
    }

    @Test("only outputs can be set")
    func refusesInputs() {
        let bench = bench()
        bench.run(for: .seconds(1))
        expect(bench.sensor.setOutput(0, isHigh: true, at: bench.now), false)
        expect(bench.sensor.setOutput(16, isHigh: true, at: bench.now), false)
        expect(bench.sensor.setOutput(4, isHigh: false, at: bench.now), true)
        var other = Sensor(SHT4x.Configuration())
        expect(other.setOutput(4, isHigh: true, at: bench.now), false)
    }

    @Test("a brown-out drops the outputs for one interval at the most")
    func restoresOutputs() {
        let bench = bench()
        bench.run(for: .seconds(1))
        expect(bench.sensor.setOutput(15, isHigh: true, at: bench.now), true)
        bench.run(for: .milliseconds(50))
        bench.device.powerOn(at: bench.now)
        #expect(bench.device.drivenPins?.outputs == 0)
        bench.run(for: .milliseconds(110))
        #expect(bench.device.drivenPins?.levels == 0x8050)
        #expect(bench.healthChanges.contains(.faulty(.unexpectedReset)))
    }

    @Test("an output that cannot move its pin is faulty, and only that one")
    func shortedOutput() {
        let bench = bench(pins: 0)
        bench.run(for: .seconds(1))
        bench.device.short(pins: 0x0010)
        bench.forget()
        bench.run(for: .seconds(1))
        #expect(bench.readings(of: 4).last?.quality == .faulty)
        for channel in UInt8(0)..<16 where channel != 4 {
            #expect(bench.readings(of: channel).last?.quality == .good)
        }
        bench.device.short(pins: 0)
        bench.run(for: .milliseconds(200))
        #expect(bench.readings(of: 4).last?.quality == .good)
    }

    @Test("inverted inputs are active when low")
    func inversion() {
        let bench = bench(inverted: 0x0005, pins: 0x0003)
        bench.run(for: .seconds(1))
        let states = (UInt8(0)..<4).map { bench.readings(of: $0).last?.value }
        #expect(states == [0, 1, 1, 0])
    }

    @Test("inputs that change during the proof are not taken for dead ones")
    func proofBearsChanges() {
        let bench = bench()
        for step in 0..<3_000 {
            bench.device.set(.pins, to: Int32(step * 7 & 0x0F0F))
            bench.run(for: .microseconds(61_700))
        }
        #expect(bench.healthChanges == [.working])
    }

    @Test("a chip left with its other register order is brought back")
    func banked() {
        var model = MCP23017Model()
        var sink = FixedBytes<8>()
        let bank: [UInt8] = [0x0A, 0x80]
        _ = model.transact(write: bank.span, read: 0, into: &sink, at: .start)
        let bench = SensorBench(
            Sensor(MCP23017.Configuration()), DeviceModel(address: 0x20, .mcp23017(model)), powersOn: false)
        bench.run(for: .seconds(1))
        #expect(bench.sensor.health == .working)
    }

    @Test("bad configurations are refused with what would be right")
    func problems() {
        #expect(MCP23017.problem(in: MCP23017.Configuration()) == nil)
        #expect(MCP23017.problem(in: MCP23017.Configuration(address: 0x28)) != nil)
        #expect(MCP23017.problem(in: MCP23017.Configuration(outputs: 0x0080)) != nil)
        #expect(MCP23017.problem(in: MCP23017.Configuration(initialLevels: 1)) != nil)
        #expect(MCP23017.problem(in: MCP23017.Configuration(pullUps: 0x8000)) != nil)
    }
}
