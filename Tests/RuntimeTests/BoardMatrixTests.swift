import Testing

@Suite("What the board file's matrix says comes about")
struct BoardMatrixTests {
    /// The stairwell with a lift, a lamp, and rows of its own before the others.
    static func board(_ rows: String) throws -> BoardUnderTest {
        let board = try BoardUnderTest(
            SmallBoards.stairwell.replacing(
                "  valve: {pin: GPIO25, active: high, exit: keep}\n",
                with: """
                      valve: {pin: GPIO25, active: high, exit: keep}
                      recall: {pin: GPIO5, active: high}
                      hold: {pin: GPIO6, active: high}
                      lamp: {pin: GPIO12, active: high}

                    """
            ).replacing("effects:\n", with: "lifts:\n  cabin: {recall: recall, stay: hold}\neffects:\n" + rows))
        board.pass(.seconds(10))
        return board
    }

    static let unused = "  used: {causes: [{detector: leak}], actions: [{recall: cabin}]}\n"

    @Test(
        "Each state of a door is a cause, and its contrary with not",
        arguments: [
            ("open", "open"), ("unlocked", "unlock"), ("free", "free"), ("lockdown", "lockdown"), ("forced", "open"),
            ("held-open", "hold"), ("emergency", "fire"),
        ])
    func doorStates(state: String, happens: String) throws {
        let rows =
            "  lamp:\n    causes: [{door: street, state: \(state)}]\n    actions: [{drive: lamp}]\n    latching: false\n"
            + "  other:\n    causes: [{door: street, state: \(state), not: true}]\n    actions: [{stay: cabin}]\n"
            + "    latching: false\n"
        let board = try Self.board(rows)
        #expect(!board.isOn("lamp") && board.isOn("hold"))
        switch happens {
        case "open": board.open()
        case "hold":
            board.type("door street unlock --yes")
            board.pass(.seconds(1))
            board.open()
            board.pass(.seconds(60))
        case "fire": board.set(.input0, LifeSafetyTests.fire)
        default: board.type("door street \(happens) --yes")
        }
        // A lock that was released for a passage is locked again after 5 s.
        board.pass(happens == "unlock" ? .seconds(2) : .seconds(20))
        #expect(board.isOn("lamp") && !board.isOn("hold"), "\(board.words)")
    }

    @Test("A door that is free as the board starts counts as free, before anything happens at it")
    func freeAtStart() throws {
        let rows = "  lamp: {causes: [{door: street, state: free}], actions: [{drive: lamp}]}\n" + Self.unused
        let yaml = SmallBoards.stairwell
        #expect(yaml.contains("egress: true\n"))
        let board = try BoardUnderTest(
            yaml.replacing("egress: true\n", with: "egress: true\n    mode: free\n").replacing(
                "  valve: {pin: GPIO25, active: high, exit: keep}\n",
                with: "  valve: {pin: GPIO25, active: high, exit: keep}\n  lamp: {pin: GPIO12, active: high}\n"
                    + "  recall: {pin: GPIO5, active: high}\n"
            ).replacing("effects:\n", with: "lifts:\n  cabin: {recall: recall}\neffects:\n" + rows))
        board.pass(.seconds(1))
        #expect(board.isOn("lamp"), "\(board.words)")
    }

    @Test("A fire recalls the lift that something else has stay, says who ordered it, and lets it go at the reset")
    func lift() throws {
        let board = try Self.board(
            "  stay:\n    causes: [{door: street, state: open}]\n    actions: [{stay: cabin}]\n    latching: false\n"
                + "    priority: 250\n"
                + "  recall: {causes: [{detector: smoke}], actions: [{recall: cabin}], priority: 1}\n")
        board.open()
        board.pass(.seconds(5))
        #expect(board.happened("lift cabin stays by stay") && board.isOn("hold") && !board.isOn("recall"))
        board.type("line hold off 10 --yes")
        #expect(board.isOn("hold"), "what an effect orders is nobody's to force")
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        #expect(board.happened("lift cabin recalled by recall"), "\(board.words)")
        #expect(board.isOn("recall") && !board.isOn("hold"), "one order at a time")
        board.close()
        board.set(.input0, LifeSafetyTests.clean)
        board.pass(.minutes(1))
        #expect(board.isOn("recall"), "until reset")
        board.type("alarm smoke acknowledge")
        board.type("alarm smoke reset --yes")
        board.pass(.seconds(1))
        #expect(board.happened("lift cabin free") && !board.isOn("recall"), "\(board.words)")
    }

    /// The stairwell with a fire panel, a button of somebody who is held up, a key for deliveries, and what they order.
    static let ordered = SmallBoards.stairwell.replacing(
        "  exit: {pin: GPIO23, active: low, bias: pull-up}\n",
        with: """
              exit: {pin: GPIO23, active: low, bias: pull-up}
              panel: {pin: GPIO5, active: high}
              button: {pin: GPIO6, active: high}
              key: {pin: GPIO12, active: high}

            """
    ).replacing(
        "effects:\n",
        with: """
              held_up: {kind: state, input: button}
            effects:
              held_up: {causes: [{detector: held_up}], actions: [{lock_down: street}], priority: 255}
              delivery: {causes: [{input: key}], actions: [{hold_open: street}], priority: 254, latching: false}
              panel: {causes: [{input: panel}], actions: [{release: street}], priority: 0, latching: false}

            """)

