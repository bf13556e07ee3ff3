import ArgumentParser
import BoardCompiler
import Foundation
import WardenMessages

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Shows a running board live: doors, alarms, sensors, and what happens.",
        discussion: """
            In a terminal the page is drawn anew every second; end with Ctrl-C. Elsewhere, and with --json, each second \
            gives one object a line.

            EXAMPLES
              wardenctl watch
              wardenctl watch --json --count 1
            """)
    @OptionGroup var board: BoardOptions
    @Option(help: "End after so many pages.") var count: Int?
    @Option(help: "Seconds between pages, 0.2 to 3600.") var every = 1.0

    func validate() throws {
        guard (0.2...3_600).contains(every) else { throw ValidationError("--every is from 0.2 to 3600 seconds") }
    }

    func run() throws {
        let connection = try board.connect()
        let names = try ClientNames(connection)
        let isPage = !board.json && isatty(1) == 1
        var shown = 0
        while true {
            let page = try Page(connection, names)
            if board.json || !isPage {
                Terminal.write((board.json ? page.json.line : page.text(height: .max)) + "\n")
            } else {
                // Home, the page with each line's rest cleared, then everything below.
                let lines = page.text(height: terminalHeight()).split(separator: "\n", omittingEmptySubsequences: false)
                Terminal.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
            }
            shown += 1
            if let count, shown >= count { return }
            Thread.sleep(forTimeInterval: every)
        }
    }

    private func terminalHeight() -> Int {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
    }

    struct Page {
        let status: BoardStatus
        let tables: [ReportTable]
        let events: [EventLine]

        init(_ connection: BoardConnection, _ names: ClientNames) throws {
            status = try connection.status()
            tables = [
                BoardTables.doors(try connection.doors()), BoardTables.detectors(try connection.detectors()),
                BoardTables.points(try connection.points()),
            ].filter { !$0.rows.isEmpty }
            events = try connection.ask(.events(EventQuery(limit: 12, newest: true))).compactMap {
                if case .event(let event) = $0 { EventLine(event: event, names: names) } else { nil }
            }
        }

        func text(height: Int) -> String {
            var lines = [
                "\(BoardTables.text(status.name))  up \(status.uptimeNs / 1_000_000_000) s  "
                    + "alarms \(status.alarms)  troubles \(status.troubles)", "",
            ]
            for table in tables { lines += table.text().split(separator: "\n").dropFirst().map(String.init) + [""] }
            // What happened last is worth more than what happened before: the oldest give way to a small window.
            let room = max(3, min(events.count, height - lines.count - 1))
            lines += events.suffix(room).map(\.text)
            return lines.prefix(height).joined(separator: "\n")
        }

        var json: JSONValue {
            .object(
                [("status", .object(BoardTables.statusRows(status).map { ($0.key, $0.value) }))]
                    + tables.map { ($0.key, $0.json) } + [("events", .array(events.map(\.json)))])
        }
    }
}
