import FixedMemory
import HardwareInterface

/// From accelerometer samples to impacts with their features: the part of the fall detector that tuning shares.
package struct FallFrontEnd: BitwiseCopyable {
    private(set) var motion = BodyMotion()

    package init() {}

    /// Bins completed since the last gap.
    package var binCount: Int64 { motion.total }

    /// Adds one sample that stands for `microseconds`.
    ///
    /// - Returns: the number of its bin, if an impact is due for judgement now. Impacts are half a second apart, and a sample
    ///   ends two bins at the most, so there is never more than one.
    @inline(__always)
    package mutating func add(_ sample: AccelerationSample, microseconds: Int64) -> Int64? {
        var number = motion.total
        motion.add(sample, microseconds: microseconds)
        var due: Int64?
        while number < motion.total {
            if let impact = ImpactFinder.due(number, in: motion) { due = impact }
            number += 1
        }
        return due
    }

    /// The movement around an impact that is due.
    package func features(of impact: Int64) -> FallFeatures { FallFeatures(motion, impact: impact) }

    /// Length of the acceleration in that bin, mg.
    package func magnitude(_ number: Int64) -> Int32 { motion.magnitude(number) }

    /// The mean acceleration in that bin, mg.
    package func bin(_ number: Int64) -> AccelerationSample { motion.sample(number) }

    /// Forgets everything, after a gap in the samples.
    mutating func clear() {
        motion.clear()
    }
}

extension FallFrontEnd: Carried {
    package mutating func carry(_ state: inout StateCarrier) {
        state.carry(&motion)
    }
}
