import FixedMemory
import SwiftProtobuf
import Testing
import WardenMessages

/// A message of the schema beside the one that swift-protobuf makes of it. `all` is generated.
struct MessageCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// A random message within its bounds, encoded; and whether it came back as it was.
    let random: @Sendable (inout SeededGenerator) throws -> (bytes: [UInt8], comesBack: Bool)
    /// Decodes with ours and encodes again.
    let ours: @Sendable ([UInt8]) throws -> [UInt8]
    /// Decodes with swift-protobuf and encodes again, without fields that the schema does not know.
    let theirs: @Sendable ([UInt8]) throws -> [UInt8]
    /// Reads protobuf's text format with swift-protobuf and encodes it.
    let fromText: @Sendable (String) throws -> [UInt8]
    let maximumEncodedSize: Int

    var testDescription: String { name }

    init<Ours: RandomMessage, Theirs: SwiftProtobuf.Message>(_: Ours.Type, _: Theirs.Type) {
        name = "\(Ours.self)"
        maximumEncodedSize = Ours.maximumEncodedSize
        random = { generator in
            let message = Ours.random(using: &generator)
            try message.check()
            let bytes = encoded(message)
            return (bytes, try Ours(decoding: bytes.span) == message && bytes.count == message.encodedSize)
        }
        ours = { bytes in encoded(try Ours(decoding: bytes.span)) }
        theirs = { bytes in
            var options = BinaryDecodingOptions()
            options.discardUnknownFields = true
            return try Theirs(serializedBytes: bytes, options: options).serializedBytes()
        }
        fromText = { text in try Theirs(textFormatString: text).serializedBytes() }
    }
}

/// The encoding, which must fit the size that the message says it has at the most.
func encoded(_ message: some WardenMessages.Message) -> [UInt8] {
    var bytes = ByteBuffer(capacity: type(of: message).maximumEncodedSize)
    message.encode(into: &bytes)
    precondition(!bytes.overflowed, "an encoding is never longer than its maximum")
    return array(bytes.span)
}
