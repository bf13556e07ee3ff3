import AccessControl
import Cryptography
import Testing

/// The table compared with a dictionary, and its promises about replacing.
@Suite("The credential table")
struct CredentialTableTests {
    /// Hashes as uniform as keyed ones, from a counter (SplitMix64).
    static func hash(_ number: UInt64) -> KeyedHash {
        func mix(_ value: UInt64) -> UInt64 {
            var z = value &* 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        return KeyedHash(low: mix(number &* 2 &+ 1), high: mix(number &* 2 &+ 2))
    }

    static func credential(_ number: UInt32) -> Credential {
        Credential(
            holder: number & 0xFF_FFFF, groups: GroupSet(bits: UInt64(number % 13)),
            traits: CredentialTraits(rawValue: UInt16(number % 5)),
            status: CredentialStatus(rawValue: UInt8(number % 4))!,
            validFromMinute: number % 3 == 0 ? 0 : 27_000_000 + number, validUntilMinute: 30_000_000 + number,
            usesLeft: UInt8(number % 256), pin: number % 2 == 0 ? PinHash(number &* 2_654_435_761) : nil)
    }

    /// Lets leftovers of a replacement be swept, as the turns of the loop do.
    static func sweep(_ table: inout CredentialTable) {
        while !table.maintain(buckets: 7) {}
    }

    @Test("gives back what was put in, at every fill level up to the capacity", arguments: [1, 7, 64, 1_000, 65_536])
    func fill(capacity: Int) {
        var table = CredentialTable(capacity: capacity)
        var refused = 0
        for number in 0..<capacity
        where table.upsert(Self.hash(UInt64(number)), Self.credential(UInt32(number))) != .done { refused += 1 }
        #expect(refused == 0)
        #expect(table.count == capacity)
        let outcome1 = table.upsert(Self.hash(9_999_999), Self.credential(1))
        #expect(outcome1 == .full)
        var wrong = 0
        for number in 0..<capacity
        where table.credential(Self.hash(UInt64(number))) != Self.credential(UInt32(number)) { wrong += 1 }
        for number in capacity..<(2 * capacity) where table.find(Self.hash(UInt64(number))) != nil { wrong += 1 }
        #expect(wrong == 0)
    }

    @Test("takes at most 24 bytes a credential with its index, in the default build and with a million")
    func memory() {
        for capacity in [65_536, 1_000_000] {
            let profilesAndSearch = CredentialTable.bytes(capacity: capacity) - capacity * 24
            #expect(profilesAndSearch <= 32_768, "profiles and the search for room")
        }
        #expect(CredentialTable.bytesPerCredential == 24)
    }

    @Test(
        "limits are kept to the minute, moments before 2020 and after 2083 as what they mean",
        arguments: [
            (0, 0), (1, 26_297_281), (26_297_280, 26_297_281), (26_297_281, 26_297_281), (28_401_840, 28_401_840),
            (59_851_711, 59_851_711), (59_851_712, 0), (UInt32.max, 0),
        ] as [(UInt32, UInt32)])
    func minutes(given: UInt32, kept: UInt32) {
        var table = CredentialTable(capacity: 1)
        table.upsert(Self.hash(1), Credential(validUntilMinute: given))
        #expect(table.credential(Self.hash(1))?.validUntilMinute == kept)
    }

    @Test("a holder beyond 24 bits is refused, not cut")
    func holderLimit() {
        var table = CredentialTable(capacity: 1)
        let outcome = table.upsert(Self.hash(1), Credential(holder: 1 << 24))
        #expect(outcome == .holderOutOfRange)
        let largest = table.upsert(Self.hash(1), Credential(holder: (1 << 24) - 1))
        #expect(largest == .done)
        #expect(table.credential(Self.hash(1))?.holder == 16_777_215)
    }

    @Test("100,000 random changes leave the same as in a dictionary", arguments: [UInt64(1), 2, 3])
    func randomChanges(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var table = CredentialTable(capacity: 400, profileCapacity: 70)
        var model: [KeyedHash: Credential] = [:]
        var wrong = 0
        for round in 0..<100_000 {
            let hash = Self.hash(generator.below(600))
            let credential = Self.credential(UInt32(generator.below(20_000_000)))
            switch generator.below(6) {
            case 0, 1, 2:
                let fits = model[hash] != nil || model.count < 400
                let outcome = table.upsert(hash, credential)
                if (outcome == .done) != fits { wrong += 1 }
                if outcome == .done { model[hash] = credential }
            case 3:
                if (table.remove(hash) == .done) != (model.removeValue(forKey: hash) != nil) { wrong += 1 }
            case 4:
                let outcome = table.setStatus(hash, .stolen)
                if (outcome == .done) != (model[hash] != nil) { wrong += 1 }
                model[hash]?.status = .stolen
            default:
                let outcome = table.setUsesLeft(hash, UInt8(round % 250))
                if (outcome == .done) != (model[hash] != nil) { wrong += 1 }
                model[hash]?.usesLeft = UInt8(round % 250)
            }
            if table.credential(hash) != model[hash] { wrong += 1 }
            if table.count != model.count { wrong += 1 }
        }
        for number in UInt64(0)..<600 where table.credential(Self.hash(number)) != model[Self.hash(number)] {
            wrong += 1
        }
        #expect(wrong == 0)
        // 13 groups and 5 sets of traits: 65 profiles. All are given back when the last credential goes.
        #expect(table.profileUsage.count <= 65)
        for hash in model.keys { table.remove(hash) }
        #expect(table.count == 0)
        #expect(table.profileUsage.count == 0)
    }

    @Test("replacing: the new list counts as a whole and only after the commit", arguments: [UInt64(1), 2, 3, 4])
    func replacements(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var table = CredentialTable(capacity: 500)
        var model: [KeyedHash: Credential] = [:]
        var version: UInt64 = 0
        var wrong = 0
        for _ in 0..<200 {
            let count = Int(generator.below(300))
            var next: [KeyedHash: Credential] = [:]
            while next.count < count {
                let number = generator.below(400)
                // Half of them as they were: those share their slot.
                next[Self.hash(number)] =
                    generator.below(2) == 0
                    ? model[Self.hash(number)] ?? Self.credential(UInt32(number))
                    : Self.credential(UInt32(generator.below(9_999)))
            }
            version += 1
            if table.beginReplacement(version: version, count: count) != .done { wrong += 1 }
            let giveUp = generator.below(3) == 0
            var staged = 0
            for (hash, credential) in next.sorted(by: { $0.key.low < $1.key.low }) {
                if giveUp, staged == count / 2 { break }
                if table.stage(hash, credential) != .done { wrong += 1 }
                staged += 1
            }
            // Until then the old one counts.
            for number in UInt64(0)..<400 where table.credential(Self.hash(number)) != model[Self.hash(number)] {
                wrong += 1
            }
            if giveUp {
                table.abandonReplacement()
                version -= 1
            } else {
                if table.commitReplacement() != .done { wrong += 1 }
                model = next
            }
            // From then on only the new one, before and while the old one is swept away.
            for number in UInt64(0)..<400 where table.credential(Self.hash(number)) != model[Self.hash(number)] {
                wrong += 1
            }
            if generator.below(2) == 0 {
                let hash = Self.hash(generator.below(400))
                if table.upsert(hash, Self.credential(77)) != .done { wrong += 1 }
                model[hash] = Self.credential(77)
            }
            Self.sweep(&table)
            for number in UInt64(0)..<400 where table.credential(Self.hash(number)) != model[Self.hash(number)] {
                wrong += 1
            }
            if table.count != model.count || table.version != version { wrong += 1 }
        }
        #expect(wrong == 0)
        for hash in model.keys { table.remove(hash) }
        #expect(table.profileUsage.count == 0)
    }

    @Test("a list with a duplicate is refused whole, whatever stood before it, and the old one stays")
    func duplicate() {
        var table = CredentialTable(capacity: 10)
        table.upsert(Self.hash(1), Self.credential(1), version: 1)
        let outcome2 = table.beginReplacement(version: 2, count: 3)
        #expect(outcome2 == .done)
        let outcome3 = table.stage(Self.hash(1), Self.credential(1))
        #expect(outcome3 == .done)
        let outcome4 = table.stage(Self.hash(2), Self.credential(2))
        #expect(outcome4 == .done)
        let outcome5 = table.stage(Self.hash(1), Self.credential(1))
        #expect(outcome5 == .duplicate)
        let outcome6 = table.stage(Self.hash(3), Self.credential(3))
        #expect(outcome6 == .noReplacement)
        let outcome7 = table.commitReplacement()
        #expect(outcome7 == .noReplacement)
        Self.sweep(&table)
        #expect(table.version == 1)
        #expect(table.count == 1)
        #expect(table.find(Self.hash(2)) == nil)
    }

    @Test("a list that is too long is refused before its first entry; one that is too short at its end")
    func counts() {
        var table = CredentialTable(capacity: 10)
        table.upsert(Self.hash(1), Self.credential(1), version: 1)
        let outcome8 = table.beginReplacement(version: 2, count: 11)
        #expect(outcome8 == .full)
        let outcome9 = table.beginReplacement(version: 2, count: 2)
        #expect(outcome9 == .done)
        let outcome10 = table.stage(Self.hash(5), Self.credential(5))
        #expect(outcome10 == .done)
        let outcome11 = table.commitReplacement()
        #expect(outcome11 == .countDiffers)
        Self.sweep(&table)
        let outcome12 = table.beginReplacement(version: 2, count: 0)
        #expect(outcome12 == .done)
        let outcome13 = table.stage(Self.hash(5), Self.credential(5))
        #expect(outcome13 == .countDiffers)
        #expect(table.credential(Self.hash(1)) == Self.credential(1))
        #expect(table.version == 1)
    }

    @Test("a version that is not newer is refused, so a replayed list changes nothing")
    func versions() {
        var table = CredentialTable(capacity: 10)
        let outcome14 = table.upsert(Self.hash(1), Self.credential(1), version: 5)
        #expect(outcome14 == .done)
        let outcome15 = table.beginReplacement(version: 5, count: 0)
        #expect(outcome15 == .versionNotNewer)
        let outcome16 = table.upsert(Self.hash(2), Self.credential(2), version: 4)
        #expect(outcome16 == .versionNotNewer)
        let outcome17 = table.remove(Self.hash(1), version: 5)
        #expect(outcome17 == .versionNotNewer)
        #expect(table.count == 1)
    }

    @Test("while a list is staged: other changes wait, but a stolen card is stopped at once and stays so")
    func stolenWhileStaging() {
        var table = CredentialTable(capacity: 10)
        var changed = Self.credential(4)
        changed.groups = .all
        table.upsert(Self.hash(1), Self.credential(4))
        let outcome18 = table.beginReplacement(version: 1, count: 1)
        #expect(outcome18 == .done)
        let outcome19 = table.stage(Self.hash(1), changed)
        #expect(outcome19 == .done)
        let outcome20 = table.upsert(Self.hash(2), Self.credential(2))
        #expect(outcome20 == .busy)
        let outcome21 = table.remove(Self.hash(1))
        #expect(outcome21 == .busy)
        let outcome22 = table.beginReplacement(version: 2, count: 1)
        #expect(outcome22 == .busy)
        let outcome23 = table.setStatus(Self.hash(1), .stolen)
        #expect(outcome23 == .done)
        #expect(table.credential(Self.hash(1))?.status == .stolen)
        let outcome24 = table.commitReplacement()
        #expect(outcome24 == .done)
        #expect(table.credential(Self.hash(1))?.status == .stolen)
        #expect(table.credential(Self.hash(1))?.groups == .all)
    }

    @Test(
        "at full capacity a list may differ in 5,000 of 65,536 entries; a wholly different one is refused, the old stays"
    )
    func differences() {
        let capacity = 65_536
        var table = CredentialTable(capacity: capacity)
        for number in 0..<capacity { table.upsert(Self.hash(UInt64(number)), Self.credential(UInt32(number))) }
        let outcome25 = table.beginReplacement(version: 1, count: capacity)
        #expect(outcome25 == .done)
        var wrong = 0
        for number in 5_000..<(capacity + 5_000)
        where table.stage(Self.hash(UInt64(number)), Self.credential(UInt32(number))) != .done { wrong += 1 }
        #expect(wrong == 0)
        let outcome26 = table.commitReplacement()
        #expect(outcome26 == .done)
        #expect(table.find(Self.hash(4_999)) == nil)
        #expect(table.credential(Self.hash(UInt64(capacity))) == Self.credential(UInt32(capacity)))
        Self.sweep(&table)

        let outcome27 = table.beginReplacement(version: 2, count: capacity)
        #expect(outcome27 == .done)
        var outcome = CredentialTable.Outcome.done
        var number: UInt64 = 1_000_000
        while outcome == .done {
            outcome = table.stage(Self.hash(number), Self.credential(1))
            number += 1
        }
        #expect(outcome == .noRoomForChanges)
        Self.sweep(&table)
        #expect(table.version == 1)
        #expect(table.count == capacity)
        for number in 5_000..<(capacity + 5_000)
        where table.credential(Self.hash(UInt64(number))) != Self.credential(UInt32(number)) { wrong += 1 }
        #expect(wrong == 0)
    }

    @Test("up to 35,000 credentials a wholly different list fits beside the one in force")
    func wholeReplacement() {
        var table = CredentialTable(capacity: 65_536)
        for number in 0..<35_000 { table.upsert(Self.hash(UInt64(number)), Self.credential(UInt32(number))) }
        let outcome28 = table.beginReplacement(version: 1, count: 35_000)
        #expect(outcome28 == .done)
        var wrong = 0
        for number in 100_000..<135_000
        where table.stage(Self.hash(UInt64(number)), Self.credential(UInt32(number))) != .done { wrong += 1 }
        #expect(wrong == 0)
        let outcome29 = table.commitReplacement()
        #expect(outcome29 == .done)
        #expect(table.find(Self.hash(0)) == nil)
    }

    @Test("more combinations of groups and traits than profiles: refused, nothing changes")
    func profiles() {
        var table = CredentialTable(capacity: 10, profileCapacity: 2)
        let outcome30 = table.upsert(Self.hash(1), Credential(groups: GroupSet(bits: 1)))
        #expect(outcome30 == .done)
        let outcome31 = table.upsert(Self.hash(2), Credential(groups: GroupSet(bits: 2)))
        #expect(outcome31 == .done)
        let outcome32 = table.upsert(Self.hash(3), Credential(groups: GroupSet(bits: 2)))
        #expect(outcome32 == .done)
        let outcome33 = table.upsert(Self.hash(4), Credential(groups: GroupSet(bits: 3)))
        #expect(outcome33 == .tooManyProfiles)
        #expect(table.count == 3)
        table.remove(Self.hash(1))
        let outcome34 = table.upsert(Self.hash(4), Credential(groups: GroupSet(bits: 3)))
        #expect(outcome34 == .done)
    }

    @Test("codes in force are counted, for the rule on how many digits they need")
    func codes() {
        var table = CredentialTable(capacity: 10)
        for number in UInt64(0)..<4 { table.upsert(Self.hash(number), Credential(traits: number < 3 ? .code : [])) }
        #expect(table.codeCount == 3)
        table.upsert(Self.hash(0), Credential())
        table.remove(Self.hash(1))
        #expect(table.codeCount == 1)
        let outcome35 = table.beginReplacement(version: 1, count: 2)
        #expect(outcome35 == .done)
        let outcome36 = table.stage(Self.hash(2), Credential(traits: .code))
        #expect(outcome36 == .done)
        let outcome37 = table.stage(Self.hash(9), Credential(traits: .code))
        #expect(outcome37 == .done)
        #expect(table.codeCount == 1)
        let outcome38 = table.commitReplacement()
        #expect(outcome38 == .done)
        #expect(table.codeCount == 2)
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 up to, not including, `limit`.
    mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }
}
