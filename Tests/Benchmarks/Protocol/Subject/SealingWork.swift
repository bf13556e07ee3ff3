import Cryptography
import FixedMemory
import WardenLink

/// Sealed messages as sessions have them: key schedule, counter and header included.
enum SealingWork {
    private static func key() -> CipherKey {
        var bytes = ByteBuffer(capacity: 32)
        for _ in 0..<32 { bytes.append(7) }
        guard let key = CipherKey(bytes.span) else { preconditionFailure("a key has thirty-two bytes") }
        return key
    }

    private static func fill(_ message: inout ByteBuffer, _ bytes: Int) {
        message.removeAll()
        for _ in 0..<(4 + bytes + CipherKey.tagLength) { message.append(0) }
    }

    static func seal(_ count: Int, bytes: Int) -> Outcome {
        var sealing = SealingKey(key())
        var message = ByteBuffer(capacity: Frame.payloadLimit)
        fill(&message, bytes)
        return measure {
            var result: UInt64 = 0
            for _ in 0..<count {
                guard sealing.seal(&message, header: Frame.header(.sealed)) else { return (0, 0) }
                result &+= UInt64(message[4])
            }
            return (message.count, result)
        }
    }

    /// Opens messages with rising counters, which are sealed beforehand a few at a time.
    static func open(_ count: Int, bytes: Int) -> Outcome {
        let key = key()
        var sealing = SealingKey(key)
        var message = ByteBuffer(capacity: Frame.payloadLimit)
        fill(&message, bytes)
        guard sealing.seal(&message, header: Frame.header(.sealed)) else {
            return Outcome(nanoseconds: 0, bytes: 0, result: 0)
        }
        var opened = ByteBuffer(capacity: Frame.payloadLimit)
        return measure {
            var result: UInt64 = 0
            for _ in 0..<count {
                // The same message to a receiver that has not had it.
                var opening = OpeningKey(key)
                do throws(OpeningKey.Failure) {
                    try opening.open(message.span, header: Frame.header(.sealed), into: &opened)
                } catch { return (0, 0) }
                result &+= UInt64(opened.count)
            }
            return (message.count, result)
        }
    }
}
