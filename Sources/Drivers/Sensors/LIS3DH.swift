import FixedMemory
import HardwareInterface

/// ST LIS3DH (and LIS2DH12, which answers alike): three-axis accelerometer, read through its FIFO.
///
/// High-resolution mode, 12 bits. ST's sensitivities are whole thousandths of a gravity per code (1, 2, 4, 12), so the codes
/// of `SensorOutput` are thousandths of a gravity already. Channels 0, 1, 2: the last sample's x, y, z in milligravity.
///
/// The self-test at start deflects the sensor and expects an answer between 17 and 360 codes of 4 mg on each axis. A sensor
/// that moves meanwhile is tested again, and after three disturbed tests is taken into service without a verdict.
///
/// Source: ST LIS3DH DocID17530 rev. 2, tables 4 (sensitivity, self-test), 6 to 8 (registers); AN3308 sections 9 (FIFO), 11
/// (self-test).
public struct LIS3DH: SensorChip {
    /// Samples a second; the raw value is the register code (table 31).
    public enum Rate: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case hertz25 = 3
        case hertz50 = 4
        case hertz100 = 5
        case hertz200 = 6
        case hertz400 = 7

        public var hertz: Int64 { 25 << Int64(rawValue - 3) }
        public var sampleInterval: Interval { Interval(nanoseconds: 1_000_000_000 / hertz) }
    }

    /// Full scale; the raw value is the register code (table 35).
    public enum Range: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case gravities2 = 0
        case gravities4 = 1
        case gravities8 = 2
        case gravities16 = 3

        /// Thousandths of a gravity for one of 12 bits.
        var milligravityPerCode: Int16 {
            switch self {
            case .gravities2: 1
            case .gravities4: 2
            case .gravities8: 4
            case .gravities16: 12
            }
        }
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x18 with the SA0 pin low, 0x19 with it high.
        public var address: UInt8
        public var rate: Rate
        public var range: Range
        /// Time from burst to burst; the FIFO holds 32 samples.
        public var interval: Interval
        public var selfTests: Bool
        /// How long all three axes may stand still; zero for ever.
        public var stuckAfter: Interval

        /// - Parameter interval: `nil` for 80 ms, or 16 samples where that is shorter.
        public init(
            address: UInt8 = 0x18, rate: Rate = .hertz100, range: Range = .gravities8, interval: Interval? = nil,
            selfTests: Bool = true, stuckAfter: Interval = .seconds(20)
        ) {
            self.address = address
            self.rate = rate
            self.range = range
            self.interval = interval ?? min(.milliseconds(80), rate.sampleInterval * 16)
            self.selfTests = selfTests
            self.stuckAfter = stuckAfter
        }
    }

    enum Register {
        static var identity: UInt8 { 0x0F }
        static var control1: UInt8 { 0x20 }
        static var control4: UInt8 { 0x23 }
        static var control5: UInt8 { 0x24 }
        static var data: UInt8 { 0x28 }
        static var fifoControl: UInt8 { 0x2E }
        /// The register address counts up in a transaction only if this bit is set (section 6.1.1).
        static var countUp: UInt8 { 0x80 }
    }

    static var identity: UInt8 { 0x33 }
    private static var streamMode: UInt8 { 0x80 }
    private static var fifoEnable: UInt8 { 0x40 }
    private static var reboot: UInt8 { 0x80 }
    private static var blockDataUpdate: UInt8 { 0x80 }
    private static var highResolution: UInt8 { 0x08 }
    private static var selfTest0: UInt8 { 0x02 }
    private static var allAxes: UInt8 { 0x07 }
    private static var selfTestRate: Rate { .hertz100 }
    private static var selfTestSamples: UInt8 { 5 }
    /// Swing within one average above which the sensor is being moved: half a g in codes of 4 mg.
    private static var movementCodes: Int32 { 125 }
    private static var selfTestAttempts: UInt8 { 3 }
    private static var burstsBetweenChecks: UInt8 { 12 }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case identify, reboot, interruptsOff
        case testRate, testFormat, testFIFO, restClear, restStream, restCount, rest
        case deflect, deflectedClear, deflectedStream, deflectedCount, deflected
        case powerDown, format, fifo, fifoClear, fifoStream, rate, readBack, readFIFO
        case count, burst, check
    }

    private let configuration: Configuration
    private var step: Step
    private var waiting: UInt8
    private var seenAt: Instant
    private var clock: SampleClock
    private var watch: StuckValueWatch
    private var burstsSinceCheck: UInt8
    private var hasOverrun: Bool
    private var rest: SampleSums
    private var testAttempts: UInt8

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .identify
        waiting = 0
        seenAt = .start
        clock = SampleClock(interval: configuration.rate.sampleInterval)
        watch = StuckValueWatch()
        burstsSinceCheck = 0
        hasOverrun = false
        rest = SampleSums()
        testAttempts = 0
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x18 || configuration.address == 0x19 else {
            return "a LIS3DH has the address 0x18 or 0x19"
        }
        guard configuration.interval >= configuration.rate.sampleInterval,
            configuration.interval <= configuration.rate.sampleInterval * 24
        else { return "the interval must hold between 1 and 24 samples, so that the FIFO does not overrun" }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        // 12 bits of 12 mg.
        let range: ClosedRange<Int32> = -24_576...24_564
        switch index {
        case 0: return SensorChannel("x", .milligravity, range)
        case 1: return SensorChannel("y", .milligravity, range)
        case 2: return SensorChannel("z", .milligravity, range)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b111 }

    public mutating func restart() {
        watch.restart()
        step = .identify
        testAttempts = 0
        clock.restart()
    }

    public mutating func restartCycle() { step = .count }

    private var control1: UInt8 { configuration.rate.rawValue << 4 | LIS3DH.allAxes }
    private var control4: UInt8 {
        LIS3DH.blockDataUpdate | configuration.range.rawValue << 4 | LIS3DH.highResolution
    }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        case .identify: return .read(Register.identity, count: 1, from: address)
        case .reboot: return .write(Register.control5, LIS3DH.reboot, to: address)
        case .interruptsOff:
            // Control registers 2 and 3: no filter, no interrupts.
            var request = BusRequest.write((Register.control1 + 1) | Register.countUp, 0, to: address)
            request.write.append(0)
            return request
        case .testRate:
            return .write(Register.control1, LIS3DH.selfTestRate.rawValue << 4 | LIS3DH.allAxes, to: address)
        // ±2 g in normal mode: ten bits of 4 mg.
        case .testFormat: return .write(Register.control4, LIS3DH.blockDataUpdate, to: address)
        case .testFIFO, .fifo: return .write(Register.control5, LIS3DH.fifoEnable, to: address)
        case .deflect: return .write(Register.control4, LIS3DH.blockDataUpdate | LIS3DH.selfTest0, to: address)
        // Bypass mode empties the FIFO.
        case .restClear, .deflectedClear, .fifoClear: return .write(Register.fifoControl, 0, to: address)
        case .restStream, .deflectedStream, .fifoStream:
            return .write(Register.fifoControl, LIS3DH.streamMode, to: address)
        case .restCount, .deflectedCount, .readFIFO, .count:
            return .read(Register.fifoControl | Register.countUp, count: 2, from: address)
        case .rest, .deflected, .burst:
            return .read(Register.data | Register.countUp, count: 6, from: address, repetitions: max(waiting, 1))
        case .powerDown: return .write(Register.control1, 0, to: address)
        case .format: return .write(Register.control4, control4, to: address)
        case .rate: return .write(Register.control1, control1, to: address)
        case .readBack, .check: return .read(Register.control1 | Register.countUp, count: 6, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .identify:
            guard bytes[0] == LIS3DH.identity else { return .failed(.wrongIdentity) }
            return go(to: .reboot)
        // The boot procedure takes 5 ms.
        case .reboot: return go(to: .interruptsOff, after: .milliseconds(10))
        case .interruptsOff: return go(to: configuration.selfTests ? .testRate : .powerDown)
        case .testRate: return go(to: .testFormat)
        case .testFormat: return go(to: .testFIFO)
        // 90 ms for the output to settle (AN3308, section 11).
        case .testFIFO: return go(to: .restClear, after: .milliseconds(90))
        case .restClear: return go(to: .restStream)
        case .restStream: return go(to: .restCount, after: .milliseconds(70))
        case .restCount: return expectTestSamples(bytes, then: .rest)
        case .rest:
            rest = LIS3DH.sums(bytes)
            return go(to: .deflect)
        case .deflect: return go(to: .deflectedClear, after: .milliseconds(90))
        case .deflectedClear: return go(to: .deflectedStream)
        case .deflectedStream: return go(to: .deflectedCount, after: .milliseconds(70))
        case .deflectedCount: return expectTestSamples(bytes, then: .deflected)
        case .deflected: return concludeSelfTest(LIS3DH.sums(bytes))
        case .powerDown: return go(to: .format)
        case .format: return go(to: .fifo)
        case .fifo: return go(to: .fifoClear)
        case .fifoClear: return go(to: .fifoStream)
        case .fifoStream: return go(to: .rate)
        case .rate: return go(to: .readBack)
        case .readBack:
            guard isConfigured(bytes) else { return .failed(.configurationMismatch) }
            return go(to: .readFIFO)
        case .readFIFO:
            guard bytes[0] == LIS3DH.streamMode else { return .failed(.configurationMismatch) }
            step = .count
            burstsSinceCheck = 0
            return .ready
        case .count: return takeCount(bytes, at: now)
        case .burst: return takeBurst(bytes, at: now, into: &output)
        case .check:
            guard isConfigured(bytes) else { return .failed(.unexpectedReset) }
            burstsSinceCheck = 0
            return go(to: .burst)
        }
    }

    private mutating func go(to next: Step, after wait: Interval = .zero) -> ChipProgress {
        step = next
        return .proceed(after: wait)
    }

    /// - Parameter bytes: control registers 1 to 6.
    private func isConfigured(_ bytes: Span<UInt8>) -> Bool {
        bytes[0] == control1 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == control4
            && bytes[4] == LIS3DH.fifoEnable
    }

    /// Samples waiting, by the source register: 32 where it has overrun, else its count (AN3308, section 9.2).
    private static func entries(_ source: UInt8) -> UInt8 {
        if source & 0x40 != 0 { return 32 }
        return source & 0x20 != 0 ? 0 : source & 0x1F
    }

    // MARK: Self-test

    private mutating func expectTestSamples(_ bytes: Span<UInt8>, then next: Step) -> ChipProgress {
        guard bytes[0] == LIS3DH.streamMode else { return .failed(.configurationMismatch) }
        guard LIS3DH.entries(bytes[1]) > LIS3DH.selfTestSamples else { return .repeatStep(after: .milliseconds(10)) }
        // The first is discarded.
        waiting = LIS3DH.selfTestSamples + 1
        return go(to: next)
    }

    private static func sums(_ bytes: Span<UInt8>) -> SampleSums {
        var sums = SampleSums()
        for index in 1..<max(bytes.count / 6, 1) {
            let raw = codes(bytes, at: index * 6)
            sums.add(SensorOutput.AccelerationCodes(x: raw.x >> 6, y: raw.y >> 6, z: raw.z >> 6))
        }
        return sums
    }

    private mutating func concludeSelfTest(_ deflected: SampleSums) -> ChipProgress {
        let samples = Int32(LIS3DH.selfTestSamples)
        let passed =
            LIS3DH.selfTestPassed(deflected.x - rest.x, samples) && LIS3DH.selfTestPassed(deflected.y - rest.y, samples)
            && LIS3DH.selfTestPassed(deflected.z - rest.z, samples)
        if passed { return go(to: .powerDown) }
        guard max(rest.swing, deflected.swing) > LIS3DH.movementCodes else { return .failed(.selfTestFailed) }
        testAttempts += 1
        return go(to: testAttempts < LIS3DH.selfTestAttempts ? .testRate : .powerDown)
    }

    /// 17 to 360 codes of 4 mg (table 4), for sums over `samples`.
    static func selfTestPassed(_ sum: Int32, _ samples: Int32) -> Bool {
        let magnitude = Int32(sum.magnitude)
        return magnitude >= 17 * samples && magnitude <= 360 * samples
    }

    // MARK: Measuring

    private mutating func takeCount(_ bytes: Span<UInt8>, at now: Instant) -> ChipProgress {
        guard bytes[0] == LIS3DH.streamMode else { return .failed(.unexpectedReset) }
        let entries = LIS3DH.entries(bytes[1])
        guard entries > 0 else { return .repeatStep(after: configuration.rate.sampleInterval) }
        hasOverrun = bytes[1] & 0x40 != 0
        waiting = entries
        seenAt = now
        burstsSinceCheck += 1
        return go(to: burstsSinceCheck >= LIS3DH.burstsBetweenChecks ? .check : .burst)
    }

    private mutating func takeBurst(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        step = .count
        let count = bytes.count / 6
        let scale = configuration.range.milligravityPerCode
        var last = SensorOutput.AccelerationCodes(x: 0, y: 0, z: 0)
        for index in 0..<count {
            last = LIS3DH.codes(bytes, at: index * 6)
            // 12 bits, left-justified: the rest is zero.
            guard (last.x | last.y | last.z) & 0x0F == 0 else { return .failed(.implausible) }
            let all =
                UInt64(UInt16(bitPattern: last.x)) << 32 | UInt64(UInt16(bitPattern: last.y)) << 16
                | UInt64(UInt16(bitPattern: last.z))
            guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
            output.append(
                sample: SensorOutput.AccelerationCodes(
                    x: (last.x >> 4) * scale, y: (last.y >> 4) * scale, z: (last.z >> 4) * scale))
        }
        let lastAt = clock.advance(by: count, seenAt: seenAt)
        output.describeSamples(
            codesPerGravity: 1_000, lastAt: lastAt, interval: clock.interval, werePrecededByLoss: hasOverrun)
        append(last.x, channel: 0, lastAt, to: &output)
        append(last.y, channel: 1, lastAt, to: &output)
        append(last.z, channel: 2, lastAt, to: &output)
        return .measured
    }

    private func append(_ raw: Int16, channel: UInt8, _ instant: Instant, to output: inout SensorOutput) {
        let code = raw >> 4
        output.append(
            channel: channel, value: Int32(code) * Int32(configuration.range.milligravityPerCode),
            quality: code == 2_047 || code == -2_048 ? .outOfRange : .good, at: instant)
    }

    private static func codes(_ bytes: Span<UInt8>, at offset: Int) -> SensorOutput.AccelerationCodes {
        SensorOutput.AccelerationCodes(
            x: Int16(bitPattern: bytes.littleEndianWord(at: offset)),
            y: Int16(bitPattern: bytes.littleEndianWord(at: offset + 2)),
            z: Int16(bitPattern: bytes.littleEndianWord(at: offset + 4)))
    }
}

extension LIS3DH: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&waiting, within: 0...32)
        state.carry(&seenAt)
        state.carry(&clock)
        state.carry(&watch)
        state.carry(&burstsSinceCheck, within: 0...LIS3DH.burstsBetweenChecks)
        state.carry(&hasOverrun)
        state.carry(&rest)
        state.carry(&testAttempts, within: 0...LIS3DH.selfTestAttempts)
    }
}
