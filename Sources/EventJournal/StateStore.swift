import FixedMemory

/// The name of a stored value: who owns it, and which one of the owner's.
///
/// Owners are numbered by the runtime (latched alarms, passback positions, counters, lock-outs, baselines,
/// configuration generations); from `journalOwner` on they are the journal's own.
public struct StateKey: Hashable, Sendable, BitwiseCopyable {
    public static var journalOwner: UInt16 { 0xFF00 }

    public var owner: UInt16
    public var item: UInt32

    @inlinable
    public init(owner: UInt16, item: UInt32) {
        self.owner = owner
        self.item = item
    }

    var word: UInt64 { UInt64(owner) << 32 | UInt64(item) }

    init(word: UInt64) {
        owner = UInt16(truncatingIfNeeded: word >> 32)
        item = UInt32(truncatingIfNeeded: word)
    }
}

/// A stored value: up to 64 bytes that mean something to their owner only.
public typealias StateValue = FixedBytes<64>

/// How soon a changed value must be durable.
public enum StateUrgency: UInt8, Comparable, Sendable, BitwiseCopyable {
    /// With the next commit that happens anyway, at the latest after `JournalTimes.lazyLimit`.
    case lazy = 0
    /// Like an ordinary event.
    case ordinary = 1
    /// At once, like an alarm.
    case urgent = 2

    public static func < (left: StateUrgency, right: StateUrgency) -> Bool { left.rawValue < right.rawValue }
}

/// How far a stored value may be believed after a restart.
public enum StateTrust: UInt8, Sendable, BitwiseCopyable {
    /// The last value that was set.
    case certain = 0
    /// A later value may have been lost with a damaged part of the medium.
    case doubtful = 1
}

/// A table of small values, found by key in constant time; removed values keep their place until the medium has
/// forgotten them too.
struct StateTable: ~Copyable {
    struct Entry: BitwiseCopyable {
        var key: UInt64 = 0
        var value = StateValue()
        var isRemoved = false
        var isDirty = false
        var trust = StateTrust.certain
        /// The medium's state block that holds this value, 0 for none.
        var block: UInt64 = 0
    }

    private(set) var entries: FixedArray<Entry>
    // Open addressing with linear probing: an entry's place plus one, 0 for an empty slot. At least half are empty.
    private var slots: FixedArray<UInt32>
    private let slotMask: Int
    /// Places of changed entries, in the order of their first change.
    private(set) var dirty: Ring<UInt32>

    /// Entries of owners below the journal's own, removed ones included.
    private(set) var userCount = 0
    let userCapacity: Int
    private(set) var userHighWater = 0
    /// New keys that found no room.
    private(set) var refused: UInt64 = 0

    /// - Parameters:
    ///   - capacity: entries in all.
    ///   - userCapacity: entries that owners other than the journal may take.
    init(capacity: Int, userCapacity: Int) {
        precondition(capacity > 0 && capacity <= 65_535, "state capacity is out of range")
        self.userCapacity = userCapacity
        var size = 4
        while size < capacity * 2 { size <<= 1 }
        entries = FixedArray(capacity: capacity)
        slots = FixedArray(repeating: 0, count: size)
        slotMask = size - 1
        dirty = Ring(capacity: capacity)
    }

