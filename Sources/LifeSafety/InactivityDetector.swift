import FixedMemory
import HardwareInterface

/// Notices that a person living alone shows no sign of life when they usually do.
///
/// Doors, water, movement and power are signs of life. For each half hour of the day the detector learns how often there
/// were any while the resident was at home. A silence is as surprising as that history makes it: its surprise is the sum
/// of −ln(1 − share) over the half hours without any sign, so that six quiet hours at night weigh little and one at
/// breakfast weighs much. It is an alarm when the surprise exceeds both a fixed limit and, by a margin, every silence that ended
/// well at this time of day in the resident's own history. A longest silence holds from the first day, before anything was learned.
///
/// Leaving by the exit door suspends it: when nothing stirs inside after the door moved, nobody is there. Coming back,
/// any other sign of life, or the end of a holiday starts it again.
public struct InactivityDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// Points whose changes are signs of life: contacts, counters, movement, presence.
        public var first: PointIndex
        public var second: PointIndex?
        public var third: PointIndex?
        public var fourth: PointIndex?
        public var fifth: PointIndex?
        public var sixth: PointIndex?
        /// The contact of the door by which the resident leaves; `nil` where it is not known when they are out.
        public var exitDoor: PointIndex?
        /// A change of less than this is no sign of life, in the points' units; 1 for contacts and counters.
        public var deadband: Int32
        /// Surprise that is an alarm, in thousandths; 3,000 is what happens by chance in one of twenty such silences.
        public var surpriseLimit: Int32
        /// By how much a silence must exceed the most surprising one that ended well, per cent.
        public var margin: Int32
        /// No alarm by surprise before so much silence.
        public var shortestSilence: Interval
        /// So much silence at home is an alarm whatever was learned.
        public var longestSilence: Interval
        /// After the exit door moved, signs of life must come within this time for the resident to be at home.
        public var exitGrace: Interval
        /// The exit door not opened for so long is an alarm of its own; `endless` for no such rule.
        public var noExitAfter: Interval
        public var maximumAge: Interval

        public init(
            first: PointIndex, second: PointIndex? = nil, third: PointIndex? = nil, fourth: PointIndex? = nil,
            fifth: PointIndex? = nil, sixth: PointIndex? = nil, exitDoor: PointIndex? = nil, deadband: Int32 = 1,
            surpriseLimit: Int32 = 3_000, margin: Int32 = 20, shortestSilence: Interval = .minutes(90),
            longestSilence: Interval = .hours(12), exitGrace: Interval = .minutes(10),
            noExitAfter: Interval = .endless, maximumAge: Interval = .endless
        ) {
            self.first = first
            self.second = second
            self.third = third
            self.fourth = fourth
            self.fifth = fifth
            self.sixth = sixth
            self.exitDoor = exitDoor
            self.deadband = deadband
            self.surpriseLimit = surpriseLimit
            self.margin = margin
            self.shortestSilence = shortestSilence
            self.longestSilence = longestSilence
            self.exitGrace = exitGrace
            self.noExitAfter = noExitAfter
            self.maximumAge = maximumAge
        }

        public var sources: Sources {
            var sources = Sources(first)
            sources.append(second)
            sources.append(third)
            sources.append(fourth)
            sources.append(fifth)
            sources.append(sixth)
            sources.append(exitDoor)
            return sources
        }
    }

    /// Whether the resident is taken to be at home.
    public enum Presence: UInt8, Sendable, BitwiseCopyable {
        case home = 0
        /// The exit door moved and nothing stirred inside since.
        case leaving = 1
        case out = 2
        /// A person said so.
        case away = 3
    }

    static let exitChannel = 6
    /// The exit door moves several times within this while someone passes.
    static let passage: Interval = .seconds(90)
    /// Surprise is kept in 65,536ths times milliseconds of a half hour.
    private static let unit: Int64 = 65_536 * 1_800_000
    /// More surprise than years of silence can add up to, in the unit; far enough from the end of the numbers to be reckoned
    /// with.
    static let mostSurprise: Int64 = 1 << 52
    /// Before so many days were learned only the longest silence counts.
    static let daysToLearn: Int32 = 4

    private let configuration: Configuration
    private var sources: InlineArray<7, SourceSupervisor>
    private var previous = InlineArray<7, Int32>(repeating: .min)
    public private(set) var profile = ActivityProfile()
    public private(set) var presence: Presence = .home
    private var clock = LocalClock.unset
    private var now: Instant = .start
    private var quietSince: Instant = .start
    private var accountedUntil: Instant = .start
    private var surprise: Int64 = 0
    private var slotIsWhole = false
    private var slotWasActive = false
    private var exitAt: Instant = .start
    private var awayUntil: Instant = .start
    private var level: Condition = .normal
    private var cause: AlarmCause = .unusualSilence

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        sources = InlineArray(
            repeating: SourceSupervisor(maximumAge: configuration.maximumAge))
    }

    /// Surprise of the present silence, in thousandths.
    public var surpriseNow: Int32 { Int32(clamping: surprise * 1_000 / InactivityDetector.unit) }
    /// Surprise at which it is an alarm, in thousandths.
    public var surpriseNeeded: Int32 { Int32(clamping: limit * 1_000 / InactivityDetector.unit) }

    private var limit: Int64 {
        let fixed = Int64(configuration.surpriseLimit) * InactivityDetector.unit / 1_000
        guard clock.isTrusted else { return fixed }
        return max(fixed, profile.largestSurprise(slot: slot(at: now)) / 100 * Int64(100 + configuration.margin))
    }

    private var isLearned: Bool { profile.learnedDays >= InactivityDetector.daysToLearn && clock.isTrusted }

    // MARK: Signs of life

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        proceed(to: now)
        guard sources[channel].receive(reading) else { return }
        let before = previous[channel]
        let isFirst = before == .min
        guard !isFirst, abs(Int64(reading.value) - Int64(before)) >= Int64(max(1, configuration.deadband)) else {
            if isFirst { previous[channel] = reading.value }
            return
        }
        previous[channel] = reading.value
        if channel == InactivityDetector.exitChannel { exitMoved() } else { lifeSeen() }
    }

    private mutating func lifeSeen() {
        // Someone who is there ends "leaving" and "out"; only a person ends a holiday early.
        if presence == .leaving || presence == .out { presence = .home }
        endSilence()
    }

    private mutating func exitMoved() {
        // A door that opens and closes is one passage, whichever way it was.
        let isSamePassage = now < exitAt + InactivityDetector.passage
        exitAt = now
        if isSamePassage {
            endSilence()
            return
        }
        switch presence {
        case .home: presence = .leaving
        // Whoever comes home must show it like everyone else: the silence begins at the door.
        case .out: presence = .home
        case .leaving, .away: break
        }
        endSilence()
    }

    private mutating func endSilence() {
        slotWasActive = true
        if presence == .home && level != .alarm {
            // While still learning, what is normal may be far beyond the limit.
            if clock.isTrusted { profile.endedWell(isLearned ? min(surprise, limit) : surprise, slot: slot(at: now)) }
        }
        surprise = 0
        quietSince = now
        accountedUntil = now
        if level != .normal && !(level == .alarm && cause == .noExit) { level = .normal }
        if level == .alarm && cause == .noExit && exitAt == now { level = .normal }
    }

    // MARK: Time

    /// The profile in its pieces, and behind them how long nobody is expected for.
    func learned(_ piece: Int) -> LearnedPiece? {
        guard piece == ActivityProfile.pieces else { return profile.learned(piece) }
        var learned = LearnedPiece()
        learned.appendLittleEndian(presence == .away ? max(.zero, awayUntil - now).milliseconds : 0)
        return learned
    }

    /// Takes up what an earlier run had learned.
    mutating func restore(_ learned: LearnedPiece, _ piece: Int, at now: Instant) {
        guard piece == ActivityProfile.pieces else { return profile.restore(learned, piece) }
        var reader = ByteReader(learned.span)
        guard let awayFor = try? reader.littleEndian(Int64.self), reader.isAtEnd, awayFor > 0, awayFor <= keptLimit
        else { return }
        _ = perform(.away(until: now + .milliseconds(awayFor)), at: now)
    }

    mutating func advance(to now: Instant) {
        proceed(to: now)
        for channel in 0..<7 where configuration.sources[channel] != nil { sources[channel].advance(to: now) }
    }

    private mutating func proceed(to now: Instant) {
        self.now = max(self.now, now)
        if presence == .leaving && now >= exitAt + configuration.exitGrace { presence = .out }
        if presence == .away && now >= awayUntil { returnHome() }
        account()
        judge()
    }

    /// Adds up the surprise slot by slot, and learns each half hour when it is over.
    private mutating func account() {
        while accountedUntil < now {
            let end = clock.isTrusted ? min(now, slotEnd(after: accountedUntil)) : now
            // The history says how often a half hour has any sign of life: one that had its sign is as usual to its end.
            if presence == .home, clock.isTrusted, !slotWasActive {
                let perSlot = profile.surprise(slot: slot(at: accountedUntil), isWeekend: isWeekend(at: accountedUntil))
                surprise += perSlot * ((end - accountedUntil).nanoseconds / 1_000_000)
            }
            if clock.isTrusted, end == slotEnd(after: accountedUntil) { finishSlot(startedBefore: end) }
            accountedUntil = end
        }
    }

    private mutating func finishSlot(startedBefore end: Instant) {
        let middle = Instant(nanoseconds: end.nanoseconds - 900_000_000_000)
        if slotIsWhole && presence == .home && level == .normal {
            profile.learn(slot: slot(at: middle), isWeekend: isWeekend(at: middle), wasActive: slotWasActive)
        }
        if slot(at: middle) == 0 { profile.forgetADay() }
        slotIsWhole = presence == .home
        slotWasActive = false
    }

    private func slot(at instant: Instant) -> Int {
        Int(clock.secondOfDay(at: instant) / ActivityProfile.slotSeconds)
    }

    private func isWeekend(at instant: Instant) -> Bool { clock.weekday(at: instant) >= 5 }

    private func slotEnd(after instant: Instant) -> Instant {
        let second = clock.secondOfDay(at: instant)
        let next = (second / ActivityProfile.slotSeconds + 1) * ActivityProfile.slotSeconds
        return clock.next(secondOfDay: next % 86_400, after: instant)
    }

    private mutating func judge() {
        if now >= exitAt + configuration.noExitAfter && presence != .away {
            level = .alarm
            cause = .noExit
            return
        }
        guard presence == .home, level != .alarm else { return }
        let silence = now - quietSince
        if silence >= configuration.longestSilence
            || isLearned && surprise >= limit && silence >= configuration.shortestSilence
        {
            level = .alarm
            cause = .unusualSilence
        } else if isLearned && surprise >= limit / 3 * 2 && silence >= configuration.shortestSilence {
            level = .preAlarm
            cause = .unusualSilence
        }
    }

    // MARK: Commands, clock, result

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        proceed(to: now)
        switch command {
        case .reset:
            // Someone looked after the resident: that is a sign of life.
            if cause == .noExit { exitAt = now }
            level = .normal
            endSilence()
            return .done
        case .away(let until):
            presence = .away
            awayUntil = until
            level = .normal
            return .done
        case .returned:
            guard presence == .away else { return .notApplicable }
            returnHome()
            return .done
        default: return .unsupported
        }
    }

    private mutating func returnHome() {
        presence = .home
        exitAt = now
        surprise = 0
        quietSince = now
        accountedUntil = now
        slotIsWhole = false
    }

    mutating func setClock(_ clock: LocalClock, at now: Instant) {
        proceed(to: now)
        self.clock = clock
        slotIsWhole = false
        slotWasActive = false
    }

    private var trouble: TroubleReason {
        for channel in 0..<7 where configuration.sources[channel] != nil && sources[channel].trouble != .none {
            return sources[channel].trouble
        }
        return clock.isTrusted ? .none : .clockUntrusted
    }

    var finding: Finding {
        let minutes = presence == .home ? (now - quietSince).nanoseconds / 60_000_000_000 : 0
        return Finding(level, cause: cause, trouble: trouble, value: Int32(clamping: minutes))
    }

    var deadline: Instant {
        var next = Instant.never
        for channel in 0..<7 where configuration.sources[channel] != nil {
            next = min(next, sources[channel].deadline)
        }
        if presence == .leaving { next = min(next, exitAt + configuration.exitGrace) }
        if presence == .away { next = min(next, awayUntil) }
        if level != .alarm && presence != .away { next = min(next, exitAt + configuration.noExitAfter) }
        if clock.isTrusted { next = min(next, slotEnd(after: accountedUntil)) }
        guard presence == .home, level != .alarm else { return next }
        next = min(next, quietSince + configuration.longestSilence)
        let perSlot = profile.surprise(slot: slot(at: accountedUntil), isWeekend: isWeekend(at: accountedUntil))
        guard isLearned, perSlot > 0, !slotWasActive else { return next }
        if level == .normal { next = min(next, moment(of: limit / 3 * 2, perSlot)) }
        return min(next, moment(of: limit, perSlot))
    }

    /// When the surprise reaches `threshold` at the speed of the present half hour, and the shortest silence is over.
    private func moment(of threshold: Int64, _ perSlot: Int64) -> Instant {
        let milliseconds = min(max(0, (threshold - surprise + perSlot - 1) / perSlot), keptLimit)
        return max(accountedUntil + .milliseconds(milliseconds), quietSince + configuration.shortestSilence)
    }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        copy.returnHome()
        copy.advance(to: now + configuration.longestSilence)
        return copy.level == .alarm
    }
}

