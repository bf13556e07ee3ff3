import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Fall detector")
struct FallDetectorTests {
    static let configuration = FallDetector.Configuration(source: PointIndex(0), cancelButton: PointIndex(1))

    static func bench(_ configuration: FallDetector.Configuration = configuration) -> TestBench {
        let bench = TestBench([
            DetectorConfiguration(.fall(configuration)), DetectorConfiguration(.longLie(of: DetectorIndex(0))),
        ])
        return bench
    }

    /// Turns a sample by the rows of a rotation matrix in 16,384ths.
    struct Mounting: Sendable, CustomTestStringConvertible {
        var name: String
        var rows: [Int]
        var testDescription: String { name }

        func turn(_ sample: AccelerationSample) -> AccelerationSample {
            let axes = [Int(sample.x), Int(sample.y), Int(sample.z)]
            let turned = (0..<3).map { row in
                (0..<3).reduce(0) { $0 + rows[row * 3 + $1] * axes[$1] }
            }
            func rounded(_ value: Int) -> Int16 { Int16((value + (value < 0 ? -8_192 : 8_192)) / 16_384) }
            return AccelerationSample(x: rounded(turned[0]), y: rounded(turned[1]), z: rounded(turned[2]))
        }

        static let asWorn = Mounting(name: "as worn", rows: [16_384, 0, 0, 0, 16_384, 0, 0, 0, 16_384])
        static let all: [Mounting] = [
            asWorn,
            Mounting(name: "upside down", rows: [16_384, 0, 0, 0, -16_384, 0, 0, 0, -16_384]),
            Mounting(name: "on its side", rows: [0, -16_384, 0, 16_384, 0, 0, 0, 0, 16_384]),
            Mounting(name: "axes exchanged", rows: [0, 16_384, 0, 0, 0, 16_384, 16_384, 0, 0]),
            // 45 degrees about z, then 45 degrees about x; and a mean of three axes.
            Mounting(name: "askew", rows: [11_585, -11_585, 0, 8_192, 8_192, -11_585, 8_192, 8_192, 11_585]),
            Mounting(name: "any way", rows: [10_923, -5_461, 10_923, 10_923, 10_923, -5_461, -5_461, 10_923, 10_923]),
        ]
    }

    /// Plays a run of 25 Hz samples at another rate, in bursts, by repeating or picking.
    static func play(
        _ bench: TestBench, rate: Int, seconds: Double, mounting: Mounting = .asWorn,
        _ sample: (Int) -> AccelerationSample
    ) {
        let interval = Interval(nanoseconds: 1_000_000_000 / Int64(rate))
        let burst = max(1, rate / 12)
        var gathered: [AccelerationSample] = []
        for index in 0..<Int(seconds * Double(rate)) {
            gathered.append(mounting.turn(sample(index * 25 / rate)))
            guard gathered.count == burst else { continue }
            bench.run(for: interval * Int64(burst))
            bench.monitor.receive(
                samples: gathered.span, lastAt: bench.now, interval: interval, ofPoint: PointIndex(0),
                into: &bench.output)
            bench.collect()
            gathered.removeAll()
        }
    }

    static func lying(_ number: Int) -> AccelerationSample {
        AccelerationSample(x: 80, y: 60, z: number % 50 < 25 ? 990 : 1_000)
    }

    static func standing(_ number: Int) -> AccelerationSample {
        AccelerationSample(x: number % 8 < 4 ? 20 : -20, y: -1_000, z: 60)
    }

    static func walking(_ number: Int) -> AccelerationSample {
        AccelerationSample(x: number % 12 < 6 ? 90 : -90, y: number % 12 < 6 ? -1_220 : -800, z: 80)
    }

    @Test(
        "A fall is found however the sensor is mounted and at every rate", arguments: Mounting.all,
        [
            20, 25, 50, 100, 200,
        ])
    func found(mounting: Mounting, rate: Int) {
        let bench = Self.bench()
        Self.play(bench, rate: rate, seconds: 8, mounting: mounting, SyntheticFall.sample)
        #expect(bench.state() == .preAlarm)
    }

