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
}
