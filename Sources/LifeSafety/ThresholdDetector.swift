import FixedMemory
import HardwareInterface

/// Fires when a value stays beyond a limit: bin full, tank low, cabinet hot, freezer warm.
///
/// The value comes back within `hysteresis` of the limit before the condition ends.
public struct ThresholdDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        public var source: PointIndex
        public var side: Side
        /// In the point's unit.
        public var alarmLimit: Int32
        /// In the point's unit; `nil` for no pre-alarm.
        public var preAlarmLimit: Int32?
        /// In the point's unit, 0 or more.
        public var hysteresis: Int32
        /// How long the value must be beyond the limit.
        public var onDelay: Interval
        /// How long it must be back.
        public var offDelay: Interval
        public var maximumAge: Interval
        /// Values outside are a trouble.
        public var range: ValueRange

        public init(
            source: PointIndex, side: Side, alarmLimit: Int32, preAlarmLimit: Int32? = nil, hysteresis: Int32 = 0,
            onDelay: Interval = .zero, offDelay: Interval = .zero, maximumAge: Interval = .seconds(60),
            range: ValueRange = .any
        ) {
            self.source = source
            self.side = side
            self.alarmLimit = alarmLimit
            self.preAlarmLimit = preAlarmLimit
            self.hysteresis = hysteresis
            self.onDelay = onDelay
            self.offDelay = offDelay
            self.maximumAge = maximumAge
            self.range = range
        }

        public var sources: Sources { Sources(source) }
    }

    public enum Side: UInt8, Sendable, BitwiseCopyable {
        case above = 0
        case below = 1
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var raw: Condition = .normal
    private var delayed: DelayedCondition

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge, range: configuration.range)
        delayed = DelayedCondition(onDelay: configuration.onDelay, offDelay: configuration.offDelay)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else { return }
        raw = condition(of: reading.value)
        delayed.update(raw, at: now)
    }

    private func condition(of value: Int32) -> Condition {
        if isBeyond(value, configuration.alarmLimit, wasBeyond: raw == .alarm) { return .alarm }
        if let limit = configuration.preAlarmLimit, isBeyond(value, limit, wasBeyond: raw >= .preAlarm) {
            return .preAlarm
        }
        return .normal
    }

    private func isBeyond(_ value: Int32, _ limit: Int32, wasBeyond: Bool) -> Bool {
        let slack = wasBeyond ? Int64(configuration.hysteresis) : 0
        return switch configuration.side {
        case .above: Int64(value) >= Int64(limit) - slack
        case .below: Int64(value) <= Int64(limit) + slack
        }
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        if source.isUsable { delayed.advance(to: now) }
    }

    var finding: Finding {
        Finding(
            source.isUsable ? delayed.value : .normal, cause: configuration.side == .above ? .aboveLimit : .belowLimit,
            trouble: source.trouble, value: source.value)
    }

    var deadline: Instant { min(source.deadline, source.isUsable ? delayed.deadline : .never) }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        let extreme =
            configuration.side == .above ? configuration.range.highest : configuration.range.lowest
        copy.receive(Reading(value: extreme, quality: .good, at: now), channel: 0, at: now)
        copy.delayed.advance(to: now + configuration.onDelay)
        return copy.finding.condition == .alarm
    }
}

extension ThresholdDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&raw)
        state.carry(&delayed)
    }
}
