import Cryptography
import FixedMemory
import HardwareInterface

/// What happened at a door, a reader or an area.
public enum AccessEventKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Somebody asked, and this is the answer; `reason` says which.
    case decision = 0
    /// The lock was released, or its release has a new cause; `reason` says why.
    case released = 1
    /// The lock is locked again; whether the door is closed is told by `closed` and `opened`.
    case locked = 2
    /// The door was opened; `reason` says on what ground, `board` as requester that it was found open at the start.
    case opened = 3
    /// The door is closed; what was open, held or forced has ended.
    case closed = 4
    /// The door was opened without release and without request to exit.
    case forced = 5
    /// Open longer than the first limit: those nearby are warned.
    case heldOpenWarning = 6
    /// Open longer than allowed.
    case heldOpen = 7
    /// The held-open warning or alarm has ended though the door is open: it became free, or was granted anew.
    case heldOpenEnded = 8
    /// A grant ended without the door having been opened.
    case grantedNotOpened = 9
    /// The contact tells nothing any more; `detail` is the `ContactState`.
    case contactFault = 10
    /// The contact can be believed again; `detail` is the `ContactState`.
    case contactRestored = 11
    /// Somebody is at a housing or wire; `detail` is the `TamperSource`.
    case tamper = 12
    case tamperRestored = 13
    /// The request to exit has been active for too long and no longer counts.
    case exitRequestStuck = 14
    case exitRequestRestored = 15
    /// The door is released for a fire.
    case fireReleased = 16
    /// The release for a fire has ended.
    case fireReset = 17
    /// The mode of the door changed; `detail` is the `DoorMode`.
    case modeChanged = 18
    case lockdownBegun = 19
    case lockdownEnded = 20
    /// Somebody opened under duress: a silent call for help. Nothing at the door may show it.
    case duress = 21
    /// Many unknown cards or wrong codes in a short time. Until `guessingEnded` the single ones are only counted.
    case guessing = 22
    /// The guessing has stopped; `count` were not recorded one by one.
    case guessingEnded = 23
    /// The credential is blocked after too many wrong PINs.
    case credentialBlocked = 24
    /// A tracked person went from `otherArea` to `area`.
    case passage = 25
    /// The area is full.
    case areaFull = 26
    /// The board cannot keep track of another person.
    case presenceTableFull = 27
    /// The active leaf of a two-leaf door was closed while the other stands open: it cannot latch.
    case leafSequence = 28
    /// Emergency call point operated.
    case emergencyExit = 29
    /// Emergency call point put back.
    case emergencyExitEnded = 30
    /// Floors of a lift were released; `detail` is 0, `floors` says which.
    case floorsReleased = 31
    /// Where people are was forgotten; the next reading of each is taken on trust.
    case passbackReset = 32
}

/// Where somebody tampers.
public enum TamperSource: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case entryReader = 0
    case exitReader = 1
    /// The housing of the board.
    case housing = 2
    /// The lock or its wire.
    case lock = 3
}

/// One thing that happened, as recorded and reported. It never carries an identifier, a code or a PIN.
public struct AccessEvent: Equatable, Sendable, BitwiseCopyable {
    public var kind: AccessEventKind
    public var at: Instant
    public var door: DoorIndex
    public var side: ReaderSide
    public var reason: DecisionReason
    /// Who asked for it, or what it comes from.
    public var requester: Requester
    /// Number of the holder of the credential; 0 where none is known.
    public var holder: UInt32
    /// First eight bytes of the credential's keyed hash; 0 where no card or code asked. Of an unknown card too, so that
    /// a technician can enrol it.
    public var credentialTag: UInt64
    /// By `kind`.
    public var detail: UInt8
    /// Where a person went, or the area concerned.
    public var area: AreaIndex
    /// Where a person came from.
    public var otherArea: AreaIndex
    /// By `kind`: things counted.
    public var count: UInt32
    /// Floors of a lift, bit n floor n.
    public var floors: UInt64

    public init(
        _ kind: AccessEventKind, at instant: Instant, door: DoorIndex, side: ReaderSide = .entry,
        reason: DecisionReason = .granted, requester: Requester = .board, holder: UInt32 = 0, credentialTag: UInt64 = 0,
        detail: UInt8 = 0, area: AreaIndex = .outside, otherArea: AreaIndex = .outside, count: UInt32 = 0,
        floors: UInt64 = 0
    ) {
        self.kind = kind
        self.at = instant
        self.door = door
        self.side = side
        self.reason = reason
        self.requester = requester
        self.holder = holder
        self.credentialTag = credentialTag
        self.detail = detail
        self.area = area
        self.otherArea = otherArea
        self.count = count
        self.floors = floors
    }
}
