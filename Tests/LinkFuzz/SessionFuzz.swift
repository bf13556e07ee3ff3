import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import WardenLink
import WardenMessages

/// A board that links can look at; it traps where somebody commands who may not.
struct FuzzBoard: LinkSubject, ~Copyable {
    var wallClock = HardwareInterface.WallClock(unixMilliseconds: 1_700_000_000_000, trust: .synchronised)
    var boardStatus: BoardStatus { BoardStatus(name: "fuzz", doors: 2) }
    var firstEventSequence: UInt64 { 5 }
    var lastEventSequence: UInt64 { 40 }
    /// Whether commands and services may come at all.
    var isCommandable = true
    var executed = 0
    private var openReaders: UInt8 = 0

    init() {}

    func doorStatus(at index: Int) -> DoorStatus? { index < 2 ? DoorStatus(index: UInt32(index), name: "door") : nil }
    func pointStatus(at index: Int) -> PointStatus? { index < 3 ? PointStatus(index: UInt32(index), value: 20) : nil }
    func detectorStatus(at index: Int) -> DetectorStatus? { nil }
    func lineStatus(at index: Int) -> LineStatus? { nil }
    func readerStatus(at index: Int) -> ReaderStatus? { nil }
    func event(at sequence: UInt64) -> Event? {
        precondition(sequence >= 5 && sequence <= 40, "only events that are kept are asked for")
        return sequence % 7 == 0 ? nil : Event(sequence: sequence, body: .door(DoorChange(door: 1)))
    }

    private mutating func count() {
        precondition(isCommandable, "nobody has been recognised who may command")
        executed += 1
    }

    mutating func execute(_ command: Authorised<Command>) -> CommandAnswer {
        count()
        return CommandAnswer()
    }
    mutating func refused(_ command: Command, by actor: Actor, with result: CommandResult) {}

    mutating func openReader(_ name: FixedBytes<16>, classes: UInt32, fromOldest: Bool) -> LinkReader? {
        for index in 0..<UInt8(8) where openReaders & 1 << index == 0 {
            openReaders |= 1 << index
            return LinkReader(index)
        }
        return nil
    }
    mutating func closeReader(_ reader: LinkReader, forget: Bool) {
        precondition(openReaders & 1 << reader.value != 0, "only open readers are closed")
        openReaders &= ~(1 << reader.value)
    }
    mutating func readEvent(_ reader: LinkReader) -> Event? {
        precondition(openReaders & 1 << reader.value != 0, "only open readers are read")
        return nil
    }
    mutating func acknowledge(_ reader: LinkReader, through sequence: UInt64) {
        precondition(openReaders & 1 << reader.value != 0, "only open readers acknowledge")
    }

    mutating func setClock(_ setting: Authorised<ClockSetting>) -> CommandResult {
        count()
        return .done
    }
    mutating func transferCredentials(_ transfer: Authorised<CredentialTransfer>) -> CredentialState {
        count()
        return CredentialState()
    }
    mutating func transferImage(_ transfer: Authorised<ImageTransfer>) -> ImageState {
        count()
        return ImageState()
    }
    mutating func transferReaderFile(_ transfer: Authorised<ReaderFileTransfer>) -> ReaderFileState {
        count()
        return ReaderFileState()
    }
    mutating func setLogLevel(_ setting: Authorised<LogLevelSetting>) -> CommandResult {
        count()
        return .done
    }
    func recorderChunk(from offset: UInt64) -> RecorderChunk? {
        offset < 300 ? RecorderChunk(offset: offset, data: FixedBytes("thirty bytes of the recorder..")) : nil
    }
}

/// A board, one session with it, and time, played step by step.
struct FuzzBench: ~Copyable {
    var session = LinkSession()
    var tables: LinkTables
    var board = FuzzBoard()
    var now = Instant(nanoseconds: 1_000_000_000)
    private var reader = FrameReader()

    static func key(_ byte: UInt8) -> PrivateKey { PrivateKey([UInt8](repeating: byte, count: 32).span)! }
    static let boardKey = key(101)
    static let clientKey = key(102)

    init(peer: LinkPeer, over transport: LinkTransport = .connection, role: AccessRole = .administrator) {
        var access = AccessTable(keys: 2, users: 2, ownUser: 500)
        let publicKey = Self.clientKey.publicKey
        _ = access.add(ClientKey(publicKey: FixedBytes(publicKey.span), role: role))
        let random = RandomGenerator(seed: [UInt8](repeating: 1, count: 32).span)!
        tables = LinkTables(access: access, identity: LinkIdentity(key: Self.boardKey, random: random))
        session.open(peer, over: transport, at: now, tables: &tables)
    }

