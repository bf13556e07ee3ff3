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
        let card = CredentialHashing.card(card.span, technology: 2, bitCount: 26, key: key)
        #expect(hexadecimal(card) == "09264dad0215d71e76bffe21fed148ee")
        let code = CredentialHashing.code([1, 2, 3, 4].span, key: key)
        #expect(hexadecimal(code) == "1b7c5e0eefabc711e14902776fcccf8e")
        // First three bytes of e8fa54…, little endian.
        #expect(CredentialHashing.pin([4, 7, 1, 1].span, of: card!, key: key) == PinHash(0x54_FAE8))
    }

    @Test("two formats with the same bytes are two cards")
    func formats() {
        let one = CredentialHashing.card(card.span, technology: 2, bitCount: 26, key: key)
        let other = CredentialHashing.card(card.span, technology: 2, bitCount: 32, key: key)
        #expect(one != other)
    }

    @Test("a copied identifier is not the protected file with the same bytes, nor a code the card with the same bytes")
    func technologies() {
        let file = CredentialHashing.card(card.span, technology: 6, bitCount: 32, key: key)
        #expect(CredentialHashing.card(card.span, technology: 5, bitCount: 32, key: key) != file)
        #expect(CredentialHashing.card(card.span, technology: 0, bitCount: 32, key: key) == nil)
        #expect(CredentialHashing.card(card.span, technology: 0x40, bitCount: 32, key: key) == nil)
    }

    @Test("equal PINs of two cards look different, and another key gives other hashes")
    func independence() {
        let one = CredentialHashing.card([1].span, technology: 2, bitCount: 8, key: key)!
        let other = CredentialHashing.card([2].span, technology: 2, bitCount: 8, key: key)!
        #expect(
            CredentialHashing.pin([1, 1].span, of: one, key: key)
                != CredentialHashing.pin([1, 1].span, of: other, key: key))
        let otherKey = HashKey([UInt8](1..<33).span)!
        #expect(CredentialHashing.card([1].span, technology: 2, bitCount: 8, key: otherKey) != one)
    }

    @Test("what is no identifier, code or PIN has no hash")
    func limits() {
        #expect(CredentialHashing.card([UInt8]().span, technology: 2, bitCount: 0, key: key) == nil)
        #expect(
            CredentialHashing.card([UInt8](repeating: 1, count: 65).span, technology: 2, bitCount: 520, key: key) == nil
        )
        #expect(
            CredentialHashing.card([UInt8](repeating: 1, count: 64).span, technology: 2, bitCount: 512, key: key) != nil
        )
        #expect(CredentialHashing.code([UInt8]().span, key: key) == nil)
        #expect(CredentialHashing.code([1, 10].span, key: key) == nil)
        #expect(CredentialHashing.code([UInt8](repeating: 1, count: 13).span, key: key) == nil)
        let card = CredentialHashing.card([1].span, technology: 2, bitCount: 8, key: key)!
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
