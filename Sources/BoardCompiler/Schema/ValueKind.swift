import HardwareInterface

/// How one field's value is written, checked and described: the single source of the reader, the reference and the
/// editors' schema.
struct ValueKind<Value>: Sendable {
    /// "duration from 100 ms to 10 min": for the reference, and for "is not …" in messages.
    var summary: String
    /// JSON schema of the value.
    var schema: JSONValue
    /// The fields of the value, where it is a mapping.
    var nested: RecordDocumentation?
    /// Reads a value; reports what is wrong with it and returns `nil` then.
    var read: @Sendable (YamlNode, ReadingContext) -> Value?

    init(
        summary: String, schema: JSONValue, nested: RecordDocumentation? = nil,
        read: @escaping @Sendable (YamlNode, ReadingContext) -> Value?
    ) {
        self.summary = summary
        self.schema = schema
        self.nested = nested
        self.read = read
    }

    /// The same way of writing, with the value turned into another.
    func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> ValueKind<Other> {
        ValueKind<Other>(summary: summary, schema: schema, nested: nested) { node, context in
            read(node, context).map(transform)
        }
    }
}

extension ValueKind {
    /// The text of a scalar, or a report that there is none.
    fileprivate static func text(_ node: YamlNode, _ context: ReadingContext, wanted: String) -> String? {
        if node.isNull {
            context.report(node, "the value is missing", remedy: "write \(wanted), or remove the key")
            return nil
        }
        guard let text = node.scalar else {
            context.report(node, "\(node.kindName) stands where a single value is wanted", remedy: "write \(wanted)")
            return nil
        }
        return text
    }
}

extension ValueKind<String> {
    /// Free text of a limited length in UTF-8.
    static func text(maximumBytes: Int) -> ValueKind {
        let summary = "text of up to \(maximumBytes) bytes"
        let schema = JSONValue.object([("type", .string("string")), ("maxLength", .integer(maximumBytes))])
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = text(node, context, wanted: "a text") else { return nil }
            guard text.utf8.count <= maximumBytes else {
                context.report(
                    node, "the text has \(text.utf8.count) bytes; at most \(maximumBytes) fit",
                    remedy: "shorten it by \(text.utf8.count - maximumBytes) bytes; a Chinese character takes three")
                return nil
            }
            guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                context.report(
                    node, "the text holds a line break or another control character",
                    remedy: "write it on one line of plain characters")
                return nil
            }
            return text
        }
    }

    /// A name by which other parts of the file refer to this one.
    static var name: ValueKind {
        let schema = JSONValue.object([("type", .string("string")), ("pattern", .string(NameRule.pattern))])
        return ValueKind(summary: NameRule.summary, schema: schema) { node, context in
            guard let text = text(node, context, wanted: "a name") else { return nil }
            return context.checkedName(text, at: node.range) ? text : nil
        }
    }
}

extension ValueKind<Bool> {
    /// `true` or `false`.
    static var flag: ValueKind {
        ValueKind(summary: "`true` or `false`", schema: .object([("type", .string("boolean"))])) { node, context in
            guard let text = text(node, context, wanted: "true or false") else { return nil }
            switch text {
            case "true": return true
            case "false": return false
            default:
                let meant = ["yes", "on", "1", "y"].contains(text.lowercased()) ? "true" : "false"
                context.report(node, "'\(text)' is neither true nor false", remedy: "write \(meant)")
                return nil
            }
        }
    }
}

/// One of the words that a field allows.
struct Choice<Value: Sendable>: Sendable {
    var word: String
    var value: Value
    var explanation: String

    init(_ word: String, _ value: Value, _ explanation: String) {
        self.word = word
        self.value = value
        self.explanation = explanation
    }
}

extension ValueKind where Value: Sendable {
    /// One word of a list.
    static func choice(_ choices: [Choice<Value>]) -> ValueKind {
        let words = choices.map(\.word)
        let summary = choices.map { "`\($0.word)` (\($0.explanation))" }.joined(separator: ", ")
        let schema = JSONValue.object([
            ("enum", .array(words.map { word in word.allSatisfy(\.isNumber) ? .integer(Int(word)!) : .string(word) }))
        ])
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = text(node, context, wanted: words.joined(separator: " or ")) else { return nil }
            if let choice = choices.first(where: { $0.word == text }) { return choice.value }
            context.report(
                node, "'\(text)' is not one of \(words.joined(separator: ", "))",
                remedy: Suggestion.remedy(for: text, among: words, kind: "values"))
            return nil
        }
    }
}

