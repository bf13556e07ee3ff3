import Authority
import BoardImage
import FixedMemory
import HardwareInterface
import WardenMessages

/// What a board's store held when the board started: of its image, and of one that was being brought.
public struct StoreContents: Sendable, BitwiseCopyable {
    /// How far an image had come.
    public enum Phase: UInt8, Sendable, BitwiseCopyable {
        case none = 0
        case receiving = 1
        case staged = 2
        /// The image that runs is on trial.
        case trial = 3
    }

    public var phase = Phase.none
    /// Of the image that is being brought, staged or on trial.
    public var size: UInt32 = 0
    public var checksum: UInt32 = 0
    public var received: UInt32 = 0
    /// CRC-32C of the file of the image that runs.
    public var runningChecksum: UInt32 = 0
    public var hasPrevious = false
    /// Why the last image did not stay, and which it was; reported once if this start went back from it.
    public var fault = StoreFault.none
    public var faultChecksum: UInt32 = 0
    public var wentBack = false
    /// Who applied the image that is on trial, or that did not stay.
    public var applicant = StoreActor()
    /// Devices that were missing with the image before.
    public var missingDevices: UInt16 = 0
    /// Bytes that an image may have.
    public var sizeLimit: UInt64 = 0
    /// How long an image is on trial.
    public var trialTime = ImageTrial.standardTime
    /// The system below takes updates of itself from the store.
    public var takesUpdates = false
    /// Credentials that were kept, without the list itself.
    public var credentials = KeptCredentials()

    public init() {}
}

/// A board image on trial: healthy or not, for how long, and until when.
///
/// A board is healthy while it turns (which the trial being asked shows), no more devices are missing than were with the
/// image before, and every thread gets on with its work. The image can be confirmed once the board has been healthy for a
/// twentieth of the trial without a break; a board that has not come so far after a fifth of it goes back.
public struct ImageTrial: Sendable, BitwiseCopyable {
    public static var standardTime: Interval { .minutes(10) }

    /// What is to be done.
    public enum Verdict: Equatable, Sendable, BitwiseCopyable {
        case goOn
        case goBack(StoreFault)
    }

    private let end: Instant
    private let healthyBy: Instant
    private let healthyFor: Interval
    /// Since when the board has been healthy; `nil` while it is not.
    private var healthySince: Instant?
    /// It has been so for long enough once.
    private var hasBeenHealthy = false

    public init(at now: Instant, lasting time: Interval) {
        end = now + time
        healthyBy = now + Interval(nanoseconds: time.nanoseconds / 5)
        healthyFor = Interval(nanoseconds: time.nanoseconds / 20)
    }

    /// What is left of it.
    public func rest(at now: Instant) -> Interval { now < end ? end - now : .zero }

    /// Whether the image can be confirmed.
    public func isHealthy(at now: Instant) -> Bool { healthySince.map { now >= $0 + healthyFor } ?? false }

    /// Notes how the board is.
    public mutating func note(isHealthy: Bool, at now: Instant) -> Verdict {
        healthySince = isHealthy ? healthySince ?? now : nil
        hasBeenHealthy = hasBeenHealthy || self.isHealthy(at: now)
        if !hasBeenHealthy && now >= healthyBy { return .goBack(.notHealthy) }
        guard now >= end else { return .goOn }
        return .goBack(self.isHealthy(at: now) ? .notConfirmed : .notHealthy)
    }

    /// When the board is to be looked at again.
    public func nextLook(after now: Instant) -> Instant {
        now + Interval(nanoseconds: max(10_000_000, healthyFor.nanoseconds / 4))
    }
}

/// Board images that are brought over a link: received in pieces, checked beside the running board, tried, and confirmed or
/// given up.
///
/// Sans input and output: what is to be done on the disk are requests to the store, which a thread of its own carries out
/// while doors are served.
struct ImageUpdates: ~Copyable {
    /// Requests that wait to be handed over, and those that were.
    private static var requestLimit: Int { 16 }
    private static var headerBytes: Int { ImageEnvelope.length }

