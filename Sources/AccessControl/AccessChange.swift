import Cryptography
import FixedMemory
import HardwareInterface

/// A change of state that must outlive a restart: where people are, what was used up, what was commanded.
///
/// The runtime writes them down in order and, at the next start, hands them to `AccessController.restore` in the same
/// order. Only the last one about the same thing counts, so a store may drop the earlier ones.
public enum AccessChange: Equatable, Sendable, BitwiseCopyable {
    /// A credential has so many uses left. Counts only while the list of this version is in force.
    case usesLeft(KeyedHash, UInt8, listVersion: UInt64)
    /// A credential was suspended, lost, stolen or activated on the board.
    case status(KeyedHash, CredentialStatus, listVersion: UInt64)
    /// A person is in this area since so many minutes after 1970 (0 if the clock was not trusted).
    case presence(holder: UInt32, area: AreaIndex, enteredMinute: UInt32)
    /// A person's whereabouts were forgotten; holder 0 means everybody's.
    case presenceForgotten(holder: UInt32)
    /// A mode was commanded; `nil` for the end of the command.
    case mode(DoorIndex, DoorMode?)
    case lockdown(DoorIndex, Bool)
    /// A fire release began or ended. So a board that restarts in a fire keeps the door released.
    case fire(DoorIndex, Bool)
    /// Wrong codes at a reader, how often it took none for a while, and until when it does so now. All zero: forgotten.
    case wrongCodes(DoorIndex, ReaderSide, count: UInt8, level: UInt8, until: KeptEnd)
    /// Wrong PINs of the card whose hash begins so, and until when it is blocked. All zero: forgotten.
    case wrongPins(UInt64, count: UInt8, until: KeptEnd)
}

/// When something ends that outlives a restart: over already, at a time that nobody knows, or in a minute of the wall
/// clock. What ends at a time that nobody knows begins anew after a restart: losing power must not shorten it.
public struct KeptEnd: Equatable, Sendable, BitwiseCopyable {
    /// Minutes since 1970, rounded up; 0 for over, 1 for not known.
    public var minute: UInt32

    public static var over: KeptEnd { KeptEnd(minute: 0) }
    public static var unknown: KeptEnd { KeptEnd(minute: 1) }

    public init(minute: UInt32) { self.minute = minute }

    /// An end this long after a minute of the wall clock; `nil` if that is not known.
    init(_ left: Interval, after wallMinute: Int64?) {
        guard left > .zero else {
            self = .over
            return
        }
        guard let wallMinute, left < .hours(24 * 366) else {
            self = .unknown
            return
        }
        minute = UInt32(clamping: max(2, wallMinute + 1 + left.milliseconds / 60_000))
    }

    /// How long it is until then.
    ///
    /// - Parameter whole: the longest that it can be.
    func left(at wallMinute: Int64?, whole: Interval) -> Interval {
        if self == .over { return .zero }
        guard self != .unknown, let wallMinute else { return whole }
        return min(whole, max(.zero, .minutes(Int64(minute) - wallMinute)))
    }
}

extension AccessChange {
    /// A change as it is written down: the kind (one byte), then its values, little endian.
    public typealias Record = FixedBytes<26>

    private enum Kind: UInt8 {
        case usesLeft = 1
        case status = 2
        case presence = 3
        case presenceForgotten = 4
        case mode = 5
        case modeEnded = 6
        case lockdown = 7
        case fire = 8
        case wrongCodes = 9
        case wrongPins = 10
    }

