import FixedMemory
import HardwareInterface

/// What a presence and fall radar reports; both are levels, without confidence and without memory.
public enum RadarChannel: UInt8, Sendable, BitwiseCopyable {
    /// 1 while the module says that someone fell and is down.
    case fall = 0
    /// 1 while someone is in the room.
    case presence = 1

    /// Channels there are.
    public static var count: Int { 2 }
}

/// What a radar driver wants told and sent. Made once by the runtime and emptied after each call.
public struct RadarOutput: ~Copyable {
    /// Readings in the order in which they arrived; unusable ones when the module falls silent.
    public var readings: FixedArray<RadarReading>
    /// Bytes to send on the module's port now, in one piece.
    public var transmit: ByteBuffer

    /// - Parameter readingCapacity: more than one call can cause: the shortest frame is 10 bytes with its data, and a
    ///   call is handed at most 256.
    public init(readingCapacity: Int = 32) {
        readings = FixedArray(capacity: readingCapacity)
        transmit = ByteBuffer(capacity: 64)
    }

    /// Makes room for the next call.
    public mutating func removeAll() {
        readings.removeAll()
        transmit.removeAll()
    }
}

/// One reading of one channel.
public struct RadarReading: Equatable, Sendable, BitwiseCopyable {
    public var channel: RadarChannel
    public var reading: Reading

    public init(_ channel: RadarChannel, _ reading: Reading) {
        self.channel = channel
        self.reading = reading
    }
}

/// A radar on a serial port: bytes and time in, readings and bytes out. Nothing blocks.
///
/// The caller hands over bytes as they arrive and calls `poll` at `deadline` or later. Time never goes back.
public protocol RadarDriver {
    /// When `poll` has something to do next; `.never` if nothing waits.
    var deadline: Instant { get }
    /// The port can be used from now on: at start, and after each loss.
    mutating func portOpened(at now: Instant, into output: inout RadarOutput)
    /// The port is gone.
    mutating func portClosed(at now: Instant, into output: inout RadarOutput)
    /// Takes bytes from the port, in any pieces.
    mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout RadarOutput)
    /// Does what is due.
    mutating func poll(at now: Instant, into output: inout RadarOutput)
}
