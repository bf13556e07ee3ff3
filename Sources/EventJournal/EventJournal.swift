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
    var rings: FixedArray<RecordRing>
    var readers: FixedArray<Reader>
    var window: FixedArray<WindowEntry>
    let windowCapacity: Int
    var state: StateTable
    /// What is added to a record's place in this opening to make its sequence number.
    var sequenceBase: UInt64 = 0
    /// The place in this opening that the next event gets, from 1.
    var nextPlace: UInt64 = 1

    /// Makes a journal that lives in memory alone.
    public init(capacities: JournalCapacities) {
        precondition(capacities.readers >= 1 && capacities.readers <= 64, "number of readers is out of range")
        precondition(
            capacities.readerWindow >= 1 && capacities.readerWindow <= 65_535, "reader window is out of range")
        rings = FixedArray(capacity: EventClass.count)
        for index in 0..<EventClass.count { rings.append(RecordRing(byteCapacity: capacities.memoryBytes[index])) }
        readers = FixedArray(repeating: Reader(), count: capacities.readers)
        windowCapacity = capacities.readerWindow
        window = FixedArray(repeating: WindowEntry(), count: capacities.readers * capacities.readerWindow)
        state = StateTable(capacity: capacities.stateEntries)
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
        rings[Int(eventClass.rawValue)].append(
            sequence: place, eventClass: eventClass, kind: kind, at: instant, clock: clock, payload: payload)
        return sequenceBase + place
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

    /// Sets a value that outlives a restart.
    ///
    /// - Returns: `false` if there is no room for a new key; nothing is then changed.
    @discardableResult
    public mutating func setState(
        _ key: StateKey, _ value: StateValue, urgency: StateUrgency = .ordinary, at instant: Instant
    ) -> Bool {
        state.set(key.word, value, isRemoved: false) != nil
    }

    /// Removes a value; one that is not there is removed already.
    public mutating func removeState(_ key: StateKey, urgency: StateUrgency = .ordinary, at instant: Instant) {
        _ = state.set(key.word, StateValue(), isRemoved: true)
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
    public var stateUsage: Usage { state.usage }
}
