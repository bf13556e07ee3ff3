import WardenMessages

/// Turns the tree of a board file into a description: first all names, then every field, so that things may be
/// described in any order.
struct BoardReader {
    private let context: ReadingContext
    private var description = BoardDescription()
    private var sections: [String: YamlEntry] = [:]

    /// - Returns: the description; it may only be compiled if `problems` has no errors.
    static func read(_ root: YamlNode, into problems: ProblemList) -> BoardDescription {
        var reader = BoardReader(context: ReadingContext(problems: problems))
        reader.read(root)
        BoardChecks(context: reader.context).run(&reader.description)
        return reader.description
    }

    private init(context: ReadingContext) { self.context = context }

    private mutating func read(_ root: YamlNode) {
        guard case .mapping(let entries) = root.content else {
            context.report(
                root, "\(root.kindName) stands where a board is wanted", remedy: "start with 'board: NAME'")
            return
        }
        let sectionKeys = BoardSection.all.map(\.key)
        let top = entries.filter { !sectionKeys.contains($0.key) }
        for entry in entries where sectionKeys.contains(entry.key) { sections[entry.key] = entry }
        readTop(top, sectionKeys: sectionKeys, whole: root.range)
        declareNames(entries)
        readSections(entries)
    }

    private mutating func readTop(_ entries: [YamlEntry], sectionKeys: [String], whole: SourceRange) {
        let topKeys = BoardFields.top.fields.map(\.documentation.key)
        for entry in entries where !topKeys.contains(entry.key) {
            context.report(
                at: entry.keyRange, "unknown key '\(entry.key)'",
                remedy: Suggestion.remedy(for: entry.key, among: topKeys + sectionKeys, kind: "keys"))
        }
        let known = entries.filter { topKeys.contains($0.key) }
        let first = SourceRange(start: SourceLocation(line: 1, column: 1))
        let (read, places) = BoardFields.top.read(
            YamlNode(content: .mapping(known), range: whole), whole: first, context)
        if let read { description = read }
        description.places = places
        // The hardware is wanted for the pins even where something else at the top is wrong.
        if description.hardware == nil, let word = known.first(where: { $0.key == "hardware" })?.value.scalar {
            description.hardware = HardwareModel.named(word)
        }
        context.hardware = description.hardware
        context.hasUnknownHardware = description.hardware == nil && known.contains { $0.key == "hardware" }
        for (key, table) in [("groups", NamedTable.groups), ("fire_zones", .fireZones)] {
            guard let names = known.first(where: { $0.key == key })?.value else { continue }
            for node in items(names) {
                if let name = node.scalar, NameRule.complaint(name) == nil {
                    context.declare(name, in: table, at: node.range)
                }
            }
        }
        for chip in description.hardware?.chips ?? [] {
            context.declare(chip.name, in: .chips, at: first)
            context.chips[chip.name] = ChipDescription(match: chip.match, lineCount: chip.lineCount)
        }
    }

    private func items(_ node: YamlNode) -> [YamlNode] {
        if case .sequence(let children) = node.content { return children }
        return [node]
    }

    /// The entries of a named section, or none after a report.
    private func named(_ section: YamlEntry) -> [YamlEntry] {
        switch section.value.content {
        case .mapping(let entries): return entries
        case .scalar where section.value.isNull: return []
        default:
            context.report(
                at: section.value.range, "\(section.value.kindName) stands where named \(section.key) are wanted",
                remedy: "write each as 'NAME:' with its keys indented below it")
            return []
        }
    }

    private mutating func declareNames(_ entries: [YamlEntry]) {
        for section in entries {
            guard case .mapping(let named) = section.value.content else { continue }
            for entry in named {
                switch section.key {
                case "inputs": context.declare(entry.key, in: .lines, trait: "input", at: entry.keyRange)
                case "outputs": context.declare(entry.key, in: .lines, trait: "output", at: entry.keyRange)
                case "sensors":
                    let chip = word(of: "chip", in: entry)
                    context.declare(
                        entry.key, in: .sensors, trait: SensorChipDescription.named(chip)?.trait ?? chip,
                        at: entry.keyRange)
                case "detectors":
                    context.declare(entry.key, in: .detectors, trait: word(of: "kind", in: entry), at: entry.keyRange)
                default:
                    if let table = NamedTable(rawValue: section.key), table != .groups, table != .fireZones,
                        table != .lines
                    {
                        context.declare(entry.key, in: table, at: entry.keyRange)
                    }
                }
            }
        }
    }

