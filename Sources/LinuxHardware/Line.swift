import CLinuxHardware
import FixedMemory
import HardwareInterface

/// One digital line: claimed from the kernel, or waiting to be.
struct Line: ~Copyable {
    let description: LineDescription
    private var handle = warden_gpio_unclaimed()
    private var reopen: ReopenDelay

    /// Inputs: the level that was reported last. Outputs: the level that was asked for last.
    private(set) var isActive: Bool
    /// Whether the level was reported since the line was claimed.
    private var isReported = false

    // Edges that were read from the kernel and not taken yet.
    private var edges = InlineArray<16, warden_gpio_edge>(
        repeating: warden_gpio_edge(timestamp_ns: 0, is_active: false))
    private var edgeCount = 0
    private var nextEdge = 0
    /// The kernel may have dropped edges; the level is compared once no edge waits.
    private var mayHaveLostEdges = false

    /// Where the kernel does not see to it that a level holds: when it will have held long enough; `.never` if it did
    /// not change.
    private(set) var settlesAt = Instant.never

    /// Availability is to be reported.
    private(set) var owesAvailability = false
    /// The level is to be reported, with this moment.
    private(set) var owesLevelAt: Instant? = nil

    init(_ description: LineDescription) {
        self.description = description
        isActive = description.startsActive
        reopen = ReopenDelay(firstAttemptAt: description.isElsewhere ? .never : .start)
    }

    var isOutput: Bool { description.direction == .output }
    var isClaimed: Bool { handle.line != nil }
    /// The descriptor that becomes readable when edges wait; -1 for outputs and unclaimed lines.
    var descriptor: Int32 { handle.fd }
    /// When the next attempt to claim it is due.
    var claimDueAt: Instant { reopen.dueAt }
    var hasEdge: Bool { nextEdge < edgeCount }
    /// The kernel's time stamp of the oldest edge that waits.
    var edgeTimestamp: UInt64 { hasEdge ? edges[nextEdge].timestamp_ns : .max }
    var owesReport: Bool { owesAvailability || owesLevelAt != nil }

    /// Whether the kernel does not see to it that a level holds.
    var isDebouncedHere: Bool { isClaimed && !isOutput && !handle.is_debounced }

    // MARK: Claiming and losing

    /// Claims the line; an output has the level asked for last from the request on.
    ///
    /// - Parameter isFirst: a line that is there from the start is not reported as available, one that is missing is
    ///   reported as not.
    mutating func claim(at now: Instant, isFirst: Bool) -> Int32 {
        var request = warden_gpio_request()
        request.offset = description.offset
        request.is_output = isOutput
        request.starts_active = isActive
        request.is_active_low = description.isActiveLow
        request.bias = warden_gpio_bias(rawValue: UInt32(description.bias.rawValue))
        request.debounce_us = UInt32(clamping: description.debounce.nanoseconds / 1_000)
        let status = description.chip.withOptionalCString { chip in
            description.kernelName.withOptionalCString { name in
                request.chip = chip
                request.name = name
                return warden_gpio_claim(&handle, &request)
            }
        }
        guard status == 0 else {
            reopen.failed(at: now)
            owesAvailability = owesAvailability || isFirst
            return status
        }
        reopen.succeeded()
        owesAvailability = owesAvailability != !isFirst
        if !isOutput {
            let level = warden_gpio_read(&handle)
            if level >= 0 {
                isActive = level == 1
                isReported = false
                owesLevelAt = now
            }
        }
        return 0
    }

    /// The line's chip is gone.
    mutating func lose(at now: Instant) {
        warden_gpio_release(&handle)
        reopen.lost(at: now)
        edgeCount = 0
        nextEdge = 0
        mayHaveLostEdges = false
        settlesAt = .never
        owesLevelAt = nil
        // Lost again before its return was reported: nobody needs to know of either.
        owesAvailability = !owesAvailability
    }

    /// Gives the line back to the kernel.
    mutating func release() { warden_gpio_release(&handle) }

    // MARK: Outputs

