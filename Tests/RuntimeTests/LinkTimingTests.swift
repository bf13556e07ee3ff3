import FixedMemory
import HardwareInterface
import Testing

@testable import Runtime

@Suite("Whatever a peer of the link does, a card waits no longer for its lock")
struct LinkTimingTests {
    /// What a peer sends before the card and again in the very moment of the card.
    enum Misbehaviour: String, CaseIterable, Sendable {
        case nothing, garbage, framesThatLie, requestsAndNoReading, comingAndGoing

        var bytes: [UInt8] {
            switch self {
            case .nothing, .comingAndGoing: []
            case .garbage: (0..<8_000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 5) }
            // Sound frames whose messages are none: a field that says 127 bytes and has one.
            case .framesThatLie:
                Array(repeatElement([0x05, 0x10, 0x0A, 0x7F, 0x41, 0xAB, 0x93, 0x01, 0x22, 0x00], count: 500).joined())
            // "status", over and over.
            case .requestsAndNoReading: Array(repeatElement(LinkTimingTests.status, count: 300).joined())
            }
        }
    }

    /// Request 7: unlock door 2, which the board has not; from the specification, section 2.2.
    static let status: [UInt8] = [
        0x0E, 0x10, 0x08, 0x07, 0x52, 0x04, 0x08, 0x01, 0x10, 0x02, 0x67, 0x4A, 0x0A, 0xE9, 0x00,
    ]

    @Test(
        "The lock is driven at the same nanosecond, and after as many turns at the most as it takes to hear everybody")
    func cardToLock() throws {
        var undisturbed: Instant?
        for misbehaviour in Misbehaviour.allCases {
            let board = try BoardUnderTest()
            board.pass(.seconds(10))
            let stream = board.links[1]
            func misbehave() {
                if misbehaviour == .comingAndGoing {
                    for _ in 0..<40 {
                        board.runtime.hardware.setStreamOpen(stream, true)
                        board.runtime.hardware.setStreamOpen(stream, false)
                    }
                } else {
                    board.runtime.hardware.setStreamOpen(stream, true)
                    board.runtime.hardware.transmit(misbehaviour.bytes.span, to: stream)
                }
            }
            misbehave()
            board.lay("0500207B32")
            var turns: UInt64 = 0
            while board.isOn("lock"), board.now < .start + .seconds(11) {
                misbehave()
                let before = board.turns
                board.pass(.microseconds(500))
                turns = board.turns - before
            }
            let driven = try #require(board.moment("line lock off"), "\(misbehaviour.rawValue)")
            if undisturbed == nil { undisturbed = driven }
            #expect(driven == undisturbed, "\(misbehaviour.rawValue)")
            // Sixty-four inputs in a turn; what a peer sends in one moment is some two hundred.
            #expect(turns <= 12, "\(misbehaviour.rawValue): \(turns)")
        }
    }
}
