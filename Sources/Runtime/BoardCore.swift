import AccessControl
import Authority
import BoardImage
import CauseAndEffect
import Console
import Cryptography
import Drivers
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import LifeSafety
import WardenLink
import WardenMessages

/// Everything that the board knows and decides, without the world: told what happened and when, it says which lines are
/// to be driven, records events and answers questions. The same calls give the same answers.
///
/// All memory is allocated in `init`.
struct BoardCore: ~Copyable {
    private let inPlace = InPlace()
    /// The moment of the latest input or turn.
    var now: Instant

    let image: BoardImage
    let hashKey: HashKey
    let map: PointMap
    /// Who may do what at a console.
    let consoleAccess: AccessTable
    /// A check of a PIN that waits to be handed to the hardware.
    var secretCheck: SecretCheck?

    var lines: LineTable
    /// Lines that nobody may force.
    let safetyReleases: SafetyReleases
    var sensors: SensorBank
    var supplies: SupplyTable
    var points: PointTable
    var readers: ReaderBank
    /// Who has a reader's key being installed, by reader; `nil` where nobody has.
    var installers: FixedArray<Actor?>
    /// Calibrations of chips that are under way, by sensor.
    var chipCalibrations: FixedArray<ChipCalibration?>
    /// A card that is waited for, and how the last wait ended while its console does not know yet.
    var enrolment: Enrolment?
    var endedEnrolment: EndedEnrolment?
    /// What technicians saw while they commissioned the board.
    var testAnswers: TestAnswers
    /// Somebody wants the program to end and be started anew.
    var isRestartAsked = false
    /// What was set for all consoles, and where the journal lies.
    var consoleLanguage: UInt8?
    var journalPlace = FixedBytes<128>()
    /// The network as somebody at a console last saw it.
    var network = NetworkView()
    /// What a client asked of the console that it has over a link.
    var linkedConsole = LinkedConsole()
    /// The latest file for each reader.
    var readerFiles: FixedArray<ReaderFile>
    /// Contacts that are points: supervised by resistors.
    var contactPoints: FixedArray<ContactPoint>
    var radars: RadarBank
    /// Motor valves that the board drives.
    var valves: FixedArray<DrivenValve>
    var samples: FixedArray<AccelerationSample>

    var access: AccessController
    var accessOutput: AccessOutput
    var monitor: LifeSafetyMonitor
    var alarmOutput: AlarmOutput
    var causes: CauseStates
    var matrix: CauseAndEffectMatrix
    var changedTargets: ChangedTargets
    /// Whether something is demanded of each target, as last recorded.
    var announcedTargets: FixedArray<Bool>
    var troubles: TroubleTable

    var journal: EventJournal
    /// Whether what earlier runs kept is back; from the start where nothing is kept.
    var isStateRestored: Bool
    /// The medium has not been read in the time that it may take.
    var isMediumLate = false
    /// A request that the medium had no room for, and when it is tried again.
    var refusedMediumRequest: MediumRequest?
    var mediumRetryAt = Instant.never
    /// Whose learning is written down next, and when.
    var nextLearner = 0
    var learningDueAt = Instant.start
    /// For each rule of the matrix, whether it is on record as latched.
    var keptLatches: FixedArray<Bool>

    /// The transfer of credentials that is under way.
    var credentialTransfers: CredentialTransfers
    /// What of them outlives a restart.
    var keeping: CredentialKeeping
    /// Images that are brought over a link.
    var images: ImageUpdates
    /// Systems that are brought over a link.
    var updates: SystemUpdates
    var recorder = FlightRecorder(capacity: BoardCore.recorderBytes)
    /// What the program around the board writes to its log.
    var logLevel = LogLevel.warning

    /// The civil clock as it was last set.
    var wallClockSet = WallClock.unset
    /// When that was right.
    var wallClockSetAt = Instant.start
    /// How local time follows from it.
    let zone: TimeZoneRule
    /// Minutes that local time was ahead of UTC when the detectors were last told.
    var toldOffsetMinutes: Int32
    var turns: UInt64 = 0
    var recording = BoardRecording()

    /// Bytes of the flight recorder: minutes of a busy board, part of the budget's base.
    private static var recorderBytes: Int { 65_536 }

