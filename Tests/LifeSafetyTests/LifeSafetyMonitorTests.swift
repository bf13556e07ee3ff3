import FixedMemory
import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Life-safety monitor")
struct LifeSafetyMonitorTests {
    static let threshold = ThresholdDetector.Configuration(
        source: PointIndex(0), side: .above, alarmLimit: 100, maximumAge: .seconds(10))

    @Test(
        "Every unusable quality is a trouble at once, with its reason",
        arguments: [
            (Quality.starting, TroubleReason.starting), (.stale, .stale), (.outOfRange, .outOfRange),
            (.faulty, .faulty),
            (.missing, .missing),
        ])
    func qualityBecomesTrouble(quality: Quality, reason: TroubleReason) {
        let bench = TestBench(.threshold(Self.threshold))
        bench.read(20)
        #expect(bench.state() == .normal)
        bench.read(20, quality)
        #expect(bench.state() == .trouble)
        #expect(bench.trouble() == reason)
        bench.read(20)
        #expect(bench.state() == .normal)
    }

    @Test("Readings that stop coming are a trouble when the value is too old, and not before")
    func staleness() {
        let bench = TestBench(.threshold(Self.threshold))
        bench.read(20)
        bench.run(for: .milliseconds(9_999))
        #expect(bench.state() == .normal)
        bench.run(for: .milliseconds(1))
        #expect(bench.trouble() == .stale)
    }

    @Test("A source that never spoke is missing after its time")
    func neverHeard() {
        let bench = TestBench(.threshold(Self.threshold))
        #expect(bench.trouble() == .starting)
        bench.run(for: .seconds(10))
        #expect(bench.trouble() == .missing)
        #expect(bench.state() == .trouble)
    }

    @Test("A sensor that warms up for long is starting, not missing, as long as it says so")
    func warmUp() {
        let bench = TestBench(.threshold(Self.threshold))
        for _ in 0..<60 {
            bench.read(0, .starting)
            bench.run(for: .seconds(5))
        }
        #expect(bench.trouble() == .starting)
    }

    @Test("An alarm stays an alarm when its sensor is unplugged; the trouble is shown beside it")
    func troubleBesideAlarm() {
        let bench = TestBench(.threshold(Self.threshold))
        bench.read(120)
        #expect(bench.state() == .alarm)
        bench.read(0, .missing)
        #expect(bench.state() == .alarm)
        #expect(bench.trouble() == .missing)
        #expect(bench.log.last?.from == .alarm && bench.log.last?.to == .alarm)
    }

    @Test("One point feeds several detectors, each with its own limits")
    func sharedPoint() {
        var high = Self.threshold
        high.alarmLimit = 200
        let bench = TestBench(.threshold(Self.threshold), .threshold(high))
        bench.read(150)
        #expect(bench.state(0) == .alarm)
        #expect(bench.state(1) == .normal)
    }

    @Test("A transition that finds no room is reported at the next call, and the deadline asks for one")
    func fullOutput() {
        let bench = TestBench(
            [DetectorConfiguration(.threshold(Self.threshold)), DetectorConfiguration(.threshold(Self.threshold))],
            outputCapacity: 1)
        bench.read(150)
        #expect(bench.log.count == 1)
        #expect(bench.monitor.deadline <= bench.now)
        bench.run(for: .zero)
        #expect(bench.log.map(\.to) == [.alarm, .alarm])
        #expect(bench.log.map(\.detector.value) == [0, 1])
    }

    @Test("Points that no detector listens to are ignored")
    func unknownPoint() {
        let bench = TestBench(.threshold(Self.threshold))
        bench.read(150, point: 9_999)
        #expect(bench.log.isEmpty)
    }

