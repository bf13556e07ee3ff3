import BoardImage
import FixedMemory
import Testing
import WardenMessages

@Suite("A board image is decoded whole or refused with the reason")
struct BoardImageTests {
    @Test("What was written comes back, table by table, and is found by name")
    func roundTrip() throws {
        let fixture = BoardFixture()
        let file = fixture.file()
        let image = try BoardImage(decoding: file.span)
        #expect(image.header.name == "lobby")
        #expect(image.capacities == fixture.capacities)
        #expect(image.lines.indices.map { image.lines[$0] } == fixture.lines)
        #expect(image.buses.indices.map { image.buses[$0] } == fixture.buses)
        #expect(image.ports.indices.map { image.ports[$0] } == fixture.ports)
        #expect(image.sensors.indices.map { image.sensors[$0] } == fixture.sensors)
        #expect(image.points.indices.map { image.points[$0] } == fixture.points)
        #expect(image.readers.indices.map { image.readers[$0] } == fixture.readers)
        #expect(image.doors.indices.map { image.doors[$0] } == fixture.doors)
        #expect(image.detectors.indices.map { image.detectors[$0] } == fixture.detectors)
        #expect(image.effects.indices.map { image.effects[$0] } == fixture.effects)
        #expect(image.schedules.indices.map { image.schedules[$0] } == fixture.schedules)
        #expect(image.clientKeys.indices.map { image.clientKeys[$0] } == fixture.clientKeys)
        #expect(image.localUsers.indices.map { image.localUsers[$0] } == fixture.localUsers)
        #expect(image.consoleUsers.indices.map { image.consoleUsers[$0] } == fixture.consoleUsers)
        #expect(image.counts[.credentials] == 1)
        let siren = [UInt8]("siren".utf8)
        let nobody = [UInt8]("sirens".utf8)
        #expect(image.find(line: siren.span) == 2)
        #expect(image.find(line: nobody.span) == nil)
        #expect(image.find(door: [UInt8]("entrance".utf8).span) == 0)
    }

    @Test("A port that carries Warden Link is 8N1 and nobody else's")
    func linkPorts() throws {
        var fixture = BoardFixture()
        let free = fixture.ports.count
        fixture.ports.append(
            Port(name: "platform", device: "/dev/ttyS5", baud: 9_600, dataBits: 8, stopBits: 1, use: .link))
        fixture.network = Network()
        fixture.network?.listen.append(ListenAddress(address: "::", port: 7_321))
        let file = fixture.file()
        let image = try BoardImage(decoding: file.span)
        #expect(image.network == fixture.network)
        for change: (inout Port) -> Void in [
            { $0.dataBits = 7 }, { $0.parity = .even }, { $0.stopBits = 2 },
        ] {
            var other = fixture
            change(&other.ports[free])
            #expect(refusal(of: other.file()) == .invalidEntry(.ports, index: free, .contradictory))
        }
        fixture.ports[0].use = .linkInTurns
        #expect(refusal(of: fixture.file()) == .invalidEntry(.ports, index: 0, .alreadyUsed))
    }

    @Test("Credentials are walked in the order of the file and not kept")
    func credentials() throws {
        var fixture = BoardFixture()
        fixture.credentials = (1...3).map {
            Credential(hash: FixedBytes([UInt8](repeating: $0, count: 16).span), holder: UInt32($0))
        }
        let file = fixture.file()
        var walker = try CredentialWalker(file.span)
        var holders: [UInt32] = []
        while let credential = walker.next() { holders.append(credential.holder) }
        #expect(holders == [1, 2, 3])
    }

    @Test("The envelope: length, magic and checksum are looked at before anything else")
    func envelope() {
        let file = BoardFixture().file()
        #expect(refusal(of: []) == .tooShort(byteCount: 0))
        #expect(refusal(of: Array(file.prefix(15))) == .tooShort(byteCount: 15))
        #expect(refusal(of: [UInt8]("board: lobby, and more".utf8)) == .notABoardImage)
        #expect(refusal(of: Array(file.dropLast())) == .wrongLength(expected: file.count, actual: file.count - 1))
        #expect(refusal(of: file + [0]) == .wrongLength(expected: file.count, actual: file.count + 1))
        var spoiled = file
        spoiled[40] ^= 1
        guard case .wrongChecksum? = refusal(of: spoiled) else {
            Issue.record("a changed byte was not noticed")
            return
        }
    }

