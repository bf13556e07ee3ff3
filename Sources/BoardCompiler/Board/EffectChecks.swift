import BoardImage
import Runtime
import WardenMessages

/// What the rows of the matrix mean for one another and for what they drive.
struct EffectChecks {
    let context: ReadingContext

    func run(_ board: BoardDescription) {
        let isCyclic = checkOrder(board)
        for (index, effect) in board.effects.enumerated() where effect.isWhole {
            let message = effect.value.message
            if message.combination == .atLeast, Int(message.atLeast) > message.causes.count {
                report(
                    effect, "combine", "at least \(message.atLeast) of \(message.causes.count) causes can never be",
                    remedy: "write at least \(message.causes.count) or fewer, or name more causes")
            }
            if message.actions.isEmpty, message.announcement.isEmpty, !isCyclic, !isCause(index, board) {
                report(
                    effect, "causes", "nothing happens, and no other effect names it in its causes",
                    remedy: "add 'actions:', or name it as 'effect: \(effect.name)' in the causes of another")
            }
            for place in message.actions.indices {
                switch message.actions[place].action {
                case .output(let action): checkOutput(action.line, effect, board)
                case .lift(let action): checkLift(action, effect, board)
                case .lockDownDoor(let door): checkOrder("lock_down", door, index, board)
                case .holdOpenDoor(let door): checkOrder("hold_open", door, index, board)
                default: break
                }
            }
        }
    }

    private func report(_ effect: Described<EffectDescription>, _ key: String, _ message: String, remedy: String) {
        context.report(at: effect.places[key], "effect '\(effect.name)': \(message)", remedy: remedy)
    }

    private func checkOutput(_ line: UInt32, _ effect: Described<EffectDescription>, _ board: BoardDescription) {
        let name = Int(line) < board.lines.count ? board.lines[Int(line)].name : ""
        let user = AccessChecks.users(of: board).first { $0.line == line && $0.isOutput }
        if let user, let lift = user.lift {
            report(
                effect, "actions", "output '\(name)' is the \(user.use)",
                remedy: "write '\(user.key): \(board.lifts[lift].name)' instead of driving the contact past the lift")
        } else if let user, !user.isLock {
            report(
                effect, "actions", "output '\(name)' is the \(user.use)",
                remedy: "give the effect an output of its own")
        } else if let door = board.doors.first(where: {
            $0.isWhole && ($0.value.lockLine == line || $0.value.secondLockLine == line)
        }) {
            report(
                effect, "actions", "output '\(name)' is the lock of door '\(door.name)'",
                remedy: "write 'release: \(door.name)' instead of driving the lock past the door")
        }
    }

    private func checkLift(
        _ action: LiftAction, _ effect: Described<EffectDescription>, _ board: BoardDescription
    ) {
        guard Int(action.lift) < board.lifts.count else { return }
        let lift = board.lifts[Int(action.lift)]
        guard lift.isWhole, lift.value.line(of: action.order) == nil else { return }
        let word = action.order == .recall ? "recall" : "stay"
        report(
            effect, "actions", "lift '\(lift.name)' has no contact for '\(word)'",
            remedy: "write '\(word): OUTPUT' at the lift, or order something else of it")
    }

    // MARK: Orders to doors

    /// What is wrong with having a door locked down or held open.
    private func checkOrder(_ key: String, _ door: UInt32, _ index: Int, _ board: BoardDescription) {
        let effect = board.effects[index]
        guard Int(door) < board.doors.count, board.doors[Int(door)].isWhole else { return }
        let name = board.doors[Int(door)].name
        let actions = effect.value.message.actions
        let others = actions.indices.filter { place in
            switch actions[place].action {
            case .lockDownDoor(let other)?: other == door && key == "hold_open"
            default:
                DoorTranslation.releases(
                    actions[place], door: Int(door), zones: board.doors[Int(door)].value.fireZones)
            }
        }
        if !others.isEmpty {
            report(
                effect, "actions", "it wants two things of door '\(name)' at once",
                remedy: "leave one of them out, or write another effect for it")
        }
        if key == "lock_down", let fire = fireCause(index, board) {
            report(
                effect, "actions", "no fire locks a door, and '\(fire)' is among its causes",
                remedy: "have another effect lock '\(name)' down, which no detector of fires brings about")
        }
        if doorsWaitedFor(by: index, board).contains(where: { leads(from: Int(door), to: $0, board) }) {
            report(
                effect, "actions", "'\(key)' of door '\(name)' would change what the effect itself waits for",
                remedy:
                    "wait for another state than 'lockdown', 'unlocked' or 'free' of '\(name)', and of the doors that follow it"
            )
        }
    }

