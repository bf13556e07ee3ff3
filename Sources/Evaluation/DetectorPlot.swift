import LifeSafety

/// What a fire or gas detector makes of its readings over time: each of its inner signals with its limit, the times in
/// pre-alarm and alarm, and when the alarm had to come.
struct DetectorPlot {
    private let title: String
    private let seconds: Double
    /// Seconds between which the alarm must come.
    var required: (Double, Double)?
    /// When the recording says that it is one.
    var labelled: Double?
    private var names: [String] = []
    private var curves: [Curve] = []
    private var limits: [Curve?] = []
    private var states: [(second: Double, state: AlarmState)] = []

    init(title: String, seconds: Double) {
        self.title = title
        self.seconds = seconds
    }

    /// - Returns: always `true`: the drawing shows what comes after the alarm too.
    mutating func add(_ moment: DetectorProfile.Moment) -> Bool {
        let signals = moment.signals
        for index in 0..<signals.count {
            let signal = signals[index]
            if names.count == index {
                names.append("\(signal.name)")
                curves.append(Curve(seconds: seconds))
                limits.append(signal.limit == nil ? nil : Curve(seconds: seconds))
            }
            curves[index].add(moment.second, Double(signal.value))
            if let limit = signal.limit { limits[index]?.add(moment.second, Double(limit)) }
        }
        if states.last?.state != moment.state { states.append((moment.second, moment.state)) }
        return true
    }

    private static func words(_ state: AlarmState) -> String { state == .preAlarm ? "pre-alarm" : "\(state)" }

    var drawing: String {
        var canvas = Canvas(seconds: seconds, title: title)
        if let required { canvas.shade(from: required.0, to: required.1) }
        for index in names.indices {
            let curve = curves[index].finished
            let limit = limits[index]?.finished ?? []
            let values = (curve + limit).map(\.1)
            let low = min(0, values.min() ?? 0)
            let high = max(low + 1, (values.max() ?? 1) * 1.05).rounded(.up)
            canvas.panel(names[index], from: low, to: high) { panel in
                panel.line(curve)
                panel.limit(limit)
            }
        }
        canvas.panel("state", from: 0, to: 0, height: 6) { panel in
            for (index, span) in states.enumerated() where span.state != .normal {
                let end = index + 1 < states.count ? states[index + 1].second : seconds
                panel.block(
                    from: span.second, to: end, DetectorPlot.words(span.state), isHigh: span.state == .alarm)
            }
        }
        if let alarm = states.first(where: { $0.state == .alarm }) { canvas.mark(alarm.second, "alarm") }
        if let labelled { canvas.mark(labelled, "labelled") }
        return canvas.finished
    }
}
