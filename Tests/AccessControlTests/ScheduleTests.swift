import AccessControl
import Foundation
import HardwareInterface
import Testing

@Suite("Local time")
struct CivilTimeTests {
    @Test("dates agree with the calendar of Foundation, day by day from 1900 to 2200")
    func dates() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        var wrongDays: [Int32] = []
        for day in stride(from: Int32(-25_567), through: 84_006, by: 1) {
            let date = CivilDate(dayNumber: day)
            if date.dayNumber != day { wrongDays.append(day) }
            if day % 97 == 0 || date.month == 2 && date.day >= 28 || date.month == 3 && date.day == 1 {
                let parts = calendar.dateComponents(
                    [.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(day) * 86_400))
                // Foundation counts from Sunday = 1.
                let weekday = (CivilTime(dayNumber: day, minuteOfDay: 0).weekday + 1) % 7 + 1
                if Int(date.year) != parts.year || Int(date.month) != parts.month || Int(date.day) != parts.day
                    || weekday != parts.weekday
                {
                    wrongDays.append(day)
                }
            }
        }
        #expect(wrongDays == [])
    }

    struct Zone: Sendable, CustomTestStringConvertible {
        var name: String
        var rule: TimeZoneRule
        var testDescription: String { name }
    }

    @Test(
        "zones agree with those of Foundation, hour by hour from 2020 to 2032",
        arguments: [
            Zone(name: "Europe/Berlin", rule: .centralEurope),
            Zone(name: "Asia/Shanghai", rule: TimeZoneRule(offsetMinutes: 480)),
            Zone(name: "Europe/Lisbon", rule: .europe(standardOffsetMinutes: 0)),
            Zone(name: "Europe/Helsinki", rule: .europe(standardOffsetMinutes: 120)),
            Zone(name: "Atlantic/Azores", rule: .europe(standardOffsetMinutes: -60)),
            Zone(name: "America/New_York", rule: .northAmerica(standardOffsetMinutes: -300)),
            Zone(name: "America/Los_Angeles", rule: .northAmerica(standardOffsetMinutes: -480)),
            Zone(
                name: "Australia/Sydney",
                rule: TimeZoneRule(
                    standardOffsetMinutes: 600, daylightOffsetMinutes: 660,
                    daylightBegins: .init(month: 10, week: 1, weekday: 6, minuteOfDay: 120),
                    daylightEnds: .init(month: 4, week: 1, weekday: 6, minuteOfDay: 180))),
        ])
    func zones(zone: Zone) {
        let reference = TimeZone(identifier: zone.name)!
        var wrongHours: [Int] = []
        for hour in 438_288..<543_480 {
            let expected = reference.secondsFromGMT(for: Date(timeIntervalSince1970: Double(hour) * 3_600)) / 60
            if Int(zone.rule.offsetMinutes(atUnixMinute: Int64(hour) * 60)) != expected { wrongHours.append(hour) }
        }
        #expect(wrongHours == [])
    }
}

@Suite("A schedule")
struct ScheduleTests {
    /// Minutes since 1970 of Monday 2024-01-01 00:00 UTC.
    static let newYear = Int64(28_401_120)

    static func clock(_ day: Int64, _ minute: Int64, _ trust: ClockTrust = .synchronised) -> WallClock {
        WallClock(unixMilliseconds: (newYear + day * 1_440 + minute) * 60_000, trust: trust)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var period: SchedulePeriod
        /// Days after Monday, minute of the day, expected.
        var moments: [(Int64, Int64, Bool)]
        var testDescription: String { name }
    }

    @Test(
        "by the week",
        arguments: [
            Case(
                name: "working hours",
                period: SchedulePeriod(days: SchedulePeriod.weekdays, fromMinute: 480, toMinute: 1_020),
                moments: [
                    (0, 479, false), (0, 480, true), (0, 1_019, true), (0, 1_020, false), (4, 600, true),
                    (5, 600, false), (6, 600, false), (7, 600, true),
                ]),
            Case(
                name: "over midnight from Friday",
                period: SchedulePeriod(days: 1 << 4, fromMinute: 1_320, toMinute: 360),
                moments: [
                    (4, 1_319, false), (4, 1_320, true), (4, 1_439, true), (5, 0, true), (5, 359, true),
                    (5, 360, false), (4, 0, false), (6, 0, false),
                ]),
            Case(
                name: "the whole day",
                period: SchedulePeriod(days: 1 << 2, fromMinute: 0, toMinute: 1_440),
                moments: [(1, 1_439, false), (2, 0, true), (2, 1_439, true), (3, 0, false)]),
            Case(
                name: "from noon to noon",
                period: SchedulePeriod(days: 1, fromMinute: 720, toMinute: 720),
                moments: [(0, 719, false), (0, 720, true), (1, 719, true), (1, 720, false)]),
        ])
    func week(example: Case) {
        var table = ScheduleTable(capacity: 1, periods: 1, holidays: 0, zone: .utc)
        let schedule = table.addSchedule(UntrustedClockRule(isActiveWhenUnset: false))!
        #expect(table.addPeriod(example.period) == true)
        for (day, minute, expected) in example.moments {
            _ = table.evaluate(Self.clock(day, minute))
            #expect(table.isActive(schedule) == expected, "day \(day) minute \(minute)")
        }
    }

