import AccessControl
import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// Credentials that a board keeps over restarts, as its store has them at the start.
public struct KeptCredentials: Sendable, BitwiseCopyable {
    /// Why none are taken up though some were kept.
    public enum Trouble: UInt8, Sendable, BitwiseCopyable {
        case none = 0
        /// What was kept is not what was written, or was hashed with another key.
        case damaged = 1
        /// They do not fit the image: it has less room, or other limits.
        case unfit = 2
    }

    public var trouble = Trouble.none
    /// Version of the list, its bytes and their CRC-32C.
    public var version: UInt64 = 0
    public var length: UInt64 = 0
    public var checksum: UInt32 = 0

    public init() {}
}

/// A list of credentials as the store keeps it.
struct KeptList: Equatable, BitwiseCopyable {
    /// 0 for none: those of the image are in force.
    var version: UInt64 = 0
    /// Bytes of the steps that brought it, each behind its length in two bytes, and their CRC-32C.
    var length: UInt64 = 0
    var checksum: UInt32 = 0

    /// One more step is kept.
    mutating func add(_ step: Span<UInt8>) {
        checksum = Checksum.crc32c(UInt8(truncatingIfNeeded: step.count), continuing: checksum)
        checksum = Checksum.crc32c(UInt8(truncatingIfNeeded: step.count >> 8), continuing: checksum)
        checksum = Checksum.crc32c(step, continuing: checksum)
        length += UInt64(step.count) + 2
    }
}

/// Hands every step of a transfer of credentials to the store, so that what holds now holds after a restart too.
struct CredentialKeeping: ~Copyable {
    /// Bytes that are kept at the most: with more changes than that the whole list is sent again.
    static var byteLimit: UInt64 { 64 << 20 }
    private static var requestLimit: Int { 16 }

    /// Whether there is a store.
    let isOn: Bool
    /// What this start took up.
    let taken: KeptCredentials
    /// The list that is on the disk, and how far a transfer on its way there has come.
    private(set) var kept: KeptList
    private var next: KeptList
    var requests = Ring<StoreRequest>(capacity: requestLimit)
    /// Lists whose commits are on their way to the disk, oldest first.
    private var committing = Ring<KeptList>(capacity: requestLimit)
    /// The last transfer was not kept.
    private(set) var hasFailed = false

    init(isOn: Bool, taken: KeptCredentials) {
        self.isOn = isOn
        self.taken = taken
        let holds = taken.trouble == .none
        kept =
            holds
            ? KeptList(version: taken.version, length: taken.length, checksum: taken.checksum)
            : KeptList()
        next = kept
    }

    /// Why a step cannot be taken; `nil` if it can.
    func refusal(of transfer: CredentialTransfer) -> CommandResult? {
        guard isOn else { return nil }
        switch transfer.step {
        case .query?, nil: return nil
        case .begin(let begin)?:
            if requests.isFull { return .busy }
            // Changes go behind what is kept: there must be a list, if it is not the image's, and room.
            guard !begin.isWhole else { return nil }
            return begin.baseVersion == kept.version && kept.length < CredentialKeeping.byteLimit
                ? nil
                : isCommitting ? .busy : .refused
        case .chunk?, .commit?: return requests.isFull ? .busy : nil
        }
    }

    /// Whether so many steps can be kept now.
    func hasRoom(for steps: Int) -> Bool { !isOn || requests.count + steps <= requests.capacity }

    private var isCommitting: Bool { committing.count > 0 }

    /// Keeps a step that was taken.
    mutating func keep(_ transfer: CredentialTransfer, version: UInt64) {
        guard isOn else { return }
        var request: StoreRequest
        switch transfer.step {
        case .begin(let begin)?:
            // Changes to the image's list are the beginning of what is kept.
            let isWhole = begin.baseVersion == 0
            next = isWhole ? KeptList() : kept
            request = StoreRequest(.credentialsBegin(isWhole: isWhole))
        case .chunk?: request = StoreRequest(.credentialsStep)
        case .commit?:
            request = StoreRequest(.credentialsCommit(version: version))
        case .query?, nil: return
        }
        transfer.encode(into: &request.bytes)
        next.add(request.bytes.span)
        if case .commit? = transfer.step {
            next.version = version
            committing.push(next)
        }
        requests.push(request)
    }

    /// The store has answered.
    mutating func complete(_ completion: StoreCompletion) {
        guard completion.step == .credentialsCommit, let list = committing.pop() else { return }
        hasFailed = completion.fault != .none
        if completion.fault == .none { kept = list }
    }
}

extension CredentialTransfers {
    /// Takes up a list that was kept: the steps that brought it, each behind its length in two bytes.
    ///
    /// - Returns: `false` if it does not fit the table; the table is then to be filled anew.
    mutating func restore(_ kept: Span<UInt8>, _ table: inout CredentialTable) -> Bool {
        var reader = ByteReader(kept)
        while !reader.isAtEnd {
            guard let transfer = CredentialTransfers.next(&reader), take(transfer, &table).result == .done else {
                return false
            }
        }
        return table.version != 0
    }

    @_lifetime(reader: copy reader)
    private static func next(_ reader: inout ByteReader) -> CredentialTransfer? {
        guard let length = try? reader.littleEndian(UInt16.self) else { return nil }
        do throws(ByteReader.Truncated) {
            let step = try reader.bytes(Int(length))
            return try? CredentialTransfer(decoding: step)
        } catch {
            return nil
        }
    }
}

extension BoardCore {
    mutating func transferCredentials(_ transfer: Authorised<CredentialTransfer>) -> CredentialState {
        if let refusal = keeping.refusal(of: transfer.action) {
            var state = credentialTransfers.take(
                CredentialTransfer(step: .query(CredentialQuery())), &access.credentials)
            state.result = refusal
            return told(state)
        }
        let state = takeStep(transfer.action)
        // What was received changes nothing; what is committed does.
        if case .commit? = transfer.action.step {
            let version = UInt32(truncatingIfNeeded: state.version)
            audit(Command(kind: .credentialsChange, target: version), transfer.actor, state.result)
        }
        return told(state)
    }

    /// Takes a step that can be kept: records it, does it, keeps it.
    mutating func takeStep(_ step: CredentialTransfer) -> CredentialState {
        if beginsRecord() {
            step.encode(into: &recording.content)
            endRecord(.credentials)
        }
        let state = credentialTransfers.take(step, &access.credentials)
        if state.result == .done { keeping.keep(step, version: state.version) }
        return state
    }

    private func told(_ state: CredentialState) -> CredentialState {
        var state = state
        state.keptVersion = keeping.kept.version
        state.keeps = keeping.isOn
        return state
    }

    /// Says with which credentials this start began.
    mutating func recordKeptCredentials() {
        guard keeping.isOn else { return }
        if keeping.taken.trouble == .none, keeping.taken.version != 0, beginsRecord() {
            recording.content.appendVarint(keeping.taken.version)
            recording.content.appendVarint(keeping.taken.length)
            recording.content.appendLittleEndian(keeping.taken.checksum)
            endRecord(.credentialsRestored)
        }
        switch keeping.taken.trouble {
        case .none: break
        case .damaged: noteTrouble(JournalTrouble.credentialsDamaged)
        case .unfit: noteTrouble(JournalTrouble.credentialsUnfit)
        }
    }

    /// The store has answered about credentials.
    mutating func credentialsKept(_ completion: StoreCompletion) {
        keeping.complete(completion)
        setJournalTrouble(
            JournalTrouble.credentialsNotKept, isActive: keeping.hasFailed,
            code: JournalTrouble.code(of: JournalTrouble.credentialsNotKept))
    }
}
