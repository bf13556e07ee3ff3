import HardwareInterface

/// Fires when the wearer of an accelerometer at the waist falls, and again when they stay down.
///
/// A candidate is an impact: a local maximum of the acceleration within a second on either side. Three seconds after it
/// the movement around it is judged, once; between candidates a sample costs a few additions. Everything used is
/// unchanged by how the sensor is mounted: lengths, and angles between directions of gravity.
///
/// After a fall the wearer has a window in which to cancel; the state is pre-alarm until then.
public struct FallDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// The accelerometer.
        public var source: PointIndex
        /// A button or switch at the wearer; 1 cancels. `nil` for none.
        public var cancelButton: PointIndex?
        /// Between the decision and the alarm.
        public var cancelWindow: Interval
        /// How long the wearer stays down, after a fall that was not cancelled, until it is a long lie.
        public var longLieAfter: Interval
        public var maximumAge: Interval

        public init(
            source: PointIndex, cancelButton: PointIndex? = nil, cancelWindow: Interval = .seconds(20),
            longLieAfter: Interval = .seconds(120), maximumAge: Interval = .seconds(5)
        ) {
            self.source = source
            self.cancelButton = cancelButton
            self.cancelWindow = cancelWindow
            self.longLieAfter = longLieAfter
            self.maximumAge = maximumAge
        }

        public var sources: Sources {
            var sources = Sources(source)
            sources.append(cancelButton)
            return sources
        }
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var frontEnd = FallFrontEnd()
    private var decidedAt: Instant?
    private var isConfirmed = false
    private var peak: Int32 = 0
    /// Gravity before the fall, to see whether the wearer gets up.
    private var upright = Vector.zero
    private var downSince: Instant?
    private var isLongLie = false
    private var lastSampleAt: Instant?

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge)
    }

    /// The samples of one FIFO burst, oldest first.
    ///
    /// - Parameters:
    ///   - last: when the newest sample was taken.
    ///   - interval: between samples; 5 ms to 50 ms.
    mutating func receive(_ samples: Span<AccelerationSample>, lastAt last: Instant, interval: Interval) {
        guard samples.count > 0 else { return }
        _ = source.receive(Reading(value: 0, quality: .good, at: last))
        let first = last + interval * -Int64(samples.count - 1)
        if let previous = lastSampleAt, previous + .seconds(1) < first { clear() }
        lastSampleAt = last
        let microseconds = interval.nanoseconds / 1_000
        for index in samples.indices {
            var due: Int64 = -1
            let before = frontEnd.binCount
            frontEnd.add(samples[index], microseconds: microseconds) { _, impact in due = impact }
            if frontEnd.binCount == before { continue }
            let at = last + interval * -Int64(samples.count - 1 - index)
            if due >= 0 { judge(due, at: at) }
            if decidedAt != nil { watchPosture(at: at) }
        }
    }

    private mutating func clear() { frontEnd.clear() }

    private mutating func judge(_ impact: Int64, at now: Instant) {
        let before = frontEnd.motion.sum(impact - 63, impact - 13)
        let after = frontEnd.motion.sum(impact + 25, impact + 75)
        // Lying after standing turns gravity by more than 55 degrees (cosine 0.57) in most falls.
        guard before.cosine(to: after) < 9_400 else { return }
        peak = frontEnd.magnitude(impact)
        if decidedAt == nil {
            decidedAt = now
            upright = before
            downSince = now
        }
    }

    /// Follows whether the wearer is back in the posture from before the fall.
    private mutating func watchPosture(at now: Instant) {
        guard frontEnd.binCount % 25 == 0 else { return }
        let present = frontEnd.motion.sum(frontEnd.binCount - 50, frontEnd.binCount)
        if upright.cosine(to: present) > 11_585 {
            downSince = nil
        } else if downSince == nil {
            downSince = now
        }
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        if channel == 1 {
            if reading.quality.isUsable && reading.value == 1 { _ = perform(.cancel, at: now) }
        } else if !reading.quality.isUsable {
            _ = source.receive(reading)
            clear()
        }
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        if let decided = decidedAt, now >= decided + configuration.cancelWindow { isConfirmed = true }
        if let down = downSince, decidedAt != nil, now >= down + configuration.longLieAfter { isLongLie = true }
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset:
            forget()
            return .done
        case .cancel:
            guard decidedAt != nil, !isConfirmed else { return .notApplicable }
            forget()
            return .done
        default: return .unsupported
        }
    }

    /// A long lie was dealt with; the next one is a full time away.
    mutating func forgetLongLie(at now: Instant) {
        isLongLie = false
        if downSince != nil { downSince = now }
    }

    private mutating func forget() {
        decidedAt = nil
        isConfirmed = false
        downSince = nil
        isLongLie = false
    }

    var finding: Finding {
        Finding(
            isConfirmed ? .alarm : decidedAt != nil ? .preAlarm : .normal, cause: .fall, trouble: source.trouble,
            value: peak)
    }

    var longLieFinding: Finding {
        Finding(isLongLie ? .alarm : .normal, cause: .longLie, trouble: source.trouble, value: peak)
    }

    var deadline: Instant {
        var next = source.deadline
        if let decided = decidedAt, !isConfirmed { next = min(next, decided + configuration.cancelWindow) }
        if let down = downSince, decidedAt != nil, !isLongLie { next = min(next, down + configuration.longLieAfter) }
        return next
    }

    func couldFire(at now: Instant) -> Bool { true }
}
