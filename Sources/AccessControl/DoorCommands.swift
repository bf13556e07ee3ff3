import FixedMemory
import HardwareInterface

/// What a person at the console or the platform may command of a door.
public enum DoorCommand: Equatable, Sendable, BitwiseCopyable {
    /// Release for the unlock time.
    case unlock
    /// End a running unlock time and a commanded mode: back to what the schedule says.
    case lock
    /// A mode until `resume` or `lock`.
    case setMode(DoorMode)
    /// Back to the mode that the schedule says.
    case resume
    /// Only emergencies, requests to exit and those with the trait `lockdownPass`.
    case lockdown
    case endLockdown
    /// End the release for a fire (`FireReset`).
    case resetFire
}

/// What the cause-and-effect matrix may order of a door besides its release for a fire.
public enum DoorOrder: UInt8, Sendable, BitwiseCopyable {
    /// The door is as people and schedules have it.
    case none = 0
    /// Locked from outside as in lockdown. Nobody decided it on the spot, so it keeps nobody in: requests to exit and the
    /// readers of the exit side go on as without it, whatever `lockdownHoldsExit` says.
    case lockDown = 1
    /// Free whatever its mode, so that it can stand open; lockdown, commanded by a person, beats it.
    case holdOpen = 2
}

extension DoorOrder: Carried {}

/// Commands, requests to exit and emergencies. They take the same decisions as a card, with the same reasons.
extension AccessController {
    /// Carries out a command of somebody whose right to give it has been checked.
    ///
    /// - Returns: `.commanded`, or why not: `.unknownDoor`, `.lockdown`, `.interlock`, `.alreadySo`, `.fireCauseActive`;
    ///   `.fireRelease` or `.emergencyExit` where the door is released anyway; `.fireActive` for a lock in a fire. The end
    ///   of a lockdown that the matrix orders is refused with `.lockdown`.
    @discardableResult
    public mutating func command(
        _ command: DoorCommand, _ door: DoorIndex, by requester: Requester, now: Instant,
        into output: inout AccessOutput
    ) -> Decision {
        guard has(door) else { return Decision(.unknownDoor) }
        let index = Int(door.value)
        self.now = max(self.now, now)
        settle(index, into: &output)
        let reason = decide(command, index, by: requester)
        output.record(AccessEvent(.decision, at: self.now, door: door, reason: reason, requester: requester))
        if reason == .commanded { carryOut(command, index, by: requester, into: &output) }
        settleAll(into: &output)
        return Decision(reason)
    }

    private func decide(_ command: DoorCommand, _ index: Int, by requester: Requester) -> DecisionReason {
        switch command {
        case .unlock:
            if doors[index].cause == .fire { return .fireRelease }
            if doors[index].cause == .emergencyExit { return .emergencyExit }
            if doors[index].isLockdown { return .lockdown }
            if doors[index].cause == .free { return .doorFree }
            return interlockPermits(index) ? .commanded : .interlock
        case .lock:
            return doors[index].isReleasedForEmergency ? .fireActive : .commanded
        case .setMode(let mode):
            return controls[index].commandedMode == mode ? .alreadySo : .commanded
        case .resume:
            return controls[index].commandedMode == nil ? .alreadySo : .commanded
        case .lockdown:
            return controls[index].isLockdownCommanded ? .alreadySo : .commanded
        case .endLockdown:
            if controls[index].isLockdownCommanded { return .commanded }
            return doors[index].isLockdown ? .lockdown : .alreadySo
        case .resetFire:
            if !doors[index].isFireReleased { return .alreadySo }
            return doors[index].fireCauseIsActive ? .fireCauseActive : .commanded
        }
    }

