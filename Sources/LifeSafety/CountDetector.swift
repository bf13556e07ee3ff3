import FixedMemory
import HardwareInterface

/// Fires when something happens too often, or not often enough, within a window: a pump that starts again and again, a
/// door forced twice in a minute, a beam broken by a crowd, a patrol that did not come by.
///
/// An event is a point that turns from 0 to 1, or a counter that goes up (each count one event, sixteen at the most).
public struct CountDetector: DetectorLogic {
    public enum Side: UInt8, Sendable, BitwiseCopyable {
        case tooMany = 0
        case tooFew = 1
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        public var source: PointIndex
        public var side: Side
        /// 1 to 16: too many from this count on, too few below it.
        public var count: UInt8
        public var window: Interval
        public var maximumAge: Interval

        public init(
            source: PointIndex, side: Side, count: UInt8, window: Interval, maximumAge: Interval = .endless
        ) {
            precondition(count >= 1 && count <= 16, "counts are 1 to 16")
            self.source = source
            self.side = side
            self.count = count
            self.window = window
            self.maximumAge = maximumAge
        }

        public var sources: Sources { Sources(source) }
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var previous: Int32?
    /// Times of the latest events; the newest is at `newest`.
    private var times = InlineArray<16, Instant>(repeating: .start)
    private var newest = 0
    private var known = 0
    /// Watching for too few begins here.
    private var since: Instant = .start
    private var now: Instant = .start

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        self.now = now
        let wasUsable = source.isUsable
        guard source.receive(reading) else { return }
        if !wasUsable { since = now }
        defer { previous = reading.value }
        guard let previous, reading.value > previous else { return }
        for _ in 0..<min(16, Int64(reading.value) - Int64(previous)) {
            newest = (newest + 1) % 16
            times[newest] = now
            known = min(known + 1, 16)
        }
    }

    mutating func advance(to now: Instant) {
        self.now = now
        source.advance(to: now)
    }

    /// The event that is `count` events back, itself included; when watching began, if there are fewer.
    private var decisive: Instant {
        let count = Int(configuration.count)
        return known >= count ? max(since, times[(newest - count + 17) % 16]) : since
    }

    private var isTooMany: Bool {
        known >= Int(configuration.count) && now < decisive + configuration.window
    }

    private var isTooFew: Bool { now >= decisive + configuration.window }

    var finding: Finding {
        let fires = configuration.side == .tooMany ? isTooMany : isTooFew
        return Finding(
            fires && source.isUsable ? .alarm : .normal,
            cause: configuration.side == .tooMany ? .tooMany : .tooFew, trouble: source.trouble, value: countInWindow)
    }

    private var countInWindow: Int32 {
        var count: Int32 = 0
        for back in 0..<known where now < times[(newest - back + 16) % 16] + configuration.window { count += 1 }
        return count
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        guard command == .reset else { return .unsupported }
        known = 0
        since = now
        return .done
    }

    var deadline: Instant {
        let end = decisive + configuration.window
        return min(source.deadline, source.isUsable && end > now ? end : .never)
    }

    func couldFire(at now: Instant) -> Bool { true }
}

extension CountDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&previous)
        state.carry(&times)
        state.carry(&newest, within: 0...15)
        state.carry(&known, within: 0...16)
        state.carry(&since)
        state.carry(&now)
    }
}
