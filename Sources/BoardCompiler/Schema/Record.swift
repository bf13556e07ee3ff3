/// What the reference and the editors' schema say about one field.
struct FieldDocumentation: Sendable {
    var key: String
    /// How the value is written.
    var summary: String
    var isRequired: Bool
    /// The value where the key is left out, as it would be written; `nil` where there is none.
    var defaultText: String?
    var example: String
    /// What the field is for, in whole sentences.
    var explanation: String
    var schema: JSONValue
    /// The fields of the value, where it is a mapping or a list of mappings.
    var nested: RecordDocumentation?
}

/// What the reference and the editors' schema say about a mapping.
struct RecordDocumentation: Sendable {
    struct Variant: Sendable {
        var word: String
        var explanation: String
        var fields: [FieldDocumentation]
    }

    var fields: [FieldDocumentation]
    /// The key whose word decides which further fields there are; empty where none does.
    var variantKey = ""
    var variantExplanation = ""
    var variants: [Variant] = []

    var schema: JSONValue {
        func properties(_ fields: [FieldDocumentation]) -> [(String, JSONValue)] {
            fields.map { field in
                guard case .members(var members) = field.schema else { return (field.key, field.schema) }
                members.append(.init(key: "description", value: .string(field.explanation)))
                if let text = field.defaultText {
                    members.append(.init(key: "default", value: .string(text)))
                }
                return (field.key, .members(members))
            }
        }
        func required(_ fields: [FieldDocumentation]) -> [JSONValue] {
            fields.filter(\.isRequired).map { .string($0.key) }
        }
        if variants.isEmpty {
            return .object([
                ("type", .string("object")), ("additionalProperties", .boolean(false)),
                ("required", .array(required(fields))), ("properties", .object(properties(fields))),
            ])
        }
        // One complete alternative for each word: editors then offer exactly the keys that belong together.
        return .object([
            ("type", .string("object")), ("required", .array([.string(variantKey)])),
            (
                "oneOf",
                .array(
                    variants.map { variant in
                        let word = JSONValue.object([
                            ("const", .string(variant.word)), ("description", .string(variant.explanation)),
                        ])
                        return .object([
                            ("additionalProperties", .boolean(false)),
                            ("required", .array([.string(variantKey)] + required(fields + variant.fields))),
                            ("properties", .object([(variantKey, word)] + properties(fields + variant.fields))),
                        ])
                    })
            ),
        ])
    }
}

/// Where the keys of a mapping stand, for checks that compare several fields.
struct RecordPlaces {
    /// The mapping as a whole: its name or its first key.
    var whole: SourceRange
    var keys: [String: SourceRange] = [:]
    var values: [String: SourceRange] = [:]

    /// The value of a key, or the whole where the key was left out.
    subscript(_ key: String) -> SourceRange { values[key] ?? whole }
}

/// One key of a mapping and what becomes of its value.
struct Field<Target>: Sendable {
    var documentation: FieldDocumentation
    /// Reads the value into the target; `false` after a report.
    var read: @Sendable (YamlNode, ReadingContext, inout Target) -> Bool

    /// A key that must be there.
    static func required<Value>(
        _ key: String, _ kind: ValueKind<Value>, example: String, _ explanation: String,
        set: @escaping @Sendable (inout Target, Value) -> Void
    ) -> Field {
        Field(key, kind, isRequired: true, defaultText: nil, example: example, explanation, set: set)
    }

    /// A key that may be left out: the default, written as in a file, is then read in its place; without a default the
    /// target stays as it is.
    static func optional<Value>(
        _ key: String, _ kind: ValueKind<Value>, default defaultText: String? = nil, example: String,
        _ explanation: String, set: @escaping @Sendable (inout Target, Value) -> Void
    ) -> Field {
        Field(key, kind, isRequired: false, defaultText: defaultText, example: example, explanation, set: set)
    }

    private init<Value>(
        _ key: String, _ kind: ValueKind<Value>, isRequired: Bool, defaultText: String?, example: String,
        _ explanation: String, set: @escaping @Sendable (inout Target, Value) -> Void
    ) {
        documentation = FieldDocumentation(
            key: key, summary: kind.summary, isRequired: isRequired, defaultText: defaultText, example: example,
            explanation: explanation, schema: kind.schema, nested: kind.nested)
        read = { node, context, target in
            guard let value = kind.read(node, context) else { return false }
            set(&target, value)
            return true
        }
    }

