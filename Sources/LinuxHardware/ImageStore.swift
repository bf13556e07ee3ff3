import CLinuxHardware
import FixedMemory
import HardwareInterface

/// A board's images in a folder of its own: three files for images, and a small record that says what each is.
///
/// Whatever changes which image the next start takes is one replacement of the record, which is the old one or the new one
/// after a power cut at any moment. A file that the record names as good or as the one before is never written to.
///
///     images.record   64 bytes, see `ImageRecord`
///     image.1 …       the image that holds, the one before it, and the one that is brought, staged or on trial
///
/// The calls wait for the disk: they are for the store's thread, and for the start before there is one.
public struct ImageStore: Sendable, BitwiseCopyable {
    /// Starts with an image on trial before it counts as one that the program does not survive.
    public static var startLimit: UInt8 { 3 }
    private static var pieceBytes: Int { 16_384 }

    private let folder: Int32
    private let recordFile: RecordFile
    public private(set) var record = ImageRecord()
    /// The record was there and is not what was written: images that were brought are not known any more.
    public private(set) var isRecordDamaged = false
    /// The file that is being filled.
    private var file: Int32 = -1
    private var checksum: UInt32 = 0

    /// - Parameter folder: from `warden_folder_open`.
    public init(folder: Int32) {
        self.folder = folder
        recordFile = RecordFile("images.record", folder: folder)
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        guard let count = recordFile.read(into: &span) else { return }
        guard count == bytes.count, let found = ImageRecord(bytes.span) else {
            isRecordDamaged = true
            return
        }
        record = found
    }

    // MARK: At the start

    /// What a start found out.
    public enum Finding: Equatable, Sendable {
        /// Nothing to say.
        case none
        /// The image that is named at start is another one than when one was applied: it is taken, as the newest wish.
        case namedImageChanged
        /// The image on trial ended the program too often.
        case gaveUpTrial
    }

    /// Decides which image this start takes. A start on trial is counted before anything else happens.
    ///
    /// - Parameter namedChecksum: CRC-32C of the image file that the command line names.
    public mutating func begin(namedChecksum: UInt32) -> Finding {
        guard record.named == namedChecksum || !record.isInUse else {
            record = ImageRecord()
            record.named = namedChecksum
            _ = replace(record)
            return .namedImageChanged
        }
        record.named = namedChecksum
        guard record.phase == .trial else { return .none }
        guard record.starts < ImageStore.startLimit else {
            _ = endTrial(.crashed)
            return .gaveUpTrial
        }
        var counted = record
        counted.starts += 1
        // One that cannot be counted would be tried for ever.
        if replace(counted) != 0 {
            _ = endTrial(.store)
            return .gaveUpTrial
        }
        return .none
    }

    /// The place of the image that this start takes: 0 for the one that the command line names.
    public var runningPlace: UInt8 { record.phase == .trial ? record.place : record.good }

    /// Opens the file of a place for reading. @returns a descriptor, or a negative error number.
    public func open(place: UInt8) -> Int32 {
        let name = ImageStore.name(of: place)
        return name.withCharacters { warden_folder_file(folder, $0) }
    }

    /// The image that this start took cannot be run: the next one is tried, the named one last.
    ///
    /// - Returns: `false` if there is no other.
    public mutating func giveUpRunning(_ fault: StoreFault) -> Bool {
        if record.phase == .trial {
            _ = endTrial(fault)
            return true
        }
        guard record.good != 0 else { return false }
        var next = record
        next.lastFault = fault
        next.good = record.previous == ImageRecord.nowhere ? 0 : record.previous
        next.previous = ImageRecord.nowhere
        // Also where it cannot be written: this start goes on with the image before.
        if replace(next) != 0 { record = next }
        return true
    }

    /// Bytes of the image that is being brought which are on the disk.
    public func receivedBytes() -> UInt32 {
        guard record.phase == .receiving || record.phase == .staged else { return 0 }
        let file = open(place: record.place)
        guard file >= 0 else { return 0 }
        defer { warden_close(file) }
        return UInt32(clamping: min(Int64(record.size), max(0, warden_file_size(file))))
    }

    /// Goes back to the image before the one on trial.
    private mutating func endTrial(_ fault: StoreFault) -> Int32 {
        var next = record
        next.phase = .none
        next.place = ImageRecord.nowhere
        next.lastFault = fault
        next.lastChecksum = record.checksum
        next.wentBack = true
        next.starts = 0
        // Also where it cannot be written: this start goes on with the image before.
        let status = replace(next)
        record = next
        return status
    }

