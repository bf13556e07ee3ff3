import ArgumentParser
import Evaluation
import Foundation

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Judges the detectors on recordings, and on the clauses of their standards.",
        subcommands: [
            Fall.self, Inactivity.self, Smoke.self, Heat.self, CarbonMonoxide.self, Gas.self, Fire.self, Clauses.self,
        ])

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
                  wardenctl evaluate fall --corpus sisfall --as-hz 20 --picked --clip-g 4 --gain 0.95 --turned
                  wardenctl evaluate fall --corpus sisfall --variations
                  wardenctl evaluate fall --corpus sisfall --streams
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
        @Option(help: "Bring the recordings to this rate first, 20 to 200, as a slower sensor would have.")
        var asHz: Double?
        @Flag(help: "With --as-hz: take single samples instead of means.") var picked = false
        @Option(help: "Factor on all axes, 0.5 to 2.") var gain = 1.0
        @Option(help: "Cut the samples off at so many g, 1 to 16.") var clipG = 16.0
        @Option(help: "Standard deviation of noise to add, mg, 0 to 200.") var noiseMg = 0.0
        @Option(help: "Steps of the samples in mg, 1 to 250.") var stepMg = 1.0
        @Flag(help: "Turn each trial another way, as if the sensor were worn anyhow.") var turned = false
        @Option(help: "Of the turns and the noise.") var seed: UInt64 = 1
        @Flag(help: "One row for each of many other sensors: rates, gain, clipping, coarse steps, turned.")
        var variations = false
        @Flag(help: "Join each subject's daily life to one long stream and count false alarms.") var streams = false
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
            if let asHz, !(20...200).contains(asHz) { throw ValidationError("--as-hz is from 20 to 200") }
            guard asHz != nil || !picked else { throw ValidationError("--picked says how --as-hz is reached") }
            guard (0.5...2).contains(gain) else { throw ValidationError("--gain is from 0.5 to 2") }
            guard (1...16).contains(clipG) else { throw ValidationError("--clip-g is from 1 to 16") }
            guard (0...200).contains(noiseMg) else { throw ValidationError("--noise-mg is from 0 to 200") }
            guard (1...250).contains(stepMg) else { throw ValidationError("--step-mg is from 1 to 250") }
            guard !(variations && streams), !(variations || streams) || svg == nil else {
                throw ValidationError("--variations, --streams and --svg are three different things; give one of them")
            }
        }

        private var options: FallEvaluationOptions {
            var options = FallEvaluationOptions()
            options.rate = rateHz
            options.milligravityPerCode = mgPerLsb
            // The detector takes samples no closer than 5 ms.
            options.variation.rate = asHz ?? (rateHz > 200 ? 200 : nil)
            if picked { options.variation.reduction = .picked }
            options.variation.gain = (gain, gain, gain)
            options.variation.fullScale = clipG * 1_000
            options.variation.noise = noiseMg
            options.variation.resolution = stepMg
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
                return try EvaluateCommand.save(drawing, of: trial, to: svg)
            }
            if variations {
                let progress = Progress(what: "sensors")
                let evaluation = try EvaluateCommand.reading {
                    try evaluateFallVariations(corpus: folder, options: options) { progress.show($0, of: $1) }
                }
                progress.clear()
                return try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
            }
            if streams {
                let progress = Progress(what: "subjects")
                let evaluation = try EvaluateCommand.reading {
                    try evaluateFallStreams(corpus: folder, options: options) { progress.show($0, of: $1) }
                }
                progress.clear()
                return try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
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
                  wardenctl evaluate inactivity --corpus ambient --trial 14.35 --svg silence.svg
                """)

        @Option(help: "The table, or a folder with just this one.", completion: .file()) var corpus: String
        @Option(help: "Sensor of the door by which the resident leaves.") var exitDoor = "Front_door"
        @Option(help: "Days at the beginning in which the detector only learns.") var learningDays = 10
        @Option(help: "How surprising a silence must be, as `surprise_limit` of a board file.")
        var surpriseLimit: Int32 = 3_000
        @Option(
            help: "The day from which all is deleted in the drawing, with --svg; 14.5 is noon of the fifteenth day.")
        var trial: Double?
        @Option(help: "Draw what the detector makes of one deletion; - for standard output.", completion: .file())
        var svg: String?
        @Flag(help: "Write JSON.") var json = false

        func validate() throws {
            guard (0...365).contains(learningDays) else { throw ValidationError("--learning-days is from 0 to 365") }
            guard (1_000...20_000).contains(surpriseLimit) else {
                throw ValidationError("--surprise-limit is from 1000 to 20000")
            }
            guard (trial == nil) == (svg == nil) else {
                throw ValidationError("--trial DAY and --svg FILE belong together")
            }
        }

        func run() throws {
            let file = try EvaluateCommand.existing(corpus)
            var options = InactivityEvaluationOptions()
            options.exitDoor = exitDoor
            options.learningDays = learningDays
            options.configuration.surpriseLimit = surpriseLimit
            if let trial, let svg {
                let drawing = try EvaluateCommand.reading {
                    try plotInactivity(corpus: file, deletedFrom: trial, options: options)
                }
                return try EvaluateCommand.save(drawing, of: "day \(trial)", to: svg)
            }
            let evaluation = try EvaluateCommand.reading { try evaluateInactivity(corpus: file, options: options) }
            try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
        }
    }

    struct Smoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "smoke",
            abstract: "Judges the smoke detector on its standard's clauses, nuisances and recordings.",
            discussion: DetectorOptions.discussion(of: .smoke, example: "frying, 120 mdB/m for half an hour"))
        @OptionGroup var options: DetectorOptions
        func run() throws { try options.evaluate(.smoke) }
    }

    struct Heat: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "heat",
            abstract: "Judges the heat detector on its standard's clauses, nuisances and recordings.",
            discussion: DetectorOptions.discussion(of: .heat, example: "A2R rises by 5 K/min"))
        @OptionGroup var options: DetectorOptions
        func run() throws { try options.evaluate(.heat) }
    }

    struct CarbonMonoxide: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "co",
            abstract: "Judges the carbon monoxide detector on its standard's clauses, nuisances and recordings.",
            discussion: DetectorOptions.discussion(of: .carbonMonoxide, example: "100 ppm"))
        @OptionGroup var options: DetectorOptions
        func run() throws { try options.evaluate(.carbonMonoxide) }
    }

    struct Gas: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gas",
            abstract: "Judges the combustible gas detector on its standard's clauses, nuisances and recordings.",
            discussion: DetectorOptions.discussion(of: .combustibleGas, example: "rises by 1 % LEL a minute"))
        @OptionGroup var options: DetectorOptions
        func run() throws { try options.evaluate(.combustibleGas) }
    }

    struct Fire: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fire",
            abstract: "Judges the multi-criteria fire detector on its standard's clauses, nuisances and recordings.",
            discussion: DetectorOptions.discussion(of: .multiCriteriaFire, example: "smouldering sofa"))
        @OptionGroup var options: DetectorOptions
        func run() throws { try options.evaluate(.multiCriteriaFire) }
    }

    /// What the fire and gas detectors are judged with.
    struct DetectorOptions: ParsableArguments {
        @Option(help: "A table, or a folder of tables, to play as well.", completion: .file(extensions: ["csv"]))
        var corpus: String?
        @Option(help: "The profile or recording to draw, by its name in the table, with --svg.") var trial: String?
        @Option(help: "Draw what the detector makes of it to this file; - for standard output.", completion: .file())
        var svg: String?
        @Flag(help: "Write JSON.") var json = false

        static func discussion(of detector: EvaluatedDetector, example: String) -> String {
            let columns = detector.columns.map(\.name).joined(separator: ", ")
            return """
                Plays profiles made from the clauses at their limits, ageing sensors, nuisances (steam, cooking, dust, a \
                year's drift, electrical noise), and with --corpus recordings too: tables with t_s, \(columns), and where \
                there are any 'block' and 'alarm'. Ends with 1 if the detector is outside a limit.

                EXAMPLES
                  wardenctl evaluate \(detector.rawValue)
                  wardenctl evaluate \(detector.rawValue) --corpus recordings --json
                  wardenctl evaluate \(detector.rawValue) --trial '\(example)' --svg \(detector.rawValue).svg
                """
        }

        func validate() throws {
            guard (trial == nil) == (svg == nil) else {
                throw ValidationError("--trial NAME and --svg FILE belong together")
            }
        }

        func evaluate(_ detector: EvaluatedDetector) throws {
            let folder = try corpus.map { try EvaluateCommand.existing($0) }
            if let trial, let svg {
                let drawing = try EvaluateCommand.reading {
                    try plotDetector(detector, trial: trial, corpus: folder)
                }
                return try EvaluateCommand.save(drawing, of: trial, to: svg)
            }
            let series = try folder.map { folder in
                try EvaluateCommand.reading { try evaluateSeries(corpus: folder, detector: detector) }
            }
            let clauses = evaluateClauses([detector])
            let table = clauses.table + (series.map { "\n" + $0.table } ?? "")
            try EvaluateCommand.show(table, json ? machineReadable(clauses, series) : nil)
            guard clauses.results.allSatisfy(\.passes) else { throw ExitCode(ExitStatus.negative.rawValue) }
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

        @Argument(help: "smoke, heat, co, gas or fire; all without one.") var detectors: [EvaluatedDetector] = []
        @Flag(help: "Write JSON.") var json = false

        func run() throws {
            let evaluation = evaluateClauses(detectors.isEmpty ? EvaluatedDetector.allCases : detectors)
            try EvaluateCommand.show(evaluation.table, json ? evaluation.json() : nil)
            guard evaluation.results.allSatisfy(\.passes) else { throw ExitCode(ExitStatus.negative.rawValue) }
        }
    }

    /// A file or folder that is there.
    fileprivate static func existing(_ path: String) throws -> URL {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                status: .cannotRead, message: "\(path): No such file or directory",
                remedy: "Give the path of the recordings; they are no part of Warden's sources.")
        }
        return URL(fileURLWithPath: path)
    }

    fileprivate static func reading<Result>(_ read: () throws -> Result) throws -> Result {
        do {
            return try read()
        } catch let problem as TrialCorpus.Problem {
            throw Failure(status: .invalidData, message: problem.description)
        }
    }

    fileprivate static func save(_ drawing: String, of trial: String, to file: String) throws {
        try Files.write(Array(drawing.utf8), to: file)
        if file != "-" { Terminal.write("\(file): \(trial) drawn, \(drawing.utf8.count) bytes\n") }
    }

    fileprivate static func show(_ table: String, _ json: Data?) throws {
        Terminal.write(json.map { String(decoding: $0, as: UTF8.self) + "\n" } ?? table)
    }
}

extension EvaluatedDetector: ExpressibleByArgument {}

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
