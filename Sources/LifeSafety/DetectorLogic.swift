import HardwareInterface

/// What a person asks of a detector beyond the alarm life cycle.
public enum DetectorCommand: Equatable, Sendable, BitwiseCopyable {
    /// The alarm was reset: forget what led to it.
    case reset
    /// Be less sensitive until then, for cooking or steam; the detector's own limit holds.
    case hush(until: Instant)
    /// The wearer says that nothing happened.
    case cancel
    /// The chamber was cleaned or the sensor replaced: learn its clean value anew.
    case cleaned
    /// A calibration or functional test was done.
    case serviced
    /// Nobody is expected until then.
    case away(until: Instant)
    /// A valve is to be shut, or may be open.
    case shut
    case open
    /// The resident is back.
    case returned
}

/// The part of a detector that differs from kind to kind: from readings to a finding, as a function of state and time.
///
/// `at` never goes back between calls of the same detector; times inside readings may, and are then taken as they are.
protocol DetectorLogic: BitwiseCopyable {
    /// A reading of the source with this number, as ordered by the configuration's `sources`.
    mutating func receive(_ reading: Reading, channel: Int, at now: Instant)
    /// Time went on.
    mutating func advance(to now: Instant)
    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome
    mutating func setClock(_ clock: LocalClock, at now: Instant)
    /// What the detector makes of its inputs now.
    var finding: Finding { get }
    /// When `advance` must be called at the latest.
    var deadline: Instant { get }
    /// Whether a copy of this detector, as it stands, reaches an alarm when it is fed the strongest input that its
    /// sensor can report. Bounded work.
    func couldFire(at now: Instant) -> Bool
}

extension DetectorLogic {
    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        command == .reset ? .done : .unsupported
    }
    mutating func setClock(_ clock: LocalClock, at now: Instant) {}
}

/// Points that a detector listens to, in the order of its channels.
public struct Sources: Sendable, BitwiseCopyable {
    /// More than any detector needs.
    public static var limit: Int { 8 }
    private var points = InlineArray<8, PointIndex>(repeating: PointIndex(.max))
    private var used: UInt8 = 0
    /// Bit n: channel n has a source.
    private var present: UInt8 = 0

    public init() {}
    public init(_ point: PointIndex) { append(point) }

    /// Adds the next channel; `nil` leaves it without a source.
    public mutating func append(_ point: PointIndex?) {
        precondition(used < 8, "more sources than a detector can have")
        if let point {
            points[Int(used)] = point
            present |= 1 << used
        }
        used += 1
    }

    public var count: Int { Int(used) }
    public subscript(_ channel: Int) -> PointIndex? {
        present & (1 << UInt8(channel)) != 0 ? points[channel] : nil
    }
}
