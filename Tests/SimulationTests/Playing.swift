import BoardCompiler
import BoardImage
import Cryptography
import FixedMemory
import Foundation
import HardwareInterface
import Simulation
import WardenMessages

/// Keeps the trace in memory.
struct KeptTrace: TraceSink, ~Copyable {
    var lines: [String] = []

    mutating func write(_ line: Span<UInt8>) {
        lines.append(String(decoding: (0..<line.count).map { line[$0] }, as: UTF8.self))
    }
}

/// What a run came to.
struct Played {
    var trace: [String]
    /// Expectations with whether they were met, and their lines in the scenario.
    var verdicts: [(text: String, isMet: Bool, line: UInt32)]
    var summary: Simulation<KeptTrace>.Summary
    var state: Simulation<KeptTrace>.State

    /// Whether a line of the trace has these words behind its time.
    func has(_ words: String) -> Bool {
        trace.contains { $0.split(separator: " ", maxSplits: 1).last.map { $0.hasPrefix(words) } ?? false }
    }
}

/// The lobby board of the repository, and scenarios on it.
enum Lobby {
    /// The demonstration's own, with which the PINs of its console users are hashed.
    static let key: HashKey = {
        let digits = Array(Repository.text("boards/demo.hashkey").filter { !$0.isWhitespace })
        let bytes = (0..<HashKey.length).map { UInt8(String(digits[2 * $0...2 * $0 + 1]), radix: 16)! }
        return HashKey(bytes.span)!
    }()

    static let image = image(key: key)

    /// The same board with cards hashed under a key that is not the demonstration's.
    static let imageOfOtherKey = image(key: HashKey([UInt8](0..<32).span)!)

    private static func image(key: HashKey) -> [UInt8] {
        let board = BoardCompiler().check(Repository.text("boards/lobby.yaml")).board
        return (try? board?.image(key: key, generation: 1)) ?? []
    }

    static let head = "scenario: test\ndescription: d\nboard: lobby.yaml\n"
    /// Clean air, a dry rope, and a caretaker who stands.
    static let calm = """
          - at: 0 s
            set: {sensor: probes, quantity: input0, to: 0.4 V}
          - set: {sensor: probes, quantity: input1, to: 2.5 V}
          - set: {sensor: climate, quantity: temperature, to: 21 °C}
          - set: {sensor: climate, quantity: humidity, to: 50 %RH}
          - set: {sensor: climate, quantity: pressure, to: 100000 Pa}
          - set: {sensor: wearer, quantity: acceleration_y, to: -1 g}
          - set: {sensor: wearer, quantity: acceleration_z, to: 0 g}

        """

    struct NotSound: Error { var problems: [Problem] }

    static func compile(_ text: String, for image: [UInt8] = image) throws -> [UInt8] {
        let compiler = ScenarioCompiler(board: try ScenarioBoard(image: image)) { _ in nil }
        let result = compiler.compile(text)
        guard let file = result.file else { throw NotSound(problems: result.problems) }
        return file
    }

    static func simulation(_ scenario: [UInt8], on image: [UInt8] = image) throws -> Simulation<KeptTrace> {
        let board = try BoardImage(decoding: image.span)
        let tables = try ScenarioTables(decoding: scenario.span, boardChecksum: board.checksum)
        return try Simulation(image: board, file: image.span, hashKey: key, scenario: tables, sink: KeptTrace())
    }

    static func play(_ scenario: [UInt8], on image: [UInt8] = image) throws -> Played {
        var simulation = try simulation(scenario, on: image)
        while simulation.advance() == .running {}
        var verdicts: [(String, Bool, UInt32)] = []
        while let verdict = simulation.takeVerdict() {
            let text = verdict.expectation.text
            let words = String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self)
            verdicts.append((words, verdict.isMet, verdict.expectation.sourceLine))
        }
        return Played(
            trace: simulation.sink.lines, verdicts: verdicts, summary: simulation.summary, state: simulation.state)
    }

    /// Plays steps after the calm beginning.
    static func play(steps: String, duration: String = "120 s", seed: Int = 1, tracks: String = "") throws -> Played {
        try play(compile(head + "duration: \(duration)\nseed: \(seed)\n\(tracks)steps:\n" + calm + steps))
    }
}

/// Scenarios on other boards of the repository.
enum NamedBoard {
    /// Plays steps on a board, from a Friday at seven in the morning on.
    static func play(_ name: String, steps: String) throws -> Played {
        guard let board = BoardCompiler().check(Repository.text("boards/\(name).yaml")).board else {
            throw Lobby.NotSound(problems: [])
        }
        let keys = try ReaderKeys(Repository.text("boards/demo.readerkeys"))
        let image = try board.image(key: Lobby.key, readerKeys: keys.keys, generation: 1)
        let head = "start: 2026-11-20T07:00:00+01:00\nclock: synchronised\nduration: 180 s\nseed: 1\nsteps:\n"
        let calm = "  - at: 0 s\n    remark: begin\n"
        return try Lobby.play(Lobby.compile(Lobby.head + head + calm + steps, for: image), on: image)
    }
}

enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
    }
}
