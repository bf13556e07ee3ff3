import WardenMessages

/// What is allowed but probably not meant. Never stops a build.
struct BoardDoubts {
    let context: ReadingContext

    func look(_ board: BoardDescription) {
        lookAtLines(board)
        lookAtSensors(board)
        lookAtDoors(board)
        lookAtCredentials(board)
        lookAtEffects(board)
    }

    private func doubt(at range: SourceRange, _ message: String, remedy: String) {
        context.report(.warning, at: range, message, remedy: remedy)
    }

    private func lookAtLines(_ board: BoardDescription) {
        var used = Set(AccessChecks.users(of: board).map(\.line))
        for detector in board.detectors {
            if let line = detector.value.message.line { used.insert(line) }
            switch detector.value.message.kind {
            case .fall(let options): if let line = options.cancelLine { used.insert(line) }
            case .valve(let options): used.insert(options.driveLine)
            case .inactivity(let options):
                if let line = options.exitLine { used.insert(line) }
                for index in options.signs.indices {
                    if case .line(let line) = options.signs[index].source { used.insert(line) }
                }
            default: break
            }
        }
        for effect in board.effects {
            let message = effect.value.message
            for index in message.actions.indices {
                if case .output(let action) = message.actions[index].action { used.insert(action.line) }
            }
            for index in message.causes.indices {
                if case .line(let line) = message.causes[index].source { used.insert(line) }
            }
        }
        used.formUnion(board.buses.compactMap(\.value.supplyLine))
        used.formUnion(board.sensors.compactMap(\.value.supplyLine))
        for (index, line) in board.lines.enumerated() where !used.contains(UInt32(index)) {
            let isOutput = line.value.message.direction == .output
            doubt(
                at: line.places.whole,
                isOutput ? "nothing ever drives output '\(line.name)'" : "nothing looks at input '\(line.name)'",
                remedy: isOutput
                    ? "name it in a door or an effect, or remove it" : "name it in a door or a cause, or remove it")
        }
        for line in board.lines where line.value.message.direction == .output {
            guard let pin = line.value.pin, let hardware = board.hardware,
                let known = hardware.pins.first(where: { $0.name == pin.name })
            else { continue }
            // Between power-on and the start of the runtime, the board's own pull decides.
            let pulledActive =
                known.boot == .high && !line.value.message.activeLow
                || known.boot == .low && line.value.message.activeLow
            if pulledActive {
                doubt(
                    at: line.places["pin"],
                    "\(pin.name) is \(known.boot.rawValue) at power-on, so output '\(line.name)' is active until the runtime starts",
                    remedy: "use a pin pulled the other way, or put a resistor of 10 kΩ against it")
            }
        }
    }

    private func lookAtSensors(_ board: BoardDescription) {
        for (index, sensor) in board.sensors.enumerated() {
            let isRead =
                board.points.contains { $0.value.message.sensor == UInt32(index) }
                || board.detectors.contains { $0.value.message.sensor == UInt32(index) }
            if !isRead {
                doubt(
                    at: sensor.places.whole, "no point and no detector uses sensor '\(sensor.name)'",
                    remedy: "add a point that measures one of its channels, or remove it")
            }
        }
        for port in board.ports.indices {
            let radar = board.detectors.first {
                if case .radarFall(let options) = $0.value.message.kind { options.port == UInt32(port) } else { false }
            }
            if radar != nil { continue }
            if board.ports[port].value.use != .devices {
                lookAtLink(board.ports[port], board)
                continue
            }
            guard let reader = board.readers.first(where: { $0.value.port == UInt32(port) }) else {
                doubt(
                    at: board.ports[port].places.whole, "no reader is wired to port '\(board.ports[port].name)'",
                    remedy: "name it in a reader, or remove it")
                continue
            }
            let baud = board.ports[port].value.baud
            switch reader.value.message.interface {
            case .serialTag where baud != 9_600:
                doubt(
                    at: board.ports[port].places["baud"], "125 kHz readers send at 9600 bits a second",
                    remedy: "write 'baud: 9600' unless the reader's own sheet says otherwise")
            case .pn532 where baud != 115_200:
                doubt(
                    at: board.ports[port].places["baud"], "a PN532 starts at 115200 bits a second",
                    remedy: "write 'baud: 115200'")
            case .osdp where baud < 9_600 || baud > 230_400:
                doubt(
                    at: board.ports[port].places["baud"], "OSDP readers speak at 9600 to 230400 bits a second",
                    remedy: "write the speed that is set at the readers")
            case .osdp where !board.ports[port].value.rs485:
                doubt(
                    at: board.ports[port].places.whole,
                    "port '\(board.ports[port].name)' carries OSDP but does not say 'rs485'",
                    remedy: "write 'rs485: true' unless the adapter switches its transmitter by itself")
            default: break
            }
        }
    }

    private func lookAtLink(_ port: Described<Port>, _ board: BoardDescription) {
        if port.value.rs485, port.value.use != .linkInTurns {
            doubt(
                at: port.places["use"], "port '\(port.name)' is RS-485, where only one side speaks at a time",
                remedy: "write 'use: link-in-turns', unless it has two pairs of wires")
        }
        if board.clients.isEmpty {
            doubt(
                at: port.places["use"], "nobody is let in on port '\(port.name)': no client is listed",
                remedy: "enter one with 'wardenctl keys authorise'")
        }
    }

