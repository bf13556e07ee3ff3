import Cryptography
import FixedMemory
import HardwareInterface

// A medium that works as a whole but refuses one place must not stop the journal: after some attempts what belongs
// there goes elsewhere.
extension EventJournal {
    /// Attempts before a block moves.
    private static var attemptsBeforeMoving: Int { 3 }
    /// Moves without a success in between, after which it is the medium that fails and not a place.
    private static var moveLimit: Int { 8 }

    /// Moves what this commit could not write, if it has been tried often enough.
    mutating func relocateFailing(at now: Instant) {
        guard side.commit.attempts >= EventJournal.attemptsBeforeMoving,
            side.commit.attempts % EventJournal.attemptsBeforeMoving == 0,
            side.relocations < EventJournal.moveLimit
        else { return }
        side.relocations += 1
        var failing = PerClass<Bool>(repeating: false)
        for place in side.writes.indices where side.writes[place].outcome != .done {
            if case .records(let index) = side.writes[place].owner { failing[index] = true }
        }
        for index in 0..<EventClass.count where failing[index] { moveRecords(index) }
        moveState()
    }

    /// Moves the blocks of a class that are part of the commit, in their order, to a new segment.
    private mutating func moveRecords(_ index: Int) {
        guard let segment = takeSegment(for: index) else { return }
        let old = side.segments.newest[index]
        let generation = side.nextGeneration()
        removeWrites(of: index)
        var number = 0
        var previous: KeyedHash? = nil
        var first: (ordinal: UInt64, sequence: UInt64)? = nil
        let settlements = settlementsInOrder(index)
        for position in settlements.indices {
            let place = settlements[position]
            guard var settlement = side.logs[index].settlements[place], settlement.image.segment == old
            else { continue }
            first = first ?? (settlement.image.firstOrdinal, settlement.image.firstSequence)
            move(&settlement.image, to: segment, generation: generation, number: number, previous: previous)
            previous = settlement.image.hash
            number += 1
            settlement.step = .written
            settlement.formerLocation = .nowhere
            addMoved(settlement.image)
            side.logs[index].settlements[place] = settlement
        }
        for place in side.finished.indices where side.finished[place].owner == index {
            var image = side.finished[place]
            first = first ?? (image.firstOrdinal, image.firstSequence)
            move(&image, to: segment, generation: generation, number: number, previous: previous)
            previous = image.hash
            number += 1
            addMoved(image)
            side.finished[place] = image
        }
        side.logs[index].nextBlock = number
        if let previous { side.logs[index].lastHash = previous }
        if var image = side.logs[index].image {
            first = first ?? (image.firstOrdinal, image.firstSequence)
            move(&image, to: segment, generation: generation, number: number, previous: previous)
            image.isInCommit = true
            addMoved(image)
            side.logs[index].image = image
        }
        side.segments.append(
            segment, owner: index, generation: generation, firstOrdinal: first?.ordinal ?? 0,
            firstSequence: first?.sequence ?? 0)
        side.segments.markBad(old)
        side.status.badSegments += 1
        dropCached(old)
        // Nothing of the old segment counts any more if it began with what has moved.
        if side.segments[old].firstOrdinal >= first?.ordinal ?? 0 { side.segments.remove(old) }
        noteSegment(index)
        noteBadSegments()
    }

    /// The places of the settlements, the older block first.
    private func settlementsInOrder(_ index: Int) -> InlineArray<2, Int> {
        guard let first = side.logs[index].settlements[0], let second = side.logs[index].settlements[1],
            second.image.firstOrdinal < first.image.firstOrdinal
        else { return [0, 1] }
        return [1, 0]
    }

    private mutating func removeWrites(of index: Int) {
        var place = 0
        // The order of the remaining writes is kept: the two copies of a state block stay side by side.
        var kept = 0
        while place < side.writes.count {
            if side.writes[place].owner != .records(index) {
                side.writes[kept] = side.writes[place]
                kept += 1
            }
            place += 1
        }
        while side.writes.count > kept { side.writes.swapRemove(at: side.writes.count - 1) }
    }

    private mutating func addMoved(_ image: BlockImage) {
        side.writes.append(
            CommitWrite(
                page: image.page, offset: side.layout.block(image.number, of: image.segment),
                owner: .records(image.owner)))
    }

    /// Rewrites a block for another place: every record's checksum begins with it.
    private mutating func move(
        _ image: inout BlockImage, to segment: Int, generation: UInt64, number: Int, previous: KeyedHash?
    ) {
        image.segment = segment
        image.generation = generation
        image.number = number
        image.location = .home
        if let previous { image.previousHash = previous }
        let page = side.pages.pointer(image.page)
        let place = side.place(image)
        for record in 0..<image.count {
            let offset = RecordBlock.offset(of: record, in: page, blockBytes: side.layout.blockBytes)
            guard offset != 0 else { continue }
            (page + offset).setInteger(
                RecordBlock.checksum(
                    page + offset, journal: place.journal, generation: place.generation, number: place.number,
                    index: record), at: 0)
        }
        seal(&image)
    }

    /// Keeps the list of bad segments, the newest of which fit a value.
    private mutating func noteBadSegments() {
        var value = StateValue()
        for segment in side.segments.segments.indices where side.segments[segment].isBad && value.count + 2 <= 64 {
            value.appendLittleEndian(UInt16(segment))
        }
        _ = state.set(StateKey.badSegments.word, value, isRemoved: false)
        side.isStateWaiting = true
    }

    /// Gives the state group of the commit later numbers, and so other places, if neither copy of a block could be
    /// written.
    private mutating func moveState() {
        var size: UInt64 = 0
        var isStuck = false
        var place = 0
        while place < side.writes.count {
            if case .state = side.writes[place].owner {
                size += 1
                if side.writes[place].outcome != .done, side.writes[place + 1].outcome != .done { isStuck = true }
                place += 1
            }
            place += 1
        }
        guard isStuck else { return }
        for place in side.writes.indices {
            guard case .state(let copy) = side.writes[place].owner else { continue }
            let page = side.pages.pointer(side.writes[place].page)
            let number = StateBlock.number(page) + (copy == 0 ? size : 0)
            page.setInteger(number, at: 48)
            side.writes[place].offset = side.layout.stateBlock(number, copy: copy)
        }
        side.writtenStateNumber += size
        sealState(size: Int(size))
    }
}
