import FixedMemory
import HardwareInterface
import StateCarrying
import Testing

@testable import LifeSafety

/// A detector and what its points may say: the levels that matter to it, and how long things last.
private struct Life: Sendable, CustomTestStringConvertible {
    var name: String
    var configurations: [DetectorConfiguration]
    /// Levels of each point; the readings stray around them.
    var levels: [[Int32]]
    var strays: Int32 = 0
    /// Seconds from one reading to the next.
    var step: Int
    /// The point of an accelerometer.
    var accelerometer: Int?
    var testDescription: String { name }

    init(
        _ name: String, _ kinds: DetectorConfiguration.Kind..., levels: [[Int32]], strays: Int32 = 0, step: Int = 1,
        accelerometer: Int? = nil
    ) {
        self.name = name
        configurations = kinds.map { DetectorConfiguration($0, selfTestInterval: .hours(1)) }
        self.levels = levels
        self.strays = strays
        self.step = step
        self.accelerometer = accelerometer
    }
}

private let source = PointIndex(0)
private let second = PointIndex(1)
private let third = PointIndex(2)

private let lives: [Life] = [
    Life(
        "threshold",
        .threshold(
            .init(
                source: source, side: .above, alarmLimit: 500, preAlarmLimit: 400, hysteresis: 20, onDelay: .seconds(7),
                offDelay: .seconds(9))), levels: [[0, 390, 490, 600]], strays: 30),
    Life(
        "rate",
        .rate(
            .init(
                source: source, direction: .falling, alarmChange: 100, preAlarmChange: 60, window: .minutes(2),
                offDelay: .seconds(20))), levels: [[1_000, 950, 920, 800]], strays: 10, step: 5),
    Life(
        "tilt", .tilt(.init(source: source, onDelay: .seconds(3), offDelay: .seconds(5), vibrationLimit: 300)),
        levels: [[]], accelerometer: 0),
    Life(
        "state",
        .state(
            .init(source: source, onDelay: .seconds(5), offDelay: .seconds(5), holds: true, maximumAge: .minutes(5))),
        levels: [[0, 1]]),
    Life(
        "counting",
        .counting(.init(source: source, side: .tooMany, count: 5, window: .minutes(3))),
        .counting(.init(source: source, side: .tooFew, count: 2, window: .minutes(4))), levels: [[0, 1, 3, 6]], step: 20
    ),
    Life("smoke", .smoke(.init(source: source)), levels: [[0, 20, 110, 160, 600]], strays: 15, step: 2),
    Life("heat", .heat(.init(source: source)), levels: [[20_000, 45_000, 53_000, 60_000]], strays: 1_500, step: 8),
    Life(
        "carbon monoxide", .carbonMonoxide(.init(source: source, replaceFromDay: 20_001)),
        levels: [[0, 25, 60, 120, 300, 1_100]], strays: 5, step: 30),
    Life(
        "combustible gas",
        .combustibleGas(.init(source: source, warmUp: .seconds(30), frozenAfter: .hours(1), testFromDay: 20_001)),
        levels: [[0, 450, 600, 1_100, -400, 10_100]], strays: 30, step: 20),
    Life(
        "multi-criteria fire",
        .multiCriteriaFire(.init(smoke: source, temperature: second, carbonMonoxide: third)),
        levels: [[0, 50, 100, 250], [20_000, 28_000, 56_000, 60_000], [0, 20, 70]], strays: 12, step: 3),
    Life(
        "leak", .leak(.init(source: source, wetLimit: 500, openLimit: 2_000, shortLimit: 50)),
        levels: [[1_000, 400, 20, 2_100]], strays: 20),
    Life(
        "flow",
        .flow(
            .init(
                source: source, burstLitres: 60, quietGap: .minutes(30), continuousAfter: .hours(3), nightLitres: 20,
                awayLitres: 5)), levels: [[10, 11, 15, 90]], step: 120),
    Life(
        "valve", .valve(.init(feedback: source, travelTime: .seconds(5), attempts: 2, pause: .seconds(2))),
        levels: [[0, 1]], step: 3),
    Life(
        "fall and long lie",
        .fall(
            .init(
                source: source, cancelButton: second, cancelWindow: .seconds(8), longLieAfter: .seconds(20),
                decisionThreshold: -4_000, notWornAfter: .minutes(2))), .longLie(of: DetectorIndex(0)),
        levels: [[], [0, 0, 0, 1]], accelerometer: 0),
    Life(
        "radar fall", .radarFall(.init(fall: source, presence: second)), levels: [[0, 1], [0, 1]], step: 3),
    Life(
        "inactivity",
        .inactivity(
            .init(
                first: source, exitDoor: second, shortestSilence: .minutes(30), longestSilence: .hours(5),
                noExitAfter: .hours(20))), levels: [[0, 1, 2], [0, 1]], step: 900),
    Life(
        "power use", .powerUse(.init(source: source, silence: .minutes(20))),
        levels: [[60_000, 90_000, 240_000, 900_000]], strays: 20_000, step: 300),
    Life(
        "call point",
        .callPoint(.init(button: source, battery: second, maximumAge: .hours(2), testInterval: .hours(9))),
        levels: [[0, 0, 1], [3_000_000, 2_300_000]], step: 60),
]

