import CLinuxHardware
import FixedMemory
import HardwareInterface

/// A serial port, a console or a connection: bytes both ways over a descriptor that never blocks.
struct Stream: ~Copyable {
    enum Device: BitwiseCopyable {
        case port(PortDescription)
        case console(DevicePath)
        /// Room for a connection.
        case link
    }

    /// How long the rest of what was sent to a connection may take to leave once the connection is to end.
    static var partingTime: Interval { .seconds(1) }

    /// What a stream that no door waits for may bring in so long a time, in bytes; the rest waits in the kernel, and a peer
    /// that sends more waits too. Twice what a transfer of an image over a network keeps up.
    static var shareBytes: Int { 2_048 }
    static var shareTime: Interval { .milliseconds(4) }

    let device: Device
    private let portIndex: UInt16
    private var serial = warden_serial_closed()
    private var connection: Int32 = -1
    private var peer = LinkPeer.unauthenticated
    private var waitingToLeave: ByteBuffer
    private var reopen: ReopenDelay

    /// The kernel said that bytes wait, and no read since has found none.
    var isReadable = false
    /// The kernel said that the other side is gone; what it sent before is still read.
    var isGone = false
    /// The kernel is asked to say when there is room to send.
    private(set) var awaitsRoom = false
    /// What is left of its share, and since when that counts.
    private var share = shareBytes
    private var shareSince = Instant.start
    /// It has had its share: it is not read again before this moment.
    private(set) var heldUntil = Instant.never
    /// A connection that ends once everything has left, at this moment at the latest.
    private(set) var partsAt = Instant.never

    private(set) var owesClosed = false
    private(set) var owesOpened = false

    init(_ device: Device, portIndex: Int = 0, sendBytes: Int, at now: Instant) {
        self.device = device
        self.portIndex = UInt16(portIndex)
        waitingToLeave = ByteBuffer(capacity: sendBytes)
        if case .link = device {
            reopen = ReopenDelay(firstAttemptAt: .never)
        } else {
            reopen = ReopenDelay(firstAttemptAt: now)
        }
    }

    var descriptor: Int32 { connection >= 0 ? connection : serial.fd }
    var isOpen: Bool { descriptor >= 0 }
    /// Whether its bytes may be what a door waits for: those of readers and sensors.
    var isUrgent: Bool { if case .port(let port) = device { !port.carriesLink } else { false } }
    private var isLink: Bool { if case .link = device { true } else { false } }
    private var isParting: Bool { partsAt != .never }
    var openDueAt: Instant { reopen.dueAt }
    var owesReport: Bool { owesOpened || owesClosed }
    var hasUnsent: Bool { waitingToLeave.count > 0 }
    /// Whether a new connection may take this place: its last one is gone and the runtime knows.
    var isFree: Bool { isLink && !isOpen && !owesClosed }
    var sendRoom: Int { isOpen && !isParting && !owesOpened ? waitingToLeave.room : 0 }

    var kind: StreamKind {
        switch device {
        case .port: .serialPort(portIndex)
        case .console: .console
        case .link: .link(peer)
        }
    }

    // MARK: Opening and closing

    /// Opens a port or console.
    ///
    /// - Parameter isFirst: a device that is missing from the start is reported as closed once.
    /// - Returns: 0, or the reason as a negative error number.
    mutating func open(at now: Instant, isFirst: Bool) -> Int32 {
        var status: Int32 = 0
        switch device {
        case .port(let port):
            var settings = warden_serial_settings(
                baud: port.baud, parity: warden_parity(rawValue: UInt32(port.parity.rawValue)),
                data_bits: port.dataBits,
                stop_bits: port.stopBits, is_rs485: port.isRS485)
            status = port.device.withCString { warden_serial_open(&serial, $0, &settings) }
        case .console(let path):
            status = path.withCString { warden_terminal_open(&serial, $0) }
        case .link: return 0
        }
        guard status == 0 else {
            reopen.failed(at: now)
            owesClosed = owesClosed || isFirst
            return status
        }
        reopen.succeeded()
        opened()
        return 0
    }

