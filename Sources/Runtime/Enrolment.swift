import AccessControl
import Authority
import Console
import Cryptography
import FixedMemory
import HardwareInterface
import WardenMessages

/// A card that somebody at a console is about to present, and what it is to be good for.
struct Enrolment: BitwiseCopyable {
    let request: EnrolmentRequest
    let console: Int
    let actor: Actor
    let until: Instant
}

/// How an enrolment ended, for the console that began it.
struct EndedEnrolment: BitwiseCopyable {
    let console: Int
    let outcome: EnrolmentOutcome
}

// A card becomes known by being presented. What is kept of it is its keyed hash, by the same steps by which a platform
// sends credentials over a link: so it is kept over restarts, and played back, like those.
extension BoardCore {
    mutating func beginEnrolment(
        _ request: EnrolmentRequest, fromConsole console: Int, user: Int?
    ) -> CommandResult {
        let principal = consoleAccess.principal(atConsole: console, user: user)
        let command = Command(kind: .credentialEnrol, target: UInt32(request.reader))
        let result = refusalOfEnrolment(request, principal) ?? .started
        audit(command, principal.actor, result)
        guard result == .started else { return result }
        enrolment = Enrolment(
            request: request, console: console, actor: principal.actor,
            until: now + .seconds(Int64(request.seconds)))
        return .started
    }

    private func refusalOfEnrolment(_ request: EnrolmentRequest, _ principal: Principal) -> CommandResult? {
        guard principal.authorise(CredentialTransfer(step: .commit(CredentialCommit())), at: wallClock) != nil else {
            return .notPermitted
        }
        guard request.reader < readers.count else { return .unknownTarget }
        if let enrolment, now < enrolment.until { return .busy }
        if credentialTransfers.isUnderWay { return .busy }
        return readers.isOnline(request.reader) ? nil : .refused
    }

    /// Nobody is waited for any more.
    mutating func endEnrolment(atConsole console: Int) {
        guard let enrolment, enrolment.console == console else { return }
        self.enrolment = nil
        audit(
            Command(kind: .credentialEnrol, target: UInt32(enrolment.request.reader)), enrolment.actor, .tooLate)
    }

    /// Takes a card that was presented to be enrolled.
    ///
    /// - Returns: `false` if no card is waited for at this reader: it is a card like any other.
    mutating func enrol(_ hash: KeyedHash, atReader reader: Int) -> Bool {
        guard let enrolment, enrolment.request.reader == reader, now < enrolment.until else { return false }
        self.enrolment = nil
        let outcome = take(enrolment.request, hash)
        endedEnrolment = EndedEnrolment(console: enrolment.console, outcome: outcome)
        audit(
            Command(kind: .credentialEnrol, target: UInt32(reader)), enrolment.actor, outcome.result, tag: hash.low)
        return true
    }

    private mutating func take(_ request: EnrolmentRequest, _ hash: KeyedHash) -> EnrolmentOutcome {
        if access.credentials.credential(hash) != nil { return .known(tag: hash.low) }
        var credential = WardenMessages.Credential(groups: request.groups, holder: request.holder)
        credential.hash.appendLittleEndian(hash.low)
        credential.hash.appendLittleEndian(hash.high)
        credential.validUntil = request.validUntil
        credential.usesLeft = request.uses
        if !request.pin.isEmpty {
            let digits = request.pin
            guard let pin = CredentialHashing.pin(digits.span, of: hash, key: hashKey) else {
                return .refused(.outOfRange)
            }
            credential.pin = pin.value
        }
        let result = put(credential)
        return result == .done ? .enrolled(tag: hash.low, isKept: keeping.isOn) : .refused(result)
    }

    /// Adds one credential to the list that holds.
    private mutating func put(_ credential: WardenMessages.Credential) -> CommandResult {
        let version = access.credentials.version
        // All three steps or none: what is half kept would hold after a restart and not before.
        guard keeping.hasRoom(for: 3), !credentialTransfers.isUnderWay else { return .busy }
        var changes = CredentialChunk()
        changes.changes.append(CredentialChange(change: .put(credential)))
        let begin = CredentialBegin(
            baseVersion: version, version: version + 1, changes: 1, ontoImage: version == 0)
        for step in 0..<3 {
            let transfer: CredentialTransfer =
                switch step {
                case 0: CredentialTransfer(step: .begin(begin))
                case 1: CredentialTransfer(step: .chunk(changes))
                default: CredentialTransfer(step: .commit(CredentialCommit()))
                }
            let result = keeping.refusal(of: transfer) ?? takeStep(transfer).result
            guard result == .done else { return result }
        }
        return .done
    }
}
