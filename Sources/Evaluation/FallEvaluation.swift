import Foundation
import HardwareInterface
import LifeSafety

/// How a corpus is read and what is changed about it before the detector sees it.
public struct FallEvaluationOptions: Sendable {
    /// Samples a second of the recordings.
    public var rate: Double = 200
    /// Thousandths of g for each step of the recorded codes; SisFall's ADXL345 has 3.90625.
    public var milligravityPerCode: Double = 3.90625
    /// What another sensor would have made of it.
    public var variation = SensorVariation()
    /// Turns every trial another way, at random from `seed`; `variation.rotation` is then not used.
    public var turnsAtRandom = false
    public var seed: UInt64 = 1
    /// Of the detector's configuration; thousandths.
    public var decisionThreshold: Int32 = FallDetector.Configuration(source: PointIndex(0)).decisionThreshold
    /// Only these subjects or activities; empty for all.
    public var subjects: Set<String> = []
    public var activities: Set<String> = []

    public init() {}
}

/// What the detector did in one trial.
public struct FallTrialResult: Codable, Sendable {
    public var trial: String
    public var subject: String
    public var group: String
    public var activity: String
    public var isFall: Bool
    public var seconds: Double
    /// Seconds from the start of the trial at which it decided on a fall.
    public var decisions: [Double]
    /// For a fall: whether it was found. Decisions before its annotated start do not count.
    public var isFound: Bool
    /// Decisions that are no fall.
    public var falseAlarms: Int
    /// From the impact (annotated in the fall, else the begin of the fall, else as found) to the decision, seconds.
    public var latency: Double?
}

/// Counts over some trials.
public struct FallCounts: Codable, Sendable {
    public var falls = 0
    public var found = 0
    public var others = 0
    /// Trials of daily life without any decision.
    public var quiet = 0
    public var falseAlarms = 0
    /// Hours of daily life.
    public var hours = 0.0

    /// Share of falls found; `nil` without falls.
    public var sensitivity: Double? { falls == 0 ? nil : Double(found) / Double(falls) }
    /// Share of trials of daily life without a false alarm; `nil` without such trials.
    public var specificity: Double? { others == 0 ? nil : Double(quiet) / Double(others) }
    public var falseAlarmsPerHour: Double? { hours == 0 ? nil : Double(falseAlarms) / hours }

    mutating func add(_ result: FallTrialResult) {
        if result.isFall {
            falls += 1
            if result.isFound { found += 1 }
        } else {
            others += 1
            if result.falseAlarms == 0 { quiet += 1 }
            hours += result.seconds / 3_600
        }
        falseAlarms += result.isFall ? 0 : result.falseAlarms
    }
}

/// The fall detector judged on a corpus.
public struct FallEvaluation: Sendable {
    public var results: [FallTrialResult]
    public var overall = FallCounts()
    /// By activity, group and subject.
    public var activities: [String: FallCounts] = [:]
    public var groups: [String: FallCounts] = [:]
    public var subjects: [String: FallCounts] = [:]

    init(_ results: [FallTrialResult]) {
        self.results = results
        for result in results {
            overall.add(result)
            activities[result.activity, default: FallCounts()].add(result)
            groups[result.group, default: FallCounts()].add(result)
            subjects[result.subject, default: FallCounts()].add(result)
        }
    }

    /// Seconds from impact to decision: the median and the longest; `nil` where no fall was found.
    public var latency: (median: Double, longest: Double)? {
        let sorted = results.compactMap(\.latency).sorted()
        guard let longest = sorted.last else { return nil }
        return (sorted[sorted.count / 2], longest)
    }

    /// The result for a person: a row for each activity and group, the trials that went wrong, the totals.
    public var table: String {
        var text = pad("activity", 14) + pad("falls", 7) + pad("found", 7) + pad("sensitivity", 13)
        text += pad("others", 8) + pad("quiet", 7) + pad("specificity", 13) + "false/h\n"
        func row(_ name: String, _ counts: FallCounts) {
            text += pad(name, 14) + pad("\(counts.falls)", 7) + pad("\(counts.found)", 7)
            text += pad(decimal(counts.sensitivity, 4), 13) + pad("\(counts.others)", 8) + pad("\(counts.quiet)", 7)
            text += pad(decimal(counts.specificity, 4), 13) + decimal(counts.falseAlarmsPerHour, 2) + "\n"
        }
        for (name, counts) in activities.sorted(by: { $0.key < $1.key }) { row(name, counts) }
        for (name, counts) in groups.sorted(by: { $0.key < $1.key }) where !name.isEmpty { row(name, counts) }
        row("overall", overall)
        if let latency {
            text += "decision after impact: median \(decimal(latency.median, 2)) s, "
            text += "longest \(decimal(latency.longest, 2)) s\n"
        }
        let missed = results.filter { $0.isFall && !$0.isFound }.map(\.trial)
        if !missed.isEmpty { text += "missed: \(missed.joined(separator: ", "))\n" }
        let mistaken = results.filter { !$0.isFall && $0.falseAlarms > 0 }.map(\.trial)
        if !mistaken.isEmpty { text += "false: \(mistaken.joined(separator: ", "))\n" }
        return text
    }