    /// Whether there is a store.
    let isOn: Bool
    private(set) var phase = ImagePhase.none
    private(set) var begin = ImageBegin()
    private(set) var received: UInt32 = 0
    private(set) var fault = StoreFault.none
    private(set) var detail = FixedBytes<160>()
    private(set) var trial: ImageTrial?
    let missingDevicesAllowed: Int
    let runningChecksum: UInt32
    private(set) var hasPrevious: Bool
    /// The file is open since this start.
    private var isOpen = false
    /// A confirmation is on its way to the disk.
    private var isConfirming = false
    /// Who last asked for something.
    var actor: StoreActor
    /// The program around the board is to start anew.
    private(set) var wantsRestart = false
    private var lookAt = Instant.never
    var requests = Ring<StoreRequest>(capacity: requestLimit)
    private let start: StoreContents

    init(_ contents: StoreContents?, at now: Instant) {
        let contents = contents ?? StoreContents()
        start = contents
        isOn = contents.runningChecksum != 0
        runningChecksum = contents.runningChecksum
        missingDevicesAllowed = Int(contents.missingDevices)
        hasPrevious = contents.hasPrevious
        actor = contents.applicant
        begin = ImageBegin(size: contents.size, checksum: contents.checksum)
        received = contents.received
        fault = contents.fault
        switch contents.phase {
        case .none: phase = .none
        case .receiving: phase = .receiving
        case .staged: phase = .staged
        case .trial:
            phase = .trial
            trial = ImageTrial(at: now, lasting: contents.trialTime)
            lookAt = now
        }
    }

    /// An image that this start went back from; `nil` if there was none.
    var failedChecksum: UInt32? { start.wentBack ? start.faultChecksum : nil }

    // MARK: What clients ask for

    mutating func take(_ transfer: ImageTransfer, by actor: StoreActor, missingDevices: Int, at now: Instant)
        -> CommandResult
    {
        guard isOn else { return .unknownCommand }
        if wantsRestart {
            if case .action(.query)? = transfer.step { return .done }
            return .busy
        }
        switch transfer.step {
        case .begin(let begin)?: return self.begin(begin, by: actor)
        case .chunk(let chunk)?: return receive(chunk)
        case .action(let action)?: return perform(action, by: actor, missingDevices: missingDevices, at: now)
        case nil: return .outOfRange
        }
    }

    private mutating func begin(_ begin: ImageBegin, by actor: StoreActor) -> CommandResult {
        switch phase {
        case .trial, .checking, .restarting, .unrecognised: return .busy
        case .staged where begin == self.begin: return .done
        case .receiving where begin == self.begin && isOpen: return .done
        case .none, .receiving, .staged: break
        }
        guard begin.size > UInt32(ImageUpdates.headerBytes) else { return .outOfRange }
        guard UInt64(begin.size) <= start.sizeLimit else {
            return refuse(.overBudget, "it is larger than the memory that the board gives an image")
        }
        guard !requests.isFull else { return .busy }
        // What came before a restart is on the disk already.
        if phase != .receiving || begin != self.begin { received = 0 }
        self.begin = begin
        self.actor = actor
        phase = .receiving
        isOpen = true
        fault = .none
        detail.removeAll()
        requests.push(StoreRequest(.imageBegin(size: begin.size, checksum: begin.checksum)))
        if received == begin.size { finish() }
        return .done
    }

    private mutating func refuse(_ fault: StoreFault, _ words: StaticString) -> CommandResult {
        self.fault = fault
        detail = FixedBytes(words)
        return .refused
    }

    private mutating func receive(_ chunk: ImageChunk) -> CommandResult {
        guard phase == .receiving, isOpen else {
            // The last chunk again, because its answer was lost.
            let isRepeated = chunk.offset < received && (phase == .checking || phase == .staged)
            return isRepeated ? .done : .refused
        }
        guard chunk.offset <= received else { return .refused }
        let end = UInt64(chunk.offset) + UInt64(chunk.data.count)
        guard end > received else { return .done }
        guard chunk.offset == received else { return .refused }
        guard end <= begin.size else { return .outOfRange }
        guard chunk.offset > 0 || ImageUpdates.beginsImage(chunk.data.span, size: begin.size) else {
            drop()
            return refuse(.damaged, "it does not begin as a board image of this size does")
        }
        // One place is left for what follows the last piece.
        guard requests.count + 2 <= ImageUpdates.requestLimit else { return .busy }
        var request = StoreRequest(.imageWrite(offset: chunk.offset))
        request.bytes.append(chunk.data.span)
        requests.push(request)
        received = UInt32(end)
        if received == begin.size { finish() }
        return .done
    }

