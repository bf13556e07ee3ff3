import FixedMemory
import HardwareInterface

/// The board's memory of what happened, and of the few values that must outlive a restart.
///
/// Events get a number when they are appended and are handed to named readers in the order of these numbers, each of
/// which acknowledges at its own pace. Classes keep to their own share of memory and medium, so that no flood of one
/// pushes out another; what had to go is reported as a gap.
///
/// Nothing here waits, reads a clock or touches a file. `append` and `read` take bounded time.
public struct EventJournal: ~Copyable {
    private let inPlace = InPlace()
    var rings: FixedArray<RecordRing>
    var readers: FixedArray<Reader>
    var window: FixedArray<WindowEntry>
    let windowCapacity: Int
    var state: StateTable
    var side: MediumSide
    var pendingGaps = PerClass<PendingGap>(repeating: PendingGap())
    /// Civil time of the newest event, for the journal's own.
    var lastClock = WallClock.unset
    /// What is added to a record's place in this opening to make its sequence number.
    var sequenceBase: UInt64 = 0
    /// The place in this opening that the next event gets, from 1.
    var nextPlace: UInt64 = 1

    /// Makes a journal that lives in memory alone.
    public init(capacities: JournalCapacities) {
        self.init(capacities: capacities, side: MediumSide())
    }

    /// Makes a journal with a medium; what the medium holds is found out by carrying out its requests.
    ///
    /// Until `isOpen`, events are numbered provisionally and stay in memory.
    public init(capacities: JournalCapacities, medium configuration: MediumConfiguration) {
        self.init(capacities: capacities, side: MediumSide(capacities: capacities, configuration: configuration))
        sequenceBase = EventSequence.firstProvisional
    }

    private init(capacities: JournalCapacities, side: consuming MediumSide) {
        precondition(capacities.readers >= 1 && capacities.readers <= 32, "number of readers is out of range")
        precondition(
            capacities.readerWindow >= 1 && capacities.readerWindow <= 65_535, "reader window is out of range")
        precondition(
            capacities.stateEntries >= 1 && capacities.stateEntries <= 32_767, "state capacity is out of range")
        self.side = side
        rings = FixedArray(capacity: EventClass.count)
        for index in 0..<EventClass.count { rings.append(RecordRing(byteCapacity: capacities.memoryBytes[index])) }
        readers = FixedArray(repeating: Reader(), count: capacities.readers)
        windowCapacity = capacities.readerWindow
        window = FixedArray(repeating: WindowEntry(), count: capacities.readers * capacities.readerWindow)
        state = StateTable(capacity: capacities.allStateEntries, userCapacity: capacities.stateEntries)
    }

    // MARK: Events

    /// Records an event.
    ///
    /// - Parameters:
    ///   - kind: what kind of event it is, below `JournalKind.first`.
    ///   - payload: at most `JournalEvent.payloadLimit` bytes. Traps beyond.
    ///   - instant: when it happened.
    /// - Returns: its sequence number.
    @discardableResult
    public mutating func append(
        _ eventClass: EventClass, kind: UInt16, payload: Span<UInt8>, at instant: Instant, clock: WallClock
    ) -> UInt64 {
        precondition(payload.count <= JournalEvent.payloadLimit, "an event's payload is too long")
        let place = nextPlace
        nextPlace += 1
        lastClock = clock
        let index = Int(eventClass.rawValue)
        rings[index].append(
            sequence: place, eventClass: eventClass, kind: kind, at: instant, clock: clock, payload: payload)
        if side.isAttached {
            let waiting = side.logs[index].waitingBytes + Record.size(payloadBytes: payload.count)
            side.logs[index].waitingBytes = min(waiting, rings[index].usedBytes)
            // Half of the memory is waiting: better a commit before its time than a loss.
            let isCrowded = 2 * waiting > rings[index].byteCapacity
            side.noteWaiting(urgent: eventClass.isUrgent || isCrowded, at: instant)
        }
        return sequenceBase + place
    }

    /// Whether there is a medium, as against memory alone.
    public var hasMedium: Bool { side.isAttached }

    /// Whether the medium has been read and this opening is on record: sequence numbers are final from now on. A journal
    /// in memory alone is open from the start.
    public var isOpen: Bool { !side.isAttached || side.isOpen }

    /// Every event up to this number is durable, whatever happens to the power; 0 if none is.
    public var durableSequence: UInt64 {
        guard side.isAttached, side.isOpen else { return 0 }
        var durable = lastSequence
        for index in 0..<EventClass.count {
            let ordinal = max(side.logs[index].durableOrdinal, rings[index].firstOrdinal)
            guard ordinal < rings[index].nextOrdinal else { continue }
            durable = min(durable, sequenceBase + Record.sequence(rings[index].record(ordinal)) - 1)
        }
        return durable
    }

