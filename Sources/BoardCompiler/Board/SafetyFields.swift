import FixedMemory
import WardenMessages

/// Fields of `detectors` and `effects`.
enum SafetyFields {
    static let detector = Record<DetectorDescription>(
        make: { DetectorDescription() },
        fields: [
            .optional(
                "latching", .flag, default: "true", example: "false",
                "An alarm stays until somebody resets it. `false`, for comfort signals alone: it ends with its cause."
            ) { $0.message.endsWithCause = !$1 },
            .optional(
                "self_test", .milliseconds(0...2_678_400_000, zero: "never"), default: "24 h", example: "12 h",
                "How often it proves that it could still fire, in whole seconds."
            ) { $0.message.selfTestS = $1 / 1_000 },
        ], variantKey: "kind",
        variantExplanation: "What it watches for; decides which further keys there are.",
        variants: [
            .init(
                "smoke", "Light obscuration of a smoke chamber, with pre-alarm, drift compensation and verification.",
                begin: { $0.message.kind = .smoke(SmokeOptions()) },
                fields: [
                    point("smoke_lobby", "The point that it watches, in dB/m."),
                    smoke(
                        .optional(
                            "pre_alarm", .amount(.millidecibelPerMetre, 1...10_000), default: "0.09 dB/m",
                            example: "0.08 dB/m", "From here on somebody should look."
                        ) { $0.preAlarmMdbPerM = $1 }),
                    smoke(
                        .optional(
                            "alarm", .amount(.millidecibelPerMetre, 50...10_000), default: "0.15 dB/m",
                            example: "0.15 dB/m",
                            "From here on it is a fire, once verified; EN 54-7 lets no optical detector respond to less than 0.05 dB/m."
                        ) { $0.alarmMdbPerM = $1 }),
                    smoke(
                        .optional(
                            "verification", .milliseconds(0...60_000), default: "8 s", example: "5 s",
                            "How long the alarm level must last; three times the level half of it."
                        ) { $0.verificationMs = $1 }),
                    smoke(
                        .optional(
                            "hysteresis", .amount(.millidecibelPerMetre, 0...1_000), default: "0.015 dB/m",
                            example: "0.02 dB/m", "How far the air must clear below a level before its condition ends."
                        ) { $0.hysteresisMdbPerM = $1 }),
                    smoke(
                        .optional(
                            "hush_limit", .milliseconds(0...3_600_000), default: "10 min", example: "5 min",
                            "The longest that somebody may hush it, for cooking or steam: its levels are doubled meanwhile."
                        ) { $0.hushLimitMs = $1 }),
                ]),
            .init(
                "leak", "A water-leak rope or probe with an end-of-line resistor: wet, dry, or broken.",
                begin: { $0.message.kind = .leak(LeakOptions()) },
                fields: [
                    point("leak_riser", "The point that it watches, in V or Ω; wet reads lower than dry."),
                    limit("wet_below", example: "1.5 V", "Below this it is wet.") { detector, value in
                        guard case .leak(var options) = detector.kind else { return }
                        options.wetBelow = value
                        detector.kind = .leak(options)
                    },
                    limit(
                        "open_above", example: "3.1 V",
                        "Above this the rope is broken or unplugged, which is trouble."
                    ) { detector, value in
                        guard case .leak(var options) = detector.kind else { return }
                        options.openAbove = value
                        detector.kind = .leak(options)
                    },
                    leak(
                        .optional(
                            "delay", .milliseconds(0...600_000), default: "3 s", example: "3 s",
                            "How long it must be wet: drops dry within seconds."
                        ) { $0.delayMs = $1 }),
                    leak(
                        .optional(
                            "off_delay", .milliseconds(0...3_600_000), default: "30 s", example: "1 min",
                            "How long it must be dry again."
                        ) { $0.offDelayMs = $1 }),
                    .optional(
                        "short_below", writtenLimit, example: "0.1 V",
                        "Below this the wire is shorted, which is trouble; without it a short counts as wet."
                    ) { detector, node in
                        detector.limits.append(
                            PendingLimit(key: "short_below", node: node) { detector, value in
                                guard case .leak(var options) = detector.kind else { return }
                                options.shortBelow = value
                                detector.kind = .leak(options)
                            })
                    },
                ]),
            .init(
                "fall", "A fall of the wearer of an accelerometer, and lying still after it.",
                begin: { $0.message.kind = .fall(FallOptions()) },
                fields: [
                    .required(
                        "sensor", .reference(to: .sensors, trait: "accelerometer"), example: "wearer",
                        "The accelerometer whose samples it watches."
                    ) { $0.message.sensor = $1 },
                    fall(
                        .optional(
                            "cancel_window", .milliseconds(0...120_000, zero: "none"), default: "20 s", example: "20 s",
                            "Time in which the wearer can call the alarm off."
                        ) { $0.cancelWindowMs = $1 }),
                    fall(
                        .optional(
                            "long_lie", .milliseconds(0...3_600_000, zero: "never"), default: "2 min", example: "60 s",
                            "Lying still for this long after a fall is a long lie; a `long-lie` detector makes it an alarm."
                        ) { $0.longLieMs = $1 }),
                    fall(
                        .optional(
                            "walking_cancels", .flag, default: "true", example: "false",
                            "Who gets up and walks within the window calls the alarm off."
                        ) { $0.walkingCancels = $1 }),
                    fall(
                        .optional(
                            "cancel_button", .reference(to: .lines, trait: "input"), example: "wearer_button",
                            "The input of a button at the wearer that calls the alarm off."
                        ) { $0.cancelLine = $1 }),
                    fall(
                        .optional(
                            "decision_threshold", .unsigned(0...8_000), example: "2000",
                            "From which odds an impact is a fall: their natural logarithm, in thousandths; 750 without it. Higher raises fewer false alarms and misses more falls; the detector's page has the table."
                        ) { $0.decisionThreshold = $1 }),
                    fall(
                        .optional(
                            "not_worn_after", .milliseconds(0...604_800_000, zero: "never"), default: "never",
                            example: "8 h", "Without the least movement for so long nobody wears it, which is trouble."
                        ) { $0.notWornAfterMs = $1 }),
                ]),
            .init(
                "long-lie", "The wearer of a fall sensor stays down: an alarm of its own besides the fall.",
                begin: { $0.message.kind = .longLie(LongLieOptions()) },
                fields: [
                    .required(
                        "fall", .reference(to: .detectors, trait: "fall"), example: "caretaker_fall",
                        "The fall detector, which stands above this one in the file."
                    ) { $0.message.kind = .longLie(LongLieOptions(fallDetector: $1)) }
                ]),
            .init(
                "state", "A digital input: a call point, a tamper switch, a float switch, another panel's relay.",
                begin: { $0.message.kind = .state(StateOptions()) },
                fields: DetectorFields.watched(input: "call_point", point: "riser_float", "state") + [
                    state(
                        .optional(
                            "alarm_while",
                            .choice([
                                Choice("active", true, "the input is active"),
                                Choice("inactive", false, "the input is inactive"),
                            ]), default: "active", example: "active", "The level that means alarm."
                        ) { $0.alarmActive = $1 }),
                    state(
                        .optional(
                            "on_delay", .milliseconds(0...3_600_000), default: "0 s", example: "2 s",
                            "How long it must last."
                        ) { $0.onDelayMs = $1 }),
                    state(
                        .optional(
                            "off_delay", .milliseconds(0...3_600_000), default: "0 s", example: "5 s",
                            "How long it must be back to normal."
                        ) { $0.offDelayMs = $1 }),
                    state(
                        .optional(
                            "holds", .flag, default: "false", example: "true",
                            "A press counts though it ended before anybody looked; for buttons."
                        ) { $0.holds = $1 }),
                ]),
            .init(
                "threshold", "A point beyond a limit: freezer warm, cabinet hot, tank low, air bad.",
                begin: { $0.message.kind = .threshold(ThresholdOptions()) },
                fields: [
                    point("temperature", "The point that it watches, in any unit."),
                    optionalLimit("above", example: "35 °C", "Alarm above this. Either this or `below`.") {
                        $0.alarmLimit = $1
                    },
                    optionalLimit("below", example: "4 °C", "Alarm below this.") {
                        $0.alarmLimit = $1
                        $0.below = true
                    },
                    optionalLimit("pre_alarm", example: "30 °C", "From here on somebody should look; not 0.") {
                        $0.preAlarmLimit = $1
                    },
                    optionalLimit(
                        "hysteresis", example: "0.5 °C", "How far the value must come back before the alarm ends."
                    ) { $0.hysteresis = UInt32(clamping: $1) },
                    threshold(
                        .optional(
                            "on_delay", .milliseconds(0...86_400_000), default: "0 s", example: "5 min",
                            "How long the value must be beyond the limit."
                        ) { $0.onDelayMs = $1 }),
                    threshold(
                        .optional(
                            "off_delay", .milliseconds(0...86_400_000), default: "0 s", example: "5 min",
                            "How long it must be back."
                        ) { $0.offDelayMs = $1 }),
                ]),
        ] + DetectorFields.variants)

