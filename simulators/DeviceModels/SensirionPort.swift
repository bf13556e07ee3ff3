import FixedMemory
import HardwareInterface

/// The bus side that Sensirion's chips share: a command leaves an answer of words with checksums, which can be read once it
/// is ready; until then, and where there is none, the chip does not acknowledge.
struct SensirionPort: Sendable, BitwiseCopyable {
    private var answer = FixedBytes<18>()
    private var readyAt = Instant.never

    /// Forgets an answer that was not fetched.
    mutating func clear() {
        answer.removeAll()
        readyAt = .never
    }

    /// Begins a new answer that is ready at `instant`.
    mutating func begin(readyAt instant: Instant) {
        answer.removeAll()
        readyAt = instant
    }

    mutating func append(_ word: UInt16) {
        var bytes = FixedBytes<2>()
        bytes.appendBigEndian(word)
        answer.append(bytes.span)
        answer.append(Checksum.crc8Sensirion(bytes.span))
    }

    /// Hands out `count` bytes; the host may stop early. The answer is gone then.
    mutating func read<Sink: ByteSink & ~Copyable>(
        _ count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        guard !answer.isEmpty, readyAt <= now else { return .notAcknowledged }
        for index in 0..<count { sink.append(index < answer.count ? answer[index] : 0xFF) }
        clear()
        return .done
    }

    /// The 16-bit command at the start of what was written.
    static func command(_ write: Span<UInt8>) -> UInt16? {
        write.count >= 2 ? UInt16(write[0]) << 8 | UInt16(write[1]) : nil
    }

    /// The word argument at place `index` behind the command; `nil` if it is not there or its checksum is wrong.
    static func argument(_ index: Int, of write: Span<UInt8>) -> UInt16? {
        let start = 2 + 3 * index
        guard write.count >= start + 3,
            Checksum.crc8Sensirion(write.extracting(start..<(start + 2))) == write[start + 2]
        else { return nil }
        return UInt16(write[start]) << 8 | UInt16(write[start + 1])
    }

    /// Ticks of a temperature: −45 + 175 · ticks / 65535 °C.
    static func ticks(millidegrees: Int32, _ noise: Int32) -> UInt16 {
        UInt16(clamping: dividedRounding((Int64(millidegrees) + 45_000) * 65_535, by: 175_000) + Int64(noise))
    }

    /// Ticks of a relative humidity: 100 · ticks / 65535 %.
    static func ticks(millipercent: Int32, _ noise: Int32) -> UInt16 {
        UInt16(clamping: dividedRounding(Int64(millipercent) * 65_535, by: 100_000) + Int64(noise))
    }
}
