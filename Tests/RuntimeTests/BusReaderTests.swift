import FixedMemory
import Foundation
import HardwareInterface
import Testing

@Suite("OSDP readers on a board: keys, displays, inputs, outputs, supply")
struct BusReaderTests {
    /// One door with a reader on each side, on one bus.
    static let staircase = """
        board: staircase
        console_role: technician
        groups: [residents]
        chips: {gpio: {match: gpio, lines: 8}}
        inputs:
          contact: {pin: gpio 0, active: high}
        outputs:
          lock: {pin: gpio 1, active: high, start: active, exit: inactive}
        ports:
          bus: {device: /dev/ttyAMA0, baud: 38400, rs485: true}
        doors:
          street:
            lock_kind: maglock
            lock: lock
            contact: contact
            unlock: 5 s
            groups: [residents]
            egress: false
        readers:
          outer:
            protocol: osdp
            port: bus
            address: 0
            security: install
            key: estate
            door: street
            formats: [h10301]
            texts: {ready: Card please, granted: Welcome, open: Open, denied: No access}
            released_output: 1
          inner:
            protocol: osdp
            port: bus
            address: 1
            security: master-key
            key: estate
            door: street
            side: exit
            formats: [h10301]
            exit_input: 2
          fixed: {protocol: osdp, port: bus, address: 2, security: key, key: estate, door: street}
        credentials:
          - {number: {facility: 77, card: 1001}, groups: [residents]}
        """

    /// The board with all readers online.
    private func board(_ yaml: String = staircase) throws -> BoardUnderTest {
        let board = try BoardUnderTest(yaml)
        board.pass(.seconds(10))
        board.forget()
        return board
    }

    // MARK: Keys

    @Test(
        "A factory-new reader is offline and named so; a technician's order gives it its key, audited at begin and end",
        arguments: [(0, "outer"), (1, "inner")])
    func install(reader: Int, name: String) throws {
        let board = try board()
        board.change(reader: reader) { $0.setReader(reader, isFactoryNew: true) }
        board.pass(.seconds(30))
        #expect(board.happened("trouble reader \(name) secure-channel-failed"), "\(board.words)")
        board.hold(.h10301(77, 1001), at: reader)
        board.pass(.seconds(1))
        #expect(board.isOn("lock"), "what comes in the clear opens nothing")

        board.type("reader \(name) install")
        #expect(board.printed().contains("ok: begun"))
        #expect(board.happened("command reader-install \(name) started by console 0"), "\(board.words)")
        board.pass(.seconds(10))
        #expect(board.happened("command reader-install \(name) done by console 0"), "\(board.words)")
        #expect(board.happened("restored reader \(name)"), "\(board.words)")
        board.forget()
        board.hold(.h10301(77, 1001), at: reader)
        board.pass(.seconds(1))
        #expect(board.words.contains { $0.hasPrefix("access street granted") }, "\(board.words)")
    }

    @Test(
        "A reader that is not factory-new keeps its key: the order ends within a minute, refused, and may be given again"
    )
    func refused() throws {
        let board = try board()
        board.change(reader: 0) { $0.setReader(0, .silent) }
        board.pass(.seconds(20))
        board.type("reader outer install")
        board.type("reader outer install")
        #expect(board.happened("command reader-install outer busy by console 0"), "\(board.words)")
        board.pass(.seconds(61))
        #expect(board.happened("command reader-install outer refused by console 0"), "\(board.words)")
        board.type("reader outer install")
        #expect(board.words.filter { $0 == "command reader-install outer started by console 0" }.count == 2)
    }

    @Test("A reader whose key the board file does not let install takes none, and one that is not there is named")
    func notInstallable() throws {
        let board = try board()
        board.type("reader fixed install")
        #expect(board.happened("command reader-install fixed refused by console 0"), "\(board.words)")
        _ = board.printed()
        board.type("reader outr install")
        let printed = board.printed()
        #expect(printed.contains("no reader is called 'outr'") && printed.contains("outer"), "\(printed)")
    }

    @Test("An operator may not install keys, and that is audited")
    func operatorMayNot() throws {
        let board = try board(
            BusReaderTests.staircase.replacing("console_role: technician", with: "console_role: operator"))
        board.type("reader outer install")
        #expect(board.happened("command reader-install outer not-permitted by console 0"), "\(board.words)")
    }

    // MARK: Displays, outputs, inputs

    /// What the display of a reader says, from the text command's seventh byte on (SIA OSDP 2.2, section 6.12).
    private func display(_ board: BoardUnderTest, _ reader: Int) -> String {
        let text = board.runtime.hardware.indication(of: reader)?.text ?? FixedBytes()
        return String(decoding: (0..<text.count).dropFirst(6).map { text[$0] }, as: UTF8.self)
    }

