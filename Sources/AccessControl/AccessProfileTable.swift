import FixedMemory

/// Groups and traits that many credentials share, kept once.
///
/// A board has far fewer combinations than credentials: a profile costs 20 bytes with its index, its number in a
/// credential 14 bits. A profile lives as long as a credential refers to it.
struct AccessProfileTable: ~Copyable {
    /// Profiles that the number in a credential can tell apart.
    static var limit: Int { 1 << 14 }
    private static var none: UInt16 { .max }

    struct Entry: BitwiseCopyable {
        var groups: UInt64
        var references: UInt32
        var traits: UInt16
        // The next one with the same chain while in use, the next free one while free.
        var next: UInt16
    }

    private var entries: FixedArray<Entry>
    private var chains: FixedArray<UInt16>
    private var firstFree: UInt16
    private(set) var count: Int
    private(set) var highWater: Int
    private(set) var refused: UInt64

    /// - Parameter capacity: profiles that fit, 1 to `limit`.
    init(capacity: Int) {
        precondition(capacity >= 1 && capacity <= AccessProfileTable.limit, "profiles are numbered with 14 bits")
        var chainCount = 1
        while chainCount < capacity { chainCount <<= 1 }
        entries = FixedArray(
            repeating: Entry(groups: 0, references: 0, traits: 0, next: AccessProfileTable.none), count: capacity)
        chains = FixedArray(repeating: AccessProfileTable.none, count: chainCount)
        firstFree = 0
        count = 0
        highWater = 0
        refused = 0
        for index in 0..<(capacity - 1) { entries[index].next = UInt16(index + 1) }
    }

    var usage: Usage { Usage(count: count, capacity: entries.capacity, highWater: highWater, dropped: refused) }

    /// Bytes held for `capacity` profiles.
    static func bytes(capacity: Int) -> Int {
        var chainCount = 1
        while chainCount < capacity { chainCount <<= 1 }
        return capacity * MemoryLayout<Entry>.stride + chainCount * MemoryLayout<UInt16>.stride
    }

    private func chain(_ groups: GroupSet, _ traits: CredentialTraits) -> Int {
        // Multiplication by 2^64 divided by the golden ratio spreads neighbouring bit patterns over the high bits.
        let mixed = (groups.bits ^ (UInt64(traits.rawValue) << 48)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 32)) & UInt64(chains.count - 1))
    }

    /// Takes one more reference to the profile with these groups and traits, making it where needed.
    ///
    /// - Returns: its number, or `nil` if a new one is needed and there is no room.
    mutating func retain(_ groups: GroupSet, _ traits: CredentialTraits) -> UInt16? {
        let chain = chain(groups, traits)
        var index = chains[chain]
        while index != AccessProfileTable.none {
            if entries[Int(index)].groups == groups.bits, entries[Int(index)].traits == traits.rawValue {
                entries[Int(index)].references += 1
                return index
            }
            index = entries[Int(index)].next
        }
        guard firstFree != AccessProfileTable.none else {
            refused &+= 1
            return nil
        }
        index = firstFree
        firstFree = entries[Int(index)].next
        entries[Int(index)] = Entry(
            groups: groups.bits, references: 1, traits: traits.rawValue, next: chains[chain])
        chains[chain] = index
        count += 1
        highWater = max(highWater, count)
        return index
    }

    /// Gives one reference back; the last one frees the profile.
    mutating func release(_ index: UInt16) {
        precondition(entries[Int(index)].references > 0, "released more often than retained")
        entries[Int(index)].references -= 1
        guard entries[Int(index)].references == 0 else { return }
        let chain = chain(groups(of: index), traits(of: index))
        if chains[chain] == index {
            chains[chain] = entries[Int(index)].next
        } else {
            var before = chains[chain]
            while entries[Int(before)].next != index { before = entries[Int(before)].next }
            entries[Int(before)].next = entries[Int(index)].next
        }
        entries[Int(index)].next = firstFree
        firstFree = index
        count -= 1
    }

    func groups(of index: UInt16) -> GroupSet { GroupSet(bits: entries[Int(index)].groups) }
    func traits(of index: UInt16) -> CredentialTraits { CredentialTraits(rawValue: entries[Int(index)].traits) }
}
