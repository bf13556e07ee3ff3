import BoardImage
import Console
import Drivers
import EventJournal
import FixedMemory
import HardwareInterface
import WardenMessages

/// A chip that is calibrating itself, and who asked for it.
struct ChipCalibration: BitwiseCopyable {
    var command: Command
    var actor: Actor
}

// What a technician sets right by hand: the offset of a measured point, which the board keeps, or the chip's own
// calibration, which the chip keeps. Detectors that learn for themselves (clean air, the right position) have commands of
// their own.
extension BoardCore {
    /// How a point is calibrated.
    func calibration(ofPoint index: Int) -> PointCalibration? {
        guard index < points.count else { return nil }
        let point = image.points[index]
        if sensors.calibratesItself(Int(point.sensor), channel: points.channel(of: index)) { return .chip }
        if let own = calibrationOfDetector(at: index) { return own }
        switch point.unit {
        case .microvolt, .millidegreeCelsius, .millipercentRelativeHumidity, .pascal, .partsPerMillion,
            .centipercentLowerExplosiveLimit, .millilux, .microgramPerCubicMetre, .milliwatt:
            return .offset
        default:
            // States, counts and indices have nothing to hold them against; a loop's resistance tells its state.
            return PointCalibration.none
        }
    }

    /// How the detector of a point wants it, where it wants something else than an offset.
    private func calibrationOfDetector(at point: Int) -> PointCalibration? {
        for index in image.detectors.indices where watches(index, point) {
            switch image.detectors[index].kind {
            // It follows clean air itself, and would take an offset for smoke or for dirt.
            case .smoke?, .multiCriteriaFire?: return .detector
            // The voltage of a loop tells its state, and where its wires are.
            case .leak?: return PointCalibration.none
            default: break
            }
        }
        return nil
    }

    private func watches(_ detector: Int, _ point: Int) -> Bool {
        image.detectors[detector].point.map { Int($0) == point } ?? false
    }

    /// What a detector learns by hand; `nil` behind the last.
    func calibration(ofDetector index: Int) -> DetectorCalibration? {
        guard index < image.detectors.count else { return nil }
        switch image.detectors[index].kind {
        case .smoke?, .multiCriteriaFire?: return .cleanAir
        case .tilt?: return .position
        default: return DetectorCalibration.none
        }
    }

    /// How far a point may be moved: more is no drift but a broken sensor, and would hide an alarm. A tenth of the range
    /// of its values; less where an alarm hangs on it.
    private func calibrationLimit(of point: Int) -> Int64 {
        let tenth = points.span(of: point) / 10
        for index in image.detectors.indices where watches(index, point) {
            switch image.detectors[index].kind {
            // A third of the lowest concentration that alarms (EN 50291-1: 30 ppm).
            case .carbonMonoxide?: return min(tenth, 10)
            // A quarter of the highest threshold that is allowed (EN 50194-1: 20 % of the lower explosive limit).
            case .combustibleGas?: return min(tenth, 500)
            // Half of the width of the static response temperatures of class A1 (EN 54-5: 54 to 65 degrees).
            case .heat?: return min(tenth, 5_000)
            default: break
            }
        }
        return tenth
    }

    mutating func calibratePoint(_ command: Command, _ actor: Actor) -> CommandResult {
        let index = Int(command.target)
        switch calibration(ofPoint: index) {
        case nil: return .unknownTarget
        case .none?, .detector?: return .refused
        case .chip?: return calibrateChip(command, actor)
        case .offset?: break
        }
        guard let value = points.settledValue(of: index) else { return .busy }
        let offset = Int64(command.value) - Int64(value)
        guard abs(offset) <= calibrationLimit(of: index) else { return .outOfRange }
        return keepCalibration(Int32(truncatingIfNeeded: offset), of: index)
    }

    mutating func uncalibratePoint(_ command: Command) -> CommandResult {
        let index = Int(command.target)
        guard index < points.count else { return .unknownTarget }
        guard points.offset(of: index) != 0 else { return .refused }
        return keepCalibration(0, of: index)
    }

    private mutating func keepCalibration(_ offset: Int32, of index: Int) -> CommandResult {
        points.setOffset(offset, of: index)
        if offset == 0 {
            forget(StateOwner.calibration, UInt32(index))
        } else {
            var value = StateValue()
            value.appendLittleEndian(BoardCore.mark(image.points[index].name))
            value.appendLittleEndian(UInt32(bitPattern: offset))
            store(StateOwner.calibration, UInt32(index), value, .urgent)
        }
        return .done
    }

    mutating func restoreCalibration(_ index: Int) {
        guard let value = kept(StateOwner.calibration, index, BoardCore.mark(image.points[index].name)),
            value.count == 8
        else { return }
        points.setOffset(Int32(bitPattern: BoardCore.word(value, at: 4)), of: index)
    }

    // MARK: Chips

    private mutating func calibrateChip(_ command: Command, _ actor: Actor) -> CommandResult {
        let index = Int(command.target)
        let sensor = Int(image.points[index].sensor)
        guard chipCalibrations[sensor] == nil else { return .busy }
        switch sensors.calibrate(sensor, channel: points.channel(of: index), to: command.value, at: now) {
        case .begun:
            chipCalibrations[sensor] = ChipCalibration(command: command, actor: actor)
            return .started
        case .notSettled: return .busy
        case .outOfRange: return .outOfRange
        case .unsupported: return .refused
        }
    }

    /// Says how the calibration of a sensor's chip ended, once it has.
    mutating func settleChipCalibration(_ sensor: Int) {
        guard let asked = chipCalibrations[sensor], let isDone = sensors.takeCalibration(sensor) else { return }
        chipCalibrations[sensor] = nil
        // A recording has the sensor's own words of it.
        publishAudit(asked.command, asked.actor, isDone ? .done : .refused)
    }
}

extension ChipCalibration: DefaultInitializable, Carried {
    init() { self.init(command: Command(), actor: Actor()) }

    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&command)
        state.carry(&actor)
    }
}
