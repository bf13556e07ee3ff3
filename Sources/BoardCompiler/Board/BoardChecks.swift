import BoardImage
import FixedMemory
import WardenMessages

/// What no single field can know: what one thing means for another.
struct BoardChecks {
    let context: ReadingContext

    func run(_ board: inout BoardDescription) {
        checkDevices(board)
        checkPins(board)
        checkSensors(board)
        resolvePoints(&board)
        AmbientChecks(context: context).run(board)
        SupplyChecks(context: context).run(board)
        chooseInputs(&board)
        resolveDetectors(&board)
        resolveOutputs(&board)
        AccessChecks(context: context).run(&board)
        LiftChecks(context: context).run(board)
        EffectChecks(context: context).run(board)
        checkPrincipals(&board)
        checkSizes(board)
        // A door can only be proved once everything about it is known.
        if !context.problems.hasErrors { DoorProofs(context: context).run(board) }
        // Doubts are worth reading only once the board is free of errors: half of them would be echoes.
        if !context.problems.hasErrors { BoardDoubts(context: context).look(board) }
    }

    private func report(_ subject: String, at range: SourceRange, _ message: String, remedy: String) {
        context.report(at: range, "\(subject): \(message)", remedy: remedy)
    }

    // MARK: Devices and pins

    private func checkDevices(_ board: BoardDescription) {
        var buses: [String: String] = [:]
        for bus in board.buses where bus.isWhole {
            let device = string(bus.value.device)
            if let other = buses[device] {
                report(
                    "bus '\(bus.name)'", at: bus.places["device"], "'\(device)' is already bus '\(other)'",
                    remedy: "use one bus for all sensors of a device file, or correct the path")
            }
            buses[device] = buses[device] ?? bus.name
        }
        var ports: [String: String] = [:]
        for port in board.ports where port.isWhole {
            let device = string(port.value.device)
            if let other = ports[device] {
                report(
                    "port '\(port.name)'", at: port.places["device"], "'\(device)' is already port '\(other)'",
                    remedy: "correct the path, or use port '\(other)'")
            }
            ports[device] = ports[device] ?? port.name
        }
        for (index, port) in board.ports.enumerated() where port.isWhole && port.value.use != .devices {
            checkLink(port, index, board)
        }
    }

    /// A line of Warden Link has eight data bits without parity, and nobody else on it.
    private func checkLink(_ port: Described<Port>, _ index: Int, _ board: BoardDescription) {
        if port.value.dataBits != 8 || port.value.parity != .none || port.value.stopBits != 1 {
            report(
                "port '\(port.name)'", at: port.places["use"], "Warden Link runs over 8N1",
                remedy: "remove 'parity', 'data_bits' and 'stop_bits', or 'use'")
        }
        let reader = board.readers.first { $0.isWhole && $0.value.port == UInt32(index) }
        let radar = board.detectors.first {
            if case .radarFall(let options) = $0.value.message.kind { options.port == UInt32(index) } else { false }
        }
        guard let user = reader.map({ "reader '\($0.name)'" }) ?? radar.map({ "detector '\($0.name)'" }) else { return }
        report(
            "port '\(port.name)'", at: port.places["use"], "\(user) is wired to it, so it cannot carry Warden Link",
            remedy: "give the link a port of its own")
    }

    private func checkPins(_ board: BoardDescription) {
        var users: [PinPlace: String] = [:]
        var kernelNames: [String: String] = [:]
        for line in board.lines where line.isWhole && line.value.message.readerInput == nil {
            let subject = subject(of: line)
            if let pin = line.value.pin {
                let place = PinPlace(chip: pin.chip, offset: pin.offset, name: "")
                let shown = pin.name.isEmpty ? "line \(pin.offset) of \(pin.chip)" : pin.name
                if let other = users[place] {
                    report(
                        subject, at: line.places["pin"], "\(shown) is already used by \(other)",
                        remedy: "wire one of them to another pin")
                }
                users[place] = users[place] ?? subject
                checkFunction(of: pin, subject: subject, line: line, board)
            } else {
                let name = string(line.value.message.kernelName)
                if let other = kernelNames[name] {
                    report(
                        subject, at: line.places["pin"], "the line '\(name)' is already used by \(other)",
                        remedy: "wire one of them to another pin")
                }
                kernelNames[name] = kernelNames[name] ?? subject
            }
        }
    }

