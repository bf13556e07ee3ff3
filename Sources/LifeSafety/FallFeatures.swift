import HardwareInterface

/// What is known about the movement around an impact, as integers that do not change when the sensor is turned.
///
/// Times are in bins of 40 ms from the impact (0); −63 is 2.52 s before it, 50 is 2 s after. `up` is the mean
/// acceleration of −63..<−13, the direction of gravity before anything happened. Cosines are in 16,384ths, lengths and
/// accelerations in mg, impulses in mg bins.
package struct FallFeatures: BitwiseCopyable {
    package static var count: Int { 80 }

    private var values = InlineArray<80, Int32>(repeating: 0)
    private var filled = 0

    package subscript(_ index: Int) -> Int32 { values.span[index] }

    private mutating func append(_ value: Int32) {
        values[filled] = value
        filled += 1
    }

    private mutating func append(_ value: Int64) { append(Int32(clamping: value)) }

    /// First and last bin that is looked at.
    package static var first: Int64 { -63 }
    package static var last: Int64 { 50 }

    init(_ motion: borrowing BodyMotion, impact: Int64) {
        let window = ImpactWindow(motion, impact: impact)
        let up = window.sum(-63, -13)
        let tilt = Turning(window, from: up)
        appendTiltProfile(tilt)
        appendPostures(window, up)
        appendTurns(window, tilt)
        appendLoads(window)
        appendActivity(window)
        appendImpact(window, up)
        precondition(filled <= FallFeatures.count)
    }

    /// Cosine of the tilt from `up` at fixed moments.
    private mutating func appendTiltProfile(_ tilt: borrowing Turning) {
        append(tilt.cosine(-25))
        append(tilt.cosine(-12))
        append(tilt.cosine(-6))
        append(tilt.cosine(-3))
        append(tilt.cosine(0))
        append(tilt.cosine(3))
        append(tilt.cosine(6))
        append(tilt.cosine(12))
        append(tilt.cosine(18))
        append(tilt.cosine(25))
        append(tilt.cosine(31))
        append(tilt.cosine(37))
        append(tilt.cosine(43))
        append(tilt.cosine(48))
    }

    /// Cosines between the mean directions of longer periods.
    private mutating func appendPostures(_ window: borrowing ImpactWindow, _ up: Vector) {
        let atOnce = window.sum(1, 13)
        let second = window.sum(13, 25)
        let third = window.sum(25, 37)
        let fourth = window.sum(37, 50)
        append(up.cosine(to: window.sum(1, 6)))
        append(up.cosine(to: atOnce))
        append(up.cosine(to: second))
        append(up.cosine(to: third))
        append(up.cosine(to: fourth))
        append(second.cosine(to: third))
        append(third.cosine(to: fourth))
        append(atOnce.cosine(to: fourth))
        append(window.sum(-63, -38).cosine(to: window.sum(-38, -13)))
    }

    /// Extremes of the tilt, when they come, and how fast the body turns.
    private mutating func appendTurns(_ window: borrowing ImpactWindow, _ tilt: borrowing Turning) {
        append(tilt.lowest(0, 25))
        append(tilt.lowest(25, 48))
        append(tilt.highest(12, 37))
        append(tilt.highest(37, 48))
        append(tilt.lowest(-61, -13))
        append(tilt.firstBelow(11_585, -38, 48))
        append(tilt.lastAbove(11_585, -38, 48))
        append(tilt.countBelow(8_192, 0, 48))
        let around = window.fastestTurn(-25, 25, over: 12)
        append(around.cosine)
        append(around.time)
        append(window.fastestTurn(-60, -26, over: 12).cosine)
        append(window.fastestTurn(26, 42, over: 12).cosine)
        append(window.fastestTurn(-25, 25, over: 6).cosine)
    }

    /// Lengths of the acceleration.
    private mutating func appendLoads(_ window: borrowing ImpactWindow) {
        append(window.magnitude(0))
        append(window.sum(-1, 2).length / 3)
        append(window.sum(-2, 3).length / 5)
        let lightest = window.lightest(-25, 0)
        append(lightest.magnitude)
        append(lightest.time)
        append(window.lightest(-12, 0).magnitude)
        append(window.meanMagnitude(-13, 0))
        append(window.meanMagnitude(1, 13))
        append(window.meanMagnitude(25, 37))
        append(window.meanMagnitude(37, 50))
        append(window.heaviest(-63, -13))
        append(window.heaviest(13, 31))
        append(window.heaviest(31, 50))
    }

    /// How much the body moves before and after.
    private mutating func appendActivity(_ window: borrowing ImpactWindow) {
        append(window.meanDeviation(-63, -38))
        append(window.meanDeviation(-38, -13))
        append(window.meanDeviation(-13, 0))
        append(window.meanDeviation(13, 25))
        append(window.meanDeviation(25, 37))
        append(window.meanDeviation(37, 50))
        append(window.countAbove(1_300, -63, -13))
        append(window.countAbove(1_300, -13, 13))
        append(window.countAbove(1_300, 13, 50))
        append(window.peaksAbove(1_250, -62, -13))
        append(window.peaksAbove(1_250, 13, 49))
        append(window.path(-63, -13))
        append(window.path(13, 31))
        append(window.path(31, 50))
    }

    /// Direction and size of the impact against gravity before and after it.
    private mutating func appendImpact(_ window: borrowing ImpactWindow, _ up: Vector) {
        let after = window.sum(25, 50)
        let peak = window.sum(-1, 2)
        append(peak.along(up) / 3)
        append(peak.across(up) / 3)
        append(peak.along(after) / 3)
        append(peak.across(after) / 3)
        append(window.excess(-3, 9))
        append(window.deficit(-25, 0))
        append(window.deficit(-12, 0))
        // Speed gained along gravity before the impact, and lost in it.
        append(window.sum(-25, 0).along(up) - 25 * 1_000)
        append(window.sum(-12, 0).along(up) - 12 * 1_000)
        append(window.sum(0, 13).along(up) - 13 * 1_000)
        append(window.sum(-12, 13).across(up))
        append(window.sum(0, 6).across(up))
        append(window.steepest(-12, 13))
        append(window.steepest(13, 50))
        append(up.length / 50)
        append(after.length / 25)
        append(window.horizontalAgreement(up, after))
    }
}

