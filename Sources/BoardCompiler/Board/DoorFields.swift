import WardenMessages

/// Fields of `doors`.
enum DoorFields {
    static let door = Record<Door>(
        make: { Door() }, fields: lockFields + sensedFields + timeFields + ruleFields + emergencyFields + kindFields)

    private static func time(
        _ key: String, _ range: ClosedRange<Int64>, zero: String? = nil, default defaultText: String, example: String,
        _ explanation: String, set: @escaping @Sendable (inout Door, UInt32) -> Void
    ) -> Field<Door> {
        .optional(
            key, .milliseconds(range, zero: zero), default: defaultText, example: example, explanation, set: set)
    }

    private static func input(
        _ key: String, example: String, _ explanation: String,
        set: @escaping @Sendable (inout Door, UInt32) -> Void
    ) -> Field<Door> {
        .optional(key, .reference(to: .lines, trait: "input"), example: example, explanation, set: set)
    }

    private static func output(
        _ key: String, example: String, _ explanation: String,
        set: @escaping @Sendable (inout Door, UInt32) -> Void
    ) -> Field<Door> {
        .optional(key, .reference(to: .lines, trait: "output"), example: example, explanation, set: set)
    }

    private static func flag(
        _ key: String, default defaultText: String, example: String, _ explanation: String,
        set: @escaping @Sendable (inout Door, Bool) -> Void
    ) -> Field<Door> {
        .optional(key, .flag, default: defaultText, example: example, explanation, set: set)
    }

    // MARK: The lock

