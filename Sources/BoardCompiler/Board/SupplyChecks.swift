import WardenMessages

/// What an output must be that feeds sensors: on from the start, and nobody else's.
struct SupplyChecks {
    let context: ReadingContext

    private struct Supply {
        var line: UInt32
        var subject: String
        var places: RecordPlaces
    }

    func run(_ board: BoardDescription) {
        var supplies: [Supply] = []
        for bus in board.buses where bus.isWhole {
            guard let line = bus.value.supplyLine else { continue }
            supplies.append(Supply(line: line, subject: "bus '\(bus.name)'", places: bus.places))
        }
        for sensor in board.sensors where sensor.isWhole {
            guard let line = sensor.value.supplyLine else { continue }
            supplies.append(Supply(line: line, subject: "sensor '\(sensor.name)'", places: sensor.places))
        }
        for (number, supply) in supplies.enumerated() {
            guard supply.line < board.lines.count, board.lines[Int(supply.line)].isWhole else { continue }
            let line = board.lines[Int(supply.line)]
            if let user = user(of: supply.line, board, supplies[..<number]) {
                report(
                    supply, "output '\(line.name)' is also \(user)",
                    remedy: "feed sensors from an output of their own: it goes off when they hang")
            } else if !line.value.message.activeAtStart {
                report(
                    supply, "output '\(line.name)' is off at the start, and nothing would ever switch it on",
                    remedy: "give the output 'start: active'")
            }
        }
    }

    private func user(of line: UInt32, _ board: BoardDescription, _ others: ArraySlice<Supply>) -> String? {
        if let user = AccessChecks.users(of: board).first(where: { $0.line == line }) { return "the \(user.use)" }
        if let other = others.first(where: { $0.line == line }) { return "the supply of \(other.subject)" }
        for detector in board.detectors where detector.isWhole {
            if case .valve(let options) = detector.value.message.kind, options.driveLine == line {
                return "the drive of detector '\(detector.name)'"
            }
        }
        for effect in board.effects where effect.isWhole {
            let actions = effect.value.message.actions
            for index in actions.indices {
                if case .output(let action) = actions[index].action, action.line == line {
                    return "driven by effect '\(effect.name)'"
                }
            }
        }
        return nil
    }

    private func report(_ supply: Supply, _ message: String, remedy: String) {
        context.report(at: supply.places["supply"], "\(supply.subject): \(message)", remedy: remedy)
    }
}
