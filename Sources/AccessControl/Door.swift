import FixedMemory
import HardwareInterface

/// Why a lock is released. A higher one beats all lower ones.
public enum ReleaseCause: UInt8, Comparable, Sendable, BitwiseCopyable, CaseIterable {
    /// Locked.
    case none = 0
    /// The door is free at this time.
    case free = 1
    /// Somebody was let through a moment ago.
    case passage = 2
    /// The emergency call point at the door.
    case emergencyExit = 3
    /// Fire. Lockdown, schedule, interlock, anti-passback, clock and journal have no say.
    case fire = 4

    @inlinable
    public static func < (left: ReleaseCause, right: ReleaseCause) -> Bool { left.rawValue < right.rawValue }

    /// The one rule from which every lock takes its state.
    ///
    /// - Parameters:
    ///   - fire: the door is released for a fire.
    ///   - emergencyExit: the call point at the door is operated.
    ///   - passage: an unlock time is running.
    ///   - isFree: the mode is free, or first-card with its first card seen.
    ///   - lockdown: the door is in lockdown.
    ///   - interlockAllows: no other door of the interlock is open or released.
    @inlinable
    public static func resolve(
        fire: Bool, emergencyExit: Bool, passage: Bool, isFree: Bool, lockdown: Bool, interlockAllows: Bool
    ) -> ReleaseCause {
        if fire { return .fire }
        if emergencyExit { return .emergencyExit }
        if passage { return .passage }
        if isFree, !lockdown, interlockAllows { return .free }
        return .none
    }
}

/// Where a door's leaf is.
public enum DoorPosition: UInt8, Sendable, BitwiseCopyable {
    /// There is no contact.
    case notMonitored = 0
    /// The contact has not been read since the start.
    case unread = 1
    case closed = 2
    case open = 3
    /// The contact is faulty.
    case unknown = 4
}

/// What is wrong, or going wrong, with a door that is open.
public enum DoorAlarm: UInt8, Sendable, BitwiseCopyable {
    case none = 0
    /// Opened without release; a request to exit may still explain it.
    case suspected = 1
    case forced = 2
    case heldOpenWarning = 3
    case heldOpen = 4
}

/// One door: the lock, the contact, the request to exit and the times between them.
///
/// A value without pointers: the same code runs on the board, in the tests and in the proof of a configuration, which
/// copies it at will. It knows nothing of credentials; `AccessController` decides who passes and calls `grant`.
public struct Door: Hashable, Sendable, BitwiseCopyable {
    // MARK: What is sensed

    var contact = Debounced<ContactState>(.unread)
    var secondContact = Debounced<ContactState>(.unread)
    var exitRequest = Debounced<Bool>(false)
    var exitIsStuck = false
    var tamperSources: UInt8 = 0

    // MARK: What is commanded

    /// Who may pass at this time.
    public internal(set) var mode: DoorMode
    var isLockdown = false
    var firstCardSeen = false
    var interlockAllowsFree = true
    var fireCauseIsActive = false
    var isFireReleased = false
    var emergencyExitIsActive = false

    // MARK: The unlock time that is running

    var passageIsActive = false
    var passageUntil = Instant.start
    var passageReason = DecisionReason.granted
    var passageRequester = Requester.board
    var passageIsExtended = false
    var passageIncludesSecondLeaf = false
    var passageBegan = Instant.start
    // Opened since the grant.
    var hasOpened = false
    // Passages still allowed by a turnstile.
    var turnsLeft: UInt8 = 0

    // MARK: What follows

    /// Why the lock is released, `.none` where it is locked.
    public internal(set) var cause = ReleaseCause.none
    /// Where the leaf is.
    public internal(set) var position = DoorPosition.unread
    /// What is wrong with the open door.
    public internal(set) var alarm = DoorAlarm.none
    var relockedAt: Instant?
    var exitShuntUntil: Instant?
    var suspectedUntil = Instant.never
    // When the held-open times began to count; `.never` while they do not.
    var heldFrom = Instant.never
    var heldExtra = Interval.zero
    var leafSequenceIsReported = false
    var secondLeafIsReleased = false
    // When a grant that nobody used is given up as unused: not before an opening could still be reported late.
    var unusedAt = Instant.never

    // MARK: For the controller

    // Openings since last asked, to be counted as passages of those who were granted.
    var openings: UInt8 = 0
    // The unlock time ended and nobody had opened.
    var endedUnused = false
    // A request to exit began and awaits its decision.
    var exitWasRequested = false

