/// How far the wall clock may be believed.
public enum ClockTrust: UInt8, Sendable, BitwiseCopyable {
    /// Never set since power-on: the value means nothing.
    case unset = 0
    /// Set once (battery-backed clock, a technician), drifting since.
    case freeRunning = 1
    /// Disciplined by a time source within the last day.
    case synchronised = 2
}

/// Civil time as the board believes it, with how far to believe it.
///
/// Never used for intervals or deadlines. Rules that depend on it say what they do for each trust.
public struct WallClock: Equatable, Sendable, BitwiseCopyable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Meaningless while `trust` is `.unset`.
    public var unixMilliseconds: Int64
    public var trust: ClockTrust

    public init(unixMilliseconds: Int64, trust: ClockTrust) {
        self.unixMilliseconds = unixMilliseconds
        self.trust = trust
    }

    public static var unset: WallClock { WallClock(unixMilliseconds: 0, trust: .unset) }
}
