import ArgumentParser
import BoardCompiler
import BoardImage
import Cryptography
import Foundation

struct ScenarioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario", abstract: "Checks and builds simulation scenarios.",
        subcommands: [Check.self, Build.self])

    struct SourceOptions: ParsableArguments {
        @Argument(help: "The scenario file.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String
        @Option(
            help: "The board that it is played on, as file or image; by default the one that the scenario names.",
            completion: .file())
        var board: String?
        @Option(
            help: "File with the key for card identifiers, where the board is given as a file.", completion: .file())
        var hashKey: String?
        @Option(
            help: "File with the keys of readers and cards, where the board is given as a file.", completion: .file())
        var readerKeys: String?
        @Option(help: "Folder of the recordings that tracks name.", completion: .directory) var corpus: String?

        /// - Parameter json: write problems as JSON to standard output, not as text to standard error.
        func compile(json: Bool = false) throws -> ScenarioCompiler.Result {
            let text = try Files.readText(file, limit: 4 << 20)
            let board = try scenarioBoard(text)
            let folder = corpus.map { URL(fileURLWithPath: $0) }
            let compiler = ScenarioCompiler(board: board) { path in
                guard let folder, !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else { return nil }
                let recording = folder.appendingPathComponent(path).path
                return FileManager.default.fileExists(atPath: recording)
                    ? try? Files.read(recording, limit: 256 << 20) : nil
            }
            let result = compiler.compile(text)
            let report = ProblemReport(fileName: file, text: text, problems: result.problems)
            if json {
                Terminal.write(report.json.text() + "\n")
            } else if !result.problems.isEmpty {
                Terminal.complain(report.text(colour: Terminal.hasColour(.standardError)))
            }
            guard result.file != nil else {
                if json { throw ExitCode(ExitStatus.negative.rawValue) }
                throw Failure(status: .negative, message: "\(file): \(report.summary)")
            }
            if !json, !result.substituted.isEmpty {
                Terminal.complain(
                    "\(file): made up, because the recordings are not there: \(result.substituted.joined(separator: ", "))"
                )
            }
            return result
        }

        private func scenarioBoard(_ text: String) throws -> ScenarioBoard {
            let path: String
            if let board {
                path = board
            } else if let named = ScenarioCompiler.boardFile(of: text) {
                path = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(named).relativePath
            } else {
                throw Failure(
                    status: .negative, message: "\(file): the scenario names no board",
                    remedy: "Add 'board:' with the path of the board file, or give --board FILE.")
            }
            let bytes = try Files.read(path, limit: 64 << 20)
            let image = bytes.starts(with: "WARDENB1".utf8) ? bytes : try compiledBoard(path)
            do throws(BoardImageError) {
                return try ScenarioBoard(image: image)
            } catch {
                throw Failure(
                    status: .invalidData, message: "\(path): the board image cannot be used",
                    remedy: "\(error.remedy)")
            }
        }

        private func compiledBoard(_ path: String) throws -> [UInt8] {
            let text = try Files.readText(path, limit: 4 << 20)
            let checked = BoardCompiler().check(text)
            guard let board = checked.board else {
                let report = ProblemReport(fileName: path, text: text, problems: checked.problems)
                Terminal.complain(report.text(colour: Terminal.hasColour(.standardError)))
                throw Failure(status: .negative, message: "\(path): \(report.summary)")
            }
            return try BoardCommand.image(
                of: board, key: hashKey.map(HashKeyFile.read), readerKeys: ReaderKeysFile.read(readerKeys),
                generation: 1, replacing: nil)
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a scenario and says everything that is wrong with it.",
            discussion: """
                EXAMPLES
                  wardenctl scenario check simulators/scenarios/evening.yaml --hash-key boards/demo.hashkey
                """)
        @OptionGroup var source: SourceOptions
        @Flag(help: "Write the problems as a JSON list to standard output.") var json = false

        func run() throws {
            let result = try source.compile(json: json)
            if !json { Terminal.write("\(source.file): sound, \(result.file?.count ?? 0) bytes compiled\n") }
        }
    }

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compiles a scenario to the form that the simulators play.",
            discussion: """
                A compiled scenario belongs to one build of one board; another one is refused. Give the image with --board \
                where there is one.

                EXAMPLES
                  wardenctl scenario build simulators/scenarios/evening.yaml --board lobby.board -o evening.scenario
                """)
        @OptionGroup var source: SourceOptions
        @Option(
            name: .shortAndLong, help: "Where to write it; by default beside the file, ending in .scenario.",
            completion: .file())
        var output: String?

        func run() throws {
            guard let file = try source.compile().file else { return }
            let path = output ?? URL(fileURLWithPath: source.file).deletingPathExtension().relativePath + ".scenario"
            try Files.write(file, to: path)
            if path != "-" { Terminal.write("\(path): \(file.count) bytes\n") }
        }
    }
}
