import Foundation
import Testing

@Suite("wardenctl keys keeps private keys private, and lets clients in", .serialized)
struct KeysTests {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("warden-keys-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func made(_ name: String) throws -> String {
        let ended = try Program.run(["keys", "make", path(name), "--json"])
        #expect(ended.status == 0, "\(ended)")
        let object = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
        return object?["public_key"] as? String ?? ""
    }

    @Test("A private key is for its owner alone, is never shown and never overwritten")
    func make() throws {
        let publicKey = try made("laptop")
        #expect(publicKey.count == 64)
        let attributes = try FileManager.default.attributesOfItem(atPath: path("laptop.key"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let secret = try text("laptop.key").trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(secret.count == 64)
        let shown = try Program.run(["keys", "show", path("laptop.key")])
        #expect(shown.output == publicKey + "\n")
        #expect(!shown.output.contains(secret))
        let again = try Program.run(["keys", "make", path("laptop")])
        #expect(again.status == 73)
        #expect(try text("laptop.key").contains(secret), "the old key is as it was")
        #expect(try made("other") != publicKey)
    }

    @Test("The public key is that of RFC 7748, section 6.1")
    func vector() throws {
        let file = path("alice.key")
        let made = FileManager.default.createFile(
            atPath: file, contents: Data("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a\n".utf8),
            attributes: [.posixPermissions: 0o600])
        #expect(made)
        #expect(
            try Program.run(["keys", "show", file]).output
                == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\n")
    }

    @Test("One that others may read is refused, with what to do")
    func permissions() throws {
        _ = try made("laptop")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path("laptop.key"))
        let ended = try Program.run(["keys", "show", path("laptop.key")])
        #expect(ended.status == 65)
        #expect(ended.errors.contains("chmod 600"))
    }

    @Test("A client is entered into the board file; all else in it stays, byte for byte")
    func authorise() throws {
        let key = try made("laptop")
        let before = Repository.text("boards/lobby.yaml")
        try before.write(toFile: path("lobby.yaml"), atomically: true, encoding: .utf8)
        func authorise(_ name: String, _ role: String, _ more: [String] = []) throws -> Program.Ended {
            try Program.run(
                ["keys", "authorise", name, path("laptop.key"), "--role", role, "--board", path("lobby.yaml")] + more)
        }
        #expect(try authorise("laptop", "operator").status == 0)
        let entry = "\nclients:\n  laptop:\n    public_key: \"\(key)\"\n    role: operator\n"
        #expect(try text("lobby.yaml") == before + entry)
        #expect(try authorise("laptop", "technician", ["--expires", "2027-06-30"]).status == 0)
        let changed =
            "\nclients:\n  laptop:\n    public_key: \"\(key)\"\n    role: technician\n    expires: 2027-06-30\n"
        #expect(try text("lobby.yaml") == before + changed, "the same name is changed, not entered twice")
        #expect(try Program.run(["board", "check", path("lobby.yaml")]).status == 0)
        let kept = try text("lobby.yaml")
        let wrong = try authorise("desk", "king")
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("'king' is not one of observer"))
        #expect(try text("lobby.yaml") == kept, "a file that would be wrong is left as it was")
    }

    @Test("Over TCP the board lets in whom its file names, and nobody else; a client talks to its board alone")
    func network() throws {
        _ = try made("laptop")
        _ = try made("stranger")
        let boardKey = try made("lobby")
        try Repository.text("boards/lobby.yaml").write(
            toFile: path("lobby.yaml"), atomically: true, encoding: .utf8)
        let authorised = try Program.run([
            "keys", "authorise", "laptop", path("laptop.key"), "--role", "operator", "--board", path("lobby.yaml"),
        ])
        #expect(authorised.status == 0, "\(authorised)")
        let board = try SimulatedBoard(
            ["--tcp", "0", "--link-key", path("lobby.key")], board: path("lobby.yaml"))
        let told = try #require(board.told.split(separator: "\n").first { $0.hasPrefix("Warden Link on 127.0.0.1:") })
        #expect(told.hasSuffix("board key \(boardKey)"))
        let address = String(told.dropFirst("Warden Link on ".count).prefix { $0 != "," })
        func run(_ command: [String], key: String, board: String) throws -> Program.Ended {
            try Program.run(command + ["--tcp", address, "--key", path(key), "--board-key", board])
        }
        let unlock = try run(["door", "entrance", "unlock"], key: "laptop.key", board: boardKey)
        #expect(unlock.status == 0, "\(unlock)")
        let events = try run(["events", "-n", "3"], key: "laptop.key", board: boardKey)
        #expect(events.output.contains("command door-unlock entrance done by link 0"), "\(events)")
        let stranger = try run(["doors"], key: "stranger.key", board: boardKey)
        #expect(stranger.status == 77, "\(stranger)")
        #expect(stranger.errors.contains("does not let this client in"))
        let other = try Program.run(["keys", "show", path("stranger.key")]).output.prefix(64)
        #expect(try run(["doors"], key: "laptop.key", board: String(other)).status == 77)
    }
}