    /// Magic and length, before anything is written; a first piece that is too short to tell passes.
    private static func beginsImage(_ bytes: Span<UInt8>, size: UInt32) -> Bool {
        guard bytes.count >= 12 else { return true }
        let magic = BoardImage.magic
        for index in 0..<8 where bytes[index] != magic.utf8Start[index] { return false }
        var length: UInt32 = 0
        for index in 0..<4 { length |= UInt32(bytes[8 + index]) << UInt32(8 * index) }
        return length == size - UInt32(ImageUpdates.headerBytes)
    }

    private mutating func finish() {
        phase = .checking
        requests.push(StoreRequest(.imageFinish))
    }

    private mutating func drop() {
        phase = .none
        isOpen = false
        received = 0
        begin = ImageBegin()
        // Whoever asks next opens the file anew, so that one request that finds no room does no harm.
        requests.push(StoreRequest(.imageDrop))
    }

    private mutating func perform(
        _ action: ImageAction, by actor: StoreActor, missingDevices: Int, at now: Instant
    ) -> CommandResult {
        guard action == .query || !requests.isFull else { return .busy }
        switch action {
        case .query: return .done
        case .apply:
            guard phase == .staged else { return phase == .checking ? .busy : .refused }
            phase = .restarting
            self.actor = actor
            let missing = UInt16(clamping: missingDevices)
            requests.push(StoreRequest(.imageApply(missingDevices: missing, actor)))
            return .started
        case .confirm:
            guard phase == .trial, let trial else { return .refused }
            guard trial.isHealthy(at: now), !isConfirming else { return .busy }
            isConfirming = true
            self.actor = actor
            requests.push(StoreRequest(.imageConfirm))
            return .started
        case .rollBack:
            guard phase == .trial && !isConfirming || phase == .none && hasPrevious else { return .refused }
            self.actor = actor
            goBack(.rolledBackByCommand)
            return .started
        case .drop:
            guard phase == .receiving || phase == .staged else { return .refused }
            self.actor = actor
            fault = .none
            detail.removeAll()
            drop()
            return .done
        case .unrecognised: return .outOfRange
        }
    }

    private mutating func goBack(_ reason: StoreFault) {
        phase = .restarting
        trial = nil
        lookAt = .never
        requests.push(StoreRequest(.imageRollBack(reason)))
    }

    // MARK: What the store answers

    /// The answer to a request.
    ///
    /// - Returns: what is to be audited, and how it ended; `nil` for nothing.
    mutating func complete(_ completion: StoreCompletion, _ words: Span<UInt8>) -> (CommandKind, CommandResult)? {
        let isDone = completion.fault == .none
        if !isDone {
            fault = completion.fault
            detail = FixedBytes(words.extracting(0..<min(words.count, 160)))
        }
        switch completion.step {
        case .imageBegin, .imageWrite:
            // Later pieces of a transfer that has failed already.
            guard !isDone, phase == .receiving || phase == .checking else { return nil }
            giveUp()
            return (.imageStage, .refused)
        case .imageFinish:
            guard phase == .checking else { return nil }
            if isDone { phase = .staged } else { giveUp() }
            return (.imageStage, isDone ? .done : .refused)
        case .imageApply:
            wantsRestart = isDone
            if !isDone { phase = .staged }
            return (.imageApply, isDone ? .done : .refused)
        case .imageConfirm:
            isConfirming = false
            guard isDone else { return (.imageConfirm, .refused) }
            phase = .none
            hasPrevious = true
            trial = nil
            lookAt = .never
            return (.imageConfirm, .done)
        case .imageRollBack:
            // A disk that takes nothing is no reason to stay: the start after this one counts on.
            wantsRestart = true
            return (.imageRollBack, isDone ? .done : .refused)
        case .imageDrop: return isDone && fault == .none ? (.imageDrop, .done) : nil
        case .credentials, .credentialsCommit, .updateBegin, .updateWrite, .updateFinish, .updateDrop, .updateLook:
            return nil
        }
    }

