import AccessControl
import HardwareInterface
import Testing

@Suite("Anti-passback")
struct AntiPassbackTests {
    private func garage(_ antiPassback: AntiPassback, limit: UInt16 = 0) -> (TestBoard, AreaIndex) {
        let board = TestBoard()
        let garage = board.controller.addArea(AreaConfiguration(antiPassback: antiPassback, occupancyLimit: limit))!
        board.door { $0.innerArea = garage }
        for number in UInt32(1)...4 { board.enrol(number) }
        board.enrol(9) { $0.traits = .passbackExempt }
        board.start()
        return (board, garage)
    }

    @Test("hard: who is in cannot come in again, who is out cannot go out again")
    func hard() {
        let (board, garage) = garage(.hard)
        #expect(board.pass(1) == .granted)
        #expect(board.controller.occupants(of: garage) == 1)
        #expect(board.present(1) == .antiPassback)
        #expect(!board.isReleased())
        #expect(board.pass(1, .exit) == .granted)
        #expect(board.controller.occupants(of: garage) == 0)
        #expect(board.present(1, DoorIndex(0), .exit) == .antiPassback)
        #expect(board.pass(1) == .granted)
    }

    @Test("hard: who was never seen is taken on trust, on either side")
    func unknown() {
        let (board, garage) = garage(.hard)
        #expect(board.pass(2, .exit) == .granted)
        #expect(board.pass(3) == .granted)
        #expect(board.controller.occupants(of: garage) == 1)
    }

    @Test("hard: asking is not passing")
    func asking() {
        let (board, garage) = garage(.hard)
        board.present(1)
        board.wait(seconds: 30)
        #expect(board.controller.occupants(of: garage) == 0)
        #expect(board.present(1) == .granted)
    }

    @Test("hard: a person with two cards is one person")
    func twoCards() {
        let (board, _) = garage(.hard)
        board.enrol(5) { $0.holder = 1 }
        board.pass(1)
        #expect(board.present(5) == .antiPassback)
    }

    @Test("soft: they pass, and it is recorded")
    func soft() {
        let (board, garage) = garage(.soft)
        board.pass(1)
        #expect(board.pass(1) == .grantedAgainstPassback)
        #expect(board.controller.occupants(of: garage) == 1)
    }

    @Test("timed: not before the time is over, unless they went out")
    func timed() {
        let (board, _) = garage(.timed(.minutes(10)))
        let entered = board.now
        board.pass(1)
        #expect(board.present(1) == .timedAntiPassback)
        board.pass(1, .exit)
        #expect(board.pass(1) == .granted)
        let again = board.now
        #expect(board.present(1) == .timedAntiPassback)
        board.wait(.minutes(10) - (board.now - again))
        #expect(board.present(1) == .granted)
        #expect(entered < again)
    }

    @Test("timed: a wall clock that jumps changes nothing")
    func timedClock() {
        let (board, _) = garage(.timed(.minutes(10)))
        board.pass(1)
        board.setClock(
            WallClock(unixMilliseconds: board.clock.unixMilliseconds + 31_536_000_000, trust: .synchronised))
        #expect(board.present(1) == .timedAntiPassback)
    }

    @Test("the exempt and those without a holder's number are not held")
    func exempt() {
        let (board, garage) = garage(.hard, limit: 1)
        board.enrol(6) { $0.holder = 0 }
        board.pass(9)
        #expect(board.pass(9) == .granted)
        board.forgetLog()
        #expect(board.controller.occupants(of: garage) == 1)
        #expect(board.present(6) == .areaFull, "a place is needed by those without a number too")
    }

    @Test("forgotten whereabouts are taken on trust: one person, or everybody")
    func forget() {
        let (board, garage) = garage(.hard)
        for number in UInt32(1)...3 { board.pass(number) }
        board.controller.forgetPresence(holder: 1, by: .board, now: board.now, into: &board.output)
        #expect(board.controller.occupants(of: garage) == 2)
        #expect(board.present(1) == .granted)
        #expect(board.present(2) == .antiPassback)
        board.controller.forgetPresence(holder: 0, by: .board, now: board.now, into: &board.output)
        #expect(board.controller.occupants(of: garage) == 0)
        #expect(board.present(2) == .granted)
    }