    /// How the journal does, as of `now`.
    public func status(at now: Instant) -> JournalStatus {
        var status = side.status
        status.opening = side.opening
        for index in 0..<EventClass.count {
            let durable = max(side.logs[index].durableOrdinal, rings[index].firstOrdinal)
            status.volatileEvents += rings[index].nextOrdinal - min(durable, rings[index].nextOrdinal)
        }
        status.medium = mediumCondition(at: now)
        return status
    }

    private func mediumCondition(at now: Instant) -> MediumCondition {
        guard side.isAttached else { return .none }
        if let refusal = side.refusal { return refusal }
        switch side.lastOutcome {
        case .failed, .missing: return .failing
        case .readOnly: return .readOnly
        case .full: return .full
        case .done: break
        }
        guard side.isOpen else { return .opening }
        let isWaiting = side.commit.phase == .waiting
        return isWaiting && now - side.commit.startedAt >= side.configuration.times.slowLimit ? .slow : .healthy
    }

    /// The number of the newest event; 0 if there has been none.
    public var lastSequence: UInt64 { nextPlace == 1 ? 0 : sequenceBase + nextPlace - 1 }

    /// Fill level of a class in memory: bytes held and events that had to go.
    public func memoryUsage(of eventClass: EventClass) -> Usage {
        let index = Int(eventClass.rawValue)
        return Usage(
            count: rings[index].count, capacity: rings[index].recordCapacity, highWater: rings[index].highWater,
            dropped: rings[index].forgotten)
    }

    // MARK: State

    /// Sets a value that outlives a restart. What is set between two commits is kept or lost together.
    ///
    /// - Returns: `false` if there is no room for a new key; nothing is then changed.
    @discardableResult
    public mutating func setState(
        _ key: StateKey, _ value: StateValue, urgency: StateUrgency = .ordinary, at instant: Instant
    ) -> Bool {
        precondition(key.owner < StateKey.journalOwner, "the key is the journal's own")
        guard let outcome = state.set(key.word, value, isRemoved: false) else { return false }
        if outcome.isChanged { noteStateChange(urgency, at: instant) }
        return true
    }

    /// Removes a value; one that is not there is removed already.
    public mutating func removeState(_ key: StateKey, urgency: StateUrgency = .ordinary, at instant: Instant) {
        precondition(key.owner < StateKey.journalOwner, "the key is the journal's own")
        guard let outcome = state.set(key.word, StateValue(), isRemoved: true), outcome.isChanged else { return }
        noteStateChange(urgency, at: instant)
    }

    mutating func noteStateChange(_ urgency: StateUrgency, at instant: Instant) {
        guard side.isAttached else {
            // Without a medium nothing remembers a removed value.
            while let place = state.takeDirty() { if state.entries[place].isRemoved { state.forget(place) } }
            return
        }
        if urgency == .lazy {
            side.forgetAsking()
            side.lazyDueAt = min(side.lazyDueAt, instant + side.configuration.times.lazyLimit)
        } else {
            side.isStateWaiting = true
            side.noteWaiting(urgent: urgency == .urgent, at: instant)
        }
    }

    /// Whether every value is durable as it is.
    public var isStateDurable: Bool {
        side.isAttached && side.isOpen && state.dirty.count == 0 && side.writtenStateNumber == side.stateNumber
            && !(side.isEnding && side.isAttestationDue)
    }

    /// The value last set, durable or not; `nil` if there is none.
    public func state(_ key: StateKey) -> StateValue? {
        guard let place = state.place(key.word), !state.entries[place].isRemoved else { return nil }
        return state.entries[place].value
    }

    /// How far the value may be believed; `nil` if there is none.
    public func stateTrust(_ key: StateKey) -> StateTrust? {
        guard let place = state.place(key.word), !state.entries[place].isRemoved else { return nil }
        return state.entries[place].trust
    }

    /// Hands every value of one owner to `body`, in no particular order.
    public func forEachState(of owner: UInt16, _ body: (StateKey, StateValue) -> Void) {
        for place in state.entries.indices {
            let entry = state.entries[place]
            let key = StateKey(word: entry.key)
            if key.owner == owner, !entry.isRemoved { body(key, entry.value) }
        }
    }

    /// Fill level of the state store.
    public var stateUsage: Usage {
        Usage(
            count: state.userCount, capacity: state.userCapacity, highWater: state.userHighWater, dropped: state.refused
        )
    }
}
