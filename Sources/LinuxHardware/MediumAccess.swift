import CLinuxHardware
import HardwareInterface

/// Reads and writes of the journal's medium, whose thread alone waits when the medium does.
///
/// The file is preallocated, so that a write never needs room, and written in place with pwrite(2) and fdatasync(2).
/// One that is missing is tried again as requests come, not more often than `ReopenDelay` allows.
struct MediumAccess: WaitingWork {
    private let path: DevicePath
    private let byteCount: Int64
    private let pages: MediumPages
    private var file: Int32 = -1
    private var isReadOnly = false
    private var reopen = ReopenDelay(firstAttemptAt: .start)

    init(_ description: MediumDescription, pages: MediumPages) {
        path = description.path
        byteCount = description.byteCount
        self.pages = pages
    }

    mutating func perform(_ request: MediumRequest) -> MediumCompletion {
        MediumCompletion(token: request.token, outcome: outcome(of: request))
    }

    mutating func end() { if file >= 0 { warden_close(file) } }

    private mutating func outcome(of request: MediumRequest) -> MediumOutcome {
        let opened = openIfNeeded()
        guard opened == 0 else { return MediumAccess.outcome(of: opened) }
        if isReadOnly && request.operation != .read { return .readOnly }
        let status: Int32
        switch request.operation {
        case .read:
            let page = pages.bytes(of: request.page)
            status = warden_medium_read(file, page.baseAddress!, page.count, request.offset)
        case .write:
            let page = pages.bytes(of: request.page)
            status = warden_medium_write(file, page.baseAddress!, page.count, request.offset)
        case .flush: status = warden_medium_flush(file)
        }
        let outcome = MediumAccess.outcome(of: status)
        // After an error the kernel may have dropped what was written and then call it clean; a fresh descriptor and
        // the journal writing it all again is what is known to work (fsync(2), notes on errors).
        if outcome == .missing || outcome == .failed && request.operation == .flush {
            warden_close(file)
            file = -1
            reopen.lost(at: Instant(nanoseconds: warden_monotonic_ns()))
        }
        return outcome
    }

    private mutating func openIfNeeded() -> Int32 {
        if file >= 0 { return 0 }
        let now = Instant(nanoseconds: warden_monotonic_ns())
        guard now >= reopen.dueAt else { return -LinuxError.noDevice }
        isReadOnly = false
        let status = path.withCString { warden_medium_open($0, byteCount, &isReadOnly) }
        guard status >= 0 else {
            reopen.failed(at: now)
            return status
        }
        file = status
        reopen.succeeded()
        return 0
    }

    /// What the kernel's answer means; see `MediumOutcome`.
    static func outcome(of status: Int32) -> MediumOutcome {
        switch -status {
        case 0: .done
        case LinuxError.readOnlyFileSystem, LinuxError.notPermitted, LinuxError.badDescriptor, LinuxError.noAccess:
            .readOnly
        case LinuxError.noSpace, LinuxError.quotaExceeded: .full
        case LinuxError.noEntry, LinuxError.noDevice, LinuxError.noSuchDeviceOrAddress: .missing
        default: .failed
        }
    }
}
