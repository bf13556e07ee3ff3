import Cryptography
import FixedMemory
import HardwareInterface

/// An OSDP reader on an RS-485 bus, byte by byte: what a peripheral of SIA OSDP 2.2 answers, in the clear and over the
/// secure channel, and what a broken one does.
///
/// Several models share a bus: each is handed every byte of the panel and answers to its own address.
public struct OSDPReaderModel: ~Copyable {
    /// What goes wrong, until the next fault is set.
    public enum Fault: Equatable, Sendable, BitwiseCopyable {
        case none
        /// No answer at all.
        case silent
        /// The check of every answer is wrong.
        case badCheck
        /// Every second answer is damaged on the line: one bit.
        case everySecondDamaged
        /// The code of every secured answer is wrong.
        case badAuthentication
        /// Answers "busy".
        case busy
        /// Answers after this time.
        case late(Interval)
        /// Random bytes without end at the full rate of the line.
        case babbling
        /// An answer from another address.
        case otherAddress
    }

    /// What the panel last set.
    public struct Indication: Equatable, Sendable, BitwiseCopyable {
        /// Data of the last osdp_LED, osdp_BUZ, osdp_OUT and osdp_TEXT.
        public var light = FixedBytes<16>()
        public var sound = FixedBytes<16>()
        public var output = FixedBytes<16>()
        public var text = FixedBytes<40>()
    }

    /// Longest packet that the model takes, and says that it takes.
    public static var receiveSize: Int { 256 }
    /// Inputs and outputs that it has.
    public static var inputCount: Int { 4 }
    public static var outputCount: Int { 2 }
    /// Bytes that the panel's serial port gathers before it hands them over.
    public static var portDepth: Int { 16 }

    public let address: UInt8
    /// Time from the end of a command to the begin of its answer.
    public var turnaround: Interval
    public var fault = Fault.none
    /// The reader's own key; `nil` while it takes the default key only.
    public private(set) var key: AES128?
    /// Whether the reader knows the secure channel at all.
    public var hasSecureChannel = true
    /// Whether it answers anything but identification in the clear.
    public var insistsOnSecureChannel = false
    public private(set) var indication = Indication()
    /// Commands that were understood, repeats not counted.
    public private(set) var commandCount: UInt64 = 0
    /// Answers that were given a second time because the panel asked a second time.
    public private(set) var repeatCount: UInt64 = 0
    /// What came of a file so far.
    public private(set) var file: ByteBuffer
    /// Rounds for which the reader says that it works on a file before it says that it is done.
    public var fileFinishingRounds = 0

    private let byteTime: Interval
    private var received: ByteBuffer
    private var answer: ByteBuffer
    private var reply: ByteBuffer
    /// Bytes of the answer that have left.
    private var answered = 0
    private var answerAt = Instant.never
    private var nextNoise = Instant.never
    private var lastSequence: UInt8? = nil
    private var answerCount = 0
    private var random: RandomGenerator
    private var noise: UInt64

    // Events that wait for a poll.
    private var events: Ring<FixedBytes<40>>
    public private(set) var isTampered = false
    public private(set) var hasPowerFailure = false
    private var inputs: UInt8 = 0
    private var outputs: UInt8 = 0
    private var rest = 0

    // Secure channel.
    private var isSecure = false
    private var encryption: AES128
    private var firstCode: AES128
    private var secondCode: AES128
    private var commandCode = AESBlock()
    private var replyCode = AESBlock()
    private var panelRandom = FixedBytes<8>()
    private var readerRandom = FixedBytes<8>()
    private var usesDefaultKey = false
    private var dropsChannelAfterAnswer = false

