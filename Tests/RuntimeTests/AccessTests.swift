import HardwareInterface
import Testing

@Suite("A board at its doors")
struct AccessTests {
    struct CardCase: Sendable, CustomTestStringConvertible {
        var tag: String
        var decision: String
        var opens: Bool
        var testDescription: String { decision }
    }

    @Test(
        "A card is answered in one turn: the relay follows a grant, and the event says why",
        arguments: [
            CardCase(tag: "0500207B32", decision: "granted valid-credential", opens: true),
            CardCase(tag: "01023C4D5E", decision: "granted extended-time", opens: true),
            CardCase(tag: "0110A2B3C4", decision: "denied no-right", opens: false),
            CardCase(tag: "0177889900", decision: "denied expired", opens: false),
            CardCase(tag: "01778899AA", decision: "denied lost", opens: false),
            CardCase(tag: "0142424242", decision: "denied unknown-credential", opens: false),
        ])
    func cards(_ card: CardCase) throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        board.present(card.tag)
        let event = try #require(
            board.trace.first { $0.words.hasPrefix("access street \(card.decision) by card at street_reader") },
            "\(board.words)")
        let driven = board.trace.first { $0.words == "line lock off" }
        #expect((driven != nil) == card.opens, "\(board.words)")
        if let driven { #expect(driven.at == event.at, "in the same turn as the decision") }
        #expect(board.isOn("lock") != card.opens)
    }

    @Test("The door locks again: after its time unopened, on closing when opened; extended time is longer")
    func relock() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.present("0500207B32")
        board.pass(.milliseconds(4_900))
        #expect(!board.isOn("lock"))
        board.pass(.milliseconds(200))
        #expect(board.isOn("lock"))
        board.pass(.seconds(10))
        #expect(board.words.contains { $0.hasPrefix("door street granted-not-opened") }, "\(board.words)")

        board.present("01023C4D5E")
        board.pass(.seconds(14))
        #expect(!board.isOn("lock"))
        board.pass(.seconds(2))
        #expect(board.isOn("lock"))

        board.pass(.seconds(3))
        board.present("0500207B32")
        board.open()
        board.pass(.seconds(1))
        board.close()
        board.pass(.milliseconds(500))
        #expect(board.isOn("lock"))
    }

    @Test("The exit button releases the door and says that it was the button")
    func exitButton() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        board.input("exit", true)
        board.pass(.milliseconds(100))
        #expect(!board.isOn("lock"))
        #expect(board.happened("access street granted request-to-exit by button"), "\(board.words)")
        board.input("exit", false)
        board.pass(.seconds(6))
        #expect(board.isOn("lock"))
    }

    @Test("A door that opens without a grant is forced at once, sounds, and is quiet when it is shut")
    func forced() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        board.open()
        board.pass(.milliseconds(500))
        #expect(board.happened("door street forced"), "\(board.words)")
        #expect(board.isOn("siren"))
        #expect(board.isOn("lock"), "a forced door is not released")
        board.close()
        board.pass(.seconds(5))
        #expect(!board.isOn("siren"))
    }

    @Test("A door held open warns, then alarms, then ends, each at its time")
    func heldOpen() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.present("0500207B32")
        board.open()
        let opened = board.now
        board.pass(.seconds(60))
        let warning = try #require(board.moment("door street held-open-warning"), "\(board.words)")
        let alarm = try #require(board.moment("door street held-open"), "\(board.words)")
        #expect((warning - opened).milliseconds >= 19_900 && (warning - opened).milliseconds <= 25_100)
        #expect((alarm - warning).milliseconds == 20_000)
        #expect(board.happened("output siren on"))
        board.close()
        board.pass(.seconds(3))
        #expect(!board.isOn("siren"))
        #expect(board.happened("output siren off"), "\(board.words)")
    }

    @Test(
        "No bytes but a card's make a card: garbage, floods, cut frames, wrong checksums",
        arguments: ["garbage", "flood", "cut", "checksum"])
    func noCard(_ kind: String) throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        let frame = Array("\u{2}0500207B326C\u{3}".utf8)
        let bytes: [UInt8] =
            switch kind {
            case "garbage": (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
            case "flood": (0..<400).flatMap { _ in frame.dropLast(3) }
            case "cut": (1..<frame.count).flatMap { Array(frame.prefix($0)) + [0x0D] }
            default: Array("\u{2}0500207B326D\u{3}".utf8)
            }
        board.send(bytes)
        board.pass(.seconds(30))
        #expect(!board.words.contains { $0.hasPrefix("access") }, "\(board.words)")
        #expect(board.isOn("lock"))
        board.present("0500207B32")
        #expect(!board.isOn("lock"), "the reader works on after it")
    }

    @Test("A reader that floods its line does not keep the exit button or smoke from the door")
    func floodHoldsNothingUp() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        let quiet = try BoardUnderTest()
        quiet.pass(.seconds(10))
        board.send([UInt8](repeating: 0x55, count: 60_000))
        for one in [board, quiet] {
            one.pass(.milliseconds(300))
            one.forget()
            one.input("exit", true)
            one.pass(.seconds(1))
        }
        #expect(board.moment("line lock off") != nil, "\(board.words)")
        #expect(board.moment("line lock off") == quiet.moment("line lock off"))
    }

    @Test("A reader that is unplugged is in trouble, returns by itself and reads again")
    func readerReturns() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        board.runtime.hardware.setStreamOpen(StreamIndex(0), false)
        board.pass(.seconds(1))
        #expect(board.happened("trouble port reader_port gone"), "\(board.words)")
        board.runtime.hardware.setStreamOpen(StreamIndex(0), true)
        board.pass(.seconds(1))
        #expect(board.happened("restored port reader_port"), "\(board.words)")
        board.present("0500207B32")
        #expect(!board.isOn("lock"))
    }

    @Test("A lock line that vanishes is in trouble, and is driven to what is demanded once it is back")
    func lineReturns() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        let lock = LineIndex(board.line("lock"))
        board.runtime.hardware.setLineAvailable(lock, false)
        board.pass(.milliseconds(100))
        #expect(board.happened("trouble line lock gone"), "\(board.words)")
        board.present("0500207B32")
        #expect(board.isOn("lock"), "it cannot be driven")
        board.runtime.hardware.setLineAvailable(lock, true)
        board.pass(.milliseconds(100))
        #expect(!board.isOn("lock"))
        #expect(board.happened("restored line lock"), "\(board.words)")
    }
}
