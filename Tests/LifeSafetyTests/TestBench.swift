import FixedMemory
import HardwareInterface

@testable import LifeSafety

/// A monitor with virtual time, that keeps every transition it reports.
final class TestBench {
    var monitor: LifeSafetyMonitor
    var output: AlarmOutput
    var now: Instant = .start
    var log: [AlarmTransition] = []

    init(_ configurations: [DetectorConfiguration], outputCapacity: Int = 16) {
        monitor = LifeSafetyMonitor(configurations.span)
        output = AlarmOutput(capacity: outputCapacity)
    }

    convenience init(_ kinds: DetectorConfiguration.Kind...) {
        self.init(kinds.map { DetectorConfiguration($0) })
    }

    func collect() {
        for index in 0..<output.count { log.append(output[index]) }
        output.removeAll()
    }

    /// Lets time pass, calling the monitor at each of its deadlines.
    func run(until end: Instant) {
        var turns = 0
        while monitor.deadline <= end {
            now = max(now, monitor.deadline)
            monitor.advance(to: now, into: &output)
            collect()
            turns += 1
            precondition(turns < 10_000_000, "the monitor asks for the same moment again and again")
        }
        now = end
    }

    func run(for interval: Interval) { run(until: now + interval) }

    /// Takes up what another bench's detectors learned, as a board does after a restart.
    func takeUp(_ other: TestBench, detector: UInt16 = 0) {
        for piece in 0..<LifeSafetyMonitor.learnedPieceLimit {
            guard let learned = other.monitor.learned(piece, of: DetectorIndex(detector)) else { continue }
            monitor.restore(learned, piece, of: DetectorIndex(detector), at: now)
        }
    }

    func read(_ value: Int32, _ quality: Quality = .good, point: UInt16 = 0) {
        monitor.receive(
            Reading(value: value, quality: quality, at: now), ofPoint: PointIndex(point), at: now, into: &output)
        collect()
    }

    /// The same value every `interval` for `duration`, the first one at once.
    func hold(
        _ value: Int32, for duration: Interval, every interval: Interval = .seconds(1), point: UInt16 = 0
    ) {
        feed(for: duration, every: interval, point: point) { _ in value }
    }

    /// Values of a function of the seconds since the call, every `interval`.
    ///
    /// - Returns: seconds until the detector was first in alarm; `nil` if it never was.
    @discardableResult
    func feed(
        for duration: Interval, every interval: Interval = .seconds(1), point: UInt16 = 0, detector: UInt16 = 0,
        _ value: (Double) -> Int32
    ) -> Double? {
        let begin = now
        var alarmAt: Double?
        while now < begin + duration {
            let elapsed = Double((now - begin).nanoseconds) / 1e9
            read(value(elapsed), point: point)
            if alarmAt == nil && state(detector) == .alarm { alarmAt = elapsed }
            run(for: interval)
        }
        return alarmAt
    }

    func state(_ detector: UInt16 = 0) -> AlarmState { monitor.status(of: DetectorIndex(detector)).state }
    func trouble(_ detector: UInt16 = 0) -> TroubleReason { monitor.status(of: DetectorIndex(detector)).trouble }

    var isValveDriven: Bool { monitor.isValveDriven(DetectorIndex(0)) }

    func acknowledge(_ detector: UInt16 = 0) -> AlarmLifeCycle.Outcome {
        let outcome = monitor.acknowledge(DetectorIndex(detector), at: now, into: &output)
        collect()
        return outcome
    }

    func silence(_ detector: UInt16 = 0) -> AlarmLifeCycle.Outcome {
        let outcome = monitor.silence(DetectorIndex(detector), at: now, into: &output)
        collect()
        return outcome
    }

    func reset(_ detector: UInt16 = 0) -> AlarmLifeCycle.Outcome {
        let outcome = monitor.reset(DetectorIndex(detector), at: now, into: &output)
        collect()
        return outcome
    }

    func bypass(_ detector: UInt16 = 0, for interval: Interval) -> AlarmLifeCycle.Outcome {
        let outcome = monitor.bypass(DetectorIndex(detector), until: now + interval, at: now, into: &output)
        collect()
        return outcome
    }

    func beginTest(_ detector: UInt16 = 0, for interval: Interval) -> AlarmLifeCycle.Outcome {
        let outcome = monitor.beginTest(DetectorIndex(detector), until: now + interval, at: now, into: &output)
        collect()
        return outcome
    }

    func perform(_ command: DetectorCommand, _ detector: UInt16 = 0) -> AlarmLifeCycle.Outcome {
        let outcome = monitor.perform(command, on: DetectorIndex(detector), at: now, into: &output)
        collect()
        return outcome
    }

    func selfTest(_ detector: UInt16 = 0) -> Bool {
        let result = monitor.selfTest(DetectorIndex(detector), at: now, into: &output)
        collect()
        return result
    }

    func setClock(secondOfDay: Int32, day: Int32 = 20_000, trust: ClockTrust = .synchronised) {
        let milliseconds = (Int64(day) * 86_400 + Int64(secondOfDay)) * 1_000
        monitor.setClock(
            LocalClock(WallClock(unixMilliseconds: milliseconds, trust: trust), offsetSeconds: 0, at: now), at: now,
            into: &output)
        collect()
    }
}
