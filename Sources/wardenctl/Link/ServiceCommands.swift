import ArgumentParser
import BoardCompiler
import Console
import Dispatch
import Foundation
import WardenMessages

/// What came of a service, for commands that have no more to say than that.
enum Service {
    static func check(_ answers: [Response.Body], permittedTo role: String) throws {
        for case .service(let answer) in answers {
            switch answer.result {
            case .done: return
            case .notPermitted:
                throw Failure.notPermitted(
                    remedy: "This is for a \(role): 'role' under 'clients' or 'local_users' of the board file.")
            case let result:
                throw Failure(status: .negative, message: "the board says: \(Words.commandResult(result))")
            }
        }
    }
}

struct TimeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "time", abstract: "Shows a running board's clock, or sets it from this machine's.",
        discussion: """
            How far the two clocks are apart is measured in several rounds; the quickest one counts, and half of its time \
            is how sure that is. A clock that is set with an uncertainty of at most a second is trusted. For technicians.

            EXAMPLES
              wardenctl time
              wardenctl time --set --tcp lobby.example --key laptop.key --board-key lobby.pub
            """)
    @Flag(help: "Set the board's clock from this machine's.") var set = false
    @Option(help: "Rounds of measuring, 1 to 100.") var rounds = 5
    @OptionGroup var board: BoardOptions

    func validate() throws {
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds is from 1 to 100") }
    }

    func run() throws {
        let connection = try board.connect()
        var measured = try Measurement(connection, rounds: rounds)
        if set {
            // The moment must not lie ahead of the board's own clock.
            let setting = ClockSetting(
                atMonotonicNs: measured.boardNs(before: measured.uncertaintyNs), unixMs: measured.unixMs(),
                uncertaintyMs: UInt32(clamping: measured.uncertaintyNs / 1_000_000))
            try Service.check(connection.ask(.clock(setting)), permittedTo: "technician")
            measured = try Measurement(connection, rounds: rounds)
        }
        let trust = measured.trustWord
        if board.json {
            let object: [(String, JSONValue)] = [
                ("unix_ms", .integer(Int(measured.boardUnixMs))), ("trust", .string(trust)),
                ("ahead_ms", measured.trust == .unset ? .null : .integer(measured.aheadMs)),
                ("uncertainty_us", .integer(Int(measured.uncertaintyNs / 1_000))),
                ("uptime_ns", .integer(Int(measured.boardUptimeNs))),
            ]
            Terminal.write(JSONValue.object(object).text() + "\n")
            return
        }
        Terminal.write("clock       \(trust)\n")
        if measured.trust != .unset {
            let date = Date(timeIntervalSince1970: Double(measured.boardUnixMs) / 1_000)
            Terminal.write("board       \(date.ISO8601Format(.init(includingFractionalSeconds: true)))\n")
            let off = abs(measured.aheadMs)
            let side = measured.aheadMs < 0 ? "behind" : "ahead of"
            let uncertainty = String(format: "%.3f", Double(measured.uncertaintyNs) / 1e6)
            Terminal.write("difference  \(off) ms \(side) this machine, give or take \(uncertainty) ms\n")
        }
    }

    /// What the rounds told: the board's clocks beside this machine's.
    struct Measurement {
        let trust: ClockTrust
        let boardUnixMs: Int64
        let boardUptimeNs: UInt64
        let aheadMs: Int
        let uncertaintyNs: UInt64
        /// What to add to this machine's monotonic clock to get the board's.
        private let offsetNs: Int64

        init(_ connection: BoardConnection, rounds: Int) throws {
            var best: (time: BoardTime, before: UInt64, after: UInt64, unixMs: Int64)?
            for _ in 0..<rounds {
                let (time, before, after) = try connection.boardTime()
                let now = Int64((Date().timeIntervalSince1970 * 1_000).rounded())
                let isQuicker = best.map { after - before < $0.after - $0.before } ?? true
                if isQuicker { best = (time, before, after, now - Int64((after - before) / 2_000_000)) }
            }
            guard let best else { throw Failure(status: .invalidData, message: "the board told no time") }
            uncertaintyNs = (best.after - best.before) / 2
            trust = best.time.clockTrust
            boardUnixMs = best.time.unixMs
            boardUptimeNs = best.time.monotonicNs
            aheadMs = Int(best.time.unixMs - best.unixMs)
            offsetNs = Int64(best.time.monotonicNs) - Int64(best.before + uncertaintyNs)
        }

        var trustWord: String {
            switch trust {
            case .unset: "unset"
            case .freeRunning: "free-running"
            case .synchronised: "synchronised"
            case .unrecognised(let number): "\(number)"
            }
        }

        /// The board's monotonic clock now, less what it may be off.
        func boardNs(before uncertainty: UInt64) -> UInt64 {
            UInt64(max(0, Int64(DispatchTime.now().uptimeNanoseconds) + offsetNs - Int64(uncertainty)))
        }

        func unixMs() -> Int64 {
            Int64((Date().timeIntervalSince1970 * 1_000).rounded()) - Int64(uncertaintyNs / 1_000_000)
        }
    }
}

struct LogLevelCommand: ParsableCommand {
    enum Level: String, ExpressibleByArgument, CaseIterable {
        case error, warning, notice, debug

        var level: LogLevel {
            switch self {
            case .error: .error
            case .warning: .warning
            case .notice: .notice
            case .debug: .debug
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "log-level", abstract: "Sets how much a running board writes into its log, until its next start.",
        discussion: """
            error: alarms alone; warning, as a board starts: troubles too; notice: decisions and commands too; debug: \
            everything. For technicians.

            EXAMPLES
              wardenctl log-level notice
            """)
    @Argument(help: "error, warning, notice or debug.") var level: Level
    @OptionGroup var board: BoardOptions

    func run() throws {
        let answers = try board.connect().ask(.logLevel(LogLevelSetting(level: level.level)))
        try Service.check(answers, permittedTo: "technician")
        if board.json {
            Terminal.write(JSONValue.object([("level", .string(level.rawValue))]).text() + "\n")
        } else {
            Terminal.write("the log has \(level.rawValue) and above\n")
        }
    }
}

struct CountersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counters", abstract: "Lists what a running board has counted, and how full its memory is.",
        discussion: """
            What was received, refused, lost and dropped since the start; of what has a capacity, how much is used, the \
            most that ever was, and what found no room.

            EXAMPLES
              wardenctl counters
              wardenctl counters --json | jq '.[] | select(.dropped > 0)'
            """)
    @OptionGroup var board: BoardOptions
    func run() throws { board.show(BoardTables.counters(try board.connect().counters())) }
}
