/// What an event is to the store: how long it is kept, what may push it out, how soon it must be durable.
///
/// In order of priority: when room is short, the last class gives way first. What an event means beyond this, the
/// journal does not know.
public enum EventClass: UInt8, Sendable, BitwiseCopyable {
    /// A life-safety or intrusion alarm and every step of its life. Made durable at once.
    case alarm = 0
    /// A credential presented, a door moved, a decision with its reason.
    case access = 1
    /// A fault of a sensor, a bus, a store or the board itself, and its end.
    case trouble = 2
    /// Who commanded what, and what became of it.
    case audit = 3
    /// The board's own life: starts, configurations, clock changes.
    case system = 4
    /// Measurements and statistics; the first to give way.
    case telemetry = 5

    /// Number of classes.
    public static var count: Int { 6 }

    /// Whether an event of this class is made durable without waiting for company.
    public var isUrgent: Bool { self == .alarm }
}

/// A set of event classes: what a reader wants to see.
public struct EventClassSet: Equatable, Sendable, BitwiseCopyable {
    var bits: UInt8

    init(bits: UInt8) { self.bits = bits }

    /// The set of one class.
    public init(_ eventClass: EventClass) { bits = 1 << eventClass.rawValue }

    public static var none: EventClassSet { EventClassSet(bits: 0) }
    public static var all: EventClassSet { EventClassSet(bits: 1 << UInt8(EventClass.count) - 1) }
    /// Everything but telemetry.
    public static var allButTelemetry: EventClassSet { all.removing(.telemetry) }

    public func contains(_ eventClass: EventClass) -> Bool { bits & (1 << eventClass.rawValue) != 0 }

    public func adding(_ eventClass: EventClass) -> EventClassSet {
        EventClassSet(bits: bits | 1 << eventClass.rawValue)
    }

    public func removing(_ eventClass: EventClass) -> EventClassSet {
        EventClassSet(bits: bits & ~(1 << eventClass.rawValue))
    }
}

/// One value for each event class.
public struct PerClass<Value: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
    private var values: InlineArray<6, Value>

    public init(repeating value: Value) { values = InlineArray(repeating: value) }

    public init(alarm: Value, access: Value, trouble: Value, audit: Value, system: Value, telemetry: Value) {
        values = [alarm, access, trouble, audit, system, telemetry]
    }

    public subscript(_ eventClass: EventClass) -> Value {
        get { values[Int(eventClass.rawValue)] }
        set { values[Int(eventClass.rawValue)] = newValue }
    }

    subscript(_ index: Int) -> Value {
        get { values[index] }
        set { values[index] = newValue }
    }
}
