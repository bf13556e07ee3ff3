import BoardImage
import Cryptography
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import WardenMessages

/// What the runtime is told about the journal's medium.
public struct JournalMedium: Sendable, BitwiseCopyable {
    /// The smallest medium: the state store of the smallest board, and two segments for each class of events.
    public static var smallest: Int64 { 4 << 20 }
    public static var standard: Int64 { 64 << 20 }

    /// Bytes of the file or partition.
    public var byteCount: Int64
    /// How the medium is laid out already; `nil` if it is new or its superblock cannot be read.
    public var existing: MediumLayout?
    /// What a new journal is to be known by; from a random source.
    public var identity: JournalIdentity

    public init(byteCount: Int64, existing: MediumLayout? = nil, identity: JournalIdentity) {
        self.byteCount = byteCount
        self.existing = existing
        self.identity = identity
    }

    /// Bytes of a new medium that are the flight recorder's: a quarter, where that leaves enough for the journal.
    private static func recorderBytes(_ byteCount: Int64) -> Int64 {
        byteCount < 2 * smallest ? 0 : min(byteCount / 4, 32 << 20)
    }

    /// Where on the medium the flight recorder writes; `nil` if the journal leaves no room.
    func recordingArea(_ journal: borrowing EventJournal) -> RecordingArea? {
        guard journal.hasMedium else { return nil }
        let layout = journal.mediumLayout
        return RecordingArea(behind: layout.usedBytes, of: byteCount, pageBytes: layout.blockBytes)
    }

    /// Values of the state store that a board is given room for.
    static func stateEntries(_ image: borrowing BoardImage) -> Int { image.memoryBudget.amount(.keptValues) }

    /// Shares the image's events over the classes: what must be kept longest gets as much as what comes most often.
    static func capacities(_ image: borrowing BoardImage) -> JournalCapacities {
        let bytesEach = 72
        let share = max(1_024, Int(image.capacities.events) * bytesEach / JournalClass.count)
        return JournalCapacities(memoryBytes: PerClass(repeating: share))
    }

    /// The journal of a board on this medium; `nil` if it cannot lie there.
    func journal(_ image: borrowing BoardImage, _ hashKey: HashKey) -> EventJournal? {
        var capacities = JournalMedium.capacities(image)
        capacities.stateEntries = JournalMedium.stateEntries(image)
        var layout = existing
        if let existing {
            guard let held = existing.stateEntryLimit(readers: capacities.readers) else { return nil }
            capacities.stateEntries = min(capacities.stateEntries, held)
        } else {
            layout = MediumLayout(
                mediumBytes: byteCount - JournalMedium.recorderBytes(byteCount),
                segmentBlocks: byteCount >= 16 << 20 ? 64 : 16, capacities: capacities)
        }
        guard let layout,
            var configuration = MediumConfiguration(
                layout: layout, key: MediumConfiguration.chainKey(from: hashKey), identity: identity,
                reservedSegments: MediumConfiguration.standardReserve(layout))
        else { return nil }
        configuration.otherPages = BoardRecording.pages + BoardRecording.readingPages
        return EventJournal(capacities: capacities, medium: configuration)
    }
}

/// What can be wrong with the journal, as the places of its troubles.
enum JournalTrouble {
    /// The medium itself; the code is its `MediumCondition`.
    static var medium: Int { 0 }
    /// Part of the medium is worn out or damaged, and the journal has gone round it.
    static var worn: Int { 1 }
    /// Somebody without the key changed the medium.
    static var forged: Int { 2 }
    /// The state store has no room for another value.
    static var stateStoreFull: Int { 3 }
    /// Credentials that were sent hold, and are gone with the next start: the store does not take them.
    static var credentialsNotKept: Int { 4 }
    /// Credentials that were kept are damaged; those of the image hold.
    static var credentialsDamaged: Int { 5 }
    /// Credentials that were kept do not fit the image; its own hold.
    static var credentialsUnfit: Int { 6 }

    /// Codes of the others, beyond those of `MediumCondition`.
    static func code(of place: Int) -> UInt8 { UInt8(15 + place) }
}