extension ValueKind<Int64> {
    /// A whole number, decimal or with `0x`.
    static func integer(_ range: ClosedRange<Int64>, hexadecimal: Bool = false) -> ValueKind {
        let shown = { @Sendable (value: Int64) in hexadecimal ? "0x" + String(value, radix: 16) : "\(value)" }
        let summary = "whole number from \(shown(range.lowerBound)) to \(shown(range.upperBound))"
        let schema = JSONValue.object([
            ("type", .string("integer")), ("minimum", .integer(Int(range.lowerBound))),
            ("maximum", .integer(Int(range.upperBound))),
        ])
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = text(node, context, wanted: "a \(summary)") else { return nil }
            let lowered = text.lowercased()
            let value = lowered.hasPrefix("0x") ? Int64(lowered.dropFirst(2), radix: 16) : Int64(text)
            guard let value, !text.hasPrefix("+") else {
                context.report(node, "'\(text)' is not a whole number", remedy: "write a \(summary)")
                return nil
            }
            guard range.contains(value) else {
                context.report(
                    node, "\(text) is out of range", remedy: "write a \(summary)")
                return nil
            }
            return value
        }
    }

    /// An amount with its unit, in whole multiples of `step` base units; the value is the number of steps.
    ///
    /// - Parameters:
    ///   - step: base units in one step, such as 1,000 for milliseconds.
    ///   - range: in steps.
    ///   - zero: a word that may be written for 0, such as "never".
    static func quantity(
        _ dimension: Dimension, step: Int64 = 1, _ range: ClosedRange<Int64>, zero: String? = nil
    ) -> ValueKind {
        let lowest = dimension.format(range.lowerBound * step)
        let highest = dimension.format(range.upperBound * step)
        let summary = "\(dimension.name) from \(lowest) to \(highest)" + (zero.map { ", or `\($0)`" } ?? "")
        let number = "[-+]?[0-9]+(\\.[0-9]+)?"
        let term = "\(number) ?(\(dimension.symbolPattern))"
        let body = dimension.isSum ? "\(term)( ?\(term))*" : term
        let pattern = zero.map { "^(\($0)|\(body))$" } ?? "^\(body)$"
        let schema = JSONValue.object([("type", .string("string")), ("pattern", .string(pattern))])
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = text(node, context, wanted: "a \(summary)") else { return nil }
            if text == zero { return 0 }
            let amount: Int64
            do throws(Dimension.Failure) {
                amount = try dimension.parse(text)
            } catch {
                report(error, text: text, dimension: dimension, step: step, summary: summary, node, context)
                return nil
            }
            guard amount % step == 0 else {
                report(.tooFine, text: text, dimension: dimension, step: step, summary: summary, node, context)
                return nil
            }
            guard range.contains(amount / step) else {
                context.report(node, "\(text) is out of range", remedy: "write a \(summary)")
                return nil
            }
            return amount / step
        }
    }

    private static func report(
        _ failure: Dimension.Failure, text: String, dimension: Dimension, step: Int64, summary: String,
        _ node: YamlNode, _ context: ReadingContext
    ) {
        let symbols = dimension.symbols.joined(separator: ", ")
        switch failure {
        case .notANumber:
            context.report(node, "'\(text)' is not a \(dimension.name)", remedy: "write a \(summary)")
        case .missingUnit:
            context.report(
                node, "'\(text)' has no unit",
                remedy: "put one of \(symbols) behind the number, such as '\(text) \(dimension.usualSymbol)'")
        case .unknownUnit(let unit):
            let minutes = dimension == .duration && unit == "m" ? "; minutes are written min" : ""
            context.report(
                node, "'\(unit)' is not a unit of \(dimension.name)", remedy: "use one of \(symbols)\(minutes)")
        case .tooFine:
            context.report(
                node, "'\(text)' is finer than the board counts",
                remedy: "write a whole multiple of \(dimension.format(step))")
        case .tooLarge:
            context.report(node, "'\(text)' has too many digits", remedy: "write a \(summary)")
        }
    }
}

/// What a name may be.
enum NameRule {
    static let byteLimit = 32
    /// Without the classes of Unicode, which not every validator knows: anything but blanks and ASCII punctuation.
    static let pattern = #"^[^-\s!-,./:-@\[-^`{-~][^\s!-,./:-@\[-^`{-~]*$"#
    static let summary = "name of letters, digits, `_` and `-`, up to 32 bytes"

    /// What is wrong with a name, or `nil`.
    static func complaint(_ name: String) -> (message: String, remedy: String)? {
        if name.isEmpty { return ("a name is empty", "give it a name of letters, digits, '_' and '-'") }
        if name.utf8.count > byteLimit {
            return (
                "the name '\(name)' has \(name.utf8.count) bytes; at most \(byteLimit) fit",
                "shorten it by \(name.utf8.count - byteLimit) bytes"
            )
        }
        let isAllowed = { (character: Character) in
            character.isLetter || character.isNumber || character == "_" || character == "-"
        }
        if let odd = name.first(where: { !isAllowed($0) }) {
            let shown = odd == " " ? "a blank" : "'\(odd)'"
            let repaired = String(name.map { isAllowed($0) ? $0 : "_" })
            return (
                "the name '\(name)' holds \(shown)", "use letters, digits, '_' and '-' alone, such as '\(repaired)'"
            )
        }
        if name.first == "-" { return ("the name '\(name)' begins with '-'", "begin with a letter, a digit or '_'") }
        return nil
    }
}
