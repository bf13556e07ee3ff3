import FixedMemory

/// Finds the frames in a stream of bytes, whatever else is in it.
///
/// Takes bytes as they come, in pieces of any size. Bytes that make no frame are dropped up to the next delimiter and
/// counted; nothing else follows from them.
public struct FrameReader: ~Copyable {
    /// Sound frames, and what was dropped for each reason.
    public struct Counters: Equatable, Sendable, BitwiseCopyable {
        public var sound: UInt64
        /// Stuffing, length or checksum is wrong.
        public var corrupt: UInt64
        /// More bytes than a frame has.
        public var oversized: UInt64
        /// A sound checksum under another version, or a kind that is not known.
        public var foreign: UInt64

        public init(sound: UInt64 = 0, corrupt: UInt64 = 0, oversized: UInt64 = 0, foreign: UInt64 = 0) {
            self.sound = sound
            self.corrupt = corrupt
            self.oversized = oversized
            self.foreign = foreign
        }

        /// Adds what came between two moments.
        mutating func add(_ after: Counters, since before: Counters) {
            sound &+= after.sound &- before.sound
            corrupt &+= after.corrupt &- before.corrupt
            oversized &+= after.oversized &- before.oversized
            foreign &+= after.foreign &- before.foreign
        }
    }

    public private(set) var counters = Counters()
    private var body: ByteBuffer
    /// Bytes of the block that are still to come; 0 where the next byte is a code.
    private var blockRest: UInt8 = 0
    /// Whether a zero follows the block, unless the frame ends with it.
    private var zeroPending = false
    private var isOversized = false
    /// The frame in `body` has been handed out; the next byte starts another.
    private var isDelivered = false

    public init() { body = ByteBuffer(capacity: Frame.bodyLimit) }

    /// Forgets the frame that was coming in; the counters stay.
    public mutating func reset() {
        body.removeAll()
        blockRest = 0
        zeroPending = false
        isOversized = false
        isDelivered = false
    }

    /// Payload of the frame that `next` returned, until `next` is called again.
    public var payload: Span<UInt8> {
        @_lifetime(borrow self)
        get { body.span.extracting(1..<(body.count - 4)) }
    }

    /// Reads on until a frame is whole or the bytes end.
    ///
    /// - Parameters:
    ///   - bytes: what arrived.
    ///   - position: how far it has been read; moved on.
    /// - Returns: the kind of the next sound frame, whose content is `payload`; `nil` at the end of the bytes.
    public mutating func next(in bytes: Span<UInt8>, from position: inout Int) -> Frame.Kind? {
        if isDelivered { reset() }
        while position < bytes.count {
            if blockRest > 0 && !isOversized {
                blockRest -= UInt8(body.appendNonzero(bytes, from: &position, limit: Int(blockRest)))
                if position == bytes.count { break }
            }
            let byte = bytes[position]
            position += 1
            if byte == 0 {
                if let kind = delimiter() { return kind }
            } else if isOversized {
                continue
            } else if blockRest == 0 {
                if zeroPending { store(0) }
                blockRest = byte - 1
                zeroPending = byte != 0xFF
            } else {
                store(byte)
                blockRest -= 1
            }
        }
        return nil
    }

    private mutating func store(_ byte: UInt8) {
        body.append(byte)
        if body.overflowed { isOversized = true }
    }

    /// The end of a frame: its kind if it is sound.
    private mutating func delimiter() -> Frame.Kind? {
        let isEmpty = body.count == 0 && blockRest == 0 && !zeroPending
        guard !isEmpty || isOversized else { return nil }
        guard !isOversized else {
            counters.oversized &+= 1
            reset()
            return nil
        }
        let count = body.count
        guard blockRest == 0, count >= Frame.overhead, checksumHolds(count) else {
            counters.corrupt &+= 1
            reset()
            return nil
        }
        guard body[0] >> 4 == Frame.version, let kind = Frame.Kind(rawValue: body[0] & 0x0F) else {
            counters.foreign &+= 1
            reset()
            return nil
        }
        counters.sound &+= 1
        isDelivered = true
        return kind
    }

    private func checksumHolds(_ count: Int) -> Bool {
        let checksum = Checksum.crc32c(body.span.extracting(0..<(count - 4)))
        for byte in 0..<4 where body[count - 4 + byte] != UInt8(truncatingIfNeeded: checksum >> UInt32(8 * byte)) {
            return false
        }
        return true
    }
}
