import AccessControl
import BoardImage
import EventJournal
import FixedMemory
import HardwareInterface
import LifeSafety
import Testing
import VirtualBoard

@testable import Runtime

@Suite("What a board remembers through power cuts and failing media")
struct JournalTests {
    static func medium() -> VirtualMedium { VirtualMedium(byteCount: 8 << 20) }

    func running(_ medium: VirtualMedium = medium()) throws -> BoardUnderTest {
        let board = try BoardUnderTest(medium: medium)
        board.pass(.seconds(10))
        return board
    }

    @Test("Without a medium nothing is durable and nothing is wrong; with one, all is durable soon")
    func durable() throws {
        let memory = try BoardUnderTest()
        memory.pass(.seconds(10))
        #expect(memory.durableSequence == 0)
        #expect(!memory.words.contains { $0.hasPrefix("trouble journal") })
        let board = try running()
        board.forget()
        board.present("0500207B32")
        board.pass(.milliseconds(100))
        #expect(board.isAtRest)
        #expect(board.journal.medium == .healthy)
        #expect(!board.words.contains { $0.contains("trouble") }, "\(board.words)")
    }

    @Test("Pages and kept values of the journal are in the memory budget")
    func budget() throws {
        #expect(LifeSafetyMonitor.learnedPieceLimit == 8 && AccessCapacities().pinAttempts == 64)
        let board = try running()
        let pages = board.runtime.core.journal.mediumPages
        #expect(pages.count == 67 && pages.pageBytes == 4_096)
        #expect(pages.count * pages.pageBytes + 4_096 * 32 < MemoryBudget.Part.journal.bytesEach)
    }

    @Test("An event is volatile for 50 ms at the most, an alarm for one commit only")
    func volatileTime() throws {
        let board = try running()
        let medium = try #require(board.medium)
        medium.flushTime = .milliseconds(4)
        board.type("door street unlock")
        board.pass(.milliseconds(50))
        #expect(board.isAtRest, "\(board.journal)")
        board.set(.input1, LifeSafetyTests.wet)
        while !board.words.contains(where: { $0.hasPrefix("alarm leak alarm") }) { board.pass(.milliseconds(1)) }
        board.pass(.milliseconds(8))
        #expect(board.isAtRest, "\(board.journal)")
    }

    @Test("What was durable when the power went is read again, with its number, time and words")
    func readAgain() throws {
        let board = try running()
        board.present("0500207B32")
        board.pass(.seconds(1))
        #expect(board.isAtRest)
        let before = board.events
        let again = try board.afterPowerCut()
        again.pass(.seconds(1))
        let seen = again.everything()
        // Numbers of the first moments were provisional when they were first shown.
        let lasting = before.map(\.sequence).filter { !EventSequence.isProvisional($0) }
        #expect(lasting.count >= 3)
        #expect(Array(seen.prefix(while: { EventSequence.opening(of: $0) == 0 })).suffix(lasting.count) == lasting[...])
        #expect(seen.contains { EventSequence.opening(of: $0) == 1 }, "this run counts from a fresh place")
        #expect(seen == seen.sorted())
    }

    @Test("A fire outlives a restart: the door is released again, the alarm is there again, and ends by a person only")
    func fireOutlivesRestart() throws {
        let board = try running()
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        #expect(!board.isOn("lock"))
        let again = try board.afterPowerCut()
        again.pass(.milliseconds(100))
        #expect(!again.isOn("lock"), "\(again.words)")
        #expect(again.words.contains { $0.hasPrefix("alarm smoke alarm cause smoke-density") }, "\(again.words)")
        again.pass(.minutes(5))
        #expect(!again.isOn("lock"), "clean air ends no fire by itself")
        again.type("alarm smoke acknowledge")
        again.type("alarm smoke reset")
        again.type("fire reset")
        again.pass(.seconds(1))
        #expect(again.isOn("lock"), "\(again.words.suffix(8))")
        let third = try again.afterPowerCut()
        third.pass(.seconds(10))
        #expect(third.isOn("lock"))
        #expect(!third.words.contains { $0.hasPrefix("alarm smoke alarm") }, "what was reset stays reset")
    }

