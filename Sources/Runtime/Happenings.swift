import AccessControl
import BoardImage
import CauseAndEffect
import Drivers
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import LifeSafety
import WardenMessages

// What happens to the board: each input, and what time makes due.
extension BoardCore {
    /// When `runDecisions` or `expirePoints` has something to do.
    @inline(__always)
    var decisionDeadline: Instant {
        min(
            min(access.deadline, monitor.deadline, matrix.deadline, points.deadline),
            min(sounderDeadline, lines.forceDeadline, supplies.deadline))
    }

    /// Begins: doors and alarms take the state of the moment.
    mutating func start() {
        if recording.mode == .recording { recording.flight.beginKeyFrame(at: now) }
        record(.started)
        recordKeptCredentials()
        recording.flight.endKeyFrame()
        publish(.system, .system(SystemChange(kind: .started, value: UInt64(image.header.generation))), at: now)
        for device in 0..<readers.deviceCount where readers.stream(of: device) == nil {
            readers.linesClaimed(device, at: now)
            settleReaders(of: device)
        }
        access.start(at: now, clock: wallClock, into: &accessOutput)
        settleAccess()
        settleSchedules()
        evaluateMatrix()
    }

    /// Ends in order.
    mutating func stop() {
        record(.stopped)
        publish(.system, .system(SystemChange(kind: .stopping)), at: now)
        keepAllLearning()
    }

    // MARK: Lines

    mutating func lineChanged(_ index: Int, isActive: Bool, at moment: Instant) {
        guard index < lines.count, !lines[index].isOutput else { return }
        recordLine(index, isActive: isActive, at: moment)
        lines.setMeasured(index, isActive: isActive)
        if lines[index].force == nil { inputChanged(index, isActive: isActive, at: moment, .good) }
    }

    /// An input has another level, by its wire or by force.
    mutating func inputChanged(_ index: Int, isActive: Bool, at moment: Instant, _ quality: Quality) {
        lines.setInput(index, isActive: isActive)
        switch lines[index].role {
        case .general: break
        case .contact(let door):
            access.contact(
                DoorIndex(UInt8(door)), isActive ? .open : .closed, at: moment, now: now, into: &accessOutput)
            settleAccess()
        case .secondContact(let door):
            access.contact(
                DoorIndex(UInt8(door)), isActive ? .open : .closed, isSecondLeaf: true, at: moment, now: now,
                into: &accessOutput)
            settleAccess()
        case .exitRequest(let door):
            access.requestToExit(DoorIndex(UInt8(door)), isActive: isActive, at: moment, now: now, into: &accessOutput)
            settleAccess()
        case .emergencyExit(let door):
            access.emergencyExit(DoorIndex(UInt8(door)), isActive: isActive, now: now, into: &accessOutput)
            settleAccess()
        case .lockTamper(let door):
            access.tamper(DoorIndex(UInt8(door)), .lock, isActive: isActive, now: now, into: &accessOutput)
            settleAccess()
        case .wiegand(let device, let isDataOne):
            // Nobody else listens to a data line, and a frame has fifty edges.
            let device = readers.device(ofLines: device)
            readers.edge(isDataOne ? .one : .zero, isActive: isActive, on: device, at: moment)
            settleReaders(of: device)
            return
        case .tagRange(let reader):
            if readers.deviceCount > 0 {
                let device = readers.device(of: reader)
                readers.tagInRange(isActive, on: device, at: now)
                settleReaders(of: device)
            }
        case .readerTamper(let reader):
            setTamper(ofReader: reader, isActive: isActive)
        }
        causes.setPoint(UInt16(index), isActive ? .active : [])
        monitor.receive(
            Reading(value: isActive ? 1 : 0, quality: quality, at: moment), ofPoint: map.line(index), at: now,
            into: &alarmOutput)
        monitor.receive(
            Reading(value: lines[index].activations, quality: quality, at: moment), ofPoint: map.pulses(index), at: now,
            into: &alarmOutput)
        settleAlarms()
        settleValves()
        evaluateMatrix()
    }

