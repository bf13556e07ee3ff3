import Foundation
import Testing

/// wardensim with the lobby board, in a process of its own, reached from outside.
final class SimulatedBoard {
    let socket: String
    private let process = Process()
    /// What it told before it began.
    private(set) var told = ""

    init(_ options: [String] = [], board: String = "boards/lobby.yaml") throws {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("warden-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        socket = folder.appendingPathComponent("\(UUID().uuidString.prefix(8)).socket").path
        let scenario = folder.appendingPathComponent("\(UUID().uuidString.prefix(8)).yaml").path
        try """
        scenario: short
        description: A calm lobby
        board: lobby.yaml
        start: 2026-11-20T18:00:00+08:00
        clock: synchronised
        duration: 10 s
        steps:
          - at: 0 s
            set: {sensor: probes, quantity: input0, to: 0.4 V}
          - set: {sensor: probes, quantity: input1, to: 2.5 V}
          - set: {sensor: climate, quantity: temperature, to: 21 °C}
          - set: {sensor: wearer, quantity: acceleration_y, to: -1 g}
          - set: {sensor: wearer, quantity: acceleration_z, to: 0 g}
        """.write(toFile: scenario, atomically: true, encoding: .utf8)
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("wardensim")
        process.currentDirectoryURL = Repository.root
        process.arguments =
            [
                board, scenario, "--hash-key", "boards/demo.hashkey", "--socket", socket, "--stay",
                "--quiet",
            ] + options
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        while !told.contains("goes on in real time") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { break }
            told += String(decoding: data, as: UTF8.self)
        }
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// Asks it to end, and waits for it; one that does not end is killed, which its status shows.
    func stop() -> Int32 {
        process.terminate()
        for _ in 0..<600 where process.isRunning { usleep(50_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationStatus
    }
}

@Suite("wardenctl talks to a simulated board over its socket, from program to program", .serialized)
struct SimulatedBoardTests {
    func json(_ ended: Program.Ended) throws -> Any { try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) }

    @Test("States, a command, its effect and its audit; and the end in order")
    func commands() throws {
        let board = try SimulatedBoard()
        let socket = ["--socket", board.socket]
        let status = try json(Program.run(["status", "--json"] + socket)) as? [String: Any]
        #expect(status?["board"] as? String == "lobby")
        let sensors = try json(Program.run(["sensors", "--json"] + socket)) as? [[String: Any]]
        #expect(sensors?.contains { $0["name"] as? String == "leak_riser" } == true)
        #expect(try Program.run(["alarms"] + socket).output.contains("riser_leak"))

        #expect(try Program.run(["door", "entrance", "unlock"] + socket).status == 0)
        let doors = try json(Program.run(["doors", "--json"] + socket)) as? [[String: Any]]
        #expect(doors?.first?["released"] as? String == "released")
        let events = try Program.run(["events", "-n", "3"] + socket)
        #expect(events.output.contains("command door-unlock entrance done by user \(getuid())"), "\(events.output)")
        let page = try Program.run(["watch", "--json", "--count", "1"] + socket)
        #expect((try json(page) as? [String: Any])?["events"] != nil)

        #expect(board.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: board.socket))
        let after = try Program.run(["status"] + socket)
        #expect(after.status == 69)
        #expect(after.errors.contains("no board answers"))
    }

    @Test("Who follows events is told why the connection ends when the board stops")
    func follow() throws {
        let board = try SimulatedBoard()
        let follower = Process()
        follower.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("wardenctl")
        follower.arguments = ["events", "--follow", "--json", "--socket", board.socket]
        let (output, errors) = (Pipe(), Pipe())
        follower.standardOutput = output
        follower.standardError = errors
        try follower.run()
        var seen = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        #expect(try Program.run(["door", "entrance", "unlock", "--socket", board.socket]).status == 0)
        while !seen.contains("door-unlock") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { break }
            seen += String(decoding: data, as: UTF8.self)
        }
        #expect(seen.contains("command door-unlock entrance done"))
        #expect(board.stop() == 0)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        follower.waitUntilExit()
        #expect(follower.terminationStatus == 69)
        #expect(complaint.contains("it is stopping"), "\(complaint)")
    }

    @Test("As many peers as the board has room for; the next is told so")
    func capacity() throws {
        let board = try SimulatedBoard()
        var followers: [Process] = []
        defer { for follower in followers { follower.terminate() } }
        for _ in 0..<4 {
            let follower = Process()
            follower.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
                .appendingPathComponent("wardenctl")
            follower.arguments = ["events", "--follow", "--socket", board.socket]
            let output = Pipe()
            follower.standardOutput = output
            try follower.run()
            followers.append(follower)
            // Its first event says that it is let in.
            _ = output.fileHandleForReading.availableData
        }
        let fifth = try Program.run(["status", "--socket", board.socket])
        #expect(fifth.status == 69, "\(fifth)")
    }

    @Test("The console of the board is on a pseudo-terminal")
    func console() throws {
        let board = try SimulatedBoard(["--console-pty"])
        let line = try #require(board.told.split(separator: "\n").first { $0.hasPrefix("console on ") })
        let descriptor = open(String(line.dropFirst("console on ".count)), O_RDWR | O_NOCTTY)
        defer { close(descriptor) }
        #expect(descriptor >= 0)
        _ = "doors\r".withCString { write(descriptor, $0, 6) }
        var answer = ""
        var buffer = [UInt8](repeating: 0, count: 1_024)
        while !answer.contains("lock secured") {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 20_000) > 0 else { break }
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            answer += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        #expect(answer.contains("entrance"), "\(answer)")
        #expect(answer.contains("lock secured"), "\(answer)")
    }
}
