import FixedMemory
import HardwareInterface

/// Seeed MR60FDA2 and HLK-LD6002C: 60 GHz modules for the ceiling that report presence and falls; 115200 baud, 8 data
/// bits, no parity.
///
/// A frame is 01, a number (2 bytes), the length of its data (2 bytes), a type (2 bytes), a check over these seven, the
/// data, and a check over the data; numbers big endian, data little endian. A check is the complement of the exclusive or.
/// Frames without data have no second check. Types used here:
///
/// | type | from | meaning |
/// | --- | --- | --- |
/// | 0E02 | module | fall, one byte 0 or 1 |
/// | 0F09 | module | someone is there, one byte 0 or 1 |
/// | 0E06 | both | ask for, and tell, mounting height, threshold (floats, metres) and sensitivity |
///
/// Source: the ESPHome component `seeed_mr60fda2`, which runs on these modules; the maker's own description was not at
/// hand. Whether a silent module still works is found out by asking for its parameters.
///
/// Limits: data of up to 1,024 bytes is skipped by its length (point clouds); more is taken for damage.
public struct MR60FDA2: RadarDriver, Sendable, BitwiseCopyable {
    public struct Configuration: Equatable, Sendable, BitwiseCopyable {
        /// Ask for a sign of life after so much silence.
        public var askAfter: Interval
        /// Without any valid frame for so long the module is missing.
        public var missingAfter: Interval

        public init(askAfter: Interval = .seconds(5), missingAfter: Interval = .seconds(15)) {
            self.askAfter = askAfter
            self.missingAfter = missingAfter
        }
    }

    /// The module's settings as it tells them.
    public struct Parameters: Equatable, Sendable, BitwiseCopyable {
        /// Millimetres above the floor.
        public var mountingHeight: Int32
        /// Millimetres.
        public var fallThreshold: Int32
        public var sensitivity: UInt32
    }

    static let start: UInt8 = 0x01
    static let headLength = 8
    static let longestData = 1_024
    static let fallType: UInt16 = 0x0E02
    static let presenceType: UInt16 = 0x0F09
    static let parametersType: UInt16 = 0x0E06

    private let configuration: Configuration
    private var head = FixedBytes<8>()
    /// The first bytes of the data; the rest is only checked.
    private var data = FixedBytes<16>()
    private var dataLeft = 0
    private var dataCheck: UInt8 = 0
    private var isInData = false
    private var isOpen = false
    private var isMissing = true
    private var lastFrameAt: Instant = .start
    private var askedAt: Instant = .start
    /// Last level of each channel; -1 before the first.
    private var fall: Int32 = -1
    private var presence: Int32 = -1
    private var toldAt: Instant = .start
    /// As last told; `nil` until then.
    public private(set) var parameters: Parameters?
    /// Frames whose checks fitted, and bytes that belonged to none.
    public private(set) var validFrames: UInt64 = 0
    public private(set) var discardedBytes: UInt64 = 0

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    // MARK: Port and time

    public var deadline: Instant {
        guard isOpen else { return .never }
        let ask = max(lastFrameAt, askedAt) + configuration.askAfter
        return isMissing ? ask : min(ask, lastFrameAt + configuration.missingAfter)
    }

    public mutating func portOpened(at now: Instant, into output: inout RadarOutput) {
        isOpen = true
        isMissing = false
        lastFrameAt = now
        restart()
        report(.starting, at: now, into: &output)
        ask(at: now, into: &output)
    }

    public mutating func portClosed(at now: Instant, into output: inout RadarOutput) {
        isOpen = false
        lose(at: now, into: &output)
    }

    public mutating func poll(at now: Instant, into output: inout RadarOutput) {
        guard isOpen else { return }
        if !isMissing && now >= lastFrameAt + configuration.missingAfter { lose(at: now, into: &output) }
        if now >= max(lastFrameAt, askedAt) + configuration.askAfter { ask(at: now, into: &output) }
    }

    private mutating func lose(at now: Instant, into output: inout RadarOutput) {
        isMissing = true
        parameters = nil
        fall = -1
        presence = -1
        restart()
        report(.missing, at: now, into: &output)
    }

    /// Tells both channels that there is no value.
    private func report(_ quality: Quality, at now: Instant, into output: inout RadarOutput) {
        let reading = Reading(value: 0, quality: quality, at: now)
        output.readings.append(RadarReading(.fall, reading))
        output.readings.append(RadarReading(.presence, reading))
    }

    private func tell(_ channel: RadarChannel, _ level: Int32, at now: Instant, into output: inout RadarOutput) {
        output.readings.append(RadarReading(channel, Reading(value: level, quality: .good, at: now)))
    }

    private mutating func ask(at now: Instant, into output: inout RadarOutput) {
        askedAt = now
        MR60FDA2.appendFrame(type: MR60FDA2.parametersType, to: &output.transmit)
    }

    /// Writes a frame without data.
    static func appendFrame(type: UInt16, to buffer: inout ByteBuffer) {
        let bytes: InlineArray<7, UInt8> = [start, 0, 0, 0, 0, UInt8(type >> 8), UInt8(truncatingIfNeeded: type)]
        var check: UInt8 = 0
        for index in 0..<7 {
            check ^= bytes[index]
            buffer.append(bytes[index])
        }
        buffer.append(~check)
    }

