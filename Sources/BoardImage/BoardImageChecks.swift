import FixedMemory
import WardenMessages

// Everything that one entry promises about another. What a single value may be, the schema's bounds have checked.
extension BoardImage {
    func check() throws(BoardImageError) {
        try checkNames()
        try checkLines()
        try checkLinkPorts()
        try checkSensors()
        try checkPoints()
        try checkReaders()
        try checkDoors()
        try checkDetectors()
        try checkLifts()
        try checkEffects()
        try checkSchedules()
        try checkPrincipals()
        try checkAccess()
    }

    /// Warden Link runs over 8N1, and nobody else speaks on its ports.
    private func checkLinkPorts() throws(BoardImageError) {
        for index in ports.indices {
            let port = ports[index]
            guard isKnown(port.use) else { throw .invalidEntry(.ports, index: index, .unknownKind) }
            guard port.use != .devices else { continue }
            guard port.dataBits == 8, port.parity == .none, port.stopBits == 1 else {
                throw .invalidEntry(.ports, index: index, .contradictory)
            }
            for reader in readers.indices where self.port(ofReader: reader) == UInt32(index) {
                throw .invalidEntry(.ports, index: index, .alreadyUsed)
            }
            for detector in detectors.indices {
                if case .radarFall(let options) = detectors[detector].kind, options.port == UInt32(index) {
                    throw .invalidEntry(.ports, index: index, .alreadyUsed)
                }
            }
        }
    }

    private func checkNames() throws(BoardImageError) {
        for index in lines.indices {
            let name = lines[index].name
            try checkName(.lines, index, isEmpty: name.isEmpty, first: find(line: name.span))
        }
        for index in buses.indices {
            let name = buses[index].name
            try checkName(.buses, index, isEmpty: name.isEmpty, first: find(bus: name.span))
        }
        for index in ports.indices {
            let name = ports[index].name
            try checkName(.ports, index, isEmpty: name.isEmpty, first: find(port: name.span))
        }
        for index in sensors.indices {
            let name = sensors[index].name
            try checkName(.sensors, index, isEmpty: name.isEmpty, first: find(sensor: name.span))
        }
        for index in points.indices {
            let name = points[index].name
            try checkName(.points, index, isEmpty: name.isEmpty, first: find(point: name.span))
        }
        for index in readers.indices {
            let name = readers[index].name
            try checkName(.readers, index, isEmpty: name.isEmpty, first: find(reader: name.span))
        }
        for index in doors.indices {
            let name = doors[index].name
            try checkName(.doors, index, isEmpty: name.isEmpty, first: find(door: name.span))
        }
        for index in detectors.indices {
            let name = detectors[index].name
            try checkName(.detectors, index, isEmpty: name.isEmpty, first: find(detector: name.span))
        }
        for index in effects.indices {
            let name = effects[index].name
            try checkName(.effects, index, isEmpty: name.isEmpty, first: find(effect: name.span))
        }
        for index in schedules.indices {
            let name = schedules[index].name
            try checkName(.schedules, index, isEmpty: name.isEmpty, first: find(schedule: name.span))
        }
        for index in cardFormats.indices {
            let name = cardFormats[index].name
            try checkName(.cardFormats, index, isEmpty: name.isEmpty, first: find(cardFormat: name.span))
        }
        for index in areas.indices {
            let name = areas[index].name
            try checkName(.areas, index, isEmpty: name.isEmpty, first: find(area: name.span))
        }
        for index in interlocks.indices {
            let name = interlocks[index].name
            try checkName(.interlocks, index, isEmpty: name.isEmpty, first: find(interlock: name.span))
        }
        for index in holidays.indices {
            let name = holidays[index].name
            try checkName(.holidays, index, isEmpty: name.isEmpty, first: find(holiday: name.span))
        }
        for index in groups.indices {
            let name = groups[index].name
            try checkName(.groups, index, isEmpty: name.isEmpty, first: find(group: name.span))
        }
        for index in lifts.indices {
            let name = lifts[index].name
            try checkName(.lifts, index, isEmpty: name.isEmpty, first: find(lift: name.span))
        }
    }