/// Tilt from a direction over the window: cosines of a fifth of a second each.
private struct Turning: BitwiseCopyable {
    /// Of −61...48.
    private var cosines = InlineArray<110, Int16>(repeating: 0)

    init(_ window: borrowing ImpactWindow, from up: Vector) {
        let length = integerSquareRoot(up.dot(up))
        for index in 0..<110 {
            let smooth = window.smooth(Int64(index) - 61)
            cosines[index] = Int16(clamping: LifeSafety.cosine(up, length, smooth.vector, smooth.length))
        }
    }

    func cosine(_ time: Int64) -> Int32 { Int32(cosines.span[Int(time) + 61]) }

    func lowest(_ from: Int64, _ to: Int64) -> Int32 {
        var result = cosine(from)
        for time in from...to { result = min(result, cosine(time)) }
        return result
    }

    func highest(_ from: Int64, _ to: Int64) -> Int32 {
        var result = cosine(from)
        for time in from...to { result = max(result, cosine(time)) }
        return result
    }

    /// First time in `from...to` at which the cosine is below `limit`; one past the end if never.
    func firstBelow(_ limit: Int32, _ from: Int64, _ to: Int64) -> Int64 {
        for time in from...to where cosine(time) < limit { return time }
        return to + 1
    }

    /// Last time in `from...to` at which the cosine is above `limit`; one before the begin if never.
    func lastAbove(_ limit: Int32, _ from: Int64, _ to: Int64) -> Int64 {
        var time = to
        while time >= from {
            if cosine(time) > limit { return time }
            time -= 1
        }
        return from - 1
    }

    func countBelow(_ limit: Int32, _ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in from...to where cosine(time) < limit { result += 1 }
        return result
    }
}

/// The bins around an impact, addressed by their time from it.
private struct ImpactWindow: BitwiseCopyable {
    /// −63...50.
    private var vectors = InlineArray<114, AccelerationSample>(repeating: AccelerationSample(x: 0, y: 0, z: 0))
    private var magnitudes = InlineArray<114, Int16>(repeating: 0)
    /// Sums of the fifth of a second around −61...48, and their lengths: turns are looked for in all of them.
    private var smooths = InlineArray<110, (vector: Vector, length: Int64)>(repeating: (.zero, 0))

    init(_ motion: borrowing BodyMotion, impact: Int64) {
        for index in 0..<114 {
            let number = impact + FallFeatures.first + Int64(index)
            vectors[index] = motion.sample(number)
            magnitudes[index] = Int16(clamping: motion.magnitude(number))
        }
        for index in 0..<110 {
            let time = Int64(index) - 61
            let vector = sum(time - 2, time + 3)
            smooths[index] = (vector, integerSquareRoot(vector.dot(vector)))
        }
    }

    @inline(__always)
    func vector(_ time: Int64) -> Vector { Vector(vectors.span[Int(time) + 63]) }

