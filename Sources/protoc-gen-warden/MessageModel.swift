import SwiftProtobufPluginLibrary

/// A message with its fields in the order of their numbers.
struct MessageModel {
    /// What a property of the struct stands for.
    enum Property {
        case field(FieldModel)
        case oneof(OneofDescriptor, [FieldModel])
    }

    let descriptor: Descriptor
    let fields: [FieldModel]
    /// In the order of the schema; a oneof stands where its first field stands.
    let properties: [Property]

    init(_ message: Descriptor, within outer: [String] = []) throws {
        guard !outer.contains(message.fullName) else {
            throw SchemaError(message.fullName, "a message that contains itself has no fixed size")
        }
        for field in message.fields where field.messageType != nil {
            _ = try MessageModel(field.messageType, within: outer + [message.fullName])
        }
        descriptor = message
        let models = try message.fields.map { try FieldModel($0) }
        fields = models.sorted { $0.number < $1.number }
        var properties: [Property] = []
        var seen: Set<Int> = []
        for model in models {
            guard case .oneof(let oneof) = model.shape else {
                properties.append(.field(model))
                continue
            }
            if seen.insert(oneof.index).inserted {
                _ = try Names.oneofType(oneof.name)
                let members = models.filter { if case .oneof(let other) = $0.shape { other === oneof } else { false } }
                properties.append(.oneof(oneof, members))
            }
        }
        self.properties = properties
    }

    /// Fields in the order of the encoding, members of a oneof that follow one another together.
    var encodingOrder: [[FieldModel]] {
        var groups: [[FieldModel]] = []
        for field in fields {
            if case .oneof(let oneof) = field.shape, case .oneof(let previous)? = groups.last?.last?.shape,
                oneof === previous
            {
                groups[groups.count - 1].append(field)
            } else {
                groups.append([field])
            }
        }
        return groups
    }

    func maximumEncodedSize() throws -> Int {
        var total = 0
        for property in properties {
            switch property {
            case .field(let field): total += try field.maximumFieldSize()
            case .oneof(_, let members): total += try members.map { try $0.maximumFieldSize() }.max() ?? 0
            }
        }
        return total
    }
}
