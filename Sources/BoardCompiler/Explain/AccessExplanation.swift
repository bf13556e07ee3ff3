import AccessControl
import FixedMemory
import WardenMessages

// Readers, doors and who passes them.
extension BoardExplanation {
    var readers: ReportTable {
        let rows = board.readers.map { reader -> [String] in
            let message = reader.value.message
            return [
                reader.name, interfaceText(reader.value), doorName(message.door),
                message.side == .exit ? "exit" : "entry", milliseconds(message.holdOffMs),
            ]
        }
        return ReportTable(
            "readers", "Readers",
            [
                .init("name", "reader"), .init("interface", "interface"), .init("door", "door"), .init("side", "side"),
                .init("hold_off", "hold-off"),
            ], rows)
    }

    private func interfaceText(_ reader: ReaderDescription) -> String {
        let port = reader.port.map { Int($0) < board.ports.count ? board.ports[Int($0)].name : "" } ?? ""
        func formats(_ places: some Sequence<UInt32>) -> String {
            places.map { Int($0) < board.cardFormats.count ? board.cardFormats[Int($0)].name : "" }
                .joined(separator: ", ")
        }
        switch reader.message.interface {
        case .serialTag: return "125 kHz serial on \(port)"
        case .textLine: return "lines of text on \(port)"
        case .wiegand(let options):
            let keypad = options.keypad == .none ? "" : ", keypad"
            let list = formats(options.formats.indices.map { options.formats[$0] })
            return "Wiegand on \(lineName(options.data0Line)), \(lineName(options.data1Line)): \(list)\(keypad)"
        case .osdp(let options):
            let security =
                switch options.security {
                case .clear, .unrecognised: "in the clear"
                case .key: "secure channel"
                case .masterKey: "secure channel, key of the estate"
                case .install: "secure channel, key can be installed"
                }
            return "OSDP \(options.address) on \(port), \(security)"
        case .pn532(let options):
            return "PN532 on \(port), " + (options.file == nil ? "identifier" : "protected file")
        case nil: return ""
        }
    }

    var cardFormats: ReportTable {
        let rows = board.cardFormats.map { [$0.name, "\($0.value.layout.count)", string($0.value.layout)] }
        return ReportTable(
            "card_formats", "Card formats",
            [.init("name", "format"), .init("bits", "bits", isNumber: true), .init("layout", "layout")], rows)
    }

    // MARK: Doors

    public var doors: ReportTable {
        let rows = board.doors.map { door -> [String] in
            let message = door.value
            let heldOpen = [message.heldOpenWarningMs, message.heldOpenAlarmMs]
            let contact =
                message.supervisedContact.map { contact in
                    Int(contact.point) < board.points.count
                        ? "\(board.points[Int(contact.point)].name), supervised" : ""
                } ?? lineName(message.contactLine)
            return [
                door.name, kindText(message), lockText(message), lineName(message.lockLine), contact,
                lineName(message.exitLine), modeText(message.mode), milliseconds(message.unlockMs),
                milliseconds(message.extendedUnlockMs),
                heldOpen.map { $0 == 0 ? "never" : milliseconds($0) }.joined(separator: ", "),
                message.egress ? "yes" : "no", areaText(message), releases(of: door).joined(separator: ", "),
            ]
        }
        return ReportTable(
            "doors", "Doors",
            [
                .init("name", "door"), .init("kind", "kind"), .init("lock_kind", "lock"), .init("lock", "relay"),
                .init("contact", "contact"), .init("exit_button", "exit button"), .init("mode", "mode"),
                .init("unlock", "unlock"), .init("extended_unlock", "extended"),
                .init("held_open", "held open: warning, alarm"), .init("egress", "egress"),
                .init("areas", "leads"), .init("released_by", "released by"),
            ], rows)
    }

    private func kindText(_ door: WardenMessages.Door) -> String {
        switch door.kind {
        case .single, .unrecognised: "single"
        case .twoLeaf: "two-leaf"
        case .turnstile: "turnstile"
        case .lift: "lift, \(door.floorLines.count) floors"
        }
    }

    private func lockText(_ door: WardenMessages.Door) -> String {
        let kind =
            switch door.lockKind {
            case .maglock, .unrecognised: "maglock"
            case .strikeFailSafe: "strike, fail-safe"
            case .strikeFailSecure: "strike, fail-secure"
            }
        return kind + (door.handle ? ", handle" : "")
    }

