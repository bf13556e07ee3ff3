import FixedMemory
import HardwareInterface

/// TI ADS1115: 16-bit converter with four inputs; smoke chambers, gas cells, leak ropes, supply voltages.
///
/// Channels 0 to 3 in microvolts, each single ended or differential with a range of its own. One conversion after the
/// other in single-shot mode; readings of one cycle come together, each with the time at which its conversion began.
///
/// The chip has no identity register. It is recognised by its threshold registers, which are otherwise unused here: all 16
/// bits of a pattern must read back (the 12-bit ADS1015 does not keep the low ones). The pattern is gone after a reset, so
/// reading it at the end of each cycle proves that the cycle was not cut by a brown-out.
///
/// A voltage may well stand still for hours, so equal codes prove nothing. Instead one channel a minute is measured again
/// in another range: a living converter gives another code for the same voltage. Only a voltage of a few codes, next to
/// ground, cannot be told from a dead converter.
///
/// Source: TI SBAS444E (2024), sections 8.1 (registers), 7.3.3 (ranges), 7.4.2 (single shot), 6.5 (data rate ±10 %).
public struct ADS1115: SensorChip {
    /// Full-scale range of the programmable amplifier; the raw value is its register code (SBAS444E, table 8-3, PGA).
    public enum FullScale: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case millivolts6144 = 0
        case millivolts4096 = 1
        case millivolts2048 = 2
        case millivolts1024 = 3
        case millivolts512 = 4
        case millivolts256 = 5

        public var microvolts: Int64 {
            switch self {
            case .millivolts6144: 6_144_000
            case .millivolts4096: 4_096_000
            case .millivolts2048: 2_048_000
            case .millivolts1024: 1_024_000
            case .millivolts512: 512_000
            case .millivolts256: 256_000
            }
        }

