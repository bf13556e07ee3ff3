import FixedMemory
import HardwareInterface

@testable import EventJournal

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed everywhere.
struct Random: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func chance(_ one: Int, in all: Int) -> Bool { below(all) < one }
}

let allClasses: [EventClass] = [.alarm, .access, .trouble, .audit, .system, .telemetry]

/// An event as a test wrote it down or read it.
struct PlainEvent: Equatable, CustomStringConvertible {
    var sequence: UInt64
    var eventClass: EventClass
    var kind: UInt16
    var at: Int64
    var clock: WallClock
    var payload: [UInt8]
    var description: String {
        "#\(sequence >> 32).\(sequence & 0xFFFF_FFFF) \(eventClass) kind \(kind) at \(at) \(payload.count) bytes"
    }

    init(sequence: UInt64, eventClass: EventClass, kind: UInt16, at: Int64, clock: WallClock, payload: [UInt8]) {
        self.sequence = sequence
        self.eventClass = eventClass
        self.kind = kind
        self.at = at
        self.clock = clock
        self.payload = payload
    }

    init(_ event: JournalEvent) {
        self.init(
            sequence: event.sequence, eventClass: event.eventClass, kind: event.kind, at: event.at.nanoseconds,
            clock: event.clock, payload: event.payload.span.indices.map { event.payload[$0] })
    }
}

extension StateValue {
    var array: [UInt8] { span.indices.map { self[$0] } }
}

/// What a reader saw, one entry a call of `read`.
enum Seen: Equatable {
    case event(PlainEvent)
    case gap(EventClass, UInt64, before: UInt64)
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
    func forgetReader(_ reader: ReaderIndex) { journal.forgetReader(reader) }
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
