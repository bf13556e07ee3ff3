import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Water: flow and valve")
struct WaterTests {
    /// Pulses (one a litre) as a running count, fed once a minute.
    static func feed(_ bench: TestBench, minutes: Int, _ litres: (Int) -> Int) -> Int? {
        var count: Int32 = 0
        var alarmAt: Int?
        for minute in 0..<minutes {
            count += Int32(litres(minute))
            bench.read(count)
            if alarmAt == nil && bench.state() == .alarm { alarmAt = minute }
            bench.run(for: .minutes(1))
        }
        return alarmAt
    }

    static func bench(_ change: (inout FlowDetector.Configuration) -> Void = { _ in }) -> TestBench {
        var configuration = FlowDetector.Configuration(source: PointIndex(0), nightLitres: 0)
        change(&configuration)
        return TestBench(.flow(configuration))
    }

    @Test(
        "Burst: 100 litres in five minutes fire, a bath that fills at 15 l/min does not",
        arguments: [
            (15, false), (25, true), (60, true),
        ])
    func burst(litresPerMinute: Int, fires: Bool) {
        let bench = Self.bench()
        let alarmAt = Self.feed(bench, minutes: 30) { $0 < 5 ? 0 : litresPerMinute }
        #expect((alarmAt != nil) == fires)
        if fires { #expect(alarmAt! <= 10) }
    }

    @Test("A drip of a litre every half hour fires after a day, a house that rests at night never does")
    func continuous() {
        let drip = Self.bench()
        let alarmAt = Self.feed(drip, minutes: 3 * 1_440) { $0 % 30 == 0 ? 1 : 0 }
        #expect(alarmAt != nil && alarmAt! >= 1_380 && alarmAt! <= 1_500)
        let house = Self.bench()
        let never = Self.feed(house, minutes: 7 * 1_440) { minute in
            let hour = minute / 60 % 24
            return hour >= 6 && hour < 23 && minute % 20 == 0 ? 6 : 0
        }
        #expect(never == nil)
    }

    @Test("Night use fires on the litre, and needs a clock to be believed")
    func night() {
        let bench = Self.bench { $0.nightLitres = 20 }
        bench.read(0)
        #expect(bench.trouble() == .clockUntrusted)
        bench.setClock(secondOfDay: 0)
        bench.read(0)
        #expect(bench.trouble() == .none)
        // Two flushes in the night are no loss; a running tap is.
        #expect(Self.feed(bench, minutes: 1_440) { $0 == 150 || $0 == 240 ? 9 : 0 } == nil)
        let second = Self.bench { $0.nightLitres = 20 }
        second.setClock(secondOfDay: 0)
        #expect(Self.feed(second, minutes: 300) { $0 > 90 && $0 < 120 ? 1 : 0 } == 110)
    }

    @Test("While nobody is there three litres are an alarm")
    func away() {
        let bench = Self.bench()
        bench.read(0)
        #expect(bench.perform(.away(until: bench.now + .hours(48))) == .done)
        #expect(Self.feed(bench, minutes: 600) { $0 % 200 == 0 ? 1 : 0 } == 400)
        #expect(bench.acknowledge() == .done)
    }

    @Test("A counter that starts anew is no flow")
    func counterRestarts() {
        let bench = Self.bench()
        bench.read(1_000_000)
        bench.run(for: .minutes(1))
        bench.read(3)
        bench.run(for: .minutes(1))
        bench.read(3)
        #expect(bench.state() == .normal)
    }

    static let valve = ValveSupervisor.Configuration(feedback: PointIndex(0), travelTime: .seconds(10), attempts: 3)

    @Test("A valve that shuts is driven on and raises nothing")
    func valveShuts() {
        let bench = TestBench(.valve(Self.valve))
        bench.read(0)
        #expect(bench.perform(.shut) == .done)
        #expect(bench.isValveDriven)
        bench.run(for: .seconds(12))
        bench.read(1)
        bench.run(for: .hours(1))
        #expect(bench.state() == .normal)
        #expect(bench.isValveDriven)
        #expect(bench.perform(.open) == .done)
        #expect(!bench.isValveDriven)
    }

    @Test("A valve that does not shut is tried three times, then it is an alarm and stays driven")
    func valveFails() {
        let bench = TestBench(.valve(Self.valve))
        bench.read(0)
        _ = bench.perform(.shut)
        var changes: [Bool] = []
        for _ in 0..<90 {
            bench.run(for: .seconds(1))
            let isDriven = bench.isValveDriven
            if changes.last != isDriven { changes.append(isDriven) }
        }
        #expect(changes == [true, false, true, false, true])
        #expect(bench.state() == .alarm)
    }

    @Test("A valve that comes open again is shut again")
    func valveReopens() {
        let bench = TestBench(.valve(Self.valve))
        bench.read(0)
        _ = bench.perform(.shut)
        bench.run(for: .seconds(5))
        bench.read(1)
        bench.run(for: .hours(1))
        bench.read(0)
        bench.run(for: .seconds(90))
        #expect(bench.state() == .alarm)
        bench.read(1)
        #expect(bench.acknowledge() == .done)
        #expect(bench.state() == .restored)
    }

    @Test("An end switch that says shut while the valve is open is a trouble")
    func contradiction() {
        let bench = TestBench(.valve(Self.valve))
        bench.read(1)
        #expect(bench.trouble() == .noFeedback)
        _ = bench.perform(.shut)
        bench.read(1)
        #expect(bench.trouble() == .none)
    }
}
