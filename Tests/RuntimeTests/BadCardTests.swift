import AccessControl
import BoardCompiler
import Cryptography
import DeviceModels
import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@testable import Runtime

typealias ReaderFault = DeviceModels.ReaderModel.Fault

/// Bad input as it comes to a whole board, byte by byte and edge by edge; each reader's and each table's own tests lie
/// with them.
@Suite("Bad input at the door")
struct BadCardTests {
    /// A keypad reader on data lines and a scanner at one door.
    static let gate = """
        board: gate
        console_role: technician
        groups: [residents]
        chips: {gpio: {match: gpio, lines: 8}}
        inputs:
          contact: {pin: gpio 0, active: high}
          zero: {pin: gpio 2, active: low, debounce: 0 s}
          one: {pin: gpio 3, active: low, debounce: 0 s}
        outputs:
          lock: {pin: gpio 1, active: high, start: active, exit: inactive}
        ports:
          scanner: {device: /dev/ttyAMA0, baud: 115200}
        doors:
          street:
            lock_kind: maglock
            lock: lock
            contact: contact
            unlock: 5 s
            pin_time: 10 s
            mode: MODE
            groups: [residents]
            egress: false
        readers:
          keypad: {protocol: wiegand, data0: zero, data1: one, door: street, formats: [h10301], keypad: 4-bit}
          scanner_reader: {protocol: text-line, port: scanner, door: street, pattern: "WRD-%d{4,8}"}
        credentials:
          - {number: {facility: 12, card: 4711}, groups: [residents], pin: "3141"}
          - {text: WRD-1234, groups: [residents], valid_from: 2026-01-01, valid_until: 2026-12-31}
        """

    private func gate(_ mode: String = "card") throws -> BoardUnderTest {
        let board = try BoardUnderTest(BadCardTests.gate.replacing("MODE", with: mode))
        board.pass(.seconds(1))
        board.forget()
        return board
    }

    @Test("Half frames of cards open nothing, and the next whole one does")
    func halfFrames() throws {
        let board = try gate()
        guard case .bits(let bits, _) = PresentedCard.h10301(12, 4711) else { return }
        for count in 5..<26 where count != 8 {
            board.hold(.bits(bits, count: count))
            board.pass(.seconds(3))
        }
        for count in 1..<8 { board.send(Array("WRD-1234".utf8.prefix(count)), port: 0) }
        board.pass(.seconds(3))
        #expect(!board.words.contains { $0.hasPrefix("access") }, "\(board.words)")
        board.hold(.h10301(12, 4711))
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
    }

