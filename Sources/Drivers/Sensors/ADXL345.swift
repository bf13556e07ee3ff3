import FixedMemory
import HardwareInterface

/// Analog Devices ADXL345: three-axis accelerometer, worn or mounted, read through its FIFO.
///
/// Samples at full resolution over ±16 g, 256 codes per g (3.90625 mg a code); `SensorOutput` hands out the raw codes and
/// milligravity = code · 125/32 rounded to the nearest. Channels 0, 1, 2: the last sample's x, y, z in milligravity, once a
/// burst, for whoever watches tilt.
///
/// Each burst reads the fill level first and then one FIFO entry a transaction. Where the bus is slow use 400 kHz: 16
/// samples take 3.3 ms there and 13 ms at 100 kHz.
///
/// The self-test at start deflects the sensor electrostatically and expects an answer within the data sheet's limits for
/// the supply voltage. It needs rest: a sensor that moves meanwhile is tested again, and after three disturbed tests is
/// taken into service without a verdict, since moving is proof of life too.
///
/// Source: Analog Devices ADXL345 Rev. E, sections FIFO, Self-Test, Using Self-Test; tables 7 (rates), 14, 18, 19 (registers).
public struct ADXL345: SensorChip {
    /// Samples a second; the raw value is the register code (Rev. E, table 7).
    public enum Rate: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case hertz25 = 0x08
        case hertz50 = 0x09
        case hertz100 = 0x0A
        case hertz200 = 0x0B
        case hertz400 = 0x0C

        public var hertz: Int64 { 25 << Int64(rawValue - 0x08) }
        public var sampleInterval: Interval { Interval(nanoseconds: 1_000_000_000 / hertz) }
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x53 with the ALT ADDRESS pin low, 0x1D with it high.
        public var address: UInt8
        public var rate: Rate
        /// Time from burst to burst; the FIFO holds 32 samples.
        public var interval: Interval
        /// Supply voltage, by which the self-test's limits are scaled.
        public var supplyMillivolts: Int32
        public var selfTests: Bool
        /// How long all three axes may stand still; zero for ever.
        public var stuckAfter: Interval