    // Multiplication by the golden ratio spreads consecutive items (Knuth, The Art of Computer Programming 3, 6.4).
    private func home(_ key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> 33) & slotMask }

    /// The slot that holds `key`, or the empty one where it would go.
    private func slot(_ key: UInt64) -> Int {
        var slot = home(key)
        while slots[slot] != 0, entries[Int(slots[slot]) - 1].key != key { slot = (slot + 1) & slotMask }
        return slot
    }

    /// The entry's place, removed or not.
    func place(_ key: UInt64) -> Int? {
        let found = slots[slot(key)]
        return found == 0 ? nil : Int(found) - 1
    }

    /// Sets or removes a value.
    ///
    /// - Returns: the entry's place and whether anything changed; `nil` if a new key finds no room.
    mutating func set(_ key: UInt64, _ value: StateValue, isRemoved: Bool) -> (place: Int, isChanged: Bool)? {
        let slot = slot(key)
        let place: Int
        if slots[slot] != 0 {
            place = Int(slots[slot]) - 1
            if entries[place].isRemoved == isRemoved, entries[place].trust == .certain,
                isRemoved || entries[place].value == value
            {
                return (place, false)
            }
        } else {
            if isRemoved { return (0, false) }
            guard let added = add(key, slot: slot) else {
                refused += 1
                return nil
            }
            place = added
        }
        entries[place].value = value
        entries[place].isRemoved = isRemoved
        entries[place].trust = .certain
        if !entries[place].isDirty {
            entries[place].isDirty = true
            dirty.push(UInt32(place))
        }
        return (place, true)
    }

    private static func isUser(_ key: UInt64) -> Bool { key >> 32 < UInt64(StateKey.journalOwner) }

    private mutating func add(_ key: UInt64, slot: Int) -> Int? {
        let isUser = StateTable.isUser(key)
        guard !isUser || userCount < userCapacity, entries.append(Entry(key: key)) else { return nil }
        slots[slot] = UInt32(entries.count)
        if isUser {
            userCount += 1
            userHighWater = max(userHighWater, userCount)
        }
        return entries.count - 1
    }

    /// The oldest changed entry's place; it counts as unchanged from now on.
    mutating func takeDirty() -> Int? {
        guard let place = dirty.pop() else { return nil }
        entries[Int(place)].isDirty = false
        return Int(place)
    }

    /// Notes in which block of the medium an entry now lies.
    mutating func setBlock(_ block: UInt64, of place: Int) { entries[place].block = block }

    /// Takes an entry from the medium; a later block replaces an earlier one.
    ///
    /// - Returns: `false` if there was no room.
    mutating func load(_ key: UInt64, _ value: StateValue, isRemoved: Bool, block: UInt64) -> Bool {
        let slot = slot(key)
        let place: Int
        if slots[slot] != 0 {
            place = Int(slots[slot]) - 1
            // What was set since the start is newer than anything that was stored.
            if entries[place].isDirty || entries[place].block > block { return true }
        } else {
            guard let added = add(key, slot: slot) else { return false }
            place = added
        }
        entries[place].value = value
        entries[place].isRemoved = isRemoved
        entries[place].block = block
        return true
    }

    mutating func setTrust(_ trust: StateTrust, of place: Int) { entries[place].trust = trust }

    /// Frees the place of a removed entry that no block of the medium holds any more. Another entry may take its place.
    mutating func forget(_ place: Int) {
        precondition(entries[place].isRemoved && !entries[place].isDirty, "the entry is still needed")
        deleteSlot(slot(entries[place].key))
        if StateTable.isUser(entries[place].key) { userCount -= 1 }
        let last = entries.count - 1
        if place != last {
            slots[slot(entries[last].key)] = UInt32(place + 1)
            if entries[last].isDirty { replaceDirty(UInt32(last), by: UInt32(place)) }
        }
        entries.swapRemove(at: place)
    }

    /// Empties a slot and closes the chains that ran through it.
    private mutating func deleteSlot(_ emptied: Int) {
        var hole = emptied
        slots[hole] = 0
        var slot = (hole + 1) & slotMask
        while slots[slot] != 0 {
            let wanted = home(entries[Int(slots[slot]) - 1].key)
            // The entry may move into the hole if its home does not lie between the hole and its slot.
            if (slot - wanted) & slotMask >= (slot - hole) & slotMask {
                slots[hole] = slots[slot]
                slots[slot] = 0
                hole = slot
            }
            slot = (slot + 1) & slotMask
        }
    }

    private mutating func replaceDirty(_ old: UInt32, by new: UInt32) {
        for _ in 0..<dirty.count {
            guard let place = dirty.pop() else { return }
            dirty.push(place == old ? new : place)
        }
    }
}
