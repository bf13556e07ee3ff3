import SwiftProtobufPluginLibrary

/// One field of a message, as the emitters need it.
struct FieldModel {
    enum Shape {
        /// Left out when it has its type's default.
        case plain
        /// `optional`, or a nested message: there or not.
        case optional
        /// One of several; the case of that name in the enum of the oneof.
        case oneof(OneofDescriptor)
        case repeated(maximumCount: Int)
    }

    /// A type's number on the wire.
    enum Encoding {
        case varint, fixed32, fixed64, length
        var wireType: Int {
            switch self {
            case .varint: 0
            case .fixed64: 1
            case .length: 2
            case .fixed32: 5
            }
        }
    }

    enum Value {
        /// A number or flag; `read` is the reader's method.
        case number(swiftType: String, read: String, encoding: Encoding, zigzag: Bool)
        case text(maximumBytes: Int)
        case data(maximumBytes: Int)
        case schemaEnum(String)
        case message(Descriptor)
    }

    let descriptor: FieldDescriptor
    let number: Int
    /// As it is written after a dot or in a declaration.
    let name: String
    /// As code inside the message writes it, whatever its own variables are called.
    var property: String { "self.\(name)" }
    let shape: Shape
    let value: Value
    /// Bounds that are narrower than the type's own.
    let minimum: Int64?
    let maximum: Int64?

    /// A field of a walked message: one entry at a time, so that its count needs no bound.
    init(walked field: FieldDescriptor) throws { try self.init(field, isWalked: true) }

    init(_ field: FieldDescriptor, isWalked: Bool = false) throws {
        descriptor = field
        number = Int(field.number)
        name = Names.escaped(Names.lowerCamel(field.name))
        let options = field.options
        let maximumBytes = Int(options.Warden_V1_maxBytes)

        if field.isMap { throw SchemaError(field.fullName, "maps have no fixed size; use a repeated message") }
        var typeRange: (lowest: Int64, highest: Int64?) = (.min, .max)
        switch field.type {
        case .bool: value = .number(swiftType: "Bool", read: "boolean()", encoding: .varint, zigzag: false)
        case .uint32:
            value = .number(swiftType: "UInt32", read: "unsigned32()", encoding: .varint, zigzag: false)
            typeRange = (0, Int64(UInt32.max))
        case .uint64:
            value = .number(swiftType: "UInt64", read: "varint()", encoding: .varint, zigzag: false)
            typeRange = (0, nil)
        case .int32:
            value = .number(swiftType: "Int32", read: "signed32()", encoding: .varint, zigzag: false)
            typeRange = (Int64(Int32.min), Int64(Int32.max))
        case .int64: value = .number(swiftType: "Int64", read: "signed64()", encoding: .varint, zigzag: false)
        case .sint32:
            value = .number(swiftType: "Int32", read: "zigzag32()", encoding: .varint, zigzag: true)
            typeRange = (Int64(Int32.min), Int64(Int32.max))
        case .sint64: value = .number(swiftType: "Int64", read: "zigzag64()", encoding: .varint, zigzag: true)
        case .fixed32:
            value = .number(swiftType: "UInt32", read: "fixed32()", encoding: .fixed32, zigzag: false)
            typeRange = (0, Int64(UInt32.max))
        case .fixed64:
            value = .number(swiftType: "UInt64", read: "fixed64()", encoding: .fixed64, zigzag: false)
            typeRange = (0, nil)
        case .string:
            guard maximumBytes > 0 else { throw SchemaError(field.fullName, "a string needs (max_bytes)") }
            value = .text(maximumBytes: maximumBytes)
        case .bytes:
            guard maximumBytes > 0 else { throw SchemaError(field.fullName, "a bytes field needs (max_bytes)") }
            value = .data(maximumBytes: maximumBytes)
        case .enum: value = .schemaEnum(field.enumType.name)
        case .message: value = .message(field.messageType)
        case .float, .double:
            throw SchemaError(field.fullName, "the board decides in integers; scale the value and say its unit")
        case .sfixed32, .sfixed64, .group:
            throw SchemaError(field.fullName, "fields of this type are not supported")
        }

        if isWalked {
            shape = .optional
        } else if field.isRepeated {
            let count = Int(options.Warden_V1_maxCount)
            guard count > 0 else { throw SchemaError(field.fullName, "a repeated field needs (max_count)") }
            shape = .repeated(maximumCount: count)
        } else if let oneof = field.realContainingOneof {
            shape = .oneof(oneof)
        } else if case .message = value {
            shape = .optional
        } else {
            shape = field.hasPresence ? .optional : .plain
        }

        if case .number(let type, _, _, _) = value, type != "Bool" {
            let low = options.hasWarden_V1_minimum ? options.Warden_V1_minimum : nil
            let high = options.hasWarden_V1_maximum ? options.Warden_V1_maximum : nil
            minimum = low.flatMap { $0 > typeRange.lowest ? $0 : nil }
            maximum = high.flatMap { typeRange.highest.map { highest in highest > high! } ?? true ? $0 : nil }
            if let low, let high, low > high { throw SchemaError(field.fullName, "no value is within the bounds") }
        } else {
            guard !options.hasWarden_V1_minimum, !options.hasWarden_V1_maximum else {
                throw SchemaError(field.fullName, "only numbers have a minimum or maximum")
            }
            minimum = nil
            maximum = nil
        }
    }