    @Test("A detector under test reports each activation and raises no alarm")
    func walkTest() {
        let bench = TestBench(.threshold(Self.threshold))
        bench.read(20)
        #expect(bench.beginTest(for: .minutes(10)) == .done)
        bench.log.removeAll()
        bench.read(150)
        bench.read(20)
        bench.read(150)
        #expect(bench.log.map(\.to) == [.underTest, .underTest, .underTest])
        #expect(bench.log.map(\.condition) == [.alarm, .normal, .alarm])
        #expect(bench.monitor.status(of: DetectorIndex(0)).testActivations == 2)
        #expect(bench.monitor.status(of: DetectorIndex(0)).until == .start + .minutes(10))
        bench.read(20)
        bench.feed(for: .minutes(10)) { _ in 20 }
        #expect(bench.state() == .normal)
        #expect(bench.monitor.status(of: DetectorIndex(0)).testActivations == 2, "kept until the next test")
        #expect(bench.beginTest(for: .minutes(10)) == .done)
        #expect(bench.monitor.status(of: DetectorIndex(0)).testActivations == 0)
    }

    @Test(
        "An alarm of heat at a detector that is not under test ends every test; one of a freezer ends none",
        arguments: [true, false])
    func fireEndsTests(isFire: Bool) {
        var freezer = Self.threshold
        freezer.source = PointIndex(2)
        freezer.maximumAge = .minutes(5)
        var cabinet = Self.threshold
        cabinet.maximumAge = .minutes(5)
        let bench = TestBench(.threshold(cabinet), .heat(.init(source: PointIndex(1))), .threshold(freezer))
        for (point, value) in [(0, 20), (1, 20_000), (2, 20)] as [(UInt16, Int32)] { bench.read(value, point: point) }
        #expect(bench.beginTest(0, for: .minutes(30)) == .done)
        if isFire {
            for _ in 0..<60 {
                bench.read(90_000, point: 1)
                bench.run(for: .seconds(1))
            }
        } else {
            bench.read(150, point: 2)
        }
        #expect(bench.state(isFire ? 1 : 2) == .alarm)
        #expect(bench.state(0) == (isFire ? .normal : .underTest))
    }

    @Test("A detector that is under test itself ends no test, and what is activated when a fire ends it is an alarm")
    func testedDetectorEndsNoTest() {
        let bench = TestBench(.heat(.init(source: PointIndex(0))), .heat(.init(source: PointIndex(1))))
        for point in [0, 1] as [UInt16] { bench.read(20_000, point: point) }
        #expect(bench.beginTest(0, for: .minutes(30)) == .done)
        for _ in 0..<60 {
            bench.read(90_000, point: 0)
            bench.read(20_000, point: 1)
            bench.run(for: .seconds(1))
        }
        #expect(bench.state(0) == .underTest)
        #expect(bench.monitor.status(of: DetectorIndex(0)).testActivations == 1)
        for _ in 0..<60 {
            bench.read(90_000, point: 0)
            bench.read(90_000, point: 1)
            bench.run(for: .seconds(1))
        }
        #expect(bench.state(1) == .alarm)
        #expect(bench.state(0) == .alarm)
    }

    @Test("The self-test runs by itself and finds a limit that the sensor cannot reach")
    func selfTest() {
        var unreachable = Self.threshold
        unreachable.range = ValueRange(0...90)
        let bench = TestBench([DetectorConfiguration(.threshold(unreachable), selfTestInterval: .hours(24))])
        bench.feed(for: .hours(23), every: .seconds(5)) { _ in 20 }
        #expect(bench.state() == .normal)
        bench.feed(for: .hours(2), every: .seconds(5)) { _ in 20 }
        #expect(bench.trouble() == .selfTestFailed)
    }

    @Test("With nothing due, time costs nothing and reports nothing")
    func idle() {
        let bench = TestBench(.threshold(Self.threshold))
        bench.read(20)
        bench.log.removeAll()
        let deadline = bench.monitor.deadline
        bench.monitor.advance(to: bench.now, into: &bench.output)
        #expect(bench.output.count == 0)
        #expect(bench.monitor.deadline >= deadline)
    }
}
