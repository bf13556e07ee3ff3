import Cryptography
import FixedMemory
import HardwareInterface

// Recovery as a sequence of reads: each phase names its blocks one by one and looks at each as it comes.
extension EventJournal {
    mutating func nextRecoveryRequest(at now: Instant) -> MediumRequest? {
        if side.recovery.phase == .paused {
            guard now >= side.recovery.retryAt else { return nil }
            restartRecovery()
        }
        while !side.recovery.isDone {
            guard let slot = freeRecoverySlot() else { return nil }
            if let (item, offset) = nextRecoveryBlock() {
                side.recovery.slots[slot] = Recovery.Slot(isBusy: true, item: item)
                side.recovery.outstanding += 1
                return MediumRequest(
                    token: Token.recovery | UInt32(slot), operation: .read, page: UInt16(side.cache[slot].page),
                    offset: offset)
            }
            guard side.recovery.outstanding == 0 else { return nil }
            endRecoveryPhase(at: now)
            if side.recovery.phase == .paused || side.refusal != nil { return nil }
        }
        return nextRequest(at: now)
    }

    private func freeRecoverySlot() -> Int? {
        for slot in side.recovery.slots.indices where !side.recovery.slots[slot].isBusy { return slot }
        return nil
    }

    mutating func completeRecovery(_ slot: Int, _ outcome: MediumOutcome, at now: Instant) {
        precondition(
            slot < side.recovery.slots.count && side.recovery.slots[slot].isBusy, "an answer without a request")
        let item = side.recovery.slots[slot].item
        side.recovery.slots[slot].isBusy = false
        side.recovery.outstanding -= 1
        let page = UnsafeRawPointer(side.pages.pointer(side.cache[slot].page))
        let isRead = outcome == .done
        switch side.recovery.phase {
        case .superblocks:
            if !isRead { side.lastOutcome = outcome }
            takeSuperblock(item, isRead ? page : nil)
        case .state: takeState(item, isRead ? page : nil)
        case .stateValues: takeStateValues(item, isRead ? page : nil)
        case .segments: takeSegmentStart(item, isRead ? page : nil)
        case .probes: takeProbe(isRead ? page : nil)
        case .tails: takeTail(item, isRead ? page : nil)
        case .images: takeImage(isRead ? page : nil)
        case .done, .paused: break
        }
    }

    private mutating func pauseRecovery(at now: Instant) {
        side.recovery.phase = .paused
        side.recovery.attempts += 1
        side.recovery.retryAt = now + retryPause(side.recovery.attempts)
    }

    /// Forgets what was read and starts over.
    private mutating func restartRecovery() {
        let attempts = side.recovery.attempts
        for index in 0..<EventClass.count {
            if let image = side.logs[index].image { side.freePage(image.page) }
            for place in 0..<2 {
                if let settlement = side.logs[index].settlements[place] { side.freePage(settlement.image.page) }
            }
            let waiting = side.logs[index].waitingBytes
            side.logs[index] = ClassLog()
            side.logs[index].waitingBytes = waiting
        }
        side.recovery.restart()
        side.recovery.attempts = attempts
        side.segments.removeAll()
        side.wipes.removeAll()
        side.status.damagedBlocks = 0
        side.status.discardedBlocks = 0
        side.status.forgedBlocks = 0
    }

