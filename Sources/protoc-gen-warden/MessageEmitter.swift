import SwiftProtobufPluginLibrary

/// Writes a message as a struct of fixed size with its codec.
struct MessageEmitter {
    let model: MessageModel

    init(_ model: MessageModel) { self.model = model }

    func emit(to printer: inout CodePrinter) throws {
        printer.print("")
        for line in Documentation.comment(of: model.descriptor) { printer.print(line) }
        printer.print("public struct \(model.descriptor.name): Message {")
        let maximum = try model.maximumEncodedSize()
        printer.withIndentation { printer in
            emitProperties(to: &printer)
            emitInitializers(to: &printer)
            printer.print("", "public static var maximumEncodedSize: Int { \(maximum) }")
            emitEncodedSize(to: &printer)
            emitEncode(to: &printer)
            emitMerge(to: &printer)
            emitCheck(to: &printer)
        }
        printer.print("}")
    }

    // MARK: Declarations

    private func emitProperties(to printer: inout CodePrinter) {
        for case .oneof(let oneof, let members) in model.properties {
            for line in Documentation.comment(of: oneof) { printer.print(line) }
            printer.print("public enum \(Names.upperCamel(oneof.name)): Equatable, Sendable, BitwiseCopyable {")
            printer.withIndentation { printer in
                for member in members {
                    for line in member.documentation { printer.print(line) }
                    printer.print("case \(member.name)(\(member.elementType))")
                }
            }
            printer.print("}", "")
        }
        for property in model.properties {
            switch property {
            case .field(let field):
                for line in field.documentation { printer.print(line) }
                printer.print("public var \(field.name): \(field.propertyType)")
            case .oneof(let oneof, _):
                printer.print("/// `nil` where none is set, or one that this version of the schema does not know.")
                printer.print("public var \(propertyName(of: oneof)): \(Names.upperCamel(oneof.name))?")
            }
        }
        if !model.properties.isEmpty { printer.print("") }
    }

    private func emitInitializers(to printer: inout CodePrinter) {
        printer.print("public init() {")
        printer.withIndentation { printer in
            for property in model.properties {
                switch property {
                case .field(let field): printer.print("\(field.name) = \(field.blankProperty)")
                case .oneof(let oneof, _): printer.print("\(propertyName(of: oneof)) = nil")
                }
            }
        }
        printer.print("}")
        guard !model.properties.isEmpty else { return }
        printer.print("", "public init(")
        printer.withIndentation { printer in
            for (place, property) in model.properties.enumerated() {
                let comma = place + 1 < model.properties.count ? "," : ""
                switch property {
                case .field(let field):
                    printer.print("\(field.name): \(field.propertyType) = \(field.blankProperty)\(comma)")
                case .oneof(let oneof, _):
                    printer.print("\(propertyName(of: oneof)): \(Names.upperCamel(oneof.name))? = nil\(comma)")
                }
            }
        }
        printer.print(") {")
        printer.withIndentation { printer in
            for property in model.properties {
                switch property {
                case .field(let field): printer.print("self.\(field.name) = \(field.name)")
                case .oneof(let oneof, _):
                    printer.print("self.\(propertyName(of: oneof)) = \(propertyName(of: oneof))")
                }
            }
        }
        printer.print("}")
    }

    private func propertyName(of oneof: OneofDescriptor) -> String { Names.escaped(Names.lowerCamel(oneof.name)) }

    // MARK: Encoding

    private func emitEncodedSize(to printer: inout CodePrinter) {
        printer.print("", "public var encodedSize: Int {")
        printer.withIndentation { printer in
            guard !model.fields.isEmpty else {
                printer.print("0")
                return
            }
            printer.print("var size = 0")
            for group in model.encodingOrder {
                emitField(group, to: &printer) { field, name in
                    ["size += \(field.tagSize) + \(field.size(name))"]
                } packed: { field in
                    [
                        "var length = 0",
                        "for index in \(field.property).indices { length += \(field.size("\(field.property)[index]")) }",
                        "size += \(field.tagSize) + lengthDelimitedSize(length)",
                    ]
                }
            }
            printer.print("return size")
        }
        printer.print("}")
    }

    private func emitEncode(to printer: inout CodePrinter) {
        printer.print("", "public func encode(into sink: inout some ByteSink & ~Copyable) {")
        printer.withIndentation { printer in
            for group in model.encodingOrder {
                emitField(group, to: &printer) { field, name in
                    field.writeTag + field.write(name)
                } packed: { field in
                    var statements = field.writeTag
                    statements += [
                        "var length = 0",
                        "for index in \(field.property).indices { length += \(field.size("\(field.property)[index]")) }",
                        "sink.appendVarint(UInt64(length))",
                    ]
                    let element = field.write("\(field.property)[index]").joined(separator: "; ")
                    return statements + ["for index in \(field.property).indices { \(element) }"]
                }
            }
        }
        printer.print("}")
    }

