import FixedMemory
import HardwareInterface

/// One thing that can happen to a door, its board and its house.
public enum ProofStep: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case powerOn = 0
    case runtimeClaimsLines
    case runtimeDecides
    case fireBegins
    case fireEnds
    case fireReset
    case mainsFail
    case mainsReturn
    case runtimeDies
    case watchdogResets
    case runtimeEnds
    case updateBegins
    case cardGranted
    case cardGrantedExtended
    case exitRequestBegins
    case exitRequestEnds
    case doorOpens
    case doorCloses
    case contactFails
    case unlockTimeEnds
    case secondLeafDelayEnds
    case exitRequestSticks
    case modeLocked
    case modeCard
    case modeFree
    case modeFirstCard
    case firstCardPresented
    case lockdownBegins
    case lockdownEnds
    case interlockHolds
    case interlockLetsGo
    case emergencyExitOperated
    case emergencyExitPutBack

    /// In words, for the path that `board check` prints.
    public var words: StaticString {
        switch self {
        case .powerOn: "power comes on"
        case .runtimeClaimsLines: "the runtime claims its lines"
        case .runtimeDecides: "the runtime begins to decide"
        case .fireBegins: "a fire begins"
        case .fireEnds: "the fire signal ends"
        case .fireReset: "a person resets the fire release"
        case .mainsFail: "the mains fail"
        case .mainsReturn: "the mains return"
        case .runtimeDies: "the runtime dies"
        case .watchdogResets: "the watchdog resets the board"
        case .runtimeEnds: "the runtime ends in order"
        case .updateBegins: "an update begins"
        case .cardGranted: "a card is granted"
        case .cardGrantedExtended: "a card with extended time is granted"
        case .exitRequestBegins: "the request to exit becomes active"
        case .exitRequestEnds: "the request to exit becomes inactive"
        case .doorOpens: "the door opens"
        case .doorCloses: "the door closes"
        case .contactFails: "the door contact fails"
        case .unlockTimeEnds: "the unlock time ends"
        case .secondLeafDelayEnds: "the second leaf's delay ends"
        case .exitRequestSticks: "the request to exit has been active for too long"
        case .modeLocked: "the mode becomes locked"
        case .modeCard: "the mode becomes card"
        case .modeFree: "the mode becomes free"
        case .modeFirstCard: "the mode becomes first card"
        case .firstCardPresented: "the first card of the period is granted"
        case .lockdownBegins: "lockdown begins"
        case .lockdownEnds: "lockdown ends"
        case .interlockHolds: "another door of the interlock opens"
        case .interlockLetsGo: "the other doors of the interlock are secured"
        case .emergencyExitOperated: "the emergency call point is operated"
        case .emergencyExitPutBack: "the emergency call point is put back"
        }
    }
}

/// Proves of one door that no fire can leave it locked, or finds the shortest path to where one does.
///
/// It walks over all states that the door can reach, breadth first: the very code of `Door`, times the phases of the
/// board's life, the mains, the fire and the levels of the relays. Time-outs may come at any moment and in any order, so
/// the proof holds whatever the times in the board file are; what only watches the door (alarms, held-open times) is left
/// out. For a door on an escape route it asks of each state with a fire: do people get out? A lock that releases, or a
/// handle that opens whatever the lock does, lets them. A start, an update and a crash that a watchdog ends are passed
/// over, for they cannot last; `DoorBehaviour` shows what the lock does in them.
///
/// Memory is taken when it is made; meant for the development machine, where the board file is compiled.
public struct DoorProof: ~Copyable {
    /// What came of the search.
    public enum Verdict: UInt8, Sendable, BitwiseCopyable {
        /// Every reachable state was looked at: a fire never leaves the door locked.
        case proven = 0
        /// The door is not on an escape route; nothing is asked of it.
        case notEgress = 1
        /// A fire can leave it locked; `step(at:)` gives the path.
        case refuted = 2
        /// More states than fit: nothing is proven.
        case tooManyStates = 3
    }

    struct World: Hashable, BitwiseCopyable {
        var door: Door
        var phase: PowerPhase
        var isFire: Bool
        var hasMains: Bool
        var relayIsEnergised: Bool
        var secondRelayIsEnergised: Bool
    }

    struct Node: BitwiseCopyable {
        var world: World
        var parent: Int32
        var step: ProofStep
    }

