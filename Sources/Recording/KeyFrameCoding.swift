import FixedMemory

/// How the bytes of a key frame are written into records: most of a quiet board's state is zero, and zeros are counted.
///
/// A slice is where its bytes begin in the whole (base 128), then by turns how many bytes follow and those, and how many zeros
/// stand behind them, until the record ends.
public enum KeyFrameCoding {
    /// Zeros that are not worth being counted.
    private static var shortestRun: Int { 4 }
    /// Bytes that the start of a slice and one more count take at the most.
    private static var reserve: Int { 10 }

    /// Writes as much as fits.
    ///
    /// - Parameters:
    ///   - whole: all bytes of the key frame.
    ///   - position: where to go on; moved behind what was written.
    ///   - limit: bytes that the slice may have, at least 64.
    public static func encode<Sink: ByteSink & ~Copyable>(
        _ whole: Span<UInt8>, from position: inout Int, limit: Int, into sink: inout Sink
    ) {
        precondition(limit >= 64, "a slice has room for its counts")
        let start = sink.count
        sink.appendVarint(UInt64(position))
        while position < whole.count {
            let room = limit - (sink.count - start) - reserve
            guard room > 0 else { return }
            let literals = min(room, lengthOfLiterals(whole, from: position))
            sink.appendVarint(UInt64(literals))
            sink.append(whole.extracting(position..<position + literals))
            position += literals
            let zeros = lengthOfZeros(whole, from: position)
            sink.appendVarint(UInt64(zeros))
            position += zeros
        }
    }

    private static func lengthOfZeros(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] == 0 { end += 1 }
        return end - start
    }

    private static func lengthOfLiterals(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < bytes.count {
            if bytes[end] == 0 {
                let zeros = lengthOfZeros(bytes, from: end)
                if zeros >= shortestRun || end + zeros == bytes.count { break }
                end += zeros
            } else {
                end += 1
            }
        }
        return end - start
    }

    /// Adds what a slice says to the bytes of the slices before it.
    ///
    /// - Returns: `false` if it does not follow on them, has no room, or is no slice.
    public static func decode(_ slice: Span<UInt8>, into whole: inout ByteBuffer) -> Bool {
        var reader = ByteReader(slice)
        do throws(ByteReader.Truncated) {
            guard try reader.variableLength() == UInt64(whole.count) else { return false }
            while !reader.isAtEnd {
                let literals = try reader.variableLength()
                guard literals <= UInt64(whole.room) else { return false }
                whole.append(try reader.bytes(Int(literals)))
                let zeros = try reader.variableLength()
                guard zeros <= UInt64(whole.room) else { return false }
                for _ in 0..<zeros { whole.append(0) }
            }
        } catch {
            return false
        }
        return true
    }
}