    private func modeText(_ mode: WardenMessages.DoorMode) -> String {
        switch mode {
        case .locked: "locked"
        case .card, .unrecognised: "card"
        case .cardAndPin: "card and PIN"
        case .cardOrPin: "card or PIN"
        case .firstCard: "first card"
        case .free: "free"
        }
    }

    private func areaName(_ place: UInt32?) -> String {
        place.map { Int($0) < board.areas.count ? board.areas[Int($0)].name : "" } ?? "outside"
    }

    private func areaText(_ door: WardenMessages.Door) -> String {
        if door.outerArea == nil, door.innerArea == nil { return "" }
        return "\(areaName(door.outerArea)) to \(areaName(door.innerArea))"
    }

    /// What was found of each door in a fire; takes as long as checking the board did.
    var doorProofs: ReportTable {
        var answers: [(question: DoorQuestion, cells: [String])] = []
        let rows = board.doors.indices.map { index -> [String] in
            let question = board.doorQuestion(index)
            if let known = answers.first(where: { $0.question == question }) {
                return [board.doors[index].name] + known.cells
            }
            var proof = question.proof()
            let cells =
                switch proof.run() {
                case .proven: ["yes", "a fire never leaves it locked", "\(proof.stateCount)"]
                case .notEgress: ["no", "nothing is asked of it", ""]
                case .refuted, .tooManyStates: ["yes", "not proven", "\(proof.stateCount)"]
                }
            answers.append((question, cells))
            return [board.doors[index].name] + cells
        }
        return ReportTable(
            "door_proofs", "Escape routes",
            remark: "Every state that the door can reach was looked at, with every fault of power and program.",
            [
                .init("door", "door"), .init("egress", "escape route"), .init("proof", "in a fire"),
                .init("states", "states", isNumber: true),
            ], rows)
    }

    /// What each lock does in each stretch of the board's life, with and without a fire.
    public var doorBehaviour: ReportTable {
        let phases: [(phase: PowerPhase, key: String, title: String)] = [
            (.powerOn, "power_on", "power-on"), (.start, "start", "start"), (.running, "running", "running"),
            (.crash, "crash", "crash"), (.watchdogReset, "watchdog_reset", "watchdog reset"),
            (.shutdown, "shutdown", "shutdown"), (.update, "update", "update"),
            (.mainsLost, "mains_lost", "mains lost"),
        ]
        var rows: [[String]] = []
        for index in board.doors.indices {
            let configuration = board.doorConfiguration(index)
            let isTold = board.isToldOfFire(index)
            let locks =
                configuration.kind == .twoLeaf
                ? [("", configuration.lock), (", second leaf", configuration.secondLock)] : [("", configuration.lock)]
            for (leaf, wiring) in locks {
                let behaviour = DoorBehaviour(wiring, isToldOfFire: isTold)
                for isFire in [false, true] {
                    let cells = phases.map { phase in
                        let row = behaviour[phase.phase]
                        return word(isFire ? row.inFire : row.withoutFire) + (row.isShort ? " *" : "")
                    }
                    rows.append([board.doors[index].name + leaf, isFire ? "fire" : "no fire"] + cells)
                }
            }
        }
        return ReportTable(
            "door_behaviour", "What the locks do",
            remark: "* for the moment of a start or until the watchdog acts. A handle opens from inside all the same.",
            [.init("door", "door"), .init("fire", "fire")] + phases.map { .init($0.key, $0.title) }, rows)
    }

    private func word(_ behaviour: LockBehaviour) -> String {
        switch behaviour {
        case .released: "released"
        case .locked: "locked"
        case .asBefore: "as before"
        case .asDecided: "by rules"
        }
    }

    /// Who may pass which door when, and the modes by schedule.
    var doorRules: ReportTable {
        var rows: [[String]] = []
        for door in board.doors {
            for place in door.value.rules.indices {
                let rule = door.value.rules[place]
                let side = rule.onEntry && rule.onExit ? "both" : rule.onEntry ? "entry" : "exit"
                let floors =
                    door.value.kind != .lift || rule.floors == .max
                    ? "" : (0..<64).filter { rule.floors >> UInt64($0) & 1 != 0 }.map { "\($0)" }.joined(separator: " ")
                rows.append([
                    door.name, groupNames(rule.groups), side, scheduleName(rule.schedule),
                    floors.isEmpty ? "pass" : "floors \(floors)",
                ])
            }
            for place in door.value.modeRules.indices {
                let rule = door.value.modeRules[place]
                rows.append([
                    door.name, "everybody", "both", scheduleName(rule.schedule), "mode \(modeText(rule.mode))",
                ])
            }
        }
        return ReportTable(
            "door_rules", "Who passes when",
            [
                .init("door", "door"), .init("groups", "groups"), .init("side", "side"), .init("schedule", "when"),
                .init("allows", "allows"),
            ], rows)
    }