    private let configuration: DoorConfiguration
    private let isToldOfFire: Bool
    private let isInterlocked: Bool
    private var nodes: FixedArray<Node>
    private var index: FixedArray<Int32>
    private var output: AccessOutput
    private var path: FixedArray<ProofStep>
    /// States looked at.
    public var stateCount: Int { nodes.count }
    /// What came of it; `.tooManyStates` before `run`.
    public private(set) var verdict: Verdict

    /// - Parameters:
    ///   - configuration: the door.
    ///   - isReleasedByMatrix: a row of the cause-and-effect matrix releases it for a fire, by itself or with its zone.
    ///   - isInterlocked: other doors can hold it.
    ///   - stateLimit: states that fit, up to two thousand million.
    public init(
        _ configuration: DoorConfiguration, isReleasedByMatrix: Bool, isInterlocked: Bool = false,
        stateLimit: Int = 100_000
    ) {
        var instant = configuration
        instant.timings.contactDebounce = .zero
        instant.timings.exitDebounce = .zero
        self.configuration = instant
        isToldOfFire = isReleasedByMatrix
        self.isInterlocked = isInterlocked
        nodes = FixedArray(capacity: stateLimit)
        var slots = 16
        while slots < stateLimit * 2 { slots <<= 1 }
        index = FixedArray(repeating: -1, count: slots)
        output = AccessOutput(doors: 4)
        path = FixedArray(capacity: 256)
        verdict = .tooManyStates
    }

    /// Steps of the path to a locked door in a fire; 0 unless refuted.
    public var pathLength: Int { path.count }
    /// A step of that path, the first one first.
    public func step(at position: Int) -> ProofStep { path[position] }

    /// Searches.
    public mutating func run() -> Verdict {
        guard configuration.isEgress else { return finish(.notEgress) }
        let start = World(
            door: Door(configuration), phase: .powerOn, isFire: false, hasMains: true,
            relayIsEnergised: configuration.lock.atPowerOn == .active,
            secondRelayIsEnergised: configuration.secondLock.atPowerOn == .active)
        guard add(start, parent: -1, .powerOn) else { return finish(.tooManyStates) }
        var position = 0
        while position < nodes.count {
            let world = nodes[position].world
            if isTrap(world) {
                writePath(to: position)
                return finish(.refuted)
            }
            for step in ProofStep.allCases {
                guard let next = after(step, world) else { continue }
                guard add(next, parent: Int32(position), step) else { return finish(.tooManyStates) }
            }
            position += 1
        }
        return finish(.proven)
    }

    private mutating func finish(_ result: Verdict) -> Verdict {
        verdict = result
        return result
    }

    private mutating func writePath(to position: Int) {
        var node = Int32(position)
        var length = 0
        while node >= 0 {
            length += 1
            node = nodes[Int(node)].parent
        }
        path.removeAll()
        for place in 0..<length {
            var node = Int32(position)
            for _ in 0..<(length - 1 - place) { node = nodes[Int(node)].parent }
            path.append(nodes[Int(node)].step)
        }
    }

    // MARK: The property

    private func isTrap(_ world: World) -> Bool {
        guard world.isFire, configuration.mechanicalEgress == .none else { return false }
        if DoorBehaviour.isShort(world.phase, configuration.lock) { return false }
        if !configuration.lock.isReleased(
            relayIsEnergised: world.relayIsEnergised, hasMains: world.hasMains, isFire: world.isFire)
        {
            return true
        }
        // The width of an escape route counts on both leaves.
        return configuration.kind == .twoLeaf
            && !configuration.secondLock.isReleased(
                relayIsEnergised: world.secondRelayIsEnergised, hasMains: world.hasMains, isFire: world.isFire)
    }

    // MARK: The world

    private var boardRunsWithoutMains: Bool { configuration.lock.boardHasStandby }

    private func rest(_ world: inout World, _ phase: PowerPhase) {
        world.phase = phase
        world.relayIsEnergised = rested(world.relayIsEnergised, configuration.lock.rest(in: phase) ?? .keeps)
        world.secondRelayIsEnergised = rested(
            world.secondRelayIsEnergised, configuration.secondLock.rest(in: phase) ?? .keeps)
    }

    private func rested(_ level: Bool, _ rest: LineRest) -> Bool {
        switch rest {
        case .inactive: false
        case .active: true
        case .keeps: level
        }
    }

