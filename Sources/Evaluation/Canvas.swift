import Pictures

/// Panels over one axis of time, drawn as SVG. Lengths in millimetres.
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
    /// The end of the axis, in seconds from its begin.
    let seconds: Double
    private var drawing = Drawing()
    /// The lower edge of the last panel.
    private var bottom = Canvas.top - Canvas.gap
    private var marks = 0
    private let title: String
    private var shades: [(Double, Double)] = []

    init(seconds: Double, title: String) {
        self.seconds = max(seconds, 0.1)
        self.title = title
    }

    private func x(_ second: Double) -> Double { Canvas.left + second / seconds * (Canvas.right - Canvas.left) }

    /// A time behind all panels that are drawn after it.
    mutating func shade(from: Double, to: Double) { shades.append((from, to)) }

    /// - Parameters:
    ///   - low: value at the lower edge; the same as `high` for a panel without a scale.
    mutating func panel(
        _ name: String, from low: Double, to high: Double, height: Double = Canvas.panelHeight,
        _ draw: (inout Panel) -> Void
    ) {
        let top = bottom + Canvas.gap
        bottom = top + height
        for (from, to) in shades {
            drawing.box(
                x(from), top, x(to) - x(from), height, fill: "#f6d9d5", stroke: "none", radius: 0)
        }
        drawing.box(
            Canvas.left, top, Canvas.right - Canvas.left, height, stroke: "#999999", radius: 0)
        drawing.text(name, Canvas.left, top - 1.2)
        if high > low {
            drawing.text(axisNumber(high), Canvas.left - 1.6, top + 2.6, anchor: .end)
            drawing.text(axisNumber(low), Canvas.left - 1.6, bottom, anchor: .end)
        }
        var panel = Panel(low: low, high: high, top: top, height: height, x: x)
        draw(&panel)
        drawing.add(panel.drawing)
    }

    private func axisNumber(_ value: Double) -> String { decimal(value, value == value.rounded() ? 0 : 1) }

    /// A vertical line through all panels. Labels stand in three rows in turn, so that neighbours can be read.
    mutating func mark(_ second: Double, _ label: String) {
        let row = Double(marks % 3) * 3.6
        marks += 1
        // A label that would leave the page stands to the left of its line.
        let isLate = x(second) > Canvas.right - 30
        drawing.line([(x(second), Canvas.top), (x(second), bottom)], colour: Canvas.red, dashed: true)
        drawing.text(
            label, x(second) + (isLate ? -1 : 1), Canvas.top + 3.2 + row, anchor: isLate ? .end : .start,
            colour: Canvas.red)
    }

    var finished: String {
        var page = Drawing()
        page.text(title, Canvas.left, 5, size: .heading)
        page.add(drawing)
        let (step, unit, name) = Canvas.ticks(over: seconds)
        for tick in 0...Int(seconds / step) {
            let second = Double(tick) * step
            page.text("\(decimal(second / unit, 0)) \(name)", x(second), bottom + 4.5, anchor: .middle)
        }
        return page.file(width: Canvas.width, height: bottom + 8, title: title)
    }

    /// Seconds between ticks, seconds of the unit in which they are written, and its symbol: five to sixteen ticks.
    static func ticks(over seconds: Double) -> (step: Double, unit: Double, name: String) {
        let steps: [(Double, Double, String)] = [
            (1, 1, "s"), (2, 1, "s"), (5, 1, "s"), (10, 1, "s"), (30, 1, "s"), (60, 60, "min"), (120, 60, "min"),
            (300, 60, "min"), (600, 60, "min"), (1_800, 60, "min"), (3_600, 3_600, "h"), (7_200, 3_600, "h"),
            (21_600, 3_600, "h"), (86_400, 86_400, "d"), (432_000, 86_400, "d"), (2_592_000, 86_400, "d"),
        ]
        return steps.first { seconds / $0.0 <= 13 } ?? (31_104_000, 86_400, "d")
    }
}

/// One panel while it is drawn.
struct Panel {
    let low: Double
    let high: Double
    let top: Double
    let height: Double
    let x: (Double) -> Double
    private(set) var drawing = Drawing()

    init(low: Double, high: Double, top: Double, height: Double, x: @escaping (Double) -> Double) {
        self.low = low
        self.high = high
        self.top = top
        self.height = height
        self.x = x
    }

    private func y(_ value: Double) -> Double {
        top + (high - min(max(value, low), high)) / (high - low) * height
    }

    mutating func line(_ points: [(Double, Double)]) {
        drawing.line(points.map { (x($0.0), y($0.1)) }, colour: Canvas.blue)
    }

    /// A limit that changes with time.
    mutating func limit(_ points: [(Double, Double)]) {
        drawing.line(points.map { (x($0.0), y($0.1)) }, colour: Canvas.grey, dashed: true)
    }

    mutating func level(_ value: Double, _ label: String) {
        drawing.line([(Canvas.left, y(value)), (Canvas.right, y(value))], colour: Canvas.grey, dashed: true)
        drawing.text(label, Canvas.right - 1, y(value) - 0.8, anchor: .end, colour: Canvas.grey)
    }

    mutating func bar(_ second: Double, _ value: Double, isHigh: Bool) {
        drawing.line(
            [(x(second), y(0)), (x(second), y(value))], colour: isHigh ? Canvas.red : Canvas.blue, width: 1)
    }

    /// Something that happened at that moment.
    mutating func tick(_ second: Double) {
        drawing.line([(x(second), top), (x(second), top + height)], colour: Canvas.blue, width: 0.15)
    }

    /// A time during which something held, named where there is room for the word.
    mutating func block(from: Double, to: Double, _ label: String, isHigh: Bool = false) {
        let width = x(to) - x(from)
        drawing.box(
            x(from), top + 0.2, width, height - 0.4, fill: isHigh ? "#e9a8a0" : "#dddddd", stroke: "none", radius: 0)
        if width > Double(label.count) * 1.9 { drawing.text(label, x(from) + 1, top + 3.4, colour: Canvas.grey) }
    }
}

/// A curve with so many points that no drawing shows them all, reduced to the lowest and highest of each stretch.
struct Curve {
    private(set) var points: [(Double, Double)] = []
    private let stretch: Double
    private var begin = -Double.infinity
    private var lowest = (0.0, Double.infinity)
    private var highest = (0.0, -Double.infinity)

    /// - Parameter seconds: the whole length; about 800 stretches of it are kept.
    init(seconds: Double) { stretch = seconds / 800 }

    mutating func add(_ second: Double, _ value: Double) {
        if second >= begin + stretch { flush(until: second) }
        if value < lowest.1 { lowest = (second, value) }
        if value > highest.1 { highest = (second, value) }
    }

    private mutating func flush(until second: Double) {
        if lowest.1 <= highest.1 {
            points += lowest.0 <= highest.0 ? [lowest, highest] : [highest, lowest]
        }
        begin = second
        lowest = (0, .infinity)
        highest = (0, -.infinity)
    }

    /// All points, the last stretch too.
    var finished: [(Double, Double)] {
        var copy = self
        copy.flush(until: .infinity)
        return copy.points
    }
}
