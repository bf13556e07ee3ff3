import FixedMemory

/// Sums of accelerometer codes over a burst, for a self-test, and how far the sensor swung meanwhile.
struct SampleSums: Sendable, BitwiseCopyable {
    private(set) var count: Int32 = 0
    private(set) var x: Int32 = 0
    private(set) var y: Int32 = 0
    private(set) var z: Int32 = 0
    private var low = SensorOutput.AccelerationCodes(x: .max, y: .max, z: .max)
    private var high = SensorOutput.AccelerationCodes(x: .min, y: .min, z: .min)

    mutating func add(_ codes: SensorOutput.AccelerationCodes) {
        count += 1
        x += Int32(codes.x)
        y += Int32(codes.y)
        z += Int32(codes.z)
        low = SensorOutput.AccelerationCodes(x: min(low.x, codes.x), y: min(low.y, codes.y), z: min(low.z, codes.z))
        high = SensorOutput.AccelerationCodes(
            x: max(high.x, codes.x), y: max(high.y, codes.y), z: max(high.z, codes.z))
    }

    /// The largest difference within one axis, in codes.
    var swing: Int32 {
        guard count > 0 else { return 0 }
        return max(
            Int32(high.x) - Int32(low.x), Int32(high.y) - Int32(low.y), Int32(high.z) - Int32(low.z))
    }
}

extension SampleSums: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // More than any burst of samples adds up to.
        let sums: ClosedRange<Int32> = -(1 << 24)...(1 << 24)
        state.carry(&count, within: 0...65_535)
        state.carry(&x, within: sums)
        state.carry(&y, within: sums)
        state.carry(&z, within: sums)
        state.carry(&low)
        state.carry(&high)
    }
}
