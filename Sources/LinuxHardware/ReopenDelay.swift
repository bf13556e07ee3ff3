import HardwareInterface

/// When to try again to open a device that is gone: soon at first, because most return at once, then less often.
struct ReopenDelay: BitwiseCopyable {
    static var shortest: Interval { .milliseconds(250) }
    static var longest: Interval { .seconds(4) }

    private var delay = ReopenDelay.shortest
    /// When the next attempt is due; `.never` while the device is open.
    private(set) var dueAt: Instant

    /// A device that is to be opened at `instant` for the first time.
    init(firstAttemptAt instant: Instant) { dueAt = instant }

    /// An attempt failed.
    mutating func failed(at now: Instant) {
        dueAt = now + delay
        delay = min(delay * 2, ReopenDelay.longest)
    }

    /// The device is open.
    mutating func succeeded() {
        delay = ReopenDelay.shortest
        dueAt = .never
    }

    /// The device was lost and is tried again soon.
    mutating func lost(at now: Instant) {
        delay = ReopenDelay.shortest
        dueAt = now + delay
    }
}
