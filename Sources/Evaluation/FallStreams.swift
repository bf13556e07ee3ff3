import Foundation
import HardwareInterface
import LifeSafety

/// The fall detector on long streams: all daily life of one person in one go, without a fresh start for each trial.
public struct FallStreamEvaluation: Codable, Sendable {
    public struct Stream: Codable, Sendable {
        public var subject: String
        public var group: String
        public var hours: Double
        public var impacts: Int
        public var falseAlarms: Int
    }

    public var streams: [Stream]

    private func total(_ part: [Stream]) -> (hours: Double, impacts: Int, falseAlarms: Int) {
        part.reduce((0, 0, 0)) { ($0.0 + $1.hours, $0.1 + $1.impacts, $0.2 + $1.falseAlarms) }
    }

    public var falseAlarmsPerHour: Double {
        let all = total(streams)
        return all.hours == 0 ? 0 : Double(all.falseAlarms) / all.hours
    }

    public var table: String {
        var text = pad("subject", 10) + pad("hours", 8) + pad("impacts/h", 11) + pad("false", 7) + "false/h\n"
        func row(_ name: String, _ part: [Stream]) {
            let sum = total(part)
            let hours = max(sum.hours, 1e-9)
            text += pad(name, 10) + pad(decimal(sum.hours, 2), 8) + pad(decimal(Double(sum.impacts) / hours, 0), 11)
            text += pad("\(sum.falseAlarms)", 7) + decimal(Double(sum.falseAlarms) / hours, 2) + "\n"
        }
        for stream in streams { row(stream.subject, [stream]) }
        for group in Set(streams.map(\.group)).sorted() where !group.isEmpty {
            row(group, streams.filter { $0.group == group })
        }
        row("overall", streams)
        return text
    }

    public func json() throws -> Data { try machineReadable(self) }
}

/// Joins all trials of daily life of each subject to one stream and counts what the detector takes for a fall.
///
/// Between two trials the wearer keeps the last posture of one for three seconds, turns to the first of the next within
/// three, without any force but gravity, and keeps that for three: a jump would be a movement that nobody made.
///
/// - Throws: as `evaluateFall`.
public func evaluateFallStreams(
    corpus folder: URL, options: FallEvaluationOptions = FallEvaluationOptions(),
    progress: (Int, Int) -> Void = { _, _ in }
) throws -> FallStreamEvaluation {
    let corpus = try TrialCorpus(folder: folder)
    let quiet = corpus.trials.filter {
        !$0.isFall && (options.subjects.isEmpty || options.subjects.contains($0.subject))
            && (options.activities.isEmpty || options.activities.contains($0.activity))
    }
    let subjects = Set(quiet.map(\.subject)).sorted()
    var streams: [FallStreamEvaluation.Stream] = []
    for (index, subject) in subjects.enumerated() {
        progress(index, subjects.count)
        let trials = quiet.filter { $0.subject == subject }
        var player = StreamPlayer(threshold: options.decisionThreshold)
        for trial in trials {
            let recording = try FallRecording(corpus: corpus, trial: trial, options: options)
            player.play(recording.samples, interval: recording.interval)
        }
        streams.append(
            FallStreamEvaluation.Stream(
                subject: subject, group: trials[0].group, hours: player.hours, impacts: player.impacts,
                falseAlarms: player.falseAlarms))
    }
    return FallStreamEvaluation(streams: streams)
}

private struct StreamPlayer {
    private var detector: FallDetector
    private var counter = FallFrontEnd()
    /// The posture at the end of the last trial.
    private var last: (Double, Double, Double)?
    private var elapsed: Interval = .zero
    private(set) var impacts = 0
    private(set) var falseAlarms = 0

    init(threshold: Int32) {
        detector = FallDetector(
            FallDetector.Configuration(source: PointIndex(0), walkingCancels: false, decisionThreshold: threshold))
    }

    var hours: Double { Double(elapsed.nanoseconds) / 3.6e12 }

    mutating func play(_ samples: [AccelerationSample], interval: Interval) {
        let half = max(1, Int(500_000_000 / interval.nanoseconds))
        guard samples.count >= half else { return }
        let first = StreamPlayer.posture(samples[..<half])
        if let last { feed(StreamPlayer.turn(from: last, to: first, interval: interval), interval: interval) }
        feed(samples, interval: interval)
        last = StreamPlayer.posture(samples[(samples.count - half)...])
    }

    /// Mean direction of gravity, 1 g long; upright where there is none.
    private static func posture(_ samples: ArraySlice<AccelerationSample>) -> (Double, Double, Double) {
        atOneG(samples.reduce((0.0, 0.0, 0.0)) { ($0.0 + Double($1.x), $0.1 + Double($1.y), $0.2 + Double($1.z)) })
    }

    private static func atOneG(_ vector: (Double, Double, Double)) -> (Double, Double, Double) {
        let length = (vector.0 * vector.0 + vector.1 * vector.1 + vector.2 * vector.2).squareRoot()
        return length < 1
            ? (0, 0, 1_000) : (vector.0 / length * 1_000, vector.1 / length * 1_000, vector.2 / length * 1_000)
    }

    /// Three seconds in the one posture, three of turning, three in the other.
    private static func turn(
        from: (Double, Double, Double), to: (Double, Double, Double), interval: Interval
    ) -> [AccelerationSample] {
        let count = Int(3_000_000_000 / interval.nanoseconds)
        return (0..<(3 * count)).map { number in
            let share = min(max(Double(number - count) / Double(count), 0), 1)
            func part(_ a: Double, _ b: Double) -> Double { a * (1 - share) + b * share }
            let vector = atOneG((part(from.0, to.0), part(from.1, to.1), part(from.2, to.2)))
            return AccelerationSample(
                x: Int16(vector.0.rounded()), y: Int16(vector.1.rounded()), z: Int16(vector.2.rounded()))
        }
    }

    private mutating func feed(_ samples: [AccelerationSample], interval: Interval) {
        let burst = max(1, Int(80_000_000 / interval.nanoseconds))
        var begin = 0
        while begin < samples.count {
            let end = min(begin + burst, samples.count)
            elapsed = elapsed + interval * Int64(end - begin)
            let at = Instant.start + elapsed
            detector.receive(samples.span.extracting(begin..<end), lastAt: at, interval: interval)
            for sample in samples[begin..<end] {
                if counter.add(sample, microseconds: interval.nanoseconds / 1_000) != nil { impacts += 1 }
            }
            if detector.decidedAt != nil {
                falseAlarms += 1
                _ = detector.cancelFall(at: at)
            }
            begin = end
        }
    }
}
