import WardenMessages

/// In which order detectors are listed that are not normal: fire, fault, disablement, test, as fire panels have it
/// (EN 54-2, clauses 7 to 10).
enum Urgency: UInt8, BitwiseCopyable {
    case alarm
    case preAlarm
    case trouble
    case bypassed
    case underTest

    /// - Returns: `nil` for a detector that is normal.
    init?(_ detector: DetectorStatus) {
        switch detector.state {
        case .alarm, .acknowledged, .silenced, .restored: self = .alarm
        case .preAlarm: self = .preAlarm
        case .trouble, .unrecognised: self = .trouble
        case .bypassed: self = .bypassed
        case .underTest: self = .underTest
        case .normal:
            guard detector.trouble != 0 else { return nil }
            self = .trouble
        }
    }

    var following: Urgency? { Urgency(rawValue: rawValue + 1) }
}

/// How far a list by urgency has got.
struct AlarmPlace: BitwiseCopyable {
    var urgency: Urgency
    var index: Int

    static var first: AlarmPlace { AlarmPlace(urgency: .alarm, index: 0) }
    var next: AlarmPlace { AlarmPlace(urgency: urgency, index: index + 1) }
}
