import ArgumentParser
import BoardCompiler
import BoardImage
import Console
import Cryptography
import FixedMemory
import Foundation
import WardenMessages

/// `wardenctl credentials`: the cards and codes of a running board.
struct CredentialsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials", abstract: "Shows and changes the cards and codes of a running board.",
        discussion: """
            Changes are made all at once or not at all, and give the list a new version. Identifiers are hashed here, with \
            the board's key: they go neither over the link nor into arguments, but come from a file or from standard \
            input ('-'). A list is YAML as under 'credentials' of a board file, or a table (CSV) whose first line names \
            the same fields. A board with a folder for its state (wardend --state) keeps the list over restarts. For \
            administrators.

            EXAMPLES
              wardenctl credentials status
              wardenctl credentials load residents.csv --board lobby.yaml --hash-key lobby.hashkey
              echo '[{tag: "01020F7A5C", groups: [residents]}]' | wardenctl credentials add - \\
                  --board lobby.yaml --hash-key lobby.hashkey
              wardenctl credentials remove lost.csv --board lobby.yaml --hash-key lobby.hashkey

            A table:
              tag,groups,holder,valid_until
              0500207B32,residents garage,4711,
              01020F7A5C,cleaners,,2026-12-31
            """,
        subcommands: [Status.self, Load.self, Add.self, Remove.self])

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows how many there are, and the list's version.")
        @OptionGroup var board: BoardOptions
        func run() throws {
            let transfer = CredentialUpload(try board.connect(), isQuiet: board.json)
            transfer.show(try transfer.query(), json: board.json)
        }
    }

    struct Source: ParsableArguments {
        @Argument(help: "The list, YAML or CSV; - for standard input.", completion: .file()) var list: String
        @Option(
            name: .customLong("board"), help: "The board file, which names the groups and card formats.",
            completion: .file(extensions: ["yaml", "yml"]))
        var boardFile: String
        @Option(help: "The board's secret for identifiers.", completion: .file()) var hashKey: String
        @Option(help: "Version that results; one more than before without it.") var version: UInt64?

        func credentials() throws -> [Credential] { try CredentialList.read(list, board: boardFile, hashKey: hashKey) }
    }

    struct Load: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Replaces all cards and codes by those of a list.")
        @OptionGroup var source: Source
        @OptionGroup var board: BoardOptions
        func run() throws {
            let changes = try source.credentials().map { CredentialChange(change: .put($0)) }
            let transfer = CredentialUpload(try board.connect(), isQuiet: board.json)
            let state = try transfer.send(changes, base: 0, version: source.version)
            transfer.show(state, json: board.json)
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds the cards and codes of a list; what is there already is replaced.")
        @OptionGroup var source: Source
        @OptionGroup var board: BoardOptions
        func run() throws {
            let changes = try source.credentials().map { CredentialChange(change: .put($0)) }
            try CredentialUpload.change(changes, board, source.version)
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes the cards and codes of a list; nothing but who they are counts.")
        @OptionGroup var source: Source
        @OptionGroup var board: BoardOptions
        func run() throws {
            let changes = try source.credentials().map { CredentialChange(change: .remove(FixedBytes($0.hash.span))) }
            try CredentialUpload.change(changes, board, source.version)
        }
    }
}

/// A list of credentials in a file, hashed.
enum CredentialList {
    static func read(_ path: String, board boardPath: String, hashKey: String) throws -> [Credential] {
        let boardText = try Files.readText(boardPath, limit: 4 << 20)
        let whole = BoardCompiler().check(boardText)
        guard whole.board != nil else {
            let report = ProblemReport(fileName: boardPath, text: boardText, problems: whole.problems)
            Terminal.complain(report.text(colour: Terminal.hasColour(.standardError)))
            throw Failure(status: .invalidData, message: "\(boardPath): \(report.summary)")
        }
        let text = try Files.readText(path, limit: 256 << 20)
        let isYaml = path.hasSuffix(".yaml") || path.hasSuffix(".yml") || beginsAsYaml(text)
        guard !isYaml else { return try hashed(text, path, boardText, hashKey) }
        let table: CredentialTable
        do { table = try CredentialTable(text) } catch let error as CredentialTable.Malformed {
            throw Failure(
                status: .invalidData, message: "\(path):\(error.line): \(error.message)",
                remedy: "The first line names the columns, such as: tag,groups")
        }
        var credentials: [Credential] = []
        for first in stride(from: 0, to: table.rows.count, by: CredentialTable.rowsAtOnce) {
            let range = first..<min(first + CredentialTable.rowsAtOnce, table.rows.count)
            credentials += try hashed(table.yaml(range), path, boardText, hashKey)
        }
        return credentials
    }

