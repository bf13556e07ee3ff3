import FixedMemory
import HardwareInterface
import Testing

@testable import CauseAndEffect

/// A small house: two smoke detectors, a leak probe, an intrusion detector; one door, siren, valve, lift and message.
final class House {
    static let siren: UInt16 = 0
    static let door: UInt16 = 1
    static let valve: UInt16 = 2
    static let lift: UInt16 = 3
    static let message: UInt16 = 4

    var causes: CauseStates
    var matrix: CauseAndEffectMatrix
    var changed = ChangedTargets(capacity: 5)
    var now: Instant = .start

    init(_ rows: [(Rule, [Term], [Effect])]) throws(CauseAndEffectMatrix.Defect) {
        causes = CauseStates(detectors: 4, doors: 1, schedules: 1, points: 1)
        var rules: [Rule] = []
        var terms: [Term] = []
        var effects: [Effect] = []
        for (rule, itsTerms, itsEffects) in rows {
            var rule = rule
            rule.firstTerm = UInt16(terms.count)
            rule.termCount = UInt16(itsTerms.count)
            rule.firstEffect = UInt16(effects.count)
            rule.effectCount = UInt16(itsEffects.count)
            rules.append(rule)
            terms += itsTerms
            effects += itsEffects
        }
        let targets: [EffectTarget] = [.line(LineIndex(3)), .door(0), .valve(0), .lift(0), .message(0)]
        var steps: [PatternStep] = []
        while let step = SirenPattern.evacuation(steps.count) { steps.append(step) }
        let patterns = [Pattern(firstStep: 0, stepCount: UInt16(steps.count))]
        matrix = try CauseAndEffectMatrix(
            rules: rules.span, terms: terms.span, effects: effects.span, targets: targets.span,
            patterns: patterns.span, steps: steps.span, causes: causes)
    }

    func evaluate() { matrix.evaluate(&causes, at: now, into: &changed) }

    /// Evaluates at every deadline up to `now + interval`.
    func run(for interval: Interval) {
        let end = now + interval
        while matrix.deadline <= end {
            now = max(now, matrix.deadline)
            evaluate()
        }
        now = end
    }

    func isDue(at instant: Instant) -> Bool { matrix.needsEvaluation(causes, at: instant) }
    func demand(_ target: UInt16) -> Demand { matrix.demand(Int(target)).demand }
}

func rule(
    _ combination: Combination = .any, delay: Interval = .zero, hold: Interval = .zero, latches: Bool = false,
    limit: Interval = .endless, _ priorityClass: PriorityClass = .fire, priority: UInt8 = 0
) -> Rule {
    Rule(
        terms: 0..<0, combination: combination, effects: 0..<0, delay: delay, holdTime: hold, latches: latches,
        limit: limit, priorityClass: priorityClass, priority: priority)
}

let smoke0 = Term(.detector(0), .alarm)
let smoke1 = Term(.detector(1), .alarm)
let leak = Term(.detector(2), .alarm)
let intrusion = Term(.detector(3), .alarm)

@Suite("Cause-and-effect matrix")
struct MatrixTests {
    @Test(
        "Any, all and at least: which of two smoke detectors and a leak make the cause",
        arguments: [
            (Combination.any, [] as [UInt16], false), (.any, [0], true), (.any, [2], true), (.all, [0, 1], false),
            (.all, [0, 1, 2], true), (.atLeast(2), [1], false), (.atLeast(2), [0, 2], true),
            (.atLeast(2), [0, 1, 2], true),
        ])
    func combinations(combination: Combination, alarms: [UInt16], expected: Bool) throws {
        let house = try House([
            (rule(combination), [smoke0, smoke1, leak], [Effect(target: House.siren, demand: .on)])
        ])
        for detector in alarms { house.causes.setDetector(detector, [.alarm]) }
        house.evaluate()
        #expect(house.matrix.demand(0).isOn == expected)
    }

    @Test("Silencing stops a row's sounder and not its door; a new alarm sounds again; a forced door is not silenced")
    func silencing() throws {
        let house = try House([
            (
                rule(), [smoke0, smoke1, Term(.door(0), .forced)],
                [
                    Effect(target: House.siren, demand: .on, isSilenceable: true),
                    Effect(target: House.door, demand: .release),
                ]
            )
        ])
        let steps: [(change: (inout CauseStates) -> Void, sounds: Bool)] = [
            ({ $0.setDetector(0, [.alarm, .sounding]) }, true), ({ $0.setDetector(0, [.alarm]) }, false),
            ({ $0.setDetector(1, [.alarm, .sounding]) }, true), ({ $0.setDetector(1, [.alarm]) }, false),
            ({ $0.setDoor(0, [.forced]) }, true), ({ $0.setDoor(0, []) }, false),
        ]
        for (number, step) in steps.enumerated() {
            step.change(&house.causes)
            house.evaluate()
            #expect(house.demand(House.siren) == (step.sounds ? .on : .nothing), "step \(number)")
            #expect(house.demand(House.door) == .release, "step \(number)")
        }
    }

