import FixedMemory
import WardenMessages

/// A board's tables as decoded and checked at boot: everything that the runtime knows about its hardware and rules.
///
/// Once it exists, every place in one table that names an entry of another is in range and of the right kind, so the
/// rooms above use it without looking again. Names are unique within their table.
public struct BoardImage: ~Copyable {
    /// The version of the format that this program reads.
    public static var format: UInt32 { 1 }
    /// The first eight bytes of a file.
    public static var magic: StaticString { "WARDENB1" }

    public let header: BoardHeader
    public let capacities: Capacities
    public let lines: FixedArray<Line>
    public let buses: FixedArray<Bus>
    public let ports: FixedArray<Port>
    public let sensors: FixedArray<Sensor>
    public let points: FixedArray<Point>
    public let readers: FixedArray<Reader>
    public let doors: FixedArray<Door>
    public let detectors: FixedArray<Detector>
    public let effects: FixedArray<Effect>
    public let schedules: FixedArray<Schedule>
    public let clientKeys: FixedArray<ClientKey>
    public let localUsers: FixedArray<LocalUser>
    public let consoleUsers: FixedArray<ConsoleUser>
    public let cardFormats: FixedArray<CardFormat>
    public let areas: FixedArray<Area>
    public let interlocks: FixedArray<Interlock>
    public let holidays: FixedArray<Holiday>
    /// Names of the groups, by bit; empty in images that name none.
    public let groups: FixedArray<Group>
    public let lifts: FixedArray<Lift>
    /// `nil` for the runtime's own.
    public let accessPolicy: AccessPolicy?
    /// Where Warden Link is offered over networks; `nil` for nowhere.
    public let network: Network?
    /// Entries in each table; credentials stay in the file and are walked with `CredentialWalker`.
    public let counts: BoardCounts
    public let memoryBudget: MemoryBudget
    /// CRC-32C of the message: tells two images apart.
    public let checksum: UInt32

    /// Decodes and checks a whole file.
    ///
    /// - Parameters:
    ///   - bytes: the file, envelope included.
    ///   - isOfRecording: it is for a look at what a board did, which need not fit: another version may have counted its
    ///     memory otherwise.
    /// - Throws: `BoardImageError`; nothing of the image may be used then.
    public init(decoding bytes: Span<UInt8>, isOfRecording: Bool = false) throws(BoardImageError) {
        let image = try BoardImage(unchecked: bytes)
        guard isOfRecording || image.memoryBudget.total == image.header.memoryBudgetBytes else {
            throw .budgetDiffers(image: image.header.memoryBudgetBytes, program: image.memoryBudget.total)
        }
        try image.check()
        self = image
    }

    /// Decodes a file whose entries may still contradict each other.
    private init(unchecked bytes: Span<UInt8>) throws(BoardImageError) {
        let message = try BoardImage.message(of: bytes)
        let counts = try BoardImage.count(message)

        var header: BoardHeader?
        var capacities: Capacities?
        var lines = FixedArray<Line>(capacity: counts[.lines])
        var buses = FixedArray<Bus>(capacity: counts[.buses])
        var ports = FixedArray<Port>(capacity: counts[.ports])
        var sensors = FixedArray<Sensor>(capacity: counts[.sensors])
        var points = FixedArray<Point>(capacity: counts[.points])
        var readers = FixedArray<Reader>(capacity: counts[.readers])
        var doors = FixedArray<Door>(capacity: counts[.doors])
        var detectors = FixedArray<Detector>(capacity: counts[.detectors])
        var effects = FixedArray<Effect>(capacity: counts[.effects])
        var schedules = FixedArray<Schedule>(capacity: counts[.schedules])
        var clientKeys = FixedArray<ClientKey>(capacity: counts[.clientKeys])
        var localUsers = FixedArray<LocalUser>(capacity: counts[.localUsers])
        var consoleUsers = FixedArray<ConsoleUser>(capacity: counts[.consoleUsers])
        var cardFormats = FixedArray<CardFormat>(capacity: counts[.cardFormats])
        var areas = FixedArray<Area>(capacity: counts[.areas])
        var interlocks = FixedArray<Interlock>(capacity: counts[.interlocks])
        var holidays = FixedArray<Holiday>(capacity: counts[.holidays])
        var groups = FixedArray<Group>(capacity: counts[.groups])
        var lifts = FixedArray<Lift>(capacity: counts[.lifts])
        var accessPolicy: AccessPolicy?
        var network: Network?
        var linkPorts = 0
        var credentials = 0

        var walker = Board.Walker(message)
        while let entry = try BoardImage.next(&walker) {
            switch entry {
            case .header(let value):
                guard header == nil else { throw .incomplete }
                guard value.format == BoardImage.format else { throw .unsupportedFormat(value.format) }
                header = value
            case .capacities(let value):
                guard capacities == nil else { throw .incomplete }
                capacities = value
            case .lines(let value): lines.append(value)
            case .buses(let value): buses.append(value)
            case .ports(let value):
                if value.use != .devices { linkPorts += 1 }
                ports.append(value)
            case .sensors(let value): sensors.append(value)
            case .points(let value): points.append(value)
            case .readers(let value): readers.append(value)
            case .doors(let value): doors.append(value)
            case .detectors(let value): detectors.append(value)
            case .effects(let value): effects.append(value)
            case .schedules(let value): schedules.append(value)
            case .clientKeys(let value): clientKeys.append(value)
            case .localUsers(let value): localUsers.append(value)
            case .consoleUsers(let value): consoleUsers.append(value)
            case .cardFormats(let value): cardFormats.append(value)
            case .areas(let value): areas.append(value)
            case .interlocks(let value): interlocks.append(value)
            case .holidays(let value): holidays.append(value)
            case .groups(let value): groups.append(value)
            case .lifts(let value): lifts.append(value)
            case .accessPolicy(let value):
                guard accessPolicy == nil else { throw .incomplete }
                accessPolicy = value
            case .network(let value):
                guard network == nil else { throw .incomplete }
                network = value
            case .credentials(let value):
                guard value.hash.count == 16 else { throw .invalidEntry(.credentials, index: credentials, .incomplete) }
                guard value.validUntil == 0 || value.validUntil > value.validFrom else {
                    throw .invalidEntry(.credentials, index: credentials, .contradictory)
                }
                if case .unrecognised = value.status {
                    throw .invalidEntry(.credentials, index: credentials, .unknownKind)
                }
                credentials += 1
            }
        }
        guard let header, let capacities else { throw .incomplete }
        guard !header.name.isEmpty else { throw .incomplete }
        guard counts[.credentials] <= Int(capacities.credentials) else {
            throw .tooMany(.credentials, count: counts[.credentials])
        }
        let budget = MemoryBudget(counts: counts, capacities: capacities, linkPorts: linkPorts)

        self.header = header
        self.capacities = capacities
        self.lines = lines
        self.buses = buses
        self.ports = ports
        self.sensors = sensors
        self.points = points
        self.readers = readers
        self.doors = doors
        self.detectors = detectors
        self.effects = effects
        self.schedules = schedules
        self.clientKeys = clientKeys
        self.localUsers = localUsers
        self.consoleUsers = consoleUsers
        self.cardFormats = cardFormats
        self.areas = areas
        self.interlocks = interlocks
        self.holidays = holidays
        self.groups = groups
        self.lifts = lifts
        self.accessPolicy = accessPolicy
        self.network = network
        self.counts = counts
        memoryBudget = budget
        checksum = Checksum.crc32c(message)
    }

