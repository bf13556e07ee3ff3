import FixedMemory
import HardwareInterface

/// What the board was told of the world, in a ring of bytes in memory: the last minutes before something that nobody
/// understands, on a board whose medium has no room for a recording.
///
/// A record is its length (one byte, itself included), its kind (one byte), the moment in microseconds since start
/// (seven bytes) and what `append` says of the kind; numbers are little endian. What readers, consoles and links sent is
/// told by its length alone: cards, PINs and keys are never recorded.
struct FlightRecorder: ~Copyable {
    /// Bytes of readings that a record keeps.
    private static var readingLimit: Int { 32 }
    private static var headerLength: Int { 9 }
    private static var recordLimit: Int { headerLength + 8 + readingLimit }

    private var ring: FixedArray<UInt8>
    /// The number of the oldest byte that is kept, where a record begins, and of the next one to come, since start.
    private(set) var first: UInt64 = 0
    private(set) var end: UInt64 = 0
    /// Where in the ring these two lie.
    private var firstPlace = 0
    private var endPlace = 0

    /// - Parameter capacity: bytes, enough for a few records.
    init(capacity: Int) {
        precondition(capacity >= 4 * FlightRecorder.recordLimit, "a recorder holds a few records")
        ring = FixedArray(repeating: 0, count: capacity)
    }

    /// Bytes from an offset on, at most as many as `sink` has room for; from the oldest on where older ones are asked for.
    ///
    /// - Returns: the offset of the first byte.
    func copy<let capacity: Int>(from offset: UInt64, into bytes: inout FixedBytes<capacity>) -> UInt64 {
        let start = max(first, offset)
        var next = start
        var place = firstPlace + Int(start - first)
        if place >= ring.count { place -= ring.count }
        while next < end, bytes.count < capacity {
            bytes.append(ring[place])
            next += 1
            place = place + 1 == ring.count ? 0 : place + 1
        }
        return start
    }

    // MARK: Recording

    /// Records an input.
    mutating func record(_ input: borrowing Input) {
        var body = FixedBytes<64>()
        switch input.event {
        case .lineChanged(let line, let isActive):
            put(.line, input.at, line.value, isActive ? 1 : 0, body)
        case .lineAvailability(let line, let isAvailable):
            put(.lineAvailability, input.at, line.value, isAvailable ? 1 : 0, body)
        case .busCompleted(let bus, let tag, let outcome):
            body.append(UInt8(truncatingIfNeeded: input.bytes.count))
            body.appendLittleEndian(tag)
            for index in 0..<min(input.bytes.count, FlightRecorder.readingLimit) { body.append(input.bytes[index]) }
            put(.bus, input.at, UInt16(bus.value), outcome.rawValue, body)
        case .bytesReceived(let stream):
            put(.bytes, input.at, stream.value, UInt8(clamping: input.bytes.count - 1), body)
        case .streamOpened(let stream, _): put(.streamOpened, input.at, stream.value, 0, body)
        case .streamClosed(let stream): put(.streamClosed, input.at, stream.value, 0, body)
        case .wallClockChanged(let clock):
            body.appendLittleEndian(UInt64(bitPattern: clock.unixMilliseconds))
            put(.clock, input.at, 0, clock.trust.rawValue, body)
        case .mediumCompleted, .storeCompleted, .secretChecked: break
        }
    }

    /// Kinds of records; the numbers never change their meaning.
    enum Kind: UInt8, BitwiseCopyable {
        /// A line's place, and 1 for active.
        case line = 1
        /// A line's place, and 1 for one that can be read or driven again.
        case lineAvailability = 2
        /// A bus's place, the outcome, how many bytes were read, the request's tag, and the first 32 of the bytes.
        case bus = 3
        /// A stream's place, and how many bytes came, less one.
        case bytes = 4
        case streamOpened = 5
        case streamClosed = 6
        /// 0, the trust, and milliseconds since 1970.
        case clock = 7
    }

    private mutating func put(
        _ kind: Kind, _ instant: Instant, _ place: UInt16, _ value: UInt8, _ body: FixedBytes<64>
    ) {
        let length = FlightRecorder.headerLength + 3 + body.count
        while UInt64(ring.count) - (end - first) < UInt64(length) {
            let oldest = Int(ring[firstPlace])
            first += UInt64(oldest)
            firstPlace = firstPlace + oldest < ring.count ? firstPlace + oldest : firstPlace + oldest - ring.count
        }
        put(UInt8(length))
        put(kind.rawValue)
        let microseconds = UInt64(max(0, instant.nanoseconds)) / 1_000
        for byte in 0..<7 { put(UInt8(truncatingIfNeeded: microseconds >> UInt64(8 * byte))) }
        put(UInt8(truncatingIfNeeded: place))
        put(UInt8(truncatingIfNeeded: place >> 8))
        put(value)
        for index in 0..<body.count { put(body[index]) }
    }

    private mutating func put(_ byte: UInt8) {
        ring[endPlace] = byte
        endPlace = endPlace + 1 == ring.count ? 0 : endPlace + 1
        end += 1
    }
}