    /// The next block to read in this phase, with a number by which it is known when it comes.
    private mutating func nextRecoveryBlock() -> (item: Int, offset: Int64)? {
        let layout = side.layout
        let item = side.recovery.next
        switch side.recovery.phase {
        case .superblocks:
            guard item < 2 else { return nil }
            side.recovery.next += 1
            return (item, layout.superblock(item))
        case .state:
            guard item < 2 * layout.stateBlocks else { return nil }
            side.recovery.next += 1
            return (item, stateOffset(item))
        case .stateValues:
            while side.recovery.next < 2 * layout.stateBlocks {
                let item = side.recovery.next
                side.recovery.next += 1
                if isLoaded(item) { return (item, stateOffset(item)) }
            }
            return nil
        case .segments:
            guard item < layout.segments else { return nil }
            side.recovery.next += 1
            return (item, layout.block(0, of: item))
        case .probes:
            guard side.recovery.outstanding == 0, side.recovery.probes.count > 0 else { return nil }
            let segment = Int(side.recovery.probes[side.recovery.probes.count - 1])
            return (0, layout.block(probePlace(side.recovery.probeStep), of: segment))
        case .tails:
            guard side.recovery.tailSegment != SegmentTable.none, item < layout.segmentBlocks else { return nil }
            side.recovery.next += 1
            return (item, layout.block(item, of: side.recovery.tailSegment))
        case .images:
            guard side.recovery.outstanding == 0 else { return nil }
            while side.recovery.imageStep < EventJournal.imageSteps {
                if let place = imagePlace(side.recovery.imageStep) {
                    return (0, layout.block(place, of: side.recovery.tailSegment))
                }
                side.recovery.imageStep += 1
            }
            return nil
        case .done, .paused: return nil
        }
    }

    private mutating func enter(_ phase: Recovery.Phase) {
        side.recovery.phase = phase
        side.recovery.next = 0
    }

    private mutating func endRecoveryPhase(at now: Instant) {
        switch side.recovery.phase {
        case .superblocks:
            guard side.recovery.isSuperblockRead[0] || side.recovery.isSuperblockRead[1] else {
                pauseRecovery(at: now)
                return
            }
            side.lastOutcome = .done
            if !side.recovery.isIdentityKnown {
                if side.recovery.hasOtherKey { side.refusal = .wrongKey }
                if side.recovery.hasOtherLayout { side.refusal = .otherLayout }
            }
            enter(.state)
        case .state:
            judgeState()
            enter(.stateValues)
        case .stateValues:
            takeOwnState()
            enter(.segments)
        case .segments: enter(.probes)
        case .probes:
            if !side.recovery.isIdentityKnown, side.recovery.hasForeignContent {
                side.refusal = .foreign
            }
            side.recovery.tailClass = 0
            side.recovery.tailSegment = side.segments.newest[0]
            side.recovery.isLookingBack = false
            enter(.tails)
        case .tails: judgeTail(at: now)
        case .images: endImages(at: now)
        case .done, .paused: break
        }
    }

    // MARK: Superblocks

    private mutating func takeSuperblock(_ copy: Int, _ block: UnsafeRawPointer?) {
        guard let block else { return }
        let layout = side.layout
        side.recovery.isSuperblockRead[copy] = true
        switch Block.condition(block, blockBytes: layout.blockBytes, kind: .superblock, journal: 0) {
        case .blank: break
        case .whole:
            guard Superblock.matches(block, layout) else {
                side.recovery.hasOtherLayout = true
                return
            }
            guard Block.isAuthentic(block, blockBytes: layout.blockBytes, key: side.configuration.key) else {
                side.recovery.hasOtherKey = true
                return
            }
            side.identity = Superblock.identity(block)
            side.recovery.isIdentityKnown = true
            side.recovery.isSuperblockSound[copy] = true
        case .headerOnly, .broken:
            // The second superblock is written before anything else: alone, it may be what a power cut has left of it.
            if copy == 0 { side.recovery.hasForeignContent = true }
        }
    }

    // MARK: State

    private func stateOffset(_ item: Int) -> Int64 {
        side.layout.statePlace(item % side.layout.stateBlocks, copy: item / side.layout.stateBlocks)
    }