    /// A pin that a bus or port of the board takes cannot be a line as well.
    private func checkFunction(
        of pin: PinPlace, subject: String, line: Described<LineDescription>, _ board: BoardDescription
    ) {
        guard let hardware = board.hardware, !pin.name.isEmpty else { return }
        let devices =
            board.buses.map { ("bus '\($0.name)'", string($0.value.device), hardware.buses) }
            + board.ports.map { ("port '\($0.name)'", string($0.value.device), hardware.ports) }
        for (user, device, known) in devices {
            guard let function = known.first(where: { $0.device == device }), function.pins.contains(pin.name) else {
                continue
            }
            report(
                subject, at: line.places["pin"], "\(pin.name) carries \(function.name), which \(user) uses",
                remedy: "wire it to a pin without a second function")
        }
    }

    private func subject(of line: Described<LineDescription>) -> String {
        "\(line.value.message.direction == .output ? "output" : "input") '\(line.name)'"
    }

    // MARK: Sensors, points, detectors

    private func checkSensors(_ board: BoardDescription) {
        var users: [[UInt32]: String] = [:]
        for sensor in board.sensors where sensor.isWhole {
            let message = sensor.value
            let chip = SensorChipDescription.of(message.chip)
            let shown = hexadecimal(Int(message.address))
            if !chip.addresses.contains(Int(message.address)) {
                report(
                    "sensor '\(sensor.name)'", at: sensor.places["address"],
                    "\(withArticle(chip.word)) never has the address \(shown)",
                    remedy: "write one of \(chip.addresses.sorted().map(hexadecimal).joined(separator: ", "))")
                continue
            }
            let place = [message.bus, message.address]
            if let other = users[place] {
                report(
                    "sensor '\(sensor.name)'", at: sensor.places["address"],
                    "sensor '\(other)' already has the address \(shown) on the same bus",
                    remedy:
                        "select another of \(chip.addresses.sorted().map(hexadecimal).joined(separator: ", ")), or use another bus"
                )
            }
            users[place] = users[place] ?? sensor.name
            checkInterval(sensor, chip)
        }
    }

    private func checkInterval(_ sensor: Described<Sensor>, _ chip: SensorChipDescription) {
        let interval = Int(sensor.value.intervalMs)
        guard interval != 0 else { return }
        if chip.hasFixedInterval {
            report(
                "sensor '\(sensor.name)'", at: sensor.places["interval"],
                "\(withArticle(chip.word)) always measures every \(Dimension.duration.format(Int64(chip.defaultIntervalMilliseconds) * 1_000))",
                remedy: "remove 'interval'")
            return
        }
        var range = chip.shortestIntervalMilliseconds...Int.max
        // Bursts of 1 to 24 samples: the FIFO holds 32.
        if let rate = sampleRate(of: sensor.value.chip) { range = max(1, 1_000 / rate)...(24_000 / rate) }
        guard !range.contains(interval) else { return }
        let limit = interval < range.lowerBound ? range.lowerBound : range.upperBound
        report(
            "sensor '\(sensor.name)'", at: sensor.places["interval"],
            "\(withArticle(chip.word)) cannot be read every \(Dimension.duration.format(Int64(interval) * 1_000))",
            remedy:
                "write \(interval < range.lowerBound ? "at least" : "at most") \(Dimension.duration.format(Int64(limit) * 1_000)), or leave it out"
        )
    }

    private func sampleRate(of chip: Sensor.Chip?) -> Int? {
        switch chip {
        case .adxl345(let options): Int(options.rateHz)
        case .lis3dh(let options): Int(options.rateHz)
        case .mpu6050(let options): Int(options.rateHz)
        default: nil
        }
    }

