import Cryptography
import FixedMemory

/// The board's cards and codes: who may pass, found by keyed hash in a time that does not grow with the table.
///
/// **Memory.** At most 24 bytes for each credential of the capacity, index and spare room included (`bytes(capacity:)`);
/// profiles (groups and traits, shared) are extra. Everything is allocated by `init`.
///
/// **Finding.** A cuckoo hash table of buckets with eight slots. Every credential lies in one of two buckets that its
/// keyed hash names, so a look-up reads at most two buckets of 176 bytes, at any fill level.
/// A slot keeps 48 bits of the hash: an unknown card passes for one of the sixteen candidates by chance once in 2^44
/// presentations, and nobody can compute such a card without the board's key.
///
/// **Replacing.** A whole new list is staged beside the old one and takes effect in one step. Entries that are the same
/// in both share their slot, so what must fit in the spare room is only what differs. Whatever goes wrong before
/// `commitReplacement` (a duplicate, too many, not what was announced), the old list is untouched and stays in force.
///
/// **Work.** Every call is bounded; leftovers of a replacement are swept by `maintain`, a few buckets at a time.
public struct CredentialTable: ~Copyable {
    /// A place in the table. Valid until the table is next changed.
    public struct Slot: Hashable, Sendable, BitwiseCopyable {
        var index: UInt32
    }

    /// What became of a change of the table.
    public enum Outcome: UInt8, Sendable, BitwiseCopyable {
        case done = 0
        /// This hash is already in the list being staged. The replacement is abandoned, the old list stays.
        case duplicate = 1
        /// More credentials than the capacity. Refused; in a replacement all of it is abandoned.
        case full = 2
        /// Old and new list together do not fit side by side: too many entries differ. The replacement is abandoned;
        /// send the difference as single changes, or an intermediate list first.
        case noRoomForChanges = 3
        /// More combinations of groups and traits than profiles. Refused; in a replacement all of it is abandoned.
        case tooManyProfiles = 4
        /// No replacement has begun, or it was abandoned because of an earlier outcome.
        case noReplacement = 5
        /// A replacement is under way, or its leftovers are not yet swept: try again in the next turns.
        case busy = 6
        /// Staged were not as many as announced. The replacement is abandoned, the old list stays.
        case countDiffers = 7
        /// No credential has this hash.
        case notFound = 8
        /// The holder is larger than `Credential.holderLimit`. Refused; a replacement is abandoned.
        case holderOutOfRange = 9
        /// The version is not newer than the one in force. Refused.
        case versionNotNewer = 10
    }

    // A bucket is 176 bytes: eight tags, eight contents, eight people. What belongs together lies together, so that a
    // look-up in a large table costs few pages and cache lines. One slot is 22 bytes of it.
    //
    // tags     bits 0-47 of the hash · 48-55 uses left · 56-57 status · 58, 59 member of list A, B · 60 has a PIN
    // contents 0-24 valid from · 25-49 valid until (minutes since 2020) · 50-63 profile
    // people   three bytes of holder, three bytes of PIN hash
    private let base: UnsafeMutableRawPointer
    private let bucketCount: Int
    private var profiles: AccessProfileTable
    // Breadth-first search for a free slot: buckets in the order they are found.
    private var search: FixedArray<SearchStep>

    /// Credentials that one list may hold.
    public let capacity: Int
    /// Credentials in force.
    public private(set) var count: Int
    /// Codes without a card in force (`CredentialTraits.code`).
    public private(set) var codeCount: Int
    /// Number of the list in force, given by whoever sent it; 0 for none.
    public private(set) var version: UInt64
    private var highWater: Int
    private var refused: UInt64

    // Which of the two membership bits stands for the list in force.
    private var currentBit: UInt64
    private var staging: Staging?
    // The first bucket whose leftovers of the other list are not yet cleared; `bucketCount` when all are.
    private var sweepPosition: Int

    struct Staging: BitwiseCopyable {
        var version: UInt64
        var announced: Int
        var staged: Int
        var codes: Int
    }

    struct SearchStep: BitwiseCopyable {
        var bucket: UInt32
        // The step whose slot `slot` would move into this bucket; -1 for the two starting buckets.
        var parent: Int32
        var slot: UInt8
    }