    private mutating func takeState(_ item: Int, _ block: UnsafeRawPointer?) {
        side.recovery.statePlaces[item] = StatePlace()
        guard let block else {
            side.recovery.statePlaces[item].isDamaged = true
            return
        }
        let blockBytes = side.layout.blockBytes
        let journal = side.recovery.isIdentityKnown ? side.identity.short : block.integer(UInt32.self, at: 28)
        switch Block.condition(block, blockBytes: blockBytes, kind: .state, journal: journal) {
        case .blank: return
        case .headerOnly, .broken:
            side.recovery.statePlaces[item].isDamaged = true
            if !side.recovery.isIdentityKnown { side.recovery.hasForeignContent = true }
            return
        case .whole: break
        }
        guard Block.isAuthentic(block, blockBytes: blockBytes, key: side.configuration.key) else {
            side.recovery.statePlaces[item].isDamaged = true
            if side.recovery.isIdentityKnown {
                side.status.forgedBlocks += 1
            } else {
                side.recovery.hasForeignContent = true
            }
            return
        }
        if !side.recovery.isIdentityKnown {
            // Both superblocks are lost; an authentic block of the state store knows whose it is.
            side.identity.low = side.identity.low & ~0xFFFF_FFFF | UInt64(journal)
            side.recovery.isIdentityKnown = true
        }
        side.recovery.isAnythingFound = true
        side.recovery.newestOpening = max(side.recovery.newestOpening, StateBlock.opening(block))
        side.recovery.durableState = max(side.recovery.durableState, StateBlock.durableNumber(block))
        for index in 0..<EventClass.count {
            side.recovery.knownDurable[index] = max(
                side.recovery.knownDurable[index], StateBlock.durableOrdinal(block, index))
        }
        side.recovery.statePlaces[item] = StatePlace(
            number: StateBlock.number(block), groupPlace: StateBlock.groupPlace(block),
            groupSize: StateBlock.groupSize(block), durableNumber: StateBlock.durableNumber(block))
    }

    /// The place that holds a state block, in either copy.
    private func statePlace(of number: UInt64) -> StatePlace? {
        let place = Int(number % UInt64(side.layout.stateBlocks))
        for copy in 0..<2 {
            let found = side.recovery.statePlaces[place + copy * side.layout.stateBlocks]
            if found.number == number { return found }
        }
        return nil
    }

    /// Decides which state blocks count: all that were durable, and the group of the last commit if it is complete.
    private mutating func judgeState() {
        let durable = side.recovery.durableState
        side.recovery.acceptedState = durable
        side.recovery.acceptedGroupStart = durable + 1
        for item in side.recovery.statePlaces.indices {
            let found = side.recovery.statePlaces[item]
            guard found.number > side.recovery.acceptedState, isComplete(found) else { continue }
            side.recovery.acceptedState = found.groupStart + UInt64(found.groupSize) - 1
            side.recovery.acceptedGroupStart = found.groupStart
        }
        var hasDiscarded = false
        for item in side.recovery.statePlaces.indices where isDiscarded(side.recovery.statePlaces[item].number) {
            side.wipes.append(stateOffset(item))
            hasDiscarded = true
        }
        if hasDiscarded { side.status.discardedBlocks += 1 }
        findDoubt()
        side.stateNumber = side.recovery.acceptedState
        side.writtenStateNumber = side.recovery.acceptedState
    }

    private func isComplete(_ found: StatePlace) -> Bool {
        guard found.groupSize >= 1, found.groupPlace < found.groupSize else { return false }
        for place in 0..<found.groupSize {
            guard let other = statePlace(of: found.groupStart + UInt64(place)), other.groupStart == found.groupStart,
                other.groupSize == found.groupSize
            else { return false }
        }
        return true
    }

    private func isDiscarded(_ number: UInt64) -> Bool {
        number > side.recovery.durableState
            && (number < side.recovery.acceptedGroupStart || number > side.recovery.acceptedState)
    }

    /// Finds the last block that should be there and is not. Numbers that were skipped on purpose are named by the
    /// block that comes after them.
    private mutating func findDoubt() {
        let accepted = side.recovery.acceptedState
        let span = UInt64(side.layout.stateBlocks - 8 * MediumLayout.stateGroupLimit)
        var later: StatePlace? = nil
        for back in 0..<min(span, accepted) {
            let number = accepted - back
            if let found = statePlace(of: number) {
                later = found
                continue
            }
            if let later, later.durableNumber < number, number < later.groupStart { continue }
            side.recovery.doubtfulBefore = number
            return
        }
    }

    private func isLoaded(_ item: Int) -> Bool {
        let found = side.recovery.statePlaces[item]
        guard found.number > 0, found.number <= side.recovery.acceptedState, !isDiscarded(found.number) else {
            return false
        }
        let other = (item + side.layout.stateBlocks) % (2 * side.layout.stateBlocks)
        return item < side.layout.stateBlocks || side.recovery.statePlaces[other].number != found.number
    }

