import ArgumentParser
import BoardCompiler
import Console
import Foundation
import WardenMessages

/// Which board is meant, and how to show what it says.
struct BoardOptions: ParsableArguments {
    @Option(
        help: "Socket of the board's program; without it the environment's WARDEN_SOCKET, or /run/warden/socket.",
        completion: .file())
    var socket: String?
    @Option(help: "The board's address instead, HOST or HOST:PORT (7321); needs --key and --board-key.") var tcp:
        String?
    @Option(
        help: "The board's serial line instead, such as /dev/ttyUSB0; needs --key and --board-key.", completion: .file()
    )
    var serial: String?
    @Option(help: "With --serial: bits a second, as the board file says.") var baud = 115_200
    @Flag(
        name: .customLong("rs485"),
        help: "With --serial: two wires on which both sides speak in turns ('use: link-in-turns' in the board file).")
    var isHalfDuplex = false
    @Option(
        help: "With --tcp and --serial: file with this client's private key; see 'wardenctl keys make'.",
        completion: .file())
    var key: String?
    @Option(
        help: "With --tcp and --serial: the board's public key, 64 digits or a file with them.", completion: .file())
    var boardKey: String?
    @Flag(help: "Write JSON.") var json = false

    func validate() throws {
        guard [tcp, socket, serial].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("give one of --socket, --tcp and --serial")
        }
        let isFar = tcp != nil || serial != nil
        guard isFar == (key != nil), isFar == (boardKey != nil) else {
            throw ValidationError("--tcp or --serial, --key and --board-key belong together")
        }
        guard serial != nil || !isHalfDuplex else { throw ValidationError("--rs485 goes with --serial") }
        guard SerialPort.isRate(baud) else { throw ValidationError("--baud is one of \(SerialPort.rateList)") }
    }

    func connect() throws -> BoardConnection {
        let connection: BoardConnection
        if let tcp, let key, let boardKey {
            connection = try BoardConnection(
                address: tcp, key: KeyFile.readPrivate(key), board: KeyFile.publicKey(boardKey))
        } else if let serial, let key, let boardKey {
            connection = try BoardConnection(
                serial: serial, baud: baud, isHalfDuplex: isHalfDuplex, key: KeyFile.readPrivate(key),
                board: KeyFile.publicKey(boardKey))
        } else {
            let named = socket ?? ProcessInfo.processInfo.environment["WARDEN_SOCKET"]
            connection = try BoardConnection(path: named ?? "/run/warden/socket")
        }
        try connection.takeEverything()
        return connection
    }

    func show(_ table: ReportTable) {
        Terminal.write(json ? table.json.text() + "\n" : table.text())
    }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows how a running board is.",
        discussion: """
            EXAMPLES
              wardenctl status
              wardenctl status --json --socket /run/warden/socket
              wardenctl status --tcp lobby.example:7321 --key laptop.key --board-key lobby.pub
            """)
    @OptionGroup var board: BoardOptions

    func run() throws {
        let rows = BoardTables.statusRows(try board.connect().status())
        if board.json {
            Terminal.write(JSONValue.object(rows.map { ($0.key, $0.value) }).text() + "\n")
            return
        }
        for row in rows {
            let value = row.key == "uptime_s" ? duration(row.value) : plain(row.value)
            Terminal.write(row.title + String(repeating: " ", count: 22 - row.title.count) + value + "\n")
        }
    }

    private func plain(_ value: JSONValue) -> String {
        if case .string(let text) = value { text } else { value.line }
    }

    private func duration(_ value: JSONValue) -> String {
        guard case .integer(let seconds) = value else { return "" }
        let days = seconds / 86_400
        return (days > 0 ? "\(days) d " : "") + "\(seconds / 3_600 % 24) h \(seconds / 60 % 60) min \(seconds % 60) s"
    }
}

struct DoorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doors", abstract: "Lists the doors of a running board.",
        discussion: "EXAMPLES\n  wardenctl doors\n  wardenctl doors --json | jq '.[] | select(.state != \"secured\")'")
    @OptionGroup var board: BoardOptions
    func run() throws { board.show(BoardTables.doors(try board.connect().doors())) }
}

struct SensorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sensors", abstract: "Lists what a running board measures.",
        discussion: "EXAMPLES\n  wardenctl sensors\n  wardenctl sensors --json")
    @OptionGroup var board: BoardOptions
    func run() throws { board.show(BoardTables.points(try board.connect().points())) }
}

struct AlarmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms", abstract: "Lists the detectors of a running board with their alarms and troubles.",
        discussion: "EXAMPLES\n  wardenctl alarms\n  wardenctl alarm lobby_smoke acknowledge")
    @OptionGroup var board: BoardOptions
    func run() throws { board.show(BoardTables.detectors(try board.connect().detectors())) }
}

