import WardenMessages

/// What a detector's kind asks of the inputs, points, outputs and ports that it names, besides its own point's unit.
struct DetectorChecks {
    let context: ReadingContext

    /// - Returns: `false` after a report.
    func check(_ detector: Described<DetectorDescription>, _ board: BoardDescription) -> Bool {
        let message = detector.value.message
        switch message.kind {
        case .state, .count, .flow: return checkWatched(detector)
        case .carbonMonoxide: return checkCarbonMonoxide(message.point, "point", detector, board)
        case .multiCriteriaFire(let options):
            guard options.temperaturePoint != nil || options.carbonMonoxidePoint != nil else {
                report(
                    detector, detector.places.whole, "it has neither 'temperature' nor 'carbon_monoxide'",
                    remedy: "add one of them, or use 'kind: smoke'")
                return false
            }
            return checkUnit(options.temperaturePoint, "temperature", .millidegreeCelsius, detector, board)
                && checkUnit(options.carbonMonoxidePoint, "carbon_monoxide", .partsPerMillion, detector, board)
                && checkCarbonMonoxide(options.carbonMonoxidePoint, "carbon_monoxide", detector, board)
        case .callPoint(let options): return checkUnit(options.batteryPoint, "battery", .microvolt, detector, board)
        case .valve(let options): return checkValve(options, detector, board)
        case .radarFall(let options): return checkPort(options, detector, board)
        default: return true
        }
    }

    private func report(
        _ detector: Described<DetectorDescription>, _ range: SourceRange, _ message: String, remedy: String
    ) {
        context.report(at: range, "detector '\(detector.name)': \(message)", remedy: remedy)
    }

    private func checkWatched(_ detector: Described<DetectorDescription>) -> Bool {
        let message = detector.value.message
        guard (message.line == nil) == (message.point == nil) else { return true }
        let isNeither = message.line == nil
        report(
            detector, isNeither ? detector.places.whole : detector.places["point"],
            isNeither ? "it has neither 'input' nor 'point'" : "it has 'input' and 'point'",
            remedy: isNeither ? "add 'input:' or 'point:' with what it watches" : "make two detectors of it")
        return false
    }

    private func checkUnit(
        _ place: UInt32?, _ key: String, _ unit: PointUnit, _ detector: Described<DetectorDescription>,
        _ board: BoardDescription
    ) -> Bool {
        guard let place else { return true }
        guard place < board.points.count, board.points[Int(place)].isWhole else { return false }
        let point = board.points[Int(place)]
        guard point.value.message.unit != unit else { return true }
        report(
            detector, detector.places[key],
            "point '\(point.name)' is in \(PointUnitDescription.of(point.value.message.unit).symbol), not in \(PointUnitDescription.of(unit).symbol)",
            remedy: "name a point in \(PointUnitDescription.of(unit).symbol)")
        return false
    }

    /// Both gases are counted in parts per million; taken for the other one, an alarm never comes or never ends.
    private func checkCarbonMonoxide(
        _ place: UInt32?, _ key: String, _ detector: Described<DetectorDescription>, _ board: BoardDescription
    ) -> Bool {
        guard let place, place < board.points.count else { return true }
        let point = board.points[Int(place)]
        guard point.value.channelName == "carbon_dioxide" else { return true }
        report(
            detector, detector.places[key],
            "point '\(point.name)' measures carbon dioxide, which says nothing about carbon monoxide",
            remedy: "name the point of a carbon monoxide cell, or use 'kind: threshold' for the air")
        return false
    }

    private func checkValve(
        _ options: ValveOptions, _ detector: Described<DetectorDescription>, _ board: BoardDescription
    ) -> Bool {
        func complain(_ user: String) -> Bool {
            report(
                detector, detector.places["drive"],
                "output '\(board.lines[Int(options.driveLine)].name)' is also \(user)",
                remedy: "leave the valve's output to its detector: effects say 'shut: \(detector.name)'")
            return false
        }
        guard options.driveLine < board.lines.count else { return true }
        if let user = AccessChecks.users(of: board).first(where: { $0.line == options.driveLine }) {
            return complain("the \(user.use)")
        }
        for other in board.detectors where other.isWhole && other.name != detector.name {
            if case .valve(let others) = other.value.message.kind, others.driveLine == options.driveLine {
                return complain("the drive of detector '\(other.name)'")
            }
        }
        for effect in board.effects where effect.isWhole {
            let actions = effect.value.message.actions
            for index in actions.indices {
                if case .output(let action) = actions[index].action, action.line == options.driveLine {
                    return complain("driven by effect '\(effect.name)'")
                }
            }
        }
        return true
    }

    private func checkPort(
        _ options: RadarFallOptions, _ detector: Described<DetectorDescription>, _ board: BoardDescription
    ) -> Bool {
        func complain(_ user: String) -> Bool {
            report(
                detector, detector.places["port"], "\(user) is already wired to this port",
                remedy: "give each device a port of its own")
            return false
        }
        for reader in board.readers where reader.isWhole {
            if reader.value.port == options.port { return complain("reader '\(reader.name)'") }
        }
        for other in board.detectors where other.isWhole && other.name != detector.name {
            if case .radarFall(let others) = other.value.message.kind, others.port == options.port {
                return complain("detector '\(other.name)'")
            }
        }
        guard options.port < board.ports.count, board.ports[Int(options.port)].isWhole,
            board.ports[Int(options.port)].value.baud != 115_200
        else { return true }
        let port = board.ports[Int(options.port)]
        context.report(
            .warning, at: port.places["baud"],
            "port '\(port.name)': the radar of '\(detector.name)' sends at 115200 bits a second",
            remedy: "write 'baud: 115200' unless the module was set otherwise")
        return true
    }
}

extension HeatClass {
    /// The fixed limit of the detector: 4 K above the class's minimum static response (`LifeSafety.HeatDetector`), in
    /// thousandths of a degree.
    var fixedLimit: Int {
        switch self {
        case .a1, .a2, .unrecognised: 58_000
        case .b: 73_000
        case .c: 88_000
        case .d: 103_000
        case .e: 118_000
        case .f: 133_000
        case .g: 148_000
        }
    }
}
