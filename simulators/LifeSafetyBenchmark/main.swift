import FixedMemory
import Foundation
import HardwareInterface
import LifeSafety

// What the detectors cost: nanoseconds a sample, a reading and a turn, and bytes of state.
//
// Usage: life-safety-benchmark [--json]
//
// For counting instructions, something alone and nothing else:
//   life-safety-benchmark fall N             N streams for a minute of samples
//   life-safety-benchmark count NAME TIMES   so many samples, readings or turns of the figure with this name

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

/// A detector that is fed reading by reading.
struct Fed {
    var name: String
    var kind: DetectorConfiguration.Kind
    var bytes: Int
    var value: Int32
    /// Bits of the step that are added to the value, so that readings differ.
    var change: Int32 = 3

    func play(_ monitor: inout LifeSafetyMonitor, _ output: inout AlarmOutput, _ now: inout Instant, _ count: Int) {
        for step in 0..<count {
            now = now + .seconds(1)
            monitor.receive(
                Reading(value: value + (Int32(truncatingIfNeeded: step) & change), quality: .good, at: now),
                ofPoint: PointIndex(0), at: now, into: &output)
            output.removeAll()
        }
    }

    func makeMonitor() -> LifeSafetyMonitor {
        let configurations = [DetectorConfiguration(kind, selfTestInterval: .endless)]
        return LifeSafetyMonitor(configurations.span)
    }

    var figure: Figure {
        var monitor = makeMonitor()
        var output = AlarmOutput(capacity: 64)
        var now = Instant.start
        let count = 10_000
        let taken = least { play(&monitor, &output, &now, count) }
        return Figure(name: name, nanoseconds: taken / Double(count), per: "reading", stateBytes: bytes)
    }

    static let all: [Fed] = {
        let point = PointIndex(0)
        return [
            Fed(name: "smoke", kind: .smoke(.init(source: point)), bytes: MemoryLayout<SmokeDetector>.stride, value: 3),
            Fed(
                name: "heat", kind: .heat(.init(source: point)), bytes: MemoryLayout<HeatDetector>.stride, value: 21_000
            ),
            Fed(
                name: "carbon monoxide", kind: .carbonMonoxide(.init(source: point)),
                bytes: MemoryLayout<CarbonMonoxideDetector>.stride, value: 24),
            Fed(
                name: "combustible gas", kind: .combustibleGas(.init(source: point)),
                bytes: MemoryLayout<CombustibleGasDetector>.stride, value: 3),
            Fed(
                name: "multi-criteria fire", kind: .multiCriteriaFire(.init(smoke: point)),
                bytes: MemoryLayout<MultiCriteriaFireDetector>.stride, value: 3),
            Fed(
                name: "leak", kind: .leak(.init(source: point, wetLimit: -5)),
                bytes: MemoryLayout<LeakDetector>.stride, value: 9),
            Fed(name: "flow", kind: .flow(.init(source: point)), bytes: MemoryLayout<FlowDetector>.stride, value: 9),
            Fed(
                name: "valve", kind: .valve(.init(feedback: point)), bytes: MemoryLayout<ValveSupervisor>.stride,
                value: 0, change: 0),
            Fed(
                name: "radar fall", kind: .radarFall(.init(fall: point)),
                bytes: MemoryLayout<RadarFallDetector>.stride, value: 0, change: 0),
            Fed(
                name: "inactivity", kind: .inactivity(.init(first: point)),
                bytes: MemoryLayout<InactivityDetector>.stride, value: 9),
            Fed(
                name: "power use", kind: .powerUse(.init(source: point)),
                bytes: MemoryLayout<PowerUseDetector>.stride, value: 300_000),
            Fed(
                name: "call point", kind: .callPoint(.init(button: point)),
                bytes: MemoryLayout<CallPointDetector>.stride, value: 0, change: 0),
            Fed(
                name: "threshold", kind: .threshold(.init(source: point, side: .above, alarmLimit: 99)),
                bytes: MemoryLayout<ThresholdDetector>.stride, value: 9),
            Fed(
                name: "rate",
                kind: .rate(.init(source: point, direction: .rising, alarmChange: 99, window: .minutes(10))),
                bytes: MemoryLayout<RateDetector>.stride, value: 9),
            Fed(
                name: "state", kind: .state(.init(source: point)), bytes: MemoryLayout<StateDetector>.stride, value: 0,
                change: 0),
            Fed(
                name: "count",
                kind: .counting(.init(source: point, side: .tooMany, count: 16, window: .seconds(10))),
                bytes: MemoryLayout<CountDetector>.stride, value: 0, change: 0),
        ]
    }()
}

