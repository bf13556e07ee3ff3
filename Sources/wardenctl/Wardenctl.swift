import ArgumentParser
import Foundation

@main
struct Wardenctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wardenctl",
        abstract: "Describes, checks and builds Warden boards, and talks to running ones.",
        discussion: """
            EXAMPLES
              wardenctl board check boards/lobby.yaml
              wardenctl board build boards/lobby.yaml --hash-key boards/demo.hashkey -o lobby.board
              wardenctl board explain boards/lobby.yaml

            \(ExitStatus.listing)
            """,
        subcommands: [BoardCommand.self, ScenarioCommand.self])

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
