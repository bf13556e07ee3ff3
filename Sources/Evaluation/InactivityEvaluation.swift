import Foundation
import HardwareInterface
import LifeSafety

/// How a recording of a home is read and which detector is judged.
public struct InactivityEvaluationOptions: Sendable {
    /// The sensor of the door by which the resident leaves.
    public var exitDoor = "Front_door"
    /// Days at the beginning in which the detector only learns.
    public var learningDays = 10
    /// Time zero of the recording: local second of day, and day since 1970-01-01 (20,001 is a Sunday).
    public var secondOfDayAtZero: Int32 = 0
    public var dayAtZero: Int32 = 13_934
    /// How long after the last sign of life is watched for the alarm, hours.
    public var horizonHours = 48
    public var configuration = InactivityDetector.Configuration(
        first: PointIndex(0), exitDoor: PointIndex(1), maximumAge: .endless)

    public init() {}
}

/// The inactivity detector judged on a recording of a person living alone.
public struct InactivityEvaluation: Codable, Sendable {
    /// Days judged, learning not counted.
    public var days: Double
    /// Alarms while the resident went on living.
    public var falseAlarms: Int
    /// Seconds from the start of the recording of each false alarm.
    public var falseAlarmTimes: [Double]
    /// A moment from which all signs of life were deleted while the resident was at home.
    public struct Deletion: Codable, Sendable {
        /// Days from the start of the recording.
        public var day: Double
        /// `nil` if no alarm came within the horizon.
        public var hoursToAlarm: Double?
    }
    public var deletions: [Deletion]

    /// Hours until the alarm of each deletion, `nil` where none came within the horizon.
    public var delays: [Double?] { deletions.map(\.hoursToAlarm) }

    public var falseAlarmsPerMonth: Double { days == 0 ? 0 : Double(falseAlarms) / days * 30 }

    /// The share of deletions that were noticed within so many hours.
    public func noticed(within hours: Double) -> Double {
        delays.isEmpty ? 0 : Double(delays.filter { ($0 ?? .infinity) <= hours }.count) / Double(delays.count)
    }

    /// Hours within which this share of the deletions was noticed; `nil` if fewer were noticed at all.
    public func delay(share: Double) -> Double? {
        guard !delays.isEmpty else { return nil }
        let sorted = delays.map { $0 ?? .infinity }.sorted()
        let value = sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
        return value.isFinite ? value : nil
    }

    /// The result for a person.
    public var table: String {
        var text = "days judged                 \(decimal(days, 1))\n"
        text += "false alarms                \(falseAlarms) (\(decimal(falseAlarmsPerMonth, 1)) a month)\n"
        text += "deletions                   \(delays.count)\n"
        text += "noticed after, median       \(decimal(delay(share: 0.5), 1)) h\n"
        text += "noticed after, nine of ten  \(decimal(delay(share: 0.9), 1)) h\n"
        for hours in [2.0, 4, 6, 8, 12, 16] {
            text += pad("noticed within \(Int(hours)) h", 28) + decimal(noticed(within: hours) * 100, 1) + " %\n"
        }
        return text
    }

    /// The result for a machine.
    public func json() throws -> Data {
        try machineReadable(self)
    }
}

/// Plays a recording of a home (`t_s,sensor,state`) to the inactivity detector; then, from moment after moment at which
/// the resident was at home, deletes everything that followed and takes the time until the alarm.
///
/// - Parameter file: a file, or a folder with exactly one such file.
public func evaluateInactivity(
    corpus file: URL, options: InactivityEvaluationOptions = InactivityEvaluationOptions()
) throws -> InactivityEvaluation {
    let events = try homeEvents(at: file)
    var player = HomePlayer(options)
    let learned = Double(options.learningDays) * 86_400
    var result = InactivityEvaluation(days: 0, falseAlarms: 0, falseAlarmTimes: [], deletions: [])
    var lastDeletion = -Double.infinity
    for (index, event) in events.enumerated() {
        let at = instant(event.seconds)
        for alarm in player.pass(to: at) where alarm.seconds >= learned { result.falseAlarmTimes.append(alarm.seconds) }
        player.see(event.sensor == options.exitDoor, at: at)
        guard event.seconds >= learned, event.sensor != options.exitDoor, event.seconds >= lastDeletion + 1_800,
            index + 1 < events.count
        else { continue }
        lastDeletion = event.seconds
        result.deletions.append(
            InactivityEvaluation.Deletion(
                day: event.seconds / 86_400,
                hoursToAlarm: player.hoursToAlarm(from: at, horizon: options.horizonHours)))
    }
    result.falseAlarms = result.falseAlarmTimes.count
    result.days = max(0, ((events.last?.seconds ?? 0) - learned) / 86_400)
    return result
}

