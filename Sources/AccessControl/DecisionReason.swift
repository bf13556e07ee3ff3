import FixedMemory

/// Why a door was or was not opened: the one list that every decision takes its reason from, whoever asked.
///
/// The numbers are stable: they stand in events, in the journal and in the protocol. Below 64 the answer is yes, from 64
/// to 95 the door waits for something more, from 96 the answer is no.
public enum DecisionReason: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    // MARK: Granted

    /// A valid credential with the right to pass now.
    case granted = 0
    /// As `granted`, with the extended opening time of its holder.
    case grantedExtended = 1
    /// As `granted`, but under duress: the duress code was typed. The door behaves as for any grant; only the event tells.
    case grantedUnderDuress = 2
    /// Granted although it breaks anti-passback, where the area only records that (soft anti-passback).
    case grantedAgainstPassback = 3
    /// The second of two people was accepted; both may pass.
    case grantedTwoPersons = 4
    /// An escort vouched for a visitor; both may pass.
    case grantedEscorted = 5
    /// The first authorised card of the period: the door is free from now until the period ends.
    case grantedFirstCard = 6
    /// Request to exit.
    case requestToExit = 7
    /// A person with the right to do so commanded it from the console or the platform.
    case commanded = 8
    /// The door is free at this time; nobody needs to ask.
    case doorFree = 9
    /// The door is released for a fire; everyone may pass.
    case fireRelease = 10
    /// The emergency call point at the door is operated; everyone may pass.
    case emergencyExit = 11

    // MARK: Waiting for more

    /// The credential is good; its PIN must follow.
    case pinRequired = 64
    /// The credential is good; that of a second person must follow.
    case secondPersonRequired = 65
    /// The credential is good; that of an escort must follow.
    case escortRequired = 66

    // MARK: Denied: the credential

    /// Not in the table.
    case unknownCredential = 96
    /// Its validity has not begun.
    case notYetValid = 97
    /// Its validity has ended.
    case expired = 98
    /// Suspended by an administrator.
    case suspended = 99
    /// Reported lost.
    case lost = 100
    /// Reported stolen.
    case stolen = 101
    /// Blocked after too many wrong PINs.
    case blockedByWrongPins = 102
    /// All its uses are used.
    case noUsesLeft = 103
    /// It is limited in time and the clock is not trusted.
    case clockNotTrusted = 104

    // MARK: Denied: the right to this door

    /// None of its groups may pass this door on this side.
    case noRight = 110
    /// A group may pass, but not at this time.
    case outsideSchedule = 111
    /// Its groups allow no floor of this lift.
    case noFloor = 112

    // MARK: Denied: the PIN

    /// The PIN is wrong.
    case wrongPin = 120
    /// The credential has no PIN, and the door wants one.
    case noPin = 121
    /// The PIN did not follow in time.
    case pinTimedOut = 122
    /// No code is accepted here for a while, after too many wrong ones.
    case tooManyAttempts = 123
    /// The door takes no codes in its present mode.
    case codeNotAccepted = 124

    // MARK: Denied: the other person

    /// The second person did not follow in time.
    case secondPersonTimedOut = 130
    /// The second credential belongs to the same person.
    case samePerson = 131
    /// The escort did not follow in time.
    case escortTimedOut = 132
    /// The person who followed may not escort.
    case notAnEscort = 133

    // MARK: Denied: the state of the door and its areas

    /// The door is locked at this time for everyone.
    case doorLocked = 140
    /// Lockdown.
    case lockdown = 141
    /// Another door of the interlock is open or released.
    case interlock = 142
    /// Anti-passback: the person is not where this door starts from.
    case antiPassback = 143
    /// Timed anti-passback: the person came in a short time ago.
    case timedAntiPassback = 144
    /// The area has as many people as it may hold.
    case areaFull = 145
    /// The board cannot keep track of one more person.
    case presenceTableFull = 146
    /// The reader is in tamper and takes nothing.
    case readerTampered = 147

    // MARK: Denied: the command

    /// There is no such door.
    case unknownDoor = 150
    /// The door is released for a fire and stays so until the fire is reset.
    case fireActive = 151
    /// The reset is refused: what caused the fire release is still there.
    case fireCauseActive = 152
    /// Nothing to do: the door already is as asked.
    case alreadySo = 153

    /// Whether the door opens, or stays open, for the one who asked.
    @inlinable public var isGranted: Bool { rawValue < 64 }
    /// Whether the answer waits for a PIN or another person.
    @inlinable public var isPending: Bool { rawValue >= 64 && rawValue < 96 }
    /// Whether the one who asked is turned away.
    @inlinable public var isDenied: Bool { rawValue >= 96 }
}

extension DecisionReason: Carried {}
