import FixedMemory
import HardwareInterface

/// What the matrix demands of one target, and why.
public struct TargetDemand: Equatable, Sendable, BitwiseCopyable {
    public var demand: Demand
    /// For `on`, `off` and patterns: whether the line is to be on right now.
    public var isOn: Bool
    /// The row that won; meaningless while `demand` is `nothing`.
    public var rule: UInt16
    /// The term of that row that held first, by its place in the list of terms.
    public var term: UInt16
    public var priorityClass: PriorityClass
    /// Since when this row's demand has won; patterns begin here.
    public var since: Instant

    public static var none: TargetDemand {
        TargetDemand(demand: .nothing, isOn: false, rule: 0, term: 0, priorityClass: .comfort, since: .start)
    }
}

extension TargetDemand: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&demand)
        state.carry(&isOn)
        state.carry(&rule)
        state.carry(&term)
        state.carry(&priorityClass)
        state.carry(&since)
    }
}

/// Which targets changed in one evaluation; sized by the matrix's targets and emptied by `evaluate`.
public struct ChangedTargets: ~Copyable {
    private var indexes: FixedArray<UInt16>

    /// - Parameter capacity: the number of targets.
    public init(capacity: Int) { indexes = FixedArray(capacity: capacity) }

    public var count: Int { indexes.count }
    /// The place of a changed target in the matrix's list of targets.
    public subscript(_ index: Int) -> UInt16 { indexes[index] }

    mutating func removeAll() { indexes.removeAll() }
    mutating func append(_ target: UInt16) { indexes.append(target) }
}

/// From causes to effects: rules with AND, OR, count, delay, latching and priority.
///
/// Holds no device state: it is told what is the case and says what is wanted. What a device does with it, and whether
/// it did, is the caller's to follow up.
public struct CauseAndEffectMatrix: ~Copyable {
    struct RuleState: BitwiseCopyable {
        var termsHold = false
        var changedAt: Instant = .start
        var isActive = false
        var activeSince: Instant = .start
        /// The time limit ran out; waits for the terms to cease.
        var isSpent = false
        /// All that holds is alarms whose sounders somebody stopped.
        var isSilenced = false
        var firstTerm: UInt16 = 0
    }

    private var rules: FixedArray<Rule>
    private var ruleStates: FixedArray<RuleState>
    private var terms: FixedArray<Term>
    private var effects: FixedArray<Effect>
    private var targets: FixedArray<EffectTarget>
    private var demands: FixedArray<TargetDemand>
    /// The winners of the evaluation in progress.
    private var scratch: FixedArray<TargetDemand>
    private var patterns: FixedArray<Pattern>
    private var steps: FixedArray<PatternStep>

    /// When `evaluate` must be called at the latest even if no cause changes.
    public private(set) var deadline: Instant = .start

    /// Why a matrix cannot be used.
    public enum Defect: Error, Equatable, Sendable {
        /// A rule's range of terms or effects lies outside the lists.
        case rangeOutsideList(rule: UInt16)
        /// A rule without terms or with a count that its terms cannot reach.
        case neverActive(rule: UInt16)
        /// A term names a rule that is not earlier.
        case ruleNotEarlier(rule: UInt16)
        /// A term names something that the board has not got.
        case unknownSubject(rule: UInt16)
        /// An effect names a target, or a demand a pattern, that the lists have not got.
        case unknownTarget(rule: UInt16)
        /// A demand that this kind of target cannot follow, such as shutting a lamp.
        case unsuitableDemand(rule: UInt16)
        /// A pattern without steps, outside the list, or that takes no time.
        case badPattern(UInt16)
    }

