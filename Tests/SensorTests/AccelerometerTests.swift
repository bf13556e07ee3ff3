import FixedMemory
import Foundation
import HardwareInterface
import Testing

@testable import DeviceModels
@testable import Drivers

@Suite struct AccelerometerTests {
    /// A recording of a swing of two gravities, in which each sample differs from its neighbours.
    private func track(_ count: Int, _ interval: Interval) -> AccelerationTrack {
        let track = AccelerationTrack(capacity: count, interval: interval)
        for index in 0..<count {
            track.append(
                AccelerationCodes(
                    x: Int16(index * 32 % 1_024 - 512), y: Int16(-(index * 64) % 1_024), z: Int16(index % 16 * 32)))
        }
        return track
    }

    private func expectWhole(_ bench: SensorBench, _ track: AccelerationTrack, codesPerGravity: Int32) {
        func scaled(_ codes: AccelerationCodes) -> SensorOutput.AccelerationCodes {
            func one(_ code: Int16) -> Int16 { Int16(Int32(code) * codesPerGravity / 256) }
            return SensorOutput.AccelerationCodes(x: one(codes.x), y: one(codes.y), z: one(codes.z))
        }
        let start = bench.samples.indices.first { start in
            start + 20 <= bench.samples.count
                && (0..<20).allSatisfy { bench.samples[start + $0] == scaled(track.codes($0)) }
        }
        guard let start, start + track.count <= bench.samples.count else {
            Issue.record("the recording did not come through")
            return
        }
        for index in 0..<track.count { #expect(bench.samples[start + index] == scaled(track.codes(index))) }
        #expect(bench.lossesReported == 0)
        for (earlier, later) in zip(bench.sampleInstants, bench.sampleInstants.dropFirst()) { #expect(later > earlier) }
    }

    @Test(
        "every sample comes out of an LIS3DH once and in order", arguments: LIS3DH.Rate.allCases, LIS3DH.Range.allCases)
    func lis3dh(_ rate: LIS3DH.Rate, _ range: LIS3DH.Range) {
        let device = DeviceModel(address: 0x18, .lis3dh(LIS3DHModel()))
        let bench = SensorBench(Sensor(LIS3DH.Configuration(rate: rate, range: range)), device)
        bench.run(for: .seconds(1))
        bench.forget()
        // Multiples of 32/256 g are whole in thousandths, but not in steps of 12.
        guard range != .gravities16, range != .gravities2 else {
            bench.run(for: .seconds(2))
            #expect(abs(bench.samples.count - Int(rate.hertz) * 2) <= 32)
            return
        }
        let track = track(400, rate.sampleInterval)
        bench.device.play(track, from: bench.now + .milliseconds(300))
        bench.run(for: rate.sampleInterval * 400 + .seconds(1))
        // Codes are thousandths there, rounded to the 2 or 4 mg of the range.
        let coarse = AccelerationTrack(capacity: 400, interval: rate.sampleInterval)
        let step: Int32 = range == .gravities4 ? 2 : 4
        for index in 0..<400 {
            func one(_ code: Int16) -> Int16 {
                let thousandths = Int32(code) * 125 / 32
                let half = thousandths >= 0 ? step / 2 : -step / 2
                return Int16((thousandths + half) / step * step)
            }
            let codes = track.codes(index)
            coarse.append(AccelerationCodes(x: one(codes.x), y: one(codes.y), z: one(codes.z)))
        }
        expectWhole(bench, coarse, codesPerGravity: 256)
    }

    @Test("every sample comes out of an MPU-6050 once and in order", arguments: MPU6050.Rate.allCases)
    func mpu6050(_ rate: MPU6050.Rate) {
        let device = DeviceModel(address: 0x68, .mpu6050(MPU6050Model()))
        let bench = SensorBench(Sensor(MPU6050.Configuration(rate: rate)), device)
        bench.run(for: .seconds(1))
        bench.forget()
        let track = track(400, rate.sampleInterval)
        bench.device.play(track, from: bench.now + .milliseconds(300))
        bench.run(for: rate.sampleInterval * 400 + .seconds(1))
        expectWhole(bench, track, codesPerGravity: 2_048)
    }

    @Test("an MPU-6050 whose FIFO ran over is started afresh, with the gap marked")
    func mpu6050Overflow() {
        let device = DeviceModel(address: 0x68, .mpu6050(MPU6050Model()))
        let bench = SensorBench(Sensor(MPU6050.Configuration(rate: .hertz200)), device)
        bench.run(for: .seconds(1))
        bench.forget()
        bench.pause(for: .seconds(3))
        bench.run(for: .seconds(1))
        #expect(bench.lossesReported >= 1)
        #expect(bench.healthChanges.isEmpty || bench.healthChanges.last == .working)
        let good = bench.readings(of: 2).filter { $0.quality == .good }
        #expect(!good.isEmpty && good.allSatisfy { abs($0.value - 1_000) < 10 })
        // No sample is put together from the halves of two.
        #expect(bench.samples.allSatisfy { abs(Int($0.z) - 2_048) < 32 && abs(Int($0.x)) < 32 })
    }

    /// InvenSense RM-MPU-6000A 4.2, section 4.1.
    @Test("the factory's answers are those of the formulas", arguments: UInt8(1)...31)
    func factoryTrim(_ code: UInt8) {
        let acceleration = 4_096 * 0.34 * pow(0.92 / 0.34, Double(code - 1) / 30)
        let rotation = 25 * 131 * pow(1.046, Double(code - 1))
        for (trim, passes) in [
            (acceleration, { MPU6050.accelerationPassed($0, code: code) }),
            (rotation, { MPU6050.rotationPassed($0, code: code) }),
        ] {
            #expect(passes(Int32(trim)))
            #expect(passes(Int32(trim * 1.139)))
            #expect(passes(Int32(trim * 0.861)))
            #expect(!passes(Int32(trim * 1.142)))
            #expect(!passes(Int32(trim * 0.858)))
            #expect(!passes(-Int32(trim)))
            #expect(!passes(0))
        }
    }

    @Test("an axis for which the factory left no code has no verdict")
    func noCode() {
        #expect(MPU6050.accelerationPassed(0, code: 0))
        #expect(MPU6050.rotationPassed(0, code: 0))
    }

    /// RM-MPU-6000A, registers 65 and 66.
    @Test("chip temperature", arguments: [(0, 36_530), (-2_720, 28_530), (340, 37_530)] as [(Int16, Int32)])
    func temperature(_ raw: Int16, _ millidegrees: Int32) {
        #expect(MPU6050.millidegrees(raw: raw) == millidegrees)
    }

    /// ST LIS3DH, table 4.
    @Test(
        "LIS3DH self-test limits",
        arguments: [(17, true), (16, false), (360, true), (361, false), (-17, true), (-16, false), (0, false)]
            as [(Int32, Bool)])
    func lis3dhSelfTest(_ codes: Int32, _ passes: Bool) {
        #expect(LIS3DH.selfTestPassed(codes * 5, 5) == passes)
    }

    @Test("a clock that runs off is followed without a jump of more than an interval")
    func sampleClock() {
        var clock = SampleClock(interval: .milliseconds(5))
        var last = clock.advance(by: 16, seenAt: .start + .milliseconds(80))
        for burst in 1..<2_000 {
            // The chip is 3 % fast: it delivers 16.48 samples in 80 ms.
            let count = burst % 25 < 12 ? 17 : 16
            let seenAt = Instant.start + .milliseconds(80 * Int64(burst + 1))
            let now = clock.advance(by: count, seenAt: seenAt)
            #expect(now <= seenAt && seenAt - now <= .milliseconds(5))
            #expect(now > last)
            last = now
        }
    }
}

@Suite struct PMSA003ITests {
    /// A frame as users of the sensor have logged it: mark, length, thirteen words, sum 0x018A.
    private func frame(micrograms: UInt16 = 7) -> [UInt8] {
        var bytes: [UInt8] = [0x42, 0x4D, 0x00, 0x1C]
        let words: [UInt16] = [4, micrograms, 8, 5, micrograms, 9, 900, 270, 60, 6, 1, 0, 0x9700]
        for word in words { bytes += [UInt8(word >> 8), UInt8(word & 0xFF)] }
        let sum = bytes.reduce(UInt16(0)) { $0 &+ UInt16($1) }
        return bytes + [UInt8(sum >> 8), UInt8(sum & 0xFF)]
    }

    @Test("the words of a frame are the channels")
    func channels() {
        var chip = PMSA003I(PMSA003I.Configuration(warmUp: .zero))
        var output = SensorOutput()
        let bytes = frame()
        let first = chip.accept(bytes.span, at: .start, into: &output)
        let second = chip.accept(bytes.span, at: .start, into: &output)
        #expect(first == .ready)
        #expect(second == .measured)
        let values = (0..<4).map { output.reading($0).reading.value }
        #expect(values == [5, 7, 9, 900])
    }

    @Test("one wrong byte anywhere is noticed", arguments: 0..<32)
    func wrongByte(_ place: Int) {
        var chip = PMSA003I(PMSA003I.Configuration(warmUp: .zero))
        var output = SensorOutput()
        let good = frame()
        let first = chip.accept(good.span, at: .start, into: &output)
        #expect(first == .ready)
        var bad = good
        bad[place] ^= 0x20
        let progress = chip.accept(bad.span, at: .start, into: &output)
        #expect(progress == .failed(.checksum))
        let isEmpty = output.isEmpty
        #expect(isEmpty)
    }

    @Test("the sensor's own error code is a fault")
    func errorCode() {
        var chip = PMSA003I(PMSA003I.Configuration(warmUp: .zero))
        var output = SensorOutput()
        var bytes = frame()
        let first = chip.accept(bytes.span, at: .start, into: &output)
        #expect(first == .ready)
        bytes[29] = 1
        bytes[31] += 1
        let second = chip.accept(bytes.span, at: .start, into: &output)
        #expect(second == .failed(.reportedByDevice))
    }

    @Test("values are starting for 30 s after it begins to answer")
    func warmUp() {
        var device = DeviceModel(address: 0x12, .pmsa003i(PMSA003IModel()))
        device.set(.particles, to: 20)
        let bench = SensorBench(Sensor(PMSA003I.Configuration()), device)
        bench.run(for: .seconds(25))
        #expect(bench.qualities.isSubset(of: [.starting, .missing]))
        bench.run(for: .seconds(20))
        #expect(bench.readings(of: 1).last == Reading(value: 20, quality: .good, at: bench.readings(of: 1).last!.at))
    }
}
