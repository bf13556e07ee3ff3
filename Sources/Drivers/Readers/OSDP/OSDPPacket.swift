import Cryptography
import FixedMemory

/// The packet of SIA OSDP 2.2 (section 5.9): mark, header, optional security block, code, data, optional message
/// authentication code, check.
///
///     FF | 53 | address | length low, high | control | [block length, block type, …] | code | data… | [MAC 4] | check
///
/// The length counts from 53 to the end; the mark is not part of the packet. The check is a CRC-16, low byte first, or
/// a checksum of one byte, as bit 2 of control says.
enum OSDPPacket {
    static var mark: UInt8 { 0xFF }
    static var start: UInt8 { 0x53 }
    /// Set in the address of a reply.
    static var replyFlag: UInt8 { 0x80 }
    /// The address that every peripheral takes for its own.
    static var broadcastAddress: UInt8 { 0x7F }
    static var headerLength: Int { 5 }
    static var authenticationCodeLength: Int { 4 }
    /// Header, code and a checksum.
    static var minimumLength: Int { 7 }
    /// The longest packet that the specification allows.
    static var maximumLength: Int { 1440 }
    /// What a peripheral can take that has not said more.
    static var assumedReceiveSize: Int { 128 }

    static var sequenceMask: UInt8 { 0x03 }
    static var checkFlag: UInt8 { 0x04 }
    static var securityFlag: UInt8 { 0x08 }

    /// The check at the end of a packet.
    enum Check: UInt8, Sendable, BitwiseCopyable {
        case checksum = 0
        case crc = 1

        var length: Int { self == .crc ? 2 : 1 }
    }

    /// Two's complement of the sum of all bytes.
    static func checksum(_ bytes: Span<UInt8>) -> UInt8 {
        var sum: UInt8 = 0
        for index in bytes.indices { sum &+= bytes[index] }
        return 0 &- sum
    }

    /// Types of security block (section D.1.3).
    enum Security {
        static var challenge: UInt8 { 0x11 }
        static var challengeAnswer: UInt8 { 0x12 }
        static var panelCryptogram: UInt8 { 0x13 }
        static var initialCode: UInt8 { 0x14 }
        static var commandAuthenticated: UInt8 { 0x15 }
        static var replyAuthenticated: UInt8 { 0x16 }
        static var commandEnciphered: UInt8 { 0x17 }
        static var replyEnciphered: UInt8 { 0x18 }
    }

    /// Where the parts of a received packet lie, counted from its start byte.
    struct Layout: Sendable, BitwiseCopyable {
        /// Bytes of the whole packet.
        var length: Int
        /// Seven bits.
        var address: UInt8
        var isReply: Bool
        /// 0 to 3.
        var sequence: UInt8
        var check: Check
        /// Type of the security block; `nil` without one.
        var securityType: UInt8?
        /// Third byte of the security block; 0 if it has none.
        var securityData: UInt8
        /// Place of the code.
        var code: Int
        /// End of the data: where the authentication code or the check begins.
        var dataEnd: Int

        /// Whether an authentication code lies between data and check.
        var isAuthenticated: Bool { (securityType ?? 0) >= Security.commandAuthenticated }
    }

    /// What the front of the received bytes is.
    enum Parse {
        /// Part of a packet; this many bytes are missing at least.
        case incomplete(missing: Int)
        /// Bytes that begin no packet.
        case noise(length: Int)
        /// A packet whose parts or check do not fit; go on after its start byte.
        case damaged(MalformedReason)
        case packet(Layout)
    }

    /// Looks at the front of `bytes`, which holds at least one byte.
    static func parse(_ bytes: Span<UInt8>) -> Parse {
        guard bytes[0] == start else {
            var length = 1
            while length < bytes.count && bytes[length] != start { length += 1 }
            return .noise(length: length)
        }
        guard bytes.count >= headerLength else { return .incomplete(missing: minimumLength - bytes.count) }
        let length = Int(bytes[2]) | Int(bytes[3]) << 8
        let control = bytes[4]
        let check: Check = control & checkFlag != 0 ? .crc : .checksum
        guard length >= headerLength + 1 + check.length && length <= maximumLength else { return .damaged(.length) }
        // Bits 4 to 7 are reserved or mark a multi-part message, which no command of a reader uses.
        guard control & 0xF0 == 0 else { return .damaged(.framing) }
        guard bytes.count >= length else { return .incomplete(missing: length - bytes.count) }
        let packet = bytes.extracting(0..<length)
        let body = packet.extracting(0..<(length - check.length))
        let isIntact: Bool
        switch check {
        case .crc:
            isIntact = Checksum.crc16OSDP(body) == UInt16(packet[length - 2]) | UInt16(packet[length - 1]) << 8
        case .checksum:
            isIntact = checksum(body) == packet[length - 1]
        }
        guard isIntact else { return .damaged(.checksum) }
        var layout = Layout(
            length: length, address: bytes[1] & ~replyFlag, isReply: bytes[1] & replyFlag != 0,
            sequence: control & sequenceMask, check: check, securityType: nil, securityData: 0, code: headerLength,
            dataEnd: length - check.length)
        if control & securityFlag != 0 {
            let blockLength = Int(bytes[headerLength])
            guard blockLength >= 2 && headerLength + blockLength < layout.dataEnd else { return .damaged(.length) }
            let type = bytes[headerLength + 1]
            guard type >= Security.challenge && type <= Security.replyEnciphered else { return .damaged(.framing) }
            layout.securityType = type
            layout.securityData = blockLength >= 3 ? bytes[headerLength + 2] : 0
            layout.code = headerLength + blockLength
            if layout.isAuthenticated { layout.dataEnd -= authenticationCodeLength }
        }
        guard layout.code < layout.dataEnd else { return .damaged(.length) }
        return .packet(layout)
    }
}

