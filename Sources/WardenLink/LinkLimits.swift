import HardwareInterface

/// Bounds of a session; `firmware-proto/README.md` states them for clients.
public enum LinkLimits {
    /// Bytes of an encoded message: what a frame carries, less what sealing adds.
    public static var message: Int { Frame.payloadLimit - 24 }
    /// Bytes that wait for a peer at the most.
    public static var outbox: Int { 4_096 }
    /// Bytes of the outbox that list entries and events leave to answers.
    static var answerReserve: Int { 2 * Frame.encodedLimit }
    /// Frames that one session adds in one turn of the board.
    static var framesPerTurn: Int { 8 }
    /// List entries and events that a client takes before its first `Credit`.
    static var initialCredit: UInt64 { 64 }
    /// Bytes of a console's output that the board sends before the client has taken them.
    static var consoleWindow: Int { 1_024 }
    /// Bytes that the board sends in one turn on a half-duplex line, at least a frame.
    static var turn: Int { Frame.encodedLimit }
    /// A peer that takes none of the bytes that wait for it is dropped after this time.
    static var notReading: Interval { .seconds(10) }
    /// A peer that has to authenticate has this long from the connection to its first sealed message.
    static var handshake: Interval { .seconds(5) }
    /// Bytes of a handshake's first message.
    static var handshakeMessage: Int { 256 }
    /// What both sides have to agree on before they begin: the prologue of the handshake.
    static var prologue: StaticString { "WardenLink/1" }
    /// A peer that has to authenticate and sends nothing is dropped after this time. The kernel tells of a local one.
    static var silent: Interval { .seconds(60) }
    /// Results of commands that are kept for repeats, over all clients.
    static var rememberedCommands: Int { 64 }
}
