import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface
import StateCarrying
import Testing

/// What one call of a driver gave.
private struct Answer: Equatable {
    var request: Asked?
    var health: SensorHealth?
    var readings: [SensorOutput.ChannelReading] = []
    var samples: [SensorOutput.AccelerationCodes] = []
    var instants: [Instant] = []
    var samplesWereLost = false
    /// When it wants to be polled.
    var deadline: Instant

    struct Asked: Equatable {
        var tag: UInt16
        var write: FixedBytes<16>
        var readCount: UInt8
        var repetitions: UInt8
    }

    init(_ request: BusRequest?, _ output: borrowing SensorOutput, deadline: Instant) {
        self.deadline = deadline
        self.request = request.map {
            Asked(tag: $0.tag, write: $0.write, readCount: $0.readCount, repetitions: $0.repetitions)
        }
        health = output.health
        for index in 0..<output.readingCount { readings.append(output.reading(index)) }
        for index in 0..<output.sampleCount {
            samples.append(output.accelerationCodes(index))
            instants.append(output.sampleInstant(index))
        }
        samplesWereLost = output.samplesWereLost
    }
}

/// A sensor on its bus, and others that hear what it hears.
private final class Choir {
    let specimen: Specimen
    let bench: SensorBench
    var sensors: [Sensor]
    private let isDisturbed: Bool
    private var pending: BusRequest?

    init(_ specimen: Specimen, isDisturbed: Bool = true) {
        self.specimen = specimen
        self.isDisturbed = isDisturbed
        bench = specimen.bench()
        sensors = [specimen.sensor()]
    }

    /// One poll, or the end of the request that is under way.
    ///
    /// - Returns: what each sensor made of it.
    func step(_ random: inout SeededRandom) -> [Answer] {
        if isDisturbed { disturb(&random) }
        guard let request = pending else {
            let wait = max(.zero, min(sensors[0].deadline - bench.now, .hours(1)))
            bench.pause(for: isDisturbed && random.chance(1, in: 50) ? wait + .seconds(Int64(random.below(4))) : wait)
            return poll()
        }
        pending = nil
        return complete(request, &random)
    }

    private func poll() -> [Answer] {
        sensors.indices.map { index in
            var output = SensorOutput()
            let request = sensors[index].poll(at: bench.now, into: &output)
            if index == 0 { pending = request }
            return Answer(request, output, deadline: sensors[index].deadline)
        }
    }

    private func complete(
        _ request: BusRequest, _ random: inout SeededRandom
    ) -> [Answer] {
        var (outcome, bytes, duration) = bench.perform(request)
        bench.pause(for: duration)
        switch isDisturbed ? random.below(60) : 60 {
        case 0: (outcome, bytes) = (.notAcknowledged, [])
        case 1: (outcome, bytes) = (.busError, [])
        case 2 where random.chance(1, in: 8): (outcome, bytes) = (.timedOut, [])
        case 3 where random.chance(1, in: 4) && !bytes.isEmpty: bytes = bytes.damaged(by: &random)
        case 4 where random.chance(1, in: 4): return []
        default: break
        }
        return sensors.indices.map { index in
            var output = SensorOutput()
            sensors[index].complete(outcome, tag: request.tag, bytes: bytes.span, at: bench.now, into: &output)
            return Answer(nil, output, deadline: sensors[index].deadline)
        }
    }

    /// What else happens to a sensor, and to the world that it measures.
    private func disturb(_ random: inout SeededRandom) {
        let (quantity, value) = specimen.world[random.below(specimen.world.count)]
        switch random.below(120) {
        case 0 where random.chance(1, in: 5): for index in sensors.indices { sensors[index].restart() }
        case 1:
            let millidegrees = Int32(15_000 + random.below(20_000))
            for index in sensors.indices {
                sensors[index].setAmbient(
                    millidegrees: millidegrees, millipercent: 40_000, pascals: 95_000 + millidegrees / 10, at: bench.now
                )
            }
        case 2: for index in sensors.indices { _ = sensors[index].calibrate(0, to: 420, at: bench.now) }
        case 3: for index in sensors.indices { _ = sensors[index].takeCalibration() }
        case 4...15:
            let isHigh = random.chance(1, in: 2)
            for index in sensors.indices { _ = sensors[index].setOutput(6, isHigh: isHigh, at: bench.now) }
        case 16...40: bench.device.set(quantity, to: value + Int32(random.below(40)))
        default: break
        }
    }

    /// Has a new sensor join that is taken up from the first.
    func join() -> Bool {
        var other = specimen.sensor()
        guard restore(saved(&sensors[0]), into: &other) else { return false }
        sensors.append(other)
        return true
    }
}

