/// Scores the movement around an impact with several small networks: the logarithm of the odds of a fall, in 1,024ths.
///
/// The mean of networks of the same shape, in integers: two layers whose negative outputs count as zero, then one sum. The
/// numbers stand in `FallNetworkTables.swift` and are made by the tuning program.
///
/// Inputs have 8 bits after the point, weights 10, so that the sum of a first-layer unit fits 32 bits whatever comes:
/// 80 inputs of at most 4 times weights of less than 8.
enum FallNetwork {
    /// - Parameter inputs: standardised features in 256ths, as `FallScore` makes them.
    static func score(_ inputs: Span<Int16>) -> Int32 {
        var sum: Int64 = 0
        for network in 0..<FallNetworkTables.networks { sum += output(of: network, inputs) }
        return Int32(clamping: sum / Int64(FallNetworkTables.networks))
    }

    private static func output(of network: Int, _ inputs: Span<Int16>) -> Int64 {
        let first = FallNetworkTables.first
        let second = FallNetworkTables.second
        var weight = network * FallNetworkTables.weightsOfNetwork
        var bias = network * FallNetworkTables.biasesOfNetwork
        var hidden = InlineArray<24, Int64>(repeating: 0)
        let weights = FallNetworkTables.weights.span
        for unit in 0..<first {
            let row = weights.extracting(weight..<(weight + FallNetworkTables.inputs))
            let sum = (Int32(FallNetworkTables.biases[bias]) << 8) &+ product(row, inputs)
            hidden[unit] = Int64(max(0, sum >> 8))
            weight += FallNetworkTables.inputs
            bias += 1
        }
        var result = Int64(FallNetworkTables.biases[bias + second]) << 10
        let outputWeights = weight + first * second
        for unit in 0..<second {
            var sum = Int64(FallNetworkTables.biases[bias]) << 10
            for index in 0..<first { sum += Int64(weights[weight + index]) * hidden[index] }
            weight += first
            bias += 1
            result += Int64(weights[outputWeights + unit]) * max(0, sum >> 10)
        }
        return result >> 10
    }

    /// The sum of the products of two rows of the same length, which fits 32 bits: a plain loop that the compiler does
    /// eight at a time.
    @inline(__always)
    private static func product(_ weights: Span<Int16>, _ inputs: Span<Int16>) -> Int32 {
        precondition(weights.count == inputs.count)
        var sum: Int32 = 0
        for index in inputs.indices { sum &+= Int32(weights[unchecked: index]) &* Int32(inputs[unchecked: index]) }
        return sum
    }
}
