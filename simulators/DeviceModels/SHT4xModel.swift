import FixedMemory
import HardwareInterface

/// Sensirion SHT40, SHT41, SHT43, SHT45 from the bus: one-byte commands, each with its answer.
///
/// Source: Sensirion SHT4x data sheet 6, sections 3.1, 4.4 to 4.6. The heater commands take their time and measure; they do
/// not warm.
public struct SHT4xModel: ChipModel {
    public var defects = ChipDefects()

    private var port = SensirionPort()
    private var noise = Noise(seed: 0x54)
    private var millidegrees: Int32 = 21_000
    private var millipercent: Int32 = 45_000
    private var busyUntil = Instant.start
    private var temperature: UInt16 = 0
    private var humidity: UInt16 = 0
    private var isPrimed = false

    public init() {}

    public mutating func powerOn(at now: Instant) {
        port.clear()
        busyUntil = now + .milliseconds(1)
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        switch quantity {
        case .temperature: millidegrees = value
        case .humidity: millipercent = value
        default: return false
        }
        return true
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        guard now >= busyUntil else { return .notAcknowledged }
        if write.count >= 1, !perform(write[0], at: now) { return .notAcknowledged }
        return count == 0 ? .done : port.read(count, into: &sink, at: now)
    }

    private mutating func perform(_ command: UInt8, at now: Instant) -> Bool {
        switch command {
        case 0x94: powerOn(at: now)
        case 0x89:
            guard !defects.hasWrongIdentity else { return false }
            port.begin(readyAt: now)
            port.append(0x0F0E)
            port.append(0x4D21)
        case 0xFD: measure(.microseconds(6_900), at: now)
        case 0xF6: measure(.microseconds(3_700), at: now)
        case 0xE0: measure(.microseconds(1_300), at: now)
        case 0x39, 0x2F, 0x1E: measure(.milliseconds(1_000), at: now)
        case 0x32, 0x24, 0x15: measure(.milliseconds(100), at: now)
        default: return false
        }
        return true
    }

    private mutating func measure(_ time: Interval, at now: Instant) {
        if !defects.isFrozen || !isPrimed {
            isPrimed = true
            temperature = SensirionPort.ticks(millidegrees: millidegrees, noise.step() * 2)
            // −6 + 125 · ticks / 65535 %.
            let ticks = dividedRounding((Int64(millipercent) + 6_000) * 65_535, by: 125_000)
            humidity = UInt16(clamping: ticks + Int64(noise.step() * 2))
        }
        port.begin(readyAt: now + defects.stretched(time))
        port.append(temperature)
        port.append(humidity)
    }
}
