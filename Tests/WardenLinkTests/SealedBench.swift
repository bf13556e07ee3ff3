import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import WardenLink
import WardenMessages

/// A board with keys, and a client that has itself recognised, with the bytes between them in the test's hands.
struct SealedBench: ~Copyable {
    var session = LinkSession()
    var tables: LinkTables
    var board = BenchBoard()
    var client: LinkClient
    var now = Instant(nanoseconds: 1_000_000_000)
    /// What the client sent, for playing it again.
    private(set) var recorded: [UInt8] = []

    static let boardKey = key(1)
    static let operatorKey = key(2)
    static let observerKey = key(3)
    static let expiredKey = key(4)
    static let strangerKey = key(5)

    static func key(_ byte: UInt8) -> PrivateKey { PrivateKey([UInt8](repeating: byte, count: 32).span)! }

    static func entry(_ key: PrivateKey, _ role: AccessRole, expires: UInt32 = 0) -> ClientKey {
        let publicKey = key.publicKey
        return ClientKey(publicKey: FixedBytes(publicKey.span), role: role, expires: expires)
    }

    static func access() -> AccessTable {
        var access = AccessTable(keys: 4, users: 0, ownUser: 500)
        _ = access.add(entry(operatorKey, .operator))
        _ = access.add(entry(observerKey, .observer))
        _ = access.add(entry(expiredKey, .operator, expires: 1_600_000_000))
        return access
    }

    static func makeClient(_ key: PrivateKey, board: PrivateKey = boardKey, ephemeral: UInt8 = 9) throws -> LinkClient {
        try LinkClient(
            LinkClient.Identity(client: key, board: board.publicKey, ephemeral: SealedBench.key(ephemeral)),
            program: "bench")
    }

    init(
        client key: PrivateKey = operatorKey, knowing board: PrivateKey = boardKey,
        over transport: LinkTransport = .connection
    ) throws {
        tables = LinkTables(
            access: Self.access(),
            identity: LinkIdentity(
                key: Self.boardKey, random: RandomGenerator(seed: [UInt8](repeating: 1, count: 32).span)!))
        client = try Self.makeClient(key, board: board)
        session.open(.unauthenticated, over: transport, at: now, tables: &tables)
    }

    var welcome: Welcome? { client.welcome }
    var hasOutgoing: Bool { session.hasOutgoing }
    var sendable: Int { session.sendable(at: now, room: 4_096) }
    var closure: LinkClosure? { session.closure }

    mutating func receive(_ bytes: [UInt8]) {
        session.receive(bytes.span, at: now, tables: &tables, subject: &board)
        while session.hasHandshakeWork { session.advanceHandshake(at: now, tables: &tables, subject: board) }
    }

    /// What the client has for the board, taken from it.
    mutating func fromClient() -> [UInt8] {
        let bytes = array(client.outgoing)
        client.sent(bytes.count)
        recorded += bytes
        return bytes
    }

    /// What the board has for the client, taken from it.
    mutating func fromBoard() -> [UInt8] {
        _ = session.pump(at: now, tables: &tables, subject: &board)
        let bytes = array(session.outgoing)
        session.sent(bytes.count, at: now)
        return bytes
    }

    mutating func toClient(_ bytes: [UInt8]) throws -> [Response] {
        var responses: [Response] = []
        var position = 0
        while let response = try client.receive(bytes.span, from: &position) { responses.append(response) }
        return responses
    }

    /// Carries bytes both ways until nothing is left.
    mutating func exchange() throws -> [Response] {
        var responses: [Response] = []
        while true {
            let up = fromClient()
            receive(up)
            let down = fromBoard()
            responses += try toClient(down)
            if up.isEmpty && down.isEmpty { return responses }
        }
    }
}
