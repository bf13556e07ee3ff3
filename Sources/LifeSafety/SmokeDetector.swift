import FixedMemory
import HardwareInterface

/// Fires when the light obscuration in a smoke chamber stays above a threshold.
///
/// The signal becomes obscuration in `SmokeChamber`: median of three, drift compensation with a limit. Then
/// **verification** stands between a fire and steam: the obscuration must be above the threshold for a while in all, time
/// below it counting back at the same speed. Dense smoke, three times the threshold, needs half of it: two interference
/// spikes close to one another pass the median, and must not pass as dense smoke.
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

    /// Dense smoke: this many times the threshold passes with half the verification.
    static let denseFactor: Int32 = 3

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var chamber: SmokeChamber
    private var preAlarmTime = VerificationTimer()
    private var alarmTime = VerificationTimer()
    private var level: Condition = .normal
    private var hushedUntil: Instant = .start

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge, range: configuration.range)
        chamber = SmokeChamber(
            cleanAir: configuration.cleanAir, unitsPerDecibelPerMetre: configuration.unitsPerDecibelPerMetre,
            alarmThreshold: configuration.alarmThreshold, longestStep: configuration.maximumAge)
    }

    /// Compensated obscuration, mdB/m.
    public var obscuration: Int32 { chamber.obscuration }
    /// Clean air as tracked, mdB/m above that of the new chamber.
    public var drift: Int32 { chamber.drift }

    /// - Parameter now: tells whether the detector is hushed.
    package func innerSignals(at now: Instant) -> InnerSignals {
        var signals = InnerSignals()
        let factor: Int32 = now < hushedUntil ? 2 : 1
        signals.append("compensated obscuration / mdB/m", obscuration, limit: configuration.alarmThreshold * factor)
        signals.append("clean air as tracked / mdB/m", drift, limit: chamber.driftLimit)
        signals.append(
            "time above the threshold / ms", Int32(clamping: alarmTime.gathered.milliseconds),
            limit: Int32(clamping: configuration.verification.milliseconds))
        return signals
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else {
            chamber.interrupt()
            return
        }
        chamber.measure(reading.value, isTracking: level != .alarm, at: now)
        judge(elapsed: chamber.elapsed, at: now)
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
        let isDense = chamber.isFiltered && obscuration >= alarm * SmokeDetector.denseFactor
        let needed =
            isDense ? Interval(nanoseconds: configuration.verification.nanoseconds / 2) : configuration.verification
        if isAlarming && (level == .alarm || alarmTime.isFull(needed)) {
            level = .alarm
        } else if isNear && (isAlarming || level >= .preAlarm || preAlarmTime.isFull(configuration.verification)) {
            // A signal above the alarm threshold that still waits for verification is a pre-alarm at once.
            level = .preAlarm
        } else {
            level = .normal
        }
    }

    func learned(_ piece: Int) -> LearnedPiece? { piece == 0 ? chamber.learned : nil }
    mutating func restore(_ learned: LearnedPiece, _ piece: Int) { if piece == 0 { chamber.restore(learned) } }

    mutating func advance(to now: Instant) { source.advance(to: now) }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset: return .done
        case .hush(let until):
            hushedUntil = min(until, now + configuration.hushLimit)
            return .done
        case .cleaned:
            chamber.relearn()
            return .done
        default: return .unsupported
        }
    }

    var finding: Finding {
        Finding(
            source.isUsable ? level : .normal, cause: .smokeDensity,
            trouble: source.trouble != .none ? source.trouble : chamber.isContaminated ? .contaminated : .none,
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

extension SmokeDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&chamber)
        state.carry(&preAlarmTime)
        state.carry(&alarmTime)
        state.carry(&level)
        state.carry(&hushedUntil)
    }
}
