import CLinuxHardware
import HardwareInterface

/// The system's wall clock, and when the runtime must hear of it.
struct CivilClock {
    /// A clock before this was never set: boards without a battery start in the past. 2025-01-01T00:00:00Z, before any
    /// board that runs this was built.
    static var earliestCredible: Int64 { 1_735_689_600_000 }
    /// How far the clock may drift from what the runtime was told before it is told anew.
    static var driftAllowed: Int64 { 500 }
    /// How often trust and drift are looked at.
    static var interval: Interval { .minutes(1) }

    private(set) var looksAt: Instant = .start
    private(set) var owesReport = false
    private var reported = WallClock.unset
    private var reportedAt = Instant.start
    private var isFirst = true

    /// Judges what the system says.
    static func judge(_ clock: warden_wall_clock) -> WallClock {
        let trust: ClockTrust =
            clock.unix_ms < earliestCredible ? .unset : clock.is_synchronised ? .synchronised : .freeRunning
        return WallClock(unixMilliseconds: clock.unix_ms, trust: trust)
    }

    /// Looks at the clock, and owes a report if the runtime's idea of it no longer holds.
    mutating func look(at now: Instant) {
        looksAt = now + CivilClock.interval
        let clock = CivilClock.judge(warden_wall_clock_read())
        let expected = reported.unixMilliseconds + (now - reportedAt).milliseconds
        let drift = (clock.unixMilliseconds - expected).magnitude
        if isFirst || clock.trust != reported.trust || drift > UInt64(CivilClock.driftAllowed) {
            owesReport = true
            isFirst = false
        }
    }

    /// The clock as it is at this moment.
    mutating func takeReport(at now: Instant) -> WallClock {
        owesReport = false
        reported = CivilClock.judge(warden_wall_clock_read())
        reportedAt = now
        return reported
    }
}
