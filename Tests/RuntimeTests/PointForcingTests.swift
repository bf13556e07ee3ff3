import HardwareInterface
import Testing
import WardenMessages

@testable import Runtime

@Suite("An input or output that a person forces is so for a while, says so, and gives way to the board and to safety")
struct PointForcingTests {
    /// The stairwell, with a flow switch that shuts the valve and a fire panel that releases the door.
    static let yaml = SmallBoards.stairwell
        .replacing(
            "inputs:\n",
            with: """
                inputs:
                  panel: {pin: GPIO5, active: low, bias: pull-up}
                  flow_switch: {pin: GPIO6, active: low, bias: pull-up}

                """
        )
        .replacing(
            "  flood:\n",
            with: """
                  panel_fire:
                    causes: [{input: panel}]
                    actions: [{release: street}]
                  overflow:
                    causes: [{input: flow_switch}]
                    actions: [{drive: valve}]
                    latching: false
                  flood:

                """)

    static func board() throws -> BoardUnderTest {
        let board = try BoardUnderTest(yaml, medium: ReplayTests.medium())
        for input in ["panel", "flow_switch", "exit", "contact"] { board.input(input, false) }
        board.pass(.seconds(10))
        board.forget()
        return board
    }

    static func status(_ board: BoardUnderTest, _ name: String) throws -> LineStatus {
        let status = board.runtime.lineStatus(at: Int(board.line(name)))
        return try #require(status)
    }

    @Test("An output is driven, stands as a disablement with who forced it, and goes back by itself")
    func output() throws {
        let board = try Self.board()
        board.type("point siren on 90s")
        #expect(board.words.contains("command point-force siren on 90 s done by console 0"), "\(board.words)")
        #expect(board.isOn("siren"))
        #expect(board.disablements == 1)
        board.pass(.seconds(30))
        let status = try Self.status(board, "siren")
        #expect(status.active && status.forcedSeconds == 60 && status.forcedBy?.kind == .console, "\(status)")
        board.pass(.seconds(61))
        #expect(!board.isOn("siren"))
        #expect(board.happened("command point-release siren done"), "\(board.words)")
        #expect(board.disablements == 0)
    }

    @Test("Without a time it is a minute, and more than an hour is refused")
    func aForceIsAMinuteAndAtMostAnHour() throws {
        let board = try Self.board()
        board.type("point siren on")
        #expect(board.happened("command point-force siren on 60 s done by console 0"), "\(board.words)")
        board.type("point siren release")
        #expect(!board.isOn("siren"))
        board.type("point siren on 2h")
        #expect(!board.isOn("siren"))
        #expect(board.printed().contains("out-of-range"))
        board.type("point siren release")
        #expect(board.happened("command point-release siren refused by console 0"), "\(board.words)")
    }

    @Test("The board goes by a forced input, not by its wire, and by its wire again afterwards")
    func input() throws {
        let board = try Self.board()
        board.type("point flow_switch on 10")
        board.pass(.seconds(1))
        #expect(board.isOn("valve"))
        board.type("point flow_switch off 10")
        board.input("flow_switch", true)
        board.pass(.seconds(5))
        #expect(!board.isOn("valve"), "what the wire says does not count")
        board.pass(.seconds(6))
        #expect(board.isOn("valve"), "the wire has been active all the while")
    }

    @Test(
        "What a door needs to let people out is refused, in either direction",
        arguments: ["lock", "exit", "panel"], ["on", "off"])
    func whatADoorNeedsToLetPeopleOutIsRefused(line: String, level: String) throws {
        let board = try Self.board()
        let isOn = board.isOn(line)
        board.type("point \(line) \(level) 60")
        #expect(
            board.happened("command point-force \(line) \(level) 60 s safety-release by console 0"), "\(board.words)")
        #expect(board.isOn(line) == isOn)
        #expect(board.disablements == 0)
        #expect(board.printed().contains("a door needs it to let people out"))
    }

    @Test("What an alarm demands of an output ends its force at once, and cannot be forced")
    func alarm() throws {
        let board = try Self.board()
        board.type("point siren off 1h")
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(10))
        #expect(board.words.contains("line siren on"), "\(board.words)")
        #expect(board.happened("command point-release siren done"), "\(board.words)")
        #expect(try Self.status(board, "siren").forcedSeconds == 0)
        board.type("point siren off 60")
        #expect(board.happened("command point-force siren off 60 s refused by console 0"), "\(board.words)")
    }

    @Test("A restart ends every force, and the recording replays with it to the byte")
    func restart() throws {
        let board = try Self.board()
        board.type("point valve on 1h")
        board.type("point flow_switch on 20")
        board.type("point contact on 15")
        board.pass(.seconds(30))
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(10))
        #expect(board.isOn("valve"))
        let pages = try ReplayTests.recording(of: board)
        let outcome = try ReplayTests.play(pages, file: board.file)
        #expect(outcome.difference == nil, "\(outcome.words.events.suffix(5))")
        let events = outcome.words.events.filter { $0.contains("point-") }
        #expect(events.count == 6, "\(events)")
        let again = try board.afterPowerCut()
        again.pass(.seconds(5))
        #expect(again.disablements == 0)
        #expect(try Self.status(again, "valve").forcedSeconds == 0)
    }

    @Test("Somebody who only looks may not, whether at the console or over a link")
    func roles() throws {
        let board = try BoardUnderTest(Self.yaml.replacing("console_role: technician\n", with: ""))
        board.pass(.seconds(10))
        board.type("point siren on")
        #expect(board.printed().contains("log in first"))
        let client = LinkServiceTests.Client(board, user: 1)
        _ = try client.ask(.command(Command(kind: .pointForce, target: UInt32(board.line("siren")), value: 1)))
        #expect(!board.isOn("siren"))
        #expect(board.words.count { $0.contains("point-force siren") && $0.contains("not-permitted") } == 2)
    }
}

extension BoardUnderTest {
    var disablements: UInt32 { runtime.boardStatus.disablements }
}
