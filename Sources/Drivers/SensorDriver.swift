import FixedMemory
import HardwareInterface

/// A sensor as the runtime sees it. The driver never waits and never touches a bus: it is polled when its deadline is
/// reached, may hand out one bus request, and is told later how that ended.
///
/// ```
/// if sensor.deadline <= now, let request = sensor.poll(at: now, into: &output) { submit(request) }
/// …
/// sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
/// ```
///
/// Readings come at the sensor's interval whatever happens: a sensor that does not answer reports `missing`, one that
/// fails its checks `faulty`, one that is late `stale`, so that whoever depends on it is in trouble at once.
public protocol SensorDriver {
    /// When it next wants `poll`: for its next request, for a completion that is overdue, or to report that nothing is
    /// being measured.
    var deadline: Instant { get }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - now: the present; never earlier than in any call before.
    ///   - output: gets readings that are due without a measurement, and a change of health.
    /// - Returns: the next bus request, or `nil` if none is due or one is under way. The low byte of its `tag` is the
    ///   driver's; the high byte is 0 and free for the caller to tell sensors apart.
    mutating func poll(at now: Instant, into output: inout SensorOutput) -> BusRequest?

    /// Hands back how a request ended.
    ///
    /// - Parameters:
    ///   - outcome: how it ended.
    ///   - tag: the tag of the completion; a completion of a request that was already given up is recognised by its low
    ///     byte and ignored.
    ///   - bytes: what was read, over all repetitions; ignored unless the outcome is `.done`.
    ///   - now: when it ended.
    ///   - output: gets readings, samples and a change of health.
    mutating func complete(
        _ outcome: BusOutcome, tag: UInt16, bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput)

    /// How the sensor is doing.
    var health: SensorHealth { get }

    /// Has the sensor identified, configured and tested from the beginning, after the request under way if there is one.
    /// Until that has succeeded its readings say `starting`, or what is wrong.
    mutating func restart()
}
