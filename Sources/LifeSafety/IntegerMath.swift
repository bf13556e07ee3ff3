import FixedMemory

/// Square root of a non-negative integer, rounded down; the same on every processor.
func integerSquareRoot(_ value: Int64) -> Int64 {
    if value <= 0 { return 0 }
    // IEEE square roots are exact everywhere; the correction covers the rounding of large integers to Double.
    var root = Int64(Double(value).squareRoot())
    while root * root > value { root -= 1 }
    while (root + 1) * (root + 1) <= value { root += 1 }
    return root
}

/// A direction or acceleration, thousandths of standard gravity on each axis.
struct Vector: Equatable, BitwiseCopyable {
    var x: Int32
    var y: Int32
    var z: Int32

    static var zero: Vector { Vector(x: 0, y: 0, z: 0) }

    @inline(__always)
    func dot(_ other: Vector) -> Int64 {
        Int64(x) * Int64(other.x) + Int64(y) * Int64(other.y) + Int64(z) * Int64(other.z)
    }

    @inline(__always)
    var length: Int32 { Int32(truncatingIfNeeded: integerSquareRoot(dot(self))) }

    @inline(__always)
    static func + (left: Vector, right: Vector) -> Vector {
        Vector(x: left.x + right.x, y: left.y + right.y, z: left.z + right.z)
    }

    @inline(__always)
    static func - (left: Vector, right: Vector) -> Vector {
        Vector(x: left.x - right.x, y: left.y - right.y, z: left.z - right.z)
    }

    /// Cosine of the angle to `other`, in 16,384ths; 16,384 if either has no length.
    func cosine(to other: Vector) -> Int32 {
        LifeSafety.cosine(self, integerSquareRoot(dot(self)), other, integerSquareRoot(other.dot(other)))
    }
}

extension Vector: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // A second of the strongest samples, summed up: products of two stay within 64 bits.
        state.carry(&x, within: -(1 << 23)...(1 << 23))
        state.carry(&y, within: -(1 << 23)...(1 << 23))
        state.carry(&z, within: -(1 << 23)...(1 << 23))
    }
}

/// Cosine of the angle between two vectors of known lengths, in 16,384ths; 16,384 if either has no length.
@inline(__always)
func cosine(_ first: Vector, _ firstLength: Int64, _ second: Vector, _ secondLength: Int64) -> Int32 {
    guard firstLength > 0, secondLength > 0 else { return 16_384 }
    return Int32(truncatingIfNeeded: first.dot(second) * 16_384 / (firstLength * secondLength))
}
