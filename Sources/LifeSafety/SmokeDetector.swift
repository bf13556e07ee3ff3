import HardwareInterface

/// Fires when the light obscuration in a smoke chamber stays above a threshold.
///
/// The chamber's signal becomes dB/m by its clean-air value and its slope. Three things stand between a fire and dirt,
/// steam or an electrical spike:
/// - a **median of three** readings, which a single wild reading cannot pass;
/// - **drift compensation**: the clean-air value follows the signal, slowly and to a limit. It moves at most
///   1/96 of the alarm threshold an hour. EN 54-7 (clause 4.8 with its annex) allows an alarm to come later than
///   1.6 A/R + 100 s for no rise R of A/4 an hour or more, A being the threshold; a tracker of speed s delays it to
///   A/(R − s), so that s up to 0.375 R would do. At 0.6 A the tracker stops and the detector is in trouble
///   (contaminated), so the compensated threshold never exceeds 1.6 A;
/// - **verification**: the signal must be above the threshold for a while in all, passing time below counting back at
///   the same speed. Dense smoke, three times the threshold, needs no verification beyond the median.
public struct SmokeDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// A chamber's signal or a ready obscuration value.
        public var source: PointIndex
        /// The point's value in clean air when the chamber is new.
        public var cleanAir: Int32
        /// Point units for each dB/m; 1,000 for a point that is in mdB/m already. Not 0; negative if smoke lowers it.
        public var unitsPerDecibelPerMetre: Int32
        /// mdB/m. EN 54-7 5.3 lets no optical detector respond below 50.
        public var alarmThreshold: Int32
        /// mdB/m; 0 for no pre-alarm.
        public var preAlarmThreshold: Int32
        /// mdB/m that the signal must fall below a threshold before the condition ends.
        public var hysteresis: Int32
        /// Time above the threshold that makes an alarm.
        public var verification: Interval
        /// The longest that a person may hush the detector for; while hushed the threshold is doubled.
        public var hushLimit: Interval
        public var maximumAge: Interval
        /// What the chamber's electronics can mean, in point units; outside is a trouble.
        public var range: ValueRange

        public init(
            source: PointIndex, cleanAir: Int32 = 0, unitsPerDecibelPerMetre: Int32 = 1_000,
            alarmThreshold: Int32 = 150, preAlarmThreshold: Int32 = 90, hysteresis: Int32 = 15,
            verification: Interval = .seconds(8), hushLimit: Interval = .minutes(10),
            maximumAge: Interval = .seconds(10), range: ValueRange = ValueRange(-100...5_000)
        ) {
            self.source = source
            self.cleanAir = cleanAir
            self.unitsPerDecibelPerMetre = unitsPerDecibelPerMetre
            self.alarmThreshold = alarmThreshold
            self.preAlarmThreshold = preAlarmThreshold
            self.hysteresis = hysteresis
            self.verification = verification
            self.hushLimit = hushLimit
            self.maximumAge = maximumAge
            self.range = range
        }

        public var sources: Sources { Sources(source) }
    }

    /// Dense smoke: this many times the threshold passes without verification.
    static let denseFactor: Int32 = 3
    /// The clean-air value may move by the alarm threshold in this many hours.
    static let hoursPerThresholdOfDrift: Int64 = 96

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var medians = MedianOfThree()
    /// Obscuration that counts as clean air, millionths of dB/m, so that the slow tracker loses nothing to rounding.
    private var driftMicro: Int64 = 0
    private var untrackedMicroseconds: Int64 = 0
    private var lastReadingAt: Instant?
    /// Compensated obscuration, mdB/m.
    public private(set) var obscuration: Int32 = 0
    private var preAlarmTime = VerificationTimer()
    private var alarmTime = VerificationTimer()
    private var level: Condition = .normal
    private var hushedUntil: Instant = .start
    private var isRelearning = false

    public init(_ configuration: Configuration) {
        precondition(configuration.unitsPerDecibelPerMetre != 0, "a chamber without slope measures nothing")
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge, range: configuration.range)
    }

    /// Clean air as tracked, mdB/m above that of the new chamber.
    public var drift: Int32 { Int32(truncatingIfNeeded: driftMicro / 1_000) }
    /// Where drift compensation ends, mdB/m: 0.6 of the alarm threshold.
    public var driftLimit: Int32 { configuration.alarmThreshold * 3 / 5 }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else {
            lastReadingAt = nil
            return
        }
        let sinceClean = Int64(reading.value) - Int64(configuration.cleanAir)
        let micro = sinceClean * 1_000_000 / Int64(configuration.unitsPerDecibelPerMetre)
        let raw = medians.add(Int32(clamping: micro))
        let elapsed = lastReadingAt.map { min(max(.zero, now - $0), configuration.maximumAge) } ?? .zero
        lastReadingAt = now
        if isRelearning {
            driftMicro = Int64(raw)
            isRelearning = false
        }
        track(Int64(raw), for: elapsed)
        obscuration = Int32(clamping: (Int64(raw) - driftMicro) / 1_000)
        judge(elapsed: elapsed, at: now)
    }

    /// Moves the clean-air value towards the signal, no faster and no further than allowed, and not during an alarm.
    private mutating func track(_ rawMicro: Int64, for elapsed: Interval) {
        guard level != .alarm else { return }
        let threshold = Int64(configuration.alarmThreshold) * 1_000
        let microsecondsPerThreshold = SmokeDetector.hoursPerThresholdOfDrift * 3_600_000_000
        untrackedMicroseconds += elapsed.nanoseconds / 1_000
        let step = threshold * untrackedMicroseconds / microsecondsPerThreshold
        // What is too short for a step of one millionth waits for the next reading.
        guard step > 0 else { return }
        untrackedMicroseconds -= step * microsecondsPerThreshold / threshold
        let limit = Int64(driftLimit) * 1_000
        let target = min(max(rawMicro, -limit), limit)
        driftMicro += min(max(target - driftMicro, -step), step)
    }

    private mutating func judge(elapsed: Interval, at now: Instant) {
        let factor: Int32 = now < hushedUntil ? 2 : 1
        let alarm = configuration.alarmThreshold * factor
        let preAlarm = configuration.preAlarmThreshold * factor
        let slack = configuration.hysteresis
        let isAlarming = obscuration >= (level == .alarm ? alarm - slack : alarm)
        let isNear =
            isAlarming
            || configuration.preAlarmThreshold > 0
                && obscuration >= (level >= .preAlarm ? preAlarm - slack : preAlarm)
        alarmTime.add(isAlarming, elapsed: elapsed, limit: configuration.verification)
        preAlarmTime.add(isNear, elapsed: elapsed, limit: configuration.verification)
        let isDense = medians.isComplete && obscuration >= alarm * SmokeDetector.denseFactor
        if isAlarming && (isDense || level == .alarm || alarmTime.isFull(configuration.verification)) {
            level = .alarm
        } else if isNear && (isAlarming || level >= .preAlarm || preAlarmTime.isFull(configuration.verification)) {
            // A signal above the alarm threshold that still waits for verification is a pre-alarm at once.
            level = .preAlarm
        } else {
            level = .normal
        }
    }

    mutating func advance(to now: Instant) { source.advance(to: now) }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset: return .done
        case .hush(let until):
            hushedUntil = min(until, now + configuration.hushLimit)
            return .done
        case .cleaned:
            isRelearning = true
            driftMicro = 0
            return .done
        default: return .unsupported
        }
    }

    /// Drift compensation is at its end, either way.
    var isContaminated: Bool { abs(driftMicro) >= Int64(driftLimit) * 1_000 }

    var finding: Finding {
        Finding(
            source.isUsable ? level : .normal, cause: .smokeDensity,
            trouble: source.trouble != .none ? source.trouble : isContaminated ? .contaminated : .none,
            value: obscuration)
    }

    var deadline: Instant { source.deadline }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        copy.hushedUntil = .start
        let strongest =
            configuration.unitsPerDecibelPerMetre > 0 ? configuration.range.highest : configuration.range.lowest
        var time = now
        // Three readings fill the median; two more let the verification pass.
        for _ in 0..<5 {
            copy.receive(Reading(value: strongest, quality: .good, at: time), channel: 0, at: time)
            time = time + configuration.verification
        }
        return copy.level == .alarm
    }
}

/// The middle one of the last three values; the value itself until there are three.
struct MedianOfThree: BitwiseCopyable {
    private var first: Int32 = 0
    private var second: Int32 = 0
    private var count: UInt8 = 0

    /// Whether the last median was one of three values.
    private(set) var isComplete = false

    /// - Returns: the median of this value and the two before.
    mutating func add(_ value: Int32) -> Int32 {
        defer {
            first = second
            second = value
            if count < 2 { count += 1 }
        }
        guard count == 2 else { return value }
        isComplete = true
        return max(min(first, second), min(max(first, second), value))
    }
}

/// Time for which something held from one reading to the next, counted back while it does not.
struct VerificationTimer: BitwiseCopyable {
    private var gathered: Interval = .zero
    private var held = false

    mutating func add(_ holds: Bool, elapsed: Interval, limit: Interval) {
        if holds && held { gathered = min(limit, gathered + elapsed) }
        if !holds { gathered = max(.zero, gathered - elapsed) }
        held = holds
    }

    func isFull(_ limit: Interval) -> Bool { gathered >= limit }
}
