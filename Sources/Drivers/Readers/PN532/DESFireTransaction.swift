import Cryptography
import FixedMemory

/// Reading one protected file of a DESFire EV1 card, message by message.
///
/// Commands are wrapped as ISO/IEC 7816-4 APDUs (class 90), which every card and every reader passes on; an answer ends in
/// 91 and the status. Nothing of the file is given out before the whole of it is proved.
struct DESFireTransaction: ~Copyable {
    enum Step: Equatable {
        case selecting
        case challenging
        case proving
        case reading
    }

    struct Command {
        var step: Step
        /// The wrapped command.
        var message: FixedBytes<64>
    }

    enum Outcome {
        case next(Command)
        case done(FixedBytes<64>)
        case refused(CardRefusal)
        /// The card left, or answered something that it does not when all is well.
        case interrupted
    }

    /// Codes and statuses (MIFARE DESFire EV1; libfreefare `freefare_internal.h`, `mifare_desfire.c`).
    private enum Code {
        static var select: UInt8 { 0x5A }
        static var authenticateAES: UInt8 { 0xAA }
        static var additionalFrame: UInt8 { 0xAF }
        static var readData: UInt8 { 0xBD }
    }
    private enum Status {
        static var done: UInt8 { 0x00 }
        static var noSuchKey: UInt8 { 0x40 }
        static var permissionDenied: UInt8 { 0x9D }
        static var applicationNotFound: UInt8 { 0xA0 }
        static var authenticationError: UInt8 { 0xAE }
        static var additionalFrame: UInt8 { 0xAF }
        static var boundaryError: UInt8 { 0xBE }
        static var fileNotFound: UInt8 { 0xF0 }
    }

    private var file: PN532Reader.File? = nil
    private var handshake: DESFireHandshake? = nil
    private var session: DESFireSession? = nil
    /// What came of the file, as it came: at most 64 bytes, checksum and padding.
    private var content: ByteBuffer

    init() { content = ByteBuffer(capacity: 128) }

    /// Begins with a card that was found.
    mutating func begin(
        _ file: PN532Reader.File, identifier: FixedBytes<64>, panelRandom: AESBlock
    ) -> Command {
        self.file = file
        session = nil
        content.removeAll()
        handshake = DESFireHandshake(
            key: DESFireTransaction.cardKey(file, identifier: identifier), panelRandom: panelRandom)
        var parameters = FixedBytes<40>()
        appendThreeBytes(file.application, to: &parameters)
        return DESFireTransaction.wrapped(.selecting, Code.select, parameters)
    }

    /// Forgets keys and content.
    mutating func forget() {
        file = nil
        handshake = nil
        session = nil
        content.removeAll()
    }

    /// Identifier, application (most significant byte first) and system identifier, as AN10922 section 2.2 has them.
    private static func cardKey(_ file: PN532Reader.File, identifier: FixedBytes<64>) -> AES128 {
        guard let system = file.systemIdentifier else { return file.key.key }
        var input = FixedBytes<31>()
        input.append(identifier.span)
        input.append(UInt8(truncatingIfNeeded: file.application >> 16))
        input.append(UInt8(truncatingIfNeeded: file.application >> 8))
        input.append(UInt8(truncatingIfNeeded: file.application))
        input.append(system.span)
        return DESFireDiversification.key(master: file.key.key, input: input.span)
    }

    /// Takes the card's answer: data, 91, status.
    mutating func take(_ answer: Span<UInt8>, at step: Step) -> Outcome {
        guard let file, answer.count >= 2, answer[answer.count - 2] == 0x91 else {
            // A card that speaks ISO/IEC 7816-4 but is no DESFire answers with another class of status.
            forget()
            return answer.count >= 2 ? .refused(.applicationMissing) : .interrupted
        }
        let status = answer[answer.count - 1]
        let outcome = take(answer.extracting(0..<(answer.count - 2)), status, file, step)
        if case .next = outcome {} else { forget() }
        return outcome
    }

