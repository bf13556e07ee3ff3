import BoardImage
import FixedMemory
import Testing

@Suite("No bytes whatever make the decoder trap")
struct HostileImageTests {
    /// SplitMix64 (Steele, Lea, Flood 2014): the same bytes from the same seed everywhere.
    struct Random {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
        mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    }

    @Test("Every truncation of the message under a right checksum")
    func truncations() {
        let message = Array(BoardFixture().file().dropFirst(ImageEnvelope.length))
        for length in 0..<message.count {
            #expect(refusal(of: BoardFixture.envelope(around: Array(message.prefix(length)))) != nil)
        }
    }

    @Test("Messages with random bytes changed, under a right checksum", arguments: 0..<8)
    func mutations(seed: Int) {
        var random = Random(state: UInt64(seed))
        let message = Array(BoardFixture().file().dropFirst(ImageEnvelope.length))
        var taken = 0
        for _ in 0..<2_500 {
            var changed = message
            for _ in 0...random.below(4) {
                changed[random.below(changed.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if refusal(of: BoardFixture.envelope(around: changed)) == nil { taken += 1 }
        }
        // Most changes of names and times make another board that is as good; a decoder that refused all would be broken.
        #expect(taken > 0)
    }

    @Test("Entries left out, doubled and exchanged, under a right checksum", arguments: 0..<4)
    func shuffles(seed: Int) {
        var random = Random(state: UInt64(1_000 + seed))
        let message = Array(BoardFixture().file().dropFirst(ImageEnvelope.length))
        for _ in 0..<2_500 {
            let from = random.below(message.count)
            let length = random.below(message.count - from)
            let to = random.below(message.count)
            var changed = message
            changed.insert(contentsOf: message[from..<(from + length)], at: to)
            _ = refusal(of: BoardFixture.envelope(around: changed))
        }
    }

    @Test("Random files, with and without the right beginning", arguments: 0..<4)
    func noise(seed: Int) {
        var random = Random(state: UInt64(2_000 + seed))
        for _ in 0..<2_500 {
            let bytes = (0..<random.below(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(refusal(of: bytes) != nil)
            #expect(refusal(of: BoardFixture.envelope(around: bytes)) != nil)
        }
    }
}
