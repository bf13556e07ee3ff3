import Foundation

/// A sensor other than the one that recorded a corpus, by name.
public struct NamedVariation: Sendable {
    public var name: String
    public var variation: SensorVariation
    /// Turns every trial another way.
    public var turnsAtRandom: Bool

    /// Rates, mountings, gains, clipping, coarse sensors, and all of them together.
    public static let all: [NamedVariation] = {
        func named(_ name: String, turned: Bool = false, _ change: (inout SensorVariation) -> Void) -> NamedVariation {
            var variation = SensorVariation()
            change(&variation)
            return NamedVariation(name: name, variation: variation, turnsAtRandom: turned)
        }
        func gain(_ factor: Double, _ variation: inout SensorVariation) { variation.gain = (factor, factor, factor) }
        var all = [named("as recorded") { _ in }]
        for rate in [100.0, 50, 25, 20] {
            all.append(named("\(Int(rate)) Hz, averaged") { $0.rate = rate })
        }
        for rate in [50.0, 25, 20] {
            all.append(
                named("\(Int(rate)) Hz, picked") {
                    $0.rate = rate
                    $0.reduction = .picked
                })
        }
        all += [
            named("turned at random", turned: true) { _ in },
            named("gain 0.95") { gain(0.95, &$0) },
            named("gain 1.05") { gain(1.05, &$0) },
            named("clipped at 4 g") { $0.fullScale = 4_000 },
            named("clipped at 2 g") { $0.fullScale = 2_000 },
            named("8 bits of ±8 g, noise 15 mg") {
                $0.fullScale = 8_000
                $0.resolution = 62
                $0.noise = 15
            },
            named("turned, 0.95, 4 g, 20 Hz picked", turned: true) {
                gain(0.95, &$0)
                $0.fullScale = 4_000
                $0.rate = 20
                $0.reduction = .picked
            },
            named("turned, 1.05, 4 g, 25 Hz, noise, offset", turned: true) {
                gain(1.05, &$0)
                $0.fullScale = 4_000
                $0.rate = 25
                $0.noise = 10
                $0.offset = (30, -30, 30)
            },
        ]
        return all
    }()
}

/// The fall detector judged on a corpus as many sensors would have seen it.
public struct FallVariationEvaluation: Sendable {
    public struct Row: Codable, Sendable {
        public var name: String
        public var sensitivity: Double?
        public var specificity: Double?
        /// Of the trials whose group is `elder`; `nil` without such trials.
        public var specificityOfElders: Double?
        public var falseAlarmsPerHour: Double?
        public var longestLatencySeconds: Double?
    }

    public var rows: [Row]

    public var table: String {
        var text = pad("sensor", 42) + pad("sensitivity", 13) + pad("specificity", 13) + pad("elders", 9)
        text += pad("false/h", 9) + "longest / s\n"
        for row in rows {
            text += pad(row.name, 42) + pad(decimal(row.sensitivity, 4), 13) + pad(decimal(row.specificity, 4), 13)
            text += pad(decimal(row.specificityOfElders, 4), 9) + pad(decimal(row.falseAlarmsPerHour, 2), 9)
            text += decimal(row.longestLatencySeconds, 2) + "\n"
        }
        return text
    }

    public func json() throws -> Data { try machineReadable(rows) }
}

/// Plays a corpus once for each variation.
///
/// - Throws: as `evaluateFall`.
public func evaluateFallVariations(
    corpus: URL, options: FallEvaluationOptions, variations: [NamedVariation] = NamedVariation.all,
    progress: (Int, Int) -> Void = { _, _ in }
) throws -> FallVariationEvaluation {
    var rows: [FallVariationEvaluation.Row] = []
    for (index, named) in variations.enumerated() {
        progress(index, variations.count)
        var its = options
        its.variation = named.variation
        its.variation.rate = named.variation.rate ?? options.variation.rate
        its.turnsAtRandom = named.turnsAtRandom
        let evaluation = try evaluateFall(corpus: corpus, options: its)
        rows.append(
            FallVariationEvaluation.Row(
                name: named.name, sensitivity: evaluation.overall.sensitivity,
                specificity: evaluation.overall.specificity,
                specificityOfElders: evaluation.groups["elder"]?.specificity,
                falseAlarmsPerHour: evaluation.overall.falseAlarmsPerHour,
                longestLatencySeconds: evaluation.latency?.longest))
    }
    return FallVariationEvaluation(rows: rows)
}