    /// - Parameters:
    ///   - key: the reader's own key; `nil` for one fresh from the factory.
    ///   - seed: decides its random numbers and noise.
    public init(
        address: UInt8, key: AES128? = nil, baudRate: Int64 = 9600, turnaround: Interval = .milliseconds(3),
        seed: UInt8 = 1
    ) {
        self.address = address
        self.key = key
        self.turnaround = turnaround
        byteTime = Interval(nanoseconds: 10_000_000_000 / baudRate)
        received = ByteBuffer(capacity: 2_048)
        answer = ByteBuffer(capacity: 2_048)
        reply = ByteBuffer(capacity: 512)
        file = ByteBuffer(capacity: 65_536)
        events = Ring(capacity: 16)
        let blank = AES128(AESBlock())
        encryption = blank
        firstCode = blank
        secondCode = blank
        var bytes = FixedBytes<32>()
        for index in 0..<32 { bytes.append(seed &+ UInt8(index) &* 7) }
        guard let random = RandomGenerator(seed: bytes.span) else { preconditionFailure("thirty-two bytes") }
        self.random = random
        noise = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    // MARK: What happens at the reader

    /// Presents a card of these bits (most significant first), as the Wiegand format 1 or as raw data 0.
    public mutating func presentCard(_ bits: Span<UInt8>, bitCount: UInt16, format: UInt8 = 1) {
        var event = FixedBytes<40>()
        event.append(0x50)
        event.append(0)
        event.append(format)
        event.appendLittleEndian(bitCount)
        event.append(bits)
        events.push(event)
    }

    /// Presents a card whose data is characters.
    public mutating func presentFormattedCard(_ characters: Span<UInt8>, backwards: Bool = false) {
        var event = FixedBytes<40>()
        event.append(0x51)
        event.append(0)
        event.append(backwards ? 1 : 0)
        event.append(UInt8(characters.count))
        event.append(characters)
        events.push(event)
    }

    /// Presses keys: the characters that the reader sends for them.
    public mutating func press(_ characters: Span<UInt8>) {
        var event = FixedBytes<40>()
        event.append(0x53)
        event.append(0)
        event.append(UInt8(characters.count))
        event.append(characters)
        events.push(event)
    }

    /// Opens or closes the case, fails or restores the supply.
    public mutating func setLocal(isTampered: Bool, hasPowerFailure: Bool) {
        self.isTampered = isTampered
        self.hasPowerFailure = hasPowerFailure
        events.push(localStatus)
    }

    /// Activates inputs, one bit each.
    public mutating func setInputs(_ levels: UInt8) {
        inputs = levels
        events.push(levelsReply(0x49, levels, OSDPReaderModel.inputCount))
    }

    /// Any answer to the next poll, byte by byte: code and data.
    public mutating func answerNextPoll(with codeAndData: Span<UInt8>) { events.push(FixedBytes(codeAndData)) }

    /// Takes the supply away and gives it back: the link and what waits are forgotten, the key is not.
    public mutating func restart() {
        lastSequence = nil
        isSecure = false
        events.removeAll()
        answerAt = .never
        received.removeAll()
    }

    /// The identifier that the reader at an address gives in its secure channel, byte by byte.
    private static func clientByte(_ index: Int, _ address: UInt8) -> UInt8 { 0xC0 &+ UInt8(index) &+ address }

    /// The key of the reader at an address that comes from an estate's key: its identifier and the complement of that,
    /// enciphered (SIA OSDP 2.2, annex D.4.2).
    public static func key(fromMaster master: AES128, address: UInt8) -> AES128 {
        var block = AESBlock()
        for index in 0..<8 {
            block[index] = clientByte(index, address)
            block[8 + index] = ~clientByte(index, address)
        }
        return AES128(master.encrypted(block))
    }

    /// Puts another key into the reader, or none.
    public mutating func setKey(_ key: AES128?) {
        self.key = key
        isSecure = false
    }

    public mutating func set(_ fault: Fault, at now: Instant) {
        self.fault = fault
        nextNoise = fault == .babbling ? now : .never
    }

    // MARK: The bus

    /// When the reader has something to send; `.never` if not.
    public var deadline: Instant { min(answerAt, nextNoise) }

    /// Writes what has left the reader by `now`.
    public mutating func emit<Sink: ByteSink & ~Copyable>(until now: Instant, into sink: inout Sink) {
        while nextNoise <= now {
            noise ^= noise >> 12
            noise ^= noise << 25
            noise ^= noise >> 27
            sink.append(UInt8(truncatingIfNeeded: (noise &* 0x2545_F491_4F6C_DD1D) >> 56))
            nextNoise = nextNoise + byteTime
        }
        while answerAt <= now {
            // Only on the line: a repeat of the same answer is whole.
            let isDamaged = fault == .everySecondDamaged && answerCount.isMultiple(of: 2)
            let end = min(answer.count, answered + OSDPReaderModel.portDepth)
            for index in answered..<end {
                sink.append(answer[index] ^ (isDamaged && index == answer.count / 2 ? 0x10 : 0))
            }
            answered = end
            let next = min(answer.count - answered, OSDPReaderModel.portDepth)
            answerAt = next == 0 ? .never : answerAt + Interval(nanoseconds: byteTime.nanoseconds * Int64(next))
        }
        if answered == answer.count && dropsChannelAfterAnswer {
            dropsChannelAfterAnswer = false
            isSecure = false
        }
    }

    /// Takes bytes that the panel sent; `now` is when the last of them arrived.
    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant) {
        received.append(bytes)
        while received.count > 0 {
            guard received[0] == 0x53 else {
                received.removeFirst(1)
                continue
            }
            guard received.count >= 5 else { return }
            let length = Int(received[2]) | Int(received[3]) << 8
            guard length >= 7 && length <= 1_440 else {
                received.removeFirst(1)
                continue
            }
            guard received.count >= length else { return }
            if isIntact(length) && received[1] == address || isIntact(length) && received[1] == 0x7F {
                takeCommand(length, at: now)
            }
            received.removeFirst(length)
        }
    }

