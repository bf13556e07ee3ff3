import AccessControl
import FixedMemory
import HardwareInterface
import WardenMessages

/// The board image's doors in the words of the access controller, for the runtime and for whoever proves a board file:
/// what is proved of a door is what the board runs.
public enum DoorTranslation {
    /// How a lock is wired.
    ///
    /// - Parameters:
    ///   - door: the door.
    ///   - line: the output of its relay.
    ///   - header: what the whole board has: standby supply, watchdog.
    public static func wiring(
        _ door: WardenMessages.Door, line: WardenMessages.Line, header: BoardHeader
    ) -> LockWiring {
        let kind: AccessControl.LockKind =
            switch door.lockKind {
            case .maglock, .unrecognised: .maglock
            case .strikeFailSecure: .strikeFailSecure
            case .strikeFailSafe: .strikeFailSafe
            }
        return LockWiring(
            kind: kind, relay: door.relay == .normallyClosed ? .normallyClosed : .normallyOpen,
            supply: door.standbySupply ? .standby : .mains, atPowerOn: rest(line.atPowerOn),
            atStart: line.activeAtStart ? .active : .inactive, afterCrash: rest(line.afterCrash),
            atShutdown: rest(line.atExit), isCutByFirePanel: door.cutByFirePanel,
            boardHasStandby: header.standbySupply, hasWatchdog: header.hardwareWatchdog)
    }

    private static func rest(_ exit: LineExit) -> LineRest {
        switch exit {
        case .inactive, .unrecognised: .inactive
        case .active: .active
        case .keep: .keeps
        }
    }

    /// A door's configuration.
    ///
    /// - Parameters:
    ///   - lockLine: the output of its relay.
    ///   - secondLockLine: that of the second leaf, where it has one.
    public static func configuration(
        _ door: WardenMessages.Door, lockLine: WardenMessages.Line, secondLockLine: WardenMessages.Line?,
        header: BoardHeader
    ) -> DoorConfiguration {
        var configuration = DoorConfiguration(lock: wiring(door, line: lockLine, header: header))
        if let secondLockLine { configuration.secondLock = wiring(door, line: secondLockLine, header: header) }
        configuration.kind = AccessControl.DoorKind(rawValue: UInt8(truncatingIfNeeded: door.kind.rawValue)) ?? .single
        configuration.hasContact = door.contactLine != nil || door.supervisedContact != nil
        configuration.timings = timings(door)
        // Without a contact nobody can tell that it opened or closed.
        configuration.relock =
            configuration.hasContact
            ? AccessControl.Relock(rawValue: UInt8(truncatingIfNeeded: door.relock.rawValue)) ?? .afterTime
            : .afterTime
        configuration.exitAction = door.exitShuntsOnly ? .shunt : .release
        configuration.exitHoldsRelease = door.exitHoldsRelease
        configuration.mode = mode(door.mode)
        configuration.isEgress = door.egress
        configuration.mechanicalEgress = door.handle ? .handle : .none
        configuration.fireReset = door.fireEndsWithCause ? .withCause : .byPersonOnceCauseIsGone
        configuration.lockdownHoldsExit = door.lockdownHoldsExit
        configuration.secondLeafForExtendedOnly = door.secondLeafForExtendedOnly
        configuration.needsTwoPersons = door.needsTwoPersons
        configuration.tamperStopsReader = door.tamperStopsReader
        configuration.outerArea = area(door.outerArea)
        configuration.innerArea = area(door.innerArea)
        configuration.pinLength = UInt8(truncatingIfNeeded: door.pinLength)
        return configuration
    }

    private static func timings(_ door: WardenMessages.Door) -> DoorTimings {
        func time(_ milliseconds: UInt32) -> Interval { .milliseconds(Int64(milliseconds)) }
        var timings = DoorTimings()
        timings.unlock = time(door.unlockMs)
        timings.extendedUnlock = time(door.extendedUnlockMs)
        timings.exitUnlock = time(door.exitUnlockMs == 0 ? door.unlockMs : door.exitUnlockMs)
        timings.relockDelay = time(door.relockDelayMs)
        timings.heldOpenWarning = time(door.heldOpenWarningMs)
        timings.heldOpenAlarm = time(door.heldOpenAlarmMs)
        timings.extendedHeldOpen = time(door.extendedHeldOpenMs)
        timings.relockGrace = time(door.relockGraceMs)
        timings.exitRace = time(door.exitRaceMs)
        timings.exitShunt = time(door.exitShuntMs)
        timings.exitStuck = time(door.exitStuckMs)
        timings.contactDebounce = time(door.contactDebounceMs)
        timings.exitDebounce = time(door.exitDebounceMs)
        timings.secondLeafDelay = time(door.secondLeafDelayMs)
        timings.answer = time(door.answerMs)
        if door.pinMs != 0 { timings.pin = time(door.pinMs) }
        if door.secondPersonMs != 0 { timings.secondPerson = time(door.secondPersonMs) }
        return timings
    }

    /// A door's mode; card where this version knows it not.
    public static func mode(_ mode: WardenMessages.DoorMode) -> AccessControl.DoorMode {
        AccessControl.DoorMode(rawValue: UInt8(truncatingIfNeeded: mode.rawValue)) ?? .card
    }

    /// Area 0 is the outside, which no table lists.
    private static func area(_ place: UInt32?) -> AreaIndex {
        place.map { AreaIndex(UInt8(truncatingIfNeeded: $0 + 1)) } ?? .outside
    }

