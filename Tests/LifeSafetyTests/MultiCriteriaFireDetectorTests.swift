import HardwareInterface
import Testing

@testable import LifeSafety

@Suite("Multi-criteria fire detector")
struct MultiCriteriaFireDetectorTests {
    static let configuration = MultiCriteriaFireDetector.Configuration(
        smoke: PointIndex(0), temperature: PointIndex(1), carbonMonoxide: PointIndex(2))

    /// Smoke in mdB/m, temperature in °C, carbon monoxide in ppm, as functions of seconds.
    struct Profile: Sendable, CustomTestStringConvertible {
        var name: String
        var seconds: Int
        var smoke: @Sendable (Double) -> Double
        var temperature: @Sendable (Double) -> Double
        var carbonMonoxide: @Sendable (Double) -> Double
        /// Seconds by which it must be in alarm; `nil` if it must never be.
        var alarmBy: Double?
        var testDescription: String { name }
    }

    static let profiles: [Profile] = [
        Profile(
            name: "smouldering sofa: smoke and CO creep up together", seconds: 3_600,
            smoke: { $0 / 3_600 * 200 }, temperature: { 21 + $0 / 3_600 * 2 }, carbonMonoxide: { $0 / 3_600 * 120 },
            alarmBy: 2_000),
        Profile(
            name: "flaming chip pan: fast heat with some smoke", seconds: 400,
            smoke: { max(0, ($0 - 60) * 1.2) }, temperature: { 22 + max(0, $0 - 40) / 8 }, carbonMonoxide: { $0 / 40 },
            alarmBy: 200),
        Profile(
            name: "clean-burning spirit: heat alone", seconds: 600, smoke: { _ in 2 },
            temperature: { 22 + $0 / 10 }, carbonMonoxide: { _ in 2 }, alarmBy: 380),
        Profile(
            name: "dense smoke alone, such as burning plastic behind a wall", seconds: 300,
            smoke: { min($0 * 3, 500) }, temperature: { _ in 21 }, carbonMonoxide: { _ in 3 }, alarmBy: 120),
        Profile(
            name: "shower steam: 180 mdB/m for ten minutes, no CO, a little warmth", seconds: 1_200,
            smoke: { $0 > 60 && $0 < 660 ? 180 : 5 }, temperature: { 21 + min($0, 600) / 600 * 3 },
            carbonMonoxide: { _ in 1 }, alarmBy: nil),
        Profile(
            name: "frying: 120 mdB/m, 4 K, 6 ppm", seconds: 1_800, smoke: { min($0 / 4, 120) },
            temperature: { 22 + min($0, 900) / 900 * 4 }, carbonMonoxide: { min($0 / 150, 6) }, alarmBy: nil),
        Profile(
            name: "toast: a burst of 300 mdB/m for ten seconds", seconds: 300,
            smoke: { $0 >= 100 && $0 < 110 ? 300 : 10 }, temperature: { _ in 22 }, carbonMonoxide: { _ in 3 },
            alarmBy: nil),
        Profile(
            name: "dust from sweeping: puffs of 250 mdB/m", seconds: 600,
            smoke: { Int($0) % 20 >= 14 ? 250 : 20 }, temperature: { _ in 22 }, carbonMonoxide: { _ in 0 }, alarmBy: nil
        ),
        Profile(
            name: "a motor scooter in the hall: 40 ppm CO without smoke", seconds: 1_200, smoke: { _ in 8 },
            temperature: { _ in 18 }, carbonMonoxide: { min($0 / 5, 40) }, alarmBy: nil),
    ]

    @Test("Fires fire in time, nuisances do not", arguments: profiles)
    func profile(_ profile: Profile) {
        let bench = TestBench(.multiCriteriaFire(Self.configuration))
        for _ in 0..<120 {
            bench.read(Int32(profile.smoke(0)), point: 0)
            bench.read(Int32(profile.temperature(0) * 1_000), point: 1)
            bench.read(Int32(profile.carbonMonoxide(0)), point: 2)
            bench.run(for: .seconds(1))
        }
        var alarmAt: Double?
        for second in 0..<profile.seconds {
            let time = Double(second)
            bench.read(Int32(profile.smoke(time)), point: 0)
            bench.read(Int32(profile.temperature(time) * 1_000), point: 1)
            bench.read(Int32(profile.carbonMonoxide(time)), point: 2)
            if alarmAt == nil && bench.state() == .alarm { alarmAt = time }
            bench.run(for: .seconds(1))
        }
        if let limit = profile.alarmBy {
            #expect((alarmAt ?? .infinity) <= limit)
        } else {
            #expect(alarmAt == nil)
        }
    }

    @Test("One lost source is a trouble, and the others still find the fire", arguments: [UInt16(0), 1, 2])
    func degraded(lost: UInt16) {
        let bench = TestBench(.multiCriteriaFire(Self.configuration))
        for second in 0..<1_200 {
            let time = Double(second)
            let values = [
                Int32(max(0, time - 120) * 0.8), Int32(22_000 + max(0, time - 120) * 60), Int32(max(0, time - 120) / 4),
            ]
            for point in UInt16(0)..<3 {
                bench.read(values[Int(point)], point == lost ? .missing : .good, point: point)
            }
            if second == 60 { #expect(bench.trouble() == .missing) }
            bench.run(for: .seconds(1))
        }
        #expect(bench.state() == .alarm)
    }
}
