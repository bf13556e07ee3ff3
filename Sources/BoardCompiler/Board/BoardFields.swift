import WardenMessages

/// Fields at the top of a board file, besides its sections.
enum BoardFields {
    static let top = Record<BoardDescription>(
        make: { BoardDescription() },
        fields: [
            .required("board", .name, example: "lobby", "The board's name, as events and consoles show it.") {
                $0.name = $1
            },
            .optional(
                "description", .text(maximumBytes: 128), example: "Entrance lobby of house 3",
                "One line for people."
            ) { $0.summary = $1 },
            .optional(
                "hardware", hardware, example: "raspberry-pi-4",
                "The board that it runs on, so that pins are written as printed on it. Other boards describe their GPIO in `chips`."
            ) { $0.hardware = $1 },
            .optional(
                "utc_offset", utcOffset, default: "+00:00", example: "+08:00",
                "How far local time is ahead of UTC in winter; schedules and dates are local."
            ) { $0.utcOffsetMinutes = $1 },
            .optional(
                "daylight_saving",
                .choice([
                    Choice("none", DaylightSaving.none, "the same time all year"),
                    Choice(
                        "europe", .europe, "the last Sundays of March and October, 01:00 UTC (Directive 2000/84/EC)"),
                    Choice(
                        "north-america", .northAmerica,
                        "the second Sunday of March to the first of November, 02:00 local (Energy Policy Act of 2005)"),
                ]), default: "none", example: "europe", "When local time is an hour further ahead of UTC."
            ) { $0.daylightSaving = $1 },
            .optional(
                "console_role", PrincipalFields.role, default: "observer", example: "observer",
                "What somebody may do at a console who has not logged in. More than `observer` is for a bench or a demonstration: it needs no PIN, only a cable."
            ) { $0.consoleRole = $1 },
            .optional(
                "listen", .list(of: .listenAddress, 1...4), example: "[0.0.0.0, \"[::]\"]",
                "Where Warden Link is offered over TCP, always encrypted: addresses of the board, with a port where it is not 7321. Nothing listens without it, and nobody is let in whom `clients` does not list."
            ) { $0.listenAddresses = $1 },
            .optional(
                "groups", .list(of: .name, 1...64), example: "[residents, staff]",
                "Groups of credentials: a flat, a staircase, the cleaners. Doors say which groups may pass."
            ) { $0.groups = $1 },
            .optional(
                "fire_zones", .list(of: .name, 1...32), example: "[staircase, garage]",
                "Fire zones: doors say in which they stand, effects release all doors of one."
            ) { $0.fireZones = $1 },
            .optional(
                "capacities", .record(capacities, summary: "sizes that the tables do not give"), default: "~",
                example: "{events: 4096, credentials: 1000}",
                "Sizes that the tables do not give. All memory is set aside at start."
            ) { board, sizes in
                board.capacities = sizes.message
                board.memoryLimit = sizes.memoryLimit
            },
            .optional(
                "standby_supply", .flag, default: "false", example: "true",
                "A battery keeps the board running when the mains fail."
            ) { $0.standbySupply = $1 },
            .optional(
                "watchdog", .flag, default: "true", example: "false",
                "The board's hardware watchdog is in use (`wardend --watchdog`), so that it does not stay dead when the runtime has died."
            ) { $0.hardwareWatchdog = $1 },
            .optional(
                "access", .record(AccessFields.policy, summary: "rules of all doors together"), default: "~",
                example: "{wrong_pins: 3, pin_block: until-reset}", "Rules of all doors together."
            ) { $0.accessPolicy = $1 },
        ])

    struct Sizes {
        var message = Capacities()
        var memoryLimit: Int?
    }

    private static let capacities = Record<Sizes>(
        make: { Sizes() },
        fields: [
            .optional(
                "events", .unsigned(64...65_536), default: "4096", example: "4096",
                "Events that the journal keeps in memory."
            ) { $0.message.events = $1 },
            .optional(
                "credentials", .unsigned(1...1_000_000), default: "1000", example: "1000",
                "Credentials that fit, those of this file included."
            ) { $0.message.credentials = $1 },
            .optional(
                "links", .unsigned(1...16), default: "4", example: "4", "Connections of Warden Link at once."
            ) { $0.message.links = $1 },
            .optional(
                "consoles", .unsigned(0...8), default: "1", example: "1", "Consoles at once."
            ) { $0.message.consoles = $1 },
            .optional(
                "people", .unsigned(0...65_536), default: "0", example: "400",
                "People whose whereabouts are kept, for anti-passback, limits and the roll call; with 0, a thousand where there are areas."
            ) { $0.message.people = $1 },
            .optional(
                "memory", .quantity(.memory, 1_024...2_147_483_648), example: "3 MiB",
                "The most that the board may need; a file that needs more is refused."
            ) { $0.memoryLimit = Int($1) },
        ])

