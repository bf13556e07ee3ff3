import FixedMemory
import HardwareInterface

/// A serial port, console or connection of the virtual board, seen from outside.
struct VirtualStream: ~Copyable {
    /// Who is at the other end of a connection is known only when it opens.
    var kind: StreamKind
    /// Time that one byte takes on the wire; zero for consoles and connections.
    let byteTime: Interval
    var isOpen: Bool
    /// When the last byte put on the wire towards the board will have arrived.
    var busyUntil: Instant = .start
    /// What the board sent and nobody has taken yet.
    var sent: ByteBuffer

    init(kind: StreamKind, byteTime: Interval, isOpen: Bool, sendCapacity: Int) {
        self.kind = kind
        self.byteTime = byteTime
        self.isOpen = isOpen
        self.sent = ByteBuffer(capacity: sendCapacity)
    }
}
