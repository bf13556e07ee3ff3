import FixedMemory
import HardwareInterface

/// A path or name in UTF-8: of a device file, a chip, a line, a socket.
public typealias DevicePath = FixedBytes<128>

/// A digital line as the kernel is asked for it. Levels are logical.
public struct LineDescription: Sendable, BitwiseCopyable {
    public enum Direction: UInt8, Sendable, BitwiseCopyable {
        case input = 0
        case output = 1
    }

    public enum Bias: UInt8, Sendable, BitwiseCopyable {
        case asIs = 0
        case disabled = 1
        case pullUp = 2
        case pullDown = 3
    }

    /// What an output does when the program ends in order.
    public enum ExitState: UInt8, Sendable, BitwiseCopyable {
        case inactive = 0
        case active = 1
        /// Stays as it is.
        case keep = 2
    }

    public var direction: Direction
    /// The line is wired to something else than this machine, which never claims it: an input of a reader.
    public var isElsewhere: Bool
    /// The chip by name ("gpiochip0"), label ("pinctrl-rp1") or path; empty where `kernelName` finds the line.
    public var chip: DevicePath
    /// The line's name in the kernel; empty where chip and offset say it.
    public var kernelName: DevicePath
    public var offset: UInt32
    public var isActiveLow: Bool
    public var bias: Bias
    /// How long an input must hold a level before it counts; zero for at once. Done by the kernel where it can.
    public var debounce: Interval
    /// Whether each edge is reported, also one whose level is the one known already: the kernel reads the level some time
    /// after the interrupt, and a pulse that is over by then has two edges to the resting level, or one.
    public var reportsEachEdge: Bool
    /// The level of an output in the very request that claims it.
    public var startsActive: Bool
    public var exitState: ExitState

    public init(
        _ direction: Direction, chip: DevicePath = DevicePath(), kernelName: DevicePath = DevicePath(),
        offset: UInt32 = 0, isActiveLow: Bool = false, bias: Bias = .asIs, debounce: Interval = .zero,
        reportsEachEdge: Bool = false, startsActive: Bool = false, exitState: ExitState = .inactive,
        isElsewhere: Bool = false
    ) {
        self.direction = direction
        self.isElsewhere = isElsewhere
        self.chip = chip
        self.kernelName = kernelName
        self.offset = offset
        self.isActiveLow = isActiveLow
        self.bias = bias
        self.debounce = debounce
        self.reportsEachEdge = reportsEachEdge
        self.startsActive = startsActive
        self.exitState = exitState
    }
}

/// An I2C adapter.
public struct BusDescription: Sendable, BitwiseCopyable {
    /// Such as "/dev/i2c-1".
    public var device: DevicePath
    /// How long one transfer may take; the kernel counts in steps of 10 ms.
    public var timeout: Interval

    public init(device: DevicePath, timeout: Interval) {
        self.device = device
        self.timeout = timeout
    }
}

/// A serial port.
public struct PortDescription: Sendable, BitwiseCopyable {
    public enum Parity: UInt8, Sendable, BitwiseCopyable {
        case none = 0
        case even = 1
        case odd = 2
    }

    /// Such as "/dev/ttyS1" or a link under "/dev/serial/by-id".
    public var device: DevicePath
    /// Bits a second.
    public var baud: UInt32
    public var parity: Parity
    /// 7 or 8.
    public var dataBits: UInt8
    /// 1 or 2.
    public var stopBits: UInt8
    /// Half duplex with the transmitter switched by the kernel.
    public var isRS485: Bool
    /// A peer of Warden Link speaks there: its bytes are not urgent, and more of them may wait to leave.
    public var carriesLink: Bool

    public init(
        device: DevicePath, baud: UInt32 = 9_600, parity: Parity = .none, dataBits: UInt8 = 8, stopBits: UInt8 = 1,
        isRS485: Bool = false, carriesLink: Bool = false
    ) {
        self.device = device
        self.baud = baud
        self.parity = parity
        self.dataBits = dataBits
        self.stopBits = stopBits
        self.isRS485 = isRS485
        self.carriesLink = carriesLink
    }
}

