import FixedMemory
import HardwareInterface

/// A call point by which a person asks for help: button, pull cord, pendant.
///
/// A press is an alarm at once and stays one, however short it was. A radio pendant reports its battery and that it is
/// still there; one that does neither in time is in trouble. Escalation is the matrix's: a rule on `unacknowledged` with
/// a delay.
public struct CallPointDetector: DetectorLogic {
    public struct Configuration: Sendable, BitwiseCopyable {
        /// 1 while pressed.
        public var button: PointIndex
        /// Microvolts of the battery; `nil` for none.
        public var battery: PointIndex?
        public var lowBattery: Int32
        /// Contact bounce and wet fingers: a press must last so long.
        public var shortestPress: Interval
        /// `endless` for a wired button that reports only its changes.
        public var maximumAge: Interval
        /// A press within this time after `beginTest` or `serviced` shows that it works; without one for so long a test
        /// is due. `endless` for no such rule.
        public var testInterval: Interval

        public init(
            button: PointIndex, battery: PointIndex? = nil, lowBattery: Int32 = 2_400_000,
            shortestPress: Interval = .milliseconds(30), maximumAge: Interval = .endless,
            testInterval: Interval = .endless
        ) {
            self.button = button
            self.battery = battery
            self.lowBattery = lowBattery
            self.shortestPress = shortestPress
            self.maximumAge = maximumAge
            self.testInterval = testInterval
        }

        public var sources: Sources {
            var sources = Sources(button)
            sources.append(battery)
            return sources
        }
    }

    private let configuration: Configuration
    private var button: SourceSupervisor
    private var battery: SourceSupervisor
    private var press: DelayedFlag
    private var isHeld = false
    private var lastPressAt: Instant = .start
    private var now: Instant = .start

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        button = SourceSupervisor(maximumAge: configuration.maximumAge, range: ValueRange(0...1))
        battery = SourceSupervisor(maximumAge: .endless)
        press = DelayedFlag(onDelay: configuration.shortestPress, offDelay: .zero)
    }

    mutating func receive(_ reading: Reading, channel: Int, at now: Instant) {
        self.now = now
        if channel == 1 {
            _ = battery.receive(reading)
            return
        }
        guard button.receive(reading) else { return }
        press.update(reading.value == 1, at: now)
        hold()
    }

    mutating func advance(to now: Instant) {
        self.now = now
        button.advance(to: now)
        press.advance(to: now)
        hold()
    }

    private mutating func hold() {
        guard press.isOn else { return }
        isHeld = true
        lastPressAt = now
    }

    mutating func perform(_ command: DetectorCommand, at now: Instant) -> AlarmLifeCycle.Outcome {
        switch command {
        case .reset:
            isHeld = false
            return .done
        case .serviced:
            lastPressAt = now
            isHeld = false
            return .done
        default: return .unsupported
        }
    }

    private var trouble: TroubleReason {
        if button.trouble != .none { return button.trouble }
        if configuration.battery != nil && battery.isUsable && battery.value < configuration.lowBattery {
            return .maintenanceDue
        }
        return now >= lastPressAt + configuration.testInterval ? .maintenanceDue : .none
    }

    var finding: Finding {
        Finding(isHeld || press.isOn ? .alarm : .normal, cause: .callForHelp, trouble: trouble, value: button.value)
    }

    var deadline: Instant {
        let test = lastPressAt + configuration.testInterval
        return min(button.deadline, min(press.deadline, test > now ? test : .never))
    }

    func couldFire(at now: Instant) -> Bool {
        var copy = self
        copy.isHeld = false
        copy.receive(Reading(value: 1, quality: .good, at: now), channel: 0, at: now)
        copy.advance(to: now + configuration.shortestPress)
        return copy.isHeld
    }
}

extension CallPointDetector: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&button)
        state.carry(&battery)
        state.carry(&press)
        state.carry(&isHeld)
        state.carry(&lastPressAt)
        state.carry(&now)
    }
}
