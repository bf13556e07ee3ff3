import BoardImage
import Console
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import Testing
import VirtualBoard
import WardenMessages

@testable import Runtime

@Suite("A recording played back decides what the board decided")
struct ReplayTests {
    static func medium() -> VirtualMedium { VirtualMedium(byteCount: 16 << 20) }

    /// What a recording decides, in words.
    struct Words: ReplaySink {
        var lines: [String] = []
        var events: [String] = []

        mutating func driven(_ line: LineIndex, isActive: Bool, at moment: Instant, on board: borrowing Replay) {
            var text = TextSink()
            if let name = board.name(of: .line, at: Int(line.value)) { text.append(name.span) }
            lines.append("\(moment.nanoseconds) \(text.string) \(isActive)")
        }

        mutating func recorded(_ event: WardenMessages.Event, on board: borrowing Replay) {
            var text = TextSink()
            EventText.append(event, names: board, to: &text)
            events.append("\(event.monotonicNs) \(text.string)")
        }
    }

    struct Outcome {
        var words = Words()
        var difference: Replay.Difference?
        var inputs: UInt64 = 0
        var decisions: UInt64 = 0
    }

    /// The pages of the board's run, in order; without those in front of a loss.
    static func pages(_ board: BoardUnderTest, throughLosses: Bool = false) throws -> [[UInt8]] {
        let recordingPlace = board.runtime.recordingPlace
        let place = try #require(recordingPlace)
        return try #require(board.medium).recordedPages(
            in: place.area, pageBytes: place.pageBytes, throughLosses: throughLosses)
    }

    static func play(_ pages: [[UInt8]], file: [UInt8]) throws -> Outcome {
        let start = pages[0]
        let header = RecordingPage(start.span)
        let first = try #require(header)
        #expect(first.beginsKeyFrame)
        var replay = try Replay(image: BoardImage(decoding: file.span), file: file.span, start: first.at)
        var outcome = Outcome()
        for page in pages where !replay.play(page.span, into: &outcome.words) { break }
        outcome.difference = replay.difference
        outcome.inputs = replay.inputs
        outcome.decisions = replay.decisions
        return outcome
    }

    /// Everything that a board has had time to write down.
    static func recording(of board: BoardUnderTest) throws -> [[UInt8]] {
        board.pass(.seconds(12))
        return try pages(board)
    }

    static func words(of board: BoardUnderTest) -> (lines: [String], events: [String]) {
        var lines: [String] = []
        var events: [String] = []
        for entry in board.trace {
            if entry.words.hasPrefix("line ") {
                let parts = entry.words.split(separator: " ")
                lines.append("\(entry.at.nanoseconds) \(parts[1]) \(parts[2] == "on")")
            } else {
                events.append("\(entry.at.nanoseconds) \(entry.words)")
            }
        }
        // The first ones are shown again once the journal has given them their lasting numbers.
        let start = events.lastIndex { $0.hasPrefix("0 system started") } ?? 0
        return (lines, Array(events[start...]))
    }

    /// Lets a board live through an eventful quarter of an hour.
    static func live(_ board: BoardUnderTest) {
        board.pass(.seconds(10))
        board.present("0500207B32")
        board.open()
        board.pass(.seconds(3))
        board.close()
        board.present("0110A2B3C4")
        board.present("01DEADBEEF")
        board.pass(.seconds(30))
        board.open()
        board.pass(.seconds(50))
        board.close()
        board.type("door street unlock")
        board.pass(.seconds(10))
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(20))
        board.type("alarm leak acknowledge")
        board.set(.input1, 2_500_000)
        board.pass(.seconds(20))
        board.type("alarm leak reset")
        board.type("walktest leak 2 --yes")
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(20))
        board.set(.input1, 2_500_000)
        board.pass(.seconds(150))
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.minutes(1))
        board.set(.input0, 400_000)
        board.change(sensor: 0) { $0.faults.isAbsent = true }
        board.pass(.minutes(1))
        board.change(sensor: 0) { $0.faults.isAbsent = false }
        board.pass(.minutes(1))
        for command in ["alarm smoke acknowledge", "alarm smoke reset", "fire reset", "door street lockdown"] {
            board.type(command)
        }
        board.runtime.hardware.setWallClock(
            WallClock(
                unixMilliseconds: BoardUnderTest.morning.unixMilliseconds + 7 * 3_600_000, trust: .freeRunning))
        board.pass(.minutes(1))
        board.present("0500207B32")
        board.type("door street restore")
        board.pass(.minutes(2))
    }

    @Test("A quarter of an hour with cards, alarms, commands, faults and clocks: every decision again, at its moment")
    func eventful() throws {
        let board = try BoardUnderTest(medium: Self.medium())
        Self.live(board)
        let pages = try Self.recording(of: board)
        let outcome = try Self.play(pages, file: board.file)
        #expect(outcome.difference == nil, "\(outcome.words.events.suffix(5)) \(outcome.words.lines.suffix(3))")
        let words = Self.words(of: board)
        #expect(outcome.words.lines == words.lines)
        #expect(outcome.words.events == words.events)
        #expect(outcome.decisions >= UInt64(words.events.count))
    }

    /// A board that starts with a fire alarm and a lockdown that its run before has kept.
    static func restarted() throws -> BoardUnderTest {
        let board = try BoardUnderTest(medium: medium())
        board.pass(.seconds(10))
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        board.type("door street lockdown")
        board.pass(.seconds(20))
        return try board.afterPowerCut()
    }

    /// Contacts at two readers on a bus change; `whileOpen` happens; the readers are lost and come back.
    static func liveAtReaders(_ board: BoardUnderTest, whileOpen: () throws -> Void = {}) throws {
        board.input("lock_tamper", false)
        board.pass(.seconds(10))
        board.input("contact", true)
        board.pass(.seconds(5))
        board.input("contact", false)
        board.input("button", true)
        board.pass(.seconds(2))
        try whileOpen()
        for reader in [0, 1] { board.change(reader: reader) { $0.setReader(reader, .silent) } }
        board.pass(.seconds(30))
        for reader in [0, 1] { board.change(reader: reader) { $0.setReader(reader, ReaderFault.none) } }
        board.pass(.minutes(2))
        board.input("cord", true)
        board.pass(.seconds(5))
    }

    @Test("After a power cut the next run replays by itself, with what the one before had kept")
    func restarts() throws {
        let again = try Self.restarted()
        again.pass(.minutes(1))
        again.type("alarm smoke acknowledge")
        again.type("alarm smoke reset")
        again.type("fire reset")
        let outcome = try Self.play(try Self.recording(of: again), file: again.file)
        #expect(outcome.difference == nil)
        let words = Self.words(of: again)
        #expect(outcome.words.lines == words.lines)
        #expect(outcome.words.events == words.events, "\(words.events.prefix(8))")
        #expect(
            outcome.words.events.contains {
                $0.hasSuffix("alarm smoke alarm cause smoke-density value 0") || $0.contains("alarm smoke alarm")
            })
    }

    @Test("Codes at a keypad replay without their digits, right and wrong, locked out and not")
    func keypad() throws {
        let board = try BoardUnderTest(JournalTests.keypad, medium: Self.medium())
        board.pass(.seconds(10))
        board.key("271828#")
        board.pass(.seconds(10))
        board.key("27*271828#")
        board.pass(.seconds(10))
        for _ in 0..<6 { board.key("314159#") }
        board.key("271828#")
        board.pass(.minutes(3))
        board.key("271828#")
        let pages = try Self.recording(of: board)
        let outcome = try Self.play(pages, file: board.file)
        #expect(outcome.difference == nil, "\(outcome.words.events.suffix(5))")
        #expect(outcome.words.events == Self.words(of: board).events)
        #expect(outcome.words.events.filter { $0.contains(" granted valid") }.count == 3, "\(outcome.words.events)")
    }

    @Test(
        "Contacts at a reader replay without the reader: opened, lost with it, back with it; and so does a file for it")
    func contactsAtReaders() throws {
        let board = try BoardUnderTest(BusReaderTests.gatehouse, medium: Self.medium())
        try Self.liveAtReaders(board) {
            let client = LinkServiceTests.Client(board)
            let begin = ReaderFileBegin(type: 1, size: 100)
            _ = try client.ask(.readerFile(ReaderFileTransfer(reader: 0, step: .begin(begin))))
        }
        let outcome = try Self.play(try Self.recording(of: board), file: board.file)
        #expect(outcome.difference == nil, "\(outcome.words.events.suffix(5))")
        let words = Self.words(of: board)
        #expect(outcome.words.lines == words.lines)
        #expect(outcome.words.events == words.events)
        for happened in [
            "door street forced", "trouble line contact gone", "restored line contact", "alarm help alarm",
        ] {
            #expect(outcome.words.events.contains { $0.contains(happened) }, "\(happened)")
        }
    }

    @Test("No card and no code is in a recording, in any form that it was read in")
    func secrecy() throws {
        let board = try BoardUnderTest(medium: Self.medium())
        Self.live(board)
        let all = try Self.recording(of: board).flatMap { $0 }
        for tag in ["0500207B32", "0110A2B3C4", "01DEADBEEF"] {
            let text = Array(tag.utf8)
            let raw = stride(from: 0, to: 10, by: 2).map { place in
                UInt8(String(tag.dropFirst(place).prefix(2)), radix: 16)!
            }
            for form in [text, raw, raw.reversed()] {
                let isThere = all.indices.dropLast(form.count).contains {
                    all[$0] == form[0] && Array(all[$0..<$0 + form.count]) == form
                }
                #expect(!isThere, "\(tag)")
            }
        }
    }

    @Test("Another decision than was recorded is noticed, and so is a page that is damaged")
    func differences() throws {
        let board = try BoardUnderTest(medium: Self.medium())
        board.pass(.seconds(10))
        board.present("0500207B32")
        var pages = try Self.recording(of: board)
        // A board whose card is lost decides otherwise.
        let other = try BoardUnderTest.compile(
            SmallBoards.stairwell.replacing(
                "{tag: \"0500207B32\", groups: [residents]}",
                with: "{tag: \"0500207B32\", groups: [residents], status: lost}"))
        guard case .decision? = try Self.play(pages, file: other).difference else {
            Issue.record("a lost card opened the door")
            return
        }
        var damaged = pages[0]
        damaged[100] ^= 1
        pages.append(damaged)
        #expect(try Self.play(pages, file: board.file).difference == .damagedPage(pages.count - 1))
    }

    @Test("A medium that takes nothing for a while costs records, never a decision that is taken for another")
    func slowMedium() throws {
        let board = try BoardUnderTest(medium: Self.medium())
        let medium = try #require(board.medium)
        board.pass(.seconds(10))
        medium.condition = .failing
        board.pass(.minutes(30))
        medium.condition = .sound
        board.pass(.minutes(10))
        let all = try Self.pages(board, throughLosses: true)
        let front = all.prefix { !(KeyFrameTests.header($0)?.followsLoss ?? true) }
        let outcome = try Self.play(Array(front), file: board.file)
        #expect(outcome.difference == nil)
    }

    @Test("Without the board's start a recording shows what was decided, word for word, and plays nothing")
    func headless() throws {
        let board = try BoardUnderTest(medium: Self.medium())
        Self.live(board)
        let pages = try Self.recording(of: board)
        #expect(pages.count > 4)
        let later = pages[2...]
        let start = later[2]
        let header = RecordingPage(start.span)
        let first = try #require(header)
        #expect(!first.beginsKeyFrame)
        let file = board.file
        var replay = try Replay(image: BoardImage(decoding: file.span), file: file.span, start: first.at)
        var words = Words()
        for page in later {
            let isShown = replay.show(page.span, into: &words)
            #expect(isShown)
        }
        let all = Self.words(of: board)
        #expect(words.lines.count > 3 && words.lines == all.lines.suffix(words.lines.count))
        #expect(words.events.count > 10 && words.events == all.events.suffix(words.events.count))
    }
}
