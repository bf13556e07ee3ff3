import ArgumentParser
import BoardCompiler
import Cryptography
import Foundation

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes, shows and authorises the keys of Warden Link.",
        subcommands: [Make.self, Show.self, Authorise.self])

    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a private key for a client or a board, and says its public key.",
            discussion: """
                The private key is written to NAME.key, which only you may read, and never leaves this machine. A file that \
                is there is never overwritten.

                EXAMPLES
                  wardenctl keys make laptop
                  wardenctl keys make sites/lobby --json | jq -r .public_key
                """)
        @Argument(help: "Name of the key; the file is NAME.key.") var name: String
        @Flag(help: "Write JSON.") var json = false

        func run() throws {
            let path = name + ".key"
            let key = KeyFile.hexadecimal(try KeyFile.make(path))
            if json {
                Terminal.write(JSONValue.object([("file", .string(path)), ("public_key", .string(key))]).text() + "\n")
                return
            }
            Terminal.write("private key  \(path), which only you may read\n")
            Terminal.write("public key   \(key)\n")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the public key that belongs to a private one.",
            discussion: """
                The private key itself is never shown.

                EXAMPLES
                  wardenctl keys show laptop.key
                """)
        @Argument(help: "File with the private key.", completion: .file(extensions: ["key"])) var file: String
        @Flag(help: "Write JSON.") var json = false

        func run() throws {
            let key = KeyFile.hexadecimal(try KeyFile.readPrivate(file).publicKey)
            let object = JSONValue.object([("file", .string(file)), ("public_key", .string(key))])
            Terminal.write((json ? object.text() : key) + "\n")
        }
    }

    struct Authorise: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a client in on a board: enters its public key into the board file.",
            discussion: """
                The rest of the file, its comments among it, stays as it is; the file is changed whole or not at all. Build \
                the image anew afterwards. A name that is there gets the new key, role and expiry.

                EXAMPLES
                  wardenctl keys authorise laptop laptop.key --role technician --board boards/lobby.yaml
                  wardenctl keys authorise platform 8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a \\
                      --role operator --expires 2027-06-30 --board boards/lobby.yaml
                """)
        @Argument(help: "Name of the client, as events show it.") var name: String
        @Argument(help: "Its public key: 64 digits, or a file with them or with the private key.") var key: String
        @Option(help: "observer, operator, technician or administrator.") var role: String
        @Option(help: "Last day of the key, such as 2027-06-30.") var expires: String?
        @Option(help: "The board file.", completion: .file(extensions: ["yaml", "yml"])) var board: String

        func run() throws {
            let publicKey = try key.hasSuffix(".key") ? KeyFile.readPrivate(key).publicKey : KeyFile.publicKey(key)
            let text = try Files.readText(board, limit: 4 << 20)
            let entry = ClientEntry(name: name, key: KeyFile.hexadecimal(publicKey), role: role, expires: expires)
            let changed = entry.entered(into: text)
            let result = BoardCompiler().check(changed)
            if result.board == nil {
                let report = ProblemReport(fileName: board, text: changed, problems: result.problems)
                Terminal.complain(report.text(colour: Terminal.hasColour(.standardError)))
                throw Failure(
                    status: .negative, message: "\(board): it would have \(report.summary), so it is left as it was")
            }
            try Files.write(Array(changed.utf8), to: board)
            Terminal.write("\(board): '\(name)' is let in as \(role)\(expires.map { " until \($0)" } ?? "")\n")
            Terminal.write("  build the image anew for the board to know it: wardenctl board build \(board)\n")
        }
    }
}

/// A client in the text of a board file.
struct ClientEntry {
    var name: String
    var key: String
    var role: String
    var expires: String?

    private var lines: [String] {
        ["  \(name):", "    public_key: \"\(key)\"", "    role: \(role)"]
            + (expires.map { ["    expires: \($0)"] } ?? [])
    }

    /// The text with this client, in place of one of the same name; everything else stays as it is.
    func entered(into text: String) -> String {
        var file = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if file.last == "" { file.removeLast() }
        guard let section = file.firstIndex(where: { ClientEntry.key(of: $0) == "clients" }) else {
            return (file + ["", "clients:"] + lines).joined(separator: "\n") + "\n"
        }
        // The section ends with the next key at the margin; comments and empty lines above that belong to it.
        var end = file[(section + 1)...].firstIndex { ClientEntry.key(of: $0) != nil } ?? file.count
        while end > section + 1, ClientEntry.isFiller(file[end - 1]) { end -= 1 }
        if let old = file[(section + 1)..<end].firstIndex(where: { $0.hasPrefix("  \(name):") }) {
            let next = file[(old + 1)..<end].firstIndex { !$0.hasPrefix("   ") && !ClientEntry.isFiller($0) } ?? end
            file.replaceSubrange(old..<next, with: lines)
        } else {
            file.insert(contentsOf: lines, at: end)
        }
        return file.joined(separator: "\n") + "\n"
    }

    /// The key at the margin of a line; `nil` if there is none.
    private static func key(of line: String) -> String? {
        guard let first = line.first, first.isLetter, let colon = line.firstIndex(of: ":") else { return nil }
        return String(line[..<colon])
    }

    private static func isFiller(_ line: String) -> Bool {
        let content = line.drop { $0 == " " }
        return content.isEmpty || content.first == "#"
    }
}
