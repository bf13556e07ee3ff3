import FixedMemory
import HardwareInterface
import JournalSimulation
import Testing

@testable import EventJournal

@Suite("A journal in memory")
struct MemoryTests {
    static func small(readers: Int = 4, window: Int = 16) -> JournalUnderTest {
        JournalUnderTest(
            EventJournal(
                capacities: JournalCapacities(
                    memoryBytes: PerClass(repeating: 1_024), readers: readers, readerWindow: window, stateEntries: 16)))
    }

    @Test("Numbers rise by one from 1, over all classes")
    func numbers() {
        let journal = Self.small()
        #expect(journal.lastSequence == 0)
        for (index, eventClass) in allClasses.enumerated() { #expect(journal.append(eventClass) == UInt64(index + 1)) }
        #expect(journal.lastSequence == 6)
    }

    @Test("A reader gets every field of every event back, in the order of numbers")
    func fields() {
        let journal = Self.small()
        var written: [Seen] = []
        for (index, eventClass) in allClasses.enumerated() {
            let payload = [UInt8](repeating: UInt8(index), count: [0, 1, 7, 8, 191, 192][index])
            let clock = WallClock(
                unixMilliseconds: 1_700_000_000_000 + Int64(index), trust: ClockTrust(rawValue: UInt8(index % 3))!)
            let kind = UInt16(100 + index)
            let sequence = journal.append(eventClass, payload, kind: kind, at: .max - Int64(index), clock: clock)
            written.append(
                .event(
                    PlainEvent(
                        sequence: sequence, eventClass: eventClass, kind: kind, at: .max - Int64(index), clock: clock,
                        payload: payload)))
        }
        let reader = journal.openReader("test")!
        #expect(journal.readAll(reader) == written)
    }

    @Test("A reader sees only the classes it asked for, and no gap where others lie between")
    func classes() {
        let journal = Self.small()
        for eventClass in allClasses + allClasses { journal.append(eventClass) }
        let reader = journal.openReader(
            "alarms", classes: EventClassSet(.alarm).adding(.access))!
        let numbers = journal.readAll(reader).map { seen -> UInt64 in
            if case .event(let event) = seen { event.sequence } else { 0 }
        }
        #expect(numbers == [1, 2, 7, 8])
    }

    @Test("A flood of telemetry pushes out nothing but telemetry, and says how much")
    func flood() {
        let journal = Self.small()
        journal.append(.alarm, [1])
        journal.append(.access, [2])
        let reader = journal.openReader("late")!
        for _ in 0..<100 { journal.append(.telemetry, [UInt8](repeating: 3, count: 32)) }
        let seen = journal.readAll(reader)
        // 1,024 bytes hold 16 records of 32 + 32 bytes.
        #expect(seen.count == 2 + 1 + 16)
        #expect(seen[2] == .gap(.telemetry, 84, before: 2 + 84 + 1))
        #expect(journal.memoryUsage(of: .telemetry).dropped == 84)
        #expect(journal.memoryUsage(of: .alarm).dropped == 0)
    }

    @Test("The window holds a reader back until it acknowledges")
    func window() {
        let journal = Self.small(window: 3)
        for _ in 0..<5 { journal.append(.access) }
        let reader = journal.openReader("slow")!
        for expected in 1...3 {
            #expect(journal.read(reader) == (.event, UInt64(expected)))
        }
        #expect(journal.read(reader).outcome == .windowFull)
        journal.acknowledge(reader, through: 2)
        #expect(journal.acknowledgedSequence(of: reader) == 2)
        #expect(journal.read(reader) == (.event, 4))
    }

    @Test("Acknowledging what was never handed out acknowledges nothing")
    func acknowledgeAhead() {
        let journal = Self.small()
        for _ in 0..<4 { journal.append(.access) }
        let reader = journal.openReader("eager")!
        #expect(journal.read(reader).outcome == .event)
        journal.acknowledge(reader, through: 999)
        #expect(journal.acknowledgedSequence(of: reader) == 1)
        journal.rewind(reader)
        #expect(journal.read(reader) == (.event, 2))
    }

    @Test("A reader that comes back goes on after what it acknowledged; a passing one is forgotten")
    func comeBack() {
        let journal = Self.small()
        for _ in 0..<4 { journal.append(.access) }
        for (kind, expected) in [(ReaderKind.lasting, UInt64(2)), (.passing, 1)] {
            let label: StaticString = kind == .lasting ? "lasting" : "passing"
            let first = journal.openReader(label, kind: kind)!
            #expect(journal.openReader(label, kind: kind) == nil, "the name is taken while the reader is open")
            _ = journal.read(first)
            _ = journal.read(first)
            journal.acknowledge(first, through: 1)
            journal.closeReader(first)
            let again = journal.openReader(label, kind: kind)!
            #expect(journal.read(again) == (.event, expected))
            journal.forgetReader(again)
        }
    }

    @Test("A reader that starts with the newest sees only what comes later")
    func newest() {
        let journal = Self.small()
        journal.append(.access)
        let reader = journal.openReader("live", start: .newest, kind: .passing)!
        #expect(journal.read(reader).outcome == .caughtUp)
        journal.append(.audit)
        #expect(journal.waitingEvents(for: reader) == 1)
        #expect(journal.read(reader) == (.event, 2))
    }

    @Test("A full reader table refuses and keeps what it has")
    func tableFull() {
        let journal = Self.small(readers: 2)
        #expect(journal.openReader("a") != nil)
        #expect(journal.openReader("b") != nil)
        #expect(journal.openReader("c") == nil)
    }

    @Test("The ring of records agrees with a plain list, over random sizes", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func ringAgainstList(seed: UInt64) {
        var random = Random(seed: seed)
        var ring = RecordRing(byteCapacity: 1_024 + 8 * random.below(64))
        var all: [[UInt8]] = []
        for step in 0..<2_000 {
            let payload = (0..<random.below(193)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            ring.append(
                sequence: UInt64(step), eventClass: .access, kind: 0, at: .start, clock: .unset, payload: payload.span)
            all.append(payload)
            #expect(ring.nextOrdinal == UInt64(all.count))
            #expect(ring.count >= min(3, all.count), "three of the largest records always fit")
            for ordinal in ring.firstOrdinal..<ring.nextOrdinal {
                var event = JournalEvent()
                #expect(Record.read(ring.record(ordinal), into: &event))
                #expect(event.sequence == ordinal)
                #expect(PlainEvent(event).payload == all[Int(ordinal)])
            }
        }
    }

    @Test("Renumbering changes ordinals and nothing else")
    func renumber() {
        var ring = RecordRing(byteCapacity: 1_024)
        let empty: [UInt8] = []
        for step in 0..<40 {
            ring.append(
                sequence: UInt64(step), eventClass: .access, kind: 0, at: .start, clock: .unset, payload: empty.span)
        }
        let (first, next) = (ring.firstOrdinal, ring.nextOrdinal)
        ring.renumber(by: 1_000_003)
        #expect(ring.firstOrdinal == first + 1_000_003 && ring.nextOrdinal == next + 1_000_003)
        for ordinal in first..<next { #expect(Record.sequence(ring.record(ordinal + 1_000_003)) == ordinal) }
    }
}

@Suite("The state store in memory")
struct StateTableTests {
    @Test("What is set is there, what is removed is not, and a full store refuses new keys only")
    func basics() {
        let journal = MemoryTests.small()
        let key = StateKey(owner: 3, item: 7)
        #expect(journal.state(key) == nil)
        #expect(journal.setState(key, [1, 2, 3]))
        #expect(journal.state(key) == [1, 2, 3])
        #expect(journal.stateTrust(key) == .certain)
        journal.removeState(key)
        #expect(journal.state(key) == nil)
        for item in 0..<16 { #expect(journal.setState(StateKey(owner: 4, item: UInt32(item)), [])) }
        #expect(!journal.setState(key, []))
        #expect(journal.setState(StateKey(owner: 4, item: 9), [9]), "a key that is there can change")
    }

    @Test("The table agrees with a dictionary, over random changes", arguments: [1, 2, 3, 4] as [UInt64])
    func againstDictionary(seed: UInt64) {
        var random = Random(seed: seed)
        var table = StateTable(capacity: 40, userCapacity: 40)
        var plain: [UInt64: [UInt8]] = [:]
        var dirty: [UInt64] = []
        for _ in 0..<4_000 {
            let key = StateKey(owner: UInt16(random.below(3)), item: UInt32(random.below(20))).word
            switch random.below(8) {
            case 0..<4:
                let bytes = (0..<random.below(65)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let outcome = table.set(key, StateValue(bytes.span), isRemoved: false)
                if let outcome {
                    plain[key] = bytes
                    if outcome.isChanged, !dirty.contains(key) { dirty.append(key) }
                } else {
                    let isFull = table.entries.isFull
                    #expect(isFull)
                }
            case 4..<6:
                if table.set(key, StateValue(), isRemoved: true)?.isChanged == true, !dirty.contains(key) {
                    dirty.append(key)
                }
                plain[key] = nil
            case 6:
                if let place = table.takeDirty() { #expect(table.entries[place].key == dirty.removeFirst()) }
            default:
                if let place = table.place(key), table.entries[place].isRemoved, !table.entries[place].isDirty {
                    table.forget(place)
                    #expect(table.place(key) == nil)
                }
            }
            #expect(table.dirty.count == dirty.count)
            for (key, bytes) in plain {
                let place = table.place(key)
                #expect(place.map { table.entries[$0].value.array } == bytes)
            }
        }
    }
}
