import AccessControl
import BoardImage
import CauseAndEffect
import Console
import Cryptography
import Drivers
import EventJournal
import FixedMemory
import HardwareInterface
import LifeSafety
import WardenMessages

// The order of work. Reading it from the top is the story of the board.
extension Runtime where Board: ~Copyable {
    /// When `turn` has something to do though nothing arrives; may be in the past.
    public var deadline: Instant {
        var earliest = min(sensors.deadline, readers.deadline, access.deadline, monitor.deadline)
        earliest = min(earliest, matrix.deadline, points.deadline)
        return consoles.hasWork ? min(earliest, hardware.now) : earliest
    }

    /// Does what is due, at most as much as `Budget` allows.
    public mutating func turn() {
        turns &+= 1
        takeInputs(limit: Budget.urgentInputs, urgentOnly: true)
        let now = hardware.now
        runReaders(at: now)
        runSensors(at: now)
        expirePoints(at: now)
        runDecisions(at: now)
        takeInputs(limit: Budget.otherInputs, urgentOnly: false)
        serveConsoles()
        reportTroubles()
    }

    /// Begins: sensors, doors and alarms take the state of the moment.
    mutating func start(at now: Instant) {
        publish(.system, .system(SystemChange(kind: .started, value: UInt64(image.header.generation))), at: now)
        access.start(at: now, clock: wallClock(at: now), into: &accessOutput)
        settleAccess(at: now)
        evaluateMatrix(at: now)
    }

    /// Ends in order: notes it, and leaves the outputs to the hardware's exit states.
    public mutating func stop() {
        publish(.system, .system(SystemChange(kind: .stopping)), at: hardware.now)
    }

    // MARK: Inputs

    private mutating func takeInputs(limit: Int, urgentOnly: Bool) {
        for _ in 0..<limit {
            guard hardware.takeInput(&input, urgentOnly: urgentOnly) else { return }
            inputsTaken &+= 1
            handleInput(at: hardware.now)
        }
    }

    private mutating func handleInput(at now: Instant) {
        switch input.event {
        case .lineChanged(let line, let isActive):
            lineChanged(Int(line.value), isActive: isActive, at: input.at, now: now)
        case .lineAvailability(let line, let isAvailable):
            lineAvailability(Int(line.value), isAvailable: isAvailable, at: now)
        case .busCompleted(let bus, let tag, let outcome):
            busCompleted(bus, tag: tag, outcome, at: input.at, now: now)
        case .bytesReceived(let stream):
            bytesReceived(stream, at: now)
        case .streamOpened(let stream, let kind):
            streamOpened(stream, kind, at: now)
        case .streamClosed(let stream):
            streamClosed(stream, at: now)
        case .wallClockChanged(let clock):
            wallClockChanged(clock, at: now)
        }
    }

    private mutating func lineChanged(_ index: Int, isActive: Bool, at moment: Instant, now: Instant) {
        guard index < lines.count, !lines[index].isOutput else { return }
        lines.setInput(index, isActive: isActive)
        switch lines[index].role {
        case .general: break
        case .contact(let door):
            access.contact(
                DoorIndex(UInt8(door)), isActive ? .open : .closed, at: moment, now: now, into: &accessOutput)
            settleAccess(at: now)
        case .exitRequest(let door):
            access.requestToExit(DoorIndex(UInt8(door)), isActive: isActive, at: moment, now: now, into: &accessOutput)
            settleAccess(at: now)
        }
        causes.setPoint(UInt16(index), isActive ? .active : [])
        monitor.receive(
            Reading(value: isActive ? 1 : 0, quality: .good, at: moment), ofPoint: map.line(index), at: now,
            into: &alarmOutput)
        settleAlarms(at: now)
        evaluateMatrix(at: now)
    }

    private mutating func lineAvailability(_ index: Int, isAvailable: Bool, at now: Instant) {
        guard index < lines.count else { return }
        lines.setAvailable(index, isAvailable)
        troubles.set(.line, index, isActive: !isAvailable)
        guard isAvailable else {
            lineLost(index, at: now)
            return
        }
        if lines[index].isOutput { _ = lines.drive(index, isActive: lines[index].isActive, on: &hardware) }
    }

