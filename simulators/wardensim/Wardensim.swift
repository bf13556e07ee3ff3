import BoardImage
import CSimulator
import Cryptography
import FixedMemory
import HardwareInterface
import Runtime
import Simulation
import WardenMessages

/// `wardensim`: plays a scenario on a virtual board.
@main
enum Wardensim {
    static func main() {
        simulator_catch_signals()
        let code: ExitCode
        switch Arguments.parse() {
        case .help:
            print(Arguments.usage)
            code = simulator_argument_count() == 2 ? .success : .usage
        case .version:
            print("wardensim ", terminator: "")
            print(WardenVersion.text)
            code = .success
        case .wrong(let reason, let argument):
            var errors = Output(descriptor: 2)
            errors.write("wardensim: ")
            errors.write(argument)
            errors.write(": ")
            errors.write(reason)
            errors.write("\n'wardensim --help' shows what there is\n")
            errors.flush()
            code = .usage
        case .run(let arguments):
            code = run(arguments)
        }
        simulator_exit(code.rawValue)
    }

    private static func print(_ text: StaticString, terminator: StaticString = "\n") {
        var output = Output(descriptor: 1)
        output.write(text)
        output.write(terminator)
        output.flush()
    }

    private static func run(_ arguments: Arguments) -> ExitCode {
        do throws(Failure) {
            let key = try readKey(arguments)
            let board = try Inputs.board(arguments, key)
            let image = try decodeBoard(board.span, arguments)
            let scenario = try Inputs.scenario(arguments, board.span, checksum: image.checksum)
            let outputs = try makeOutputs(arguments, image)
            let isLive = arguments.isLive
            var simulation = try makeSimulation(image, board.span, key, scenario, outputs, arguments)
            Player.run(&simulation, speed: arguments.speed, isLive: isLive)
            return finish(&simulation, arguments)
        } catch {
            report(error)
            return error.code
        }
    }

    private static func readKey(_ arguments: Arguments) throws(Failure) -> HashKey {
        guard let path = arguments.hashKey else {
            throw Failure(code: .usage, message: "--hash-key FILE is needed: credentials are kept as keyed hashes")
        }
        return try Inputs.readHashKey(path)
    }

    private static func decodeBoard(_ file: Span<UInt8>, _ arguments: Arguments) throws(Failure) -> BoardImage {
        do throws(BoardImageError) {
            return try BoardImage(decoding: file)
        } catch {
            throw Failure(code: .invalidInput, message: Inputs.text(of: error), subject: arguments.board)
        }
    }

    private static func makeOutputs(
        _ arguments: Arguments, _ image: borrowing BoardImage
    ) throws(Failure) -> TraceOutputs {
        var outputs = TraceOutputs()
        if let path = arguments.trace {
            let descriptor = simulator_create(path)
            guard descriptor >= 0 else {
                throw Failure(code: .cannotWrite, message: "cannot write", subject: path, systemError: descriptor)
            }
            outputs.file = Output(descriptor: descriptor)
        }
        if arguments.isLive {
            if simulator_is_terminal(0) { _ = simulator_terminal_raw() }
            outputs.screen = LiveScreen(title: image.header.description.span)
        }
        return outputs
    }

    private static func makeSimulation(
        _ image: consuming BoardImage, _ file: Span<UInt8>, _ key: HashKey, _ scenario: consuming ScenarioTables,
        _ outputs: consuming TraceOutputs, _ arguments: Arguments
    ) throws(Failure) -> Simulation<TraceOutputs> {
        do throws(StartError) {
            return try Simulation(image: image, file: file, hashKey: key, scenario: scenario, sink: outputs)
        } catch {
            switch error {
            case .wrongHashKey:
                throw Failure(
                    code: .wrongKey, message: "was built with another hash key: no card would open",
                    subject: arguments.board)
            case .unknownSensor, .unknownReader, .unknownDetector:
                throw Failure(
                    code: .invalidInput,
                    message: "uses a device that this version does not know: it was built by a newer one",
                    subject: arguments.board)
            case .defectiveDoor, .defectiveSchedule, .defectiveCredentials, .defectiveMatrix:
                throw Failure(
                    code: .invalidInput, message: "contradicts itself; 'wardenctl board check' says where",
                    subject: arguments.board)
            }
        }
    }

    /// Writes what is still buffered and the summary, and says how the run went.
    private static func finish(_ simulation: inout Simulation<TraceOutputs>, _ arguments: Arguments) -> ExitCode {
        simulation.sink.screen?.close()
        simulator_terminal_restore()
        simulation.sink.file?.flush()
        var code = ExitCode.success
        if let error = simulation.sink.file?.error, error < 0 {
            report(Failure(code: .cannotWrite, message: "cannot write", subject: arguments.trace, systemError: error))
            code = .cannotWrite
        }
        var output = Output(descriptor: 1)
        while let verdict = simulation.takeVerdict() {
            if !verdict.isMet { code = .expectationFailed }
            if !arguments.isQuiet || !verdict.isMet { write(verdict.expectation, verdict.isMet, to: &output) }
        }
        if simulation.state == .stuck { code = .stuck }
        if !arguments.isQuiet { write(simulation.summary, simulation.state, simulation.scenario.header, to: &output) }
        output.flush()
        return code
    }

    private static func write(_ expectation: Expectation, _ isMet: Bool, to output: inout Output) {
        output.write(isMet ? "  met     " : "  FAILED  ")
        output.write(expectation.text.span)
        if expectation.never {
            output.write(", never within ")
        } else {
            output.write(", within ")
        }
        output.writeDecimal(Int64(expectation.withinMs))
        output.write(" ms (line ")
        output.writeDecimal(Int64(expectation.sourceLine))
        output.write(" of the scenario)\n")
    }

    private static func write<Sink: TraceSink & ~Copyable>(
        _ summary: Simulation<Sink>.Summary, _ state: Simulation<Sink>.State, _ header: ScenarioHeader,
        to output: inout Output
    ) {
        output.write("\n")
        output.write(header.name.span)
        output.write(": ")
        output.writeDecimal(summary.simulated.nanoseconds / 1_000_000_000)
        output.write(" s simulated, ")
        output.writeDecimal(Int64(summary.events))
        output.write(" events, ")
        output.writeDecimal(Int64(summary.turns))
        output.write(" turns; ")
        if state == .stuck { output.write("STUCK: the runtime asks for turn after turn at one moment; ") }
        if state == .running { output.write("ended before its time; ") }
        output.write("expectations: ")
        output.writeDecimal(Int64(summary.expectationsMet))
        output.write(" met, ")
        output.writeDecimal(Int64(summary.expectationsFailed))
        output.write(" failed\n")
    }

    private static func report(_ failure: Failure) {
        var errors = Output(descriptor: 2)
        errors.write("wardensim: ")
        if let subject = failure.subject {
            errors.write(subject)
            errors.write(": ")
        }
        errors.write(failure.message)
        if failure.systemError < 0 {
            errors.write(": ")
            errors.write(simulator_error_text(failure.systemError))
        }
        errors.write("\n")
        errors.flush()
    }
}
