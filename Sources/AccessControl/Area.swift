import FixedMemory
import HardwareInterface

/// What happens when somebody asks to enter an area without having left it.
public enum AntiPassback: Equatable, Sendable, BitwiseCopyable {
    /// Nothing.
    case none
    /// They pass, and it is recorded.
    case soft
    /// They do not pass.
    case hard
    /// They do not pass before this long after they came in; then they do.
    case timed(Interval)
}

/// A space whose occupants the board keeps track of.
public struct AreaConfiguration: Equatable, Sendable, BitwiseCopyable {
    public var antiPassback: AntiPassback
    /// People who may be in it at once; 0 for any number.
    public var occupancyLimit: UInt16

    public init(antiPassback: AntiPassback = .none, occupancyLimit: UInt16 = 0) {
        self.antiPassback = antiPassback
        self.occupancyLimit = occupancyLimit
    }
}

/// Where one person is.
public struct Presence: Equatable, Sendable, BitwiseCopyable {
    /// Number of the holder, never 0.
    public var holder: UInt32
    public var area: AreaIndex
    /// When they came in by the wall clock, in minutes since 1970; 0 if it was not trusted.
    public var enteredMinute: UInt32
    /// When they came in by the board's clock.
    public var enteredAt: Instant
}

/// Where people are: the base of anti-passback, occupancy limits and the roll call.
///
/// A hash table with linear probing over the holder's number; 24 bytes a slot, four slots for three people. A full table
/// forgets somebody who is outside; who is inside is never forgotten.
public struct PresenceTable: ~Copyable {
    private let slots: UnsafeMutablePointer<Presence>
    private let slotCount: Int
    /// People who fit.
    public let capacity: Int
    /// People whose whereabouts are known, those outside included.
    public private(set) var count: Int
    private var highWater: Int
    private var dropped: UInt64
    private var hand: Int

    public init(capacity: Int) {
        precondition(capacity >= 0, "a capacity cannot be negative")
        self.capacity = capacity
        slotCount = max(4, capacity + (capacity + 2) / 3)
        slots = UnsafeMutablePointer<Presence>.allocate(capacity: slotCount)
        slots.initialize(
            repeating: Presence(holder: 0, area: .outside, enteredMinute: 0, enteredAt: .start), count: slotCount)
        count = 0
        highWater = 0
        dropped = 0
        hand = 0
    }

    deinit { slots.deallocate() }

    /// Bytes that a table of this capacity takes.
    public static func bytes(capacity: Int) -> Int {
        max(4, capacity + (capacity + 2) / 3) * MemoryLayout<Presence>.stride
    }

    public var usage: Usage { Usage(count: count, capacity: capacity, highWater: highWater, dropped: dropped) }

    private func home(_ holder: UInt32) -> Int {
        let mixed = UInt64(holder &* 0x9E37_79B1)
        return Int(truncatingIfNeeded: (mixed &* UInt64(slotCount)) >> 32)
    }

    private func next(_ slot: Int) -> Int { slot + 1 < slotCount ? slot + 1 : 0 }

    private func slot(_ holder: UInt32) -> Int? {
        var slot = home(holder)
        while slots[slot].holder != 0 {
            if slots[slot].holder == holder { return slot }
            slot = next(slot)
        }
        return nil
    }

    /// Where a person is; `nil` if nobody knows.
    public func find(_ holder: UInt32) -> Presence? {
        guard holder != 0, let slot = slot(holder) else { return nil }
        return slots[slot]
    }

    /// Puts a person somewhere.
    ///
    /// - Returns: `false` if there is no room for another one.
    @discardableResult
    mutating func put(_ presence: Presence) -> Bool {
        guard presence.holder != 0 else { return false }
        if let slot = slot(presence.holder) {
            slots[slot] = presence
            return true
        }
        if count >= capacity, !forgetSomebodyOutside() {
            dropped &+= 1
            return false
        }
        var slot = home(presence.holder)
        while slots[slot].holder != 0 { slot = next(slot) }
        slots[slot] = presence
        count += 1
        highWater = max(highWater, count)
        return true
    }

    /// Whether `put` would find room for a person who is not in the table yet.
    func hasRoom(for holder: UInt32) -> Bool {
        if count < capacity || slot(holder) != nil { return true }
        for index in 0..<slotCount where slots[index].holder != 0 && slots[index].area == .outside { return true }
        return false
    }

    /// Forgets where a person is.
    mutating func forget(_ holder: UInt32) {
        guard holder != 0, var hole = slot(holder) else { return }
        slots[hole].holder = 0
        count -= 1
        // Close the gap, so that no probe ends before what it looks for.
        var probe = next(hole)
        while slots[probe].holder != 0 {
            let wanted = home(slots[probe].holder)
            let distanceToHole = hole >= wanted ? hole - wanted : hole - wanted + slotCount
            let distance = probe >= wanted ? probe - wanted : probe - wanted + slotCount
            if distanceToHole <= distance {
                slots[hole] = slots[probe]
                slots[probe].holder = 0
                hole = probe
            }
            probe = next(probe)
        }
    }

    mutating func forgetAll() {
        for index in 0..<slotCount { slots[index].holder = 0 }
        count = 0
    }

    private mutating func forgetSomebodyOutside() -> Bool {
        for _ in 0..<slotCount {
            let slot = hand
            hand = next(hand)
            if slots[slot].holder != 0, slots[slot].area == .outside {
                forget(slots[slot].holder)
                return true
            }
        }
        return false
    }

    /// Walks over everybody: the roll call.
    ///
    /// - Parameter position: 0 at first, then what was returned.
    /// - Returns: the next person and where to go on; `nil` at the end.
    public func walk(from position: Int) -> (presence: Presence, position: Int)? {
        var slot = position
        while slot < slotCount {
            if slots[slot].holder != 0 { return (slots[slot], slot + 1) }
            slot += 1
        }
        return nil
    }
}

extension Presence: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&holder)
        state.carry(&area)
        state.carry(&enteredMinute)
        state.carry(&enteredAt)
    }
}

extension PresenceTable: Carried {
    // One by one: slots.
    // Each in its own place: which of those outside is forgotten first depends on where they lie.
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&hand)
        if hand < 0 || hand >= slotCount {
            hand = 0
            state.refuse()
        }
        state.carry(&highWater)
        state.carry(&dropped)
        let held = state.carry(count: count, capacity: capacity)
        if state.direction == .restoring { forgetAll() }
        var slot = 0
        for _ in 0..<held { carryNext(&slot, &state) }
    }

    private mutating func carryNext(_ slot: inout Int, _ state: inout StateCarrier) {
        if state.direction == .saving { while slots[slot].holder == 0 { slot += 1 } }
        var presence = slots[slot < slotCount ? slot : 0]
        var place = UInt32(slot)
        state.carry(&place)
        state.carry(&presence)
        if state.direction == .restoring {
            guard state.isWhole, place >= slot, Int(place) < slotCount, presence.holder != 0 else {
                return state.refuse()
            }
            slot = Int(place)
            slots[slot] = presence
            count += 1
        }
        slot += 1
    }
}