    @Test("a holiday follows its own rule, not that of its weekday; its night ends as it began")
    func holidays() {
        var table = ScheduleTable(capacity: 3, periods: 3, holidays: 2, zone: .utc)
        let working = table.addSchedule(UntrustedClockRule(isActiveWhenUnset: false))!
        _ = table.addPeriod(SchedulePeriod(days: SchedulePeriod.weekdays, fromMinute: 480, toMinute: 1_020))
        let feast = table.addSchedule(UntrustedClockRule(isActiveWhenUnset: false))!
        _ = table.addPeriod(SchedulePeriod(days: SchedulePeriod.holidays(1), fromMinute: 600, toMinute: 700))
        let night = table.addSchedule(UntrustedClockRule(isActiveWhenUnset: false))!
        _ = table.addPeriod(SchedulePeriod(days: SchedulePeriod.everyDay, fromMinute: 1_320, toMinute: 360))
        // Every 2 January, and only 2025-01-03.
        #expect(table.addHoliday(Holiday(month: 1, day: 2, dayClass: 1)) == true)
        #expect(table.addHoliday(Holiday(year: 2025, month: 1, day: 3, dayClass: 0)) == true)

        _ = table.evaluate(Self.clock(1, 650))
        #expect(table.isActive(working) == false && table.isActive(feast) == true)
        _ = table.evaluate(Self.clock(2, 650))
        #expect(table.isActive(working) == true && table.isActive(feast) == false)
        // 2025-01-03 is day 368.
        _ = table.evaluate(Self.clock(368, 650))
        #expect(table.isActive(working) == false && table.isActive(feast) == false)
        // The night from Monday goes on into the holiday; that of the holiday itself does not begin.
        _ = table.evaluate(Self.clock(1, 100))
        #expect(table.isActive(night) == true)
        _ = table.evaluate(Self.clock(1, 1_400))
        #expect(table.isActive(night) == false)
    }

    @Test(
        "what it does while the clock is not trusted",
        arguments: [
            (false, true, ClockTrust.unset, false), (true, true, .unset, true), (false, true, .freeRunning, true),
            (false, false, .freeRunning, false), (true, false, .freeRunning, true), (false, false, .synchronised, true),
        ])
    func untrusted(active: Bool, follows: Bool, trust: ClockTrust, expected: Bool) {
        var table = ScheduleTable(capacity: 1, periods: 1, holidays: 0, zone: .utc)
        let schedule = table.addSchedule(
            UntrustedClockRule(isActiveWhenUnset: active, followsFreeRunningClock: follows))!
        _ = table.addPeriod(SchedulePeriod(days: SchedulePeriod.everyDay, fromMinute: 600, toMinute: 601))
        _ = table.evaluate(Self.clock(0, 600, trust))
        #expect(table.isActive(schedule) == expected)
        // A minute later the clock says no; the rule goes on.
        _ = table.evaluate(Self.clock(0, 601, trust))
        #expect(table.isActive(schedule) == (expected && !(trust == .synchronised || trust == .freeRunning && follows)))
    }

    @Test("indexes without a schedule are never active, but for always")
    func specials() {
        let table = ScheduleTable(capacity: 0, periods: 0, holidays: 0, zone: .utc)
        #expect(table.isActive(.always) == true)
        #expect(table.isActive(.never) == false)
        #expect(table.isActive(ScheduleIndex(0)) == false)
    }

    @Test("what does not fit or cannot be is refused")
    func refusals() {
        var table = ScheduleTable(capacity: 1, periods: 1, holidays: 1, zone: .utc)
        let period = SchedulePeriod(days: 1, fromMinute: 0, toMinute: 10)
        #expect(table.addPeriod(period) == false, "no schedule yet")
        #expect(table.addSchedule(UntrustedClockRule(isActiveWhenUnset: false)) != nil)
        #expect(table.addSchedule(UntrustedClockRule(isActiveWhenUnset: false)) == nil)
        #expect(table.addPeriod(SchedulePeriod(days: 1, fromMinute: 1_440, toMinute: 10)) == false)
        #expect(table.addPeriod(SchedulePeriod(days: 1, fromMinute: 0, toMinute: 1_441)) == false)
        #expect(table.addPeriod(period) == true)
        #expect(table.addPeriod(period) == false)
        #expect(table.addHoliday(Holiday(month: 13, day: 1)) == false)
        #expect(table.addHoliday(Holiday(month: 1, day: 0)) == false)
        #expect(table.addHoliday(Holiday(month: 1, day: 1, dayClass: 8)) == false)
        #expect(table.addHoliday(Holiday(month: 1, day: 1)) == true)
        #expect(table.addHoliday(Holiday(month: 1, day: 2)) == false)
    }

    @Test("a door goes free and locks by its schedule, and every change of the clock counts at once, a year each way")
    func doorBySchedule() {
        let board = TestBoard(clock: Self.clock(0, 719))
        let lunch = board.controller.schedules.addSchedule(UntrustedClockRule(isActiveWhenUnset: false))!
        _ = board.controller.schedules.addPeriod(
            SchedulePeriod(days: SchedulePeriod.weekdays, fromMinute: 720, toMinute: 780))
        let door = board.door()
        #expect(board.addModeRule(door, lunch, .free))
        board.start()
        #expect(!board.isReleased())
        board.wait(seconds: 60)
        #expect(board.isReleased())
        #expect(board.happened() == ["mode free", "released doorFree"])
        // Saturday 2023-01-07, Monday 2024-12-30, and back.
        board.setClock(Self.clock(-359, 720))
        #expect(!board.isReleased())
        board.setClock(Self.clock(364, 720))
        #expect(board.isReleased())
        board.setClock(.unset)
        #expect(!board.isReleased())
        board.setClock(Self.clock(0, 779))
        board.wait(seconds: 60)
        #expect(!board.isReleased())
    }
}
