import WardenMessages

/// Fields of `readers`, `doors`, `schedules` and `credentials`.
enum AccessFields {
    static let reader = Record<Reader>(
        make: { Reader() },
        fields: [
            .required(
                "door", .reference(to: .doors), example: "entrance", "The door that its cards ask for."
            ) { $0.door = $1 },
            .optional(
                "hold_off", .milliseconds(0...60_000), default: "2 s", example: "2 s",
                "The same card again within this time is the same presentation."
            ) { $0.holdOffMs = $1 },
        ], variantKey: "protocol", variantExplanation: "What the reader speaks; decides which further keys there are.",
        variants: [
            .init(
                "serial-tag", "125 kHz readers that send ASCII frames: RDM6300, ID-12LA, ID-20LA.",
                begin: { $0.interface = .serialTag(SerialTagOptions()) },
                fields: [
                    .required(
                        "port", .reference(to: .ports), example: "reader_port", "The serial port that it is wired to."
                    ) { $0.interface = .serialTag(SerialTagOptions(port: $1)) }
                ])
        ])

    static let door = Record<Door>(
        make: { Door() },
        fields: [
            .required(
                "lock_kind",
                .choice([
                    Choice("maglock", LockKind.maglock, "held by current: open without power"),
                    Choice("strike-fail-safe", .strikeFailSafe, "locks while current flows: open without power"),
                    Choice("strike-fail-secure", .strikeFailSecure, "opens while current flows: locked without power"),
                ]), example: "maglock", "What holds the door; decides which level of the relay releases it."
            ) { $0.lockKind = $1 },
            .required(
                "lock", .reference(to: .lines, trait: "output"), example: "entrance_lock",
                "The output of the lock relay; active lets current flow to the lock."
            ) { $0.lockLine = $1 },
            .optional(
                "contact", .reference(to: .lines, trait: "input"), example: "entrance_contact",
                "The input of the door contact; active means open. Without it the door cannot be seen to be forced or held open."
            ) { $0.contactLine = $1 },
            .optional(
                "exit_button", .reference(to: .lines, trait: "input"), example: "entrance_exit",
                "The input of the request-to-exit button or motion sensor; active means pressed."
            ) { $0.exitLine = $1 },
            .optional(
                "unlock", .milliseconds(100...600_000), default: "5 s", example: "5 s",
                "How long a grant releases the door."
            ) { $0.unlockMs = $1 },
            .optional(
                "extended_unlock", .milliseconds(100...600_000), default: "15 s", example: "20 s",
                "The same for credentials whose holders need longer."
            ) { $0.extendedUnlockMs = $1 },
            .optional(
                "held_open_warning", .milliseconds(0...86_400_000, zero: "never"), default: "never", example: "20 s",
                "Open for this long is a warning, counted from the opening."
            ) { $0.heldOpenWarningMs = $1 },
            .optional(
                "held_open_alarm", .milliseconds(0...86_400_000, zero: "never"), default: "never", example: "40 s",
                "Open for this long is an alarm, counted from the opening."
            ) { $0.heldOpenAlarmMs = $1 },
            .optional(
                "groups", .list(of: group, 1...64), example: "[residents, staff]",
                "The credential groups that may pass; without any, no card opens the door."
            ) { $0.groups = $1.reduce(0, |) },
            .optional(
                "schedule", .reference(to: .schedules), example: "office_hours",
                "When they may pass; without it at any time."
            ) { $0.schedule = $1 },
            .optional(
                "egress", .flag, default: "true", example: "true",
                "Whether the door is on an escape route: a fire must release it."
            ) { $0.egress = $1 },
            .optional(
                "relock_on_close", .flag, default: "true", example: "true",
                "Locks as soon as the door has closed behind somebody, not only when the unlock time ends. Needs a contact; without one it does nothing."
            ) { $0.relockOnClose = $1 },
        ])

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
        ])

    /// The bit of a group.
    private static let group = ValueKind<UInt64>(
        summary: "name of a group", schema: .object([("type", .string("string"))])
    ) { node, context in
        guard let name = plainText(node, context, wanted: "the name of a group") else { return nil }
        return context.place(of: name, in: .groups, at: node.range).map { 1 << UInt64($0) }
    }

    static let credential = Record<CredentialDescription>(
        make: { CredentialDescription() },
        fields: [
            .optional(
                "tag", .hexadecimal(byteCount: 5, of: "the identifier of a 125 kHz tag"), example: "\"01020F7A5C\"",
                "Identifier of a 125 kHz tag: version byte and four identifier bytes. Only its keyed hash is stored; the key is given with `--hash-key`. Either this or `hash`."
            ) { $0.tag = $1 },
            .optional(
                "hash", .hexadecimal(byteCount: 16, of: "a keyed hash"),
                example: "\"9f1c2b3a4d5e6f708192a3b4c5d6e7f8\"",
                "The keyed hash itself, as `wardenctl keys hash` prints it, where the identifier shall not stand in a file."
            ) { credential, bytes in
                for byte in bytes { credential.message.hash.append(byte) }
            },
            .optional(
                "note", .text(maximumBytes: 64), example: "Flat 12, spare key",
                "For whoever reads the file; not stored on the board."
            ) { $0.note = $1 },
            .optional(
                "groups", .list(of: group, 1...64), example: "[residents]",
                "The groups that it belongs to; without one it passes no door."
            ) { $0.message.groups = $1.reduce(0, |) },
            .optional(
                "holder", .unsigned(1...16_777_215), example: "4711",
                "The platform's number of the holder, the same for all cards of one person."
            ) { $0.message.holder = $1 },
            .optional(
                "valid_from", .moment, example: "2026-05-01", "Not before the beginning of this day, or this minute."
            ) { $0.validFrom = $1 },
            .optional(
                "valid_until", .moment, example: "2026-12-31 12:00",
                "Not after the end of this day, or from this minute on."
            ) { $0.validUntil = $1 },
            .optional(
                "extended_time", .flag, default: "false", example: "true",
                "Its holder needs longer: the door's extended unlock time."
            ) { $0.message.extendedTime = $1 },
            .optional(
                "lost", .flag, default: "false", example: "true",
                "Lost or stolen: always denied, and reported as such."
            ) { $0.message.lost = $1 },
        ])
}
