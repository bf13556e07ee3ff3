/// How far a reading may be believed. Anything but `.good` must never be taken for normal.
public enum Quality: UInt8, Sendable, BitwiseCopyable {
    /// Measured, checked and recent.
    case good = 0
    /// The sensor is starting, warming up or conditioning; no value yet.
    case starting = 1
    /// The last value is older than the point allows.
    case stale = 2
    /// Outside what the sensor can measure or the point can mean.
    case outOfRange = 3
    /// The sensor answers, but its checks failed: checksum, self-test, stuck value.
    case faulty = 4
    /// The sensor does not answer.
    case missing = 5
    /// Set by a technician for a test, not measured.
    case forced = 6

    /// Whether a decision may rest on the value.
    @inlinable public var isUsable: Bool { self == .good || self == .forced }
}

/// One value of one point, with its quality and the moment it was measured.
public struct Reading: Equatable, Sendable, BitwiseCopyable {
    /// The value in the point's unit (see `Unit`); meaningless unless `quality.isUsable`.
    public var value: Int32
    public var quality: Quality
    /// When it was measured, not when it arrived.
    public var at: Instant

    public init(value: Int32, quality: Quality, at: Instant) {
        self.value = value
        self.quality = quality
        self.at = at
    }
}

/// The unit of a point's integer values. Every unit is fine enough that no decision needs a fraction of it.
public enum Unit: UInt8, Sendable, BitwiseCopyable {
    /// 0 or 1.
    case state = 0
    /// Microvolts.
    case microvolt = 1
    /// Thousandths of a degree Celsius.
    case millidegreeCelsius = 2
    /// Thousandths of a per cent of relative humidity.
    case millipercentRelativeHumidity = 3
    /// Pascals.
    case pascal = 4
    /// Parts per million by volume.
    case partsPerMillion = 5
    /// Thousandths of a decibel per metre of light obscuration.
    case millidecibelPerMetre = 6
    /// Hundredths of a per cent of the lower explosive limit.
    case centipercentLowerExplosiveLimit = 7
    /// Thousandths of a lux.
    case millilux = 8
    /// Micrograms per cubic metre.
    case microgramPerCubicMetre = 9
    /// Index without dimension, as the sensor's maker defines it.
    case index = 10
    /// Thousandths of standard gravity.
    case milligravity = 11
    /// Pulses counted.
    case count = 12
    /// Ohms.
    case ohm = 13
    /// Milliwatts.
    case milliwatt = 14
    /// Thousandths of a degree per second.
    case millidegreePerSecond = 15
}

/// One sample of a three-axis accelerometer, each axis in thousandths of standard gravity (9.80665 m/s²).
public struct AccelerationSample: Equatable, Sendable, BitwiseCopyable {
    public var x: Int16
    public var y: Int16
    public var z: Int16

    @inlinable
    public init(x: Int16, y: Int16, z: Int16) {
        self.x = x
        self.y = y
        self.z = z
    }
}
