import FixedMemory
import HardwareInterface

/// The board's measured quantities: scales what sensors report, judges range and age, and keeps the last reading.
struct PointTable: ~Copyable {
    /// How one channel of a sensor becomes a point.
    struct Description: BitwiseCopyable {
        var sensor: Int
        var channel: UInt8
        /// value = (raw - zero) * numerator / denominator, rounded towards zero.
        var zero: Int32
        var numerator: Int32
        var denominator: Int32
        /// A reading older than this is stale.
        var staleAfter: Interval
        /// Values outside these two are out of range.
        var minimum: Int32
        var maximum: Int32
    }

    struct Point: BitwiseCopyable {
        var description: Description
        var reading: Reading
        /// When the reading becomes stale; `.never` once it is no longer usable.
        var staleAt: Instant
        /// The next point of the same sensor, or -1.
        var next: Int
        /// What a calibration by hand adds to the scaled value.
        var offset: Int32 = 0
        /// Mean of the scaled values without the offset, in 256ths: each reading moves it an eighth of the way.
        var mean: Int64 = 0
        /// Good readings in a row that the mean stands on, up to `settledAfter`.
        var settled: UInt8 = 0
    }

    /// Good readings in a row before a point can be calibrated: with an eighth of each, two thirds of a step are in.
    static var settledAfter: UInt8 { 8 }

    private var points: FixedArray<Point>
    /// First point of each sensor, or -1.
    private var firstOfSensor: FixedArray<Int>
    /// The earliest `staleAt`.
    private(set) var deadline: Instant = .never

    init(capacity: Int, sensors: Int) {
        points = FixedArray(capacity: capacity)
        firstOfSensor = FixedArray(repeating: -1, count: sensors)
    }

    var count: Int { points.count }

    subscript(_ index: Int) -> Reading { points[index].reading }

    /// The value of a point while it is known; `nil` for no point, −1.
    func usableValue(of index: Int) -> Int32? {
        guard index >= 0, points[index].reading.quality.isUsable else { return nil }
        return points[index].reading.value
    }

    /// Adds the next point of the table. It starts as `.starting` and becomes stale like any other: a sensor that never
    /// speaks is found out.
    mutating func add(_ description: Description, at now: Instant) {
        let next = firstOfSensor[description.sensor]
        let added = points.append(
            Point(
                description: description, reading: Reading(value: 0, quality: .starting, at: now),
                staleAt: now + description.staleAfter, next: next))
        precondition(added, "the table is sized for every point of the image")
        firstOfSensor[description.sensor] = points.count - 1
        deadline = min(deadline, points[points.count - 1].staleAt)
    }

    func firstPoint(ofSensor sensor: Int) -> Int { firstOfSensor[sensor] }
    func nextPoint(after point: Int) -> Int { points[point].next }
    func channel(of point: Int) -> UInt8 { points[point].description.channel }

    /// Takes a sensor's raw reading for a point.
    ///
    /// - Returns: the point's reading: scaled, and out of range where it is.
    mutating func update(_ index: Int, raw: Reading) -> Reading {
        var reading = PointTable.scaled(raw, by: points[index].description)
        note(reading, of: index)
        // The range is the sensor's: what calibration takes away must not make a good value a wrong one.
        reading.value = PointTable.calibrated(reading, by: points[index].offset)
        points[index].reading = reading
        points[index].staleAt = reading.quality.isUsable ? reading.at + points[index].description.staleAfter : .never
        deadline = min(deadline, points[index].staleAt)
        return reading
    }

    /// Finds the next point that has become stale by `now`, marks it and returns it; `nil` when there is none left.
    mutating func takeStale(at now: Instant) -> Int? {
        guard deadline <= now else { return nil }
        for index in points.indices where points[index].staleAt <= now {
            points[index].reading.quality = .stale
            points[index].staleAt = .never
            return index
        }
        deadline = .never
        for index in points.indices { deadline = min(deadline, points[index].staleAt) }
        return nil
    }

    private static func calibrated(_ reading: Reading, by offset: Int32) -> Int32 {
        reading.quality.isUsable ? Int32(clamping: Int64(reading.value) + Int64(offset)) : reading.value
    }

    private mutating func note(_ reading: Reading, of index: Int) {
        guard reading.quality == .good else {
            points[index].settled = 0
            return
        }
        let value = Int64(reading.value) << 8
        points[index].mean =
            points[index].settled == 0 ? value : points[index].mean + (value - points[index].mean) / 8
        points[index].settled = min(points[index].settled + 1, PointTable.settledAfter)
    }

    // MARK: Calibration

    func offset(of index: Int) -> Int32 { points[index].offset }

    /// What the sensor says of a point, smoothed and without calibration; `nil` until enough good readings came in a row.
    func settledValue(of index: Int) -> Int32? {
        guard points[index].settled == PointTable.settledAfter, points[index].reading.quality == .good else {
            return nil
        }
        return Int32(clamping: (points[index].mean + 128) >> 8)
    }

    /// Width of the range that the point's values may have.
    func span(of index: Int) -> Int64 {
        Int64(points[index].description.maximum) - Int64(points[index].description.minimum)
    }

    /// Sets what is added to a point's values; the last reading follows at once.
    mutating func setOffset(_ offset: Int32, of index: Int) {
        let change = Int64(offset) - Int64(points[index].offset)
        points[index].offset = offset
        guard points[index].reading.quality.isUsable else { return }
        points[index].reading.value = Int32(clamping: Int64(points[index].reading.value) + change)
    }

    /// A raw reading in a point's unit, with its range judged. A value that cannot be represented is out of range. One that was
    /// out of the sensor's range is scaled too, so that a detector can tell at which end.
    static func scaled(_ raw: Reading, by description: Description) -> Reading {
        guard raw.quality.isUsable || raw.quality == .outOfRange else { return raw }
        let wide =
            (Int64(raw.value) - Int64(description.zero)) * Int64(description.numerator)
            / Int64(description.denominator)
        let value = Int32(clamping: wide)
        let isInside = Int64(value) == wide && value >= description.minimum && value <= description.maximum
        return Reading(value: value, quality: isInside ? raw.quality : .outOfRange, at: raw.at)
    }
}

extension PointTable.Point: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: description, next: follow from the image.
        state.carry(&reading)
        state.carry(&staleAt)
        state.carry(&offset)
        state.carry(&mean)
        state.carry(&settled)
    }
}

extension PointTable: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: firstOfSensor: follows from the image.
        state.carry(&points)
        state.carry(&deadline)
    }
}
