import FixedMemory
import HardwareInterface

/// Fires when the wearer of an accelerometer at the waist falls, and again when they stay down.
///
/// A candidate is an impact: a local maximum of the acceleration that stands out (`ImpactFinder`). Two seconds after it
/// the movement around it is described by 80 numbers (`FallFeatures`) and scored once (`FallScore`); between candidates a
/// sample costs a few additions. Everything used is unchanged by how the sensor is mounted.
///
/// After a fall the wearer has a window in which to cancel, by a button or by walking on; the state is pre-alarm until
/// then. A fall alarm stays until it is reset. The long lie is a second alarm, see `DetectorConfiguration.Kind.longLie`.
public struct FallDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// The accelerometer.
        public var source: PointIndex
        /// A button or switch at the wearer; 1 cancels. `nil` for none.
        public var cancelButton: PointIndex?
        /// Between the decision and the alarm.
        public var cancelWindow: Interval
        /// Whether a wearer who stands up and walks within the window cancels by that.
        public var walkingCancels: Bool
        /// How long the wearer stays down, after a fall that was not cancelled, until it is a long lie.
        public var longLieAfter: Interval
        /// Logarithm of the odds from which an impact is a fall, in thousandths. Lower misses fewer falls and raises more
        /// false alarms; the detector's page has the table.
        public var decisionThreshold: Int32
        /// Without any movement for so long nobody wears the sensor; `endless` for no such rule.
        public var notWornAfter: Interval
        public var maximumAge: Interval

        public init(
            source: PointIndex, cancelButton: PointIndex? = nil, cancelWindow: Interval = .seconds(20),
            walkingCancels: Bool = true, longLieAfter: Interval = .seconds(120), decisionThreshold: Int32 = 750,
            notWornAfter: Interval = .endless, maximumAge: Interval = .seconds(5)
        ) {
            self.source = source
            self.cancelButton = cancelButton
            self.cancelWindow = cancelWindow
            self.walkingCancels = walkingCancels
            self.longLieAfter = longLieAfter
            self.decisionThreshold = decisionThreshold
            self.notWornAfter = notWornAfter
            self.maximumAge = maximumAge
        }

        public var sources: Sources {
            var sources = Sources(source)
            sources.append(cancelButton)
            return sources
        }
    }

    /// Samples that are apart by more than this do not belong to one movement.
    static let longestGap: Interval = .milliseconds(500)
    /// Cosines (16,384ths) of 35 and 60 degrees from the posture before the fall: standing again, and still down.
    static let standingCosine: Int32 = 13_421
    static let downCosine: Int32 = 8_192
    /// Mean deviation of the acceleration's length, mg: more is walking, less than the second is not even breathing.
    static let walkingDeviation: Int32 = 60
    static let breathingDeviation: Int32 = 2

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var frontEnd = FallFrontEnd()
    private var lastSampleAt: Instant?
    /// The last impact judged: its score in thousandths and its peak in mg.
    public private(set) var lastScore: Int32 = 0
    public private(set) var lastPeak: Int32 = 0
    /// When a fall was decided on that was not cancelled yet.
    public private(set) var decidedAt: Instant?
    private var isConfirmed = false
    /// Gravity before the fall, to see whether the wearer gets up.
    private var upright = Vector.zero
    private var downSince: Instant?
    private var walkingSeconds: UInt8 = 0
    private var isLongLie = false
    private var movedAt: Instant?
    private var isNotWorn = false

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge)
    }

    /// The samples of one FIFO burst, oldest first.
    ///
    /// - Parameters:
    ///   - last: when the newest sample was taken.
    ///   - interval: between samples; 5 ms to 50 ms.
    package mutating func receive(_ samples: Span<AccelerationSample>, lastAt last: Instant, interval: Interval) {
        guard samples.count > 0 else { return }
        _ = source.receive(Reading(value: 0, quality: .good, at: last))
        let first = last + interval * -Int64(samples.count - 1)
        if let previous = lastSampleAt, first > previous + FallDetector.longestGap { frontEnd.clear() }
        lastSampleAt = last
        let microseconds = interval.nanoseconds / 1_000
        for index in samples.indices {
            let before = frontEnd.binCount
            let due = frontEnd.add(samples[index], microseconds: microseconds)
            if frontEnd.binCount == before { continue }
            let at = last + interval * -Int64(samples.count - 1 - index)
            if let due { judge(due, at: at) }
            if frontEnd.binCount % 25 == 0 { watch(at: at) }
        }
    }

    private mutating func judge(_ impact: Int64, at now: Instant) {
        let score = FallScore.of(frontEnd.features(of: impact))
        lastScore = Int32(truncatingIfNeeded: Int64(score) * 1_000 / Int64(FallScore.one))
        lastPeak = frontEnd.magnitude(impact)
        guard lastScore >= configuration.decisionThreshold, decidedAt == nil else { return }
        decidedAt = now
        downSince = now
        walkingSeconds = 0
        upright = frontEnd.motion.sum(impact - 63, impact - 13)
    }

    /// Once a second: does the wearer move, are they up again, do they walk?
    private mutating func watch(at now: Instant) {
        let end = frontEnd.binCount
        let deviation = frontEnd.motion.meanDeviation(end - 50, end)
        if movedAt == nil || deviation >= FallDetector.breathingDeviation { movedAt = now }
        if let moved = movedAt { isNotWorn = now >= moved + configuration.notWornAfter }
        guard decidedAt != nil else { return }
        let cosine = upright.cosine(to: frontEnd.motion.sum(end - 50, end))
        if cosine > FallDetector.downCosine {
            downSince = nil
        } else if downSince == nil {
            downSince = now
        }
        let walks = cosine > FallDetector.standingCosine && deviation >= FallDetector.walkingDeviation
        walkingSeconds = walks ? min(walkingSeconds + 1, 10) : 0
        if configuration.walkingCancels && !isConfirmed && walkingSeconds >= 4 { forget() }
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        if channel == 1 {
            if reading.quality.isUsable && reading.value == 1 { _ = perform(.cancel, at: now) }
        } else if !reading.quality.isUsable {
            _ = source.receive(reading)
            frontEnd.clear()
        }
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        if let decided = decidedAt, now >= decided + configuration.cancelWindow { isConfirmed = true }
        // A long lie needs samples that show it: a sensor that fell silent is a trouble, not a person lying.
        if let down = downSince, decidedAt != nil, source.isUsable, now >= down + configuration.longLieAfter {
            isLongLie = true
        }
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

    /// For the evaluation, which counts every decision of a recording.
    package mutating func cancelFall(at now: Instant) -> AlarmLifeCycle.Outcome { perform(.cancel, at: now) }

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

    private var trouble: TroubleReason {
        source.trouble != .none ? source.trouble : isNotWorn ? .notWorn : .none
    }

    /// Its value is the peak of the fall in mg.
    // Inlined, as what follows: a call would copy the whole detector first, history and all.
    @inline(__always)
    var finding: Finding {
        Finding(
            isConfirmed ? .alarm : decidedAt != nil ? .preAlarm : .normal, cause: .fall, trouble: trouble,
            value: lastPeak)
    }

    @inline(__always)
    var longLieFinding: Finding {
        Finding(isLongLie ? .alarm : .normal, cause: .longLie, trouble: trouble, value: lastPeak)
    }

    @inline(__always)
    var deadline: Instant {
        var next = source.deadline
        if let decided = decidedAt, !isConfirmed { next = min(next, decided + configuration.cancelWindow) }
        if let down = downSince, decidedAt != nil, !isLongLie, source.isUsable {
            next = min(next, down + configuration.longLieAfter)
        }
        return next
    }

    /// Runs a synthetic fall through a fresh detector with the same configuration: standing, a quarter second of free
    /// fall while the body turns, an impact of 3 g, lying still.
    func couldFire(at now: Instant) -> Bool {
        var copy = FallDetector(configuration)
        for number in 0..<200 {
            copy.take(SyntheticFall.sample(number), at: .start + .milliseconds(Int64(number) * 40))
        }
        return copy.decidedAt != nil
    }

    private mutating func take(_ sample: AccelerationSample, at now: Instant) {
        if let due = frontEnd.add(sample, microseconds: BodyMotion.binMicroseconds) { judge(due, at: now) }
    }
}

