import ArgumentParser
import BoardCompiler

struct CommissionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commission", abstract: "Makes the report of a board's commissioning to hand over.",
        discussion: """
            Reads what was captured of the console while it printed 'test report --plain', from a serial log or from \
            'wardenctl console', and writes it as text, JSON or a page that prints.

            EXAMPLES
              wardenctl commission minicom.cap
              wardenctl commission minicom.cap -o lobby.html
              wardenctl console -c 'test report' | wardenctl commission - -o lobby.html
            """)
    @Argument(help: "What was captured; - for standard input.", completion: .file()) var log: String
    @Option(name: .shortAndLong, help: "Write a page there instead of text.", completion: .file()) var output: String?
    @Flag(help: "Write JSON.") var json = false

    func run() throws {
        let text = try Files.readText(log, limit: 16 << 20)
        guard let report = CommissioningReport(captured: text) else {
            throw Failure(
                status: .invalidData, message: "\(log): there is no whole commissioning report in it",
                remedy:
                    "Capture what the console prints for 'test report --plain', from its first line to 'exit 0 done'.")
        }
        if let output {
            try Files.write(Array(report.html().utf8), to: output)
        } else {
            Terminal.write(json ? report.json.text() + "\n" : report.text())
        }
        if !report.isClean { throw ArgumentParser.ExitCode(ExitStatus.negative.rawValue) }
    }
}