@Suite("Sensors that are taken up in the middle of their lives")
struct CarriedSensorTests {
    /// Steps in which what each says is compared.
    ///
    /// - Returns: good readings.
    private func expectUnison(_ choir: Choir, _ steps: Int, _ random: inout SeededRandom) -> Int {
        var good = 0
        #expect(choir.join())
        for step in 0..<steps {
            let answers = choir.step(&random)
            guard let first = answers.first else { continue }
            #expect(answers[1] == first, "step \(step)")
            good += first.readings.count { $0.reading.quality == .good }
        }
        #expect(saved(&choir.sensors[0]) == saved(&choir.sensors[1]))
        choir.sensors.removeLast()
        return good
    }

    @Test("ask, read and say from there on what the others do", arguments: specimens)
    private func takingUp(specimen: Specimen) {
        for seed in 1...3 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let choir = Choir(specimen)
            var good = 0
            for _ in 0..<25 {
                for _ in 0..<random.below(60) { _ = choir.step(&random) }
                good += expectUnison(choir, 80, &random)
            }
            #expect(good > 0, "a life without a reading shows little")
        }
    }

    @Test("go on at every step from power-on to the first reading", arguments: specimens)
    private func comingUp(specimen: Specimen) {
        for begin in 0..<80 {
            var random = SeededRandom(seed: 1)
            let choir = Choir(specimen, isDisturbed: false)
            for _ in 0..<begin { _ = choir.step(&random) }
            let good = expectUnison(choir, 140, &random)
            #expect(good > 0 || specimen.isSilentAtFirst, "taken up at step \(begin)")
        }
    }

    @Test("go on with a calibration that is under way, whenever it was asked for, and say how it ended")
    func calibration() throws {
        let specimen = try #require(specimens.first { $0.name == "SCD4x" })
        for begin in 0..<24 {
            var random = SeededRandom(seed: 1)
            let choir = Choir(specimen, isDisturbed: false)
            while choir.bench.now < .start + .minutes(5) { _ = choir.step(&random) }
            for _ in 0..<(begin % 8) { _ = choir.step(&random) }
            let start = choir.sensors[0].calibrate(0, to: 420, at: choir.bench.now)
            #expect(start == .begun)
            for _ in 0..<begin { _ = choir.step(&random) }
            #expect(choir.join())
            var outcomes: [Bool] = []
            for _ in 0..<60 {
                let answers = choir.step(&random)
                #expect(answers[1] == answers[0])
                let outcome = choir.sensors[0].takeCalibration()
                #expect(choir.sensors[1].takeCalibration() == outcome)
                if let outcome { outcomes.append(outcome) }
            }
            #expect(outcomes == [true], "taken up after \(begin) steps")
        }
    }

    /// What it learns about the air it learns over hours, and each second shows next to nothing of it.
    @Test(
        "go on with what a gas index has learned",
        arguments: [.volatileOrganicCompounds, .nitrogenOxides] as [GasIndex.Gas])
    func gasIndex(gas: GasIndex.Gas) {
        var random = SeededRandom(seed: 5)
        let usual: UInt16 = gas == .nitrogenOxides ? 16_000 : 30_000
        var first = GasIndex(gas)
        for second in 0..<4_000 {
            // Somebody cooks each quarter of an hour.
            let event: UInt16 = second % 900 < 120 ? 1_500 : 0
            _ = first.process(raw: usual + event + UInt16(random.below(60)))
        }
        var other = GasIndex(gas)
        #expect(restore(saved(&first), into: &other))
        for second in 0..<8_000 {
            let raw = usual + (second % 700 < 200 ? 900 : 0) + UInt16(random.below(60))
            #expect(other.process(raw: raw) == first.process(raw: raw), "second \(second)")
        }
        #expect(saved(&other) == saved(&first))
    }

    @Test("refuse bytes that were cut off", arguments: specimens)
    private func cutOff(specimen: Specimen) {
        var sensor = specimen.sensor()
        let bytes = saved(&sensor)
        for length in 0..<bytes.count {
            var other = specimen.sensor()
            #expect(!restore(Array(bytes[..<length]), into: &other))
        }
    }

    @Test("refuse damaged bytes, or go on", arguments: specimens)
    private func damage(specimen: Specimen) {
        var random = SeededRandom(seed: 3)
        let choir = Choir(specimen)
        for _ in 0..<(60 * fuzzRounds) {
            for _ in 0..<random.below(20) { _ = choir.step(&random) }
            let bytes = saved(&choir.sensors[0])
            for _ in 0..<20 {
                var other = specimen.sensor()
                if restore(bytes.damaged(by: &random), into: &other) { choir.sensors.append(other) }
            }
            for _ in 0..<6 { _ = choir.step(&random) }
            choir.sensors.removeLast(choir.sensors.count - 1)
        }
    }
}
