import HardwareInterface
import Testing
import WardenMessages

@testable import Console

@Suite("Calibration and the network at the terminal")
struct CalibrationTests {
    @Test(
        "Values are typed as they are shown, without the unit",
        arguments: [
            ("21.5", Unit.millidegreeCelsius, 21_500), ("-0.25", .millidegreeCelsius, -250), ("0", .microvolt, 0),
            ("400", .partsPerMillion, 400), ("0.5", .centipercentLowerExplosiveLimit, 50),
            ("2147483.647", .microvolt, .max),
        ] as [(String, Unit, Int32)])
    func values(text: String, unit: Unit, value: Int32) {
        #expect(PointText.value(Array(text.utf8).span, unit: unit) == value)
    }

    @Test(
        "What is no number, is more exact than the unit, or does not fit is refused",
        arguments: [
            ("", Unit.microvolt), ("-", .microvolt), (".5", .microvolt), ("5.", .microvolt), ("1.2345", .microvolt),
            ("4.5", .partsPerMillion), ("1,5", .microvolt), ("1.2.3", .microvolt), ("2147483.648", .microvolt),
            ("99999999999999999999", .partsPerMillion), ("5V", .microvolt),
        ])
    func noValues(text: String, unit: Unit) {
        #expect(PointText.value(Array(text.utf8).span, unit: unit) == nil)
    }

    @Test("Before it asks, it says what must be so and what will become of the value")
    func guided() {
        var bench = ConsoleBench()
        bench.type("calibrate temperature 21.0\r")
        #expect(
            bench.screen.lines.contains {
                $0 == "The sensor has been in the reference for a while: 21.500 °C -> 21.000 °C"
            }, "\(bench.screen.lines)")
        #expect(bench.screen.current.hasPrefix("Sure?"))
        #expect(bench.board.commands.isEmpty)
        bench.type("y")
        #expect(bench.board.commands == [Command(kind: .pointCalibrate, target: 0, value: 21_000)])
        bench.type("calibrate lobby_smoke clean-air\r")
        #expect(bench.screen.lines.contains { $0.hasPrefix("The chamber is clean") })
        bench.type("y")
        #expect(bench.board.commands.last == Command(kind: .detectorCleaned, target: 0))
        bench.type("calibrate temperature undo\r")
        bench.type("y")
        #expect(bench.board.commands.last == Command(kind: .pointUncalibrate, target: 0))
    }

    @Test("A program asks with --yes and gets the reason of a refusal")
    func plain() {
        var bench = ConsoleBench()
        #expect(bench.ask("calibrate temperature zero --plain").last == "exit 5 not-confirmed")
        bench.board.answer = CommandAnswer(result: .busy)
        #expect(
            bench.ask("calibrate temperature zero --plain --yes") == [
                "error: not settled: 8 good values in a row, or 3 minutes of a CO2 chip", "exit 1 refused",
            ])
        #expect(bench.board.commands.last == Command(kind: .pointCalibrate, target: 0, value: 0))
        #expect(bench.ask("calibrate temperature warm --plain").last == "exit 2 usage")
        #expect(bench.ask("calibrate smoke zero --plain --yes").last == "exit 1 refused")
        #expect(bench.ask("calibrate riser_leak position --plain --yes").last == "exit 1 refused")
        #expect(bench.ask("calibrate temprature 21 --plain --yes").last == "exit 3 unknown-name")
    }

    /// The rows of an answer as a program reads them.
    private static func rows(_ line: String, _ bench: inout ConsoleBench) -> [String] {
        bench.output = []
        bench.type(line + " --plain\r")
        let rows = String(decoding: bench.output, as: UTF8.self).split(separator: "\r\n").map(String.init)
        return Array(rows.dropFirst().dropLast())
    }

    @Test("What can be calibrated is listed with how it stands; the offset stands beside the value too")
    func list() {
        var bench = ConsoleBench()
        bench.board.offset = -250
        #expect(
            Self.rows("calibrate", &bench) == [
                "temperature\t21.500 °C\toffset -0.250 °C", "lobby_smoke\tclean-air", "exit 0 done",
            ])
        let sensors = bench.ask("sensors")
        #expect(sensors.contains { $0.contains("cal -0.250 °C") }, "\(sensors)")
    }

    @Test("The network is asked for anew each time and shown part by part")
    func network() {
        var bench = ConsoleBench()
        bench.board.network = [
            NetworkEntry(.interface, "eth0", isUp: true, hasLink: false, received: 12, sent: 34),
            NetworkEntry(.address, "192.0.2.7/24"), NetworkEntry(.listener, "[::]:7321", isUp: false),
        ]
        #expect(
            Self.rows("network", &bench) == [
                "interface\teth0\tno-cable\treceived 12\tsent 34", "address\t192.0.2.7/24",
                "listens\t[::]:7321\tunavailable", "connected\tsocket\ttechnician by link 3",
                "links\t1/0\topened 0\tturned away 0\tnot recognised 0", "exit 0 done",
            ])
    }
}