    /// Copies the lists and checks them against each other and against what the board has.
    ///
    /// - Throws: the first defect. The board compiler checks the same with places in the source file.
    public init(
        rules: Span<Rule>, terms: Span<Term>, effects: Span<Effect>, targets: Span<EffectTarget>,
        patterns: Span<Pattern>, steps: Span<PatternStep>, causes: borrowing CauseStates
    ) throws(Defect) {
        for index in rules.indices {
            try CauseAndEffectMatrix.check(
                UInt16(index), rules[index], terms, effects, targets, patternCount: patterns.count, causes)
        }
        for index in patterns.indices {
            let last = Int(patterns[index].firstStep) + Int(patterns[index].stepCount)
            guard patterns[index].stepCount > 0, last <= steps.count else { throw .badPattern(UInt16(index)) }
            for step in Int(patterns[index].firstStep)..<last where steps[step].duration < .milliseconds(1) {
                throw .badPattern(UInt16(index))
            }
        }
        self.rules = copy(rules)
        self.terms = copy(terms)
        self.effects = copy(effects)
        self.targets = copy(targets)
        self.patterns = copy(patterns)
        self.steps = copy(steps)
        ruleStates = FixedArray(repeating: RuleState(), count: rules.count)
        demands = FixedArray(repeating: .none, count: targets.count)
        scratch = FixedArray(repeating: .none, count: targets.count)
    }

    private static func check(
        _ index: UInt16, _ rule: Rule, _ terms: Span<Term>, _ effects: Span<Effect>, _ targets: Span<EffectTarget>,
        patternCount: Int, _ causes: borrowing CauseStates
    ) throws(Defect) {
        let lastTerm = Int(rule.firstTerm) + Int(rule.termCount)
        let lastEffect = Int(rule.firstEffect) + Int(rule.effectCount)
        guard lastTerm <= terms.count, lastEffect <= effects.count else { throw .rangeOutsideList(rule: index) }
        guard rule.termCount > 0 else { throw .neverActive(rule: index) }
        if case .atLeast(let count) = rule.combination, count == 0 || count > rule.termCount {
            throw .neverActive(rule: index)
        }
        for place in Int(rule.firstTerm)..<lastTerm {
            if case .rule(let other) = terms[place].subject, other >= index { throw .ruleNotEarlier(rule: index) }
            guard causes.contains(terms[place].subject) else { throw .unknownSubject(rule: index) }
        }
        for place in Int(rule.firstEffect)..<lastEffect {
            let effect = effects[place]
            guard Int(effect.target) < targets.count else { throw .unknownTarget(rule: index) }
            if case .pattern(let pattern) = effect.demand, Int(pattern) >= patternCount {
                throw .unknownTarget(rule: index)
            }
            guard targets[Int(effect.target)].canFollow(effect.demand) else { throw .unsuitableDemand(rule: index) }
        }
    }

    /// Targets there are.
    public var targetCount: Int { targets.count }
    public func target(_ index: Int) -> EffectTarget { targets[index] }
    /// What is demanded of a target since the last evaluation.
    public func demand(_ index: Int) -> TargetDemand { demands[index] }
    /// Rules there are.
    public var ruleCount: Int { rules.count }
    public func isActive(rule: Int) -> Bool { ruleStates[rule].isActive }

    /// Whether `evaluate` has anything to do.
    public func needsEvaluation(_ causes: borrowing CauseStates, at now: Instant) -> Bool {
        causes.hasChanged || now >= deadline
    }

    /// Works out what is demanded of every target now.
    ///
    /// - Parameter changed: receives the targets whose demand or on-state differs from the last evaluation.
    public mutating func evaluate(_ causes: inout CauseStates, at now: Instant, into changed: inout ChangedTargets) {
        changed.removeAll()
        causes.hasChanged = false
        deadline = .never
        for target in scratch.indices { scratch[target] = .none }
        for index in rules.indices {
            update(index, causes, at: now)
            if ruleStates[index].isActive { demandEffects(of: index) }
        }
        for target in scratch.indices { settle(target, at: now, into: &changed) }
    }

    /// A person ends what latched; rules whose terms still hold stay active. What followed from a rule that ends here ends
    /// with it.
    ///
    /// - Returns: whether any rule ended.
    @discardableResult
    public mutating func reset(_ causes: borrowing CauseStates, at now: Instant) -> Bool {
        var first: UInt16 = 0
        var hasEnded = false
        for index in rules.indices where rules[index].latches || rules[index].holdTime == .zero {
            guard ruleStates[index].isActive, !termsHold(rules[index], causes, first: &first) else { continue }
            ruleStates[index].isActive = false
            hasEnded = true
        }
        deadline = now
        return hasEnded
    }