    private static let lockFields: [Field<Door>] = [
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
            "The output of the lock relay; active energises it."
        ) { $0.lockLine = $1 },
        .optional(
            "relay",
            .choice([
                Choice("normally-open", RelayWiring.normallyOpen, "current flows to the lock while it is energised"),
                Choice("normally-closed", .normallyClosed, "current flows to the lock while it is at rest"),
            ]), default: "normally-open", example: "normally-closed", "Which contact of the relay feeds the lock."
        ) { $0.relay = $1 },
        .optional(
            "lock_supply",
            .choice([
                Choice("mains", false, "no current when the mains fail"),
                Choice("standby", true, "a battery behind it keeps the current"),
            ]), default: "mains", example: "standby", "What feeds the lock; decides what it does when the mains fail."
        ) { $0.standbySupply = $1 },
    ]

    // MARK: What is sensed

    private static let sensedFields: [Field<Door>] = [
        input(
            "contact", example: "entrance_contact",
            "The input of the door contact; active means open. Without it the door cannot be seen to be forced or held open."
        ) { $0.contactLine = $1 },
        .optional(
            "supervised_contact", .record(supervised, summary: "contact with end-of-line resistors"),
            example: "{point: entrance_loop, series: 1 kΩ, across: 1 kΩ}",
            "Instead of `contact`: a contact with resistors at the end of its line, measured by a point, so that a cut or shorted wire is told from the contact."
        ) { $0.supervisedContact = $1 },
        input(
            "exit_button", example: "entrance_exit",
            "The input of the request-to-exit button or motion sensor; active means pressed."
        ) { $0.exitLine = $1 },
        .optional(
            "exit_action",
            .choice([
                Choice("release", false, "releases the lock"),
                Choice("shunt", true, "only says that somebody leaves: the handle itself opens"),
            ]), default: "release", example: "shunt", "What a request to exit does."
        ) { $0.exitShuntsOnly = $1 },
        flag(
            "exit_holds_release", default: "false", example: "true",
            "The release lasts as long as the request to exit is active."
        ) { $0.exitHoldsRelease = $1 },
        input(
            "emergency_exit", example: "entrance_call_point",
            "The input of the emergency call point at the door (green box); active means operated. It releases the door until it is put back."
        ) { $0.emergencyExitLine = $1 },
        input(
            "tamper", example: "entrance_lock_tamper",
            "The input of the tamper switch of the lock or its wire; active means tampered with."
        ) { $0.tamperLine = $1 },
        output(
            "sounder", example: "entrance_sounder",
            "The output of the sounder at the door: on and off in turn while the door shall be closed, on while it is held open or forced."
        ) { $0.sounderLine = $1 },
    ]

    private static let supervised = Record<SupervisedContact>(
        make: { SupervisedContact() },
        fields: [
            .required(
                "point", .reference(to: .points), example: "entrance_loop",
                "The point that measures the loop: its resistance in Ω, or the voltage across it."
            ) { $0.point = $1 },
            .optional(
                "series", .amount(.ohm, 100...100_000), default: "1 kΩ", example: "1 kΩ",
                "The resistor in series with the contact, at its far end."
            ) { $0.seriesOhm = $1 },
            .optional(
                "across", .amount(.ohm, 100...100_000), default: "1 kΩ", example: "1 kΩ",
                "The resistor across the contact."
            ) { $0.acrossOhm = $1 },
            .optional(
                "tolerance_percent", .unsigned(1...25), default: "20", example: "15",
                "How far a resistance may be off: resistors, wire and converter together."
            ) { $0.tolerancePercent = $1 },
            .optional(
                "while_closed",
                .choice([
                    Choice("closed", false, "the contact is closed while the door is closed"),
                    Choice("open", true, "the contact is open while the door is closed"),
                ]), default: "closed", example: "open", "What the contact is while the door is closed."
            ) { $0.openWhenClosed = $1 },
            .optional(
                "supply", .millivolts(1...30_000), example: "3.3 V",
                "For a point in V: the voltage above the resistor that feeds the loop."
            ) { $0.supplyMv = $1 },
            .optional(
                "pull_up", .amount(.ohm, 1...1_000_000), example: "2.2 kΩ",
                "For a point in V: the resistor that feeds the loop."
            ) { $0.pullUpOhm = $1 },
        ])

    // MARK: Times

    private static let timeFields: [Field<Door>] = [
        time("unlock", 100...600_000, default: "5 s", example: "5 s", "How long a grant releases the door.") {
            $0.unlockMs = $1
        },
        time(
            "extended_unlock", 100...600_000, default: "15 s", example: "20 s",
            "The same for credentials whose holders need longer."
        ) { $0.extendedUnlockMs = $1 },
        .optional(
            "exit_unlock", .milliseconds(100...600_000), example: "5 s",
            "How long a request to exit releases it; without it as long as a grant."
        ) { $0.exitUnlockMs = $1 },
        .optional(
            "relock",
            .choice([
                Choice("on-close", Relock.onClose, "as soon as the door has opened and closed again: for maglocks"),
                Choice("on-open", .onOpen, "as soon as it has opened: for strikes, whose latch falls in by itself"),
                Choice("after-time", .afterTime, "when the unlock time is over, whatever the door does"),
            ]), default: "on-close", example: "on-open",
            "When the door locks again behind somebody. Without a contact always after the time."
        ) { $0.relock = $1 },
        time(
            "relock_delay", 0...60_000, default: "0 s", example: "500 ms",
            "From the closing of the door to its relocking, for doors that rebound."
        ) { $0.relockDelayMs = $1 },
        time(
            "relock_grace", 0...10_000, default: "1 s", example: "1 s",
            "An opening this shortly after the relock still belongs to the release."
        ) { $0.relockGraceMs = $1 },
        time(
            "held_open_warning", 0...86_400_000, zero: "never", default: "never", example: "20 s",
            "Open for this long is a warning, counted from the opening."
        ) { $0.heldOpenWarningMs = $1 },
        time(
            "held_open_alarm", 0...86_400_000, zero: "never", default: "never", example: "40 s",
            "Open for this long is an alarm, counted from the opening."
        ) { $0.heldOpenAlarmMs = $1 },
        time(
            "extended_held_open", 0...600_000, default: "30 s", example: "30 s",
            "Added to both after a grant to somebody who needs longer."
        ) { $0.extendedHeldOpenMs = $1 },
        time(
            "exit_race", 0...10_000, default: "500 ms", example: "500 ms",
            "An opening without release waits this long for the request to exit that explains it before it is forced."
        ) { $0.exitRaceMs = $1 },
        time(
            "exit_shunt", 0...600_000, default: "5 s", example: "5 s",
            "An opening this shortly after a request to exit belongs to it."
        ) { $0.exitShuntMs = $1 },
        time(
            "exit_stuck", 0...86_400_000, zero: "never", default: "60 s", example: "60 s",
            "A request to exit that is active for longer is stuck, which is trouble."
        ) { $0.exitStuckMs = $1 },
        time(
            "contact_debounce", 0...10_000, default: "30 ms", example: "30 ms",
            "The contact must hold a state for this long."
        ) { $0.contactDebounceMs = $1 },
        time(
            "exit_debounce", 0...400, default: "30 ms", example: "30 ms",
            "The request to exit must be active for this long; IEC 60839-11-1 asks that 400 ms count."
        ) { $0.exitDebounceMs = $1 },
        time(
            "answer", 0...60_000, default: "2 s", example: "2 s", "How long a reader shows an answer."
        ) { $0.answerMs = $1 },
        time(
            "pin_time", 1_000...600_000, default: "10 s", example: "10 s",
            "A PIN must begin, and each next digit follow, within this time."
        ) { $0.pinMs = $1 },
        time(
            "second_person_time", 1_000...600_000, default: "15 s", example: "15 s",
            "The second person or the escort must follow within this time."
        ) { $0.secondPersonMs = $1 },
    ]

    // MARK: Who passes when

    private static let mode: ValueKind<DoorMode> = .choice([
        Choice("locked", DoorMode.locked, "nobody by credential"), Choice("card", .card, "a card"),
        Choice("card-and-pin", .cardAndPin, "a card and then its PIN"),
        Choice("card-or-pin", .cardOrPin, "a card, or a code typed without one"),
        Choice("first-card", .firstCard, "as card until the first card that may open the day, free from then on"),
        Choice("free", .free, "everybody: the lock is released"),
    ])

    private static let ruleFields: [Field<Door>] = [
        .optional(
            "groups", .list(of: AccessFields.group, 1...64), example: "[residents, staff]",
            "The credential groups that may pass on both sides; without any, and without `rules`, no card opens the door."
        ) { door, groups in
            let bits = groups.reduce(0, |)
            if door.rules.isEmpty {
                door.rules.append(AccessRule(groups: bits, onEntry: true, onExit: true, floors: .max))
            } else {
                door.rules[0].groups = bits
            }
        },
        .optional(
            "schedule", .reference(to: .schedules), example: "office_hours",
            "When the `groups` may pass; without it at any time."
        ) { door, schedule in
            if door.rules.isEmpty {
                door.rules.append(AccessRule(onEntry: true, onExit: true, floors: .max))
            }
            door.rules[0].schedule = schedule
        },
        .optional(
            "rules", .list(of: .record(rule, summary: "rule"), 1...15),
            example: "[{groups: [cleaners], schedule: cleaning_hours, side: entry}]",
            "More groups, each with its schedule, side and floors; one rule that allows is enough."
        ) { door, rules in
            for rule in rules { door.rules.append(rule) }
        },
        .optional(
            "mode", mode, default: "card", example: "card-and-pin",
            "Who may pass while no schedule and no command says otherwise."
        ) { $0.mode = $1 },
        .optional(
            "modes", .list(of: .record(modeRule, summary: "mode by schedule"), 1...8),
            example: "[{schedule: office_hours, mode: first-card}]",
            "Modes by schedule; of several active ones the first counts."
        ) { door, rules in
            for rule in rules { door.modeRules.append(rule) }
        },
        .optional(
            "pin_length", .unsigned(0...12), default: "0", example: "4",
            "Digits after which a PIN ends by itself; 0 where `#` ends it."
        ) { $0.pinLength = $1 },
        flag("two_persons", default: "false", example: "true", "Two different people must ask one after the other.") {
            $0.needsTwoPersons = $1
        },
        flag(
            "tamper_stops_reader", default: "false", example: "true",
            "A reader that is tampered with opens nothing until it is whole again."
        ) { $0.tamperStopsReader = $1 },
        .optional(
            "from", .reference(to: .areas), example: "lobby",
            "The area that the entry reader leads from; without it the outside."
        ) { $0.outerArea = $1 },
        .optional(
            "to", .reference(to: .areas), example: "garage",
            "The area that the entry reader leads to; without it the outside, where nobody is kept track of."
        ) { $0.innerArea = $1 },
    ]

    private static let rule = Record<AccessRule>(
        make: { AccessRule(onEntry: true, onExit: true, floors: .max) },
        fields: [
            .required("groups", .list(of: AccessFields.group, 1...64), example: "[cleaners]", "Who may pass.") {
                $0.groups = $1.reduce(0, |)
            },
            .optional(
                "schedule", .reference(to: .schedules), example: "cleaning_hours", "When; without it at any time."
            ) { $0.schedule = $1 },
            .optional(
                "side",
                .choice([
                    Choice("both", 0, "in and out"), Choice("entry", 1, "in"), Choice("exit", 2, "out"),
                ]), default: "both", example: "entry", "At which readers."
            ) { rule, side in
                rule.onEntry = side != 2
                rule.onExit = side != 1
            },
            .optional(
                "floors", .list(of: .unsigned(0...63), 1...64), example: "[0, 3]",
                "Floors of a lift that it allows, by their place in the door's `floors`; without it all."
            ) { $0.floors = $1.reduce(0) { $0 | 1 << UInt64($1) } },
        ])

    private static let modeRule = Record<ModeRule>(
        make: { ModeRule() },
        fields: [
            .required("schedule", .reference(to: .schedules), example: "office_hours", "When the door has the mode.") {
                $0.schedule = $1
            },
            .required("mode", mode, example: "first-card", "The mode.") { $0.mode = $1 },
        ])

    // MARK: Emergencies

    private static let emergencyFields: [Field<Door>] = [
        flag(
            "egress", default: "true", example: "true",
            "Whether the door is on an escape route: a fire must leave it passable, which `wardenctl board check` proves. It is unless the file says otherwise, so that a door that nobody thought about is refused rather than left locked in a fire."
        ) { $0.egress = $1 },
        .optional(
            "fire_zones", .list(of: fireZone, 1...32), example: "[staircase]",
            "The fire zones that it stands in, each one of the board's `fire_zones`; an effect with `release_zone` releases it with them."
        ) { $0.fireZones = $1.reduce(0, |) },
        flag(
            "handle", default: "false", example: "true",
            "A handle or bar opens from the inside whatever the lock does."
        ) { $0.handle = $1 },
        flag(
            "cut_by_fire_panel", default: "false", example: "true",
            "A contact of the fire panel cuts the lock's supply in a fire, whatever the board does."
        ) { $0.cutByFirePanel = $1 },
        .optional(
            "fire_reset",
            .choice([
                Choice("person", false, "by somebody's reset, once the cause is gone"),
                Choice("with-cause", true, "with its cause: the panel is reset, and its signal with it"),
            ]), default: "person", example: "with-cause", "What ends the release for a fire."
        ) { $0.fireEndsWithCause = $1 },
        flag(
            "lockdown_holds_exit", default: "false", example: "true",
            "Lockdown refuses the request to exit too; without effect on an escape route, and in a lockdown that an effect orders."
        ) { $0.lockdownHoldsExit = $1 },
    ]

    /// The bit of a fire zone.
    private static let fireZone = ValueKind<UInt32>(
        summary: "name of a fire zone", schema: .object([("type", .string("string"))])
    ) { node, context in
        guard let name = plainText(node, context, wanted: "the name of a fire zone") else { return nil }
        return context.place(of: name, in: .fireZones, at: node.range).map { 1 << UInt32($0) }
    }

    // MARK: Kinds of door

    private static let kindFields: [Field<Door>] = [
        .optional(
            "kind",
            .choice([
                Choice("single", DoorKind.single, "one leaf"),
                Choice("two-leaf", .twoLeaf, "an active leaf and a second one with its own lock"),
                Choice("turnstile", .turnstile, "one passage for each grant; the contact signals the rotation"),
                Choice("lift", .lift, "a reader in a lift car: a grant releases floors"),
            ]), default: "single", example: "two-leaf", "What kind of opening it is."
        ) { $0.kind = $1 },
        output(
            "second_lock", example: "hall_second_lock",
            "The output of the second leaf's lock relay, of the same kind and wiring, for `kind: two-leaf`."
        ) { $0.secondLockLine = $1 },
        input("second_contact", example: "hall_second_contact", "The input of the second leaf's contact.") {
            $0.secondContactLine = $1
        },
        .optional(
            "second_supervised_contact", .record(supervised, summary: "contact with end-of-line resistors"),
            example: "{point: hall_second_loop, series: 1 kΩ, across: 1 kΩ}",
            "Instead of `second_contact`: a contact with resistors at the end of its line."
        ) { $0.secondSupervisedContact = $1 },
        flag(
            "second_leaf_for_extended_only", default: "true", example: "false",
            "The second leaf opens for people who need longer only; otherwise for every grant."
        ) { $0.secondLeafForExtendedOnly = $1 },
        time(
            "second_leaf_delay", 0...60_000, default: "500 ms", example: "500 ms",
            "The second leaf is released this much after the first."
        ) { $0.secondLeafDelayMs = $1 },
        .optional(
            "floors", .list(of: .reference(to: .lines, trait: "output"), 1...64),
            example: "[floor_ground, floor_first, floor_second]",
            "The outputs that release the floors of a lift, the lowest first, for `kind: lift`."
        ) { door, lines in
            for line in lines { door.floorLines.append(line) }
        },
    ]
}