    /// Whether an action releases a door: by its name, or with one of its fire zones.
    ///
    /// - Parameter zones: of the door, one bit each.
    public static func releases(_ action: EffectAction, door: Int, zones: UInt32) -> Bool {
        switch action.action {
        case .releaseDoor(let released)?: Int(released) == door
        case .releaseZone(let zone)?: zone < 32 && zones >> zone & 1 != 0
        case .output?, .shutValve?, .lift?, .lockDownDoor?, .holdOpenDoor?, nil: false
        }
    }

    /// How the board reckons local time.
    public static func zone(_ header: BoardHeader) -> TimeZoneRule {
        let offset = Int16(truncatingIfNeeded: header.utcOffsetMinutes)
        switch header.daylightSaving {
        case .europe where (-60...180).contains(offset): return .europe(standardOffsetMinutes: offset)
        case .northAmerica: return .northAmerica(standardOffsetMinutes: offset)
        case .none, .europe, .unrecognised: return TimeZoneRule(offsetMinutes: offset)
        }
    }

    /// Whether a row of the matrix tells a door of a fire: it releases it for a detector or an input.
    ///
    /// A row that waits for the state of a door alone tells nothing of a fire, nor does what is not the case.
    ///
    /// - Parameters:
    ///   - index: the row's place in the matrix.
    ///   - zones: of the door, one bit each.
    ///   - row: the matrix's row with a place.
    public static func tellsOfFire(
        _ index: Int, door: Int, zones: UInt32, row: (Int) -> WardenMessages.Effect
    ) -> Bool {
        let effect = row(index)
        var releases = false
        for place in effect.actions.indices
        where DoorTranslation.releases(effect.actions[place], door: door, zones: zones) {
            releases = true
        }
        return releases && isSensed(index, row)
    }

    /// Whether a detector or an input is among a row's causes, or among those of the rows that it follows from.
    private static func isSensed(_ index: Int, _ row: (Int) -> WardenMessages.Effect) -> Bool {
        let effect = row(index)
        for place in effect.causes.indices where !effect.causes[place].negated {
            switch effect.causes[place].source {
            case .detector?, .line?: return true
            // Only rows that stand earlier, so that this comes to an end.
            case .effect(let earlier)? where Int(earlier) < index: if isSensed(Int(earlier), row) { return true }
            default: continue
            }
        }
        return false
    }

    // MARK: The rest of access control

    static func area(_ entry: WardenMessages.Area) -> AreaConfiguration {
        let passback: AntiPassback =
            switch entry.antiPassback {
            case .none, .unrecognised: .none
            case .soft: .soft
            case .hard: .hard
            case .timed: .timed(.milliseconds(Int64(entry.passbackMs)))
            }
        return AreaConfiguration(antiPassback: passback, occupancyLimit: UInt16(clamping: entry.occupancyLimit))
    }

    static func policy(_ entry: WardenMessages.AccessPolicy?) -> AccessControl.AccessPolicy {
        var policy = AccessControl.AccessPolicy()
        guard let entry else { return policy }
        policy.admitsTimeLimitedWithoutClock = entry.admitsTimeLimitedWithoutClock
        policy.duressByLastDigit = entry.duressByLastDigit
        policy.forgetsPresenceAfterFire = entry.forgetsPresenceAfterFire
        policy.guesses.unknownCards = UInt16(clamping: entry.unknownCards)
        policy.guesses.unknownCardRefill = .milliseconds(Int64(entry.unknownCardRefillMs))
        policy.guesses.quiet = .milliseconds(Int64(entry.quietMs))
        policy.guesses.wrongCodes = UInt8(clamping: entry.wrongCodes)
        policy.guesses.codeLockout = .milliseconds(Int64(entry.codeLockoutMs))
        policy.guesses.longestCodeLockout = .milliseconds(Int64(entry.longestCodeLockoutMs))
        policy.guesses.wrongPins = UInt8(clamping: entry.wrongPins)
        policy.guesses.pinBlock = entry.pinBlockMs == 0 ? .endless : .milliseconds(Int64(entry.pinBlockMs))
        return policy
    }

    static func credential(_ entry: WardenMessages.Credential) -> AccessControl.Credential {
        AccessControl.Credential(
            holder: entry.holder, groups: GroupSet(bits: entry.groups),
            traits: CredentialTraits(rawValue: UInt16(truncatingIfNeeded: entry.traits)),
            status: AccessControl.CredentialStatus(rawValue: UInt8(truncatingIfNeeded: entry.status.rawValue))
                ?? .suspended,
            validFromMinute: entry.validFrom / 60, validUntilMinute: entry.validUntil / 60,
            usesLeft: entry.usesLeft.map { UInt8(clamping: min($0, 254)) } ?? AccessControl.Credential.unlimitedUses,
            pin: entry.pin.map { PinHash($0) })
    }

    /// What a supervised contact says at a reading of its point; `nil` while the point has not been measured yet.
    static func contact(_ entry: SupervisedContact, isInOhms: Bool, _ reading: Reading) -> ContactState? {
        switch reading.quality {
        case .good, .forced, .outOfRange: break
        case .starting: return nil
        default: return .missing
        }
        let input = SupervisedInput(
            seriesOhms: entry.seriesOhm, acrossOhms: entry.acrossOhm, tolerancePercent: entry.tolerancePercent,
            isOpenWhenDoorClosed: entry.openWhenClosed)
        let ohms =
            isInOhms
            ? UInt32(clamping: reading.value)
            : SupervisedInput.ohms(
                microvolts: reading.value, supplyMicrovolts: Int32(clamping: Int64(entry.supplyMv) * 1_000),
                pullUpOhms: entry.pullUpOhm)
        return input.state(ohms: ohms)
    }
}
