import AccessControl
import BoardImage
import CauseAndEffect
import Console
import Cryptography
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import LifeSafety
import WardenMessages

/// Owners of values in the state store; the numbers are on the medium and never change their meaning.
enum StateOwner {
    /// An alarm that is not reset, by detector.
    static var alarm: UInt16 { 1 }
    /// A commanded mode, a lockdown, a fire release, each by door.
    static var doorMode: UInt16 { 2 }
    static var lockdown: UInt16 { 3 }
    static var fireRelease: UInt16 { 4 }
    /// Where a person is, by holder.
    static var presence: UInt16 { 5 }
    /// Uses left and status of a credential, by part of its keyed hash.
    static var usesLeft: UInt16 { 6 }
    static var credentialStatus: UInt16 { 7 }
    /// A rule of the matrix that latched, by rule.
    static var latch: UInt16 { 8 }
    /// Wrong codes at a reader, by door and side; wrong PINs, by part of the card's keyed hash.
    static var wrongCodes: UInt16 { 9 }
    static var wrongPins: UInt16 { 10 }
    /// What a detector has learned, by detector and piece.
    static var learned: UInt16 { 11 }
    /// The number of the flight recorder's next page.
    static var recorder: UInt16 { 12 }
    /// What was set at a console for the time after a restart.
    static var settings: UInt16 { 13 }
    /// What a technician calibrated, by measured point.
    static var calibration: UInt16 { 14 }
    /// What a technician answered while the board was commissioned, by thing.
    static var testAnswer: UInt16 { 15 }
    /// The owners above whose values decide something after a start; `calibration` besides.
    static var restored: ClosedRange<UInt16> { 1...11 }
}

// What must outlive a restart: written to the journal's state store as it changes, brought back once the store is read.
//
// Values of doors, detectors and rules carry a mark of the name they were kept for, so that a changed board file never
// gives one's state to another.
extension BoardCore {
    /// A number that stands for a name (FNV-1a, 32 bits).
    static func mark(_ name: Name) -> UInt32 {
        var mark: UInt32 = 0x811C_9DC5
        for index in 0..<name.count { mark = (mark ^ UInt32(name[index])) &* 0x0100_0193 }
        return mark
    }

    mutating func store(
        _ owner: UInt16, _ item: UInt32, _ value: StateValue, _ urgency: StateUrgency = .ordinary
    ) {
        // What a recording is played back for is what the board decided, not what it kept.
        guard recording.mode != .replaying else { return }
        let isStored = journal.setState(StateKey(owner: owner, item: item), value, urgency: urgency, at: now)
        if !isStored { noteTrouble(JournalTrouble.stateStoreFull) }
    }

    mutating func forget(_ owner: UInt16, _ item: UInt32) {
        journal.removeState(StateKey(owner: owner, item: item), at: now)
    }

    // MARK: Keeping

    /// Keeps an alarm until it is reset.
    mutating func keep(_ transition: AlarmTransition) {
        let detector = UInt32(transition.detector.value)
        guard transition.to.isAlarm else {
            // Before the store is read, an alarm of an earlier run may lie there that this one does not yet know.
            if isStateRestored { forget(StateOwner.alarm, detector) }
            return
        }
        var value = StateValue()
        value.appendLittleEndian(BoardCore.mark(image.detectors[Int(detector)].name))
        value.append(transition.to.rawValue)
        value.append(transition.cause.rawValue)
        value.appendLittleEndian(UInt32(bitPattern: transition.value))
        store(StateOwner.alarm, detector, value, .urgent)
    }

