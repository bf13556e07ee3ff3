import HardwareInterface

/// Finds a short plan that breaks the same promise as a long one, by leaving out more and more of it (Zeller's ddmin).
enum Shrinking {
    /// Happenings that others rest on: without the caretaker nothing would be expected to become normal.
    private static func isEssential(_ planned: Planned) -> Bool {
        switch planned.happening {
        case .caretaker, .expectNormal: true
        default: false
        }
    }

    /// - Parameters:
    ///   - violation: what `plan` breaks.
    ///   - interval: of the probes; see `World`.
    ///   - replays: see `World`.
    ///   - progress: told of each shorter plan.
    static func shrink(
        _ plan: [Planned], breaking violation: Invariants.Violation, interval: Int, replays: Bool,
        progress: (Int) -> Void
    ) -> [Planned] {
        func breaks(_ plan: [Planned]) -> Bool {
            World(interval: interval, replays: replays).live(plan, until: violation.at + .seconds(1))?.invariant
                == violation.invariant
        }
        // Nothing after the breach had a part in it.
        var best = plan.filter { $0.at <= violation.at }
        guard breaks(best) else { return plan }
        var parts = 2
        while true {
            let loose = best.indices.filter { !isEssential(best[$0]) }
            guard !loose.isEmpty else { break }
            let size = max(1, loose.count / parts)
            var isShorter = false
            for start in stride(from: 0, to: loose.count, by: size) {
                let left = Set(loose[start..<min(start + size, loose.count)])
                let candidate = best.indices.filter { !left.contains($0) }.map { best[$0] }
                guard breaks(candidate) else { continue }
                best = candidate
                isShorter = true
                progress(best.count)
                break
            }
            if isShorter {
                parts = max(2, parts - 1)
            } else if size == 1 {
                break
            } else {
                parts = min(2 * parts, loose.count)
            }
        }
        for planned in best where isEssential(planned) {
            let candidate = best.filter { $0 != planned }
            if breaks(candidate) { best = candidate }
        }
        return best
    }
}