        /// - Parameter interval: `nil` for 80 ms, or 16 samples where that is shorter.
        public init(
            address: UInt8 = 0x53, rate: Rate = .hertz200, interval: Interval? = nil, supplyMillivolts: Int32 = 3_300,
            selfTests: Bool = true, stuckAfter: Interval = .seconds(10)
        ) {
            self.address = address
            self.rate = rate
            self.interval = interval ?? min(.milliseconds(80), rate.sampleInterval * 16)
            self.supplyMillivolts = supplyMillivolts
            self.selfTests = selfTests
            self.stuckAfter = stuckAfter
        }
    }

    enum Register {
        static var identity: UInt8 { 0x00 }
        static var offsets: UInt8 { 0x1E }
        static var rate: UInt8 { 0x2C }
        static var powerControl: UInt8 { 0x2D }
        static var interruptEnable: UInt8 { 0x2E }
        static var dataFormat: UInt8 { 0x31 }
        static var data: UInt8 { 0x32 }
        static var fifoControl: UInt8 { 0x38 }
    }

    static var identity: UInt8 { 0xE5 }
    /// Full resolution, ±16 g, right justified.
    static var dataFormat: UInt8 { 0x0B }
    static var selfTestBit: UInt8 { 0x80 }
    /// Stream mode, watermark 16.
    static var streamMode: UInt8 { 0x90 }
    static var measureBit: UInt8 { 0x08 }
    public static var codesPerGravity: Int32 { 256 }
    /// Data rate of the self-test; it wants 100 to 800 Hz.
    private static var selfTestRate: Rate { .hertz200 }
    /// Samples averaged: 0.1 s.
    private static var selfTestSamples: Int { 20 }
    /// Swing within one average above which the sensor is being moved: half a g.
    private static var movementCodes: Int32 { 128 }
    private static var selfTestAttempts: UInt8 { 3 }
    /// Bursts between readings back of the whole configuration: about a second.
    private static var burstsBetweenChecks: UInt8 { 12 }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case identify, standby, interruptsOff, offsets
        case testFormat, testRate, testMeasure
        case restClear, restStream, restCount, rest
        case deflect, deflectedClear, deflectedStream, deflectedCount, deflected
        case standbyAgain, format, fifoClear, rate, fifoStream, readOffsets, readBack, readFifo, measure
        case count, burst, check
    }

    private let configuration: Configuration
    private var step: Step
    private var waiting: UInt8
    private var seenAt: Instant
    private var clock: SampleClock
    private var watch: StuckValueWatch
    private var burstsSinceCheck: UInt8
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
        rest = SampleSums()
        testAttempts = 0
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x53 || configuration.address == 0x1D else {
            return "an ADXL345 has the address 0x53 or 0x1D"
        }
        guard configuration.interval >= configuration.rate.sampleInterval,
            configuration.interval <= configuration.rate.sampleInterval * 24
        else { return "the interval must hold between 1 and 24 samples, so that the FIFO does not overrun" }
        guard (2_000...3_600).contains(configuration.supplyMillivolts) else {
            return "an ADXL345 is supplied with 2000 to 3600 mV"
        }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        let range: ClosedRange<Int32> = -16_000...15_996
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

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        case .identify: return .read(Register.identity, count: 1, from: address)
        case .standby, .standbyAgain: return .write(Register.powerControl, 0, to: address)
        case .interruptsOff: return .write(Register.interruptEnable, 0, to: address)
        case .offsets:
            var request = BusRequest.write(Register.offsets, 0, to: address)
            request.write.append(0)
            request.write.append(0)
            return request
        case .testFormat, .format: return .write(Register.dataFormat, ADXL345.dataFormat, to: address)
        case .testRate: return .write(Register.rate, ADXL345.selfTestRate.rawValue, to: address)
        case .testMeasure, .measure: return .write(Register.powerControl, ADXL345.measureBit, to: address)
        // Bypass mode empties the FIFO.
        case .restClear, .deflectedClear, .fifoClear: return .write(Register.fifoControl, 0, to: address)
        case .restStream, .deflectedStream, .fifoStream:
            return .write(Register.fifoControl, ADXL345.streamMode, to: address)
        case .restCount, .deflectedCount, .count, .readFifo:
            return .read(Register.fifoControl, count: 2, from: address)
        case .rest, .deflected, .burst:
            return .read(Register.data, count: 6, from: address, repetitions: max(waiting, 1))
        case .deflect:
            return .write(Register.dataFormat, ADXL345.dataFormat | ADXL345.selfTestBit, to: address)
        case .rate: return .write(Register.rate, configuration.rate.rawValue, to: address)
        case .readOffsets: return .read(Register.offsets, count: 3, from: address)
        case .readBack, .check: return .read(Register.rate, count: 6, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .identify:
            guard bytes[0] == ADXL345.identity else { return .failed(.wrongIdentity) }
            return go(to: .standby)
        case .standby: return go(to: .interruptsOff)
        case .interruptsOff: return go(to: .offsets)
        case .offsets: return go(to: configuration.selfTests ? .testFormat : .standbyAgain)
        case .testFormat: return go(to: .testRate)
        case .testRate: return go(to: .testMeasure)
        // Turn-on time is 1/rate + 1.1 ms (Rev. E, table 1); a few samples more let the filter settle.
        case .testMeasure: return go(to: .restClear, after: .milliseconds(30))
        case .restClear: return go(to: .restStream)
        case .restStream: return go(to: .restCount, after: .milliseconds(110))
        case .restCount: return expectTestSamples(bytes, then: .rest)
        case .rest:
            rest = ADXL345.sums(bytes)
            return go(to: .deflect)
        // The output settles within four samples (Rev. E, Using Self-Test).
        case .deflect: return go(to: .deflectedClear, after: .milliseconds(30))
        case .deflectedClear: return go(to: .deflectedStream)
        case .deflectedStream: return go(to: .deflectedCount, after: .milliseconds(110))
        case .deflectedCount: return expectTestSamples(bytes, then: .deflected)
        case .deflected: return concludeSelfTest(ADXL345.sums(bytes))
        case .standbyAgain: return go(to: .format)
        case .format: return go(to: .fifoClear)
        case .fifoClear: return go(to: .rate)
        case .rate: return go(to: .fifoStream)
        case .fifoStream: return go(to: .readOffsets)
        case .readOffsets:
            guard bytes[0] == 0, bytes[1] == 0, bytes[2] == 0 else { return .failed(.configurationMismatch) }
            return go(to: .readBack)
        case .readBack:
            guard isConfigured(bytes, power: 0) else { return .failed(.configurationMismatch) }
            return go(to: .readFifo)
        case .readFifo:
            guard bytes[0] == ADXL345.streamMode else { return .failed(.configurationMismatch) }
            return go(to: .measure)
        case .measure:
            step = .count
            burstsSinceCheck = 0
            return .ready
        case .count: return takeCount(bytes, at: now)
        case .burst: return takeBurst(bytes, at: now, into: &output)
        case .check:
            guard isConfigured(bytes, power: ADXL345.measureBit) else { return .failed(.unexpectedReset) }
            burstsSinceCheck = 0
            return go(to: .burst)
        }
    }

    private mutating func go(to next: Step, after wait: Interval = .zero) -> ChipProgress {
        step = next
        return .proceed(after: wait)
    }

    /// - Parameter bytes: registers 0x2C to 0x31. INT_MAP is not used; INT_SOURCE tells of events.
    private func isConfigured(_ bytes: Span<UInt8>, power: UInt8) -> Bool {
        bytes[0] == configuration.rate.rawValue && bytes[1] == power && bytes[2] == 0 && bytes[5] == ADXL345.dataFormat
    }

    // MARK: Self-test

    private mutating func expectTestSamples(_ bytes: Span<UInt8>, then next: Step) -> ChipProgress {
        guard bytes[0] == ADXL345.streamMode else { return .failed(.configurationMismatch) }
        guard Int(bytes[1] & 0x3F) >= ADXL345.selfTestSamples else { return .repeatStep(after: .milliseconds(10)) }
        waiting = UInt8(ADXL345.selfTestSamples)
        return go(to: next)
    }

    private mutating func concludeSelfTest(_ deflected: SampleSums) -> ChipProgress {
        let passed = ADXL345.selfTestPassed(
            x: deflected.x - rest.x, y: deflected.y - rest.y, z: deflected.z - rest.z,
            samples: Int32(ADXL345.selfTestSamples), supplyMillivolts: configuration.supplyMillivolts)
        if passed { return go(to: .standbyAgain) }
        guard max(rest.swing, deflected.swing) > ADXL345.movementCodes else { return .failed(.selfTestFailed) }
        testAttempts += 1
        return go(to: testAttempts < ADXL345.selfTestAttempts ? .standby : .standbyAgain)
    }

    private static func sums(_ bytes: Span<UInt8>) -> SampleSums {
        var sums = SampleSums()
        for index in 0..<(bytes.count / 6) { sums.add(codes(bytes, at: index * 6)) }
        return sums
    }

    /// Whether sums of differences over `samples` lie within the limits of Rev. E, table 15 (2.5 V, full resolution: x 50 to
    /// 540, y −540 to −50, z 75 to 875 codes), scaled for the supply by table 14.
    static func selfTestPassed(x: Int32, y: Int32, z: Int32, samples: Int32, supplyMillivolts: Int32) -> Bool {
        let lateral = selfTestScale(supplyMillivolts, 640, 1_000, 1_770, 2_110)
        let vertical = selfTestScale(supplyMillivolts, 800, 1_000, 1_470, 1_690)
        func lies(_ sum: Int32, _ low: Int32, _ high: Int32, _ scale: Int32) -> Bool {
            let value = Int64(sum) * 1_000
            return value >= Int64(low * samples) * Int64(scale) && value <= Int64(high * samples) * Int64(scale)
        }
        return lies(x, 50, 540, lateral) && lies(-y, 50, 540, lateral) && lies(z, 75, 875, vertical)
    }

    /// Thousandths, between the supply voltages of table 14 in a straight line.
    private static func selfTestScale(
        _ supply: Int32, _ at2000: Int32, _ at2500: Int32, _ at3300: Int32, _ at3600: Int32
    ) -> Int32 {
        if supply < 2_500 { return at2000 + (at2500 - at2000) * (supply - 2_000) / 500 }
        if supply < 3_300 { return at2500 + (at3300 - at2500) * (supply - 2_500) / 800 }
        return at3300 + (at3600 - at3300) * (supply - 3_300) / 300
    }

    // MARK: Measuring

    private mutating func takeCount(_ bytes: Span<UInt8>, at now: Instant) -> ChipProgress {
        // After a reset the FIFO is in bypass mode.
        guard bytes[0] == ADXL345.streamMode else { return .failed(.unexpectedReset) }
        let entries = bytes[1] & 0x3F
        // 32 in the FIFO and one in the output registers (Rev. E, FIFO_STATUS).
        guard entries <= 33 else { return .failed(.implausible) }
        guard entries > 0 else { return .repeatStep(after: configuration.rate.sampleInterval) }
        waiting = min(entries, 32)
        // One that stays behind is younger than the last that is read.
        seenAt = now + Interval(nanoseconds: -clock.interval.nanoseconds * Int64(entries - waiting))
        burstsSinceCheck += 1
        return go(to: burstsSinceCheck >= ADXL345.burstsBetweenChecks ? .check : .burst)
    }

    private mutating func takeBurst(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        step = .count
        let count = bytes.count / 6
        var last = SensorOutput.AccelerationCodes(x: 0, y: 0, z: 0)
        for index in 0..<count {
            last = ADXL345.codes(bytes, at: index * 6)
            guard ADXL345.isPossible(last) else { return .failed(.implausible) }
            let all =
                UInt64(UInt16(bitPattern: last.x)) << 32 | UInt64(UInt16(bitPattern: last.y)) << 16
                | UInt64(UInt16(bitPattern: last.z))
            guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
            output.append(sample: last)
        }
        let lastAt = clock.advance(by: count, seenAt: seenAt)
        output.describeSamples(
            codesPerGravity: ADXL345.codesPerGravity, lastAt: lastAt, interval: clock.interval,
            // A full FIFO has most likely given up its oldest.
            werePrecededByLoss: count == 32)
        output.append(axis: 0, code: last.x, lastAt)
        output.append(axis: 1, code: last.y, lastAt)
        output.append(axis: 2, code: last.z, lastAt)
        return .measured
    }

    static func codes(_ bytes: Span<UInt8>, at offset: Int) -> SensorOutput.AccelerationCodes {
        SensorOutput.AccelerationCodes(
            x: Int16(bitPattern: bytes.littleEndianWord(at: offset)),
            y: Int16(bitPattern: bytes.littleEndianWord(at: offset + 2)),
            z: Int16(bitPattern: bytes.littleEndianWord(at: offset + 4)))
    }

    /// At full resolution over ±16 g a code has 13 bits, sign extended.
    private static func isPossible(_ sample: SensorOutput.AccelerationCodes) -> Bool {
        let range: ClosedRange<Int16> = -4_096...4_095
        return range.contains(sample.x) && range.contains(sample.y) && range.contains(sample.z)
    }
}

extension ADXL345: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&waiting, within: 0...32)
        state.carry(&seenAt)
        state.carry(&clock)
        state.carry(&watch)
        state.carry(&burstsSinceCheck, within: 0...ADXL345.burstsBetweenChecks)
        state.carry(&rest)
        state.carry(&testAttempts, within: 0...ADXL345.selfTestAttempts)
    }
}

extension SensorOutput {
    /// Appends one axis of the last sample; a code at either end is clipped.
    fileprivate mutating func append(axis: UInt8, code: Int16, _ instant: Instant) {
        append(
            channel: axis, value: Int32(milligravity(code: code, codesPerGravity: ADXL345.codesPerGravity)),
            quality: code == 4_095 || code == -4_096 ? .outOfRange : .good, at: instant)
    }
}
