import Foundation
import Testing

/// Runs wardensim as a person would.
enum Wardensim {
    struct Ended {
        var status: Int32
        var output: String
        var errors: String
    }

    static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("wardensim")
        process.arguments = arguments
        process.currentDirectoryURL = Repository.root
        process.standardInput = FileHandle.nullDevice
        return process
    }

    static func run(_ arguments: [String]) throws -> Ended {
        let process = process(arguments)
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let written = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Ended(
            status: process.terminationStatus, output: String(decoding: written, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self))
    }
}

@Suite("wardensim ends as its help says, with the cause", .serialized)
struct WardensimTests {
    static let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("wardensim-\(getpid())")
    static let key = ["--hash-key", "boards/demo.hashkey"]
    static let board = "boards/lobby.yaml"

    init() throws {
        try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
        try (Lobby.head + "duration: 10 s\nsteps:\n" + Lobby.calm + "  - expect: system started\n    within: 1 s\n")
            .write(
                toFile: path("short.yaml"), atomically: true, encoding: .utf8)
        let scenario = Lobby.head + "duration: 10 s\nsteps:\n" + Lobby.calm
        try Data(Lobby.imageOfOtherKey).write(to: URL(fileURLWithPath: path("other-key.board")))
        try Data(try Lobby.compile(scenario, for: Lobby.imageOfOtherKey)).write(
            to: URL(fileURLWithPath: path("other-board.scenario")))
        var damaged = Lobby.image
        damaged[damaged.count / 2] ^= 1
        try Data(damaged).write(to: URL(fileURLWithPath: path("damaged.board")))
        try Data(Lobby.image.prefix(100)).write(to: URL(fileURLWithPath: path("cut.board")))
    }

    func path(_ name: String) -> String { Self.folder.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }

    @Test("A scenario is played from the files that people write, and every expectation is told")
    func sources() throws {
        let ended = try Wardensim.run([Self.board, path("short.yaml")] + Self.key)
        #expect(ended.status == 0, "\(ended)")
        #expect(ended.output.contains("met     system started, within 1000 ms (line"))
        #expect(ended.output.contains("expectations: 1 met, 0 failed"))
        #expect(ended.errors.isEmpty)
    }

    @Test("An expectation that fails ends with 1, and is told even if nothing else is")
    func failing() throws {
        let scenario = try write(
            Lobby.head + "duration: 10 s\nsteps:\n" + Lobby.calm
                + "  - expect: door entrance opened\n    within: 1 s\n",
            to: "failing.yaml")
        let ended = try Wardensim.run([Self.board, scenario, "--quiet"] + Self.key)
        #expect(ended.status == 1)
        #expect(ended.output.contains("FAILED  door entrance opened, within 1000 ms"))
    }

    @Test("Errors in the files are shown at their places, all in one run")
    func places() throws {
        let board = try write(
            Repository.text(Self.board).replacing("utc_offset:", with: "utc_ofset:").replacing(
                "GPIO27", with: "GPIO17"),
            to: "bad-board.yaml")
        let ended = try Wardensim.run([board, path("short.yaml")] + Self.key)
        #expect(ended.status == 65)
        #expect(ended.errors.contains("\(board):13:1: error: unknown key 'utc_ofset'"), "\(ended.errors)")
        #expect(ended.errors.contains("GPIO17 is already used"))
        let scenario = try write(Lobby.head + "duration: 10 s\nsteps:\n  - at: 1 s\n    lin: {}\n", to: "bad.yaml")
        let second = try Wardensim.run([Self.board, scenario] + Self.key)
        #expect(second.status == 65)
        #expect(second.errors.contains("\(scenario):7:5: error: unknown key 'lin'"), "\(second.errors)")
    }

