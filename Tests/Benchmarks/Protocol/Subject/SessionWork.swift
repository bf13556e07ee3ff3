import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import WardenLink
import WardenMessages

/// A board that answers, and nothing else.
struct AnsweringBoard: LinkSubject, ~Copyable {
    var wallClock: WallClock { .unset }
    var boardStatus: BoardStatus { BoardStatus(name: "bench") }
    func doorStatus(at index: Int) -> DoorStatus? { nil }
    func pointStatus(at index: Int) -> PointStatus? { nil }
    func detectorStatus(at index: Int) -> DetectorStatus? { nil }
    func lineStatus(at index: Int) -> LineStatus? { nil }
    func readerStatus(at index: Int) -> ReaderStatus? { nil }
    var firstEventSequence: UInt64 { 1 }
    var lastEventSequence: UInt64 { 0 }
    func event(at sequence: UInt64) -> Event? { nil }
    mutating func execute(_ command: Authorised<Command>) -> CommandAnswer { CommandAnswer() }
    mutating func refused(_ command: Command, by actor: Actor, with result: CommandResult) {}
}

enum SessionWork {
    private static func key(_ byte: UInt8) -> PrivateKey {
        var bytes = ByteBuffer(capacity: 32)
        for _ in 0..<32 { bytes.append(byte) }
        guard let key = PrivateKey(bytes.span) else { preconditionFailure("a key has thirty-two bytes") }
        return key
    }

    /// Frames through sessions that take turns: `count` requests and as many answers, both sides' work.
    static func run(_ count: Int, sessions number: Int) -> Outcome {
        var access = AccessTable(keys: 1, users: 0, ownUser: 1)
        let client = key(2)
        let publicKey = client.publicKey
        var bytes = FixedBytes<32>()
        bytes.append(publicKey.span)
        _ = access.add(ClientKey(publicKey: bytes, role: .operator))
        let board = key(1)
        var seed = ByteBuffer(capacity: 32)
        for _ in 0..<32 { seed.append(3) }
        guard let random = RandomGenerator(seed: seed.span) else { preconditionFailure("a seed has thirty-two bytes") }
        var tables = LinkTables(access: access, identity: LinkIdentity(key: board, random: random))
        var subject = AnsweringBoard()
        let now = Instant.start
        var sessions = FixedArray<LinkSession>(capacity: number)
        var clients = FixedArray<LinkClient>(capacity: number)
        for index in 0..<number {
            sessions.append(LinkSession())
            sessions[index].open(.unauthenticated, at: now, tables: &tables)
            let identity = LinkClient.Identity(
                client: client, board: board.publicKey, ephemeral: key(UInt8(truncatingIfNeeded: 10 + index)))
            do throws(LinkClient.Failure) {
                clients.append(try LinkClient(identity, program: "bench"))
            } catch { return Outcome(nanoseconds: 0, bytes: 0, result: 0) }
            // Handshake: the request, then the welcome.
            for _ in 0..<2 { exchange(&sessions[index], &clients[index], &tables, &subject, now) }
        }
        return measure {
            var answers: UInt64 = 0
            for turn in 0..<count {
                let index = turn % number
                do throws(LinkClient.Failure) {
                    try clients[index].send(Request(identifier: 1, body: .keepAlive(KeepAlive())))
                } catch { return (0, 0) }
                answers &+= exchange(&sessions[index], &clients[index], &tables, &subject, now)
            }
            return (0, answers)
        }
    }

    @discardableResult
    private static func exchange(
        _ session: inout LinkSession, _ client: inout LinkClient, _ tables: inout LinkTables,
        _ subject: inout AnsweringBoard, _ now: Instant
    ) -> UInt64 {
        session.receive(client.outgoing, at: now, tables: &tables, subject: &subject)
        let sent = client.outgoing.count
        client.sent(sent)
        while session.hasHandshakeWork { session.advanceHandshake(at: now, tables: &tables, subject: subject) }
        _ = session.pump(at: now, tables: &tables, subject: &subject)
        var answers: UInt64 = 0
        var position = 0
        do throws(LinkClient.Failure) {
            while try client.receive(session.outgoing, from: &position) != nil { answers &+= 1 }
        } catch { return 0 }
        let taken = session.outgoing.count
        session.sent(taken, at: now)
        return answers
    }
}
