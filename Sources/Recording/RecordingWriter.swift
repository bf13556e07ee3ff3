import FixedMemory
import HardwareInterface

/// Where on a medium a flight recorder's ring lies.
public struct RecordingArea: Equatable, Sendable, BitwiseCopyable {
    /// Bytes from the start of the medium; a multiple of the page's size.
    public var offset: Int64
    /// Pages that the ring has room for.
    public var pages: Int

    public init(offset: Int64, pages: Int) {
        self.offset = offset
        self.pages = pages
    }

    /// What lies behind the first `used` bytes of a medium.
    ///
    /// - Returns: `nil` if there is no room for `fewestPages`.
    public init?(behind used: Int64, of mediumBytes: Int64, pageBytes: Int, fewestPages: Int = 64) {
        let offset = (used + Int64(pageBytes) - 1) / Int64(pageBytes) * Int64(pageBytes)
        let pages = (mediumBytes - offset) / Int64(pageBytes)
        guard pages >= Int64(fewestPages) else { return nil }
        self.init(offset: offset, pages: Int(min(pages, 1 << 24)))
    }
}

/// Writes records into a ring of pages on a medium, and knows nothing of what they say.
///
/// Records gather in pages in memory; a full page goes to the medium, and a page that is not full after a while, so that
/// little is missing when the power goes. One write is under way at a time, and none is waited for. Where the medium does
/// not keep up and memory is full, recording halts, and goes on by itself once half of the memory is free again, on a page that
/// says so: what comes then can be read, and replayed from the next key frame on.
///
/// Sans input and output: it hands out requests and is told how they ended. Nothing is allocated after it is made.
public struct RecordingWriter: ~Copyable {
    /// Bytes that a record may have.
    public static var recordLimit: Int { 4_000 }
    /// How long a record is in memory only: one that is a decision, and any other.
    static var decisionPatience: Interval { .seconds(1) }
    static var patience: Interval { .seconds(10) }
    /// How long a medium that refused a page is left alone.
    static var pause: Interval { .seconds(10) }
    /// Key frames that the ring holds once it has come round, so that a recording of three quarters of it can be played back.
    static var keyFramesInRing: Int { 4 }

    enum Flight: BitwiseCopyable { case none, full, copy }

    struct Slot: BitwiseCopyable {
        var at = Instant.start
        var used = RecordingPage.headerBytes
        var beginsKeyFrame = false
        var followsLoss = false
        var endsKeyFrame = false
        var usedBefore = 0
    }

    private let pages: MediumPages
    private let firstPage: Int
    /// Where the ring lies.
    public let area: RecordingArea
    /// Pages in memory, used in turn; the page behind the last one is for copies of a page that is not yet full.
    private var slots: FixedArray<Slot>
    /// The oldest page that has not been written, and how many are full from there on; the next one is being filled.
    private var head = 0
    private var full = 0
    private var flight = Flight.none
    private var lastAt = Instant.start
    private var run: UInt64 = 0
    private var isRunning = false
    private var pausedUntil = Instant.start
    private var flushDueAt = Instant.never
    /// The page on which the newest key frame begins of which nothing is missing, and none behind it was lost.
    private var keyFrameNumber: UInt64?
    /// How many pages that one takes.
    private var keyFramePages: UInt64 = 1
    /// The page on which a key frame begins that is being recorded.
    private var unfinishedKeyFrame: UInt64?
    /// Records were lost since the newest key frame.
    private var hasLostSinceKeyFrame = false
    private var isKeyFrameWanted = false
    private var isHalted = false
    private var isEnded = false

    public let isOn: Bool
    /// The number of the next page that is written whole.
    public private(set) var number: UInt64 = 0
    /// Records that were made, and those that found no room, since start.
    public private(set) var records: UInt64 = 0
    public private(set) var lost: UInt64 = 0

    /// A recorder that records nothing.
    public init() {
        isOn = false
        pages = MediumPages(count: 0, pageBytes: 512)
        firstPage = 0
        area = RecordingArea(offset: 0, pages: 1)
        slots = FixedArray(capacity: 0)
    }

    /// - Parameters:
    ///   - pages: the memory that requests name pages of, and the part of it that is the recorder's: `pageCount` from
    ///     `firstPage` on, at least 4.
    ///   - area: where the ring lies.
    public init(pages: MediumPages, firstPage: Int, pageCount: Int, area: RecordingArea) {
        precondition(pageCount >= 4 && firstPage + pageCount <= pages.count, "the recorder's pages are part of all")
        isOn = true
        self.pages = pages
        self.firstPage = firstPage
        self.area = area
        slots = FixedArray(repeating: Slot(), count: pageCount - 1)
    }

