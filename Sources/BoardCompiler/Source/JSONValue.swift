/// JSON that keeps the order of its keys, for output that people read and tools compare.
public indirect enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case members([Member])

    public struct Member: Equatable, Sendable {
        public var key: String
        public var value: JSONValue
    }

    public static func object(_ pairs: [(String, JSONValue)]) -> JSONValue {
        .members(pairs.map { Member(key: $0.0, value: $0.1) })
    }

    /// The value of a key of an object; `nil` for anything else.
    public subscript(_ key: String) -> JSONValue? {
        guard case .members(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    /// Without line breaks, for one object a line.
    public var line: String {
        switch self {
        case .array(let values): "[" + values.map(\.line).joined(separator: ", ") + "]"
        case .members(let members):
            "{" + members.map { "\(JSONValue.quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
        default: scalar
        }
    }

    /// Indented by two blanks a level; short arrays of plain values stay on one line.
    public func text(indentation: Int = 0) -> String {
        let inner = String(repeating: " ", count: indentation + 2)
        let outer = String(repeating: " ", count: indentation)
        switch self {
        case .array(let values):
            if values.isEmpty { return "[]" }
            if values.allSatisfy(\.isScalar), line.count <= 100 { return line }
            let items = values.map { inner + $0.text(indentation: indentation + 2) }
            return "[\n" + items.joined(separator: ",\n") + "\n\(outer)]"
        case .members(let members):
            if members.isEmpty { return "{}" }
            let items = members.map {
                "\(inner)\(JSONValue.quoted($0.key)): \($0.value.text(indentation: indentation + 2))"
            }
            return "{\n" + items.joined(separator: ",\n") + "\n\(outer)}"
        default: return scalar
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .members: false
        default: true
        }
    }

    private var scalar: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .string(let value): JSONValue.quoted(value)
        case .array, .members: ""
        }
    }

    /// The text in quotes, with what RFC 8259 section 7 asks to escape escaped.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case let control where control.value < 0x20 || control.value == 0x7F:
                let digits = String(control.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