    @Test(
        "A door among its orders: released for the fire panel though it has the lowest priority, else locked down, else held open; and out gets everybody",
        arguments: [false, true], [false, true])
    func doorOrders(isHeldUp: Bool, isKeyTurned: Bool) throws {
        for isPanel in [false, true] {
            for isCommanded in [false, true] {
                let board = try BoardUnderTest(Self.ordered)
                board.pass(.seconds(10))
                if isCommanded { board.type("door street lockdown --yes") }
                board.input("button", isHeldUp)
                board.input("key", isKeyTurned)
                board.input("panel", isPanel)
                board.pass(.seconds(2))
                let isReleased = isPanel || isKeyTurned && !isHeldUp && !isCommanded
                #expect(board.isOn("lock") != isReleased, "\(board.words)")
                board.input("exit", true)
                board.pass(.seconds(1))
                #expect(!board.isOn("lock"), "the way out: \(board.words)")
                board.input("exit", false)
                board.pass(.seconds(30))
                #expect(board.isOn("lock") != isReleased)
                // Smoke beats all of it, at any time.
                board.set(.input0, LifeSafetyTests.fire)
                board.pass(.seconds(20))
                #expect(!board.isOn("lock"), "\(board.words)")
            }
        }
    }

    @Test(
        "A lock-down says which effect ordered it, nobody ends it by hand, and only a reset ends it, over a power cut too"
    )
    func lockDownLasts() throws {
        let board = try BoardUnderTest(Self.ordered, medium: ReplayTests.medium())
        board.pass(.seconds(10))
        board.input("button", true)
        board.pass(.seconds(1))
        #expect(board.happened("door street lockdown-begun by held_up"), "\(board.words)")
        board.input("button", false)
        board.pass(.seconds(10))
        board.type("door street restore --yes")
        #expect(board.printed().contains("lockdown"))
        board.present("0500207B32")
        board.pass(.seconds(1))
        #expect(
            board.isOn("lock")
                && board.words.contains { $0.hasPrefix("access street denied lockdown by card at street_reader") },
            "\(board.words)")
        let after = try board.afterPowerCut()
        after.pass(.seconds(10))
        after.present("0500207B32")
        after.pass(.seconds(1))
        #expect(after.isOn("lock"), "\(after.words)")
        after.type("alarm held_up acknowledge")
        after.pass(.seconds(1))
        #expect(!after.happened("door street lockdown-ended"))
        after.type("alarm held_up reset --yes")
        after.pass(.seconds(3))
        #expect(after.happened("door street lockdown-ended"), "\(after.words)")
        after.present("0500207B32")
        after.pass(.seconds(1))
        #expect(!after.isOn("lock"))
    }

    @Test("A release that was kept over a power cut is not ended by another effect that orders something of its door")
    func keptRelease() throws {
        let yaml = Self.ordered.replacing("egress: true\n", with: "egress: true\n    fire_reset: with-cause\n")
        #expect(yaml != Self.ordered)
        let board = try BoardUnderTest(yaml, medium: ReplayTests.medium())
        board.pass(.seconds(10))
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        #expect(!board.isOn("lock"))
        let after = try board.afterPowerCut()
        after.input("key", true)
        after.pass(.seconds(1))
        after.input("key", false)
        after.input("button", true)
        after.pass(.seconds(1))
        #expect(!after.isOn("lock"), "\(after.words)")
    }

    @Test("A walk test of what locks a door down locks none")
    func walkTestOfLockDown() throws {
        let board = try BoardUnderTest(Self.ordered)
        board.pass(.seconds(10))
        board.type("walktest held_up 10 --yes")
        board.input("button", true)
        board.pass(.seconds(5))
        #expect(board.words.contains { $0.hasPrefix("alarm held_up under-test activated") }, "\(board.words)")
        #expect(!board.words.contains { $0.contains("lockdown") }, "\(board.words)")
        board.present("0500207B32")
        board.pass(.seconds(1))
        #expect(!board.isOn("lock"))
    }

    @Test(
        "What stays until reset ends by a reset alone, whatever else is commanded of whatever detector",
        arguments: [
            "alarm smoke bypass --yes", "alarm smoke hush 5m --yes", "alarm smoke cleaned --yes", "alarm smoke silence",
            "alarm smoke acknowledge", "alarm smoke cancel --yes", "alarm leak away --yes", "alarm leak returned --yes",
            "alarm leak serviced --yes", "walktest smoke 10 --yes", "walktest all 10 --yes", "walktest all end --yes",
        ])
    func latched(command: String) throws {
        let board = try Self.board(
            "  opened: {causes: [{door: street, state: open}], actions: [{drive: lamp}]}\n" + Self.unused)
        board.open()
        board.pass(.seconds(1))
        board.close()
        board.pass(.seconds(1))
        board.type(command)
        board.pass(.seconds(1))
        #expect(board.isOn("lamp"), "\(board.printed())")
        board.type("alarm smoke restore --yes")
        board.type("walktest all end --yes")
        board.pass(.seconds(1))
        #expect(board.isOn("lamp"), "\(board.printed())")
        board.type("alarm leak reset --yes")
        board.pass(.seconds(1))
        #expect(!board.isOn("lamp"), "\(board.printed())")
    }

    @Test("A row follows from another with a delay of its own, under a condition that is not so")
    func rows() throws {
        let board = try Self.board(
            "  first: {causes: [{detector: leak}], delay: 5 s, latching: false}\n"
                + "  second:\n    causes: [{effect: first}, {door: street, state: open, not: true}]\n    combine: all\n"
                + "    delay: 10 s\n    actions: [{drive: lamp}, {announce: Water}]\n    latching: false\n"
                + Self.unused)
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(14))
        #expect(!board.isOn("lamp"), "3 s of the detector, 5 s and 10 s of the rows")
        board.pass(.seconds(6))
        #expect(board.isOn("lamp") && board.happened("message second on Water"), "\(board.words)")
        board.open()
        board.pass(.seconds(1))
        #expect(!board.isOn("lamp") && board.happened("message second off Water"), "\(board.words)")
    }
}