    private func isIntact(_ length: Int) -> Bool {
        if received[4] & 0x04 != 0 {
            let crc = UInt16(received[length - 2]) | UInt16(received[length - 1]) << 8
            return Checksum.crc16OSDP(received.span.extracting(0..<(length - 2))) == crc
        }
        var sum: UInt8 = 0
        for index in 0..<length { sum &+= received[index] }
        return sum == 0
    }

    private mutating func takeCommand(_ length: Int, at now: Instant) {
        if fault == .silent || fault == .babbling { return }
        let control = received[4]
        let sequence = control & 0x03
        let hasCRC = control & 0x04 != 0
        if fault == .busy {
            // In the clear, with sequence number 0.
            reply.removeAll()
            reply.append(0x79)
            send(sequence: 0, hasCRC: hasCRC, secured: false, at: now)
            return
        }
        if sequence != 0 && sequence == lastSequence {
            repeatCount &+= 1
            schedule(at: now)
            return
        }
        if sequence == 0 {
            isSecure = false
        } else if let last = lastSequence, sequence == (last == 3 ? 1 : last + 1) {
            // As it should be.
        } else {
            refuse(4, sequence, hasCRC, at: now)
            return
        }
        var codePlace = 5
        var end = length - (hasCRC ? 2 : 1)
        var blockType: UInt8 = 0
        if control & 0x08 != 0 {
            blockType = received[6]
            codePlace += Int(received[5])
        }
        if blockType >= 0x15 {
            guard isSecure, openCommand(codePlace, &end, isEnciphered: blockType == 0x17) else {
                isSecure = false
                refuse(6, sequence, hasCRC, at: now)
                return
            }
        } else if isSecure && blockType == 0 {
            isSecure = false
            refuse(6, sequence, hasCRC, at: now)
            return
        }
        lastSequence = sequence
        commandCount &+= 1
        reply.removeAll()
        let code = received[codePlace]
        answerCommand(code, (codePlace + 1)..<end, blockType)
        send(sequence: sequence, hasCRC: hasCRC, secured: isSecure, at: now)
    }

