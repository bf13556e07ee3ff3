import ArgumentParser
import BoardCompiler
import BoardImage
import Console
import FixedMemory
import Foundation
import WardenMessages

/// `wardenctl image`: brings a board image to a running board.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Brings a running board a new image, on trial.",
        discussion: """
            An image is sent while doors are served, checked by the board before anything is replaced, and applied on \
            trial: the board restarts with it, and goes back to the one before by itself unless it comes up healthy and \
            somebody confirms the image in time. For administrators.

            EXAMPLES
              wardenctl image send lobby.board --apply --confirm
              wardenctl image send lobby.board
              wardenctl image apply --wait
              wardenctl image confirm
              wardenctl image rollback
            """,
        subcommands: [Send.self, Status.self, Apply.self, Confirm.self, RollBack.self, Drop.self])

    struct Send: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends an image; one that was interrupted goes on where it was.")
        @Argument(help: "The image, as 'wardenctl board build' wrote it.", completion: .file(extensions: ["board"]))
        var file: String
        @Flag(help: "Apply it once the board has found it good.") var apply = false
        @Flag(help: "With --apply: wait until the board is healthy with it, and confirm it.") var confirm = false
        @OptionGroup var board: BoardOptions

        func validate() throws {
            guard apply || !confirm else { throw ValidationError("--confirm goes with --apply") }
        }

        func run() throws {
            let bytes = try Files.read(file, limit: ImageEnvelope.length + ImageEnvelope.messageLimit)
            do { _ = try BoardImage(decoding: bytes.span) } catch {
                throw Failure(
                    status: .invalidData, message: "\(file): is no sound board image",
                    remedy: "'wardenctl board build' makes one; copy it again if it was.")
            }
            var update = ImageUpdate(board)
            try update.send(bytes, name: file)
            if apply {
                try update.apply()
                try update.waitForHealth()
                if confirm { try update.confirm() }
            }
            update.show()
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows how far an image has come.")
        @OptionGroup var board: BoardOptions
        func run() throws {
            var update = ImageUpdate(board)
            try update.ask(.action(.query))
            update.show()
        }
    }

    struct Apply: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Restarts the board with the image that was sent, on trial.")
        @Flag(help: "Wait until the board is healthy with it.") var wait = false
        @OptionGroup var board: BoardOptions
        func run() throws {
            var update = ImageUpdate(board)
            try update.apply()
            if wait { try update.waitForHealth() }
            update.show()
        }
    }

    struct Confirm: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps the image on trial; the board must be healthy with it.")
        @OptionGroup var board: BoardOptions
        func run() throws {
            var update = ImageUpdate(board)
            try update.confirm()
            update.show()
        }
    }

    struct RollBack: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: "Restarts the board with the image before.")
        @OptionGroup var board: BoardOptions
        func run() throws {
            var update = ImageUpdate(board)
            try update.rollBack()
            update.show()
        }
    }

    struct Drop: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forgets an image that was sent and not applied.")
        @OptionGroup var board: BoardOptions
        func run() throws {
            var update = ImageUpdate(board)
            try update.ask(.action(.drop))
            update.show()
        }
    }
}

/// The steps of an update, one after the other, over restarts of the board.
struct ImageUpdate {
    /// How long a board may take to restart.
    private static let restartSeconds = 60.0
    /// Bytes of a piece.
    private static let pieceBytes = 768

    private let options: BoardOptions
    private var connection: BoardConnection?
    private var state = ImageState()

    init(_ options: BoardOptions) { self.options = options }

    // MARK: Asking

    /// Asks for a step, and notes the state that it led to.
    mutating func ask(_ step: ImageTransfer.Step, allowing allowed: [CommandResult] = []) throws {
        let connection = try self.connection ?? options.connect()
        self.connection = connection
        for case .image(let state) in try connection.ask(.image(ImageTransfer(step: step))) {
            self.state = state
            switch state.result {
            case .done, .started: return
            case let result where allowed.contains(result): return
            default: throw refused(state)
            }
        }
        throw Failure(status: .invalidData, message: "the board told nothing of its image")
    }

