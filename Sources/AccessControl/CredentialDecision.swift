import Cryptography
import FixedMemory
import HardwareInterface

/// Who passes: a card, a code or a PIN at a reader.
///
/// The order of the questions is fixed, so that the reason given is always that of the first one that says no: emergency,
/// tamper, the credential itself, its right here and now, the state of the door, PIN, second person, areas, interlock.
extension AccessController {
    // MARK: Cards and codes

    mutating func decide(
        _ hash: KeyedHash, isCode: Bool, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision {
        let reader = readerIndex(index, side)
        if doors[index].isReleasedForEmergency { return answerInEmergency(hash, index, side, into: &output) }
        if isTampered(index, side) { return answer(.readerTampered, hash, nil, index, side, into: &output) }
        guard let credential = credentials.credential(hash) else {
            return answerUnknown(hash, isCode: isCode, index, side, into: &output)
        }
        if isCode, readers[reader].codes.registerRight() { keepCodes(index, side, into: &output) }
        var accepted = AcceptedCredential(hash: hash, credential: credential)
        accepted.isUnderDuress = credential.traits.contains(.duress)
        if let reason = refusal(accepted, index, side) {
            return answer(reason, hash, credential, index, side, into: &output)
        }
        if needsPin(index, isCode: isCode) {
            guard credential.pin != nil else { return answer(.noPin, hash, credential, index, side, into: &output) }
            // The same card again begins anew; another card takes the place of the one before.
            readers[reader].waiting = .pin
            readers[reader].waitingUntil = now + configurations[index].timings.pin
            readers[reader].card = accepted
            readers[reader].digits.removeAll()
            readers[reader].digitsUntil = .never
            return answer(.pinRequired, hash, credential, index, side, into: &output)
        }
        return accept(accepted, index, side, into: &output)
    }

    // Everything that speaks against a credential before its PIN is asked for.
    private func refusal(_ accepted: AcceptedCredential, _ index: Int, _ side: ReaderSide) -> DecisionReason? {
        let credential = accepted.credential
        switch credential.status {
        case .active: break
        case .suspended: return .suspended
        case .lost: return .lost
        case .stolen: return .stolen
        }
        if pinAttempts.isBlocked(accepted.hash.low, at: now) { return .blockedByWrongPins }
        if let reason = refusalByTime(credential) { return reason }
        if credential.usesLeft == 0 { return .noUsesLeft }
        if let reason = refusalByRight(credential, index, side) { return reason }
        if isLockedDown(index, side), !credential.traits.contains(.lockdownPass) { return .lockdown }
        if doors[index].mode == .locked, !credential.traits.contains(.lockdownPass) { return .doorLocked }
        return nil
    }

    private func refusalByTime(_ credential: Credential) -> DecisionReason? {
        guard credential.isLimitedInTime else { return nil }
        guard let minute = wallMinute else { return policy.admitsTimeLimitedWithoutClock ? nil : .clockNotTrusted }
        if credential.validFromMinute != 0, minute < Int64(credential.validFromMinute) { return .notYetValid }
        if credential.validUntilMinute != 0, minute >= Int64(credential.validUntilMinute) { return .expired }
        return nil
    }

    private func refusalByRight(_ credential: Credential, _ index: Int, _ side: ReaderSide) -> DecisionReason? {
        var hasRight = false
        var isInSchedule = false
        var floors: UInt64 = 0
        var position = controls[index].firstRight
        while position != LinkedRight.none {
            let right = rights[Int(position)].right
            let isSide = side == .entry ? right.onEntry : right.onExit
            if isSide, right.groups.intersects(credential.groups) {
                hasRight = true
                if schedules.isActive(right.schedule) {
                    isInSchedule = true
                    floors |= right.floors
                }
            }
            position = rights[Int(position)].next
        }
        if !hasRight { return .noRight }
        if !isInSchedule { return .outsideSchedule }
        if configurations[index].kind == .lift, floors == 0 { return .noFloor }
        return nil
    }

    /// Floors that a credential's groups allow at a lift now.
    func allowedFloors(_ groups: GroupSet, _ index: Int, _ side: ReaderSide) -> UInt64 {
        var floors: UInt64 = 0
        var position = controls[index].firstRight
        while position != LinkedRight.none {
            let right = rights[Int(position)].right
            let isSide = side == .entry ? right.onEntry : right.onExit
            if isSide, right.groups.intersects(groups), schedules.isActive(right.schedule) { floors |= right.floors }
            position = rights[Int(position)].next
        }
        return floors
    }

    private func isTampered(_ index: Int, _ side: ReaderSide) -> Bool {
        guard configurations[index].tamperStopsReader else { return false }
        let source: TamperSource = side == .entry ? .entryReader : .exitReader
        return doors[index].tamperSources >> source.rawValue & 1 != 0
    }

    private func needsPin(_ index: Int, isCode: Bool) -> Bool {
        !isCode && doors[index].mode == .cardAndPin
    }

    // MARK: The second person, areas, interlock, grant

    // A credential against which nothing speaks, its PIN included.
    private mutating func accept(
        _ accepted: AcceptedCredential, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision {
        let reader = readerIndex(index, side)
        let credential = accepted.credential
        if doors[index].isFree, doors[index].isReleased {
            return grant(accepted, nil, .doorFree, index, side, into: &output)
        }
        if readers[reader].hasFirst {
            let first = readers[reader].first
            if isSamePerson(first, accepted) {
                return answer(.samePerson, accepted.hash, credential, index, side, into: &output)
            }
            let escorts =
                credential.traits.contains(.needsEscort)
                ? first.credential.traits.contains(.mayEscort) : credential.traits.contains(.mayEscort)
            if readers[reader].firstNeedsEscort || credential.traits.contains(.needsEscort), !escorts {
                return answer(.notAnEscort, accepted.hash, credential, index, side, into: &output)
            }
            let reason: DecisionReason = readers[reader].firstNeedsEscort ? .grantedEscorted : .grantedTwoPersons
            // Whatever comes of it, the pair is used up.
            forgetFirst(reader)
            return grant(accepted, first, reason, index, side, into: &output)
        }
        let needsEscort = credential.traits.contains(.needsEscort)
        let needsSecond =
            configurations[index].needsTwoPersons || credential.traits.contains(.needsSecondPerson)
        if needsEscort || needsSecond {
            readers[reader].first = accepted
            readers[reader].hasFirst = true
            readers[reader].firstNeedsEscort = needsEscort
            readers[reader].firstUntil = now + configurations[index].timings.secondPerson
            readers[reader].waiting = needsEscort ? .escort : .secondPerson
            readers[reader].waitingUntil = readers[reader].firstUntil
            return answer(
                needsEscort ? .escortRequired : .secondPersonRequired, accepted.hash, credential, index, side,
                into: &output)
        }
        return grant(accepted, nil, .granted, index, side, into: &output)
    }

    // Without a holder's number only the card itself tells people apart.
    private func isSamePerson(_ one: AcceptedCredential, _ other: AcceptedCredential) -> Bool {
        one.hash == other.hash || one.credential.holder != 0 && one.credential.holder == other.credential.holder
    }

    private mutating func grant(
        _ accepted: AcceptedCredential, _ companion: AcceptedCredential?, _ kind: DecisionReason, _ index: Int,
        _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision {
        let credential = accepted.credential
        var reason = kind
        var places = 1
        if let companion {
            places = 2
            // The first one may have been blocked, used up or expired while the second was awaited.
            if let present = credentials.credential(companion.hash) {
                var again = companion
                again.credential = present
                if let refused = refusal(again, index, side) {
                    return answer(refused, companion.hash, present, index, side, into: &output)
                }
            } else {
                return answer(.unknownCredential, companion.hash, nil, index, side, into: &output)
            }
            switch areaAnswer(companion.credential, index, side, places: 1) {
            case .refused(let refused):
                return answer(refused, companion.hash, companion.credential, index, side, into: &output)
            case .againstPassback: reason = .grantedAgainstPassback
            case .allowed: break
            }
        }
        switch areaAnswer(credential, index, side, places: places) {
        case .refused(let refused):
            if refused == .areaFull { reportFull(index, side, into: &output) }
            return answer(refused, accepted.hash, credential, index, side, into: &output)
        case .againstPassback: reason = .grantedAgainstPassback
        case .allowed: break
        }
        if kind != .doorFree, !interlockPermits(index) {
            return answer(.interlock, accepted.hash, credential, index, side, into: &output)
        }

        let isExtended =
            credential.traits.contains(.extendedTime) || companion?.credential.traits.contains(.extendedTime) == true
        if reason == .granted, isExtended { reason = .grantedExtended }
        if doors[index].mode == .firstCard, !doors[index].firstCardSeen, credential.traits.contains(.firstCard) {
            doors[index].firstCardSeen = true
            if reason == .granted || reason == .grantedExtended { reason = .grantedFirstCard }
        }
        let isUnderDuress = accepted.isUnderDuress || companion?.isUnderDuress == true
        if isUnderDuress { reason = .grantedUnderDuress }

        let requester = Requester(.credential, index: UInt16(side.rawValue))
        // Recorded before the lock moves: nothing is released without a cause that came before it.
        let decision = answer(reason, accepted.hash, credential, index, side, into: &output)
        if isUnderDuress {
            output.record(
                AccessEvent(
                    .duress, at: now, door: DoorIndex(UInt8(index)), side: side, reason: reason, requester: requester,
                    holder: credential.holder, credentialTag: accepted.hash.low))
        }
        if kind == .doorFree {
            expect(accepted, index, side, into: &output)
            passAll(index, into: &output)
            return decision
        }
        doors[index].grant(reason, by: requester, isExtended: isExtended, at: now, configurations[index])
        releaseFloors(credential, companion, index, side, into: &output)
        collectUnused(index, into: &output)
        if let companion { expect(companion, index, side, into: &output) }
        expect(accepted, index, side, into: &output)
        if !configurations[index].hasContact { passAll(index, into: &output) }
        return decision
    }

    private mutating func releaseFloors(
        _ credential: Credential, _ companion: AcceptedCredential?, _ index: Int, _ side: ReaderSide,
        into output: inout AccessOutput
    ) {
        guard configurations[index].kind == .lift else { return }
        var floors = allowedFloors(credential.groups, index, side)
        if let companion { floors |= allowedFloors(companion.credential.groups, index, side) }
        controls[index].grantedFloors =
            doors[index].cause == .passage ? controls[index].grantedFloors | floors : floors
        output.record(
            AccessEvent(
                .floorsReleased, at: now, door: DoorIndex(UInt8(index)), side: side,
                requester: Requester(.credential, index: UInt16(side.rawValue)), holder: credential.holder,
                floors: floors))
    }

    // MARK: PINs and codes

    mutating func takeKey(
        _ key: UInt8, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision? {
        let reader = readerIndex(index, side)
        let times = configurations[index].timings
        switch key {
        case 0...9:
            readers[reader].digits.append(key)
            readers[reader].digitsUntil = now + times.pin
            if readers[reader].waiting == .pin { readers[reader].waitingUntil = now + times.pin }
            let length = Int(configurations[index].pinLength)
            guard length > 0, readers[reader].digits.count >= length else { return nil }
            return takeDigits(index, side, into: &output)
        case 10:
            readers[reader].digits.removeAll()
            readers[reader].digitsUntil = .never
            return nil
        case 11:
            guard !readers[reader].digits.isEmpty || readers[reader].waiting == .pin else { return nil }
            return takeDigits(index, side, into: &output)
        default:
            return nil
        }
    }

    mutating func takeDigits(_ index: Int, _ side: ReaderSide, into output: inout AccessOutput) -> Decision {
        let reader = readerIndex(index, side)
        var digits = readers[reader].digits
        // More than fit is no PIN, even if what fitted were one.
        if digits.overflowed { digits.removeAll() }
        readers[reader].digits.removeAll()
        readers[reader].digitsUntil = .never
        if readers[reader].waiting == .pin { return takePin(digits, index, side, into: &output) }
        return takeCode(digits, index, side, into: &output)
    }

    private mutating func takePin(
        _ digits: FixedBytes<12>, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision {
        let reader = readerIndex(index, side)
        let card = readers[reader].card
        stopWaiting(reader)
        // The list may have changed while the PIN was typed.
        guard let present = credentials.credential(card.hash) else {
            return answer(.unknownCredential, card.hash, nil, index, side, into: &output)
        }
        var accepted = AcceptedCredential(hash: card.hash, credential: present)
        accepted.isUnderDuress = present.traits.contains(.duress)
        if doors[index].isReleasedForEmergency { return answerInEmergency(card.hash, index, side, into: &output) }
        if let reason = refusal(accepted, index, side) {
            return answer(reason, card.hash, present, index, side, into: &output)
        }
        guard let stored = present.pin else { return answer(.noPin, card.hash, present, index, side, into: &output) }

        // Both candidates are always computed and compared: the time taken tells neither which nor whether one fits.
        let typed = CredentialHashing.pin(digits.span, of: card.hash, key: hashKey)
        let lowered = CredentialHashing.pin(lastDigitLowered(digits).span, of: card.hash, key: hashKey)
        var isRight = typed?.matches(stored) ?? false
        var isDuress = lowered?.matches(stored) ?? false
        if case .pin(let wasRight, let wasDuress)? = recordedTyping { (isRight, isDuress) = (wasRight, wasDuress) }
        typedResult = .pin(isRight: isRight, isDuress: isDuress)
        if isRight || isDuress && policy.duressByLastDigit {
            if pinAttempts.forget(card.hash.low) { keepPins(card.hash.low, into: &output) }
            accepted.isUnderDuress = accepted.isUnderDuress || !isRight
            return accept(accepted, index, side, into: &output)
        }
        let decision = answer(.wrongPin, card.hash, present, index, side, into: &output)
        if let given = pinAttempts.makeRoom(for: card.hash.low) { keepPins(given, into: &output) }
        let isBlocked = pinAttempts.registerWrong(card.hash.low, at: now, policy.guesses)
        keepPins(card.hash.low, into: &output)
        if isBlocked {
            output.record(
                AccessEvent(
                    .credentialBlocked, at: now, door: DoorIndex(UInt8(index)), side: side,
                    reason: .blockedByWrongPins, requester: Requester(.credential, index: UInt16(side.rawValue)),
                    holder: present.holder, credentialTag: card.hash.low))
            if policy.guesses.pinBlock == .endless {
                credentials.setStatus(card.hash, .suspended)
                pinAttempts.forget(card.hash.low)
                keepPins(card.hash.low, into: &output)
                output.keep(.status(card.hash, .suspended, listVersion: credentials.version))
            }
        }
        return decision
    }

    private func keepPins(_ tag: UInt64, into output: inout AccessOutput) {
        output.keep(pinAttempts.kept(tag, at: now, wallMinute))
    }

    private func keepCodes(_ index: Int, _ side: ReaderSide, into output: inout AccessOutput) {
        output.keep(readers[readerIndex(index, side)].codes.kept(DoorIndex(UInt8(index)), side, at: now, wallMinute))
    }

    private func lastDigitLowered(_ digits: FixedBytes<12>) -> FixedBytes<12> {
        guard !digits.isEmpty else { return digits }
        var lowered = digits
        let last = digits.count - 1
        lowered[last] = digits[last] == 0 ? 9 : digits[last] - 1
        return lowered
    }

    private mutating func takeCode(
        _ digits: FixedBytes<12>, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision {
        let reader = readerIndex(index, side)
        let none = KeyedHash(low: 0, high: 0)
        if doors[index].isReleasedForEmergency { return answerInEmergency(none, index, side, into: &output) }
        guard doors[index].mode == .cardOrPin || doors[index].isFree else {
            return answer(.codeNotAccepted, none, nil, index, side, into: &output)
        }
        // Codes have one lock-out for the reader: who guesses codes has no card to block.
        if readers[reader].codes.isLocked(at: now) {
            return answer(.tooManyAttempts, none, nil, index, side, into: &output)
        }
        guard var hash = CredentialHashing.code(digits.span, key: hashKey) else {
            return answerUnknown(none, isCode: true, index, side, into: &output)
        }
        if case .code(let known)? = recordedTyping { hash = known ?? none }
        typedResult = .code(credentials.credential(hash) == nil ? nil : hash)
        return decide(hash, isCode: true, index, side, into: &output)
    }

    // MARK: Answers

    private mutating func answer(
        _ reason: DecisionReason, _ hash: KeyedHash, _ credential: Credential?, _ index: Int, _ side: ReaderSide,
        into output: inout AccessOutput
    ) -> Decision {
        show(reason, index, side)
        output.record(
            AccessEvent(
                .decision, at: now, door: DoorIndex(UInt8(index)), side: side, reason: reason,
                requester: Requester(.credential, index: UInt16(side.rawValue)), holder: credential?.holder ?? 0,
                credentialTag: hash.low))
        return Decision(reason)
    }

    private mutating func show(_ reason: DecisionReason, _ index: Int, _ side: ReaderSide) {
        let reader = readerIndex(index, side)
        if reason.isPending { return readers[reader].answerUntil = now }
        readers[reader].answer = reason.isGranted ? .granted : .denied
        readers[reader].answerUntil = now + configurations[index].timings.answer
    }

    private mutating func answerUnknown(
        _ hash: KeyedHash, isCode: Bool, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision {
        let reader = readerIndex(index, side)
        let requester = Requester(.credential, index: UInt16(side.rawValue))
        let door = DoorIndex(UInt8(index))
        if isCode {
            let isLockedOut = readers[reader].codes.registerWrong(at: now, policy.guesses)
            keepCodes(index, side, into: &output)
            if isLockedOut {
                output.record(
                    AccessEvent(
                        .guessing, at: now, door: door, side: side, reason: .tooManyAttempts, requester: requester))
            }
        }
        switch readers[reader].guesses.register(at: now, policy.guesses) {
        case .recorded:
            // A mistyped code must not be recorded in any form: one digit off it is the right one.
            let tag = isCode ? KeyedHash(low: 0, high: 0) : hash
            return answer(.unknownCredential, tag, nil, index, side, into: &output)
        case .engaged:
            output.record(
                AccessEvent(
                    .guessing, at: now, door: door, side: side, reason: .unknownCredential, requester: requester))
        case .counted:
            break
        }
        show(.unknownCredential, index, side)
        return Decision(.unknownCredential)
    }

    // Everyone may pass; who shows a known card is counted out of the building.
    private mutating func answerInEmergency(
        _ hash: KeyedHash, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) -> Decision {
        let reason: DecisionReason = doors[index].cause == .fire ? .fireRelease : .emergencyExit
        let credential = credentials.credential(hash)
        let decision = answer(reason, hash, credential, index, side, into: &output)
        if let credential {
            expect(AcceptedCredential(hash: hash, credential: credential), index, side, into: &output)
            passAll(index, into: &output)
        }
        return decision
    }

    // MARK: Time

    mutating func expireReader(_ index: Int, _ side: ReaderSide, into output: inout AccessOutput) {
        let reader = readerIndex(index, side)
        if readers[reader].waiting == .pin, now >= readers[reader].waitingUntil {
            let card = readers[reader].card
            stopWaiting(reader)
            _ = answer(.pinTimedOut, card.hash, card.credential, index, side, into: &output)
        }
        if readers[reader].hasFirst, now >= readers[reader].firstUntil {
            let first = readers[reader].first
            let reason: DecisionReason =
                readers[reader].firstNeedsEscort ? .escortTimedOut : .secondPersonTimedOut
            // A second card whose PIN is being typed is then the first of a new pair, or enters alone.
            forgetFirst(reader)
            _ = answer(reason, first.hash, first.credential, index, side, into: &output)
        }
        if now >= readers[reader].digitsUntil {
            readers[reader].digits.removeAll()
            readers[reader].digitsUntil = .never
        }
        if let unrecorded = readers[reader].guesses.release(at: now, policy.guesses) {
            output.record(
                AccessEvent(
                    .guessingEnded, at: now, door: DoorIndex(UInt8(index)), side: side, count: unrecorded))
        }
    }

    private mutating func stopWaiting(_ reader: Int) {
        readers[reader].waiting =
            readers[reader].hasFirst ? (readers[reader].firstNeedsEscort ? .escort : .secondPerson) : .nothing
        readers[reader].waitingUntil = readers[reader].hasFirst ? readers[reader].firstUntil : .never
        readers[reader].digits.removeAll()
        readers[reader].digitsUntil = .never
        readers[reader].card = AcceptedCredential()
    }

    private mutating func forgetFirst(_ reader: Int) {
        readers[reader].hasFirst = false
        readers[reader].first = AcceptedCredential()
        readers[reader].firstUntil = .never
        if readers[reader].waiting != .pin {
            readers[reader].waiting = .nothing
            readers[reader].waitingUntil = .never
        }
    }
}