    /// Keeps what the access controller wants kept, and drops what it has taken back.
    mutating func keep(_ change: AccessChange) {
        switch change {
        case .mode(let door, let mode): keep(change, StateOwner.doorMode, door, isOver: mode == nil)
        case .lockdown(let door, let isActive): keep(change, StateOwner.lockdown, door, isOver: !isActive)
        case .fire(let door, let isReleased): keep(change, StateOwner.fireRelease, door, isOver: !isReleased)
        case .presence(let holder, _, _):
            store(StateOwner.presence, holder, BoardCore.value(of: change, mark: 0))
        case .presenceForgotten(let holder):
            if holder == 0 { forgetEverybody() } else { forget(StateOwner.presence, holder) }
        case .usesLeft(let hash, _, _): keep(change, StateOwner.usesLeft, hash)
        case .status(let hash, _, _): keep(change, StateOwner.credentialStatus, hash)
        case .wrongCodes(let door, let side, let count, let level, let until):
            let item = 2 * UInt32(door.value) + UInt32(side.rawValue)
            if count == 0, level == 0, until == .over {
                forget(StateOwner.wrongCodes, item)
            } else {
                let mark = BoardCore.mark(image.doors[Int(door.value)].name)
                store(StateOwner.wrongCodes, item, BoardCore.value(of: change, mark: mark))
            }
        case .wrongPins(let tag, let count, let until):
            let item = UInt32(truncatingIfNeeded: tag)
            if count == 0, until == .over {
                forget(StateOwner.wrongPins, item)
            } else {
                store(StateOwner.wrongPins, item, BoardCore.value(of: change, mark: 0))
            }
        }
    }

    private mutating func keep(_ change: AccessChange, _ owner: UInt16, _ door: DoorIndex, isOver: Bool) {
        guard Int(door.value) < image.doors.count else { return }
        if isOver {
            forget(owner, UInt32(door.value))
        } else {
            let mark = BoardCore.mark(image.doors[Int(door.value)].name)
            store(owner, UInt32(door.value), BoardCore.value(of: change, mark: mark))
        }
    }

    /// Credentials are many and keys are short: the value holds the whole hash, and what lies under another's key moves
    /// on to the next.
    private mutating func keep(_ change: AccessChange, _ owner: UInt16, _ hash: KeyedHash) {
        let value = BoardCore.value(of: change, mark: 0)
        var item = UInt32(truncatingIfNeeded: hash.low)
        while let stored = journal.state(StateKey(owner: owner, item: item)) {
            guard let other = BoardCore.change(in: stored), BoardCore.hash(of: other) != hash else { break }
            item &+= 1
        }
        store(owner, item, value)
    }

    private mutating func forgetEverybody() {
        var holders = FixedBytes<256>()
        repeat {
            holders.removeAll()
            // A few at a time: what is being looked through must not change meanwhile.
            journal.forEachState(of: StateOwner.presence) { key, _ in
                if holders.count + 4 <= 256 { holders.appendLittleEndian(key.item) }
            }
            for place in stride(from: 0, to: holders.count, by: 4) {
                var holder: UInt32 = 0
                for byte in 0..<4 { holder |= UInt32(holders[place + byte]) << UInt32(8 * byte) }
                forget(StateOwner.presence, holder)
            }
        } while holders.count == 256
    }

    /// Keeps which rules of the matrix have latched.
    mutating func keepLatches() {
        for rule in 0..<matrix.ruleCount where image.effects[rule].latching {
            let isActive = matrix.isActive(rule: rule)
            guard isActive != keptLatches[rule] else { continue }
            keptLatches[rule] = isActive
            if isActive {
                var value = StateValue()
                value.appendLittleEndian(BoardCore.mark(image.effects[rule].name))
                store(StateOwner.latch, UInt32(rule), value)
            } else {
                forget(StateOwner.latch, UInt32(rule))
            }
        }
    }

    /// How often each detector's learning is written down.
    private static var learningInterval: Interval { .minutes(5) }

