import HardwareInterface
import StateCarrying
import Testing

@testable import LifeSafety

@Suite("Alarm life cycle")
struct AlarmLifeCycleTests {
    enum Step: Sendable {
        case finds(Condition, TroubleReason = .none)
        case acknowledge, silence, reset, bypass, endBypass, test, endTest
    }

    struct Course: Sendable, CustomTestStringConvertible {
        var name: String
        var latches = true
        var steps: [(Step, AlarmState)]
        var testDescription: String { name }
    }

    static let courses: [Course] = [
        Course(
            name: "starts in trouble, because nothing was measured yet",
            steps: [(.finds(.normal, .starting), .trouble), (.finds(.normal), .normal)]),
        Course(
            name: "an alarm latches when its cause goes, and waits for a person",
            steps: [(.finds(.alarm), .alarm), (.finds(.normal), .alarm), (.acknowledge, .restored), (.reset, .normal)]),
        Course(
            name: "acknowledged, silenced, restored, reset",
            steps: [
                (.finds(.alarm), .alarm), (.acknowledge, .acknowledged), (.silence, .silenced),
                (.finds(.normal), .restored), (.reset, .normal),
            ]),
        Course(
            name: "a cause that returns after it was restored is a new alarm",
            steps: [
                (.finds(.alarm), .alarm), (.silence, .silenced), (.finds(.normal), .restored), (.finds(.alarm), .alarm),
            ]),
        Course(
            name: "reset is refused while the cause is present",
            steps: [(.finds(.alarm), .alarm), (.acknowledge, .acknowledged), (.reset, .acknowledged)]),
        Course(
            name: "reset is refused before anyone took note",
            steps: [(.finds(.alarm), .alarm), (.finds(.normal), .alarm), (.reset, .alarm)]),
        Course(
            name: "a pre-alarm does not latch", steps: [(.finds(.preAlarm), .preAlarm), (.finds(.normal), .normal)]),
        Course(
            name: "a trouble does not end an alarm",
            steps: [(.finds(.alarm), .alarm), (.finds(.normal, .missing), .alarm)]),
        Course(
            name: "a trouble does not restore an acknowledged alarm: a dead sensor is no evidence",
            steps: [
                (.finds(.alarm), .alarm), (.acknowledge, .acknowledged), (.finds(.normal, .missing), .acknowledged),
                (.finds(.normal), .restored),
            ]),
        Course(
            name: "a person may reset an alarm whose sensor died; the trouble is then shown",
            steps: [
                (.finds(.alarm), .alarm), (.acknowledge, .acknowledged), (.finds(.normal, .missing), .acknowledged),
                (.reset, .trouble),
            ]),
        Course(
            name: "a detector in trouble can still fire",
            steps: [(.finds(.normal, .contaminated), .trouble), (.finds(.alarm, .contaminated), .alarm)]),
        Course(
            name: "a pre-alarm is not forgotten when the sensor fails",
            steps: [
                (.finds(.preAlarm), .preAlarm), (.finds(.normal, .missing), .trouble), (.finds(.preAlarm), .preAlarm),
            ]),
        Course(
            name: "a bypass holds alarms back, and what it held back counts when it ends",
            steps: [
                (.finds(.normal), .normal), (.bypass, .bypassed), (.finds(.alarm), .bypassed), (.endBypass, .alarm),
            ]),
        Course(
            name: "a bypass hides a trouble, as a disablement does",
            steps: [
                (.finds(.normal), .normal), (.bypass, .bypassed), (.finds(.normal, .missing), .bypassed),
                (.endBypass, .trouble),
            ]),
        Course(
            name: "a bypass is refused while an alarm waits for a person",
            steps: [(.finds(.alarm), .alarm), (.bypass, .alarm)]),
        Course(
            name: "a bypass of an acknowledged alarm lets a stuck detector be reset",
            steps: [
                (.finds(.alarm), .alarm), (.acknowledge, .acknowledged), (.bypass, .acknowledged), (.reset, .bypassed),
                (.finds(.alarm), .bypassed),
            ]),
        Course(
            name: "under test nothing alarms; when the test ends what is present counts",
            steps: [
                (.finds(.normal), .normal), (.test, .underTest), (.finds(.alarm), .underTest),
                (.finds(.normal), .underTest), (.finds(.alarm), .underTest), (.endTest, .alarm),
            ]),
        Course(
            name: "without latching an alarm ends with its cause", latches: false,
            steps: [(.finds(.alarm), .alarm), (.finds(.normal), .normal)]),
        Course(
            name: "without latching a trouble still does not end an alarm", latches: false,
            steps: [(.finds(.alarm), .alarm), (.finds(.normal, .stale), .alarm), (.finds(.normal), .normal)]),
    ]

