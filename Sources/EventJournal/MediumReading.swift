import FixedMemory
import HardwareInterface

// How a reader finds events that memory no longer holds: block by block through the segments of a class.
extension EventJournal {
    enum Peek {
        case end
        case found(ordinal: UInt64, sequence: UInt64)
        case waiting
    }

    enum Located {
        /// There is nothing from the wanted ordinal on.
        case end
        case memory(ordinal: UInt64)
        /// In a page, at an offset.
        case page(Int, offset: Int, ordinal: UInt64)
        /// The block is being fetched.
        case waiting
    }

    /// The next event of a class for a reader: its ordinal, which is beyond the wanted one after a gap, and its number.
    mutating func peek(_ place: Int, _ index: Int) -> Peek {
        let wanted = readers[place].next[index]
        if wanted >= rings[index].nextOrdinal { return .end }
        if rings[index].holds(wanted) {
            return .found(ordinal: wanted, sequence: sequenceBase + Record.sequence(rings[index].record(wanted)))
        }
        let position = readers[place].positions[index]
        if position.wanted == wanted { return .found(ordinal: position.ordinal, sequence: position.sequence) }
        switch locate(place, index, wanted) {
        case .end: return .end
        case .waiting: return .waiting
        case .memory(let ordinal):
            return .found(ordinal: ordinal, sequence: sequenceBase + Record.sequence(rings[index].record(ordinal)))
        case .page(let page, let offset, let ordinal):
            let sequence = Record.sequence(UnsafeRawPointer(side.pages.pointer(page)) + offset)
            readers[place].positions[index].wanted = wanted
            readers[place].positions[index].ordinal = ordinal
            readers[place].positions[index].sequence = sequence
            return .found(ordinal: ordinal, sequence: sequence)
        }
    }

    /// Finds the first event of a class at or after an ordinal.
    mutating func locate(_ place: Int, _ index: Int, _ wanted: UInt64) -> Located {
        if wanted >= rings[index].nextOrdinal { return .end }
        if rings[index].holds(wanted) { return .memory(ordinal: wanted) }
        guard side.isAttached, side.recovery.isDone, wanted < side.logs[index].placedEnd else {
            return oldestInMemory(index)
        }
        var position = readers[place].positions[index]
        defer { readers[place].positions[index] = position }
        position = placed(position, index, wanted)
        while position.segment != SegmentTable.none {
            let newer = Int(side.segments[position.segment].newer)
            if newer != SegmentTable.none, side.segments[newer].firstOrdinal <= wanted {
                position.segment = newer
                position.generation = side.segments[newer].generation
                position.block = 0
                continue
            }
            guard !isAtEnd(position, index) else {
                position.segment = newer
                position.block = 0
                if newer != SegmentTable.none { position.generation = side.segments[newer].generation }
                continue
            }
            switch search(place, index, position, wanted) {
            case .waiting: return .waiting
            case .page(let page, let offset, let ordinal): return .page(page, offset: offset, ordinal: ordinal)
            case .nextBlock: position.block += 1
            case .nextSegment: position.block = side.layout.dataBlocks
            }
        }
        return oldestInMemory(index)
    }

    private func oldestInMemory(_ index: Int) -> Located {
        rings[index].count > 0 ? .memory(ordinal: rings[index].firstOrdinal) : .end
    }

    /// The position to begin with: the one at hand if it still stands, else the segment that should hold the ordinal.
    private func placed(_ position: MediumPosition, _ index: Int, _ wanted: UInt64) -> MediumPosition {
        if position.segment != SegmentTable.none {
            let segment = side.segments[position.segment]
            if segment.isUsed, Int(segment.owner) == index, segment.generation == position.generation {
                return position
            }
        }
        var fresh = MediumPosition()
        fresh.segment = side.segments.segment(of: wanted, owner: index)
        if fresh.segment != SegmentTable.none { fresh.generation = side.segments[fresh.segment].generation }
        return fresh
    }

