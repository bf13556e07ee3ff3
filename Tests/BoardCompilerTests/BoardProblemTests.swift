import BoardCompiler
import Testing

@Suite("Everything that can be wrong with a board file is said with its place, its cause and its remedy")
struct BoardProblemTests {
    typealias Case = ProblemCase

    /// Passages are of boards/lobby.yaml.
    static let keysAndValuesCases: [Case] = [
        Case(
            "an unknown key at the top", "description: Entrance", "«desciption: Entrance", "unknown key 'desciption'",
            "did you mean 'description'?"),
        Case(
            "an unknown section", "buses:", "«busses:", "unknown key 'busses'", "did you mean 'buses'?"),
        Case(
            "an unknown key in an entry", "    debounce: 20 ms", "    «debounse: 20 ms",
            "input 'entrance_contact': unknown key 'debounse'", "did you mean 'debounce'?"),
        Case(
            "a key of another variant", "    delay: 3 s", "    delay: 3 s\n    «cancel_window: 5 s",
            "'cancel_window' belongs to 'kind: fall'", "remove it, or change 'kind'"),
        Case(
            "a required key left out", "  sensors:\n    device: /dev/i2c-1\n",
            "  «sensors:\n", "bus 'sensors': 'device' is missing", "add 'device: /dev/i2c-1'"),
        Case(
            "a variant left out", "    kind: smoke\n", "    «kind:\n", "nothing stands where one of smoke",
            "write one of them"),
        Case(
            "an unknown variant", "kind: leak", "kind: «leek", "'leek' is not one of smoke, leak",
            "did you mean 'leak'?"),
        Case(
            "an unknown word", "active: low\n", "active: «lo\n", "'lo' is not one of high, low", "did you mean 'low'?"),
        Case(
            "a value left out", "    timeout: 100 ms", "    «timeout:", "the value is missing", "duration from 1 ms"),
        Case(
            "a mapping for a value", "    device: /dev/i2c-1", "    device: «{a: b}",
            "a mapping stands where a single value is wanted", "write a text"),
        Case(
            "a value for a mapping", "buses:\n  sensors:\n    device: /dev/i2c-1\n    timeout: 100 ms",
            "buses:\n  sensors: «/dev/i2c-1", "a single value stands where keys and values are wanted",
            "device: /dev/i2c-1"),
        Case(
            "a list for a section", "buses:\n  sensors:\n    device: /dev/i2c-1\n    timeout: 100 ms",
            "buses:\n  «- device: /dev/i2c-1", "a list stands where named buses are wanted", "write each as 'NAME:'"),
        Case(
            "yes for true", "egress: true", "egress: «yes", "'yes' is neither true nor false", "write true"),
        Case(
            "an amount without a unit", "unlock: 5 s\n    ext", "unlock: «5\n    ext", "'5' has no unit", "'5 s'"),
        Case(
            "an amount in a unit of something else", "unlock: 5 s\n    ext", "unlock: «5 V\n    ext",
            "'V' is not a unit of duration", "µs, ms, s, min, h, d"),
        Case(
            "minutes as m", "unlock: 5 s\n    ext", "unlock: «1 m\n    ext", "'m' is not a unit of duration",
            "minutes are written min"),
        Case(
            "an amount that is no number", "unlock: 5 s\n    ext", "unlock: «soon\n    ext",
            "'soon' is not a duration", "duration from 100 ms to 10 min"),
        Case(
            "an amount out of bounds", "unlock: 5 s\n    ext", "unlock: «99 ms\n    ext", "99 ms is out of range",
            "duration from 100 ms to 10 min"),
        Case(
            "an amount too fine", "unlock: 5 s\n    ext", "unlock: «5000.5 ms\n    ext",
            "finer than the board counts", "whole multiple of 1 ms"),
        Case(
            "a whole number that is none", "baud: 9600", "baud: «fast", "'fast' is not a whole number",
            "whole number from 300 to 4000000"),
        Case(
            "an address to listen on that is a name", "hardware: raspberry-pi-4",
            "hardware: raspberry-pi-4\nlisten: [«lobby.local]",
            "'lobby.local' is no numeric address", "names are not looked up"),
        Case(
            "an address to listen on with a port that is none", "hardware: raspberry-pi-4",
            "hardware: raspberry-pi-4\nlisten: [«\"[::]:70000\"]", "'[::]:70000' is no numeric address", "0.0.0.0"),
        Case(
            "a link on the port of a reader", "baud: 9600", "baud: 9600\n    use: «link",
            "reader 'entrance_reader' is wired to it", "give the link a port of its own"),
        Case("a whole number out of bounds", "baud: 9600", "baud: «115", "115 is out of range", "from 300"),
        Case(
            "a range of the amplifier that the chip lacks", "full_scale: 4.096 V", "full_scale: «5 V",
            "the chip has no voltage of 5 V", "the nearest is 4.096 V"),
        Case(
            "a rate that the chip lacks", "rate: 200 Hz", "rate: «150 Hz", "the chip has no rate of 150 Hz",
            "25 Hz, 50 Hz, 100 Hz, 200 Hz, 400 Hz"),
        Case(
            "a text too long", "description: Entrance lobby of the demonstration building",
            "description: «" + String(repeating: "灯", count: 43), "the text has 129 bytes; at most 128 fit",
            "shorten it by 1 bytes"),
        Case(
            "a time of day that is none", "from: 08:00", "from: «8 o'clock", "'8 o'clock' is not a time of day", "08:30"
        ),
        Case("a day that is none", "days: mon-fri", "days: «mon-fry", "'mon-fry' is no day", "known days"),
        Case(
            "a date that is none", "valid_from: 2026-01-01", "valid_from: «2026-02-30", "'2026-02-30' is not a date",
            "2026-05-01"),
        Case(
            "an offset from UTC that is none", "utc_offset: \"+08:00\"", "utc_offset: «CET",
            "'CET' is not an offset from UTC", "+08:00"),
        Case(
            "an identifier that is none", "tag: \"0500207B32\"", "tag: «\"0500207B3\"",
            "this is not the identifier of a 125 kHz tag", "10 hexadecimal digits; there are 9 characters"),
        Case(
            "hardware that is not known", "hardware: raspberry-pi-4", "hardware: «raspbery-pi-4",
            "'raspbery-pi-4' is not one of", "did you mean 'raspberry-pi-4'?"),
    ]