    public init(_ configuration: DoorConfiguration) {
        mode = configuration.mode
        position = configuration.hasContact ? .unread : .notMonitored
    }

    // MARK: State

    /// Whether people get through.
    public var isReleased: Bool { cause != .none }
    /// Whether the mode leaves the lock released.
    public var isFree: Bool { mode == .free || mode == .firstCard && firstCardSeen }
    /// Whether the release for a fire lasts.
    public var isReleasedForFire: Bool { isFireReleased }
    /// Whether the matrix asks for that release now.
    public var isReleaseDemanded: Bool { fireCauseIsActive }
    /// Whether an interlock may let another door open: this one is locked and known to be closed.
    public var isSecured: Bool {
        // What has just begun to bounce may be an opening already.
        cause == .none && !passageIsActive && position == .closed && contact.seen == .closed
            && (secondContact.seen == .closed || secondContact.seen == .unread)
    }
    /// Whether an emergency has released it, so that no interlock counts.
    public var isReleasedForEmergency: Bool { cause >= .emergencyExit }
    public var isInLockdown: Bool { isLockdown }

    /// What of the state decides about the lock, with a clock that starts now: the base of `DoorProof`.
    ///
    /// Alarms, held-open times and grace only watch the door; no lock depends on them. A running unlock time is running,
    /// however long it still has: the proof lets it end at any moment.
    func essence() -> Door {
        var door = self
        door.contact = Debounced(contact.settled)
        door.secondContact = Debounced(secondContact.settled)
        door.exitRequest = Debounced(exitRequest.settled)
        door.alarm = .none
        door.relockedAt = nil
        door.exitShuntUntil = nil
        door.suspectedUntil = .never
        door.heldFrom = .never
        door.heldExtra = .zero
        door.unusedAt = .never
        door.leafSequenceIsReported = false
        door.openings = 0
        door.endedUnused = false
        door.passageRequester = .board
        door.passageBegan = .start
        if passageIsActive {
            door.passageUntil = Door.laterInProof
            door.turnsLeft = min(turnsLeft, 2)
        } else {
            door.passageUntil = .start
            door.passageReason = .granted
            door.passageIsExtended = false
            door.passageIncludesSecondLeaf = false
            door.hasOpened = false
            door.turnsLeft = 0
        }
        return door
    }

    // Some moment after the one that the proof stands at.
    private static var laterInProof: Instant { Instant(nanoseconds: 1) }

    /// For the proof: the unlock time ends now.
    mutating func endUnlockTime() { passageUntil = .start }

    /// For the proof: the second leaf's delay ends now.
    mutating func endSecondLeafDelay(_ configuration: DoorConfiguration) {
        passageBegan = .start - configuration.timings.secondLeafDelay
    }

    /// For the proof: the request to exit has been active for too long.
    mutating func endExitPatience(_ configuration: DoorConfiguration) {
        exitRequest.date(to: .start - configuration.timings.exitStuck)
    }

    /// The next moment at which something happens by itself.
    public func deadline(_ configuration: DoorConfiguration) -> Instant {
        let times = configuration.timings
        var next = Instant.never
        next = min(next, contact.deadline(debounce(contact, times)))
        next = min(next, secondContact.deadline(debounce(secondContact, times)))
        next = min(next, exitRequest.deadline(times.exitDebounce))
        if passageIsActive, !exitHolds(configuration) { next = min(next, passageUntil) }
        if alarm == .suspected { next = min(next, suspectedUntil) }
        if secondLeafIsDue(configuration) { next = min(next, passageBegan + times.secondLeafDelay) }
        next = min(next, unusedAt)
        if heldFrom != .never {
            if alarm == .none, times.heldOpenWarning > .zero {
                next = min(next, heldFrom + times.heldOpenWarning + heldExtra)
            }
            if alarm == .none || alarm == .heldOpenWarning, times.heldOpenAlarm > .zero {
                next = min(next, heldFrom + times.heldOpenAlarm + heldExtra)
            }
        }
        if exitRequest.settled, !exitIsStuck, times.exitStuck > .zero {
            next = min(next, exitRequest.since + times.exitStuck)
        }
        return next
    }

    // The first reading after the start counts at once: there is nothing that it could be a bounce of.
    private func debounce(_ input: Debounced<ContactState>, _ times: DoorTimings) -> Interval {
        input.settled == .unread ? .zero : times.contactDebounce
    }

    private func exitHolds(_ configuration: DoorConfiguration) -> Bool {
        configuration.exitHoldsRelease && passageReason == .requestToExit && exitRequest.settled && !exitIsStuck
    }

