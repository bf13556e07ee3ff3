import Pictures

/// A table that a person reads as text or HTML and a program as JSON.
public struct ReportTable: Equatable, Sendable {
    public struct Column: Equatable, Sendable {
        /// Key in JSON.
        public var key: String
        /// Heading for people.
        public var title: String
        /// Numbers stand to the right.
        public var isNumber = false

        public init(_ key: String, _ title: String, isNumber: Bool = false) {
            self.key = key
            self.title = title
            self.isNumber = isNumber
        }
    }

    /// Key in JSON.
    public var key: String
    public var title: String
    /// A sentence below the title; may be empty.
    public var remark: String
    public var columns: [Column]
    public var rows: [[String]]

    public init(_ key: String, _ title: String, remark: String = "", _ columns: [Column], _ rows: [[String]]) {
        self.key = key
        self.title = title
        self.remark = remark
        self.columns = columns
        self.rows = rows
    }

    /// Columns aligned with blanks; empty columns are left out.
    public func text() -> String {
        let shown = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        let widths = shown.map { column in
            ([columns[column].title] + rows.map { $0[column] }).map(displayWidth).max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var line = ""
            for (position, column) in shown.enumerated() {
                let padding = String(repeating: " ", count: widths[position] - displayWidth(cells[column]))
                line += columns[column].isNumber ? padding + cells[column] : cells[column] + padding
                if position + 1 < shown.count { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        var lines = [title]
        if !remark.isEmpty { lines.append(remark) }
        lines.append("")
        lines.append("  " + line(columns.map(\.title)))
        lines.append("  " + widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "))
        lines += rows.map { "  " + line($0) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A section of a page; empty columns are left out.
    public func html() -> String {
        let shown = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        func cell(_ column: Int, _ text: String, _ tag: String) -> String {
            "<\(tag)\(columns[column].isNumber ? " class=\"number\"" : "")>\(markup(text))</\(tag)>"
        }
        var text = "<section id=\"\(markup(key))\"><h2>\(markup(title))</h2>\n"
        if !remark.isEmpty { text += "<p>\(markup(remark))</p>\n" }
        text += "<table><thead><tr>\(shown.map { cell($0, columns[$0].title, "th") }.joined())</tr></thead>\n<tbody>\n"
        for row in rows { text += "<tr>\(shown.map { cell($0, row[$0], "td") }.joined())</tr>\n" }
        return text + "</tbody></table></section>\n"
    }

    /// A list of objects; numbers are numbers.
    public var json: JSONValue {
        .array(
            rows.map { row in
                .object(
                    columns.indices.map { index in
                        let number = columns[index].isNumber ? Int(row[index]) : nil
                        return (columns[index].key, number.map(JSONValue.integer) ?? .string(row[index]))
                    })
            })
    }
}

/// Columns of a terminal that a text takes: East Asian wide characters take two, combining marks none.
public func displayWidth(_ text: String) -> Int {
    text.reduce(0) { width, character in
        guard let scalar = character.unicodeScalars.first else { return width }
        return width + (isWide(scalar) ? 2 : 1)
    }
}

/// Unicode Standard Annex 11, classes W and F, by blocks.
private func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF,
        0x20000...0x3FFFD:
        true
    default: false
    }
}