    private static func point(_ example: String, _ explanation: String) -> Field<DetectorDescription> {
        .required("point", .reference(to: .points), example: example, explanation) { $0.message.point = $1 }
    }

    private static func smoke(_ field: Field<SmokeOptions>) -> Field<DetectorDescription> {
        field.embedded(
            get: { if case .smoke(let options) = $0.message.kind { options } else { SmokeOptions() } },
            set: { $0.message.kind = .smoke($1) })
    }

    private static func leak(_ field: Field<LeakOptions>) -> Field<DetectorDescription> {
        field.embedded(
            get: { if case .leak(let options) = $0.message.kind { options } else { LeakOptions() } },
            set: { $0.message.kind = .leak($1) })
    }

    private static func fall(_ field: Field<FallOptions>) -> Field<DetectorDescription> {
        field.embedded(
            get: { if case .fall(let options) = $0.message.kind { options } else { FallOptions() } },
            set: { $0.message.kind = .fall($1) })
    }

    private static func state(_ field: Field<StateOptions>) -> Field<DetectorDescription> {
        field.embedded(
            get: { if case .state(let options) = $0.message.kind { options } else { StateOptions() } },
            set: { $0.message.kind = .state($1) })
    }

    private static func threshold(_ field: Field<ThresholdOptions>) -> Field<DetectorDescription> {
        field.embedded(
            get: { if case .threshold(let options) = $0.message.kind { options } else { ThresholdOptions() } },
            set: { $0.message.kind = .threshold($1) })
    }

