import FixedMemory
import HardwareInterface

/// Analog Devices ADXL345 from the bus: registers, ranges and resolutions, offsets, self-test, and the FIFO with its
/// overrun, filled at the data rate on the virtual clock.
///
/// Source: Analog Devices ADXL345 Rev. E, register map and FIFO sections. Tap, activity and free-fall detection are not
/// modelled, nor the trigger of the FIFO's trigger mode, whose source is an interrupt pin: it collects like stream mode.
public struct ADXL345Model: ChipModel {
    public var defects = ChipDefects()
    /// What the sensor feels.
    public var motion = Motion()

    private var noise = Noise(seed: 0xAD)
    private var pointer: UInt8 = 0
    private var registers = InlineArray<64, UInt8>(repeating: 0)
    /// 32 in the FIFO and one in the output registers (Rev. E, FIFO_STATUS).
    private var fifo = InlineArray<33, AccelerationCodes>(repeating: AccelerationCodes(x: 0, y: 0, z: 0))
    private var first = 0
    private var count = 0
    private var latest = AccelerationCodes(x: 0, y: 0, z: 0)
    private var hasOverrun = false
    private var hasFreshData = false
    /// When the next sample is taken; `.never` in standby.
    private var nextSampleAt = Instant.never

    private enum Register {
        static var threshold: Int { 0x1D }
        static var offsetX: Int { 0x1E }
        static var rate: Int { 0x2C }
        static var powerControl: Int { 0x2D }
        static var interruptSource: UInt8 { 0x30 }
        static var dataFormat: Int { 0x31 }
        static var fifoControl: Int { 0x38 }
        static var fifoStatus: UInt8 { 0x39 }
    }

    public init() { powerOn(at: .start) }

    public mutating func powerOn(at now: Instant) {
        registers = InlineArray(repeating: 0)
        registers[Register.rate] = 0x0A
        pointer = 0
        clear()
        latest = AccelerationCodes(x: 0, y: 0, z: 0)
        nextSampleAt = .never
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        motion.set(quantity, toMilligravity: value)
    }

    private mutating func clear() {
        first = 0
        count = 0
        hasOverrun = false
        hasFreshData = false
    }

    // MARK: Sampling

    /// 3200 Hz at code 15, half for each code below.
    private var sampleInterval: Interval {
        defects.stretched(Interval(nanoseconds: 312_500 << Int64(15 - registers.span[Register.rate] & 0x0F)))
    }

    private enum FIFOMode: UInt8 { case bypass, fifo, stream, trigger }
    private var mode: FIFOMode { FIFOMode(rawValue: registers.span[Register.fifoControl] >> 6) ?? .bypass }

    private mutating func advance(to now: Instant) {
        guard nextSampleAt <= now else { return }
        let interval = sampleInterval
        // Of a long time only what the FIFO can hold is worked out; the rest is lost in it anyway.
        let due = (now - nextSampleAt).nanoseconds / interval.nanoseconds + 1
        if due > 40, mode != .fifo {
            nextSampleAt = nextSampleAt + interval * (due - 40)
            hasOverrun = true
        }
        while nextSampleAt <= now {
            sample(at: nextSampleAt)
            nextSampleAt = nextSampleAt + interval
        }
    }

    private mutating func sample(at instant: Instant) {
        if !defects.isFrozen { latest = measured(at: instant) }
        switch mode {
        case .bypass:
            hasOverrun = hasOverrun || hasFreshData
            hasFreshData = true
        case .fifo:
            if count < 33 { push(latest) } else { hasOverrun = true }
        case .stream, .trigger:
            if count == 33 {
                first = (first + 1) % 33
                count -= 1
                hasOverrun = true
            }
            push(latest)
        }
    }

    private mutating func push(_ codes: AccelerationCodes) {
        fifo[(first + count) % 33] = codes
        count += 1
    }

