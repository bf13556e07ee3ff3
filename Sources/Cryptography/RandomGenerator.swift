import CSodium
import FixedMemory

/// Random bytes from a seed that is handed in: secret if the seed is, and the same again for the same seed.
///
/// ChaCha20 with fast key erasure (libsodium `randombytes_buf_deterministic`): each request replaces the seed, so that
/// what was given out cannot be worked out from what is kept. A board seeds it from the kernel at start, a simulation
/// from the scenario.
public struct RandomGenerator: Sendable, BitwiseCopyable {
    /// Bytes of a seed.
    public static var seedLength: Int { 32 }
    /// Bytes that one call gives at the most.
    public static var requestLimit: Int { 32 }

    private var seed: InlineArray<32, UInt8>

    /// - Returns: `nil` unless the seed has exactly `seedLength` bytes.
    public init?(seed: Span<UInt8>) {
        guard seed.count == RandomGenerator.seedLength else { return nil }
        self.seed = InlineArray { seed[$0] }
    }

    /// A generator that gives the same bytes at each start of the same board: for simulations and tests, where a run must
    /// repeat. A board takes `system()`.
    public init(repeatableFor key: HashKey) {
        let first = key.hash(FixedBytes<32>("warden repeatable random 1").span)
        let second = key.hash(FixedBytes<32>("warden repeatable random 2").span)
        let words: InlineArray<4, UInt64> = [first.low, first.high, second.low, second.high]
        seed = InlineArray { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
    }

    /// A generator seeded by the kernel (libsodium `randombytes_buf`).
    public static func system() -> RandomGenerator {
        var seed = InlineArray<32, UInt8>(repeating: 0)
        var span = seed.mutableSpan
        span.withUnsafeMutableBufferPointer { randombytes_buf($0.baseAddress!, $0.count) }
        guard let generator = RandomGenerator(seed: seed.span) else { preconditionFailure("thirty-two bytes") }
        return generator
    }

    /// `count` random bytes, 0 to `requestLimit`; traps for more.
    public mutating func bytes(_ count: Int) -> FixedBytes<32> {
        precondition(count >= 0 && count <= RandomGenerator.requestLimit, "more than one request gives")
        var block = InlineArray<64, UInt8>(repeating: 0)
        var blockSpan = block.mutableSpan
        blockSpan.withUnsafeMutableBufferPointer { block in
            seed.span.withUnsafeBufferPointer { seed in
                randombytes_buf_deterministic(block.baseAddress!, block.count, seed.baseAddress!)
            }
        }
        for index in seed.indices { seed[index] = block[index] }
        let result = FixedBytes<32>(block.span.extracting(32..<(32 + count)))
        blockSpan = block.mutableSpan
        blockSpan.withUnsafeMutableBufferPointer { sodium_memzero($0.baseAddress!, $0.count) }
        return result
    }

    /// Sixteen random bytes.
    public mutating func block() -> AESBlock {
        guard let block = AESBlock(bytes(AESBlock.length).span) else { preconditionFailure("sixteen were asked for") }
        return block
    }
}
