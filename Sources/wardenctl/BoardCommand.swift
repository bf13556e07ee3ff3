import ArgumentParser
import BoardCompiler
import BoardImage
import Cryptography
import FixedMemory
import Foundation

struct BoardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "board", abstract: "Writes, checks, builds and explains board files.",
        subcommands: [New.self, Check.self, Build.self, Explain.self, Draw.self, Reference.self])

    struct SourceOptions: ParsableArguments {
        @Argument(help: "The board file; - for standard input.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String

        @Flag(name: .customLong("warnings-as-errors"), help: "Treat warnings as errors.")
        var warningsAreErrors = false

        /// Reads and checks the file, and reports what is wrong with it.
        ///
        /// - Parameter json: write problems as JSON to standard output, not as text to standard error.
        func checkedBoard(json: Bool = false) throws -> CheckedBoard {
            let text = try Files.readText(file, limit: 4 << 20)
            let result = BoardCompiler().check(text)
            let report = ProblemReport(fileName: file, text: text, problems: result.problems)
            if json {
                Terminal.write(report.json.text() + "\n")
            } else if !result.problems.isEmpty {
                Terminal.complain(report.text(colour: Terminal.hasColour(.standardError)))
            }
            guard let board = result.board, !(warningsAreErrors && report.warningCount > 0) else {
                if json { throw ExitCode(ExitStatus.negative.rawValue) }
                throw Failure(status: .negative, message: "\(file): \(report.summary)")
            }
            return board
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a board file and says everything that is wrong with it.",
            discussion: """
                EXAMPLES
                  wardenctl board check boards/lobby.yaml
                  wardenctl board check --json boards/lobby.yaml | jq '.[].message'
                """)

        @OptionGroup var source: SourceOptions
        @Flag(help: "Write the problems as a JSON list to standard output.") var json = false

        func run() throws {
            let board = try source.checkedBoard(json: json)
            guard !json else { return }
            let budget = Double(board.memoryBudget.total) / 1_024
            Terminal.write(
                "\(source.file): board '\(board.name)' is sound; it needs \(Int(budget.rounded(.up))) KiB.\n")
        }
    }

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compiles a board file to the image that the runtime reads.",
            discussion: """
                The image replaces the old one whole or not at all. Its generation counts up with each build that changes \
                the board.

                EXAMPLES
                  wardenctl board build boards/lobby.yaml --hash-key boards/demo.hashkey -o lobby.board
                  head -c 32 /dev/urandom | xxd -p -c 64 > site.hashkey   # a key of your own; keep it secret
                """)

        @OptionGroup var source: SourceOptions
        @Option(
            name: .shortAndLong, help: "Where to write the image; by default beside the file, ending in .board.",
            completion: .file())
        var output: String?
        @Option(
            help:
                "File with the key for card identifiers: 64 hexadecimal digits. Needed where the file lists identifiers.",
            completion: .file())
        var hashKey: String?
        @Option(
            help:
                "File with the keys of readers and cards that the board names, one line each: NAME: 32 hexadecimal digits.",
            completion: .file())
        var readerKeys: String?
        @Option(help: "Generation to write instead of the one counted from the old image.") var generation: UInt32?

        func run() throws {
            let board = try source.checkedBoard()
            let key = try hashKey.map(HashKeyFile.read)
            let path = output ?? BoardCommand.path(beside: source.file, ending: "board")
            let old = FileManager.default.fileExists(atPath: path) ? try? Files.read(path, limit: 64 << 20) : nil
            let image = try BoardCommand.image(
                of: board, key: key, readerKeys: ReaderKeysFile.read(readerKeys), generation: generation, replacing: old
            )
            try Files.write(image, to: path)
            if path != "-" { Terminal.write("\(path): \(image.count) bytes\n") }
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a board file means: pins, doors, detectors, effects, memory.",
            discussion: """
                EXAMPLES
                  wardenctl board explain boards/lobby.yaml
                  wardenctl board explain --json boards/lobby.yaml | jq .lines
                  wardenctl board explain --matrix boards/flat.yaml
                  wardenctl board explain --matrix --html boards/flat.yaml > flat-matrix.html
                  wardenctl board explain --html boards/flat.yaml > flat.html
                """)

        @OptionGroup var source: SourceOptions
        @Flag(help: "Write one JSON object.") var json = false
        @Flag(help: "Draw the cause-and-effect matrix alone: causes down, what is driven across.") var matrix = false
        @Flag(help: "One HTML page that prints: the whole board with its wiring, or the matrix alone.") var html = false

        func validate() throws {
            if html && json { throw ValidationError("--html is for people and --json for programs; take one") }
            if json && matrix {
                throw ValidationError("the matrix is drawn for people; --json alone lists its effects")
            }
        }

        func run() throws {
            if matrix {
                let chart = MatrixChart(try source.checkedBoard())
                Terminal.write(html ? chart.html() : chart.text())
                return
            }
            if html {
                Terminal.write(BoardPage(try source.checkedBoard()).html())
                return
            }
            let explanation = BoardExplanation(try source.checkedBoard())
            Terminal.write(json ? explanation.json.text() + "\n" : explanation.text())
        }
    }

    struct Draw: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draws the wiring of a board on one page, as SVG.",
            discussion: """
                Every terminal with its position on the connector, what is wired to it and how; the page prints on A4.

                EXAMPLES
                  wardenctl board draw boards/lobby.yaml -o lobby.svg
                  wardenctl board draw boards/lobby.yaml -o - | rsvg-convert -f pdf -o lobby.pdf
                """)

        @OptionGroup var source: SourceOptions
        @Option(
            name: .shortAndLong, help: "Where to write the drawing; by default beside the file, ending in .svg.",
            completion: .file())
        var output: String?

        func run() throws {
            let drawing = WiringDrawing(try source.checkedBoard()).svg()
            let path = output ?? BoardCommand.path(beside: source.file, ending: "svg")
            try Files.write(Array(drawing.utf8), to: path)
            if path != "-" { Terminal.write("\(path): \(drawing.utf8.count) bytes\n") }
        }
    }

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the reference of board files, or the schema for editors.",
            discussion: """
                EXAMPLES
                  wardenctl board reference > boards/README.md
                  wardenctl board reference --schema > boards/board.schema.json
                """)

        @Flag(help: "Write the JSON schema for editors.") var schema = false

        func run() throws {
            Terminal.write(schema ? BoardReference.jsonSchema.text() + "\n" : BoardReference.markdown)
        }
    }

    /// Where a result goes that was given no place: beside the board file; standard output for standard input.
    static func path(beside file: String, ending: String) -> String {
        guard file != "-" else { return "-" }
        return URL(fileURLWithPath: file).deletingPathExtension().relativePath + "." + ending
    }

    /// The image with the next generation, or with the old one where nothing else has changed.
    static func image(
        of board: CheckedBoard, key: HashKey?, readerKeys: [String: AES128], generation: UInt32?,
        replacing old: [UInt8]?
    ) throws -> [UInt8] {
        do throws(CheckedBoard.BuildFailure) {
            if let generation { return try board.image(key: key, readerKeys: readerKeys, generation: generation) }
            guard let old, let before = BoardCompiler.generation(of: old, board: board.name) else {
                return try board.image(key: key, readerKeys: readerKeys, generation: 1)
            }
            let same = try board.image(key: key, readerKeys: readerKeys, generation: before)
            return same == old ? same : try board.image(key: key, readerKeys: readerKeys, generation: before &+ 1)
        } catch {
            switch error {
            case .hashKeyMissing:
                throw Failure(
                    status: .keyMissing, message: "the file lists card identifiers, but no key to hash them was given",
                    remedy: "Give the board's key with --hash-key FILE; identifiers are never stored in the clear.")
            case .readerKeyMissing(let name):
                throw Failure(
                    status: .keyMissing, message: "a reader names the key '\(name)', which was not given",
                    remedy: "Give a file with the line '\(name): 32 hexadecimal digits' with --reader-keys FILE.")
            case .sameCard(let first, let second):
                throw Failure(
                    status: .invalidData, message: "credentials \(first) and \(second) of the file are the same card",
                    remedy: "Remove one of them; what both may do goes into one.")
            case .refused(let refusal):
                var text = ByteBuffer(capacity: 256)
                refusal.describe(into: &text)
                let sentence = String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self)
                throw Failure(
                    status: .invalidData, message: "the runtime would refuse this image: \(sentence)",
                    remedy: "This is a defect of wardenctl; please report it with the board file.")
            }
        }
    }
}

