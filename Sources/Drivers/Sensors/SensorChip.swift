import FixedMemory
import HardwareInterface

/// What is particular about one chip: its steps, its registers, its arithmetic.
///
/// A chip is a small machine of steps: each step is one bus request and what to make of the answer. The first steps bring
/// the chip up (identify, reset, configure, read back, test), the rest is a cycle that measures once. Everything that all
/// chips have in common (time-outs, retries, back-off, health, readings in trouble) is in `SupervisedSensor`.
public protocol SensorChip: Carried, Sendable {
    associatedtype Configuration: Sendable

    init(_ configuration: Configuration)

    /// What is wrong with a configuration and what would be right, in one sentence; `nil` if it can be used.
    static func problem(in configuration: Configuration) -> StaticString?

    /// The channels of this kind of sensor, numbered from 0; `nil` beyond the last.
    static func channel(_ index: UInt8) -> SensorChannel?

    /// Time from measurement to measurement.
    var interval: Interval { get }

    /// The greatest time that a cycle takes when all is well, beyond half an interval.
    var cycleTime: Interval { get }

    /// Whether the chip measures by its own clock, so that the next cycle is reckoned from when a value came, not from when
    /// it was asked for.
    var hasOwnClock: Bool { get }

    /// The channels that this sensor is configured to report, bit n for channel n.
    var reportedChannels: UInt16 { get }

    /// Back to the first step: the chip may be another one, or have lost its power.
    mutating func restart()

    /// Back to the first step of the measuring cycle, to repeat it.
    mutating func restartCycle()

    /// The bus request of the present step; asked again when it has to be repeated.
    mutating func request() -> BusRequest

    /// Bytes that the answer to the request under way has: as many as `accept` reads.
    var answerLength: UInt8 { get }

    /// Whether the chip refusing the present step's request is what should happen (it resets at once, or sleeps).
    var refusalIsExpected: Bool { get }

    /// Takes the answer of the present step and goes on.
    ///
    /// - Parameters:
    ///   - bytes: exactly as many as the step's request asked for; empty after an expected refusal.
    ///   - now: when the request ended.
    ///   - output: for readings and samples, appended only after all checks.
    /// - Returns: how it goes on.
    mutating func accept(_ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput) -> ChipProgress
}

extension SensorChip {
    public var refusalIsExpected: Bool { false }
    public var cycleTime: Interval { .zero }
    public var hasOwnClock: Bool { false }
    public var answerLength: UInt8 {
        var copy = self
        return copy.request().answerLength
    }
}

/// What became of the wish that a chip calibrate itself.
public enum CalibrationStart: Equatable, Sendable, BitwiseCopyable {
    case begun
    /// It has not measured for long enough, or is calibrating already.
    case notSettled
    /// No value that the chip can be told.
    case outOfRange
    /// The chip has no calibration of this channel.
    case unsupported
}

/// How a chip goes on after a step.
public enum ChipProgress: Equatable, Sendable, BitwiseCopyable {
    /// The next step, not before this much time.
    case proceed(after: Interval)
    /// The chip was not ready: the same step once more, not before this much time. Bounded by the supervisor.
    case repeatStep(after: Interval)
    /// The chip is up; the first measuring cycle begins.
    case ready
    /// A cycle is complete with everything in order.
    case measured
    /// A cycle is complete, but the chip is still warming up: its readings say `starting`.
    case warming
    /// A check failed.
    case failed(SensorFault)
}

extension BusRequest {
    /// Bytes that are read in all.
    var answerLength: UInt8 { readCount * repetitions }

    /// Reads `count` bytes from a register on.
    static func read(_ register: UInt8, count: Int, from address: UInt8, repetitions: UInt8 = 1) -> BusRequest {
        var request = BusRequest(address: address, readCount: UInt8(count), repetitions: repetitions)
        request.write.append(register)
        return request
    }

    /// Writes one byte to a register.
    static func write(_ register: UInt8, _ value: UInt8, to address: UInt8) -> BusRequest {
        var request = BusRequest(address: address)
        request.write.append(register)
        request.write.append(value)
        return request
    }

    /// Writes a 16-bit word, high byte first, to a register.
    static func write(_ register: UInt8, word: UInt16, to address: UInt8) -> BusRequest {
        var request = BusRequest(address: address)
        request.write.append(register)
        request.write.appendBigEndian(word)
        return request
    }

    /// Sends a 16-bit command, high byte first, and reads `count` bytes after it.
    static func command(_ command: UInt16, count: Int = 0, to address: UInt8) -> BusRequest {
        var request = BusRequest(address: address, readCount: UInt8(count))
        request.write.appendBigEndian(command)
        return request
    }
}

extension Span<UInt8> {
    /// The 16-bit word at an offset, high byte first.
    func bigEndianWord(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
    /// The 16-bit word at an offset, low byte first.
    func littleEndianWord(at offset: Int) -> UInt16 { UInt16(self[offset + 1]) << 8 | UInt16(self[offset]) }
}