    /// Builds the board from its image.
    ///
    /// - Parameters:
    ///   - image: decoded and checked.
    ///   - file: the bytes that the image was decoded from; its credentials are loaded from there.
    ///   - hashKey: the secret that the image's credentials were hashed with.
    ///   - random: seeds challenges to readers and cards.
    ///   - medium: where events and state outlive a restart; without one, both are in memory alone.
    ///   - store: what is kept of images that come over a link; without it none is taken.
    ///   - credentials: the list that was kept, in place of the image's; empty for none.
    ///   - isReplaying: the board is told what a recording says, which knows no key; it has no drivers of readers.
    init(
        image: consuming BoardImage, file: Span<UInt8>, hashKey: HashKey, random: consuming RandomGenerator,
        medium: JournalMedium?, store: StoreContents? = nil, credentials: Span<UInt8>? = nil,
        at now: Instant, isReplaying: Bool = false
    ) throws(StartError) {
        guard isReplaying || hashKey.checkValue == image.header.hashKeyCheck else { throw .wrongHashKey }
        let map = PointMap(points: image.points.count, lines: image.lines.count, sensors: image.sensors.count)
        let sensors = try BoardCore.makeSensors(image)
        var random = random
        let readers =
            isReplaying
            ? ReaderBank(withoutDrivers: image.readers.count)
            : try ReaderTranslation.bank(image, secret: hashKey, random: &random)
        let radars = BoardCore.makeRadars(image)
        let valves = BoardCore.makeValves(image)
        var taken = store?.credentials ?? KeptCredentials()
        var transfers = CredentialTransfers()
        var access = try BoardCore.makeAccess(image, file, hashKey)
        if let credentials, taken.trouble == .none, !transfers.restore(credentials, &access.credentials) {
            taken.trouble = .unfit
            transfers = CredentialTransfers()
            access = try BoardCore.makeAccess(image, file, hashKey)
        }
        let monitor = try BoardCore.makeMonitor(image, map)
        let causes = CauseStates(
            detectors: image.detectors.count, doors: image.doors.count, schedules: image.schedules.count,
            points: image.lines.count)
        let lists = MatrixLists(image)
        let matrix = try BoardCore.makeMatrix(lists, causes)
        var points = PointTable(capacity: image.points.count, sensors: image.sensors.count)
        for index in image.points.indices { points.add(BoardTranslation.point(image.points[index]), at: now) }
        var contactPoints = FixedArray<ContactPoint>(capacity: 2 * image.doors.count)
        for index in image.doors.indices {
            for isSecondLeaf in 0..<2 {
                let door = image.doors[index]
                guard let contact = isSecondLeaf == 0 ? door.supervisedContact : door.secondSupervisedContact else {
                    continue
                }
                contactPoints.append(
                    ContactPoint(
                        door: DoorIndex(UInt8(index)), isSecondLeaf: isSecondLeaf == 1, contact: contact,
                        isInOhms: image.points[Int(contact.point)].unit == .ohm))
            }
        }

        self.now = now
        images = ImageUpdates(store, at: now)
        updates = SystemUpdates(isOn: store?.takesUpdates ?? false)
        keeping = CredentialKeeping(isOn: store != nil, taken: taken)
        credentialTransfers = transfers
        self.map = map
        self.hashKey = hashKey
        zone = DoorTranslation.zone(image.header)
        toldOffsetMinutes = image.header.utcOffsetMinutes
        consoleAccess = BoardTranslation.consoleAccess(image)
        secretCheck = nil
        lines = LineTable(image)
        safetyReleases = SafetyReleases(image, map)
        testAnswers = TestAnswers(image)
        self.sensors = sensors
        supplies = SupplyTable(image)
        chipCalibrations = FixedArray(repeating: nil, count: image.sensors.count)
        self.points = points
        installers = FixedArray(repeating: nil, count: readers.count)
        readerFiles = FixedArray(repeating: ReaderFile(), count: readers.count)
        self.readers = readers
        self.contactPoints = contactPoints
        self.radars = radars
        self.valves = valves
        samples = FixedArray(capacity: SensorOutput.sampleLimit)
        self.access = access
        accessOutput = AccessOutput(doors: image.doors.count)
        self.monitor = monitor
        alarmOutput = AlarmOutput(capacity: max(1, 2 * image.detectors.count))
        self.causes = causes
        self.matrix = matrix
        changedTargets = ChangedTargets(capacity: lists.targets.count)
        announcedTargets = FixedArray(repeating: false, count: lists.targets.count)
        troubles = TroubleTable(
            capacity: image.sensors.count + image.points.count + image.readers.count + image.lines.count
                + image.buses.count + image.ports.count + 4)
        let onMedium = medium.flatMap { $0.journal(image, hashKey) }
        isStateRestored = onMedium == nil
        keptLatches = FixedArray(repeating: false, count: image.effects.count)
        // A medium that no journal can lie on is a trouble; the board runs from memory.
        let isMediumUnfit = medium != nil && onMedium == nil
        if let onMedium {
            journal = onMedium
        } else {
            var capacities = JournalMedium.capacities(image)
            if isReplaying { capacities.stateEntries = JournalMedium.stateEntries(image) }
            journal = EventJournal(capacities: capacities)
        }
        if isReplaying {
            recording.mode = .replaying
            recording.decided = ByteBuffer(capacity: BoardRecording.decidedLimit)
        } else if let medium, let area = medium.recordingArea(journal) {
            recording.mode = .recording
            recording.flight = RecordingWriter(
                pages: journal.mediumPages, firstPage: journal.otherPages, pageCount: BoardRecording.pages, area: area)
        }
        self.image = image
        if isMediumUnfit {
            troubles.set(
                .journal, JournalTrouble.medium, isActive: true, code: MediumCondition.otherLayout.rawValue)
        }
    }

