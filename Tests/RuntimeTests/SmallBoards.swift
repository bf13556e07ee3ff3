/// Boards of a few lines each, so that a test shows all of what it rests on.
enum SmallBoards {
    /// One door with everything that a door can have, a smoke chamber, a leak rope, a siren, a strobe and a water valve.
    static let stairwell = """
        board: stairwell
        description: One door, smoke, leak
        hardware: raspberry-pi-4
        console_role: technician
        groups: [residents, staff]
        capacities: {events: 512, credentials: 16, links: 2, consoles: 1}
        inputs:
          contact: {pin: GPIO22, active: high, bias: pull-up}
          exit: {pin: GPIO23, active: low, bias: pull-up}
        outputs:
          lock: {pin: GPIO17, active: high, start: active, exit: inactive}
          siren: {pin: GPIO27, active: high}
          valve: {pin: GPIO25, active: high, exit: keep}
        buses:
          sensors: {device: /dev/i2c-1, timeout: 100 ms}
        ports:
          reader_port: {device: /dev/ttyAMA0, baud: 9600}
        sensors:
          probes: {chip: ads1115, bus: sensors, address: 0x48, interval: 500 ms, full_scale: 4.096 V}
          climate: {chip: bme280, bus: sensors, address: 0x76, interval: 2 s}
        points:
          smoke_level:
            measures: probes.input0
            unit: dB/m
            scale: {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}
            range: -0.05 dB/m to 0.6 dB/m
            stale_after: 3 s
          leak_level: {measures: probes.input1, range: -0.1 V to 3.6 V, stale_after: 3 s}
          temperature: {measures: climate.temperature, range: -20 °C to 60 °C}
        doors:
          street:
            lock_kind: maglock
            lock: lock
            contact: contact
            exit_button: exit
            unlock: 5 s
            extended_unlock: 15 s
            held_open_warning: 20 s
            held_open_alarm: 40 s
            groups: [residents]
            egress: true
            relock: on-close
        readers:
          street_reader: {protocol: serial-tag, port: reader_port, door: street, hold_off: 2 s}
        detectors:
          smoke: {kind: smoke, point: smoke_level, pre_alarm: 0.08 dB/m, alarm: 0.15 dB/m, verification: 5 s}
          leak: {kind: leak, point: leak_level, wet_below: 1.5 V, open_above: 3.1 V, delay: 3 s}
        effects:
          fire:
            causes: [{detector: smoke}]
            actions: [{release: street}, {drive: siren, pattern: temporal-three}]
            priority: 200
          flood:
            causes: [{detector: leak}]
            actions: [{drive: valve}]
            priority: 100
          door_alarm:
            causes: [{door: street, state: forced}, {door: street, state: held-open}]
            actions: [{drive: siren, pattern: pulsed}]
            priority: 50
            latching: false
        credentials:
          - {tag: "0500207B32", groups: [residents]}
          - {tag: "01023C4D5E", groups: [residents], traits: [extended-time]}
          - {tag: "0110A2B3C4", groups: [staff]}
          - {tag: "0177889900", groups: [residents], valid_until: 2026-06-30}
          - {tag: "01778899AA", groups: [residents], status: lost}
        """
}
