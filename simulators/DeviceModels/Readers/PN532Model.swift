import Cryptography
import FixedMemory
import HardwareInterface

/// A PN532 on a serial line, byte by byte: frames, acknowledgements, wake-up, and the commands that readers of contactless
/// cards use (NXP UM0701-02). Up to two cards lie in its field.
public struct PN532Model: ~Copyable {
    /// What goes wrong, until the next fault is set.
    public enum Fault: Equatable, Sendable, BitwiseCopyable {
        case none
        /// Hears and says nothing.
        case silent
        /// Acknowledges and never answers.
        case neverAnswers
        /// The checksum of every second answer is wrong on the line; a repeat is right.
        case everySecondDamaged
        /// Answers carry extended frames.
        case extendedFrames
        /// Another chip of the family answers.
        case otherChip
        /// Says "not acknowledged" to every second command.
        case everySecondRefused
        /// Bytes without end that are no frame.
        case babbling
    }

    /// How long a command takes.
    public struct Timing: Equatable, Sendable, BitwiseCopyable {
        public var acknowledge: Interval
        public var answer: Interval
        /// One try to find a card.
        public var look: Interval
        /// One exchange with a card.
        public var exchange: Interval

        public init() {
            acknowledge = .milliseconds(1)
            answer = .milliseconds(2)
            look = .milliseconds(15)
            exchange = .milliseconds(8)
        }
    }

    public private(set) var fault = Fault.none
    public var timing = Timing()
    /// Whether the chip sleeps: it hears nothing until the line wakes it.
    public private(set) var isAsleep = true
    /// Whether the field is on.
    public private(set) var isFieldOn = false
    /// Commands that were carried out.
    public private(set) var commandCount: UInt64 = 0
    /// The speed that the host has set with SetSerialBaudRate (0 to 8), not used by the model.
    public private(set) var baudRateCode: UInt8 = 4

    private var cards: FixedArray<ContactlessCardModel>
    private var activated = 0
    private var received: ByteBuffer
    private var edges = 0
    private var acknowledgeAt = Instant.never
    private var refuses = false
    private var answerAt = Instant.never
    private var answer: ByteBuffer
    private var isSearching = false
    private var searchLimit: UInt8 = 1
    private var activationTries: UInt8 = 0xFF
    private var count = 0
    private var nextNoise = Instant.never
    private var sleepsAfterAnswer = false

    public init() {
        cards = FixedArray(capacity: 2)
        received = ByteBuffer(capacity: 1_024)
        answer = ByteBuffer(capacity: 512)
    }

    // MARK: The world

    /// Lays a card on the reader.
    ///
    /// - Returns: `false` if two lie there already.
    @discardableResult
    public mutating func present(_ card: ContactlessCardModel, at now: Instant) -> Bool {
        guard cards.append(card) else { return false }
        // A chip that was told to look until a card comes has been waiting for this.
        if isSearching { finishSearch(at: now) }
        return true
    }

    /// Takes all cards away.
    public mutating func removeCards() {
        cards.removeAll()
        activated = 0
    }

    public mutating func set(_ fault: Fault, at now: Instant) {
        self.fault = fault
        nextNoise = fault == .babbling ? now : .never
    }

    /// The supply fails for a moment: the chip forgets everything and sleeps.
    public mutating func restart() {
        isAsleep = true
        isFieldOn = false
        edges = 0
        activated = 0
        isSearching = false
        acknowledgeAt = .never
        answerAt = .never
        received.removeAll()
        activationTries = 0xFF
    }

    // MARK: The line

    /// When the chip has something to send; `.never` if not.
    public var deadline: Instant { min(min(acknowledgeAt, answerAt), nextNoise) }

    /// Writes what has left the chip by `now`.
    public mutating func emit<Sink: ByteSink & ~Copyable>(until now: Instant, into sink: inout Sink) {
        while nextNoise <= now {
            sink.append(UInt8(truncatingIfNeeded: nextNoise.nanoseconds / 87_000 * 37))
            nextNoise = nextNoise + .microseconds(87)
        }
        if acknowledgeAt <= now {
            acknowledgeAt = .never
            let acknowledge: InlineArray<6, UInt8> = [0, 0, 0xFF, 0, 0xFF, 0]
            let refusal: InlineArray<6, UInt8> = [0, 0, 0xFF, 0xFF, 0, 0]
            sink.append(refuses ? refusal.span : acknowledge.span)
        }
        if answerAt <= now {
            answerAt = .never
            count += 1
            let isDamaged = fault == .everySecondDamaged && count.isMultiple(of: 2)
            for index in 0..<answer.count {
                // The data's checksum is the last byte but one.
                sink.append(answer[index] ^ (isDamaged && index == answer.count - 2 ? 0x01 : 0))
            }
            if sleepsAfterAnswer {
                sleepsAfterAnswer = false
                isAsleep = true
                edges = 0
            }
        }
    }

