import Cryptography
import FixedMemory

/// A contactless card of ISO/IEC 14443 type A: an identifier, and for a DESFire EV1 card an application with AES keys and
/// one file, read over the three-pass authentication that the card really does.
public struct ContactlessCardModel: Sendable, BitwiseCopyable {
    /// How the file is protected on its way.
    public enum Protection: UInt8, Equatable, Sendable, BitwiseCopyable {
        case plain = 0
        case authenticated = 1
        case enciphered = 3
    }

    private enum State: UInt8, Sendable, BitwiseCopyable {
        case idle, challenged, reading, version
    }

    /// Bytes of data in one answer: a card splits what is longer.
    public static var answerLimit: Int { 59 }

    /// 4, 7 or 10 bytes.
    public var identifier: FixedBytes<10>
    /// SENS_RES, high byte first as the PN532 gives it.
    public var sense: UInt16
    /// SEL_RES.
    public var selection: UInt8
    /// Answer to select; empty for a card without ISO/IEC 14443-4.
    public var answerToSelect: FixedBytes<16>
    /// Draws four new bytes that begin with 08 at each activation.
    public var hasRandomIdentifier = false
    /// Breaks off after this many exchanges, as a card that is pulled away; `nil` for never.
    public var leavesAfter: Int?

    private var application: UInt32 = 0
    private var keyNumber: UInt8 = 0
    private var key: AES128
    private var fileNumber: UInt8 = 0
    private var content = FixedBytes<128>()
    private var protection = Protection.plain

    private var state = State.idle
    private var isSelected = false
    private var cardRandom = AESBlock()
    private var vector = AESBlock()
    private var session: AES128? = nil
    private var rest = FixedBytes<192>()
    private var exchanges = 0
    private var random: RandomGenerator

    /// A card with an identifier alone, such as a MIFARE Classic.
    public init(identifier: Span<UInt8>, sense: UInt16 = 0x0004, selection: UInt8 = 0x08) {
        self.identifier = FixedBytes(identifier)
        self.sense = sense
        self.selection = selection
        answerToSelect = FixedBytes()
        leavesAfter = nil
        key = AES128(AESBlock())
        var seed = FixedBytes<32>()
        for index in 0..<32 { seed.append(identifier[index % identifier.count] &+ UInt8(index)) }
        guard let random = RandomGenerator(seed: seed.span) else { preconditionFailure("thirty-two bytes") }
        self.random = random
    }

    /// A DESFire EV1 card. Its sense, selection and answer to select are those of a real one (nfc-tools/libnfc#267).
    public init(
        identifier: Span<UInt8>, application: UInt32, keyNumber: UInt8, key: AES128, fileNumber: UInt8,
        content: Span<UInt8>, protection: Protection
    ) {
        self.init(identifier: identifier, sense: 0x0344, selection: 0x20)
        let answer: InlineArray<6, UInt8> = [0x06, 0x75, 0x77, 0x81, 0x02, 0x80]
        answerToSelect.append(answer.span)
        self.application = application
        self.keyNumber = keyNumber
        self.key = key
        self.fileNumber = fileNumber
        self.content = FixedBytes(content)
        self.protection = protection
    }

    /// Comes into a field.
    public mutating func activate() {
        state = .idle
        isSelected = false
        session = nil
        exchanges = 0
        if hasRandomIdentifier {
            let drawn = random.bytes(3)
            identifier = FixedBytes()
            identifier.append(0x08)
            identifier.append(drawn.span)
        }
    }

    /// Answers a command: native (code and parameters) or wrapped (90 code 00 00 length parameters 00).
    ///
    /// - Returns: `nil` if the card does not answer: it is gone, or speaks no such protocol.
    public mutating func exchange(_ command: Span<UInt8>) -> FixedBytes<64>? {
        guard !answerToSelect.isEmpty, command.count >= 1 else { return nil }
        exchanges += 1
        if let leavesAfter, exchanges > leavesAfter { return nil }
        if command[0] == 0x90 && command.count >= 5 {
            let hasData = command.count > 5
            let parameters = hasData ? 5..<(command.count - 1) : 5..<5
            guard !hasData || Int(command[4]) == parameters.count else {
                var refusal = FixedBytes<64>()
                refusal.append(0x91)
                refusal.append(0x7E)
                return refusal
            }
            let (status, data) = answer(command[1], command.extracting(parameters))
            var wrapped = FixedBytes<64>(data.span)
            wrapped.append(0x91)
            wrapped.append(status)
            return wrapped
        }
        if command[0] == 0x00 {
            // Another ISO/IEC 7816-4 command: no such file.
            var refusal = FixedBytes<64>()
            refusal.append(0x6A)
            refusal.append(0x82)
            return refusal
        }
        let (status, data) = answer(command[0], command.extracting(1..<command.count))
        var native = FixedBytes<64>()
        native.append(status)
        native.append(data.span)
        return native
    }