    private mutating func carryOut(
        _ command: DoorCommand, _ index: Int, by requester: Requester, into output: inout AccessOutput
    ) {
        switch command {
        case .unlock:
            if configurations[index].kind == .lift { controls[index].grantedFloors = .max }
            doors[index].grant(.commanded, by: requester, isExtended: false, at: now, configurations[index])
        case .lock:
            doors[index].endPassage(at: now, configurations[index])
            setCommandedMode(nil, index, by: requester, into: &output)
        case .setMode(let mode):
            setCommandedMode(mode, index, by: requester, into: &output)
        case .resume:
            setCommandedMode(nil, index, by: requester, into: &output)
        case .lockdown:
            setCommandedLockdown(true, index, by: requester, into: &output)
        case .endLockdown:
            setCommandedLockdown(false, index, by: requester, into: &output)
        case .resetFire:
            endFire(index, by: requester, into: &output)
        }
    }

    // MARK: Lockdown and the orders of the matrix

    private mutating func setCommandedLockdown(
        _ isActive: Bool, _ index: Int, by requester: Requester, into output: inout AccessOutput
    ) {
        controls[index].isLockdownCommanded = isActive
        output.keep(.lockdown(DoorIndex(UInt8(index)), isActive))
        // It ends unlock times, those that one of the matrix spared too.
        if isActive, doors[index].isLockdown { doors[index].setLockdown(true) }
        applyLockdown(index, by: requester, into: &output)
    }

    // Lockdown lasts while a person commanded it or the matrix orders it: neither ends that of the other.
    private mutating func applyLockdown(_ index: Int, by requester: Requester, into output: inout AccessOutput) {
        let isActive = controls[index].isLockdownCommanded || controls[index].order == .lockDown
        guard isActive != doors[index].isLockdown else { return }
        doors[index].setLockdown(isActive, sparesExit: !controls[index].isLockdownCommanded)
        output.record(
            AccessEvent(
                isActive ? .lockdownBegun : .lockdownEnded, at: now, door: DoorIndex(UInt8(index)), reason: .commanded,
                requester: requester))
    }

    /// Whether lockdown keeps people from passing from this side. One that the matrix alone ordered keeps nobody in.
    func isLockedDown(_ index: Int, _ side: ReaderSide) -> Bool {
        doors[index].isLockdown && (side == .entry || controls[index].isLockdownCommanded)
    }

    /// Has a door follow what the matrix orders of it, until it orders something else.
    ///
    /// It is not among what outlives a restart: the matrix keeps what latched, and orders it again.
    ///
    /// - Parameter requester: the row of the matrix.
    public mutating func follow(
        _ order: DoorOrder, _ door: DoorIndex, by requester: Requester, now: Instant, into output: inout AccessOutput
    ) {
        guard has(door), controls[Int(door.value)].order != order else { return }
        let index = Int(door.value)
        self.now = max(self.now, now)
        settle(index, into: &output)
        controls[index].order = order
        controls[index].orderRequester = requester
        applyLockdown(index, by: requester, into: &output)
        applyMode(index, into: &output, isStart: false)
        settleAll(into: &output)
    }

    // MARK: Modes

    private mutating func setCommandedMode(
        _ mode: DoorMode?, _ index: Int, by requester: Requester, into output: inout AccessOutput
    ) {
        if controls[index].commandedMode != mode {
            controls[index].commandedMode = mode
            controls[index].modeRequester = requester
            output.keep(.mode(DoorIndex(UInt8(index)), mode))
        }
        applyMode(index, into: &output, isStart: false)
    }

