import AccessControl
import Cryptography
import FixedMemory
import WardenMessages

/// The transfer of credentials that is under way: a whole new list, or changes to the one that holds. Nothing of it opens
/// a door before it is committed, and then all of it does.
struct CredentialTransfers: ~Copyable {
    /// Changes to the list that holds, in one transfer; with more of them the whole list is sent.
    static var changeLimit: Int { 512 }
    /// Buckets of the table that are swept before a transfer begins, so that a small board need not be asked twice.
    private static var sweepAtBegin: Int { 1_024 }

    /// One change, and what was there before it while a commit may still have to be taken back.
    struct Change: BitwiseCopyable {
        var hash: KeyedHash
        /// `nil` removes.
        var credential: AccessControl.Credential?
        var before: AccessControl.Credential?
    }

    private enum Kind: BitwiseCopyable {
        case none
        /// Staged in the table itself.
        case replacement
        /// Kept here until they are committed.
        case changes
    }

    private var kind = Kind.none
    private var begin = CredentialBegin()
    private var received: UInt32 = 0
    private var changes = FixedArray<Change>(capacity: changeLimit)

    init() {}

    /// Does a step of a transfer.
    mutating func take(_ transfer: CredentialTransfer, _ table: inout CredentialTable) -> CredentialState {
        let result: CommandResult
        switch transfer.step {
        case .begin(let begin)?: result = self.begin(begin, &table)
        case .chunk(let chunk)?: result = receive(chunk, &table)
        case .commit?: result = commit(&table)
        case .query?: result = .done
        case nil: result = .outOfRange
        }
        return CredentialState(
            result: result, version: table.version, received: received, count: UInt32(table.count),
            capacity: UInt32(table.capacity))
    }

    /// Whether a transfer has begun that is neither committed nor dropped.
    var isUnderWay: Bool { if case .none = kind { false } else { true } }

    private mutating func drop(_ table: inout CredentialTable) {
        table.abandonReplacement()
        changes.removeAll()
        kind = .none
        received = 0
    }

    private mutating func begin(_ begin: CredentialBegin, _ table: inout CredentialTable) -> CommandResult {
        drop(&table)
        guard begin.version > table.version else { return .refused }
        if begin.isWhole {
            table.maintain(buckets: CredentialTransfers.sweepAtBegin)
            let outcome = table.beginReplacement(version: begin.version, count: Int(begin.changes))
            guard outcome == .done else { return CredentialTransfers.result(outcome) }
            kind = .replacement
        } else {
            guard begin.baseVersion == table.version else { return .refused }
            guard begin.changes <= UInt32(CredentialTransfers.changeLimit) else { return .outOfRange }
            kind = .changes
        }
        self.begin = begin
        return .done
    }

    private mutating func receive(_ chunk: CredentialChunk, _ table: inout CredentialTable) -> CommandResult {
        if case .none = kind { return .refused }
        // What was received before is left alone, so that a chunk may be sent again; a hole is never filled.
        guard chunk.offset <= received else { return .refused }
        for index in Int(received - chunk.offset)..<max(Int(received - chunk.offset), chunk.changes.count) {
            let result = receive(chunk.changes[index], &table)
            guard result == .done else {
                drop(&table)
                return result
            }
            received += 1
        }
        return .done
    }

    private mutating func receive(_ entry: CredentialChange, _ table: inout CredentialTable) -> CommandResult {
        guard received < begin.changes else { return .refused }
        let hash: KeyedHash
        var credential: AccessControl.Credential?
        switch entry.change {
        case .put(let put)?:
            guard let found = KeyedHash(put.hash.span) else { return .outOfRange }
            guard put.validUntil == 0 || put.validUntil > put.validFrom else { return .outOfRange }
            if case .unrecognised = put.status { return .outOfRange }
            hash = found
            credential = DoorTranslation.credential(put)
        case .remove(let remove)?:
            guard let found = KeyedHash(remove.span) else { return .outOfRange }
            hash = found
        case nil: return .outOfRange
        }
        if case .changes = kind {
            return changes.append(Change(hash: hash, credential: credential, before: nil)) ? .done : .outOfRange
        }
        // From a list that begins empty there is nothing to remove.
        guard let credential else { return .outOfRange }
        return CredentialTransfers.result(table.stage(hash, credential))
    }

    private mutating func commit(_ table: inout CredentialTable) -> CommandResult {
        let kind = kind
        let version = begin.version
        if case .none = kind { return .refused }
        guard received == begin.changes else {
            drop(&table)
            return .refused
        }
        let outcome: CredentialTable.Outcome
        if case .replacement = kind {
            outcome = table.commitReplacement()
        } else {
            outcome = apply(&table)
            if outcome == .done { table.adopt(version: version) }
        }
        drop(&table)
        return CredentialTransfers.result(outcome)
    }

    /// Makes every change, or none: what cannot be made takes those before it back.
    private mutating func apply(_ table: inout CredentialTable) -> CredentialTable.Outcome {
        for index in changes.indices {
            let hash = changes[index].hash
            changes[index].before = table.credential(hash)
            let outcome = CredentialTransfers.put(changes[index].credential, hash, &table)
            guard outcome == .done else {
                for earlier in stride(from: index - 1, through: 0, by: -1) {
                    _ = CredentialTransfers.put(changes[earlier].before, changes[earlier].hash, &table)
                }
                return outcome
            }
        }
        return .done
    }

    private static func put(
        _ credential: AccessControl.Credential?, _ hash: KeyedHash, _ table: inout CredentialTable
    ) -> CredentialTable.Outcome {
        if let credential { return table.upsert(hash, credential) }
        // One that is not there is as removed as it can be.
        let outcome = table.remove(hash)
        return outcome == .notFound ? .done : outcome
    }

    private static func result(_ outcome: CredentialTable.Outcome) -> CommandResult {
        switch outcome {
        case .done: .done
        case .busy: .busy
        case .duplicate, .holderOutOfRange: .outOfRange
        case .full, .noRoomForChanges, .tooManyProfiles, .noReplacement, .countDiffers, .notFound, .versionNotNewer:
            .refused
        }
    }
}

extension CredentialBegin {
    /// A list in place of the one before, not changes to it.
    var isWhole: Bool { baseVersion == 0 && !ontoImage }
}