    private func checkName(_ table: BoardTable, _ index: Int, isEmpty: Bool, first: Int?) throws(BoardImageError) {
        guard !isEmpty else { throw .invalidEntry(table, index: index, .emptyName) }
        guard first == index else { throw .invalidEntry(table, index: index, .duplicateName) }
    }

    private func checkLines() throws(BoardImageError) {
        for index in lines.indices {
            let line = lines[index]
            if let source = line.readerInput {
                try check(source, ofLine: index)
                continue
            }
            guard line.chip.isEmpty != line.kernelName.isEmpty else {
                throw .invalidEntry(.lines, index: index, line.chip.isEmpty ? .incomplete : .contradictory)
            }
            guard isKnown(line.direction), isKnown(line.bias), isKnown(line.atExit), isKnown(line.atPowerOn),
                isKnown(line.afterCrash)
            else {
                throw .invalidEntry(.lines, index: index, .unknownKind)
            }
            for earlier in 0..<index {
                let other = lines[earlier]
                let same =
                    line.chip.isEmpty
                    ? line.kernelName == other.kernelName : line.chip == other.chip && line.offset == other.offset
                if same { throw .invalidEntry(.lines, index: index, .alreadyUsed) }
            }
        }
    }

    /// A line that is an input of a reader.
    private func check(_ source: ReaderInput, ofLine index: Int) throws(BoardImageError) {
        guard lines[index].direction == .input, lines[index].chip.isEmpty, lines[index].kernelName.isEmpty else {
            throw .invalidEntry(.lines, index: index, .contradictory)
        }
        try check(source.reader, within: readers.count, .lines, index)
        guard case .osdp(let options) = readers[Int(source.reader)].interface, options.exitInput != source.input else {
            throw .invalidEntry(.lines, index: index, .contradictory)
        }
        for earlier in 0..<index where lines[earlier].readerInput == source {
            throw .invalidEntry(.lines, index: index, .alreadyUsed)
        }
    }

    private func checkSensors() throws(BoardImageError) {
        for index in buses.indices {
            if let line = buses[index].supplyLine { try checkSupply(line, .buses, index) }
        }
        for index in sensors.indices {
            let sensor = sensors[index]
            guard let chip = sensor.chip else { throw .invalidEntry(.sensors, index: index, .incomplete) }
            guard sensor.bus < buses.count else { throw .invalidEntry(.sensors, index: index, .referenceOutOfRange) }
            if let line = sensor.supplyLine { try checkSupply(line, .sensors, index) }
            for earlier in 0..<index where sensors[earlier].bus == sensor.bus {
                if sensors[earlier].address == sensor.address {
                    throw .invalidEntry(.sensors, index: index, .alreadyUsed)
                }
            }
            switch chip {
            case .ads1115(let options):
                let scales: InlineArray<6, UInt32> = [6_144, 4_096, 2_048, 1_024, 512, 256]
                guard contains(options.fullScaleMv, in: scales.span) else {
                    throw .invalidEntry(.sensors, index: index, .unknownKind)
                }
            case .adxl345(let options):
                let rates: InlineArray<5, UInt32> = [25, 50, 100, 200, 400]
                guard contains(options.rateHz, in: rates.span) else {
                    throw .invalidEntry(.sensors, index: index, .unknownKind)
                }
            case .lis3dh(let options):
                let rates: InlineArray<5, UInt32> = [25, 50, 100, 200, 400]
                guard contains(options.rateHz, in: rates.span), isFullScale(options.fullScaleG) else {
                    throw .invalidEntry(.sensors, index: index, .unknownKind)
                }
            case .mpu6050(let options):
                let rates: InlineArray<4, UInt32> = [25, 50, 100, 200]
                guard contains(options.rateHz, in: rates.span), isFullScale(options.fullScaleG) else {
                    throw .invalidEntry(.sensors, index: index, .unknownKind)
                }
            case .mcp23017(let options):
                // The pins 7 of both ports can only be outputs (DS20001952 revision D).
                guard (options.activeLow | options.pullUps) & 0x8080 == 0 else {
                    throw .invalidEntry(.sensors, index: index, .contradictory)
                }
            case .scd4x(let options): try check(ambient: options.pressurePoint, in: .pascal, index)
            case .sgp40(let options):
                try checkAmbient(options.temperaturePoint, options.humidityPoint, index)
            case .sgp41(let options):
                try checkAmbient(options.temperaturePoint, options.humidityPoint, index)
            case .bme280, .sht3x, .sht4x, .bmp280, .bh1750, .pmsa003i: break
            }
        }
    }

