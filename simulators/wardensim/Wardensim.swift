import BoardImage
import CServiceManager
import CSimulator
import Cryptography
import FixedMemory
import HardwareInterface
import Runtime
import Simulation
import WardenLink
import WardenMessages

/// `wardensim`: plays a scenario on a virtual board.
@main
enum Wardensim {
    static func main() {
        simulator_catch_signals()
        if let code = ReplayCommand.run() ?? SoakCommand.run() { simulator_exit(code.rawValue) }
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
            if let argument {
                errors.write(argument)
                errors.write(": ")
            }
            errors.write(reason)
            errors.write("\n  'wardensim --help' shows what there is\n")
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
            let identity = try linkIdentity(arguments)
            try checkCapacities(image, arguments)
            let outputs = try makeOutputs(arguments, image)
            let title = FixedBytes<128>(image.header.description.span)
            var simulation = try makeSimulation(image, board.span, key, scenario, identity, outputs, arguments)
            var endpoints = Endpoints(readsKeys: arguments.isLive)
            try open(&endpoints, identity, &simulation, arguments)
            showScreen(&simulation, title, arguments)
            _ = warden_service_notify("READY=1")
            Player.play(&simulation, &endpoints, speed: arguments.speed)
            _ = warden_service_notify("STOPPING=1")
            let code = conclude(&simulation, arguments)
            if arguments.stays, simulation.state == .ended {
                Player.stay(&simulation, &endpoints)
            }
            endpoints.close(&simulation)
            return finish(&simulation, code, arguments)
        } catch {
            report(error)
            return error.code
        }
    }

    // MARK: Reached from outside

    private static func linkIdentity(_ arguments: Arguments) throws(Failure) -> LinkIdentity? {
        guard let path = arguments.linkKey else { return nil }
        let key = try Inputs.readPrivateKey(path)
        var seed = ByteBuffer(capacity: 32)
        var isRandom = false
        seed.appendFilling { free in
            isRandom = simulator_random(free.baseAddress!, free.count)
            return free.count
        }
        guard isRandom, let random = RandomGenerator(seed: seed.span) else {
            throw Failure(code: .cannotRead, message: "the operating system gives no random numbers")
        }
        return LinkIdentity(key: key, random: random)
    }

    /// What the board has no room for would be opened in vain.
    private static func checkCapacities(_ image: borrowing BoardImage, _ arguments: Arguments) throws(Failure) {
        if arguments.socket != nil || arguments.port != nil, image.capacities.links == 0 {
            throw Failure(
                code: .usage,
                message: "has no room for connections: raise 'links' under 'capacities' of the board file",
                subject: arguments.board)
        }
        if arguments.opensConsole, image.capacities.consoles == 0 {
            throw Failure(
                code: .usage, message: "has no console: raise 'consoles' under 'capacities' of the board file",
                subject: arguments.board)
        }
    }

    private static func open(
        _ endpoints: inout Endpoints, _ identity: LinkIdentity?, _ simulation: inout Simulation<TraceOutputs>,
        _ arguments: Arguments
    ) throws(Failure) {
        var told = ByteBuffer(capacity: 1_024)
        if arguments.opensConsole {
            told.append("console on ")
            try endpoints.openTerminal(path: &told)
            told.append("\n")
        }
        if let path = arguments.serialLink {
            guard let line = simulation.linkLine else {
                throw Failure(
                    code: .usage,
                    message: "has no serial line of Warden Link: write 'use: link' at a port of the board file",
                    subject: arguments.board)
            }
            try endpoints.openLine(line, path: path)
            told.append("Warden Link on the serial line ")
            append(path, to: &told)
            told.append("\n")
        }
        if let port = arguments.port, let identity {
            let bound = try endpoints.listen(port: port)
            told.append("Warden Link on 127.0.0.1:")
            told.appendDecimal(Int64(bound))
            told.append(", board key ")
            let key = identity.publicKey
            told.appendHexadecimal(key.span)
            told.append("\n")
        }
        // Last, so that the file is not there when something else has failed.
        if let socket = arguments.socket {
            try endpoints.listen(local: socket)
            told.append("Warden Link on ")
            append(socket, to: &told)
            told.append("\n")
        }
        simulation.sink.announcement = told
        if !arguments.isLive {
            var output = Output(descriptor: 1)
            output.write(simulation.sink.announcement.span)
            output.flush()
        }
    }

    private static func append(_ text: UnsafePointer<CChar>, to output: inout ByteBuffer) {
        var index = 0
        while text[index] != 0 {
            output.append(UInt8(bitPattern: text[index]))
            index += 1
        }
    }

    private static func showScreen(
        _ simulation: inout Simulation<TraceOutputs>, _ title: FixedBytes<128>, _ arguments: Arguments
    ) {
        guard arguments.isLive else { return }
        if simulator_is_terminal(0) { _ = simulator_terminal_raw() }
        simulation.sink.page = LivePage(simulation, title: title, speed: arguments.speed)
        var screen = LiveScreen()
        screen.showLines(simulation.sink.announcement.span)
        simulation.sink.screen = consume screen
    }

    // MARK: Inputs

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
        return outputs
    }

    private static func makeSimulation(
        _ image: consuming BoardImage, _ file: Span<UInt8>, _ key: HashKey, _ scenario: consuming ScenarioTables,
        _ identity: LinkIdentity?, _ outputs: consuming TraceOutputs, _ arguments: Arguments
    ) throws(Failure) -> Simulation<TraceOutputs> {
        do throws(StartError) {
            return try Simulation(
                image: image, file: file, hashKey: key, scenario: scenario, ownUser: simulator_user(),
                linkIdentity: identity, sink: outputs)
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
            case .defectiveReader, .defectiveDoor, .defectiveArea, .defectiveInterlock, .defectiveSchedule,
                .defectiveCredentials, .defectiveMatrix:
                throw Failure(
                    code: .invalidInput, message: "contradicts itself; 'wardenctl board check' says where",
                    subject: arguments.board)
            }
        }
    }

    /// Says how the scenario went: at once, or when the live view is gone.
    private static func conclude(_ simulation: inout Simulation<TraceOutputs>, _ arguments: Arguments) -> ExitCode {
        var code = simulation.summary.expectationsFailed > 0 ? ExitCode.expectationFailed : .success
        if simulation.state == .stuck { code = .stuck }
        simulation.sink.file?.flush()
        if arguments.isLive { return code }
        var output = Output(descriptor: 1)
        writeOutcome(&simulation, arguments, to: &output)
        if arguments.stays, simulation.state == .ended {
            output.write("the scenario is over, the board goes on in real time; Ctrl-C ends it\n")
        }
        output.flush()
        return output.error < 0 ? .cannotWrite : code
    }

    private static func writeOutcome(
        _ simulation: inout Simulation<TraceOutputs>, _ arguments: Arguments, to output: inout Output
    ) {
        while let verdict = simulation.takeVerdict() {
            if !arguments.isQuiet && !arguments.isLive || !verdict.isMet {
                write(verdict.expectation, verdict.isMet, to: &output)
            }
        }
        if !arguments.isQuiet { write(simulation.summary, simulation.state, simulation.scenario.header, to: &output) }
    }

    /// Writes what is still buffered, and gives the terminal back.
    private static func finish(
        _ simulation: inout Simulation<TraceOutputs>, _ concluded: ExitCode, _ arguments: Arguments
    ) -> ExitCode {
        var code = concluded
        if arguments.isLive {
            simulation.sink.screen?.close()
            simulator_terminal_restore()
            var output = Output(descriptor: 1)
            writeOutcome(&simulation, arguments, to: &output)
            output.flush()
        }
        simulation.sink.file?.flush()
        if let error = simulation.sink.file?.error, error < 0 {
            report(
                Failure(
                    code: .cannotWrite, message: "the trace is cut short", subject: arguments.trace, systemError: error)
            )
            code = .cannotWrite
        }
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

    static func report(_ failure: Failure) {
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
