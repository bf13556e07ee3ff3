import FixedMemory
import HardwareInterface
import StateCarrying
import Testing

@testable import Drivers

extension RadarBench {
    /// Something comes over the port, or nothing for a while.
    fileprivate func live(_ random: inout SeededRandom) {
        let types: [(UInt16, Int)] = [(0x0E02, 1), (0x0F09, 1), (0x0E06, 12), (0x0A14, 40)]
        let (type, length) = types[random.below(types.count)]
        let bytes = frame(type, (0..<length).map { _ in UInt8(random.below(random.chance(1, in: 2) ? 2 : 256)) })
        switch random.below(20) {
        case 0:
            radar.portClosed(at: now, into: &output)
            collect()
        case 1:
            radar.portOpened(at: now, into: &output)
            collect()
        case 2, 3, 4: pass(.milliseconds(Int64(random.below(9_000))))
        case 5: receive(bytes.damaged(by: &random))
        // A frame that ends with the next bytes.
        case 6...10: receive(Array(bytes[..<random.below(bytes.count)]))
        default: receive(bytes)
        }
    }
}

@Suite("A radar that is taken up in the middle of its life")
struct CarriedRadarTests {
    @Test("says from there on what the other one says", arguments: 1...6 as ClosedRange<UInt64>)
    func takingUp(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let first = RadarBench()
        for _ in 0..<30 {
            for _ in 0..<random.below(30) { first.live(&random) }
            let second = RadarBench()
            second.now = first.now
            #expect(restore(saved(&first.radar), into: &second.radar))
            first.told = []
            first.sent = []
            second.sent = []
            var same = random
            for step in 0..<40 {
                first.live(&random)
                second.live(&same)
                #expect(second.radar.deadline == first.radar.deadline, "step \(step)")
                #expect(second.radar.parameters == first.radar.parameters, "step \(step)")
            }
            #expect(second.told == first.told)
            #expect(second.sent == first.sent)
            #expect(saved(&second.radar) == saved(&first.radar))
        }
    }

    @Test("refuses bytes that were cut off or damaged, or goes on", arguments: 1...6 as ClosedRange<UInt64>)
    func damage(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let first = RadarBench()
        for _ in 0..<(60 * fuzzRounds) {
            for _ in 0..<random.below(10) { first.live(&random) }
            let bytes = saved(&first.radar)
            for _ in 0..<20 {
                let other = RadarBench()
                #expect(!restore(Array(bytes[..<random.below(bytes.count)]), into: &other.radar))
                guard restore(bytes.damaged(by: &random), into: &other.radar) else { continue }
                other.now = first.now
                for _ in 0..<6 { other.live(&random) }
            }
        }
    }
}
