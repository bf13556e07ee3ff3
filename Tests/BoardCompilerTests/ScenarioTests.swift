import Cryptography
import FixedMemory
import Testing
import WardenMessages

@testable import BoardCompiler

@Suite("Scenarios compile against a board, or say what is wrong with them")
struct ScenarioTests {
    static let image: [UInt8] = {
        let board = BoardCompiler().check(Repository.text("boards/lobby.yaml")).board
        return (try? board?.image(key: HashKey([UInt8](0..<32).span), generation: 1)) ?? []
    }()

    static func compile(_ text: String, recordings: [String: [UInt8]] = [:]) throws -> ScenarioCompiler.Result {
        ScenarioCompiler(board: try ScenarioBoard(image: image)) { recordings[$0] }.compile(text)
    }

    /// The message of a compiled scenario, entry by entry.
    static func entries(_ file: [UInt8]) throws -> [Scenario.Entry] {
        let message = Array(file.dropFirst(16))
        var walker = Scenario.Walker(message.span)
        var entries: [Scenario.Entry] = []
        while let entry = try walker.next() { entries.append(entry) }
        return entries
    }

    static let head = "scenario: test\nboard: lobby.yaml\nduration: 60 s\n"

    @Test("Every scenario of the repository compiles, with made-up tracks where recordings are missing")
    func evening() throws {
        let result = try ScenarioTests.compile(Repository.text("simulators/scenarios/evening.yaml"))
        #expect(result.problems == [])
        #expect(result.file != nil)
        #expect(!result.substituted.isEmpty)
    }

    @Test("Header and steps are what the file says, in the places of the board")
    func steps() throws {
        let text = """
            scenario: short
            description: one of each
            board: lobby.yaml
            start: 2026-11-20T18:00:00+08:00
            clock: free-running
            duration: 2 min
            seed: 42
            steps:
              - at: 1 s
                set: {sensor: probes, quantity: input1, to: 1.25 V, over: 5 s}
              - line: {input: entrance_exit, level: active}
              - at: 1.5 s
                serial: {port: reader_port, bytes: 02 30 FF}
              - fault: {bus: sensors, kind: held}
              - restore: {bus: sensors, kind: held}
              - clock: {set: 2026-11-20T18:00:02Z, trust: synchronised}
              - console: door entrance unlock
              - command: {acknowledge: riser_leak}
              - remark: hello
              - at: 2 s
                never: door  entrance   forced
                within: 3 s
            """
        let file = try #require(try ScenarioTests.compile(text).file)
        let entries = try ScenarioTests.entries(file)
        guard case .header(let header) = entries[0] else {
            Issue.record("no header")
            return
        }
        #expect(header.name == "short")
        #expect(header.seed == 42)
        #expect(header.durationMs == 120_000)
        // date -u -d 2026-11-20T10:00:00 +%s
        #expect(header.startUnixMs == 1_795_168_800_000)
        #expect(header.clockTrust == .freeRunning)
        let expected: [Step] = [
            Step(atMs: 1_000, action: .set(SetQuantity(sensor: 0, quantity: .input1, value: 1_250_000, overMs: 5_000))),
            Step(atMs: 1_000, action: .line(SetInputLine(line: 1, active: true))),
            Step(atMs: 1_500, action: .serial(SerialBytes(port: 0, data: FixedBytes([0x02, 0x30, 0xFF].span)))),
            Step(atMs: 1_500, action: .fault(Fault(kind: .held, active: true, target: .bus(0)))),
            Step(atMs: 1_500, action: .fault(Fault(kind: .held, active: false, target: .bus(0)))),
            Step(atMs: 1_500, action: .clock(SetClock(unixMs: 1_795_197_602_000, trust: .synchronised))),
            Step(atMs: 1_500, action: .console(ConsoleLine(text: "door entrance unlock"))),
            Step(atMs: 1_500, action: .command(Command(kind: .alarmAcknowledge, target: 1))),
            Step(atMs: 1_500, action: .remark(Remark(text: "hello"))),
            Step(
                atMs: 2_000,
                action: .expect(
                    Expectation(text: "door entrance forced", withinMs: 3_000, never: true, sourceLine: 21))),
        ]
        let steps = entries.compactMap { if case .steps(let step) = $0 { step } else { nil } }
        #expect(steps == expected)
    }

