import BoardCompiler
import DeviceModels
import Foundation
import HardwareInterface
import Testing

@Suite("A board in fire, flood and trouble")
struct LifeSafetyTests {
    static let fire: Int32 = 1_600_000
    static let clean: Int32 = 400_000
    static let wet: Int32 = 900_000
    static let dry: Int32 = 2_500_000

    func running() throws -> BoardUnderTest {
        let board = try BoardUnderTest()
        board.pass(.seconds(10))
        board.forget()
        return board
    }

    @Test("Smoke that stays is an alarm: door released, siren, and events of each, in one turn")
    func smoke() throws {
        let board = try running()
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        let alarm = try #require(
            board.trace.first { $0.words.hasPrefix("alarm smoke alarm cause smoke-density") }, "\(board.words)")
        #expect(board.moment("line lock off") == alarm.at)
        #expect(board.moment("line siren on") == alarm.at)
        #expect(board.happened("door street fire-released by fire"), "\(board.words)")
        #expect(!board.isOn("lock"))
    }

    @Test("A short puff of smoke is no alarm")
    func puff() throws {
        let board = try running()
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(3))
        board.set(.input0, LifeSafetyTests.clean)
        board.pass(.seconds(30))
        #expect(!board.words.contains { $0.hasPrefix("alarm smoke alarm") }, "\(board.words)")
        #expect(board.isOn("lock"))
    }

    @Test("Fire beats lockdown, in the same turn as the alarm; the lockdown stands again after the reset")
    func fireBeatsLockdown() throws {
        let board = try running()
        board.type("door street lockdown")
        #expect(board.words.contains { $0.hasPrefix("door street lockdown-begun") }, "\(board.words)")
        board.present("0500207B32")
        #expect(board.isOn("lock"))
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        #expect(!board.isOn("lock"))
        let alarm = try #require(board.trace.first { $0.words.hasPrefix("alarm smoke alarm") })
        #expect(board.moment("line lock off") == alarm.at)
        board.set(.input0, LifeSafetyTests.clean)
        board.pass(.seconds(30))
        #expect(!board.isOn("lock"), "a fire release ends by a person's hand only")
        board.type("alarm smoke acknowledge")
        board.type("alarm smoke reset")
        board.type("fire reset")
        board.pass(.seconds(1))
        #expect(board.isOn("lock"), "\(board.words.suffix(12))")
        board.present("0500207B32")
        #expect(board.isOn("lock"), "locked down still")
    }

    @Test("A leak shuts the valve, which stays shut until a person resets it")
    func leak() throws {
        let board = try running()
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(10))
        #expect(board.words.contains { $0.hasPrefix("alarm leak alarm cause wet") }, "\(board.words)")
        #expect(board.isOn("valve"))
        #expect(board.isOn("lock"), "water releases no door")
        board.set(.input1, LifeSafetyTests.dry)
        board.pass(.minutes(3))
        #expect(board.isOn("valve"))
        board.type("alarm leak acknowledge")
        board.type("alarm leak reset")
        board.pass(.seconds(1))
        #expect(!board.isOn("valve"), "\(board.words)")
    }

    @Test("A broken leak rope is a trouble of its detector, never dry")
    func brokenRope() throws {
        let board = try running()
        board.set(.input1, 3_300_000)
        board.pass(.seconds(20))
        #expect(
            board.words.contains { $0.hasPrefix("alarm leak trouble cause wet trouble open-circuit") }, "\(board.words)"
        )
    }

    @Test("A sensor that vanishes puts its detectors in trouble, and all of it is well again when it is back")
    func sensorReturns() throws {
        let board = try running()
        board.change(sensor: 0) { $0.faults.isAbsent = true }
        board.pass(.seconds(60))
        #expect(board.words.contains { $0.hasPrefix("trouble sensor probes") }, "\(board.words)")
        #expect(board.words.contains { $0.hasPrefix("trouble point smoke_level") }, "\(board.words)")
        #expect(board.words.contains { $0.hasPrefix("alarm smoke trouble") }, "\(board.words)")
        board.forget()
        board.change(sensor: 0) { $0.faults.isAbsent = false }
        board.pass(.seconds(120))
        #expect(board.happened("restored sensor probes"), "\(board.words)")
        #expect(board.happened("restored point smoke_level"), "\(board.words)")
        #expect(board.words.contains { $0.hasPrefix("alarm smoke normal") }, "\(board.words)")
    }

    @Test(
        "A bus that hangs or is gone keeps no door from opening, and its sensors return with it",
        arguments: [true, false])
    func busReturns(isHeld: Bool) throws {
        let board = try running()
        if isHeld {
            board.runtime.hardware.setBusHeld(BusIndex(0), true)
        } else {
            board.runtime.hardware.setBusAbsent(BusIndex(0), true)
        }
        board.pass(.seconds(60))
        #expect(board.words.contains { $0.hasPrefix("trouble point smoke_level") }, "\(board.words)")
        board.present("0500207B32")
        #expect(!board.isOn("lock"))
        board.forget()
        board.runtime.hardware.setBusHeld(BusIndex(0), false)
        board.runtime.hardware.setBusAbsent(BusIndex(0), false)
        board.pass(.seconds(120))
        #expect(board.happened("restored point smoke_level"), "\(board.words)")
        #expect(board.happened("restored sensor probes"), "\(board.words)")
    }

    static func fed(_ sensors: String = "") -> String {
        SmallBoards.stairwell.replacing("device: /dev/i2c-1", with: "device: /dev/i2c-1, supply: sensor_supply")
            .replacing("\n  siren:", with: "\n  sensor_supply: {pin: GPIO24, active: high, start: active}\n  siren:")
    }

    @Test("A sensor that holds the bus until its supply was off: the board cuts it once, and all sensors measure again")
    func supplyIsCut() throws {
        let board = try BoardUnderTest(Self.fed())
        board.pass(.seconds(10))
        #expect(board.isOn("sensor_supply"))
        board.forget()
        board.change(sensor: 1) { $0.faults.isJammed = true }
        board.pass(.seconds(25))
        #expect(board.words.contains { $0.hasPrefix("trouble sensor probes") }, "\(board.words)")
        #expect(board.isOn("sensor_supply"), "the drivers' own attempts come first")
        board.pass(.seconds(60))
        #expect(board.happened("output sensor_supply off") && board.happened("output sensor_supply on"))
        let off = try #require(board.moment("line sensor_supply off"))
        let on = try #require(board.moment("line sensor_supply on"))
        #expect(on - off == .seconds(3))
        #expect(board.happened("restored sensor probes"), "\(board.words)")
        #expect(board.words.contains { $0.hasPrefix("alarm smoke normal") }, "\(board.words)")
        #expect(board.isOn("lock"), "no door follows from it")
        board.forget()
        board.pass(.hours(2))
        #expect(!board.happened("line sensor_supply off"))
    }

    @Test("Where cutting the supply does not help it is tried less and less often; one sensor that answers keeps it on")
    func supplyBacksOff() throws {
        let board = try BoardUnderTest(Self.fed())
        board.pass(.seconds(10))
        for sensor in 0..<2 { board.change(sensor: sensor) { $0.faults.isAbsent = true } }
        board.pass(.hours(4))
        let cuts = board.trace.filter { $0.words == "line sensor_supply off" }.map(\.at)
        let waits = zip(cuts, cuts.dropFirst()).map { $1 - $0 }
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $1 >= $0 }, "\(waits)")
        #expect(cuts.count >= 7 && cuts.count <= 11, "\(waits)")
        board.change(sensor: 0) { $0.faults.isAbsent = false }
        board.pass(.minutes(2))
        board.forget()
        board.pass(.hours(3))
        #expect(!board.happened("line sensor_supply off"), "\(board.words)")
    }

    @Test(
        "An output that feeds sensors is nobody else's, and on from the start",
        arguments: [
            ("start: active", "start: inactive", "is off at the start"),
            ("supply: sensor_supply", "supply: lock", "is also the lock"),
            ("supply: sensor_supply", "supply: valve", "is also driven by effect 'flood'"),
        ])
    func supplyProblems(passage: String, other: String, words: String) {
        let problems = BoardCompiler().check(Self.fed().replacing(passage, with: other)).problems
        #expect(problems.contains { $0.severity == .error && $0.message.contains(words) }, "\(problems.map(\.message))")
    }

    @Test("A fire that a dead sensor can no longer see stays a fire")
    func fireOutlivesItsSensor() throws {
        let board = try running()
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        board.change(sensor: 0) { $0.faults.isAbsent = true }
        board.pass(.seconds(120))
        #expect(!board.isOn("lock"))
        #expect(!board.words.contains { $0.hasPrefix("alarm smoke normal") }, "\(board.words)")
    }

    @Test("Silencing an alarm stops its siren and keeps its door released; the next alarm sounds again")
    func silence() throws {
        let board = try BoardUnderTest(
            SmallBoards.stairwell.replacing(
                "[{drive: valve}]", with: "[{drive: valve}, {drive: siren, pattern: pulsed}]"))
        board.pass(.seconds(10))
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        board.type("alarm smoke acknowledge")
        board.pass(.seconds(1))
        board.forget()
        board.pass(.seconds(4))
        #expect(board.happened("line siren on"), "acknowledging stops no siren")
        board.type("alarm smoke silence")
        board.forget()
        board.pass(.seconds(10))
        #expect(!board.isOn("siren") && !board.happened("line siren on"), "\(board.words)")
        #expect(!board.isOn("lock"))
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(10))
        #expect(board.happened("line siren on"), "\(board.words)")
    }

    static let tested = SmallBoards.stairwell.replacing(
        "  door_alarm:\n",
        with: """
              test:
                causes: [{detector: smoke, state: test}]
                actions: [{drive: siren, silenceable: false}]
                limit: 1 s
                latching: false
              door_alarm:

            """)

    @Test("A walk test: the detector is tried, the siren answers for a second, no door moves, and it ends by itself")
    func walkTest() throws {
        let board = try BoardUnderTest(Self.tested)
        board.pass(.seconds(10))
        board.type("walktest smoke 10 --yes")
        #expect(
            board.words.contains { $0.hasPrefix("alarm smoke under-test") && $0.hasSuffix("by console 0") },
            "\(board.words)")
        #expect(board.happened("command walk-test-begin smoke 600 s done by console 0"), "\(board.words)")
        #expect(board.runtime.boardStatus.underTest == 1)
        board.forget()
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        #expect(board.words.contains { $0.hasPrefix("alarm smoke under-test activated cause smoke-density") })
        let on = try #require(board.moment("line siren on"))
        let off = try #require(board.moment("line siren off"))
        #expect(off - on == .seconds(1))
        #expect(board.isOn("lock"))
        #expect(!board.words.contains { $0.hasPrefix("alarm smoke alarm") }, "\(board.words)")
        board.set(.input0, LifeSafetyTests.clean)
        board.pass(.minutes(10))
        #expect(board.words.contains { $0.hasPrefix("alarm smoke normal") }, "\(board.words)")
        #expect(board.runtime.boardStatus.underTest == 0)
        #expect(board.runtime.boardStatus.alarms == 0)
    }

    @Test("What is not under test alarms as ever: water during a walk test of smoke")
    func othersAlarm() throws {
        let board = try BoardUnderTest(Self.tested)
        board.pass(.seconds(10))
        board.type("walktest smoke --yes")
        board.set(.input1, LifeSafetyTests.wet)
        board.pass(.seconds(10))
        #expect(board.words.contains { $0.hasPrefix("alarm leak alarm cause wet") }, "\(board.words)")
        #expect(board.isOn("valve"))
        #expect(board.runtime.boardStatus.underTest == 1)
    }

    @Test("A detector that still sees smoke when its test ends is an alarm, with everything that follows")
    func testEndsInSmoke() throws {
        let board = try BoardUnderTest(Self.tested)
        board.pass(.seconds(10))
        board.type("walktest all --yes")
        #expect(board.happened("command walk-test-begin-all 1800 s done by console 0"), "\(board.words)")
        #expect(board.runtime.boardStatus.underTest == 2)
        board.set(.input0, LifeSafetyTests.fire)
        board.pass(.seconds(20))
        #expect(board.isOn("lock"))
        board.type("walktest all end")
        #expect(!board.isOn("lock"))
        #expect(board.words.contains { $0.hasPrefix("alarm smoke alarm cause smoke-density") }, "\(board.words)")
        board.forget()
        board.type("walktest smoke --yes")
        #expect(board.happened("command walk-test-begin smoke 1800 s refused by console 0"), "\(board.words)")
    }

    @Test("A test of all leaves the call point in service; by its name it is tested")
    func personLeftOut() throws {
        let board = try BoardUnderTest(
            SmallBoards.stairwell.replacing(
                "detectors:\n", with: "detectors:\n  sos: {kind: call-point, input: cord}\n"
            ).replacing("inputs:\n", with: "inputs:\n  cord: {pin: GPIO16, active: low, bias: pull-up}\n"))
        board.pass(.seconds(10))
        board.type("walktest all --yes")
        #expect(board.runtime.boardStatus.underTest == 2, "smoke and leak")
        board.input("cord", true)
        board.pass(.seconds(1))
        #expect(board.words.contains { $0.hasPrefix("alarm sos alarm") }, "\(board.words)")
        board.input("cord", false)
        board.type("alarm sos acknowledge")
        board.type("alarm sos reset --yes")
        board.type("walktest all end")
        board.type("walktest all --yes")
        board.type("walktest sos --yes")
        board.forget()
        board.input("cord", true)
        board.pass(.seconds(1))
        #expect(board.words.contains { $0.hasPrefix("alarm sos under-test activated") }, "\(board.words)")
    }

    @Test("A clock that was never set is a trouble; setting it ends it")
    func clock() throws {
        let board = try BoardUnderTest(SmallBoards.stairwell, clock: .unset)
        board.pass(.seconds(1))
        #expect(board.happened("trouble clock not-trusted"), "\(board.words)")
        board.runtime.hardware.setWallClock(BoardUnderTest.morning)
        board.pass(.seconds(1))
        #expect(board.happened("restored clock"), "\(board.words)")
    }

    @Test("A gas sensor is told temperature and humidity, a carbon dioxide sensor the pressure, of their neighbour")
    func ambient() throws {
        let yaml = SmallBoards.stairwell.replacing(
            "\npoints:\n",
            with: """

                  air: {chip: sgp40, bus: sensors, address: 0x59, temperature: temperature, humidity: humidity}
                  breath: {chip: scd4x, bus: sensors, address: 0x62, pressure: pressure}
                points:
                  humidity: {measures: climate.humidity}
                  pressure: {measures: climate.pressure}

                """)
        let board = try BoardUnderTest(yaml)
        board.set(.temperature, 10_000, sensor: 1)
        board.set(.humidity, 75_000, sensor: 1)
        board.set(.pressure, 98_765, sensor: 1)
        board.pass(.seconds(30))
        board.change(sensor: 2) {
            guard case .sgp4x(let model) = $0.chip else {
                Issue.record("another chip")
                return
            }
            // 75 % and 10 °C in the ticks of the data sheet, within what a BME280 resolves.
            #expect(abs(Int(model.toldHumidity) - 49_151) < 60)
            #expect(abs(Int(model.toldTemperature) - 20_597) < 30)
        }
        board.change(sensor: 3) {
            guard case .scd4x(let model) = $0.chip else {
                Issue.record("another chip")
                return
            }
            #expect(model.toldPressure == 987)
        }
    }

    @Test(
        "A gas sensor's temperature without its humidity, and a point of the wrong unit, are refused",
        arguments: [
            ("temperature: temperature", "it has 'temperature' without 'humidity'"),
            ("temperature: temperature, humidity: temperature", "point 'temperature' is in °C, not in %"),
        ])
    func ambientProblems(keys: String, words: String) {
        let yaml = SmallBoards.stairwell.replacing(
            "\npoints:\n", with: "\n  air: {chip: sgp40, bus: sensors, address: 0x59, \(keys)}\npoints:\n")
        let problems = BoardCompiler().check(yaml).problems
        #expect(problems.count == 1 && problems[0].message.contains(words), "\(problems.map(\.message))")
    }

    @Test("Carbon monoxide that leaps past the range of its point alarms all the same")
    func excess() throws {
        let boards = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../boards")
        let yaml = try String(contentsOf: boards.appending(path: "flat.yaml"), encoding: .utf8)
        let board = try BoardUnderTest(yaml)
        // The first of its sensors: smoke chambers, and the cells for carbon monoxide and gas.
        let probes = 0
        board.set(.input2, 450_000, sensor: probes)
        board.pass(.minutes(1))
        // 4 V are 720 ppm; the point ends at 600.
        board.set(.input2, 4_000_000, sensor: probes)
        board.pass(.minutes(4))
        let alarms = board.words.filter { $0.contains("alarm kitchen_exposure alarm cause exposure") }
        #expect(alarms.count == 1, "\(board.words.suffix(8))")
    }
}
