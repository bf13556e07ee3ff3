import FixedMemory
import HardwareInterface

/// What is in trouble now, so that each trouble is reported once when it begins and once when it ends.
struct TroubleTable: ~Copyable {
    /// What a trouble can be about; the numbers are those of `TroubleSource` in the schema.
    enum Source: UInt8, BitwiseCopyable {
        case sensor = 0
        case reader = 1
        case line = 2
        case bus = 3
        case port = 4
        case journal = 5
        case clock = 6
        case detector = 7
        case point = 8
    }

    /// A trouble that began or ended.
    struct Change: BitwiseCopyable {
        var source: Source
        var index: UInt16
        var isActive: Bool
        /// The reason's number, by the source: `Quality`, `BusOutcome` or a driver's own.
        var code: UInt8
    }

    struct Entry: BitwiseCopyable {
        var source: Source
        var index: UInt16
        var code: UInt8
    }

    private var entries: FixedArray<Entry>
    private var changes: Ring<Change>

    init(capacity: Int) {
        entries = FixedArray(capacity: max(1, capacity))
        changes = Ring(capacity: max(1, 2 * capacity))
    }

    /// Troubles that are active.
    var count: Int { entries.count }
    var usage: Usage { entries.usage }

    /// Says how something is; a change is queued for `takeChange`, a repetition is not.
    ///
    /// - Parameter code: the reason; a new reason for an active trouble is reported again.
    mutating func set(_ source: Source, _ index: Int, isActive: Bool, code: UInt8 = 0) {
        let index = UInt16(truncatingIfNeeded: index)
        for place in entries.indices where entries[place].source == source && entries[place].index == index {
            if !isActive {
                entries.swapRemove(at: place)
                changes.push(Change(source: source, index: index, isActive: false, code: code))
            } else if entries[place].code != code {
                entries[place].code = code
                changes.push(Change(source: source, index: index, isActive: true, code: code))
            }
            return
        }
        guard isActive else { return }
        entries.append(Entry(source: source, index: index, code: code))
        changes.push(Change(source: source, index: index, isActive: true, code: code))
    }

    mutating func takeChange() -> Change? { changes.pop() }
    var hasChanges: Bool { changes.count > 0 }

    /// The reason of a trouble; `nil` where there is none.
    func code(of source: Source, _ index: Int) -> UInt8? {
        for place in entries.indices where entries[place].source == source && Int(entries[place].index) == index {
            return entries[place].code
        }
        return nil
    }

    func isActive(_ source: Source, _ index: Int) -> Bool {
        for place in entries.indices
        where entries[place].source == source && Int(entries[place].index) == index { return true }
        return false
    }
}

extension TroubleTable.Source: Carried {}

extension TroubleTable.Change: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&index)
        state.carry(&isActive)
        state.carry(&code)
    }
}

extension TroubleTable.Entry: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&index)
        state.carry(&code)
    }
}

extension TroubleTable: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&entries, blank: Entry(source: .sensor, index: 0, code: 0))
        state.carry(&changes, blank: Change(source: .sensor, index: 0, isActive: false, code: 0))
    }
}
