import FixedMemory
import HardwareInterface

/// A stretch of time on some kinds of day.
public struct SchedulePeriod: Equatable, Sendable, BitwiseCopyable {
    /// Bit 0 Monday to bit 6 Sunday; bits 7 to 14 holidays of class 0 to 7.
    ///
    /// A day that is a holiday is only that: the bit of its weekday does not count.
    public var days: UInt16
    /// First minute since local midnight, 0 to 1439.
    public var fromMinute: UInt16
    /// First minute after it, 1 to 1440. Not after `fromMinute`: the period ends on the following day at that minute,
    /// whatever kind of day that is.
    public var toMinute: UInt16

    public init(days: UInt16, fromMinute: UInt16, toMinute: UInt16) {
        self.days = days
        self.fromMinute = fromMinute
        self.toMinute = toMinute
    }

    /// Monday to Friday.
    public static var weekdays: UInt16 { 0b001_1111 }
    /// Monday to Sunday.
    public static var everyDay: UInt16 { 0b111_1111 }
    /// Holidays of a class, 0 to 7.
    public static func holidays(_ dayClass: UInt8) -> UInt16 { 1 << (7 + UInt16(dayClass & 7)) }
    /// Holidays of every class.
    public static var allHolidays: UInt16 { 0xFF << 7 }

    // `today` and `yesterday` each have the one bit set that describes the day.
    func contains(minute: UInt16, today: UInt16, yesterday: UInt16) -> Bool {
        if fromMinute < toMinute {
            return days & today != 0 && minute >= fromMinute && minute < toMinute
        }
        return days & today != 0 && minute >= fromMinute || days & yesterday != 0 && minute < toMinute
    }
}

/// What a schedule does while the clock cannot be trusted. There is no safe default: an entrance for residents should
/// go on opening, a store room should not.
public struct UntrustedClockRule: Equatable, Sendable, BitwiseCopyable {
    /// Whether the schedule is active while the clock was never set.
    public var isActiveWhenUnset: Bool
    /// Whether a clock that was set once and runs freely since is followed; otherwise it counts as unset.
    public var followsFreeRunningClock: Bool

    public init(isActiveWhenUnset: Bool, followsFreeRunningClock: Bool = true) {
        self.isActiveWhenUnset = isActiveWhenUnset
        self.followsFreeRunningClock = followsFreeRunningClock
    }

    /// Whether the schedule goes by a clock of this trust; where not, `isActiveWhenUnset` answers.
    func trusts(_ trust: ClockTrust) -> Bool {
        switch trust {
        case .unset: false
        case .freeRunning: followsFreeRunningClock
        case .synchronised: true
        }
    }
}

/// A day, or the same day of every year, that follows the rules of its class and not those of its weekday.
public struct Holiday: Equatable, Sendable, BitwiseCopyable {
    /// 0 for every year.
    public var year: UInt16
    /// 1 to 12.
    public var month: UInt8
    /// 1 to 31.
    public var day: UInt8
    /// 0 to 7: which bit of `SchedulePeriod.days` speaks of it.
    public var dayClass: UInt8

    public init(year: UInt16 = 0, month: UInt8, day: UInt8, dayClass: UInt8 = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.dayClass = dayClass
    }

    func matches(_ date: CivilDate) -> Bool {
        date.month == month && date.day == day && (year == 0 || date.year == Int32(year))
    }
}

/// The week plans of the board, evaluated once a minute.
public struct ScheduleTable: ~Copyable {
    /// Schedules that one board can have; `ScheduleIndex.always` and `.never` not counted.
    public static var limit: Int { 64 }

    struct Entry: BitwiseCopyable {
        var firstPeriod: UInt16
        var periodCount: UInt16
        var rule: UntrustedClockRule
    }

    private var entries: FixedArray<Entry>
    private var periods: FixedArray<SchedulePeriod>
    private var holidays: FixedArray<Holiday>
    private let zone: TimeZoneRule
    private var evaluatedMinute: Int64
    private var evaluatedTrust: ClockTrust
    private var isEvaluated: Bool
    /// Bit n set: schedule n is active.
    public private(set) var active: UInt64

    /// - Parameters:
    ///   - capacity: schedules, at most `limit`.
    ///   - periodCapacity: periods of all schedules together.
    ///   - holidayCapacity: days with rules of their own.
    public init(capacity: Int, periods periodCapacity: Int, holidays holidayCapacity: Int, zone: TimeZoneRule) {
        precondition(capacity <= ScheduleTable.limit, "schedules are kept in 64 bits")
        entries = FixedArray(capacity: capacity)
        periods = FixedArray(capacity: periodCapacity)
        holidays = FixedArray(capacity: holidayCapacity)
        self.zone = zone
        evaluatedMinute = 0
        evaluatedTrust = .unset
        isEvaluated = false
        active = 0
    }

