import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Heat detector (EN 54-5)")
struct HeatDetectorTests {
    static func bench(_ responseClass: HeatDetector.ResponseClass, rise: Bool = true, preAlarm: Bool = false)
        -> TestBench
    {
        TestBench(
            .heat(
                .init(
                    source: PointIndex(0), responseClass: responseClass, respondsToRise: rise, hasPreAlarm: preAlarm)))
    }

    /// Thousandths of a degree that rise from `begin` at `rate` kelvin a minute.
    static func ramp(_ begin: Double, _ rate: Double, limit: Double = 165) -> (Double) -> Int32 {
        { Int32(min(begin + rate * $0 / 60, limit) * 1_000) }
    }

    static let classes: [(HeatDetector.ResponseClass, Double, Double)] = [
        (.a1, 54, 65), (.a2, 54, 70), (.b, 69, 85), (.c, 84, 100), (.d, 99, 115), (.e, 114, 130), (.f, 129, 145),
        (.g, 144, 160),
    ]

    @Test("Static response temperature lies in the class's window at 0.2 K/min", arguments: classes)
    func staticResponse(responseClass: HeatDetector.ResponseClass, minimum: Double, maximum: Double) {
        let bench = Self.bench(responseClass)
        let begin = minimum - 5
        let alarmAt = bench.feed(for: .minutes(120), every: .seconds(5), Self.ramp(begin, 0.2))
        let temperature = alarmAt.map { begin + 0.2 * $0 / 60 } ?? .infinity
        #expect(temperature >= minimum && temperature <= maximum)
    }

    /// Rate of rise in K/min, earliest and latest response in seconds from the typical application temperature.
    static let times: [(HeatDetector.ResponseClass, Double, Double, Double)] = {
        let a1: [(Double, Double, Double)] = [
            (1, 1_740, 2_420), (3, 433, 820), (5, 249, 500), (10, 60, 260), (20, 30, 140), (30, 20, 100),
        ]
        let others: [(Double, Double, Double)] = [
            (1, 1_740, 2_760), (3, 433, 960), (5, 249, 600), (10, 120, 330), (20, 60, 193), (30, 40, 145),
        ]
        return a1.map { (.a1, $0.0, $0.1, $0.2) }
            + classes.dropFirst().flatMap { its in others.map { (its.0, $0.0, $0.1, $0.2) } }
    }()

    @Test("Response times lie between the class's limits at each rate, with and without suffix R", arguments: times)
    func responseTimes(responseClass: HeatDetector.ResponseClass, rate: Double, earliest: Double, latest: Double) {
        let typical = Double(responseClass.minimumStaticResponse) / 1_000 - 29
        for rise in [false, true] {
            let bench = Self.bench(responseClass, rise: rise)
            bench.hold(Int32(typical * 1_000), for: .minutes(5))
            let alarmAt = bench.feed(for: .minutes(60), Self.ramp(typical, rate)) ?? .infinity
            #expect(alarmAt >= earliest && alarmAt <= latest, "suffix R \(rise)")
        }
    }

    @Test(
        "Suffix R responds from 20 K below the typical temperature within the class's limits",
        arguments: [
            (HeatDetector.ResponseClass.a1, 10, 260), (.a1, 20, 140), (.a1, 30, 100), (.b, 10, 330), (.b, 20, 193),
            (.b, 30, 145),
        ] as [(HeatDetector.ResponseClass, Double, Double)])
    func rateOfRiseFromCold(responseClass: HeatDetector.ResponseClass, rate: Double, latest: Double) {
        let begin = Double(responseClass.minimumStaticResponse) / 1_000 - 49
        let bench = Self.bench(responseClass)
        bench.hold(Int32(begin * 1_000), for: .minutes(5))
        let alarmAt = bench.feed(for: .minutes(20), Self.ramp(begin, rate)) ?? .infinity
        #expect(alarmAt <= latest)
        #expect(bench.log.first { $0.to == .alarm }?.cause == .rateOfRise)
    }

    @Test("Without suffix R no rate makes it respond below the minimum static response temperature", arguments: classes)
    func suffixS(responseClass: HeatDetector.ResponseClass, minimum: Double, maximum: Double) {
        let bench = Self.bench(responseClass, rise: false)
        bench.hold(5_000, for: .minutes(5))
        bench.feed(for: .minutes(10), Self.ramp(5, 60, limit: minimum - 0.001))
        #expect(bench.state() == .normal)
    }

    @Test(
        "Nuisances raise no alarm",
        arguments: [
            ("a heater that warms a cold room at 3 K/min", 5, 3, 40),
            ("sun on a roof at 1 K/min to the maximum", 20, 1, 50),
            ("an oven door: 12 K within a minute", 22, 12, 34),
        ] as [(String, Double, Double, Double)])
    func nuisance(name: String, begin: Double, rate: Double, end: Double) {
        let bench = Self.bench(.a1, preAlarm: true)
        bench.hold(Int32(begin * 1_000), for: .minutes(10))
        bench.feed(for: .minutes(60), Self.ramp(begin, rate, limit: end))
        #expect(bench.log.allSatisfy { !$0.to.isAlarm && $0.to != .preAlarm })
    }

    @Test("One wild reading is no fire")
    func spike() {
        let bench = Self.bench(.a1)
        bench.hold(22_000, for: .minutes(2))
        bench.read(120_000)
        bench.hold(22_000, for: .minutes(2))
        #expect(bench.state() == .normal)
    }

    @Test("A gap in the readings is not taken for a rise")
    func gap() {
        let bench = Self.bench(.a1)
        bench.hold(5_000, for: .minutes(5))
        bench.read(0, .missing)
        bench.run(for: .minutes(3))
        bench.hold(30_000, for: .minutes(5))
        #expect(bench.state() == .normal)
    }
}
