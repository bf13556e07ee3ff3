import FixedMemory
import HardwareInterface

/// What a reader driver wants told and sent. Made once by the runtime and emptied after each call.
public struct ReaderOutput: ~Copyable {
    /// Reports in the order in which things happened.
    public var reports: FixedArray<ReaderReport>
    /// Bytes to send on the reader's port now, in one piece.
    public var transmit: ByteBuffer

    /// - Parameters:
    ///   - reportCapacity: more than one call can cause: the shortest frame of any protocol is 5 bytes, and a call is
    ///     handed at most 256.
    ///   - transmitCapacity: the longest packet of any protocol: 1,440 bytes and a mark of OSDP.
    public init(reportCapacity: Int = 64, transmitCapacity: Int = 1472) {
        reports = FixedArray(capacity: reportCapacity)
        transmit = ByteBuffer(capacity: transmitCapacity)
    }

    /// Makes room for the next call.
    public mutating func removeAll() {
        reports.removeAll()
        transmit.removeAll()
    }

    mutating func report(_ event: ReaderEvent, reader: UInt8 = 0) {
        reports.append(ReaderReport(event, reader: reader))
    }
}

/// A reader on a serial port: bytes and time in, reports and bytes out. Nothing blocks, nothing is read from a clock.
///
/// The caller hands over bytes as they arrive, calls `poll` at `deadline` or later, and does after each call what the
/// output says. Time never goes back from one call to the next.
public protocol ReaderDriver: ~Copyable {
    /// When `poll` has something to do next; `.never` if nothing waits.
    var deadline: Instant { get }

    /// The port can be used from now on: at start, and after each loss.
    mutating func portOpened(at now: Instant, into output: inout ReaderOutput)

    /// The port is gone. What was half received is forgotten.
    mutating func portClosed(at now: Instant, into output: inout ReaderOutput)

    /// Takes bytes from the port, in any pieces.
    mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout ReaderOutput)

    /// Does what is due: time-outs, hold-offs that end, transmissions.
    mutating func poll(at now: Instant, into output: inout ReaderOutput)
}
