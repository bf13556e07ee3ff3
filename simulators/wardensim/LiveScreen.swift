import CSimulator
import FixedMemory

/// A terminal in two parts: events scroll above, the board's console lives below.
///
/// Uses only what every terminal since the VT100 has: a scrolling region, cursor positions, save and restore.
struct LiveScreen: ~Copyable {
    private static var consoleRows: Int { 10 }

    private var output = Output(descriptor: 1)
    private let rows: Int
    private let columns: Int

    init(title: Span<UInt8>) {
        var rows: Int32 = 0
        var columns: Int32 = 0
        simulator_terminal_size(&rows, &columns)
        self.rows = max(Int(rows), LiveScreen.consoleRows + 6)
        self.columns = max(Int(columns), 40)
        output.write("\u{1B}[2J\u{1B}[1;1H\u{1B}[7m ")
        output.write(title)
        output.write(" \u{1B}[0m")
        moveTo(row: self.rows - LiveScreen.consoleRows)
        output.write("\u{1B}[7m console of the board: 'help' lists the commands, Ctrl-C ends \u{1B}[0m")
        setRegion(from: self.rows - LiveScreen.consoleRows + 1, to: self.rows)
        moveTo(row: self.rows)
        output.flush()
    }

    /// Adds an event above; what is being typed below stays as it is.
    mutating func showEvent(_ line: Span<UInt8>) {
        output.write("\u{1B}7")
        setRegion(from: 2, to: rows - LiveScreen.consoleRows - 1)
        moveTo(row: rows - LiveScreen.consoleRows - 1)
        output.write("\r\n")
        output.write(line.extracting(0..<min(line.count, columns - 1)))
        setRegion(from: rows - LiveScreen.consoleRows + 1, to: rows)
        output.write("\u{1B}8")
    }

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
