import WardenMessages

/// A described thing with the places of its keys, for checks and drawings.
struct Described<Value> {
    var name: String
    /// What was read; only partly so where `isWhole` is false, which keeps the places of the others.
    var value: Value
    var isWhole: Bool
    var places: RecordPlaces
}

/// A digital line as the file describes it.
struct LineDescription {
    var message = Line()
    /// Where the pin is; `nil` for one that the kernel finds by name.
    var pin: PinPlace?
    /// Which of `start` and `exit` were written; a lock must say both.
    var saysStart = false
    var saysExit = false
    /// Whether `power_on` was written; the pull of the pin answers otherwise.
    var saysPowerOn = false
}

/// A pin as found: on a chip of the file or of the known hardware.
struct PinPlace: Hashable {
    /// What the kernel calls the chip.
    var chip: String
    var offset: Int
    /// The pin's name on the known hardware; empty for a bare chip and offset.
    var name: String
}

/// A chip of the file or of the known hardware.
struct ChipDescription {
    var match: String
    var lineCount: Int
}

/// A measured quantity as the file describes it, before its arithmetic is worked out.
struct PointDescription {
    var sensorName = ""
    var channelName = ""
    var unit: PointUnit?
    /// Two pairs of texts: what the sensor reads, and what it means.
    var scale: [(raw: YamlNode, value: YamlNode)] = []
    var range: (text: String, node: YamlNode)?
    var message = Point()
}

/// A detector whose limits wait for the unit of its point.
struct DetectorDescription {
    var message = Detector()
    var limits: [PendingLimit] = []
}

struct PendingLimit {
    var key: String
    var node: YamlNode
    var set: @Sendable (inout Detector, Int32) -> Void
}

/// A row of the matrix.
struct EffectDescription {
    var message = Effect()
}

struct ClientDescription {
    var message = ClientKey()
    var expires: CivilMoment?
}

/// Everything that a board file says, read and checked on its own; nothing refers to something that is not there.
struct BoardDescription {
    var name = ""
    var summary = ""
    /// Of the keys at the top of the file.
    var places: RecordPlaces?
    var utcOffsetMinutes = 0
    var daylightSaving = DaylightSaving.none
    /// What somebody may do at a console who has not logged in.
    var consoleRole = AccessRole.observer
    var hardware: HardwareModel?
    var capacities = Capacities()
    var memoryLimit: Int?
    var groups: [String] = []
    var fireZones: [String] = []
    var lines: [Described<LineDescription>] = []
    var buses: [Described<Bus>] = []
    var ports: [Described<Port>] = []
    var sensors: [Described<Sensor>] = []
    var points: [Described<PointDescription>] = []
    var readers: [Described<ReaderDescription>] = []
    /// Those of the file, then the built-in ones that something names.
    var cardFormats: [Described<CardFormat>] = []
    var doors: [Described<Door>] = []
    var detectors: [Described<DetectorDescription>] = []
    var effects: [Described<EffectDescription>] = []
    var lifts: [Described<Lift>] = []
    var schedules: [Described<Schedule>] = []
    var areas: [Described<Area>] = []
    var interlocks: [Described<Interlock>] = []
    var holidays: [Described<Holiday>] = []
    var accessPolicy: AccessPolicy?
    var listenAddresses: [ListenAddress] = []
    /// Ports that carry Warden Link.
    var linkPortCount: Int { ports.count { $0.value.use != .devices } }
    var standbySupply = false
    var hardwareWatchdog = true
    var credentials: [Described<CredentialDescription>] = []
    var clients: [Described<ClientDescription>] = []
    var localUsers: [Described<LocalUser>] = []
    var consoleUsers: [Described<ConsoleUser>] = []
}
