import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import WardenLink
import WardenMessages

/// A board that answers on a link, and nothing else.
private struct AnsweringBoard: LinkSubject, ~Copyable {
    var wallClock: WallClock { .unset }
    var boardStatus: BoardStatus { BoardStatus(name: "self-test", doors: 2) }
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

extension SelfTest {
    private static func bytes(_ byte: UInt8) -> ByteBuffer {
        var bytes = ByteBuffer(capacity: 32)
        for _ in 0..<32 { bytes.append(byte) }
        return bytes
    }

    private static func key(_ byte: UInt8) -> PrivateKey {
        let bytes = bytes(byte)
        guard let key = PrivateKey(bytes.span) else { preconditionFailure("thirty-two bytes are a key") }
        return key
    }

    /// A client has itself recognised and asks, with the keys of `firmware-proto/vectors/handshake.json`.
    mutating func checkLink() {
        let client = SelfTest.key(2)
        let publicKey = client.publicKey
        var listed = FixedBytes<32>()
        listed.append(publicKey.span)
        var access = AccessTable(keys: 1, users: 0, ownUser: 1)
        _ = access.add(ClientKey(publicKey: listed, role: .operator))
        let seed = SelfTest.bytes(3)
        let board = SelfTest.key(1)
        guard let random = RandomGenerator(seed: seed.span) else { return check("a generator takes its seed", false) }
        var tables = LinkTables(access: access, identity: LinkIdentity(key: board, random: random))
        var subject = AnsweringBoard()
        var session = LinkSession()
        session.open(.unauthenticated, at: .start, tables: &tables)
        let identity = LinkClient.Identity(client: client, board: board.publicKey, ephemeral: SelfTest.key(9))
        var isFirstRight = false
        var isWelcomed = false
        var isAnswered = false
        do throws(LinkClient.Failure) {
            var link = try LinkClient(identity, program: "warden_link 1.0")
            // The delimiter and the vector's first frame, by their checksum.
            isFirstRight = link.outgoing.count == 123 && Checksum.crc32c(link.outgoing) == 0xFA13_2937
            for turn in 0..<2 {
                session.receive(link.outgoing, at: .start, tables: &tables, subject: &subject)
                let sent = link.outgoing.count
                link.sent(sent)
                while session.hasHandshakeWork {
                    session.advanceHandshake(at: .start, tables: &tables, subject: subject)
                }
                var position = 0
                while let answer = try link.receive(session.outgoing, from: &position) {
                    isAnswered = answer.identifier == 7 && answer.body == .board(subject.boardStatus)
                }
                let taken = session.outgoing.count
                session.sent(taken, at: .start)
                isWelcomed = link.isReady
                if turn == 0 && isWelcomed { try link.send(Request(identifier: 7, body: .status(StatusQuery()))) }
            }
        } catch {}
        check("a client begins a link as the golden vector does", isFirstRight)
        check("the board recognises it by its key", isWelcomed && tables.counters.handshakes == 1)
        check("and answers what it asks under seal", isAnswered)
    }
}