    @Test("Two cards at once, at two readers of one door: each is answered")
    func twoCardsAtOnce() throws {
        let board = try gate()
        board.hold(.h10301(12, 9))
        board.hold(.text("WRD-1234"), at: 1)
        board.pass(.seconds(1))
        #expect(
            board.words.contains { $0.hasPrefix("access street denied unknown-credential by card") }, "\(board.words)")
        #expect(
            board.words.contains { $0.hasPrefix("access street granted valid-credential by card") }, "\(board.words)")
        #expect(!board.isOn("lock"))
    }

    @Test(
        "Each event shows the local time of its own day, whichever side of the change of daylight saving it is read from",
        arguments: [
            // 2026-03-28 and -30 at 12:00 UTC, around 29 March; 2026-10-24 and -26, around 25 October.
            (1_774_699_200_000, "2026-03-28 13:00", 1_774_872_000_000, "2026-03-30 14:00"),
            (1_792_843_200_000, "2026-10-24 14:00", 1_793_016_000_000, "2026-10-26 13:00"),
        ])
    func timesOfOldEvents(first: Int64, firstShown: String, second: Int64, secondShown: String) throws {
        let board = try BoardUnderTest(
            BadCardTests.gate.replacing("MODE", with: "card").replacing(
                "groups: [residents]\nchips",
                with: "groups: [residents]\nutc_offset: \"+01:00\"\ndaylight_saving: europe\nchips"))
        func set(_ clock: Int64) {
            board.runtime.hardware.setWallClock(WallClock(unixMilliseconds: clock, trust: .synchronised))
            board.pass(.seconds(5))
        }
        for clock in [first, second] {
            set(clock)
            board.hold(.h10301(12, 4711))
            board.pass(.seconds(10))
        }
        for today in [second, first] {
            set(today)
            _ = board.printed()
            board.type("events kind access")
            let rows = board.printed().split(separator: "\r\n").filter { $0.contains("access street granted") }
            #expect(rows.count == 2, "\(rows)")
            for (row, time) in zip(rows, [firstShown, secondShown]) { #expect(row.contains(time), "\(row)") }
        }
    }

    @Test("A card held for an hour is asked about once, and the door locks again meanwhile")
    func heldForAnHour() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        board.hold(.tag("0500207B32"), for: .hours(1))
        board.pass(.minutes(61))
        #expect(board.words.filter { $0.hasPrefix("access street") }.count == 1, "\(board.words)")
        #expect(board.isOn("lock"))
        board.hold(.tag("0500207B32"))
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"), "laid on again it is a new presentation")
    }

    /// A PN532 and an OSDP reader, each at a door of its own.
    static let held = """
        board: held
        groups: [residents]
        chips: {gpio: {match: gpio, lines: 8}}
        outputs:
          lock: {pin: gpio 1, active: high, start: active, exit: inactive}
          other_lock: {pin: gpio 2, active: high, start: active, exit: inactive}
        ports:
          chip: {device: /dev/ttyAMA0, baud: 115200}
          bus: {device: /dev/ttyAMA1, baud: 9600}
        doors:
          street: {lock_kind: maglock, lock: lock, unlock: 5 s, groups: [residents], egress: false, relock: after-time}
          yard: {lock_kind: maglock, lock: other_lock, unlock: 5 s, groups: [residents], egress: false, relock: after-time}
        readers:
          contactless: {protocol: pn532, port: chip, door: street}
          panel: {protocol: osdp, port: bus, address: 0, security: clear, door: yard, formats: [h10301]}
        credentials:
          - {contactless: "04A1B2C3D4E5F6", groups: [residents]}
          - {number: {facility: 12, card: 4711}, groups: [residents]}
        """

    @Test("A contactless card held for an hour at a PN532 is asked about once, and laid on again once more")
    func heldAtContactlessReader() throws {
        let board = try BoardUnderTest(BadCardTests.held)
        board.pass(.seconds(10))
        board.forget()
        let identifier: [UInt8] = [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6]
        let card = PresentedCard.contactless(ContactlessCardModel(identifier: identifier.span))
        board.hold(card, for: .hours(1))
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
        board.pass(.minutes(61))
        #expect(board.words.filter { $0.hasPrefix("access street") }.count == 1, "\(board.words)")
        #expect(board.isOn("lock"))
        board.hold(card)
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
    }

    @Test("An OSDP reader that sends the card that it is shown again and again for an hour asks once")
    func heldAtBusReader() throws {
        let board = try BoardUnderTest(BadCardTests.held)
        board.pass(.seconds(10))
        board.forget()
        for _ in 0..<3_600 {
            board.hold(.h10301(12, 4711), at: 1)
            board.pass(.seconds(1))
        }
        #expect(board.words.filter { $0.hasPrefix("access yard") }.count == 1, "\(board.words.count)")
        #expect(board.isOn("other_lock"))
        board.pass(.seconds(5))
        board.hold(.h10301(12, 4711), at: 1)
        board.pass(.seconds(1))
        #expect(!board.isOn("other_lock"), "after a pause it is a new presentation")
    }

    @Test(
        "A stuck data line is a trouble that names it; the door's other reader goes on, and so does this one afterwards"
    )
    func stuckLine() throws {
        let board = try gate()
        board.change(reader: 0) { $0.setReader(0, .held) }
        board.pass(.seconds(5))
        #expect(board.happened("trouble reader keypad data-line-0-stuck"), "\(board.words)")
        board.hold(.text("WRD-1234"), at: 1)
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
        board.change(reader: 0) { $0.setReader(0, ReaderFault.none) }
        board.pass(.seconds(10))
        #expect(board.happened("restored reader keypad"), "\(board.words)")
        board.hold(.h10301(12, 4711))
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
    }

    @Test(
        "10,000 unknown cards in a minute: the limiter engages, few are recorded, and the right card opens in its turn")
    func guessing() throws {
        let board = try gate()
        var right: Instant?
        for number in 0..<10_000 {
            board.send(Array("WRD-\(10_000 + number)\r".utf8))
            board.pass(.milliseconds(6))
            guard number == 5_000 else { continue }
            board.hold(.h10301(12, 4711))
            board.pass(.milliseconds(200))
            right = board.moment("line lock off")
        }
        #expect(right != nil, "the right card in the midst of them")
        #expect(board.words.contains { $0.hasPrefix("door street guessing") }, "\(board.words.prefix(20))")
        let unknown = board.words.filter { $0.hasPrefix("access street denied unknown-credential") }
        // Ten in a row and one more each six seconds.
        #expect((10...25).contains(unknown.count), "\(unknown.count)")
        board.pass(.seconds(70))
        #expect(board.words.contains { $0.hasPrefix("door street guessing-ended") })
        board.forget()
        board.hold(.text("WRD-1234"), at: 1)
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
    }

    @Test("A PIN typed with pauses counts while no pause is longer than its time", arguments: [9, 11])
    func pinWithPauses(pause: Int64) throws {
        let board = try gate("card-and-pin")
        board.hold(.h10301(12, 4711))
        board.pass(.milliseconds(100))
        board.press("3141#", pause: .seconds(pause))
        board.pass(.seconds(1))
        #expect(board.isOn("lock") == (pause > 10), "\(board.words)")
        #expect(board.words.contains { $0.hasPrefix("access street denied pin-timed-out") } == (pause > 10))
    }

    @Test(
        "A clock that jumps a year, either way, moves the validity of cards and no time of a door", arguments: [1, -1])
    func clockJump(years: Int64) throws {
        let board = try gate()
        board.hold(.text("WRD-1234"), at: 1)
        board.pass(.seconds(2))
        #expect(!board.isOn("lock"))
        let jump = BoardUnderTest.morning.unixMilliseconds + years * 366 * 86_400_000
        board.runtime.hardware.setWallClock(WallClock(unixMilliseconds: jump, trust: .synchronised))
        board.pass(.milliseconds(2_500))
        #expect(!board.isOn("lock"), "the unlock time goes on by the board's own clock")
        board.pass(.seconds(1))
        #expect(board.isOn("lock"))
        board.forget()
        board.hold(.text("WRD-1234"), at: 1)
        board.pass(.seconds(1))
        let reason = years > 0 ? "expired" : "not-yet-valid"
        #expect(board.words.contains { $0.hasPrefix("access street denied \(reason)") }, "\(board.words)")
        board.hold(.h10301(12, 4711))
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"), "a card without limit does not care")
        board.pass(.seconds(10))
        board.runtime.hardware.setWallClock(BoardUnderTest.morning)
        board.hold(.text("WRD-1234"), at: 1)
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
    }

    @Test(
        "Schedules follow local time, in summer as in winter, and the console shows it",
        arguments: [("2026-07-15", 120), ("2026-12-15", 60)] as [(String, Int64)])
    func summerTime(day: String, ahead: Int64) throws {
        let yaml =
            BadCardTests.gate.replacing("MODE", with: "card").replacing(
                "groups: [residents]\nchips",
                with: "groups: [residents]\nutc_offset: \"+01:00\"\ndaylight_saving: europe\nchips"
            ).replacing(
                "    groups: [residents]\n    egress", with: "    groups: [residents]\n    schedule: day\n    egress")
            + "\nschedules:\n  day: {periods: [{days: every-day, from: 07:00, to: 22:00}], without_clock: inactive}"
        let board = try BoardUnderTest(yaml)
        let midnight = day == "2026-07-15" ? Int64(1_784_073_600_000) : 1_797_292_800_000
        for (minute, opens) in [(21 * 60 + 50, true), (22 * 60 + 10, false)] as [(Int64, Bool)] {
            let clock = midnight + (minute - ahead) * 60_000
            board.runtime.hardware.setWallClock(WallClock(unixMilliseconds: clock, trust: .synchronised))
            board.pass(.seconds(30))
            board.hold(.h10301(12, 4711))
            board.pass(.seconds(1))
            #expect(board.isOn("lock") != opens, "\(board.words)")
        }
        board.type("clock")
        #expect(board.printed().contains("\(day) 22:10"))
    }

    @Test("A credential file in which two entries are one card, however each is written, is refused with both")
    func duplicates() throws {
        let hash = CredentialHashing.card(
            Array("WRD-1234".utf8).span, technology: 7, bitCount: 64, key: BoardUnderTest.key)
        #expect(hash != nil)
        var bytes = FixedBytes<16>()
        if let hash {
            bytes.appendLittleEndian(hash.low)
            bytes.appendLittleEndian(hash.high)
        }
        let digits = (0..<16).map { String(bytes[$0] >> 4, radix: 16) + String(bytes[$0] & 15, radix: 16) }.joined()
        let yaml =
            BadCardTests.gate.replacing("MODE", with: "card") + "\n  - {hash: \"\(digits)\", groups: [residents]}"
        let board = try #require(BoardCompiler().check(yaml).board)
        #expect(throws: CheckedBoard.BuildFailure.sameCard(2, 3)) {
            try board.image(key: BoardUnderTest.key, generation: 1)
        }
    }

    @Test("More credentials than there is room for are refused before anything is built")
    func overfull() {
        let yaml =
            BadCardTests.gate.replacing("MODE", with: "card").replacing(
                "groups: [residents]\nchips", with: "groups: [residents]\ncapacities: {credentials: 1}\nchips")
        let result = BoardCompiler().check(yaml)
        #expect(result.board == nil)
        #expect(result.problems.contains { $0.message.contains("the file has 2 credentials") }, "\(result.problems)")
    }
}
