import WardenMessages

/// Fields of the detectors for fire, gas, water, people and estate, besides those in `SafetyFields`.
enum DetectorFields {
    typealias Variant = Record<DetectorDescription>.Variant

    static let variants: [Variant] = [
        heat, carbonMonoxide, combustibleGas, multiCriteriaFire, flow, valve, inactivity, callPoint, powerUse, rate,
        tilt, count, radarFall,
    ]

    // MARK: Fire and gas

    private static let heat = Variant(
        "heat", "Temperature by an EN 54-5 response class: a fixed limit, and where wanted a fast rise.",
        begin: { $0.message.kind = .heat(HeatOptions()) },
        fields: [point("ceiling_temperature", "The point that it watches, in °C.")]
            + options(
                get: { if case .heat(let options) = $0 { options } else { HeatOptions() } }, set: { .heat($0) },
                [
                    .optional(
                        "class", responseClass, default: "A2", example: "A1",
                        "The EN 54-5 response class: A1 and A2 for rooms up to 50 °C, B for boiler rooms, further ones for hotter places."
                    ) { $0.responseClass = $1 },
                    .optional(
                        "rate_of_rise", .flag, default: "true", example: "false",
                        "Suffix R: responds to a fast rise too. `false` for kitchens, where an oven door does that."
                    ) { $0.rateOfRise = $1 },
                    .optional(
                        "pre_alarm", .flag, default: "true", example: "true",
                        "A pre-alarm 2 K below the class's lowest response temperature."
                    ) { $0.preAlarm = $1 },
                ]))

    private static let responseClass: ValueKind<HeatClass> = .choice([
        Choice("A1", .a1, "responds from 54 to 65 °C"), Choice("A2", .a2, "from 54 to 70 °C"),
        Choice("B", .b, "from 69 to 85 °C"), Choice("C", .c, "from 84 to 100 °C"),
        Choice("D", .d, "from 99 to 115 °C"), Choice("E", .e, "from 114 to 130 °C"),
        Choice("F", .f, "from 129 to 145 °C"), Choice("G", .g, "from 144 to 160 °C"),
    ])

    private static let carbonMonoxide = Variant(
        "carbon-monoxide", "Exposure to carbon monoxide by EN 50291-1; the limits are the standard's.",
        begin: { $0.message.kind = .carbonMonoxide(CarbonMonoxideOptions()) },
        fields: [point("boiler_room_co", "The point that it watches, in ppm of carbon monoxide.")]
            + options(
                get: {
                    if case .carbonMonoxide(let options) = $0 { options } else { CarbonMonoxideOptions() }
                }, set: { .carbonMonoxide($0) },
                [
                    .optional(
                        "replace_from", .moment, example: "2031-05-01",
                        "From this day on the sensor is worn out and the detector in trouble: the date on its label."
                    ) { $0.replaceFromDay = day($1) }
                ]))

    private static let combustibleGas = Variant(
        "combustible-gas", "A combustible gas by its lower explosive limit, with warm-up and a watch on the zero.",
        begin: { $0.message.kind = .combustibleGas(CombustibleGasOptions()) },
        fields: [point("kitchen_gas", "The point that it watches, in %LEL.")]
            + options(
                get: {
                    if case .combustibleGas(let options) = $0 { options } else { CombustibleGasOptions() }
                }, set: { .combustibleGas($0) },
                [
                    .optional(
                        "pre_alarm", .amount(.centipercentLowerExplosiveLimit, 100...2_000), default: "5 %LEL",
                        example: "5 %LEL", "From here on somebody should look."
                    ) { $0.preAlarmClel = $1 },
                    .optional(
                        "alarm", .amount(.centipercentLowerExplosiveLimit, 300...2_000), default: "10 %LEL",
                        example: "10 %LEL", "The alarm; EN 50194-1 allows 3 to 20 %LEL."
                    ) { $0.alarmClel = $1 },
                    .optional(
                        "verification", .milliseconds(0...60_000), default: "5 s", example: "5 s",
                        "How long the limit must be exceeded."
                    ) { $0.verificationMs = $1 },
                    .optional(
                        "warm_up", .milliseconds(0...3_600_000), default: "3 min", example: "3 min",
                        "Nothing is judged so long after start and after a gap: the element is still cold."
                    ) { $0.warmUpMs = $1 },
                    .optional(
                        "test_from", .moment, example: "2027-05-01", "From this day on a functional test is due."
                    ) { $0.testFromDay = day($1) },
                    .optional(
                        "hysteresis", .amount(.centipercentLowerExplosiveLimit, 0...1_000), default: "1 %LEL",
                        example: "1 %LEL", "How far the gas must fall below a level before its condition ends."
                    ) { $0.hysteresisClel = $1 },
                    .optional(
                        "lowest_zero", .signedAmount(.centipercentLowerExplosiveLimit, -1_000...0), default: "-3 %LEL",
                        example: "-3 %LEL", "A lower value for ten minutes is a poisoned element, which is trouble."
                    ) { $0.lowestZeroClel = $1 },
                    .optional(
                        "frozen_after", .milliseconds(0...604_800_000, zero: "never"), default: "never", example: "1 h",
                        "The very same value for so long is a stuck element, which is trouble; not for elements that rest at zero."
                    ) { $0.frozenAfterMs = $1 },
                ]))

