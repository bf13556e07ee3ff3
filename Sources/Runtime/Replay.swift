import AccessControl
import Authority
import BoardImage
import Console
import Cryptography
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import WardenMessages

/// Takes what a board decides while a recording is played back.
public protocol ReplaySink: ~Copyable {
    /// An output was driven to another level.
    mutating func driven(_ line: LineIndex, isActive: Bool, at moment: Instant, on board: borrowing Replay)
    /// Something was recorded in the journal.
    mutating func recorded(_ event: Event, on board: borrowing Replay)
}

/// A recording played back: the decisions of a board, told the same at the same moments as the board in the field, held
/// byte for byte against the decisions that it recorded.
///
/// Needs no key: cards are keyed hashes in recording and image alike.
public struct Replay: ~Copyable {
    /// Where the decisions part.
    public enum Difference: Equatable {
        /// The board recorded another decision than is made now, at this moment.
        case decision(Instant)
        /// A record that this version does not know, or that says what cannot be.
        case unknownRecord(Instant)
        /// The board began with credentials that it had kept, and the recording holds none, or others.
        case otherCredentials(Instant)
        /// A page is damaged or missing.
        case damagedPage(Int)
        /// Decisions were the same so far, but what is known now is not what the board knew.
        case state(Instant)
        /// The recording begins with a key frame that another version of the program wrote.
        case otherVersion(Instant)
        /// The key frame that the recording begins with is not all there, or says what cannot be.
        case defectiveKeyFrame(Instant)
    }

    var core: BoardCore
    private var hardware: ReplayHardware
    /// The key frame that a recording begins with: what it says of itself, and its bytes as far as they were gathered.
    private var beginning: KeyFrameHeader?
    private var gathered = ByteBuffer(capacity: 0)
    /// What this board's own state is, where the recording has a key frame in its middle.
    private var ownState: StateCarrier
    private let stateLimit: Int
    /// The most bytes that a key frame of this board has.
    let keyFrameLimit: Int
    private var expected = ByteBuffer(capacity: BoardRecording.decidedLimit)
    private var tracedSequence: UInt64 = 0
    private var pages = 0
    private var lastPage: RecordingPage?
    private let hasCredentials: Bool
    private let credentialChecksum: UInt32
    /// What the board was told, and what it decided the same as before.
    public private(set) var inputs: UInt64 = 0
    public private(set) var decisions: UInt64 = 0
    /// The first difference; nothing is played behind it.
    public private(set) var difference: Difference?
    public private(set) var began: Instant
    public var now: Instant { core.now }

    /// - Parameters:
    ///   - image: what the board ran from, decoded from `file`.
    ///   - start: when the first page of the recording began.
    ///   - credentials: what the recording holds of credentials that the board had kept; empty for none.
    public init(
        image: consuming BoardImage, file: Span<UInt8>, start: Instant, credentials: Span<UInt8> = Span()
    ) throws(StartError) {
        var levels = FixedArray<Bool>(capacity: image.lines.count)
        for index in image.lines.indices {
            levels.append(image.lines[index].direction == .output && image.lines[index].activeAtStart)
        }
        let hardware = ReplayHardware(levels: levels, sensors: image.sensors.count)
        // A key that opens nothing, and no chance: readers have no drivers here.
        let zeros = FixedBytes<32>([UInt8](repeating: 0, count: 32).span)
        guard let key = HashKey(zeros.span), let random = RandomGenerator(seed: zeros.span) else { throw .wrongHashKey }
        var core = try BoardCore(
            image: image, file: file, hashKey: key, random: random, medium: nil,
            credentials: credentials.isEmpty ? nil : credentials, at: start, isReplaying: true)
        var measure = StateCarrier(capacity: 0)
        measure.measure()
        measure.carry(&core)
        stateLimit = measure.measuredBytes
        core.carryCredentialChanges(&measure)
        keyFrameLimit = measure.measuredBytes
        ownState = StateCarrier(capacity: stateLimit)
        self.hardware = hardware
        self.core = core
        hasCredentials = !credentials.isEmpty
        credentialChecksum = Checksum.crc32c(credentials)
        began = start
    }

