import FixedMemory
import HardwareInterface

/// Notices a value that has not changed for longer than a living sensor's noise allows.
///
/// The caller folds everything that the sensor measures at once into one number; real sensors with noise in their last
/// bits never repeat all of it for long. A verdict outlives a restart of the chip: one that comes back with the very value
/// it was stuck at is still stuck.
public struct StuckValueWatch: Equatable, Sendable, BitwiseCopyable {
    private var last: UInt64
    private var since: Instant
    private var isPrimed: Bool
    private var isStuck: Bool

    public init() {
        last = 0
        since = .start
        isPrimed = false
        isStuck = false
    }

    /// The chip was brought up anew: the time in which nothing was measured does not count.
    public mutating func restart() {
        if !isStuck { isPrimed = false }
    }

    /// Takes the next value.
    ///
    /// - Parameter limit: how long a value may stay the same; zero switches the watch off.
    /// - Returns: `false` if the value has been the same for `limit` or longer.
    public mutating func accept(_ value: UInt64, at now: Instant, limit: Interval) -> Bool {
        guard limit > .zero else { return true }
        if !isPrimed || value != last {
            last = value
            since = now
            isPrimed = true
            isStuck = false
            return true
        }
        isStuck = isStuck || now - since >= limit
        return !isStuck
    }
}

extension StuckValueWatch: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&last)
        state.carry(&since)
        state.carry(&isPrimed)
        state.carry(&isStuck)
    }
}
