import FixedMemory
import HardwareInterface

/// Microchip MCP23017: sixteen more inputs and outputs.
///
/// Channels 0 to 15 are the pins (0 to 7 port A, 8 to 15 port B), as states: an input's level after inversion, an output's
/// level as it is at the pin. An output whose pin does not follow it (shorted, overloaded) reads `faulty`.
///
/// Outputs are written before their pins become outputs, so that no relay twitches, and again within one interval after the
/// chip lost its supply. A change of an output is written at once, not with the next cycle.
///
/// The chip has no identity. Its comparison registers, unused here, carry a mark that a reset takes away; one read of all 22
/// registers each cycle checks mark, directions, pull-ups and latches together with the pins. Once a minute the inputs are
/// read inverted: a port register that no longer follows its pins gives itself away.
///
/// Pins 7 and 15 cannot be inputs: on silicon since 2005 that can corrupt the bus (DS20001952 rev. D, table 2-1).
///
/// Source: Microchip DS20001952D, sections 3.2 (addressing), 3.5 (registers).
public struct MCP23017: SensorChip {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// 0x20 to 0x27, by the pins A0 to A2.
        public var address: UInt8
        /// Time from reading to reading of the inputs.
        public var interval: Interval
        /// Bit n set: pin n is an output.
        public var outputs: UInt16
        /// Levels of the outputs at start; also their safe state.
        public var initialLevels: UInt16
        /// Bit n set: input n has its pull-up on.
        public var pullUps: UInt16
        /// Bit n set: input n is active when low.
        public var invertedInputs: UInt16
        /// Time between proofs that the inputs are read; zero for none.
        public var proofInterval: Interval

