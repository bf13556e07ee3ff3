import FixedMemory
import HardwareInterface

/// A condition that must hold for a while before it counts, and be gone for a while before it no longer does.
public struct DelayedFlag: Sendable, BitwiseCopyable {
    public let onDelay: Interval
    public let offDelay: Interval
    /// The flag after the delays.
    public private(set) var isOn = false
    private var input = false
    private var changedAt: Instant = .start

    public init(onDelay: Interval, offDelay: Interval) {
        self.onDelay = onDelay
        self.offDelay = offDelay
    }

    /// Takes the present input; a delay of zero counts at once.
    public mutating func update(_ newInput: Bool, at now: Instant) {
        if newInput != input {
            input = newInput
            changedAt = now
        }
        advance(to: now)
    }

    public mutating func advance(to now: Instant) {
        if input != isOn && now >= deadline { isOn = input }
    }

    /// Starts over with everything off.
    public mutating func clear() {
        isOn = false
        input = false
    }

    /// When the flag will change if the input stays as it is.
    public var deadline: Instant { input == isOn ? .never : changedAt + (input ? onDelay : offDelay) }
}

extension DelayedFlag: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&isOn)
        state.carry(&input)
        state.carry(&changedAt)
    }
}

/// A flag for pre-alarm and one for alarm, with the same delays.
public struct DelayedCondition: Sendable, BitwiseCopyable {
    private var preAlarm: DelayedFlag
    private var alarm: DelayedFlag

    public init(onDelay: Interval, offDelay: Interval) {
        preAlarm = DelayedFlag(onDelay: onDelay, offDelay: offDelay)
        alarm = DelayedFlag(onDelay: onDelay, offDelay: offDelay)
    }

    public mutating func update(_ input: Condition, at now: Instant) {
        preAlarm.update(input >= .preAlarm, at: now)
        alarm.update(input == .alarm, at: now)
    }

    public mutating func advance(to now: Instant) {
        preAlarm.advance(to: now)
        alarm.advance(to: now)
    }

    public mutating func clear() {
        preAlarm.clear()
        alarm.clear()
    }

    public var value: Condition { alarm.isOn ? .alarm : preAlarm.isOn ? .preAlarm : .normal }
    public var deadline: Instant { min(preAlarm.deadline, alarm.deadline) }
}

extension DelayedCondition: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&preAlarm)
        state.carry(&alarm)
    }
}
