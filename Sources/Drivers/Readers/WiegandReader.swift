import FixedMemory
import HardwareInterface

/// A Wiegand reader on two GPIO lines: edges with the kernel's time stamps in, reports out.
///
/// Both lines rest inactive (high); a pulse on data 0 is a zero, on data 1 a one, most significant bit first, and the
/// two are never active together (SIA AC-01-1996.10: pulse width 20 to 100 µs, pulse interval 200 µs to 20 ms).
///
/// A board that asks the kernel for both edges of a line gets two events a pulse, but the kernel reads the level only
/// after the interrupt: for a short pulse it may report the leading edge as "inactive", or merge both edges into one.
/// So a pulse is counted at its first event whatever level that event names. A board that asks for leading edges alone
/// (`Edges.leading`) loses the width check and the stuck-line check, and nothing else.
///
/// Edges of one line are handed over in their order; those of the other may come late, as where each line is read from
/// a file of its own: a frame's pulses are put in the order of their time stamps before they are read. What is waiting is
/// handed over before `poll` is called for a later moment.
///
/// Limits: 128 bits a frame, eight formats.
public struct WiegandReader: ~Copyable {
    public enum DataLine: UInt8, Equatable, Sendable, BitwiseCopyable {
        case zero = 0
        case one = 1
    }

    /// Which edges the board hands over.
    public enum Edges: UInt8, Equatable, Sendable, BitwiseCopyable {
        case both = 0
        case leading = 1
    }

    /// What a burst of four or eight bits means.
    public enum Keypad: UInt8, Equatable, Sendable, BitwiseCopyable {
        /// No keypad: such a burst is malformed.
        case none = 0
        /// Four bits: the key.
        case fourBit = 1
        /// Eight bits: the key's complement, then the key.
        case eightBit = 2
        /// Either.
        case any = 3
    }

    public struct Timing: Equatable, Sendable, BitwiseCopyable {
        /// The shortest and longest time that a line is active in a pulse.
        public var minimumPulse: Interval
        public var maximumPulse: Interval
        /// The shortest time from the start of a pulse to the start of the next, on either line.
        public var minimumInterval: Interval
        /// A pause longer than this ends a frame.
        public var endOfFrame: Interval
        /// A line active for longer than this is stuck.
        public var stuckLine: Interval

        public init(
            minimumPulse: Interval, maximumPulse: Interval, minimumInterval: Interval, endOfFrame: Interval,
            stuckLine: Interval = .milliseconds(100)
        ) {
            self.minimumPulse = minimumPulse
            self.maximumPulse = maximumPulse
            self.minimumInterval = minimumInterval
            self.endOfFrame = endOfFrame
            self.stuckLine = stuckLine
        }

        /// The limits of SIA AC-01 as they are; the frame ends 5 ms after the longest interval.
        public static var specification: Timing {
            Timing(
                minimumPulse: .microseconds(20), maximumPulse: .microseconds(100),
                minimumInterval: .microseconds(200), endOfFrame: .milliseconds(25))
        }

        /// The limits of SIA AC-01 with 50 µs for the time that an interrupt takes to be stamped, and the 160 µs pulses
        /// that some readers send (Seeed 113020002).
        public static var standard: Timing {
            Timing(
                minimumPulse: .microseconds(2), maximumPulse: .microseconds(210),
                minimumInterval: .microseconds(150), endOfFrame: .milliseconds(25))
        }
    }

    public struct Configuration: Equatable, Sendable, BitwiseCopyable {
        public var timing: Timing
        public var edges: Edges
        public var keypad: Keypad
        /// A card must not be read for this long before reading it again is a new presentation.
        public var holdOff: Interval

        public init(
            timing: Timing = .standard, edges: Edges = .both, keypad: Keypad = .any, holdOff: Interval = .seconds(1)
        ) {
            self.timing = timing
            self.edges = edges
            self.keypad = keypad
            self.holdOff = holdOff
        }
    }

    /// Formats that fit.
    public static var formatLimit: Int { 8 }

    private struct Line: Sendable, BitwiseCopyable {
        /// Start of the pulse that the line is in.
        var activeSince: Instant? = nil
        /// Start of a pulse whose leading edge was reported as inactive: its end may or may not follow.
        var lateSince: Instant? = nil
        var isStuck = false
    }

    // Internal, not private: as the element of a fixed container it must be visible where the container's methods are
    // inlined, or the compiler crashes in debug builds.
    struct Pulse: Sendable, BitwiseCopyable {
        var start: Instant
        /// The end, or the start while the end is not known.
        var end: Instant
        var line: DataLine
    }

