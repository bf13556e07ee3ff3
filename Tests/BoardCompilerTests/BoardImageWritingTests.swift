import BoardImage
import Cryptography
import FixedMemory
import HardwareInterface
import LifeSafety
import Testing
import WardenMessages

import class Foundation.FileManager

@testable import BoardCompiler

@Suite("The image says what the file says")
struct BoardImageWritingTests {
    static let key = HashKey([UInt8](0..<32).span)!

    func lobbyFile(_ text: String = Repository.text("boards/lobby.yaml")) throws -> [UInt8] {
        let board = try #require(BoardCompiler().check(text).board)
        return try board.image(key: BoardImageWritingTests.key, generation: 7)
    }

    @Test("The lobby board has neither errors nor warnings")
    func lobbyIsSound() {
        #expect(BoardCompiler().check(Repository.text("boards/lobby.yaml")).problems == [])
    }

    @Test("Every board file of the repository compiles without errors")
    func everyBoard() throws {
        let folder = Repository.root.appendingPathComponent("boards")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(files.contains("lobby.yaml"))
        for file in files {
            let result = BoardCompiler().check(Repository.text("boards/\(file)"))
            #expect(result.board != nil, "\(file): \(result.problems.map(\.message))")
        }
    }

    @Test("What a detector has without a word in the file is what it has without a configuration")
    func detectorDefaults() throws {
        let text = Repository.text("boards/lobby.yaml")
            .replacing(/\n    (pre_alarm|alarm|verification|cancel_window|long_lie): [^\n]*/, with: "")
        let file = try lobbyFile(text)
        let image = try BoardImage(decoding: file.span)
        var looked = 0
        for index in image.detectors.indices {
            let point = PointIndex(0)
            switch image.detectors[index].kind {
            case .smoke(let options)?:
                let own = SmokeDetector.Configuration(source: point)
                #expect(Int32(options.alarmMdbPerM) == own.alarmThreshold)
                #expect(Int32(options.preAlarmMdbPerM) == own.preAlarmThreshold)
                #expect(Int64(options.verificationMs) == own.verification.milliseconds)
                #expect(Int32(options.hysteresisMdbPerM) == own.hysteresis)
                #expect(Int64(options.hushLimitMs) == own.hushLimit.milliseconds)
                looked += 1
            case .leak(let options)?:
                let own = LeakDetector.Configuration(source: point, wetLimit: 1)
                #expect(Int64(options.delayMs) == own.onDelay.milliseconds)
                #expect(Int64(options.offDelayMs) == own.offDelay.milliseconds)
                #expect(options.shortBelow == nil && own.shortLimit == nil)
                looked += 1
            case .fall(let options)?:
                let own = FallDetector.Configuration(source: point)
                #expect(Int64(options.cancelWindowMs) == own.cancelWindow.milliseconds)
                #expect(Int64(options.longLieMs) == own.longLieAfter.milliseconds)
                #expect(options.decisionThreshold == nil && options.notWornAfterMs == 0)
                #expect(options.walkingCancels == own.walkingCancels)
                looked += 1
            default: continue
            }
        }
        #expect(looked == 3)
    }

    @Test("Where Warden Link is offered: addresses with their ports, serial lines with their manners")
    func link() throws {
        let text = Repository.text("boards/lobby.yaml")
            .replacing(
                "\nports:\n", with: "\nlisten: [0.0.0.0, 192.0.2.7:7000, \"::\", \"[2001:db8::1]:7001\"]\nports:\n"
            )
            .replacing(
                "\nports:\n",
                with: "\nports:\n  platform: {device: /dev/ttyS1, use: link}\n"
                    + "  pair: {device: /dev/ttyS2, use: link-in-turns, turnaround: 5 ms}\n")
        let result = BoardCompiler().check(text)
        // Nobody is let in: the lobby lists no clients.
        #expect(result.problems.map(\.severity) == [.warning, .warning])
        let file = try lobbyFile(text)
        let image = try BoardImage(decoding: file.span)
        let network = image.network
        let listen = try #require(network).listen
        let places = listen.indices.map { "\(string(listen[$0].address)) \(listen[$0].port)" }
        #expect(places == ["0.0.0.0 7321", "192.0.2.7 7000", ":: 7321", "2001:db8::1 7001"])
        #expect(image.ports.indices.map { image.ports[$0].use } == [.link, .linkInTurns, .devices])
        #expect(image.ports[1].turnaroundMs == 5 && image.ports[0].turnaroundMs == 2)
        let plain = try lobbyFile()
        let plainImage = try BoardImage(decoding: plain.span)
        #expect(image.memoryBudget.amount(.links) == plainImage.memoryBudget.amount(.links) + 2)
    }

