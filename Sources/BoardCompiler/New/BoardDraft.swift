/// A board file while it grows: sections, and the pins that are still free.
struct BoardDraft {
    private let hardware: HardwareModel
    private var free: [HardwareModel.Pin] = []
    private(set) var freePins = 0
    private(set) var neededPins = 0
    /// In the order of the file.
    private var sections: [(key: String, entries: [String])] = []

    init(hardware: HardwareModel) {
        self.hardware = hardware
    }

    func text() -> String {
        sections.map { "\($0.key):\n\($0.entries.joined(separator: "\n"))\n" }.joined(separator: "\n")
    }

    private mutating func add(_ section: String, _ entry: String) {
        if let place = sections.firstIndex(where: { $0.key == section }) {
            sections[place].entries.append(entry)
        } else {
            sections.append((section, [entry]))
        }
    }

    // MARK: Pins

    /// Takes the pins that no wanted device needs and that nothing else uses; `devices` are those wanted.
    private mutating func openPins(without devices: [HardwareModel.Device]) {
        let taken = devices.flatMap(\.pins)
        let others = (hardware.buses + hardware.ports).flatMap(\.pins)
        free = hardware.pins.filter { !taken.contains($0.name) && ($0.note.isEmpty || others.contains($0.name)) }
        // Pins of devices that this board leaves out, and pins that need a setting, come last.
        let isEasy = { (pin: HardwareModel.Pin) in !others.contains(pin.name) && pin.setting.isEmpty }
        free = free.filter(isEasy) + free.filter { !isEasy($0) }
        freePins = free.count
    }

    /// The best free pin: for an output one that is pulled low at power-on, for an input one that is not.
    private mutating func take(forOutput isOutput: Bool) -> HardwareModel.Pin? {
        neededPins += 1
        let order: [HardwareModel.BootState] =
            isOutput ? [.low, .unknown, .floating, .high] : [.high, .floating, .unknown, .low]
        for state in order {
            if let place = free.firstIndex(where: { $0.boot == state }) { return free.remove(at: place) }
        }
        return nil
    }

    private func place(_ pin: HardwareModel.Pin?) -> String {
        guard let pin else { return "" }
        return pin.position.isEmpty ? pin.name : "\(pin.name)".padding(to: 24) + "# \(pin.position)"
    }

    private mutating func addInput(
        _ name: String, active: String, bias: String, debounce: String = "", _ meaning: String
    ) {
        let pin = take(forOutput: false)
        var entry = "  # \(meaning)\n  \(name):\n    pin: \(place(pin))\n    active: \(active)\n    bias: \(bias)"
        if !debounce.isEmpty { entry += "\n    debounce: \(debounce)" }
        add("inputs", entry)
    }

    private mutating func addOutput(_ name: String, _ levels: String = "", _ meaning: String) {
        let pin = take(forOutput: true)
        var entry = "  # \(meaning)\n  \(name):\n    pin: \(place(pin))"
        if let pin, pin.boot != .low {
            entry +=
                "\n    # Not pulled low at power-on: a resistor of 4.7 kΩ to ground holds the relay off until the start."
        }
        if !levels.isEmpty { entry += "\n\(levels)" }
        add("outputs", entry)
    }

    /// The first serial port of the hardware.
    private func serialPort() throws(NewBoard.Failure) -> HardwareModel.Device {
        guard let port = hardware.ports.first else { throw .deviceMissing("serial port") }
        return port
    }

    private mutating func addPort(_ name: String, _ device: HardwareModel.Device, baud: Int, rs485: Bool = false) {
        add("ports", "  \(name):\n    device: \(device.device)\n    baud: \(baud)" + (rs485 ? "\n    rs485: true" : ""))
    }

    // MARK: Purposes

    /// One door on an escape route, released by the fire panel.
    mutating func addEntrance(_ reader: NewBoard.Reader) throws(NewBoard.Failure) {
        let port: HardwareModel.Device? = reader == .wiegand ? nil : try serialPort()
        openPins(without: port.map { [$0] } ?? [])
        add("groups", "  - residents\n  - staff")
        addDoorLines("entrance", contactMeaning: "reed contact: open loop, open door")
        addFirePanel()
        switch reader {
        case .wiegand:
            for line in ["data0", "data1"] {
                addInput(
                    "reader_\(line)", active: "low", bias: "pull-up", debounce: "0 s",
                    "\(line == "data0" ? "D0" : "D1") of the reader through a level shifter: rests high, a pulse is low"
                )
            }
            add(
                "readers", "  entrance_reader:\n    protocol: wiegand\n    data0: reader_data0\n    data1: reader_data1"
            )
            add("readers", "    formats: [h10301]\n    door: entrance")
        case .serialTag:
            if let port { addPort("reader_port", port, baud: 9_600) }
            add("readers", "  entrance_reader:\n    protocol: serial-tag\n    port: reader_port\n    door: entrance")
        case .pn532:
            if let port { addPort("reader_port", port, baud: 115_200) }
            add("readers", "  entrance_reader:\n    protocol: pn532\n    port: reader_port\n    door: entrance")
            add("readers", "    # Identifiers can be copied; `file:` reads a protected file of a DESFire card instead.")
        case .osdp:
            if let port { addPort("reader_bus", port, baud: 9_600, rs485: true) }
            addBusReader("entrance", 0)
        }
        addDoor("entrance", isInZone: false)
        addFireEffect("    actions: [{release: entrance}]")
        addResident(
            reader == .wiegand || reader == .osdp ? "number: {facility: 12, card: 4711}" : "tag: \"0500207B32\"")
    }