    /// - Returns: 0, or the kernel's reason as a negative error number.
    mutating func drive(_ level: Bool) -> Int32 {
        isActive = level
        return isClaimed ? warden_gpio_drive(&handle, level) : -LinuxError.noDevice
    }

    /// Whether the kernel still knows the line; a chip can go without a word about its outputs.
    func isAlive() -> Bool {
        var handle = handle
        return warden_gpio_read(&handle) != -LinuxError.noDevice
    }

    // MARK: Inputs

    /// Reads waiting edges from the kernel, unless some wait to be taken already.
    ///
    /// - Returns: `false` if the chip is gone.
    mutating func readEdges(at now: Instant, startedAt startNanoseconds: Int64) -> Bool {
        guard !hasEdge else { return true }
        nextEdge = 0
        edgeCount = 0
        var span = edges.mutableSpan
        let count = span.withUnsafeMutableBufferPointer { warden_gpio_take_edges(&handle, $0.baseAddress!) }
        guard count >= 0 else { return false }
        edgeCount = Int(count)
        if edgeCount == Int(WARDEN_GPIO_EDGE_BATCH) { mayHaveLostEdges = true }
        if !handle.is_debounced { debounce(at: now, startedAt: startNanoseconds) }
        return true
    }

    /// Each edge starts the time anew for which the level must hold.
    private mutating func debounce(at now: Instant, startedAt startNanoseconds: Int64) {
        guard edgeCount > 0 else { return }
        let last = edges[edgeCount - 1]
        settlesAt = Line.instant(last.timestamp_ns, startedAt: startNanoseconds, now: now) + description.debounce
        edgeCount = 0
    }

    /// A moment on the board's clock from the kernel's time stamp; kernels before 5.7 stamp with the wall clock, which
    /// is far ahead of the monotonic one, and then the moment of reading is the best there is.
    static func instant(_ timestamp: UInt64, startedAt startNanoseconds: Int64, now: Instant) -> Instant {
        let (elapsed, overflow) = Int64(clamping: timestamp).subtractingReportingOverflow(startNanoseconds)
        return overflow || elapsed > now.nanoseconds ? now : Instant(nanoseconds: max(0, elapsed))
    }

    /// Lets the level count that has held long enough.
    mutating func settle(at now: Instant) {
        guard now >= settlesAt else { return }
        let moment = settlesAt
        settlesAt = .never
        owe(levelAt: moment)
    }

    /// Owes a report if the level is another than the one reported.
    private mutating func owe(levelAt moment: Instant) {
        let level = warden_gpio_read(&handle)
        guard level >= 0, (level == 1) != isActive else { return }
        isActive = level == 1
        isReported = false
        owesLevelAt = moment
    }

    /// After a burst that the kernel may not have kept whole: takes the level as it is now.
    mutating func verifyLevel(at now: Instant) {
        guard mayHaveLostEdges, !hasEdge else { return }
        mayHaveLostEdges = false
        if handle.is_debounced { owe(levelAt: now) }
    }

    /// Takes the oldest edge that changes the level, or that is wanted whatever it says.
    ///
    /// - Returns: the level and its moment, or `nil` if the edge says what was known already.
    mutating func takeEdge(startedAt startNanoseconds: Int64, now: Instant) -> (isActive: Bool, at: Instant)? {
        let edge = edges[nextEdge]
        nextEdge += 1
        guard edge.is_active != isActive || !isReported || description.reportsEachEdge else { return nil }
        isActive = edge.is_active
        isReported = true
        owesLevelAt = nil
        return (isActive, Line.instant(edge.timestamp_ns, startedAt: startNanoseconds, now: now))
    }

    // MARK: Reports

    /// Takes the report that is owed, availability before level.
    mutating func takeReport(of index: LineIndex, now: Instant) -> (event: Input.Event, at: Instant)? {
        if owesAvailability {
            owesAvailability = false
            return (.lineAvailability(index, isAvailable: isClaimed), now)
        }
        guard let moment = owesLevelAt else { return nil }
        owesLevelAt = nil
        isReported = true
        return (.lineChanged(index, isActive: isActive), moment)
    }
}
