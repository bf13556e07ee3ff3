import HardwareInterface
import Testing

@Suite("Time arithmetic never wraps into the past")
struct TimeTests {
    @Test("A deadline from an endless interval is never reached")
    func saturates() {
        #expect(Instant(nanoseconds: 5) + .endless == .never)
        #expect(Instant.never + .seconds(1) == .never)
        #expect(Interval.endless + .seconds(1) == .endless)
    }

    @Test(
        "Units",
        arguments: [
            (Interval.microseconds(1), 1_000), (.milliseconds(1), 1_000_000), (.seconds(1), 1_000_000_000),
            (.minutes(1), 60_000_000_000), (.hours(1), 3_600_000_000_000),
        ] as [(Interval, Int64)])
    func units(interval: Interval, nanoseconds: Int64) {
        #expect(interval.nanoseconds == nanoseconds)
    }

    @Test("Only good and forced readings carry a decision", arguments: [Quality.good, .forced])
    func usable(quality: Quality) {
        #expect(quality.isUsable)
    }

    @Test("No kind of fault is usable", arguments: [Quality.starting, .stale, .outOfRange, .faulty, .missing])
    func unusable(quality: Quality) {
        #expect(!quality.isUsable)
    }
}
