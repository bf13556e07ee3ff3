import Pictures
import WardenMessages

/// One page that a technician can print: the board's terminals, and what is wired to each.
///
/// Inputs, locks, other outputs, I2C buses and serial ports have colours of their own, and each wire says in words what it
/// is, so that the page can be read in black and white.
public struct WiringDrawing {
    /// A4 upright (ISO 216), in millimetres; a board with more wires makes the page longer.
    static let pageWidth = 210.0
    static let pageHeight = 297.0

    private let explanation: BoardExplanation
    private var board: BoardDescription { explanation.board }

    public init(_ checked: CheckedBoard) {
        explanation = BoardExplanation(checked)
    }

    /// One wire, or the wires of one bus, from a terminal to what hangs on it.
    struct Wire: Equatable {
        enum Symbol: Equatable {
            /// A relay with a lock on it; whether current locks.
            case lock(currentLocks: Bool)
            case load
            case contact
            case device
        }

        /// On the board: the pin's name and its position on the connector.
        var terminal: String
        var position: String
        var colour: String
        var symbol: Symbol
        var name: String
        /// What it is for, below the name.
        var purpose: String
        /// What the technician must know to wire it.
        var wiring: String
        /// Shares its terminal with the wires of its section.
        var isShared = false
    }

    struct Section: Equatable {
        var title: String
        var wires: [Wire]
    }

    // MARK: What is drawn

    var sections: [Section] {
        [
            Section(title: "Doors", wires: wires { isOfDoor($0) }),
            Section(title: "Other outputs", wires: wires { !isOfDoor($0) && isOutput($0) }),
            Section(title: "Other inputs", wires: wires { !isOfDoor($0) && !isOutput($0) }),
        ].filter { !$0.wires.isEmpty } + busSections + portSections
    }

    private func isOutput(_ line: Int) -> Bool { board.lines[line].value.message.direction == .output }

    private func isOfDoor(_ line: Int) -> Bool {
        doorOrder(line) < board.doors.count
    }

    private func wires(where isWanted: (Int) -> Bool) -> [Wire] {
        // Lines of one door stand together.
        let order = board.lines.indices.filter(isWanted).sorted { first, second in
            let (a, b) = (doorOrder(first), doorOrder(second))
            return a == b ? first < second : a < b
        }
        return order.map(wire)
    }

    private func doorOrder(_ line: Int) -> Int {
        let user = AccessChecks.users(of: board).first { $0.line == UInt32(line) }
        guard let user else { return board.doors.count }
        return user.door ?? user.reader.map { Int(board.readers[$0].value.message.door) } ?? board.doors.count
    }

    private func wire(_ index: Int) -> Wire {
        let line = board.lines[index]
        let message = line.value.message
        let lockDoor = board.doors.first {
            $0.value.lockLine == UInt32(index) || $0.value.secondLockLine == UInt32(index)
        }
        let symbol: Wire.Symbol
        if let lockDoor {
            symbol = .lock(currentLocks: lockDoor.value.lockKind != .strikeFailSecure)
        } else {
            symbol = message.direction == .output ? .load : .contact
        }
        return Wire(
            terminal: explanation.terminal(line), position: explanation.known(line)?.position ?? "",
            colour: lockDoor != nil ? Ink.lock : message.direction == .output ? Ink.output : Ink.input,
            symbol: symbol, name: line.name,
            purpose: explanation.uses(of: UInt32(index)).joined(separator: ", "),
            wiring: message.direction == .output ? outputWiring(line, lockDoor) : inputWiring(message))
    }

    private func outputWiring(_ line: Described<LineDescription>, _ door: Described<Door>?) -> String {
        var words = ["relay on while the pin is \(line.value.message.activeLow ? "low" : "high")"]
        if let door {
            let contact = door.value.relay == .normallyClosed ? "NC" : "NO"
            switch door.value.lockKind {
            case .maglock, .unrecognised: words.append("lock supply through COM and \(contact): no current, door free")
            case .strikeFailSafe: words.append("strike supply through COM and \(contact): no current, door free")
            case .strikeFailSecure:
                words.append("strike supply through COM and \(contact): no current, door locked")
            }
        }
        if let boot = explanation.known(line)?.boot {
            words.append("\(boot.rawValue) at power-on\(holdResistor(line.value.message, boot))")
        }
        return words.joined(separator: "; ")
    }

