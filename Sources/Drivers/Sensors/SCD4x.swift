import FixedMemory
import HardwareInterface

/// Sensirion SCD40, SCD41, SCD43: carbon dioxide, with temperature and relative humidity beside it.
///
/// Channels: 0 carbon dioxide (ppm), 1 temperature (m°C), 2 relative humidity (m%). Measures periodically, a value each 5 s;
/// a reset stops that, and the chip that is never ready again is brought up anew. The self-test takes 10 s at start.
/// Settings are written at each start instead of being stored in the chip, whose memory bears few writes.
///
/// The automatic self-calibration supposes fresh air once a week; switch it off where the room never sees any.
///
/// `calibrate` has the chip take what it breathes for a known concentration (forced recalibration, section 3.7.1); the chip
/// keeps that over power cuts. It must have measured for 3 minutes before. Measuring pauses for a second.
///
/// Source: Sensirion SCD4x data sheet 1.3, sections 3.4 (commands) to 3.9; first value 5 s after the start.
public struct SCD4x: SensorChip {
    public struct Configuration: Sendable, BitwiseCopyable {
        public var address: UInt8
        /// 5 s, the chip's own, or a multiple of it.
        public var interval: Interval
        /// How much warmer the chip is than the room, in thousandths of a degree.
        public var temperatureOffsetMillidegrees: Int32
        /// Metres above sea level; overridden by an ambient pressure.
        public var altitudeMetres: UInt16
        public var calibratesItself: Bool
        public var selfTests: Bool
        /// How long the raw values may stand still; zero for ever.
        public var stuckAfter: Interval

        public init(
            address: UInt8 = 0x62, interval: Interval = .seconds(5), temperatureOffsetMillidegrees: Int32 = 4_000,
            altitudeMetres: UInt16 = 0, calibratesItself: Bool = true, selfTests: Bool = true,
            stuckAfter: Interval = .minutes(10)
        ) {
            self.address = address
            self.interval = interval
            self.temperatureOffsetMillidegrees = temperatureOffsetMillidegrees
            self.altitudeMetres = altitudeMetres
            self.calibratesItself = calibratesItself
            self.selfTests = selfTests
            self.stuckAfter = stuckAfter
        }
    }