    /// Begins to write: what the medium holds is known, so that the ring goes on behind it.
    ///
    /// - Parameters:
    ///   - run: the number of this start of the board.
    ///   - number: of the first page; more than that of any page before.
    public mutating func begin(run: UInt64, number: UInt64) {
        guard isOn, !isRunning else { return }
        self.run = run
        // Pages that were filled before have numbers from here on.
        keyFrameNumber = keyFrameNumber.map { $0 + number }
        unfinishedKeyFrame = unfinishedKeyFrame.map { $0 + number }
        self.number = number
        isRunning = true
    }

    // MARK: Recording

    private var filling: Int { (head + full) % slots.count }
    /// The number of the page that is being filled.
    private var fillingNumber: UInt64 { number + UInt64(full) }
    /// Pages in memory that can still be begun behind the one that is being filled.
    private var freeSlots: Int { slots.count - 1 - full }

    /// Whether records are taken.
    public var isRecording: Bool { isOn && !isHalted && !isEnded }

    /// Whether what was recorded lately can be played back: the page of a key frame is still in the ring, and nothing was lost
    /// behind it.
    public var isReplayable: Bool {
        guard isOn, !isHalted, !hasLostSinceKeyFrame, let keyFrameNumber else { return false }
        return number < keyFrameNumber + UInt64(area.pages)
    }

    /// Whether a key frame is due: there is none to begin with, or so much was written since the newest that there will be none
    /// once the ring has come round.
    public var isKeyFrameDue: Bool {
        guard isRecording, isRunning, unfinishedKeyFrame == nil else { return false }
        guard !isKeyFrameWanted, !hasLostSinceKeyFrame, let keyFrameNumber else { return true }
        // One that takes much of a small ring is not written again and again.
        let step = max(UInt64(area.pages / RecordingWriter.keyFramesInRing), 4 * keyFramePages)
        return fillingNumber >= keyFrameNumber + step
    }

    /// Somebody looks closely from now on: a key frame is due.
    public mutating func wantKeyFrame() { isKeyFrameWanted = true }

    /// Begins a page with which replaying can begin, once `endKeyFrame` says that all of the key frame is recorded.
    ///
    /// - Returns: `false` if there is no page for it.
    @discardableResult
    public mutating func beginKeyFrame(at now: Instant) -> Bool {
        guard isRecording, slots[filling].used == RecordingPage.headerBytes || finishPage() else { return false }
        slots[filling].beginsKeyFrame = true
        unfinishedKeyFrame = fillingNumber
        hasLostSinceKeyFrame = false
        isKeyFrameWanted = false
        return true
    }

    /// Whether a key frame was begun and not ended; what was begun is of no use once a record is lost.
    public var isInKeyFrame: Bool { unfinishedKeyFrame != nil }

    /// All of the key frame is recorded.
    public mutating func endKeyFrame() {
        guard let unfinishedKeyFrame else { return }
        slots[filling].endsKeyFrame = true
        keyFrameNumber = unfinishedKeyFrame
        keyFramePages = fillingNumber - unfinishedKeyFrame + 1
        self.unfinishedKeyFrame = nil
    }

    /// Whether records that can wait should: only half of the memory is theirs.
    public var hasSlack: Bool { isRecording && freeSlots * 2 >= slots.count }

    /// Bytes that the content of a record may have on pages of this size.
    public var contentLimit: Int { min(RecordingWriter.recordLimit, pages.pageBytes - RecordingPage.headerBytes - 13) }

    /// Goes on after a halt, once so much has been written that there is room for a while.
    private mutating func goOn() {
        guard freeSlots * 2 >= slots.count, slots[filling].used == RecordingPage.headerBytes || finishPage() else {
            return
        }
        slots[filling].followsLoss = true
        isHalted = false
    }

    /// Records something.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - content: what it says, at most `recordLimit` bytes.
    ///   - now: not before the record before.
    ///   - isDecision: whether it should be on the medium soon.
    public mutating func append(_ kind: UInt8, _ content: Span<UInt8>, at now: Instant, isDecision: Bool) {
        guard !isEnded else { return }
        if isHalted { goOn() }
        guard isRecording, content.count <= contentLimit else { return lose() }
        // Length, kind, and the longest form of the time.
        if slots[filling].used + 13 + content.count > pages.pageBytes, !finishPage() { return lose() }
        let place = filling
        if slots[place].used == RecordingPage.headerBytes {
            slots[place].at = now
            lastAt = now
        }
        var position = slots[place].used
        let page = pages.bytes(of: UInt16(firstPage + place))
        page[position + 2] = kind
        var end = position + 3
        var elapsed = UInt64(clamping: (now - lastAt).nanoseconds)
        while elapsed > 0x7F {
            page[end] = UInt8(truncatingIfNeeded: elapsed) | 0x80
            elapsed >>= 7
            end += 1
        }
        page[end] = UInt8(elapsed)
        end += 1
        if content.count > 0 {
            content.withUnsafeBufferPointer {
                page.baseAddress!.advanced(by: end).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
            }
            end += content.count
        }
        let length = end - position - 2
        page[position] = UInt8(truncatingIfNeeded: length)
        page[position + 1] = UInt8(truncatingIfNeeded: length >> 8)
        position = end
        slots[place].used = position
        lastAt = now
        records &+= 1
        flushDueAt = min(flushDueAt, now + (isDecision ? RecordingWriter.decisionPatience : RecordingWriter.patience))
    }

