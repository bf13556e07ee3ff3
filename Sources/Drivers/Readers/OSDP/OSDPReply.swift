import Cryptography
import FixedMemory

/// Who a reader says it is (osdp_PDID, SIA OSDP 2.2 section 7.4).
public struct ReaderIdentity: Equatable, Sendable, BitwiseCopyable {
    /// The maker's IEEE number, 24 bits.
    public var vendor: UInt32
    public var model: UInt8
    public var version: UInt8
    public var serialNumber: UInt32
    /// Major, minor and build, one byte each from the top.
    public var firmware: UInt32
}

/// What a reader can do (osdp_PDCAP, section 7.5 and annex B). Zero where it said nothing.
public struct OSDPCapabilities: Equatable, Sendable, BitwiseCopyable {
    /// Supervised inputs.
    public var inputs: UInt8 = 0
    /// Switched outputs.
    public var outputs: UInt8 = 0
    /// Lights of each reader.
    public var lights: UInt8 = 0
    /// Compliance level of the buzzer.
    public var buzzer: UInt8 = 0
    /// Compliance level of the text display.
    public var text: UInt8 = 0
    /// Whether it takes a CRC.
    public var hasCRC = false
    /// Whether it has the secure channel with AES-128.
    public var hasSecureChannel = false
    /// The longest packet that it takes.
    public var receiveSize = UInt16(OSDPPacket.assumedReceiveSize)

    public init() {}
}

/// A reply, taken apart (section 7).
enum OSDPReply {
    case acknowledged
    case refused(UInt8)
    case busy
    case identification(ReaderIdentity)
    case capabilities(OSDPCapabilities)
    case localStatus(isTampered: Bool, hasPowerFailure: Bool)
    /// One bit for each of the first 32.
    case inputs(UInt32, count: Int)
    case outputs(UInt32, count: Int)
    case rawCard(bits: WiegandBits?, CardIdentifier)
    case formattedCard(CardIdentifier)
    /// A card read that cannot be an identifier: backwards, or longer than one.
    case unusableCard
    case keys(FixedBytes<32>)
    case fileStatus(OSDPFileStatus)
    case challengeAnswer(clientIdentifier: FixedBytes<8>, random: FixedBytes<8>, cryptogram: AESBlock)
    case initialCode(AESBlock)
    /// A reply that is not asked for by any command of this panel.
    case other

    /// Takes a reply apart.
    ///
    /// - Throws: what is wrong with its data.
    static func decode(_ code: UInt8, _ data: Span<UInt8>) throws(MalformedReason) -> OSDPReply {
        switch code {
        case OSDPCode.acknowledge: return .acknowledged
        case OSDPCode.refuse:
            guard data.count >= 1 else { throw .length }
            return .refused(data[0])
        case OSDPCode.busy: return .busy
        case OSDPCode.identification: return try identification(data)
        case OSDPCode.capabilitiesReply: return try capabilities(data)
        case OSDPCode.localStatusReply:
            guard data.count == 2, data[0] <= 1, data[1] <= 1 else { throw .length }
            return .localStatus(isTampered: data[0] == 1, hasPowerFailure: data[1] == 1)
        case OSDPCode.inputStatusReply: return .inputs(try levels(data), count: data.count)
        case OSDPCode.outputStatusReply: return .outputs(try levels(data), count: data.count)
        case OSDPCode.rawCard: return try rawCard(data)
        case OSDPCode.formattedCard: return try formattedCard(data)
        case OSDPCode.keypad: return try keys(data)
        case OSDPCode.fileStatus: return .fileStatus(try OSDPFileStatus(data))
        case OSDPCode.challengeAnswer:
            guard data.count == 32, let cryptogram = AESBlock(data.extracting(16..<32)) else { throw .length }
            return .challengeAnswer(
                clientIdentifier: FixedBytes(data.extracting(0..<8)), random: FixedBytes(data.extracting(8..<16)),
                cryptogram: cryptogram)
        case OSDPCode.initialCode:
            guard let code = AESBlock(data) else { throw .length }
            return .initialCode(code)
        default: return .other
        }
    }

    private static func identification(_ data: Span<UInt8>) throws(MalformedReason) -> OSDPReply {
        guard data.count == 12 else { throw .length }
        let vendor = UInt32(data[0]) | UInt32(data[1]) << 8 | UInt32(data[2]) << 16
        let serial = UInt32(data[5]) | UInt32(data[6]) << 8 | UInt32(data[7]) << 16 | UInt32(data[8]) << 24
        let firmware = UInt32(data[9]) << 16 | UInt32(data[10]) << 8 | UInt32(data[11])
        return .identification(
            ReaderIdentity(
                vendor: vendor, model: data[3], version: data[4], serialNumber: serial, firmware: firmware))
    }

