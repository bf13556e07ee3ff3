import FixedMemory
import HardwareInterface

/// A 125 kHz reader with a serial line, byte by byte with the timing of its baud rate.
///
/// Tags are laid on and taken off; the model sends what the real reader would send, and can be made to misbehave.
public struct SerialTagReaderModel: Sendable, BitwiseCopyable {
    /// How the reader frames a tag.
    public enum Framing: UInt8, Equatable, Sendable, BitwiseCopyable {
        /// STX, ten digits, two checksum digits, ETX (RDM6300).
        case plain = 0
        /// The same with CR LF before ETX (ID-12LA, ID-20LA).
        case lineEnd = 1
        /// The checksum as one raw byte (a clone).
        case rawChecksum = 2
        /// The raw checksum with CR LF.
        case rawChecksumLineEnd = 3
        /// A sum instead of the exclusive or (a clone).
        case additiveChecksum = 4
    }

    /// What goes wrong, until the next fault is set.
    public enum Fault: Equatable, Sendable, BitwiseCopyable {
        case none
        /// Every checksum is wrong.
        case badChecksum
        /// Frames stop after this many bytes.
        case truncated(after: UInt8)
        /// Random bytes without end at the full rate of the line.
        case babbling
        /// Nothing is sent.
        case silent
    }

    /// 1 start bit, 8 data bits, 1 stop bit at 9600 baud.
    public static var byteTime: Interval { Interval(nanoseconds: 1_041_667) }

    public let framing: Framing
    /// Time from the start of one frame to the start of the next while a tag is there; `nil` for one frame a presentation.
    public let repetition: Interval?
    public var fault = Fault.none
    /// The tag that lies on the reader: version byte and four identifier bytes.
    public private(set) var tag: InlineArray<5, UInt8>?
    /// Whether the tag-in-range pin is active.
    public var isTagInRange: Bool { tag != nil }

    private var frame = FixedBytes<16>()
    private var sent = 0
    private var nextByte = Instant.never
    private var nextFrame = Instant.never
    private var random: UInt64

    public init(framing: Framing = .plain, repetition: Interval? = .milliseconds(65), seed: UInt64 = 1) {
        self.framing = framing
        self.repetition = repetition
        random = seed | 1
    }

    /// Lays a tag on the reader, in place of any other.
    public mutating func present(_ tag: InlineArray<5, UInt8>, at now: Instant) {
        self.tag = tag
        nextFrame = now
    }

    /// Takes the tag off. A frame that has begun is sent to its end.
    public mutating func remove() {
        tag = nil
        nextFrame = .never
    }

    /// Sets a fault from `now` on.
    public mutating func set(_ fault: Fault, at now: Instant) {
        self.fault = fault
        if fault == .babbling { nextByte = max(now, nextByte == .never ? now : nextByte) }
    }

    /// When the next byte leaves the reader; `.never` if none waits.
    public var deadline: Instant {
        if fault == .silent { return .never }
        if fault == .babbling { return nextByte == .never ? .start : nextByte }
        return sent < frame.count ? nextByte : nextFrame
    }

    /// Writes the bytes that have left the reader by `now`.
    public mutating func emit<Sink: ByteSink & ~Copyable>(until now: Instant, into sink: inout Sink) {
        if fault == .silent {
            frame.removeAll()
            sent = 0
            while repetition != nil && nextFrame <= now { nextFrame = nextFrame + repetition! }
            return
        }
        while deadline <= now {
            if fault == .babbling {
                sink.append(randomByte())
                nextByte = deadline + SerialTagReaderModel.byteTime
                continue
            }
            if sent >= frame.count {
                buildFrame()
                nextByte = nextFrame + SerialTagReaderModel.byteTime
                nextFrame = repetition.map { nextFrame + $0 } ?? .never
                continue
            }
            sink.append(frame[sent])
            sent += 1
            nextByte = nextByte + SerialTagReaderModel.byteTime
        }
    }

    private mutating func buildFrame() {
        frame.removeAll()
        sent = 0
        guard let tag else { return }
        var exclusiveOr: UInt8 = 0
        var sum: UInt8 = 0
        frame.append(0x02)
        for index in tag.indices {
            appendDigits(tag[index])
            exclusiveOr ^= tag[index]
            sum &+= tag[index]
        }
        let checksum = (framing == .additiveChecksum ? sum : exclusiveOr) ^ (fault == .badChecksum ? 0x01 : 0)
        switch framing {
        case .plain, .lineEnd, .additiveChecksum: appendDigits(checksum)
        case .rawChecksum, .rawChecksumLineEnd: frame.append(checksum)
        }
        if framing == .lineEnd || framing == .rawChecksumLineEnd {
            frame.append(0x0D)
            frame.append(0x0A)
        }
        frame.append(0x03)
        if case .truncated(let length) = fault, Int(length) < frame.count {
            frame = FixedBytes(frame.span.extracting(0..<Int(length)))
        }
    }

    private mutating func appendDigits(_ byte: UInt8) {
        appendDigit(byte >> 4)
        appendDigit(byte & 0x0F)
    }

    private mutating func appendDigit(_ nibble: UInt8) {
        frame.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10)
    }

    /// xorshift64* (Vigna 2014), upper byte.
    private mutating func randomByte() -> UInt8 {
        random ^= random >> 12
        random ^= random << 25
        random ^= random >> 27
        return UInt8(truncatingIfNeeded: (random &* 0x2545_F491_4F6C_DD1D) >> 56)
    }
}