    private static let multiCriteriaFire = Variant(
        "multi-criteria-fire",
        "Fire by smoke, heat and carbon monoxide together: fewer alarms from steam and cooking.",
        begin: { $0.message.kind = .multiCriteriaFire(MultiCriteriaFireOptions()) },
        fields: [point("smoke_kitchen", "The smoke point, in dB/m.")]
            + options(
                get: {
                    if case .multiCriteriaFire(let options) = $0 { options } else { MultiCriteriaFireOptions() }
                }, set: { .multiCriteriaFire($0) },
                [
                    .optional(
                        "temperature", .reference(to: .points), example: "ceiling_temperature",
                        "The temperature point, in °C. At least this or `carbon_monoxide`."
                    ) { $0.temperaturePoint = $1 },
                    .optional(
                        "carbon_monoxide", .reference(to: .points), example: "kitchen_co",
                        "The carbon monoxide point, in ppm."
                    ) { $0.carbonMonoxidePoint = $1 },
                    .optional(
                        "smoke_alone", .amount(.millidecibelPerMetre, 1...5_000), default: "0.22 dB/m",
                        example: "0.22 dB/m", "Smoke that is an alarm without confirmation."
                    ) { $0.aloneMdbPerM = $1 },
                    .optional(
                        "smoke_confirmed", .amount(.millidecibelPerMetre, 1...5_000), default: "0.08 dB/m",
                        example: "0.08 dB/m", "Smoke that is an alarm when heat or carbon monoxide confirm it in full."
                    ) { $0.confirmedMdbPerM = $1 },
                    .optional(
                        "verification", .milliseconds(0...60_000), default: "15 s", example: "15 s",
                        "How long smoke alone must last; confirmed smoke a third of it."
                    ) { $0.verificationMs = $1 },
                ]))

    // MARK: Water

    private static let flow = Variant(
        "flow", "A water meter's pulses: a burst, a trickle that never ends, use at night or while away.",
        begin: { $0.message.kind = .flow(FlowOptions()) },
        fields: watched(input: "water_meter", point: "water_counter", "pulses")
            + options(
                get: { if case .flow(let options) = $0 { options } else { FlowOptions() } }, set: { .flow($0) },
                [
                    .optional(
                        "pulses_per_litre", .unsigned(1...10_000), default: "1", example: "1",
                        "As the meter's plate says."
                    ) { $0.pulsesPerLitre = $1 },
                    .optional(
                        "burst_litres", .unsigned(0...100_000), default: "100", example: "100",
                        "So many litres within the window are a burst; 0 for no such rule."
                    ) { $0.burstLitres = $1 },
                    .optional(
                        "burst_window", .milliseconds(1_000...3_600_000), default: "5 min", example: "5 min",
                        "The window of the burst."
                    ) { $0.burstWindowMs = $1 },
                    .optional(
                        "quiet_gap", .milliseconds(60_000...43_200_000), default: "60 min", example: "60 min",
                        "A gap without pulses that every day has at least once."
                    ) { $0.quietGapMs = $1 },
                    .optional(
                        "continuous_after", .milliseconds(0...604_800_000, zero: "never"), default: "24 h",
                        example: "24 h", "Without such a gap for so long, water trickles."
                    ) { $0.continuousAfterMs = $1 },
                    .optional(
                        "night_litres", .unsigned(0...100_000), default: "0", example: "10",
                        "So many litres in one night are an alarm; 0 for no such rule."
                    ) { $0.nightLitres = $1 },
                    .optional(
                        "night_from", .minuteOfDay, default: "01:00", example: "01:00", "When the night begins."
                    ) { $0.nightFromMinute = $1 % 1_440 },
                    .optional("night_to", .minuteOfDay, default: "05:00", example: "05:00", "When it ends.") {
                        $0.nightToMinute = $1 % 1_440
                    },
                    .optional(
                        "away_litres", .unsigned(0...100_000), default: "3", example: "3",
                        "So many litres while the residents are away are an alarm; 0 for no such rule."
                    ) { $0.awayLitres = $1 },
                ]))

