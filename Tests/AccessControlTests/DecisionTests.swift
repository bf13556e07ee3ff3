import AccessControl
import Cryptography
import HardwareInterface
import Testing

/// Minutes from 1970 to Monday 2024-01-01 12:00 UTC.
private let noon: UInt32 = 28_401_840

@Suite("A decision")
struct DecisionTests {
    struct Rule: CustomTestStringConvertible, Sendable {
        var name: String
        var credential: @Sendable (inout Credential) -> Void = { _ in }
        var door: @Sendable (inout DoorConfiguration) -> Void = { _ in }
        var clock = TestBoard.monday
        var expected: DecisionReason
        var testDescription: String { name }
    }

    @Test(
        "the credential itself",
        arguments: [
            Rule(name: "good", expected: .granted),
            Rule(name: "suspended", credential: { $0.status = .suspended }, expected: .suspended),
            Rule(name: "lost", credential: { $0.status = .lost }, expected: .lost),
            Rule(name: "stolen", credential: { $0.status = .stolen }, expected: .stolen),
            Rule(name: "valid from this minute", credential: { $0.validFromMinute = noon }, expected: .granted),
            Rule(
                name: "valid from the next minute", credential: { $0.validFromMinute = noon + 1 },
                expected: .notYetValid),
            Rule(name: "in its last minute", credential: { $0.validUntilMinute = noon + 1 }, expected: .granted),
            Rule(name: "a minute too late", credential: { $0.validUntilMinute = noon }, expected: .expired),
            Rule(name: "one use left", credential: { $0.usesLeft = 1 }, expected: .granted),
            Rule(name: "no use left", credential: { $0.usesLeft = 0 }, expected: .noUsesLeft),
            Rule(
                name: "limited in time, clock never set", credential: { $0.validUntilMinute = noon + 1 }, clock: .unset,
                expected: .clockNotTrusted),
            Rule(name: "unlimited, clock never set", clock: .unset, expected: .granted),
            Rule(
                name: "limited in time, clock running freely", credential: { $0.validUntilMinute = noon },
                clock: WallClock(unixMilliseconds: TestBoard.monday.unixMilliseconds, trust: .freeRunning),
                expected: .expired),
            Rule(name: "no group in common", credential: { $0.groups = .none }, expected: .noRight),
            Rule(
                name: "a door locked for everybody", door: { $0.mode = .locked }, expected: .doorLocked),
            Rule(
                name: "the emergency services at a locked door", credential: { $0.traits = .lockdownPass },
                door: { $0.mode = .locked }, expected: .granted),
            Rule(name: "needs longer", credential: { $0.traits = .extendedTime }, expected: .grantedExtended),
            Rule(name: "a card for duress", credential: { $0.traits = .duress }, expected: .grantedUnderDuress),
            Rule(name: "a card without PIN where one is wanted", door: { $0.mode = .cardAndPin }, expected: .noPin),
            Rule(
                name: "lost beats expired",
                credential: {
                    $0.status = .lost
                    $0.validUntilMinute = 1
                }, expected: .lost),
        ])
    func credential(rule: Rule) {
        let board = TestBoard(clock: rule.clock)
        board.door(rule.door)
        board.enrol(1, rule.credential)
        board.start()
        #expect(board.present(1) == rule.expected)
        #expect(board.isReleased() == rule.expected.isGranted)
        if rule.expected.isDenied { #expect(board.happened() == ["\(rule.expected)"]) }
    }

    @Test("an unknown card is denied, with its tag and no holder")
    func unknown() {
        let board = TestBoard()
        board.door()
        board.start()
        #expect(board.present(99) == .unknownCredential)
        #expect(board.events.count == 1)
        #expect(board.events[0].credentialTag == board.card(99).low)
        #expect(board.events[0].holder == 0)
        #expect(board.outputs().entryReader == .denied)
        board.wait(seconds: 2)
        #expect(board.outputs().entryReader == .ready)
    }

    @Test("a door that the board does not have")
    func unknownDoor() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()
        #expect(board.present(1, DoorIndex(9)) == .unknownDoor)
        #expect(board.command(.unlock, DoorIndex(200)) == .unknownDoor)
    }

