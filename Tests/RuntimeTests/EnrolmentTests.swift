import FixedMemory
import HardwareInterface
import Testing
import VirtualBoard
import WardenMessages

@testable import Console
@testable import Runtime

@Suite("A card is enrolled by presenting it: hashed, journalled with who asked, kept, and good at once")
struct EnrolmentTests {
    static let yaml = SmallBoards.stairwell.replacing("console_role: technician", with: "console_role: administrator")
    static let stranger = "01DEADBEEF"

    static func board(_ yaml: String = yaml) throws -> BoardUnderTest {
        let board = try BoardUnderTest(yaml, medium: ReplayTests.medium())
        board.pass(.seconds(10))
        board.forget()
        return board
    }

    static func tag(in words: [String]) -> String? {
        let line = words.first { $0.hasPrefix("command credential-enrol street_reader done credential ") }
        return line.map { String($0.split(separator: " ")[5]) }
    }

    @Test("The next card is known from then on, and its number is nowhere")
    func enrols() throws {
        let board = try Self.board()
        board.present(Self.stranger)
        #expect(board.words.contains { $0.hasPrefix("access street denied unknown") })
        board.forget()
        board.type("credential enrol street_reader 1")
        #expect(board.happened("command credential-enrol street_reader started by console 0"), "\(board.words)")
        board.pass(.seconds(3))
        board.present(Self.stranger)
        board.pass(.milliseconds(100))
        #expect(!board.words.contains { $0.hasPrefix("access") }, "it opens nothing while it is enrolled")
        let tag = try #require(Self.tag(in: board.words), "\(board.words)")
        let printed = board.printed()
        #expect(printed.contains(tag) && !printed.contains(Self.stranger))
        board.pass(.seconds(3))
        board.present(Self.stranger)
        #expect(board.words.contains { $0.hasPrefix("access street granted valid-credential") && $0.hasSuffix(tag) })
    }

    @Test("A known card stays as it is, and the time ends the wait")
    func refuses() throws {
        let board = try Self.board()
        board.type("credential enrol street_reader 2")
        board.present("0500207B32")
        board.pass(.milliseconds(100))
        #expect(board.words.contains { $0.hasPrefix("command credential-enrol street_reader refused") })
        #expect(board.printed().contains("known already"))
        board.type("credential enrol street_reader 2 within 10s")
        board.pass(.seconds(11))
        #expect(board.happened("command credential-enrol street_reader too-late by console 0"), "\(board.words)")
        board.forget()
        board.present(Self.stranger)
        #expect(board.words.contains { $0.hasPrefix("access street denied unknown") }, "\(board.words)")
    }

    @Test("A technician may not: credentials are an administrator's")
    func roles() throws {
        let board = try Self.board(SmallBoards.stairwell)
        board.type("credential enrol street_reader 1")
        #expect(
            board.happened("command credential-enrol street_reader not-permitted by console 0"), "\(board.words)")
        board.present(Self.stranger)
        #expect(board.words.contains { $0.hasPrefix("access street denied unknown") })
    }

    @Test("What was enrolled replays to the byte")
    func replays() throws {
        let board = try Self.board()
        board.type("credential enrol street_reader 1 uses 3")
        board.present(Self.stranger)
        board.pass(.seconds(5))
        board.present(Self.stranger)
        let pages = try ReplayTests.recording(of: board)
        let outcome = try ReplayTests.play(pages, file: board.file)
        #expect(outcome.difference == nil, "\(outcome.words.events.suffix(4))")
        #expect(outcome.words.events.contains { $0.contains("access street granted valid-credential") })
    }
}

@Suite("Commissioning, marks, restarts and settings are commands like any other")
struct MaintenanceTests {
    @Test("Answers are kept with who gave them, stand in the report, and replay; a reset takes them back")
    func tests() throws {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        board.pass(.seconds(10))
        board.type("test door street right")
        board.type("test point siren wrong")
        board.type("test sensor temperature skip")
        #expect(board.happened("command test-answer door street right done by console 0"), "\(board.words)")
        #expect(board.happened("command test-answer point siren wrong done by console 0"))
        _ = board.printed()
        board.type("test report --plain")
        board.pass(.seconds(1))
        let report = board.printed()
        #expect(report.contains("door\tstreet\tright\t2026-"), "\(report)")
        #expect(report.contains("all\t12\tright 1\twrong 1\tpassed over 1\tnot tested"), "\(report)")
        let outcome = try ReplayTests.play(try ReplayTests.recording(of: board), file: board.file)
        #expect(outcome.difference == nil)
        // Commissioning takes days, and the power is off in between.
        board.pass(.minutes(10))
        let again = try board.afterPowerCut()
        again.pass(.seconds(10))
        again.type("test report --plain")
        again.pass(.seconds(1))
        #expect(again.printed().contains("all\t12\tright 1\twrong 1\tpassed over 1\tnot tested"))
        again.type("test reset")
        again.type("test report --plain")
        again.pass(.seconds(1))
        #expect(again.printed().contains("right 0\twrong 0"))
        again.pass(.minutes(10))
        let third = try again.afterPowerCut()
        third.pass(.seconds(10))
        third.type("test report --plain")
        third.pass(.seconds(1))
        #expect(third.printed().contains("right 0\twrong 0"), "what was taken back stays so")
    }

    @Test("A reboot is asked for, journalled, and the program's to carry out")
    func reboot() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        #expect(!board.isRestartAsked)
        board.type("reboot")
        #expect(board.happened("command board-restart done by console 0"), "\(board.words)")
        #expect(board.isRestartAsked)
    }

    @Test("A mark is in the journal with its number; what was set and saved holds after a restart")
    func settings() throws {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        board.pass(.seconds(10))
        board.type("recorder mark 7")
        #expect(board.happened("command recorder-mark 7 done by console 0"), "\(board.words)")
        board.type("config set log-level notice")
        board.type("language zh")
        board.type("config save")
        #expect(board.happened("command config-save done by console 0"), "\(board.words)")
        board.pass(.seconds(30))
        let again = try board.afterPowerCut()
        again.pass(.seconds(10))
        #expect(again.logLevel == .notice)
        again.type("config")
        #expect(again.printed().contains("映像"))
    }
}

extension BoardUnderTest {
    var isRestartAsked: Bool { runtime.isRestartAsked }
}