    private static let valve = Variant(
        "valve",
        "A motor valve with an end switch: shut by an effect, tried again, and an alarm when it does not shut.",
        begin: { $0.message.kind = .valve(ValveOptions()) },
        fields: [
            .required(
                "end_switch", .reference(to: .lines, trait: "input"), example: "valve_shut",
                "The input that is active while the valve is shut."
            ) { $0.message.line = $1 }
        ]
            + options(
                get: { if case .valve(let options) = $0 { options } else { ValveOptions() } }, set: { .valve($0) },
                [
                    .required(
                        "drive", .reference(to: .lines, trait: "output"), example: "valve_motor",
                        "The output that shuts it while active. Only this detector drives it."
                    ) { $0.driveLine = $1 },
                    .optional(
                        "travel", .milliseconds(100...600_000), default: "10 s", example: "10 s",
                        "The valve's own time from open to shut; an attempt fails after twice this."
                    ) { $0.travelMs = $1 },
                    .optional("attempts", .unsigned(1...10), default: "3", example: "3", "Attempts in all.") {
                        $0.attempts = $1
                    },
                    .optional(
                        "pause", .milliseconds(0...600_000), default: "5 s", example: "5 s",
                        "The drive rests so long between attempts."
                    ) { $0.pauseMs = $1 },
                ]))

    // MARK: People

    private static let inactivity = Variant(
        "inactivity",
        "A person living alone shows no sign of life when they usually do; learned from their own history.",
        begin: { $0.message.kind = .inactivity(InactivityOptions()) },
        fields: options(
            get: { if case .inactivity(let options) = $0 { options } else { InactivityOptions() } },
            set: { .inactivity($0) },
            [
                .required(
                    "signs", .list(of: sign, 1...6), example: "[{input: kitchen_motion}, {point: power}]",
                    "What changes when somebody is there: doors, movement, water, power."
                ) { options, signs in
                    for sign in signs { options.signs.append(sign) }
                },
                .optional(
                    "exit_door", .reference(to: .lines, trait: "input"), example: "flat_door",
                    "The contact of the door by which the resident leaves. Without it nobody is ever known to be out."
                ) { $0.exitLine = $1 },
                .optional(
                    "deadband", .unsigned(1...1_000_000_000), default: "1", example: "50000",
                    "A change of a point by less than this is no sign of life; counted in the point's finest unit."
                ) { $0.deadband = $1 },
                .optional(
                    "shortest_silence", .milliseconds(60_000...86_400_000), default: "90 min", example: "90 min",
                    "No alarm by surprise before so much silence."
                ) { $0.shortestSilenceMs = $1 },
                .optional(
                    "longest_silence", .milliseconds(3_600_000...604_800_000), default: "12 h", example: "12 h",
                    "So much silence at home is an alarm whatever was learned."
                ) { $0.longestSilenceMs = $1 },
                .optional(
                    "no_exit_after", .milliseconds(0...2_419_200_000, zero: "never"), default: "never",
                    example: "72 h", "The exit door not opened for so long is an alarm of its own."
                ) { $0.noExitAfterMs = $1 },
                .optional(
                    "exit_grace", .milliseconds(10_000...3_600_000), default: "10 min", example: "10 min",
                    "A sign of life within this time after the exit door moved shows that somebody stayed."
                ) { $0.exitGraceMs = $1 },
                .optional(
                    "surprise_limit", .unsigned(1_000...20_000), example: "4500",
                    "How surprising a silence must be, in thousandths; 3000 without it, which one of twenty such silences exceeds by chance. Higher raises fewer false alarms and notices later."
                ) { $0.surpriseLimit = $1 },
                .optional(
                    "margin", .unsigned(0...500), default: "20", example: "50",
                    "By how many per cent a silence must exceed the most surprising one that ended well."
                ) { $0.marginPercent = $1 },
            ]))