    /// Temperature and humidity for a gas sensor: both or none.
    private func checkAmbient(_ temperature: UInt32?, _ humidity: UInt32?, _ index: Int) throws(BoardImageError) {
        guard (temperature == nil) == (humidity == nil) else {
            throw .invalidEntry(.sensors, index: index, .incomplete)
        }
        try check(ambient: temperature, in: .millidegreeCelsius, index)
        try check(ambient: humidity, in: .millipercentRelativeHumidity, index)
    }

    /// A point of another sensor, in the unit that the chip takes.
    private func check(ambient point: UInt32?, in unit: PointUnit, _ index: Int) throws(BoardImageError) {
        guard let point else { return }
        try check(point, within: points.count, .sensors, index)
        guard points[Int(point)].unit == unit, points[Int(point)].sensor != index else {
            throw .invalidEntry(.sensors, index: index, .referenceOfWrongKind)
        }
    }

    private func isFullScale(_ gravities: UInt32) -> Bool {
        gravities == 2 || gravities == 4 || gravities == 8 || gravities == 16
    }

    private func checkPoints() throws(BoardImageError) {
        for index in points.indices {
            let point = points[index]
            guard point.sensor < sensors.count else {
                throw .invalidEntry(.points, index: index, .referenceOutOfRange)
            }
            guard let chip = sensors[Int(point.sensor)].chip, hasChannel(chip, point.channel) else {
                throw .invalidEntry(.points, index: index, .referenceOutOfRange)
            }
            guard point.minimum <= point.maximum, point.numerator != 0 else {
                throw .invalidEntry(.points, index: index, .contradictory)
            }
            guard isKnown(point.unit) else { throw .invalidEntry(.points, index: index, .unknownKind) }
        }
    }

    private func hasChannel(_ chip: Sensor.Chip, _ channel: UInt32) -> Bool {
        switch chip {
        case .ads1115(let options): channel < 4 && options.inputs & (1 << channel) != 0
        case .bme280: channel < 3
        case .adxl345, .lis3dh, .scd4x: channel < 3
        case .sht3x, .sht4x, .bmp280: channel < 2
        case .sgp40: channel == 0 || channel == 2
        case .sgp41, .pmsa003i: channel < 4
        case .bh1750: channel == 0
        case .mpu6050: channel < 7
        case .mcp23017: channel < 15 && channel != 7
        }
    }

    private func isAccelerometer(_ sensor: UInt32) -> Bool {
        switch sensors[Int(sensor)].chip {
        case .adxl345, .lis3dh, .mpu6050: true
        default: false
        }
    }

