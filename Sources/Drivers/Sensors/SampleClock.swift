import FixedMemory
import HardwareInterface

/// Dates the samples of a FIFO: evenly spaced as the chip takes them, never ahead of the moment they were seen, never more
/// than one sample interval behind it.
///
/// The chip's oscillator and the board's clock differ by some per cent; counting samples keeps the spacing, the moment at
/// which the fill level was read keeps it from drifting away.
struct SampleClock: Sendable, BitwiseCopyable {
    let interval: Interval
    private var lastAt: Instant
    private var isPrimed: Bool

    init(interval: Interval) {
        self.interval = interval
        lastAt = .start
        isPrimed = false
    }

    mutating func restart() { isPrimed = false }

    /// - Parameters:
    ///   - count: samples that were waiting.
    ///   - seenAt: when the fill level was read.
    /// - Returns: when the last of them was taken.
    mutating func advance(by count: Int, seenAt: Instant) -> Instant {
        let earliest = seenAt + Interval(nanoseconds: -interval.nanoseconds)
        let counted = isPrimed ? lastAt + interval * Int64(count) : seenAt
        lastAt = min(max(counted, earliest), seenAt)
        isPrimed = true
        return lastAt
    }
}

extension SampleClock: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&lastAt)
        state.carry(&isPrimed)
    }
}
