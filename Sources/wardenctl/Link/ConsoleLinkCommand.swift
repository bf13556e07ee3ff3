import ArgumentParser
import Foundation
import WardenMessages

struct ConsoleLinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Opens the console of a running board, as a serial line would.",
        discussion: """
            What a technician types in the riser cupboard, from a desk: the key or user must have the role technician, and who \
            acts logs in there as at the serial line. One such console at a time. Ctrl-] ends it.

            With -c nothing is asked: the command is carried out with --plain and --yes, and its exit status is the board's \
            (0 done, 1 refused, 2 usage, 3 unknown name, 4 not permitted, 5 not confirmed).

            EXAMPLES
              wardenctl console --tcp lobby.example --key laptop.key --board-key lobby.pub
              wardenctl console -c status
              wardenctl console -c 'test report' | wardenctl commission - -o lobby.html
            """)
    @Option(name: .shortAndLong, help: "Carry out this command and end.") var command: String?
    @Option(help: "With -c: seconds to wait for the end of its answer.") var timeout: Double = 30
    @OptionGroup var board: BoardOptions

    func validate() throws {
        if command?.contains(where: \.isNewline) == true { throw ValidationError("one command at a time") }
    }

    func run() throws {
        let connection = try board.connect()
        guard let command else {
            try interact(connection)
            return
        }
        let console = try RemoteConsole(connection, columns: 0, rows: 0)
        let (text, status) = try console.perform(command, seconds: timeout)
        Terminal.write(text)
        if status != 0 { throw ArgumentParser.ExitCode(Int32(status)) }
    }

    // MARK: A person

    private func interact(_ connection: BoardConnection) throws {
        var size = winsize()
        let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        let console = try RemoteConsole(
            connection, columns: hasSize ? Int(size.ws_col) : 0, rows: hasSize ? Int(size.ws_row) : 0)
        var before = termios()
        let isTerminal = tcgetattr(STDIN_FILENO, &before) == 0
        if isTerminal {
            var raw = before
            cfmakeraw(&raw)
            tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        }
        defer { if isTerminal { tcsetattr(STDIN_FILENO, TCSANOW, &before) } }
        var hasInput = true
        while true {
            guard let bytes = try console.show(patience: 20) else { return }
            if !bytes.isEmpty { FileHandle.standardOutput.write(Data(bytes)) }
            guard hasInput else { continue }
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 0) > 0 else { continue }
            var typed = [UInt8](repeating: 0, count: 256)
            let count = read(STDIN_FILENO, &typed, typed.count)
            guard count > 0 else {
                hasInput = false
                continue
            }
            // Ctrl-], as telnet has it.
            if typed[..<count].contains(0x1D) { return }
            try console.type(Array(typed[..<count]))
        }
    }
}