/// Every kind at once.
private let whole: Life = {
    var all = Life(
        "all of them", levels: [[0, 1, 60, 160, 600, 30_000], [0, 1, 28_000], [0, 20, 70]], strays: 9, step: 20)
    for life in lives { all.configurations += life.configurations.map { shifted($0, by: all.configurations.count) } }
    all.accelerometer = 0
    return all
}()

/// A long lie names its fall detector by its place.
private func shifted(_ configuration: DetectorConfiguration, by count: Int) -> DetectorConfiguration {
    guard case .longLie = configuration.kind else { return configuration }
    var moved = configuration
    moved.kind = .longLie(of: DetectorIndex(UInt16(count)))
    return moved
}

/// A bench whose points live a life.
private final class Tenant {
    let life: Life
    let bench: TestBench
    private var levels: [Int]
    private var sample = 0

    init(_ life: Life) {
        self.life = life
        bench = TestBench(life.configurations, outputCapacity: 3)
        levels = life.levels.map { _ in 0 }
    }

    /// The same tenant with a monitor that was taken up from this one's.
    func successor() -> Tenant? {
        let other = Tenant(life)
        other.bench.now = bench.now
        other.levels = levels
        other.sample = sample
        return restore(state, into: &other.bench.monitor) ? other : nil
    }

    var state: [UInt8] { saved(&bench.monitor) }
    var shown: [DetectorStatus] {
        life.configurations.indices.map { bench.monitor.status(of: DetectorIndex(UInt16($0))) }
    }

    /// What would outlive a restart.
    var learned: [LearnedPiece?] {
        life.configurations.indices.flatMap { index in
            (0..<LifeSafetyMonitor.learnedPieceLimit).map {
                bench.monitor.learned($0, of: DetectorIndex(UInt16(index)))
            }
        }
    }

    func live(_ random: inout SeededRandom) {
        let detector = UInt16(random.below(life.configurations.count))
        switch random.below(40) {
        case 0:
            bench.setClock(
                secondOfDay: Int32(random.below(86_400)), trust: random.chance(1, in: 3) ? .unset : .synchronised)
        case 1: _ = bench.acknowledge(detector)
        case 2: _ = bench.silence(detector)
        case 3: _ = bench.reset(detector)
        case 4: _ = bench.bypass(detector, for: .seconds(Int64(random.below(300))))
        case 5: _ = bench.beginTest(detector, for: .seconds(Int64(random.below(300))))
        case 6: _ = bench.selfTest(detector)
        case 7, 8: _ = bench.perform(command(&random), detector)
        case 9:
            bench.read(0, Quality(rawValue: UInt8(random.below(7)))!, point: UInt16(random.below(life.levels.count)))
        case 10: bench.run(for: .seconds(Int64(random.below(life.step * 30))))
        default: sense(&random)
        }
    }