    @Test("The decision comes within 3.5 seconds of the impact, and the alarm when the cancel window is over")
    func boundedTime() {
        let bench = Self.bench()
        Self.play(bench, rate: 200, seconds: 30) { $0 < 200 ? SyntheticFall.sample($0) : Self.lying($0) }
        let impact = Instant.start + .milliseconds(109 * 40)
        let decision = bench.log.first { $0.to == .preAlarm }
        let alarm = bench.log.first { $0.detector.value == 0 && $0.to == .alarm }
        #expect(decision != nil && decision!.at - impact <= .milliseconds(3_500))
        #expect(alarm != nil && alarm!.at - decision!.at <= .milliseconds(20_100))
        #expect(alarm?.cause == .fall)
    }

    /// The bins at which impacts are found where those given are as hard as given, and all others are rest.
    static func impacts(_ hard: [Int: Int16]) -> [Int64] {
        var frontEnd = FallFrontEnd()
        var found: [Int64] = []
        for bin in 0..<300 {
            let sample = AccelerationSample(x: 0, y: hard[bin] ?? 1_000, z: 0)
            if let impact = frontEnd.add(sample, microseconds: BodyMotion.binMicroseconds) { found.append(impact) }
        }
        return found
    }

    @Test(
        "Of the bumps of one fall the hardest is judged; who trips hits the floor after a harder step",
        arguments: [
            ([100: 1_400], [100]), ([100: 1_399], []),
            // A harder one follows within a second: the softer one is part of it.
            ([100: 2_000, 125: 2_100], [125]), ([100: 2_000, 126: 2_100], [100, 126]),
            // A softer one follows: part of it for half a second, its own impact from then on.
            ([100: 2_100, 112: 2_000], [100]), ([100: 2_100, 113: 2_000], [100, 113]),
            // Clipped on two samples: the first.
            ([100: 4_000, 101: 4_000], [100]),
            ([100: 2_000, 120: 1_900, 140: 1_800, 160: 1_700], [100, 120, 140, 160]),
            // At the very begin, when there is nothing before.
            ([0: 1_500], [0]),
        ] as [([Int: Int16], [Int64])])
    func impactsFound(hard: [Int: Int16], judged: [Int64]) {
        #expect(Self.impacts(hard) == judged)
    }

    @Test("The same samples in bursts of any size give the same decision")
    func bursts() {
        var peaks: Set<Int32> = []
        for burst in [1, 3, 16, 32] {
            var detector = FallDetector(Self.configuration)
            let samples = (0..<1_600).map { SyntheticFall.sample($0 / 8) }
            var begin = 0
            while begin < samples.count {
                let end = min(begin + burst, samples.count)
                detector.receive(
                    samples.span.extracting(begin..<end), lastAt: .start + .milliseconds(5 * Int64(end)),
                    interval: .milliseconds(5))
                begin = end
            }
            #expect(detector.decidedAt == .start + .milliseconds((109 + 51) * 40))
            peaks.insert(detector.lastScore)
        }
        #expect(peaks.count == 1)
    }

    @Test(
        "Daily movements of a textbook raise nothing",
        arguments: ["standing", "walking", "sitting down hard", "jumping"])
    func quiet(activity: String) {
        let bench = Self.bench()
        Self.play(bench, rate: 100, seconds: 60) { number in
            switch activity {
            case "walking": Self.walking(number)
            case "sitting down hard":
                number % 250 == 120 ? AccelerationSample(x: 100, y: -2_200, z: 300) : Self.standing(number)
            case "jumping":
                number % 25 < 6
                    ? AccelerationSample(x: 0, y: -150, z: 0)
                    : number % 25 == 6 ? AccelerationSample(x: 100, y: -4_500, z: 300) : Self.standing(number)
            default: Self.standing(number)
            }
        }
        #expect(bench.log.allSatisfy { $0.to == .normal })
    }

    @Test("The button cancels within the window, and not after it")
    func cancel() {
        let bench = Self.bench()
        bench.read(0, point: 1)
        Self.play(bench, rate: 50, seconds: 12) { $0 < 200 ? SyntheticFall.sample($0) : Self.lying($0) }
        #expect(bench.state() == .preAlarm)
        bench.read(1, point: 1)
        #expect(bench.state() == .normal)

        let late = Self.bench()
        late.read(0, point: 1)
        Self.play(late, rate: 50, seconds: 40) { $0 < 200 ? SyntheticFall.sample($0) : Self.lying($0) }
        #expect(late.state() == .alarm)
        late.read(1, point: 1)
        #expect(late.state() == .alarm)
    }

