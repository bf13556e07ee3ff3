import FixedMemory
import HardwareInterface

/// Part of what a detector learned over days, as bytes that mean something to that kind of detector only.
///
/// What was learned must outlive a restart: a board that starts anew every week would otherwise never know the habits of
/// a resident, nor how dirty a smoke chamber is. A detector that learns gives it out in numbered pieces, each of which
/// may be kept and put back by itself.
public typealias LearnedPiece = FixedBytes<56>

/// A kept length of time that is longer than this, in milliseconds, was not kept by a detector: ten years.
let keptLimit: Int64 = 10 * 366 * 86_400_000

extension LifeSafetyMonitor {
    /// Pieces that a detector of this kind learns at the most.
    public static var learnedPieceLimit: Int { 8 }

    /// What a detector has learned, to be kept over a restart.
    ///
    /// - Parameter piece: from 0 on.
    /// - Returns: `nil` behind the last piece, and for a detector that learns nothing.
    public func learned(_ piece: Int, of detector: DetectorIndex) -> LearnedPiece? {
        let index = Int(detector.value)
        guard index < slots.count else { return nil }
        let place = Int(slots[index].place)
        return switch slots[index].kind {
        case .smoke: smoke[place].learned(piece)
        case .multiCriteriaFire: multiCriteriaFire[place].learned(piece)
        case .carbonMonoxide: carbonMonoxide[place].learned(piece)
        case .flow: flow[place].learned(piece)
        case .tilt: tilt[place].learned(piece)
        case .inactivity: inactivity[place].learned(piece)
        case .powerUse: powerUse[place].learned(piece)
        case .threshold, .rate, .state, .counting, .heat, .combustibleGas, .leak, .valve, .fall, .radarFall, .callPoint,
            .longLie:
            nil
        }
    }

    /// Puts back what a detector had learned before a restart. What cannot be is clamped or ignored: the detector then
    /// learns anew.
    public mutating func restore(_ learned: LearnedPiece, _ piece: Int, of detector: DetectorIndex, at now: Instant) {
        let index = Int(detector.value)
        guard index < slots.count else { return }
        let place = Int(slots[index].place)
        switch slots[index].kind {
        case .smoke: smoke[place].restore(learned, piece)
        case .multiCriteriaFire: multiCriteriaFire[place].restore(learned, piece)
        case .carbonMonoxide: carbonMonoxide[place].restore(learned, piece)
        case .flow: flow[place].restore(learned, piece, at: now)
        case .tilt: tilt[place].restore(learned, piece)
        case .inactivity: inactivity[place].restore(learned, piece, at: now)
        case .powerUse: powerUse[place].restore(learned, piece, at: now)
        case .threshold, .rate, .state, .counting, .heat, .combustibleGas, .leak, .valve, .fall, .radarFall, .callPoint,
            .longLie:
            break
        }
    }
}
