import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import WardenLink
import WardenMessages

/// A board that links can look at, with two doors and events by number.
struct BenchBoard: LinkSubject, ~Copyable {
    var wallClock = HardwareInterface.WallClock(unixMilliseconds: 1_700_000_000_000, trust: .synchronised)
    var executed: [(command: Command, actor: Actor)] = []
    var refusals: [(command: Command, result: CommandResult)] = []
    var firstEventSequence: UInt64 = 1
    var lastEventSequence: UInt64 = 0
    var doors = 2

    var boardStatus: BoardStatus { BoardStatus(name: "bench", doors: UInt32(doors)) }
    func doorStatus(at index: Int) -> DoorStatus? {
        index < doors ? DoorStatus(index: UInt32(index), name: "door", state: .secured) : nil
    }
    /// Values of points, by place.
    var points: [(value: Int32, quality: Quality)] = []
    func pointStatus(at index: Int) -> PointStatus? {
        guard index < points.count else { return nil }
        return PointStatus(
            index: UInt32(index), value: points[index].value, quality: UInt32(points[index].quality.rawValue))
    }
    func counterStatus(at index: Int) -> CounterStatus? {
        index < 1 ? CounterStatus(index: 0, name: "turns", value: 42) : nil
    }
    func detectorStatus(at index: Int) -> DetectorStatus? { nil }
    func lineStatus(at index: Int) -> LineStatus? { nil }
    func readerStatus(at index: Int) -> ReaderStatus? { nil }
    func event(at sequence: UInt64) -> Event? {
        (firstEventSequence...max(firstEventSequence, lastEventSequence)).contains(sequence)
            ? Event(sequence: sequence, body: .door(DoorChange(door: 1))) : nil
    }
    mutating func execute(_ command: Authorised<Command>) -> CommandAnswer {
        executed.append((command.action, command.actor))
        return CommandAnswer(result: .done, reason: UInt32(executed.count))
    }

    /// What each reader has acknowledged, and has been handed; and which are open.
    var places: [(name: [UInt8], acknowledged: UInt64, handed: UInt64, isOpen: Bool)] = []
    mutating func openReader(_ name: FixedBytes<16>, classes: UInt32, fromOldest: Bool) -> LinkReader? {
        let name = array(name.span)
        if let index = places.firstIndex(where: { $0.name == name }) {
            guard !places[index].isOpen else { return nil }
            places[index].isOpen = true
            places[index].handed = places[index].acknowledged
            return LinkReader(UInt8(index))
        }
        let start = fromOldest ? firstEventSequence - 1 : lastEventSequence
        places.append((name, start, start, true))
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
        guard places[index].handed < lastEventSequence else { return nil }
        let next = places[index].handed + 1
        if next < firstEventSequence {
            places[index].handed = firstEventSequence - 1
            return Event(body: .gap(Gap(lastSequence: firstEventSequence - 1, count: firstEventSequence - next)))
        }
        places[index].handed = next
        return event(at: next)
    }
    mutating func acknowledge(_ reader: LinkReader, through sequence: UInt64) {
        let index = Int(reader.value)
        places[index].acknowledged = max(places[index].acknowledged, min(sequence, places[index].handed))
    }

    var clockSettings: [ClockSetting] = []
    mutating func setClock(_ setting: Authorised<ClockSetting>) -> CommandResult {
        clockSettings.append(setting.action)
        return .done
    }
    mutating func transferCredentials(_ transfer: Authorised<CredentialTransfer>) -> CredentialState {
        CredentialState(version: 5)
    }
    mutating func transferImage(_ transfer: Authorised<ImageTransfer>) -> ImageState { ImageState(phase: .receiving) }
    mutating func transferReaderFile(_ transfer: Authorised<ReaderFileTransfer>) -> ReaderFileState {
        ReaderFileState(phase: .sending)
    }
    mutating func setLogLevel(_ setting: Authorised<LogLevelSetting>) -> CommandResult { .done }

    /// The flight recorder: 2,000 bytes, of which the first 100 are gone.
    func recorderChunk(from offset: UInt64) -> RecorderChunk? {
        let offset = max(offset, 100)
        guard offset < 2_000 else { return nil }
        var chunk = RecorderChunk(offset: offset)
        for place in offset..<min(offset + 768, 2_000) { chunk.data.append(UInt8(truncatingIfNeeded: place)) }
        return chunk
    }

    mutating func refused(_ command: Command, by actor: Actor, with result: CommandResult) {
        refusals.append((command, result))
    }
}

/// A session with its board, and a client that speaks in whole messages.
struct LinkBench: ~Copyable {
    var session = LinkSession()
    var tables: LinkTables
    var board = BenchBoard()
    var now = Instant(nanoseconds: 1_000_000_000)
    private var reader = FrameReader()
    private(set) var notices: [UInt8] = []

    static let operatorUser = LinkPeer.localUser(userIdentifier: 1000, groupIdentifier: 1000)
    static let technicianUser = LinkPeer.localUser(userIdentifier: 1002, groupIdentifier: 1002)
    static let administratorUser = LinkPeer.localUser(userIdentifier: 0, groupIdentifier: 0)
    static let observerUser = LinkPeer.localUser(userIdentifier: 1001, groupIdentifier: 1001)

    init(peer: LinkPeer = LinkBench.operatorUser) {
        var access = AccessTable(keys: 4, users: 4, ownUser: 500)
        _ = access.add(LocalUser(who: .user(1000), role: .operator))
        _ = access.add(LocalUser(who: .user(1002), role: .technician))
        tables = LinkTables(
            access: access, identity: nil)
        session.open(peer, at: now, tables: &tables)
    }

    /// Ends the connection, and begins another one.
    mutating func reconnect(_ peer: LinkPeer = LinkBench.operatorUser) {
        session.close(tables: &tables)
        session.open(peer, at: now, tables: &tables)
    }

    mutating func receive(_ bytes: [UInt8]) {
        session.receive(bytes.span, at: now, tables: &tables, subject: &board)
    }

    mutating func send(_ body: Request.Body?, identifier: UInt32 = 1) {
        var outbox = FrameOutbox(capacity: Frame.encodedLimit)
        outbox.begin(.plain)
        Request(identifier: identifier, body: body).encode(into: &outbox)
        precondition(outbox.finish())
        receive(array(outbox.span))
    }

    /// What the session has for the client, list entries and events included.
    mutating func responses() throws -> [Response] {
        var responses: [Response] = []
        var more = true
        while more || !session.outgoing.isEmpty {
            more = session.pump(at: now, tables: &tables, subject: &board)
            let bytes = array(session.outgoing)
            session.sent(bytes.count, at: now)
            var position = 0
            while let kind = reader.next(in: bytes.span, from: &position) {
                switch kind {
                case .plain: responses.append(try Response(decoding: reader.payload))
                case .notice:
                    let reason = reader.payload[0]
                    notices.append(reason)
                case .handshake, .sealed, .turn: break
                }
            }
        }
        return responses
    }
}

extension [Response] {
    var batches: [TelemetryBatch] {
        compactMap { if case .telemetry(let batch)? = $0.body { batch } else { nil } }
    }

    /// Sequence numbers of the events among them.
    var sequences: [UInt64] {
        compactMap { if case .event(let event)? = $0.body { event.sequence } else { nil } }
    }
}
