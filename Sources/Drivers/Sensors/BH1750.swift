import FixedMemory
import HardwareInterface

/// Rohm BH1750FVI: illuminance.
///
/// Channel 0 in millilux. Each measurement is a single shot that sets the measuring time anew, so a reset takes nothing
/// away. A count at the upper end is measured again with the shortest time (up to 121 klx), a count of zero
/// twice with twice the time (steps of 0.42 lx), which also tells darkness from a chip that was reset while it measured.
///
/// Once a minute the measuring time is changed for one measurement: a living converter counts in proportion. The chip has
/// neither identity nor checksum; complete darkness cannot be told from a line that reads zeros.
///
/// Source: Rohm BH1750FVI technical note 11046EDT01, rev. D: instruction set, measuring time (at most 180 ms at 69), section
/// "how to adjust the sensitivity".
public struct BH1750: SensorChip {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x23 with ADDR low, 0x5C with it high.
        public var address: UInt8
        public var interval: Interval
        /// Time between proofs that the converter counts; zero for none.
        public var proofInterval: Interval

        public init(
            address: UInt8 = 0x23, interval: Interval = .seconds(1), proofInterval: Interval = .seconds(60)
        ) {
            self.address = address
            self.interval = interval
            self.proofInterval = proofInterval
        }
    }

    enum Command {
        static var powerOn: UInt8 { 0x01 }
        static var oneShotHighResolution: UInt8 { 0x20 }
        static var measuringTimeHigh: UInt8 { 0x40 }
        static var measuringTimeLow: UInt8 { 0x60 }
    }

    /// Measuring times: the register's least and default value, and twice the default, so that three fit into a second.
    private static var shortest: UInt8 { 31 }
    private static var usual: UInt8 { 69 }
    private static var long: UInt8 { 138 }
    private static var proofLimit: UInt8 { 3 }

    private enum Step: UInt8, Carried, BitwiseCopyable { case powerOn, timeHigh, timeLow, measure, result }
    private enum Purpose: UInt8, Carried, BitwiseCopyable { case reading, bright, dark, darkAgain, proof }

    private let configuration: Configuration
    private var step: Step
    private var purpose: Purpose
    private var time: UInt8
    private var measuredAt: Instant
    /// What the usual measurement gave while the proof is being made.
    private var millilux: Int32
    private var proofDue: Instant
    private var proofFailures: UInt8

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .powerOn
        purpose = .reading
        time = BH1750.usual
        measuredAt = .start
        millilux = 0
        proofDue = .start
        proofFailures = 0
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x23 || configuration.address == 0x5C else {
            return "a BH1750 has the address 0x23 or 0x5C"
        }
        guard configuration.interval >= .milliseconds(1_000) else {
            return "a BH1750 needs an interval of at least 1000 ms, so that darkness can be measured twice"
        }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        // 65535 counts at the shortest time.
        index == 0 ? SensorChannel("illuminance", .millilux, 0...121_557_500) : nil
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b1 }
    /// A usual measurement and two long ones.
    public var cycleTime: Interval { BH1750.greatestTime(BH1750.usual) + BH1750.greatestTime(BH1750.long) * 2 }

    public mutating func restart() {
        step = .powerOn
        proofDue = .start
    }

    public mutating func restartCycle() { begin(.reading, BH1750.usual) }

    private mutating func begin(_ purpose: Purpose, _ time: UInt8) {
        self.purpose = purpose
        self.time = time
        step = .timeHigh
    }

    public mutating func request() -> BusRequest {
        var request = BusRequest(address: configuration.address)
        switch step {
        case .powerOn: request.write.append(Command.powerOn)
        // Three high bits, then five low ones.
        case .timeHigh: request.write.append(Command.measuringTimeHigh | time >> 5)
        case .timeLow: request.write.append(Command.measuringTimeLow | time & 0x1F)
        case .measure: request.write.append(Command.oneShotHighResolution)
        case .result: request.readCount = 2
        }
        return request
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .powerOn:
            restartCycle()
            return .ready
        case .timeHigh:
            step = .timeLow
            return .proceed(after: .zero)
        case .timeLow:
            step = .measure
            return .proceed(after: .zero)
        case .measure:
            measuredAt = now
            step = .result
            return .proceed(after: BH1750.greatestTime(time))
        case .result: return takeCount(bytes.bigEndianWord(at: 0), at: now, into: &output)
        }
    }

    /// 180 ms at the usual setting, in proportion to it.
    static func greatestTime(_ time: UInt8) -> Interval {
        Interval(nanoseconds: 180_000_000 * Int64(time) / Int64(usual) + 1_000_000)
    }

    /// Thousandths of a lux: a count is 1/1.2 lx at the usual measuring time.
    static func millilux(count: UInt16, time: UInt8) -> Int32 {
        Int32(dividedRounding(Int64(count) * 10_000 * Int64(usual), by: 12 * Int64(time)))
    }

    private mutating func takeCount(
        _ count: UInt16, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch purpose {
        case .reading:
            if count == 0xFFFF { return go(.bright, BH1750.shortest) }
            if count == 0 { return go(.dark, BH1750.long) }
        case .bright:
            // Brighter than the sun, or a dead line.
            guard count != 0xFFFF else { return .failed(.implausible) }
        case .dark:
            guard count != 0xFFFF else { return .failed(.unexpectedReset) }
            if count == 0 { return go(.darkAgain, BH1750.long) }
        case .darkAgain:
            guard count != 0xFFFF else { return .failed(.unexpectedReset) }
        case .proof:
            guard concludeProof(BH1750.millilux(count: count, time: time), count, at: now) else {
                return .failed(.stuckValue)
            }
            return finish(millilux, into: &output)
        }
        let value = BH1750.millilux(count: count, time: time)
        guard purpose == .reading, configuration.proofInterval > .zero, now >= proofDue else {
            return finish(value, into: &output)
        }
        millilux = value
        // The other time must not saturate: twice the count fits below half of the range.
        return go(.proof, count < 30_000 ? BH1750.long : BH1750.shortest)
    }

    private mutating func go(_ purpose: Purpose, _ time: UInt8) -> ChipProgress {
        begin(purpose, time)
        return .proceed(after: .zero)
    }

    private mutating func finish(_ value: Int32, into output: inout SensorOutput) -> ChipProgress {
        output.append(channel: 0, value: value, quality: .good, at: measuredAt)
        restartCycle()
        return .measured
    }

    /// - Returns: `false` once enough proofs in a row have failed.
    private mutating func concludeProof(_ other: Int32, _ count: UInt16, at now: Instant) -> Bool {
        let larger = max(other, millilux)
        // A fifth for flicker, four counts for the dark.
        if (other - millilux).magnitude <= UInt32(larger / 5 + 3_400), count != 0xFFFF {
            proofFailures = 0
            proofDue = now + configuration.proofInterval
            return true
        }
        proofFailures = min(proofFailures + 1, BH1750.proofLimit)
        return proofFailures < BH1750.proofLimit
    }
}

extension BH1750: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&purpose)
        state.carry(&time, within: BH1750.shortest...BH1750.long)
        state.carry(&measuredAt)
        state.carry(&millilux, within: 0...121_557_500)
        state.carry(&proofDue)
        state.carry(&proofFailures, within: 0...BH1750.proofLimit)
    }
}
