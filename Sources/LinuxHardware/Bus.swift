import CLinuxHardware
import FixedMemory
import HardwareInterface

/// One I2C adapter: the thread that waits for it, and what the runtime has asked of it and not been told.
///
/// A thread that is stuck in the kernel cannot be ended. Its requests are answered as timed out, so that sensors and bus
/// show the trouble, and a spare thread takes its place with a descriptor of its own; where none is left, requests are
/// answered at once until the stuck one comes back.
struct Bus: ~Copyable {
    private var worker: Worker<BusTransfers>
    private let description: BusDescription
    /// Tags of requests that the thread has, in their order.
    private var underWay: Ring<UInt16>
    /// Tags of requests that are answered without it.
    private var abandoned: Ring<UInt16>
    /// Answers of the thread that come too late: their requests were answered in its place.
    private var late = 0
    /// The thread is stuck, and nothing is asked of it.
    private(set) var isStuck = false

    /// - Returns: `nil` if the kernel gives no thread.
    init?(_ description: BusDescription, requests: Int) {
        guard let worker = Bus.worker(BusTransfers(description), requests: requests) else { return nil }
        self.worker = worker
        self.description = description
        underWay = Ring(capacity: requests)
        abandoned = Ring(capacity: 2 * requests)
    }

    /// A thread that may take the place of one that is stuck, on whichever bus.
    static func spare(requests: Int) -> Worker<BusTransfers>? { worker(BusTransfers(nil), requests: requests) }

    private static func worker(_ transfers: BusTransfers, requests: Int) -> Worker<BusTransfers>? {
        Worker("i2c", stackBytes: 65_536, requests: requests, transfers)
    }

    /// Readable when the thread has answered.
    var completed: Int32 { worker.completed }
    /// Whether something is to be told though the thread says nothing.
    var owesAnswer: Bool { !abandoned.isEmpty }
    /// Whether the thread takes what it is handed, or is in a call of the kernel's.
    func isAlive(within patience: Interval) -> Bool { worker.isAlive(within: patience) }

    /// - Returns: `false` if as many requests as fit are on their way.
    mutating func submit(_ request: BusRequest) -> Bool {
        if isStuck { return abandoned.push(request.tag) }
        guard !underWay.isFull, worker.submit(request) else { return false }
        underWay.push(request.tag)
        return true
    }

    mutating func takeCompletion() -> BusTransfers.Completion? {
        if let tag = abandoned.pop() {
            return BusTransfers.Completion(
                tag: tag, outcome: .timedOut, atNanoseconds: warden_monotonic_ns(), bytes: FixedBytes())
        }
        while let completion = worker.takeCompletion() {
            isStuck = false
            guard late == 0 else {
                late -= 1
                continue
            }
            _ = underWay.pop()
            return completion
        }
        return nil
    }

    /// Looks after the thread.
    ///
    /// - Parameters:
    ///   - patience: how long a call may take.
    ///   - spares: one of them takes the place of a thread that is stuck.
    /// - Returns: the descriptor of the thread that was replaced, which is not to be watched any more; `nil` where it is the
    ///   same.
    mutating func replaceIfStuck(
        after patience: Interval, by spares: inout FixedArray<Worker<BusTransfers>>
    ) -> Int32? {
        guard !isStuck, worker.isStuck(within: patience) else { return nil }
        late += underWay.count
        while let tag = underWay.pop() { abandoned.push(tag) }
        guard !spares.isEmpty else {
            isStuck = true
            return nil
        }
        let stuck = worker
        worker = spares[spares.count - 1]
        spares.swapRemove(at: spares.count - 1)
        late = 0
        let description = description
        worker.prepare { $0 = BusTransfers(description) }
        stuck.abandon()
        return stuck.completed
    }

    func stop() { worker.stop() }
}