    /// Takes up a rule that had latched in an earlier run of the board; the next evaluation demands its effects.
    public mutating func restore(rule: Int, at now: Instant) {
        guard rules[rule].latches, !ruleStates[rule].isActive else { return }
        ruleStates[rule].isActive = true
        ruleStates[rule].activeSince = now
        deadline = now
    }

    private mutating func update(_ index: Int, _ causes: borrowing CauseStates, at now: Instant) {
        let rule = rules[index]
        var state = ruleStates[index]
        let holds = termsHold(rule, causes, first: &state.firstTerm)
        if holds != state.termsHold {
            state.termsHold = holds
            state.changedAt = now
            if !holds { state.isSpent = false }
        }
        state.isSilenced = isSilenced(rule, causes, before: state.isSilenced)
        if holds && !state.isActive && !state.isSpent {
            let due = state.changedAt + rule.delay
            if now >= due {
                state.isActive = true
                state.activeSince = now
            } else {
                deadline = min(deadline, due)
            }
        }
        if state.isActive {
            let end = state.activeSince + rule.limit
            if now >= end {
                state.isActive = false
                state.isSpent = holds
            } else {
                deadline = min(deadline, end)
            }
        }
        if state.isActive && !holds && !rule.latches {
            let end = state.changedAt + rule.holdTime
            if now >= end { state.isActive = false } else { deadline = min(deadline, end) }
        }
        ruleStates[index] = state
    }

    private func termsHold(_ rule: Rule, _ causes: borrowing CauseStates, first: inout UInt16) -> Bool {
        var held = 0
        for place in Int(rule.firstTerm)..<(Int(rule.firstTerm) + Int(rule.termCount)) where holds(terms[place], causes)
        {
            if held == 0 { first = UInt16(place) }
            held += 1
        }
        return switch rule.combination {
        case .any: held > 0
        case .all: held == Int(rule.termCount)
        case .atLeast(let count): held >= Int(count)
        }
    }

    /// Whether what holds of a rule's terms is alarms alone, and all of them were silenced. Where it takes all terms, those
    /// that are no alarms are conditions, which nobody silences: they have no say. With no alarm that holds it stays as it
    /// was: a rule that latched goes on as it last sounded.
    private func isSilenced(_ rule: Rule, _ causes: borrowing CauseStates, before: Bool) -> Bool {
        var isSilenced = before
        for place in Int(rule.firstTerm)..<(Int(rule.firstTerm) + Int(rule.termCount)) where holds(terms[place], causes)
        {
            switch silence(of: terms[place], causes) {
            case true?: isSilenced = true
            case false?: return false
            case nil: if rule.combination != .all { return false }
            }
        }
        return isSilenced
    }

    /// Whether a term that holds is an alarm that was silenced; `nil` for one that is no alarm.
    private func silence(of term: Term, _ causes: borrowing CauseStates) -> Bool? {
        guard !term.isNegated else { return nil }
        switch term.subject {
        case .detector where term.aspects == .alarm: return !present(term, causes).contains(.sounding)
        case .rule(let index): return ruleStates[Int(index)].isSilenced
        case .detector, .door, .schedule, .point: return nil
        }
    }

    private func holds(_ term: Term, _ causes: borrowing CauseStates) -> Bool {
        !present(term, causes).isDisjoint(with: term.aspects) != term.isNegated
    }

    private func present(_ term: Term, _ causes: borrowing CauseStates) -> Aspects {
        switch term.subject {
        case .detector(let index): causes.detector(index)
        case .door(let index): causes.door(index)
        case .schedule(let index): causes.schedule(index)
        case .point(let index): causes.point(index)
        case .rule(let index): ruleStates[Int(index)].isActive ? .active : []
        }
    }