    private mutating func giveUp() {
        phase = .none
        isOpen = false
        received = 0
    }

    // MARK: The trial

    /// When `look` has something to do.
    var deadline: Instant { isConfirming ? .never : lookAt }

    /// Looks at how the board does with an image on trial.
    mutating func look(missingDevices: Int, isGettingOn: Bool, at now: Instant) {
        guard now >= deadline, phase == .trial, var trial, !requests.isFull else { return }
        let verdict = trial.note(
            isHealthy: isGettingOn && missingDevices <= missingDevicesAllowed, at: now)
        self.trial = trial
        lookAt = trial.nextLook(after: now)
        if case .goBack(let reason) = verdict { goBack(reason) }
    }

    // MARK: What clients are told

    func state(result: CommandResult, generation: UInt32, at now: Instant) -> ImageState {
        let isBrought = phase == .receiving || phase == .checking || phase == .staged
        return ImageState(
            result: result, phase: phase, received: isBrought ? received : 0, size: isBrought ? begin.size : 0,
            generation: generation,
            trialMs: trial.map { UInt32(clamping: max(1, $0.rest(at: now).milliseconds)) } ?? 0,
            fault: WardenMessages.ImageFault(rawValue: Int32(fault.rawValue)), detail: detail,
            checksum: runningChecksum, healthy: trial?.isHealthy(at: now) ?? false, hasPrevious: hasPrevious)
    }
}

extension BoardCore {
    mutating func transferImage(_ transfer: Authorised<ImageTransfer>) -> ImageState {
        let actor = StoreActor(
            kind: UInt8(truncatingIfNeeded: transfer.actor.kind.rawValue), index: transfer.actor.index,
            user: transfer.actor.user)
        let result = images.take(transfer.action, by: actor, missingDevices: missingDevices, at: now)
        return images.state(result: result, generation: image.header.generation, at: now)
    }

    /// Lines that are not claimed and ports that are not open.
    private var missingDevices: Int {
        var count = 0
        for index in 0..<lines.count where !lines[index].isAvailable { count += 1 }
        for index in image.ports.indices where troubles.isActive(.port, index) { count += 1 }
        return count
    }

    /// Says what became of images before this start.
    mutating func reportStore() {
        guard let checksum = images.failedChecksum else { return }
        auditImage(.imageRollBack, .done, checksum)
    }

    private mutating func auditImage(_ kind: CommandKind, _ result: CommandResult, _ checksum: UInt32) {
        let actor = Actor(
            kind: ActorKind(rawValue: Int32(images.actor.kind)), index: images.actor.index, user: images.actor.user)
        audit(Command(kind: kind, target: checksum), actor, result)
    }

    /// The store has answered.
    mutating func storeCompleted(_ completion: StoreCompletion, _ words: Span<UInt8>) {
        if completion.step == .credentials || completion.step == .credentialsCommit {
            credentialsKept(completion)
            return
        }
        updateCompleted(completion, words)
        guard let (kind, result) = images.complete(completion, words) else { return }
        let isAboutRunning = kind == .imageConfirm || kind == .imageRollBack
        auditImage(kind, result, isAboutRunning ? images.runningChecksum : images.begin.checksum)
    }

    /// Hands out what is to be done on the disk, and looks at an image on trial.
    mutating func serveStore<Board: Hardware & ~Copyable>(on hardware: inout Board) {
        guard images.isOn else { return }
        if now >= images.deadline {
            images.look(missingDevices: missingDevices, isGettingOn: hardware.isGettingOn, at: now)
        }
        while let request = keeping.requests.first, hardware.submit(request) { _ = keeping.requests.pop() }
        while let request = images.requests.first, hardware.submit(request) { _ = images.requests.pop() }
        while let request = updates.requests.first, hardware.submit(request) { _ = updates.requests.pop() }
    }

    /// When `serveStore` has something to do though nothing arrives.
    var storeDeadline: Instant { images.deadline }

    /// When journal or store have something to do though nothing arrives.
    var keepingDeadline: Instant { min(journalDeadline, storeDeadline) }
}