    /// Triples of function, compliance level and number (annex B); unknown functions are skipped.
    private static func capabilities(_ data: Span<UInt8>) throws(MalformedReason) -> OSDPReply {
        guard data.count.isMultiple(of: 3) else { throw .length }
        var result = OSDPCapabilities()
        var place = 0
        while place < data.count {
            let level = data[place + 1]
            let number = data[place + 2]
            switch data[place] {
            case 1: result.inputs = level == 0 ? 0 : number
            case 2: result.outputs = level == 0 ? 0 : number
            case 4: result.lights = level == 0 ? 0 : number
            case 5: result.buzzer = level
            case 6: result.text = level
            case 8: result.hasCRC = level >= 1
            case 9: result.hasSecureChannel = level & 1 == 1
            case 10:
                let size = UInt16(level) | UInt16(number) << 8
                result.receiveSize = max(size, UInt16(OSDPPacket.assumedReceiveSize))
            default: break
            }
            place += 3
        }
        return .capabilities(result)
    }

    /// One byte for each input or output; more than 32 are left out.
    private static func levels(_ data: Span<UInt8>) throws(MalformedReason) -> UInt32 {
        guard data.count >= 1 else { throw .length }
        var levels: UInt32 = 0
        for index in 0..<min(data.count, 32) where data[index] != 0 { levels |= 1 << UInt32(index) }
        return levels
    }

    /// Reader number, format, bit count (low byte first), bits.
    private static func rawCard(_ data: Span<UInt8>) throws(MalformedReason) -> OSDPReply {
        guard data.count >= 4 else { throw .length }
        let bitCount = Int(data[2]) | Int(data[3]) << 8
        guard bitCount > 0, data.count - 4 == (bitCount + 7) / 8 else { throw .length }
        guard bitCount <= CardIdentifier.byteLimit * 8 else { return .unusableCard }
        var packed = BitPacker()
        var bits: WiegandBits? = bitCount <= WiegandBits.capacity ? WiegandBits() : nil
        for place in 0..<bitCount {
            // Bits after the last are not part of the identifier, whatever the reader puts there.
            let bit = data[4 + place / 8] & (0x80 >> UInt8(place & 7)) != 0
            packed.append(bit)
            bits?.append(bit)
        }
        return .rawCard(bits: bits, CardIdentifier(packed.bytes, bitCount: packed.count, technology: .osdpRaw))
    }

    /// Reader number, direction, count, characters.
    private static func formattedCard(_ data: Span<UInt8>) throws(MalformedReason) -> OSDPReply {
        guard data.count >= 4, data.count - 3 == Int(data[2]) else { throw .length }
        // A stripe drawn the wrong way: the reader may or may not have turned the characters round.
        guard data[1] == 0, data.count - 3 <= CardIdentifier.byteLimit else { return .unusableCard }
        for index in 3..<data.count where data[index] < 0x20 || data[index] > 0x7E { throw .character }
        return .formattedCard(CardIdentifier(FixedBytes(data.extracting(3..<data.count)), technology: .osdpFormatted))
    }

    /// Reader number, count, characters.
    private static func keys(_ data: Span<UInt8>) throws(MalformedReason) -> OSDPReply {
        guard data.count >= 3, data.count - 2 == Int(data[1]), data.count - 2 <= 32 else { throw .length }
        return .keys(FixedBytes(data.extracting(2..<data.count)))
    }

    /// The key that a keypad's character stands for (section 7.13; the two in the middle are seen in the field).
    static func key(_ character: UInt8) -> KeypadKey? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit(character - UInt8(ascii: "0"))
        case 0x0D, UInt8(ascii: "#"): .enter
        case 0x7F, UInt8(ascii: "*"): .clear
        case UInt8(ascii: "A")...UInt8(ascii: "D"): .function(character - UInt8(ascii: "A") + 1)
        default: nil
        }
    }
}

extension MalformedReason: Error {}

/// osdp_FTSTAT (section 7.25).
struct OSDPFileStatus: Sendable, BitwiseCopyable {
    /// Whether other commands may go between two fragments.
    var allowsInterleaving: Bool
    /// Whether the reader has something to say to a poll.
    var hasPollReply: Bool
    /// Milliseconds to wait before the next fragment.
    var delay: UInt16
    /// 0 go on, 1 processed, 2 restarting, 3 still working; negative: stopped, not understood, malformed.
    var detail: Int16
    /// The longest packet it takes for fragments from now on; 0 for no change.
    var receiveSize: UInt16

    init(_ data: Span<UInt8>) throws(MalformedReason) {
        guard data.count == 7 else { throw .length }
        allowsInterleaving = data[0] & 0x01 != 0
        hasPollReply = data[0] & 0x04 != 0
        delay = UInt16(data[1]) | UInt16(data[2]) << 8
        detail = Int16(bitPattern: UInt16(data[3]) | UInt16(data[4]) << 8)
        receiveSize = UInt16(data[5]) | UInt16(data[6]) << 8
    }
}