    private func checkDetectors() throws(BoardImageError) {
        for index in detectors.indices {
            let detector = detectors[index]
            if let point = detector.point, point >= points.count {
                throw .invalidEntry(.detectors, index: index, .referenceOutOfRange)
            }
            if let sensor = detector.sensor, sensor >= sensors.count {
                throw .invalidEntry(.detectors, index: index, .referenceOutOfRange)
            }
            if let line = detector.line { try check(line: line, is: .input, .detectors, index) }
            switch detector.kind {
            case .smoke(let options):
                guard let point = detector.point else { throw .invalidEntry(.detectors, index: index, .incomplete) }
                guard points[Int(point)].unit == .millidecibelPerMetre else {
                    throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
                }
                guard options.preAlarmMdbPerM <= options.alarmMdbPerM else {
                    throw .invalidEntry(.detectors, index: index, .contradictory)
                }
            case .leak(let options):
                guard let point = detector.point else { throw .invalidEntry(.detectors, index: index, .incomplete) }
                guard points[Int(point)].unit == .microvolt || points[Int(point)].unit == .ohm else {
                    throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
                }
                guard options.wetBelow < options.openAbove, options.shortBelow ?? .min < options.wetBelow else {
                    throw .invalidEntry(.detectors, index: index, .contradictory)
                }
            case .fall(let options):
                if let cancel = options.cancelLine { try check(line: cancel, is: .input, .detectors, index) }
                guard let sensor = detector.sensor else { throw .invalidEntry(.detectors, index: index, .incomplete) }
                guard isAccelerometer(sensor) else {
                    throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
                }
            case .longLie(let options):
                // It listens to a detector that is already there when it is made.
                guard options.fallDetector < index else {
                    throw .invalidEntry(.detectors, index: index, .referenceOutOfRange)
                }
                guard case .fall = detectors[Int(options.fallDetector)].kind else {
                    throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
                }
            case .state: try checkWatched(detector, index, isCounter: false)
            case .threshold(let options):
                guard detector.point != nil else { throw .invalidEntry(.detectors, index: index, .incomplete) }
                let isOrdered =
                    options.preAlarmLimit == 0
                    || (options.below
                        ? options.preAlarmLimit > options.alarmLimit : options.preAlarmLimit < options.alarmLimit)
                guard isOrdered else { throw .invalidEntry(.detectors, index: index, .contradictory) }
            case .heat(let options):
                guard isKnown(options.responseClass) else {
                    throw .invalidEntry(.detectors, index: index, .unknownKind)
                }
                try check(point: detector.point, in: .millidegreeCelsius, index)
            case .carbonMonoxide: try check(point: detector.point, in: .partsPerMillion, index)
            case .combustibleGas(let options):
                try check(point: detector.point, in: .centipercentLowerExplosiveLimit, index)
                guard options.preAlarmClel < options.alarmClel else {
                    throw .invalidEntry(.detectors, index: index, .contradictory)
                }
            case .multiCriteriaFire(let options):
                try check(point: detector.point, in: .millidecibelPerMetre, index)
                if let point = options.temperaturePoint { try check(point: point, in: .millidegreeCelsius, index) }
                if let point = options.carbonMonoxidePoint { try check(point: point, in: .partsPerMillion, index) }
                guard options.confirmedMdbPerM < options.aloneMdbPerM else {
                    throw .invalidEntry(.detectors, index: index, .contradictory)
                }
            case .flow: try checkWatched(detector, index, isCounter: true)
            case .count: try checkWatched(detector, index, isCounter: true)
            case .valve(let options): try checkValve(options, detector, index)
            case .inactivity(let options): try checkInactivity(options, index)
            case .callPoint(let options):
                guard detector.line != nil else { throw .invalidEntry(.detectors, index: index, .incomplete) }
                if let point = options.batteryPoint { try check(point: point, in: .microvolt, index) }
            case .powerUse: try check(point: detector.point, in: .milliwatt, index)
            case .rate(let options):
                guard detector.point != nil else { throw .invalidEntry(.detectors, index: index, .incomplete) }
                guard options.preAlarmChange < options.alarmChange else {
                    throw .invalidEntry(.detectors, index: index, .contradictory)
                }
            case .tilt(let options):
                guard isKnown(options.upright) else { throw .invalidEntry(.detectors, index: index, .unknownKind) }
                guard let sensor = detector.sensor else { throw .invalidEntry(.detectors, index: index, .incomplete) }
                guard isAccelerometer(sensor) else {
                    throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
                }
            case .radarFall(let options): try checkRadar(options, index)
            case nil: throw .invalidEntry(.detectors, index: index, .unknownKind)
            }
        }
    }

    private func check(point: UInt32?, in unit: PointUnit, _ index: Int) throws(BoardImageError) {
        guard let point else { throw .invalidEntry(.detectors, index: index, .incomplete) }
        try check(point, within: points.count, .detectors, index)
        guard points[Int(point)].unit == unit else {
            throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
        }
    }

    /// Exactly one of a line and a point, and the point a state or, where pulses are counted, a count.
    private func checkWatched(_ detector: Detector, _ index: Int, isCounter: Bool) throws(BoardImageError) {
        guard (detector.line == nil) != (detector.point == nil) else {
            throw .invalidEntry(.detectors, index: index, detector.line == nil ? .incomplete : .contradictory)
        }
        guard let point = detector.point else { return }
        let unit = points[Int(point)].unit
        guard unit == .state || isCounter && unit == .count else {
            throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
        }
    }

