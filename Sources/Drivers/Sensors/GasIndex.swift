import FixedMemory

/// Sensirion's gas index: how the air of a room compares with its own recent past. 100 (volatile organic compounds) or 1
/// (nitrogen oxides) is usual, 500 the most.
///
/// The raw signal of an SGP40 or SGP41 is meaningless by itself: it drifts, and differs from sensor to sensor. The index
/// learns mean and spread of the signal over half a day, freezes the learning while an event lasts, maps the deviation
/// through a sigmoid and smooths it. One call a second.
///
/// The arithmetic is the manufacturer's 16.16 fixed point, so the results agree with the published test data to the digit,
/// on every processor. Constants: Sensirion gas index algorithm 3.1.0; its description in "VOC Index for Experts", 2021.
public struct GasIndex: Sendable, BitwiseCopyable {
    public enum Gas: UInt8, Sendable, BitwiseCopyable {
        case volatileOrganicCompounds
        case nitrogenOxides
    }

    /// Calls before the first index: 45 s in which the sensor settles.
    static var blackout: Int32 { 45 }

    private let gas: Gas
    private var uptime: Int32 = 0
    private var signal = Fix16.zero
    private var index = Fix16.zero
    private var estimator: GasSignalEstimator
    private var smoothing = AdaptiveLowPass()

    public init(_ gas: Gas) {
        self.gas = gas
        estimator = GasSignalEstimator(gas)
    }

    /// Takes the raw signal of one second.
    ///
    /// - Parameter raw: the sensor's ticks; 0 and 65,000 and more are no signal and repeat the last one.
    /// - Returns: 1 to 500; 0 during the first 45 s.
    public mutating func process(raw: UInt16) -> Int32 {
        guard uptime > GasIndex.blackout else {
            uptime += 1
            return (index + Fix16(0.5)).wholePart
        }
        if raw > 0, raw < 65_000 {
            let minimum = gas.signalMinimum
            signal = Fix16(whole: min(max(Int32(raw), minimum + 1), minimum + 32_767) - minimum)
        }
        if gas == .volatileOrganicCompounds || estimator.isInitialised {
            index = mapped(deviation)
        } else {
            index = gas.usualIndex
        }
        index = max(smoothing.process(index), Fix16(0.5))
        if signal > .zero { estimator.process(signal, index: index) }
        return (index + Fix16(0.5)).wholePart
    }

    /// How far the signal is from its mean, in units of which 230 stand for its spread.
    private var deviation: Fix16 {
        let distance = signal - estimator.mean
        let gain = Fix16(230)
        switch gas {
        // A reducing gas lowers the signal.
        case .volatileOrganicCompounds: return distance / (-(estimator.spread + Fix16(220))) * gain
        case .nitrogenOxides: return distance / Fix16(2_000) * gain
        }
    }

    /// The sigmoid that turns a deviation into an index of 0 to 500.
    private func mapped(_ deviation: Fix16) -> Fix16 {
        let limit = Fix16(500)
        let (slope, centre) =
            gas == .nitrogenOxides ? (Fix16(-0.0101), Fix16(614)) : (Fix16(-0.0065), Fix16(213))
        let exponent = slope * (deviation - centre)
        if exponent < Fix16(-50) { return limit }
        if exponent > Fix16(50) { return .zero }
        let divisor = Fix16.one + exponent.exponential
        guard deviation >= .zero else {
            let scale = gas == .nitrogenOxides ? gas.usualIndex / .one : gas.usualIndex / Fix16(100)
            return scale * (limit / divisor)
        }
        let shift =
            gas == .nitrogenOxides
            ? Fix16(500.0 / 499.0) * (.one - gas.usualIndex) : (limit - Fix16(5) * gas.usualIndex) / Fix16(4)
        return (limit + shift) / divisor - shift
    }
}

