import Cryptography
import EventJournal
import FixedMemory
import HardwareInterface

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed everywhere.
public struct Random: RandomNumberGenerator {
    var state: UInt64
    public init(seed: UInt64) { state = seed }
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    public mutating func chance(_ one: Int, in all: Int) -> Bool { below(all) < one }
}

public let allClasses: [EventClass] = [.alarm, .access, .trouble, .audit, .system, .telemetry]

/// An event as a test wrote it down or read it.
public struct PlainEvent: Equatable, CustomStringConvertible, Sendable {
    public var sequence: UInt64
    public var eventClass: EventClass
    public var kind: UInt16
    public var at: Int64
    public var clock: WallClock
    public var payload: [UInt8]
    public var description: String {
        "#\(EventSequence.opening(of: sequence)).\(EventSequence.place(of: sequence)) \(eventClass) kind \(kind)"
            + " at \(at), \(payload.count) bytes"
    }

    public init(
        sequence: UInt64, eventClass: EventClass, kind: UInt16, at: Int64, clock: WallClock, payload: [UInt8]
    ) {
        self.sequence = sequence
        self.eventClass = eventClass
        self.kind = kind
        self.at = at
        self.clock = clock
        self.payload = payload
    }

    public init(_ event: JournalEvent) {
        self.init(
            sequence: event.sequence, eventClass: event.eventClass, kind: event.kind, at: event.at.nanoseconds,
            clock: event.clock, payload: event.payload.span.indices.map { event.payload[$0] })
    }

    public var isOfTheJournal: Bool { kind >= JournalKind.first }
}

/// What a reader saw, one entry a call of `read`.
public enum Seen: Equatable {
    case event(PlainEvent)
    case gap(EventClass, UInt64, before: UInt64)

    public var event: PlainEvent? { if case .event(let event) = self { event } else { nil } }
}

/// Sizes of a rig.
public struct RigSettings {
    public var blockBytes = 512
    public var segmentBlocks = 8
    public var segments = 20
    public var reserved = PerClass<Int>(alarm: 3, access: 4, trouble: 2, audit: 2, system: 2, telemetry: 2)
    public var capacities = JournalCapacities(
        memoryBytes: PerClass(repeating: 2_048), readers: 2, readerWindow: 64, stateEntries: 6)
    public var keyByte: UInt8 = 7
    public var identity = JournalIdentity(low: 0x1122_3344_5566_7788, high: 0x99AA_BBCC_DDEE_FF00)

    public init() {}

    public var mediumBytes: Int64 {
        guard
            let empty = MediumLayout(
                mediumBytes: 1 << 40, blockBytes: blockBytes, segmentBlocks: segmentBlocks, capacities: capacities)
        else { preconditionFailure("settings are out of range") }
        return Int64(blockBytes) * Int64(2 + 2 * empty.stateBlocks + segments * segmentBlocks)
    }

    public var configuration: MediumConfiguration {
        let key = [UInt8](repeating: keyByte, count: HashKey.length)
        guard
            let layout = MediumLayout(
                mediumBytes: mediumBytes, blockBytes: blockBytes, segmentBlocks: segmentBlocks, capacities: capacities),
            let hashKey = HashKey(key.span),
            let configuration = MediumConfiguration(
                layout: layout, key: hashKey, identity: identity, reservedSegments: reserved)
        else { preconditionFailure("settings are out of range") }
        return configuration
    }

    public var blankImage: MediumImage { MediumImage(bytes: mediumBytes, blockBytes: blockBytes) }
}

/// A journal, its medium and a clock that moves when told to.
///
/// A class, because expectations cannot look into a value that must not be copied.
public final class Rig {
    public var journal: EventJournal
    public let medium: SimulatedMedium
    public var now = Instant.start
    let pages: MediumPages

    public init(_ settings: RigSettings = RigSettings(), image: MediumImage? = nil) {
        journal = EventJournal(capacities: settings.capacities, medium: settings.configuration)
        pages = journal.mediumPages
        medium = SimulatedMedium(image ?? settings.blankImage)
    }

    /// Hands over one request and its answer.
    ///
    /// - Returns: what was asked; `nil` if there was nothing.
    @discardableResult
    public func step() -> MediumRequest? {
        guard let request = journal.nextRequest(at: now) else { return nil }
        let outcome = medium.perform(request, pages: pages)
        journal.complete(MediumCompletion(token: request.token, outcome: outcome), at: now)
        return request
    }

