import Cryptography
import FixedMemory
import HardwareInterface

/// What recovery learnt about one place of the state store, in one copy.
struct StatePlace: BitwiseCopyable {
    /// 0 if there is no whole block.
    var number: UInt64 = 0
    var groupPlace = 0
    var groupSize = 0
    var durableNumber: UInt64 = 0
    var isDamaged = false

    var groupStart: UInt64 { number - UInt64(groupPlace) }
}

/// How far recovery has come.
///
/// It reads both superblocks, the state store, the first block of each segment, and each class's newest segment; so
/// its time depends on the number of segments and not on how much they hold.
struct Recovery: ~Copyable {
    enum Phase: Equatable, BitwiseCopyable {
        case superblocks
        case state
        case stateValues
        case segments
        /// Looking behind a damaged first block for one that says whose segment it is.
        case probes
        case tails
        /// Fetching the newest versions of the last blocks of a class.
        case images
        /// Everything is read; what recovery has to write goes through commits.
        case done
        /// The medium does not answer; to be tried again.
        case paused
    }

    /// A request under way.
    struct Slot: BitwiseCopyable {
        var isBusy = false
        var item = 0
    }

    var phase = Phase.superblocks
    var next = 0
    var outstanding = 0
    var retryAt = Instant.never
    var attempts = 0
    var slots: FixedArray<Slot>

    var isSuperblockRead = InlineArray<2, Bool>(repeating: false)
    var isSuperblockSound = InlineArray<2, Bool>(repeating: false)
    var hasOtherKey = false
    var hasOtherLayout = false
    /// Something that is neither zeros nor half a superblock of a journal.
    var hasForeignContent = false
    var isIdentityKnown = false
    var isAnythingFound = false
    var newestOpening: UInt64 = 0

    var statePlaces: FixedArray<StatePlace>
    /// The last state block that counts, and the first of its group.
    var acceptedState: UInt64 = 0
    var acceptedGroupStart: UInt64 = 0
    /// State blocks up to here were durable.
    var durableState: UInt64 = 0
    /// A state block before this one is missing; values that lie in older ones may have changed in it.
    var doubtfulBefore: UInt64 = 0
    var knownDurable = PerClass<UInt64>(repeating: 0)

    /// Segments whose first block is damaged, as a list to probe.
    var probes: FixedArray<UInt16>
    /// Which place is probed next: the spare places, then the blocks in order.
    var probeStep = 0
    var probeFound: SegmentTable.Segment? = nil

    var tailClass = 0
    var tailSegment = SegmentTable.none
    var blocks: FixedArray<BlockInfo>
    /// The last block of the class is found; only copies home are looked for, in the segment before.
    var isLookingBack = false
    var verdict = TailVerdict()
    /// What is fetched next of the images: see `nextImage`.
    var imageStep = 0
    /// The state store knows an older segment of the class than is there.
    var isOldestMissing = PerClass<Bool>(repeating: false)
    /// Ordinal after the last record found of each class.
    var nextOrdinal = PerClass<UInt64>(repeating: 0)
    /// Ordinal below which every record of a class is known to be durable.
    var durableOrdinal = PerClass<UInt64>(repeating: 0)

    var isDone: Bool { phase == .done }

    init(segmentBlocks: Int, statePlaces places: Int, slots slotCount: Int) {
        slots = FixedArray(repeating: Slot(), count: slotCount)
        statePlaces = FixedArray(repeating: StatePlace(), count: places)
        probes = FixedArray(capacity: places == 0 ? 0 : MediumLayout.segmentLimit)
        blocks = FixedArray(repeating: BlockInfo(), count: segmentBlocks)
    }

    /// Forgets everything that was found out.
    mutating func restart() {
        phase = .superblocks
        next = 0
        retryAt = .never
        isSuperblockRead = InlineArray(repeating: false)
        isSuperblockSound = InlineArray(repeating: false)
        hasOtherKey = false
        hasOtherLayout = false
        hasForeignContent = false
        isIdentityKnown = false
        isAnythingFound = false
        newestOpening = 0
        acceptedState = 0
        acceptedGroupStart = 0
        durableState = 0
        doubtfulBefore = 0
        knownDurable = PerClass(repeating: 0)
        probes.removeAll()
        probeStep = 0
        probeFound = nil
        tailClass = 0
        tailSegment = SegmentTable.none
        isLookingBack = false
        verdict = TailVerdict()
        imageStep = 0
        isOldestMissing = PerClass(repeating: false)
        nextOrdinal = PerClass(repeating: 0)
        durableOrdinal = PerClass(repeating: 0)
    }
}