extension GasIndex: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&uptime, within: 0...GasIndex.blackout + 1)
        state.carry(&signal)
        state.carry(&index)
        state.carry(&estimator)
        state.carry(&smoothing)
    }
}

extension GasIndex.Gas {
    fileprivate var signalMinimum: Int32 { self == .nitrogenOxides ? 10_000 : 20_000 }
    fileprivate var usualIndex: Fix16 { self == .nitrogenOxides ? Fix16(1) : Fix16(100) }
    fileprivate var initialMeanTime: Fix16 { self == .nitrogenOxides ? Fix16(1_200) : Fix16(20) }
    fileprivate var initialMeanDuration: Fix16 { self == .nitrogenOxides ? Fix16(17_100) : Fix16(2_700) }
    fileprivate var initialSpreadDuration: Fix16 { self == .nitrogenOxides ? Fix16(20_520) : Fix16(5_220) }
    fileprivate var gatingThreshold: Fix16 { self == .nitrogenOxides ? Fix16(30) : Fix16(340) }
    fileprivate var gatingLimitMinutes: Fix16 { self == .nitrogenOxides ? Fix16(720) : Fix16(180) }
}

/// Learns mean and spread of the raw signal: quickly at first, over twelve hours later, hardly while an event lasts.
private struct GasSignalEstimator: Sendable, BitwiseCopyable {
    let gas: GasIndex.Gas
    private(set) var isInitialised = false
    private(set) var spread = Fix16(50)
    private var offset = Fix16.zero
    private var meanAboveOffset = Fix16.zero
    private var meanRate = Fix16.zero
    private var spreadRate = Fix16.zero
    private var learningTime = Fix16.zero
    private var gatingTime = Fix16.zero
    private var gatedMinutes = Fix16.zero

    init(_ gas: GasIndex.Gas) { self.gas = gas }

    var mean: Fix16 { meanAboveOffset + offset }

    // Rates are kept times 64, that of the mean times 8 more, so that slow ones still have digits.
    private static var scale: Fix16 { Fix16(64) }
    private static var meanScale: Fix16 { Fix16(8) }
    private static var slowMeanRate: Fix16 { Fix16(512.0 / 3_600.0) / (Fix16(12) + Fix16(1.0 / 3_600.0)) }
    private static var slowSpreadRate: Fix16 { Fix16(64.0 / 3_600.0) / (Fix16(12) + Fix16(1.0 / 3_600.0)) }
    private var quickMeanRate: Fix16 { gas == .nitrogenOxides ? Fix16(512.0 / 1_201.0) : Fix16(512.0 / 21.0) }
    private static var quickSpreadRate: Fix16 { Fix16(64.0 / 2_501.0) }

    mutating func process(_ signal: Fix16, index: Fix16) {
        guard isInitialised else {
            isInitialised = true
            offset = signal
            meanAboveOffset = .zero
            return
        }
        if meanAboveOffset >= Fix16(100) || meanAboveOffset <= Fix16(-100) {
            offset = offset + meanAboveOffset
            meanAboveOffset = .zero
        }
        adaptRates(index)
        let delta = (signal - offset - meanAboveOffset) / GasSignalEstimator.scale
        // Keeps the squares below inside 16 integer bits.
        let reach = spread + delta.magnitude
        let ratio = reach / Fix16(1_440)
        let reduction = reach > Fix16(1_440) ? ratio * ratio : .one
        let keep = (reduction * (GasSignalEstimator.scale - spreadRate)).squareRoot
        let old = spread * (spread / (GasSignalEstimator.scale * reduction))
        let new = spreadRate * delta / reduction * delta
        spread = keep * (old + new).squareRoot
        meanAboveOffset = meanAboveOffset + meanRate * delta / GasSignalEstimator.meanScale
    }

