import HardwareInterface
import WardenMessages

/// What must hold at every moment of a board's life, whatever is wrong with it. This file is the whole list.
struct Invariants {
    // MARK: Times

    /// Smoke or water that stays must be an alarm or a trouble within this: verification 5 s, two looks of the probes, a
    /// reading that goes stale, and 21 s that a retried bus takes.
    static func detectionTime(interval: Int) -> Interval {
        .seconds(Int64(26 + 2 * interval + SoakBoard.staleAfter(interval: interval)))
    }
    /// Somebody who lies below the radar must be an alarm or a trouble within this: the radar's word every 10 s,
    /// confirmation 15 s, and 60 s after which a silent module is missing.
    static let fallDetectionTime = Interval.seconds(90)
    /// When everything that was wrong has ended, and the caretaker has reset what waits for a person, everything must be
    /// normal within this.
    static let recoveryTime = Interval.minutes(10)
    /// An alarm that was durable when the power went is there again within this after the start.
    static let restoreTime = Interval.seconds(2)

    /// A broken promise.
    struct Violation: Error, Equatable {
        var invariant: String
        var at: Instant
        var detail: String
    }

    // MARK: No unlock without a recorded cause

    /// A lock that was released must have been so for a reason that the journal was given in the same turn.
    static func everyReleaseHasACause(_ seen: WhatWasSeen, _ world: World) -> Violation? {
        for change in seen.lineChanges {
            guard let door = world.doors.firstIndex(where: { $0.lock == change.line }), !change.isActive else {
                continue
            }
            let hasCause = seen.events.contains { isCause($0, ofDoor: door) }
            // What is demanded of a line that was gone is done when it is back.
            if hasCause || seen.restored || seen.linesReturned.contains(change.line.value) { continue }
            return Violation(
                invariant: "no unlock without a recorded cause", at: world.now,
                detail: "\(world.doors[door].name) was released and no event of this turn says why")
        }
        return nil
    }

    private static func isCause(_ event: Event, ofDoor door: Int) -> Bool {
        switch event.body {
        case .access(let decision)?: Int(decision.door) == door && decision.granted
        case .door(let change)?:
            Int(change.door) == door
                && (change.kind == .released || change.kind == .fireReleased || change.kind == .modeChanged)
        default: false
        }
    }

    // MARK: In fire every egress door is released

    /// From the turn in which a fire detector is in alarm until a person resets it, every egress door is released.
    static func fireReleasesEgress(_ world: World) -> Violation? {
        guard world.isFire else { return nil }
        for door in world.doors where door.isEgress && world.isAvailable(door.lock) && world.isActive(door.lock) {
            return Violation(
                invariant: "in fire every egress door is released within one turn", at: world.now,
                detail: "\(door.name) is locked")
        }
        return nil
    }

    // MARK: A danger is an alarm or a trouble

    /// What has been dangerous for longer than detection takes shows as alarm or as trouble of its detector; a detector that
    /// was in trouble needs the same time again once it sees.
    static func dangerIsSeen(_ world: World) -> Violation? {
        for danger in world.dangers {
            guard let since = danger.since,
                world.now - max(since, world.startedAt, danger.troubledAt) > danger.detectionTime,
                let status = world.detector(danger.detector)
            else { continue }
            if isAlarm(status.state) || isTrouble(status) { continue }
            return Violation(
                invariant: "a danger beyond its time raises its alarm or its trouble", at: world.now,
                detail: "\(danger.detector) is \(status.state) although it should have seen it since \(since)")
        }
        return nil
    }

    static func isTrouble(_ status: DetectorStatus) -> Bool { status.state == .trouble || status.trouble != 0 }

    static func isAlarm(_ state: AlarmState) -> Bool {
        switch state {
        case .alarm, .acknowledged, .silenced, .restored: true
        case .normal, .preAlarm, .trouble, .bypassed, .underTest, .unrecognised: false
        }
    }

    // MARK: What was recorded plays again

    /// A board that is told again what it was told, from the oldest key frame that its recorder's ring holds, decides the
    /// same, byte for byte, and knows the same at every key frame on its way.
    static func recordingPlaysAgain(_ difference: String?, _ world: World) -> Violation? {
        difference.map {
            Violation(invariant: "what was recorded is decided again when it is played", at: world.now, detail: $0)
        }
    }

    // MARK: Nothing durable is lost

    /// After a restart a reader is handed, in order and unchanged, every event that was durable and that it had not
    /// acknowledged; and no number names two events.
    static func nothingDurableIsLost(
        promised: [UInt64: UInt64], acknowledged: UInt64, read: [(sequence: UInt64, digest: UInt64)], _ world: World
    ) -> Violation? {
        func violation(_ detail: String) -> Violation {
            Violation(invariant: "no durable event is lost, changed or invented", at: world.now, detail: detail)
        }
        var found: [UInt64: UInt64] = [:]
        for event in read {
            if found[event.sequence] != nil { return violation("event \(event.sequence) is there twice") }
            found[event.sequence] = event.digest
        }
        for (sequence, digest) in promised where sequence > acknowledged {
            guard let now = found[sequence] else { return violation("event \(sequence) is gone") }
            guard now == digest else { return violation("event \(sequence) reads differently") }
        }
        if read.map(\.sequence) != read.map(\.sequence).sorted() { return violation("events are out of order") }
        return nil
    }

    /// An alarm that was durable, and not reset, is there again after a restart.
    static func alarmsOutliveRestarts(_ before: [String], _ world: World) -> Violation? {
        for name in before {
            guard let status = world.detector(name), !isAlarm(status.state) else { continue }
            return Violation(
                invariant: "an alarm ends by a person's reset only, restarts or not", at: world.now,
                detail: "\(name) is \(status.state)")
        }
        return nil
    }

    // MARK: Everything returns to normal by itself

    /// With nothing wrong for `recoveryTime`: no trouble, no alarm, doors locked, siren silent, valve open, every point
    /// measured, the journal healthy and everything durable.
    static func everythingIsNormal(_ world: World) -> Violation? {
        func violation(_ detail: String) -> Violation {
            Violation(
                invariant: "after faults end everything returns to normal by itself", at: world.now, detail: detail)
        }
        let status = world.boardStatus
        if status.troubles != 0 { return violation("\(status.troubles) troubles are active: \(world.activeTroubles)") }
        if status.alarms != 0 { return violation("\(status.alarms) alarms are active") }
        for door in world.doors where !world.isActive(door.lock) { return violation("\(door.name) is not locked") }
        for name in ["siren", "valve", "call"] where world.isActive(world.line(name)) {
            return violation("\(name) is on")
        }
        for point in world.points where point.quality != 0 {
            return violation("point \(world.name(ofPoint: point)) has quality \(point.quality)")
        }
        if !world.isJournalAtRest { return violation("events are volatile: \(world.journalStatus)") }
        return nil
    }
}