    private static var slotsPerBucket: Int { 8 }
    private static var bytesPerBucket: Int { slotsPerBucket * (8 + 8 + 6) }
    /// Bytes for each credential of the capacity, index and spare room included.
    public static var bytesPerCredential: Int { 24 }
    private static var hashMask: UInt64 { 0xFFFF_FFFF_FFFF }
    private static var listA: UInt64 { 1 << 58 }
    private static var listB: UInt64 { 1 << 59 }
    private static var listMask: UInt64 { listA | listB }
    private static var pinBit: UInt64 { 1 << 60 }
    private static var minuteLimit: UInt32 { (1 << 25) - 1 }
    /// Minutes from 1970-01-01 to 2020-01-01, both 00:00 UTC: 18,262 days.
    static var epochMinute: UInt32 { 18_262 * 1_440 }
    // Deep enough for a load of 99 %; beyond, the table counts as having no room.
    private static var searchLimit: Int { 512 }

    /// Makes an empty table.
    ///
    /// - Parameters:
    ///   - capacity: credentials that one list may hold, 1 to 16,777,215.
    ///   - profileCapacity: combinations of groups and traits, 1 to 16,384.
    public init(capacity: Int, profileCapacity: Int = 1_024) {
        precondition(capacity >= 1 && capacity <= 0xFF_FFFF, "a table holds 1 to 16,777,215 credentials")
        self.capacity = capacity
        bucketCount = CredentialTable.bucketCount(capacity: capacity)
        base = UnsafeMutableRawPointer.allocate(
            byteCount: bucketCount * CredentialTable.bytesPerBucket, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: bucketCount * CredentialTable.bytesPerBucket)
        profiles = AccessProfileTable(capacity: profileCapacity)
        search = FixedArray(capacity: CredentialTable.searchLimit)
        count = 0
        codeCount = 0
        version = 0
        highWater = 0
        refused = 0
        currentBit = CredentialTable.listA
        staging = nil
        sweepPosition = bucketCount
    }

    deinit {
        base.deallocate()
    }

    // Small tables get a few buckets more than 24 bytes a credential pay for: eight slots that fill by chance need slack.
    private static func bucketCount(capacity: Int) -> Int {
        let affordable = capacity * bytesPerCredential / bytesPerBucket
        return max(affordable, (capacity + slotsPerBucket - 1) / slotsPerBucket + 8)
    }

    /// Bytes that the table of this capacity takes, profiles included.
    public static func bytes(capacity: Int, profileCapacity: Int = 1_024) -> Int {
        bucketCount(capacity: capacity) * bytesPerBucket
            + AccessProfileTable.bytes(capacity: profileCapacity)
            + searchLimit * MemoryLayout<SearchStep>.stride
    }

    /// Credentials in force against the capacity; `dropped` counts changes refused for want of room.
    public var usage: Usage { Usage(count: count, capacity: capacity, highWater: highWater, dropped: refused) }
    /// Combinations of groups and traits in use.
    public var profileUsage: Usage { profiles.usage }

    // MARK: Finding

    /// Where the credential with this hash lies in the list in force; `nil` if there is none.
    public func find(_ hash: KeyedHash) -> Slot? {
        find(hash, list: currentBit)
    }

    private func find(_ hash: KeyedHash, list: UInt64) -> Slot? {
        let wanted = (hash.low & CredentialTable.hashMask) | list
        let mask = CredentialTable.hashMask | list
        let first = firstBucket(hash)
        if let offset = find(wanted, mask, bucket: first) { return slot(first, offset) }
        let second = otherBucket(first, tag: hash.low)
        if let offset = find(wanted, mask, bucket: second) { return slot(second, offset) }
        return nil
    }

    private func slot(_ bucket: Int, _ offset: Int) -> Slot {
        Slot(index: UInt32(truncatingIfNeeded: bucket * CredentialTable.slotsPerBucket + offset))
    }

    private func find(_ wanted: UInt64, _ mask: UInt64, bucket: Int) -> Int? {
        let tags = (base + bucket * CredentialTable.bytesPerBucket).assumingMemoryBound(to: UInt64.self)
        for offset in 0..<CredentialTable.slotsPerBucket where tags[offset] & mask == wanted { return offset }
        return nil
    }