    struct SignDraft {
        var message = SignOfLife()
        var count = 0
    }

    private static let sign: ValueKind<SignOfLife> = ValueKind<SignDraft>
        .record(
            Record<SignDraft>(
                make: { SignDraft() },
                fields: [
                    .optional("input", .reference(to: .lines, trait: "input"), example: "kitchen_motion", "An input.") {
                        $0.message.source = .line($1)
                        $0.count += 1
                    },
                    .optional("point", .reference(to: .points), example: "power", "A point.") {
                        $0.message.source = .point($1)
                        $0.count += 1
                    },
                    .optional(
                        "radar", .reference(to: .detectors, trait: "radar-fall"), example: "bathroom_fall",
                        "A radar: somebody comes or goes."
                    ) {
                        $0.message.source = .radar($1)
                        $0.count += 1
                    },
                ]), summary: "sign of life: an input, a point or a radar"
        ).checked { draft, node, context in
            if draft.count == 1 { return draft.message }
            context.report(
                node, draft.count == 0 ? "a sign of life names nothing" : "a sign of life names more than one thing",
                remedy: "write one of 'input:', 'point:' and 'radar:' in each")
            return nil
        }

    private static let callPoint = Variant(
        "call-point", "A button, pull cord or pendant by which a person asks for help. One press is an alarm.",
        begin: { $0.message.kind = .callPoint(CallPointOptions()) },
        fields: [
            .required(
                "input", .reference(to: .lines, trait: "input"), example: "sos_cord",
                "The input that is active while it is pressed."
            ) { $0.message.line = $1 }
        ]
            + options(
                get: { if case .callPoint(let options) = $0 { options } else { CallPointOptions() } },
                set: { .callPoint($0) },
                [
                    .optional(
                        "battery", .reference(to: .points), example: "pendant_battery",
                        "The voltage of its battery, where the board measures that."
                    ) { $0.batteryPoint = $1 },
                    .optional(
                        "low_battery", .amount(.microvolt, 0...100_000_000), default: "2.4 V", example: "2.4 V",
                        "Below this the battery must be changed, which is trouble."
                    ) { $0.lowBatteryUv = $1 },
                    .optional(
                        "shortest_press", .milliseconds(0...5_000), default: "30 ms", example: "30 ms",
                        "A press must last so long: contacts bounce."
                    ) { $0.shortestPressMs = $1 },
                    .optional(
                        "test_every", .unsigned(0...17_520), default: "0", example: "720",
                        "Hours without a press after which a test is due; 0 for never."
                    ) { $0.testIntervalH = $1 },
                ]))

