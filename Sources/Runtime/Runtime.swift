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

/// The board at work: takes what the world did, has the core decide, and does what follows.
///
/// One `turn` does a bounded amount of work in a fixed order: inputs of lines, buses and readers with the decisions
/// that follow from them at once; then whatever time has made due; then consoles and links with what is left. The
/// program around it only waits until `deadline` or until something arrives.
///
/// All memory is allocated in `init`; `turn` allocates nothing.
public struct Runtime<Board: Hardware & ~Copyable>: ~Copyable {
    /// The work that one turn does at the most.
    enum Budget {
        /// Inputs of lines, buses and serial ports.
        static var urgentInputs: Int { 64 }
        /// Inputs of consoles and links.
        static var otherInputs: Int { 8 }
        /// Rows of console output, over all consoles.
        static var consoleRows: Int { 8 }
    }

    private let inPlace = InPlace()
    /// The world.
    public var hardware: Board

    var core: BoardCore
    var links: LinkServer
    var consoles: ConsoleBank
    private var keyFrames: KeyFrameTaking
    private var input = Input()
    /// What a console writes in one step.
    private var consoleRow = ByteBuffer(capacity: ConsoleSession.rowLimit + 16)
    /// A link had more to send than it may in one turn.
    private var linksHaveMore = false

    /// Builds the board from its image.
    ///
    /// - Parameters:
    ///   - hardware: the world; its tables are in the order of the image.
    ///   - image: decoded and checked.
    ///   - file: the bytes that the image was decoded from; its credentials are loaded from there.
    ///   - hashKey: the secret that the image's credentials were hashed with.
    ///   - random: seeds challenges to readers and cards; without one it is worked out from the hash key, so that the
    ///     same board in the same world does the same again.
    ///   - ownUser: the user that the process runs as, an administrator at the local socket.
    ///   - medium: where the hardware's medium for the journal is to hold events and state over restarts; without one,
    ///     both are in memory alone.
    ///   - linkIdentity: the board's key for links over networks and lines; without one, only local peers are let in.
    ///   - store: what the hardware's store holds, as far as there is one: without, no image is taken over a link.
    ///   - credentials: the list that the store keeps, in place of the image's.
    public init(
        hardware: consuming Board, image: consuming BoardImage, file: Span<UInt8>, hashKey: HashKey,
        random: RandomGenerator? = nil, ownUser: UInt32 = 0, medium: JournalMedium? = nil,
        linkIdentity: LinkIdentity? = nil, store: StoreContents? = nil,
        credentials: Span<UInt8>? = nil
    ) throws(StartError) {
        let links = LinkServer(
            capacity: Int(image.capacities.links), lines: BoardTranslation.linkPortCount(image),
            access: BoardTranslation.accessTable(image, ownUser: ownUser),
            identity: linkIdentity)
        let consoles = ConsoleBank(capacity: Int(image.capacities.consoles))
        let now = hardware.now
        var core = try BoardCore(
            image: image, file: file, hashKey: hashKey, random: random ?? RandomGenerator(repeatableFor: hashKey),
            medium: medium, store: store, credentials: credentials, at: now)
        self.hardware = hardware
        if core.journal.hasMedium { self.hardware.attachMedium(core.journal.mediumPages) }
        keyFrames = core.recording.mode == .recording ? KeyFrameTaking(of: &core) : KeyFrameTaking()
        self.core = core
        self.links = links
        self.consoles = consoles
        self.core.start()
        self.core.reportStore()
        self.core.driveLines(on: &self.hardware)
    }

    /// When `turn` has something to do though nothing arrives; may be in the past.
    public var deadline: Instant {
        if linksHaveMore { return hardware.now }
        let consoleDeadline = consoles.deadline(
            on: hardware, linkRoom: links.consoleRoom, lastEvent: core.lastEventSequence)
        return min(
            min(core.sensors.deadline, min(core.readers.deadline, core.radars.deadline)),
            min(
                core.decisionDeadline, links.deadline,
                min(consoleDeadline, core.keepingDeadline)))
    }

