import Cryptography
import FixedMemory
import HardwareInterface

/// How the journal's medium does.
public enum MediumCondition: UInt8, Sendable, BitwiseCopyable {
    /// There is none: the journal lives in memory by design.
    case none = 0
    /// What it holds is being found out.
    case opening = 1
    case healthy = 2
    /// A commit takes longer than `JournalTimes.slowLimit`; events gather in memory.
    case slow = 3
    /// Takes no writes; events gather in memory.
    case readOnly = 4
    /// Has no room although its room should be reserved; events gather in memory.
    case full = 5
    /// Reports errors, or is missing; events gather in memory.
    case failing = 6
    /// Holds something that is no journal. It is left alone; events stay in memory.
    case foreign = 7
    /// Holds a journal that was written with another key. It is left alone; events stay in memory.
    case wrongKey = 8
    /// Holds a journal with another layout. It is left alone; events stay in memory.
    case otherLayout = 9
}

/// What a supervisor wants to know of the journal.
public struct JournalStatus: Equatable, Sendable, BitwiseCopyable {
    public var medium = MediumCondition.none
    /// How often the journal has been opened before this time.
    public var opening: UInt64 = 0
    /// Commits made durable since start.
    public var commits: UInt64 = 0
    /// Commits that failed and were tried again, since start.
    public var failedCommits: UInt64 = 0
    /// Longest time that a commit took since start.
    public var longestCommit = Interval.zero
    /// Events that are in memory only.
    public var volatileEvents: UInt64 = 0
    /// Events that were pushed out of memory before the medium took them, since start.
    public var lostFromMemory: UInt64 = 0
    /// Events that gave way on the medium before every lasting reader had acknowledged them, since start.
    public var gaveWayUnacknowledged: UInt64 = 0
    /// Blocks that were durable once and are damaged, as far as they were met.
    public var damagedBlocks: UInt32 = 0
    /// Blocks and groups that the power cut before the last start left half written; nothing in them was acknowledged.
    public var discardedBlocks: UInt32 = 0
    /// Blocks that someone without the key made or changed, as far as they were met.
    public var forgedBlocks: UInt32 = 0
    /// Values of the state store whose last change may be lost.
    public var doubtfulValues: UInt32 = 0
    /// Oldest segments that the state store knew and that were not there at the start.
    public var missingSegments: UInt32 = 0
    /// One copy of the state store, or one superblock, cannot be written.
    public var isOneCopyBad = false
    /// Segments that are not used any more because writing to them failed.
    public var badSegments: UInt32 = 0
}

/// One write of a commit.
struct CommitWrite: BitwiseCopyable {
    enum Owner: Equatable, BitwiseCopyable {
        case records(Int)
        case state(copy: Int)
        case superblock
        case wipe
    }

    var page: Int
    var offset: Int64
    var owner: Owner
    var outcome: MediumOutcome? = nil
}

/// A group of writes and the flush that makes them durable.
struct Commit: BitwiseCopyable {
    enum Kind: BitwiseCopyable {
        /// One superblock: the last block of a blank medium first, so that half a superblock is never the first thing
        /// that lies on it.
        case format
        /// What recovery found half done: copies home, blocks put together again.
        case repair
        /// Wipes what must not be taken for a record later.
        case wipe
        /// The number of this opening.
        case opening
        /// Events and state.
        case records
    }

    enum Phase: BitwiseCopyable {
        case idle
        /// Finding and handing out writes, one at a time.
        case building
        /// Everything is built; some may have to be handed out (again).
        case sending
        /// Everything is handed out.
        case waiting
        /// Failed; to be tried again.
        case paused
    }

    var kind = Kind.records
    var phase = Phase.idle
    /// The class that is built next; after the last one comes the state.
    var step = 0
    var sent = 0
    var answered = 0
    var flushOutcome: MediumOutcome? = nil
    var startedAt = Instant.start
    var attempts = 0
    var retryAt = Instant.never
}

