import DeviceModels
import EventJournal
import FixedMemory
import HardwareInterface
import Testing
import WardenLink
import WardenMessages

@testable import Runtime

@Suite("The services of a board over its link: credentials, the recorder, the log level, each with its audit")
struct LinkServiceTests {
    /// A local user's connection to a board.
    final class Client {
        let board: BoardUnderTest
        private let stream: StreamIndex
        private var link = LinkClient()
        private var identifier: UInt32 = 0

        /// - Parameter user: 0 is the administrator, 1 somebody who only observes.
        init(_ board: BoardUnderTest, user: Int = 0) {
            self.board = board
            stream = board.links[user]
            board.runtime.hardware.setStreamOpen(stream, true)
            board.settle()
        }

        /// Hands a request over and waits for nothing.
        func hand(_ body: Request.Body) throws {
            identifier += 1
            try link.send(Request(identifier: identifier, body: body))
            let count = link.outgoing.count
            board.runtime.hardware.transmit(link.outgoing, to: stream)
            link.sent(count)
        }

        /// The answers to a request.
        func ask(_ body: Request.Body) throws -> [Response.Body] {
            try hand(body)
            var answers: [Response.Body] = []
            // What waits for room in the turn before comes in the next.
            for _ in 0..<64 {
                board.settle()
                var bytes = ByteBuffer(capacity: 16_384)
                board.runtime.hardware.takeSent(from: stream, into: &bytes)
                var position = 0
                while let response = try link.receive(bytes.span, from: &position) {
                    if let body = response.body { answers.append(body) }
                }
                if bytes.count == 0 { break }
            }
            return answers
        }

        func command(_ command: Command) throws -> CommandResult {
            for case .command(let answer) in try ask(.command(command)) { return answer.result }
            Issue.record("no answer was given")
            return .refused
        }

        func credentials(_ step: CredentialTransfer.Step) throws -> CredentialState {
            for case .credentials(let state) in try ask(.credentials(CredentialTransfer(step: step))) { return state }
            Issue.record("no state was told")
            return CredentialState()
        }

        func begin(_ base: UInt64, _ version: UInt64, _ changes: Int) throws -> CommandResult {
            try credentials(
                .begin(CredentialBegin(baseVersion: base, version: version, changes: UInt32(changes)))
            ).result
        }

        func chunk(_ offset: Int, _ changes: [CredentialChange]) throws -> CredentialState {
            var chunk = CredentialChunk(offset: UInt32(offset))
            for change in changes { chunk.changes.append(change) }
            return try credentials(.chunk(chunk))
        }

        func send(_ changes: [CredentialChange]) throws -> CommandResult {
            for start in stride(from: 0, to: changes.count, by: 12) {
                let state = try chunk(start, Array(changes[start..<min(start + 12, changes.count)]))
                guard state.result == .done else { return state.result }
            }
            return .done
        }

        func commit() throws -> CredentialState { try credentials(.commit(CredentialCommit())) }
        func query() throws -> CredentialState { try credentials(.query(CredentialQuery())) }
    }

    static func hash(_ number: Int) -> FixedBytes<16> {
        FixedBytes(([UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] + [UInt8](repeating: 7, count: 14)).span)
    }

    static func put(_ number: Int, holder: Int = 1) -> CredentialChange {
        CredentialChange(change: .put(Credential(hash: hash(number), groups: 1, holder: UInt32(holder))))
    }

    static func remove(_ number: Int) -> CredentialChange { CredentialChange(change: .remove(hash(number))) }

    @Test("A whole list takes the place of the old one with the commit and not before, and its version holds")
    func replace() throws {
        let client = Client(try BoardUnderTest())
        let before = try client.query()
        #expect(before.version == 0 && before.count > 0)
        #expect(try client.begin(0, 41, 16) == .done)
        #expect(try client.send((0..<16).map { Self.put($0) }) == .done)
        let staged = try client.query()
        #expect(staged.received == 16 && staged.count == before.count && staged.version == 0)
        let committed = try client.commit()
        #expect(committed.result == .done && committed.count == 16 && committed.version == 41)
        #expect(client.board.happened("command credentials-change done by user 0"), "\(client.board.words)")
    }

