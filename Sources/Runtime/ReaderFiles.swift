import Authority
import Drivers
import FixedMemory
import WardenMessages

/// The latest file for a reader, as its senders are told of it. The board keeps nothing of the file itself.
struct ReaderFile: BitwiseCopyable {
    var phase = ReaderFilePhase.none
    var outcome = ReaderFileOutcome.processed
    var size: UInt32 = 0
    /// Bytes that the reader has taken, once the transfer is over.
    var taken: UInt32 = 0
    /// Who sends it.
    var actor = Actor()
    /// The part that the reader takes next; its length is 0 while it takes none.
    private(set) var wantedOffset: UInt32 = 0
    private(set) var wantedLength: UInt16 = 0

    mutating func want(offset: UInt32, length: UInt16) {
        wantedOffset = offset
        wantedLength = length
    }
}

// Files for readers on a bus: firmware, pictures, settings of their makers.
extension BoardCore {
    mutating func transferReaderFile(_ transfer: Authorised<ReaderFileTransfer>) -> ReaderFileState {
        let reader = Int(transfer.action.reader)
        guard reader < readerFiles.count else { return ReaderFileState(result: .unknownTarget) }
        var result = CommandResult.done
        switch transfer.action.step {
        case .begin(let begin)?:
            result = beginFile(begin, to: reader, transfer.actor)
            audit(fileCommand(reader), transfer.actor, result == .done ? .started : result)
        case .chunk(let chunk)?: result = sendFile(chunk, to: reader)
        case .action(.query)?: break
        case .action(.cancel)?: result = cancelFile(to: reader)
        case .action(.unrecognised)?, nil: result = .outOfRange
        }
        var state = ReaderFileState(
            result: result, phase: readerFiles[reader].phase, outcome: readerFiles[reader].outcome,
            confirmed: readerFiles[reader].taken, size: readerFiles[reader].size)
        if case .sending = readerFiles[reader].phase {
            state.confirmed = readers.confirmedFileBytes(of: reader) ?? 0
            state.wantedOffset = readerFiles[reader].wantedOffset
            state.wantedLength = UInt32(readerFiles[reader].wantedLength)
        }
        return state
    }

    private func fileCommand(_ reader: Int) -> Command { Command(kind: .readerFileSend, target: UInt32(reader)) }

    private mutating func beginFile(_ begin: ReaderFileBegin, to reader: Int, _ actor: Actor) -> CommandResult {
        if case .sending = readerFiles[reader].phase { return .busy }
        guard readers.beginFile(type: UInt8(truncatingIfNeeded: begin.type), size: begin.size, to: reader) else {
            return .refused
        }
        var file = ReaderFile()
        file.phase = .sending
        file.size = begin.size
        file.actor = actor
        readerFiles[reader] = file
        return .done
    }

    private mutating func sendFile(_ chunk: ReaderFileChunk, to reader: Int) -> CommandResult {
        guard case .sending = readerFiles[reader].phase else { return .refused }
        guard chunk.data.count <= Int(readerFiles[reader].wantedLength), chunk.data.count > 0 else {
            return .outOfRange
        }
        guard readers.provideFileData(chunk.data.span, offset: chunk.offset, to: reader) else { return .outOfRange }
        readerFiles[reader].want(offset: chunk.offset, length: 0)
        return .done
    }

    private mutating func cancelFile(to reader: Int) -> CommandResult {
        guard case .sending = readerFiles[reader].phase else { return .refused }
        readers.cancelFile(to: reader)
        settleReaders(of: readers.device(of: reader))
        return .done
    }

    /// A reader is sent nothing more of a file.
    mutating func fileTransferEnded(toReader reader: Int, _ outcome: FileTransferOutcome) {
        guard case .sending = readerFiles[reader].phase else { return }
        let isTaken = outcome == .processed || outcome == .restarting
        readerFiles[reader].phase = .ended
        readerFiles[reader].outcome = ReaderFileOutcome(rawValue: Int32(outcome.rawValue))
        readerFiles[reader].taken = isTaken ? readerFiles[reader].size : readerFiles[reader].wantedOffset
        audit(fileCommand(reader), readerFiles[reader].actor, isTaken ? .done : .refused)
    }
}
