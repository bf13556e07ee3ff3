/// Scores the movement around an impact: how much more likely a fall is than anything else, as a natural logarithm of
/// odds in 1,024ths.
///
/// Four parts of what the networks say and one of what the trees say: networks carry further to people that nobody
/// recorded, trees to movements that nobody recorded. The trees count up to odds of e³ either way, so that they tip the
/// balance and never outvote the networks.
package enum FallScore {
    /// One in the score: 10 bits after the point.
    package static var one: Int32 { 1_024 }
    private static var networkParts: Int32 { 4 }
    private static var treeParts: Int32 { 1 }
    private static var treeLimit: Int32 { 3 * one }
    private static var inputOne: Int64 { 256 }

    /// - Returns: the logarithm of the odds of a fall, in 1,024ths.
    package static func of(_ features: FallFeatures) -> Int32 {
        let inputs = standardised(features)
        let networks = Int64(FallNetwork.score(inputs.span)) * Int64(networkParts)
        let trees = Int64(min(max(FallTrees.score(inputs.span), -treeLimit), treeLimit)) * Int64(treeParts)
        return Int32(clamping: (networks + trees) / Int64(networkParts + treeParts))
    }

    /// Distances from the mean in 256ths of a standard deviation, cut at four, so that nothing that a sensor can report is
    /// far outside what was learned from.
    private static func standardised(_ features: FallFeatures) -> InlineArray<80, Int16> {
        var inputs = InlineArray<80, Int16>(repeating: 0)
        for index in 0..<FallNetworkTables.inputs {
            let distance = Int64(features[index]) - Int64(FallNetworkTables.means[index])
            let scaled = (distance * Int64(FallNetworkTables.scales[index])) >> 20
            inputs[index] = Int16(truncatingIfNeeded: min(max(scaled, -4 * inputOne), 4 * inputOne))
        }
        return inputs
    }
}