    private mutating func adaptRates(_ index: Fix16) {
        let latest = Fix16(32_766)
        if learningTime < latest { learningTime = learningTime + .one }
        if gatingTime < latest { gatingTime = gatingTime + .one }

        let transition = Fix16(0.01)
        let youngMean = GasSignalEstimator.sigmoid(learningTime, gas.initialMeanDuration, transition)
        let youngSpread = GasSignalEstimator.sigmoid(learningTime, gas.initialSpreadDuration, transition)
        let slowMean = GasSignalEstimator.slowMeanRate
        let slowSpread = GasSignalEstimator.slowSpreadRate
        let meanGate = gate(index, gas.initialMeanDuration)
        let spreadGate = gate(index, gas.initialSpreadDuration)
        meanRate = meanGate * (slowMean + (quickMeanRate - slowMean) * youngMean)
        spreadRate =
            spreadGate * (slowSpread + (GasSignalEstimator.quickSpreadRate - slowSpread) * (youngSpread - youngMean))

        // An event that lasts too long is the new normal.
        let gated = (Fix16.one - meanGate) * Fix16(1.3) - Fix16(0.3)
        gatedMinutes = max(gatedMinutes + Fix16(1.0 / 60.0) * gated, .zero)
        if gatedMinutes > gas.gatingLimitMinutes { gatingTime = .zero }
    }

    /// 1 while the index is usual, falling to 0 beyond the threshold, which is lenient at first.
    private func gate(_ index: Fix16, _ duration: Fix16) -> Fix16 {
        let leniency = GasSignalEstimator.sigmoid(gatingTime, duration, Fix16(0.01))
        let threshold = gas.gatingThreshold + (Fix16(510) - gas.gatingThreshold) * leniency
        return GasSignalEstimator.sigmoid(index, threshold, Fix16(0.09))
    }

    private static func sigmoid(_ value: Fix16, _ centre: Fix16, _ slope: Fix16) -> Fix16 {
        let exponent = slope * (value - centre)
        if exponent < Fix16(-50) { return .one }
        if exponent > Fix16(50) { return .zero }
        return .one / (.one + exponent.exponential)
    }
}

extension GasSignalEstimator: Carried {
    fileprivate mutating func carry(_ state: inout StateCarrier) {
        state.carry(&isInitialised)
        state.carry(&spread)
        state.carry(&offset)
        state.carry(&meanAboveOffset)
        state.carry(&meanRate)
        state.carry(&spreadRate)
        state.carry(&learningTime)
        state.carry(&gatingTime)
        state.carry(&gatedMinutes)
    }
}

/// A low pass that is slow (500 s) while the value rests and quick (20 s) when it moves.
private struct AdaptiveLowPass: Sendable, BitwiseCopyable {
    private var isInitialised = false
    private var quick = Fix16.zero
    private var slow = Fix16.zero
    private var output = Fix16.zero

    mutating func process(_ sample: Fix16) -> Fix16 {
        if !isInitialised {
            isInitialised = true
            quick = sample
            slow = sample
            output = sample
        }
        let quickShare = Fix16(1.0 / 21.0)
        let slowShare = Fix16(1.0 / 501.0)
        quick = (.one - quickShare) * quick + quickShare * sample
        slow = (.one - slowShare) * slow + slowShare * sample
        let rest = (Fix16(-0.2) * (quick - slow).magnitude).exponential
        let share = Fix16.one / (.one + (Fix16(480) * rest + Fix16(20)))
        output = (.one - share) * output + share * sample
        return output
    }
}

extension AdaptiveLowPass: Carried {
    fileprivate mutating func carry(_ state: inout StateCarrier) {
        state.carry(&isInitialised)
        state.carry(&quick)
        state.carry(&slow)
        state.carry(&output)
    }
}

/// 16 integer and 16 fraction bits, as the gas index wants them: products and quotients to the nearest, sums that wrap, and
/// the least value as the mark of an overflow.
struct Fix16: Comparable, Sendable, BitwiseCopyable {
    var raw: Int32

