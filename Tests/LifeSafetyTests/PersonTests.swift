import HardwareInterface
import StateCarrying
import Testing

@testable import LifeSafety

@Suite("People: inactivity, power use, call point, radar")
struct PersonTests {
    /// A resident who gets up at seven, is about until nine, eats at noon and from five to ten, and sleeps.
    static func isAbout(_ minuteOfDay: Int) -> Bool {
        let hour = minuteOfDay / 60
        return (hour >= 7 && hour < 9) || hour == 12 || (hour >= 17 && hour < 22)
    }

    static let inactivity = InactivityDetector.Configuration(first: PointIndex(0), exitDoor: PointIndex(1))

    /// Lives for some days from midnight on; each active quarter hour flips the first point.
    static func live(
        _ bench: TestBench, days: Int, random: inout SeededRandom, until stop: Int = .max, from begin: Int = 0
    ) {
        var value: Int32 = 0
        bench.read(0, point: 0)
        bench.read(0, point: 1)
        for minute in begin..<min(stop, days * 1_440) {
            if minute % 15 == 0 && isAbout(minute % 1_440) && random.next() % 100 < 85 {
                value = 1 - value
                bench.read(value, point: 0)
            }
            bench.run(for: .minutes(1))
        }
    }

    /// The resident misses each quarter hour by chance, so that a silence over three of them in a row is rare and still
    /// comes: of twenty homes with thirty days each, most must stay without any alarm.
    @Test("A month of ordinary days raises no alarm in four of five homes")
    func ordinaryMonth() {
        var disturbed = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            let bench = TestBench(.inactivity(Self.inactivity))
            bench.setClock(secondOfDay: 0)
            var random = SeededRandom(seed: seed)
            Self.live(bench, days: 30, random: &random)
            if bench.log.contains(where: { $0.to.isAlarm }) { disturbed += 1 }
        }
        #expect(disturbed <= 4)
    }

    @Test("What follows a sign of life within its half hour is no silence yet")
    func restOfTheSlot() {
        var configuration = Self.inactivity
        configuration.longestSilence = .hours(24)
        let bench = TestBench(.inactivity(configuration))
        bench.setClock(secondOfDay: 0)
        bench.read(0, point: 0)
        bench.read(0, point: 1)
        // Always once, at the very beginning of the half hour from eight on, and at noon.
        for day in 0..<20 {
            for minute in [480, 720] {
                bench.run(until: .start + .minutes(Int64(day * 1_440 + minute)))
                bench.read(Int32(day * 2 + minute / 720) % 2, point: 0)
            }
        }
        #expect(bench.log.allSatisfy { $0.to != .preAlarm && !$0.to.isAlarm })
    }

    @Test(
        "A resident who does not get up is missed within four hours of the usual time",
        arguments: [1, 2, 3] as [UInt64])
    func doesNotGetUp(seed: UInt64) {
        let bench = TestBench(.inactivity(Self.inactivity))
        bench.setClock(secondOfDay: 0)
        var random = SeededRandom(seed: seed)
        Self.live(bench, days: 20, random: &random)
        #expect(bench.state() == .normal)
        bench.run(for: .hours(6))
        #expect(!bench.state().isAlarm)
        bench.run(for: .hours(5))
        #expect(bench.state() == .alarm)
    }

    @Test("Before anything was learned, twelve hours of silence are an alarm")
    func longestSilence() {
        let bench = TestBench(.inactivity(Self.inactivity))
        bench.setClock(secondOfDay: 0)
        bench.read(0)
        bench.read(0, point: 1)
        bench.read(1)
        bench.run(for: .hours(11))
        #expect(bench.state() == .normal)
        bench.run(for: .hours(1))
        #expect(bench.state() == .alarm)
    }

    @Test("Nobody is missed who left by the door; who came home is")
    func leaving() {
        let bench = TestBench(.inactivity(Self.inactivity))
        bench.setClock(secondOfDay: 0)
        bench.read(0, point: 0)
        bench.read(0, point: 1)
        bench.run(for: .hours(8))
        bench.read(1, point: 1)
        bench.read(0, point: 1)
        bench.run(for: .hours(40))
        #expect(bench.state() == .normal)
        bench.read(1, point: 1)
        bench.run(for: .hours(15))
        #expect(bench.state() == .alarm)
    }

    @Test("A holiday lasts until its end or until someone says otherwise")
    func holiday() {
        let bench = TestBench(.inactivity(Self.inactivity))
        bench.setClock(secondOfDay: 0)
        bench.read(0)
        bench.read(0, point: 1)
        #expect(bench.perform(.away(until: bench.now + .hours(24 * 14))) == .done)
        bench.run(for: .hours(24 * 14))
        #expect(bench.state() == .normal)
        bench.run(for: .hours(15))
        #expect(bench.state() == .alarm)
    }

    @Test("No exit for three days is an alarm of its own, where it is asked for")
    func noExit() {
        var configuration = Self.inactivity
        configuration.noExitAfter = .hours(72)
        let bench = TestBench(.inactivity(configuration))
        bench.setClock(secondOfDay: 0)
        var random = SeededRandom(seed: 4)
        Self.live(bench, days: 4, random: &random, until: 71 * 60)
        #expect(bench.state() == .normal)
        bench.run(for: .hours(1))
        #expect(bench.state() == .alarm)
        #expect(bench.monitor.status(of: DetectorIndex(0)).cause == .noExit)
    }

    @Test("What was learned survives a restart")
    func restored() {
        let first = TestBench(.inactivity(Self.inactivity))
        first.setClock(secondOfDay: 0)
        var random = SeededRandom(seed: 5)
        Self.live(first, days: 20, random: &random)
        let second = TestBench(.inactivity(Self.inactivity))
        second.takeUp(first)
        second.setClock(secondOfDay: 0)
        second.read(0, point: 0)
        second.read(0, point: 1)
        second.read(1, point: 0)
        second.run(for: .hours(11))
        #expect(second.state() == .alarm)
    }

    @Test("Without a believable clock it says so, and the longest silence still counts")
    func noClock() {
        let bench = TestBench(.inactivity(Self.inactivity))
        bench.read(0)
        bench.read(0, point: 1)
        #expect(bench.trouble() == .clockUntrusted)
        bench.run(for: .hours(14))
        #expect(bench.state() == .alarm)
    }

    @Test("Power: a day with use is quiet, six active hours without any are an alarm")
    func powerUse() {
        let bench = TestBench(.powerUse(.init(source: PointIndex(0))))
        bench.setClock(secondOfDay: 0)
        func live(days: Int, kettle: Bool) -> Double? {
            bench.feed(for: .hours(Int64(24 * days)), every: .minutes(1)) { second in
                let minute = Int(second) / 60 % 1_440
                let fridge: Int32 = minute % 40 < 15 ? 90_000 : 8_000
                let isUsing = kettle && [7, 12, 17, 20].contains(minute / 60) && minute % 60 < 4
                return fridge + (isUsing ? 1_900_000 : 0)
            }
        }
        #expect(live(days: 5, kettle: true) == nil)
        let alarmAt = live(days: 1, kettle: false) ?? .infinity
        // The last use was at 20:03; two active hours remained that evening, four more end at eleven.
        #expect(alarmAt / 3_600 > 10.5 && alarmAt / 3_600 < 11.5)
    }

    @Test("Call point: a short press is an alarm and stays one; a bounce is not")
    func callPoint() {
        let bench = TestBench(.callPoint(.init(button: PointIndex(0))))
        bench.read(0)
        bench.read(1)
        bench.run(for: .milliseconds(10))
        bench.read(0)
        #expect(bench.state() == .normal)
        bench.read(1)
        bench.run(for: .milliseconds(40))
        bench.read(0)
        #expect(bench.state() == .alarm)
        #expect(bench.acknowledge() == .done)
        #expect(bench.reset() == .done)
        #expect(bench.state() == .normal)
    }

    @Test("Call point: a pendant that falls silent or runs low is in trouble")
    func pendant() {
        let bench = TestBench(
            .callPoint(
                .init(button: PointIndex(0), battery: PointIndex(1), lowBattery: 2_400_000, maximumAge: .hours(2))))
        bench.read(0)
        bench.read(2_900_000, point: 1)
        #expect(bench.state() == .normal)
        bench.read(2_300_000, point: 1)
        #expect(bench.trouble() == .maintenanceDue)
        bench.run(for: .hours(2))
        #expect(bench.trouble() == .stale)
    }

    enum RadarCourse: CaseIterable {
        case tenSeconds, twentySeconds, withGapsOfThreeSeconds, inAnEmptyRoom

        func fall(_ second: Int) -> Int32 {
            switch self {
            case .tenSeconds: second < 10 ? 1 : 0
            case .twentySeconds: second < 20 ? 1 : 0
            case .withGapsOfThreeSeconds: second < 30 && second % 8 < 5 ? 1 : 0
            case .inAnEmptyRoom: second < 60 ? 1 : 0
            }
        }

        var presence: Int32 { self == .inAnEmptyRoom ? 0 : 1 }
        var fires: Bool { self == .twentySeconds || self == .withGapsOfThreeSeconds }
    }

    @Test(
        "Radar: the fall level must last, gaps of struggling count as lasting, an empty room does not",
        arguments: RadarCourse.allCases)
    func radar(course: RadarCourse) {
        let bench = TestBench(.radarFall(.init(fall: PointIndex(0), presence: PointIndex(1))))
        bench.read(0, point: 0)
        bench.read(1, point: 1)
        for second in 0..<90 {
            bench.read(course.presence, point: 1)
            bench.read(course.fall(second), point: 0)
            bench.run(for: .seconds(1))
        }
        #expect(bench.state().isAlarm == course.fires)
    }
}
