import BoardImage
import CLinuxHardware
import Cryptography
import FixedMemory
import HardwareInterface
import LinuxHardware
import ProgramSupport
import Runtime
import WardenMessages

/// The folder in which the board keeps what it is sent (`--state`), as a start finds it.
struct BoardStore {
    /// Bytes of an image at the most.
    static var imageLimit: Int { ImageEnvelope.length + ImageEnvelope.messageLimit }

    private let path: CText
    private let folder: Int32
    private(set) var images: ImageStore
    private let credentials: CredentialStore

    init(_ path: CText) throws(ProgramFailure) {
        self.path = path
        folder = warden_folder_open(path.pointer)
        guard folder >= 0 else {
            // EBUSY, EACCES and EPERM; include/uapi/asm-generic/errno-base.h.
            let code: ExitCode =
                folder == -16 ? .unavailable : folder == -13 || folder == -1 ? .notPermitted : .cannotWrite
            throw ProgramFailure(
                code, folder == -16 ? "another wardend has its state there" : "cannot be the folder for state",
                about: path, systemError: -folder)
        }
        images = ImageStore(folder: folder)
        credentials = CredentialStore(folder: folder)
    }

    /// Whether the image of this start is on trial.
    var isOnTrial: Bool { images.record.phase == .trial }

    /// Reads the image that this start takes: the one that the folder holds, or the one that the command line names.
    mutating func chooseImage(named: consuming ByteBuffer, _ key: HashKey) -> ByteBuffer {
        if images.isRecordDamaged {
            tell("its record of images is damaged; the image that --image names is taken")
        }
        switch images.begin(namedChecksum: Checksum.crc32c(named.span)) {
        case .none: break
        case .namedImageChanged:
            tell("--image names another image than before; it is taken, and those of the folder are not")
        case .gaveUpTrial: tell("the image on trial did not last; the one before it is taken again")
        }
        while images.runningPlace != 0 {
            if let file = readRunning(key) { return file }
            tell("the image there cannot be run; the one before it is taken")
            guard images.giveUpRunning(.invalid) else { break }
        }
        return named
    }

    /// The image of this start, if it is one that this board can run.
    private func readRunning(_ key: HashKey) -> ByteBuffer? {
        let file: ByteBuffer
        do throws(ProgramFailure) {
            file = try InputFile.read(
                descriptor: images.open(place: images.runningPlace), path, limit: BoardStore.imageLimit,
                protection: .trusted)
        } catch {
            error.report(as: "wardend")
            return nil
        }
        guard BoardStore.isImage(file, for: key) else { return nil }
        return file
    }

    private static func isImage(_ file: borrowing ByteBuffer, for key: HashKey) -> Bool {
        do throws(BoardImageError) {
            let image = try BoardImage(decoding: file.span)
            return key.checkValue == image.header.hashKeyCheck
        } catch {
            return false
        }
    }

    /// The image of this start cannot be run after all.
    mutating func giveUpTrial() { _ = images.giveUpRunning(.invalid) }

    /// Reads the credentials that are kept; nothing where the image's own hold, which is said unless there never were others.
    func keptCredentials(_ key: HashKey) -> ByteBuffer {
        guard !credentials.isRecordDamaged else {
            tell("the record of credentials is damaged; those of the image hold")
            return ByteBuffer(capacity: 0)
        }
        guard credentials.record.place != 0 else { return ByteBuffer(capacity: 0) }
        guard credentials.record.hashKeyCheck == key.checkValue else {
            tell("the credentials there were hashed with another key; those of the image hold")
            return ByteBuffer(capacity: 0)
        }
        guard let kept = credentials.read() else {
            tell("the credentials there are damaged; those of the image hold")
            return ByteBuffer(capacity: 0)
        }
        return kept
    }

    private func keptState(isThere: Bool) -> KeptCredentials {
        var kept = KeptCredentials()
        kept.version = credentials.record.version
        kept.length = credentials.record.length
        kept.checksum = credentials.record.checksum
        let wasKept = credentials.isRecordDamaged || credentials.record.place != 0
        if wasKept && !isThere { kept.trouble = .damaged }
        return kept
    }

    /// What the board needs to know of the folder. What it is to report is reported once.
    mutating func contents(runningChecksum: UInt32, trialTime: Interval, memoryLimit: UInt64, hasCredentials: Bool)
        -> StoreContents
    {
        var contents = StoreContents()
        let record = images.record
        contents.phase = StoreContents.Phase(rawValue: record.phase.rawValue) ?? .none
        contents.size = record.size
        contents.checksum = record.checksum
        contents.received = images.receivedBytes()
        contents.runningChecksum = runningChecksum
        contents.hasPrevious = record.previous != ImageRecord.nowhere
        contents.fault = record.lastFault
        contents.faultChecksum = record.lastChecksum
        contents.wentBack = record.wentBack
        contents.applicant = record.actor
        contents.missingDevices = record.missingDevices
        contents.trialTime = trialTime
        contents.credentials = keptState(isThere: hasCredentials)
        contents.sizeLimit = min(memoryLimit, UInt64(BoardStore.imageLimit))
        images.noteReported()
        return contents
    }

    func description(_ image: borrowing BoardImage, memoryLimit: UInt64) -> StoreDescription {
        StoreDescription(
            folder: folder, images: images, credentials: credentials, path: HardwareTables.path(path),
            board: HardwareTables.path(image.header.name), hashKeyCheck: image.header.hashKeyCheck,
            memoryLimit: memoryLimit)
    }

    private func tell(_ text: StaticString) {
        var output = TextOutput.standardError()
        output.append("wardend: ")
        output.append(path)
        output.append(": ")
        output.append(text)
        output.append("\n")
    }
}
