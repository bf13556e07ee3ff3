import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@Suite("Files for OSDP readers, brought over the link part by part")
struct ReaderFileTests {
    typealias Client = LinkServiceTests.Client

    private func board() throws -> BoardUnderTest {
        let board = try BoardUnderTest(BusReaderTests.gatehouse)
        board.pass(.seconds(10))
        board.forget()
        return board
    }

    private func ask(
        _ client: Client, _ step: ReaderFileTransfer.Step, reader: UInt32 = 0
    ) throws -> ReaderFileState {
        for case .readerFile(let state) in try client.ask(.readerFile(ReaderFileTransfer(reader: reader, step: step))) {
            return state
        }
        Issue.record("nothing was told of the file")
        return ReaderFileState()
    }

    private func begin(_ client: Client, _ size: Int, reader: UInt32 = 0) throws -> ReaderFileState {
        try ask(client, .begin(ReaderFileBegin(type: 1, size: UInt32(size))), reader: reader)
    }

    private func chunk(_ offset: UInt32, _ length: UInt32) -> ReaderFileChunk {
        var chunk = ReaderFileChunk(offset: offset)
        for index in 0..<length { chunk.data.append(UInt8(truncatingIfNeeded: offset + index)) }
        return chunk
    }

    @Test("Each part is asked for in its turn; begin and end stand in the audit, and cards are read meanwhile")
    func whole() throws {
        let board = try board()
        let client = Client(board)
        var state = try begin(client, 2_000)
        #expect(state.result == .done && state.phase == .sending && state.size == 2_000)
        #expect(board.happened("command reader-file-send outer started by user 0"), "\(board.words)")
        var parts = 0
        for _ in 0..<200 where state.phase == .sending {
            if state.wantedLength > 0 {
                parts += 1
                let before = state.confirmed
                state = try ask(client, .chunk(chunk(state.wantedOffset, state.wantedLength)))
                #expect(state.result == .done && state.confirmed >= before)
            }
            if parts == 3 { board.hold(.h10301(77, 1001)) }
            board.pass(.milliseconds(100))
            state = try ask(client, .action(.query))
        }
        #expect(parts > 4, "the reader takes 256 bytes at a time")
        #expect(state.phase == .ended && state.outcome == .processed && state.confirmed == 2_000)
        #expect(board.happened("command reader-file-send outer done by user 0"), "\(board.words)")
        #expect(board.words.contains { $0.hasPrefix("access street granted valid-credential") }, "\(board.words)")
    }

    @Test("What is not the part that is wanted is not taken, and the transfer goes on")
    func wrongPart() throws {
        let board = try board()
        let client = Client(board)
        _ = try begin(client, 2_000)
        board.pass(.milliseconds(300))
        let wanted = try ask(client, .action(.query))
        #expect(wanted.wantedOffset == 0 && wanted.wantedLength > 0)
        for wrong in [chunk(1, 10), chunk(0, wanted.wantedLength + 1), ReaderFileChunk()] {
            let state = try ask(client, .chunk(wrong))
            #expect(state.result == .outOfRange && state.phase == .sending && state.wantedOffset == 0)
        }
        #expect(try ask(client, .chunk(chunk(0, wanted.wantedLength))).result == .done)
        #expect(try ask(client, .chunk(chunk(0, wanted.wantedLength))).result == .outOfRange, "it was taken")
    }

    @Test("A second file waits for the first; a part without a file, and a reader that takes none, are refused")
    func refusals() throws {
        let board = try board()
        let client = Client(board)
        #expect(try ask(client, .action(.query)).phase == ReaderFilePhase.none)
        #expect(try ask(client, .chunk(chunk(0, 10))).result == .refused)
        #expect(try ask(client, .action(.cancel)).result == .refused)
        #expect(try begin(client, 100, reader: 99).result == .unknownTarget)
        #expect(try begin(client, 100).result == .done)
        #expect(try begin(client, 100).result == .busy)
        #expect(try begin(client, 100, reader: 1).result == .done, "another reader has its own")
        board.change(reader: 1) { $0.setReader(1, .silent) }
        board.pass(.seconds(20))
        #expect(board.happened("command reader-file-send inner refused by user 0"), "\(board.words)")
    }

    @Test("Ended by who sends it, or by the board a minute after the last part: both say so")
    func cancelled() throws {
        let board = try board()
        let client = Client(board)
        _ = try begin(client, 2_000)
        board.pass(.milliseconds(300))
        let state = try ask(client, .action(.cancel))
        #expect(state.result == .done && state.phase == .ended && state.outcome == .cancelled)
        #expect(try begin(client, 2_000).result == .done)
        board.forget()
        board.pass(.seconds(59))
        #expect(!board.words.contains { $0.hasPrefix("command") }, "\(board.words)")
        board.pass(.seconds(3))
        #expect(board.happened("command reader-file-send outer refused by user 0"), "\(board.words)")
    }

    @Test("Whoever may not sends none, and that is audited")
    func notPermitted() throws {
        let board = try board()
        #expect(try begin(Client(board, user: 1), 100).result == .notPermitted)
        #expect(board.words.contains { $0.hasPrefix("command reader-file-send") && $0.contains("not-permitted") })
    }
}
