import CMbedTLS
import CSodium
import FixedMemory

/// Sixteen bytes: a block of AES, an initial vector, a code.
///
/// Two blocks are compared in a time that does not depend on their bytes.
public struct AESBlock: Equatable, Sendable, BitwiseCopyable {
    public static var length: Int { 16 }

    var bytes: InlineArray<16, UInt8>

    /// Sixteen zeros.
    public init() { bytes = InlineArray(repeating: 0) }

    /// - Returns: `nil` unless there are exactly sixteen bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == AESBlock.length else { return nil }
        self.bytes = InlineArray { bytes[$0] }
    }

    public subscript(_ index: Int) -> UInt8 {
        get { bytes[index] }
        set { bytes[index] = newValue }
    }

    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    /// Adds another block bit by bit.
    public mutating func formXor(_ other: AESBlock) {
        for index in bytes.indices { bytes[index] ^= other.bytes[index] }
    }

    /// Every bit the other way round.
    public var complement: AESBlock {
        var result = self
        for index in result.bytes.indices { result.bytes[index] = ~bytes[index] }
        return result
    }

    /// All bits one place to the left, without what falls out: the doubling of CMAC but for its constant.
    var shiftedLeft: AESBlock {
        var result = AESBlock()
        for index in 0..<16 {
            result.bytes[index] = bytes[index] << 1 | (index < 15 ? bytes[index + 1] >> 7 : 0)
        }
        return result
    }

    public static func == (left: AESBlock, right: AESBlock) -> Bool { equalInConstantTime(left.span, right.span) }
}

/// A key of AES-128 and what is done with it (FIPS 197 by Mbed TLS; modes of SP 800-38A and SP 800-38B).
///
/// The key is expanded anew for each call: a call is a reader's packet of a few blocks, and a value without pointers
/// may lie in a table. Nothing is allocated. Mbed TLS wipes the expanded key after each call.
public struct AES128: Sendable, BitwiseCopyable {
    public static var keyLength: Int { 16 }

    private var key: AESBlock

    /// - Returns: `nil` unless the key has exactly sixteen bytes.
    public init?(_ key: Span<UInt8>) {
        guard let key = AESBlock(key) else { return nil }
        self.key = key
    }

    public init(_ key: AESBlock) { self.key = key }

    /// The key itself, for the few protocols that hand keys on. Never logged or shown.
    public var keyBlock: AESBlock { key }

    /// One block enciphered (electronic codebook).
    public func encrypted(_ block: AESBlock) -> AESBlock {
        var result = AESBlock()
        withContext(forDecryption: false) { context in
            AES128.electronicCodebook(context, MBEDTLS_AES_ENCRYPT, block, &result)
        }
        return result
    }

    /// One block deciphered (electronic codebook).
    public func decrypted(_ block: AESBlock) -> AESBlock {
        var result = AESBlock()
        withContext(forDecryption: true) { context in
            AES128.electronicCodebook(context, MBEDTLS_AES_DECRYPT, block, &result)
        }
        return result
    }

    /// Enciphers whole blocks in place (cipher block chaining).
    ///
    /// - Parameters:
    ///   - bytes: a multiple of sixteen; traps otherwise.
    ///   - vector: the initial vector; afterwards the last enciphered block, so that a message may continue.
    public func encryptCBC(_ bytes: inout MutableSpan<UInt8>, vector: inout AESBlock) {
        chain(&bytes, &vector, MBEDTLS_AES_ENCRYPT)
    }

    /// Deciphers whole blocks in place (cipher block chaining); parameters as for `encryptCBC`.
    public func decryptCBC(_ bytes: inout MutableSpan<UInt8>, vector: inout AESBlock) {
        chain(&bytes, &vector, MBEDTLS_AES_DECRYPT)
    }

    /// The cipher-based message authentication code (CMAC; SP 800-38B, RFC 4493).
    ///
    /// - Parameter vector: what the first block is added to; zeros but for protocols that chain their messages (DESFire).
    public func authenticationCode(_ message: Span<UInt8>, vector: AESBlock = AESBlock()) -> AESBlock {
        code(message, vector: vector, isPadded: false)
    }