    @Test("Conditions have no say in silencing where a row takes all its terms, and one that is enough by itself has")
    func silencingUnderConditions() throws {
        let night = Term(.schedule(0), .active)
        let notOpen = Term(.door(0), .open, isNegated: true)
        let siren = Effect(target: House.siren, demand: .on, isSilenceable: true)
        for (combination, sounds) in [(Combination.all, false), (.any, true)] {
            let house = try House([(rule(combination), [smoke0, night, notOpen], [siren])])
            house.causes.setSchedule(0, .active)
            house.causes.setDetector(0, [.alarm, .sounding])
            house.evaluate()
            #expect(house.demand(House.siren) == .on)
            house.causes.setDetector(0, [.alarm])
            house.evaluate()
            #expect(house.demand(House.siren) == (sounds ? .on : .nothing), "\(combination)")
        }
    }

    @Test("What follows from a row is silenced with the row's alarm")
    func silencingOfARow() throws {
        let house = try House([
            (rule(), [smoke0], []),
            (
                rule(), [Term(.rule(0), .active)],
                [Effect(target: House.siren, demand: .on, isSilenceable: true)]
            ),
        ])
        house.causes.setDetector(0, [.alarm, .sounding])
        house.evaluate()
        #expect(house.demand(House.siren) == .on)
        house.causes.setDetector(0, [.alarm])
        house.evaluate()
        #expect(house.demand(House.siren) == .nothing)
    }

    @Test("A reset ends rows that latched, and in the same moment those that latched after them, near or far")
    func resetOfRows() throws {
        let house = try House([
            (rule(latches: true), [smoke0], []),
            (rule(), [Term(.rule(0), .active)], []),
            (rule(latches: true), [Term(.rule(1), .active)], [Effect(target: House.siren, demand: .on)]),
        ])
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        house.causes.setDetector(0, [])
        house.evaluate()
        #expect(house.demand(House.siren) == .on)
        house.matrix.reset(house.causes, at: house.now)
        house.evaluate()
        #expect(house.demand(House.siren) == .nothing)
    }

    @Test("A row that latched stays silenced when its alarm is restored")
    func silencedLatch() throws {
        let house = try House([
            (rule(latches: true), [smoke0], [Effect(target: House.siren, demand: .on, isSilenceable: true)])
        ])
        for aspects in [[.alarm, .sounding], [.alarm], []] as [Aspects] {
            house.causes.setDetector(0, aspects)
            house.evaluate()
        }
        let isActive = house.matrix.isActive(rule: 0)
        #expect(isActive)
        #expect(house.demand(House.siren) == .nothing)
    }

    @Test("An earlier row is a term: (smoke 0 and smoke 1) or leak")
    func nesting() throws {
        let house = try House([
            (rule(.all), [smoke0, smoke1], []),
            (rule(.any), [Term(.rule(0), .active), leak], [Effect(target: House.siren, demand: .on)]),
        ])
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        #expect(house.demand(House.siren) == .nothing)
        house.causes.setDetector(1, .alarm)
        house.evaluate()
        #expect(house.demand(House.siren) == .on)
        #expect(house.matrix.demand(0).rule == 1)
    }

    @Test("A negated term: smoke, but not while its detector is bypassed for work")
    func negation() throws {
        let house = try House([
            (
                rule(.all), [smoke0, Term(.detector(1), .bypassed, isNegated: true)],
                [Effect(target: House.siren, demand: .on)]
            )
        ])
        house.causes.setDetector(0, .alarm)
        house.causes.setDetector(1, .bypassed)
        house.evaluate()
        #expect(house.demand(House.siren) == .nothing)
        house.causes.setDetector(1, [])
        house.evaluate()
        #expect(house.demand(House.siren) == .on)
    }

    @Test(
        "A fire releases the door that an intrusion locked, whatever the order of rows and of alarms",
        arguments: [
            false, true,
        ])
    func fireOverridesLockDown(fireRowFirst: Bool) throws {
        let fire = (rule(.any, .fire), [smoke0], [Effect(target: House.door, demand: .release)])
        let lock = (
            rule(.any, .security, priority: 255), [intrusion], [Effect(target: House.door, demand: .lockDown)]
        )
        let house = try House(fireRowFirst ? [fire, lock] : [lock, fire])
        house.causes.setDetector(3, .alarm)
        house.evaluate()
        #expect(house.demand(House.door) == .lockDown)
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        #expect(house.demand(House.door) == .release)
        #expect(house.matrix.demand(1).priorityClass == .fire)
        house.causes.setDetector(0, [])
        house.evaluate()
        #expect(house.demand(House.door) == .lockDown)
    }

