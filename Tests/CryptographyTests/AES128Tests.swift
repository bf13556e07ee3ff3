import Cryptography
import FixedMemory
import Testing

func hexBytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.filter { $0 != UInt8(ascii: " ") }
    return stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)!
    }
}

func block(_ hex: String) -> AESBlock { AESBlock(hexBytes(hex).span)! }

@Suite("AES-128 agrees with published vectors")
struct AES128Tests {
    /// The key and the messages of SP 800-38A, SP 800-38B and RFC 4493.
    static let key = AES128(block("2b7e151628aed2a6abf7158809cf4f3c"))
    static let message = hexBytes(
        """
        6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 \
        30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710
        """)

    @Test("Single blocks: FIPS 197 appendix C.1 and SP 800-38A section F.1.1")
    func blocks() {
        let fips = AES128(block("000102030405060708090a0b0c0d0e0f"))
        let plain = block("00112233445566778899aabbccddeeff")
        #expect(fips.encrypted(plain) == block("69c4e0d86a7b0430d8cdb78070b4c55a"))
        #expect(fips.decrypted(block("69c4e0d86a7b0430d8cdb78070b4c55a")) == plain)
        #expect(
            Self.key.encrypted(block("6bc1bee22e409f96e93d7e117393172a")) == block("3ad77bb40d7a3660a89ecaf32466ef97"))
    }

    @Test("Chained blocks: SP 800-38A sections F.2.1 and F.2.2, in one piece and continued")
    func chainedBlocks() {
        let expected = hexBytes(
            """
            7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2 \
            73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7
            """)
        for cut in [0, 16, 32, 48, 64] {
            let first = Self.message[..<cut].map { $0 }
            let second = Self.message[cut...].map { $0 }
            var vector = block("000102030405060708090a0b0c0d0e0f")
            let bytes =
                Self.chained(first, vector: &vector) { Self.key.encryptCBC(&$0, vector: &$1) }
                + Self.chained(second, vector: &vector) { Self.key.encryptCBC(&$0, vector: &$1) }
            #expect(bytes == expected, "cut at \(cut)")
        }
        var vector = block("000102030405060708090a0b0c0d0e0f")
        #expect(Self.chained(expected, vector: &vector) { Self.key.decryptCBC(&$0, vector: &$1) } == Self.message)
    }

    static func chained(
        _ bytes: [UInt8], vector: inout AESBlock, _ body: (inout MutableSpan<UInt8>, inout AESBlock) -> Void
    ) -> [UInt8] {
        var bytes = bytes
        bytes.withUnsafeMutableBufferPointer { buffer in
            var span = MutableSpan(_unsafeElements: buffer)
            body(&span, &vector)
        }
        return bytes
    }

    @Test(
        "Authentication codes: RFC 4493 section 4, examples 1 to 4",
        arguments: [
            (0, "bb1d6929e95937287fa37d129b756746"), (16, "070a16b46b4d4144f79bdd9dd04a287c"),
            (40, "dfa66747de9ae63030ca32611497c827"), (64, "51f0bebf7e3b9d92fc49741779363cfe"),
        ])
    func authenticationCodes(length: Int, expected: String) {
        let message = Self.message[..<length].map { $0 }
        #expect(Self.key.authenticationCode(message.span) == block(expected))
    }

    @Test("A key or block of another length is refused")
    func lengths() {
        #expect(AES128([UInt8](repeating: 0, count: 15).span) == nil)
        #expect(AESBlock([UInt8](repeating: 0, count: 17).span) == nil)
    }
}

@Suite("Random bytes from a seed")
struct RandomGeneratorTests {
    @Test("The same seed gives the same bytes, another seed others, and no request repeats the one before")
    func seeds() {
        var first = RandomGenerator(seed: [UInt8](repeating: 1, count: 32).span)!
        var same = RandomGenerator(seed: [UInt8](repeating: 1, count: 32).span)!
        var other = RandomGenerator(seed: [UInt8](repeating: 2, count: 32).span)!
        var seen: [AESBlock] = []
        for _ in 0..<100 {
            let block = first.block()
            #expect(block == same.block() && block != other.block() && !seen.contains(block))
            seen.append(block)
        }
        #expect(first.bytes(5).count == 5)
        #expect(RandomGenerator(seed: [1, 2, 3].span) == nil)
    }
}
