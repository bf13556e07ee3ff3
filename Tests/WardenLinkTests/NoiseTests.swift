import Cryptography
import FixedMemory
import Testing
import WardenMessages

@testable import WardenLink

func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8).filter { $0 > 0x20 }
    return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)!
    }
}

func privateKey(_ hexadecimal: String) -> PrivateKey { PrivateKey(bytes(hexadecimal).span)! }

/// The Noise_IK_25519_ChaChaPoly_SHA256 vector of the cacophony library, as Noise libraries share it
/// (https://github.com/plizonczyk/noiseprotocol, tests/vectors/cacophony.txt).
@Suite struct NoiseTests {
    static let initiator = privateKey("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1")
    static let initiatorEphemeral = privateKey("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a")
    static let responder = privateKey("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893")
    static let responderEphemeral = privateKey("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b")
    static let prologue = bytes("4a6f686e2047616c74")
    static let first = bytes(
        """
        ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944718da798efbcd91528520204f904b9bd\
        6c7413dccdc214d951e15253e39987f18146e8cd0873654207148333479d4d16c289f0294b29960a72f48e0b7bba2e89\
        083169825e59642148d492020664ccf7
        """)
    static let second = bytes(
        """
        95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088435361e70b2ed446e6c9ec387d1d6b3b84\
        0f194e373979d241b203c4acafccf5
        """)

    static func makeInitiator(responder: PublicKey = responder.publicKey) -> NoiseHandshake {
        NoiseHandshake(
            prologue: prologue.span, local: initiator, ephemeral: initiatorEphemeral, responder: responder)
    }

    static func makeResponder() -> NoiseHandshake {
        NoiseHandshake(prologue: prologue.span, local: responder, ephemeral: responderEphemeral, responder: nil)
    }

    @Test func bothSidesSayWhatTheVectorSays() throws {
        #expect(
            array(Self.responder.publicKey.span)
                == bytes("31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62"))
        var initiator = Self.makeInitiator()
        var responder = Self.makeResponder()
        var message = ByteBuffer(capacity: 256)
        var payload = ByteBuffer(capacity: 256)

        let hello = Array("Ludwig von Mises".utf8)
        try initiator.writeFirst(hello.span, into: &message)
        #expect(array(message.span) == Self.first)
        try responder.readFirstKeys(message.span, scratch: &payload)
        #expect(responder.remote == Self.initiator.publicKey)
        try responder.readFirstPayload(message.span, into: &payload)
        #expect(array(payload.span) == Array("Ludwig von Mises".utf8))

        try responder.writeSecondKey(into: &message)
        let welcome = Array("Murray Rothbard".utf8)
        try responder.writeSecondPayload(welcome.span, into: &message)
        #expect(array(message.span) == Self.second)
        try initiator.readSecond(message.span, payload: &payload)
        #expect(array(payload.span) == Array("Murray Rothbard".utf8))

        let hash = bytes("0b0f68fb0c27e03ce9b97565995ed4838cc0581b762ef72b062f6a546419fad7")
        #expect(array(initiator.hash.span) == hash)
        #expect(array(responder.hash.span) == hash)

