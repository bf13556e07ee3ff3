/// A point on the board's monotonic clock: nanoseconds since the runtime started.
///
/// Decisions use only this clock; it never jumps. Wall-clock time is `WallClock`.
public struct Instant: Comparable, Hashable, Sendable, BitwiseCopyable {
    /// Nanoseconds since start, 0 or more.
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The moment the runtime started.
    public static var start: Instant { Instant(nanoseconds: 0) }
    /// Later than any moment that will come; the deadline of something that waits for nothing.
    public static var never: Instant { Instant(nanoseconds: .max) }

    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates at `.never`, so that a deadline from an endless interval stays endless.
    @inlinable
    public static func + (instant: Instant, interval: Interval) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(interval.nanoseconds)
        return overflow ? .never : Instant(nanoseconds: sum)
    }

    @inlinable
    public static func - (left: Instant, right: Instant) -> Interval {
        Interval(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}

/// A length of time in nanoseconds; may be negative.
public struct Interval: Comparable, Hashable, Sendable, BitwiseCopyable {
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static var zero: Interval { Interval(nanoseconds: 0) }
    /// Longer than any deadline; an `Instant` plus this is `.never`.
    public static var endless: Interval { Interval(nanoseconds: .max) }

    @inlinable
    public static func microseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000) }
    @inlinable
    public static func milliseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000) }
    @inlinable
    public static func seconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000_000) }
    @inlinable
    public static func minutes(_ count: Int64) -> Interval { seconds(count * 60) }
    @inlinable
    public static func hours(_ count: Int64) -> Interval { seconds(count * 3_600) }

    /// Whole milliseconds, rounded towards zero.
    @inlinable public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    @inlinable
    public static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable
    public static func + (left: Interval, right: Interval) -> Interval {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        return overflow ? .endless : Interval(nanoseconds: sum)
    }
    @inlinable
    public static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    @inlinable
    public static func * (interval: Interval, factor: Int64) -> Interval {
        Interval(nanoseconds: interval.nanoseconds * factor)
    }
}
