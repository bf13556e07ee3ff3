import Console
import FixedMemory
import HardwareInterface

/// The consoles of a board.
struct ConsoleBank: ~Copyable {
    struct Entry: ~Copyable {
        let stream: StreamIndex
        var session: ConsoleSession
        var isOpen: Bool
    }

    private var entries: FixedArray<Entry>
    /// Where the next round begins, so that no console starves another.
    private var nextTurn = 0

    init(capacity: Int) { entries = FixedArray(capacity: capacity) }

    func stream(of index: Int) -> StreamIndex { entries[index].stream }

    /// Whether any console has something to say or to read.
    var hasWork: Bool {
        for index in entries.indices where entries[index].isOpen && isBusy(index) { return true }
        return false
    }

    private func isBusy(_ index: Int) -> Bool { entries[index].session.isBusy }

    func has(_ stream: StreamIndex) -> Bool {
        for index in entries.indices where entries[index].stream == stream { return true }
        return false
    }

    /// A console is there; it is greeted. One that was there before begins anew; one too many is left without answer.
    mutating func open(_ stream: StreamIndex) {
        for index in entries.indices where entries[index].stream == stream {
            entries[index].isOpen = true
            entries[index].session.restart()
            return
        }
        entries.append(Entry(stream: stream, session: ConsoleSession(number: entries.count), isOpen: true))
    }

    mutating func close(_ stream: StreamIndex) {
        for index in entries.indices where entries[index].stream == stream { entries[index].isOpen = false }
    }

    mutating func receive(_ bytes: Span<UInt8>, on stream: StreamIndex) {
        for index in entries.indices where entries[index].stream == stream {
            entries[index].session.receive(bytes)
        }
    }

    /// The next console, in turn, that has something to do and room for a row; `nil` if there is none.
    mutating func next<Board: Hardware & ~Copyable>(on hardware: borrowing Board) -> Int? {
        for offset in entries.indices {
            let index = (nextTurn + offset) % entries.count
            guard entries[index].isOpen, isBusy(index),
                hardware.sendRoom(of: entries[index].stream) >= ConsoleSession.rowLimit
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