    private static func optionalLimit(
        _ key: String, example: String, _ explanation: String,
        set: @escaping @Sendable (inout ThresholdOptions, Int32) -> Void
    ) -> Field<DetectorDescription> {
        .optional(key, writtenLimit, example: example, explanation) { detector, node in
            detector.limits.append(
                PendingLimit(key: key, node: node) { detector, value in
                    guard case .threshold(var options) = detector.kind else { return }
                    set(&options, value)
                    detector.kind = .threshold(options)
                })
        }
    }

    static let writtenLimit = ValueKind<YamlNode>(
        summary: "amount in the point's unit",
        schema: .object([("type", .array([.string("string"), .string("number")]))])
    ) { node, context in
        plainText(node, context, wanted: "an amount with its unit") == nil ? nil : node
    }

    /// A limit in the unit of the detector's point; turned into a number once the point is known.
    private static func limit(
        _ key: String, example: String, _ explanation: String, set: @escaping @Sendable (inout Detector, Int32) -> Void
    ) -> Field<DetectorDescription> {
        .required(key, writtenLimit, example: example, explanation) { detector, node in
            detector.limits.append(PendingLimit(key: key, node: node, set: set))
        }
    }

    // MARK: The matrix

    /// A cause as written: exactly one source, and a state that fits it.
    struct CauseDescription {
        var detector: UInt32?
        var door: UInt32?
        var input: UInt32?
        var schedule: UInt32?
        var effect: UInt32?
        var state: String?
        var isNegated = false
    }

    private static let detectorStates: [(word: String, state: CauseState)] = [
        ("alarm", .alarm), ("pre-alarm", .preAlarm), ("trouble", .trouble), ("unacknowledged", .unacknowledged),
        ("bypassed", .bypassed), ("test", .test),
    ]

    private static let doorStates: [(word: String, condition: DoorCondition)] = [
        ("open", .open), ("forced", .forced), ("held-open", .heldOpen), ("unlocked", .unlocked), ("free", .free),
        ("lockdown", .lockedDown), ("emergency", .emergency), ("trouble", .trouble),
    ]

