import FixedMemory
import HardwareInterface

/// Fires when a ceiling radar says that someone fell and stays down.
///
/// The modules report fall as a level, without confidence, and take it back when the person gets up. So the level must
/// last, and someone must be seen to be there where the module also reports presence. The person lying on is the
/// module's "long stay" or the fall level itself lasting on.
public struct RadarFallDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// 1 while the module says that someone fell.
        public var fall: PointIndex
        /// 1 while someone is in the room; `nil` for none.
        public var presence: PointIndex?
        /// How long the level must last.
        public var confirmation: Interval
        /// The level comes and goes while someone struggles; gaps up to this count as lasting.
        public var gap: Interval
        public var maximumAge: Interval

        public init(
            fall: PointIndex, presence: PointIndex? = nil, confirmation: Interval = .seconds(15),
            gap: Interval = .seconds(5), maximumAge: Interval = .seconds(60)
        ) {
            self.fall = fall
            self.presence = presence
            self.confirmation = confirmation
            self.gap = gap
            self.maximumAge = maximumAge
        }

        public var sources: Sources {
            var sources = Sources(fall)
            sources.append(presence)
            return sources
        }
    }

    private let configuration: Configuration
    private var fall: SourceSupervisor
    private var presence: SourceSupervisor
    private var suspected: DelayedFlag
    private var confirmed: DelayedFlag
    private var isHeld = false

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        fall = SourceSupervisor(maximumAge: configuration.maximumAge, range: ValueRange(0...1))
        presence = SourceSupervisor(maximumAge: configuration.maximumAge, range: ValueRange(0...1))
        suspected = DelayedFlag(onDelay: .zero, offDelay: configuration.gap)
        confirmed = DelayedFlag(onDelay: configuration.confirmation, offDelay: .zero)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        let isUsable = channel == 0 ? fall.receive(reading) : presence.receive(reading)
        if isUsable { judge(at: now) }
    }

    mutating func advance(to now: Instant) {
        fall.advance(to: now)
        if configuration.presence != nil { presence.advance(to: now) }
        if fall.isUsable { judge(at: now) }
    }

    private mutating func judge(at now: Instant) {
        // A room that says it is empty contradicts the fall; a silent presence does not.
        let isEmpty = configuration.presence != nil && presence.isUsable && presence.value == 0
        suspected.update(fall.value == 1 && !isEmpty, at: now)
        confirmed.update(suspected.isOn, at: now)
        if confirmed.isOn { isHeld = true }
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        guard command == .reset || command == .cancel else { return .unsupported }
        isHeld = false
        suspected.clear()
        confirmed.clear()
        return .done
    }

    var finding: Finding {
        Finding(
            isHeld ? .alarm : fall.isUsable && suspected.isOn ? .preAlarm : .normal, cause: .radarFall,
            trouble: fall.trouble != .none
                ? fall.trouble : configuration.presence != nil ? presence.trouble : .none,
            value: fall.value)
    }

    var deadline: Instant {
        var next = fall.deadline
        if configuration.presence != nil { next = min(next, presence.deadline) }
        return fall.isUsable ? min(next, min(suspected.deadline, confirmed.deadline)) : next
    }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        copy.isHeld = false
        copy.receive(Reading(value: 1, quality: .good, at: now), channel: 1, at: now)
        copy.receive(Reading(value: 1, quality: .good, at: now), channel: 0, at: now)
        copy.judge(at: now + configuration.confirmation)
        return copy.isHeld
    }
}

extension RadarFallDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&fall)
        state.carry(&presence)
        state.carry(&suspected)
        state.carry(&confirmed)
        state.carry(&isHeld)
    }
}
