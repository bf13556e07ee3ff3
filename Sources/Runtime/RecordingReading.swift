import Authority
import EventJournal
import FixedMemory
import HardwareInterface
import Recording
import WardenMessages

/// Reads the recording back from its medium, a page at a time, for whoever downloads it over a link.
///
/// What lies on the medium is what `wardenctl recorder pull` takes out of it: whoever downloads it puts the pages together, and
/// knows by each page's own number and checksum whether it was written over meanwhile.
struct RecordingReading: BitwiseCopyable {
    /// What the requests to the medium are known by.
    static var token: UInt32 { EventJournal.tokenLimit + 1 }

    enum State: BitwiseCopyable {
        case none
        case wanted(UInt64)
        case underWay(UInt64)
        case read(UInt64)
        case failed(UInt64)
    }

    private var state = State.none

    /// Whether a page is there; where not, it is asked for, unless another one is on its way.
    ///
    /// - Returns: `nil` if it cannot be read.
    mutating func has(_ page: UInt64) -> Bool? {
        switch state {
        case .read(page): return true
        case .failed(page):
            state = .none
            return nil
        case .wanted, .underWay: return false
        case .none, .read, .failed:
            state = .wanted(page)
            return false
        }
    }

    mutating func takeWanted() -> UInt64? {
        guard case .wanted(let page) = state else { return nil }
        state = .underWay(page)
        return page
    }

    mutating func complete(_ outcome: MediumOutcome) {
        guard case .underWay(let page) = state else { return }
        state = outcome == .done ? .read(page) : .failed(page)
    }
}

extension BoardCore {
    mutating func recorderOpened(by query: Authorised<RecorderQuery>) {
        // What is in memory is to be on the medium when its turn to be read comes.
        recording.flight.flushSoon(at: now)
        audit(Command(kind: .recorderRead), query.actor, .done)
    }

    /// Bytes of the recording on the medium; of the recorder in memory where there is none.
    mutating func recorderChunk(from offset: UInt64) -> RecorderChunk? {
        guard recording.mode == .recording else { return memoryChunk(from: offset) }
        let pageBytes = UInt64(journal.mediumPages.pageBytes)
        let kept = recording.flight.keptPages
        let start = max(offset, kept.lowerBound * pageBytes)
        guard start < kept.upperBound * pageBytes, let isThere = recording.reading.has(start / pageBytes) else {
            return nil
        }
        var chunk = RecorderChunk()
        chunk.offset = start
        chunk.pageBytes = UInt32(pageBytes)
        guard isThere else { return chunk }
        let page = journal.mediumPages.bytes(of: UInt16(journal.otherPages + BoardRecording.pages))
        var place = Int(start % pageBytes)
        while place < Int(pageBytes), chunk.data.count < 768 {
            chunk.data.append(page[place])
            place += 1
        }
        return chunk
    }

    private func memoryChunk(from offset: UInt64) -> RecorderChunk? {
        guard offset < recorder.end else { return nil }
        var chunk = RecorderChunk()
        chunk.offset = recorder.copy(from: offset, into: &chunk.data)
        return chunk
    }
}
