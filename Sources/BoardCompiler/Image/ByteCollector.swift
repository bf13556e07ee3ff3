import FixedMemory

/// A sink that grows; for tools, which have memory to spare.
struct ByteCollector: ByteSink {
    private(set) var bytes: [UInt8] = []
    var count: Int { bytes.count }
    var overflowed: Bool { false }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }
}