    // MARK: Types

    /// Of one value, without optional or list.
    var elementType: String {
        switch value {
        case .number(let swiftType, _, _, _): swiftType
        case .text(let maximumBytes), .data(let maximumBytes): "FixedBytes<\(maximumBytes)>"
        case .schemaEnum(let name): name
        case .message(let message): message.name
        }
    }

    /// Of the property; fields of a oneof have none.
    var propertyType: String {
        switch shape {
        case .plain, .oneof: elementType
        case .optional: "\(elementType)?"
        case .repeated(let maximumCount): "FixedList<\(elementType), \(maximumCount)>"
        }
    }

    /// Without optional or list, and the property's own.
    var blankElement: String {
        switch value {
        case .number("Bool", _, _, _): "false"
        case .number: "0"
        case .text, .data, .schemaEnum, .message: "\(elementType)()"
        }
    }

    var blankProperty: String {
        switch shape {
        case .plain, .oneof: blankElement
        case .optional: "nil"
        case .repeated: "\(propertyType)()"
        }
    }

    var encoding: Encoding {
        switch value {
        case .number(_, _, let encoding, _): encoding
        case .schemaEnum: .varint
        case .text, .data, .message: .length
        }
    }

    /// Numbers that are repeated are packed into one field.
    var isPacked: Bool {
        if case .repeated = shape, encoding != .length { true } else { false }
    }

    /// As in the encoding: packed fields have the length's wire type.
    var tag: Int { number << 3 | (isPacked ? Encoding.length : encoding).wireType }

    var tagSize: Int { varintSize(UInt64(tag)) }

    func varintSize(_ value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }

