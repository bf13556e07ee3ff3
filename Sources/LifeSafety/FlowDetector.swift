import FixedMemory
import HardwareInterface

/// Watches a water meter's pulses for three kinds of loss: a burst, a trickle that never ends, and use when there
/// should be none.
///
/// - **Burst**: more than so many litres within a window.
/// - **Continuous**: for a day there was no gap without a pulse that was as long as a quiet house always has.
/// - **Night and away**: more than so many litres within the nightly period, or since the residents left.
public struct FlowDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// A counter of pulses that goes up; it may start anew.
        public var source: PointIndex
        /// 1 or more.
        public var pulsesPerLitre: Int32
        /// Litres within `burstWindow`; 0 for no such rule.
        public var burstLitres: Int32
        public var burstWindow: Interval
        /// A gap without pulses that every day has at least once.
        public var quietGap: Interval
        /// Without such a gap for so long the flow is continuous; `endless` for no such rule.
        public var continuousAfter: Interval
        /// Litres within one night; 0 for no such rule.
        public var nightLitres: Int32
        public var night: DailyPeriod
        /// Litres while away; 0 for no such rule.
        public var awayLitres: Int32
        public var maximumAge: Interval

        public init(
            source: PointIndex, pulsesPerLitre: Int32 = 1, burstLitres: Int32 = 100,
            burstWindow: Interval = .minutes(5), quietGap: Interval = .minutes(60),
            continuousAfter: Interval = .hours(24), nightLitres: Int32 = 0,
            night: DailyPeriod = DailyPeriod(fromSecond: 3_600, toSecond: 18_000), awayLitres: Int32 = 3,
            maximumAge: Interval = .minutes(10)
        ) {
            precondition(pulsesPerLitre > 0, "a meter without pulses measures nothing")
            self.source = source
            self.pulsesPerLitre = pulsesPerLitre
            self.burstLitres = burstLitres
            self.burstWindow = burstWindow
            self.quietGap = quietGap
            self.continuousAfter = continuousAfter
            self.nightLitres = nightLitres
            self.night = night
            self.awayLitres = awayLitres
            self.maximumAge = maximumAge
        }

        public var sources: Sources { Sources(source) }
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var previous: Int32?
    private var window: PulseWindow
    private var lastPulseAt: Instant?
    /// End of the last quiet gap, or when watching began.
    private var busySince: Instant = .start
    private var nightPulses: Int64 = 0
    private var nightDay: Int32 = -1
    private var awayUntil: Instant = .start
    private var awayPulses: Int64 = 0
    private var clock = LocalClock.unset
    private var now: Instant = .start
    /// Rules that fired; they stay until reset, because a shut valve ends the flow that proves them.
    private var held: AlarmCause = .none
    private var litres: Int32 = 0

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge)
        window = PulseWindow(length: configuration.burstWindow)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        self.now = now
        guard source.receive(reading) else { return }
        defer { previous = reading.value }
        guard let previous else {
            if lastPulseAt == nil { busySince = now }
            return
        }
        // A counter that went back was replaced or started anew.
        let pulses = max(0, Int64(reading.value) - Int64(previous))
        if pulses > 0 { take(pulses) }
        judge()
    }

    private mutating func take(_ pulses: Int64) {
        let quietSince = lastPulseAt ?? busySince
        if now >= quietSince + configuration.quietGap { busySince = now }
        lastPulseAt = now
        window.add(pulses, at: now)
        if isNight {
            let day = clock.day(at: now)
            if day != nightDay
                && !(configuration.night.fromSecond > configuration.night.toSecond && day == nightDay + 1)
            {
                nightDay = day
                nightPulses = 0
            }
            nightPulses += pulses
        }
        if now < awayUntil { awayPulses += pulses }
    }

    private var isNight: Bool {
        configuration.nightLitres > 0 && clock.isTrusted && configuration.night.contains(clock.secondOfDay(at: now))
    }

    private func whole(_ litres: Int32) -> Int64 { Int64(litres) * Int64(configuration.pulsesPerLitre) }

    private mutating func judge() {
        guard held == .none else { return }
        let burst = window.sum(at: now)
        if configuration.burstLitres > 0 && burst >= whole(configuration.burstLitres) {
            held = .burst
            litres = Int32(clamping: burst / Int64(configuration.pulsesPerLitre))
        } else if configuration.awayLitres > 0 && awayPulses >= whole(configuration.awayLitres) {
            held = .continuousFlow
            litres = Int32(clamping: awayPulses / Int64(configuration.pulsesPerLitre))
        } else if configuration.nightLitres > 0 && nightPulses >= whole(configuration.nightLitres) {
            held = .flowAtNight
            litres = Int32(clamping: nightPulses / Int64(configuration.pulsesPerLitre))
        } else if let last = lastPulseAt, now < last + configuration.quietGap,
            now >= busySince + configuration.continuousAfter
        {
            held = .continuousFlow
            litres = 0
        }
    }

    /// How long water has been running without a pause, and what ran at night and while nobody was expected.
    func learned(_ piece: Int) -> LearnedPiece? {
        guard piece == 0 else { return nil }
        var learned = LearnedPiece()
        let isRunning = lastPulseAt.map { now < $0 + configuration.quietGap } ?? false
        learned.appendLittleEndian(isRunning ? (now - busySince).milliseconds : -1)
        learned.appendLittleEndian(nightPulses)
        learned.appendLittleEndian(nightDay)
        learned.appendLittleEndian(max(.zero, awayUntil - now).milliseconds)
        learned.appendLittleEndian(awayPulses)
        return learned
    }

    /// Takes up what an earlier run had counted. Whether water ran while the board was off nobody knows: it counts as
    /// running, since a pause that is seen ends it at once.
    mutating func restore(_ learned: LearnedPiece, _ piece: Int, at now: Instant) {
        var reader = ByteReader(learned.span)
        guard piece == 0, let running = try? reader.littleEndian(Int64.self),
            let night = try? reader.littleEndian(Int64.self), let day = try? reader.littleEndian(Int32.self),
            let awayFor = try? reader.littleEndian(Int64.self), let away = try? reader.littleEndian(Int64.self),
            reader.isAtEnd, night >= 0, away >= 0, awayFor >= 0, awayFor <= keptLimit, running <= keptLimit
        else { return }
        if running >= 0 {
            busySince = Instant(nanoseconds: now.nanoseconds - running * 1_000_000)
            lastPulseAt = now
        }
        if nightDay < 0 || nightDay == day {
            nightDay = day
            nightPulses += night
        }
        if awayFor > 0 {
            awayUntil = max(awayUntil, now + .milliseconds(awayFor))
            awayPulses += away
        }
    }

    mutating func advance(to now: Instant) {
        self.now = now
        source.advance(to: now)
        if source.isUsable { judge() }
    }

    mutating func setClock(_ clock: LocalClock, at now: Instant) { self.clock = clock }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset:
            held = .none
            window.clear()
            busySince = now
            nightPulses = 0
            awayPulses = 0
            return .done
        case .away(let until):
            awayUntil = until
            awayPulses = 0
            return .done
        case .returned:
            awayUntil = .start
            awayPulses = 0
            return .done
        default: return .unsupported
        }
    }

    private var trouble: TroubleReason {
        if source.trouble != .none { return source.trouble }
        return configuration.nightLitres > 0 && !clock.isTrusted ? .clockUntrusted : .none
    }

    var finding: Finding {
        Finding(held == .none ? .normal : .alarm, cause: held, trouble: trouble, value: litres)
    }

    var deadline: Instant { source.deadline }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        copy.held = .none
        copy.receive(Reading(value: 0, quality: .good, at: now), channel: 0, at: now)
        copy.receive(Reading(value: .max, quality: .good, at: now), channel: 0, at: now)
        return copy.held != .none || configuration.burstLitres == 0
    }
}