    private static func makeSensors(_ image: borrowing BoardImage) throws(StartError) -> SensorBank {
        var sensors = SensorBank(capacity: image.sensors.count)
        for index in image.sensors.indices {
            guard let sensor = BoardTranslation.sensor(image.sensors[index]) else { throw .unknownSensor(index) }
            sensors.add(
                sensor, on: BusIndex(UInt8(truncatingIfNeeded: image.sensors[index].bus)),
                ambient: BoardTranslation.ambient(image.sensors[index]))
        }
        return sensors
    }

    private static func makeRadars(_ image: borrowing BoardImage) -> RadarBank {
        var count = 0
        for index in image.detectors.indices {
            if case .radarFall? = image.detectors[index].kind { count += 1 }
        }
        var radars = RadarBank(capacity: count)
        for index in image.detectors.indices {
            if case .radarFall(let options)? = image.detectors[index].kind {
                radars.add(
                    MR60FDA2(), of: index, on: StreamIndex(UInt16(truncatingIfNeeded: options.port)))
            }
        }
        return radars
    }

    private static func makeValves(_ image: borrowing BoardImage) -> FixedArray<DrivenValve> {
        var count = 0
        for index in image.detectors.indices {
            if case .valve? = image.detectors[index].kind { count += 1 }
        }
        var valves = FixedArray<DrivenValve>(capacity: count)
        for index in image.detectors.indices {
            if case .valve(let options)? = image.detectors[index].kind {
                valves.append(DrivenValve(detector: DetectorIndex(UInt16(index)), line: Int(options.driveLine)))
            }
        }
        return valves
    }

    private static func makeMatrix(
        _ lists: borrowing MatrixLists, _ causes: borrowing CauseStates
    ) throws(StartError) -> CauseAndEffectMatrix {
        do throws(CauseAndEffectMatrix.Defect) {
            return try CauseAndEffectMatrix(
                rules: lists.rules.span, terms: lists.terms.span, effects: lists.effects.span,
                targets: lists.targets.span, patterns: lists.patterns.span, steps: lists.steps.span, causes: causes)
        } catch {
            throw .defectiveMatrix
        }
    }

    private static func makeAccess(
        _ image: borrowing BoardImage, _ file: Span<UInt8>, _ hashKey: HashKey
    ) throws(StartError) -> AccessController {
        var capacities = AccessCapacities()
        capacities.doors = image.doors.count
        capacities.credentials = Int(image.capacities.credentials)
        capacities.rights = 0
        capacities.modeRules = 0
        for index in image.doors.indices {
            capacities.rights += image.doors[index].rules.count
            capacities.modeRules += image.doors[index].modeRules.count
        }
        capacities.schedules = image.schedules.count
        capacities.schedulePeriods = image.schedules.count * 16
        capacities.holidays = image.holidays.count
        capacities.areas = image.areas.count
        capacities.people = Int(image.capacities.people)
        var access = AccessController(
            capacities: capacities, policy: DoorTranslation.policy(image.accessPolicy),
            zone: DoorTranslation.zone(image.header),
            hashKey: hashKey)
        for index in image.schedules.indices { try addSchedule(image.schedules[index], index, to: &access) }
        for index in image.holidays.indices {
            let entry = image.holidays[index]
            let holiday = AccessControl.Holiday(
                year: UInt16(clamping: entry.year), month: UInt8(clamping: entry.month),
                day: UInt8(clamping: entry.day), dayClass: UInt8(clamping: entry.dayClass))
            guard access.schedules.addHoliday(holiday) else { throw .defectiveSchedule(index) }
        }
        for index in image.areas.indices {
            guard access.addArea(DoorTranslation.area(image.areas[index])) != nil else { throw .defectiveArea(index) }
        }
        for index in image.doors.indices { try addDoor(image.doors[index], index, image, to: &access) }
        for index in image.interlocks.indices {
            guard access.addInterlock(DoorSet(bits: image.interlocks[index].doors)) else {
                throw .defectiveInterlock(index)
            }
        }
        try loadCredentials(file, into: &access)
        return access
    }