    private mutating func after(_ step: ProofStep, _ world: World) -> World? {
        var next = world
        let lock = configuration.lock
        switch step {
        case .powerOn:
            guard world.phase == .shutdown || world.phase == .mainsLost && world.hasMains else { return nil }
            rest(&next, .powerOn)
        case .runtimeClaimsLines:
            guard world.phase == .powerOn || world.phase == .update else { return nil }
            rest(&next, .start)
            let kept = world.door
            next.door = Door(configuration)
            // What outlives a restart: the release for a fire, lockdown. The mode is commanded or scheduled anew.
            next.door.isFireReleased = kept.isFireReleased
            next.door.isLockdown = kept.isLockdown
        case .runtimeDecides:
            guard world.phase == .start else { return nil }
            next.phase = .running
            next.door.setFireCause(world.isFire && isToldOfFire, configuration)
            settle(&next)
        case .fireBegins, .fireEnds:
            guard world.isFire == (step == .fireEnds) else { return nil }
            next.isFire = step == .fireBegins
            if world.phase == .running {
                next.door.setFireCause(next.isFire && isToldOfFire, configuration)
                settle(&next)
            }
        case .mainsFail:
            guard world.hasMains else { return nil }
            next.hasMains = false
            if !boardRunsWithoutMains { rest(&next, .mainsLost) }
        case .mainsReturn:
            guard !world.hasMains else { return nil }
            next.hasMains = true
            if world.phase == .mainsLost { rest(&next, .powerOn) }
        case .runtimeDies:
            guard world.phase == .running || world.phase == .start else { return nil }
            rest(&next, .crash)
        case .watchdogResets:
            guard lock.hasWatchdog, world.phase == .crash || world.phase == .running else { return nil }
            rest(&next, .powerOn)
        case .runtimeEnds, .updateBegins:
            guard world.phase == .running else { return nil }
            rest(&next, step == .runtimeEnds ? .shutdown : .update)
        default:
            guard world.phase == .running, happens(step, to: &next) else { return nil }
            settle(&next)
        }
        if next.phase != .running, next.phase != .start {
            // The process is gone; only what was written down remains.
            var remains = Door(configuration)
            remains.isFireReleased = next.door.isFireReleased
            remains.isLockdown = next.door.isLockdown
            next.door = remains
        }
        return next
    }

    // What happens at the door while the runtime decides. `false` where it cannot or makes no difference.
    private mutating func happens(_ step: ProofStep, to world: inout World) -> Bool {
        let now = Instant.start
        switch step {
        case .cardGranted, .cardGrantedExtended:
            guard !world.door.isReleasedForEmergency, !world.door.isFree else { return false }
            world.door.grant(
                .granted, by: .board, isExtended: step == .cardGrantedExtended, at: now, configuration)
        case .exitRequestBegins:
            guard !world.door.exitRequest.seen else { return false }
            world.door.senseExitRequest(true, at: now)
        case .exitRequestEnds:
            guard world.door.exitRequest.seen else { return false }
            world.door.senseExitRequest(false, at: now)
        case .doorOpens: return sense(.open, &world)
        case .doorCloses: return sense(.closed, &world)
        case .contactFails: return sense(.cut, &world)
        case .unlockTimeEnds:
            guard world.door.passageIsActive else { return false }
            world.door.endUnlockTime()
        case .secondLeafDelayEnds:
            guard world.door.secondLeafIsDue(configuration) else { return false }
            world.door.endSecondLeafDelay(configuration)
        case .exitRequestSticks:
            guard world.door.exitRequest.settled, !world.door.exitIsStuck, configuration.timings.exitStuck > .zero
            else {
                return false
            }
            world.door.endExitPatience(configuration)
        case .modeLocked: return setMode(.locked, &world)
        case .modeCard: return setMode(.card, &world)
        case .modeFree: return setMode(.free, &world)
        case .modeFirstCard: return setMode(.firstCard, &world)
        case .firstCardPresented:
            guard world.door.mode == .firstCard, !world.door.firstCardSeen else { return false }
            world.door.firstCardSeen = true
        case .lockdownBegins, .lockdownEnds:
            guard world.door.isLockdown == (step == .lockdownEnds) else { return false }
            world.door.setLockdown(step == .lockdownBegins)
        case .interlockHolds, .interlockLetsGo:
            guard isInterlocked, world.door.interlockAllowsFree == (step == .interlockHolds) else { return false }
            world.door.interlockAllowsFree = step == .interlockLetsGo
        case .emergencyExitOperated, .emergencyExitPutBack:
            guard world.door.emergencyExitIsActive == (step == .emergencyExitPutBack) else { return false }
            world.door.emergencyExitIsActive = step == .emergencyExitOperated
        case .fireReset:
            return world.door.resetFire() == .commanded
        default:
            return false
        }
        return true
    }

