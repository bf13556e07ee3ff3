import FixedMemory

/// Times as text, without a calendar library: the board has none.
public enum TimeText {
    /// Writes a length of time since start as `seconds.nnnnnnnnn`, the form that traces carry.
    public static func appendSeconds<Sink: ByteSink & ~Copyable>(nanoseconds: Int64, to sink: inout Sink) {
        sink.appendDecimal(nanoseconds / 1_000_000_000)
        sink.append(".")
        sink.appendDecimal(nanoseconds % 1_000_000_000, minimumDigits: 9)
    }

    /// Writes a civil time as `2026-11-22 18:05:09`; the caller has added the offset of its time zone.
    ///
    /// Days to year, month and day by Howard Hinnant's published method (chrono-compatible date algorithms,
    /// `civil_from_days`): exact for all years that an Int64 of milliseconds can reach.
    public static func appendCivil<Sink: ByteSink & ~Copyable>(unixMilliseconds: Int64, to sink: inout Sink) {
        let seconds = floorDivide(unixMilliseconds, 1_000)
        let days = floorDivide(seconds, 86_400)
        let secondOfDay = seconds - days * 86_400

        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        sink.appendDecimal(year, minimumDigits: 4)
        sink.append("-")
        sink.appendDecimal(month, minimumDigits: 2)
        sink.append("-")
        sink.appendDecimal(day, minimumDigits: 2)
        sink.append(" ")
        appendClock(secondOfDay: secondOfDay, to: &sink)
    }

    /// Writes `18:05:09`; more than 24 hours are fine.
    public static func appendClock<Sink: ByteSink & ~Copyable>(secondOfDay: Int64, to sink: inout Sink) {
        sink.appendDecimal(secondOfDay / 3_600, minimumDigits: 2)
        sink.append(":")
        sink.appendDecimal(secondOfDay / 60 % 60, minimumDigits: 2)
        sink.append(":")
        sink.appendDecimal(secondOfDay % 60, minimumDigits: 2)
    }

    /// Reads a civil time as `appendCivil` writes it.
    ///
    /// - Returns: seconds from 1970-01-01 00:00:00 to it, by the same clock; `nil` for what is no time of the years
    ///   1970 to 2199.
    static func civilSeconds(date: Span<UInt8>, time: Span<UInt8>) -> Int64? {
        guard date.count == 10, time.count == 8, date[4] == 0x2D, date[7] == 0x2D, time[2] == 0x3A, time[5] == 0x3A,
            let year = ConsoleRequest.decimal(date.extracting(0..<4)),
            let month = ConsoleRequest.decimal(date.extracting(5..<7)),
            let day = ConsoleRequest.decimal(date.extracting(8..<10)),
            let hour = ConsoleRequest.decimal(time.extracting(0..<2)),
            let minute = ConsoleRequest.decimal(time.extracting(3..<5)),
            let second = ConsoleRequest.decimal(time.extracting(6..<8)),
            (1970...2199).contains(year), (1...12).contains(month), day >= 1, day <= days(inMonth: month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        // The inverse of the method above (`days_from_civil`).
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        dividend >= 0 ? dividend / divisor : -((divisor - 1 - dividend) / divisor)
    }
}