    private static let causeRecord = Record<CauseDescription>(
        make: { CauseDescription() },
        fields: [
            .optional(
                "detector", .reference(to: .detectors), example: "lobby_smoke", "A detector, in the given state."
            ) { $0.detector = $1 },
            .optional(
                "door", .reference(to: .doors), example: "entrance", "A door, in the given state."
            ) { $0.door = $1 },
            .optional(
                "input", .reference(to: .lines, trait: "input"), example: "call_point", "An active input."
            ) { $0.input = $1 },
            .optional(
                "schedule", .reference(to: .schedules), example: "night",
                "A schedule, while it is active; together with others under `combine: all`."
            ) { $0.schedule = $1 },
            .optional(
                "effect", .reference(to: .effects), example: "fire_recall",
                "Another effect, while it is active: it stands above this one. Its own delay, combination and `latching` count, so that any nesting can be written."
            ) { $0.effect = $1 },
            .optional(
                "state",
                .choice([
                    Choice("alarm", "alarm", "of a detector; the default"),
                    Choice("pre-alarm", "pre-alarm", "of a detector"),
                    Choice(
                        "trouble", "trouble",
                        "of a detector that cannot fire, of a door whose contact cannot be believed"),
                    Choice("unacknowledged", "unacknowledged", "of a detector in alarm, until somebody took note"),
                    Choice("bypassed", "bypassed", "of a detector, while it is out of service"),
                    Choice("test", "test", "of a detector: activated in a walk test, which is no alarm"),
                    Choice("open", "open", "of a door"),
                    Choice("forced", "forced", "of a door"),
                    Choice("held-open", "held-open", "of a door"),
                    Choice("unlocked", "unlocked", "of a door: people get through, for whatever reason"),
                    Choice("free", "free", "of a door whose mode leaves it unlocked"),
                    Choice("lockdown", "lockdown", "of a door"),
                    Choice("emergency", "emergency", "of a door released for a fire or by its call point"),
                ]), example: "alarm", "Which state of the detector or door."
            ) { $0.state = $1 },
            .optional(
                "not", .flag, default: "false", example: "true",
                "A cause while it is not so. A detector in trouble is not in alarm either: where that matters, ask for its trouble too."
            ) { $0.isNegated = $1 },
        ])

    private static let cause: ValueKind<Cause> = ValueKind<CauseDescription>
        .record(causeRecord, summary: "cause: a detector, a door, an input, a schedule or another effect").checked {
            draft, node, context in
            let sources = [draft.detector, draft.door, draft.input, draft.schedule, draft.effect].compactMap { $0 }
            guard sources.count == 1 else {
                context.report(
                    node, sources.isEmpty ? "a cause names nothing" : "a cause names more than one thing",
                    remedy: "write one of 'detector:', 'door:', 'input:', 'schedule:' and 'effect:' in each cause")
                return nil
            }
            var cause = Cause(negated: draft.isNegated)
            if let detector = draft.detector {
                let word = draft.state ?? "alarm"
                guard let known = detectorStates.first(where: { $0.word == word }) else {
                    context.report(
                        node, "a detector is never '\(word)'",
                        remedy: "write 'state: \(choice(of: detectorStates.map(\.word)))'")
                    return nil
                }
                cause.source = .detector(detector)
                cause.state = known.state
            } else if let door = draft.door {
                guard let known = doorStates.first(where: { $0.word == draft.state }) else {
                    context.report(
                        node, draft.state.map { "a door is never '\($0)'" } ?? "which state of the door is not said",
                        remedy: "write 'state: \(choice(of: doorStates.map(\.word)))'")
                    return nil
                }
                cause.source = .door(DoorCause(door: door, condition: known.condition))
            } else {
                let (noun, source): (String, Cause.Source) =
                    if let input = draft.input {
                        ("an input", .line(input))
                    } else if let schedule = draft.schedule {
                        ("a schedule", .schedule(schedule))
                    } else {
                        ("an effect", .effect(sources[0]))
                    }
                if let state = draft.state {
                    context.report(
                        node, "\(noun) has no state '\(state)'",
                        remedy: "remove 'state': \(noun) counts while it is active")
                    return nil
                }
                cause.source = source
            }
            return cause
        }

    /// "alarm', 'trouble' or 'test", for quotation marks around it.
    private static func choice(of words: [String]) -> String {
        words.dropLast().joined(separator: "', '") + "' or '" + (words.last ?? "")
    }