    private mutating func takeStateValues(_ item: Int, _ block: UnsafeRawPointer?) {
        let number = side.recovery.statePlaces[item].number
        guard let block, StateBlock.number(block) == number,
            Block.condition(
                block, blockBytes: side.layout.blockBytes, kind: .state, journal: side.identity.short) == .whole
        else {
            side.recovery.doubtfulBefore = max(side.recovery.doubtfulBefore, number)
            return
        }
        if number == side.recovery.acceptedState {
            side.stateHash = Block.hash(block)
            side.writtenStateHash = side.stateHash
        }
        StateBlock.forEachEntry(block, blockBytes: side.layout.blockBytes) { key, value, isRemoved in
            _ = state.load(key, value, isRemoved: isRemoved, block: number)
        }
    }

    /// Takes what the journal itself keeps in the state store.
    private mutating func takeOwnState() {
        if side.recovery.doubtfulBefore > 0 {
            for place in state.entries.indices where state.entries[place].block > 0 {
                guard state.entries[place].block < side.recovery.doubtfulBefore else { continue }
                state.setTrust(.doubtful, of: place)
                side.status.doubtfulValues += 1
            }
        }
        if let value = state(StateKey.badSegments) {
            var reader = ByteReader(value.span)
            while let segment = try? reader.littleEndian(UInt16.self) {
                guard Int(segment) < side.layout.segments, !side.segments[Int(segment)].isBad else { continue }
                side.segments.markBad(Int(segment))
                side.status.badSegments += 1
            }
        }
        side.recovery.newestOpening = max(side.recovery.newestOpening, ownState(StateKey.opening, 0) ?? 0)
    }

    // MARK: Segments

    private mutating func takeSegmentStart(_ segment: Int, _ block: UnsafeRawPointer?) {
        guard let block else {
            side.recovery.probes.append(UInt16(segment))
            return
        }
        switch Block.condition(
            block, blockBytes: side.layout.blockBytes, kind: .records, journal: side.identity.short)
        {
        case .blank: return
        case .broken:
            side.recovery.probes.append(UInt16(segment))
            if !side.recovery.isIdentityKnown { side.recovery.hasForeignContent = true }
        case .whole, .headerOnly:
            guard let found = segmentEntry(block) else {
                side.recovery.probes.append(UInt16(segment))
                return
            }
            insert(segment, found)
        }
    }

    private mutating func insert(_ segment: Int, _ found: SegmentTable.Segment) {
        side.recovery.isAnythingFound = true
        side.segments.insert(
            segment, owner: Int(found.owner), generation: found.generation, firstOrdinal: found.firstOrdinal,
            firstSequence: found.firstSequence)
    }

    private mutating func segmentEntry(_ block: UnsafeRawPointer) -> SegmentTable.Segment? {
        guard let owner = RecordBlock.eventClass(block) else { return nil }
        side.recovery.newestOpening = max(side.recovery.newestOpening, RecordBlock.opening(block))
        return SegmentTable.Segment(
            isUsed: true, owner: owner.rawValue, generation: RecordBlock.generation(block),
            firstOrdinal: RecordBlock.firstOrdinal(block), firstSequence: RecordBlock.firstSequence(block))
    }

    private func probePlace(_ step: Int) -> Int {
        step < MediumLayout.spareBlocks ? side.layout.dataBlocks + step : step - MediumLayout.spareBlocks + 1
    }

    /// Looks at another block of a segment whose first is damaged: the newest use of the segment counts.
    private mutating func takeProbe(_ block: UnsafeRawPointer?) {
        let segment = Int(side.recovery.probes[side.recovery.probes.count - 1])
        let step = side.recovery.probeStep
        var isLast = probePlace(step + 1) >= side.layout.dataBlocks && step >= MediumLayout.spareBlocks
        if let block {
            switch Block.condition(
                block, blockBytes: side.layout.blockBytes, kind: .records, journal: side.identity.short)
            {
            case .blank: isLast = isLast || step >= MediumLayout.spareBlocks
            case .broken: break
            case .whole, .headerOnly:
                if let found = segmentEntry(block) {
                    if found.generation > side.recovery.probeFound?.generation ?? 0 {
                        side.recovery.probeFound = found
                    }
                    isLast = isLast || step >= MediumLayout.spareBlocks
                }
            }
        }
        side.recovery.probeStep += 1
        guard isLast else { return }
        if let found = side.recovery.probeFound {
            insert(segment, found)
            side.status.damagedBlocks += 1
        }
        side.recovery.probes.swapRemove(at: side.recovery.probes.count - 1)
        side.recovery.probeStep = 0
        side.recovery.probeFound = nil
    }