    @Test("occupancy: full is full, those on their way in included, and reported once")
    func occupancy() {
        let (board, garage) = garage(.none, limit: 2)
        #expect(board.pass(1) == .granted)
        #expect(board.present(2) == .granted)
        #expect(board.present(3) == .areaFull)
        board.wait(seconds: 30)
        #expect(board.pass(3) == .granted, "the second did not come")
        #expect(board.pass(9) == .granted, "the exempt may")
        board.forgetLog()
        #expect(board.present(4) == .areaFull)
        #expect(board.present(4) == .areaFull)
        #expect(board.happened() == ["areaFull", "areaFull"])
        board.pass(1, .exit)
        board.pass(9, .exit)
        #expect(board.controller.occupants(of: garage) == 1)
        board.forgetLog()
        #expect(board.pass(4) == .granted)
        #expect(board.present(2) == .areaFull)
        #expect(board.happened().filter { $0 == "areaFull" }.count == 2)
    }

    @Test("two who pass together need two places")
    func together() {
        let board = TestBoard()
        let area = board.controller.addArea(AreaConfiguration(antiPassback: .hard, occupancyLimit: 3))!
        board.door {
            $0.innerArea = area
            $0.needsTwoPersons = true
        }
        for number in UInt32(1)...4 { board.enrol(number) }
        board.start()
        board.present(1)
        board.pass(2)
        #expect(board.controller.occupants(of: area) == 2)
        board.present(3)
        #expect(board.present(4) == .areaFull)
        #expect(board.controller.occupants(of: area) == 2)
    }

    @Test("the roll call names everybody inside, and where")
    func rollCall() {
        let (board, garage) = garage(.hard)
        for number in UInt32(1)...3 { board.pass(number) }
        board.pass(2, .exit)
        var inside: [UInt32] = []
        var position = 0
        while let entry = board.controller.presence.walk(from: position) {
            if entry.presence.area == garage { inside.append(entry.presence.holder) }
            #expect(entry.presence.enteredMinute == 28_401_840)
            position = entry.position
        }
        #expect(inside.sorted() == [1, 3])
    }

    @Test("more people than the board can keep: those outside are forgotten, those inside never")
    func tableFull() {
        var capacities = AccessCapacities.small
        capacities.people = 2
        let board = TestBoard(capacities: capacities)
        let area = board.controller.addArea(AreaConfiguration(antiPassback: .hard))!
        board.door { $0.innerArea = area }
        for number in UInt32(1)...4 { board.enrol(number) }
        board.start()
        board.pass(1)
        board.pass(1, .exit)
        board.pass(2)
        #expect(board.pass(3) == .granted)
        #expect(board.present(4) == .presenceTableFull)
        #expect(board.present(3) == .antiPassback)
        #expect(board.controller.occupants(of: area) == 2)
    }

    @Test("the presence table compared with a dictionary", arguments: [UInt64(1), 2, 3])
    func table(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var capacities = AccessCapacities.small
        capacities.people = 60
        capacities.credentials = 100
        let board = TestBoard(capacities: capacities)
        let area = board.controller.addArea(AreaConfiguration())!
        board.door { $0.innerArea = area }
        board.start()
        var model: [UInt32: AreaIndex] = [:]
        var wrong = 0
        for _ in 0..<20_000 {
            let holder = UInt32(generator.below(50)) * 65_537 + 1
            switch generator.below(5) {
            case 0:
                board.controller.forgetPresence(holder: holder, by: .board, now: board.now, into: &board.output)
                board.output.removeAll()
                model[holder] = nil
            default:
                let place = AreaIndex(UInt8(generator.below(2)))
                board.controller.restore(.presence(holder: holder, area: place, enteredMinute: 0))
                model[holder] = place
            }
            let asked = UInt32(generator.below(50)) * 65_537 + 1
            if board.controller.presence.find(asked)?.area != model[asked] { wrong += 1 }
            if board.controller.presence.count != model.count { wrong += 1 }
            if board.controller.occupants(of: area) != model.values.filter({ $0 == area }).count { wrong += 1 }
        }
        #expect(wrong == 0)
    }
}

@Suite("After a restart")
struct RestartTests {
    private func build() -> TestBoard {
        let board = TestBoard()
        let garage = board.controller.addArea(AreaConfiguration(antiPassback: .hard))!
        board.door { $0.innerArea = garage }
        board.enrol(1)
        board.enrol(2) { $0.usesLeft = 3 }
        board.enrol(3)
        return board
    }

