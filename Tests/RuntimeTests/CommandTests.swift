import HardwareInterface
import Testing

@Suite("Commands from every side go the same way, and the record says who gave them")
struct CommandTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var typed: String
        var audit: String
        var testDescription: String { typed }
    }

    @Test(
        "What is typed at the console is done, and stands in the audit with its console",
        arguments: [
            Case(typed: "door street unlock", audit: "command door-unlock street done by console 0"),
            Case(typed: "door street lock", audit: "command door-lock street done by console 0"),
            Case(typed: "door street free", audit: "command door-free street done by console 0"),
            Case(typed: "door street lockdown", audit: "command door-lockdown street done by console 0"),
            Case(typed: "alarm smoke acknowledge", audit: "command alarm-acknowledge smoke refused by console 0"),
        ])
    func console(_ command: Case) throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        board.type(command.typed)
        #expect(board.happened(command.audit), "\(board.words), printed \(board.printed())")
    }

    @Test("An unlock from the console says so in the decision too, and locks again")
    func consoleUnlock() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.type("door street unlock")
        #expect(board.happened("access street granted commanded by console 0"), "\(board.words)")
        #expect(!board.isOn("lock"))
        board.pass(.seconds(6))
        #expect(board.isOn("lock"))
    }

    @Test("An alarm's steps by people carry the person: acknowledged, reset")
    func alarmActor() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(10))
        board.type("alarm leak acknowledge")
        #expect(
            board.words.contains { $0.hasPrefix("alarm leak acknowledged") && $0.hasSuffix("by console 0") },
            "\(board.words)")
    }
}
