import CLinuxHardware
import FixedMemory

/// Text to a descriptor such as standard output, gathered so that one line is one write. Allocates once, when made.
public struct TextOutput: ~Copyable {
    private let descriptor: Int32
    private var waiting: ByteBuffer
    /// The first error of a write, as a negative error number; 0 if there was none.
    public private(set) var status: Int32 = 0

    public init(descriptor: Int32, capacity: Int = 1_024) {
        self.descriptor = descriptor
        waiting = ByteBuffer(capacity: capacity)
    }

    public static func standardOutput() -> TextOutput { TextOutput(descriptor: 1) }
    public static func standardError() -> TextOutput { TextOutput(descriptor: 2) }

    /// Writes what has gathered; a line end does so by itself.
    public mutating func flush() {
        let result = TextOutput.write(waiting.span, to: descriptor)
        if status == 0 { status = result }
        waiting.removeAll()
    }

    @discardableResult
    private static func write(_ bytes: Span<UInt8>, to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBufferPointer { bytes in
            var written = 0
            while written < bytes.count {
                let count = warden_write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                guard count >= 0 else { return Int32(count) }
                written += Int(count)
            }
            return 0
        }
    }
}

extension TextOutput: ByteSink {
    public var count: Int { waiting.count }
    public var overflowed: Bool { status != 0 }

    public mutating func append(_ byte: UInt8) {
        if waiting.room == 0 { flush() }
        waiting.append(byte)
        if byte == UInt8(ascii: "\n") { flush() }
    }

    public mutating func append(_ text: CText) { text.append(to: &self) }
}
