import FixedMemory
import HardwareInterface

/// One change of what is shown about a detector.
///
/// `from` and `to` are equal where only the trouble changed under an alarm, or a detector under test was activated.
public struct AlarmTransition: Equatable, Sendable, BitwiseCopyable {
    public var detector: DetectorIndex
    public var from: AlarmState
    public var to: AlarmState
    public var trouble: TroubleReason
    public var condition: Condition
    public var cause: AlarmCause
    /// The deciding quantity in the detector's unit.
    public var value: Int32
    public var at: Instant

    public init(
        detector: DetectorIndex, from: AlarmState, to: AlarmState, trouble: TroubleReason, condition: Condition,
        cause: AlarmCause, value: Int32, at: Instant
    ) {
        self.detector = detector
        self.from = from
        self.to = to
        self.trouble = trouble
        self.condition = condition
        self.cause = cause
        self.value = value
        self.at = at
    }
}

/// The changes of one call, in order; emptied by the caller.
///
/// A change that finds no room is not lost: the monitor publishes it at its next call, and its `deadline` asks for one
/// at once.
public struct AlarmOutput: ~Copyable {
    public private(set) var transitions: FixedArray<AlarmTransition>

    /// - Parameter capacity: one or more.
    public init(capacity: Int) {
        precondition(capacity > 0, "an output needs room for one transition")
        transitions = FixedArray(capacity: capacity)
    }

    public var count: Int { transitions.count }
    public var isFull: Bool { transitions.isFull }

    public subscript(_ index: Int) -> AlarmTransition { transitions[index] }

    /// Call after the transitions were dealt with.
    public mutating func removeAll() { transitions.removeAll() }

    mutating func append(_ transition: AlarmTransition) { transitions.append(transition) }
}
