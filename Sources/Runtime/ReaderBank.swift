import Drivers
import FixedMemory
import HardwareInterface

/// The board's card readers on serial ports.
struct ReaderBank: ~Copyable {
    struct Entry: ~Copyable {
        var reader: Reader
        /// The stream of its port.
        let stream: StreamIndex
        var isOpen = false
        /// Cards that it has read since start.
        var cards: UInt64 = 0
        /// Frames that it turned away since start.
        var malformed: UInt64 = 0

        init(reader: consuming Reader, stream: StreamIndex) {
            self.reader = reader
            self.stream = stream
        }
    }

    private var entries: FixedArray<Entry>
    var output = ReaderOutput()

    init(capacity: Int) { entries = FixedArray(capacity: capacity) }

    var count: Int { entries.count }

    var deadline: Instant {
        var earliest = Instant.never
        for index in entries.indices { earliest = min(earliest, entries[index].reader.deadline) }
        return earliest
    }

    mutating func add(_ reader: consuming Reader, on stream: StreamIndex) {
        let added = entries.append(Entry(reader: reader, stream: stream))
        precondition(added, "the bank is sized for every reader of the image")
    }

    /// The reader on a stream; `nil` if there is none.
    func index(of stream: StreamIndex) -> Int? {
        for index in entries.indices where entries[index].stream == stream { return index }
        return nil
    }

    func stream(of index: Int) -> StreamIndex { entries[index].stream }
    func isOpen(_ index: Int) -> Bool { entries[index].isOpen }
    func cards(of index: Int) -> UInt64 { entries[index].cards }
    func malformed(of index: Int) -> UInt64 { entries[index].malformed }

    mutating func countCard(_ index: Int) { entries[index].cards &+= 1 }
    mutating func countMalformed(_ index: Int) { entries[index].malformed &+= 1 }

    mutating func opened(_ index: Int, at now: Instant) {
        output.removeAll()
        entries[index].isOpen = true
        entries[index].reader.portOpened(at: now, into: &output)
    }

    mutating func closed(_ index: Int, at now: Instant) {
        output.removeAll()
        entries[index].isOpen = false
        entries[index].reader.portClosed(at: now, into: &output)
    }

    mutating func receive(_ bytes: Span<UInt8>, on index: Int, at now: Instant) {
        output.removeAll()
        entries[index].reader.receive(bytes, at: now, into: &output)
    }

    /// Lets the next reader that is due act.
    ///
    /// - Returns: its place; `nil` if none is due.
    mutating func runNextDue(at now: Instant) -> Int? {
        for index in entries.indices where entries[index].reader.deadline <= now {
            output.removeAll()
            entries[index].reader.poll(at: now, into: &output)
            return index
        }
        return nil
    }
}