    // MARK: Inputs

    mutating func senseContact(_ state: ContactState, isSecondLeaf: Bool, at moment: Instant) {
        if isSecondLeaf { secondContact.sense(state, at: moment) } else { contact.sense(state, at: moment) }
    }

    mutating func senseExitRequest(_ isActive: Bool, at moment: Instant) {
        exitRequest.sense(isActive, at: moment)
    }

    mutating func setFireCause(_ isActive: Bool, _ configuration: DoorConfiguration) {
        fireCauseIsActive = isActive
        if isActive {
            isFireReleased = true
        } else if configuration.fireReset == .withCause {
            isFireReleased = false
        }
    }

    /// Ends the release for a fire.
    ///
    /// - Returns: `.commanded`, `.fireCauseActive` if the cause is still there, `.alreadySo` if there is no release.
    mutating func resetFire() -> DecisionReason {
        guard isFireReleased else { return .alreadySo }
        guard !fireCauseIsActive else { return .fireCauseActive }
        isFireReleased = false
        return .commanded
    }

    /// - Parameter sparesExit: who is on the way out by a request to exit goes on.
    mutating func setLockdown(_ isActive: Bool, sparesExit: Bool = false) {
        isLockdown = isActive
        if isActive, !sparesExit || passageReason != .requestToExit {
            if passageIsActive, !hasOpened, position != .notMonitored, passageReason != .requestToExit {
                endedUnused = true
            }
            passageIsActive = false
        }
    }

    mutating func setMode(_ newMode: DoorMode) {
        if newMode != mode { firstCardSeen = false }
        mode = newMode
    }

    /// Starts an unlock time, or prolongs the one that is running.
    mutating func grant(
        _ reason: DecisionReason, by requester: Requester, isExtended: Bool, at now: Instant,
        _ configuration: DoorConfiguration
    ) {
        let times = configuration.timings
        let length =
            reason == .requestToExit ? times.exitUnlock : isExtended ? times.extendedUnlock : times.unlock
        if !passageIsActive {
            passageIsActive = true
            passageUntil = now + length
            passageReason = reason
            passageRequester = requester
            passageIsExtended = isExtended
            passageIncludesSecondLeaf = isExtended || !configuration.secondLeafForExtendedOnly
            passageBegan = now
            turnsLeft = 1
            if unusedAt != .never {
                unusedAt = .never
                endedUnused = true
            }
        } else {
            passageUntil = max(passageUntil, now + length)
            if passageReason == .requestToExit {
                passageReason = reason
                passageRequester = requester
            }
            passageIsExtended = passageIsExtended || isExtended
            passageIncludesSecondLeaf =
                passageIncludesSecondLeaf || isExtended || !configuration.secondLeafForExtendedOnly
            turnsLeft = turnsLeft == .max ? .max : turnsLeft + 1
        }
        // The one who asked last is still to come: the closing behind the one before must not lock. Through a door that
        // stands open they go at once.
        hasOpened = position == .open
        if hasOpened { openings = openings == .max ? .max : openings + 1 }
        // A person with a right who finds the door open may take the time anew; a motion sensor may not, or it would
        // hide a wedged door for ever.
        if reason != .requestToExit, position == .open, heldFrom != .never {
            heldFrom = now
            heldExtra = isExtended ? times.extendedHeldOpen : .zero
        }
    }

    mutating func endPassage(at now: Instant, _ configuration: DoorConfiguration) {
        guard passageIsActive else { return }
        passageIsActive = false
        let isUnused = !hasOpened || configuration.kind == .turnstile && turnsLeft > 0
        if isUnused, position != .notMonitored, passageReason != .requestToExit {
            // An opening in the last moment is still being debounced, or falls into the grace after the relock.
            unusedAt = now + max(configuration.timings.relockGrace, configuration.timings.contactDebounce)
        }
    }

    func secondLeafIsDue(_ configuration: DoorConfiguration) -> Bool {
        configuration.kind == .twoLeaf && cause == .passage && passageIncludesSecondLeaf && !secondLeafIsReleased
    }

    // MARK: Time

    /// Lets everything that is due happen, in the order in which it became due, up to `now`.
    mutating func advance(
        to now: Instant, _ configuration: DoorConfiguration, door: DoorIndex, into output: inout AccessOutput
    ) {
        while true {
            let due = deadline(configuration)
            guard due <= now else { break }
            step(at: due, configuration, door: door, into: &output)
        }
        step(at: now, configuration, door: door, into: &output)
    }