    private func refused(_ state: ImageState) -> Failure {
        switch state.result {
        case .notPermitted:
            Failure.notPermitted(
                remedy: "Images are for administrators: 'role' under 'clients' or 'local_users' of the board file.")
        case .unknownCommand:
            Failure(
                status: .unavailable, message: "this board takes no images over a link",
                remedy: "Start wardend with --state DIR, a folder of its own on a disk that lasts.")
        case .busy:
            Failure(
                status: .unavailable, message: "the board is busy: \(ImageUpdate.phase(state.phase))",
                remedy: "Try again; 'wardenctl image status' shows how far it is.")
        case .refused where state.fault != .none:
            Failure(
                status: .negative, message: "the image is refused: \(ImageUpdate.fault(state))",
                remedy: ImageUpdate.remedy(state.fault))
        default:
            Failure(
                status: .negative, message: "that does not go now: \(ImageUpdate.phase(state.phase))",
                remedy: "'wardenctl image status' shows how far it is.")
        }
    }

    // MARK: Steps

    mutating func send(_ bytes: [UInt8], name: String) throws {
        let checksum = Checksum.crc32c(bytes.span)
        try ask(.begin(ImageBegin(size: UInt32(bytes.count), checksum: checksum)))
        var progress = TransferProgress(name, total: bytes.count, unit: "B", isQuiet: options.json)
        defer { progress.end() }
        while state.phase == .receiving, Int(state.received) < bytes.count {
            let begin = Int(state.received)
            let end = min(begin + ImageUpdate.pieceBytes, bytes.count)
            let data = FixedBytes<768>(bytes.span.extracting(begin..<end))
            try ask(.chunk(ImageChunk(offset: UInt32(begin), data: data)), allowing: [.busy])
            // The board's disk is slower than the link; doors do not notice.
            if state.result == .busy { Thread.sleep(forTimeInterval: 0.01) }
            progress.show(Int(state.received))
        }
        while state.phase == .checking {
            Thread.sleep(forTimeInterval: 0.1)
            try ask(.action(.query))
        }
        guard state.phase == .staged else {
            throw Failure(
                status: .negative, message: "the image is refused: \(ImageUpdate.fault(state))",
                remedy: ImageUpdate.remedy(state.fault))
        }
    }

    mutating func apply() throws {
        try ask(.action(.apply))
        try waitForRestart { $0.phase == .trial || $0.fault != .none }
        guard state.phase == .trial else { throw wentBack() }
    }

    mutating func rollBack() throws {
        let before = state.checksum
        try ask(.action(.rollBack))
        let left = state.checksum == 0 ? before : state.checksum
        try waitForRestart { $0.checksum != left }
    }

    mutating func waitForHealth() throws {
        while !state.healthy {
            Thread.sleep(forTimeInterval: 0.25)
            do { try ask(.action(.query)) } catch let failure as Failure where failure.status == .unavailable {
                connection = nil
                try waitForRestart { _ in true }
            }
            if state.phase != .trial { throw wentBack() }
        }
    }

    mutating func confirm() throws {
        try ask(.action(.confirm))
        while state.phase == .trial {
            Thread.sleep(forTimeInterval: 0.05)
            try ask(.action(.query))
        }
    }

    /// Waits until the board has restarted and its state is as wanted.
    private mutating func waitForRestart(_ isReached: (ImageState) -> Bool) throws {
        let end = Date().addingTimeInterval(ImageUpdate.restartSeconds)
        while true {
            Thread.sleep(forTimeInterval: 0.1)
            do {
                try ask(.action(.query))
                if state.phase != .restarting && isReached(state) { return }
            } catch let failure as Failure where failure.status == .unavailable {
                connection = nil
            }
            guard Date() < end else {
                throw Failure(
                    status: .unavailable, message: "the board has not come back",
                    remedy: "It goes back to the image before by itself; look at its log.")
            }
        }
    }

    private func wentBack() -> Failure {
        Failure(
            status: .negative, message: "the board went back to the image before: \(ImageUpdate.fault(state))",
            remedy: ImageUpdate.remedy(state.fault))
    }

    // MARK: Words

