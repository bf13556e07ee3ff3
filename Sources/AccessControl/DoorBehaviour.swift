/// What a lock does in a stretch of the board's life.
public enum LockBehaviour: UInt8, Sendable, BitwiseCopyable {
    /// People get through.
    case released = 0
    case locked = 1
    /// As it was before.
    case asBefore = 2
    /// As the rules of the moment say: mode, cards, requests to exit.
    case asDecided = 3
}

/// What one door does in each stretch of the board's life, with and without a fire: the table that `board explain` prints.
public struct DoorBehaviour: Equatable, Sendable, BitwiseCopyable {
    public struct Row: Equatable, Sendable, BitwiseCopyable {
        public var phase: PowerPhase
        public var withoutFire: LockBehaviour
        public var inFire: LockBehaviour
        /// The stretch ends by itself within the time of a start or of the watchdog.
        public var isShort: Bool
    }

    let wiring: LockWiring
    let isToldOfFire: Bool

    /// - Parameters:
    ///   - wiring: the lock.
    ///   - isToldOfFire: a fire reaches the door, by its zones or by the cause-and-effect matrix.
    public init(_ wiring: LockWiring, isToldOfFire: Bool) {
        self.wiring = wiring
        self.isToldOfFire = isToldOfFire
    }

    /// The row of one phase.
    public subscript(_ phase: PowerPhase) -> Row {
        Row(
            phase: phase, withoutFire: behaviour(phase, isFire: false), inFire: behaviour(phase, isFire: true),
            isShort: DoorBehaviour.isShort(phase, wiring))
    }

    /// Whether a phase cannot last: a start takes its moment, and a watchdog ends a crash.
    public static func isShort(_ phase: PowerPhase, _ wiring: LockWiring) -> Bool {
        switch phase {
        case .start, .update: true
        case .crash: wiring.hasWatchdog
        case .powerOn, .running, .watchdogReset, .shutdown, .mainsLost: false
        }
    }

    private func behaviour(_ phase: PowerPhase, isFire: Bool) -> LockBehaviour {
        let hasMains = phase != .mainsLost
        guard let rest = wiring.rest(in: phase) else {
            // The runtime decides.
            if isFire, isToldOfFire { return fixed(isReleased: true, hasMains: hasMains, isFire: isFire) }
            let released = isPassable(isReleased: true, hasMains: hasMains, isFire: isFire)
            let locked = isPassable(isReleased: false, hasMains: hasMains, isFire: isFire)
            return released == locked ? (released ? .released : .locked) : .asDecided
        }
        switch rest {
        case .inactive: return passable(false, hasMains, isFire)
        case .active: return passable(true, hasMains, isFire)
        case .keeps:
            let one = passable(false, hasMains, isFire)
            let other = passable(true, hasMains, isFire)
            return one == other ? one : .asBefore
        }
    }

    private func passable(_ relayIsEnergised: Bool, _ hasMains: Bool, _ isFire: Bool) -> LockBehaviour {
        wiring.isReleased(relayIsEnergised: relayIsEnergised, hasMains: hasMains, isFire: isFire) ? .released : .locked
    }

    private func isPassable(isReleased: Bool, hasMains: Bool, isFire: Bool) -> Bool {
        wiring.isReleased(
            relayIsEnergised: wiring.relayIsEnergised(isReleased: isReleased), hasMains: hasMains, isFire: isFire)
    }

    private func fixed(isReleased: Bool, hasMains: Bool, isFire: Bool) -> LockBehaviour {
        isPassable(isReleased: isReleased, hasMains: hasMains, isFire: isFire) ? .released : .locked
    }
}

extension LockWiring {
    /// What the line does in a phase; `nil` where the runtime drives it.
    ///
    /// An update is an orderly end and a start one after the other; a watchdog reset is a reset of the processor, after
    /// which the line is as at power-on. Without mains a board without standby has no current for its relays.
    func rest(in phase: PowerPhase) -> LineRest? {
        switch phase {
        case .powerOn, .watchdogReset: atPowerOn
        case .start: atStart
        case .running: nil
        case .crash: afterCrash
        case .shutdown, .update: atShutdown
        case .mainsLost: boardHasStandby ? nil : .inactive
        }
    }
}
