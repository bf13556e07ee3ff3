import Authority
import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@testable import Console

/// A board that a console can ask, with two doors, three detectors, two points.
struct BenchBoard: ConsoleSubject {
    var now = Instant(nanoseconds: 1_000_000_000)
    var doors = ["entrance", "garage"]
    var detectors: [(name: String, state: AlarmState)] = [("lobby_smoke", .normal), ("riser_leak", .normal)]
    var events: [Event] = []
    var commands: [Command] = []
    var clocks: [ClockSetting] = []
    var disablements: UInt32 = 0
    /// Seconds that the siren is still forced.
    var force: UInt32?
    var answer = CommandAnswer(result: .done)
    var firstEventSequence: UInt64 = 1
    /// Name, role and PIN of each console user.
    var users: [(name: String, role: Role, pin: String)] = [
        ("caretaker", .operator, "2468"), ("fitter", .technician, "135790"),
    ]
    /// The PIN check under way: what was typed, and for whom.
    var checks: [(pin: String, user: Int?)] = []
    var logins: [String] = []
    /// Who asked for each command.
    var askers: [Int?] = []
    var utcOffsetMinutes: Int32 = 480
    func utcOffsetMinutes(atUnixMilliseconds moment: Int64) -> Int32 { utcOffsetMinutes }

    static func name(_ text: String) -> Name {
        var name = Name()
        for byte in text.utf8 { name.append(byte) }
        return name
    }

    var boardStatus: BoardStatus {
        BoardStatus(
            name: "lobby", generation: 3, uptimeNs: UInt64(now.nanoseconds), unixMs: 1_795_000_000_000,
            clockTrust: .synchronised, doors: 2, alarms: 0, troubles: 1, lastSequence: lastEventSequence, eventsKept: 4,
            eventCapacity: 4_096, credentials: 4, credentialCapacity: 1_000, version: "0.1.0",
            disablements: disablements)
    }

    func doorStatus(at index: Int) -> DoorStatus? {
        guard index < doors.count else { return nil }
        return DoorStatus(
            index: UInt32(index), name: BenchBoard.name(doors[index]), state: index == 0 ? .secured : .forced,
            released: index == 1, open: index == 1)
    }

    func pointStatus(at index: Int) -> PointStatus? {
        guard index < 2 else { return nil }
        return PointStatus(
            index: UInt32(index), name: index == 0 ? "temperature" : "smoke", value: 21_500,
            unit: UInt32(HardwareInterface.Unit.millidegreeCelsius.rawValue),
            quality: UInt32(index == 0 ? Quality.good.rawValue : Quality.stale.rawValue), ageNs: 7_000_000,
            offset: index == 0 ? offset : 0)
    }

    func detectorStatus(at index: Int) -> DetectorStatus? {
        guard index < detectors.count else { return nil }
        return DetectorStatus(
            index: UInt32(index), name: BenchBoard.name(detectors[index].name), state: detectors[index].state)
    }

    func lineStatus(at index: Int) -> LineStatus? {
        guard index == 0 else { return nil }
        return LineStatus(
            name: "siren", output: true, active: force != nil, available: true, forcedSeconds: force ?? 0,
            forcedBy: force == nil ? nil : Actor(kind: .console, index: 0, user: 2))
    }

    func readerStatus(at index: Int) -> ReaderStatus? {
        index == 0 ? ReaderStatus(name: "entrance_reader", online: true, frames: 12, rejected: 1) : nil
    }

    func counterStatus(at index: Int) -> CounterStatus? {
        index == 0 ? CounterStatus(name: "credentials", value: 4, capacity: 1_000, highWater: 4) : nil
    }

    var lastEventSequence: UInt64 { UInt64(events.count) }

    func event(at sequence: UInt64) -> Event? {
        guard sequence >= firstEventSequence, sequence <= lastEventSequence else { return nil }
        return events[Int(sequence) - 1]
    }

    mutating func happen(_ body: Event.Body, _ eventClass: EventClass = .access) {
        events.append(
            Event(
                sequence: lastEventSequence + 1, monotonicNs: UInt64(now.nanoseconds), unixMs: 1_795_000_000_000,
                clockTrust: .synchronised, class: eventClass, body: body))
    }

    func name(of kind: NamedKind, at index: Int) -> Name? {
        switch kind {
        case .door: index < doors.count ? BenchBoard.name(doors[index]) : nil
        case .detector: index < detectors.count ? BenchBoard.name(detectors[index].name) : nil
        case .consoleUser: index < users.count ? BenchBoard.name(users[index].name) : nil
        case .line: index == 0 ? "siren" : nil
        case .group: index < 3 ? BenchBoard.name(["residents", "staff", "couriers"][index]) : nil
        case .reader: index == 0 ? "entrance_reader" : nil
        case .point: index < 2 ? BenchBoard.name(index == 0 ? "temperature" : "smoke") : nil
        default: nil
        }
    }

    func index(of kind: NamedKind, named name: Span<UInt8>) -> Int? {
        var index = 0
        while let candidate = self.name(of: kind, at: index) {
            if candidate.count == name.count && (0..<name.count).allSatisfy({ candidate[$0] == name[$0] }) {
                return index
            }
            index += 1
        }
        return nil
    }

    mutating func execute(_ command: Command, fromConsole console: Int, user: Int?) -> CommandAnswer {
        commands.append(command)
        askers.append(user)
        if command.kind == .testAnswer {
            verdicts[command.target] = TestVerdict(rawValue: UInt8(command.value))
        }
        return answer
    }

    mutating func setClock(_ setting: ClockSetting, fromConsole console: Int, user: Int?) -> CommandResult {
        clocks.append(setting)
        askers.append(user)
        return .done
    }

