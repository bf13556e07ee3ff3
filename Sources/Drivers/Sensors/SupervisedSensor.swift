import FixedMemory
import HardwareInterface

/// A chip under supervision: what every sensor driver does alike.
///
/// - One request at a time. A request whose completion does not come within 2 s is given up; its completion is then
///   ignored.
/// - A request that is refused or disturbed is repeated twice (after 2 ms and 8 ms). A held or missing bus is not asked
///   again at once: that would keep the others from it.
/// - A failed checksum repeats the measuring cycle twice before it counts.
/// - Any other failure, or the last retry, puts out readings that say so in the same call, and starts the chip from
///   identification after a back-off of 100 ms, doubled up to 10 s. A chip that lost its configuration while it worked is
///   brought up again at once.
/// - While nothing is measured, readings with the quality of the sensor's health come at its interval.
public struct SupervisedSensor<Chip: SensorChip>: SensorDriver, Sendable {
    /// A completion that takes longer is lost: longer than the time-out of any Linux I2C adapter (1 s by default).
    public static var completionTimeout: Interval { .seconds(2) }
    /// Back-off after the first failure.
    public static var shortestBackOff: Interval { .milliseconds(100) }
    /// Back-off after many failures: how long a sensor that was plugged in again stays unnoticed at the most.
    public static var longestBackOff: Interval { .seconds(10) }
    /// Times that a refused or disturbed request, or a cycle with a wrong checksum, is repeated.
    static var retryLimit: UInt8 { 2 }
    /// Times that a chip may say it is not ready yet, within one cycle or while it is brought up.
    static var notReadyLimit: UInt8 { 20 }

    public private(set) var chip: Chip
    public private(set) var health: SensorHealth
    /// Bus requests handed out since start.
    public private(set) var requests: UInt32
    /// Failures of any kind since start, retries included.
    public private(set) var failures: UInt32

    private var nextRequestAt: Instant
    private var cycleDue: Instant
    private var reportDue: Instant
    private var lostAt: Instant
    private var backOff: Interval
    private var isInFlight: Bool
    private var restartIsWanted: Bool
    private var isUp: Bool
    private var sequence: UInt8
    private var expectedBytes: UInt8
    private var requestRetries: UInt8
    private var cycleRetries: UInt8
    private var notReady: UInt8

    /// - Parameter configuration: has no `problem`.
    public init(_ configuration: Chip.Configuration) {
        chip = Chip(configuration)
        health = .starting
        requests = 0
        failures = 0
        nextRequestAt = .start
        cycleDue = .start
        reportDue = .start
        lostAt = .never
        backOff = Self.shortestBackOff
        isInFlight = false
        restartIsWanted = false
        isUp = false
        sequence = 0
        expectedBytes = 0
        requestRetries = 0
        cycleRetries = 0
        notReady = 0
    }

    public var deadline: Instant { min(isInFlight ? lostAt : nextRequestAt, reportDue) }

    public mutating func restart() { restartIsWanted = true }

    public mutating func poll(at now: Instant, into output: inout SensorOutput) -> BusRequest? {
        if isInFlight, now >= lostAt {
            isInFlight = false
            fail(.completionLost, at: now, into: &output)
        }
        if restartIsWanted, !isInFlight { beginAgain(at: now, into: &output) }
        if now >= reportDue { report(at: now, into: &output) }
        guard !isInFlight, now >= nextRequestAt else { return nil }

        var request = chip.request()
        sequence &+= 1
        request.tag = UInt16(sequence)
        expectedBytes = request.answerLength
        requests &+= 1
        isInFlight = true
        lostAt = now + Self.completionTimeout
        return request
    }

    public mutating func complete(
        _ outcome: BusOutcome, tag: UInt16, bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) {
        guard isInFlight, UInt8(truncatingIfNeeded: tag) == sequence else { return }
        isInFlight = false
        lostAt = .never
        switch outcome {
        case .done:
            guard bytes.count == Int(expectedBytes) else { return retry(.busError, at: now, into: &output) }
            advance(chip.accept(bytes, at: now, into: &output), at: now, into: &output)
        case .notAcknowledged where chip.refusalIsExpected:
            advance(chip.accept(Span(), at: now, into: &output), at: now, into: &output)
        case .notAcknowledged: retry(.notAcknowledged, at: now, into: &output)
        case .busError: retry(.busError, at: now, into: &output)
        case .timedOut: fail(.timedOut, at: now, into: &output)
        case .busMissing: fail(.busMissing, at: now, into: &output)
        }
    }

