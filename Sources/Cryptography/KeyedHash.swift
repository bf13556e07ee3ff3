import CSodium
import FixedMemory

/// A keyed hash of a card identifier: what the board stores, compares and reports instead of the identifier.
///
/// BLAKE2b with a 32-byte key, cut to 16 bytes by its own output length (RFC 7693, section 2.9; libsodium
/// `crypto_generichash`). Without the board's key, knowing every possible card number does not help to undo it.
public struct KeyedHash: Hashable, Sendable, BitwiseCopyable {
    /// The first and second eight bytes, little endian.
    public var low: UInt64
    public var high: UInt64

    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// A hash as it lies in images and messages: the first eight bytes, then the second, both little endian.
    ///
    /// - Returns: `nil` unless there are exactly sixteen bytes.
    public init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        guard bytes.count == 16, let low = try? reader.littleEndian(UInt64.self),
            let high = try? reader.littleEndian(UInt64.self)
        else { return nil }
        self.init(low: low, high: high)
    }
}

/// The board's secret for `KeyedHash`. Never logged, traced or sent.
public struct HashKey: Sendable, BitwiseCopyable {
    /// Bytes of a key.
    public static var length: Int { 32 }

    private var bytes: InlineArray<32, UInt8>

    /// - Returns: `nil` unless there are exactly `length` bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == HashKey.length else { return nil }
        self.bytes = InlineArray { bytes[$0] }
    }

    /// Tells whether two keys are the same without showing either: the first eight bytes of the keyed hash of
    /// "warden hash key".
    public var checkValue: UInt64 { hash(FixedBytes<16>("warden hash key").span).low }

    /// Hashes `message`; the same key and message always give the same hash.
    public func hash(_ message: Span<UInt8>) -> KeyedHash {
        var output = InlineArray<16, UInt8>(repeating: 0)
        var outputSpan = output.mutableSpan
        let status = outputSpan.withUnsafeMutableBufferPointer { output in
            message.withUnsafeBufferPointer { message in
                bytes.span.withUnsafeBufferPointer { key in
                    crypto_generichash(
                        output.baseAddress!, output.count, message.baseAddress, UInt64(message.count), key.baseAddress,
                        key.count)
                }
            }
        }
        precondition(status == 0, "the lengths are constants that libsodium accepts")
        guard let hash = KeyedHash(output.span) else { preconditionFailure("sixteen bytes are a hash") }
        return hash
    }
}

/// Compares secrets in a time that depends only on their length (libsodium `sodium_memcmp`).
///
/// Different lengths compare as different at once: a length is no secret here.
public func equalInConstantTime(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return left.withUnsafeBufferPointer { left in
        right.withUnsafeBufferPointer { right in
            sodium_memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
        }
    }
}

extension KeyedHash: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&low)
        state.carry(&high)
    }
}