    static let namesCases: [Case] = [
        Case(
            "a name with a blank", "  siren:\n", "  «lobby siren:\n", "the name 'lobby siren' holds a blank",
            "such as 'lobby_siren'"),
        Case(
            "a name too long", "board: lobby", "board: «a123456789b123456789c123456789d12",
            "has 33 bytes; at most 32 fit",
            "shorten it by 1 bytes"),
        Case(
            "an input and an output of one name", "  water_valve:  ", "  «entrance_exit:  ",
            "the line 'entrance_exit' is already there", "another name"),
        Case(
            "a key twice", "    baud: 9600", "    baud: 9600\n    «baud: 9600",
            "'baud' comes twice; it is already in line",
            "keep one"),
        Case(
            "a door that is not there", "    door: entrance\n    hold_off", "    door: «entrence\n    hold_off",
            "there is no door 'entrence'", "did you mean 'entrance'?"),
        Case(
            "an output that is not there", "    lock: entrance_lock", "    lock: «lock", "there is no output 'lock'",
            "known outputs: entrance_lock, siren, water_valve"),
        Case(
            "an input where an output is wanted", "    lock: entrance_lock", "    lock: «entrance_exit",
            "'entrance_exit' is an input, not an output", "entrance_lock, siren, water_valve"),
        Case(
            "a sensor of the wrong kind", "    sensor: wearer", "    sensor: «climate",
            "'climate' is a bme280, not an accelerometer", "wearer"),
        Case(
            "a group that is not there", "    groups: [staff]", "    groups: [«stuff]", "there is no group 'stuff'",
            "did you mean 'staff'?"),
    ]

