/// How a lock holds a door, and which way it fails.
public enum LockKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Electromagnet: holds while current flows, releases when it fails.
    case maglock = 0
    /// Strike or motor lock that releases while current flows; stays locked when it fails.
    case strikeFailSecure = 1
    /// Strike or motor lock that locks while current flows; releases when it fails.
    case strikeFailSafe = 2

    /// Whether the lock is released without current.
    @inlinable public var isFailSafe: Bool { self != .strikeFailSecure }

    /// Whether current must flow for the wanted state.
    ///
    /// - Parameter isReleased: whether people shall get through.
    @inlinable public func needsCurrent(isReleased: Bool) -> Bool { isFailSafe != isReleased }

    /// Whether people get through.
    ///
    /// - Parameter hasCurrent: whether current flows.
    @inlinable public func isReleased(hasCurrent: Bool) -> Bool { isFailSafe != hasCurrent }
}

/// Through which contact of the relay the lock is fed.
public enum RelayWiring: UInt8, Sendable, BitwiseCopyable {
    /// Current flows while the relay is energised.
    case normallyOpen = 0
    /// Current flows while the relay is at rest.
    case normallyClosed = 1

    /// Whether the lock has current.
    @inlinable public func feedsLock(relayIsEnergised: Bool) -> Bool { (self == .normallyOpen) == relayIsEnergised }
}

/// What an output line does in a phase in which the runtime does not drive it.
public enum LineRest: UInt8, Sendable, BitwiseCopyable {
    /// The relay is at rest.
    case inactive = 0
    /// The relay is energised.
    case active = 1
    /// The line stays as it was: an expander or a latching relay keeps its state.
    case keeps = 2
}

/// The stretches of a board's life in which its locks behave differently.
public enum PowerPhase: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// From mains to the moment the runtime claims its lines: boot loader, kernel.
    case powerOn = 0
    /// Lines are claimed, nothing is decided yet.
    case start = 1
    /// Decisions are made.
    case running = 2
    /// The runtime has died; the operating system runs.
    case crash = 3
    /// The watchdog resets the board.
    case watchdogReset = 4
    /// The runtime was told to end and has ended.
    case shutdown = 5
    /// A new version is being started in place of the old one.
    case update = 6
    /// No mains; the board runs on its standby supply or not at all.
    case mainsLost = 7
}

/// What feeds a lock.
public enum LockSupply: UInt8, Sendable, BitwiseCopyable {
    /// Mains only: no current at the lock when the mains fail.
    case mains = 0
    /// With a battery behind it: the lock keeps its current when the mains fail.
    case standby = 1
}

/// How a lock is wired and what its line does when nobody drives it. The base of the table that `board explain` prints
/// and of the proof that a fire leaves no egress door locked.
public struct LockWiring: Equatable, Sendable, BitwiseCopyable {
    public var kind: LockKind
    public var relay: RelayWiring
    public var supply: LockSupply
    /// The line before the runtime claims it: the processor's or expander's own default with its pull resistor.
    public var atPowerOn: LineRest
    /// The line in the very request that claims it.
    public var atStart: LineRest
    /// The line when the process has died. Linux gives the line back: what then happens is the driver's affair; most
    /// chips keep the level, so the safe assumption is written here by whoever has tried it.
    public var afterCrash: LineRest
    /// The line after an orderly end.
    public var atShutdown: LineRest
    /// A contact of the fire panel interrupts the lock's supply in a fire, whatever the board does.
    public var isCutByFirePanel: Bool
    /// The board itself runs on when the mains fail.
    public var boardHasStandby: Bool
    /// A hardware watchdog resets the board when the runtime has died, so that this cannot last.
    public var hasWatchdog: Bool

    public init(
        kind: LockKind, relay: RelayWiring = .normallyOpen, supply: LockSupply = .standby,
        atPowerOn: LineRest = .inactive, atStart: LineRest = .inactive, afterCrash: LineRest = .keeps,
        atShutdown: LineRest = .inactive, isCutByFirePanel: Bool = false, boardHasStandby: Bool = true,
        hasWatchdog: Bool = true
    ) {
        self.kind = kind
        self.relay = relay
        self.supply = supply
        self.atPowerOn = atPowerOn
        self.atStart = atStart
        self.afterCrash = afterCrash
        self.atShutdown = atShutdown
        self.isCutByFirePanel = isCutByFirePanel
        self.boardHasStandby = boardHasStandby
        self.hasWatchdog = hasWatchdog
    }

    /// Whether the relay must be energised for the wanted state: what the runtime writes to the line.
    @inlinable public func relayIsEnergised(isReleased: Bool) -> Bool {
        relay.feedsLock(relayIsEnergised: true) == kind.needsCurrent(isReleased: isReleased)
    }

    /// Whether people get through, from what is true of line, supply and fire.
    ///
    /// - Parameters:
    ///   - relayIsEnergised: the relay at this moment.
    ///   - hasMains: whether the mains are there.
    ///   - isFire: whether the fire panel signals a fire.
    public func isReleased(relayIsEnergised: Bool, hasMains: Bool, isFire: Bool) -> Bool {
        let isFed = hasMains || supply == .standby
        let isCut = isFire && isCutByFirePanel
        return kind.isReleased(hasCurrent: isFed && !isCut && relay.feedsLock(relayIsEnergised: relayIsEnergised))
    }
}
