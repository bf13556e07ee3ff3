import FixedMemory
import HardwareInterface

/// Who may pass a door at a time.
public enum DoorMode: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Nobody by credential; only request to exit, commands and emergencies open it.
    case locked = 0
    /// A card.
    case card = 1
    /// A card and then its PIN.
    case cardAndPin = 2
    /// A card, or a code typed without one.
    case cardOrPin = 3
    /// As `card`, until the first card with the trait `firstCard`; from then on free until the mode changes.
    case firstCard = 4
    /// Everybody: the lock is released.
    case free = 5
}

/// What kind of opening a door is.
public enum DoorKind: UInt8, Sendable, BitwiseCopyable {
    /// One leaf.
    case single = 0
    /// An active leaf, and a second one with its own lock and contact.
    case twoLeaf = 1
    /// One passage for each grant; the contact signals the rotation.
    case turnstile = 2
    /// A reader in a lift car: a grant releases floors, not a door.
    case lift = 3
}

/// When a door locks again after somebody has passed.
public enum Relock: UInt8, Sendable, BitwiseCopyable {
    /// When the unlock time is over, whatever the door does.
    case afterTime = 0
    /// As soon as the door has opened: for strikes, whose latch falls in when it closes.
    case onOpen = 1
    /// As soon as the door has opened and closed again: for maglocks, which would otherwise pull at an open leaf.
    case onClose = 2
}

/// What a request to exit does.
public enum ExitAction: UInt8, Sendable, BitwiseCopyable {
    /// Releases the lock.
    case release = 0
    /// Only says that somebody leaves: the handle itself opens, and the opening is not forced.
    case shunt = 1
}

/// What ends the release for a fire.
public enum FireReset: UInt8, Sendable, BitwiseCopyable {
    /// A reset by an authorised person, accepted only once the cause is gone.
    case byPersonOnceCauseIsGone = 0
    /// The end of the cause: the fire panel is reset, and its signal with it.
    case withCause = 1
}

/// What people need in order to leave through a door when its lock does not release.
public enum MechanicalEgress: UInt8, Sendable, BitwiseCopyable {
    /// Nothing: only the lock lets them out.
    case none = 0
    /// A handle or bar opens from the inside whatever the lock does.
    case handle = 1
}

/// The times of a door.
public struct DoorTimings: Equatable, Sendable, BitwiseCopyable {
    /// Release after a grant. IEC 60839-11-1 asks for at least 3 s where the system fixes it.
    public var unlock: Interval = .seconds(5)
    /// Release after a grant to somebody who needs longer.
    public var extendedUnlock: Interval = .seconds(15)
    /// Release after a request to exit.
    public var exitUnlock: Interval = .seconds(5)
    /// From the closing of the door to its relocking (`Relock.onClose`).
    public var relockDelay: Interval = .zero
    /// Warning, counted from the opening; zero for none.
    public var heldOpenWarning: Interval = .seconds(20)
    /// Alarm, counted from the opening; zero for none.
    public var heldOpenAlarm: Interval = .seconds(30)
    /// Added to both after a grant to somebody who needs longer.
    public var extendedHeldOpen: Interval = .seconds(30)
    /// An opening this shortly after the relock still belongs to the release.
    public var relockGrace: Interval = .seconds(1)
    /// An opening without release waits this long for the request to exit that explains it before it is forced.
    public var exitRace: Interval = .milliseconds(500)
    /// An opening this shortly after a request to exit belongs to it.
    public var exitShunt: Interval = .seconds(5)
    /// A request to exit active for longer is stuck; zero for never.
    public var exitStuck: Interval = .seconds(60)
    /// The contact must hold a state for this long.
    public var contactDebounce: Interval = .milliseconds(30)
    /// The request to exit must be active for this long. IEC 60839-11-1 asks that 400 ms be processed.
    public var exitDebounce: Interval = .milliseconds(30)
    /// The second leaf is released this much after the first.
    public var secondLeafDelay: Interval = .milliseconds(500)
    /// A reader shows an answer for this long.
    public var answer: Interval = .seconds(2)
    /// A PIN must begin, and each next digit follow, within this time.
    public var pin: Interval = .seconds(10)
    /// The second person or the escort must follow within this time.
    public var secondPerson: Interval = .seconds(15)

