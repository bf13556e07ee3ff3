/// Swift names for names of the schema.
enum Names {
    /// "warden/v1/board.proto" becomes "BoardMessages.swift".
    static func outputFile(of protoFile: String) -> String {
        let file = protoFile.split(separator: "/").last ?? ""
        return upperCamel(file.prefix { $0 != "." }) + "Messages.swift"
    }

    /// "unlock_ms" becomes "unlockMs".
    static func lowerCamel(_ name: some StringProtocol) -> String {
        let camel = upperCamel(name)
        return camel.prefix(1).lowercased() + camel.dropFirst()
    }

    /// The enum of a oneof: "kind" becomes "Kind".
    static func oneofType(_ name: String) throws -> String {
        let type = upperCamel(name)
        guard !["Protocol", "Type", "Self"].contains(type) else {
            throw SchemaError(name, "a nested type of this name cannot be written in Swift; name the oneof otherwise")
        }
        return type
    }

    /// "lock_kind" becomes "LockKind".
    static func upperCamel(_ name: some StringProtocol) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// "LOCK_KIND_STRIKE_FAIL_SAFE" of the enum "LockKind" becomes "strikeFailSafe".
    static func enumCase(_ value: String, of schemaEnum: String) throws -> String {
        var prefix = ""
        for character in schemaEnum {
            if character.isUppercase && !prefix.isEmpty { prefix += "_" }
            prefix += character.uppercased()
        }
        prefix += "_"
        guard value.hasPrefix(prefix), value.count > prefix.count else {
            throw SchemaError("\(schemaEnum).\(value)", "the name of an enum value starts with \(prefix)")
        }
        return lowerCamel(value.dropFirst(prefix.count).lowercased())
    }

    /// In backticks where Swift would read a keyword.
    static func escaped(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

    private static let keywords: Set<String> = [
        "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
        "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import",
        "in",
        "init", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public",
        "repeat", "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws",
        "true", "try", "typealias", "var", "where", "while",
    ]
}
