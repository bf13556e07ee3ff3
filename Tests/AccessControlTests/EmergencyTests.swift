import AccessControl
import HardwareInterface
import Testing

@Suite("A fire release")
struct FireTests {
    /// What a fire must beat.
    enum Obstacle: String, CaseIterable, Sendable {
        case nothing, lockedMode, lockdown, interlock, areaFull, clockUnset, exitStuck, contactFault, tamper, heldOpen
        case replacement
    }

    @Test("releases the door in the same call, whatever stands against it", arguments: Obstacle.allCases)
    func beats(_ obstacle: Obstacle) {
        let board = TestBoard()
        let hall = board.controller.addArea(AreaConfiguration(antiPassback: .hard, occupancyLimit: 1))!
        for _ in 0..<2 {
            board.door { $0.innerArea = hall }
        }
        #expect(board.interlock([0, 1]))
        board.enrol(1)
        board.start()
        switch obstacle {
        case .nothing: break
        case .lockedMode: board.command(.setMode(.locked))
        case .lockdown: board.command(.lockdown)
        case .interlock: board.open(DoorIndex(1))
        case .areaFull:
            board.present(1)
            board.open()
            board.close()
        case .clockUnset: board.setClock(.unset)
        case .exitStuck:
            board.exitButton(true)
            board.wait(.minutes(2))
        case .contactFault: board.contact(.cut)
        case .tamper:
            board.controller.tamper(DoorIndex(0), .housing, isActive: true, now: board.now, into: &board.output)
        case .heldOpen:
            board.present(1)
            board.open()
            board.wait(.minutes(2))
        case .replacement: _ = board.controller.credentials.beginReplacement(version: 9, count: 100)
        }
        board.fire(true)
        #expect(board.isReleased(DoorIndex(0)) && board.isReleased(DoorIndex(1)))
        #expect(!board.outputs().lockRelayIsEnergised)
        #expect(board.outputs().entryReader == .emergency)
        // Nothing that happens in the fire locks it again.
        board.command(.lock)
        board.command(.lockdown)
        board.command(.setMode(.locked))
        board.open(DoorIndex(1))
        board.contact(.shorted)
        board.setClock(.unset)
        board.wait(.hours(5))
        #expect(board.isReleased(DoorIndex(0)) && board.isReleased(DoorIndex(1)))
    }

    @Test("ends only by a person's reset once the cause is gone")
    func reset() {
        let board = TestBoard()
        board.door()
        board.fireZones[0] = 0b10
        board.start()
        board.fire(true, zone: 0)
        #expect(!board.isReleased(), "another zone")
        board.fire(true, zone: 1)
        #expect(board.happened() == ["fireReleased", "released fireRelease"])
        #expect(board.resetFire() == .fireCauseActive)
        #expect(board.command(.resetFire) == .fireCauseActive)
        #expect(board.isReleased())
        board.fire(false, zone: 1)
        board.wait(.hours(1))
        #expect(board.isReleased())
        board.forgetLog()
        #expect(board.resetFire() == .commanded)
        #expect(board.happened() == ["fireReset commanded", "locked"])
        #expect(!board.isReleased())
        #expect(board.resetFire() == .alreadySo)
    }

    @Test("ends with its cause where the board file says so, and not before the last of two causes is gone")
    func resetWithCause() {
        let board = TestBoard()
        board.door { $0.fireReset = .withCause }
        board.fireZones[0] = 0b11
        board.start()
        board.fire(true, zone: 0)
        board.fire(true, zone: 1)
        board.fire(false, zone: 0)
        #expect(board.isReleased())
        board.fire(false, zone: 1)
        #expect(!board.isReleased())
    }

    @Test("by the matrix: the doors that it names, and no others")
    func matrix() {
        let board = TestBoard()
        board.door()
        board.door()
        board.start()
        board.matrixFire([1], true)
        #expect(!board.isReleased(DoorIndex(0)))
        #expect(board.isReleased(DoorIndex(1)))
        board.matrixFire([1], false)
        board.resetFire()
        #expect(!board.isReleased(DoorIndex(1)))
    }

    @Test("a fire that returns before the reset keeps the door released")
    func returns() {
        let board = TestBoard()
        board.door()
        board.start()
        board.fire(true)
        board.fire(false)
        board.fire(true)
        #expect(board.resetFire() == .fireCauseActive)
        #expect(board.isReleased())
    }

    @Test("an open door in a fire is neither held open nor forced; after the reset its time begins anew")
    func openInFire() {
        let board = TestBoard()
        board.door()
        board.start()
        board.fire(true)
        board.open()
        board.wait(.hours(1))
        #expect(board.happened() == ["fireReleased", "released fireRelease", "opened fireRelease"])
        board.fire(false)
        board.resetFire()
        board.wait(.milliseconds(19_999))
        #expect(board.happened() == ["fireReset commanded", "locked"])
        board.wait(.milliseconds(1))
        #expect(board.happened() == ["heldOpenWarning"])
    }

