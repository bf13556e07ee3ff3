import FixedMemory
import HardwareInterface

/// An input that counts only once it has held its value for a while: contacts bounce when a door slams.
///
/// What counts in the end is dated back to the moment it began, so that the races between a contact, a handle switch and
/// the end of an unlock time are judged by when things happened.
struct Debounced<Value: Hashable & BitwiseCopyable & Sendable>: Hashable, BitwiseCopyable, Sendable {
    /// The value that counts.
    private(set) var settled: Value
    /// When it began.
    private(set) var since: Instant
    /// The value that has been seen last.
    private(set) var seen: Value
    private(set) var seenSince: Instant

    init(_ value: Value) {
        settled = value
        since = .start
        seen = value
        seenSince = .start
    }

    /// Dates the value that counts to another moment.
    mutating func date(to moment: Instant) { since = moment }

    /// When the value seen will count; `.never` if it already does.
    func deadline(_ window: Interval) -> Instant { seen == settled ? .never : seenSince + window }

    /// Takes what was seen at a moment.
    mutating func sense(_ value: Value, at moment: Instant) {
        guard value != seen else { return }
        seen = value
        seenSince = moment
    }

    /// Lets the value seen count if it has held long enough.
    ///
    /// - Returns: whether the value that counts has changed.
    mutating func settle(at now: Instant, window: Interval) -> Bool {
        guard seen != settled, now >= seenSince + window else { return false }
        settled = seen
        since = seenSince
        return true
    }
}

extension Instant {
    static func - (instant: Instant, interval: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds - interval.nanoseconds)
    }
}

extension Debounced: Carried where Value: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&settled)
        state.carry(&since)
        state.carry(&seen)
        state.carry(&seenSince)
    }
}