    // MARK: Tails

    private mutating func takeTail(_ place: Int, _ block: UnsafeRawPointer?) {
        var info = BlockInfo()
        defer { side.recovery.blocks[place] = info }
        guard let block else {
            info.condition = .damaged
            return
        }
        let generation = side.segments[side.recovery.tailSegment].generation
        let condition = Block.condition(
            block, blockBytes: side.layout.blockBytes, kind: .records, journal: side.identity.short)
        switch condition {
        case .blank: return
        case .broken:
            info.condition = .damaged
            return
        case .whole, .headerOnly:
            side.recovery.newestOpening = max(side.recovery.newestOpening, RecordBlock.opening(block))
            guard RecordBlock.generation(block) == generation, isPlausible(RecordBlock.number(block), at: place) else {
                return
            }
            info.condition = condition == .whole ? .whole : .damaged
            info.hasHeader = true
            info.number = RecordBlock.number(block)
            info.version = RecordBlock.version(block)
            info.count = RecordBlock.count(block)
            info.firstOrdinal = RecordBlock.firstOrdinal(block)
            info.durableOrdinal = RecordBlock.durableOrdinal(block)
            info.hash = Block.hash(block)
        }
    }

    private func isPlausible(_ number: Int, at place: Int) -> Bool {
        number < side.layout.dataBlocks && (place >= side.layout.dataBlocks || place == number)
    }

    private mutating func judgeTail(at now: Instant) {
        let index = side.recovery.tailClass
        let segment = side.recovery.tailSegment
        guard segment != SegmentTable.none else {
            endClass(at: now)
            return
        }
        var first: UInt64? = nil
        if side.recovery.blocks[0].hasHeader {
            first = side.recovery.blocks[0].firstOrdinal
        } else if ownState(StateKey.segment(of: index), 0) == side.segments[segment].generation {
            first = ownState(StateKey.segment(of: index), 1)
        }
        side.recovery.verdict = analyseTail(
            side.recovery.blocks.span, dataBlocks: side.layout.dataBlocks,
            knownDurable: side.recovery.isLookingBack ? 0 : side.recovery.knownDurable[index], firstOrdinal: first)
        side.recovery.imageStep = 0
        guard !side.recovery.isLookingBack else {
            enter(.images)
            return
        }
        let verdict = side.recovery.verdict
        side.status.damagedBlocks += UInt32(verdict.damagedBlocks)
        side.status.discardedBlocks += UInt32(verdict.discardedBlocks)
        for place in side.recovery.blocks.indices
        where comesAfterEnd(side.recovery.blocks[place], at: place, lastBlock: verdict.lastBlock) {
            side.wipes.append(side.layout.block(place, of: segment))
        }
        guard verdict.lastBlock >= 0 || side.recovery.blocks[0].condition == .damaged else {
            // The segment had just been taken, and nothing of it had become durable.
            side.segments.remove(segment)
            side.recovery.tailSegment = side.segments.newest[index]
            enter(.tails)
            return
        }
        side.recovery.nextOrdinal[index] = verdict.nextOrdinal
        side.recovery.durableOrdinal[index] = verdict.durableOrdinal
        side.logs[index].nextBlock = verdict.lastBlock + 1
        enter(.images)
    }

    // MARK: Images

    /// The steps of fetching the newest versions: two blocks to be copied home, each with what its damaged home still
    /// holds; the last block, with what its damaged other places hold; a damaged block after it.
    private static var imageSteps: Int { 9 }

