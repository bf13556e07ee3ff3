/// The nearest of some known names to one that is not known: "did you mean …?"
public enum Suggestion {
    /// The candidate that differs least from `name`, if it is near enough to be a slip of the finger.
    ///
    /// Case, `-`, `_` and blanks do not count as differences.
    public static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
        let wanted = folded(name)
        guard !wanted.isEmpty else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(wanted, folded(candidate))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        guard let best else { return nil }
        let tolerated = max(1, wanted.count / 3)
        if best.distance <= tolerated { return best.candidate }
        // "debounce_time" for "debounce", "smoke" for "smoke_lobby".
        let bestFolded = folded(best.candidate)
        let isPart =
            wanted.count >= 3 && bestFolded.count >= 3
            && (wanted.starts(with: bestFolded) || bestFolded.starts(with: wanted))
        return isPart ? best.candidate : nil
    }

    /// "did you mean 'x'? " in front of the list of what is known, or the list alone.
    public static func remedy(for name: String, among candidates: [String], kind: String) -> String {
        guard !candidates.isEmpty else { return "there are no \(kind) yet; describe one first" }
        let shown = candidates.count <= 24 ? candidates : Array(candidates.prefix(24))
        let rest = candidates.count > shown.count ? " and \(candidates.count - shown.count) more" : ""
        let list = "known \(kind): " + shown.joined(separator: ", ") + rest
        guard let nearest = nearest(to: name, among: candidates) else { return list }
        return "did you mean '\(nearest)'? (\(list))"
    }

    private static func folded(_ text: String) -> [Character] {
        text.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }.map { $0 }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
    static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforePrevious = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row] + [Int](repeating: 0, count: right.count)
            for column in 1...right.count {
                let replaced = previous[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                current[column] = min(previous[column] + 1, current[column - 1] + 1, replaced)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    current[column] = min(current[column], beforePrevious[column - 2] + 1)
                }
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
