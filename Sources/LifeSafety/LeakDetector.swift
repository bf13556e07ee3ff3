import FixedMemory
import HardwareInterface

/// Fires when a water-leak rope or spot probe gets wet, and knows whether the rope is still there.
///
/// The rope is read as a resistance or as the voltage of a divider with it. Its end-of-line resistor gives the dry
/// value; water lowers it; a cut wire raises it to the open value; a short lowers it to almost nothing. Which side is
/// which follows from the order of the limits, so a divider wired the other way round needs no other code.
///
/// No standard sets figures for leak detection; the windows are those of the rope's maker.
public struct LeakDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        public var source: PointIndex
        /// In point units: between `wetLimit` and `openLimit` the rope is dry.
        public var wetLimit: Int32
        /// From here on the circuit is open. `nil` for a probe without an end-of-line resistor: it cannot tell a cut
        /// wire from dryness, and its page says so.
        public var openLimit: Int32?
        /// From here on the circuit is shorted rather than wet; `nil` where water may read as low as a short. A short
        /// is a trouble and also counts as wet, because a flooded connector looks the same.
        public var shortLimit: Int32?
        /// How long it must be wet: drops and condensation dry within seconds.
        public var onDelay: Interval
        public var offDelay: Interval
        public var maximumAge: Interval

        public init(
            source: PointIndex, wetLimit: Int32, openLimit: Int32? = nil, shortLimit: Int32? = nil,
            onDelay: Interval = .seconds(3), offDelay: Interval = .seconds(30), maximumAge: Interval = .seconds(60)
        ) {
            self.source = source
            self.wetLimit = wetLimit
            self.openLimit = openLimit
            self.shortLimit = shortLimit
            self.onDelay = onDelay
            self.offDelay = offDelay
            self.maximumAge = maximumAge
        }

        public var sources: Sources { Sources(source) }
        /// Whether wet reads lower than dry.
        var wetIsLow: Bool {
            if let openLimit { return openLimit > wetLimit }
            if let shortLimit { return shortLimit < wetLimit }
            return true
        }
    }

    private let configuration: Configuration
    private var source: SourceSupervisor
    private var circuit: TroubleReason = .none
    private var wet: DelayedFlag

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        source = SourceSupervisor(maximumAge: configuration.maximumAge)
        wet = DelayedFlag(onDelay: configuration.onDelay, offDelay: configuration.offDelay)
    }

    /// Whether `value` lies on the wet side of `limit`, the limit included.
    private func isWetSide(_ value: Int32, of limit: Int32) -> Bool {
        configuration.wetIsLow ? value <= limit : value >= limit
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        guard source.receive(reading) else { return }
        circuit = .none
        if let open = configuration.openLimit, configuration.wetIsLow ? reading.value >= open : reading.value <= open {
            // No evidence of dryness: the wet timer keeps what it has.
            circuit = .openCircuit
            return
        }
        if let short = configuration.shortLimit, isWetSide(reading.value, of: short) { circuit = .shortCircuit }
        wet.update(isWetSide(reading.value, of: configuration.wetLimit), at: now)
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        if isMeasuring { wet.advance(to: now) }
    }

    private var isMeasuring: Bool { source.isUsable && circuit != .openCircuit }

    var finding: Finding {
        Finding(
            isMeasuring && wet.isOn ? .alarm : .normal, cause: .wet,
            trouble: source.trouble != .none ? source.trouble : circuit, value: source.value)
    }

    var deadline: Instant { min(source.deadline, isMeasuring ? wet.deadline : .never) }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        copy.receive(Reading(value: configuration.wetLimit, quality: .good, at: now), channel: 0, at: now)
        copy.wet.advance(to: now + configuration.onDelay)
        return copy.wet.isOn
    }
}

extension LeakDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&circuit)
        state.carry(&wet)
    }
}