    // MARK: Frames

    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout RadarOutput) {
        guard isOpen else { return }
        for index in bytes.indices { take(bytes[index], at: now, into: &output) }
        poll(at: now, into: &output)
    }

    private mutating func restart() {
        head.removeAll()
        data.removeAll()
        isInData = false
    }

    private mutating func take(_ byte: UInt8, at now: Instant, into output: inout RadarOutput) {
        if isInData {
            takeData(byte, at: now, into: &output)
            return
        }
        if head.isEmpty && byte != MR60FDA2.start {
            discardedBytes &+= 1
            return
        }
        head.append(byte)
        while head.count == MR60FDA2.headLength {
            if headIsValid {
                beginData(at: now, into: &output)
                return
            }
            resynchronise()
        }
    }

    private var dataLength: Int { Int(head[3]) << 8 | Int(head[4]) }
    private var type: UInt16 { UInt16(head[5]) << 8 | UInt16(head[6]) }

    private var headIsValid: Bool {
        var check: UInt8 = 0
        for index in 0..<7 { check ^= head[index] }
        return head[7] == ~check && dataLength <= MR60FDA2.longestData
    }

    /// Goes on from the next start byte within the head.
    private mutating func resynchronise() {
        var next = 1
        while next < head.count && head[next] != MR60FDA2.start { next += 1 }
        discardedBytes &+= UInt64(next)
        var rest = FixedBytes<8>()
        for index in next..<head.count { rest.append(head[index]) }
        head = rest
    }

    private mutating func beginData(at now: Instant, into output: inout RadarOutput) {
        dataLeft = dataLength
        dataCheck = 0
        data.removeAll()
        if dataLeft == 0 { finish(at: now, into: &output) } else { isInData = true }
    }

    private mutating func takeData(_ byte: UInt8, at now: Instant, into output: inout RadarOutput) {
        if dataLeft > 0 {
            dataLeft -= 1
            dataCheck ^= byte
            if data.count < 16 { data.append(byte) }
        } else if byte == ~dataCheck {
            finish(at: now, into: &output)
        } else {
            // The length was covered by the head's own check, so the frame ends here all the same.
            discardedBytes &+= UInt64(MR60FDA2.headLength + dataLength + 1)
            restart()
        }
    }

    private mutating func finish(at now: Instant, into output: inout RadarOutput) {
        validFrames &+= 1
        lastFrameAt = now
        isMissing = false
        switch (type, dataLength) {
        case (MR60FDA2.fallType, 1...): fall = data[0] == 0 ? 0 : 1
        case (MR60FDA2.presenceType, 1...): presence = data[0] == 0 ? 0 : 1
        case (MR60FDA2.parametersType, 12...):
            parameters = Parameters(
                mountingHeight: millimetres(word(0)), fallThreshold: millimetres(word(4)), sensitivity: word(8))
        default: break
        }
        let isLevel = type == MR60FDA2.fallType || type == MR60FDA2.presenceType
        restart()
        // A level holds until the module says otherwise; any frame shows that it still could.
        if isLevel || now >= toldAt + .seconds(1) { tellLevels(at: now, into: &output) }
    }

    private mutating func tellLevels(at now: Instant, into output: inout RadarOutput) {
        toldAt = now
        if fall >= 0 { tell(.fall, fall, at: now, into: &output) }
        if presence >= 0 { tell(.presence, presence, at: now, into: &output) }
    }

    private func word(_ place: Int) -> UInt32 {
        UInt32(data[place]) | UInt32(data[place + 1]) << 8 | UInt32(data[place + 2]) << 16
            | UInt32(data[place + 3]) << 24
    }

    /// Metres as a float become whole millimetres; what is no height becomes 0.
    private func millimetres(_ bits: UInt32) -> Int32 {
        let metres = Float(bitPattern: bits)
        // Half a millimetre more, cut off: rounding proper is a call of the C library that Embedded Swift has no name for.
        return metres >= 0 && metres < 100 ? Int32(metres * 1_000 + 0.5) : 0
    }
}

extension MR60FDA2: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&head)
        state.carry(&data)
        state.carry(&dataLeft, within: 0...MR60FDA2.longestData)
        state.carry(&dataCheck)
        state.carry(&isInData)
        state.carry(&isOpen)
        state.carry(&isMissing)
        state.carry(&lastFrameAt)
        state.carry(&askedAt)
        state.carry(&fall, within: -1...1)
        state.carry(&presence, within: -1...1)
        state.carry(&toldAt)
        state.carry(&parameters, blank: Parameters(mountingHeight: 0, fallThreshold: 0, sensitivity: 0))
        state.carry(&validFrames)
        state.carry(&discardedBytes)
        if !isWithinFrame { state.refuse() }
    }

    /// Whether what is known of the data is what a whole head announced.
    private var isWithinFrame: Bool {
        guard isInData else { return head.count < MR60FDA2.headLength }
        guard head.count == MR60FDA2.headLength else { return false }
        return dataLeft <= dataLength && data.count == min(16, dataLength - dataLeft)
    }
}

extension MR60FDA2.Parameters: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&mountingHeight)
        state.carry(&fallThreshold)
        state.carry(&sensitivity)
    }
}
