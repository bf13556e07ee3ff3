import FixedMemory
import HardwareInterface

/// How many wrong cards, codes and PINs are taken before the board acts.
public struct GuessPolicy: Equatable, Sendable, BitwiseCopyable {
    /// Unknown cards in a row at one reader that are recorded one by one.
    public var unknownCards: UInt16 = 10
    /// One more is allowed after each of these.
    public var unknownCardRefill: Interval = .seconds(6)
    /// Guessing counts as stopped after this long without an unknown card.
    public var quiet: Interval = .seconds(60)
    /// Wrong codes in a row at one reader before it takes none for a while. Cards are still taken.
    public var wrongCodes: UInt8 = 5
    /// How long the first time; each further time twice as long.
    public var codeLockout: Interval = .seconds(60)
    /// At the longest.
    public var longestCodeLockout: Interval = .minutes(15)
    /// Wrong PINs of one card before it is blocked.
    public var wrongPins: UInt8 = 5
    /// How long it is blocked; endless until its status is set again.
    public var pinBlock: Interval = .minutes(15)

    public init() {}
}

/// Notices when somebody tries card after card, so that the journal is not flooded; the right card is still answered.
struct GuessLimiter: BitwiseCopyable, Sendable {
    enum Verdict: Equatable, BitwiseCopyable {
        /// One of the few that are recorded one by one.
        case recorded
        /// The first one too many.
        case engaged
        /// Only counted.
        case counted
    }

    private var spent: UInt16 = 0
    private var refilledAt = Instant.start
    private var lastAt = Instant.start
    private(set) var isEngaged = false
    private(set) var unrecorded: UInt32 = 0

    /// When an engaged limiter lets go if nothing more happens; `.never` if it is not engaged.
    func deadline(_ policy: GuessPolicy) -> Instant { isEngaged ? lastAt + policy.quiet : .never }

    mutating func register(at now: Instant, _ policy: GuessPolicy) -> Verdict {
        lastAt = now
        if isEngaged {
            unrecorded = unrecorded == .max ? .max : unrecorded + 1
            return .counted
        }
        refill(at: now, policy)
        guard spent < policy.unknownCards else {
            isEngaged = true
            unrecorded = 1
            return .engaged
        }
        if spent == 0 { refilledAt = now }
        spent += 1
        return .recorded
    }

    /// Lets go when it has been quiet for long enough.
    ///
    /// - Returns: how many were only counted, or `nil` if nothing ended.
    mutating func release(at now: Instant, _ policy: GuessPolicy) -> UInt32? {
        guard isEngaged, now >= lastAt + policy.quiet else { return nil }
        let count = unrecorded
        isEngaged = false
        unrecorded = 0
        spent = 0
        return count
    }

    private mutating func refill(at now: Instant, _ policy: GuessPolicy) {
        guard spent > 0, policy.unknownCardRefill > .zero else { return }
        let earned = (now - refilledAt).nanoseconds / policy.unknownCardRefill.nanoseconds
        guard earned > 0 else { return }
        spent = earned >= Int64(spent) ? 0 : spent - UInt16(earned)
        refilledAt = refilledAt + policy.unknownCardRefill * earned
    }
}

/// Takes no codes at a reader for a while after too many wrong ones, each time for longer.
struct CodeLockout: BitwiseCopyable, Sendable {
    private var wrong: UInt8 = 0
    private var level: UInt8 = 0
    private var lastWrongAt = Instant.start
    private var lockedUntil = Instant.start

    func isLocked(at now: Instant) -> Bool { now < lockedUntil }

    /// - Returns: whether the reader takes no codes from now on.
    mutating func registerWrong(at now: Instant, _ policy: GuessPolicy) -> Bool {
        // An hour of peace forgives.
        if now >= lastWrongAt + .hours(1) {
            wrong = 0
            level = 0
        }
        lastWrongAt = now
        wrong = wrong == .max ? .max : wrong + 1
        guard wrong >= policy.wrongCodes else { return false }
        lockedUntil = now + CodeLockout.length(level, policy)
        level = min(level + 1, 16)
        wrong = 0
        return true
    }

    private static func length(_ level: UInt8, _ policy: GuessPolicy) -> Interval {
        min(policy.codeLockout * (1 << Int64(min(level, 16))), policy.longestCodeLockout)
    }

    /// - Returns: whether anything was counted.
    mutating func registerRight() -> Bool {
        let hadAny = wrong > 0 || level > 0
        wrong = 0
        level = 0
        return hadAny
    }

    /// What must outlive a restart: whoever guesses must not be able to count anew by cutting the power.
    func kept(_ door: DoorIndex, _ side: ReaderSide, at now: Instant, _ wallMinute: Int64?) -> AccessChange {
        .wrongCodes(
            door, side, count: wrong, level: level, until: KeptEnd(lockedUntil - now, after: wallMinute))
    }

    /// Takes up what an earlier run kept.
    mutating func restore(
        count: UInt8, level: UInt8, until: KeptEnd, at now: Instant, _ wallMinute: Int64?, _ policy: GuessPolicy
    ) {
        wrong = min(count, policy.wrongCodes > 0 ? policy.wrongCodes - 1 : 0)
        self.level = min(level, 16)
        lastWrongAt = now
        let whole = CodeLockout.length(level > 0 ? level - 1 : 0, policy)
        lockedUntil = now + until.left(at: wallMinute, whole: whole)
    }
}

extension GuessLimiter: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&spent)
        state.carry(&refilledAt)
        state.carry(&lastAt)
        state.carry(&isEngaged)
        state.carry(&unrecorded)
    }
}

extension CodeLockout: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&wrong)
        state.carry(&level)
        state.carry(&lastWrongAt)
        state.carry(&lockedUntil)
    }
}
