import FixedMemory

/// What a sounder at the door does.
public enum DoorSounder: UInt8, Sendable, BitwiseCopyable {
    case silent = 0
    /// Intermittent: close the door.
    case warning = 1
    /// Steady: held open or forced.
    case alarm = 2
}

/// What a reader's light and text show. The driver of the reader turns it into colours and beeps.
///
/// Nothing here tells duress from an ordinary grant, or which digit was wrong.
public enum ReaderIndication: UInt8, Sendable, BitwiseCopyable {
    /// Locked, ready to read.
    case ready = 0
    /// Locked at this time for everybody, or lockdown.
    case closed = 1
    /// Released; pass.
    case released = 2
    /// A card was just granted.
    case granted = 3
    /// A card or code was just refused.
    case denied = 4
    /// Type the PIN.
    case pinWanted = 5
    /// Present the second card.
    case secondCardWanted = 6
    /// Released for an emergency.
    case emergency = 7
}

/// What the outputs of one door should be now. The access controller drives nothing itself.
public struct DoorOutputs: Equatable, Sendable, BitwiseCopyable {
    /// People get through.
    public var isReleased: Bool
    /// Level of the lock relay's line that makes it so, by kind and wiring of the lock.
    public var lockRelayIsEnergised: Bool
    /// The same for the second leaf of a two-leaf door.
    public var secondLeafIsReleased: Bool
    public var secondLockRelayIsEnergised: Bool
    /// Floors of a lift that may be chosen, bit n floor n.
    public var floors: UInt64
    public var sounder: DoorSounder
    public var entryReader: ReaderIndication
    public var exitReader: ReaderIndication

    public init(
        isReleased: Bool = false, lockRelayIsEnergised: Bool = false, secondLeafIsReleased: Bool = false,
        secondLockRelayIsEnergised: Bool = false, floors: UInt64 = 0, sounder: DoorSounder = .silent,
        entryReader: ReaderIndication = .ready, exitReader: ReaderIndication = .ready
    ) {
        self.isReleased = isReleased
        self.lockRelayIsEnergised = lockRelayIsEnergised
        self.secondLeafIsReleased = secondLeafIsReleased
        self.secondLockRelayIsEnergised = secondLockRelayIsEnergised
        self.floors = floors
        self.sounder = sounder
        self.entryReader = entryReader
        self.exitReader = exitReader
    }
}

extension ReaderIndication: Carried {}
