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

/// Panels over one axis of time, drawn as SVG.
struct Canvas {
    static let width = 960.0
    static let left = 70.0
    static let panelHeight = 170.0
    let seconds: Double
    private var body = ""
    private var panels = 0
    private let title: String
    private var shades: [(Double, Double)] = []

    init(seconds: Double, title: String) {
        self.seconds = max(seconds, 0.1)
        self.title = title
    }

    private func x(_ second: Double) -> Double {
        Canvas.left + second / seconds * (Canvas.width - Canvas.left - 20)
    }

    mutating func shade(from: Double, to: Double) { shades.append((from, to)) }

    mutating func panel(_ name: String, from low: Double, to high: Double, _ draw: (inout Panel) -> Void) {
        let top = 40 + Double(panels) * (Canvas.panelHeight + 30)
        panels += 1
        for (from, to) in shades {
            body += rectangle(x(from), top, x(to) - x(from), Canvas.panelHeight, "#f6d9d5")
        }
        body += rectangle(Canvas.left, top, Canvas.width - Canvas.left - 20, Canvas.panelHeight, "none", "#999")
        body += text(8, top + 12, name)
        body += text(Canvas.left - 6, top + 10, decimal(high, 0), anchor: "end")
        body += text(Canvas.left - 6, top + Canvas.panelHeight, decimal(low, 0), anchor: "end")
        var panel = Panel(low: low, high: high, top: top, x: x)
        draw(&panel)
        body += panel.body
    }

    /// A vertical line through all panels.
    mutating func mark(_ second: Double, _ label: String) {
        let bottom = 40 + Double(panels) * (Canvas.panelHeight + 30) - 30
        body += "<line x1='\(f(x(second)))' y1='40' x2='\(f(x(second)))' y2='\(f(bottom))' stroke='#b00020' "
        body += "stroke-dasharray='4 3'/>"
        body += text(x(second) + 4, 52, label, colour: "#b00020")
    }

    var finished: String {
        let height = 40 + Double(panels) * (Canvas.panelHeight + 30) + 10
        var result = "<svg xmlns='http://www.w3.org/2000/svg' width='\(f(Canvas.width))' height='\(f(height))' "
        result += "font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n"
        result += text(Canvas.left, 24, title, size: 15) + body
        var second = 0.0
        let step = seconds > 40 ? 10.0 : seconds > 12 ? 2 : 1
        while second <= seconds {
            result += text(x(second), height - 14, "\(decimal(second, 0)) s", anchor: "middle")
            second += step
        }
        return result + "</svg>\n"
    }
}

/// One panel while it is drawn.
struct Panel {
    let low: Double
    let high: Double
    let top: Double
    let x: (Double) -> Double
    var body = ""

    private func y(_ value: Double) -> Double {
        top + (high - min(max(value, low), high)) / (high - low) * Canvas.panelHeight
    }

    mutating func line(_ points: [(Double, Double)]) {
        let path = points.map { "\(f(x($0.0))),\(f(y($0.1)))" }.joined(separator: " ")
        body += "<polyline points='\(path)' fill='none' stroke='#1f4e79' stroke-width='1.2'/>\n"
    }

    mutating func level(_ value: Double, _ label: String) {
        body += "<line x1='\(f(Canvas.left))' y1='\(f(y(value)))' x2='\(f(Canvas.width - 20))' y2='\(f(y(value)))' "
        body += "stroke='#888' stroke-dasharray='2 3'/>"
        body += text(Canvas.width - 24, y(value) - 3, label, anchor: "end", colour: "#666")
    }

    mutating func bar(_ second: Double, _ value: Double, isHigh: Bool) {
        let colour = isHigh ? "#b00020" : "#4a6fa5"
        body += "<line x1='\(f(x(second)))' y1='\(f(y(0)))' x2='\(f(x(second)))' y2='\(f(y(value)))' "
        body += "stroke='\(colour)' stroke-width='4'/>\n"
    }
}

private func f(_ value: Double) -> String { String(format: "%.1f", value) }

private func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: String, _ stroke: String = "none"
) -> String {
    "<rect x='\(f(x))' y='\(f(y))' width='\(f(width))' height='\(f(height))' fill='\(fill)' stroke='\(stroke)'/>\n"
}

private func text(
    _ x: Double, _ y: Double, _ content: String, anchor: String = "start", size: Int = 12, colour: String = "#222"
) -> String {
    let escaped = content.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    return
        "<text x='\(f(x))' y='\(f(y))' text-anchor='\(anchor)' font-size='\(size)' fill='\(colour)'>\(escaped)</text>\n"
}
