import FixedMemory
import WardenLink
import WardenMessages

/// Entry points for coverage-guided fuzzing of everything that reads a peer's bytes; each checks what must hold whatever
/// comes. A breach traps.
///
/// `.ci/fuzz-link TARGET SECONDS` runs one under libFuzzer; the tests run each over the inputs that are kept in `Corpus`
/// and over bytes of a seeded generator.
public enum LinkFuzz: String, CaseIterable, Sendable {
    /// A stream of bytes in pieces; held against a second, plain way of finding frames.
    case frame
    /// Handshake messages, damaged or made up, for a board and for a client.
    case handshake
    /// What a local user says in plain frames.
    case plainSession
    /// What a client says in sealed frames, and what somebody in between makes of them.
    case sealedSession
    /// Every decoder of the schema; the first byte says which.
    case message

    public func run(_ input: Span<UInt8>) {
        switch self {
        case .frame: fuzzFrames(input)
        case .handshake: fuzzHandshake(input)
        case .plainSession: fuzzPlainSession(input)
        case .sealedSession: fuzzSealedSession(input)
        case .message:
            guard !input.isEmpty else { return }
            fuzzDecoder(Int(input[0]), input.extracting(1..<input.count))
        }
    }

    /// The input for a decoder and bytes of its message.
    public static func messageInput(_ name: String, _ bytes: [UInt8]) -> [UInt8]? {
        decoderNames.firstIndex { "\($0)" == name }.map { [UInt8($0)] + bytes }
    }
}

// MARK: Messages

/// Decodes, and if that worked, encodes and decodes again.
func checkDecoding<Kind: Message>(_: Kind.Type, _ bytes: Span<UInt8>) {
    guard let message = try? Kind(decoding: bytes) else { return }
    var encoded = ByteBuffer(capacity: Kind.maximumEncodedSize)
    message.encode(into: &encoded)
    precondition(!encoded.overflowed, "an encoding is never longer than its maximum")
    precondition(encoded.count == message.encodedSize, "an encoding is as long as it says")
    guard let again = try? Kind(decoding: encoded.span) else { preconditionFailure("what was encoded can be decoded") }
    precondition(again == message, "a message comes back as it was")
}

func checkEncoding(_ size: Int, atMost maximum: Int, _ encode: (inout ByteBuffer) -> Void) {
    var encoded = ByteBuffer(capacity: maximum)
    encode(&encoded)
    precondition(!encoded.overflowed && encoded.count == size, "an entry is as long as it says")
}

// MARK: Frames

/// The first byte is the size of the pieces that the rest arrives in.
private func fuzzFrames(_ input: Span<UInt8>) {
    guard input.count > 1 else { return }
    let piece = Int(input[0]) + 1
    let stream = (1..<input.count).map { input[$0] }
    var expected = plainFrames(stream)[...]
    var reader = FrameReader()
    var outbox = FrameOutbox(capacity: Frame.encodedLimit)
    for start in stride(from: 0, to: stream.count, by: piece) {
        let bytes = Array(stream[start..<min(start + piece, stream.count)])
        var position = 0
        while let kind = reader.next(in: bytes.span, from: &position) {
            let payload = reader.payload.indices.map { reader.payload[$0] }
            guard let next = expected.popFirst() else { preconditionFailure("a frame that is not there") }
            precondition(next.kind == kind && next.payload == payload, "another frame than is there")
            outbox.removeAll()
            outbox.begin(kind)
            outbox.append(payload.span)
            precondition(outbox.finish(), "what was a frame can be made one")
            precondition(plainFrames(outbox.span.indices.map { outbox.span[$0] }).count == 1, "and is one again")
        }
        precondition(position == bytes.count, "everything is read")
    }
    precondition(expected.isEmpty, "a frame that was not found")
}

/// Finds frames the plain way: at the zeros, each unstuffed as a whole, its checksum bit by bit.
private func plainFrames(_ stream: [UInt8]) -> [(kind: Frame.Kind, payload: [UInt8])] {
    let pieces = stream.split(separator: 0, omittingEmptySubsequences: false).dropLast()
    return pieces.compactMap { piece in
        var body: [UInt8] = []
        var rest = piece
        while let code = rest.popFirst() {
            guard rest.count >= Int(code) - 1 else { return nil }
            body += rest.prefix(Int(code) - 1)
            rest = rest.dropFirst(Int(code) - 1)
            if code != 0xFF && !rest.isEmpty { body.append(0) }
        }
        guard body.count >= 5, body.count <= Frame.payloadLimit + 5 else { return nil }
        var remainder: UInt32 = .max
        for byte in body.dropLast(4) {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 != 0 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1 }
        }
        let said = body.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard said == ~remainder, body[0] >> 4 == Frame.version, let kind = Frame.Kind(rawValue: body[0] & 0x0F) else {
            return nil
        }
        return (kind, Array(body[1..<(body.count - 4)]))
    }
}