    /// Number and control code of the last output command (section 6.9): 2 on, 1 off.
    private func output(_ board: BoardUnderTest, _ reader: Int) -> [UInt8] {
        let data = board.runtime.hardware.indication(of: reader)?.output ?? FixedBytes()
        return (0..<min(2, data.count)).map { data[$0] }
    }

    @Test("A display says what the board file says, each text covering the one before; the output follows the door")
    func display() throws {
        let board = try board()
        #expect(display(board, 0) == "Card please")
        #expect(output(board, 0) == [1, 1])
        board.hold(.h10301(77, 1001))
        board.pass(.seconds(1))
        #expect(display(board, 0) == "Welcome    ")
        #expect(output(board, 0) == [1, 2])
        board.pass(.seconds(3))
        #expect(display(board, 0) == "Open       ")
        board.pass(.seconds(4))
        #expect(display(board, 0) == "Card please")
        #expect(output(board, 0) == [1, 1])
        board.hold(.h10301(77, 9))
        board.pass(.seconds(1))
        #expect(display(board, 0) == "No access  ")
        #expect(output(board, 0) == [1, 1])
        #expect(display(board, 1) == "", "a reader without texts is sent none")
    }

    @Test(
        "A message of the matrix stands on the display while nobody is answered there, the more urgent of two, cut to fit"
    )
    func announcement() throws {
        let board = try board(
            Self.staircase + """

                effects:
                  opened:
                    causes: [{door: street, state: open}]
                    actions: [{announce: The street door stands open now}]
                    latching: false
                    priority: 10
                  unlocked:
                    causes: [{door: street, state: unlocked}]
                    actions: [{announce: "Unlocked, and a text that is longer than a display"}]
                    latching: false
                    priority: 20
                """)
        func padded(_ text: String) -> String { text.padding(toLength: 32, withPad: " ", startingAt: 0) }
        #expect(display(board, 0) == padded("Card please"))
        board.open()
        board.pass(.seconds(2))
        #expect(board.happened("message opened on The street door stands open now"), "\(board.words)")
        #expect(display(board, 0) == padded("The street door stands open now"))
        board.hold(.h10301(77, 1001))
        board.pass(.seconds(1))
        #expect(display(board, 0) == padded("Welcome"), "an answer goes before")
        board.pass(.seconds(3))
        #expect(display(board, 0) == "Unlocked, and a text that is lon")
        board.close()
        board.pass(.seconds(10))
        #expect(display(board, 0) == padded("Card please"))
        #expect(board.words.contains { $0.hasPrefix("message unlocked off") }, "\(board.words)")
    }

    @Test("A button on a reader's input asks to be let out; a reader that is lost asks for nothing")
    func exitInput() throws {
        let board = try board()
        board.change(reader: 1) { $0.setReader(1, inputs: 1 << 1) }
        board.pass(.seconds(1))
        #expect(board.isOn("lock"), "another input means nothing")
        board.change(reader: 1) { $0.setReader(1, inputs: 1 << 2) }
        board.pass(.seconds(1))
        #expect(board.happened("access street granted request-to-exit by button"), "\(board.words)")
        #expect(!board.isOn("lock"))
        board.change(reader: 1) { $0.setReader(1, .silent) }
        board.pass(.seconds(120))
        #expect(board.isOn("lock"))
        #expect(!board.words.contains { $0.hasPrefix("door street exit-request-stuck") }, "\(board.words)")
        #expect(board.happened("trouble reader inner no-answer"), "\(board.words)")
    }

    @Test("A reader whose supply fails is in trouble and goes on reading; a loss on top of it is named instead")
    func supply() throws {
        let board = try board()
        board.change(reader: 0) { $0.setReader(0, hasPowerFailure: true) }
        board.pass(.seconds(1))
        #expect(board.happened("trouble reader outer supply-failed"), "\(board.words)")
        board.type("readers")
        let row = board.printed().split(separator: "\r\n").first { $0.contains("outer") && $0.contains("cards") }
        #expect(row?.contains("online") == true && row?.contains("supply-failed") == true, "\(row ?? "")")
        board.hold(.h10301(77, 1001))
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
        board.change(reader: 0) { $0.setReader(0, .silent) }
        board.pass(.seconds(20))
        #expect(board.happened("trouble reader outer no-answer"), "\(board.words)")
        board.change(reader: 0) { $0.setReader(0, ReaderFault.none) }
        board.change(reader: 0) { $0.setReader(0, hasPowerFailure: false) }
        board.pass(.seconds(60))
        #expect(board.words.last { $0.contains("reader outer") } == "restored reader outer", "\(board.words)")
    }