// The journal's traffic with its medium: requests go out after everything that is urgent, answers come as inputs.
extension BoardCore {
    /// Requests that one turn hands to the medium at the most.
    private static var mediumRequests: Int { 16 }
    /// How long a medium that has no room for a request is left alone.
    private static var mediumPause: Interval { .milliseconds(5) }
    /// How long a medium may take to be read before that is a trouble.
    private static var openingPatience: Interval { .seconds(10) }

    /// When `serveMedium` has something to do though nothing arrives.
    var journalDeadline: Instant {
        guard journal.hasMedium else { return .never }
        if refusedMediumRequest != nil { return mediumRetryAt }
        let other = isStateRestored ? learningDueAt : isMediumLate ? .never : .start + BoardCore.openingPatience
        return min(journal.nextDeadline, min(other, recording.flight.deadline))
    }

    /// Whether what is recorded is durable soon: then nobody outside is told of it before that. A medium in trouble is not
    /// waited for; what is told then may be unknown to the board after a power cut.
    var isMediumKeepingUp: Bool {
        guard journal.hasMedium else { return false }
        switch journal.status(at: now).medium {
        case .healthy: return true
        case .opening: return !isMediumLate
        case .none, .slow, .readOnly, .full, .failing, .foreign, .wrongKey, .otherLayout: return false
        }
    }

    /// The answer to a request came.
    mutating func mediumCompleted(_ completion: MediumCompletion) {
        guard journal.hasMedium else { return }
        if completion.token == RecordingReading.token {
            recording.reading.complete(completion.outcome)
        } else if completion.token >= EventJournal.tokenLimit {
            recording.flight.complete(completion.outcome, at: now)
        } else {
            journal.complete(completion, at: now)
        }
    }

    /// Hands out what the journal wants done on its medium, and notes how it does.
    mutating func serveMedium<Board: Hardware & ~Copyable>(on hardware: inout Board) {
        guard journal.hasMedium else { return }
        keepLearning()
        for _ in 0..<BoardCore.mediumRequests {
            guard let request = refusedMediumRequest ?? journal.nextRequest(at: now) else { break }
            refusedMediumRequest = nil
            guard hardware.submit(request) else {
                refusedMediumRequest = request
                mediumRetryAt = now + BoardCore.mediumPause
                break
            }
        }
        if !isStateRestored, journal.isOpen {
            recordKept()
            restoreState()
        }
        serveRecorder(on: &hardware)
        serveReading(on: &hardware)
        noteMedium()
    }

    /// Hands out what the flight recorder wants written, behind whatever the journal wants.
    private mutating func serveRecorder<Board: Hardware & ~Copyable>(on hardware: inout Board) {
        guard recording.mode == .recording, isStateRestored else { return }
        keepRecorderPlace()
        guard refusedMediumRequest == nil,
            let request = recording.flight.nextRequest(at: now, token: EventJournal.tokenLimit)
        else { return }
        if !hardware.submit(request) { recording.flight.refused(at: now) }
    }

    /// Hands out what somebody wants to read back of the recording.
    private mutating func serveReading<Board: Hardware & ~Copyable>(on hardware: inout Board) {
        guard refusedMediumRequest == nil, let page = recording.reading.takeWanted() else { return }
        let request = MediumRequest(
            token: RecordingReading.token, operation: .read, page: readingPage,
            offset: recording.flight.offset(ofPage: page))
        guard !hardware.submit(request) else { return }
        refusedMediumRequest = request
        mediumRetryAt = now + BoardCore.mediumPause
    }

    private var readingPage: UInt16 { UInt16(journal.otherPages + BoardRecording.pages) }

    private mutating func noteMedium() {
        let status = journal.status(at: now)
        isMediumLate = isMediumLate || now >= .start + BoardCore.openingPatience
        let isTrouble =
            switch status.medium {
            case .healthy, .none: false
            case .opening: isMediumLate
            case .slow, .readOnly, .full, .failing, .foreign, .wrongKey, .otherLayout: true
            }
        setJournalTrouble(JournalTrouble.medium, isActive: isTrouble, code: status.medium.rawValue)
        if status.isOneCopyBad || status.badSegments > 0 || status.damagedBlocks > 0 {
            noteTrouble(JournalTrouble.worn)
        }
        if status.forgedBlocks > 0 { noteTrouble(JournalTrouble.forged) }
    }

    mutating func noteTrouble(_ place: Int) {
        setJournalTrouble(place, isActive: true, code: JournalTrouble.code(of: place))
    }
}
