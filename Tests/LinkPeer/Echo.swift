import FixedMemory
import WardenMessages

func echo<Kind: Message>(_: Kind.Type, _ bytes: [UInt8]) throws(MessageError) -> [UInt8] {
    let message = try Kind(decoding: bytes.span)
    var encoded = ByteBuffer(capacity: Kind.maximumEncodedSize)
    message.encode(into: &encoded)
    return encoded.span.indices.map { encoded.span[$0] }
}

/// Reads lines of a message's name and its bytes in hexadecimal digits; answers each with the bytes of its own encoding,
/// or with `error`, the reason and the field.
func echoLines() {
    while let line = readLine() {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let bytes = hexadecimal(String(words[1])) else {
            print("usage: NAME HEX")
            continue
        }
        do throws(MessageError) {
            print(try echo(String(words[0]), bytes).map { hexadecimal($0) } ?? "unknown message")
        } catch {
            print("error \(error.reason) \(error.field)")
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