    /// The bytes of the board message inside a file whose length and checksum are right.
    @_lifetime(copy bytes)
    static func message(of bytes: Span<UInt8>) throws(BoardImageError) -> Span<UInt8> {
        do throws(ImageEnvelope.Failure) {
            return try ImageEnvelope.open(bytes, magic: magic)
        } catch {
            switch error {
            case .tooShort(let byteCount): throw .tooShort(byteCount: byteCount)
            case .wrongMagic: throw .notABoardImage
            case .wrongLength(let expected, let actual): throw .wrongLength(expected: expected, actual: actual)
            case .wrongChecksum(let expected, let actual): throw .wrongChecksum(expected: expected, actual: actual)
            }
        }
    }

    private static func next(_ walker: inout Board.Walker) throws(BoardImageError) -> Board.Entry? {
        do throws(MessageError) {
            return try walker.next()
        } catch {
            throw .malformed(error)
        }
    }

    /// Entries of each table, so that each can be allocated once with its exact size.
    private static func count(_ message: Span<UInt8>) throws(BoardImageError) -> BoardCounts {
        var counts = BoardCounts()
        var reader = MessageReader(message)
        do throws(MessageError) {
            while !reader.isAtEnd {
                let tag = try reader.tag()
                if let table = table(ofField: tag >> 3) {
                    counts[table] += 1
                    guard counts[table] <= table.limit else { break }
                }
                try reader.skip(tag)
            }
        } catch {
            throw .malformed(error)
        }
        for index in 0..<BoardTable.count {
            guard let table = BoardTable(rawValue: UInt8(index)) else { continue }
            if counts[table] > table.limit { throw .tooMany(table, count: counts[table]) }
        }
        return counts
    }

    private static func table(ofField field: UInt32) -> BoardTable? {
        switch field {
        case Board.Field.lines: .lines
        case Board.Field.buses: .buses
        case Board.Field.ports: .ports
        case Board.Field.sensors: .sensors
        case Board.Field.points: .points
        case Board.Field.readers: .readers
        case Board.Field.doors: .doors
        case Board.Field.detectors: .detectors
        case Board.Field.effects: .effects
        case Board.Field.schedules: .schedules
        case Board.Field.credentials: .credentials
        case Board.Field.clientKeys: .clientKeys
        case Board.Field.localUsers: .localUsers
        case Board.Field.consoleUsers: .consoleUsers
        case Board.Field.cardFormats: .cardFormats
        case Board.Field.areas: .areas
        case Board.Field.interlocks: .interlocks
        case Board.Field.holidays: .holidays
        case Board.Field.groups: .groups
        case Board.Field.lifts: .lifts
        default: nil
        }
    }
}

/// Walks the credentials of an image that `BoardImage` has found right.
public struct CredentialWalker: ~Escapable {
    private var walker: Board.Walker

    /// - Parameter bytes: the file that a `BoardImage` was made from.
    /// - Throws: `BoardImageError` if it is not one.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) throws(BoardImageError) {
        walker = Board.Walker(try BoardImage.message(of: bytes))
    }

    /// The next credential in the order of the file; `nil` at the end.
    @_lifetime(self: copy self)
    public mutating func next() -> Credential? {
        while true {
            do throws(MessageError) {
                guard let entry = try walker.next() else { return nil }
                if case .credentials(let credential) = entry { return credential }
            } catch {
                return nil
            }
        }
    }
}