    /// The resistor that keeps a relay off until the program claims the pin, where the board's own pull does not.
    private func holdResistor(_ message: Line, _ boot: HardwareModel.BootState) -> String {
        let isHeldOff = message.activeLow ? boot == .high : boot == .low
        return isHeldOff ? "" : ": hold it off with 4.7 kΩ to \(message.activeLow ? "3.3 V" : "ground")"
    }

    private func inputWiring(_ message: Line) -> String {
        if message.readerInput != nil { return "at the reader's terminals, as its manual says" }
        var words: [String] = []
        switch message.bias {
        case .pullUp: words.append("between the pin and ground; the board pulls up")
        case .pullDown: words.append("between the pin and 3.3 V; the board pulls down")
        case .disabled, .asIs, .unrecognised: words.append("between the pin and ground, with a pull-up of its own")
        }
        words.append("active when \(message.activeLow ? "low" : "high")")
        return words.joined(separator: "; ")
    }

    private var busSections: [Section] {
        board.buses.enumerated().compactMap { index, bus in
            let device = string(bus.value.device)
            let known = board.hardware?.buses.first { $0.device == device }
            let wires = board.sensors.filter { Int($0.value.bus) == index }.map { sensor in
                let address = String(sensor.value.address, radix: 16)
                return Wire(
                    terminal: device, position: known.map(positions) ?? "", colour: Ink.bus, symbol: .device,
                    name: sensor.name, purpose: SensorChipDescription.of(sensor.value.chip).title,
                    wiring: "address 0x\(address); SDA, SCL, 3.3 V, ground\(channels(of: sensor))",
                    isShared: true)
            }
            return wires.isEmpty ? nil : Section(title: "I2C bus \(bus.name)", wires: wires)
        }
    }

    /// What is wired to each input of a converter.
    private func channels(of sensor: Described<Sensor>) -> String {
        guard case .ads1115 = sensor.value.chip else { return "" }
        let points = board.points.filter { $0.value.sensorName == sensor.name }
        return points.map { "; \($0.value.channelName): \($0.name)" }.joined()
    }

    private var portSections: [Section] {
        let readers = explanation.readers.rows
        return board.ports.compactMap { port in
            let device = string(port.value.device)
            let known = board.hardware?.ports.first { $0.device == device }
            let format =
                port.value.rs485 ? "A, B and ground; 120 Ω at both ends of the line" : "TX to RX, RX to TX, ground"
            let wires = readers.filter { isOn(port.name, $0[1]) }.map {
                Wire(
                    terminal: device, position: known.map(positions) ?? "", colour: Ink.serial, symbol: .device,
                    name: $0[0], purpose: $0[2].isEmpty ? $0[1] : "\($0[1]), door \($0[2])",
                    wiring: "\(port.value.baud) baud; \(format)", isShared: true)
            }
            return wires.isEmpty ? nil : Section(title: "Serial port \(port.name)", wires: wires)
        }
    }

    /// The readers' table says in words which port each is on: "125 kHz serial on reader_port".
    private func isOn(_ port: String, _ wiring: String) -> Bool {
        wiring.hasSuffix(" on \(port)") || wiring.contains(" on \(port),")
    }

    /// "header 3, 5" for a device of several pins.
    private func positions(_ device: HardwareModel.Device) -> String {
        let pins = board.hardware?.pins.filter { device.pins.contains($0.name) } ?? []
        guard let first = pins.first else { return "" }
        let rest = pins.dropFirst().compactMap { $0.position.split(separator: " ").last }
        return ([first.position] + rest.map(String.init)).joined(separator: ", ")
    }

    // MARK: Drawing

    private enum Layout {
        static let margin = 12.0
        static let top = 34.0
        static let boardWidth = 26.0
        static let wireWidth = 36.0
        static let rowHeight = 8.0
        static let lineHeight = 3.5
        static let gap = 2.0
        static let wiringColumns = 72
        static let headingHeight = 8.5
        static let legendHeight = 9.0
        static let noteHeight = 4.2
        static let noteColumns = 118
        static var boardEdge: Double { margin + boardWidth }
        static var deviceEdge: Double { boardEdge + wireWidth }
        static var deviceWidth: Double { pageWidth - margin - deviceEdge }
    }

    /// A file of its own.
    public func svg() -> String {
        let (drawing, height) = drawn()
        return drawing.file(width: WiringDrawing.pageWidth, height: height, title: title)
    }

    /// The same drawing for an HTML page.
    func element() -> String {
        let (drawing, height) = drawn()
        return drawing.element(width: WiringDrawing.pageWidth, height: height, title: title)
    }

    private var title: String { "Wiring of \(board.name)" }

