import CSodium
import FixedMemory

/// What a board keeps of a person's PIN: enough to tell whether a PIN is right, too little to find it out.
///
/// The PIN is hashed under the board's key first, then by Argon2id (RFC 9106; libsodium `crypto_pwhash`). PINs are few:
/// whoever has the hash and its salt could try all of them, however slow the hash. Without the board's key they cannot
/// begin; with it they still have Argon2id before them.
public enum PinHash {
    /// Bytes of a hash, and of a salt (`crypto_pwhash_SALTBYTES`).
    public static var length: Int { 32 }
    public static var saltLength: Int { 16 }
    /// Characters of a PIN.
    public static var pinRange: ClosedRange<Int> { 4...32 }

    /// Cost of new hashes: 4 passes over 1 MiB. A board has little memory, and attempts are few: consoles delay and lock
    /// out.
    public static var usualPasses: UInt32 { 4 }
    public static var usualMemoryKib: UInt32 { 1_024 }

    /// The keyed hash of a PIN: what the slow hash is computed of.
    public static func secret(pin: Span<UInt8>, key: HashKey) -> FixedBytes<16> {
        var message = FixedBytes<64>("warden console pin")
        for index in pin.indices { message.append(pin[index]) }
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        for index in 0..<message.count { bytes[index] = message[index] }
        let hash = key.hash(bytes.span.extracting(0..<message.count))
        var secret = FixedBytes<16>()
        secret.appendLittleEndian(hash.low)
        secret.appendLittleEndian(hash.high)
        return secret
    }

    /// Computes the slow hash. Takes its memory from the system and gives it back.
    ///
    /// - Parameters:
    ///   - passes: over the memory, 1 or more.
    ///   - memoryKib: 8 or more.
    /// - Returns: `nil` if the parameters are none, or there is not so much memory.
    public static func hash(
        _ secret: FixedBytes<16>, salt: FixedBytes<16>, passes: UInt32, memoryKib: UInt32
    ) -> FixedBytes<32>? {
        guard secret.count == 16, salt.count == saltLength, passes >= 1, memoryKib >= 8 else { return nil }
        var secretBytes = InlineArray<16, UInt8>(repeating: 0)
        var saltBytes = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<16 {
            secretBytes[index] = secret[index]
            saltBytes[index] = salt[index]
        }
        var output = InlineArray<32, UInt8>(repeating: 0)
        var outputSpan = output.mutableSpan
        let status = outputSpan.withUnsafeMutableBufferPointer { output in
            secretBytes.span.withUnsafeBufferPointer { secret in
                saltBytes.span.withUnsafeBufferPointer { salt in
                    // libsodium takes the password as signed characters.
                    secret.withMemoryRebound(to: CChar.self) { secret in
                        crypto_pwhash(
                            output.baseAddress!, UInt64(output.count), secret.baseAddress!, UInt64(secret.count),
                            salt.baseAddress!, UInt64(passes), Int(memoryKib) * 1_024,
                            crypto_pwhash_ALG_ARGON2ID13)
                    }
                }
            }
        }
        guard status == 0 else { return nil }
        var result = FixedBytes<32>()
        for index in 0..<32 { result.append(output[index]) }
        return result
    }

    /// Whether two hashes are the same, compared in constant time.
    public static func isSame(_ left: FixedBytes<32>, _ right: FixedBytes<32>) -> Bool {
        guard left.count == length, right.count == length else { return false }
        var leftBytes = InlineArray<32, UInt8>(repeating: 0)
        var rightBytes = InlineArray<32, UInt8>(repeating: 0)
        for index in 0..<32 {
            leftBytes[index] = left[index]
            rightBytes[index] = right[index]
        }
        return equalInConstantTime(leftBytes.span, rightBytes.span)
    }
}