    private let configuration: Configuration
    private var formats: FixedArray<WiegandFormat>
    private var lines = InlineArray<2, Line>(repeating: Line())
    /// Pulses of the running frame, in the order of their time stamps.
    private var pulses: FixedArray<Pulse>
    /// The same, with those that did not fit.
    private var pulseCount = 0
    private var lastPulse = Instant.start
    /// Why the running frame is no good, if it is not.
    private var damage: MalformedReason? = nil
    private var presented: PresentationFilter
    private var health = ReaderHealth()
    private var validFrames: UInt64 = 0

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        formats = FixedArray(capacity: WiegandReader.formatLimit)
        pulses = FixedArray(capacity: WiegandBits.capacity)
        presented = PresentationFilter(holdOff: configuration.holdOff)
    }

    /// Adds a format; at start only. Of several formats of one length the first that fits counts.
    ///
    /// - Returns: `false` if there is no room.
    @discardableResult
    public mutating func addFormat(_ format: WiegandFormat) -> Bool { formats.append(format) }

    public var statistics: ReaderStatistics {
        ReaderStatistics(
            validFrames: validFrames, malformed: health.malformedCount, discardedBytes: health.discardedBytes)
    }

    private var isStuck: Bool { lines[0].isStuck || lines[1].isStuck }
}

// MARK: - Inputs

extension WiegandReader {
    /// When `poll` has something to do next.
    // Inlined: a call copies the whole of the value first.
    @inline(__always)
    public var deadline: Instant {
        var earliest = pulseCount > 0 ? lastPulse + configuration.timing.endOfFrame : .never
        for index in lines.indices {
            if let start = lines[index].activeSince, !lines[index].isStuck {
                earliest = min(earliest, start + configuration.timing.stuckLine)
            }
        }
        return min(min(earliest, presented.deadline), health.deadline)
    }

    /// The lines can be read from now on.
    public mutating func linesAvailable(at now: Instant, into output: inout ReaderOutput) {
        health.portOpened(into: &output)
    }

    /// The lines cannot be read any more. A running frame is forgotten.
    public mutating func linesLost(at now: Instant, into output: inout ReaderOutput) {
        lines = InlineArray(repeating: Line())
        clearFrame()
        presented.removeAll()
        health.portClosed(into: &output)
    }

    /// Takes an edge.
    ///
    /// - Parameters:
    ///   - isActive: the line's logical level after the edge (active is the low level of the wire).
    ///   - now: the kernel's time stamp of the edge.
    public mutating func edge(
        _ line: DataLine, isActive: Bool, at now: Instant, into output: inout ReaderOutput
    ) {
        guard health.isOpen else { return }
        poll(at: now, into: &output)
        let index = Int(line.rawValue)
        if configuration.edges == .leading {
            pulse(line, at: now, into: &output)
        } else if isActive {
            // A line that is still thought active has had its end lost; what counts is that a pulse begins.
            release(index, into: &output)
            lines[index].activeSince = now
            lines[index].lateSince = nil
            pulse(line, at: now, into: &output)
        } else if let start = lines[index].activeSince {
            let wasStuck = isStuck
            release(index, into: &output)
            if !wasStuck { endPulse(line, start, at: now) }
        } else if let start = lines[index].lateSince, now - start <= configuration.timing.maximumPulse {
            lines[index].lateSince = nil
            endPulse(line, start, at: now)
        } else {
            lines[index].lateSince = now
            pulse(line, at: now, into: &output)
        }
    }

    /// Does what is due: the end of a frame, a stuck line, presentations that end.
    public mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        if pulseCount > 0 && now - lastPulse >= configuration.timing.endOfFrame {
            finishFrame(at: lastPulse + configuration.timing.endOfFrame, into: &output)
        }
        for index in lines.indices {
            guard let start = lines[index].activeSince, !lines[index].isStuck,
                now - start >= configuration.timing.stuckLine
            else { continue }
            lines[index].isStuck = true
            clearFrame()
            output.report(.offline(stuckReason))
        }
        presented.expire(at: now)
        health.poll(at: now, into: &output)
    }

    private var stuckReason: OfflineReason {
        if lines[0].isStuck && lines[1].isStuck { return .bothDataLinesStuck }
        return lines[0].isStuck ? .dataLine0Stuck : .dataLine1Stuck
    }

    /// Ends a pulse; tells of a stuck line that is free again.
    private mutating func release(_ index: Int, into output: inout ReaderOutput) {
        lines[index].activeSince = nil
        guard lines[index].isStuck else { return }
        lines[index].isStuck = false
        output.report(isStuck ? .offline(stuckReason) : .online)
    }

    private mutating func endPulse(_ line: DataLine, _ start: Instant, at now: Instant) {
        let width = now - start
        if width < configuration.timing.minimumPulse || width > configuration.timing.maximumPulse {
            damage = damage ?? .pulseWidth
        }
        var index = pulses.count
        while index > 0 {
            index -= 1
            guard pulses[index].line == line else { continue }
            if pulses[index].start == start { pulses[index].end = now }
            return
        }
    }
}