    static let wiringCases: [Case] = [
        Case(
            "a pin used twice", "    pin: GPIO27", "    pin: «GPIO17",
            "output 'siren': GPIO17 is already used by output 'entrance_lock'", "another pin"),
        Case(
            "a pin used twice, once by chip and offset", "    pin: GPIO27", "    pin: «gpio 17",
            "GPIO17 is already used by output 'entrance_lock'", "another pin"),
        Case(
            "a pin that the hardware lacks", "    pin: GPIO27", "    pin: «GPIO28",
            "Raspberry Pi 4 Model B has no pin 'GPIO28'", "did you mean 'GPIO"),
        Case(
            "a line beyond its chip", "    pin: GPIO27", "    pin: «gpio 58",
            "line 58 lies beyond chip 'gpio', which has 58 lines", "from 0 to 57"),
        Case(
            "a chip that is not there", "    pin: GPIO27", "    pin: «expander 3", "there is no chip 'expander'",
            "known chips: gpio"),
        Case(
            "a pin that carries the bus", "    pin: GPIO27", "    pin: «GPIO2",
            "GPIO2 carries i2c-1, which bus 'sensors' uses",
            "without a second function"),
        Case(
            "two buses on one adapter", "ports:\n", "  second:\n    device: «/dev/i2c-1\nports:\n",
            "'/dev/i2c-1' is already bus 'sensors'", "use one bus"),
        Case(
            "two sensors at one address", "    address: 0x76", "    address: «0x48",
            "a bme280 never has the address 0x48", "0x76, 0x77"),
        Case(
            "an address that the chip cannot have", "    address: 0x53", "    address: «0x54",
            "never has the address 0x54", "0x1d, 0x53"),
        Case(
            "two chips of a kind at one address", "  climate:\n    chip: bme280\n    bus: sensors\n    address: 0x76",
            "  second:\n    chip: bme280\n    bus: sensors\n    address: 0x76\n"
                + "  climate:\n    chip: bme280\n    bus: sensors\n    address: «0x76",
            "sensor 'second' already has the address 0x76 on the same bus", "0x76, 0x77"),
        Case(
            "a lock that does not say what it does at the end", "    exit: inactive          #", "    #",
            "it locks door 'entrance' but does not say 'exit'", "'exit: inactive' to release it"),
        Case(
            "a contact that is also the button", "    exit_button: entrance_exit", "    exit_button: «entrance_contact",
            "input 'entrance_contact' already is the contact of door 'entrance'", "an input of its own"),
        Case(
            "times of a door that contradict each other", "    extended_unlock: 15 s", "    extended_unlock: «4 s",
            "the extended unlock time of 4 s is shorter than the usual 5 s", "at least 5 s"),
        Case(
            "a warning after the alarm", "    held_open_warning: 20 s", "    held_open_warning: «40 s",
            "the warning after 40 s does not come before the alarm after 40 s", "below 40 s"),
        Case(
            "held open without a contact", "    contact: entrance_contact\n    exit_button: entrance_exit\n",
            "    exit_button: entrance_exit\n", "'held_open_warning' needs to see whether the door is open",
            "add 'contact:'"),
        Case(
            "two readers on one port", "detectors:\n",
            "  second:\n    protocol: serial-tag\n    port: «reader_port\n    door: entrance\n\ndetectors:\n",
            "reader 'entrance_reader' is already wired to this port", "a port of its own"),
    ]

