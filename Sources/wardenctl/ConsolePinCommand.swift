import ArgumentParser
import BoardCompiler
import Cryptography
import FixedMemory
import Foundation

/// Hashes a PIN for the `console_users` of a board file.
struct ConsolePinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console-pin", abstract: "Hashes a PIN for a console user of a board file.",
        discussion: """
            Asks for the PIN, which is not shown; without a terminal it is the first line of standard input. Prints what \
            stands behind 'pin:' under 'console_users'. The hash holds only with the board's hash key.

            EXAMPLES
              wardenctl console-pin --hash-key site.hashkey
              pass show site/caretaker | wardenctl console-pin --hash-key site.hashkey
            """)

    @Option(help: "File with the board's hash key: 64 hexadecimal digits.", completion: .file())
    var hashKey: String

    func run() throws {
        let key = try HashKeyFile.read(hashKey)
        let pin = try isatty(0) == 1 ? askTwice() : readLine()
        guard PinHash.pinRange.contains(pin.count) else {
            throw Failure(
                status: .invalidData, message: "a PIN has 4 to 32 characters", remedy: "Six digits or more are better.")
        }
        guard pin.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(
                status: .invalidData, message: "a PIN has digits, letters and signs of ASCII, no blanks",
                remedy: "Every terminal must be able to type it.")
        }
        var generator = SystemRandomNumberGenerator()
        var salt = FixedBytes<16>()
        for _ in 0..<PinHash.saltLength { salt.append(UInt8.random(in: .min ... .max, using: &generator)) }
        guard let hash = PinHashText(pin: pin, key: key, salt: salt) else {
            throw Failure(status: .invalidData, message: "there is not the memory that the hash takes")
        }
        Terminal.write(hash.text + "\n")
    }

    private func askTwice() throws -> [UInt8] {
        let first = ask("PIN: ")
        guard ask("PIN again: ") == first else {
            throw Failure(status: .invalidData, message: "the two are not the same", remedy: "Run the command again.")
        }
        return first
    }

    private func ask(_ prompt: String) -> [UInt8] {
        FileHandle.standardError.write(Data(prompt.utf8))
        var settings = termios()
        tcgetattr(0, &settings)
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &settings)
        let line = readLine()
        var restored = before
        tcsetattr(0, TCSAFLUSH, &restored)
        Terminal.complain("")
        return line
    }

    private func readLine() -> [UInt8] { Array((Swift.readLine(strippingNewline: true) ?? "").utf8) }
}
