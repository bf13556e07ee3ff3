import CLinuxHardware
import FixedMemory
import HardwareInterface

/// Transfers on one I2C adapter, whose thread alone waits when the bus does.
///
/// An adapter that is missing is tried again as requests come, not more often than `ReopenDelay` allows; until then they
/// end with `.busMissing` at once.
struct BusTransfers: WaitingWork {
    struct Completion: BitwiseCopyable {
        var tag: UInt16
        var outcome: BusOutcome
        /// CLOCK_MONOTONIC nanoseconds.
        var atNanoseconds: Int64
        var bytes: FixedBytes<192>
    }

    private let description: BusDescription?
    private var adapter = warden_i2c_closed()
    private var reopen = ReopenDelay(firstAttemptAt: .start)

    /// - Parameter description: `nil` for a spare thread, which has no adapter yet.
    init(_ description: BusDescription?) { self.description = description }

    mutating func perform(_ request: BusRequest) -> Completion {
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
        let outcome = BusTransfers.outcome(of: status)
        let now = warden_monotonic_ns()
        if outcome == .busMissing && adapter.fd >= 0 {
            warden_i2c_close(&adapter)
            reopen.lost(at: Instant(nanoseconds: now))
        }
        var completion = Completion(tag: request.tag, outcome: outcome, atNanoseconds: now, bytes: FixedBytes())
        if outcome == .done { completion.bytes.append(bytes.span.extracting(0..<count)) }
        return completion
    }

    mutating func end() { warden_i2c_close(&adapter) }

    private mutating func openIfNeeded() -> Int32 {
        if adapter.fd >= 0 { return 0 }
        guard let description else { return BusTransfers.missing }
        let now = Instant(nanoseconds: warden_monotonic_ns())
        guard now >= reopen.dueAt else { return BusTransfers.missing }
        let milliseconds = UInt32(clamping: description.timeout.milliseconds)
        let status = description.device.withCString { warden_i2c_open(&adapter, $0, milliseconds) }
        guard status == 0 else {
            reopen.failed(at: now)
            return BusTransfers.missing
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
