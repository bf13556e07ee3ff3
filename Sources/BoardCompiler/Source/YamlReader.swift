// The event interface of libyaml, which Yams carries. Yams' own tree expands aliases, and stops at the first duplicate
// key without saying where the second one is; strict checking needs neither.
internal import CYaml
import Yams

/// Reads a text into a tree of `YamlNode`, refusing what a description of hardware has no use for: anchors and aliases,
/// tags, several documents, keys that are not plain texts, keys that come twice.
enum YamlReader {
    /// Bytes of a file at the most.
    static let byteLimit = 4 << 20
    /// Levels of nesting at the most.
    static let depthLimit = 24
    /// Values in a file at the most.
    static let nodeLimit = 500_000

    /// - Returns: the root, or `nil` where the text is no YAML at all or is too large; `problems` then says why.
    static func read(_ text: String, into problems: ProblemList) -> YamlNode? {
        guard text.utf8.count <= byteLimit else {
            problems.report(
                at: SourceRange(start: SourceLocation(line: 1, column: 1)),
                "the file has \(text.utf8.count) bytes; at most \(byteLimit) are read",
                remedy: "split what it describes, or load credentials over Warden Link instead of listing them here")
            return nil
        }
        var utf8 = Array(text.utf8)
        // libyaml reads the bytes in place, so they must stay where they are while the parser lives.
        return utf8.withUnsafeMutableBufferPointer { bytes in
            var parser = EventReader(bytes: UnsafeBufferPointer(bytes), text: text, problems: problems)
            defer { parser.close() }
            return parser.document()
        }
    }
}

