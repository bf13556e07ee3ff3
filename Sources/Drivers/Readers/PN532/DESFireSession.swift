import Cryptography
import FixedMemory

/// How a DESFire file is protected on its way (MIFARE DESFire EV1, communication settings).
public enum DESFireProtection: UInt8, Equatable, Sendable, BitwiseCopyable {
    /// In the clear; the answer carries an authentication code all the same, since the session is authenticated.
    case plain = 0
    /// In the clear with an authentication code.
    case authenticated = 1
    /// Enciphered, with a checksum inside.
    case enciphered = 3
}

/// An authenticated session with a DESFire EV1 card under an AES key (command AA).
///
/// The initial vector runs on through all messages of a session, so that none can be left out, repeated or exchanged.
/// Sources: libfreefare `mifare_desfire.c`, `mifare_desfire_crypto.c`; checked against a recorded session.
struct DESFireSession: Sendable, BitwiseCopyable {
    let key: AES128
    private var vector = AESBlock()

    /// Bytes of an authentication code as it is sent.
    static var codeLength: Int { 8 }

    /// - Parameters:
    ///   - panelRandom: RndA, of this side.
    ///   - cardRandom: RndB.
    init(panelRandom: AESBlock, cardRandom: AESBlock) {
        var block = AESBlock()
        for index in 0..<4 {
            block[index] = panelRandom[index]
            block[4 + index] = cardRandom[index]
            block[8 + index] = panelRandom[12 + index]
            block[12 + index] = cardRandom[12 + index]
        }
        key = AES128(block)
    }

    /// Takes note of a command that is sent in the clear: code and parameters.
    mutating func note(_ command: Span<UInt8>) { vector = key.authenticationCode(command, vector: vector) }

    /// Checks an answer's code.
    ///
    /// - Parameter data: the data of all frames, then the last status byte (00).
    mutating func accepts(_ dataAndStatus: Span<UInt8>, code: Span<UInt8>) -> Bool {
        vector = key.authenticationCode(dataAndStatus, vector: vector)
        return equalInConstantTime(vector.span.extracting(0..<DESFireSession.codeLength), code)
    }

    /// Deciphers whole blocks in place.
    mutating func decrypt(_ data: inout MutableSpan<UInt8>) { key.decryptCBC(&data, vector: &vector) }

    /// CRC-32 as DESFire has it: polynomial EDB88320 reflected, start all ones, no final complement.
    static func checksum(_ data: Span<UInt8>) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for index in data.indices {
            crc ^= UInt32(data[index])
            for _ in 0..<8 { crc = crc & 1 != 0 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
        }
        return crc
    }
}

/// Mutual authentication under an AES key: what each side sends (three passes).
struct DESFireHandshake: Sendable, BitwiseCopyable {
    private let key: AES128
    private let panelRandom: AESBlock
    private var cardRandom = AESBlock()
    private var vector = AESBlock()

    init(key: AES128, panelRandom: AESBlock) {
        self.key = key
        self.panelRandom = panelRandom
    }

    /// Takes the card's challenge and gives the answer to it, 32 bytes.
    mutating func answer(to challenge: AESBlock) -> FixedBytes<32> {
        cardRandom = key.decrypted(challenge)
        cardRandom.formXor(vector)
        vector = challenge
        let first = chained(panelRandom)
        let second = chained(cardRandom.rotatedLeft)
        var answer = FixedBytes<32>()
        answer.append(first.span)
        answer.append(second.span)
        return answer
    }

    /// Checks the card's answer to this side's challenge.
    ///
    /// - Returns: the session; `nil` if the card does not know the key.
    func session(proof: AESBlock) -> DESFireSession? {
        var plain = key.decrypted(proof)
        plain.formXor(vector)
        guard plain == panelRandom.rotatedLeft else { return nil }
        return DESFireSession(panelRandom: panelRandom, cardRandom: cardRandom)
    }

    private mutating func chained(_ block: AESBlock) -> AESBlock {
        var sum = block
        sum.formXor(vector)
        vector = key.encrypted(sum)
        return vector
    }
}

extension AESBlock {
    /// The bytes one place to the left, the first at the end.
    var rotatedLeft: AESBlock {
        var result = AESBlock()
        for index in 0..<AESBlock.length { result[index] = self[(index + 1) % AESBlock.length] }
        return result
    }
}

/// A card's own key from the estate's (NXP AN10922, section 2.2: AES-128).
///
/// So that a key which is drawn out of one card opens no other. The input is the card's identifier, the application and a
/// system identifier of the estate.
enum DESFireDiversification {
    /// - Parameter input: 1 to 31 bytes.
    static func key(master: AES128, input: Span<UInt8>) -> AES128 {
        precondition(input.count >= 1 && input.count <= 31, "1 to 31 bytes")
        // The authentication code of SP 800-38B, but always over two blocks, padded as a shorter message would be.
        var message = FixedBytes<32>()
        message.append(0x01)
        message.append(input)
        if message.count == 32 { return AES128(master.authenticationCode(message.span)) }
        message.append(0x80)
        while message.count < 32 { message.append(0) }
        return AES128(master.authenticationCodeOfPadded(message.span))
    }
}
