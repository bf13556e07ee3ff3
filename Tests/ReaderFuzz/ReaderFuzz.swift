import Cryptography
import Drivers
import FixedMemory
import HardwareInterface

/// Entry points for coverage-guided fuzzing of every reader driver: any bytes are a course of events, and each checks what
/// must hold whatever comes. A breach traps.
///
/// `.ci/fuzz-readers TARGET SECONDS` runs one under libFuzzer; the tests run each over bytes of a seeded generator.
public enum ReaderFuzz: String, CaseIterable, Sendable {
    case serialTag
    case line
    case wiegand
    case osdpClear
    case osdpSecure
    case pn532Identifier
    case pn532File
    case descriptions

    /// Plays the course of events that `input` describes.
    public func run(_ input: Span<UInt8>) {
        switch self {
        case .serialTag:
            var course = Course(SerialTagReader())
            course.play(input) { card in card.technology == .lowFrequencyTag && card.bitCount == 40 }
        case .line:
            var course = Course(LineReader(.init(minimumLength: 4, maximumLength: 32)))
            course.play(input) { card in card.technology == .text && card.bytes.count >= 4 && card.bytes.count <= 32 }
        case .wiegand: ReaderFuzz.playWiegand(input)
        case .osdpClear: ReaderFuzz.playBus(input, isSecure: false)
        case .osdpSecure: ReaderFuzz.playBus(input, isSecure: true)
        case .pn532Identifier:
            var course = Course(PN532Reader(.init(credential: .identifier), random: ReaderFuzz.random))
            course.answer = Answer.pn532
            course.play(input) { card in
                card.technology == .contactlessIdentifier && [4, 7, 10].contains(card.bytes.count)
            }
        case .pn532File:
            let file = PN532Reader.File(
                application: 0xF51234, keyNumber: 2, key: ReaderKey(ReaderFuzz.key), number: 5, length: 16)
            var course = Course(PN532Reader(.init(credential: .file(file)), random: ReaderFuzz.random))
            course.answer = Answer.pn532
            // Nobody who does not know the key gets this far.
            course.play(input) { _ in false }
        case .descriptions: ReaderFuzz.readDescriptions(input)
        }
    }

    static let key = AES128(AESBlock([UInt8](0..<16).span)!)
    static var random: RandomGenerator { RandomGenerator(seed: [UInt8](repeating: 3, count: 32).span)! }

    /// How the course turns bytes into an answer that passes the protocol's checks, so that what lies behind them is
    /// reached.
    enum Answer {
        case none
        case pn532
        case osdp
    }

    // MARK: Wiegand

    private static func playWiegand(_ input: Span<UInt8>) {
        var reader = WiegandReader()
        for format in [WiegandFormat.h10301, .wiegand34, .h10304] { reader.addFormat(format) }
        var output = ReaderOutput()
        var now = Instant.start
        reader.linesAvailable(at: now, into: &output)
        for index in input.indices {
            let byte = input[index]
            // Bits 0 and 1: line and level; the rest: time, from a microsecond to a third of a second.
            now = now + .microseconds(1 << Int64(byte >> 2 & 0x0F) * 5 / 4)
            if byte >> 6 == 3 {
                while reader.deadline <= now {
                    let before = reader.deadline
                    reader.poll(at: now, into: &output)
                    precondition(reader.deadline > now || reader.deadline > before, "a poll moves the deadline")
                }
            }
            reader.edge(byte & 1 == 0 ? .zero : .one, isActive: byte & 2 != 0, at: now, into: &output)
            for place in output.reports.indices {
                if case .card(let card) = output.reports[place].event {
                    precondition([24, 32, 35].contains(card.bitCount), "a card has a configured format")
                }
            }
            precondition(output.reports.usage.dropped == 0, "no report is lost")
            output.removeAll()
        }
    }

    // MARK: OSDP

    private static func playBus(_ input: Span<UInt8>, isSecure: Bool) {
        var bus = OSDPBus(timing: .init(baudRate: 115_200), random: random)
        for address in 0..<UInt8(2) {
            let security: OSDPBus.Security = isSecure ? .key(ReaderKey(key)) : .clear
            _ = bus.addPeripheral(.init(address: address, security: security))
        }
        var course = Course(bus)
        course.answer = .osdp
        course.play(input) { card in
            // Without the key there is no secure channel, and without it no card.
            !isSecure && (card.technology == .osdpRaw || card.technology == .osdpFormatted)
        }
    }

    // MARK: Descriptions

    /// Formats and patterns as an integrator might write them.
    private static func readDescriptions(_ input: Span<UInt8>) {
        let half = input.count / 2
        let first = input.extracting(0..<half)
        let second = input.extracting(half..<input.count)
        if let pattern = try? LinePattern(first) { _ = pattern.matches(second) }
        guard var format = try? WiegandFormat(layout: first) else { return }
        _ = try? format.addParity(second)
        guard let frame = format.frame(facility: 0, card: 1) else { return }
        precondition(frame.count == format.bitCount)
        if format.match(frame) == .matches { _ = format.identifier(in: frame) }
    }
}