func homeEvents(at file: URL) throws -> [(seconds: Double, sensor: String)] {
    var url = file
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), isFolder.boolValue {
        let names = try FileManager.default.contentsOfDirectory(atPath: file.path).filter { $0.hasSuffix(".csv") }
        guard names.count == 1 else {
            throw TrialCorpus.Problem(description: "\(file.path): holds \(names.count) CSV files; name one of them")
        }
        url = file.appendingPathComponent(names[0])
    }
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
        throw TrialCorpus.Problem(description: "\(url.path): cannot be read")
    }
    let table = try CommaSeparatedTable(text, name: url.path)
    for column in ["t_s", "sensor"] where table.columns[column] == nil {
        throw TrialCorpus.Problem(description: "\(url.path):1: no column '\(column)'; needed are t_s,sensor,state")
    }
    var events: [(seconds: Double, sensor: String)] = []
    for (line, row) in table.rows.enumerated() {
        guard let seconds = table.number(row, "t_s"), seconds >= 0 else {
            throw TrialCorpus.Problem(description: "\(url.path):\(line + 2): t_s is no number of seconds")
        }
        events.append((seconds, table.text(row, "sensor")))
    }
    return events.sorted { $0.seconds < $1.seconds }
}

func instant(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

/// Drives one inactivity detector through time, deadline by deadline, as the monitor does.
struct HomePlayer {
    private(set) var detector: InactivityDetector
    private var signs: Int32 = 0
    private var exits: Int32 = 0

    init(_ options: InactivityEvaluationOptions) {
        detector = InactivityDetector(options.configuration)
        let milliseconds = (Int64(options.dayAtZero) * 86_400 + Int64(options.secondOfDayAtZero)) * 1_000
        let clock = WallClock(unixMilliseconds: milliseconds, trust: .synchronised)
        detector.play(clock: LocalClock(clock, offsetSeconds: 0, at: .start), at: .start)
        see(true, at: .start)
        see(false, at: .start)
    }

    mutating func see(_ isExit: Bool, at: Instant) {
        if isExit { exits += 1 } else { signs += 1 }
        detector.play(value: isExit ? exits : signs, isExit: isExit, at: at)
    }

    /// - Returns: the alarms on the way; each is looked after at once.
    mutating func pass(to end: Instant) -> [(seconds: Double, at: Instant)] {
        var alarms: [(seconds: Double, at: Instant)] = []
        while detector.nextDeadline <= end {
            let at = detector.nextDeadline
            detector.play(to: at)
            if detector.isAlarm {
                alarms.append((Double(at.nanoseconds) / 1e9, at))
                detector.playReset(at: at)
            }
        }
        detector.play(to: end)
        return alarms
    }

    /// Lets time go on without looking after alarms.
    mutating func wait(until end: Instant) {
        while detector.nextDeadline <= end, !detector.isAlarm { detector.play(to: detector.nextDeadline) }
        detector.play(to: end)
    }

    /// Hours until the alarm if nothing more is heard.
    func hoursToAlarm(from begin: Instant, horizon: Int) -> Double? {
        var copy = self
        let alarms = copy.pass(to: begin + .hours(Int64(horizon)))
        return alarms.first.map { Double(($0.at - begin).nanoseconds) / 3.6e12 }
    }
}