    @_lifetime(copy page)
    private mutating func open(_ page: Span<UInt8>) -> RecordingPageReader? {
        guard difference == nil else { return nil }
        guard let reader = RecordingPageReader(page) else {
            difference = .damagedPage(pages)
            return nil
        }
        if let lastPage, !reader.page.follows(lastPage) {
            difference = .damagedPage(pages)
            return nil
        }
        lastPage = reader.page
        pages += 1
        return reader
    }

    // MARK: Beginning in the middle of a board's life

    /// How many bytes of the credentials beside a recording it begins with, where its first page begins with a key frame in the
    /// middle of the board's life.
    ///
    /// - Returns: `nil` if it begins with a start of the board, which says itself with which credentials.
    public static func credentialBytes(atBeginning page: Span<UInt8>) -> Int? {
        guard var reader = RecordingPageReader(page), reader.next(), reader.kind == RecordKind.keyFrame.rawValue,
            let header = KeyFrameHeader(reader.content)
        else { return nil }
        return Int(clamping: header.credentials.length)
    }

    /// Takes up what the board knew where the recording begins: to be called with its pages, from the first on, until it says
    /// otherwise than `false`. Then they are to be played, from the first on.
    ///
    /// - Returns: `true` once the board stands as it stood; `nil` if it cannot, as `difference` says.
    public mutating func prepare(_ page: Span<UInt8>) -> Bool? {
        guard var reader = open(page) else { return nil }
        while reader.next() {
            switch RecordKind(rawValue: reader.kind) {
            case .started? where beginning == nil:
                rewind()
                return true
            case .keyFrame? where beginning == nil:
                guard begin(with: reader.content, at: reader.at) else { return nil }
            case .keyFrameSlice?:
                guard beginning != nil, KeyFrameCoding.decode(reader.content, into: &gathered) else {
                    difference = .defectiveKeyFrame(reader.at)
                    return nil
                }
            case .keyFrame?:
                difference = .defectiveKeyFrame(reader.at)
                return nil
            default: break
            }
            if let beginning, gathered.count == Int(beginning.byteCount) { return restore(beginning) ? true : nil }
        }
        return false
    }

    /// There are no more pages to prepare with.
    public mutating func endPreparation() { difference = difference ?? .defectiveKeyFrame(began) }

    private mutating func begin(with content: Span<UInt8>, at moment: Instant) -> Bool {
        guard let header = KeyFrameHeader(content) else {
            difference = .defectiveKeyFrame(moment)
            return false
        }
        guard Int(header.stateLimit) == stateLimit else {
            difference = .otherVersion(moment)
            return false
        }
        guard header.credentials.version == 0 || header.credentials.checksum == credentialChecksum && hasCredentials
        else {
            difference = .otherCredentials(moment)
            return false
        }
        began = moment
        beginning = header
        gathered = ByteBuffer(capacity: Int(header.byteCount))
        return true
    }

    /// The pages are to be played from the first.
    private mutating func rewind() {
        pages = 0
        lastPage = nil
    }

    private mutating func restore(_ header: KeyFrameHeader) -> Bool {
        rewind()
        var state = StateCarrier(capacity: gathered.count)
        let isLoaded = Checksum.crc32c(gathered.span) == header.checksum && state.load(gathered.span)
        gathered = ByteBuffer(capacity: 0)
        state.restore()
        state.carry(&core)
        core.carryCredentialChanges(&state)
        guard isLoaded, state.isWhole, state.isAtEnd else {
            difference = .defectiveKeyFrame(began)
            return false
        }
        hardware.now = core.now
        for line in 0..<core.lines.count where core.lines[line].isOutput {
            hardware.stand(line, isActive: core.lines[line].level)
        }
        return true
    }

    /// Holds what is known now to what the board knew at a key frame in the middle of the recording. One that another version of
    /// the program wrote has other variables: then the decisions alone are held to what they were.
    private mutating func isAsKnown(_ content: Span<UInt8>) -> Bool {
        guard let header = KeyFrameHeader(content) else { return false }
        guard Int(header.stateLimit) == stateLimit else { return true }
        ownState.save()
        ownState.carry(&core)
        let isSame = ownState.isWhole && Checksum.crc32c(ownState.span) == header.stateChecksum
        if !isSame { difference = .state(core.now) }
        return isSame
    }

