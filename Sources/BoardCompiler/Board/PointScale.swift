/// The straight line from a sensor's readings to a point's values, in the integers that the board calculates with.
struct PointScale: Equatable {
    var zero: Int32
    var numerator: Int32
    var denominator: Int32

    static let identity = PointScale(zero: 0, numerator: 1, denominator: 1)

    enum Failure: Error, Equatable {
        /// Both readings are the same.
        case noDistance
        /// Both values are the same.
        case flat
        /// So steep that whole numbers cannot place the line within one unit of the value.
        case tooSteep
        /// The numbers do not fit in 32 bits.
        case tooLarge
    }

    init(zero: Int32, numerator: Int32, denominator: Int32) {
        self.zero = zero
        self.numerator = numerator
        self.denominator = denominator
    }

    /// The line through two readings with their values.
    init(_ first: (raw: Int64, value: Int64), _ second: (raw: Int64, value: Int64)) throws(Failure) {
        var rise = second.value - first.value
        var run = second.raw - first.raw
        guard run != 0 else { throw .noDistance }
        guard rise != 0 else { throw .flat }
        if run < 0 { (rise, run) = (-rise, -run) }
        let divisor = PointScale.greatestCommonDivisor(rise.magnitude, run.magnitude)
        rise /= Int64(divisor)
        run /= Int64(divisor)
        // Where the value is 0: raw0 - value0 * run / rise, to the nearest reading.
        let (product, overflow) = first.value.multipliedReportingOverflow(by: run)
        guard !overflow else { throw .tooLarge }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: rise)
        let nearest = 2 * remainder.magnitude >= rise.magnitude ? ((remainder < 0) == (rise < 0) ? 1 : -1) : Int64(0)
        // Half a reading of error becomes half a `rise / run` of value.
        guard remainder == 0 || rise.magnitude <= 2 * run.magnitude else { throw .tooSteep }
        guard let zero = Int32(exactly: first.raw - quotient - nearest), let numerator = Int32(exactly: rise),
            let denominator = Int32(exactly: run)
        else { throw .tooLarge }
        self.init(zero: zero, numerator: numerator, denominator: denominator)
    }

    /// The value of a reading, as the board works it out.
    func value(of raw: Int64) -> Int64 { (raw - Int64(zero)) * Int64(numerator) / Int64(denominator) }

    private static func greatestCommonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
        var (larger, smaller) = (left, right)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return max(1, larger)
    }
}
