import AccessControl
import FixedMemory
import Runtime
import WardenMessages

/// How many digits codes need; the access controller's own rule.
enum CodeRuleDigits {
    static func fewest(forCodes codes: Int) -> Int { CodeRule.fewestDigits(forCodes: codes) }
}

/// What the proof of a door rests on: doors that are alike need one.
struct DoorQuestion: Equatable {
    var configuration: DoorConfiguration
    /// Whether the matrix tells it of a fire.
    var isTold: Bool
    var isInterlocked: Bool

    /// The search that answers; to be run.
    func proof() -> DoorProof {
        DoorProof(configuration, isReleasedByMatrix: isTold, isInterlocked: isInterlocked)
    }
}

/// Proves of each door on an escape route that no fire can leave it locked, and reports the path where one can.
struct DoorProofs {
    let context: ReadingContext

    func run(_ board: BoardDescription) {
        var proven: [DoorQuestion] = []
        for index in board.doors.indices where board.doors[index].value.egress {
            let question = board.doorQuestion(index)
            if proven.contains(question) { continue }
            if prove(index, board) { proven.append(question) }
        }
    }

    /// - Returns: whether no fire can leave the door locked.
    private func prove(_ index: Int, _ board: BoardDescription) -> Bool {
        let door = board.doors[index]
        let question = board.doorQuestion(index)
        var proof = question.proof()
        switch proof.run() {
        case .proven, .notEgress: return true
        case .tooManyStates:
            context.report(
                at: door.places.whole,
                "door '\(door.name)': it is on an escape route, and has too many states to prove that no fire leaves it locked",
                remedy: "give it a 'handle', have the fire panel cut its supply, or take it out of its interlock")
        case .refuted:
            var path: [String] = []
            for step in 0..<proof.pathLength { path.append("\(proof.step(at: step).words)") }
            context.report(
                at: door.places.whole,
                "door '\(door.name)': a fire can leave it locked, and it is on an escape route: "
                    + path.joined(separator: ", "),
                remedy: remedy(question.configuration, proof, isTold: question.isTold, name: door.name))
        }
        return false
    }

    private func remedy(
        _ configuration: DoorConfiguration, _ proof: borrowing DoorProof, isTold: Bool, name: String
    ) -> String {
        var last = ProofStep.powerOn
        for step in 0..<proof.pathLength {
            let word = proof.step(at: step)
            if word != .fireBegins { last = word }
        }
        let otherwise =
            "or write 'handle: true' where a handle opens from inside, or 'egress: false' where it is no escape route"
        if !isTold, last == .runtimeDecides {
            return "add 'release: \(name)' to the actions of a fire, \(otherwise)"
        }
        switch last {
        case .powerOn, .watchdogResets, .mainsReturn:
            return "wire the lock so that it is released while its output is as at 'power_on', \(otherwise)"
        case .runtimeEnds: return "write 'exit:' of the lock's output so that it is released then, \(otherwise)"
        case .runtimeDies:
            return
                "use the hardware watchdog ('watchdog: true'), or say what the output does after a crash, \(otherwise)"
        case .mainsFail:
            return
                "feed lock and board from a standby supply ('lock_supply: standby', 'standby_supply: true'), use a fail-safe lock, \(otherwise)"
        default:
            return isTold
                ? "use a fail-safe lock, \(otherwise)" : "add 'release: \(name)' to the actions of a fire, \(otherwise)"
        }
    }
}

extension BoardDescription {
    /// What the runtime makes of a door.
    func doorConfiguration(_ index: Int) -> DoorConfiguration {
        let door = doors[index].value
        return DoorTranslation.configuration(
            door, lockLine: line(door.lockLine), secondLockLine: door.secondLockLine.map(line),
            header: BoardHeader(standbySupply: standbySupply, hardwareWatchdog: hardwareWatchdog))
    }

    private func line(_ place: UInt32) -> Line {
        Int(place) < lines.count ? lines[Int(place)].value.message : Line()
    }

    /// Whether an effect tells a door of a fire.
    func isToldOfFire(_ index: Int) -> Bool {
        effects.indices.contains {
            DoorTranslation.tellsOfFire($0, door: index, zones: doors[index].value.fireZones) {
                effects[$0].value.message
            }
        }
    }

    func doorQuestion(_ index: Int) -> DoorQuestion {
        DoorQuestion(
            configuration: doorConfiguration(index), isTold: isToldOfFire(index), isInterlocked: isInterlocked(index))
    }

    /// Local time as the board reckons it.
    var zone: TimeZoneRule {
        DoorTranslation.zone(
            BoardHeader(utcOffsetMinutes: Int32(utcOffsetMinutes), daylightSaving: daylightSaving))
    }

    func isInterlocked(_ index: Int) -> Bool {
        index < 64 && interlocks.contains { $0.value.doors >> UInt64(index) & 1 != 0 }
    }
}