    /// Plays the next page.
    ///
    /// - Returns: `false` if it is damaged, or something was decided otherwise than in the recording.
    public mutating func play<Sink: ReplaySink & ~Copyable>(_ page: Span<UInt8>, into sink: inout Sink) -> Bool {
        guard var reader = open(page) else { return false }
        while reader.next() {
            guard take(reader.kind, reader.content, at: reader.at) else {
                difference = difference ?? .unknownRecord(reader.at)
                return false
            }
            trace(into: &sink)
            guard compare() else { return false }
        }
        return true
    }

    /// Shows the decisions of the next page as they were recorded, of a recording whose start is missing: there is nothing to
    /// play then, and nothing to hold them to.
    ///
    /// - Returns: `false` if it is damaged, or holds what this version does not know.
    public mutating func show<Sink: ReplaySink & ~Copyable>(_ page: Span<UInt8>, into sink: inout Sink) -> Bool {
        guard var reader = open(page) else { return false }
        while reader.next() {
            core.now = reader.at
            guard let kind = RecordKind(rawValue: reader.kind), show(kind, reader.content, into: &sink) else {
                difference = .unknownRecord(reader.at)
                return false
            }
        }
        return true
    }

    private mutating func show<Sink: ReplaySink & ~Copyable>(
        _ kind: RecordKind, _ content: Span<UInt8>, into sink: inout Sink
    ) -> Bool {
        var reader = ByteReader(content)
        do throws(ByteReader.Truncated) {
            switch kind {
            case .line:
                let line = try reader.variableLength()
                guard line >> 1 < UInt64(core.lines.count) else { return false }
                sink.driven(LineIndex(UInt16(line >> 1)), isActive: line & 1 != 0, at: core.now, on: self)
            case .event:
                guard let eventClass = JournalClass(rawValue: try reader.byte()) else { return false }
                let ago = Zigzag.decode(try reader.variableLength())
                let payload = try reader.bytes(reader.remaining)
                guard var event = try? Event(decoding: payload) else { return false }
                event.monotonicNs = UInt64(clamping: core.now.nanoseconds &- ago)
                event.class = BoardCore.schemaClass(eventClass)
                sink.recorded(event, on: self)
            case .keyFrame, .keyFrameSlice: return true
            default:
                inputs += 1
                return true
            }
        } catch {
            return false
        }
        decisions += 1
        return true
    }

    private mutating func take(_ kind: UInt8, _ content: Span<UInt8>, at moment: Instant) -> Bool {
        guard let kind = RecordKind(rawValue: kind) else { return false }
        if kind.isDecision {
            BoardRecording.append(kind.rawValue, content, at: moment, toDecisions: &expected)
            return !expected.overflowed
        }
        if kind == .keyFrameSlice { return true }
        core.now = moment
        hardware.now = moment
        if kind == .keyFrame { return isAsKnown(content) }
        inputs += 1
        if kind == .credentialsRestored, !areCredentials(content) {
            difference = .otherCredentials(moment)
            return false
        }
        return core.replay(kind, content, on: &hardware) && !core.recording.decided.overflowed
    }

    /// Whether the credentials that the board began with are those of the recording.
    private func areCredentials(_ content: Span<UInt8>) -> Bool {
        var reader = ByteReader(content)
        do throws(ByteReader.Truncated) {
            _ = try reader.variableLength()
            _ = try reader.variableLength()
            let checksum = try reader.littleEndian(UInt32.self)
            return hasCredentials && checksum == credentialChecksum
        } catch {
            return false
        }
    }

    /// Compares as many decisions as there are on both sides.
    private mutating func compare() -> Bool {
        while core.recording.decided.count >= 2, expected.count >= 2 {
            let length = Replay.length(core.recording.decided)
            let same =
                length == Replay.length(expected)
                && Replay.areEqual(core.recording.decided, expected, length + 2)
            guard same else {
                difference = .decision(core.now)
                return false
            }
            core.recording.decided.removeFirst(length + 2)
            expected.removeFirst(length + 2)
            decisions += 1
        }
        return true
    }

    private static func length(_ buffer: borrowing ByteBuffer) -> Int { Int(buffer[0]) | Int(buffer[1]) << 8 }

    private static func areEqual(_ left: borrowing ByteBuffer, _ right: borrowing ByteBuffer, _ count: Int) -> Bool {
        guard left.count >= count, right.count >= count else { return false }
        for index in 0..<count where left[index] != right[index] { return false }
        return true
    }