    /// Whether no block of the segment is left at this position.
    func isAtEnd(_ position: MediumPosition, _ index: Int) -> Bool {
        if position.block >= side.layout.dataBlocks { return true }
        guard position.segment == side.segments.newest[index] else { return false }
        if let image = side.logs[index].image, image.segment == position.segment {
            return position.block > image.number
        }
        return position.block >= side.logs[index].nextBlock
    }

    private enum Search {
        case page(Int, offset: Int, ordinal: UInt64)
        case waiting
        case nextBlock
        case nextSegment
    }

    /// Looks for the first record at or after an ordinal in one block.
    private mutating func search(_ place: Int, _ index: Int, _ position: MediumPosition, _ wanted: UInt64) -> Search {
        if let image = image(at: position, index) { return search(image, wanted) }
        guard let slot = cached(position) else {
            fetch(position, for: place)
            return .waiting
        }
        side.cacheClock += 1
        side.cache[slot].lastUse = side.cacheClock
        switch side.cache[slot].use {
        case .loading: return .waiting
        case .empty, .unreadable: return .nextBlock
        case .filled: break
        }
        side.cache[slot].reader = -1
        return search(slot: slot, index, wanted)
    }

    /// A block that is still being built or waits for its flush or its copy home.
    func image(at position: MediumPosition, _ index: Int) -> BlockImage? {
        func matches(_ image: BlockImage) -> Bool {
            image.segment == position.segment && image.generation == position.generation
                && image.number == position.block
        }
        if let image = side.logs[index].image, matches(image) { return image }
        for slot in 0..<2 {
            if let settlement = side.logs[index].settlements[slot], matches(settlement.image) {
                return settlement.image
            }
        }
        for slot in side.finished.indices where side.finished[slot].owner == index && matches(side.finished[slot]) {
            return side.finished[slot]
        }
        return nil
    }

    private func search(_ image: BlockImage, _ wanted: UInt64) -> Search {
        let page = UnsafeRawPointer(side.pages.pointer(image.page))
        let first = wanted > image.firstOrdinal ? Int(min(wanted - image.firstOrdinal, UInt64(image.count))) : 0
        for record in first..<image.count {
            let offset = RecordBlock.offset(of: record, in: page, blockBytes: side.layout.blockBytes)
            if offset != 0 {
                return .page(image.page, offset: offset, ordinal: image.firstOrdinal + UInt64(record))
            }
        }
        return .nextBlock
    }

    private mutating func search(slot: Int, _ index: Int, _ wanted: UInt64) -> Search {
        let blockBytes = side.layout.blockBytes
        let cached = side.cache[slot]
        let page = UnsafeRawPointer(side.pages.pointer(cached.page))
        let limit = RecordBlock.recordLimit(blockBytes: blockBytes)
        var firstOrdinal = wanted
        var count = limit
        switch cached.condition {
        case .blank: return .nextSegment
        case .whole, .headerOnly:
            // Something else lies here if the segment ended before this block.
            guard RecordBlock.generation(page) == cached.generation, RecordBlock.number(page) == cached.number,
                let owner = RecordBlock.eventClass(page), Int(owner.rawValue) == index
            else { return .nextSegment }
            firstOrdinal = RecordBlock.firstOrdinal(page)
            count = min(limit, RecordBlock.count(page))
        case .broken:
            // Without its header a block does not say which ordinals it holds; they follow those of the block before.
            if let assumed = cached.assumedFirst { firstOrdinal = assumed }
            side.cache[slot].assumedFirst = firstOrdinal
        }
        guard let eventClass = EventClass(rawValue: UInt8(index)), wanted < firstOrdinal + UInt64(count) else {
            return .nextBlock
        }
        let blockPlace = BlockPlace(
            journal: side.identity.short, generation: cached.generation, number: cached.number, eventClass: eventClass)
        let first = wanted > firstOrdinal ? Int(wanted - firstOrdinal) : 0
        for record in first..<count {
            let offset: Int?
            if cached.condition == .whole {
                let listed = RecordBlock.offset(of: record, in: page, blockBytes: blockBytes)
                offset = listed == 0 ? nil : listed
            } else {
                offset = salvagedOffset(record, in: page, place: blockPlace)
            }
            if let offset { return .page(cached.page, offset: offset, ordinal: firstOrdinal + UInt64(record)) }
        }
        return .nextBlock
    }

