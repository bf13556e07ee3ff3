import Cryptography
import FixedMemory
import HardwareInterface

/// A block of the state store: some values, each with its key.
///
///     48 number of the block, from 1, rising
///     56 place in its group, 57 blocks of the group, 58 values, 60 end of the last value (2 bytes each)
///     64 opening that wrote it (4 bytes)
///     72 number of the last durable block before the group
///     80 for each class the ordinal below which every record was durable (6 times 8 bytes)
///     128 values: key (8 bytes), length or 255 for a removed value (1 byte), bytes
///
/// A group is what one commit wrote: it counts as a whole or not at all.
enum StateBlock {
    static let headerBytes = 128
    static let largestEntryBytes = 8 + 1 + 64
    static let removedMark: UInt8 = 255

    static func number(_ block: UnsafeRawPointer) -> UInt64 { block.integer(UInt64.self, at: 48) }
    static func groupPlace(_ block: UnsafeRawPointer) -> Int { Int(block.integer(UInt8.self, at: 56)) }
    static func groupSize(_ block: UnsafeRawPointer) -> Int { Int(block.integer(UInt8.self, at: 57)) }
    static func count(_ block: UnsafeRawPointer) -> Int { Int(block.integer(UInt16.self, at: 58)) }
    static func end(_ block: UnsafeRawPointer) -> Int { Int(block.integer(UInt16.self, at: 60)) }
    static func opening(_ block: UnsafeRawPointer) -> UInt64 { UInt64(block.integer(UInt32.self, at: 64)) }
    static func durableNumber(_ block: UnsafeRawPointer) -> UInt64 { block.integer(UInt64.self, at: 72) }
    static func durableOrdinal(_ block: UnsafeRawPointer, _ index: Int) -> UInt64 {
        block.integer(UInt64.self, at: 80 + 8 * index)
    }

    /// Bytes of each block that are kept for values that did not change.
    static func refreshBytes(blockBytes: Int) -> Int { (blockBytes - headerBytes) / 2 }

    static func entryBytes(_ value: StateValue, isRemoved: Bool) -> Int { 9 + (isRemoved ? 0 : value.count) }

    static func writeEntry(
        to place: UnsafeMutableRawPointer, key: UInt64, value: StateValue, isRemoved: Bool
    ) {
        place.setInteger(key, at: 0)
        place.setInteger(isRemoved ? removedMark : UInt8(value.count), at: 8)
        if !isRemoved { place.copy(value.span, at: 9) }
    }

    /// Hands every value of a whole block to `body`: key, value, whether it is removed.
    static func forEachEntry(
        _ block: UnsafeRawPointer, blockBytes: Int, _ body: (UInt64, StateValue, Bool) -> Void
    ) {
        var offset = headerBytes
        for _ in 0..<count(block) {
            guard offset + 9 <= blockBytes else { return }
            let key = block.integer(UInt64.self, at: offset)
            let length = block.integer(UInt8.self, at: offset + 8)
            let bytes = length == removedMark ? 0 : Int(length)
            guard bytes <= 64, offset + 9 + bytes <= blockBytes else { return }
            let value = StateValue(block.bytes(offset + 9..<offset + 9 + bytes).span)
            body(key, value, length == removedMark)
            offset += 9 + bytes
        }
    }
}

/// What identifies the journal and how it is laid out.
///
///     48 identity (16 bytes)
///     64 version of the format (2 bytes), 66 blocks of a segment, 68 bytes of a block, 72 state blocks,
///     76 segments (4 bytes each)
enum Superblock {
    static let version: UInt16 = 1

    static func write(
        _ block: UnsafeMutableRawPointer, layout: MediumLayout, identity: JournalIdentity, key: HashKey
    ) {
        block.clear(0..<layout.blockBytes)
        block.setInteger(identity.low, at: 48)
        block.setInteger(identity.high, at: 56)
        block.setInteger(version, at: 64)
        block.setInteger(UInt16(layout.segmentBlocks), at: 66)
        block.setInteger(UInt32(layout.blockBytes), at: 68)
        block.setInteger(UInt32(layout.stateBlocks), at: 72)
        block.setInteger(UInt32(layout.segments), at: 76)
        // The checksum of a superblock must be computable before the identity is known.
        Block.seal(
            block, blockBytes: layout.blockBytes, kind: .superblock, journal: 0, previous: KeyedHash(low: 0, high: 0),
            key: key)
    }

    static func identity(_ block: UnsafeRawPointer) -> JournalIdentity {
        JournalIdentity(low: block.integer(UInt64.self, at: 48), high: block.integer(UInt64.self, at: 56))
    }

    static func matches(_ block: UnsafeRawPointer, _ layout: MediumLayout) -> Bool {
        block.integer(UInt16.self, at: 64) == version
            && block.integer(UInt16.self, at: 66) == UInt16(layout.segmentBlocks)
            && block.integer(UInt32.self, at: 68) == UInt32(layout.blockBytes)
            && block.integer(UInt32.self, at: 72) == UInt32(layout.stateBlocks)
            && block.integer(UInt32.self, at: 76) == UInt32(layout.segments)
    }
}

/// A journal's own random number, drawn when its medium is first written.
public struct JournalIdentity: Equatable, Sendable, BitwiseCopyable {
    public var low: UInt64
    public var high: UInt64

    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    var short: UInt32 { UInt32(truncatingIfNeeded: low) }
}
