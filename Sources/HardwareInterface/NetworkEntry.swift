import FixedMemory

/// Something of the board's network as it stands, for people who look for why nobody reaches the board.
public struct NetworkEntry: Equatable, Sendable, BitwiseCopyable {
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// An interface, by the kernel's name.
        case interface
        /// An address of an interface, with the length of its prefix: "192.0.2.7/24".
        case address
        /// Where connections come in from a network: "0.0.0.0:7321".
        case listener
        /// The socket for programs on the board itself, by its path.
        case socket
    }

    public var kind: Kind
    /// ASCII; cut where it is longer.
    public var name: FixedBytes<64>
    /// An interface is switched on, connections can come in.
    public var isUp: Bool
    /// An interface has its cable or its station.
    public var hasLink: Bool
    /// Bytes that an interface took and gave since it is there.
    public var received: UInt64
    public var sent: UInt64

    public init(
        _ kind: Kind, _ name: FixedBytes<64>, isUp: Bool = true, hasLink: Bool = true, received: UInt64 = 0,
        sent: UInt64 = 0
    ) {
        self.kind = kind
        self.name = name
        self.isUp = isUp
        self.hasLink = hasLink
        self.received = received
        self.sent = sent
    }
}

/// Entries that one look at the network brings at the most; more are left out.
public enum NetworkLimits {
    public static var entries: Int { 24 }
}
