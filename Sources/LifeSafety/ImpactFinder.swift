import FixedMemory

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

extension ImpactFinder: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&candidate, within: -1...Int64.max)
        state.carry(&candidateMagnitude)
        state.carry(&waiting)
        state.carry(&waitingCount, within: 0...3)
    }

    /// Whether every impact that waits is one that the bins before `number` can have left: none is overdue, and each is due
    /// after the one before it, or they would wait for ever.
    func isTimely(before number: Int64) -> Bool {
        if candidate >= number || candidate >= 0 && number - candidate > ImpactFinder.isolation { return false }
        for index in 0..<waitingCount {
            if waiting[index] < 0 || waiting[index] >= number { return false }
            if number - waiting[index] > ImpactFinder.patience { return false }
            if index > 0 && waiting[index] <= waiting[index - 1] { return false }
        }
        return true
    }
}