    @Test("Lines, doors and readers by their places")
    func linesAndDoors() throws {
        let file = try lobbyFile()
        let image = try BoardImage(decoding: file.span)
        #expect(image.header.name == "lobby")
        #expect(image.header.generation == 7)
        #expect(image.header.utcOffsetMinutes == 480)
        #expect(image.lines.count == 5)
        #expect(
            image.lines[0]
                == Line(
                    name: "entrance_contact", direction: .input, chip: "pinctrl-bcm2711", offset: 22, bias: .pullUp,
                    debounceUs: 20_000))
        #expect(
            image.lines[2]
                == Line(
                    name: "entrance_lock", direction: .output, chip: "pinctrl-bcm2711", offset: 17, activeAtStart: true,
                    atExit: .inactive, atPowerOn: .inactive, afterCrash: .keep))
        let expected = Door(
            name: "entrance", lockKind: .maglock, lockLine: 2, contactLine: 0, exitLine: 1, unlockMs: 5_000,
            extendedUnlockMs: 15_000, heldOpenWarningMs: 20_000, heldOpenAlarmMs: 40_000, egress: true,
            relock: .onClose,
            rules: FixedList([AccessRule(groups: 0b11, onEntry: true, onExit: true, floors: .max)].span), mode: .card,
            secondLeafForExtendedOnly: true, extendedHeldOpenMs: 30_000, relockGraceMs: 1_000, exitRaceMs: 500,
            exitShuntMs: 5_000, exitStuckMs: 60_000, contactDebounceMs: 30, exitDebounceMs: 30,
            secondLeafDelayMs: 500, answerMs: 2_000, pinMs: 10_000, secondPersonMs: 15_000)
        #expect(image.doors[0] == expected)
        #expect(
            image.readers[0]
                == Reader(
                    name: "entrance_reader", door: 0, holdOffMs: 2_000, interface: .serialTag(SerialTagOptions(port: 0))
                ))
    }

    @Test("A scale becomes the integers that give back both of its pairs")
    func scale() throws {
        let file = try lobbyFile()
        let image = try BoardImage(decoding: file.span)
        let smoke = image.points[0]
        #expect((smoke.zero, smoke.numerator, smoke.denominator) == (400_000, 1, 4_000))
        func value(_ raw: Int64) -> Int64 {
            (raw - Int64(smoke.zero)) * Int64(smoke.numerator) / Int64(smoke.denominator)
        }
        #expect(value(400_000) == 0)
        #expect(value(2_400_000) == 500)
        #expect((smoke.minimum, smoke.maximum) == (-50, 600))
        let sensor = image.sensors[0]
        #expect(sensor.chip == .ads1115(Ads1115Options(inputs: 0b11, fullScaleMv: 4_096)))
    }

    @Test("Identifiers reach the image only as keyed hashes, as a reader's card is hashed")
    func hashes() throws {
        let file = try lobbyFile()
        var walker = try CredentialWalker(file.span)
        let next = walker.next()
        let first = try #require(next)
        // Technology 1, 40 bits little endian, then the tag: what the reader driver hands to the hash.
        let message: [UInt8] = [1, 40, 0, 0x05, 0x00, 0x20, 0x7B, 0x32]
        let hash = BoardImageWritingTests.key.hash(message.span)
        var expected = FixedBytes<16>()
        expected.appendLittleEndian(hash.low)
        expected.appendLittleEndian(hash.high)
        #expect(first.hash == expected)
        let tag: [UInt8] = [0x05, 0x00, 0x20, 0x7B, 0x32]
        let isInClear = file.indices.contains { file[$0...].starts(with: tag) }
        #expect(!isInClear)
    }

    @Test("Dates count in local time: a whole day to its end")
    func dates() throws {
        let file = try lobbyFile()
        var walker = try CredentialWalker(file.span)
        var third: Credential?
        for _ in 0..<3 { third = walker.next() }
        // 2026-01-01T00:00+08:00 and 2027-01-01T00:00+08:00, by `date -d … +%s`.
        #expect(third?.validFrom == 1_767_196_800)
        #expect(third?.validUntil == 1_798_732_800)
    }

    @Test("Without the key there is no image of a file with identifiers")
    func keyMissing() throws {
        let board = try #require(BoardCompiler().check(Repository.text("boards/lobby.yaml")).board)
        #expect(throws: CheckedBoard.BuildFailure.hashKeyMissing) { try board.image(key: nil, generation: 1) }
    }

    @Test("The same file gives the same bytes, and the budget in the header is the runtime's")
    func deterministic() throws {
        let file = try lobbyFile()
        let again = try lobbyFile()
        #expect(file == again)
        let image = try BoardImage(decoding: file.span)
        let (written, counted) = (image.header.memoryBudgetBytes, image.memoryBudget.total)
        #expect(written == counted)
    }
}

