import BoardImage
import Drivers
import FixedMemory
import HardwareInterface
import WardenMessages

/// Outputs that feed sensors. A chip that holds the bus, or has hung itself up, comes to its senses without supply: where
/// nothing that an output feeds answers any more, it is switched off and on, less and less often.
struct SupplyTable: ~Copyable {
    /// What becomes of an output.
    struct Action: BitwiseCopyable {
        var line: Int
        /// The supply comes back; what it feeds is to be brought up again.
        var isOn: Bool
    }

    enum Phase: UInt8, BitwiseCopyable {
        case feeding
        /// Nothing answers; the supply goes off at `due`.
        case failing
        /// Off until `due`.
        case off
    }

    struct Entry: BitwiseCopyable {
        let line: Int
        /// The bus whose sensors it feeds; −1 where it feeds one sensor alone.
        let bus: Int
        let sensor: Int
        var phase = Phase.feeding
        var due = Instant.never
        var patience = SupplyTable.shortestPatience

        func feeds(_ sensor: Int, on bus: Int) -> Bool { self.sensor == sensor || self.bus == bus }
    }

    /// How long nothing answers before the supply goes off for the first time: longer than the drivers' own attempts take,
    /// which every ten seconds look for a sensor that is gone.
    static var shortestPatience: Interval { .seconds(30) }
    /// Doubled each time that it was of no use, up to this.
    static var longestPatience: Interval { .hours(1) }
    /// Off for so long: what a regulator's capacitors keep is gone by then.
    static var offTime: Interval { .seconds(3) }

    private var entries: FixedArray<Entry>
    private(set) var deadline = Instant.never

    init(_ image: borrowing BoardImage) {
        entries = FixedArray(capacity: image.buses.count + image.sensors.count)
        for index in image.buses.indices {
            guard let line = image.buses[index].supplyLine else { continue }
            entries.append(Entry(line: Int(line), bus: index, sensor: -1))
        }
        for index in image.sensors.indices {
            guard let line = image.sensors[index].supplyLine else { continue }
            entries.append(Entry(line: Int(line), bus: -1, sensor: index))
        }
    }

    /// The line of the supply at a place; `nil` after the last.
    func line(at place: Int) -> Int? { place < entries.count ? entries[place].line : nil }

    /// A sensor's health changed.
    mutating func settle(_ sensor: Int, _ sensors: borrowing SensorBank, at now: Instant) {
        let bus = Int(sensors.bus(of: sensor).value)
        for place in entries.indices where entries[place].feeds(sensor, on: bus) {
            let state = SupplyTable.state(of: entries[place], sensors)
            if state.answers { entries[place].patience = SupplyTable.shortestPatience }
            switch entries[place].phase {
            case .feeding where state.isDead:
                entries[place].phase = .failing
                entries[place].due = now + entries[place].patience
            case .failing where state.answers:
                entries[place].phase = .feeding
                entries[place].due = .never
            case .feeding, .failing, .off: continue
            }
        }
        refreshDeadline()
    }

    /// Whether something that a supply feeds works, or all of it is gone. While a sensor is being brought up it is neither.
    private static func state(
        of entry: Entry, _ sensors: borrowing SensorBank
    ) -> (answers: Bool, isDead: Bool) {
        var answers = false
        var isDead = true
        for index in 0..<sensors.count where entry.feeds(index, on: Int(sensors.bus(of: index).value)) {
            switch sensors.health(of: index) {
            case .working, .faulty:
                answers = true
                isDead = false
            case .starting: isDead = false
            case .missing: break
            }
        }
        return (answers, isDead)
    }

    /// The next supply that is due to go off or come back; `nil` if none is.
    mutating func next(at now: Instant) -> Action? {
        guard deadline <= now else { return nil }
        for place in entries.indices where entries[place].due <= now {
            let isOn = entries[place].phase == .off
            if isOn {
                entries[place].phase = .feeding
                entries[place].due = .never
            } else {
                entries[place].phase = .off
                entries[place].due = now + SupplyTable.offTime
                entries[place].patience = min(
                    Interval(nanoseconds: entries[place].patience.nanoseconds * 2), SupplyTable.longestPatience)
            }
            refreshDeadline()
            return Action(line: entries[place].line, isOn: isOn)
        }
        return nil
    }

    /// Whether the supply on this line feeds a sensor.
    func feeds(_ sensor: Int, on bus: BusIndex, from line: Int) -> Bool {
        for place in entries.indices where entries[place].line == line {
            return entries[place].feeds(sensor, on: Int(bus.value))
        }
        return false
    }

    private mutating func refreshDeadline() {
        deadline = .never
        for place in entries.indices { deadline = min(deadline, entries[place].due) }
    }
}

extension SupplyTable.Phase: Carried {}

extension SupplyTable.Entry: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&phase)
        state.carry(&due)
        state.carry(&patience)
    }
}

extension SupplyTable: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&entries)
        state.carry(&deadline)
    }
}