    private mutating func refuse(_ reason: UInt8, _ sequence: UInt8, _ hasCRC: Bool, at now: Instant) {
        reply.removeAll()
        reply.append(0x41)
        reply.append(reason)
        send(sequence: sequence, hasCRC: hasCRC, secured: false, at: now)
    }

    // MARK: Commands

    private var localStatus: FixedBytes<40> {
        var reply = FixedBytes<40>()
        reply.append(0x48)
        reply.append(isTampered ? 1 : 0)
        reply.append(hasPowerFailure ? 1 : 0)
        return reply
    }

    private func levelsReply(_ code: UInt8, _ levels: UInt8, _ count: Int) -> FixedBytes<40> {
        var reply = FixedBytes<40>()
        reply.append(code)
        for index in 0..<count { reply.append(levels >> UInt8(index) & 1) }
        return reply
    }

    private mutating func answerCommand(_ code: UInt8, _ data: Range<Int>, _ blockType: UInt8) {
        let isOpen = code == 0x61 || code == 0x62 || code == 0x76 || code == 0x77
        if insistsOnSecureChannel && !isSecure && !isOpen {
            reply.append(0x41)
            reply.append(6)
            return
        }
        switch code {
        case 0x60: reply.append((events.pop() ?? acknowledgement).span)
        case 0x61:
            reply.append(0x45)
            let identity: InlineArray<12, UInt8> = [0xCA, 0x44, 0x6C, 1, 2, 0xDD, 0xCC, 0xBB, 0xAA, 3, 4, 5]
            reply.append(identity.span)
        case 0x62: answerCapabilities()
        case 0x64: reply.append(localStatus.span)
        case 0x65: reply.append(levelsReply(0x49, inputs, OSDPReaderModel.inputCount).span)
        case 0x66: reply.append(levelsReply(0x4A, outputs, OSDPReaderModel.outputCount).span)
        case 0x68:
            indication.output = FixedBytes(received.span.extracting(data))
            let mask = UInt8(1) << received[data.lowerBound]
            let control = received[data.lowerBound + 1]
            outputs = control == 2 || control == 5 ? outputs | mask : outputs & ~mask
            events.push(levelsReply(0x4A, outputs, OSDPReaderModel.outputCount))
            reply.append(0x40)
        case 0x69:
            indication.light = FixedBytes(received.span.extracting(data))
            reply.append(0x40)
        case 0x6A:
            indication.sound = FixedBytes(received.span.extracting(data))
            reply.append(0x40)
        case 0x6B:
            indication.text = FixedBytes(received.span.extracting(data))
            reply.append(0x40)
        case 0x75: answerKeySet(data)
        case 0x76: answerChallenge(data, blockType)
        case 0x77: answerCryptogram(data, blockType)
        case 0x7C: answerFile(data)
        case 0xA2:
            file.removeAll()
            reply.append(0x40)
        default:
            reply.append(0x41)
            reply.append(3)
        }
    }

    private var acknowledgement: FixedBytes<40> {
        var reply = FixedBytes<40>()
        reply.append(0x40)
        return reply
    }

    private mutating func answerCapabilities() {
        reply.append(0x46)
        append(1, 2, UInt8(OSDPReaderModel.inputCount))
        append(2, 2, UInt8(OSDPReaderModel.outputCount))
        append(4, 4, 1)
        append(5, 2, 1)
        append(6, 1, 1)
        append(8, 1, 0)
        append(9, hasSecureChannel ? 1 : 0, 1)
        append(10, UInt8(OSDPReaderModel.receiveSize & 0xFF), UInt8(OSDPReaderModel.receiveSize >> 8))
    }

    private mutating func append(_ function: UInt8, _ level: UInt8, _ number: UInt8) {
        reply.append(function)
        reply.append(level)
        reply.append(number)
    }

    private mutating func answerKeySet(_ data: Range<Int>) {
        guard isSecure, data.count == 18, received[data.lowerBound] == 1, received[data.lowerBound + 1] == 16,
            let newKey = AES128(received.span.extracting((data.lowerBound + 2)..<data.upperBound))
        else {
            reply.append(0x41)
            reply.append(6)
            return
        }
        key = newKey
        reply.append(0x40)
        dropsChannelAfterAnswer = true
    }