    private func restart(_ before: TestBoard) -> TestBoard {
        let after = build()
        for change in before.changes {
            // Written down and read back, as a store does.
            var bytes = AccessChange.Record()
            change.encode(into: &bytes)
            let read = AccessChange(bytes)
            #expect(read == change)
            after.controller.restore(change)
        }
        after.start()
        return after
    }

    @Test("people are where they were, and what was used up stays so")
    func whereabouts() {
        let before = build()
        before.start()
        before.pass(1)
        before.pass(2)
        before.pass(2, .exit)
        before.pass(3)
        before.controller.forgetPresence(holder: 3, by: .board, now: before.now, into: &before.output)
        before.wait(seconds: 1)
        let after = restart(before)
        #expect(after.present(1) == .antiPassback)
        #expect(after.controller.credentials.credential(after.card(2))?.usesLeft == 1)
        #expect(after.controller.occupants(of: AreaIndex(1)) == 1)
        #expect(after.present(3) == .granted)
    }

    @Test("uses left count for the list that they were counted on only")
    func otherList() {
        let before = build()
        before.start()
        before.pass(2)
        let after = build()
        after.controller.credentials.upsert(after.card(2), Credential(holder: 2, groups: .all, usesLeft: 9), version: 7)
        var ignored = 0
        for change in before.changes where !after.controller.restore(change) { ignored += 1 }
        #expect(ignored == 1)
        #expect(after.controller.credentials.credential(after.card(2))?.usesLeft == 9)
    }

    @Test("a commanded mode, lockdown and a fire release stand until a person ends them")
    func commands() {
        let before = build()
        before.start()
        before.command(.setMode(.free))
        before.command(.lockdown)
        before.fire(true)
        before.fire(false)
        let after = restart(before)
        #expect(after.isReleased(), "the fire release stands")
        #expect(after.resetFire() == .commanded)
        #expect(!after.isReleased(), "lockdown stands")
        after.command(.endLockdown)
        #expect(after.isReleased(), "the free mode stands")
        after.command(.resume)
        #expect(!after.isReleased())
        let later = restart(after)
        #expect(!later.isReleased())
        #expect(later.present(1) == .granted)
    }

    private static func keypad(_ clock: WallClock = TestBoard.monday) -> TestBoard {
        let board = TestBoard(clock: clock)
        board.door { $0.mode = .cardOrPin }
        board.door { $0.mode = .cardAndPin }
        board.enrolCode([1, 2, 3, 4, 5, 6], holder: 2)
        board.enrol(1, pin: [4, 7, 1, 1])
        return board
    }

    /// A keypad board after a restart at another time; what an earlier one kept comes once it has started.
    private static func keypad(after before: TestBoard, _ clock: WallClock) -> TestBoard {
        let board = keypad(clock)
        board.start()
        for change in before.changes {
            var bytes = AccessChange.Record()
            change.encode(into: &bytes)
            #expect(AccessChange(bytes) == change)
            board.controller.restore(change)
        }
        return board
    }

    private static func clock(minutes: Int64) -> WallClock {
        WallClock(unixMilliseconds: TestBoard.monday.unixMilliseconds + minutes * 60_000, trust: .synchronised)
    }

    @Test(
        "a keypad that takes no codes takes none after a restart: for what is left, or anew where nobody knows the time"
    )
    func codeLockout() {
        let before = Self.keypad()
        before.start()
        for minutes in [Int64(1), 2, 4, 8] {
            for _ in 0..<5 { before.type([9, 9, 9, 9]) }
            before.wait(.minutes(minutes))
        }
        for _ in 0..<5 { before.type([9, 9, 9, 9]) }
        // It is locked for a quarter of an hour from 12:15 on. Ten minutes later the power is back.
        let timed = Self.keypad(after: before, Self.clock(minutes: 25))
        #expect(timed.type([1, 2, 3, 4, 5, 6]) == .tooManyAttempts)
        timed.wait(.minutes(4))
        #expect(timed.type([1, 2, 3, 4, 5, 6]) == .tooManyAttempts, "losing power shortens nothing")
        timed.wait(.minutes(3))
        #expect(timed.type([1, 2, 3, 4, 5, 6]) == .granted)
        let late = Self.keypad(after: before, Self.clock(minutes: 60))
        #expect(late.type([1, 2, 3, 4, 5, 6]) == .granted, "it would have ended long ago")
        let untimed = Self.keypad(after: before, .unset)
        untimed.wait(.minutes(15) - .milliseconds(1))
        #expect(untimed.type([1, 2, 3, 4, 5, 6]) == .tooManyAttempts)
        untimed.wait(.milliseconds(1))
        #expect(untimed.type([1, 2, 3, 4, 5, 6]) == .granted)
    }

