import HardwareInterface

/// What a session's bytes travel over, as far as it matters to the session.
public enum LinkTransport: Equatable, Sendable, BitwiseCopyable {
    /// TCP or a UNIX socket: there while the peer is, and ended by either side.
    case connection
    /// A serial line in both directions at once: always there, whoever is at the other end. A session that ends waits
    /// for the next handshake.
    case line
    /// An RS-485 line, on which the peer asks and the board speaks in its turn only.
    ///
    /// - Parameter turnaround: how long the board waits after the peer's last byte before it switches its driver on.
    case halfDuplexLine(turnaround: Interval)

    var isConnection: Bool { self == .connection }
}
