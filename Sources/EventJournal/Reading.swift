import FixedMemory
import HardwareInterface

extension EventJournal {
    /// Attaches a reader; one that was known by this name goes on after what it last acknowledged.
    ///
    /// - Parameters:
    ///   - classes: what it wants to see.
    ///   - start: where a reader that is not yet known begins.
    /// - Returns: `nil` if the table is full or the name is taken by a reader that is open.
    public mutating func openReader(
        _ name: ReaderName, classes: EventClassSet = .all, start: ReaderStart = .oldest, kind: ReaderKind = .lasting
    ) -> ReaderIndex? {
        var place: Int? = nil
        for index in readers.indices where readers[index].use != .free && readers[index].name == name { place = index }
        if let place {
            guard readers[place].use == .stored else { return nil }
        } else {
            for index in readers.indices.reversed() where readers[index].use == .free { place = index }
            guard let place else { return nil }
            var reader = Reader()
            reader.name = name
            reader.start = start
            reader.isPlaced = !side.isAttached || side.recovery.isDone
            reader.stateItem = freeStateItem()
            for index in 0..<EventClass.count {
                reader.acknowledged[index] = start == .oldest ? oldestOrdinal(index) : rings[index].nextOrdinal
            }
            readers[place] = reader
        }
        guard let place else { return nil }
        readers[place].use = .open
        readers[place].kind = kind
        readers[place].classes = classes
        let reader = ReaderIndex(UInt8(place))
        rewind(reader)
        return reader
    }

    /// Detaches a reader. A lasting one is remembered, a passing one forgotten.
    public mutating func closeReader(_ reader: ReaderIndex) {
        let place = openPlace(reader)
        readers[place].use = readers[place].kind == .lasting ? .stored : .free
    }

    /// Forgets a reader and its position.
    public mutating func forgetReader(_ reader: ReaderIndex, at instant: Instant) {
        let place = openPlace(reader)
        readers[place].use = .free
        let key = StateKey.reader(readers[place].stateItem).word
        if let outcome = state.set(key, StateValue(), isRemoved: true), outcome.isChanged {
            noteStateChange(.lazy, at: instant)
        }
    }

    /// Lets a reader see again everything that it has not acknowledged.
    public mutating func rewind(_ reader: ReaderIndex) {
        let place = openPlace(reader)
        readers[place].next = readers[place].acknowledged
        readers[place].positions = PerClass(repeating: MediumPosition())
        readers[place].windowStart = 0
        readers[place].windowCount = 0
    }

    /// Everything up to this number is acknowledged by the reader.
    public func acknowledgedSequence(of reader: ReaderIndex) -> UInt64 {
        readers[openPlace(reader)].acknowledgedSequence
    }

    /// Notes that the reader is done with every event handed to it up to `sequence`.
    ///
    /// Numbers that were never handed out are harmless: only what was handed out is acknowledged.
    public mutating func acknowledge(_ reader: ReaderIndex, through sequence: UInt64, at instant: Instant) {
        let place = openPlace(reader)
        var isMoved = false
        while readers[place].windowCount > 0 {
            let entry = window[place * windowCapacity + readers[place].windowStart]
            guard entry.sequence <= sequence else { break }
            readers[place].acknowledged[entry.eventClass] = entry.ordinal + 1
            readers[place].acknowledgedSequence = entry.sequence
            readers[place].windowStart = (readers[place].windowStart + 1) % windowCapacity
            readers[place].windowCount -= 1
            isMoved = true
        }
        guard isMoved, side.isAttached, side.recovery.isDone, readers[place].kind == .lasting else { return }
        let value = StoredReader.value(readers[place])
        let key = StateKey.reader(readers[place].stateItem).word
        if let outcome = state.set(key, value, isRemoved: false), outcome.isChanged {
            noteStateChange(.lazy, at: instant)
        }
    }