    public init() {}
}

/// One door as the board file describes it.
public struct DoorConfiguration: Equatable, Sendable, BitwiseCopyable {
    public var kind: DoorKind = .single
    public var lock: LockWiring
    /// Lock of the second leaf (`DoorKind.twoLeaf`).
    public var secondLock: LockWiring
    /// Whether a contact tells if it is open. Without one it cannot be forced or held open, and an interlock refuses it.
    public var hasContact: Bool = true
    public var timings = DoorTimings()
    public var relock: Relock = .onClose
    public var exitAction: ExitAction = .release
    /// The release lasts as long as the request to exit is active, up to `exitStuck`.
    public var exitHoldsRelease: Bool = false
    /// Mode while no schedule and no command says otherwise.
    public var mode: DoorMode = .card
    /// On an escape route: a fire must leave it passable from the inside.
    public var isEgress: Bool = false
    public var mechanicalEgress: MechanicalEgress = .none
    public var fireReset: FireReset = .byPersonOnceCauseIsGone
    /// Lockdown that a person commanded refuses the request to exit too. Never on an egress door; there it is without effect.
    public var lockdownHoldsExit: Bool = false
    /// The second leaf opens for a grant with extended time only; otherwise for every grant.
    public var secondLeafForExtendedOnly: Bool = true
    /// Two different people at once.
    public var needsTwoPersons: Bool = false
    /// A tampered reader takes nothing more.
    public var tamperStopsReader: Bool = false
    /// The area that the entry reader leads from, and the exit reader to.
    public var outerArea: AreaIndex = .outside
    /// The area that the entry reader leads to, and the exit reader from.
    public var innerArea: AreaIndex = .outside
    /// Digits after which a PIN ends by itself; 0 where `#` ends it.
    public var pinLength: UInt8 = 0

    public init(lock: LockWiring) {
        self.lock = lock
        self.secondLock = lock
    }

    /// What contradicts itself in a configuration.
    public enum Fault: UInt8, Error, Sendable, BitwiseCopyable {
        /// A time is negative, or the unlock time is zero.
        case timing = 0
        /// The held-open warning is not before the alarm.
        case heldOpenOrder = 1
        /// A turnstile without a rotation contact.
        case turnstileWithoutContact = 2
        /// A PIN length above `CredentialHashing.digitLimit`.
        case pinLength = 3
        /// Relocking on a movement of the door, without a contact that reports it.
        case relock = 4
        /// An area that was not added before.
        case unknownArea = 5
    }

    /// What is wrong with it; `nil` if nothing.
    public var fault: Fault? {
        let times =
            [
                timings.extendedUnlock, timings.exitUnlock, timings.relockDelay, timings.heldOpenWarning,
                timings.heldOpenAlarm, timings.extendedHeldOpen, timings.relockGrace, timings.exitRace,
                timings.exitShunt,
                timings.exitStuck, timings.contactDebounce, timings.exitDebounce, timings.secondLeafDelay,
                timings.answer,
                timings.pin, timings.secondPerson,
            ] as InlineArray<16, Interval>
        guard timings.unlock > .zero else { return .timing }
        for index in 0..<16 where times[index] < .zero { return .timing }
        if timings.heldOpenWarning > .zero, timings.heldOpenAlarm > .zero,
            timings.heldOpenWarning >= timings.heldOpenAlarm
        {
            return .heldOpenOrder
        }
        if kind == .turnstile, !hasContact { return .turnstileWithoutContact }
        if Int(pinLength) > CredentialHashing.digitLimit { return .pinLength }
        if relock != .afterTime, !hasContact { return .relock }
        return nil
    }
}

extension DoorMode: Carried {}
