import Foundation
import HardwareInterface
import LifeSafety

/// Draws one trial with what the fall detector makes of it, as SVG: load, tilt, the impacts it judged with their scores,
/// the decision, and the annotated fall.
///
/// - Throws: `TrialCorpus.Problem` if the corpus or the trial cannot be read.
public func plotFall(
    corpus folder: URL, trial name: String, options: FallEvaluationOptions = FallEvaluationOptions()
) throws -> String {
    let corpus = try TrialCorpus(folder: folder)
    guard let trial = corpus.trials.first(where: { $0.name == name }) else {
        throw TrialCorpus.Problem(
            description:
                "\(folder.path): no trial '\(name)' in the manifest; the first is '\(corpus.trials.first?.name ?? "")'")
    }
    let recording = try FallRecording(corpus: corpus, trial: trial, options: options)
    return FallPlot(recording, options).drawing
}

/// The inner signals of the detector over one trial.
private struct FallPlot {
    struct Impact {
        var second: Double
        var score: Double
    }

    let recording: FallRecording
    let options: FallEvaluationOptions
    /// Length of the acceleration of each bin, g.
    var load: [Double] = []
    /// Degrees from the posture before the impact that scored highest; from the first second without one.
    var tilt: [Double] = []
    var impacts: [Impact] = []

    init(_ recording: FallRecording, _ options: FallEvaluationOptions) {
        self.recording = recording
        self.options = options
        var frontEnd = FallFrontEnd()
        var bins: [AccelerationSample] = []
        let microseconds = recording.interval.nanoseconds / 1_000
        for sample in recording.samples {
            let before = frontEnd.binCount
            if let impact = frontEnd.add(sample, microseconds: microseconds) {
                let score = Double(FallScore.of(frontEnd.features(of: impact))) / Double(FallScore.one)
                impacts.append(Impact(second: (Double(impact) + 0.5) * 0.04, score: score))
            }
            for number in before..<frontEnd.binCount {
                load.append(Double(frontEnd.magnitude(number)) / 1_000)
                bins.append(frontEnd.bin(number))
            }
        }
        let decisive = impacts.max { $0.score < $1.score }.map { Int($0.second / 0.04) } ?? 76
        let up = FallPlot.mean(bins, max(0, decisive - 63), max(1, decisive - 13))
        tilt = bins.indices.map { index in
            FallPlot.degrees(up, FallPlot.mean(bins, max(0, index - 2), min(bins.count, index + 3)))
        }
    }

    private static func mean(_ bins: [AccelerationSample], _ from: Int, _ to: Int) -> (Double, Double, Double) {
        let part = bins[min(from, bins.count)..<min(max(from, to), bins.count)]
        let count = Double(max(1, part.count))
        return part.reduce((0.0, 0.0, 0.0)) {
            ($0.0 + Double($1.x) / count, $0.1 + Double($1.y) / count, $0.2 + Double($1.z) / count)
        }
    }

    private static func degrees(_ a: (Double, Double, Double), _ b: (Double, Double, Double)) -> Double {
        let dot = a.0 * b.0 + a.1 * b.1 + a.2 * b.2
        let lengths =
            ((a.0 * a.0 + a.1 * a.1 + a.2 * a.2) * (b.0 * b.0 + b.1 * b.1 + b.2 * b.2)).squareRoot()
        return lengths == 0 ? 0 : acos(min(1, max(-1, dot / lengths))) * 180 / .pi
    }

    var drawing: String {
        let seconds = Double(load.count) * 0.04
        var canvas = Canvas(seconds: seconds, title: title)
        if let begin = recording.trial.fallStart, let end = recording.trial.fallEnd {
            canvas.shade(from: begin, to: end)
        }
        let highest = max(3, (load.max() ?? 3).rounded(.up))
        canvas.panel("load / g", from: 0, to: highest) { panel in
            panel.level(1.5, "impact")
            panel.line(load.enumerated().map { ((Double($0.offset) + 0.5) * 0.04, $0.element) })
        }
        canvas.panel("tilt / degrees", from: 0, to: 180) { panel in
            panel.line(tilt.enumerated().map { ((Double($0.offset) + 0.5) * 0.04, $0.element) })
        }
        let threshold = Double(options.decisionThreshold) / 1_000
        canvas.panel("score of impacts", from: -16, to: 16) { panel in
            panel.level(threshold, "fall from here")
            for impact in impacts {
                panel.bar(impact.second, min(max(impact.score, -16), 16), isHigh: impact.score >= threshold)
            }
        }
        for impact in impacts where impact.score >= threshold {
            canvas.mark(impact.second + Double(FallFeatures.last) * 0.04, "decided")
        }
        return canvas.finished
    }

    private var title: String {
        let trial = recording.trial
        return "\(trial.name): \(trial.activity), subject \(trial.subject), \(trial.isFall ? "a fall" : "no fall")"
    }
}
