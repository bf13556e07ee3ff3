import Drivers
import FixedMemory
import HardwareInterface

/// The board's sensors with their places on the buses.
///
/// A sensor's place travels in the high byte of each request's tag, so that a completion finds its way back.
struct SensorBank: ~Copyable {
    /// Sensors of one board; a tag has one byte for the place.
    static var limit: Int { 256 }

    struct Entry: ~Copyable {
        var sensor: Sensor
        let bus: BusIndex
        /// A request that the bus had no room for; it is handed over before the driver is asked again.
        var refused: BusRequest?
        /// When the refused request is tried again.
        var retryAt: Instant = .never

        init(sensor: consuming Sensor, bus: BusIndex) {
            self.sensor = sensor
            self.bus = bus
            refused = nil
        }

        var deadline: Instant { refused == nil ? sensor.deadline : retryAt }
    }

    /// How long a request waits when its bus has no room.
    static var retryInterval: Interval { .milliseconds(5) }

    private var entries: FixedArray<Entry>
    /// The earliest deadline of all.
    private(set) var deadline: Instant = .never
    var output = SensorOutput()

    init(capacity: Int) {
        precondition(capacity <= SensorBank.limit, "a tag names 256 sensors")
        entries = FixedArray(capacity: capacity)
    }

    var count: Int { entries.count }

    mutating func add(_ sensor: consuming Sensor, on bus: BusIndex) {
        let added = entries.append(Entry(sensor: sensor, bus: bus))
        precondition(added, "the bank is sized for every sensor of the image")
        deadline = min(deadline, entries[entries.count - 1].deadline)
    }

    /// Whether the request of a sensor found no room just now.
    func wasRefused(_ index: Int) -> Bool { entries[index].refused != nil }

    func health(of index: Int) -> SensorHealth { entries[index].sensor.health }

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

    private mutating func refreshDeadline() {
        deadline = .never
        for index in entries.indices { deadline = min(deadline, entries[index].deadline) }
    }
}