    /// Hands the reader its next event.
    ///
    /// - Parameters:
    ///   - event: filled if the outcome is `.event`, else unchanged.
    ///   - durableOnly: holds back what a power cut could still take, so that nobody is told of an event that the board
    ///     may not remember; `.caughtUp` until it is durable. Without a medium nothing ever would be.
    public mutating func read(
        _ reader: ReaderIndex, into event: inout JournalEvent, durableOnly: Bool = false
    ) -> ReadOutcome {
        let place = openPlace(reader)
        guard readers[place].windowCount < windowCapacity else { return .windowFull }
        var nearest: (index: Int, ordinal: UInt64, sequence: UInt64)? = nil
        for index in 0..<EventClass.count {
            guard let eventClass = EventClass(rawValue: UInt8(index)), readers[place].classes.contains(eventClass)
            else { continue }
            switch peek(place, index) {
            case .end: continue
            // One fetch at a time for each reader, so that none starves another.
            case .waiting: return .waiting
            case .found(let ordinal, let sequence):
                if nearest.map({ sequence < $0.sequence }) ?? true { nearest = (index, ordinal, sequence) }
            }
        }
        guard let nearest, let eventClass = EventClass(rawValue: UInt8(nearest.index)) else { return .caughtUp }
        if durableOnly, nearest.ordinal >= side.logs[nearest.index].durableOrdinal { return .caughtUp }
        let wanted = readers[place].next[nearest.index]
        if nearest.ordinal > wanted {
            readers[place].next[nearest.index] = nearest.ordinal
            readers[place].positions[nearest.index].wanted = .max
            return .gap(
                EventGap(eventClass: eventClass, count: nearest.ordinal - wanted, before: nearest.sequence))
        }
        switch locate(place, nearest.index, wanted) {
        case .memory(let ordinal) where ordinal == wanted:
            guard Record.read(rings[nearest.index].record(ordinal), into: &event) else {
                preconditionFailure("a record in memory is whole")
            }
            event.sequence += sequenceBase
        case .page(let page, let offset, let ordinal) where ordinal == wanted:
            guard Record.read(UnsafeRawPointer(side.pages.pointer(page)) + offset, into: &event) else {
                // Its checksum holds, and yet it says nothing that a record can say: pass it by as lost.
                readers[place].next[nearest.index] = wanted + 1
                return .gap(EventGap(eventClass: eventClass, count: 1, before: nearest.sequence + 1))
            }
        case .waiting: return .waiting
        case .memory, .page, .end:
            // It was pushed out since the last look.
            readers[place].positions[nearest.index].wanted = .max
            return read(reader, into: &event, durableOnly: durableOnly)
        }
        event.isDurable = !side.isAttached ? false : wanted < side.logs[nearest.index].durableOrdinal
        readers[place].next[nearest.index] = wanted + 1
        let slot = (readers[place].windowStart + readers[place].windowCount) % windowCapacity
        window[place * windowCapacity + slot] = WindowEntry(
            sequence: event.sequence, ordinal: wanted, eventClass: eventClass)
        readers[place].windowCount += 1
        return .event
    }

    /// How many events are kept that the reader has not been handed; gaps inside what is kept are counted too.
    public func waitingEvents(for reader: ReaderIndex) -> UInt64 {
        let place = openPlace(reader)
        var sum: UInt64 = 0
        for index in 0..<EventClass.count {
            guard let eventClass = EventClass(rawValue: UInt8(index)), readers[place].classes.contains(eventClass)
            else { continue }
            let next = max(readers[place].next[index], oldestOrdinal(index))
            sum += rings[index].nextOrdinal - min(next, rings[index].nextOrdinal)
        }
        return sum
    }

    /// The oldest event of a class that is kept.
    func oldestOrdinal(_ index: Int) -> UInt64 {
        guard side.isAttached, side.recovery.isDone else { return rings[index].firstOrdinal }
        let oldest = side.segments.oldest[index]
        guard oldest != SegmentTable.none else { return rings[index].firstOrdinal }
        return min(side.segments[oldest].firstOrdinal, rings[index].firstOrdinal)
    }

    func openPlace(_ reader: ReaderIndex) -> Int {
        let place = Int(reader.value)
        precondition(place < readers.count && readers[place].use == .open, "the reader is not open")
        return place
    }

    // MARK: Stored positions

    private func freeStateItem() -> Int {
        var item = 0
        while true {
            var isTaken = state(StateKey.reader(item)) != nil
            for index in readers.indices where readers[index].use != .free && readers[index].stateItem == item {
                isTaken = true
            }
            if !isTaken { return item }
            item += 1
        }
    }

    /// Takes the readers' positions from the state store.
    ///
    /// - Returns: for each class the highest ordinal that any of them names.
    mutating func takeStoredReaders() -> PerClass<UInt64> {
        var highest = PerClass<UInt64>(repeating: 0)
        for entry in state.entries.indices {
            let key = StateKey(word: state.entries[entry].key)
            guard key.owner == StateKey.reader(0).owner, !state.entries[entry].isRemoved,
                var stored = StoredReader.reader(state.entries[entry].value)
            else { continue }
            stored.stateItem = Int(key.item)
            for index in 0..<EventClass.count { highest[index] = max(highest[index], stored.acknowledged[index]) }
            var place: Int? = nil
            for index in readers.indices where readers[index].use != .free && readers[index].name == stored.name {
                place = index
            }
            if let place {
                stored.use = readers[place].use
                stored.kind = readers[place].kind
                stored.classes = readers[place].classes
                readers[place] = stored
                continue
            }
            for index in readers.indices.reversed() where readers[index].use == .free { place = index }
            if let place { readers[place] = stored }
        }
        return highest
    }
}