    /// An input that is gone must not go on looking normal.
    private mutating func lineLost(_ index: Int, at now: Instant) {
        guard !lines[index].isOutput else { return }
        if case .contact(let door) = lines[index].role {
            access.contact(DoorIndex(UInt8(door)), .missing, at: now, now: now, into: &accessOutput)
            settleAccess(at: now)
        }
        monitor.receive(
            Reading(value: 0, quality: .missing, at: now), ofPoint: map.line(index), at: now, into: &alarmOutput)
        settleAlarms(at: now)
        evaluateMatrix(at: now)
    }

    private mutating func busCompleted(
        _ bus: BusIndex, tag: UInt16, _ outcome: BusOutcome, at moment: Instant, now: Instant
    ) {
        troubles.set(.bus, Int(bus.value), isActive: outcome == .busMissing)
        guard let sensor = sensors.complete(outcome, tag: tag, bytes: input.bytes.span, at: moment) else { return }
        settleSensor(sensor, at: now)
        evaluateMatrix(at: now)
    }

    private mutating func bytesReceived(_ stream: StreamIndex, at now: Instant) {
        if let reader = readers.index(of: stream) {
            readers.receive(input.bytes.span, on: reader, at: now)
            settleReader(reader, at: now)
        } else {
            consoles.receive(input.bytes.span, on: stream)
        }
    }

    private mutating func streamOpened(_ stream: StreamIndex, _ kind: StreamKind, at now: Instant) {
        switch kind {
        case .serialPort(let port):
            troubles.set(.port, Int(port), isActive: false)
            guard let reader = readers.index(of: stream) else { return }
            readers.opened(reader, at: now)
            settleReader(reader, at: now)
        case .console: consoles.open(stream)
        case .link: hardware.close(stream)
        }
    }

    private mutating func streamClosed(_ stream: StreamIndex, at now: Instant) {
        if Int(stream.value) < image.ports.count { troubles.set(.port, Int(stream.value), isActive: true) }
        if let reader = readers.index(of: stream) {
            readers.closed(reader, at: now)
            settleReader(reader, at: now)
        } else {
            consoles.close(stream)
        }
    }

    private mutating func wallClockChanged(_ clock: WallClock, at now: Instant) {
        wallClock = clock
        wallClockAt = now
        troubles.set(.clock, 0, isActive: clock.trust == .unset)
        publish(.system, .system(SystemChange(kind: .clockSet)), at: now)
        access.advance(to: now, clock: clock, into: &accessOutput)
        settleAccess(at: now)
        monitor.setClock(
            LocalClock(clock, offsetSeconds: image.header.utcOffsetMinutes * 60, at: now), at: now, into: &alarmOutput)
        settleAlarms(at: now)
        evaluateMatrix(at: now)
    }

    /// The wall clock at a moment: it runs on by the monotonic one.
    func wallClock(at now: Instant) -> WallClock {
        guard wallClock.trust != .unset else { return wallClock }
        return WallClock(
            unixMilliseconds: wallClock.unixMilliseconds + (now - wallClockAt).milliseconds, trust: wallClock.trust)
    }

    // MARK: What is due

    private mutating func runReaders(at now: Instant) {
        // Each pass moves one reader's deadline into the future; a reader that does not is the next turn's.
        for _ in 0..<max(1, readers.count) {
            guard let reader = readers.runNextDue(at: now) else { return }
            settleReader(reader, at: now)
        }
    }

    private mutating func runSensors(at now: Instant) {
        for _ in 0..<max(1, sensors.count) {
            guard let sensor = sensors.runNextDue(at: now, on: &hardware) else { return }
            settleSensor(sensor, at: now)
        }
    }

    private mutating func expirePoints(at now: Instant) {
        while let point = points.takeStale(at: now) {
            troubles.set(.point, point, isActive: true, code: Quality.stale.rawValue)
            monitor.receive(points[point], ofPoint: map.point(point), at: now, into: &alarmOutput)
            settleAlarms(at: now)
        }
    }