/// A place in a network where Warden Link is offered.
public struct ListenerDescription: Sendable, BitwiseCopyable {
    /// Numeric, IPv4 or IPv6.
    public var address: DevicePath
    /// TCP port; 0 for any free one.
    public var port: UInt16

    public init(address: DevicePath, port: UInt16) {
        self.address = address
        self.port = port
    }
}

/// The journal's medium.
public struct MediumDescription: Sendable, BitwiseCopyable {
    /// A file, made and filled with zeros if it is not there, or a partition such as "/dev/mmcblk0p4".
    public var path: DevicePath
    /// Bytes that it has, or is to have.
    public var byteCount: Int64

    public init(path: DevicePath, byteCount: Int64) {
        self.path = path
        self.byteCount = byteCount
    }
}

/// The board's hardware as Linux has it, and the sizes that are fixed at start.
///
/// Tables are in the order of the board image: places in them are the indexes that inputs and calls carry. Streams are
/// the ports, then the consoles, then room for links.
public struct LinuxConfiguration: ~Copyable {
    public var lines: FixedArray<LineDescription>
    public var buses: FixedArray<BusDescription>
    public var ports: FixedArray<PortDescription>
    /// Terminals at which a technician may sit, by device file.
    public var consoles: FixedArray<DevicePath>
    /// Where Warden Link listens for local connections; `nil` for nowhere.
    public var socket: DevicePath?
    /// Where Warden Link listens in networks.
    public var listeners: FixedArray<ListenerDescription>
    /// Where the journal lies; `nil` if it is in memory alone.
    public var medium: MediumDescription?
    /// Where the board keeps what it is sent; `nil` for nowhere.
    public var store: StoreDescription?
    /// Permissions of the socket file: who may connect.
    public var socketMode: UInt32
    /// Connections at once. A few more than the board lets in, so that the board decides who has to make room.
    public var links: Int
    /// Bytes that may wait to leave: of each port, of each port that carries a link, of each console and connection.
    public var portSendBytes: Int
    public var linkPortSendBytes: Int
    public var streamSendBytes: Int
    /// Requests that a bus takes before it says that it is busy.
    public var requestsPerBus: Int
    /// How long one request to a bus or the journal's medium may take; a bus gives up long before.
    public var workerPatience: Interval
    /// Whether SIGTERM and SIGINT are taken as the wish to end in order.
    public var takesSignals: Bool

    public init(
        lines: consuming FixedArray<LineDescription> = FixedArray(capacity: 0),
        buses: consuming FixedArray<BusDescription> = FixedArray(capacity: 0),
        ports: consuming FixedArray<PortDescription> = FixedArray(capacity: 0),
        consoles: consuming FixedArray<DevicePath> = FixedArray(capacity: 0),
        listeners: consuming FixedArray<ListenerDescription> = FixedArray(capacity: 0)
    ) {
        self.lines = lines
        self.buses = buses
        self.ports = ports
        self.consoles = consoles
        self.listeners = listeners
        socket = nil
        medium = nil
        store = nil
        socketMode = 0o660
        links = 4
        portSendBytes = 512
        linkPortSendBytes = 2_048
        streamSendBytes = 8_192
        requestsPerBus = 8
        workerPatience = .seconds(10)
        takesSignals = false
    }
}

extension FixedBytes {
    /// Lends the bytes with a zero byte after them, as C takes text.
    borrowing func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        var text = InlineArray<256, CChar>(repeating: 0)
        for index in 0..<min(count, 255) { text[index] = CChar(bitPattern: self[index]) }
        let span = text.span
        return span.withUnsafeBufferPointer { body($0.baseAddress!) }
    }

    /// As `withCString`, but lends nothing for no bytes.
    borrowing func withOptionalCString<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        isEmpty ? body(nil) : withCString { body($0) }
    }
}
