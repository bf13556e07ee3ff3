import FixedMemory
import HardwareInterface

/// Serial 125 kHz tag readers: RDM6300, ID-2LA/12LA/20LA and their clones; 9600 baud, 8 data bits, no parity.
///
/// A frame is STX (02), ten hexadecimal digits (a version byte and four identifier bytes), a checksum over those five
/// bytes, an optional CR LF, and ETX (03). Four forms are in the field:
///
///     02 d d d d d d d d d d c c 03           RDM6300 data sheet
///     02 d d d d d d d d d d c c 0D 0A 03     ID-12LA/ID-20LA data sheet, section "Data format: ASCII"
///     02 d d d d d d d d d d r 03             a clone with the checksum as one raw byte
///     02 d d d d d d d d d d r 0D 0A 03       the same with CR LF
///
/// The raw byte may have any value, also that of STX, ETX, CR, LF or of a digit's character. The forms are still told
/// apart with certainty, by the *second* byte after the digits: a digit's character means two checksum characters, ETX or
/// CR means that the byte before it was a raw checksum, anything else is no frame. Digits are never ETX or CR, so that no
/// complete frame has two readings. What remains is damage: an ASCII frame that has lost one character has the shape of a
/// raw one, and fits its checksum once in 256 times. So the driver learns which form its reader uses from the first valid
/// frame, and a frame of the other form counts only when two come in a row (a reader that was exchanged).
///
/// Limits: 16 bytes a frame; a pause of `Configuration.byteTimeout` within a frame ends it.
public struct SerialTagReader: Sendable, BitwiseCopyable {
    /// Which checksums are taken.
    public enum ChecksumForm: UInt8, Equatable, Sendable, BitwiseCopyable {
        /// Exclusive or of the five bytes, as two characters or as a raw byte, learned from the reader.
        case automatic = 0
        /// Exclusive or, as two characters only: what the data sheets say.
        case characters = 1
        /// Exclusive or, as one raw byte only.
        case raw = 2
        /// Sum of the five bytes modulo 256 as two characters. Some clones use it; it is never guessed.
        case additive = 3
    }

    /// How it is known that a tag is gone.
    public enum Presence: UInt8, Equatable, Sendable, BitwiseCopyable {
        /// The reader repeats the frame while the tag is there (RDM6300).
        case repeatedFrames = 0
        /// The reader sends one frame a presentation (ID-12LA); when the tag goes is not known.
        case singleFrame = 1
        /// The reader has a tag-in-range line (ID-12LA and ID-20LA pin "TIR") that the board reads.
        case rangeLine = 2
    }

    public struct Configuration: Equatable, Sendable, BitwiseCopyable {
        public var checksum: ChecksumForm
        public var presence: Presence
        /// A tag must not be read for this long before reading it again is a new presentation.
        public var holdOff: Interval
        /// The longest pause within a frame. A byte takes 1.04 ms at 9600 baud; USB adapters hold bytes back for up to
        /// 16 ms, and a loaded board reads late.
        public var byteTimeout: Interval

        public init(
            checksum: ChecksumForm = .automatic, presence: Presence = .repeatedFrames, holdOff: Interval = .seconds(1),
            byteTimeout: Interval = .milliseconds(100)
        ) {
            self.checksum = checksum
            self.presence = presence
            self.holdOff = holdOff
            self.byteTimeout = byteTimeout
        }
    }