    /// The place to read in a step; `nil` if the step has nothing to do.
    private func imagePlace(_ step: Int) -> Int? {
        let verdict = side.recovery.verdict
        let dataBlocks = side.layout.dataBlocks
        let index = side.recovery.tailClass
        func damaged(_ place: Int) -> Int? {
            place >= 0 && side.recovery.blocks[place].condition == .damaged ? place : nil
        }
        switch step {
        case 0, 2:
            let place = verdict.settlementPlaces[step / 2]
            return place >= 0 ? place : nil
        case 1, 3:
            let place = verdict.settlementPlaces[step / 2]
            return place >= 0 ? damaged(side.recovery.blocks[place].number) : nil
        case 4:
            if side.recovery.isLookingBack { return verdict.lastPlace >= dataBlocks ? verdict.lastPlace : nil }
            return verdict.lastPlace >= 0 ? verdict.lastPlace : nil
        case 5:
            guard verdict.lastPlace >= (side.recovery.isLookingBack ? dataBlocks : 0) else { return nil }
            return damaged(verdict.lastBlock)
        case 6, 7:
            guard !side.recovery.isLookingBack, side.logs[index].image != nil else { return nil }
            return damaged(dataBlocks + step - 6)
        default:
            guard !side.recovery.isLookingBack, verdict.lastBlock + 1 < dataBlocks else { return nil }
            return damaged(verdict.lastBlock + 1)
        }
    }

    private mutating func takeImage(_ block: UnsafeRawPointer?) {
        let index = side.recovery.tailClass
        let step = side.recovery.imageStep
        side.recovery.imageStep += 1
        guard let block else { return }
        switch step {
        case 0, 2:
            loadSettlement(index, block, from: side.recovery.verdict.settlementPlaces[step / 2])
        case 1, 3:
            let number = side.recovery.blocks[side.recovery.verdict.settlementPlaces[step / 2]].number
            salvageIntoSettlement(index, number: number, from: block)
        case 4:
            let place = side.recovery.verdict.lastPlace
            if side.recovery.isLookingBack {
                loadSettlement(index, block, from: place)
            } else {
                side.logs[index].image = loadImage(index, block, from: place)
            }
        case 5 where side.recovery.isLookingBack:
            salvageIntoSettlement(index, number: side.recovery.verdict.lastBlock, from: block)
        case 5...7:
            guard var image = side.logs[index].image else { return }
            salvage(into: &image, from: block)
            side.logs[index].image = image
        default: salvageNextBlock(index, from: block)
        }
    }

    private mutating func loadImage(_ index: Int, _ block: UnsafeRawPointer, from place: Int) -> BlockImage? {
        guard
            Block.condition(
                block, blockBytes: side.layout.blockBytes, kind: .records, journal: side.identity.short) == .whole,
            let page = side.takePage()
        else { return nil }
        let target = side.pages.pointer(page)
        target.copyMemory(from: block, byteCount: side.layout.blockBytes)
        let spare: BlockLocation = place == side.layout.dataBlocks ? .firstSpare : .secondSpare
        return BlockImage(
            owner: index, page: page, segment: side.recovery.tailSegment, generation: RecordBlock.generation(block),
            number: RecordBlock.number(block), firstOrdinal: RecordBlock.firstOrdinal(block),
            firstSequence: RecordBlock.firstSequence(block), count: RecordBlock.count(block),
            end: RecordBlock.end(block), version: RecordBlock.version(block), flags: RecordBlock.flags(block),
            previousHash: Block.previousHash(block), hash: Block.hash(block),
            location: place < side.layout.dataBlocks ? .home : spare)
    }

    private mutating func loadSettlement(_ index: Int, _ block: UnsafeRawPointer, from place: Int) {
        guard let image = loadImage(index, block, from: place) else { return }
        for free in 0..<2 where side.logs[index].settlements[free] == nil {
            side.logs[index].settlements[free] = Settlement(image: image, step: .ready)
            return
        }
        side.freePage(image.page)
    }

