import FixedMemory

/// Collects typed bytes into a line, with echo, for any terminal down to the dumbest.
///
/// Printable ASCII and well-formed UTF-8 go into the line; control bytes other than the few that edit are dropped, and
/// so are escape sequences and broken UTF-8.
struct LineEditor: ~Copyable {
    /// Bytes of one line.
    static var limit: Int { 160 }

    private(set) var line = ByteBuffer(capacity: LineEditor.limit)
    private var escape = Escape.none
    /// Bytes of the UTF-8 sequence under way that have not come yet, and where it began.
    private var continuationsDue = 0
    private var sequenceStart = 0
    private var lastWasReturn = false

    enum Escape: BitwiseCopyable {
        case none
        case begun
        case sequence
    }

    /// What a byte did.
    enum Step: BitwiseCopyable {
        case nothing
        case lineIsComplete
        /// The line is full; the byte was refused.
        case refused
    }

    /// Takes one byte and writes its echo.
    mutating func take<Sink: ByteSink & ~Copyable>(_ byte: UInt8, echo: inout Sink) -> Step {
        defer { lastWasReturn = byte == 0x0D }
        switch escape {
        case .begun:
            escape = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") ? .sequence : .none
            return .nothing
        case .sequence:
            // A control sequence ends with a byte from 0x40 to 0x7E (ECMA-48, section 5.4).
            if (0x40...0x7E).contains(byte) { escape = .none }
            return .nothing
        case .none: break
        }
        switch byte {
        case 0x0D:
            return complete(&echo)
        case 0x0A:
            // The second half of CR LF is no line of its own.
            return lastWasReturn ? .nothing : complete(&echo)
        case 0x08, 0x7F:
            eraseLast(&echo)
            return .nothing
        case 0x15:
            while line.count > 0 { eraseLast(&echo) }
            return .nothing
        case 0x1B:
            escape = .begun
            return .nothing
        case 0x00..<0x20:
            return .nothing
        default:
            return insert(byte, &echo)
        }
    }

    /// Forgets everything, as after a cable was plugged in again.
    mutating func reset() {
        clear()
        escape = .none
        lastWasReturn = false
    }

    /// Makes room for the next line.
    mutating func clear() {
        line.removeAll()
        continuationsDue = 0
    }

    private mutating func complete<Sink: ByteSink & ~Copyable>(_ echo: inout Sink) -> Step {
        dropBrokenSequence()
        echo.append("\r\n")
        return .lineIsComplete
    }

    private mutating func insert<Sink: ByteSink & ~Copyable>(_ byte: UInt8, _ echo: inout Sink) -> Step {
        let isContinuation = byte & 0xC0 == 0x80
        if isContinuation {
            guard continuationsDue > 0 else { return .nothing }
        } else {
            dropBrokenSequence()
        }
        // Room for the whole character, so that none is ever cut.
        let needed = isContinuation ? 1 : LineEditor.sequenceLength(startingWith: byte)
        guard needed > 0 else { return .nothing }
        guard line.count + needed <= LineEditor.limit else {
            echo.append(0x07)
            return .refused
        }
        if isContinuation {
            continuationsDue -= 1
        } else {
            sequenceStart = line.count
            continuationsDue = needed - 1
        }
        line.append(byte)
        if continuationsDue == 0 { echo.append(line.span.extracting(sequenceStart..<line.count)) }
        return .nothing
    }

    /// Bytes of a UTF-8 character by its first byte; 0 for a byte that begins none (RFC 3629, section 3).
    private static func sequenceLength(startingWith byte: UInt8) -> Int {
        switch byte {
        case 0x20..<0x7F: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
    }

    private mutating func dropBrokenSequence() {
        guard continuationsDue > 0 else { return }
        truncate(to: sequenceStart)
        continuationsDue = 0
    }

    private mutating func eraseLast<Sink: ByteSink & ~Copyable>(_ echo: inout Sink) {
        dropBrokenSequence()
        guard line.count > 0 else { return }
        var end = line.count - 1
        while end > 0 && line[end] & 0xC0 == 0x80 { end -= 1 }
        let columns = line.count - end >= 3 ? 2 : 1
        truncate(to: end)
        for _ in 0..<columns { echo.append("\u{8} \u{8}") }
    }

    private mutating func truncate(to length: Int) { line.truncate(to: length) }
}
