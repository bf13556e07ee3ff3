import Authority
import FixedMemory
import HardwareInterface
import WardenLink
import WardenMessages

/// A board without hardware for clients to speak to: two doors, a thermometer, events for everything that is done, and
/// each service with its state in memory.
struct PeerBoard: LinkSubject, ~Copyable {
    private struct Place {
        var name: [UInt8]
        var classes: UInt32
        var acknowledged: UInt64
        var handed: UInt64
        var isOpen = true
    }

    var now = Instant.start
    private var clockSet = WallClock.unset
    private var clockSetAt = Instant.start
    private var events: [Event] = []
    private var places: [Place] = []
    private var isReleased = [false, false]
    private var credentials: [[UInt8]: Credential] = [:]
    private var credentialVersion: UInt64 = 0
    private var staged: (begin: CredentialBegin, changes: [CredentialChange])? = nil
    private var image = ImageState(generation: 1)
    var readerFile = ReaderFileState()
    private var imageBegin = ImageBegin()
    private var imageBytes: [UInt8] = []
    /// Bytes of the recorder; the first 1,000 are no longer kept.
    private let recorder: [UInt8] = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }

    init(events count: Int) {
        for number in 0..<count {
            publish(.door(DoorChange(door: UInt32(number % 2))), class: number % 10 == 0 ? .alarm : .access)
        }
    }

    private mutating func publish(_ body: Event.Body, class eventClass: EventClass) {
        events.append(
            Event(
                sequence: UInt64(events.count + 1), monotonicNs: UInt64(now.nanoseconds),
                unixMs: wallClock.unixMilliseconds,
                clockTrust: WardenMessages.ClockTrust(rawValue: Int32(wallClock.trust.rawValue)), class: eventClass,
                body: body))
    }

    // MARK: States

    var wallClock: WallClock {
        guard clockSet.trust != .unset else { return clockSet }
        return WallClock(
            unixMilliseconds: clockSet.unixMilliseconds + (now - clockSetAt).milliseconds, trust: clockSet.trust)
    }

    var boardStatus: BoardStatus {
        BoardStatus(
            name: "peer", generation: image.generation, uptimeNs: UInt64(now.nanoseconds), doors: 2,
            lastSequence: lastEventSequence, eventsKept: UInt32(events.count), eventCapacity: 65_536,
            credentials: UInt32(credentials.count), credentialCapacity: 50_000, version: "peer 1")
    }

    func doorStatus(at index: Int) -> DoorStatus? {
        guard index < 2 else { return nil }
        return DoorStatus(
            index: UInt32(index), name: index == 0 ? "front door" : "cellar",
            state: isReleased[index] ? .released : .secured, released: isReleased[index], open: false)
    }

    func pointStatus(at index: Int) -> PointStatus? {
        guard index < 2 else { return nil }
        let tenths = Int32(truncatingIfNeeded: now.nanoseconds / 100_000_000)
        return PointStatus(
            index: UInt32(index), name: index == 0 ? "hall temperature" : "smoke", value: 20_000 + tenths % 100,
            unit: index == 0 ? 2 : 6)
    }

    func detectorStatus(at index: Int) -> DetectorStatus? {
        index < 1 ? DetectorStatus(index: 0, name: "hall smoke") : nil
    }

    func lineStatus(at index: Int) -> LineStatus? {
        guard index < 2 else { return nil }
        return LineStatus(
            index: UInt32(index), name: index == 0 ? "front lock" : "cellar lock", output: true,
            active: !isReleased[index], available: true)
    }

    func readerStatus(at index: Int) -> ReaderStatus? { index < 1 ? ReaderStatus(name: "street", online: true) : nil }

    func counterStatus(at index: Int) -> CounterStatus? {
        index < 1 ? CounterStatus(name: "events", value: UInt64(events.count), capacity: 65_536) : nil
    }

    // MARK: Events

    var firstEventSequence: UInt64 { 1 }
    var lastEventSequence: UInt64 { UInt64(events.count) }
    func event(at sequence: UInt64) -> Event? {
        sequence >= 1 && sequence <= lastEventSequence ? events[Int(sequence) - 1] : nil
    }

    mutating func openReader(_ name: FixedBytes<16>, classes: UInt32, fromOldest: Bool) -> LinkReader? {
        let name = name.span.indices.map { name[$0] }
        if let index = places.firstIndex(where: { $0.name == name }) {
            guard !places[index].isOpen else { return nil }
            places[index].isOpen = true
            places[index].handed = places[index].acknowledged
            return LinkReader(UInt8(index))
        }
        guard places.count < 64 else { return nil }
        let start = fromOldest ? 0 : lastEventSequence
        places.append(Place(name: name, classes: classes, acknowledged: start, handed: start))
        return LinkReader(UInt8(places.count - 1))
    }

    mutating func closeReader(_ reader: LinkReader, forget: Bool) {
        places[Int(reader.value)].isOpen = false
        if forget { places[Int(reader.value)].name = [] }
    }

    func place(of reader: LinkReader) -> Subscribed {
        let place = places[Int(reader.value)]
        return Subscribed(acknowledgedSequence: place.acknowledged, waiting: lastEventSequence - place.handed)
    }

    mutating func readEvent(_ reader: LinkReader) -> Event? {
        let index = Int(reader.value)
        while places[index].handed < lastEventSequence {
            places[index].handed += 1
            let event = events[Int(places[index].handed) - 1]
            let bit = UInt32(1) << UInt32(bitPattern: event.class.rawValue)
            if places[index].classes == 0 || places[index].classes & bit != 0 { return event }
        }
        return nil
    }

    mutating func acknowledge(_ reader: LinkReader, through sequence: UInt64) {
        let index = Int(reader.value)
        places[index].acknowledged = max(places[index].acknowledged, min(sequence, places[index].handed))
    }

    // MARK: Commands

    mutating func execute(_ command: Authorised<Command>) -> CommandAnswer {
        let answer = perform(command.action)
        audit(command.action, command.actor, answer.result)
        return answer
    }

    private mutating func perform(_ command: Command) -> CommandAnswer {
        switch command.kind {
        case .doorUnlock, .doorFree, .doorLock, .doorRestore:
            guard command.target < 2 else { return CommandAnswer(result: .unknownTarget) }
            isReleased[Int(command.target)] = command.kind == .doorUnlock || command.kind == .doorFree
            publish(.door(DoorChange(door: command.target)), class: .access)
            return CommandAnswer()
        default: return CommandAnswer(result: .refused, reason: 1)
        }
    }

    private mutating func audit(_ command: Command, _ actor: Actor, _ result: CommandResult) {
        publish(
            .command(
                CommandAudit(
                    actor: actor, command: UInt32(bitPattern: command.kind.rawValue), target: command.target,
                    result: result)), class: .audit)
    }

    mutating func refused(_ command: Command, by actor: Actor, with result: CommandResult) {
        audit(command, actor, result)
    }

    // MARK: Services

    mutating func setClock(_ setting: Authorised<ClockSetting>) -> CommandResult {
        let setting = setting.action
        guard Int64(clamping: setting.atMonotonicNs) <= now.nanoseconds else { return .outOfRange }
        clockSetAt = Instant(nanoseconds: Int64(setting.atMonotonicNs))
        clockSet = WallClock(unixMilliseconds: setting.unixMs, trust: .synchronised)
        publish(.system(SystemChange(kind: .clockSet)), class: .system)
        return .done
    }

    mutating func setLogLevel(_ setting: Authorised<LogLevelSetting>) -> CommandResult { .done }

    mutating func transferCredentials(_ transfer: Authorised<CredentialTransfer>) -> CredentialState {
        var result = CommandResult.done
        switch transfer.action.step {
        case .begin(let begin)?:
            let fits = begin.baseVersion == 0 || begin.baseVersion == credentialVersion
            if fits && begin.version > credentialVersion { staged = (begin, []) } else { result = .refused }
        case .chunk(let chunk)?:
            guard var transfer = staged, Int(chunk.offset) <= transfer.changes.count else {
                result = .refused
                break
            }
            let known = transfer.changes.count - Int(chunk.offset)
            for index in chunk.changes.indices where index >= known { transfer.changes.append(chunk.changes[index]) }
            staged = transfer
        case .commit?:
            guard let transfer = staged, transfer.changes.count == Int(transfer.begin.changes) else {
                result = .refused
                break
            }
            if transfer.begin.baseVersion == 0 { credentials.removeAll() }
            for change in transfer.changes {
                switch change.change {
                case .put(let credential)?:
                    credentials[credential.hash.span.indices.map { credential.hash[$0] }] = credential
                case .remove(let hash)?: credentials[hash.span.indices.map { hash[$0] }] = nil
                case nil: break
                }
            }
            credentialVersion = transfer.begin.version
            staged = nil
        case .query?: break
        case nil: result = .outOfRange
        }
        return CredentialState(
            result: result, version: credentialVersion, received: UInt32(staged?.changes.count ?? 0),
            count: UInt32(credentials.count), capacity: 50_000)
    }

    mutating func transferImage(_ transfer: Authorised<ImageTransfer>) -> ImageState {
        image.result = .done
        switch transfer.action.step {
        case .begin(let begin)?:
            if begin != imageBegin || image.phase == .none { imageBytes = [] }
            imageBegin = begin
            image.phase = .receiving
            image.size = begin.size
        case .chunk(let chunk)?:
            guard image.phase == .receiving, Int(chunk.offset) == imageBytes.count else {
                image.result = .refused
                break
            }
            for index in chunk.data.span.indices { imageBytes.append(chunk.data[index]) }
        case .action(let action)?:
            switch action {
            case .apply where image.phase == .staged: image.phase = .trial
            case .confirm where image.phase == .trial:
                image.phase = .none
                image.generation += 1
            case .rollBack where image.phase == .trial, .drop: image.phase = .none
            case .query: break
            default: image.result = .refused
            }
        case nil: image.result = .outOfRange
        }
        if image.phase == .receiving && imageBytes.count == Int(image.size) {
            let isWhole = Checksum.crc32c(imageBytes.span) == imageBegin.checksum
            image.phase = isWhole ? .staged : .none
            if !isWhole { image.result = .refused }
        }
        image.received = UInt32(imageBytes.count)
        image.trialMs = image.phase == .trial ? 60_000 : 0
        return image
    }

    /// A reader that takes 200 bytes at a time, and finds a file that begins with 0xFF malformed.
    mutating func transferReaderFile(_ transfer: Authorised<ReaderFileTransfer>) -> ReaderFileState {
        readerFile.result = .done
        switch transfer.action.step {
        case .begin(let begin)?:
            readerFile = ReaderFileState(phase: .sending, size: begin.size)
        case .chunk(let chunk)?:
            guard readerFile.phase == .sending, chunk.offset == readerFile.confirmed,
                chunk.data.count == Int(readerFile.wantedLength)
            else {
                readerFile.result = .outOfRange
                break
            }
            if chunk.offset == 0, chunk.data[0] == 0xFF { readerFile.outcome = .malformed }
            readerFile.confirmed += UInt32(chunk.data.count)
        case .action(.cancel)?:
            readerFile.phase = .ended
            readerFile.outcome = .cancelled
        case .action?: break
        case nil: readerFile.result = .outOfRange
        }
        if readerFile.phase == .sending, readerFile.confirmed == readerFile.size { readerFile.phase = .ended }
        readerFile.wantedOffset = readerFile.confirmed
        readerFile.wantedLength = readerFile.phase == .sending ? min(200, readerFile.size - readerFile.confirmed) : 0
        return readerFile
    }

    func recorderChunk(from offset: UInt64) -> RecorderChunk? {
        let offset = max(offset, 1_000)
        guard offset < UInt64(recorder.count) else { return nil }
        var chunk = RecorderChunk(offset: offset)
        for byte in recorder[Int(offset)...].prefix(768) { chunk.data.append(byte) }
        return chunk
    }
}