    @Test("wrong codes count on after a restart, and a right one forgives them for good")
    func wrongCodes() {
        let before = Self.keypad()
        before.start()
        for _ in 0..<4 { before.type([9, 9, 9, 9]) }
        let after = Self.keypad(after: before, Self.clock(minutes: 1))
        after.type([9, 9, 9, 9])
        #expect(after.type([1, 2, 3, 4, 5, 6]) == .tooManyAttempts)
        before.type([1, 2, 3, 4, 5, 6])
        let forgiven = Self.keypad(after: before, Self.clock(minutes: 1))
        for _ in 0..<4 { forgiven.type([9, 9, 9, 9]) }
        #expect(forgiven.type([1, 2, 3, 4, 5, 6]) == .granted)
    }

    @Test("wrong PINs of a card count on after a restart, and a card that is blocked stays so for its time")
    func wrongPins() {
        let door = DoorIndex(1)
        func attempt(_ board: TestBoard, _ digits: [UInt8]) -> DecisionReason? {
            let reason = board.present(1, door)
            return reason == .pinRequired ? board.type(digits, door) : reason
        }
        let before = Self.keypad()
        before.start()
        for _ in 0..<4 { _ = attempt(before, [0, 0, 0, 0]) }
        let after = Self.keypad(after: before, Self.clock(minutes: 1))
        #expect(attempt(after, [0, 0, 0, 0]) == .wrongPin)
        #expect(attempt(after, [4, 7, 1, 1]) == .blockedByWrongPins)
        _ = attempt(before, [0, 0, 0, 0])
        let blocked = Self.keypad(after: before, .unset)
        #expect(attempt(blocked, [4, 7, 1, 1]) == .blockedByWrongPins)
        blocked.wait(.minutes(15))
        #expect(attempt(blocked, [4, 7, 1, 1]) == .granted)
        before.wait(.minutes(15))
        #expect(attempt(before, [4, 7, 1, 1]) == .granted)
        let forgiven = Self.keypad(after: before, Self.clock(minutes: 20))
        for _ in 0..<4 { #expect(attempt(forgiven, [0, 0, 0, 0]) == .wrongPin) }
        #expect(attempt(forgiven, [4, 7, 1, 1]) == .granted)
    }

    @Test("a full table of cards with wrong PINs tells which one it gave up")
    func givenUp() {
        var capacities = AccessCapacities.small
        capacities.pinAttempts = 2
        let board = TestBoard(capacities: capacities)
        board.door { $0.mode = .cardAndPin }
        for card in UInt32(1)...3 { board.enrol(card, pin: [4, 7, 1, 1]) }
        board.start()
        for card in UInt32(1)...3 {
            board.present(card)
            board.type([0, 0, 0, 0])
            board.wait(seconds: 1)
        }
        #expect(board.changes.contains(.wrongPins(board.card(1).low, count: 0, until: .over)))
    }

    @Test("a card that was blocked on the board stays blocked, and activating it forgives its wrong PINs")
    func status() {
        let before = build()
        before.start()
        before.controller.setStatus(before.card(1), .stolen, into: &before.output)
        before.controller.setStatus(before.card(3), .suspended, into: &before.output)
        before.controller.setStatus(before.card(3), .active, into: &before.output)
        let unknown = before.controller.setStatus(before.card(77), .lost, into: &before.output)
        #expect(unknown == .notFound)
        before.wait(seconds: 1)
        let after = restart(before)
        #expect(after.present(1) == .stolen)
        #expect(after.present(3) == .granted)
    }

    @Test("a record of an unknown kind or with impossible values is not read")
    func foreignRecords() {
        // Kind 1, uses left, is made of numbers that may all be large.
        for kind in UInt8(0)...255 where kind != 1 {
            var record = AccessChange.Record()
            record.append(kind)
            for _ in 1..<AccessChange.Record.capacity { record.append(0xFF) }
            #expect(AccessChange(record) == nil)
        }
        var short = AccessChange.Record()
        short.append(1)
        #expect(AccessChange(short) == nil)
        #expect(AccessChange(AccessChange.Record()) == nil)
    }
}
