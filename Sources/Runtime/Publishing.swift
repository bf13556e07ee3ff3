import AccessControl
import BoardImage
import CauseAndEffect
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import LifeSafety
import WardenMessages

// What the rooms report, as events of the schema in the journal.
extension BoardCore {
    /// Kind under which the runtime's events are journalled: the payload is an `Event` without number and time.
    static var eventKind: UInt16 { 1 }

    mutating func publish(_ eventClass: JournalClass, _ body: Event.Body, at moment: Instant) {
        var payload = FixedBytes<192>()
        Event(body: body).encode(into: &payload)
        recordDecision(eventClass, payload.span, at: moment)
        journal.append(
            eventClass, kind: BoardCore.eventKind, payload: payload.span, at: moment, clock: wallClock(at: moment))
    }

    mutating func publish(_ event: AccessEvent) {
        let actor = BoardCore.actor(event.requester, reader: reader(ofDoor: event.door, event.side))
        if event.kind == .decision {
            publish(
                .access,
                .access(
                    AccessDecision(
                        door: UInt32(event.door.value), granted: event.reason.isGranted,
                        reason: UInt32(event.reason.rawValue), actor: actor, credentialTag: event.credentialTag,
                        holder: event.holder)), at: event.at)
            return
        }
        publish(
            BoardCore.eventClass(of: event.kind),
            .door(
                DoorChange(
                    door: UInt32(event.door.value), kind: DoorEventKind(rawValue: Int32(event.kind.rawValue)),
                    reason: UInt32(event.reason.rawValue), actor: actor, detail: UInt32(event.detail),
                    area: UInt32(event.area.value), otherArea: UInt32(event.otherArea.value), count: event.count,
                    credentialTag: event.credentialTag, holder: event.holder, floors: event.floors)), at: event.at)
    }

    /// Forced, held and fire are alarms of a door; faults are troubles; the rest is access.
    private static func eventClass(of kind: AccessEventKind) -> JournalClass {
        switch kind {
        case .forced, .heldOpen, .fireReleased, .duress, .emergencyExit, .guessing: .alarm
        case .contactFault, .contactRestored, .tamper, .tamperRestored, .exitRequestStuck, .exitRequestRestored,
            .presenceTableFull:
            .trouble
        default: .access
        }
    }

    mutating func publish(_ transition: AlarmTransition, by actor: Actor? = nil) {
        publish(
            .alarm,
            .alarm(
                AlarmChange(
                    detector: UInt32(transition.detector.value),
                    from: WardenMessages.AlarmState(rawValue: Int32(transition.from.rawValue)),
                    to: WardenMessages.AlarmState(rawValue: Int32(transition.to.rawValue)), value: transition.value,
                    actor: actor, cause: UInt32(transition.cause.rawValue),
                    trouble: UInt32(transition.trouble.rawValue),
                    condition: transition.to == .underTest
                        ? AlarmCondition(rawValue: Int32(transition.condition.rawValue)) : .normal)),
            at: transition.at)
    }

    /// The first reader on a side of a door; cards name their reader in events.
    private func reader(ofDoor door: DoorIndex, _ side: ReaderSide) -> Int {
        for index in image.readers.indices where self.door(ofReader: index) == door {
            if self.side(ofReader: index) == side { return index }
        }
        return 0
    }

    static func actor(_ requester: Requester, reader: Int) -> Actor? {
        let kind: ActorKind
        var index = UInt32(requester.index)
        switch requester.kind {
        case .board: return nil
        case .credential:
            kind = .card
            index = UInt32(reader)
        case .button: kind = .button
        case .console: kind = .console
        case .link: kind = .link
        case .schedule: kind = .schedule
        case .matrix: kind = .matrix
        case .fire: kind = .fire
        }
        return Actor(kind: kind, index: index, user: requester.user)
    }

    /// What the matrix may ask about a detector.
    func aspects(of transition: AlarmTransition) -> Aspects {
        var aspects: Aspects = []
        switch transition.to {
        case .alarm: aspects = [.alarm, .sounding, .unacknowledged]
        case .acknowledged: aspects = [.alarm, .sounding]
        case .silenced, .restored: aspects = .alarm
        case .preAlarm: aspects = .preAlarm
        case .bypassed: aspects = .bypassed
        case .underTest: aspects = transition.condition == .alarm ? .testActivation : []
        case .normal, .trouble: break
        }
        if transition.trouble != .none { aspects.insert(.trouble) }
        return aspects
    }

    /// What the matrix may ask about a door.
    func aspects(ofDoor index: Int) -> Aspects {
        let door = access.door(DoorIndex(UInt8(index)))
        var aspects: Aspects = []
        if door.position == .open { aspects.insert(.open) }
        if door.position == .unknown { aspects.insert(.trouble) }
        if door.isReleased { aspects.insert(.unlocked) }
        if door.isFree { aspects.insert(.free) }
        if door.isInLockdown { aspects.insert(.lockedDown) }
        if door.cause == .fire || door.cause == .emergencyExit { aspects.insert(.emergency) }
        if door.alarm == .forced { aspects.insert(.forced) }
        if door.alarm == .heldOpen { aspects.insert(.heldOpen) }
        return aspects
    }

    /// A journalled event as the schema has it; `nil` for one that is none of the runtime's.
    func event(from record: JournalEvent) -> Event? {
        guard record.kind == BoardCore.eventKind, var event = try? Event(decoding: record.payload.span) else {
            return nil
        }
        event.sequence = record.sequence
        event.monotonicNs = UInt64(record.at.nanoseconds)
        event.unixMs = record.clock.unixMilliseconds
        event.clockTrust = WardenMessages.ClockTrust(rawValue: Int32(record.clock.trust.rawValue))
        event.class = BoardCore.schemaClass(record.eventClass)
        return event
    }
}
