import Console
import FixedMemory
import HardwareInterface
import WardenMessages

/// The consoles of a board: those at lines, and behind them the one that a client has over a link.
struct ConsoleBank: ~Copyable {
    struct Entry: ~Copyable {
        /// `nil` for a place that no console has taken yet.
        var stream: StreamIndex?
        var session: ConsoleSession
        var isOpen: Bool
    }

    private var entries: FixedArray<Entry>
    /// Where the next round begins, so that no console starves another.
    private var nextTurn = 0

    /// - Parameter capacity: consoles at lines; one more is for a client over a link.
    init(capacity: Int) {
        entries = FixedArray(capacity: capacity + 1)
        for number in 0...capacity {
            entries.append(Entry(stream: nil, session: ConsoleSession(number: number), isOpen: false))
        }
    }

    /// The stream of a console that `next` gave.
    func stream(of index: Int) -> StreamIndex {
        guard let stream = entries[index].stream else { preconditionFailure("no console has this place") }
        return stream
    }

    private var linked: Int { entries.count - 1 }

    /// Whether the console at a place is the one over a link, which has no stream.
    func isLinked(_ index: Int) -> Bool { index == linked }

    /// When a console has something to say or to read. One whose terminal takes no more waits for that, not for a time.
    ///
    /// - Parameter linkRoom: bytes that the client with the console over a link takes now.
    func deadline<Board: Hardware & ~Copyable>(
        on hardware: borrowing Board, linkRoom: Int, lastEvent: UInt64
    ) -> Instant {
        var deadline = Instant.never
        for index in entries.indices where entries[index].isOpen && hasRoom(index, on: hardware, linkRoom) {
            deadline = min(deadline, entries[index].session.deadline(lastEvent: lastEvent))
        }
        return deadline
    }

    private func hasRoom<Board: Hardware & ~Copyable>(
        _ index: Int, on hardware: borrowing Board, _ linkRoom: Int
    ) -> Bool {
        let room = isLinked(index) ? linkRoom : hardware.sendRoom(of: stream(of: index))
        return room >= ConsoleSession.rowLimit
    }

    func has(_ stream: StreamIndex) -> Bool {
        for index in entries.indices where entries[index].stream == stream { return true }
        return false
    }

    /// A console is there; it is greeted. One that was there before begins anew; one too many is left without answer.
    ///
    /// - Parameter lastEvent: number of the newest event.
    mutating func open(_ stream: StreamIndex, lastEvent: UInt64) {
        for index in 0..<linked where entries[index].stream == stream || entries[index].stream == nil {
            entries[index].stream = stream
            entries[index].isOpen = true
            entries[index].session.restart(lastEvent: lastEvent)
            return
        }
    }

    // MARK: Over a link

    mutating func openLinked(_ open: ConsoleOpen, lastEvent: UInt64) {
        entries[linked].isOpen = true
        entries[linked].session.restart(lastEvent: lastEvent)
        entries[linked].session.setTerminal(columns: Int(open.columns), rows: Int(open.rows))
    }

    mutating func receiveLinked(_ bytes: Span<UInt8>, at now: Instant) {
        entries[linked].session.receive(bytes, at: now)
    }

    /// The client typed more at once than could wait.
    mutating func loseLinked(_ count: Int, at now: Instant) { entries[linked].session.lose(count, at: now) }

    mutating func closeLinked<Subject: ConsoleSubject & ~Copyable>(subject: inout Subject) {
        entries[linked].isOpen = false
        entries[linked].session.close(&subject)
    }

    // MARK: At lines

    mutating func close<Subject: ConsoleSubject & ~Copyable>(_ stream: StreamIndex, subject: inout Subject) {
        for index in entries.indices where entries[index].stream == stream {
            entries[index].isOpen = false
            entries[index].session.close(&subject)
        }
    }

    /// A check of a PIN that a console began has ended.
    mutating func pinChecked(console: Int, isRight: Bool) {
        if console < entries.count { entries[console].session.pinChecked(isRight: isRight) }
    }

    /// A card was presented for the enrolment that a console began.
    mutating func cardPresented(_ ended: EndedEnrolment) {
        if ended.console < entries.count { entries[ended.console].session.cardPresented(ended.outcome) }
    }

    mutating func receive(_ bytes: Span<UInt8>, on stream: StreamIndex, at now: Instant) {
        for index in entries.indices where entries[index].stream == stream {
            entries[index].session.receive(bytes, at: now)
        }
    }

    /// The next console, in turn, that has something to do and room for a row; `nil` if there is none.
    mutating func next<Board: Hardware & ~Copyable>(
        on hardware: borrowing Board, linkRoom: Int, at now: Instant, lastEvent: UInt64
    ) -> Int? {
        for offset in entries.indices {
            let index = (nextTurn + offset) % entries.count
            guard entries[index].isOpen, entries[index].session.isBusy(at: now, lastEvent: lastEvent),
                hasRoom(index, on: hardware, linkRoom)
            else { continue }
            nextTurn = index + 1
            return index
        }
        return nil
    }

    /// Has a console do one small piece of work.
    mutating func step<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ index: Int, subject: inout Subject, into sink: inout Sink
    ) {
        entries[index].session.step(&subject, into: &sink)
    }
}
