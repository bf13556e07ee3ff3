import Console
import ProgramSupport
import WardenMessages

/// Reference pages in Markdown, made of the tables that the programs themselves use.
enum ReferencePages {
    private static let chinese = Vocabulary(language: .chinese)
    private static let english = Vocabulary(language: .english)

    private static func page(_ title: String, _ name: String, _ sections: [String]) -> String {
        """
        # \(title)

        <!-- Written by `wardenctl reference \(name)`; edit the tables in the sources instead. -->

        \(sections.joined(separator: "\n\n"))

        """
    }

    private static func table(_ heads: [String], _ rows: [[String]]) -> String {
        let lines = [heads, heads.map { _ in "---" }] + rows
        return lines.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }

    /// Numbers with their words in both languages; numbers without a word of their own are left out.
    private static func words(
        _ numbers: ClosedRange<UInt32>, _ word: (Vocabulary, UInt32) -> StaticString
    ) -> [[String]] {
        let none = "\(word(english, 9_999))"
        return numbers.compactMap { number in
            let text = "\(word(english, number))"
            return text == none ? nil : ["\(number)", "`\(text)`", "\(word(chinese, number))"]
        }
    }

    // MARK: Pages

    static var console: String {
        let commands = (0..<ConsoleCommand.count).compactMap { ConsoleCommand(rawValue: UInt8($0)) }
        let sections = commands.map { command -> String in
            var text =
                "## `\(command.word)`\n\n\(english.phrase(command.summary)) · \(chinese.phrase(command.summary))\n\n"
            text += "    \(command.usage)\n"
            let examples = (0..<8).compactMap { command.example(at: $0) }
            let rows = examples.map { example in
                [
                    "`\("\(example.line)".replacing("@", with: "NAME"))`", "\(english.phrase(example.meaning))",
                    "\(chinese.phrase(example.meaning))",
                ]
            }
            return text + "\n" + table(["example", "what it does", "作用"], rows)
        }
        let start = """
            What a technician types at a board's console. Every command also takes `--plain` (stable output, no colours, no \
            pages) and `--yes` (asks nothing), and ends with a line that says how it went. Who acts must log in first.
            """
        return page("Console commands", "console", [start] + sections)
    }

    static var reasons: String {
        let rows = words(0...255) { $0.decisionReason($1) }
        func part(_ title: String, _ range: ClosedRange<Int>) -> String {
            "## \(title)\n\n"
                + table(["number", "reason", "中文"], rows.filter { range.contains(Int($0[0]) ?? -1) })
        }
        let start = """
            Every answer to somebody who wants through a door carries one of these reasons, the same whether a card, a \
            button, the console or the platform asked. Numbers are those of events and of Warden Link.
            """
        return page(
            "Reasons of decisions", "reasons",
            [
                start, part("Granted", 0...63), part("Waiting for more", 64...95), part("Refused", 96...255),
            ])
    }

    static var events: String {
        let states = (0...32).map { AlarmState(rawValue: Int32($0)) }
        let alarmStates = known(states) { $0.alarmState($1) }
        let doors = known((0...64).map { DoorEventKind(rawValue: Int32($0)) }) { $0.doorEvent($1) }
        let system = known((0...32).map { SystemKind(rawValue: Int32($0)) }) { $0.systemKind($1) }
        let commands = known((1...64).map { CommandKind(rawValue: Int32($0)) }) { $0.commandKind($1) }
        let results = known((0...32).map { CommandResult(rawValue: Int32($0)) }) { $0.commandResult($1) }
        let heads = ["word", "中文"]
        var sections = [
            """
            What the journal keeps and consoles and links show: one line an event, its first word the kind, the second \
            whose it is. The words are stable; traces and scenarios are compared by them.
            """,
            "## `door`\n\n" + table(heads, doors),
            "## `alarm`: states\n\n" + table(heads, alarmStates),
            "## `alarm`: causes\n\n" + table(["number"] + heads, words(0...255) { $0.alarmCause($1) }),
            "## `alarm`: why a detector is in trouble\n\n"
                + table(["number"] + heads, words(0...255) { $0.detectorTrouble($1) }),
        ]
        for number in 0...15 {
            let source = TroubleSource(rawValue: Int32(number))
            if case .unrecognised = source { continue }
            let codes = words(0...255) { $0.troubleCode(source, $1) }
            let title = "## `trouble`: \(english.troubleSource(source)) · \(chinese.troubleSource(source))\n\n"
            let single = "\(english.troubleCode(source, 1))"
            sections.append(
                title + (codes.isEmpty ? "`\(single)`" : table(["number"] + heads, codes)))
        }
        sections += [
            "## `system`\n\n" + table(heads, system),
            "## `command`\n\n" + table(heads, commands),
            "## `command`: results\n\n" + table(heads, results),
        ]
        return page("Events", "events", sections)
    }

    /// Words of a list of schema values, up to the first that the schema does not have.
    private static func known<Value>(_ values: [Value], _ word: (Vocabulary, Value) -> StaticString) -> [[String]] {
        let none = values.last.map { "\(word(english, $0))" } ?? ""
        return values.compactMap { value in
            let text = "\(word(english, value))"
            return text == none ? nil : ["`\(text)`", "\(word(chinese, value))"]
        }
    }

    static var exitStatuses: String {
        let programs = ExitCode.allCases.map { ["\($0.rawValue)", "\($0.meaning)"] }
        let tool = ExitStatus.allCases.map { ["\($0.rawValue)", $0.explanation] }
        return page(
            "Exit statuses", "exit-statuses",
            [
                "How the programs end, for scripts and service managers; numbers are those of sysexits.h where it has one.",
                "## `wardend` and `wardensim`\n\n" + table(["status", "meaning"], programs),
                "## `wardenctl`\n\n" + table(["status", "meaning"], tool),
            ])
    }
}