extension FlowDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&previous)
        state.carry(&window)
        state.carry(&lastPulseAt)
        state.carry(&busySince)
        state.carry(&nightPulses, within: 0...(1 << 60))
        state.carry(&nightDay, within: Int32.min...(Int32.max - 1))
        state.carry(&awayUntil)
        state.carry(&awayPulses, within: 0...(1 << 60))
        state.carry(&clock)
        state.carry(&now)
        state.carry(&held)
        state.carry(&litres)
    }
}

/// Pulses of a sliding window, in sixteen parts.
struct PulseWindow: BitwiseCopyable {
    private let part: Interval
    private var counts = InlineArray<16, Int64>(repeating: 0)
    private var newest: Int64 = -1

    init(length: Interval) { part = Interval(nanoseconds: max(1, length.nanoseconds / 16)) }

    private mutating func move(to now: Instant) {
        let number = now.nanoseconds / part.nanoseconds
        if newest < 0 || number - newest >= 16 {
            clear()
            newest = number
        }
        while newest < number {
            newest += 1
            counts[Int(newest % 16)] = 0
        }
    }

    mutating func add(_ pulses: Int64, at now: Instant) {
        move(to: now)
        counts[Int(newest % 16)] += pulses
    }

    mutating func sum(at now: Instant) -> Int64 {
        move(to: now)
        var sum: Int64 = 0
        for place in 0..<16 { sum += counts[place] }
        return sum
    }

    mutating func clear() {
        newest = -1
        for place in 0..<16 { counts[place] = 0 }
    }
}

extension PulseWindow: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        for place in 0..<16 { state.carry(&counts[place], within: 0...(1 << 56)) }
        state.carry(&newest, within: -1...Int64.max)
    }
}