    /// Lets a chip do something: settings from outside, outputs. Nothing is asked of the bus by this itself.
    ///
    /// - Parameter isUrgent: the next cycle begins at the next poll instead of when it is due.
    public mutating func update<Result>(
        at now: Instant, isUrgent: Bool = false, _ change: (inout Chip) -> Result
    ) -> Result {
        let result = change(&chip)
        if isUrgent, isUp, !isInFlight { nextRequestAt = min(nextRequestAt, now) }
        return result
    }

    private mutating func advance(_ progress: ChipProgress, at now: Instant, into output: inout SensorOutput) {
        requestRetries = 0
        switch progress {
        case .proceed(let after):
            nextRequestAt = now + after
        case .repeatStep(let after):
            guard notReady < Self.notReadyLimit else { return fail(.neverReady, at: now, into: &output) }
            notReady += 1
            nextRequestAt = now + after
        case .ready:
            notReady = 0
            isUp = true
            cycleDue = now
            nextRequestAt = now
        case .measured: finishCycle(.working, at: now, into: &output)
        case .warming: finishCycle(.starting, at: now, into: &output)
        case .failed(.checksum) where isUp && cycleRetries < Self.retryLimit:
            failures &+= 1
            cycleRetries += 1
            output.removeMeasurements()
            chip.restartCycle()
            nextRequestAt = now
        case .failed(let fault): fail(fault, at: now, into: &output)
        }
    }

    private mutating func finishCycle(_ health: SensorHealth, at now: Instant, into output: inout SensorOutput) {
        notReady = 0
        cycleRetries = 0
        backOff = Self.shortestBackOff
        change(to: health, in: &output)
        // From the time it was due, so that the rate does not drift; after a long delay from now, so that it does not hurry.
        cycleDue = cycleDue + chip.interval
        if chip.hasOwnClock || cycleDue <= now || cycleDue > now + chip.interval { cycleDue = now + chip.interval }
        nextRequestAt = cycleDue
        // A cycle may take a while: late is when half an interval, and never less than 100 ms, has gone by on top.
        let patience = max(Interval(nanoseconds: chip.interval.nanoseconds / 2), .milliseconds(100))
        reportDue = cycleDue + patience + chip.cycleTime
    }

    private mutating func retry(_ fault: SensorFault, at now: Instant, into output: inout SensorOutput) {
        guard requestRetries < Self.retryLimit else { return fail(fault, at: now, into: &output) }
        failures &+= 1
        nextRequestAt = now + .milliseconds(requestRetries == 0 ? 2 : 8)
        requestRetries += 1
    }

    private mutating func fail(_ fault: SensorFault, at now: Instant, into output: inout SensorOutput) {
        failures &+= 1
        let lostConfiguration = fault == .unexpectedReset && health == .working
        let isNews = fault.health != health
        change(to: fault.health, in: &output)
        output.removeMeasurements()
        if isNews || now >= reportDue { report(at: now, into: &output) }
        rewind()
        nextRequestAt = lostConfiguration ? now : now + backOff
        if !lostConfiguration {
            backOff = min(Interval(nanoseconds: backOff.nanoseconds * 2), Self.longestBackOff)
        }
    }

    private mutating func beginAgain(at now: Instant, into output: inout SensorOutput) {
        restartIsWanted = false
        change(to: .starting, in: &output)
        rewind()
        nextRequestAt = now
        reportDue = now
    }

    private mutating func rewind() {
        chip.restart()
        isUp = false
        requestRetries = 0
        cycleRetries = 0
        notReady = 0
    }

    /// Says on every channel that nothing was measured, and why.
    private mutating func report(at now: Instant, into output: inout SensorOutput) {
        let quality: Quality =
            switch health {
            case .starting: .starting
            case .working: .stale
            case .faulty: .faulty
            case .missing: .missing
            }
        let reported = chip.reportedChannels
        for channel in 0..<UInt8(SensorOutput.readingLimit) where reported & (1 << UInt16(channel)) != 0 {
            output.append(channel: channel, value: 0, quality: quality, at: now)
        }
        reportDue = now + chip.interval
    }

    private mutating func change(to new: SensorHealth, in output: inout SensorOutput) {
        guard new != health else { return }
        health = new
        output.health = new
    }
}

extension SupervisedSensor: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&chip)
        state.carry(&health)
        state.carry(&requests)
        state.carry(&failures)
        state.carry(&nextRequestAt)
        state.carry(&cycleDue)
        state.carry(&reportDue)
        state.carry(&lostAt)
        state.carry(&backOff.nanoseconds, within: 0...Self.longestBackOff.nanoseconds)
        state.carry(&isInFlight)
        state.carry(&restartIsWanted)
        state.carry(&isUp)
        state.carry(&sequence)
        state.carry(&expectedBytes)
        state.carry(&requestRetries)
        state.carry(&cycleRetries)
        state.carry(&notReady)
        if isInFlight && expectedBytes != chip.answerLength { state.refuse() }
    }
}
