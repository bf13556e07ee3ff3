import BoardImage
import HardwareInterface
import Simulation
import Testing

@Suite("A scenario is played on the board: what is done to it is seen, what is expected is judged")
struct ScenarioPlayTests {
    @Test(
        "Each stimulus reaches the board through its devices",
        arguments: [
            ("set: {sensor: probes, quantity: input1, to: 0.9 V}", "alarm riser_leak alarm cause wet"),
            ("set: {sensor: probes, quantity: input0, to: 1.6 V, over: 20 s}", "alarm lobby_smoke alarm"),
            ("line: {input: entrance_exit, level: active}", "access entrance granted request-to-exit by button"),
            ("line: {input: entrance_contact, level: active}", "door entrance forced"),
            (
                "serial: {port: reader_port, bytes: 02 30 35 30 30 32 30 37 42 33 32 36 43 0D 0A 03}",
                "access entrance granted valid-credential by card at entrance_reader"
            ),
            ("console: door entrance unlock", "command door-unlock entrance done by console 0"),
            (
                "console: alarm lobby_smoke bypass --yes",
                "command alarm-bypass lobby_smoke not-permitted by console 0"
            ),
            (
                "console: login caretaker\n  - console: \"2468\"\n  - console: door entrance unlock",
                "command door-unlock entrance done by console 0 user caretaker"
            ),
            (
                "console: login caretaker\n  - console: \"1357\"",
                "command console-login not-permitted by console 0 user caretaker"
            ),
            ("clock: {trust: unset}", "trouble clock not-trusted"),
            ("remark: hello", "remark hello"),
            ("play: {track: fall, sensor: wearer}", "alarm caretaker_fall alarm cause fall"),
            ("play: {track: wet, sensor: probes, quantity: input1}", "alarm riser_leak alarm cause wet"),
        ])
    func stimuli(step: String, words: String) throws {
        let tracks = """
            tracks:
              fall: {model: fall, rate: 200 Hz}
              wet: {values: [2.5, 0.9], unit: V, interval: 10 s}

            """
        let before = try Lobby.play(steps: "", tracks: tracks)
        #expect(!before.has(words), "it must come from the stimulus")
        let played = try Lobby.play(steps: "  - at: 20 s\n    \(step)\n", tracks: tracks)
        #expect(played.has(words), "trace: \(played.trace.joined(separator: "\n"))")
        #expect(played.state == .ended)
    }

    struct AtReader: Sendable, CustomTestStringConvertible {
        var board: String
        var steps: [String]
        var words: String
        var testDescription: String { steps.joined(separator: ", ") }

        init(_ board: String, _ steps: String..., gives words: String) {
            (self.board, self.steps, self.words) = (board, steps, words)
        }
    }