    private mutating func answerFile(_ data: Range<Int>) {
        guard data.count >= 11 else {
            reply.append(0x41)
            reply.append(2)
            return
        }
        func number(_ place: Int, _ count: Int) -> Int {
            var value = 0
            for index in 0..<count { value |= Int(received[data.lowerBound + place + index]) << (8 * index) }
            return value
        }
        let size = number(1, 4)
        let offset = number(5, 4)
        let length = number(9, 2)
        if offset == 0 && length > 0 {
            file.removeAll()
            rest = fileFinishingRounds
        }
        var detail = 0
        if length > 0 && offset == file.count && data.count == 11 + length {
            file.append(copying: received, (data.lowerBound + 11)..<data.upperBound)
        } else if length > 0 {
            detail = 0xFFFD
        }
        if detail == 0 && file.count == size {
            if rest > 0 {
                rest -= 1
                detail = 3
            } else {
                detail = 1
            }
        }
        reply.append(0x7A)
        reply.append(1)
        reply.appendLittleEndian(UInt16(0))
        reply.appendLittleEndian(UInt16(detail))
        reply.appendLittleEndian(UInt16(0))
    }

    // MARK: Secure channel

    private static var defaultKey: AES128 {
        var block = AESBlock()
        for index in 0..<16 { block[index] = UInt8(0x30 + index) }
        return AES128(block)
    }

    private mutating func answerChallenge(_ data: Range<Int>, _ blockType: UInt8) {
        guard hasSecureChannel, data.count == 8, blockType == 0x11 else {
            reply.append(0x41)
            reply.append(5)
            return
        }
        isSecure = false
        panelRandom = FixedBytes(received.span.extracting(data))
        let bytes = random.bytes(8)
        readerRandom = FixedBytes(bytes.span)
        usesDefaultKey = key == nil
        let base = key ?? OSDPReaderModel.defaultKey
        encryption = sessionKey(base, 0x82)
        firstCode = sessionKey(base, 0x01)
        secondCode = sessionKey(base, 0x02)
        reply.append(0x76)
        for index in 0..<8 { reply.append(OSDPReaderModel.clientByte(index, address)) }
        reply.append(readerRandom.span)
        reply.append(encryption.encrypted(joined(panelRandom, readerRandom)).span)
    }

    private mutating func answerCryptogram(_ data: Range<Int>, _ blockType: UInt8) {
        let expected = encryption.encrypted(joined(readerRandom, panelRandom))
        guard blockType == 0x13, let cryptogram = AESBlock(received.span.extracting(data)), cryptogram == expected
        else {
            reply.append(0x41)
            reply.append(6)
            return
        }
        replyCode = secondCode.encrypted(firstCode.encrypted(cryptogram))
        reply.append(0x78)
        reply.append(replyCode.span)
    }

    private func sessionKey(_ base: AES128, _ constant: UInt8) -> AES128 {
        var block = AESBlock()
        block[0] = 1
        block[1] = constant
        for index in 0..<6 { block[2 + index] = panelRandom[index] }
        return AES128(base.encrypted(block))
    }

    private func joined(_ first: FixedBytes<8>, _ second: FixedBytes<8>) -> AESBlock {
        var block = AESBlock()
        for index in 0..<8 {
            block[index] = first[index]
            block[8 + index] = second[index]
        }
        return block
    }

    private func code(_ message: Span<UInt8>, after start: AESBlock) -> AESBlock {
        var code = start
        let blocks = max(1, (message.count + 15) / 16)
        for index in 0..<blocks {
            var block = AESBlock()
            for place in 0..<16 {
                let position = 16 * index + place
                block[place] = position < message.count ? message[position] : position == message.count ? 0x80 : 0
            }
            code.formXor(block)
            code = index == blocks - 1 ? secondCode.encrypted(code) : firstCode.encrypted(code)
        }
        return code
    }

