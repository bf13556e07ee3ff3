import FixedMemory
import HardwareInterface

/// A journal's medium in memory, with the latency and the faults of a real one, and with what a power cut makes of it.
///
/// What was written is read back at once, flushed or not, as through a system's cache; what is durable is decided by the
/// flushes. It outlives the board that used it: hand it to the next one, as a card is left in its slot.
public final class VirtualMedium {
    /// What is wrong with the medium as a whole.
    public enum Condition: Equatable, Sendable, BitwiseCopyable {
        case sound
        /// Takes no writes.
        case readOnly
        /// Has no room, although it should.
        case full
        /// Reports an error for everything.
        case failing
        /// Is gone.
        case missing
    }

    /// What became of a write that was not yet durable when the power went.
    public enum Fate: Equatable, Sendable, BitwiseCopyable {
        case written
        case lost
        /// Its first bytes are there, 1 or more.
        case torn(Int)
    }

    struct Pending: BitwiseCopyable {
        var offset: Int64
        var durableAt: Instant
        /// Its place in `before` and `after`.
        var place: Int
    }

    /// Writes between two flushes whose fate a power cut decides; a journal makes far fewer.
    private static var pendingLimit: Int { 128 }

    public let byteCount: Int64
    private let pageBytes: Int
    private let content: UnsafeMutableRawPointer
    /// For each pending write what was there before, and what was written.
    private let before: UnsafeMutableRawPointer
    private let after: UnsafeMutableRawPointer
    private var pending: Ring<Pending>
    private var nextPlace = 0

    public var condition = Condition.sound
    /// How long a write or a read takes, and how long a flush.
    public var accessTime = Interval.microseconds(100)
    public var flushTime = Interval.milliseconds(4)
    /// Requests carried out since it was made.
    public private(set) var requests: UInt64 = 0
    private var busyUntil = Instant.start

    /// A blank medium.
    ///
    /// - Parameter pageBytes: of the journal that will use it.
    public init(byteCount: Int64, pageBytes: Int = 4_096) {
        self.byteCount = byteCount
        self.pageBytes = pageBytes
        content = UnsafeMutableRawPointer.allocate(byteCount: Int(byteCount), alignment: 4_096)
        content.initializeMemory(as: UInt8.self, repeating: 0, count: Int(byteCount))
        let undoBytes = VirtualMedium.pendingLimit * pageBytes
        before = UnsafeMutableRawPointer.allocate(byteCount: undoBytes, alignment: 4_096)
        after = UnsafeMutableRawPointer.allocate(byteCount: undoBytes, alignment: 4_096)
        pending = Ring(capacity: VirtualMedium.pendingLimit)
    }

    deinit {
        content.deallocate()
        before.deallocate()
        after.deallocate()
    }

    /// The whole content, for a look at it or a change by hand.
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: content, count: Int(byteCount))
    }

    /// Carries out a request.
    ///
    /// - Returns: the answer, and when it is there.
    func perform(_ request: MediumRequest, pages: MediumPages, at now: Instant) -> (MediumOutcome, Instant) {
        requests += 1
        let begins = max(now, busyUntil)
        let ends = begins + (request.operation == .flush ? flushTime : accessTime)
        busyUntil = ends
        settlePending(by: begins)
        let outcome = outcome(of: request)
        guard outcome == .done else { return (outcome, ends) }
        switch request.operation {
        case .read:
            pages.bytes(of: request.page).baseAddress!.copyMemory(
                from: content + Int(request.offset), byteCount: pageBytes)
        case .write: write(request, pages)
        case .flush: markDurable(at: ends)
        }
        return (.done, ends)
    }

    private func outcome(of request: MediumRequest) -> MediumOutcome {
        switch condition {
        case .sound: break
        case .readOnly: if request.operation != .read { return .readOnly }
        case .full: if request.operation == .write { return .full }
        case .failing: return .failed
        case .missing: return .missing
        }
        guard request.operation != .flush else { return .done }
        let isInside = request.offset >= 0 && request.offset + Int64(pageBytes) <= byteCount
        return isInside ? .done : .failed
    }

    private func write(_ request: MediumRequest, _ pages: MediumPages) {
        let source = UnsafeRawPointer(pages.bytes(of: request.page).baseAddress!)
        let target = content + Int(request.offset)
        let place = nextPlace
        nextPlace = (place + 1) % VirtualMedium.pendingLimit
        (before + place * pageBytes).copyMemory(from: target, byteCount: pageBytes)
        (after + place * pageBytes).copyMemory(from: source, byteCount: pageBytes)
        // More than anybody leaves unflushed: the oldest counts as written.
        pending.pushOverwriting(Pending(offset: request.offset, durableAt: .never, place: place))
        target.copyMemory(from: source, byteCount: pageBytes)
    }

    /// Everything that is written by now is durable at `moment`, what was flushed before already earlier.
    private func markDurable(at moment: Instant) {
        for _ in 0..<pending.count {
            guard var write = pending.pop() else { return }
            write.durableAt = min(write.durableAt, moment)
            pending.push(write)
        }
    }

    /// Forgets writes that are durable by now.
    private func settlePending(by now: Instant) {
        while let first = pending.first, first.durableAt <= now { pending.pop() }
    }

    /// The power goes at `now`: what was flushed is there, the rest is as `fate` says. The medium is then as after a
    /// start of its system.
    ///
    /// - Parameter fate: asked for each write that was not durable, oldest first.
    public func cutPower(at now: Instant, fate: (Int) -> Fate) {
        settlePending(by: now)
        for order in (0..<pending.count).reversed() {
            let write = pending[order]
            (content + Int(write.offset)).copyMemory(from: before + write.place * pageBytes, byteCount: pageBytes)
        }
        for order in 0..<pending.count {
            let write = pending[order]
            let count =
                switch fate(order) {
                case .written: pageBytes
                case .lost: 0
                case .torn(let count): max(1, min(count, pageBytes - 1))
                }
            (content + Int(write.offset)).copyMemory(from: after + write.place * pageBytes, byteCount: count)
        }
        pending.removeAll()
        busyUntil = .start
    }
}
