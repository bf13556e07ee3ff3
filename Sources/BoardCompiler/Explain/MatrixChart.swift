import Pictures
import WardenMessages

/// The cause-and-effect matrix as fire engineers draw it: a row for each cause, a column for each thing that is driven,
/// and in their crossing how.
public struct MatrixChart {
    struct Cell: Equatable {
        /// How the target is driven.
        var mark: String
        /// What else it takes: other causes, a delay.
        var condition: String

        var text: String { mark + condition }
    }

    struct Column: Equatable {
        var title: String
        /// "output", "door", "zone", "valve", "lift", "message" or, of one that is a cause of others, "effect".
        var kind: String
    }

    struct Row {
        var title: String
        /// What the cause is: the kind of its detector, "door", "input", "schedule" or "effect".
        var kind: String
        /// By column; several effects may join the same two.
        var cells: [[Cell]]
    }

    let boardName: String
    let summary: String
    private(set) var columns: [Column] = []
    private(set) var rows: [Row] = []
    var isEmpty: Bool { rows.isEmpty }
    /// Effects by their letters, with what they ask for besides their causes.
    private(set) var effects: [(letter: String, name: String, rule: String)] = []

    private static let marks: [(mark: String, meaning: String)] = [
        ("S", "steady"), ("P", "pulsed"), ("T", "temporal-three (ISO 8201)"), ("R", "released as in a fire"),
        ("L", "locked from outside"), ("O", "held open"), ("V", "shut"), ("S*", "steady, off when silenced"),
        ("P*", "pulsed, off when silenced"),
        ("T*", "temporal-three (ISO 8201), off when silenced"), ("F", "temporal-four (NFPA 720)"),
        ("F*", "temporal-four (NFPA 720), off when silenced"), ("C", "chirp"), ("C*", "chirp, off when silenced"),
        ("E", "sent to its exit floor (EN 81-73)"), ("H", "held with open doors"), ("A", "announced"),
        ("X", "makes the effect active"),
    ]

    public init(_ checked: CheckedBoard) {
        let explanation = BoardExplanation(checked)
        let board = explanation.board
        boardName = board.name
        summary = board.summary
        var places: [String: Int] = [:]
        for (number, effect) in board.effects.enumerated() {
            let message = effect.value.message
            effects.append((MatrixChart.letter(number), effect.name, MatrixChart.rule(of: message)))
            for (column, _) in MatrixChart.targets(of: number, explanation) where !columns.contains(column) {
                columns.append(column)
            }
        }
        for (number, effect) in board.effects.enumerated() {
            let message = effect.value.message
            for causeIndex in message.causes.indices {
                let cause = message.causes[causeIndex]
                let title = explanation.causeText(cause)
                if places[title] == nil {
                    places[title] = rows.count
                    rows.append(
                        Row(
                            title: title, kind: explanation.causeKind(cause),
                            cells: columns.map { _ in [] }))
                }
                let row = places[title] ?? 0
                for (column, mark) in MatrixChart.targets(of: number, explanation) {
                    guard let place = columns.firstIndex(of: column) else { continue }
                    rows[row].cells[place].append(
                        Cell(mark: mark, condition: MatrixChart.letter(number).lowercased()))
                }
            }
        }
    }

    /// A to Z, then AA, AB and on.
    private static func letter(_ number: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        let last = String(alphabet[number % alphabet.count])
        return number < alphabet.count ? last : letter(number / alphabet.count - 1) + last
    }

    private static func rule(of effect: Effect) -> String {
        var parts: [String] = []
        switch effect.combination {
        case .any, .unrecognised: break
        case .all: parts.append("only with all its causes")
        case .atLeast: parts.append("from \(effect.atLeast) causes on")
        }
        if effect.delayMs != 0 {
            parts.append("after \(Dimension.duration.format(Int64(effect.delayMs) * 1_000))")
        }
        if effect.limitMs != 0 {
            parts.append("for \(Dimension.duration.format(Int64(effect.limitMs) * 1_000)) at the most")
        }
        parts.append(effect.latching ? "until reset" : "while its causes last")
        parts.append("priority \(effect.priority)")
        return parts.joined(separator: ", ")
    }

    /// Everything that an effect brings about: its actions, its message, and itself where others follow from it.
    private static func targets(
        of number: Int, _ explanation: BoardExplanation
    ) -> [(column: Column, mark: String)] {
        let effect = explanation.board.effects[number]
        let message = effect.value.message
        var targets = message.actions.indices.map { target(of: message.actions[$0], explanation) }
        if !message.announcement.isEmpty {
            targets.append((Column(title: "“\(string(message.announcement))”", kind: "message"), "A"))
        }
        let isCause = explanation.board.effects.contains { other in
            let causes = other.value.message.causes
            return causes.indices.contains { causes[$0].source == .effect(UInt32(number)) }
        }
        if isCause { targets.append((Column(title: effect.name, kind: "effect"), "X")) }
        return targets
    }