    @Test("Courses from finding to reset", arguments: courses)
    func course(_ course: Course) {
        var cycle = AlarmLifeCycle(latches: course.latches)
        for (number, (step, expected)) in course.steps.enumerated() {
            switch step {
            case .finds(let condition, let trouble): cycle.observe(Finding(condition, trouble: trouble))
            case .acknowledge: _ = cycle.acknowledge()
            case .silence: _ = cycle.silence()
            case .reset: _ = cycle.reset()
            case .bypass: _ = cycle.bypass(until: .never)
            case .endBypass: _ = cycle.endBypass()
            case .test: _ = cycle.beginTest(until: .never)
            case .endTest: _ = cycle.endTest()
            }
            #expect(cycle.state == expected, "after step \(number + 1)")
        }
    }

    @Test("Commands say why they did nothing")
    func outcomes() {
        var cycle = AlarmLifeCycle(latches: true)
        cycle.observe(Finding())
        #expect(cycle.acknowledge() == .notApplicable)
        #expect(cycle.reset() == .notApplicable)
        #expect(cycle.endBypass() == .notApplicable)
        cycle.observe(Finding(.alarm))
        #expect(cycle.reset() == .notAcknowledged)
        #expect(cycle.bypass(until: .never) == .notAcknowledged)
        #expect(cycle.beginTest(until: .never) == .notAcknowledged)
        #expect(cycle.acknowledge() == .done)
        #expect(cycle.reset() == .causePresent)
    }

    @Test("A bypass ends by itself")
    func bypassEnds() {
        var cycle = AlarmLifeCycle(latches: true)
        cycle.observe(Finding())
        _ = cycle.bypass(until: .start + .hours(1))
        #expect(cycle.deadline == .start + .hours(1))
        cycle.advance(to: .start + .minutes(59))
        #expect(cycle.state == .bypassed)
        cycle.advance(to: .start + .hours(1))
        #expect(cycle.state == .normal)
    }

    /// Nothing that can be found, commanded or timed takes a shown alarm away except a reset by a person.
    @Test("Alarms are never lost: ten thousand random steps", arguments: [1, 2, 3] as [UInt64])
    func alarmsAreNeverLost(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var cycle = AlarmLifeCycle(latches: true)
        var now = Instant.start
        for _ in 0..<10_000 {
            let before = cycle.state
            let wasAlarm = before.isAlarm
            let choice = random.next() % 12
            var outcome = AlarmLifeCycle.Outcome.notApplicable
            switch choice {
            case 0: outcome = cycle.acknowledge()
            case 1: outcome = cycle.silence()
            case 2: outcome = cycle.reset()
            case 3: outcome = cycle.bypass(until: now + .seconds(Int64(random.next() % 100)))
            case 4: outcome = cycle.endBypass()
            case 5: outcome = cycle.beginTest(until: now + .seconds(Int64(random.next() % 100)))
            case 6:
                now = now + .seconds(Int64(random.next() % 50))
                cycle.advance(to: now)
            default:
                cycle.observe(
                    Finding(
                        Condition(rawValue: UInt8(random.next() % 3))!,
                        trouble: random.next() % 3 == 0 ? .missing : .none))
            }
            if wasAlarm && !cycle.state.isAlarm { #expect(choice == 2 && outcome == .done) }
            if before == .alarm && cycle.state != .alarm { #expect(choice < 2 && outcome == .done) }
        }
    }
}