    /// A line that feeds sensors goes off when they hang: nothing else may hang on it.
    private func checkSupply(
        _ line: UInt32, _ table: BoardTable, _ index: Int
    ) throws(BoardImageError) {
        try check(line: line, is: .output, table, index)
        guard lines[Int(line)].activeAtStart else { throw .invalidEntry(table, index: index, .contradictory) }
        var uses = 0
        for bus in buses.indices where buses[bus].supplyLine == line { uses += 1 }
        for sensor in sensors.indices where sensors[sensor].supplyLine == line { uses += 1 }
        for detector in detectors.indices {
            if case .valve(let options)? = detectors[detector].kind, options.driveLine == line { uses += 1 }
        }
        for effect in effects.indices {
            for action in 0..<effects[effect].actions.count {
                if case .output(let output)? = effects[effect].actions[action].action, output.line == line { uses += 1 }
            }
        }
        guard uses == 1, !isDrivenByAccess(line), !isLiftContact(line, before: lifts.count) else {
            throw .invalidEntry(table, index: index, .alreadyUsed)
        }
    }

    private func checkValve(
        _ options: ValveOptions, _ detector: Detector, _ index: Int
    ) throws(BoardImageError) {
        guard detector.line != nil else { throw .invalidEntry(.detectors, index: index, .incomplete) }
        try check(line: options.driveLine, is: .output, .detectors, index)
        // One master for each output.
        if isDrivenByAccess(options.driveLine) || isLiftContact(options.driveLine, before: lifts.count) {
            throw .invalidEntry(.detectors, index: index, .alreadyUsed)
        }
        for earlier in 0..<index {
            if case .valve(let other) = detectors[earlier].kind, other.driveLine == options.driveLine {
                throw .invalidEntry(.detectors, index: index, .alreadyUsed)
            }
        }
    }

    private func checkInactivity(_ options: InactivityOptions, _ index: Int) throws(BoardImageError) {
        guard !options.signs.isEmpty else { throw .invalidEntry(.detectors, index: index, .incomplete) }
        for place in options.signs.indices {
            switch options.signs[place].source {
            case .point(let point): try check(point, within: points.count, .detectors, index)
            case .line(let line): try check(line: line, is: .input, .detectors, index)
            case .radar(let radar):
                try check(radar, within: detectors.count, .detectors, index)
                guard case .radarFall = detectors[Int(radar)].kind else {
                    throw .invalidEntry(.detectors, index: index, .referenceOfWrongKind)
                }
            case nil: throw .invalidEntry(.detectors, index: index, .unknownKind)
            }
        }
        if let exit = options.exitLine { try check(line: exit, is: .input, .detectors, index) }
    }

    private func checkRadar(_ options: RadarFallOptions, _ index: Int) throws(BoardImageError) {
        guard isKnown(options.module) else { throw .invalidEntry(.detectors, index: index, .unknownKind) }
        try check(options.port, within: ports.count, .detectors, index)
        for reader in readers.indices where port(ofReader: reader) == options.port {
            throw .invalidEntry(.detectors, index: index, .alreadyUsed)
        }
        for earlier in 0..<index {
            if case .radarFall(let other) = detectors[earlier].kind, other.port == options.port {
                throw .invalidEntry(.detectors, index: index, .alreadyUsed)
            }
        }
    }

    /// A lift has a contact for one order at the least, and its contacts have no second master.
    private func checkLifts() throws(BoardImageError) {
        for index in lifts.indices {
            let (recall, stay) = (lifts[index].recallLine, lifts[index].stayLine)
            guard recall != nil || stay != nil else { throw .invalidEntry(.lifts, index: index, .incomplete) }
            guard recall != stay else { throw .invalidEntry(.lifts, index: index, .alreadyUsed) }
            try checkLiftContact(recall, index)
            try checkLiftContact(stay, index)
        }
    }

    private func checkLiftContact(_ line: UInt32?, _ index: Int) throws(BoardImageError) {
        guard let line else { return }
        try check(line: line, is: .output, .lifts, index)
        guard !isDrivenByAccess(line), !isLiftContact(line, before: index) else {
            throw .invalidEntry(.lifts, index: index, .alreadyUsed)
        }
    }

