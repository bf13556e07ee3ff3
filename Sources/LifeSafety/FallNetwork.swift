/// Scores the movement around an impact: how much more likely a fall is than anything else, as a natural logarithm of
/// odds in 1,024ths.
///
/// The mean of three small networks of the same shape, in integers: inputs are standardised and cut at four standard
/// deviations, so that nothing a sensor can report is far outside what the networks were fitted on; two layers follow
/// whose negative outputs count as zero; one sum is the score. The numbers stand in `FallNetworkTables.swift` and are
/// made by the tuning program.
///
/// Inputs have 8 bits after the point, weights 10, so that the sum of a first-layer unit fits 32 bits whatever comes:
/// 80 inputs of at most 4 times weights of less than 8.
package enum FallNetwork {
    /// One in the score: 10 bits after the point.
    package static var one: Int32 { 1_024 }
    private static var inputOne: Int64 { 256 }

    /// - Returns: the logarithm of the odds of a fall, in 1,024ths.
    package static func score(_ features: FallFeatures) -> Int32 {
        var inputs = InlineArray<80, Int16>(repeating: 0)
        for index in 0..<FallNetworkTables.inputs {
            let distance = Int64(features[index]) - Int64(FallNetworkTables.means[index])
            let scaled = (distance * Int64(FallNetworkTables.scales[index])) >> 20
            inputs[index] = Int16(truncatingIfNeeded: min(max(scaled, -4 * inputOne), 4 * inputOne))
        }
        var sum: Int64 = 0
        for network in 0..<FallNetworkTables.networks { sum += output(of: network, inputs.span) }
        return Int32(clamping: sum / Int64(FallNetworkTables.networks))
    }

    private static func output(of network: Int, _ inputs: Span<Int16>) -> Int64 {
        let first = FallNetworkTables.first
        let second = FallNetworkTables.second
        var weight = network * FallNetworkTables.weightsOfNetwork
        var bias = network * FallNetworkTables.biasesOfNetwork
        var hidden = InlineArray<24, Int64>(repeating: 0)
        for unit in 0..<first {
            var sum = Int32(FallNetworkTables.biases[bias]) << 8
            for index in 0..<FallNetworkTables.inputs {
                sum &+= Int32(FallNetworkTables.weights[weight &+ index]) &* Int32(inputs[index])
            }
            hidden[unit] = Int64(max(0, sum >> 8))
            weight += FallNetworkTables.inputs
            bias += 1
        }
        var result = Int64(FallNetworkTables.biases[bias + second]) << 10
        let outputWeights = weight + first * second
        for unit in 0..<second {
            var sum = Int64(FallNetworkTables.biases[bias]) << 10
            for index in 0..<first { sum += Int64(FallNetworkTables.weights[weight + index]) * hidden[index] }
            weight += first
            bias += 1
            result += Int64(FallNetworkTables.weights[outputWeights + unit]) * max(0, sum >> 10)
        }
        return result >> 10
    }
}