    /// A record found no room. Nothing behind it can be played back before the next key frame.
    private mutating func lose() {
        guard isOn else { return }
        isHalted = true
        hasLostSinceKeyFrame = true
        unfinishedKeyFrame = nil
        lost &+= 1
    }

    /// Ends the page that is being filled.
    ///
    /// - Returns: `false` if there is no other one.
    private mutating func finishPage() -> Bool {
        guard freeSlots > 0 else { return false }
        let used = slots[filling].used
        full += 1
        slots[filling] = Slot()
        slots[filling].usedBefore = used
        return true
    }

    // MARK: Reading back

    /// The pages that the medium may still hold, by number; the last one is not full.
    public var keptPages: Range<UInt64> {
        let pages = UInt64(area.pages)
        return (number >= pages ? number - pages + 1 : 0)..<number + 1
    }

    /// Where on the medium a page lies.
    public func offset(ofPage number: UInt64) -> Int64 {
        area.offset + Int64(number % UInt64(area.pages)) * Int64(pages.pageBytes)
    }

    // MARK: The medium

    /// When `nextRequest` has something to hand out though nothing happened; `.never` if nothing waits.
    public var deadline: Instant {
        guard isOn, isRunning, flight == .none else { return .never }
        return full > 0 ? pausedUntil : max(flushDueAt, flushDueAt == .never ? .start : pausedUntil)
    }

    /// The next page to write.
    ///
    /// - Parameter token: what the request is to be known by.
    public mutating func nextRequest(at now: Instant, token: UInt32) -> MediumRequest? {
        guard isOn, isRunning, flight == .none, now >= pausedUntil else { return nil }
        if full > 0 {
            flight = .full
            return request(slot: head, page: firstPage + head, token)
        }
        guard now >= flushDueAt else { return nil }
        flushDueAt = .never
        // The page goes on being filled; what is written is a copy.
        let copy = firstPage + slots.count
        let source = pages.bytes(of: UInt16(firstPage + filling))
        pages.bytes(of: UInt16(copy)).copyMemory(
            from: UnsafeRawBufferPointer(start: source.baseAddress, count: slots[filling].used))
        flight = .copy
        return request(slot: filling, page: copy, token)
    }

    private func request(slot: Int, page: Int, _ token: UInt32) -> MediumRequest {
        let slot = slots[slot]
        let header = RecordingPage(
            run: run, number: number, at: slot.at, used: slot.used, beginsKeyFrame: slot.beginsKeyFrame,
            followsLoss: slot.followsLoss, endsKeyFrame: slot.endsKeyFrame, usedBefore: slot.usedBefore)
        header.seal(pages.bytes(of: UInt16(page)))
        let place = Int64(number % UInt64(area.pages))
        return MediumRequest(
            token: token, operation: .write, page: UInt16(page),
            offset: area.offset + place * Int64(pages.pageBytes))
    }

    /// The answer to the request that was handed out.
    public mutating func complete(_ outcome: MediumOutcome, at now: Instant) {
        let ended = flight
        flight = .none
        guard outcome == .done else {
            pausedUntil = now + RecordingWriter.pause
            if ended == .copy { flushDueAt = min(flushDueAt, pausedUntil) }
            return
        }
        guard ended == .full else { return }
        head = (head + 1) % slots.count
        full -= 1
        number += 1
    }

    /// There was no room for the request that was handed out; it is handed out again soon.
    public mutating func refused(at now: Instant) {
        if flight == .copy { flushDueAt = min(flushDueAt, now) }
        flight = .none
        pausedUntil = now + .milliseconds(5)
    }

    /// Has what is in memory written now.
    public mutating func flushSoon(at now: Instant) {
        guard isOn, slots[filling].used > RecordingPage.headerBytes else { return }
        flushDueAt = min(flushDueAt, now)
    }

    /// Ends the recording: what is in memory is written now, and nothing is taken any more.
    public mutating func end(at now: Instant) {
        flushSoon(at: now)
        isEnded = true
    }

    /// Whether everything recorded is on the medium, as far as it takes it.
    public var isAtRest: Bool { !isOn || !isRunning || flight == .none && full == 0 && flushDueAt == .never }
}
