import Cryptography
import FixedMemory
import HardwareInterface

extension StateKey {
    /// The number of the newest opening.
    static var opening: StateKey { StateKey(owner: journalOwner, item: 0) }
    /// Segments that are not used any more.
    static var badSegments: StateKey { StateKey(owner: journalOwner, item: 1) }
    /// The newest and the oldest segment of a class.
    static func segment(of index: Int) -> StateKey { StateKey(owner: journalOwner + 1, item: UInt32(index)) }
    /// A reader's position.
    static func reader(_ item: Int) -> StateKey { StateKey(owner: journalOwner + 2, item: UInt32(item)) }
}

extension EventJournal {
    /// Sets one of the journal's own values to four integers.
    mutating func setOwnState(_ key: StateKey, integers: InlineArray<4, UInt64>) {
        var value = StateValue()
        for index in 0..<4 { value.appendLittleEndian(integers[index]) }
        _ = state.set(key.word, value, isRemoved: false)
    }

    /// One of the four integers of one of the journal's own values.
    func ownState(_ key: StateKey, _ index: Int) -> UInt64? {
        guard let value = state(key) else { return nil }
        var reader = ByteReader(value.span)
        for position in 0..<4 {
            guard let integer = try? reader.littleEndian(UInt64.self) else { return nil }
            if position == index { return integer }
        }
        return nil
    }

    /// Writes changed values, and others in turn, into a group of state blocks.
    mutating func buildState() {
        let layout = side.layout
        let first = side.stateNumber + 1
        var size = 0
        while size < MediumLayout.stateGroupLimit, size == 0 || state.dirty.count > 0 {
            packState(page: side.pages.pointer(side.statePages + size), number: first + UInt64(size), groupStart: first)
            size += 1
        }
        for place in 0..<size {
            side.pages.pointer(side.statePages + place).setInteger(UInt8(size), at: 57)
        }
        sealState(size: size)
        side.isStateWaiting = state.dirty.count > 0
        if !side.isStateWaiting { side.lazyDueAt = .never }
        for place in 0..<size {
            for copy in 0..<2 {
                side.writes.append(
                    CommitWrite(
                        page: side.statePages + place, offset: layout.stateBlock(first + UInt64(place), copy: copy),
                        owner: .state(copy: copy)))
            }
        }
        side.writtenStateNumber = first + UInt64(size) - 1
    }

    /// Computes hashes and checksums of the group in the state pages.
    mutating func sealState(size: Int) {
        var previous = side.stateHash
        for place in 0..<size {
            previous = Block.seal(
                side.pages.pointer(side.statePages + place), blockBytes: side.layout.blockBytes, kind: .state,
                journal: side.identity.short, previous: previous, key: side.configuration.key)
        }
        side.writtenStateHash = previous
    }

    private mutating func packState(page: UnsafeMutableRawPointer, number: UInt64, groupStart: UInt64) {
        let blockBytes = side.layout.blockBytes
        page.clear(0..<blockBytes)
        page.setInteger(number, at: 48)
        page.setInteger(UInt8(number - groupStart), at: 56)
        page.setInteger(UInt32(truncatingIfNeeded: side.opening), at: 64)
        page.setInteger(side.stateNumber, at: 72)
        for index in 0..<EventClass.count {
            page.setInteger(side.logs[index].durableEnd, at: 80 + 8 * index)
            side.attestedEnds[index] = side.logs[index].durableEnd
        }
        var offset = StateBlock.headerBytes
        var count = 0
        while let next = state.dirty.first {
            let entry = state.entries[Int(next)]
            let bytes = StateBlock.entryBytes(entry.value, isRemoved: entry.isRemoved)
            guard offset + bytes <= blockBytes - StateBlock.refreshBytes(blockBytes: blockBytes),
                let place = state.takeDirty()
            else { break }
            StateBlock.writeEntry(
                to: page + offset, key: entry.key, value: entry.value, isRemoved: entry.isRemoved)
            state.setBlock(number, of: place)
            offset += bytes
            count += 1
        }
        for _ in 0..<state.entries.count {
            if side.nextRefresh >= state.entries.count { side.nextRefresh = 0 }
            let place = side.nextRefresh
            let entry = state.entries[place]
            if entry.isRemoved, !entry.isDirty, entry.block + UInt64(side.layout.stateBlocks) < groupStart {
                state.forget(place)
                continue
            }
            if !entry.isRemoved, !entry.isDirty, entry.block < groupStart {
                let bytes = StateBlock.entryBytes(entry.value, isRemoved: false)
                guard offset + bytes <= blockBytes else { break }
                StateBlock.writeEntry(to: page + offset, key: entry.key, value: entry.value, isRemoved: false)
                state.setBlock(number, of: place)
                offset += bytes
                count += 1
            }
            side.nextRefresh += 1
        }
        page.setInteger(UInt16(count), at: 58)
        page.setInteger(UInt16(offset), at: 60)
    }
}