    /// Writes what happens to the values that a field, or the members of a oneof, hold.
    ///
    /// - Parameters:
    ///   - each: the statements for one value of a field, which goes by the name that is handed in.
    ///   - packed: the statements for a list of packed numbers that is not empty.
    private func emitField(
        _ group: [FieldModel], to printer: inout CodePrinter, each: (FieldModel, String) -> [String],
        packed: (FieldModel) -> [String]
    ) {
        if case .oneof(let oneof) = group[0].shape {
            let all = model.fields.filter { if case .oneof(let other) = $0.shape { other === oneof } else { false } }
            printer.print("switch self.\(propertyName(of: oneof)) {")
            for member in group {
                let statements = each(member, "value")
                let isUsed = statements.contains { $0.contains("value") }
                printer.print("case .\(member.name)\(isUsed ? "(let value)" : "")?:")
                printer.withIndentation { printer in
                    for statement in statements { printer.print(statement) }
                }
            }
            printer.print(all.count == group.count ? "case nil: break" : "default: break", "}")
            return
        }
        let field = group[0]
        let opening: String
        let statements: [String]
        switch field.shape {
        case .plain:
            opening = "if \(field.isPresent(field.property)) {"
            statements = each(field, field.property)
        case .optional:
            statements = each(field, "value")
            // A size may be the same for every value.
            let isUsed = statements.contains { $0.contains("value") }
            opening = isUsed ? "if let value = \(field.property) {" : "if \(field.property) != nil {"
        case .repeated where field.isPacked:
            opening = "if !\(field.property).isEmpty {"
            statements = packed(field)
        case .repeated:
            opening = "for index in \(field.property).indices {"
            statements = each(field, "\(field.property)[index]")
        case .oneof: preconditionFailure("handled above")
        }
        printer.print(opening)
        printer.withIndentation { printer in
            for statement in statements { printer.print(statement) }
        }
        printer.print("}")
    }

    // MARK: Decoding

    private func emitMerge(to printer: inout CodePrinter) {
        printer.print("", "public mutating func merge(from reader: inout MessageReader) throws(MessageError) {")
        printer.withIndentation { printer in
            printer.print("while !reader.isAtEnd {")
            printer.withIndentation { printer in
                printer.print("let tag = try reader.tag()", "switch tag {")
                for field in model.fields {
                    if field.isPacked {
                        printer.print("case \(field.number << 3 | field.encoding.wireType):")
                        printer.withIndentation { printer in
                            printer.print("try append(\(field.readNumber), to: &\(field.property), of: reader)")
                        }
                        printer.print("case \(field.tag):")
                        printer.withIndentation { printer in
                            let read = field.readNumber.split(separator: "reader").joined(separator: "packed")
                            printer.print(
                                "var packed = try reader.nested()",
                                "while !packed.isAtEnd { try append(\(read), to: &\(field.property), of: reader) }")
                        }
                    } else {
                        printer.print("case \(field.tag):")
                        printer.withIndentation { printer in emitRead(field, to: &printer) }
                    }
                }
                printer.print("default:")
                printer.withIndentation { printer in
                    let numbers = model.fields.map { String($0.number) }
                    if numbers.isEmpty {
                        printer.print("try reader.skip(tag)")
                    } else {
                        printer.print(
                            "switch tag >> 3 {",
                            "case \(numbers.joined(separator: ", ")): throw reader.error(.wrongWireType)",
                            "default: try reader.skip(tag)",
                            "}")
                    }
                }
                printer.print("}")
            }
            printer.print("}")
        }
        printer.print("}")
    }

    private func emitRead(_ field: FieldModel, to printer: inout CodePrinter) {
        var statements: [String] = []
        let value: String
        switch field.value {
        case .number, .schemaEnum: value = field.readNumber
        case .text: value = "try fixedText(from: &reader)"
        case .data: value = "try fixedBytes(from: &reader)"
        case .message:
            statements.append("var nested = try reader.nested()")
            switch field.shape {
            case .optional: statements.append("var value = \(field.property) ?? \(field.blankElement)")
            case .oneof(let oneof):
                statements += [
                    "var value = \(field.blankElement)",
                    "if case .\(field.name)(let current)? = self.\(propertyName(of: oneof)) { value = current }",
                ]
            case .plain, .repeated: statements.append("var value = \(field.blankElement)")
            }
            statements.append("try value.merge(from: &nested)")
            value = "value"
        }
        switch field.shape {
        case .plain, .optional: statements.append("\(field.property) = \(value)")
        case .oneof(let oneof): statements.append("self.\(propertyName(of: oneof)) = .\(field.name)(\(value))")
        case .repeated: statements.append("try append(\(value), to: &\(field.property), of: reader)")
        }
        for statement in statements { printer.print(statement) }
    }

    private func emitCheck(to printer: inout CodePrinter) {
        printer.print("", "public func check() throws(MessageError) {")
        printer.withIndentation { printer in
            for property in model.properties {
                switch property {
                case .field(let field): emitCheck(field, to: &printer)
                case .oneof(let oneof, let members):
                    let checked = members.filter { !$0.check("value").isEmpty }
                    guard !checked.isEmpty else { continue }
                    printer.print("switch self.\(propertyName(of: oneof)) {")
                    for member in checked {
                        printer.print("case .\(member.name)(let value)?:")
                        printer.withIndentation { printer in
                            for statement in member.check("value") { printer.print(statement) }
                        }
                    }
                    printer.print(checked.count == members.count ? "case nil: break" : "default: break", "}")
                }
            }
        }
        printer.print("}")
    }

    private func emitCheck(_ field: FieldModel, to printer: inout CodePrinter) {
        let name =
            if case .repeated = field.shape { "\(field.property)[index]" } else if case .optional = field.shape {
                "value"
            } else { field.property }
        let statements = field.check(name)
        if case .repeated = field.shape {
            printer.print(
                "guard !\(field.property).overflowed else { throw MessageError(.tooMany, field: \(field.number)) }")
        }
        guard !statements.isEmpty else { return }
        switch field.shape {
        case .plain:
            for statement in statements { printer.print(statement) }
            return
        case .optional: printer.print("if let value = \(field.property) {")
        case .repeated: printer.print("for index in \(field.property).indices {")
        case .oneof: preconditionFailure("members of a oneof are checked together")
        }
        printer.withIndentation { printer in
            for statement in statements { printer.print(statement) }
        }
        printer.print("}")
    }
}