    private mutating func trace<Sink: ReplaySink & ~Copyable>(into sink: inout Sink) {
        while let change = hardware.changes.pop() {
            sink.driven(change.line, isActive: change.isActive, at: change.at, on: self)
        }
        while tracedSequence < core.lastEventSequence {
            tracedSequence = max(tracedSequence + 1, core.firstEventSequence)
            if let event = core.event(at: tracedSequence) { sink.recorded(event, on: self) }
        }
    }
}

extension Replay: BoardNames {
    public func name(of kind: NamedKind, at index: Int) -> Name? { core.name(of: kind, at: index) }
}

/// The world of a recording: it takes everything and does nothing.
struct ReplayHardware: Hardware, ~Copyable {
    struct LineChange: BitwiseCopyable {
        var line: LineIndex
        var isActive: Bool
        var at: Instant
    }

    var now = Instant.start
    /// Outputs that were driven to another level.
    var changes: Ring<LineChange>
    private var levels: FixedArray<Bool>
    /// For each sensor, whether its next request finds no room.
    private var refused: FixedArray<Bool>

    init(levels: consuming FixedArray<Bool>, sensors: Int) {
        changes = Ring(capacity: max(1, levels.count))
        self.levels = levels
        refused = FixedArray(repeating: false, count: sensors)
    }

    /// An output stands so from before.
    mutating func stand(_ line: Int, isActive: Bool) { if line < levels.count { levels[line] = isActive } }

    mutating func refuse(_ sensor: Int) { if sensor < refused.count { refused[sensor] = true } }

    mutating func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool { false }

    mutating func setLine(_ line: LineIndex, isActive: Bool) -> Bool {
        let index = Int(line.value)
        if index < levels.count, levels[index] != isActive {
            levels[index] = isActive
            changes.pushOverwriting(LineChange(line: line, isActive: isActive, at: now))
        }
        return true
    }

    mutating func submit(_ request: BusRequest, to bus: BusIndex) -> Bool {
        // The high byte of a tag is the sensor's place; see `SensorBank`.
        let sensor = Int(request.tag >> 8)
        guard sensor < refused.count, refused[sensor] else { return true }
        refused[sensor] = false
        return false
    }

    mutating func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool { true }
    func sendRoom(of stream: StreamIndex) -> Int { 0 }
    mutating func close(_ stream: StreamIndex) {}
}

extension BoardCore {
    /// Tells the board again what it was told.
    ///
    /// - Returns: `false` if the record says what cannot be.
    mutating func replay(_ kind: RecordKind, _ content: Span<UInt8>, on hardware: inout ReplayHardware) -> Bool {
        var reader = ByteReader(content)
        do throws(ByteReader.Truncated) {
            switch kind {
            case .started: start()
            case .turned:
                runRadars()
                runSensors(on: &hardware)
                expirePoints()
                runDecisions()
            case .lineChanged:
                let line = try reader.variableLength()
                let ago = Zigzag.decode(try reader.variableLength())
                guard line >> 1 < UInt64(lines.count) else { return false }
                lineChanged(
                    Int(line >> 1), isActive: line & 1 != 0, at: Instant(nanoseconds: now.nanoseconds &- ago))
            case .lineAvailability:
                let line = try reader.variableLength()
                guard line >> 1 < UInt64(lines.count) else { return false }
                lineAvailability(Int(line >> 1), isAvailable: line & 1 != 0)
            case .busCompleted:
                let bus = try reader.byte()
                let tag = try reader.littleEndian(UInt16.self)
                guard let outcome = BusOutcome(rawValue: try reader.byte()) else { return false }
                let ago = Zigzag.decode(try reader.variableLength())
                busCompleted(
                    BusIndex(bus), tag: tag, outcome, bytes: try reader.bytes(reader.remaining),
                    at: Instant(nanoseconds: now.nanoseconds &- ago))
            case .busRefused: hardware.refuse(Int(clamping: try reader.variableLength()))
            case .clockChanged:
                guard let trust = HardwareInterface.ClockTrust(rawValue: try reader.byte()) else { return false }
                let milliseconds = Zigzag.decode(try reader.variableLength())
                wallClockChanged(WallClock(unixMilliseconds: milliseconds, trust: trust))
            case .portChanged:
                let port = try reader.variableLength()
                guard port >> 1 < UInt64(image.ports.count) else { return false }
                replayPort(Int(port >> 1), isOpen: port & 1 != 0)
            case .radarReceived:
                let radar = try reader.variableLength()
                guard radar < UInt64(radars.count) else { return false }
                radarReceived(try reader.bytes(reader.remaining), on: Int(radar))
            case .card, .key, .readerTamper, .readerTrouble, .readerExitRequest, .readerAnswered:
                return try replayReader(kind, &reader)
            case .command, .audit: return try replayCommand(kind, &reader)
            case .journalTrouble:
                let place = try reader.variableLength()
                let isActive = try reader.byte() != 0
                setJournalTrouble(Int(clamping: place), isActive: isActive, code: try reader.byte())
            case .kept:
                let key = StateKey(
                    owner: try reader.littleEndian(UInt16.self), item: try reader.littleEndian(UInt32.self))
                guard key.owner < StateKey.journalOwner else { return false }
                journal.setState(key, StateValue(try reader.bytes(reader.remaining)), at: now)
            case .restored: restoreState()
            case .troublesReported: reportTroubles()
            case .drove: driveLines(on: &hardware)
            case .stopped: stop()
            case .credentials:
                guard let transfer = try? CredentialTransfer(decoding: content) else { return false }
                _ = credentialTransfers.take(transfer, &access.credentials)
            case .credentialsRestored: break
            case .keyFrame, .keyFrameSlice, .line, .event: return false
            }
        } catch {
            return false
        }
        return true
    }

