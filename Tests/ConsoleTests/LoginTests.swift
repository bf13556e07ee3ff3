import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@testable import Console

@Suite("Without a login a console only shows; a PIN is seen nowhere, and guessing it is slow")
struct LoginTests {
    @Test("A right PIN logs in, the prompt says who, commands carry who asked, logout ends it")
    func login() {
        var bench = ConsoleBench()
        _ = bench.ask("door entrance unlock")
        bench.logIn("caretaker", "2468")
        #expect(bench.screen.current == "caretaker>")
        #expect(bench.ask("whoami") == ["caretaker, operator"])
        _ = bench.ask("door entrance unlock")
        #expect(bench.ask("logout") == ["logged out"])
        _ = bench.ask("door entrance unlock")
        #expect(bench.board.askers == [nil, 0, nil])
        #expect(bench.board.logins == ["console-login caretaker done", "console-logout caretaker done"])
        #expect(bench.screen.current == ">")
    }

    @Test("Who is not logged in is told how to")
    func hint() {
        var bench = ConsoleBench()
        bench.board.answer = CommandAnswer(result: .notPermitted)
        #expect(bench.ask("door entrance unlock") == ["error: log in first: 'login NAME'"])
        bench.logIn("caretaker", "2468")
        #expect(bench.ask("alarm lobby_smoke bypass --yes") == ["error: your role does not allow it"])
    }

    @Test("The PIN is in no echo, history, record or anything else that is written", arguments: [false, true])
    func secrecy(isRight: Bool) {
        let pin = isRight ? "135790" : "975310"
        var bench = ConsoleBench()
        bench.session.terminal.isAnsi = true
        bench.logIn("fitter", pin)
        bench.type("\u{1B}[A\u{1B}[A\u{1B}[A")
        bench.type("\u{03}")
        _ = bench.ask("events")
        let written = String(decoding: bench.output, as: UTF8.self)
        #expect(!written.contains(pin))
        #expect(!bench.board.logins.joined().contains(pin))
        #expect(bench.session.pin.pin.isEmpty)
    }

    @Test("Nothing is shown while a PIN is typed, not even how long it is; backspace works")
    func noEcho() {
        var bench = ConsoleBench()
        bench.type("login caretaker\r")
        bench.output = []
        bench.type("24679\u{8}\u{8}8")
        #expect(bench.output == [])
        #expect(bench.screen.current == "PIN:")
        bench.type("\r")
        bench.finishCheck()
        #expect(bench.screen.current == "caretaker>")
    }

    @Test("A name that nobody has is asked for its PIN too, is checked as long, and fails with the same words")
    func unknownName() {
        var known = ConsoleBench()
        known.logIn("caretaker", "0000")
        var unknown = ConsoleBench()
        unknown.logIn("caretakes", "0000")
        #expect(known.screen.lines.dropFirst() == unknown.screen.lines.dropFirst())
        #expect(unknown.board.logins == ["console-login nobody not-permitted"])
    }

    @Test("Each failure makes the next attempt wait longer; the fifth locks the console out")
    func delays() {
        var bench = ConsoleBench()
        var waits: [Int] = []
        for _ in 0..<5 {
            bench.logIn("caretaker", "0000")
            let answer = bench.ask("login caretaker")
            waits.append(Int(answer.last?.split(separator: " ").last ?? "") ?? -1)
            bench.wait(.seconds(Int64(waits.last ?? 0)))
        }
        #expect(waits == [2, 3, 5, 9, 301])
        #expect(bench.board.logins.count == 5)
        #expect(bench.screen.lines.contains { $0.hasSuffix("no more attempts for 5 minutes") })
    }

