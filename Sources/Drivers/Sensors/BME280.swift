import FixedMemory
import HardwareInterface

/// Bosch BME280: temperature, relative humidity and air pressure.
///
/// Channels: 0 temperature (m°C, in steps of 10), 1 relative humidity (m%), 2 pressure (Pa). Measured on demand (forced
/// mode): between measurements the chip sleeps, so it does not warm itself.
///
/// Proof that it lives: all three raw values together standing still for `stuckAfter` is impossible with its noise
/// (3.3 Pa root mean square at oversampling 1 against a step of 2.6 Pa). The calibration is guarded by the chip's checksum.
///
/// Source: Bosch BST-BME280-DS002 1.6, sections 3.3 (modes), 4.2 (compensation), 5 (registers), 9.1 (measuring time).
public struct BME280: SensorChip {
    /// Samples averaged in the chip; the raw value is the register code (DS002, table 20).
    public enum Oversampling: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case times1 = 1
        case times2 = 2
        case times4 = 3
        case times8 = 4
        case times16 = 5

        var samples: Int64 { 1 << Int64(rawValue - 1) }
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x76 or 0x77, by the SDO pin.
        public var address: UInt8
        public var interval: Interval
        public var temperature: Oversampling
        public var humidity: Oversampling
        public var pressure: Oversampling
        /// How long the raw values may stand still; zero for ever.
        public var stuckAfter: Interval
        /// Whether a wrong checksum of the calibration is a fault. Off for chips that were seen to carry none.
        public var checksCalibration: Bool

        public init(
            address: UInt8 = 0x76, interval: Interval = .seconds(1), temperature: Oversampling = .times1,
            humidity: Oversampling = .times1, pressure: Oversampling = .times1, stuckAfter: Interval = .minutes(5),
            checksCalibration: Bool = true
        ) {
            self.address = address
            self.interval = interval
            self.temperature = temperature
            self.humidity = humidity
            self.pressure = pressure
            self.stuckAfter = stuckAfter
            self.checksCalibration = checksCalibration
        }

