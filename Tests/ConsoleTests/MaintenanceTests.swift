import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@testable import Console

@Suite("Enrolment, commissioning, recorder, configuration and restart at the terminal")
struct MaintenanceTests {
    private static func parse(_ line: String) -> ConsoleRequest { ConsoleRequest.parse(Array(line.utf8).span) }

    @Test("An enrolment says where, for which groups, until when")
    func enrolmentLine() throws {
        guard
            case .enrol(let line) = Self.parse(
                "credential enrol lobby 1,3 holder 7 until 2027-06-30 uses 2 within 2m pin")
        else {
            Issue.record("not understood")
            return
        }
        #expect(line.reader == 17..<22 && line.asksPin)
        #expect(line.groups == 23..<26 && line.request.holder == 7 && line.request.uses == 2)
        // The day itself still counts: void from 2027-07-01 00:00.
        #expect(line.request.validUntil == 1_814_400_000 && line.request.seconds == 120)
    }

    @Test(
        "Mistakes show how it is typed",
        arguments: [
            "credential", "credential enrol lobby", "credential enrol lobby ,1", "credential enrol lobby 1,,2",
            "credential enrol lobby 1,", "credential enrol lobby 1 until 2027-02-30", "credential enrol lobby 1 uses 0",
            "credential enrol lobby 1 within 1s", "credential enrol lobby 1 within 1h",
            "credential enrol lobby 1 holder",
            "credential enrol lobby 1 pin pin", "test door lobby", "test door lobby perhaps", "test lobby",
            "config set", "config set log-level loud", "config set language fr", "config drop", "recorder mark x",
            "recorder mark 10000", "recorder stop", "reboot now",
        ])
    func mistakes(line: String) {
        guard case .wrongArguments = Self.parse(line) else {
            Issue.record("\(line) was understood")
            return
        }
    }

    @Test("The card is waited for below what is being typed; its tag is shown, a key gives up")
    func enrolling() {
        var bench = ConsoleBench()
        bench.type("credential enrol entrance_reader 2\r")
        #expect(bench.board.enrolments.last?.groups == 0b10)
        #expect(bench.screen.current.hasPrefix("present the card now"))
        bench.session.cardPresented(.enrolled(tag: 0x12AB_34CD_56EF_7890, isKept: true))
        bench.run()
        #expect(bench.screen.lines.contains { $0 == "enrolled: credential 12ab34cd56ef7890" }, "\(bench.screen.lines)")
        bench.type("credential enrol entrance_reader 2\r")
        bench.type("x")
        #expect(bench.board.enrolmentsEnded == 1)
        bench.type("credential enrol entrance_reader 2\r")
        bench.wait(.seconds(31))
        #expect(bench.board.enrolmentsEnded == 2)
        #expect(bench.screen.lines.contains { $0.hasPrefix("no card came in time") })
        bench.type("credential enrol entrance_reader 2\r")
        bench.session.close(&bench.board)
        #expect(bench.board.enrolmentsEnded == 3, "the cable was unplugged")
    }

    @Test(
        "Groups are given by name or number",
        arguments: [("residents", 0b1), ("residents,couriers", 0b101), ("2,couriers", 0b110), ("64", 1 << 63)]
            as [(String, UInt64)])
    func groups(typed: String, groups: UInt64) {
        var bench = ConsoleBench()
        bench.type("credential enrol entrance_reader \(typed)\r")
        #expect(bench.board.enrolments.last?.groups == groups)
    }

    @Test(
        "A group that there is not is said, with the near one", arguments: ["65", "0", "residants", "residents,staf"])
    func unknownGroup(typed: String) {
        var bench = ConsoleBench()
        bench.type("credential enrol entrance_reader \(typed)\r")
        #expect(bench.board.enrolments.isEmpty)
        #expect(bench.screen.lines.contains { $0.hasPrefix("error: no group is called '") }, "\(bench.screen.lines)")
    }

