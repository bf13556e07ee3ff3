import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Leak detector")
struct LeakDetectorTests {
    /// A rope with a 10 kΩ end-of-line resistor under a 10 kΩ pull-up at 3.3 V: dry 1.65 V, wet lower, open 3.3 V.
    static let rope = LeakDetector.Configuration(
        source: PointIndex(0), wetLimit: 1_200_000, openLimit: 3_000_000, shortLimit: 60_000)
    /// The same divider upside down: wet reads higher.
    static let inverted = LeakDetector.Configuration(
        source: PointIndex(0), wetLimit: 2_100_000, openLimit: 300_000, shortLimit: 3_240_000)

    @Test(
        "Each window of the circuit means one thing, whichever way the divider is wired",
        arguments: [
            (rope, 1_650_000, AlarmState.normal, TroubleReason.none), (rope, 1_200_001, .normal, .none),
            (rope, 1_200_000, .alarm, .none), (rope, 60_000, .alarm, .shortCircuit),
            (rope, 3_000_000, .trouble, .openCircuit), (rope, 2_999_999, .normal, .none),
            (inverted, 1_650_000, .normal, .none), (inverted, 2_100_000, .alarm, .none),
            (inverted, 3_240_000, .alarm, .shortCircuit), (inverted, 300_000, .trouble, .openCircuit),
        ] as [(LeakDetector.Configuration, Int32, AlarmState, TroubleReason)])
    func windows(configuration: LeakDetector.Configuration, value: Int32, state: AlarmState, trouble: TroubleReason) {
        let bench = TestBench(.leak(configuration))
        bench.hold(value, for: .seconds(5))
        #expect(bench.state() == state)
        #expect(bench.trouble() == trouble)
    }

    @Test("A drop that is gone within the delay is no leak; one that stays is", arguments: [(2, false), (4, true)])
    func delay(wetSeconds: Int64, fires: Bool) {
        let bench = TestBench(.leak(Self.rope))
        bench.hold(1_650_000, for: .seconds(10))
        bench.hold(500_000, for: .seconds(wetSeconds))
        bench.hold(1_650_000, for: .seconds(10))
        #expect(bench.state() == (fires ? .alarm : .normal))
    }

    @Test("A rope cut after it got wet stays in alarm")
    func cutWhileWet() {
        let bench = TestBench(.leak(Self.rope))
        bench.hold(500_000, for: .seconds(5))
        bench.hold(3_300_000, for: .minutes(5))
        #expect(bench.state() == .alarm)
        #expect(bench.trouble() == .openCircuit)
    }
}
