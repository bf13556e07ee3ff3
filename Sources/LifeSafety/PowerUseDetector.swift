import FixedMemory
import HardwareInterface

/// Fires when the electrical appliances that a resident uses every day stay off: no kettle, no cooker, no light.
///
/// What runs by itself (refrigerator, standby) is learned as the lowest and the highest power in the hours of the night;
/// use is anything above that by a margin. Only the hours in which use is expected count as silence.
public struct PowerUseDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// Thousandths of a watt.
        public var source: PointIndex
        /// Thousandths of a watt above what runs by itself.
        public var useAbove: Int32
        /// Until the first night was learned, more than this is use; thousandths of a watt.
        public var assumedBase: Int32
        /// Local hours in which use is expected.
        public var active: DailyPeriod
        /// Local hours in which only what runs by itself is on.
        public var night: DailyPeriod
        /// So many active hours without use are an alarm.
        public var silence: Interval
        public var maximumAge: Interval

        public init(
            source: PointIndex, useAbove: Int32 = 150_000, assumedBase: Int32 = 250_000,
            active: DailyPeriod = DailyPeriod(fromSecond: 7 * 3_600, toSecond: 22 * 3_600),
            night: DailyPeriod = DailyPeriod(fromSecond: 2 * 3_600, toSecond: 5 * 3_600),
            silence: Interval = .hours(6), maximumAge: Interval = .minutes(10)
        ) {
            self.source = source
            self.useAbove = useAbove
            self.assumedBase = assumedBase
            self.active = active
            self.night = night
            self.silence = silence
            self.maximumAge = maximumAge
        }

        public var sources: Sources { Sources(source) }
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var medians = MedianOfThree()
    private var clock = LocalClock.unset
    /// Highest power of the nights, forgotten slowly; thousandths of a watt.
    private var base: Int32
    private var nightHighest: Int32 = -1
    private var silent: Interval = .zero
    private var lastAt: Instant?
    private var awayUntil: Instant = .start
    private var isAlarm = false

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge)
        base = configuration.assumedBase
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else {
            lastAt = nil
            return
        }
        let power = medians.add(reading.value)
        defer { lastAt = now }
        guard clock.isTrusted else { return }
        let second = clock.secondOfDay(at: now)
        learn(power, isNight: configuration.night.contains(second))
        if Int64(power) >= Int64(base) + Int64(configuration.useAbove) {
            silent = .zero
            isAlarm = false
        } else if let last = lastAt, configuration.active.contains(second), now >= awayUntil {
            silent = silent + min(max(.zero, now - last), configuration.maximumAge)
            if silent >= configuration.silence { isAlarm = true }
        }
    }

    /// At the end of a night its highest power counts for a fifth of the base.
    private mutating func learn(_ power: Int32, isNight: Bool) {
        if isNight {
            nightHighest = max(nightHighest, power)
        } else if nightHighest >= 0 {
            base += (nightHighest - base) / 5
            nightHighest = -1
        }
    }

    /// The base, the night that is being learned, and how long nobody is expected for.
    func learned(_ piece: Int) -> LearnedPiece? {
        guard piece == 0 else { return nil }
        var learned = LearnedPiece()
        learned.appendLittleEndian(base)
        learned.appendLittleEndian(nightHighest)
        learned.appendLittleEndian(max(.zero, awayUntil - (lastAt ?? awayUntil)).milliseconds)
        return learned
    }

    mutating func restore(_ learned: LearnedPiece, _ piece: Int, at now: Instant) {
        var reader = ByteReader(learned.span)
        guard piece == 0, let base = try? reader.littleEndian(Int32.self),
            let highest = try? reader.littleEndian(Int32.self), let awayFor = try? reader.littleEndian(Int64.self),
            reader.isAtEnd, base >= 0, awayFor >= 0, awayFor <= keptLimit
        else { return }
        self.base = base
        nightHighest = max(nightHighest, highest)
        if awayFor > 0 { awayUntil = max(awayUntil, now + .milliseconds(awayFor)) }
    }

    mutating func advance(to now: Instant) { source.advance(to: now) }
    mutating func setClock(_ clock: LocalClock, at now: Instant) { self.clock = clock }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset, .returned:
            silent = .zero
            isAlarm = false
            if command == .returned { awayUntil = .start }
            return .done
        case .away(let until):
            awayUntil = until
            silent = .zero
            isAlarm = false
            return .done
        default: return .unsupported
        }
    }

    var finding: Finding {
        Finding(
            isAlarm && source.isUsable ? .alarm : .normal, cause: .noPowerUse,
            trouble: source.trouble != .none ? source.trouble : clock.isTrusted ? .none : .clockUntrusted,
            value: Int32(clamping: silent.nanoseconds / 60_000_000_000))
    }

    var deadline: Instant { source.deadline }

    func couldFire(at now: Instant) -> Bool { true }
}

extension PowerUseDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&medians)
        state.carry(&clock)
        state.carry(&base, within: 0...Int32.max)
        state.carry(&nightHighest, within: -1...Int32.max)
        state.carry(&silent)
        state.carry(&lastAt)
        state.carry(&awayUntil)
        state.carry(&isAlarm)
    }
}