    private mutating func replayPort(_ port: Int, isOpen: Bool) {
        portChanged(port, isOpen: isOpen)
        guard let radar = radars.index(of: StreamIndex(UInt16(port))) else { return }
        if isOpen { radarOpened(radar) } else { radarClosed(radar) }
    }

    private mutating func replayReader(
        _ kind: RecordKind, _ reader: inout ByteReader
    ) throws(ByteReader.Truncated) -> Bool {
        let value = try reader.variableLength()
        let hasFlag = kind == .readerTamper || kind == .readerExitRequest
        let index = Int(clamping: hasFlag ? value >> 1 : value)
        guard index < image.readers.count else { return false }
        switch kind {
        case .card:
            let low = try reader.littleEndian(UInt64.self)
            settle(.card(KeyedHash(low: low, high: try reader.littleEndian(UInt64.self))), from: index)
        case .key:
            let key = try reader.byte()
            if reader.remaining > 0 {
                guard let result = TypedResult(try reader.bytes(reader.remaining)) else { return false }
                access.recordedTyping = result
            }
            settle(.key(key), from: index)
            access.recordedTyping = nil
        case .readerTamper: settle(.tamper(value & 1 != 0), from: index)
        case .readerTrouble: settle(.trouble(try reader.byte()), from: index)
        case .readerExitRequest: settle(.exitRequest(value & 1 != 0), from: index)
        default: settle(.answered, from: index)
        }
        return true
    }

    private mutating func replayCommand(
        _ kind: RecordKind, _ reader: inout ByteReader
    ) throws(ByteReader.Truncated) -> Bool {
        let commandKind = Int32(truncatingIfNeeded: Zigzag.decode(try reader.variableLength()))
        let target = UInt32(truncatingIfNeeded: try reader.variableLength())
        let actorKind = Int32(truncatingIfNeeded: Zigzag.decode(try reader.variableLength()))
        let index = UInt32(truncatingIfNeeded: try reader.variableLength())
        let user = UInt32(truncatingIfNeeded: try reader.variableLength())
        var command = Command(kind: CommandKind(rawValue: commandKind), target: target)
        let actor = Actor(kind: ActorKind(rawValue: actorKind), index: index, user: user)
        var result = CommandResult.done
        if kind == .audit {
            result = CommandResult(
                rawValue: Int32(truncatingIfNeeded: Zigzag.decode(try reader.variableLength())))
        }
        if reader.remaining > 0 {
            command.value = Int32(truncatingIfNeeded: Zigzag.decode(try reader.variableLength()))
            command.seconds = UInt32(truncatingIfNeeded: try reader.variableLength())
        }
        let tag = reader.remaining > 0 ? try reader.littleEndian(UInt64.self) : 0
        if kind == .command { _ = carryOut(command, actor) } else { publishAudit(command, actor, result, tag: tag) }
        return true
    }
}