    static func makeClient() -> LinkClient {
        let identity = LinkClient.Identity(client: clientKey, board: boardKey.publicKey, ephemeral: key(9))
        guard let client = try? LinkClient(identity, program: "fuzz") else { preconditionFailure("a client can begin") }
        return client
    }

    mutating func receive(_ bytes: Span<UInt8>) {
        session.receive(bytes, at: now, tables: &tables, subject: &board)
        while session.hasHandshakeWork { session.advanceHandshake(at: now, tables: &tables, subject: board) }
    }

    /// The connection is lost, and another one comes.
    mutating func reopen(_ peer: LinkPeer) {
        session.close(tables: &tables)
        session.open(peer, at: now, tables: &tables)
        reader.reset()
    }

    mutating func pass(_ interval: Interval) {
        now = now + interval
        session.expire(at: now, tables: &tables)
    }

    /// Adds what the session has to say, and takes some of it.
    ///
    /// - Parameter limit: bytes that the peer takes.
    /// - Returns: what it took.
    mutating func take(_ limit: Int) -> [UInt8] {
        _ = session.pump(at: now, tables: &tables, subject: &board)
        precondition(session.outgoing.count <= LinkLimits.outbox, "what waits for a peer is bounded")
        let bytes = (0..<min(limit, session.outgoing.count)).map { session.outgoing[$0] }
        session.sent(bytes.count, at: now)
        var position = 0
        while let kind = reader.next(in: bytes.span, from: &position) {
            if kind == .plain { precondition((try? Response(decoding: reader.payload)) != nil, "answers are answers") }
        }
        precondition(reader.counters.corrupt == 0 && reader.counters.oversized == 0, "the board sends frames alone")
        return bytes
    }
}

/// Operations, each a byte and what it says: frames whose content is given, raw bytes, time, the peer's reading, a new
/// connection.
func fuzzPlainSession(_ input: Span<UInt8>) {
    let administrator = LinkPeer.localUser(userIdentifier: 0, groupIdentifier: 0)
    let observer = LinkPeer.localUser(userIdentifier: 1001, groupIdentifier: 1001)
    var bench = FuzzBench(peer: administrator)
    var outbox = FrameOutbox(capacity: Frame.encodedLimit)
    play(input) { operation, amount, content in
        switch operation {
        case 0, 1, 2:
            outbox.removeAll()
            outbox.begin(operation == 0 ? .plain : Frame.Kind(rawValue: UInt8(amount % 5))!)
            for byte in content { outbox.append(byte) }
            if outbox.finish() { bench.receive(outbox.span) }
        case 3: bench.receive(content.span)
        case 4: bench.pass(.milliseconds(Int64(amount) * 50))
        case 5: _ = bench.take(amount)
        case 6: _ = bench.take(.max)
        default:
            bench.board.isCommandable = amount % 2 == 0
            bench.reopen(amount % 2 == 0 ? administrator : observer)
        }
    }
    for _ in 0..<100 where !bench.take(.max).isEmpty {}
}

/// The same in a sealed session: requests are sealed by the client, then perhaps damaged, repeated or left out.
func fuzzSealedSession(_ input: Span<UInt8>) {
    guard input.count > 1 else { return }
    let role: AccessRole = input[0] & 1 == 0 ? .administrator : .observer
    var bench = FuzzBench(peer: .unauthenticated, over: input[0] & 2 == 0 ? .connection : .line, role: role)
    bench.board.isCommandable = role == .administrator
    var client = FuzzBench.makeClient()
    var last: [UInt8] = []
    var genuine = 0
    func up(_ client: inout LinkClient) -> [UInt8] {
        let bytes = client.outgoing.indices.map { client.outgoing[$0] }
        client.sent(bytes.count)
        return bytes
    }
    bench.receive(up(&client).span)
    deliver(bench.take(.max), to: &client)
    precondition(client.isReady, "an honest handshake succeeds")
    play(input.extracting(1..<input.count)) { operation, amount, content in
        switch operation {
        case 0, 1, 2:
            guard let request = try? Request(decoding: content.span), (try? client.send(request)) != nil else { return }
            last = up(&client)
            if operation == 2 && !last.isEmpty {
                // Somebody in between changes a byte; what it says is then not carried out.
                let before = bench.board.executed
                last[amount % last.count] ^= 0x10
                bench.receive(last.span)
                precondition(bench.board.executed == before, "a changed message is not carried out")
                bench.receive(([0] as [UInt8]).span)
            } else {
                genuine += 1
                bench.receive(last.span)
            }
            precondition(bench.board.executed <= genuine, "each message is carried out once at the most")
        case 3:
            let before = bench.board.executed
            bench.receive(last.span)
            precondition(bench.board.executed == before, "a replay is not carried out")
        case 4: bench.pass(.milliseconds(Int64(amount) * 50))
        case 5, 6: deliver(bench.take(.max), to: &client)
        default: bench.receive(content.span)
        }
    }
}