    @Test("Changes hold all together, and only for the list that they were made for")
    func change() throws {
        let client = Client(try BoardUnderTest())
        #expect(try client.begin(0, 1, 3) == .done)
        #expect(try client.send([Self.put(1), Self.put(2), Self.put(3)]) == .done)
        #expect(try client.commit().result == .done)
        #expect(try client.begin(7, 8, 1) == .refused, "another list holds")
        #expect(try client.begin(1, 1, 1) == .refused, "the version does not go on")
        #expect(try client.begin(1, 2, 3) == .done)
        #expect(try client.send([Self.remove(1), Self.put(4), Self.remove(99)]) == .done)
        let state = try client.commit()
        #expect(state.result == .done && state.count == 3 && state.version == 2)
    }

    @Test("What cannot all be made is not made at all: one card too many takes every change of its transfer back")
    func atomic() throws {
        let client = Client(try BoardUnderTest())
        let capacity = Int(try client.query().capacity)
        #expect(try client.begin(0, 1, capacity) == .done)
        #expect(try client.send((0..<capacity).map { Self.put($0) }) == .done)
        #expect(try client.commit().count == UInt32(capacity))
        #expect(try client.begin(1, 2, 4) == .done)
        let changes = [Self.remove(0), Self.put(2_000), Self.put(1, holder: 9), Self.put(2_001)]
        #expect(try client.send(changes) == .done)
        let state = try client.commit()
        #expect(state.result == .refused && state.count == UInt32(capacity) && state.version == 1)
        #expect(client.board.holder(ofCredential: Self.hash(1)) == 1, "as it was")
        #expect(client.board.holder(ofCredential: Self.hash(0)) == 1)
        #expect(client.board.holder(ofCredential: Self.hash(2_000)) == nil)
    }

    @Test("A chunk that is sent again changes nothing, a hole is refused, and fewer than announced are no list")
    func interrupted() throws {
        let client = Client(try BoardUnderTest())
        #expect(try client.begin(0, 1, 4) == .done)
        #expect(try client.chunk(0, [Self.put(1), Self.put(2)]).received == 2)
        #expect(try client.chunk(0, [Self.put(1), Self.put(2), Self.put(3)]).received == 3)
        #expect(try client.chunk(5, [Self.put(5)]).result == .refused)
        let before = try client.query()
        #expect(try client.commit().result == .refused)
        let after = try client.query()
        #expect(after.version == 0 && after.count == before.count && after.received == 0)
        #expect(try client.commit().result == .refused, "there is nothing to commit")
    }