    private func sense(_ state: ContactState, _ world: inout World) -> Bool {
        guard configuration.hasContact, world.door.contact.seen != state else { return false }
        world.door.senseContact(state, isSecondLeaf: false, at: .start)
        if configuration.kind == .twoLeaf, world.door.secondContact.seen == .unread {
            world.door.senseContact(.closed, isSecondLeaf: true, at: .start)
        }
        return true
    }

    private func setMode(_ mode: DoorMode, _ world: inout World) -> Bool {
        guard world.door.mode != mode else { return false }
        world.door.setMode(mode)
        return true
    }

    // Lets the door follow, as the controller does, and drives the relay by what came of it.
    private mutating func settle(_ world: inout World) {
        let now = Instant.start
        output.removeAll()
        world.door.advance(to: now, configuration, door: DoorIndex(0), into: &output)
        if world.door.exitWasRequested {
            world.door.exitWasRequested = false
            let isHeld = world.door.isLockdown && configuration.lockdownHoldsExit && !configuration.isEgress
            if configuration.exitAction == .release, !isHeld, !world.door.isReleasedForEmergency {
                world.door.grant(.requestToExit, by: .board, isExtended: false, at: now, configuration)
                world.door.advance(to: now, configuration, door: DoorIndex(0), into: &output)
            }
        }
        world.door = world.door.essence()
        world.relayIsEnergised = configuration.lock.relayIsEnergised(isReleased: world.door.isReleased)
        world.secondRelayIsEnergised = configuration.secondLock.relayIsEnergised(
            isReleased: world.door.secondLeafIsReleased)
    }

    // MARK: States seen

    // `false` only if there is no room.
    private mutating func add(_ world: World, parent: Int32, _ step: ProofStep) -> Bool {
        var slot = fingerprint(world) & (index.count - 1)
        while index[slot] >= 0 {
            if nodes[Int(index[slot])].world == world { return true }
            slot = (slot + 1) & (index.count - 1)
        }
        let place = Int32(truncatingIfNeeded: nodes.count)
        guard nodes.append(Node(world: world, parent: parent, step: step)) else { return false }
        index[slot] = place
        return true
    }

    // A hash of one's own: the standard library's is seeded anew in each process, and would walk in another order.
    private func fingerprint(_ world: World) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ value: Int64) {
            hash = (hash ^ UInt64(bitPattern: value)) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 29
        }
        let door = world.door
        mix(Int64(world.phase.rawValue) << 8 | (world.isFire ? 1 : 0) | (world.hasMains ? 2 : 0))
        mix((world.relayIsEnergised ? 1 : 0) | (world.secondRelayIsEnergised ? 2 : 0))
        mix(Int64(door.contact.settled.rawValue) << 8 | Int64(door.secondContact.settled.rawValue))
        mix((door.exitRequest.settled ? 1 : 0) | (door.exitIsStuck ? 2 : 0) | (door.interlockAllowsFree ? 4 : 0))
        mix(Int64(door.mode.rawValue) << 8 | Int64(door.cause.rawValue))
        mix((door.isLockdown ? 1 : 0) | (door.firstCardSeen ? 2 : 0) | (door.secondLeafIsReleased ? 4 : 0))
        mix(
            (door.isFireReleased ? 1 : 0) | (door.fireCauseIsActive ? 2 : 0) | (door.emergencyExitIsActive ? 4 : 0)
                | (door.hasOpened ? 8 : 0) | (door.passageIsActive ? 16 : 0) | (door.passageIsExtended ? 32 : 0)
                | (door.passageIncludesSecondLeaf ? 64 : 0))
        mix(Int64(door.passageReason.rawValue) << 8 | Int64(door.turnsLeft))
        return Int(truncatingIfNeeded: hash & 0x7FFF_FFFF_FFFF_FFFF)
    }
}