    private static func addDoor(
        _ entry: WardenMessages.Door, _ index: Int, _ image: borrowing BoardImage, to access: inout AccessController
    ) throws(StartError) {
        let configuration = DoorTranslation.configuration(
            entry, lockLine: image.lines[Int(entry.lockLine)],
            secondLockLine: entry.secondLockLine.map { image.lines[Int($0)] }, header: image.header)
        var place: DoorIndex?
        do throws(DoorConfiguration.Fault) {
            place = try access.addDoor(configuration)
        } catch {
            throw .defectiveDoor(index)
        }
        guard let place else { throw .defectiveDoor(index) }
        for rule in entry.rules.indices {
            let rule = entry.rules[rule]
            let right = AccessRight(
                door: place, onEntry: rule.onEntry, onExit: rule.onExit, groups: GroupSet(bits: rule.groups),
                schedule: rule.schedule.map { ScheduleIndex(UInt8(truncatingIfNeeded: $0)) } ?? .always,
                floors: rule.floors)
            guard access.addRight(right) else { throw .defectiveDoor(index) }
        }
        for rule in entry.modeRules.indices {
            let rule = entry.modeRules[rule]
            let modeRule = DoorModeRule(
                door: place, schedule: ScheduleIndex(UInt8(truncatingIfNeeded: rule.schedule)),
                mode: DoorTranslation.mode(rule.mode))
            guard access.addModeRule(modeRule) else { throw .defectiveDoor(index) }
        }
    }

    private static func addSchedule(
        _ entry: WardenMessages.Schedule, _ index: Int, to access: inout AccessController
    ) throws(StartError) {
        let rule = UntrustedClockRule(
            isActiveWhenUnset: entry.activeWithoutClock, followsFreeRunningClock: !entry.distrustsFreeRunningClock)
        guard access.schedules.addSchedule(rule) != nil else { throw .defectiveSchedule(index) }
        for place in 0..<entry.periods.count {
            let period = entry.periods[place]
            let isAdded = access.schedules.addPeriod(
                AccessControl.SchedulePeriod(
                    days: UInt16(truncatingIfNeeded: period.days), fromMinute: UInt16(period.fromMinute),
                    toMinute: UInt16(period.toMinute)))
            guard isAdded else { throw .defectiveSchedule(index) }
        }
    }

    private static func loadCredentials(_ file: Span<UInt8>, into access: inout AccessController) throws(StartError) {
        var walker: CredentialWalker
        do throws(BoardImageError) {
            walker = try CredentialWalker(file)
        } catch {
            throw .defectiveCredentials
        }
        while let entry = walker.next() {
            guard let hash = KeyedHash(entry.hash.span) else { throw .defectiveCredentials }
            let credential = DoorTranslation.credential(entry)
            let before = access.credentials.count
            // A card that is there twice would lose what one of its entries says.
            guard access.credentials.upsert(hash, credential) == .done,
                access.credentials.count > before
            else { throw .defectiveCredentials }
        }
    }

    private static func makeMonitor(
        _ image: borrowing BoardImage, _ map: PointMap
    ) throws(StartError) -> LifeSafetyMonitor {
        var configurations = FixedArray<DetectorConfiguration>(capacity: image.detectors.count)
        for index in image.detectors.indices {
            guard let configuration = BoardTranslation.detector(image.detectors[index], index, map, image.points) else {
                throw .unknownDetector(index)
            }
            configurations.append(configuration)
        }
        return LifeSafetyMonitor(configurations.span)
    }
}

/// A valve's supervisor and the output that shuts it.
struct DrivenValve: BitwiseCopyable {
    let detector: DetectorIndex
    let line: Int
}

/// Why a board cannot be run from its image. The program holds its outputs in their safe state and says so.
public enum StartError: Error, Equatable {
    /// The credentials were hashed with another key: no card would open. Build the image with this board's key.
    case wrongHashKey
    /// A sensor, reader or detector of a kind that this program does not know: the image is newer. The number is its
    /// place in its table.
    case unknownSensor(Int)
    case unknownReader(Int)
    case unknownDetector(Int)
    /// An entry that contradicts itself, which `wardenctl board check` would have refused.
    case defectiveReader(Int)
    case defectiveDoor(Int)
    case defectiveArea(Int)
    case defectiveInterlock(Int)
    case defectiveSchedule(Int)
    case defectiveCredentials
    case defectiveMatrix
}

/// A supervised contact of a door and the point that measures it.
struct ContactPoint: BitwiseCopyable {
    let door: DoorIndex
    let isSecondLeaf: Bool
    let contact: SupervisedContact
    /// The point is in ohms; otherwise in volts across the loop.
    let isInOhms: Bool
}