    @Test("A card's PIN is typed twice, is shown nowhere, and must be the same")
    func cardPin() {
        var bench = ConsoleBench()
        bench.type("credential enrol entrance_reader 2 pin\r")
        bench.type("2718\r2719\r")
        #expect(bench.board.enrolments.isEmpty)
        #expect(bench.screen.lines.contains("error: the two PINs differ"))
        bench.type("credential enrol entrance_reader 2 pin\r")
        bench.type("27x8\r")
        #expect(bench.screen.lines.contains("error: a card's PIN has 4 to 12 digits"))
        bench.type("credential enrol entrance_reader 2 pin\r")
        bench.type("2718\r2718\r")
        #expect(bench.board.enrolments.last?.pin == FixedBytes([2, 7, 1, 8].span))
        #expect(!String(decoding: bench.output, as: UTF8.self).contains("2718"))
    }

    @Test("The walk asks about one thing after the other, stops where one likes, and goes on there")
    func walk() {
        var bench = ConsoleBench()
        bench.type("test\r")
        #expect(bench.screen.lines.contains { $0.hasPrefix("1/8 door: ") }, "\(bench.screen.lines)")
        bench.type("y")
        bench.type("n")
        #expect(bench.board.verdicts == [0: .right, 1: .wrong])
        bench.type("q")
        #expect(bench.screen.current == ">")
        bench.type("test\r")
        #expect(bench.screen.lines.contains { $0.hasPrefix("3/8 reader: ") }, "\(bench.screen.lines)")
        bench.type("y")
        bench.type("o")
        #expect(bench.board.commands.last == Command(kind: .pointForce, target: 0, value: 1, seconds: 5))
        for _ in 0..<5 { bench.type("s") }
        #expect(bench.screen.lines.contains { $0.hasPrefix("Everything has its answer") }, "\(bench.screen.lines)")
        #expect(bench.board.verdicts[TestItem(.detector, 1).target] == .passedOver)
    }

    @Test("The report lists everything, for people and for programs")
    func report() {
        var bench = ConsoleBench()
        bench.board.verdicts = [0: .right, TestItem(.line, 0).target: .wrong]
        let rows = bench.ask("test report")
        #expect(
            rows.first?.hasPrefix("commissioning   lobby                   generation 3, Warden 0.1.0, 2026-") == true)
        #expect(rows.contains { $0.hasPrefix("door      entrance                right         2026-") }, "\(rows)")
        #expect(rows.last == "all       8, right 1, wrong 1, passed over 0, not tested 6")
    }

    @Test("Configuration shows what runs; what changes the board asks first")
    func config() {
        var bench = ConsoleBench()
        #expect(bench.ask("config show").first == "image         lobby, generation 3, crc32c 1a2b3c4d")
        _ = bench.ask("config set log-level debug")
        #expect(bench.board.logLevel == .debug)
        bench.type("config rollback\r")
        #expect(bench.screen.current.hasPrefix("Sure?"))
        bench.type("n")
        _ = bench.ask("recorder mark 12")
        #expect(bench.board.commands.last == Command(kind: .recorderMark, value: 12))
        bench.type("reboot\r")
        bench.type("y")
        #expect(bench.board.commands.last == Command(kind: .boardRestart))
        let rows = bench.ask("recorder")
        #expect(
            rows.contains("/var/lib/warden/journal")
                && rows.contains("replays: a start of the board or a key frame is in it"))
        bench.board.recorderStatus.replays = false
        #expect(bench.ask("recorder").contains { $0.hasPrefix("does not replay") })
    }

    @Test("A console speaks the language that the board was set to, until somebody chooses another")
    func language() {
        var bench = ConsoleBench()
        bench.board.consoleLanguage = 1
        #expect(bench.ask("logout") == ["已退出登录"])
        _ = bench.ask("language en")
        #expect(bench.ask("logout") == ["logged out"])
    }
}
