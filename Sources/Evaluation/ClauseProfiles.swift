import HardwareInterface
import LifeSafety

/// The same numbers on every machine: noise between −1 and 1, one value for each second.
private func noise(_ second: Double, seed: UInt64) -> Double {
    var random = SplitMix64(seed: seed &+ UInt64(second))
    return Double(random.next() >> 11) * 0x1p-52 - 1
}

private let day = 86_400
private let night = 8 * 3_600
private let year = 365 * day

/// Every default of the smoke detector, with readings every second unless said otherwise; thresholds 150 and 90 mdB/m.
let smokeProfiles: [DetectorProfile] = {
    let threshold = 150.0
    func profile(
        _ source: String, _ name: String, _ limits: (Double, Double)?, seconds: Int, every interval: Int = 1,
        _ value: @escaping @Sendable (Double) -> Double
    ) -> DetectorProfile {
        var configuration = SmokeDetector.Configuration(source: PointIndex(0))
        configuration.maximumAge = .seconds(Int64(max(10, interval * 3)))
        return DetectorProfile(
            detector: "smoke", source: source, name: name, kind: .smoke(configuration), quiet: [0], seconds: seconds,
            interval: interval, earliest: limits?.0, latest: limits?.1
        ) { [Int32(value($0))] }
    }
    var profiles: [DetectorProfile] = []
    for perHour in [0.25, 0.5, 1, 4] {
        let rate = perHour * threshold / 3_600
        let latest = 1.6 * threshold / rate + 100
        profiles.append(
            profile(
                "EN 54-7 4.8", "rises by \(perHour) of the threshold an hour", (threshold / rate, latest),
                seconds: Int(latest) + 60
            ) { $0 * rate })
    }
    profiles += [
        profile("EN 54-7 5.3", "49 mdB/m for an hour", nil, seconds: 3_600) { _ in 49 },
        profile("threshold", "140 mdB/m for an hour", nil, seconds: 3_600) { _ in 140 },
        profile("threshold", "160 mdB/m", (0, 15), seconds: 300) { _ in 160 },
        profile("threshold", "dense smoke, 500 mdB/m", (0, 8), seconds: 300) { _ in 500 },
        profile("ageing", "a fifth of the light lost, smoke of 200 mdB/m", (0, 15), seconds: 300) { _ in 160 },
        profile(
            "ageing", "a year of dirt to half the threshold, then smoke of 160 mdB/m",
            (Double(year), Double(year + 600)), seconds: year + 1_200, every: 120
        ) { min($0 / Double(year), 1) * 75 + ($0 >= Double(year) ? 160 : 0) },
        profile("nuisance", "a year of dirt to half the threshold", nil, seconds: year, every: 120) {
            $0 / Double(year) * 75
        },
        profile("nuisance", "electrical spike of 3 dB/m", nil, seconds: 300) { $0 == 60 ? 3_000 : 0 },
        profile("nuisance", "electrical noise of ±60 mdB/m for a night", nil, seconds: night) {
            60 * noise($0, seed: 1)
        },
        profile("nuisance", "spikes of 1 dB/m in one reading of fifty for a night", nil, seconds: night) {
            noise($0, seed: 2) > 0.96 ? 1_000 : 0
        },
        profile("nuisance", "steam for five seconds", nil, seconds: 300) { $0 >= 60 && $0 < 65 ? 300 : 0 },
        profile("nuisance", "shower steam of 130 mdB/m for ten minutes", nil, seconds: 1_200) {
            $0 >= 60 && $0 < 660 ? 130 : 5
        },
        profile("nuisance", "frying, 120 mdB/m for half an hour", nil, seconds: 3_600) {
            min($0 / 4, $0 < 1_800 ? 120 : 0)
        },
        profile("nuisance", "toast, 300 mdB/m for six seconds", nil, seconds: 300) { $0 >= 100 && $0 < 106 ? 300 : 10 },
        profile("nuisance", "dust, three seconds in ten", nil, seconds: 3_600) { Int($0) % 10 < 3 ? 250 : 0 },
    ]
    return profiles
}()

