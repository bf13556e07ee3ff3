import Console
import FixedMemory
import HardwareInterface

/// Where trace lines go: a file, a screen, a test.
public protocol TraceSink: ~Copyable {
    /// Takes one whole line, without its end.
    mutating func write(_ line: Span<UInt8>)
}

/// One line of a trace: the time in seconds with nine digits, a space, then words.
struct TraceLine: ~Copyable {
    private var bytes = ByteBuffer(capacity: 512)
    private var wordsStart = 0

    /// Begins a line at a moment.
    mutating func begin(at instant: Instant) {
        bytes.removeAll()
        TimeText.appendSeconds(nanoseconds: instant.nanoseconds, to: &bytes)
        bytes.append(" ")
        wordsStart = bytes.count
    }

    /// The whole line.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    /// The line without its time.
    var words: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span.extracting(wordsStart..<bytes.count) }
    }
}

extension TraceLine: ByteSink {
    var count: Int { bytes.count }
    var overflowed: Bool { bytes.overflowed }
    mutating func append(_ byte: UInt8) { bytes.append(byte) }
}
