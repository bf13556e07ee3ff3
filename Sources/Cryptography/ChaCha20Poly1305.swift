import CSodium
import FixedMemory

/// A key of the AEAD_CHACHA20_POLY1305 of RFC 8439, with the nonces of Noise: four zero bytes, then a counter of eight
/// bytes, little endian (Noise specification, revision 34, section 12.3).
///
/// The same counter must not be used twice under one key.
public struct CipherKey: Sendable, BitwiseCopyable {
    public static var length: Int { 32 }
    /// Bytes that sealing adds.
    public static var tagLength: Int { 16 }

    private let bytes: InlineArray<32, UInt8>

    public init(_ digest: Digest) {
        prepareSodium()
        bytes = digest.bytes
    }

    /// - Returns: `nil` unless there are exactly `length` bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == CipherKey.length else { return nil }
        prepareSodium()
        self.bytes = InlineArray { bytes[$0] }
    }

    private init(bytes: InlineArray<32, UInt8>) { self.bytes = bytes }

    /// The key itself, for a key log that a developer asked for.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    /// Seals a message in place: the last `tagLength` bytes are free for the tag.
    ///
    /// - Parameter associated: bytes that are authenticated with it but not part of it.
    public func seal(_ message: inout MutableSpan<UInt8>, counter: UInt64, associated: Span<UInt8>) {
        precondition(message.count >= CipherKey.tagLength, "there is room for the tag")
        let nonce = nonce(counter)
        message.withUnsafeMutableBufferPointer { message in
            associated.withUnsafeBufferPointer { associated in
                nonce.span.withUnsafeBufferPointer { nonce in
                    bytes.span.withUnsafeBufferPointer { key in
                        let status = crypto_aead_chacha20poly1305_ietf_encrypt(
                            message.baseAddress!, nil, message.baseAddress!,
                            UInt64(message.count - CipherKey.tagLength), associated.baseAddress,
                            UInt64(associated.count), nil, nonce.baseAddress!, key.baseAddress!)
                        precondition(status == 0, "sealing a short message is never refused")
                    }
                }
            }
        }
    }

    /// Opens a sealed message in place; its last `tagLength` bytes are the tag and mean nothing afterwards.
    ///
    /// - Returns: `false` if it was not sealed with this key, counter and associated bytes; the message is then zeros.
    public func open(_ message: inout MutableSpan<UInt8>, counter: UInt64, associated: Span<UInt8>) -> Bool {
        guard message.count >= CipherKey.tagLength else { return false }
        let nonce = nonce(counter)
        return message.withUnsafeMutableBufferPointer { message in
            associated.withUnsafeBufferPointer { associated in
                nonce.span.withUnsafeBufferPointer { nonce in
                    bytes.span.withUnsafeBufferPointer { key in
                        crypto_aead_chacha20poly1305_ietf_decrypt(
                            message.baseAddress!, nil, nil, message.baseAddress!, UInt64(message.count),
                            associated.baseAddress, UInt64(associated.count), nonce.baseAddress!, key.baseAddress!)
                            == 0
                    }
                }
            }
        }
    }

    /// The key that follows this one: the first 32 bytes of zeros sealed with the largest counter (Noise specification,
    /// revision 34, section 4.2).
    public var rekeyed: CipherKey {
        var zeros = InlineArray<48, UInt8>(repeating: 0)
        let nothing = InlineArray<0, UInt8>(repeating: 0)
        var span = zeros.mutableSpan
        seal(&span, counter: .max, associated: nothing.span)
        return CipherKey(bytes: InlineArray { zeros[$0] })
    }

    private func nonce(_ counter: UInt64) -> InlineArray<12, UInt8> {
        InlineArray { $0 < 4 ? 0 : UInt8(truncatingIfNeeded: counter >> UInt64(8 * ($0 - 4))) }
    }
}