    /// What lies at a slot that `find` returned.
    public func credential(at slot: Slot) -> Credential {
        let index = Int(slot.index)
        let tag = tag(index).pointee
        let content = content(index).pointee
        let profile = UInt16(truncatingIfNeeded: content >> 50)
        let person = people(index)
        let holder = UInt32(person[0]) | UInt32(person[1]) << 8 | UInt32(person[2]) << 16
        let pin = UInt32(person[3]) | UInt32(person[4]) << 8 | UInt32(person[5]) << 16
        return Credential(
            holder: holder, groups: profiles.groups(of: profile), traits: profiles.traits(of: profile),
            status: CredentialStatus(rawValue: UInt8(truncatingIfNeeded: tag >> 56 & 3)) ?? .suspended,
            validFromMinute: CredentialTable.minute(UInt32(truncatingIfNeeded: content) & CredentialTable.minuteLimit),
            validUntilMinute: CredentialTable.minute(
                UInt32(truncatingIfNeeded: content >> 25) & CredentialTable.minuteLimit),
            usesLeft: UInt8(truncatingIfNeeded: tag >> 48),
            pin: tag & CredentialTable.pinBit != 0 ? PinHash(pin) : nil)
    }

    /// The credential with this hash in the list in force.
    public func credential(_ hash: KeyedHash) -> Credential? {
        guard let slot = find(hash) else { return nil }
        return credential(at: slot)
    }

    // MARK: Single changes

    /// Adds a credential or replaces the one with the same hash.
    ///
    /// - Parameter newVersion: number of the list after this change; 0 keeps the present one.
    /// - Returns: `.done`, `.full`, `.tooManyProfiles`, `.holderOutOfRange`, `.versionNotNewer`, or `.busy` while a
    ///   replacement is being staged. Anything but `.done` changes nothing.
    @discardableResult
    public mutating func upsert(_ hash: KeyedHash, _ credential: Credential, version newVersion: UInt64 = 0) -> Outcome
    {
        guard staging == nil else { return .busy }
        guard newVersion == 0 || newVersion > version else { return .versionNotNewer }
        guard credential.holder <= Credential.holderLimit else { return .holderOutOfRange }
        let present = find(hash)
        if present == nil, count >= capacity {
            refused &+= 1
            return .full
        }
        guard let profile = profiles.retain(credential.groups, credential.traits) else {
            refused &+= 1
            return .tooManyProfiles
        }
        let slot: Int
        if let present {
            slot = Int(present.index)
            clean(bucket: slot / CredentialTable.slotsPerBucket)
            countOut(slot)
            profiles.release(profileNumber(slot))
        } else if let free = makeRoom(for: hash) {
            slot = free
            count += 1
            highWater = max(highWater, count)
        } else {
            profiles.release(profile)
            refused &+= 1
            return .full
        }
        write(credential, hash: hash, profile: profile, list: currentBit, at: slot)
        if credential.traits.contains(.code) { codeCount += 1 }
        if newVersion != 0 { version = newVersion }
        return .done
    }

    /// Removes a credential.
    ///
    /// - Returns: `.done`, `.notFound`, `.versionNotNewer`, or `.busy` while a replacement is being staged (then
    ///   `setStatus` still takes effect at once).
    @discardableResult
    public mutating func remove(_ hash: KeyedHash, version newVersion: UInt64 = 0) -> Outcome {
        guard staging == nil else { return .busy }
        guard newVersion == 0 || newVersion > version else { return .versionNotNewer }
        guard let present = find(hash) else { return .notFound }
        let slot = Int(present.index)
        countOut(slot)
        count -= 1
        tag(slot).pointee &= ~currentBit
        if tag(slot).pointee & CredentialTable.listMask == 0 { free(slot) }
        if newVersion != 0 { version = newVersion }
        return .done
    }

