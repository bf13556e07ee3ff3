import FixedMemory
import HardwareInterface

// For looking back without being a reader: a console's listing, a client's question about one event.
extension EventJournal {
    /// The event with this number, if it is kept in memory.
    ///
    /// - Returns: `false` if it is not; `event` is then unchanged. Costs a binary search in each class.
    public func find(_ sequence: UInt64, into event: inout JournalEvent) -> Bool {
        guard sequence > sequenceBase else { return false }
        let place = sequence - sequenceBase
        for index in rings.indices {
            guard let ordinal = firstOrdinal(from: place, in: index) else { continue }
            let record = rings[index].record(ordinal)
            guard Record.sequence(record) == place else { continue }
            guard Record.read(record, into: &event) else { return false }
            event.sequence = sequence
            return true
        }
        return false
    }

    /// The number of the first event from this number on that is kept in memory; `nil` if there is none.
    public func nextKept(from sequence: UInt64) -> UInt64? {
        let place = sequence > sequenceBase ? sequence - sequenceBase : 0
        var first: UInt64? = nil
        for index in rings.indices {
            guard let ordinal = firstOrdinal(from: place, in: index) else { continue }
            first = min(first ?? .max, Record.sequence(rings[index].record(ordinal)))
        }
        return first.map { $0 + sequenceBase }
    }

    /// The first record of a class whose place is `place` or later.
    private func firstOrdinal(from place: UInt64, in ring: Int) -> UInt64? {
        var low = rings[ring].firstOrdinal
        var high = rings[ring].nextOrdinal
        while low < high {
            let middle = low + (high - low) / 2
            if Record.sequence(rings[ring].record(middle)) < place { low = middle + 1 } else { high = middle }
        }
        return low < rings[ring].nextOrdinal ? low : nil
    }
}