    private mutating func salvageIntoSettlement(_ index: Int, number: Int, from block: UnsafeRawPointer) {
        for place in 0..<2 {
            guard var settlement = side.logs[index].settlements[place], settlement.image.number == number,
                settlement.image.segment == side.recovery.tailSegment
            else { continue }
            salvage(into: &settlement.image, from: block)
            side.logs[index].settlements[place] = settlement
        }
    }

    /// Adds records that a damaged version of the same block still holds beyond what the image has.
    private mutating func salvage(into image: inout BlockImage, from block: UnsafeRawPointer) {
        let blockBytes = side.layout.blockBytes
        let page = side.pages.pointer(image.page)
        let place = side.place(image)
        var behind: Int? = image.end
        var last = lastSequence(of: image, in: page)
        for record in image.count..<max(image.count, RecordBlock.recordLimit(blockBytes: blockBytes)) {
            guard
                let offset = RecordBlock.recordOffset(
                    record, in: block, blockBytes: blockBytes, place: place, behind: behind),
                offset >= image.end, Record.sequence(block + offset) > last
            else {
                behind = nil
                continue
            }
            let size = Record.size(block + offset)
            guard offset + size + 2 * (record + 1) <= blockBytes else { break }
            (page + offset).copyMemory(from: block + offset, byteCount: size)
            // Indexes between the last record and this one stay 0: lost.
            RecordBlock.setOffset(offset, of: record, in: page, blockBytes: blockBytes)
            if image.count == 0 { image.firstSequence = Record.sequence(block + offset) }
            last = Record.sequence(block + offset)
            image.count = record + 1
            image.end = offset + size
            image.isChanged = true
            image.flags |= RecordBlock.repairedFlag
            behind = image.end
        }
    }

    private func lastSequence(of image: BlockImage, in page: UnsafeRawPointer) -> UInt64 {
        for record in (0..<image.count).reversed() {
            let offset = RecordBlock.offset(of: record, in: page, blockBytes: side.layout.blockBytes)
            if offset != 0 { return Record.sequence(page + offset) }
        }
        return 0
    }

    /// Puts together the block after the last whole one from what is left of it, if anything is.
    private mutating func salvageNextBlock(_ index: Int, from block: UnsafeRawPointer) {
        let verdict = side.recovery.verdict
        let before = side.logs[index].image
        // What the last block lost comes first; a second loss beside it is not made up for.
        if before?.isChanged == true { return }
        guard let page = side.takePage() else { return }
        side.pages.pointer(page).clear(0..<side.layout.blockBytes)
        let info = side.recovery.blocks[verdict.lastBlock + 1]
        var image = BlockImage(
            owner: index, page: page, segment: side.recovery.tailSegment,
            generation: side.segments[side.recovery.tailSegment].generation, number: verdict.lastBlock + 1,
            firstOrdinal: info.hasHeader ? max(info.firstOrdinal, verdict.nextOrdinal) : verdict.nextOrdinal,
            version: info.hasHeader ? info.version : 0,
            previousHash: before?.hash ?? KeyedHash(low: 0, high: 0))
        salvage(into: &image, from: block)
        guard image.count > 0 else {
            side.freePage(page)
            return
        }
        if let before {
            if before.location == .home {
                side.freePage(before.page)
            } else {
                for free in 0..<2 where side.logs[index].settlements[free] == nil {
                    side.logs[index].settlements[free] = Settlement(image: before, step: .ready)
                    break
                }
            }
        }
        // The damaged block stays as it is until its new version is durable in a spare place.
        image.location = .home
        image.isHomeless = true
        side.logs[index].image = image
        side.logs[index].nextBlock = image.number
    }

    private mutating func endImages(at now: Instant) {
        let index = side.recovery.tailClass
        let verdict = side.recovery.verdict
        if side.recovery.isLookingBack {
            endClass(at: now)
            return
        }
        if verdict.lastPlace >= 0, side.logs[index].image == nil {
            // It was whole a moment ago: the medium does not read reliably now.
            pauseRecovery(at: now)
            return
        }
        if let image = side.logs[index].image {
            side.logs[index].nextBlock = image.number
            side.logs[index].lastHash = image.previousHash
            side.recovery.nextOrdinal[index] = max(side.recovery.nextOrdinal[index], image.nextOrdinal)
        }
        let older = side.segments.older(than: side.recovery.tailSegment)
        guard !verdict.isAnythingDurable, older != SegmentTable.none else {
            endClass(at: now)
            return
        }
        side.recovery.isLookingBack = true
        side.recovery.tailSegment = older
        enter(.tails)
    }