    @Test(
        "Cards, tags, codes, keys and what befalls readers reach the board through its readers",
        arguments: [
            AtReader(
                "garage", "present: {reader: way_in, number: {facility: 100, card: 1}}",
                gives: "access barrier granted valid-credential by card at way_in"),
            AtReader(
                "garage", "present: {reader: foot_reader, text: GAR-204711}",
                gives: "access foot_door granted valid-credential by card at foot_reader"),
            AtReader(
                "garage", "present: {reader: lift_reader, tag: \"0400112233\"}",
                gives: "access lift granted valid-credential by card at lift_reader"),
            AtReader("garage", "fault: {reader: way_in, kind: held}", gives: "trouble reader way_in data-line-0-stuck"),
            AtReader(
                "garage", "fault: {reader: lift_reader, kind: nonsense}", gives: "trouble reader lift_reader babbling"),
            AtReader(
                "mantrap", "present: {reader: outer_reader, number: {facility: 40, card: 1}}",
                gives: "access outer granted valid-credential by card at outer_reader"),
            AtReader(
                "apartment-entrance", "present: {reader: entrance_reader, bits: \"10000110000010010011001111\"}",
                gives: "access entrance granted valid-credential by card at entrance_reader"),
            AtReader(
                "apartment-entrance", "keys: {reader: entrance_reader, press: \"271828#\"}",
                gives: "access entrance granted"),
            AtReader(
                "apartment-entrance", "keys: {reader: entrance_reader, press: \"27\"}",
                "keys: {reader: entrance_reader, press: \"1828#\"}", gives: "access entrance granted"),
            AtReader(
                "osdp-eight-doors", "present: {reader: south_reader, number: {facility: 77, card: 1001}}",
                gives: "access south granted valid-credential by card at south_reader"),
            AtReader(
                "osdp-eight-doors", "fault: {reader: south_reader, kind: tamper}", gives: "door south tamper"),
            AtReader(
                "osdp-eight-doors", "fault: {reader: south_reader, kind: supply}",
                gives: "trouble reader south_reader supply-failed"),
            AtReader(
                "osdp-eight-doors", "fault: {reader: bins_reader, kind: factory-new}",
                gives: "trouble reader bins_reader secure-channel-failed"),
            AtReader(
                "osdp-eight-doors", "fault: {reader: bins_reader, kind: factory-new}",
                "command: {install: bins_reader}",
                gives: "command reader-install bins_reader done by console 0"),
        ])
    func readers(_ stimulus: AtReader) throws {
        let steps = stimulus.steps.enumerated().map { "  - at: \(30 + 5 * $0) s\n    \($1)\n" }
        let before = try NamedBoard.play(stimulus.board, steps: "")
        #expect(!before.has(stimulus.words), "it must come from the stimulus")
        let played = try NamedBoard.play(stimulus.board, steps: steps.joined())
        #expect(played.has(stimulus.words), "trace: \(played.trace.joined(separator: "\n"))")
    }

    @Test("A copy of a card that does not know the key opens nothing; the card itself does")
    func copiedCard() throws {
        let card = "contactless: \"04A10000000001\", file: \"0000000000000101\""
        let through = """
              - at: 20 s
                present: {reader: outer_reader, number: {facility: 40, card: 1}}
              - at: 22 s
                line: {input: outer_contact, level: active}
              - at: 24 s
                line: {input: outer_contact, level: inactive}

            """
        for (isCopy, reason) in [(true, nil), (false, "access inner")] as [(Bool, String?)] {
            let present =
                "  - at: 60 s\n    present: {reader: inner_reader, \(card)\(isCopy ? ", foreign_key: true" : "")}\n"
            let played = try NamedBoard.play("mantrap", steps: through + present)
            #expect(played.has("access inner") == (reason != nil), "trace: \(played.trace.joined(separator: "\n"))")
        }
    }

    @Test(
        "Each fault is a trouble, and its end a restoration",
        arguments: [
            ("{sensor: climate, kind: absent}", "sensor climate"), ("{sensor: climate, kind: held}", "sensor climate"),
            ("{sensor: climate, kind: nonsense}", "sensor climate"),
            ("{sensor: probes, kind: absent}", "sensor probes"),
            ("{sensor: wearer, kind: absent}", "sensor wearer"), ("{bus: sensors, kind: held}", "sensor climate"),
            ("{bus: sensors, kind: absent}", "sensor climate"),
            ("{port: reader_port, kind: absent}", "port reader_port"),
            ("{line: entrance_contact, kind: absent}", "line entrance_contact"),
        ])
    func faults(fault: String, subject: String) throws {
        let steps = """
              - at: 20 s
                fault: \(fault)
              - expect: trouble \(subject)
                within: 20 s
              - at: 60 s
                restore: \(fault)
              - expect: restored \(subject)
                within: 60 s

            """
        let played = try Lobby.play(steps: steps, duration: "180 s")
        #expect(played.summary.expectationsFailed == 0, "trace: \(played.trace.joined(separator: "\n"))")
        #expect(played.summary.expectationsMet == 2)
    }

