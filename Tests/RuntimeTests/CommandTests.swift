import HardwareInterface
import Testing
import WardenMessages

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

    /// What a door is in when it is asked.
    enum State: CaseIterable {
        case secured, released, open, lockdown, free, fire

        func bring(about board: BoardUnderTest) {
            switch self {
            case .secured: break
            case .released: board.present("0500207B32")
            case .open:
                board.present("0500207B32")
                board.pass(.seconds(1))
                board.open()
            case .lockdown: board.type("door street lockdown --yes")
            case .free: board.type("door street free --yes")
            case .fire:
                board.set(.input0, LifeSafetyTests.fire)
                board.pass(.seconds(10))
            }
            board.pass(.seconds(1))
            board.forget()
        }
    }

    @Test(
        "The console and the platform are answered the same, with the same reason, in every state",
        arguments: State.allCases)
    func sameAnswers(in state: State) throws {
        let commands: [(String, CommandKind)] = [
            ("unlock", .doorUnlock), ("lock", .doorLock), ("free", .doorFree), ("lockdown", .doorLockdown),
            ("restore", .doorRestore),
        ]
        for (word, kind) in commands {
            let console = try BoardUnderTest()
            let platform = try BoardUnderTest()
            for board in [console, platform] {
                board.pass(.seconds(10))
                state.bring(about: board)
            }
            console.type("door street \(word) --yes")
            let client = LinkServiceTests.Client(platform)
            _ = try client.ask(.command(Command(kind: kind, target: 0)))
            for board in [console, platform] { board.pass(.seconds(8)) }
            let answered = [console, platform].map { board in
                board.words.filter { !$0.hasPrefix("system") }.map {
                    $0.replacing("console 0", with: "them").replacing("user 0", with: "them")
                }
            }
            #expect(answered[0] == answered[1], "\(word)")
            #expect(answered[0].contains { $0.hasPrefix("access street") && $0.hasSuffix("by them") }, "\(word)")
            #expect(console.isOn("lock") == platform.isOn("lock"), "\(word)")
        }
    }

    @Test(
        "A card, the exit button, the console and the platform each release the lock for the door's time, and say who asked"
    )
    func sameRelease() throws {
        let askers: [(String, (BoardUnderTest) throws -> Void)] = [
            ("granted valid-credential by card", { $0.present("0500207B32") }),
            (
                "granted request-to-exit by button",
                {
                    $0.input("exit", true)
                    $0.pass(.milliseconds(100))
                    $0.input("exit", false)
                }
            ),
            ("granted commanded by console 0", { $0.type("door street unlock") }),
            (
                "granted commanded by user 0",
                { _ = try LinkServiceTests.Client($0).ask(.command(Command(kind: .doorUnlock))) }
            ),
        ]
        for (words, ask) in askers {
            let board = try BoardUnderTest()
            board.pass(.seconds(10))
            board.forget()
            try ask(board)
            board.pass(.seconds(8))
            #expect(board.words.contains { $0.hasPrefix("access street \(words)") }, "\(words): \(board.words)")
            let released = try #require(board.moment("line lock off"), "\(words)")
            let locked = try #require(board.moment("line lock on"), "\(words)")
            #expect(locked - released == .seconds(5), "\(words)")
        }
    }

    @Test("A walk test over the link: for technicians alone, for as long as was said, begun anew and ended")
    func walkTest() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        let begin = Command(kind: .walkTestBegin, target: 0, seconds: 60)
        #expect(try LinkServiceTests.Client(board, user: 1).command(begin) == .notPermitted)
        let client = LinkServiceTests.Client(board)
        #expect(try client.command(begin) == .done)
        #expect(board.happened("command walk-test-begin smoke 60 s done by user 0"), "\(board.words)")
        board.pass(.seconds(50))
        #expect(try client.command(begin) == .done, "a test may be made longer")
        board.pass(.seconds(50))
        #expect(board.runtime.boardStatus.underTest == 1)
        board.pass(.seconds(20))
        #expect(board.runtime.boardStatus.underTest == 0)
        #expect(try client.command(Command(kind: .walkTestEnd)) == .refused)
        #expect(try client.command(Command(kind: .walkTestBegin, target: 99)) == .unknownTarget)
        #expect(try client.command(Command(kind: .walkTestBeginAll)) == .done)
        #expect(board.runtime.boardStatus.underTest == 2)
        #expect(try client.command(Command(kind: .walkTestEndAll)) == .done)
        #expect(try client.command(Command(kind: .walkTestEndAll)) == .refused)
    }

    @Test(
        "What people tell detectors reaches those that have a use for it; the others refuse",
        arguments: [
            ("smoke hush", "detector-hush smoke done"), ("smoke hush 5m", "detector-hush smoke 300 s done"),
            ("smoke cleaned --yes", "detector-cleaned smoke done"), ("leak hush", "detector-hush leak refused"),
            ("leak away --yes", "resident-away leak 86400 s refused"),
            ("smoke serviced", "detector-serviced smoke refused"),
        ])
    func detectorCommands(typed: String, audit: String) throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.type("alarm \(typed)")
        #expect(board.happened("command \(audit) by console 0"), "\(board.words), printed \(board.printed())")
    }

    @Test("Smoke above the level is no alarm while a detector is hushed, and is one when its limit is over")
    func hush() throws {
        let board = try BoardUnderTest(SmallBoards.stairwell.replacing("verification: 5 s", with: "hush_limit: 1 min"))
        board.pass(.seconds(10))
        board.type("alarm smoke hush 1h")
        // 0.2 dB/m: between the level of 0.15 dB/m and twice that.
        board.set(.input0, 1_200_000)
        board.forget()
        board.pass(.seconds(55))
        let hushed = board.words.filter { $0.hasPrefix("alarm smoke alarm") }
        board.pass(.seconds(60))
        #expect(hushed.isEmpty)
        #expect(board.words.contains { $0.hasPrefix("alarm smoke alarm") }, "\(board.words)")
    }

    @Test("An alarm that does not latch ends with its cause")
    func endsWithCause() throws {
        let board = try BoardUnderTest(
            SmallBoards.stairwell.replacing("kind: leak,", with: "kind: leak, latching: false, off_delay: 5 s,"))
        board.pass(.seconds(10))
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(10))
        #expect(board.words.contains { $0.hasPrefix("alarm leak alarm") })
        board.set(.input1, LifeSafetyTests.dry)
        board.pass(.seconds(10))
        #expect(board.words.contains { $0.hasPrefix("alarm leak normal") }, "\(board.words)")
    }
}
