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
    func pointStatus(at index: Int) -> PointStatus? { nil }
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
    static let observerUser = LinkPeer.localUser(userIdentifier: 1001, groupIdentifier: 1001)

    init(peer: LinkPeer = LinkBench.operatorUser) {
        var access = AccessTable(keys: 4, users: 4, ownUser: 500)
        _ = access.add(LocalUser(who: .user(1000), role: .operator))
        tables = LinkTables(
            access: access, identity: nil)
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
            more = session.pump(tables: &tables, subject: &board)
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
    /// Sequence numbers of the events among them.
    var sequences: [UInt64] {
        compactMap { if case .event(let event)? = $0.body { event.sequence } else { nil } }
    }
}