        public init(
            address: UInt8 = 0x20, interval: Interval = .milliseconds(100), outputs: UInt16 = 0x8080,
            initialLevels: UInt16 = 0, pullUps: UInt16 = 0x7F7F, invertedInputs: UInt16 = 0,
            proofInterval: Interval = .seconds(60)
        ) {
            self.address = address
            self.interval = interval
            self.outputs = outputs
            self.initialLevels = initialLevels
            self.pullUps = pullUps
            self.invertedInputs = invertedInputs
            self.proofInterval = proofInterval
        }
    }

    /// Registers with IOCON.BANK = 0: pairs for ports A and B.
    enum Register {
        static var direction: UInt8 { 0x00 }
        static var polarity: UInt8 { 0x02 }
        static var interruptEnable: UInt8 { 0x04 }
        static var comparison: UInt8 { 0x06 }
        static var pullUp: UInt8 { 0x0C }
        static var pins: UInt8 { 0x12 }
        static var latch: UInt8 { 0x14 }
        /// IOCON; at 0x05 while BANK = 1.
        static var control: UInt8 { 0x0A }
        static var controlWhileBanked: UInt8 { 0x05 }
    }

    /// What the comparison registers hold as a mark.
    static var mark: UInt16 { 0x5AA5 }
    static var registers: Int { 22 }
    private static var proofLimit: UInt8 { 3 }

    private enum Step: UInt8, Carried, BitwiseCopyable {
        case unbank, control, interruptsOff, mark, latch, polarity, pullUps, directions, readBack
        case write, read, invert, readInverted, revert, readAgain
    }

    private let configuration: Configuration
    private var step: Step
    private var wanted: UInt16
    /// What the latches hold, and what is on its way to them.
    private var written: UInt16
    private var writing: UInt16
    private var pins: UInt16
    private var invertedPins: UInt16
    private var proofDue: Instant
    private var proofFailures: UInt8

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        step = .unbank
        wanted = configuration.initialLevels & configuration.outputs
        written = wanted
        writing = wanted
        pins = 0
        invertedPins = 0
        proofDue = .start
        proofFailures = 0
    }

    public static func problem(in configuration: Configuration) -> StaticString? {
        guard (0x20...0x27).contains(configuration.address) else {
            return "an MCP23017 has an address from 0x20 to 0x27"
        }
        guard configuration.outputs & 0x8080 == 0x8080 else {
            return "pins 7 and 15 of an MCP23017 can only be outputs"
        }
        guard configuration.interval >= .milliseconds(10) else {
            return "an MCP23017 needs an interval of at least 10 ms"
        }
        guard configuration.initialLevels & ~configuration.outputs == 0 else {
            return "only outputs have initial levels"
        }
        guard configuration.pullUps & configuration.outputs == 0,
            configuration.invertedInputs & configuration.outputs == 0
        else { return "only inputs have pull-ups or inversion" }
        return nil
    }

    public static func channel(_ index: UInt8) -> SensorChannel? {
        switch index {
        case 0: SensorChannel("pin A0", .state, 0...1)
        case 1: SensorChannel("pin A1", .state, 0...1)
        case 2: SensorChannel("pin A2", .state, 0...1)
        case 3: SensorChannel("pin A3", .state, 0...1)
        case 4: SensorChannel("pin A4", .state, 0...1)
        case 5: SensorChannel("pin A5", .state, 0...1)
        case 6: SensorChannel("pin A6", .state, 0...1)
        case 7: SensorChannel("pin A7", .state, 0...1)
        case 8: SensorChannel("pin B0", .state, 0...1)
        case 9: SensorChannel("pin B1", .state, 0...1)
        case 10: SensorChannel("pin B2", .state, 0...1)
        case 11: SensorChannel("pin B3", .state, 0...1)
        case 12: SensorChannel("pin B4", .state, 0...1)
        case 13: SensorChannel("pin B5", .state, 0...1)
        case 14: SensorChannel("pin B6", .state, 0...1)
        case 15: SensorChannel("pin B7", .state, 0...1)
        default: nil
        }
    }

    public var interval: Interval { configuration.interval }
    public var reportedChannels: UInt16 { 0xFFFF }

    /// The levels that the outputs should have.
    public var outputLevels: UInt16 { wanted }

    /// Whether an output still waits to be written.
    var hasUnwrittenOutputs: Bool { wanted != written }

    /// Sets the level of an output.
    ///
    /// - Returns: `false` if the pin is no output; nothing is changed then.
    public mutating func setOutput(_ pin: UInt8, isHigh: Bool) -> Bool {
        guard pin < 16, configuration.outputs & (1 << UInt16(pin)) != 0 else { return false }
        let mask: UInt16 = 1 << UInt16(pin)
        wanted = isHigh ? wanted | mask : wanted & ~mask
        return true
    }

    public mutating func restart() {
        step = .unbank
        proofDue = .start
    }

    public mutating func restartCycle() { step = .read }

    public mutating func request() -> BusRequest {
        // A change of an output goes before the reading, but not into the middle of a proof.
        if step == .read, hasUnwrittenOutputs { step = .write }
        if step == .write || step == .latch { writing = wanted }
        switch step {
        case .unbank: return .write(Register.controlWhileBanked, 0, to: configuration.address)
        // Sequential addressing, interrupt pins as they are after a reset.
        case .control: return .write(Register.control, 0, to: configuration.address)
        case .interruptsOff: return write(Register.interruptEnable, 0)
        case .mark: return write(Register.comparison, MCP23017.mark)
        case .latch, .write: return write(Register.latch, writing)
        case .polarity, .revert: return write(Register.polarity, 0)
        case .invert: return write(Register.polarity, 0xFFFF)
        case .pullUps: return write(Register.pullUp, configuration.pullUps)
        case .directions: return write(Register.direction, ~configuration.outputs)
        case .readBack, .read, .readInverted, .readAgain:
            return .read(0x00, count: MCP23017.registers, from: configuration.address)
        }
    }

    /// Writes a pair of registers: port A is the low byte.
    /// A reading under way stays one, though an output was changed meanwhile.
    public var answerLength: UInt8 {
        var copy = self
        copy.wanted = written
        return copy.request().answerLength
    }

    private func write(_ register: UInt8, _ ports: UInt16) -> BusRequest {
        var request = BusRequest.write(register, UInt8(truncatingIfNeeded: ports), to: configuration.address)
        request.write.append(UInt8(truncatingIfNeeded: ports >> 8))
        return request
    }

    public mutating func accept(
        _ bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) -> ChipProgress {
        switch step {
        case .unbank: return go(to: .control)
        case .control: return go(to: .interruptsOff)
        case .interruptsOff: return go(to: .mark)
        case .mark: return go(to: .latch)
        case .latch:
            written = writing
            return go(to: .polarity)
        case .polarity: return go(to: .pullUps)
        case .pullUps: return go(to: .directions)
        case .directions: return go(to: .readBack)
        case .readBack:
            guard isConfigured(bytes, polarity: 0) else { return .failed(.configurationMismatch) }
            step = .read
            return .ready
        case .write:
            written = writing
            return go(to: .read)
        case .read:
            guard isConfigured(bytes, polarity: 0) else { return .failed(.unexpectedReset) }
            pins = bytes.littleEndianWord(at: Int(Register.pins))
            guard configuration.proofInterval > .zero, now >= proofDue else { return finish(at: now, into: &output) }
            return go(to: .invert)
        case .invert: return go(to: .readInverted)
        case .readInverted:
            guard isConfigured(bytes, polarity: 0xFFFF) else { return .failed(.unexpectedReset) }
            invertedPins = bytes.littleEndianWord(at: Int(Register.pins))
            return go(to: .revert)
        case .revert: return go(to: .readAgain)
        case .readAgain:
            guard isConfigured(bytes, polarity: 0) else { return .failed(.unexpectedReset) }
            let again = bytes.littleEndianWord(at: Int(Register.pins))
            guard concludeProof(again, at: now) else { return .failed(.stuckValue) }
            pins = again
            return finish(at: now, into: &output)
        }
    }

    private mutating func go(to next: Step) -> ChipProgress {
        step = next
        return .proceed(after: .zero)
    }

    /// - Parameter bytes: all registers.
    private func isConfigured(_ bytes: Span<UInt8>, polarity: UInt16) -> Bool {
        bytes.littleEndianWord(at: Int(Register.direction)) == ~configuration.outputs
            && bytes.littleEndianWord(at: Int(Register.polarity)) == polarity
            && bytes.littleEndianWord(at: Int(Register.interruptEnable)) == 0
            && bytes.littleEndianWord(at: Int(Register.comparison)) == MCP23017.mark
            && bytes[Int(Register.control)] == 0
            && bytes.littleEndianWord(at: Int(Register.pullUp)) == configuration.pullUps
            && bytes.littleEndianWord(at: Int(Register.latch)) == written
    }

    /// - Returns: `false` once enough proofs in a row have failed.
    private mutating func concludeProof(_ again: UInt16, at now: Instant) -> Bool {
        // A pin that changed meanwhile proves itself.
        let steady = ~(pins ^ again)
        if (pins ^ invertedPins) & steady == steady {
            proofFailures = 0
            proofDue = now + configuration.proofInterval
            return true
        }
        proofFailures = min(proofFailures + 1, MCP23017.proofLimit)
        return proofFailures < MCP23017.proofLimit
    }

    private mutating func finish(at now: Instant, into output: inout SensorOutput) -> ChipProgress {
        step = .read
        let levels = pins ^ configuration.invertedInputs
        // An output that was changed during the proof is judged in the next cycle.
        let astray = (pins ^ written) & configuration.outputs
        for pin in UInt8(0)..<16 {
            let mask: UInt16 = 1 << UInt16(pin)
            output.append(
                channel: pin, value: levels & mask != 0 ? 1 : 0, quality: astray & mask != 0 ? .faulty : .good, at: now)
        }
        return .measured
    }
}

extension MCP23017: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&step)
        state.carry(&wanted)
        state.carry(&written)
        state.carry(&writing)
        state.carry(&pins)
        state.carry(&invertedPins)
        state.carry(&proofDue)
        state.carry(&proofFailures, within: 0...MCP23017.proofLimit)
    }
}
