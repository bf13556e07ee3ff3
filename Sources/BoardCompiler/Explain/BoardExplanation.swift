import BoardImage
import FixedMemory
import Runtime
import WardenMessages

/// A board in words: which pin does what, what each door and detector does, how much memory it takes.
public struct BoardExplanation {
    let board: BoardDescription
    let memoryBudget: MemoryBudget

    public init(_ checked: CheckedBoard) {
        board = checked.description
        memoryBudget = checked.memoryBudget
    }

    public var tables: [ReportTable] {
        [
            pins, buses, sensors, points, readers, cardFormats, doors, doorBehaviour, doorRules, areas, interlocks,
            detectors, lifts, matrix, schedules, holidays, credentials, clients, localUsers, consoleUsers, memory,
        ].filter { !$0.rows.isEmpty }
    }

    /// For a terminal.
    public func text() -> String {
        var text = "Board \(board.name)"
        if !board.summary.isEmpty { text += ": \(board.summary)" }
        text += "\n"
        if let hardware = board.hardware { text += "Hardware: \(hardware.title)\n" }
        for table in tables { text += "\n" + table.text() }
        for note in notes { text += "\nNote: \(note)" }
        return notes.isEmpty ? text : text + "\n"
    }

    public var json: JSONValue {
        .object(
            [
                ("board", .string(board.name)), ("description", .string(board.summary)),
                ("hardware", board.hardware.map { .string($0.identifier) } ?? .null),
                ("utc_offset_minutes", .integer(board.utcOffsetMinutes)),
                ("memory_budget_bytes", .integer(Int(memoryBudget.total))),
            ] + tables.map { ($0.key, $0.json) } + [("notes", .array(notes.map { .string($0) }))])
    }

    /// Settings and warnings of the hardware that this board touches.
    public var notes: [String] {
        guard let hardware = board.hardware else { return [] }
        let used = board.buses.map { string($0.value.device) } + board.ports.map { string($0.value.device) }
        let settings = (hardware.buses + hardware.ports)
            .filter { used.contains($0.device) && !$0.note.isEmpty }
            .map { "\($0.device): \($0.note)." }
        let pins = board.lines.compactMap(known).filter { !$0.setting.isEmpty }.map { "\($0.name): \($0.setting)." }
        return settings + pins + hardware.notes
    }

    // MARK: Tables

    public var pins: ReportTable {
        let rows = board.lines.enumerated().map { index, line -> [String] in
            let message = line.value.message
            let isOutput = message.direction == .output
            let known = known(line)
            return [
                line.name, isOutput ? "output" : "input", terminal(line), known?.position ?? "",
                message.activeLow ? "low" : "high",
                isOutput ? "" : biasWord(message.bias),
                isOutput ? "" : Dimension.duration.format(Int64(message.debounceUs)),
                isOutput ? (message.activeAtStart ? "active" : "inactive") : "",
                isOutput ? exitWord(message.atExit) : "",
                known?.boot.rawValue ?? "", uses(of: UInt32(index)).joined(separator: ", "),
            ]
        }
        return ReportTable(
            "lines", "Pins",
            [
                .init("name", "line"), .init("direction", "direction"), .init("pin", "pin"),
                .init("position", "position"), .init("active", "active"), .init("bias", "bias"),
                .init("debounce", "debounce"), .init("start", "start"), .init("exit", "exit"),
                .init("boot", "at power-on"), .init("use", "use"),
            ], rows)
    }

    /// Where a line is connected, in words: a pin, a line of a chip, an input of a reader.
    func terminal(_ line: Described<LineDescription>) -> String {
        if let source = line.value.message.readerInput {
            return Int(source.reader) < board.readers.count
                ? "\(board.readers[Int(source.reader)].name) input \(source.input)" : ""
        }
        return line.value.pin.map { $0.name.isEmpty ? "\($0.chip) \($0.offset)" : $0.name }
            ?? string(line.value.message.kernelName)
    }

    func known(_ line: Described<LineDescription>) -> HardwareModel.Pin? {
        guard let pin = line.value.pin, !pin.name.isEmpty else { return nil }
        return board.hardware?.pins.first { $0.name == pin.name }
    }

