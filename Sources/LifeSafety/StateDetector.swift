import FixedMemory
import HardwareInterface

/// Fires when a digital point is in its alarm state for a while: door forced, tamper, mains failed, pump stopped, call
/// point pressed, the building's fire panel in alarm.
public struct StateDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        public var source: PointIndex
        /// The point's value (0 or 1) that means alarm.
        public var alarmValue: Int32
        public var onDelay: Interval
        public var offDelay: Interval
        /// A pressed button is an alarm even if it is let go before anyone looks: the condition stays until `reset`.
        public var holds: Bool
        /// `endless` for a line that reports only its changes.
        public var maximumAge: Interval
        public var cause: AlarmCause

        public init(
            source: PointIndex, alarmValue: Int32 = 1, onDelay: Interval = .zero, offDelay: Interval = .zero,
            holds: Bool = false, maximumAge: Interval = .endless, cause: AlarmCause = .activeState
        ) {
            self.source = source
            self.alarmValue = alarmValue
            self.onDelay = onDelay
            self.offDelay = offDelay
            self.holds = holds
            self.maximumAge = maximumAge
            self.cause = cause
        }

        public var sources: Sources { Sources(source) }
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var flag: DelayedFlag
    private var held = false

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge, range: ValueRange(0...1))
        flag = DelayedFlag(onDelay: configuration.onDelay, offDelay: configuration.offDelay)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else { return }
        flag.update(reading.value == configuration.alarmValue, at: now)
        hold()
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        if source.isUsable { flag.advance(to: now) }
        hold()
    }

    private mutating func hold() {
        if configuration.holds && flag.isOn { held = true }
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        guard command == .reset else { return .unsupported }
        held = false
        return .done
    }

    var finding: Finding {
        let isOn = held || source.isUsable && flag.isOn
        return Finding(
            isOn ? .alarm : .normal, cause: configuration.cause, trouble: source.trouble, value: source.value)
    }

    var deadline: Instant { min(source.deadline, source.isUsable ? flag.deadline : .never) }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        copy.receive(Reading(value: configuration.alarmValue, quality: .good, at: now), channel: 0, at: now)
        copy.advance(to: now + configuration.onDelay)
        return copy.held || copy.flag.isOn
    }
}

extension StateDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&flag)
        state.carry(&held)
    }
}