    /// Enrolments that were begun, and how often one was given up.
    var enrolments: [EnrolmentRequest] = []
    var enrolmentsEnded = 0
    var enrolmentResult = CommandResult.started

    mutating func beginEnrolment(
        _ request: EnrolmentRequest, fromConsole console: Int, user: Int?
    ) -> CommandResult {
        enrolments.append(request)
        return enrolmentResult
    }

    mutating func endEnrolment(atConsole console: Int) { enrolmentsEnded += 1 }

    var verdicts: [UInt32: TestVerdict] = [:]

    /// The first point's offset is the board's, the second is a smoke detector's; the first detector has a chamber.
    func calibration(ofPoint index: Int) -> PointCalibration? {
        index < 2 ? (index == 0 ? .offset : .detector) : nil
    }

    func calibration(ofDetector index: Int) -> DetectorCalibration? {
        index < detectors.count ? (index == 0 ? .cleanAir : DetectorCalibration.none) : nil
    }

    var offset: Int32 = 0
    var network: [NetworkEntry] = []
    var hasLookedAtNetwork = false
    var networkSum = NetworkSum()

    mutating func lookAtNetwork() { hasLookedAtNetwork = true }
    func networkEntry(at index: Int) -> NetworkEntry? {
        hasLookedAtNetwork && index < network.count ? network[index] : nil
    }
    func networkPeer(at index: Int) -> NetworkPeer? {
        index == 0 ? NetworkPeer(actor: Actor(kind: .link, index: 3), role: .technician, isLine: false) : nil
    }

    func testAnswer(of item: TestItem) -> TestAnswer? {
        guard name(of: item.kind, at: item.index) != nil else { return nil }
        return TestAnswer(
            verdict: verdicts[item.target] ?? .open, actor: Actor(kind: .console, user: 2),
            unixMs: 1_795_000_000_000)
    }

    var logLevel = LogLevel.warning
    var consoleLanguage: UInt8?
    var imageState = ImageState(generation: 3, checksum: 0x1A2B_3C4D, hasPrevious: true)
    var recorderStatus = RecorderStatus(
        isOnMedium: true, written: 1_234, lost: 0, replays: true, place: "/var/lib/warden/journal")

    mutating func setLogLevel(_ level: LogLevel, fromConsole console: Int, user: Int?) -> CommandResult {
        logLevel = level
        return .done
    }

    mutating func rollBackImage(fromConsole console: Int, user: Int?) -> CommandResult { .started }

    func consoleRole(ofUser user: Int) -> Role? { user >= 0 && user < users.count ? users[user].role : nil }

    mutating func checkPin(_ pin: Span<UInt8>, ofUser user: Int?, atConsole console: Int) -> Bool {
        guard checks.isEmpty else { return false }
        checks.append((String(decoding: pin.indices.map { pin[$0] }, as: UTF8.self), user))
        return true
    }

    mutating func recordLogin(_ kind: CommandKind, user: Int?, _ result: CommandResult, atConsole console: Int) {
        let name = user.map { users[$0].name } ?? "nobody"
        logins.append("\(Words.commandKind(kind)) \(name) \(Words.commandResult(result))")
    }
}

/// A console with a board behind it and a terminal in front.
struct ConsoleBench: ~Copyable {
    var board = BenchBoard()
    var session = ConsoleSession(number: 0)
    var screen: ScreenModel
    /// Everything that the console wrote.
    var output: [UInt8] = []
    /// The most that one step wrote.
    var longestStep = 0

    /// - Parameter isGreeted: the greeting is over, and what it wrote forgotten.
    init(columns: Int = 80, isGreeted: Bool = true) {
        screen = ScreenModel(columns: columns)
        session.restart(lastEvent: 0)
        guard isGreeted else { return }
        run()
        screen = ScreenModel(columns: columns)
        screen.write(Array("> ".utf8))
        output = []
    }

    /// Lets the console work until it waits for something.
    mutating func run() {
        for _ in 0..<20_000 {
            guard session.isBusy(at: board.now, lastEvent: board.lastEventSequence) else { return }
            step()
        }
        Issue.record("the console never comes to rest")
    }

    mutating func step() {
        var sink = ByteBuffer(capacity: 1_024)
        session.step(&board, into: &sink)
        var written: [UInt8] = []
        for index in 0..<sink.count { written.append(sink[index]) }
        longestStep = max(longestStep, written.count)
        output += written
        screen.write(written)
    }

    mutating func type(_ bytes: [UInt8]) {
        var start = 0
        // As the runtime hands them over.
        while start < bytes.count {
            let end = min(start + Input.byteLimit, bytes.count)
            let part = Array(bytes[start..<end])
            session.receive(part.span, at: board.now)
            start = end
        }
        run()
    }

    mutating func type(_ text: String) { type(Array(text.utf8)) }

    /// Lets the check of a PIN end, with the outcome that it should have.
    mutating func finishCheck() {
        guard let check = board.checks.popLast() else { return }
        session.pinChecked(isRight: check.user.map { board.users[$0].pin == check.pin } ?? false)
        run()
    }

    /// Logs in, or tries to.
    mutating func logIn(_ name: String, _ pin: String) {
        type("login \(name)\r")
        type(pin + "\r")
        finishCheck()
    }

    mutating func wait(_ interval: Interval) {
        board.now = board.now + interval
        run()
    }

    /// Types a line and gives the rows of the answer.
    mutating func ask(_ line: String) -> [String] {
        let before = screen.row
        type(line + "\r")
        return Array(screen.lines[(before + 1)..<screen.row])
    }
}
