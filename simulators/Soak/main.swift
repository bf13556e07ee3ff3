import ArgumentParser
import Foundation
import HardwareInterface

/// `warden-soak`: lives through random days of a whole board and holds it to `Invariants`.
struct Soak: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warden-soak",
        abstract: "Lives through random days of a whole board, with faults, and holds it to its promises.",
        discussion: """
            A seed is a life: people, cards, smoke, leaks, clock jumps, power cuts, and everything that can go wrong with \
            wires, sensors, readers and the journal's medium. The same seed is the same life, always. What must hold is \
            in simulators/Soak/Invariants.swift. A seed that breaks a promise is shrunk to a short plan, which is \
            printed with what the board did.

            EXAMPLES
              warden-soak --seed 7 --days 365
              warden-soak --seeds 1-50 --days 7
              warden-soak --seed 7 --days 2 --trace seed7.trace
              warden-soak --seeds 1-3 --days 7 --replay

            Ends with 0 if every promise held and 1 if one was broken.
            """)

    @Option(help: "The life to live.") var seed: UInt64?
    @Option(help: "Several lives, as FIRST-LAST.") var seeds: String?
    @Option(help: "How long each of them is, in days.") var days = 1
    @Option(help: "Seconds from one look of the smoke and leak probes to the next; a year takes less time with more.")
    var interval = 10
    @Option(help: "Writes everything that happens to a file.", completion: .file()) var trace: String?
    @Flag(help: "Plays back, at each power cut and at the end, what the board recorded; takes twice the time.")
    var replay = false
    @Flag(inversion: .prefixedNo, help: "Look for a short plan that breaks the same promise.") var shrink = true

    func validate() throws {
        guard days >= 1, days <= 36_500 else { throw ValidationError("--days is 1 to 36,500") }
        guard interval >= 1, interval <= 60 else { throw ValidationError("--interval is 1 to 60 seconds") }
        guard range != nil else { throw ValidationError("--seeds is FIRST-LAST, such as 1-50") }
    }

    private var range: ClosedRange<UInt64>? {
        guard let seeds else { return (seed ?? 1)...(seed ?? 1) }
        let ends = seeds.split(separator: "-").compactMap { UInt64($0) }
        return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
    }

    func run() throws {
        var broken = 0
        for seed in range ?? 1...1 where try !live(seed) { broken += 1 }
        guard broken == 0 else { throw ExitCode(1) }
    }

    private func live(_ seed: UInt64) throws -> Bool {
        let plan = Campaign.plan(seed: seed, days: days)
        let output = try trace.map { try TraceFile($0) }
        let world = World(interval: interval, replays: replay, trace: output.map { output in { output.write($0) } })
        let begin = Soak.processorTime
        let violation = world.live(plan)
        let seconds = Soak.processorTime - begin
        let years = Double(world.now.nanoseconds) / 1e9 / (365.25 * 86_400)
        let faults = plan.count { if case .fault = $0.happening { true } else { false } }
        say(
            "seed \(seed): \(plan.count) happenings, \(faults) of them faults, \(world.restartCount) restarts,"
                + " \(world.eventCount) events, \(world.turnCount) turns; \(Soak.decimal(seconds)) s of one core,"
                + (replay ? " \(world.replayedInputs) inputs played back;" : "")
                + " \(Soak.decimal(years / max(seconds, 1e-9) * 3_600)) board-years an hour")
        guard let violation else { return true }
        report(violation, seed, plan)
        return false
    }

    private func report(_ violation: Invariants.Violation, _ seed: UInt64, _ plan: [Planned]) {
        say("seed \(seed): BROKEN at \(Soak.time(violation.at)): \(violation.invariant)\n  \(violation.detail)")
        guard shrink else { return }
        let short = Shrinking.shrink(plan, breaking: violation, interval: interval, replays: replay) { count in
            FileHandle.standardError.write(Data("\rshrinking: \(count) happenings left\u{1B}[K".utf8))
        }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
        say("  the shortest plan found that breaks it:")
        for planned in short { say("    \(Soak.time(planned.at))  \(planned.happening)") }
        var lines: [String] = []
        let world = World(interval: interval, replays: replay) { lines.append($0) }
        let again = world.live(short, until: violation.at + .seconds(1))
        say("  what the board did last:")
        for line in lines.suffix(40) { say("    \(line)") }
        if let again { say("  \(Soak.time(again.at)): \(again.detail)") }
        say("  to replay: warden-soak --seed \(seed) --days \(days) --interval \(interval)\(replay ? " --replay" : "")")
    }

    /// Seconds that a core has worked for this, which on a busy machine is less than what passed.
    private static var processorTime: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    /// At once, so that a row of a long campaign is read when it is there, in a pipe too.
    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private static func decimal(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func time(_ instant: Instant) -> String {
        let seconds = instant.nanoseconds / 1_000_000_000
        return String(
            format: "day %d %02d:%02d:%02d", Int(seconds / 86_400), Int(seconds / 3_600 % 24), Int(seconds / 60 % 60),
            Int(seconds % 60))
    }
}

/// A file of lines.
final class TraceFile {
    private let handle: FileHandle
    private var waiting = ""

    init(_ path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw ValidationError("\(path) cannot be written") }
        self.handle = handle
    }

    deinit { flush() }

    func write(_ line: String) {
        waiting += line + "\n"
        if waiting.utf8.count > 1 << 16 { flush() }
    }

    private func flush() {
        handle.write(Data(waiting.utf8))
        waiting = ""
    }
}

Soak.main()
