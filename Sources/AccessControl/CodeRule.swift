/// How many digits codes need, so that guessing one is not worth while.
///
/// A board keeps only hashes of codes and cannot see their length: whoever issues codes must apply the rule.
public enum CodeRule {
    /// Possible codes for each one issued, where a code alone opens: IEC 60839-11-1 as restated in ULC 60839-11-1 for
    /// grade 1 (10 users four digits, 100 users five, 1,000 users six).
    public static var possibleCodesPerUser: UInt64 { 1_000 }

    /// The fewest digits that leave enough possible codes.
    ///
    /// - Parameter codes: codes issued, at most 16,777,215.
    /// - Returns: 4 to 11; never fewer than four.
    public static func fewestDigits(forCodes codes: Int) -> Int {
        var digits = 4
        var possible: UInt64 = 10_000
        while possible < UInt64(clamping: codes) * possibleCodesPerUser {
            possible *= 10
            digits += 1
        }
        return digits
    }
}