    private mutating func demandEffects(of index: Int) {
        let rule = rules[index]
        for place in Int(rule.firstEffect)..<(Int(rule.firstEffect) + Int(rule.effectCount)) {
            let effect = effects[place]
            let target = Int(effect.target)
            if effect.isSilenceable && ruleStates[index].isSilenced { continue }
            guard scratch[target].demand == .nothing || beats(effect.demand, of: rule, scratch[target]) else {
                continue
            }
            scratch[target] = TargetDemand(
                demand: effect.demand, isOn: false, rule: UInt16(index), term: ruleStates[index].firstTerm,
                priorityClass: rule.priorityClass, since: ruleStates[index].activeSince)
        }
    }

    private func beats(_ demand: Demand, of rule: Rule, _ standing: TargetDemand) -> Bool {
        // No priority in a board file can lock people in.
        if (demand == .release) != (standing.demand == .release) { return demand == .release }
        if rule.priorityClass != standing.priorityClass { return rule.priorityClass > standing.priorityClass }
        return rule.priority > rules[Int(standing.rule)].priority
    }

    private mutating func settle(_ target: Int, at now: Instant, into changed: inout ChangedTargets) {
        var demand = scratch[target]
        switch demand.demand {
        case .on: demand.isOn = true
        case .pattern(let pattern):
            let phase = phase(of: patterns[Int(pattern)], since: demand.since, at: now)
            demand.isOn = phase.isOn
            deadline = min(deadline, phase.until)
        case .nothing, .off, .release, .lockDown, .holdOpen, .shut, .open, .recall, .stay, .announce: break
        }
        if demand != demands[target] {
            demands[target] = demand
            changed.append(UInt16(target))
        }
    }

    /// Where a pattern stands that began at `since`.
    private func phase(of pattern: Pattern, since: Instant, at now: Instant) -> (isOn: Bool, until: Instant) {
        var period: Int64 = 0
        for step in 0..<Int(pattern.stepCount) {
            period += steps[Int(pattern.firstStep) + step].duration.nanoseconds
        }
        let elapsed = max(0, (now - since).nanoseconds)
        let into = elapsed % period
        var end: Int64 = 0
        for step in 0..<Int(pattern.stepCount) {
            let its = steps[Int(pattern.firstStep) + step]
            end += its.duration.nanoseconds
            if into < end { return (its.isOn, Instant(nanoseconds: now.nanoseconds + (end - into))) }
        }
        preconditionFailure("the remainder lies within the period")
    }
}

extension CauseAndEffectMatrix: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // Left out: rules, terms, effects, targets, patterns, steps: follow from the image.
        // Left out: scratch: without meaning between two evaluations.
        state.carry(&ruleStates)
        state.carry(&demands)
        state.carry(&deadline)
        if !areWithinLists { state.refuse() }
    }

    /// Whether everything that the states and demands name is in the lists.
    private var areWithinLists: Bool {
        for index in ruleStates.indices where Int(ruleStates[index].firstTerm) >= terms.count { return false }
        for index in demands.indices where demands[index].demand != .nothing {
            let demand = demands[index]
            guard Int(demand.rule) < rules.count, Int(demand.term) < terms.count,
                targets[index].canFollow(demand.demand)
            else { return false }
        }
        return true
    }
}

extension CauseAndEffectMatrix.RuleState: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&termsHold)
        state.carry(&changedAt)
        state.carry(&isActive)
        state.carry(&activeSince)
        state.carry(&isSpent)
        state.carry(&isSilenced)
        state.carry(&firstTerm)
    }
}

extension EffectTarget {
    /// Whether this kind of target can do what is demanded.
    public func canFollow(_ demand: Demand) -> Bool {
        switch (self, demand) {
        case (_, .nothing): false
        case (.line, .on), (.line, .off), (.line, .pattern): true
        case (.door, .release), (.door, .lockDown), (.door, .holdOpen): true
        case (.valve, .shut), (.valve, .open): true
        case (.lift, .recall), (.lift, .stay): true
        case (.message, .announce): true
        default: false
        }
    }
}

private func copy<Element: BitwiseCopyable>(_ elements: Span<Element>) -> FixedArray<Element> {
    var list = FixedArray<Element>(capacity: elements.count)
    for index in elements.indices { list.append(elements[index]) }
    return list
}
