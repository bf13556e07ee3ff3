import FixedMemory
import HardwareInterface

/// Counts what was malformed, and tells of it at most once a second.
struct MalformedReporter: Sendable, BitwiseCopyable {
    /// Time between two malformed events.
    static var spacing: Interval { .seconds(1) }

    /// Since start.
    private(set) var count: UInt64 = 0
    private var nextReport = Instant.start

    mutating func note(_ reason: MalformedReason, reader: UInt8 = 0, at now: Instant, into output: inout ReaderOutput) {
        count &+= 1
        guard nextReport <= now else { return }
        nextReport = now + MalformedReporter.spacing
        output.report(.malformed(reason), reader: reader)
    }
}

/// Whether a reader that cannot be asked is to be trusted, and what it sent that was no frame.
///
/// A bad cable makes hundreds of bad bytes a second. All are counted; one event a second tells of them. A reader that
/// sends `babbleLimit` bad bytes without a valid frame or a pause is offline until it sends a valid frame or is quiet.
struct ReaderHealth: Sendable, BitwiseCopyable {
    /// Bad bytes without a valid frame between them, or a pause of `quietTime`, that make a reader offline: about a
    /// quarter of a second at 9600 baud, and many more than a card held at the edge of the field has been seen to cause.
    static var babbleLimit: UInt32 { 256 }
    /// A pause that ends babbling.
    static var quietTime: Interval { .seconds(1) }

    private(set) var isOpen = false
    private(set) var isBabbling = false
    private var malformed = MalformedReporter()
    /// Bytes that belonged to no valid frame, since start.
    private(set) var discardedBytes: UInt64 = 0
    private var discardedInARow: UInt32 = 0
    private var lastDiscard = Instant.start

    /// Frames and runs of noise that were not taken, since start.
    var malformedCount: UInt64 { malformed.count }

    /// When a babbling reader counts as quiet; `.never` if it does not babble.
    var deadline: Instant { isBabbling ? lastDiscard + ReaderHealth.quietTime : .never }

    mutating func portOpened(into output: inout ReaderOutput) {
        guard !isOpen else { return }
        isOpen = true
        output.report(.online)
    }

    mutating func portClosed(into output: inout ReaderOutput) {
        guard isOpen else { return }
        isOpen = false
        isBabbling = false
        discardedInARow = 0
        output.report(.offline(.portClosed))
    }

    /// Notes that `byteCount` bytes were thrown away for one reason.
    mutating func discarded(
        _ byteCount: Int, _ reason: MalformedReason, at now: Instant, into output: inout ReaderOutput
    ) {
        discardedBytes &+= UInt64(byteCount)
        if lastDiscard + ReaderHealth.quietTime < now { discardedInARow = 0 }
        lastDiscard = now
        discardedInARow = discardedInARow &+ UInt32(truncatingIfNeeded: byteCount)
        malformed.note(reason, at: now, into: &output)
        if !isBabbling && discardedInARow >= ReaderHealth.babbleLimit {
            isBabbling = true
            output.report(.offline(.babbling))
        }
    }

    /// Notes a valid frame.
    mutating func valid(into output: inout ReaderOutput) {
        discardedInARow = 0
        endBabbling(into: &output)
    }

    mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        if deadline <= now {
            discardedInARow = 0
            endBabbling(into: &output)
        }
    }

    private mutating func endBabbling(into output: inout ReaderOutput) {
        guard isBabbling else { return }
        isBabbling = false
        output.report(.online)
    }
}

/// What a reader driver has seen since start; for the technician.
public struct ReaderStatistics: Equatable, Sendable, BitwiseCopyable {
    /// Valid frames, repeats included.
    public var validFrames: UInt64
    /// Frames and runs of noise that were not taken.
    public var malformed: UInt64
    /// Bytes that belonged to no valid frame.
    public var discardedBytes: UInt64
}
