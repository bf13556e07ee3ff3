import FixedMemory
import HardwareInterface
import JournalSimulation
import Testing

@testable import EventJournal

@Suite("A medium that fails")
struct FailingMediumTests {
    /// The events that a new reader sees, without the journal's own.
    func events(_ rig: Rig) -> [UInt64] {
        rig.everything().compactMap(\.event).filter { !$0.isOfTheJournal }.map(\.sequence)
    }

    func afterRestart(_ rig: Rig) -> Rig {
        let again = Rig(image: rig.medium.image)
        again.pump()
        return again
    }

    @Test(
        "Runs on from memory while the medium takes no writes, says why, and catches up",
        arguments: [
            (MediumOutcome.failed, MediumCondition.failing), (.readOnly, .readOnly), (.full, .full),
            (.missing, .failing),
        ])
    func catchesUp(outcome: MediumOutcome, condition: MediumCondition) {
        let rig = Rig()
        rig.pump()
        rig.medium.fault = { $0.operation == .read ? .done : outcome }
        var written: [UInt64] = []
        for round in 0..<5 {
            written.append(rig.append(.access, [UInt8(round)]))
            rig.pass(.seconds(10))
        }
        #expect(rig.status.medium == condition)
        #expect(rig.durableSequence < written[0])
        #expect(events(rig) == written, "readers are served from memory")
        rig.medium.fault = { _ in .done }
        rig.pass(.seconds(11))
        #expect(rig.status.medium == .healthy)
        #expect(rig.durableSequence >= written[4])
        #expect(events(afterRestart(rig)) == written)
    }

