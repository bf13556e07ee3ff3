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
            _ = makeRoom(for: tag)
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

    /// Gives up the card whose last wrong PIN is longest ago, if the table is full and this one is not in it.
    ///
    /// - Returns: the card that was given up.
    mutating func makeRoom(for tag: UInt64) -> UInt64? {
        guard entries.isFull, index(tag) == nil else { return nil }
        let place = oldest()
        let given = entries[place].tag
        entries.swapRemove(at: place)
        return given
    }

    /// - Returns: whether anything was counted.
    @discardableResult
    mutating func forget(_ tag: UInt64) -> Bool {
        guard let index = index(tag) else { return false }
        entries.swapRemove(at: index)
        return true
    }

    /// What must outlive a restart about a card.
    func kept(_ tag: UInt64, at now: Instant, _ wallMinute: Int64?) -> AccessChange {
        guard let index = index(tag) else { return .wrongPins(tag, count: 0, until: .over) }
        return .wrongPins(
            tag, count: entries[index].wrong, until: KeptEnd(entries[index].blockedUntil - now, after: wallMinute))
    }

    /// Takes up what an earlier run kept.
    mutating func restore(
        _ tag: UInt64, count: UInt8, until: KeptEnd, at now: Instant, _ wallMinute: Int64?, _ policy: GuessPolicy
    ) {
        guard count > 0 || until != .over else {
            forget(tag)
            return
        }
        _ = makeRoom(for: tag)
        if index(tag) == nil { entries.append(Entry(tag: tag, wrong: 0, lastAt: now, blockedUntil: .start)) }
        guard let index = index(tag) else { return }
        entries[index].wrong = min(count, policy.wrongPins > 0 ? policy.wrongPins - 1 : 0)
        entries[index].blockedUntil = now + until.left(at: wallMinute, whole: policy.pinBlock)
    }

    private func oldest() -> Int {
        var result = 0
        for index in entries.indices where entries[index].lastAt < entries[result].lastAt { result = index }
        return result
    }
}

extension PinAttempts.Entry: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&tag)
        state.carry(&wrong)
        state.carry(&lastAt)
        state.carry(&blockedUntil)
    }
}

extension PinAttempts: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&entries, blank: Entry(tag: 0, wrong: 0, lastAt: .start, blockedUntil: .start))
    }
}