    @Test("A calm board says nothing between its start and its end")
    func calm() throws {
        let played = try Lobby.play(steps: "", duration: "3600 s")
        #expect(!played.trace.contains { $0.contains("trouble") && !$0.hasPrefix("0.") }, "\(played.trace)")
        #expect(played.trace.filter { !$0.hasPrefix("0.") } == [])
        #expect(played.summary.simulated == .seconds(3_600))
    }

    @Test(
        "Expectations are judged by whole words, within their time, and told with their line",
        arguments: [
            ("expect: door entrance forced", "1 s", true), ("expect: door entrance", "1 s", true),
            ("expect: door entrance closed", "1 s", false), ("expect: access entrance granted", "30 s", false),
            ("never: door entrance forced", "1 s", false), ("never: door entrance closed", "1 s", true),
        ])
    func expectations(expectation: String, within: String, isMet: Bool) throws {
        let steps = """
              - at: 30 s
                line: {input: entrance_contact, level: active}
              - \(expectation)
                within: \(within)

            """
        let played = try Lobby.play(steps: steps)
        #expect(played.verdicts.map(\.isMet) == [isMet])
        let text = Lobby.head + "duration: 120 s\nseed: 1\nsteps:\n" + Lobby.calm + steps
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(expectation) }
        #expect(played.verdicts.first?.line == line.map { UInt32($0 + 1) })
        #expect(played.summary.expectationsFailed == (isMet ? 0 : 1))
    }

    @Test("What happens at the last moment of an expectation still counts, and what comes a moment later does not")
    func lastMoment() throws {
        func played(_ within: String) throws -> Played {
            try Lobby.play(
                steps: """
                      - at: 30 s
                        expect: remark now
                        within: \(within)
                      - at: 40 s
                        remark: now

                    """)
        }
        #expect(try played("10 s").summary.expectationsMet == 1)
        #expect(try played("9999 ms").summary.expectationsFailed == 1)
    }

    @Test("An expectation that is open when the scenario ends has failed, a never that is open has held")
    func openAtTheEnd() throws {
        let played = try Lobby.play(
            steps: """
                  - at: 119 s
                    expect: door entrance opened
                    within: 10 s
                  - never: door entrance opened
                    within: 10 s

                """)
        #expect(played.verdicts.map(\.isMet).sorted { !$0 && $1 } == [false, true])
    }
}

@Suite("The trace of a run depends on board, scenario and seed, and on nothing else")
struct DeterminismTests {
    static let steps = """
          - at: 20 s
            play: {track: fall, sensor: wearer}
          - serial: {port: reader_port, bytes: 02 30 35 30 30 32 30 37 42 33 32 36 43 0D 0A 03}
          - at: 40 s
            fault: {sensor: climate, kind: absent}

        """
    static let tracks = "tracks:\n  fall: {model: fall, rate: 200 Hz}\n"

    @Test("The same again gives the same bytes")
    func same() throws {
        let first = try Lobby.play(steps: Self.steps, seed: 7, tracks: Self.tracks)
        let second = try Lobby.play(steps: Self.steps, seed: 7, tracks: Self.tracks)
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 10)
    }

    @Test("Another seed gives another fall")
    func seed() throws {
        let first = try Lobby.play(steps: Self.steps, seed: 7, tracks: Self.tracks)
        let second = try Lobby.play(steps: Self.steps, seed: 8, tracks: Self.tracks)
        #expect(first.trace != second.trace)
        #expect(second.has("alarm caretaker_fall alarm cause fall"))
    }

    @Test(
        "Going in steps of any length gives the same trace as going from moment to moment", arguments: [1, 37, 1_000])
    func limits(milliseconds: Int64) throws {
        let file = try Lobby.compile(
            Lobby.head + "duration: 60 s\nseed: 7\n\(Self.tracks)steps:\n" + Lobby.calm + Self.steps)
        let expected = try Lobby.play(file).trace
        var simulation = try Lobby.simulation(file)
        var limit = Instant.start
        while simulation.state == .running {
            limit = limit + .milliseconds(milliseconds)
            while simulation.now < limit, simulation.advance(limit: limit) == .running {}
        }
        let lines = simulation.sink.lines
        #expect(lines == expected)
    }

    @Test("A board that stays goes on where the scenario ended")
    func stay() throws {
        let file = try Lobby.compile(Lobby.head + "duration: 30 s\nsteps:\n" + Lobby.calm)
        var simulation = try Lobby.simulation(file)
        while simulation.advance() == .running {}
        let end = simulation.now
        #expect(end == .start + .seconds(30))
        simulation.stay()
        let turns = simulation.runtime.boardStatus.turns
        while simulation.now < .start + .seconds(60) {
            guard simulation.advance(limit: .start + .seconds(60)) == .running else { break }
        }
        let (state, turnsAfter) = (simulation.state, simulation.runtime.boardStatus.turns)
        #expect(state == .running)
        #expect(turnsAfter > turns)
    }
}

