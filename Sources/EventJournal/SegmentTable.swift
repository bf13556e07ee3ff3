import FixedMemory

/// Which class owns which segment, in memory; recovery reads it back from the segments' first blocks.
///
/// The segments of a class form a list from the oldest to the newest.
struct SegmentTable: ~Copyable {
    static let none = -1

    struct Segment: BitwiseCopyable {
        var isUsed = false
        /// Writing to it has failed; it is not used again.
        var isBad = false
        var owner: UInt8 = 0
        var generation: UInt64 = 0
        var firstOrdinal: UInt64 = 0
        var firstSequence: UInt64 = 0
        /// The next newer segment of the class, -1 for none.
        var newer: Int16 = -1
    }

    private(set) var segments: FixedArray<Segment>
    private(set) var oldest = PerClass<Int>(repeating: none)
    private(set) var newest = PerClass<Int>(repeating: none)
    private(set) var counts = PerClass<Int>(repeating: 0)
    /// Where the search for a free segment goes on, so that all wear evenly.
    private var nextFree = 0
    /// Segments that no class owns, bad ones included.
    private(set) var freeCount: Int

    init(count: Int) {
        segments = FixedArray(repeating: Segment(), count: count)
        freeCount = count
    }

    subscript(_ segment: Int) -> Segment { segments[segment] }

    mutating func markBad(_ segment: Int) { segments[segment].isBad = true }

    mutating func startFreeSearch(after segment: Int) { nextFree = (segment + 1) % segments.count }

    /// The next unused segment in turn; `nil` if all are used.
    mutating func takeFree() -> Int? {
        guard freeCount > 0 else { return nil }
        for step in 0..<segments.count {
            let segment = (nextFree + step) % segments.count
            guard !segments[segment].isUsed, !segments[segment].isBad else { continue }
            nextFree = (segment + 1) % segments.count
            return segment
        }
        return nil
    }

    /// Adds a segment as the newest of a class.
    mutating func append(
        _ segment: Int, owner index: Int, generation: UInt64, firstOrdinal: UInt64, firstSequence: UInt64
    ) {
        segments[segment] = Segment(
            isUsed: true, isBad: false, owner: UInt8(index), generation: generation, firstOrdinal: firstOrdinal,
            firstSequence: firstSequence, newer: Int16(SegmentTable.none))
        if newest[index] == SegmentTable.none {
            oldest[index] = segment
        } else {
            segments[newest[index]].newer = Int16(segment)
        }
        newest[index] = segment
        counts[index] += 1
        freeCount -= 1
    }

    /// Adds a segment where its generation belongs; for recovery, which finds them in any order.
    mutating func insert(
        _ segment: Int, owner index: Int, generation: UInt64, firstOrdinal: UInt64, firstSequence: UInt64
    ) {
        var before = SegmentTable.none
        var after = oldest[index]
        while after != SegmentTable.none, segments[after].generation < generation {
            before = after
            after = Int(segments[after].newer)
        }
        segments[segment] = Segment(
            isUsed: true, isBad: segments[segment].isBad, owner: UInt8(index), generation: generation,
            firstOrdinal: firstOrdinal, firstSequence: firstSequence, newer: Int16(after))
        if before == SegmentTable.none { oldest[index] = segment } else { segments[before].newer = Int16(segment) }
        if after == SegmentTable.none { newest[index] = segment }
        counts[index] += 1
        freeCount -= 1
    }

    /// Takes a class's oldest segment from it.
    mutating func removeOldest(of index: Int) -> Int {
        let segment = oldest[index]
        precondition(segment != SegmentTable.none, "the class owns no segment")
        oldest[index] = Int(segments[segment].newer)
        if oldest[index] == SegmentTable.none { newest[index] = SegmentTable.none }
        counts[index] -= 1
        segments[segment].isUsed = false
        freeCount += 1
        return segment
    }

    /// Takes any segment from its class.
    mutating func remove(_ segment: Int) {
        let index = Int(segments[segment].owner)
        if oldest[index] == segment {
            _ = removeOldest(of: index)
            return
        }
        let before = older(than: segment)
        segments[before].newer = segments[segment].newer
        if newest[index] == segment { newest[index] = before }
        counts[index] -= 1
        segments[segment].isUsed = false
        freeCount += 1
    }

    /// The next older segment of the same class, -1 for none.
    func older(than segment: Int) -> Int {
        var before = oldest[Int(segments[segment].owner)]
        if before == segment { return SegmentTable.none }
        while Int(segments[before].newer) != segment { before = Int(segments[before].newer) }
        return before
    }

    /// The newest segment of a class that begins at or before an ordinal; the oldest if none does; -1 if it has none.
    func segment(of ordinal: UInt64, owner index: Int) -> Int {
        var found = oldest[index]
        guard found != SegmentTable.none else { return SegmentTable.none }
        while true {
            let newer = Int(segments[found].newer)
            guard newer != SegmentTable.none, segments[newer].firstOrdinal <= ordinal else { return found }
            found = newer
        }
    }

    mutating func setFirst(_ segment: Int, ordinal: UInt64, sequence: UInt64) {
        segments[segment].firstOrdinal = ordinal
        segments[segment].firstSequence = sequence
    }

    mutating func removeAll() {
        for segment in segments.indices { segments[segment] = Segment() }
        oldest = PerClass(repeating: SegmentTable.none)
        newest = PerClass(repeating: SegmentTable.none)
        counts = PerClass(repeating: 0)
        nextFree = 0
        freeCount = segments.count
    }
}
