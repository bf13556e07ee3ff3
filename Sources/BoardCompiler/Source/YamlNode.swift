/// A piece of a YAML file with its place. Scalars stay text: what a text means is decided by the field that wants it,
/// never guessed from its look.
struct YamlNode: Sendable {
    indirect enum Content: Sendable {
        case scalar(String, isQuoted: Bool)
        case sequence([YamlNode])
        case mapping([YamlEntry])
    }

    var content: Content
    var range: SourceRange

    var scalar: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// Nothing after the colon, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let text, isQuoted: false) = content else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// "a text", "a list", "a mapping", "nothing": for messages.
    var kindName: String {
        switch content {
        case .scalar: isNull ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

struct YamlEntry: Sendable {
    var key: String
    var keyRange: SourceRange
    var value: YamlNode
}
