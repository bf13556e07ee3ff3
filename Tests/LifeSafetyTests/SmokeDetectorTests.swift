import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Smoke detector")
struct SmokeDetectorTests {
    /// A chamber that gives 0.8 V in clean air and 4 V for each dB/m.
    static let chamber = SmokeDetector.Configuration(
        source: PointIndex(0), cleanAir: 800_000, unitsPerDecibelPerMetre: 4_000_000,
        range: ValueRange(100_000...3_200_000))

    static func volts(_ millidecibelPerMetre: Double) -> Int32 { Int32(800_000 + millidecibelPerMetre * 4_000) }

    @Test(
        "Steady obscuration: pre-alarm from 90 mdB/m, alarm from 150 mdB/m, after verification",
        arguments: [
            (85, AlarmState.normal), (91, .preAlarm), (149, .preAlarm), (151, .alarm), (400, .alarm),
        ] as [(Double, AlarmState)])
    func steady(level: Double, expected: AlarmState) {
        let bench = TestBench(.smoke(Self.chamber))
        bench.hold(Self.volts(0), for: .minutes(1))
        bench.hold(Self.volts(level), for: .seconds(30))
        #expect(bench.state() == expected)
    }

    @Test("Verification: an alarm at 200 mdB/m comes after eight seconds, at three times the threshold after four")
    func verification() {
        let bench = TestBench(.smoke(Self.chamber))
        bench.hold(Self.volts(0), for: .minutes(1))
        let slow = bench.feed(for: .seconds(30)) { _ in Self.volts(200) }
        #expect(slow == 9)
        let dense = TestBench(.smoke(Self.chamber))
        dense.hold(Self.volts(0), for: .minutes(1))
        let fast = dense.feed(for: .seconds(30)) { _ in Self.volts(460) }
        #expect(fast == 5)
    }

    enum Nuisance: CaseIterable {
        case oneElectricalSpike, spikeEveryThirdReading, fiveSecondsOfSteam, dustThreeSecondsInTen

        func obscuration(at second: Int) -> Double {
            switch self {
            case .oneElectricalSpike: second == 20 ? 590 : 0
            case .spikeEveryThirdReading: second % 3 == 0 ? 590 : 0
            case .fiveSecondsOfSteam: second >= 20 && second < 25 ? 300 : 0
            case .dustThreeSecondsInTen: second % 10 < 3 ? 250 : 0
            }
        }
    }

    @Test("Nuisances that are over before they are verified raise no alarm", arguments: Nuisance.allCases)
    func nuisance(nuisance: Nuisance) {
        let bench = TestBench(.smoke(Self.chamber))
        let alarmAt = bench.feed(for: .minutes(20)) { Self.volts(nuisance.obscuration(at: Int($0))) }
        #expect(alarmAt == nil)
    }

    /// EN 54-7, 4.8 and its annex: for a rise R of A/4 an hour or more, the alarm comes no later than
    /// 1.6 A/R + 100 s, A being the threshold without compensation.
    @Test(
        "Slow fires: compensation delays the alarm by no more than the standard allows",
        arguments: [
            0.25, 0.3, 0.5, 1, 2, 4, 10,
        ])
    func slowFire(thresholdsPerHour: Double) {
        let bench = TestBench(.smoke(Self.chamber))
        bench.hold(Self.volts(0), for: .minutes(10))
        let rate = thresholdsPerHour * 150 / 3_600
        let limit = 1.6 * 150 / rate + 100
        let alarmAt = bench.feed(for: .seconds(Int64(limit) + 60)) { Self.volts(min($0 * rate, 550)) }
        #expect(alarmAt != nil)
        if let alarmAt { #expect(alarmAt <= limit && alarmAt >= 150 / rate) }
    }

    @Test("Drift over a year to half the threshold raises neither alarm nor pre-alarm, and smoke on top still fires")
    func yearOfDrift() {
        let year = 365.0 * 86_400
        var configuration = Self.chamber
        configuration.maximumAge = .minutes(2)
        let bench = TestBench(.smoke(configuration))
        bench.feed(for: .hours(365 * 24), every: .minutes(1)) { Self.volts($0 / year * 75) }
        #expect(bench.state() == .normal)
        #expect(bench.log.allSatisfy { $0.to == .normal || $0.trouble == .starting })
        bench.hold(Self.volts(75 + 149), for: .seconds(30))
        #expect(bench.state() == .preAlarm)
        bench.hold(Self.volts(75 + 155), for: .seconds(30))
        #expect(bench.state() == .alarm)
    }

    @Test("At 0.6 of the threshold compensation ends: the chamber is contaminated, and still fires")
    func contamination() {
        var configuration = Self.chamber
        configuration.maximumAge = .minutes(2)
        configuration.preAlarmThreshold = 0
        let bench = TestBench(.smoke(configuration))
        bench.feed(for: .hours(24 * 60), every: .minutes(1)) { Self.volts(min($0 / 86_400 * 5, 95)) }
        #expect(bench.trouble() == .contaminated)
        #expect(bench.state() == .trouble)
        bench.hold(Self.volts(90 + 155), for: .minutes(1))
        #expect(bench.state() == .alarm)
        // Cleaned and reset, it begins anew.
        bench.hold(Self.volts(0), for: .minutes(1))
        #expect(bench.acknowledge() == .done)
        #expect(bench.perform(.cleaned) == .done)
        bench.hold(Self.volts(0), for: .minutes(1))
        #expect(bench.reset() == .done)
        #expect(bench.state() == .normal)
    }

    @Test("Hush doubles the threshold for its time at the most, and never against dense smoke")
    func hush() {
        let bench = TestBench(.smoke(Self.chamber))
        bench.hold(Self.volts(0), for: .minutes(1))
        #expect(bench.perform(.hush(until: bench.now + .hours(5))) == .done)
        bench.hold(Self.volts(200), for: .minutes(9))
        #expect(bench.state() == .preAlarm)
        bench.hold(Self.volts(200), for: .minutes(2))
        #expect(bench.state() == .alarm)

        let dense = TestBench(.smoke(Self.chamber))
        dense.hold(Self.volts(0), for: .minutes(1))
        #expect(dense.perform(.hush(until: dense.now + .minutes(5))) == .done)
        dense.hold(Self.volts(310), for: .seconds(20))
        #expect(dense.state() == .alarm)
    }

    @Test("A chamber whose signal leaves its range is a trouble, not clean air")
    func unplugged() {
        let bench = TestBench(.smoke(Self.chamber))
        bench.hold(Self.volts(0), for: .minutes(1))
        bench.hold(0, for: .seconds(3))
        #expect(bench.trouble() == .outOfRange)
    }

    @Test("The self-test fails when dirt has left no room for an alarm below the end of the electronics")
    func selfTestSeesLostRange() {
        var narrow = Self.chamber
        narrow.range = ValueRange(100_000...1_500_000)
        narrow.preAlarmThreshold = 0
        narrow.maximumAge = .minutes(2)
        let bench = TestBench(.smoke(narrow))
        bench.hold(Self.volts(0), for: .minutes(1))
        #expect(bench.selfTest())
        bench.feed(for: .hours(24 * 30), every: .minutes(1)) { Self.volts(min($0 / 86_400 * 5, 60)) }
        #expect(!bench.selfTest())
        #expect(bench.trouble() == .selfTestFailed)
    }
}