    /// The data lines of readers are left out: what they say is a card.
    private mutating func recordLine(_ index: Int, isActive: Bool, at moment: Instant) {
        if case .wiegand = lines[index].role { return }
        guard beginsRecord() else { return }
        recording.content.appendVarint(UInt64(2 * index + (isActive ? 1 : 0)))
        recording.content.appendVarint(Zigzag.encode((now - moment).nanoseconds))
        endRecord(.lineChanged)
    }

    mutating func lineAvailability(_ index: Int, isAvailable: Bool) {
        guard index < lines.count else { return }
        record(.lineAvailability, index, isAvailable)
        lines.setAvailable(index, isAvailable)
        if !isAvailable, lines[index].force != nil { forceEnded(index) }
        troubles.set(.line, index, isActive: !isAvailable)
        if case .wiegand(let device, let isDataOne) = lines[index].role, readers.deviceCount > 0 {
            let device = readers.device(ofLines: device)
            readers.setAvailable(isDataOne ? .one : .zero, isAvailable, on: device, at: now)
            settleReaders(of: device)
        }
        guard !isAvailable, !lines[index].isOutput else { return }
        // An input that is gone must not go on looking normal.
        switch lines[index].role {
        case .contact(let door):
            access.contact(DoorIndex(UInt8(door)), .missing, at: now, now: now, into: &accessOutput)
            settleAccess()
        case .secondContact(let door):
            access.contact(DoorIndex(UInt8(door)), .missing, isSecondLeaf: true, at: now, now: now, into: &accessOutput)
            settleAccess()
        case .exitRequest(let door):
            // A button that nobody can see any more is not pressed.
            access.requestToExit(DoorIndex(UInt8(door)), isActive: false, at: now, now: now, into: &accessOutput)
            settleAccess()
        default: break
        }
        monitor.receive(
            Reading(value: 0, quality: .missing, at: now), ofPoint: map.line(index), at: now, into: &alarmOutput)
        monitor.receive(
            Reading(value: 0, quality: .missing, at: now), ofPoint: map.pulses(index), at: now, into: &alarmOutput)
        settleAlarms()
        evaluateMatrix()
    }

    // MARK: Sensors

    mutating func busCompleted(
        _ bus: BusIndex, tag: UInt16, _ outcome: BusOutcome, bytes: Span<UInt8>, at moment: Instant
    ) {
        if beginsRecord() {
            recording.content.append(bus.value)
            recording.content.appendLittleEndian(tag)
            recording.content.append(outcome.rawValue)
            recording.content.appendVarint(Zigzag.encode((now - moment).nanoseconds))
            recording.content.append(bytes)
            endRecord(.busCompleted)
        }
        troubles.set(.bus, Int(bus.value), isActive: outcome == .busMissing)
        guard let sensor = sensors.complete(outcome, tag: tag, bytes: bytes, at: moment) else { return }
        settleSensor(sensor)
        evaluateMatrix()
    }

    /// Readings that have become too old.
    mutating func expirePoints() {
        while let point = points.takeStale(at: now) {
            troubles.set(.point, point, isActive: true, code: Quality.stale.rawValue)
            monitor.receive(points[point], ofPoint: map.point(point), at: now, into: &alarmOutput)
            settleAlarms()
            feedContacts(ofPoint: point, points[point])
        }
    }

    // MARK: Readers

    mutating func readerOpened(_ device: Int) {
        readers.opened(device, at: now)
        settleReaders(of: device)
    }

    mutating func readerClosed(_ device: Int) {
        readers.closed(device, at: now)
        settleReaders(of: device)
    }

    mutating func readerReceived(_ bytes: Span<UInt8>, on device: Int) {
        readers.receive(bytes, on: device, at: now)
        settleReaders(of: device)
    }

    // MARK: Radars

    mutating func radarOpened(_ index: Int) {
        radars.opened(index, at: now)
        settleRadar(index)
    }

    mutating func radarClosed(_ index: Int) {
        radars.closed(index, at: now)
        settleRadar(index)
    }