private func deliver(_ bytes: [UInt8], to client: inout LinkClient) {
    var position = 0
    while position < bytes.count {
        do throws(LinkClient.Failure) {
            _ = try client.receive(bytes.span, from: &position)
        } catch {
            guard case .closed = error else { preconditionFailure("the board's answers are answers") }
        }
    }
}

/// The first byte says what is made of the rest: a first message for the board, changes of a genuine one, or an answer for
/// the client.
func fuzzHandshake(_ input: Span<UInt8>) {
    guard input.count > 1 else { return }
    let content = (1..<input.count).map { input[$0] }
    var outbox = FrameOutbox(capacity: Frame.encodedLimit)
    switch input[0] % 3 {
    case 0:
        var bench = FuzzBench(peer: .unauthenticated)
        bench.board.isCommandable = false
        outbox.begin(.handshake)
        for byte in content.prefix(Frame.payloadLimit) { outbox.append(byte) }
        precondition(outbox.finish(), "a payload fits")
        bench.receive(outbox.span)
        precondition(!bench.session.isRecognised, "nobody is recognised who does not know a key")
        precondition(bench.tables.counters.handshakes == 0, "no handshake was completed")
    case 1:
        // Pairs of place and change, on the genuine first message inside its frame.
        var bench = FuzzBench(peer: .unauthenticated)
        bench.board.isCommandable = false
        let client = FuzzBench.makeClient()
        var payload = firstMessage(client.outgoing)
        let genuine = payload
        for pair in stride(from: 0, to: content.count - 1, by: 2) {
            payload[Int(content[pair]) % payload.count] ^= content[pair + 1]
        }
        outbox.begin(.handshake)
        outbox.append(payload.span)
        precondition(outbox.finish(), "a payload fits")
        bench.receive(outbox.span)
        // The top bit of a public key is not part of it (RFC 7748, section 5); it is hashed all the same.
        precondition(
            (bench.tables.counters.handshakes == 1) == (payload == genuine), "a changed handshake is not completed")
        precondition(!bench.session.isRecognised, "nobody is recognised before the first sealed message")
    default:
        var client = FuzzBench.makeClient()
        outbox.begin(.handshake)
        for byte in content.prefix(Frame.payloadLimit) { outbox.append(byte) }
        precondition(outbox.finish(), "a payload fits")
        var position = 0
        do throws(LinkClient.Failure) {
            _ = try client.receive(outbox.span, from: &position)
            preconditionFailure("no answer is the board's that was made without its key")
        } catch {
            precondition(error == .notTheBoard, "a board that is none is recognised as that")
        }
        precondition(!client.isReady, "the client says nothing to it")
    }
}

private func firstMessage(_ outgoing: Span<UInt8>) -> [UInt8] {
    var reader = FrameReader()
    var position = 0
    guard reader.next(in: outgoing, from: &position) == .handshake else { preconditionFailure("a client begins") }
    return reader.payload.indices.map { reader.payload[$0] }
}

/// Reads the input as operations: a byte with the operation in its lowest three bits, a byte of amount, and as many bytes
/// of content as the amount says, as far as they are there.
private func play(_ input: Span<UInt8>, _ operate: (_ operation: UInt8, _ amount: Int, _ content: [UInt8]) -> Void) {
    var position = 0
    var operations = 0
    while position + 1 < input.count && operations < 200 {
        let operation = input[position] & 7
        let amount = Int(input[position + 1])
        position += 2
        operations += 1
        guard operation < 4 || operation == 7 else {
            operate(operation, amount, [])
            continue
        }
        let end = min(input.count, position + amount)
        operate(operation, amount, (position..<end).map { input[$0] })
        position = end
    }
}
