import FixedMemory
import HardwareInterface

/// Sensirion SHT30, SHT31, SHT35: temperature and relative humidity.
///
/// Channels: 0 temperature (m°C), 1 relative humidity (m%). Single shots of high repeatability without clock stretching,
/// which some Raspberry Pi adapters corrupt. Every word is guarded by a CRC; the status register tells of a reset since the
/// last cycle. The chip has no self-test beyond its heater, which would falsify the readings for minutes.
///
/// Some parts answer only one of the two commands for the serial number, so both are tried.
///
/// Source: Sensirion SHT3x-DIS data sheet 7, sections 2.2 (timing), 4 (commands, status, CRC, conversion).
public struct SHT3x: SensorChip {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x44 or 0x45, by the ADDR pin.
        public var address: UInt8
        public var interval: Interval
        /// How long the raw values may stand still; zero for ever.
        public var stuckAfter: Interval

        public init(address: UInt8 = 0x44, interval: Interval = .seconds(1), stuckAfter: Interval = .minutes(5)) {
            self.address = address
            self.interval = interval
            self.stuckAfter = stuckAfter
        }
    }

    enum Command {
        static var stop: UInt16 { 0x3093 }
        static var reset: UInt16 { 0x30A2 }
        static var clearStatus: UInt16 { 0x3041 }
        static var status: UInt16 { 0xF32D }
        static var serialNumber: UInt16 { 0x3682 }
        static var serialNumberStretching: UInt16 { 0x3780 }
        static var measureHigh: UInt16 { 0x2400 }
    }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case stop, reset, askSerial, serial, askOtherSerial, otherSerial, clearStatus, status
        case measure, result, check
    }

    private let configuration: Configuration
    private var step: Step
    private var measuredAt: Instant
    private var temperature: UInt16
    private var humidity: UInt16
    private var watch: StuckValueWatch

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .stop
        measuredAt = .start
        temperature = 0
        humidity = 0
        watch = StuckValueWatch()
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x44 || configuration.address == 0x45 else {
            return "an SHT3x has the address 0x44 or 0x45"
        }
        guard configuration.interval >= .milliseconds(50) else { return "an SHT3x needs an interval of at least 50 ms" }
        guard configuration.stuckAfter == .zero || configuration.stuckAfter >= configuration.interval * 20 else {
            return "stuckAfter must be at least 20 intervals, or zero"
        }
        return nil
    }

    private static var temperature: SensorChannel {
        SensorChannel("temperature", .millidegreeCelsius, -40_000...125_000)
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        switch index {
        case 0: return temperature
        case 1: return SensorChannel("relative humidity", .millipercentRelativeHumidity, 0...100_000)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b11 }

    public mutating func restart() {
        step = .stop
        watch.restart()
    }
    public mutating func restartCycle() { step = .measure }

    /// A chip that takes the reset but no command for the serial number is another one.
    public var refusalIsExpected: Bool {
        switch step {
        case .stop, .askSerial, .serial, .askOtherSerial, .otherSerial: true
        default: false
        }
    }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        // Somebody else may have left it measuring periodically, when it does not take a reset.
        case .stop: return .sensirion(Command.stop, to: address)
        case .reset: return .sensirion(Command.reset, to: address)
        case .askSerial: return .sensirion(Command.serialNumber, to: address)
        case .askOtherSerial: return .sensirion(Command.serialNumberStretching, to: address)
        case .serial, .otherSerial: return .sensirionAnswer(words: 2, from: address)
        case .clearStatus: return .sensirion(Command.clearStatus, to: address)
        case .status, .check: return .command(Command.status, count: 3, to: address)
        case .measure: return .sensirion(Command.measureHigh, to: address)
        case .result: return .sensirionAnswer(words: 2, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .stop: return go(to: .reset, after: .milliseconds(1))
        case .reset:
            // A soft reset takes 1.5 ms at the most.
            return go(to: .askSerial, after: .milliseconds(2))
        case .askSerial: return go(to: .serial, after: .milliseconds(1))
        case .serial:
            guard !bytes.isEmpty else { return go(to: .askOtherSerial) }
            return identify(bytes)
        case .askOtherSerial: return go(to: .otherSerial, after: .milliseconds(1))
        case .otherSerial:
            guard !bytes.isEmpty else { return .failed(.wrongIdentity) }
            return identify(bytes)
        case .clearStatus: return go(to: .status, after: .milliseconds(1))
        case .status:
            guard let status = bytes.sensirionWord(0) else { return .failed(.checksum) }
            guard isQuiet(status) else { return .failed(.configurationMismatch) }
            step = .measure
            return .ready
        case .measure:
            measuredAt = now
            // 15.5 ms at the most at high repeatability and low voltage.
            return go(to: .result, after: .milliseconds(16))
        case .result:
            guard let temperature = bytes.sensirionWord(0), let humidity = bytes.sensirionWord(1) else {
                return .failed(.checksum)
            }
            self.temperature = temperature
            self.humidity = humidity
            return go(to: .check)
        case .check:
            guard let status = bytes.sensirionWord(0) else { return .failed(.checksum) }
            guard isQuiet(status) else { return .failed(.unexpectedReset) }
            return finish(at: now, into: &output)
        }
    }

    private mutating func go(to next: Step, after wait: Interval = .zero) -> ChipProgress {
        step = next
        return .proceed(after: wait)
    }

    private mutating func identify(_ bytes: Span<UInt8>) -> ChipProgress {
        guard let high = bytes.sensirionWord(0), let low = bytes.sensirionWord(1) else { return .failed(.checksum) }
        guard isPlausibleSerial(high, low) else { return .failed(.wrongIdentity) }
        return go(to: .clearStatus)
    }

    /// No reset since the status was cleared (bit 4), the heater off (bit 13), no reserved bit set (table 18).
    private func isQuiet(_ status: UInt16) -> Bool { status & 0x2010 == 0 && status & 0x5000 == 0 }

    private mutating func finish(at now: Instant, into output: inout SensorOutput) -> ChipProgress {
        step = .measure
        let all = UInt64(temperature) << 16 | UInt64(humidity)
        guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
        output.append(
            channel: 0, value: SensirionTicks.millidegrees(temperature), of: SHT3x.temperature, at: measuredAt)
        output.append(
            channel: 1, value: SensirionTicks.millipercent(humidity), quality: .good, at: measuredAt)
        return .measured
    }
}

extension SHT3x: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&measuredAt)
        state.carry(&temperature)
        state.carry(&humidity)
        state.carry(&watch)
    }
}

/// A serial number of all zeros or all ones comes from a blank or dead chip.
func isPlausibleSerial(_ high: UInt16, _ low: UInt16) -> Bool {
    (high, low) != (0, 0) && (high, low) != (0xFFFF, 0xFFFF)
}
