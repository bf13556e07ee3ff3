import ArgumentParser
import Foundation

@main
struct Wardenctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wardenctl",
        abstract: "Describes, checks and builds Warden boards, judges detectors, and talks to running boards.",
        discussion: """
            EXAMPLES
              wardenctl board check boards/lobby.yaml
              wardenctl board build boards/lobby.yaml --hash-key boards/demo.hashkey -o lobby.board
              wardenctl board explain boards/lobby.yaml
              wardenctl evaluate fall --corpus sisfall
              wardenctl watch
              wardenctl door entrance unlock

            \(ExitStatus.listing)
            """,
        subcommands: [
            BoardCommand.self, ConsolePinCommand.self, ScenarioCommand.self, EvaluateCommand.self, StatusCommand.self,
            WatchCommand.self,
            EventsCommand.self,
            DoorsCommand.self, DoorCommand.self, SensorsCommand.self, AlarmsCommand.self, AlarmCommand.self,
            WalkTestCommand.self, ReaderCommand.self, PointCommand.self, ConsoleLinkCommand.self,
            CommissionCommand.self,
            FireResetCommand.self, LinesCommand.self, ReadersCommand.self, JournalCommand.self, RecorderCommand.self,
            KeysCommand.self, ImageCommand.self, UpdateCommand.self, CredentialsCommand.self, TimeCommand.self,
            LogLevelCommand.self,
            CountersCommand.self, ReferenceCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Terminal.complain("wardenctl: \(failure.message)")
            if !failure.remedy.isEmpty { Terminal.complain("  \(failure.remedy)") }
            Foundation.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
