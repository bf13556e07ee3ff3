import BoardImage
import CauseAndEffect
import FixedMemory
import HardwareInterface
import WardenMessages

/// The image's effect rows as the lists that the cause-and-effect matrix is made of.
struct MatrixLists: ~Copyable {
    var rules: FixedArray<Rule>
    var terms: FixedArray<Term>
    var effects: FixedArray<CauseAndEffect.Effect>
    var targets: FixedArray<EffectTarget>
    var patterns: FixedArray<Pattern>
    var steps: FixedArray<PatternStep>

    /// Places of the patterns in the pattern list.
    private enum PatternPlace {
        static let pulsed: UInt16 = 0
        static let temporalThree: UInt16 = 1
        static let temporalFour: UInt16 = 2
        static let chirp: UInt16 = 3
    }

    init(_ image: borrowing BoardImage) {
        var termCount = 0
        var actionCount = 0
        for index in image.effects.indices {
            termCount += image.effects[index].causes.count
            for action in 0..<image.effects[index].actions.count {
                actionCount += MatrixLists.count(image.effects[index].actions[action], image)
            }
            if !image.effects[index].announcement.isEmpty { actionCount += 1 }
        }
        rules = FixedArray(capacity: image.effects.count)
        terms = FixedArray(capacity: termCount)
        effects = FixedArray(capacity: actionCount)
        targets = FixedArray(capacity: actionCount)
        patterns = FixedArray(capacity: 4)
        steps = FixedArray(capacity: 32)
        addPattern { SirenPattern.help($0) }
        addPattern { SirenPattern.evacuation($0) }
        addPattern { SirenPattern.carbonMonoxide($0) }
        addPattern { SirenPattern.chirp($0) }
        for index in image.effects.indices { add(image.effects[index], index, image) }
    }

    private mutating func addPattern(_ step: (Int) -> PatternStep?) {
        let first = steps.count
        while let next = step(steps.count - first) { steps.append(next) }
        patterns.append(Pattern(firstStep: UInt16(first), stepCount: UInt16(steps.count - first)))
    }

    private mutating func add(_ row: WardenMessages.Effect, _ number: Int, _ image: borrowing BoardImage) {
        let firstTerm = UInt16(terms.count)
        var isFire = false
        var isTest = true
        for index in 0..<row.causes.count {
            let cause = row.causes[index]
            guard let term = MatrixLists.term(cause) else { continue }
            terms.append(term)
            // That something is not the case is a condition, neither a fire nor a test.
            guard !cause.negated else {
                isTest = false
                continue
            }
            guard cause.state != .test else { continue }
            switch cause.source {
            case .detector(let detector)?:
                isTest = false
                if image.detectors[Int(detector)].sensesFire { isFire = true }
            case .effect(let earlier)?:
                // What follows from a row is as urgent as the row.
                switch rules[Int(earlier)].priorityClass {
                case .fire: isFire = true
                case .comfort: continue
                default: break
                }
                isTest = false
            default: isTest = false
            }
        }
        let firstEffect = UInt16(effects.count)
        for index in 0..<row.actions.count {
            if case .releaseZone? = row.actions[index].action {
                for door in image.doors.indices
                where DoorTranslation.releases(row.actions[index], door: door, zones: image.doors[door].fireZones) {
                    effects.append(
                        CauseAndEffect.Effect(target: place(of: .door(UInt16(door))), demand: .release))
                }
                continue
            }
            guard let (target, demand) = MatrixLists.action(row.actions[index]) else { continue }
            effects.append(
                CauseAndEffect.Effect(
                    target: place(of: target), demand: demand,
                    isSilenceable: MatrixLists.isSilenceable(row.actions[index])))
        }
        if !row.announcement.isEmpty {
            effects.append(
                CauseAndEffect.Effect(target: place(of: .message(UInt16(number))), demand: .announce))
        }
        let combination: CauseAndEffect.Combination =
            switch row.combination {
            case .any, .unrecognised: .any
            case .all: .all
            case .atLeast: .atLeast(UInt8(truncatingIfNeeded: row.atLeast))
            }
        rules.append(
            Rule(
                terms: firstTerm..<UInt16(terms.count), combination: combination,
                effects: firstEffect..<UInt16(effects.count), delay: .milliseconds(Int64(row.delayMs)),
                latches: row.latching, limit: row.limitMs == 0 ? .endless : .milliseconds(Int64(row.limitMs)),
                // What a test does gives way to whatever is real.
                priorityClass: isFire ? .fire : isTest ? .comfort : .technical,
                priority: UInt8(truncatingIfNeeded: row.priority)))
    }

