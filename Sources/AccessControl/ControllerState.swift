import Cryptography
import FixedMemory
import HardwareInterface

/// What the controller keeps about a door besides the door itself.
struct DoorControl: BitwiseCopyable {
    /// A mode commanded by a person; it stands until the command is taken back.
    var commandedMode: DoorMode?
    var modeRequester = Requester.board
    /// A person put the door into lockdown; it stands until a person ends it.
    var isLockdownCommanded = false
    /// What the cause-and-effect matrix orders, and which of its rows.
    var order = DoorOrder.none
    var orderRequester = Requester.board
    var interlockedWith = DoorSet()
    var firstRight = LinkedRight.none
    var grantedFloors: UInt64 = 0
    var passengerCount: UInt8 = 0
}

/// A right in the chain of its door.
struct LinkedRight: BitwiseCopyable {
    static var none: UInt16 { .max }

    var right: AccessRight
    var next: UInt16
}

/// Somebody who was granted and has not yet passed.
struct Passenger: BitwiseCopyable {
    var hash = KeyedHash(low: 0, high: 0)
    var holder: UInt32 = 0
    var from = AreaIndex.outside
    var to = AreaIndex.outside
    var side = ReaderSide.entry
    var hasReservation = false
}

/// A credential that was accepted and waits for more.
struct AcceptedCredential: BitwiseCopyable {
    var hash = KeyedHash(low: 0, high: 0)
    var credential = Credential()
    var isUnderDuress = false
}

/// What a reader is in the middle of.
struct ReaderState: BitwiseCopyable {
    enum Waiting: UInt8, BitwiseCopyable {
        case nothing
        /// The card was good, its PIN must follow.
        case pin
        /// One person was good, another must follow.
        case secondPerson
        /// A visitor was good, the escort must follow.
        case escort
    }

    var waiting = Waiting.nothing
    var waitingUntil = Instant.never
    /// The card whose PIN is awaited.
    var card = AcceptedCredential()
    /// The first of two people.
    var first = AcceptedCredential()
    var hasFirst = false
    /// When the second person must have followed; stays while that person types a PIN.
    var firstUntil = Instant.never
    var firstNeedsEscort = false
    var digits = FixedBytes<12>()
    var digitsUntil = Instant.never
    var answer = ReaderIndication.ready
    var answerUntil = Instant.start
    var guesses = GuessLimiter()
    var codes = CodeLockout()

    func deadline(_ now: Instant, _ policy: GuessPolicy) -> Instant {
        var next = min(waitingUntil, digitsUntil)
        next = min(next, hasFirst ? firstUntil : .never)
        if answerUntil > now { next = min(next, answerUntil) }
        return min(next, guesses.deadline(policy))
    }
}

/// One area at work.
struct AreaState: BitwiseCopyable {
    var configuration: AreaConfiguration
    /// People in it.
    var occupants: UInt32 = 0
    /// People granted and on their way in.
    var reserved: UInt32 = 0
    var fullIsReported = false
}

extension DoorControl: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: interlockedWith, firstRight: follow from the image.
        state.carry(&commandedMode, blank: .locked)
        state.carry(&modeRequester)
        state.carry(&grantedFloors)
        state.carry(&passengerCount)
        state.carry(&isLockdownCommanded)
        state.carry(&order)
        state.carry(&orderRequester)
        if passengerCount > AccessController.passengersPerDoor { state.refuse() }
    }
}

extension Passenger: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&hash)
        state.carry(&holder)
        state.carry(&from)
        state.carry(&to)
        state.carry(&side)
        state.carry(&hasReservation)
    }
}

extension AcceptedCredential: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&hash)
        state.carry(&credential)
        state.carry(&isUnderDuress)
    }
}

extension ReaderState.Waiting: Carried {}

extension ReaderState: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&waiting)
        state.carry(&waitingUntil)
        state.carry(&card)
        state.carry(&first)
        state.carry(&hasFirst)
        state.carry(&firstUntil)
        state.carry(&firstNeedsEscort)
        // Left out: digits: only how many; what people type is in no recording, and does not decide when that is played back.
        var count = UInt8(digits.count)
        state.carry(&count)
        if state.direction == .restoring {
            digits.removeAll()
            for _ in 0..<count { digits.append(0) }
            if digits.overflowed { state.refuse() }
        }
        state.carry(&digitsUntil)
        state.carry(&answer)
        state.carry(&answerUntil)
        state.carry(&guesses)
        state.carry(&codes)
    }
}

extension AreaState: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: configuration: follows from the image.
        state.carry(&occupants)
        state.carry(&reserved)
        state.carry(&fullIsReported)
    }
}
