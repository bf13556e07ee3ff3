import SwiftProtobufPluginLibrary

/// Writes an enum: its known values as cases, and one that keeps any other number.
struct EnumEmitter {
    let descriptor: EnumDescriptor

    init(_ descriptor: EnumDescriptor) throws {
        guard descriptor.values.first?.number == 0 else {
            throw SchemaError(descriptor.fullName, "the first value of an enum is 0")
        }
        guard Set(descriptor.values.map(\.number)).count == descriptor.values.count else {
            throw SchemaError(descriptor.fullName, "two values have the same number")
        }
        self.descriptor = descriptor
    }

    func emit(to printer: inout CodePrinter) throws {
        let values = try descriptor.values.map {
            (name: Names.escaped(try Names.enumCase($0.name, of: descriptor.name)), value: $0)
        }
        printer.print("")
        for line in Documentation.comment(of: descriptor) { printer.print(line) }
        printer.print("public enum \(descriptor.name): MessageEnum {")
        printer.withIndentation { printer in
            for (name, value) in values {
                for line in Documentation.comment(of: value) { printer.print(line) }
                printer.print("case \(name)")
            }
            printer.print(
                "/// A number that this version of the schema does not know.",
                "case unrecognised(Int32)",
                "",
                "public init() { self = .\(values[0].name) }",
                "",
                "public init(rawValue: Int32) {")
            printer.withIndentation { printer in
                printer.print("switch rawValue {")
                for (name, value) in values { printer.print("case \(value.number): self = .\(name)") }
                printer.print("default: self = .unrecognised(rawValue)", "}")
            }
            printer.print("}", "", "public var rawValue: Int32 {")
            printer.withIndentation { printer in
                printer.print("switch self {")
                for (name, value) in values { printer.print("case .\(name): \(value.number)") }
                printer.print("case .unrecognised(let rawValue): rawValue", "}")
            }
            printer.print("}")
        }
        printer.print("}")
    }
}
