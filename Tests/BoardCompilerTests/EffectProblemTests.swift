import BoardCompiler
import Testing

@Suite("What can be wrong with lifts and effects is said with its place, its cause and its remedy")
struct EffectProblemTests {
    typealias Case = ProblemCase

    /// Passages are of boards/lift.yaml.
    static let cases: [Case] = [
        Case(
            "an effect that follows from itself", "    causes:\n      - effect: fire_recall",
            "    causes:\n      «- effect: recall_unheeded",
            "it would wait for itself: 'recall_unheeded' follows from 'recall_unheeded'", "causes of another"),
        Case(
            "two effects that wait for each other", "    causes:\n      - input: panel_fire",
            "    causes:\n      «- effect: recall_unheeded\n      - input: panel_fire",
            "'fire_recall' follows from 'recall_unheeded' follows from 'fire_recall'", "causes of another"),
        Case(
            "an effect that follows from a later one", "    causes:\n      - detector: scooter",
            "    causes:\n      «- effect: caretaker\n      - detector: scooter",
            "effect 'caretaker', which it follows from, stands below it", "move 'caretaker' above 'no_scooters'"),
        Case(
            "an effect that is none", "      - effect: fire_recall", "      - effect: «fire_recal",
            "'fire_recal'", "did you mean 'fire_recall'?"),
        Case(
            "an effect of which nothing follows",
            "    actions:\n      - stay: cabin\n      - announce: Lift stopped - service\n", "",
            "nothing happens, and no other effect names it", "'effect: machine_room_visited'"),
        Case(
            "an effect with a state", "      - effect: fire_recall",
            "      - «effect: fire_recall\n        state: alarm",
            "an effect has no state 'alarm'", "while it is active"),
        Case(
            "a door in a state of detectors", "      - door: machine_room\n        state: open",
            "      - «door: machine_room\n        state: pre-alarm", "a door is never 'pre-alarm'",
            "'state: open', 'forced', 'held-open', 'unlocked', 'free', 'lockdown', 'emergency' or 'trouble'"),
        Case(
            "neither yes nor no", "        not: true", "        not: «perhaps", "'perhaps' is neither true nor false",
            "write false"),
        Case(
            "a lift that takes no orders", "  cabin:\n    recall: recall\n    stay: hold_doors\n", "  «cabin: {}\n",
            "lift 'cabin': nothing can be ordered of it", "'recall: OUTPUT'"),
        Case(
            "a lift with one contact for two orders", "    stay: hold_doors", "    stay: «recall",
            "output 'recall' already is the recall contact of lift 'cabin'", "an output"),
        Case(
            "an order that the lift has no contact for", "    recall: recall\n    stay: hold_doors\n",
            "    stay: hold_doors\n", "lift 'cabin' has no contact for 'recall'", "write 'recall: OUTPUT' at the lift"),
        Case(
            "an effect that drives a lift's contact", "      - recall: cabin", "      - drive: recall",
            "output 'recall' is the recall contact of lift 'cabin'", "write 'recall: cabin'"),
        Case(
            "two messages of one effect", "      - announce: Fire - use the stairs",
            "      - announce: Fire - use the stairs\n      - announce: Leave", "an effect announces 2 things",
            "another effect"),
        Case(
            "a message that is too long", "      - announce: Fire - use the stairs",
            "      - announce: «\(String(repeating: "long ", count: 13))x", "the text has 66 bytes; at most 64 fit",
            "shorten it by 2 bytes"),
        Case(
            "a message that is silenced", "      - announce: Fire - use the stairs",
            "      - «announce: Fire - use the stairs\n        silenceable: true", "a message cannot be silenced",
            "remove 'silenceable'"),
        Case(
            "a lift with a pattern", "      - recall: cabin", "      - «recall: cabin\n        pattern: pulsed",
            "a lift has no pattern", "remove 'pattern'"),
        Case(
            "an action that does two things", "      - recall: cabin", "      - «recall: cabin\n        stay: cabin",
            "an action does two things", "'recall: LIFT', 'stay: LIFT' and 'announce: TEXT'"),
    ]

    @Test("Lifts and effects", arguments: cases)
    func problems(_ one: Case) throws {
        try expect(one, in: "boards/lift.yaml")
    }

