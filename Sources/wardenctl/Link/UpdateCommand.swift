import ArgumentParser
import BoardCompiler
import Cryptography
import FixedMemory
import Foundation
import WardenMessages

/// `wardenctl update`: brings a board a new system.
struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Brings a running board a new system, signed by its site.",
        discussion: """
            The bundle that 'make image' writes beside an image is sent while doors are served; one that was interrupted \
            goes on where it was. The board refuses a damaged bundle, one that its site has not signed, one for other \
            hardware and one that is not newer, before anything is written. It writes the other of its two systems, starts \
            it once there is no alarm, and goes back by itself unless that proves healthy. For administrators.

            EXAMPLES
              wardenctl update warden-beagleplay_0.2.0.raucb --tcp lobby.example --key office.key --board-key lobby.pub
              wardenctl update --status
              wardenctl update --drop
            """)
    @Argument(help: "The bundle.", completion: .file(extensions: ["raucb"])) var file: String?
    @Flag(help: "Show how far an update is, and end.") var status = false
    @Flag(help: "Forget what was sent of an update.") var drop = false
    @OptionGroup var board: BoardOptions

    func validate() throws {
        guard [file != nil, status, drop].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of a bundle, --status and --drop")
        }
    }

    func run() throws {
        var update = SystemUpdate(try board.connect(), isQuiet: board.json)
        if status {
            try update.ask(.action(.query))
        } else if drop {
            try update.ask(.action(.drop))
        } else if let file {
            try update.send(file)
            try update.waitForEnd()
        }
        update.show()
    }
}

/// The steps of an update.
struct SystemUpdate {
    private static let pieceBytes = 768
    /// Pieces under way at once, so that a long way to the board costs its time once and not for each piece.
    private static let window = 12

    private let connection: BoardConnection
    private let isQuiet: Bool
    private var state = UpdateState()

    init(_ connection: BoardConnection, isQuiet: Bool) {
        self.connection = connection
        self.isQuiet = isQuiet
    }

    mutating func ask(_ step: UpdateTransfer.Step) throws {
        for case .update(let state) in try connection.ask(.update(UpdateTransfer(step: step))) {
            self.state = state
            guard state.result == .done || state.result == .started else { throw refused(state.result) }
            return
        }
        throw Failure(status: .invalidData, message: "the board told nothing of its update")
    }

    private func refused(_ result: CommandResult) -> Failure {
        switch result {
        case .notPermitted:
            Failure.notPermitted(
                remedy: "Updates are for administrators: 'role' under 'clients' or 'local_users' of the board file.")
        case .unknownCommand:
            Failure(
                status: .unavailable, message: "this board takes no updates of its system over a link",
                remedy: "That is for boards with an image (make image); others are updated with their package.")
        case .busy:
            Failure(
                status: .unavailable, message: "the board is busy with an update: \(words)",
                remedy: "'wardenctl update --status' shows how far it is.")
        default: Failure(status: .negative, message: "that does not go now: \(words)")
        }
    }

    // MARK: Sending

    mutating func send(_ path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path),
            let end = try? handle.seekToEnd(), end > 0, end <= 1 << 30
        else {
            throw Failure(
                status: .cannotRead, message: "\(path): is no bundle that can be read",
                remedy: "'make image' writes one: warden-HARDWARE_VERSION.raucb, at most 1 GiB.")
        }
        defer { try? handle.close() }
        let size = Int(end)
        let hash = try SystemUpdate.hash(of: handle)
        try ask(.begin(UpdateBegin(size: UInt32(size), sha256: FixedBytes(hash.span))))
        while state.phase == .opening {
            Thread.sleep(forTimeInterval: 0.02)
            try ask(.action(.query))
        }
        var progress = TransferProgress(path, total: size, unit: "B", isQuiet: isQuiet)
        defer { progress.end() }
        while state.phase == .receiving { try sendPieces(handle, size, &progress) }
    }

    private static func hash(of handle: FileHandle) throws -> Digest {
        var sum = SHA256Stream()
        try handle.seek(toOffset: 0)
        while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty { sum.append(Array(data).span) }
        return sum.finish()
    }

    /// Sends from where the board is, until it says that it takes no more just now, or has all.
    private mutating func sendPieces(_ handle: FileHandle, _ size: Int, _ progress: inout TransferProgress) throws {
        var next = Int(state.received)
        var underWay = 0
        var isRefused = false
        try handle.seek(toOffset: UInt64(next))
        repeat {
            while underWay < SystemUpdate.window, next < size, !isRefused {
                guard let data = try handle.read(upToCount: SystemUpdate.pieceBytes), !data.isEmpty else { break }
                let chunk = UpdateChunk(offset: UInt32(next), data: FixedBytes(Array(data).span))
                try connection.send(.update(UpdateTransfer(step: .chunk(chunk))))
                next += data.count
                underWay += 1
            }
            guard underWay > 0 else { return }
            guard let response = try connection.next(patience: 20_000) else {
                throw Failure(
                    status: .unavailable, message: "the board takes no more",
                    remedy: "Send it again: it goes on where it was.")
            }
            if case .refusal? = response.body { throw Failure(status: .notPermitted, message: "the board refuses it") }
            guard case .update(let state)? = response.body else { continue }
            underWay -= 1
            self.state = state
            progress.show(Int(state.received))
            if state.result != .done { isRefused = true }
        } while underWay > 0 || next < size && !isRefused
        // The board's disk is slower than the link; doors do not notice.
        if isRefused { Thread.sleep(forTimeInterval: 0.01) }
    }

    // MARK: The end

    /// Waits until the board has written the bundle or refused it.
    mutating func waitForEnd() throws {
        var shown = ""
        while state.phase == .checking || state.phase == .installing {
            if !isQuiet, words != shown {
                shown = words
                Terminal.complain(shown)
            }
            Thread.sleep(forTimeInterval: 0.5)
            try ask(.action(.query))
        }
        guard state.phase == .written else {
            throw Failure(status: .negative, message: "the update is refused: \(words)")
        }
    }

    private var words: String {
        let detail = String(decoding: (0..<state.detail.count).map { state.detail[$0] }, as: UTF8.self)
        return switch state.phase {
        case .none: "there is none"
        case .opening: "the board opens its store"
        case .receiving: "\(state.received) of \(state.size) bytes received"
        case .checking: "received whole; the board compares it with what was announced"
        case .installing: detail.isEmpty ? "the board's system looks at it" : detail
        case .refused: detail.isEmpty ? "the board gave no reason" : detail
        case .written: "written; the board starts it as soon as there is no alarm"
        case .unrecognised: "in a state that this wardenctl does not know"
        }
    }

    private static func word(_ phase: UpdatePhase) -> String {
        switch phase {
        case .none: "none"
        case .opening: "opening"
        case .receiving: "receiving"
        case .checking: "checking"
        case .installing: "installing"
        case .refused: "refused"
        case .written: "written"
        case .unrecognised(let number): "\(number)"
        }
    }

    func show() {
        if isQuiet {
            let object = JSONValue.object([
                ("phase", .string(SystemUpdate.word(state.phase))), ("received", .integer(Int(state.received))),
                ("size", .integer(Int(state.size))), ("detail", .string(words)),
            ])
            Terminal.write(object.text() + "\n")
        } else {
            Terminal.write("update: \(words)\n")
        }
    }
}
