/// The reference of board files and the schema for editors, both from the tables that the compiler reads files with.
public enum BoardReference {
    public static var jsonSchema: JSONValue {
        let top = BoardFields.top.documentation.schema
        guard case .members(var members) = top, case .members(var properties)? = top["properties"] else { return top }
        for section in BoardSection.all {
            let entries: JSONValue =
                section.isNamed
                ? .object([
                    ("type", .array([.string("object"), .string("null")])),
                    ("description", .string(section.explanation)),
                    ("propertyNames", .object([("pattern", .string(NameRule.pattern)), ("maxLength", .integer(32))])),
                    ("additionalProperties", section.record.schema),
                ])
                : .object([
                    ("type", .array([.string("array"), .string("null")])),
                    ("description", .string(section.explanation)), ("items", section.record.schema),
                ])
            properties.append(.init(key: section.key, value: entries))
        }
        members = members.map { $0.key == "properties" ? .init(key: "properties", value: .members(properties)) : $0 }
        let head: [JSONValue.Member] = [
            .init(key: "$schema", value: .string("http://json-schema.org/draft-07/schema#")),
            .init(key: "title", value: .string("Warden board file")),
        ]
        return .members(head + members)
    }

    public static var markdown: String {
        var text = introduction
        text += "\n## The top of the file\n\n" + table(BoardFields.top.documentation.fields)
        text += nested(of: BoardFields.top.documentation.fields)
        for section in BoardSection.all {
            text += "\n## `\(section.key)`: \(section.title)\n\n\(section.explanation)\n"
            text += section.isNamed ? "" : "\nA list; entries have no names.\n"
            text += example(of: section)
            if !section.record.variantKey.isEmpty {
                text += "\nEvery entry has `\(section.record.variantKey)`. \(section.record.variantExplanation)\n"
            }
            if !section.record.fields.isEmpty { text += "\n" + table(section.record.fields) }
            text += nested(of: section.record.fields)
            for variant in section.record.variants {
                text += "\n### `\(section.record.variantKey): \(variant.word)`\n\n\(variant.explanation)\n"
                if !variant.fields.isEmpty { text += "\n" + table(variant.fields) }
                text += nested(of: variant.fields)
            }
        }
        text += units
        return text
    }

    private static let introduction = """
        # Board files

        <!-- Written by `wardenctl board reference`; edit the field tables in Sources/BoardCompiler instead. -->

        A board file says what a board is wired to and what it does. `wardenctl board check FILE` finds everything that is
        wrong with it at once, each with the line and what would be right; `wardenctl board build FILE` compiles it to the
        image that the runtime reads; `wardenctl board explain FILE` shows what it means.

        `lobby.yaml` is the one to read first. For completion and checking while typing, editors with a YAML language server
        find the schema by this first line:

        ```yaml
        # yaml-language-server: $schema=board.schema.json
        ```

        Things refer to each other by name, in any order. Amounts carry their unit: `5 s`, `250 ms`, `1 min 30 s`,
        `0.15 dB/m`, `4.096 V`, `200 Hz`. An amount that the board cannot hold exactly is refused, never rounded.
        Anchors, tags and several documents in one file are refused.

        """

    private static func table(_ fields: [FieldDocumentation]) -> String {
        var text = "| key | value | without it | meaning | example |\n| --- | --- | --- | --- | --- |\n"
        for field in fields {
            let absent =
                field.isRequired ? "**required**" : field.defaultText.map { $0 == "~" ? "defaults" : "`\($0)`" } ?? "—"
            let cells = ["`\(field.key)`", field.summary, absent, field.explanation, "`\(field.example)`"]
            text += "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
        }
        return text
    }

    private static func nested(of fields: [FieldDocumentation]) -> String {
        fields.compactMap { field in
            field.nested.map { "\nKeys of `\(field.key)`:\n\n" + table($0.fields) + nested(of: $0.fields) }
        }.joined()
    }

    private static func example(of section: BoardSection) -> String {
        let variant = section.record.variants.first
        var lines: [String] = []
        if let variant { lines.append("\(section.record.variantKey): \(variant.word)") }
        for field in section.record.fields + (variant?.fields ?? [])
        where field.isRequired || section.shown.contains(field.key) || section.record.fields.count <= 4 {
            lines.append("\(field.key): \(field.example)")
        }
        let body =
            section.isNamed
            ? "  name:\n" + lines.map { "    " + $0 }.joined(separator: "\n")
            : "  - " + lines.joined(separator: "\n    ")
        return "\n```yaml\n\(section.key):\n\(body)\n```\n"
    }

    private static var units: String {
        var text = "\n## Units of points\n\n| `unit` | what it is | written as |\n| --- | --- | --- |\n"
        for unit in PointUnitDescription.all {
            let symbols = unit.dimension.units.flatMap(\.symbols).filter { !$0.isEmpty }.map { "`\($0)`" }
            text += "| `\(unit.symbol)` | \(unit.explanation) | "
            text += (symbols.isEmpty ? "a number alone" : symbols.joined(separator: ", ")) + " |\n"
        }
        return text
    }
}
