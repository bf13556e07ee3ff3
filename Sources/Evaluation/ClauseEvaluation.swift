import Foundation
import HardwareInterface
import LifeSafety

/// One clause of a standard, or one nuisance, played to a detector.
public struct ClauseResult: Codable, Sendable {
    public var detector: String
    /// The standard and clause, or "nuisance".
    public var source: String
    public var profile: String
    /// Seconds between which the alarm must come; both `nil` where none may come.
    public var earliest: Double?
    public var latest: Double?
    /// Seconds from the start of the profile to the alarm; `nil` if none came.
    public var alarm: Double?

    public var passes: Bool {
        guard let alarm else { return latest == nil || latest == .infinity }
        guard let earliest else { return false }
        return alarm >= earliest && alarm <= latest ?? .infinity
    }
}

/// The fire and gas detectors played against profiles that are generated from the clauses they follow.
public struct ClauseEvaluation: Sendable {
    public var results: [ClauseResult]
    public var passed: Int { results.filter(\.passes).count }

    /// The result for a person.
    public var table: String {
        var text =
            pad("detector", 18) + pad("source", 18) + pad("profile", 46) + pad("required / s", 20) + "alarm / s\n"
        for result in results {
            var required = "no alarm"
            if let earliest = result.earliest {
                let latest = result.latest.map { $0.isFinite ? decimal($0, 0) : "never" } ?? "never"
                required = "\(decimal(earliest, 0)) to \(latest)"
            }
            text += pad(result.detector, 18) + pad(result.source, 18) + pad(result.profile, 46) + pad(required, 20)
            text += pad(decimal(result.alarm, 0), 10) + (result.passes ? "" : "FAILED") + "\n"
        }
        return text + "\(passed) of \(results.count) as required\n"
    }

    /// The result for a machine. Times without a limit are left out.
    public func json() throws -> Data {
        try machineReadable(results)
    }
}

/// Which detectors `evaluateClauses` plays.
public enum ClauseDetector: String, CaseIterable, Sendable {
    case smoke
    case heat
    case carbonMonoxide = "co"
    case combustibleGas = "gas"
}

/// Plays every profile of these detectors. Needs no recordings.
public func evaluateClauses(_ detectors: [ClauseDetector] = ClauseDetector.allCases) -> ClauseEvaluation {
    var results: [ClauseResult] = []
    for detector in detectors {
        switch detector {
        case .smoke: results += smokeClauses()
        case .heat: results += heatClauses()
        case .carbonMonoxide: results += carbonMonoxideClauses()
        case .combustibleGas: results += gasClauses()
        }
    }
    return ClauseEvaluation(results: results)
}

private func smokeClauses() -> [ClauseResult] {
    let threshold = 150.0
    func play(
        _ source: String, _ profile: String, _ earliest: Double?, _ latest: Double?, seconds: Int,
        every interval: Int = 1, _ value: (Double) -> Double
    ) -> ClauseResult {
        var configuration = SmokeDetector.Configuration(source: PointIndex(0))
        configuration.maximumAge = .seconds(Int64(interval * 3))
        let alarm = firstAlarm(.smoke(configuration), quiet: 0, seconds: seconds, every: interval) { Int32(value($0)) }
        return ClauseResult(
            detector: "smoke", source: source, profile: profile, earliest: earliest, latest: latest, alarm: alarm)
    }
    var results: [ClauseResult] = []
    for perHour in [0.25, 0.5, 1, 4] {
        let rate = perHour * threshold / 3_600
        results.append(
            play(
                "EN 54-7 4.8", "rises by \(perHour) of the threshold an hour", threshold / rate,
                1.6 * threshold / rate + 100, seconds: Int(1.7 * threshold / rate) + 200
            ) { $0 * rate })
    }
    results.append(play("EN 54-7 5.3", "49 mdB/m for an hour", nil, nil, seconds: 3_600) { _ in 49 })
    results.append(play("threshold", "160 mdB/m", 0, 15, seconds: 300) { _ in 160 })
    results.append(play("nuisance", "electrical spike of 3 dB/m", nil, nil, seconds: 300) { $0 == 60 ? 3_000 : 0 })
    results.append(
        play("nuisance", "steam for five seconds", nil, nil, seconds: 300) { $0 >= 60 && $0 < 65 ? 300 : 0 })
    results.append(
        play("nuisance", "dust, three seconds in ten", nil, nil, seconds: 3_600) { Int($0) % 10 < 3 ? 250 : 0 })
    let year = 365 * 86_400
    results.append(
        play("nuisance", "a year of dirt to half the threshold", nil, nil, seconds: year, every: 60) {
            $0 / Double(year) * 75
        })
    return results
}

