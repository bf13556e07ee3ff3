import Foundation
import Testing

@Suite("wardenctl does what it says, with the exit status that it says", .serialized)
struct WardenctlTests {
    static let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("warden-\(getpid())")

    init() throws { try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true) }

    func path(_ name: String) -> String { Self.folder.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }

    @Test("A sound board is checked, built, and built again with the same bytes; a change counts the generation up")
    func build() throws {
        #expect(try Program.run(["board", "check", "boards/lobby.yaml"]).status == 0)
        let arguments = [
            "board", "build", "boards/lobby.yaml", "--hash-key", "boards/demo.hashkey", "-o", path("a.board"),
        ]
        let first = try Program.run(arguments)
        #expect(first.status == 0)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path("a.board")))
        _ = try Program.run(arguments)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path("a.board"))) == bytes)
        let changed = try write(
            Repository.text("boards/lobby.yaml").replacing("unlock: 5 s\n", with: "unlock: 6 s\n"), to: "lobby.yaml")
        _ = try Program.run(["board", "build", changed, "--hash-key", "boards/demo.hashkey", "-o", path("a.board")])
        let second = try Data(contentsOf: URL(fileURLWithPath: path("a.board")))
        #expect(second != bytes)
    }

    @Test("Errors go to standard error with place and remedy, status 1; as JSON to standard output")
    func errors() throws {
        let file = try write("board: a b\n", to: "bad.yaml")
        let text = try Program.run(["board", "check", file])
        #expect(text.status == 1)
        #expect(text.errors.contains("\(file):1:8: error: the name 'a b' holds a blank"))
        #expect(text.errors.contains("= use letters"))
        #expect(text.output.isEmpty)
        let json = try Program.run(["board", "check", "--json", file])
        #expect(json.status == 1)
        let objects = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(objects?.first?["line"] as? Int == 1)
        #expect(objects?.first?["column"] as? Int == 8)
        #expect(objects?.first?["severity"] as? String == "error")
    }

    @Test("A board file may come from standard input")
    func standardInput() throws {
        let ended = try Program.run(["board", "check", "-"], input: Repository.text("boards/lobby.yaml"))
        #expect(ended.status == 0)
    }

    @Test(
        "Each way to fail has its exit status and says what to do",
        arguments: [
            (["board", "check", "/nowhere/at.all"], 66, "No such file"),
            (["board", "build", "boards/lobby.yaml", "-o", "/nowhere/at.all"], 78, "--hash-key"),
            (
                ["board", "build", "boards/lobby.yaml", "--hash-key", "boards/demo.hashkey", "-o", "/nowhere/at.all"],
                73,
                "cannot be written"
            ),
            (["board", "build", "boards/lobby.yaml", "--hash-key", "boards/lobby.yaml"], 65, "more than 256 bytes"),
            (["board", "chek", "boards/lobby.yaml"], 64, "Usage"),
            (["board", "new"], 64, "give --hardware"),
            (["board", "new", "--hardware", "toaster"], 64, "there are raspberry-pi-4"),
            (["board", "new", "--doors", "9"], 64, "from 1 to 8"),
            (
                ["board", "new", "--hardware", "beagleplay", "--purpose", "doors", "--doors", "8", "--name", "a"], 1,
                "6 free pins, and this board needs 25"
            ),
            (
                [
                    "board", "new", "--hardware", "raspberry-pi-4", "--purpose", "flat", "--name", "a b", "-o", "-",
                ], 65, "holds a blank"
            ),
            (["board", "explain", "--html", "--json", "boards/lobby.yaml"], 64, "take one"),
            (["status", "--socket", "/nowhere/at.all"], 69, "Start wardend"),
            (["status", "--tcp", "localhost"], 64, "belong together"),
            (["keys", "show", "boards/lobby.yaml"], 65, "more than 256 bytes"),
            (["keys", "make", "/nowhere/at.all"], 73, "No such file"),
            (["scenario", "check", "simulators/scenarios/evening.yaml"], 78, "--hash-key"),
            (["evaluate", "fall", "--corpus", "/nowhere/at.all"], 66, "No such file"),
            (["evaluate", "fall", "--corpus", "boards"], 65, "a corpus folder holds manifest.csv"),
            (["evaluate", "fall", "--corpus", "boards", "--rate-hz", "5"], 64, "from 20 to 1000"),
            (["evaluate", "fall", "--corpus", "boards", "--svg", "x.svg"], 64, "belong together"),
            (["evaluate", "heat", "--corpus", "boards/lobby.yaml"], 65, "fields where the first line"),
            (["evaluate", "fall", "--corpus", "boards", "--as-hz", "5"], 64, "from 20 to 200"),
            (["evaluate", "smoke", "--trial", "nothing", "--svg", "-"], 65, "160 mdB/m"),
            (["evaluate", "inactivity", "--corpus", "boards", "--trial", "3"], 64, "belong together"),
        ] as [([String], Int32, String)])
    func failures(arguments: [String], status: Int32, words: String) throws {
        let ended = try Program.run(arguments)
        #expect(ended.status == status)
        #expect(ended.errors.contains(words), "standard error: \(ended.errors)")
    }

    @Test("Every command's help has an example")
    func help() throws {
        let commands = [
            ["board", "new"], ["board", "check"], ["board", "build"], ["board", "explain"], ["board", "draw"],
            ["board", "reference"], ["scenario", "check"],
            ["scenario", "build"], ["status"], ["watch"], ["events"], ["doors"], ["door"], ["sensors"], ["alarms"],
            ["alarm"], ["fire-reset"], ["lines"], ["readers"], ["evaluate", "fall"], ["evaluate", "inactivity"],
            ["evaluate", "smoke"], ["evaluate", "heat"], ["evaluate", "co"], ["evaluate", "gas"], ["evaluate", "fire"],
            ["evaluate", "clauses"], ["keys", "make"], ["keys", "show"], ["keys", "authorise"],
            ["reference"],
        ]
        for command in commands {
            let ended = try Program.run(["help"] + command)
            #expect(ended.output.contains("EXAMPLES\n  wardenctl"), "\(command)")
        }
        #expect(try Program.run(["--help"]).output.contains("EXIT STATUS"))
    }

    @Test("A new board file needs no terminal when all is said, is never written over unasked, and is sound")
    func newBoard() throws {
        let arguments = [
            "board", "new", "--hardware", "raspberry-pi-4", "--purpose", "entrance", "--reader", "wiegand", "--name",
            "north-gate", "-o", path("north-gate.yaml"),
        ]
        try? FileManager.default.removeItem(atPath: path("north-gate.yaml"))
        let first = try Program.run(arguments)
        #expect(first.status == 0 && first.output.contains("Next: wardenctl board check"), "\(first)")
        #expect(try Program.run(["board", "check", "--warnings-as-errors", path("north-gate.yaml")]).status == 0)
        let second = try Program.run(arguments)
        #expect(second.status == 73 && second.errors.contains("--force"))
        #expect(try Program.run(arguments + ["--force"]).status == 0)
        let page = try Program.run(["board", "explain", "--html", path("north-gate.yaml")])
        #expect(page.status == 0 && page.output.hasPrefix("<!DOCTYPE html>"))
    }

    @Test(
        "The reference pages are what the programs' own tables say",
        arguments: [
            ("console", "ConsoleReference"), ("events", "EventReference"), ("reasons", "ReasonReference"),
            ("exit-statuses", "ExitStatusReference"),
        ])
    func reference(page: String, file: String) throws {
        let ended = try Program.run(["reference", page])
        #expect(
            ended.output == Repository.text("Sources/Guides.docc/\(file).md"),
            "write it anew: wardenctl reference \(page) > Sources/Guides.docc/\(file).md")
    }

    @Test("The explanation as JSON has what the text has")
    func explain() throws {
        let text = try Program.run(["board", "explain", "boards/lobby.yaml"])
        #expect(text.output.contains("GPIO17"))
        #expect(text.output.contains("header 11"))
        let json = try Program.run(["board", "explain", "--json", "boards/lobby.yaml"])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let lines = object?["lines"] as? [[String: Any]]
        #expect(
            lines?.contains { $0["name"] as? String == "entrance_lock" && $0["pin"] as? String == "GPIO17" } == true)
    }
}

