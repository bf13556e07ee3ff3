import FixedMemory
import HardwareInterface
import Testing

@testable import DeviceModels
@testable import Drivers

@Suite struct ADXL345Tests {
    /// 3.90625 mg a code; exact where the code is a multiple of 32, else to the nearest, halves away from zero.
    @Test(
        "codes become milligravity",
        arguments: [
            (0, 0), (1, 4), (-1, -4), (2, 8), (3, 12), (4, 16), (5, 20), (16, 63), (-16, -63), (32, 125), (256, 1_000),
            (-256, -1_000), (4_095, 15_996), (-4_096, -16_000), (100, 391), (48, 188), (-48, -188),
        ] as [(Int16, Int16)])
    func scaling(_ code: Int16, _ expected: Int16) {
        #expect(milligravity(code: code, codesPerGravity: ADXL345.codesPerGravity) == expected)
    }

    private func bench(_ configuration: ADXL345.Configuration = ADXL345.Configuration()) -> SensorBench {
        SensorBench(
            Sensor(configuration), DeviceModel(address: configuration.address, .adxl345(ADXL345Model())))
    }

    /// A recording in which each sample tells its place.
    private func countingTrack(_ count: Int, _ interval: Interval) -> AccelerationTrack {
        let track = AccelerationTrack(capacity: count, interval: interval)
        for index in 0..<count {
            track.append(AccelerationCodes(x: Int16(index % 4_000), y: Int16(-(index % 3_000)), z: Int16(index % 97)))
        }
        return track
    }

    @Test("every sample of a recording comes out once, in order, unchanged", arguments: ADXL345.Rate.allCases)
    func passesThrough(_ rate: ADXL345.Rate) {
        let bench = bench(ADXL345.Configuration(rate: rate))
        bench.run(for: .seconds(2))
        #expect(bench.sensor.health == .working)
        bench.forget()
        let track = countingTrack(1_000, rate.sampleInterval)
        bench.device.play(track, from: bench.now + .milliseconds(500))
        bench.run(for: rate.sampleInterval * 1_000 + .seconds(1))
        let start = bench.samples.firstIndex { $0 == SensorOutput.AccelerationCodes(x: 0, y: 0, z: 0) }
        guard let start else {
            Issue.record("the recording's first sample is missing")
            return
        }
        for index in 0..<1_000 {
            let sample = bench.samples[start + index]
            let expected = track.codes(index)
            #expect(sample.x == expected.x && sample.y == expected.y && sample.z == expected.z)
        }
        #expect(bench.lossesReported == 0)
    }

    @Test("samples are dated evenly and within one interval of when they were taken")
    func dates() {
        let bench = bench()
        bench.run(for: .seconds(30))
        let interval = ADXL345.Rate.hertz200.sampleInterval
        var irregular = 0
        for (earlier, later) in zip(bench.sampleInstants, bench.sampleInstants.dropFirst()) {
            #expect(later > earlier)
            if later - earlier != interval { irregular += 1 }
        }
        #expect(irregular <= 3, "\(irregular) irregular distances in \(bench.samples.count) samples")
        #expect(abs(bench.samples.count - 200 * 30) < 100)
    }

    @Test("a slow loop that leaves the FIFO to run over marks the gap")
    func marksTheGap() {
        var device = DeviceModel(address: 0x53, .adxl345(ADXL345Model()))
        var sensor = Sensor(ADXL345.Configuration())
        var output = SensorOutput()
        var now = Instant.start
        device.powerOn(at: now)
        func turn(_ sensor: inout Sensor, _ device: inout DeviceModel, _ output: inout SensorOutput) {
            output.removeAll()
            guard let request = sensor.poll(at: now, into: &output) else { return }
            var answer = ByteBuffer(capacity: BusRequest.readLimit)
            for _ in 0..<request.repetitions {
                _ = device.transact(
                    write: request.write.span, read: Int(request.readCount), into: &answer, at: now)
            }
            output.removeAll()
            sensor.complete(.done, tag: request.tag, bytes: answer.span, at: now, into: &output)
        }
        while sensor.health != .working {
            now = max(now, sensor.deadline)
            turn(&sensor, &device, &output)
        }
        // Nobody has time for the sensor for a second.
        now = now + .seconds(1)
        var lost = false
        var samples = 0
        for _ in 0..<4 {
            turn(&sensor, &device, &output)
            lost = lost || output.samplesWereLost
            samples = max(samples, output.sampleCount)
        }
        #expect(lost)
        #expect(samples == 32)
    }

