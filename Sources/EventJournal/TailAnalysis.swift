import Cryptography
import FixedMemory

/// What recovery learnt about one place of a segment.
struct BlockInfo: BitwiseCopyable {
    enum Condition: BitwiseCopyable {
        /// Never written, wiped, or left from an earlier use of the segment.
        case empty
        case whole
        /// Damaged or half written. The fields are valid if `hasHeader`.
        case damaged
    }

    var condition = Condition.empty
    var hasHeader = false
    var number = 0
    var version: UInt32 = 0
    var count = 0
    var firstOrdinal: UInt64 = 0
    var durableOrdinal: UInt64 = 0
    var hash = KeyedHash(low: 0, high: 0)

    var nextOrdinal: UInt64 { firstOrdinal + UInt64(count) }
}

/// What the places of a class's newest segment say together.
struct TailVerdict: Equatable {
    /// The last block that counts, -1 if none does.
    var lastBlock = -1
    /// Where its newest version lies.
    var lastPlace = -1
    /// Ordinal after its last record; without a block, that of the segment's first record.
    var nextOrdinal: UInt64 = 0
    /// Ordinal below which every record is known to have been durable before the power went.
    var durableOrdinal: UInt64 = 0
    /// Whether anything in the segment is known to have been durable.
    var isAnythingDurable = false
    /// Blocks before the last whose newest version lies in a spare place: their place, or -1.
    var settlementPlaces: InlineArray<2, Int> = [-1, -1]
    /// Blocks that were durable once and are now damaged.
    var damagedBlocks = 0
    /// Places with blocks that were never durable and came after a hole; they are to be wiped.
    var discardedBlocks = 0

    static func == (left: TailVerdict, right: TailVerdict) -> Bool {
        left.lastBlock == right.lastBlock && left.lastPlace == right.lastPlace
            && left.nextOrdinal == right.nextOrdinal && left.durableOrdinal == right.durableOrdinal
            && left.isAnythingDurable == right.isAnythingDurable
            && left.settlementPlaces[0] == right.settlementPlaces[0]
            && left.settlementPlaces[1] == right.settlementPlaces[1]
            && left.damagedBlocks == right.damagedBlocks && left.discardedBlocks == right.discardedBlocks
    }
}

/// Finds the end of a class from what lies in its newest segment.
///
/// Blocks count in order for as long as each is there. A block that is missing was either durable once, and is then a
/// damaged one among good ones, or it never was, and then what follows it never was either: the medium merely chose to
/// write the later one first. Which of the two is known from the ordinals that other blocks name as durable.
///
/// - Parameters:
///   - blocks: one entry for each place of the segment, the two spare places last.
///   - knownDurable: ordinal below which every record of the class was durable, from the state store.
///   - firstOrdinal: where the segment begins, if its first block cannot say.
func analyseTail(
    _ blocks: Span<BlockInfo>, dataBlocks: Int, knownDurable: UInt64, firstOrdinal: UInt64?
) -> TailVerdict {
    var durable = knownDurable
    for place in blocks.indices where blocks[place].condition == .whole || blocks[place].hasHeader {
        durable = max(durable, blocks[place].durableOrdinal)
    }
    var verdict = TailVerdict()
    var expected = durable
    if let firstOrdinal {
        expected = firstOrdinal
    } else if blocks[0].hasHeader {
        expected = blocks[0].firstOrdinal
    }
    verdict.durableOrdinal = durable
    verdict.isAnythingDurable = durable > expected
    var settlements = 0
    var number = 0
    while number < dataBlocks {
        if let place = newestVersion(of: number, in: blocks, dataBlocks: dataBlocks, atLeast: expected) {
            // What was last before is last no more; its newest version may still wait to be copied home.
            if verdict.lastPlace >= dataBlocks, settlements < 2 {
                verdict.settlementPlaces[settlements] = verdict.lastPlace
                settlements += 1
            }
            verdict.lastBlock = number
            verdict.lastPlace = place
            expected = blocks[place].nextOrdinal
        } else {
            guard hasLaterBlock(than: number, in: blocks, dataBlocks: dataBlocks), durable > expected else { break }
            verdict.damagedBlocks += 1
        }
        number += 1
    }
    verdict.nextOrdinal = expected
    if durable > expected { verdict.damagedBlocks += 1 }
    for place in blocks.indices where comesAfterEnd(blocks[place], at: place, lastBlock: verdict.lastBlock) {
        verdict.discardedBlocks += 1
    }
    return verdict
}

/// Whether a place holds something that does not count and must not be taken for a record later.
///
/// A damaged block up to the last is left for readers to salvage; a damaged spare place has given what it had.
func comesAfterEnd(_ block: BlockInfo, at place: Int, lastBlock: Int) -> Bool {
    switch block.condition {
    case .empty: false
    case .whole: block.number > lastBlock
    case .damaged: place > lastBlock
    }
}

private func newestVersion(
    of number: Int, in blocks: Span<BlockInfo>, dataBlocks: Int, atLeast ordinal: UInt64
) -> Int? {
    var newest: Int? = nil
    let places: InlineArray<3, Int> = [number, dataBlocks, dataBlocks + 1]
    for index in places.indices {
        let place = places[index]
        let block = blocks[place]
        guard block.condition == .whole, block.number == number, block.firstOrdinal >= ordinal else { continue }
        if let found = newest, blocks[found].version >= block.version { continue }
        newest = place
    }
    return newest
}

private func hasLaterBlock(than number: Int, in blocks: Span<BlockInfo>, dataBlocks: Int) -> Bool {
    for place in blocks.indices where blocks[place].condition == .whole && blocks[place].number > number {
        return true
    }
    return false
}
