import AccessControl
import HardwareInterface
import Testing

@Suite("A door")
struct DoorTests {
    @Test("a resident's card releases it, and it locks again as soon as it has closed behind them")
    func passage() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()

        board.present(1)
        #expect(board.happened() == ["granted", "released granted"])
        board.wait(seconds: 1)
        board.open()
        #expect(board.happened() == ["opened granted"])
        board.wait(seconds: 1)
        board.close()
        #expect(board.happened() == ["closed", "locked"])
        #expect(!board.isReleased())
        board.wait(seconds: 600)
        #expect(board.happened() == [])
    }

    @Test("nobody opens it: it locks when the unlock time is over, and that nobody came is recorded")
    func notOpened() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()
        board.present(1)
        board.wait(.milliseconds(4_999))
        #expect(board.isReleased())
        board.wait(.milliseconds(1))
        #expect(!board.isReleased())
        board.wait(seconds: 2)
        #expect(board.happened() == ["granted", "released granted", "locked", "grantedNotOpened"])
    }

    @Test("relock on opening, on closing, or by time alone", arguments: [Relock.onOpen, .onClose, .afterTime])
    func relock(_ relock: Relock) {
        let board = TestBoard()
        board.door { $0.relock = relock }
        board.enrol(1)
        board.start()
        board.present(1)
        board.wait(seconds: 1)
        board.open()
        #expect(board.isReleased() == (relock != .onOpen))
        board.wait(seconds: 1)
        board.close()
        #expect(board.isReleased() == (relock == .afterTime))
        board.wait(seconds: 5)
        #expect(!board.isReleased())
    }

    @Test("two residents one after the other: the door does not lock in the face of the second")
    func secondGrantWhileOpen() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.enrol(2)
        board.start()
        board.present(1)
        board.wait(seconds: 1)
        board.present(2)
        board.open()
        board.close()
        #expect(!board.isReleased())
        #expect(
            board.happened() == ["granted", "released granted", "granted", "opened granted", "closed", "locked"])
    }

    @Test("extended opening time for people who need it")
    func extended() {
        let board = TestBoard()
        board.door()
        board.enrol(1) { $0.traits = .extendedTime }
        board.start()
        #expect(board.present(1) == .grantedExtended)
        board.wait(.milliseconds(14_999))
        #expect(board.isReleased())
        board.open()
        board.forgetLog()
        // 20 s and 30 s, and 30 s more each.
        board.wait(.milliseconds(49_969))
        #expect(board.happened() == [])
        board.wait(.milliseconds(1))
        #expect(board.happened() == ["heldOpenWarning"])
        board.wait(seconds: 10)
        #expect(board.happened() == ["heldOpen"])
    }

    @Test("held open: a warning, then the alarm, both gone when it closes")
    func heldOpen() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()
        board.present(1)
        board.open()
        board.forgetLog()
        board.wait(.milliseconds(19_969))
        #expect(board.happened() == ["locked"])
        #expect(board.outputs().sounder == .silent)
        board.wait(.milliseconds(1))
        #expect(board.happened() == ["heldOpenWarning"])
        #expect(board.outputs().sounder == .warning)
        board.wait(seconds: 10)
        #expect(board.happened() == ["heldOpen"])
        #expect(board.outputs().sounder == .alarm)
        board.close()
        #expect(board.happened() == ["closed"])
        #expect(board.outputs().sounder == .silent)
    }

    @Test("held open: a card starts the time anew, a motion sensor does not")
    func heldOpenAgain() {
        let board = TestBoard()
        board.door { $0.exitAction = .shunt }
        board.enrol(1)
        board.start()
        board.present(1)
        board.open()
        board.wait(seconds: 30)
        #expect(board.state().alarm == .heldOpen)
        board.exitButton(true)
        board.wait(seconds: 1)
        board.exitButton(false)
        board.wait(seconds: 1)
        #expect(board.state().alarm == .heldOpen)
        board.forgetLog()
        board.present(1)
        #expect(board.happened() == ["granted", "released granted", "heldOpenEnded"])
        board.wait(.milliseconds(19_999))
        #expect(board.state().alarm == .none)
        board.wait(.milliseconds(1))
        #expect(board.state().alarm == .heldOpenWarning)
    }

    @Test(
        "opened without release and without request to exit: forced, after the time in which one could still explain it"
    )
    func forced() {
        let board = TestBoard()
        board.door()
        board.start()
        board.contact(.open)
        board.wait(.milliseconds(499))
        #expect(board.happened() == [])
        board.wait(.milliseconds(1))
        #expect(board.happened() == ["forced"])
        #expect(board.outputs().sounder == .alarm)
        board.close()
        #expect(board.happened() == ["closed"])
        #expect(board.outputs().sounder == .silent)
    }

    @Test("forced and slammed again within the race time is forced all the same")
    func forcedBriefly() {
        let board = TestBoard()
        board.door()
        board.start()
        board.open()
        board.close()
        #expect(board.happened() == ["forced", "closed"])
    }

    @Test(
        "a handle switch and the contact race each other: either order is a request to exit",
        arguments: [-200, -30, 0, 30, 200, 400])
    func exitRace(_ handleAfterContact: Int64) {
        let board = TestBoard()
        board.door { $0.exitAction = .shunt }
        board.start()
        if handleAfterContact < 0 {
            board.exitButton(true)
            board.wait(.milliseconds(-handleAfterContact))
            board.contact(.open)
        } else {
            board.contact(.open)
            board.wait(.milliseconds(handleAfterContact))
            board.exitButton(true)
        }
        board.wait(seconds: 1)
        #expect(board.happened() == ["opened requestToExit"])
    }

    @Test("a handle that moves after the race time explains nothing")
    func exitTooLate() {
        let board = TestBoard()
        board.door { $0.exitAction = .shunt }
        board.start()
        board.contact(.open)
        board.wait(.milliseconds(480))
        board.exitButton(true)
        board.wait(seconds: 1)
        #expect(board.happened() == ["forced"])
    }

    @Test("an opening in the last moment of the release is no forced one, though its contact is debounced after it")
    func openedAtTheLastMoment() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()
        board.present(1)
        board.wait(.milliseconds(4_990))
        board.contact(.open)
        board.wait(seconds: 3)
        #expect(board.happened() == ["granted", "released granted", "locked", "opened granted"])
    }

    @Test("a bouncing contact is one opening")
    func bounce() {
        let board = TestBoard()
        board.door()
        board.enrol(1)
        board.start()
        board.present(1)
        for _ in 0..<10 {
            board.contact(.open)
            board.wait(.milliseconds(5))
            board.contact(.closed)
            board.wait(.milliseconds(5))
        }
        board.open()
        #expect(board.happened() == ["granted", "released granted", "opened granted"])
    }

    @Test("request to exit releases it for its own time")
    func requestToExit() {
        let board = TestBoard()
        board.door { $0.timings.exitUnlock = .seconds(3) }
        board.start()
        board.pressExit()
        #expect(board.happened() == ["requestToExit", "released requestToExit"])
        board.wait(seconds: 3)
        #expect(board.happened() == ["locked"])
    }

    @Test("a pulse on the exit line shorter than the debounce time is no request")
    func exitGlitch() {
        let board = TestBoard()
        board.door()
        board.start()
        board.exitButton(true)
        board.wait(.milliseconds(29))
        board.exitButton(false)
        board.wait(seconds: 1)
        #expect(board.happened() == [])
    }

    @Test("a request to exit that holds the release ends as stuck after its limit, and the door locks")
    func exitStuck() {
        let board = TestBoard()
        board.door { $0.exitHoldsRelease = true }
        board.start()
        board.exitButton(true)
        board.wait(seconds: 59)
        #expect(board.isReleased())
        board.wait(seconds: 2)
        #expect(!board.isReleased())
        #expect(board.happened() == ["requestToExit", "released requestToExit", "exitRequestStuck", "locked"])
        board.exitButton(false)
        board.wait(seconds: 1)
        #expect(board.happened() == ["exitRequestRestored"])
    }

    @Test("found open at the start: reported, not forced, and its time begins")
    func foundOpen() {
        let board = TestBoard()
        board.door()
        board.controller.start(at: .start, clock: board.clock, into: &board.output)
        board.contact(.open)
        #expect(board.happened().suffix(1) == ["opened granted"])
        board.wait(seconds: 31)
        #expect(board.happened() == ["heldOpenWarning", "heldOpen"])
    }

    @Test(
        "a contact that fails is trouble and never a closed door",
        arguments: [ContactState.cut, .shorted, .foreign, .missing])
    func contactFault(_ fault: ContactState) {
        let board = TestBoard()
        board.door()
        board.start()
        board.contact(fault)
        board.wait(seconds: 1)
        #expect(board.happened() == ["contactFault \(fault)"])
        #expect(board.state().position == .unknown)
        #expect(!board.state().isSecured)
        board.contact(.closed)
        board.wait(seconds: 1)
        #expect(board.happened() == ["contactRestored closed", "closed"])
    }

    @Test("a door without contact: the release ends by time, and nothing is forced or held")
    func withoutContact() {
        let board = TestBoard()
        board.door {
            $0.hasContact = false
            $0.relock = .afterTime
        }
        board.enrol(1)
        board.start()
        board.present(1)
        board.wait(seconds: 60)
        #expect(board.happened() == ["granted", "released granted", "locked"])
    }

    @Test("tamper is reported once, and its end")
    func tamper() {
        let board = TestBoard()
        board.door()
        board.start()
        for isActive in [true, true, false, false] {
            board.controller.tamper(
                DoorIndex(0), .housing, isActive: isActive, now: board.now, into: &board.output)
        }
        board.wait(seconds: 1)
        #expect(board.happened() == ["tamper housing", "tamperRestored housing"])
    }

    @Test("a turnstile lets one person through for each grant")
    func turnstile() {
        let board = TestBoard()
        board.door { $0.kind = .turnstile }
        board.enrol(1)
        board.enrol(2)
        board.start()
        board.present(1)
        board.present(2)
        board.open()
        #expect(board.isReleased())
        board.close()
        #expect(board.isReleased())
        board.open()
        #expect(!board.isReleased())
        board.close()
        #expect(board.state().alarm == .none)
    }

    @Test("a two-leaf door: the second leaf follows for those who need it, and in a fire at once")
    func twoLeaves() {
        let board = TestBoard()
        board.door { $0.kind = .twoLeaf }
        board.enrol(1)
        board.enrol(2) { $0.traits = .extendedTime }
        board.start()
        board.contact(.closed, second: true)
        board.present(1)
        board.wait(seconds: 2)
        #expect(board.outputs().isReleased && !board.outputs().secondLeafIsReleased)
        board.wait(seconds: 10)
        board.present(2)
        #expect(board.outputs().isReleased && !board.outputs().secondLeafIsReleased)
        board.wait(.milliseconds(500))
        #expect(board.outputs().secondLeafIsReleased)
        board.wait(seconds: 20)
        #expect(!board.outputs().secondLeafIsReleased)
        board.fire(true)
        #expect(board.outputs().secondLeafIsReleased)
        #expect(!board.outputs().secondLockRelayIsEnergised)
    }

    @Test("a two-leaf door whose active leaf closes before the other cannot latch: reported")
    func leafSequence() {
        let board = TestBoard()
        board.door { $0.kind = .twoLeaf }
        board.enrol(1) { $0.traits = .extendedTime }
        board.start()
        board.contact(.closed, second: true)
        board.present(1)
        board.open()
        board.contact(.open, second: true)
        board.wait(seconds: 1)
        board.forgetLog()
        board.close()
        #expect(board.happened() == ["leafSequence"])
        #expect(board.state().position == .open)
    }

    @Test("a lift: a card releases the floors of its groups, a fire all of them")
    func lift() {
        let board = TestBoard()
        var configuration = DoorConfiguration(lock: LockWiring(kind: .strikeFailSecure))
        configuration.kind = .lift
        configuration.hasContact = false
        configuration.relock = .afterTime
        let lift = try! board.controller.addDoor(configuration)!
        board.right(AccessRight(door: lift, groups: GroupSet(bits: 1), floors: 0b0001))
        board.right(AccessRight(door: lift, groups: GroupSet(bits: 2), floors: 0b0110))
        board.right(AccessRight(door: lift, groups: GroupSet(bits: 4), floors: 0))
        board.enrol(1) { $0.groups = GroupSet(bits: 3) }
        board.enrol(2) { $0.groups = GroupSet(bits: 4) }
        board.start()
        #expect(board.present(1) == .granted)
        #expect(board.outputs().floors == 0b0111)
        board.wait(seconds: 6)
        #expect(board.outputs().floors == 0)
        #expect(board.present(2) == .noFloor)
        board.fire(true)
        #expect(board.outputs().floors == .max)
    }
}
