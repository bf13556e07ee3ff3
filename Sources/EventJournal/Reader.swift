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

/// Where a reader looks for its next event of one class on the medium.
struct MediumPosition: BitwiseCopyable {
    var segment = SegmentTable.none
    var generation: UInt64 = 0
    var block = 0
    /// For the wanted ordinal, where the next event was found: its ordinal and sequence number.
    var wanted: UInt64 = .max
    var ordinal: UInt64 = 0
    var sequence: UInt64 = 0
}

/// A reader's position, for each class by ordinal.
struct Reader: BitwiseCopyable {
    enum Use: BitwiseCopyable { case free, stored, open }

    var use: Use = .free
    var kind: ReaderKind = .passing
    var start: ReaderStart = .oldest
    /// Its position counts from the beginning of the store; before recovery it counts from this start.
    var isPlaced = false
    var name = ReaderName()
    /// Under which item its position is stored.
    var stateItem = 0
    var classes = EventClassSet.none
    /// Everything up to this sequence number is acknowledged.
    var acknowledgedSequence: UInt64 = 0
    /// The first ordinal of each class that is not acknowledged.
    var acknowledged = PerClass<UInt64>(repeating: 0)
    /// The first ordinal of each class that is not handed out.
    var next = PerClass<UInt64>(repeating: 0)
    var positions = PerClass<MediumPosition>(repeating: MediumPosition())
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

/// How a reader's position is kept in the state store: name length (1 byte), name (16), acknowledged sequence number (8),
/// first unacknowledged ordinal of each class (6 bytes each), classes (1 byte).
enum StoredReader {
    static func value(_ reader: Reader) -> StateValue {
        var value = StateValue()
        value.append(UInt8(reader.name.count))
        for index in 0..<16 { value.append(index < reader.name.count ? reader.name[index] : 0) }
        value.appendLittleEndian(reader.acknowledgedSequence)
        for index in 0..<EventClass.count {
            let ordinal = reader.acknowledged[index]
            value.appendLittleEndian(UInt32(truncatingIfNeeded: ordinal))
            value.appendLittleEndian(UInt16(truncatingIfNeeded: ordinal >> 32))
        }
        value.append(reader.classes.bits)
        return value
    }

    static func reader(_ value: StateValue) -> Reader? {
        var bytes = ByteReader(value.span)
        guard let length = try? bytes.byte(), length <= 16, let name = try? bytes.bytes(16),
            let sequence = try? bytes.littleEndian(UInt64.self)
        else { return nil }
        var reader = Reader()
        reader.name = ReaderName(name.extracting(0..<Int(length)))
        reader.acknowledgedSequence = sequence
        for index in 0..<EventClass.count {
            guard let low = try? bytes.littleEndian(UInt32.self), let high = try? bytes.littleEndian(UInt16.self) else {
                return nil
            }
            reader.acknowledged[index] = UInt64(high) << 32 | UInt64(low)
        }
        guard let classes = try? bytes.byte() else { return nil }
        reader.classes = EventClassSet(bits: classes)
        reader.use = .stored
        reader.kind = .lasting
        reader.isPlaced = true
        return reader
    }
}