    private func word(of key: String, in entry: YamlEntry) -> String {
        guard case .mapping(let fields) = entry.value.content else { return "" }
        return fields.first { $0.key == key }?.value.scalar ?? ""
    }

    private mutating func readSections(_ entries: [YamlEntry]) {
        // Chips first: pins need them. The rest in the order of the file, which is the order of the tables.
        for section in entries where section.key == "chips" {
            for (entry, chip) in readNamed(section, LineFields.chip, .chips) where chip.isWhole {
                context.chips[entry.key] = chip.value
            }
        }
        for section in entries {
            switch section.key {
            case "inputs": description.lines += readNamed(section, LineFields.input, .lines, "input").map(\.1)
            case "outputs": description.lines += readNamed(section, LineFields.output, .lines, "output").map(\.1)
            case "buses": description.buses = readNamed(section, DeviceFields.bus, .buses).map(\.1)
            case "ports": description.ports = readNamed(section, DeviceFields.port, .ports).map(\.1)
            case "sensors": description.sensors = readNamed(section, DeviceFields.sensor, .sensors).map(\.1)
            case "points": description.points = readNamed(section, DeviceFields.point, .points).map(\.1)
            case "readers": description.readers = readNamed(section, ReaderFields.reader, .readers).map(\.1)
            case "doors": description.doors = readNamed(section, DoorFields.door, .doors).map(\.1)
            case "card_formats":
                description.cardFormats = readNamed(section, ReaderFields.format, .cardFormats).map(\.1)
            case "areas": description.areas = readNamed(section, AccessFields.area, .areas).map(\.1)
            case "interlocks":
                description.interlocks = readNamed(section, AccessFields.interlock, .interlocks).map(\.1)
            case "holidays": description.holidays = readNamed(section, AccessFields.holiday, .holidays).map(\.1)
            case "detectors": description.detectors = readNamed(section, SafetyFields.detector, .detectors).map(\.1)
            case "lifts": description.lifts = readNamed(section, LiftFields.lift, .lifts).map(\.1)
            case "effects": description.effects = readNamed(section, SafetyFields.effect, .effects).map(\.1)
            case "schedules": description.schedules = readNamed(section, AccessFields.schedule, .schedules).map(\.1)
            case "credentials":
                description.credentials = readList(
                    section, CredentialFields.credential, "credential", example: "- tag: \"01020F7A5C\"")
            case "clients": description.clients = readNamed(section, PrincipalFields.client, .clients).map(\.1)
            case "local_users":
                description.localUsers = readList(
                    section, PrincipalFields.localUser, "local user", example: "- group: 44")
            case "console_users":
                description.consoleUsers = readNamed(
                    section, PrincipalFields.consoleUser, .consoleUsers
                ).map(\.1)
            default: break
            }
        }
        for format in context.usedBuiltInFormats {
            let places = RecordPlaces(whole: SourceRange(start: SourceLocation(line: 1, column: 1)))
            description.cardFormats.append(
                Described(name: string(format.name), value: format, isWhole: true, places: places))
        }
    }

    /// Reads each entry of a section. Entries whose names could not be declared are read for their problems alone, so
    /// that places stay those of the names.
    private func readNamed<Value>(
        _ section: YamlEntry, _ record: Record<Value>, _ table: NamedTable, _ singular: String? = nil
    ) -> [(YamlEntry, Described<Value>)] {
        var found: [(YamlEntry, Described<Value>)] = []
        for entry in named(section) {
            context.subject = "\(singular ?? table.singular) '\(entry.key)'"
            let (value, places) = record.read(entry.value, whole: entry.keyRange, context)
            context.subject = ""
            let isDeclared = context.entries(table).contains { $0.name == entry.key && $0.range == entry.keyRange }
            guard isDeclared else { continue }
            let described = Described(
                name: entry.key, value: value ?? record.make(), isWhole: value != nil, places: places)
            found.append((entry, described))
        }
        return found
    }

    private func readList<Value>(
        _ section: YamlEntry, _ record: Record<Value>, _ singular: String, example: String
    ) -> [Described<Value>] {
        guard case .sequence(let nodes) = section.value.content else {
            if !section.value.isNull {
                context.report(
                    at: section.value.range, "\(section.value.kindName) stands where a list is wanted",
                    remedy: "write each as '\(example)', with its other keys below")
            }
            return []
        }
        return nodes.enumerated().map { index, node in
            context.subject = "\(singular) \(index + 1)"
            defer { context.subject = "" }
            let (value, places) = record.read(node, whole: node.range, context)
            return Described(
                name: "\(index + 1)", value: value ?? record.make(), isWhole: value != nil, places: places)
        }
    }
}