    private static func target(
        of action: EffectAction, _ explanation: BoardExplanation
    ) -> (column: Column, mark: String) {
        let board = explanation.board
        switch action.action {
        case .output(let output):
            let name = Int(output.line) < board.lines.count ? board.lines[Int(output.line)].name : ""
            let mark =
                switch output.pattern {
                case .steady, .unrecognised: "S"
                case .pulsed: "P"
                case .temporalThree: "T"
                case .temporalFour: "F"
                case .chirp: "C"
                }
            return (Column(title: name, kind: "output"), output.silenceable ? mark + "*" : mark)
        case .releaseDoor(let door): return (Column(title: explanation.doorName(door), kind: "door"), "R")
        case .lockDownDoor(let door): return (Column(title: explanation.doorName(door), kind: "door"), "L")
        case .holdOpenDoor(let door): return (Column(title: explanation.doorName(door), kind: "door"), "O")
        case .releaseZone(let zone): return (Column(title: explanation.fireZoneName(zone), kind: "zone"), "R")
        case .shutValve(let valve):
            let name = Int(valve) < board.detectors.count ? board.detectors[Int(valve)].name : ""
            return (Column(title: name, kind: "valve"), "V")
        case .lift(let action):
            return (
                Column(title: explanation.liftName(action.lift), kind: "lift"), action.order == .recall ? "E" : "H"
            )
        case nil: return (Column(title: "", kind: ""), "")
        }
    }

    private var usedMarks: [(mark: String, meaning: String)] {
        MatrixChart.marks.filter { mark in
            rows.contains { $0.cells.contains { $0.contains { $0.mark == mark.mark } } }
        }
    }

    // MARK: Drawn

    /// For a terminal: columns under their numbers, the numbers explained below.
    public func text() -> String {
        var text = "Cause and effect of board \(boardName)\n\n"
        guard !rows.isEmpty else { return text + "  The board has no effects.\n" }
        let table = ReportTable(
            "matrix", "",
            [.init("cause", "cause"), .init("kind", "kind")]
                + columns.indices.map { .init("\($0 + 1)", "\($0 + 1)") },
            rows.map { row in
                [row.title, row.kind] + row.cells.map { $0.isEmpty ? "." : $0.map(\.text).joined(separator: " ") }
            })
        // The table's own title and the empty line below it are not wanted here.
        text += table.text().split(separator: "\n", omittingEmptySubsequences: true).joined(separator: "\n") + "\n\n"
        for (index, column) in columns.enumerated() { text += "  \(index + 1)  \(column.kind) \(column.title)\n" }
        text += "\n"
        for mark in usedMarks { text += "  \(mark.mark)  \(mark.meaning)\n" }
        text += "\n"
        for effect in effects { text += "  \(effect.letter.lowercased())  \(effect.name): \(effect.rule)\n" }
        return text
    }

    /// One page that prints, with nothing to load.
    public func html() -> String {
        Page.html(
            title: "Cause and effect: \(boardName)",
            "<h1>Cause and effect: \(markup(boardName))</h1>\n<p>\(markup(summary))</p>\n" + table)
    }

    /// The matrix with its marks and effects, for a page.
    var table: String {
        var page = "<table class=\"matrix\"><thead><tr><th class=\"cause\">cause</th><th>kind</th>\n"
        for column in columns {
            // The words are turned, not the cell: a turned cell loses its borders.
            page += "<th class=\"target\" scope=\"col\"><span>\(markup(column.title)) "
            page += "<small>\(column.kind)</small></span></th>"
        }
        page += "</tr></thead>\n<tbody>\n"
        for row in rows {
            page += "<tr><th class=\"cause\" scope=\"row\">\(markup(row.title))</th>"
            page += "<td class=\"kind\">\(markup(row.kind))</td>"
            for cells in row.cells {
                let content = cells.map { "\($0.mark)<small>\($0.condition)</small>" }.joined(separator: " ")
                page += cells.isEmpty ? "<td></td>" : "<td class=\"set\">\(content)</td>"
            }
            page += "</tr>\n"
        }
        page += "</tbody></table>\n<h3>Marks</h3>\n<dl>\n"
        for mark in usedMarks { page += "<dt>\(mark.mark)</dt><dd>\(markup(mark.meaning))</dd>\n" }
        page += "</dl>\n<h3>Effects</h3>\n<dl>\n"
        for effect in effects {
            page += "<dt>\(effect.letter.lowercased())</dt><dd>\(markup(effect.name)): \(markup(effect.rule))</dd>\n"
        }
        return page + "</dl>\n"
    }
}

extension BoardExplanation {
    /// What a cause is: the kind of its detector, "door", "input", "schedule" or "effect".
    func causeKind(_ cause: Cause) -> String {
        switch cause.source {
        case .detector(let place):
            Int(place) < board.detectors.count ? kindText(board.detectors[Int(place)].value.message) : ""
        case .door, .doorForced, .doorHeld: "door"
        case .effect: "effect"
        case .line: "input"
        case .schedule: "schedule"
        case nil: ""
        }
    }
}
