import FixedMemory
import HardwareInterface

/// The newest events of one class in memory: records one behind another in a ring of bytes, found by their ordinal.
///
/// An ordinal counts the events of one class from 0, over the life of the board. A new record takes the room of the
/// oldest; what that costs is the journal's to judge.
@usableFromInline struct RecordRing: ~Copyable {
    @usableFromInline let arena: UnsafeMutableRawPointer
    let byteCapacity: Int
    // Where the record of each ordinal begins; as many places as the arena holds records without a payload.
    @usableFromInline let places: UnsafeMutablePointer<UInt32>
    private let placeCount: Int
    // Subtracted from an ordinal before it is looked up, so that renumbering moves no record.
    private var placeBias: UInt64 = 0
    private var writeOffset = 0
    /// The oldest record held; equal to `nextOrdinal` if there is none.
    private(set) var firstOrdinal: UInt64 = 0
    /// What the next record will be.
    private(set) var nextOrdinal: UInt64 = 0
    private(set) var highWater = 0
    /// Bytes of the records held.
    private(set) var usedBytes = 0
    /// Records that gave way since construction.
    private(set) var forgotten: UInt64 = 0

    init(byteCapacity: Int) {
        precondition(byteCapacity >= 1_024 && byteCapacity <= 1 << 24, "memory of a class is out of range")
        self.byteCapacity = byteCapacity & ~7
        arena = UnsafeMutableRawPointer.allocate(byteCount: self.byteCapacity, alignment: 8)
        arena.clear(0..<self.byteCapacity)
        placeCount = self.byteCapacity / Record.headerBytes
        places = UnsafeMutablePointer<UInt32>.allocate(capacity: placeCount)
        places.initialize(repeating: 0, count: placeCount)
    }

    @inlinable deinit {
        arena.deallocate()
        places.deallocate()
    }

    /// Records without a payload that fit.
    var recordCapacity: Int { placeCount }
    var count: Int { Int(nextOrdinal - firstOrdinal) }

    func holds(_ ordinal: UInt64) -> Bool { ordinal >= firstOrdinal && ordinal < nextOrdinal }

    private func place(_ ordinal: UInt64) -> Int { Int((ordinal &- placeBias) % UInt64(placeCount)) }

    private func offset(_ ordinal: UInt64) -> Int { Int(places[place(ordinal)]) }

    /// The record of an ordinal that is held.
    func record(_ ordinal: UInt64) -> UnsafeRawPointer {
        precondition(holds(ordinal), "the record is not in memory")
        return UnsafeRawPointer(arena + offset(ordinal))
    }

    /// Adds a record as the newest and forgets as many of the oldest as needed, a bounded number.
    mutating func append(
        sequence: UInt64, eventClass: EventClass, kind: UInt16, at instant: Instant, clock: WallClock,
        payload: Span<UInt8>
    ) {
        let size = Record.size(payloadBytes: payload.count)
        makeRoom(for: size)
        Record.write(
            to: arena + writeOffset, sequence: sequence, eventClass: eventClass, kind: kind, at: instant, clock: clock,
            payload: payload)
        places[place(nextOrdinal)] = UInt32(writeOffset)
        nextOrdinal += 1
        writeOffset += size
        usedBytes += size
        highWater = max(highWater, count)
    }

    /// Moves every record up by `distance` ordinals; for events that were appended before the count was known.
    mutating func renumber(by distance: UInt64) {
        firstOrdinal += distance
        nextOrdinal += distance
        placeBias += distance
    }

    /// Forgets the oldest records until `size` bytes fit at `writeOffset`, which moves to the front where the end of
    /// the arena is too near: a record is never split.
    private mutating func makeRoom(for size: Int) {
        while count > 0 {
            let head = offset(firstOrdinal)
            if writeOffset > head {
                if size <= byteCapacity - writeOffset, count < placeCount { return }
                if writeOffset + size > byteCapacity, size <= head {
                    writeOffset = 0
                    return
                }
            } else if size <= head - writeOffset, count < placeCount {
                return
            }
            usedBytes -= Record.size(record(firstOrdinal))
            firstOrdinal += 1
            forgotten += 1
        }
        writeOffset = 0
    }
}