    static let classes: [PriorityClass] = [.comfort, .technical, .security, .water, .personal, .gas, .fire, .manual]

    @Test(
        "Nothing beats the release of a door: no class, no priority, no place in the list",
        arguments: [Demand.lockDown, .holdOpen], [false, true])
    func releaseBeatsAll(other: Demand, isReleaseFirst: Bool) throws {
        for releaseClass in Self.classes {
            for otherClass in Self.classes {
                let release = (rule(.any, releaseClass), [smoke0], [Effect(target: House.door, demand: .release)])
                let rival = (
                    rule(.any, otherClass, priority: 255), [intrusion], [Effect(target: House.door, demand: other)]
                )
                let house = try House(isReleaseFirst ? [release, rival] : [rival, release])
                house.causes.setDetector(3, .alarm)
                house.evaluate()
                #expect(house.demand(House.door) == other)
                house.causes.setDetector(0, .alarm)
                house.evaluate()
                #expect(house.demand(House.door) == .release, "\(releaseClass) against \(otherClass)")
                house.causes.setDetector(0, [])
                house.evaluate()
                #expect(house.demand(House.door) == other)
            }
        }
    }

    @Test(
        "Of a lock-down and a hold-open the higher class wins, then the higher priority",
        arguments: [
            (PriorityClass.technical, UInt8(255), PriorityClass.fire, UInt8(0), Demand.holdOpen),
            (.technical, 0, .comfort, 255, .lockDown), (.technical, 9, .technical, 10, .holdOpen),
            (.technical, 10, .technical, 9, .lockDown), (.technical, 5, .technical, 5, .lockDown),
        ])
    func doorOrders(
        lockClass: PriorityClass, lockPriority: UInt8, openClass: PriorityClass, openPriority: UInt8, wins: Demand
    ) throws {
        let house = try House([
            (
                rule(.any, lockClass, priority: lockPriority), [intrusion],
                [Effect(target: House.door, demand: .lockDown)]
            ),
            (rule(.any, openClass, priority: openPriority), [smoke0], [Effect(target: House.door, demand: .holdOpen)]),
        ])
        house.causes.setDetector(0, .alarm)
        house.causes.setDetector(3, .alarm)
        house.evaluate()
        #expect(house.demand(House.door) == wins)
    }

    @Test("Within a class the higher priority wins, and of equals the first row")
    func priorityWithinClass() throws {
        let house = try House([
            (rule(.any, .water, priority: 1), [leak], [Effect(target: House.valve, demand: .open)]),
            (rule(.any, .water, priority: 2), [leak], [Effect(target: House.valve, demand: .shut)]),
            (rule(.any, .water, priority: 2), [leak], [Effect(target: House.valve, demand: .open)]),
        ])
        house.causes.setDetector(2, .alarm)
        house.evaluate()
        #expect(house.demand(House.valve) == .shut)
        #expect(house.matrix.demand(2).rule == 1)
    }

    @Test("A delay must pass with the terms holding, and starts anew when they cease")
    func delay() throws {
        let house = try House([
            (rule(.any, delay: .seconds(30)), [smoke0], [Effect(target: House.siren, demand: .on)])
        ])
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        house.run(for: .milliseconds(29_999))
        #expect(house.demand(House.siren) == .nothing)
        house.causes.setDetector(0, [])
        house.evaluate()
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        house.run(for: .seconds(29))
        #expect(house.demand(House.siren) == .nothing)
        house.run(for: .seconds(1))
        #expect(house.demand(House.siren) == .on)
    }

    @Test("The hold time keeps an effect after its cause, the limit ends it before")
    func holdAndLimit() throws {
        let house = try House([
            (rule(.any, hold: .seconds(10)), [smoke0], [Effect(target: House.siren, demand: .on)]),
            (rule(.any, limit: .seconds(5)), [smoke0], [Effect(target: House.message, demand: .announce)]),
        ])
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        #expect(house.demand(House.message) == .announce)
        house.run(for: .seconds(5))
        #expect(house.demand(House.message) == .nothing)
        house.run(for: .seconds(60))
        #expect(house.demand(House.message) == .nothing)
        house.causes.setDetector(0, [])
        house.evaluate()
        house.run(for: .seconds(9))
        #expect(house.demand(House.siren) == .on)
        house.run(for: .seconds(1))
        #expect(house.demand(House.siren) == .nothing)
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        #expect(house.demand(House.message) == .announce)
    }

