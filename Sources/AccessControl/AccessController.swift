import Cryptography
import FixedMemory
import HardwareInterface

/// How much of everything the access controller holds. All memory is allocated from these when it is made.
public struct AccessCapacities: Equatable, Sendable, BitwiseCopyable {
    /// At most `DoorSet.capacity`.
    public var doors: Int = 8
    public var credentials: Int = 65_536
    /// Combinations of groups and traits among the credentials.
    public var profiles: Int = 1_024
    /// Who may pass which door when: entries for all doors together.
    public var rights: Int = 256
    /// Modes by schedule: entries for all doors together.
    public var modeRules: Int = 64
    /// At most `ScheduleTable.limit`.
    public var schedules: Int = 32
    public var schedulePeriods: Int = 256
    public var holidays: Int = 64
    /// Areas besides the outside, at most 254.
    public var areas: Int = 8
    /// People whose whereabouts are kept.
    public var people: Int = 4_096
    /// Cards whose wrong PINs are counted at the same time.
    public var pinAttempts: Int = 64

    public init() {}

    /// Bytes that a controller of these capacities takes when it is made; it never takes more.
    public var bytes: Int {
        var sum = CredentialTable.bytes(capacity: credentials, profileCapacity: profiles)
        sum += ScheduleTable.bytes(capacity: schedules, periods: schedulePeriods, holidays: holidays)
        sum += PresenceTable.bytes(capacity: people)
        sum += doors * (MemoryLayout<DoorConfiguration>.stride + MemoryLayout<Door>.stride)
        sum += doors * (MemoryLayout<DoorControl>.stride + 2 * MemoryLayout<ReaderState>.stride)
        sum += doors * AccessController.passengersPerDoor * MemoryLayout<Passenger>.stride
        sum += rights * MemoryLayout<LinkedRight>.stride + modeRules * MemoryLayout<DoorModeRule>.stride
        sum += (areas + 1) * MemoryLayout<AreaState>.stride
        sum += max(pinAttempts, 1) * MemoryLayout<PinAttempts.Entry>.stride
        return sum
    }
}

/// Rules of the whole board.
public struct AccessPolicy: Equatable, Sendable, BitwiseCopyable {
    public var guesses = GuessPolicy()
    /// A credential that is limited in time passes while the clock was never set.
    public var admitsTimeLimitedWithoutClock: Bool = false
    /// A PIN whose last digit is one higher than the right one (9 becomes 0) opens and calls for help.
    public var duressByLastDigit: Bool = true
    /// When a fire release is reset, everybody's whereabouts are forgotten: people left without a card.
    public var forgetsPresenceAfterFire: Bool = true

    public init() {}
}

/// Who may pass a door, on which sides and when.
public struct AccessRight: Equatable, Sendable, BitwiseCopyable {
    public var door: DoorIndex
    public var onEntry: Bool
    public var onExit: Bool
    public var groups: GroupSet
    public var schedule: ScheduleIndex
    /// Floors that it allows at a lift, bit n floor n; without meaning elsewhere.
    public var floors: UInt64

    public init(
        door: DoorIndex, onEntry: Bool = true, onExit: Bool = true, groups: GroupSet, schedule: ScheduleIndex = .always,
        floors: UInt64 = .max
    ) {
        self.door = door
        self.onEntry = onEntry
        self.onExit = onExit
        self.groups = groups
        self.schedule = schedule
        self.floors = floors
    }
}

/// A mode that a door has while a schedule is active. Of several active ones the first added counts.
public struct DoorModeRule: Equatable, Sendable, BitwiseCopyable {
    public var door: DoorIndex
    public var schedule: ScheduleIndex
    public var mode: DoorMode

    public init(door: DoorIndex, schedule: ScheduleIndex, mode: DoorMode) {
        self.door = door
        self.schedule = schedule
        self.mode = mode
    }
}

/// What was answered to somebody who asked.
public struct Decision: Equatable, Sendable, BitwiseCopyable {
    public var reason: DecisionReason
    public init(_ reason: DecisionReason) { self.reason = reason }
    @inlinable public var isGranted: Bool { reason.isGranted }
}

