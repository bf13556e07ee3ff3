import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import Testing
import WardenLink
import WardenMessages

/// Streams that take as many bytes as the test lets them.
struct StreamBench: Hardware, ~Copyable {
    var now = Instant(nanoseconds: 1_000_000_000)
    /// Bytes that each stream takes at once; none for one that is not here.
    var room: [UInt16: Int] = [:]
    private(set) var received: [UInt16: [UInt8]] = [:]
    private(set) var closed: [UInt16] = []

    mutating func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool { false }
    mutating func setLine(_ line: LineIndex, isActive: Bool) -> Bool { false }
    mutating func submit(_ request: BusRequest, to bus: BusIndex) -> Bool { false }
    mutating func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool {
        guard bytes.count <= room[stream.value, default: 0] else { return false }
        received[stream.value, default: []] += array(bytes)
        return true
    }
    func sendRoom(of stream: StreamIndex) -> Int { room[stream.value, default: 0] }
    mutating func close(_ stream: StreamIndex) { closed.append(stream.value) }
    mutating func taken(_ stream: UInt16) -> [UInt8] { received.removeValue(forKey: stream) ?? [] }
}

@Suite struct LinkServerTests {
    static func makeServer(capacity: Int = 8, lines: Int = 0) -> LinkServer {
        var access = AccessTable(keys: 1, users: 1, ownUser: 500)
        _ = access.add(LocalUser(who: .user(1000), role: .operator))
        let random = RandomGenerator(seed: [UInt8](repeating: 1, count: 32).span)!
        return LinkServer(
            capacity: capacity, lines: lines, access: access,
            identity: LinkIdentity(key: SealedBench.key(1), random: random))
    }

    static func frame(_ request: Request) -> [UInt8] {
        var outbox = FrameOutbox(capacity: Frame.encodedLimit)
        outbox.begin(.plain)
        request.encode(into: &outbox)
        precondition(outbox.finish())
        return array(outbox.span)
    }

    static func answers(_ bytes: [UInt8]) throws -> [Response] {
        var reader = FrameReader()
        var position = 0
        var answers: [Response] = []
        while let kind = reader.next(in: bytes.span, from: &position) {
            if kind == .plain { answers.append(try Response(decoding: reader.payload)) }
        }
        return answers
    }

    static let status = Request(identifier: 1, body: .status(StatusQuery()))

    @Test func aThousandConnectionsInARowTakeNoSessionFromWhoIsRecognised() throws {
        var server = Self.makeServer()
        var hardware = StreamBench()
        var board = BenchBoard()
        let local = StreamIndex(9_999)
        hardware.room[9_999] = 2_048
        server.opened(local, by: LinkBench.operatorUser, at: hardware.now, hardware: &hardware)
        for number in 0..<UInt16(1_000) {
            server.opened(StreamIndex(number), by: .unauthenticated, at: hardware.now, hardware: &hardware)
            _ = server.work(at: hardware.now, subject: &board, hardware: &hardware)
            hardware.now = hardware.now + .milliseconds(1)
        }
        let closed = hardware.closed
        // The eight places but one; of those that were not recognised the oldest made room.
        #expect(closed == Array(0..<993))
        let turnedAway = server.tables.counters.turnedAway
        #expect(turnedAway == 993)
        let request = Self.frame(Self.status)
        server.received(request.span, on: local, at: hardware.now, subject: &board)
        _ = server.work(at: hardware.now, subject: &board, hardware: &hardware)
        #expect(try Self.answers(hardware.taken(9_999)).count == 1)
    }

    @Test func aLineKeepsItsSessionHoweverManyConnectionsCome() {
        var server = Self.makeServer(capacity: 2, lines: 1)
        var hardware = StreamBench()
        for number in 0..<UInt16(3) {
            server.opened(StreamIndex(number), by: LinkBench.operatorUser, at: hardware.now, hardware: &hardware)
        }
        server.opened(StreamIndex(9), by: .unauthenticated, over: .line, at: hardware.now, hardware: &hardware)
        server.closed(StreamIndex(9))
        server.opened(StreamIndex(3), by: LinkBench.operatorUser, at: hardware.now, hardware: &hardware)
        server.opened(StreamIndex(9), by: .unauthenticated, over: .line, at: hardware.now, hardware: &hardware)
        let closed = hardware.closed
        #expect(closed == [2, 3])
        let count = server.count
        #expect(count == 3)
    }

