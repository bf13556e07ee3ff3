import CSodium
import FixedMemory

/// A public key of X25519 (RFC 7748, section 5).
public struct PublicKey: Equatable, Sendable, BitwiseCopyable {
    public static var length: Int { 32 }

    let bytes: InlineArray<32, UInt8>

    /// - Returns: `nil` unless there are exactly `length` bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == PublicKey.length else { return nil }
        self.bytes = InlineArray { bytes[$0] }
    }

    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    /// In constant time: which keys a board knows is nobody's business.
    public static func == (left: PublicKey, right: PublicKey) -> Bool { equalInConstantTime(left.span, right.span) }
}

/// A private key of X25519. Never logged, traced or sent.
public struct PrivateKey: Sendable, BitwiseCopyable {
    public static var length: Int { 32 }

    let bytes: InlineArray<32, UInt8>
    public let publicKey: PublicKey

    /// - Returns: `nil` unless there are exactly `length` bytes; any bytes are a key.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == PrivateKey.length else { return nil }
        prepareSodium()
        var output = InlineArray<32, UInt8>(repeating: 0)
        var outputSpan = output.mutableSpan
        let status = outputSpan.withUnsafeMutableBufferPointer { output in
            bytes.withUnsafeBufferPointer { crypto_scalarmult_base(output.baseAddress!, $0.baseAddress!) }
        }
        precondition(status == 0, "a product with the base point is never refused")
        self.bytes = InlineArray { bytes[$0] }
        guard let publicKey = PublicKey(output.span) else { preconditionFailure("thirty-two bytes are a key") }
        self.publicKey = publicKey
    }

    /// The secret that this key and another one's private key share.
    ///
    /// - Returns: `nil` if the public key is one of the few of small order, with which every secret is zero (RFC 7748,
    ///   section 6.1): a peer that sends one is not honest.
    public func sharedSecret(with publicKey: PublicKey) -> SharedSecret? {
        var output = InlineArray<32, UInt8>(repeating: 0)
        var outputSpan = output.mutableSpan
        let status = outputSpan.withUnsafeMutableBufferPointer { output in
            bytes.span.withUnsafeBufferPointer { key in
                publicKey.span.withUnsafeBufferPointer { publicKey in
                    crypto_scalarmult(output.baseAddress!, key.baseAddress!, publicKey.baseAddress!)
                }
            }
        }
        return status == 0 ? SharedSecret(bytes: output) : nil
    }
}

/// What two keys have in common. Fit for deriving keys from, not for being one.
public struct SharedSecret: Sendable, BitwiseCopyable {
    let bytes: InlineArray<32, UInt8>

    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }
}
