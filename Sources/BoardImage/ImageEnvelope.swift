import FixedMemory

/// The sixteen bytes around a compiled file's message: eight of magic, its length and its CRC-32C, both little endian.
public struct ImageEnvelope: Equatable, Sendable, BitwiseCopyable {
    /// Bytes in front of the message.
    public static var length: Int { 16 }
    /// Bytes of a message at the most: a million credentials and all tables fit.
    public static var messageLimit: Int { 64 << 20 }

    public enum Failure: Error, Equatable, Sendable, BitwiseCopyable {
        case tooShort(byteCount: Int)
        case wrongMagic
        case wrongLength(expected: Int, actual: Int)
        case wrongChecksum(expected: UInt32, actual: UInt32)
    }

    /// Writes magic, length and checksum of a message; the message itself follows.
    ///
    /// - Parameter magic: eight ASCII characters.
    public static func append(
        magic: StaticString, message: Span<UInt8>, to sink: inout some ByteSink & ~Copyable
    ) {
        sink.append(magic)
        sink.appendLittleEndian(UInt32(message.count))
        sink.appendLittleEndian(Checksum.crc32c(message))
    }

    /// The message inside, after its length and checksum were found right.
    @_lifetime(copy bytes)
    public static func open(_ bytes: Span<UInt8>, magic: StaticString) throws(Failure) -> Span<UInt8> {
        guard bytes.count >= length else { throw .tooShort(byteCount: bytes.count) }
        for index in 0..<8 where unsafe bytes[index] != magic.utf8Start[index] { throw .wrongMagic }
        let expected = word(bytes, at: 8)
        guard expected == UInt32(truncatingIfNeeded: bytes.count - length), bytes.count - length <= messageLimit else {
            throw .wrongLength(expected: Int(expected) + length, actual: bytes.count)
        }
        let message = bytes.extracting(length..<bytes.count)
        let checksum = word(bytes, at: 12)
        let actual = Checksum.crc32c(message)
        guard actual == checksum else { throw .wrongChecksum(expected: checksum, actual: actual) }
        return message
    }

    private static func word(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
            | UInt32(bytes[offset + 3]) << 24
    }
}
