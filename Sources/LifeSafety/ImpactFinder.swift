/// Finds impacts in a row of magnitudes: local maxima of at least 1.5 g that stand alone for a second on either side.
///
/// An impact is handed out once what followed it is known, three seconds later.
struct ImpactFinder: BitwiseCopyable {
    /// Below this a maximum is no impact, mg. Lower finds no more falls, only more work.
    static let threshold: Int32 = 1_500
    /// A larger maximum within so many bins takes the place of a smaller one.
    static let isolation: Int64 = 25
    /// Bins from an impact to its judgement.
    static let patience: Int64 = FallFeatures.last

    private var candidate: Int64 = -1
    private var candidateMagnitude: Int32 = 0
    /// Impacts whose judgement is due later, oldest first; they are a second apart, so four are enough.
    private var waiting = InlineArray<4, Int64>(repeating: 0)
    private var waitingCount = 0

    /// Takes the magnitude of the next bin.
    ///
    /// - Returns: an impact that is due for judgement now.
    @inline(__always)
    mutating func next(_ number: Int64, magnitude: Int32) -> Int64? {
        if magnitude >= ImpactFinder.threshold && (candidate < 0 || magnitude > candidateMagnitude) {
            candidate = number
            candidateMagnitude = magnitude
        }
        if candidate >= 0 && number - candidate == ImpactFinder.isolation {
            waiting[waitingCount] = candidate
            waitingCount += 1
            candidate = -1
        }
        guard waitingCount > 0, number - waiting[0] == ImpactFinder.patience else { return nil }
        let due = waiting[0]
        waitingCount -= 1
        for index in 0..<waitingCount { waiting[index] = waiting[index + 1] }
        return due
    }
}