    @Test("who shows a card in a fire is counted out of the building; everybody may pass")
    func musterOut() {
        let board = TestBoard()
        let hall = board.controller.addArea(AreaConfiguration(antiPassback: .hard))!
        board.door { $0.innerArea = hall }
        board.enrol(1)
        board.enrol(2) { $0.status = .suspended }
        board.start()
        board.present(1)
        board.open()
        board.close()
        #expect(board.controller.occupants(of: hall) == 1)
        board.fire(true)
        #expect(board.present(1, DoorIndex(0), .exit) == .fireRelease)
        #expect(board.present(2) == .fireRelease)
        #expect(board.present(99) == .fireRelease)
        #expect(board.controller.occupants(of: hall) == 1, "the suspended one went in")
        #expect(board.controller.presence.find(1)?.area == .outside)
    }

    @Test("after the reset nobody's whereabouts are believed: people left without a card")
    func forgetsPresence() {
        let board = TestBoard()
        let hall = board.controller.addArea(AreaConfiguration(antiPassback: .hard))!
        board.door { $0.innerArea = hall }
        board.enrol(1)
        board.start()
        board.present(1)
        board.open()
        board.close()
        #expect(board.present(1) == .antiPassback)
        board.fire(true)
        board.fire(false)
        board.resetFire()
        #expect(board.controller.occupants(of: hall) == 0)
        #expect(board.present(1) == .granted)
    }

    @Test("a command to unlock in a fire is answered with the fire; one to lock is refused")
    func commands() {
        let board = TestBoard()
        board.door()
        board.start()
        board.fire(true)
        #expect(board.command(.unlock) == .fireRelease)
        #expect(board.command(.lock) == .fireActive)
    }

    @Test("the emergency call point releases its door until it is put back, lockdown or not")
    func callPoint() {
        let board = TestBoard()
        board.door()
        board.door()
        board.start()
        board.command(.lockdown)
        board.forgetLog()
        board.callPoint(true)
        #expect(board.isReleased(DoorIndex(0)))
        #expect(!board.isReleased(DoorIndex(1)))
        #expect(board.happened() == ["emergencyExit", "released emergencyExit"])
        board.wait(.hours(1))
        #expect(board.isReleased())
        board.callPoint(false)
        #expect(!board.isReleased())
    }
}

@Suite("Lockdown")
struct LockdownTests {
    @Test("ends every release but emergencies, and lets through requests to exit and those who may")
    func lockdown() {
        let board = TestBoard()
        board.door { $0.mode = .free }
        board.enrol(1)
        board.enrol(2) { $0.traits = .lockdownPass }
        board.start()
        #expect(board.isReleased())
        #expect(board.command(.lockdown) == .commanded)
        #expect(!board.isReleased())
        #expect(board.outputs().entryReader == .closed)
        #expect(board.present(1) == .lockdown)
        #expect(board.command(.unlock) == .lockdown)
        #expect(!board.isReleased())
        #expect(board.present(2) == .granted)
        #expect(board.isReleased())
        board.wait(seconds: 30)
        board.pressExit()
        #expect(board.isReleased())
        board.wait(seconds: 30)
        #expect(board.command(.lockdown) == .alreadySo)
        #expect(board.command(.endLockdown) == .commanded)
        #expect(board.isReleased(), "free again")
    }

    @Test("ends an unlock time that is running")
    func running() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()
        board.present(1)
        board.command(.lockdown)
        #expect(!board.isReleased())
    }

    @Test(
        "holds the request to exit where the board file says so, but never on an escape route",
        arguments: [(true, false, false), (true, true, true), (false, false, true)])
    func exit(holds: Bool, isEgress: Bool, opens: Bool) {
        let board = TestBoard()
        board.door {
            $0.lockdownHoldsExit = holds
            $0.isEgress = isEgress
        }
        board.start()
        board.command(.lockdown)
        board.pressExit()
        #expect(board.isReleased() == opens)
    }
}

