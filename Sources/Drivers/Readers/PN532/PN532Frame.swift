import FixedMemory

/// Frames between a host and a PN532 (NXP UM0701-02, section 6.2.1).
///
///     00 | 00 FF | LEN | LCS | TFI data… | DCS | 00                     up to 255 bytes TFI and data
///     00 | 00 FF | FF FF | LENM LENL LCS | TFI data… | DCS | 00          up to 265
///     00 | 00 FF | 00 FF | 00                                            acknowledge
///     00 | 00 FF | FF 00 | 00                                            not acknowledge: send it again
///     00 | 00 FF | 01 FF | 7F 81 | 00                                    error: the command makes no sense
///
/// LEN + LCS and TFI + data + DCS are 0 modulo 256. TFI is D4 from the host and D5 from the chip. Preamble and postamble
/// may be missing or longer.
enum PN532Frame {
    static var hostIdentifier: UInt8 { 0xD4 }
    static var chipIdentifier: UInt8 { 0xD5 }
    /// The longest TFI and data.
    static var dataLimit: Int { 265 }
    /// The longest frame on the wire.
    static var frameLimit: Int { 1 + 2 + 2 + 3 + dataLimit + 2 }

    static var acknowledge: FixedBytes<6> { FixedBytes([0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00] as InlineArray<6, UInt8>) }
    static var notAcknowledge: FixedBytes<6> {
        FixedBytes([0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00] as InlineArray<6, UInt8>)
    }

    /// What the front of the received bytes is.
    enum Parse: Equatable {
        case incomplete
        /// Bytes before a start code, or a damaged start of a frame.
        case noise(length: Int)
        case damaged(length: Int, MalformedReason)
        case acknowledge(length: Int)
        case notAcknowledge(length: Int)
        case error(length: Int)
        /// An answer: where its code and data lie.
        case answer(length: Int, code: Int, dataEnd: Int)
    }

    /// Writes a command: code and data, 1 to 254 bytes.
    static func write<Sink: ByteSink & ~Copyable>(_ codeAndData: Span<UInt8>, into sink: inout Sink) {
        precondition(codeAndData.count >= 1 && codeAndData.count <= 254, "a command fits a normal frame")
        let length = UInt8(codeAndData.count + 1)
        sink.append(0x00)
        sink.append(0x00)
        sink.append(0xFF)
        sink.append(length)
        sink.append(0 &- length)
        sink.append(hostIdentifier)
        sink.append(codeAndData)
        var sum = hostIdentifier
        for index in codeAndData.indices { sum &+= codeAndData[index] }
        sink.append(0 &- sum)
        sink.append(0x00)
    }

    /// Looks at the front of `bytes`, which holds at least one byte.
    static func parse(_ bytes: Span<UInt8>) -> Parse {
        // The start code 00 FF, wherever it is: preambles vary.
        var start = 0
        while start < bytes.count && !(bytes[start] == 0x00 && (start + 1 == bytes.count || bytes[start + 1] == 0xFF)) {
            start += 1
        }
        if start > 0 { return .noise(length: start) }
        guard bytes.count >= 4 else { return .incomplete }
        let first = bytes[2]
        let second = bytes[3]
        if first == 0x00 && second == 0xFF { return .acknowledge(length: 4) }
        if first == 0xFF && second == 0x00 { return .notAcknowledge(length: 4) }
        var length = Int(first)
        var dataStart = 4
        if first == 0xFF && second == 0xFF {
            guard bytes.count >= 7 else { return .incomplete }
            guard bytes[4] &+ bytes[5] &+ bytes[6] == 0 else { return .damaged(length: 2, .length) }
            length = Int(bytes[4]) << 8 | Int(bytes[5])
            dataStart = 7
        } else if first &+ second != 0 {
            return .damaged(length: 2, .length)
        }
        guard length >= 1 && length <= dataLimit else { return .damaged(length: 2, .length) }
        guard bytes.count >= dataStart + length + 1 else { return .incomplete }
        var sum: UInt8 = 0
        for index in dataStart...(dataStart + length) { sum &+= bytes[index] }
        let end = dataStart + length + 1
        guard sum == 0 else { return .damaged(length: end, .checksum) }
        if length == 1 && bytes[dataStart] == 0x7F { return .error(length: end) }
        guard bytes[dataStart] == chipIdentifier, length >= 2 else { return .damaged(length: end, .unexpected) }
        return .answer(length: end, code: dataStart + 1, dataEnd: dataStart + length)
    }
}

extension FixedBytes {
    /// Copies the bytes of an array of fixed size.
    init<let count: Int>(_ bytes: InlineArray<count, UInt8>) {
        self.init()
        for index in bytes.indices { append(bytes[index]) }
    }
}

/// Commands of the PN532 (UM0701-02, section 7).
enum PN532Command {
    static var getFirmwareVersion: UInt8 { 0x02 }
    static var configureSecurityModule: UInt8 { 0x14 }
    static var configureRadio: UInt8 { 0x32 }
    static var exchangeData: UInt8 { 0x40 }
    static var listPassiveTarget: UInt8 { 0x4A }
    static var release: UInt8 { 0x52 }
}

/// One card as InListPassiveTarget describes it at 106 kbit/s type A (UM0701-02, section 7.3.5).
struct PN532Target: Sendable, BitwiseCopyable {
    var number: UInt8
    /// SEL_RES; bit 5 says that the card speaks ISO/IEC 14443-4.
    var selection: UInt8
    /// 4, 7 or 10 bytes.
    var identifier: FixedBytes<64>

    var hasProtocol: Bool { selection & 0x20 != 0 }
    /// Four bytes that begin with 08 are drawn anew each time (ISO/IEC 14443-3, table 11).
    var isRandom: Bool { identifier.count == 4 && identifier[0] == 0x08 }

    /// Takes the answer apart: number of targets, then each with its number, SENS_RES, SEL_RES, identifier and ATS.
    ///
    /// - Returns: the first target and how many there are; `nil` if the answer is not well formed.
    static func parse(_ data: Span<UInt8>) -> (count: Int, first: PN532Target?)? {
        var reader = ByteReader(data)
        do throws(ByteReader.Truncated) {
            let count = try reader.byte()
            guard count > 0 else { return (0, nil) }
            let number = try reader.byte()
            _ = try reader.bytes(2)
            let selection = try reader.byte()
            let length = Int(try reader.byte())
            guard length == 4 || length == 7 || length == 10 else { return nil }
            let identifier = FixedBytes<64>(try reader.bytes(length))
            return (Int(count), PN532Target(number: number, selection: selection, identifier: identifier))
        } catch { return nil }
    }
}
