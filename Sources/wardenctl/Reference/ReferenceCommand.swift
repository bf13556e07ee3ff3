import ArgumentParser
import Foundation

struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Writes a page of the reference: the console's commands, events, reasons or exit statuses.",
        discussion: """
            The pages are made of the tables that the programs themselves use; those in Sources/Guides.docc are these.

            EXAMPLES
              wardenctl reference reasons
              wardenctl reference console > Sources/Guides.docc/ConsoleReference.md
            """)

    enum Page: String, CaseIterable, ExpressibleByArgument {
        case console
        case events
        case reasons
        case exitStatuses = "exit-statuses"

        var text: String {
            switch self {
            case .console: ReferencePages.console
            case .events: ReferencePages.events
            case .reasons: ReferencePages.reasons
            case .exitStatuses: ReferencePages.exitStatuses
            }
        }
    }

    @Argument(help: "Which page.") var page: Page

    func run() throws { Terminal.write(page.text) }
}