    /// The same code over whole blocks whose padding (80 00…) is part of `message` already, for key derivations that pad to
    /// a length of their own (NXP AN10922).
    ///
    /// - Parameter message: one or more whole blocks; traps otherwise.
    public func authenticationCodeOfPadded(_ message: Span<UInt8>) -> AESBlock {
        precondition(!message.isEmpty && message.count.isMultiple(of: AESBlock.length), "whole blocks only")
        return code(message, vector: AESBlock(), isPadded: true)
    }

    private func code(_ message: Span<UInt8>, vector: AESBlock, isPadded: Bool) -> AESBlock {
        var code = vector
        let wholeBlocks = message.isEmpty ? 0 : (message.count - 1) / AESBlock.length
        withContext(forDecryption: false) { context in
            for index in 0..<wholeBlocks {
                var block = AESBlock()
                for place in 0..<AESBlock.length { block[place] = message[index * AESBlock.length + place] }
                code.formXor(block)
                AES128.electronicCodebook(context, MBEDTLS_AES_ENCRYPT, code, &code)
            }
            var subkey = AESBlock()
            AES128.electronicCodebook(context, MBEDTLS_AES_ENCRYPT, subkey, &subkey)
            subkey = AES128.doubled(subkey)
            var last = AESBlock()
            let start = wholeBlocks * AESBlock.length
            let rest = message.count - start
            for place in 0..<rest { last[place] = message[start + place] }
            if rest < AESBlock.length { last[rest] = 0x80 }
            if rest < AESBlock.length || isPadded { subkey = AES128.doubled(subkey) }
            code.formXor(last)
            code.formXor(subkey)
            AES128.electronicCodebook(context, MBEDTLS_AES_ENCRYPT, code, &code)
        }
        return code
    }

    /// Multiplication by x in the field of CMAC's subkeys (SP 800-38B, section 6.1: R is 0x87).
    private static func doubled(_ block: AESBlock) -> AESBlock {
        var result = block.shiftedLeft
        // Without a branch on a secret.
        result[15] ^= 0x87 & (0 &- (block[0] >> 7))
        return result
    }

    // The expanded key points into itself, so that it is made, used and wiped in one place.
    private func withContext(forDecryption: Bool, _ body: (UnsafeMutablePointer<mbedtls_aes_context>) -> Void) {
        var context = mbedtls_aes_context()
        withUnsafeMutablePointer(to: &context) { context in
            mbedtls_aes_init(context)
            let status = key.span.withUnsafeBufferPointer { key in
                forDecryption
                    ? mbedtls_aes_setkey_dec(context, key.baseAddress!, 128)
                    : mbedtls_aes_setkey_enc(context, key.baseAddress!, 128)
            }
            precondition(status == 0, "a key of 128 bits is always taken")
            body(context)
            mbedtls_aes_free(context)
        }
    }

    private static func electronicCodebook(
        _ context: UnsafeMutablePointer<mbedtls_aes_context>, _ mode: Int32, _ input: AESBlock,
        _ output: inout AESBlock
    ) {
        let copy = input
        var outputSpan = output.bytes.mutableSpan
        let status = outputSpan.withUnsafeMutableBufferPointer { output in
            copy.span.withUnsafeBufferPointer { input in
                mbedtls_aes_crypt_ecb(context, mode, input.baseAddress!, output.baseAddress!)
            }
        }
        precondition(status == 0, "one block is always taken")
    }

    private func chain(_ bytes: inout MutableSpan<UInt8>, _ vector: inout AESBlock, _ mode: Int32) {
        precondition(bytes.count.isMultiple(of: AESBlock.length), "whole blocks only")
        guard bytes.count > 0 else { return }
        var running = vector
        bytes.withUnsafeMutableBufferPointer { bytes in
            withContext(forDecryption: mode == MBEDTLS_AES_DECRYPT) { context in
                var vectorSpan = running.bytes.mutableSpan
                let status = vectorSpan.withUnsafeMutableBufferPointer { vector in
                    mbedtls_aes_crypt_cbc(
                        context, mode, bytes.count, vector.baseAddress!, bytes.baseAddress!, bytes.baseAddress!)
                }
                precondition(status == 0, "whole blocks are always taken")
            }
        }
        vector = running
    }
}
