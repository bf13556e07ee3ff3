import FixedMemory
import HardwareInterface

/// A scanner that sends each code as a line of text: QR and barcode readers, keyboard wedges on a serial line.
///
/// Limits: 96 bytes a line with prefix and suffix, of which at most 64 are the identifier. A longer line, or one with a
/// byte that is not printable ASCII, is dropped to its end.
public struct LineReader: Sendable, BitwiseCopyable {
    /// What ends a line.
    public enum LineEnd: Equatable, Sendable, BitwiseCopyable {
        /// CR, LF or both.
        case carriageReturnOrLineFeed
        /// This byte, such as ETX (03) or tab (09).
        case byte(UInt8)
        /// A pause of `Configuration.byteTimeout`: for scanners that send nothing after the text.
        case pause
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        public var lineEnd: LineEnd
        /// Bytes that a line must begin with; not part of the identifier. May hold control characters (STX).
        public var prefix: FixedBytes<16>
        /// Bytes that a line must end with, before the line's end; not part of the identifier.
        public var suffix: FixedBytes<16>
        /// What the rest must look like; `nil` for any printable text.
        public var pattern: LinePattern?
        /// Characters of the identifier, 1 to 64.
        public var minimumLength: Int
        public var maximumLength: Int
        /// A code must not be read for this long before reading it again is a new presentation.
        public var holdOff: Interval
        /// A longer pause within a line drops what has come of it, or ends it with `LineEnd.pause`.
        public var byteTimeout: Interval

        public init(
            lineEnd: LineEnd = .carriageReturnOrLineFeed, prefix: FixedBytes<16> = FixedBytes(),
            suffix: FixedBytes<16> = FixedBytes(), pattern: LinePattern? = nil, minimumLength: Int = 4,
            maximumLength: Int = 64, holdOff: Interval = .seconds(2), byteTimeout: Interval = .milliseconds(200)
        ) {
            precondition(minimumLength >= 1 && maximumLength <= CardIdentifier.byteLimit, "1 to 64 characters")
            self.lineEnd = lineEnd
            self.prefix = prefix
            self.suffix = suffix
            self.pattern = pattern
            self.minimumLength = minimumLength
            self.maximumLength = maximumLength
            self.holdOff = holdOff
            self.byteTimeout = byteTimeout
        }
    }

    private let configuration: Configuration
    private var line = FixedBytes<96>()
    /// Bytes of the running line, also those that did not fit.
    private var lineLength = 0
    private var lastByte = Instant.start
    private var presented: PresentationFilter
    private var health = ReaderHealth()
    private var validFrames: UInt64 = 0

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        presented = PresentationFilter(holdOff: configuration.holdOff)
    }

    public var statistics: ReaderStatistics {
        ReaderStatistics(
            validFrames: validFrames, malformed: health.malformedCount, discardedBytes: health.discardedBytes)
    }
}

extension LineReader: ReaderDriver {
    // Inlined: a call copies the whole of the value first.
    @inline(__always)
    public var deadline: Instant {
        let bytes = lineLength == 0 ? Instant.never : lastByte + configuration.byteTimeout
        return min(min(bytes, presented.deadline), health.deadline)
    }

    public mutating func portOpened(at now: Instant, into output: inout ReaderOutput) {
        health.portOpened(into: &output)
    }

    public mutating func portClosed(at now: Instant, into output: inout ReaderOutput) {
        clearLine()
        presented.removeAll()
        health.portClosed(into: &output)
    }

    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout ReaderOutput) {
        guard health.isOpen else { return }
        poll(at: now, into: &output)
        for index in bytes.indices {
            if isLineEnd(bytes[index]) {
                finishLine(at: now, into: &output)
                continue
            }
            line.append(bytes[index])
            lineLength += 1
            // A scanner that never ends a line is thrown away piece by piece, so that its babble is noticed.
            if lineLength >= 256 {
                health.discarded(lineLength - 97, .length, at: now, into: &output)
                lineLength = 97
            }
        }
        lastByte = now
    }

    public mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        if lineLength > 0 && lastByte + configuration.byteTimeout <= now {
            if configuration.lineEnd == .pause {
                finishLine(at: now, into: &output)
            } else {
                health.discarded(lineLength, .truncated, at: now, into: &output)
                clearLine()
            }
        }
        presented.expire(at: now)
        health.poll(at: now, into: &output)
    }

    private func isLineEnd(_ byte: UInt8) -> Bool {
        switch configuration.lineEnd {
        case .carriageReturnOrLineFeed: byte == 0x0D || byte == 0x0A
        case .byte(let end): byte == end
        case .pause: false
        }
    }

    private mutating func clearLine() {
        line.removeAll()
        lineLength = 0
    }

    private mutating func finishLine(at now: Instant, into output: inout ReaderOutput) {
        guard lineLength > 0 else { return }
        let length = lineLength
        let outcome = lineLength > line.count ? .malformed(.length) : interpretLine()
        clearLine()
        switch outcome {
        case .text(let text):
            validFrames &+= 1
            health.valid(into: &output)
            let card = CardIdentifier(text, technology: .text)
            if presented.isNew(card, at: now) { output.report(.card(card)) }
        case .malformed(let reason):
            health.discarded(length, reason, at: now, into: &output)
        }
    }

    private enum Outcome {
        case text(FixedBytes<64>)
        case malformed(MalformedReason)
    }

    private func interpretLine() -> Outcome {
        let prefix = configuration.prefix
        let suffix = configuration.suffix
        let textLength = line.count - prefix.count - suffix.count
        guard textLength >= configuration.minimumLength && textLength <= configuration.maximumLength else {
            return .malformed(.length)
        }
        for index in 0..<prefix.count where line[index] != prefix[index] { return .malformed(.framing) }
        for index in 0..<suffix.count where line[prefix.count + textLength + index] != suffix[index] {
            return .malformed(.framing)
        }
        let text = FixedBytes<64>(line.span.extracting(prefix.count..<(prefix.count + textLength)))
        for index in 0..<text.count where text[index] < 0x20 || text[index] > 0x7E { return .malformed(.character) }
        if let pattern = configuration.pattern, !pattern.matches(text.span) { return .malformed(.unexpected) }
        return .text(text)
    }
}
