import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Carbon monoxide detector (EN 50291-1)")
struct CarbonMonoxideDetectorTests {
    static let configuration = CarbonMonoxideDetector.Configuration(source: PointIndex(0))

    /// Concentration in ppm, earliest and latest alarm in minutes. The standard's test gas may be 3, 5, 10 and 30 ppm
    /// above the nominal value.
    @Test(
        "Steady exposure: alarms lie inside the standard's windows at both ends of the test gas",
        arguments: [
            (30, 120, .infinity), (33, 120, .infinity), (36, 120, .infinity), (50, 60, 90), (55, 60, 90), (60, 60, 90),
            (100, 10, 40), (110, 10, 40), (120, 10, 40), (300, 0, 3), (330, 0, 3), (360, 0, 3),
        ] as [(Int32, Double, Double)])
    func windows(ppm: Int32, earliest: Double, latest: Double) {
        for sampling in [Int64(1), 10, 60] {
            let bench = TestBench(.carbonMonoxide(Self.configuration))
            bench.hold(0, for: .minutes(5), every: .seconds(sampling))
            let alarmAt = bench.feed(for: .hours(6), every: .seconds(sampling)) { _ in ppm }
            let minutes = (alarmAt ?? .infinity) / 60
            #expect(minutes >= earliest && minutes <= latest, "every \(sampling) s: \(minutes) min")
        }
    }

    @Test("A sensor that reads 10 % too little still alarms at 300 ppm within three minutes")
    func weakSensor() {
        let bench = TestBench(.carbonMonoxide(Self.configuration))
        bench.hold(0, for: .minutes(1))
        let alarmAt = bench.feed(for: .minutes(10)) { _ in 270 } ?? .infinity
        #expect(alarmAt <= 180)
    }

    @Test("More carbon monoxide never makes the alarm later")
    func monotonous() {
        var previous = CarbonMonoxideDetector.speed(at: -20)
        for ppm in Int32(-19)...1_100 {
            let speed = CarbonMonoxideDetector.speed(at: ppm)
            #expect(speed >= previous)
            previous = speed
        }
    }

    enum Nuisance: CaseIterable {
        case smokersEvening, trafficForHours, gasHobLitEveryHour, hydrogenSpike

        func partsPerMillion(at second: Int) -> Int32 {
            switch self {
            case .smokersEvening: 15
            case .trafficForHours: 25
            case .gasHobLitEveryHour: second % 3_600 < 120 ? 80 : 4
            case .hydrogenSpike: second == 600 ? 400 : 0
            }
        }
    }

    @Test("Nuisances raise no alarm", arguments: Nuisance.allCases)
    func nuisance(nuisance: Nuisance) {
        let bench = TestBench(.carbonMonoxide(Self.configuration))
        let alarmAt = bench.feed(for: .hours(8), every: .seconds(10)) { nuisance.partsPerMillion(at: Int($0)) }
        #expect(alarmAt == nil)
    }

    @Test("Two exposures with a short airing between them count together")
    func exposuresAddUp() {
        let bench = TestBench(.carbonMonoxide(Self.configuration))
        bench.hold(100, for: .minutes(20))
        bench.hold(5, for: .minutes(15))
        let alarmAt = bench.feed(for: .minutes(40)) { _ in 100 } ?? .infinity
        #expect(alarmAt < 15 * 60)
    }

    @Test("The alarm condition ends with the gas, the alarm only with a person")
    func restores() {
        let bench = TestBench(.carbonMonoxide(Self.configuration))
        bench.hold(300, for: .minutes(4))
        #expect(bench.state() == .alarm)
        #expect(bench.acknowledge() == .done)
        #expect(bench.reset() == .causePresent)
        bench.hold(5, for: .minutes(2))
        #expect(bench.state() == .restored)
        #expect(bench.reset() == .done)
    }

    @Test("A saturated sensor is an exposure and a trouble")
    func saturated() {
        let bench = TestBench(.carbonMonoxide(Self.configuration))
        bench.hold(5_000, for: .minutes(1))
        #expect(bench.state() == .alarm)
        #expect(bench.trouble() == .outOfRange)
    }

    @Test("Beyond its point's range a reading is an exposure and a trouble at the upper end, a trouble at the lower")
    func beyondThePoint() {
        for (value, state) in [(600, AlarmState.alarm), (100, .alarm), (-30, .trouble), (30, .trouble)] {
            let bench = TestBench(.carbonMonoxide(Self.configuration))
            bench.hold(5, for: .seconds(10))
            for _ in 0..<(value == 100 ? 31 * 60 : 180) {
                bench.read(Int32(value), .outOfRange)
                bench.run(for: .seconds(1))
            }
            #expect(bench.state() == state, "\(value) ppm")
            #expect(bench.trouble() == .outOfRange, "\(value) ppm")
        }
    }

    @Test("A sensor that falls silent in the middle of an exposure does not forget it")
    func silentSensor() {
        let bench = TestBench(.carbonMonoxide(Self.configuration))
        bench.hold(100, for: .minutes(25))
        bench.read(0, .missing)
        bench.run(for: .minutes(30))
        let alarmAt = bench.feed(for: .minutes(30)) { _ in 100 } ?? .infinity
        #expect(alarmAt < 6 * 60)
    }

    @Test(
        "Past its day the sensor is due for replacement, if the clock is to be believed",
        arguments: [
            (ClockTrust.synchronised, TroubleReason.maintenanceDue), (.unset, .none),
        ])
    func replacement(trust: ClockTrust, expected: TroubleReason) {
        var configuration = Self.configuration
        configuration.replaceFromDay = 20_000
        let bench = TestBench(.carbonMonoxide(configuration))
        bench.read(0)
        bench.setClock(secondOfDay: 10, day: 20_000, trust: trust)
        #expect(bench.trouble() == expected)
    }
}
