import FixedMemory
import HardwareInterface
import Testing
import WardenLink
import WardenMessages

@Suite struct TelemetryTests {
    /// Samples as a client gets them back from batches: milliseconds since start, value, quality.
    struct Sample: Equatable {
        var atMs: UInt64
        var value: Int32
        var quality: UInt32
    }

    static func samples(_ batches: [TelemetryBatch]) -> [Sample] {
        batches.flatMap { batch in
            var at = batch.baseMs
            var value: Int32 = 0
            return batch.values.indices.map { index in
                if index > 0 {
                    at += UInt64(batch.intervalMs) * UInt64(batch.steps.isEmpty ? 1 : batch.steps[index - 1])
                }
                value &+= batch.values[index]
                return Sample(atMs: at, value: value, quality: batch.quality)
            }
        }
    }

    static func bench(interval: UInt32 = 100, threshold: UInt32 = 0, batch: UInt32 = 4, latency: UInt32 = 10_000)
        throws -> LinkBench
    {
        var bench = LinkBench()
        bench.board.points = [(20_000, .good)]
        var request = TelemetryRequest(batch: batch, latencyMs: latency)
        request.points.append(TelemetryPoint(point: 0, intervalMs: interval, threshold: threshold))
        bench.send(.telemetry(request), identifier: 6)
        #expect(try bench.responses().first?.body == .service(ServiceAnswer()))
        return bench
    }

    @Test func samplesComeBackAsTheyWereTaken() throws {
        var bench = try Self.bench()
        let values: [Int32] = [20_010, 20_005, .max, .min, -1, 0, 1]
        var batches: [TelemetryBatch] = []
        for value in values {
            bench.now = bench.now + .milliseconds(100)
            bench.board.points[0].value = value
            batches += try bench.responses().batches
        }
        #expect(batches.map { $0.values.count } == [4, 4])
        let expected = ([20_000] + values).enumerated().map {
            Sample(atMs: 1_000 + 100 * UInt64($0.offset), value: $0.element, quality: 0)
        }
        #expect(Self.samples(batches) == expected)
    }

    @Test func valuesBelowTheThresholdAreLeftOutAndTheTimesStayRight() throws {
        var bench = try Self.bench(threshold: 10)
        var batches: [TelemetryBatch] = []
        for value: Int32 in [20_009, 20_010, 20_015, 20_001, 19_999, 20_000, 30_000] {
            bench.now = bench.now + .milliseconds(100)
            bench.board.points[0].value = value
            batches += try bench.responses().batches
        }
        #expect(
            Self.samples(batches) == [
                Sample(atMs: 1_000, value: 20_000, quality: 0), Sample(atMs: 1_200, value: 20_010, quality: 0),
                Sample(atMs: 1_500, value: 19_999, quality: 0), Sample(atMs: 1_700, value: 30_000, quality: 0),
            ])
    }

    @Test func aBatchThatIsNotFullIsSentWhenItIsOldEnough() throws {
        var bench = try Self.bench(interval: 1_000, batch: 32, latency: 2_500)
        #expect(bench.session.deadline == bench.now + .seconds(1))
        bench.now = bench.now + .milliseconds(2_499)
        #expect(try bench.responses().isEmpty)
        #expect(bench.session.deadline == bench.now + .milliseconds(1))
        bench.now = bench.now + .milliseconds(1)
        #expect(Self.samples(try bench.responses().batches).map(\.atMs) == [1_000, 3_000])
    }

    @Test func aChangeOfQualityEndsTheBatch() throws {
        var bench = try Self.bench()
        var batches: [TelemetryBatch] = []
        for quality in [Quality.good, .missing, .missing, .missing, .good, .good, .good, .good, .good] {
            bench.now = bench.now + .milliseconds(100)
            bench.board.points[0].quality = quality
            batches += try bench.responses().batches
        }
        #expect(batches.map(\.quality) == [0, UInt32(Quality.missing.rawValue), 0])
        #expect(batches.map { $0.values.count } == [2, 1, 4])
    }

    @Test func theGridStaysWhereTheBoardWasLate() throws {
        var bench = try Self.bench()
        bench.now = bench.now + .milliseconds(130)
        _ = try bench.responses()
        bench.now = bench.now + .milliseconds(500)
        _ = try bench.responses()
        bench.now = bench.now + .milliseconds(70)
        #expect(Self.samples(try bench.responses().batches).map(\.atMs) == [1_000, 1_100, 1_600, 1_700])
    }

    @Test func aPointThatThereIsNotIsRefused() throws {
        var bench = LinkBench()
        var request = TelemetryRequest(batch: 1)
        request.points.append(TelemetryPoint(point: 3, intervalMs: 100))
        bench.send(.telemetry(request))
        #expect(try bench.responses().map(\.body) == [.service(ServiceAnswer(result: .unknownTarget))])
    }

    @Test func eventsGoBeforeTelemetry() throws {
        var bench = try Self.bench(batch: 1)
        bench.send(.subscribe(Subscription(fromSequence: 1)))
        bench.board.lastEventSequence = 2
        bench.now = bench.now + .milliseconds(100)
        let bodies = try bench.responses().map(\.body)
        #expect(bodies.count == 4)
        guard case .telemetry? = bodies.last else {
            Issue.record("the batch comes last")
            return
        }
    }

    @Test func samplesThatAPeerWithoutCreditCannotTakeAreCountedAndNothingElseSuffers() throws {
        var bench = try Self.bench(batch: 1)
        for _ in 0..<100 {
            bench.now = bench.now + .milliseconds(100)
            _ = try bench.responses()
        }
        #expect(bench.tables.counters.samplesLost > 30)
        bench.send(.status(StatusQuery()))
        #expect(try bench.responses().count == 1)
    }

    @Test func aSampleCostsAFifthOfAMessageOfItsOwnOrLess() throws {
        var bench = try Self.bench(interval: 1_000, batch: 32, latency: 60_000)
        var generator = SeededGenerator(seed: 5)
        var bytes = 0
        var samples = 0
        for _ in 0..<320 {
            bench.now = bench.now + .seconds(1)
            bench.board.points[0].value += Int32.random(in: -40...40, using: &generator)
            _ = bench.session.pump(at: bench.now, tables: &bench.tables, subject: &bench.board)
            bytes += bench.session.outgoing.count
            samples += try bench.responses().batches.reduce(0) { $0 + $1.values.count }
        }
        #expect(samples == 320)
        // One sample with its time in a message and frame of its own.
        var single = TelemetryBatch(baseMs: 100_000, intervalMs: 1_000)
        single.values.append(20_000)
        let alone = Response(identifier: 6, body: .telemetry(single)).encodedSize + 7
        #expect(5 * bytes <= alone * samples)
    }
}
