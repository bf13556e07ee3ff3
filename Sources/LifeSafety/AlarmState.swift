import FixedMemory
import HardwareInterface

/// Where a detector stands in its alarm life cycle. One of these is shown for each detector.
///
/// The order of precedence is that of fire panels (EN 54-2, clauses 5 to 10): an alarm hides everything else, a
/// disablement or test hides a trouble, a trouble hides a pre-alarm. Nothing hides an alarm.
public enum AlarmState: UInt8, Sendable, BitwiseCopyable {
    /// Working and quiet.
    case normal = 0
    /// Something is building up; nobody needs to run yet. Does not latch.
    case preAlarm = 1
    /// The detector fired and nobody has taken note. Latches: only `reset` ends it.
    case alarm = 2
    /// Someone took note; sounders go on.
    case acknowledged = 3
    /// Someone took note and stopped the sounders.
    case silenced = 4
    /// Someone took note and the cause has gone; waits for `reset`. If the cause returns it is an alarm again.
    case restored = 5
    /// The detector cannot do its work; `TroubleReason` says why.
    case trouble = 6
    /// Taken out of service by a person, with an end.
    case bypassed = 7
    /// Being tested by a person: activations are recorded, no alarm is raised.
    case underTest = 8

    /// Whether the detector has fired and has not been reset.
    @inlinable public var isAlarm: Bool {
        switch self {
        case .alarm, .acknowledged, .silenced, .restored: true
        case .normal, .preAlarm, .trouble, .bypassed, .underTest: false
        }
    }
}

extension AlarmState: Carried {}

/// What a detector makes of its inputs, before the life cycle.
public enum Condition: UInt8, Comparable, Sendable, BitwiseCopyable {
    case normal = 0
    case preAlarm = 1
    case alarm = 2

    @inlinable
    public static func < (left: Condition, right: Condition) -> Bool { left.rawValue < right.rawValue }
}

extension Condition: Carried {}

/// Why a detector cannot be relied on. `none` is the only value that means it can.
public enum TroubleReason: UInt8, Sendable, BitwiseCopyable {
    case none = 0
    /// No usable reading yet since start, or the sensor is warming up.
    case starting = 1
    /// The sensor does not answer, or was unplugged.
    case missing = 2
    /// Readings stopped coming.
    case stale = 3
    /// The sensor answers but fails its own checks.
    case faulty = 4
    /// A value that the sensor cannot mean.
    case outOfRange = 5
    /// A supervised circuit is open: a cut wire.
    case openCircuit = 6
    /// A supervised circuit is shorted.
    case shortCircuit = 7
    /// Dirt has used up the range of drift compensation; clean or replace.
    case contaminated = 8
    /// The sensing element no longer answers as it should (poisoned, spent).
    case poisoned = 9
    /// The self-test did not reach an alarm: the detector could not fire.
    case selfTestFailed = 10
    /// An actuator's feedback does not follow its command.
    case noFeedback = 11
    /// Rules that need the time of day cannot run.
    case clockUntrusted = 12
    /// The sensor has not moved for so long that nobody can be wearing it.
    case notWorn = 13
    /// Calibration or a functional test is overdue.
    case maintenanceDue = 14
}

extension TroubleReason: Carried {}

/// What made a detector fire; printed with the alarm so that a person knows where to look.
public enum AlarmCause: UInt8, Sendable, BitwiseCopyable {
    case none = 0
    case smokeDensity = 1
    case fixedTemperature = 2
    case rateOfRise = 3
    case exposure = 4
    case concentration = 5
    case combinedFire = 6
    case wet = 7
    case burst = 8
    case continuousFlow = 9
    case flowAtNight = 10
    case fall = 11
    case longLie = 12
    case noExit = 13
    case unusualSilence = 14
    case noPowerUse = 15
    case callForHelp = 16
    case aboveLimit = 17
    case belowLimit = 18
    case rising = 19
    case falling = 20
    case tilted = 21
    case moved = 22
    case activeState = 23
    case inactiveState = 24
    case tooMany = 25
    case tooFew = 26
    case radarFall = 27
    case notShut = 28
    case reversed = 29
}

extension AlarmCause: Carried {}

/// A detector's own result after an input: the life cycle turns it into a state.
public struct Finding: Equatable, Sendable, BitwiseCopyable {
    public var condition: Condition
    public var cause: AlarmCause
    /// Anything but `.none`: the detector cannot do all of its work. Never lowers a condition that was reached.
    public var trouble: TroubleReason
    /// The deciding quantity in the detector's unit, as its page says.
    public var value: Int32

    public init(
        _ condition: Condition = .normal, cause: AlarmCause = .none, trouble: TroubleReason = .none, value: Int32 = 0
    ) {
        self.condition = condition
        self.cause = cause
        self.trouble = trouble
        self.value = value
    }
}

extension Finding: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&condition)
        state.carry(&cause)
        state.carry(&trouble)
        state.carry(&value)
    }
}

/// A detector in the board image's detector table.
public struct DetectorIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt16
    @inlinable public init(_ value: UInt16) { self.value = value }
}

/// Everything that is shown about one detector.
public struct DetectorStatus: Equatable, Sendable, BitwiseCopyable {
    public var state: AlarmState
    /// Beside any state, an alarm too.
    public var trouble: TroubleReason
    /// Whether the cause is present now, whatever the state; also while bypassed or under test.
    public var condition: Condition
    /// The cause of the last condition above normal.
    public var cause: AlarmCause
    /// The deciding quantity in the detector's unit.
    public var value: Int32
    /// Since when `state` has held.
    public var since: Instant
    /// When a bypass or test ends by itself; `never` for none.
    public var until: Instant
    /// How often it was activated in the test that is under way or, after it, in the last one.
    public var testActivations: UInt8

    public init(
        state: AlarmState, trouble: TroubleReason, condition: Condition, cause: AlarmCause, value: Int32,
        since: Instant, until: Instant = .never, testActivations: UInt8 = 0
    ) {
        self.state = state
        self.trouble = trouble
        self.condition = condition
        self.cause = cause
        self.value = value
        self.since = since
        self.until = until
        self.testActivations = testActivations
    }
}

extension DetectorStatus: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&self.state)
        state.carry(&trouble)
        state.carry(&condition)
        state.carry(&cause)
        state.carry(&value)
        state.carry(&since)
        state.carry(&until)
        state.carry(&testActivations)
    }
}