    /// Notes that it was said what became of the last image.
    public mutating func noteReported() {
        guard record.wentBack else { return }
        var next = record
        next.wentBack = false
        _ = replace(next)
    }

    // MARK: While the board runs

    mutating func beginImage(size: UInt32, checksum: UInt32) -> Int32 {
        closeFile()
        let goesOn = record.phase == .receiving && record.size == size && record.checksum == checksum
        var next = record
        if !goesOn {
            next.phase = .receiving
            next.place = record.freePlace
            next.size = size
            next.checksum = checksum
            let status = replace(next)
            guard status == 0 else { return status }
        }
        let name = ImageStore.name(of: next.place)
        file = name.withCharacters { warden_folder_make(folder, $0, !goesOn) }
        return min(0, file)
    }

    func writeImage(_ bytes: Span<UInt8>, at offset: UInt32) -> Int32 {
        guard file >= 0 else { return -LinuxError.badDescriptor }
        let file = file
        return bytes.withUnsafeBufferPointer { warden_medium_write(file, $0.baseAddress!, $0.count, Int64(offset)) }
    }

    /// Makes the image durable and reads it back.
    ///
    /// - Returns: `.none`, `.damaged` or `.store`.
    mutating func completeImage() -> StoreFault {
        guard file >= 0, warden_file_cut(file, Int64(record.size)) == 0, warden_medium_flush(file) == 0 else {
            return .store
        }
        var checksum: UInt32 = 0
        var piece = ByteBuffer(capacity: ImageStore.pieceBytes)
        var offset = 0
        while offset < Int(record.size) {
            let wanted = min(ImageStore.pieceBytes, Int(record.size) - offset)
            piece.removeAll()
            var status: Int32 = 0
            let file = file
            piece.appendFilling { space in
                status = warden_medium_read(file, space.baseAddress!, wanted, Int64(offset))
                return wanted
            }
            guard status == 0 else { return .store }
            checksum = Checksum.crc32c(piece.span, continuing: checksum)
            offset += wanted
        }
        return checksum == record.checksum ? .none : .damaged
    }

    /// The image that was brought is good.
    mutating func stage() -> Int32 {
        closeFile()
        var next = record
        next.phase = .staged
        next.starts = 0
        return replace(next)
    }

    mutating func apply(missingDevices: UInt16, _ actor: StoreActor) -> Int32 {
        guard record.phase == .staged else { return -LinuxError.badDescriptor }
        var next = record
        next.phase = .trial
        next.starts = 0
        next.missingDevices = missingDevices
        next.actor = actor
        next.wentBack = false
        return replace(next)
    }

    mutating func confirm() -> Int32 {
        guard record.phase == .trial else { return -LinuxError.badDescriptor }
        var next = record
        next.phase = .none
        next.previous = record.good
        next.good = record.place
        next.place = ImageRecord.nowhere
        next.lastFault = .none
        return replace(next)
    }

    /// Goes back from the image on trial, or to the one before the one that holds.
    mutating func rollBack(_ reason: StoreFault) -> Int32 {
        if record.phase == .trial { return endTrial(reason) }
        guard record.previous != ImageRecord.nowhere else { return -LinuxError.noEntry }
        var next = record
        next.phase = .none
        next.place = ImageRecord.nowhere
        next.good = record.previous
        next.previous = record.good
        next.lastFault = reason
        next.lastChecksum = 0
        return replace(next)
    }

    mutating func drop() -> Int32 {
        closeFile()
        guard record.phase == .receiving || record.phase == .staged else { return 0 }
        let name = ImageStore.name(of: record.place)
        var next = record
        next.phase = .none
        next.place = ImageRecord.nowhere
        let status = replace(next)
        // What is no longer named takes room for nothing.
        if status == 0 { _ = name.withCharacters { warden_folder_remove(folder, $0) } }
        return status
    }

    mutating func closeFile() {
        if file >= 0 { warden_close(file) }
        file = -1
    }

    // MARK: The record

    private mutating func replace(_ next: ImageRecord) -> Int32 {
        let bytes = next.bytes
        let status = recordFile.replace(bytes.span)
        if status == 0 { record = next }
        return status
    }