    /// The same field of a larger target.
    func embedded<Outer>(
        get: @escaping @Sendable (Outer) -> Target, set: @escaping @Sendable (inout Outer, Target) -> Void
    ) -> Field<Outer> {
        Field<Outer>(
            documentation: documentation,
            read: { node, context, outer in
                var target = get(outer)
                guard read(node, context, &target) else { return false }
                set(&outer, target)
                return true
            })
    }

    private init(
        documentation: FieldDocumentation,
        read: @escaping @Sendable (YamlNode, ReadingContext, inout Target) -> Bool
    ) {
        self.documentation = documentation
        self.read = read
    }
}

/// A mapping with known keys.
struct Record<Target>: Sendable {
    struct Variant: Sendable {
        var word: String
        var explanation: String
        /// Prepares the target for this variant's fields.
        var begin: @Sendable (inout Target) -> Void
        var fields: [Field<Target>]

        init(
            _ word: String, _ explanation: String, begin: @escaping @Sendable (inout Target) -> Void = { _ in },
            fields: [Field<Target>] = []
        ) {
            self.word = word
            self.explanation = explanation
            self.begin = begin
            self.fields = fields
        }
    }

    var make: @Sendable () -> Target
    var fields: [Field<Target>]
    var variantKey: String
    var variantExplanation: String
    var variants: [Variant]
    /// Compares the fields once all were read; reports and returns `false` where they do not go together.
    var finish: (@Sendable (inout Target, RecordPlaces, ReadingContext) -> Bool)?

    init(
        make: @escaping @Sendable () -> Target, fields: [Field<Target>], variantKey: String = "",
        variantExplanation: String = "",
        variants: [Variant] = [],
        finish: (@Sendable (inout Target, RecordPlaces, ReadingContext) -> Bool)? = nil
    ) {
        self.finish = finish
        self.make = make
        self.fields = fields
        self.variantKey = variantKey
        self.variantExplanation = variantExplanation
        self.variants = variants
    }

    var documentation: RecordDocumentation {
        RecordDocumentation(
            fields: fields.map(\.documentation), variantKey: variantKey, variantExplanation: variantExplanation,
            variants: variants.map {
                .init(word: $0.word, explanation: $0.explanation, fields: $0.fields.map(\.documentation))
            })
    }

    /// Reads a mapping. Every field is looked at, even after a problem.
    ///
    /// - Parameter whole: what to point at where something is missing.
    /// - Returns: `nil` after any report; the places are whole in any case.
    func read(_ node: YamlNode, whole: SourceRange, _ context: ReadingContext) -> (
        target: Target?, places: RecordPlaces
    ) {
        var places = RecordPlaces(whole: whole)
        let entries: [YamlEntry]
        switch node.content {
        case .mapping(let found): entries = found
        case .scalar where node.isNull: entries = []
        default:
            context.report(
                node, "\(node.kindName) stands where keys and values are wanted",
                remedy: "write " + exampleLines)
            return (nil, places)
        }
        for entry in entries {
            places.keys[entry.key] = entry.keyRange
            places.values[entry.key] = entry.value.isNull ? entry.keyRange : entry.value.range
        }
        var target = make()
        var isWhole = true
        var allowed = fields
        var unchosen = false
        if !variantKey.isEmpty {
            if let entry = entries.first(where: { $0.key == variantKey }) {
                if let variant = variant(visible(entry), context) {
                    variant.begin(&target)
                    allowed += variant.fields
                } else {
                    unchosen = true
                }
            } else {
                let words = variants.map(\.word).joined(separator: ", ")
                context.report(
                    at: whole, "'\(variantKey)' is missing", remedy: "add '\(variantKey):' and one of \(words)")
                unchosen = true
            }
        }
        if unchosen { isWhole = false }
        for entry in entries where entry.key != variantKey {
            if allowed.contains(where: { $0.documentation.key == entry.key }) { continue }
            // With the variant unknown its fields are unknown too, and no mistake.
            if unchosen, variants.contains(where: { $0.fields.contains { $0.documentation.key == entry.key } }) {
                continue
            }
            reportUnknown(entry, allowed: allowed.map(\.documentation.key), context)
            isWhole = false
        }
        for field in allowed {
            let key = field.documentation.key
            if let entry = entries.first(where: { $0.key == key }) {
                if !field.read(visible(entry), context, &target) { isWhole = false }
            } else if field.documentation.isRequired {
                context.report(
                    at: whole, "'\(key)' is missing",
                    remedy: "add '\(key): \(field.documentation.example)': \(field.documentation.explanation)")
                isWhole = false
            } else if let text = field.documentation.defaultText {
                let node = YamlNode(content: .scalar(text, isQuoted: false), range: whole)
                if !field.read(node, context, &target) { isWhole = false }
            }
        }
        if isWhole, let finish { isWhole = finish(&target, places, context) }
        return (isWhole ? target : nil, places)
    }