/// Response times of EN 54-5, tested from the class's typical application temperature.
let heatProfiles: [DetectorProfile] = {
    typealias Limits = [(rate: Double, earliest: Double, latest: Double)]
    let a1: Limits = [(1, 1_740, 2_420), (3, 433, 820), (5, 249, 500), (10, 60, 260), (20, 30, 140), (30, 20, 100)]
    let others: Limits = [
        (1, 1_740, 2_760), (3, 433, 960), (5, 249, 600), (10, 120, 330), (20, 60, 193), (30, 40, 145),
    ]
    func profile(
        _ suffixed: String, _ responseClass: HeatDetector.ResponseClass, _ source: String, _ name: String,
        _ limits: (Double, Double)?, from quiet: Double, seconds: Int, risesToo: Bool = true,
        _ celsius: @escaping @Sendable (Double) -> Double
    ) -> DetectorProfile {
        let configuration = HeatDetector.Configuration(
            source: PointIndex(0), responseClass: responseClass, respondsToRise: risesToo)
        return DetectorProfile(
            detector: "heat \(suffixed)", source: source, name: name, kind: .heat(configuration),
            quiet: [Int32(quiet * 1_000)], seconds: seconds, earliest: limits?.0, latest: limits?.1
        ) { [Int32(celsius($0) * 1_000)] }
    }
    let classes: [(String, HeatDetector.ResponseClass)] = [
        ("A1", .a1), ("A2", .a2), ("B", .b), ("C", .c), ("D", .d), ("E", .e), ("F", .f), ("G", .g),
    ]
    var profiles: [DetectorProfile] = []
    for (name, responseClass) in classes {
        let minimum = Double(responseClass.minimumStaticResponse) / 1_000
        let maximum = Double(responseClass.maximumStaticResponse) / 1_000
        let typical = minimum - 29
        for limit in responseClass == .a1 ? a1 : others {
            profiles.append(
                profile(
                    name + "R", responseClass, "EN 54-5", "rises by \(decimal(limit.rate, 0)) K/min",
                    (limit.earliest, limit.latest), from: typical, seconds: Int(limit.latest) + 600
                ) { typical + limit.rate * $0 / 60 })
        }
        // 0.2 K/min is the static test: the temperature at which it responds, whatever the time.
        profiles.append(
            profile(
                name + "R", responseClass, "EN 54-5 static", "rises by 0.2 K/min",
                (29 / 0.2 * 60, (maximum - typical) / 0.2 * 60),
                from: typical, seconds: Int((maximum - typical) / 0.2 * 60) + 600
            ) { typical + 0.2 * $0 / 60 })
        profiles.append(
            profile(
                name + "S", responseClass, "EN 54-5 suffix S", "rises by 30 K/min",
                (58, responseClass == .a1 ? 100 : 145),
                from: typical, seconds: 900, risesToo: false
            ) { typical + 30 * $0 / 60 })
    }
    profiles += [
        profile("A1R", .a1, "ageing", "reads 2 K too low, rises by 1 K/min", (1_740, 2_420), from: 23, seconds: 3_000) {
            23 + $0 / 60
        },
        profile("A1R", .a1, "ageing", "reads 2 K too high, rises by 1 K/min", (1_740, 2_420), from: 27, seconds: 3_000)
        {
            27 + $0 / 60
        },
        profile("A1R", .a1, "nuisance", "an oven door, 12 K in a minute", nil, from: 22, seconds: 1_200) {
            22 + min($0, 60) * 0.2
        },
        profile("A1R", .a1, "nuisance", "a shower, 14 K in ten minutes", nil, from: 21, seconds: 3_600) {
            21 + min($0, 600) / 600 * 14
        },
        profile("A1R", .a1, "nuisance", "a summer's day, 22 to 45 °C and back", nil, from: 22, seconds: day) {
            let share = abs($0 / Double(day) - 0.5) * 2
            return 22 + 23 * (1 - share)
        },
        profile("A1R", .a1, "nuisance", "electrical noise of ±3 K for a night", nil, from: 22, seconds: night) {
            22 + 3 * noise($0, seed: 3)
        },
        profile(
            "A1R", .a1, "nuisance", "spikes to 150 °C, one reading in sixty, for a night", nil, from: 22, seconds: night
        ) {
            Int($0) % 60 == 30 ? 150 : 22
        },
    ]
    return profiles
}()