    private func hexadecimal(_ value: Int) -> String {
        let digits = String(value, radix: 16)
        return "0x" + (digits.count < 2 ? "0" : "") + digits
    }

    private func resolvePoints(_ board: inout BoardDescription) {
        for index in board.points.indices where board.points[index].isWhole {
            if !resolve(&board.points[index], board) { board.points[index].isWhole = false }
        }
    }

    private func resolve(_ point: inout Described<PointDescription>, _ board: BoardDescription) -> Bool {
        let subject = "point '\(point.name)'"
        guard let place = context.entries(.sensors).firstIndex(where: { $0.name == point.value.sensorName }),
            place < board.sensors.count, board.sensors[place].isWhole
        else { return false }
        let sensor = board.sensors[place]
        let chip = SensorChipDescription.of(sensor.value.chip)
        guard let number = chip.channels.firstIndex(where: { $0.name == point.value.channelName }) else {
            report(
                subject, at: point.places["measures"],
                "sensor '\(sensor.name)', \(withArticle(chip.word)), has no channel '\(point.value.channelName)'",
                remedy: Suggestion.remedy(
                    for: point.value.channelName, among: chip.channels.map(\.name).filter { !$0.isEmpty },
                    kind: "channels"))
            return false
        }
        var channel = chip.channels[number]
        if case .ads1115(let options) = sensor.value.chip {
            let limit = Int(options.fullScaleMv) * 1_000
            channel.range = -limit...limit
        }
        point.value.message.sensor = UInt32(place)
        point.value.message.channel = UInt32(number)
        let unit = point.value.unit ?? channel.unit
        point.value.message.unit = unit
        guard let scale = scale(of: point, channel: channel, unit: unit, subject: subject) else { return false }
        point.value.message.zero = scale.zero
        point.value.message.numerator = scale.numerator
        point.value.message.denominator = scale.denominator
        guard resolveRange(of: &point, channel: channel, unit: unit, scale: scale, subject: subject) else {
            return false
        }
        return checkAge(of: point, sensor: sensor, chip: chip, subject: subject)
    }

    private func scale(
        of point: Described<PointDescription>, channel: SensorChipDescription.Channel, unit: PointUnit, subject: String
    ) -> PointScale? {
        let written = point.value.scale
        guard written.count == 2 else {
            if unit == channel.unit { return .identity }
            let from = PointUnitDescription.of(channel.unit).symbol
            let to = PointUnitDescription.of(unit).symbol
            report(
                subject, at: point.places["unit"], "how \(from) become \(to) is not said",
                remedy: "add 'scale: {0.4 \(from): 0 \(to), 2.4 \(from): 1 \(to)}' with the figures of the device")
            return nil
        }
        var pairs: [(raw: Int64, value: Int64)] = []
        for pair in written {
            guard let raw = amount(pair.raw, channel.unit, subject: subject),
                let value = amount(pair.value, unit, subject: subject)
            else { return nil }
            if !channel.range.contains(Int(raw)) {
                let description = PointUnitDescription.of(channel.unit)
                report(
                    subject, at: pair.raw.range,
                    "the channel measures up to \(description.format(channel.range.upperBound)) only",
                    remedy: channel.unit == .microvolt
                        ? "set the sensor's 'full_scale' to a wider range, or correct the reading"
                        : "correct the reading")
                return nil
            }
            pairs.append((raw, value))
        }
        do throws(PointScale.Failure) {
            return try PointScale(pairs[0], pairs[1])
        } catch {
            let reason =
                switch error {
                case .noDistance: "both readings of the scale are the same"
                case .flat: "both values of the scale are the same"
                case .tooSteep: "the scale is so steep that the board's whole numbers cannot hold it"
                case .tooLarge: "the figures of the scale are too large"
                }
            report(
                subject, at: point.places["scale"], reason,
                remedy: "write two different readings with two different values, as far apart as the device works")
            return nil
        }
    }