    @Test("A latching row stays until a person resets it, and no longer than its cause needs")
    func latching() throws {
        let house = try House([
            (rule(.any, latches: true, .water), [leak], [Effect(target: House.valve, demand: .shut)])
        ])
        house.causes.setDetector(2, .alarm)
        house.evaluate()
        house.matrix.reset(house.causes, at: house.now)
        house.evaluate()
        #expect(house.demand(House.valve) == .shut)
        house.causes.setDetector(2, [])
        house.evaluate()
        #expect(house.demand(House.valve) == .shut)
        house.matrix.reset(house.causes, at: house.now)
        house.evaluate()
        #expect(house.demand(House.valve) == .nothing)
    }

    @Test("The evacuation pattern of ISO 8201: three half-second pulses every four seconds, to the millisecond")
    func pattern() throws {
        let house = try House([(rule(), [smoke0], [Effect(target: House.siren, demand: .pattern(0))])])
        house.now = .start + .milliseconds(1_234)
        house.causes.setDetector(0, .alarm)
        house.evaluate()
        let begin = house.now
        var edges: [(Int64, Bool)] = []
        var last = false
        while house.now <= begin + .seconds(8) {
            house.evaluate()
            if house.matrix.demand(0).isOn != last {
                last.toggle()
                edges.append(((house.now - begin).milliseconds, last))
            }
            #expect(house.matrix.deadline > house.now)
            house.now = house.matrix.deadline
        }
        let expected: [Int64] = [0, 500, 1_000, 1_500, 2_000, 2_500, 4_000, 4_500, 5_000, 5_500, 6_000, 6_500, 8_000]
        #expect(edges.map(\.0) == expected)
        #expect(edges.enumerated().allSatisfy { $0.element.1 == ($0.offset % 2 == 0) })
    }

    @Test("The demand names the row and the term that held first")
    func explains() throws {
        let house = try House([
            (rule(), [leak], [Effect(target: House.valve, demand: .shut)]),
            (rule(), [smoke0, smoke1], [Effect(target: House.siren, demand: .on)]),
        ])
        house.causes.setDetector(1, .alarm)
        house.evaluate()
        #expect(house.matrix.demand(0).rule == 1)
        #expect(house.matrix.demand(0).term == 2)
    }

    @Test("Only what changed is listed, and nothing is to do while nothing changes")
    func changes() throws {
        let house = try House([(rule(), [smoke0], [Effect(target: House.siren, demand: .on)])])
        house.evaluate()
        #expect(house.changed.count == 0)
        #expect(!house.isDue(at: house.now + .hours(1_000)))
        house.causes.setDetector(0, [])
        #expect(!house.isDue(at: house.now))
        house.causes.setDetector(0, .alarm)
        #expect(house.isDue(at: house.now))
        house.evaluate()
        #expect(house.changed.count == 1 && house.changed[0] == House.siren)
    }

    @Test(
        "A matrix that cannot work is refused, with the row",
        arguments: [
            ([(rule(), [], [])], CauseAndEffectMatrix.Defect.neverActive(rule: 0)),
            ([(rule(.atLeast(3)), [smoke0, smoke1], [])], .neverActive(rule: 0)),
            ([(rule(.atLeast(0)), [smoke0], [])], .neverActive(rule: 0)),
            ([(rule(), [Term(.rule(0), .active)], [])], .ruleNotEarlier(rule: 0)),
            ([(rule(), [Term(.detector(4), .alarm)], [])], .unknownSubject(rule: 0)),
            ([(rule(), [smoke0], [Effect(target: 5, demand: .on)])], .unknownTarget(rule: 0)),
            ([(rule(), [smoke0], [Effect(target: 0, demand: .pattern(1))])], .unknownTarget(rule: 0)),
            ([(rule(), [smoke0], [Effect(target: 0, demand: .shut)])], .unsuitableDemand(rule: 0)),
            ([(rule(), [smoke0], [Effect(target: 1, demand: .nothing)])], .unsuitableDemand(rule: 0)),
        ] as [([(Rule, [Term], [Effect])], CauseAndEffectMatrix.Defect)])
    func defects(rows: [(Rule, [Term], [Effect])], expected: CauseAndEffectMatrix.Defect) {
        var found: CauseAndEffectMatrix.Defect?
        do { _ = try House(rows) } catch { found = error }
        #expect(found == expected)
    }
}