    /// What doors, detectors and effects do with a line.
    func uses(of line: UInt32) -> [String] {
        var uses: [String] = []
        for user in AccessChecks.users(of: board) where user.line == line {
            // "contact of door 'entrance'" as "contact of entrance".
            uses.append(
                user.use.replacing("door '", with: "").replacing("reader '", with: "").replacing("lift '", with: "")
                    .replacing("'", with: ""))
        }
        for detector in board.detectors {
            if detector.value.message.line == line { uses.append("detector \(detector.name)") }
            switch detector.value.message.kind {
            case .fall(let options): if options.cancelLine == line { uses.append("cancels \(detector.name)") }
            case .valve(let options): if options.driveLine == line { uses.append("motor of \(detector.name)") }
            case .inactivity(let options):
                if options.exitLine == line { uses.append("exit of \(detector.name)") }
                if options.signs.indices.contains(where: { options.signs[$0].source == .line(line) }) {
                    uses.append("sign for \(detector.name)")
                }
            default: break
            }
        }
        for effect in board.effects {
            let message = effect.value.message
            let drives = message.actions.indices.contains {
                if case .output(let action) = message.actions[$0].action { action.line == line } else { false }
            }
            let listens = message.causes.indices.contains { message.causes[$0].source == .line(line) }
            if drives { uses.append("driven by \(effect.name)") }
            if listens { uses.append("causes \(effect.name)") }
        }
        return uses
    }

    private func biasWord(_ bias: LineBias) -> String {
        switch bias {
        case .asIs, .unrecognised: ""
        case .disabled: "none"
        case .pullUp: "pull-up"
        case .pullDown: "pull-down"
        }
    }

    private func exitWord(_ exit: LineExit) -> String {
        switch exit {
        case .inactive, .unrecognised: "inactive"
        case .active: "active"
        case .keep: "keep"
        }
    }

    var buses: ReportTable {
        let buses = board.buses.map {
            [$0.name, string($0.value.device), "I2C, \(milliseconds($0.value.timeoutMs)) at the most"]
        }
        let ports = board.ports.map { port -> [String] in
            let parity = port.value.parity == .even ? "E" : port.value.parity == .odd ? "O" : "N"
            let format = "\(port.value.baud) \(port.value.dataBits)\(parity)\(port.value.stopBits)"
            let use =
                switch port.value.use {
                case .link: ", Warden Link"
                case .linkInTurns: ", Warden Link in turns"
                case .devices, .unrecognised: ""
                }
            return [port.name, string(port.value.device), format + (port.value.rs485 ? ", RS-485" : "") + use]
        }
        return ReportTable(
            "devices", "Buses and ports",
            [.init("name", "name"), .init("device", "device"), .init("settings", "settings")], buses + ports)
    }

    var sensors: ReportTable {
        let rows = board.sensors.map { sensor -> [String] in
            let chip = SensorChipDescription.of(sensor.value.chip)
            let bus = Int(sensor.value.bus) < board.buses.count ? board.buses[Int(sensor.value.bus)].name : ""
            let address = String(sensor.value.address, radix: 16)
            var settings: [String] = []
            switch sensor.value.chip {
            case .ads1115(let options):
                settings.append("±\(Dimension.voltage.format(Int64(options.fullScaleMv) * 1_000))")
            case .adxl345(let options): settings.append("\(options.rateHz) samples/s")
            case .lis3dh(let options):
                settings.append("\(options.rateHz) samples/s")
                settings.append("±\(options.fullScaleG) g")
            case .mpu6050(let options):
                settings.append("\(options.rateHz) samples/s")
                settings.append("±\(options.fullScaleG) g")
            case .scd4x(let options):
                settings.append("\(options.altitudeM) m above the sea")
                if !options.selfCalibration { settings.append("without self-calibration") }
            case .mcp23017(let options): settings.append(options.activeLow == 0 ? "active high" : "active low")
            case .bme280, .sht3x, .sht4x, .bmp280, .sgp40, .sgp41, .bh1750, .pmsa003i, nil: break
            }
            if sensor.value.intervalMs != 0 { settings.append("every \(milliseconds(sensor.value.intervalMs))") }
            return [sensor.name, chip.title, bus, "0x" + address, settings.joined(separator: ", ")]
        }
        return ReportTable(
            "sensors", "Sensors",
            [
                .init("name", "sensor"), .init("chip", "chip"), .init("bus", "bus"), .init("address", "address"),
                .init("settings", "settings"),
            ], rows)
    }

    var points: ReportTable {
        let rows = board.points.map { point -> [String] in
            let message = point.value.message
            let unit = PointUnitDescription.of(message.unit)
            return [
                point.name, "\(point.value.sensorName).\(point.value.channelName)",
                "\(unit.format(Int(message.minimum))) to \(unit.format(Int(message.maximum)))",
                milliseconds(message.staleAfterMs), formula(of: point),
            ]
        }
        return ReportTable(
            "points", "Points",
            [
                .init("name", "point"), .init("measures", "measures"), .init("range", "range"),
                .init("stale_after", "stale after"), .init("scale", "scale"),
            ], rows)
    }

