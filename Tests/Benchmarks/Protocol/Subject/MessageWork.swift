import CLinuxHardware
import FixedMemory
import WardenLink
import WardenMessages

/// A message of the benchmark with the values that every peer has.
protocol Sample: Message {
    static func sample(_ number: Int) -> Self
    var unixMs: UInt64 { get }
}

extension EnvironmentSample: Sample {
    static func sample(_ number: Int) -> EnvironmentSample {
        EnvironmentSample(
            unixMs: 1_763_791_200_000 + UInt64(number), temperature: 21_480, humidity: 45_200, pressure: 101_325,
            carbonDioxide: 612, particulateMatter: 8)
    }
}

extension AccessSample: Sample {
    static func sample(_ number: Int) -> AccessSample {
        AccessSample(
            unixMs: 1_763_791_200_000 + UInt64(number), door: 2, credentialTag: 0x9A3C_5E7F_1234_5678, decision: 1)
    }
}

enum MessageWork {
    /// Encodes, frames and checksums.
    static func encode<Kind: Sample>(_: Kind.Type, _ count: Int) -> Outcome {
        var outbox = FrameOutbox(capacity: LinkLimits.outbox)
        return measure {
            var result: UInt64 = 0
            var bytes = 0
            for number in 0..<count {
                outbox.removeAll()
                outbox.begin(.plain)
                outbox.append(Kind.sample(number))
                guard outbox.finish() else { return (0, 0) }
                bytes = outbox.waiting
                result &+= UInt64(bytes)
            }
            return (bytes, result)
        }
    }

    /// Finds the frame, checks it and decodes its message.
    static func decode<Kind: Sample>(_: Kind.Type, _ count: Int) -> Outcome {
        var outbox = FrameOutbox(capacity: LinkLimits.outbox)
        outbox.begin(.plain)
        outbox.append(Kind.sample(0))
        guard outbox.finish() else { return Outcome(nanoseconds: 0, bytes: 0, result: 0) }
        var reader = FrameReader()
        return measure {
            var result: UInt64 = 0
            for _ in 0..<count {
                var position = 0
                guard reader.next(in: outbox.span, from: &position) == .plain else { return (0, 0) }
                do throws(MessageError) {
                    result &+= try Kind(decoding: reader.payload).unixMs
                } catch { return (0, 0) }
            }
            return (outbox.waiting, result)
        }
    }
}