    static func name(of place: UInt8) -> StaticString {
        switch place {
        case 1: "image.1"
        case 2: "image.2"
        default: "image.3"
        }
    }
}

/// Which image is which: what a start goes by. 64 bytes on the disk, little endian, the last four a CRC-32C.
public struct ImageRecord: Equatable, Sendable, BitwiseCopyable {
    public enum Phase: UInt8, Sendable, BitwiseCopyable {
        case none = 0
        case receiving = 1
        case staged = 2
        case trial = 3
    }

    /// A place that is none.
    public static var nowhere: UInt8 { 0xFF }
    /// "WIMR" in little endian, and the version of the layout.
    private static var magic: UInt32 { 0x524D_4957 }
    private static var version: UInt16 { 1 }

    public var phase = Phase.none
    /// The image that holds: 0 for the one that the command line names, or 1 to 3.
    public var good: UInt8 = 0
    /// The image before it.
    public var previous = ImageRecord.nowhere
    /// The image that is being brought, staged or on trial: its place, size and CRC-32C.
    public var place = ImageRecord.nowhere
    public var size: UInt32 = 0
    public var checksum: UInt32 = 0
    /// Starts of the trial.
    public var starts: UInt8 = 0
    /// Devices that were missing before the trial, and who began it.
    public var missingDevices: UInt16 = 0
    public var actor = StoreActor()
    /// CRC-32C of the image file that the command line named.
    public var named: UInt32 = 0
    /// Why the last image did not stay, which it was, and whether that is still to be reported.
    public var lastFault = StoreFault.none
    public var lastChecksum: UInt32 = 0
    public var wentBack = false

    public init() {}

    /// Whether anything but the image that the command line names is known.
    var isInUse: Bool { phase != .none || good != 0 || previous != ImageRecord.nowhere }

    /// A place that holds neither the image that holds nor the one before it; three are enough for that.
    var freePlace: UInt8 {
        for place: UInt8 in 1...3 where place != good && place != previous { return place }
        return 3
    }

    init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        let checksum = Checksum.crc32c(bytes.extracting(0..<60))
        do throws(ByteReader.Truncated) {
            guard try reader.littleEndian(UInt32.self) == ImageRecord.magic,
                try reader.littleEndian(UInt16.self) == ImageRecord.version,
                let phase = Phase(rawValue: try reader.byte())
            else { return nil }
            self.phase = phase
            good = try reader.byte()
            previous = try reader.byte()
            place = try reader.byte()
            starts = try reader.byte()
            actor.kind = try reader.byte()
            size = try reader.littleEndian(UInt32.self)
            self.checksum = try reader.littleEndian(UInt32.self)
            actor.index = try reader.littleEndian(UInt32.self)
            actor.user = try reader.littleEndian(UInt32.self)
            named = try reader.littleEndian(UInt32.self)
            lastChecksum = try reader.littleEndian(UInt32.self)
            missingDevices = try reader.littleEndian(UInt16.self)
            guard let fault = StoreFault(rawValue: try reader.byte()) else { return nil }
            lastFault = fault
            wentBack = try reader.byte() != 0
            _ = try reader.bytes(20)
            guard try reader.littleEndian(UInt32.self) == checksum, good <= 3 else { return nil }
        } catch {
            return nil
        }
    }

    var bytes: FixedBytes<64> {
        var bytes = FixedBytes<64>()
        bytes.appendLittleEndian(ImageRecord.magic)
        bytes.appendLittleEndian(ImageRecord.version)
        bytes.append(phase.rawValue)
        bytes.append(good)
        bytes.append(previous)
        bytes.append(place)
        bytes.append(starts)
        bytes.append(actor.kind)
        bytes.appendLittleEndian(size)
        bytes.appendLittleEndian(checksum)
        bytes.appendLittleEndian(actor.index)
        bytes.appendLittleEndian(actor.user)
        bytes.appendLittleEndian(named)
        bytes.appendLittleEndian(lastChecksum)
        bytes.appendLittleEndian(missingDevices)
        bytes.append(lastFault.rawValue)
        bytes.append(wentBack ? 1 : 0)
        for _ in 0..<20 { bytes.append(0) }
        let checksum = Checksum.crc32c(bytes.span)
        bytes.appendLittleEndian(checksum)
        return bytes
    }
}

extension StaticString {
    /// Lends the text as C takes it.
    func withCharacters<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withUTF8Buffer { $0.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) } }
    }
}