/// Walks the events of one text. Any failure ends the walk; problems that leave the structure intact do not.
private struct EventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let problems: ProblemList
    private let text: String
    private var nodes = 0

    private struct Stop: Error {}

    private enum Event {
        case alias(String, SourceRange)
        case scalar(YamlNode)
        case sequenceStart(SourceRange)
        case mappingStart(SourceRange)
        case end
        case documentStart(SourceRange)
        case documentEnd
        case streamStart
        case streamEnd
    }

    init(bytes: UnsafeBufferPointer<UInt8>, text: String, problems: ProblemList) {
        parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        self.text = text
        self.problems = problems
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    func close() {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func document() -> YamlNode? {
        do {
            guard case .streamStart = try next() else { return nil }
            guard case .documentStart = try next() else {
                problems.report(
                    at: SourceRange(start: SourceLocation(line: 1, column: 1)), "the file is empty",
                    remedy: "start with 'board: NAME'; 'wardenctl board new' writes a commented file")
                return nil
            }
            let root = try node(from: next(), depth: 1)
            _ = try next()
            if case .documentStart(let range) = try next() {
                problems.report(
                    at: range, "a second document begins here", remedy: "keep one document in a file; remove the '---'")
            }
            return root
        } catch {
            return nil
        }
    }

    private mutating func node(from event: Event, depth: Int) throws(Stop) -> YamlNode {
        nodes += 1
        switch event {
        case .scalar(let node):
            if nodes > YamlReader.nodeLimit { throw tooMuch(at: node.range) }
            return node
        case .alias(let name, let range):
            problems.report(
                at: range, "'*\(name)' refers to an anchor; anchors are not read here",
                remedy: "write the value out, or quote it if the asterisk is part of it")
            return YamlNode(content: .scalar("", isQuoted: true), range: range)
        case .sequenceStart(let range):
            try check(depth, at: range)
            var children: [YamlNode] = []
            while true {
                let event = try next()
                if case .end = event { return YamlNode(content: .sequence(children), range: range) }
                children.append(try node(from: event, depth: depth + 1))
            }
        case .mappingStart(let range):
            try check(depth, at: range)
            return YamlNode(content: .mapping(try entries(depth: depth)), range: range)
        case .end, .documentStart, .documentEnd, .streamStart, .streamEnd:
            throw Stop()
        }
    }

    private mutating func entries(depth: Int) throws(Stop) -> [YamlEntry] {
        var entries: [YamlEntry] = []
        var first: [String: SourceRange] = [:]
        while true {
            let event = try next()
            if case .end = event { return entries }
            let key = try node(from: event, depth: depth + 1)
            let value = try node(from: next(), depth: depth + 1)
            guard let name = key.scalar else {
                problems.report(
                    at: key.range, "a key must be a plain text, not \(key.kindName)", remedy: "write 'name: value'")
                continue
            }
            if let before = first[name] {
                problems.report(
                    at: key.range, "'\(name)' comes twice; it is already in line \(before.start.line)",
                    remedy: "keep one of them, or give them different names")
                continue
            }
            first[name] = key.range
            entries.append(YamlEntry(key: name, keyRange: key.range, value: value))
        }
    }

    private func check(_ depth: Int, at range: SourceRange) throws(Stop) {
        if nodes > YamlReader.nodeLimit { throw tooMuch(at: range) }
        guard depth > YamlReader.depthLimit else { return }
        reportDepth(at: range)
        throw Stop()
    }

    private func reportDepth(at range: SourceRange) {
        problems.report(
            at: range, "nested more than \(YamlReader.depthLimit) levels deep",
            remedy: "no field needs so many levels; look for a bracket or brace that is not closed")
    }

    private func tooMuch(at range: SourceRange) -> Stop {
        problems.report(
            at: range, "the file has more than \(YamlReader.nodeLimit) values",
            remedy: "load credentials over Warden Link instead of listing them here")
        return Stop()
    }

    private func next() throws(Stop) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxProblem() }
        defer { yaml_event_delete(&event) }
        let range = range(event.start_mark, event.end_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart(range)
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor), range)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            refuse(anchor: scalar.anchor, tag: scalar.tag, at: range)
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let content = YamlNode.Content.scalar(
                String(decoding: bytes, as: UTF8.self), isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
            return .scalar(YamlNode(content: content, range: range))
        case YAML_SEQUENCE_START_EVENT:
            let sequence = event.data.sequence_start
            refuse(anchor: sequence.anchor, tag: sequence.tag, at: range)
            return .sequenceStart(range)
        case YAML_MAPPING_START_EVENT:
            let mapping = event.data.mapping_start
            refuse(anchor: mapping.anchor, tag: mapping.tag, at: range)
            return .mappingStart(range)
        default: return .end
        }
    }

    private func refuse(
        anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, at range: SourceRange
    ) {
        if let anchor {
            problems.report(
                at: range, "'&\(string(anchor))' makes an anchor; anchors are not read here",
                remedy: "remove it, or quote the value if the ampersand is part of it")
        }
        if let tag {
            problems.report(
                at: range, "'\(string(tag))' is a tag; tags are not read here",
                remedy: "remove it, or quote the value if the exclamation mark is part of it")
        }
    }

    private func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String {
        bytes.map { String(cString: $0) } ?? ""
    }

    private func range(_ start: yaml_mark_t, _ end: yaml_mark_t) -> SourceRange {
        let location = SourceLocation(line: Int(start.line) + 1, column: Int(start.column) + 1)
        return SourceRange(start: location, length: start.line == end.line ? Int(end.column) - Int(start.column) : 1)
    }

    /// The parser's own complaint, with what it usually comes from.
    private func syntaxProblem() -> Stop {
        let complaint = parser.pointee.problem.map { String(cString: $0) } ?? "not valid YAML"
        let context = parser.pointee.context.map { " (\(String(cString: $0)))" } ?? ""
        if parser.pointee.error == YAML_READER_ERROR {
            let before = text.utf8.prefix(parser.pointee.problem_offset)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
            problems.report(
                at: SourceRange(start: SourceLocation(line: line, column: column)), complaint,
                remedy: "remove the character; in double quotes it can be written as \\u followed by four digits")
            return Stop()
        }
        let mark = parser.pointee.problem_mark
        if complaint.contains("nesting level") {
            reportDepth(at: range(mark, mark))
            return Stop()
        }
        let remedy: String
        switch complaint {
        case let text where text.contains("cannot start any token"):
            remedy = "quote the value; a tab cannot indent, use blanks"
        case let text where text.contains("mapping values are not allowed"):
            remedy = "look for a missing line break, a wrong indentation, or a ': ' in a text that needs quotes"
        case let text where text.contains("did not find expected"):
            remedy = "look for a wrong indentation or a bracket, brace or quote that is not closed, here or just above"
        case let text where text.contains("could not find expected ':'"):
            remedy = "put a ':' and a blank after the key, here or in the line above"
        default: remedy = "look at the punctuation and the indentation here and just above"
        }
        problems.report(at: range(mark, mark), "not valid YAML: \(complaint)\(context)", remedy: remedy)
        return Stop()
    }
}