    public var count: Int { entries.count }

    /// Bytes that a table of these capacities takes.
    static func bytes(capacity: Int, periods: Int, holidays: Int) -> Int {
        capacity * MemoryLayout<Entry>.stride + periods * MemoryLayout<SchedulePeriod>.stride
            + holidays * MemoryLayout<Holiday>.stride
    }

    /// Adds a schedule without periods; `addPeriod` fills the one added last.
    ///
    /// - Returns: its index, or `nil` if there is no room.
    public mutating func addSchedule(_ rule: UntrustedClockRule) -> ScheduleIndex? {
        guard
            entries.append(Entry(firstPeriod: UInt16(clamping: periods.count), periodCount: 0, rule: rule))
        else { return nil }
        isEvaluated = false
        return ScheduleIndex(UInt8(entries.count - 1))
    }

    /// Adds a period to the schedule added last.
    ///
    /// - Returns: `false` if there is no schedule, no room, or the minutes are out of range.
    public mutating func addPeriod(_ period: SchedulePeriod) -> Bool {
        guard !entries.isEmpty, period.fromMinute < 1_440, period.toMinute <= 1_440, periods.append(period) else {
            return false
        }
        entries[entries.count - 1].periodCount += 1
        isEvaluated = false
        return true
    }

    /// - Returns: `false` if there is no room or the date cannot be one.
    public mutating func addHoliday(_ holiday: Holiday) -> Bool {
        guard holiday.month >= 1, holiday.month <= 12, holiday.day >= 1, holiday.day <= 31, holiday.dayClass < 8 else {
            return false
        }
        isEvaluated = false
        return holidays.append(holiday)
    }

    /// Replaces the holidays, which change from year to year while the rest stays.
    public mutating func removeHolidays() {
        holidays.removeAll()
        isEvaluated = false
    }

    /// Whether a schedule was active when last evaluated. An index without a schedule is never active.
    public func isActive(_ schedule: ScheduleIndex) -> Bool {
        if schedule == .always { return true }
        guard Int(schedule.value) < entries.count else { return false }
        return active >> UInt64(schedule.value) & 1 != 0
    }

    /// Whether the schedule's last answer rests on its rule for an untrusted clock and not on the time.
    public func isUntrusted(_ schedule: ScheduleIndex) -> Bool {
        guard Int(schedule.value) < entries.count else { return false }
        return !entries[Int(schedule.value)].rule.trusts(evaluatedTrust)
    }

    /// Evaluates all schedules where the minute or the trust has changed.
    ///
    /// - Returns: whether any schedule became active or inactive.
    public mutating func evaluate(_ clock: WallClock) -> Bool {
        let minute = clock.trust == .unset ? 0 : floorDivide(clock.unixMilliseconds, 60_000)
        if isEvaluated, minute == evaluatedMinute, clock.trust == evaluatedTrust { return false }
        isEvaluated = true
        evaluatedMinute = minute
        evaluatedTrust = clock.trust
        let time = CivilTime(unixMilliseconds: minute * 60_000, in: zone)
        let today = dayBit(time.dayNumber)
        let yesterday = dayBit(time.dayNumber - 1)
        var result: UInt64 = 0
        for index in entries.indices {
            let entry = entries[index]
            var isActive = false
            if entry.rule.trusts(clock.trust) {
                for period in 0..<Int(entry.periodCount) {
                    if periods[Int(entry.firstPeriod) + period].contains(
                        minute: time.minuteOfDay, today: today, yesterday: yesterday)
                    {
                        isActive = true
                    }
                }
            } else {
                isActive = entry.rule.isActiveWhenUnset
            }
            if isActive { result |= 1 << UInt64(index) }
        }
        let changed = result != active
        active = result
        return changed
    }

    /// How long the present answers hold: until the next full minute of the wall clock.
    public func validity(_ clock: WallClock) -> Interval {
        guard !entries.isEmpty, clock.trust != .unset else { return .endless }
        return .milliseconds(60_000 - floorModulo(clock.unixMilliseconds, 60_000))
    }

    private func dayBit(_ dayNumber: Int32) -> UInt16 {
        let date = CivilDate(dayNumber: dayNumber)
        for index in holidays.indices where holidays[index].matches(date) {
            return SchedulePeriod.holidays(holidays[index].dayClass)
        }
        return 1 << UInt16(CivilTime(dayNumber: dayNumber, minuteOfDay: 0).weekday)
    }
}

extension ScheduleTable: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // Left out: entries, periods, holidays: follow from the image.
        state.carry(&evaluatedMinute)
        state.carry(&evaluatedTrust)
        state.carry(&isEvaluated)
        state.carry(&active)
    }
}