/// A page that holds a block of the medium for readers.
struct CachePage: BitwiseCopyable {
    enum Use: BitwiseCopyable { case empty, loading, filled, unreadable }

    var use = Use.empty
    var page = 0
    var segment = 0
    var generation: UInt64 = 0
    var number = 0
    /// The reader for which it was fetched and that has not yet looked; -1 for none.
    var reader = -1
    var lastUse: UInt64 = 0
    /// Not yet handed out.
    var isUnsent = false
    /// To be thrown away when it arrives.
    var isDropped = false
    var condition = Block.Condition.blank
    /// What the first record of a block without a header was taken for.
    var assumedFirst: UInt64? = nil
}

/// Everything between the journal's memory and its medium.
struct MediumSide: ~Copyable {
    let isAttached: Bool
    let configuration: MediumConfiguration
    var layout: MediumLayout { configuration.layout }
    let pages: MediumPages
    var freePages: FixedArray<UInt16>
    var segments: SegmentTable
    var logs: FixedArray<ClassLog>
    var commit = Commit()
    var writes: FixedArray<CommitWrite>
    /// Finished blocks whose last version is part of the commit under way, at their own place.
    var finished: FixedArray<BlockImage>
    var cache: FixedArray<CachePage>
    var cacheClock: UInt64 = 0
    /// Pages for state blocks; the first also for superblocks, and for wiping.
    let statePages: Int
    /// Pages from here on are for others.
    let otherPages: Int
    var recovery: Recovery
    var wipes: FixedArray<Int64>

    var identity: JournalIdentity
    var opening: UInt64 = 0
    var generationCounter: UInt64 = 0
    var isOpen = false
    /// Number and hash of the last durable state block.
    var stateNumber: UInt64 = 0
    var stateHash = KeyedHash(low: 0, high: 0)
    /// Number of the last state block of the commit under way; equal to `stateNumber` if there is none.
    var writtenStateNumber: UInt64 = 0
    var writtenStateHash = KeyedHash(low: 0, high: 0)
    /// A changed value waits that is not lazy.
    var isStateWaiting = false
    /// Next value to write again although it did not change.
    var nextRefresh = 0
    /// When the next commit must begin at the latest.
    var dueAt = Instant.never
    var lazyDueAt = Instant.never
    /// For each class, where its records ended as the newest state block has it.
    var attestedEnds = PerClass<UInt64>(repeating: 0)
    /// When the state store is to be told where the records end.
    var attestationDueAt = Instant.never
    /// It is to be told as soon as the records are durable.
    var isEnding = false
    /// When it was last asked for a request and had none, and nothing has happened since.
    var askedAt = Instant(nanoseconds: -1)
    /// How long a commit lately took, at the most.
    var expectedCommit = Interval.zero
    /// How the last attempt went, for the condition.
    var lastOutcome = MediumOutcome.done
    var refusal: MediumCondition? = nil
    var relocations = 0
    var status = JournalStatus()

    /// Pages in which blocks of records are built or wait for their flush.
    static var recordPages: Int { 24 }

    /// A side without a medium.
    init() {
        // Nothing below is used without a medium; the smallest of everything keeps the code one.
        guard
            let layout = MediumLayout(
                mediumBytes: 1 << 20, blockBytes: 512, segmentBlocks: 4,
                capacities: JournalCapacities(readers: 1, stateEntries: 1)),
            let key = HashKey([UInt8](repeating: 0, count: HashKey.length).span),
            let configuration = MediumConfiguration(
                layout: layout, key: key, identity: JournalIdentity(low: 0, high: 0),
                reservedSegments: PerClass(repeating: 1))
        else { preconditionFailure("the constants above are in range") }
        isAttached = false
        self.configuration = configuration
        identity = configuration.identity
        pages = MediumPages(count: 0, pageBytes: 512)
        freePages = FixedArray(capacity: 0)
        segments = SegmentTable(count: 0)
        logs = FixedArray(repeating: ClassLog(), count: EventClass.count)
        writes = FixedArray(capacity: 0)
        finished = FixedArray(capacity: 0)
        cache = FixedArray(capacity: 0)
        statePages = 0
        otherPages = 0
        recovery = Recovery(segmentBlocks: 0, statePlaces: 0, slots: 0)
        wipes = FixedArray(capacity: 0)
    }