private func heatClauses() -> [ClauseResult] {
    typealias Limits = [(rate: Double, earliest: Double, latest: Double)]
    let a1: Limits = [(1, 1_740, 2_420), (3, 433, 820), (5, 249, 500), (10, 60, 260), (20, 30, 140), (30, 20, 100)]
    let others: Limits = [
        (1, 1_740, 2_760), (3, 433, 960), (5, 249, 600), (10, 120, 330), (20, 60, 193), (30, 40, 145),
    ]
    var results: [ClauseResult] = []
    for (name, responseClass, limits) in [
        ("A1R", HeatDetector.ResponseClass.a1, a1), ("A2R", .a2, others), ("BR", .b, others),
    ] {
        let typical = Double(responseClass.minimumStaticResponse) / 1_000 - 29
        for limit in limits {
            let configuration = HeatDetector.Configuration(source: PointIndex(0), responseClass: responseClass)
            let alarm = firstAlarm(
                .heat(configuration), quiet: Int32(typical * 1_000), seconds: Int(limit.latest) + 600
            ) { Int32((typical + limit.rate * $0 / 60) * 1_000) }
            results.append(
                ClauseResult(
                    detector: "heat \(name)", source: "EN 54-5", profile: "rises by \(decimal(limit.rate, 0)) K/min",
                    earliest: limit.earliest, latest: limit.latest, alarm: alarm))
        }
    }
    let oven = firstAlarm(.heat(.init(source: PointIndex(0), responseClass: .a1)), quiet: 22_000, seconds: 1_200) {
        Int32(22_000 + min($0, 60) * 200)
    }
    results.append(
        ClauseResult(
            detector: "heat A1R", source: "nuisance", profile: "an oven door, 12 K in a minute", earliest: nil,
            latest: nil, alarm: oven))
    return results
}

private func carbonMonoxideClauses() -> [ClauseResult] {
    let clauses: [(ppm: Int32, earliest: Double, latest: Double)] = [
        (30, 7_200, .infinity), (36, 7_200, .infinity), (50, 3_600, 5_400), (60, 3_600, 5_400), (100, 600, 2_400),
        (120, 600, 2_400), (300, 0, 180), (360, 0, 180),
    ]
    var results = clauses.map { clause in
        ClauseResult(
            detector: "CO", source: "EN 50291-1", profile: "\(clause.ppm) ppm", earliest: clause.earliest,
            latest: clause.latest,
            alarm: firstAlarm(.carbonMonoxide(.init(source: PointIndex(0))), quiet: 0, seconds: 6 * 3_600) { _ in
                clause.ppm
            })
    }
    for (name, value) in [
        ("15 ppm for a night", { (_: Int) in Int32(15) }), ("25 ppm for a night", { _ in 25 }),
        ("a hob lit, 80 ppm for two minutes an hour", { $0 % 3_600 < 120 ? 80 : 4 }),
    ] as [(String, (Int) -> Int32)] {
        let alarm = firstAlarm(.carbonMonoxide(.init(source: PointIndex(0))), quiet: 0, seconds: 8 * 3_600) {
            value(Int($0))
        }
        results.append(
            ClauseResult(
                detector: "CO", source: "nuisance", profile: name, earliest: nil, latest: nil, alarm: alarm))
    }
    return results
}

private func gasClauses() -> [ClauseResult] {
    let configuration = CombustibleGasDetector.Configuration(source: PointIndex(0), warmUp: .seconds(30))
    // One per cent of the limit a minute: 3 to 20 % are reached after 180 to 1,200 s.
    let rising = firstAlarm(.combustibleGas(configuration), quiet: 0, seconds: 1_800) { Int32($0 / 60 * 100) }
    let spray = firstAlarm(.combustibleGas(configuration), quiet: 0, seconds: 300) { $0 < 3 ? 3_000 : 0 }
    return [
        ClauseResult(
            detector: "gas", source: "EN 50194-1", profile: "rises by 1 % LEL a minute", earliest: 180, latest: 1_200,
            alarm: rising),
        ClauseResult(
            detector: "gas", source: "nuisance", profile: "a spray can for three seconds", earliest: nil, latest: nil,
            alarm: spray),
    ]
}

/// Seconds until the detector is in alarm, after two minutes of its quiet value; `nil` if it never is.
func firstAlarm(
    _ kind: DetectorConfiguration.Kind, quiet: Int32, seconds: Int, every interval: Int = 1,
    _ value: (Double) -> Int32
) -> Double? {
    let configurations = [DetectorConfiguration(kind)]
    var monitor = LifeSafetyMonitor(configurations.span)
    var output = AlarmOutput(capacity: 8)
    let warmUp = 120
    var second = -warmUp
    while second < seconds {
        let now = Instant.start + .seconds(Int64(second + warmUp))
        monitor.advance(to: now, into: &output)
        let reading = second < 0 ? quiet : value(Double(second))
        monitor.receive(
            Reading(value: reading, quality: .good, at: now), ofPoint: PointIndex(0), at: now, into: &output)
        output.removeAll()
        if second >= 0 && monitor.status(of: DetectorIndex(0)).state == .alarm { return Double(second) }
        second += interval
    }
    return nil
}
