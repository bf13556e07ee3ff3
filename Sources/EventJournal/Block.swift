import Cryptography
import FixedMemory
import HardwareInterface

/// What is common to all blocks of the medium.
///
///     0  CRC-32C of bytes 4 to the end
///     4  CRC-32C of bytes 8 to 96, so that a damaged block can still say what it was
///     8  keyed hash of bytes 24 to the end (BLAKE2b, 16 bytes)
///     24 what kind of block (4 bytes)
///     28 which journal: the low half of the superblock's identity (4 bytes)
///     32 the keyed hash of the block before it (16 bytes), which makes a chain
///     48 more, by kind
enum Block {
    static let headerBytes = 96

    enum Kind: UInt32 {
        // "WJ0u", "WJ0s" and "WJ0r" in little endian.
        case superblock = 0x7530_4A57
        case state = 0x7330_4A57
        case records = 0x7230_4A57
    }

    enum Condition: Equatable {
        /// All zeros: never written, or wiped.
        case blank
        /// Every check holds.
        case whole
        /// Not whole; the header alone is.
        case headerOnly
        /// Not even the header.
        case broken
    }

    static func crc(_ start: UnsafeRawPointer, _ range: Range<Int>, continuing: UInt32 = 0) -> UInt32 {
        Checksum.crc32c(start.bytes(range).span, continuing: continuing)
    }

    /// Computes hash and checksums over the finished content.
    ///
    /// - Returns: the hash, which the next block of the chain names.
    @discardableResult
    static func seal(
        _ block: UnsafeMutableRawPointer, blockBytes: Int, kind: Kind, journal: UInt32, previous: KeyedHash,
        key: HashKey
    ) -> KeyedHash {
        block.setInteger(kind.rawValue, at: 24)
        block.setInteger(journal, at: 28)
        block.setInteger(previous.low, at: 32)
        block.setInteger(previous.high, at: 40)
        let hash = key.hash(UnsafeRawPointer(block).bytes(24..<blockBytes).span)
        block.setInteger(hash.low, at: 8)
        block.setInteger(hash.high, at: 16)
        block.setInteger(crc(block, 8..<headerBytes), at: 4)
        block.setInteger(crc(block, 4..<blockBytes), at: 0)
        return hash
    }

    /// Looks at a block as it was read.
    static func condition(
        _ block: UnsafeRawPointer, blockBytes: Int, kind: Kind, journal: UInt32
    ) -> Condition {
        if isBlank(block, blockBytes: blockBytes) { return .blank }
        guard block.integer(UInt32.self, at: 24) == kind.rawValue, block.integer(UInt32.self, at: 28) == journal,
            crc(block, 8..<headerBytes) == block.integer(UInt32.self, at: 4)
        else { return .broken }
        return crc(block, 4..<blockBytes) == block.integer(UInt32.self, at: 0) ? .whole : .headerOnly
    }

    static func isBlank(_ block: UnsafeRawPointer, blockBytes: Int) -> Bool {
        for offset in stride(from: 0, to: blockBytes, by: 8) where block.integer(UInt64.self, at: offset) != 0 {
            return false
        }
        return true
    }

    /// Whether nobody without the key made the block or changed it.
    static func isAuthentic(_ block: UnsafeRawPointer, blockBytes: Int, key: HashKey) -> Bool {
        key.hash(block.bytes(24..<blockBytes).span) == hash(block)
    }

    static func hash(_ block: UnsafeRawPointer) -> KeyedHash {
        KeyedHash(low: block.integer(UInt64.self, at: 8), high: block.integer(UInt64.self, at: 16))
    }

    static func previousHash(_ block: UnsafeRawPointer) -> KeyedHash {
        KeyedHash(low: block.integer(UInt64.self, at: 32), high: block.integer(UInt64.self, at: 40))
    }
}

/// A block of records of one class.
///
///     48 generation: which use of the segment (8 bytes)
///     56 number within the segment, 58 records, 60 end of the last record (2 bytes each), 62 class, 63 flags
///     64 version of this block, 68 opening that wrote it (4 bytes each)
///     72 ordinal of the first record
///     80 sequence number of the first record
///     88 ordinal below which every record of this class was durable when this was written
///     96 records, one behind another
///     …  from the end downwards 2 bytes for each record: where it begins, 0 for one that was lost
///
/// A record is found through its entry at the end or behind the record before it, and its checksum begins with its
/// place; so what is left of a damaged block can be read, and nothing is read that is not a record.
enum RecordBlock {
    /// Flag: records of this block were lost and the rest was written again after a restart.
    static let repairedFlag: UInt8 = 1