/// Concentrations of EN 50291-1 with the tolerance of its test gas.
let carbonMonoxideProfiles: [DetectorProfile] = {
    func profile(
        _ source: String, _ name: String, _ limits: (Double, Double)?, seconds: Int, every interval: Int = 1,
        _ ppm: @escaping @Sendable (Double) -> Double
    ) -> DetectorProfile {
        var configuration = CarbonMonoxideDetector.Configuration(source: PointIndex(0))
        configuration.maximumAge = .seconds(Int64(max(60, interval * 3)))
        return DetectorProfile(
            detector: "CO", source: source, name: name, kind: .carbonMonoxide(configuration), quiet: [0],
            seconds: seconds, interval: interval, earliest: limits?.0, latest: limits?.1
        ) { [Int32(ppm($0))] }
    }
    let clauses: [(ppm: Int, earliest: Double, latest: Double)] = [
        (30, 7_200, .infinity), (36, 7_200, .infinity), (50, 3_600, 5_400), (60, 3_600, 5_400), (100, 600, 2_400),
        (120, 600, 2_400), (300, 0, 180), (360, 0, 180),
    ]
    var profiles = clauses.map { clause in
        profile("EN 50291-1", "\(clause.ppm) ppm", (clause.earliest, clause.latest), seconds: 6 * 3_600) { _ in
            Double(clause.ppm)
        }
    }
    profiles += [
        profile("ageing", "reads a tenth too little of 300 ppm", (0, 180), seconds: 3_600) { _ in 270 },
        profile("ageing", "reads a tenth too little of 100 ppm", (600, 2_400), seconds: 3_600) { _ in 90 },
        profile("ageing", "its zero drifts to 15 ppm in a year", nil, seconds: year, every: 120) {
            $0 / Double(year) * 15
        },
        profile("nuisance", "15 ppm for a night", nil, seconds: night) { _ in 15 },
        profile("nuisance", "25 ppm for a night", nil, seconds: night) { _ in 25 },
        profile("nuisance", "a hob lit, 80 ppm for two minutes an hour", nil, seconds: day) {
            Int($0) % 3_600 < 120 ? 80 : 4
        },
        profile("nuisance", "frying on gas, 25 ppm for an hour three times a day", nil, seconds: day) {
            Int($0) % (8 * 3_600) < 3_600 ? 25 : 2
        },
        profile("nuisance", "electrical noise of ±20 ppm for a night", nil, seconds: night) { 20 * noise($0, seed: 4) },
        profile("nuisance", "spikes of 1000 ppm, one reading in an hour, for a night", nil, seconds: night) {
            Int($0) % 3_600 == 30 ? 1_000 : 0
        },
    ]
    return profiles
}()

let gasProfiles: [DetectorProfile] = {
    func profile(
        _ source: String, _ name: String, _ limits: (Double, Double)?, seconds: Int, every interval: Int = 1,
        _ percent: @escaping @Sendable (Double) -> Double
    ) -> DetectorProfile {
        let configuration = CombustibleGasDetector.Configuration(
            source: PointIndex(0), warmUp: .seconds(30), maximumAge: .seconds(Int64(max(30, interval * 3))))
        return DetectorProfile(
            detector: "gas", source: source, name: name, kind: .combustibleGas(configuration), quiet: [0],
            seconds: seconds, interval: interval, earliest: limits?.0, latest: limits?.1
        ) { [Int32(percent($0) * 100)] }
    }
    return [
        // One per cent of the limit a minute: 3 to 20 % are reached after 180 to 1,200 s.
        profile("EN 50194-1", "rises by 1 % LEL a minute", (180, 1_200), seconds: 1_800) { $0 / 60 },
        profile("EN 50194-1", "2.9 % LEL for an hour", nil, seconds: 3_600) { _ in 2.9 },
        profile("EN 50194-1", "20 % LEL at once", (0, 30), seconds: 300) { _ in 20 },
        profile("ageing", "a third of the sensitivity lost, rises by 1 % LEL a minute", (180, 1_200), seconds: 1_800) {
            $0 / 60 * 0.67
        },
        profile("ageing", "its zero drifts to 2 % LEL in a year", nil, seconds: year, every: 120) {
            $0 / Double(year) * 2
        },
        profile("nuisance", "a spray can for three seconds", nil, seconds: 300) { $0 < 3 ? 30 : 0 },
        profile("nuisance", "cooking with wine, 4 % LEL for ten minutes", nil, seconds: 1_200) { $0 < 600 ? 4 : 0 },
        profile("nuisance", "electrical noise of ±4 % LEL for a night", nil, seconds: night) { 4 * noise($0, seed: 5) },
        profile("nuisance", "spikes to full scale, one reading in sixty, for a night", nil, seconds: night) {
            Int($0) % 60 == 30 ? 100 : 0
        },
    ]
}()