    private func lookAtDoors(_ board: BoardDescription) {
        for (index, door) in board.doors.enumerated() where door.value.egress {
            let hasExitReader = board.readers.contains {
                $0.value.message.door == UInt32(index) && $0.value.message.side == .exit
            }
            if door.value.exitLine == nil, !door.value.handle, !hasExitReader {
                doubt(
                    at: door.places.whole, "door '\(door.name)' is on an escape route and has no exit button",
                    remedy: "add 'exit_button:', or make sure that people inside can open it by other means")
            }
            let isAtReader =
                door.value.exitLine.map {
                    Int($0) < board.lines.count && board.lines[Int($0)].value.message.readerInput != nil
                } ?? false
            if isAtReader, !door.value.handle, door.value.emergencyExitLine == nil {
                doubt(
                    at: door.places["exit_button"],
                    "door '\(door.name)' is on an escape route, and nobody gets out of it while its reader does not answer",
                    remedy: "add 'emergency_exit:' with a call point at the board, or wire the button to the board")
            }
        }
    }

    private func lookAtCredentials(_ board: BoardDescription) {
        for (index, door) in board.doors.enumerated() where door.value.rules.isEmpty {
            guard board.readers.contains(where: { $0.value.message.door == UInt32(index) }) else { continue }
            doubt(
                at: door.places.whole, "door '\(door.name)' has a reader, but no group may pass",
                remedy: "add 'groups:' to the door; until then every card is denied")
        }
        for (index, credential) in board.credentials.enumerated() where credential.value.message.status == .active {
            let groups = credential.value.message.groups
            let opens = board.doors.contains { door in
                door.value.rules.indices.contains { door.value.rules[$0].groups & groups != 0 }
            }
            if !opens {
                doubt(
                    at: credential.places["groups"], "credential \(index + 1) opens no door",
                    remedy: "give it one of the groups that a door lets pass")
            }
        }
    }

    private func lookAtEffects(_ board: BoardDescription) {
        for (index, detector) in board.detectors.enumerated() {
            let isUsed = board.effects.contains { effect in
                effect.value.message.causes.indices.contains {
                    effect.value.message.causes[$0].source == .detector(UInt32(index))
                }
            }
            if !isUsed {
                doubt(
                    at: detector.places.whole, "no effect follows from detector '\(detector.name)'",
                    remedy: "name it in the causes of an effect; without one its alarm is only reported")
            }
        }
        for (index, lift) in board.lifts.enumerated() where !isOrdered(lift: UInt32(index), board) {
            doubt(
                at: lift.places.whole, "no effect orders anything of lift '\(lift.name)'",
                remedy: "write 'recall: \(lift.name)' or 'stay: \(lift.name)' in the actions of an effect, or remove it"
            )
        }
        for effect in board.effects { lookAtAnnouncement(of: effect, board) }
        for (index, effect) in board.effects.enumerated() {
            for other in board.effects[..<index] where other.value.message.priority == effect.value.message.priority {
                let clash = outputs(of: effect).first { mine in
                    outputs(of: other).contains { $0.line == mine.line && $0.pattern != mine.pattern }
                }
                if let clash, Int(clash.line) < board.lines.count {
                    doubt(
                        at: effect.places["priority"],
                        "effects '\(effect.name)' and '\(other.name)' drive '\(board.lines[Int(clash.line)].name)' differently with the same priority",
                        remedy: "give the more urgent one the higher 'priority'")
                }
            }
        }
    }

    private func isOrdered(lift: UInt32, _ board: BoardDescription) -> Bool {
        board.effects.contains { effect in
            let actions = effect.value.message.actions
            return actions.indices.contains {
                if case .lift(let action) = actions[$0].action { action.lift == lift } else { false }
            }
        }
    }

    /// A display shows printable ASCII (SIA OSDP 2.2, section 6.12).
    private func lookAtAnnouncement(of effect: Described<EffectDescription>, _ board: BoardDescription) {
        let text = string(effect.value.message.announcement)
        let display = board.readers.first {
            if case .osdp(let options) = $0.value.message.interface { options.texts != nil } else { false }
        }
        guard let display, !text.isEmpty else { return }
        if !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            doubt(
                at: effect.places["actions"],
                "the display of reader '\(display.name)' cannot show the message of effect '\(effect.name)'",
                remedy: "write it in letters, digits and signs of ASCII alone if displays are to show it")
        } else if text.utf8.count > 32 {
            doubt(
                at: effect.places["actions"],
                "the display of reader '\(display.name)' shows only '\(text.prefix(32))' of the message of effect '\(effect.name)'",
                remedy: "write what matters first, within 32 characters")
        }
    }

    private func outputs(of effect: Described<EffectDescription>) -> [OutputAction] {
        let actions = effect.value.message.actions
        return actions.indices.compactMap {
            if case .output(let action) = actions[$0].action { action } else { nil }
        }
    }
}
