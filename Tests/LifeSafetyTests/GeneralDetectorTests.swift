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

    @Test(
        "Rate: a change within the window fires, the same change over two windows does not",
        arguments: [
            (RateDetector.Direction.rising, 20.0, true), (.rising, 9, false), (.falling, 20, true),
            (.falling, 9, false),
        ])
    func rate(direction: RateDetector.Direction, perMinute: Double, fires: Bool) {
        let bench = TestBench(
            .rate(
                .init(source: PointIndex(0), direction: direction, alarmChange: 100, window: .minutes(10))))
        bench.hold(1_000, for: .minutes(20))
        let sign = direction == .rising ? 1.0 : -1.0
        let alarmAt = bench.feed(for: .minutes(60)) { 1_000 + Int32(sign * $0 / 60 * perMinute) }
        #expect((alarmAt != nil) == fires)
    }

    @Test("Rate: what happened before a gap is forgotten")
    func rateGap() {
        let bench = TestBench(
            .rate(.init(source: PointIndex(0), direction: .rising, alarmChange: 100, window: .minutes(10))))
        bench.hold(0, for: .minutes(5))
        bench.read(0, .missing)
        bench.hold(500, for: .minutes(5))
        #expect(bench.state() == .normal)
    }

    @Test(
        "Count: three starts in ten minutes are too many, three in half an hour are not",
        arguments: [
            (4, true), (10, false),
        ] as [(Int64, Bool)])
    func tooMany(minutesApart: Int64, fires: Bool) {
        let bench = TestBench(
            .counting(.init(source: PointIndex(0), side: .tooMany, count: 3, window: .minutes(10))))
        bench.read(0)
        for _ in 0..<3 {
            bench.read(1)
            bench.run(for: .minutes(minutesApart))
            bench.read(0)
        }
        #expect(bench.log.contains { $0.to == .alarm } == fires)
    }

    @Test("Count: a patrol that comes every hour is enough, one that stops is missed within the window")
    func tooFew() {
        let bench = TestBench(.counting(.init(source: PointIndex(0), side: .tooFew, count: 1, window: .hours(2))))
        bench.read(0)
        for _ in 0..<5 {
            bench.run(for: .hours(1))
            bench.read(1)
            bench.read(0)
        }
        #expect(bench.state() == .normal)
        bench.run(for: .minutes(119))
        #expect(bench.state() == .normal)
        bench.run(for: .minutes(1))
        #expect(bench.state() == .alarm)
    }

    /// A cover that lies flat and is turned by some degrees about x, sampled at 20 Hz.
    static func tilt(_ bench: TestBench, degrees: Double, for seconds: Int, shake: Int16 = 0) {
        let radians = degrees / 180 * 3.14159265358979
        let y = Int16((1_000 * sine(radians)).rounded())
        let z = Int16((1_000 * cosine(radians)).rounded())
        for second in 0..<(seconds * 2) {
            let samples = (0..<10).map { index in
                AccelerationSample(x: index % 2 == 0 ? shake : -shake, y: y, z: z)
            }
            _ = second
            bench.run(for: .milliseconds(500))
            bench.monitor.receive(
                samples: samples.span, lastAt: bench.now, interval: .milliseconds(50), ofPoint: PointIndex(0),
                into: &bench.output)
            bench.collect()
        }
    }

    static func sine(_ x: Double) -> Double { x - x * x * x / 6 + x * x * x * x * x / 120 }
    static func cosine(_ x: Double) -> Double { 1 - x * x / 2 + x * x * x * x / 24 - x * x * x * x * x * x / 720 }

    @Test(
        "Tilt: a cover within 13 degrees is closed, beyond 17 it is open",
        arguments: [
            (13.0, false), (17, true), (-17, true), (80, true),
        ])
    func tilt(degrees: Double, fires: Bool) {
        let bench = TestBench(.tilt(.init(source: PointIndex(0), limitDegrees: 15)))
        Self.tilt(bench, degrees: 0, for: 5)
        Self.tilt(bench, degrees: degrees, for: 12)
        #expect(bench.state().isAlarm == fires)
    }

    @Test("Tilt: a short knock is no tilt; vibration is an alarm of its own where it is asked for")
    func knock() {
        let bench = TestBench(
            .tilt(.init(source: PointIndex(0), limitDegrees: 15)),
            .tilt(.init(source: PointIndex(0), limitDegrees: 15, vibrationLimit: 200)))
        Self.tilt(bench, degrees: 0, for: 5)
        Self.tilt(bench, degrees: 0, for: 3, shake: 400)
        #expect(!bench.state(0).isAlarm)
        #expect(bench.state(1) == .alarm)
        #expect(bench.monitor.status(of: DetectorIndex(1)).cause == .moved)
        Self.tilt(bench, degrees: 40, for: 3)
        Self.tilt(bench, degrees: 0, for: 10)
        #expect(!bench.state(0).isAlarm)
    }

    @Test("Degrees and cosines agree with one another all the way round")
    func degreesOfCosines() {
        for angle in UInt8(0)...90 {
            #expect(degrees(ofCosine: cosineOfAngle(degrees: angle)) == Int32(angle))
            #expect(degrees(ofCosine: -cosineOfAngle(degrees: angle)) == 180 - Int32(angle))
        }
        #expect(degrees(ofCosine: cosineOfAngle(degrees: 30) - 1) == 30)
        #expect(degrees(ofCosine: -cosineOfAngle(degrees: 30) + 1) == 149)
    }
}