    private mutating func endClass(at now: Instant) {
        side.recovery.tailClass += 1
        side.recovery.isLookingBack = false
        guard side.recovery.tailClass < EventClass.count else {
            finishReading(at: now)
            return
        }
        side.recovery.tailSegment = side.segments.newest[side.recovery.tailClass]
        enter(.tails)
    }

    // MARK: The end

    /// Joins what the medium holds with what happened in memory meanwhile.
    private mutating func finishReading(at now: Instant) {
        side.recovery.phase = .done
        side.opening = side.recovery.isAnythingFound ? side.recovery.newestOpening + 1 : 0
        side.generationCounter = 0
        let stored = takeStoredReaders()
        for index in 0..<EventClass.count {
            // A number that a reader has acknowledged, or that was durable once, names no other event.
            let end = side.recovery.nextOrdinal[index]
            let base = max(end, side.recovery.knownDurable[index], stored[index])
            rings[index].renumber(by: base)
            side.logs[index].placedOrdinal = base
            side.logs[index].durableOrdinal = base
            side.logs[index].placedEnd = end
            // What recovery has found is durable, but for the copies home; until these are made, no block may say so.
            side.logs[index].durableEnd = min(end, side.recovery.durableOrdinal[index])
            noteMissingOldest(index)
            for place in readers.indices where readers[place].use != .free && !readers[place].isPlaced {
                readers[place].acknowledged[index] =
                    readers[place].start == .oldest
                    ? oldestOrdinal(index) : readers[place].acknowledged[index] + base
            }
        }
        for place in readers.indices where readers[place].use != .free {
            readers[place].isPlaced = true
            if readers[place].use == .open { rewind(ReaderIndex(UInt8(place))) }
        }
        continueRecovery(at: now)
    }

    /// Compares a class's oldest segment with what the state store knows. It may be missing because a commit had just
    /// given it up when the power went; or because someone removed it.
    private mutating func noteMissingOldest(_ index: Int) {
        guard let known = ownState(StateKey.segment(of: index), 2) else { return }
        let oldest = side.segments.oldest[index]
        guard oldest == SegmentTable.none || side.segments[oldest].generation > known else { return }
        side.recovery.isOldestMissing[index] = true
        side.status.missingSegments += 1
        if oldest != SegmentTable.none { noteSegment(index) }
    }

    /// Starts the next commit that the end of recovery needs.
    mutating func continueRecovery(at now: Instant) {
        if !side.recovery.isSuperblockSound[0] || !side.recovery.isSuperblockSound[1] {
            begin(.format, at: now)
        } else if needsRepair {
            begin(.repair, at: now)
        } else if side.wipes.count > 0 {
            begin(.wipe, at: now)
        } else {
            begin(.opening, at: now)
        }
    }

    private var needsRepair: Bool {
        for index in 0..<EventClass.count {
            if let image = side.logs[index].image, image.isChanged || image.isHomeless { return true }
            if side.logs[index].settlements[0] != nil || side.logs[index].settlements[1] != nil { return true }
        }
        return false
    }

    /// This opening is on record: numbers are final from now on.
    mutating func finishOpening(at now: Instant) {
        side.isOpen = true
        sequenceBase = side.opening * EventSequence.openingSpan
        for place in readers.indices where readers[place].use == .open { rewind(ReaderIndex(UInt8(place))) }
        var payload = FixedBytes<32>()
        payload.appendLittleEndian(side.opening)
        payload.appendLittleEndian(side.status.damagedBlocks)
        payload.appendLittleEndian(side.status.discardedBlocks)
        payload.appendLittleEndian(side.status.forgedBlocks)
        payload.appendLittleEndian(side.status.doubtfulValues)
        payload.appendLittleEndian(side.status.missingSegments)
        append(.system, kind: JournalKind.opened, payload: payload.span, at: now, clock: lastClock)
    }
}