@Suite("A compiled scenario that is not what was written is refused, and never played")
struct DamagedScenarioTests {
    static func error(_ file: [UInt8], checksum: UInt32? = nil) throws -> ScenarioError? {
        let image = Lobby.image
        let board = try BoardImage(decoding: image.span)
        do throws(ScenarioError) {
            _ = try ScenarioTables(decoding: file.span, boardChecksum: checksum ?? board.checksum)
            return nil
        } catch {
            return error
        }
    }

    static let sound: [UInt8] =
        (try? Lobby.compile(
            Lobby.head + "duration: 60 s\ntracks:\n  fall: {model: fall, rate: 25 Hz}\nsteps:\n" + Lobby.calm)) ?? []

    @Test("The sound one is taken")
    func soundOne() throws {
        #expect(Self.sound.count > 500)
        #expect(try Self.error(Self.sound) == nil)
    }

    @Test("A flipped bit anywhere is noticed")
    func flipped() throws {
        for place in Self.sound.indices {
            var file = Self.sound
            file[place] ^= 0x10
            #expect(try Self.error(file) != nil, "byte \(place)")
        }
    }

    @Test("A cut anywhere is noticed, and so is a byte too many")
    func cut() throws {
        for length in 0..<Self.sound.count { #expect(try Self.error(Array(Self.sound[..<length])) != nil) }
        #expect(try Self.error(Self.sound + [0]) == .wrongLength)
    }

    @Test("One compiled for another board is refused")
    func otherBoard() throws { #expect(try Self.error(Self.sound, checksum: 1) == .otherBoard) }
}

@Suite("Connections to a simulated board")
struct ConnectionTests {
    @Test("There are as many as the board file says; one that ends makes room")
    func capacity() throws {
        let file = try Lobby.compile(Lobby.head + "duration: 60 s\nsteps:\n" + Lobby.calm)
        var simulation = try Lobby.simulation(file)
        var links: [StreamIndex] = []
        while let link = simulation.connect(.localUser(userIdentifier: 0, groupIdentifier: 0)) { links.append(link) }
        #expect(links.count == 4)
        #expect(Set(links.map(\.value)).count == 4)
        simulation.settleOutside()
        simulation.disconnect(links[2])
        simulation.settleOutside()
        let next = simulation.connect(.unauthenticated)
        #expect(next == links[2])
    }

    @Test("What the board says before it ends a connection can still be taken")
    func parting() throws {
        let file = try Lobby.compile(Lobby.head + "duration: 60 s\nsteps:\n" + Lobby.calm)
        var simulation = try Lobby.simulation(file)
        let connected = simulation.connect(.localUser(userIdentifier: 0, groupIdentifier: 0))
        let link = try #require(connected)
        simulation.settleOutside()
        simulation.stop()
        let (isConnected, unsent) = (simulation.isConnected(link), simulation.unsentCount(of: link))
        #expect(!isConnected)
        #expect(unsent > 0, "the notice that it is stopping")
    }
}
