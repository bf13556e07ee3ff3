import FixedMemory
import Testing
import WardenMessages

/// Encodings made by Google's own compiler (`protoc --encode=warden.v1.Event`).
@Suite struct EncodingTests {
    static let event = Event(
        sequence: 300, monotonicNs: 5, unixMs: -3, clockTrust: .synchronised, class: .access,
        body: .access(
            AccessDecision(
                door: 2, granted: true, reason: 7, actor: Actor(kind: .link, index: 1, user: 1000),
                credentialTag: 0x1122_3344_5566_7788)))
    static let eventBytes: [UInt8] = [
        0x08, 0xAC, 0x02, 0x10, 0x05, 0x18, 0x05, 0x20, 0x02, 0x28, 0x03, 0x52, 0x18, 0x08, 0x02, 0x10, 0x01, 0x18,
        0x07, 0x22, 0x07, 0x08, 0x04, 0x10, 0x01, 0x18, 0xE8, 0x07, 0x29, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22,
        0x11,
    ]

    @Test func anEventEncodesAsProtocDoes() {
        var bytes = ByteBuffer(capacity: Event.maximumEncodedSize)
        Self.event.encode(into: &bytes)
        let fitted = !bytes.overflowed
        #expect(fitted)
        #expect(array(bytes.span) == Self.eventBytes)
        #expect(Self.event.encodedSize == Self.eventBytes.count)
    }

    @Test func whatProtocEncodedDecodesToTheSameEvent() throws {
        #expect(try Event(decoding: Self.eventBytes.span) == Self.event)
    }

    @Test func aBoardIsWalkedEntryByEntry() throws {
        let entries: [Board.Entry] = [
            .header(BoardHeader(format: 1, name: "lobby")), .lines(Line(name: "lock", direction: .output, offset: 4)),
            .lines(Line(name: "contact", offset: 5)),
            .doors(Door(name: "front", unlockMs: 5000, extendedUnlockMs: 9000)),
        ]
        var bytes = ByteBuffer(capacity: 1024)
        for entry in entries { entry.encode(into: &bytes) }
        var walker = Board.Walker(bytes.span)
        var found: [Board.Entry] = []
        while let entry = try walker.next() { found.append(entry) }
        #expect(found == entries)
    }
}
