import Foundation
import HardwareInterface
import LifeSafety
import Pictures

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
                let score = Double(FallNetwork.score(frontEnd.features(of: impact))) / Double(FallNetwork.one)
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

/// Panels over one axis of time. Lengths in millimetres.
struct Canvas {
    static let width = 254.0
    static let left = 18.0
    static let right = width - 5
    static let top = 10.0
    static let panelHeight = 45.0
    static let gap = 8.0
    static let grey = "#666666"
    static let blue = "#1f4e79"
    static let red = "#b00020"
    let seconds: Double
    private var drawing = Drawing()
    private var panels = 0
    private let title: String
    private var shades: [(Double, Double)] = []

    init(seconds: Double, title: String) {
        self.seconds = max(seconds, 0.1)
        self.title = title
    }

    private func x(_ second: Double) -> Double { Canvas.left + second / seconds * (Canvas.right - Canvas.left) }

    /// The lower edge of the last panel.
    private var bottom: Double { Canvas.top + Double(panels) * (Canvas.panelHeight + Canvas.gap) - Canvas.gap }

    mutating func shade(from: Double, to: Double) { shades.append((from, to)) }

    mutating func panel(_ name: String, from low: Double, to high: Double, _ draw: (inout Panel) -> Void) {
        panels += 1
        let top = bottom - Canvas.panelHeight
        for (from, to) in shades {
            drawing.box(
                x(from), top, x(to) - x(from), Canvas.panelHeight, fill: "#f6d9d5", stroke: "none", radius: 0)
        }
        drawing.box(
            Canvas.left, top, Canvas.right - Canvas.left, Canvas.panelHeight, stroke: "#999999", radius: 0)
        drawing.text(name, Canvas.left, top - 1.2)
        drawing.text(decimal(high, 0), Canvas.left - 1.6, top + 2.6, anchor: .end)
        drawing.text(decimal(low, 0), Canvas.left - 1.6, bottom, anchor: .end)
        var panel = Panel(low: low, high: high, top: top, x: x)
        draw(&panel)
        drawing.add(panel.drawing)
    }

    /// A vertical line through all panels.
    mutating func mark(_ second: Double, _ label: String) {
        drawing.line([(x(second), Canvas.top), (x(second), bottom)], colour: Canvas.red, dashed: true)
        drawing.text(label, x(second) + 1, Canvas.top + 3.2, colour: Canvas.red)
    }

    var finished: String {
        var page = Drawing()
        page.text(title, Canvas.left, 5, size: .heading)
        page.add(drawing)
        let step = seconds > 40 ? 10 : seconds > 12 ? 2 : 1
        for second in stride(from: 0, through: Int(seconds), by: step) {
            page.text("\(second) s", x(Double(second)), bottom + 4.5, anchor: .middle)
        }
        return page.file(width: Canvas.width, height: bottom + 8, title: title)
    }
}

/// One panel while it is drawn.
struct Panel {
    let low: Double
    let high: Double
    let top: Double
    let x: (Double) -> Double
    private(set) var drawing = Drawing()

    init(low: Double, high: Double, top: Double, x: @escaping (Double) -> Double) {
        self.low = low
        self.high = high
        self.top = top
        self.x = x
    }

    private func y(_ value: Double) -> Double {
        top + (high - min(max(value, low), high)) / (high - low) * Canvas.panelHeight
    }

    mutating func line(_ points: [(Double, Double)]) {
        drawing.line(points.map { (x($0.0), y($0.1)) }, colour: Canvas.blue)
    }

    mutating func level(_ value: Double, _ label: String) {
        drawing.line([(Canvas.left, y(value)), (Canvas.right, y(value))], colour: Canvas.grey, dashed: true)
        drawing.text(label, Canvas.right - 1, y(value) - 0.8, anchor: .end, colour: Canvas.grey)
    }

    mutating func bar(_ second: Double, _ value: Double, isHigh: Bool) {
        drawing.line(
            [(x(second), y(0)), (x(second), y(value))], colour: isHigh ? Canvas.red : Canvas.blue, width: 1)
    }
}
