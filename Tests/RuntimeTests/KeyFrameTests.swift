import AccessControl
import BoardImage
import FixedMemory
import Foundation
import HardwareInterface
import Testing
import VirtualBoard
import WardenMessages

@testable import Recording
@testable import Runtime

@Suite("A recording plays from any key frame in the middle of a board's life")
struct KeyFrameTests {
    static func header(_ page: [UInt8]) -> RecordingPage? { RecordingPage(page.span) }

    /// Pages of a recording with which playing back can begin, by their places.
    static func beginnings(_ pages: [[UInt8]]) -> [Int] {
        pages.indices.filter { header(pages[$0])?.beginsKeyFrame ?? false }
    }

    /// Plays the pages as `wardensim replay` does.
    static func play(_ pages: [[UInt8]], file: [UInt8], credentials: [UInt8] = []) throws -> ReplayTests.Outcome {
        let start = pages[0]
        let first = try #require(header(start))
        let held = Replay.credentialBytes(atBeginning: start.span) ?? credentials.count
        let list = Array(credentials.prefix(held))
        var replay = try Replay(
            image: BoardImage(decoding: file.span), file: file.span, start: first.at, credentials: list.span)
        var outcome = ReplayTests.Outcome()
        var isReady: Bool? = false
        for page in pages where isReady == false { isReady = replay.prepare(page.span) }
        if isReady == false { replay.endPreparation() }
        for page in pages where !replay.play(page.span, into: &outcome.words) { break }
        outcome.difference = replay.difference
        outcome.inputs = replay.inputs
        outcome.decisions = replay.decisions
        return outcome
    }

    /// Plays from the start, which meets every key frame on its way, and from each of the key frames to the end.
    static func check(_ board: BoardUnderTest, atLeast count: Int) throws {
        let pages = try ReplayTests.recording(of: board)
        let words = ReplayTests.words(of: board)
        let beginnings = beginnings(pages)
        #expect(beginnings.count >= count, "\(beginnings.count) key frames")
        for beginning in beginnings {
            let outcome = try play(Array(pages[beginning...]), file: board.file)
            let at = header(pages[beginning])?.at.nanoseconds ?? 0
            #expect(outcome.difference == nil, "from \(at): \(outcome.words.events.suffix(3))")
            #expect(outcome.words.lines == words.lines.suffix(outcome.words.lines.count), "from \(at)")
            #expect(outcome.words.events == words.events.suffix(outcome.words.events.count), "from \(at)")
            guard outcome.difference == nil else { return }
        }
        let second = try play(Array(pages[beginnings[1]...]), file: board.file)
        #expect(second.decisions > 5 && second.inputs > 50, "\(second.decisions) decisions, \(second.inputs) inputs")
    }

    @Test("A quarter of an hour with cards, alarms, commands, faults and clocks, from every seventh second of it")
    func eventful() throws {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        board.keyFrameInterval = .seconds(7)
        ReplayTests.live(board)
        try Self.check(board, atLeast: 80)
    }

    @Test("Codes at a keypad, from between their digits; a key frame holds none of them")
    func keypad() throws {
        let board = try BoardUnderTest(JournalTests.keypad, medium: ReplayTests.medium())
        board.keyFrameInterval = .milliseconds(1)
        board.pass(.seconds(10))
        board.key("271828#")
        board.pass(.seconds(10))
        board.key("2718")
        board.pass(.seconds(1))
        board.key("28#")
        board.pass(.seconds(10))
        board.keyFrameInterval = .seconds(9)
        for _ in 0..<6 { board.key("314159#") }
        board.key("271828#")
        board.pass(.minutes(3))
        board.key("271828#")
        try Self.check(board, atLeast: 20)
    }

    @Test("Contacts at readers on a bus, that are lost and come back")
    func contactsAtReaders() throws {
        let board = try BoardUnderTest(BusReaderTests.gatehouse, medium: ReplayTests.medium())
        board.keyFrameInterval = .seconds(3)
        try ReplayTests.liveAtReaders(board)
        try Self.check(board, atLeast: 40)
    }

    @Test("After a power cut, with alarms and lockdowns that the run before had kept")
    func restarted() throws {
        let again = try ReplayTests.restarted()
        again.keyFrameInterval = .seconds(5)
        again.pass(.minutes(1))
        again.type("alarm smoke acknowledge")
        again.type("alarm smoke reset")
        again.type("fire reset")
        again.pass(.minutes(1))
        try Self.check(again, atLeast: 15)
    }

