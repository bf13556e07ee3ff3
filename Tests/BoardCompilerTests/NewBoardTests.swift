import BoardCompiler
import Cryptography
import Foundation
import Testing

// Its pins would fill a page of the test's report.
extension HardwareModel: CustomTestStringConvertible {
    public var testDescription: String { identifier }
}

@Suite("A board file that was asked for with a few questions is whole")
struct NewBoardTests {
    static let purposes: [(purpose: NewBoard.Purpose, reader: NewBoard.Reader, doors: Int)] =
        NewBoard.Reader.allCases.map { (.entrance, $0, 1) } + [
            (.doors, .osdp, 1), (.doors, .osdp, 4), (.flat, .osdp, 1),
        ]

    static func board(_ hardware: HardwareModel, _ place: Int) -> NewBoard {
        let wanted = purposes[place]
        return NewBoard(
            name: "new", hardware: hardware, purpose: wanted.purpose, reader: wanted.reader, doorCount: wanted.doors,
            utcOffset: "+01:00")
    }

    @Test(
        "It passes every check without a warning, and becomes an image", arguments: HardwareModel.all,
        purposes.indices)
    func sound(hardware: HardwareModel, place: Int) throws {
        let text: String
        do throws(NewBoard.Failure) {
            text = try Self.board(hardware, place).text()
        } catch {
            switch hardware.identifier {
            // Four doors take thirteen lines.
            case "beagleplay": #expect(error == .pinsMissing(needed: 13, free: 6))
            // A port beside the console, and a bus, are what it has none of.
            case "qemu-virt":
                #expect(error == .deviceMissing(Self.purposes[place].purpose == .flat ? "I2C bus" : "serial port"))
            default: Issue.record("\(hardware.identifier): \(error)")
            }
            return
        }
        let result = BoardCompiler().check(text)
        #expect(result.problems.isEmpty, "\(result.problems)\n\(text)")
        let bytes = [UInt8](repeating: 7, count: HashKey.length)
        let hashKey = HashKey(bytes.span)
        let key = try #require(hashKey)
        let readerKey = AES128(AESBlock())
        let board = try #require(result.board)
        #expect(try !board.image(key: key, readerKeys: ["site": readerKey], generation: 1).isEmpty)
    }

    @Test(
        "Relays get pins that are pulled low at power-on where the hardware has them; others are told of the resistor")
    func relaysStayOff() throws {
        let pulled = try Self.board(try #require(.named("raspberry-pi-4")), 0).text()
        #expect(pulled.contains("  entrance_lock:\n    pin: GPIO9 "))
        #expect(!pulled.contains("4.7 kΩ"))
        let unknown = try Self.board(try #require(.named("raspberry-pi-5")), 0).text()
        #expect(unknown.contains("a resistor of 4.7 kΩ to ground"))
    }

    @Test("Pins that a wanted port or bus takes are not given to lines")
    func portsKeepTheirPins() throws {
        let text = try Self.board(try #require(.named("orange-pi-zero-3")), 5).text()
        #expect(!text.contains("pin: PH2 ") && !text.contains("pin: PH3 "))
        #expect(!text.contains("pin: PC9 "), "the power chip's interrupt is no free line")
    }

    @Test("Hardware without enough lines, and without a serial port, is refused with what is missing")
    func shortages() throws {
        var bare = try #require(HardwareModel.named("raspberry-pi-4"))
        bare.ports = []
        bare.buses = []
        #expect(throws: NewBoard.Failure.deviceMissing("serial port")) { _ = try Self.board(bare, 0).text() }
        #expect(throws: NewBoard.Failure.deviceMissing("I2C bus")) { _ = try Self.board(bare, 6).text() }
        bare = try #require(HardwareModel.named("raspberry-pi-4"))
        bare.pins = Array(bare.pins.prefix(3))
        // GPIO0 and GPIO1 belong to add-on boards; GPIO2 is free where no bus is wanted.
        #expect(throws: NewBoard.Failure.pinsMissing(needed: 4, free: 1)) { _ = try Self.board(bare, 0).text() }
    }
}

@Suite("The board files of the repository")
struct ShippedBoardTests {
    static let files =
        (try? FileManager.default.contentsOfDirectory(atPath: Repository.root.appendingPathComponent("boards").path))?
        .filter { $0.hasSuffix(".yaml") }.sorted() ?? []

    @Test("Each passes every check without a warning", arguments: files)
    func sound(file: String) {
        let result = BoardCompiler().check(Repository.text("boards/\(file)"))
        #expect(result.problems.isEmpty, "\(result.problems)")
        #expect(result.board != nil)
    }

    @Test("Its name is the file's, so that consoles and events say which file a board runs", arguments: files)
    func named(file: String) {
        #expect(BoardCompiler().check(Repository.text("boards/\(file)")).board?.name == String(file.dropLast(5)))
    }

    @Test(
        "Every hardware that the compiler knows has lines on chips that it has, each once", arguments: HardwareModel.all
    )
    func hardware(model: HardwareModel) {
        var seen: Set<String> = []
        for pin in model.pins {
            #expect(
                model.chips.indices.contains(pin.chip) && pin.offset < model.chips[pin.chip].lineCount, "\(pin.name)")
            #expect(seen.insert("\(pin.chip) \(pin.offset)").inserted, "\(pin.name)")
            #expect(seen.insert(pin.name).inserted)
        }
        for device in model.buses + model.ports {
            #expect(device.pins.allSatisfy { name in model.pins.contains { $0.name == name } }, "\(device.name)")
        }
    }
}

@Suite("A board as one page")
struct BoardPageTests {
    static func page(_ text: String) throws -> String {
        BoardPage(try #require(BoardCompiler().check(text).board)).html()
    }

    @Test("It has the wiring, every table of the explanation, the door proof and the matrix, and loads nothing")
    func whole() throws {
        let text = Repository.text("boards/lobby.yaml")
        let page = try Self.page(text)
        let explanation = BoardExplanation(try #require(BoardCompiler().check(text).board))
        for table in explanation.tables where table.key != "effects" {
            #expect(page.contains("<section id=\"\(table.key)\">"), "\(table.key)")
            #expect(page.contains("href=\"#\(table.key)\""))
        }
        for part in ["<svg ", "id=\"door_proofs\"", "a fire never leaves it locked", "<table class=\"matrix\">"] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(!page.contains("<script") && !page.contains("src=") && !page.contains("href=\"http"))
        #expect(page.components(separatedBy: "<?xml").count == 1, "an SVG inside HTML has no declaration of its own")
    }

    @Test("What a file says is escaped")
    func escaped() throws {
        let page = try Self.page("board: bare\ndescription: \"<b>12 & more</b>\"\n")
        #expect(page.contains("&lt;b&gt;12 &amp; more&lt;/b&gt;") && !page.contains("<b>12"))
    }
}