// MARK: - Frames

extension WiegandReader {
    private mutating func pulse(_ line: DataLine, at now: Instant, into output: inout ReaderOutput) {
        guard !isStuck else { return }
        lastPulse = max(lastPulse, now)
        pulseCount += 1
        if pulses.append(Pulse(start: now, end: now, line: line)) {
            var index = pulses.count - 1
            while index > 0 && pulses[index - 1].start > pulses[index].start {
                let later = pulses[index - 1]
                pulses[index - 1] = pulses[index]
                pulses[index] = later
                index -= 1
            }
        } else {
            damage = damage ?? .length
        }
        // A line that pulses without end never makes a pause: what has come so far is thrown away piece by piece.
        if pulseCount >= 2 * WiegandBits.capacity {
            health.discarded(pulseCount, damage ?? .length, at: now, into: &output)
            clearFrame()
            damage = .length
            pulseCount = 1
        }
    }

    private mutating func clearFrame() {
        pulses.removeAll()
        pulseCount = 0
        damage = nil
    }

    private mutating func finishFrame(at now: Instant, into output: inout ReaderOutput) {
        let count = pulseCount
        // A pulse that has not ended by now is no pulse, and may become a stuck line.
        let isHeld = lines[0].activeSince != nil || lines[1].activeSince != nil
        // Crosstalk between the lines makes pulses of odd width too; the overlap is what tells the technician.
        let reason: MalformedReason? =
            linesOverlap ? .linesTogether : damage ?? (isTooFast ? .pulseInterval : isHeld ? .pulseWidth : nil)
        let bits = readPulses()
        clearFrame()
        if let reason {
            health.discarded(count, reason, at: now, into: &output)
            return
        }
        switch interpret(bits) {
        case .key(let key):
            valid(into: &output)
            output.report(.key(key))
        case .card(let card):
            valid(into: &output)
            if presented.isNew(card, at: now) { output.report(.card(card)) }
        case .unknownLength:
            health.discarded(count, .length, at: now, into: &output)
        case .parityError:
            health.discarded(count, .parity, at: now, into: &output)
        case .unknownKey:
            health.discarded(count, .character, at: now, into: &output)
        }
    }

    /// Whether a pulse began on one line while the other was active.
    private var linesOverlap: Bool {
        for index in 1..<max(1, pulses.count)
        where pulses[index].line != pulses[index - 1].line && pulses[index].start < pulses[index - 1].end {
            return true
        }
        return false
    }

    /// Whether two pulses follow each other too closely.
    private var isTooFast: Bool {
        for index in 1..<max(1, pulses.count)
        where pulses[index].start - pulses[index - 1].start < configuration.timing.minimumInterval {
            return true
        }
        return false
    }

    private func readPulses() -> WiegandBits {
        var bits = WiegandBits()
        for index in pulses.indices { bits.append(pulses[index].line == .one) }
        return bits
    }

    private mutating func valid(into output: inout ReaderOutput) {
        validFrames &+= 1
        health.valid(into: &output)
    }

    private enum Meaning {
        case key(KeypadKey)
        case card(CardIdentifier)
        case unknownLength
        case parityError
        case unknownKey
    }

    private func interpret(_ bits: WiegandBits) -> Meaning {
        if bits.count == 4 && (configuration.keypad == .fourBit || configuration.keypad == .any) {
            return WiegandReader.key(WiegandReader.nibble(bits, at: 0))
        }
        if bits.count == 8 && (configuration.keypad == .eightBit || configuration.keypad == .any) {
            let key = WiegandReader.nibble(bits, at: 4)
            return WiegandReader.nibble(bits, at: 0) ^ key == 0x0F ? WiegandReader.key(key) : .parityError
        }
        var meaning = Meaning.unknownLength
        for index in formats.indices {
            switch formats[index].match(bits) {
            case .matches: return .card(formats[index].identifier(in: bits))
            case .parityError, .otherFixedBits: meaning = .parityError
            case .otherLength: break
            }
        }
        return meaning
    }

    private static func nibble(_ bits: WiegandBits, at place: Int) -> UInt8 {
        var value: UInt8 = 0
        for offset in 0..<4 { value = value << 1 | (bits[place + offset] ? 1 : 0) }
        return value
    }

    /// Keys as keypads in the field number them: 0 to 9, 10 is `*`, 11 is `#`.
    private static func key(_ value: UInt8) -> Meaning {
        switch value {
        case 0...9: .key(.digit(value))
        case 10: .key(.clear)
        case 11: .key(.enter)
        default: .unknownKey
        }
    }
}
