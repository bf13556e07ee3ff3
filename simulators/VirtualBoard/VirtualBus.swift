import DeviceModels
import FixedMemory
import HardwareInterface

/// An I2C bus in memory: requests are carried out one after the other and take the time that a real bus would need.
struct VirtualBus: ~Copyable {
    /// What is wrong with the bus as a whole.
    enum Condition: Equatable, BitwiseCopyable {
        case sound
        /// A line is held: each request ends as timed out.
        case held
        /// The adapter is gone.
        case absent
    }

    /// One bit at 400 kHz, fast mode (UM10204, table 10).
    static var bitTime: Interval { Interval(nanoseconds: 2_500) }

    let timeout: Interval
    var condition: Condition = .sound
    /// Added to every request, for a device that stretches the clock or a loaded adapter.
    var delay: Interval = .zero
    /// When the last accepted request will have ended.
    var busyUntil: Instant = .start
    /// Requests accepted and not yet delivered as completions.
    var waiting = 0

    init(timeout: Interval) { self.timeout = timeout }

    /// Address, data and acknowledge bits of a request, with start and stop.
    static func duration(of request: BusRequest) -> Interval {
        let bytesWritten = 1 + request.write.count
        let bytesRead = request.readCount > 0 ? 1 + Int(request.readCount) : 0
        let bits = (bytesWritten + bytesRead) * 9 + 3
        return bitTime * Int64(bits * Int(request.repetitions))
    }
}

/// A device of the virtual board: a model at an address of a bus.
struct VirtualDevice: ~Copyable {
    let bus: BusIndex
    let address: UInt8
    /// The output that feeds it.
    let supply: LineIndex?
    var model: DeviceModel
}
