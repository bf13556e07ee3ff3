/// Where everything lies on the medium.
///
///     block 0             first superblock
///     state blocks        the state store, first copy
///     segments            records, each segment owned by one class at a time
///     state blocks        the state store, second copy
///     last block          second superblock
///
/// The two copies of what every start needs lie at opposite ends, where one damaged stretch does not reach both.
public struct MediumLayout: Equatable, Sendable, BitwiseCopyable {
    /// Bytes of a block, the unit of writing and of damage: a power of two from 512 to 4,096.
    public var blockBytes: Int
    /// Blocks of a segment, 4 to 1,024. The last two are the open block's spare places.
    public var segmentBlocks: Int
    /// Blocks of one copy of the state store.
    public var stateBlocks: Int
    /// Segments, at least two for each class.
    public var segments: Int

    /// The largest number of segments.
    public static var segmentLimit: Int { 4_096 }
    /// Spare places of a segment, in which versions of its open block are written in turn.
    static var spareBlocks: Int { 2 }
    /// State blocks that one commit may write.
    static var stateGroupLimit: Int { 8 }

    /// Divides a medium.
    ///
    /// - Parameters:
    ///   - mediumBytes: bytes of the file or partition.
    ///   - capacities: what the journal is made with; the state store is sized by it.
    /// - Returns: `nil` if the parameters are out of range or the medium is too small for two segments of each class.
    public init?(
        mediumBytes: Int64, blockBytes: Int = 4_096, segmentBlocks: Int = 64, capacities: JournalCapacities
    ) {
        guard blockBytes >= 512, blockBytes <= 4_096, blockBytes & (blockBytes - 1) == 0,
            segmentBlocks >= 4, segmentBlocks <= 1_024, mediumBytes >= 0
        else { return nil }
        self.blockBytes = blockBytes
        self.segmentBlocks = segmentBlocks
        stateBlocks = MediumLayout.stateBlocks(entries: capacities.allStateEntries, blockBytes: blockBytes)
        let blocks = mediumBytes / Int64(blockBytes) - 2 - 2 * Int64(stateBlocks)
        let segments = blocks / Int64(segmentBlocks)
        guard segments >= 2 * Int64(EventClass.count) else { return nil }
        self.segments = Int(min(segments, Int64(MediumLayout.segmentLimit)))
    }

    /// Half of every state block writes values again in turn, so that each lies in one of the newest blocks. A value
    /// that changes just when its turn comes waits for a second one; the rest is room for groups that were given up and
    /// for moves away from bad places.
    static func stateBlocks(entries: Int, blockBytes: Int) -> Int {
        let refreshedBytes = StateBlock.refreshBytes(blockBytes: blockBytes) - StateBlock.largestEntryBytes
        let turn = (entries * StateBlock.largestEntryBytes + refreshedBytes - 1) / refreshedBytes
        return 2 * turn + 8 * stateGroupLimit + 2
    }

    /// Values that a state store of this layout holds for the runtime, beside the journal's own for so many readers; `nil`
    /// if there is no room for one. For opening a medium that was laid out by others.
    public func stateEntryLimit(readers: Int) -> Int? {
        func fits(_ entries: Int) -> Bool {
            let all = JournalCapacities(readers: readers, stateEntries: entries).allStateEntries
            return MediumLayout.stateBlocks(entries: all, blockBytes: blockBytes) <= stateBlocks
        }
        guard fits(1) else { return nil }
        var (low, high) = (1, 32_767)
        while low < high {
            let middle = (low + high + 1) / 2
            if fits(middle) { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Bytes of the medium that are used.
    public var usedBytes: Int64 {
        Int64(blockBytes) * (2 + 2 * Int64(stateBlocks) + Int64(segments) * Int64(segmentBlocks))
    }

    /// Blocks of a segment that hold records for good.
    public var dataBlocks: Int { segmentBlocks - MediumLayout.spareBlocks }

    func superblock(_ copy: Int) -> Int64 {
        copy == 0 ? 0 : usedBytes - Int64(blockBytes)
    }

    /// Where the state block with this number lies; numbers go round.
    func stateBlock(_ number: UInt64, copy: Int) -> Int64 {
        statePlace(Int(number % UInt64(stateBlocks)), copy: copy)
    }

    func statePlace(_ place: Int, copy: Int) -> Int64 {
        let start = copy == 0 ? 1 : 1 + Int64(stateBlocks) + Int64(segments) * Int64(segmentBlocks)
        return Int64(blockBytes) * (start + Int64(place))
    }

    /// Where a block of a segment lies; its spare places count as blocks `dataBlocks` and `dataBlocks + 1`.
    func block(_ block: Int, of segment: Int) -> Int64 {
        let start = 1 + Int64(stateBlocks) + Int64(segment) * Int64(segmentBlocks)
        return Int64(blockBytes) * (start + Int64(block))
    }
}