    private mutating func runDecisions(at now: Instant) {
        if access.deadline <= now {
            access.advance(to: now, clock: wallClock(at: now), into: &accessOutput)
            settleAccess(at: now)
        }
        if monitor.deadline <= now {
            monitor.advance(to: now, into: &alarmOutput)
            settleAlarms(at: now)
        }
        evaluateMatrix(at: now)
    }

    // MARK: Consequences

    /// Hands what a sensor found out to the points, the detectors and the troubles.
    private mutating func settleSensor(_ index: Int, at now: Instant) {
        if let health = sensors.output.health {
            switch health {
            case .working, .starting: troubles.set(.sensor, index, isActive: false)
            case .faulty(let fault), .missing(let fault):
                troubles.set(.sensor, index, isActive: true, code: fault.rawValue)
                feedSensorLoss(index, health, at: now)
            }
        }
        for place in 0..<sensors.output.readingCount {
            let found = sensors.output.reading(place)
            var point = points.firstPoint(ofSensor: index)
            while point >= 0 {
                if points.channel(of: point) == found.channel {
                    settlePoint(point, raw: found.reading, at: now)
                }
                point = points.nextPoint(after: point)
            }
        }
        settleSamples(index, at: now)
    }

    private mutating func settlePoint(_ point: Int, raw: Reading, at now: Instant) {
        let reading = points.update(point, raw: raw)
        let isTrouble = !reading.quality.isUsable && reading.quality != .starting
        troubles.set(.point, point, isActive: isTrouble, code: reading.quality.rawValue)
        monitor.receive(reading, ofPoint: map.point(point), at: now, into: &alarmOutput)
        settleAlarms(at: now)
    }

    private mutating func settleSamples(_ index: Int, at now: Instant) {
        guard sensors.output.sampleCount > 0 else { return }
        samples.removeAll()
        for place in 0..<sensors.output.sampleCount { samples.append(sensors.output.accelerationSample(place)) }
        let lastAt = sensors.output.lastSampleAt
        let interval = sensors.output.sampleInterval
        Runtime.feed(samples, lastAt, interval, map.sensor(index), to: &monitor, &alarmOutput)
        settleAlarms(at: now)
    }

    // Static, so that the samples and the monitor are seen to be different things.
    private static func feed(
        _ samples: borrowing FixedArray<AccelerationSample>, _ lastAt: Instant, _ interval: Interval,
        _ point: PointIndex, to monitor: inout LifeSafetyMonitor, _ output: inout AlarmOutput
    ) {
        monitor.receive(samples: samples.span, lastAt: lastAt, interval: interval, ofPoint: point, into: &output)
    }

    /// Detectors that listen to a sensor's samples hear of its loss too; those of points hear it from their points.
    private mutating func feedSensorLoss(_ index: Int, _ health: SensorHealth, at now: Instant) {
        let quality: Quality = if case .missing = health { .missing } else { .faulty }
        monitor.receive(
            Reading(value: 0, quality: quality, at: now), ofPoint: map.sensor(index), at: now, into: &alarmOutput)
        settleAlarms(at: now)
    }

    /// Hands what a reader reported to the doors, and sends what it wants sent.
    private mutating func settleReader(_ index: Int, at now: Instant) {
        for place in readers.output.reports.indices {
            settleReport(readers.output.reports[place].event, from: index, at: now)
        }
        if readers.output.transmit.count > 0 {
            let stream = readers.stream(of: index)
            Runtime.send(readers.output.transmit, to: stream, on: &hardware)
        }
    }

    private static func send(_ bytes: borrowing ByteBuffer, to stream: StreamIndex, on hardware: inout Board) {
        _ = hardware.send(bytes.span, to: stream)
    }