/// Decides about the doors of one board.
///
/// Sans input and output: it is told what happened and when, and says what each door's outputs should be. It reads no
/// clock, drives no line and allocates nothing after its tables are filled. The same calls give the same answers.
///
/// Use: make it, `addSchedule`, `addArea`, `addDoor`, `addRight`, `addModeRule`, `addInterlock`; load `credentials`;
/// `restore` what an earlier run kept; `start`. From then on call it with each input, call `advance` when `deadline` has
/// come or the wall clock was set, and after each call drive the lines by `outputs(of:)` and record the output's events.
public struct AccessController: ~Copyable {
    // MARK: Tables

    /// Cards and codes.
    public var credentials: CredentialTable
    /// Week plans and holidays.
    public var schedules: ScheduleTable
    /// Where people are.
    public internal(set) var presence: PresenceTable
    let policy: AccessPolicy
    let hashKey: HashKey

    var configurations: FixedArray<DoorConfiguration>
    var doors: FixedArray<Door>
    var controls: FixedArray<DoorControl>
    var readers: FixedArray<ReaderState>
    var passengers: FixedArray<Passenger>
    var rights: FixedArray<LinkedRight>
    var modeRules: FixedArray<DoorModeRule>
    var areas: FixedArray<AreaState>
    var pinAttempts: PinAttempts

    // MARK: State

    var now: Instant
    var clock: WallClock
    // The moment that `clock` speaks of.
    var clockReadAt: Instant
    /// When `advance` must be called at the latest.
    public internal(set) var deadline: Instant
    /// What came of the PIN or code that the last key ended; `nil` if it ended none.
    public internal(set) var typedResult: TypedResult?
    /// What came of digits when they were typed in the field: while a recording is played back it counts, not the digits,
    /// which are in no recording.
    public var recordedTyping: TypedResult?

    /// Makes a controller without doors.
    ///
    /// - Parameters:
    ///   - capacities: how much it holds; all memory is allocated here.
    ///   - policy: rules of the whole board.
    ///   - zone: local time of the schedules.
    ///   - hashKey: the board's secret for codes and PINs, the same that its credentials were hashed with.
    public init(
        capacities: AccessCapacities, policy: AccessPolicy = AccessPolicy(), zone: TimeZoneRule = .utc, hashKey: HashKey
    ) {
        precondition(capacities.doors >= 0 && capacities.doors <= DoorSet.capacity, "doors are kept in 64 bits")
        precondition(capacities.areas >= 0 && capacities.areas <= 254, "areas are numbered with eight bits")
        credentials = CredentialTable(capacity: capacities.credentials, profileCapacity: capacities.profiles)
        schedules = ScheduleTable(
            capacity: capacities.schedules, periods: capacities.schedulePeriods, holidays: capacities.holidays,
            zone: zone)
        presence = PresenceTable(capacity: capacities.people)
        self.policy = policy
        self.hashKey = hashKey
        configurations = FixedArray(capacity: capacities.doors)
        doors = FixedArray(capacity: capacities.doors)
        controls = FixedArray(capacity: capacities.doors)
        readers = FixedArray(capacity: capacities.doors * 2)
        passengers = FixedArray(capacity: capacities.doors * AccessController.passengersPerDoor)
        rights = FixedArray(capacity: capacities.rights)
        modeRules = FixedArray(capacity: capacities.modeRules)
        areas = FixedArray(capacity: capacities.areas + 1)
        pinAttempts = PinAttempts(capacity: capacities.pinAttempts)
        now = .start
        clock = .unset
        clockReadAt = .start
        deadline = .never
        areas.append(AreaState(configuration: AreaConfiguration()))
    }

    // MARK: Configuration

    /// Adds a door.
    ///
    /// - Returns: its index, or `nil` if there is no room.
    /// - Throws: what contradicts itself in the configuration.
    public mutating func addDoor(
        _ configuration: DoorConfiguration
    ) throws(DoorConfiguration.Fault) -> DoorIndex? {
        if let fault = configuration.fault { throw fault }
        guard Int(configuration.outerArea.value) < areas.count, Int(configuration.innerArea.value) < areas.count else {
            throw .unknownArea
        }
        guard configurations.append(configuration) else { return nil }
        doors.append(Door(configuration))
        controls.append(DoorControl())
        readers.append(ReaderState())
        readers.append(ReaderState())
        for _ in 0..<AccessController.passengersPerDoor { passengers.append(Passenger()) }
        return DoorIndex(UInt8(configurations.count - 1))
    }

    /// Adds an area besides the outside.
    ///
    /// - Returns: its index, or `nil` if there is no room.
    public mutating func addArea(_ configuration: AreaConfiguration) -> AreaIndex? {
        guard areas.append(AreaState(configuration: configuration)) else { return nil }
        return AreaIndex(UInt8(areas.count - 1))
    }