    /// Carries out everything that is asked now.
    public func pump() { while step() != nil {} }

    /// Lets time pass and carries out what falls due; in steps, so that deadlines are kept.
    public func pass(_ interval: Interval) {
        let end = now + interval
        pump()
        while true {
            let next = journal.nextDeadline
            guard next <= end, next > now else { break }
            now = next
            pump()
        }
        now = end
        pump()
    }

    /// Makes everything durable.
    public func settle() {
        journal.commitSoon(at: now)
        pump()
    }

    @discardableResult
    public func append(
        _ eventClass: EventClass, _ payload: [UInt8] = [], kind: UInt16 = 1, clock: WallClock = .unset
    ) -> UInt64 {
        journal.append(eventClass, kind: kind, payload: payload.span, at: now, clock: clock)
    }

    public var lastSequence: UInt64 { journal.lastSequence }
    public var durableSequence: UInt64 { journal.durableSequence }
    public var isOpen: Bool { journal.isOpen }
    public var isStateDurable: Bool { journal.isStateDurable }
    public var status: JournalStatus { journal.status(at: now) }
    public var nextDeadline: Instant { journal.nextDeadline }
    public func memoryUsage(of eventClass: EventClass) -> Usage { journal.memoryUsage(of: eventClass) }

    public func openReader(
        _ name: StaticString, classes: EventClassSet = .all, start: ReaderStart = .oldest, kind: ReaderKind = .lasting
    ) -> ReaderIndex? {
        journal.openReader(ReaderName(name), classes: classes, start: start, kind: kind)
    }
    public func closeReader(_ reader: ReaderIndex) { journal.closeReader(reader) }
    public func forgetReader(_ reader: ReaderIndex) { journal.forgetReader(reader, at: now) }
    public func rewind(_ reader: ReaderIndex) { journal.rewind(reader) }
    public func acknowledge(_ reader: ReaderIndex, through sequence: UInt64) {
        journal.acknowledge(reader, through: sequence, at: now)
    }
    public func acknowledgedSequence(of reader: ReaderIndex) -> UInt64 { journal.acknowledgedSequence(of: reader) }
    public func waitingEvents(for reader: ReaderIndex) -> UInt64 { journal.waitingEvents(for: reader) }

    /// What one call of `read` hands out, with the medium answering in between.
    public func read(_ reader: ReaderIndex) -> (outcome: ReadOutcome, event: JournalEvent) {
        var event = JournalEvent()
        while true {
            let outcome = journal.read(reader, into: &event)
            if outcome == .waiting, step() != nil { continue }
            return (outcome, event)
        }
    }

    /// Reads until the reader has caught up, acknowledging as it goes if `isAcknowledging`, else until its window is
    /// full.
    public func readAll(_ reader: ReaderIndex, isAcknowledging: Bool = true) -> [Seen] {
        var seen: [Seen] = []
        while true {
            let (outcome, event) = read(reader)
            switch outcome {
            case .event:
                seen.append(.event(PlainEvent(event)))
                if isAcknowledging { acknowledge(reader, through: event.sequence) }
            case .gap(let gap): seen.append(.gap(gap.eventClass, gap.count, before: gap.before))
            case .caughtUp, .waiting, .windowFull: return seen
            }
        }
    }

    /// Everything that is kept, as a reader sees it that comes for the first time.
    public func everything() -> [Seen] {
        guard let reader = openReader("everything", kind: .passing) else { preconditionFailure("no room for a reader") }
        defer { closeReader(reader) }
        return readAll(reader)
    }

    @discardableResult
    public func setState(_ key: StateKey, _ bytes: [UInt8], urgency: StateUrgency = .ordinary) -> Bool {
        journal.setState(key, StateValue(bytes.span), urgency: urgency, at: now)
    }
    public func removeState(_ key: StateKey) { journal.removeState(key, at: now) }
    public func state(_ key: StateKey) -> [UInt8]? {
        journal.state(key).map { value in value.span.indices.map { value[$0] } }
    }
    public func stateTrust(_ key: StateKey) -> StateTrust? { journal.stateTrust(key) }
}
