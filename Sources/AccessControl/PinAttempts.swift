import FixedMemory
import HardwareInterface

/// Counts wrong PINs for each card, for the cards that had one lately.
///
/// A full table gives up the card whose last wrong PIN is longest ago; to profit from that, one needs as many stolen
/// valid cards as the table has room.
struct PinAttempts: ~Copyable {
    struct Entry: BitwiseCopyable, Sendable {
        var tag: UInt64
        var wrong: UInt8
        var lastAt: Instant
        var blockedUntil: Instant
    }

    private var entries: FixedArray<Entry>

    init(capacity: Int) { entries = FixedArray(capacity: max(capacity, 1)) }

    var usage: Usage { entries.usage }

    private func index(_ tag: UInt64) -> Int? {
        for index in entries.indices where entries[index].tag == tag { return index }
        return nil
    }

    func isBlocked(_ tag: UInt64, at now: Instant) -> Bool {
        guard let index = index(tag) else { return false }
        return now < entries[index].blockedUntil
    }

    /// - Returns: whether the card is blocked from now on.
    mutating func registerWrong(_ tag: UInt64, at now: Instant, _ policy: GuessPolicy) -> Bool {
        let position: Int
        if let known = index(tag) {
            position = known
        } else {
            if entries.isFull { entries.swapRemove(at: oldest()) }
            entries.append(Entry(tag: tag, wrong: 0, lastAt: now, blockedUntil: .start))
            position = entries.count - 1
        }
        entries[position].wrong = entries[position].wrong == .max ? .max : entries[position].wrong + 1
        entries[position].lastAt = now
        guard entries[position].wrong >= policy.wrongPins else { return false }
        entries[position].wrong = 0
        entries[position].blockedUntil = now + policy.pinBlock
        return true
    }

    mutating func forget(_ tag: UInt64) {
        if let index = index(tag) { entries.swapRemove(at: index) }
    }

    private func oldest() -> Int {
        var result = 0
        for index in entries.indices where entries[index].lastAt < entries[result].lastAt { result = index }
        return result
    }
}