    /// The value, or where nothing stands behind the colon the key: there is something to point at.
    private func visible(_ entry: YamlEntry) -> YamlNode {
        entry.value.isNull ? YamlNode(content: entry.value.content, range: entry.keyRange) : entry.value
    }

    private func variant(_ node: YamlNode, _ context: ReadingContext) -> Variant? {
        let words = variants.map(\.word)
        guard let word = node.scalar, !node.isNull else {
            context.report(
                node, "\(node.kindName) stands where one of \(words.joined(separator: ", ")) is wanted",
                remedy: "write one of them")
            return nil
        }
        if let variant = variants.first(where: { $0.word == word }) { return variant }
        context.report(
            node, "'\(word)' is not one of \(words.joined(separator: ", "))",
            remedy: Suggestion.remedy(for: word, among: words, kind: "values"))
        return nil
    }

    private func reportUnknown(_ entry: YamlEntry, allowed: [String], _ context: ReadingContext) {
        let owner = variants.first { $0.fields.contains { $0.documentation.key == entry.key } }
        if let owner {
            context.report(
                at: entry.keyRange, "'\(entry.key)' belongs to '\(variantKey): \(owner.word)'",
                remedy: "remove it, or change '\(variantKey)'")
            return
        }
        let known = (variantKey.isEmpty ? [] : [variantKey]) + allowed
        context.report(
            at: entry.keyRange, "unknown key '\(entry.key)'",
            remedy: Suggestion.remedy(for: entry.key, among: known, kind: "keys"))
    }

    /// The required keys with their examples, on one line.
    private var exampleLines: String {
        let keys =
            (variants.first.map { ["\(variantKey): \($0.word)"] } ?? [])
            + fields.filter(\.documentation.isRequired).map { "\($0.documentation.key): \($0.documentation.example)" }
        return "{ "
            + (keys.isEmpty ? fields.prefix(1).map { "\($0.documentation.key): \($0.documentation.example)" } : keys)
            .joined(separator: ", ") + " }"
    }
}

extension ValueKind {
    /// A mapping of its own.
    static func record(_ record: Record<Value>, summary: String) -> ValueKind {
        var kind = ValueKind(summary: summary, schema: record.documentation.schema) { node, context in
            record.read(node, whole: node.range, context).target
        }
        kind.nested = record.documentation
        return kind
    }

    /// Several values: a list, or a single value standing for a list of one.
    static func list<Element>(
        of element: ValueKind<Element>, _ count: ClosedRange<Int>, allowsSingle: Bool = true
    ) -> ValueKind where Value == [Element] {
        let list = JSONValue.object([
            ("type", .string("array")), ("items", element.schema), ("minItems", .integer(count.lowerBound)),
            ("maxItems", .integer(count.upperBound)),
        ])
        let schema = allowsSingle ? JSONValue.object([("anyOf", .array([list, element.schema]))]) : list
        let summary = "list of up to \(count.upperBound): \(element.summary)"
        var kind = ValueKind(summary: summary, schema: schema) { node, context in
            let children: [YamlNode]
            switch node.content {
            case .sequence(let found): children = found
            case _ where allowsSingle && !node.isNull: children = [node]
            default:
                context.report(
                    node, "\(node.kindName) stands where a list is wanted",
                    remedy: "write '[a, b]', or one '- …' a line")
                return nil
            }
            guard count.contains(children.count) else {
                context.report(
                    node, "the list has \(children.count) entries",
                    remedy: "write \(count.lowerBound) to \(count.upperBound) entries")
                return nil
            }
            let values = children.map { element.read($0, context) }
            return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
        }
        kind.nested = element.nested
        return kind
    }
}
