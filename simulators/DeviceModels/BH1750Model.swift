import FixedMemory
import HardwareInterface

/// Rohm BH1750FVI from the bus: one-byte instructions, continuous and single measurements, adjustable measuring time.
///
/// Source: Rohm BH1750FVI technical note 11046EDT01, rev. D: instruction set, measurement procedure, sensitivity.
public struct BH1750Model: ChipModel {
    public var defects = ChipDefects()

    private var millilux: Int32 = 250_000
    private var noise = Noise(seed: 0xB7)
    private var isOn = false
    private var measuringTime: UInt8 = 69
    private var count: UInt16 = 0
    /// The instruction under way; 0 for none.
    private var instruction: UInt8 = 0
    private var endsAt = Instant.never

    public init() {}

    public mutating func powerOn(at now: Instant) {
        isOn = false
        measuringTime = 69
        count = 0
        instruction = 0
        endsAt = .never
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        guard quantity == .light else { return false }
        millilux = value
        return true
    }

    /// Typical time: 120 ms, or 16 ms at low resolution, at the default setting.
    private var conversionTime: Interval {
        let isLow = instruction & 0x03 == 0x03
        return defects.stretched(
            Interval(nanoseconds: (isLow ? 16_000_000 : 120_000_000) * Int64(measuringTime) / 69))
    }

    private mutating func advance(to now: Instant) {
        guard endsAt <= now else { return }
        if !defects.isFrozen {
            // 1.2 counts a lux at the default time, twice that in the second high-resolution mode.
            let doubled: Int64 = instruction & 0x03 == 0x01 ? 2 : 1
            let exact = Int64(millilux) * 12 * Int64(measuringTime) * doubled
            let ideal = dividedRounding(exact, by: 10_000 * 69)
            // Light flickers; darkness does not.
            count = UInt16(clamping: ideal > 20 ? ideal + Int64(noise.step()) : ideal)
        }
        if instruction & 0x20 != 0 {
            isOn = false
            instruction = 0
            endsAt = .never
        } else {
            endsAt = now + conversionTime
        }
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        advance(to: now)
        // One instruction a transaction.
        if write.count >= 1 { perform(write[0], at: now) }
        for index in 0..<count {
            sink.append(UInt8(truncatingIfNeeded: index % 2 == 0 ? self.count >> 8 : self.count))
        }
        return .done
    }

    private mutating func perform(_ instruction: UInt8, at now: Instant) {
        switch instruction {
        case 0x00:
            isOn = false
            self.instruction = 0
            endsAt = .never
        case 0x01: isOn = true
        case 0x07: if isOn { count = 0 }
        case 0x10, 0x11, 0x13, 0x20, 0x21, 0x23:
            isOn = true
            self.instruction = instruction
            endsAt = now + conversionTime
        case 0x40...0x47: measuringTime = measuringTime & 0x1F | instruction << 5
        case 0x60...0x7F: measuringTime = measuringTime & 0xE0 | instruction & 0x1F
        default: break
        }
    }
}
