import FixedMemory

/// Why an image was not taken, or why the board went back to the one before. The numbers are those of `ImageFault` in the
/// schema.
public enum StoreFault: UInt8, Sendable, BitwiseCopyable {
    case none = 0
    case damaged = 1
    case version = 2
    case overBudget = 3
    case otherBoard = 4
    case wrongKey = 5
    case invalid = 6
    case store = 7
    case notHealthy = 8
    case crashed = 9
    case notConfirmed = 10
    case rolledBackByCommand = 11
}

/// Who asked for a change of the image, as the journal names clients.
public struct StoreActor: Equatable, Sendable, BitwiseCopyable {
    public var kind: UInt8
    public var index: UInt32
    public var user: UInt32

    public init(kind: UInt8 = 0, index: UInt32 = 0, user: UInt32 = 0) {
        self.kind = kind
        self.index = index
        self.user = user
    }
}

/// Something to be done in the board's store: where it keeps what it was sent, over restarts and power cuts.
public struct StoreRequest: Sendable, BitwiseCopyable {
    public enum Operation: Sendable, BitwiseCopyable, Equatable {
        /// An image of so many bytes is to come; of one with the same size and checksum what is there already is kept.
        case imageBegin(size: UInt32, checksum: UInt32)
        /// `bytes` of the image from an offset on.
        case imageWrite(offset: UInt32)
        /// The image is whole: is it good? `bytes` name the board that it must be for.
        case imageFinish
        /// The next start is with the staged image, on trial; the board has so many missing devices with the present one.
        case imageApply(missingDevices: UInt16, StoreActor)
        /// The image on trial holds from now on.
        case imageConfirm
        /// The next start is with the image before.
        case imageRollBack(StoreFault)
        /// What was received is forgotten.
        case imageDrop
        /// A transfer of credentials begins: `bytes` are its first step. One of a whole list goes into a file of its own,
        /// one of changes behind what is kept.
        case credentialsBegin(isWhole: Bool)
        /// `bytes` are the next step.
        case credentialsStep
        /// `bytes` are the last step: with it all of the transfer is kept, or without it nothing.
        case credentialsCommit(version: UInt64)
        /// A bundle of so many bytes is to come, for the system below; `bytes` are its SHA-256. Of the same one what is there
        /// already is kept; the completion's words are how many bytes that are, in four bytes, little endian.
        case updateBegin(size: UInt32)
        /// `bytes` of the bundle from an offset on.
        case updateWrite(offset: UInt32)
        /// The bundle is whole: if it is what was announced, it is handed to the system below.
        case updateFinish
        /// What was received is forgotten.
        case updateDrop
        /// How far is the system below? The completion's words say it.
        case updateLook
    }

    public var operation: Operation
    /// At most a message of the link.
    public var bytes: FixedBytes<1024>

    public init(_ operation: Operation) {
        self.operation = operation
        bytes = FixedBytes()
    }
}

/// What became of a request to the store; words about a fault come beside it as the input's bytes.
public struct StoreCompletion: Equatable, Sendable, BitwiseCopyable {
    public enum Step: UInt8, Sendable, BitwiseCopyable {
        case imageBegin = 0
        case imageWrite = 1
        case imageFinish = 2
        case imageApply = 3
        case imageConfirm = 4
        case imageRollBack = 5
        case imageDrop = 6
        case credentials = 7
        case credentialsCommit = 8
        case updateBegin = 9
        case updateWrite = 10
        case updateFinish = 11
        case updateDrop = 12
        case updateLook = 13
    }

    public var step: Step
    public var fault: StoreFault

    public init(_ step: Step, _ fault: StoreFault) {
        self.step = step
        self.fault = fault
    }
}

/// Which credentials are kept, as a file of its own says that is replaced whole: 48 bytes, little endian, the last four a
/// CRC-32C. The credentials are the steps of the transfers that brought them, each behind its length in two bytes: a whole
/// list, and what was changed of it since.
public struct CredentialRecord: Equatable, Sendable, BitwiseCopyable {
    public static var byteCount: Int { 48 }
    public static var name: StaticString { "credentials.record" }
    /// "WCRR" in little endian, and the version of the layout.
    private static var magic: UInt32 { 0x5252_4357 }
    private static var layout: UInt16 { 1 }

    /// Which of two files: 1 or 2; 0 for none.
    public var place: UInt8 = 0
    /// Bytes of it that count, and their CRC-32C.
    public var length: UInt64 = 0
    public var checksum: UInt32 = 0
    /// Version of the list.
    public var version: UInt64 = 0
    /// Check value of the key that the credentials were hashed with.
    public var hashKeyCheck: UInt64 = 0

    public init() {}

    /// The name of the file with the credentials.
    public static func fileName(of place: UInt8) -> StaticString { place == 1 ? "credentials.1" : "credentials.2" }

    /// - Returns: `nil` for what is no such record.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == CredentialRecord.byteCount else { return nil }
        let sum = Checksum.crc32c(bytes.extracting(0..<44))
        var reader = ByteReader(bytes)
        do throws(ByteReader.Truncated) {
            guard try reader.littleEndian(UInt32.self) == CredentialRecord.magic,
                try reader.littleEndian(UInt16.self) == CredentialRecord.layout
            else { return nil }
            place = try reader.byte()
            _ = try reader.byte()
            length = try reader.littleEndian(UInt64.self)
            version = try reader.littleEndian(UInt64.self)
            hashKeyCheck = try reader.littleEndian(UInt64.self)
            checksum = try reader.littleEndian(UInt32.self)
            _ = try reader.bytes(8)
            guard try reader.littleEndian(UInt32.self) == sum, place <= 2 else { return nil }
        } catch {
            return nil
        }
    }

    public var bytes: FixedBytes<48> {
        var bytes = FixedBytes<48>()
        bytes.appendLittleEndian(CredentialRecord.magic)
        bytes.appendLittleEndian(CredentialRecord.layout)
        bytes.append(place)
        bytes.append(0)
        bytes.appendLittleEndian(length)
        bytes.appendLittleEndian(version)
        bytes.appendLittleEndian(hashKeyCheck)
        bytes.appendLittleEndian(checksum)
        bytes.appendLittleEndian(UInt64(0))
        let sum = Checksum.crc32c(bytes.span)
        bytes.appendLittleEndian(sum)
        return bytes
    }
}
