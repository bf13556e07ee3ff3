import ArgumentParser
import Evaluation
import Foundation

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Judges the detectors on recordings, and on the clauses of their standards.",
        subcommands: [Fall.self, Inactivity.self, Series.self, Clauses.self])

    struct Fall: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judges the fall detector on a corpus of accelerometer recordings.",
            discussion: """
                A corpus is a folder with manifest.csv (columns trial, subject, activity, label; and where known group, \
                fall_start_s, fall_end_s, peak_s) and trials/NAME.i16: little-endian 16-bit x, y, z of each sample. It is \
                played to the detector of the board burst by burst, as its FIFO would hand it over.

                Sensitivity is the share of falls found, specificity the share of trials of daily life without a false \
                alarm, false/h the false alarms in an hour of daily life.

                EXAMPLES
                  wardenctl evaluate fall --corpus sisfall
                  wardenctl evaluate fall --corpus sisfall --rate-hz 200 --mg-per-lsb 3.90625 --json | jq .overall
                  wardenctl evaluate fall --corpus sisfall --activity F05 --activity D07
                  wardenctl evaluate fall --corpus sisfall --trial F05_SA05_R01 --svg fall.svg
                """)

        @Option(help: "Folder of the recordings.", completion: .directory) var corpus: String
        @Option(help: "Samples a second of the recordings, 20 to 1000; above 200 they are averaged down.")
        var rateHz = 200.0
        @Option(help: "Thousandths of g that one step of the recorded codes stands for.") var mgPerLsb = 3.90625
        @Option(help: "Only this activity; may be given more than once.") var activity: [String] = []
        @Option(help: "Only this subject; may be given more than once.") var subject: [String] = []
        @Option(
            help: "Logarithm of the odds from which an impact is a fall, in thousandths; the detector's own without it."
        )
        var threshold: Int32?
        @Flag(help: "Turn each trial another way, as if the sensor were worn anyhow.") var turned = false
        @Option(help: "Of the turns.") var seed: UInt64 = 1
        @Option(help: "The trial to draw, with --svg.") var trial: String?
        @Option(
            help: "Draw what the detector makes of one trial to this file; - for standard output.", completion: .file())
        var svg: String?
        @Flag(help: "Write JSON.") var json = false

        func validate() throws {
            guard (20...1_000).contains(rateHz) else { throw ValidationError("--rate-hz is from 20 to 1000") }
            guard mgPerLsb > 0, mgPerLsb <= 1_000 else {
                throw ValidationError("--mg-per-lsb is more than 0 and at most 1000")
            }
            guard (trial == nil) == (svg == nil) else {
                throw ValidationError("--trial NAME and --svg FILE belong together")
            }
        }

        private var options: FallEvaluationOptions {
            var options = FallEvaluationOptions()
            options.rate = rateHz
            options.milligravityPerCode = mgPerLsb
            // The detector takes samples no closer than 5 ms.
            if rateHz > 200 { options.variation.rate = 200 }
            options.activities = Set(activity)
            options.subjects = Set(subject)
            options.turnsAtRandom = turned
            options.seed = seed
            if let threshold { options.decisionThreshold = threshold }
            return options
        }

        func run() throws {
            let folder = try EvaluateCommand.existing(corpus)
            if let trial, let svg {
                let drawing = try EvaluateCommand.reading {
                    try plotFall(corpus: folder, trial: trial, options: options)
                }
                try Files.write(Array(drawing.utf8), to: svg)
                if svg != "-" { Terminal.write("\(svg): \(trial) drawn, \(drawing.utf8.count) bytes\n") }
                return
            }
            let progress = Progress(what: "trials")
            let evaluation = try EvaluateCommand.reading {
                try evaluateFall(corpus: folder, options: options) { progress.show($0, of: $1) }
            }
            progress.clear()
            guard !evaluation.results.isEmpty else {
                throw Failure(
                    status: .usage, message: "\(corpus): no trial is of these activities and subjects",
                    remedy: "Look at the columns 'activity' and 'subject' of \(corpus)/manifest.csv.")
            }
            try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
        }
    }

    struct Inactivity: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judges the inactivity detector on a recording of a person living alone.",
            discussion: """
                The recording is a table t_s,sensor,state. False alarms are counted while life goes on; then, from moment \
                after moment, all that followed is deleted, and the time until the alarm is taken.

                EXAMPLES
                  wardenctl evaluate inactivity --corpus ambient --exit-door Front_door
                  wardenctl evaluate inactivity --corpus ambient/kasteren_house_a.csv --learning-days 10 --json
                """)

        @Option(help: "The table, or a folder with just this one.", completion: .file()) var corpus: String
        @Option(help: "Sensor of the door by which the resident leaves.") var exitDoor = "Front_door"
        @Option(help: "Days at the beginning in which the detector only learns.") var learningDays = 10
        @Flag(help: "Write JSON.") var json = false

        func validate() throws {
            guard (0...365).contains(learningDays) else { throw ValidationError("--learning-days is from 0 to 365") }
        }

        func run() throws {
            let file = try EvaluateCommand.existing(corpus)
            var options = InactivityEvaluationOptions()
            options.exitDoor = exitDoor
            options.learningDays = learningDays
            let evaluation = try EvaluateCommand.reading { try evaluateInactivity(corpus: file, options: options) }
            try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
        }
    }

    struct Series: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Plays a recorded quantity to a detector: smoke, heat, co or gas.",
            discussion: """
                The recording is a table with t_s, the detector's column, and where there are any 'block' and 'alarm'. The \
                columns: \(SeriesDetector.allCases.map { "\($0.rawValue) reads \($0.column)" }.joined(separator: ", ")).

                EXAMPLES
                  wardenctl evaluate series heat --file smoke/smoke_iot_rows_0_24993.csv
                  wardenctl evaluate series co --file kitchen.csv --json
                """)

        @Argument(help: "smoke, heat, co or gas.") var detector: SeriesDetector
        @Option(help: "The table.", completion: .file(extensions: ["csv"])) var file: String
        @Flag(help: "Write JSON.") var json = false

        func run() throws {
            let table = try EvaluateCommand.existing(file)
            let evaluation = try EvaluateCommand.reading { try evaluateSeries(file: table, detector: detector) }
            try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
        }
    }

    struct Clauses: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Holds the detectors against the limits of their standards; needs no recordings.",
            discussion: """
                Ends with 1 if a detector is outside a limit.

                EXAMPLES
                  wardenctl evaluate clauses
                  wardenctl evaluate clauses heat co --json
                """)

        @Argument(help: "smoke, heat, co or gas; all without one.") var detectors: [ClauseDetector] = []
        @Flag(help: "Write JSON.") var json = false

        func run() throws {
            let evaluation = evaluateClauses(detectors.isEmpty ? ClauseDetector.allCases : detectors)
            try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
            guard evaluation.results.allSatisfy(\.passes) else { throw ExitCode(ExitStatus.negative.rawValue) }
        }
    }

    /// A file or folder that is there.
    private static func existing(_ path: String) throws -> URL {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                status: .cannotRead, message: "\(path): No such file or directory",
                remedy: "Give the path of the recordings; they are no part of Warden's sources.")
        }
        return URL(fileURLWithPath: path)
    }

    private static func reading<Result>(_ read: () throws -> Result) throws -> Result {
        do {
            return try read()
        } catch let problem as TrialCorpus.Problem {
            throw Failure(status: .invalidData, message: problem.description)
        }
    }

    private static func show(_ table: String, _ json: Data?) throws {
        Terminal.write(json.map { String(decoding: $0, as: UTF8.self) + "\n" } ?? table)
    }
}

extension SeriesDetector: ExpressibleByArgument {}
extension ClauseDetector: ExpressibleByArgument {}

/// How far long work has come, on a terminal only.
struct Progress {
    let what: String
    private let isShown = isatty(2) == 1

    init(what: String) { self.what = what }

    func show(_ done: Int, of all: Int) {
        guard isShown, all > 0 else { return }
        FileHandle.standardError.write(Data("\r\(done) of \(all) \(what), \(done * 100 / all) %\u{1B}[K".utf8))
    }

    func clear() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
