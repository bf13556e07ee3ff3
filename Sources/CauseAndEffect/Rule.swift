import HardwareInterface

/// One question about one subject.
public struct Term: Equatable, Sendable, BitwiseCopyable {
    public var subject: CauseSubject
    /// True while the subject shows any of these.
    public var aspects: Aspects
    public var isNegated: Bool

    public init(_ subject: CauseSubject, _ aspects: Aspects, isNegated: Bool = false) {
        self.subject = subject
        self.aspects = aspects
        self.isNegated = isNegated
    }
}

/// How a rule's terms make its cause.
public enum Combination: Equatable, Sendable, BitwiseCopyable {
    case any
    case all
    /// At least this many of the terms: two smoke detectors out of three.
    case atLeast(UInt8)
}

/// One row of the matrix: when its terms hold for long enough, its effects are demanded.
///
/// Rows may use earlier rows as terms, so that any nesting of AND, OR and count can be written without recursion.
public struct Rule: Equatable, Sendable, BitwiseCopyable {
    /// A range of the matrix's list of terms.
    public var firstTerm: UInt16
    public var termCount: UInt16
    public var combination: Combination
    /// A range of the matrix's list of effects.
    public var firstEffect: UInt16
    public var effectCount: UInt16
    /// How long the terms must hold. EN 54-2, 7.11 allows output delays of up to ten minutes.
    public var delay: Interval
    /// How long the effects stay at the least, and how long after the terms ceased to hold.
    public var holdTime: Interval
    /// Active until `reset` once it became active.
    public var latches: Bool
    /// Active for this long at the most after it became active; `endless` for no limit. For lock pulses and messages.
    public var limit: Interval
    public var priorityClass: PriorityClass
    /// Within the class; higher wins, and of equals the row that stands first.
    public var priority: UInt8

    public init(
        terms: Range<UInt16>, combination: Combination = .any, effects: Range<UInt16>, delay: Interval = .zero,
        holdTime: Interval = .zero, latches: Bool = false, limit: Interval = .endless,
        priorityClass: PriorityClass, priority: UInt8 = 0
    ) {
        firstTerm = terms.lowerBound
        termCount = UInt16(terms.count)
        self.combination = combination
        firstEffect = effects.lowerBound
        effectCount = UInt16(effects.count)
        self.delay = delay
        self.holdTime = holdTime
        self.latches = latches
        self.limit = limit
        self.priorityClass = priorityClass
        self.priority = priority
    }
}
