import CLinuxHardware
import FixedMemory
import HardwareInterface
import Synchronization

/// What a thread of its own does, because it may have to wait: one request after the other.
///
/// It is made on the deciding thread and from then on belongs to the worker's.
protocol WaitingWork {
    associatedtype Request: BitwiseCopyable
    associatedtype Completion: BitwiseCopyable

    /// Carries out a request, for as long as that takes.
    mutating func perform(_ request: Request) -> Completion

    /// Gives back what is open, after the last request.
    mutating func end()
}

/// A thread that waits so that the deciding one never does.
///
/// Requests go in and completions come out through rings, each with an event counter beside it. The deciding thread
/// never touches what the work is about, and the worker's thread nothing else.
final class Worker<Work: WaitingWork>: @unchecked Sendable {
    private let requests: SingleProducerRing<Work.Request>
    private let completions: SingleProducerRing<Work.Completion>
    /// Raised when a request waits.
    private let requested: Int32
    /// Raised when a completion waits.
    let completed: Int32
    private let isStopping = Atomic<Bool>(false)
    /// Whether a request is being carried out: the thread is in a call of the kernel's, or about to be.
    private let isPerforming = Atomic<Bool>(false)
    private let thread: UnsafeMutablePointer<warden_thread>
    private var body: Unmanaged<ThreadBody>?

    // Of the deciding thread: what was handed over and has not come back, so that the completion ring never fills up.
    private var outstanding = 0
    /// When something last moved: a request went into an empty ring, or a completion came.
    private var movedAt: Int64 = 0

    // Of the worker's thread.
    private var work: Work

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `ps -L`; 15 bytes at the most.
    ///   - stackBytes: Size of the thread's stack, raised to the processor's minimum.
    ///   - capacity: Requests that may be on their way at once, rounded up to a power of two.
    /// - Returns: `nil` if the kernel gives no thread or descriptor.
    init?(_ name: StaticString, stackBytes: Int, requests capacity: Int, _ work: Work) {
        self.work = work
        requests = SingleProducerRing(capacity: capacity)
        completions = SingleProducerRing(capacity: capacity)
        requested = warden_event_make(true)
        completed = warden_event_make(false)
        thread = UnsafeMutablePointer<warden_thread>.allocate(capacity: 1)
        thread.initialize(to: warden_thread())
        guard requested >= 0, completed >= 0 else { return nil }
        // The thread holds the worker as long as it runs.
        let body = Unmanaged.passRetained(ThreadBody { self.run() })
        let status = name.withUTF8Buffer { name in
            name.withMemoryRebound(to: CChar.self) { name in
                warden_thread_start(
                    thread, name.baseAddress, stackBytes,
                    { context in
                        guard let context else { return }
                        Unmanaged<ThreadBody>.fromOpaque(context).takeUnretainedValue().run()
                    }, body.toOpaque())
            }
        }
        guard status == 0 else {
            body.release()
            return nil
        }
        self.body = body
    }

    deinit {
        if requested >= 0 { warden_close(requested) }
        if completed >= 0 { warden_close(completed) }
        thread.deallocate()
    }

    // MARK: The deciding thread

    /// - Returns: `false` if as many requests as fit are on their way.
    func submit(_ request: Work.Request) -> Bool {
        guard outstanding < requests.capacity, requests.push(request) else { return false }
        if outstanding == 0 { movedAt = warden_monotonic_ns() }
        outstanding += 1
        warden_event_raise(requested)
        return true
    }

    func takeCompletion() -> Work.Completion? {
        guard let completion = completions.pop() else { return nil }
        outstanding -= 1
        movedAt = warden_monotonic_ns()
        return completion
    }

    /// Whether it has come on in the last while, or has nothing to do.
    ///
    /// - Parameter patience: how long one request may take.
    func isGettingOn(within patience: Interval) -> Bool {
        outstanding == 0 || warden_monotonic_ns() - movedAt < patience.nanoseconds
    }

    /// Whether one request has taken longer than it may: the kernel does not come back.
    func isStuck(within patience: Interval) -> Bool {
        isPerforming.load(ordering: .acquiring) && !isGettingOn(within: patience)
    }

    /// Whether the thread takes what it is handed: one that the kernel holds up does nothing wrong, one that lets requests
    /// lie does.
    func isAlive(within patience: Interval) -> Bool {
        isPerforming.load(ordering: .acquiring) || isGettingOn(within: patience)
    }

    /// Changes the work, before the first request.
    func prepare(_ change: (inout Work) -> Void) {
        precondition(outstanding == 0 && movedAt == 0, "the work is the thread's from the first request on")
        change(&work)
    }

    /// Ends the thread, waiting for the request that is under way; one that is stuck is left behind.
    func stop() {
        guard body != nil else { return }
        abandon()
        guard warden_thread_join(thread, Worker.endPatienceMilliseconds) else { return }
        body?.release()
        body = nil
    }

    /// Has the thread end after the request that is under way, whenever that is; it holds what it needs until then.
    func abandon() {
        isStopping.store(true, ordering: .releasing)
        warden_event_raise(requested)
    }

    /// How long an end waits for a thread.
    private static var endPatienceMilliseconds: UInt32 { 2_000 }

    // MARK: The worker's thread

    private func run() {
        while true {
            _ = warden_event_take(requested)
            if isStopping.load(ordering: .acquiring) { break }
            while !isStopping.load(ordering: .acquiring), let request = requests.pop() {
                isPerforming.store(true, ordering: .releasing)
                let completion = work.perform(request)
                isPerforming.store(false, ordering: .releasing)
                completions.push(completion)
                warden_event_raise(completed)
            }
        }
        work.end()
    }
}

/// What a thread runs, behind a pointer without type parameters: a C function can carry no others.
private final class ThreadBody {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
}
