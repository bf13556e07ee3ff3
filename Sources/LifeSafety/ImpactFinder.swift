/// Finds impacts in a row of magnitudes: local maxima that stand out from what was just before and from what follows.
///
/// What follows is looked at for longer than what came before: of the bumps of one fall the hardest counts, but whoever
/// trips while running hits the floor within a second of a step that was harder than the fall.
enum ImpactFinder {
    /// Below this a maximum is no impact, mg. A sensor that picks twenty samples a second can miss most of a peak.
    static var threshold: Int32 { 1_400 }
    /// Bins before an impact in which nothing is as hard.
    static var before: Int64 { 12 }
    /// Bins after an impact in which nothing is harder.
    static var after: Int64 { 25 }
    /// Bins from an impact to its judgement.
    static var patience: Int64 { FallFeatures.last }

    /// The impact that is due for judgement once the bin with this number is complete.
    ///
    /// - Returns: the number of its bin. Two impacts are at least `before` + 1 bins apart.
    @inline(__always)
    static func due(_ newest: Int64, in motion: borrowing BodyMotion) -> Int64? {
        let bin = newest - patience
        guard bin >= 0, motion.magnitude(bin) >= threshold else { return nil }
        return standsOut(bin, in: motion) ? bin : nil
    }

    private static func standsOut(_ bin: Int64, in motion: borrowing BodyMotion) -> Bool {
        let own = motion.magnitude(bin)
        var other = max(0, bin - before)
        while other < bin {
            if motion.magnitude(other) >= own { return false }
            other += 1
        }
        while other < bin + after {
            other += 1
            if motion.magnitude(other) > own { return false }
        }
        return true
    }
}
