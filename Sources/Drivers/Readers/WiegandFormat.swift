import FixedMemory

/// Up to 128 bits in the order in which they arrived; bit 0 is the first.
public struct WiegandBits: Equatable, Sendable, BitwiseCopyable {
    /// Bits that fit: formats in use end at 75 bits, and longer frames are refused.
    public static var capacity: Int { 128 }

    private var bytes = InlineArray<16, UInt8>(repeating: 0)
    /// Bits held.
    public private(set) var count = 0

    public init() {}

    /// Adds a bit. Traps when full.
    public mutating func append(_ bit: Bool) {
        precondition(count < WiegandBits.capacity, "more bits than fit")
        if bit { bytes[count >> 3] |= 0x80 >> UInt8(count & 7) }
        count += 1
    }

    /// Sets or clears a bit that is held.
    public mutating func set(_ place: Int, _ bit: Bool) {
        precondition(place >= 0 && place < count, "bit out of range")
        let mask: UInt8 = 0x80 >> UInt8(place & 7)
        bytes[place >> 3] = bit ? bytes[place >> 3] | mask : bytes[place >> 3] & ~mask
    }

    public subscript(_ place: Int) -> Bool {
        precondition(place >= 0 && place < count, "bit out of range")
        return bytes[place >> 3] & (0x80 >> UInt8(place & 7)) != 0
    }

    public static func == (left: WiegandBits, right: WiegandBits) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.bytes.indices where left.bytes[index] != right.bytes[index] { return false }
        return true
    }

    /// Whether an odd number of the bits under `mask` is set.
    func isOdd(under mask: WiegandBits) -> Bool {
        var folded: UInt8 = 0
        for index in bytes.indices { folded ^= bytes[index] & mask.bytes[index] }
        return folded.nonzeroBitCount & 1 == 1
    }

    /// Whether the bits under `mask` equal those of `expected`.
    func matches(_ expected: WiegandBits, under mask: WiegandBits) -> Bool {
        for index in bytes.indices where (bytes[index] ^ expected.bytes[index]) & mask.bytes[index] != 0 {
            return false
        }
        return true
    }
}

/// How the bits of one card format lie in a frame, written as the field writes it: one character a bit.
///
/// The layout names each bit: `P` parity, `F` facility, `C` card number, `0` and `1` bits of that fixed value, `.` bits
/// that mean nothing. Each parity line marks the bits it covers with `X` and its own bit with `E` (the whole has an even
/// number of ones) or `O` (odd). So HID's H10301 is
///
///     PFFFFFFFFCCCCCCCCCCCCCCCCP
///     EXXXXXXXXXXXX.............
///     .............XXXXXXXXXXXXO
///
/// Limits: 9 to 128 bits (shorter bursts are keys), four parity bits, at least one facility or card bit.
public struct WiegandFormat: Sendable, BitwiseCopyable {
    /// What is wrong with a description.
    public enum DescriptionError: Error, Equatable {
        /// Fewer than 9 or more than 128 characters.
        case length(Int)
        /// A character that means nothing here, at this place (0 is the first).
        case character(at: Int)
        /// No `F` and no `C`: nothing would tell two cards apart.
        case noIdentifier
        /// A parity line of another length than the layout.
        case parityLength(Int)
        /// A parity line without its `E` or `O`, or with more than one.
        case parityBit
        /// More than four parity lines.
        case tooManyParities
    }

    /// Parity lines that fit.
    public static var parityLimit: Int { 4 }

    // Internal, not private: an element of an inline array must be visible where the array is copied in another module, or
    // the compiler crashes in debug builds.
    struct Parity: Sendable, BitwiseCopyable {
        var mask: WiegandBits
        var isOdd: Bool
    }

    /// Bits of a frame.
    public let bitCount: Int
    private var facility = WiegandBits()
    private var card = WiegandBits()
    private var fixed = WiegandBits()
    private var fixedValue = WiegandBits()
    private var parities: InlineArray<4, Parity?>
    private var parityPlaces: InlineArray<4, Int>
    private var parityCount = 0

    /// Reads a layout; parity lines follow with `addParity`.
    public init(layout: Span<UInt8>) throws(DescriptionError) {
        guard layout.count >= 9 && layout.count <= WiegandBits.capacity else { throw .length(layout.count) }
        bitCount = layout.count
        parities = InlineArray(repeating: nil)
        parityPlaces = InlineArray(repeating: 0)
        var identifies = false
        for place in layout.indices {
            let character = layout[place]
            switch character {
            case UInt8(ascii: "P"), UInt8(ascii: "."), UInt8(ascii: "0"), UInt8(ascii: "1"): break
            case UInt8(ascii: "F"), UInt8(ascii: "C"): identifies = true
            default: throw .character(at: place)
            }
            facility.append(character == UInt8(ascii: "F"))
            card.append(character == UInt8(ascii: "C"))
            fixed.append(character == UInt8(ascii: "0") || character == UInt8(ascii: "1"))
            fixedValue.append(character == UInt8(ascii: "1"))
        }
        guard identifies else { throw .noIdentifier }
    }

