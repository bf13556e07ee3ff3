import Evaluation
import Foundation
import HardwareInterface
import LifeSafety

/// Writes the features of every impact in a corpus, as the detector itself computes them, for the fitting program.
///
/// Usage: fall-tuning CORPUS OUTPUT SENSORS SLOW PACES SEED [RATE MG_PER_LSB]
///
/// The output is rows of little-endian 32-bit integers: trial, variant, time of the impact in the recording in ms,
/// magnitude in mg, then the features. Variant 0 is the recording as it is; then come so many random sensors, sensors of
/// 20 Hz, and random sensors on wearers of another pace.
@main
struct ExtractFeatures {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 7, let sensors = Int(arguments[3]), let slow = Int(arguments[4]),
            let paces = Int(arguments[5]), let seed = UInt64(arguments[6])
        else {
            FileHandle.standardError.write(
                Data("usage: fall-tuning CORPUS OUTPUT SENSORS SLOW PACES SEED [RATE MG_PER_LSB]\n".utf8))
            exit(64)
        }
        let rate = arguments.count > 7 ? Double(arguments[7])! : 200
        let milligravityPerCode = arguments.count > 8 ? Double(arguments[8])! : 3.90625
        let corpus = try TrialCorpus(folder: URL(fileURLWithPath: arguments[1]))
        var rows: [Int32] = []
        for (number, trial) in corpus.trials.enumerated() {
            let codes = try corpus.codes(of: trial)
            for variant in 0..<(1 + sensors + slow + paces) {
                var random = SplitMix64(seed: seed &+ UInt64(number) &* 1_000_003 &+ UInt64(variant) &* 7_919)
                let variation =
                    switch variant {
                    case 0: SensorVariation()
                    case ...sensors: SensorVariation(using: &random)
                    case ...(sensors + slow): SensorVariation.ofTwentyHertz(using: &random)
                    default: SensorVariation.ofAnotherPace(using: &random)
                    }
                let (samples, newRate) = variation.apply(
                    to: codes, milligravityPerCode: milligravityPerCode, originalRate: rate, using: &random)
                extract(samples, rate: newRate) { time, magnitude, features in
                    rows.append(Int32(number))
                    rows.append(Int32(variant))
                    rows.append(Int32(Double(time) * variation.tempo))
                    rows.append(magnitude)
                    for index in 0..<FallFeatures.count { rows.append(features[index]) }
                }
            }
        }
        let data = rows.withUnsafeBytes { Data($0) }
        try data.write(to: URL(fileURLWithPath: arguments[2]))
    }

    static func extract(
        _ samples: [AccelerationSample], rate: Double, _ found: (Int32, Int32, FallFeatures) -> Void
    ) {
        var frontEnd = FallFrontEnd()
        let microseconds = Int64((1_000_000 / rate).rounded())
        for sample in samples {
            if let impact = frontEnd.add(sample, microseconds: microseconds) {
                found(Int32(impact * 40 + 20), frontEnd.magnitude(impact), frontEnd.features(of: impact))
            }
        }
    }
}
