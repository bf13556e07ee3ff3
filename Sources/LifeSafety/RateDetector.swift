import FixedMemory
import HardwareInterface

/// Fires when a value changes by too much within a window: a tank that empties, a room that cools, a voltage that sags.
///
/// The present value is compared with the lowest or highest one of the window, which is kept in sixteen parts; the
/// window is therefore exact to a sixteenth of its length.
public struct RateDetector: DetectorLogic {
    public enum Direction: UInt8, Sendable, BitwiseCopyable {
        case rising = 0
        case falling = 1
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        public var source: PointIndex
        public var direction: Direction
        /// Change that makes an alarm, in the point's unit; positive.
        public var alarmChange: Int32
        /// `nil` for no pre-alarm.
        public var preAlarmChange: Int32?
        public var window: Interval
        public var offDelay: Interval
        public var maximumAge: Interval
        public var range: ValueRange

        public init(
            source: PointIndex, direction: Direction, alarmChange: Int32, preAlarmChange: Int32? = nil,
            window: Interval, offDelay: Interval = .zero, maximumAge: Interval = .seconds(60), range: ValueRange = .any
        ) {
            self.source = source
            self.direction = direction
            self.alarmChange = alarmChange
            self.preAlarmChange = preAlarmChange
            self.window = window
            self.offDelay = offDelay
            self.maximumAge = maximumAge
            self.range = range
        }

        public var sources: Sources { Sources(source) }
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var extremes: WindowExtremes
    private var delayed: DelayedCondition
    private var change: Int64 = 0

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge, range: configuration.range)
        extremes = WindowExtremes(window: configuration.window)
        delayed = DelayedCondition(onDelay: .zero, offDelay: configuration.offDelay)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else {
            extremes.clear()
            return
        }
        extremes.add(reading.value, at: now)
        switch configuration.direction {
        case .rising: change = Int64(reading.value) - Int64(extremes.lowest)
        case .falling: change = Int64(extremes.highest) - Int64(reading.value)
        }
        var raw = Condition.normal
        if let limit = configuration.preAlarmChange, change >= Int64(limit) { raw = .preAlarm }
        if change >= Int64(configuration.alarmChange) { raw = .alarm }
        delayed.update(raw, at: now)
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        if source.isUsable { delayed.advance(to: now) }
    }

    var finding: Finding {
        Finding(
            source.isUsable ? delayed.value : .normal, cause: configuration.direction == .rising ? .rising : .falling,
            trouble: source.trouble, value: Int32(clamping: change))
    }

    var deadline: Instant { min(source.deadline, source.isUsable ? delayed.deadline : .never) }

    func couldFire(at now: Instant) -> Bool {
        Int64(configuration.range.highest) - Int64(configuration.range.lowest) >= Int64(configuration.alarmChange)
    }
}

extension RateDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&extremes)
        state.carry(&delayed)
        state.carry(&change)
    }
}

/// The lowest and the highest value of a sliding window, in sixteen parts.
struct WindowExtremes: BitwiseCopyable {
    private let part: Interval
    private var lows = InlineArray<17, Int32>(repeating: .max)
    private var highs = InlineArray<17, Int32>(repeating: .min)
    /// Number of the newest part since start; −1 before the first value.
    private var newest: Int64 = -1

    init(window: Interval) { part = Interval(nanoseconds: max(1, window.nanoseconds / 16)) }

    mutating func add(_ value: Int32, at now: Instant) {
        let number = now.nanoseconds / part.nanoseconds
        if newest < 0 || number - newest > 16 {
            clear()
            newest = number
        }
        while newest < number {
            newest += 1
            lows[Int(newest % 17)] = .max
            highs[Int(newest % 17)] = .min
        }
        let place = Int(newest % 17)
        lows[place] = min(lows[place], value)
        highs[place] = max(highs[place], value)
    }

    mutating func clear() {
        newest = -1
        for place in 0..<17 {
            lows[place] = .max
            highs[place] = .min
        }
    }

    var lowest: Int32 {
        var result = Int32.max
        for place in 0..<17 { result = min(result, lows[place]) }
        return result
    }

    var highest: Int32 {
        var result = Int32.min
        for place in 0..<17 { result = max(result, highs[place]) }
        return result
    }
}

extension WindowExtremes: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&lows)
        state.carry(&highs)
        state.carry(&newest, within: -1...Int64.max)
    }
}
