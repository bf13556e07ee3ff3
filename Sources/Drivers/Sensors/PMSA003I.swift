import FixedMemory
import HardwareInterface

/// Plantower PMSA003I: particulate matter by laser scattering.
///
/// Channels in µg/m³ under atmospheric conditions: 0 up to 1 µm, 1 up to 2.5 µm, 2 up to 10 µm; 3 the number of particles
/// over 0.3 µm in 0.1 l. A frame of 32 bytes with start mark, length and sum.
///
/// The fan needs 30 s before the values mean anything: they are `starting` that long after each time the sensor has begun to
/// answer. After a cold start it may not answer for seconds; that is `missing` like any other silence.
///
/// Source: Plantower PMSA003I data manual V2.6: I2C frame (appendix), 30 s after wake-up (circuit attentions), 2.3 s between
/// values while the air is steady.
public struct PMSA003I: SensorChip {
    public struct Configuration: Sendable, BitwiseCopyable {
        public var address: UInt8
        public var interval: Interval
        public var warmUp: Interval
        /// How long a whole frame may stand still; zero for ever.
        public var stuckAfter: Interval

        public init(
            address: UInt8 = 0x12, interval: Interval = .seconds(2), warmUp: Interval = .seconds(30),
            stuckAfter: Interval = .minutes(10)
        ) {
            self.address = address
            self.interval = interval
            self.warmUp = warmUp
            self.stuckAfter = stuckAfter
        }
    }

    static var frameLength: Int { 32 }

    private let configuration: Configuration
    private var isIdentified: Bool
    private var warmAt: Instant
    private var watch: StuckValueWatch

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        isIdentified = false
        warmAt = .start
        watch = StuckValueWatch()
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard configuration.address == 0x12 else { return "a PMSA003I has the address 0x12" }
        guard configuration.interval >= .milliseconds(200) else {
            return "a PMSA003I needs an interval of at least 200 ms"
        }
        guard configuration.stuckAfter == .zero || configuration.stuckAfter >= .minutes(1) else {
            return "stuckAfter must be at least a minute, or zero"
        }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        // Effective range 0 to 500, at least 1000 at the most (data manual, technical index).
        switch index {
        case 0: return SensorChannel("particles to 1 um", .microgramPerCubicMetre, 0...1_000)
        case 1: return SensorChannel("particles to 2.5 um", .microgramPerCubicMetre, 0...1_000)
        case 2: return SensorChannel("particles to 10 um", .microgramPerCubicMetre, 0...1_000)
        case 3: return SensorChannel("particles over 0.3 um in 0.1 l", .count, 0...65_534)
        default: return nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0b1111 }

    public mutating func restart() {
        isIdentified = false
        watch.restart()
    }
    public mutating func restartCycle() {}

    public mutating func request() -> BusRequest {
        .read(0x00, count: PMSA003I.frameLength, from: configuration.address)
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        // "BM", then the length of what follows.
        let hasMark = bytes[0] == 0x42 && bytes[1] == 0x4D && bytes.bigEndianWord(at: 2) == 28
        guard hasMark else { return .failed(isIdentified ? .checksum : .wrongIdentity) }
        var sum: UInt16 = 0
        for index in 0..<30 { sum &+= UInt16(bytes[index]) }
        guard sum == bytes.bigEndianWord(at: 30) else { return .failed(.checksum) }
        guard isIdentified else {
            isIdentified = true
            warmAt = now + configuration.warmUp
            return .ready
        }
        // The last byte before the sum is the sensor's error code.
        guard bytes[29] == 0 else { return .failed(.reportedByDevice) }
        return takeFrame(bytes, at: now, into: &output)
    }

    private mutating func takeFrame(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        // Folds the 13 words into one number (FNV-1a, 64 bits).
        var all: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 4..<30 { all = (all ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        guard watch.accept(all, at: now, limit: configuration.stuckAfter) else { return .failed(.stuckValue) }
        let isWarm = now >= warmAt
        for channel in UInt8(0)..<4 {
            guard let description = PMSA003I.channel(channel) else { continue }
            // Words 4 to 6 are the concentrations under atmospheric conditions, word 7 the first count.
            let value = Int32(bytes.bigEndianWord(at: 10 + 2 * Int(channel)))
            if isWarm {
                output.append(channel: channel, value: value, of: description, at: now)
            } else {
                output.append(channel: channel, value: value, quality: .starting, at: now)
            }
        }
        return isWarm ? .measured : .warming
    }
}

extension PMSA003I: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&isIdentified)
        state.carry(&warmAt)
        state.carry(&watch)
    }
}