    /// The detector of fires that an effect follows from, by itself or through others; not what must not be so.
    private func fireCause(_ index: Int, _ board: BoardDescription) -> String? {
        let causes = board.effects[index].value.message.causes
        for place in causes.indices where !causes[place].negated && causes[place].state != .test {
            switch causes[place].source {
            case .detector(let detector)?:
                guard Int(detector) < board.detectors.count else { continue }
                if board.detectors[Int(detector)].value.message.sensesFire {
                    return board.detectors[Int(detector)].name
                }
            case .effect(let earlier)? where earlier < index:
                if let name = fireCause(Int(earlier), board) { return name }
            default: continue
            }
        }
        return nil
    }

    /// The doors whose being locked or not an effect waits for, by itself or through others.
    private func doorsWaitedFor(by index: Int, _ board: BoardDescription) -> Set<Int> {
        let causes = board.effects[index].value.message.causes
        var doors: Set<Int> = []
        for place in causes.indices {
            switch causes[place].source {
            case .door(let cause)?:
                switch cause.condition {
                case .lockedDown, .unlocked, .free: doors.insert(Int(cause.door))
                default: break
                }
            case .effect(let earlier)? where earlier < index:
                doors.formUnion(doorsWaitedFor(by: Int(earlier), board))
            default: continue
            }
        }
        return doors
    }

    /// Whether what is ordered of one door changes, by way of other effects, what another one does; of itself it does.
    private func leads(from: Int, to: Int, _ board: BoardDescription) -> Bool {
        var reached: Set<Int> = [from]
        var open = [from]
        while let door = open.popLast() {
            for index in board.effects.indices where doorsWaitedFor(by: index, board).contains(door) {
                let actions = board.effects[index].value.message.actions
                for place in actions.indices {
                    switch actions[place].action {
                    case .lockDownDoor(let next)?, .holdOpenDoor(let next)?:
                        if reached.insert(Int(next)).inserted { open.append(Int(next)) }
                    default: continue
                    }
                }
            }
        }
        return reached.contains(to)
    }

    // MARK: Effects as causes

    private func isCause(_ index: Int, _ board: BoardDescription) -> Bool {
        board.effects.contains { causes(of: $0).contains(index) }
    }

    /// The effects that one follows from.
    private func causes(of effect: Described<EffectDescription>) -> [Int] {
        let causes = effect.value.message.causes
        return causes.indices.compactMap { if case .effect(let place) = causes[$0].source { Int(place) } else { nil } }
    }

    /// An effect follows from those above it alone.
    ///
    /// - Returns: whether there are effects that wait for themselves.
    private func checkOrder(_ board: BoardDescription) -> Bool {
        var isCyclic = false
        for (index, effect) in board.effects.enumerated() {
            for cause in causes(of: effect) where cause >= index && cause < board.effects.count {
                var seen: Set<Int> = []
                if let way = way(from: cause, to: index, board, &seen) {
                    isCyclic = true
                    let names = ([index] + way).map { "'\(board.effects[$0].name)'" }
                    report(
                        effect, "causes", "it would wait for itself: \(names.joined(separator: " follows from "))",
                        remedy: "take one of them out of the causes of another")
                } else {
                    report(
                        effect, "causes",
                        "effect '\(board.effects[cause].name)', which it follows from, stands below it",
                        remedy: "move '\(board.effects[cause].name)' above '\(effect.name)'")
                }
            }
        }
        return isCyclic
    }

    /// The effects from one to another along their causes, both included; `nil` if there is no way.
    private func way(from: Int, to: Int, _ board: BoardDescription, _ seen: inout Set<Int>) -> [Int]? {
        if from == to { return [to] }
        guard seen.insert(from).inserted else { return nil }
        for next in causes(of: board.effects[from]) where next < board.effects.count {
            if let rest = way(from: next, to: to, board, &seen) { return [from] + rest }
        }
        return nil
    }
}
