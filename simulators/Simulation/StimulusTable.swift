import DeviceModels
import FixedMemory
import HardwareInterface
import VirtualBoard

/// Quantities that are moving by themselves: ramps, and recordings that play.
struct StimulusTable: ~Copyable {
    /// How often a ramp takes a step: finer than any sensor of a board samples.
    static var rampInterval: Interval { .milliseconds(100) }

    enum Course: BitwiseCopyable {
        case ramp(from: Int32, to: Int32, duration: Interval)
        case recording(track: Int, repeats: Bool)
    }

    struct Moving: BitwiseCopyable {
        var device: Int
        var quantity: Quantity
        var course: Course
        var start: Instant
        var nextAt: Instant
    }

    /// The last value that each quantity of each device was set to: where a ramp begins.
    private var lastValues: FixedArray<Int32>
    private var moving: FixedArray<Moving>
    private(set) var deadline: Instant = .never

    init(devices: Int, capacity: Int) {
        lastValues = FixedArray(repeating: 0, count: devices * Quantity.allCases.count)
        moving = FixedArray(capacity: capacity)
    }

    /// Sets a quantity at once; what it was doing ends.
    mutating func set(_ device: Int, _ quantity: Quantity, _ value: Int32, on board: inout VirtualBoard) {
        stop(device, quantity)
        apply(device, quantity, value, on: &board)
    }

    /// Moves a quantity in a straight line from where it is.
    mutating func ramp(_ device: Int, _ quantity: Quantity, to value: Int32, over duration: Interval, at now: Instant) {
        stop(device, quantity)
        add(
            Moving(
                device: device, quantity: quantity,
                course: .ramp(from: lastValues[slot(device, quantity)], to: value, duration: duration), start: now,
                nextAt: now))
    }

    /// Plays a recording of values into a quantity.
    mutating func play(_ track: Int, _ device: Int, _ quantity: Quantity, repeats: Bool, at now: Instant) {
        stop(device, quantity)
        add(
            Moving(
                device: device, quantity: quantity, course: .recording(track: track, repeats: repeats), start: now,
                nextAt: now))
    }

    /// Takes every step that is due.
    mutating func advance(to now: Instant, tracks: borrowing FixedArray<ValueTrack>, on board: inout VirtualBoard) {
        guard deadline <= now else { return }
        var index = 0
        while index < moving.count {
            guard moving[index].nextAt <= now else {
                index += 1
                continue
            }
            let entry = moving[index]
            let isOver: Bool
            switch entry.course {
            case .ramp(let from, let to, let duration):
                let elapsed = min((now - entry.start).nanoseconds, duration.nanoseconds)
                let change = (Int64(to) - Int64(from)) * (elapsed / 1_000) / max(1, duration.nanoseconds / 1_000)
                apply(entry.device, entry.quantity, Int32(Int64(from) + change), on: &board)
                isOver = elapsed == duration.nanoseconds
                moving[index].nextAt = min(now + StimulusTable.rampInterval, entry.start + duration)
            case .recording(let track, let repeats):
                let count = tracks[track].values.count
                let interval = tracks[track].interval
                var position = Int((now - entry.start).nanoseconds / interval.nanoseconds)
                if repeats && count > 0 { position %= count }
                isOver = position >= count
                if !isOver { apply(entry.device, entry.quantity, tracks[track].values[position], on: &board) }
                moving[index].nextAt = entry.nextAt + interval
            }
            if isOver { moving.swapRemove(at: index) } else { index += 1 }
        }
        refreshDeadline()
    }

    private func slot(_ device: Int, _ quantity: Quantity) -> Int {
        device * Quantity.allCases.count + Int(quantity.rawValue)
    }

    private mutating func apply(_ device: Int, _ quantity: Quantity, _ value: Int32, on board: inout VirtualBoard) {
        lastValues[slot(device, quantity)] = value
        board.withDevice(device) { $0.set(quantity, to: value) }
    }

    private mutating func add(_ entry: Moving) {
        let added = moving.append(entry)
        precondition(added, "the table has room for every quantity of every device")
        deadline = min(deadline, entry.nextAt)
    }

    private mutating func stop(_ device: Int, _ quantity: Quantity) {
        var index = 0
        while index < moving.count {
            if moving[index].device == device && moving[index].quantity == quantity {
                moving.swapRemove(at: index)
            } else {
                index += 1
            }
        }
        refreshDeadline()
    }

    private mutating func refreshDeadline() {
        deadline = .never
        for index in moving.indices { deadline = min(deadline, moving[index].nextAt) }
    }
}
