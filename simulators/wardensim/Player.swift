import CSimulator
import FixedMemory
import HardwareInterface
import Simulation

/// Moves a simulation along at the wanted speed, with the terminal attached if the run is live.
enum Player {
    /// The screen follows at least this often, however slow the simulated time runs.
    private static var refresh: Interval { .milliseconds(50) }

    static func run(_ simulation: inout Simulation<TraceOutputs>, speed: Arguments.Speed, isLive: Bool) {
        switch speed {
        case .max where !isLive:
            while simulation.advance() == .running { if simulator_end_asked() { return } }
        case .max:
            runPaced(&simulation, times: 1_000_000)
        case .times(let times):
            runPaced(&simulation, times: times)
        }
    }

    private static func runPaced(_ simulation: inout Simulation<TraceOutputs>, times: Int64) {
        let startedAt = simulator_clock_ns()
        while true {
            let elapsed = simulator_clock_ns() - startedAt
            let (simulated, overflow) = elapsed.multipliedReportingOverflow(by: times)
            let limit = overflow ? Instant.never : Instant(nanoseconds: simulated)
            while simulation.now < limit {
                guard simulation.advance(limit: limit) == .running else {
                    exchange(&simulation)
                    return
                }
            }
            exchange(&simulation)
            let untilNext = (simulation.nextMoment - simulation.now).nanoseconds / times
            switch simulator_wait_input(max(1_000_000, min(untilNext, refresh.nanoseconds))) {
            case 1: readKeys(&simulation)
            case -1: return
            default: break
            }
        }
    }

    /// Shows what the board's console printed.
    private static func exchange(_ simulation: inout Simulation<TraceOutputs>) {
        var printed = ByteBuffer(capacity: 8_192)
        simulation.takeConsoleOutput(into: &printed)
        simulation.sink.screen?.showConsole(printed.span)
        simulation.sink.screen?.flush()
    }

    private static func readKeys(_ simulation: inout Simulation<TraceOutputs>) {
        var keys = ByteBuffer(capacity: 256)
        keys.appendFilling { free in max(0, simulator_read(0, free.baseAddress!, free.count)) }
        simulation.type(keys.span)
    }
}
