import FixedMemory

/// One transaction on an I2C bus: write some bytes, then read some, with a repeated start between them.
///
/// A driver never waits: it hands out a request and is given the `BusCompletion` with the same tag later.
public struct BusRequest: Sendable, BitwiseCopyable {
    /// Bytes one request may write.
    public static var writeLimit: Int { 16 }
    /// Bytes one request may read in all, over its repetitions: a full FIFO of 32 three-axis samples.
    public static var readLimit: Int { 192 }

    /// Who asked: chosen by the runtime, returned unchanged in the completion.
    public var tag: UInt16
    /// 7-bit device address.
    public var address: UInt8
    /// Bytes to write first; may be empty.
    public var write: FixedBytes<16>
    /// Bytes to read in each repetition; 0 for a pure write.
    public var readCount: UInt8
    /// How often the transaction is made, 1 or more; for FIFOs that give up one entry a transaction.
    /// `readCount * repetitions` is at most `readLimit`.
    public var repetitions: UInt8

    public init(
        tag: UInt16 = 0, address: UInt8, write: FixedBytes<16> = FixedBytes(), readCount: UInt8 = 0,
        repetitions: UInt8 = 1
    ) {
        precondition(Int(readCount) * Int(repetitions) <= BusRequest.readLimit, "reads more than a completion holds")
        precondition(repetitions >= 1, "a request is made at least once")
        self.tag = tag
        self.address = address
        self.write = write
        self.readCount = readCount
        self.repetitions = repetitions
    }
}

/// How a bus transaction ended.
public enum BusOutcome: UInt8, Sendable, BitwiseCopyable {
    /// Every byte was written and read.
    case done = 0
    /// The device did not acknowledge its address or a byte: absent, busy or asleep.
    case notAcknowledged = 1
    /// The bus did not finish in time: a line is held, or a device stretches the clock.
    case timedOut = 2
    /// Arbitration lost or an electrical error.
    case busError = 3
    /// The bus itself is gone (adapter removed, device file closed).
    case busMissing = 4
}
