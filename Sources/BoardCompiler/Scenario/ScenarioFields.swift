import FixedMemory
import WardenMessages

/// A track as written, before its recording is looked for.
struct TrackDescription {
    enum Source {
        /// Raw codes in a file.
        case acceleration(file: String)
        case column(file: String, name: String, unit: PointUnit, rows: ClosedRange<Int>?)
        case values([String], unit: PointUnit?)
        case model(MotionModel)
    }

    var source = Source.model(.walk)
    /// Nanoseconds from sample to sample.
    var interval: Int64 = 0
    /// What is played where the file is not there.
    var substitute: (source: Source, interval: Int64)?
}

/// The keys that a track may have, before it is known what kind it is.
struct TrackDraft {
    var acceleration: String?
    var csv: String?
    var column: String?
    var model: MotionModel?
    var values: [String]?
    var unit: PointUnit?
    var rateHertz: Int64?
    var intervalMicroseconds: Int64?
    var rows: ClosedRange<Int>?
    var substitute: SubstituteDraft?
}

struct SubstituteDraft {
    var model: MotionModel?
    var values: [String]?
    var intervalMicroseconds: Int64?
}

/// A step as written: at the most one of the actions.
struct StepDraft {
    var at: Int64?
    var actions: [(key: String, action: Step.Action)] = []
    var within: UInt32?
    /// Pulses of an input: this step and those that follow from it.
    var pulses: PulsesDraft?
    var range = SourceRange(start: SourceLocation(line: 1, column: 1))
}

/// Pulses of an input, as a meter gives them.
struct PulsesDraft {
    var line: UInt32 = 0
    var count = 0
    var everyMilliseconds: Int64 = 0
}

struct ScenarioDescription {
    var name = ""
    var summary = ""
    var board = ""
    var startMilliseconds: Int64 = 0
    var trust = ClockTrust.unset
    var durationMilliseconds: Int64 = 0
    var seed: UInt64 = 0
}

/// Fields of a scenario file.
enum ScenarioFields {
    static let top = Record<ScenarioDescription>(
        make: { ScenarioDescription() },
        fields: [
            .required("scenario", .name, example: "evening", "The scenario's name.") { $0.name = $1 },
            .optional(
                "description", .text(maximumBytes: 256), example: "An evening in the lobby", "One line for people."
            ) {
                $0.summary = $1
            },
            .required(
                "board", .text(maximumBytes: 1_024), example: "../../boards/lobby.yaml",
                "The board file that it is played on, seen from the scenario's folder."
            ) { $0.board = $1 },
            .optional(
                "start", instant, default: "2026-01-01T00:00:00Z", example: "2026-11-20T18:00:00+08:00",
                "The wall clock at the beginning, with its offset from UTC."
            ) { $0.startMilliseconds = $1 },
            .optional(
                "clock", trust, default: "synchronised", example: "synchronised", "How far the board may trust it."
            ) {
                $0.trust = $1
            },
            .required(
                "duration", .quantity(.duration, step: 1_000, 1...(366 * 86_400_000)), example: "90 min",
                "When the scenario ends."
            ) { $0.durationMilliseconds = $1 },
            .optional(
                "seed", .integer(0...Int64.max), default: "0", example: "1",
                "Seed of every random choice of the virtual board."
            ) { $0.seed = UInt64($1) },
        ])

    private static let trust: ValueKind<ClockTrust> = .choice([
        Choice("synchronised", ClockTrust.synchronised, "disciplined by a time source"),
        Choice("free-running", .freeRunning, "set once, drifting since"),
        Choice("unset", .unset, "never set"),
    ])