    private mutating func settleReport(_ event: ReaderEvent, from index: Int, at now: Instant) {
        let door = readerDoors[index]
        switch event {
        case .card(let card):
            readers.countCard(index)
            guard let hash = CredentialHashing.card(card.bytes.span, bitCount: Int(card.bitCount), key: hashKey)
            else { return }
            access.present(hash, at: door, .entry, now: now, into: &accessOutput)
            settleAccess(at: now)
            evaluateMatrix(at: now)
        case .key(let key):
            guard let number = Runtime.number(of: key) else { return }
            access.press(number, at: door, .entry, now: now, into: &accessOutput)
            settleAccess(at: now)
            evaluateMatrix(at: now)
        case .tamper(let isActive):
            access.tamper(door, .entryReader, isActive: isActive, now: now, into: &accessOutput)
            settleAccess(at: now)
            evaluateMatrix(at: now)
        case .online:
            troubles.set(.reader, index, isActive: false)
        case .offline(let reason):
            troubles.set(.reader, index, isActive: true, code: reason.rawValue)
        case .malformed, .cardRefused:
            readers.countMalformed(index)
        case .cardRemoved, .input, .output, .powerFailure:
            break
        }
    }

    /// A key as `AccessController.press` counts them; `nil` for function keys, which no door asks for.
    private static func number(of key: KeypadKey) -> UInt8? {
        switch key {
        case .digit(let digit): digit
        case .clear: 10
        case .enter: 11
        case .function: nil
        }
    }

    /// Drives the locks as the access controller wants them, and records what happened.
    mutating func settleAccess(at now: Instant) {
        for index in image.doors.indices {
            let outputs = access.outputs(of: DoorIndex(UInt8(index)))
            _ = lines.drive(
                Int(image.doors[index].lockLine), isActive: outputs.lockRelayIsEnergised, on: &hardware)
        }
        let count = accessOutput.events.count
        guard count > 0 else { return }
        for place in 0..<count {
            let event = accessOutput.events[place]
            publish(event)
        }
        accessOutput.removeAll()
        for index in image.doors.indices { causes.setDoor(UInt16(index), aspects(ofDoor: index)) }
    }

    /// Tells the matrix how the detectors stand, and records what changed.
    mutating func settleAlarms(at now: Instant) {
        guard alarmOutput.count > 0 else { return }
        for place in 0..<alarmOutput.count {
            let transition = alarmOutput[place]
            causes.setDetector(transition.detector.value, aspects(of: transition))
            publish(transition)
        }
        alarmOutput.removeAll()
    }

    /// Has the matrix decide, and does what it demands.
    mutating func evaluateMatrix(at now: Instant) {
        guard matrix.needsEvaluation(causes, at: now) else { return }
        matrix.evaluate(&causes, at: now, into: &changedTargets)
        guard changedTargets.count > 0 else { return }
        var doorsChanged = false
        for place in 0..<changedTargets.count {
            let target = Int(changedTargets[place])
            let demand = matrix.demand(target)
            switch matrix.target(target) {
            case .line(let line):
                let index = Int(line.value)
                if lines.drive(index, isActive: demand.isOn, on: &hardware) {
                    publish(.system, .output(OutputChange(line: UInt32(index), active: demand.isOn)), at: now)
                }
            case .door(let door):
                let release = demand.demand == .release
                access.setFire(
                    doors: DoorSet(DoorIndex(UInt8(door))), isActive: release,
                    by: Requester(.matrix, index: demand.rule), now: now, into: &accessOutput)
                doorsChanged = true
            case .valve, .lift, .message: break
            }
        }
        if doorsChanged { settleAccess(at: now) }
    }

    private mutating func reportTroubles() {
        let now = hardware.now
        while let change = troubles.takeChange() {
            publish(
                .trouble,
                .trouble(
                    Trouble(
                        source: TroubleSource(rawValue: Int32(change.source.rawValue)), index: UInt32(change.index),
                        active: change.isActive, code: UInt32(change.code))), at: now)
        }
    }

    // MARK: Consoles

    private mutating func serveConsoles() {
        guard consoles.hasWork else { return }
        for _ in 0..<Budget.consoleSteps {
            guard let index = consoles.next(on: hardware) else { return }
            serveConsole(index)
        }
    }

    /// One step of one console. The session is taken out of its bank meanwhile, because it asks the whole board.
    private mutating func serveConsole(_ index: Int) {
        var session = consoles.take(index)
        var row = FixedBytes<256>()
        session.step(&self, into: &row)
        _ = hardware.send(row.span, to: consoles.stream(of: index))
        consoles.put(session, index)
    }
}
