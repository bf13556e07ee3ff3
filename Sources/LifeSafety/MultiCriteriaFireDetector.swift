import FixedMemory
import HardwareInterface

/// Fires on fire rather than on smoke: judges obscuration, temperature and carbon monoxide together.
///
/// Steam and dust raise obscuration alone; a smouldering fire raises carbon monoxide with it, a flaming one temperature.
/// So smoke alone must be denser and last longer, and smoke that either of the others confirms needs less of both. Heat
/// alone fires as a fixed-temperature detector of class A2 does.
///
/// EN 54-29 (smoke and heat), EN 54-30 (CO and heat) and EN 54-31 (all three) judge such detectors by test fires; their
/// figures were not available, so the weights here are engineering choices, held to the profiles in the tests.
public struct MultiCriteriaFireDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        public var smoke: PointIndex
        /// Thousandths of a degree Celsius; `nil` for none.
        public var temperature: PointIndex?
        /// Parts per million; `nil` for none.
        public var carbonMonoxide: PointIndex?
        /// As for the smoke detector.
        public var cleanAir: Int32
        public var unitsPerDecibelPerMetre: Int32
        public var smokeRange: ValueRange
        /// mdB/m at which smoke alone is an alarm.
        public var aloneThreshold: Int32
        /// mdB/m at which smoke with full confirmation is an alarm.
        public var confirmedThreshold: Int32
        /// Time above the threshold without confirmation; with full confirmation a third of it.
        public var verification: Interval
        public var maximumAge: Interval

        public init(
            smoke: PointIndex, temperature: PointIndex? = nil, carbonMonoxide: PointIndex? = nil, cleanAir: Int32 = 0,
            unitsPerDecibelPerMetre: Int32 = 1_000, smokeRange: ValueRange = ValueRange(-100...5_000),
            aloneThreshold: Int32 = 220, confirmedThreshold: Int32 = 80, verification: Interval = .seconds(15),
            maximumAge: Interval = .seconds(30)
        ) {
            self.smoke = smoke
            self.temperature = temperature
            self.carbonMonoxide = carbonMonoxide
            self.cleanAir = cleanAir
            self.unitsPerDecibelPerMetre = unitsPerDecibelPerMetre
            self.smokeRange = smokeRange
            self.aloneThreshold = aloneThreshold
            self.confirmedThreshold = confirmedThreshold
            self.verification = verification
            self.maximumAge = maximumAge
        }

        public var sources: Sources {
            var sources = Sources(smoke)
            sources.append(temperature)
            sources.append(carbonMonoxide)
            return sources
        }
    }

    /// A rise within four minutes, or carbon monoxide, that confirms smoke in full.
    static let confirmingRise: Int32 = 10_000
    static let confirmingCarbonMonoxide: Int32 = 30
    /// As `HeatDetector` class A2: 54 °C + 4 K.
    static let fixedTemperature: Int32 = 58_000
    /// Carbon monoxide of this much with any visible smoke is a fire that smoulders unseen.
    static let smoulderingCarbonMonoxide: Int32 = 60
    static let smoulderingSmoke: Int32 = 40

    private let configuration: Configuration
    private var smoke: SourceSupervisor
    private var temperature: SourceSupervisor
    private var carbonMonoxide: SourceSupervisor
    private var chamber: SmokeChamber
    private var temperatures = MedianOfThree()
    private var filteredTemperature: Int32 = 0
    private var history = TemperatureHistory()
    private var suspicion = VerificationTimer()
    private var level: Condition = .normal
    private var cause: AlarmCause = .combinedFire

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        smoke = SourceSupervisor(maximumAge: configuration.maximumAge, range: configuration.smokeRange)
        temperature = SourceSupervisor(
            maximumAge: configuration.maximumAge, range: ValueRange(-40_000...170_000))
        carbonMonoxide = SourceSupervisor(maximumAge: configuration.maximumAge, range: ValueRange(-20...10_000))
        chamber = SmokeChamber(
            cleanAir: configuration.cleanAir, unitsPerDecibelPerMetre: configuration.unitsPerDecibelPerMetre,
            alarmThreshold: configuration.confirmedThreshold, longestStep: configuration.maximumAge)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        switch channel {
        case 0:
            guard smoke.receive(reading) else {
                chamber.interrupt()
                return
            }
            chamber.measure(reading.value, isTracking: level != .alarm, at: now)
            judge(elapsed: chamber.elapsed)
        case 1:
            guard temperature.receive(reading) else {
                history.clear()
                temperatures = MedianOfThree()
                return
            }
            filteredTemperature = temperatures.add(reading.value)
            history.add(filteredTemperature, at: now)
            judge(elapsed: .zero)
        default:
            if carbonMonoxide.receive(reading) { judge(elapsed: .zero) }
        }
    }

    /// How far heat and carbon monoxide confirm that smoke is fire, per mille.
    var confirmation: Int32 {
        var sum: Int32 = 0
        if temperature.isUsable, let lowest = history.lowest {
            let rise = max(0, Int64(filteredTemperature) - Int64(lowest))
            sum += Int32(min(1_000, rise / Int64(MultiCriteriaFireDetector.confirmingRise / 1_000)))
        }
        if carbonMonoxide.isUsable {
            let present = max(0, carbonMonoxide.value)
            sum += min(1_000, present * 1_000 / MultiCriteriaFireDetector.confirmingCarbonMonoxide)
        }
        return min(sum, 1_000)
    }

    /// Confirmation as it counts. With neither of the other sources nothing could ever confirm: as sensitive as a plain
    /// smoke detector then.
    private var countingConfirmation: Int32 { !temperature.isUsable && !carbonMonoxide.isUsable ? 500 : confirmation }

    /// mdB/m from which smoke with so much confirmation is suspect.
    private func threshold(_ confirmed: Int32) -> Int32 {
        let range = configuration.aloneThreshold - configuration.confirmedThreshold
        return configuration.aloneThreshold - range * confirmed / 1_000
    }

    package var innerSignals: InnerSignals {
        var signals = InnerSignals()
        let confirmed = countingConfirmation
        signals.append("compensated obscuration / mdB/m", chamber.obscuration, limit: threshold(confirmed))
        signals.append(
            "filtered temperature / m°C", filteredTemperature, limit: MultiCriteriaFireDetector.fixedTemperature)
        signals.append("carbon monoxide / ppm", carbonMonoxide.isUsable ? carbonMonoxide.value : 0)
        signals.append("confirmation / thousandths", confirmed)
        signals.append(
            "suspicion / ms", Int32(clamping: suspicion.gathered.milliseconds),
            limit: Int32(clamping: configuration.verification.milliseconds))
        return signals
    }

    private mutating func judge(elapsed: Interval) {
        let confirmed = countingConfirmation
        let threshold = threshold(confirmed)
        let obscuration = smoke.isUsable ? chamber.obscuration : 0
        let smoulders =
            carbonMonoxide.isUsable
            && carbonMonoxide.value >= MultiCriteriaFireDetector.smoulderingCarbonMonoxide
            && (obscuration >= MultiCriteriaFireDetector.smoulderingSmoke || !smoke.isUsable)
        let isSuspect = obscuration >= threshold - (level == .alarm ? threshold / 8 : 0) || smoulders
        if elapsed > .zero {
            // Confirmed suspicion counts up to three times as fast.
            let weight = Int64(1_000 + 2 * confirmed)
            suspicion.add(
                isSuspect, elapsed: Interval(nanoseconds: elapsed.nanoseconds / 1_000 * weight),
                limit: configuration.verification)
        }
        let isHot =
            temperature.isUsable
            && filteredTemperature >= MultiCriteriaFireDetector.fixedTemperature - (level == .alarm ? 3_000 : 0)
        // Without smoke readings time does not pass for the suspicion: heat and CO must do on their own.
        let smouldersUnseen = smoulders && !smoke.isUsable
        if isHot || smouldersUnseen || isSuspect && (suspicion.isFull(configuration.verification) || level == .alarm) {
            level = .alarm
            cause = isHot ? .fixedTemperature : .combinedFire
        } else if isSuspect || obscuration >= threshold * 3 / 5 {
            level = .preAlarm
            cause = .combinedFire
        } else {
            level = .normal
        }
    }

    func learned(_ piece: Int) -> LearnedPiece? { piece == 0 ? chamber.learned : nil }
    mutating func restore(_ learned: LearnedPiece, _ piece: Int) { if piece == 0 { chamber.restore(learned) } }

    mutating func advance(to now: Instant) {
        smoke.advance(to: now)
        if configuration.temperature != nil { temperature.advance(to: now) }
        if configuration.carbonMonoxide != nil { carbonMonoxide.advance(to: now) }
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset: return .done
        case .cleaned:
            chamber.relearn()
            return .done
        default: return .unsupported
        }
    }

    private var trouble: TroubleReason {
        if smoke.trouble != .none { return smoke.trouble }
        if configuration.temperature != nil, temperature.trouble != .none { return temperature.trouble }
        if configuration.carbonMonoxide != nil, carbonMonoxide.trouble != .none { return carbonMonoxide.trouble }
        return chamber.isContaminated ? .contaminated : .none
    }

    var finding: Finding {
        let hasEvidence = smoke.isUsable || temperature.isUsable || carbonMonoxide.isUsable
        return Finding(
            hasEvidence ? level : .normal, cause: cause, trouble: trouble, value: chamber.obscuration)
    }

    var deadline: Instant {
        var next = smoke.deadline
        if configuration.temperature != nil { next = min(next, temperature.deadline) }
        if configuration.carbonMonoxide != nil { next = min(next, carbonMonoxide.deadline) }
        return next
    }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        var time = now
        let strongest =
            configuration.unitsPerDecibelPerMetre > 0
            ? configuration.smokeRange.highest : configuration.smokeRange.lowest
        for _ in 0..<6 {
            copy.receive(Reading(value: strongest, quality: .good, at: time), channel: 0, at: time)
            time = time + configuration.verification
        }
        return copy.level == .alarm
    }
}

extension MultiCriteriaFireDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&smoke)
        state.carry(&temperature)
        state.carry(&carbonMonoxide)
        state.carry(&chamber)
        state.carry(&temperatures)
        state.carry(&filteredTemperature)
        state.carry(&history)
        state.carry(&suspicion)
        state.carry(&level)
        state.carry(&cause)
    }
}