    private func resolveRange(
        of point: inout Described<PointDescription>, channel: SensorChipDescription.Channel, unit: PointUnit,
        scale: PointScale, subject: String
    ) -> Bool {
        guard let range = point.value.range else {
            let ends = [channel.range.lowerBound, channel.range.upperBound].map { scale.value(of: Int64($0)) }
            point.value.message.minimum = Int32(clamping: ends.min() ?? 0)
            point.value.message.maximum = Int32(clamping: ends.max() ?? 0)
            return true
        }
        let parts = range.text.components(separatedByAnyOf: [" to ", ".."])
        guard parts.count == 2 else {
            report(
                subject, at: range.node.range, "'\(range.text)' is not a range",
                remedy: "write the lowest and the highest value, such as 0 V to 3.3 V")
            return false
        }
        var ends: [Int64] = []
        for part in parts {
            let node = YamlNode(content: .scalar(part, isQuoted: true), range: range.node.range)
            guard let end = amount(node, unit, subject: subject) else { return false }
            ends.append(end)
        }
        guard ends[0] < ends[1], let low = Int32(exactly: ends[0]), let high = Int32(exactly: ends[1]) else {
            report(
                subject, at: range.node.range, "the range '\(range.text)' is empty",
                remedy: "write the lowest value first")
            return false
        }
        point.value.message.minimum = low
        point.value.message.maximum = high
        return true
    }

    private func checkAge(
        of point: Described<PointDescription>, sensor: Described<Sensor>, chip: SensorChipDescription, subject: String
    ) -> Bool {
        let interval =
            sensor.value.intervalMs == 0 ? chip.defaultIntervalMilliseconds : Int(sensor.value.intervalMs)
        guard Int(point.value.message.staleAfterMs) > interval else {
            report(
                subject, at: point.places["stale_after"],
                "the value would be stale before the next one comes: sensor '\(sensor.name)' measures every \(Dimension.duration.format(Int64(interval) * 1_000))",
                remedy: "write at least twice the sensor's interval")
            return false
        }
        return true
    }

    /// An amount in a unit of points, as the board counts it; reports what is none.
    private func amount(_ node: YamlNode, _ unit: PointUnit, subject: String) -> Int64? {
        let description = PointUnitDescription.of(unit)
        let saved = context.subject
        context.subject = subject
        defer { context.subject = saved }
        var dimension = description.dimension
        dimension.name = "value in \(description.symbol)"
        let limit = Int64(Int32.max)
        return ValueKind<Int64>.quantity(dimension, -limit...limit).read(node, context)
    }

    /// The converter measures the inputs that some point wants.
    private func chooseInputs(_ board: inout BoardDescription) {
        for index in board.sensors.indices where board.sensors[index].isWhole {
            guard case .ads1115(var options) = board.sensors[index].value.chip else { continue }
            var inputs: UInt32 = 0
            var isCertain = true
            for point in board.points where point.value.sensorName == board.sensors[index].name {
                if point.isWhole { inputs |= 1 << point.value.message.channel } else { isCertain = false }
            }
            if inputs == 0, isCertain {
                report(
                    "sensor '\(board.sensors[index].name)'", at: board.sensors[index].places.whole,
                    "no point measures any of its inputs",
                    remedy: "add a point with 'measures: \(board.sensors[index].name).input0', or remove the sensor")
            }
            options.inputs = inputs
            board.sensors[index].value.chip = .ads1115(options)
        }
    }

    private func resolveDetectors(_ board: inout BoardDescription) {
        for index in board.detectors.indices where board.detectors[index].isWhole {
            if !resolve(&board.detectors[index], board) { board.detectors[index].isWhole = false }
        }
    }