    /// The result for a machine.
    public func json() throws -> Data {
        struct Row: Codable {
            var name: String
            var counts: FallCounts
            var sensitivity: Double?
            var specificity: Double?
            var falseAlarmsPerHour: Double?

            init(_ name: String, _ counts: FallCounts) {
                self.name = name
                self.counts = counts
                sensitivity = counts.sensitivity
                specificity = counts.specificity
                falseAlarmsPerHour = counts.falseAlarmsPerHour
            }
        }
        struct Report: Codable {
            var overall: Row
            var medianLatencySeconds: Double?
            var longestLatencySeconds: Double?
            var activities: [Row]
            var groups: [Row]
            var subjects: [Row]
            var trials: [FallTrialResult]
        }
        func rows(_ table: [String: FallCounts]) -> [Row] {
            table.sorted { $0.key < $1.key }.map { Row($0.key, $0.value) }
        }
        return try machineReadable(
            Report(
                overall: Row("overall", overall), medianLatencySeconds: latency?.median,
                longestLatencySeconds: latency?.longest, activities: rows(activities), groups: rows(groups),
                subjects: rows(subjects), trials: results))
    }
}

/// Plays every trial of a corpus to the fall detector of the board, burst by burst as a FIFO would.
///
/// - Parameters:
///   - folder: see `TrialCorpus`.
///   - progress: called now and then with the trials done and all trials.
/// - Throws: `TrialCorpus.Problem` with the file and what is wrong.
public func evaluateFall(
    corpus folder: URL, options: FallEvaluationOptions = FallEvaluationOptions(),
    progress: (Int, Int) -> Void = { _, _ in }
) throws -> FallEvaluation {
    let corpus = try TrialCorpus(folder: folder)
    let trials = corpus.trials.filter {
        (options.subjects.isEmpty || options.subjects.contains($0.subject))
            && (options.activities.isEmpty || options.activities.contains($0.activity))
    }
    var results: [FallTrialResult] = []
    results.reserveCapacity(trials.count)
    for (index, trial) in trials.enumerated() {
        if index % 100 == 0 { progress(index, trials.count) }
        let recording = try FallRecording(corpus: corpus, trial: trial, options: options)
        results.append(recording.judge(options))
    }
    progress(trials.count, trials.count)
    return FallEvaluation(results)
}

/// One trial as the detector sees it.
struct FallRecording {
    let trial: TrialCorpus.Trial
    let samples: [AccelerationSample]
    let rate: Double

    init(corpus: TrialCorpus, trial: TrialCorpus.Trial, options: FallEvaluationOptions) throws {
        self.trial = trial
        // Each trial has its own random numbers, so that leaving trials out changes nothing for the others.
        let place = UInt64(corpus.trials.firstIndex { $0.name == trial.name } ?? 0)
        var random = SplitMix64(seed: options.seed &+ place &* 1_000_003)
        var variation = options.variation
        if options.turnsAtRandom { variation.rotation = SensorVariation.randomRotation(using: &random) }
        (samples, rate) = variation.apply(
            to: try corpus.codes(of: trial), milligravityPerCode: options.milligravityPerCode,
            originalRate: options.rate, using: &random)
    }

    /// Nanoseconds between samples.
    var interval: Interval { Interval(nanoseconds: Int64((1e9 / rate).rounded())) }

    func judge(_ options: FallEvaluationOptions) -> FallTrialResult {
        let decisions = decisions(threshold: options.decisionThreshold)
        let begin = [trial.fallStart, trial.peak].compactMap { $0 }.min().map { $0 - 0.7 } ?? -.infinity
        let counting = trial.isFall ? decisions.filter { $0.at >= begin } : []
        let impact = annotatedImpact ?? counting.first?.impact
        return FallTrialResult(
            trial: trial.name, subject: trial.subject, group: trial.group, activity: trial.activity,
            isFall: trial.isFall, seconds: Double(samples.count) / rate, decisions: decisions.map(\.at),
            isFound: !counting.isEmpty,
            falseAlarms: trial.isFall ? decisions.count - counting.count : decisions.count,
            latency: counting.first.flatMap { first in impact.map { first.at - $0 } })
    }

    /// The annotated peak if it lies in the annotated fall. The peak of a few recordings is a step or a jump long before
    /// the fall; for these the begin of the fall counts, which is before the impact.
    private var annotatedImpact: Double? {
        guard let peak = trial.peak else { return trial.fallStart }
        guard let begin = trial.fallStart, let end = trial.fallEnd else { return peak }
        return peak >= begin - 0.7 && peak <= end + 1.2 ? peak : begin
    }

    private func decisions(threshold: Int32) -> [(at: Double, impact: Double)] {
        var detector = FallDetector(
            FallDetector.Configuration(source: PointIndex(0), walkingCancels: false, decisionThreshold: threshold))
        var decisions: [(at: Double, impact: Double)] = []
        // As an ADXL345 at 200 Hz with its watermark at 16 hands them over: every 80 ms.
        let burst = max(1, Int(rate * 0.08))
        var begin = 0
        while begin < samples.count {
            let end = min(begin + burst, samples.count)
            let last = Instant(nanoseconds: interval.nanoseconds * Int64(end))
            detector.receive(samples.span.extracting(begin..<end), lastAt: last, interval: interval)
            if let at = detector.decidedAt {
                let impact = Double(at.nanoseconds) / 1e9 - Double(FallFeatures.last) * 0.04
                decisions.append((Double(last.nanoseconds) / 1e9, impact))
                _ = detector.cancelFall(at: last)
            }
            begin = end
        }
        return decisions
    }
}

/// A number with fixed decimals, or a dash.
func decimal(_ value: Double?, _ places: Int) -> String {
    guard let value else { return "–" }
    return String(format: "%.\(places)f", value)
}

func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
}