    @Test("A flush that fails makes nothing durable, and everything is written again")
    func failedFlush() {
        let rig = Rig()
        rig.pump()
        let sequence = rig.append(.alarm, [1])
        rig.medium.fault = { $0.operation == .flush ? .failed : .done }
        rig.pump()
        #expect(rig.durableSequence < sequence)
        let writes = rig.medium.counts[.write]!
        rig.medium.fault = { _ in .done }
        rig.pass(.seconds(1))
        #expect(rig.durableSequence >= sequence)
        #expect(
            rig.medium.counts[.write]! > writes, "after a failed flush the system may have dropped what was written")
    }

    @Test("What memory cannot hold until the medium returns is a gap with its exact count, for readers and on record")
    func overflow() {
        let rig = Rig()
        rig.pump()
        rig.medium.fault = { $0.operation == .read ? .done : .failed }
        let count = 200
        var numbers: [UInt64] = []
        for _ in 0..<count {
            numbers.append(rig.append(.telemetry, [UInt8](repeating: 1, count: 32)))
            rig.pass(.milliseconds(100))
        }
        rig.append(.alarm, [9])
        rig.medium.fault = { _ in .done }
        rig.pass(.seconds(20))
        rig.settle()
        let lost = Int(rig.status.lostFromMemory)
        #expect(lost > 0 && lost < count)
        let seen = afterRestart(rig).everything()
        let telemetry = seen.compactMap(\.event).filter { $0.eventClass == .telemetry }
        #expect(telemetry.filter { !$0.isOfTheJournal }.count == count - lost)
        #expect(seen.contains { if case .gap(.telemetry, UInt64(lost), _) = $0 { true } else { false } })
        let record = telemetry.first { $0.kind == JournalKind.gap }
        #expect(record?.payload.first == GapCause.memory.rawValue)
        #expect(record.map { UInt64($0.payload[1]) | UInt64($0.payload[2]) << 8 } == UInt64(lost))
        #expect(seen.compactMap(\.event).contains { $0.eventClass == .alarm }, "alarms had their own room")
    }

    @Test("A commit that takes too long makes the medium slow, and it is healthy again after")
    func slow() {
        let rig = Rig()
        rig.pump()
        rig.append(.alarm, [1])
        var requests: [MediumRequest] = []
        while let request = rig.journal.nextRequest(at: rig.now) { requests.append(request) }
        #expect(requests.last?.operation == .flush)
        #expect(rig.nextDeadline == rig.now + .seconds(1))
        rig.now = rig.now + .milliseconds(999)
        #expect(rig.status.medium == .healthy)
        rig.now = rig.now + .milliseconds(1)
        #expect(rig.status.medium == .slow)
        let next = rig.append(.alarm, [2])
        #expect(rig.journal.nextRequest(at: rig.now) == nil, "one commit at a time")
        for request in requests {
            rig.journal.complete(MediumCompletion(token: request.token, outcome: .done), at: rig.now)
        }
        #expect(rig.status.medium == .healthy)
        #expect(rig.durableSequence == next - 1)
    }

    @Test("A block that cannot be written moves elsewhere, with everything that was in it", arguments: [true, false])
    func badBlock(isSpare: Bool) {
        let rig = Rig()
        rig.pump()
        var written = [rig.append(.access, [0])]
        rig.settle()
        let layout = RigSettings().configuration.layout
        // The first segment was taken by the first class to write.
        let bad = layout.block(isSpare ? layout.dataBlocks : 1, of: 0)
        var segmentOfAccess = 0
        for segment in 0..<20 where rig.journal.side.segments[segment].isUsed {
            if rig.journal.side.segments[segment].owner == EventClass.access.rawValue { segmentOfAccess = segment }
        }
        let offset = bad + layout.block(0, of: segmentOfAccess) - layout.block(0, of: 0)
        rig.medium.fault = { $0.operation == .write && $0.offset == offset ? .failed : .done }
        for round in 1..<60 {
            written.append(rig.append(.access, [UInt8](repeating: UInt8(round), count: 30)))
            rig.pass(.milliseconds(60))
        }
        rig.pass(.seconds(10))
        rig.settle()
        #expect(rig.status.medium == .healthy)
        #expect(rig.durableSequence == rig.lastSequence)
        #expect(rig.status.badSegments == 1)
        #expect(events(rig) == written)
        let again = afterRestart(rig)
        #expect(events(again) == written)
        #expect(again.status.badSegments == 1, "the bad segment is remembered")
        let (report, findings) = verify(rig.medium.image)
        #expect(findings == [])
        #expect(report.isSound)
    }

    @Test("One copy of the state store that cannot be written costs nothing but redundancy")
    func oneStateCopy() {
        let rig = Rig()
        rig.pump()
        let end = RigSettings().configuration.layout.block(0, of: 19)
        rig.medium.fault = { $0.operation == .write && $0.offset > end ? .failed : .done }
        rig.setState(StateKey(owner: 1, item: 1), [5], urgency: .urgent)
        rig.pass(.seconds(5))
        #expect(rig.isStateDurable)
        #expect(rig.status.isOneCopyBad)
        #expect(afterRestart(rig).state(StateKey(owner: 1, item: 1)) == [5])
    }

    @Test("A state block that cannot be written in either copy is passed over")
    func badStateBlock() {
        let rig = Rig()
        rig.pump()
        let layout = RigSettings().configuration.layout
        let bad = [layout.stateBlock(4, copy: 0), layout.stateBlock(4, copy: 1)]
        rig.medium.fault = { $0.operation == .write && bad.contains($0.offset) ? .failed : .done }
        for round in 0..<12 {
            rig.setState(StateKey(owner: 1, item: UInt32(round % 3)), [UInt8(round)], urgency: .urgent)
            rig.pass(.seconds(2))
        }
        #expect(rig.isStateDurable)
        let again = afterRestart(rig)
        #expect((0..<3).map { again.state(StateKey(owner: 1, item: $0)) } == [[9], [10], [11]])
        #expect((0..<3).allSatisfy { again.stateTrust(StateKey(owner: 1, item: $0)) == .certain })
    }

    @Test("A medium that is missing at the start is taken into use when it comes")
    func missingAtStart() {
        let rig = Rig()
        rig.medium.fault = { _ in .missing }
        rig.pump()
        #expect(!rig.isOpen)
        #expect(rig.status.medium == .failing)
        let early = rig.append(.alarm, [1])
        #expect(EventSequence.isProvisional(early))
        #expect(events(rig) == [early], "readers see it, under a number that says so")
        rig.pass(.seconds(3))
        rig.medium.fault = { _ in .done }
        rig.pass(.seconds(20))
        #expect(rig.isOpen)
        #expect(events(rig) == [1], "now it has its number for good")
        rig.settle()
        #expect(events(afterRestart(rig)) == [1])
    }

    @Test("A medium that takes no writes at the start still shows what it holds")
    func readOnlyAtStart() {
        let first = Rig()
        first.pump()
        let old = first.append(.access, [1])
        first.settle()
        let rig = Rig(image: first.medium.image)
        rig.medium.fault = { $0.operation == .read ? .done : .readOnly }
        rig.pass(.seconds(1))
        #expect(rig.status.medium == .readOnly)
        let early = rig.append(.access, [2])
        #expect(EventSequence.isProvisional(early))
        #expect(events(rig) == [old, early])
        rig.medium.fault = { _ in .done }
        rig.pass(.seconds(20))
        #expect(events(rig) == [old, EventSequence.openingSpan + 1])
    }

    @Test("Foreign content is left alone")
    func foreign() {
        var image = RigSettings().blankImage
        image[0] = [UInt8](repeating: 0x55, count: 512)
        let rig = Rig(image: image)
        rig.pass(.seconds(30))
        #expect(rig.status.medium == .foreign)
        #expect(rig.medium.log.isEmpty)
        #expect(EventSequence.isProvisional(rig.append(.access)))
    }

    @Test("A journal with another layout is left alone")
    func otherLayout() {
        var other = RigSettings()
        other.segmentBlocks = 16
        other.segments = 30
        let rig = Rig(other, image: MediumImage(bytes: other.mediumBytes, blockBytes: 512))
        rig.pump()
        var image = MediumImage(bytes: RigSettings().mediumBytes, blockBytes: 512)
        image[0] = rig.medium.image[0]
        let refused = Rig(image: image)
        refused.pass(.seconds(30))
        #expect(refused.status.medium == .otherLayout)
        #expect(refused.medium.log.isEmpty)
    }

    @Test("With both superblocks lost, the state store knows whose the medium is")
    func bothSuperblocksLost() {
        let first = Rig()
        first.pump()
        let sequence = first.append(.access, [1])
        first.settle()
        var image = first.medium.image
        image.makeUnreadable(0)
        image[image.blockCount - 1] = [UInt8](repeating: 0, count: 512)
        let rig = Rig(image: image)
        rig.pump()
        #expect(rig.isOpen)
        #expect(events(rig) == [sequence])
        let again = afterRestart(rig)
        #expect(events(again) == [sequence])
    }
}
