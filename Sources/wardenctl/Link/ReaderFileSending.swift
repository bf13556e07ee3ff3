import Foundation
import WardenMessages

/// Hands a file to a reader through the board, part by part as the reader takes them.
struct ReaderFileSending {
    /// The largest file that the board takes.
    static let sizeLimit = 67_108_864
    /// Between two questions for what the reader takes next: a part takes longer at every baud rate.
    private static let pause: UInt32 = 20_000

    private let connection: BoardConnection
    private let reader: UInt32

    init(_ connection: BoardConnection, reader: UInt32) {
        self.connection = connection
        self.reader = reader
    }

    func send(_ bytes: [UInt8], type: UInt8, isQuiet: Bool) throws -> ReaderFileOutcome {
        var state = try ask(.begin(ReaderFileBegin(type: UInt32(type), size: UInt32(bytes.count))))
        try expectDone(state)
        var progress = TransferProgress("file", total: bytes.count, unit: "B", isQuiet: isQuiet)
        defer { progress.end() }
        while case .sending = state.phase {
            progress.show(Int(state.confirmed))
            let begin = Int(state.wantedOffset)
            if state.wantedLength > 0, begin < bytes.count {
                var chunk = ReaderFileChunk(offset: state.wantedOffset)
                for byte in bytes[begin...].prefix(Int(state.wantedLength)) { chunk.data.append(byte) }
                state = try ask(.chunk(chunk))
                // A part that the reader no longer waits for is no failure of the file: the state says what it is.
                if state.result == .outOfRange { state = try ask(.action(.query)) }
            } else {
                usleep(ReaderFileSending.pause)
                state = try ask(.action(.query))
            }
            try expectDone(state)
        }
        return state.outcome
    }

    private func ask(_ step: ReaderFileTransfer.Step) throws -> ReaderFileState {
        for case .readerFile(let state) in try connection.ask(
            .readerFile(ReaderFileTransfer(reader: reader, step: step)))
        {
            return state
        }
        throw Failure(status: .invalidData, message: "the board told nothing of the file")
    }

    private func expectDone(_ state: ReaderFileState) throws {
        switch state.result {
        case .done: return
        case .busy:
            throw Failure(
                status: .unavailable, message: "a file is being sent to the reader",
                remedy: "Wait for its end: an event 'command reader-file-send' tells of it.")
        case .notPermitted:
            throw Failure.notPermitted(remedy: "Sending files to readers is for technicians.")
        case .refused:
            throw Failure(
                status: .unavailable, message: "the reader takes no file now",
                remedy: "It must be an OSDP reader that answers: see 'wardenctl readers'.")
        default:
            throw Failure(
                status: .invalidData, message: "the board refused a part of the file",
                remedy: "Use the wardenctl that belongs to the board's program.")
        }
    }

    static func word(_ outcome: ReaderFileOutcome) -> String {
        switch outcome {
        case .processed: "done"
        case .restarting: "done, the reader restarts"
        case .stoppedByReader: "stopped by the reader"
        case .notUnderstood: "the reader does not know such files"
        case .malformed: "the reader finds the file malformed"
        case .lost: "the reader was lost"
        case .cancelled: "cancelled"
        case .notSupported: "the reader takes no files"
        case .unrecognised: "ended"
        }
    }
}