    init(capacities: JournalCapacities, configuration: MediumConfiguration) {
        let layout = configuration.layout
        let needed = MediumLayout.stateBlocks(
            entries: capacities.allStateEntries, blockBytes: layout.blockBytes)
        precondition(layout.stateBlocks >= needed, "the layout was made for fewer state entries")
        isAttached = true
        self.configuration = configuration
        identity = configuration.identity
        let cachePages = capacities.readers + 2
        let recordPages = MediumSide.recordPages
        pages = MediumPages(
            count: recordPages + MediumLayout.stateGroupLimit + cachePages + configuration.otherPages,
            pageBytes: layout.blockBytes)
        otherPages = recordPages + MediumLayout.stateGroupLimit + cachePages
        freePages = FixedArray(capacity: recordPages)
        for page in (0..<recordPages).reversed() { freePages.append(UInt16(page)) }
        statePages = recordPages
        cache = FixedArray(capacity: cachePages)
        for index in 0..<cachePages {
            cache.append(CachePage(page: recordPages + MediumLayout.stateGroupLimit + index))
        }
        segments = SegmentTable(count: layout.segments)
        logs = FixedArray(repeating: ClassLog(), count: EventClass.count)
        let places = EventClass.count * layout.segmentBlocks * 2 + 2 * layout.stateBlocks
        writes = FixedArray(capacity: recordPages + 2 * MediumLayout.stateGroupLimit + MediumSide.wipesPerCommit)
        finished = FixedArray(capacity: recordPages)
        recovery = Recovery(
            segmentBlocks: layout.segmentBlocks, statePlaces: 2 * layout.stateBlocks, slots: cachePages)
        wipes = FixedArray(capacity: places)
        status.medium = .opening
    }

    /// Wipes that one commit makes; more follow in the next.
    static var wipesPerCommit: Int { 16 }

    /// The place of a class among pages: takes a free one.
    mutating func takePage() -> Int? {
        guard freePages.count > 0 else { return nil }
        let page = Int(freePages[freePages.count - 1])
        freePages.swapRemove(at: freePages.count - 1)
        return page
    }

    mutating func freePage(_ page: Int) { freePages.append(UInt16(page)) }

    /// Notes that something waits that must be durable within the volatile limit, or at once.
    mutating func noteWaiting(urgent: Bool, at now: Instant) {
        // A commit begins so much earlier as commits lately took, so that it ends within the limit.
        forgetAsking()
        let patience = urgent ? Interval.zero : max(.zero, configuration.times.volatileLimit - expectedCommit)
        dueAt = min(dueAt, now + patience)
    }

    /// Whether records are durable that the state store does not know of.
    var isAttestationDue: Bool {
        for index in 0..<EventClass.count where logs[index].durableEnd != attestedEnds[index] { return true }
        return false
    }

    /// Sets when the state store is to be told where the records end.
    mutating func scheduleAttestation(at now: Instant) {
        guard isAttestationDue else {
            attestationDueAt = .never
            return
        }
        attestationDueAt = isEnding ? now : min(attestationDueAt, now + configuration.times.attestationLimit)
    }

    /// Something happened that may be a reason for a request.
    mutating func forgetAsking() { askedAt = Instant(nanoseconds: -1) }

    func place(_ image: BlockImage) -> BlockPlace {
        guard let eventClass = EventClass(rawValue: UInt8(image.owner)) else {
            preconditionFailure("an image belongs to a class")
        }
        return BlockPlace(
            journal: identity.short, generation: image.generation, number: image.number, eventClass: eventClass)
    }

    mutating func nextGeneration() -> UInt64 {
        generationCounter += 1
        return opening << 24 | generationCounter
    }
}
