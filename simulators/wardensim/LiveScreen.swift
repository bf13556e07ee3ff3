import CSimulator
import FixedMemory
import HardwareInterface

/// A terminal in three parts: how the board stands on top, events scrolling below it, and the board's console at the
/// bottom.
///
/// Uses only what every terminal since the VT100 has: a scrolling region, cursor positions, colours, save and restore.
struct LiveScreen: ~Copyable {
    /// How something stands, and so its colour.
    enum Tone {
        case plain
        /// As it should be.
        case good
        /// Somebody should look.
        case doubtful
        /// An alarm, a forced door.
        case bad
        /// Said by the scenario, not by the board.
        case remark
    }

    /// Events that are drawn again when the terminal changes its size.
    private static var keptEvents: Int { 128 }
    /// The smallest terminal in which the parts have room.
    private static var smallest: (rows: Int, columns: Int) { (16, 40) }
    /// Rows for doors, detectors and outputs, and the title above them.
    private static var statusRows: Int { 4 }

    private var output = Output(descriptor: 1)
    private let hasColour = simulator_has_colour()
    private var rows = 0
    private var columns = 0
    /// Columns that are left in the row being written.
    private var room = 0
    private var events = FixedArray<ByteBuffer>(capacity: LiveScreen.keptEvents)
    private var eventCount = 0

    init() {
        for _ in 0..<LiveScreen.keptEvents { events.append(ByteBuffer(capacity: 256)) }
        _ = layOut()
    }

    private var consoleRows: Int { rows >= 32 ? 10 : rows / 3 }
    private var firstEventRow: Int { LiveScreen.statusRows + 1 }
    /// The row of the title above the console.
    private var barRow: Int { rows - consoleRows }

    /// Draws everything anew if the terminal has another size than before.
    private mutating func layOut() -> Bool {
        var height: Int32 = 0
        var width: Int32 = 0
        simulator_terminal_size(&height, &width)
        let wanted = (max(Int(height), LiveScreen.smallest.rows), max(Int(width), LiveScreen.smallest.columns))
        guard wanted != (rows, columns) else { return false }
        (rows, columns) = wanted
        output.write("\u{1B}[r\u{1B}[2J")
        moveTo(row: barRow)
        beginRow()
        style("\u{1B}[7m")
        put(" console of the board: 'help' lists the commands; Ctrl-C ends")
        fillRow()
        style("\u{1B}[0m")
        let visible = min(eventCount, barRow - firstEventRow)
        for place in 0..<visible {
            moveTo(row: barRow - visible + place)
            writeEvent(eventCount - visible + place)
        }
        setRegion(from: barRow + 1, to: rows)
        moveTo(row: rows)
        return true
    }

    // MARK: Status

    /// Begins to draw the upper part: calls of `startRow`, `put` and `putState` follow, then `endStatus`.
    mutating func beginStatus() {
        // A new size leaves an empty console; what is typed next goes where the cursor is put.
        _ = layOut()
        output.write("\u{1B}7\u{1B}[?25l")
    }

    mutating func startRow(_ row: Int, isTitle: Bool = false) {
        moveTo(row: row)
        beginRow()
        style(isTitle ? "\u{1B}[7m" : "\u{1B}[0m")
    }

    mutating func endRow() {
        fillRow()
        style("\u{1B}[0m")
    }

    mutating func endStatus() { output.write("\u{1B}8\u{1B}[?25h") }

    /// Writes a name with how it stands, and a gap behind.
    mutating func putState(_ name: Span<UInt8>, _ state: StaticString, _ tone: Tone) {
        put(name)
        put(" ")
        colour(tone)
        put(state)
        style("\u{1B}[0m")
        put("   ")
    }

    mutating func put(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { put(text.utf8Start[index]) }
    }

    mutating func put(_ text: Span<UInt8>) { for index in text.indices { put(text[index]) } }

    mutating func putByte(_ byte: UInt8) { put(byte) }

    mutating func putDecimal(_ value: Int64, minimumDigits: Int = 1) {
        var digits = ByteBuffer(capacity: 24)
        digits.appendDecimal(value, minimumDigits: minimumDigits)
        put(digits.span)
    }

    /// Moves to a column so many places before the end of the row.
    mutating func skip(toLast places: Int) { while room > places { put(" ") } }

    // MARK: Events

