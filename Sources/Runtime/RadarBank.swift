import Drivers
import FixedMemory
import HardwareInterface

/// The board's radars on serial ports, each of them the source of one detector.
struct RadarBank: ~Copyable {
    struct Entry: BitwiseCopyable {
        var radar: MR60FDA2
        /// The detector that it feeds.
        let detector: Int
        /// The stream of its port.
        let stream: StreamIndex
    }

    private var entries: FixedArray<Entry>
    var output = RadarOutput()

    init(capacity: Int) { entries = FixedArray(capacity: capacity) }

    var count: Int { entries.count }

    var deadline: Instant {
        var earliest = Instant.never
        for index in entries.indices { earliest = min(earliest, entries[index].radar.deadline) }
        return earliest
    }

    mutating func add(_ radar: MR60FDA2, of detector: Int, on stream: StreamIndex) {
        let added = entries.append(Entry(radar: radar, detector: detector, stream: stream))
        precondition(added, "the bank is sized for every radar of the image")
    }

    /// The radar on a stream; `nil` if there is none.
    func index(of stream: StreamIndex) -> Int? {
        for index in entries.indices where entries[index].stream == stream { return index }
        return nil
    }

    func stream(of index: Int) -> StreamIndex { entries[index].stream }
    func detector(of index: Int) -> Int { entries[index].detector }

    mutating func opened(_ index: Int, at now: Instant) {
        output.removeAll()
        entries[index].radar.portOpened(at: now, into: &output)
    }

    mutating func closed(_ index: Int, at now: Instant) {
        output.removeAll()
        entries[index].radar.portClosed(at: now, into: &output)
    }

    mutating func receive(_ bytes: Span<UInt8>, on index: Int, at now: Instant) {
        output.removeAll()
        entries[index].radar.receive(bytes, at: now, into: &output)
    }

    /// Lets the next radar that is due act.
    ///
    /// - Returns: its place; `nil` if none is due.
    mutating func runNextDue(at now: Instant) -> Int? {
        for index in entries.indices where entries[index].radar.deadline <= now {
            output.removeAll()
            entries[index].radar.poll(at: now, into: &output)
            return index
        }
        return nil
    }
}

extension RadarBank: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: output: what one call found, emptied by the next.
        state.carry(&entries)
    }
}

extension RadarBank.Entry: Carried {
    mutating func carry(_ state: inout StateCarrier) { state.carry(&radar) }
}