    private mutating func answer(_ code: UInt8, _ parameters: Span<UInt8>) -> (UInt8, FixedBytes<64>) {
        let before = state
        state = .idle
        switch code {
        case 0x5A:
            session = nil
            guard parameters.count == 3 else { return (0x7E, FixedBytes()) }
            let wanted = UInt32(parameters[0]) | UInt32(parameters[1]) << 8 | UInt32(parameters[2]) << 16
            isSelected = wanted == application
            return (isSelected || wanted == 0 ? 0x00 : 0xA0, FixedBytes())
        case 0x60:
            // Hardware of an EV1 card: maker 04, type 01, version 1.0, 8 kB.
            state = .version
            rest = FixedBytes()
            let software: InlineArray<7, UInt8> = [0x04, 0x01, 0x01, 0x01, 0x04, 0x1A, 0x05]
            rest.append(software.span)
            let hardware: InlineArray<7, UInt8> = [0x04, 0x01, 0x01, 0x01, 0x00, 0x1A, 0x05]
            return (0xAF, FixedBytes(hardware.span))
        case 0xAA:
            session = nil
            guard isSelected, parameters.count == 1 else { return (0xAE, FixedBytes()) }
            guard parameters[0] == keyNumber else { return (0x40, FixedBytes()) }
            cardRandom = random.block()
            vector = key.encrypted(cardRandom)
            state = .challenged
            return (0xAF, FixedBytes(vector.span))
        case 0xAF where before == .challenged:
            return prove(parameters)
        case 0xAF where before == .version && !rest.isEmpty:
            let data = FixedBytes<64>(rest.span)
            rest = FixedBytes()
            state = .version
            return (0xAF, data)
        case 0xAF where before == .version:
            var data = FixedBytes<64>(identifier.span)
            for _ in 0..<7 { data.append(0x12) }
            return (0x00, data)
        case 0xAF where before == .reading:
            return nextPart()
        case 0xBD:
            return read(parameters)
        case 0xF5:
            return settings(parameters)
        default:
            session = nil
            return (0x1C, FixedBytes())
        }
    }

    private mutating func prove(_ parameters: Span<UInt8>) -> (UInt8, FixedBytes<64>) {
        guard let first = AESBlock(parameters.extracting(0..<min(16, parameters.count))),
            parameters.count == 32, let second = AESBlock(parameters.extracting(16..<32))
        else { return (0x7E, FixedBytes()) }
        var panelRandom = key.decrypted(first)
        panelRandom.formXor(vector)
        var answer = key.decrypted(second)
        answer.formXor(first)
        for index in 0..<16 where answer[index] != cardRandom[(index + 1) % 16] { return (0xAE, FixedBytes()) }
        var turned = AESBlock()
        for index in 0..<16 { turned[index] = panelRandom[(index + 1) % 16] }
        turned.formXor(second)
        let proof = key.encrypted(turned)
        var sessionKey = AESBlock()
        for index in 0..<4 {
            sessionKey[index] = panelRandom[index]
            sessionKey[index + 4] = cardRandom[index]
            sessionKey[index + 8] = panelRandom[index + 12]
            sessionKey[index + 12] = cardRandom[index + 12]
        }
        session = AES128(sessionKey)
        vector = AESBlock()
        return (0x00, FixedBytes(proof.span))
    }

    private mutating func read(_ parameters: Span<UInt8>) -> (UInt8, FixedBytes<64>) {
        guard parameters.count == 7 else { return (0x7E, FixedBytes()) }
        guard isSelected else { return (0xA0, FixedBytes()) }
        guard parameters[0] == fileNumber else { return (0xF0, FixedBytes()) }
        guard let session else { return (0xAE, FixedBytes()) }
        let offset = Int(parameters[1]) | Int(parameters[2]) << 8 | Int(parameters[3]) << 16
        var length = Int(parameters[4]) | Int(parameters[5]) << 8 | Int(parameters[6]) << 16
        let isWhole = length == 0
        if isWhole { length = max(0, content.count - offset) }
        guard offset + length <= content.count else { return (0xBE, FixedBytes()) }
        var command = FixedBytes<8>()
        command.append(0xBD)
        command.append(parameters)
        vector = session.authenticationCode(command.span, vector: vector)
        var message = FixedBytes<192>(content.span.extracting(offset..<(offset + length)))
        var checked = message
        checked.append(0x00)
        if protection == .enciphered {
            var crc: UInt32 = 0xFFFF_FFFF
            for index in 0..<checked.count {
                crc ^= UInt32(checked[index])
                for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
            }
            message.appendLittleEndian(crc)
            if isWhole { message.append(0x80) }
            while !message.count.isMultiple(of: 16) { message.append(0) }
            rest = FixedBytes()
            for start in stride(from: 0, to: message.count, by: 16) {
                guard var block = AESBlock(message.span.extracting(start..<(start + 16))) else { break }
                block.formXor(vector)
                vector = session.encrypted(block)
                rest.append(vector.span)
            }
        } else {
            vector = session.authenticationCode(checked.span, vector: vector)
            rest = message
            rest.append(vector.span.extracting(0..<8))
        }
        return nextPart()
    }

    /// The file's settings: a standard file, its protection, access rights and size; with a code in a session.
    private mutating func settings(_ parameters: Span<UInt8>) -> (UInt8, FixedBytes<64>) {
        guard isSelected, parameters.count == 1, parameters[0] == fileNumber else { return (0xF0, FixedBytes()) }
        var answer = FixedBytes<64>()
        answer.append(0x00)
        answer.append(protection.rawValue)
        answer.append(keyNumber << 4 | keyNumber)
        answer.append(keyNumber << 4 | keyNumber)
        answer.append(UInt8(content.count))
        answer.append(0)
        answer.append(0)
        guard let session else { return (0x00, answer) }
        var command = FixedBytes<2>()
        command.append(0xF5)
        command.append(fileNumber)
        vector = session.authenticationCode(command.span, vector: vector)
        var checked = answer
        checked.append(0x00)
        vector = session.authenticationCode(checked.span, vector: vector)
        answer.append(vector.span.extracting(0..<8))
        return (0x00, answer)
    }

    private mutating func nextPart() -> (UInt8, FixedBytes<64>) {
        let count = min(rest.count, ContactlessCardModel.answerLimit)
        let part = FixedBytes<64>(rest.span.extracting(0..<count))
        rest = FixedBytes(rest.span.extracting(count..<rest.count))
        guard !rest.isEmpty else { return (0x00, part) }
        state = .reading
        return (0xAF, part)
    }
}
