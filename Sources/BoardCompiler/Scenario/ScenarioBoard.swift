import BoardImage
import Console
import FixedMemory
import WardenMessages

/// What a scenario needs to know of the board that it is played on: names with their places, and which board it is.
public struct ScenarioBoard: Sendable {
    var lines: [(name: String, isOutput: Bool)] = []
    var buses: [String] = []
    var ports: [String] = []
    var sensors: [(name: String, chip: SensorChipDescription)] = []
    var points: [String] = []
    var readers: [(name: String, interface: Reader.Interface?)] = []
    var cardFormats: [CardFormat] = []
    var doors: [String] = []
    var detectors: [String] = []
    var effects: [String] = []
    var lifts: [String] = []
    var consoleUsers: [String] = []
    var groups: [String] = []
    /// Distinguishes this board from others; a scenario is refused on another one.
    var checksum: UInt32

    /// - Parameter image: a board image, as `wardenctl board build` writes it.
    public init(image: [UInt8]) throws(BoardImageError) {
        let image = try BoardImage(decoding: image.span)
        checksum = image.checksum
        for index in image.lines.indices {
            lines.append((string(image.lines[index].name), image.lines[index].direction == .output))
        }
        for index in image.buses.indices { buses.append(string(image.buses[index].name)) }
        for index in image.ports.indices { ports.append(string(image.ports[index].name)) }
        for index in image.sensors.indices {
            sensors.append((string(image.sensors[index].name), SensorChipDescription.of(image.sensors[index].chip)))
        }
        for index in image.points.indices { points.append(string(image.points[index].name)) }
        for index in image.readers.indices {
            readers.append((string(image.readers[index].name), image.readers[index].interface))
        }
        for index in image.cardFormats.indices { cardFormats.append(image.cardFormats[index]) }
        for index in image.doors.indices { doors.append(string(image.doors[index].name)) }
        for index in image.detectors.indices { detectors.append(string(image.detectors[index].name)) }
        for index in image.effects.indices { effects.append(string(image.effects[index].name)) }
        for index in image.groups.indices { groups.append(string(image.groups[index].name)) }
        for index in image.lifts.indices { lifts.append(string(image.lifts[index].name)) }
        for index in image.consoleUsers.indices { consoleUsers.append(string(image.consoleUsers[index].name)) }
    }

    /// Enters the board's names, so that fields can refer to them.
    func declare(in context: ReadingContext) {
        let nowhere = SourceRange(start: SourceLocation(line: 0, column: 0))
        for line in lines {
            context.declare(line.name, in: .lines, trait: line.isOutput ? "output" : "input", at: nowhere)
        }
        for bus in buses { context.declare(bus, in: .buses, at: nowhere) }
        for port in ports { context.declare(port, in: .ports, at: nowhere) }
        for sensor in sensors { context.declare(sensor.name, in: .sensors, trait: sensor.chip.trait, at: nowhere) }
        for reader in readers { context.declare(reader.name, in: .readers, at: nowhere) }
        for format in cardFormats { context.declare(string(format.name), in: .cardFormats, at: nowhere) }
        for door in doors { context.declare(door, in: .doors, at: nowhere) }
        for detector in detectors { context.declare(detector, in: .detectors, at: nowhere) }
    }

    /// The names of one kind of thing, for trace lines.
    func names(_ kind: NamedKind) -> [String] {
        switch kind {
        case .door: doors
        case .point: points
        case .detector: detectors
        case .line: lines.map(\.name)
        case .reader: readers.map(\.name)
        case .sensor: sensors.map(\.name)
        case .bus: buses
        case .port: ports
        case .effect: effects
        case .lift: lifts
        case .consoleUser: consoleUsers
        case .group: groups
        }
    }
}