    /// Writes down what the next detector has learned, a bounded piece of work.
    mutating func keepLearning() {
        guard isStateRestored, now >= learningDueAt else { return }
        let count = max(1, monitor.count)
        learningDueAt =
            now + max(.seconds(1), Interval(nanoseconds: BoardCore.learningInterval.nanoseconds / Int64(count)))
        nextLearner = (nextLearner + 1) % count
        keepLearning(of: nextLearner)
    }

    /// Writes down what every detector has learned; for an orderly end.
    mutating func keepAllLearning() {
        guard isStateRestored else { return }
        for detector in 0..<monitor.count { keepLearning(of: detector) }
    }

    private mutating func keepLearning(of detector: Int) {
        guard journal.hasMedium, detector < monitor.count else { return }
        let mark = BoardCore.mark(image.detectors[detector].name)
        for piece in 0..<LifeSafetyMonitor.learnedPieceLimit {
            guard let learned = monitor.learned(piece, of: DetectorIndex(UInt16(detector))) else { return }
            var value = StateValue()
            value.appendLittleEndian(mark)
            for index in 0..<learned.count { value.append(learned[index]) }
            store(StateOwner.learned, BoardCore.item(detector, piece), value, .lazy)
        }
    }

    private static func item(_ detector: Int, _ piece: Int) -> UInt32 { UInt32(detector) << 8 | UInt32(piece) }

    private mutating func restoreLearning(_ detector: Int) {
        let mark = BoardCore.mark(image.detectors[detector].name)
        for piece in 0..<LifeSafetyMonitor.learnedPieceLimit {
            guard let value = kept(StateOwner.learned, Int(BoardCore.item(detector, piece)), mark) else { continue }
            var learned = LearnedPiece()
            for index in 4..<value.count { learned.append(value[index]) }
            monitor.restore(learned, piece, of: DetectorIndex(UInt16(detector)), at: now)
        }
    }

    // MARK: The flight recorder

    /// Keeps where the recorder's ring goes on, now and then: a restart goes on a little behind.
    mutating func keepRecorderPlace() {
        if let kept = recording.keptNumber, recording.flight.number < kept + BoardRecording.numberStep { return }
        if recording.keptNumber == nil {
            var number: UInt64 = 0
            if let value = journal.state(StateKey(owner: StateOwner.recorder, item: 0)) {
                var reader = ByteReader(value.span)
                number = ((try? reader.littleEndian(UInt64.self)) ?? 0) + 2 * BoardRecording.numberStep
            }
            recording.flight.begin(run: journal.status(at: now).opening, number: number)
        }
        recording.keptNumber = recording.flight.number
        var value = StateValue()
        value.appendLittleEndian(recording.flight.number)
        store(StateOwner.recorder, 0, value, .lazy)
    }

    /// Records what an earlier run kept, which is about to be taken up.
    mutating func recordKept() {
        guard recording.mode == .recording else { return }
        for owner in StateOwner.restored { BoardCore.recordKept(owner, journal, now, &recording) }
        BoardCore.recordKept(StateOwner.calibration, journal, now, &recording)
        record(.restored)
    }

    private static func recordKept(
        _ owner: UInt16, _ journal: borrowing EventJournal, _ now: Instant, _ recording: inout BoardRecording
    ) {
        journal.forEachState(of: owner) { key, value in
            recording.content.removeAll()
            recording.content.appendLittleEndian(key.owner)
            recording.content.appendLittleEndian(key.item)
            for index in 0..<value.count { recording.content.append(value[index]) }
            recording.appendKept(at: now)
        }
    }

    // MARK: Bringing back

