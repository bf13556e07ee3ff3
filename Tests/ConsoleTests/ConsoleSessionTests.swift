import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@testable import Console

@Suite("A session answers, asks, announces, and never writes more than a row at once")
struct ConsoleSessionTests {
    @Test("The greeting says what board this is and how to go on")
    func greeting() {
        var bench = ConsoleBench(isGreeted: false)
        bench.run()
        let greeting = "Warden 0.1.0 - lobby - 'help' lists the commands, 'login NAME' to act"
        #expect(bench.screen.lines == ["", greeting, ">"])
    }

    @Test("Help lists every command; help on one shows its usage, and examples with a name of this board")
    func help() {
        var bench = ConsoleBench()
        // A terminal of 24 rows shows it in two pages.
        bench.session.terminal.rows = 50
        let list = bench.ask("help")
        for number in 0..<UInt8(ConsoleCommand.count) {
            #expect(list.contains { $0.hasPrefix("  \(ConsoleCommand(rawValue: number)!.word) ") })
        }
        let door = bench.ask("help door")
        #expect(door.first == "door NAME unlock|lock|free|lockdown|restore")
        #expect(door.contains { $0.contains("door entrance unlock") && $0.contains("opens for the usual time") })
    }

    @Test(
        "Mistakes name their remedy",
        arguments: [
            ("dors", "error: unknown command 'dors'; did you mean 'doors'?"),
            ("stauts", "error: unknown command 'stauts'; did you mean 'status'?"),
            ("abracadabra", "error: unknown command 'abracadabra'; 'help' lists them"),
            ("door", "usage: door NAME unlock|lock|free|lockdown|restore"),
            ("door entrence unlock", "error: no door is called 'entrence'; did you mean 'entrance'?"),
            ("door cellar unlock", "error: no door is called 'cellar'"),
            ("alarm riserleak reset", "error: no detector is called 'riserleak'; did you mean 'riser_leak'?"),
        ])
    func mistakes(line: String, answer: String) {
        var bench = ConsoleBench()
        #expect(bench.ask(line) == [answer])
        #expect(bench.board.commands == [])
    }

    @Test("A word that is repeated in an answer is cut where it is long, between characters")
    func longWord() {
        var bench = ConsoleBench(columns: 200)
        let answer = bench.ask(String(repeating: "门", count: 40))
        #expect(answer == ["error: unknown command '" + String(repeating: "门", count: 11) + "...'; 'help' lists them"])
        #expect(bench.longestStep <= ConsoleSession.rowLimit)
    }

    @Test(
        "Commands reach the board as they are meant",
        arguments: [
            ("door garage unlock", Command(kind: .doorUnlock, target: 1)),
            ("door entrance restore", Command(kind: .doorRestore, target: 0)),
            ("alarm riser_leak acknowledge", Command(kind: .alarmAcknowledge, target: 1)),
            ("fire reset --yes", Command(kind: .fireReset)),
            ("door entrance lockdown --yes", Command(kind: .doorLockdown, target: 0)),
        ])
    func commands(line: String, command: Command) {
        var bench = ConsoleBench()
        #expect(bench.ask(line) == ["ok"])
        #expect(bench.board.commands == [command])
    }

    @Test("What the board refuses is said with its reason")
    func refused() {
        var bench = ConsoleBench()
        bench.board.answer = CommandAnswer(result: .refused, reason: 151)
        #expect(bench.ask("door entrance lock") == ["error: refused (fire-active)"])
        bench.board.answer = CommandAnswer(result: .notPermitted)
        bench.session.login.succeed(0, "caretaker")
        #expect(bench.ask("door entrance lock") == ["error: your role does not allow it"])
    }

    @Test(
        "What changes how a door or detector behaves is asked first",
        arguments: [
            ("door entrance free", "y", true), ("door entrance free", "n", false),
            ("door entrance lockdown", "\r", false),
            ("fire reset", "Y", true), ("alarm lobby_smoke bypass", "x", false),
            ("walktest lobby_smoke", "n", false), ("walktest all 5", "y", true),
        ])
    func confirmation(line: String, key: String, isDone: Bool) {
        var bench = ConsoleBench()
        bench.type(line + "\r")
        #expect(bench.screen.current == "Sure? (y/n)")
        #expect(bench.board.commands == [])
        bench.type(key)
        #expect(bench.board.commands.count == (isDone ? 1 : 0))
        #expect(bench.screen.lines.dropLast().last == (isDone ? "ok" : "cancelled"))
        #expect(bench.screen.current == ">")
    }

