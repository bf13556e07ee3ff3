import FixedMemory
import HardwareInterface

/// Fires when a combustible gas reaches a fraction of its lower explosive limit, and watches its sensor's zero.
///
/// EN 50194-1 leaves the set point between 3 % and 20 % LEL; the default alarm is 10 %, the pre-alarm 5 %. A sensor that
/// warms up reads anything, so nothing is judged then. A zero that sinks is the sign of a poisoned or ageing element
/// that can be seen from the readings; a loss of sensitivity cannot, and is covered by the date of the functional test.
public struct CombustibleGasDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// Hundredths of a per cent of the lower explosive limit.
        public var source: PointIndex
        /// Hundredths of a per cent of the lower explosive limit.
        public var alarmLimit: Int32
        /// Hundredths of a per cent of the lower explosive limit; 0 for no pre-alarm.
        public var preAlarmLimit: Int32
        public var hysteresis: Int32
        /// How long the limit must be exceeded.
        public var verification: Interval
        /// After the first reading, and after every gap in which the sensor may have been without power.
        public var warmUp: Interval
        /// A reading lower than this for ten minutes is a poisoned element.
        public var lowestZero: Int32
        /// The very same value for so long is a stuck element; `endless` for sensors that clamp at zero.
        public var frozenAfter: Interval
        /// Local day (since 1970-01-01) from which a functional test is due; 0 for none.
        public var testFromDay: Int32
        public var maximumAge: Interval
        /// Above the upper end the element is saturated: that counts as alarm, and as a trouble.
        public var range: ValueRange

        public init(
            source: PointIndex, alarmLimit: Int32 = 1_000, preAlarmLimit: Int32 = 500, hysteresis: Int32 = 100,
            verification: Interval = .seconds(5), warmUp: Interval = .minutes(3), lowestZero: Int32 = -300,
            frozenAfter: Interval = .endless, testFromDay: Int32 = 0, maximumAge: Interval = .seconds(30),
            range: ValueRange = ValueRange(-1_000...10_000)
        ) {
            self.source = source
            self.alarmLimit = alarmLimit
            self.preAlarmLimit = preAlarmLimit
            self.hysteresis = hysteresis
            self.verification = verification
            self.warmUp = warmUp
            self.lowestZero = lowestZero
            self.frozenAfter = frozenAfter
            self.testFromDay = testFromDay
            self.maximumAge = maximumAge
            self.range = range
        }

        public var sources: Sources { Sources(source) }
    }

    /// How long the zero must be too low.
    static let zeroTime: Interval = .minutes(10)

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var isRunning = false
    private var warmUntil: Instant = .start
    private var now: Instant = .start
    private var concentration: Int32 = 0
    private var changedAt: Instant = .start
    private var lowZero: DelayedFlag
    private var condition: DelayedCondition
    private var raw: Condition = .normal
    private var isSaturated = false
    private var isOverdue = false
    private var clock = LocalClock.unset

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(
            maximumAge: configuration.maximumAge, range: ValueRange(configuration.range.lowest...Int32.max))
        lowZero = DelayedFlag(onDelay: CombustibleGasDetector.zeroTime, offDelay: CombustibleGasDetector.zeroTime)
        condition = DelayedCondition(onDelay: configuration.verification, offDelay: configuration.verification)
    }

    package var innerSignals: InnerSignals {
        var signals = InnerSignals()
        signals.append("concentration / 0.01 % LEL", concentration, limit: configuration.alarmLimit)
        signals.append("below its zero", lowZero.isOn ? 1 : 0)
        signals.append("warming up", isWarming ? 1 : 0)
        return signals
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        self.now = now
        guard source.receive(reading, withExcessAbove: configuration.alarmLimit) else {
            if reading.quality == .missing || reading.quality == .starting { isRunning = false }
            return
        }
        if !isRunning {
            isRunning = true
            warmUntil = now + configuration.warmUp
            changedAt = now
        }
        isSaturated = reading.value > configuration.range.highest || reading.isExcess(above: configuration.alarmLimit)
        let present = min(reading.value, configuration.range.highest)
        if present != concentration { changedAt = now }
        concentration = present
        guard now >= warmUntil else { return }
        lowZero.update(present < configuration.lowestZero, at: now)
        let alarmLimit = configuration.alarmLimit - (raw == .alarm ? configuration.hysteresis : 0)
        let preAlarmLimit = configuration.preAlarmLimit - (raw >= .preAlarm ? configuration.hysteresis : 0)
        if present >= alarmLimit {
            raw = .alarm
        } else {
            raw = configuration.preAlarmLimit > 0 && present >= preAlarmLimit ? .preAlarm : .normal
        }
        condition.update(raw, at: now)
    }

    mutating func advance(to now: Instant) {
        self.now = now
        source.advance(to: now)
        if source.isUsable {
            lowZero.advance(to: now)
            condition.advance(to: now)
        }
        if configuration.testFromDay > 0, clock.isTrusted {
            isOverdue = clock.day(at: now) >= configuration.testFromDay
        }
    }

    mutating func setClock(_ clock: LocalClock, at now: Instant) {
        self.clock = clock
        advance(to: now)
    }

    private var isWarming: Bool { isRunning && now < warmUntil }
    private var isFrozen: Bool { now >= changedAt + configuration.frozenAfter }

    var finding: Finding {
        let trouble: TroubleReason
        if source.trouble != .none {
            trouble = source.trouble
        } else if isWarming {
            trouble = .starting
        } else if isSaturated {
            trouble = .outOfRange
        } else if lowZero.isOn {
            trouble = .poisoned
        } else if isFrozen {
            trouble = .faulty
        } else {
            trouble = isOverdue ? .maintenanceDue : .none
        }
        return Finding(
            source.isUsable && !isWarming ? condition.value : .normal, cause: .concentration, trouble: trouble,
            value: concentration)
    }

    var deadline: Instant {
        var next = source.deadline
        guard source.isUsable else { return next }
        if isWarming { next = min(next, warmUntil) }
        if !isFrozen { next = min(next, changedAt + configuration.frozenAfter) }
        return min(next, min(condition.deadline, lowZero.deadline))
    }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        let strongest = Reading(value: configuration.range.highest, quality: .good, at: now)
        copy.receive(strongest, channel: 0, at: now)
        copy.receive(strongest, channel: 0, at: max(now, copy.warmUntil))
        copy.condition.advance(to: max(now, copy.warmUntil) + configuration.verification)
        return copy.condition.value == .alarm
    }
}

extension CombustibleGasDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&isRunning)
        state.carry(&warmUntil)
        state.carry(&now)
        state.carry(&concentration)
        state.carry(&changedAt)
        state.carry(&lowZero)
        state.carry(&condition)
        state.carry(&raw)
        state.carry(&isSaturated)
        state.carry(&isOverdue)
        state.carry(&clock)
    }
}