    /// One sample at 256 codes a gravity, with offsets and self-test, in the format that is set.
    private mutating func measured(at instant: Instant) -> AccelerationCodes {
        let (felt, isRecorded) = motion.codes(at: instant)
        let format = registers.span[Register.dataFormat]
        // Well inside the limits at 3.3 V (Rev. E, tables 14 and 15).
        let isTesting = format & 0x80 != 0 && !defects.failsSelfTest
        let shift: (Int32, Int32, Int32) = isTesting ? (360, -360, 520) : (0, 0, 0)
        func axis(_ code: Int16, _ shift: Int32, _ offset: Int, _ noise: Int32) -> Int16 {
            // An offset code is 15.6 mg: four codes.
            let offset = Int32(Int8(bitPattern: registers.span[Register.offsetX + offset])) * 4
            return formatted(Int32(code) + shift + offset + noise, format)
        }
        // A recording brings its own noise.
        let noises = isRecorded ? (0, 0, 0) : (noise.step(), noise.step(), noise.step())
        return AccelerationCodes(
            x: axis(felt.x, shift.0, 0, noises.0), y: axis(felt.y, shift.1, 1, noises.1),
            z: axis(felt.z, shift.2, 2, noises.2))
    }

    /// Clips to the range; in 10-bit mode drops resolution; left-justified if asked for.
    private func formatted(_ code: Int32, _ format: UInt8) -> Int16 {
        let range = Int32(format & 0x03)
        let limit = Int32(512) << range
        let clipped = min(max(code, -limit), limit - 1)
        let isFullResolution = format & 0x08 != 0
        let value = isFullResolution ? clipped : clipped >> range
        guard format & 0x04 != 0 else { return Int16(value) }
        return Int16(truncatingIfNeeded: value << (isFullResolution ? 6 - range : 6))
    }

    // MARK: Bus

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        advance(to: now)
        if write.count >= 1 { pointer = write[0] & 0x3F }
        for offset in 1..<max(write.count, 1) { store(write[offset], in: Int(pointer) + offset - 1, at: now) }
        var readData = false
        // One entry for the whole read: the next one comes with the next read.
        let entry = mode != .bypass && self.count > 0 ? fifo.span[first] : latest
        for offset in 0..<count {
            let address = (pointer &+ UInt8(truncatingIfNeeded: offset)) & 0x3F
            if address >= 0x32 && address <= 0x37 {
                readData = true
                sink.append(ADXL345Model.byte(of: entry, at: address))
            } else {
                sink.append(register(address))
            }
        }
        // Any read of the data registers takes the entry from the FIFO.
        if readData { takeEntry() }
        return .done
    }

    private mutating func takeEntry() {
        hasFreshData = false
        hasOverrun = false
        guard mode != .bypass, count > 0 else { return }
        first = (first + 1) % 33
        count -= 1
    }

    private mutating func store(_ value: UInt8, in address: Int, at now: Instant) {
        // The rest is read-only or reserved.
        guard (0x1D...0x2F).contains(address) || address == 0x31 || address == 0x38, address != 0x2B else { return }
        let before = registers[address]
        registers[address] = value
        switch address {
        case Register.powerControl:
            let wasMeasuring = before & 0x08 != 0
            let isMeasuring = value & 0x08 != 0
            // The first sample comes after one interval and 1.1 ms of turn-on time (Rev. E, table 1).
            if isMeasuring, !wasMeasuring { nextSampleAt = now + sampleInterval + .microseconds(1_100) }
            if !isMeasuring { nextSampleAt = .never }
        case Register.rate where nextSampleAt != .never: nextSampleAt = now + sampleInterval
        // Bypass mode empties the FIFO.
        case Register.fifoControl where value >> 6 == 0: clear()
        default: break
        }
    }

    /// One of the six data registers.
    private static func byte(of entry: AccelerationCodes, at address: UInt8) -> UInt8 {
        let code = address < 0x34 ? entry.x : address < 0x36 ? entry.y : entry.z
        return UInt8(truncatingIfNeeded: address & 1 == 0 ? code : code >> 8)
    }

    private func register(_ address: UInt8) -> UInt8 {
        switch address {
        case 0x00: return defects.hasWrongIdentity ? 0xE6 : 0xE5
        case Register.interruptSource:
            let watermark = registers.span[Register.fifoControl] & 0x1F
            let isReady = hasFreshData || count > 0
            let isFull = mode != .bypass && count >= Int(watermark)
            return (isReady ? 0x80 : 0) | (isFull ? 0x02 : 0) | (hasOverrun ? 0x01 : 0)
        case Register.fifoStatus: return UInt8(mode == .bypass ? 0 : count)
        default: return registers.span[Int(address)]
        }
    }
}