    static func generation(_ block: UnsafeRawPointer) -> UInt64 { block.integer(UInt64.self, at: 48) }
    static func number(_ block: UnsafeRawPointer) -> Int { Int(block.integer(UInt16.self, at: 56)) }
    static func count(_ block: UnsafeRawPointer) -> Int { Int(block.integer(UInt16.self, at: 58)) }
    static func end(_ block: UnsafeRawPointer) -> Int { Int(block.integer(UInt16.self, at: 60)) }
    static func eventClass(_ block: UnsafeRawPointer) -> EventClass? {
        EventClass(rawValue: block.integer(UInt8.self, at: 62))
    }
    static func flags(_ block: UnsafeRawPointer) -> UInt8 { block.integer(UInt8.self, at: 63) }
    static func version(_ block: UnsafeRawPointer) -> UInt32 { block.integer(UInt32.self, at: 64) }
    static func opening(_ block: UnsafeRawPointer) -> UInt64 { UInt64(block.integer(UInt32.self, at: 68)) }
    static func firstOrdinal(_ block: UnsafeRawPointer) -> UInt64 { block.integer(UInt64.self, at: 72) }
    static func firstSequence(_ block: UnsafeRawPointer) -> UInt64 { block.integer(UInt64.self, at: 80) }
    static func durableOrdinal(_ block: UnsafeRawPointer) -> UInt64 { block.integer(UInt64.self, at: 88) }

    /// The most records that a block may name, whatever a damaged one says.
    static func recordLimit(blockBytes: Int) -> Int {
        (blockBytes - Block.headerBytes) / (Record.headerBytes + 2)
    }

    /// Whether a record of `size` bytes fits behind `count` records that end at `end`.
    static func hasRoom(for size: Int, count: Int, end: Int, blockBytes: Int) -> Bool {
        end + size + 2 * (count + 1) <= blockBytes
    }

    static func offset(of index: Int, in block: UnsafeRawPointer, blockBytes: Int) -> Int {
        Int(block.integer(UInt16.self, at: blockBytes - 2 * (index + 1)))
    }

    static func setOffset(_ offset: Int, of index: Int, in block: UnsafeMutableRawPointer, blockBytes: Int) {
        block.setInteger(UInt16(offset), at: blockBytes - 2 * (index + 1))
    }

    /// The checksum of a record at its place.
    static func checksum(
        _ record: UnsafeRawPointer, journal: UInt32, generation: UInt64, number: Int, index: Int
    ) -> UInt32 {
        let place: InlineArray<16, UInt8> = InlineArray { position in
            switch position {
            case 0..<4: UInt8(truncatingIfNeeded: journal >> UInt32(8 * position))
            case 4..<12: UInt8(truncatingIfNeeded: generation >> UInt64(8 * (position - 4)))
            case 12..<14: UInt8(truncatingIfNeeded: number >> (8 * (position - 12)))
            default: UInt8(truncatingIfNeeded: index >> (8 * (position - 14)))
            }
        }
        let start = Checksum.crc32c(place.span)
        return Block.crc(record, 4..<Record.headerBytes + Record.payloadBytes(record), continuing: start)
    }
}

/// Which block of which segment bytes should be, for reading records out of them.
struct BlockPlace: Equatable, BitwiseCopyable {
    var journal: UInt32
    var generation: UInt64
    var number: Int
    var eventClass: EventClass
}

extension RecordBlock {
    /// Where the record of an index begins, if it is there and undamaged.
    ///
    /// - Parameter behind: where the record before it ends, if that is known.
    static func recordOffset(
        _ index: Int, in block: UnsafeRawPointer, blockBytes: Int, place: BlockPlace, behind: Int?
    ) -> Int? {
        let listed = offset(of: index, in: block, blockBytes: blockBytes)
        if isRecord(at: listed, index: index, in: block, blockBytes: blockBytes, place: place) { return listed }
        if let behind, behind != listed,
            isRecord(at: behind, index: index, in: block, blockBytes: blockBytes, place: place)
        {
            return behind
        }
        return nil
    }

    private static func isRecord(
        at offset: Int, index: Int, in block: UnsafeRawPointer, blockBytes: Int, place: BlockPlace
    ) -> Bool {
        guard offset >= Block.headerBytes, offset % 8 == 0, offset + Record.headerBytes <= blockBytes else {
            return false
        }
        let record = block + offset
        guard Record.payloadBytes(record) <= JournalEvent.payloadLimit,
            offset + Record.size(record) + 2 * (index + 1) <= blockBytes,
            record.integer(UInt8.self, at: 31) & 0x0F == place.eventClass.rawValue
        else { return false }
        return checksum(
            record, journal: place.journal, generation: place.generation, number: place.number, index: index)
            == record.integer(UInt32.self, at: 0)
    }
}
