import BoardCompiler
import Foundation
import Testing

/// The boards with every kind of reader and door, with one passage exchanged.
@Suite("A wrong reader, door or rule is reported where it is, with what would be right")
struct AccessProblemTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var board: String
        var passage: String
        var other: String
        var message: String
        var remedy: String

        /// - Parameters:
        ///   - passage: occurs once in the board's file.
        ///   - other: stands in its place; a « marks where the problem is.
        init(
            _ description: String, in board: String, _ passage: String, _ other: String, _ message: String,
            _ remedy: String
        ) {
            testDescription = description
            self.board = board
            self.passage = passage
            self.other = other
            self.message = message
            self.remedy = remedy
        }
    }

    private static let northContact = "  north_contact: {pin: sensed 0, active: high, bias: pull-up}"
    private static let northExit = "  north_exit: {pin: sensed 8, active: low, bias: pull-up}"

    static let readers: [Case] = [
        Case(
            "a debounce that swallows pulses", in: "garage",
            "  way_in_data0: {pin: GPIO5, active: low, bias: pull-up, debounce: 0 s}",
            "  way_in_data0: {pin: GPIO5, active: low, bias: pull-up, debounce: «20 ms}",
            "a debounce of 20 ms swallows the pulses of reader 'way_in'", "debounce: 0 s"),
        Case(
            "two readers on one data line", in: "garage", "    data0: way_out_data0", "    data0: «way_in_data0",
            "input 'way_in_data0' already is the data line 0 of reader 'way_in'", "an input of its own"),
        Case(
            "a card format that is not there", in: "apartment-entrance", "formats: [h10301, estate40]",
            "formats: [h10301, «estate41]", "there is no card format 'estate41'", "did you mean 'estate40'?"),
        Case(
            "a layout with a letter that means nothing", in: "apartment-entrance",
            "layout: \"PFFFFFFFFFFFFCCCCCCCCCCCCCCCCCCCCCCCCCCC\"",
            "layout: «\"PFFFFFFFFFFFXCCCCCCCCCCCCCCCCCCCCCCCCCCC\"", "character 13 of the layout means nothing",
            "P, F, C, 0, 1 or ."),
        Case(
            "a parity line of another length", in: "apartment-entrance",
            "parity: [\"EXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\"]", "parity: «[EXXXX]",
            "parity line 1 has 5 characters, the layout 40", "one character for each bit"),
        Case(
            "a parity line without its bit", in: "apartment-entrance",
            "parity: [\"EXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\"]",
            "parity: «[\"XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\"]", "needs exactly one E or O", "E (even) or O (odd)"
        ),
        Case(
            "a pattern that is none", in: "garage", "pattern: \"GAR-%d{6}\"", "pattern: «\"GAR-%q{6}\"",
            "character 6 of the pattern, 'q', means nothing there", "%d, %h"),
        Case(
            "a count that is none", in: "garage", "pattern: \"GAR-%d{6}\"", "pattern: «\"GAR-%d{6,2}\"",
            "the count at character 7 of the pattern is not one", "{n} or {n,m}"),
        Case(
            "an end of line that is none", in: "garage", "line_end: 0x03", "line_end: «etx",
            "'etx' is no end of a line", "0x03"),
        Case(
            "two OSDP readers at one address", in: "osdp-eight-doors", "address: 1, security", "address: «0, security",
            "reader 'north_reader' already has the address 0 on this bus", "another address"),
        Case(
            "a request to exit that comes from outside", in: "osdp-eight-doors",
            "key: eight_doors, formats: [h10301], door: north}",
            "key: eight_doors, formats: [h10301], door: north, exit_input: «0}", "it stands outside", "'side: exit'"),
        Case(
            "a second request to exit", in: "osdp-eight-doors", "key: eight_doors, formats: [h10301], door: north}",
            "key: eight_doors, formats: [h10301], door: north, side: exit, exit_input: «0}",
            "the request to exit of door 'north' is already the 'exit_button' of the door", "one input"),
        Case(
            "an input at a pin and at a reader", in: "osdp-eight-doors", northContact,
            "  north_contact: {pin: sensed 0, reader: «north_reader, reader_input: 0, active: high}",
            "it is wired to a pin and to a reader", "one of 'pin:' and 'reader:'"),
        Case(
            "an input nowhere", in: "osdp-eight-doors", northContact, "  «north_contact: {active: high}",
            "it does not say where the line is", "'reader_input:'"),
        Case(
            "an input at a reader, but which", in: "osdp-eight-doors", northContact,
            "  north_contact: {reader: «north_reader, active: high}",
            "it does not say which of the reader's inputs it is",
            "'reader_input: 0'"),
        Case(
            "an input of a reader that is not named", in: "osdp-eight-doors", northContact,
            "  north_contact: {pin: sensed 0, reader_input: «0, active: high}", "it names no reader", "'reader:'"),
        Case(
            "a pull at a reader", in: "osdp-eight-doors", northContact,
            "  north_contact: {reader: north_reader, reader_input: 0, active: high, bias: «pull-up}",
            "the reader sees to its inputs itself", "remove 'bias'"),
        Case(
            "an input of a reader that has none", in: "mantrap",
            "  outer_contact: {pin: GPIO5, active: high, bias: pull-up}",
            "  outer_contact: {reader: «inner_reader, reader_input: 0, active: high}",
            "reader 'inner_reader' has no inputs",
            "'protocol: osdp'"),
        Case(
            "one input of a reader twice", in: "osdp-eight-doors", northContact,
            "  north_contact: {reader: north_reader, reader_input: 0, active: high}\n  other: {reader: north_reader, reader_input: «0, active: high}",
            "input 0 of reader 'north_reader' is already 'north_contact'", "another input"),
        Case(
            "an exit button at a reader outside", in: "osdp-eight-doors", northExit,
            "  north_exit: {reader: «north_reader, reader_input: 0, active: high}",
            "reader 'north_reader' stands outside", "'side: exit'"),
        Case(
            "a text that no display can show", in: "osdp-eight-doors",
            "key: eight_doors, formats: [h10301], door: north}",
            "key: eight_doors, formats: [h10301], door: north, texts: {ready: «Zutritt für alle}}",
            "a reader's display cannot show 'Zutritt für alle'", "ASCII"),
        Case(
            "a secure channel without a key", in: "mantrap", "    security: key\n    key: mantrap_reader\n",
            "    security: «key\n", "the key is not named", "--reader-keys"),
        Case(
            "a key in the clear", in: "mantrap", "    security: key\n    key: mantrap_reader\n",
            "    security: clear\n    key: «mantrap_reader\n", "a key in the clear is of no use", "remove 'key'"),
        Case(
            "another reader on an OSDP bus", in: "mantrap", "    port: inner_port", "    port: «outer_bus",
            "reader 'outer_reader' is already wired to this port", "not OSDP"),
        Case(
            "an output that is a lamp and a siren", in: "apartment-entrance", "actions: [{release: entrance}]",
            "actions: «[{release: entrance}, {drive: reader_green}]",
            "output 'reader_green' is the green lamp of reader 'entrance_reader'", "an output of its own"),
    ]

    static let doors: [Case] = [
        Case(
            "a two-leaf door without its second lock", in: "mantrap", "  outer:\n    lock_kind: strike-fail-safe",
            "  outer:\n    kind: «two-leaf\n    lock_kind: strike-fail-safe", "the second leaf has no lock",
            "second_lock"),
        Case(
            "a lift without floors", in: "garage", "    floors: [floor_garage, floor_ground, floor_flats]\n", "",
            "the lift has no floors", "floors:"),
        Case(
            "a turnstile that nobody sees turning", in: "garage", "    contact: barrier_passed\n", "",
            "a turnstile needs the contact", "contact:"),
        Case(
            "a supervised contact in volts that nobody feeds", in: "apartment-entrance",
            ", supply: 3.3 V, pull_up: 1 kΩ}",
            "}", "point 'entrance_loop' is in V, and what feeds the loop is not said", "supply: 3.3 V"),
        Case(
            "resistors that cannot be told apart", in: "apartment-entrance", "across: 1 kΩ,",
            "across: 200 Ω,", "the open and the closed contact cannot be told apart", "larger resistor"),
        Case(
            "a fire zone that is not there", in: "osdp-eight-doors", "release_zone: staircase",
            "release_zone: «stairs", "there is no fire zone 'stairs'", "staircase"),
        Case(
            "an action of two things", in: "osdp-eight-doors", "- release_zone: staircase",
            "- «{release_zone: staircase, release: north}", "an action does two things", "'release_zone: ZONE'"),
        Case(
            "Europe's summers where there are none", in: "osdp-eight-doors", "utc_offset: \"+01:00\"",
            "utc_offset: \"+08:00\"", "daylight saving of Europe is for zones from -01:00 to +03:00", "'utc_offset'"),
        Case(
            "a second supervised contact of a single leaf", in: "apartment-entrance", "    supervised_contact: {point",
            "    second_supervised_contact: «{point", "only a two-leaf door has a second contact", "two-leaf"),
        Case(
            "an area that is not there", in: "garage", "    to: garage\n", "    to: «garrage\n",
            "there is no area 'garrage'", "did you mean 'garage'?"),
        Case(
            "timed anti-passback without its time", in: "garage", "garage: {anti_passback: hard, limit: 3}",
            "garage: {anti_passback: «timed, limit: 3}", "for how long is not said", "passback_time"),
        Case(
            "an interlock of a door without a contact", in: "mantrap", "    contact: inner_contact\n", "",
            "door 'inner' has no contact, so nobody could tell whether it is closed", "add 'contact:'"),
        Case(
            "an interlock of one door", in: "mantrap", "doors: [outer, inner]", "doors: «[outer]",
            "the list has 1 entries", "2 to 64"),
        Case(
            "a mode that is none", in: "apartment-entrance", "mode: card-or-pin", "mode: «card-and-code",
            "'card-and-code' is not one of", "card-and-pin"),
        Case(
            "a holiday that is no day", in: "apartment-entrance", "christmas: {date: 12-25}",
            "christmas: {date: «02-30}",
            "'02-30' is not a date", "12-25"),
        Case(
            "a class of holidays that is none", in: "apartment-entrance", "days: holiday-2", "days: «holiday-9",
            "'holiday-9' is no day", "known days"),
    ]

    static let credentials: [Case] = [
        Case(
            "a number that the format cannot hold", in: "apartment-entrance", "{facility: 12, card: 4711}",
            "«{facility: 256, card: 4711}", "a number does not fit into the card format 'h10301'", "that format"),
        Case(
            "a card twice", in: "apartment-entrance", "number: {facility: 12, card: 900}",
            "number: «{facility: 12, card: 4711}", "it is the same card as credential 1", "remove one"),
        Case(
            "a card that is two", in: "apartment-entrance", "  - code: \"271828\"",
            "  - «text: abcd\n    code: \"271828\"", "it has 'text' and 'code'", "write one of them"),
        Case(
            "a code too short", in: "apartment-entrance", "code: \"271828\"", "code: «\"271\"",
            "these are not the digits of a code or PIN", "4 to 12 digits"),
        Case(
            "a trait that is none", in: "apartment-entrance", "traits: [first-card]", "traits: [«firstcard]",
            "'firstcard' is not one of", "first-card"),
        Case(
            "an identifier of a length that no card has", in: "mantrap", "  - file: \"0000000000000101\"",
            "  - contactless: «\"0000000001\"", "the identifier has 5 bytes", "4, 7 or 10"),
    ]

    @Test("A fire zone that an effect releases needs a door")
    func emptyZone() {
        let text = Repository.text("boards/osdp-eight-doors.yaml").replacing(
            "fire_zones: [staircase]\ndaylight", with: "fire_zones: [staircase, cellar]\ndaylight"
        ).replacing("release_zone: staircase", with: "release_zone: cellar")
        let problems = BoardCompiler().check(text).problems
        #expect(problems.contains { $0.message.contains("no door stands in the fire zone 'cellar'") }, "\(problems)")
    }

    static let proofs: [Case] = [
        Case(
            "a door that stands in no fire zone", in: "osdp-eight-doors",
            "    egress: true\n    fire_zones: [staircase]\n  east:", "    egress: true\n  east:",
            "door 'north': a fire can leave it locked", "add 'release: north'"),
        Case(
            "no fire reaches the door", in: "mantrap", ", {release: inner}]", "]",
            "door 'inner': a fire can leave it locked, and it is on an escape route: power comes on, the runtime claims its lines, the runtime begins to decide, a fire begins",
            "add 'release: inner'"),
        Case(
            "a strike that stays locked at power-on", in: "mantrap", "lock_kind: strike-fail-safe",
            "lock_kind: strike-fail-secure", "door 'outer': a fire can leave it locked", "'handle: true'"),
        Case(
            "an output that keeps the magnet on when the program ends", in: "mantrap",
            "inner_lock: {pin: GPIO27, start: active, exit: inactive}",
            "inner_lock: {pin: GPIO27, start: active, exit: active}",
            "the runtime ends in order", "write 'exit:'"),
        Case(
            "a pin that is high at power-on", in: "mantrap",
            "inner_lock: {pin: GPIO27, start: active, exit: inactive}",
            "inner_lock: {pin: GPIO27, start: active, exit: inactive, power_on: active}",
            "a fire can leave it locked, and it is on an escape route: power comes on, a fire begins", "'power_on'"),
        Case(
            "a crash that lasts", in: "mantrap", "standby_supply: true", "standby_supply: true\nwatchdog: false",
            "the runtime dies", "hardware watchdog"),
    ]

    @Test("Readers and card formats", arguments: readers)
    func reader(case problem: Case) throws { try expect(problem) }

    @Test("Doors, areas, interlocks and schedules", arguments: doors)
    func door(case problem: Case) throws { try expect(problem) }

    @Test("Credentials", arguments: credentials)
    func credential(case problem: Case) throws { try expect(problem) }

    @Test("A board on which a fire could leave an escape door locked is refused, with the path", arguments: proofs)
    func proof(case problem: Case) throws { try expect(problem) }

    @Test(
        "What the board has in common with the next makes no warning",
        arguments: ["lobby", "apartment-entrance", "mantrap", "garage", "osdp-eight-doors", "gatehouse"])
    func sound(board: String) {
        let problems = BoardCompiler().check(Repository.text("boards/\(board).yaml")).problems
        #expect(problems == [])
    }

    @Test("A way out that is gone with its reader is warned of")
    func wayOutAtReader() {
        let text = Repository.text("boards/gatehouse.yaml").components(separatedBy: "\n")
            .filter { !$0.contains("green_box") }.joined(separator: "\n")
        let problems = BoardCompiler().check(text).problems
        #expect(problems.map(\.severity) == [.warning])
        #expect(problems.first?.message.contains("while its reader does not answer") == true, "\(problems)")
    }

    private func expect(_ problem: Case) throws {
        let parts = Repository.text("boards/\(problem.board).yaml").components(separatedBy: problem.passage)
        try #require(parts.count == 2, "the passage is not once in the board")
        let marked = Marked(parts[0] + problem.other + parts[1])
        let result = BoardCompiler().check(marked.text)
        let found = result.problems.first { $0.message.contains(problem.message) }
        let all = result.problems.map { "\($0.range.start.line):\($0.range.start.column) \($0.message)" }
        let reported = try #require(found, "reported instead: \(all)")
        #expect(reported.remedy.contains(problem.remedy), "the remedy is: \(reported.remedy)")
        for place in marked.places { #expect(reported.range.start == place, "\(all)") }
        #expect(result.board == nil)
    }
}
