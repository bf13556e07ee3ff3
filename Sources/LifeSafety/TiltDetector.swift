import FixedMemory
import HardwareInterface

/// Fires when something with an accelerometer is tilted or shaken: a manhole cover lifted, a bin tipped, a cabinet moved.
///
/// Gravity's direction over a second is compared with a reference; vibration is the mean distance of the acceleration
/// from its mean over that second.
public struct TiltDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// The accelerometer.
        public var source: PointIndex
        /// Whole degrees, 1 to 90.
        public var limitDegrees: UInt8
        /// How long the tilt must last.
        public var onDelay: Interval
        public var offDelay: Interval
        /// Thousandths of g of vibration that is an alarm of its own; 0 for none.
        public var vibrationLimit: Int32
        /// Gravity in the right position, thousandths of g. `nil`: the first second after start or after `serviced`
        /// is right, and what was moved while the power was off is not seen.
        public var reference: AccelerationSample?
        public var maximumAge: Interval

        public init(
            source: PointIndex, limitDegrees: UInt8 = 15, onDelay: Interval = .seconds(5),
            offDelay: Interval = .seconds(30), vibrationLimit: Int32 = 0, reference: AccelerationSample? = nil,
            maximumAge: Interval = .seconds(30)
        ) {
            precondition(limitDegrees >= 1 && limitDegrees <= 90, "a tilt is 1 to 90 degrees")
            self.source = source
            self.limitDegrees = limitDegrees
            self.onDelay = onDelay
            self.offDelay = offDelay
            self.vibrationLimit = vibrationLimit
            self.reference = reference
            self.maximumAge = maximumAge
        }

        public var sources: Sources { Sources(source) }
    }

    private let configuration: Configuration
    private let limitCosine: Int32
    private var source: SourceSupervisor
    private var reference: Vector?
    private var sum = Vector.zero
    private var distance: Int64 = 0
    private var mean = Vector.zero
    private var gathered: Interval = .zero
    private var count: Int32 = 0
    private var tilted: DelayedFlag
    private var shaken: DelayedFlag
    private var tilt: Int32 = 0

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        limitCosine = cosineOfAngle(degrees: configuration.limitDegrees)
        source = SourceSupervisor(maximumAge: configuration.maximumAge)
        reference = configuration.reference.map { Vector($0) }
        tilted = DelayedFlag(onDelay: configuration.onDelay, offDelay: configuration.offDelay)
        shaken = DelayedFlag(onDelay: .zero, offDelay: configuration.offDelay)
    }

    mutating func receive(_ samples: Span<AccelerationSample>, lastAt last: Instant, interval: Interval) {
        guard samples.count > 0 else { return }
        _ = source.receive(Reading(value: 0, quality: .good, at: last))
        for index in samples.indices {
            let vector = Vector(samples[index])
            sum = sum + vector
            distance += Int64((vector - mean).length)
            count += 1
            gathered = gathered + interval
            if gathered >= .seconds(1) { finishSecond(at: last) }
        }
    }

    private mutating func finishSecond(at now: Instant) {
        let vibration = Int32(clamping: distance / Int64(count))
        let isFirst = mean == .zero
        mean = Vector(x: sum.x / count, y: sum.y / count, z: sum.z / count)
        sum = .zero
        distance = 0
        count = 0
        gathered = .zero
        if reference == nil { reference = mean }
        let cosine = mean.cosine(to: reference ?? mean)
        tilt = degrees(ofCosine: cosine)
        tilted.update(cosine < limitCosine, at: now)
        if configuration.vibrationLimit > 0 && !isFirst {
            shaken.update(vibration >= configuration.vibrationLimit, at: now)
        }
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        if !reading.quality.isUsable { _ = source.receive(reading) }
    }

    /// The position that was found right, where it is not written down: a device that lies on its side when the power comes
    /// back must not take that for its place.
    func learned(_ piece: Int) -> LearnedPiece? {
        guard piece == 0, configuration.reference == nil, let reference else { return nil }
        var learned = LearnedPiece()
        learned.appendLittleEndian(reference.x)
        learned.appendLittleEndian(reference.y)
        learned.appendLittleEndian(reference.z)
        return learned
    }

    mutating func restore(_ learned: LearnedPiece, _ piece: Int) {
        var reader = ByteReader(learned.span)
        guard piece == 0, configuration.reference == nil, let x = try? reader.littleEndian(Int32.self),
            let y = try? reader.littleEndian(Int32.self), let z = try? reader.littleEndian(Int32.self), reader.isAtEnd
        else { return }
        reference = Vector(x: x, y: y, z: z)
    }

    mutating func advance(to now: Instant) {
        source.advance(to: now)
        guard source.isUsable else { return }
        tilted.advance(to: now)
        shaken.advance(to: now)
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset: return .done
        case .serviced:
            // Put back in place: the next second is right again, unless the right position is written down.
            if configuration.reference == nil { reference = nil }
            return .done
        default: return .unsupported
        }
    }

    var finding: Finding {
        let isOn = tilted.isOn || shaken.isOn
        return Finding(
            isOn && source.isUsable ? .alarm : .normal, cause: tilted.isOn || !isOn ? .tilted : .moved,
            trouble: source.trouble, value: tilt)
    }

    var deadline: Instant {
        min(source.deadline, source.isUsable ? min(tilted.deadline, shaken.deadline) : .never)
    }

    func couldFire(at now: Instant) -> Bool { true }
}

extension TiltDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&source)
        state.carry(&reference, blank: .zero)
        state.carry(&sum)
        state.carry(&distance, within: 0...(1 << 40))
        state.carry(&mean)
        state.carry(&gathered.nanoseconds, within: 0...Interval.seconds(1).nanoseconds)
        state.carry(&count, within: 0...65_535)
        state.carry(&tilted)
        state.carry(&shaken)
        state.carry(&tilt)
    }
}

/// Cosine of whole degrees, 0 to 90, in 16,384ths, rounded to the nearest.
func cosineOfAngle(degrees: UInt8) -> Int32 { Int32(cosines[Int(min(degrees, 90))]) }

/// Whole degrees of an angle by its cosine in 16,384ths, rounded down; 0 to 180.
func degrees(ofCosine cosine: Int32) -> Int32 {
    if cosine < 0 {
        let supplement = degrees(ofCosine: -cosine)
        return supplement == 90 || cosineOfAngle(degrees: UInt8(supplement)) != -cosine
            ? 179 - supplement : 180 - supplement
    }
    var result: Int32 = 0
    while result < 90 && cosineOfAngle(degrees: UInt8(result + 1)) >= cosine { result += 1 }
    return result
}

private let cosines: InlineArray<91, Int16> = [
    16384, 16382, 16374, 16362, 16344, 16322, 16294, 16262, 16225, 16182, 16135, 16083, 16026, 15964, 15897, 15826,
    15749, 15668, 15582, 15491, 15396, 15296, 15191, 15082, 14968, 14849, 14726, 14598, 14466, 14330, 14189, 14044,
    13894, 13741, 13583, 13421, 13255, 13085, 12911, 12733, 12551, 12365, 12176, 11982, 11786, 11585, 11381, 11174,
    10963, 10749, 10531, 10311, 10087, 9860, 9630, 9397, 9162, 8923, 8682, 8438, 8192, 7943, 7692, 7438, 7182, 6924,
    6664, 6402, 6138, 5872, 5604, 5334, 5063, 4790, 4516, 4240, 3964, 3686, 3406, 3126, 2845, 2563, 2280, 1997, 1713,
    1428, 1143, 857, 572, 286, 0,
]
