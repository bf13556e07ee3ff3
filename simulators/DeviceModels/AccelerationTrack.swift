import FixedMemory
import HardwareInterface

/// Codes of one accelerometer sample at 256 a standard gravity, as an ADXL345 at full resolution gives them.
public struct AccelerationCodes: Equatable, Sendable, BitwiseCopyable {
    public var x: Int16
    public var y: Int16
    public var z: Int16

    public init(x: Int16, y: Int16, z: Int16) {
        self.x = x
        self.y = y
        self.z = z
    }
}

/// A recording of equally spaced accelerometer samples, filled once and then played into models.
///
/// A class, because the program that loads it and the models that play it share it.
public final class AccelerationTrack {
    private var samples: FixedArray<AccelerationCodes>
    /// Time from sample to sample.
    public let interval: Interval

    /// Makes an empty recording for `capacity` samples.
    public init(capacity: Int, interval: Interval) {
        precondition(interval > .zero, "samples need a distance in time")
        samples = FixedArray(capacity: capacity)
        self.interval = interval
    }

    public var count: Int { samples.count }

    /// Adds the next sample.
    ///
    /// - Returns: `false` if the recording is full; the sample is then left out.
    @discardableResult
    public func append(_ codes: AccelerationCodes) -> Bool { samples.append(codes) }

    /// The sample at `index`. Traps outside `0..<count`.
    public func codes(_ index: Int) -> AccelerationCodes { samples[index] }
}

/// What an accelerometer feels: a recording while one plays, else a constant.
public struct Motion {
    /// The constant.
    public var still: AccelerationCodes
    private var track: AccelerationTrack?
    private var start: Instant
    private var repeats: Bool

    /// At rest, lying flat.
    public init() {
        still = AccelerationCodes(x: 0, y: 0, z: 256)
        track = nil
        start = .start
        repeats = false
    }

    public mutating func play(_ track: AccelerationTrack, from start: Instant, repeats: Bool) {
        self.track = track
        self.start = start
        self.repeats = repeats
    }

    /// What is felt at a moment. Once a recording has ended its last sample stays.
    ///
    /// - Returns: the codes, and whether they are recorded (and so carry their own noise).
    mutating func codes(at instant: Instant) -> (AccelerationCodes, isRecorded: Bool) {
        guard let track, track.count > 0, instant >= start else { return (still, false) }
        var index = Int((instant - start).nanoseconds / track.interval.nanoseconds)
        if repeats {
            index %= track.count
        } else if index >= track.count {
            still = track.codes(track.count - 1)
            self.track = nil
            return (still, false)
        }
        return (track.codes(index), true)
    }

    /// - Returns: `false` if the quantity is no acceleration.
    mutating func set(_ quantity: Quantity, toMilligravity value: Int32) -> Bool {
        let code = Int16(clamping: dividedRounding(Int64(value) * 32, by: 125))
        switch quantity {
        case .accelerationX: still.x = code
        case .accelerationY: still.y = code
        case .accelerationZ: still.z = code
        default: return false
        }
        track = nil
        return true
    }
}