    /// Where a record of a damaged block lies, through its own entry or behind the record before it.
    func salvagedOffset(_ record: Int, in page: UnsafeRawPointer, place: BlockPlace) -> Int? {
        let blockBytes = side.layout.blockBytes
        var behind: Int? = record == 0 ? Block.headerBytes : nil
        if record > 0,
            let before = RecordBlock.recordOffset(
                record - 1, in: page, blockBytes: blockBytes, place: place,
                behind: record == 1 ? Block.headerBytes : nil)
        {
            behind = before + Record.size(page + before)
        }
        return RecordBlock.recordOffset(record, in: page, blockBytes: blockBytes, place: place, behind: behind)
    }

    // MARK: Fetched blocks

    private func cached(_ position: MediumPosition) -> Int? {
        for slot in side.cache.indices {
            let page = side.cache[slot]
            if page.use != .empty, page.segment == position.segment, page.generation == position.generation,
                page.number == position.block
            {
                return slot
            }
        }
        return nil
    }

    /// Asks for a block, in the page that was not looked at for longest.
    private mutating func fetch(_ position: MediumPosition, for place: Int) {
        var victim: Int? = nil
        for slot in side.cache.indices {
            let page = side.cache[slot]
            // A block that was fetched for another reader stays until that one has looked.
            guard page.use != .loading, page.reader == -1 || page.reader == place || readers[page.reader].use != .open
            else { continue }
            if let found = victim, side.cache[found].lastUse <= page.lastUse { continue }
            victim = slot
        }
        guard let victim else { return }
        for slot in side.cache.indices where side.cache[slot].reader == place { side.cache[slot].reader = -1 }
        side.cacheClock += 1
        side.cache[victim] = CachePage(
            use: .loading, page: side.cache[victim].page, segment: position.segment, generation: position.generation,
            number: position.block, reader: place, lastUse: side.cacheClock, isUnsent: true)
        side.forgetAsking()
    }

    /// The next block that a reader waits for.
    mutating func nextCacheRequest() -> MediumRequest? {
        for slot in side.cache.indices where side.cache[slot].isUnsent {
            side.cache[slot].isUnsent = false
            return MediumRequest(
                token: Token.cache | UInt32(slot), operation: .read, page: UInt16(side.cache[slot].page),
                offset: side.layout.block(side.cache[slot].number, of: side.cache[slot].segment))
        }
        return nil
    }

    mutating func fillCache(_ slot: Int, _ outcome: MediumOutcome) {
        precondition(
            slot < side.cache.count && side.cache[slot].use == .loading, "an answer without a request")
        guard !side.cache[slot].isDropped else {
            side.cache[slot] = CachePage(page: side.cache[slot].page)
            return
        }
        switch outcome {
        case .done:
            side.cache[slot].use = .filled
            side.cache[slot].condition = Block.condition(
                side.pages.pointer(side.cache[slot].page), blockBytes: side.layout.blockBytes, kind: .records,
                journal: side.identity.short)
            let condition = side.cache[slot].condition
            if condition == .broken || condition == .headerOnly { side.status.damagedBlocks += 1 }
        case .failed where side.lastOutcome == .done:
            // One place cannot be read while the medium as a whole works.
            side.cache[slot].use = .unreadable
            side.status.damagedBlocks += 1
        case .failed, .readOnly, .full, .missing:
            side.cache[slot] = CachePage(page: side.cache[slot].page)
        }
    }

    /// Forgets what was fetched of a segment that is about to be used again.
    mutating func dropCached(_ segment: Int) {
        for slot in side.cache.indices where side.cache[slot].use != .empty && side.cache[slot].segment == segment {
            if side.cache[slot].use == .loading {
                side.cache[slot].isDropped = true
            } else {
                side.cache[slot] = CachePage(page: side.cache[slot].page)
            }
        }
    }
}
