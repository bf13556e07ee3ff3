import FixedMemory
import HardwareInterface

/// The values that a sensor can mean, both ends included.
public struct ValueRange: Equatable, Sendable, BitwiseCopyable {
    public var lowest: Int32
    public var highest: Int32

    public init(_ range: ClosedRange<Int32>) {
        lowest = range.lowerBound
        highest = range.upperBound
    }

    public static var any: ValueRange { ValueRange(Int32.min...Int32.max) }

    public func contains(_ value: Int32) -> Bool { value >= lowest && value <= highest }
}

extension Reading {
    /// Beyond the upper end of what its sensor can tell.
    func isExcess(above limit: Int32) -> Bool { quality == .outOfRange && value > limit }
}

/// Watches one source of a detector: is there a value that a decision may rest on?
///
/// In trouble at once when a reading is unusable or outside its range, and when readings stop coming.
public struct SourceSupervisor: Sendable, BitwiseCopyable {
    /// The age at which a value is no longer believed.
    public let maximumAge: Interval
    /// What the sensor can mean, in the point's unit.
    public let range: ValueRange

    /// The last usable value; meaningless while `trouble` is not `.none`.
    public private(set) var value: Int32 = 0
    public private(set) var trouble: TroubleReason = .starting
    /// When the last usable value was measured.
    public private(set) var lastGoodAt: Instant = .start
    /// When the sensor last said anything that shows it is alive; when watching began, if it never did.
    private var lastHeardAt: Instant = .start
    private var wasHeard = false

    public init(maximumAge: Interval, range: ValueRange = .any) {
        self.maximumAge = maximumAge
        self.range = range
    }

    public var isUsable: Bool { trouble == .none }

    /// - Returns: whether the reading may be used.
    public mutating func receive(_ reading: Reading) -> Bool {
        switch reading.quality {
        case .good, .forced:
            guard range.contains(reading.value) else {
                trouble = .outOfRange
                return false
            }
            value = reading.value
            lastGoodAt = max(lastGoodAt, reading.at)
            lastHeardAt = max(lastHeardAt, reading.at)
            wasHeard = true
            trouble = .none
            return true
        case .starting:
            lastHeardAt = max(lastHeardAt, reading.at)
            wasHeard = true
            trouble = .starting
        case .stale: trouble = .stale
        case .outOfRange: trouble = .outOfRange
        case .faulty: trouble = .faulty
        case .missing: trouble = .missing
        }
        return false
    }

    /// The same for a concentration that harms the more the higher it is: one that lies beyond what the sensor can tell is still
    /// a concentration, and the one who asks treats it as the highest. Only a reading that is too low is no value.
    ///
    /// - Parameter limit: what is above this is beyond the upper end if it is out of range.
    /// - Returns: whether the reading may be used.
    mutating func receive(_ reading: Reading, withExcessAbove limit: Int32) -> Bool {
        var reading = reading
        if reading.isExcess(above: limit) { reading.quality = .good }
        return receive(reading)
    }

    public mutating func advance(to now: Instant) {
        guard trouble == .none || trouble == .starting, now >= lastHeardAt + maximumAge else { return }
        trouble = wasHeard ? .stale : .missing
    }

    /// When the value becomes too old.
    public var deadline: Instant {
        trouble == .none || trouble == .starting ? lastHeardAt + maximumAge : .never
    }
}

extension SourceSupervisor: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&value)
        state.carry(&trouble)
        state.carry(&lastGoodAt)
        state.carry(&lastHeardAt)
        state.carry(&wasHeard)
        if isUsable && !range.contains(value) { state.refuse() }
    }
}
