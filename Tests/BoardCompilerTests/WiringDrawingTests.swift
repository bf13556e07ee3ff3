import BoardCompiler
import Foundation
import FoundationXML
import Testing

@Suite("Wiring drawings")
struct WiringDrawingTests {
    static let board = """
        board: gate
        description: 'Gate <north> & "visitors"'
        hardware: raspberry-pi-4
        inputs:
          gate_contact: {pin: GPIO22, active: high, bias: pull-up}
        outputs:
          gate_lock: {pin: GPIO17, active: high, start: inactive, exit: inactive}
          gate_lamp: {pin: GPIO4, active: high}
        buses:
          cabinet: {device: /dev/i2c-1}
        sensors:
          probes: {chip: ads1115, bus: cabinet, address: 0x48, interval: 1 s}
          air: {chip: bme280, bus: cabinet, address: 0x76, interval: 2 s}
        points:
          rope: {measures: probes.input2, range: 0 V to 3.6 V}
        doors:
          gate: {lock_kind: strike-fail-secure, lock: gate_lock, contact: gate_contact, unlock: 5 s, egress: false}
        """

    /// What an XML parser that is not ours finds in the drawing.
    final class Reader: NSObject, XMLParserDelegate {
        var texts: [String] = []
        var circles = 0
        private var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            text = ""
            if name == "circle" { circles += 1 }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) {
            if name == "text" { texts.append(text) }
        }
    }

    func read(_ source: String) throws -> Reader {
        let result = BoardCompiler().check(source)
        let checked = try #require(result.board, "\(result.problems)")
        let reader = Reader()
        let parser = XMLParser(data: Data(WiringDrawing(checked).svg().utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        return reader
    }

    @Test("The page is well-formed XML whatever the description holds")
    func wellFormed() throws {
        #expect(try read(WiringDrawingTests.board).texts.contains("Gate <north> & \"visitors\""))
    }

    @Test(
        "What is wired is on the page, with its terminal",
        arguments: [
            "GPIO22", "header 15", "gate_contact", "GPIO17", "gate_lock", "GPIO4", "gate_lamp", "probes", "air",
        ])
    func everyWire(text: String) throws {
        #expect(try read(WiringDrawingTests.board).texts.contains(text))
    }

    @Test(
        "What the technician must know stands beside the wire",
        arguments: [
            "no current, door locked", "pulled high at power-on: hold it off with 4.7 kΩ to ground",
            "input2: rope", "address 0x76",
        ])
    func wiring(phrase: String) throws {
        let texts = try read(WiringDrawingTests.board).texts.joined(separator: " ")
        #expect(texts.split(separator: " ").joined(separator: " ").contains(phrase))
    }

    @Test("Sensors of one bus share one terminal")
    func busHasOneTerminal() throws {
        #expect(try read(WiringDrawingTests.board).texts.filter { $0 == "/dev/i2c-1" }.count == 1)
    }

    @Test("A board with nothing wired says so")
    func empty() throws {
        #expect(try read("board: bare\n").texts.contains("Nothing is wired to this board."))
    }
}
