import FixedMemory
import HardwareInterface

/// Sensirion SGP40 and SGP41: volatile organic compounds and, on the SGP41, nitrogen oxides, as gas indices.
///
/// Channels: 0 index of volatile compounds (1 to 500), 1 index of nitrogen oxides (SGP41 only), 2 and 3 the raw signals in
/// ticks. Measured each second, because the index is defined so. The first 10 s of an SGP41 condition its nitrogen pixel;
/// no index comes in the first 46 measurements; both are reported as `starting`. What an index has learned outlives an
/// interruption of up to ten minutes.
///
/// Temperature and humidity of another sensor make the signal independent of them: see `setAmbient`.
///
/// A measurement is a command of its own: a brown-out takes no state from the chip.
///
/// Source: Sensirion SGP40 data sheet 1.2 and SGP41 data sheet 1.1, sections 3 (commands), 4 (self-test); their sample code.
public struct SGP4x: SensorChip {
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        case sgp40
        case sgp41

        /// The nine low bits of the feature set.
        var featureSet: UInt16 { self == .sgp40 ? 0x020 : 0x040 }
        var words: Int { self == .sgp40 ? 1 : 2 }
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        public var kind: Kind
        public var address: UInt8
        public var selfTests: Bool
        /// How long the raw values may stand still; zero for ever.
        public var stuckAfter: Interval

