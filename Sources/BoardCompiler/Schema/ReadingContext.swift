import WardenMessages

/// A list of named things that fields refer to.
enum NamedTable: String, CaseIterable {
    case chips, lines, buses, ports, sensors, points, readers, doors, detectors, effects, lifts, schedules, clients,
        groups, tracks, areas, interlocks, holidays
    case cardFormats = "card_formats"
    case consoleUsers = "console_users"
    case fireZones = "fire_zones"

    /// One entry, for messages.
    var singular: String {
        switch self {
        case .buses: "bus"
        case .cardFormats: "card format"
        case .consoleUsers: "console user"
        case .fireZones: "fire zone"
        default: String(rawValue.dropLast())
        }
    }
}

/// "an input", "a door".
func withArticle(_ noun: String) -> String {
    (noun.first.map { "aeiou".contains($0) } ?? false ? "an " : "a ") + noun
}

/// A name with the place where it was given.
struct NamedEntry {
    var name: String
    var range: SourceRange
    /// Narrows what may refer to it: "input" or "output" for lines, the chip for sensors.
    var trait: String
}

/// What a field needs to know besides its own value: the names of the file, and where to put problems.
final class ReadingContext {
    let problems: ProblemList
    private(set) var tables: [NamedTable: [NamedEntry]] = [:]
    /// The hardware that the file names, and the chips of both.
    var hardware: HardwareModel?
    var chips: [String: ChipDescription] = [:]
    /// The file names hardware that is not known, so that nothing can be said about its pins.
    var hasUnknownHardware = false
    /// Built-in card formats that something names, in the order of their first use.
    private(set) var usedBuiltInFormats: [CardFormat] = []
    /// For scenarios: the board, the words of its trace, and what each track is (no unit for acceleration).
    var scenarioBoard: ScenarioBoard?
    var vocabulary: TraceVocabulary?
    var trackUnits: [(unit: PointUnit?, isKnown: Bool)] = []
    /// What is being read, for messages: "door 'entrance'".
    var subject = ""

    init(problems: ProblemList) { self.problems = problems }

    func report(_ node: YamlNode, _ message: String, remedy: String) {
        report(at: node.range, message, remedy: remedy)
    }

    func report(
        _ severity: Problem.Severity = .error, at range: SourceRange, _ message: String, remedy: String
    ) {
        problems.report(severity, at: range, subject.isEmpty ? message : "\(subject): \(message)", remedy: remedy)
    }

    /// Enters a name; its place in the table is the place in the image.
    ///
    /// - Returns: whether it could be entered: a name that is wrong or taken is reported.
    @discardableResult
    func declare(_ name: String, in table: NamedTable, trait: String = "", at range: SourceRange) -> Bool {
        guard checkedName(name, at: range) else { return false }
        if let before = tables[table]?.first(where: { $0.name == name }) {
            report(
                at: range, "the \(table.singular) '\(name)' is already there, in line \(before.range.start.line)",
                remedy: "give one of them another name")
            return false
        }
        tables[table, default: []].append(NamedEntry(name: name, range: range, trait: trait))
        return true
    }

    func checkedName(_ name: String, at range: SourceRange) -> Bool {
        guard let complaint = NameRule.complaint(name) else { return true }
        report(at: range, complaint.message, remedy: complaint.remedy)
        return false
    }

    /// The place of a card format, of the file or built in; reports a name that is neither.
    func cardFormat(_ name: String, at range: SourceRange) -> UInt32? {
        let own = entries(.cardFormats)
        if let place = own.firstIndex(where: { $0.name == name }) { return UInt32(place) }
        if let place = usedBuiltInFormats.firstIndex(where: { string($0.name) == name }) {
            return UInt32(own.count + place)
        }
        guard let format = ReaderFields.builtInFormats.first(where: { string($0.name) == name }) else {
            let known = own.map(\.name) + ReaderFields.builtInFormats.map { string($0.name) }
            report(
                at: range, "there is no card format '\(name)'",
                remedy: Suggestion.remedy(for: name, among: known, kind: "card formats"))
            return nil
        }
        usedBuiltInFormats.append(format)
        return UInt32(own.count + usedBuiltInFormats.count - 1)
    }

    func entries(_ table: NamedTable) -> [NamedEntry] { tables[table] ?? [] }

    /// The place of a name in its table; reports a name that is not there.
    ///
    /// - Parameter trait: where given, the entry must have it: an input where an output is wanted is reported.
    func place(of name: String, in table: NamedTable, trait: String? = nil, at range: SourceRange) -> Int? {
        let entries = entries(table)
        let kind = trait.map { "\($0)s" } ?? table.rawValue
        let candidates = entries.filter { trait == nil || $0.trait == trait }.map(\.name)
        guard let place = entries.firstIndex(where: { $0.name == name }) else {
            report(
                at: range, "there is no \(trait ?? table.singular) '\(name)'",
                remedy: Suggestion.remedy(for: name, among: candidates, kind: kind))
            return nil
        }
        if let trait, entries[place].trait != trait {
            report(
                at: range, "'\(name)' is \(withArticle(entries[place].trait)), not \(withArticle(trait))",
                remedy: candidates.isEmpty
                    ? "describe \(withArticle(trait)) first"
                    : "use one of the \(kind): \(candidates.joined(separator: ", "))")
            return nil
        }
        return place
    }
}