    @Test(
        "Each way to fail has its exit code and says what to do",
        arguments: [
            (["boards/lobby.yaml", "SHORT"], 64, "--hash-key FILE is needed"),
            (["boards/lobby.yaml"], 64, "a scenario is needed after this board"),
            (["boards/lobby.yaml", "SHORT", "third"], 64, "one file too many"),
            (["--fast"], 64, "is no option"), (["boards/lobby.yaml", "SHORT", "--trace"], 64, "needs a value"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--speed", "0"], 64, "is no speed"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--tcp", "70000"], 64, "is no port"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--tcp", "0"], 64, "--link-key FILE"),
            (["/nowhere/at.all", "SHORT", "KEY"], 66, "No such file"),
            (["boards", "SHORT", "KEY"], 66, "Is a directory"),
            (["boards/lobby.yaml", "/nowhere/at.yaml", "KEY"], 66, "No such file"),
            (["boards/lobby.yaml", "SHORT", "--hash-key", "/nowhere"], 66, "No such file"),
            (["boards/lobby.yaml", "SHORT", "--hash-key", "Makefile"], 65, "64 hexadecimal digits"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--corpus", "/nowhere"], 66, "is not a folder of recordings"),
            (["DAMAGED", "SHORT", "KEY"], 65, "is damaged; build it again"),
            (["CUT", "SHORT", "KEY"], 65, "is damaged; build it again"),
            (["Makefile", "SHORT", "KEY"], 65, "is not a board image"),
            (["boards/lobby.yaml", "Makefile", "KEY"], 65, "is not a compiled scenario"),
            (["boards/lobby.yaml", "OTHERBOARD", "KEY"], 65, "compiled for another board"),
            (["OTHERKEY", "OTHERBOARD", "KEY"], 78, "another hash key"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--trace", "/nowhere/trace"], 73, "No such file"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--trace", "/dev/full"], 73, "No space left on device"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--socket", "/nowhere/socket"], 73, "cannot be listened on"),
            (["boards/lobby.yaml", "SHORT", "KEY", "--socket", "Makefile"], 73, "is a file and no socket"),
        ] as [([String], Int32, String)])
    func failures(arguments: [String], status: Int32, words: String) throws {
        let named = [
            "SHORT": [path("short.yaml")], "KEY": Self.key, "DAMAGED": [path("damaged.board")],
            "CUT": [path("cut.board")], "OTHERBOARD": [path("other-board.scenario")],
            "OTHERKEY": [path("other-key.board")],
        ]
        let ended = try Wardensim.run(arguments.flatMap { named[$0] ?? [$0] })
        #expect(ended.status == status, "\(ended)")
        #expect(ended.errors.contains(words), "standard error: \(ended.errors)")
    }

    @Test("The trace in a file is that of the run, the same at every speed")
    func trace() throws {
        var traces: [Data] = []
        for speed in ["max", "1000"] {
            let file = path("speed-\(speed).trace")
            let ended = try Wardensim.run(
                [Self.board, path("short.yaml"), "--quiet", "--speed", speed, "--trace", file] + Self.key)
            #expect(ended.status == 0)
            traces.append(try Data(contentsOf: URL(fileURLWithPath: file)))
        }
        #expect(traces[0] == traces[1])
        #expect(String(decoding: traces[0], as: UTF8.self).contains("system started"))
    }

    @Test("A socket that another process listens on is left to it; one that a dead process left is taken over")
    func socketInUse() throws {
        let socket = path("lobby.socket")
        let first = Wardensim.process([Self.board, path("short.yaml"), "--socket", socket, "--stay"] + Self.key)
        let output = Pipe()
        first.standardOutput = output
        try first.run()
        defer { if first.isRunning { kill(first.processIdentifier, SIGKILL) } }
        var told = ""
        while !told.contains("goes on in real time") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { break }
            told += String(decoding: data, as: UTF8.self)
        }
        #expect(told.contains("Warden Link on \(socket)"))
        let second = try Wardensim.run([Self.board, path("short.yaml"), "--socket", socket] + Self.key)
        #expect(second.status == 69, "\(second)")
        #expect(second.errors.contains("another process listens there"))
        #expect(FileManager.default.fileExists(atPath: socket))
        // Killed, so that the file stays behind.
        kill(first.processIdentifier, SIGKILL)
        first.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: socket))
        let third = try Wardensim.run([Self.board, path("short.yaml"), "--socket", socket] + Self.key)
        #expect(third.status == 0, "\(third)")
        #expect(!FileManager.default.fileExists(atPath: socket), "it is removed at the end")
    }

    @Test("The help has examples and every exit code")
    func help() throws {
        let help = try Wardensim.run(["--help"])
        #expect(help.status == 0)
        for words in ["examples:", "wardensim boards/lobby.yaml", "0  every", "64  the", "69  the", "78  the"] {
            #expect(help.output.contains(words), "\(words)")
        }
        #expect(try Wardensim.run(["--version"]).output.hasPrefix("wardensim "))
    }
}
