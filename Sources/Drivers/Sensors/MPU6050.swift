import FixedMemory
import HardwareInterface

/// InvenSense MPU-6050: three-axis accelerometer through its FIFO, three-axis gyroscope and temperature beside it.
///
/// Channels 0 to 2: the last sample's x, y, z (mg); 3 to 5: rotation around x, y, z (thousandths of a degree a second);
/// 6: temperature of the chip (m°C).
///
/// The self-test at start deflects all six axes and compares the answers with what the factory measured, which the chip
/// keeps as codes; within 14 % is good. An axis without a code has no verdict. A sensor that moves meanwhile is tested
/// again, and after three disturbed tests is taken into service without a verdict.
///
/// Traps: the identity register does not follow the address pin; parts sold under this name that answer 0x70 or 0x98 are
/// other chips and are refused.
///
/// Source: InvenSense RM-MPU-6000A 4.2 (registers, self-test formulas), PS-MPU-6000A 3.4, sections 6.1, 6.2 (sensitivity,
/// ±14 %).
public struct MPU6050: SensorChip {
    /// Samples a second: 1 kHz divided.
    public enum Rate: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case hertz25 = 25
        case hertz50 = 50
        case hertz100 = 100
        case hertz200 = 200

        var divider: UInt8 { UInt8(1_000 / Int(rawValue) - 1) }
        public var sampleInterval: Interval { Interval(nanoseconds: 1_000_000_000 / Int64(rawValue)) }
    }

    /// Full scale of the accelerometer; the raw value is the register code (register 28).
    public enum Range: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case gravities2 = 0
        case gravities4 = 1
        case gravities8 = 2
        case gravities16 = 3

        var codesPerGravity: Int32 { 16_384 >> Int32(rawValue) }
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x68 with the AD0 pin low, 0x69 with it high.
        public var address: UInt8
        public var rate: Rate
        public var range: Range
        /// Time from burst to burst.
        public var interval: Interval
        public var selfTests: Bool
        /// How long all three axes may stand still; zero for ever.
        public var stuckAfter: Interval

        public init(
            address: UInt8 = 0x68, rate: Rate = .hertz100, range: Range = .gravities16,
            interval: Interval = .milliseconds(80), selfTests: Bool = true, stuckAfter: Interval = .seconds(10)
        ) {
            self.address = address
            self.rate = rate
            self.range = range
            self.interval = interval
            self.selfTests = selfTests
            self.stuckAfter = stuckAfter
        }
    }

    enum Register {
        static var selfTest: UInt8 { 0x0D }
        static var divider: UInt8 { 0x19 }
        static var gyroscope: UInt8 { 0x1B }
        static var fifoEnable: UInt8 { 0x23 }
        static var data: UInt8 { 0x3B }
        static var userControl: UInt8 { 0x6A }
        static var power: UInt8 { 0x6B }
        static var fifo: UInt8 { 0x74 }
        static var identity: UInt8 { 0x75 }
    }

    static var identity: UInt8 { 0x68 }
    /// Low-pass filter 44 Hz (register 26, code 3).
    private static var filter: UInt8 { 3 }
    /// Gyroscope ±500 °/s: 65.5 codes for a degree a second.
    private static var gyroscopeRange: UInt8 { 0x08 }
    private static var reset: UInt8 { 0x80 }
    /// Awake, clocked by the gyroscope.
    private static var awake: UInt8 { 0x01 }
    private static var accelerationToFIFO: UInt8 { 0x08 }
    private static var fifoOn: UInt8 { 0x40 }
    private static var fifoReset: UInt8 { 0x04 }
    /// 1024 bytes; a FIFO this full is about to lose bytes and with them the places of the samples.
    private static var fifoFull: UInt16 { 1_000 }
    private static var testReads: UInt8 { 8 }
    /// Swing within one average above which the sensor is being moved: half a g at ±8 g.
    private static var movementCodes: Int32 { 2_048 }
    private static var selfTestAttempts: UInt8 { 3 }
    private static var burstsBetweenChecks: UInt8 { 12 }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case identify, reset, wake, testFilter, testRanges, rest, deflect, deflected, codes
        case filter, ranges, fifoEnable, fifoReset, fifoOn, readBack, readRanges
        case count, overflowed, burst, now, check
    }

    private let configuration: Configuration
    private var step: Step
    private var waiting: UInt8
    private var seenAt: Instant
    private var clock: SampleClock
    private var watch: StuckValueWatch
    private var burstsSinceCheck: UInt8
    private var lostSamples: Bool
    private var acceleration: TestAxes
    private var rotation: TestAxes
    private var restAcceleration: SampleSums
    private var restRotation: SampleSums
    private var testAttempts: UInt8
    private var wasMoving: Bool

    /// Answers of three axes to the self-test, in codes.
    fileprivate struct TestAxes: Sendable, BitwiseCopyable {
        var x: Int32 = 0
        var y: Int32 = 0
        var z: Int32 = 0
    }

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .identify
        waiting = 0
        seenAt = .start
        clock = SampleClock(interval: configuration.rate.sampleInterval)
        watch = StuckValueWatch()
        burstsSinceCheck = 0
        lostSamples = false
        acceleration = TestAxes()
        rotation = TestAxes()
        restAcceleration = SampleSums()
        restRotation = SampleSums()
        testAttempts = 0
        wasMoving = false
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x68 || configuration.address == 0x69 else {
            return "an MPU-6050 has the address 0x68 or 0x69"
        }
        guard configuration.interval >= configuration.rate.sampleInterval,
            configuration.interval <= configuration.rate.sampleInterval * 24
        else { return "the interval must hold between 1 and 24 samples" }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        let gravities: ClosedRange<Int32> = -16_000...16_000
        let degrees: ClosedRange<Int32> = -500_300...500_300
        switch index {
        case 0: return SensorChannel("x", .milligravity, gravities)
        case 1: return SensorChannel("y", .milligravity, gravities)
        case 2: return SensorChannel("z", .milligravity, gravities)
        case 3: return SensorChannel("rotation around x", .millidegreePerSecond, degrees)
        case 4: return SensorChannel("rotation around y", .millidegreePerSecond, degrees)
        case 5: return SensorChannel("rotation around z", .millidegreePerSecond, degrees)
        case 6: return SensorChannel("chip temperature", .millidegreeCelsius, -40_000...85_000)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b111_1111 }

    public mutating func restart() {
        watch.restart()
        step = .identify
        testAttempts = 0
        lostSamples = false
        clock.restart()
    }

    public mutating func restartCycle() { step = .count }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        case .identify: return .read(Register.identity, count: 1, from: address)
        case .reset: return .write(Register.power, MPU6050.reset, to: address)
        case .wake: return .write(Register.power, MPU6050.awake, to: address)
        case .testFilter: return writeFilter(divider: 9)
        case .testRanges: return writeRanges(gyroscope: 0x00, acceleration: 0x10)
        // All six self-test bits.
        case .deflect: return writeRanges(gyroscope: 0xE0, acceleration: 0xF0)
        case .rest, .deflected:
            return .read(Register.data, count: 14, from: address, repetitions: MPU6050.testReads)
        case .codes: return .read(Register.selfTest, count: 4, from: address)
        case .filter: return writeFilter(divider: configuration.rate.divider)
        case .ranges:
            return writeRanges(gyroscope: MPU6050.gyroscopeRange, acceleration: configuration.range.rawValue << 3)
        case .fifoEnable: return .write(Register.fifoEnable, MPU6050.accelerationToFIFO, to: address)
        case .fifoReset, .overflowed: return .write(Register.userControl, MPU6050.fifoReset, to: address)
        case .fifoOn: return .write(Register.userControl, MPU6050.fifoOn, to: address)
        // From the user control to the FIFO count.
        case .readBack, .count: return .read(Register.userControl, count: 10, from: address)
        // From the divider to the FIFO enable.
        case .readRanges, .check: return .read(Register.divider, count: 11, from: address)
        case .burst: return .read(Register.fifo, count: 6, from: address, repetitions: max(waiting, 1))
        case .now: return .read(Register.data, count: 14, from: address)
        }
    }

    private func writeFilter(divider: UInt8) -> BusRequest {
        var request = BusRequest.write(Register.divider, divider, to: configuration.address)
        request.write.append(MPU6050.filter)
        return request
    }

    private func writeRanges(gyroscope: UInt8, acceleration: UInt8) -> BusRequest {
        var request = BusRequest.write(Register.gyroscope, gyroscope, to: configuration.address)
        request.write.append(acceleration)
        return request
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .identify:
            guard bytes[0] == MPU6050.identity else { return .failed(.wrongIdentity) }
            return go(to: .reset)
        // A reset takes 100 ms.
        case .reset: return go(to: .wake, after: .milliseconds(100))
        // The gyroscope needs 30 ms.
        case .wake: return go(to: configuration.selfTests ? .testFilter : .filter, after: .milliseconds(50))
        case .testFilter: return go(to: .testRanges)
        case .testRanges: return go(to: .rest, after: .milliseconds(200))
        case .rest:
            restAcceleration = MPU6050.sums(bytes, at: 0)
            restRotation = MPU6050.sums(bytes, at: 8)
            return go(to: .deflect)
        case .deflect: return go(to: .deflected, after: .milliseconds(200))
        case .deflected:
            let deflected = MPU6050.sums(bytes, at: 0)
            let turned = MPU6050.sums(bytes, at: 8)
            acceleration = MPU6050.answers(deflected, restAcceleration)
            rotation = MPU6050.answers(turned, restRotation)
            wasMoving = max(restAcceleration.swing, deflected.swing) > MPU6050.movementCodes
            return go(to: .codes)
        case .codes: return concludeSelfTest(bytes)
        case .filter: return go(to: .ranges)
        case .ranges: return go(to: .fifoEnable)
        case .fifoEnable: return go(to: .fifoReset)
        case .fifoReset: return go(to: .fifoOn)
        case .fifoOn:
            clock.restart()
            return go(to: .readBack)
        case .readBack:
            guard isRunning(bytes) else { return .failed(.configurationMismatch) }
            return go(to: .readRanges)
        case .readRanges:
            guard isConfigured(bytes) else { return .failed(.configurationMismatch) }
            step = .count
            burstsSinceCheck = 0
            return .ready
        case .count: return takeCount(bytes, at: now)
        case .overflowed:
            lostSamples = true
            return go(to: .fifoOn)
        case .burst: return takeBurst(bytes, at: now, into: &output)
        case .now: return takeNow(bytes, at: now, into: &output)
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

    /// - Parameter bytes: registers 0x6A and on.
    private func isRunning(_ bytes: Span<UInt8>) -> Bool {
        bytes[0] == MPU6050.fifoOn && bytes[1] == MPU6050.awake && bytes[2] == 0
    }

    /// - Parameter bytes: registers 0x19 to 0x23.
    private func isConfigured(_ bytes: Span<UInt8>) -> Bool {
        bytes[0] == configuration.rate.divider && bytes[1] == MPU6050.filter && bytes[2] == MPU6050.gyroscopeRange
            && bytes[3] == configuration.range.rawValue << 3 && bytes[10] == MPU6050.accelerationToFIFO
    }

    // MARK: Self-test

    private static func sums(_ bytes: Span<UInt8>, at offset: Int) -> SampleSums {
        var sums = SampleSums()
        for index in 0..<(bytes.count / 14) { sums.add(codes(bytes, at: index * 14 + offset)) }
        return sums
    }

    private static func answers(_ deflected: SampleSums, _ rest: SampleSums) -> TestAxes {
        let count = Int32(testReads)
        return TestAxes(
            x: (deflected.x - rest.x) / count, y: (deflected.y - rest.y) / count, z: (deflected.z - rest.z) / count)
    }

    private mutating func concludeSelfTest(_ bytes: Span<UInt8>) -> ChipProgress {
        // Five bits for each axis: the gyroscope's whole, the accelerometer's high three; its low two share a register.
        let low = bytes[3]
        let passed =
            MPU6050.accelerationPassed(acceleration.x, code: bytes[0] >> 3 & 0x1C | low >> 4 & 0x03)
            && MPU6050.accelerationPassed(acceleration.y, code: bytes[1] >> 3 & 0x1C | low >> 2 & 0x03)
            && MPU6050.accelerationPassed(acceleration.z, code: bytes[2] >> 3 & 0x1C | low & 0x03)
            && MPU6050.rotationPassed(rotation.x, code: bytes[0] & 0x1F)
            // The y axis of the gyroscope answers the other way round.
            && MPU6050.rotationPassed(-rotation.y, code: bytes[1] & 0x1F)
            && MPU6050.rotationPassed(rotation.z, code: bytes[2] & 0x1F)
        if passed { return go(to: .filter) }
        guard wasMoving else { return .failed(.selfTestFailed) }
        testAttempts += 1
        return go(to: testAttempts < MPU6050.selfTestAttempts ? .testFilter : .filter)
    }

    /// Factory answers at ±8 g for codes 1 to 31: 4096 · 0.34 · (0.92 / 0.34)^((code − 1) / 30), rounded.
    private static var accelerationTrim: InlineArray<31, Int32> {
        [
            1_393, 1_440, 1_488, 1_538, 1_590, 1_644, 1_699, 1_757, 1_816, 1_877, 1_941, 2_006, 2_074, 2_144, 2_216,
            2_291, 2_368, 2_448, 2_531, 2_616, 2_704, 2_795, 2_890, 2_987, 3_088, 3_192, 3_300, 3_411, 3_526, 3_645,
            3_768,
        ]
    }

    /// Factory answers at ±250 °/s for codes 1 to 31: 25 · 131 · 1.046^(code − 1), rounded.
    private static var rotationTrim: InlineArray<31, Int32> {
        [
            3_275, 3_426, 3_583, 3_748, 3_920, 4_101, 4_289, 4_487, 4_693, 4_909, 5_135, 5_371, 5_618, 5_877, 6_147,
            6_430, 6_725, 7_035, 7_358, 7_697, 8_051, 8_421, 8_809, 9_214, 9_638, 10_081, 10_545, 11_030, 11_537,
            12_068, 12_623,
        ]
    }

    /// Whether an answer is within 14 % of what the factory measured; always where it left no code.
    static func accelerationPassed(_ answer: Int32, code: UInt8) -> Bool {
        code == 0 || isWithin(answer, accelerationTrim[Int(code & 0x1F) - 1])
    }

    static func rotationPassed(_ answer: Int32, code: UInt8) -> Bool {
        code == 0 || isWithin(answer, rotationTrim[Int(code & 0x1F) - 1])
    }

    private static func isWithin(_ answer: Int32, _ trim: Int32) -> Bool {
        (answer - trim).magnitude * 100 <= UInt32(trim) * 14
    }

    // MARK: Measuring

    private mutating func takeCount(_ bytes: Span<UInt8>, at now: Instant) -> ChipProgress {
        guard isRunning(bytes) else { return .failed(.unexpectedReset) }
        let waitingBytes = bytes.bigEndianWord(at: 8)
        guard waitingBytes <= 1_024 else { return .failed(.implausible) }
        // Over the brim the oldest bytes go, and the places of the samples with them: start the FIFO afresh.
        guard waitingBytes < MPU6050.fifoFull else { return go(to: .overflowed) }
        let entries = Int64(waitingBytes / 6)
        guard entries > 0 else { return .repeatStep(after: configuration.rate.sampleInterval) }
        waiting = UInt8(min(entries, 32))
        // Those that stay behind are younger than the last that is read.
        seenAt = now + Interval(nanoseconds: -clock.interval.nanoseconds * (entries - Int64(waiting)))
        burstsSinceCheck += 1
        return go(to: burstsSinceCheck >= MPU6050.burstsBetweenChecks ? .check : .burst)
    }

    private mutating func takeBurst(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        let count = bytes.count / 6
        for index in 0..<count {
            let sample = MPU6050.codes(bytes, at: index * 6)
            let all =
                UInt64(UInt16(bitPattern: sample.x)) << 32 | UInt64(UInt16(bitPattern: sample.y)) << 16
                | UInt64(UInt16(bitPattern: sample.z))
            guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
            output.append(sample: sample)
        }
        output.describeSamples(
            codesPerGravity: configuration.range.codesPerGravity, lastAt: clock.advance(by: count, seenAt: seenAt),
            interval: clock.interval, werePrecededByLoss: lostSamples)
        lostSamples = false
        return go(to: .now)
    }

    private mutating func takeNow(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        step = .count
        for axis in 0..<3 {
            let code = Int16(bitPattern: bytes.bigEndianWord(at: 2 * axis))
            let value = milligravity(code: code, codesPerGravity: configuration.range.codesPerGravity)
            output.append(
                channel: UInt8(axis), value: Int32(value), quality: MPU6050.quality(code), at: now)
        }
        for axis in 0..<3 {
            let code = Int16(bitPattern: bytes.bigEndianWord(at: 8 + 2 * axis))
            // 65.5 codes for a degree a second.
            let value = Int32(dividedRounding(Int64(code) * 2_000, by: 131))
            output.append(channel: UInt8(3 + axis), value: value, quality: MPU6050.quality(code), at: now)
        }
        let raw = Int16(bitPattern: bytes.bigEndianWord(at: 6))
        if let description = MPU6050.channel(6) {
            output.append(channel: 6, value: MPU6050.millidegrees(raw: raw), of: description, at: now)
        }
        return .measured
    }

    /// raw / 340 + 36.53 °C (registers 65 and 66).
    static func millidegrees(raw: Int16) -> Int32 { Int32(dividedRounding(Int64(raw) * 1_000, by: 340)) + 36_530 }

    private static func quality(_ code: Int16) -> Quality { code == .max || code == .min ? .outOfRange : .good }

    private static func codes(_ bytes: Span<UInt8>, at offset: Int) -> SensorOutput.AccelerationCodes {
        SensorOutput.AccelerationCodes(
            x: Int16(bitPattern: bytes.bigEndianWord(at: offset)),
            y: Int16(bitPattern: bytes.bigEndianWord(at: offset + 2)),
            z: Int16(bitPattern: bytes.bigEndianWord(at: offset + 4)))
    }
}

extension MPU6050: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&waiting, within: 0...32)
        state.carry(&seenAt)
        state.carry(&clock)
        state.carry(&watch)
        state.carry(&burstsSinceCheck, within: 0...MPU6050.burstsBetweenChecks)
        state.carry(&lostSamples)
        state.carry(&acceleration)
        state.carry(&rotation)
        state.carry(&restAcceleration)
        state.carry(&restRotation)
        state.carry(&testAttempts, within: 0...MPU6050.selfTestAttempts)
        state.carry(&wasMoving)
    }
}

extension MPU6050.TestAxes: Carried {
    fileprivate mutating func carry(_ state: inout StateCarrier) {
        // More than sixteen bits of a difference can be.
        let answers: ClosedRange<Int32> = -65_536...65_536
        state.carry(&x, within: answers)
        state.carry(&y, within: answers)
        state.carry(&z, within: answers)
    }
}