    static let meaningCases: [Case] = [
        Case(
            "a channel that the sensor lacks", "measures: climate.humidity", "measures: «climate.moisture",
            "sensor 'climate', a bme280, has no channel 'moisture'", "temperature, humidity, pressure"),
        Case(
            "a channel without its sensor", "measures: climate.humidity", "measures: «humidity",
            "'humidity' is not a sensor and its channel", "probes.input0"),
        Case(
            "a unit without a scale", "    scale: {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}\n", "",
            "how V become dB/m is not said", "add 'scale:"),
        Case(
            "a scale with one pair", "scale: {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}", "scale: «{0.4 V: 0 dB/m}",
            "a scale is two readings with their values", "{0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}"),
        Case(
            "a scale in the wrong unit", "scale: {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}",
            "scale: {0.4 V: 0 dB/m, 2.4 V: «0.5 ppm}", "'ppm' is not a unit of value in dB/m", "dB/m"),
        Case(
            "a flat scale", "scale: {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}", "scale: «{0.4 V: 0 dB/m, 2.4 V: 0 dB/m}",
            "both values of the scale are the same", "two different"),
        Case(
            "a reading beyond the amplifier", "scale: {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}",
            "scale: {0.4 V: 0 dB/m, «4.4 V: 1 dB/m}", "the channel measures up to 4.096 V only", "full_scale"),
        Case(
            "an empty range", "range: -20 °C to 60 °C", "range: «60 °C to -20 °C", "is empty", "the lowest value first"),
        Case(
            "a range that is none", "range: -20 °C to 60 °C", "range: «60 °C", "'60 °C' is not a range", "0 V to 3.3 V"),
        Case(
            "stale before the next value", "    range: -20 °C to 60 °C", "    stale_after: «2 s",
            "the value would be stale before the next one comes: sensor 'climate' measures every 2 s", "twice"),
        Case(
            "a converter that nobody reads", "sensors:\n  probes:",
            "sensors:\n  «spare:\n    chip: ads1115\n    bus: sensors\n    address: 0x49\n  probes:",
            "no point measures any of its inputs", "spare.input0"),
        Case(
            "a detector without a source", "    point: leak_riser\n", "", "detector 'riser_leak': 'point' is missing",
            "add 'point:"),
        Case(
            "a detector with a source in the wrong unit", "    point: leak_riser", "    point: «temperature",
            "point 'temperature' is in °C, not in V or Ω", "leak_riser"),
        Case(
            "a pre-alarm above the alarm", "pre_alarm: 0.08 dB/m", "pre_alarm: «0.15 dB/m",
            "the pre-alarm of 0.15 dB/m is not below the alarm of 0.15 dB/m", "below the alarm"),
        Case(
            "an alarm that can never be reached", "    alarm: 0.15 dB/m", "    alarm: «0.7 dB/m",
            "'alarm' of 0.7 dB/m is never reached: the point ends at 0.6 dB/m", "widen the range"),
        Case(
            "a limit in the wrong unit", "wet_below: 1.5 V", "wet_below: «1.5 kΩ", "'kΩ' is not a unit of value in V",
            "µV, mV, V"),
        Case(
            "a leak window that leaves nothing for dry", "wet_below: 1.5 V", "wet_below: «3.2 V",
            "wet below 3.2 V and open above 3.1 V leave nothing for dry", "dry value"),
        Case(
            "a long lie above its fall", "  caretaker_fall:",
            "  long_lie:\n    kind: long-lie\n    fall: «caretaker_fall\n  caretaker_fall:",
            "its fall detector stands below it", "below the fall detector"),
        Case(
            "a threshold without a limit", "  caretaker_fall:",
            "  «hot:\n    kind: threshold\n    point: temperature\n  caretaker_fall:",
            "it has neither 'above' nor 'below'", "with the limit"),
        Case(
            "a threshold with two limits", "  caretaker_fall:",
            "  hot:\n    kind: threshold\n    point: temperature\n    above: 30 °C\n    below: «2 °C\n  caretaker_fall:",
            "it has 'above' and 'below'", "two detectors"),
        Case(
            "a threshold whose pre-alarm comes after", "  caretaker_fall:",
            "  hot:\n    kind: threshold\n    point: temperature\n    above: 30 °C\n    pre_alarm: «31 °C\n  caretaker_fall:",
            "the pre-alarm of 31 °C does not come before the alarm of 30 °C", "reached first"),
        Case(
            "a cause that names nothing", "      - detector: riser_leak", "      - «state: alarm",
            "a cause names nothing",
            "'schedule:' and 'effect:'"),
        Case(
            "a cause that names two things", "      - detector: riser_leak",
            "      - «detector: riser_leak\n        input: entrance_exit", "more than one thing",
            "'schedule:' and 'effect:'"),
        Case(
            "a door in no state", "      - door: entrance\n        state: forced\n", "      - «door: entrance\n",
            "which state of the door is not said", "'state: open'"),
        Case(
            "a detector in a state of doors", "      - detector: riser_leak",
            "      - «detector: riser_leak\n        state: forced", "a detector is never 'forced'", "pre-alarm"),
        Case(
            "an action that does nothing", "      - drive: water_valve", "      - «pattern: steady",
            "an action does nothing",
            "'release: DOOR'"),
        Case(
            "an effect that drives a lock", "      - drive: water_valve", "      «- drive: entrance_lock",
            "output 'entrance_lock' is the lock of door 'entrance'", "'release: entrance'"),
        Case(
            "more causes wanted than there are", "    latching: false", "    combine: «at least 3",
            "at least 3 of 2 causes can never be", "at least 2 or fewer"),
        Case(
            "a combination that is none", "    latching: false", "    combine: «two of them",
            "'two of them' is no combination", "at least N"),
        Case(
            "an escape door that no fire releases", "      - release: entrance\n", "",
            "door 'entrance': a fire can leave it locked, and it is on an escape route: power comes on, the runtime claims its lines, the runtime begins to decide, a fire begins",
            "add 'release: entrance' to the actions of a fire"),
        Case(
            "a period that begins at its end", "from: 08:00", "from: 24:00", "a period begins at 24:00", "00:00"),
        Case(
            "a card twice", "tag: \"01023C4D5E\"", "tag: «\"0500207B32\"", "it is the same card as credential 1",
            "remove one"),
        Case(
            "a card without an identifier", "  - tag: \"01778899AA\"\n    note", "  - «note",
            "which card it is, is not said", "write one of 'tag'"),
        Case(
            "a card that ends before it begins", "valid_until: 2026-12-31", "valid_until: «2025-12-31",
            "it ends before it begins", "after 'valid_from'"),
        Case(
            "a local user and group at once", "detectors:\n",
            "local_users:\n  - «user: 1000\n    group: 44\n    role: operator\ndetectors:\n",
            "it names a user and a group", "one of"),
        Case(
            "more credentials than fit", "  credentials: 1000", "  credentials: 3",
            "the file has 4 credentials; 'capacities' has room for 3", "credentials: 4"),
        Case(
            "more memory than allowed", "  credentials: 1000", "  credentials: 1000\n  memory: 512 KiB",
            "of memory; 'capacities' allows 512 KiB", "the largest part is events"),
    ]

