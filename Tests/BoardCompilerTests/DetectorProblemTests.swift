import BoardCompiler
import BoardImage
import Cryptography
import Testing

@Suite("What can be wrong with sensors and detectors is said with its place, its cause and its remedy")
struct DetectorProblemTests {
    typealias Case = ProblemCase

    /// Passages are of boards/flat.yaml.
    static let cases: [Case] = [
        Case(
            "carbon dioxide for carbon monoxide", "    kind: carbon-monoxide\n    point: kitchen_co",
            "    kind: carbon-monoxide\n    point: «carbon_dioxide",
            "'carbon_dioxide' measures carbon dioxide, which says nothing about carbon monoxide", "carbon monoxide cell"
        ),
        Case(
            "a carbon monoxide cell that ends too soon", "    range: -20 ppm to 600 ppm",
            "    range: -20 ppm to 250 ppm",
            "its point ends at 250 ppm; EN 50291-1 asks for an alarm at 300 ppm", "widen the point's 'range'"),
        Case(
            "heat in the unit of smoke", "    kind: heat\n    point: kitchen_temperature",
            "    kind: heat\n    point: «kitchen_smoke", "'kitchen_smoke' is in dB/m, not in °C",
            "kitchen_temperature"),
        Case(
            "a heat class beyond the thermometer", "    class: A2", "    class: «F",
            "'class' of 133 °C is never reached: the point ends at 110 °C", "widen the range"),
        Case(
            "fire without a second criterion",
            "    temperature: kitchen_temperature\n    carbon_monoxide: kitchen_co\n", "",
            "it has neither 'temperature' nor 'carbon_monoxide'", "use 'kind: smoke'"),
        Case(
            "fire whose temperature is smoke", "    temperature: kitchen_temperature",
            "    temperature: «lounge_smoke", "point 'lounge_smoke' is in dB/m, not in °C", "a point in °C"),
        Case(
            "gas alarm at the pre-alarm", "    point: kitchen_gas\n",
            "    point: kitchen_gas\n    pre_alarm: «10 %LEL\n",
            "the pre-alarm of 10 %LEL is not below the alarm of 10 %LEL", "below the alarm"),
        Case(
            "a short that leaves nothing for wet", "    kind: leak\n", "    kind: leak\n    short_below: «2.4 V\n",
            "leave nothing for wet", "write 'short_below' below 'wet_below'"),
        Case(
            "a hysteresis that smoke never clears", "    kind: smoke\n", "    kind: smoke\n    hysteresis: «0.5 dB/m\n",
            "never clear by a hysteresis of 0.5 dB/m", "below the alarm"),
        Case(
            "gas alarm beyond the standard", "    point: kitchen_gas\n",
            "    point: kitchen_gas\n    alarm: «30 %LEL\n",
            "30 %LEL", "20 %LEL"),
        Case(
            "a meter of nothing", "    input: water_meter\n", "", "it has neither 'input' nor 'point'",
            "add 'input:' or 'point:'"),
        Case(
            "a meter that is a level", "    input: water_meter\n", "    point: «power\n",
            "point 'power' is in W, not in count", "count"),
        Case(
            "a valve that an effect drives as well", "      - shut: riser_valve", "      - drive: valve_motor",
            "output 'valve_motor' is also driven by effect 'water'", "effects say 'shut: riser_valve'"),
        Case(
            "a valve to shut that is none", "      - shut: riser_valve", "      - shut: «meter",
            "'meter' is a flow, not a valve", "riser_valve"),
        Case(
            "a sign of life of two things", "      - point: fridge\n",
            "      - «{point: fridge, input: kitchen_motion}\n",
            "a sign of life names more than one thing", "one of 'input:', 'point:' and 'radar:'"),
        Case(
            "a radar that is a meter", "      - radar: bathroom_fall", "      - radar: «meter",
            "'meter' is a flow, not a radar-fall", "bathroom_fall"),
        Case(
            "a fall seen by a thermometer", "    kind: fall\n    sensor: wearer",
            "    kind: fall\n    sensor: «ceiling",
            "'ceiling' is a sht4x, not an accelerometer", "wearer"),
        Case(
            "a change that goes nowhere", "    falls_by: 6 °C\n", "", "it has neither 'rises_by' nor 'falls_by'",
            "add 'rises_by:' or 'falls_by:'"),
        Case(
            "a change beyond the range", "    falls_by: 6 °C\n", "    falls_by: «200 °C\n",
            "a change by 200 °C never comes: the point's range spans 130 °C", "within the point's range"),
        Case(
            "a pulse counter that wants too much", "    count: 6\n", "    count: «17\n", "17", "16"),
        Case(
            "an address that the chip never has", "    address: 0x62", "    address: «0x63",
            "a scd4x never has the address 0x63", "0x62"),
        Case(
            "a chip measured too often", "    address: 0x62\n", "    address: 0x62\n    interval: «1 s\n",
            "a scd4x cannot be read every 1 s", "at least 5 s"),
        Case(
            "a FIFO that overruns", "    chip: lis3dh\n    bus: sensors\n    address: 0x18\n",
            "    chip: lis3dh\n    bus: sensors\n    address: 0x18\n    interval: «1 s\n",
            "a lis3dh cannot be read every 1 s", "at most 240 ms"),
        Case(
            "a pin that can only be an output", "    measures: contacts.a1", "    measures: «contacts.a7",
            "has no channel 'a7'", "channels"),
        Case(
            "a full scale that the chip has not", "    full_scale: 8 g", "    full_scale: «6 g",
            "the chip has no acceleration of 6 g", "4 g"),
        Case(
            "a schedule with a state", "      - schedule: night", "      - «{schedule: night, state: alarm}",
            "a schedule has no state 'alarm'", "counts while it is active"),
    ]

    @Test("Sensors and detectors", arguments: cases)
    func problems(case problem: Case) throws {
        let marked = try #require(
            board("boards/flat.yaml", problem.passage, becomes: problem.other), "the passage is not once in the flat")
        let result = BoardCompiler().check(marked.text)
        let all = result.problems.map { "\($0.range.start.line):\($0.range.start.column) \($0.message)" }
        let found = result.problems.first { $0.message.contains(problem.message) }
        let reported = try #require(found, "reported instead: \(all)")
        #expect(reported.severity == problem.severity)
        #expect(reported.remedy.contains(problem.remedy), "the remedy is: \(reported.remedy)")
        for place in marked.places { #expect(reported.range.start == place) }
        #expect(result.board == nil)
    }

    @Test(
        "Every board of the repository compiles without a word, and to an image that the runtime takes",
        arguments: ["lobby", "flat", "lift"])
    func boards(name: String) throws {
        let result = BoardCompiler().check(Repository.text("boards/\(name).yaml"))
        #expect(result.problems.map(\.message) == [])
        let board = try #require(result.board)
        let file = try board.image(key: HashKey([UInt8](0..<32).span)!, generation: 1)
        let image = try BoardImage(decoding: file.span)
        let count = image.detectors.count
        #expect(count > 0)
    }
}