    private mutating func take(
        _ data: Span<UInt8>, _ status: UInt8, _ file: PN532Reader.File, _ step: Step
    ) -> Outcome {
        switch (step, status) {
        case (.selecting, Status.done):
            var parameters = FixedBytes<40>()
            parameters.append(file.keyNumber)
            return .next(DESFireTransaction.wrapped(.challenging, Code.authenticateAES, parameters))
        case (.challenging, Status.additionalFrame):
            guard let challenge = AESBlock(data), let answer = handshake?.answer(to: challenge) else {
                return .refused(.authenticationFailed)
            }
            return .next(DESFireTransaction.wrapped(.proving, Code.additionalFrame, FixedBytes(answer.span)))
        case (.proving, Status.done):
            guard let proof = AESBlock(data), let session = handshake?.session(proof: proof) else {
                return .refused(.authenticationFailed)
            }
            self.session = session
            handshake = nil
            return .next(read(file))
        case (.reading, Status.additionalFrame):
            content.append(data)
            guard !content.overflowed, !data.isEmpty else { return .interrupted }
            return .next(DESFireTransaction.wrapped(.reading, Code.additionalFrame, FixedBytes()))
        case (.reading, Status.done):
            content.append(data)
            guard !content.overflowed else { return .interrupted }
            return finish(file)
        case (_, Status.applicationNotFound), (_, Status.fileNotFound), (_, Status.boundaryError):
            return .refused(.applicationMissing)
        case (_, Status.authenticationError), (_, Status.permissionDenied), (_, Status.noSuchKey):
            return .refused(.authenticationFailed)
        default:
            return .interrupted
        }
    }

    private mutating func read(_ file: PN532Reader.File) -> Command {
        var parameters = FixedBytes<40>()
        parameters.append(file.number)
        appendThreeBytes(file.offset, to: &parameters)
        appendThreeBytes(UInt32(file.length), to: &parameters)
        var plain = FixedBytes<41>()
        plain.append(Code.readData)
        plain.append(parameters.span)
        session?.note(plain.span)
        return DESFireTransaction.wrapped(.reading, Code.readData, parameters)
    }

    private mutating func finish(_ file: PN532Reader.File) -> Outcome {
        switch file.protection {
        case .plain, .authenticated:
            guard content.count == file.length + DESFireSession.codeLength else {
                return .refused(.authenticationFailed)
            }
            var message = FixedBytes<65>(content.span.extracting(0..<file.length))
            message.append(Status.done)
            let code = FixedBytes<8>(content.span.extracting(file.length..<content.count))
            guard session?.accepts(message.span, code: code.span) == true else {
                return .refused(.authenticationFailed)
            }
        case .enciphered:
            let checked = file.length + 4
            let padded = (checked + AESBlock.length - 1) / AESBlock.length * AESBlock.length
            guard content.count == padded, var session else { return .refused(.authenticationFailed) }
            DESFireTransaction.decrypt(&content, &session)
            self.session = session
            var message = FixedBytes<65>(content.span.extracting(0..<file.length))
            message.append(Status.done)
            let checksum = DESFireSession.checksum(message.span)
            for index in 0..<4 where content[file.length + index] != UInt8(truncatingIfNeeded: checksum >> (8 * index))
            {
                return .refused(.authenticationFailed)
            }
            // Zeros, or 80 and zeros where the card does not know how much was asked for.
            for index in checked..<padded where content[index] != 0 && !(index == checked && content[index] == 0x80) {
                return .refused(.authenticationFailed)
            }
        }
        return .done(FixedBytes(content.span.extracting(0..<file.length)))
    }

    private static func decrypt(_ content: inout ByteBuffer, _ session: inout DESFireSession) {
        var data = content.mutableSpan(0..<content.count)
        session.decrypt(&data)
    }

    /// Class 90, code, 00 00, length and parameters if there are any, 00.
    private static func wrapped(_ step: Step, _ code: UInt8, _ parameters: FixedBytes<40>) -> Command {
        var message = FixedBytes<64>()
        message.append(0x90)
        message.append(code)
        message.append(0)
        message.append(0)
        if !parameters.isEmpty {
            message.append(UInt8(parameters.count))
            message.append(parameters.span)
        }
        message.append(0)
        return Command(step: step, message: message)
    }

    private func appendThreeBytes(_ value: UInt32, to bytes: inout FixedBytes<40>) {
        bytes.append(UInt8(truncatingIfNeeded: value))
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value >> 16))
    }
}
