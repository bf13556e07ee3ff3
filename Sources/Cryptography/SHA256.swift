import CSodium
import FixedMemory

/// A hash of SHA-256 (FIPS 180-4), or a code of HMAC-SHA-256 (RFC 2104).
public struct Digest: Equatable, Sendable, BitwiseCopyable {
    public static var length: Int { 32 }

    let bytes: InlineArray<32, UInt8>

    /// - Returns: `nil` unless there are exactly `length` bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Digest.length else { return nil }
        self.bytes = InlineArray { bytes[$0] }
    }

    init(bytes: InlineArray<32, UInt8>) { self.bytes = bytes }

    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    /// In constant time.
    public static func == (left: Digest, right: Digest) -> Bool { equalInConstantTime(left.span, right.span) }
}

public enum SHA256 {
    /// The hash of two runs of bytes, one after the other.
    public static func hash(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Digest {
        var stream = SHA256Stream()
        stream.append(first)
        stream.append(second)
        return stream.finish()
    }

    /// HMAC-SHA-256 of two runs of bytes, one after the other, under a key of any length.
    public static func authenticate(_ first: Span<UInt8>, _ second: Span<UInt8>, key: Span<UInt8>) -> Digest {
        var state = crypto_auth_hmacsha256_state()
        key.withUnsafeBufferPointer { key in
            // libsodium refuses no key; without bytes it wants a pointer all the same.
            var none: UInt8 = 0
            _ = crypto_auth_hmacsha256_init(&state, key.baseAddress ?? withUnsafePointer(to: &none) { $0 }, key.count)
        }
        first.withUnsafeBufferPointer { _ = crypto_auth_hmacsha256_update(&state, $0.baseAddress, UInt64($0.count)) }
        second.withUnsafeBufferPointer { _ = crypto_auth_hmacsha256_update(&state, $0.baseAddress, UInt64($0.count)) }
        var output = InlineArray<32, UInt8>(repeating: 0)
        var outputSpan = output.mutableSpan
        outputSpan.withUnsafeMutableBufferPointer { _ = crypto_auth_hmacsha256_final(&state, $0.baseAddress!) }
        sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
        return Digest(bytes: output)
    }

    /// HKDF with two outputs (RFC 5869 with SHA-256, the salt being the chaining key and no info): what Noise derives
    /// keys with (Noise specification, revision 34, section 4.3).
    public static func derivePair(from input: Span<UInt8>, chainingKey: Digest) -> (first: Digest, second: Digest) {
        let nothing = InlineArray<0, UInt8>(repeating: 0)
        let temporary = authenticate(input, nothing.span, key: chainingKey.span)
        let one: InlineArray<1, UInt8> = [1]
        let two: InlineArray<1, UInt8> = [2]
        let first = authenticate(one.span, nothing.span, key: temporary.span)
        return (first, authenticate(first.span, two.span, key: temporary.span))
    }
}

/// SHA-256 of bytes that come piece by piece.
public struct SHA256Stream: BitwiseCopyable {
    private var state = crypto_hash_sha256_state()

    public init() { crypto_hash_sha256_init(&state) }

    public mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { _ = crypto_hash_sha256_update(&state, $0.baseAddress, UInt64($0.count)) }
    }

    /// The hash of all pieces; nothing may follow.
    public mutating func finish() -> Digest {
        var output = InlineArray<32, UInt8>(repeating: 0)
        var outputSpan = output.mutableSpan
        outputSpan.withUnsafeMutableBufferPointer { _ = crypto_hash_sha256_final(&state, $0.baseAddress!) }
        return Digest(bytes: output)
    }
}
