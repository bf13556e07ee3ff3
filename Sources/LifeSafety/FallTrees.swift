/// Scores the movement around an impact with boosted trees: the logarithm of the odds of a fall, in 1,024ths.
///
/// Each tree asks three questions of the standardised features and adds what stands at its end. The numbers stand in
/// `FallTreeTables.swift` and are made by the tuning program. A sum of a hundred leaves of less than 8 fits 32 bits.
enum FallTrees {
    static func score(_ inputs: Span<Int16>) -> Int32 {
        var sum = FallTreeTables.start
        let columns = FallTreeTables.columns.span
        let limits = FallTreeTables.limits.span
        let leaves = FallTreeTables.leaves.span
        let inner = (1 << FallTreeTables.depth) - 1
        for tree in 0..<FallTreeTables.trees {
            var node = 0
            for _ in 0..<FallTreeTables.depth {
                let place = tree * inner + node
                // Complete trees, level by level: the places below node n are 2n + 1 and 2n + 2.
                node = 2 * node + (inputs[Int(columns[place])] > limits[place] ? 2 : 1)
            }
            sum += Int32(leaves[tree * (inner + 1) + node - inner])
        }
        return sum
    }
}
