import BoardImage
import FixedMemory
import HardwareInterface
import Recording
import Runtime
import WardenMessages

/// What a board recorded of its life, played back.
enum RecordedLife {
    /// Nobody looks: what is decided is held to what was recorded, that is all.
    private struct Nobody: ReplaySink {
        mutating func driven(_ line: LineIndex, isActive: Bool, at moment: Instant, on board: borrowing Replay) {}
        mutating func recorded(_ event: Event, on board: borrowing Replay) {}
    }

    /// Plays the pages from the first with which playing can begin.
    ///
    /// - Returns: where it parted from what was recorded; `nil` if it did not, and how much was played.
    static func play(_ pages: [[UInt8]], file: [UInt8]) throws -> (difference: String?, inputs: UInt64) {
        guard let last = pages.lastIndex(where: { header($0)?.endsKeyFrame ?? false }),
            let first = pages[...last].firstIndex(where: { header($0)?.beginsKeyFrame ?? false }),
            let beginning = header(pages[first])
        else { return (nil, 0) }
        let pages = pages[first...]
        var replay = try Replay(image: BoardImage(decoding: file.span), file: file.span, start: beginning.at)
        var isReady: Bool? = false
        for page in pages where isReady == false { isReady = replay.prepare(page.span) }
        if isReady == false { replay.endPreparation() }
        var nobody = Nobody()
        for page in pages where !replay.play(page.span, into: &nobody) { break }
        return (replay.difference.map { "\($0), from \(beginning.at)" }, replay.inputs)
    }

    private static func header(_ page: [UInt8]) -> RecordingPage? { RecordingPage(page.span) }
}