    /// Gives a door the mode of the moment: free while the matrix holds it open, else the commanded one, else that of the
    /// first active schedule, else its own.
    mutating func applyMode(_ index: Int, into output: inout AccessOutput, isStart: Bool) {
        let door = DoorIndex(UInt8(index))
        var mode = configurations[index].mode
        var requester = Requester.board
        if controls[index].order == .holdOpen {
            mode = .free
            requester = controls[index].orderRequester
        } else if let commanded = controls[index].commandedMode {
            mode = commanded
            requester = controls[index].modeRequester
        } else {
            for rule in modeRules.indices where modeRules[rule].door == door {
                if schedules.isActive(modeRules[rule].schedule) {
                    mode = modeRules[rule].mode
                    requester = Requester(.schedule, index: UInt16(modeRules[rule].schedule.value))
                    break
                }
            }
        }
        guard mode != doors[index].mode || isStart else { return }
        doors[index].setMode(mode)
        output.record(
            AccessEvent(
                .modeChanged, at: now, door: door, reason: .commanded, requester: requester, detail: mode.rawValue))
    }

    // MARK: Request to exit

    mutating func decideExit(_ index: Int, into output: inout AccessOutput) {
        // Where the handle opens by itself there is nothing to decide, and a motion sensor would fill the journal.
        guard configurations[index].exitAction == .release else { return }
        let configuration = configurations[index]
        var reason = DecisionReason.requestToExit
        if doors[index].cause == .fire {
            reason = .fireRelease
        } else if doors[index].cause == .emergencyExit {
            reason = .emergencyExit
        } else if isLockedDown(index, .exit), configuration.lockdownHoldsExit, !configuration.isEgress {
            reason = .lockdown
        } else if !interlockPermits(index) {
            reason = .interlock
        } else if doors[index].cause == .free {
            reason = .doorFree
        }
        output.record(
            AccessEvent(
                .decision, at: now, door: DoorIndex(UInt8(index)), side: .exit, reason: reason,
                requester: Requester(.button)))
        if reason == .requestToExit {
            doors[index].grant(
                .requestToExit, by: Requester(.button), isExtended: false, at: now, configurations[index])
        }
    }

    // MARK: Emergencies

    /// The cause-and-effect matrix asks for the release of doors as in a fire, or no longer does.
    ///
    /// - Parameter requester: the row of the matrix, or who commanded it.
    public mutating func setFire(
        doors set: DoorSet, isActive: Bool, by requester: Requester, now: Instant, into output: inout AccessOutput
    ) {
        self.now = max(self.now, now)
        // Only the doors spoken of are touched: after a restart, what is said of one must not end what another one keeps.
        for index in doors.indices where set.contains(DoorIndex(UInt8(index))) {
            let door = DoorIndex(UInt8(index))
            let wasReleased = doors[index].isFireReleased
            doors[index].setFireCause(isActive, configurations[index])
            guard doors[index].isFireReleased != wasReleased else { continue }
            output.keep(.fire(door, doors[index].isFireReleased))
            output.record(
                AccessEvent(
                    wasReleased ? .fireReset : .fireReleased, at: self.now, door: door, reason: .fireRelease,
                    requester: requester))
            if wasReleased { afterFire(into: &output) }
        }
        settleAll(into: &output)
    }

    /// Ends the release of all doors whose fire cause is gone.
    ///
    /// - Returns: `.commanded` if any was reset; `.fireCauseActive` if none could be; `.alreadySo` if none was released.
    @discardableResult
    public mutating func resetFire(by requester: Requester, now: Instant, into output: inout AccessOutput) -> Decision {
        self.now = max(self.now, now)
        var result = DecisionReason.alreadySo
        for index in doors.indices where doors[index].isFireReleased {
            if doors[index].fireCauseIsActive {
                if result != .commanded { result = .fireCauseActive }
                continue
            }
            result = .commanded
            endFire(index, by: requester, into: &output)
        }
        settleAll(into: &output)
        return Decision(result)
    }

    private mutating func endFire(_ index: Int, by requester: Requester, into output: inout AccessOutput) {
        guard doors[index].resetFire() == .commanded else { return }
        let door = DoorIndex(UInt8(index))
        output.keep(.fire(door, false))
        output.record(AccessEvent(.fireReset, at: now, door: door, reason: .commanded, requester: requester))
        afterFire(into: &output)
    }

