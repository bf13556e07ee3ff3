import FixedMemory
import HardwareInterface

/// Fires by the exposure to carbon monoxide that EN 50291-1 sets, not by the momentary value.
///
/// | concentration | EN 50291-1 | alarm here |
/// | --- | --- | --- |
/// | 30 ppm (up to 36) | not before 120 min | after 240 min or later |
/// | 50 ppm (50 to 60) | between 60 and 90 min | 85 to 65 min |
/// | 100 ppm (100 to 120) | between 10 and 40 min | 30 to 20 min |
/// | 300 ppm (from 270) | within 3 min | 2.9 min or less |
///
/// Each concentration fills an account at its own speed, straight lines between the rows; full is alarm, half is
/// pre-alarm. Below 20 ppm the account empties in two hours: carboxyhaemoglobin leaves the blood slowly, so that two
/// exposures soon after one another count together. The wider ranges leave room for a sensor that is 10 % off and for the
/// standard's own tolerance of the test gas.
public struct CarbonMonoxideDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// Parts per million.
        public var source: PointIndex
        public var maximumAge: Interval
        /// Above the upper end the sensor is saturated: that counts as exposure at that end, and as a trouble.
        public var range: ValueRange
        /// Local day (since 1970-01-01) from which the sensor must be replaced; 0 for none.
        public var replaceFromDay: Int32

        public init(
            source: PointIndex, maximumAge: Interval = .seconds(60), range: ValueRange = ValueRange(-20...1_000),
            replaceFromDay: Int32 = 0
        ) {
            self.source = source
            self.maximumAge = maximumAge
            self.range = range
            self.replaceFromDay = replaceFromDay
        }

        public var sources: Sources { Sources(source) }
    }

    /// A full account. Fine enough that the slowest filling loses less than 0.1 % to rounding at each microsecond.
    static let full: Int64 = 1_000_000_000_000_000
    /// Concentration (ppm) and seconds that it takes to fill the account; between them the speeds are interpolated.
    static let rows: InlineArray<8, (ppm: Int32, seconds: Int64)> = [
        (36, 14_400), (50, 5_100), (60, 3_900), (100, 1_800), (120, 1_200), (300, 150), (600, 60), (1_000, 30),
    ]
    /// Up to here nothing is filled.
    static let harmless: Int32 = 27
    /// Up to here the account empties.
    static let fresh: Int32 = 20
    static let emptyingSeconds: Int64 = 7_200

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var account: Int64 = 0
    private var lastReadingAt: Instant?
    private var concentration: Int32 = 0
    private var isSaturated = false
    private var level: Condition = .normal
    private var isOverdue = false
    private var clock = LocalClock.unset

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(
            maximumAge: configuration.maximumAge,
            range: ValueRange(configuration.range.lowest...Int32.max))
    }

    /// How much of the exposure that makes an alarm has been gathered, per mille.
    public var exposure: Int32 { Int32(truncatingIfNeeded: account / (CarbonMonoxideDetector.full / 1_000)) }

    package var innerSignals: InnerSignals {
        var signals = InnerSignals()
        signals.append("concentration / ppm", concentration)
        signals.append("gathered exposure / thousandths", exposure, limit: 1_000)
        return signals
    }

    /// Account units a microsecond at this concentration; negative while it empties.
    static func speed(at ppm: Int32) -> Int64 {
        if ppm <= fresh { return -full / (emptyingSeconds * 1_000_000) }
        if ppm <= harmless { return 0 }
        var lower = (ppm: harmless, speed: Int64(0))
        for index in 0..<rows.count {
            let upper = (ppm: rows[index].ppm, speed: full / (rows[index].seconds * 1_000_000))
            if ppm <= upper.ppm {
                return lower.speed
                    + (upper.speed - lower.speed) * Int64(ppm - lower.ppm) / Int64(upper.ppm - lower.ppm)
            }
            lower = upper
        }
        return lower.speed
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading, withExcessAbove: CarbonMonoxideDetector.harmless) else {
            // What was in the air when the sensor failed is not known to be gone: the account stays as it is.
            lastReadingAt = nil
            return
        }
        isSaturated =
            reading.value > configuration.range.highest || reading.isExcess(above: CarbonMonoxideDetector.harmless)
        let present = min(reading.value, configuration.range.highest)
        if let last = lastReadingAt {
            let elapsed = min(max(.zero, now - last), configuration.maximumAge)
            // The value before counts until this one: never the higher of the two for a time in which it was not there.
            let speed = CarbonMonoxideDetector.speed(at: concentration)
            account += speed * (elapsed.nanoseconds / 1_000)
            account = min(max(account, 0), CarbonMonoxideDetector.full)
        }
        lastReadingAt = now
        concentration = present
        judge()
    }

    private mutating func judge() {
        let isPresent = concentration > CarbonMonoxideDetector.harmless
        if account >= CarbonMonoxideDetector.full || level == .alarm && isPresent {
            level = .alarm
        } else if account >= CarbonMonoxideDetector.full / 2 {
            level = .preAlarm
        } else {
            level = .normal
        }
    }

    /// The exposure, in 64ths of what makes an alarm: a person does not breathe it out because the power went.
    func learned(_ piece: Int) -> LearnedPiece? {
        guard piece == 0 else { return nil }
        var learned = LearnedPiece()
        learned.append(UInt8(account / (CarbonMonoxideDetector.full / 64)))
        return learned
    }

    mutating func restore(_ learned: LearnedPiece, _ piece: Int) {
        guard piece == 0, learned.count == 1 else { return }
        account = max(account, Int64(min(learned[0], 64)) * (CarbonMonoxideDetector.full / 64))
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        checkAge(at: now)
    }

    mutating func setClock(_ clock: LocalClock, at now: Instant) {
        self.clock = clock
        checkAge(at: now)
    }

    private mutating func checkAge(at now: Instant) {
        guard configuration.replaceFromDay > 0, clock.isTrusted else { return }
        isOverdue = clock.day(at: now) >= configuration.replaceFromDay
    }

    var finding: Finding {
        Finding(
            source.isUsable ? level : .normal, cause: .exposure,
            trouble: source.trouble != .none
                ? source.trouble : isSaturated ? .outOfRange : isOverdue ? .maintenanceDue : .none,
            value: concentration)
    }

    var deadline: Instant { source.deadline }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        var time = now
        // Enough readings at the upper end for the account to fill from empty at its speed.
        for _ in 0..<64 {
            copy.receive(Reading(value: configuration.range.highest, quality: .good, at: time), channel: 0, at: time)
            time = time + configuration.maximumAge
        }
        return copy.level == .alarm
    }
}

extension CarbonMonoxideDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&account, within: 0...CarbonMonoxideDetector.full)
        state.carry(&lastReadingAt)
        state.carry(&concentration)
        state.carry(&isSaturated)
        state.carry(&level)
        state.carry(&isOverdue)
        state.carry(&clock)
    }
}