    @Test("Pulling the cable, another name or commands between do not end the delays; a right PIN does")
    func persistence() {
        var bench = ConsoleBench()
        for name in ["caretaker", "fitter", "nobody", "caretaker", "fitter"] {
            bench.logIn(name, "0000")
            bench.session.close(&bench.board)
            bench.session.restart(lastEvent: 0)
            bench.run()
            bench.wait(.seconds(20))
        }
        #expect(bench.ask("login caretaker").first?.hasPrefix("error: too many attempts") == true)
        bench.wait(.minutes(5))
        bench.logIn("caretaker", "2468")
        #expect(bench.screen.current == "caretaker>")
        _ = bench.ask("logout")
        bench.logIn("caretaker", "1111")
        #expect(bench.ask("login caretaker") == ["error: too many attempts; wait so many seconds: 2"])
    }

    @Test("Ten minutes without a key log out, and say so without breaking what is being typed")
    func idle() {
        var bench = ConsoleBench()
        bench.logIn("caretaker", "2468")
        bench.type("door ent")
        bench.wait(.minutes(9))
        #expect(bench.screen.current == "caretaker> door ent")
        bench.wait(.minutes(1))
        #expect(bench.screen.current == "> door ent")
        #expect(bench.screen.lines.contains("*** Logged out after 10 minutes without a key."))
        #expect(bench.board.logins.last == "console-logout caretaker done")
    }

    @Test("A cable that is pulled logs out")
    func unplugged() {
        var bench = ConsoleBench()
        bench.logIn("caretaker", "2468")
        bench.session.close(&bench.board)
        #expect(bench.board.logins.last == "console-logout caretaker done")
        bench.session.restart(lastEvent: 0)
        bench.run()
        #expect(bench.screen.current == ">")
    }

    @Test("A PIN that nobody types, an interrupt and an overlong one end the prompt")
    func endings() {
        var bench = ConsoleBench()
        bench.type("login caretaker\r12")
        bench.wait(.minutes(1))
        #expect(bench.screen.current == ">")
        #expect(bench.screen.lines.contains("cancelled"))
        bench.type("login caretaker\r12\u{03}")
        #expect(bench.screen.current == ">")
        bench.type("login caretaker\r" + String(repeating: "1", count: 40) + "\r")
        #expect(bench.screen.lines.contains("error: name or PIN is wrong"))
        #expect(bench.board.checks.isEmpty)
    }

    @Test("What is typed while a PIN is checked waits, as a script needs it")
    func typeAhead() {
        var bench = ConsoleBench()
        bench.type("login caretaker\r2468\rdoor entrance unlock\r")
        #expect(bench.board.commands == [])
        bench.finishCheck()
        #expect(bench.board.commands == [Command(kind: .doorUnlock, target: 0)])
        #expect(bench.board.askers == [0])
    }

    @Test("A script gets exit lines for logins too")
    func plain() {
        var bench = ConsoleBench()
        bench.type("login caretaker --plain\r2468\r")
        bench.finishCheck()
        #expect(bench.screen.lines.contains("exit 0 done"))
        _ = bench.ask("logout")
        bench.type("login caretaker --plain\r1111\r")
        bench.finishCheck()
        #expect(bench.screen.lines.contains("exit 4 not-permitted"))
    }

    @Test("A PIN typed behind the name is a mistake and is not called back")
    func pinBehindName() {
        var bench = ConsoleBench()
        _ = bench.ask("doors")
        #expect(bench.ask("login caretaker 2468") == ["usage: login NAME"])
        bench.type("\u{1B}[A")
        #expect(bench.screen.current == "> doors")
    }

    @Test("An alarm announces itself while a PIN is typed, which goes on")
    func alarmDuringPin() {
        var bench = ConsoleBench()
        bench.type("login caretaker\r24")
        bench.board.happen(.alarm(AlarmChange(detector: 0, to: .alarm)), .alarm)
        bench.run()
        #expect(bench.screen.current == "PIN:")
        bench.type("68\r")
        bench.finishCheck()
        #expect(bench.screen.current == "caretaker>")
    }

    @Test("A board without console users says where they are listed")
    func nobody() {
        var bench = ConsoleBench(columns: 160)
        bench.board.users = []
        #expect(bench.ask("login caretaker").first?.contains("'console_users'") == true)
    }
}