    /// Does what is due, at most as much as `Budget` allows.
    public mutating func turn() {
        core.turns &+= 1
        let isEmpty = takeInputs(limit: Budget.urgentInputs, urgentOnly: true)
        core.now = hardware.now
        runReaders(includingLines: isEmpty)
        let isTurnDue = core.isTurnDue
        runRadars()
        runSensors()
        core.recordTurn(isDue: isTurnDue)
        core.expirePoints()
        core.runDecisions()
        core.driveLines(on: &hardware)
        _ = takeInputs(limit: Budget.otherInputs, urgentOnly: false)
        serveConsoles()
        if core.lines.hasOwed { core.driveLines(on: &hardware) }
        keyFrames.serve(&core)
        core.serveMedium(on: &hardware)
        core.serveStore(on: &hardware)
        if core.lines.hasOwed { core.driveLines(on: &hardware) }
        core.reportTroubles()
        linksHaveMore = links.work(at: core.now, subject: &core, hardware: &hardware)
    }

    /// Ends in order: says so to the journal and to every peer. The outputs are the hardware's to leave as configured.
    ///
    /// Turn on until `isAtRest`, or as long as an end may take, so that what happened last is durable too.
    public mutating func stop() {
        core.now = hardware.now
        core.stop()
        links.stop()
        _ = links.work(at: core.now, subject: &core, hardware: &hardware)
        core.journal.commitSoon(at: core.now)
        core.recording.flight.end(at: core.now)
        core.serveMedium(on: &hardware)
    }

    /// Whether every event and every kept value is durable, as far as there is a medium.
    public var isAtRest: Bool {
        !core.journal.hasMedium
            || core.journal.durableSequence == core.journal.lastSequence && core.journal.isStateDurable
    }

    /// Whether the program around the board is to end in order and start anew, with another image.
    public var wantsRestart: Bool { core.images.wantsRestart }

    /// Whether somebody at a console or link asked that the program end in order and be started anew.
    public var isRestartAsked: Bool { core.isRestartAsked }

    /// Says where the journal and the recorder lie, for people.
    public mutating func setJournalPlace(_ path: FixedBytes<128>) { core.journalPlace = path }

    /// Whether the recording is on the medium, as far as there is one and it takes it.
    public var isRecorderAtRest: Bool { core.recording.flight.isAtRest }

    /// Where on the medium the recording lies, and in pages of how many bytes; `nil` where nothing is recorded.
    public var recordingPlace: (area: RecordingArea, pageBytes: Int)? {
        core.recording.mode == .recording
            ? (core.recording.flight.area, core.journal.mediumPages.pageBytes) : nil
    }

    /// How the journal and its medium do.
    public var journalStatus: JournalStatus { core.journal.status(at: hardware.now) }

    // MARK: Inputs

    /// - Returns: whether none is left waiting.
    private mutating func takeInputs(limit: Int, urgentOnly: Bool) -> Bool {
        for _ in 0..<limit {
            guard hardware.takeInput(&input, urgentOnly: urgentOnly) else { return true }
            core.now = hardware.now
            if core.recording.mode != .recording { core.recorder.record(input) }
            handleInput()
            if core.lines.hasOwed { core.driveLines(on: &hardware) }
        }
        return false
    }

