import FixedMemory
import SwiftProtobuf
import WardenMessages

func echo<Kind: WardenMessages.Message>(_: Kind.Type, _ bytes: [UInt8]) throws(MessageError) -> [UInt8] {
    let message = try Kind(decoding: bytes.span)
    var encoded = ByteBuffer(capacity: Kind.maximumEncodedSize)
    message.encode(into: &encoded)
    return encoded.span.indices.map { encoded.span[$0] }
}

func echoThroughBoth<Ours: WardenMessages.Message, Theirs: SwiftProtobuf.Message>(
    _: Ours.Type, _: Theirs.Type, _ bytes: [UInt8]
) throws -> [UInt8] {
    let first: [UInt8] = try Theirs(serializedBytes: bytes).serializedBytes()
    return try Theirs(serializedBytes: echo(Ours.self, first)).serializedBytes()
}

/// Reads lines of a message's name and its bytes in hexadecimal digits; answers each with the bytes of its own encoding,
/// or with `error`, the reason and the field.
///
/// - Parameter throughBoth: whether they go through swift-protobuf too, before and after.
func echoLines(throughBoth: Bool) {
    while let line = readLine() {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let bytes = hexadecimal(String(words[1])) else {
            print("usage: NAME HEX")
            continue
        }
        let name = String(words[0])
        do {
            let encoded = try throughBoth ? echoThroughBoth(name, bytes) : echo(name, bytes)
            print(encoded.map { hexadecimal($0) } ?? "unknown message")
        } catch let error as MessageError {
            print("error \(error.reason) \(error.field)")
        } catch {
            print("error \(error)")
        }
    }
}

func hexadecimal(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16) else {
            return nil
        }
        bytes.append(byte)
    }
    return bytes
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