    @Test(
        "Standing up and walking on cancels; sitting up or crawling does not",
        arguments: [
            ("walks", true), ("stands still", false), ("crawls", false),
        ])
    func recovery(behaviour: String, cancels: Bool) {
        let bench = Self.bench()
        Self.play(bench, rate: 50, seconds: 40) { number in
            if number < 250 { return number < 200 ? SyntheticFall.sample(number) : Self.lying(number) }
            switch behaviour {
            case "walks": return Self.walking(number)
            case "crawls":
                let push: Int16 = number % 12 < 6 ? 1_220 : 800
                return AccelerationSample(x: 80, y: 60, z: push)
            default: return Self.standing(number)
            }
        }
        #expect(bench.log.contains { $0.detector.value == 0 && $0.to == .alarm } == !cancels)
    }

    @Test("Who stays down is a long lie after two minutes; who gets up is not")
    func longLie() {
        let bench = Self.bench()
        Self.play(bench, rate: 25, seconds: 180) { $0 < 200 ? SyntheticFall.sample($0) : Self.lying($0) }
        #expect(bench.state(0) == .alarm)
        #expect(bench.state(1) == .alarm)
        let at = bench.log.first { $0.detector.value == 1 && $0.to == .alarm }!.at
        #expect(at - bench.log.first { $0.to == .preAlarm }!.at <= .milliseconds(120_500))

        let up = Self.bench()
        Self.play(up, rate: 25, seconds: 180) { number in
            number < 200 ? SyntheticFall.sample(number) : number < 1_000 ? Self.lying(number) : Self.standing(number)
        }
        #expect(up.state(0) == .alarm)
        #expect(up.state(1) == .normal)
    }

    @Test(
        "A sensor that falls silent after the fall is a trouble; the fall alarm still comes, a long lie is not made up")
    func silentAfterFall() {
        let bench = Self.bench()
        Self.play(bench, rate: 25, seconds: 10) { $0 < 200 ? SyntheticFall.sample($0) : Self.lying($0) }
        bench.run(for: .minutes(10))
        #expect(bench.state(0) == .alarm)
        #expect(bench.trouble(0) == .stale)
        #expect(bench.state(1) == .trouble)
    }

    @Test("Samples on both sides of a gap are not one movement")
    func gap() {
        let bench = Self.bench()
        Self.play(bench, rate: 50, seconds: 4.3, SyntheticFall.sample)
        bench.run(for: .seconds(2))
        Self.play(bench, rate: 50, seconds: 30, Self.lying)
        #expect(bench.log.allSatisfy { $0.to == .normal })
    }

    @Test("A sensor that lies on a table is not worn, where that is asked for")
    func notWorn() {
        var configuration = Self.configuration
        configuration.notWornAfter = .minutes(30)
        let bench = Self.bench(configuration)
        Self.play(bench, rate: 20, seconds: 1_900) { _ in AccelerationSample(x: 3, y: 1_000, z: 10) }
        #expect(bench.trouble() == .notWorn)
    }

    @Test("The self-test is a fall, and a threshold that nothing reaches fails it")
    func selfTest() {
        let bench = Self.bench()
        #expect(bench.selfTest())
        var deaf = Self.configuration
        deaf.decisionThreshold = 1_000_000
        let second = Self.bench(deaf)
        #expect(!second.selfTest())
    }

    @Test("State of one stream is under 4 KiB")
    func size() {
        #expect(MemoryLayout<FallDetector>.stride < 4_096)
    }

    @Test("Clipped, saturated and zero samples do no harm")
    func extremes() {
        let bench = Self.bench()
        Self.play(bench, rate: 200, seconds: 30) { number in
            switch number % 4 {
            case 0: AccelerationSample(x: .max, y: .max, z: .max)
            case 1: AccelerationSample(x: .min, y: .min, z: .min)
            case 2: AccelerationSample(x: 0, y: 0, z: 0)
            default: AccelerationSample(x: .min, y: .max, z: 0)
            }
        }
        #expect(bench.state() != .trouble)
    }
}
