import DeviceModels
import FixedMemory
import HardwareInterface
import WardenMessages

/// Why a scenario cannot be played.
public enum ScenarioError: Error, Equatable {
    /// The file does not begin as a compiled scenario does: compile it with `wardenctl scenario build`.
    case notAScenario
    /// The file was cut short or has something behind its end.
    case wrongLength
    /// The bytes are not those that were written.
    case wrongChecksum
    /// The message inside cannot be read.
    case malformed(MessageError)
    /// Another version of the compiler wrote it.
    case unsupportedFormat(UInt32)
    /// It was compiled against another board; compile it again.
    case otherBoard
    /// A track has more or fewer samples than it says, or its samples stand before it.
    case brokenTrack(Int)
    /// A step stands before an earlier one.
    case stepsOutOfOrder(Int)
    /// It has no header.
    case incomplete
}

/// A recording of one quantity: equally spaced values.
struct ValueTrack: ~Copyable {
    let interval: Interval
    var values: FixedArray<Int32>

    init(capacity: Int, interval: Interval) {
        self.interval = interval
        values = FixedArray(capacity: capacity)
    }
}

/// A scenario in memory: steps in order of time, and the recordings that they play.
public struct ScenarioTables: ~Copyable {
    /// Version of the form that this program reads.
    public static var format: UInt32 { 1 }

    public let header: ScenarioHeader
    public private(set) var steps: FixedArray<Step>
    /// Acceleration recordings, by the place of their track; `nil` for the others.
    var motions: FixedArray<AccelerationTrack?>
    /// Value recordings, by the place of their track; empty for the others.
    var values: FixedArray<ValueTrack>

    /// Reads a compiled scenario.
    ///
    /// - Parameters:
    ///   - file: its bytes.
    ///   - boardChecksum: of the board image that is to be simulated.
    public init(decoding file: Span<UInt8>, boardChecksum: UInt32) throws(ScenarioError) {
        let message = try ScenarioTables.message(of: file)
        let counts = try ScenarioTables.count(message)
        var header: ScenarioHeader?
        var steps = FixedArray<Step>(capacity: counts.steps)
        var motions = FixedArray<AccelerationTrack?>(capacity: counts.tracks)
        var values = FixedArray<ValueTrack>(capacity: counts.tracks)
        var expected = FixedArray<Int>(capacity: counts.tracks)

        var walker = Scenario.Walker(message)
        while let entry = try ScenarioTables.next(&walker) {
            switch entry {
            case .header(let value):
                guard value.format == ScenarioTables.format else { throw .unsupportedFormat(value.format) }
                header = value
            case .tracks(let track):
                let interval = Interval(nanoseconds: Int64(clamping: track.intervalNs))
                let samples = Int(track.samples)
                expected.append(samples)
                let isMotion = track.kind == .accelerationCodes
                motions.append(isMotion ? AccelerationTrack(capacity: samples, interval: interval) : nil)
                values.append(ValueTrack(capacity: isMotion ? 0 : samples, interval: interval))
            case .chunks(let chunk):
                let index = Int(chunk.track)
                guard index < motions.count else { throw .brokenTrack(index) }
                if let motion = motions[index] {
                    try ScenarioTables.append(chunk.data.span, to: motion, track: index)
                } else {
                    try ScenarioTables.append(chunk.data.span, to: &values[index].values, track: index)
                }
            case .steps(let step):
                if !steps.isEmpty, step.atMs < steps[steps.count - 1].atMs { throw .stepsOutOfOrder(steps.count) }
                steps.append(step)
            }
        }
        guard let header else { throw .incomplete }
        guard header.boardCrc32c == boardChecksum else { throw .otherBoard }
        for index in expected.indices {
            let count = motions[index]?.count ?? values[index].values.count
            guard count == expected[index] else { throw .brokenTrack(index) }
        }
        self.header = header
        self.steps = steps
        self.motions = motions
        self.values = values
    }

    /// The message inside the file: eight bytes of magic, length, CRC-32C, message.
    @_lifetime(copy file)
    private static func message(of file: Span<UInt8>) throws(ScenarioError) -> Span<UInt8> {
        let magic: StaticString = "WARDENS1"
        let headerLength = magic.utf8CodeUnitCount + 8
        guard file.count >= headerLength else { throw .notAScenario }
        for index in 0..<magic.utf8CodeUnitCount where unsafe file[index] != magic.utf8Start[index] {
            throw .notAScenario
        }
        var reader = ByteReader(file.extracting(magic.utf8CodeUnitCount..<headerLength))
        guard let length = try? reader.littleEndian(UInt32.self),
            let checksum = try? reader.littleEndian(UInt32.self)
        else { throw .notAScenario }
        guard file.count - headerLength == Int(length) else { throw .wrongLength }
        let message = file.extracting(headerLength..<file.count)
        guard Checksum.crc32c(message) == checksum else { throw .wrongChecksum }
        return message
    }

    private static func count(_ message: Span<UInt8>) throws(ScenarioError) -> (steps: Int, tracks: Int) {
        var steps = 0
        var tracks = 0
        var reader = MessageReader(message)
        do throws(MessageError) {
            while !reader.isAtEnd {
                let tag = try reader.tag()
                if tag >> 3 == Scenario.Field.steps { steps += 1 }
                if tag >> 3 == Scenario.Field.tracks { tracks += 1 }
                try reader.skip(tag)
            }
        } catch {
            throw .malformed(error)
        }
        return (steps, tracks)
    }

    private static func next(_ walker: inout Scenario.Walker) throws(ScenarioError) -> Scenario.Entry? {
        do throws(MessageError) {
            return try walker.next()
        } catch {
            throw .malformed(error)
        }
    }

    private static func append(
        _ data: Span<UInt8>, to motion: AccelerationTrack, track: Int
    ) throws(ScenarioError) {
        var reader = ByteReader(data)
        while !reader.isAtEnd {
            guard let x = try? reader.littleEndian(Int16.self), let y = try? reader.littleEndian(Int16.self),
                let z = try? reader.littleEndian(Int16.self), motion.append(AccelerationCodes(x: x, y: y, z: z))
            else { throw .brokenTrack(track) }
        }
    }

    private static func append(
        _ data: Span<UInt8>, to values: inout FixedArray<Int32>, track: Int
    ) throws(ScenarioError) {
        var reader = ByteReader(data)
        while !reader.isAtEnd {
            guard let value = try? reader.littleEndian(Int32.self), values.append(value) else {
                throw .brokenTrack(track)
            }
        }
    }
}