extension FallDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&frontEnd)
        state.carry(&lastSampleAt)
        state.carry(&lastScore)
        state.carry(&lastPeak)
        state.carry(&decidedAt)
        state.carry(&isConfirmed)
        state.carry(&upright)
        state.carry(&downSince)
        state.carry(&walkingSeconds, within: 0...10)
        state.carry(&isLongLie)
        state.carry(&movedAt)
        state.carry(&isNotWorn)
    }
}

/// A fall as a textbook draws it, at 25 samples a second: for the detector's self-test.
package enum SyntheticFall {
    /// mg along the body, forward and sideways, by the number of the sample; 200 make a whole trial.
    package static func sample(_ number: Int) -> AccelerationSample {
        switch number {
        // Standing, with a little sway.
        case ..<100: AccelerationSample(x: number % 8 < 4 ? 20 : -20, y: -1_000, z: 60)
        // Falling and turning.
        case 100..<104: AccelerationSample(x: 0, y: -700, z: 250)
        case 104..<108: AccelerationSample(x: 60, y: -350, z: 350)
        // The impact.
        case 108: AccelerationSample(x: 300, y: -1_400, z: 1_800)
        case 109: AccelerationSample(x: 400, y: -1_200, z: 3_100)
        case 110: AccelerationSample(x: 200, y: -800, z: 2_400)
        case 111..<115: AccelerationSample(x: -100, y: 100, z: number % 2 == 0 ? 1_200 : 800)
        // Lying.
        default: AccelerationSample(x: 80, y: 60, z: number % 50 < 25 ? 990 : 1_000)
        }
    }
}