    struct ActionDescription {
        var release: UInt32?
        var releaseZone: UInt32?
        var lockDown: UInt32?
        var holdOpen: UInt32?
        var drive: UInt32?
        var shut: UInt32?
        var recall: UInt32?
        var stay: UInt32?
        var announcement: String?
        var pattern: OutputPattern?
        var silenceable: Bool?

        /// What it does, by the noun of what it does it to; one thing alone is right.
        var actions: [(noun: String, consequence: Consequence)] {
            var actions: [(noun: String, consequence: Consequence)] = []
            if let release { actions.append(("a door", .action(.releaseDoor(release)))) }
            if let releaseZone { actions.append(("a door", .action(.releaseZone(releaseZone)))) }
            if let lockDown { actions.append(("a door", .action(.lockDownDoor(lockDown)))) }
            if let holdOpen { actions.append(("a door", .action(.holdOpenDoor(holdOpen)))) }
            if let shut { actions.append(("a valve", .action(.shutValve(shut)))) }
            if let recall { actions.append(("a lift", .action(.lift(LiftAction(lift: recall, order: .recall))))) }
            if let stay { actions.append(("a lift", .action(.lift(LiftAction(lift: stay, order: .stay))))) }
            if let announcement { actions.append(("a message", .announcement(announcement))) }
            if let drive {
                let pattern = pattern ?? .steady
                let output = OutputAction(
                    line: drive, pattern: pattern, silenceable: silenceable ?? (pattern != .steady))
                actions.append(("an output", .action(.output(output))))
            }
            return actions
        }
    }

    /// What an action comes to in the image.
    enum Consequence {
        case action(EffectAction.Action)
        case announcement(String)
    }

    private static let actionRecord = Record<ActionDescription>(
        make: { ActionDescription() },
        fields: [
            .optional(
                "release", .reference(to: .doors), example: "entrance", "Releases a door as in a fire."
            ) { $0.release = $1 },
            .optional(
                "release_zone", .reference(to: .fireZones), example: "staircase",
                "Releases every door of a fire zone as in a fire."
            ) { $0.releaseZone = $1 },
            .optional(
                "lock_down", .reference(to: .doors), example: "gate",
                "Locks a door from outside as in lockdown. It keeps nobody in: requests to exit and readers with `side: exit` let people out, `release` and the call point at the door beat it."
            ) { $0.lockDown = $1 },
            .optional(
                "hold_open", .reference(to: .doors), example: "gate",
                "Keeps a door unlocked whatever its mode, so that it can stand open without an alarm. Lockdown by a person beats it; of `lock_down` and `hold_open` the one with the higher priority counts."
            ) { $0.holdOpen = $1 },
            .optional(
                "drive", .reference(to: .lines, trait: "output"), example: "siren", "Drives an output."
            ) { $0.drive = $1 },
            .optional(
                "shut", .reference(to: .detectors, trait: "valve"), example: "riser_valve",
                "Has a valve detector shut its valve, and open it when the effect ends."
            ) { $0.shut = $1 },
            .optional(
                "recall", .reference(to: .lifts), example: "cabin",
                "Sends a lift to its exit floor, where it stays (EN 81-73)."
            ) { $0.recall = $1 },
            .optional(
                "stay", .reference(to: .lifts), example: "cabin",
                "Keeps a lift where it stands, its doors open. Of several orders the one with the higher priority counts."
            ) { $0.stay = $1 },
            .optional(
                "announce", .text(maximumBytes: 64), example: "Fire - leave by the stairs",
                "Says something for as long as the effect is active: on consoles, as an event to the platform, and on the displays of readers that have `texts`, which show the first 32 characters of a text of ASCII alone. One in each effect."
            ) { $0.announcement = $1 },
            .optional(
                "pattern",
                .choice([
                    Choice("steady", OutputPattern.steady, "on; the default"),
                    Choice("pulsed", .pulsed, "on and off in turn"),
                    Choice(
                        "temporal-three", .temporalThree, "three half-second pulses and a pause: evacuation, ISO 8201"),
                    Choice(
                        "temporal-four", .temporalFour,
                        "four pulses of 0.1 s and five seconds of silence: carbon monoxide, NFPA 720"),
                    Choice("chirp", .chirp, "0.1 s every ten seconds: somebody should look"),
                ]), example: "temporal-three", "How the output is driven."
            ) { $0.pattern = $1 },
            .optional(
                "silenceable", .flag, example: "true",
                "Off once every alarm that brought it about was silenced, on again with a new one. Without it true of an output with a pattern, a sounder, and false of one that is steady."
            ) { $0.silenceable = $1 },
        ])

