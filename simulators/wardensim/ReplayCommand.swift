import BoardImage
import CSimulator
import Console
import FixedMemory
import Recording
import HardwareInterface
import Runtime
import WardenMessages

/// `wardensim replay`: plays a recording from the field, and holds what is decided to what was decided there.
enum ReplayCommand {
    static let usage: StaticString = """
        usage: wardensim replay RECORDING [--quiet] [--trace FILE]

        Tells a board again what one in the field was told, at the same moments, and holds what it decides to what was
        decided there, byte for byte. No key is needed: cards are keyed hashes in a recording. It begins with a start of
        the board, or with a key frame: what the board knew at a moment in the middle of its life. Without either it cannot
        be played: then it shows what was decided, as recorded.

          RECORDING          as 'wardenctl recorder pull' wrote it
          --trace FILE       writes what was decided
          --quiet            says how it went, not what was decided

        example:
          wardenctl recorder pull /var/lib/warden/journal --image lobby.board -o lobby.recording
          wardensim replay lobby.recording

        exit codes:
           0  every decision is as it was recorded
           1  a decision differs, and the moment is told; or the recording has no key frame to begin with
          64  the command line is wrong
          65  the file is no recording, or of a board that this version does not know
          66  the file cannot be read
          73  the trace cannot be written

        """

    /// - Returns: `nil` if the command line asks for something else.
    static func run() -> ExitCode? {
        guard simulator_argument_count() >= 2, Arguments.matches(simulator_argument(1), "replay") else { return nil }
        var path: UnsafePointer<CChar>?
        var trace: UnsafePointer<CChar>?
        var isQuiet = false
        var index = Int32(2)
        while index < simulator_argument_count() {
            let argument = simulator_argument(index)
            index += 1
            if Arguments.matches(argument, "--help") || Arguments.matches(argument, "-h") {
                var output = Output(descriptor: 1)
                output.write(usage)
                output.flush()
                return .success
            }
            if Arguments.matches(argument, "--quiet") {
                isQuiet = true
            } else if Arguments.matches(argument, "--trace"), index < simulator_argument_count() {
                trace = simulator_argument(index)
                index += 1
            } else if path == nil, argument[0] != CChar(UInt8(ascii: "-")) {
                path = argument
            } else {
                return wrong(argument)
            }
        }
        guard let path else { return wrong(nil) }
        do throws(Failure) {
            return try play(path, trace, isQuiet)
        } catch {
            Wardensim.report(error)
            return error.code
        }
    }

    private static func wrong(_ argument: UnsafePointer<CChar>?) -> ExitCode {
        var errors = Output(descriptor: 2)
        errors.write("wardensim: ")
        if let argument {
            errors.write(argument)
            errors.write(": is no option of 'wardensim replay'")
        } else {
            errors.write("replay needs a recording")
        }
        errors.write("\n  'wardensim replay --help' shows what there is\n")
        errors.flush()
        return .usage
    }

    private static func play(
        _ path: UnsafePointer<CChar>, _ trace: UnsafePointer<CChar>?, _ isQuiet: Bool
    ) throws(Failure) -> ExitCode {
        let file = try Inputs.read(path)
        guard let recording = RecordingFile(file.span) else {
            throw Failure(
                code: .invalidInput, message: "is no recording, or was cut short; 'wardenctl recorder pull' makes one",
                subject: path)
        }
        let imageSpan = file.span.extracting(recording.image)
        let image: BoardImage
        do throws(BoardImageError) {
            image = try BoardImage(decoding: imageSpan, isOfRecording: true)
        } catch {
            throw Failure(code: .invalidInput, message: Inputs.text(of: error), subject: path)
        }
        guard let first = RecordingPage(file.span.extracting(recording.page(0))) else {
            throw Failure(code: .invalidInput, message: "is damaged at its beginning", subject: path)
        }
        var replay: Replay
        do throws(StartError) {
            replay = try Replay(
                image: image, file: imageSpan, start: first.at, credentials: credentials(of: recording, in: file.span))
        } catch {
            throw Failure(
                code: .invalidInput, message: "is of a board that this version does not know", subject: path)
        }
        var lines = DecisionLines(isShown: !isQuiet)
        if let trace {
            let descriptor = simulator_create(trace)
            guard descriptor >= 0 else {
                throw Failure(code: .cannotWrite, message: "cannot write", subject: trace, systemError: descriptor)
            }
            lines.file = Output(descriptor: descriptor)
        }
        let isPlayed = first.beginsKeyFrame
        if isPlayed { prepare(&replay, recording, file.span) }
        for page in 0..<recording.pages {
            let bytes = file.span.extracting(recording.page(page))
            guard isPlayed ? replay.play(bytes, into: &lines) : replay.show(bytes, into: &lines) else {
                break
            }
        }
        lines.file?.flush()
        if let error = lines.file?.error, error < 0 {
            throw Failure(code: .cannotWrite, message: "the trace is cut short", subject: trace, systemError: error)
        }
        conclude(replay, isPlayed: isPlayed, &lines.shown)
        lines.shown.flush()
        return isPlayed && replay.difference == nil ? .success : .expectationFailed
    }