@Suite("What is written from the field tables is up to date and true")
struct BoardReferenceTests {
    @Test("boards/README.md is what `wardenctl board reference` writes")
    func reference() { #expect(Repository.text("boards/README.md") == BoardReference.markdown) }

    @Test("boards/board.schema.json is what `wardenctl board reference --schema` writes")
    func schema() {
        #expect(Repository.text("boards/board.schema.json") == BoardReference.jsonSchema.text() + "\n")
    }

    /// Every field with where it stands, fields of mappings in mappings included.
    private static func fields(of record: RecordDocumentation, in place: String) -> [(String, FieldDocumentation)] {
        (record.fields + record.variants.flatMap(\.fields)).flatMap { field in
            let here = "\(place).\(field.key)"
            return [(here, field)] + (field.nested.map { fields(of: $0, in: here) } ?? [])
        }
    }

    @Test(
        "Every field, however deep, has an explanation that is a sentence, and an example, and the reference shows both"
    )
    func everyFieldIsDocumented() {
        let documented =
            Self.fields(of: BoardFields.top.documentation, in: "board")
            + BoardSection.all.flatMap { Self.fields(of: $0.record, in: $0.key) }
        let reference = BoardReference.markdown
        #expect(documented.count > 300)
        for (place, field) in documented {
            #expect(field.explanation.hasSuffix("."), "\(place)")
            #expect(!field.example.isEmpty && !field.summary.isEmpty, "\(place)")
            let row = reference.split(separator: "\n").contains {
                $0.hasPrefix("| `\(field.key)` |") && $0.contains(field.explanation)
                    && $0.hasSuffix("| `\(field.example)` |")
            }
            #expect(row, "\(place)")
        }
    }
}

@Suite("Amounts are read exactly and written shortly")
struct DimensionTests {
    @Test(
        "Durations in microseconds",
        arguments: [
            ("5s", 5_000_000), ("5 s", 5_000_000), ("250 ms", 250_000), ("1.5 s", 1_500_000),
            ("1 min 30 s", 90_000_000),
            ("1min30s", 90_000_000), ("2h", 7_200_000_000), ("1 d", 86_400_000_000), ("20 µs", 20), ("20us", 20),
            ("0 s", 0),
        ] as [(String, Int64)])
    func durations(text: String, microseconds: Int64) throws {
        #expect(try Dimension.duration.parse(text) == microseconds)
    }

    @Test(
        "What is no duration",
        arguments: [
            ("", .notANumber), ("s", .notANumber), ("5", .missingUnit), ("5 V", .unknownUnit("V")),
            ("5 s x", .notANumber), (".5 s", .notANumber), ("5. s", .notANumber), ("0.0000001 s", .tooFine),
            ("99999999999999999999 s", .tooLarge), ("9000000000000000000 d", .tooLarge), ("1e3 s", .unknownUnit("e")),
            ("0x10 s", .unknownUnit("x")),
        ] as [(String, Dimension.Failure)])
    func failures(text: String, failure: Dimension.Failure) {
        #expect(throws: failure) { try Dimension.duration.parse(text) }
    }

    @Test(
        "Written again",
        arguments: [
            (Dimension.duration, 90_000_000, "90 s"), (.duration, 5_000_000, "5 s"), (.duration, 1_500, "1.5 ms"),
            (.duration, 600_000_000, "10 min"), (.duration, 0, "0 s"), (.voltage, 4_096_000, "4.096 V"),
            (.voltage, 250, "250 µV"), (.voltage, -100_000, "-100 mV"), (.memory, 3_145_728, "3 MiB"),
        ] as [(Dimension, Int64, String)])
    func format(dimension: Dimension, amount: Int64, text: String) {
        let written = dimension.format(amount)
        #expect(written == text)
        #expect((try? dimension.parse(written)) == amount)
    }

    @Test("Every amount that is written is read as the same", arguments: 0..<4)
    func roundTrip(seed: UInt64) throws {
        var random = Random(state: seed)
        for _ in 0..<2_000 {
            let amount = Int64(random.next() >> UInt64(20 + random.below(43)))
            for dimension in [Dimension.duration, .voltage, .frequency, .memory] {
                #expect(try dimension.parse(dimension.format(amount)) == amount)
            }
        }
    }
}
