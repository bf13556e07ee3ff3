import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("General detectors")
struct GeneralDetectorTests {
    @Test(
        "Threshold: limits, hysteresis and delays on both sides",
        arguments: [
            // side, readings of one second each, seconds until the alarm or nil
            (ThresholdDetector.Side.above, [99, 99, 99, 99, 99, 99, 99, 99], nil),
            (.above, [100, 100, 100, 100, 100, 100, 100, 100], 3.0),
            (.above, [100, 100, 99, 100, 100, 100, 100, 100], 6.0),
            (.below, [101, 101, 101, 101, 101, 101], nil),
            (.below, [100, 100, 100, 100, 100, 100], 3.0),
        ] as [(ThresholdDetector.Side, [Int32], Double?)])
    func threshold(side: ThresholdDetector.Side, readings: [Int32], expected: Double?) {
        let bench = TestBench(
            .threshold(
                .init(
                    source: PointIndex(0), side: side, alarmLimit: 100, hysteresis: 0, onDelay: .seconds(3),
                    maximumAge: .seconds(5))))
        let alarmAt = bench.feed(for: .seconds(Int64(readings.count))) { readings[Int($0)] }
        #expect(alarmAt == expected)
    }

    @Test("Threshold: the condition ends only beyond the hysteresis, and after the delay")
    func hysteresis() {
        let bench = TestBench(
            [
                DetectorConfiguration(
                    .threshold(
                        .init(
                            source: PointIndex(0), side: .above, alarmLimit: 100, hysteresis: 10, offDelay: .seconds(2))
                    ),
                    latches: false)
            ])
        bench.hold(100, for: .seconds(1))
        #expect(bench.state() == .alarm)
        bench.hold(90, for: .seconds(20))
        #expect(bench.state() == .alarm)
        bench.hold(89, for: .seconds(1))
        #expect(bench.state() == .alarm)
        bench.hold(89, for: .seconds(2))
        #expect(bench.state() == .normal)
    }

    @Test("Threshold: extreme values do not overflow")
    func extremes() {
        let bench = TestBench(
            .threshold(
                .init(source: PointIndex(0), side: .below, alarmLimit: .max, hysteresis: .max)))
        bench.read(.min)
        #expect(bench.state() == .alarm)
    }

    @Test("State: a value other than 0 and 1 is a trouble, not a state")
    func stateRange() {
        let bench = TestBench(.state(.init(source: PointIndex(0))))
        bench.read(2)
        #expect(bench.trouble() == .outOfRange)
    }

    @Test("State: a button that was pressed stays an alarm until reset, even if let go at once")
    func heldState() {
        let bench = TestBench(.state(.init(source: PointIndex(0), holds: true, cause: .callForHelp)))
        bench.read(0)
        bench.read(1)
        bench.read(0)
        #expect(bench.state() == .alarm)
        #expect(bench.acknowledge() == .done)
        #expect(bench.state() == .acknowledged)
        #expect(bench.reset() == .done)
        #expect(bench.state() == .normal)
    }

    @Test("State: the delay passes without a further reading")
    func stateDelay() {
        let bench = TestBench(.state(.init(source: PointIndex(0), onDelay: .seconds(30))))
        bench.read(1)
        bench.run(for: .seconds(29))
        #expect(bench.state() == .normal)
        bench.run(for: .seconds(1))
        #expect(bench.state() == .alarm)
    }
}
