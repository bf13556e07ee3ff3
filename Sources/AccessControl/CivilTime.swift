import HardwareInterface

/// A local date and time of day, as people read it off a calendar and a clock on the wall.
public struct CivilTime: Equatable, Sendable, BitwiseCopyable {
    /// Days since 1970-01-01 of the local date.
    public var dayNumber: Int32
    /// Minutes since local midnight, 0 to 1439.
    public var minuteOfDay: UInt16

    public init(dayNumber: Int32, minuteOfDay: UInt16) {
        self.dayNumber = dayNumber
        self.minuteOfDay = minuteOfDay
    }

    /// Local time of a moment.
    public init(unixMilliseconds: Int64, in zone: TimeZoneRule) {
        let minute = floorDivide(unixMilliseconds, 60_000)
        let local = minute + Int64(zone.offsetMinutes(atUnixMinute: minute))
        let day = floorDivide(local, 1_440)
        dayNumber = Int32(clamping: day)
        minuteOfDay = UInt16(truncatingIfNeeded: local - day * 1_440)
    }

    /// 0 Monday to 6 Sunday. 1970-01-01 was a Thursday.
    public var weekday: Int { Int(floorModulo(Int64(dayNumber) + 3, 7)) }
}

/// A date of the proleptic Gregorian calendar.
public struct CivilDate: Equatable, Sendable, BitwiseCopyable {
    public var year: Int32
    /// 1 to 12.
    public var month: UInt8
    /// 1 to 31.
    public var day: UInt8

    public init(year: Int32, month: UInt8, day: UInt8) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date so many days after 1970-01-01. Years are counted from March, so that the leap day comes last.
    public init(dayNumber: Int32) {
        let shifted = Int64(dayNumber) + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = UInt8(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = UInt8(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int32(clamping: yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
    }

    /// Days since 1970-01-01.
    public var dayNumber: Int32 {
        let shiftedYear = Int64(year) - (month <= 2 ? 1 : 0)
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = Int64(month) + (month > 2 ? -3 : 9)
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int32(clamping: era * 146_097 + dayOfEra - 719_468)
    }
}

/// How local time is derived from UTC: an offset and, where there is daylight saving, when it begins and ends.
public struct TimeZoneRule: Equatable, Sendable, BitwiseCopyable {
    /// The n-th weekday of a month at a time of day, as POSIX writes it (`Mm.w.d/time`, XBD section 8.3).
    public struct Change: Equatable, Sendable, BitwiseCopyable {
        /// 1 to 12.
        public var month: UInt8
        /// 1 to 4, or 5 for the last one of the month.
        public var week: UInt8
        /// 0 Monday to 6 Sunday.
        public var weekday: UInt8
        /// Minutes since midnight in the time that is in force before the change.
        public var minuteOfDay: UInt16

        public init(month: UInt8, week: UInt8, weekday: UInt8, minuteOfDay: UInt16) {
            self.month = month
            self.week = week
            self.weekday = weekday
            self.minuteOfDay = minuteOfDay
        }

        // Local minutes since 1970 at which the change happens in a year, by the clock in force before it.
        func localMinute(inYear year: Int32) -> Int64 {
            let first = CivilDate(year: year, month: month, day: 1).dayNumber
            let firstWeekday = Int32(floorModulo(Int64(first) + 3, 7))
            var day = first + (Int32(weekday) - firstWeekday + 7) % 7 + (Int32(week) - 1) * 7
            // The fifth may not exist; then the fourth is the last.
            if CivilDate(dayNumber: day).month != month { day -= 7 }
            return Int64(day) * 1_440 + Int64(minuteOfDay)
        }
    }

    /// Minutes that standard time is ahead of UTC, -720 to 840.
    public var standardOffsetMinutes: Int16
    /// Minutes that daylight time is ahead of UTC; equal to the standard offset where there is none.
    public var daylightOffsetMinutes: Int16
    /// When daylight time begins, by standard time.
    public var daylightBegins: Change
    /// When daylight time ends, by daylight time.
    public var daylightEnds: Change

    public init(
        standardOffsetMinutes: Int16, daylightOffsetMinutes: Int16, daylightBegins: Change, daylightEnds: Change
    ) {
        self.standardOffsetMinutes = standardOffsetMinutes
        self.daylightOffsetMinutes = daylightOffsetMinutes
        self.daylightBegins = daylightBegins
        self.daylightEnds = daylightEnds
    }

    /// A zone without daylight saving.
    public init(offsetMinutes: Int16) {
        let unused = Change(month: 1, week: 1, weekday: 0, minuteOfDay: 0)
        self.init(
            standardOffsetMinutes: offsetMinutes, daylightOffsetMinutes: offsetMinutes, daylightBegins: unused,
            daylightEnds: unused)
    }

    public static var utc: TimeZoneRule { TimeZoneRule(offsetMinutes: 0) }

    /// Daylight saving of the European Union (Directive 2000/84/EC): last Sundays of March and October, 01:00 UTC.
    ///
    /// - Parameter minutes: that standard time is ahead of UTC, -60 to 180: in other zones the Sunday would be another day.
    public static func europe(standardOffsetMinutes minutes: Int16) -> TimeZoneRule {
        precondition((-60...180).contains(minutes), "no European zone")
        return TimeZoneRule(
            standardOffsetMinutes: minutes, daylightOffsetMinutes: minutes + 60,
            daylightBegins: Change(month: 3, week: 5, weekday: 6, minuteOfDay: UInt16(60 + minutes)),
            daylightEnds: Change(month: 10, week: 5, weekday: 6, minuteOfDay: UInt16(120 + minutes)))
    }

    /// Central European Time as in force since 1996.
    public static var centralEurope: TimeZoneRule { europe(standardOffsetMinutes: 60) }

    /// Daylight saving of the United States and most of Canada (Energy Policy Act of 2005, section 110): from the second
    /// Sunday of March to the first of November, both at 02:00 local time.
    public static func northAmerica(standardOffsetMinutes minutes: Int16) -> TimeZoneRule {
        TimeZoneRule(
            standardOffsetMinutes: minutes, daylightOffsetMinutes: minutes + 60,
            daylightBegins: Change(month: 3, week: 2, weekday: 6, minuteOfDay: 120),
            daylightEnds: Change(month: 11, week: 1, weekday: 6, minuteOfDay: 120))
    }

    /// Minutes to add to UTC at a moment given in minutes since 1970-01-01T00:00Z.
    public func offsetMinutes(atUnixMinute minute: Int64) -> Int16 {
        guard daylightOffsetMinutes != standardOffsetMinutes else { return standardOffsetMinutes }
        let localDay = floorDivide(minute + Int64(standardOffsetMinutes), 1_440)
        let year = CivilDate(dayNumber: Int32(clamping: localDay)).year
        let begins = daylightBegins.localMinute(inYear: year) - Int64(standardOffsetMinutes)
        let ends = daylightEnds.localMinute(inYear: year) - Int64(daylightOffsetMinutes)
        // South of the equator daylight time spans the turn of the year.
        let isDaylight = begins < ends ? minute >= begins && minute < ends : minute >= begins || minute < ends
        return isDaylight ? daylightOffsetMinutes : standardOffsetMinutes
    }
}

func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

func floorModulo(_ value: Int64, _ divisor: Int64) -> Int64 {
    value - floorDivide(value, divisor) * divisor
}