/// Fires and nuisances of a flat; smoke in mdB/m, temperature in °C, carbon monoxide in ppm.
let fireProfiles: [DetectorProfile] = {
    func profile(
        _ source: String, _ name: String, by latest: Double?, seconds: Int,
        _ smoke: @escaping @Sendable (Double) -> Double, _ celsius: @escaping @Sendable (Double) -> Double,
        _ ppm: @escaping @Sendable (Double) -> Double
    ) -> DetectorProfile {
        let values: @Sendable (Double) -> [Int32] = {
            [Int32(smoke($0)), Int32(celsius($0) * 1_000), Int32(ppm($0))]
        }
        return DetectorProfile(
            detector: "fire", source: source, name: name, kind: EvaluatedDetector.multiCriteriaFire.kind,
            quiet: values(0), seconds: seconds, earliest: latest == nil ? nil : 0, latest: latest, values: values)
    }
    return [
        profile("fire", "smouldering sofa", by: 2_000, seconds: 3_600) {
            $0 / 3_600 * 200
        } _: {
            21 + $0 / 3_600 * 2
        } _: {
            $0 / 3_600 * 120
        },
        profile("fire", "flaming chip pan", by: 200, seconds: 400) {
            max(0, ($0 - 60) * 1.2)
        } _: {
            22 + max(0, $0 - 40) / 8
        } _: {
            $0 / 40
        },
        profile("fire", "clean-burning spirit", by: 380, seconds: 600) { _ in
            2
        } _: {
            22 + $0 / 10
        } _: { _ in
            2
        },
        profile("fire", "dense smoke alone", by: 120, seconds: 300) {
            min($0 * 3, 500)
        } _: { _ in
            21
        } _: { _ in
            3
        },
        profile("nuisance", "shower steam of 180 mdB/m for ten minutes", by: nil, seconds: 1_200) {
            $0 > 60 && $0 < 660 ? 180 : 5
        } _: {
            21 + min($0, 600) / 600 * 3
        } _: { _ in
            1
        },
        profile("nuisance", "frying, 120 mdB/m, 4 K and 6 ppm", by: nil, seconds: 1_800) {
            min($0 / 4, 120)
        } _: {
            22 + min($0, 900) / 900 * 4
        } _: {
            min($0 / 150, 6)
        },
        profile("nuisance", "toast, 300 mdB/m for ten seconds", by: nil, seconds: 300) {
            $0 >= 100 && $0 < 110 ? 300 : 10
        } _: { _ in
            22
        } _: { _ in
            3
        },
        profile("nuisance", "sweeping, puffs of 250 mdB/m", by: nil, seconds: 600) {
            Int($0) % 20 >= 14 ? 250 : 20
        } _: { _ in
            22
        } _: { _ in
            0
        },
        profile("nuisance", "a motor scooter in the hall, 40 ppm without smoke", by: nil, seconds: 1_200) { _ in
            8
        } _: { _ in
            18
        } _: {
            min($0 / 5, 40)
        },
        profile("nuisance", "electrical noise on all three for a night", by: nil, seconds: night) {
            60 * noise($0, seed: 6)
        } _: {
            22 + 2 * noise($0, seed: 7)
        } _: {
            5 + 10 * noise($0, seed: 8)
        },
        profile("nuisance", "dirt of 40 mdB/m for a night", by: nil, seconds: night) { _ in
            40
        } _: { _ in
            22
        } _: { _ in
            2
        },
    ]
}()
