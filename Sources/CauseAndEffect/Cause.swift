import FixedMemory
import HardwareInterface

/// What a rule may ask about one thing of the board, one bit each. Several bits in one term mean "any of these".
public struct Aspects: OptionSet, Sendable, BitwiseCopyable {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    // Of detectors.
    /// Has fired and was not reset, whatever people did since.
    public static var alarm: Aspects { Aspects(rawValue: 1 << 0) }
    /// Has fired and nobody stopped the sounders: for sirens.
    public static var sounding: Aspects { Aspects(rawValue: 1 << 1) }
    public static var preAlarm: Aspects { Aspects(rawValue: 1 << 2) }
    public static var trouble: Aspects { Aspects(rawValue: 1 << 3) }
    /// Taken out of service by a person.
    public static var bypassed: Aspects { Aspects(rawValue: 1 << 4) }
    /// Activated while under test: for the walk test's short signal.
    public static var testActivation: Aspects { Aspects(rawValue: 1 << 5) }

    // Of doors; `alarm` is forced, `trouble` as above.
    public static var open: Aspects { Aspects(rawValue: 1 << 6) }
    public static var unlocked: Aspects { Aspects(rawValue: 1 << 7) }
    public static var forced: Aspects { Aspects(rawValue: 1 << 8) }
    public static var heldOpen: Aspects { Aspects(rawValue: 1 << 9) }

    /// Of doors: the mode leaves the lock released.
    public static var free: Aspects { Aspects(rawValue: 1 << 12) }
    /// Of doors: in lockdown.
    public static var lockedDown: Aspects { Aspects(rawValue: 1 << 13) }
    /// Of doors: released for a fire, or by the call point at the door.
    public static var emergency: Aspects { Aspects(rawValue: 1 << 14) }

    /// Has fired and nobody took note yet: for escalation, with a delay.
    public static var unacknowledged: Aspects { Aspects(rawValue: 1 << 11) }

    // Of schedules and digital points; `trouble` as above (a clock that is not trusted, a line that is gone).
    public static var active: Aspects { Aspects(rawValue: 1 << 10) }
}

extension Aspects: Carried {}

/// A thing whose state can be a cause, by its place in the board image's tables.
public enum CauseSubject: Equatable, Sendable, BitwiseCopyable {
    case detector(UInt16)
    case door(UInt16)
    case schedule(UInt16)
    /// A digital point: an input line, a command from the platform, the building's fire panel.
    case point(UInt16)
    /// Another rule of the matrix that stands earlier; `active` while it is.
    case rule(UInt16)
}

/// The present aspects of everything that rules may ask about; kept up to date by the caller.
public struct CauseStates: ~Copyable {
    private var detectors: FixedArray<Aspects>
    private var doors: FixedArray<Aspects>
    private var schedules: FixedArray<Aspects>
    private var points: FixedArray<Aspects>
    /// Whether anything changed since the matrix last looked.
    public internal(set) var hasChanged = true

    /// - Parameters: how many there are of each; indexes beyond trap.
    public init(detectors: Int, doors: Int, schedules: Int, points: Int) {
        self.detectors = FixedArray(repeating: [], count: detectors)
        self.doors = FixedArray(repeating: [], count: doors)
        self.schedules = FixedArray(repeating: [], count: schedules)
        self.points = FixedArray(repeating: [], count: points)
    }

    public mutating func setDetector(_ index: UInt16, _ aspects: Aspects) {
        if replace(&detectors, index, aspects) { hasChanged = true }
    }
    public mutating func setDoor(_ index: UInt16, _ aspects: Aspects) {
        if replace(&doors, index, aspects) { hasChanged = true }
    }
    public mutating func setSchedule(_ index: UInt16, _ aspects: Aspects) {
        if replace(&schedules, index, aspects) { hasChanged = true }
    }
    public mutating func setPoint(_ index: UInt16, _ aspects: Aspects) {
        if replace(&points, index, aspects) { hasChanged = true }
    }

    func detector(_ index: UInt16) -> Aspects { detectors[Int(index)] }
    func door(_ index: UInt16) -> Aspects { doors[Int(index)] }
    func schedule(_ index: UInt16) -> Aspects { schedules[Int(index)] }
    func point(_ index: UInt16) -> Aspects { points[Int(index)] }

    /// Whether the matrix could ask about this subject without trapping; rules are checked by the matrix.
    func contains(_ subject: CauseSubject) -> Bool {
        switch subject {
        case .detector(let index): Int(index) < detectors.count
        case .door(let index): Int(index) < doors.count
        case .schedule(let index): Int(index) < schedules.count
        case .point(let index): Int(index) < points.count
        case .rule: true
        }
    }
}

extension CauseStates: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&detectors)
        state.carry(&doors)
        state.carry(&schedules)
        state.carry(&points)
        state.carry(&hasChanged)
    }
}

/// - Returns: whether the element differs now.
private func replace(_ list: inout FixedArray<Aspects>, _ index: UInt16, _ aspects: Aspects) -> Bool {
    guard list[Int(index)] != aspects else { return false }
    list[Int(index)] = aspects
    return true
}