/// A driver, the bytes that describe what happens to it, and what must hold all the while.
struct Course<Driver: ReaderDriver & ~Copyable>: ~Copyable {
    private var driver: Driver
    private var output = ReaderOutput()
    private var now = Instant.start
    /// The last packet that the driver sent.
    private var sent = ByteBuffer(capacity: 2_048)
    var answer = ReaderFuzz.Answer.none

    init(_ driver: consuming Driver) {
        self.driver = driver
    }

    /// Each operation is a byte: its two lowest bits say what happens, the others how much.
    mutating func play(_ input: Span<UInt8>, isPossible: (CardIdentifier) -> Bool) {
        driver.portOpened(at: now, into: &output)
        check(isPossible)
        var place = 0
        while place < input.count {
            let operation = input[place]
            let amount = Int(operation >> 2)
            place += 1
            switch operation & 3 {
            case 0:
                let end = min(input.count, place + amount + 1)
                driver.receive(input.extracting(place..<end), at: now, into: &output)
                place = end
            case 1:
                pass(.milliseconds(Int64(amount * amount)), isPossible)
            case 2:
                let end = min(input.count, place + amount + 1)
                receiveAnswer(input.extracting(place..<end))
                place = end
            default:
                if amount == 63 {
                    driver.portClosed(at: now, into: &output)
                    check(isPossible)
                    driver.portOpened(at: now, into: &output)
                } else {
                    pass(.milliseconds(Int64(amount)), isPossible)
                }
            }
            check(isPossible)
        }
        pass(.seconds(30), isPossible)
    }

    private mutating func pass(_ interval: Interval, _ isPossible: (CardIdentifier) -> Bool) {
        let end = now + interval
        while driver.deadline <= end {
            now = max(now, driver.deadline)
            driver.poll(at: now, into: &output)
            check(isPossible)
            precondition(driver.deadline > now, "a poll moves the deadline")
        }
        now = end
    }

    private mutating func check(_ isPossible: (CardIdentifier) -> Bool) {
        precondition(output.reports.usage.dropped == 0, "no report is lost")
        precondition(!output.transmit.overflowed, "what is sent fits")
        for index in output.reports.indices {
            if case .card(let card) = output.reports[index].event {
                precondition(isPossible(card), "a card that cannot be")
            }
        }
        if output.transmit.count > 0 {
            sent.removeAll()
            sent.append(copying: output.transmit, 0..<output.transmit.count)
        }
        output.removeAll()
    }

    /// Makes a whole frame of these bytes: code and data.
    private mutating func receiveAnswer(_ content: Span<UInt8>) {
        guard !content.isEmpty else { return }
        var frame = ByteBuffer(capacity: 512)
        switch answer {
        case .none:
            frame.append(content)
        case .pn532:
            // The acknowledgement, then the answer to the last command, with this data.
            for byte in [0, 0, 0xFF, 0, 0xFF, 0] as [UInt8] { frame.append(byte) }
            let code = sent.count >= 9 ? sent[sent.count > 22 && sent[0] == 0x55 ? 22 : 6] &+ 1 : 0x15
            frame.append(0)
            frame.append(0)
            frame.append(0xFF)
            frame.append(UInt8(content.count + 2))
            frame.append(0 &- UInt8(content.count + 2))
            frame.append(0xD5)
            frame.append(code)
            frame.append(content)
            var sum = 0xD5 &+ code
            for index in content.indices { sum &+= content[index] }
            frame.append(0 &- sum)
            frame.append(0)
        case .osdp:
            // From whom was asked, with the sequence number of the question.
            let address = sent.count > 5 ? sent[2] : 0
            let control = sent.count > 5 ? sent[5] & 0x07 : 4
            let hasCRC = control & 4 != 0
            frame.append(0x53)
            frame.append(address | 0x80)
            frame.appendLittleEndian(UInt16(5 + content.count + (hasCRC ? 2 : 1)))
            // A first byte of three chooses a security block.
            frame.append(control | (content[0] & 0xFC == 0x10 ? 0x08 : 0))
            frame.append(content)
            if hasCRC {
                let crc = Checksum.crc16OSDP(frame.span)
                frame.appendLittleEndian(crc)
            } else {
                var sum: UInt8 = 0
                for index in 0..<frame.count { sum &+= frame[index] }
                frame.append(0 &- sum)
            }
        }
        var place = 0
        while place < frame.count {
            let end = min(frame.count, place + 256)
            driver.receive(frame.span.extracting(place..<end), at: now, into: &output)
            place = end
        }
    }
}