    /// Checks a secured command and deciphers its data; moves `end` to the end of the data.
    private mutating func openCommand(_ codePlace: Int, _ end: inout Int, isEnciphered: Bool) -> Bool {
        let codeStart = end - 4
        guard codeStart > codePlace else { return false }
        let expected = code(received.span.extracting(0..<codeStart), after: replyCode)
        for index in 0..<4 where received[codeStart + index] != expected[index] { return false }
        commandCode = expected
        end = codeStart
        guard isEnciphered else { return true }
        guard (end - codePlace - 1).isMultiple(of: 16), end > codePlace + 1 else { return false }
        var vector = replyCode.complement
        decipher((codePlace + 1)..<end, &vector)
        repeat { end -= 1 } while end > codePlace + 1 && received[end] == 0
        return received[end] == 0x80
    }

    private mutating func decipher(_ range: Range<Int>, _ vector: inout AESBlock) {
        let key = encryption
        var data = received.mutableSpan(range)
        key.decryptCBC(&data, vector: &vector)
    }

    // MARK: Answers

    private mutating func send(sequence: UInt8, hasCRC: Bool, secured: Bool, at now: Instant) {
        let code = reply[0]
        let isHandshake = code == 0x76 || code == 0x78
        answer.removeAll()
        answer.append(0xFF)
        answer.append(0x53)
        answer.append((fault == .otherAddress ? address ^ 1 : address) | 0x80)
        answer.appendLittleEndian(UInt16(0))
        answer.append(sequence | (hasCRC ? 0x04 : 0) | (secured || isHandshake ? 0x08 : 0))
        if secured {
            answer.append(2)
            answer.append(reply.count > 1 ? 0x18 : 0x16)
        } else if isHandshake {
            answer.append(3)
            answer.append(code == 0x76 ? 0x12 : 0x14)
            answer.append(code == 0x76 ? (usesDefaultKey ? 0 : 1) : 1)
        }
        let dataStart = answer.count + 1
        answer.append(copying: reply, 0..<reply.count)
        if secured && reply.count > 1 {
            answer.append(0x80)
            while !(answer.count - dataStart).isMultiple(of: 16) { answer.append(0) }
        }
        let length = answer.count - 1 + (secured ? 4 : 0) + (hasCRC ? 2 : 1)
        answer[3] = UInt8(length & 0xFF)
        answer[4] = UInt8(length >> 8)
        if secured { secure(from: dataStart) }
        if hasCRC {
            let crc = Checksum.crc16OSDP(answer.span.extracting(1..<answer.count))
            answer.appendLittleEndian(crc ^ (fault == .badCheck ? 0x0100 : 0))
        } else {
            var sum: UInt8 = fault == .badCheck ? 1 : 0
            for index in 1..<answer.count { sum &+= answer[index] }
            answer.append(0 &- sum)
        }
        if code == 0x78 { isSecure = true }
        schedule(at: now)
    }

    private mutating func secure(from dataStart: Int) {
        if dataStart < answer.count {
            var vector = commandCode.complement
            let key = encryption
            encipherAnswer(from: dataStart, key, &vector)
        }
        replyCode = code(answer.span.extracting(1..<answer.count), after: commandCode)
        for index in 0..<4 { answer.append(replyCode[index] ^ (fault == .badAuthentication ? 1 : 0)) }
    }

    private mutating func encipherAnswer(from dataStart: Int, _ key: AES128, _ vector: inout AESBlock) {
        var data = answer.mutableSpan(dataStart..<answer.count)
        key.encryptCBC(&data, vector: &vector)
    }

    private mutating func schedule(at now: Instant) {
        var delay = turnaround
        if case .late(let late) = fault { delay = late }
        answered = 0
        answerCount &+= 1
        let first = min(answer.count, OSDPReaderModel.portDepth)
        answerAt = now + delay + Interval(nanoseconds: byteTime.nanoseconds * Int64(first))
    }
}
