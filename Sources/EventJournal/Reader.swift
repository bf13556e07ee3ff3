import FixedMemory

/// A reader's place in the journal's table.
public struct ReaderIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt8
    @inlinable public init(_ value: UInt8) { self.value = value }
}

/// The name by which a reader finds its position again: up to 16 bytes, as the runtime chooses them.
public typealias ReaderName = FixedBytes<16>

/// Where a reader without a stored position begins.
public enum ReaderStart: Sendable, BitwiseCopyable {
    /// With the oldest event that is kept.
    case oldest
    /// With the next event that happens.
    case newest
}

/// Whether a reader's position outlives a restart.
public enum ReaderKind: Sendable, BitwiseCopyable {
    /// Stored; events that it has not acknowledged give way later than others.
    case lasting
    /// For as long as the journal is open: a console that looks on. Holds nothing back.
    case passing
}

/// What a reader was handed.
public enum ReadOutcome: Equatable, Sendable, BitwiseCopyable {
    /// The next event, in the order of sequence numbers.
    case event
    /// Events that this reader should have seen are gone; what follows them comes with the next call.
    case gap(EventGap)
    /// Nothing newer yet.
    case caughtUp
    /// The next event is being fetched from the medium; ask again after the next completion.
    case waiting
    /// As many events as the window allows are not acknowledged; ask again after acknowledging.
    case windowFull
}

/// Events of one class that are gone: their room was needed, or the medium lost them.
public struct EventGap: Equatable, Sendable, BitwiseCopyable {
    public var eventClass: EventClass
    /// How many, 1 or more.
    public var count: UInt64
    /// The sequence number of the event of this class that follows the gap; 0 if none has followed yet.
    public var before: UInt64
}

/// A reader's position, for each class by ordinal.
struct Reader: BitwiseCopyable {
    enum Use: BitwiseCopyable { case free, stored, open }

    var use: Use = .free
    var kind: ReaderKind = .passing
    var name = ReaderName()
    var classes = EventClassSet.none
    /// Everything up to this sequence number is acknowledged.
    var acknowledgedSequence: UInt64 = 0
    /// The first ordinal of each class that is not acknowledged.
    var acknowledged = PerClass<UInt64>(repeating: 0)
    /// The first ordinal of each class that is not handed out.
    var next = PerClass<UInt64>(repeating: 0)
    /// Events handed out and not acknowledged: a run in the reader's part of the window table.
    var windowStart = 0
    var windowCount = 0
}

/// An event handed out and not yet acknowledged.
struct WindowEntry: BitwiseCopyable {
    var sequence: UInt64 = 0
    var ordinal: UInt64 = 0
    var eventClass: EventClass = .telemetry
}
