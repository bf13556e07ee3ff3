import WardenMessages

/// Bytes of fixed memory that a board takes once it is ready, counted from its tables and capacities.
///
/// Compiler and runtime count with the same constants, so that an image that fits on the integrator's desk fits on the
/// board. A constant is a promise of the rooms that keep something for such an entry: their types may be smaller, never
/// larger, on any processor.
public struct MemoryBudget: Equatable, Sendable, BitwiseCopyable {
    /// What the memory is for.
    public enum Part: UInt8, Sendable, BitwiseCopyable {
        case lines = 0
        case buses = 1
        case ports = 2
        case sensors = 3
        case points = 4
        case readers = 5
        case doors = 6
        case detectors = 7
        case effects = 8
        case schedules = 9
        case credentials = 10
        case clientKeys = 11
        case localUsers = 12
        case consoleUsers = 13
        case cardFormats = 14
        case areas = 15
        case interlocks = 16
        case holidays = 17
        case groups = 18
        case lifts = 19
        case events = 20
        case links = 21
        case consoles = 22
        case people = 23
        /// What every board needs whatever its tables: input rings, flight recorder, buffers of the loop turn.
        case base = 24
        /// The journal's and the flight recorder's pages, segments and readers; not the newest events, which have their own.
        case journal = 25
        /// Values that outlive a restart: alarms, positions, counters, learned baselines.
        case keptValues = 26
        /// What a key frame of a recording is gathered in, byte by byte: the changing state of everything above.
        case keyFrame = 27

        /// Number of parts; raw values are 0 to one less.
        public static var count: Int { 28 }

        /// The word for the part in reports.
        public var name: StaticString {
            switch self {
            case .lines: "lines"
            case .buses: "buses"
            case .ports: "ports"
            case .sensors: "sensors"
            case .points: "points"
            case .readers: "readers"
            case .doors: "doors"
            case .detectors: "detectors"
            case .effects: "effects"
            case .schedules: "schedules"
            case .credentials: "credentials"
            case .clientKeys: "client keys"
            case .localUsers: "local users"
            case .consoleUsers: "console users"
            case .cardFormats: "card formats"
            case .areas: "areas"
            case .interlocks: "interlocks"
            case .holidays: "holidays"
            case .groups: "groups"
            case .lifts: "lifts"
            case .events: "events"
            case .links: "links"
            case .consoles: "consoles"
            case .people: "people"
            case .base: "base"
            case .journal: "journal"
            case .keptValues: "kept values"
            case .keyFrame: "key frame"
            }
        }

        /// Bytes for one: the decoded table entry and the state that runs with it.
        public var bytesEach: Int {
            switch self {
            case .lines: 320
            // A request ring and a completion ring of 16 entries each.
            case .buses: 16_384
            // A receive ring of 4 KiB and a transmit buffer.
            case .ports: 8_192
            case .sensors: 1_024
            case .points: 192
            // A place on an OSDP bus with its packets, its waiting commands and its card formats.
            case .readers: 16_384
            // With sixteen access rules, eight mode rules and the events of one moment.
            case .doors: 8_192
            // A fall detector keeps six seconds of samples at 25 Hz with its features.
            case .detectors: 4_096
            case .effects: 1_536
            case .schedules: 512
            // Hash, validity, profile and index.
            case .credentials: 48
            case .clientKeys: 128
            case .localUsers: 32
            case .consoleUsers: 256
            // The layout and four parity lines of 128 characters.
            case .cardFormats: 896
            case .areas: 128
            case .interlocks: 64
            case .holidays: 64
            case .groups: 48
            case .lifts: 64
            case .events: 128
            // A frame each way and the answers that wait for room.
            case .links: 32_768
            case .consoles: 16_384
            // Four slots for three people.
            case .people: 40
            case .base: 262_144
            // 67 pages of 4 KiB, the places of 4,096 segments, and a window of 128 events for each of eight readers.
            case .journal: 458_752
            // Key, value, where it lies on the medium, and its places in the index.
            case .keptValues: 144
            case .keyFrame: 1
            }
        }
    }

    private var amounts: InlineArray<28, UInt32>

    /// - Parameters:
    ///   - counts: entries in each table. Credentials do not count: the capacity does.
    ///   - capacities: sizes that the tables do not give.
    ///   - linkPorts: serial ports that carry Warden Link; each has a session beside those for connections.
    public init(counts: BoardCounts, capacities: Capacities, linkPorts: Int) {
        amounts = InlineArray(repeating: 0)
        for index in 0..<BoardTable.count {
            if let table = BoardTable(rawValue: UInt8(index)) { amounts[index] = UInt32(counts[table]) }
        }
        amounts[Int(Part.credentials.rawValue)] = capacities.credentials
        amounts[Int(Part.events.rawValue)] = capacities.events
        amounts[Int(Part.links.rawValue)] = capacities.links + UInt32(linkPorts)
        // One more is for a client over a link.
        amounts[Int(Part.consoles.rawValue)] = capacities.consoles + 1
        amounts[Int(Part.people.rawValue)] = capacities.people
        amounts[Int(Part.base.rawValue)] = 1
        amounts[Int(Part.journal.rawValue)] = 1
        amounts[Int(Part.keptValues.rawValue)] = MemoryBudget.keptValues(counts, capacities)
        amounts[Int(Part.keyFrame.rawValue)] = MemoryBudget.keyFrame(
            counts, capacities, keptValues: amounts[Int(Part.keptValues.rawValue)])
    }

    /// Values that a board may want to keep over a restart, and the most that it is given room for: five for a door, nine
    /// for a detector with eight pieces of what it learns, one for an effect and for a card, one for each of 64 at which PINs
    /// are guessed, and 64 for the board as a whole. Besides what people find out: a calibration for a point, and an answer
    /// of commissioning for every thing.
    private static func keptValues(_ counts: BoardCounts, _ capacities: Capacities) -> UInt32 {
        let devices = 5 * counts[.doors] + 9 * counts[.detectors] + counts[.effects]
        let byHand =
            2 * counts[.points] + counts[.doors] + counts[.readers] + counts[.lines] + counts[.detectors]
        return UInt32(min(4_096, 64 + 64 + devices + byHand + Int(capacities.credentials)))
    }

    /// The most that the changing state of a board takes when it is written down. Of what is kept over a restart it is what the
    /// board has changed about credentials.
    private static func keyFrame(_ counts: BoardCounts, _ capacities: Capacities, keptValues: UInt32) -> UInt32 {
        var sum = 4_096 + 32 * counts[.buses] + 64 * counts[.lines] + 1_024 * counts[.sensors] + 64 * counts[.points]
        sum += 1_024 * counts[.doors] + 4_096 * counts[.detectors] + 128 * counts[.effects] + 32 * counts[.areas]
        sum += 64 * counts[.readers] + 32 * counts[.ports]
        return UInt32(sum) + 32 * capacities.people + 40 * keptValues
    }

    /// How many of a part there are.
    public func amount(_ part: Part) -> Int { Int(amounts[Int(part.rawValue)]) }

    /// Bytes of one part.
    public func bytes(_ part: Part) -> UInt64 { UInt64(amount(part)) * UInt64(part.bytesEach) }

    /// Bytes of all parts together.
    public var total: UInt64 {
        var sum: UInt64 = 0
        for index in 0..<Part.count {
            if let part = Part(rawValue: UInt8(index)) { sum += bytes(part) }
        }
        return sum
    }

    public static func == (left: MemoryBudget, right: MemoryBudget) -> Bool {
        for index in 0..<Part.count where left.amounts[index] != right.amounts[index] { return false }
        return true
    }
}