    private func formula(of point: Described<PointDescription>) -> String {
        let message = point.value.message
        guard point.value.scale.count == 2 else { return "" }
        let zero = message.zero == 0 ? "raw" : message.zero > 0 ? "(raw - \(message.zero))" : "(raw + \(-message.zero))"
        let numerator = message.numerator == 1 ? "" : " * \(message.numerator)"
        let denominator = message.denominator == 1 ? "" : " / \(message.denominator)"
        return zero + numerator + denominator
    }

    func doorName(_ place: UInt32) -> String { Int(place) < board.doors.count ? board.doors[Int(place)].name : "" }
    func fireZoneName(_ zone: UInt32) -> String {
        Int(zone) < board.fireZones.count ? board.fireZones[Int(zone)] : ""
    }
    func lineName(_ place: UInt32?) -> String {
        place.map { Int($0) < board.lines.count ? board.lines[Int($0)].name : "" } ?? ""
    }

    func groupNames(_ bits: UInt64) -> String {
        board.groups.indices.filter { bits & (1 << UInt64($0)) != 0 }.map { board.groups[$0] }.joined(separator: ", ")
    }

    /// Effects that release a door.
    func releases(of door: Described<Door>) -> [String] {
        guard let place = board.doors.firstIndex(where: { $0.name == door.name }) else { return [] }
        return board.effects.filter { effect in
            let actions = effect.value.message.actions
            return actions.indices.contains {
                DoorTranslation.releases(actions[$0], door: place, zones: door.value.fireZones)
            }
        }.map(\.name)
    }

    var detectors: ReportTable {
        let rows = board.detectors.map { detector -> [String] in
            let message = detector.value.message
            let source =
                message.point.map { Int($0) < board.points.count ? board.points[Int($0)].name : "" }
                ?? message.sensor.map { Int($0) < board.sensors.count ? board.sensors[Int($0)].name : "" }
                ?? lineName(message.line)
            return [detector.name, kindText(message), source, limitText(message)]
        }
        return ReportTable(
            "detectors", "Detectors",
            [
                .init("name", "detector"), .init("kind", "kind"), .init("source", "watches"),
                .init("limits", "fires"),
            ], rows)
    }

    func kindText(_ detector: Detector) -> String {
        switch detector.kind {
        case .smoke: "smoke"
        case .leak: "leak"
        case .fall: "fall"
        case .longLie: "long lie"
        case .state: "state"
        case .threshold: "threshold"
        case .heat: "heat"
        case .carbonMonoxide: "carbon monoxide"
        case .combustibleGas: "combustible gas"
        case .multiCriteriaFire: "multi-criteria fire"
        case .flow: "flow"
        case .valve: "valve"
        case .inactivity: "inactivity"
        case .callPoint: "call point"
        case .powerUse: "power use"
        case .rate: "rate"
        case .tilt: "tilt"
        case .count: "count"
        case .radarFall: "radar fall"
        case nil: ""
        }
    }

