import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@testable import Runtime

@Suite("A technician has the board's console over a link, as at a serial line, and never more than is taken")
struct LinkedConsoleTests {
    /// A client that shows the console.
    struct Desk {
        let client: LinkServiceTests.Client
        var text = ""
        var taken: UInt64 = 0
        var results: [CommandResult] = []
        var isClosed = false

        init(_ board: BoardUnderTest, user: Int = 0) { client = LinkServiceTests.Client(board, user: user) }

        mutating func ask(_ step: ConsoleStep.Step) throws {
            for case .console(let output) in try client.ask(.console(ConsoleStep(step: step))) {
                if output.data.isEmpty { results.append(output.result) }
                taken += UInt64(output.data.count)
                text += String(decoding: (0..<output.data.count).map { output.data[$0] }, as: UTF8.self)
                if output.closed { isClosed = true }
            }
        }

        mutating func open() throws { try ask(.open(ConsoleOpen(columns: 80, rows: 200))) }
        mutating func type(_ text: String) throws { try ask(.input(FixedBytes(Array(text.utf8).span))) }
        mutating func take() throws { try ask(.taken(taken)) }
    }

    static func board(_ yaml: String = SmallBoards.stairwell) throws -> BoardUnderTest {
        let board = try BoardUnderTest(yaml)
        board.pass(.seconds(10))
        board.forget()
        return board
    }

    @Test("It greets, echoes, answers, and what is done there has its own number in the journal")
    func aTechnicianHasTheConsoleOverALink() throws {
        let board = try Self.board()
        var desk = Desk(board)
        try desk.open()
        #expect(desk.results == [.done])
        #expect(desk.text.contains("Warden") && desk.text.contains("stairwell"), "\(desk.text)")
        #expect(board.happened("command console-open done by user 0"), "\(board.words)")
        try desk.type("door street unlock\r")
        #expect(desk.text.contains("door street unlock") && desk.text.contains("ok"), "\(desk.text)")
        #expect(board.happened("command door-unlock street done by console 1"), "\(board.words)")
    }

    @Test("No more is sent than the client has taken, and it goes on where it stopped")
    func aConsoleSendsNoMoreThanTheClientTakes() throws {
        let board = try Self.board()
        var desk = Desk(board)
        try desk.open()
        try desk.take()
        let before = desk.taken
        try desk.type("help --plain\r")
        #expect(desk.taken - before <= 1_024)
        #expect(!desk.text.contains("exit 0 done"))
        for _ in 0..<20 where !desk.text.contains("exit 0 done") { try desk.take() }
        #expect(desk.text.contains("exit 0 done"))
    }

    @Test("One client at a time; it is free again when the session ends, and whoever was logged in is no more")
    func oneClientAtATimeHasTheConsole() throws {
        let board = try Self.board()
        var desk = Desk(board)
        try desk.open()
        try desk.open()
        #expect(desk.results == [.done, .busy])
        try desk.ask(.close(ConsoleClose()))
        #expect(desk.isClosed)
        try desk.type("status\r")
        #expect(desk.results.last == .refused)
        try desk.open()
        #expect(desk.results.last == .done)
        board.runtime.hardware.setStreamOpen(board.links[0], false)
        board.settle()
        var other = Desk(board)
        try other.open()
        #expect(other.results == [.done])
    }

    @Test("Somebody who only looks gets none, and so does a step before it is open")
    func aConsoleIsForTechniciansAndNothingIsTypedBeforeItIsOpen() throws {
        let board = try Self.board()
        var desk = Desk(board, user: 1)
        try desk.open()
        #expect(desk.results == [.notPermitted] && desk.isClosed)
        #expect(board.words.contains { $0.hasPrefix("command console-open not-permitted") }, "\(board.words)")
        var early = Desk(board)
        try early.type("status\r")
        try early.take()
        #expect(early.results == [.refused, .refused])
    }

    @Test("A step that says nothing is an unknown request, and the session goes on")
    func aConsoleStepThatSaysNothingIsRefused() throws {
        let board = try Self.board()
        let client = LinkServiceTests.Client(board)
        let answers = try client.ask(.console(ConsoleStep()))
        guard case .refusal(let refusal)? = answers.first else {
            Issue.record("\(answers)")
            return
        }
        #expect(refusal.reason == .unknownRequest)
        var desk = Desk(board)
        try desk.open()
        #expect(desk.results == [.done])
    }

    @Test("Of a paste that finds no room nothing is taken, and the person is told, as at a line")
    func ofAPasteThatFindsNoRoomAtAConsoleNothingIsTaken() {
        var console = LinkedConsole()
        #expect(console.open(ConsoleOpen()) == .done)
        let typed = [UInt8](repeating: 0x61, count: 256)
        let results = (0..<3).map { _ in console.type(typed.span) }
        #expect(results == [.done, .done, .busy])
        let left = console.takeTyped().count
        let lost = console.takeLost()
        let lostAfter = console.takeLost()
        #expect(left == 0 && lost == 768 && lostAfter == 0)
        let again = console.type(typed.span)
        #expect(again == .done && console.takeTyped().count == 256)
    }

    @Test("A paste of thousands of characters carries nothing out; the console lives on")
    func aLongPasteAtALinkedConsoleCarriesNothingOut() throws {
        let board = try Self.board()
        var desk = Desk(board)
        try desk.open()
        board.forget()
        let paste = String(repeating: "door street unlock\r", count: 12)
        // Without a turn of the board in between, as a network hands them over.
        for _ in 0..<40 {
            try desk.client.hand(.console(ConsoleStep(step: .input(FixedBytes(Array(paste.utf8).span)))))
        }
        try desk.take()
        board.pass(.seconds(2))
        #expect(!board.words.contains { $0.hasPrefix("command door-unlock") }, "\(board.words)")
        try desk.type("version --plain\r")
        for _ in 0..<20 where !desk.text.contains("exit 0 done") { try desk.take() }
        #expect(desk.text.contains("Too much was typed at once") && desk.text.contains("exit 0 done"))
    }
}
