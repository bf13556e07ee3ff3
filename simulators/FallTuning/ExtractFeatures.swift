import Evaluation
import Foundation
import HardwareInterface
import LifeSafety

/// Writes the features of every impact in a corpus, as the detector itself computes them, for the fitting program.
///
/// Usage: fall-tuning CORPUS OUTPUT VARIANTS SEED [RATE MG_PER_LSB]
///
/// The output is rows of little-endian 32-bit integers: trial, variant, time of the impact in ms, magnitude in mg, then
/// the features. Variant 0 is the recording as it is; the others are random sensors.
@main
struct ExtractFeatures {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 5, let variants = Int(arguments[3]), let seed = UInt64(arguments[4]) else {
            FileHandle.standardError.write(
                Data("usage: fall-tuning CORPUS OUTPUT VARIANTS SEED [RATE MG_PER_LSB]\n".utf8))
            exit(64)
        }
        let rate = arguments.count > 5 ? Double(arguments[5])! : 200
        let milligravityPerCode = arguments.count > 6 ? Double(arguments[6])! : 3.90625
        let corpus = try TrialCorpus(folder: URL(fileURLWithPath: arguments[1]))
        var rows: [Int32] = []
        for (number, trial) in corpus.trials.enumerated() {
            let codes = try corpus.codes(of: trial)
            for variant in 0..<variants {
                var random = SplitMix64(seed: seed &+ UInt64(number) &* 1_000_003 &+ UInt64(variant) &* 7_919)
                let variation = variant == 0 ? SensorVariation() : SensorVariation(using: &random)
                let (samples, newRate) = variation.apply(
                    to: codes, milligravityPerCode: milligravityPerCode, originalRate: rate, using: &random)
                extract(samples, rate: newRate) { time, magnitude, features in
                    rows.append(Int32(number))
                    rows.append(Int32(variant))
                    rows.append(time)
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
