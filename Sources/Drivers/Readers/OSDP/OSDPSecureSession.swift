import Cryptography
import FixedMemory

/// The secure channel of OSDP between two handshakes (SIA OSDP 2.2, annex D): session keys and the chained codes.
///
/// A command's code is chained to the last reply's and the other way round, so that no packet can be left out, repeated
/// or changed unnoticed.
struct OSDPSecureSession: Sendable, BitwiseCopyable {
    private let encryption: AES128
    private let firstAuthentication: AES128
    private let secondAuthentication: AES128
    /// Code of the last command.
    private(set) var commandCode = AESBlock()
    /// Code of the last reply.
    private(set) var replyCode = AESBlock()

    /// The key that every peripheral knows before it is given its own (SCBK-D, annex D.2): it protects nothing.
    static var defaultKey: AES128 {
        var block = AESBlock()
        for index in 0..<AESBlock.length { block[index] = 0x30 + UInt8(index) }
        return AES128(block)
    }

    /// A peripheral's key from the key of the estate and the peripheral's identifier of eight bytes (annex D.4.2).
    static func diversifiedKey(master: AES128, clientIdentifier: FixedBytes<8>) -> AES128 {
        var block = AESBlock()
        for index in 0..<clientIdentifier.count {
            block[index] = clientIdentifier[index]
            block[index + 8] = ~clientIdentifier[index]
        }
        return AES128(master.encrypted(block))
    }

    /// Derives the session keys (annex D.4.1).
    ///
    /// - Parameters:
    ///   - key: the peripheral's key (SCBK) or the default key.
    ///   - panelRandom: RND.A, eight bytes.
    init(key: AES128, panelRandom: FixedBytes<8>) {
        func derived(_ first: UInt8, _ second: UInt8) -> AES128 {
            var block = AESBlock()
            block[0] = first
            block[1] = second
            for index in 0..<6 { block[2 + index] = panelRandom[index] }
            return AES128(key.encrypted(block))
        }
        encryption = derived(0x01, 0x82)
        firstAuthentication = derived(0x01, 0x01)
        secondAuthentication = derived(0x01, 0x02)
    }

    /// What proves that the peripheral knows the key.
    func peripheralCryptogram(panelRandom: FixedBytes<8>, peripheralRandom: FixedBytes<8>) -> AESBlock {
        encryption.encrypted(OSDPSecureSession.joined(panelRandom, peripheralRandom))
    }

    /// What proves that the panel knows the key.
    func panelCryptogram(panelRandom: FixedBytes<8>, peripheralRandom: FixedBytes<8>) -> AESBlock {
        encryption.encrypted(OSDPSecureSession.joined(peripheralRandom, panelRandom))
    }

    /// The code that the chain begins with.
    func initialReplyCode(panelCryptogram: AESBlock) -> AESBlock {
        secondAuthentication.encrypted(firstAuthentication.encrypted(panelCryptogram))
    }

    /// Begins the chain.
    mutating func begin(initialReplyCode: AESBlock) { replyCode = initialReplyCode }

    /// The code of a message after `previous`, the last code of the other direction (annex D.5).
    func code(_ message: Span<UInt8>, after previous: AESBlock) -> AESBlock {
        var code = previous
        var place = 0
        while message.count - place > AESBlock.length {
            code.formXor(OSDPSecureSession.block(message, at: place))
            code = firstAuthentication.encrypted(code)
            place += AESBlock.length
        }
        var last = OSDPSecureSession.block(message, at: place)
        if message.count - place < AESBlock.length { last[message.count - place] = 0x80 }
        code.formXor(last)
        return secondAuthentication.encrypted(code)
    }

    /// Makes the code of a command and takes it for the last one.
    mutating func authenticateCommand(_ message: Span<UInt8>) -> AESBlock {
        commandCode = code(message, after: replyCode)
        return commandCode
    }

    /// Checks the first four bytes of a reply's code and takes it for the last one.
    ///
    /// - Returns: `false` if they do not fit; the session is then to be thrown away.
    mutating func acceptsReply(_ message: Span<UInt8>, code expected: Span<UInt8>) -> Bool {
        let code = code(message, after: commandCode)
        guard equalInConstantTime(code.span.extracting(0..<OSDPPacket.authenticationCodeLength), expected) else {
            return false
        }
        replyCode = code
        return true
    }

    /// Enciphers padded command data in place: whole blocks.
    func encryptCommand(_ data: inout MutableSpan<UInt8>) {
        var vector = replyCode.complement
        encryption.encryptCBC(&data, vector: &vector)
    }

    /// Deciphers reply data in place: whole blocks.
    func decryptReply(_ data: inout MutableSpan<UInt8>) {
        var vector = commandCode.complement
        encryption.decryptCBC(&data, vector: &vector)
    }

    private static func joined(_ first: FixedBytes<8>, _ second: FixedBytes<8>) -> AESBlock {
        var block = AESBlock()
        for index in 0..<8 {
            block[index] = first[index]
            block[8 + index] = second[index]
        }
        return block
    }

    private static func block(_ message: Span<UInt8>, at place: Int) -> AESBlock {
        var block = AESBlock()
        for index in 0..<min(AESBlock.length, message.count - place) { block[index] = message[place + index] }
        return block
    }
}

extension AES128 {
    /// The default key of OSDP (SCBK-D), for tests and for tools that provision readers.
    public static var osdpDefaultKey: AES128 { OSDPSecureSession.defaultKey }
}