    private func drawn() -> (drawing: Drawing, height: Double) {
        var drawing = Drawing()
        var y = Layout.top
        let boardTop = y
        for section in sections {
            y += Layout.headingHeight
            drawing.text(section.title, Layout.deviceEdge, y - 2.4, size: .heading, bold: true)
            let middles = section.wires.map { wire in
                let middle = draw(wire, y, &drawing)
                y += self.height(of: wire) + Layout.gap
                return middle
            }
            drawTerminals(section.wires, middles, &drawing)
        }
        if sections.isEmpty {
            drawing.text("Nothing is wired to this board.", Layout.deviceEdge, y + 6)
            y += Layout.rowHeight
        }
        y += 4
        drawBoard(from: boardTop, to: y, &drawing)
        y += 6
        drawLegend(y, &drawing)
        y += Layout.legendHeight
        for note in notes {
            drawing.text(note, Layout.margin, y, size: .small)
            y += Layout.noteHeight
        }
        drawTitle(&drawing)
        let height = max(WiringDrawing.pageHeight, y + Layout.margin)
        return (drawing, height)
    }

    private func drawTitle(_ drawing: inout Drawing) {
        drawing.text(board.name, Layout.margin, 17, size: .title, bold: true)
        drawing.text(board.summary, Layout.margin, 23)
        drawing.text(board.hardware?.title ?? "", WiringDrawing.pageWidth - Layout.margin, 17, anchor: .end)
        drawing.text(
            "wiring; switch off before touching it", WiringDrawing.pageWidth - Layout.margin, 23, size: .small,
            anchor: .end, colour: Ink.grey)
        drawing.line([(Layout.margin, 27), (WiringDrawing.pageWidth - Layout.margin, 27)])
    }

    private func drawBoard(from top: Double, to bottom: Double, _ drawing: inout Drawing) {
        drawing.box(Layout.margin, top, Layout.boardWidth, bottom - top, fill: Ink.pale, radius: 2)
        drawing.text("board", Layout.margin + 13, top + 6, anchor: .middle, colour: Ink.grey)
    }

    /// Whether the purpose has room beside the name, by the usual width of a letter.
    private func fitsBesideName(_ wire: Wire) -> Bool {
        let name = Double(displayWidth(wire.name)) * Drawing.Size.normal.rawValue * 0.7
        let purpose = Double(displayWidth(wire.purpose)) * Drawing.Size.small.rawValue * 0.58
        return name + purpose + 20 < Layout.deviceWidth
    }

    /// What stands below the name: the wiring, and the purpose where it has no room beside the name.
    private func details(_ wire: Wire) -> [String] {
        (fitsBesideName(wire) ? [] : WiringDrawing.wrapped(wire.purpose, Layout.wiringColumns))
            + WiringDrawing.wrapped(wire.wiring, Layout.wiringColumns)
    }

    private func height(of wire: Wire) -> Double {
        let rows = details(wire).count
        return Layout.rowHeight + Double(max(0, rows - 1)) * Layout.lineHeight
    }

    /// Draws what hangs on a wire; where the wire meets it.
    private func draw(_ wire: Wire, _ y: Double, _ drawing: inout Drawing) -> Double {
        let height = self.height(of: wire)
        let middle = y + height / 2
        drawing.box(Layout.deviceEdge, y, Layout.deviceWidth, height, fill: "#ffffff", stroke: wire.colour)
        drawSymbol(wire.symbol, Layout.deviceEdge + 8, middle, wire.colour, &drawing)
        let textEdge = Layout.deviceEdge + 17
        drawing.text(wire.name, textEdge, y + 3.2, bold: true)
        if fitsBesideName(wire) {
            drawing.text(
                wire.purpose, Layout.deviceEdge + Layout.deviceWidth - 1.5, y + 3.2, size: .small, anchor: .end)
        }
        for (row, line) in details(wire).enumerated() {
            drawing.text(line, textEdge, y + 6.7 + Double(row) * Layout.lineHeight, size: .small, colour: "#333333")
        }
        return middle
    }