        public init(
            kind: Kind, address: UInt8 = 0x59, selfTests: Bool = true, stuckAfter: Interval = .minutes(5)
        ) {
            self.kind = kind
            self.address = address
            self.selfTests = selfTests
            self.stuckAfter = stuckAfter
        }
    }

    enum Command {
        static var serialNumber: UInt16 { 0x3682 }
        static var featureSet: UInt16 { 0x202F }
        static var selfTest: UInt16 { 0x280E }
        static var measureSGP40: UInt16 { 0x260F }
        static var measureSGP41: UInt16 { 0x2619 }
        static var conditionSGP41: UInt16 { 0x2612 }
    }

    /// Longer conditioning harms the pixel (SGP41 data sheet, section 3.2).
    private static var conditioningLimit: UInt8 { 10 }
    /// What was learned is worthless after a longer interruption (gas index algorithm, `set_states`).
    private static var memory: Interval { .minutes(10) }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case askSerial, serial, askFeatures, features, askSelfTest, selfTest, measure, result
    }

    private let configuration: Configuration
    private var step: Step
    private var temperature: UInt16
    private var humidity: UInt16
    private var conditioned: UInt8
    private var measuredAt: Instant
    private var lastAt: Instant
    private var organic: GasIndex
    private var nitrogen: GasIndex
    private var watch: StuckValueWatch

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .askSerial
        // 25 °C and 50 %: the data sheet's defaults where nothing is known.
        temperature = 0x6666
        humidity = 0x8000
        conditioned = 0
        measuredAt = .start
        lastAt = .start
        organic = GasIndex(.volatileOrganicCompounds)
        nitrogen = GasIndex(.nitrogenOxides)
        watch = StuckValueWatch()
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x59 else { return "an SGP40 or SGP41 has the address 0x59" }
        guard configuration.stuckAfter == .zero || configuration.stuckAfter >= .seconds(20) else {
            return "stuckAfter must be at least 20 s, or zero"
        }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        switch index {
        case 0: return SensorChannel("volatile organic compounds index", .index, 1...500)
        case 1: return SensorChannel("nitrogen oxides index", .index, 1...500)
        case 2: return SensorChannel("volatile organic compounds signal", .count, 1...64_999)
        case 3: return SensorChannel("nitrogen oxides signal", .count, 1...64_999)
        default: return nil
        }
    }

    public var interval: Interval { .seconds(1) }
    public var reportedChannels: UInt16 { configuration.kind == .sgp40 ? 0b0101 : 0b1111 }

    /// Temperature and humidity at the chip, measured by another sensor.
    ///
    /// - Parameters:
    ///   - millidegrees: thousandths of a degree Celsius.
    ///   - millipercent: thousandths of a per cent of relative humidity.
    public mutating func setAmbient(millidegrees: Int32, millipercent: Int32) {
        temperature = SensirionTicks.temperatureTicks(millidegrees: millidegrees)
        humidity = SensirionTicks.humidityTicks(millipercent: millipercent)
    }

    public mutating func restart() {
        watch.restart()
        step = .askSerial
        conditioned = 0
    }

    public mutating func restartCycle() { step = .measure }

    /// A chip that takes the command for the serial number but leaves no answer is another one.
    public var refusalIsExpected: Bool { step == .serial || step == .features || step == .askFeatures }

    private var isConditioning: Bool {
        configuration.kind == .sgp41 && conditioned < SGP4x.conditioningLimit
    }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        case .askSerial: return .sensirion(Command.serialNumber, to: address)
        case .serial: return .sensirionAnswer(words: 3, from: address)
        case .askFeatures: return .sensirion(Command.featureSet, to: address)
        case .features, .selfTest: return .sensirionAnswer(words: 1, from: address)
        case .askSelfTest: return .sensirion(Command.selfTest, to: address)
        case .measure:
            if configuration.kind == .sgp40 {
                return .sensirion(Command.measureSGP40, humidity, temperature, to: address)
            }
            // Conditioning takes the default humidity and temperature.
            return isConditioning
                ? .sensirion(Command.conditionSGP41, 0x8000, 0x6666, to: address)
                : .sensirion(Command.measureSGP41, humidity, temperature, to: address)
        case .result: return .sensirionAnswer(words: isConditioning ? 1 : configuration.kind.words, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .askSerial: return go(to: .serial, after: .milliseconds(2))
        case .serial:
            guard !bytes.isEmpty else { return .failed(.wrongIdentity) }
            guard let first = bytes.sensirionWord(0), let second = bytes.sensirionWord(1),
                let third = bytes.sensirionWord(2)
            else { return .failed(.checksum) }
            guard isPlausibleSerial(first | second, third) else { return .failed(.wrongIdentity) }
            return go(to: .askFeatures)
        case .askFeatures: return go(to: .features, after: .milliseconds(10))
        case .features:
            guard !bytes.isEmpty else { return .failed(.wrongIdentity) }
            guard let word = bytes.sensirionWord(0) else { return .failed(.checksum) }
            guard word & 0x1FF == configuration.kind.featureSet else { return .failed(.wrongIdentity) }
            guard configuration.selfTests else { return bringUpIsDone(at: now) }
            return go(to: .askSelfTest)
        case .askSelfTest: return go(to: .selfTest, after: .milliseconds(320))
        case .selfTest:
            guard let word = bytes.sensirionWord(0) else { return .failed(.checksum) }
            guard selfTestPassed(word) else { return .failed(.selfTestFailed) }
            return bringUpIsDone(at: now)
        case .measure:
            measuredAt = now
            return go(to: .result, after: .milliseconds(configuration.kind == .sgp40 ? 30 : 55))
        case .result: return takeResult(bytes, at: now, into: &output)
        }
    }

    private mutating func go(to next: Step, after wait: Interval = .zero) -> ChipProgress {
        step = next
        return .proceed(after: wait)
    }

    private mutating func bringUpIsDone(at now: Instant) -> ChipProgress {
        step = .measure
        if now - lastAt > SGP4x.memory {
            organic = GasIndex(.volatileOrganicCompounds)
            nitrogen = GasIndex(.nitrogenOxides)
        }
        return .ready
    }

    /// SGP40: 0xD400 for passed, 0x4B00 for failed. SGP41: the high byte says nothing, a bit of the low four per pixel.
    private func selfTestPassed(_ word: UInt16) -> Bool {
        configuration.kind == .sgp40 ? word >> 8 == 0xD4 : word & 0x000F == 0
    }

    private mutating func takeResult(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        step = .measure
        guard let organicSignal = bytes.sensirionWord(0) else { return .failed(.checksum) }
        guard !isConditioning else {
            conditioned += 1
            appendStarting(to: &output)
            return .warming
        }
        var nitrogenSignal: UInt16 = 0
        if configuration.kind == .sgp41 {
            guard let word = bytes.sensirionWord(1) else { return .failed(.checksum) }
            nitrogenSignal = word
        }
        let all = UInt64(organicSignal) << 16 | UInt64(nitrogenSignal)
        guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
        lastAt = now
        var isWarm = append(organic.process(raw: organicSignal), organicSignal, channel: 0, to: &output)
        if configuration.kind == .sgp41 {
            isWarm = append(nitrogen.process(raw: nitrogenSignal), nitrogenSignal, channel: 1, to: &output) && isWarm
        }
        return isWarm ? .measured : .warming
    }

    /// - Returns: whether there is an index yet.
    private func append(_ index: Int32, _ signal: UInt16, channel: UInt8, to output: inout SensorOutput) -> Bool {
        // Beyond 65,000 the algorithm itself takes a signal for none.
        let isSignal = signal > 0 && signal < 65_000
        let quality: Quality = index == 0 ? .starting : isSignal ? .good : .outOfRange
        output.append(channel: channel, value: index, quality: quality, at: measuredAt)
        output.append(
            channel: channel + 2, value: Int32(signal), quality: isSignal ? .good : .outOfRange, at: measuredAt)
        return index != 0
    }

    private func appendStarting(to output: inout SensorOutput) {
        for channel in UInt8(0)..<4 { output.append(channel: channel, value: 0, quality: .starting, at: measuredAt) }
    }
}

extension SGP4x: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&temperature)
        state.carry(&humidity)
        state.carry(&conditioned, within: 0...SGP4x.conditioningLimit)
        state.carry(&measuredAt)
        state.carry(&lastAt)
        state.carry(&organic)
        state.carry(&nitrogen)
        state.carry(&watch)
    }
}
