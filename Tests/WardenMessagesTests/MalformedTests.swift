import FixedMemory
import Testing
import WardenMessages

/// Bytes that are no message, and the reason and field that are given for it.
@Suite struct MalformedTests {
    @Test(
        arguments: [
            ("ends inside a tag", [0x88], .truncated, 0),
            ("ends inside a number", [0x08, 0x80], .truncated, 1),
            ("ends before its number", [0x08], .truncated, 1),
            ("ends inside eight bytes", [0x52, 0x04, 0x29, 1, 2, 3], .truncated, 5),
            ("a length runs past the end", [0x52, 0x05, 0x08, 0x01], .truncated, 10),
            (
                "a length of 2^63 runs past the end",
                [0x52, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], .truncated, 10
            ),
            ("an unknown field's length runs past the end", [0x82, 0x7D, 0x01], .truncated, 2000),
            (
                "a number of eleven bytes", [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00],
                .oversizedInteger, 1
            ),
            (
                "a number of 65 bits", [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
                .oversizedInteger, 1
            ),
            ("field 0", [0x00, 0x01], .invalidTag, 0),
            ("a field number above 2^29 - 1", [0x80, 0x80, 0x80, 0x80, 0x10, 0x00], .invalidTag, 0),
            ("the start of a group", [0x0B], .invalidTag, 1),
            ("the end of a group", [0x0C], .invalidTag, 1),
            ("wire type 6", [0x0E], .invalidTag, 1),
            ("wire type 7", [0x0F], .invalidTag, 1),
            ("a number where bytes belong", [0x50, 0x01], .wrongWireType, 10),
            ("bytes where a number belongs", [0x0A, 0x01, 0x01], .wrongWireType, 1),
            ("an enum beyond 32 bits", [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], .outOfRange, 4),
            ("a uint32 beyond 32 bits", [0x52, 0x06, 0x08, 0x80, 0x80, 0x80, 0x80, 0x10], .outOfRange, 1),
            ("a number above its maximum", [0x52, 0x03, 0x18, 0x80, 0x02], .outOfRange, 3),
        ] as [(String, [UInt8], MessageError.Reason, UInt32)])
    func anEventIsRefused(name: String, bytes: [UInt8], reason: MessageError.Reason, field: UInt32) {
        #expect(throws: MessageError(reason, field: field)) { try Event(decoding: bytes.span) }
    }

    @Test(
        arguments: [
            ("a name of 33 bytes", [0x0A, 33] + [UInt8](repeating: 0x61, count: 33), .tooLong, 1),
            ("a lone continuation byte", [0x0A, 1, 0x80], .invalidText, 1),
            ("an overlong slash", [0x0A, 2, 0xC0, 0xAF], .invalidText, 1),
            ("an overlong form of three bytes", [0x0A, 3, 0xE0, 0x80, 0xAF], .invalidText, 1),
            ("a surrogate", [0x0A, 3, 0xED, 0xA0, 0x80], .invalidText, 1),
            ("a code point above U+10FFFF", [0x0A, 4, 0xF4, 0x90, 0x80, 0x80], .invalidText, 1),
            ("a character that is cut off", [0x0A, 2, 0xE2, 0x82], .invalidText, 1),
            (
                "17 periods in a list of 16",
                [UInt8](repeating: 0, count: 0) + (0..<17).flatMap { _ in [0x12, 2, 0x08, 1] as [UInt8] }, .tooMany, 2
            ),
            ("a number below its minimum", [0x12, 2, 0x10, 1], .outOfRange, 1),
            ("a number with a minimum that is left out", [0x12, 0], .outOfRange, 1),
        ] as [(String, [UInt8], MessageError.Reason, UInt32)])
    func aScheduleIsRefused(name: String, bytes: [UInt8], reason: MessageError.Reason, field: UInt32) {
        #expect(throws: MessageError(reason, field: field)) { try Schedule(decoding: bytes.span) }
    }

    @Test(
        arguments: [
            ("fields in another order", [0x10, 0x05, 0x08, 0x07], Event(sequence: 7, monotonicNs: 5)),
            ("a number twice: the last one holds", [0x08, 0x01, 0x08, 0x07], Event(sequence: 7)),
            ("a default that is written out", [0x08, 0x00], Event()),
            ("a number with more bytes than it needs", [0x08, 0x87, 0x80, 0x00], Event(sequence: 7)),
            (
                "a nested message in two parts is merged", [0x52, 2, 0x08, 1, 0x52, 2, 0x10, 1],
                Event(body: .access(AccessDecision(door: 1, granted: true)))
            ),
            (
                "of two bodies the last one holds", [0x52, 2, 0x08, 1, 0x8A, 0x01, 2, 0x08, 4],
                Event(body: .gap(Gap(firstSequence: 4)))
            ),
            ("any number but 0 is true", [0x52, 2, 0x10, 2], Event(body: .access(AccessDecision(granted: true)))),
            ("nothing", [], Event()),
        ] as [(String, [UInt8], Event)])
    func everyProto3EncodingIsTaken(name: String, bytes: [UInt8], event: Event) throws {
        #expect(try Event(decoding: bytes.span) == event)
    }

    @Test func anEnumNumberThatIsNotKnownIsKept() throws {
        let event = try Event(decoding: ([0x20, 0x63] as [UInt8]).span)
        #expect(event.clockTrust == .unrecognised(99))
        #expect(encoded(event) == [0x20, 0x63])
    }

    @Test func aValueThatWasCutShortDoesNotPassTheCheck() {
        let schedule = Schedule(name: FixedBytes("a name that is longer than its thirty-two bytes"))
        #expect(throws: MessageError(.tooLong, field: 1)) { try schedule.check() }
    }

    @Test func everyPrefixOfAMessageIsRefusedOrShorter() throws {
        for length in EncodingTests.eventBytes.indices {
            let prefix = Array(EncodingTests.eventBytes[..<length])
            if let event = try? Event(decoding: prefix.span) { #expect(event != EncodingTests.event) }
        }
    }
}