extension InactivityDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&sources)
        state.carry(&previous)
        state.carry(&profile)
        state.carry(&presence)
        state.carry(&clock)
        state.carry(&now)
        state.carry(&quietSince)
        state.carry(&accountedUntil)
        state.carry(&surprise, within: 0...InactivityDetector.mostSurprise)
        state.carry(&slotIsWhole)
        state.carry(&slotWasActive)
        state.carry(&exitAt)
        state.carry(&awayUntil)
        state.carry(&level)
        state.carry(&cause)
    }
}

extension InactivityDetector.Presence: Carried {}

/// For the evaluation, which plays recordings of homes to a detector of its own and to copies of it.
extension InactivityDetector {
    package mutating func play(value: Int32, isExit: Bool, at now: Instant) {
        let channel = isExit ? InactivityDetector.exitChannel : 0
        receive(Reading(value: value, quality: .good, at: now), channel: channel, at: now)
    }

    package mutating func play(to now: Instant) { advance(to: now) }
    package mutating func play(clock: LocalClock, at now: Instant) { setClock(clock, at: now) }
    package mutating func playReset(at now: Instant) { _ = perform(.reset, at: now) }
    package var isAlarm: Bool { finding.condition == .alarm }
    package var nextDeadline: Instant { deadline }
}
