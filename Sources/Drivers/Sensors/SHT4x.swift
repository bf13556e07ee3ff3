import FixedMemory
import HardwareInterface

/// Sensirion SHT40, SHT41, SHT43, SHT45: temperature and relative humidity.
///
/// Channels: 0 temperature (m°C), 1 relative humidity (m%). Every measurement is a command of its own: the chip keeps no
/// state that a brown-out could take, so there is nothing to notice and nothing to restore. Every word is guarded by a CRC.
///
/// Source: Sensirion SHT4x data sheet 6, sections 3.1 (timing), 4.4 (CRC), 4.5 (commands), 4.6 (conversion).
public struct SHT4x: SensorChip {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x44, 0x45 or 0x46, by the part ordered.
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
        static var reset: UInt8 { 0x94 }
        static var serialNumber: UInt8 { 0x89 }
        static var measureHigh: UInt8 { 0xFD }
    }

    private enum Step: UInt8, Carried, BitwiseCopyable { case reset, askSerial, serial, measure, result }

    private let configuration: Configuration
    private var step: Step
    private var measuredAt: Instant
    private var watch: StuckValueWatch

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .reset
        measuredAt = .start
        watch = StuckValueWatch()
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard (0x44...0x46).contains(configuration.address) else {
            return "an SHT4x has the address 0x44, 0x45 or 0x46"
        }
        guard configuration.interval >= .milliseconds(50) else { return "an SHT4x needs an interval of at least 50 ms" }
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
        step = .reset
        watch.restart()
    }
    public mutating func restartCycle() { step = .measure }

    /// A chip that takes the reset but gives no serial number is another one.
    public var refusalIsExpected: Bool { step == .askSerial || step == .serial }

    public mutating func request() -> BusRequest {
        var request = BusRequest(address: configuration.address)
        switch step {
        case .reset: request.write.append(Command.reset)
        case .askSerial: request.write.append(Command.serialNumber)
        case .measure: request.write.append(Command.measureHigh)
        case .serial, .result: return .sensirionAnswer(words: 2, from: configuration.address)
        }
        return request
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .reset:
            // A soft reset takes 1 ms at the most.
            step = .askSerial
            return .proceed(after: .milliseconds(2))
        case .askSerial:
            step = .serial
            return .proceed(after: .milliseconds(1))
        case .serial:
            guard !bytes.isEmpty else { return .failed(.wrongIdentity) }
            guard let high = bytes.sensirionWord(0), let low = bytes.sensirionWord(1) else { return .failed(.checksum) }
            guard isPlausibleSerial(high, low) else { return .failed(.wrongIdentity) }
            step = .measure
            return .ready
        case .measure:
            measuredAt = now
            step = .result
            // 8.3 ms at the most at high repeatability.
            return .proceed(after: .milliseconds(10))
        case .result: return takeResult(bytes, at: now, into: &output)
        }
    }

    private mutating func takeResult(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        step = .measure
        guard let temperature = bytes.sensirionWord(0), let humidity = bytes.sensirionWord(1) else {
            return .failed(.checksum)
        }
        let all = UInt64(temperature) << 16 | UInt64(humidity)
        guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
        output.append(
            channel: 0, value: SensirionTicks.millidegrees(temperature), of: SHT4x.temperature, at: measuredAt)
        output.append(
            channel: 1, value: SHT4x.millipercent(humidity),
            quality: humidity == 0xFFFF || humidity == 0 ? .outOfRange : .good, at: measuredAt)
        return .measured
    }

    /// Thousandths of a per cent: −6 + 125 · ticks / 65535, limited to 0 to 100 % as the data sheet demands (section 4.6).
    static func millipercent(_ ticks: UInt16) -> Int32 {
        min(max(Int32(dividedRounding(Int64(ticks) * 125_000, by: 65_535)) - 6_000, 0), 100_000)
    }
}

extension SHT4x: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&measuredAt)
        state.carry(&watch)
    }
}
