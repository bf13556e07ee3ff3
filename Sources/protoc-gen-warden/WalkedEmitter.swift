import SwiftProtobufPluginLibrary

/// Writes a message that is too large to hold: an enum of its entries, a walker that decodes one entry at a time, and the
/// encoding of one entry.
struct WalkedEmitter {
    let descriptor: Descriptor
    let entries: [(name: String, number: Int, tag: FieldModel, type: Descriptor)]

    init(_ message: Descriptor) throws {
        descriptor = message
        entries = try message.fields.sorted { $0.number < $1.number }.map { field in
            guard let type = field.messageType, field.realContainingOneof == nil else {
                throw SchemaError(field.fullName, "the fields of a walked message are messages")
            }
            _ = try MessageModel(type)
            return (Names.escaped(Names.lowerCamel(field.name)), Int(field.number), try FieldModel(walked: field), type)
        }
    }

    func emit(to printer: inout CodePrinter) throws {
        let name = descriptor.name
        printer.print("")
        for line in Documentation.comment(of: descriptor) { printer.print(line) }
        printer.print("public enum \(name) {")
        try printer.withThrowingIndentation { printer in
            printer.print("/// Numbers of the fields.", "public enum Field {")
            printer.withIndentation { printer in
                for entry in entries { printer.print("public static var \(entry.name): UInt32 { \(entry.number) }") }
            }
            printer.print("}", "")
            try emitEntry(to: &printer)
            printer.print("")
            emitWalker(to: &printer)
        }
        printer.print("}")
    }

    private func emitEntry(to printer: inout CodePrinter) throws {
        printer.print(
            "/// One field with its value. The encodings of entries in the order of their numbers, one after another, are",
            "/// the encoding of the message.",
            "public enum Entry: Equatable, Sendable, BitwiseCopyable {")
        try printer.withThrowingIndentation { printer in
            for entry in entries {
                for line in Documentation.comment(of: entry.tag.descriptor) { printer.print(line) }
                printer.print("case \(entry.name)(\(entry.type.name))")
            }
            let maximum = try entries.map { try $0.tag.maximumFieldSize() }.max() ?? 0
            printer.print(
                "", "/// Bytes that one entry takes at the most, its tag and length included.",
                "public static var maximumEncodedSize: Int { \(maximum) }",
                "", "/// Number of the field.", "public var field: UInt32 {")
            emitSwitch(to: &printer) { entry in (binds: false, ["\(entry.number)"]) }
            printer.print(
                "}", "", "/// Bytes that `encode` will write, tag and length included.", "public var encodedSize: Int {"
            )
            emitSwitch(to: &printer) { entry in
                (binds: true, ["\(entry.tag.tagSize) + lengthDelimitedSize(value.encodedSize)"])
            }
            printer.print(
                "}", "", "/// Writes the field with its tag and length.",
                "public func encode(into sink: inout some ByteSink & ~Copyable) {")
            emitSwitch(to: &printer) { entry in (binds: true, entry.tag.writeTag + entry.tag.write("value")) }
            printer.print(
                "}", "", "/// Holds the value against its bounds.", "public func check() throws(MessageError) {")
            emitSwitch(to: &printer) { _ in (binds: true, ["try value.check()"]) }
            printer.print("}")
        }
        printer.print("}")
    }

    private func emitSwitch(
        to printer: inout CodePrinter,
        _ body: ((name: String, number: Int, tag: FieldModel, type: Descriptor)) -> (binds: Bool, [String])
    ) {
        printer.withIndentation { printer in
            printer.print("switch self {")
            for entry in entries {
                let (binds, statements) = body(entry)
                printer.print("case .\(entry.name)\(binds ? "(let value)" : ""):")
                printer.withIndentation { printer in for statement in statements { printer.print(statement) } }
            }
            printer.print("}")
        }
    }

    private func emitWalker(to printer: inout CodePrinter) {
        printer.print(
            "/// Decodes one entry after another, in the order of the bytes; each is held against its bounds.",
            "public struct Walker: ~Escapable {")
        printer.withIndentation { printer in
            printer.print(
                "private var reader: MessageReader",
                "",
                "@_lifetime(copy bytes)",
                "public init(_ bytes: Span<UInt8>) { reader = MessageReader(bytes) }",
                "",
                "/// The next entry that the schema knows; others are skipped.",
                "///",
                "/// - Returns: `nil` at the end.",
                "@_lifetime(self: copy self)",
                "public mutating func next() throws(MessageError) -> Entry? {")
            printer.withIndentation { printer in
                printer.print("while !reader.isAtEnd {")
                printer.withIndentation { printer in
                    printer.print("let tag = try reader.tag()", "switch tag {")
                    for entry in entries {
                        printer.print("case \(entry.tag.tag):")
                        printer.withIndentation { printer in
                            let value = "try \(entry.type.name)(decoding: try reader.lengthDelimited())"
                            printer.print("return .\(entry.name)(\(value))")
                        }
                    }
                    let numbers = entries.map { String($0.number) }.joined(separator: ", ")
                    printer.print("default:")
                    printer.withIndentation { printer in
                        printer.print(
                            "switch tag >> 3 {", "case \(numbers): throw reader.error(.wrongWireType)",
                            "default: try reader.skip(tag)", "}")
                    }
                    printer.print("}")
                }
                printer.print("}", "return nil")
            }
            printer.print("}")
        }
        printer.print("}")
    }
}

extension CodePrinter {
    mutating func withThrowingIndentation(_ body: (inout CodePrinter) throws -> Void) rethrows {
        indent()
        try body(&self)
        outdent()
    }
}
