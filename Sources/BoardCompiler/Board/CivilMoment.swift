import AccessControl

/// A date, or a date and a time of day, in the board's local time.
struct CivilMoment: Equatable {
    var year: Int
    var month: Int
    var day: Int
    /// `nil` for the whole day.
    var minuteOfDay: Int?

    /// Days since 1970-01-01 in the proleptic Gregorian calendar.
    var dayNumber: Int {
        // March as the first month puts the leap day at the end of the year; 400 years have 146,097 days.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z of the beginning, or of the end where the moment is a whole day.
    func unixSeconds(utcOffsetMinutes: Int, atEnd: Bool) -> Int {
        (localMinute(atEnd: atEnd) - utcOffsetMinutes) * 60
    }

    /// The same where the offset changes with the season. Of an hour that comes twice the second counts.
    func unixSeconds(_ zone: TimeZoneRule, atEnd: Bool) -> Int {
        let local = Int64(localMinute(atEnd: atEnd))
        let standard = local - Int64(zone.standardOffsetMinutes)
        let daylight = local - Int64(zone.daylightOffsetMinutes)
        let isStandard = zone.offsetMinutes(atUnixMinute: standard) == zone.standardOffsetMinutes
        return Int(isStandard ? standard : daylight) * 60
    }

    private func localMinute(atEnd: Bool) -> Int { dayNumber * 1_440 + (minuteOfDay ?? (atEnd ? 1_440 : 0)) }

    /// Reads "2026-05-01" or "2026-05-01 08:30".
    init?(_ text: String) {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "T" })
        guard parts.count == 1 || parts.count == 2 else { return nil }
        let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, date[0].count == 4, date[1].count == 2, date[2].count == 2,
            let year = Int(date[0]), let month = Int(date[1]), let day = Int(date[2]),
            (1...12).contains(month), (1...CivilMoment.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        if parts.count == 2 {
            guard let minute = CivilMoment.minuteOfDay(String(parts[1])), minute < 1_440 else { return nil }
            minuteOfDay = minute
        }
    }

    /// Reads "08:30"; "24:00" is the end of the day.
    static func minuteOfDay(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].count), parts[1].count == 2,
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour >= 0, (0...59).contains(minute),
            hour * 60 + minute <= 1_440
        else { return nil }
        return hour * 60 + minute
    }
}