    @Test(
        "A walk test goes to the detector that is named, or to all, for the minutes that were said",
        arguments: [
            ("walktest riser_leak", Command(kind: .walkTestBegin, target: 1)),
            ("walktest riser_leak 90", Command(kind: .walkTestBegin, target: 1, seconds: 5_400)),
            ("walktest riser_leak end", Command(kind: .walkTestEnd, target: 1)),
            ("walktest all 5", Command(kind: .walkTestBeginAll, seconds: 300)),
            ("walktest all end", Command(kind: .walkTestEndAll)),
        ])
    func walkTest(line: String, command: Command) {
        var bench = ConsoleBench()
        #expect(bench.ask(line + " --yes") == ["ok"])
        #expect(bench.board.commands == [command])
    }

    @Test("A detector that is called 'all' is one detector")
    func walkTestOfAll() {
        var bench = ConsoleBench()
        bench.board.detectors[1].name = "all"
        #expect(bench.ask("walktest all --yes") == ["ok"])
        #expect(bench.board.commands == [Command(kind: .walkTestBegin, target: 1)])
    }

    @Test("Detectors that are not normal are listed fires first, then faults, what is bypassed, what is under test")
    func urgency() {
        var bench = ConsoleBench()
        let states: [AlarmState] = [.underTest, .bypassed, .trouble, .normal, .preAlarm, .silenced, .alarm]
        bench.board.detectors = states.map { ("\(Words.alarmState($0))_one", $0) }
        let listed = bench.ask("alarms").map { String($0.prefix { $0 != " " }) }
        #expect(
            listed == [
                "silenced_one", "alarm_one", "pre-alarm_one", "trouble_one", "bypassed_one", "under-test_one",
            ])
        let tests = bench.ask("walktest").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(tests == ["under-test_one under-test activated 0 ends in 00:00:00"])
    }

    @Test("The clock is set to the local time that was typed, after a question")
    func clock() {
        var bench = ConsoleBench()
        #expect(bench.ask("clock set 2026-11-22 18:05:09 --yes") == ["ok"])
        #expect(bench.board.clocks.map(\.unixMs) == [(1_795_370_709 - 480 * 60) * 1_000])
    }

    @Test(
        "With --plain an answer is cells between tabs, without pauses, and ends with a line for programs",
        arguments: [
            (
                "doors --plain",
                ["entrance\tsecured\tlock secured\tclosed", "garage\tforced\tlock released\topen", "exit 0 done"]
            ),
            ("door entrance unlock --plain", ["ok", "exit 0 done"]),
            ("dors --plain", ["error: unknown command 'dors'; did you mean 'doors'?", "exit 2 usage"]),
            ("door cellar lock --plain", ["error: no door is called 'cellar'", "exit 3 unknown-name"]),
            ("fire reset --plain", ["error: this asks first; repeat with --yes", "exit 5 not-confirmed"]),
            ("fire reset --plain --yes", ["ok", "exit 0 done"]), ("alarms --plain", ["exit 0 done"]),
            ("clock --plain", ["2026-11-18 19:06:40\t+08:00\tsynchronised", "exit 0 done"]),
        ])
    func plain(line: String, rows: [String]) {
        var bench = ConsoleBench()
        bench.session.terminal.isAnsi = true
        bench.session.language = .chinese
        bench.output = []
        bench.type(line + "\r")
        let text = String(decoding: bench.output, as: UTF8.self)
        #expect(text.contains("\r\n" + rows.joined(separator: "\r\n") + "\r\n"))
    }

    @Test("A refusal and a lack of rights have exit lines of their own")
    func plainRefusals() {
        var bench = ConsoleBench()
        bench.board.answer = CommandAnswer(result: .refused)
        #expect(bench.ask("door entrance lock --plain").last == "exit 1 refused")
        bench.board.answer = CommandAnswer(result: .notPermitted)
        #expect(bench.ask("door entrance lock --plain").last == "exit 4 not-permitted")
    }

    // MARK: Pauses

    @Test(
        "An answer longer than the terminal pauses; space goes on a page, Enter a line, q ends, typing goes on typing")
    func pages() {
        var bench = ConsoleBench()
        bench.session.terminal.rows = 6
        for _ in 0..<20 { bench.board.happen(.door(DoorChange(door: 0, kind: .opened))) }
        bench.type("events\r")
        #expect(bench.screen.current.hasPrefix("--more--"))
        #expect(bench.screen.lines.count { $0.hasPrefix("#") } == 5)
        bench.type(" ")
        #expect(bench.screen.lines.count { $0.hasPrefix("#") } == 10)
        bench.type("\r")
        #expect(bench.screen.lines.count { $0.hasPrefix("#") } == 11)
        bench.type("q")
        #expect(bench.screen.current == ">")
        bench.type("events\r")
        bench.type("sta")
        #expect(bench.screen.current == "> sta")
    }

    @Test("An answer that just fits does not pause")
    func exactPage() {
        var bench = ConsoleBench()
        bench.session.terminal.rows = 6
        for _ in 0..<5 { bench.board.happen(.door(DoorChange(door: 0, kind: .opened))) }
        #expect(bench.ask("events").count == 5)
    }

    // MARK: Events

    @Test("Events are narrowed by kind, door, detector, number and time")
    func eventFilters() {
        var bench = ConsoleBench()
        bench.board.happen(.door(DoorChange(door: 0, kind: .opened)))
        bench.board.happen(.door(DoorChange(door: 1, kind: .opened)))
        bench.board.happen(.alarm(AlarmChange(detector: 0, to: .normal)))
        bench.board.happen(.command(CommandAudit(command: UInt32(CommandKind.doorLock.rawValue), target: 1)))
        func numbers(_ line: String) -> [String] {
            bench.ask(line).compactMap { $0.split(separator: " ").first.map(String.init) }
        }
        #expect(numbers("events") == ["#1", "#2", "#3", "#4"])
        #expect(numbers("events 2") == ["#3", "#4"])
        #expect(numbers("events kind door") == ["#1", "#2"])
        #expect(numbers("events 1 kind door") == ["#2"])
        #expect(numbers("events door garage") == ["#2", "#4"])
        #expect(numbers("events detector lobby_smoke") == ["#3"])
        #expect(numbers("events since #3") == ["#3", "#4"])
        #expect(numbers("events kind trouble") == [])
        #expect(numbers("events since 1h") == ["#1", "#2", "#3", "#4"])
    }

    @Test("Looking for an event among many takes many small steps, none long")
    func search() {
        var bench = ConsoleBench()
        bench.board.happen(.door(DoorChange(door: 0, kind: .opened)))
        for _ in 0..<5_000 { bench.board.happen(.output(OutputChange(line: 0, active: true))) }
        #expect(bench.ask("events kind door").count == 1)
    }

    // MARK: Announcements

    @Test("An alarm announces itself above what is being typed, which stays", arguments: [false, true])
    func announcement(isAnsi: Bool) {
        var bench = ConsoleBench()
        bench.session.terminal.isAnsi = isAnsi
        bench.type("door entrance unlo")
        bench.board.happen(.alarm(AlarmChange(detector: 0, to: .alarm, value: 151, cause: 1)), .alarm)
        bench.run()
        #expect(
            bench.screen.lines.first?.hasPrefix("*** 2026-11-18 19:06:40 alarm lobby_smoke alarm cause smoke-density")
                == true)
        #expect(bench.screen.current == "> door entrance unlo")
        #expect(bench.screen.bells == 1)
        bench.type("ck\r")
        #expect(bench.board.commands == [Command(kind: .doorUnlock, target: 0)])
    }

    @Test("What is no alarm is not announced, and how an alarm goes on does not ring")
    func quietEvents() {
        var bench = ConsoleBench()
        bench.board.happen(.door(DoorChange(door: 0, kind: .opened)))
        bench.run()
        bench.board.happen(.alarm(AlarmChange(detector: 0, from: .trouble, to: .normal)), .alarm)
        bench.run()
        #expect(bench.output == [])
        bench.board.happen(.alarm(AlarmChange(detector: 0, from: .alarm, to: .acknowledged)), .alarm)
        bench.run()
        #expect(bench.screen.lines.first?.contains("acknowledged") == true)
        #expect(bench.screen.bells == 0)
    }

    @Test("A message of the matrix announces itself, with a bell where it begins")
    func matrixMessage() {
        var bench = ConsoleBench()
        for active in [true, false] {
            bench.board.happen(
                .announcement(Announcement(effect: 3, active: active, text: "Fire - use the stairs")), .system)
            bench.run()
            #expect(
                bench.screen.lines.last {
                    $0.hasSuffix("message effect#3 \(active ? "on" : "off") Fire - use the stairs")
                }?.hasPrefix("*** ") == true, "\(bench.screen.lines)")
            #expect(bench.screen.bells == 1)
        }
    }

    @Test("A program that reads an answer is not interrupted: the alarm comes after the exit line")
    func announcementAfterPlain() {
        var bench = ConsoleBench()
        bench.board.happen(.door(DoorChange(door: 0, kind: .opened)))
        let line = Array("events --plain\r".utf8)
        bench.session.receive(line.span, at: bench.board.now)
        while !String(decoding: bench.output, as: UTF8.self).contains("#1") { bench.step() }
        bench.board.happen(.alarm(AlarmChange(detector: 0, to: .alarm)), .alarm)
        bench.run()
        let text = String(decoding: bench.output, as: UTF8.self)
        let exit = text.range(of: "exit 0 done")
        let alarm = text.range(of: "***")
        #expect(exit != nil && alarm != nil && exit!.lowerBound < alarm!.lowerBound)
    }

    @Test("A storm of alarms on a slow terminal is cut short, and said")
    func storm() {
        var bench = ConsoleBench()
        for _ in 0..<2_000 { bench.board.happen(.alarm(AlarmChange(detector: 0, to: .alarm)), .alarm) }
        bench.run()
        #expect(bench.screen.lines.contains { $0.contains("Some alarms were passed over") })
        #expect(bench.screen.lines.count { $0.hasPrefix("***") } < 140)
        #expect(bench.screen.current == ">")
    }

    // MARK: Pastes

    @Test("A paste of 10,000 characters does nothing and says so; then the console works again")
    func paste() {
        for text in [
            String(repeating: "x", count: 10_000), String(repeating: "door entrance unlock\r", count: 477),
            String(repeating: "门", count: 10_000),
        ] {
            var bench = ConsoleBench()
            bench.type(text)
            #expect(bench.board.commands.count <= 1)
            bench.wait(.seconds(2))
            #expect(bench.screen.lines.contains { $0.hasPrefix("Too much was typed at once; nothing of it was done.") })
            #expect(bench.ask("version") == ["Warden 0.1.0, lobby, generation 3"])
            #expect(bench.longestStep <= ConsoleSession.rowLimit)
        }
    }

    @Test("At the speed of a serial line a long paste runs line by line; a line too long is refused whole")
    func slowPaste() {
        var bench = ConsoleBench()
        for _ in 0..<20 { bench.type("door entrance unlock\r") }
        #expect(bench.board.commands.count == 20)
        for byte in "door entrance unlock" + String(repeating: " ", count: 200) { bench.type(String(byte)) }
        #expect(bench.ask("") == ["error: the line is longer than 160 bytes; nothing was done"])
        #expect(bench.board.commands.count == 20)
    }

    // MARK: Terminals

    @Test("The terminal tells its size when asked; one that is silent stays what it was")
    func measuring() {
        var bench = ConsoleBench()
        bench.type("terminal auto\r")
        #expect(bench.screen.sizeQueries == 1)
        bench.type("\u{1B}[50;132R")
        #expect(bench.session.terminal == Terminal(columns: 132, rows: 50, isAnsi: true))
        #expect(bench.screen.current == ">")
        var silent = ConsoleBench()
        silent.type("terminal auto\r")
        silent.wait(.seconds(2))
        #expect(silent.session.terminal == Terminal())
        #expect(silent.screen.lines.contains { $0.hasPrefix("The terminal did not tell its size") })
    }

    @Test("Colours only where the terminal has them")
    func colours() {
        var bench = ConsoleBench()
        _ = bench.ask("doors")
        #expect(!bench.output.contains(0x1B))
        _ = bench.ask("terminal ansi")
        bench.type("doors\r")
        #expect(String(decoding: bench.output, as: UTF8.self).contains("\u{1B}[1;31mforced"))
    }

    // MARK: Watching

    @Test("Watch rewrites only the rows that changed, until a key is pressed")
    func watch() {
        var bench = ConsoleBench()
        bench.session.terminal.isAnsi = true
        bench.type("watch detectors\r")
        #expect(bench.screen.lines.contains { $0.hasPrefix("lobby_smoke") && $0.contains("normal") })
        bench.output = []
        bench.wait(.seconds(1))
        #expect(bench.output == [])
        bench.board.detectors[0].state = .alarm
        bench.wait(.seconds(1))
        let changed = String(decoding: bench.output, as: UTF8.self)
        #expect(changed.contains("lobby_smoke") && !changed.contains("riser_leak"))
        bench.type("x")
        #expect(bench.screen.current == ">")
        bench.output = []
        bench.wait(.seconds(5))
        #expect(bench.output == [])
    }

    @Test("On a plain terminal watch adds a row for each change")
    func plainWatch() {
        var bench = ConsoleBench()
        bench.type("watch\r")
        bench.board.detectors[0].state = .alarm
        bench.wait(.seconds(1))
        #expect(bench.screen.lines.count { $0.hasPrefix("lobby_smoke") } == 2)
        #expect(bench.screen.lines.count { $0.hasPrefix("riser_leak") } == 1)
        #expect(!bench.output.contains(0x1B))
        bench.type("\r")
        #expect(bench.screen.current == ">")
    }

    @Test(
        "No answer's step writes more than a row's bytes, on any terminal and in any language",
        arguments: [false, true])
    func bounds(isAnsi: Bool) {
        for language in ["en", "zh"] {
            var bench = ConsoleBench()
            bench.session.terminal.isAnsi = isAnsi
            bench.session.terminal.rows = 200
            bench.board.doors[0] = String(repeating: "门", count: 10) + "ab"
            _ = bench.ask("language " + language)
            for command in [
                "help", "help door", "help events", "status", "doors", "alarms", "detectors", "sensors", "points",
                "readers", "counters", "clock", "version", "terminal", "events",
            ] {
                #expect(!bench.ask(command).isEmpty || command == "events")
            }
            #expect(bench.longestStep <= ConsoleSession.rowLimit)
        }
    }

    @Test("A point is forced after a yes, with its time; the list says who did it and what is left")
    func forcing() {
        var bench = ConsoleBench()
        bench.logIn("fitter", "135790")
        bench.type("point siren on 10m\r")
        #expect(bench.board.commands.isEmpty)
        bench.type("y")
        #expect(bench.board.commands.last == Command(kind: .pointForce, target: 0, value: 1, seconds: 600))
        bench.board.force = 42
        #expect(
            bench.ask("points") == ["siren                   output  active    forced 42 s by console 0 user fitter"])
        bench.output = []
        _ = bench.ask("points --plain")
        let plain = String(decoding: bench.output, as: UTF8.self)
        #expect(plain.contains("siren\toutput\tactive\tforced 42 s by console 0 user fitter\r\n"))
        bench.board.answer = CommandAnswer(result: .safetyRelease)
        #expect(
            bench.ask("point siren off --yes --plain") == [
                "error: refused: a door needs it to let people out", "exit 1 refused",
            ])
        #expect(bench.ask("point sirren on") == ["error: no input or output is called 'sirren'; did you mean 'siren'?"])
    }

    @Test("The status shows alarms, then troubles, then what is disabled, as EN 54-2 orders them")
    func disablements() throws {
        var bench = ConsoleBench()
        bench.board.disablements = 2
        let rows = bench.ask("status")
        let places = try ["alarms", "troubles", "disabled"].map { word in
            try #require(rows.firstIndex { $0.hasPrefix(word) })
        }
        #expect(places == places.sorted() && rows[places[2]] == "disabled      2")
    }
}
