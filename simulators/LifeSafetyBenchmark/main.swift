import FixedMemory
import Foundation
import HardwareInterface
import LifeSafety

// What the detectors cost: nanoseconds a sample, a reading and a turn, and bytes of state.
//
// Usage: life-safety-benchmark [--json]
//
// `life-safety-benchmark fall N` runs N streams for a minute of samples and nothing else, for counting instructions.

struct Figure: Codable {
    var name: String
    var nanoseconds: Double
    var per: String
    var stateBytes: Int?
}

/// Runs `body` until half a second has gone and returns the least nanoseconds of one run: what the code costs when
/// nothing else wanted the processor.
func least(_ runsAtLeast: Int = 5, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let begin = clock.now
    var best = Double.infinity
    var runs = 0
    while runs < runsAtLeast || begin.duration(to: clock.now) < .milliseconds(500) {
        let taken = clock.measure(body)
        best = min(best, Double(taken.components.attoseconds) / 1e9 + Double(taken.components.seconds) * 1e9)
        runs += 1
    }
    return best
}

/// A minute at 200 Hz of walking (an impact above 1.5 g every other second), with one fall in it.
func minuteOfSamples() -> [AccelerationSample] {
    (0..<12_000).map { index in
        let bin = index / 8
        if bin >= 600 && bin < 800 { return SyntheticFall.sample(bin - 600) }
        let step = bin % 13
        let push: Int16 = step == 3 ? (bin / 13 % 4 == 0 ? 1_700 : 1_300) : step < 6 ? 1_050 : 900
        return AccelerationSample(x: Int16(step * 20 - 120), y: -push, z: Int16(index % 5 * 10))
    }
}

func fallMonitor(streams: Int) -> LifeSafetyMonitor {
    let configurations = (0..<streams).map { index in
        DetectorConfiguration(.fall(.init(source: PointIndex(UInt16(index)))), selfTestInterval: .endless)
    }
    return LifeSafetyMonitor(configurations.span)
}

/// Hands a minute of samples to every stream, 16 at a time, stream by stream as a platform would.
func playFalls(
    _ monitor: inout LifeSafetyMonitor, _ output: inout AlarmOutput, streams: Int, minute: Int64,
    _ samples: [AccelerationSample]
) {
    var begin = 0
    while begin < samples.count {
        let last = Instant.start + .milliseconds(minute * 60_000 + Int64(begin + 16) * 5)
        for stream in 0..<streams {
            monitor.receive(
                samples: samples.span.extracting(begin..<(begin + 16)), lastAt: last, interval: .milliseconds(5),
                ofPoint: PointIndex(UInt16(stream)), into: &output)
        }
        output.removeAll()
        begin += 16
    }
}

func fallFigure(streams: Int, samples: [AccelerationSample]) -> Figure {
    var monitor = fallMonitor(streams: streams)
    var output = AlarmOutput(capacity: 64)
    var minute: Int64 = 0
    let part = streams >= 1_000 ? Array(samples[0..<1_600]) : samples
    let taken = least(streams >= 1_000 ? 2 : 5) {
        playFalls(&monitor, &output, streams: streams, minute: minute, part)
        minute += 1
    }
    return Figure(
        name: "fall, \(streams) stream\(streams == 1 ? "" : "s") at 200 Hz",
        nanoseconds: taken / Double(part.count * streams), per: "sample",
        stateBytes: MemoryLayout<FallDetector>.stride)
}

func readingFigure(
    _ name: String, _ kind: DetectorConfiguration.Kind, bytes: Int, _ value: Int32, change: Int = 3
) -> Figure {
    let configurations = [DetectorConfiguration(kind, selfTestInterval: .endless)]
    var monitor = LifeSafetyMonitor(configurations.span)
    var output = AlarmOutput(capacity: 64)
    var now = Instant.start
    let count = 10_000
    let taken = least {
        for step in 0..<count {
            now = now + .seconds(1)
            monitor.receive(
                Reading(value: value + Int32(step & change), quality: .good, at: now), ofPoint: PointIndex(0),
                at: now, into: &output)
            output.removeAll()
        }
    }
    return Figure(name: name, nanoseconds: taken / Double(count), per: "reading", stateBytes: bytes)
}