    /// Suspends a credential, reports it lost or stolen, or activates it again; at once, even while a replacement is
    /// being staged, and then in the staged list too.
    ///
    /// - Returns: `.done` or `.notFound`.
    @discardableResult
    public mutating func setStatus(_ hash: KeyedHash, _ status: CredentialStatus) -> Outcome {
        var outcome = Outcome.notFound
        if let slot = find(hash) {
            setStatus(status, at: Int(slot.index))
            outcome = .done
        }
        if staging != nil, let slot = find(hash, list: stagedBit) {
            setStatus(status, at: Int(slot.index))
            outcome = .done
        }
        return outcome
    }

    /// Writes how many uses a credential has left.
    ///
    /// - Returns: `.done` or `.notFound`.
    @discardableResult
    public mutating func setUsesLeft(_ hash: KeyedHash, _ usesLeft: UInt8) -> Outcome {
        guard let slot = find(hash) else { return .notFound }
        let index = Int(slot.index)
        tag(index).pointee = tag(index).pointee & ~(0xFF << 48) | UInt64(usesLeft) << 48
        return .done
    }

    /// Gives the list in force the number that it has after changes made one by one.
    ///
    /// - Returns: `.done`, or `.versionNotNewer`.
    @discardableResult
    public mutating func adopt(version newVersion: UInt64) -> Outcome {
        guard newVersion > version else { return .versionNotNewer }
        version = newVersion
        return .done
    }

    // MARK: Replacing the whole list

    /// Whether a replacement is being staged.
    public var isStaging: Bool { staging != nil }
    /// Credentials staged so far; 0 if no replacement is under way.
    public var stagedCount: Int { staging?.staged ?? 0 }

    /// Begins to stage a whole new list.
    ///
    /// - Parameters:
    ///   - newVersion: its number, larger than the one in force.
    ///   - announced: credentials that will be staged.
    /// - Returns: `.done`, `.full` if so many never fit, `.versionNotNewer`, or `.busy` if another replacement is under
    ///   way or not yet swept.
    public mutating func beginReplacement(version newVersion: UInt64, count announced: Int) -> Outcome {
        guard staging == nil, sweepPosition == bucketCount else { return .busy }
        guard newVersion > version else { return .versionNotNewer }
        guard announced >= 0, announced <= capacity else {
            refused &+= 1
            return .full
        }
        staging = Staging(version: newVersion, announced: announced, staged: 0, codes: 0)
        return .done
    }

    /// Adds one credential to the list being staged. It opens nothing before `commitReplacement`.
    ///
    /// - Returns: `.done`, or why the whole replacement is now abandoned: `.duplicate`, `.full`, `.countDiffers`,
    ///   `.noRoomForChanges`, `.tooManyProfiles`, `.holderOutOfRange`; `.noReplacement` if none is under way.
    public mutating func stage(_ hash: KeyedHash, _ credential: Credential) -> Outcome {
        guard let present = staging else { return .noReplacement }
        guard credential.holder <= Credential.holderLimit else { return abandon(.holderOutOfRange) }
        guard find(hash, list: stagedBit) == nil else { return abandon(.duplicate) }
        guard present.staged < present.announced else { return abandon(.countDiffers) }
        guard let profile = profiles.retain(credential.groups, credential.traits) else {
            return abandon(.tooManyProfiles)
        }
        if let same = find(hash), holds(credential, hash: hash, profile: profile, at: Int(same.index)) {
            profiles.release(profile)
            tag(Int(same.index)).pointee |= stagedBit
        } else if let free = makeRoom(for: hash) {
            write(credential, hash: hash, profile: profile, list: stagedBit, at: free)
        } else {
            profiles.release(profile)
            return abandon(.noRoomForChanges)
        }
        staging?.staged += 1
        if credential.traits.contains(.code) { staging?.codes += 1 }
        return .done
    }

    /// Puts the staged list into force, in one step.
    ///
    /// - Returns: `.done`; `.countDiffers` if fewer were staged than announced (the replacement is abandoned);
    ///   `.noReplacement` if none is under way.
    public mutating func commitReplacement() -> Outcome {
        guard let finished = staging else { return .noReplacement }
        guard finished.staged == finished.announced else { return abandon(.countDiffers) }
        currentBit = stagedBit
        count = finished.staged
        codeCount = finished.codes
        highWater = max(highWater, count)
        version = finished.version
        staging = nil
        sweepPosition = 0
        return .done
    }

