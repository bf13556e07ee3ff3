import Drivers
import FixedMemory
import HardwareInterface

/// Points from which a sensor is told what others measure around it; −1 where it is not told.
struct AmbientPoints: BitwiseCopyable {
    var temperature = -1
    var humidity = -1
    var pressure = -1

    var isNone: Bool { temperature < 0 && humidity < 0 && pressure < 0 }
    func contains(_ point: Int) -> Bool { temperature == point || humidity == point || pressure == point }
}

/// The board's sensors with their places on the buses.
///
/// A sensor's place travels in the high byte of each request's tag, so that a completion finds its way back.
struct SensorBank: ~Copyable {
    /// Sensors of one board; a tag has one byte for the place.
    static var limit: Int { 256 }

    struct Entry: ~Copyable {
        var sensor: Sensor
        let bus: BusIndex
        let ambient: AmbientPoints
        /// A request that the bus had no room for; it is handed over before the driver is asked again.
        var refused: BusRequest?
        /// When the refused request is tried again.
        var retryAt: Instant = .never

        init(sensor: consuming Sensor, bus: BusIndex, ambient: AmbientPoints) {
            self.sensor = sensor
            self.bus = bus
            self.ambient = ambient
            refused = nil
        }

        var deadline: Instant { refused == nil ? sensor.deadline : retryAt }
    }

    /// How long a request waits when its bus has no room.
    static var retryInterval: Interval { .milliseconds(5) }

    private var entries: FixedArray<Entry>
    /// Whether any sensor is told what others measure.
    private var tellsAmbient = false
    /// The earliest deadline of all.
    private(set) var deadline: Instant = .never
    var output = SensorOutput()

    init(capacity: Int) {
        precondition(capacity <= SensorBank.limit, "a tag names 256 sensors")
        entries = FixedArray(capacity: capacity)
    }

    var count: Int { entries.count }

    mutating func add(_ sensor: consuming Sensor, on bus: BusIndex, ambient: AmbientPoints) {
        let added = entries.append(Entry(sensor: sensor, bus: bus, ambient: ambient))
        precondition(added, "the bank is sized for every sensor of the image")
        if !ambient.isNone { tellsAmbient = true }
        deadline = min(deadline, entries[entries.count - 1].deadline)
    }

    /// Whether the request of a sensor found no room just now.
    func wasRefused(_ index: Int) -> Bool { entries[index].refused != nil }

    func health(of index: Int) -> SensorHealth { entries[index].sensor.health }
    func bus(of index: Int) -> BusIndex { entries[index].bus }

    /// Has a sensor identified and configured afresh, as after power-on.
    mutating func restart(_ index: Int, at now: Instant) {
        entries[index].sensor.restart()
        deadline = min(deadline, now)
    }

    // MARK: Calibration in the chip

    /// Whether a sensor holds the calibration of a channel itself.
    func calibratesItself(_ index: Int, channel: UInt8) -> Bool {
        index < entries.count && entries[index].sensor.calibratesItself(channel)
    }

    /// Has a chip calibrate a channel to a value; `takeCalibration` says how it ended.
    mutating func calibrate(_ index: Int, channel: UInt8, to value: Int32, at now: Instant) -> CalibrationStart {
        let start = entries[index].sensor.calibrate(channel, to: value, at: now)
        deadline = min(deadline, entries[index].deadline)
        return start
    }

    /// How a calibration ended, once; `nil` while none has.
    mutating func takeCalibration(_ index: Int) -> Bool? { entries[index].sensor.takeCalibration() }

    /// Lets the next sensor that is due act; what it found out is in `output`.
    ///
    /// - Returns: its place; `nil` if none is due.
    mutating func runNextDue<Board: Hardware & ~Copyable>(at now: Instant, on hardware: inout Board) -> Int? {
        guard deadline <= now else { return nil }
        for index in entries.indices where entries[index].deadline <= now {
            output.removeAll()
            var request = entries[index].refused
            entries[index].refused = nil
            if request == nil {
                request = entries[index].sensor.poll(at: now, into: &output)
                request?.tag |= UInt16(index) << 8
            }
            if let request, !hardware.submit(request, to: entries[index].bus) {
                entries[index].refused = request
                entries[index].retryAt = now + SensorBank.retryInterval
            }
            return index
        }
        refreshDeadline()
        return nil
    }

    /// Hands a completion to the sensor that asked; what it found out is in `output`.
    ///
    /// - Returns: the sensor's place; `nil` if the tag names none.
    mutating func complete(_ outcome: BusOutcome, tag: UInt16, bytes: Span<UInt8>, at now: Instant) -> Int? {
        let index = Int(tag >> 8)
        guard index < entries.count else { return nil }
        output.removeAll()
        entries[index].sensor.complete(outcome, tag: tag & 0xFF, bytes: bytes, at: now, into: &output)
        deadline = min(deadline, entries[index].deadline)
        return index
    }

    /// Tells the sensors that listen to this point what is measured around them. What is not known now is not told: the
    /// last known values hold.
    mutating func settleAmbient(of point: Int, _ points: borrowing PointTable, at now: Instant) {
        guard tellsAmbient else { return }
        for index in entries.indices where entries[index].ambient.contains(point) {
            let ambient = entries[index].ambient
            entries[index].sensor.setAmbient(
                millidegrees: points.usableValue(of: ambient.temperature),
                millipercent: points.usableValue(of: ambient.humidity),
                pascals: points.usableValue(of: ambient.pressure), at: now)
            deadline = min(deadline, entries[index].deadline)
        }
    }

    private mutating func refreshDeadline() {
        deadline = .never
        for index in entries.indices { deadline = min(deadline, entries[index].deadline) }
    }
}

extension SensorBank: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: tellsAmbient: follows from the image.
        // Left out: output: what one call found, emptied by the next.
        state.carry(&entries)
        state.carry(&deadline)
    }
}

extension SensorBank.Entry: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&sensor)
        state.carry(&refused, blank: BusRequest(address: 0))
        state.carry(&retryAt)
    }
}
