import Console
import FixedMemory
import WardenMessages

/// The words that trace lines are made of, taken from what the board itself writes, so that an expectation that could
/// never be met, or a `never` that could never fail, is found before the scenario is played.
struct TraceVocabulary {
    let board: ScenarioBoard

    /// What is wrong with the beginning of a trace line; `nil` if such a line can come.
    func complaint(about words: [String]) -> (message: String, remedy: String)? {
        guard let subject = words.first else {
            return ("the expectation is empty", "write the words with which a trace line begins")
        }
        switch subject {
        case "line": return about(words, .line, then: ["on", "off"])
        case "output": return about(words, .line, then: ["on", "off"])
        case "lift": return about(words, .lift, then: ["recalled", "stays", "free"])
        case "message": return about(words, .effect, then: ["on", "off"])
        case "access": return about(words, .door, then: ["granted", "denied", "waits"])
        case "door": return about(words, .door, then: doorWords)
        case "alarm": return about(words, .detector, then: alarmWords)
        case "trouble", "restored": return aboutTrouble(words)
        case "system": return about(words, at: 1, among: systemWords, kind: "words")
        case "command", "gap", "remark": return nil
        default:
            let known = [
                "access", "alarm", "command", "door", "gap", "lift", "line", "message", "output", "remark", "restored",
                "system", "trouble",
            ]
            return (
                "no trace line begins with '\(subject)'",
                Suggestion.remedy(for: subject, among: known, kind: "first words")
            )
        }
    }

    private func about(
        _ words: [String], _ kind: NamedKind, then: [String]
    ) -> (message: String, remedy: String)? {
        if let complaint = about(words, at: 1, among: board.names(kind), kind: "names") { return complaint }
        return about(words, at: 2, among: then, kind: "words")
    }

    private func about(
        _ words: [String], at place: Int, among known: [String], kind: String
    ) -> (message: String, remedy: String)? {
        guard words.count > place, !known.contains(words[place]) else { return nil }
        return (
            "no trace line has '\(words[place])' after '\(words[..<place].joined(separator: " "))'",
            Suggestion.remedy(for: words[place], among: known, kind: kind)
        )
    }

    private func aboutTrouble(_ words: [String]) -> (message: String, remedy: String)? {
        let sources = troubleSources
        if let complaint = about(words, at: 1, among: sources.map(\.word), kind: "sources") { return complaint }
        guard words.count > 2, let source = sources.first(where: { $0.word == words[1] }), let kind = source.kind else {
            return nil
        }
        return about(words, at: 2, among: board.names(kind), kind: "names")
    }

    // MARK: Words, as the board writes them

    private var doorWords: [String] {
        words(at: 2) { .door(DoorChange(kind: DoorEventKind(rawValue: $0))) }
    }

    private var alarmWords: [String] {
        words(at: 2) { .alarm(AlarmChange(to: AlarmState(rawValue: $0))) }
    }

    private var systemWords: [String] {
        words(at: 1) { .system(SystemChange(kind: SystemKind(rawValue: $0))) }
    }

    private var troubleSources: [(word: String, kind: NamedKind?)] {
        words(at: 1) { .trouble(Trouble(source: TroubleSource(rawValue: $0), active: false)) }.map { word in
            let kinds: [String: NamedKind] = [
                "sensor": .sensor, "reader": .reader, "line": .line, "bus": .bus, "port": .port,
                "detector": .detector, "point": .point,
            ]
            return (word, kinds[word])
        }
    }

    /// The different words at one place of the event texts for the first numbers of an enumeration.
    private func words(at place: Int, _ body: (Int32) -> Event.Body) -> [String] {
        var found: [String] = []
        for number in Int32(0)..<64 {
            var text = ByteCollector()
            EventText.append(Event(body: body(number)), names: NoNames(), to: &text)
            let words = String(decoding: text.bytes, as: UTF8.self).split(separator: " ").map(String.init)
            if words.count > place, !found.contains(words[place]) { found.append(words[place]) }
        }
        return found
    }

    private struct NoNames: BoardNames {
        func name(of kind: NamedKind, at index: Int) -> Name? { "x" }
    }
}
