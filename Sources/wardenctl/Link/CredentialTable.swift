import BoardCompiler

/// A table of credentials as spreadsheets write it: the first line names the columns, which are the fields of a credential in
/// a board file; fields that are lists have their entries behind one another with blanks between.
struct CredentialTable {
    /// Rows that are compiled together.
    static let rowsAtOnce = 5_000

    let columns: [String]
    /// Each row with the number of its line, counted from 1.
    let rows: [(line: Int, cells: [String])]

    struct Malformed: Error {
        var line: Int
        var message: String
    }

    init(_ text: String) throws {
        var lines: [(line: Int, cells: [String])] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let plain = line.hasSuffix("\r") ? line.dropLast() : line
            let isEmpty = plain.allSatisfy { $0 == " " || $0 == "," || $0 == ";" }
            guard !isEmpty, !plain.hasPrefix("#") else { continue }
            lines.append((index + 1, try CredentialTable.cells(plain, line: index + 1)))
        }
        guard let head = lines.first else { throw Malformed(line: 1, message: "the table is empty") }
        columns = head.cells.map { $0.trimmed.lowercased() }
        for row in lines.dropFirst() where row.cells.count > columns.count {
            throw Malformed(
                line: row.line, message: "this line has \(row.cells.count) cells; the first names \(columns.count)")
        }
        rows = Array(lines.dropFirst())
    }

    /// The cells of a line; one in double quotes may hold the comma, and a quote written twice (RFC 4180, section 2).
    private static func cells(_ line: Substring, line number: Int) throws -> [String] {
        var cells: [String] = []
        var cell = ""
        var isQuoted = false
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                rest.removeFirst()
                cell.append("\"")
            case "\"": isQuoted.toggle()
            case ",", ";":
                if isQuoted {
                    cell.append(character)
                } else {
                    cells.append(cell)
                    cell = ""
                }
            default: cell.append(character)
            }
        }
        guard !isQuoted else { throw Malformed(line: number, message: "a quote in this line has no end") }
        return cells + [cell]
    }

    /// Rows as a list of a board file: each on the line that it has in the table, so that problems name it.
    func yaml(_ range: Range<Int>) -> String {
        var text = "credentials:"
        var line = 1
        for (number, cells) in rows[range] {
            text += String(repeating: "\n", count: max(1, number - line))
            line = max(line + 1, number)
            let fields = zip(columns, cells).compactMap { column, cell in
                cell.trimmed.isEmpty ? nil : "\(column): \(CredentialTable.value(column, cell.trimmed))"
            }
            text += "  - {\(fields.joined(separator: ", "))}"
        }
        return text + "\n"
    }

    private static func value(_ column: String, _ cell: String) -> String {
        switch column {
        case "groups", "traits":
            "[" + cell.split(separator: " ").map { quoted(String($0)) }.joined(separator: ", ") + "]"
        case "number":
            // FORMAT FACILITY CARD, FACILITY CARD, or CARD.
            switch cell.split(separator: " ").map(String.init) {
            case let parts where parts.count == 3: "{format: \(parts[0]), facility: \(parts[1]), card: \(parts[2])}"
            case let parts where parts.count == 2: "{facility: \(parts[0]), card: \(parts[1])}"
            default: "{card: \(cell)}"
            }
        default: quoted(cell)
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }
}
