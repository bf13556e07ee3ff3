import Cryptography
import FixedMemory

/// What came of digits that somebody typed, without the digits: all that a decision needs to know, and nothing that helps
/// to guess.
public enum TypedResult: Equatable, Sendable, BitwiseCopyable {
    case pin(isRight: Bool, isDuress: Bool)
    /// The keyed hash of a code that somebody has; `nil` for any other.
    case code(KeyedHash?)

    public typealias Record = FixedBytes<17>

    /// As it is written down: the kind (one byte), for a known code its hash, little endian.
    public var record: Record {
        var record = Record()
        switch self {
        case .pin(let isRight, let isDuress): record.append((isRight ? 1 : 0) | (isDuress ? 2 : 0))
        case .code(nil): record.append(4)
        case .code(let hash?):
            record.append(5)
            record.appendLittleEndian(hash.low)
            record.appendLittleEndian(hash.high)
        }
        return record
    }

    /// Reads what was written down.
    ///
    /// - Returns: `nil` if the bytes are no result.
    public init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        guard let kind = try? reader.byte() else { return nil }
        switch kind {
        case 0...3: self = .pin(isRight: kind & 1 != 0, isDuress: kind & 2 != 0)
        case 4: self = .code(nil)
        case 5:
            guard let low = try? reader.littleEndian(UInt64.self), let high = try? reader.littleEndian(UInt64.self)
            else { return nil }
            self = .code(KeyedHash(low: low, high: high))
        default: return nil
        }
        guard reader.isAtEnd else { return nil }
    }
}