    /// Writes the change; it always fits.
    public func encode(into record: inout Record) {
        record.removeAll()
        switch self {
        case .usesLeft(let hash, let left, let version):
            record.append(Kind.usesLeft.rawValue)
            record.appendLittleEndian(hash.low)
            record.appendLittleEndian(hash.high)
            record.append(left)
            record.appendLittleEndian(version)
        case .status(let hash, let status, let version):
            record.append(Kind.status.rawValue)
            record.appendLittleEndian(hash.low)
            record.appendLittleEndian(hash.high)
            record.append(status.rawValue)
            record.appendLittleEndian(version)
        case .presence(let holder, let area, let minute):
            record.append(Kind.presence.rawValue)
            record.appendLittleEndian(holder)
            record.append(area.value)
            record.appendLittleEndian(minute)
        case .presenceForgotten(let holder):
            record.append(Kind.presenceForgotten.rawValue)
            record.appendLittleEndian(holder)
        case .mode(let door, let mode):
            record.append(mode == nil ? Kind.modeEnded.rawValue : Kind.mode.rawValue)
            record.append(door.value)
            if let mode { record.append(mode.rawValue) }
        case .lockdown(let door, let isActive):
            record.append(Kind.lockdown.rawValue)
            record.append(door.value)
            record.append(isActive ? 1 : 0)
        case .fire(let door, let isReleased):
            record.append(Kind.fire.rawValue)
            record.append(door.value)
            record.append(isReleased ? 1 : 0)
        case .wrongCodes(let door, let side, let count, let level, let until):
            record.append(Kind.wrongCodes.rawValue)
            record.append(door.value)
            record.append(side.rawValue)
            record.append(count)
            record.append(level)
            record.appendLittleEndian(until.minute)
        case .wrongPins(let tag, let count, let until):
            record.append(Kind.wrongPins.rawValue)
            record.appendLittleEndian(tag)
            record.append(count)
            record.appendLittleEndian(until.minute)
        }
    }

    /// Reads a change.
    ///
    /// - Returns: `nil` if the bytes are not one: another kind, another length, a value that cannot be.
    public init?(_ record: Record) {
        var reader = ByteReader(record.span)
        guard let change = try? AccessChange.read(&reader), reader.isAtEnd else { return nil }
        self = change
    }

    private struct Foreign: Error {}

    private static func read(_ reader: inout ByteReader) throws(Foreign) -> AccessChange {
        do throws(ByteReader.Truncated) {
            guard let kind = Kind(rawValue: try reader.byte()) else { throw ByteReader.Truncated() }
            switch kind {
            case .usesLeft:
                let hash = try readHash(&reader)
                return .usesLeft(hash, try reader.byte(), listVersion: try reader.littleEndian(UInt64.self))
            case .status:
                let hash = try readHash(&reader)
                guard let status = CredentialStatus(rawValue: try reader.byte()) else { throw ByteReader.Truncated() }
                return .status(hash, status, listVersion: try reader.littleEndian(UInt64.self))
            case .presence:
                let holder = try reader.littleEndian(UInt32.self)
                guard holder != 0, holder <= Credential.holderLimit else { throw ByteReader.Truncated() }
                let area = AreaIndex(try reader.byte())
                return .presence(holder: holder, area: area, enteredMinute: try reader.littleEndian(UInt32.self))
            case .presenceForgotten:
                return .presenceForgotten(holder: try reader.littleEndian(UInt32.self))
            case .mode:
                let door = DoorIndex(try reader.byte())
                guard let mode = DoorMode(rawValue: try reader.byte()) else { throw ByteReader.Truncated() }
                return .mode(door, mode)
            case .modeEnded:
                return .mode(DoorIndex(try reader.byte()), nil)
            case .lockdown:
                let door = DoorIndex(try reader.byte())
                return .lockdown(door, try readFlag(&reader))
            case .fire:
                let door = DoorIndex(try reader.byte())
                return .fire(door, try readFlag(&reader))
            case .wrongCodes:
                let door = DoorIndex(try reader.byte())
                guard let side = ReaderSide(rawValue: try reader.byte()) else { throw ByteReader.Truncated() }
                let count = try reader.byte()
                let level = try reader.byte()
                let until = KeptEnd(minute: try reader.littleEndian(UInt32.self))
                return .wrongCodes(door, side, count: count, level: level, until: until)
            case .wrongPins:
                let tag = try reader.littleEndian(UInt64.self)
                let count = try reader.byte()
                return .wrongPins(tag, count: count, until: KeptEnd(minute: try reader.littleEndian(UInt32.self)))
            }
        } catch {
            throw Foreign()
        }
    }

    private static func readHash(_ reader: inout ByteReader) throws(ByteReader.Truncated) -> KeyedHash {
        let low = try reader.littleEndian(UInt64.self)
        return KeyedHash(low: low, high: try reader.littleEndian(UInt64.self))
    }

    private static func readFlag(_ reader: inout ByteReader) throws(ByteReader.Truncated) -> Bool {
        switch try reader.byte() {
        case 0: return false
        case 1: return true
        default: throw ByteReader.Truncated()
        }
    }
}