    private static let powerUse = Variant(
        "power-use", "The appliances that a resident uses every day stay off.",
        begin: { $0.message.kind = .powerUse(PowerUseOptions()) },
        fields: [point("flat_power", "The power of the flat, in W.")]
            + options(
                get: { if case .powerUse(let options) = $0 { options } else { PowerUseOptions() } },
                set: { .powerUse($0) },
                [
                    .optional(
                        "use_above", .amount(.milliwatt, 1_000...20_000_000), default: "150 W", example: "150 W",
                        "So much above what runs by itself is use."
                    ) { $0.useAboveMw = $1 },
                    .optional(
                        "assumed_base", .amount(.milliwatt, 0...20_000_000), default: "250 W", example: "250 W",
                        "What is taken to run by itself until the first night was learned."
                    ) { $0.assumedBaseMw = $1 },
                    .optional(
                        "active_from", .minuteOfDay, default: "07:00", example: "07:00",
                        "When use is expected from on."
                    ) { $0.activeFromMinute = $1 % 1_440 },
                    .optional("active_to", .minuteOfDay, default: "22:00", example: "22:00", "Until when.") {
                        $0.activeToMinute = $1 % 1_440
                    },
                    .optional(
                        "night_from", .minuteOfDay, default: "02:00", example: "02:00",
                        "When only what runs by itself is on."
                    ) { $0.nightFromMinute = $1 % 1_440 },
                    .optional("night_to", .minuteOfDay, default: "05:00", example: "05:00", "Until when.") {
                        $0.nightToMinute = $1 % 1_440
                    },
                    .optional(
                        "silence", .milliseconds(600_000...604_800_000), default: "6 h", example: "6 h",
                        "So many active hours without use are an alarm."
                    ) { $0.silenceMs = $1 },
                ]))

    // MARK: Estate

    private static let rate = Variant(
        "rate", "A point that changes too fast: a tank that empties, a room that cools, a voltage that sags.",
        begin: { $0.message.kind = .rate(RateOptions()) },
        fields: [
            point("tank_level", "The point that it watches, in any unit."),
            change(
                "rises_by", example: "5 °C", "Alarm when it rises by this within the window. Either this or `falls_by`."
            ) {
                $0.alarmChange = $1
            },
            change("falls_by", example: "5 °C", "Alarm when it falls by this.") {
                $0.alarmChange = $1
                $0.falling = true
            },
            change("pre_alarm", example: "3 °C", "A smaller change that is a pre-alarm.") { $0.preAlarmChange = $1 },
        ]
            + options(
                get: { if case .rate(let options) = $0 { options } else { RateOptions() } }, set: { .rate($0) },
                [
                    .required(
                        "window", .milliseconds(1_000...604_800_000), example: "10 min",
                        "The time within which it changes."
                    ) { $0.windowMs = $1 },
                    .optional(
                        "off_delay", .milliseconds(0...86_400_000), default: "0 s", example: "5 min",
                        "How long it must be calm again."
                    ) { $0.offDelayMs = $1 },
                ]))

    private static let tilt = Variant(
        "tilt", "An accelerometer that is tilted or shaken: a manhole cover, a bin, a cabinet.",
        begin: { $0.message.kind = .tilt(TiltOptions()) },
        fields: [
            .required(
                "sensor", .reference(to: .sensors, trait: "accelerometer"), example: "manhole",
                "The accelerometer whose samples it watches."
            ) { $0.message.sensor = $1 }
        ]
            + options(
                get: { if case .tilt(let options) = $0 { options } else { TiltOptions() } }, set: { .tilt($0) },
                [
                    .optional(
                        "limit", .unsigned(1...90), default: "15", example: "15",
                        "Whole degrees from the right position that are an alarm."
                    ) { $0.limitDegrees = $1 },
                    .optional(
                        "on_delay", .milliseconds(0...3_600_000), default: "5 s", example: "5 s",
                        "How long the tilt must last."
                    ) { $0.onDelayMs = $1 },
                    .optional(
                        "off_delay", .milliseconds(0...3_600_000), default: "30 s", example: "30 s",
                        "How long it must be back."
                    ) { $0.offDelayMs = $1 },
                    .optional(
                        "vibration", .amount(.milligravity, 0...16_000), default: "0 g", example: "0.3 g",
                        "Shaking by so much is an alarm of its own; 0 for none."
                    ) { $0.vibrationMg = $1 },
                    .optional(
                        "upright", upright, default: "as-found", example: "z-up",
                        "The right position. `as-found` takes the first second after the first start and keeps it; where nothing is kept over a restart, what was moved while the power was off is not seen."
                    ) { $0.upright = $1 },
                ]))

    private static let upright: ValueKind<UprightAxis> = .choice([
        Choice("as-found", .asFound, "as it lies when the board starts"), Choice("x-up", .xUp, "the x axis up"),
        Choice("x-down", .xDown, "the x axis down"), Choice("y-up", .yUp, "the y axis up"),
        Choice("y-down", .yDown, "the y axis down"), Choice("z-up", .zUp, "the z axis up"),
        Choice("z-down", .zDown, "the z axis down"),
    ])