@Suite("An order of the matrix")
struct DoorOrderTests {
    @Test(
        "to lock down keeps people out, and nobody in: button and exit reader let out, though lockdown holds the exit")
    func lockDown() {
        let board = TestBoard()
        board.door {
            $0.mode = .free
            $0.lockdownHoldsExit = true
        }
        board.enrol(1)
        board.start()
        board.order(.lockDown)
        #expect(!board.isReleased())
        #expect(board.outputs().entryReader == .closed && board.outputs().exitReader == .ready)
        #expect(board.present(1) == .lockdown && !board.isReleased())
        #expect(board.present(1, DoorIndex(0), .exit) == .granted && board.isReleased())
        board.wait(seconds: 30)
        board.pressExit()
        #expect(board.isReleased())
        board.wait(seconds: 30)
        #expect(!board.isReleased())
        board.order(.none)
        #expect(board.isReleased(), "free again")
        #expect(
            board.happened().filter { $0.hasPrefix("lockdown") } == ["lockdownBegun", "lockdown", "lockdownEnded"],
            "the one between is the answer to the card")
    }

    @Test("to lock down ends the unlock time of who comes in, and not that of who is on the way out by the button")
    func running() {
        for leaves in [false, true] {
            let board = TestBoard()
            board.door()
            board.enrol(1)
            board.start()
            if leaves { board.pressExit() } else { board.present(1) }
            #expect(board.isReleased())
            board.order(.lockDown)
            #expect(board.isReleased() == leaves)
            board.command(.lockdown)
            #expect(!board.isReleased(), "a person's lockdown ends both")
        }
    }

    @Test("and a person's command each lock down for themselves; neither ends the other's")
    func twoMasters() {
        let board = TestBoard()
        board.door { $0.lockdownHoldsExit = true }
        board.start()
        board.order(.lockDown)
        #expect(board.command(.endLockdown) == .lockdown)
        #expect(board.command(.lockdown) == .commanded)
        #expect(board.command(.lockdown) == .alreadySo)
        board.pressExit()
        #expect(!board.isReleased(), "a person decided to hold the exit")
        #expect(board.command(.endLockdown) == .commanded)
        #expect(board.controller.door(DoorIndex(0)).isInLockdown)
        board.command(.lockdown)
        board.order(.none)
        #expect(board.controller.door(DoorIndex(0)).isInLockdown)
        #expect(board.command(.endLockdown) == .commanded)
        #expect(!board.controller.door(DoorIndex(0)).isInLockdown)
        #expect(board.command(.endLockdown) == .alreadySo)
    }

    @Test("is beaten by a fire and by the call point at the door, and in force again behind them")
    func emergencies() {
        for order in [DoorOrder.lockDown, .holdOpen] {
            let board = TestBoard()
            board.door()
            board.start()
            board.order(order)
            board.matrixFire([0], true)
            #expect(board.isReleased() && board.outputs().entryReader == .emergency)
            board.matrixFire([0], false)
            #expect(board.isReleased(), "until a person resets it")
            board.resetFire()
            #expect(board.isReleased() == (order == .holdOpen))
            board.callPoint(true)
            #expect(board.isReleased())
            board.callPoint(false)
            #expect(board.isReleased() == (order == .holdOpen))
        }
    }

    @Test("to hold open beats every mode, and stands open without an alarm; lockdown beats it")
    func holdOpen() {
        for mode in [DoorMode.locked, .card, .free] {
            let board = TestBoard()
            board.door()
            board.start()
            board.command(.setMode(mode))
            board.forgetLog()
            board.order(.holdOpen)
            #expect(board.isReleased())
            board.open()
            board.wait(.hours(5))
            #expect(!board.happened().contains { $0.hasPrefix("held") || $0.hasPrefix("forced") })
            board.command(.lockdown)
            #expect(!board.isReleased())
            board.command(.endLockdown)
            #expect(board.isReleased())
            board.close()
            board.order(.none)
            #expect(board.isReleased() == (mode == .free), "\(mode)")
        }
    }
}

@Suite("A command")
struct CommandTests {
    @Test("unlocks for the unlock time, from the console as from the platform, with who it was")
    func unlock() {
        let board = TestBoard()
        board.door { $0.mode = .locked }
        board.start()
        #expect(board.command(.unlock) == .commanded)
        #expect(board.isReleased())
        #expect(board.events[0].requester == Requester(.console, index: 1, user: 7))
        #expect(board.events[1].requester == Requester(.console, index: 1, user: 7))
        board.wait(seconds: 5)
        #expect(!board.isReleased())
        board.wait(seconds: 5)
        #expect(board.happened() == ["commanded", "released commanded", "locked", "grantedNotOpened"])
    }