struct LinesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lines", abstract: "Lists the digital lines of a running board.",
        discussion: "EXAMPLES\n  wardenctl lines")
    @OptionGroup var board: BoardOptions
    func run() throws { board.show(BoardTables.lines(try board.connect().lines())) }
}

struct ReadersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "readers", abstract: "Lists the card readers of a running board.",
        discussion: "EXAMPLES\n  wardenctl readers")
    @OptionGroup var board: BoardOptions
    func run() throws { board.show(BoardTables.readers(try board.connect().readers())) }
}

/// Sends a command and says what came of it.
enum Commanding {
    static func run(_ command: Command, subject: String, _ connection: BoardConnection, json: Bool) throws {
        for case .command(let answer) in try connection.ask(.command(command)) {
            let result = "\(Words.commandResult(answer.result))"
            let reason = answer.reason == 0 ? "" : "\(Words.decisionReason(answer.reason))"
            if json {
                let object: [(String, JSONValue)] = [
                    ("subject", .string(subject)), ("result", .string(result)), ("reason", .string(reason)),
                ]
                Terminal.write(JSONValue.object(object).text() + "\n")
            } else {
                Terminal.write(
                    "\(subject): \(result)\(answer.result == .done || reason.isEmpty ? "" : ", \(reason)")\n")
            }
            switch answer.result {
            case .done, .started: return
            case .notPermitted: throw ArgumentParser.ExitCode(ExitStatus.notPermitted.rawValue)
            default: throw ArgumentParser.ExitCode(ExitStatus.negative.rawValue)
            }
        }
        throw Failure(status: .invalidData, message: "the board told no result")
    }

    /// Commands one of the board's things by its name.
    static func run(
        _ kind: CommandKind, of name: String, in named: NamedKind, word: String, subject: String, _ board: BoardOptions
    ) throws {
        let connection = try board.connect()
        let place = try Commanding.place(of: name, in: named, word: word, ClientNames(connection))
        try run(Command(kind: kind, target: place), subject: subject, connection, json: board.json)
    }

    /// The place of a name; a wrong one is answered with the nearest.
    static func place(of name: String, in kind: NamedKind, word: String, _ names: ClientNames) throws -> UInt32 {
        if let place = names.place(of: name, in: kind) { return UInt32(place) }
        throw Failure(
            status: .usage, message: "there is no \(word) '\(name)'",
            remedy: Suggestion.remedy(for: name, among: names.all(kind), kind: "\(word)s"))
    }
}

struct DoorCommand: ParsableCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable {
        case unlock, lock, free, lockdown, restore

        var kind: CommandKind {
            switch self {
            case .unlock: .doorUnlock
            case .lock: .doorLock
            case .free: .doorFree
            case .lockdown: .doorLockdown
            case .restore: .doorRestore
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "door", abstract: "Commands a door of a running board.",
        discussion: """
            unlock releases it for its unlock time, free until told otherwise; lock ends both. lockdown locks it for all but \
            those who may pass in a lockdown; restore ends that.

            EXAMPLES
              wardenctl door entrance unlock
              wardenctl door entrance lockdown --json
            """)
    @Argument(help: "Name of the door.") var name: String
    @Argument(help: "unlock, lock, free, lockdown or restore.") var action: Action
    @OptionGroup var board: BoardOptions

    func run() throws {
        try Commanding.run(
            action.kind, of: name, in: .door, word: "door", subject: "door \(name) \(action.rawValue)", board)
    }
}

struct ReaderCommand: ParsableCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable { case install, send }

    static let configuration = CommandConfiguration(
        commandName: "reader", abstract: "Gives an OSDP reader of a running board its key, or a file.",
        discussion: """
            install sets up the reader's secure channel with the key that the board file names for it ('security: install' or \
            'master-key'). For a minute the default key, which everybody knows, is accepted from the reader: do it where nobody \
            else can reach the cable. The board answers 'started'; an event 'command reader-install' tells how it ended.

            send hands over a file: firmware, pictures or settings, in the format of the reader's maker. It goes to the reader \
            piece by piece while cards go on being read; when this program is ended before, the board gives up a minute later.

            EXAMPLES
              wardenctl reader entrance_reader install
              wardenctl reader entrance_reader send firmware-2.14.bin
              wardenctl events -n 5
            """)
    @Argument(help: "Name of the reader.") var name: String
    @Argument(help: "install or send.") var action: Action
    @Argument(help: "The file to send; - for standard input.", completion: .file()) var file: String?
    @Option(help: "With send: what the reader takes the file for; 1 is its maker's own format, 128 to 255 are private.")
    var type: UInt8 = 1
    @OptionGroup var board: BoardOptions