    private static let action: ValueKind<Consequence> = ValueKind<ActionDescription>
        .record(
            actionRecord,
            summary:
                "action: release a door or zone, lock a door down or hold it open, drive an output, shut a valve, order a lift or announce something"
        ).checked { draft, node, context in
            let actions = draft.actions
            if draft.drive == nil, let noun = actions.first?.noun {
                if draft.silenceable != nil {
                    context.report(
                        node, "\(noun) cannot be silenced", remedy: "remove 'silenceable', or drive an output")
                    return nil
                }
                if draft.pattern != nil {
                    context.report(node, "\(noun) has no pattern", remedy: "remove 'pattern', or drive an output")
                    return nil
                }
            }
            guard actions.count == 1 else {
                context.report(
                    node, actions.isEmpty ? "an action does nothing" : "an action does two things",
                    remedy:
                        "write one of 'release: DOOR', 'release_zone: ZONE', 'lock_down: DOOR', 'hold_open: DOOR', 'drive: OUTPUT', 'shut: VALVE', 'recall: LIFT', 'stay: LIFT' and 'announce: TEXT' in each action"
                )
                return nil
            }
            return actions[0].consequence
        }

    private static let actions: ValueKind<[Consequence]> = ValueKind.list(of: action, 1...16).checked {
        consequences, node, context in
        let announcements = consequences.count { if case .announcement = $0 { true } else { false } }
        guard announcements < 2 else {
            context.report(
                node, "an effect announces \(announcements) things",
                remedy: "announce one thing, and write another effect for the other")
            return nil
        }
        return consequences
    }

    static let effect = Record<EffectDescription>(
        make: { EffectDescription() },
        fields: [
            .required(
                "causes", .list(of: cause, 1...16), example: "[{detector: lobby_smoke}]", "What brings it about."
            ) { effect, causes in
                for cause in causes { effect.message.causes.append(cause) }
            },
            .optional(
                "actions", actions, example: "[{release: entrance}, {drive: siren}]",
                "What happens. Only an effect that another names in its causes can do without."
            ) { effect, consequences in
                for consequence in consequences {
                    switch consequence {
                    case .action(let action): effect.message.actions.append(EffectAction(action: action))
                    case .announcement(let text): effect.message.announcement = fixedBytes(text)
                    }
                }
            },
            .optional(
                "combine", combination, default: "any", example: "at least 2",
                "How many of the causes it takes; two detectors that must agree keep false alarms away."
            ) { effect, combination in
                effect.message.combination = combination.0
                effect.message.atLeast = combination.1
            },
            .optional(
                "delay", .milliseconds(0...600_000), default: "0 s", example: "30 s",
                "Time between cause and effect, in which somebody may look and stop it."
            ) { $0.message.delayMs = $1 },
            .optional(
                "priority", .unsigned(0...255), default: "100", example: "200",
                "Higher wins where two effects want different things of one output, door or lift. An effect of a smoke, heat or multi-criteria fire detector beats all others whatever their priority, one of walk tests alone beats none; and nothing beats the release of a door."
            ) { $0.message.priority = $1 },
            .optional(
                "latching", .flag, default: "true", example: "true", "Stays until reset though the causes are gone."
            ) { $0.message.latching = $1 },
            .optional(
                "limit", .milliseconds(0...3_600_000, zero: "none"), default: "none", example: "2 s",
                "Ends after this time though the causes last, and begins anew only once they had gone: the short signal of a walk test, a pulse."
            ) { $0.message.limitMs = $1 },
        ])

    private static let combination = ValueKind<(Combination, UInt32)>(
        summary: "`any`, `all`, or `at least N`",
        schema: .object([("type", .string("string")), ("pattern", .string("^(any|all|at least [0-9]+)$"))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "any, all, or at least N") else { return nil }
        if text == "any" { return (.any, 0) }
        if text == "all" { return (.all, 0) }
        let words = text.split(separator: " ")
        if words.count == 3, words[0] == "at", words[1] == "least", let count = UInt32(words[2]),
            (1...16).contains(count)
        {
            return (.atLeast, count)
        }
        context.report(node, "'\(text)' is no combination", remedy: "write any, all, or at least N with N from 1 to 16")
        return nil
    }
}