    /// Gives up a replacement; the list in force stays as it is. Without one under way nothing happens.
    public mutating func abandonReplacement() {
        guard staging != nil else { return }
        staging = nil
        sweepPosition = 0
    }

    private mutating func abandon(_ outcome: Outcome) -> Outcome {
        refused &+= 1
        abandonReplacement()
        return outcome
    }

    /// Whether a replacement left something that `maintain` has to clear.
    public var needsMaintenance: Bool { sweepPosition < bucketCount }

    /// Clears what a replacement left behind, at most `limit` buckets. Call it in every turn of the loop.
    ///
    /// - Returns: `true` when nothing is left to clear.
    @discardableResult
    public mutating func maintain(buckets limit: Int = 256) -> Bool {
        let end = min(bucketCount, sweepPosition + limit)
        while sweepPosition < end {
            clean(bucket: sweepPosition)
            sweepPosition += 1
        }
        return sweepPosition == bucketCount
    }

    // MARK: Slots

    private func tag(_ slot: Int) -> UnsafeMutablePointer<UInt64> {
        (base + (slot >> 3) * CredentialTable.bytesPerBucket).assumingMemoryBound(to: UInt64.self) + (slot & 7)
    }

    private func content(_ slot: Int) -> UnsafeMutablePointer<UInt64> { tag(slot) + CredentialTable.slotsPerBucket }

    private func people(_ slot: Int) -> UnsafeMutablePointer<UInt8> {
        (base + (slot >> 3) * CredentialTable.bytesPerBucket).assumingMemoryBound(to: UInt8.self)
            + 16 * CredentialTable.slotsPerBucket + 6 * (slot & 7)
    }

    private var stagedBit: UInt64 { currentBit ^ CredentialTable.listMask }

    private func firstBucket(_ hash: KeyedHash) -> Int {
        // Multiplying and taking the high half spreads 32 uniform bits evenly over any number of buckets.
        Int(truncatingIfNeeded: ((hash.high & 0xFFFF_FFFF) &* UInt64(bucketCount)) >> 32)
    }

    // The bucket opposite to `bucket` for a tag. Its own inverse, so that a slot moves without its full hash.
    private func otherBucket(_ bucket: Int, tag: UInt64) -> Int {
        let mixed = ((tag & CredentialTable.hashMask) &* 0x9E37_79B9_7F4A_7C15) >> 32
        let sum = Int(truncatingIfNeeded: (mixed &* UInt64(bucketCount)) >> 32)
        return sum >= bucket ? sum - bucket : sum - bucket + bucketCount
    }

    private func profileNumber(_ slot: Int) -> UInt16 { UInt16(truncatingIfNeeded: content(slot).pointee >> 50) }

    private mutating func countOut(_ slot: Int) {
        if profiles.traits(of: profileNumber(slot)).contains(.code) { codeCount -= 1 }
    }

    private mutating func free(_ slot: Int) {
        profiles.release(profileNumber(slot))
        tag(slot).pointee = 0
        content(slot).pointee = 0
        people(slot).update(repeating: 0, count: 6)
    }

    // Drops the leftovers of a finished or abandoned replacement. While one is being staged both lists count.
    private mutating func clean(bucket: Int) {
        guard staging == nil else { return }
        let start = bucket * CredentialTable.slotsPerBucket
        for slot in start..<(start + CredentialTable.slotsPerBucket) where tag(slot).pointee & stagedBit != 0 {
            tag(slot).pointee &= ~stagedBit
            if tag(slot).pointee & CredentialTable.listMask == 0 { free(slot) }
        }
    }

