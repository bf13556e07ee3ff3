import FixedMemory
import HardwareInterface
import StateCarrying
import Testing

@testable import CauseAndEffect

/// Rows with everything that a row can have.
private func house() throws(CauseAndEffectMatrix.Defect) -> House {
    try House([
        (rule(latches: true), [smoke0], [Effect(target: House.siren, demand: .pattern(0), isSilenceable: true)]),
        (rule(.all, delay: .seconds(30)), [smoke0, smoke1], [Effect(target: House.door, demand: .release)]),
        (rule(hold: .seconds(20), .water), [leak], [Effect(target: House.valve, demand: .shut)]),
        (rule(limit: .seconds(40), .security), [intrusion], [Effect(target: House.door, demand: .lockDown)]),
        (rule(.atLeast(2), delay: .seconds(5)), [smoke0, smoke1, leak], [Effect(target: House.lift, demand: .recall)]),
        (rule(latches: true), [Term(.rule(1), .active)], [Effect(target: House.message, demand: .announce)]),
        (rule(.any, .comfort), [Term(.point(0), .active)], [Effect(target: House.lift, demand: .stay)]),
        (
            rule(.all, .comfort), [Term(.schedule(0), .active), Term(.door(0), .open, isNegated: true)],
            [Effect(target: House.siren, demand: .on)]
        ),
    ])
}

extension House {
    /// One thing happens, as it may in a house.
    func live(_ random: inout SeededRandom) {
        let aspects: [Aspects] = [[], .alarm, [.alarm, .sounding], .trouble, .bypassed]
        switch random.below(8) {
        case 0, 1, 2: causes.setDetector(UInt16(random.below(4)), aspects[random.below(5)])
        case 3: causes.setDoor(0, random.chance(1, in: 2) ? .open : [])
        case 4: causes.setSchedule(0, random.chance(1, in: 2) ? .active : [])
        case 5: causes.setPoint(0, random.chance(1, in: 2) ? .active : [])
        case 6: run(for: .milliseconds(Int64(random.below(20_000))))
        default: matrix.reset(causes, at: now)
        }
        if matrix.needsEvaluation(causes, at: now) { evaluate() }
    }

    var state: [UInt8] { saved(&causes) + saved(&matrix) }

    func takeUp(_ other: House) -> Bool {
        now = other.now
        return restore(saved(&other.causes), into: &causes) && restore(saved(&other.matrix), into: &matrix)
    }

    var demands: [TargetDemand] { (0..<matrix.targetCount).map { matrix.demand($0) } }
}

@Suite("A cause-and-effect matrix that is taken up in the middle of its life")
struct CarriedMatrixTests {
    @Test("decides from there on what the other one decides", arguments: 1...8 as ClosedRange<UInt64>)
    func takingUp(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let first = try house()
        for _ in 0..<20 {
            for _ in 0..<random.below(40) { first.live(&random) }
            let second = try house()
            #expect(second.takeUp(first))
            #expect(second.state == first.state)
            var same = random
            for step in 0..<40 {
                first.live(&random)
                second.live(&same)
                #expect(second.demands == first.demands, "step \(step)")
                #expect(second.matrix.deadline == first.matrix.deadline, "step \(step)")
            }
            #expect(second.state == first.state)
        }
    }

    @Test("refuses bytes that were cut off")
    func cutOff() throws {
        let other = try house()
        let bytes = saved(&other.matrix)
        for length in 0..<bytes.count {
            let house = try house()
            #expect(!restore(Array(bytes[..<length]), into: &house.matrix))
        }
    }

    @Test("refuses damaged bytes, or decides something and goes on", arguments: 1...4 as ClosedRange<UInt64>)
    func damage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let other = try house()
        for _ in 0..<300 { other.live(&random) }
        let bytes = saved(&other.matrix)
        for _ in 0..<(400 * fuzzRounds) {
            let house = try house()
            guard restore(bytes.damaged(by: &random), into: &house.matrix) else { continue }
            house.now = other.now
            house.evaluate()
            for _ in 0..<10 { house.live(&random) }
        }
    }

    @Test(
        "refuses what the lists have not got",
        arguments: [
            ("a term", 99, 0, .pattern(0)), ("a row", 0, 99, .pattern(0)),
            ("an order that a siren cannot follow", 0, 0, .shut),
        ] as [(String, UInt16, UInt16, Demand)])
    func outsideLists(_ what: String, term: UInt16, rule: UInt16, demand: Demand) throws {
        let other = try house()
        other.causes.setDetector(0, [.alarm, .sounding])
        other.evaluate()
        var bytes = saved(&other.matrix)
        var siren = other.matrix.demand(Int(House.siren))
        let right = saved(&siren)
        siren.term = term
        siren.rule = rule
        siren.demand = demand
        let wrong = saved(&siren)
        let place = try #require((0..<bytes.count).first { bytes[$0...].starts(with: right) })
        bytes.replaceSubrange(place..<(place + right.count), with: wrong)
        let house = try house()
        #expect(!restore(bytes, into: &house.matrix), "\(what)")
    }
}