    private static func term(_ cause: Cause) -> Term? {
        let aspects: Aspects =
            switch cause.state {
            case .alarm, .unrecognised: .alarm
            case .preAlarm: .preAlarm
            case .trouble: .trouble
            case .test: .testActivation
            case .bypassed: .bypassed
            case .unacknowledged: .unacknowledged
            }
        switch cause.source {
        case .detector(let index)?: return Term(.detector(UInt16(index)), aspects, isNegated: cause.negated)
        case .doorForced(let index)?: return Term(.door(UInt16(index)), .forced, isNegated: cause.negated)
        case .doorHeld(let index)?: return Term(.door(UInt16(index)), .heldOpen, isNegated: cause.negated)
        case .door(let door)?:
            return Term(.door(UInt16(door.door)), MatrixLists.aspects(door.condition), isNegated: cause.negated)
        case .line(let index)?: return Term(.point(UInt16(index)), .active, isNegated: cause.negated)
        case .schedule(let index)?: return Term(.schedule(UInt16(index)), .active, isNegated: cause.negated)
        case .effect(let index)?: return Term(.rule(UInt16(index)), .active, isNegated: cause.negated)
        case nil: return nil
        }
    }

    private static func aspects(_ condition: DoorCondition) -> Aspects {
        switch condition {
        case .forced, .unrecognised: .forced
        case .heldOpen: .heldOpen
        case .open: .open
        case .unlocked: .unlocked
        case .free: .free
        case .lockedDown: .lockedDown
        case .emergency: .emergency
        case .trouble: .trouble
        }
    }

    /// Effects that an action comes to: one for each door of a fire zone.
    private static func count(_ action: EffectAction, _ image: borrowing BoardImage) -> Int {
        guard case .releaseZone? = action.action else { return 1 }
        var count = 0
        for door in image.doors.indices
        where DoorTranslation.releases(action, door: door, zones: image.doors[door].fireZones) {
            count += 1
        }
        return count
    }

    private static func action(_ action: EffectAction) -> (EffectTarget, Demand)? {
        switch action.action {
        case .output(let output)?:
            let demand: Demand =
                switch output.pattern {
                case .steady, .unrecognised: .on
                case .pulsed: .pattern(PatternPlace.pulsed)
                case .temporalThree: .pattern(PatternPlace.temporalThree)
                case .temporalFour: .pattern(PatternPlace.temporalFour)
                case .chirp: .pattern(PatternPlace.chirp)
                }
            return (.line(LineIndex(UInt16(output.line))), demand)
        case .releaseDoor(let door)?:
            return (.door(UInt16(door)), .release)
        case .lockDownDoor(let door)?:
            return (.door(UInt16(door)), .lockDown)
        case .holdOpenDoor(let door)?:
            return (.door(UInt16(door)), .holdOpen)
        case .shutValve(let valve)?:
            return (.valve(UInt16(valve)), .shut)
        case .lift(let action)?:
            switch action.order {
            case .recall: return (.lift(UInt16(action.lift)), .recall)
            case .stay: return (.lift(UInt16(action.lift)), .stay)
            case .none, .unrecognised: return nil
            }
        case .releaseZone?, nil:
            return nil
        }
    }

    private static func isSilenceable(_ action: EffectAction) -> Bool {
        if case .output(let output)? = action.action { output.silenceable } else { false }
    }

    private mutating func place(of target: EffectTarget) -> UInt16 {
        for index in targets.indices where targets[index] == target { return UInt16(index) }
        targets.append(target)
        return UInt16(targets.count - 1)
    }
}

extension WardenMessages.Detector {
    /// Whether its alarm is a fire, so that what follows from it beats what anything else wants.
    public var sensesFire: Bool {
        switch kind {
        case .smoke?, .heat?, .multiCriteriaFire?: true
        default: false
        }
    }
}