    /// Reads a parity line.
    public mutating func addParity(_ line: Span<UInt8>) throws(DescriptionError) {
        guard line.count == bitCount else { throw .parityLength(line.count) }
        guard parityCount < WiegandFormat.parityLimit else { throw .tooManyParities }
        var mask = WiegandBits()
        var own: Int? = nil
        var isOdd = false
        for place in line.indices {
            switch line[place] {
            case UInt8(ascii: "."):
                mask.append(false)
            case UInt8(ascii: "X"):
                mask.append(true)
            case UInt8(ascii: "E"), UInt8(ascii: "O"):
                guard own == nil else { throw .parityBit }
                own = place
                isOdd = line[place] == UInt8(ascii: "O")
                mask.append(true)
            default:
                throw .character(at: place)
            }
        }
        guard let own else { throw .parityBit }
        parities[parityCount] = Parity(mask: mask, isOdd: isOdd)
        parityPlaces[parityCount] = own
        parityCount += 1
    }

    private init(_ layout: StaticString, _ first: StaticString, _ second: StaticString) {
        do throws(DescriptionError) {
            try self.init(layout: FixedBytes<128>(layout).span)
            try addParity(FixedBytes<128>(first).span)
            try addParity(FixedBytes<128>(second).span)
        } catch { preconditionFailure("the built-in formats are well formed") }
    }

    /// 26 bits, HID H10301: 8 facility and 16 card bits.
    public static var h10301: WiegandFormat {
        WiegandFormat(
            "PFFFFFFFFCCCCCCCCCCCCCCCCP",
            "EXXXXXXXXXXXX.............",
            ".............XXXXXXXXXXXXO")
    }

    /// 34 bits: 16 facility and 16 card bits.
    public static var wiegand34: WiegandFormat {
        WiegandFormat(
            "PFFFFFFFFFFFFFFFFCCCCCCCCCCCCCCCCP",
            "EXXXXXXXXXXXXXXXX.................",
            ".................XXXXXXXXXXXXXXXXO")
    }

    /// 37 bits, HID H10304: 16 facility and 19 card bits. Bit 19 lies in both parities.
    public static var h10304: WiegandFormat {
        WiegandFormat(
            "PFFFFFFFFFFFFFFFFCCCCCCCCCCCCCCCCCCCP",
            "EXXXXXXXXXXXXXXXXXX..................",
            "..................XXXXXXXXXXXXXXXXXXO")
    }

    /// 37 bits, HID H10302: 35 card bits. Its frames are valid H10304 frames and the other way round, and give the same
    /// identifier bits.
    public static var h10302: WiegandFormat {
        WiegandFormat(
            "PCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCP",
            "EXXXXXXXXXXXXXXXXXX..................",
            "..................XXXXXXXXXXXXXXXXXXO")
    }

    /// Whether a frame has this format's length, fixed bits and parities.
    public enum Match: Equatable, Sendable {
        case matches
        case otherLength
        case otherFixedBits
        case parityError
    }

    public func match(_ frame: WiegandBits) -> Match {
        guard frame.count == bitCount else { return .otherLength }
        guard frame.matches(fixedValue, under: fixed) else { return .otherFixedBits }
        for index in 0..<parityCount {
            guard let parity = parities[index] else { continue }
            guard frame.isOdd(under: parity.mask) == parity.isOdd else { return .parityError }
        }
        return .matches
    }

    /// The identifier in a frame that `match`es: facility bits, then card bits.
    public func identifier(in frame: WiegandBits) -> CardIdentifier {
        var packed = BitPacker()
        for place in 0..<bitCount where facility[place] { packed.append(frame[place]) }
        for place in 0..<bitCount where card[place] { packed.append(frame[place]) }
        return CardIdentifier(packed.bytes, bitCount: packed.count, technology: .wiegand)
    }

    /// The frame of a card with these numbers, parities included; `nil` if a number has more bits than its field.
    public func frame(facility facilityNumber: UInt64, card cardNumber: UInt64) -> WiegandBits? {
        var frame = fixedValue
        guard WiegandFormat.place(facilityNumber, under: facility, into: &frame),
            WiegandFormat.place(cardNumber, under: card, into: &frame)
        else { return nil }
        // A parity may cover another's bit (HID Corporate 1000), which then comes first in the description.
        for index in 0..<parityCount {
            guard let parity = parities[index] else { continue }
            if frame.isOdd(under: parity.mask) != parity.isOdd { frame.set(parityPlaces[index], true) }
        }
        return frame
    }

    /// Writes a number into the bits under `mask`, most significant first.
    private static func place(_ number: UInt64, under mask: WiegandBits, into frame: inout WiegandBits) -> Bool {
        var rest = number
        var place = mask.count
        while place > 0 {
            place -= 1
            guard mask[place] else { continue }
            frame.set(place, rest & 1 == 1)
            rest >>= 1
        }
        return rest == 0
    }
}

/// Packs bits into bytes, most significant first.
struct BitPacker {
    private(set) var bytes = FixedBytes<64>()
    private(set) var count = 0

    mutating func append(_ bit: Bool) {
        if count & 7 == 0 { bytes.append(0) }
        if bit { bytes[count >> 3] |= 0x80 >> UInt8(count & 7) }
        count += 1
    }
}
