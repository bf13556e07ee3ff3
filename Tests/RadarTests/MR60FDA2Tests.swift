import FixedMemory
import HardwareInterface
import Testing

@testable import Drivers

/// A module on a port with virtual time, that keeps what the driver tells.
final class RadarBench {
    var radar = MR60FDA2()
    var output = RadarOutput()
    var now: Instant = .start
    var told: [RadarReading] = []
    var sent: [[UInt8]] = []

    init() {
        radar.portOpened(at: now, into: &output)
        collect()
        told.removeAll()
    }

    func collect() {
        for index in output.readings.indices { told.append(output.readings[index]) }
        let bytes = (0..<output.transmit.count).map { output.transmit[$0] }
        if !bytes.isEmpty { sent.append(bytes) }
        output.removeAll()
    }

    func receive(_ bytes: [UInt8]) {
        radar.receive(bytes.span, at: now, into: &output)
        collect()
    }

    func pass(_ interval: Interval) {
        let end = now + interval
        while radar.deadline <= end {
            now = max(now, radar.deadline)
            radar.poll(at: now, into: &output)
            collect()
        }
        now = end
    }

    func values(_ channel: RadarChannel) -> [Int32] {
        told.filter { $0.channel == channel && $0.reading.quality == .good }.map(\.reading.value)
    }
}

/// A frame as the module sends it, by the published rule for its checks.
func frame(_ type: UInt16, _ data: [UInt8], number: UInt16 = 0) -> [UInt8] {
    var head: [UInt8] = [
        0x01, UInt8(number >> 8), UInt8(number & 255), UInt8(data.count >> 8), UInt8(data.count & 255),
        UInt8(type >> 8), UInt8(type & 255),
    ]
    head.append(~head.reduce(0, ^))
    return data.isEmpty ? head : head + data + [~data.reduce(0, ^)]
}

@Suite("MR60FDA2 radar")
struct MR60FDA2Tests {
    /// The commands and heads that the ESPHome component sends, check bytes included.
    @Test(
        "Checks agree with frames in the field",
        arguments: [
            ([0x01, 0x00, 0x00, 0x00, 0x00, 0x0E, 0x06, 0xF6], 0x0E06, 0),
            ([0x01, 0x00, 0x00, 0x00, 0x00, 0x21, 0x10, 0xCF], 0x2110, 0),
            ([0x01, 0x00, 0x00, 0x00, 0x04, 0x0E, 0x04, 0xF0], 0x0E04, 4),
            ([0x01, 0x00, 0x00, 0x00, 0x04, 0x0E, 0x08, 0xFC], 0x0E08, 4),
            ([0x01, 0x00, 0x00, 0x00, 0x04, 0x0E, 0x0A, 0xFE], 0x0E0A, 4),
        ] as [([UInt8], UInt16, Int)])
    func knownFrames(head: [UInt8], type: UInt16, length: Int) {
        #expect(Array(frame(type, [UInt8](repeating: 0, count: length)).prefix(8)) == head)
    }

    @Test("It asks for its parameters at once, and again after silence")
    func asks() {
        let bench = RadarBench()
        #expect(bench.sent == [[0x01, 0x00, 0x00, 0x00, 0x00, 0x0E, 0x06, 0xF6]])
        bench.pass(.seconds(11))
        #expect(bench.sent.count == 3)
    }

    @Test("Fall and presence are told as they come, in any pieces", arguments: [1, 2, 3, 7, 100])
    func levels(piece: Int) {
        let bench = RadarBench()
        let bytes = frame(0x0F09, [1]) + frame(0x0E02, [1], number: 77) + frame(0x0E02, [0])
        for begin in stride(from: 0, to: bytes.count, by: piece) {
            bench.receive(Array(bytes[begin..<min(begin + piece, bytes.count)]))
        }
        #expect(bench.values(.fall) == [1, 0])
        #expect(bench.values(.presence).last == 1)
        #expect(bench.radar.discardedBytes == 0)
    }

    @Test("Parameters are read as floats and a whole number")
    func parameters() {
        let bench = RadarBench()
        // 2.2 m, 0.6 m, 3.
        bench.receive(frame(0x0E06, [0xCD, 0xCC, 0x0C, 0x40, 0x9A, 0x99, 0x19, 0x3F, 3, 0, 0, 0]))
        #expect(
            bench.radar.parameters == MR60FDA2.Parameters(mountingHeight: 2_200, fallThreshold: 600, sensitivity: 3))
    }

    @Test("A flipped bit anywhere in a frame never makes a fall, and the next frame is read")
    func damage() {
        let good = frame(0x0E02, [1])
        for bit in 0..<(good.count * 8) {
            let bench = RadarBench()
            var bad = good
            bad[bit / 8] ^= 1 << UInt8(bit % 8)
            bench.receive(bad)
            #expect(bench.values(.fall).isEmpty, "bit \(bit)")
            // A head that fits by chance may swallow what follows up to its length; three more are enough.
            for _ in 0..<3 { bench.receive(frame(0x0E02, [0])) }
            #expect(bench.values(.fall).last == 0, "bit \(bit)")
        }
    }

    @Test("Garbage before a frame, and a frame cut short, cost only themselves")
    func garbage() {
        let bench = RadarBench()
        bench.receive([0x00, 0xFF, 0x01, 0x01, 0x01, 0x55, 0x01])
        bench.receive(Array(frame(0x0E02, [1]).dropLast(3)))
        bench.receive(frame(0x0E02, [0]))
        bench.receive(frame(0x0E02, [1]))
        #expect(bench.values(.fall).last == 1)
    }

    @Test("A point cloud is skipped by its length, whatever its bytes look like")
    func pointCloud() {
        let bench = RadarBench()
        let inside = frame(0x0E02, [1])
        bench.receive(frame(0x0A08, Array((0..<40).flatMap { _ in inside })))
        #expect(bench.values(.fall).isEmpty)
        bench.receive(frame(0x0E02, [0]))
        #expect(bench.values(.fall) == [0])
    }

    @Test("A module that falls silent is missing, and back with its first frame")
    func silence() {
        let bench = RadarBench()
        bench.receive(frame(0x0E02, [0]))
        bench.pass(.seconds(14))
        #expect(bench.told.allSatisfy { $0.reading.quality == .good })
        bench.pass(.seconds(1))
        #expect(bench.told.suffix(2).map(\.reading.quality) == [.missing, .missing])
        bench.receive(frame(0x0E02, [1]))
        #expect(bench.told.last == RadarReading(.fall, Reading(value: 1, quality: .good, at: bench.now)))
    }

    @Test("A level that does not change is told again while the module lives, so that it does not grow stale")
    func livingLevel() {
        let bench = RadarBench()
        bench.receive(frame(0x0E02, [1]))
        bench.told.removeAll()
        bench.pass(.seconds(5))
        bench.receive(frame(0x0E06, [UInt8](repeating: 0, count: 12)))
        #expect(bench.values(.fall) == [1])
    }

    @Test("Random bytes never trap and never make a fall", arguments: [1, 2, 3, 4] as [UInt64])
    func noise(seed: UInt64) {
        let bench = RadarBench()
        var state = seed
        for _ in 0..<2_000 {
            let bytes = (0..<64).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            bench.receive(bytes)
        }
        #expect(bench.values(.fall).isEmpty)
    }
}