    private func resolve(_ detector: inout Described<DetectorDescription>, _ board: BoardDescription) -> Bool {
        let subject = "detector '\(detector.name)'"
        if case .longLie(let options) = detector.value.message.kind {
            guard let own = context.entries(.detectors).firstIndex(where: { $0.name == detector.name }),
                Int(options.fallDetector) < own
            else {
                report(
                    subject, at: detector.places["fall"], "its fall detector stands below it",
                    remedy: "move this detector below the fall detector")
                return false
            }
        }
        guard DetectorChecks(context: context).check(detector, board) else { return false }
        guard let place = detector.value.message.point else { return true }
        guard place < board.points.count, board.points[Int(place)].isWhole else { return false }
        let point = board.points[Int(place)]
        let unit = point.value.message.unit
        let allowed: [PointUnit]
        switch detector.value.message.kind {
        case .smoke: allowed = [.millidecibelPerMetre]
        case .leak: allowed = [.microvolt, .ohm]
        case .threshold, .rate: allowed = [unit]
        case .heat: allowed = [.millidegreeCelsius]
        case .carbonMonoxide: allowed = [.partsPerMillion]
        case .combustibleGas: allowed = [.centipercentLowerExplosiveLimit]
        case .multiCriteriaFire: allowed = [.millidecibelPerMetre]
        case .powerUse: allowed = [.milliwatt]
        case .state: allowed = [.state]
        case .count: allowed = [.state, .count]
        case .flow: allowed = [.count]
        case .fall, .longLie, .valve, .inactivity, .callPoint, .tilt, .radarFall, nil: allowed = []
        }
        guard allowed.contains(unit) else {
            let wanted = allowed.map { PointUnitDescription.of($0).symbol }.joined(separator: " or ")
            let fitting = board.points.filter { $0.isWhole && allowed.contains($0.value.message.unit) }.map(\.name)
            report(
                subject, at: detector.places["point"],
                "point '\(point.name)' is in \(PointUnitDescription.of(unit).symbol), not in \(wanted)",
                remedy: fitting.isEmpty
                    ? "give the point 'unit: \(PointUnitDescription.of(allowed.first ?? .state).symbol)' and a scale"
                    : "use one of the points in \(wanted): \(fitting.joined(separator: ", "))")
            return false
        }
        for limit in detector.value.limits {
            guard let value = amount(limit.node, unit, subject: subject) else { return false }
            limit.set(&detector.value.message, Int32(value))
        }
        return checkLimits(
            of: detector, point: point.value.message, unit: PointUnitDescription.of(unit), subject: subject)
    }

