import Cryptography
import FixedMemory
import Foundation
import Testing
import WardenMessages

@testable import WardenLink

/// The golden vectors of `firmware-proto/vectors`, which other implementations are held to as well. They were made with
/// the packages `cobs`, `crcmod` and `noiseprotocol` of PyPI (`generate.py` there).
@Suite struct VectorTests {
    struct Frames: Decodable {
        struct Vector: Decodable, CustomTestStringConvertible {
            var name: String
            var kind: String
            var payload: String
            var wire: String
            var testDescription: String { name }
        }
        struct Stream: Decodable, CustomTestStringConvertible {
            var name: String
            var wire: String
            var payloads: [String]
            var counters: [String: UInt64]
            var testDescription: String { name }
        }
        var frames: [Vector]
        var streams: [Stream]
    }

    struct Handshake: Decodable {
        var prologue, clientPrivate, clientPublic, boardPrivate, boardPublic: String
        var clientEphemeralPrivate, boardEphemeralPrivate: String
        var hello, firstMessage, firstFrame, welcome, secondMessage, secondFrame, handshakeHash: String
        var clientKey, boardKey, clientKeyAfterRekey: String
    }

    struct Session: Decodable {
        struct Step: Decodable {
            var from: String?
            var counter: UInt64
            var message: String
            var wire: String
        }
        var clientKey, boardKey: String
        var steps: [Step]
        var rekey: [Step]
    }