        let keys = initiator.split()
        #expect(
            Self.seal("F. A. Hayek", keys.initiator, 0)
                == bytes("050e9f3c8fac16b68dbce8f8c4bfbf6617c897f9ada4aa29aa19c8"))
        #expect(
            Self.seal("Carl Menger", keys.responder, 0)
                == bytes("344233a6cabb7141d80f3da2fedc311d9646bbb0f505afe403a667"))
        #expect(
            Self.seal("Jean-Baptiste Say", keys.initiator, 1)
                == bytes("62cdeeb172ad7ade7aa7d9e069da5790f12331bfa00177787a1d0810c67dc3b2b4"))
    }

    static func seal(_ text: String, _ key: CipherKey, _ counter: UInt64) -> [UInt8] {
        var message = Array(text.utf8) + [UInt8](repeating: 0, count: 16)
        var span = message.mutableSpan
        let nothing: [UInt8] = []
        key.seal(&span, counter: counter, associated: nothing.span)
        return message
    }

    @Test func noDamagedFirstMessageIsTaken() {
        for place in Self.first.indices {
            var damaged = Self.first
            damaged[place] ^= 0x40
            #expect(throws: NoiseHandshake.Failure.notAuthentic) { try Self.read(damaged) }
        }
        for length in Self.first.indices {
            #expect(throws: NoiseHandshake.Failure.notAuthentic) { try Self.read(Array(Self.first[..<length])) }
        }
    }

    static func read(_ first: [UInt8]) throws(NoiseHandshake.Failure) {
        var responder = makeResponder()
        var payload = ByteBuffer(capacity: 256)
        try responder.readFirstKeys(first.span, scratch: &payload)
        try responder.readFirstPayload(first.span, into: &payload)
    }

    /// Points of small order: with them every secret would be zero (RFC 7748, section 7; https://cr.yp.to/ecdh.html).
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
    func aKeyOfSmallOrderIsRefused(key: String) {
        var first = Self.first
        first.replaceSubrange(0..<32, with: bytes(key))
        #expect(throws: NoiseHandshake.Failure.notAuthentic) { try Self.read(first) }
    }

    @Test func aMessageForAnotherBoardIsNotTaken() throws {
        var initiator = Self.makeInitiator(responder: Self.initiator.publicKey)
        var message = ByteBuffer(capacity: 256)
        let nothing: [UInt8] = []
        try initiator.writeFirst(nothing.span, into: &message)
        let first = array(message.span)
        #expect(throws: NoiseHandshake.Failure.notAuthentic) { try Self.read(first) }
    }

    // MARK: Sealed messages

    static func payload(_ counter: UInt32, epoch: Int = 0, _ text: String = "open") -> [UInt8] {
        var key = CipherKey([UInt8](repeating: 7, count: 32).span)!
        for _ in 0..<epoch { key = key.rekeyed }
        var message = Array(text.utf8) + [UInt8](repeating: 0, count: 16)
        var span = message.mutableSpan
        let header: [UInt8] = [0x12]
        key.seal(&span, counter: UInt64(counter), associated: header.span)
        return (0..<4).map { UInt8(truncatingIfNeeded: counter >> UInt32(8 * $0)) } + message
    }

    /// Outcomes of payloads that one receiver takes in this order.
    static func open(_ payloads: [[UInt8]], next: UInt64 = 0) -> [OpeningKey.Failure?] {
        var opening = OpeningKey(CipherKey([UInt8](repeating: 7, count: 32).span)!, next: next)
        var message = ByteBuffer(capacity: 256)
        return payloads.map { payload in
            do throws(OpeningKey.Failure) {
                try opening.open(payload.span, header: 0x12, into: &message)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test(
        arguments: [
            ("in order", [payload(0), payload(1), payload(2)], [nil, nil, nil]),
            ("one lost on the line", [payload(0), payload(2)], [nil, nil]),
            ("one replayed", [payload(0), payload(0), payload(1)], [nil, .replayed, nil]),
            ("two exchanged", [payload(1), payload(0), payload(2)], [nil, .replayed, nil]),
            ("a counter that was changed", [[1] + payload(0).dropFirst(), payload(0)], [.notAuthentic, nil]),
            ("cut short", [Array(payload(0).dropLast()), payload(0)], [.notAuthentic, nil]),
            ("too short to be one", [[0, 0, 0, 0], []], [.notAuthentic, .notAuthentic]),
        ] as [(String, [[UInt8]], [OpeningKey.Failure?])])
    func sealedMessages(name: String, payloads: [[UInt8]], outcomes: [OpeningKey.Failure?]) {
        #expect(Self.open(payloads) == outcomes)
    }

    @Test func theKeyChangesAfterSixtyFiveThousandMessages() {
        let last = UInt32(1 << SealingKey.epochBits) - 1
        #expect(Self.open([Self.payload(last), Self.payload(last + 1, epoch: 1)]) == [nil, nil])
        // The old key is not taken any more, and the new one not before its time.
        #expect(Self.open([Self.payload(last + 1, epoch: 0)]) == [.notAuthentic])
        #expect(Self.open([Self.payload(last, epoch: 1)]) == [.notAuthentic])
        // The message that changed the key may be lost, but not a whole key's messages.
        #expect(Self.open([Self.payload(last), Self.payload(last + 9, epoch: 1)]) == [nil, nil])
        #expect(Self.open([Self.payload(2 * (last + 1), epoch: 2)]) == [.notAuthentic])
    }

    @Test func theSenderChangesTheKeyWhereTheReceiverDoes() throws {
        let key = CipherKey([UInt8](repeating: 7, count: 32).span)!
        var sealing = SealingKey(key, next: 65_534)
        var opening = OpeningKey(key, next: 65_534)
        var message = ByteBuffer(capacity: 64)
        var opened = ByteBuffer(capacity: 64)
        for counter in 65_534...65_540 {
            message.removeAll()
            for byte in [0, 0, 0, 0, UInt8(counter & 0xFF)] + [UInt8](repeating: 0, count: 16) { message.append(byte) }
            #expect(sealing.seal(&message, header: 0x12))
            try opening.open(message.span, header: 0x12, into: &opened)
            #expect(array(opened.span) == [UInt8(counter & 0xFF)])
        }
    }

    @Test func aSessionWhoseCountersAreUsedUpSendsNothingMore() {
        var sealing = SealingKey(CipherKey([UInt8](repeating: 7, count: 32).span)!, next: SealingKey.limit - 1)
        var message = ByteBuffer(capacity: 64)
        for _ in 0..<20 { message.append(0) }
        let last = sealing.seal(&message, header: 0x12)
        let none = sealing.seal(&message, header: 0x12)
        #expect(last)
        #expect(!none)
    }
}