    private func checkLimits(
        of detector: Described<DetectorDescription>, point: Point, unit: PointUnitDescription, subject: String
    ) -> Bool {
        /// A limit that no good reading can reach makes a detector that never fires.
        func reaches(_ limit: Int, _ key: String) -> Bool {
            if (Int(point.minimum)...Int(point.maximum)).contains(limit) { return true }
            report(
                subject, at: detector.places[key],
                "'\(key)' of \(unit.format(limit)) is never reached: the point ends at \(unit.format(limit < Int(point.minimum) ? Int(point.minimum) : Int(point.maximum)))",
                remedy: "write a limit within the point's range, or widen the range")
            return false
        }
        switch detector.value.message.kind {
        case .smoke(let options):
            guard options.preAlarmMdbPerM < options.alarmMdbPerM else {
                report(
                    subject, at: detector.places["pre_alarm"],
                    "the pre-alarm of \(unit.format(Int(options.preAlarmMdbPerM))) is not below the alarm of \(unit.format(Int(options.alarmMdbPerM)))",
                    remedy: "write a pre-alarm below the alarm")
                return false
            }
            guard options.hysteresisMdbPerM < options.alarmMdbPerM else {
                report(
                    subject, at: detector.places["hysteresis"],
                    "the air could never clear by a hysteresis of \(unit.format(Int(options.hysteresisMdbPerM)))",
                    remedy: "write a hysteresis below the alarm of \(unit.format(Int(options.alarmMdbPerM)))")
                return false
            }
            return reaches(Int(options.alarmMdbPerM), "alarm")
        case .leak(let options):
            if let short = options.shortBelow, short >= options.wetBelow {
                report(
                    subject, at: detector.places["short_below"],
                    "shorted below \(unit.format(Int(short))) and wet below \(unit.format(Int(options.wetBelow))) leave nothing for wet",
                    remedy: "write 'short_below' below 'wet_below', or leave it out")
                return false
            }
            guard options.wetBelow < options.openAbove else {
                report(
                    subject, at: detector.places["wet_below"],
                    "wet below \(unit.format(Int(options.wetBelow))) and open above \(unit.format(Int(options.openAbove))) leave nothing for dry",
                    remedy: "write 'wet_below' below 'open_above', with the dry value of the rope between them")
                return false
            }
            return reaches(Int(options.wetBelow), "wet_below") && reaches(Int(options.openAbove), "open_above")
        case .threshold(let options):
            return checkThreshold(options, of: detector, unit: unit, subject: subject, reaches)
        case .heat(let options): return reaches(options.responseClass.fixedLimit, "class")
        case .combustibleGas(let options):
            guard options.preAlarmClel < options.alarmClel else {
                report(
                    subject, at: detector.places["pre_alarm"],
                    "the pre-alarm of \(unit.format(Int(options.preAlarmClel))) is not below the alarm of \(unit.format(Int(options.alarmClel)))",
                    remedy: "write a pre-alarm below the alarm")
                return false
            }
            return reaches(Int(options.alarmClel), "alarm")
        case .multiCriteriaFire(let options):
            guard options.confirmedMdbPerM < options.aloneMdbPerM else {
                report(
                    subject, at: detector.places["smoke_confirmed"],
                    "confirmed smoke of \(unit.format(Int(options.confirmedMdbPerM))) is not below smoke alone of \(unit.format(Int(options.aloneMdbPerM)))",
                    remedy: "confirmation must make it more sensitive: write less than 'smoke_alone'")
                return false
            }
            return reaches(Int(options.aloneMdbPerM), "smoke_alone")
        case .carbonMonoxide:
            // EN 50291-1 asks for an alarm within 3 min at 300 ppm.
            guard point.maximum >= 300 else {
                report(
                    subject, at: detector.places["point"],
                    "its point ends at \(unit.format(Int(point.maximum))); EN 50291-1 asks for an alarm at 300 ppm",
                    remedy: "widen the point's 'range' to what the sensor measures")
                return false
            }
            return true
        case .powerUse(let options): return reaches(Int(options.useAboveMw), "use_above")
        case .rate(let options): return checkRate(options, of: detector, point: point, unit: unit, subject: subject)
        case .fall, .longLie, .state, .flow, .valve, .inactivity, .callPoint, .tilt, .count, .radarFall, nil:
            return true
        }
    }

    private func checkRate(
        _ options: RateOptions, of detector: Described<DetectorDescription>, point: Point, unit: PointUnitDescription,
        subject: String
    ) -> Bool {
        let written = detector.value.limits.map(\.key)
        guard written.contains("rises_by") != written.contains("falls_by") else {
            let isNeither = !written.contains("rises_by")
            report(
                subject, at: isNeither ? detector.places.whole : detector.places["falls_by"],
                isNeither ? "it has neither 'rises_by' nor 'falls_by'" : "it has 'rises_by' and 'falls_by'",
                remedy: isNeither ? "add 'rises_by:' or 'falls_by:' with the change" : "make two detectors of it")
            return false
        }
        let key = options.falling ? "falls_by" : "rises_by"
        let span = Int(point.maximum) - Int(point.minimum)
        guard options.alarmChange > 0, Int(options.alarmChange) <= span else {
            report(
                subject, at: detector.places[key],
                options.alarmChange == 0
                    ? "the change is not above 0"
                    : "a change by \(unit.format(Int(options.alarmChange))) never comes: the point's range spans \(unit.format(span))",
                remedy: "write a change above 0 and within the point's range")
            return false
        }
        guard options.preAlarmChange < options.alarmChange, !written.contains("pre_alarm") || options.preAlarmChange > 0
        else {
            report(
                subject, at: detector.places["pre_alarm"], "the pre-alarm does not come before the alarm",
                remedy: "write a smaller change, above 0")
            return false
        }
        return true
    }

