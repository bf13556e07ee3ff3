import HardwareInterface

/// Audible patterns that people know, as step tables for the matrix.
public enum SirenPattern {
    /// Evacuate: three pulses of half a second, then a pause, every four seconds (ISO 8201, temporal-three).
    public static func evacuation(_ step: Int) -> PatternStep? {
        pulses(step, count: 3, on: .milliseconds(500), off: .milliseconds(500), pause: .milliseconds(1_500))
    }

    /// Carbon monoxide: four pulses of a tenth of a second, then five seconds of silence (NFPA 720, temporal-four).
    public static func carbonMonoxide(_ step: Int) -> PatternStep? {
        pulses(step, count: 4, on: .milliseconds(100), off: .milliseconds(100), pause: .seconds(5))
    }

    /// A person needs help: half a second on, half a second off.
    public static func help(_ step: Int) -> PatternStep? {
        pulses(step, count: 1, on: .milliseconds(500), off: .milliseconds(500), pause: .milliseconds(500))
    }

    /// Pre-alarm and trouble: a chirp every ten seconds.
    public static func chirp(_ step: Int) -> PatternStep? {
        pulses(step, count: 1, on: .milliseconds(100), off: .milliseconds(100), pause: .milliseconds(9_900))
    }

    /// The step with this number of `count` pulses whose last gap is `pause`; `nil` after the last.
    private static func pulses(_ step: Int, count: Int, on: Interval, off: Interval, pause: Interval) -> PatternStep? {
        guard step >= 0, step < count * 2 else { return nil }
        if step % 2 == 0 { return PatternStep(duration: on, isOn: true) }
        return PatternStep(duration: step == count * 2 - 1 ? pause : off, isOn: false)
    }
}