    @Test("Another version, another count of memory, a second or a missing header are refused")
    func header() {
        var other = BoardFixture()
        other.header.format = 2
        #expect(refusal(of: other.file()) == .unsupportedFormat(2))
        let budget = MemoryBudgetProbe.total(of: BoardFixture())
        let miscounted = BoardFixture().file(budgetError: 1)
        #expect(refusal(of: miscounted) == .budgetDiffers(image: budget + 1, program: budget))
        // What a recording is played back with only has to say what the board had.
        #expect(throws: Never.self) { _ = try BoardImage(decoding: miscounted.span, isOfRecording: true) }
        let header = Board.Entry.header(BoardFixture().header)
        let capacities = Board.Entry.capacities(BoardFixture().capacities)
        #expect(refusal(of: BoardFixture.file(of: [])) == .incomplete)
        #expect(refusal(of: BoardFixture.file(of: [header])) == .incomplete)
        #expect(refusal(of: BoardFixture.file(of: [capacities])) == .incomplete)
        #expect(refusal(of: BoardFixture.file(of: [header, header, capacities])) == .incomplete)
        #expect(refusal(of: BoardFixture.file(of: [header, capacities, capacities])) == .incomplete)
    }

    @Test("Too many entries are refused before memory is set aside for them")
    func tooMany() {
        var fixture = BoardFixture()
        fixture.buses = (0..<17).map { Bus(name: name("bus", $0), device: "/dev/i2c-1", timeoutMs: 10) }
        #expect(refusal(of: fixture.file()) == .tooMany(.buses, count: 17))
        fixture = BoardFixture()
        fixture.credentials = Array(repeating: fixture.credentials[0], count: 5)
        #expect(refusal(of: fixture.file()) == .tooMany(.credentials, count: 5))
    }

    @Test("A value beyond the schema's bounds is named with its field")
    func bounds() {
        var fixture = BoardFixture()
        fixture.doors[0].unlockMs = 99
        guard case .malformed(let error)? = refusal(of: fixture.file()) else {
            Issue.record("an unlock time of 99 ms was taken")
            return
        }
        #expect(error.reason == .outOfRange)
        #expect(error.field == 6)
    }

    struct Spoiled: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var table: BoardTable
        var index: Int
        var fault: BoardImageError.Fault
        var spoil: @Sendable (inout BoardFixture) -> Void

