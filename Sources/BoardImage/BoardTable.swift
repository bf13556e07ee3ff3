/// The tables of a board image, with how many entries each may have.
public enum BoardTable: UInt8, Sendable, BitwiseCopyable {
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

    /// Number of tables; raw values are 0 to one less.
    public static var count: Int { 20 }

    /// Entries of one image at the most. What an index of the schema could name may be more.
    public var limit: Int {
        switch self {
        case .lines: 1_024
        case .buses: 16
        case .ports: 64
        case .sensors: 128
        case .points: 512
        case .readers: 128
        case .doors: 64
        case .detectors: 256
        case .effects: 256
        case .schedules: 64
        case .credentials: 1_000_000
        case .clientKeys: 64
        case .localUsers: 64
        case .consoleUsers: 32
        case .cardFormats: 32
        case .areas: 64
        case .interlocks: 32
        case .holidays: 256
        case .groups: 64
        case .lifts: 16
        }
    }

    /// The word for the table in messages and reports.
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
        }
    }
}

/// Entries in each table of an image.
public struct BoardCounts: Equatable, Sendable, BitwiseCopyable {
    private var counts: InlineArray<20, UInt32>

    public init() { counts = InlineArray(repeating: 0) }

    public subscript(_ table: BoardTable) -> Int {
        get { Int(counts[Int(table.rawValue)]) }
        set { counts[Int(table.rawValue)] = UInt32(newValue) }
    }

    public static func == (left: BoardCounts, right: BoardCounts) -> Bool {
        for index in 0..<BoardTable.count where left.counts[index] != right.counts[index] { return false }
        return true
    }
}