/// A full board: 64 detectors of all kinds, a reading for each, then the turn's `advance`.
func fullBoardFigures() -> [Figure] {
    let kinds: [(UInt16) -> DetectorConfiguration.Kind] = [
        { .smoke(.init(source: PointIndex($0))) }, { .heat(.init(source: PointIndex($0))) },
        { .carbonMonoxide(.init(source: PointIndex($0))) }, { .combustibleGas(.init(source: PointIndex($0))) },
        { .leak(.init(source: PointIndex($0), wetLimit: -5)) }, { .flow(.init(source: PointIndex($0))) },
        { .threshold(.init(source: PointIndex($0), side: .above, alarmLimit: 1_000)) },
        { .state(.init(source: PointIndex($0))) },
    ]
    let configurations = (0..<64).map { DetectorConfiguration(kinds[$0 % kinds.count](UInt16($0))) }
    var monitor = LifeSafetyMonitor(configurations.span)
    var output = AlarmOutput(capacity: 256)
    var now = Instant.start
    let turns = 200
    let busy = least {
        for _ in 0..<turns {
            now = now + .seconds(1)
            for point in 0..<64 {
                monitor.receive(
                    Reading(value: 0, quality: .good, at: now), ofPoint: PointIndex(UInt16(point)), at: now,
                    into: &output)
            }
            monitor.advance(to: now, into: &output)
            output.removeAll()
        }
    }
    let idle = least {
        for _ in 0..<100_000 {
            monitor.advance(to: now, into: &output)
        }
    }
    return [
        Figure(
            name: "64 detectors, a reading each", nanoseconds: busy / Double(turns), per: "turn", stateBytes: nil),
        Figure(name: "64 detectors, nothing due", nanoseconds: idle / 100_000, per: "turn", stateBytes: nil),
    ]
}

let arguments = CommandLine.arguments
let samples = minuteOfSamples()
if arguments.count == 3, arguments[1] == "fall", let streams = Int(arguments[2]), streams > 0 {
    var monitor = fallMonitor(streams: streams)
    var output = AlarmOutput(capacity: 64)
    playFalls(&monitor, &output, streams: streams, minute: 0, samples)
    exit(0)
}

let point = PointIndex(0)
var figures = [1, 100, 10_000].map { fallFigure(streams: $0, samples: samples) }
figures += [
    readingFigure("smoke", .smoke(.init(source: point)), bytes: MemoryLayout<SmokeDetector>.stride, 3),
    readingFigure("heat", .heat(.init(source: point)), bytes: MemoryLayout<HeatDetector>.stride, 21_000),
    readingFigure(
        "carbon monoxide", .carbonMonoxide(.init(source: point)), bytes: MemoryLayout<CarbonMonoxideDetector>.stride,
        24),
    readingFigure(
        "combustible gas", .combustibleGas(.init(source: point)), bytes: MemoryLayout<CombustibleGasDetector>.stride,
        3),
    readingFigure(
        "multi-criteria fire", .multiCriteriaFire(.init(smoke: point)),
        bytes: MemoryLayout<MultiCriteriaFireDetector>.stride, 3),
    readingFigure("leak", .leak(.init(source: point, wetLimit: -5)), bytes: MemoryLayout<LeakDetector>.stride, 9),
    readingFigure("flow", .flow(.init(source: point)), bytes: MemoryLayout<FlowDetector>.stride, 9),
    readingFigure(
        "inactivity", .inactivity(.init(first: point)), bytes: MemoryLayout<InactivityDetector>.stride, 9),
    readingFigure(
        "threshold", .threshold(.init(source: point, side: .above, alarmLimit: 99)),
        bytes: MemoryLayout<ThresholdDetector>.stride, 9),
    readingFigure(
        "rate", .rate(.init(source: point, direction: .rising, alarmChange: 99, window: .minutes(10))),
        bytes: MemoryLayout<RateDetector>.stride, 9),
    readingFigure("state", .state(.init(source: point)), bytes: MemoryLayout<StateDetector>.stride, 0, change: 0),
]
figures += fullBoardFigures()

if arguments.contains("--json") {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(figures), as: UTF8.self))
} else {
    for figure in figures {
        let name = figure.name.padding(toLength: 34, withPad: " ", startingAt: 0)
        let bytes = figure.stateBytes.map { "\($0) bytes of state" } ?? ""
        print(name + String(format: "%9.1f ns a ", figure.nanoseconds) + figure.per + "  " + bytes)
    }
}
