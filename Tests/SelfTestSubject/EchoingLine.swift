import FixedMemory

/// Collects bytes and echoes each from where it was put: what an optimiser that loses a borrowed value's place gets wrong.
///
/// It is in a module of its own, between the containers and the self-test, because that is what it takes: the generic
/// function below is compiled here and specialised there.
public struct EchoingLine: BitwiseCopyable {
    private var bytes = FixedBytes<160>()
    private var numbers = FixedList<UInt16, 40>()

    public init() {}

    /// Adds a byte and writes it twice, once from each container.
    public mutating func take<Sink: ByteSink & ~Copyable>(_ byte: UInt8, echo: inout Sink) {
        bytes.append(byte)
        echo.append(bytes.span.extracting(bytes.count - 1..<bytes.count))
        numbers.append(UInt16(byte))
        let last = numbers.span.extracting(numbers.count - 1..<numbers.count)
        echo.append(UInt8(truncatingIfNeeded: last[0]))
    }
}