    @Test("sets a mode that beats the schedule until it is taken back")
    func mode() {
        let board = TestBoard()
        let always = board.controller.schedules.addSchedule(UntrustedClockRule(isActiveWhenUnset: true))!
        _ = board.controller.schedules.addPeriod(
            SchedulePeriod(days: SchedulePeriod.everyDay, fromMinute: 0, toMinute: 1_440))
        let door = board.door()
        #expect(board.addModeRule(door, always, .locked))
        board.enrol(1)
        board.start()
        #expect(board.present(1) == .doorLocked)
        #expect(board.command(.setMode(.free)) == .commanded)
        #expect(board.isReleased())
        #expect(board.command(.setMode(.free)) == .alreadySo)
        board.wait(.hours(24))
        #expect(board.isReleased())
        #expect(board.command(.resume) == .commanded)
        #expect(!board.isReleased())
        #expect(board.command(.resume) == .alreadySo)
    }

    @Test("lock ends an unlock time and a commanded mode")
    func lock() {
        let board = TestBoard()
        board.door()
        board.start()
        board.command(.setMode(.free))
        board.command(.lock)
        #expect(!board.isReleased())
        board.command(.unlock)
        board.command(.lock)
        #expect(!board.isReleased())
    }
}

@Suite("An interlock")
struct InterlockTests {
    private func mantrap(_ configure: (inout DoorConfiguration) -> Void = { _ in }) -> TestBoard {
        let board = TestBoard()
        for _ in 0..<2 { board.door(configure) }
        precondition(board.interlock([0, 1]))
        board.enrol(1)
        board.enrol(2)
        return board
    }

    @Test("holds one door while the other is released, open, or not known to be closed")
    func holds() {
        let board = mantrap()
        board.start()
        #expect(board.present(1, DoorIndex(0)) == .granted)
        #expect(board.present(2, DoorIndex(1)) == .interlock)
        #expect(board.command(.unlock, DoorIndex(1)) == .interlock)
        board.pressExit(DoorIndex(1))
        #expect(!board.isReleased(DoorIndex(1)))
        board.open(DoorIndex(0))
        #expect(board.present(2, DoorIndex(1)) == .interlock)
        board.close(DoorIndex(0))
        #expect(board.present(2, DoorIndex(1)) == .granted)
        board.open(DoorIndex(1))
        board.close(DoorIndex(1))
        board.contact(.cut, DoorIndex(1))
        board.wait(seconds: 1)
        #expect(board.present(1, DoorIndex(0)) == .interlock)
    }

    @Test("a door forced open takes back the release of the other, if nobody has opened it yet")
    func forced() {
        let board = mantrap()
        board.start()
        board.present(1, DoorIndex(0))
        board.contact(.open, DoorIndex(1))
        #expect(!board.isReleased(DoorIndex(0)))
    }

    @Test("only one of two doors in free mode is released; the other has its turn when that one is locked")
    func free() {
        let board = mantrap { $0.mode = .free }
        board.start()
        // The first one known to be closed beside a closed one has the turn.
        let first = DoorIndex(board.isReleased(DoorIndex(0)) ? 0 : 1)
        let second = DoorIndex(1 - first.value)
        #expect(board.isReleased(first) && !board.isReleased(second))
        board.command(.setMode(.card), first)
        #expect(!board.isReleased(first) && board.isReleased(second))
        board.command(.setMode(.free), first)
        #expect(!board.isReleased(first) && board.isReleased(second))
    }

    @Test("a door without contact cannot be in one")
    func withoutContact() {
        let board = TestBoard()
        board.door()
        board.door {
            $0.hasContact = false
            $0.relock = .afterTime
        }
        #expect(!board.interlock([0, 1]))
        #expect(!board.interlock([0, 3]))
    }

    @Test("together with anti-passback: through the trap and back, in this order only")
    func withAntiPassback() {
        let board = TestBoard()
        let trap = board.controller.addArea(AreaConfiguration(antiPassback: .hard, occupancyLimit: 1))!
        let vault = board.controller.addArea(AreaConfiguration(antiPassback: .hard))!
        let outer = board.door { $0.innerArea = trap }
        let inner = board.door {
            $0.outerArea = trap
            $0.innerArea = vault
        }
        #expect(board.interlock([0, 1]))
        board.enrol(1)
        board.enrol(2)
        board.start()
        // Known to be outside from now on.
        board.pass(1, outer, .entry)
        board.pass(1, outer, .exit)
        #expect(board.present(1, inner) == .antiPassback, "not from the trap")
        #expect(board.present(1, outer) == .granted)
        #expect(board.present(1, inner) == .antiPassback, "has not passed yet")
        board.open(outer)
        #expect(board.present(1, inner) == .interlock)
        board.close(outer)
        #expect(board.present(2, outer) == .areaFull)
        #expect(board.present(1, outer) == .antiPassback)
        #expect(board.present(1, inner) == .granted)
        board.open(inner)
        board.close(inner)
        #expect(board.controller.occupants(of: trap) == 0)
        #expect(board.controller.occupants(of: vault) == 1)
        #expect(board.present(2, outer) == .granted)
    }
}
