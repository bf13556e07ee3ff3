import FixedMemory
import Foundation
import HardwareInterface
import Testing
import WardenMessages

@testable import Console

private func text(_ write: (inout FixedBytes<240>) -> Void) -> String {
    var bytes = FixedBytes<240>()
    write(&bytes)
    var characters: [UInt8] = []
    for index in 0..<bytes.count { characters.append(bytes[index]) }
    return String(decoding: characters, as: UTF8.self)
}

private struct Names: BoardNames {
    func name(of kind: NamedKind, at index: Int) -> Name? {
        index == 0 ? Name(kind == .door ? "front" : kind == .reader ? "front_reader" : "thing") : nil
    }
}

@Suite("Times, values and events read as people write them")
struct TextTests {
    @Test("Civil times agree with Foundation's calendar, leap years and times before 1970 included")
    func civil() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
        for seconds in [0, 951_782_400, 951_868_799, 1_709_164_800, 4_102_444_799, -1, -86_401, 1_795_000_000] {
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(text { TimeText.appendCivil(unixMilliseconds: Int64(seconds) * 1_000, to: &$0) } == expected)
        }
    }

    @Test("Seconds since start carry nine digits")
    func seconds() {
        #expect(text { TimeText.appendSeconds(nanoseconds: 60_000_000_001, to: &$0) } == "60.000000001")
    }

    @Test(
        "Values in the unit that people use",
        arguments: [
            (-12_345, .millidegreeCelsius, "-12.345 °C"), (150, .millidecibelPerMetre, "0.150 dB/m"),
            (-50, .millidecibelPerMetre, "-0.050 dB/m"), (100_800, .pascal, "100800 Pa"),
            (1_005, .centipercentLowerExplosiveLimit, "10.05 %LEL"), (1, .state, "active"), (0, .state, "inactive"),
        ] as [(Int32, HardwareInterface.Unit, String)])
    func values(value: Int32, unit: HardwareInterface.Unit, expected: String) {
        #expect(text { PointText.appendValue(value, unit: unit, to: &$0) } == expected)
    }

    @Test("A value that cannot be believed is not shown as a value")
    func unusable() {
        let point = PointStatus(value: 21_000, unit: 2, quality: UInt32(Quality.stale.rawValue), ageNs: 5_000_000)
        #expect(text { PointText.append(point, to: &$0) } == "-, stale, 5 ms old")
    }

    @Test(
        "Events",
        arguments: [
            (
                .access(
                    AccessDecision(
                        door: 0, granted: true, reason: 0, actor: Actor(kind: .card), credentialTag: 0xAB)),
                "access front granted valid-credential by card at front_reader credential 00000000000000ab"
            ),
            (
                .access(AccessDecision(door: 0, granted: false, reason: 96, actor: Actor(kind: .card))),
                "access front denied unknown-credential by card at front_reader"
            ),
            (
                .access(AccessDecision(door: 0, granted: false, reason: 64, actor: Actor(kind: .card))),
                "access front waits pin-required by card at front_reader"
            ),
            (.door(DoorChange(door: 0, kind: .heldOpen)), "door front held-open"),
            (.door(DoorChange(door: 7, kind: .forced)), "door door#7 forced"),
            (
                .alarm(AlarmChange(detector: 0, to: .alarm, value: 151, cause: 1)),
                "alarm thing alarm cause smoke-density value 151"
            ),
            (
                .trouble(Trouble(source: .sensor, index: 0, active: true, code: 1)),
                "trouble sensor thing not-acknowledged"
            ),
            (.trouble(Trouble(source: .sensor, index: 0, active: false, code: 1)), "restored sensor thing"),
            (.gap(Gap(firstSequence: 3, lastSequence: 9)), "gap 3 to 9"),
        ] as [(Event.Body, String)])
    func events(body: Event.Body, expected: String) {
        #expect(text { EventText.append(Event(body: body), names: Names(), to: &$0) } == expected)
    }
}
