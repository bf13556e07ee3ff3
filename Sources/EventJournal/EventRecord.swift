import FixedMemory
import HardwareInterface

/// One event as a reader is handed it.
public struct JournalEvent: Sendable, BitwiseCopyable {
    /// Bytes that a payload may have.
    public static var payloadLimit: Int { 192 }

    /// The event's number, unique and rising over the life of the board; see `EventSequence`.
    public var sequence: UInt64
    public var eventClass: EventClass
    /// What kind of event it is, as the runtime numbers them; from `JournalKind.first` on, the journal's own.
    public var kind: UInt16
    /// When it happened on the monotonic clock of the run that recorded it.
    public var at: Instant
    /// Civil time when it happened, as far as the board knew it.
    public var clock: WallClock
    /// Whether it survives a power cut now.
    public var isDurable: Bool
    public var payload: FixedBytes<192>

    public init() {
        sequence = 0
        eventClass = .telemetry
        kind = 0
        at = .start
        clock = .unset
        isDurable = false
        payload = FixedBytes()
    }
}

/// Sequence numbers: which opening of the journal an event belongs to, and its place therein.
///
/// A number never names two events, not even one that a reader was shown just before the power was cut: every opening
/// counts from a fresh multiple of 2^32. All numbers stay below 2^53, so that a number survives any JSON tool.
public enum EventSequence {
    /// The number of events that one opening may count.
    static var openingSpan: UInt64 { 1 << 32 }
    /// Numbers from here on are provisional: given while the store has not yet answered, replaced by a final one once it
    /// has. A provisional number may be given again after a restart.
    public static var firstProvisional: UInt64 { 1 << 52 }

    public static func isProvisional(_ sequence: UInt64) -> Bool { sequence >= firstProvisional }

    /// How often the journal had been opened before the event, 0 for its first life.
    public static func opening(of sequence: UInt64) -> UInt64 {
        isProvisional(sequence) ? 0 : sequence / openingSpan
    }

    /// The event's place within its opening, from 1.
    public static func place(of sequence: UInt64) -> UInt64 { sequence % openingSpan }
}

/// Kinds of events that the journal itself records.
public enum JournalKind {
    /// Kinds from here on belong to the journal.
    public static var first: UInt16 { 0xFF00 }
    /// The journal was opened (class system). Payload: number of the opening (8 bytes), damaged blocks, blocks discarded
    /// as half written, forged blocks, doubtful values of the state store, missing segments (4 bytes each); little
    /// endian.
    public static var opened: UInt16 { 0xFF00 }
    /// Events of the class of this record are gone. Payload: cause (1 byte, `GapCause`), count (8 bytes), first and
    /// last lost sequence (8 bytes each, 0 where unknown); little endian.
    public static var gap: UInt16 { 0xFF01 }
}

/// One record as it lies in memory and on the medium: 32 bytes, then the payload, padded with zeros to 8 bytes.
///
///     0  CRC-32C of bytes 4 up to the payload's end, begun with the record's place (medium only)
///     4  sequence number
///     12 nanoseconds on the monotonic clock
///     20 milliseconds of Unix time
///     28 kind
///     30 payload bytes
///     31 class (low four bits), trust in the wall clock (high four bits)
///     32 payload
enum Record {
    static let headerBytes = 32
    static let largestBytes = 224

    static func size(payloadBytes: Int) -> Int { (headerBytes + payloadBytes + 7) & ~7 }

    /// Bytes that the record at `record` takes, by its own word.
    static func size(_ record: UnsafeRawPointer) -> Int { size(payloadBytes: payloadBytes(record)) }

    static func payloadBytes(_ record: UnsafeRawPointer) -> Int { Int(record.integer(UInt8.self, at: 30)) }
    static func sequence(_ record: UnsafeRawPointer) -> UInt64 { record.integer(UInt64.self, at: 4) }

    /// Writes a whole record with a checksum of zero.
    static func write(
        to place: UnsafeMutableRawPointer, sequence: UInt64, eventClass: EventClass, kind: UInt16, at instant: Instant,
        clock: WallClock, payload: Span<UInt8>
    ) {
        place.setInteger(UInt32(0), at: 0)
        place.setInteger(sequence, at: 4)
        place.setInteger(instant.nanoseconds, at: 12)
        place.setInteger(clock.unixMilliseconds, at: 20)
        place.setInteger(kind, at: 28)
        place.setInteger(UInt8(payload.count), at: 30)
        place.setInteger(eventClass.rawValue | clock.trust.rawValue << 4, at: 31)
        place.copy(payload, at: headerBytes)
        place.clear(headerBytes + payload.count..<size(payloadBytes: payload.count))
    }

    /// Copies a record out.
    ///
    /// - Returns: `false` if its class, trust or length has no meaning; `event` is then unchanged.
    static func read(_ record: UnsafeRawPointer, into event: inout JournalEvent) -> Bool {
        let classAndTrust = record.integer(UInt8.self, at: 31)
        guard let eventClass = EventClass(rawValue: classAndTrust & 0x0F),
            let trust = ClockTrust(rawValue: classAndTrust >> 4),
            payloadBytes(record) <= JournalEvent.payloadLimit
        else { return false }
        event.sequence = sequence(record)
        event.eventClass = eventClass
        event.kind = record.integer(UInt16.self, at: 28)
        event.at = Instant(nanoseconds: record.integer(Int64.self, at: 12))
        event.clock = WallClock(unixMilliseconds: record.integer(Int64.self, at: 20), trust: trust)
        event.payload.removeAll()
        for byte in record.bytes(headerBytes..<headerBytes + payloadBytes(record)) { event.payload.append(byte) }
        return true
    }
}
