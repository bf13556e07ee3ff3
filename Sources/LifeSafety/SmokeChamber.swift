import FixedMemory
import HardwareInterface

/// From a smoke chamber's signal to light obscuration: clean-air value, slope, spike filter, drift compensation.
///
/// - A **median of three** readings, which a single wild reading cannot pass.
/// - **Drift compensation**: the clean-air value follows the signal, slowly and to a limit. It moves at most 1/96 of the
///   alarm threshold an hour. EN 54-7 (clause 4.8 with its annex) allows an alarm to come later than 1.6 A/R + 100 s for
///   no rise R of A/4 an hour or more, A being the threshold; a tracker of speed s delays it to A/(R − s), so that
///   s up to 0.375 R would do. At 0.6 A the tracker stops and the chamber counts as contaminated, so the compensated
///   threshold never exceeds 1.6 A.
struct SmokeChamber: BitwiseCopyable {
    /// The clean-air value may move by the alarm threshold in this many hours.
    static let hoursPerThresholdOfDrift: Int64 = 96

    private let cleanAir: Int32
    private let unitsPerDecibelPerMetre: Int32
    private let alarmThreshold: Int32
    private let longestStep: Interval
    private var medians = MedianOfThree()
    /// Obscuration that counts as clean air, millionths of dB/m, so that the slow tracker loses nothing to rounding.
    private var driftMicro: Int64 = 0
    private var untrackedMicroseconds: Int64 = 0
    private var lastReadingAt: Instant?
    private var isRelearning = false
    /// Compensated obscuration, mdB/m.
    private(set) var obscuration: Int32 = 0
    /// Time from the reading before to the last one; zero for the first after a gap.
    private(set) var elapsed: Interval = .zero

    /// - Parameters:
    ///   - cleanAir: the point's value in clean air when the chamber is new.
    ///   - unitsPerDecibelPerMetre: point units for each dB/m; not 0, negative if smoke lowers the signal.
    ///   - alarmThreshold: mdB/m.
    ///   - longestStep: a longer time between readings counts as this.
    init(cleanAir: Int32, unitsPerDecibelPerMetre: Int32, alarmThreshold: Int32, longestStep: Interval) {
        precondition(unitsPerDecibelPerMetre != 0, "a chamber without slope measures nothing")
        self.cleanAir = cleanAir
        self.unitsPerDecibelPerMetre = unitsPerDecibelPerMetre
        self.alarmThreshold = alarmThreshold
        self.longestStep = longestStep
    }

    /// Clean air as tracked, mdB/m above that of the new chamber.
    var drift: Int32 { Int32(truncatingIfNeeded: driftMicro / 1_000) }
    /// Where drift compensation ends, mdB/m: 0.6 of the alarm threshold.
    var driftLimit: Int32 { alarmThreshold * 3 / 5 }
    /// Drift compensation is at its end, either way.
    var isContaminated: Bool { abs(driftMicro) >= Int64(driftLimit) * 1_000 }
    /// Whether the last obscuration is the median of three readings.
    var isFiltered: Bool { medians.isComplete }

    /// - Parameter isTracking: whether clean air may move; not during an alarm.
    mutating func measure(_ value: Int32, isTracking: Bool, at now: Instant) {
        let sinceClean = Int64(value) - Int64(cleanAir)
        let raw = Int64(medians.add(Int32(clamping: sinceClean * 1_000_000 / Int64(unitsPerDecibelPerMetre))))
        elapsed = lastReadingAt.map { min(max(.zero, now - $0), longestStep) } ?? .zero
        lastReadingAt = now
        if isRelearning {
            driftMicro = raw
            isRelearning = false
        }
        if isTracking { track(raw) }
        obscuration = Int32(clamping: (raw - driftMicro) / 1_000)
    }

    /// Moves the clean-air value towards the signal, no faster and no further than allowed.
    private mutating func track(_ rawMicro: Int64) {
        let threshold = Int64(alarmThreshold) * 1_000
        let microsecondsPerThreshold = SmokeChamber.hoursPerThresholdOfDrift * 3_600_000_000
        untrackedMicroseconds += elapsed.nanoseconds / 1_000
        let step = threshold * untrackedMicroseconds / microsecondsPerThreshold
        // What is too short for a step of one millionth waits for the next reading.
        guard step > 0 else { return }
        untrackedMicroseconds -= step * microsecondsPerThreshold / threshold
        let limit = Int64(driftLimit) * 1_000
        let target = min(max(rawMicro, -limit), limit)
        driftMicro += min(max(target - driftMicro, -step), step)
    }

    /// The next reading begins anew, after a gap.
    mutating func interrupt() {
        lastReadingAt = nil
        medians = MedianOfThree()
    }

    /// Drift to be kept over a restart: millionths of dB/m, in steps too small to matter and too large to be written again
    /// and again.
    var learned: LearnedPiece {
        var piece = LearnedPiece()
        piece.appendLittleEndian(driftMicro / SmokeChamber.keptStep * SmokeChamber.keptStep)
        return piece
    }
    private static let keptStep: Int64 = 500

    /// Takes up the drift of an earlier run, as far as compensation may go.
    mutating func restore(_ learned: LearnedPiece) {
        var reader = ByteReader(learned.span)
        guard let drift = try? reader.littleEndian(Int64.self), reader.isAtEnd else { return }
        let limit = Int64(driftLimit) * 1_000
        driftMicro = min(max(drift, -limit), limit)
    }

    /// The chamber was cleaned: the next reading is clean air.
    mutating func relearn() {
        isRelearning = true
        driftMicro = 0
    }
}

extension SmokeChamber: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&medians)
        state.carry(&driftMicro, within: Int64(Int32.min)...Int64(Int32.max))
        state.carry(&untrackedMicroseconds, within: 0...(1 << 40))
        state.carry(&lastReadingAt)
        state.carry(&isRelearning)
        state.carry(&obscuration)
        state.carry(&elapsed)
    }
}

/// The middle one of the last three values; the value itself until there are three.
struct MedianOfThree: BitwiseCopyable {
    private var first: Int32 = 0
    private var second: Int32 = 0
    private var count: UInt8 = 0

    /// Whether the last median was one of three values.
    private(set) var isComplete = false

    /// - Returns: the median of this value and the two before.
    mutating func add(_ value: Int32) -> Int32 {
        defer {
            first = second
            second = value
            if count < 2 { count += 1 }
        }
        guard count == 2 else { return value }
        isComplete = true
        return max(min(first, second), min(max(first, second), value))
    }
}

extension MedianOfThree: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&first)
        state.carry(&second)
        state.carry(&count, within: 0...2)
        state.carry(&isComplete)
    }
}

/// Time for which something held from one reading to the next, counted back while it does not.
struct VerificationTimer: BitwiseCopyable {
    private(set) var gathered: Interval = .zero
    private var held = false

    mutating func add(_ holds: Bool, elapsed: Interval, limit: Interval) {
        if holds && held { gathered = min(limit, gathered + elapsed) }
        if !holds { gathered = max(.zero, gathered - elapsed) }
        held = holds
    }

    func isFull(_ limit: Interval) -> Bool { gathered >= limit }
}

extension VerificationTimer: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&gathered.nanoseconds, within: 0...Int64.max)
        state.carry(&held)
    }
}