    mutating func radarReceived(_ bytes: Span<UInt8>, on index: Int) {
        if beginsRecord() {
            recording.content.appendVarint(UInt64(index))
            recording.content.append(bytes)
            endRecord(.radarReceived)
        }
        radars.receive(bytes, on: index, at: now)
        settleRadar(index)
    }

    // MARK: What is due

    /// Lets radars, sensors and deadlines have their turn, for a recording: done again at the same moment, the same is
    /// decided again. One in which nothing is due is not worth a record.
    mutating func recordTurn(isDue: Bool) { if isDue || recording.hasInput { record(.turned) } }

    @inline(__always)
    var isTurnDue: Bool { min(sensors.deadline, radars.deadline) <= now || decisionDeadline <= now }

    /// The bus had no room for a sensor's request; recorded before the turn of which it is a part.
    mutating func recordRefusal(_ sensor: Int) {
        guard beginsRecord() else { return }
        recording.content.appendVarint(UInt64(sensor))
        endRecord(.busRefused)
    }

    mutating func runRadars() {
        for _ in 0..<radars.count {
            guard let radar = radars.runNextDue(at: now) else { return }
            settleRadar(radar)
        }
    }

    mutating func runSensors<Board: Hardware & ~Copyable>(on hardware: inout Board) {
        for _ in 0..<sensors.count {
            guard let sensor = sensors.runNextDue(at: now, on: &hardware) else { return }
            settleSensor(sensor)
        }
    }

    // MARK: Time

    mutating func wallClockChanged(_ clock: WallClock) {
        if beginsRecord() {
            recording.content.append(clock.trust.rawValue)
            recording.content.appendVarint(Zigzag.encode(clock.unixMilliseconds))
            endRecord(.clockChanged)
        }
        wallClockSet = clock
        wallClockSetAt = now
        troubles.set(.clock, 0, isActive: clock.trust == .unset)
        publish(.system, .system(SystemChange(kind: .clockSet)), at: now)
        access.advance(to: now, clock: clock, into: &accessOutput)
        settleAccess()
        settleSchedules()
        tellDetectorsTheTime()
        evaluateMatrix()
    }

    private mutating func tellDetectorsTheTime() {
        toldOffsetMinutes = utcOffsetMinutes
        monitor.setClock(
            LocalClock(wallClock, offsetSeconds: toldOffsetMinutes * 60, at: now), at: now, into: &alarmOutput)
        settleAlarms()
    }

    /// Minutes that local time is ahead of UTC now, daylight saving included.
    // Inlined: a call from a function that changes the board copies the whole of it first.
    @inline(__always)
    var utcOffsetMinutes: Int32 {
        guard wallClockSet.trust != .unset else { return Int32(zone.standardOffsetMinutes) }
        return utcOffsetMinutes(atUnixMilliseconds: wallClock.unixMilliseconds)
    }

    /// Minutes that local time is ahead of UTC at a moment.
    @inline(__always)
    func utcOffsetMinutes(atUnixMilliseconds moment: Int64) -> Int32 {
        Int32(zone.offsetMinutes(atUnixMinute: moment / 60_000))
    }

    /// The wall clock now: it runs on by the monotonic one.
    @inline(__always)
    var wallClock: WallClock { wallClock(at: now) }

    @inline(__always)
    func wallClock(at moment: Instant) -> WallClock {
        guard wallClockSet.trust != .unset else { return wallClockSet }
        return WallClock(
            unixMilliseconds: wallClockSet.unixMilliseconds + (moment - wallClockSetAt).milliseconds,
            trust: wallClockSet.trust)
    }

    /// Whatever time has made due in the decisions.
    mutating func runDecisions() {
        if toldOffsetMinutes != utcOffsetMinutes { tellDetectorsTheTime() }
        endDueForces()
        if access.deadline <= now {
            access.advance(to: now, clock: wallClock, into: &accessOutput)
            settleAccess()
            settleSchedules()
        }
        if monitor.deadline <= now {
            monitor.advance(to: now, into: &alarmOutput)
            settleAlarms()
            settleValves()
        }
        if sounderDeadline <= now { settleAccess() }
        evaluateMatrix()
        settleSupplies()
    }
}