        static var narrowestFirst: InlineArray<6, FullScale> {
            [.millivolts256, .millivolts512, .millivolts1024, .millivolts2048, .millivolts4096, .millivolts6144]
        }
    }

    /// What is measured against what; the raw value is the register code (SBAS444E, table 8-3, MUX).
    public enum Multiplexer: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case input0MinusInput1 = 0
        case input0MinusInput3 = 1
        case input1MinusInput3 = 2
        case input2MinusInput3 = 3
        case input0 = 4
        case input1 = 5
        case input2 = 6
        case input3 = 7

        var isSingleEnded: Bool { rawValue >= 4 }
    }

    /// Conversions a second; the raw value is the register code (SBAS444E, table 8-3, DR).
    public enum DataRate: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case hertz8 = 0
        case hertz16 = 1
        case hertz32 = 2
        case hertz64 = 3
        case hertz128 = 4
        case hertz250 = 5
        case hertz475 = 6
        case hertz860 = 7

        var hertz: Int64 {
            switch self {
            case .hertz8: 8
            case .hertz16: 16
            case .hertz32: 32
            case .hertz64: 64
            case .hertz128: 128
            case .hertz250: 250
            case .hertz475: 475
            case .hertz860: 860
            }
        }

        /// The greatest conversion time: the oscillator may be 10 % slow, waking takes 25 µs.
        public var conversionTime: Interval { Interval(nanoseconds: 1_100_000_000 / hertz + 100_000) }
    }

    /// One channel: what is measured, in which range.
    public struct Input: Equatable, Sendable, BitwiseCopyable {
        public var multiplexer: Multiplexer
        public var fullScale: FullScale
        public init(_ multiplexer: Multiplexer, _ fullScale: FullScale) {
            self.multiplexer = multiplexer
            self.fullScale = fullScale
        }
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x48 to 0x4B, by the ADDR pin.
        public var address: UInt8
        /// Time from cycle to cycle.
        public var interval: Interval
        /// The channels; `nil` for one that is not measured.
        public var inputs: InlineArray<4, Input?>
        public var dataRate: DataRate
        /// Time between proofs that the converter converts; zero for none.
        public var proofInterval: Interval

        /// Bit n of `singleEnded` set: channel n measures input n against ground.
        public init(
            address: UInt8 = 0x48, interval: Interval = .seconds(1), singleEnded: UInt8 = 0b1111,
            fullScale: FullScale = .millivolts4096, dataRate: DataRate = .hertz128,
            proofInterval: Interval = .seconds(60)
        ) {
            self.address = address
            self.interval = interval
            self.dataRate = dataRate
            self.proofInterval = proofInterval
            inputs = InlineArray(repeating: nil)
            for index in 0..<4 where singleEnded & (1 << UInt8(index)) != 0 {
                inputs[index] = Input(Multiplexer(rawValue: 4 + UInt8(index)) ?? .input0, fullScale)
            }
        }
    }

    enum Register {
        static var conversion: UInt8 { 0 }
        static var configuration: UInt8 { 1 }
        static var lowThreshold: UInt8 { 2 }
        static var highThreshold: UInt8 { 3 }
    }

    /// What the threshold registers hold as a mark; high above low, as the comparator wants it, though it is off.
    static var lowMark: UInt16 { 0x8A5B }
    static var highMark: UInt16 { 0x7A5D }
    /// Proofs in a row that must fail, so that a signal that jumps between two conversions does not count.
    static var proofLimit: UInt8 { 3 }
    /// The channel number that stands for the proof measurement.
    private static var proof: Int { 4 }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case markLow, markHigh, readLow, readHigh
        case start, status, result, check
    }

    private let configuration: Configuration
    private var step: Step
    /// The channel being measured; 4 for the proof.
    private var channel: Int
    private var startedAt: Instant
    private var codes: InlineArray<4, Int16>
    private var measuredAt: InlineArray<4, Instant>
    private var proofChannel: Int
    private var proofDue: Instant
    private var proofCode: Int16
    private var proofFailures: UInt8

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .markLow
        channel = 0
        startedAt = .start
        codes = InlineArray(repeating: 0)
        measuredAt = InlineArray(repeating: .start)
        proofChannel = 0
        proofDue = .start
        proofCode = 0
        proofFailures = 0
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard (0x48...0x4B).contains(configuration.address) else {
            return "an ADS1115 has an address from 0x48 to 0x4B"
        }
        var conversions: Int64 = 1
        for index in 0..<4 where configuration.inputs[index] != nil { conversions += 1 }
        guard conversions > 1 else { return "at least one input must be measured" }
        let conversion = configuration.dataRate.conversionTime
        guard configuration.interval >= conversion * (2 * conversions) else {
            return "the interval is too short for that many inputs at that data rate"
        }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        let range: ClosedRange<Int32> = -6_144_000...6_144_000
        switch index {
        case 0: return SensorChannel("input 0", .microvolt, range)
        case 1: return SensorChannel("input 1", .microvolt, range)
        case 2: return SensorChannel("input 2", .microvolt, range)
        case 3: return SensorChannel("input 3", .microvolt, range)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }

    public var reportedChannels: UInt16 {
        var mask: UInt16 = 0
        for index in 0..<4 where configuration.inputs[index] != nil { mask |= 1 << UInt16(index) }
        return mask
    }

    public mutating func restart() {
        step = .markLow
        proofDue = .start
    }

    public mutating func restartCycle() {
        step = .start
        channel = firstChannel(from: 0)
    }

    private func firstChannel(from first: Int) -> Int {
        var index = first
        while index < 4, configuration.inputs[index] == nil { index += 1 }
        return index
    }

    /// The input that the present conversion measures; in a proof the neighbouring range.
    private var input: Input {
        let none = Input(.input0, .millivolts6144)
        guard channel == ADS1115.proof else { return configuration.inputs[channel] ?? none }
        let original = configuration.inputs[proofChannel] ?? none
        return Input(original.multiplexer, proofScale)
    }

    /// The range in which the proof measures.
    private var proofScale: FullScale {
        ADS1115.proofScale(
            for: codes[proofChannel], in: configuration.inputs[proofChannel]?.fullScale ?? .millivolts6144)
    }

    /// The range in which a code must differ most: the narrowest that holds the voltage with room to spare, else the next
    /// wider one; from the widest the next narrower one, in which the voltage must then be clipped.
    static func proofScale(for code: Int16, in fullScale: FullScale) -> FullScale {
        let microvolts = (Int64(code) * fullScale.microvolts / 32_768).magnitude
        let scales = FullScale.narrowestFirst
        for index in scales.indices where scales[index].rawValue > fullScale.rawValue {
            let scale = scales[index]
            if microvolts * 5 < UInt64(scale.microvolts) * 4 { return scale }
        }
        return FullScale(rawValue: fullScale == .millivolts6144 ? 1 : fullScale.rawValue - 1) ?? .millivolts6144
    }

    /// Bits 14 to 0 of the configuration register: input, range, single shot, rate, comparator off.
    private var configurationWord: UInt16 {
        UInt16(input.multiplexer.rawValue) << 12 | UInt16(input.fullScale.rawValue) << 9 | 0x0100
            | UInt16(configuration.dataRate.rawValue) << 5 | 0x0003
    }

    public mutating func request() -> BusRequest {
        let address = configuration.address
        switch step {
        case .markLow: return .write(Register.lowThreshold, word: ADS1115.lowMark, to: address)
        case .markHigh: return .write(Register.highThreshold, word: ADS1115.highMark, to: address)
        case .readLow, .check: return .read(Register.lowThreshold, count: 2, from: address)
        case .readHigh: return .read(Register.highThreshold, count: 2, from: address)
        case .start: return .write(Register.configuration, word: 0x8000 | configurationWord, to: address)
        case .status: return .read(Register.configuration, count: 2, from: address)
        case .result: return .read(Register.conversion, count: 2, from: address)
        }
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .markLow:
            step = .markHigh
            return .proceed(after: .zero)
        case .markHigh:
            step = .readLow
            return .proceed(after: .zero)
        case .readLow:
            guard bytes.bigEndianWord(at: 0) == ADS1115.lowMark else { return .failed(.wrongIdentity) }
            step = .readHigh
            return .proceed(after: .zero)
        case .readHigh:
            guard bytes.bigEndianWord(at: 0) == ADS1115.highMark else { return .failed(.wrongIdentity) }
            restartCycle()
            return .ready
        case .start:
            startedAt = now
            step = .status
            return .proceed(after: configuration.dataRate.conversionTime)
        case .status:
            let word = bytes.bigEndianWord(at: 0)
            guard word & 0x7FFF == configurationWord else { return .failed(.unexpectedReset) }
            guard word & 0x8000 != 0 else {
                return .repeatStep(after: Interval(nanoseconds: configuration.dataRate.conversionTime.nanoseconds / 8))
            }
            step = .result
            return .proceed(after: .zero)
        case .result:
            return takeResult(Int16(bitPattern: bytes.bigEndianWord(at: 0)), at: now)
        case .check:
            guard bytes.bigEndianWord(at: 0) == ADS1115.lowMark else { return .failed(.unexpectedReset) }
            return finishCycle(at: now, into: &output)
        }
    }

    private mutating func takeResult(_ code: Int16, at now: Instant) -> ChipProgress {
        if channel == ADS1115.proof {
            proofCode = code
            step = .check
            return .proceed(after: .zero)
        }
        codes[channel] = code
        measuredAt[channel] = startedAt
        let next = firstChannel(from: channel + 1)
        if next < 4 {
            channel = next
            step = .start
        } else if configuration.proofInterval > .zero, now >= proofDue {
            channel = ADS1115.proof
            step = .start
        } else {
            step = .check
        }
        return .proceed(after: .zero)
    }

    private mutating func finishCycle(at now: Instant, into output: inout SensorOutput) -> ChipProgress {
        if channel == ADS1115.proof, !concludeProof(at: now) { return .failed(.stuckValue) }
        for index in 0..<4 {
            guard let input = configuration.inputs[index] else { continue }
            output.append(
                channel: UInt8(index), value: ADS1115.microvolts(code: codes[index], fullScale: input.fullScale),
                quality: ADS1115.quality(of: codes[index], input), at: measuredAt[index])
        }
        restartCycle()
        return .measured
    }

    /// - Returns: `false` once enough proofs in a row have failed.
    private mutating func concludeProof(at now: Instant) -> Bool {
        let input = configuration.inputs[proofChannel] ?? Input(.input0, .millivolts6144)
        if ADS1115.agree(codes[proofChannel], in: input.fullScale, proofCode, in: proofScale) {
            proofFailures = 0
            proofDue = now + configuration.proofInterval
            proofChannel = firstChannel(from: proofChannel + 1)
            if proofChannel == 4 { proofChannel = firstChannel(from: 0) }
            return true
        }
        // Again in the very next cycle; `proofDue` stays in the past.
        proofFailures = min(proofFailures + 1, ADS1115.proofLimit)
        return proofFailures < ADS1115.proofLimit
    }

    /// Microvolts of a conversion code, to the nearest (SBAS444E, section 7.5.4: one code is the range over 2^15).
    public static func microvolts(code: Int16, fullScale: FullScale) -> Int32 {
        Int32(dividedRounding(Int64(code) * fullScale.microvolts, by: 32_768))
    }

    /// A code at either end is clipped; a single-ended input clearly below ground has a broken reference.
    static func quality(of code: Int16, _ input: Input) -> Quality {
        if code == .max || code == .min { return .outOfRange }
        // 1 % of full scale: far beyond the offset error (3 codes) and the noise.
        if input.multiplexer.isSingleEnded, code < -327 { return .outOfRange }
        return .good
    }

    /// Whether two codes measured in different ranges can stand for the same voltage: within a fifth and the offset of
    /// four codes; where one is clipped, the other must be at least there.
    static func agree(_ first: Int16, in firstRange: FullScale, _ second: Int16, in secondRange: FullScale) -> Bool {
        let one = Int64(first) * firstRange.microvolts
        let other = Int64(second) * secondRange.microvolts
        if isClipped(second) { return reaches(one, other) }
        if isClipped(first) { return reaches(other, one) }
        let wider = max(firstRange.microvolts, secondRange.microvolts)
        let larger = max(one.magnitude, other.magnitude)
        return (one - other).magnitude <= larger / 5 + UInt64(4 * wider)
    }

    private static func isClipped(_ code: Int16) -> Bool { code == .max || code == .min }

    /// Whether a voltage is on the same side of zero as a limit and at least nine tenths of it.
    private static func reaches(_ voltage: Int64, _ limit: Int64) -> Bool {
        limit > 0 ? voltage >= limit / 10 * 9 : voltage <= limit / 10 * 9
    }
}

extension ADS1115: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&channel, within: 0...ADS1115.proof)
        state.carry(&startedAt)
        state.carry(&codes)
        state.carry(&measuredAt)
        state.carry(&proofChannel, within: 0...3)
        state.carry(&proofDue)
        state.carry(&proofCode)
        state.carry(&proofFailures, within: 0...ADS1115.proofLimit)
    }
}
