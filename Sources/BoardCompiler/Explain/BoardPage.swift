import Pictures

/// A whole board as one page: wiring, pins, doors and their proof, detectors, matrix, memory. Prints; loads nothing.
public struct BoardPage {
    private let explanation: BoardExplanation
    private let wiring: WiringDrawing
    private let matrix: MatrixChart

    public init(_ checked: CheckedBoard) {
        explanation = BoardExplanation(checked)
        wiring = WiringDrawing(checked)
        matrix = MatrixChart(checked)
    }

    public func html() -> String {
        let board = explanation.board
        var page = "<h1>Board \(markup(board.name))</h1>\n"
        if !board.summary.isEmpty { page += "<p>\(markup(board.summary))</p>\n" }
        if let hardware = board.hardware { page += "<p>Hardware: \(markup(hardware.title))</p>\n" }
        if !explanation.notes.isEmpty {
            let items = explanation.notes.map { "<li>\(markup($0))</li>" }.joined(separator: "\n")
            page += "<h2>Before it is switched on</h2>\n<ul>\n\(items)\n</ul>\n"
        }
        // The chart stands in for the list of effects.
        var tables = explanation.tables.filter { $0.key != "effects" || matrix.isEmpty }
        let proofs = explanation.doorProofs
        if !proofs.rows.isEmpty {
            let place = tables.firstIndex { $0.key == "door_behaviour" }.map { $0 + 1 } ?? tables.count
            tables.insert(proofs, at: place)
        }
        page += contents(tables)
        page += "<section id=\"wiring\"><h2>Wiring</h2>\n\(wiring.element())</section>\n"
        page += tables.map { $0.html() }.joined()
        if !matrix.isEmpty {
            page += "<section id=\"matrix\"><h2>Cause and effect</h2>\n\(matrix.table)</section>\n"
        }
        return Page.html(title: "Board \(board.name)", page)
    }

    private func contents(_ tables: [ReportTable]) -> String {
        var entries = [("wiring", "Wiring")] + tables.map { ($0.key, $0.title) }
        if !matrix.isEmpty { entries.append(("matrix", "Cause and effect")) }
        let items = entries.map { "<li><a href=\"#\(markup($0.0))\">\(markup($0.1))</a></li>" }
        return "<nav><ul>\n\(items.joined(separator: "\n"))\n</ul></nav>\n"
    }
}
