import FixedMemory
import HardwareInterface

/// ST LIS3DH from the bus: registers with optional auto-increment, three resolutions, four ranges, self-test, and the FIFO
/// with its overrun, filled at the data rate on the virtual clock.
///
/// Source: ST LIS3DH DocID17530 rev. 2, sections 5 (FIFO), 6.1.1 (sub-address), 8 (registers); AN3308, section 9.2 (fill
/// level). Interrupts, click detection and the auxiliary converter are not modelled.
public struct LIS3DHModel: ChipModel {
    public var defects = ChipDefects()
    /// What the sensor feels.
    public var motion = Motion()

    private var noise = Noise(seed: 0x33)
    private var pointer: UInt8 = 0
    private var registers = InlineArray<64, UInt8>(repeating: 0)
    private var fifo = InlineArray<32, AccelerationCodes>(repeating: AccelerationCodes(x: 0, y: 0, z: 0))
    private var first = 0
    private var count = 0
    private var hasOverrun = false
    private var latest = AccelerationCodes(x: 0, y: 0, z: 0)
    private var hasFreshData = false
    private var nextSampleAt = Instant.never

    public init() { powerOn(at: .start) }

    public mutating func powerOn(at now: Instant) {
        registers = InlineArray(repeating: 0)
        // Control register 1: all axes on, power down.
        registers[0x20] = 0x07
        pointer = 0
        clear()
        latest = AccelerationCodes(x: 0, y: 0, z: 0)
        hasFreshData = false
        nextSampleAt = .never
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        motion.set(quantity, toMilligravity: value)
    }

    private mutating func clear() {
        first = 0
        count = 0
        hasOverrun = false
    }

    // MARK: Sampling

    /// `nil` in power-down.
    private var sampleInterval: Interval? {
        let hertz: Int64
        switch registers[0x20] >> 4 {
        case 1: hertz = 1
        case 2: hertz = 10
        case 3: hertz = 25
        case 4: hertz = 50
        case 5: hertz = 100
        case 6: hertz = 200
        case 7: hertz = 400
        case 8: hertz = 1_600
        case 9: hertz = isLowPower ? 5_376 : 1_344
        default: return nil
        }
        return defects.stretched(Interval(nanoseconds: 1_000_000_000 / hertz))
    }

    private var isLowPower: Bool { registers[0x20] & 0x08 != 0 }
    private var isHighResolution: Bool { registers[0x23] & 0x08 != 0 }
    /// 0 bypass, 1 FIFO, 2 stream, 3 stream to FIFO (its trigger is not wired, so it stays a stream).
    private var mode: UInt8 { registers[0x24] & 0x40 != 0 ? registers[0x2E] >> 6 : 0 }

    private mutating func advance(to now: Instant) {
        guard nextSampleAt <= now, let interval = sampleInterval else { return }
        let due = (now - nextSampleAt).nanoseconds / interval.nanoseconds + 1
        if due > 40, mode != 1 {
            nextSampleAt = nextSampleAt + interval * (due - 40)
        }
        while nextSampleAt <= now {
            sample(at: nextSampleAt)
            nextSampleAt = nextSampleAt + interval
        }
    }

    private mutating func sample(at instant: Instant) {
        if !defects.isFrozen { latest = measured(at: instant) }
        hasFreshData = true
        guard mode != 0 else { return }
        if count == 32 {
            hasOverrun = true
            guard mode != 1 else { return }
            first = (first + 1) % 32
            count -= 1
        }
        fifo[(first + count) % 32] = latest
        count += 1
        // The bit comes with the slot that completes the FIFO (AN3308, section 9.2).
        if count == 32 { hasOverrun = true }
    }

    private mutating func measured(at instant: Instant) -> AccelerationCodes {
        let (felt, isRecorded) = motion.codes(at: instant)
        let control = registers[0x23]
        // Well inside 68 to 1440 mg.
        let answer: Int64 = control & 0x06 != 0 && !defects.failsSelfTest ? 400 : 0
        let sensitivities: InlineArray<4, Int64> = [1, 2, 4, 12]
        let milligravity = sensitivities[Int(control >> 4 & 0x03)]
        // Bits that are dropped from the twelve: none, two, four.
        let dropped: Int64 = isLowPower ? 4 : isHighResolution ? 0 : 2
        func axis(_ code: Int16, _ noise: Int32) -> Int16 {
            let thousandths = dividedRounding(Int64(code) * 125, by: 32) + answer
            let exact = dividedRounding(thousandths, by: milligravity) + Int64(noise) * (1 << dropped)
            let clipped = min(max(exact, -2_048), 2_047)
            return Int16((clipped >> dropped) << (dropped + 4))
        }
        let noises = isRecorded ? (0, 0, 0) : (noise.step(), noise.step(), noise.step())
        return AccelerationCodes(
            x: axis(felt.x, noises.0), y: axis(felt.y, noises.1), z: axis(felt.z, noises.2))
    }

    // MARK: Bus

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        advance(to: now)
        if write.count >= 1 { pointer = write[0] }
        let countsUp = pointer & 0x80 != 0
        var address = pointer & 0x3F
        for offset in 1..<max(write.count, 1) {
            store(write[offset], in: address, at: now)
            if countsUp { address += 1 }
        }
        for _ in 0..<count {
            sink.append(register(address & 0x3F))
            guard countsUp else { continue }
            // The last data register takes the entry from the FIFO, and the address rolls back to the first.
            if address == 0x2D { takeEntry() }
            address = address == 0x2D && mode != 0 ? 0x28 : address + 1
        }
        return .done
    }

    private mutating func takeEntry() {
        hasFreshData = false
        guard mode != 0, count > 0 else { return }
        first = (first + 1) % 32
        count -= 1
        hasOverrun = false
    }

    private mutating func store(_ value: UInt8, in address: UInt8, at now: Instant) {
        switch address {
        case 0x20:
            registers[0x20] = value
            nextSampleAt = sampleInterval.map { now + $0 } ?? .never
        // The reboot bit clears itself.
        case 0x24: registers[0x24] = value & 0x7F
        case 0x2E:
            registers[0x2E] = value
            if value >> 6 == 0 { clear() }
        case 0x1E...0x26, 0x30, 0x32...0x34, 0x36...0x3F: registers[Int(address)] = value
        default: break
        }
    }

    private func register(_ address: UInt8) -> UInt8 {
        let output = mode != 0 && count > 0 ? fifo[first] : latest
        switch address {
        case 0x0F: return defects.hasWrongIdentity ? 0x32 : 0x33
        case 0x27: return hasFreshData ? 0x0F : 0
        case 0x28: return UInt8(truncatingIfNeeded: output.x)
        case 0x29: return UInt8(truncatingIfNeeded: output.x >> 8)
        case 0x2A: return UInt8(truncatingIfNeeded: output.y)
        case 0x2B: return UInt8(truncatingIfNeeded: output.y >> 8)
        case 0x2C: return UInt8(truncatingIfNeeded: output.z)
        case 0x2D: return UInt8(truncatingIfNeeded: output.z >> 8)
        case 0x2F:
            let watermark: UInt8 = count > Int(registers[0x2E] & 0x1F) ? 0x80 : 0
            return watermark | (hasOverrun ? 0x40 : 0) | (count == 0 ? 0x20 : 0) | UInt8(min(count, 31))
        default: return registers[Int(address)]
        }
    }
}