    private func limitText(_ detector: Detector) -> String {
        let unit = PointUnitDescription.of(
            detector.point.map { Int($0) < board.points.count ? board.points[Int($0)].value.message.unit : .state }
                ?? .state)
        func shown(_ value: some BinaryInteger) -> String { unit.format(Int(value)) }
        func delay(_ value: UInt32, _ word: String) -> String { value == 0 ? "" : "\(word) \(milliseconds(value))" }
        switch detector.kind {
        case .smoke(let options):
            return "at \(shown(options.alarmMdbPerM))\(delay(options.verificationMs, " for")), "
                + "pre-alarm at \(shown(options.preAlarmMdbPerM))"
        case .leak(let options):
            return "below \(shown(options.wetBelow))\(delay(options.delayMs, " for")), "
                + "broken above \(shown(options.openAbove))"
        case .fall(let options):
            return "on a fall\(delay(options.cancelWindowMs, ", can be called off for"))"
                + delay(options.longLieMs, ", long lie after")
        case .longLie(let options):
            let place = Int(options.fallDetector)
            return place < board.detectors.count ? "on a long lie after \(board.detectors[place].name)" : ""
        case .state(let options):
            return "while \(options.alarmActive ? "active" : "inactive")\(delay(options.onDelayMs, " for"))"
                + (options.holds ? ", also after a short press" : "")
        case .threshold(let options):
            return
                "\(options.below ? "below" : "above") \(shown(options.alarmLimit))\(delay(options.onDelayMs, " for"))"
                + (options.preAlarmLimit == 0 ? "" : ", pre-alarm at \(shown(options.preAlarmLimit))")
        case .heat(let options):
            return "at \(shown(options.responseClass.fixedLimit))\(options.rateOfRise ? " or on a fast rise" : "")"
        case .carbonMonoxide: return "on the exposure of EN 50291-1"
        case .combustibleGas(let options):
            return "at \(shown(options.alarmClel))\(delay(options.verificationMs, " for")), "
                + "pre-alarm at \(shown(options.preAlarmClel))"
        case .multiCriteriaFire(let options):
            return "at \(shown(options.aloneMdbPerM)), from \(shown(options.confirmedMdbPerM)) with heat or gas"
        case .flow(let options):
            var rules: [String] = []
            if options.burstLitres != 0 {
                rules.append("over \(options.burstLitres) l in \(milliseconds(options.burstWindowMs))")
            }
            if options.continuousAfterMs != 0 {
                rules.append(
                    "no gap of \(milliseconds(options.quietGapMs)) for \(milliseconds(options.continuousAfterMs))")
            }
            if options.nightLitres != 0 { rules.append("over \(options.nightLitres) l a night") }
            if options.awayLitres != 0 { rules.append("over \(options.awayLitres) l while away") }
            return rules.joined(separator: ", ")
        case .valve(let options):
            return "not shut after \(options.attempts) attempts of \(milliseconds(2 * options.travelMs))"
        case .inactivity(let options):
            return "on an unusual silence, or \(milliseconds(options.longestSilenceMs)) at home"
        case .callPoint: return "on a press"
        case .powerUse(let options): return "no use for \(milliseconds(options.silenceMs)) of active hours"
        case .rate(let options):
            return
                "\(options.falling ? "falls" : "rises") by \(shown(options.alarmChange)) in \(milliseconds(options.windowMs))"
        case .tilt(let options):
            return "tilted by \(options.limitDegrees)°\(delay(options.onDelayMs, " for"))"
                + (options.vibrationMg == 0 ? "" : ", shaken by \(options.vibrationMg) mg")
        case .count(let options):
            return "\(options.tooFew ? "fewer than" : "at least") \(options.count) in \(milliseconds(options.windowMs))"
        case .radarFall(let options): return "someone is down\(delay(options.confirmationMs, " for"))"
        case nil: return ""
        }
    }

    var lifts: ReportTable {
        ReportTable(
            "lifts", "Lifts", [.init("name", "lift"), .init("recall", "recall"), .init("stay", "stay")],
            board.lifts.map { [$0.name, lineName($0.value.recallLine), lineName($0.value.stayLine)] })
    }

    public var matrix: ReportTable {
        let rows = board.effects.map { effect -> [String] in
            let message = effect.value.message
            let causes = message.causes.indices.map { causeText(message.causes[$0]) }
            var actions = message.actions.indices.map { actionText(message.actions[$0]) }
            if !message.announcement.isEmpty { actions.append("announce “\(string(message.announcement))”") }
            let combination =
                switch message.combination {
                case .any, .unrecognised: causes.count == 1 ? "" : "any of "
                case .all: causes.count == 1 ? "" : "all of "
                case .atLeast: "at least \(message.atLeast) of "
                }
            return [
                effect.name, combination + causes.joined(separator: ", "), actions.joined(separator: ", "),
                message.delayMs == 0 ? "" : milliseconds(message.delayMs), "\(message.priority)",
                message.latching ? "yes" : "no",
            ]
        }
        return ReportTable(
            "effects", "Effects",
            [
                .init("name", "effect"), .init("causes", "when"), .init("actions", "then"), .init("delay", "after"),
                .init("priority", "priority", isNumber: true), .init("latching", "until reset"),
            ], rows)
    }

    func causeText(_ cause: Cause) -> String { (cause.negated ? "not " : "") + sourceText(cause) }

    private func sourceText(_ cause: Cause) -> String {
        let state =
            switch cause.state {
            case .alarm, .unrecognised: ""
            case .preAlarm: "pre-alarm of "
            case .trouble: "trouble of "
            case .test: "walk test of "
            case .bypassed: "bypass of "
            case .unacknowledged: "unacknowledged "
            }
        switch cause.source {
        case .detector(let place):
            return state + (Int(place) < board.detectors.count ? board.detectors[Int(place)].name : "")
        case .doorForced(let door): return "\(doorName(door)) forced"
        case .doorHeld(let door): return "\(doorName(door)) held open"
        case .door(let cause): return "\(doorName(cause.door)) \(conditionText(cause.condition))"
        case .effect(let place): return "effect \(effectName(place))"
        case .line(let line): return lineName(line)
        case .schedule(let place):
            return Int(place) < board.schedules.count ? "within \(board.schedules[Int(place)].name)" : ""
        case nil: return ""
        }
    }

