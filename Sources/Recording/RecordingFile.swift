import FixedMemory

/// A recording in a file of its own: the image that the board ran from, the credentials that it had kept besides, and the
/// pages from a key frame to the end.
///
///     0  "WREC"
///     4  format, 1 (2 bytes), bytes of a page (2 bytes)
///     8  bytes of the image (4 bytes), bytes of the credentials (4 bytes)
///     16 the image, the credentials, then the pages
///
/// All integers little endian. The image has a checksum of its own, and so has each page.
public struct RecordingFile: Equatable, Sendable, BitwiseCopyable {
    public static var headerBytes: Int { 16 }
    /// "WREC" in little endian.
    private static var magic: UInt32 { 0x4345_5257 }
    private static var format: UInt16 { 1 }

    public let imageBytes: Int
    public let credentialBytes: Int
    public let pageBytes: Int
    public let pages: Int

    /// - Parameters:
    ///   - imageBytes: of the board's image.
    ///   - credentialBytes: of the credentials that it had kept; 0 where it began with those of its image.
    ///   - pageBytes: of a page, 512 to 4,096.
    ///   - pages: how many there are.
    public init(imageBytes: Int, credentialBytes: Int = 0, pageBytes: Int, pages: Int) {
        self.imageBytes = imageBytes
        self.credentialBytes = credentialBytes
        self.pageBytes = pageBytes
        self.pages = pages
    }

    /// Reads the header of a file and checks its length.
    ///
    /// - Returns: `nil` for what is no recording, or one that was cut short.
    public init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        guard let magic = try? reader.littleEndian(UInt32.self), magic == RecordingFile.magic,
            let format = try? reader.littleEndian(UInt16.self), format == RecordingFile.format,
            let pageBytes = try? reader.littleEndian(UInt16.self), pageBytes >= 512, pageBytes <= 4_096,
            let imageBytes = try? reader.littleEndian(UInt32.self),
            let credentialBytes = try? reader.littleEndian(UInt32.self)
        else { return nil }
        let rest = bytes.count - RecordingFile.headerBytes - Int(imageBytes) - Int(credentialBytes)
        guard rest > 0, rest % Int(pageBytes) == 0 else { return nil }
        self.init(
            imageBytes: Int(imageBytes), credentialBytes: Int(credentialBytes), pageBytes: Int(pageBytes),
            pages: rest / Int(pageBytes))
    }

    /// Writes the header; image and pages follow it.
    public func writeHeader<Sink: ByteSink & ~Copyable>(to sink: inout Sink) {
        sink.appendLittleEndian(RecordingFile.magic)
        sink.appendLittleEndian(RecordingFile.format)
        sink.appendLittleEndian(UInt16(pageBytes))
        sink.appendLittleEndian(UInt32(imageBytes))
        sink.appendLittleEndian(UInt32(credentialBytes))
    }

    /// Where the image lies.
    public var image: Range<Int> { RecordingFile.headerBytes..<RecordingFile.headerBytes + imageBytes }

    /// Where the credentials lie.
    public var credentials: Range<Int> { image.upperBound..<image.upperBound + credentialBytes }

    /// Where a page lies.
    public func page(_ index: Int) -> Range<Int> {
        let start = credentials.upperBound + index * pageBytes
        return start..<start + pageBytes
    }
}
