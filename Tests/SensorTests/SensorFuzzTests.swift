import DeviceModels
import Drivers
import FixedMemory
import Foundation
import HardwareInterface
import Testing

/// Drivers fed with what no data sheet promises. Nothing may trap, loop or overrun; nothing broken may come out as good.
///
/// `WARDEN_FUZZ_ROUNDS` multiplies the rounds for a long run.
@Suite struct SensorFuzzTests {
    private static let rounds: Int = {
        ProcessInfo.processInfo.environment["WARDEN_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 1
    }()

    /// What every call must leave behind.
    private func expectSound(_ sensor: Sensor, _ output: borrowing SensorOutput, at now: Instant) {
        let readings = output.readingCount
        let samples = output.sampleCount
        #expect(readings <= SensorOutput.readingLimit)
        #expect(samples <= SensorOutput.sampleLimit)
        for index in 0..<readings {
            let entry = output.reading(index)
            let description = sensor.channel(entry.channel)
            if description == nil || entry.reading.at > now {
                Issue.record("channel \(entry.channel) at \(entry.reading.at.nanoseconds)")
            }
            if let description, entry.reading.quality == .good, !description.range.contains(entry.reading.value) {
                Issue.record("\(entry) is good and out of its range")
            }
        }
        for index in 0..<samples where output.sampleInstant(index) > now { Issue.record("a sample of the future") }
    }

    /// Random outcomes, random bytes of the right or the wrong length, lost, late and repeated completions, clocks that
    /// stand still or leap.
    @Test("nothing that a bus can say stops a driver", arguments: specimens)
    func randomAnswers(_ specimen: Specimen) {
        for seed in 1...UInt64(4 * Self.rounds) {
            var noise = Noise(seed: seed &* 0x9E37_79B9)
            var sensor = specimen.sensor()
            var output = SensorOutput()
            var now = Instant.start
            var goodReadings = 0
            for _ in 0..<6_000 {
                let choice = noise.next() >> 32
                // Mostly when it asks to be polled, sometimes earlier, sometimes much later.
                switch choice % 16 {
                case 0: now = now + Interval(nanoseconds: Int64(noise.next() % 5_000_000_000))
                case 1: break
                default: now = max(now, min(sensor.deadline, now + .hours(1)))
                }
                output.removeAll()
                let request = sensor.poll(at: now, into: &output)
                expectSound(sensor, output, at: now)
                if choice % 64 == 5 { sensor.restart() }
                guard let request else {
                    // Whoever polls when asked must get on.
                    if choice % 16 > 1, sensor.deadline <= now {
                        Issue.record("polled at its deadline, it stands still")
                    }
                    continue
                }
                now = now + Interval(nanoseconds: Int64(noise.next() % 3_000_000))
                complete(request, &sensor, &noise, &output, now, mendsChecksums: seed % 2 == 0)
                goodReadings += (0..<output.readingCount).count { output.reading($0).reading.quality == .good }
            }
            // A chip with an identity or a checksum never gets as far as a good value on random bytes.
            if !specimen.isUnguarded, seed % 2 == 1 { #expect(goodReadings == 0) }
        }
    }

    private func complete(
        _ request: BusRequest, _ sensor: inout Sensor, _ noise: inout Noise, _ output: inout SensorOutput,
        _ now: Instant, mendsChecksums: Bool
    ) {
        let choice = noise.next() >> 32
        let outcome: BusOutcome =
            choice % 8 == 0 ? BusOutcome(rawValue: UInt8(choice >> 8 & 0xFF) % 5) ?? .busError : .done
        var length = Int(request.readCount) * Int(request.repetitions)
        if choice % 32 == 9 { length = Int(noise.next() % 193) }
        let pattern = UInt8(truncatingIfNeeded: noise.next() >> 40)
        var bytes: [UInt8] = []
        for _ in 0..<length {
            bytes.append(choice % 4 == 1 ? pattern : UInt8(truncatingIfNeeded: noise.next() >> 40))
        }
        // Sometimes the checksums are right and only the contents are nonsense.
        if mendsChecksums, choice % 4 == 2 {
            for word in 0..<(length / 3) {
                bytes[3 * word + 2] = Checksum.crc8Sensirion(bytes.span.extracting((3 * word)..<(3 * word + 2)))
            }
        }
        output.removeAll()
        guard choice % 50 != 7 else { return }
        let tag = choice % 40 == 3 ? request.tag &+ UInt16(truncatingIfNeeded: noise.next()) : request.tag
        sensor.complete(outcome, tag: tag, bytes: bytes.span, at: now, into: &output)
        expectSound(sensor, output, at: now)
        guard choice % 30 == 4 else { return }
        let before = sensor.deadline
        output.removeAll()
        sensor.complete(outcome, tag: request.tag, bytes: bytes.span, at: now, into: &output)
        let ignored = output.isEmpty
        #expect(ignored && sensor.deadline == before, "the same completion counts twice")
    }

    /// A real device behind a bus that flips a bit now and then, loses completions and refuses; where the data carry a
    /// checksum every good reading is right.
    @Test("a noisy bus delays, and never falsifies what carries a checksum", arguments: specimens)
    func noisyBus(_ specimen: Specimen) {
        for seed in 1...UInt64(2 * Self.rounds) {
            let bench = specimen.bench()
            var noise = Noise(seed: seed)
            bench.tamper = { _, outcome, bytes in
                let choice = noise.next() >> 32
                switch choice % 24 {
                case 0: return (.notAcknowledged, [])
                case 1: return (.busError, [])
                case 2 where !bytes.isEmpty:
                    var bad = bytes
                    bad[Int(noise.next() >> 40) % bad.count] ^= 1 << UInt8(noise.next() >> 61)
                    return (outcome, bad)
                case 3 where choice % 240 == 3: return (.timedOut, [])
                default: return (outcome, bytes)
                }
            }
            bench.run(for: max(specimen.startsWithin * 4, bench.sensor.interval * 300))
            #expect(bench.readings.contains { $0.reading.quality != .good })
            guard specimen.guardsData else { continue }
            let wrong = bench.readings.first { entry in
                guard entry.reading.quality == .good else { return false }
                let expected = specimen.expected.first { $0.channel == entry.channel }
                return expected.map { abs(entry.reading.value - $0.value) > $0.tolerance } ?? true
            }
            #expect(wrong == nil)
            bench.tamper = nil
            bench.forget()
            bench.run(for: SupervisedSensor<ADS1115>.longestBackOff + specimen.startsWithin + bench.sensor.interval * 3)
            #expect(bench.sensor.health == .working)
        }
    }

    /// Every single-bit error in every answer of a whole start and some cycles.
    @Test("each single wrong bit of a checked answer is noticed", arguments: specimens.filter(\.guardsData))
    func everyBit(_ specimen: Specimen) {
        for bit in 0..<72 {
            let bench = specimen.bench()
            bench.tamper = { _, outcome, bytes in
                guard bytes.count * 8 > bit else { return (outcome, bytes) }
                var bad = bytes
                bad[bit / 8] ^= 0x80 >> UInt8(bit % 8)
                return (outcome, bad)
            }
            bench.run(for: specimen.startsWithin + bench.sensor.interval * 4)
            // A bit beyond an answer's end cannot be wrong; a start reads answers of every length.
            if bit < 24 { #expect(bench.qualities.isDisjoint(with: [.good]), "bit \(bit)") }
        }
    }

    @Test("device models survive any bytes at any time", arguments: specimens)
    func modelsSurvive(_ specimen: Specimen) {
        var device = specimen.device()
        var noise = Noise(seed: 77)
        var now = Instant.start
        for _ in 0..<20_000 * Self.rounds {
            let choice = noise.next() >> 32
            now =
                now
                + Interval(nanoseconds: Int64(choice % 64 == 0 ? noise.next() % 100_000_000_000 : choice % 4_000_000))
            var write = FixedBytes<16>()
            for _ in 0..<(noise.next() >> 60) { write.append(UInt8(truncatingIfNeeded: noise.next() >> 40)) }
            let count = Int(noise.next() >> 58)
            var sink = FixedBytes<64>()
            let outcome = device.transact(write: write.span, read: count, into: &sink, at: now)
            #expect(sink.count == (outcome == .done ? count : 0))
            if choice % 200 == 0 { device.powerOn(at: now) }
            if choice % 97 == 0 {
                let quantity = Quantity.allCases[Int(noise.next() >> 40) % Quantity.allCases.count]
                device.set(quantity, to: Int32(truncatingIfNeeded: noise.next() >> 30))
            }
            if choice % 301 == 0 { device.defects.conversionPercent = Int64(noise.next() % 400) }
        }
    }
}