    static let doubtsCases: [Case] = [
        Case(
            "an output that nothing drives", "buses:\n  sensors:", "  «strobe:\n    pin: GPIO5\nbuses:\n  sensors:",
            "nothing ever drives output 'strobe'", "name it in a door or an effect", .warning),
        Case(
            "an input that nothing looks at", "outputs:\n",
            "  «spare:\n    pin: GPIO5\n    active: low\noutputs:\n", "nothing looks at input 'spare'", "remove it",
            .warning),
        Case(
            "a relay on a pin that is high at power-on", "    pin: GPIO27", "    pin: «GPIO5",
            "GPIO5 is pulled high at power-on, so output 'siren' is active until the runtime starts", "10 kΩ", .warning),
        Case(
            "a detector without consequences", "effects:\n",
            "  «second:\n    kind: smoke\n    point: smoke_lobby\neffects:\n",
            "no effect follows from detector 'second'", "only reported", .warning),
        Case(
            "a card that opens nothing", "    groups: [staff]\n", "",
            "credential 3 opens no door", "groups", .warning),
        Case(
            "a door that no card opens", "    groups: [residents, staff]\n", "",
            "door 'entrance' has a reader, but no group may pass", "every card is denied", .warning),
        Case(
            "two effects at odds", "    priority: 150", "    priority: «200",
            "effects 'fall' and 'fire' drive 'siren' differently with the same priority", "higher 'priority'", .warning),
    ]

    @Test("Keys and values", arguments: keysAndValuesCases)
    func keysAndValues(case problem: Case) throws { try expect(problem) }

    @Test("Names and references", arguments: namesCases)
    func names(case problem: Case) throws { try expect(problem) }

    @Test("Wiring", arguments: wiringCases)
    func wiring(case problem: Case) throws { try expect(problem) }

    @Test("Meaning", arguments: meaningCases)
    func meaning(case problem: Case) throws { try expect(problem) }

    @Test("Doubts", arguments: doubtsCases)
    func doubts(case problem: Case) throws { try expect(problem) }

    private func expect(_ problem: Case) throws {
        let marked = try #require(
            lobby(problem.passage, becomes: problem.other), "the passage is not once in the lobby")
        let result = BoardCompiler().check(marked.text)
        let found = result.problems.first { $0.message.contains(problem.message) }
        let all = result.problems.map { "\($0.range.start.line):\($0.range.start.column) \($0.message)" }
        let reported = try #require(found, "reported instead: \(all)")
        #expect(reported.severity == problem.severity)
        #expect(reported.remedy.contains(problem.remedy), "the remedy is: \(reported.remedy)")
        for place in marked.places { #expect(reported.range.start == place) }
        #expect((result.board == nil) == (problem.severity == .error))
    }

    @Test("All problems of a file come in one run, in the order of the file")
    func allInOneRun() throws {
        let text = """
            board: two words
            hardware: raspberry-pi-4
            inputs:
              contact: {pin: GPIO99, active: low}
              button: {pin: GPIO22, active: sometimes}
            outputs:
              lock: {pin: GPIO22, debounce: 5 ms}
            doors:
              front: {lock: lok, lock_kind: maglock, unlock: 5}
            colour: green
            """
        let problems = BoardCompiler().check(text).problems
        let lines = problems.map(\.range.start.line)
        #expect(lines == [1, 4, 5, 7, 9, 9, 10])
        #expect(problems.allSatisfy { $0.severity == .error && !$0.remedy.isEmpty })
    }

    @Test("A field that does not make sense does not make others look wrong")
    func noEchoes() throws {
        let marked = try #require(lobby("hardware: raspberry-pi-4", becomes: "hardware: «raspberry-pi-44"))
        #expect(BoardCompiler().check(marked.text).problems.count == 1)
        let sensor = try #require(lobby("    address: 0x48", becomes: "    address: «fortyeight"))
        #expect(BoardCompiler().check(sensor.text).problems.count == 1)
    }
}