    /// Lets groups pass a door.
    ///
    /// - Returns: `false` if there is no such door or no room.
    public mutating func addRight(_ right: AccessRight) -> Bool {
        guard has(right.door), rights.count < Int(LinkedRight.none) else { return false }
        let index = Int(right.door.value)
        // Chained in front; the order does not matter, all of a door's rights are looked at.
        guard rights.append(LinkedRight(right: right, next: controls[index].firstRight)) else { return false }
        controls[index].firstRight = UInt16(rights.count - 1)
        return true
    }

    /// Gives a door a mode while a schedule is active.
    ///
    /// - Returns: `false` if there is no such door or no room.
    public mutating func addModeRule(_ rule: DoorModeRule) -> Bool {
        guard has(rule.door) else { return false }
        return modeRules.append(rule)
    }

    /// Lets at most one of these doors be open or released at a time (mantrap). A door may be in several interlocks.
    ///
    /// - Returns: `false` if a member does not exist or has no contact: nobody could tell whether it is closed.
    public mutating func addInterlock(_ members: DoorSet) -> Bool {
        for index in 0..<DoorSet.capacity where members.contains(DoorIndex(UInt8(index))) {
            guard index < configurations.count, configurations[index].hasContact else { return false }
        }
        for index in configurations.indices where members.contains(DoorIndex(UInt8(index))) {
            controls[index].interlockedWith = controls[index].interlockedWith.union(
                members.subtracting(DoorSet(DoorIndex(UInt8(index)))))
        }
        return true
    }

    /// Begins to decide. Doors take the modes of the moment; nothing is released that is not free or in fire.
    public mutating func start(at now: Instant, clock: WallClock, into output: inout AccessOutput) {
        setTime(now, clock)
        _ = schedules.evaluate(clock)
        for index in doors.indices { applyMode(index, into: &output, isStart: true) }
        settleAll(into: &output)
    }

    // MARK: Inputs

    /// Somebody presents a card at a reader.
    ///
    /// - Parameter hash: keyed hash of its identifier (`CredentialHashing.card`).
    /// - Returns: the answer, which is also recorded (unless the reader is being tried with card after card).
    @discardableResult
    public mutating func present(
        _ hash: KeyedHash, at door: DoorIndex, _ side: ReaderSide, now: Instant, into output: inout AccessOutput
    ) -> Decision {
        guard has(door) else { return Decision(.unknownDoor) }
        arrive(at: now, door, into: &output)
        let decision = decide(hash, isCode: false, Int(door.value), side, into: &output)
        settle(Int(door.value), into: &output)
        return decision
    }

    /// Somebody presses a key of a keypad.
    ///
    /// - Parameter key: 0 to 9 a digit, 10 (`*`) clears, 11 (`#`) ends.
    /// - Returns: the answer when this key ended a PIN or code; `nil` while more keys are awaited.
    @discardableResult
    public mutating func press(
        _ key: UInt8, at door: DoorIndex, _ side: ReaderSide, now: Instant, into output: inout AccessOutput
    ) -> Decision? {
        guard has(door) else { return Decision(.unknownDoor) }
        arrive(at: now, door, into: &output)
        typedResult = nil
        let decision = takeKey(key, Int(door.value), side, into: &output)
        settle(Int(door.value), into: &output)
        return decision
    }

    /// Somebody typed a whole PIN or code at a reader that collects the digits itself.
    ///
    /// - Parameter digits: values 0 to 9, one to `CredentialHashing.digitLimit` of them.
    @discardableResult
    public mutating func enter(
        _ digits: Span<UInt8>, at door: DoorIndex, _ side: ReaderSide, now: Instant, into output: inout AccessOutput
    ) -> Decision {
        guard has(door) else { return Decision(.unknownDoor) }
        arrive(at: now, door, into: &output)
        let reader = readerIndex(Int(door.value), side)
        readers[reader].digits.removeAll()
        readers[reader].digits.append(digits)
        let decision = takeDigits(Int(door.value), side, into: &output)
        settle(Int(door.value), into: &output)
        return decision
    }

    /// The request to exit of a door (button, handle switch, motion sensor) became active or inactive.
    ///
    /// - Parameter moment: when the line changed; may lie before earlier calls.
    public mutating func requestToExit(
        _ door: DoorIndex, isActive: Bool, at moment: Instant, now: Instant, into output: inout AccessOutput
    ) {
        guard has(door) else { return }
        arrive(at: now, door, into: &output)
        doors[Int(door.value)].senseExitRequest(isActive, at: moment)
        settle(Int(door.value), into: &output)
    }