        init(
            _ description: String, _ table: BoardTable, _ index: Int, _ fault: BoardImageError.Fault,
            _ spoil: @escaping @Sendable (inout BoardFixture) -> Void
        ) {
            testDescription = description
            self.table = table
            self.index = index
            self.fault = fault
            self.spoil = spoil
        }
    }

    static let spoiled: [Spoiled] = [
        Spoiled("a line without a name", .lines, 1, .emptyName) { $0.lines[1].name = "" },
        Spoiled("two lines of one name", .lines, 2, .duplicateName) { $0.lines[2].name = "lock" },
        Spoiled("two doors of one name", .doors, 1, .duplicateName) { $0.doors.append($0.doors[0]) },
        Spoiled("a line without a place", .lines, 0, .incomplete) { $0.lines[0].chip = "" },
        Spoiled("a line with two places", .lines, 0, .contradictory) { $0.lines[0].kernelName = "X" },
        Spoiled("two lines on one pin", .lines, 1, .alreadyUsed) { $0.lines[1].offset = 1 },
        Spoiled("a direction of the future", .lines, 0, .unknownKind) { $0.lines[0].direction = .unrecognised(9) },
        Spoiled("a sensor without a chip", .sensors, 1, .incomplete) { $0.sensors[1].chip = nil },
        Spoiled("a sensor on no bus", .sensors, 0, .referenceOutOfRange) { $0.sensors[0].bus = 1 },
        Spoiled("two sensors at one address", .sensors, 1, .alreadyUsed) { $0.sensors[1].address = 0x48 },
        Spoiled("an amplifier range that does not exist", .sensors, 0, .unknownKind) {
            $0.sensors[0].chip = .ads1115(Ads1115Options(inputs: 3, fullScaleMv: 4_000))
        },
        Spoiled("a sample rate that does not exist", .sensors, 2, .unknownKind) {
            $0.sensors[2].chip = .adxl345(Adxl345Options(rateHz: 199))
        },
        Spoiled("a point of no sensor", .points, 0, .referenceOutOfRange) { $0.points[0].sensor = 3 },
        Spoiled("a point of an input that is not measured", .points, 0, .referenceOutOfRange) {
            $0.points[0].channel = 2
        },
        Spoiled("a point of a channel beyond the last", .points, 1, .referenceOutOfRange) {
            $0.points[1].sensor = 1
            $0.points[1].channel = 3
        },
        Spoiled("a point with an empty range", .points, 0, .contradictory) { $0.points[0].minimum = 1_001 },
        Spoiled("a point that is always zero", .points, 0, .contradictory) { $0.points[0].numerator = 0 },
        Spoiled("a reader that speaks nothing", .readers, 0, .incomplete) { $0.readers[0].interface = nil },
        Spoiled("a reader of no door", .readers, 0, .referenceOutOfRange) { $0.readers[0].door = 1 },
        Spoiled("a reader on no port", .readers, 0, .referenceOutOfRange) {
            $0.readers[0].interface = .serialTag(SerialTagOptions(port: 1))
        },
        Spoiled("two readers on one port", .readers, 1, .alreadyUsed) {
            var second = $0.readers[0]
            second.name = "second"
            $0.readers.append(second)
        },
        Spoiled("a Wiegand reader with one data line twice", .readers, 0, .contradictory) {
            $0.readers[0].interface = .wiegand(WiegandOptions(data0Line: 0, data1Line: 0))
        },
        Spoiled("a Wiegand reader on an output", .readers, 0, .referenceOfWrongKind) {
            $0.readers[0].interface = .wiegand(WiegandOptions(data0Line: 0, data1Line: 1))
        },
        Spoiled("a reader with a card format that is not there", .readers, 0, .referenceOutOfRange) {
            $0.lines.append(Line(name: "zero", direction: .input, chip: "gpio", offset: 8))
            $0.lines.append(Line(name: "one", direction: .input, chip: "gpio", offset: 9))
            $0.readers[0].interface = .wiegand(WiegandOptions(data0Line: 3, data1Line: 4, formats: list([1])))
        },
        Spoiled("a secure channel without its key", .readers, 0, .incomplete) {
            $0.readers[0].interface = .osdp(OsdpOptions(port: 0, security: .key))
        },
        Spoiled("two OSDP readers at one address", .readers, 1, .alreadyUsed) {
            $0.readers[0].interface = .osdp(OsdpOptions(port: 0, address: 7))
            $0.readers.append(Reader(name: "second", interface: .osdp(OsdpOptions(port: 0, address: 7))))
        },
        Spoiled("nine OSDP readers on a port", .readers, 8, .contradictory) {
            $0.readers = (0..<9).map {
                Reader(
                    name: FixedBytes([UInt8(97 + $0)].span), interface: .osdp(OsdpOptions(port: 0, address: UInt32($0)))
                )
            }
        },
        Spoiled("an OSDP reader beside another kind", .readers, 1, .alreadyUsed) {
            $0.readers.append(Reader(name: "second", interface: .osdp(OsdpOptions(port: 0, address: 7))))
        },
        Spoiled("a card file without its key", .readers, 0, .incomplete) {
            $0.readers[0].interface = .pn532(Pn532Options(port: 0, file: CardFile(length: 8)))
        },
        Spoiled("a reader whose tamper switch is the contact", .readers, 0, .alreadyUsed) {
            $0.readers[0].tamperLine = 0
        },
        Spoiled("an area that is not there", .doors, 0, .referenceOutOfRange) { $0.doors[0].innerArea = 0 },
        Spoiled("a two-leaf door with one lock", .doors, 0, .contradictory) { $0.doors[0].kind = .twoLeaf },
        Spoiled("floors without a lift", .doors, 0, .contradictory) { $0.doors[0].floorLines = list([2]) },
        Spoiled("a supervised contact beside another", .doors, 0, .contradictory) {
            $0.doors[0].supervisedContact = SupervisedContact(
                point: 1, seriesOhm: 1_000, acrossOhm: 1_000, tolerancePercent: 20)
        },
        Spoiled("a supervised contact in volts that nothing feeds", .doors, 0, .incomplete) {
            $0.doors[0].contactLine = nil
            $0.doors[0].supervisedContact = SupervisedContact(
                point: 1, seriesOhm: 1_000, acrossOhm: 1_000, tolerancePercent: 20)
        },
        Spoiled("an interlock of one door", .interlocks, 0, .incomplete) {
            $0.interlocks = [Interlock(name: "trap", doors: 1)]
        },
        Spoiled("an interlock of a door that is not there", .interlocks, 0, .referenceOutOfRange) {
            $0.interlocks = [Interlock(name: "trap", doors: 0b11)]
        },
        Spoiled("two groups of one name", .groups, 1, .duplicateName) {
            $0.groups = [Group(name: "staff"), Group(name: "staff")]
        },
        Spoiled("two areas of one name", .areas, 1, .duplicateName) {
            $0.areas = [Area(name: "garage"), Area(name: "garage")]
        },
        Spoiled("a door locked by nothing", .doors, 0, .referenceOutOfRange) { $0.doors[0].lockLine = 3 },
        Spoiled("a door locked by an input", .doors, 0, .referenceOfWrongKind) { $0.doors[0].lockLine = 0 },
        Spoiled("a contact that is an output", .doors, 0, .referenceOfWrongKind) { $0.doors[0].contactLine = 2 },
        Spoiled("a button that is the contact", .doors, 0, .alreadyUsed) { $0.doors[0].exitLine = 0 },
        Spoiled("an extended time shorter than the usual one", .doors, 0, .contradictory) {
            $0.doors[0].extendedUnlockMs = 4_999
        },
        Spoiled("a door with no such schedule", .doors, 0, .referenceOutOfRange) {
            $0.doors[0].rules[0].schedule = 1
        },
        Spoiled("two doors on one lock", .doors, 1, .alreadyUsed) {
            var second = $0.doors[0]
            second.name = "second"
            $0.doors.append(second)
        },
        Spoiled("a detector of no kind", .detectors, 0, .unknownKind) { $0.detectors[0].kind = nil },
        Spoiled("a smoke detector without a point", .detectors, 0, .incomplete) { $0.detectors[0].point = nil },
        Spoiled("a smoke detector in volts", .detectors, 0, .referenceOfWrongKind) { $0.detectors[0].point = 1 },
        Spoiled("a detector of no such point", .detectors, 0, .referenceOutOfRange) { $0.detectors[0].point = 2 },
        Spoiled("a pre-alarm above the alarm", .detectors, 0, .contradictory) {
            $0.detectors[0].kind = .smoke(SmokeOptions(preAlarmMdbPerM: 151, alarmMdbPerM: 150))
        },
        Spoiled("a leak window without dryness", .detectors, 1, .contradictory) {
            $0.detectors[1].kind = .leak(LeakOptions(wetBelow: 2, openAbove: 2))
        },
        Spoiled("a fall detector without a sensor", .detectors, 2, .incomplete) { $0.detectors[2].sensor = nil },
        Spoiled("a fall detector on a barometer", .detectors, 2, .referenceOfWrongKind) {
            $0.detectors[2].sensor = 1
        },
        Spoiled("a cancel button that is an output", .detectors, 2, .referenceOfWrongKind) {
            $0.detectors[2].kind = .fall(FallOptions(cancelLine: 1))
        },
        Spoiled("a long lie before its fall", .detectors, 3, .referenceOutOfRange) {
            $0.detectors[3].kind = .longLie(LongLieOptions(fallDetector: 3))
        },
        Spoiled("a long lie of a leak", .detectors, 3, .referenceOfWrongKind) {
            $0.detectors[3].kind = .longLie(LongLieOptions(fallDetector: 1))
        },
        Spoiled("a call point without a line", .detectors, 4, .incomplete) { $0.detectors[4].line = nil },
        Spoiled("a call point on an output", .detectors, 4, .referenceOfWrongKind) { $0.detectors[4].line = 1 },
        Spoiled("a threshold without a point", .detectors, 5, .incomplete) { $0.detectors[5].point = nil },
        Spoiled("a threshold whose pre-alarm comes after", .detectors, 5, .contradictory) {
            $0.detectors[5].kind = .threshold(
                ThresholdOptions(alarmLimit: 1_000_000, preAlarmLimit: 900_000, below: true))
        },
        Spoiled("an expander whose seventh pin is an input", .sensors, 1, .contradictory) {
            $0.sensors[1].chip = .mcp23017(Mcp23017Options(pullUps: 0x80))
        },
        Spoiled("a full scale that does not exist", .sensors, 2, .unknownKind) {
            $0.sensors[2].chip = .lis3dh(Lis3dhOptions(rateHz: 100, fullScaleG: 3))
        },
        Spoiled("a heat detector in decibels", .detectors, 0, .referenceOfWrongKind) {
            $0.detectors[0].kind = .heat(HeatOptions())
        },
        Spoiled("a heat class of the future", .detectors, 0, .unknownKind) {
            $0.detectors[0].kind = .heat(HeatOptions(responseClass: .unrecognised(9)))
        },
        Spoiled("carbon monoxide in volts", .detectors, 1, .referenceOfWrongKind) {
            $0.detectors[1].kind = .carbonMonoxide(CarbonMonoxideOptions())
        },
        Spoiled("confirmed smoke above smoke alone", .detectors, 0, .contradictory) {
            $0.detectors[0].kind = .multiCriteriaFire(
                MultiCriteriaFireOptions(aloneMdbPerM: 80, confirmedMdbPerM: 220))
        },
        Spoiled("a meter of an input and a point", .detectors, 4, .contradictory) {
            $0.detectors[4].point = 1
            $0.detectors[4].kind = .flow(
                FlowOptions(pulsesPerLitre: 1, burstWindowMs: 60_000, quietGapMs: 60_000))
        },
        Spoiled("a meter in volts", .detectors, 5, .referenceOfWrongKind) {
            $0.detectors[5].kind = .count(CountOptions(count: 1, windowMs: 1_000))
        },
        Spoiled("a valve that is driven by its door", .detectors, 4, .alreadyUsed) {
            $0.detectors[4].kind = .valve(ValveOptions(driveLine: 1, travelMs: 100, attempts: 1))
        },
        Spoiled("a valve that is a door's sounder", .detectors, 4, .alreadyUsed) {
            $0.doors[0].sounderLine = 2
            $0.detectors[4].kind = .valve(ValveOptions(driveLine: 2, travelMs: 100, attempts: 1))
        },
        Spoiled("a fire zone in which no door stands", .effects, 0, .referenceOutOfRange) {
            $0.doors[0].fireZones = 0b0111
            $0.effects[0].actions[0].action = .releaseZone(3)
        },
        Spoiled("a second supervised contact of a single leaf", .doors, 0, .contradictory) {
            $0.doors[0].secondSupervisedContact = SupervisedContact(
                point: 0, seriesOhm: 1_000, acrossOhm: 1_000, tolerancePercent: 10)
        },
        Spoiled("a request to exit from outside", .readers, 0, .contradictory) {
            $0.readers[0].interface = .osdp(OsdpOptions(exitInput: 0))
        },
        Spoiled("an input of a reader that is not there", .lines, 0, .referenceOutOfRange) {
            $0.lines[0] = Line(name: "contact", readerInput: ReaderInput(reader: 1))
        },
        Spoiled("an input of a reader that has none", .lines, 0, .contradictory) {
            $0.lines[0] = Line(name: "contact", readerInput: ReaderInput())
        },
        Spoiled("an input at a chip and at a reader", .lines, 0, .contradictory) {
            $0.readers[0].interface = .osdp(OsdpOptions())
            $0.lines[0].readerInput = ReaderInput()
        },
        Spoiled("an output at a reader", .lines, 1, .contradictory) {
            $0.readers[0].interface = .osdp(OsdpOptions())
            $0.lines[1] = Line(name: "lock", direction: .output, readerInput: ReaderInput())
        },
        Spoiled("one input of a reader twice", .lines, 3, .alreadyUsed) {
            $0.readers[0].interface = .osdp(OsdpOptions())
            $0.lines[0] = Line(name: "contact", readerInput: ReaderInput())
            $0.lines.append(Line(name: "again", readerInput: ReaderInput()))
        },
        Spoiled("an exit button at a reader outside", .doors, 0, .contradictory) {
            $0.readers[0].interface = .osdp(OsdpOptions())
            $0.lines.append(Line(name: "button", readerInput: ReaderInput()))
            $0.doors[0].exitLine = 3
        },
        Spoiled("an emergency call point at a reader", .doors, 0, .contradictory) {
            $0.readers[0].interface = .osdp(OsdpOptions())
            $0.lines.append(Line(name: "green_box", readerInput: ReaderInput()))
            $0.doors[0].emergencyExitLine = 3
        },
        Spoiled("a display that shall show a control character", .readers, 0, .contradictory) {
            $0.readers[0].interface = .osdp(OsdpOptions(texts: OsdpTexts(ready: "bell \u{7}")))
        },
        Spoiled("a valve whose output an effect drives too", .effects, 0, .alreadyUsed) {
            $0.detectors[4].kind = .valve(ValveOptions(driveLine: 2, travelMs: 100, attempts: 1))
        },
        Spoiled("an effect that shuts a smoke detector", .effects, 0, .referenceOfWrongKind) {
            $0.effects[0].actions[0].action = .shutValve(0)
        },
        Spoiled("a silence of nothing", .detectors, 4, .incomplete) {
            $0.detectors[4].kind = .inactivity(
                InactivityOptions(
                    deadband: 1, shortestSilenceMs: 60_000, longestSilenceMs: 3_600_000, exitGraceMs: 10_000))
        },
        Spoiled("a sign of life from a smoke detector", .detectors, 4, .referenceOfWrongKind) {
            $0.detectors[4].kind = .inactivity(
                InactivityOptions(
                    signs: list([SignOfLife(source: .radar(0))]), deadband: 1, shortestSilenceMs: 60_000,
                    longestSilenceMs: 3_600_000, exitGraceMs: 10_000))
        },
        Spoiled("a tilt of a barometer", .detectors, 2, .referenceOfWrongKind) {
            $0.detectors[2].sensor = 1
            $0.detectors[2].kind = .tilt(TiltOptions(limitDegrees: 15))
        },
        Spoiled("a radar on the reader's port", .detectors, 4, .alreadyUsed) {
            $0.detectors[4].kind = .radarFall(RadarFallOptions(port: 0))
        },
        Spoiled("a cause by a schedule that is not there", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].causes[0].source = .schedule(1)
        },
        Spoiled("a cause by a door that is not there", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].causes[0].source = .door(DoorCause(door: 1, condition: .open))
        },
        Spoiled("a door in a state of the future", .effects, 0, .unknownKind) {
            $0.effects[0].causes[0].source = .door(DoorCause(door: 0, condition: .unrecognised(99)))
        },
        Spoiled("an effect that waits for itself", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].causes[0].source = .effect(0)
        },
        Spoiled("an effect that waits for a later one", .effects, 0, .referenceOutOfRange) {
            $0.effects.append($0.effects[0])
            $0.effects[1].name = "later"
            $0.effects[0].causes[0].source = .effect(1)
        },
        Spoiled("a lift that takes no orders", .lifts, 0, .incomplete) { $0.lifts = [Lift(name: "cabin")] },
        Spoiled("a lift without a name", .lifts, 0, .emptyName) { $0.lifts = [Lift(recallLine: 2)] },
        Spoiled("a lift with one contact for both orders", .lifts, 0, .alreadyUsed) {
            $0.lifts = [Lift(name: "cabin", recallLine: 2, stayLine: 2)]
        },
        Spoiled("two lifts on one contact", .lifts, 1, .alreadyUsed) {
            $0.effects[0].actions = list([EffectAction(action: .releaseDoor(0))])
            $0.lifts = [Lift(name: "cabin", recallLine: 2), Lift(name: "other", stayLine: 2)]
        },
        Spoiled("a lift on a door's lock", .lifts, 0, .alreadyUsed) {
            $0.lifts = [Lift(name: "cabin", recallLine: 1)]
        },
        Spoiled("a lift's contact that is an input", .lifts, 0, .referenceOfWrongKind) {
            $0.lifts = [Lift(name: "cabin", stayLine: 0)]
        },
        Spoiled("an effect that drives a lift's contact past the lift", .effects, 0, .alreadyUsed) {
            $0.lifts = [Lift(name: "cabin", recallLine: 2)]
        },
        Spoiled("an order to a lift that is not there", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].actions[1].action = .lift(LiftAction(lift: 0, order: .recall))
        },
        Spoiled("an order that the lift has no contact for", .effects, 0, .referenceOfWrongKind) {
            $0.lifts = [Lift(name: "cabin", recallLine: 2)]
            $0.effects[0].actions[1].action = .lift(LiftAction(lift: 0, order: .stay))
        },
        Spoiled("an effect without causes", .effects, 0, .incomplete) { $0.effects[0].causes.removeAll() },
        Spoiled("an effect that does nothing", .effects, 0, .incomplete) { $0.effects[0].actions.removeAll() },
        Spoiled("a cause of the future", .effects, 0, .unknownKind) { $0.effects[0].causes[0].source = nil },
        Spoiled("a cause that is no detector", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].causes[0].source = .detector(6)
        },
        Spoiled("a cause that is an output", .effects, 0, .referenceOfWrongKind) {
            $0.effects[0].causes[1].source = .line(1)
        },
        Spoiled("more causes wanted than there are", .effects, 0, .contradictory) {
            $0.effects[0].combination = .atLeast
            $0.effects[0].atLeast = 3
        },
        Spoiled("an effect that releases no door", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].actions[0].action = .releaseDoor(1)
        },
        Spoiled("an effect that locks down no door", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].actions[0].action = .lockDownDoor(1)
        },
        Spoiled("an effect that holds open no door", .effects, 0, .referenceOutOfRange) {
            $0.effects[0].actions[0].action = .holdOpenDoor(1)
        },
        Spoiled("an effect that drives a lock past its door", .effects, 0, .alreadyUsed) {
            $0.effects[0].actions[1].action = .output(OutputAction(line: 1))
        },
        Spoiled("a period that begins at the end of the day", .schedules, 0, .contradictory) {
            $0.schedules[0].periods[0].fromMinute = 1_440
        },
        Spoiled("a credential with half a hash", .credentials, 0, .incomplete) { $0.credentials[0].hash = "12345678" },
        Spoiled("a credential that ends before it begins", .credentials, 0, .contradictory) {
            $0.credentials[0].validFrom = 10
            $0.credentials[0].validUntil = 10
        },
        Spoiled("a client key cut short", .clientKeys, 0, .incomplete) { $0.clientKeys[0].publicKey = "short" },
        Spoiled("a client key without a role", .clientKeys, 0, .unknownKind) { $0.clientKeys[0].role = .none },
        Spoiled("one client key twice", .clientKeys, 1, .alreadyUsed) {
            var second = $0.clientKeys[0]
            second.name = "second"
            $0.clientKeys.append(second)
        },
        Spoiled("a local user who is nobody", .localUsers, 0, .incomplete) { $0.localUsers[0].who = nil },
        Spoiled("one local group twice", .localUsers, 1, .alreadyUsed) { $0.localUsers.append($0.localUsers[0]) },
        Spoiled("a console user without a name", .consoleUsers, 0, .emptyName) { $0.consoleUsers[0].name = "" },
        Spoiled("a PIN's hash cut short", .consoleUsers, 0, .incomplete) { $0.consoleUsers[0].pinHash = "short" },
        Spoiled("a PIN without salt", .consoleUsers, 0, .incomplete) { $0.consoleUsers[0].pinSalt = "" },
        Spoiled("a console user without a role", .consoleUsers, 0, .unknownKind) { $0.consoleUsers[0].role = .none },
        Spoiled("one console user twice", .consoleUsers, 1, .duplicateName) {
            $0.consoleUsers.append($0.consoleUsers[0])
        },
    ]

    @Test("An entry that contradicts another one, or itself, is named", arguments: spoiled)
    func contradictions(case spoiled: Spoiled) {
        var fixture = BoardFixture()
        spoiled.spoil(&fixture)
        #expect(refusal(of: fixture.file()) == .invalidEntry(spoiled.table, index: spoiled.index, spoiled.fault))
    }

    @Test("Every refusal has a sentence and a remedy")
    func sentences() {
        let errors: [BoardImageError] = [
            .tooShort(byteCount: 3), .notABoardImage, .wrongLength(expected: 20, actual: 19),
            .wrongChecksum(expected: 1, actual: 2), .unsupportedFormat(9),
            .malformed(MessageError(.truncated, field: 4)), .incomplete, .tooMany(.doors, count: 99),
            .budgetDiffers(image: 1, program: 2), .invalidEntry(.doors, index: 3, .alreadyUsed),
        ]
        for error in errors {
            var text = ByteBuffer(capacity: 200)
            error.describe(into: &text)
            let (count, overflowed) = (text.count, text.overflowed)
            #expect(count > 10 && !overflowed)
            #expect(error.remedy.utf8CodeUnitCount > 20)
        }
    }
}

enum MemoryBudgetProbe {
    static func total(of fixture: BoardFixture) -> UInt64 {
        guard let image = try? BoardImage(decoding: fixture.file().span) else { return 0 }
        return image.memoryBudget.total
    }
}

func name(_ prefix: StaticString, _ number: Int) -> FixedBytes<32> {
    var name = FixedBytes<32>(prefix)
    name.appendDecimal(number)
    return name
}