    @inline(__always)
    func magnitude(_ time: Int64) -> Int32 { Int32(magnitudes.span[Int(time) + 63]) }

    /// Sum over `from..<to`.
    func sum(_ from: Int64, _ to: Int64) -> Vector {
        var sum = Vector.zero
        for time in from..<to { sum = sum + vector(time) }
        return sum
    }

    /// Sum of the fifth of a second around `time`, −61...48, with its length.
    @inline(__always)
    func smooth(_ time: Int64) -> (vector: Vector, length: Int64) { smooths.span[Int(time) + 61] }

    func meanMagnitude(_ from: Int64, _ to: Int64) -> Int32 {
        var sum: Int32 = 0
        for time in from..<to { sum += magnitude(time) }
        return sum / Int32(to - from)
    }

    /// Mean distance of the magnitude from its mean.
    func meanDeviation(_ from: Int64, _ to: Int64) -> Int32 {
        let mean = meanMagnitude(from, to)
        var sum: Int32 = 0
        for time in from..<to { sum += abs(magnitude(time) - mean) }
        return sum / Int32(to - from)
    }

    func heaviest(_ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in from..<to { result = max(result, magnitude(time)) }
        return result
    }

    func lightest(_ from: Int64, _ to: Int64) -> (magnitude: Int32, time: Int64) {
        var result = (magnitude: magnitude(from), time: from)
        for time in from..<to where magnitude(time) < result.magnitude { result = (magnitude(time), time) }
        return result
    }

    func countAbove(_ limit: Int32, _ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in from..<to where magnitude(time) > limit { result += 1 }
        return result
    }

    /// Local maxima above `limit`.
    func peaksAbove(_ limit: Int32, _ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in from..<to
        where magnitude(time) > limit && magnitude(time) >= magnitude(time - 1) && magnitude(time) > magnitude(time + 1)
        {
            result += 1
        }
        return result
    }

    /// Length of the way of the acceleration vector.
    func path(_ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in (from + 1)..<to { result += (vector(time) - vector(time - 1)).length }
        return result
    }

    func steepest(_ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in (from + 1)..<to { result = max(result, (vector(time) - vector(time - 1)).length) }
        return result
    }

    /// Sum of what the load is above gravity.
    func excess(_ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in from..<to { result += max(0, magnitude(time) - 1_000) }
        return result
    }

    /// Sum of what the load is below gravity: how long and how freely the body fell.
    func deficit(_ from: Int64, _ to: Int64) -> Int32 {
        var result: Int32 = 0
        for time in from..<to { result += max(0, 1_000 - magnitude(time)) }
        return result
    }

    /// The largest change of direction within `span` bins that begins in `from...to` minus half the span.
    func fastestTurn(_ from: Int64, _ to: Int64, over span: Int64) -> (cosine: Int32, time: Int64) {
        var result = (cosine: Int32(16_384), time: from)
        var time = from
        while time <= to {
            let begin = smooth(max(-61, time - span / 2))
            let end = smooth(min(48, time + span / 2))
            let turned = LifeSafety.cosine(begin.vector, begin.length, end.vector, end.length)
            if turned < result.cosine { result = (turned, time) }
            time += 1
        }
        return result
    }

    /// Cosine between the horizontal push of the impact and the side to which the body lies afterwards.
    func horizontalAgreement(_ up: Vector, _ after: Vector) -> Int32 {
        sum(-3, 6).rejected(from: up).cosine(to: after.rejected(from: up))
    }
}

extension Vector {
    init(_ sample: AccelerationSample) {
        self.init(x: Int32(sample.x), y: Int32(sample.y), z: Int32(sample.z))
    }

    /// Signed length of the part along `direction`; 0 if that has no length.
    func along(_ direction: Vector) -> Int32 {
        let length = integerSquareRoot(direction.dot(direction))
        return length == 0 ? 0 : Int32(clamping: dot(direction) / length)
    }

    /// Length of the part across `direction`.
    func across(_ direction: Vector) -> Int32 {
        let along = Int64(along(direction))
        return Int32(clamping: integerSquareRoot(max(0, dot(self) - along * along)))
    }

    /// The part across `direction`.
    func rejected(from direction: Vector) -> Vector {
        let square = direction.dot(direction)
        guard square > 0 else { return self }
        let own = dot(direction)
        return Vector(
            x: x - Int32(clamping: own * Int64(direction.x) / square),
            y: y - Int32(clamping: own * Int64(direction.y) / square),
            z: z - Int32(clamping: own * Int64(direction.z) / square))
    }
}
