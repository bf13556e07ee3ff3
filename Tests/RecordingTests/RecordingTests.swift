import FixedMemory
import HardwareInterface
import StateCarrying
import Testing

@testable import Recording

/// The header of a page; `nil` for what is none.
func page(_ bytes: [UInt8]) -> RecordingPage? { RecordingPage(bytes.span) }
func recordingFile(_ bytes: [UInt8]) -> RecordingFile? { RecordingFile(bytes.span) }

/// A recorder on a medium that a test holds in its hands.
final class RecorderRig {
    static let pageBytes = 512
    let pages = MediumPages(count: 8, pageBytes: pageBytes)
    var recorder: RecordingWriter
    /// The ring, page by page.
    var ring: [[UInt8]]
    var outcome = MediumOutcome.done
    var now = Instant.start
    private(set) var writes = 0

    init(ringPages: Int = 16) {
        recorder = RecordingWriter(
            pages: pages, firstPage: 2, pageCount: 6, area: RecordingArea(offset: 4_096, pages: ringPages))
        ring = Array(repeating: Array(repeating: 0, count: RecorderRig.pageBytes), count: ringPages)
    }

    func begin(run: UInt64 = 1, number: UInt64 = 0) {
        recorder.begin(run: run, number: number)
        recorder.beginKeyFrame(at: now)
        recorder.endKeyFrame()
    }

    func append(_ kind: UInt8, _ bytes: [UInt8], isDecision: Bool = false) {
        recorder.append(kind, bytes.span, at: now, isDecision: isDecision)
    }

    /// Hands over what the recorder wants written, while it wants anything.
    func pump() {
        while let request = recorder.nextRequest(at: now, token: 9) {
            writes += 1
            if outcome == .done {
                let place = Int(request.offset - 4_096) / RecorderRig.pageBytes
                ring[place] = Array(pages.bytes(of: request.page))
            }
            recorder.complete(outcome, at: now)
        }
    }

    /// Writes until so many more pages are on the medium.
    func fill(pages: UInt64) {
        let end = number + pages
        while number < end {
            now = now + .milliseconds(1)
            append(1, [UInt8](repeating: 5, count: 40))
            pump()
        }
    }

    func pass(_ interval: Interval) {
        now = now + interval
        pump()
    }

    var isRecording: Bool { recorder.isRecording }
    var isAtRest: Bool { recorder.isAtRest }
    var isKeyFrameDue: Bool { recorder.isKeyFrameDue }
    var isInKeyFrame: Bool { recorder.isInKeyFrame }
    var isReplayable: Bool { recorder.isReplayable }
    var number: UInt64 { recorder.number }
    var lost: UInt64 { recorder.lost }
    var deadline: Instant { recorder.deadline }

    /// Records of all sound pages in the order of their numbers: kind, time, content.
    var records: [(kind: UInt8, at: Instant, content: [UInt8])] {
        let sound = ring.compactMap { bytes in RecordingPage(bytes.span).map { ($0, bytes) } }
        var found: [(kind: UInt8, at: Instant, content: [UInt8])] = []
        for (_, bytes) in sound.sorted(by: { $0.0.number < $1.0.number }) {
            var reader = RecordingPageReader(bytes.span)!
            while reader.next() {
                let content = reader.content
                found.append((reader.kind, reader.at, content.indices.map { content[$0] }))
            }
        }
        return found
    }

    var headers: [RecordingPage] {
        ring.compactMap { RecordingPage($0.span) }.sorted { $0.number < $1.number }
    }
}

