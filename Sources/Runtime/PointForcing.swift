import BoardImage
import CauseAndEffect
import FixedMemory
import HardwareInterface
import LifeSafety
import WardenMessages

// A person sets an input or output by hand, for as long as it takes to look what follows. Nothing of it outlives the
// board's restart.
extension BoardCore {
    /// How long a force lasts that is given no time, s.
    static var usualForce: UInt32 { 60 }
    /// Nobody should have to remember to end one: the limit of a detector's bypass holds here too, s.
    static var longestForce: UInt32 { 3_600 }

    /// Forces a line, or ends that.
    mutating func commandPoint(_ command: Command, _ actor: Actor) -> CommandAnswer {
        guard Int(command.target) < lines.count else { return CommandAnswer(result: .unknownTarget) }
        let line = Int(command.target)
        if command.kind == .pointRelease {
            guard lines[line].force != nil else { return CommandAnswer(result: .refused) }
            endForce(of: line)
            return CommandAnswer(result: .done)
        }
        guard command.seconds <= BoardCore.longestForce, (0...1).contains(command.value) else {
            return CommandAnswer(result: .outOfRange)
        }
        if let refusal = refusalOfForce(line) { return CommandAnswer(result: refusal) }
        force(
            line,
            LineForce(
                isActive: command.value == 1, until: now + .seconds(Int64(command.seconds)), actor: actor))
        return CommandAnswer(result: .done)
    }

    /// Why a line cannot be forced; `nil` if it can.
    private func refusalOfForce(_ line: Int) -> CommandResult? {
        if safetyReleases.contains(line) { return .safetyRelease }
        // A card would be made of it, or the end of one.
        switch lines[line].role {
        case .wiegand, .tagRange: return .refused
        default: break
        }
        // What an alarm drives is an alarm's: it is silenced or reset, not forced.
        return lines[line].isAvailable && !isDemandedByMatrix(line) ? nil : .refused
    }

    private func isDemandedByMatrix(_ line: Int) -> Bool {
        for target in 0..<matrix.targetCount {
            switch matrix.target(target) {
            case .line(let index) where Int(index.value) == line: return announcedTargets[target]
            case .lift(let lift):
                let order = BoardCore.order(matrix.demand(target).demand)
                if let ordered = image.lifts[Int(lift)].line(of: order), Int(ordered) == line { return true }
            default: break
            }
        }
        return false
    }

    private mutating func force(_ line: Int, _ force: LineForce) {
        lines.setForce(line, force)
        if !lines[line].isOutput { inputChanged(line, isActive: force.isActive, at: now, .forced) }
    }

    /// The line is what the board demands of it, or what the wire says, again.
    private mutating func endForce(of line: Int) {
        lines.setForce(line, nil)
        if !lines[line].isOutput, lines[line].isAvailable {
            inputChanged(line, isActive: lines[line].measured, at: now, .good)
        }
    }

    /// Ends the forces whose time is over.
    mutating func endDueForces() {
        while let line = lines.dueForce(at: now) { forceEnded(line) }
    }

    /// Ends a force that nobody ended: its time is over, or its line is gone.
    mutating func forceEnded(_ line: Int) {
        endForce(of: line)
        publishEnd(ofForce: line)
    }

    /// Says of which outputs the board itself demanded another level meanwhile, which ended their forces.
    mutating func reportOverruledForces() {
        while let line = lines.takeOverruled() { publishEnd(ofForce: line) }
    }

    private mutating func publishEnd(ofForce line: Int) {
        publishAudit(Command(kind: .pointRelease, target: UInt32(line)), Actor(kind: .board), .done)
    }

    /// Detectors and points that are not what they would be by themselves (EN 54-2, clause 9).
    var disablements: UInt32 {
        var count = UInt32(lines.forceCount)
        for index in 0..<monitor.count where monitor.status(of: DetectorIndex(UInt16(index))).state == .bypassed {
            count += 1
        }
        return count
    }
}

/// Lines on which it hangs that a door lets people out: what the proof of a door takes for granted of them must hold, so
/// nobody may force them. Locks, buttons and call points of doors, and the inputs that have the matrix release a door.
struct SafetyReleases: ~Copyable {
    private var isRelease: FixedArray<Bool>

    init(_ image: borrowing BoardImage, _ map: PointMap) {
        isRelease = FixedArray(repeating: false, count: image.lines.count)
        for index in image.doors.indices {
            let door = image.doors[index]
            add(door.lockLine)
            add(door.secondLockLine)
            add(door.exitLine)
            add(door.emergencyExitLine)
            for floor in door.floorLines.indices { add(door.floorLines[floor]) }
        }
        for effect in image.effects.indices where SafetyReleases.releases(image.effects[effect], image) {
            addCauses(of: effect, image, map)
        }
    }

    func contains(_ line: Int) -> Bool { isRelease[line] }

    private mutating func add(_ line: UInt32?) {
        if let line, Int(line) < isRelease.count { isRelease[Int(line)] = true }
    }

    /// The causes of a row, and of those that it follows from, which stand earlier.
    private mutating func addCauses(of effect: Int, _ image: borrowing BoardImage, _ map: PointMap) {
        for cause in image.effects[effect].causes.indices { add(image.effects[effect].causes[cause], image, map) }
    }

    private mutating func add(_ cause: Cause, _ image: borrowing BoardImage, _ map: PointMap) {
        switch cause.source {
        case .line(let line)?: add(line)
        case .detector(let detector)?:
            let index = Int(detector)
            guard
                let configuration = BoardTranslation.detector(image.detectors[index], index, map, image.points)
            else { return }
            let sources = configuration.sources
            for line in isRelease.indices {
                for channel in 0..<sources.count
                where sources[channel] == map.line(line) || sources[channel] == map.pulses(line) {
                    isRelease[line] = true
                }
            }
        case .effect(let earlier)?: addCauses(of: Int(earlier), image, map)
        case .door?, .doorForced?, .doorHeld?, .schedule?, nil: break
        }
    }

    private static func releases(_ effect: WardenMessages.Effect, _ image: borrowing BoardImage) -> Bool {
        for action in effect.actions.indices {
            for door in image.doors.indices
            where DoorTranslation.releases(effect.actions[action], door: door, zones: image.doors[door].fireZones) {
                return true
            }
        }
        return false
    }
}
