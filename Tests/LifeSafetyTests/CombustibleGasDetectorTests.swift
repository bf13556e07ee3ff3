import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Combustible gas detector (EN 50194-1)")
struct CombustibleGasDetectorTests {
    static let configuration = CombustibleGasDetector.Configuration(source: PointIndex(0), warmUp: .minutes(3))

    static func warmBench(_ configuration: CombustibleGasDetector.Configuration = configuration) -> TestBench {
        let bench = TestBench(.combustibleGas(configuration))
        bench.hold(0, for: .minutes(4))
        return bench
    }

    @Test(
        "Alarm at 10 % LEL and pre-alarm at 5 %, on both sides of the limits",
        arguments: [
            (499, AlarmState.normal), (500, .preAlarm), (999, .preAlarm), (1_000, .alarm),
        ] as [(Int32, AlarmState)])
    func limits(value: Int32, expected: AlarmState) {
        let bench = Self.warmBench()
        bench.hold(value, for: .seconds(20))
        #expect(bench.state() == expected)
    }

    /// GB 15322.2-2019 4.3 tests with gas that rises by 1 % LEL a minute; EN 50194-1 wants the set point within 3 to 20 %.
    @Test("Slowly rising gas: the alarm comes between 3 % and 20 % LEL")
    func risingGas() {
        let bench = Self.warmBench()
        let alarmAt = bench.feed(for: .minutes(30)) { Int32($0 / 60 * 100) } ?? .infinity
        #expect(alarmAt / 60 >= 3 && alarmAt / 60 <= 20)
    }

    @Test("While it warms up it is in trouble and raises no alarm, whatever it reads")
    func warmUp() {
        let bench = TestBench(.combustibleGas(Self.configuration))
        bench.hold(4_000, for: .seconds(170))
        #expect(bench.state() == .trouble)
        #expect(bench.trouble() == .starting)
        bench.hold(4_000, for: .seconds(20))
        #expect(bench.state() == .alarm)
    }

    @Test("After it was unplugged it warms up again")
    func warmsUpAgain() {
        let bench = Self.warmBench()
        #expect(bench.state() == .normal)
        bench.read(0, .missing)
        bench.hold(2_000, for: .seconds(60))
        #expect(bench.trouble() == .starting)
    }

    @Test(
        "A zero that stays too low for ten minutes is a poisoned element, and one that recovers is not",
        arguments: [
            (540, TroubleReason.none), (700, .poisoned),
        ] as [(Int64, TroubleReason)])
    func poisoned(seconds: Int64, expected: TroubleReason) {
        let bench = Self.warmBench()
        bench.hold(-350, for: .seconds(seconds))
        bench.hold(-100, for: .seconds(30))
        #expect(bench.trouble() == expected)
    }

    @Test("A value that never changes is a stuck element")
    func frozen() {
        var configuration = Self.configuration
        configuration.frozenAfter = .hours(24)
        let bench = TestBench(.combustibleGas(configuration))
        bench.hold(12, for: .hours(23), every: .seconds(20))
        #expect(bench.trouble() == .none)
        bench.hold(12, for: .hours(2), every: .seconds(20))
        #expect(bench.trouble() == .faulty)
        bench.hold(13, for: .seconds(20), every: .seconds(20))
        #expect(bench.trouble() == .none)
    }

    @Test("Saturation is alarm and trouble together")
    func saturated() {
        let bench = Self.warmBench()
        bench.hold(20_000, for: .seconds(20))
        #expect(bench.state() == .alarm)
        #expect(bench.trouble() == .outOfRange)
    }

    @Test("Beyond its point's range it is alarm and trouble at the upper end, only a trouble at the lower")
    func beyondThePoint() {
        for (value, state) in [(4_000, AlarmState.alarm), (-500, .trouble)] {
            let bench = Self.warmBench()
            for _ in 0..<20 {
                bench.read(Int32(value), .outOfRange)
                bench.run(for: .seconds(1))
            }
            #expect(bench.state() == state, "\(value)")
            #expect(bench.trouble() == .outOfRange, "\(value)")
        }
    }

    @Test("A spray can in front of it for three seconds is no alarm")
    func spray() {
        let bench = Self.warmBench()
        bench.hold(3_000, for: .seconds(3))
        bench.hold(0, for: .minutes(1))
        #expect(bench.log.allSatisfy { !$0.to.isAlarm })
    }
}
