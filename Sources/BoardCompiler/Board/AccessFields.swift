import FixedMemory
import WardenMessages

/// Fields of `schedules`, `holidays`, `areas`, `interlocks` and `access`.
enum AccessFields {
    private static let period = Record<SchedulePeriod>(
        make: { SchedulePeriod() },
        fields: [
            .required("days", .days, example: "mon-fri", "The days on which the period begins.") { $0.days = $1 },
            .optional(
                "from", .minuteOfDay, default: "00:00", example: "07:00", "Its first minute in the board's local time."
            ) { $0.fromMinute = $1 },
            .optional(
                "to", .minuteOfDay, default: "24:00", example: "19:00",
                "The first minute after it; not later than `from` means the following day."
            ) { $0.toMinute = $1 },
        ])

    static let schedule = Record<Schedule>(
        make: { Schedule() },
        fields: [
            .required(
                "periods", .list(of: .record(period, summary: "period"), 1...16),
                example: "[{days: mon-fri, from: 07:00, to: 19:00}]",
                "When the schedule is active."
            ) { schedule, periods in
                for period in periods { schedule.periods.append(period) }
            },
            .required(
                "without_clock",
                .choice([
                    Choice("active", true, "as if it were time"), Choice("inactive", false, "as if it were not"),
                ]), example: "inactive",
                "What the schedule does while the clock was never set. An entrance for residents should go on opening, a store room should not."
            ) { $0.activeWithoutClock = $1 },
            .optional(
                "free_running_clock",
                .choice([
                    Choice("followed", false, "counts as set"), Choice("ignored", true, "counts as never set"),
                ]), default: "followed", example: "ignored",
                "Whether a clock counts that was set once and has run freely since."
            ) { $0.distrustsFreeRunningClock = $1 },
        ])

    static let holiday = Record<Holiday>(
        make: { Holiday() },
        fields: [
            .required(
                "date", date, example: "12-25",
                "The day: `MM-DD` of every year, or `YYYY-MM-DD`. It follows the periods of its class alone, not those of its weekday."
            ) { holiday, date in
                holiday.year = date.year
                holiday.month = date.month
                holiday.day = date.day
            },
            .optional(
                "class", .unsigned(1...8), default: "1", example: "2",
                "Which `holiday-1` to `holiday-8` of the periods speaks of it; `holiday` speaks of all."
            ) { $0.dayClass = $1 - 1 },
        ])

