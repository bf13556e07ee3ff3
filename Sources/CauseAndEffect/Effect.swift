import FixedMemory
import HardwareInterface

/// Something that rules can demand, by its place in the board image's tables.
public enum EffectTarget: Equatable, Sendable, BitwiseCopyable {
    /// An output line: siren, strobe, relay to the building's fire panel.
    case line(LineIndex)
    case door(UInt16)
    /// A valve of a supervised actuator.
    case valve(UInt16)
    case lift(UInt16)
    /// A message of the board's message table, to speak, show or send.
    case message(UInt16)
}

/// What is demanded of a target.
public enum Demand: Equatable, Sendable, BitwiseCopyable {
    /// No rule demands anything: the target is left to whatever else commands it.
    case nothing
    case on
    case off
    /// On and off by the steps of the pattern with this number.
    case pattern(UInt16)
    /// Doors: unlock and stay unlocked, egress above all: beats every other demand, whatever the classes and priorities.
    case release
    /// Doors: keep locked from outside; a way out stays possible.
    case lockDown
    /// Doors: stay unlocked, so that they can stand open.
    case holdOpen
    /// Valves.
    case shut
    case open
    /// Lifts: go to the evacuation floor and stay (EN 81-73).
    case recall
    /// Lifts: keep the doors open and do not leave.
    case stay
    /// Messages.
    case announce
}

extension Demand: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        var pattern: UInt16 = 0
        if case .pattern(let number) = self { pattern = number }
        let number = state.carry(caseNumber: caseNumber, of: 12)
        state.carry(&pattern)
        guard state.direction == .restoring else { return }
        self =
            switch number {
            case 1: .on
            case 2: .off
            case 3: .pattern(pattern)
            case 4: .release
            case 5: .lockDown
            case 6: .holdOpen
            case 7: .shut
            case 8: .open
            case 9: .recall
            case 10: .stay
            case 11: .announce
            default: .nothing
            }
    }

    private var caseNumber: UInt8 {
        switch self {
        case .nothing: 0
        case .on: 1
        case .off: 2
        case .pattern: 3
        case .release: 4
        case .lockDown: 5
        case .holdOpen: 6
        case .shut: 7
        case .open: 8
        case .recall: 9
        case .stay: 10
        case .announce: 11
        }
    }
}

/// What wins when rules demand different things of one target. A higher class always wins over a lower one: a fire
/// recalls the lift that a scooter holds. The release of a door alone needs no class to win.
public enum PriorityClass: UInt8, Comparable, Sendable, BitwiseCopyable {
    case comfort = 0
    case technical = 1
    case security = 2
    case water = 3
    /// A person needs help: call point, fall.
    case personal = 4
    case gas = 5
    case fire = 6
    /// A person with the right to do so decides on the spot.
    case manual = 7

    public static func < (left: PriorityClass, right: PriorityClass) -> Bool { left.rawValue < right.rawValue }
}

extension PriorityClass: Carried {}

/// One demand of a rule.
public struct Effect: Equatable, Sendable, BitwiseCopyable {
    /// The place of the target in the matrix's list of targets.
    public var target: UInt16
    public var demand: Demand
    /// Ceases once every alarm that is its cause was silenced, and begins again with a new one: for sounders.
    public var isSilenceable: Bool

    public init(target: UInt16, demand: Demand, isSilenceable: Bool = false) {
        self.target = target
        self.demand = demand
        self.isSilenceable = isSilenceable
    }
}

/// One step of an output pattern.
public struct PatternStep: Equatable, Sendable, BitwiseCopyable {
    public var duration: Interval
    public var isOn: Bool

    public init(duration: Interval, isOn: Bool) {
        self.duration = duration
        self.isOn = isOn
    }
}

/// Which steps make a pattern; patterns repeat from the start.
public struct Pattern: Equatable, Sendable, BitwiseCopyable {
    public var firstStep: UInt16
    public var stepCount: UInt16

    public init(firstStep: UInt16, stepCount: UInt16) {
        self.firstStep = firstStep
        self.stepCount = stepCount
    }
}
