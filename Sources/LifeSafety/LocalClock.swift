import FixedMemory
import HardwareInterface

/// Civil time at the place of the board, for detectors that know day from night.
///
/// Handed in whenever the wall clock, its trust or the offset from universal time changes.
public struct LocalClock: Equatable, Sendable, BitwiseCopyable {
    /// Milliseconds of local time since 1970-01-01 at the monotonic start; negative where the board started earlier.
    private var millisecondsAtStart: Int64
    public private(set) var isTrusted: Bool

    /// - Parameters:
    ///   - clock: the wall clock at `instant`. An unset clock is not trusted; a free-running one is, because minutes of
    ///     drift do not matter here.
    ///   - offsetSeconds: local time minus universal time, daylight saving included.
    public init(_ clock: WallClock, offsetSeconds: Int32, at instant: Instant) {
        millisecondsAtStart = clock.unixMilliseconds + Int64(offsetSeconds) * 1_000 - instant.nanoseconds / 1_000_000
        isTrusted = clock.trust != .unset
    }

    /// A clock that nobody set.
    public static var unset: LocalClock { LocalClock(.unset, offsetSeconds: 0, at: .start) }

    private func milliseconds(at instant: Instant) -> Int64 {
        millisecondsAtStart + instant.nanoseconds / 1_000_000
    }

    /// Days since 1970-01-01, local.
    public func day(at instant: Instant) -> Int32 {
        Int32(truncatingIfNeeded: floorDivided(milliseconds(at: instant), by: 86_400_000))
    }

    /// Seconds since local midnight, 0 to 86,399.
    public func secondOfDay(at instant: Instant) -> Int32 {
        let milliseconds = milliseconds(at: instant)
        let rest = milliseconds - floorDivided(milliseconds, by: 86_400_000) * 86_400_000
        return Int32(truncatingIfNeeded: rest / 1_000)
    }

    /// 0 is Monday, 6 is Sunday.
    public func weekday(at instant: Instant) -> Int32 {
        // 1970-01-01 was a Thursday.
        let shifted = day(at: instant) + 3
        return shifted - Int32(truncatingIfNeeded: floorDivided(Int64(shifted), by: 7)) * 7
    }

    /// The next moment after `instant` at which the local second of day is `second`.
    public func next(secondOfDay second: Int32, after instant: Instant) -> Instant {
        var wait = Int64(second - secondOfDay(at: instant))
        if wait <= 0 { wait += 86_400 }
        return instant + .seconds(wait)
    }
}

extension LocalClock: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // A quarter of a million years either way.
        state.carry(&millisecondsAtStart, within: -(1 << 53)...(1 << 53))
        state.carry(&isTrusted)
    }
}

/// Division that rounds towards negative infinity; `divisor` is positive.
func floorDivided(_ value: Int64, by divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

/// A daily period between two local times; may cross midnight.
public struct DailyPeriod: Equatable, Sendable, BitwiseCopyable {
    /// Seconds since local midnight, 0 to 86,399. Equal ends mean the whole day.
    public var fromSecond: Int32
    public var toSecond: Int32

    public init(fromSecond: Int32, toSecond: Int32) {
        self.fromSecond = fromSecond
        self.toSecond = toSecond
    }

    public func contains(_ second: Int32) -> Bool {
        if fromSecond == toSecond { return true }
        return fromSecond < toSecond
            ? second >= fromSecond && second < toSecond : second >= fromSecond || second < toSecond
    }
}
