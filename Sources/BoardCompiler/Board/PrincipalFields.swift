import WardenMessages

/// Fields of `clients`, `local_users` and `console_users`.
enum PrincipalFields {
    static let role: ValueKind<AccessRole> = .choice([
        Choice("observer", AccessRole.observer, "sees states and events"),
        Choice("operator", .operator, "releases and locks doors; acknowledges, silences and resets alarms"),
        Choice("technician", .technician, "tests, reads out and updates"),
        Choice("administrator", .administrator, "changes credentials and keys"),
    ])

    static let client = Record<ClientDescription>(
        make: { ClientDescription() },
        fields: [
            .required(
                "public_key", .hexadecimal(byteCount: 32, of: "an X25519 public key"),
                example: "\"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\"",
                "The client's static X25519 public key. The private one never leaves the client."
            ) { client, bytes in
                for byte in bytes { client.message.publicKey.append(byte) }
            },
            .required("role", role, example: "operator", "What it may do; each role may do what those before it may.") {
                $0.message.role = $1
            },
            .optional(
                "expires", .moment, example: "2027-06-30",
                "The key is void from the end of this day, or this minute, on."
            ) { $0.expires = $1 },
        ])

    static let localUser = Record<LocalUser>(
        make: { LocalUser() },
        fields: [
            .optional(
                "user", .unsigned(0...4_294_967_294), example: "1000",
                "Number of a user, as `id -u` prints it on the board. Either this or `group`."
            ) { $0.who = .user($1) },
            .optional(
                "group", .unsigned(0...4_294_967_294), example: "44",
                "Number of a group, as `getent group` prints it on the board."
            ) { $0.who = .group($1) },
            .required("role", role, example: "technician", "What they may do.") { $0.role = $1 },
        ])

    static let consoleUser = Record<ConsoleUser>(
        make: { ConsoleUser() },
        fields: [
            .required("role", role, example: "operator", "What they may do once they have logged in.") {
                $0.role = $1
            },
            .required(
                "pin", .pinHash,
                example:
                    "argon2id:4:1024:000102030405060708090a0b0c0d0e0f:b1d3e0a14b2f9c4417fc3a3a53a4d2f28c5e8bb09e7b7a9d2d6a4a2c8e1f0b37",
                "The hash of their PIN, as `wardenctl console-pin` prints it; made with the board's hash key."
            ) { user, hash in
                user.passes = hash.passes
                user.memoryKib = hash.memoryKib
                user.pinSalt = hash.salt
                user.pinHash = hash.hash
            },
        ])
}
