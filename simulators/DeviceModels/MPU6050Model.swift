import FixedMemory
import HardwareInterface

/// InvenSense MPU-6050 from the bus: registers with auto-increment, accelerometer, gyroscope, temperature, self-test with
/// factory codes, and the FIFO of 1024 bytes with its overflow, filled at the sample rate on the virtual clock.
///
/// Source: InvenSense RM-MPU-6000A 4.2. Interrupt pin, motion detection, auxiliary I2C and the motion processor are not
/// modelled.
public struct MPU6050Model: ChipModel {
    public var defects = ChipDefects()
    /// What the accelerometer feels.
    public var motion = Motion()

    /// Factory codes of the self-test: accelerometer x, y, z, gyroscope x, y, z.
    private static var codes: InlineArray<6, Int> { [16, 15, 20, 14, 13, 18] }

    private var noise = Noise(seed: 0x68)
    private var pointer: UInt8 = 0
    private var registers = InlineArray<128, UInt8>(repeating: 0)
    private let fifo = ByteFIFO(capacity: 1_024)
    private var acceleration = AccelerationCodes(x: 0, y: 0, z: 0)
    private var rotation = AccelerationCodes(x: 0, y: 0, z: 0)
    private var temperature: Int16 = 0
    private var millidegrees: Int32 = 30_000
    private var turning = (Int32(0), Int32(0), Int32(0))
    private var nextSampleAt = Instant.never
    private var resetUntil = Instant.start

    public init() { powerOn(at: .start) }

    public mutating func powerOn(at now: Instant) {
        registers = InlineArray(repeating: 0)
        // Asleep.
        registers[0x6B] = 0x40
        for axis in 0..<3 {
            let accelerometer = UInt8(MPU6050Model.codes[axis])
            let gyroscope = UInt8(MPU6050Model.codes[3 + axis])
            registers[0x0D + axis] = (accelerometer >> 2) << 5 | gyroscope
            registers[0x10] |= (accelerometer & 0x03) << UInt8(4 - 2 * axis)
        }
        pointer = 0
        fifo.clear()
        acceleration = AccelerationCodes(x: 0, y: 0, z: 0)
        rotation = AccelerationCodes(x: 0, y: 0, z: 0)
        temperature = 0
        nextSampleAt = .never
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        switch quantity {
        case .temperature: millidegrees = value
        case .rotationX: turning.0 = value
        case .rotationY: turning.1 = value
        case .rotationZ: turning.2 = value
        default: return motion.set(quantity, toMilligravity: value)
        }
        return true
    }

    // MARK: Sampling

    private var sampleInterval: Interval {
        // 8 kHz without the low-pass filter, 1 kHz with it.
        let filter = registers[0x1A] & 0x07
        let base: Int64 = filter == 0 || filter == 7 ? 125_000 : 1_000_000
        return defects.stretched(Interval(nanoseconds: base * (1 + Int64(registers[0x19]))))
    }

    private mutating func advance(to now: Instant) {
        guard nextSampleAt <= now else { return }
        let interval = sampleInterval
        let due = (now - nextSampleAt).nanoseconds / interval.nanoseconds + 1
        if due > 200 { nextSampleAt = nextSampleAt + interval * (due - 200) }
        while nextSampleAt <= now {
            sample(at: nextSampleAt)
            nextSampleAt = nextSampleAt + interval
        }
    }

    private mutating func sample(at instant: Instant) {
        if !defects.isFrozen { measure(at: instant) }
        guard registers[0x6A] & 0x40 != 0 else { return }
        let enabled = registers[0x23]
        if enabled & 0x08 != 0 {
            push(acceleration.x)
            push(acceleration.y)
            push(acceleration.z)
        }
        if enabled & 0x80 != 0 { push(temperature) }
        if enabled & 0x40 != 0 { push(rotation.x) }
        if enabled & 0x20 != 0 { push(rotation.y) }
        if enabled & 0x10 != 0 { push(rotation.z) }
    }

    private func push(_ word: Int16) {
        fifo.push(UInt8(truncatingIfNeeded: word >> 8))
        fifo.push(UInt8(truncatingIfNeeded: word))
    }

    /// The factory's answer in codes: accelerometer at ±8 g, gyroscope at ±250 °/s.
    private static func factoryAnswer(axis: Int) -> Double {
        let code = codes[axis]
        guard code > 0 else { return 0 }
        var value = axis < 3 ? 4_096 * 0.34 : 25 * 131.0
        // The 30th root of 0.92 / 0.34, or 1.046, as often as the code says.
        for _ in 1..<code { value *= axis < 3 ? 1.033_739_05 : 1.046 }
        return axis == 4 ? -value : value
    }

