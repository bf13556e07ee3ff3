import CLinuxHardware
import Cryptography
import FixedMemory
import HardwareInterface
import Synchronization

/// The thread that checks secrets: a slow hash takes longer than a door may wait.
///
/// Requests go in and outcomes come out through rings, each with an event counter beside it, as with `BusWorker`. One
/// check is under way at a time.
final class SecretWorker: @unchecked Sendable {
    struct Outcome: BitwiseCopyable {
        var tag: UInt16
        var isRight: Bool
    }

    private let requests = SingleProducerRing<SecretCheck>(capacity: 2)
    private let outcomes = SingleProducerRing<Outcome>(capacity: 2)
    /// Raised when a request waits.
    private let requested: Int32
    /// Raised when an outcome waits.
    let completed: Int32
    private let isStopping = Atomic<Bool>(false)
    private let thread: UnsafeMutablePointer<warden_thread>

    // Of the deciding thread.
    private var isUnderWay = false

    /// Starts the thread.
    ///
    /// - Returns: `nil` if the kernel gives no thread or descriptor.
    init?() {
        requested = warden_event_make(true)
        completed = warden_event_make(false)
        thread = UnsafeMutablePointer<warden_thread>.allocate(capacity: 1)
        thread.initialize(to: warden_thread())
        guard requested >= 0, completed >= 0 else { return nil }
        // The thread holds the worker as long as it runs.
        let context = Unmanaged.passRetained(self)
        let status = warden_thread_start(
            thread, "secrets", 131_072,
            { context in
                guard let context else { return }
                Unmanaged<SecretWorker>.fromOpaque(context).takeUnretainedValue().run()
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

    /// - Returns: `false` if a check is under way.
    func submit(_ check: SecretCheck) -> Bool {
        guard !isUnderWay, requests.push(check) else { return false }
        isUnderWay = true
        warden_event_raise(requested)
        return true
    }

    func takeOutcome() -> Outcome? {
        guard let outcome = outcomes.pop() else { return nil }
        isUnderWay = false
        return outcome
    }

    /// Ends the thread, waiting for the check that is under way.
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
            while let check = requests.pop() {
                let hash = PinHash.hash(
                    check.secret, salt: check.salt, passes: check.passes, memoryKib: check.memoryKib)
                outcomes.push(Outcome(tag: check.tag, isRight: hash.map { PinHash.isSame($0, check.hash) } ?? false))
                warden_event_raise(completed)
            }
        }
    }
}
