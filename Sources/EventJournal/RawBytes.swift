// Integers in the byte order of the journal's records: little endian, at any alignment.

extension UnsafeRawPointer {
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
            start: (self + range.lowerBound).assumingMemoryBound(to: UInt8.self), count: range.count)
    }
}

extension UnsafeMutableRawPointer {
    func setInteger<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    func copy(_ bytes: Span<UInt8>, at offset: Int) {
        bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            (self + offset).copyMemory(from: start, byteCount: source.count)
        }
    }

    func clear(_ range: Range<Int>) {
        (self + range.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
    }
}