    private func scheduleName(_ place: UInt32?) -> String {
        place.map { Int($0) < board.schedules.count ? board.schedules[Int($0)].name : "" } ?? "always"
    }

    // MARK: Areas

    var areas: ReportTable {
        let rows = board.areas.map { area -> [String] in
            let passback =
                switch area.value.antiPassback {
                case .none, .unrecognised: "none"
                case .soft: "soft"
                case .hard: "hard"
                case .timed: "for \(milliseconds(area.value.passbackMs))"
                }
            return [
                area.name, passback, area.value.occupancyLimit == 0 ? "any number" : "\(area.value.occupancyLimit)",
            ]
        }
        return ReportTable(
            "areas", "Areas",
            [.init("name", "area"), .init("anti_passback", "anti-passback"), .init("limit", "people")], rows)
    }

    var interlocks: ReportTable {
        let rows = board.interlocks.map { interlock in
            let doors = board.doors.indices.filter { $0 < 64 && interlock.value.doors >> UInt64($0) & 1 != 0 }
            return [interlock.name, doors.map { board.doors[$0].name }.joined(separator: ", ")]
        }
        return ReportTable(
            "interlocks", "Interlocks", [.init("name", "interlock"), .init("doors", "one open at a time")], rows)
    }

    // MARK: Schedules and credentials

    var schedules: ReportTable {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] + (1...8).map { "holiday-\($0)" }
        let rows = board.schedules.map { schedule -> [String] in
            let periods = schedule.value.periods.indices.map { index -> String in
                let period = schedule.value.periods[index]
                let isEveryHoliday = period.days >> 7 == 0xFF
                var named = days.indices.filter { period.days >> UInt32($0) & 1 != 0 && !($0 >= 7 && isEveryHoliday) }
                    .map { days[$0] }
                if isEveryHoliday { named.append("holiday") }
                return "\(named.joined(separator: " ")) \(clock(period.fromMinute))-\(clock(period.toMinute))"
            }
            return [
                schedule.name, periods.joined(separator: "; "),
                schedule.value.activeWithoutClock ? "active" : "inactive",
            ]
        }
        return ReportTable(
            "schedules", "Schedules",
            [.init("name", "schedule"), .init("periods", "active"), .init("without_clock", "without a clock")], rows)
    }

    var holidays: ReportTable {
        let rows = board.holidays.map { holiday -> [String] in
            func two(_ number: UInt32) -> String { (number < 10 ? "0" : "") + "\(number)" }
            let date = "\(two(holiday.value.month))-\(two(holiday.value.day))"
            return [
                holiday.name, holiday.value.year == 0 ? "every \(date)" : "\(holiday.value.year)-\(date)",
                "\(holiday.value.dayClass + 1)",
            ]
        }
        return ReportTable(
            "holidays", "Holidays",
            [.init("name", "holiday"), .init("date", "date"), .init("class", "class", isNumber: true)], rows)
    }

    var credentials: ReportTable {
        let rows = board.credentials.map { credential -> [String] in
            let message = credential.value.message
            var traits = CredentialTrait.allCases.filter { message.traits >> $0.rawValue & 1 != 0 }.map(\.word)
            switch message.status {
            case .active, .unrecognised: break
            case .suspended: traits.append("suspended")
            case .lost: traits.append("lost")
            case .stolen: traits.append("stolen")
            }
            if credential.value.pin != nil { traits.append("PIN") }
            if let uses = message.usesLeft { traits.append("\(uses) uses") }
            return [
                credential.name, credential.value.note, groupNames(message.groups),
                moment(credential.value.validFrom), moment(credential.value.validUntil), traits.joined(separator: ", "),
            ]
        }
        // Identifiers are not shown: a report is printed and left on desks.
        return ReportTable(
            "credentials", "Credentials",
            [
                .init("number", "number", isNumber: true), .init("note", "note"), .init("groups", "groups"),
                .init("valid_from", "valid from"), .init("valid_until", "valid until"), .init("traits", "traits"),
            ], rows)
    }
}
