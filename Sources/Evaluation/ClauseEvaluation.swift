import Foundation

/// One clause of a standard, one fire or one nuisance, played to a detector.
public struct ClauseResult: Codable, Sendable {
    public var detector: String
    /// The standard and clause, "ageing", "fire" or "nuisance".
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
            pad("detector", 12) + pad("source", 18) + pad("profile", 64) + pad("required / s", 20) + "alarm / s\n"
        for result in results {
            var required = "no alarm"
            if let earliest = result.earliest {
                let latest = result.latest.map { $0.isFinite ? decimal($0, 0) : "never" } ?? "never"
                required = "\(decimal(earliest, 0)) to \(latest)"
            }
            text += pad(result.detector, 12) + pad(result.source, 18) + pad(result.profile, 64) + pad(required, 20)
            text += pad(decimal(result.alarm, 0), 10) + (result.passes ? "" : "FAILED") + "\n"
        }
        return text + "\(passed) of \(results.count) as required\n"
    }

    /// The result for a machine. Times without a limit are left out.
    public func json() throws -> Data {
        try machineReadable(results)
    }
}

/// Plays every profile of these detectors. Needs no recordings.
public func evaluateClauses(_ detectors: [EvaluatedDetector] = EvaluatedDetector.allCases) -> ClauseEvaluation {
    ClauseEvaluation(results: detectors.flatMap(\.profiles).map(\.result))
}
