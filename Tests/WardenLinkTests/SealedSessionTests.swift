import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import Testing
import WardenLink
import WardenMessages

@Suite struct SealedSessionTests {
    static let unlock = Request(identifier: 7, body: .command(Command(kind: .doorUnlock, target: 1)))

    @Test func aKnownClientIsWelcomedWithItsRoleAndCommandsUnderItsName() throws {
        var bench = try SealedBench()
        #expect(try bench.exchange().isEmpty)
        let said = bench.welcome
        let welcome = try #require(said)
        #expect(welcome.role == .operator)
        #expect(welcome.board == "bench")
        #expect(welcome.time?.monotonicNs == 1_000_000_000)
        try bench.client.send(Self.unlock)
        #expect(
            try bench.exchange() == [Response(identifier: 7, body: .command(CommandAnswer(result: .done, reason: 1)))])
        #expect(bench.board.executed.map(\.actor) == [Actor(kind: .link, index: 0)])
        #expect(bench.tables.counters.handshakes == 1)
    }

    @Test func anObserversCommandIsNotCarriedOut() throws {
        var bench = try SealedBench(client: SealedBench.observerKey)
        _ = try bench.exchange()
        try bench.client.send(Self.unlock)
        #expect(try bench.exchange().map(\.body) == [.command(CommandAnswer(result: .notPermitted))])
        #expect(bench.board.executed.isEmpty)
        #expect(bench.board.refusals.map(\.result) == [.notPermitted])
    }

    @Test func aClientThatIsNotListedIsTurnedAway() throws {
        var bench = try SealedBench(client: SealedBench.strangerKey)
        #expect(throws: LinkClient.Failure.closed(.handshakeFailed)) { try bench.exchange() }
        #expect(bench.tables.counters.unknownClients == 1)
    }

    @Test func anExpiredClientIsTurnedAway() throws {
        var bench = try SealedBench(client: SealedBench.expiredKey)
        #expect(throws: LinkClient.Failure.closed(.handshakeFailed)) { try bench.exchange() }
        #expect(bench.tables.counters.expiredClients == 1)
    }

    @Test func aClientThatMeansAnotherBoardIsTurnedAway() throws {
        var bench = try SealedBench(knowing: SealedBench.strangerKey)
        #expect(throws: LinkClient.Failure.closed(.handshakeFailed)) { try bench.exchange() }
        #expect(bench.tables.counters.notAuthentic == 1)
    }

    @Test func aClientIsNotFooledByAnotherBoard() throws {
        var client = try SealedBench.makeClient(SealedBench.operatorKey)
        var bench = try SealedBench()
        bench.tables = LinkTables(
            access: SealedBench.access(),
            identity: LinkIdentity(
                key: SealedBench.strangerKey, random: RandomGenerator(seed: [UInt8](repeating: 2, count: 32).span)!))
        bench.receive(array(client.outgoing))
        let bytes = bench.fromBoard()
        var position = 0
        #expect(throws: LinkClient.Failure.closed(.handshakeFailed)) {
            try client.receive(bytes.span, from: &position)
        }
        let welcome = client.welcome
        #expect(welcome == nil)
    }

    @Test func aKeyThatExpiresDuringTheSessionEndsIt() throws {
        var bench = try SealedBench(client: SealedBench.expiredKey)
        bench.board.wallClock = WallClock(unixMilliseconds: 1_599_999_999_000, trust: .synchronised)
        _ = try bench.exchange()
        try bench.client.send(Self.unlock)
        #expect(try bench.exchange().count == 1)
        bench.board.wallClock = WallClock(unixMilliseconds: 1_600_000_000_000, trust: .synchronised)
        try bench.client.send(Self.unlock)
        #expect(throws: LinkClient.Failure.closed(.expired)) { try bench.exchange() }
        #expect(bench.board.executed.count == 1)
    }

    @Test func aRecordedSessionPlayedAgainDoesNothing() throws {
        var bench = try SealedBench()
        _ = try bench.exchange()
        try bench.client.send(Self.unlock)
        _ = try bench.exchange()
        #expect(bench.board.executed.count == 1)
        // Into the same session.
        bench.receive(bench.recorded)
        // Into a new one: the board has another ephemeral key.
        bench.session.close(tables: &bench.tables)
        bench.session.open(.unauthenticated, at: bench.now, tables: &bench.tables)
        bench.receive(bench.recorded)
        #expect(bench.board.executed.count == 1)
        let isRecognised = bench.session.isRecognised
        #expect(!isRecognised)
    }

    @Test func aReplayedHandshakeDoesNotEndTheSessionOnALine() throws {
        var bench = try SealedBench(over: .line)
        _ = try bench.exchange()
        try bench.client.send(Self.unlock)
        let first = try bench.exchange()
        #expect(first.count == 1)
        bench.receive(bench.recorded)
        _ = bench.fromBoard()
        try bench.client.send(Request(identifier: 8, body: .command(Command(kind: .doorLock, target: 1))))
        #expect(try bench.exchange().count == 1)
        #expect(bench.board.executed.count == 2)
    }

    @Test func aClientThatStartsAgainOnALineTakesOver() throws {
        var bench = try SealedBench(over: .line)
        _ = try bench.exchange()
        bench.client = try SealedBench.makeClient(SealedBench.observerKey, ephemeral: 10)
        _ = try bench.exchange()
        #expect(bench.welcome?.role == .observer)
        try bench.client.send(Self.unlock)
        #expect(try bench.exchange().map(\.body) == [.command(CommandAnswer(result: .notPermitted))])
    }

    @Test func aLostSealedFrameCostsOnlyItself() throws {
        var bench = try SealedBench(over: .line)
        _ = try bench.exchange()
        try bench.client.send(Self.unlock)
        _ = bench.fromClient()
        try bench.client.send(Request(identifier: 8, body: .status(StatusQuery())))
        #expect(try bench.exchange().map(\.identifier) == [8])
    }

    @Test func replayedReorderedAndChangedFramesAreDroppedAndCounted() throws {
        var bench = try SealedBench()
        _ = try bench.exchange()
        try bench.client.send(Self.unlock)
        let first = bench.fromClient()
        try bench.client.send(Request(identifier: 8, body: .command(Command(kind: .doorLock))))
        let second = bench.fromClient()
        bench.receive(second)
        bench.receive(first)
        bench.receive(second)
        #expect(bench.board.executed.map(\.command.kind) == [.doorLock])
        #expect(bench.tables.counters.replayed == 2)
    }

    @Test func aPlainRequestOverANetworkEndsTheSession() throws {
        var bench = try SealedBench()
        _ = try bench.exchange()
        var outbox = FrameOutbox(capacity: Frame.encodedLimit)
        outbox.begin(.plain)
        Self.unlock.encode(into: &outbox)
        _ = outbox.finish()
        bench.receive(array(outbox.span))
        #expect(bench.closure == .notEncrypted)
        #expect(bench.board.executed.isEmpty)
    }

    @Test func aHandshakeThatNeverEndsIsDroppedAfterFiveSeconds() throws {
        var bench = try SealedBench()
        bench.receive([0x05, 0x11])
        #expect(bench.session.deadline == bench.now + .seconds(5))
        bench.now = bench.now + .seconds(5)
        bench.session.expire(at: bench.now, tables: &bench.tables)
        #expect(bench.closure == .handshakeTimeout)
    }

    @Test func aHandshakeWithoutASealedMessageAfterItIsDroppedToo() throws {
        var bench = try SealedBench()
        bench.receive(bench.fromClient())
        _ = bench.fromBoard()
        bench.now = bench.now + .seconds(5)
        bench.session.expire(at: bench.now, tables: &bench.tables)
        #expect(bench.closure == .handshakeTimeout)
    }

    @Test func aSilentClientIsDroppedAndAKeepAlivePreventsIt() throws {
        var bench = try SealedBench()
        _ = try bench.exchange()
        try bench.client.send(Request(identifier: 1, body: .keepAlive(KeepAlive())))
        #expect(try bench.exchange().count == 1)
        bench.now = bench.now + .seconds(59)
        bench.session.expire(at: bench.now, tables: &bench.tables)
        #expect(bench.closure == nil)
        try bench.client.send(Request(identifier: 2, body: .keepAlive(KeepAlive())))
        let times = try bench.exchange()
        #expect(
            times.map(\.body) == [
                .time(BoardTime(monotonicNs: 60_000_000_000, unixMs: 1_700_000_000_000, clockTrust: .synchronised))
            ])
        bench.now = bench.now + .seconds(60)
        bench.session.expire(at: bench.now, tables: &bench.tables)
        #expect(bench.closure == .silent)
    }

    @Test func nothingIsToldBeforeTheClientHasProvedItself() throws {
        var bench = try SealedBench()
        bench.board.lastEventSequence = 5
        bench.receive(bench.fromClient())
        let answer = bench.fromBoard()
        #expect(!answer.isEmpty)
        #expect(bench.fromBoard().isEmpty)
    }

    @Test func onAHalfDuplexLineTheBoardSpeaksInItsTurnAlone() throws {
        var bench = try SealedBench(over: .halfDuplexLine(turnaround: .milliseconds(2)))
        bench.receive(bench.fromClient())
        #expect(bench.hasOutgoing == true)
        #expect(bench.sendable == 0)
        try bench.client.handOver()
        bench.receive(bench.fromClient())
        #expect(bench.sendable == 0)
        #expect(bench.session.deadline == bench.now + .milliseconds(2))
        bench.now = bench.now + .milliseconds(2)
        let isTurn = bench.session.isTurn(at: bench.now)
        #expect(isTurn)
        let count = bench.sendable
        #expect(count == bench.session.outgoing.count)
        bench.session.sent(count, at: bench.now)
        bench.session.handedOver(at: bench.now)
        let isStillTurn = bench.session.isTurn(at: bench.now)
        #expect(!isStillTurn)
    }

    @Test func theFrameThatHandsALineOverIsAFrame() {
        var reader = FrameReader()
        var position = 0
        let bytes = array(LinkSession.turnFrame.span)
        #expect(reader.next(in: bytes.span, from: &position) == .turn)
        #expect(position == bytes.count)
    }
}
