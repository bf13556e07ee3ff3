import CLinuxHardware
import FixedMemory
import HardwareInterface
import Synchronization

/// The thread of the journal's medium: it alone waits when the medium does.
///
/// The file is preallocated, so that a write never needs room, and written in place with pwrite(2) and fdatasync(2).
/// One that is missing is tried again as requests come, not more often than `ReopenDelay` allows.
final class MediumWorker: @unchecked Sendable {
    private let path: DevicePath
    private let byteCount: Int64
    private let pages: MediumPages
    private let requests: SingleProducerRing<MediumRequest>
    private let completions: SingleProducerRing<MediumCompletion>
    /// Raised when a request waits.
    private let requested: Int32
    /// Raised when a completion waits.
    let completed: Int32
    private let isStopping = Atomic<Bool>(false)
    private let thread: UnsafeMutablePointer<warden_thread>

    // Of the deciding thread: what was handed over and has not come back, so that the completion ring never fills up.
    private var outstanding = 0

    // Of the worker's thread.
    private var file: Int32 = -1
    private var isReadOnly = false
    private var reopen = ReopenDelay(firstAttemptAt: .start)

    /// Requests that may be on their way: a write and a flush for each page that a journal has, with room to spare.
    private static var requestLimit: Int { 256 }

    /// Starts the thread.
    ///
    /// - Returns: `nil` if the kernel gives no thread or descriptor.
    init?(_ description: MediumDescription, pages: MediumPages) {
        path = description.path
        byteCount = description.byteCount
        self.pages = pages
        requests = SingleProducerRing(capacity: MediumWorker.requestLimit)
        completions = SingleProducerRing(capacity: MediumWorker.requestLimit)
        requested = warden_event_make(true)
        completed = warden_event_make(false)
        thread = UnsafeMutablePointer<warden_thread>.allocate(capacity: 1)
        thread.initialize(to: warden_thread())
        guard requested >= 0, completed >= 0 else { return nil }
        // The thread holds the worker as long as it runs.
        let context = Unmanaged.passRetained(self)
        let status = warden_thread_start(
            thread, "journal", 65_536,
            { context in
                guard let context else { return }
                Unmanaged<MediumWorker>.fromOpaque(context).takeUnretainedValue().run()
            }, context.toOpaque())
        if status != 0 {
            context.release()
            return nil
        }
    }

    deinit {
        if requested >= 0 { warden_close(requested) }
        if completed >= 0 { warden_close(completed) }
        thread.deallocate()
    }

    // MARK: The deciding thread

    /// - Returns: `false` if as many requests as fit are on their way.
    func submit(_ request: MediumRequest) -> Bool {
        guard outstanding < requests.capacity, requests.push(request) else { return false }
        outstanding += 1
        warden_event_raise(requested)
        return true
    }

    func takeCompletion() -> MediumCompletion? {
        guard let completion = completions.pop() else { return nil }
        outstanding -= 1
        return completion
    }

    /// Whether everything that was handed over has come back.
    var isIdle: Bool { outstanding == 0 }

    /// Ends the thread, waiting for the request that is under way.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        warden_event_raise(requested)
        warden_thread_join(thread)
        Unmanaged.passUnretained(self).release()
    }

    // MARK: The worker's thread

    private func run() {
        while true {
            _ = warden_event_take(requested)
            if isStopping.load(ordering: .acquiring) { break }
            while let request = requests.pop() {
                completions.push(MediumCompletion(token: request.token, outcome: perform(request)))
                warden_event_raise(completed)
            }
        }
        if file >= 0 { warden_close(file) }
    }

    private func perform(_ request: MediumRequest) -> MediumOutcome {
        let opened = openIfNeeded()
        guard opened == 0 else { return MediumWorker.outcome(of: opened) }
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
        let outcome = MediumWorker.outcome(of: status)
        // After an error the kernel may have dropped what was written and then call it clean; a fresh descriptor and
        // the journal writing it all again is what is known to work (fsync(2), notes on errors).
        if outcome == .missing || outcome == .failed && request.operation == .flush {
            warden_close(file)
            file = -1
            reopen.lost(at: Instant(nanoseconds: warden_monotonic_ns()))
        }
        return outcome
    }

    private func openIfNeeded() -> Int32 {
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
