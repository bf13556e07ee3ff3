import FixedMemory
import HardwareInterface

/// Sensirion SCD41 from the bus: idle, asleep or measuring periodically; most commands only while idle.
///
/// The chip is 4 °C warmer than the room, as its default temperature offset supposes.
///
/// Source: Sensirion SCD4x data sheet 1.3, sections 3.4 to 3.10. Compensation by pressure and altitude is taken and read
/// back and does not change the concentration, which is what the world was told to be.
public struct SCD4xModel: ChipModel {
    public var defects = ChipDefects()

    private enum Mode: UInt8, BitwiseCopyable { case idle, periodic, asleep }

    private var port = SensirionPort()
    private var noise = Noise(seed: 0x5C)
    private var carbonDioxide: Int32 = 480
    private var millidegrees: Int32 = 21_000
    private var millipercent: Int32 = 45_000
    private var mode = Mode.idle
    private var busyUntil = Instant.start
    private var period = Interval.seconds(5)
    private var nextValueAt = Instant.never
    private var offsetTicks: UInt16 = 0x05DA
    private var altitude: UInt16 = 0
    private var calibratesItself: UInt16 = 1
    private var pressure: UInt16 = 0
    /// The last pressure that it was told, hPa; 0 for none since power-on.
    public var toldPressure: UInt16 { pressure }
    /// What has become of the optics: added to the concentration that there is.
    public var drift: Int32 = 0
    /// What a recalibration found out; kept in the chip.
    private var correction: Int32 = 0
    private var words = (UInt16(0), UInt16(0), UInt16(0))
    private var isPrimed = false

    public init() {}

    public mutating func powerOn(at now: Instant) {
        port.clear()
        mode = .idle
        busyUntil = now + .milliseconds(30)
        nextValueAt = .never
        offsetTicks = 0x05DA
        altitude = 0
        calibratesItself = 1
        pressure = 0
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        switch quantity {
        case .carbonDioxide: carbonDioxide = value
        case .temperature: millidegrees = value
        case .humidity: millipercent = value
        default: return false
        }
        return true
    }

    private mutating func measure() {
        guard !defects.isFrozen || !isPrimed else { return }
        isPrimed = true
        let warmth = 4_000 - Int32(dividedRounding(Int64(offsetTicks) * 175_000, by: 65_535))
        words = (
            UInt16(clamping: carbonDioxide + drift + correction + noise.step()),
            SensirionPort.ticks(millidegrees: millidegrees + warmth, noise.step() * 3),
            SensirionPort.ticks(millipercent: millipercent, noise.step() * 4)
        )
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        if let command = SensirionPort.command(write) {
            // The wake-up is never acknowledged.
            if command == 0x36F6 {
                if mode == .asleep {
                    mode = .idle
                    busyUntil = now + .milliseconds(20)
                }
                return .notAcknowledged
            }
            guard now >= busyUntil, mode != .asleep else { return .notAcknowledged }
            guard perform(command, write, at: now) else { return .notAcknowledged }
        }
        return count == 0 ? .done : port.read(count, into: &sink, at: now)
    }

    private mutating func answer(_ word: UInt16, at instant: Instant) {
        port.begin(readyAt: instant)
        port.append(word)
    }

    private mutating func perform(_ command: UInt16, _ write: Span<UInt8>, at now: Instant) -> Bool {
        let soon = now + .milliseconds(1)
        switch command {
        case 0x3F86:
            mode = .idle
            nextValueAt = .never
            busyUntil = now + .milliseconds(500)
            return true
        case 0xEC05: return read(at: now)
        case 0xE4B8:
            answer(nextValueAt <= now ? 0x8006 : 0x8000, at: soon)
            return true
        case 0xE000:
            guard let word = SensirionPort.argument(0, of: write) else {
                answer(pressure, at: soon)
                return true
            }
            pressure = word
            return true
        default: return mode == .idle && performIdle(command, write, at: now)
        }
    }

    private mutating func performIdle(_ command: UInt16, _ write: Span<UInt8>, at now: Instant) -> Bool {
        let soon = now + .milliseconds(1)
        switch command {
        case 0x21B1: begin(.seconds(5), at: now)
        case 0x21AC: begin(.seconds(30), at: now)
        case 0x219D: nextValueAt = now + defects.stretched(.seconds(5))
        case 0x2196: nextValueAt = now + defects.stretched(.milliseconds(50))
        case 0x241D, 0x2427, 0x2416:
            guard let word = SensirionPort.argument(0, of: write) else { return false }
            if command == 0x241D { offsetTicks = word }
            if command == 0x2427 { altitude = word }
            if command == 0x2416 { calibratesItself = word }
        case 0x2318: answer(offsetTicks, at: soon)
        case 0x2322: answer(altitude, at: soon)
        case 0x2313: answer(calibratesItself, at: soon)
        case 0x3682:
            port.begin(readyAt: soon)
            port.append(defects.hasWrongIdentity ? 0 : 0xF896)
            port.append(defects.hasWrongIdentity ? 0 : 0x9F07)
            port.append(defects.hasWrongIdentity ? 0 : 0x3BBE)
        case 0x202F: answer(0x1440, at: soon)
        case 0x3639:
            busyUntil = now + defects.stretched(.milliseconds(9_900))
            answer(defects.failsSelfTest ? 0x0001 : 0, at: busyUntil)
        case 0x362F:
            guard let target = SensirionPort.argument(0, of: write) else { return false }
            busyUntil = now + .milliseconds(400)
            // A chip that has not measured has nothing to correct.
            guard isPrimed else {
                answer(0xFFFF, at: busyUntil)
                return true
            }
            let change = Int32(target) - (carbonDioxide + drift + correction)
            correction += change
            answer(UInt16(clamping: 0x8000 + change), at: busyUntil)
        case 0x3615: busyUntil = now + .milliseconds(800)
        case 0x3632: busyUntil = now + .milliseconds(1_200)
        case 0x3646: busyUntil = now + .milliseconds(20)
        case 0x36E0: mode = .asleep
        default: return false
        }
        return true
    }

    private mutating func begin(_ period: Interval, at now: Instant) {
        mode = .periodic
        self.period = period
        nextValueAt = now + defects.stretched(period)
    }

    /// A value can be fetched once; without one the chip does not acknowledge.
    private mutating func read(at now: Instant) -> Bool {
        port.clear()
        guard nextValueAt <= now else { return true }
        measure()
        port.begin(readyAt: now + .milliseconds(1))
        port.append(words.0)
        port.append(words.1)
        port.append(words.2)
        guard mode == .periodic else {
            nextValueAt = .never
            return true
        }
        guard defects.conversionPercent > 0 else {
            nextValueAt = now + defects.stretched(period)
            return true
        }
        let interval = defects.stretched(period)
        nextValueAt = nextValueAt + interval * ((now - nextValueAt).nanoseconds / interval.nanoseconds + 1)
        return true
    }
}