    private static func beginsAsYaml(_ text: String) -> Bool {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            return line.hasPrefix("-") || line.hasPrefix("[") || line.hasPrefix("credentials:")
        }
        return false
    }

    private static func hashed(_ list: String, _ path: String, _ board: String, _ hashKey: String) throws
        -> [Credential]
    {
        let result = BoardCompiler().check(board, credentials: list)
        // Without the text: what stands on cards is not shown.
        let report = ProblemReport(fileName: path, text: "", problems: result.problems)
        guard let checked = result.board else {
            Terminal.complain(report.text(colour: Terminal.hasColour(.standardError)))
            throw Failure(status: .invalidData, message: "\(path): \(report.summary)")
        }
        let keys = Dictionary(uniqueKeysWithValues: checked.readerKeyNames.map { ($0, CredentialList.noKey) })
        let image: [UInt8]
        do { image = try checked.image(key: HashKeyFile.read(hashKey), readerKeys: keys, generation: 1) } catch {
            guard case CheckedBoard.BuildFailure.sameCard(let first, let second) = error else { throw error }
            throw Failure(
                status: .invalidData, message: "\(path): entries \(first) and \(second) are the same card",
                remedy: "Remove one of them; what both may do goes into one.")
        }
        var credentials: [Credential] = []
        var walker = try CredentialWalker(image.span)
        while let credential = walker.next() { credentials.append(credential) }
        return credentials
    }

    /// Readers' keys have no part in credentials.
    private static let noKey = AES128([UInt8](repeating: 0, count: 16).span)!
}

/// Brings changes of credentials to a board.
final class CredentialUpload {
    private static let changesAtOnce = 12
    private static let keepingSeconds = 30.0

    private let connection: BoardConnection
    private let isQuiet: Bool

    init(_ connection: BoardConnection, isQuiet: Bool) {
        self.connection = connection
        self.isQuiet = isQuiet
    }

    /// Changes the list that the board has.
    static func change(_ changes: [CredentialChange], _ board: BoardOptions, _ version: UInt64?) throws {
        let upload = CredentialUpload(try board.connect(), isQuiet: board.json)
        let before = try upload.query()
        guard before.version > 0 else {
            throw Failure(
                status: .negative, message: "the board has the list of its image, which is changed with the image",
                remedy: "Send a whole list first: wardenctl credentials load")
        }
        let state = try upload.send(changes, base: before.version, version: version)
        upload.show(state, json: board.json)
    }

    func query() throws -> CredentialState { try ask(.query(CredentialQuery())) }

    private func ask(_ step: CredentialTransfer.Step) throws -> CredentialState {
        let end = Date().addingTimeInterval(CredentialUpload.keepingSeconds)
        while true {
            for case .credentials(let state) in try connection.ask(.credentials(CredentialTransfer(step: step))) {
                if state.result == .done { return state }
                guard state.result == .busy, Date() < end else { throw refused(state) }
            }
            // The board sweeps up the list before, or its disk is slower than the link.
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private func refused(_ state: CredentialState) -> Failure {
        switch state.result {
        case .notPermitted:
            Failure.notPermitted(
                remedy: "Credentials are for administrators: 'role' under 'clients' or 'local_users' of the board file."
            )
        case .outOfRange:
            Failure(
                status: .negative,
                message: "the board refuses an entry: the same card twice, or a value beyond its bounds",
                remedy: "More than 512 changes are sent as a whole list: wardenctl credentials load")
        case .refused:
            Failure(
                status: .negative,
                message:
                    "the board refuses the change: it has version \(state.version), \(state.count) of \(state.capacity)",
                remedy: "The new version must be higher, and everything must fit 'credentials' under 'capacities'.")
        default:
            Failure(status: .unavailable, message: "the board says: \(Words.commandResult(state.result))")
        }
    }

    /// Makes all of the changes, or none.
    func send(_ changes: [CredentialChange], base: UInt64, version: UInt64?) throws -> CredentialState {
        let before = try query()
        let wanted = version ?? before.version + 1
        let begin = CredentialBegin(baseVersion: base, version: wanted, changes: UInt32(changes.count))
        var state = try ask(.begin(begin))
        var progress = TransferProgress("credentials", total: changes.count, unit: "cards", isQuiet: isQuiet)
        defer { progress.end() }
        while Int(state.received) < changes.count {
            let first = Int(state.received)
            var chunk = CredentialChunk(offset: UInt32(first))
            for change in changes[first..<min(first + CredentialUpload.changesAtOnce, changes.count)] {
                chunk.changes.append(change)
            }
            state = try ask(.chunk(chunk))
            guard Int(state.received) > first else {
                throw Failure(status: .unavailable, message: "the board took nothing of the list")
            }
            progress.show(Int(state.received))
        }
        state = try ask(.commit(CredentialCommit()))
        return try waitUntilKept(state)
    }

    /// Waits until the list would survive a power cut.
    private func waitUntilKept(_ state: CredentialState) throws -> CredentialState {
        var state = state
        let end = Date().addingTimeInterval(CredentialUpload.keepingSeconds)
        while state.keeps, state.keptVersion != state.version, Date() < end {
            Thread.sleep(forTimeInterval: 0.05)
            state = try query()
        }
        return state
    }

    func show(_ state: CredentialState, json: Bool) {
        if json {
            let object: [(String, JSONValue)] = [
                ("version", .integer(Int(clamping: state.version))), ("count", .integer(Int(state.count))),
                ("capacity", .integer(Int(state.capacity))), ("keeps", .boolean(state.keeps)),
                ("kept_version", .integer(Int(clamping: state.keptVersion))),
            ]
            Terminal.write(JSONValue.object(object).text() + "\n")
            return
        }
        Terminal.write("\(state.count) of \(state.capacity) credentials, ")
        Terminal.write(state.version == 0 ? "those of the image\n" : "version \(state.version)\n")
        guard state.version > 0 else { return }
        if !state.keeps {
            Terminal.write("until the board's next start: wardend has no folder for its state (--state)\n")
        } else if state.keptVersion != state.version {
            Terminal.write("not on the board's disk: after a restart it has version \(state.keptVersion)\n")
        }
    }
}