    private mutating func handleInput() {
        switch input.event {
        case .lineChanged(let line, let isActive):
            core.lineChanged(Int(line.value), isActive: isActive, at: input.at)
        case .lineAvailability(let line, let isAvailable):
            core.lineAvailability(Int(line.value), isAvailable: isAvailable)
        case .busCompleted(let bus, let tag, let outcome):
            core.busCompleted(bus, tag: tag, outcome, bytes: input.bytes.span, at: input.at)
        case .mediumCompleted(let completion): core.mediumCompleted(completion)
        case .storeCompleted(let completion): core.storeCompleted(completion, input.bytes.span)
        case .bytesReceived(let stream): bytesReceived(stream)
        case .streamOpened(let stream, let kind): streamOpened(stream, kind)
        case .streamClosed(let stream): streamClosed(stream)
        case .secretChecked(let tag, let isRight): consoles.pinChecked(console: Int(tag), isRight: isRight)
        case .wallClockChanged(let clock): core.wallClockChanged(clock)
        }
    }

    private mutating func bytesReceived(_ stream: StreamIndex) {
        if let device = core.readers.device(of: stream) {
            core.readerReceived(input.bytes.span, on: device)
            sendReaderOutput(device)
        } else if let radar = core.radars.index(of: stream) {
            core.radarReceived(input.bytes.span, on: radar)
            sendRadarOutput(radar)
        } else if consoles.has(stream) {
            consoles.receive(input.bytes.span, on: stream, at: core.now)
        } else {
            links.received(input.bytes.span, on: stream, at: core.now, subject: &core)
        }
    }

    private mutating func streamOpened(_ stream: StreamIndex, _ kind: StreamKind) {
        switch kind {
        case .serialPort(let port):
            core.portChanged(Int(port), isOpen: true)
            if let device = core.readers.device(of: stream) {
                core.readerOpened(device)
                sendReaderOutput(device)
            } else if let radar = core.radars.index(of: stream) {
                core.radarOpened(radar)
                sendRadarOutput(radar)
            } else if let transport = BoardTranslation.linkTransport(core.image.ports[Int(port)]) {
                links.opened(stream, by: .unauthenticated, over: transport, at: core.now, hardware: &hardware)
            }
        case .console: consoles.open(stream, lastEvent: core.lastEventSequence)
        case .link(let peer): links.opened(stream, by: peer, at: core.now, hardware: &hardware)
        }
    }

    private mutating func streamClosed(_ stream: StreamIndex) {
        if Int(stream.value) < core.image.ports.count {
            core.portChanged(Int(stream.value), isOpen: false)
            if let device = core.readers.device(of: stream) {
                core.readerClosed(device)
            } else if let radar = core.radars.index(of: stream) {
                core.radarClosed(radar)
            } else {
                links.closed(stream)
            }
        } else if consoles.has(stream) {
            consoles.close(stream, subject: &core)
        } else {
            links.closed(stream)
        }
    }

    // MARK: What is due

    /// - Parameter includingLines: no edge of a data line waits, so that a frame may be held to have ended.
    private mutating func runReaders(includingLines: Bool) {
        // Each pass moves one driver's deadline into the future; one that does not is the next turn's.
        for _ in 0..<core.readers.deviceCount {
            guard let device = core.readers.runNextDue(at: core.now, includingLines: includingLines) else { return }
            core.settleReaders(of: device)
            sendReaderOutput(device)
        }
    }

    private mutating func sendReaderOutput(_ device: Int) {
        guard core.readers.output.transmit.count > 0, let stream = core.readers.stream(of: device) else { return }
        Runtime.send(core.readers.output.transmit, to: stream, on: &hardware)
    }

    private mutating func runRadars() {
        for _ in 0..<core.radars.count {
            guard let radar = core.radars.runNextDue(at: core.now) else { return }
            core.settleRadar(radar)
            sendRadarOutput(radar)
        }
    }

    private mutating func sendRadarOutput(_ radar: Int) {
        guard core.radars.output.transmit.count > 0 else { return }
        Runtime.send(core.radars.output.transmit, to: core.radars.stream(of: radar), on: &hardware)
    }

    // Static, so that the bytes and the hardware are seen to be different things.
    private static func send(_ bytes: borrowing ByteBuffer, to stream: StreamIndex, on hardware: inout Board) {
        _ = hardware.send(bytes.span, to: stream)
    }