    struct BadChange: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: CredentialChange
    }

    @Test(
        "A change that makes no sense ends its transfer, and the list stays",
        arguments: [
            BadChange(testDescription: "a short hash", change: CredentialChange(change: .remove(FixedBytes("abc")))),
            BadChange(testDescription: "nothing", change: CredentialChange()),
            BadChange(
                testDescription: "valid until before it is valid",
                change: CredentialChange(change: .put(Credential(hash: hash(1), validFrom: 9, validUntil: 8)))),
        ])
    func nonsense(bad: BadChange) throws {
        let client = Client(try BoardUnderTest())
        let before = try client.query()
        #expect(try client.begin(0, 1, 2) == .done)
        #expect(try client.chunk(0, [Self.put(1), bad.change]).result == .outOfRange)
        let after = try client.query()
        #expect(after.received == 0 && after.count == before.count)
    }

    @Test("More changes than the board keeps at once are refused at their beginning")
    func tooMany() throws {
        let client = Client(try BoardUnderTest())
        #expect(try client.begin(0, 1, 0) == .done)
        #expect(try client.commit().result == .done)
        #expect(try client.begin(1, 2, CredentialTransfers.changeLimit + 1) == .outOfRange)
        #expect(try client.begin(1, 2, CredentialTransfers.changeLimit) == .done)
    }

    @Test("A list that does not fit is refused whole at its beginning, and who could pass before still passes")
    func overfull() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        let client = Client(board)
        let before = try client.query()
        #expect(try client.begin(0, 1, Int(before.capacity) + 1) == .refused)
        #expect(try client.chunk(0, [Self.put(1)]).result == .refused)
        #expect(try client.commit().result == .refused)
        let after = try client.query()
        #expect(after.count == before.count && after.version == before.version)
        board.present("0500207B32")
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
    }

    @Test("Whoever may not, changes and reads nothing; each attempt stands in the audit")
    func notPermitted() throws {
        let client = Client(try BoardUnderTest(), user: 1)
        #expect(try client.begin(0, 1, 1) == .notPermitted)
        for body: Request.Body in [
            .logLevel(LogLevelSetting(level: .debug)), .recorder(RecorderQuery()),
            .clock(ClockSetting(atMonotonicNs: 1, unixMs: 1_800_000_000_000)),
        ] {
            let answers = try client.ask(body)
            #expect(answers == [.service(ServiceAnswer(result: .notPermitted))])
        }
        for kind in ["credentials-change", "log-level-set", "recorder-read", "clock-set"] {
            #expect(client.board.happened("command \(kind) not-permitted by user 12345"), "\(client.board.words)")
        }
    }

    @Test("The log level is what was set last, and a level that does not exist is refused")
    func logLevel() throws {
        let client = Client(try BoardUnderTest())
        #expect(client.board.logLevel == .warning)
        #expect(
            try client.ask(.logLevel(LogLevelSetting(level: .debug))) == [.service(ServiceAnswer(result: .done))])
        #expect(client.board.logLevel == .debug)
        #expect(
            try client.ask(.logLevel(LogLevelSetting(level: .unrecognised(9))))
                == [.service(ServiceAnswer(result: .outOfRange))])
        #expect(client.board.logLevel == .debug)
    }

    @Test("The recorder tells what the board was told, goes on where a download stopped, and keeps no card")
    func recorder() throws {
        let board = try BoardUnderTest()
        let client = Client(board)
        board.pass(.minutes(1))
        func read(_ query: RecorderQuery) throws -> (offset: UInt64?, bytes: [UInt8]) {
            var bytes: [UInt8] = []
            var first: UInt64?
            for case .recorder(let chunk) in try client.ask(.recorder(query)) {
                if first == nil { first = chunk.offset }
                #expect(chunk.offset == first! + UInt64(bytes.count))
                for index in 0..<chunk.data.count { bytes.append(chunk.data[index]) }
            }
            return (first, bytes)
        }
        let half = try read(RecorderQuery(limit: 1_000))
        #expect(half.offset == 0 && half.bytes.count == 1_000)
        let rest = try read(RecorderQuery(offset: 1_000, limit: 2_000))
        let whole = try read(RecorderQuery(limit: 3_000))
        #expect(half.bytes + rest.bytes == whole.bytes)
        // Whole records, each as long as it says.
        var kinds: Set<UInt8> = []
        var position = 0
        while position + Int(whole.bytes[position]) <= whole.bytes.count {
            kinds.insert(whole.bytes[position + 1])
            position += Int(whole.bytes[position])
            guard position < whole.bytes.count else { break }
        }
        #expect(kinds.isSuperset(of: [FlightRecorder.Kind.bus.rawValue, FlightRecorder.Kind.clock.rawValue]))
        #expect(kinds.isSubset(of: Set((1...7).map { UInt8($0) })))
    }

    @Test("A recorder that is full gives up whole records, oldest first, and never tells half of one")
    func fullRecorder() {
        var recorder = FlightRecorder(capacity: 256)
        for number in 0..<1_000 {
            recorder.record(
                Input(
                    .lineChanged(LineIndex(UInt16(number)), isActive: true), at: .start + .milliseconds(Int64(number))))
            var bytes = FixedBytes<256>()
            let offset = recorder.copy(from: 0, into: &bytes)
            #expect(offset == recorder.first && offset + UInt64(bytes.count) == recorder.end)
            #expect(bytes.count % 12 == 0 && bytes[0] == 12 && bytes[1] == FlightRecorder.Kind.line.rawValue)
        }
        var newest = FixedBytes<12>()
        _ = recorder.copy(from: recorder.end - 12, into: &newest)
        // Line 999, active, at 999 ms.
        #expect((0..<12).map { newest[$0] } == [12, 1] + [0x58, 0x3E, 0x0F, 0, 0, 0, 0] + [0xE7, 0x03, 1])
    }

    @Test("Bytes of readers, consoles and links are counted and not kept")
    func secrets() {
        var recorder = FlightRecorder(capacity: 256)
        var input = Input(.bytesReceived(StreamIndex(3)), at: .start)
        for byte in "0500207B32".utf8 { input.bytes.append(byte) }
        recorder.record(input)
        var bytes = FixedBytes<64>()
        _ = recorder.copy(from: 0, into: &bytes)
        #expect((0..<bytes.count).map { bytes[$0] } == [12, 4, 0, 0, 0, 0, 0, 0, 0, 3, 0, 9])
    }
}