    func command(_ random: inout SeededRandom) -> DetectorCommand {
        let later = bench.now + .seconds(Int64(random.below(life.step * 20)))
        let commands: [DetectorCommand] = [
            .hush(until: later), .cancel, .cleaned, .serviced, .away(until: later), .shut, .open, .returned,
        ]
        return commands[random.below(commands.count)]
    }

    /// A point says something; then time passes, in which an accelerometer goes on without a gap.
    private func sense(_ random: inout SeededRandom) {
        let point = random.below(life.levels.count)
        let levels = life.levels[point]
        if !levels.isEmpty {
            if random.chance(1, in: 4) { self.levels[point] = random.below(levels.count) }
            let value = levels[self.levels[point]] + (life.strays > 0 ? Int32(random.below(Int(life.strays))) : 0)
            bench.read(value, point: UInt16(point))
        }
        if life.accelerometer != nil {
            for _ in 0..<(1 + random.below(2)) { move(&random) }
        } else {
            bench.run(for: .milliseconds(Int64(random.below(life.step * 2_000))))
        }
    }

    /// A second of an accelerometer: of a fall, or shaken about.
    private func move(_ random: inout SeededRandom) {
        if random.chance(1, in: 60) { sample = 0 }
        let shakes = random.chance(1, in: 6) ? 600 : 10
        var samples: [AccelerationSample] = []
        // A rate that the detectors' own is no multiple of, so that a second ends within one of their samples.
        for _ in 0..<33 {
            var next = SyntheticFall.sample(sample * 3 / 4 % 200)
            next.x += Int16(random.below(shakes))
            next.z -= Int16(random.below(shakes))
            samples.append(next)
            sample += 1
        }
        bench.run(for: .milliseconds(990))
        bench.monitor.receive(
            samples: samples.span, lastAt: bench.now, interval: .milliseconds(30),
            ofPoint: PointIndex(UInt16(life.accelerometer ?? 0)), into: &bench.output)
        bench.collect()
    }
}

@Suite("Detectors that are taken up in the middle of their lives")
struct CarriedMonitorTests {
    @Test("find from there on what the others find, at the same moments", arguments: lives + [whole])
    private func takingUp(life: Life) throws {
        var conditions: Set<Condition> = []
        for seed in 1...4 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let first = Tenant(life)
            for _ in 0..<6 {
                for _ in 0..<random.below(200) { first.live(&random) }
                let second = try #require(first.successor())
                #expect(second.state == first.state)
                let begin = first.bench.log.count
                // What every detector finds now, not only those that something happens to.
                let told = first.command(&random)
                for detector in life.configurations.indices {
                    _ = first.bench.perform(told, UInt16(detector))
                    _ = second.bench.perform(told, UInt16(detector))
                }
                var same = random
                for step in 0..<150 {
                    first.live(&random)
                    second.live(&same)
                    #expect(second.bench.monitor.deadline == first.bench.monitor.deadline, "step \(step)")
                    #expect(second.shown == first.shown, "step \(step)")
                    for status in first.shown { conditions.insert(status.condition) }
                }
                #expect(second.bench.log == Array(first.bench.log[begin...]))
                #expect(second.learned == first.learned)
                #expect(second.state == first.state)
            }
        }
        #expect(conditions.contains(.alarm), "a life without an alarm shows little")
    }

    @Test("refuse bytes that were cut off", arguments: lives)
    private func cutOff(life: Life) {
        let bytes = Tenant(life).state
        for length in stride(from: 0, to: bytes.count, by: bytes.count < 500 ? 1 : 13) {
            let other = Tenant(life)
            #expect(!restore(Array(bytes[..<length]), into: &other.bench.monitor))
        }
    }

    @Test("refuse damaged bytes, or find something and go on", arguments: lives + [whole])
    private func damage(life: Life) throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<fuzzRounds {
            let first = Tenant(life)
            for _ in 0..<random.below(400) { first.live(&random) }
            let bytes = first.state
            for _ in 0..<300 {
                let other = try #require(first.successor())
                guard restore(bytes.damaged(by: &random), into: &other.bench.monitor) else { continue }
                other.bench.run(for: .seconds(10))
                for _ in 0..<10 { other.live(&random) }
            }
        }
    }
}
