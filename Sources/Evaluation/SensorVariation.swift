import HardwareInterface

/// How another accelerometer, mounted and read differently, would have seen the same movement.
public struct SensorVariation: Sendable {
    public enum Reduction: Sendable {
        /// Each sample is the mean of its interval, as with a sensor whose filter follows its rate.
        case averaged
        /// Each sample is one of the original ones, as with a sensor whose filter does not.
        case picked
    }

    /// Factor on each axis.
    public var gain: (Double, Double, Double) = (1, 1, 1)
    /// Thousandths of g on each axis.
    public var offset: (Double, Double, Double) = (0, 0, 0)
    /// Standard deviation of white noise on each sample, thousandths of g.
    public var noise: Double = 0
    /// Values beyond are cut off, thousandths of g.
    public var fullScale: Double = 16_000
    /// Steps of the digital value, thousandths of g.
    public var resolution: Double = 1
    /// Samples a second; `nil` leaves the original rate.
    public var rate: Double?
    public var reduction: Reduction = .averaged
    /// Rows of a rotation matrix.
    public var rotation: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
    /// How many times as fast as recorded everything happens: another wearer, or a sensor whose clock is not what it says.
    public var tempo: Double = 1

    public init() {}

    /// A random one: gain ±5 %, offset ±30 mg, noise up to 15 mg, full scale 2 to 16 g, 20 to 200 Hz, any mounting.
    public init(using random: inout SplitMix64) {
        gain = (
            .random(in: 0.95...1.05, using: &random), .random(in: 0.95...1.05, using: &random),
            .random(in: 0.95...1.05, using: &random)
        )
        offset = (
            .random(in: -30...30, using: &random), .random(in: -30...30, using: &random),
            .random(in: -30...30, using: &random)
        )
        noise = .random(in: 0...15, using: &random)
        fullScale = [2_000, 4_000, 4_000, 8_000, 8_000, 16_000].randomElement(using: &random)!
        resolution = [1, 4, 16].randomElement(using: &random)!
        rate = [20, 20, 25, 30, 40, 50, 100, 200].randomElement(using: &random)!
        reduction = Bool.random(using: &random) ? .averaged : .picked
        rotation = SensorVariation.randomRotation(using: &random)
    }

    /// A random one of 20 Hz: gain, offset, noise and mounting as above, full scale 4 or 8 g, steps of 1 mg.
    public static func ofTwentyHertz(using random: inout SplitMix64) -> SensorVariation {
        var variation = SensorVariation(using: &random)
        variation.rate = 20
        variation.resolution = 1
        variation.fullScale = Bool.random(using: &random) ? 4_000 : 8_000
        return variation
    }

    /// A random one with a wearer who moves at 0.84 to 1.19 times the recorded pace.
    public static func ofAnotherPace(using random: inout SplitMix64) -> SensorVariation {
        var variation = SensorVariation(using: &random)
        variation.tempo = .random(in: 0.84...1.19, using: &random)
        return variation
    }

    /// A rotation from a random unit quaternion (Shoemake 1992, by rejection so that no library function differs).
    public static func randomRotation(using random: inout SplitMix64) -> [Double] {
        var quaternion = [0.0, 0, 0, 0]
        var square = 0.0
        repeat {
            quaternion = (0..<4).map { _ in .random(in: -1...1, using: &random) }
            square = quaternion.reduce(0) { $0 + $1 * $1 }
        } while square > 1 || square < 0.01
        let length = square.squareRoot()
        let w = quaternion[0] / length
        let x = quaternion[1] / length
        let y = quaternion[2] / length
        let z = quaternion[3] / length
        return [
            1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
        ]
    }

    /// Applies the variation to raw codes.
    ///
    /// - Parameters:
    ///   - codes: x, y, z in turn.
    ///   - milligravityPerCode: of the recording.
    ///   - originalRate: samples a second of the recording.
    /// - Returns: the samples and the rate at which they are taken to come.
    public func apply(
        to codes: [Int16], milligravityPerCode: Double, originalRate: Double, using random: inout SplitMix64
    ) -> (samples: [AccelerationSample], rate: Double) {
        let count = codes.count / 3
        // A sensor cannot have been faster than the recording.
        let newRate = min(rate ?? originalRate, originalRate)
        let step = originalRate / newRate
        let newCount = Int(Double(count) / step)
        var samples: [AccelerationSample] = []
        samples.reserveCapacity(newCount)
        let phase = newRate < originalRate ? Double.random(in: 0..<1, using: &random) : 0
        for index in 0..<newCount {
            let vector = reduced(codes, index: index, step: step, phase: phase, count: count)
            let turned = (
                rotation[0] * vector.0 + rotation[1] * vector.1 + rotation[2] * vector.2,
                rotation[3] * vector.0 + rotation[4] * vector.1 + rotation[5] * vector.2,
                rotation[6] * vector.0 + rotation[7] * vector.1 + rotation[8] * vector.2
            )
            samples.append(
                AccelerationSample(
                    x: digital(turned.0 * milligravityPerCode * gain.0 + offset.0, using: &random),
                    y: digital(turned.1 * milligravityPerCode * gain.1 + offset.1, using: &random),
                    z: digital(turned.2 * milligravityPerCode * gain.2 + offset.2, using: &random)))
        }
        return (samples, newRate * tempo)
    }

    private func reduced(
        _ codes: [Int16], index: Int, step: Double, phase: Double, count: Int
    ) -> (Double, Double, Double) {
        func code(_ place: Int) -> (Double, Double, Double) {
            let base = min(place, count - 1) * 3
            return (Double(codes[base]), Double(codes[base + 1]), Double(codes[base + 2]))
        }
        if step == 1 { return code(index) }
        if reduction == .picked { return code(Int((Double(index) + phase) * step)) }
        var sum = (0.0, 0.0, 0.0)
        var position = Double(index) * step
        let end = position + step
        while position < end - 1e-9 {
            let place = Int(position + 1e-9)
            let share = min(Double(place + 1), end) - position
            let value = code(place)
            sum = (sum.0 + value.0 * share, sum.1 + value.1 * share, sum.2 + value.2 * share)
            position += share
        }
        return (sum.0 / step, sum.1 / step, sum.2 / step)
    }

    private func digital(_ value: Double, using random: inout SplitMix64) -> Int16 {
        var noisy = value
        if noise > 0 {
            // The sum of four uniform numbers: near enough to a normal distribution, and the same everywhere. Their
            // variance is 4/12.
            var sum = -2.0
            for _ in 0..<4 { sum += Double(random.next() >> 11) * 0x1p-53 }
            noisy += sum * noise * 3.0.squareRoot()
        }
        let cut = min(max(noisy, -fullScale), fullScale)
        return Int16((cut / resolution).rounded() * resolution)
    }
}

/// A small random source whose sequence is the same everywhere (Steele, Lea and Flood, 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