extension OSDPPacket {
    /// What a command's packet says besides its code and data.
    struct Envelope: Sendable, BitwiseCopyable {
        var address: UInt8
        var sequence: UInt8
        var check: Check
        /// Type of the handshake's security block; `nil` outside of the handshake.
        var handshakeType: UInt8?
        /// Third byte of that block: 0 for the default key, 1 for the peripheral's own.
        var keyType: UInt8
    }

    /// Writes a command with its mark, enciphered and authenticated where a session stands.
    ///
    /// - Parameters:
    ///   - session: the secure channel; its chain goes on by this command.
    ///   - packet: emptied first; must have room for mark, packet and padding.
    static func write(
        _ envelope: Envelope, _ code: UInt8, _ data: Span<UInt8>, session: inout OSDPSecureSession?,
        into packet: inout ByteBuffer
    ) {
        let markLength = 1
        packet.removeAll()
        packet.append(mark)
        packet.append(start)
        packet.append(envelope.address)
        packet.appendLittleEndian(UInt16(0))
        let hasBlock = session != nil || envelope.handshakeType != nil
        packet.append(
            envelope.sequence | (envelope.check == .crc ? checkFlag : 0) | (hasBlock ? securityFlag : 0))
        if session != nil {
            packet.append(2)
            packet.append(data.isEmpty ? Security.commandAuthenticated : Security.commandEnciphered)
        } else if let type = envelope.handshakeType {
            packet.append(3)
            packet.append(type)
            packet.append(envelope.keyType)
        }
        packet.append(code)
        let dataStart = packet.count
        packet.append(data)
        let isEnciphered = session != nil && !data.isEmpty
        if isEnciphered {
            packet.append(0x80)
            while !(packet.count - dataStart).isMultiple(of: AESBlock.length) { packet.append(0) }
        }
        let length =
            packet.count - markLength + (session == nil ? 0 : authenticationCodeLength) + envelope.check.length
        packet[markLength + 2] = UInt8(truncatingIfNeeded: length)
        packet[markLength + 3] = UInt8(truncatingIfNeeded: length >> 8)
        if var running = session {
            if isEnciphered { encipher(from: dataStart, of: &packet, with: running) }
            let code = running.authenticateCommand(packet.span.extracting(markLength..<packet.count))
            packet.append(code.span.extracting(0..<authenticationCodeLength))
            session = running
        }
        switch envelope.check {
        case .crc:
            let crc = Checksum.crc16OSDP(packet.span.extracting(markLength..<packet.count))
            packet.appendLittleEndian(crc)
        case .checksum:
            let sum = checksum(packet.span.extracting(markLength..<packet.count))
            packet.append(sum)
        }
        precondition(!packet.overflowed, "every command fits its packet")
    }

    private static func encipher(from place: Int, of packet: inout ByteBuffer, with session: OSDPSecureSession) {
        var data = packet.mutableSpan(place..<packet.count)
        session.encryptCommand(&data)
    }

    /// Deciphers a reply's data in place.
    static func decipher(_ range: Range<Int>, of received: inout ByteBuffer, with session: OSDPSecureSession) {
        var data = received.mutableSpan(range)
        session.decryptReply(&data)
    }
}

/// Codes of commands (section 6) and replies (section 7) that a control panel for readers uses.
enum OSDPCode {
    static var poll: UInt8 { 0x60 }
    static var identify: UInt8 { 0x61 }
    static var capabilities: UInt8 { 0x62 }
    static var localStatus: UInt8 { 0x64 }
    static var inputStatus: UInt8 { 0x65 }
    static var outputStatus: UInt8 { 0x66 }
    static var output: UInt8 { 0x68 }
    static var led: UInt8 { 0x69 }
    static var buzzer: UInt8 { 0x6A }
    static var text: UInt8 { 0x6B }
    static var keySet: UInt8 { 0x75 }
    static var challenge: UInt8 { 0x76 }
    static var panelCryptogram: UInt8 { 0x77 }
    static var fileTransfer: UInt8 { 0x7C }
    static var abort: UInt8 { 0xA2 }

    static var acknowledge: UInt8 { 0x40 }
    static var refuse: UInt8 { 0x41 }
    static var identification: UInt8 { 0x45 }
    static var capabilitiesReply: UInt8 { 0x46 }
    static var localStatusReply: UInt8 { 0x48 }
    static var inputStatusReply: UInt8 { 0x49 }
    static var outputStatusReply: UInt8 { 0x4A }
    static var readerStatusReply: UInt8 { 0x4B }
    static var rawCard: UInt8 { 0x50 }
    static var formattedCard: UInt8 { 0x51 }
    static var keypad: UInt8 { 0x53 }
    static var challengeAnswer: UInt8 { 0x76 }
    static var initialCode: UInt8 { 0x78 }
    static var busy: UInt8 { 0x79 }
    static var fileStatus: UInt8 { 0x7A }
}