    /// Those that the recording begins with: what was sent to the board behind that is in its records.
    @_lifetime(copy file)
    private static func credentials(of recording: RecordingFile, in file: Span<UInt8>) -> Span<UInt8> {
        let all = file.extracting(recording.credentials)
        guard let held = Replay.credentialBytes(atBeginning: file.extracting(recording.page(0))) else { return all }
        return all.extracting(0..<min(held, all.count))
    }

    /// Has the board stand as it stood where the recording begins.
    private static func prepare(_ replay: inout Replay, _ recording: RecordingFile, _ file: Span<UInt8>) {
        for page in 0..<recording.pages {
            guard let isReady = replay.prepare(file.extracting(recording.page(page))), !isReady else { return }
        }
        replay.endPreparation()
    }

    private static func conclude(_ replay: borrowing Replay, isPlayed: Bool, _ output: inout Output) {
        output.writeDecimal((replay.now - replay.began).nanoseconds / 1_000_000_000)
        output.write(" s, ")
        output.writeDecimal(Int64(replay.inputs))
        output.write(" inputs, ")
        output.writeDecimal(Int64(replay.decisions))
        output.write(" decisions: ")
        switch replay.difference {
        case nil where !isPlayed:
            output.write("shown as they were recorded, NOT PLAYED: ")
            output.write("neither the board's start nor a key frame is in this recording\n")
        case nil: output.write("every one as it was recorded\n")
        case .decision(let moment)?:
            output.write("the next one DIFFERS, at ")
            write(moment, to: &output)
        case .unknownRecord(let moment)?:
            output.write("this version does NOT KNOW the record at ")
            write(moment, to: &output)
        case .otherCredentials(let moment)?:
            output.write("the board began with credentials that were sent to it and are NOT HERE")
            output.write("; 'wardenctl recorder pull --state' takes them along; at ")
            write(moment, to: &output)
        case .damagedPage(let page)?:
            output.write("page ")
            output.writeDecimal(Int64(page))
            output.write(" is DAMAGED\n")
        case .state(let moment)?:
            output.write("every one as it was recorded, but what is known now DIFFERS from what the board knew at ")
            write(moment, to: &output)
        case .otherVersion(let moment)?:
            output.write("it begins with a key frame that ANOTHER VERSION of the program wrote")
            output.write("; play it with that version's wardensim; at ")
            write(moment, to: &output)
        case .defectiveKeyFrame(let moment)?:
            output.write("the key frame that it begins with is NOT WHOLE; at ")
            write(moment, to: &output)
        }
    }

    private static func write(_ moment: Instant, to output: inout Output) {
        var text = ByteBuffer(capacity: 32)
        TimeText.appendSeconds(nanoseconds: moment.nanoseconds, to: &text)
        output.write(text.span)
        output.write(" s after the board's start\n")
    }
}

/// Decisions as lines of text, as in the trace of a scenario.
struct DecisionLines: ReplaySink, ~Copyable {
    let isShown: Bool
    var shown = Output(descriptor: 1)
    var file: Output?
    private var line = ByteBuffer(capacity: 512)

    init(isShown: Bool) { self.isShown = isShown }

    mutating func driven(_ index: LineIndex, isActive: Bool, at moment: Instant, on board: borrowing Replay) {
        begin(at: moment)
        line.append("line ")
        if let name = board.name(of: .line, at: Int(index.value)) { line.append(name.span) }
        line.append(isActive ? " on" : " off")
        end()
    }

    mutating func recorded(_ event: Event, on board: borrowing Replay) {
        begin(at: Instant(nanoseconds: Int64(clamping: event.monotonicNs)))
        EventText.append(event, names: board, to: &line)
        end()
    }

    private mutating func begin(at moment: Instant) {
        line.removeAll()
        TimeText.appendSeconds(nanoseconds: moment.nanoseconds, to: &line)
        line.append(" ")
    }

    private mutating func end() {
        line.append("\n")
        DecisionLines.write(line, isShown, &shown, &file)
    }

    // Static, so that the line and where it goes are seen to be different things.
    private static func write(
        _ line: borrowing ByteBuffer, _ isShown: Bool, _ shown: inout Output, _ file: inout Output?
    ) {
        if isShown { shown.write(line.span) }
        file?.write(line.span)
    }
}
