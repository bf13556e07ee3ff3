import FixedMemory

/// Finds what somebody probably meant.
enum Suggestion {
    /// How different two words are: letters put in, left out, replaced, or two neighbours exchanged (the distance of
    /// Damerau and Levenshtein, in its restricted form), in bytes.
    ///
    /// - Returns: `nil` for words of more than 32 bytes.
    static func distance<let capacity: Int>(_ typed: Span<UInt8>, _ word: FixedBytes<capacity>) -> Int? {
        guard typed.count <= 32, word.count <= 32 else { return nil }
        var beforeLast = InlineArray<33, Int>(repeating: 0)
        var last = InlineArray<33, Int>(repeating: 0)
        var current = InlineArray<33, Int>(repeating: 0)
        for column in 0...word.count { last[column] = column }
        for row in 0..<typed.count {
            current[0] = row + 1
            for column in 0..<word.count {
                let isSame = typed[row] == word[column]
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0 && column > 0 && typed[row] == word[column - 1] && typed[row - 1] == word[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current[column + 1] = cost
            }
            beforeLast = last
            last = current
        }
        return last[word.count]
    }

    /// Whether a word at this distance may be what was meant: one mistake in three letters.
    static func isNear(_ distance: Int, typed: Int) -> Bool { distance <= max(1, typed / 3) }
}
