import Pictures

/// The report of a board's commissioning, as its console prints it with `test report --plain`, read back to be handed over.
public struct CommissioningReport: Equatable, Sendable {
    /// What was seen of one thing of the board.
    public struct Entry: Equatable, Sendable {
        public var kind: String
        public var name: String
        /// `right`, `wrong`, `passed over` or `not tested`.
        public var verdict: String
        /// When, in the board's local time, and by whom; empty where it was not tested.
        public var moment: String
        public var person: String
    }

    public var board: String
    public var generation: String
    public var version: String
    public var moment: String
    public var entries: [Entry]

    public static let verdicts = ["right", "wrong", "passed over", "not tested"]

    /// Reads the last whole report in what was captured of a console, whatever else is there.
    ///
    /// - Returns: `nil` if there is none, or the last one was cut short.
    public init?(captured text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        guard let start = lines.lastIndex(where: { $0.count == 5 && $0[0].hasSuffix("commissioning") }) else {
            return nil
        }
        board = lines[start][1]
        generation = lines[start][2]
        version = lines[start][3]
        moment = lines[start][4]
        entries = []
        var total: Int?
        for line in lines[(start + 1)...] {
            if line[0] == "all", line.count == 6 {
                total = Int(line[1])
                break
            }
            guard line.count >= 4, CommissioningReport.verdicts.contains(line[2]) else { continue }
            let (moment, person) = CommissioningReport.split(line[3])
            entries.append(Entry(kind: line[0], name: line[1], verdict: line[2], moment: moment, person: person))
        }
        guard total == entries.count else { return nil }
    }

    private static func split(_ cell: String) -> (moment: String, person: String) {
        guard let place = cell.range(of: " by ") else { return (cell, "") }
        return (String(cell[..<place.lowerBound]), String(cell[place.upperBound...]))
    }

    public func count(_ verdict: String) -> Int { entries.count { $0.verdict == verdict } }

    /// Whether everything was tested and nothing was wrong.
    public var isClean: Bool { count("right") == entries.count }

    private var sum: String {
        CommissioningReport.verdicts.map { "\(count($0)) \($0)" }.joined(separator: ", ")
    }

    private func table(_ key: String, _ title: String, _ entries: [Entry]) -> ReportTable {
        ReportTable(
            key, title,
            [
                .init("kind", "what"), .init("name", "name"), .init("verdict", "found"), .init("moment", "when"),
                .init("person", "by"),
            ],
            entries.map { [$0.kind, $0.name, $0.verdict, $0.moment, $0.person] })
    }

    /// What is not right first: that is what somebody must come back for.
    private var tables: [ReportTable] {
        let open = entries.filter { $0.verdict != "right" }
        let all = table("everything", "Everything that was looked at", entries)
        return open.isEmpty ? [all] : [table("open", "Not right, or not tested", open), all]
    }

    public func text() -> String {
        "Commissioning of \(board), \(generation), \(version), \(moment)\n\(entries.count) things: \(sum)\n\n"
            + tables.map { $0.text() }.joined(separator: "\n")
    }

    /// A page that prints, with room for the two who sign it.
    public func html() -> String {
        var page = "<h1>Commissioning of \(markup(board))</h1>\n"
        page += "<p>\(markup(generation)), \(markup(version)); \(markup(moment)), the board's local time</p>\n"
        page += "<p><strong>\(entries.count) things: \(markup(sum))</strong></p>\n"
        page += tables.map { $0.html() }.joined()
        page += """
            <section><h2>Handed over</h2>
            <table><tbody>\(["Technician", "Taken over by"].map {
                "<tr><th>\($0)</th><td style=\"width: 14em; height: 3em\"></td>"
                    + "<th>Date</th><td style=\"width: 8em\"></td><th>Signature</th><td style=\"width: 14em\"></td></tr>"
            }.joined())</tbody></table></section>

            """
        return Page.html(title: "Commissioning of \(board)", page)
    }

    public var json: JSONValue {
        .object([
            ("board", .string(board)), ("generation", .string(generation)), ("version", .string(version)),
            ("moment", .string(moment)), ("entries", table("entries", "", entries).json),
        ])
    }
}
