import FixedMemory
import Foundation

/// What is carried of a value, in bytes. They must not be more than measuring says: the carrier is as large as that.
public func saved<Value: Carried & ~Copyable>(_ value: inout Value) -> [UInt8] {
    var measurer = StateCarrier(capacity: 0)
    measurer.measure()
    measurer.carry(&value)
    var carrier = StateCarrier(capacity: measurer.measuredBytes)
    carrier.save()
    carrier.carry(&value)
    precondition(carrier.isWhole, "saving takes more bytes than were measured")
    var bytes: [UInt8] = []
    for index in 0..<carrier.span.count { bytes.append(carrier.span[index]) }
    return bytes
}

/// Gives a value the state that was saved.
///
/// - Returns: whether the bytes were taken up, to the last one.
public func restore<Value: Carried & ~Copyable>(_ bytes: [UInt8], into value: inout Value) -> Bool {
    var carrier = StateCarrier(capacity: bytes.count)
    guard carrier.load(bytes.span) else { return false }
    carrier.restore()
    carrier.carry(&value)
    return carrier.isWhole && carrier.isAtEnd
}

/// The same numbers from the same seed everywhere (SplitMix64; Steele, Lea and Flood 2014).
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    public mutating func chance(_ one: Int, in all: Int) -> Bool { below(all) < one }
}

extension Array where Element == UInt8 {
    /// These bytes with one of them changed.
    public func damaged(by random: inout SeededRandom) -> [UInt8] {
        var damaged = self
        damaged[random.below(count)] ^= UInt8(1 + random.below(255))
        return damaged
    }
}

/// `WARDEN_FUZZ_ROUNDS` multiplies the rounds for a long run.
public let fuzzRounds = ProcessInfo.processInfo.environment["WARDEN_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 1
