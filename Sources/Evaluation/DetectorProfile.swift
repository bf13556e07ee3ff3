import Foundation
import HardwareInterface
import LifeSafety

/// A fire or gas detector that is judged on profiles and recordings.
public enum EvaluatedDetector: String, CaseIterable, Sendable {
    case smoke
    case heat
    case carbonMonoxide = "co"
    case combustibleGas = "gas"
    case multiCriteriaFire = "fire"

    /// What it reads from a recording, in the order of its points: the column, and how many of the point's units one of the
    /// column's is.
    public var columns: [(name: String, factor: Double)] {
        switch self {
        case .smoke: [("smoke_mdb_per_m", 1)]
        case .heat: [("temp_c", 1_000)]
        case .carbonMonoxide: [("co_ppm", 1)]
        case .combustibleGas: [("lel_pct", 100)]
        case .multiCriteriaFire: [("smoke_mdb_per_m", 1), ("temp_c", 1_000), ("co_ppm", 1)]
        }
    }

    /// With its defaults, its points numbered from 0; heat of class A1R.
    var kind: DetectorConfiguration.Kind {
        let point = PointIndex(0)
        return switch self {
        case .smoke: .smoke(.init(source: point))
        case .heat: .heat(.init(source: point, responseClass: .a1))
        case .carbonMonoxide: .carbonMonoxide(.init(source: point))
        case .combustibleGas: .combustibleGas(.init(source: point))
        case .multiCriteriaFire:
            .multiCriteriaFire(.init(smoke: point, temperature: PointIndex(1), carbonMonoxide: PointIndex(2)))
        }
    }

    /// The profiles made from its standard's clauses, and the nuisances.
    var profiles: [DetectorProfile] {
        switch self {
        case .smoke: smokeProfiles
        case .heat: heatProfiles
        case .carbonMonoxide: carbonMonoxideProfiles
        case .combustibleGas: gasProfiles
        case .multiCriteriaFire: fireProfiles
        }
    }
}

/// The course of what a detector's sensors report, made from a clause of its standard, a fire or a nuisance.
struct DetectorProfile {
    var detector: String
    /// The standard and clause, "fire" or "nuisance".
    var source: String
    /// Unique among the profiles of its detector.
    var name: String
    var kind: DetectorConfiguration.Kind
    /// Values of the points during two minutes before the profile begins.
    var quiet: [Int32]
    var seconds: Int
    /// Seconds between readings.
    var interval = 1
    /// Seconds between which the alarm must come; both `nil` where none may come.
    var earliest: Double?
    var latest: Double?
    /// Values of the points so many seconds after the begin.
    var values: @Sendable (Double) -> [Int32]

    static let quietSeconds = 120

    /// As it is asked for: with the class in front where a detector has several.
    var title: String {
        detector.hasPrefix("heat ") ? "\(detector.dropFirst(5)) \(name)" : name
    }

    /// What the detector made of one moment.
    struct Moment {
        var second: Double
        var values: [Int32]
        var state: AlarmState
        var signals: InnerSignals
    }

    /// Plays it to a detector of the board, from the quiet time on.
    ///
    /// - Parameter seen: is handed each moment from the begin of the profile on; `false` ends it.
    func play(_ seen: (Moment) -> Bool) {
        var player = DetectorPlayer(kind)
        var second = -DetectorProfile.quietSeconds
        while second < seconds {
            let values = second < 0 ? quiet : values(Double(second))
            player.play(values, at: .start + .seconds(Int64(second + DetectorProfile.quietSeconds)))
            if second >= 0 && !seen(player.moment(Double(second), values)) { return }
            second += interval
        }
    }

    /// Plays it until the first alarm.
    var result: ClauseResult {
        var alarm: Double?
        play { moment in
            if moment.state == .alarm { alarm = moment.second }
            return alarm == nil
        }
        return ClauseResult(
            detector: detector, source: source, profile: name, earliest: earliest, latest: latest, alarm: alarm)
    }
}

/// One detector of a board, fed reading by reading.
struct DetectorPlayer: ~Copyable {
    private var monitor: LifeSafetyMonitor
    private var output = AlarmOutput(capacity: 8)
    private var now: Instant = .start

    init(_ kind: DetectorConfiguration.Kind) {
        let configurations = [DetectorConfiguration(kind)]
        monitor = LifeSafetyMonitor(configurations.span)
    }

    /// Good readings of all points at once.
    mutating func play(_ values: [Int32], at now: Instant) {
        self.now = now
        monitor.advance(to: now, into: &output)
        for (point, value) in values.enumerated() {
            monitor.receive(
                Reading(value: value, quality: .good, at: now), ofPoint: PointIndex(UInt16(point)), at: now,
                into: &output)
        }
        output.removeAll()
    }

    var isAlarm: Bool { monitor.status(of: DetectorIndex(0)).state == .alarm }

    func moment(_ second: Double, _ values: [Int32]) -> DetectorProfile.Moment {
        DetectorProfile.Moment(
            second: second, values: values, state: monitor.status(of: DetectorIndex(0)).state,
            signals: monitor.innerSignals(of: DetectorIndex(0), at: now))
    }
}
