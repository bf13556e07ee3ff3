import FixedMemory
import HardwareInterface

/// Sensirion SGP40 and SGP41 from the bus: raw signals on command, self-test, serial number and feature set.
///
/// Source: Sensirion SGP40 data sheet 1.2 and SGP41 data sheet 1.1, sections 3 and 4. The compensation by temperature and
/// humidity is taken and checked and does not change the signal, which is what the world was told to be.
public struct SGP4xModel: ChipModel {
    public var defects = ChipDefects()
    /// SGP41: two signals, conditioning.
    public let hasNitrogenPixel: Bool

    private var port = SensirionPort()
    private var noise = Noise(seed: 0x56)
    private var organic: Int32 = 30_000
    private var nitrogen: Int32 = 16_000
    private var busyUntil = Instant.start
    private var organicTicks: UInt16 = 0
    private var nitrogenTicks: UInt16 = 0
    private var isPrimed = false
    /// The last compensation that it was told, in the ticks of the data sheet.
    public private(set) var toldHumidity: UInt16 = 0
    public private(set) var toldTemperature: UInt16 = 0

    public init(hasNitrogenPixel: Bool) { self.hasNitrogenPixel = hasNitrogenPixel }

    public mutating func powerOn(at now: Instant) {
        port.clear()
        busyUntil = now + .microseconds(600)
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        switch quantity {
        case .organicSignal: organic = value
        case .nitrogenSignal where hasNitrogenPixel: nitrogen = value
        default: return false
        }
        return true
    }

    private mutating func measure() {
        guard !defects.isFrozen || !isPrimed else { return }
        isPrimed = true
        organicTicks = UInt16(clamping: organic + noise.step() * 3 + noise.step())
        nitrogenTicks = UInt16(clamping: nitrogen + noise.step() * 2 + noise.step())
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        guard now >= busyUntil else { return .notAcknowledged }
        if let command = SensirionPort.command(write), !perform(command, write, at: now) { return .notAcknowledged }
        return count == 0 ? .done : port.read(count, into: &sink, at: now)
    }

    private mutating func hasCompensation(_ write: Span<UInt8>) -> Bool {
        guard let humidity = SensirionPort.argument(0, of: write),
            let temperature = SensirionPort.argument(1, of: write)
        else { return false }
        toldHumidity = humidity
        toldTemperature = temperature
        return true
    }

    private mutating func perform(_ command: UInt16, _ write: Span<UInt8>, at now: Instant) -> Bool {
        switch command {
        case 0x260F where !hasNitrogenPixel:
            guard hasCompensation(write) else { return false }
            answer(words: 1, .milliseconds(25), at: now)
        case 0x2612 where hasNitrogenPixel:
            guard hasCompensation(write) else { return false }
            answer(words: 1, .milliseconds(45), at: now)
        case 0x2619 where hasNitrogenPixel:
            guard hasCompensation(write) else { return false }
            answer(words: 2, .milliseconds(45), at: now)
        case 0x280E:
            busyUntil = now + defects.stretched(.milliseconds(hasNitrogenPixel ? 300 : 240))
            port.begin(readyAt: busyUntil)
            if hasNitrogenPixel {
                port.append(defects.failsSelfTest ? 0xD402 : 0xD400)
            } else {
                port.append(defects.failsSelfTest ? 0x4B00 : 0xD400)
            }
        case 0x3615: port.clear()
        case 0x3682:
            port.begin(readyAt: now + .milliseconds(1))
            port.append(0x0000)
            port.append(0x0182)
            port.append(0x7A33)
        case 0x202F:
            port.begin(readyAt: now + .milliseconds(1))
            port.append(hasNitrogenPixel == defects.hasWrongIdentity ? 0x3220 : 0x3240)
        default: return false
        }
        return true
    }

    private mutating func answer(words: Int, _ time: Interval, at now: Instant) {
        measure()
        port.begin(readyAt: now + defects.stretched(time))
        port.append(organicTicks)
        if words == 2 { port.append(nitrogenTicks) }
    }
}