    private func checkThreshold(
        _ options: ThresholdOptions, of detector: Described<DetectorDescription>, unit: PointUnitDescription,
        subject: String, _ reaches: (Int, String) -> Bool
    ) -> Bool {
        let written = detector.value.limits.map(\.key)
        guard written.contains("above") != written.contains("below") else {
            let isNeither = !written.contains("above")
            report(
                subject, at: isNeither ? detector.places.whole : detector.places["below"],
                isNeither ? "it has neither 'above' nor 'below'" : "it has 'above' and 'below'",
                remedy: isNeither ? "add 'above:' or 'below:' with the limit" : "make two detectors of it")
            return false
        }
        if written.contains("hysteresis"), options.hysteresis == 0 {
            report(
                subject, at: detector.places["hysteresis"], "the hysteresis is not above 0",
                remedy: "write a distance above 0, or leave it out")
            return false
        }
        if written.contains("pre_alarm") {
            let isBefore =
                options.below
                ? options.preAlarmLimit > options.alarmLimit : options.preAlarmLimit < options.alarmLimit
            guard isBefore, options.preAlarmLimit != 0 else {
                report(
                    subject, at: detector.places["pre_alarm"],
                    options.preAlarmLimit == 0
                        ? "a pre-alarm at 0 cannot be stored"
                        : "the pre-alarm of \(unit.format(Int(options.preAlarmLimit))) does not come before the alarm of \(unit.format(Int(options.alarmLimit)))",
                    remedy: options.preAlarmLimit == 0
                        ? "write a limit beside 0" : "write a pre-alarm that is reached first")
                return false
            }
        }
        return reaches(Int(options.alarmLimit), options.below ? "below" : "above")
    }

    // MARK: Effects

    private func lineName(_ place: UInt32) -> String {
        let lines = context.entries(.lines)
        return Int(place) < lines.count ? lines[Int(place)].name : "\(place)"
    }

    /// What outputs do before the runtime claims them, where the file leaves it to the pull of a known pin.
    private func resolveOutputs(_ board: inout BoardDescription) {
        for index in board.lines.indices where board.lines[index].value.message.direction == .output {
            guard !board.lines[index].value.saysPowerOn, let pin = board.lines[index].value.pin,
                let known = board.hardware?.pins.first(where: { $0.name == pin.name && !pin.name.isEmpty })
            else { continue }
            let isActive =
                known.boot == .high && !board.lines[index].value.message.activeLow
                || known.boot == .low && board.lines[index].value.message.activeLow
            board.lines[index].value.message.atPowerOn = isActive ? .active : .inactive
        }
    }

    // MARK: Clients and sizes

    private func checkPrincipals(_ board: inout BoardDescription) {
        var keys: [[UInt8]: String] = [:]
        for index in board.clients.indices where board.clients[index].isWhole {
            let client = board.clients[index]
            let key = (0..<client.value.message.publicKey.count).map { client.value.message.publicKey[$0] }
            if let other = keys[key] {
                report(
                    "client '\(client.name)'", at: client.places["public_key"], "client '\(other)' has the same key",
                    remedy: "give each client a key of its own")
            }
            keys[key] = keys[key] ?? client.name
            guard let expires = client.value.expires else { continue }
            let seconds = expires.unixSeconds(utcOffsetMinutes: board.utcOffsetMinutes, atEnd: true)
            guard let stored = UInt32(exactly: seconds) else {
                report(
                    "client '\(client.name)'", at: client.places["expires"], "the date cannot be stored",
                    remedy: "write a date from 1970-01-02 to 2106-02-06, or leave the key out for no limit")
                continue
            }
            board.clients[index].value.message.expires = stored
        }
        for (index, user) in board.localUsers.enumerated() where user.isWhole {
            let subject = "local user \(index + 1)"
            guard (user.places.keys["user"] == nil) != (user.places.keys["group"] == nil) else {
                let isNeither = user.places.keys["user"] == nil
                report(
                    subject, at: user.places.whole, isNeither ? "it names nobody" : "it names a user and a group",
                    remedy: "write one of 'user:' and 'group:'")
                continue
            }
            if let other = board.localUsers[..<index].firstIndex(where: { $0.value.who == user.value.who }) {
                report(
                    subject, at: user.places.whole, "it is the same as local user \(other + 1)",
                    remedy: "remove one of them")
            }
        }
    }

