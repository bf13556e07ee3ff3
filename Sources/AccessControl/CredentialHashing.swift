import Cryptography
import FixedMemory

/// How identifiers, codes and PINs become keyed hashes. Board and host hash alike, or no card opens.
///
/// Each kind has its own first byte, so that the digits of a code can never equal the bytes of a card, nor a PIN a code,
/// and what anyone can copy never what cannot be copied.
public enum CredentialHashing {
    /// Digits that a code or PIN may have at the most.
    public static var digitLimit: Int { 12 }
    /// Bytes that an identifier may have at the most.
    public static var identifierLimit: Int { 64 }

    /// Cards have their technology there, which is 1 to 63.
    static var codeDomain: UInt8 { 0x40 }
    static var pinDomain: UInt8 { 0x41 }

    /// Hash of a card: its technology, the number of bits (uint16, little endian), then the identifier's bytes.
    ///
    /// The whole number is used, as IEC 60839-11-1 asks; the number of bits tells two card formats with equal bytes apart,
    /// the technology a protected file from an identifier with the same bytes.
    /// - Parameters:
    ///   - technology: 1 to 63, the reader drivers' `CardTechnology`.
    ///   - bitCount: bits that the identifier has, up to 8 a byte.
    /// - Returns: `nil` if the identifier is empty or longer than `identifierLimit`.
    public static func card(
        _ identifier: Span<UInt8>, technology: UInt8, bitCount: Int, key: HashKey
    ) -> KeyedHash? {
        guard !identifier.isEmpty, identifier.count <= identifierLimit, technology > 0, technology < codeDomain else {
            return nil
        }
        var message = FixedBytes<67>()
        message.append(technology)
        message.appendLittleEndian(UInt16(truncatingIfNeeded: bitCount))
        message.append(identifier)
        return key.hash(message.span)
    }

    /// Hash of a code typed without a card: domain byte 0x40, then the digits as bytes 0 to 9.
    ///
    /// - Returns: `nil` if there are no digits, more than `digitLimit`, or something other than 0 to 9.
    public static func code(_ digits: Span<UInt8>, key: HashKey) -> KeyedHash? {
        guard areDigits(digits) else { return nil }
        var message = FixedBytes<13>()
        message.append(codeDomain)
        message.append(digits)
        return key.hash(message.span)
    }

    /// Hash of the PIN of a card: domain byte 0x41, the card's hash (16 bytes, little endian), then the digits 0 to 9.
    ///
    /// The card's hash is in it, so equal PINs of two cards look different.
    /// - Returns: `nil` as for `code`.
    public static func pin(_ digits: Span<UInt8>, of card: KeyedHash, key: HashKey) -> PinHash? {
        guard areDigits(digits) else { return nil }
        var message = FixedBytes<29>()
        message.append(pinDomain)
        message.appendLittleEndian(card.low)
        message.appendLittleEndian(card.high)
        message.append(digits)
        return PinHash(UInt32(truncatingIfNeeded: key.hash(message.span).low & 0xFF_FFFF))
    }

    private static func areDigits(_ digits: Span<UInt8>) -> Bool {
        guard !digits.isEmpty, digits.count <= digitLimit else { return false }
        for index in digits.indices where digits[index] > 9 { return false }
        return true
    }
}