    private static let hardware = ValueKind<HardwareModel>.choice(
        HardwareModel.all.map { Choice($0.identifier, $0, $0.title) })

    private static let utcOffset = ValueKind<Int>(
        summary: "`+HH:MM` or `-HH:MM`, from -12:00 to +14:00",
        schema: .object([("type", .string("string")), ("pattern", .string("^[-+][0-9]{2}:[0-9]{2}$"))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "an offset such as +08:00") else { return nil }
        let sign = text.first == "-" ? -1 : 1
        guard text.first == "+" || text.first == "-", let minutes = CivilMoment.minuteOfDay(String(text.dropFirst())),
            (-720...840).contains(sign * minutes)
        else {
            context.report(
                node, "'\(text)' is not an offset from UTC", remedy: "write +HH:MM or -HH:MM, such as +08:00")
            return nil
        }
        return sign * minutes
    }
}

/// A section of a board file: many things of one kind, each under its name, or a plain list.
struct BoardSection: Sendable {
    var key: String
    var title: String
    var explanation: String
    /// Entries have names.
    var isNamed: Bool
    var record: RecordDocumentation
    /// Keys that the section's example shows besides those that must be there.
    var shown: [String] = []

    static let all: [BoardSection] = [
        section(
            "chips", "GPIO chips",
            "GPIO chips of hardware that the compiler does not know. Known hardware brings its own: "
                + HardwareModel.all.map { "`\($0.identifier)`" }.joined(separator: ", ") + ".",
            LineFields.chip.documentation),
        section(
            "inputs", "Digital inputs", "Contacts, buttons, call points: lines that the board reads.",
            LineFields.input.documentation, shown: ["pin", "bias", "debounce"]),
        section(
            "outputs", "Digital outputs", "Relays, sirens, valves: lines that the board drives.",
            LineFields.output.documentation),
        section(
            "buses", "I2C buses", "Each has a worker of its own: a bus that hangs holds up nothing else.",
            DeviceFields.bus.documentation),
        section("ports", "Serial ports", "Ports that readers are wired to.", DeviceFields.port.documentation),
        section("sensors", "Sensors", "Chips on the I2C buses.", DeviceFields.sensor.documentation),
        section(
            "points", "Points", "Measured quantities: one channel of a sensor, scaled to what it means.",
            DeviceFields.point.documentation),
        section(
            "doors", "Doors", "What a lock, a contact and a button make together.", DoorFields.door.documentation),
        section("readers", "Readers", "Card readers and the doors that they open.", ReaderFields.reader.documentation),
        section(
            "card_formats", "Card formats",
            "How the bits of cards lie in the frames of Wiegand and OSDP readers, besides the built-in formats `h10301`, `wiegand-34`, `h10302` and `h10304`.",
            ReaderFields.format.documentation),
        section(
            "areas", "Areas", "Spaces whose occupants the board keeps track of; doors lead `from` one `to` another.",
            AccessFields.area.documentation),
        section(
            "interlocks", "Interlocks", "Doors of which at most one is open at a time: mantraps, air locks.",
            AccessFields.interlock.documentation),
        section(
            "detectors", "Detectors", "What turns readings into alarms.", SafetyFields.detector.documentation),
        section(
            "lifts", "Lifts",
            "Lifts whose controllers take orders of the board: effects recall them or have them stay.",
            LiftFields.lift.documentation, shown: ["recall", "stay"]),
        section(
            "effects", "Effects", "The cause-and-effect matrix, row by row: what an alarm brings about.",
            SafetyFields.effect.documentation),
        section("schedules", "Schedules", "Week plans.", AccessFields.schedule.documentation),
        section(
            "holidays", "Holidays", "Days that follow rules of their own in every schedule.",
            AccessFields.holiday.documentation),
        section(
            "credentials", "Credentials",
            "Cards that the board knows from the start; the platform loads the rest. Identifiers are stored as keyed hashes alone.",
            CredentialFields.credential.documentation, isNamed: false),
        section(
            "clients", "Clients of Warden Link", "Platforms, tools and other boards that may connect over the network.",
            PrincipalFields.client.documentation),
        section(
            "local_users", "Local users",
            "Users and groups of the board's own system, for its UNIX socket. Root and the runtime's own user are administrators without an entry; everybody else who may open the socket is an observer without one.",
            PrincipalFields.localUser.documentation, isNamed: false),
        section(
            "console_users", "Console users",
            "Who may log in at a console. Without anybody, consoles only show.",
            PrincipalFields.consoleUser.documentation),
    ]

    private static func section(
        _ key: String, _ title: String, _ explanation: String, _ record: RecordDocumentation, isNamed: Bool = true,
        shown: [String] = []
    ) -> BoardSection {
        BoardSection(
            key: key, title: title, explanation: explanation, isNamed: isNamed, record: record, shown: shown)
    }
}
