import FixedMemory
import HardwareInterface

/// Bosch BMP280: temperature and air pressure.
///
/// Channels: 0 temperature (m°C, in steps of 10), 1 pressure (Pa). As the `BME280` without humidity; its calibration carries
/// no checksum, so it is read twice and must be the same.
///
/// Source: Bosch BST-BMP280-DS001 1.19, sections 3 (modes, compensation), 4 (registers), 3.8.1 (measuring time).
public struct BMP280: SensorChip {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x76 or 0x77, by the SDO pin.
        public var address: UInt8
        public var interval: Interval
        public var temperature: BME280.Oversampling
        public var pressure: BME280.Oversampling
        /// How long the raw values may stand still; zero for ever.
        public var stuckAfter: Interval

        public init(
            address: UInt8 = 0x76, interval: Interval = .seconds(1), temperature: BME280.Oversampling = .times1,
            pressure: BME280.Oversampling = .times4, stuckAfter: Interval = .minutes(5)
        ) {
            self.address = address
            self.interval = interval
            self.temperature = temperature
            self.pressure = pressure
            self.stuckAfter = stuckAfter
        }

        /// Greatest measuring time: 1.25 ms + 2.3 ms a sample + 0.575 ms.
        var measuringTime: Interval {
            .microseconds(1_250 + 2_300 * (temperature.samples + pressure.samples) + 575)
        }
    }

    static var identity: UInt8 { 0x58 }
    /// The configuration register: filter off, and a standby time, which forced mode does not use, as a mark that a reset
    /// takes away.
    private static var mark: UInt8 { 0b101 << 5 }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case identify, reset, copied, calibration, calibrationAgain, configuration, sleep, readBack
        case start, status, data
    }

    private let configuration: Configuration
    private var step: Step
    private var calibration: BoschPressureCalibration
    private var startedAt: Instant
    private var watch: StuckValueWatch

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .identify
        calibration = BoschPressureCalibration()
        startedAt = .start
        watch = StuckValueWatch()
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x76 || configuration.address == 0x77 else {
            return "a BMP280 has the address 0x76 or 0x77"
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
        case 1: return SensorChannel("pressure", .pascal, 30_000...110_000)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b11 }

    public mutating func restart() {
        step = .identify
        watch.restart()
    }
    public mutating func restartCycle() { step = .start }

    /// Oversampling of temperature and pressure, mode bits 0 (sleep).
    private var measurementControl: UInt8 {
        configuration.temperature.rawValue << 5 | configuration.pressure.rawValue << 2
    }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        case .identify: return .read(BME280.Register.identity, count: 1, from: address)
        case .reset: return .write(BME280.Register.reset, BME280.resetWord, to: address)
        case .copied: return .read(BME280.Register.status, count: 1, from: address)
        case .calibration, .calibrationAgain: return .read(BME280.Register.calibration, count: 24, from: address)
        case .configuration: return .write(BME280.Register.configuration, BMP280.mark, to: address)
        case .sleep: return .write(BME280.Register.measurementControl, measurementControl, to: address)
        case .readBack, .status: return .read(BME280.Register.status, count: 3, from: address)
        case .start: return .write(BME280.Register.measurementControl, measurementControl | 0b01, to: address)
        case .data: return .read(BME280.Register.data, count: 6, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .identify:
            guard bytes[0] == BMP280.identity else { return .failed(.wrongIdentity) }
            return go(to: .reset)
        case .reset: return go(to: .copied, after: .milliseconds(3))
        case .copied:
            guard bytes[0] & 0x01 == 0 else { return .repeatStep(after: .milliseconds(1)) }
            return go(to: .calibration)
        case .calibration:
            calibration = BoschPressureCalibration(bytes)
            guard !calibration.isBlank else { return .failed(.selfTestFailed) }
            return go(to: .calibrationAgain)
        case .calibrationAgain:
            guard calibration == BoschPressureCalibration(bytes) else { return .failed(.checksum) }
            return go(to: .configuration)
        case .configuration: return go(to: .sleep)
        case .sleep: return go(to: .readBack)
        case .readBack:
            guard isConfigured(bytes) else { return .failed(.configurationMismatch) }
            step = .start
            return .ready
        case .start:
            startedAt = now
            return go(to: .status, after: configuration.measuringTime)
        case .status:
            guard isConfigured(bytes) else { return .failed(.unexpectedReset) }
            guard bytes[0] & 0x08 == 0 else { return .repeatStep(after: .milliseconds(1)) }
            return go(to: .data)
        case .data:
            step = .start
            return takeMeasurement(bytes, at: now, into: &output)
        }
    }

    private mutating func go(to next: Step, after wait: Interval = .zero) -> ChipProgress {
        step = next
        return .proceed(after: wait)
    }

    /// - Parameter bytes: registers 0xF3 to 0xF5.
    private func isConfigured(_ bytes: Span<UInt8>) -> Bool {
        bytes[1] & 0xFC == measurementControl && bytes[2] & 0xFD == BMP280.mark
    }

    private mutating func takeMeasurement(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        let pressure = Int32(bytes[0]) << 12 | Int32(bytes[1]) << 4 | Int32(bytes[2]) >> 4
        let temperature = Int32(bytes[3]) << 12 | Int32(bytes[4]) << 4 | Int32(bytes[5]) >> 4
        guard temperature != 0x80000, pressure != 0x80000 else { return .failed(.neverReady) }
        let all = UInt64(pressure) << 20 | UInt64(temperature)
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
            channel: 1, value: Int32(dividedRounding(centipascals, by: 100)),
            quality: BoschPressureCalibration.quality(rawPressure: pressure, centipascals), at: startedAt)
        return .measured
    }
}

extension BMP280: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&calibration)
        state.carry(&startedAt)
        state.carry(&watch)
    }
}
