import AccessControl
import Cryptography
import Testing

@Suite("Hashes of cards, codes and PINs")
struct CredentialHashingTests {
    private let key = HashKey([UInt8](0..<32).span)!
    private let card: [UInt8] = [0x0A, 0x1B, 0x2C, 0x3D]

    private func hexadecimal(_ hash: KeyedHash?) -> String {
        guard let hash else { return "none" }
        let bytes =
            (0..<8).map { UInt8(truncatingIfNeeded: hash.low >> (8 * $0)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: hash.high >> (8 * $0)) }
        return bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    @Test("agree with Python's hashlib.blake2b(message, key=bytes(range(32)), digest_size=16)")
    func vectors() {
        let card = CredentialHashing.card(card.span, bitCount: 26, key: key)
        #expect(hexadecimal(card) == "36dc423aa261787ad7ccf288692c228e")
        let code = CredentialHashing.code([1, 2, 3, 4].span, key: key)
        #expect(hexadecimal(code) == "0aa3bd73a9d342058e83f25e11474696")
        // First three bytes of c75c1048…, little endian.
        #expect(CredentialHashing.pin([4, 7, 1, 1].span, of: card!, key: key) == PinHash(0x10_5CC7))
    }

    @Test("two formats with the same bytes are two cards")
    func formats() {
        let one = CredentialHashing.card(card.span, bitCount: 26, key: key)
        let other = CredentialHashing.card(card.span, bitCount: 32, key: key)
        #expect(one != other)
    }

    @Test("equal PINs of two cards look different, and another key gives other hashes")
    func independence() {
        let one = CredentialHashing.card([1].span, bitCount: 8, key: key)!
        let other = CredentialHashing.card([2].span, bitCount: 8, key: key)!
        #expect(
            CredentialHashing.pin([1, 1].span, of: one, key: key)
                != CredentialHashing.pin([1, 1].span, of: other, key: key))
        let otherKey = HashKey([UInt8](1..<33).span)!
        #expect(CredentialHashing.card([1].span, bitCount: 8, key: otherKey) != one)
    }

    @Test("what is no identifier, code or PIN has no hash")
    func limits() {
        #expect(CredentialHashing.card([UInt8]().span, bitCount: 0, key: key) == nil)
        #expect(CredentialHashing.card([UInt8](repeating: 1, count: 65).span, bitCount: 520, key: key) == nil)
        #expect(CredentialHashing.card([UInt8](repeating: 1, count: 64).span, bitCount: 512, key: key) != nil)
        #expect(CredentialHashing.code([UInt8]().span, key: key) == nil)
        #expect(CredentialHashing.code([1, 10].span, key: key) == nil)
        #expect(CredentialHashing.code([UInt8](repeating: 1, count: 13).span, key: key) == nil)
        let card = CredentialHashing.card([1].span, bitCount: 8, key: key)!
        #expect(CredentialHashing.pin([UInt8]().span, of: card, key: key) == nil)
    }

    @Test("a PIN hash keeps 24 bits and compares them all")
    func pinHash() {
        #expect(PinHash(0xFF12_3456).value == 0x12_3456)
        for bit in UInt32(0)..<24 { #expect(!PinHash(0).matches(PinHash(1 << bit))) }
        #expect(PinHash(0x12_3456).matches(PinHash(0x12_3456)))
    }
}

@Suite("The rule on the length of codes")
struct CodeRuleTests {
    @Test(
        "a thousand possible codes for each one issued",
        arguments: [(0, 4), (1, 4), (10, 4), (11, 5), (100, 5), (101, 6), (1_000, 6), (1_001, 7), (16_777_215, 11)])
    func digits(codes: Int, expected: Int) {
        #expect(CodeRule.fewestDigits(forCodes: codes) == expected)
    }
}
