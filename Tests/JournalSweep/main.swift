import Glibc
import JournalSimulation

// `journal-sweep [--seeds FIRST LAST] [--steps N] [--sessions N] [--torn-stride N] [--second-stride N]`
// Cuts the power in every way at every point of random workloads and says how much was tried. Exits 1 on a complaint.

var settings = SweepSettings()
var firstSeed: UInt64 = 1
var lastSeed: UInt64 = 3

func usage() -> Never {
    print(
        """
        usage: journal-sweep [--seeds FIRST LAST] [--steps N] [--sessions N] [--torn-stride N] [--second-stride N]
                             [--complaints N]

          --seeds FIRST LAST   workloads to run (1 3)
          --steps N            things that happen in a session (\(SweepSettings().stepsPerSession))
          --sessions N         starts of the board in a workload (\(SweepSettings().sessions))
          --torn-stride N      tear writes at one of N bytes; 1 tears at every byte (\(SweepSettings().tornStride))
          --second-stride N    cut every Nth recovery too, in every way; 0 none (\(SweepSettings().secondCutStride))
          --complaints N       end a workload after so many (\(SweepSettings().complaintLimit))
        """)
    exit(2)
}

var arguments = CommandLine.arguments.dropFirst()
@MainActor func number() -> Int {
    guard let text = arguments.popFirst(), let value = Int(text), value >= 0 else { usage() }
    return value
}
while let argument = arguments.popFirst() {
    switch argument {
    case "--seeds":
        firstSeed = UInt64(number())
        lastSeed = UInt64(number())
        guard firstSeed <= lastSeed else { usage() }
    case "--steps": settings.stepsPerSession = number()
    case "--sessions": settings.sessions = max(1, number())
    case "--torn-stride": settings.tornStride = max(1, number())
    case "--second-stride": settings.secondCutStride = number()
    case "--complaints": settings.complaintLimit = max(1, number())
    default: usage()
    }
}

var total = SweepResult()
for seed in firstSeed...lastSeed {
    let sweep = PowerCutSweep(seed: seed, settings: settings)
    sweep.run()
    total.add(sweep.result)
    let result = sweep.result
    print(
        "seed \(seed): \(result.flushes) flushes, \(result.writes) writes; cuts: \(result.subsetCuts) by order,"
            + " \(result.tornCuts) torn, \(result.garbageCuts) garbage, \(result.unreadableCuts) unreadable,"
            + " \(result.secondCuts) in recovery; \(result.eventsChecked) events read")
    fflush(nil)
    for complaint in result.complaints.prefix(settings.complaintLimit) { print("  " + complaint) }
}
print(
    "\(total.cuts) cuts and \(total.secondCuts) second cuts of \(total.writes) writes in \(total.flushes) flushes:"
        + " \(total.complaints.count) complaints")
exit(total.complaints.isEmpty ? 0 : 1)