    init(raw: Int32) { self.raw = raw }
    init(whole: Int32) { raw = whole << 16 }
    /// The nearest value to a constant.
    init(_ constant: Double) { raw = Int32(constant >= 0 ? constant * 65_536 + 0.5 : constant * 65_536 - 0.5) }

    static var zero: Fix16 { Fix16(raw: 0) }
    static var one: Fix16 { Fix16(raw: 65_536) }
    private static var overflow: Fix16 { Fix16(raw: .min) }

    /// Rounded down.
    var wholePart: Int32 { raw >> 16 }
    var magnitude: Fix16 { raw < 0 ? -self : self }

    static func < (left: Fix16, right: Fix16) -> Bool { left.raw < right.raw }
    static func + (left: Fix16, right: Fix16) -> Fix16 { Fix16(raw: left.raw &+ right.raw) }
    static func - (left: Fix16, right: Fix16) -> Fix16 { Fix16(raw: left.raw &- right.raw) }
    static prefix func - (value: Fix16) -> Fix16 { Fix16(raw: 0 &- value.raw) }

    private static func signed(_ magnitude: UInt64, isNegative: Bool) -> Fix16 {
        guard magnitude <= UInt64(Int32.max) else { return overflow }
        return Fix16(raw: isNegative ? -Int32(magnitude) : Int32(magnitude))
    }

    static func * (left: Fix16, right: Fix16) -> Fix16 {
        let product = UInt64(left.raw.magnitude) * UInt64(right.raw.magnitude)
        return signed((product + 0x8000) >> 16, isNegative: (left.raw < 0) != (right.raw < 0))
    }

    static func / (left: Fix16, right: Fix16) -> Fix16 {
        guard right.raw != 0 else { return overflow }
        let dividend = UInt64(left.raw.magnitude) << 16
        let divisor = UInt64(right.raw.magnitude)
        let quotient = dividend / divisor
        let roundsUp = (dividend % divisor) * 2 >= divisor
        return signed(quotient + (roundsUp ? 1 : 0), isNegative: (left.raw < 0) != (right.raw < 0))
    }

    /// To the nearest. Zero for a negative value.
    var squareRoot: Fix16 {
        guard raw > 0 else { return .zero }
        let radicand = UInt64(raw) << 16
        var root: UInt64 = 0
        var bit: UInt64 = 1 << 46
        var rest = radicand
        while bit > 0 {
            if rest >= root + bit {
                rest -= root + bit
                root = (root >> 1) + bit
            } else {
                root >>= 1
            }
            bit >>= 2
        }
        return Fix16(raw: Int32(rest > root ? root + 1 : root))
    }

    /// e to this power, from the factors for 1, 1/8, 1/64 and 1/512; exact to some 1/500, as the published results expect.
    var exponential: Fix16 {
        if self >= Fix16(10.3972) { return Fix16(raw: .max) }
        if self <= Fix16(-11.7835) { return .zero }
        let isNegative = raw < 0
        var rest = magnitude.raw
        var result = Fix16.one
        var step: Int32 = 65_536
        for place in 0..<4 {
            let factor = isNegative ? Fix16.falling(place) : Fix16.rising(place)
            while rest >= step {
                result = result * factor
                rest -= step
            }
            step >>= 3
        }
        return result
    }

    private static func rising(_ place: Int) -> Fix16 {
        switch place {
        case 0: Fix16(2.7182818)
        case 1: Fix16(1.1331485)
        case 2: Fix16(1.0157477)
        default: Fix16(1.0019550)
        }
    }

    private static func falling(_ place: Int) -> Fix16 {
        switch place {
        case 0: Fix16(0.3678794)
        case 1: Fix16(0.8824969)
        case 2: Fix16(0.9844964)
        default: Fix16(0.9980488)
        }
    }
}

extension Fix16: Carried {
    mutating func carry(_ state: inout StateCarrier) { state.carry(&raw) }
}