    private func expect(_ one: Case, in file: String) throws {
        let marked = try #require(board(file, one.passage, becomes: one.other), "the passage occurs once")
        let problems = BoardCompiler().check(marked.text).problems
        let found = problems.first { $0.message.contains(one.message) }
        #expect(found != nil, "\(problems.map(\.message))")
        #expect(found?.severity == one.severity)
        #expect(found?.remedy.contains(one.remedy) == true, "\(found?.remedy ?? "")")
        if let place = marked.places.first, let found { #expect(found.range.start == place) }
    }

    /// Passages are of boards/gatehouse.yaml.
    static let orders: [Case] = [
        Case(
            "a door locked down and released at once", "    actions: [{lock_down: gate}, {drive: police_line}]",
            "    actions: «[{lock_down: gate}, {release: gate}]",
            "effect 'held_up': it wants two things of door 'gate' at once", "write another effect for it"),
        Case(
            "a door locked down and held open at once", "    actions: [{lock_down: gate}, {drive: police_line}]",
            "    actions: «[{hold_open: gate}, {lock_down: gate}]",
            "effect 'held_up': it wants two things of door 'gate' at once", "leave one of them out"),
        Case(
            "a door that waits for its own lockdown",
            "    causes: [{input: delivery_key}]\n    actions: [{hold_open: gate}]",
            "    causes: [{door: gate, state: lockdown}]\n    actions: «[{lock_down: gate}]",
            "'lock_down' of door 'gate' would change what the effect itself waits for", "another state than 'lockdown'"),
        Case(
            "a door held open until it is free",
            "    causes: [{input: delivery_key}]\n    actions: [{hold_open: gate}]",
            "    causes: [{door: gate, state: free, not: true}]\n    actions: «[{hold_open: gate}]",
            "'hold_open' of door 'gate' would change what the effect itself waits for", "'unlocked' or 'free'"),
        Case(
            "an order with a pattern", "    actions: [{hold_open: gate}]",
            "    actions: [«{hold_open: gate, pattern: pulsed}]", "a door has no pattern", "remove 'pattern'"),
        Case(
            "a lock-down that is silenced", "{lock_down: gate}, {drive",
            "«{lock_down: gate, silenceable: true}, {drive",
            "a door cannot be silenced", "remove 'silenceable'"),
        Case(
            "a door that is none", "{lock_down: gate}", "{lock_down: «gates}", "there is no door 'gates'",
            "did you mean 'gate'?"),
    ]

    @Test("Orders to doors", arguments: orders)
    func orderProblems(_ one: Case) throws {
        try expect(one, in: "boards/gatehouse.yaml")
    }

    @Test("No fire locks a door: not by itself, not through another effect, but as a condition that must not be")
    func fireLocksNothing() throws {
        let lobby = Repository.text("boards/lobby.yaml")
        for (rows, isRefused) in [
            ("  shut: {causes: [{detector: lobby_smoke}], actions: [{lock_down: entrance}]}\n", true),
            ("  shut: {causes: [{detector: lobby_smoke, state: pre-alarm}], actions: [{lock_down: entrance}]}\n", true),
            (
                "  seen: {causes: [{detector: lobby_smoke}]}\n"
                    + "  shut: {causes: [{effect: seen}], actions: [{lock_down: entrance}]}\n", true
            ),
            (
                "  shut:\n    causes: [{door: entrance, state: forced}, {detector: lobby_smoke, not: true}]\n"
                    + "    combine: all\n    actions: [{lock_down: entrance}]\n", false
            ),
            ("  open: {causes: [{detector: lobby_smoke}], actions: [{hold_open: entrance}]}\n", false),
        ] {
            let problems = BoardCompiler().check(lobby.replacing("effects:\n", with: "effects:\n" + rows)).problems
            let found = problems.first { $0.message.contains("no fire locks a door") }
            #expect((found != nil) == isRefused, "\(problems.map(\.message))")
            #expect(found.map { $0.remedy.contains("another effect") } ?? true)
        }
    }

    @Test("Lockdowns that spread from door to door and back would never end, and are refused; one way is fine")
    func spreadingLockdown() throws {
        let text = Repository.text("boards/mantrap.yaml")
        let there =
            "  there: {causes: [{door: outer, state: lockdown}], actions: [{lock_down: inner}], latching: false}\n"
        let back =
            "  back: {causes: [{door: inner, state: lockdown}], actions: [{lock_down: outer}], latching: false}\n"
        for (rows, isRefused) in [(there, false), (there + back, true)] {
            let problems = BoardCompiler().check(text.replacing("effects:\n", with: "effects:\n" + rows)).problems
            let found = problems.count { $0.message.contains("would change what the effect itself waits for") }
            #expect(found == (isRefused ? 2 : 0), "\(problems.map(\.message))")
        }
    }

    @Test("An effect that does nothing itself tells a door of a fire through one that follows from it, but not by not")
    func steppingStone() throws {
        let seen = "effects:\n  seen: {causes: [{detector: lobby_smoke}]}\n"
        let text = Repository.text("boards/lobby.yaml").replacing("      - release: entrance\n", with: "")
        let alone = BoardCompiler().check(text.replacing("effects:\n", with: seen)).problems
        #expect(alone.contains { $0.message.contains("nothing happens") }, "\(alone.map(\.message))")
        for (negation, isTold) in [("", true), (", not: true", false)] {
            let followed = seen + "  out: {causes: [{effect: seen\(negation)}], actions: [{release: entrance}]}\n"
            let problems = BoardCompiler().check(text.replacing("effects:\n", with: followed)).problems
            let isLocked = problems.contains { $0.message.contains("a fire can leave it locked") }
            #expect(isLocked != isTold, "\(problems.map(\.message))")
        }
    }
}