    private static let count = Variant(
        "count", "Something that happens too often, or not often enough: a pump that starts again and again.",
        begin: { $0.message.kind = .count(CountOptions()) },
        fields: watched(input: "pump_runs", point: "starts", "events")
            + options(
                get: { if case .count(let options) = $0 { options } else { CountOptions() } }, set: { .count($0) },
                [
                    .required(
                        "count", .unsigned(1...16), example: "4", "So many events."
                    ) { $0.count = $1 },
                    .required(
                        "window", .milliseconds(1_000...2_419_200_000), example: "1 h",
                        "The time within which they count."
                    ) { $0.windowMs = $1 },
                    .optional(
                        "alarm_when",
                        .choice([
                            Choice("too-many", false, "so many events or more"),
                            Choice("too-few", true, "fewer events"),
                        ]), default: "too-many", example: "too-few", "Which of the two is the alarm."
                    ) { $0.tooFew = $1 },
                ]))

    private static let radarFall = Variant(
        "radar-fall", "A fall seen by a 60 GHz radar at the ceiling, without anything worn.",
        begin: { $0.message.kind = .radarFall(RadarFallOptions()) },
        fields: options(
            get: { if case .radarFall(let options) = $0 { options } else { RadarFallOptions() } },
            set: { .radarFall($0) },
            [
                .required(
                    "port", .reference(to: .ports), example: "bathroom_radar",
                    "The serial port of the module; 115200 bits a second."
                ) { $0.port = $1 },
                .optional(
                    "module",
                    .choice([Choice("mr60fda2", RadarModule.mr60fda2, "Seeed MR60FDA2 and HLK-LD6002C")]),
                    default: "mr60fda2", example: "mr60fda2", "Which module it is."
                ) { $0.module = $1 },
                .optional(
                    "confirmation", .milliseconds(0...600_000), default: "15 s", example: "15 s",
                    "How long the module must say that someone is down."
                ) { $0.confirmationMs = $1 },
                .optional(
                    "gap", .milliseconds(0...60_000), default: "5 s", example: "5 s",
                    "Gaps up to this, while someone struggles, count as lasting."
                ) { $0.gapMs = $1 },
            ]))

    // MARK: Parts

    /// The fields of a kind's options as fields of the detector.
    private static func options<Options>(
        get: @escaping @Sendable (Detector.Kind?) -> Options,
        set: @escaping @Sendable (Options) -> Detector.Kind, _ fields: [Field<Options>]
    ) -> [Field<DetectorDescription>] {
        fields.map { field in
            field.embedded(get: { get($0.message.kind) }, set: { $0.message.kind = set($1) })
        }
    }

    private static func point(_ example: String, _ explanation: String) -> Field<DetectorDescription> {
        .required("point", .reference(to: .points), example: example, explanation) { $0.message.point = $1 }
    }

    /// An input or a point; which of them was given is checked once both were read.
    static func watched(input: String, point: String, _ what: String) -> [Field<DetectorDescription>] {
        [
            .optional(
                "input", .reference(to: .lines, trait: "input"), example: input,
                "The input whose \(what) it watches. Either this or `point`."
            ) { $0.message.line = $1 },
            .optional(
                "point", .reference(to: .points), example: point,
                "The point whose \(what) it watches: an expander's pin, a counter."
            ) { $0.message.point = $1 },
        ]
    }

    /// A change in the unit of the detector's point; turned into a number once the point is known.
    private static func change(
        _ key: String, example: String, _ explanation: String,
        set: @escaping @Sendable (inout RateOptions, UInt32) -> Void
    ) -> Field<DetectorDescription> {
        .optional(key, SafetyFields.writtenLimit, example: example, explanation) { detector, node in
            detector.limits.append(
                PendingLimit(key: key, node: node) { detector, value in
                    guard case .rate(var options) = detector.kind else { return }
                    set(&options, UInt32(clamping: value))
                    detector.kind = .rate(options)
                })
        }
    }

    private static func day(_ moment: CivilMoment) -> UInt32 { UInt32(clamping: moment.dayNumber) }
}