    private static let date = ValueKind<(year: UInt32, month: UInt32, day: UInt32)>(
        summary: "date `12-25` or `2026-12-25`",
        schema: .object([("type", .string("string")), ("pattern", .string("^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "a date such as 12-25") else { return nil }
        // A leap year stands in for every year.
        let whole = text.count == 5 ? "2028-" + text : text
        guard text.count == 5 || text.count == 10, let moment = CivilMoment(whole), moment.minuteOfDay == nil else {
            context.report(
                node, "'\(text)' is not a date", remedy: "write month and day such as 12-25, or with the year before")
            return nil
        }
        return (text.count == 5 ? 0 : UInt32(moment.year), UInt32(moment.month), UInt32(moment.day))
    }

    static let area = Record<Area>(
        make: { Area() },
        fields: [
            .optional(
                "anti_passback",
                .choice([
                    Choice("none", AntiPassbackKind.none, "nothing happens"),
                    Choice("soft", .soft, "they pass, and it is recorded"),
                    Choice("hard", .hard, "they do not pass"),
                    Choice("timed", .timed, "they do not pass before `passback_time` is over"),
                ]), default: "none", example: "hard",
                "What happens when somebody asks to enter without having left. Kept across restarts."
            ) { $0.antiPassback = $1 },
            .optional(
                "passback_time", .milliseconds(1_000...86_400_000), example: "10 min",
                "For `anti_passback: timed`: how long after coming in."
            ) { $0.passbackMs = $1 },
            .optional(
                "limit", .unsigned(1...65_535), example: "40", "People who may be in it at once; without it any number."
            ) { $0.occupancyLimit = $1 },
        ],
        finish: { area, places, context in
            let isTimed = area.antiPassback == .timed
            guard isTimed == (area.passbackMs != 0) else {
                context.report(
                    at: isTimed ? places["anti_passback"] : places["passback_time"],
                    isTimed ? "for how long is not said" : "'passback_time' belongs to 'anti_passback: timed'",
                    remedy: isTimed ? "add 'passback_time:', such as 10 min" : "remove it, or write 'timed'")
                return false
            }
            return true
        })

    static let interlock = Record<Interlock>(
        make: { Interlock() },
        fields: [
            .required(
                "doors", .list(of: .reference(to: .doors), 2...64, allowsSingle: false), example: "[outer, inner]",
                "The doors of which at most one is open or released at a time. Each needs a contact. An emergency overrides it."
            ) { $0.doors = $1.reduce(0) { $0 | 1 << UInt64($1 & 63) } }
        ])

    /// The bit of a group.
    static let group = ValueKind<UInt64>(
        summary: "name of a group", schema: .object([("type", .string("string"))])
    ) { node, context in
        guard let name = plainText(node, context, wanted: "the name of a group") else { return nil }
        return context.place(of: name, in: .groups, at: node.range).map { 1 << UInt64($0) }
    }

    static let policy = Record<AccessPolicy>(
        make: { AccessPolicy() },
        fields: [
            .optional(
                "time_limited_without_clock",
                .choice([
                    Choice("denied", false, "they do not pass"), Choice("admitted", true, "they pass"),
                ]), default: "denied", example: "admitted",
                "What becomes of credentials that are limited in time while the clock was never set."
            ) { $0.admitsTimeLimitedWithoutClock = $1 },
            .optional(
                "duress_by_last_digit", .flag, default: "true", example: "false",
                "A PIN whose last digit is one higher than the right one (9 becomes 0) opens and calls for help."
            ) { $0.duressByLastDigit = $1 },
            .optional(
                "forget_presence_after_fire", .flag, default: "true", example: "false",
                "When a fire release is reset, everybody's whereabouts are forgotten: people left without a card."
            ) { $0.forgetsPresenceAfterFire = $1 },
            .optional(
                "unknown_cards", .unsigned(1...1_000), default: "10", example: "10",
                "Unknown cards in a row at one reader that are recorded one by one; more are guessing. The right card is always answered."
            ) { $0.unknownCards = $1 },
            .optional(
                "unknown_card_refill", .milliseconds(1...3_600_000), default: "6 s", example: "6 s",
                "One more is recorded after each of these."
            ) { $0.unknownCardRefillMs = $1 },
            .optional(
                "quiet", .milliseconds(1_000...3_600_000), default: "60 s", example: "60 s",
                "Guessing counts as stopped after this long without an unknown card."
            ) { $0.quietMs = $1 },
            .optional(
                "wrong_codes", .unsigned(1...100), default: "5", example: "5",
                "Wrong codes in a row at one reader before it takes none for a while. Cards still count."
            ) { $0.wrongCodes = $1 },
            .optional(
                "code_lockout", .milliseconds(1_000...86_400_000), default: "60 s", example: "60 s",
                "How long that lasts the first time; twice as long each further time."
            ) { $0.codeLockoutMs = $1 },
            .optional(
                "longest_code_lockout", .milliseconds(1_000...86_400_000), default: "15 min", example: "15 min",
                "The longest time that it lasts."
            ) { $0.longestCodeLockoutMs = $1 },
            .optional(
                "wrong_pins", .unsigned(1...100), default: "5", example: "5",
                "Wrong PINs of one card before it is blocked."
            ) { $0.wrongPins = $1 },
            .optional(
                "pin_block", .milliseconds(0...604_800_000, zero: "until-reset"), default: "15 min",
                example: "15 min", "How long it is blocked; `until-reset` suspends it until its status is set again."
            ) { $0.pinBlockMs = $1 },
        ])
}
