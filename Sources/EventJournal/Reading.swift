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
            readers[place] = Reader()
            readers[place].name = name
            for index in 0..<EventClass.count {
                readers[place].acknowledged[index] =
                    start == .oldest ? oldestOrdinal(index) : rings[index].nextOrdinal
            }
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
    public mutating func forgetReader(_ reader: ReaderIndex) {
        readers[openPlace(reader)].use = .free
    }

    /// Lets a reader see again everything that it has not acknowledged.
    public mutating func rewind(_ reader: ReaderIndex) {
        let place = openPlace(reader)
        readers[place].next = readers[place].acknowledged
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
        while readers[place].windowCount > 0 {
            let entry = window[place * windowCapacity + readers[place].windowStart]
            guard entry.sequence <= sequence else { return }
            readers[place].acknowledged[entry.eventClass] = entry.ordinal + 1
            readers[place].acknowledgedSequence = entry.sequence
            readers[place].windowStart = (readers[place].windowStart + 1) % windowCapacity
            readers[place].windowCount -= 1
        }
    }

    /// Hands the reader its next event.
    ///
    /// - Parameter event: filled if the outcome is `.event`, else unchanged.
    public mutating func read(_ reader: ReaderIndex, into event: inout JournalEvent) -> ReadOutcome {
        let place = openPlace(reader)
        guard readers[place].windowCount < windowCapacity else { return .windowFull }
        var nearest: (index: Int, ordinal: UInt64, sequence: UInt64)? = nil
        for index in 0..<EventClass.count {
            guard let eventClass = EventClass(rawValue: UInt8(index)), readers[place].classes.contains(eventClass)
            else { continue }
            let wanted = readers[place].next[index]
            let ordinal = max(wanted, rings[index].firstOrdinal)
            guard ordinal < rings[index].nextOrdinal else { continue }
            let sequence = Record.sequence(rings[index].record(ordinal))
            if nearest.map({ sequence < $0.sequence }) ?? true { nearest = (index, ordinal, sequence) }
        }
        guard let nearest, let eventClass = EventClass(rawValue: UInt8(nearest.index)) else { return .caughtUp }
        let wanted = readers[place].next[nearest.index]
        if nearest.ordinal > wanted {
            readers[place].next[nearest.index] = nearest.ordinal
            return .gap(
                EventGap(
                    eventClass: eventClass, count: nearest.ordinal - wanted, before: sequenceBase + nearest.sequence))
        }
        guard Record.read(rings[nearest.index].record(nearest.ordinal), into: &event) else {
            preconditionFailure("a record in memory is whole")
        }
        event.sequence += sequenceBase
        event.isDurable = false
        readers[place].next[nearest.index] = nearest.ordinal + 1
        let slot = (readers[place].windowStart + readers[place].windowCount) % windowCapacity
        window[place * windowCapacity + slot] = WindowEntry(
            sequence: event.sequence, ordinal: nearest.ordinal, eventClass: eventClass)
        readers[place].windowCount += 1
        return .event
    }

    /// How many events are kept that the reader has not been handed, gaps not counted.
    public func waitingEvents(for reader: ReaderIndex) -> UInt64 {
        let place = openPlace(reader)
        var sum: UInt64 = 0
        for index in 0..<EventClass.count {
            guard let eventClass = EventClass(rawValue: UInt8(index)), readers[place].classes.contains(eventClass)
            else { continue }
            sum += rings[index].nextOrdinal - max(readers[place].next[index], oldestOrdinal(index))
        }
        return sum
    }

    /// The oldest event of a class that is kept.
    func oldestOrdinal(_ index: Int) -> UInt64 { rings[index].firstOrdinal }

    private func openPlace(_ reader: ReaderIndex) -> Int {
        let place = Int(reader.value)
        precondition(place < readers.count && readers[place].use == .open, "the reader is not open")
        return place
    }
}