    /// Milliseconds since 1970-01-01T00:00:00Z.
    private static let instant = ValueKind<Int64>(
        summary: "date, time and offset from UTC: `2026-11-20T18:00:00+08:00`",
        schema: .object([
            ("type", .string("string")),
            (
                "pattern",
                .string("^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[-+][0-9]{2}:[0-9]{2})$")
            ),
        ])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "a date with its time and offset") else { return nil }
        if let milliseconds = ScenarioFields.unixMilliseconds(text) { return milliseconds }
        context.report(
            node, "'\(text)' is not a date with its time and offset",
            remedy: "write it as 2026-11-20T18:00:00+08:00, or with Z for UTC")
        return nil
    }

    static func unixMilliseconds(_ text: String) -> Int64? {
        var local = text
        var offset = 0
        if local.hasSuffix("Z") {
            local.removeLast()
        } else {
            let zone = String(local.suffix(6))
            guard zone.count == 6, zone.first == "+" || zone.first == "-",
                let minutes = CivilMoment.minuteOfDay(String(zone.dropFirst())), minutes <= 840
            else { return nil }
            offset = zone.first == "-" ? -minutes : minutes
            local.removeLast(6)
        }
        var seconds = 0
        // Seconds are optional: a date and a minute have 16 characters.
        if local.count == 19, local.dropLast(2).last == ":", let written = Int(local.suffix(2)),
            (0...59).contains(written)
        {
            seconds = written
            local.removeLast(3)
        }
        guard let moment = CivilMoment(local), moment.minuteOfDay != nil else { return nil }
        return Int64(moment.unixSeconds(utcOffsetMinutes: offset, atEnd: false) + seconds) * 1_000
    }

    // MARK: Tracks

    private static let model: ValueKind<MotionModel> = .choice(
        MotionModel.allCases.map { Choice($0.rawValue, $0, $0.explanation) })

    private static let unit: ValueKind<PointUnit> = .choice(
        PointUnitDescription.all.map { Choice($0.symbol, $0.unit, $0.explanation) })

    private static let values: ValueKind<[String]> = .list(
        of: ValueKind<String>(summary: "number", schema: .object([("type", .string("number"))])) { node, context in
            guard let text = plainText(node, context, wanted: "a number") else { return nil }
            if Recordings.rounded(text, size: 1) != nil { return text }
            context.report(node, "'\(text)' is not a number", remedy: "write numbers without their unit here")
            return nil
        }, 1...100_000)

    private static let rows = ValueKind<ClosedRange<Int>>(
        summary: "`FIRST to LAST`, counted from 0",
        schema: .object([("type", .string("string")), ("pattern", .string("^[0-9]+ to [0-9]+$"))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "rows such as 0 to 1799") else { return nil }
        let ends = text.components(separatedByAnyOf: [" to ", ".."]).map { Int($0) }
        if ends.count == 2, let first = ends[0], let last = ends[1], first >= 0, first <= last { return first...last }
        context.report(
            node, "'\(text)' is not a range of rows", remedy: "write the first and the last, such as 0 to 1799")
        return nil
    }

    private static let substitute = Record<SubstituteDraft>(
        make: { SubstituteDraft() },
        fields: [
            .optional("model", model, example: "fall", "Made-up motion instead of recorded acceleration.") {
                $0.model = $1
            },
            .optional("values", values, example: "[20.0, 20.4, 21.6]", "Values in the track's unit.") {
                $0.values = $1
            },
            .optional(
                "interval", .quantity(.duration, 1_000...3_600_000_000), example: "120 s",
                "Time from value to value; without it the track's own."
            ) { $0.intervalMicroseconds = $1 },
        ])

    static let track = Record<TrackDraft>(
        make: { TrackDraft() },
        fields: [
            .optional(
                "acceleration", .text(maximumBytes: 1_024), example: "sisfall/trials/F05_SA05_R01.i16",
                "File of raw accelerometer codes in the folder of recordings: little-endian int16 x, y, z triples, 256 to standard gravity."
            ) { $0.acceleration = $1 },
            .optional(
                "csv", .text(maximumBytes: 1_024), example: "smoke/smoke_iot_rows_0_24993.csv",
                "Table with a heading, values separated by commas, in the folder of recordings."
            ) { $0.csv = $1 },
            .optional("column", .text(maximumBytes: 128), example: "temp_c", "The column of the table, by its heading.")
            {
                $0.column = $1
            },
            .optional("model", model, example: "walk", "Made-up motion.") { $0.model = $1 },
            .optional("values", values, example: "[20.0, 20.4, 21.6]", "The values themselves.") { $0.values = $1 },
            .optional("unit", unit, example: "°C", "The unit of the table's or list's values.") { $0.unit = $1 },
            .optional(
                "rate", .quantity(.frequency, 1...10_000), example: "200 Hz",
                "Samples a second. Either this or `interval`."
            ) { $0.rateHertz = $1 },
            .optional(
                "interval", .quantity(.duration, 1_000...3_600_000_000), example: "1 s", "Time from sample to sample."
            ) { $0.intervalMicroseconds = $1 },
            .optional("rows", rows, example: "0 to 1799", "The first and last row of the table, counted from 0.") {
                $0.rows = $1
            },
            .optional(
                "otherwise", .record(substitute, summary: "what is played where the file is missing"),
                example: "{model: fall}", "What is played where the file is missing; the compiler then says so."
            ) { $0.substitute = $1 },
        ])

    // MARK: Steps

    static let step = Record<StepDraft>(
        make: { StepDraft() },
        fields: [
            .optional(
                "at", .quantity(.duration, step: 1_000, 0...(366 * 86_400_000)), example: "60 s",
                "When, counted from the beginning; without it at the time of the step before."
            ) { $0.at = $1 },
            .optional(
                "set", .record(setQuantity, summary: "quantity"),
                example: "{sensor: probes, quantity: input0, to: 1.6 V}",
                "Changes what a sensor measures."
            ) { $0.actions.append(("set", .set($1.message))) },
            .optional(
                "play", .record(playTrack, summary: "track"), example: "{track: falling, sensor: wearer}",
                "Plays a track into a sensor."
            ) { $0.actions.append(("play", .play($1.message))) },
            .optional(
                "line", .record(inputLine, summary: "input"), example: "{input: entrance_contact, level: active}",
                "Changes the level of an input."
            ) { $0.actions.append(("line", .line($1))) },
            .optional(
                "pulses", .record(pulses, summary: "pulses"), example: "{input: water_meter, count: 60, every: 2 s}",
                "Pulses of an input: active for a tenth of the time between them, a second at the most."
            ) {
                $0.pulses = $1
                $0.actions.append(("pulses", .line(SetInputLine(line: $1.line, active: true))))
            },
            .optional(
                "serial", .record(serialBytes, summary: "bytes"), example: "{port: reader_port, bytes: 02 30 31 03}",
                "Bytes that arrive on a serial port."
            ) { $0.actions.append(("serial", .serial($1))) },
            .optional(
                "present", .record(PresentFields.card, summary: "card"),
                example: "{reader: entrance_reader, tag: \"0500207B32\"}", "Holds a card, tag or code at a reader."
            ) { $0.actions.append(("present", .present($1.message))) },
            .optional(
                "keys", .record(PresentFields.keys, summary: "keys"),
                example: "{reader: entrance_reader, press: \"3141#\"}",
                "Presses keys at a reader's keypad, one after the other."
            ) { $0.actions.append(("keys", .keys($1))) },
            .optional(
                "fault", .record(fault, summary: "fault"), example: "{sensor: climate, kind: absent}",
                "Breaks something."
            ) { step, fault in
                var fault = fault
                fault.active = true
                step.actions.append(("fault", .fault(fault)))
            },
            .optional(
                "restore", .record(fault, summary: "fault"), example: "{sensor: climate, kind: absent}",
                "Mends it again."
            ) { $0.actions.append(("restore", .fault($1))) },
            .optional(
                "clock", .record(clock, summary: "clock"), example: "{trust: unset}", "Sets the wall clock or loses it."
            ) { $0.actions.append(("clock", .clock($1))) },
            .optional(
                "console", .text(maximumBytes: 128), example: "status", "A line typed at the console."
            ) { $0.actions.append(("console", .console(ConsoleLine(text: fixedBytes($1))))) },
            .optional(
                "command", .record(command, summary: "command"), example: "{unlock: entrance}",
                "A command, as a client of Warden Link gives it."
            ) { $0.actions.append(("command", .command($1.message))) },
            .optional(
                "expect", expectation, example: "door entrance opened",
                "A trace line that must come within `within`: the words with which it begins."
            ) { $0.actions.append(("expect", .expect(Expectation(text: fixedBytes($1))))) },
            .optional(
                "never", expectation, example: "door entrance forced",
                "A trace line that must not come within `within`."
            ) { $0.actions.append(("never", .expect(Expectation(text: fixedBytes($1), never: true)))) },
            .optional(
                "within", .quantity(.duration, step: 1_000, 0...86_400_000), example: "1 s",
                "How long an expectation waits; without it only this very moment."
            ) { $0.within = UInt32($1) },
            .optional(
                "remark", .text(maximumBytes: 128), example: "Mrs Li comes home",
                "Shown in the live view and the trace."
            ) { $0.actions.append(("remark", .remark(Remark(text: fixedBytes($1))))) },
        ])

    /// The words, with one blank between any two.
    private static let expectation: ValueKind<String> = ValueKind<String>.text(maximumBytes: 120).checked {
        (text, node, context) -> String? in
        let words = text.split(separator: " ").map(String.init)
        if let complaint = context.vocabulary?.complaint(about: words) {
            context.report(node, complaint.message, remedy: complaint.remedy)
            return nil
        }
        return words.joined(separator: " ")
    }

    struct SetDraft {
        var message = SetQuantity()
        var sensor: Int?
        var quantity: String?
        var amount: YamlNode?
    }

    private static let quantity = ValueKind<YamlNode>(
        summary: "quantity of the sensor, such as `input0` or `temperature`",
        schema: .object([("type", .string("string"))])
    ) { node, context in
        plainText(node, context, wanted: "a quantity such as temperature") == nil ? nil : node
    }

    static let setQuantity = Record<SetDraft>(
        make: { SetDraft() },
        fields: [
            .required("sensor", .reference(to: .sensors), example: "probes", "The sensor.") {
                $0.sensor = Int($1)
                $0.message.sensor = $1
            },
            .required("quantity", quantity, example: "input0", "What it measures.") { $0.quantity = $1.scalar },
            .required("to", quantity, example: "1.6 V", "The new value, with its unit.") { $0.amount = $1 },
            .optional(
                "over", .milliseconds(0...86_400_000), example: "90 s",
                "Time to get there in a straight line; without it at once."
            ) { $0.message.overMs = $1 },
        ],
        finish: { draft, places, context in
            guard let place = draft.sensor, let board = context.scenarioBoard, let word = draft.quantity,
                let amount = draft.amount,
                let found = SimulatedQuantity.find(
                    word, chip: board.sensors[place].chip, at: places["quantity"], context)
            else { return false }
            var dimension = PointUnitDescription.of(found.unit).dimension
            dimension.name = "value in \(PointUnitDescription.of(found.unit).symbol)"
            let limit = Int64(Int32.max)
            guard let value = ValueKind<Int64>.quantity(dimension, -limit...limit).read(amount, context) else {
                return false
            }
            draft.message.quantity = found.quantity
            draft.message.value = Int32(value)
            return true
        })

    struct PlayDraft {
        var message = PlayTrack()
        var sensor: Int?
        var track: Int?
        var quantity: String?
    }

    static let playTrack = Record<PlayDraft>(
        make: { PlayDraft() },
        fields: [
            .required("track", .reference(to: .tracks), example: "falling", "The track.") {
                $0.track = Int($1)
                $0.message.track = $1
            },
            .required("sensor", .reference(to: .sensors), example: "wearer", "The sensor that it is played into.") {
                $0.sensor = Int($1)
                $0.message.sensor = $1
            },
            .optional(
                "quantity", quantity, example: "temperature",
                "What the sensor measures; acceleration codes go to all three axes without it."
            ) { $0.quantity = $1.scalar },
            .optional("repeat", .flag, default: "false", example: "true", "Plays it again and again.") {
                $0.message.repeat = $1
            },
        ],
        finish: { draft, places, context in
            guard let place = draft.sensor, let track = draft.track, let board = context.scenarioBoard else {
                return false
            }
            let chip = board.sensors[place].chip
            let kind = context.trackUnits[track]
            guard let unit = kind.unit else {
                // A broken track was reported where it stands.
                guard kind.isKnown else { return false }
                let isAccelerometer = chip.channels.first?.unit == .milligravity
                if !isAccelerometer || draft.quantity != nil {
                    context.report(
                        at: places[draft.quantity == nil ? "sensor" : "quantity"],
                        draft.quantity == nil
                            ? "the track is acceleration, and the sensor a \(chip.word)"
                            : "acceleration goes to all three axes at once",
                        remedy: draft.quantity == nil ? "play it into an accelerometer" : "remove 'quantity'")
                    return false
                }
                return true
            }
            guard let word = draft.quantity else {
                context.report(
                    at: places.whole, "which quantity of the sensor the values are is not said",
                    remedy: "add 'quantity:' with one of "
                        + SimulatedQuantity.words(of: chip).joined(separator: ", "))
                return false
            }
            guard let found = SimulatedQuantity.find(word, chip: chip, at: places["quantity"], context) else {
                return false
            }
            guard found.unit == unit else {
                context.report(
                    at: places["quantity"],
                    "the track is in \(PointUnitDescription.of(unit).symbol), '\(word)' in \(PointUnitDescription.of(found.unit).symbol)",
                    remedy: "play it into a quantity of its unit, or correct the track's 'unit'")
                return false
            }
            draft.message.quantity = found.quantity
            return true
        })

    private static let inputLine = Record<SetInputLine>(
        make: { SetInputLine() },
        fields: [
            .required("input", .reference(to: .lines, trait: "input"), example: "entrance_contact", "The input.") {
                $0.line = $1
            },
            .required(
                "level",
                .choice([
                    Choice("active", true, "open, pressed, broken"), Choice("inactive", false, "closed, let go, whole"),
                ]), example: "active", "Its new level."
            ) { $0.active = $1 },
        ])

    private static let pulses = Record<PulsesDraft>(
        make: { PulsesDraft() },
        fields: [
            .required("input", .reference(to: .lines, trait: "input"), example: "water_meter", "The input.") {
                $0.line = $1
            },
            .required("count", .unsigned(1...10_000), example: "60", "How many.") { $0.count = Int($1) },
            .required(
                "every", .milliseconds(10...86_400_000), example: "2 s", "Time from pulse to pulse."
            ) { $0.everyMilliseconds = Int64($1) },
        ])

    private static let serialBytes = Record<SerialBytes>(
        make: { SerialBytes() },
        fields: [
            .required("port", .reference(to: .ports), example: "reader_port", "The port.") { $0.port = $1 },
            .required("bytes", bytes, example: "02 30 31 03", "The bytes in hexadecimal digits, up to 256.") {
                serial, bytes in
                for byte in bytes { serial.data.append(byte) }
            },
        ])

    private static let bytes = ValueKind<[UInt8]>(
        summary: "bytes in hexadecimal digits",
        schema: .object([("type", .array([.string("string"), .string("integer")]))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "bytes in hexadecimal digits") else { return nil }
        let digits = Array(text.filter { $0 != " " })
        guard !digits.isEmpty, digits.count % 2 == 0, digits.allSatisfy(\.isHexDigit), digits.count <= 512 else {
            context.report(
                node, digits.count > 512 ? "more than 256 bytes in one step" : "these are not bytes",
                remedy: digits.count > 512
                    ? "divide them among several steps" : "write two hexadecimal digits for each byte")
            return nil
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    }

    private static let fault = Record<Fault>(
        make: { Fault() },
        fields: [
            .optional("sensor", .reference(to: .sensors), example: "climate", "A sensor.") { $0.target = .sensor($1) },
            .optional("bus", .reference(to: .buses), example: "sensors", "A bus with everything on it.") {
                $0.target = .bus($1)
            },
            .optional("port", .reference(to: .ports), example: "reader_port", "A serial port.") {
                $0.target = .port($1)
            },
            .optional("line", .reference(to: .lines), example: "siren", "A digital line.") { $0.target = .line($1) },
            .optional("reader", .reference(to: .readers), example: "entrance_reader", "A card reader.") {
                $0.target = .reader($1)
            },
            .required(
                "kind",
                .choice([
                    Choice("absent", FaultKind.absent, "does not answer, is gone"),
                    Choice("held", .held, "the bus is held: requests time out"),
                    Choice("jammed", .jammed, "a sensor holds its bus until its supply was off"),
                    Choice("frozen", .frozen, "answers with its last value for ever"),
                    Choice("nonsense", .nonsense, "answers nonsense"),
                    Choice("reset", .reset, "falls back to its power-on state, once"),
                    Choice("checksum", .checksum, "checksums are wrong"),
                    Choice("slow", .slow, "requests take much longer"),
                    Choice("tamper", .tamper, "the case of an OSDP reader is opened"),
                    Choice("supply", .supply, "the supply of an OSDP reader fails; a battery in it goes on"),
                    Choice(
                        "factory-new", .factoryNew,
                        "an OSDP reader has no key of its own; restored, it has the one that the board file names"),
                ]), example: "absent", "What is wrong with it."
            ) { $0.kind = $1 },
        ],
        finish: { fault, places, context in
            let named = ["sensor", "bus", "port", "line", "reader"].filter { places.keys[$0] != nil }
            guard named.count == 1 else {
                context.report(
                    at: places.whole, named.isEmpty ? "what breaks is not said" : "more than one thing breaks",
                    remedy: "write one of 'sensor:', 'bus:', 'port:', 'line:' and 'reader:'")
                return false
            }
            let allowed: [FaultKind]
            switch named[0] {
            case "sensor": allowed = [.absent, .held, .jammed, .frozen, .nonsense, .reset, .checksum, .slow]
            case "reader":
                allowed = PresentFields.faults(of: fault, context.scenarioBoard)
            case "bus": allowed = [.absent, .held, .slow]
            default: allowed = [.absent]
            }
            guard allowed.contains(fault.kind) else {
                context.report(
                    at: places["kind"], "a \(named[0]) cannot have this fault",
                    remedy: "write " + allowed.map { "\($0)" }.joined(separator: " or "))
                return false
            }
            return true
        })

    private static let clock = Record<SetClock>(
        make: { SetClock() },
        fields: [
            .optional("set", instant, example: "2026-11-20T19:15:00+08:00", "The new time.") { $0.unixMs = $1 },
            .required("trust", trust, example: "synchronised", "How far the board may trust it.") { $0.trust = $1 },
        ],
        finish: { clock, places, context in
            guard clock.trust != .unset, places.keys["set"] == nil else { return true }
            context.report(
                at: places.whole, "which time the clock shows is not said", remedy: "add 'set:' with the date and time")
            return false
        })

    struct CommandDraft {
        var message = Command()
        var count = 0
    }

    private static let command = Record<CommandDraft>(
        make: { CommandDraft() },
        fields: [
            target("unlock", .doors, .doorUnlock, "Releases a door for its unlock time."),
            target("lock", .doors, .doorLock, "Puts a door back to its normal mode, locked."),
            target("free", .doors, .doorFree, "Releases a door until told otherwise."),
            target("lockdown", .doors, .doorLockdown, "Locks a door down."),
            target("restore_door", .doors, .doorRestore, "Ends a lockdown or a free door."),
            target("acknowledge", .detectors, .alarmAcknowledge, "Acknowledges an alarm."),
            target("silence", .detectors, .alarmSilence, "Silences an alarm."),
            target("reset", .detectors, .alarmReset, "Resets an alarm."),
            target("cancel_fall", .detectors, .fallCancel, "The wearer of a fall sensor is well."),
            target("install", .readers, .readerInstall, "Gives a factory-new OSDP reader its key."),
            target("hush", .detectors, .detectorHush, "Makes a smoke detector less sensitive for `for`."),
            target("away", .detectors, .residentAway, "Tells a detector that nobody is expected for `for`."),
            target("returned", .detectors, .residentReturned, "Tells a detector that somebody is at home again."),
            target("cleaned", .detectors, .detectorCleaned, "A smoke chamber was cleaned: it learns clean air anew."),
            target("serviced", .detectors, .detectorServiced, "A functional test was done."),
            target("walk_test", .detectors, .walkTestBegin, "Puts a detector under test, for `for`."),
            target("end_walk_test", .detectors, .walkTestEnd, "Ends a detector's test."),
            .optional(
                "walk_test_all", .flag, example: "true",
                "Puts every detector without an alarm under test for `for`, but for those that call for help for one person; `false` ends that."
            ) { draft, begins in
                draft.message.kind = begins ? .walkTestBeginAll : .walkTestEndAll
                draft.count += 1
            },
            .optional(
                "for", .milliseconds(1_000...2_419_200_000), example: "10 min",
                "How long a walk test, a hush or an absence lasts, in whole seconds; without it half an hour, the detector's limit, a day."
            ) { $0.message.seconds = $1 / 1_000 },
            .optional("fire_reset", .flag, example: "true", "Ends the fire state of all doors.") { draft, _ in
                draft.message.kind = .fireReset
                draft.count += 1
            },
        ],
        finish: { draft, places, context in
            if draft.count == 1 { return true }
            context.report(
                at: places.whole, draft.count == 0 ? "the command says nothing" : "it is more than one command",
                remedy: "write one command in each step, such as {unlock: entrance}")
            return false
        })

    private static func target(
        _ key: String, _ table: NamedTable, _ kind: CommandKind, _ explanation: String
    ) -> Field<CommandDraft> {
        .optional(
            key, .reference(to: table),
            example: table == .doors ? "entrance" : table == .readers ? "entrance_reader" : "lobby_smoke", explanation
        ) { draft, place in
            draft.message.kind = kind
            draft.message.target = place
            draft.count += 1
        }
    }
}

/// What a simulated chip can be told about the world.
enum SimulatedQuantity {
    private static let all: [(word: String, quantity: Quantity, unit: PointUnit)] = [
        ("input0", .input0, .microvolt), ("input1", .input1, .microvolt), ("input2", .input2, .microvolt),
        ("input3", .input3, .microvolt), ("temperature", .temperature, .millidegreeCelsius),
        ("humidity", .humidity, .millipercentRelativeHumidity), ("pressure", .pressure, .pascal),
        ("acceleration_x", .accelerationX, .milligravity), ("acceleration_y", .accelerationY, .milligravity),
        ("acceleration_z", .accelerationZ, .milligravity), ("carbon_dioxide", .carbonDioxide, .partsPerMillion),
        ("light", .light, .millilux), ("particles", .particles, .microgramPerCubicMetre),
        ("organic_signal", .organicSignal, .count), ("nitrogen_signal", .nitrogenSignal, .count),
        ("rotation_x", .rotationX, .millidegreePerSecond), ("rotation_y", .rotationY, .millidegreePerSecond),
        ("rotation_z", .rotationZ, .millidegreePerSecond), ("pins", .pins, .count),
    ]

    /// The quantities that a chip feels.
    static func words(of chip: SensorChipDescription) -> [String] { chip.simulated }

    static func find(
        _ word: String, chip: SensorChipDescription, at range: SourceRange, _ context: ReadingContext
    ) -> (quantity: Quantity, unit: PointUnit)? {
        if chip.simulated.contains(word), let found = all.first(where: { $0.word == word }) {
            return (found.quantity, found.unit)
        }
        context.report(
            at: range, "\(withArticle(chip.word)) feels no '\(word)'",
            remedy: Suggestion.remedy(for: word, among: chip.simulated, kind: "quantities"))
        return nil
    }
}
