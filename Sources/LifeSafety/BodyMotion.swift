import FixedMemory
import HardwareInterface

/// The last ten seconds of a worn accelerometer at 25 samples a second, whatever its own rate.
///
/// Every rate from 20 Hz up is brought to 25 Hz by area averaging: each input sample stands for its interval of time,
/// and a 40 ms bin is the time-weighted mean of what falls into it. That is a low-pass filter that needs no design for
/// each rate, so a detector tuned at one rate works at another.
struct BodyMotion: BitwiseCopyable {
    /// Bins a second.
    static var rate: Int { 25 }
    static var binMicroseconds: Int64 { 40_000 }
    /// Bins kept: 10.24 s.
    static var length: Int { 256 }

    private var bins = InlineArray<256, AccelerationSample>(repeating: AccelerationSample(x: 0, y: 0, z: 0))
    private var magnitudes = InlineArray<256, Int16>(repeating: 0)
    /// Bins completed since the last gap. The newest is `total - 1`.
    private(set) var total: Int64 = 0
    private var sumX: Int64 = 0
    private var sumY: Int64 = 0
    private var sumZ: Int64 = 0
    /// Time in the unfinished bin.
    private var filledMicroseconds: Int64 = 0

    /// Adds one sample that stands for `microseconds`.
    @inline(__always)
    mutating func add(_ sample: AccelerationSample, microseconds: Int64) {
        var rest = microseconds
        while filledMicroseconds + rest >= BodyMotion.binMicroseconds {
            let share = BodyMotion.binMicroseconds - filledMicroseconds
            accumulate(sample, share)
            rest -= share
            finishBin()
        }
        accumulate(sample, rest)
        filledMicroseconds += rest
    }

    @inline(__always)
    private mutating func accumulate(_ sample: AccelerationSample, _ microseconds: Int64) {
        sumX += Int64(sample.x) * microseconds
        sumY += Int64(sample.y) * microseconds
        sumZ += Int64(sample.z) * microseconds
    }

    private mutating func finishBin() {
        let sample = AccelerationSample(x: mean(sumX), y: mean(sumY), z: mean(sumZ))
        let slot = Int(truncatingIfNeeded: total) & (BodyMotion.length - 1)
        bins[slot] = sample
        let magnitude = Int16(clamping: Vector(sample).length)
        if total == 0 {
            // What was before is taken to be as the first moment: the wearer at rest.
            for index in 0..<BodyMotion.length {
                bins[index] = sample
                magnitudes[index] = magnitude
            }
        }
        bins[slot] = sample
        magnitudes[slot] = magnitude
        total += 1
        sumX = 0
        sumY = 0
        sumZ = 0
        filledMicroseconds = 0
    }

    /// Rounded to the nearest, halves away from zero.
    private func mean(_ sum: Int64) -> Int16 {
        let half = BodyMotion.binMicroseconds / 2
        return Int16(clamping: (sum + (sum < 0 ? -half : half)) / BodyMotion.binMicroseconds)
    }

    /// Forgets everything, after a gap in the samples.
    mutating func clear() {
        total = 0
        sumX = 0
        sumY = 0
        sumZ = 0
        filledMicroseconds = 0
    }

    @inline(__always)
    func sample(_ number: Int64) -> AccelerationSample {
        bins.span[Int(truncatingIfNeeded: number) & (BodyMotion.length - 1)]
    }

    /// The bin with this number, counted from the last gap; one of the newest `length`.
    @inline(__always)
    func vector(_ number: Int64) -> Vector {
        Vector(sample(number))
    }

    /// Length of the acceleration in that bin, mg.
    @inline(__always)
    func magnitude(_ number: Int64) -> Int32 {
        Int32(magnitudes.span[Int(truncatingIfNeeded: number) & (BodyMotion.length - 1)])
    }

    /// Sum over bins `from..<to`; a gravity direction if the wearer is at rest there.
    func sum(_ from: Int64, _ to: Int64) -> Vector {
        var sum = Vector.zero
        var number = from
        while number < to {
            sum = sum + vector(number)
            number += 1
        }
        return sum
    }

    /// Mean distance of the magnitudes of bins `from..<to` from their mean, mg.
    func meanDeviation(_ from: Int64, _ to: Int64) -> Int32 {
        var sum: Int32 = 0
        var number = from
        while number < to {
            sum += magnitude(number)
            number += 1
        }
        let mean = sum / Int32(to - from)
        var distance: Int32 = 0
        number = from
        while number < to {
            distance += abs(magnitude(number) - mean)
            number += 1
        }
        return distance / Int32(to - from)
    }
}

extension BodyMotion: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&bins)
        state.carry(&magnitudes)
        state.carry(&total, within: 0...Int64.max)
        state.carry(&sumX, within: BodyMotion.sums)
        state.carry(&sumY, within: BodyMotion.sums)
        state.carry(&sumZ, within: BodyMotion.sums)
        state.carry(&filledMicroseconds, within: 0...(BodyMotion.binMicroseconds - 1))
    }

    /// What an unfinished bin can add up to.
    private static var sums: ClosedRange<Int64> {
        Int64(Int16.min) * binMicroseconds...Int64(Int16.max) * binMicroseconds
    }
}