    func validate() throws {
        switch action {
        case .install where file != nil: throw ValidationError("install takes no file")
        case .send where file == nil: throw ValidationError("name the file to send")
        case .send where type == 0: throw ValidationError("--type is from 1 to 255")
        default: break
        }
    }

    func run() throws {
        let subject = "reader \(name) \(action.rawValue)"
        guard let file else {
            try Commanding.run(.readerInstall, of: name, in: .reader, word: "reader", subject: subject, board)
            return
        }
        let bytes = try Files.read(file, limit: ReaderFileSending.sizeLimit)
        guard !bytes.isEmpty else {
            throw Failure(
                status: .invalidData, message: "\(file): the file is empty", remedy: "Check that it is the right file.")
        }
        let connection = try board.connect()
        let place = try Commanding.place(of: name, in: .reader, word: "reader", ClientNames(connection))
        let sending = ReaderFileSending(connection, reader: place)
        let outcome = try sending.send(bytes, type: type, isQuiet: board.json)
        let result = ReaderFileSending.word(outcome)
        if board.json {
            let object: [(String, JSONValue)] = [
                ("subject", .string(subject)), ("result", .string(result)), ("bytes", .integer(bytes.count)),
            ]
            Terminal.write(JSONValue.object(object).text() + "\n")
        } else {
            Terminal.write("\(subject): \(result)\n")
        }
        guard outcome == .processed || outcome == .restarting else {
            throw ArgumentParser.ExitCode(ExitStatus.negative.rawValue)
        }
    }
}

struct PointCommand: ParsableCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable { case on, off, release }

    static let configuration = CommandConfiguration(
        commandName: "point", abstract: "Forces an input or output of a running board for a while, or ends that.",
        discussion: """
            on and off set it whatever its wire or the board says; it ends by itself, by release, with the board's restart, \
            and as soon as the board demands another level of an output. What a door needs to let people out is refused. \
            For technicians.

            EXAMPLES
              wardenctl point siren on
              wardenctl point flow_switch off --seconds 600
              wardenctl point siren release
              wardenctl lines
            """)
    @Argument(help: "Name of the input or output.") var name: String
    @Argument(help: "on, off or release.") var action: Action
    @Option(help: "With on and off: how long, 1 to 3600 s; a minute without it.") var seconds: UInt32?
    @OptionGroup var board: BoardOptions

    func validate() throws {
        guard action != .release || seconds == nil else { throw ValidationError("--seconds goes with on and off") }
        guard (1...3_600).contains(seconds ?? 1) else { throw ValidationError("--seconds is from 1 to 3600") }
    }

    func run() throws {
        let connection = try board.connect()
        let place = try Commanding.place(of: name, in: .line, word: "line", ClientNames(connection))
        let command =
            action == .release
            ? Command(kind: .pointRelease, target: place)
            : Command(kind: .pointForce, target: place, value: action == .on ? 1 : 0, seconds: seconds ?? 0)
        try Commanding.run(command, subject: "point \(name) \(action.rawValue)", connection, json: board.json)
    }
}

struct AlarmCommand: ParsableCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable {
        case acknowledge, silence, reset, cancel, bypass, restore, hush, away, returned, cleaned, serviced