    // People left without a card: what the board believes about their whereabouts is no longer true.
    private mutating func afterFire(into output: inout AccessOutput) {
        guard policy.forgetsPresenceAfterFire, areas.count > 1, presence.count > 0 else { return }
        forgetPresence(holder: 0, by: .board, now: now, into: &output)
    }

    /// The emergency call point at a door was operated or put back.
    public mutating func emergencyExit(
        _ door: DoorIndex, isActive: Bool, now: Instant, into output: inout AccessOutput
    ) {
        guard has(door), doors[Int(door.value)].emergencyExitIsActive != isActive else { return }
        self.now = max(self.now, now)
        let index = Int(door.value)
        doors[index].emergencyExitIsActive = isActive
        output.record(
            AccessEvent(
                isActive ? .emergencyExit : .emergencyExitEnded, at: self.now, door: door, side: .exit,
                reason: .emergencyExit, requester: Requester(.button)))
        settleAll(into: &output)
    }

    // MARK: Restart

    /// Has the doors follow what was restored after `start`.
    public mutating func applyRestored(at now: Instant, clock: WallClock, into output: inout AccessOutput) {
        setTime(now, clock)
        for index in doors.indices { applyMode(index, into: &output, isStart: false) }
        settleAll(into: &output)
    }

    /// Brings back what an earlier run kept. Call it after the tables are filled and before `start`; where a board cannot
    /// wait for its store, call it once the store is read and then `applyRestored`.
    ///
    /// After `start`, tell the state of every fire zone, and what the matrix demands, once: a release that was kept ends
    /// only when its cause is told to be gone (`FireReset.withCause`) or a person resets it.
    ///
    /// The first card of a first-card door is not brought back: nobody knows whether its period ended in between.
    ///
    /// - Returns: `false` if the change is about something that is no longer there; it is then ignored.
    @discardableResult
    public mutating func restore(_ change: AccessChange) -> Bool {
        switch change {
        case .usesLeft(let hash, let left, let version):
            guard version == credentials.version else { return false }
            return credentials.setUsesLeft(hash, left) == .done
        case .status(let hash, let status, let version):
            guard version == credentials.version else { return false }
            return credentials.setStatus(hash, status) == .done
        case .presence(let holder, let area, let minute):
            guard Int(area.value) < areas.count else { return false }
            let before = presence.find(holder)?.area
            // How long the board was off is not known for certain, so timed anti-passback begins anew.
            guard presence.put(Presence(holder: holder, area: area, enteredMinute: minute, enteredAt: now)) else {
                return false
            }
            countArea(before, -1)
            countArea(area, 1)
            return true
        case .presenceForgotten(let holder):
            if holder == 0 {
                presence.forgetAll()
                for index in areas.indices { areas[index].occupants = 0 }
            } else {
                countArea(presence.find(holder)?.area, -1)
                presence.forget(holder)
            }
            return true
        case .mode(let door, let mode):
            guard has(door) else { return false }
            controls[Int(door.value)].commandedMode = mode
            return true
        case .lockdown(let door, let isActive):
            guard has(door) else { return false }
            controls[Int(door.value)].isLockdownCommanded = isActive
            doors[Int(door.value)].setLockdown(isActive || controls[Int(door.value)].order == .lockDown)
            return true
        case .fire(let door, let isReleased):
            guard has(door) else { return false }
            // Whether the cause is still there, its input will tell; until then the release stands.
            doors[Int(door.value)].isFireReleased = isReleased
            return true
        case .wrongCodes(let door, let side, let count, let level, let until):
            guard has(door) else { return false }
            readers[readerIndex(Int(door.value), side)].codes.restore(
                count: count, level: level, until: until, at: now, wallMinute, policy.guesses)
            return true
        case .wrongPins(let tag, let count, let until):
            pinAttempts.restore(tag, count: count, until: until, at: now, wallMinute, policy.guesses)
            return true
        }
    }
}