/// The keys of readers and cards, as a file of lines `NAME: 32 hexadecimal digits`.
enum ReaderKeysFile {
    static func read(_ path: String?) throws -> [String: AES128] {
        guard let path else { return [:] }
        let text = String(decoding: try Files.read(path, limit: 1 << 16), as: UTF8.self)
        do throws(ReaderKeys.Failure) {
            return try ReaderKeys(text).keys
        } catch {
            throw Failure(
                status: .invalidData, message: "\(path):\(error.line): \(error.message)", remedy: "\(error.remedy).")
        }
    }
}

/// The board's secret for card identifiers, as a file of 64 hexadecimal digits.
enum HashKeyFile {
    static func read(_ path: String) throws -> HashKey {
        let text = String(decoding: try Files.read(path, limit: 256), as: UTF8.self)
        let digits = text.filter { !$0.isWhitespace }
        guard digits.count == 2 * HashKey.length, digits.allSatisfy(\.isHexDigit) else {
            throw Failure(
                status: .invalidData, message: "\(path): this is not a key of 64 hexadecimal digits",
                remedy: "Make one with: head -c 32 /dev/urandom | xxd -p -c 64")
        }
        let characters = Array(digits)
        let bytes = (0..<HashKey.length).compactMap { UInt8(String(characters[2 * $0...2 * $0 + 1]), radix: 16) }
        guard let key = HashKey(bytes.span) else {
            throw Failure(status: .invalidData, message: "\(path): this is not a key of 64 hexadecimal digits")
        }
        return key
    }
}
