import EventJournal
import HardwareInterface

/// What a journal was told and what it promised, in plain arrays and sets.
///
/// Shares nothing with the journal but the types of its interface; says what is wrong with what a journal hands out.
public struct ReferenceModel {
    /// Every event ever appended, by its number.
    public private(set) var events: [UInt64: PlainEvent] = [:]
    /// Numbers of each class in the order of appending.
    private var order: [EventClass: [UInt64]] = [:]
    /// Events that must be there, unless retention took them.
    public private(set) var promised: Set<UInt64> = []
    /// Events that were lost in a power cut before they were durable: they must never come back.
    private var gone: Set<UInt64> = []
    private var notYetPromised: [UInt64] = []
    /// The state store after each change of it, the oldest that may still come back first.
    private var states: [[UInt64: [UInt8]]] = [[:]]
    private var promisedState = 0
    /// The reader's acknowledged number after each acknowledgement, likewise.
    private var acknowledged: [UInt64] = [0]
    private let settings: RigSettings

    public init(_ settings: RigSettings) { self.settings = settings }

    // MARK: What happens

    public mutating func append(_ event: PlainEvent) {
        events[event.sequence] = event
        order[event.eventClass, default: []].append(event.sequence)
        notYetPromised.append(event.sequence)
    }

    public mutating func promise(through sequence: UInt64) {
        let split = notYetPromised.firstIndex { $0 > sequence } ?? notYetPromised.count
        for event in notYetPromised[..<split] { promised.insert(event) }
        notYetPromised.removeFirst(split)
    }

    public var state: [UInt64: [UInt8]] { states[states.count - 1] }

    public mutating func set(_ key: StateKey, _ bytes: [UInt8]?) {
        var next = state
        next[word(key)] = bytes
        states.append(next)
    }

    public mutating func promiseState() { promisedState = states.count - 1 }

    public mutating func acknowledge(through sequence: UInt64) { acknowledged.append(sequence) }

    private func word(_ key: StateKey) -> UInt64 { UInt64(key.owner) << 32 | UInt64(key.item) }

    /// After a restart: what is there is kept from now on, what is not there is gone.
    public mutating func restart(_ seen: [Seen], state: [UInt64: [UInt8]], acknowledged sequence: UInt64) {
        let present = Set(seen.compactMap(\.event?.sequence).filter { events[$0] != nil })
        for event in events.keys where !present.contains(event) && !promised.contains(event) { gone.insert(event) }
        promised.formIntersection(present)
        promised.formUnion(present)
        notYetPromised.removeAll()
        states = [state]
        promisedState = 0
        acknowledged = [sequence]
    }

    /// Takes over what has happened in another model since this one was copied from it, but not what it has promised.
    mutating func catchUp(with later: ReferenceModel) {
        events = later.events
        order = later.order
        states = later.states
        acknowledged = later.acknowledged
        gone = later.gone
        notYetPromised = later.events.keys.filter { !promised.contains($0) && !later.gone.contains($0) }.sorted()
    }

    // MARK: What must be true

    /// What is wrong with what a reader sees that reads everything; empty if nothing is.
    public func complaints(about seen: [Seen]) -> [String] {
        var complaints: [String] = []
        var present: Set<UInt64> = []
        var last: UInt64 = 0
        var ownBytes: [EventClass: Int] = [:]
        for entry in seen {
            guard case .event(let event) = entry else { continue }
            if event.sequence <= last { complaints.append("\(event) comes after #\(last)") }
            last = event.sequence
            if event.isOfTheJournal {
                ownBytes[event.eventClass, default: 0] += recordBytes(event)
                continue
            }
            guard let written = events[event.sequence] else {
                complaints.append("\(event) was never appended")
                continue
            }
            if written != event { complaints.append("\(event) was appended as \(written)") }
            if gone.contains(event.sequence) { complaints.append("\(event) was lost in a power cut and is back") }
            present.insert(event.sequence)
        }
        for eventClass in allClasses {
            complaints += missing(eventClass, present, ownBytes: ownBytes[eventClass] ?? 0)
        }
        return complaints
    }

    private func recordBytes(_ event: PlainEvent) -> Int { (32 + event.payload.count + 7) / 8 * 8 + 2 }

    /// Promised events may be missing only from the old end of their class, and only beyond what is reserved for it.
    private func missing(_ eventClass: EventClass, _ present: Set<UInt64>, ownBytes: Int) -> [String] {
        var complaints: [String] = []
        // A full block holds at least its size less its header and the largest record, which did not fit any more.
        let fullBlock = settings.blockBytes - 96 - 226
        let dataBlocks = settings.segmentBlocks - 2
        let reserved = (settings.reserved[eventClass] - 1) * dataBlocks * fullBlock
        var bytes = ownBytes
        var isMissingAllowed = false
        var missing: UInt64? = nil
        for sequence in (order[eventClass] ?? []).reversed() where promised.contains(sequence) {
            guard let event = events[sequence] else { continue }
            bytes += recordBytes(event)
            if bytes > reserved { isMissingAllowed = true }
            if present.contains(sequence) {
                if let missing {
                    complaints.append("#\(missing) of \(eventClass) is missing though older ones are there")
                }
            } else {
                if !isMissingAllowed { complaints.append("\(event) was durable and is missing") }
                missing = missing ?? sequence
            }
        }
        return complaints
    }

    /// What is wrong with the values of the state store.
    public func complaints(aboutState state: [UInt64: [UInt8]]) -> [String] {
        if states[promisedState...].contains(state) { return [] }
        return ["the state \(state) never was, or is older than \(states[promisedState])"]
    }

    /// What is wrong with a reader that reads on after a restart: it must begin at a position that it once had, see
    /// everything after it, and be told of a gap where it does not.
    public func complaints(aboutReader acknowledged: UInt64, _ seen: [Seen]) -> [String] {
        var complaints: [String] = []
        if !self.acknowledged.contains(acknowledged) {
            complaints.append("the reader acknowledged #\(acknowledged), which it never did")
        }
        var gaps: Set<UInt8> = []
        var present: Set<UInt64> = []
        for entry in seen {
            switch entry {
            case .gap(let eventClass, _, _): gaps.insert(eventClass.rawValue)
            case .event(let event): present.insert(event.sequence)
            }
        }
        for sequence in promised where sequence > acknowledged && !present.contains(sequence) {
            guard let event = events[sequence], !gaps.contains(event.eventClass.rawValue) else { continue }
            complaints.append("the reader neither saw \(event) nor was told of a gap")
        }
        for sequence in present where sequence <= acknowledged {
            complaints.append("the reader saw #\(sequence) again, which it had acknowledged")
        }
        return complaints
    }
}