    @Test("each side has its own rights")
    func sides() {
        let board = TestBoard()
        let door = try! board.controller.addDoor(DoorConfiguration(lock: LockWiring(kind: .maglock)))!
        board.right(AccessRight(door: door, onEntry: true, onExit: false, groups: GroupSet(bits: 1)))
        board.right(AccessRight(door: door, onEntry: false, onExit: true, groups: GroupSet(bits: 2)))
        board.enrol(1) { $0.groups = GroupSet(bits: 1) }
        board.enrol(2) { $0.groups = GroupSet(bits: 2) }
        board.start()
        #expect(board.present(1, door, .entry) == .granted)
        #expect(board.present(1, door, .exit) == .noRight)
        #expect(board.present(2, door, .entry) == .noRight)
        #expect(board.present(2, door, .exit) == .granted)
    }

    @Test("a right counts in its schedule only; another right may cover the rest")
    func schedules() {
        let board = TestBoard()
        let mornings = board.controller.schedules.addSchedule(UntrustedClockRule(isActiveWhenUnset: false))!
        _ = board.controller.schedules.addPeriod(
            SchedulePeriod(days: SchedulePeriod.weekdays, fromMinute: 480, toMinute: 721))
        let door = try! board.controller.addDoor(DoorConfiguration(lock: LockWiring(kind: .maglock)))!
        board.right(AccessRight(door: door, groups: GroupSet(bits: 1), schedule: mornings))
        board.right(AccessRight(door: door, groups: GroupSet(bits: 2)))
        board.enrol(1) { $0.groups = GroupSet(bits: 1) }
        board.enrol(2) { $0.groups = GroupSet(bits: 3) }
        board.start()
        #expect(board.present(1) == .granted)
        board.wait(seconds: 60)
        #expect(board.present(1) == .outsideSchedule)
        #expect(board.present(2) == .granted)
        board.setClock(.unset)
        #expect(board.present(1) == .outsideSchedule)
    }

    @Test("the last use is used up by passing, not by asking")
    func usesLeft() {
        let board = TestBoard()
        board.door()
        let hash = board.enrol(1) { $0.usesLeft = 2 }
        board.start()
        board.present(1)
        board.wait(seconds: 10)
        #expect(board.controller.credentials.credential(hash)?.usesLeft == 2)
        for left in [UInt8(1), 0] {
            #expect(board.present(1) == .granted)
            board.open()
            board.close()
            #expect(board.controller.credentials.credential(hash)?.usesLeft == left)
        }
        #expect(board.present(1) == .noUsesLeft)
        #expect(board.changes.suffix(1) == [.usesLeft(hash, 0, listVersion: 0)])
    }

    @Test("a card and then its PIN")
    func cardAndPin() {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        #expect(board.present(1) == .pinRequired)
        #expect(!board.isReleased())
        #expect(board.outputs().entryReader == .pinWanted)
        #expect(board.type([4, 7, 1, 1]) == .granted)
        #expect(board.isReleased())
    }

    @Test(
        "PINs that open nothing",
        arguments: [[4, 7, 1, 0], [4, 7, 1], [4, 7, 1, 1, 1], [], [Int](repeating: 4, count: 13)])
    func wrongPin(digits: [Int]) {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        board.present(1)
        #expect(board.type(digits.map { UInt8($0) }) == .wrongPin)
        #expect(!board.isReleased())
        // The PIN alone, without the card, opens nothing either.
        #expect(board.type([4, 7, 1, 1]) == .codeNotAccepted)
    }