    /// The contact of a door, or of its second leaf, says something else.
    ///
    /// - Parameter moment: when the line changed; may lie before earlier calls.
    public mutating func contact(
        _ door: DoorIndex, _ state: ContactState, isSecondLeaf: Bool = false, at moment: Instant, now: Instant,
        into output: inout AccessOutput
    ) {
        guard has(door) else { return }
        arrive(at: now, door, into: &output)
        doors[Int(door.value)].senseContact(state, isSecondLeaf: isSecondLeaf, at: moment)
        settle(Int(door.value), into: &output)
    }

    /// A tamper contact of a door's equipment opened or closed.
    public mutating func tamper(
        _ door: DoorIndex, _ source: TamperSource, isActive: Bool, now: Instant, into output: inout AccessOutput
    ) {
        guard has(door) else { return }
        arrive(at: now, door, into: &output)
        let bit = UInt8(1) << source.rawValue
        let index = Int(door.value)
        guard (doors[index].tamperSources & bit != 0) != isActive else { return }
        doors[index].tamperSources ^= bit
        output.record(
            AccessEvent(isActive ? .tamper : .tamperRestored, at: now, door: door, detail: source.rawValue))
        settle(index, into: &output)
    }

    /// Suspends a credential, reports it lost or stolen, or activates it again; at once, and so that it outlives a restart.
    ///
    /// A block after wrong PINs ends with it too.
    /// - Returns: `.done`, or `.notFound` if no credential has this hash.
    @discardableResult
    public mutating func setStatus(
        _ hash: KeyedHash, _ status: CredentialStatus, into output: inout AccessOutput
    ) -> CredentialTable.Outcome {
        let outcome = credentials.setStatus(hash, status)
        guard outcome == .done else { return outcome }
        if status == .active, pinAttempts.forget(hash.low) { output.keep(pinAttempts.kept(hash.low, at: now, nil)) }
        output.keep(.status(hash, status, listVersion: credentials.version))
        return outcome
    }

    // MARK: Time

    /// Lets everything that is due happen: unlock times, held-open times, schedules.
    ///
    /// Call it when `deadline` has come and whenever the wall clock was set or its trust changed; more often does no harm.
    public mutating func advance(to now: Instant, clock: WallClock, into output: inout AccessOutput) {
        setTime(now, clock)
        if schedules.evaluate(clock) {
            for index in doors.indices { applyMode(index, into: &output, isStart: false) }
        }
        credentials.maintain()
        for index in doors.indices {
            expireReader(index, .entry, into: &output)
            expireReader(index, .exit, into: &output)
        }
        settleAll(into: &output)
    }

    // MARK: What follows

    public var doorCount: Int { configurations.count }

    /// The state of a door, for status reports. Traps if there is no such door.
    public func door(_ door: DoorIndex) -> Door { doors[Int(door.value)] }

    /// The configuration of a door. Traps if there is no such door.
    public func configuration(of door: DoorIndex) -> DoorConfiguration { configurations[Int(door.value)] }

    /// What the outputs of a door should be now. Traps if there is no such door.
    public func outputs(of door: DoorIndex) -> DoorOutputs {
        let index = Int(door.value)
        let isReleased = doors[index].isReleased
        let secondIsReleased = doors[index].secondLeafIsReleased
        return DoorOutputs(
            isReleased: isReleased,
            lockRelayIsEnergised: configurations[index].lock.relayIsEnergised(isReleased: isReleased),
            secondLeafIsReleased: secondIsReleased,
            secondLockRelayIsEnergised: configurations[index].kind == .twoLeaf
                && configurations[index].secondLock.relayIsEnergised(isReleased: secondIsReleased),
            floors: floors(index), sounder: doors[index].sounder, entryReader: indication(index, .entry),
            exitReader: indication(index, .exit))
    }

    private func floors(_ index: Int) -> UInt64 {
        guard configurations[index].kind == .lift else { return 0 }
        switch doors[index].cause {
        case .none: return 0
        case .passage: return controls[index].grantedFloors
        // Access control must not stand in the way of the fire brigade's lift.
        case .free, .emergencyExit, .fire: return .max
        }
    }