    private func conditionText(_ condition: DoorCondition) -> String {
        switch condition {
        case .forced, .unrecognised: "forced"
        case .heldOpen: "held open"
        case .open: "open"
        case .unlocked: "unlocked"
        case .free: "free"
        case .lockedDown: "in lockdown"
        case .emergency: "released for an emergency"
        case .trouble: "in trouble"
        }
    }

    func effectName(_ place: UInt32) -> String {
        Int(place) < board.effects.count ? board.effects[Int(place)].name : ""
    }

    func liftName(_ place: UInt32) -> String {
        Int(place) < board.lifts.count ? board.lifts[Int(place)].name : ""
    }

    func actionText(_ action: EffectAction) -> String {
        switch action.action {
        case .releaseDoor(let door): return "release \(doorName(door))"
        case .releaseZone(let zone): return "release zone \(fireZoneName(zone))"
        case .lockDownDoor(let door): return "lock down \(doorName(door))"
        case .holdOpenDoor(let door): return "hold open \(doorName(door))"
        case .shutValve(let place):
            return "shut \(Int(place) < board.detectors.count ? board.detectors[Int(place)].name : "")"
        case .output(let output):
            let pattern =
                switch output.pattern {
                case .steady, .unrecognised: ""
                case .pulsed: " pulsed"
                case .temporalThree: " temporal-three"
                case .temporalFour: " temporal-four"
                case .chirp: " chirp"
                }
            return lineName(output.line) + pattern
        case .lift(let action): return (action.order == .recall ? "recall " : "stay ") + liftName(action.lift)
        case nil: return ""
        }
    }

    func clock(_ minute: UInt32) -> String {
        let hour = minute / 60
        let rest = minute % 60
        return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
    }

    func moment(_ moment: CivilMoment?) -> String {
        guard let moment else { return "" }
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let date = "\(moment.year)-\(two(moment.month))-\(two(moment.day))"
        return date + (moment.minuteOfDay.map { " " + clock(UInt32($0)) } ?? "")
    }

    var clients: ReportTable {
        let rows = board.clients.map { client in
            [client.name, roleWord(client.value.message.role), moment(client.value.expires)]
        }
        return ReportTable(
            "clients", "Clients of Warden Link",
            [.init("name", "client"), .init("role", "role"), .init("expires", "void after")], rows)
    }

    var localUsers: ReportTable {
        let rows = board.localUsers.map { user -> [String] in
            let who =
                switch user.value.who {
                case .user(let number): "user \(number)"
                case .group(let number): "group \(number)"
                case nil: ""
                }
            return [who, roleWord(user.value.role)]
        }
        return ReportTable(
            "local_users", "Local users", [.init("who", "who"), .init("role", "role")], rows)
    }

    var consoleUsers: ReportTable {
        ReportTable(
            "console_users", "Console users", [.init("name", "name"), .init("role", "role")],
            board.consoleUsers.map { [$0.name, roleWord($0.value.role)] })
    }

    private func roleWord(_ role: AccessRole) -> String {
        switch role {
        case .observer: "observer"
        case .operator: "operator"
        case .technician: "technician"
        case .administrator: "administrator"
        case .none, .unrecognised: ""
        }
    }

    public var memory: ReportTable {
        var rows: [[String]] = []
        for raw in 0..<MemoryBudget.Part.count {
            guard let part = MemoryBudget.Part(rawValue: UInt8(raw)), memoryBudget.amount(part) > 0 else { continue }
            rows.append(
                [
                    "\(part.name)", "\(memoryBudget.amount(part))", "\(part.bytesEach)", "\(memoryBudget.bytes(part))",
                ])
        }
        rows.append(["total", "", "", "\(memoryBudget.total)"])
        return ReportTable(
            "memory", "Memory", remark: "Set aside at start; nothing is allocated after that.",
            [
                .init("part", "part"), .init("amount", "amount", isNumber: true),
                .init("bytes_each", "bytes each", isNumber: true), .init("bytes", "bytes", isNumber: true),
            ], rows)
    }

    func milliseconds(_ value: UInt32) -> String { Dimension.duration.format(Int64(value) * 1_000) }
}
