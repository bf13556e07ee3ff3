/// A terminal, as far as the console uses one: what a person would see.
struct ScreenModel {
    let columns: Int
    /// Rows of cells; the second cell of a wide character is empty.
    private(set) var rows: [[String]]
    private(set) var row = 0
    private(set) var column = 0
    private(set) var bells = 0
    /// What came that is neither text nor one of the sequences known here.
    private(set) var unknown: [String] = []
    private var pending: [UInt8] = []
    private var saved = (row: 0, column: 0)
    private(set) var sizeQueries = 0

    init(columns: Int = 80) {
        self.columns = columns
        rows = [[String](repeating: " ", count: columns)]
    }

    /// The text of a row, without blanks at its end.
    func text(_ row: Int) -> String {
        var text = rows[row].joined()
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Every row.
    var lines: [String] { rows.indices.map(text) }
    /// The row with the cursor.
    var current: String { text(row) }

    mutating func write(_ bytes: [UInt8]) {
        pending += bytes
        while let length = next(), length > 0 { pending.removeFirst(length) }
    }

    /// Acts on what stands first in `pending`.
    ///
    /// - Returns: bytes that it took; `nil` if it is not whole.
    private mutating func next() -> Int? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x07: bells += 1
        case 0x08: column = max(0, column - 1)
        case 0x0D: column = 0
        case 0x0A:
            row += 1
            if row == rows.count { rows.append([String](repeating: " ", count: columns)) }
        case 0x1B: return escape()
        case 0x20..<0x7F: put(String(UnicodeScalar(first)), 1)
        case 0xC0...0xFF:
            let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
            guard pending.count >= length else { return nil }
            let character = String(decoding: pending[..<length], as: UTF8.self)
            put(character, ScreenModel.width(character))
            return length
        default: unknown.append("byte \(first)")
        }
        return 1
    }

    /// Wide is what the tests write wide: Chinese text and its punctuation.
    static func width(_ character: String) -> Int {
        let value = character.unicodeScalars.first?.value ?? 0
        return (0x2E80...0x9FFF).contains(value) || (0xFF01...0xFF60).contains(value) ? 2 : 1
    }

    static func width(of text: String) -> Int { text.reduce(0) { $0 + width(String($1)) } }

    private mutating func put(_ character: String, _ width: Int) {
        guard column + width <= columns else {
            // Terminals wrap; the row with the cursor must never make one do so.
            row += 1
            if row == rows.count { rows.append([String](repeating: " ", count: columns)) }
            column = 0
            put(character, width)
            return
        }
        // Writing over half of a wide character destroys the other half.
        if rows[row][column] == "", column > 0 { rows[row][column - 1] = " " }
        let after = column + width
        if after < columns && rows[row][after] == "" { rows[row][after] = " " }
        rows[row][column] = character
        if width == 2 { rows[row][column + 1] = "" }
        column += width
    }

    private mutating func escape() -> Int? {
        guard pending.count >= 2 else { return nil }
        switch pending[1] {
        case UInt8(ascii: "7"):
            saved = (row, column)
            return 2
        case UInt8(ascii: "8"):
            (row, column) = saved
            return 2
        case UInt8(ascii: "["): break
        default:
            unknown.append("ESC \(pending[1])")
            return 2
        }
        guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else { return nil }
        let text = String(decoding: pending[2..<end], as: UTF8.self)
        let numbers = text.split(separator: ";").map { Int($0) ?? 0 }
        switch pending[end] {
        case UInt8(ascii: "D"): column = max(0, column - (numbers.first ?? 1))
        case UInt8(ascii: "K"): for place in column..<columns { rows[row][place] = " " }
        case UInt8(ascii: "J"): rows = rows.map { _ in [String](repeating: " ", count: columns) }
        case UInt8(ascii: "H"):
            row = (numbers.first ?? 1) - 1
            column = min(columns, numbers.count > 1 ? numbers[1] : 1) - 1
            while row >= rows.count && row < 300 { rows.append([String](repeating: " ", count: columns)) }
        case UInt8(ascii: "m"): break
        case UInt8(ascii: "n"): sizeQueries += 1
        default: unknown.append("CSI \(text)\(UnicodeScalar(pending[end]))")
        }
        return end + 1
    }
}
