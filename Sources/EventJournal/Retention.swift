import FixedMemory
import HardwareInterface

// Which segment a class may take when it needs one.
extension EventJournal {
    /// Takes a segment for a class, and from another class if need be.
    ///
    /// In this order: a free one, as long as enough are left for what others have reserved; from any class above its
    /// reserve one that every lasting reader has acknowledged, the lowest class first; from a class of the same or a
    /// lower priority above its reserve one that is not acknowledged; the class's own oldest.
    mutating func takeSegment(for index: Int) -> Int? {
        let reserved = side.configuration.reservedSegments
        var owed = 0
        for other in 0..<EventClass.count where other != index {
            owed += max(0, reserved[other] - side.segments.counts[other])
        }
        if side.segments.counts[index] < reserved[index] || side.segments.freeCount > owed,
            let free = side.segments.takeFree()
        {
            return free
        }
        for other in (0..<EventClass.count).reversed() where canGive(other) && isOldestAcknowledged(other) {
            return giveOldest(other)
        }
        for other in (index..<EventClass.count).reversed() where canGive(other) { return giveOldest(other) }
        if side.segments.counts[index] >= 2 { return giveOldest(index) }
        if let free = side.segments.takeFree() { return free }
        if side.segments.counts[index] == 1, !hasSettlement(index) { return giveOldest(index) }
        return nil
    }

    private func hasSettlement(_ index: Int) -> Bool {
        side.logs[index].settlements[0] != nil || side.logs[index].settlements[1] != nil
    }

    private func canGive(_ index: Int) -> Bool {
        side.segments.counts[index] > side.configuration.reservedSegments[index] && side.segments.counts[index] >= 2
    }

    private func isOldestAcknowledged(_ index: Int) -> Bool {
        guard let acknowledged = lowestAcknowledged(index) else { return true }
        let newer = Int(side.segments[side.segments.oldest[index]].newer)
        return side.segments[newer].firstOrdinal <= acknowledged
    }

    /// The ordinal below which every lasting reader of a class has acknowledged; `nil` if it has no reader.
    private func lowestAcknowledged(_ index: Int) -> UInt64? {
        guard let eventClass = EventClass(rawValue: UInt8(index)) else { return nil }
        var lowest: UInt64? = nil
        for place in readers.indices {
            let reader = readers[place]
            guard reader.use != .free, reader.kind == .lasting, reader.classes.contains(eventClass) else { continue }
            lowest = min(lowest ?? .max, reader.acknowledged[index])
        }
        return lowest
    }

    private mutating func giveOldest(_ index: Int) -> Int {
        let segment = side.segments.oldest[index]
        let first = side.segments[segment].firstOrdinal
        let newer = Int(side.segments[segment].newer)
        let end = newer == SegmentTable.none ? side.logs[index].placedEnd : side.segments[newer].firstOrdinal
        let waitingFrom = max(first, lowestAcknowledged(index) ?? first)
        if waitingFrom < end {
            side.status.gaveWayUnacknowledged += end - waitingFrom
            let last =
                newer == SegmentTable.none
                ? side.segments[segment].firstSequence : side.segments[newer].firstSequence - 1
            notePending(
                index, cause: .retention, count: end - waitingFrom, first: side.segments[segment].firstSequence,
                last: last)
        }
        dropCached(segment)
        let taken = side.segments.removeOldest(of: index)
        side.segments.startFreeSearch(after: taken)
        if side.segments.newest[index] != SegmentTable.none { noteSegment(index) }
        return taken
    }

    /// Notes in the state store which segment a class writes to, and which is its oldest, so that neither can vanish
    /// unnoticed.
    mutating func noteSegment(_ index: Int) {
        let newest = side.segments.newest[index]
        let oldest = side.segments.oldest[index]
        setOwnState(
            StateKey.segment(of: index),
            integers: [
                side.segments[newest].generation, side.segments[newest].firstOrdinal,
                side.segments[oldest].generation, UInt64(newest),
            ])
        side.isStateWaiting = true
    }
}