    /// A connection takes this place.
    mutating func connect(_ descriptor: Int32, _ peer: LinkPeer) {
        connection = descriptor
        self.peer = peer
        opened()
    }

    private mutating func opened() {
        isReadable = false
        isGone = false
        awaitsRoom = false
        partsAt = .never
        heldUntil = .never
        share = Stream.shareBytes
        waitingToLeave.removeAll()
        owesOpened = true
    }

    /// Closes the descriptor; ports and consoles are opened again when the device is there.
    mutating func lose(at now: Instant) {
        if connection >= 0 { warden_close(connection) } else { warden_serial_close(&serial) }
        connection = -1
        if !isLink { reopen.lost(at: now) }
        waitingToLeave.removeAll()
        partsAt = .never
        heldUntil = .never
        isReadable = false
        // What the runtime never heard of need not be reported as gone.
        if owesOpened { owesOpened = false } else { owesClosed = true }
    }

    /// The runtime ends the stream: a connection once everything has left.
    ///
    /// - Returns: whether it is to be closed now.
    mutating func part(at now: Instant) -> Bool {
        guard isLink, hasUnsent else { return true }
        partsAt = now + Stream.partingTime
        return false
    }

    // MARK: Bytes

    /// Whether it has had its share and is left alone. What a peer sent before it left is read to its end.
    var isHeld: Bool { heldUntil != .never && !isGone }

    /// Counts what was read.
    ///
    /// - Returns: whether the share is used up with that, and the stream is to be left alone until `heldUntil`.
    mutating func countAgainstShare(_ count: Int, at now: Instant) -> Bool {
        guard !isUrgent, !isGone else { return false }
        if now >= shareSince + Stream.shareTime {
            shareSince = now
            share = Stream.shareBytes
        }
        share -= count
        guard share <= 0, heldUntil == .never else { return false }
        heldUntil = shareSince + Stream.shareTime
        isReadable = false
        return true
    }

    /// Its next share begins.
    mutating func release(at now: Instant) {
        heldUntil = .never
        shareSince = now
        share = Stream.shareBytes
    }

    /// Reads into `input` as much as it holds.
    ///
    /// - Returns: bytes read; 0 if none wait; negative if the stream is gone.
    mutating func receive(into input: inout Input) -> Int {
        var bytes = InlineArray<256, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        let fd = descriptor
        let count = span.withUnsafeMutableBufferPointer { Int(warden_read(fd, $0.baseAddress!, $0.count)) }
        if count > 0 {
            // A connection that is ending is no longer listened to.
            guard !isParting else { return 0 }
            input.bytes.removeAll()
            input.bytes.append(bytes.span.extracting(0..<count))
            return count
        }
        isReadable = false
        return count == 0 && isGone ? -1 : count
    }

    /// - Returns: `false` if there is not room for all of them.
    mutating func send(_ bytes: Span<UInt8>) -> Bool {
        guard sendRoom >= bytes.count else { return false }
        waitingToLeave.append(bytes)
        return true
    }

    /// Hands to the kernel what it takes now.
    ///
    /// - Returns: `false` if the stream is gone.
    mutating func flush() -> Bool {
        guard hasUnsent else { return true }
        let fd = descriptor
        let isSocket = connection >= 0
        let count = waitingToLeave.span.withUnsafeBufferPointer {
            isSocket ? warden_send(fd, $0.baseAddress!, $0.count) : warden_write(fd, $0.baseAddress!, $0.count)
        }
        guard count >= 0 else { return false }
        waitingToLeave.removeFirst(Int(count))
        return true
    }

    /// Notes whether the kernel is to say when there is room.
    ///
    /// - Returns: whether that changed.
    mutating func noteAwaitsRoom() -> Bool {
        let before = awaitsRoom
        awaitsRoom = hasUnsent
        return before != awaitsRoom
    }

    // MARK: Reports

    /// Takes the report that is owed, the end of what was before the beginning of what is.
    mutating func takeReport(of index: StreamIndex) -> Input.Event? {
        if owesClosed {
            owesClosed = false
            return .streamClosed(index)
        }
        guard owesOpened else { return nil }
        owesOpened = false
        return .streamOpened(index, kind)
    }
}