    @Test("A ring that came round: its start is gone, and what it holds plays from its oldest key frame to the end")
    func overwritten() throws {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        while board.runtime.core.recording.flight.number < 1_300 {
            board.present("0500207B32")
            board.open()
            board.pass(.seconds(3))
            board.close()
            board.pass(.minutes(20))
        }
        let isReplayable = board.runtime.core.recording.flight.isReplayable
        #expect(isReplayable)
        let pages = try ReplayTests.recording(of: board)
        let beginnings = Self.beginnings(pages)
        let oldest = try #require(beginnings.first)
        #expect(oldest > 0 && beginnings.count >= 3, "\(beginnings)")
        let outcome = try Self.play(Array(pages[oldest...]), file: board.file)
        #expect(outcome.difference == nil)
        let words = ReplayTests.words(of: board)
        #expect(outcome.words.events == words.events.suffix(outcome.words.events.count))
        #expect(outcome.decisions > 20)
    }

    @Test("A medium that cost records: from the key frame behind the loss on it plays again")
    func afterLoss() throws {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        let medium = try #require(board.medium)
        board.pass(.seconds(10))
        medium.condition = .failing
        board.pass(.hours(4))
        #expect(board.runtime.core.recording.flight.lost > 0)
        medium.condition = .sound
        board.pass(.minutes(10))
        board.present("0500207B32")
        board.pass(.seconds(30))
        let behind = try ReplayTests.recording(of: board)
        #expect(Self.header(behind[0])?.followsLoss == true)
        let beginning = try #require(Self.beginnings(behind).first)
        let outcome = try Self.play(Array(behind[beginning...]), file: board.file)
        #expect(outcome.difference == nil)
        #expect(outcome.words.events.contains { $0.contains("granted") }, "\(outcome.words.events)")
    }

    /// The page with another number in the header of the key frame that it begins with.
    static func changing(_ page: [UInt8], at place: Int) -> [UInt8] {
        var changed = page
        // Length, kind and time of the record stand in front of the header.
        changed[RecordingPage.headerBytes + 4 + place] ^= 1
        if let header = header(page) { changed.withUnsafeMutableBytes { header.seal($0) } }
        return changed
    }

    @Test("Another state than the board's is noticed at a key frame; one of another version is passed on the way")
    func otherState() throws {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        board.keyFrameInterval = .seconds(30)
        board.pass(.minutes(2))
        let pages = try ReplayTests.recording(of: board)
        let second = try #require(Self.beginnings(pages).dropFirst().first)
        let at = try #require(Self.header(pages[second])?.at)
        var changed = pages
        changed[second] = Self.changing(pages[second], at: 8)
        #expect(try Self.play(changed, file: board.file).difference == .state(at), "its checksum")
        changed[second] = Self.changing(pages[second], at: 0)
        #expect(try Self.play(changed, file: board.file).difference == nil, "how much its version can know")
        let from = try Self.play(Array(changed[second...]), file: board.file)
        #expect(from.difference == .otherVersion(at), "to begin with it is another matter")
        #expect(KeyFrameHeader([UInt8](repeating: 0xFF, count: 40).span) == nil)
        #expect(KeyFrameHeader([UInt8](repeating: 0, count: 39).span) == nil)
    }

    /// The page with nothing but its first record, which says what the key frame is.
    static func withoutSlices(_ page: [UInt8]) -> [UInt8] {
        var cut = page
        let used = RecordingPage.headerBytes + 2 + Int(page[RecordingPage.headerBytes])
        guard var header = header(page) else { return page }
        header.used = used
        cut.withUnsafeMutableBytes { header.seal($0) }
        return cut
    }

    @Test("A key frame that is not whole, or of another version, is said to be so and nothing is played")
    func defective() throws {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        board.keyFrameInterval = .seconds(20)
        board.pass(.minutes(1))
        let pages = try ReplayTests.recording(of: board)
        let beginning = try #require(Self.beginnings(pages).dropFirst().first)
        let whole = Array(pages[beginning...])
        let cut = try Self.play([Self.withoutSlices(whole[0])], file: board.file)
        if case .defectiveKeyFrame? = cut.difference {} else { Issue.record("\(String(describing: cut.difference))") }
        #expect(cut.decisions == 0)
        // The image of another board has other variables.
        let other = try BoardUnderTest.compile(JournalTests.keypad)
        let outcome = try Self.play(whole, file: other)
        if case .otherVersion? = outcome.difference {
        } else {
            Issue.record("\(String(describing: outcome.difference))")
        }
        #expect(outcome.decisions == 0)
    }

    @Test("A key frame of every board in the repository fits into what its image sets aside for it")
    func memory() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../boards")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let boards = files.filter { $0.pathExtension == "yaml" }
        #expect(boards.count > 10)
        for board in boards {
            let file = try BoardUnderTest.compile(String(contentsOf: board, encoding: .utf8))
            let image = try BoardImage(decoding: file.span)
            let setAside = image.memoryBudget.amount(.keyFrame)
            let replay = try Replay(image: image, file: file.span, start: .start)
            let taken = replay.keyFrameLimit
            #expect(taken <= setAside, "\(board.lastPathComponent)")
        }
    }
}
