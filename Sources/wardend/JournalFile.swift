import CLinuxHardware
import Cryptography
import EventJournal
import HardwareInterface
import LinuxHardware
import ProgramSupport
import Runtime

/// The journal's file as the command line names it.
struct JournalFile {
    /// Bytes of the first block, where the layout stands.
    private static var superblockBytes: Int { 4_096 }

    let path: CText
    /// How it is laid out already; `nil` for one that is new or cannot be read, which the runtime finds out.
    let existing: MediumLayout?
    let byteCount: Int64

    /// Looks at the file, if it is there; it keeps the size that it was made with.
    init(_ path: CText, size: Int64?) {
        self.path = path
        existing = JournalFile.layout(of: path)
        // Behind the journal lies what the flight recorder writes, as far as the file goes.
        byteCount =
            existing.map { max($0.usedBytes, warden_medium_size(path.pointer)) } ?? size ?? JournalMedium.standard
    }

    private static func layout(of path: CText) -> MediumLayout? {
        let file = warden_file_open(path.pointer)
        guard file >= 0 else { return nil }
        defer { warden_close(file) }
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: superblockBytes, alignment: 8)
        defer { block.deallocate() }
        guard warden_medium_read(file, block.baseAddress!, block.count, 0) == 0 else { return nil }
        return MediumLayout(superblock: UnsafeRawBufferPointer(block))
    }

    var medium: JournalMedium {
        JournalMedium(
            byteCount: byteCount, existing: existing,
            identity: JournalIdentity(low: SystemRandom.word(), high: SystemRandom.word()))
    }

    var description: MediumDescription { MediumDescription(path: HardwareTables.path(path), byteCount: byteCount) }

    /// The size of a journal such as "64M"; `nil` if it is none or out of range.
    static func size(_ text: CText) -> Int64? {
        ByteCount.parse(text).flatMap { $0 >= JournalMedium.smallest ? $0 : nil }
    }
}