/// A full board: 64 detectors, four of each kind that is fed by readings, a reading for each, then the turn's `advance`.
struct FullBoard: ~Copyable {
    static let detectors = 64
    private var monitor: LifeSafetyMonitor
    private var output = AlarmOutput(capacity: 256)
    private var now = Instant.start

    init() {
        let kinds: [(PointIndex) -> DetectorConfiguration.Kind] = [
            { .smoke(.init(source: $0)) }, { .heat(.init(source: $0)) }, { .carbonMonoxide(.init(source: $0)) },
            { .combustibleGas(.init(source: $0)) }, { .multiCriteriaFire(.init(smoke: $0)) },
            { .leak(.init(source: $0, wetLimit: -5)) }, { .flow(.init(source: $0)) }, { .valve(.init(feedback: $0)) },
            { .radarFall(.init(fall: $0)) }, { .inactivity(.init(first: $0)) }, { .powerUse(.init(source: $0)) },
            { .callPoint(.init(button: $0)) }, { .threshold(.init(source: $0, side: .above, alarmLimit: 1_000)) },
            { .rate(.init(source: $0, direction: .rising, alarmChange: 99, window: .minutes(10))) },
            { .state(.init(source: $0)) },
            { .counting(.init(source: $0, side: .tooMany, count: 16, window: .seconds(10))) },
        ]
        let configurations = (0..<FullBoard.detectors).map {
            DetectorConfiguration(kinds[$0 % kinds.count](PointIndex(UInt16($0))))
        }
        monitor = LifeSafetyMonitor(configurations.span)
    }

    /// Turns in which every detector gets a reading.
    mutating func busy(_ turns: Int) {
        for _ in 0..<turns {
            now = now + .seconds(1)
            for point in 0..<FullBoard.detectors {
                monitor.receive(
                    Reading(value: 0, quality: .good, at: now), ofPoint: PointIndex(UInt16(point)), at: now,
                    into: &output)
            }
            monitor.advance(to: now, into: &output)
            output.removeAll()
        }
    }

    /// Turns in which nothing is due.
    mutating func idle(_ turns: Int) {
        for _ in 0..<turns { monitor.advance(to: now, into: &output) }
    }

    static let busyName = "64 detectors, a reading each"
    static let idleName = "64 detectors, nothing due"

    static var figures: [Figure] {
        var board = FullBoard()
        let busy = least { board.busy(200) } / 200
        let idle = least { board.idle(100_000) } / 100_000
        return [
            Figure(name: busyName, nanoseconds: busy, per: "turn", stateBytes: nil),
            Figure(name: idleName, nanoseconds: idle, per: "turn", stateBytes: nil),
        ]
    }
}

let arguments = CommandLine.arguments
let samples = minuteOfSamples()
if arguments.count == 3, arguments[1] == "fall", let streams = Int(arguments[2]), streams > 0 {
    var monitor = fallMonitor(streams: streams)
    var output = AlarmOutput(capacity: 64)
    playFalls(&monitor, &output, streams: streams, minute: 0, samples)
    exit(0)
}

if arguments.count == 4, arguments[1] == "count", let times = Int(arguments[3]), times > 0 {
    let name = arguments[2]
    if let fed = Fed.all.first(where: { $0.name == name }) {
        var monitor = fed.makeMonitor()
        var output = AlarmOutput(capacity: 64)
        var now = Instant.start
        fed.play(&monitor, &output, &now, times)
    } else if name == FullBoard.busyName || name == FullBoard.idleName {
        var board = FullBoard()
        if name == FullBoard.busyName { board.busy(times) } else { board.idle(times) }
    } else {
        FileHandle.standardError.write(Data("no figure '\(name)' whose instructions can be counted\n".utf8))
        exit(64)
    }
    exit(0)
}

var figures = [1, 100, 10_000].map { fallFigure(streams: $0, samples: samples) }
figures += Fed.all.map(\.figure)
figures += FullBoard.figures

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