    /// Whether an output gives an order to one of the first lifts.
    private func isLiftContact(_ line: UInt32, before end: Int) -> Bool {
        for index in 0..<end where lifts[index].recallLine == line || lifts[index].stayLine == line { return true }
        return false
    }

    /// Whether a row that stands later asks for this one.
    private func isCause(_ effect: Int) -> Bool {
        for later in (effect + 1)..<effects.count {
            for place in effects[later].causes.indices
            where effects[later].causes[place].source == .effect(UInt32(effect)) {
                return true
            }
        }
        return false
    }

    private func checkEffects() throws(BoardImageError) {
        for index in effects.indices {
            let effect = effects[index]
            guard !effect.causes.isEmpty,
                !effect.actions.isEmpty || !effect.announcement.isEmpty || isCause(index)
            else {
                throw .invalidEntry(.effects, index: index, .incomplete)
            }
            guard isKnown(effect.combination) else { throw .invalidEntry(.effects, index: index, .unknownKind) }
            if effect.combination == .atLeast {
                guard effect.atLeast >= 1, effect.atLeast <= effect.causes.count else {
                    throw .invalidEntry(.effects, index: index, .contradictory)
                }
            }
            for place in effect.causes.indices {
                let cause = effect.causes[place]
                guard isKnown(cause.state) else { throw .invalidEntry(.effects, index: index, .unknownKind) }
                switch cause.source {
                case .detector(let detector): try check(detector, within: detectors.count, .effects, index)
                case .doorForced(let door), .doorHeld(let door): try check(door, within: doors.count, .effects, index)
                case .line(let line): try check(line: line, is: .input, .effects, index)
                case .schedule(let schedule): try check(schedule, within: schedules.count, .effects, index)
                case .door(let cause):
                    try check(cause.door, within: doors.count, .effects, index)
                    guard isKnown(cause.condition) else { throw .invalidEntry(.effects, index: index, .unknownKind) }
                // Rows are worked out in their order, so that none waits for itself.
                case .effect(let earlier): try check(earlier, within: index, .effects, index)
                case nil: throw .invalidEntry(.effects, index: index, .unknownKind)
                }
            }
            for place in effect.actions.indices {
                switch effect.actions[place].action {
                case .output(let action):
                    try check(line: action.line, is: .output, .effects, index)
                    guard isKnown(action.pattern) else { throw .invalidEntry(.effects, index: index, .unknownKind) }
                    // A lock belongs to its door: two masters of one relay would undo each other.
                    if isDrivenByAccess(action.line) || isLiftContact(action.line, before: lifts.count) {
                        throw .invalidEntry(.effects, index: index, .alreadyUsed)
                    }
                    for detector in detectors.indices {
                        if case .valve(let valve) = detectors[detector].kind, valve.driveLine == action.line {
                            throw .invalidEntry(.effects, index: index, .alreadyUsed)
                        }
                    }
                case .shutValve(let valve):
                    try check(valve, within: detectors.count, .effects, index)
                    guard case .valve = detectors[Int(valve)].kind else {
                        throw .invalidEntry(.effects, index: index, .referenceOfWrongKind)
                    }
                case .releaseDoor(let door), .lockDownDoor(let door), .holdOpenDoor(let door):
                    try check(door, within: doors.count, .effects, index)
                case .lift(let action):
                    try check(action.lift, within: lifts.count, .effects, index)
                    guard let line = lifts[Int(action.lift)].line(of: action.order), Int(line) < lines.count else {
                        throw .invalidEntry(.effects, index: index, .referenceOfWrongKind)
                    }
                case .releaseZone(let zone):
                    var doorCount = 0
                    for door in doors.indices where zone < 32 && doors[door].fireZones >> zone & 1 != 0 {
                        doorCount += 1
                    }
                    guard doorCount > 0 else {
                        throw .invalidEntry(.effects, index: index, .referenceOutOfRange)
                    }
                case nil: throw .invalidEntry(.effects, index: index, .unknownKind)
                }
            }
        }
    }

    private func checkSchedules() throws(BoardImageError) {
        for index in schedules.indices {
            let schedule = schedules[index]
            for place in schedule.periods.indices {
                let period = schedule.periods[place]
                guard period.fromMinute < 1_440, period.toMinute >= 1 else {
                    throw .invalidEntry(.schedules, index: index, .contradictory)
                }
            }
        }
    }