    // One moment: inputs that count now, times that end now, and what follows from both.
    private mutating func step(
        at now: Instant, _ configuration: DoorConfiguration, door: DoorIndex, into output: inout AccessOutput
    ) {
        let times = configuration.timings
        settleExitRequest(at: now, configuration, door: door, into: &output)

        if passageIsActive, now >= passageUntil, !exitHolds(configuration) {
            endPassage(at: now, configuration)
        }
        resolve(at: now, configuration, door: door, into: &output)

        let window = debounce(contact, times)
        let secondWindow = debounce(secondContact, times)
        let contactChanged = contact.settle(at: now, window: window)
        let secondChanged = secondContact.settle(at: now, window: secondWindow)
        if contactChanged || secondChanged {
            moved(
                at: now, effective: contactChanged ? contact.since : secondContact.since, configuration, door: door,
                into: &output)
            resolve(at: now, configuration, door: door, into: &output)
        }
        if alarm == .suspected, now >= suspectedUntil {
            alarm = .forced
            output.record(AccessEvent(.forced, at: now, door: door))
        }
        watchHeldOpen(at: now, configuration, door: door, into: &output)
        if now >= unusedAt {
            unusedAt = .never
            endedUnused = true
        }
        releaseSecondLeaf(at: now, configuration)
    }

    // The second leaf follows the first a little later, so that the leaves do not jam; in an emergency at once.
    private mutating func releaseSecondLeaf(at now: Instant, _ configuration: DoorConfiguration) {
        guard configuration.kind == .twoLeaf else { return }
        switch cause {
        case .none: secondLeafIsReleased = false
        case .fire, .emergencyExit, .free: secondLeafIsReleased = true
        case .passage:
            secondLeafIsReleased =
                passageIncludesSecondLeaf && now >= passageBegan + configuration.timings.secondLeafDelay
        }
    }

    private mutating func settleExitRequest(
        at now: Instant, _ configuration: DoorConfiguration, door: DoorIndex, into output: inout AccessOutput
    ) {
        let times = configuration.timings
        if exitRequest.settle(at: now, window: times.exitDebounce) {
            if exitRequest.settled {
                exitWasRequested = true
            } else if exitIsStuck {
                exitIsStuck = false
                output.record(AccessEvent(.exitRequestRestored, at: now, door: door, requester: Requester(.button)))
            } else if configuration.exitHoldsRelease, passageIsActive, passageReason == .requestToExit {
                passageUntil = max(passageUntil, now + times.exitUnlock)
            }
        }
        if exitRequest.settled, !exitIsStuck {
            if times.exitStuck > .zero, now >= exitRequest.since + times.exitStuck {
                exitIsStuck = true
                output.record(AccessEvent(.exitRequestStuck, at: now, door: door, requester: Requester(.button)))
            } else {
                exitShuntUntil = now + times.exitShunt
                explainOpening(at: now, waited: times.exitRace, door: door, into: &output)
            }
        }
    }

    // The request to exit that came a moment after the opening that it belongs to.
    private mutating func explainOpening(
        at now: Instant, waited: Interval, door: DoorIndex, into output: inout AccessOutput
    ) {
        guard alarm == .suspected else { return }
        alarm = .none
        // When it opened: the wait for this request began then.
        heldFrom = suspectedUntil - waited
        heldExtra = .zero
        openings = openings == .max ? .max : openings + 1
        output.record(
            AccessEvent(
                .opened, at: now, door: door, side: .exit, reason: .requestToExit, requester: Requester(.button)))
    }

    private mutating func resolve(
        at now: Instant, _ configuration: DoorConfiguration, door: DoorIndex, into output: inout AccessOutput
    ) {
        // An unlock time from before an emergency does not outlive it: meanwhile no interlock was heeded.
        if cause >= .emergencyExit, !isFireReleased, !emergencyExitIsActive { passageIsActive = false }
        let next = ReleaseCause.resolve(
            fire: isFireReleased, emergencyExit: emergencyExitIsActive, passage: passageIsActive, isFree: isFree,
            lockdown: isLockdown, interlockAllows: interlockAllowsFree)
        guard next != cause else { return }
        let before = cause
        cause = next
        if next == .none {
            relockedAt = now
            output.record(AccessEvent(.locked, at: now, door: door, requester: .board))
        } else {
            output.record(
                AccessEvent(
                    .released, at: now, door: door, reason: releaseReason(next), requester: releaseRequester(next)))
        }
        // While everybody may pass, an open door is no alarm; afterwards its time begins anew.
        let wasExempt = isExempt(before)
        let isExemptNow = isExempt(next)
        if !wasExempt, isExemptNow {
            heldFrom = .never
            if alarm == .heldOpen || alarm == .heldOpenWarning {
                alarm = .none
                output.record(AccessEvent(.heldOpenEnded, at: now, door: door, reason: releaseReason(next)))
            } else if alarm == .suspected {
                alarm = .none
                output.record(
                    AccessEvent(
                        .opened, at: now, door: door, reason: releaseReason(next), requester: releaseRequester(next)))
            }
        } else if wasExempt, !isExemptNow, position == .open, alarm != .forced {
            heldFrom = now
            heldExtra = .zero
        }
    }

