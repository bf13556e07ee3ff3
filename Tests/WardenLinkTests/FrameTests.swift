import FixedMemory
import Testing
import WardenLink

@Suite struct FrameTests {
    /// The wire form of one frame.
    static func encode(_ payload: [UInt8], kind: Frame.Kind = .plain) -> [UInt8]? {
        var outbox = FrameOutbox(capacity: Frame.encodedLimit)
        outbox.begin(kind)
        outbox.append(payload.span)
        return outbox.finish() ? array(outbox.span) : nil
    }

    /// Every frame that a reader finds, handed its bytes in pieces.
    static func decode(_ bytes: [UInt8], pieces: Int = .max) -> (frames: [[UInt8]], FrameReader.Counters) {
        var reader = FrameReader()
        var frames: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let piece = bytes[start..<min(bytes.count, start + min(pieces, bytes.count))]
            start += piece.count
            var position = 0
            let copy = Array(piece)
            while reader.next(in: copy.span, from: &position) != nil { frames.append(array(reader.payload)) }
        }
        return (frames, reader.counters)
    }

    // Python: cobs.encode(body + crc32c(body)) + b"\0" with cobs 1.2.2 and crcmod's "crc-32c", body = 0x10 and payload.
    @Test(
        arguments: [
            ([], "06103e94234200"),
            ([0x00], "0210055386a4ce00"),
            ([0x11, 0x00, 0x22], "031011062227eb66b500"),
        ] as [([UInt8], String)])
    func aFrameIsWhatTheSpecificationSays(payload: [UInt8], hexadecimal: String) throws {
        let encoded = try #require(Self.encode(payload))
        #expect(encoded.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == hexadecimal)
    }

    @Test(arguments: [0, 1, 2, 248, 249, 250, 253, 254, 255, 503, 504, 505, 1023, 1024])
    func aPayloadOfAnyLengthAndContentComesBack(count: Int) throws {
        var generator = SeededGenerator(seed: UInt64(count))
        let random = generator.bytes(count)
        for payload in [[UInt8](repeating: 0, count: count), [UInt8](repeating: 0xAA, count: count), random] {
            let encoded = try #require(Self.encode(payload))
            #expect(encoded.count <= Frame.encodedLimit)
            #expect(encoded.dropLast().allSatisfy { $0 != 0 })
            #expect(Self.decode(encoded).frames == [payload])
            #expect(Self.decode(encoded, pieces: 1).frames == [payload])
        }
    }

    @Test func aFrameBeyondTheLimitIsNotSentAndNotTaken() throws {
        #expect(Self.encode([UInt8](repeating: 1, count: Frame.payloadLimit + 1)) == nil)
        var bytes = [UInt8](repeating: 0xFF, count: 5_000) + [0]
        bytes += try #require(Self.encode([1, 2, 3]))
        let (frames, counters) = Self.decode(bytes)
        #expect(frames == [[1, 2, 3]])
        #expect(counters.oversized == 1)
    }

    @Test func afterAnyGarbageTheNextFrameBehindADelimiterIsFound() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let garbage = generator.bytes(Int.random(in: 0...64, using: &generator))
            let payload = generator.bytes(Int.random(in: 0...40, using: &generator))
            let frame = try #require(Self.encode(payload))
            let frames = Self.decode(garbage + [0] + frame, pieces: Int.random(in: 1...20, using: &generator)).frames
            #expect(frames.last == payload)
        }
    }

    @Test func aReceiverThatJoinsInsideAFrameFindsTheOneAfterIt() throws {
        let first = try #require(Self.encode(Array(1...200)))
        let second = try #require(Self.encode([7, 0, 7]))
        for start in 1...first.count { #expect(Self.decode(Array(first[start...]) + second).frames == [[7, 0, 7]]) }
    }

    @Test func noSingleFlippedBitIsTakenForTheFrame() throws {
        let frame = try #require(Self.encode(Array("unlock the front door".utf8)))
        for bit in 0..<(8 * frame.count) {
            var damaged = frame
            damaged[bit / 8] ^= 1 << (bit % 8)
            // Where a delimiter was hit, the next frame's delimiter ends both.
            let (frames, _) = Self.decode(damaged + [0])
            #expect(frames.isEmpty)
        }
    }

    @Test func aMillionBytesOfGarbageAreNoFrame() {
        var generator = SeededGenerator(seed: 2)
        let (frames, counters) = Self.decode(generator.bytes(1_000_000), pieces: 256)
        #expect(frames.isEmpty)
        #expect(counters.sound == 0)
        #expect(counters.corrupt + counters.oversized > 1_000)
    }

    @Test func framesOfAnotherVersionAreCountedAndDropped() {
        // Body 0x20: version 2.
        let (frames, counters) = Self.decode([0x06, 0x20, 0x8F, 0xDD, 0xC0, 0x72, 0x00])
        #expect(frames.isEmpty)
        #expect(counters == FrameReader.Counters(foreign: 1))
    }

    @Test(arguments: [Frame.Kind.plain, .handshake, .sealed, .notice, .turn])
    func theKindIsPartOfTheHeader(kind: Frame.Kind) throws {
        let bytes = try #require(Self.encode([5], kind: kind))
        var reader = FrameReader()
        var position = 0
        #expect(reader.next(in: bytes.span, from: &position) == kind)
    }

    @Test func anOutboxThatHasNoRoomStaysAsItWas() {
        var outbox = FrameOutbox(capacity: 2 * Frame.encodedLimit)
        let large = [UInt8](repeating: 3, count: Frame.payloadLimit)
        for expected in [true, true, false] {
            let before = array(outbox.span)
            outbox.begin(.plain)
            outbox.append(large.span)
            let fitted = outbox.finish()
            #expect(fitted == expected)
            if !fitted { #expect(array(outbox.span) == before) }
        }
    }
}