    private mutating func measure(at instant: Instant) {
        let (felt, isRecorded) = motion.codes(at: instant)
        let accelerometer = registers[0x1C]
        let gyroscope = registers[0x1B]
        let passes = !defects.failsSelfTest
        func linear(_ code: Int16, _ axis: Int, _ noise: Int32) -> Int16 {
            let range = Int64(accelerometer >> 3 & 0x03)
            var value = Int64(code) * (64 >> range) + Int64(noise) * (16 >> range)
            if accelerometer & (0x80 >> UInt8(axis)) != 0, passes {
                // Codes at ±8 g in those of the range that is set.
                value += Int64(MPU6050Model.factoryAnswer(axis: axis) * 4 / Double(1 << range))
            }
            return Int16(clamping: value)
        }
        func angular(_ millidegrees: Int32, _ axis: Int, _ noise: Int32) -> Int16 {
            let range = Int64(gyroscope >> 3 & 0x03)
            // 131 codes for a degree a second at ±250 °/s.
            var value = dividedRounding(Int64(millidegrees) * 131, by: 1_000 << range) + Int64(noise) * 4
            if gyroscope & (0x80 >> UInt8(axis)) != 0, passes {
                value += Int64(MPU6050Model.factoryAnswer(axis: 3 + axis) / Double(1 << range))
            }
            return Int16(clamping: value)
        }
        let noises = isRecorded ? (0, 0, 0) : (noise.step(), noise.step(), noise.step())
        acceleration = AccelerationCodes(
            x: linear(felt.x, 0, noises.0), y: linear(felt.y, 1, noises.1), z: linear(felt.z, 2, noises.2))
        rotation = AccelerationCodes(
            x: angular(turning.0, 0, noise.step()), y: angular(turning.1, 1, noise.step()),
            z: angular(turning.2, 2, noise.step()))
        temperature = Int16(clamping: dividedRounding(Int64(millidegrees - 36_530) * 340, by: 1_000))
    }

    // MARK: Bus

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        advance(to: now)
        let isResetting = now < resetUntil
        if write.count >= 1 { pointer = write[0] & 0x7F }
        var address = pointer
        for offset in 1..<max(write.count, 1) {
            if !isResetting { store(write[offset], in: address, at: now) }
            address = (address + 1) & 0x7F
        }
        for _ in 0..<count {
            // The reset bit stays until the reset is over.
            let byte = address == 0x74 ? fifo.pop() : register(address)
            sink.append(isResetting && address == 0x6B ? byte | 0x80 : byte)
            // The FIFO's register does not count up.
            if address != 0x74 { address = (address + 1) & 0x7F }
        }
        return .done
    }

    private mutating func store(_ value: UInt8, in address: UInt8, at now: Instant) {
        switch address {
        case 0x6B where value & 0x80 != 0:
            powerOn(at: now)
            resetUntil = now + .milliseconds(50)
        case 0x6B:
            let wasAsleep = registers[0x6B] & 0x40 != 0
            registers[0x6B] = value
            if value & 0x40 != 0 { nextSampleAt = .never }
            if wasAsleep, value & 0x40 == 0 { nextSampleAt = now + .milliseconds(30) }
        case 0x19, 0x1A:
            registers[Int(address)] = value
            if nextSampleAt != .never { nextSampleAt = now + sampleInterval }
        case 0x6A:
            // The reset bits clear themselves.
            registers[0x6A] = value & 0x60
            if value & 0x04 != 0 { fifo.clear() }
        case 0x74: break
        case 0x0D...0x10, 0x3A...0x60, 0x72, 0x73, 0x75: break
        default: registers[Int(address)] = value
        }
    }

    private func register(_ address: UInt8) -> UInt8 {
        func byte(_ word: Int16, isHigh: Bool) -> UInt8 { UInt8(truncatingIfNeeded: isHigh ? word >> 8 : word) }
        let isHigh = address % 2 == 1
        switch address {
        case 0x3A: return (fifo.hasOverflowed ? 0x10 : 0) | 0x01
        case 0x3B, 0x3C: return byte(acceleration.x, isHigh: isHigh)
        case 0x3D, 0x3E: return byte(acceleration.y, isHigh: isHigh)
        case 0x3F, 0x40: return byte(acceleration.z, isHigh: isHigh)
        case 0x41, 0x42: return byte(temperature, isHigh: isHigh)
        case 0x43, 0x44: return byte(rotation.x, isHigh: isHigh)
        case 0x45, 0x46: return byte(rotation.y, isHigh: isHigh)
        case 0x47, 0x48: return byte(rotation.z, isHigh: isHigh)
        case 0x72: return UInt8(fifo.count >> 8)
        case 0x73: return UInt8(truncatingIfNeeded: fifo.count)
        case 0x75: return defects.hasWrongIdentity ? 0x70 : 0x68
        default: return registers[Int(address)]
        }
    }
}

/// A FIFO of bytes that gives up its oldest when it is full. A class, so that a model stays small to copy.
private final class ByteFIFO {
    private var bytes: FixedArray<UInt8>
    private var first = 0
    private(set) var count = 0
    private(set) var hasOverflowed = false

    init(capacity: Int) { bytes = FixedArray(repeating: 0, count: capacity) }

    func clear() {
        first = 0
        count = 0
        hasOverflowed = false
    }

    func push(_ byte: UInt8) {
        if count == bytes.count {
            first = (first + 1) % bytes.count
            count -= 1
            hasOverflowed = true
        }
        bytes[(first + count) % bytes.count] = byte
        count += 1
    }

    /// The oldest byte; an empty FIFO repeats its last.
    func pop() -> UInt8 {
        guard count > 0 else { return bytes[(first + bytes.count - 1) % bytes.count] }
        let byte = bytes[first]
        first = (first + 1) % bytes.count
        count -= 1
        return byte
    }
}
