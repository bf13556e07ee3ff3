import BoardImage
import Console
import EventJournal
import FixedMemory
import HardwareInterface
import WardenMessages

// How the parts of a board stand, for the program around it.
extension Runtime where Board: ~Copyable {
    public func pointStatus(at index: Int) -> PointStatus? { core.pointStatus(at: index) }
    /// The place of a thing with this name; `nil` if there is none.
    public func index(of kind: NamedKind, named name: Span<UInt8>) -> Int? { core.index(of: kind, named: name) }
    /// Whether what earlier runs kept is back.
    public var isStateRestored: Bool { core.isStateRestored }
}

// The journal as its readers see it, for programs of this package that hold it to its promises.
extension Runtime where Board: ~Copyable {
    package var durableSequence: UInt64 { core.journal.durableSequence }

    package mutating func openReader(_ name: ReaderName, start: ReaderStart, kind: ReaderKind) -> ReaderIndex? {
        core.journal.openReader(name, start: start, kind: kind)
    }

    package mutating func rewind(_ reader: ReaderIndex) { core.journal.rewind(reader) }

    /// What an event of the journal says; `nil` for the journal's own.
    package func event(from record: JournalEvent) -> Event? { core.event(from: record) }

    package mutating func closeReader(_ reader: ReaderIndex) { core.journal.closeReader(reader) }

    package mutating func read(_ reader: ReaderIndex, into event: inout JournalEvent) -> ReadOutcome {
        core.journal.read(reader, into: &event)
    }

    package mutating func acknowledge(_ reader: ReaderIndex, through sequence: UInt64) {
        core.journal.acknowledge(reader, through: sequence, at: hardware.now)
    }
}