    /// Brings back what earlier runs kept. Values that this run has changed meanwhile are its own already.
    mutating func restoreState() {
        isStateRestored = true
        restoreSettings()
        for point in 0..<points.count { restoreCalibration(point) }
        restoreTestAnswers()
        for detector in 0..<monitor.count {
            restoreLearning(detector)
            restoreAlarm(detector)
        }
        for rule in 0..<matrix.ruleCount where image.effects[rule].latching { restoreLatch(rule) }
        for door in image.doors.indices {
            let mark = BoardCore.mark(image.doors[door].name)
            restoreDoor(StateOwner.doorMode, door, mark)
            restoreDoor(StateOwner.lockdown, door, mark)
            restoreDoor(StateOwner.fireRelease, door, mark)
            for side in 0..<2 {
                guard let value = kept(StateOwner.wrongCodes, 2 * door + side, mark),
                    let change = BoardCore.change(in: value)
                else { continue }
                access.restore(change)
            }
        }
        BoardCore.restore(StateOwner.presence, journal, &access)
        BoardCore.restore(StateOwner.usesLeft, journal, &access)
        BoardCore.restore(StateOwner.credentialStatus, journal, &access)
        BoardCore.restore(StateOwner.wrongPins, journal, &access)
        access.applyRestored(at: now, clock: wallClock, into: &accessOutput)
        settleAccess()
        settleAlarms()
        evaluateMatrix()
    }

    /// The value under a key, if it was kept for the thing of this name; drops it if it was not.
    mutating func kept(_ owner: UInt16, _ index: Int, _ mark: UInt32) -> StateValue? {
        guard let value = journal.state(StateKey(owner: owner, item: UInt32(index))) else { return nil }
        guard value.count >= 4, BoardCore.word(value, at: 0) == mark else {
            forget(owner, UInt32(index))
            return nil
        }
        return value
    }

    private mutating func restoreAlarm(_ detector: Int) {
        guard
            let value = kept(StateOwner.alarm, detector, BoardCore.mark(image.detectors[detector].name)),
            value.count == 10, let state = LifeSafety.AlarmState(rawValue: value[4])
        else { return }
        let cause = LifeSafety.AlarmCause(rawValue: value[5]) ?? .none
        monitor.restore(
            DetectorIndex(UInt16(detector)), state, cause: cause,
            value: Int32(bitPattern: BoardCore.word(value, at: 6)), at: now, into: &alarmOutput)
        settleAlarms()
    }

    private mutating func restoreLatch(_ rule: Int) {
        guard kept(StateOwner.latch, rule, BoardCore.mark(image.effects[rule].name)) != nil else { return }
        keptLatches[rule] = true
        matrix.restore(rule: rule, at: now)
    }

    private mutating func restoreDoor(_ owner: UInt16, _ door: Int, _ mark: UInt32) {
        guard let value = kept(owner, door, mark), let change = BoardCore.change(in: value) else { return }
        access.restore(change)
    }

    private static func restore(_ owner: UInt16, _ journal: borrowing EventJournal, _ access: inout AccessController) {
        journal.forEachState(of: owner) { _, value in
            if let change = change(in: value) { access.restore(change) }
        }
    }

    // MARK: Values

    private static func value(of change: AccessChange, mark: UInt32) -> StateValue {
        var record = AccessChange.Record()
        change.encode(into: &record)
        var value = StateValue()
        value.appendLittleEndian(mark)
        for index in 0..<record.count { value.append(record[index]) }
        return value
    }

    private static func change(in value: StateValue) -> AccessChange? { AccessChange(record(in: value)) }

    /// What stands behind the mark of the name.
    static func record(in value: StateValue) -> AccessChange.Record {
        var record = AccessChange.Record()
        for index in stride(from: 4, to: value.count, by: 1) { record.append(value[index]) }
        return record
    }

    private static func hash(of change: AccessChange) -> KeyedHash? {
        switch change {
        case .usesLeft(let hash, _, _), .status(let hash, _, _): hash
        case .presence, .presenceForgotten, .mode, .lockdown, .fire, .wrongCodes, .wrongPins: nil
        }
    }

    static func word(_ value: StateValue, at offset: Int) -> UInt32 {
        var word: UInt32 = 0
        for byte in 0..<4 { word |= UInt32(value[offset + byte]) << UInt32(8 * byte) }
        return word
    }
}
