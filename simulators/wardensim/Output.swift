import CSimulator
import FixedMemory
import Simulation

/// A file or screen that whole lines are written to, through a buffer of fixed size.
struct Output: ~Copyable {
    private let descriptor: Int32
    private var buffer = ByteBuffer(capacity: 16_384)
    /// The first error of the operating system, negative; 0 while there is none.
    private(set) var error: Int32 = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    mutating func write(_ text: StaticString) {
        makeRoom(for: text.utf8CodeUnitCount)
        buffer.append(text)
    }

    mutating func write(_ bytes: Span<UInt8>) {
        var start = 0
        while start < bytes.count {
            makeRoom(for: 1)
            let end = min(bytes.count, start + buffer.room)
            buffer.append(bytes.extracting(start..<end))
            start = end
        }
    }

    mutating func write(_ text: UnsafePointer<CChar>) {
        var index = 0
        while text[index] != 0 {
            makeRoom(for: 1)
            buffer.append(UInt8(bitPattern: text[index]))
            index += 1
        }
    }

    mutating func writeByte(_ byte: UInt8) {
        makeRoom(for: 1)
        buffer.append(byte)
    }

    mutating func writeDecimal(_ value: Int64) {
        makeRoom(for: 20)
        buffer.appendDecimal(value)
    }

    /// Hands everything to the operating system.
    mutating func flush() {
        guard buffer.count > 0 else { return }
        let result = buffer.span.withUnsafeBufferPointer { simulator_write(descriptor, $0.baseAddress!, $0.count) }
        if error == 0 { error = result }
        buffer.removeAll()
    }

    private mutating func makeRoom(for count: Int) {
        if buffer.room < count { flush() }
    }
}