    /// Bytes of one value at the most, without its tag, its length included.
    func maximumElementSize() throws -> Int {
        switch value {
        case .number("Bool", _, _, _): return 1
        case .number(let type, _, .varint, let zigzag):
            if zigzag {
                let low = minimum ?? (type == "Int32" ? Int64(Int32.min) : .min)
                let high = maximum ?? (type == "Int32" ? Int64(Int32.max) : .max)
                func zigzagged(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value &<< 1) ^ (value >> 63)) }
                return max(varintSize(zigzagged(low)), varintSize(zigzagged(high)))
            }
            if type.hasPrefix("Int"), (minimum ?? -1) < 0 { return 10 }
            let highest: UInt64 = type == "UInt32" ? UInt64(UInt32.max) : type == "Int32" ? UInt64(Int32.max) : .max
            return varintSize(maximum.map { UInt64($0) } ?? highest)
        case .number(_, _, .fixed32, _): return 4
        case .number(_, _, .fixed64, _): return 8
        case .number(_, _, .length, _): preconditionFailure("a number has no length")
        // A number that this version does not know may be negative.
        case .schemaEnum: return 10
        case .text(let maximumBytes), .data(let maximumBytes):
            return varintSize(UInt64(maximumBytes)) + maximumBytes
        case .message(let message):
            let size = try MessageModel(message).maximumEncodedSize()
            return varintSize(UInt64(size)) + size
        }
    }

    /// Bytes of the field at the most, with its tags.
    func maximumFieldSize() throws -> Int {
        let element = try maximumElementSize()
        guard case .repeated(let maximumCount) = shape else { return tagSize + element }
        if isPacked { return tagSize + varintSize(UInt64(maximumCount * element)) + maximumCount * element }
        return maximumCount * (tagSize + element)
    }

    // MARK: Expressions over a value called `name`

    /// Whether a plain field has something to say.
    func isPresent(_ name: String) -> String {
        switch value {
        case .number("Bool", _, _, _): name
        case .number: "\(name) != 0"
        case .text, .data: "!\(name).isEmpty"
        case .schemaEnum: "\(name).rawValue != 0"
        case .message: preconditionFailure("nested messages are optional")
        }
    }

    /// Bytes of one value, without its tag, its length included.
    func size(_ name: String) -> String {
        switch value {
        case .number("Bool", _, _, _): "1"
        case .number(_, _, .varint, let zigzag): "varintSize(\(zigzag ? "Zigzag.encode(\(name))" : name))"
        case .number(_, _, .fixed32, _): "4"
        case .number(_, _, .fixed64, _): "8"
        case .number(_, _, .length, _): preconditionFailure("a number has no length")
        case .schemaEnum: "varintSize(\(name).rawValue)"
        case .text, .data: "lengthDelimitedSize(\(name).count)"
        case .message: "lengthDelimitedSize(\(name).encodedSize)"
        }
    }

    /// Statements that write one value without its tag.
    func write(_ name: String) -> [String] {
        switch value {
        case .number("Bool", _, _, _): ["sink.append(\(name) ? 1 : 0)"]
        case .number(_, _, .varint, let zigzag):
            ["sink.appendVarint(\(zigzag ? "Zigzag.encode(\(name))" : name))"]
        case .number(_, _, .fixed32, _), .number(_, _, .fixed64, _): ["sink.appendLittleEndian(\(name))"]
        case .number(_, _, .length, _): preconditionFailure("a number has no length")
        case .schemaEnum: ["sink.appendVarint(\(name).rawValue)"]
        case .text, .data: ["sink.appendLengthDelimited(\(name).span)"]
        case .message: ["sink.appendVarint(UInt64(\(name).encodedSize))", "\(name).encode(into: &sink)"]
        }
    }

    /// Statements that write the tag, byte by byte as it is known now.
    var writeTag: [String] {
        var rest = tag
        var statements: [String] = []
        while rest >= 0x80 {
            statements.append("sink.append(0x\(hexadecimal(rest & 0x7F | 0x80)))")
            rest >>= 7
        }
        statements.append("sink.append(0x\(hexadecimal(rest)))")
        return statements
    }

    private func hexadecimal(_ byte: Int) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// Reads one value from `reader`, for all but messages, text and data.
    var readNumber: String {
        switch value {
        case .number(_, let read, _, _): "try reader.\(read)"
        case .schemaEnum(let name): "\(name)(rawValue: try reader.signed32())"
        case .text, .data, .message: preconditionFailure("not a number")
        }
    }

    /// Statements that hold one value against its bounds.
    func check(_ name: String) -> [String] {
        switch value {
        case .number:
            var conditions: [String] = []
            if let minimum { conditions.append("\(name) >= \(minimum)") }
            if let maximum { conditions.append("\(name) <= \(maximum)") }
            if conditions.isEmpty { return [] }
            let condition = conditions.joined(separator: ", ")
            return ["guard \(condition) else { throw MessageError(.outOfRange, field: \(number)) }"]
        case .schemaEnum: return []
        case .text:
            return [
                "guard !\(name).overflowed else { throw MessageError(.tooLong, field: \(number)) }",
                "guard isValidText(\(name).span) else { throw MessageError(.invalidText, field: \(number)) }",
            ]
        case .data: return ["guard !\(name).overflowed else { throw MessageError(.tooLong, field: \(number)) }"]
        case .message: return ["try \(name).check()"]
        }
    }

    // MARK: Documentation

    /// The schema's comment, then unit and bounds.
    var documentation: [String] {
        var lines = Documentation.lines(of: descriptor)
        var facts: [String] = []
        let options = descriptor.options
        if !options.Warden_V1_unit.isEmpty { facts.append("Unit: \(options.Warden_V1_unit).") }
        switch (minimum, maximum) {
        case (let minimum?, let maximum?): facts.append("\(minimum) to \(maximum).")
        case (let minimum?, nil): facts.append("\(minimum) or more.")
        case (nil, let maximum?): facts.append("At most \(maximum).")
        case (nil, nil): break
        }
        switch value {
        case .text(let maximumBytes): facts.append("UTF-8, at most \(maximumBytes) bytes.")
        case .data(let maximumBytes): facts.append("At most \(maximumBytes) bytes.")
        default: break
        }
        if case .repeated(let maximumCount) = shape { facts.append("At most \(maximumCount) elements.") }
        if !facts.isEmpty { lines.append(facts.joined(separator: " ")) }
        return lines.map { $0.isEmpty ? "///" : "/// \($0)" }
    }
}

/// Comments of the schema as lines.
enum Documentation {
    static func lines(of element: some ProvidesSourceCodeLocation) -> [String] {
        let comments = element.protoSourceComments(commentPrefix: "")
        var lines = comments.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix(" ") ? String(line.dropFirst()) : String(line)
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    static func comment(of element: some ProvidesSourceCodeLocation) -> [String] {
        lines(of: element).map { $0.isEmpty ? "///" : "/// \($0)" }
    }
}
