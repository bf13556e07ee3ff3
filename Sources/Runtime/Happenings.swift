import AccessControl
import BoardImage
import CauseAndEffect
import Drivers
import EventJournal
import FixedMemory
import HardwareInterface
import LifeSafety
import WardenMessages

// What happens to the board: each input, and what time makes due.
extension BoardCore {
    /// When `runDecisions` or `expirePoints` has something to do.
    var decisionDeadline: Instant { min(access.deadline, monitor.deadline, matrix.deadline, points.deadline) }

    /// Begins: doors and alarms take the state of the moment.
    mutating func start() {
        publish(.system, .system(SystemChange(kind: .started, value: UInt64(image.header.generation))), at: now)
        access.start(at: now, clock: wallClock, into: &accessOutput)
        settleAccess()
        evaluateMatrix()
    }

    /// Ends in order.
    mutating func stop() {
        publish(.system, .system(SystemChange(kind: .stopping)), at: now)
    }

    // MARK: Lines

    mutating func lineChanged(_ index: Int, isActive: Bool, at moment: Instant) {
        guard index < lines.count, !lines[index].isOutput else { return }
        lines.setInput(index, isActive: isActive)
        switch lines[index].role {
        case .general: break
        case .contact(let door):
            access.contact(
                DoorIndex(UInt8(door)), isActive ? .open : .closed, at: moment, now: now, into: &accessOutput)
            settleAccess()
        case .exitRequest(let door):
            access.requestToExit(DoorIndex(UInt8(door)), isActive: isActive, at: moment, now: now, into: &accessOutput)
            settleAccess()
        }
        causes.setPoint(UInt16(index), isActive ? .active : [])
        monitor.receive(
            Reading(value: isActive ? 1 : 0, quality: .good, at: moment), ofPoint: map.line(index), at: now,
            into: &alarmOutput)
        settleAlarms()
        evaluateMatrix()
    }

    mutating func lineAvailability(_ index: Int, isAvailable: Bool) {
        guard index < lines.count else { return }
        lines.setAvailable(index, isAvailable)
        troubles.set(.line, index, isActive: !isAvailable)
        guard !isAvailable, !lines[index].isOutput else { return }
        // An input that is gone must not go on looking normal.
        if case .contact(let door) = lines[index].role {
            access.contact(DoorIndex(UInt8(door)), .missing, at: now, now: now, into: &accessOutput)
            settleAccess()
        }
        monitor.receive(
            Reading(value: 0, quality: .missing, at: now), ofPoint: map.line(index), at: now, into: &alarmOutput)
        settleAlarms()
        evaluateMatrix()
    }

    // MARK: Sensors

    mutating func busCompleted(
        _ bus: BusIndex, tag: UInt16, _ outcome: BusOutcome, bytes: Span<UInt8>, at moment: Instant
    ) {
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
        }
    }

    // MARK: Readers

    mutating func readerOpened(_ index: Int) {
        readers.opened(index, at: now)
        settleReader(index)
    }

    mutating func readerClosed(_ index: Int) {
        readers.closed(index, at: now)
        settleReader(index)
    }

    mutating func readerReceived(_ bytes: Span<UInt8>, on index: Int) {
        readers.receive(bytes, on: index, at: now)
        settleReader(index)
    }

    // MARK: Time

    mutating func wallClockChanged(_ clock: WallClock) {
        wallClockSet = clock
        wallClockSetAt = now
        troubles.set(.clock, 0, isActive: clock.trust == .unset)
        publish(.system, .system(SystemChange(kind: .clockSet)), at: now)
        access.advance(to: now, clock: clock, into: &accessOutput)
        settleAccess()
        monitor.setClock(
            LocalClock(clock, offsetSeconds: image.header.utcOffsetMinutes * 60, at: now), at: now, into: &alarmOutput)
        settleAlarms()
        evaluateMatrix()
    }

    /// The wall clock now: it runs on by the monotonic one.
    var wallClock: WallClock { wallClock(at: now) }

    func wallClock(at moment: Instant) -> WallClock {
        guard wallClockSet.trust != .unset else { return wallClockSet }
        return WallClock(
            unixMilliseconds: wallClockSet.unixMilliseconds + (moment - wallClockSetAt).milliseconds,
            trust: wallClockSet.trust)
    }

    /// Whatever time has made due in the decisions.
    mutating func runDecisions() {
        if access.deadline <= now {
            access.advance(to: now, clock: wallClock, into: &accessOutput)
            settleAccess()
        }
        if monitor.deadline <= now {
            monitor.advance(to: now, into: &alarmOutput)
            settleAlarms()
        }
        evaluateMatrix()
    }
}
