import Cryptography
import FixedMemory
import WardenMessages

/// Seals what one side sends. Each message has a counter, which is said with it, so that a message that was lost on a
/// noisy line does not end the session.
///
/// After every 2^`epochBits` messages both sides go on to the next key (Noise specification, revision 34, section 11.3),
/// so that a key that is found out later tells little of what was said before.
public struct SealingKey: ~Copyable {
    /// Messages under one key, as a power of two.
    static var epochBits: UInt64 { 16 }
    /// Messages of one session and direction; their counters are said with 32 bits.
    static var limit: UInt64 { 0xFFFF_FFFF }

    private var key: CipherKey
    /// Counter of the next message.
    public private(set) var next: UInt64

    /// - Parameter next: counter of the next message.
    public init(_ key: CipherKey, next: UInt64 = 0) {
        self.key = key
        self.next = next
    }

    var isExhausted: Bool { next >= SealingKey.limit }

    /// Seals the message in the buffer and puts its counter in front: the payload of a sealed frame.
    ///
    /// - Parameters:
    ///   - message: the counter's four bytes, which are overwritten, the message, and room for the tag.
    ///   - header: the frame's header, which is authenticated with it.
    /// - Returns: `false` if the session's counters are used up.
    public mutating func seal(_ message: inout ByteBuffer, header: UInt8) -> Bool {
        guard !isExhausted else { return false }
        if next != 0 && next & ((1 << SealingKey.epochBits) - 1) == 0 { key = key.rekeyed }
        let associated: InlineArray<1, UInt8> = [header]
        for byte in 0..<4 { message[byte] = UInt8(truncatingIfNeeded: next >> UInt64(8 * byte)) }
        var sealed = message.mutableSpan(4..<message.count)
        key.seal(&sealed, counter: next, associated: associated.span)
        next += 1
        return true
    }
}

/// Opens what the other side sends.
///
/// The transports keep the order, so a counter that is not above the last one is a replay, or a message that somebody
/// put elsewhere; a counter that leaves some out tells of messages that were lost.
public struct OpeningKey: ~Copyable {
    public enum Failure: Error, Equatable {
        /// The counter is not above that of the last message.
        case replayed
        /// Not sealed with this session's key, or changed since.
        case notAuthentic
    }

    private var key: CipherKey
    /// The lowest counter that is taken.
    public private(set) var next: UInt64
    /// Messages that never came.
    public private(set) var lost: UInt64 = 0

    /// - Parameter next: counter of the next message.
    public init(_ key: CipherKey, next: UInt64 = 0) {
        self.key = key
        self.next = next
    }

    /// Opens the payload of a sealed frame. A failure changes nothing.
    ///
    /// - Parameter message: holds the message afterwards.
    public mutating func open(_ payload: Span<UInt8>, header: UInt8, into message: inout ByteBuffer) throws(Failure) {
        guard payload.count >= 4 + CipherKey.tagLength else { throw .notAuthentic }
        var counter: UInt64 = 0
        for byte in 0..<4 { counter |= UInt64(payload[byte]) << UInt64(8 * byte) }
        guard counter >= next else { throw .replayed }
        // One change of key may be lost with the message that made it; more of them is no noise.
        var key = key
        let epoch = next == 0 ? 0 : (next - 1) >> SealingKey.epochBits
        switch (counter >> SealingKey.epochBits) - epoch {
        case 0: break
        case 1: key = key.rekeyed
        default: throw .notAuthentic
        }
        message.removeAll()
        message.appendFilling { free in
            payload.withUnsafeBufferPointer { payload in
                guard payload.count - 4 <= free.count else { return 0 }
                // In one go: copying elements is a call for each in a build for size.
                UnsafeMutableRawPointer(free.baseAddress!).copyMemory(
                    from: payload.baseAddress! + 4, byteCount: payload.count - 4)
                return payload.count - 4
            }
        }
        guard message.count == payload.count - 4 else { throw .notAuthentic }
        let associated: InlineArray<1, UInt8> = [header]
        var sealed = message.mutableSpan(0..<message.count)
        guard key.open(&sealed, counter: counter, associated: associated.span) else { throw .notAuthentic }
        message.truncate(to: payload.count - 4 - CipherKey.tagLength)
        self.key = key
        lost += counter - next
        next = counter + 1
    }
}

extension SealingKey {
    /// Puts a message into a sealed frame.
    ///
    /// - Parameter scratch: room for a frame's payload.
    /// - Returns: `false` if the message is too long, the outbox has no room, or the counters are used up.
    mutating func append(
        _ message: some Message, to outbox: inout FrameOutbox, scratch: inout ByteBuffer
    ) -> Bool {
        scratch.removeAll()
        for _ in 0..<4 { scratch.append(0) }
        message.encode(into: &scratch)
        for _ in 0..<CipherKey.tagLength { scratch.append(0) }
        guard !scratch.overflowed, seal(&scratch, header: Frame.header(.sealed)) else { return false }
        return outbox.put(.sealed, scratch)
    }
}
