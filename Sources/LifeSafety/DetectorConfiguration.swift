import HardwareInterface

/// One detector of a board: its kind with the kind's parameters, and what all kinds share.
public struct DetectorConfiguration: Sendable, BitwiseCopyable {
    public var kind: Kind
    /// Whether an alarm stays until it is reset. Only comfort signals should not latch.
    public var latches: Bool
    /// How often the detector proves to itself that it could still fire; `endless` for never.
    public var selfTestInterval: Interval

    public init(_ kind: Kind, latches: Bool = true, selfTestInterval: Interval = .hours(24)) {
        self.kind = kind
        self.latches = latches
        self.selfTestInterval = selfTestInterval
    }

    /// The kinds of detector there are.
    public enum Kind: Sendable, BitwiseCopyable {
        case threshold(ThresholdDetector.Configuration)
        case rate(RateDetector.Configuration)
        case tilt(TiltDetector.Configuration)
        case state(StateDetector.Configuration)
        case counting(CountDetector.Configuration)
        case smoke(SmokeDetector.Configuration)
        case heat(HeatDetector.Configuration)
        case carbonMonoxide(CarbonMonoxideDetector.Configuration)
        case combustibleGas(CombustibleGasDetector.Configuration)
        case multiCriteriaFire(MultiCriteriaFireDetector.Configuration)
        case leak(LeakDetector.Configuration)
        case flow(FlowDetector.Configuration)
        case valve(ValveSupervisor.Configuration)
        case fall(FallDetector.Configuration)
        case radarFall(RadarFallDetector.Configuration)
        case inactivity(InactivityDetector.Configuration)
        case powerUse(PowerUseDetector.Configuration)
        case callPoint(CallPointDetector.Configuration)
        /// The long-lie alarm of a fall detector that stands earlier in the table.
        case longLie(of: DetectorIndex)
    }

    /// The points that the detector listens to.
    public var sources: Sources {
        switch kind {
        case .threshold(let configuration): configuration.sources
        case .rate(let configuration): configuration.sources
        case .tilt(let configuration): configuration.sources
        case .state(let configuration): configuration.sources
        case .counting(let configuration): configuration.sources
        case .smoke(let configuration): configuration.sources
        case .heat(let configuration): configuration.sources
        case .carbonMonoxide(let configuration): configuration.sources
        case .combustibleGas(let configuration): configuration.sources
        case .multiCriteriaFire(let configuration): configuration.sources
        case .leak(let configuration): configuration.sources
        case .flow(let configuration): configuration.sources
        case .valve(let configuration): configuration.sources
        case .fall(let configuration): configuration.sources
        case .radarFall(let configuration): configuration.sources
        case .inactivity(let configuration): configuration.sources
        case .powerUse(let configuration): configuration.sources
        case .callPoint(let configuration): configuration.sources
        case .longLie: Sources()
        }
    }
}
