import CLinuxHardware
import Cryptography
import FixedMemory
import HardwareInterface

/// The bundle of an update that is being received, in the board's folder.
///
///     update.record   what is coming: 40 bytes, "WUPD", size, SHA-256
///     update.part     what has come of it
///     update.raucb    whole, with the hash that was announced: the system below takes it from there
///
/// The calls wait for the disk: they are for the store's thread.
struct UpdateStore: Sendable, BitwiseCopyable {
    private static var part: StaticString { "update.part" }
    private static var whole: StaticString { "update.raucb" }
    private static var pieceBytes: Int { 65_536 }

    private let folder: Int32
    private let recordFile: RecordFile
    /// Where the system below says how far it is.
    private let status: DevicePath
    private var size: UInt32 = 0
    private var hash = FixedBytes<32>()
    private var file: Int32 = -1

    init(folder: Int32, status: DevicePath) {
        self.folder = folder
        self.status = status
        recordFile = RecordFile("update.record", folder: folder)
    }

    private var record: FixedBytes<40> {
        var record = FixedBytes<40>("WUPD")
        record.appendLittleEndian(size)
        for index in 0..<hash.count { record.append(hash[index]) }
        return record
    }

    /// Opens the file for a bundle; of the same one what is there already is kept.
    ///
    /// - Parameter received: set to the bytes that are there.
    /// - Returns: 0, or a negative error number.
    mutating func begin(size: UInt32, hash: Span<UInt8>, received: inout UInt32) -> Int32 {
        closeFile()
        self.size = size
        self.hash = FixedBytes(hash)
        let goesOn = isRecorded
        if !goesOn {
            _ = UpdateStore.part.withCharacters { warden_folder_remove(folder, $0) }
            let record = record
            let status = recordFile.replace(record.span)
            guard status == 0 else { return status }
        }
        file = UpdateStore.part.withCharacters { warden_folder_make(folder, $0, !goesOn) }
        guard file >= 0 else { return file }
        received = UInt32(clamping: min(Int64(size), max(0, warden_file_size(file))))
        return 0
    }

    private var isRecorded: Bool {
        var bytes = InlineArray<40, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        guard recordFile.read(into: &span) == 40 else { return false }
        let record = record
        for index in 0..<40 where bytes[index] != record[index] { return false }
        return true
    }

    func write(_ bytes: Span<UInt8>, at offset: UInt32) -> Int32 {
        guard file >= 0 else { return -LinuxError.badDescriptor }
        let file = file
        return bytes.withUnsafeBufferPointer { warden_medium_write(file, $0.baseAddress!, $0.count, Int64(offset)) }
    }

    /// Makes the bundle durable, compares it with what was announced, and hands it over.
    ///
    /// - Parameter isRight: set to whether it is what was announced; it is dropped where it is not.
    /// - Returns: 0, or a negative error number.
    mutating func finish(isRight: inout Bool) -> Int32 {
        guard file >= 0 else { return -LinuxError.badDescriptor }
        var status = warden_file_cut(file, Int64(size))
        if status == 0 { status = warden_medium_flush(file) }
        if status == 0 { status = compare(&isRight) }
        guard status == 0 else { return status }
        guard isRight else { return drop() }
        closeFile()
        status = UpdateStore.part.withCharacters { part in
            UpdateStore.whole.withCharacters { warden_folder_rename(folder, part, $0) }
        }
        if status == 0 { status = forgetRecord() }
        return status
    }

    private func compare(_ isRight: inout Bool) -> Int32 {
        var sum = SHA256Stream()
        var piece = ByteBuffer(capacity: UpdateStore.pieceBytes)
        var offset = 0
        while offset < Int(size) {
            let wanted = min(UpdateStore.pieceBytes, Int(size) - offset)
            piece.removeAll()
            var status: Int32 = 0
            let file = file
            piece.appendFilling { space in
                status = warden_medium_read(file, space.baseAddress!, wanted, Int64(offset))
                return wanted
            }
            guard status == 0 else { return status }
            sum.append(piece.span)
            offset += wanted
        }
        let digest = sum.finish()
        isRight = true
        for index in 0..<32 where digest.span[index] != hash[index] { isRight = false }
        return 0
    }

    private func forgetRecord() -> Int32 {
        let name: StaticString = "update.record"
        return name.withCharacters { warden_folder_remove(folder, $0) }
    }

    /// Forgets what has come.
    mutating func drop() -> Int32 {
        closeFile()
        let status = forgetRecord()
        return status != 0 ? status : UpdateStore.part.withCharacters { warden_folder_remove(folder, $0) }
    }

    mutating func closeFile() {
        if file >= 0 { warden_close(file) }
        file = -1
    }

    /// What the system below says of this bundle: a letter and words, as `SystemUpdates` reads them; empty while it says
    /// nothing of it. A line begins with the bundle's SHA-256 in hexadecimal digits, so that what it said of an earlier one
    /// is not taken for its word on this.
    func look() -> FixedBytes<256> {
        var words = FixedBytes<256>()
        let file = status.withCString { warden_file_open($0) }
        guard file >= 0 else { return words }
        defer { warden_close(file) }
        var bytes = InlineArray<256, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        let count = span.withUnsafeMutableBufferPointer { Int(warden_read(file, $0.baseAddress!, $0.count)) }
        var name = FixedBytes<64>()
        name.appendHexadecimal(hash.span)
        guard count > 66 else { return words }
        for index in 0..<64 where bytes[index] != name[index] { return words }
        for index in 65..<count where bytes[index] != 0x0A { words.append(bytes[index]) }
        return words
    }
}