    /// Draws the terminals of a section and the wires from them: one each, or one trunk for all that share it.
    private func drawTerminals(_ wires: [Wire], _ middles: [Double], _ drawing: inout Drawing) {
        let trunk = Layout.deviceEdge - 5
        for (place, wire) in wires.enumerated() {
            let start = wire.isShared && place > 0 ? trunk : Layout.boardEdge + 1.1
            drawing.line(
                [(start, middles[place]), (Layout.deviceEdge, middles[place])], colour: wire.colour, width: 0.6,
                dashed: wire.isShared)
            guard !wire.isShared || place == 0 else { continue }
            drawing.dot(Layout.boardEdge, middles[place], radius: 1.1, colour: wire.colour, isOpen: true)
            drawing.text(wire.terminal, Layout.boardEdge + 2.4, middles[place] - 1.2, bold: true)
            drawing.text(
                wire.position, Layout.boardEdge + 2.4, middles[place] + 3.2, size: .small, colour: Ink.grey)
        }
        guard let last = wires.last, last.isShared, wires.count > 1 else { return }
        drawing.line(
            [(trunk, middles[0]), (trunk, middles[middles.count - 1])], colour: last.colour, width: 0.6, dashed: true)
    }

    private func drawSymbol(
        _ symbol: Wire.Symbol, _ x: Double, _ y: Double, _ colour: String, _ drawing: inout Drawing
    ) {
        switch symbol {
        case .lock(let currentLocks):
            drawRelay(x - 3.4, y, colour, &drawing)
            // A padlock: closed where current locks.
            drawing.box(x + 1.6, y - 0.6, 4.4, 3.4, fill: colour, stroke: colour)
            let arc = [(2.5, -0.6), (2.5, -2.5), (5.1, -2.5), (5.1, currentLocks ? -0.6 : -1.7)]
            drawing.line(arc.map { (x + $0.0, y + $0.1) }, colour: colour, width: 0.6)
        case .load:
            drawRelay(x - 3.4, y, colour, &drawing)
            drawing.dot(x + 3.8, y, radius: 2.2, colour: colour, isOpen: true)
            drawing.line([(x + 2.3, y - 1.5), (x + 5.3, y + 1.5)], colour: colour)
            drawing.line([(x + 2.3, y + 1.5), (x + 5.3, y - 1.5)], colour: colour)
        case .contact:
            drawing.line([(x - 5, y), (x - 2, y)], colour: colour, width: 0.6)
            drawing.line([(x - 2, y), (x + 2.2, y - 2.4)], colour: colour, width: 0.6)
            drawing.line([(x + 2.4, y), (x + 6, y)], colour: colour, width: 0.6)
            drawing.dot(x - 2, y, colour: colour)
            drawing.dot(x + 2.4, y, colour: colour)
        case .device:
            drawing.box(x - 4, y - 2.8, 8, 5.6, stroke: colour)
            for pin in [-1.6, 0, 1.6] {
                drawing.line([(x - 5.4, y + pin), (x - 4, y + pin)], colour: colour)
                drawing.line([(x + 4, y + pin), (x + 5.4, y + pin)], colour: colour)
            }
        }
    }

    /// A coil, and the contact that it moves.
    private func drawRelay(_ x: Double, _ y: Double, _ colour: String, _ drawing: inout Drawing) {
        drawing.box(x - 3, y - 1.6, 3.2, 3.2, stroke: colour, radius: 0)
        drawing.line([(x - 3, y + 1.6), (x + 0.2, y - 1.6)], colour: colour)
        drawing.line([(x + 1.2, y + 1.2), (x + 3.4, y - 1.4)], colour: colour, width: 0.5)
        drawing.line([(x + 3.4, y), (x + 5, y)], colour: colour)
    }

    private func drawLegend(_ y: Double, _ drawing: inout Drawing) {
        let entries = [
            (Ink.lock, "lock relay", false), (Ink.output, "other output", false), (Ink.input, "input", false),
            (Ink.bus, "I2C", true), (Ink.serial, "serial", true),
        ]
        for (place, entry) in entries.enumerated() {
            let x = Layout.margin + Double(place) * 37
            drawing.line([(x, y), (x + 9, y)], colour: entry.0, width: 0.6, dashed: entry.2)
            drawing.text(entry.1, x + 11, y + 0.9, size: .small)
        }
    }

    private var notes: [String] {
        let general = [
            "Every relay needs its own driver; no pin feeds a coil. Put a diode across each DC lock, cathode to plus.",
            "The lock's supply is not the board's: a lock that pulls the supply down must not restart the board.",
        ]
        return (explanation.notes + general).flatMap { WiringDrawing.wrapped($0, Layout.noteColumns) }
    }

    /// Lines of at most so many characters, broken at blanks.
    static func wrapped(_ text: String, _ limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && line.count + word.count + 1 > limit {
                lines.append(line)
                line = "  "
            }
            line += line.isEmpty || line == "  " ? String(word) : " " + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
