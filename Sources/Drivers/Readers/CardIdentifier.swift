import FixedMemory

/// How a card's identifier reached the board; part of what the identifier means.
///
/// The raw values are stable: they are hashed together with the identifier, so that the same bytes from another
/// technology are another credential.
public enum CardTechnology: UInt8, Sendable, BitwiseCopyable {
    /// A 125 kHz tag from a serial reader: version byte and four identifier bytes.
    case lowFrequencyTag = 1
    /// The payload bits of a Wiegand frame, parity bits taken off.
    case wiegand = 2
    /// Card data that an OSDP reader passed on as bits (osdp_RAW).
    case osdpRaw = 3
    /// Card data that an OSDP reader passed on as characters (osdp_FMT).
    case osdpFormatted = 4
    /// The identifier of an ISO/IEC 14443-3 type A card. Anyone can copy it.
    case contactlessIdentifier = 5
    /// A protected file of a DESFire card, read after mutual authentication. Cannot be copied without its key.
    case authenticatedFile = 6
    /// A line of text from a QR code or barcode scanner.
    case text = 7
}

/// What a reader read from one card. A secret: it is hashed with the board's key at once and never kept, logged or sent.
///
/// Its textual descriptions and its mirror show neither digits nor length.
public struct CardIdentifier: Equatable, Sendable, BitwiseCopyable {
    /// Bytes that an identifier has at the most: a FASC-N of 200 bits and a QR code of 64 characters fit.
    public static var byteLimit: Int { 64 }

    public var technology: CardTechnology
    /// Significant bits. Identifiers of different length are different even where their bytes are equal.
    public var bitCount: UInt16
    /// The bits, most significant first; the last byte is filled up with zeros on the right.
    public var bytes: FixedBytes<64>

    /// - Parameters:
    ///   - bytes: 0 to `byteLimit` bytes.
    ///   - bitCount: significant bits; `nil` for all of them.
    public init(_ bytes: FixedBytes<64>, bitCount: Int? = nil, technology: CardTechnology) {
        self.bytes = bytes
        self.bitCount = UInt16(bitCount ?? bytes.count * 8)
        self.technology = technology
    }
}

/// A key of a reader's keypad. Digits make up PINs, so that its descriptions are masked as well.
public enum KeypadKey: Equatable, Sendable, BitwiseCopyable {
    /// 0 to 9.
    case digit(UInt8)
    /// The key marked `*` or ESC: clears what was typed.
    case clear
    /// The key marked `#` or ENT: ends what was typed.
    case enter
    /// A function key, 1 to 4.
    case function(UInt8)
}

#if !hasFeature(Embedded)
    extension CardIdentifier: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        public var description: String { "card identifier (masked)" }
        public var debugDescription: String { description }
        public var customMirror: Mirror { Mirror(self, children: []) }
    }

    extension KeypadKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        public var description: String { "key (masked)" }
        public var debugDescription: String { description }
        public var customMirror: Mirror { Mirror(self, children: []) }
    }
#endif
