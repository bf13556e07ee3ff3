import FixedMemory
import HardwareInterface

/// Sensirion SHT30, SHT31, SHT35 from the bus: single shots, periodic measurement with fetch, status with reset and heater
/// bits, serial number.
///
/// Source: Sensirion SHT3x-DIS data sheet 7, sections 2.2 and 4. Clock stretching is not modelled: a stretching single shot
/// answers when it is ready, like the others. The heater sets its bit and does not warm.
public struct SHT3xModel: ChipModel {
    public var defects = ChipDefects()
    /// Some parts answer only one of the two commands for the serial number.
    public var answersStretchingSerialOnly = false

    private var port = SensirionPort()
    private var noise = Noise(seed: 0x53)
    private var millidegrees: Int32 = 21_000
    private var millipercent: Int32 = 45_000
    private var status: UInt16 = 0x8010
    private var busyUntil = Instant.start
    private var temperature: UInt16 = 0
    private var humidity: UInt16 = 0
    private var isPrimed = false
    /// Time from value to value while measuring periodically; zero otherwise.
    private var period = Interval.zero
    private var nextPeriodicAt = Instant.never

    public init() {}

    public mutating func powerOn(at now: Instant) {
        port.clear()
        // Alert pending and reset detected (table 18, default).
        status = 0x8010
        busyUntil = now + .milliseconds(1)
        period = .zero
        nextPeriodicAt = .never
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        switch quantity {
        case .temperature: millidegrees = value
        case .humidity: millipercent = value
        default: return false
        }
        return true
    }

    private mutating func measure() {
        guard !defects.isFrozen || !isPrimed else { return }
        isPrimed = true
        temperature = SensirionPort.ticks(millidegrees: millidegrees, noise.step() * 2)
        humidity = SensirionPort.ticks(millipercent: millipercent, noise.step() * 3)
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        guard now >= busyUntil else { return .notAcknowledged }
        if let command = SensirionPort.command(write) {
            guard perform(command, at: now) else { return .notAcknowledged }
        }
        return count == 0 ? .done : port.read(count, into: &sink, at: now)
    }

    /// - Returns: `false` for a command that the chip does not know.
    private mutating func perform(_ command: UInt16, at now: Instant) -> Bool {
        switch command {
        // While it measures periodically it takes only the break, the fetch and the status.
        case 0x30A2:
            guard period == .zero else { return false }
            powerOn(at: now)
            busyUntil = now + .microseconds(1_000)
        case 0x3093:
            period = .zero
            nextPeriodicAt = .never
            port.clear()
        case 0x3041: status &= 0x7FEF & ~0x0003
        case 0x306D: status |= 0x2000
        case 0x3066: status &= ~0x2000
        case 0xF32D:
            port.begin(readyAt: now)
            port.append(status)
        case 0x3682, 0x3780:
            if defects.hasWrongIdentity || (answersStretchingSerialOnly && command == 0x3682) {
                port.clear()
                return true
            }
            port.begin(readyAt: now + .microseconds(500))
            port.append(0x0A1B)
            port.append(0x2C3D)
        case 0x2400, 0x2C06: beginShot(.microseconds(12_500), at: now)
        case 0x240B, 0x2C0D: beginShot(.microseconds(4_500), at: now)
        case 0x2416, 0x2C10: beginShot(.microseconds(2_500), at: now)
        case 0x2032, 0x2024, 0x202F: beginPeriodic(.milliseconds(2_000), at: now)
        case 0x2130, 0x2126, 0x212D: beginPeriodic(.milliseconds(1_000), at: now)
        case 0x2236, 0x2220, 0x222B: beginPeriodic(.milliseconds(500), at: now)
        case 0x2334, 0x2322, 0x2329, 0x2B32: beginPeriodic(.milliseconds(250), at: now)
        case 0x2737, 0x2721, 0x272A: beginPeriodic(.milliseconds(100), at: now)
        case 0xE000: fetch(at: now)
        default: return false
        }
        return true
    }

    private mutating func beginShot(_ time: Interval, at now: Instant) {
        measure()
        port.begin(readyAt: now + defects.stretched(time))
        port.append(temperature)
        port.append(humidity)
    }

    private mutating func beginPeriodic(_ period: Interval, at now: Instant) {
        self.period = period
        nextPeriodicAt = now + defects.stretched(.milliseconds(15))
        port.clear()
    }

    private mutating func fetch(at now: Instant) {
        port.clear()
        guard period > .zero, nextPeriodicAt <= now else { return }
        let periods = (now - nextPeriodicAt).nanoseconds / period.nanoseconds + 1
        nextPeriodicAt = nextPeriodicAt + period * periods
        measure()
        port.begin(readyAt: now)
        port.append(temperature)
        port.append(humidity)
    }
}
