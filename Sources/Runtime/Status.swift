import AccessControl
import Authority
import BoardImage
import Console
import EventJournal
import FixedMemory
import HardwareInterface
import LifeSafety
import WardenLink
import WardenMessages

/// Version of the software, as people and peers see it.
public enum WardenVersion {
    public static var text: StaticString { "0.1.0" }
}

// How the board stands, in the messages that consoles and links show.
extension BoardCore {
    var boardStatus: BoardStatus {
        let clock = wallClock
        var alarms: UInt32 = 0
        var underTest: UInt32 = 0
        for index in 0..<monitor.count {
            let state = monitor.status(of: DetectorIndex(UInt16(index))).state
            if state.isAlarm { alarms += 1 }
            if state == .underTest { underTest += 1 }
        }
        return BoardStatus(
            name: image.header.name, generation: image.header.generation, uptimeNs: UInt64(now.nanoseconds),
            unixMs: clock.unixMilliseconds,
            clockTrust: WardenMessages.ClockTrust(rawValue: Int32(clock.trust.rawValue)),
            doors: UInt32(image.doors.count), alarms: alarms, troubles: UInt32(troubles.count),
            lastSequence: journal.lastSequence, eventsKept: UInt32(eventUsage.count),
            eventCapacity: UInt32(eventUsage.capacity), credentials: UInt32(access.credentials.count),
            credentialCapacity: UInt32(access.credentials.capacity), turns: turns,
            inputsLost: 0, version: FixedBytes(WardenVersion.text), disablements: disablements, underTest: underTest)
    }

    private var eventUsage: Usage {
        var sum = Usage(capacity: 0)
        for index in 0..<UInt8(JournalClass.count) {
            guard let eventClass = JournalClass(rawValue: index) else { continue }
            let usage = journal.memoryUsage(of: eventClass)
            sum.count += usage.count
            sum.capacity += usage.capacity
        }
        return sum
    }

    func doorStatus(at index: Int) -> DoorStatus? {
        guard index < image.doors.count else { return nil }
        let door = access.door(DoorIndex(UInt8(index)))
        return DoorStatus(
            index: UInt32(index), name: image.doors[index].name, state: BoardCore.state(of: door),
            released: door.isReleased, open: BoardCore.isOpen(door), fire: door.isReleasedForFire)
    }

    private static func isOpen(_ door: AccessControl.Door) -> Bool? {
        switch door.position {
        case .open: true
        case .closed: false
        case .notMonitored, .unread, .unknown: nil
        }
    }

    private static func state(of door: AccessControl.Door) -> DoorState {
        if door.isReleasedForFire { return .fireReleased }
        switch door.alarm {
        case .forced: return .forced
        case .heldOpen: return .heldOpen
        case .heldOpenWarning: return .heldOpenWarning
        case .none, .suspected: break
        }
        switch door.position {
        case .open: return .open
        case .unknown: return .trouble
        case .closed, .notMonitored, .unread: return door.isReleased ? .released : .secured
        }
    }

    func pointStatus(at index: Int) -> PointStatus? {
        guard index < points.count else { return nil }
        let reading = points[index]
        return PointStatus(
            index: UInt32(index), name: image.points[index].name, value: reading.value,
            unit: UInt32(bitPattern: image.points[index].unit.rawValue), quality: UInt32(reading.quality.rawValue),
            ageNs: UInt64(max(0, (now - reading.at).nanoseconds)), offset: points.offset(of: index))
    }

    func detectorStatus(at index: Int) -> WardenMessages.DetectorStatus? {
        guard index < monitor.count else { return nil }
        let status = monitor.status(of: DetectorIndex(UInt16(index)))
        return WardenMessages.DetectorStatus(
            index: UInt32(index), name: image.detectors[index].name,
            state: WardenMessages.AlarmState(rawValue: Int32(status.state.rawValue)),
            trouble: UInt32(status.trouble.rawValue), value: status.value, cause: UInt32(status.cause.rawValue),
            untilNs: status.until == .never ? 0 : UInt64(status.until.nanoseconds),
            testActivations: UInt32(status.testActivations))
    }

    func readerStatus(at index: Int) -> ReaderStatus? {
        guard index < readers.count else { return nil }
        return ReaderStatus(
            index: UInt32(index), name: image.readers[index].name,
            online: readers.isOnline(index), frames: readers.cards(of: index),
            rejected: readers.malformed(of: index), trouble: UInt32(readers.trouble(of: index)))
    }

    func lineStatus(at index: Int) -> LineStatus? {
        guard index < lines.count else { return nil }
        let line = lines[index]
        var left: Int64 = 0
        if let force = line.force { left = max(1, ((force.until - now).milliseconds + 999) / 1_000) }
        return LineStatus(
            index: UInt32(index), name: image.lines[index].name, output: line.isOutput, active: line.level,
            available: line.isAvailable, forcedSeconds: UInt32(clamping: left), forcedBy: line.force?.actor)
    }

    var lastEventSequence: UInt64 { journal.lastSequence }
    var firstEventSequence: UInt64 { journal.nextKept(from: 0) ?? journal.lastSequence + 1 }

    func event(at sequence: UInt64) -> Event? {
        var record = JournalEvent()
        guard journal.find(sequence, into: &record) else { return nil }
        return event(from: record)
    }

    func name(of kind: NamedKind, at index: Int) -> Name? {
        switch kind {
        case .door: index < image.doors.count ? image.doors[index].name : nil
        case .point: index < image.points.count ? image.points[index].name : nil
        case .detector: index < image.detectors.count ? image.detectors[index].name : nil
        case .line: index < image.lines.count ? image.lines[index].name : nil
        case .reader: index < image.readers.count ? image.readers[index].name : nil
        case .sensor: index < image.sensors.count ? image.sensors[index].name : nil
        case .bus: index < image.buses.count ? image.buses[index].name : nil
        case .port: index < image.ports.count ? image.ports[index].name : nil
        case .effect: index < image.effects.count ? image.effects[index].name : nil
        case .lift: index < image.lifts.count ? image.lifts[index].name : nil
        case .consoleUser: index < image.consoleUsers.count ? image.consoleUsers[index].name : nil
        case .group: index < image.groups.count ? image.groups[index].name : nil
        }
    }

    func index(of kind: NamedKind, named name: Span<UInt8>) -> Int? {
        switch kind {
        case .door: image.find(door: name)
        case .point: image.find(point: name)
        case .detector: image.find(detector: name)
        case .line: image.find(line: name)
        case .reader: image.find(reader: name)
        case .sensor: image.find(sensor: name)
        case .bus: image.find(bus: name)
        case .port: image.find(port: name)
        case .effect: image.find(effect: name)
        case .lift: image.find(lift: name)
        case .consoleUser: image.find(consoleUser: name)
        case .group: image.find(group: name)
        }
    }
}

extension BoardCore: BoardNames, LinkSubject {}
