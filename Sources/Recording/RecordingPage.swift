import FixedMemory
import HardwareInterface

/// A page of a flight recorder's ring as it lies on the medium, in which a recording is cut up.
///
///     0  CRC-32C of bytes 4 to the end
///     4  "WFR1"
///     8  run: the number of the start of the board that wrote it (8 bytes)
///     16 number of the page, counted on over all runs (8 bytes)
///     24 when its first record was made, nanoseconds of the board's monotonic clock (8 bytes)
///     32 bytes used, header included (2 bytes)
///     34 flags (1 byte): 1 a key frame begins here, 2 records before this page were lost, 4 a key frame ends here
///     36 bytes used on the page before, 0 on the first of a run (2 bytes)
///     40 records
///
/// A record is its length without these two bytes (2 bytes), its kind (1 byte), the nanoseconds since the record before
/// (base 128, low seven bits first), and what the kind says. None crosses the end of its page. Integers are little endian.
public struct RecordingPage: Equatable, Sendable, BitwiseCopyable {
    public static var headerBytes: Int { 40 }
    /// "WFR1" in little endian.
    static var magic: UInt32 { 0x3152_4657 }

    public var run: UInt64
    public var number: UInt64
    public var at: Instant
    /// Bytes used, header included.
    public var used: Int
    /// Replaying may begin here: nothing before it is needed.
    public var beginsKeyFrame: Bool
    /// Records before this page were lost: replaying must not go on into it.
    public var followsLoss: Bool
    /// The last part of a key frame is on this page.
    public var endsKeyFrame: Bool
    /// Bytes used on the page before, once it was full; 0 on the first of a run, and on pages from before they said so.
    public var usedBefore: Int

    public init(
        run: UInt64, number: UInt64, at: Instant, used: Int, beginsKeyFrame: Bool, followsLoss: Bool,
        endsKeyFrame: Bool = false, usedBefore: Int = 0
    ) {
        self.run = run
        self.number = number
        self.at = at
        self.used = used
        self.beginsKeyFrame = beginsKeyFrame
        self.followsLoss = followsLoss
        self.endsKeyFrame = endsKeyFrame
        self.usedBefore = usedBefore
    }

    /// Whether nothing is missing between a page and this one. A page that is not full is written too, so that little is missing
    /// after a power cut; where its full form did not reach the medium and this page did, some of its records are nowhere.
    public func follows(_ page: RecordingPage) -> Bool {
        run == page.run && number == page.number + 1 && !followsLoss
            && (usedBefore == page.used || usedBefore == 0)
    }

    /// Reads the header of a page and checks the whole of it.
    ///
    /// - Returns: `nil` for what is no page, or a damaged one.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count > RecordingPage.headerBytes else { return nil }
        var reader = ByteReader(bytes)
        guard let crc = try? reader.littleEndian(UInt32.self), let magic = try? reader.littleEndian(UInt32.self),
            magic == RecordingPage.magic, let run = try? reader.littleEndian(UInt64.self),
            let number = try? reader.littleEndian(UInt64.self), let at = try? reader.littleEndian(Int64.self),
            let used = try? reader.littleEndian(UInt16.self), let flags = try? reader.byte(),
            (try? reader.byte()) != nil, let usedBefore = try? reader.littleEndian(UInt16.self)
        else { return nil }
        guard Int(used) >= RecordingPage.headerBytes, Int(used) <= bytes.count, at >= 0,
            Checksum.crc32c(bytes.extracting(4..<bytes.count)) == crc
        else { return nil }
        self.init(
            run: run, number: number, at: Instant(nanoseconds: at), used: Int(used), beginsKeyFrame: flags & 1 != 0,
            followsLoss: flags & 2 != 0, endsKeyFrame: flags & 4 != 0, usedBefore: Int(usedBefore))
    }

    /// Writes the header into a page whose records are in place, and the checksum over all of it.
    func seal(_ page: UnsafeMutableRawBufferPointer) {
        func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, _ offset: Int) {
            page.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
        put(RecordingPage.magic, 4)
        put(run, 8)
        put(number, 16)
        put(at.nanoseconds, 24)
        put(UInt16(used), 32)
        put(UInt8((beginsKeyFrame ? 1 : 0) | (followsLoss ? 2 : 0) | (endsKeyFrame ? 4 : 0)), 34)
        for offset in 35..<RecordingPage.headerBytes { put(UInt8(0), offset) }
        put(UInt16(usedBefore), 36)
        for offset in used..<page.count { put(UInt8(0), offset) }
        let bytes = UnsafeBufferPointer(
            start: UnsafeRawPointer(page.baseAddress!).assumingMemoryBound(to: UInt8.self), count: page.count)
        put(Checksum.crc32c(bytes.span.extracting(4..<page.count)), 0)
    }
}

/// Walks over the records of a page.
public struct RecordingPageReader: ~Escapable {
    private let bytes: Span<UInt8>
    private let end: Int
    /// The page's header.
    public let page: RecordingPage
    private var position = RecordingPage.headerBytes
    /// When the record that was read last was made.
    public private(set) var at: Instant
    /// Its kind.
    public private(set) var kind: UInt8 = 0
    private var payload = 0..<0

    /// - Returns: `nil` for what is no page, or a damaged one.
    @_lifetime(copy bytes)
    public init?(_ bytes: Span<UInt8>) {
        guard let page = RecordingPage(bytes) else { return nil }
        self.bytes = bytes
        self.page = page
        end = page.used
        at = page.at
    }

    /// Goes to the next record.
    ///
    /// - Returns: `false` at the end of the page, or at what is no record.
    @_lifetime(self: copy self)
    public mutating func next() -> Bool {
        guard position + 4 <= end else { return false }
        let length = Int(bytes[position]) | Int(bytes[position + 1]) << 8
        guard length >= 2, position + 2 + length <= end else { return false }
        var reader = ByteReader(bytes.extracting(position + 2..<position + 2 + length))
        guard let kind = try? reader.byte(), let elapsed = try? reader.variableLength() else { return false }
        self.kind = kind
        at = at + Interval(nanoseconds: Int64(clamping: elapsed))
        payload = position + 2 + reader.position..<position + 2 + length
        position += 2 + length
        return true
    }

    /// What the kind of the record says.
    public var content: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(payload) }
    }
}

extension ByteReader {
    /// An integer in base 128, low seven bits first, of at most ten bytes.
    @_lifetime(self: copy self)
    public mutating func variableLength() throws(Truncated) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<10 {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
            if byte & 0x80 == 0 { return value }
        }
        throw Truncated()
    }
}
