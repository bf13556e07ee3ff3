import BoardCompiler
import Cryptography

/// The board that is soaked: everything that a stairwell has, once or twice, with slow sensors so that years pass fast.
enum SoakBoard {
    static let key = HashKey([UInt8](0..<32).span)!

    /// - Parameter interval: seconds from one look of the smoke and leak probes to the next.
    static func image(interval: Int) -> [UInt8] {
        let result = BoardCompiler().check(yaml(interval: interval))
        guard let board = result.board, let image = try? board.image(key: key, generation: 1) else {
            preconditionFailure("the soak board does not compile: \(result.problems.map(\.message))")
        }
        return image
    }

    /// Cards that open the street door; those after `residents` do not.
    static let cards = ["0500207B32", "01023C4D5E", "0110A2B3C4", "01778899AA", "0142424242"]
    static let residents = 2

    /// After how many seconds a reading of such a probe counts no more.
    static func staleAfter(interval: Int) -> Int { max(10, 3 * interval) }

    private static func yaml(interval: Int) -> String {
        """
        board: soak
        hardware: raspberry-pi-4
        console_role: technician
        groups: [residents, staff]
        capacities: {events: 4096, credentials: 16, links: 2, consoles: 1}
        inputs:
          street_contact: {pin: GPIO22, active: high, bias: pull-up}
          street_exit: {pin: GPIO23, active: low, bias: pull-up}
          store_contact: {pin: GPIO5, active: high, bias: pull-up}
        outputs:
          street_lock: {pin: GPIO17, active: high, start: active, exit: inactive}
          store_lock: {pin: GPIO6, active: high, start: active, exit: inactive}
          siren: {pin: GPIO27, active: high}
          valve: {pin: GPIO25, active: high, exit: keep}
          call: {pin: GPIO16, active: high}
        buses:
          sensors: {device: /dev/i2c-1, timeout: 100 ms}
        ports:
          street_port: {device: /dev/ttyAMA0, baud: 9600}
          store_port: {device: /dev/ttyAMA1, baud: 9600}
          radar_port: {device: /dev/ttyAMA2, baud: 115200}
        sensors:
          probes: {chip: ads1115, bus: sensors, address: 0x48, interval: \(interval) s, full_scale: 4.096 V}
          climate: {chip: bme280, bus: sensors, address: 0x76, interval: 60 s}
        points:
          smoke_level:
            measures: probes.input0
            unit: dB/m
            scale: {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}
            range: -0.05 dB/m to 0.6 dB/m
            stale_after: \(staleAfter(interval: interval)) s
          leak_level: {measures: probes.input1, range: -0.1 V to 3.6 V, stale_after: \(staleAfter(interval: interval)) s}
          temperature: {measures: climate.temperature, range: -20 °C to 60 °C, stale_after: 5 min}
        doors:
          street:
            lock_kind: maglock
            lock: street_lock
            contact: street_contact
            exit_button: street_exit
            unlock: 5 s
            held_open_warning: 20 s
            held_open_alarm: 40 s
            groups: [residents]
            egress: true
            relock: on-close
          store:
            lock_kind: maglock
            lock: store_lock
            contact: store_contact
            unlock: 5 s
            held_open_warning: 60 s
            held_open_alarm: 120 s
            groups: [staff]
            egress: false
            relock: on-close
        readers:
          street_reader: {protocol: serial-tag, port: street_port, door: street, hold_off: 2 s}
          store_reader: {protocol: serial-tag, port: store_port, door: store, hold_off: 2 s}
        detectors:
          smoke: {kind: smoke, point: smoke_level, pre_alarm: 0.08 dB/m, alarm: 0.15 dB/m, verification: 5 s}
          leak: {kind: leak, point: leak_level, wet_below: 1.5 V, open_above: 3.1 V, delay: 3 s}
          fall: {kind: radar-fall, port: radar_port}
        effects:
          fire:
            causes: [{detector: smoke}]
            actions: [{release: street}, {drive: siren, pattern: temporal-three}]
            priority: 200
          flood:
            causes: [{detector: leak}]
            actions: [{drive: valve}]
            priority: 100
          help:
            causes: [{detector: fall}]
            actions: [{drive: call}]
            priority: 150
          door_alarm:
            causes: [{door: street, state: forced}, {door: street, state: held-open}, {door: store, state: forced}]
            actions: [{drive: siren, pattern: pulsed}]
            priority: 50
            latching: false
        credentials:
          - {tag: "0500207B32", groups: [residents]}
          - {tag: "01023C4D5E", groups: [residents, staff]}
          - {tag: "0110A2B3C4", groups: [staff]}
          - {tag: "01778899AA", groups: [residents], status: lost}
        """
    }
}