    private func indication(_ index: Int, _ side: ReaderSide) -> ReaderIndication {
        if doors[index].isReleasedForEmergency { return .emergency }
        let reader = readerIndex(index, side)
        if now < readers[reader].answerUntil { return readers[reader].answer }
        switch readers[reader].waiting {
        case .pin: return .pinWanted
        case .secondPerson, .escort: return .secondCardWanted
        case .nothing: break
        }
        if doors[index].isReleased { return .released }
        return isLockedDown(index, side) || doors[index].mode == .locked ? .closed : .ready
    }

    // MARK: Inner workings

    static var passengersPerDoor: Int { 4 }
    // Leftovers of a replaced credential list are swept in small steps between the work that matters.
    static var maintenanceInterval: Interval { .milliseconds(10) }

    mutating func setTime(_ now: Instant, _ clock: WallClock) {
        self.now = max(self.now, now)
        self.clock = clock
        clockReadAt = self.now
    }

    /// Minutes since 1970 by the wall clock, carried on by the board's own clock since it was last told; `nil` if it was
    /// never set.
    var wallMinute: Int64? {
        guard clock.trust != .unset else { return nil }
        return floorDivide(clock.unixMilliseconds + (now - clockReadAt).milliseconds, 60_000)
    }

    func has(_ door: DoorIndex) -> Bool { Int(door.value) < configurations.count }
    func readerIndex(_ door: Int, _ side: ReaderSide) -> Int { door * 2 + Int(side.rawValue) }

    // What was due before the input happens first.
    private mutating func arrive(at now: Instant, _ door: DoorIndex, into output: inout AccessOutput) {
        self.now = max(self.now, now)
        expireReader(Int(door.value), .entry, into: &output)
        expireReader(Int(door.value), .exit, into: &output)
        settle(Int(door.value), into: &output)
    }

    /// Brings one door up to the present, and those that are interlocked with it.
    mutating func settle(_ index: Int, into output: inout AccessOutput) {
        advanceDoor(index, into: &output)
        if !controls[index].interlockedWith.isEmpty { settleInterlocks(into: &output) }
        updateDeadline()
    }

    mutating func settleAll(into output: inout AccessOutput) {
        for index in doors.indices { advanceDoor(index, into: &output) }
        settleInterlocks(into: &output)
        updateDeadline()
    }

    mutating func advanceDoor(_ index: Int, into output: inout AccessOutput) {
        let door = DoorIndex(UInt8(index))
        heedInterlock(index)
        doors[index].advance(to: now, configurations[index], door: door, into: &output)
        collect(index, into: &output)
        if doors[index].exitWasRequested {
            doors[index].exitWasRequested = false
            decideExit(index, into: &output)
            doors[index].advance(to: now, configurations[index], door: door, into: &output)
            collect(index, into: &output)
        }
    }

    private mutating func updateDeadline() {
        let validity = schedules.validity(clock)
        var next = validity == .endless ? Instant.never : clockReadAt + validity
        if credentials.needsMaintenance { next = now + AccessController.maintenanceInterval }
        for index in doors.indices { next = min(next, doors[index].deadline(configurations[index])) }
        for index in readers.indices { next = min(next, readers[index].deadline(now, policy.guesses)) }
        deadline = next
    }
}

extension AccessController: Carried {
    // Of the credentials it is kept apart what has changed since their list came: see `AccessChange`.
    public mutating func carry(_ state: inout StateCarrier) {
        // Left out: configurations, rights, modeRules: follow from the image.
        // Left out: credentials: a list of their own, which is too large for a key frame.
        // Left out: typedResult, recordedTyping: without meaning between two inputs.
        state.carry(&schedules)
        state.carry(&presence)
        state.carry(&doors)
        state.carry(&controls)
        state.carry(&readers)
        state.carry(&passengers)
        state.carry(&areas)
        state.carry(&pinAttempts)
        state.carry(&now)
        state.carry(&clock)
        state.carry(&clockReadAt)
        state.carry(&deadline)
        if state.direction == .restoring, !areasExist { state.refuse() }
    }

    /// Everybody is in an area that there is.
    private var areasExist: Bool {
        for index in passengers.indices {
            let passenger = passengers[index]
            guard Int(passenger.from.value) < areas.count, Int(passenger.to.value) < areas.count else { return false }
        }
        var position = 0
        while let next = presence.walk(from: position) {
            guard Int(next.presence.area.value) < areas.count else { return false }
            position = next.position
        }
        return true
    }
}