    @Test("twelve right digits and one more are not a right PIN")
    func pinOverflow() {
        let board = TestBoard()
        let digits: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: digits)
        board.start()
        board.present(1)
        #expect(board.type(digits + [3]) == .wrongPin)
        board.present(1)
        #expect(board.type(digits) == .granted)
    }

    @Test("a PIN typed with pauses counts while each pause is short enough")
    func pinPauses() {
        let board = TestBoard()
        board.door {
            $0.mode = .cardAndPin
            $0.pinLength = 4
        }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        board.present(1)
        var answer: DecisionReason?
        for digit in [UInt8(4), 7, 1, 1] {
            board.wait(.milliseconds(9_900))
            answer =
                board.controller.press(digit, at: DoorIndex(0), .entry, now: board.now, into: &board.output)?.reason
        }
        #expect(answer == .granted)
        board.present(1)
        board.wait(seconds: 9)
        _ = board.controller.press(4, at: DoorIndex(0), .entry, now: board.now, into: &board.output)
        board.forgetLog()
        board.wait(seconds: 11)
        #expect(board.happened().contains("pinTimedOut"))
    }

    @Test("star starts the PIN anew")
    func pinCleared() {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        board.present(1)
        #expect(board.type([9, 9, 10, 4, 7, 1, 1]) == .granted)
    }

    @Test(
        "a PIN one higher in its last digit opens and calls for help, and the door shows nothing of it",
        arguments: [1, 9])
    func duressPin(last: UInt8) {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, last])
        board.start()
        board.present(1)
        board.type([4, 7, 1, last])
        let shown = board.outputs()
        board.wait(seconds: 30)
        board.present(1)
        board.forgetLog()
        #expect(board.type([4, 7, 1, (last + 1) % 10]) == .grantedUnderDuress)
        #expect(board.outputs() == shown)
        #expect(board.happened() == ["grantedUnderDuress", "duress", "released grantedUnderDuress"])
    }

    @Test("without the duress rule that PIN is simply wrong")
    func noDuressRule() {
        var policy = AccessPolicy()
        policy.duressByLastDigit = false
        let board = TestBoard(policy: policy)
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        board.present(1)
        #expect(board.type([4, 7, 1, 2]) == .wrongPin)
    }

    @Test("five wrong PINs block the card, a quarter of an hour later it is tried again")
    func pinBlock() {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        for _ in 0..<5 {
            board.present(1)
            board.type([0, 0, 0, 0])
        }
        #expect(board.happened().last == "credentialBlocked")
        #expect(board.present(1) == .blockedByWrongPins)
        board.wait(.minutes(15) - .milliseconds(1))
        #expect(board.present(1) == .blockedByWrongPins)
        board.wait(.milliseconds(1))
        #expect(board.present(1) == .pinRequired)
        #expect(board.type([4, 7, 1, 1]) == .granted)
    }

    @Test("an administrator ends the block")
    func pinBlockEnded() {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        for _ in 0..<5 {
            board.present(1)
            board.type([0, 0, 0, 0])
        }
        #expect(board.present(1) == .blockedByWrongPins)
        board.controller.setStatus(board.card(1), .active, into: &board.output)
        #expect(board.present(1) == .pinRequired)
    }

    @Test("where the block is endless the card is suspended, and that is kept over a restart")
    func pinBlockEndless() {
        var policy = AccessPolicy()
        policy.guesses.pinBlock = .endless
        let board = TestBoard(policy: policy)
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        for _ in 0..<5 {
            board.present(1)
            board.type([0, 0, 0, 0])
        }
        #expect(board.present(1) == .suspended)
        #expect(board.changes.last == .status(board.card(1), .suspended, listVersion: 0))
        let tag = board.card(1).low
        #expect(
            board.changes.dropLast().last == .wrongPins(tag, count: 0, until: .over), "the card is suspended for good")
    }

    @Test("a right PIN forgives the wrong ones before it")
    func pinForgiven() {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [4, 7, 1, 1])
        board.start()
        for round in 0..<20 {
            board.present(1)
            #expect(board.type(round % 4 == 3 ? [4, 7, 1, 1] : [0, 0]) == (round % 4 == 3 ? .granted : .wrongPin))
        }
    }

    @Test("card or code: either opens; an unknown code does not and is not recorded")
    func cardOrCode() {
        let board = TestBoard()
        board.door { $0.mode = .cardOrPin }
        board.enrol(1)
        board.enrolCode([1, 2, 3, 4, 5, 6], holder: 2)
        board.start()
        #expect(board.present(1) == .granted)
        #expect(board.type([1, 2, 3, 4, 5, 6]) == .granted)
        board.forgetLog()
        #expect(board.type([1, 2, 3, 4, 5, 7]) == .unknownCredential)
        #expect(board.events[0].credentialTag == 0)
    }

    @Test("codes are not taken where only cards are")
    func codeAtCardDoor() {
        let board = TestBoard()
        board.door()
        board.enrolCode([1, 2, 3, 4, 5, 6], holder: 2)
        board.start()
        #expect(board.type([1, 2, 3, 4, 5, 6]) == .codeNotAccepted)
    }

    @Test("five wrong codes lock the keypad for a minute, then for two; cards are still taken")
    func codeLockout() {
        let board = TestBoard()
        board.door { $0.mode = .cardOrPin }
        board.enrol(1)
        board.enrolCode([1, 2, 3, 4, 5, 6], holder: 2)
        board.start()
        for minutes in [Int64(1), 2, 4, 8, 15, 15] {
            for _ in 0..<5 { board.type([9, 9, 9, 9]) }
            #expect(board.type([1, 2, 3, 4, 5, 6]) == .tooManyAttempts)
            #expect(board.present(1) == .granted)
            board.wait(.minutes(minutes) - .milliseconds(1))
            #expect(board.type([1, 2, 3, 4, 5, 6]) == .tooManyAttempts)
            board.wait(.milliseconds(1))
        }
        #expect(board.type([1, 2, 3, 4, 5, 6]) == .granted)
    }

    @Test("10,000 unknown cards in a minute: a handful is recorded, the right card is answered at once")
    func guessing() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()
        for number in 0..<UInt32(10_000) {
            #expect(board.present(1_000 + number) == .unknownCredential)
            if number == 5_000 {
                #expect(board.present(1) == .granted)
                #expect(board.isReleased())
            }
            board.wait(.milliseconds(6))
        }
        #expect(board.events.count < 40)
        #expect(board.happened().contains("guessing"))
        board.wait(seconds: 60)
        #expect(board.happened().last?.hasPrefix("guessingEnded 99") == true)
        board.present(77)
        #expect(board.happened() == ["unknownCredential"])
    }

    @Test("two people: the same one twice is one")
    func twoPersons() {
        let board = TestBoard()
        board.door { $0.needsTwoPersons = true }
        board.enrol(1)
        board.enrol(2)
        // A second card of the first person.
        board.enrol(3) { $0.holder = 1 }
        board.start()
        #expect(board.present(1) == .secondPersonRequired)
        #expect(board.present(1) == .samePerson)
        #expect(board.present(3) == .samePerson)
        #expect(!board.isReleased())
        #expect(board.present(2) == .grantedTwoPersons)
        #expect(board.isReleased())
    }

    @Test("two people: the second comes too late")
    func twoPersonsTooLate() {
        let board = TestBoard()
        board.door { $0.needsTwoPersons = true }
        board.enrol(1)
        board.enrol(2)
        board.start()
        board.present(1)
        board.wait(seconds: 15)
        #expect(board.happened() == ["secondPersonRequired", "secondPersonTimedOut"])
        #expect(board.present(2) == .secondPersonRequired)
    }

    @Test("two people, each with a PIN")
    func twoPersonsWithPin() {
        let board = TestBoard()
        board.door {
            $0.needsTwoPersons = true
            $0.mode = .cardAndPin
        }
        board.enrol(1, pin: [1, 1, 1, 1])
        board.enrol(2, pin: [2, 2, 2, 2])
        board.start()
        #expect(board.present(1) == .pinRequired)
        #expect(board.type([1, 1, 1, 1]) == .secondPersonRequired)
        #expect(board.present(2) == .pinRequired)
        #expect(board.type([2, 2, 2, 2]) == .grantedTwoPersons)
    }

    @Test("a visitor passes with an escort only, whichever card comes first where two are needed")
    func escort() {
        let board = TestBoard()
        board.door()
        board.door { $0.needsTwoPersons = true }
        board.enrol(1) { $0.traits = .needsEscort }
        board.enrol(2)
        board.enrol(3) { $0.traits = .mayEscort }
        board.start()
        #expect(board.present(1) == .escortRequired)
        #expect(board.present(2) == .notAnEscort)
        #expect(board.present(3) == .grantedEscorted)
        board.wait(seconds: 60)
        #expect(board.present(2, DoorIndex(1)) == .secondPersonRequired)
        #expect(board.present(1, DoorIndex(1)) == .notAnEscort)
        board.wait(seconds: 60)
        #expect(board.present(3, DoorIndex(1)) == .secondPersonRequired)
        #expect(board.present(1, DoorIndex(1)) == .grantedTwoPersons)
    }

    @Test("the first of two is blocked while the second is awaited: neither passes")
    func firstBlockedMeanwhile() {
        let board = TestBoard()
        board.door { $0.needsTwoPersons = true }
        board.enrol(1)
        board.enrol(2)
        board.start()
        board.present(1)
        board.controller.credentials.setStatus(board.card(1), .stolen)
        #expect(board.present(2) == .stolen)
        #expect(!board.isReleased())
    }

    @Test("a card is withdrawn while its PIN is typed")
    func withdrawnMeanwhile() {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [1, 1, 1, 1])
        board.start()
        board.present(1)
        board.controller.credentials.remove(board.card(1))
        #expect(board.type([1, 1, 1, 1]) == .unknownCredential)
    }

    @Test("two cards at once: each is answered; the PIN belongs to the last one")
    func twoCardsAtOnce() {
        let board = TestBoard()
        board.door { $0.mode = .cardAndPin }
        board.enrol(1, pin: [1, 1, 1, 1])
        board.enrol(2, pin: [2, 2, 2, 2])
        board.start()
        board.present(1)
        board.present(2)
        #expect(board.type([1, 1, 1, 1]) == .wrongPin)
        board.present(1)
        board.present(2)
        #expect(board.type([2, 2, 2, 2]) == .granted)
    }

    @Test("a tampered reader takes nothing where the board file says so", arguments: [false, true])
    func tamperedReader(stops: Bool) {
        let board = TestBoard()
        board.door { $0.tamperStopsReader = stops }
        board.enrol(1)
        board.start()
        board.controller.tamper(DoorIndex(0), .entryReader, isActive: true, now: board.now, into: &board.output)
        #expect(board.present(1) == (stops ? .readerTampered : .granted))
        #expect(board.present(1, DoorIndex(0), .exit) == .granted)
    }

    @Test("a free door: cards are answered and denied ones reported, and it stays free", arguments: [DoorMode.free])
    func free(mode: DoorMode) {
        let board = TestBoard()
        board.door { $0.mode = mode }
        board.enrol(1)
        board.enrol(2) { $0.status = .stolen }
        board.start()
        #expect(board.isReleased())
        #expect(board.present(1) == .doorFree)
        #expect(board.present(2) == .stolen)
        #expect(board.isReleased())
        board.open()
        board.wait(.minutes(60))
        board.close()
        #expect(board.happened() == ["doorFree", "stolen", "opened doorFree", "closed"])
    }

    @Test("first card opens: free from the first authorised card to the end of the period")
    func firstCard() {
        let board = TestBoard()
        let afternoon = board.controller.schedules.addSchedule(UntrustedClockRule(isActiveWhenUnset: false))!
        _ = board.controller.schedules.addPeriod(
            SchedulePeriod(days: SchedulePeriod.everyDay, fromMinute: 730, toMinute: 800))
        let door = board.door()
        #expect(board.addModeRule(door, afternoon, .firstCard))
        board.enrol(1)
        board.enrol(2) { $0.traits = .firstCard }
        board.start()
        #expect(board.present(2) == .granted)
        board.wait(.minutes(10))
        #expect(!board.isReleased())
        #expect(board.present(1) == .granted)
        board.wait(seconds: 30)
        #expect(!board.isReleased())
        #expect(board.present(2) == .grantedFirstCard)
        board.wait(.minutes(69))
        #expect(board.isReleased())
        board.wait(.minutes(1))
        #expect(!board.isReleased())
        board.wait(.minutes(23 * 60))
        #expect(!board.isReleased())
    }
}