        var kind: CommandKind {
            switch self {
            case .acknowledge: .alarmAcknowledge
            case .silence: .alarmSilence
            case .reset: .alarmReset
            case .cancel: .fallCancel
            case .bypass: .alarmBypass
            case .restore: .alarmRestore
            case .hush: .detectorHush
            case .away: .residentAway
            case .returned: .residentReturned
            case .cleaned: .detectorCleaned
            case .serviced: .detectorServiced
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "alarm", abstract: "Acknowledges, silences or resets an alarm of a running board.",
        discussion: """
            bypass takes the detector out of service for an hour at the most, restore ends that. hush makes a smoke detector less \
            sensitive while somebody cooks; away tells a detector of silence, water or power use that nobody is expected, for a \
            day where nothing is said, and returned ends that. cleaned has a smoke chamber learn clean air anew, serviced says \
            that a call point was tried. What a detector has no use for is refused.

            EXAMPLES
              wardenctl alarm lobby_smoke acknowledge
              wardenctl alarm caretaker_fall cancel
              wardenctl alarm kitchen_smoke hush --minutes 5
              wardenctl alarm silence away --minutes 20160
            """)
    @Argument(help: "Name of the detector.") var name: String
    @Argument(
        help:
            "acknowledge, silence, reset, cancel (of a fall), bypass, restore, hush, away, returned, cleaned or serviced."
    ) var action: Action
    @Option(help: "With hush and away: how long, 1 to 129600.") var minutes: UInt32?
    @OptionGroup var board: BoardOptions

    func validate() throws {
        guard minutes == nil || action == .hush || action == .away else {
            throw ValidationError("--minutes goes with hush and away")
        }
        guard (1...129_600).contains(minutes ?? 1) else { throw ValidationError("--minutes is from 1 to 129600") }
    }

    func run() throws {
        let connection = try board.connect()
        let place = try Commanding.place(of: name, in: .detector, word: "detector", ClientNames(connection))
        try Commanding.run(
            Command(kind: action.kind, target: place, seconds: (minutes ?? 0) * 60),
            subject: "alarm \(name) \(action.rawValue)", connection, json: board.json)
    }
}

struct WalkTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walktest", abstract: "Tests detectors of a running board without an alarm.",
        discussion: """
            A detector under test tells each activation and raises no alarm; outputs follow only where an effect asks for \
            'state: test'. Every other detector alarms as ever, and an alarm of smoke, heat or gas at one of them ends all tests \
            at once. A test ends by itself; a detector that is still activated then is an alarm. Without a name this lists what \
            is under test, or was, and how often it was activated.

            EXAMPLES
              wardenctl walktest lobby_smoke                half an hour
              wardenctl walktest --all --minutes 60         all but those of a person: falls, silence, SOS
              wardenctl walktest                            which were activated, which not yet
              wardenctl walktest --all --end
            """)
    @Argument(help: "Name of the detector.") var name: String?
    @Flag(help: "All detectors that have no alarm.") var all = false
    @Option(help: "How long the test lasts, from 1 to 240.") var minutes: UInt32?
    @Flag(help: "End the test.") var end = false
    @OptionGroup var board: BoardOptions

    func validate() throws {
        guard (1...240).contains(minutes ?? 30) else { throw ValidationError("--minutes is from 1 to 240") }
        if all && name != nil { throw ValidationError("name a detector or give --all, not both") }
        if end && minutes != nil { throw ValidationError("--end takes no --minutes") }
        if name == nil && !all && (end || minutes != nil) { throw ValidationError("name a detector, or give --all") }
    }

    func run() throws {
        let duration = (minutes ?? 0) * 60
        let verb = end ? "end" : "begin"
        let connection = try board.connect()
        if let name {
            let place = try Commanding.place(of: name, in: .detector, word: "detector", ClientNames(connection))
            let kind: CommandKind = end ? .walkTestEnd : .walkTestBegin
            try Commanding.run(
                Command(kind: kind, target: place, seconds: duration), subject: "walktest \(name) \(verb)",
                connection,
                json: board.json)
        } else if all {
            let kind: CommandKind = end ? .walkTestEndAll : .walkTestBeginAll
            try Commanding.run(
                Command(kind: kind, seconds: duration), subject: "walktest all \(verb)", connection, json: board.json)
        } else {
            board.show(BoardTables.walkTests(try connection.detectors(), at: try connection.status().uptimeNs))
        }
    }
}

struct FireResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fire-reset", abstract: "Ends the fire state of all doors of a running board.",
        discussion: "EXAMPLES\n  wardenctl fire-reset")
    @OptionGroup var board: BoardOptions

    func run() throws {
        try Commanding.run(Command(kind: .fireReset), subject: "fire reset", board.connect(), json: board.json)
    }
}

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Shows what happened on a running board.",
        discussion: """
            EXAMPLES
              wardenctl events                     the newest twenty
              wardenctl events --from 1            everything since the last start that is kept
              wardenctl events --follow --json     one object a line, as it happens
            """)
    @Option(name: .shortAndLong, help: "The newest so many.") var number = 20
    @Option(help: "From this sequence number on, since the last start; older ones go to named readers.") var from:
        UInt64?
    @Flag(name: .shortAndLong, help: "Go on with what happens, until interrupted.") var follow = false
    @OptionGroup var board: BoardOptions

    func validate() throws {
        guard (0...65_536).contains(number) else { throw ValidationError("--number is from 0 to 65536") }
    }

    func run() throws {
        let connection = try board.connect()
        let names = try ClientNames(connection)
        let query =
            from.map { EventQuery(fromSequence: $0, limit: 65_536) } ?? EventQuery(limit: UInt32(number), newest: true)
        var last: UInt64 = 0
        for case .event(let event) in try connection.ask(.events(query)) {
            show(EventLine(event: event, names: names))
            last = event.sequence
        }
        guard follow else { return }
        if last == 0 { last = try connection.status().lastSequence }
        try connection.send(.subscribe(Subscription(fromSequence: last + 1)))
        while true {
            guard let response = try connection.next(patience: 10_000) else {
                try connection.send(.keepAlive(KeepAlive()))
                continue
            }
            if case .event(let event)? = response.body { show(EventLine(event: event, names: names)) }
        }
    }

    private func show(_ line: EventLine) { Terminal.write((board.json ? line.json.line : line.text) + "\n") }
}
