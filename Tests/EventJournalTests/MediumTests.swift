import FixedMemory
import HardwareInterface
import JournalSimulation
import Testing

@testable import EventJournal

@Suite("A journal with a medium")
struct MediumTests {
    @Test("A blank medium is taken into use, and what was made durable is there after a restart")
    func restart() {
        let rig = Rig()
        rig.pump()
        #expect(rig.isOpen)
        #expect(rig.status.opening == 0)
        var written: [PlainEvent] = []
        for round in 0..<40 {
            for eventClass in allClasses {
                rig.now = rig.now + .milliseconds(1)
                let payload = [UInt8](repeating: UInt8(round), count: (round * 7) % 60)
                let sequence = rig.append(eventClass, payload, kind: UInt16(round))
                written.append(
                    PlainEvent(
                        sequence: sequence, eventClass: eventClass, kind: UInt16(round), at: rig.now.nanoseconds,
                        clock: .unset, payload: payload))
            }
            rig.pass(.milliseconds(30))
        }
        rig.settle()
        #expect(rig.durableSequence == rig.lastSequence)
        #expect(rig.status.medium == .healthy)

        let again = Rig(image: rig.medium.image)
        again.pump()
        #expect(again.isOpen)
        #expect(again.status.opening == 1)
        #expect(again.everything().compactMap(\.event).filter { !$0.isOfTheJournal } == written)
        #expect(again.status.damagedBlocks == 0 && again.status.discardedBlocks == 0)
    }

    @Test("A flood of telemetry pushes out telemetry alone: alarms and access decisions stay, and the loss is a gap")
    func quotas() {
        let rig = Rig()
        rig.pump()
        var kept: [UInt64] = []
        for round in 0..<12 {
            kept.append(rig.append(.alarm, [UInt8(round)]))
            kept.append(rig.append(.access, [UInt8](repeating: UInt8(round), count: 40)))
            rig.settle()
        }
        // Many times what the whole medium holds.
        for round in 0..<3_000 {
            rig.append(.telemetry, [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 64))
            if round % 8 == 7 { rig.settle() }
        }
        rig.settle()
        let again = Rig(image: rig.medium.image)
        again.pump()
        let seen = again.everything()
        let lasting = seen.compactMap(\.event).filter { $0.eventClass == .alarm || $0.eventClass == .access }
        #expect(lasting.map(\.sequence) == kept)
        let gaps = seen.compactMap(\.event).filter { $0.kind == JournalKind.gap }
        #expect(!gaps.isEmpty && gaps.allSatisfy { $0.eventClass == .telemetry })
        #expect(again.status.missingSegments == 0 && again.status.damagedBlocks == 0)
    }

    @Test("A named reader goes on after a restart where it acknowledged, at most what was lazily kept earlier")
    func cursor() {
        let rig = Rig()
        rig.pump()
        let numbers = (0..<10).map { rig.append(.access, [UInt8($0)]) }
        rig.settle()
        guard let reader = rig.openReader("platform") else { return #expect(Bool(false), "no reader") }
        for _ in 0..<6 { _ = rig.read(reader) }
        rig.acknowledge(reader, through: numbers[3])
        rig.pass(.seconds(6))
        let again = Rig(image: rig.medium.image)
        again.pump()
        guard let reader = again.openReader("platform") else { return #expect(Bool(false), "no reader") }
        #expect(again.acknowledgedSequence(of: reader) == numbers[3])
        let seen = again.readAll(reader).compactMap(\.event).filter { !$0.isOfTheJournal }
        #expect(seen.map(\.sequence) == Array(numbers[4...]))
    }

    @Test("An alarm is made durable at once, also where its segment ends", arguments: [1, 40])
    func alarmsAtOnce(burst: Int) {
        let rig = Rig()
        rig.pump()
        for alarm in 0..<200 {
            for _ in 0..<burst { rig.append(.alarm, [UInt8(truncatingIfNeeded: alarm)]) }
            rig.pump()
            #expect(rig.journal.durableSequence == rig.journal.lastSequence, "alarm \(alarm)")
        }
    }

    @Test("What a power cut could still take is held back from those who ask for durable events only")
    func durableOnly() {
        let rig = Rig()
        rig.pump()
        guard let reader = rig.openReader("platform", start: .newest) else { return #expect(Bool(false), "no reader") }
        rig.append(.access, [1])
        var event = JournalEvent()
        #expect(rig.journal.read(reader, into: &event, durableOnly: true) == .caughtUp)
        rig.settle()
        #expect(rig.journal.read(reader, into: &event, durableOnly: true) == .event)
        #expect(event.isDurable)
        rig.append(.access, [2])
        #expect(rig.journal.read(reader, into: &event) == .event)
        #expect(!event.isDurable)
    }

    @Test(
        "A start reads as many blocks as there are segments and a few, not what they hold",
        arguments: [16, 64] as [Int64])
    func boundedRecovery(mebibytes: Int64) throws {
        let capacities = JournalCapacities()
        let layout = try #require(MediumLayout(mediumBytes: mebibytes << 20, capacities: capacities))
        let key = RigSettings().configuration.key
        let configuration = try #require(
            MediumConfiguration(
                layout: layout, key: key, identity: RigSettings().identity,
                reservedSegments: MediumConfiguration.standardReserve(layout)))
        var journal = EventJournal(capacities: capacities, medium: configuration)
        let medium = SimulatedMedium(MediumImage(bytes: layout.usedBytes, blockBytes: layout.blockBytes))
        let pages = journal.mediumPages
        while let request = journal.nextRequest(at: .start) {
            let outcome = medium.perform(request, pages: pages)
            journal.complete(MediumCompletion(token: request.token, outcome: outcome), at: .start)
        }
        let isOpen = journal.isOpen
        #expect(isOpen)
        let tails = 3 * EventClass.count * layout.segmentBlocks
        #expect(medium.counts[.read, default: 0] <= 2 + 3 * layout.stateBlocks + layout.segments + tails)
    }
}