    enum Command {
        static var start: UInt16 { 0x21B1 }
        static var stop: UInt16 { 0x3F86 }
        static var read: UInt16 { 0xEC05 }
        static var isReady: UInt16 { 0xE4B8 }
        static var serialNumber: UInt16 { 0x3682 }
        static var selfTest: UInt16 { 0x3639 }
        static var wakeUp: UInt16 { 0x36F6 }
        static var setTemperatureOffset: UInt16 { 0x241D }
        static var getTemperatureOffset: UInt16 { 0x2318 }
        static var setAltitude: UInt16 { 0x2427 }
        static var getAltitude: UInt16 { 0x2322 }
        static var setSelfCalibration: UInt16 { 0x2416 }
        static var getSelfCalibration: UInt16 { 0x2313 }
        static var setPressure: UInt16 { 0xE000 }
        static var forceRecalibration: UInt16 { 0x362F }
    }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case wakeUp, stop, askSerial, serial, askSelfTest, selfTest
        case setOffset, setAltitude, setCalibration
        case askOffset, offset, askAltitude, altitude, askCalibration, calibration
        case start, setPressure, askReady, ready, askResult, result
        case stopToRecalibrate, recalibrate, recalibrated
    }

    /// How long the chip must have measured before it can be recalibrated (section 3.7.1).
    public static var settlingTime: Interval { .minutes(3) }
    /// Concentrations that the chip can be recalibrated to, ppm: fresh air to the end of the most accurate range.
    public static var recalibrationRange: ClosedRange<Int32> { 400...5_000 }

    private let configuration: Configuration
    private var step: Step
    private var watch: StuckValueWatch
    /// Pressure to be told to the chip, in hundreds of pascals; 0 for none.
    private var pressure: UInt16
    /// What the chip was told, and what is on its way to it.
    private var toldPressure: UInt16
    private var tellingPressure: UInt16
    /// Since when it has measured; `nil` while it does not.
    private var measuresSince: Instant?
    /// What it is to be recalibrated to, ppm; 0 for nothing.
    private var recalibratesTo: UInt16
    /// How the last recalibration ended, until that is taken.
    private var recalibration: Bool?

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .wakeUp
        watch = StuckValueWatch()
        pressure = 0
        toldPressure = 0
        tellingPressure = 0
        measuresSince = nil
        recalibratesTo = 0
        recalibration = nil
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x62 else { return "an SCD4x has the address 0x62" }
        guard configuration.interval >= .seconds(5) else {
            return "an SCD4x measures each 5 s; the interval cannot be shorter"
        }
        guard (0...20_000).contains(configuration.temperatureOffsetMillidegrees) else {
            return "the temperature offset of an SCD4x is 0 to 20 degrees"
        }
        guard configuration.altitudeMetres <= 3_000 else { return "the altitude of an SCD4x is 0 to 3000 m" }
        guard configuration.stuckAfter == .zero || configuration.stuckAfter >= configuration.interval * 20 else {
            return "stuckAfter must be at least 20 intervals, or zero"
        }
        return nil
    }

    private static var temperature: SensorChannel {
        SensorChannel("temperature", .millidegreeCelsius, -10_000...60_000)
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        switch index {
        // Fresh air has over 400 ppm; half of that is a broken or miscalibrated sensor.
        case 0: return SensorChannel("carbon dioxide", .partsPerMillion, 200...40_000)
        case 1: return temperature
        case 2: return SensorChannel("relative humidity", .millipercentRelativeHumidity, 0...100_000)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b111 }
    public var hasOwnClock: Bool { true }

    /// Tells the chip the ambient pressure, which it needs for its best accuracy, with its next cycle.
    ///
    /// - Parameter pascals: 70,000 to 120,000; others are ignored.
    public mutating func setAmbientPressure(pascals: Int32) {
        guard (70_000...120_000).contains(pascals) else { return }
        pressure = UInt16(pascals / 100)
    }

    /// Has the chip recalibrated, with its next cycle, to what it is surrounded by.
    ///
    /// - Parameters:
    ///   - value: of carbon dioxide, in ppm, within `recalibrationRange`.
    ///   - now: the moment.
    /// - Returns: whether it is begun, or why not.
    public mutating func calibrate(toPartsPerMillion value: Int32, at now: Instant) -> CalibrationStart {
        guard SCD4x.recalibrationRange.contains(value) else { return .outOfRange }
        guard let measuresSince, now - measuresSince >= SCD4x.settlingTime, recalibratesTo == 0 else {
            return .notSettled
        }
        recalibratesTo = UInt16(value)
        recalibration = nil
        return .begun
    }

    /// How the last recalibration ended, said once; `nil` while none has.
    public mutating func takeCalibration() -> Bool? { recalibration.take() }

    private mutating func endRecalibration(_ isDone: Bool) {
        recalibratesTo = 0
        recalibration = isDone
    }

    public mutating func restart() {
        watch.restart()
        step = .wakeUp
        toldPressure = 0
        measuresSince = nil
        if recalibratesTo != 0 { endRecalibration(false) }
    }

    public mutating func restartCycle() {
        step =
            recalibratesTo != 0 ? .stopToRecalibrate : pressure == toldPressure ? .askReady : .setPressure
    }

    /// The chip never acknowledges the wake-up; one that takes the stop but gives no serial number is another one.
    public var refusalIsExpected: Bool { step == .wakeUp || step == .askSerial || step == .serial }

    /// Offset in ticks: degrees · 65535 / 175 (section 3.6.1).
    private var offsetTicks: UInt16 {
        UInt16(clamping: dividedRounding(Int64(configuration.temperatureOffsetMillidegrees) * 65_535, by: 175_000))
    }
    private var calibrationWord: UInt16 { configuration.calibratesItself ? 1 : 0 }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        // Between two cycles the next one begins with it; within one, the one after.
        if recalibratesTo != 0, step == .askReady || step == .setPressure { restartCycle() }
        switch step {
        case .wakeUp: return .sensirion(Command.wakeUp, to: address)
        case .stop: return .sensirion(Command.stop, to: address)
        case .askSerial: return .sensirion(Command.serialNumber, to: address)
        case .askSelfTest: return .sensirion(Command.selfTest, to: address)
        case .setOffset: return .sensirion(Command.setTemperatureOffset, offsetTicks, to: address)
        case .setAltitude: return .sensirion(Command.setAltitude, configuration.altitudeMetres, to: address)
        case .setCalibration: return .sensirion(Command.setSelfCalibration, calibrationWord, to: address)
        case .askOffset: return .sensirion(Command.getTemperatureOffset, to: address)
        case .askAltitude: return .sensirion(Command.getAltitude, to: address)
        case .askCalibration: return .sensirion(Command.getSelfCalibration, to: address)
        case .start: return .sensirion(Command.start, to: address)
        case .setPressure:
            tellingPressure = pressure
            return .sensirion(Command.setPressure, tellingPressure, to: address)
        case .askReady: return .sensirion(Command.isReady, to: address)
        case .askResult: return .sensirion(Command.read, to: address)
        case .stopToRecalibrate: return .sensirion(Command.stop, to: address)
        case .recalibrate: return .sensirion(Command.forceRecalibration, recalibratesTo, to: address)
        case .serial, .result: return .sensirionAnswer(words: 3, from: address)
        case .selfTest, .offset, .altitude, .calibration, .ready, .recalibrated:
            return .sensirionAnswer(words: 1, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        let command = Interval.milliseconds(2)
        switch step {
        case .wakeUp: return go(to: .stop, after: .milliseconds(30))
        case .stop: return go(to: .askSerial, after: .milliseconds(500))
        case .askSerial: return go(to: .serial, after: command)
        case .serial:
            guard !bytes.isEmpty else { return .failed(.wrongIdentity) }
            guard let first = bytes.sensirionWord(0), let second = bytes.sensirionWord(1),
                let third = bytes.sensirionWord(2)
            else { return .failed(.checksum) }
            guard isPlausibleSerial(first | second, third) else { return .failed(.wrongIdentity) }
            return go(to: configuration.selfTests ? .askSelfTest : .setOffset)
        case .askSelfTest: return go(to: .selfTest, after: .milliseconds(10_000))
        case .selfTest:
            guard let word = bytes.sensirionWord(0) else { return .failed(.checksum) }
            guard word == 0 else { return .failed(.selfTestFailed) }
            return go(to: .setOffset)
        case .setOffset: return go(to: .setAltitude, after: command)
        case .setAltitude: return go(to: .setCalibration, after: command)
        case .setCalibration: return go(to: .askOffset, after: command)
        case .askOffset: return go(to: .offset, after: command)
        case .offset: return expect(offsetTicks, bytes, then: .askAltitude)
        case .askAltitude: return go(to: .altitude, after: command)
        case .altitude: return expect(configuration.altitudeMetres, bytes, then: .askCalibration)
        case .askCalibration: return go(to: .calibration, after: command)
        case .calibration: return expect(calibrationWord, bytes, then: .start)
        case .start:
            if measuresSince == nil { measuresSince = now }
            restartCycle()
            return .ready
        case .stopToRecalibrate: return go(to: .recalibrate, after: .milliseconds(500))
        case .recalibrate: return go(to: .recalibrated, after: .milliseconds(400))
        case .recalibrated:
            guard let word = bytes.sensirionWord(0) else { return .failed(.checksum) }
            // The correction is the word less 0x8000; all ones say that there is none.
            endRecalibration(word != 0xFFFF)
            return go(to: .start)
        case .setPressure:
            toldPressure = tellingPressure
            return go(to: .askReady, after: command)
        case .askReady: return go(to: .ready, after: command)
        case .ready: return takeReady(bytes)
        case .askResult: return go(to: .result, after: command)
        case .result: return takeResult(bytes, at: now, into: &output)
        }
    }

    private mutating func go(to next: Step, after wait: Interval = .zero) -> ChipProgress {
        step = next
        return .proceed(after: wait)
    }

    private mutating func expect(_ word: UInt16, _ bytes: Span<UInt8>, then next: Step) -> ChipProgress {
        guard let read = bytes.sensirionWord(0) else { return .failed(.checksum) }
        guard read == word else { return .failed(.configurationMismatch) }
        return go(to: next)
    }

    private mutating func takeReady(_ bytes: Span<UInt8>) -> ChipProgress {
        guard let word = bytes.sensirionWord(0) else { return .failed(.checksum) }
        // The least significant 11 bits (section 3.8.2).
        guard word & 0x07FF != 0 else {
            step = .askReady
            return .repeatStep(after: .milliseconds(280))
        }
        return go(to: .askResult)
    }

    private mutating func takeResult(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        restartCycle()
        guard let carbonDioxide = bytes.sensirionWord(0), let temperature = bytes.sensirionWord(1),
            let humidity = bytes.sensirionWord(2), let range = SCD4x.channel(0)
        else { return .failed(.checksum) }
        let all = UInt64(carbonDioxide) << 32 | UInt64(temperature) << 16 | UInt64(humidity)
        guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
        output.append(channel: 0, value: Int32(carbonDioxide), of: range, at: now)
        output.append(
            channel: 1, value: SensirionTicks.millidegrees(temperature), of: SCD4x.temperature, at: now)
        output.append(channel: 2, value: SensirionTicks.millipercent(humidity), quality: .good, at: now)
        return .measured
    }
}

extension SCD4x: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&watch)
        state.carry(&pressure)
        state.carry(&toldPressure)
        state.carry(&tellingPressure)
        state.carry(&measuresSince)
        state.carry(&recalibratesTo)
        state.carry(&recalibration)
    }
}