    /// Doors on one bus, all of one fire zone.
    mutating func addDoors(_ count: Int) throws(NewBoard.Failure) {
        let port = try serialPort()
        openPins(without: [port])
        add("groups", "  - residents\n  - staff")
        add("fire_zones", "  - house")
        addPort("reader_bus", port, baud: 38_400, rs485: true)
        for number in 1...max(1, count) {
            addDoorLines("door_\(number)", contactMeaning: "reed contact of door \(number): open loop, open door")
            addDoor("door_\(number)", isInZone: true)
            addBusReader("door_\(number)", number - 1)
        }
        addFirePanel()
        addFireEffect("    actions: [{release_zone: house}]")
        addResident("number: {facility: 12, card: 4711}")
    }

    /// Fall, call cord and silence of somebody who lives alone.
    mutating func addFlat() throws(NewBoard.Failure) {
        guard let bus = hardware.buses.first else { throw .deviceMissing("I2C bus") }
        openPins(without: [bus])
        add("buses", "  sensors:\n    device: \(bus.device)")
        add(
            "sensors",
            "  # Worn at the waist.\n  wearer:\n    chip: adxl345\n    bus: sensors\n    address: 0x53\n    rate: 200 Hz"
        )
        addInput("flat_door", active: "high", bias: "pull-up", debounce: "20 ms", "reed contact: open loop, open door")
        addInput("motion", active: "low", bias: "pull-up", "relay of an infrared sensor")
        addInput("call_cord", active: "low", bias: "pull-up", debounce: "20 ms", "pull cord beside the bed")
        addOutput("sounder", "", "sounder in the flat")
        addOutput("call_relay", "", "to whoever answers, day and night")
        add(
            "detectors",
            "  resident_fall:\n    kind: fall\n    sensor: wearer\n    cancel_window: 20 s\n    long_lie: 2 min")
        add("detectors", "  resident_down:\n    kind: long-lie\n    fall: resident_fall")
        add("detectors", "  sos:\n    kind: call-point\n    input: call_cord")
        add(
            "detectors",
            "  # Learns the usual course of the day by itself.\n  silence:\n    kind: inactivity\n"
                + "    signs: [{input: motion}]\n    exit_door: flat_door")
        add(
            "effects",
            """
              help:
                causes:
                  - detector: resident_fall
                  - detector: resident_down
                  - detector: sos
                  - detector: silence
                actions:
                  - drive: call_relay
                  - drive: sounder
                    pattern: pulsed
                priority: 150
            """)
    }

    // MARK: Parts

    private mutating func addDoorLines(_ door: String, contactMeaning: String) {
        addInput("\(door)_contact", active: "high", bias: "pull-up", debounce: "20 ms", contactMeaning)
        addInput(
            "\(door)_exit", active: "low", bias: "pull-up", debounce: "30 ms",
            "request-to-exit button, closes to ground")
        addOutput(
            "\(door)_lock",
            "    start: active             # locked from the first moment\n    exit: inactive            # released when the program ends",
            "relay of the maglock, through its normally open contact")
    }

    private mutating func addDoor(_ name: String, isInZone: Bool) {
        let groups = isInZone ? "\n    fire_zones: [house]" : ""
        add(
            "doors",
            """
              \(name):
                lock_kind: maglock
                lock: \(name)_lock
                contact: \(name)_contact
                exit_button: \(name)_exit
                unlock: 5 s
                extended_unlock: 15 s
                relock: on-close
                held_open_warning: 20 s
                held_open_alarm: 40 s
                groups: [residents, staff]
                egress: true\(groups)
            """)
    }

    private mutating func addBusReader(_ door: String, _ address: Int) {
        add(
            "readers",
            """
              \(door)_reader:
                protocol: osdp
                port: reader_bus
                address: \(address)
                security: install         # write `key` once the reader has taken its key
                key: site                 # its line in site.readerkeys: `site: 32 hexadecimal digits`
                formats: [h10301]
                door: \(door)
            """)
    }

    private mutating func addFirePanel() {
        addInput(
            "fire_panel", active: "high", bias: "pull-up",
            "loop through the fire panel's relay: a cut wire is a fire too")
    }

    private mutating func addFireEffect(_ actions: String) {
        add(
            "effects",
            "  fire:\n    causes: [{input: fire_panel}]\n\(actions)\n    priority: 200\n    latching: false")
    }

    /// One credential, so that the file shows what they look like.
    private mutating func addResident(_ identity: String) {
        add(
            "credentials",
            "  # An example; replace it. Only keyed hashes of identifiers reach the board.\n"
                + "  - \(identity)\n    note: Flat 1\n    groups: [residents]")
    }
}

extension String {
    /// With blanks to so many characters.
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
