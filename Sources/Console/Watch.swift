import FixedMemory
import HardwareInterface
import WardenMessages

/// A view of the board that follows it: what it shows, and what it has shown.
struct Watch: ~Copyable {
    /// Parts of the view, one after the other.
    enum Part: UInt8, BitwiseCopyable {
        case clock
        case doors
        case detectors
        case sensors
        case points
        case end
    }

    /// Only things of this kind; `nil` for the whole board.
    var kind: NamedKind?
    var interval = Interval.seconds(1)
    /// When the next look at the board begins, or the one under way goes on.
    var dueAt = Instant.never
    /// Where the look under way has got to.
    var part = Part.clock
    var index = 0
    /// Row of the screen, from 0.
    var rowNumber = 0
    /// Checksums of the rows that stand on the screen.
    var shown = FixedArray<UInt32>(repeating: 0, count: Terminal.rowRange.upperBound)

    mutating func begin(_ kind: NamedKind?, every interval: Interval, at now: Instant) {
        self.kind = kind
        self.interval = interval
        for index in shown.indices { shown[index] = 0 }
        startLook(at: now)
    }

    mutating func startLook(at instant: Instant) {
        dueAt = instant
        part = .clock
        index = 0
        rowNumber = 0
    }

    mutating func nextPart() {
        part = Part(rawValue: part.rawValue + 1) ?? .end
        index = 0
    }

    func shows(_ kind: NamedKind) -> Bool { self.kind == nil || self.kind == kind }
}

extension ConsoleSession {
    /// Rows looked at in one step, of which one at the most is written.
    private static var watchRowsInStep: Int { 8 }

    mutating func startWatch<Sink: ByteSink & ~Copyable>(
        _ kind: NamedKind?, seconds: Int, at now: Instant, _ sink: inout Sink
    ) {
        mode = .watching
        watch.begin(kind, every: .seconds(Int64(seconds)), at: now)
        if terminal.isAnsi { sink.append("\u{1B}[2J\u{1B}[H") }
    }

    mutating func refreshWatch<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        settle()
        guard subject.now >= watch.dueAt else { return }
        for _ in 0..<ConsoleSession.watchRowsInStep {
            // The last row is left to say how to end.
            guard watch.part != .end, !terminal.isAnsi || watch.rowNumber < terminal.rows - 1 else {
                endLook(at: subject.now, &sink)
                return
            }
            row.removeAll()
            guard makeWatchRow(subject) else {
                watch.nextPart()
                continue
            }
            watch.index += 1
            let wasWritten = writeWatchRow(&sink)
            watch.rowNumber += 1
            row.removeAll()
            if wasWritten { return }
        }
    }

    private mutating func makeWatchRow<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) -> Bool {
        switch watch.part {
        case .clock:
            // On a terminal that only goes down, a clock would push everything away.
            guard terminal.isAnsi, watch.index == 0 else { return false }
            style.append(subject.boardStatus.name, &row)
            row.append("  ")
            appendClock(subject.boardStatus, subject.utcOffsetMinutes)
            return true
        case .doors: return watch.shows(.door) && makeDoor(watch.index, subject)
        case .detectors: return watch.shows(.detector) && makeDetector(watch.index, subject, hasTime: false)
        case .sensors: return watch.shows(.point) && makeSensor(watch.index, subject, hasAge: false)
        case .points: return watch.kind == .line && makePoint(watch.index, subject)
        case .end: return false
        }
    }

    /// - Returns: whether the row had changed.
    private mutating func writeWatchRow<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) -> Bool {
        let checksum = Checksum.crc32c(row.span)
        let place = watch.rowNumber
        guard place < watch.shown.count else { return false }
        guard watch.shown[place] != checksum else { return false }
        watch.shown[place] = checksum
        if terminal.isAnsi {
            sink.append("\u{1B}[")
            sink.appendDecimal(place + 1)
            sink.append(";1H")
            appendCropped(&sink)
            sink.append("\u{1B}[K")
        } else {
            sink.append(row.span)
            sink.append("\r\n")
        }
        return true
    }

    /// Writes as much of the row as fits beside the edge of the screen; sequences for colours take no room.
    private func appendCropped<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        var columns = 0
        var index = 0
        let text = row.span
        while index < text.count {
            if text[index] == 0x1B {
                while index < text.count && text[index] != UInt8(ascii: "m") {
                    sink.append(text[index])
                    index += 1
                }
                if index < text.count { sink.append(text[index]) }
                index += 1
                continue
            }
            let end = TextWidth.end(in: text, of: index)
            columns += TextWidth.columns(of: text, index..<end)
            if columns < terminal.columns { sink.append(text.extracting(index..<end)) }
            index = end
        }
    }

    private mutating func endLook<Sink: ByteSink & ~Copyable>(at now: Instant, _ sink: inout Sink) {
        let last = watch.shown.count - 1
        if watch.shown[last] == 0 {
            watch.shown[last] = 1
            if terminal.isAnsi {
                sink.append("\u{1B}[")
                sink.appendDecimal(terminal.rows)
                sink.append(";1H")
            }
            sink.append(Vocabulary(language: language).phrase(.watchEnds))
            if !terminal.isAnsi { sink.append("\r\n") }
        }
        watch.startLook(at: now + watch.interval)
    }

    /// Any key ends the view; the key itself is not taken for a command.
    mutating func endWatch<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        dropTyped()
        row.removeAll()
        if terminal.isAnsi {
            sink.append("\u{1B}[")
            sink.appendDecimal(terminal.rows)
            sink.append(";1H\u{1B}[K")
        }
        mode = .line
        answer = .ending
        repaint()
    }
}
