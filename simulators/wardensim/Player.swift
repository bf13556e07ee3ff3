import CSimulator
import FixedMemory
import HardwareInterface
import Simulation

/// Moves a simulation along at the wanted speed, with everybody outside served between its turns.
enum Player {
    /// Those outside are looked after at least this often, however slow the simulated time runs.
    private static var refresh: Interval { .milliseconds(50) }
    /// Moments between two looks outside, at full speed.
    private static var momentsAtOnce: Int { 64 }

    /// How simulated time follows that of the machine.
    private struct Pace {
        let times: Int64
        let simulated: Instant
        /// The scenario is over, and the board goes on.
        let isAfterwards: Bool
        let startedAt = simulator_clock_ns()

        /// How far the simulation is to be by now.
        var limit: Instant {
            let elapsed = simulator_clock_ns() - startedAt
            let (nanoseconds, overflow) = elapsed.multipliedReportingOverflow(by: times)
            return overflow ? .never : simulated + Interval(nanoseconds: nanoseconds)
        }

        /// How long to wait for a moment; at least a millisecond, so that waiting is not work.
        func wait(from now: Instant, to moment: Instant) -> Interval {
            let wait = moment == .never ? refresh.nanoseconds : (moment - now).nanoseconds / times
            return Interval(nanoseconds: max(1_000_000, min(wait, refresh.nanoseconds)))
        }
    }

    /// Plays until the scenario is over or the user asks to end.
    static func play(
        _ simulation: inout Simulation<TraceOutputs>, _ endpoints: inout Endpoints, speed: Arguments.Speed
    ) {
        switch speed {
        case .max where endpoints.isEmpty:
            while simulation.advance() == .running { if simulator_end_asked() { return } }
        case .max:
            while simulation.state == .running {
                draw(&simulation, isOver: false)
                for _ in 0..<momentsAtOnce where simulation.state == .running { simulation.advance() }
                guard endpoints.exchange(with: &simulation, waiting: .zero) else { return }
            }
        case .times(let times):
            follow(Pace(times: times, simulated: simulation.now, isAfterwards: false), &simulation, &endpoints)
        }
    }

    /// Lets the board go on in real time until the user asks to end.
    static func stay(_ simulation: inout Simulation<TraceOutputs>, _ endpoints: inout Endpoints) {
        simulation.stay()
        follow(Pace(times: 1, simulated: simulation.now, isAfterwards: true), &simulation, &endpoints)
    }

    private static func follow(
        _ pace: Pace, _ simulation: inout Simulation<TraceOutputs>, _ endpoints: inout Endpoints
    ) {
        while simulation.state == .running {
            let limit = pace.limit
            while simulation.now < limit, simulation.advance(limit: limit) == .running {}
            draw(&simulation, isOver: pace.isAfterwards)
            let wait = pace.wait(from: simulation.now, to: simulation.nextMoment)
            guard endpoints.exchange(with: &simulation, waiting: wait) else { return }
        }
    }

    private static func draw(_ simulation: inout Simulation<TraceOutputs>, isOver: Bool) {
        guard let page = simulation.sink.page, var screen = simulation.sink.screen.take() else { return }
        page.draw(simulation, on: &screen, isOver: isOver)
        simulation.sink.screen = consume screen
    }
}
