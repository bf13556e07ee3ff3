import JournalSimulation
import Testing

@Suite("Power cuts")
struct PowerCutTests {
    @Test(
        "Whatever the medium makes of the writes in flight, nothing durable is lost and nothing false is read",
        arguments: 1...4 as ClosedRange<UInt64>)
    func sweep(seed: UInt64) {
        var settings = SweepSettings()
        settings.sessions = 2
        settings.stepsPerSession = 12
        settings.tornStride = 53
        settings.randomSubsets = 4
        settings.allSubsetsUpTo = 4
        settings.secondCutStride = 150
        let sweep = PowerCutSweep(seed: seed, settings: settings)
        sweep.run()
        #expect(sweep.result.complaints == [])
        #expect(sweep.result.cuts > 100)
    }
}