    @Test func whenEverySessionIsRecognisedANewConnectionIsTurnedAway() {
        var server = Self.makeServer(capacity: 2)
        var hardware = StreamBench()
        hardware.room[2] = 64
        for number in 0..<UInt16(3) {
            server.opened(StreamIndex(number), by: LinkBench.operatorUser, at: hardware.now, hardware: &hardware)
        }
        let closed = hardware.closed
        #expect(closed == [2])
        // Notice 2, as the specification has it.
        let told = hardware.taken(2)
        #expect(told == [0x07, 0x13, 0x02, 0x3D, 0x5E, 0x78, 0x1B, 0x00])
        let count = server.count
        #expect(count == 2)
    }

    @Test func aPeerThatReadsAByteASecondIsDroppedOnceItsBytesAreFullAndSlowsNobody() throws {
        var server = Self.makeServer()
        var hardware = StreamBench()
        var board = BenchBoard()
        board.lastEventSequence = 5_000
        let slow = StreamIndex(1)
        let quick = StreamIndex(2)
        for stream in [slow, quick] {
            server.opened(stream, by: LinkBench.operatorUser, at: hardware.now, hardware: &hardware)
            for request in [
                Request(body: .credit(Credit(limit: 1 << 40))), Request(identifier: 2, body: .events(EventQuery())),
            ] {
                let bytes = Self.frame(request)
                server.received(bytes.span, on: stream, at: hardware.now, subject: &board)
            }
        }
        hardware.room[2] = 2_048
        // The other peer gets everything in a thousand turns, whatever the slow one does.
        var sequences: [UInt64] = []
        for turn in 0..<1_000 {
            hardware.room[1] = turn % 100 == 0 ? 1 : 0
            _ = server.work(at: hardware.now, subject: &board, hardware: &hardware)
            sequences += try Self.answers(hardware.taken(2)).sequences
            hardware.now = hardware.now + .milliseconds(10)
        }
        #expect(sequences == Array(1...5_000))
        // It goes on asking without taking the answers.
        var seconds = 0
        while !hardware.closed.contains(1) && seconds < 1_000 {
            seconds += 1
            hardware.room[1] = 1
            let bytes = Self.frame(Self.status)
            server.received(bytes.span, on: slow, at: hardware.now, subject: &board)
            _ = server.work(at: hardware.now, subject: &board, hardware: &hardware)
            hardware.now = hardware.now + .seconds(1)
        }
        let closed = hardware.closed
        #expect(closed == [1])
        // Some sixty answers fill what events leave free; ten seconds later it is gone, though it takes its bytes.
        #expect(seconds < 120)
        let dropped = server.tables.counters.closedByBoard[Int(LinkClosure.notReading.rawValue)]
        #expect(dropped == 1)
    }

    @Test func aMillionBytesOfGarbageAreCountedAndLeaveTheSessionAsItIs() throws {
        var server = Self.makeServer()
        var hardware = StreamBench()
        var board = BenchBoard()
        let stream = StreamIndex(1)
        hardware.room[1] = 2_048
        server.opened(stream, by: LinkBench.operatorUser, at: hardware.now, hardware: &hardware)
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<250 {
            let garbage = generator.bytes(4_000)
            server.received(garbage.span, on: stream, at: hardware.now, subject: &board)
        }
        let frames = server.tables.counters.frames
        #expect(frames.corrupt > 1_000 && frames.sound == 0)
        let request = [0] + Self.frame(Self.status)
        server.received(request.span, on: stream, at: hardware.now, subject: &board)
        _ = server.work(at: hardware.now, subject: &board, hardware: &hardware)
        #expect(try Self.answers(hardware.taken(1)).count == 1)
        #expect(board.executed.isEmpty)
    }
}