    private let configuration: Configuration
    private var pending = FixedBytes<16>()
    private var lastByte = Instant.start
    private var presented: PresentationFilter
    private var health = ReaderHealth()
    private var validFrames: UInt64 = 0
    /// The form that this reader uses, once known; only in `.automatic`.
    private var learnedForm: ChecksumForm? = nil
    /// Whether the last valid frame had the other form.
    private var otherFormSeen = false
    /// Whether a tag was reported whose going has not been.
    private var removalOwed = false

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        presented = PresentationFilter(holdOff: configuration.holdOff)
        switch configuration.checksum {
        case .automatic: learnedForm = nil
        case .characters, .additive: learnedForm = .characters
        case .raw: learnedForm = .raw
        }
    }

    public var statistics: ReaderStatistics {
        ReaderStatistics(
            validFrames: validFrames, malformed: health.malformedCount, discardedBytes: health.discardedBytes)
    }

    /// Takes a change of the tag-in-range line; only with `Presence.rangeLine`.
    ///
    /// The line only says when a tag goes. Whether a frame is a new presentation rests on the hold-off alone, so that a
    /// line stuck active locks nobody out.
    public mutating func tagInRange(_ isInRange: Bool, at now: Instant, into output: inout ReaderOutput) {
        guard configuration.presence == .rangeLine, !isInRange else { return }
        reportRemoval(into: &output)
    }

    private mutating func reportRemoval(into output: inout ReaderOutput) {
        guard removalOwed else { return }
        removalOwed = false
        output.report(.cardRemoved)
    }

    private mutating func expirePresentations(at now: Instant, into output: inout ReaderOutput) {
        if presented.expire(at: now) && configuration.presence == .repeatedFrames { reportRemoval(into: &output) }
    }

    private mutating func expirePendingBytes(at now: Instant, into output: inout ReaderOutput) {
        guard !pending.isEmpty, lastByte + configuration.byteTimeout <= now else { return }
        health.discarded(pending.count, .truncated, at: now, into: &output)
        pending.removeAll()
    }
}

extension SerialTagReader: ReaderDriver {
    // Inlined: a call copies the whole of the value first.
    @inline(__always)
    public var deadline: Instant {
        let bytes = pending.isEmpty ? Instant.never : lastByte + configuration.byteTimeout
        return min(min(bytes, presented.deadline), health.deadline)
    }

    public mutating func portOpened(at now: Instant, into output: inout ReaderOutput) {
        health.portOpened(into: &output)
    }

    public mutating func portClosed(at now: Instant, into output: inout ReaderOutput) {
        pending.removeAll()
        presented.removeAll()
        reportRemoval(into: &output)
        health.portClosed(into: &output)
    }

    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout ReaderOutput) {
        guard health.isOpen else { return }
        poll(at: now, into: &output)
        for index in bytes.indices {
            pending.append(bytes[index])
            consumePending(at: now, into: &output)
        }
        lastByte = now
    }

    public mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        expirePendingBytes(at: now, into: &output)
        expirePresentations(at: now, into: &output)
        health.poll(at: now, into: &output)
    }
}

// MARK: - Frames

extension SerialTagReader {
    private static var startOfText: UInt8 { 0x02 }
    private static var endOfText: UInt8 { 0x03 }
    private static var carriageReturn: UInt8 { 0x0D }
    private static var lineFeed: UInt8 { 0x0A }
    /// Where the checksum begins: after STX and ten digits.
    private static var checksumPlace: Int { 11 }

    /// What the bytes at the front of `pending` are.
    private enum Parse {
        /// The start of a frame.
        case incomplete
        /// A whole frame of this many bytes, with the checksum it carries.
        case frame(length: Int, form: ChecksumForm, checksum: UInt8)
        /// A line end between frames; skipped without complaint, for readers that send it after ETX.
        case lineEnd
        case invalid(MalformedReason)
    }

    private mutating func consumePending(at now: Instant, into output: inout ReaderOutput) {
        while !pending.isEmpty {
            switch parse() {
            case .incomplete:
                return
            case .lineEnd:
                removeFirst(1)
            case .frame(let length, let form, let checksum):
                accept(length, form, checksum, at: now, into: &output)
                removeFirst(length)
            case .invalid(let reason):
                // A frame may begin within what looked like one: go on at the next STX.
                var length = 1
                while length < pending.count && pending[length] != SerialTagReader.startOfText { length += 1 }
                health.discarded(length, reason, at: now, into: &output)
                removeFirst(length)
            }
        }
    }

