import FixedMemory
import HardwareInterface

/// The course of one detector's alarm from normal to reset, the same for every kind of detector.
///
/// A latching alarm ends only by `reset`, and only once its cause has gone. A trouble is kept beside the alarm and can
/// neither end nor prevent it: while a detector is in trouble its condition may rise but not fall, because a dead
/// sensor is no evidence that the fire is out.
public struct AlarmLifeCycle: Sendable, BitwiseCopyable {
    /// What a person's command did.
    public enum Outcome: UInt8, Sendable, BitwiseCopyable {
        case done = 0
        /// Nothing to do in this state.
        case notApplicable = 1
        /// The cause is still present; the alarm stays.
        case causePresent = 2
        /// Take note of the alarm first.
        case notAcknowledged = 3
        /// No such detector, or it has no such function.
        case unsupported = 4
    }

    private enum Phase: UInt8, Carried, BitwiseCopyable {
        case quiet, preAlarm, alarm, acknowledged, silenced, restored
    }

    private var phase: Phase = .quiet
    private let latches: Bool
    /// Ends of a bypass and a test; `nil` when there is none.
    private var bypassEnd: Instant?
    private var testEnd: Instant?
    /// How often it was activated in the test that is under way or, after it, in the last one; 255 for that and more.
    public private(set) var testActivations: UInt8 = 0
    /// The latest finding, with the condition held up while in trouble.
    public private(set) var finding = Finding(trouble: .starting)

    /// - Parameter latches: an alarm stays until `reset`. Without, it ends when its cause does.
    public init(latches: Bool) { self.latches = latches }

    /// The state to show, by precedence.
    public var state: AlarmState {
        switch phase {
        case .alarm: .alarm
        case .acknowledged: .acknowledged
        case .silenced: .silenced
        case .restored: .restored
        case .quiet, .preAlarm:
            if bypassEnd != nil {
                .bypassed
            } else if testEnd != nil {
                .underTest
            } else if finding.trouble != .none {
                .trouble
            } else {
                phase == .preAlarm ? .preAlarm : .normal
            }
        }
    }

    /// Whether a person took the detector out of service, even if an older alarm is still shown.
    public var isBypassed: Bool { bypassEnd != nil }
    public var isUnderTest: Bool { testEnd != nil }

    /// When a bypass or test ends by itself.
    public var deadline: Instant { min(bypassEnd ?? .never, testEnd ?? .never) }

    /// Takes up an alarm of an earlier run. Until the detector works again, the cause counts as present.
    ///
    /// - Returns: `.notApplicable` if the state is no alarm, or this run has one already.
    public mutating func restore(_ state: AlarmState, cause: AlarmCause, value: Int32) -> Outcome {
        guard phase == .quiet || phase == .preAlarm else { return .notApplicable }
        switch state {
        case .alarm: phase = .alarm
        case .acknowledged: phase = .acknowledged
        case .silenced: phase = .silenced
        case .restored: phase = .restored
        case .normal, .preAlarm, .trouble, .bypassed, .underTest: return .notApplicable
        }
        if finding.trouble != .none && state != .restored { finding.condition = .alarm }
        if finding.condition != .preAlarm {
            finding.cause = cause
            finding.value = value
        }
        if finding.trouble == .none { settle() }
        return .done
    }

    /// Takes a detector's finding into account.
    public mutating func observe(_ observed: Finding) {
        var next = observed
        if next.trouble != .none && next.condition < finding.condition {
            next.condition = finding.condition
            next.cause = finding.cause
        }
        if next.condition == .normal && phase != .quiet { next.cause = finding.cause }
        if testEnd != nil && next.condition == .alarm && finding.condition < .alarm && testActivations < .max {
            testActivations += 1
        }
        finding = next
        settle()
    }

    private mutating func settle() {
        guard bypassEnd == nil, testEnd == nil else {
            if phase == .preAlarm { phase = .quiet }
            if finding.condition < .alarm { fade() }
            return
        }
        switch finding.condition {
        case .alarm:
            switch phase {
            case .quiet, .preAlarm, .restored: phase = .alarm
            case .alarm, .acknowledged, .silenced: break
            }
        case .preAlarm:
            fade()
            if phase == .quiet { phase = .preAlarm }
        case .normal:
            fade()
            if phase == .preAlarm { phase = .quiet }
        }
    }

    /// The cause of an alarm has gone.
    private mutating func fade() {
        switch phase {
        case .alarm: if !latches { phase = .quiet }
        case .acknowledged, .silenced, .restored: phase = latches ? .restored : .quiet
        case .quiet, .preAlarm: break
        }
    }

    /// A person took note.
    public mutating func acknowledge() -> Outcome {
        guard phase == .alarm else { return .notApplicable }
        phase = finding.condition == .alarm ? .acknowledged : .restored
        return .done
    }

    /// A person stops the sounders; also takes note.
    public mutating func silence() -> Outcome {
        guard phase == .alarm || phase == .acknowledged else { return .notApplicable }
        phase = finding.condition == .alarm ? .silenced : .restored
        return .done
    }

    /// A person ends a latched alarm. Refused while the cause is present (EN 54-2, 7.6: what is still received stays
    /// indicated) and before anyone took note of it.
    public mutating func reset() -> Outcome {
        switch phase {
        case .quiet, .preAlarm: return .notApplicable
        case .alarm: return .notAcknowledged
        case .acknowledged, .silenced, .restored:
            // In trouble the held condition proves nothing; a person decides.
            if finding.condition == .alarm && finding.trouble == .none && !isBypassed { return .causePresent }
            phase = .quiet
            finding.condition = .normal
            return .done
        }
    }

    /// Takes the detector out of service until `end`. Refused while an alarm is shown that nobody took note of.
    public mutating func bypass(until end: Instant) -> Outcome {
        guard phase != .alarm else { return .notAcknowledged }
        bypassEnd = end
        settle()
        return .done
    }

    /// Puts the detector back into service; what it finds now counts at once.
    public mutating func endBypass() -> Outcome {
        guard bypassEnd != nil else { return .notApplicable }
        bypassEnd = nil
        settle()
        return .done
    }

    /// Begins a test until `end`, or has the one that is under way end then. Refused while an alarm is shown.
    public mutating func beginTest(until end: Instant) -> Outcome {
        guard !state.isAlarm else { return .notAcknowledged }
        if testEnd == nil { testActivations = 0 }
        testEnd = end
        settle()
        return .done
    }

    /// Ends a test; what it finds now counts at once.
    public mutating func endTest() -> Outcome {
        guard testEnd != nil else { return .notApplicable }
        testEnd = nil
        settle()
        return .done
    }

    /// Ends a bypass or test whose time is over.
    public mutating func advance(to now: Instant) {
        if let end = bypassEnd, end <= now { _ = endBypass() }
        if let end = testEnd, end <= now { _ = endTest() }
    }
}

extension AlarmLifeCycle: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&phase)
        state.carry(&bypassEnd)
        state.carry(&testEnd)
        state.carry(&testActivations)
        state.carry(&finding)
    }
}
