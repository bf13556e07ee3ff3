import ArgumentParser
import BoardCompiler
import Foundation

extension NewBoard.Purpose: ExpressibleByArgument {}
extension NewBoard.Reader: ExpressibleByArgument {}

extension BoardCommand {
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks a few questions and writes a commented board file.",
            discussion: """
                What is not given as an option is asked for, in a terminal; a script gives all of it. The file passes \
                'board check' as it is, and chooses pins that the hardware leaves free.

                EXAMPLES
                  wardenctl board new
                  wardenctl board new --hardware raspberry-pi-4 --purpose entrance --reader wiegand --name north-gate
                  wardenctl board new --hardware verdin-imx8m-mini --purpose doors --doors 4 --name house-3 -o - | less
                """)

        @Option(help: "The hardware, by the name that board files use: \(NewBoardQuestions.hardwareNames).")
        var hardware: String?
        @Option(help: "What the board is for.") var purpose: NewBoard.Purpose?
        @Option(help: "The reader at an entrance.") var reader: NewBoard.Reader?
        @Option(help: "How many doors, 1 to 8, with --purpose doors.") var doors: Int?
        @Option(help: "The board's name.") var name: String?
        @Option(help: "How far local time is ahead of UTC in winter; by default as on this machine.") var utcOffset:
            String?
        @Option(
            name: .shortAndLong, help: "Where to write the file; by default NAME.yaml; - for standard output.",
            completion: .file())
        var output: String?
        @Flag(help: "Replace a file that is there already.") var force = false

        func validate() throws {
            if let doors, !(1...8).contains(doors) {
                throw ValidationError("--doors is from 1 to 8: as many OSDP readers share a bus")
            }
            if let hardware, HardwareModel.named(hardware) == nil {
                throw ValidationError(
                    "no hardware is called '\(hardware)'; there are \(NewBoardQuestions.hardwareNames)")
            }
        }

        func run() throws {
            let questions = NewBoardQuestions(isAsking: isatty(FileHandle.standardInput.fileDescriptor) == 1)
            let board = try questions.board(
                hardware: hardware, purpose: purpose, reader: reader, doors: doors, name: name, utcOffset: utcOffset)
            let text = try text(of: board)
            let path = output ?? "\(board.name).yaml"
            if path != "-", !force, FileManager.default.fileExists(atPath: path) {
                throw Failure(
                    status: .cannotWrite, message: "\(path): this file is there already",
                    remedy: "Give another place with -o, or --force to replace it.")
            }
            try Files.write(Array(text.utf8), to: path)
            if path != "-" { Terminal.write("\(path): written. Next: wardenctl board check \(path)\n") }
        }

        /// The file, which the compiler takes.
        private func text(of board: NewBoard) throws -> String {
            let text: String
            do throws(NewBoard.Failure) {
                text = try board.text()
            } catch {
                switch error {
                case .pinsMissing(let needed, let free):
                    throw Failure(
                        status: .negative,
                        message: "\(board.hardware.title) has \(free) free pins, and this board needs \(needed)",
                        remedy: "Take fewer doors or other hardware, or add an expander and describe it in 'chips'.")
                case .deviceMissing(let device):
                    throw Failure(
                        status: .negative, message: "no \(device) of \(board.hardware.title) is known",
                        remedy: "Take other hardware, or describe the board by hand: boards/README.md.")
                }
            }
            let problems = BoardCompiler().check(text).problems
            guard problems.isEmpty else {
                let report = ProblemReport(fileName: "\(board.name).yaml", text: text, problems: problems)
                throw Failure(
                    status: .invalidData, message: report.text(colour: false),
                    remedy: "Give a name of letters, digits, '_' and '-', and an offset such as +01:00.")
            }
            return text
        }
    }
}

/// The questions to somebody at a terminal, each with what is taken for an empty answer.
struct NewBoardQuestions {
    static let hardwareNames = HardwareModel.all.map(\.identifier).joined(separator: ", ")

    let isAsking: Bool

    func board(
        hardware: String?, purpose: NewBoard.Purpose?, reader: NewBoard.Reader?, doors: Int?, name: String?,
        utcOffset: String?
    ) throws -> NewBoard {
        let hardware = try HardwareModel.named(
            hardware
                ?? choice(
                    "Which hardware?", HardwareModel.all.map { ($0.identifier, $0.title) }, option: "--hardware"))
        let purpose =
            try purpose
            ?? NewBoard.Purpose(
                rawValue: choice(
                    "What is it for?", NewBoard.Purpose.allCases.map { ($0.rawValue, $0.title) }, option: "--purpose"))
        guard let hardware, let purpose else { throw ExitCode.failure }
        var board = NewBoard(name: "", hardware: hardware, purpose: purpose)
        if purpose == .entrance {
            let word =
                try reader?.rawValue
                ?? choice(
                    "Which reader?", NewBoard.Reader.allCases.map { ($0.rawValue, $0.title) }, option: "--reader")
            board.reader = NewBoard.Reader(rawValue: word) ?? board.reader
        }
        if purpose == .doors { board.doorCount = try doors ?? number("How many doors?", 1...8, option: "--doors") }
        board.name = try name ?? answer("What is the board called?", purpose.rawValue, option: "--name")
        board.utcOffset = utcOffset ?? NewBoardQuestions.localOffset
        return board
    }

    /// Local time of this machine in winter, as board files write it.
    private static var localOffset: String {
        let zone = TimeZone.current
        let minutes = (zone.secondsFromGMT() - Int(zone.daylightSavingTimeOffset())) / 60
        return String(format: "%@%02d:%02d", minutes < 0 ? "-" : "+", abs(minutes) / 60, abs(minutes) % 60)
    }

    private func answer(_ question: String, _ otherwise: String?, option: String) throws -> String {
        guard isAsking else {
            throw ValidationError("give \(option); questions are asked only in a terminal")
        }
        Terminal.write(question + (otherwise.map { " [\($0)] " } ?? " "))
        guard let line = readLine() else { throw ExitCode(ExitStatus.negative.rawValue) }
        let word = line.trimmingCharacters(in: .whitespaces)
        return word.isEmpty ? otherwise ?? "" : word
    }

    private func choice(_ question: String, _ choices: [(word: String, title: String)], option: String) throws -> String
    {
        if isAsking {
            for (place, choice) in choices.enumerated() {
                Terminal.write("  \(place + 1)  \(choice.word): \(choice.title)\n")
            }
        }
        while true {
            let word = try answer(question, "1", option: option)
            if let place = Int(word), choices.indices.contains(place - 1) { return choices[place - 1].word }
            if choices.contains(where: { $0.word == word }) { return word }
            Terminal.write("Please answer with a number from 1 to \(choices.count), or the word behind it.\n")
        }
    }

    private func number(_ question: String, _ range: ClosedRange<Int>, option: String) throws -> Int {
        while true {
            if let number = Int(try answer(question, "\(range.lowerBound)", option: option)), range.contains(number) {
                return number
            }
            Terminal.write("Please answer with a number from \(range.lowerBound) to \(range.upperBound).\n")
        }
    }
}