    @Test("A leak's alarm that was acknowledged needs no second acknowledgement; the valve stays shut")
    func leakOutlivesRestart() throws {
        let board = try running()
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(10))
        board.type("alarm leak acknowledge")
        board.pass(.seconds(1))
        let again = try board.afterPowerCut()
        again.pass(.milliseconds(200))
        #expect(again.isOn("valve"), "\(again.words)")
        #expect(again.words.contains { $0.hasPrefix("alarm leak restored cause wet") }, "dry again: \(again.words)")
        again.type("alarm leak reset")
        again.pass(.seconds(1))
        #expect(!again.isOn("valve"), "\(again.words)")
    }

    @Test("Lockdown and a commanded mode outlive a restart", arguments: ["lockdown", "free"])
    func modes(_ word: String) throws {
        let board = try running()
        board.type("door street \(word)")
        board.pass(.seconds(1))
        let again = try board.afterPowerCut()
        again.pass(.seconds(10))
        #expect(again.isOn("lock") == (word == "lockdown"), "\(again.words)")
        if word == "lockdown" {
            again.present("0500207B32")
            #expect(again.isOn("lock"), "\(again.words)")
        }
        again.type("door street restore")
        again.pass(.seconds(3))
        let third = try again.afterPowerCut()
        third.pass(.seconds(10))
        third.present("0500207B32")
        #expect(!third.isOn("lock"), "\(third.words)")
    }

    @Test("State is kept for names, not for places: a door that takes another's place takes none of its state")
    func renamed() throws {
        let board = try running()
        board.type("door street free")
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
        let renamed = SmallBoards.stairwell.replacing("street:", with: "garden:")
            .replacing("door: street", with: "door: garden").replacing("release: street", with: "release: garden")
        let again = try board.afterPowerCut(file: BoardUnderTest.compile(renamed, generation: 2))
        again.pass(.seconds(10))
        #expect(again.isOn("lock"), "\(again.words)")
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var condition: VirtualMedium.Condition
        var words: String
        var testDescription: String { words }
    }

    @Test(
        "A medium that fails is a trouble; doors and alarms go on; it returns by itself, and nothing was lost",
        arguments: [
            Fault(condition: .failing, words: "trouble journal failing"),
            Fault(condition: .readOnly, words: "trouble journal read-only"),
            Fault(condition: .full, words: "trouble journal full"),
            Fault(condition: .missing, words: "trouble journal failing"),
        ])
    func failing(_ fault: Fault) throws {
        let board = try running()
        let medium = try #require(board.medium)
        medium.condition = fault.condition
        board.present("0500207B32")
        #expect(!board.isOn("lock"))
        board.pass(.seconds(5))
        #expect(board.happened(fault.words), "\(board.words)")
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        #expect(!board.isOn("lock") && board.isOn("lock") == false)
        #expect(!board.isAtRest)
        medium.condition = .sound
        board.pass(.seconds(15))
        #expect(board.happened("restored journal"), "\(board.words)")
        board.pass(.seconds(1))
        #expect(board.isAtRest)
        let again = try board.afterPowerCut()
        again.pass(.milliseconds(200))
        #expect(!again.isOn("lock"), "the fire that began while the medium failed is on record")
    }

    @Test("A slow medium is a trouble and holds nothing up; doors answer in the same turn")
    func slow() throws {
        let board = try running()
        let medium = try #require(board.medium)
        medium.flushTime = .seconds(3)
        board.present("0500207B32")
        let event = try #require(board.trace.first { $0.words.hasPrefix("access street granted") })
        #expect(board.moment("line lock off") == event.at)
        board.pass(.seconds(2))
        #expect(board.happened("trouble journal slow"), "\(board.words)")
        medium.flushTime = .milliseconds(4)
        board.pass(.seconds(10))
        #expect(board.happened("restored journal"), "\(board.words)")
    }

    @Test("A board whose medium is missing at the start runs, says so, and takes it into use when it comes")
    func lateMedium() throws {
        let medium = JournalTests.medium()
        medium.condition = .missing
        let board = try BoardUnderTest(medium: medium)
        board.pass(.seconds(20))
        #expect(board.words.contains { $0.hasPrefix("trouble journal") }, "\(board.words)")
        board.present("0500207B32")
        #expect(!board.isOn("lock"))
        medium.condition = .sound
        board.pass(.seconds(20))
        #expect(board.happened("restored journal"), "\(board.words)")
        #expect(board.isAtRest)
        #expect(!EventSequence.isProvisional(board.runtime.lastEventSequence))
    }

    @Test("A medium that holds something else is left as it is")
    func foreign() throws {
        let medium = JournalTests.medium()
        for index in 0..<Int(medium.byteCount) { medium.bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        let board = try BoardUnderTest(medium: medium)
        board.pass(.seconds(20))
        #expect(board.happened("trouble journal foreign"), "\(board.words)")
        #expect((0..<Int(medium.byteCount)).allSatisfy { medium.bytes[$0] == UInt8(truncatingIfNeeded: $0 &* 31) })
    }

    @Test("An end in order leaves nothing volatile")
    func orderlyEnd() throws {
        let board = try running()
        board.present("0500207B32")
        board.runtime.stop()
        board.pass(.milliseconds(30))
        #expect(board.isAtRest)
    }

    /// The stairwell with a keypad at its door.
    static var keypad: String {
        get throws {
            var yaml = SmallBoards.stairwell
            for (old, new) in [
                (
                    "  exit: {pin: GPIO23, active: low, bias: pull-up}",
                    """
                      exit: {pin: GPIO23, active: low, bias: pull-up}
                      data0: {pin: GPIO12, active: low, bias: pull-up, debounce: 0 s}
                      data1: {pin: GPIO13, active: low, bias: pull-up, debounce: 0 s}
                    """
                ),
                ("ports:\n  reader_port: {device: /dev/ttyAMA0, baud: 9600}\n", ""),
                (
                    "street_reader: {protocol: serial-tag, port: reader_port, door: street, hold_off: 2 s}",
                    "street_reader: {protocol: wiegand, data0: data0, data1: data1, door: street, keypad: 4-bit}"
                ),
                ("    egress: true\n", "    egress: true\n    mode: card-or-pin\n"),
                ("credentials:\n", "credentials:\n  - {code: \"271828\", groups: [residents]}\n"),
            ] {
                guard yaml.contains(old) else { throw Missing(text: old) }
                yaml = yaml.replacing(old, with: new)
            }
            return yaml
        }
    }
    struct Missing: Error { let text: String }

    @Test("A keypad that takes no codes after too many wrong ones takes none after a power cut")
    func lockout() throws {
        let board = try BoardUnderTest(Self.keypad, medium: Self.medium())
        board.pass(.seconds(10))
        for _ in 0..<5 { board.key("999999#") }
        board.key("271828#")
        #expect(board.isOn("lock"), "\(board.words.suffix(6))")
        #expect(
            board.words.contains { $0.hasPrefix("access street denied too-many-attempts") }, "\(board.words.suffix(6))")
        let again = try board.afterPowerCut()
        again.pass(.seconds(10))
        again.key("271828#")
        #expect(again.isOn("lock"), "\(again.words.suffix(6))")
        again.pass(.minutes(4))
        again.key("271828#")
        #expect(!again.isOn("lock"), "\(again.words.suffix(6))")
    }

    @Test("What detectors learned outlives a power cut and an orderly end, and is kept for a name")
    func learning() throws {
        let board = try running()
        // Dirt that is no smoke: the chamber's clean air moves.
        board.set(.input0, 400_000 + 60 * 4_000)
        board.pass(.hours(30))
        let drift = try #require(board.learned(by: 0))
        #expect(drift != LearnedPiece([0, 0, 0, 0, 0, 0, 0, 0].span))
        let again = try board.afterPowerCut()
        again.pass(.milliseconds(200))
        #expect(again.learned(by: 0) == drift)
        let renamed = try BoardUnderTest.compile(
            SmallBoards.stairwell.replacing("smoke: {kind", with: "chamber: {kind").replacing(
                "detector: smoke", with: "detector: chamber"))
        let other = try again.afterPowerCut(file: renamed)
        other.pass(.milliseconds(200))
        #expect(other.learned(by: 0) != drift)
    }

    @Test("The platform is told of an event once the board cannot forget it; of a board whose medium fails, at once")
    func toldWhenDurable() throws {
        let board = try running()
        let reader = try #require(board.openLinkReader("platform"))
        while board.readEvent(reader) != nil {}
        board.type("door street unlock")
        #expect(board.readEvent(reader) == nil, "volatile")
        board.pass(.milliseconds(60))
        #expect(board.readEvent(reader) != nil)
        while board.readEvent(reader) != nil {}
        let medium = try #require(board.medium)
        medium.condition = .failing
        board.type("door street unlock")
        board.pass(.seconds(2))
        #expect(board.journal.medium == .failing)
        #expect(board.readEvent(reader) != nil)
    }
}
