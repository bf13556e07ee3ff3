import FixedMemory
import HardwareInterface

/// Fires at a fixed temperature of an EN 54-5 class, and where its suffix is R at a fast rise too.
///
/// The fixed limit lies 4 K above the class's minimum static response temperature. From the class's typical application
/// temperature, which is 29 K below that minimum, it is then 33 K: reached within the class's response times at every
/// rate of rise from 1 to 30 K/min. The rise of suffix R is 15 K (class A1) or 24 K (others) at 8 K/min or more, which
/// lies inside the response times at 10, 20 and 30 K/min and leaves slower rises to the fixed limit.
///
/// Static response temperatures are from maker's tables of EN 54-5; the response times are from memory of the standard
/// and are marked so on the detector's page.
public struct HeatDetector: DetectorLogic {
    /// EN 54-5 classes by their response temperatures.
    public enum ResponseClass: UInt8, Sendable, BitwiseCopyable {
        case a1 = 0
        case a2 = 1
        case b = 2
        case c = 3
        case d = 4
        case e = 5
        case f = 6
        case g = 7

        /// Below this a detector of suffix S never responds, thousandths of a degree Celsius.
        public var minimumStaticResponse: Int32 {
            switch self {
            case .a1, .a2: 54_000
            case .b: 69_000
            case .c: 84_000
            case .d: 99_000
            case .e: 114_000
            case .f: 129_000
            case .g: 144_000
            }
        }

        public var maximumStaticResponse: Int32 {
            switch self {
            case .a1: 65_000
            case .a2: 70_000
            case .b: 85_000
            case .c: 100_000
            case .d: 115_000
            case .e: 130_000
            case .f: 145_000
            case .g: 160_000
            }
        }

        /// The rise that suffix R responds to, thousandths of a kelvin.
        var rise: Int32 { self == .a1 ? 15_000 : 24_000 }
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        /// Thousandths of a degree Celsius.
        public var source: PointIndex
        public var responseClass: ResponseClass
        /// Suffix R. Without it the detector behaves as suffix S: never below the minimum static response temperature.
        public var respondsToRise: Bool
        /// A pre-alarm 2 K below the minimum static response temperature, which is 2 K above the class's maximum
        /// application temperature.
        public var hasPreAlarm: Bool
        public var maximumAge: Interval
        public var range: ValueRange

        public init(
            source: PointIndex, responseClass: ResponseClass = .a2, respondsToRise: Bool = true,
            hasPreAlarm: Bool = true, maximumAge: Interval = .seconds(30),
            range: ValueRange = ValueRange(-40_000...170_000)
        ) {
            self.source = source
            self.responseClass = responseClass
            self.respondsToRise = respondsToRise
            self.hasPreAlarm = hasPreAlarm
            self.maximumAge = maximumAge
            self.range = range
        }

        public var sources: Sources { Sources(source) }
    }

    /// Rises slower than this are left to the fixed limit, thousandths of a kelvin a minute.
    static let rate: Int64 = 8_000
    static let hysteresis: Int32 = 3_000

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var medians = MedianOfThree()
    private var history = TemperatureHistory()
    private var level: Condition = .normal
    private var cause: AlarmCause = .fixedTemperature
    private var temperature: Int32 = 0

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge, range: configuration.range)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else {
            // Neither a rise nor a median reaches over a gap.
            history.clear()
            medians = MedianOfThree()
            return
        }
        temperature = medians.add(reading.value)
        history.add(temperature, at: now)
        let minimum = configuration.responseClass.minimumStaticResponse
        let slack = level == .alarm ? HeatDetector.hysteresis : 0
        if temperature >= minimum + 4_000 - slack {
            level = .alarm
            cause = .fixedTemperature
        } else if configuration.respondsToRise && isRisingFast(at: now) {
            level = .alarm
            cause = .rateOfRise
        } else if configuration.hasPreAlarm && temperature >= minimum - 2_000 - (level >= .preAlarm ? 2_000 : 0) {
            level = .preAlarm
            cause = .fixedTemperature
        } else {
            level = .normal
        }
    }

    private func isRisingFast(at now: Instant) -> Bool {
        history.hasRisen(
            to: temperature, by: configuration.responseClass.rise, ratePerMinute: HeatDetector.rate, at: now)
    }

    package var innerSignals: InnerSignals {
        var signals = InnerSignals()
        signals.append(
            "filtered temperature / m°C", temperature, limit: configuration.responseClass.minimumStaticResponse + 4_000)
        signals.append(
            "above the lowest of four minutes / mK",
            Int32(clamping: Int64(temperature) - Int64(history.lowest ?? temperature)),
            limit: configuration.respondsToRise ? configuration.responseClass.rise : nil)
        return signals
    }

    mutating func advance(to now: Instant) { source.advance(to: now) }

    var finding: Finding {
        Finding(source.isUsable ? level : .normal, cause: cause, trouble: source.trouble, value: temperature)
    }

    var deadline: Instant { source.deadline }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        for _ in 0..<3 {
            copy.receive(Reading(value: configuration.range.highest, quality: .good, at: now), channel: 0, at: now)
        }
        return copy.level == .alarm
    }
}

extension HeatDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&medians)
        state.carry(&history)
        state.carry(&level)
        state.carry(&cause)
        state.carry(&temperature)
    }
}

/// Temperatures of the last minutes, one every ten seconds.
struct TemperatureHistory: BitwiseCopyable {
    private static let step: Interval = .seconds(10)
    private static let length = 24
    private var values = InlineArray<24, Int32>(repeating: 0)
    private var times = InlineArray<24, Instant>(repeating: .start)
    private var count = 0
    private var newest = 0

    mutating func add(_ value: Int32, at now: Instant) {
        guard count == 0 || now >= times[newest] + TemperatureHistory.step else { return }
        newest = (newest + 1) % TemperatureHistory.length
        values[newest] = value
        times[newest] = now
        count = min(count + 1, TemperatureHistory.length)
    }

    mutating func clear() { count = 0 }

    /// Whether the value has risen by `rise` since some moment within four minutes, at this mean rate or faster.
    func hasRisen(to value: Int32, by rise: Int32, ratePerMinute: Int64, at now: Instant) -> Bool {
        for back in 0..<count {
            let place = (newest - back + TemperatureHistory.length) % TemperatureHistory.length
            let risen = Int64(value) - Int64(values[place])
            let milliseconds = (now - times[place]).milliseconds
            if risen >= Int64(rise) && risen * 60_000 >= ratePerMinute * milliseconds { return true }
        }
        return false
    }

    /// The lowest value kept; `nil` if there is none.
    var lowest: Int32? {
        guard count > 0 else { return nil }
        var result = values[newest]
        for back in 0..<count {
            result = min(result, values[(newest - back + TemperatureHistory.length) % TemperatureHistory.length])
        }
        return result
    }
}

extension TemperatureHistory: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&values)
        state.carry(&times)
        state.carry(&count, within: 0...TemperatureHistory.length)
        state.carry(&newest, within: 0...(TemperatureHistory.length - 1))
    }
}
