/// One thing that the journal asks of its medium. Requests of one journal are carried out in the order in which they
/// were handed out; each is answered by one `MediumCompletion`.
///
/// A request carries no bytes: `page` names a page of the journal's `MediumPages`. From the moment a request is handed
/// out until its completion is handed back the page belongs to the medium, and the journal neither changes nor reads it
/// (several reads of one page may overlap).
public struct MediumRequest: Equatable, Sendable, BitwiseCopyable {
    public enum Operation: UInt8, Sendable, BitwiseCopyable {
        /// Write the whole page at `offset`. It need not be durable before a `flush` that follows it is done.
        case write = 0
        /// Make every write that was done before durable: `fdatasync`, not less.
        case flush = 1
        /// Fill the whole page from `offset`.
        case read = 2
    }

    /// Returned unchanged in the completion.
    public var token: UInt32
    public var operation: Operation
    /// Page of `MediumPages` to write from or read into; without meaning for a flush.
    public var page: UInt16
    /// Where on the medium, in bytes from its start; a multiple of the page's size.
    public var offset: Int64

    public init(token: UInt32, operation: Operation, page: UInt16, offset: Int64) {
        self.token = token
        self.operation = operation
        self.page = page
        self.offset = offset
    }
}

/// How a request to the medium ended.
public enum MediumOutcome: UInt8, Sendable, BitwiseCopyable {
    /// Every byte was written, flushed or read.
    case done = 0
    /// The medium reported an error (EIO and whatever else has no case of its own).
    case failed = 1
    /// The medium takes no writes (EROFS, EPERM, EBADF).
    case readOnly = 2
    /// The file system has no room (ENOSPC, EDQUOT).
    case full = 3
    /// There is no medium: the file or device could not be opened, or is gone (ENOENT, ENODEV, ENXIO).
    case missing = 4
}

/// The answer to a request.
public struct MediumCompletion: Equatable, Sendable, BitwiseCopyable {
    public var token: UInt32
    public var outcome: MediumOutcome

    public init(token: UInt32, outcome: MediumOutcome) {
        self.token = token
        self.outcome = outcome
    }
}

/// The memory that the journal and its medium pass back and forth: pages of one size, allocated once.
///
/// A class because the thread that serves the medium holds it too. See `MediumRequest` for who owns a page when.
public final class MediumPages: @unchecked Sendable {
    /// Bytes of a page.
    public let pageBytes: Int
    /// Number of pages.
    public let count: Int
    private let base: UnsafeMutableRawPointer

    /// Made by whoever asks for the requests.
    ///
    /// - Parameter pageBytes: a power of two from 512 to 4,096.
    public init(count: Int, pageBytes: Int) {
        self.count = count
        self.pageBytes = pageBytes
        // Aligned for direct input and output, which wants the sector size of the device.
        base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * pageBytes, alignment: 4_096)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1) * pageBytes)
    }

    deinit { base.deallocate() }

    /// The bytes of a page. Traps for a page that is not there.
    public func bytes(of page: UInt16) -> UnsafeMutableRawBufferPointer {
        precondition(Int(page) < count, "no such page")
        return UnsafeMutableRawBufferPointer(start: base + Int(page) * pageBytes, count: pageBytes)
    }

    /// Where a page begins. Traps for a page that is not there.
    public func pointer(_ page: Int) -> UnsafeMutableRawPointer {
        precondition(page >= 0 && page < count, "no such page")
        return base + page * pageBytes
    }
}