    /// Rev. E, tables 14 and 15.
    @Test(
        "the self-test's limits are the data sheet's, scaled for the supply",
        arguments: [
            (50, -50, 75, 2_500, true), (540, -540, 875, 2_500, true), (49, -50, 75, 2_500, false),
            (50, -49, 75, 2_500, false), (50, -50, 74, 2_500, false), (541, -540, 875, 2_500, false),
            (540, -541, 875, 2_500, false), (540, -540, 876, 2_500, false), (50, 50, 75, 2_500, false),
            (89, -89, 111, 3_300, true), (88, -89, 111, 3_300, false), (955, -955, 1_286, 3_300, true),
            (956, -955, 1_286, 3_300, false), (33, -33, 61, 2_000, true), (31, -33, 61, 2_000, false),
            (1_139, -1_139, 1_478, 3_600, true), (1_140, -1_139, 1_478, 3_600, false),
        ] as [(Int32, Int32, Int32, Int32, Bool)])
    func selfTestLimits(_ x: Int32, _ y: Int32, _ z: Int32, _ millivolts: Int32, _ passes: Bool) {
        #expect(
            ADXL345.selfTestPassed(x: x * 20, y: y * 20, z: z * 20, samples: 20, supplyMillivolts: millivolts) == passes
        )
    }

    @Test("a sensor that is moved during its self-test goes into service without a verdict")
    func movedDuringSelfTest() {
        let track = AccelerationTrack(capacity: 64, interval: .milliseconds(5))
        var noise = Noise(seed: 12)
        for _ in 0..<64 {
            track.append(
                AccelerationCodes(
                    x: Int16(truncatingIfNeeded: noise.next() >> 54), y: Int16(truncatingIfNeeded: noise.next() >> 54),
                    z: Int16(truncatingIfNeeded: noise.next() >> 54)))
        }
        let bench = bench()
        bench.device.play(track, from: .start, repeats: true)
        bench.device.defects.failsSelfTest = true
        bench.run(for: .seconds(2))
        #expect(bench.healthChanges == [.working])
    }

    @Test("an impact beyond ±16 g is clipped and its tilt reading out of range")
    func clips() {
        let bench = bench()
        bench.run(for: .seconds(1))
        bench.forget()
        bench.device.set(.accelerationX, to: 20_000)
        bench.run(for: .seconds(1))
        #expect(bench.readings(of: 0).last?.quality == .outOfRange)
        #expect(bench.readings(of: 1).last?.quality == .good)
        #expect(bench.samples.last?.x == 4_095)
        #expect(bench.sensor.health == .working)
    }

    @Test("recorded falls pass through the FIFO unchanged")
    func recordedFall() throws {
        guard let bytes = try Corpus.bytes("sisfall/trials/F01_SA01_R01.i16") else { return }
        let count = bytes.count / 6
        let track = AccelerationTrack(capacity: count, interval: .milliseconds(5))
        func word(_ offset: Int) -> Int16 {
            Int16(bitPattern: UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8)
        }
        for index in 0..<count {
            track.append(
                AccelerationCodes(x: word(index * 6), y: word(index * 6 + 2), z: word(index * 6 + 4)))
        }
        let bench = bench()
        bench.run(for: .seconds(1))
        bench.forget()
        bench.device.play(track, from: bench.now + .milliseconds(100))
        bench.run(for: .milliseconds(5) * Int64(count) + .milliseconds(300))
        let codes = (0..<count).map { track.codes($0) }
        let start = try #require(
            bench.samples.indices.first { start in
                start + 20 <= bench.samples.count
                    && (0..<20).allSatisfy {
                        bench.samples[start + $0].x == codes[$0].x && bench.samples[start + $0].y == codes[$0].y
                    }
            })
        for index in 0..<count {
            let sample = bench.samples[start + index]
            #expect(sample.x == codes[index].x && sample.y == codes[index].y && sample.z == codes[index].z)
        }
    }

    @Test("bad configurations are refused with what would be right")
    func problems() {
        #expect(ADXL345.problem(in: ADXL345.Configuration()) == nil)
        for rate in ADXL345.Rate.allCases { #expect(ADXL345.problem(in: ADXL345.Configuration(rate: rate)) == nil) }
        #expect(ADXL345.problem(in: ADXL345.Configuration(address: 0x54)) != nil)
        #expect(ADXL345.problem(in: ADXL345.Configuration(interval: .milliseconds(200))) != nil)
        #expect(ADXL345.problem(in: ADXL345.Configuration(supplyMillivolts: 5_000)) != nil)
    }
}