    private func isExempt(_ cause: ReleaseCause) -> Bool { cause != .none && cause != .passage }

    private func releaseReason(_ cause: ReleaseCause) -> DecisionReason {
        switch cause {
        case .none, .passage: passageReason
        case .free: .doorFree
        case .emergencyExit: .emergencyExit
        case .fire: .fireRelease
        }
    }

    private func releaseRequester(_ cause: ReleaseCause) -> Requester {
        switch cause {
        case .passage: passageRequester
        case .emergencyExit: Requester(.button)
        case .fire: Requester(.fire)
        case .none, .free: .board
        }
    }

    private func sensedPosition(_ configuration: DoorConfiguration) -> DoorPosition {
        guard configuration.hasContact else { return .notMonitored }
        let second = configuration.kind == .twoLeaf ? secondContact.settled : .closed
        if contact.settled == .open || second == .open { return .open }
        if contact.settled.isFault || second.isFault { return .unknown }
        if contact.settled == .unread || second == .unread { return .unread }
        return .closed
    }

    private mutating func moved(
        at now: Instant, effective: Instant, _ configuration: DoorConfiguration, door: DoorIndex,
        into output: inout AccessOutput
    ) {
        reportLeafSequence(at: now, configuration, door: door, into: &output)
        let before = position
        let after = sensedPosition(configuration)
        guard after != before else { return }
        position = after
        if before == .unknown {
            output.record(
                AccessEvent(.contactRestored, at: now, door: door, detail: contact.settled.rawValue))
        }
        switch after {
        case .open:
            if before == .unread {
                // Found open: nobody can say since when, so its time begins now.
                output.record(AccessEvent(.opened, at: now, door: door))
                countHeldOpen(from: now, configuration)
            } else if before != .unknown || alarm == .none || cause != .none {
                // After a fault of the contact an alarm goes on, unless somebody was let through meanwhile.
                opened(at: now, effective: effective, configuration, door: door, into: &output)
            }
        case .closed:
            if before != .unread { closed(at: now, configuration, door: door, into: &output) }
        case .unknown:
            heldFrom = .never
            let detail = contact.settled.isFault ? contact.settled : secondContact.settled
            output.record(AccessEvent(.contactFault, at: now, door: door, detail: detail.rawValue))
            if alarm == .suspected {
                alarm = .forced
                output.record(AccessEvent(.forced, at: now, door: door))
            }
        case .notMonitored, .unread:
            break
        }
    }

    private mutating func reportLeafSequence(
        at now: Instant, _ configuration: DoorConfiguration, door: DoorIndex, into output: inout AccessOutput
    ) {
        guard configuration.kind == .twoLeaf else { return }
        let isWrong = contact.settled == .closed && secondContact.settled == .open
        if isWrong, !leafSequenceIsReported {
            output.record(AccessEvent(.leafSequence, at: now, door: door))
        }
        leafSequenceIsReported = isWrong
    }

    private mutating func countHeldOpen(
        from start: Instant, isExtended: Bool = false, _ configuration: DoorConfiguration
    ) {
        heldFrom = isExempt(cause) ? .never : start
        heldExtra = isExtended ? configuration.timings.extendedHeldOpen : .zero
    }

