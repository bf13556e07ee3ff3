import FixedMemory
import HardwareInterface

/// What a driver found out in one call: bounded, reused by the caller from call to call.
///
/// Use: `removeAll()`, hand it to `poll` or `complete`, then look at `health`, the readings and the samples.
public struct SensorOutput: ~Copyable {
    /// Channel readings that fit; no sensor has more channels.
    public static var readingLimit: Int { 16 }
    /// Acceleration samples that fit: the deepest FIFO.
    public static var sampleLimit: Int { 32 }

    /// A reading with the channel of the sensor that it belongs to.
    public struct ChannelReading: Equatable, Sendable, BitwiseCopyable {
        public var channel: UInt8
        public var reading: Reading
    }

    /// Raw codes of one sample, in the chip's own resolution: what recordings such as SisFall hold.
    public struct AccelerationCodes: Equatable, Sendable, BitwiseCopyable {
        public var x: Int16
        public var y: Int16
        public var z: Int16
        public init(x: Int16, y: Int16, z: Int16) {
            self.x = x
            self.y = y
            self.z = z
        }
    }

    /// The sensor's new health if it changed in this call.
    public internal(set) var health: SensorHealth?

    /// Channel readings, `0..<readingCount`.
    public private(set) var readingCount: Int
    private var readings: InlineArray<16, ChannelReading>

    /// Acceleration samples, `0..<sampleCount`, oldest first.
    public private(set) var sampleCount: Int
    private var codes: InlineArray<32, AccelerationCodes>
    /// Codes that make up standard gravity; 1 while there are no samples.
    public private(set) var codesPerGravity: Int32
    /// When the last sample was taken. Meaningless while `sampleCount` is 0.
    public private(set) var lastSampleAt: Instant
    /// Time from sample to sample. Meaningless while `sampleCount` is 0.
    public private(set) var sampleInterval: Interval
    /// Samples were lost between the first of these and what was handed out before.
    public private(set) var samplesWereLost: Bool

    /// Makes an empty output.
    public init() {
        health = nil
        readingCount = 0
        let none = ChannelReading(channel: 0, reading: Reading(value: 0, quality: .starting, at: .start))
        readings = InlineArray(repeating: none)
        sampleCount = 0
        codes = InlineArray(repeating: AccelerationCodes(x: 0, y: 0, z: 0))
        codesPerGravity = 1
        lastSampleAt = .start
        sampleInterval = .zero
        samplesWereLost = false
    }

    public var isEmpty: Bool { health == nil && readingCount == 0 && sampleCount == 0 }

    /// Forgets everything; to be called before each call of a driver.
    public mutating func removeAll() {
        health = nil
        removeMeasurements()
    }

    /// The reading at `index`. Traps outside `0..<readingCount`.
    public func reading(_ index: Int) -> ChannelReading {
        precondition(index >= 0 && index < readingCount, "index out of range")
        return readings[index]
    }

    /// The raw codes of the sample at `index`. Traps outside `0..<sampleCount`.
    public func accelerationCodes(_ index: Int) -> AccelerationCodes {
        precondition(index >= 0 && index < sampleCount, "index out of range")
        return codes[index]
    }

    /// The sample at `index` in thousandths of standard gravity. Traps outside `0..<sampleCount`.
    public func accelerationSample(_ index: Int) -> AccelerationSample {
        let sample = accelerationCodes(index)
        return AccelerationSample(
            x: milligravity(code: sample.x, codesPerGravity: codesPerGravity),
            y: milligravity(code: sample.y, codesPerGravity: codesPerGravity),
            z: milligravity(code: sample.z, codesPerGravity: codesPerGravity))
    }

    /// When the sample at `index` was taken. Traps outside `0..<sampleCount`.
    public func sampleInstant(_ index: Int) -> Instant {
        precondition(index >= 0 && index < sampleCount, "index out of range")
        return Instant(
            nanoseconds: lastSampleAt.nanoseconds - sampleInterval.nanoseconds * Int64(sampleCount - 1 - index))
    }

    mutating func removeMeasurements() {
        readingCount = 0
        sampleCount = 0
        codesPerGravity = 1
        samplesWereLost = false
    }

    mutating func append(channel: UInt8, value: Int32, quality: Quality, at instant: Instant) {
        guard readingCount < SensorOutput.readingLimit else { return }
        readings[readingCount] = ChannelReading(
            channel: channel, reading: Reading(value: value, quality: quality, at: instant))
        readingCount += 1
    }

    /// Appends a measured value: `good` within the channel's range, `outOfRange` outside.
    mutating func append(channel: UInt8, value: Int32, of description: SensorChannel, at instant: Instant) {
        let isWithin = description.range.contains(value)
        append(channel: channel, value: value, quality: isWithin ? .good : .outOfRange, at: instant)
    }

    mutating func append(sample: AccelerationCodes) {
        guard sampleCount < SensorOutput.sampleLimit else {
            samplesWereLost = true
            return
        }
        codes[sampleCount] = sample
        sampleCount += 1
    }

    mutating func describeSamples(
        codesPerGravity: Int32, lastAt: Instant, interval: Interval, werePrecededByLoss: Bool
    ) {
        self.codesPerGravity = codesPerGravity
        lastSampleAt = lastAt
        sampleInterval = interval
        samplesWereLost = samplesWereLost || werePrecededByLoss
    }
}

extension SensorOutput.AccelerationCodes: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&x)
        state.carry(&y)
        state.carry(&z)
    }
}

/// An accelerometer code in thousandths of standard gravity, rounded to the nearest, halves away from zero.
///
/// ±16 g at any resolution fits; what would not fit in 16 bits saturates.
public func milligravity(code: Int16, codesPerGravity: Int32) -> Int16 {
    Int16(clamping: dividedRounding(Int64(code) * 1_000, by: Int64(max(codesPerGravity, 1))))
}

/// The quotient to the nearest integer, halves away from zero. `divisor` is 1 or more.
func dividedRounding(_ dividend: Int64, by divisor: Int64) -> Int64 {
    let half = divisor / 2
    return dividend >= 0 ? (dividend + half) / divisor : (dividend - half) / divisor
}
