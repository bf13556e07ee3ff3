import CLinuxHardware
import FixedMemory
import HardwareInterface

/// The credentials that were sent to the board, in its folder: keyed hashes alone, never what stands on a card.
///
/// Two files are written in turn, each from a whole list on; changes go behind it. What counts, `CredentialRecord` says,
/// which is replaced whole: after a power cut at any moment the list is the one before or the one after a transfer.
///
/// The calls wait for the disk: they are for the store's thread, and for the start before there is one.
public struct CredentialStore: Sendable, BitwiseCopyable {
    private let folder: Int32
    private let recordFile: RecordFile
    public private(set) var record = CredentialRecord()
    /// The record was there and is not what was written.
    public private(set) var isRecordDamaged = false

    // The transfer that is being written.
    private var file: Int32 = -1
    private var next = CredentialRecord()
    /// A step could not be written: the transfer is not kept.
    private var failure: Int32 = 0

    /// - Parameter folder: from `warden_folder_open`.
    public init(folder: Int32) {
        self.folder = folder
        recordFile = RecordFile(CredentialRecord.name, folder: folder)
        var bytes = InlineArray<48, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        guard let count = recordFile.read(into: &span) else { return }
        guard count == CredentialRecord.byteCount, let found = CredentialRecord(bytes.span) else {
            isRecordDamaged = true
            return
        }
        record = found
    }

    /// Reads what is kept.
    ///
    /// - Returns: `nil` if it is not what was written.
    public func read() -> ByteBuffer? {
        guard record.place != 0 else { return nil }
        let name = CredentialRecord.fileName(of: record.place)
        let file = name.withCharacters { warden_folder_file(folder, $0) }
        guard file >= 0 else { return nil }
        defer { warden_close(file) }
        guard record.length <= UInt64(max(0, warden_file_size(file))) else { return nil }
        let length = Int(record.length)
        var kept = ByteBuffer(capacity: length)
        var status: Int32 = -1
        kept.appendFilling { space in
            status = warden_medium_read(file, space.baseAddress!, length, 0)
            return status == 0 ? length : 0
        }
        guard status == 0, Checksum.crc32c(kept.span) == record.checksum else { return nil }
        return kept
    }

    mutating func begin(isWhole: Bool, _ step: Span<UInt8>) -> Int32 {
        closeFile()
        next = record
        failure = 0
        if isWhole {
            next.place = record.place == 1 ? 2 : 1
            next.length = 0
            next.checksum = 0
        }
        let name = CredentialRecord.fileName(of: next.place)
        file = name.withCharacters { warden_folder_make(folder, $0, isWhole) }
        // What a transfer left that came to no end is cut off.
        failure = file < 0 ? file : warden_file_cut(file, Int64(next.length))
        return append(step)
    }

    mutating func append(_ step: Span<UInt8>) -> Int32 {
        guard failure == 0 else { return failure }
        guard file >= 0 else { return -LinuxError.badDescriptor }
        var bytes = FixedBytes<1026>()
        bytes.appendLittleEndian(UInt16(truncatingIfNeeded: step.count))
        bytes.append(step)
        let span = bytes.span
        let file = file
        let offset = Int64(next.length)
        failure = span.withUnsafeBufferPointer { warden_medium_write(file, $0.baseAddress!, $0.count, offset) }
        next.checksum = Checksum.crc32c(span, continuing: next.checksum)
        next.length += UInt64(span.count)
        return failure
    }

    mutating func commit(_ step: Span<UInt8>, version: UInt64, hashKeyCheck: UInt64) -> Int32 {
        var status = append(step)
        if status == 0 { status = warden_medium_flush(file) }
        closeFile()
        guard status == 0 else { return status }
        next.version = version
        next.hashKeyCheck = hashKeyCheck
        let bytes = next.bytes
        status = recordFile.replace(bytes.span)
        if status == 0 { record = next }
        return status
    }

    mutating func closeFile() {
        if file >= 0 { warden_close(file) }
        file = -1
    }
}
