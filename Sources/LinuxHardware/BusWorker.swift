import CLinuxHardware
import FixedMemory
import HardwareInterface
import Synchronization

/// The thread of one I2C adapter: it alone waits when the bus does.
///
/// Requests go in and completions come out through rings, each with an event counter beside it; the thread that decides
/// never touches the adapter, and this one nothing else. An adapter that is missing is tried again as requests come, not
/// more often than `ReopenDelay` allows; until then they end with `.busMissing` at once.
final class BusWorker: @unchecked Sendable {
    struct Completion: BitwiseCopyable {
        var tag: UInt16
        var outcome: BusOutcome
        /// CLOCK_MONOTONIC nanoseconds.
        var atNanoseconds: Int64
        var bytes: FixedBytes<192>
    }

    private let description: BusDescription
    private let requests: SingleProducerRing<BusRequest>
    private let completions: SingleProducerRing<Completion>
    /// Raised when a request waits.
    private let requested: Int32
    /// Raised when a completion waits.
    let completed: Int32
    private let isStopping = Atomic<Bool>(false)
    private let thread: UnsafeMutablePointer<warden_thread>

    // Of the deciding thread: what was handed over and has not come back, so that the completion ring never fills up.
    private var outstanding = 0

    // Of the worker's thread.
    private var adapter = warden_i2c_closed()
    private var reopen = ReopenDelay(firstAttemptAt: .start)

    /// Starts the thread.
    ///
    /// - Returns: `nil` if the kernel gives no thread or descriptor.
    init?(_ description: BusDescription, requests capacity: Int) {
        self.description = description
        requests = SingleProducerRing(capacity: capacity)
        completions = SingleProducerRing(capacity: capacity)
        requested = warden_event_make(true)
        completed = warden_event_make(false)
        thread = UnsafeMutablePointer<warden_thread>.allocate(capacity: 1)
        thread.initialize(to: warden_thread())
        guard requested >= 0, completed >= 0 else { return nil }
        // The thread holds the worker as long as it runs.
        let context = Unmanaged.passRetained(self)
        let status = warden_thread_start(
            thread, "i2c", 65_536,
            { context in
                guard let context else { return }
                Unmanaged<BusWorker>.fromOpaque(context).takeUnretainedValue().run()
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
    func submit(_ request: BusRequest) -> Bool {
        guard outstanding < requests.capacity, requests.push(request) else { return false }
        outstanding += 1
        warden_event_raise(requested)
        return true
    }

    func takeCompletion() -> Completion? {
        guard let completion = completions.pop() else { return nil }
        outstanding -= 1
        return completion
    }

    /// Fill level and losses of the requests' ring.
    var usage: Usage { requests.usage }

    /// Ends the thread, waiting for the transfer that is under way.
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
                completions.push(perform(request))
                warden_event_raise(completed)
            }
        }
        warden_i2c_close(&adapter)
    }

    private func perform(_ request: BusRequest) -> Completion {
        var bytes = InlineArray<192, UInt8>(repeating: 0)
        let count = Int(request.readCount) * Int(request.repetitions)
        var status = openIfNeeded()
        if status == 0 {
            var buffer = bytes.mutableSpan
            status = buffer.withUnsafeMutableBufferPointer { buffer in
                request.write.span.withUnsafeBufferPointer { write in
                    warden_i2c_transfer(
                        &adapter, request.address, write.baseAddress, UInt8(write.count), buffer.baseAddress,
                        request.readCount, request.repetitions)
                }
            }
        }
        let outcome = BusWorker.outcome(of: status)
        let now = warden_monotonic_ns()
        if outcome == .busMissing && adapter.fd >= 0 {
            warden_i2c_close(&adapter)
            reopen.lost(at: Instant(nanoseconds: now))
        }
        var completion = Completion(tag: request.tag, outcome: outcome, atNanoseconds: now, bytes: FixedBytes())
        if outcome == .done { completion.bytes.append(bytes.span.extracting(0..<count)) }
        return completion
    }

    private func openIfNeeded() -> Int32 {
        if adapter.fd >= 0 { return 0 }
        let now = Instant(nanoseconds: warden_monotonic_ns())
        guard now >= reopen.dueAt else { return BusWorker.missing }
        let milliseconds = UInt32(clamping: description.timeout.milliseconds)
        let status = description.device.withCString { warden_i2c_open(&adapter, $0, milliseconds) }
        guard status == 0 else {
            reopen.failed(at: now)
            return BusWorker.missing
        }
        reopen.succeeded()
        return 0
    }

    private static var missing: Int32 { -LinuxError.noDevice }

    /// What the kernel's answer means; see `warden_i2c_transfer`.
    static func outcome(of status: Int32) -> BusOutcome {
        switch -status {
        case 0: .done
        case LinuxError.noSuchDeviceOrAddress, LinuxError.remoteIO: .notAcknowledged
        case LinuxError.timedOut: .timedOut
        case LinuxError.noDevice, LinuxError.noEntry, LinuxError.badDescriptor, LinuxError.shutDown: .busMissing
        default: .busError
        }
    }
}

/// The kernel's error numbers that decide something here (include/uapi/asm-generic/errno-base.h and errno.h; the same on
/// every processor that Warden runs on).
enum LinuxError {
    static var notPermitted: Int32 { 1 }
    static var noEntry: Int32 { 2 }
    static var noSuchDeviceOrAddress: Int32 { 6 }
    static var badDescriptor: Int32 { 9 }
    static var noAccess: Int32 { 13 }
    static var noDevice: Int32 { 19 }
    static var noSpace: Int32 { 28 }
    static var readOnlyFileSystem: Int32 { 30 }
    static var shutDown: Int32 { 108 }
    static var timedOut: Int32 { 110 }
    static var remoteIO: Int32 { 121 }
    static var quotaExceeded: Int32 { 122 }
}