    private func checkSizes(_ board: BoardDescription) {
        let counts = board.counts
        for raw in 0..<BoardTable.count {
            guard let table = BoardTable(rawValue: UInt8(raw)), counts[table] > table.limit else { continue }
            let name = "\(table.name)"
            context.report(
                at: SourceRange(start: SourceLocation(line: 1, column: 1)),
                "there are \(counts[table]) \(name); at most \(table.limit) fit on one board",
                remedy: "divide them among several boards")
        }
        if board.credentials.count > Int(board.capacities.credentials), board.capacities.credentials > 0 {
            let last = board.credentials[Int(board.capacities.credentials)]
            context.report(
                at: last.places.whole,
                "the file has \(board.credentials.count) credentials; 'capacities' has room for \(board.capacities.credentials)",
                remedy:
                    "write 'credentials: \(board.credentials.count)' or more under 'capacities', with room for those to come"
            )
        }
        if let limit = board.memoryLimit {
            let budget = MemoryBudget(
                counts: counts, capacities: board.capacities, linkPorts: board.linkPortCount)
            if budget.total > UInt64(limit) {
                context.report(
                    at: SourceRange(start: SourceLocation(line: 1, column: 1)),
                    "the board needs \(Dimension.memory.format(Int64(budget.total))) of memory; 'capacities' allows \(Dimension.memory.format(Int64(limit)))",
                    remedy: "lower the capacities (the largest part is \(largestPart(budget))), or allow more memory")
            }
        }
    }

    private func largestPart(_ budget: MemoryBudget) -> String {
        let parts = (0..<MemoryBudget.Part.count).compactMap { MemoryBudget.Part(rawValue: UInt8($0)) }
        let largest = parts.max { budget.bytes($0) < budget.bytes($1) } ?? .base
        return "\(largest.name): \(Dimension.memory.format(Int64(budget.bytes(largest))))"
    }
}

extension StringProtocol {
    /// The parts between the first separator that occurs, each without blanks at its ends.
    func components(separatedByAnyOf separators: [String]) -> [String] {
        for separator in separators {
            let parts = split(separator: separator, omittingEmptySubsequences: false)
            if parts.count > 1 { return parts.map { $0.trimmingBlanks() } }
        }
        return [trimmingBlanks()]
    }

    func trimmingBlanks() -> String {
        var view = String(self)[...]
        while view.first == " " { view.removeFirst() }
        while view.last == " " { view.removeLast() }
        return String(view)
    }
}

extension BoardDescription {
    /// Entries in each table.
    var counts: BoardCounts {
        var counts = BoardCounts()
        counts[.lines] = lines.count
        counts[.buses] = buses.count
        counts[.ports] = ports.count
        counts[.sensors] = sensors.count
        counts[.points] = points.count
        counts[.readers] = readers.count
        counts[.doors] = doors.count
        counts[.detectors] = detectors.count
        counts[.effects] = effects.count
        counts[.schedules] = schedules.count
        counts[.credentials] = credentials.count
        counts[.clientKeys] = clients.count
        counts[.localUsers] = localUsers.count
        counts[.cardFormats] = cardFormats.count
        counts[.areas] = areas.count
        counts[.interlocks] = interlocks.count
        counts[.holidays] = holidays.count
        counts[.lifts] = lifts.count
        counts[.consoleUsers] = consoleUsers.count
        counts[.groups] = groups.count
        return counts
    }
}
