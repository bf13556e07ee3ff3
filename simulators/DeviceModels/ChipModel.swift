import FixedMemory
import HardwareInterface

/// A chip as its data sheet describes it from the bus: registers or commands in, bytes out, conversions that take time.
///
/// A model knows nothing of the driver; it is what an independent driver talks to as well. It allocates only when it is
/// made. Time comes with each transaction; what happens in between is worked out then.
public protocol ChipModel {
    /// What the chip does out of order.
    var defects: ChipDefects { get set }

    /// Back to the state after power-on: registers at their defaults, nothing measured.
    mutating func powerOn(at now: Instant)

    /// One transaction: bytes written, then bytes read after a repeated start.
    ///
    /// - Parameters:
    ///   - write: may be empty.
    ///   - count: bytes to read; 0 for a pure write.
    ///   - sink: gets exactly `count` bytes if the outcome is `.done`.
    ///   - now: the virtual time; never earlier than in any call before.
    mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome

    /// Changes the world around the chip.
    ///
    /// - Returns: `false` if the chip does not sense this quantity.
    mutating func set(_ quantity: Quantity, to value: Int32) -> Bool
}

/// Defects inside a chip that its bus interface does not show at once.
public struct ChipDefects: Equatable, Sendable, BitwiseCopyable {
    /// Conversions go on, but their results stay what they were.
    public var isFrozen = false
    /// The identity registers show another chip.
    public var hasWrongIdentity = false
    /// The built-in self-test does not pass.
    public var failsSelfTest = false
    /// Conversions take this many per cent of their normal time; 0 for ever.
    public var conversionPercent: Int64 = 100

    public init() {}

    /// How long something takes that normally takes `interval`; over a century for ever.
    func stretched(_ interval: Interval) -> Interval {
        conversionPercent <= 0
            ? .hours(1_000_000) : Interval(nanoseconds: interval.nanoseconds * conversionPercent / 100)
    }
}

/// Reproducible noise for the last bits of a conversion (xorshift64*, Vigna 2014).
public struct Noise: Sendable, BitwiseCopyable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed == 0 ? 0x9E37_79B9_7F4A_7C15 : seed }

    public mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// −1, 0 or 1, each equally often.
    mutating func step() -> Int32 { Int32(truncatingIfNeeded: (next() >> 33) % 3) - 1 }
}

/// The quotient to the nearest integer, halves away from zero. `divisor` is 1 or more.
func dividedRounding(_ dividend: Int64, by divisor: Int64) -> Int64 {
    let half = divisor / 2
    return dividend >= 0 ? (dividend + half) / divisor : (dividend - half) / divisor
}
