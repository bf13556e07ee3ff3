import FixedMemory
import HardwareInterface

/// Shuts a motor valve and makes sure that it is shut: drives it, waits for the end switch, tries again, and says so
/// when water can still flow.
///
/// Fires (alarm, `notShut`) when the valve was to be shut and all attempts failed; in trouble (`noFeedback`) when its end
/// switch contradicts an open valve.
public struct ValveSupervisor: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// The end switch; 1 means shut.
        public var feedback: PointIndex
        /// The valve's own time from open to shut; the attempt fails after twice this.
        public var travelTime: Interval
        /// Attempts in all, 1 or more.
        public var attempts: UInt8
        /// The drive rests so long between attempts.
        public var pause: Interval
        public var maximumAge: Interval

        public init(
            feedback: PointIndex, travelTime: Interval = .seconds(10), attempts: UInt8 = 3,
            pause: Interval = .seconds(5), maximumAge: Interval = .endless
        ) {
            self.feedback = feedback
            self.travelTime = travelTime
            self.attempts = attempts
            self.pause = pause
            self.maximumAge = maximumAge
        }

        public var sources: Sources { Sources(feedback) }
    }

    fileprivate enum Phase: BitwiseCopyable {
        case open
        case driving(until: Instant)
        case pausing(until: Instant)
        case shut
        case failed
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var phase: Phase = .open
    private var attempt: UInt8 = 0
    /// An end switch may still say "shut" for so long after the valve began to open.
    private var openingUntil: Instant = .start
    private var now: Instant = .start

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge, range: ValueRange(0...1))
    }

    /// Whether the line that shuts the valve is to be driven now. A failed valve stays driven.
    public var isDriven: Bool {
        switch phase {
        case .driving, .shut, .failed: true
        case .open, .pausing: false
        }
    }

    private var saysShut: Bool { source.isUsable && source.value == 1 }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        self.now = now
        _ = source.receive(reading)
        proceed()
    }

    mutating func advance(to now: Instant) {
        self.now = now
        source.advance(to: now)
        proceed()
    }

    private mutating func proceed() {
        switch phase {
        case .open: break
        case .driving(let until):
            if saysShut {
                phase = .shut
            } else if now >= until {
                phase =
                    attempt < configuration.attempts ? .pausing(until: now + configuration.pause) : .failed
            }
        case .pausing(let until):
            if now >= until { drive() }
        case .shut:
            // It came open again: try anew.
            if source.isUsable && source.value == 0 {
                attempt = 0
                drive()
            }
        case .failed:
            if saysShut { phase = .shut }
        }
    }

    private mutating func drive() {
        attempt += 1
        phase = .driving(until: now + configuration.travelTime * 2)
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        self.now = now
        switch command {
        case .reset: return .done
        case .shut:
            switch phase {
            case .open:
                attempt = 0
                drive()
            case .driving, .pausing, .shut, .failed: break
            }
            return .done
        case .open:
            phase = .open
            openingUntil = now + configuration.travelTime * 2
            return .done
        default: return .unsupported
        }
    }

    var finding: Finding {
        var condition = Condition.normal
        var trouble = source.trouble
        switch phase {
        case .failed: condition = .alarm
        case .open: if trouble == .none && saysShut && now >= openingUntil { trouble = .noFeedback }
        case .driving, .pausing, .shut: break
        }
        return Finding(condition, cause: .notShut, trouble: trouble, value: Int32(attempt))
    }

    var deadline: Instant {
        let next: Instant =
            switch phase {
            case .driving(let until), .pausing(let until): until
            case .open: saysShut && now < openingUntil ? openingUntil : .never
            case .shut, .failed: .never
            }
        return min(source.deadline, next)
    }

    func couldFire(at now: Instant) -> Bool { true }
}

extension ValveSupervisor: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&phase)
        state.carry(&attempt)
        state.carry(&openingUntil)
        state.carry(&now)
        if case .pausing = phase, attempt >= configuration.attempts { state.refuse() }
    }
}

extension ValveSupervisor.Phase: Carried {
    fileprivate mutating func carry(_ state: inout StateCarrier) {
        var until = Instant.start
        switch self {
        case .driving(let its), .pausing(let its): until = its
        case .open, .shut, .failed: break
        }
        let number = state.carry(caseNumber: caseNumber, of: 5)
        state.carry(&until)
        guard state.direction == .restoring else { return }
        self =
            switch number {
            case 1: .driving(until: until)
            case 2: .pausing(until: until)
            case 3: .shut
            case 4: .failed
            default: .open
            }
    }

    private var caseNumber: UInt8 {
        switch self {
        case .open: 0
        case .driving: 1
        case .pausing: 2
        case .shut: 3
        case .failed: 4
        }
    }
}