    /// Adds an event; what is being typed below stays as it is.
    mutating func showEvent(_ line: Span<UInt8>) {
        let place = eventCount % LiveScreen.keptEvents
        events[place].removeAll()
        for index in line.indices where index < events[place].capacity { events[place].append(line[index]) }
        eventCount += 1
        output.write("\u{1B}7\u{1B}[?25l")
        setRegion(from: firstEventRow, to: barRow - 1)
        moveTo(row: barRow - 1)
        output.write("\r\n")
        writeEvent(eventCount - 1)
        setRegion(from: barRow + 1, to: rows)
        output.write("\u{1B}8\u{1B}[?25h")
    }

    /// Adds lines above, each with its end.
    mutating func showLines(_ lines: Span<UInt8>) {
        var start = 0
        for index in lines.indices where lines[index] == UInt8(ascii: "\n") {
            showEvent(lines.extracting(start..<index))
            start = index + 1
        }
    }

    /// Writes a kept event at the cursor, as much of it as the row holds.
    private mutating func writeEvent(_ number: Int) {
        let place = number % LiveScreen.keptEvents
        beginRow()
        colour(LiveScreen.tone(of: events[place]))
        for index in 0..<events[place].count { put(events[place][index]) }
        style("\u{1B}[0m")
    }

    /// The words of an event stand behind its time.
    private static func tone(of event: borrowing ByteBuffer) -> Tone {
        var start = 1
        while start < event.count, event[start] != UInt8(ascii: " ") { start += 1 }
        start += 1
        if has(event, "remark ", at: start) { return .remark }
        if has(event, "alarm ", at: start) {
            return contains(event, " alarm cause ", from: start) || contains(event, " pre-alarm ", from: start)
                ? .bad : .plain
        }
        if has(event, "trouble ", at: start) { return .doubtful }
        if has(event, "restored ", at: start) { return .good }
        if has(event, "access ", at: start) {
            return contains(event, " granted ", from: start) ? .good : .doubtful
        }
        if has(event, "door ", at: start),
            contains(event, " forced", from: start) || contains(event, " held-open", from: start)
        {
            return .doubtful
        }
        return .plain
    }

    private static func has(_ event: borrowing ByteBuffer, _ words: StaticString, at start: Int) -> Bool {
        guard start + words.utf8CodeUnitCount <= event.count else { return false }
        for index in 0..<words.utf8CodeUnitCount where event[start + index] != words.utf8Start[index] { return false }
        return true
    }

    private static func contains(_ event: borrowing ByteBuffer, _ words: StaticString, from start: Int) -> Bool {
        for place in start..<max(start, event.count) where has(event, words, at: place) { return true }
        return false
    }

    // MARK: Console

    /// Writes what the board's console printed.
    mutating func showConsole(_ bytes: Span<UInt8>) { output.write(bytes) }

    mutating func flush() { output.flush() }

    /// Gives the terminal back, with the cursor below everything.
    mutating func close() {
        setRegion(from: 1, to: rows)
        moveTo(row: rows)
        output.write("\r\n")
        output.flush()
    }

    // MARK: Writing

    private mutating func beginRow() { room = columns }

    /// One byte of UTF-8, if the row has room for the character that it begins or continues.
    private mutating func put(_ byte: UInt8) {
        let continues = byte & 0xC0 == 0x80
        if !continues { room -= 1 }
        // Below zero the rest of the row is left out; it stays there, so that a cut character is left out whole.
        guard room >= 0 else { return }
        output.writeByte(byte)
    }

    private mutating func fillRow() { while room > 0 { put(UInt8(ascii: " ")) } }

    private mutating func style(_ sequence: StaticString) { output.write(sequence) }

    private mutating func colour(_ tone: Tone) {
        guard hasColour else { return }
        switch tone {
        case .plain: return
        case .good: output.write("\u{1B}[32m")
        case .doubtful: output.write("\u{1B}[33m")
        case .bad: output.write("\u{1B}[1;31m")
        case .remark: output.write("\u{1B}[1m")
        }
    }

    private mutating func setRegion(from first: Int, to last: Int) {
        output.write("\u{1B}[")
        output.writeDecimal(Int64(first))
        output.write(";")
        output.writeDecimal(Int64(last))
        output.write("r")
    }

    private mutating func moveTo(row: Int) {
        output.write("\u{1B}[")
        output.writeDecimal(Int64(row))
        output.write(";1H")
    }
}
