import FixedMemory
import Foundation
import WardenMessages

/// The board's console over the link: a terminal of a person's, or commands of a script's.
final class RemoteConsole {
    private let connection: BoardConnection
    private var taken: UInt64 = 0
    /// What was shown and nobody has looked at.
    private var shown: [UInt8] = []

    /// - Parameters:
    ///   - columns: of the terminal; 0 for one that only goes down.
    init(_ connection: BoardConnection, columns: Int, rows: Int) throws {
        self.connection = connection
        let size = ConsoleOpen(columns: UInt32(clamping: min(columns, 240)), rows: UInt32(clamping: min(rows, 200)))
        for case .console(let output) in try connection.ask(.console(ConsoleStep(step: .open(size)))) {
            switch output.result {
            case .done: return
            case .busy:
                throw Failure(
                    status: .unavailable, message: "another client has the board's console",
                    remedy: "It is free again when that client ends.")
            case .notPermitted:
                throw Failure.notPermitted(
                    remedy: "This is for a technician: 'role' under 'clients' or 'local_users' of the board file.")
            default: throw Failure(status: .negative, message: "the board gives no console: \(output.result)")
            }
        }
        throw Failure(status: .invalidData, message: "the board told no result")
    }

    func type(_ bytes: [UInt8]) throws {
        for start in stride(from: 0, to: bytes.count, by: 256) {
            let part = Array(bytes[start..<min(start + 256, bytes.count)])
            try connection.send(.console(ConsoleStep(step: .input(FixedBytes(part.span)))))
        }
    }

    /// What the board shows next; empty if nothing came in time, `nil` once the console is closed. Of what was typed
    /// faster than the board takes it the console itself says that it is dropped.
    func show(patience: Int32) throws -> [UInt8]? {
        guard let response = try connection.next(patience: patience) else { return [] }
        guard case .console(let output)? = response.body else { return [] }
        if output.closed { return nil }
        let bytes = (0..<output.data.count).map { output.data[$0] }
        taken += UInt64(bytes.count)
        try connection.send(.console(ConsoleStep(step: .taken(taken))))
        return bytes
    }

    /// Carries out a command and gives what it printed, and the number of its exit line.
    func perform(_ command: String, seconds: Double) throws -> (text: String, status: Int) {
        try type(Array((command + " --plain --yes\r").utf8))
        let end = Date() + seconds
        while Date() < end {
            guard let bytes = try show(patience: 200) else { break }
            shown += bytes
            let text = String(decoding: shown, as: UTF8.self)
            guard let status = RemoteConsole.exitStatus(in: text) else { continue }
            shown = []
            return (RemoteConsole.answer(in: text, to: command), status)
        }
        throw Failure(status: .unavailable, message: "the console did not answer '\(command)' in time")
    }

    /// The number of the exit line that ends what a script's command prints.
    static func exitStatus(in text: String) -> Int? {
        for line in text.split(whereSeparator: \.isNewline).reversed() {
            let words = line.split(separator: " ")
            if words.count == 3, words[0] == "exit", let status = Int(words[1]) { return status }
        }
        return nil
    }

    /// Without the echo of the command and the exit line.
    static func answer(in text: String, to command: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        let echo = lines.lastIndex { $0.hasSuffix(" --plain --yes") }
        let rows = lines[(echo.map { $0 + 1 } ?? 0)...].prefix { !$0.hasPrefix("exit ") }
        return rows.map { $0 + "\n" }.joined()
    }
}