    /// Takes bytes from the host.
    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant) {
        guard fault != .silent && fault != .babbling else { return }
        for index in bytes.indices {
            if isAsleep {
                // Five rising edges wake it (UM0701-02, section 6.3.2.3); what woke it is lost.
                edges += PN532Model.risingEdges(bytes[index])
                if edges >= 5 { isAsleep = false }
                continue
            }
            received.append(bytes[index])
        }
        while takeFrame(at: now) {}
    }

    /// Rising edges of a byte on the line: start bit low, bits from the lowest, stop bit high.
    private static func risingEdges(_ byte: UInt8) -> Int {
        var edges = 0
        var level: UInt8 = 0
        for place in 0..<8 {
            let bit = byte >> UInt8(place) & 1
            if bit == 1 && level == 0 { edges += 1 }
            level = bit
        }
        return level == 0 ? edges + 1 : edges
    }

    /// Takes one frame, or a byte that begins none.
    ///
    /// - Returns: whether there may be more.
    private mutating func takeFrame(at now: Instant) -> Bool {
        guard received.count >= 4 else { return false }
        guard received[0] == 0x00 && received[1] == 0xFF else {
            received.removeFirst(1)
            return true
        }
        if received[2] == 0x00 && received[3] == 0xFF {
            // Acknowledgement from the host: stop.
            received.removeFirst(4)
            isSearching = false
            acknowledgeAt = .never
            answerAt = .never
            return true
        }
        if received[2] == 0xFF && received[3] == 0x00 {
            received.removeFirst(4)
            if answer.count > 0 { answerAt = now + timing.answer }
            return true
        }
        var length = Int(received[2])
        var start = 4
        if received[2] == 0xFF && received[3] == 0xFF {
            guard received.count >= 7 else { return false }
            length = Int(received[4]) << 8 | Int(received[5])
            guard received[4] &+ received[5] &+ received[6] == 0, length <= 265 else {
                received.removeFirst(2)
                return true
            }
            start = 7
        } else if received[2] &+ received[3] != 0 {
            received.removeFirst(2)
            return true
        }
        guard received.count >= start + length + 1 else { return false }
        var sum: UInt8 = 0
        for index in start...(start + length) { sum &+= received[index] }
        let isGood = sum == 0 && length >= 2 && received[start] == 0xD4
        count += fault == .everySecondRefused ? 1 : 0
        refuses = !isGood || (fault == .everySecondRefused && count.isMultiple(of: 2))
        acknowledgeAt = now + timing.acknowledge
        if !refuses {
            let command = FixedBytes<280>(received.span.extracting((start + 1)..<(start + length)))
            received.removeFirst(start + length + 1)
            carryOut(command, at: now)
        } else {
            received.removeFirst(start + length + 1)
        }
        return true
    }

    // MARK: Commands

    private mutating func carryOut(_ command: FixedBytes<280>, at now: Instant) {
        isSearching = false
        answerAt = .never
        guard fault != .neverAnswers else { return }
        commandCount &+= 1
        let code = command[0]
        var data = FixedBytes<280>()
        switch code {
        case 0x00:
            // Diagnose: communication line test sends its parameters back.
            data.append(command.span.extracting(1..<command.count))
        case 0x02:
            data.append(fault == .otherChip ? 0x33 : 0x32)
            data.append(0x01)
            data.append(0x06)
            data.append(0x07)
        case 0x04:
            data.append(0x00)
            data.append(isFieldOn ? 1 : 0)
            data.append(UInt8(activated))
            for index in 0..<activated {
                data.append(UInt8(index + 1))
                data.append(0)
                data.append(0)
                data.append(0)
            }
            data.append(0)
        case 0x06:
            // ReadRegister: every register reads zero.
            for _ in 0..<((command.count - 1) / 2) { data.append(0) }
        case 0x08, 0x12, 0x14: break
        case 0x10:
            baudRateCode = command.count > 1 ? command[1] : baudRateCode
        case 0x16:
            data.append(0)
            sleepsAfterAnswer = true
            isFieldOn = false
        case 0x32: configureRadio(command)
        case 0x40, 0x42: exchange(command, into: &data)
        case 0x44, 0x52:
            data.append(0)
            activated = 0
        case 0x4A:
            look(command, at: now)
            return
        case 0x54: data.append(activated > 0 ? 0 : 0x27)
        case 0x60: data.append(0)
        default:
            // The chip does not know the command: an error frame.
            answer.removeAll()
            let error: InlineArray<8, UInt8> = [0, 0, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0]
            answer.append(error.span)
            answerAt = now + timing.acknowledge + timing.answer
            return
        }
        let time = code == 0x40 || code == 0x42 ? timing.exchange : timing.answer
        reply(code, data, at: now + timing.acknowledge + time)
    }

    private mutating func configureRadio(_ command: FixedBytes<280>) {
        guard command.count >= 3 else { return }
        switch command[1] {
        case 0x01:
            isFieldOn = command[2] & 1 == 1
            if !isFieldOn { activated = 0 }
        case 0x05 where command.count >= 5: activationTries = command[4]
        default: break
        }
    }

    private mutating func look(_ command: FixedBytes<280>, at now: Instant) {
        guard command.count >= 3, command[1] >= 1, command[1] <= 2 else {
            reply(0x4A, FixedBytes(), at: now + timing.answer)
            return
        }
        isFieldOn = true
        activated = 0
        searchLimit = command[1]
        if command[2] == 0x00 && !cards.isEmpty {
            finishSearch(at: now)
        } else if activationTries == 0xFF {
            // Until a card comes or the host stops it.
            isSearching = command[2] == 0x00
        } else {
            var data = FixedBytes<280>()
            data.append(0)
            let tries = Int64(activationTries) + 1
            reply(0x4A, data, at: now + timing.acknowledge + timing.look * tries)
        }
    }

    private mutating func finishSearch(at now: Instant) {
        isSearching = false
        activated = min(Int(searchLimit), cards.count)
        var data = FixedBytes<280>()
        data.append(UInt8(activated))
        for index in 0..<activated {
            cards[index].activate()
            data.append(UInt8(index + 1))
            data.appendBigEndian(cards[index].sense)
            data.append(cards[index].selection)
            data.append(UInt8(cards[index].identifier.count))
            data.append(cards[index].identifier.span)
            data.append(cards[index].answerToSelect.span)
        }
        reply(0x4A, data, at: now + timing.acknowledge + timing.look)
    }

    private mutating func exchange(_ command: FixedBytes<280>, into data: inout FixedBytes<280>) {
        let isRaw = command[0] == 0x42
        let place = isRaw ? 0 : Int(command.count > 1 ? command[1] & 0x0F : 0) - 1
        guard place >= 0 && place < activated && place < cards.count else {
            // Time-out on the air, or no such target.
            data.append(isRaw || command[0] == 0x40 ? 0x01 : 0x27)
            return
        }
        let message = command.span.extracting((isRaw ? 1 : 2)..<command.count)
        guard !isRaw, let answer = cards[place].exchange(message) else {
            data.append(0x01)
            return
        }
        data.append(0x00)
        data.append(answer.span)
    }

    private mutating func reply(_ code: UInt8, _ data: FixedBytes<280>, at time: Instant) {
        answer.removeAll()
        let length = data.count + 2
        answer.append(0)
        answer.append(0)
        answer.append(0xFF)
        if fault == .extendedFrames || length > 255 {
            answer.append(0xFF)
            answer.append(0xFF)
            answer.appendBigEndian(UInt16(length))
            answer.append(0 &- (UInt8(length >> 8) &+ UInt8(length & 0xFF)))
        } else {
            answer.append(UInt8(length))
            answer.append(0 &- UInt8(length))
        }
        var sum: UInt8 = 0xD5 &+ code &+ 1
        answer.append(0xD5)
        answer.append(code &+ 1)
        for index in 0..<data.count {
            answer.append(data[index])
            sum &+= data[index]
        }
        answer.append(0 &- sum)
        answer.append(0)
        answerAt = time
    }
}
