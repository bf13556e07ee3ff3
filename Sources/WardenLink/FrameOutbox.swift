import FixedMemory

/// Frames on their way to a peer: a bounded queue of bytes that frames are written into directly.
///
/// A frame is begun, its payload appended like to any sink, and ended; stuffing and checksum happen on the way. One that
/// does not fit leaves the queue as it was.
public struct FrameOutbox: ~Copyable {
    private let base: UnsafeMutablePointer<UInt8>
    /// Bytes that fit.
    public let capacity: Int
    /// Bytes of whole frames that wait.
    public private(set) var waiting: Int
    /// The largest `waiting` since construction.
    public private(set) var highWater: Int
    /// Frames written since construction.
    public private(set) var frames: UInt64
    public private(set) var overflowed: Bool
    /// End of what was written of the frame.
    private var end: Int
    /// Where the code byte of the current block goes.
    private var code: Int
    private var checksum: UInt32
    /// The block before the current one was as long as a block can be.
    private var followsFullBlock: Bool

    /// - Parameter capacity: bytes, at least those of one frame.
    public init(capacity: Int) {
        precondition(capacity >= Frame.encodedLimit, "an outbox holds at least one frame")
        base = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        base.initialize(repeating: 0, count: capacity)
        self.capacity = capacity
        waiting = 0
        highWater = 0
        frames = 0
        overflowed = false
        end = 0
        code = 0
        checksum = 0
        followsFullBlock = false
    }

    deinit { base.deallocate() }

    /// Bytes of whole frames, oldest first.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: base, count: waiting)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    public var isEmpty: Bool { waiting == 0 }

    /// Bytes of the whole frames that lie within the first `limit` bytes.
    func wholeFrames(within limit: Int) -> Int {
        var end = min(limit, waiting)
        while end > 0 && base[end - 1] != 0 { end -= 1 }
        return end
    }

    /// Whether a frame of any size fits.
    public var hasRoomForFrame: Bool { capacity - waiting >= Frame.encodedLimit }

    /// Forgets everything that waits.
    public mutating func removeAll() { waiting = 0 }

    /// Gives up the first `count` bytes: they have been sent. Traps if there are fewer.
    public mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= waiting, "cannot remove more than there is")
        // In one go: moving elements is a call for each in a build for size.
        UnsafeMutableRawPointer(base).copyMemory(from: base + count, byteCount: waiting - count)
        waiting -= count
    }

    /// Begins a frame. What was begun before and not ended is lost.
    public mutating func begin(_ kind: Frame.Kind) {
        overflowed = waiting >= capacity
        code = waiting
        end = waiting + 1
        checksum = 0
        followsFullBlock = false
        append(Frame.header(kind))
    }

    /// Ends the frame: checksum and delimiter.
    ///
    /// - Returns: `false` if it did not fit; the queue is then as before `begin`.
    public mutating func finish() -> Bool {
        let checksum = checksum
        for byte in 0..<4 { stuff(UInt8(truncatingIfNeeded: checksum >> UInt32(8 * byte))) }
        // The code byte of an empty block behind a full one says nothing.
        if followsFullBlock && end == code + 1 { end = code } else if !overflowed { base[code] = UInt8(end - code) }
        guard !overflowed, end < capacity else { return false }
        base[end] = 0
        waiting = end + 1
        highWater = max(highWater, waiting)
        frames &+= 1
        return true
    }

    /// Adds a whole frame.
    ///
    /// - Returns: `false` if it does not fit; the queue is then as before.
    mutating func put(_ kind: Frame.Kind, _ payload: borrowing ByteBuffer) -> Bool {
        begin(kind)
        append(payload.span)
        return finish()
    }

    /// Adds a delimiter, which ends whatever the peer takes for the beginning of a frame.
    mutating func delimit() {
        guard waiting < capacity else { return }
        base[waiting] = 0
        waiting += 1
    }

    private mutating func stuff(_ byte: UInt8) {
        // Room for the byte, and for a code byte that may follow it.
        guard end + 1 < capacity else {
            overflowed = true
            return
        }
        if byte == 0 {
            base[code] = UInt8(end - code)
            code = end
            end += 1
            followsFullBlock = false
        } else {
            base[end] = byte
            end += 1
            if end - code == 0xFF {
                base[code] = 0xFF
                code = end
                end += 1
                followsFullBlock = true
            }
        }
    }
}

extension FrameOutbox: ByteSink {
    /// Bytes of the payload and header so far, stuffing included.
    public var count: Int { end - waiting }

    public mutating func append(_ byte: UInt8) {
        checksum = Checksum.crc32c(byte, continuing: checksum)
        stuff(byte)
    }
}
