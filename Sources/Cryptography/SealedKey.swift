import FixedMemory

/// Keys of readers and cards as they lie in a board image: sealed with the board's own secret, so that an image that goes
/// astray gives none of them away.
///
/// Forty bytes: a counter of eight bytes that is worked out from key and secret (so that sealing the same key twice gives
/// the same bytes, and sealing two keys never uses a counter twice but by chance, once in 2^32 keys), the key enciphered
/// with ChaCha20, and the tag of Poly1305 (RFC 8439).
public enum SealedKey {
    /// Bytes of a sealed key.
    public static var length: Int { 8 + AES128.keyLength + CipherKey.tagLength }

    /// Seals a key with the board's secret.
    public static func seal(_ key: AES128, with secret: HashKey) -> FixedBytes<40> {
        let block = key.keyBlock
        var message = FixedBytes<48>("warden reader key counter")
        for index in 0..<AES128.keyLength { message.append(block[index]) }
        let counter = secret.hash(message.span).low
        var sealed = InlineArray<32, UInt8> { $0 < AES128.keyLength ? block[$0] : 0 }
        let nothing = InlineArray<0, UInt8>(repeating: 0)
        var span = sealed.mutableSpan
        cipherKey(secret).seal(&span, counter: counter, associated: nothing.span)
        var bytes = FixedBytes<40>()
        bytes.appendLittleEndian(counter)
        for index in 0..<32 { bytes.append(sealed[index]) }
        return bytes
    }

    /// Opens a sealed key.
    ///
    /// - Returns: `nil` if it was not sealed with this secret, or was changed since.
    public static func open(_ sealed: FixedBytes<40>, with secret: HashKey) -> AES128? {
        guard sealed.count == length else { return nil }
        var counter: UInt64 = 0
        for index in 0..<8 { counter |= UInt64(sealed[index]) << UInt64(8 * index) }
        var opened = InlineArray<32, UInt8> { sealed[8 + $0] }
        let nothing = InlineArray<0, UInt8>(repeating: 0)
        var span = opened.mutableSpan
        guard cipherKey(secret).open(&span, counter: counter, associated: nothing.span) else { return nil }
        let key = InlineArray<16, UInt8> { opened[$0] }
        return AES128(key.span)
    }

    /// The cipher's key: two keyed hashes, each of its own words.
    private static func cipherKey(_ secret: HashKey) -> CipherKey {
        let first = secret.hash(FixedBytes<32>("warden reader key cipher 1").span)
        let second = secret.hash(FixedBytes<32>("warden reader key cipher 2").span)
        let words: InlineArray<4, UInt64> = [first.low, first.high, second.low, second.high]
        let bytes = InlineArray<32, UInt8> { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
        guard let key = CipherKey(bytes.span) else { preconditionFailure("thirty-two bytes") }
        return key
    }
}