    private mutating func removeFirst(_ length: Int) {
        pending = FixedBytes(pending.span.extracting(length..<pending.count))
    }

    private func parse() -> Parse {
        let count = pending.count
        switch pending[0] {
        case SerialTagReader.startOfText: break
        case SerialTagReader.carriageReturn, SerialTagReader.lineFeed: return .lineEnd
        default: return .invalid(.noise)
        }
        for index in 1..<max(1, min(count, SerialTagReader.checksumPlace)) {
            guard hexadecimalValue(pending[index]) == nil else { continue }
            let isFrameMark =
                pending[index] == SerialTagReader.startOfText || pending[index] == SerialTagReader.endOfText
            return .invalid(isFrameMark ? .truncated : .character)
        }
        let place = SerialTagReader.checksumPlace
        guard count >= place + 2 else { return .incomplete }
        let first = pending[place]
        let second = pending[place + 1]
        if second == SerialTagReader.endOfText || second == SerialTagReader.carriageReturn {
            return parseEnd(at: place + 1, form: .raw, checksum: first)
        }
        guard let high = hexadecimalValue(first), let low = hexadecimalValue(second) else {
            return .invalid(first == SerialTagReader.startOfText ? .truncated : .character)
        }
        guard count >= place + 3 else { return .incomplete }
        return parseEnd(at: place + 2, form: .characters, checksum: high << 4 | low)
    }

    /// ETX, or CR LF ETX, from `place` on.
    private func parseEnd(at place: Int, form: ChecksumForm, checksum: UInt8) -> Parse {
        if pending[place] == SerialTagReader.endOfText {
            return .frame(length: place + 1, form: form, checksum: checksum)
        }
        guard pending[place] == SerialTagReader.carriageReturn else {
            return .invalid(pending[place] == SerialTagReader.startOfText ? .truncated : .character)
        }
        guard pending.count > place + 1 else { return .incomplete }
        guard pending[place + 1] == SerialTagReader.lineFeed else { return .invalid(.character) }
        guard pending.count > place + 2 else { return .incomplete }
        guard pending[place + 2] == SerialTagReader.endOfText else { return .invalid(.character) }
        return .frame(length: place + 3, form: form, checksum: checksum)
    }

    private mutating func accept(
        _ length: Int, _ form: ChecksumForm, _ checksum: UInt8, at now: Instant, into output: inout ReaderOutput
    ) {
        var identifier = FixedBytes<64>()
        var exclusiveOr: UInt8 = 0
        var sum: UInt8 = 0
        for index in 0..<5 {
            guard let high = hexadecimalValue(pending[1 + 2 * index]),
                let low = hexadecimalValue(pending[2 + 2 * index])
            else { preconditionFailure("the digits were checked") }
            let byte = high << 4 | low
            identifier.append(byte)
            exclusiveOr ^= byte
            sum &+= byte
        }
        guard checksum == (configuration.checksum == .additive ? sum : exclusiveOr) else {
            health.discarded(length, .checksum, at: now, into: &output)
            return
        }
        guard isExpected(form) else {
            health.discarded(length, .framing, at: now, into: &output)
            return
        }
        validFrames &+= 1
        health.valid(into: &output)
        let card = CardIdentifier(identifier, technology: .lowFrequencyTag)
        guard presented.isNew(card, at: now) else { return }
        removalOwed = true
        output.report(.card(card))
    }

    /// Whether a valid frame of this form is believed; learns the form where that is configured.
    private mutating func isExpected(_ form: ChecksumForm) -> Bool {
        if learnedForm == nil || form == learnedForm {
            learnedForm = form
            otherFormSeen = false
            return true
        }
        guard configuration.checksum == .automatic else { return false }
        guard otherFormSeen else {
            otherFormSeen = true
            return false
        }
        learnedForm = form
        otherFormSeen = false
        return true
    }
}

/// The value of a hexadecimal digit's character, either case; `nil` for any other byte.
func hexadecimalValue(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    default: nil
    }
}