@Suite("The flight recorder's ring")
struct RecordingTests {
    @Test("What was recorded is read again: kinds, moments to the nanosecond, contents; over many pages")
    func roundTrip() {
        let rig = RecorderRig(ringPages: 64)
        rig.begin()
        var written: [(UInt8, Instant, [UInt8])] = []
        for step in 0..<300 {
            rig.now = rig.now + Interval(nanoseconds: [0, 1, 127, 128, 999_999_937][step % 5])
            let content = (0..<(step * 7 % 60)).map { UInt8(truncatingIfNeeded: $0 &+ step) }
            rig.append(UInt8(1 + step % 40), content)
            written.append((UInt8(1 + step % 40), rig.now, content))
            rig.pump()
        }
        rig.pass(.seconds(11))
        let records = rig.records
        #expect(records.count == written.count)
        for (record, wanted) in zip(records, written) { #expect(record == wanted) }
        #expect(rig.headers.map(\.number) == Array(0..<UInt64(rig.headers.count)))
        #expect(rig.headers.map(\.beginsKeyFrame) == [true] + Array(repeating: false, count: rig.headers.count - 1))
        #expect(rig.lost == 0)
    }

    @Test("A decision is on the medium after a second, any other record after ten, though the page is not full")
    func patience() {
        let rig = RecorderRig()
        rig.begin()
        rig.append(3, [1])
        rig.pass(.seconds(9))
        #expect(rig.records.isEmpty)
        #expect(rig.deadline == .start + .seconds(10))
        rig.pass(.seconds(1))
        #expect(rig.records.count == 1)
        rig.append(64, [2], isDecision: true)
        rig.pass(.milliseconds(999))
        #expect(rig.records.count == 1)
        rig.pass(.milliseconds(1))
        #expect(rig.records.count == 2)
        #expect(rig.deadline == .never && rig.isAtRest)
    }

    @Test("A full ring gives up its oldest page, and with the page of the start what could be played back")
    func wrapping() {
        let rig = RecorderRig(ringPages: 16)
        rig.begin()
        for step in 0..<2_000 {
            rig.now = rig.now + .milliseconds(1)
            #expect(rig.isReplayable == (rig.number < 16))
            rig.append(1, [UInt8(truncatingIfNeeded: step), UInt8(truncatingIfNeeded: step >> 8), 0, 0, 0, 0])
            rig.pump()
        }
        rig.pass(.seconds(11))
        let headers = rig.headers
        #expect(headers.count == 16)
        #expect(headers.last!.number - headers.first!.number == 15)
        #expect(headers.allSatisfy { !$0.beginsKeyFrame && !$0.endsKeyFrame })
        let last = rig.records.last!
        #expect(Int(last.content[0]) | Int(last.content[1]) << 8 == 1_999)
    }

    @Test("A key frame is due when a quarter of the ring is written, and after a loss; begun alone it does not replay")
    func keyFrames() {
        let rig = RecorderRig(ringPages: 64)
        rig.begin()
        #expect(rig.isReplayable && !rig.isKeyFrameDue)
        rig.fill(pages: 16)
        #expect(rig.isKeyFrameDue && rig.isReplayable)
        let isBegun = rig.recorder.beginKeyFrame(at: rig.now)
        #expect(isBegun)
        #expect(!rig.isKeyFrameDue && rig.isInKeyFrame)
        let begun = rig.number
        rig.fill(pages: 70)
        #expect(!rig.isReplayable, "the one before is written over, and this one is not all there")
        rig.recorder.endKeyFrame()
        #expect(!rig.isReplayable, "its own beginning is written over too")
        _ = rig.recorder.beginKeyFrame(at: rig.now)
        rig.append(26, [1])
        rig.recorder.endKeyFrame()
        rig.pass(.seconds(11))
        #expect(rig.isReplayable && rig.number > begun + 64)
        let flagged = rig.headers.filter { $0.beginsKeyFrame }
        #expect(flagged.count == 1 && flagged[0].endsKeyFrame)

        rig.outcome = .failed
        for _ in 0..<400 {
            rig.append(1, [UInt8](repeating: 7, count: 40))
            rig.pass(.milliseconds(100))
        }
        #expect(!rig.isReplayable && !rig.isKeyFrameDue, "nothing is recorded now")
        rig.outcome = .done
        rig.pass(.seconds(11))
        rig.append(2, [1])
        #expect(!rig.isReplayable && rig.isKeyFrameDue)
    }

    @Test("Of a page whose full form did not reach the medium it is known that the next one does not follow on it")
    func staleCopy() {
        let rig = RecorderRig(ringPages: 64)
        rig.begin()
        rig.append(64, [1], isDecision: true)
        rig.pass(.seconds(2))
        let copy = rig.ring[0]
        rig.fill(pages: 3)
        let pages = (0..<3).map { page(rig.ring[$0])! }
        #expect(pages[1].follows(pages[0]) && pages[2].follows(pages[1]) && !pages[2].follows(pages[0]))
        let stale = page(copy)!
        #expect(stale.number == 0 && !pages[1].follows(stale))
    }

    @Test("A key frame that a loss falls into is given up")
    func keyFrameWithLoss() {
        let rig = RecorderRig(ringPages: 64)
        rig.begin()
        _ = rig.recorder.beginKeyFrame(at: rig.now)
        rig.append(26, [UInt8](repeating: 0, count: RecordingWriter.recordLimit + 1))
        #expect(!rig.isInKeyFrame)
        rig.recorder.endKeyFrame()
        #expect(!rig.isReplayable)
    }

    @Test(
        "A key frame in slices comes back byte for byte, its zeros counted",
        arguments: [
            ("nothing", []), ("zeros", [UInt8](repeating: 0, count: 9_000)),
            ("no zeros", (0..<2_000).map { UInt8($0 % 255 + 1) }),
            ("few zeros between", (0..<900).map { $0 % 3 == 0 ? 0 : 7 }),
            ("zeros at the end of slices", (0..<3_000).map { $0 % 70 < 50 ? 9 : 0 }),
        ] as [(String, [UInt8])])
    func slices(_ what: String, _ whole: [UInt8]) {
        for limit in [64, 65, 100, 459] {
            var position = 0
            var again = ByteBuffer(capacity: whole.count)
            var written = 0
            while position < whole.count {
                var slice = ByteBuffer(capacity: limit)
                KeyFrameCoding.encode(whole.span, from: &position, limit: limit, into: &slice)
                let (overflowed, isDecoded) = (slice.overflowed, KeyFrameCoding.decode(slice.span, into: &again))
                #expect(!overflowed && isDecoded, "\(what), \(limit)")
                written += slice.count
            }
            let bytes = (0..<again.count).map { again[$0] }
            #expect(bytes == whole, "\(what), \(limit)")
            if what == "zeros" { #expect(written < 20) }
        }
    }

    @Test("What is no slice is refused: out of order, too much, cut short, and random bytes that trap nothing")
    func defectiveSlices() {
        var position = 5
        let whole = [UInt8](repeating: 3, count: 40)
        var slice = ByteBuffer(capacity: 64)
        KeyFrameCoding.encode(whole.span, from: &position, limit: 64, into: &slice)
        var roomy = ByteBuffer(capacity: 100)
        let isInOrder = KeyFrameCoding.decode(slice.span, into: &roomy)
        #expect(!isInOrder)
        for _ in 0..<5 { roomy.append(0) }
        let cut = slice.span.extracting(0..<slice.count - 2)
        let isCutTaken = KeyFrameCoding.decode(cut, into: &roomy)
        #expect(!isCutTaken)
        var tight = ByteBuffer(capacity: 20)
        for _ in 0..<5 { tight.append(0) }
        let isTooMuchTaken = KeyFrameCoding.decode(slice.span, into: &tight)
        #expect(!isTooMuchTaken)
        var generator = SeededRandom(seed: 7)
        for _ in 0..<2_000 {
            let bytes = (0..<12).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var sink = ByteBuffer(capacity: 64)
            _ = KeyFrameCoding.decode(bytes.span, into: &sink)
        }
    }

    @Test("A medium that takes nothing halts recording, which goes on by itself on a page marked as behind a loss")
    func halting() {
        let rig = RecorderRig(ringPages: 64)
        rig.begin()
        rig.outcome = .full
        for _ in 0..<400 {
            rig.append(1, [UInt8](repeating: 7, count: 40))
            rig.pass(.milliseconds(100))
        }
        #expect(!rig.isRecording && rig.lost > 0)
        #expect(rig.writes < 10, "it is left alone for a while after each refusal")
        #expect(!rig.isReplayable)
        rig.outcome = .done
        rig.pass(.seconds(11))
        rig.append(2, [1, 2, 3])
        #expect(rig.isRecording)
        rig.pass(.seconds(11))
        let marked = rig.headers.filter { $0.followsLoss }
        #expect(marked.count == 1 && !marked[0].beginsKeyFrame)
        #expect(rig.records.last?.kind == 2)
    }

    @Test("A run goes on where it is told to, with its own number")
    func runs() {
        let rig = RecorderRig(ringPages: 16)
        rig.begin(run: 5, number: 133)
        rig.append(1, [1])
        rig.pass(.seconds(10))
        #expect(rig.headers.map(\.run) == [5] && rig.headers[0].number == 133)
        #expect(page(rig.ring[133 % 16]) != nil)
    }

    @Test("Records that are too long, and all of a recorder that is off, are left out")
    func refused() {
        let rig = RecorderRig()
        rig.begin()
        rig.append(1, [UInt8](repeating: 0, count: RecordingWriter.recordLimit + 1))
        #expect(rig.lost == 1)
        var off = RecordingWriter()
        off.beginKeyFrame(at: .start)
        off.append(1, [1].span, at: .start, isDecision: true)
        let request = off.nextRequest(at: .start, token: 1)
        #expect(request == nil)
        let counts = (off.records, off.lost)
        let (isAtRest, deadline) = (off.isAtRest, off.deadline)
        #expect(counts == (0, 0) && isAtRest && deadline == .never)
    }

    @Test("Every flipped bit of a page is noticed")
    func flippedBits() {
        let rig = RecorderRig()
        rig.begin()
        for step in 0..<10 { rig.append(UInt8(step), [UInt8(step), 1, 2]) }
        rig.pass(.seconds(10))
        let whole = rig.ring[0]
        #expect(page(whole) != nil)
        for bit in 0..<whole.count * 8 {
            var changed = whole
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(page(changed) == nil, "bit \(bit)")
        }
        #expect(page(whole.dropLast()) == nil)
        #expect(page([]) == nil)
    }

    @Test("Records of nonsense lengths end the page, they are never read beyond it")
    func nonsense() {
        let header = RecordingPage(
            run: 1, number: 0, at: .start, used: 512, beginsKeyFrame: true, followsLoss: false)
        for seed in 0..<500 {
            var bytes = (0..<512).map { UInt8(truncatingIfNeeded: ($0 * 31 + seed * 17) ^ (seed >> 3)) }
            bytes.withUnsafeMutableBytes { header.seal($0) }
            var reader = RecordingPageReader(bytes.span)!
            var count = 0
            while reader.next(), count < 1_000 { count += 1 }
            #expect(count < 200)
        }
    }

    @Test("A recording's file says where its image and its pages are; one that was cut short is none")
    func file() {
        let recording = RecordingFile(imageBytes: 100, pageBytes: 512, pages: 3)
        var header = ByteBuffer(capacity: 16)
        recording.writeHeader(to: &header)
        var bytes = (0..<header.count).map { header[$0] } + [UInt8](repeating: 0, count: 100 + 3 * 512)
        #expect(recordingFile(bytes) == recording)
        #expect(recording.image == 16..<116 && recording.page(2) == 1_140..<1_652)
        for length in [0, 3, 15, 16, 115, 116, 116 + 511, bytes.count - 1] {
            #expect(recordingFile(Array(bytes[..<length])) == nil, "\(length)")
        }
        bytes[4] = 2
        #expect(recordingFile(bytes) == nil, "another format")
    }
}
