import FixedMemory
import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("What detectors learned outlives a restart")
struct LearnedTests {
    static func pieces(_ bench: TestBench) -> [LearnedPiece] {
        (0..<LifeSafetyMonitor.learnedPieceLimit).compactMap { bench.monitor.learned($0, of: DetectorIndex(0)) }
    }

    static let smoke = DetectorConfiguration.Kind.smoke(.init(source: PointIndex(0)))

    @Test("A smoke chamber's drift: the same smoke is an alarm as soon as before, and dirt is still a trouble")
    func drift() {
        let dirty = TestBench(Self.smoke)
        dirty.hold(60, for: .hours(100), every: .seconds(5))
        let fresh = TestBench(Self.smoke)
        let again = TestBench(Self.smoke)
        again.takeUp(dirty)
        for bench in [dirty, again] {
            bench.hold(60, for: .seconds(5))
            #expect(bench.state() == .normal)
        }
        // 0.06 dB/m of dirt and 0.1 dB/m of smoke: an alarm for a board that has forgotten the dirt alone.
        for bench in [dirty, fresh, again] { bench.hold(160, for: .seconds(30)) }
        #expect(fresh.state() == .alarm)
        #expect(dirty.state() != .alarm)
        #expect(again.state() == dirty.state())
        #expect(Self.pieces(again) == Self.pieces(dirty))
    }

    @Test("A drift beyond what compensation may do is clamped, and the chamber counts as contaminated")
    func clampedDrift() {
        let bench = TestBench(Self.smoke)
        var piece = LearnedPiece()
        piece.appendLittleEndian(Int64(10_000_000))
        bench.monitor.restore(piece, 0, of: DetectorIndex(0), at: bench.now)
        bench.hold(100, for: .seconds(5))
        #expect(bench.trouble() == .contaminated)
    }

    @Test("Exposure to carbon monoxide goes on where it was")
    func exposure() {
        let kind = DetectorConfiguration.Kind.carbonMonoxide(.init(source: PointIndex(0)))
        let first = TestBench(kind)
        first.hold(100, for: .minutes(20))
        #expect(first.state() != .alarm)
        let again = TestBench(kind)
        again.takeUp(first)
        // Half an hour of 100 ppm is an alarm in all, whether the power went or not.
        let alarmAt = again.feed(for: .minutes(40)) { _ in 100 }
        #expect(alarmAt != nil && alarmAt! > 9 * 60 && alarmAt! < 11.5 * 60, "\(alarmAt ?? -1)")
    }

    @Test("A drip that ran for twenty hours fires after four more")
    func drip() {
        let first = WaterTests.bench()
        #expect(WaterTests.feed(first, minutes: 1_200) { $0 % 30 == 0 ? 1 : 0 } == nil)
        let again = WaterTests.bench()
        again.takeUp(first)
        let alarmAt = WaterTests.feed(again, minutes: 1_440) { $0 % 30 == 0 ? 1 : 0 }
        #expect(alarmAt != nil && alarmAt! > 180 && alarmAt! < 300, "\(alarmAt ?? -1)")
        let rested = WaterTests.bench()
        rested.takeUp(first)
        // A pause ends it as it would have without the restart.
        #expect(WaterTests.feed(rested, minutes: 1_000) { $0 > 700 && $0 % 30 == 0 ? 1 : 0 } == nil)
    }

    @Test("Nobody is expected for as long as was said, not only until the next power cut")
    func away() {
        let first = WaterTests.bench()
        first.read(0)
        #expect(first.perform(.away(until: first.now + .hours(48))) == .done)
        #expect(WaterTests.feed(first, minutes: 300) { $0 == 200 ? 2 : 0 } == nil)
        let again = WaterTests.bench()
        again.takeUp(first)
        #expect(WaterTests.feed(again, minutes: 60) { $0 == 30 ? 1 : 0 } == 30, "the third litre in all")
    }

    @Test("A cover that is open when the power comes back is not taken for closed")
    func tilt() {
        let kind = DetectorConfiguration.Kind.tilt(.init(source: PointIndex(0), limitDegrees: 15))
        let first = TestBench(kind)
        GeneralDetectorTests.tilt(first, degrees: 0, for: 5)
        let forgetful = TestBench(kind)
        let again = TestBench(kind)
        again.takeUp(first)
        for bench in [forgetful, again] { GeneralDetectorTests.tilt(bench, degrees: 40, for: 12) }
        #expect(again.state().isAlarm)
        #expect(!forgetful.state().isAlarm)
    }

    @Test("What runs by itself in a flat is known again")
    func base() {
        let kind = DetectorConfiguration.Kind.powerUse(.init(source: PointIndex(0)))
        let first = TestBench(kind)
        first.setClock(secondOfDay: 0)
        first.hold(90_000, for: .hours(24 * 12), every: .minutes(1))
        let again = TestBench(kind)
        again.takeUp(first)
        #expect(Self.pieces(again) == Self.pieces(first))
        #expect(Self.pieces(again) != Self.pieces(TestBench(kind)))
    }

    @Test("Bytes that no detector gave out change nothing, of any length and for any piece")
    func nonsense() {
        let kinds: [DetectorConfiguration.Kind] = [
            Self.smoke, .carbonMonoxide(.init(source: PointIndex(0))), .flow(.init(source: PointIndex(0))),
            .tilt(.init(source: PointIndex(0), limitDegrees: 15)), .powerUse(.init(source: PointIndex(0))),
            .inactivity(.init(first: PointIndex(0))), .heat(.init(source: PointIndex(0))),
        ]
        for kind in kinds {
            for length in [0, 3, 7, 9, 11, 13, 35, 37, 47, 49, 56] {
                let bench = TestBench(kind)
                let before = Self.pieces(bench)
                var piece = LearnedPiece()
                for _ in 0..<length { piece.append(0xFF) }
                for place in -1...LifeSafetyMonitor.learnedPieceLimit {
                    bench.monitor.restore(piece, place, of: DetectorIndex(0), at: bench.now)
                }
                bench.monitor.restore(piece, 0, of: DetectorIndex(9), at: bench.now)
                #expect(Self.pieces(bench) == before, "\(kind) \(length)")
            }
        }
    }
}