    private mutating func opened(
        at now: Instant, effective: Instant, _ configuration: DoorConfiguration, door: DoorIndex,
        into output: inout AccessOutput
    ) {
        let times = configuration.timings
        let isInGrace: Bool
        if let relockedAt { isInGrace = effective <= relockedAt + times.relockGrace } else { isInGrace = false }
        let isInShunt: Bool
        if let exitShuntUntil { isInShunt = effective <= exitShuntUntil } else { isInShunt = false }

        if cause != .none || isInGrace {
            openings = openings == .max ? .max : openings + 1
            unusedAt = .never
            output.record(
                AccessEvent(
                    .opened, at: now, door: door, reason: releaseReason(cause), requester: releaseRequester(cause)))
            countHeldOpen(from: effective, isExtended: passageIsExtended, configuration)
            guard passageIsActive else { return }
            hasOpened = true
            if configuration.kind == .turnstile {
                turnsLeft = turnsLeft > 0 ? turnsLeft - 1 : 0
                if turnsLeft == 0 { endPassage(at: now, configuration) }
            } else if configuration.relock == .onOpen {
                endPassage(at: now, configuration)
            }
        } else if isInShunt {
            openings = openings == .max ? .max : openings + 1
            output.record(
                AccessEvent(
                    .opened, at: now, door: door, side: .exit, reason: .requestToExit, requester: Requester(.button)))
            countHeldOpen(from: effective, configuration)
        } else {
            alarm = .suspected
            suspectedUntil = effective + times.exitRace
        }
    }

    private mutating func closed(
        at now: Instant, _ configuration: DoorConfiguration, door: DoorIndex, into output: inout AccessOutput
    ) {
        if alarm == .suspected { output.record(AccessEvent(.forced, at: now, door: door)) }
        alarm = .none
        heldFrom = .never
        output.record(AccessEvent(.closed, at: now, door: door))
        if passageIsActive, hasOpened, configuration.relock == .onClose, configuration.kind != .turnstile {
            passageUntil = min(passageUntil, now + configuration.timings.relockDelay)
            if passageUntil <= now { endPassage(at: now, configuration) }
        }
    }

    private mutating func watchHeldOpen(
        at now: Instant, _ configuration: DoorConfiguration, door: DoorIndex, into output: inout AccessOutput
    ) {
        guard heldFrom != .never else { return }
        let times = configuration.timings
        let warning = heldFrom + times.heldOpenWarning + heldExtra
        let limit = heldFrom + times.heldOpenAlarm + heldExtra
        if alarm == .heldOpen || alarm == .heldOpenWarning, now < (times.heldOpenWarning > .zero ? warning : limit) {
            // A new grant moved the times.
            alarm = .none
            output.record(
                AccessEvent(
                    .heldOpenEnded, at: now, door: door, reason: passageReason, requester: passageRequester))
        }
        if alarm == .none, times.heldOpenWarning > .zero, now >= warning {
            alarm = .heldOpenWarning
            output.record(AccessEvent(.heldOpenWarning, at: now, door: door))
        }
        if alarm == .none || alarm == .heldOpenWarning, times.heldOpenAlarm > .zero, now >= limit {
            alarm = .heldOpen
            output.record(AccessEvent(.heldOpen, at: now, door: door))
        }
    }

    // MARK: Outputs

    /// What the sounder at the door does.
    var sounder: DoorSounder {
        switch alarm {
        case .none, .suspected: .silent
        case .heldOpenWarning: .warning
        case .forced, .heldOpen: .alarm
        }
    }
}

extension ReleaseCause: Carried {}
extension DoorPosition: Carried {}
extension DoorAlarm: Carried {}

extension Door: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&contact)
        state.carry(&secondContact)
        state.carry(&exitRequest)
        state.carry(&exitIsStuck)
        state.carry(&tamperSources)
        state.carry(&mode)
        state.carry(&isLockdown)
        state.carry(&firstCardSeen)
        state.carry(&interlockAllowsFree)
        state.carry(&fireCauseIsActive)
        state.carry(&isFireReleased)
        state.carry(&emergencyExitIsActive)
        state.carry(&passageIsActive)
        state.carry(&passageUntil)
        state.carry(&passageReason)
        state.carry(&passageRequester)
        state.carry(&passageIsExtended)
        state.carry(&passageIncludesSecondLeaf)
        state.carry(&passageBegan)
        state.carry(&hasOpened)
        state.carry(&turnsLeft)
        state.carry(&cause)
        state.carry(&position)
        state.carry(&alarm)
        state.carry(&relockedAt)
        state.carry(&exitShuntUntil)
        state.carry(&suspectedUntil)
        state.carry(&heldFrom)
        state.carry(&heldExtra)
        state.carry(&leafSequenceIsReported)
        state.carry(&secondLeafIsReleased)
        state.carry(&unusedAt)
        state.carry(&openings)
        state.carry(&endedUnused)
        state.carry(&exitWasRequested)
    }
}
