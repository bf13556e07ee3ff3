import AccessControl
import HardwareInterface
import Testing

@Suite("Watching a door never moves its lock")
struct WatchingTests {
    /// The proof of a door leaves out what only watches it; this is the ground for doing so.
    @Test(
        "two doors that differ in alarm times alone are released and locked at the same moments",
        arguments: UInt64(1)...40)
    func twins(seed: UInt64) {
        func build(_ change: (inout DoorTimings) -> Void) -> TestBoard {
            let board = TestBoard()
            board.door {
                $0.relock = seed % 2 == 0 ? .onClose : .onOpen
                change(&$0.timings)
            }
            board.enrol(1)
            board.enrol(2) { $0.traits = .extendedTime }
            board.start()
            return board
        }
        let plain = build { _ in }
        let other = build {
            $0.heldOpenWarning = .zero
            $0.heldOpenAlarm = .seconds(3)
            $0.extendedHeldOpen = .zero
            $0.relockGrace = .milliseconds(40)
            $0.exitRace = .milliseconds(35)
            $0.exitShunt = .milliseconds(1)
            $0.answer = .seconds(9)
        }
        var generator = SeededGenerator(seed)
        var differences = 0
        for _ in 0..<400 {
            let choice = generator.below(12)
            let length = Interval.milliseconds(Int64(generator.below(4_000)))
            for board in [plain, other] {
                switch choice {
                case 0, 1: board.present(1)
                case 2: board.present(2)
                case 3: board.contact(.open)
                case 4, 5: board.contact(.closed)
                case 6: board.exitButton(true)
                case 7: board.exitButton(false)
                case 8: board.command(seed % 3 == 0 ? .lockdown : .unlock)
                case 9: board.command(.endLockdown)
                case 10: board.fire(length > .seconds(3))
                default: board.resetFire()
                }
                // In small steps, so that a difference between two moments is seen too.
                for _ in 0..<4 { board.wait(.milliseconds(length.milliseconds / 4)) }
            }
            if plain.outputs().isReleased != other.outputs().isReleased { differences += 1 }
        }
        #expect(differences == 0)
    }
}