    static func read<Vectors: Decodable>(_: Vectors.Type, _ name: String) throws -> Vectors {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../firmware-proto/vectors/\(name).json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Vectors.self, from: Data(contentsOf: file))
    }

    static func hexadecimal(_ bytes: Span<UInt8>) -> String {
        bytes.indices.map { (bytes[$0] < 16 ? "0" : "") + String(bytes[$0], radix: 16) }.joined()
    }

    static let kinds: [String: Frame.Kind] = [
        "plain": .plain, "handshake": .handshake, "sealed": .sealed, "notice": .notice, "turn": .turn,
    ]

    // MARK: Frames

    @Test(arguments: try read(Frames.self, "frames").frames)
    func aFrameIsMadeAndTakenAsTheVectorSays(vector: Frames.Vector) throws {
        let kind = try #require(Self.kinds[vector.kind])
        var outbox = FrameOutbox(capacity: Frame.encodedLimit)
        outbox.begin(kind)
        let payload = bytes(vector.payload)
        outbox.append(payload.span)
        let fitted = outbox.finish()
        #expect(fitted)
        #expect(Self.hexadecimal(outbox.span) == vector.wire)
        var reader = FrameReader()
        var position = 0
        let wire = bytes(vector.wire)
        #expect(reader.next(in: wire.span, from: &position) == kind)
        #expect(Self.hexadecimal(reader.payload) == vector.payload)
    }

    @Test(arguments: try read(Frames.self, "frames").streams, [1, 7, .max])
    func aStreamGivesItsFramesInPiecesOfAnySize(vector: Frames.Stream, piece: Int) {
        let (frames, counters) = FrameTests.decode(bytes(vector.wire), pieces: piece)
        #expect(frames.map { Self.hexadecimal($0.span) } == vector.payloads)
        let counted = [
            "sound": counters.sound, "corrupt": counters.corrupt, "oversized": counters.oversized,
            "foreign": counters.foreign,
        ]
        for (name, count) in vector.counters { #expect(counted[name] == count, "\(name)") }
    }

    // MARK: Handshake

    @Test func bothSidesOfTheHandshakeSayWhatTheVectorSays() throws {
        let vector = try Self.read(Handshake.self, "handshake")
        let board = privateKey(vector.boardPrivate)
        #expect(Self.hexadecimal(board.publicKey.span) == vector.boardPublic)
        #expect(Self.hexadecimal(privateKey(vector.clientPrivate).publicKey.span) == vector.clientPublic)
        let prologue = Array(vector.prologue.utf8)
        let limits = FixedBytes<16>(LinkLimits.prologue)
        #expect(array(limits.span) == prologue)
        var initiator = NoiseHandshake(
            prologue: prologue.span, local: privateKey(vector.clientPrivate),
            ephemeral: privateKey(vector.clientEphemeralPrivate), responder: board.publicKey)
        var responder = NoiseHandshake(
            prologue: prologue.span, local: board, ephemeral: privateKey(vector.boardEphemeralPrivate), responder: nil)
        var message = ByteBuffer(capacity: 256)
        var payload = ByteBuffer(capacity: 256)

        let hello = bytes(vector.hello)
        try initiator.writeFirst(hello.span, into: &message)
        #expect(Self.hexadecimal(message.span) == vector.firstMessage)
        try responder.readFirstKeys(message.span, scratch: &payload)
        try responder.readFirstPayload(message.span, into: &payload)
        #expect(Self.hexadecimal(payload.span) == vector.hello)

        let welcome = bytes(vector.welcome)
        try responder.writeSecondKey(into: &message)
        try responder.writeSecondPayload(welcome.span, into: &message)
        #expect(Self.hexadecimal(message.span) == vector.secondMessage)
        try initiator.readSecond(message.span, payload: &payload)
        #expect(Self.hexadecimal(payload.span) == vector.welcome)

        #expect(Self.hexadecimal(initiator.hash.span) == vector.handshakeHash)
        #expect(Self.hexadecimal(responder.hash.span) == vector.handshakeHash)
        for keys in [initiator.split(), responder.split()] {
            #expect(Self.hexadecimal(keys.initiator.span) == vector.clientKey)
            #expect(Self.hexadecimal(keys.responder.span) == vector.boardKey)
            #expect(Self.hexadecimal(keys.initiator.rekeyed.span) == vector.clientKeyAfterRekey)
        }
    }

    // MARK: Session

    static func key(_ hexadecimal: String) throws -> CipherKey {
        let bytes = bytes(hexadecimal)
        let key = CipherKey(bytes.span)
        return try #require(key)
    }

    @Test func sealedMessagesAreMadeAndTakenAsTheVectorSays() throws {
        let vector = try Self.read(Session.self, "session")
        for (side, hexadecimal) in [("client", vector.clientKey), ("board", vector.boardKey)] {
            var sealing = SealingKey(try Self.key(hexadecimal))
            var opening = OpeningKey(try Self.key(hexadecimal))
            for step in vector.steps where step.from == side {
                #expect(sealing.next == step.counter)
                try Self.check(step, &sealing, &opening)
            }
        }
    }

    @Test func theKeyChangesWhereTheVectorSays() throws {
        let vector = try Self.read(Session.self, "session")
        let first = try #require(vector.rekey.first)
        var sealing = SealingKey(try Self.key(vector.clientKey), next: first.counter)
        var opening = OpeningKey(try Self.key(vector.clientKey))
        for step in vector.rekey { try Self.check(step, &sealing, &opening) }
        let lost = opening.lost
        #expect(lost == first.counter)
    }

    static func check(_ step: Session.Step, _ sealing: inout SealingKey, _ opening: inout OpeningKey) throws {
        var payload = ByteBuffer(capacity: Frame.payloadLimit)
        for byte in [0, 0, 0, 0] + bytes(step.message) + [UInt8](repeating: 0, count: 16) { payload.append(byte) }
        let sealed = sealing.seal(&payload, header: Frame.header(.sealed))
        #expect(sealed)
        var outbox = FrameOutbox(capacity: Frame.encodedLimit)
        let fitted = outbox.put(.sealed, payload)
        #expect(fitted)
        #expect(hexadecimal(outbox.span) == step.wire)
        var message = ByteBuffer(capacity: Frame.payloadLimit)
        try opening.open(payload.span, header: Frame.header(.sealed), into: &message)
        #expect(hexadecimal(message.span) == step.message)
        do {
            try opening.open(payload.span, header: Frame.header(.sealed), into: &message)
            Issue.record("a replay was taken")
        } catch {
            #expect(error == .replayed)
        }
    }
}