    // A free slot in one of the two buckets of `hash`, moving others to their second bucket where needed.
    private mutating func makeRoom(for hash: KeyedHash) -> Int? {
        search.removeAll()
        let first = firstBucket(hash)
        let second = otherBucket(first, tag: hash.low)
        search.append(SearchStep(bucket: UInt32(first), parent: -1, slot: 0))
        if second != first { search.append(SearchStep(bucket: UInt32(second), parent: -1, slot: 0)) }
        var step = 0
        while step < search.count {
            let bucket = Int(search[step].bucket)
            clean(bucket: bucket)
            let start = bucket * CredentialTable.slotsPerBucket
            for offset in 0..<CredentialTable.slotsPerBucket {
                let slot = start + offset
                if tag(slot).pointee & CredentialTable.listMask == 0 { return moveAlong(step, into: slot) }
            }
            for offset in 0..<CredentialTable.slotsPerBucket where !search.isFull {
                let target = otherBucket(bucket, tag: tag(start + offset).pointee)
                if target != bucket, !isOnPath(step, bucket: target) {
                    search.append(
                        SearchStep(bucket: UInt32(target), parent: Int32(step), slot: UInt8(offset)))
                }
            }
            step += 1
        }
        return nil
    }

    // A bucket twice on one path would move the same slot twice.
    private func isOnPath(_ step: Int, bucket: Int) -> Bool {
        var position = Int32(step)
        while position >= 0 {
            if Int(search[Int(position)].bucket) == bucket { return true }
            position = search[Int(position)].parent
        }
        return false
    }

    // Moves each slot of the path one bucket on, the last one into `free`; returns the slot freed at the start.
    private mutating func moveAlong(_ step: Int, into free: Int) -> Int {
        var hole = free
        var position = step
        while search[position].parent >= 0 {
            let parent = Int(search[position].parent)
            let source = Int(search[parent].bucket) * CredentialTable.slotsPerBucket + Int(search[position].slot)
            tag(hole).pointee = tag(source).pointee
            content(hole).pointee = content(source).pointee
            people(hole).update(from: people(source), count: 6)
            tag(source).pointee = 0
            hole = source
            position = parent
        }
        return hole
    }

    private static func tag(_ credential: Credential, hash: KeyedHash) -> UInt64 {
        (hash.low & hashMask) | UInt64(credential.usesLeft) << 48 | UInt64(credential.status.rawValue) << 56
            | (credential.pin != nil ? pinBit : 0)
    }

    private static func content(_ credential: Credential, profile: UInt16) -> UInt64 {
        UInt64(storedMinute(credential.validFromMinute)) | UInt64(storedMinute(credential.validUntilMinute)) << 25
            | UInt64(profile) << 50
    }

    // 0 stays "no limit"; a moment before 2020 is kept as its first minute; one beyond the range as no limit.
    private static func storedMinute(_ minute: UInt32) -> UInt32 {
        guard minute != 0 else { return 0 }
        guard minute > epochMinute else { return 1 }
        return minute - epochMinute > minuteLimit ? 0 : minute - epochMinute
    }

    private static func minute(_ stored: UInt32) -> UInt32 { stored == 0 ? 0 : stored + epochMinute }

    private mutating func write(
        _ credential: Credential, hash: KeyedHash, profile: UInt16, list: UInt64, at slot: Int
    ) {
        tag(slot).pointee = CredentialTable.tag(credential, hash: hash) | list
        content(slot).pointee = CredentialTable.content(credential, profile: profile)
        let person = people(slot)
        let pin = credential.pin?.value ?? 0
        for byte in 0..<3 {
            person[byte] = UInt8(truncatingIfNeeded: credential.holder >> UInt32(8 * byte))
            person[3 + byte] = UInt8(truncatingIfNeeded: pin >> UInt32(8 * byte))
        }
    }

    private func holds(_ credential: Credential, hash: KeyedHash, profile: UInt16, at slot: Int) -> Bool {
        guard tag(slot).pointee & ~CredentialTable.listMask == CredentialTable.tag(credential, hash: hash) else {
            return false
        }
        guard content(slot).pointee == CredentialTable.content(credential, profile: profile) else { return false }
        let person = people(slot)
        let pin = credential.pin?.value ?? 0
        for byte in 0..<3 {
            if person[byte] != UInt8(truncatingIfNeeded: credential.holder >> UInt32(8 * byte)) { return false }
            if person[3 + byte] != UInt8(truncatingIfNeeded: pin >> UInt32(8 * byte)) { return false }
        }
        return true
    }

    private mutating func setStatus(_ status: CredentialStatus, at slot: Int) {
        tag(slot).pointee = tag(slot).pointee & ~(3 << 56) | UInt64(status.rawValue) << 56
    }
}