@Suite("wardenctl talks to a running board", .serialized)
struct RunningBoardTests {
    func json(_ ended: Program.Ended) throws -> Any { try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) }

    @Test("Status, tables, events and commands, against the real runtime behind a real socket")
    func board() throws {
        let board = try ServedBoard()
        defer { board.stop() }
        let socket = ["--socket", board.path]

        let status = try json(Program.run(["status", "--json"] + socket)) as? [String: Any]
        #expect(status?["board"] as? String == "lobby")
        #expect(status?["generation"] as? Int == 3)
        #expect(status?["doors"] as? Int == 1)

        let doors = try json(Program.run(["doors", "--json"] + socket)) as? [[String: Any]]
        #expect(doors?.map { $0["name"] as? String } == ["entrance"])
        #expect(doors?.first?["released"] as? String == "locked")
        let sensors = try json(Program.run(["sensors", "--json"] + socket)) as? [[String: Any]]
        #expect(sensors?.count == 5)
        let alarms = try Program.run(["alarms"] + socket)
        #expect(alarms.output.contains("lobby_smoke"))
        #expect(try Program.run(["lines"] + socket).output.contains("entrance_lock"))
        #expect(try Program.run(["readers"] + socket).output.contains("entrance_reader"))

        let unlock = try Program.run(["door", "entrance", "unlock"] + socket)
        #expect(unlock.status == 0, "\(unlock)")
        #expect(try Program.run(["doors"] + socket).output.contains("released"))
        let events = try Program.run(["events", "--from", "1", "--json"] + socket)
        let lines = try events.output.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        #expect(lines.contains { ($0?["text"] as? String)?.hasPrefix("command door-unlock entrance done") == true })
        #expect(lines.compactMap { $0?["sequence"] as? Int } == Array(1...lines.count))

        let watch = try Program.run(["watch", "--json", "--count", "1"] + socket)
        #expect((try json(watch) as? [String: Any])?["doors"] != nil)
    }

    @Test("A wrong name is answered with the nearest, before anything is commanded")
    func wrongName() throws {
        let board = try ServedBoard()
        defer { board.stop() }
        let ended = try Program.run(["door", "entrence", "unlock", "--socket", board.path])
        #expect(ended.status == 64)
        #expect(ended.errors.contains("did you mean 'entrance'?"))
    }

    @Test("A user without the role is refused, and told so by the exit status")
    func notPermitted() throws {
        let board = try ServedBoard(isAdministrator: false)
        defer { board.stop() }
        let ended = try Program.run(["door", "entrance", "unlock", "--socket", board.path])
        #expect(ended.status == 77, "\(ended)")
        #expect(try Program.run(["doors", "--socket", board.path]).output.contains("locked"))
    }
}
