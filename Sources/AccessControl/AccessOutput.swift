import FixedMemory

/// What a call to the access controller gave rise to: events to record, and changes of state that must outlive a restart.
///
/// The runtime hands one in with each call and empties it before the next. `capacity(doors:)` events fit whatever a
/// single call can give rise to; what finds no room all the same is counted in `usage.dropped`.
public struct AccessOutput: ~Copyable {
    private var eventList: FixedArray<AccessEvent>
    private var changeList: FixedArray<AccessChange>

    /// Makes an empty output.
    public init(doors: Int) {
        eventList = FixedArray(capacity: AccessOutput.capacity(doors: doors))
        changeList = FixedArray(capacity: AccessOutput.capacity(doors: doors))
    }

    /// Events that one call can give rise to: at most sixteen for each door, and some for areas.
    public static func capacity(doors: Int) -> Int { 16 * doors + 32 }

    /// Bytes that an output for so many doors takes.
    public static func bytes(doors: Int) -> Int {
        capacity(doors: doors) * (MemoryLayout<AccessEvent>.stride + MemoryLayout<AccessChange>.stride)
    }

    /// In the order in which things happened.
    public var events: Span<AccessEvent> {
        @_lifetime(borrow self)
        get { eventList.span }
    }

    /// In the order in which they were made; see `AccessController.restore`.
    public var changes: Span<AccessChange> {
        @_lifetime(borrow self)
        get { changeList.span }
    }

    /// Fill level of the events since construction.
    public var usage: Usage { eventList.usage }

    /// Forgets events and changes, for the next call.
    public mutating func removeAll() {
        eventList.removeAll()
        changeList.removeAll()
    }

    mutating func record(_ event: AccessEvent) { eventList.append(event) }
    mutating func keep(_ change: AccessChange) { changeList.append(change) }
}
