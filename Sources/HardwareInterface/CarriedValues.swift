import FixedMemory

// How values that everybody shares are carried into a key frame of a recording and out of it.

extension Instant: DefaultInitializable, Carried {
    /// The start.
    public init() { self = .start }
    /// What was going on when the board started began before; by no more than decades, so that no difference of two
    /// moments overflows.
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&nanoseconds, within: -(1 << 60)...Int64.max)
    }
}

extension Interval: DefaultInitializable, Carried {
    /// No time.
    public init() { self = .zero }
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&nanoseconds) }
}

extension ClockTrust: Carried {}
extension Quality: Carried {}
extension BusOutcome: Carried {}

extension WallClock: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&unixMilliseconds)
        state.carry(&trust)
    }
}

extension Reading: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&value)
        state.carry(&quality)
        state.carry(&at)
    }
}

extension AccelerationSample: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&x)
        state.carry(&y)
        state.carry(&z)
    }
}

extension LineIndex: Carried {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&value) }
}

extension BusIndex: Carried {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&value) }
}

extension StreamIndex: Carried {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&value) }
}

extension PointIndex: Carried {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&value) }
}

extension BusRequest: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&tag)
        state.carry(&address)
        state.carry(&write)
        state.carry(&readCount)
        state.carry(&repetitions)
    }
}