        /// Greatest measuring time: 1.25 ms + 2.3 ms a sample + 0.575 ms each for pressure and humidity (DS002, 9.1).
        var measuringTime: Interval {
            let samples = temperature.samples + humidity.samples + pressure.samples
            return .microseconds(1_250 + 2_300 * samples + 2 * 575)
        }
    }

    enum Register {
        static var calibration: UInt8 { 0x88 }
        static var identity: UInt8 { 0xD0 }
        static var reset: UInt8 { 0xE0 }
        static var humidityCalibration: UInt8 { 0xE1 }
        static var calibrationChecksum: UInt8 { 0xE8 }
        static var humidityControl: UInt8 { 0xF2 }
        static var status: UInt8 { 0xF3 }
        static var measurementControl: UInt8 { 0xF4 }
        static var configuration: UInt8 { 0xF5 }
        static var data: UInt8 { 0xF7 }
    }

    static var identity: UInt8 { 0x60 }
    static var resetWord: UInt8 { 0xB6 }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case identify, reset, copied, calibration, humidityCalibration, checksum
        case humidityControl, configuration, sleep, readBack
        case start, status, data
    }

    private let configuration: Configuration
    private var step: Step
    private var calibration: BoschPressureCalibration
    private var humidityCalibration: BoschHumidityCalibration
    private var h1: UInt8
    private var checksum: BoschCalibrationChecksum
    private var startedAt: Instant
    private var watch: StuckValueWatch

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .identify
        calibration = BoschPressureCalibration()
        humidityCalibration = BoschHumidityCalibration()
        h1 = 0
        checksum = BoschCalibrationChecksum()
        startedAt = .start
        watch = StuckValueWatch()
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x76 || configuration.address == 0x77 else {
            return "a BME280 has the address 0x76 or 0x77"
        }
        guard configuration.interval >= configuration.measuringTime * 2 else {
            return "the interval is too short for that much oversampling"
        }
        guard configuration.stuckAfter == .zero || configuration.stuckAfter >= configuration.interval * 20 else {
            return "stuckAfter must be at least 20 intervals, or zero"
        }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        switch index {
        case 0: return SensorChannel("temperature", .millidegreeCelsius, -40_000...85_000)
        case 1: return SensorChannel("relative humidity", .millipercentRelativeHumidity, 0...100_000)
        case 2: return SensorChannel("pressure", .pascal, 30_000...110_000)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b111 }

    public mutating func restart() {
        step = .identify
        watch.restart()
    }
    public mutating func restartCycle() { step = .start }

    private var humidityControl: UInt8 { configuration.humidity.rawValue }
    /// Oversampling of temperature and pressure, mode bits 0 (sleep).
    private var measurementControl: UInt8 {
        configuration.temperature.rawValue << 5 | configuration.pressure.rawValue << 2
    }
    /// Standby time and filter off, three-wire SPI off.
    private static var configurationByte: UInt8 { 0 }
    private static var forcedMode: UInt8 { 0b01 }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        case .identify: return .read(Register.identity, count: 1, from: address)
        case .reset: return .write(Register.reset, BME280.resetWord, to: address)
        case .copied: return .read(Register.status, count: 1, from: address)
        case .calibration: return .read(Register.calibration, count: 26, from: address)
        case .humidityCalibration: return .read(Register.humidityCalibration, count: 7, from: address)
        case .checksum: return .read(Register.calibrationChecksum, count: 1, from: address)
        case .humidityControl: return .write(Register.humidityControl, humidityControl, to: address)
        case .configuration: return .write(Register.configuration, BME280.configurationByte, to: address)
        // The humidity setting takes effect with this write (DS002, section 5.4.3).
        case .sleep: return .write(Register.measurementControl, measurementControl, to: address)
        case .readBack, .status: return .read(Register.humidityControl, count: 4, from: address)
        case .start: return .write(Register.measurementControl, measurementControl | BME280.forcedMode, to: address)
        case .data: return .read(Register.data, count: 8, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .identify:
            guard bytes[0] == BME280.identity else { return .failed(.wrongIdentity) }
            step = .reset
            return .proceed(after: .zero)
        case .reset:
            step = .copied
            // Start-up time 2 ms (DS002, table 1).
            return .proceed(after: .milliseconds(3))
        case .copied:
            // Bit 0: the calibration is still being copied from the non-volatile memory.
            guard bytes[0] & 0x01 == 0 else { return .repeatStep(after: .milliseconds(1)) }
            step = .calibration
            return .proceed(after: .zero)
        case .calibration:
            calibration = BoschPressureCalibration(bytes)
            h1 = bytes[25]
            guard !calibration.isBlank else { return .failed(.selfTestFailed) }
            checksum = BoschCalibrationChecksum()
            checksum.add(bytes)
            step = .humidityCalibration
            return .proceed(after: .zero)
        case .humidityCalibration:
            humidityCalibration = BoschHumidityCalibration(h1: h1, bytes)
            checksum.add(bytes)
            step = .checksum
            return .proceed(after: .zero)
        case .checksum:
            guard !configuration.checksCalibration || bytes[0] == checksum.value else { return .failed(.checksum) }
            step = .humidityControl
            return .proceed(after: .zero)
        case .humidityControl:
            step = .configuration
            return .proceed(after: .zero)
        case .configuration:
            step = .sleep
            return .proceed(after: .zero)
        case .sleep:
            step = .readBack
            return .proceed(after: .zero)
        case .readBack:
            guard isConfigured(bytes) else { return .failed(.configurationMismatch) }
            step = .start
            return .ready
        case .start:
            startedAt = now
            step = .status
            return .proceed(after: configuration.measuringTime)
        case .status:
            guard isConfigured(bytes) else { return .failed(.unexpectedReset) }
            // Bit 3: a conversion is running.
            guard bytes[1] & 0x08 == 0 else { return .repeatStep(after: .milliseconds(1)) }
            step = .data
            return .proceed(after: .zero)
        case .data:
            step = .start
            return takeMeasurement(bytes, at: now, into: &output)
        }
    }

    /// - Parameter bytes: registers 0xF2 to 0xF5. The mode bits fall back to sleep by themselves.
    private func isConfigured(_ bytes: Span<UInt8>) -> Bool {
        bytes[0] & 0x07 == humidityControl && bytes[2] & 0xFC == measurementControl
            && bytes[3] & 0xFD == BME280.configurationByte
    }

    private mutating func takeMeasurement(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        let pressure = Int32(bytes[0]) << 12 | Int32(bytes[1]) << 4 | Int32(bytes[2]) >> 4
        let temperature = Int32(bytes[3]) << 12 | Int32(bytes[4]) << 4 | Int32(bytes[5]) >> 4
        let humidity = Int32(bytes[6]) << 8 | Int32(bytes[7])
        // The values after reset, which stand for "not measured" (DS002, section 5.4.7 and 4.1).
        guard temperature != 0x80000, pressure != 0x80000, humidity != 0x8000 else { return .failed(.neverReady) }
        let all = UInt64(pressure) << 36 | UInt64(temperature) << 16 | UInt64(humidity)
        guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }

        let fine = calibration.fineTemperature(raw: temperature)
        guard let centipascals = calibration.centipascals(raw: pressure, fineTemperature: fine) else {
            return .failed(.implausible)
        }
        let centidegrees = BoschPressureCalibration.centidegrees(fineTemperature: fine)
        output.append(
            channel: 0, value: centidegrees * 10,
            quality: BoschPressureCalibration.quality(rawTemperature: temperature, centidegrees), at: startedAt)
        output.append(
            channel: 1,
            value: Int32(
                dividedRounding(
                    Int64(humidityCalibration.humidity(raw: humidity, fineTemperature: fine)) * 1_000, by: 1_024)),
            quality: humidity == 0 || humidity == 0xFFFF ? .outOfRange : .good, at: startedAt)
        output.append(
            channel: 2, value: Int32(dividedRounding(centipascals, by: 100)),
            quality: BoschPressureCalibration.quality(rawPressure: pressure, centipascals), at: startedAt)
        return .measured
    }
}

extension BME280: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&calibration)
        state.carry(&humidityCalibration)
        state.carry(&h1)
        state.carry(&checksum)
        state.carry(&startedAt)
        state.carry(&watch)
    }
}
