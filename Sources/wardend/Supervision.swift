import CLinuxHardware
import CServiceManager
import FixedMemory
import HardwareInterface
import ProgramSupport

/// Keeps those who watch over the process content, as long as the loop turns: the service manager and the board's
/// watchdog. It is fed from the loop itself, so that a loop that hangs is noticed, and only while every worker takes what it
/// is handed.
struct Supervision: ~Copyable {
    /// What the board's watchdog is asked for; it may do another.
    static var watchdogSeconds: Int32 { 15 }

    private var watchdog: Int32 = -1
    private var interval = Interval.endless
    private let notifiesManager: Bool
    /// When the next sign of life is due; `.never` if nobody waits for one.
    private(set) var deadline = Instant.never
    /// What the manager was told last of how the board stands.
    private var told: (alarms: UInt32, troubles: UInt32) = (.max, .max)

    /// Starts the board's watchdog, if one is named.
    init(watchdog device: CText?) throws(ProgramFailure) {
        let managerInterval = Interval.microseconds(Int64(clamping: warden_service_watchdog_us()))
        notifiesManager = managerInterval > .zero
        if notifiesManager { interval = managerInterval }
        guard let device else { return }
        var seconds = Supervision.watchdogSeconds
        watchdog = warden_watchdog_start(device.pointer, &seconds)
        guard watchdog >= 0 else {
            throw ProgramFailure(.unavailable, "cannot be used as a watchdog", about: device, systemError: -watchdog)
        }
        interval = min(interval, .seconds(Int64(seconds)))
    }

    /// The board is at work.
    mutating func begin(at now: Instant) {
        _ = warden_service_notify("READY=1")
        deadline = interval == .endless ? .never : now
    }

    /// Gives a sign of life if it is time; three in each interval, so that a busy moment does no harm.
    ///
    /// - Returns: whether it was time.
    mutating func beat(at now: Instant, areWorkersAlive: @autoclosure () -> Bool) -> Bool {
        guard now >= deadline else { return false }
        deadline = now + Interval(nanoseconds: interval.nanoseconds / 3)
        guard areWorkersAlive() else { return true }
        if notifiesManager { _ = warden_service_notify("WATCHDOG=1") }
        if watchdog >= 0 { warden_watchdog_feed(watchdog) }
        return true
    }

    /// Says how the board stands, for people (`systemctl status`) and for programs that wait for a calm moment, if it is not
    /// what was said last: `STATUS=alarms 0, troubles 2`.
    mutating func tell(alarms: UInt32, troubles: UInt32) {
        guard notifiesManager, told != (alarms, troubles) else { return }
        told = (alarms, troubles)
        var text = FixedBytes<64>("STATUS=alarms ")
        text.appendDecimal(alarms)
        text.append(", troubles ")
        text.appendDecimal(troubles)
        text.append(0)
        let span = text.span
        span.withUnsafeBytes { _ = warden_service_notify($0.assumingMemoryBound(to: CChar.self).baseAddress!) }
    }

    /// The process starts anew, which those who watch over it need not notice.
    mutating func restart() {
        if notifiesManager { _ = warden_service_notify("WATCHDOG=1") }
        if watchdog >= 0 { warden_watchdog_feed(watchdog) }
        deadline = .never
    }

    /// The board ends in order and must not be restarted for it.
    mutating func end() {
        _ = warden_service_notify("STOPPING=1")
        if watchdog >= 0 { warden_watchdog_stop(watchdog) }
        watchdog = -1
        deadline = .never
    }
}