    private static func show(_ bytes: borrowing ByteBuffer, on links: inout LinkServer) {
        links.showConsole(bytes.span)
    }

    private mutating func runSensors() {
        for _ in 0..<core.sensors.count {
            guard let sensor = core.sensors.runNextDue(at: core.now, on: &hardware) else { return }
            if core.sensors.wasRefused(sensor) { core.recordRefusal(sensor) }
            core.settleSensor(sensor)
        }
    }

    // MARK: Consoles

    private mutating func serveConsoles() {
        if let ended = core.endedEnrolment {
            core.endedEnrolment = nil
            consoles.cardPresented(ended)
        }
        takeLinkedConsole()
        for _ in 0..<Budget.consoleRows {
            guard
                let index = consoles.next(
                    on: hardware, linkRoom: links.consoleRoom, at: core.now, lastEvent: core.lastEventSequence)
            else { return }
            consoleRow.removeAll()
            consoles.step(index, subject: &core, into: &consoleRow)
            if let check = core.secretCheck {
                core.secretCheck = nil
                if !hardware.submit(check) { consoles.pinChecked(console: index, isRight: false) }
            }
            if core.network.isAsked { lookAtNetwork() }
            guard consoleRow.count > 0 else { continue }
            if consoles.isLinked(index) {
                Runtime.show(consoleRow, on: &links)
            } else {
                Runtime.send(consoleRow, to: consoles.stream(of: index), on: &hardware)
            }
        }
    }

    private mutating func lookAtNetwork() {
        core.network.isAsked = false
        core.network.entries.removeAll()
        hardware.readNetwork(into: &core.network.entries)
        core.network.take(links)
    }

    /// Hands to the console that a client has over a link what the client asked for.
    private mutating func takeLinkedConsole() {
        if let opening = core.linkedConsole.takeOpening() {
            consoles.openLinked(opening, lastEvent: core.lastEventSequence)
        }
        let typed = core.linkedConsole.takeTyped()
        if !typed.isEmpty { consoles.receiveLinked(typed.span, at: core.now) }
        let lost = core.linkedConsole.takeLost()
        if lost > 0 { consoles.loseLinked(lost, at: core.now) }
        if core.linkedConsole.takeClosing() { consoles.closeLinked(subject: &core) }
    }
}

// How the board stands, for the program around it.
extension Runtime: BoardNames where Board: ~Copyable {
    public func name(of kind: NamedKind, at index: Int) -> Name? { core.name(of: kind, at: index) }

    public var boardStatus: BoardStatus { core.boardStatus }
    /// What of the board's events the program around it is to write to its log.
    public var logLevel: LogLevel { core.logLevel }
    /// Minutes to add to UTC for the board's local time.
    public var utcOffsetMinutes: Int32 { core.utcOffsetMinutes }
    /// The entries of the board's tables by their places; `nil` behind the last.
    public func doorStatus(at index: Int) -> DoorStatus? { core.doorStatus(at: index) }
    public func detectorStatus(at index: Int) -> WardenMessages.DetectorStatus? { core.detectorStatus(at: index) }
    public func lineStatus(at index: Int) -> LineStatus? { core.lineStatus(at: index) }
    /// Sequence number of the newest event; 0 before the first.
    public var lastEventSequence: UInt64 { core.lastEventSequence }
    /// Oldest sequence number that is kept.
    public var firstEventSequence: UInt64 { core.firstEventSequence }
    /// The event with this number; `nil` if it is not kept.
    public func event(at sequence: UInt64) -> Event? { core.event(at: sequence) }

    /// Carries out a command for the program around the board, a simulation's script such as, with the rights of a
    /// technician.
    public mutating func execute(_ command: Command, fromConsole console: Int) -> CommandAnswer {
        core.now = hardware.now
        let answer = core.execute(command, by: AccessTable.program(atConsole: console))
        core.driveLines(on: &hardware)
        return answer
    }
}
