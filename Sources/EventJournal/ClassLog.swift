import Cryptography

/// Where a version of a block lies within its segment.
enum BlockLocation: UInt8, BitwiseCopyable {
    case nowhere, home, firstSpare, secondSpare

    /// The block of the segment at this location.
    func block(home number: Int, layout: MediumLayout) -> Int {
        switch self {
        case .nowhere, .home: number
        case .firstSpare: layout.dataBlocks
        case .secondSpare: layout.dataBlocks + 1
        }
    }
}

/// A block of records as it is built in a page.
struct BlockImage: BitwiseCopyable {
    var owner: Int
    var page: Int
    var segment: Int
    var generation: UInt64
    var number: Int
    var firstOrdinal: UInt64
    var firstSequence: UInt64 = 0
    var count = 0
    var end = Block.headerBytes
    var version: UInt32 = 0
    var flags: UInt8 = 0
    var previousHash: KeyedHash
    /// Hash of the newest version.
    var hash = KeyedHash(low: 0, high: 0)
    /// Where the newest version lies or is being written.
    var location = BlockLocation.nowhere
    /// Holds records that no version holds.
    var isChanged = false
    /// Its own place holds nothing whole: a version must go there next, or the segment may count as unused.
    var isHomeless = false
    /// Its page belongs to the medium until the commit under way ends.
    var isInCommit = false

    var nextOrdinal: UInt64 { firstOrdinal + UInt64(count) }
}

/// A finished block whose last version lies in a spare place and is to be copied home.
struct Settlement: BitwiseCopyable {
    enum Step: BitwiseCopyable {
        /// The version in the spare place is not yet durable.
        case waiting
        /// May be copied home.
        case ready
        /// The copy is part of the commit under way.
        case written
    }

    var image: BlockImage
    var step: Step
    /// Where the version before lies, for as long as `image.location` is not durable.
    var formerLocation = BlockLocation.nowhere
}

/// The writing end of one class.
///
/// A block that holds durable records is never written over before a later version of it is durable elsewhere: its
/// versions go to its own place and to a spare place of its segment in turn, and the last one is copied home.
struct ClassLog: BitwiseCopyable {
    /// The block that records are added to; `nil` before the first and after a full one.
    var image: BlockImage? = nil
    /// Finished blocks to be copied home, at most two.
    var settlements = InlineArray<2, Settlement?>(repeating: nil)
    /// Hash of the last finished block.
    var lastHash = KeyedHash(low: 0, high: 0)
    /// Records below this ordinal are in an image or older.
    var placedOrdinal: UInt64 = 0
    /// Ordinal after the last record that is in an image; does not count what was lost.
    var placedEnd: UInt64 = 0
    /// Records below this ordinal are durable, lost, or older.
    var durableOrdinal: UInt64 = 0
    /// Ordinal after the last durable record; does not count what was lost.
    var durableEnd: UInt64 = 0
    /// Bytes of the records in memory that are in no image.
    var waitingBytes = 0
    /// Where the next block goes within the newest segment.
    var nextBlock = 0

    // What the commit under way has done so far.
    var wroteBlock = false
    var isFinished = false
    var failures = 0

    /// Whether a spare place may be written: it holds the only durable version of no other block.
    func isFree(_ spare: BlockLocation, for wanted: BlockImage) -> Bool {
        for index in 0..<2 {
            guard let settlement = settlements[index], settlement.image.segment == wanted.segment else { continue }
            if settlement.image.location == spare || settlement.formerLocation == spare { return false }
        }
        guard let image, image.segment == wanted.segment, image.number != wanted.number else { return true }
        return image.location != spare
    }
}
