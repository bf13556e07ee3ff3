import FixedMemory
import HardwareInterface
import JournalSimulation

@testable import EventJournal

extension StateValue {
    var array: [UInt8] { span.indices.map { self[$0] } }
}

/// A journal as the tests hold it: expectations cannot look into a value that must not be copied.
final class JournalUnderTest {
    var journal: EventJournal

    init(_ journal: consuming EventJournal) { self.journal = journal }

    @discardableResult
    func append(
        _ eventClass: EventClass, _ payload: [UInt8] = [], kind: UInt16 = 1, at nanoseconds: Int64 = 0,
        clock: WallClock = .unset
    ) -> UInt64 {
        journal.append(
            eventClass, kind: kind, payload: payload.span, at: Instant(nanoseconds: nanoseconds), clock: clock)
    }

    var lastSequence: UInt64 { journal.lastSequence }
    func memoryUsage(of eventClass: EventClass) -> Usage { journal.memoryUsage(of: eventClass) }

    func openReader(
        _ name: StaticString, classes: EventClassSet = .all, start: ReaderStart = .oldest, kind: ReaderKind = .lasting
    ) -> ReaderIndex? {
        journal.openReader(ReaderName(name), classes: classes, start: start, kind: kind)
    }
    func closeReader(_ reader: ReaderIndex) { journal.closeReader(reader) }
    func forgetReader(_ reader: ReaderIndex) { journal.forgetReader(reader, at: .start) }
    func rewind(_ reader: ReaderIndex) { journal.rewind(reader) }
    func acknowledge(_ reader: ReaderIndex, through sequence: UInt64) {
        journal.acknowledge(reader, through: sequence, at: .start)
    }
    func acknowledgedSequence(of reader: ReaderIndex) -> UInt64 { journal.acknowledgedSequence(of: reader) }
    func waitingEvents(for reader: ReaderIndex) -> UInt64 { journal.waitingEvents(for: reader) }

    /// What one call of `read` hands out.
    func read(_ reader: ReaderIndex) -> (outcome: ReadOutcome, sequence: UInt64) {
        var event = JournalEvent()
        let outcome = journal.read(reader, into: &event)
        return (outcome, event.sequence)
    }

    /// Reads until the reader has caught up, acknowledging as it goes.
    func readAll(_ reader: ReaderIndex) -> [Seen] {
        var seen: [Seen] = []
        var event = JournalEvent()
        while true {
            switch journal.read(reader, into: &event) {
            case .event:
                seen.append(.event(PlainEvent(event)))
                acknowledge(reader, through: event.sequence)
            case .gap(let gap): seen.append(.gap(gap.eventClass, gap.count, before: gap.before))
            case .caughtUp, .waiting, .windowFull: return seen
            }
        }
    }

    @discardableResult
    func setState(_ key: StateKey, _ bytes: [UInt8], urgency: StateUrgency = .ordinary) -> Bool {
        journal.setState(key, StateValue(bytes.span), urgency: urgency, at: .start)
    }
    func removeState(_ key: StateKey) { journal.removeState(key, at: .start) }
    func state(_ key: StateKey) -> [UInt8]? { journal.state(key)?.array }
    func stateTrust(_ key: StateKey) -> StateTrust? { journal.stateTrust(key) }
}
