import FixedMemory
import HardwareInterface

/// Plantower PMSA003I from the bus: a frame of 32 bytes, a new one every 2.3 s, nothing for the first seconds.
///
/// Source: Plantower PMSA003I data manual V2.6, I2C frame; silence after a cold start as reported in the field.
public struct PMSA003IModel: ChipModel {
    public var defects = ChipDefects()

    private var micrograms: Int32 = 12
    private var noise = Noise(seed: 0x12)
    private var pointer: UInt8 = 0
    private var frame = InlineArray<32, UInt8>(repeating: 0)
    private var answersAt = Instant.start
    private var nextFrameAt = Instant.start

    public init() {}

    public mutating func powerOn(at now: Instant) {
        pointer = 0
        answersAt = now + .seconds(3)
        nextFrameAt = answersAt
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        guard quantity == .particles else { return false }
        micrograms = min(max(value, 0), 10_000)
        return true
    }

    private mutating func advance(to now: Instant) {
        guard nextFrameAt <= now else { return }
        let period = defects.stretched(.milliseconds(2_300))
        nextFrameAt = nextFrameAt + period * ((now - nextFrameAt).nanoseconds / period.nanoseconds + 1)
        if !defects.isFrozen || frame[0] == 0 { makeFrame() }
    }

    private mutating func makeFrame() {
        let counts = micrograms * 180 + 40 + noise.step() * 9 + noise.step() * 3
        let words: InlineArray<16, Int32> = [
            0x424D, 28,
            // Concentrations in the factory's terms, then under atmospheric conditions.
            micrograms * 2 / 3, micrograms, micrograms * 6 / 5, micrograms * 2 / 3, micrograms, micrograms * 6 / 5,
            // Particles over 0.3, 0.5, 1, 2.5, 5, 10 µm in 0.1 l.
            counts, counts / 3, counts / 16, counts / 120, counts / 500, counts / 1_200,
            // Version and error code; then the sum.
            0x9700, 0,
        ]
        for index in 0..<16 {
            let word = UInt16(clamping: words[index])
            frame[2 * index] = UInt8(word >> 8)
            frame[2 * index + 1] = UInt8(truncatingIfNeeded: word)
        }
        if defects.hasWrongIdentity { frame[1] = 0x4E }
        var sum: UInt16 = 0
        for index in 0..<30 { sum &+= UInt16(frame[index]) }
        frame[30] = UInt8(sum >> 8)
        frame[31] = UInt8(truncatingIfNeeded: sum)
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        guard now >= answersAt else { return .notAcknowledged }
        advance(to: now)
        pointer = write.count >= 1 ? write[0] : 0
        for offset in 0..<count {
            let address = Int(pointer) + offset
            sink.append(address < 32 ? frame[address] : 0xFF)
        }
        return .done
    }
}