    func show() {
        if options.json {
            let object: [(String, JSONValue)] = [
                ("phase", .string(ImageUpdate.word(state.phase))), ("generation", .integer(Int(state.generation))),
                ("checksum", .string(String(format: "%08x", state.checksum))),
                ("received", .integer(Int(state.received))), ("size", .integer(Int(state.size))),
                ("trial_ms", .integer(Int(state.trialMs))), ("healthy", .boolean(state.healthy)),
                ("has_previous", .boolean(state.hasPrevious)), ("fault", .string(ImageUpdate.word(state.fault))),
                ("detail", .string(BoardTables.text(state.detail))),
            ]
            Terminal.write(JSONValue.object(object).text() + "\n")
            return
        }
        Terminal.write(
            "running     generation \(state.generation), checksum \(String(format: "%08x", state.checksum))\n")
        Terminal.write("image       \(ImageUpdate.phase(state.phase))\n")
        if state.size > 0 { Terminal.write("received    \(state.received) of \(state.size) bytes\n") }
        if state.phase == .trial {
            let seconds = state.trialMs / 1_000
            Terminal.write(
                "trial       \(state.healthy ? "healthy" : "not healthy yet"); confirm within \(seconds) s\n")
        }
        if state.fault != .none { Terminal.write("last        \(ImageUpdate.fault(state))\n") }
        if state.hasPrevious { Terminal.write("before      there is an image to go back to\n") }
    }

    static func word(_ phase: ImagePhase) -> String {
        switch phase {
        case .none: "none"
        case .receiving: "receiving"
        case .staged: "staged"
        case .trial: "trial"
        case .checking: "checking"
        case .restarting: "restarting"
        case .unrecognised(let number): "\(number)"
        }
    }

    static func phase(_ phase: ImagePhase) -> String {
        switch phase {
        case .none: "nothing is on its way"
        case .receiving: "one is being sent"
        case .staged: "one is here and good; 'image apply' tries it"
        case .trial: "the one that runs is on trial"
        case .checking: "one is being checked"
        case .restarting: "the board is restarting"
        case .unrecognised: "in a state that this wardenctl does not know"
        }
    }

    static func word(_ fault: ImageFault) -> String {
        switch fault {
        case .none: "none"
        case .damaged: "damaged"
        case .version: "version"
        case .overBudget: "over-budget"
        case .otherBoard: "other-board"
        case .wrongKey: "wrong-key"
        case .invalid: "invalid"
        case .store: "store"
        case .notHealthy: "not-healthy"
        case .crashed: "crashed"
        case .notConfirmed: "not-confirmed"
        case .rolledBackByCommand: "rolled-back-by-command"
        case .unrecognised(let number): "\(number)"
        }
    }

    static func fault(_ state: ImageState) -> String {
        let words =
            switch state.fault {
            case .none: "no reason is known"
            case .damaged: "it is damaged"
            case .version: "it is made for another version of the board's program"
            case .overBudget: "it needs more than the board gives"
            case .otherBoard: "it is made for another board"
            case .wrongKey: "it is made with another hash key"
            case .invalid: "it contradicts itself"
            case .store: "the board's disk does not take it"
            case .notHealthy: "the board did not become healthy with it"
            case .crashed: "the board's program ended with it, again and again"
            case .notConfirmed: "nobody confirmed it in time"
            case .rolledBackByCommand: "somebody rolled it back"
            case .unrecognised(let number): "for a reason that this wardenctl does not know (\(number))"
            }
        let detail = BoardTables.text(state.detail)
        return detail.isEmpty ? words : "\(words): \(detail)"
    }

    static func remedy(_ fault: ImageFault) -> String {
        switch fault {
        case .damaged: "Send it again; build it again with 'wardenctl board build' if that does not help."
        case .version: "Build it with the wardenctl that belongs to the board's program."
        case .overBudget: "Lower its 'capacities', or start wardend with a larger --memory."
        case .otherBoard: "Send it to the board that it is made for; 'wardenctl status' shows this one's name."
        case .wrongKey: "Build it with this board's hash key."
        case .invalid: "'wardenctl board check' says where."
        case .store: "Look at the disk of wardend's --state folder: its room, and whether it can be written."
        case .notHealthy: "Lines, ports and buses that are missing with it are in 'wardenctl events' of that time."
        case .crashed: "Look at the board's log of that time."
        case .notConfirmed: "Send 'wardenctl image confirm' while the trial lasts."
        default: "'wardenctl events' shows what happened."
        }
    }
}
