import Foundation
import HardwareInterface
import LifeSafety

/// Draws a day of a home and what follows when all signs of life are deleted from a moment on, as SVG: the signs, when
/// the resident was out, the surprise of the silence against the limit that was learned, the alarm.
///
/// - Parameter day: days from the start of the recording (14.5 is noon of the fifteenth day) from which all is deleted.
/// - Throws: `TrialCorpus.Problem` if the recording cannot be read or is shorter than that.
public func plotInactivity(
    corpus file: URL, deletedFrom day: Double, options: InactivityEvaluationOptions = InactivityEvaluationOptions()
) throws -> String {
    let events = try homeEvents(at: file)
    let end = events.last?.seconds ?? 0
    let deleted = day * 86_400
    guard deleted > 0, deleted <= end else {
        throw TrialCorpus.Problem(
            description: "\(file.path): day \(day) is not in the recording, which has \(decimal(end / 86_400, 1)) days")
    }
    var player = HomePlayer(options)
    var plot = SilencePlot(begin: max(0, deleted - 86_400), deleted: deleted)
    var coming = events.filter { $0.seconds <= deleted }[...]
    let last = deleted + Double(options.horizonHours) * 3_600
    var second = 0.0
    // The day before the deletion and what follows are looked at every five minutes.
    while second <= last {
        while let event = coming.first, event.seconds <= second {
            _ = player.pass(to: instant(event.seconds))
            player.see(event.sensor == options.exitDoor, at: instant(event.seconds))
            plot.sign(event.seconds, isExit: event.sensor == options.exitDoor)
            coming.removeFirst()
        }
        if second <= deleted {
            _ = player.pass(to: instant(second))
        } else {
            player.wait(until: instant(second))
        }
        plot.add(second, player.detector)
        if second > deleted && player.detector.isAlarm { break }
        second += 300
    }
    return plot.drawing(
        title: "silence from day \(decimal(day, 2)) on: \(file.lastPathComponent)",
        secondOfDayAtZero: options.secondOfDayAtZero)
}

private struct SilencePlot {
    let begin: Double
    let deleted: Double
    private var signs: [(second: Double, isExit: Bool)] = []
    private var surprise: [(Double, Double)] = []
    private var needed: [(Double, Double)] = []
    private var presences: [(second: Double, presence: InactivityDetector.Presence)] = []
    private var alarm: Double?
    private var end = 0.0

    init(begin: Double, deleted: Double) {
        self.begin = begin
        self.deleted = deleted
    }

    mutating func sign(_ second: Double, isExit: Bool) {
        if second >= begin { signs.append((second - begin, isExit)) }
    }

    mutating func add(_ second: Double, _ detector: InactivityDetector) {
        guard second >= begin else { return }
        end = second - begin
        surprise.append((end, Double(detector.surpriseNow) / 1_000))
        needed.append((end, Double(detector.surpriseNeeded) / 1_000))
        if presences.last?.presence != detector.presence { presences.append((end, detector.presence)) }
        if alarm == nil, second > deleted, detector.isAlarm { alarm = end }
    }

    func drawing(title: String, secondOfDayAtZero: Int32) -> String {
        var canvas = Canvas(seconds: end + 1_800, title: title)
        let clock = Int(begin / 60) + Int(secondOfDayAtZero) / 60
        let time = String(format: "%02d:%02d", clock / 60 % 24, clock % 60)
        canvas.shade(from: deleted - begin, to: end + 1_800)
        canvas.panel("signs of life; the left edge is \(time)", from: 0, to: 0, height: 16) { panel in
            for (index, span) in presences.enumerated() where span.presence != .home {
                let until = index + 1 < presences.count ? presences[index + 1].second : end
                panel.block(from: span.second, to: until, "\(span.presence)")
            }
            for sign in signs { panel.tick(sign.second) }
        }
        let high = ((surprise + needed).map(\.1).max() ?? 1).rounded(.up)
        canvas.panel("surprise of the silence, and where it is an alarm", from: 0, to: max(1, high)) { panel in
            panel.line(surprise)
            panel.limit(needed)
        }
        canvas.mark(deleted - begin, "deleted from here")
        if let alarm { canvas.mark(alarm, "alarm after \(decimal((alarm - (deleted - begin)) / 3_600, 1)) h") }
        return canvas.finished
    }
}