    // MARK: The board's inputs at a reader

    /// A door whose contact, tamper switch and exit button are wired to readers, a pull cord, and an input too many.
    static let gatehouse = """
        board: gatehouse
        console_role: technician
        groups: [residents]
        chips: {gpio: {match: gpio, lines: 8}}
        inputs:
          contact: {reader: outer, reader_input: 1, active: high}
          lock_tamper: {reader: outer, reader_input: 0, active: low}
          button: {reader: inner, reader_input: 0, active: high}
          cord: {reader: inner, reader_input: 3, active: high}
          far: {reader: inner, reader_input: 9, active: high}
        outputs:
          lock: {pin: gpio 1, active: high, start: active, exit: inactive}
        ports:
          bus: {device: /dev/ttyAMA0, baud: 38400, rs485: true}
        doors:
          street:
            lock_kind: maglock
            lock: lock
            contact: contact
            tamper: lock_tamper
            exit_button: button
            unlock: 5 s
            groups: [residents]
            egress: false
        readers:
          outer: {protocol: osdp, port: bus, address: 0, security: clear, door: street, formats: [h10301]}
          inner: {protocol: osdp, port: bus, address: 1, security: clear, door: street, side: exit}
        detectors:
          help: {kind: call-point, input: cord}
        credentials:
          - {number: {facility: 77, card: 1001}, groups: [residents]}
        """

    /// The board with both readers online, its tamper switch closed.
    private func gatehouse() throws -> BoardUnderTest {
        let board = try BoardUnderTest(BusReaderTests.gatehouse)
        board.input("lock_tamper", false)
        board.pass(.seconds(10))
        return board
    }

    @Test("A contact at a reader's input is the door's contact: forced without a grant, and not with one")
    func contactAtReader() throws {
        let board = try gatehouse()
        #expect(!board.happened("door street contact-fault"), "\(board.words)")
        board.input("contact", true)
        board.pass(.seconds(2))
        #expect(board.happened("door street forced"), "\(board.words)")
        board.input("contact", false)
        board.pass(.seconds(2))
        board.forget()
        board.hold(.h10301(77, 1001))
        board.pass(.seconds(1))
        board.input("contact", true)
        board.pass(.seconds(2))
        #expect(board.words.contains { $0.hasPrefix("door street opened valid-credential") }, "\(board.words)")
        #expect(!board.words.contains { $0.hasPrefix("door street forced") }, "\(board.words)")
    }

    @Test("Tamper switch, exit button and pull cord work at a reader as at the board")
    func otherInputsAtReader() throws {
        let board = try gatehouse()
        board.input("lock_tamper", true)
        board.pass(.seconds(2))
        #expect(board.happened("door street tamper"), "\(board.words)")
        board.input("button", true)
        board.pass(.seconds(2))
        #expect(board.happened("access street granted request-to-exit by button"), "\(board.words)")
        board.input("cord", true)
        board.pass(.seconds(2))
        #expect(board.words.contains { $0.hasPrefix("alarm help") }, "\(board.words)")
    }

    @Test(
        "A reader that is lost takes its inputs with it: trouble, and no door that looks closed; back, they count again"
    )
    func inputsOfLostReader() throws {
        let board = try gatehouse()
        board.forget()
        board.change(reader: 0) { $0.setReader(0, .silent) }
        board.pass(.seconds(20))
        for words in ["trouble reader outer no-answer", "trouble line contact gone", "door street contact-fault"] {
            #expect(board.happened(words), "\(words): \(board.words)")
        }
        #expect(!board.words.contains { $0.hasPrefix("trouble line cord") }, "the other reader is there")
        board.forget()
        board.input("contact", true)
        board.change(reader: 0) { $0.setReader(0, ReaderFault.none) }
        board.pass(.seconds(60))
        for words in ["restored line contact", "door street contact-restored", "door street forced"] {
            #expect(board.happened(words), "\(words): \(board.words)")
        }
    }

    @Test("A button at a reader that is lost while it is pressed is not pressed any more")
    func buttonOfLostReader() throws {
        let board = try gatehouse()
        board.input("button", true)
        board.pass(.seconds(1))
        board.change(reader: 1) { $0.setReader(1, .silent) }
        board.pass(.seconds(120))
        #expect(board.isOn("lock"))
        #expect(!board.words.contains { $0.hasPrefix("door street exit-request-stuck") }, "\(board.words)")
    }

    @Test("An input that the reader does not have is trouble from the start")
    func inputTooMany() throws {
        let board = try gatehouse()
        #expect(board.happened("trouble line far gone"), "\(board.words)")
        #expect(board.words.filter { $0.hasPrefix("trouble line") }.count == 1, "\(board.words)")
    }
}
