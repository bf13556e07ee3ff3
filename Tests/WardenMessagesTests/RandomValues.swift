import FixedMemory
import WardenMessages

/// A generator that gives the same values for the same seed (SplitMix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    var chance: Bool { mutating get { next() & 1 == 0 } }

    /// Full and empty lists are as likely as all others together.
    mutating func count(_ maximum: Int) -> Int { edge([0, maximum]) ?? Int.random(in: 0...maximum, using: &self) }

    /// A number within the bounds; often a bound, the default, or one near a change of length on the wire.
    mutating func number<Number: FixedWidthInteger>(_ minimum: Number, _ maximum: Number) -> Number {
        if let edge = edge([0, minimum, maximum, 1, 127, 128]), edge >= minimum, edge <= maximum { return edge }
        if chance {
            let few = Number(truncatingIfNeeded: next()) >> Number(truncatingIfNeeded: below(Number.bitWidth))
            if few >= minimum && few <= maximum { return few }
        }
        return Number.random(in: minimum...maximum, using: &self)
    }

    /// A number of the enum, sometimes one that is none of its.
    mutating func enumNumber(_ known: [Int32]) -> Int32 {
        below(8) == 0 ? Int32(truncatingIfNeeded: next()) : known[below(known.count)]
    }

    mutating func text<let capacity: Int>() -> FixedBytes<capacity> {
        var text = FixedBytes<capacity>()
        let length = count(capacity)
        while true {
            let characters: [Character] = ["a", "Z", " ", "\u{0}", "\u{7F}", "é", "ß", "日", "\u{FFFF}", "🚪"]
            let bytes = Array(String(characters[below(characters.count)]).utf8)
            guard text.count + bytes.count <= length else { return text }
            text.append(bytes.span)
        }
    }

    mutating func data<let capacity: Int>() -> FixedBytes<capacity> {
        var data = FixedBytes<capacity>()
        for _ in 0..<count(capacity) { data.append(UInt8(truncatingIfNeeded: next())) }
        return data
    }

    private mutating func edge<Value>(_ edges: [Value]) -> Value? { chance ? edges[below(edges.count)] : nil }
}

protocol RandomValue {
    static func random(using generator: inout SeededGenerator) -> Self
}

protocol RandomMessage: RandomValue, Message {}

func array(_ bytes: Span<UInt8>) -> [UInt8] { bytes.indices.map { bytes[$0] } }