    private func checkPrincipals() throws(BoardImageError) {
        for index in clientKeys.indices {
            let key = clientKeys[index]
            guard !key.name.isEmpty else { throw .invalidEntry(.clientKeys, index: index, .emptyName) }
            guard key.publicKey.count == 32 else { throw .invalidEntry(.clientKeys, index: index, .incomplete) }
            guard isKnown(key.role) else { throw .invalidEntry(.clientKeys, index: index, .unknownKind) }
            for earlier in 0..<index {
                if clientKeys[earlier].name == key.name {
                    throw .invalidEntry(.clientKeys, index: index, .duplicateName)
                }
                if clientKeys[earlier].publicKey == key.publicKey {
                    throw .invalidEntry(.clientKeys, index: index, .alreadyUsed)
                }
            }
        }
        for index in localUsers.indices {
            let user = localUsers[index]
            guard user.who != nil else { throw .invalidEntry(.localUsers, index: index, .incomplete) }
            guard isKnown(user.role) else { throw .invalidEntry(.localUsers, index: index, .unknownKind) }
            for earlier in 0..<index where localUsers[earlier].who == user.who {
                throw .invalidEntry(.localUsers, index: index, .alreadyUsed)
            }
        }
        for index in consoleUsers.indices {
            let user = consoleUsers[index]
            guard !user.name.isEmpty else { throw .invalidEntry(.consoleUsers, index: index, .emptyName) }
            guard user.pinHash.count == 32, user.pinSalt.count == 16 else {
                throw .invalidEntry(.consoleUsers, index: index, .incomplete)
            }
            guard isKnown(user.role) else { throw .invalidEntry(.consoleUsers, index: index, .unknownKind) }
            for earlier in 0..<index where consoleUsers[earlier].name == user.name {
                throw .invalidEntry(.consoleUsers, index: index, .duplicateName)
            }
        }
    }

    func check(
        line: UInt32, is direction: LineDirection, _ table: BoardTable, _ index: Int
    ) throws(BoardImageError) {
        try check(line, within: lines.count, table, index)
        guard lines[Int(line)].direction == direction else {
            throw .invalidEntry(table, index: index, .referenceOfWrongKind)
        }
    }

    func check(
        _ place: UInt32, within count: Int, _ table: BoardTable, _ index: Int
    ) throws(BoardImageError) {
        guard place < count else { throw .invalidEntry(table, index: index, .referenceOutOfRange) }
    }
}

private func contains(_ value: UInt32, in values: Span<UInt32>) -> Bool {
    for index in values.indices where values[index] == value { return true }
    return false
}

private func isKnown(_ direction: LineDirection) -> Bool {
    if case .unrecognised = direction { false } else { true }
}
private func isKnown(_ bias: LineBias) -> Bool { if case .unrecognised = bias { false } else { true } }
private func isKnown(_ exit: LineExit) -> Bool { if case .unrecognised = exit { false } else { true } }
private func isKnown(_ unit: PointUnit) -> Bool { if case .unrecognised = unit { false } else { true } }
private func isKnown(_ state: CauseState) -> Bool { if case .unrecognised = state { false } else { true } }
private func isKnown(_ condition: DoorCondition) -> Bool {
    if case .unrecognised = condition { false } else { true }
}
private func isKnown(_ combination: Combination) -> Bool {
    if case .unrecognised = combination { false } else { true }
}
/// Nobody has the role none: an entry that gives nothing is a mistake.
private func isKnown(_ role: AccessRole) -> Bool {
    switch role {
    case .observer, .operator, .technician, .administrator: true
    case .none, .unrecognised: false
    }
}
private func isKnown(_ responseClass: HeatClass) -> Bool {
    if case .unrecognised = responseClass { false } else { true }
}
private func isKnown(_ axis: UprightAxis) -> Bool { if case .unrecognised = axis { false } else { true } }
private func isKnown(_ module: RadarModule) -> Bool { if case .unrecognised = module { false } else { true } }
private func isKnown(_ use: PortUse) -> Bool { if case .unrecognised = use { false } else { true } }
private func isKnown(_ pattern: OutputPattern) -> Bool { if case .unrecognised = pattern { false } else { true } }