    @Test("Tracks: raw codes, columns of tables, lists and models, cut into chunks that hold whole samples")
    func tracks() throws {
        let codes = (0..<450).flatMap { index -> [UInt8] in
            [UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8), 0, 0xFF, 1, 0]
        }
        let table = "# made up\nt_s,temp_c\n0,20.0\n1,20.05\n2,-3.1\n3,21\n"
        let text =
            ScenarioTests.head + """
                tracks:
                  motion: {acceleration: a.i16, rate: 200 Hz}
                  warmth: {csv: t.csv, column: temp_c, unit: °C, interval: 1 s, rows: 1 to 2}
                  list: {values: [100800, 100900.4], unit: Pa, interval: 10 s}
                  walk: {model: walk}
                  missing: {acceleration: none.i16, rate: 100 Hz, otherwise: {model: sit}}
                steps:
                  - play: {track: motion, sensor: wearer}
                  - play: {track: warmth, sensor: climate, quantity: temperature, repeat: true}
                """
        let result = try ScenarioTests.compile(text, recordings: ["a.i16": codes, "t.csv": Array(table.utf8)])
        #expect(result.problems == [])
        #expect(result.substituted == ["missing"])
        let entries = try ScenarioTests.entries(try #require(result.file))
        let tracks = entries.compactMap { if case .tracks(let track) = $0 { track } else { nil } }
        #expect(tracks.map(\.samples).prefix(3) == [450, 2, 2])
        #expect(tracks.map(\.intervalNs) == [5_000_000, 1_000_000_000, 10_000_000_000, 5_000_000, 10_000_000])
        func data(_ place: UInt32) -> [UInt8] {
            entries.flatMap { entry -> [UInt8] in
                guard case .chunks(let chunk) = entry, chunk.track == place else { return [] }
                return (0..<chunk.data.count).map { chunk.data[$0] }
            }
        }
        #expect(data(0) == codes)
        #expect(data(1) == [20_050, -3_100].flatMap { ScenarioTests.bytes($0) })
        #expect(data(2) == [100_800, 100_900].flatMap { ScenarioTests.bytes($0) })
        #expect(data(3).count == Int(tracks[3].samples) * 6)
        for case .chunks(let chunk) in entries where chunk.track == 0 { #expect(chunk.data.count % 6 == 0) }
    }

    static func bytes(_ value: Int32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var marked: String
        var message: String
        var remedy: String

        init(_ description: String, _ marked: String, _ message: String, _ remedy: String) {
            testDescription = description
            self.marked = marked
            self.message = message
            self.remedy = remedy
        }
    }

    static let cases: [Case] = [
        Case("no steps", "", "'steps' is missing", "add 'steps:'"),
        Case("an unknown key", "«stepps: []\nsteps: []\n", "unknown key 'stepps'", "did you mean 'steps'?"),
        Case(
            "a step without an action", "steps:\n  - «at: 1 s\n", "nothing happens in this step",
            "set, play, line, pulses, serial"),
        Case(
            "a step with two actions", "steps:\n  - «remark: a\n    console: b\n", "more than one thing happens",
            "one of"),
        Case(
            "a step before the one above", "steps:\n  - at: 5 s\n    remark: a\n  - at: «4 s\n    remark: b\n",
            "this step stands before the one above it, which is at 5 s", "order of time"),
        Case(
            "a step beyond the end", "steps:\n  - at: «61 s\n    remark: a\n",
            "beyond the end of the scenario at 1 min",
            "longer 'duration'"),
        Case(
            "within without an expectation", "steps:\n  - remark: a\n    «within: 1 s\n",
            "'within' belongs to expectations",
            "remove it"),
        Case(
            "an expectation of a line that cannot come", "steps:\n  - expect: «dor entrance opened\n",
            "no trace line begins with 'dor'", "did you mean 'door'?"),
        Case(
            "an expectation of a door that is not there", "steps:\n  - never: «door entrence forced\n",
            "no trace line has 'entrence' after 'door'", "did you mean 'entrance'?"),
        Case(
            "an expectation of something that doors never do", "steps:\n  - never: «door entrance forsed\n",
            "no trace line has 'forsed' after 'door entrance'", "did you mean 'forced'?"),
        Case(
            "an expectation of a trouble of nothing", "steps:\n  - expect: «trouble sensor climat\n",
            "no trace line has 'climat' after 'trouble sensor'", "did you mean 'climate'?"),
        Case(
            "a quantity that the chip does not feel",
            "steps:\n  - set: {sensor: climate, quantity: «input0, to: 1 V}\n", "a bme280 feels no 'input0'",
            "temperature, humidity, pressure"),
        Case(
            "a value in the wrong unit", "steps:\n  - set: {sensor: climate, quantity: pressure, to: «20 °C}\n",
            "'°C' is not a unit of value in Pa", "Pa, hPa, kPa"),
        Case(
            "an output set from outside", "steps:\n  - line: {input: «siren, level: active}\n",
            "'siren' is an output, not an input", "entrance_contact"),
        Case(
            "bytes that are none", "steps:\n  - serial: {port: reader_port, bytes: «02 3}\n", "these are not bytes",
            "two hexadecimal digits"),
        Case(
            "a fault of nothing", "steps:\n  - fault: «{kind: absent}\n", "what breaks is not said", "'sensor:', 'bus:'"
        ),
        Case(
            "a fault that a port cannot have", "steps:\n  - fault: {port: reader_port, kind: «frozen}\n",
            "a port cannot have this fault", "write absent"),
        Case(
            "a clock without its time", "steps:\n  - clock: «{trust: synchronised}\n",
            "which time the clock shows is not said", "add 'set:'"),
        Case(
            "a track that is not there", "steps:\n  - play: {track: «fall, sensor: wearer}\n",
            "there is no track 'fall'",
            "there are no tracks yet"),
        Case(
            "acceleration into a barometer",
            "tracks: {w: {model: walk}}\nsteps:\n  - play: {track: w, sensor: «climate}\n",
            "the track is acceleration, and the sensor a bme280", "accelerometer"),
        Case(
            "values without their quantity",
            "tracks: {w: {values: [1], unit: °C, interval: 1 s}}\nsteps:\n  - play: «{track: w, sensor: climate}\n",
            "which quantity of the sensor the values are is not said", "temperature"),
        Case(
            "values into a quantity of another unit",
            "tracks: {w: {values: [1], unit: °C, interval: 1 s}}\nsteps:\n"
                + "  - play: {track: w, sensor: climate, quantity: «pressure}\n",
            "the track is in °C, 'pressure' in Pa", "quantity of its unit"),
        Case(
            "a recording that is not there", "tracks:\n  w: {acceleration: «none.i16, rate: 200 Hz}\nsteps: []\n",
            "the recording is not there", "--corpus"),
        Case(
            "a track without a rate", "tracks:\n  «w: {acceleration: none.i16}\nsteps: []\n",
            "the time from sample to sample is not said", "'rate: 200 Hz'"),
        Case(
            "codes cut off", "tracks:\n  w: {acceleration: «odd.i16, rate: 200 Hz}\nsteps: []\n",
            "the file has 7 bytes, which is no multiple of six", "x, y, z"),
        Case(
            "a column that is not there",
            "tracks:\n  w: {csv: t.csv, column: «b, unit: °C, interval: 1 s}\nsteps: []\n",
            "the table has no such column", "headings: a"),
        Case(
            "a cell that is no number", "tracks:\n  w: {csv: t.csv, column: «a, unit: °C, interval: 1 s}\nsteps: []\n",
            "in line 3 of the table this column is not a number", "mend the table"),
    ]

    @Test("Each problem", arguments: cases)
    func problems(case problem: Case) throws {
        let marked = Marked(ScenarioTests.head + problem.marked)
        let recordings = ["odd.i16": [UInt8](repeating: 0, count: 7), "t.csv": Array("a\n1\nx\n".utf8)]
        let result = try ScenarioTests.compile(marked.text, recordings: recordings)
        let all = result.problems.map { "\($0.range.start.line):\($0.range.start.column) \($0.message)" }
        let found = try #require(result.problems.first { $0.message.contains(problem.message) }, "instead: \(all)")
        #expect(found.remedy.contains(problem.remedy), "the remedy is: \(found.remedy)")
        for place in marked.places { #expect(found.range.start == place) }
        #expect(result.file == nil)
    }

    @Test(
        "Decimal numbers are rounded to what is counted, halves away from zero",
        arguments: [
            ("20.0", 1_000, 20_000), ("20.0005", 1_000, 20_001), ("-20.0005", 1_000, -20_001),
            ("20.0004", 1_000, 20_000),
            ("7", 1, 7), ("0.123456789123", 1_000_000, 123_457), ("x", 1, nil), ("", 1, nil), ("1.2.3", 1, nil),
            ("-", 1, nil), ("99999999999", 1, nil),
        ] as [(String, Int64, Int32?)])
    func rounding(text: String, size: Int64, value: Int32?) {
        #expect(Recordings.rounded(text, size: size) == value)
    }
}
