import FixedMemory
import HardwareInterface

/// What a reader driver wants told and sent. Made once by the runtime and emptied after each call.
public struct ReaderOutput: ~Copyable {
    /// Reports in the order in which things happened.
    public var reports: FixedArray<ReaderReport>
    /// Bytes to send on the reader's port now, in one piece.
    public var transmit: ByteBuffer

    /// - Parameters:
    ///   - reportCapacity: more than one call can cause: the shortest frame of any protocol is 5 bytes, and a call is
    ///     handed at most 256.
    ///   - transmitCapacity: the longest packet of any protocol: 1,440 bytes and a mark of OSDP.
    public init(reportCapacity: Int = 64, transmitCapacity: Int = 1472) {
        reports = FixedArray(capacity: reportCapacity)
        transmit = ByteBuffer(capacity: transmitCapacity)
    }

    /// Makes room for the next call.
    public mutating func removeAll() {
        reports.removeAll()
        transmit.removeAll()
    }

    mutating func report(_ event: ReaderEvent, reader: UInt8 = 0) {
        reports.append(ReaderReport(event, reader: reader))
    }
}

/// A reader on a serial port: bytes and time in, reports and bytes out. Nothing blocks, nothing is read from a clock.
///
/// The caller hands over bytes as they arrive, calls `poll` at `deadline` or later, and does after each call what the
/// output says. Time never goes back from one call to the next.
public protocol ReaderDriver: ~Copyable {
    /// When `poll` has something to do next; `.never` if nothing waits.
    var deadline: Instant { get }

    /// The port can be used from now on: at start, and after each loss.
    mutating func portOpened(at now: Instant, into output: inout ReaderOutput)

    /// The port is gone. What was half received is forgotten.
    mutating func portClosed(at now: Instant, into output: inout ReaderOutput)

    /// Takes bytes from the port, in any pieces.
    mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout ReaderOutput)

    /// Does what is due: time-outs, hold-offs that end, transmissions.
    mutating func poll(at now: Instant, into output: inout ReaderOutput)
}

/// Every serial reader that a board may have.
public enum Reader: ~Copyable {
    /// RDM6300, ID-12LA, ID-20LA and their clones.
    case lowFrequencyTag(SerialTagReader)
    /// QR and barcode scanners that send lines of text.
    case line(LineReader)
    /// Up to eight OSDP readers on one RS-485 bus.
    case osdp(OSDPBus)
    /// A PN532 on a serial port: contactless cards of ISO/IEC 14443 type A, DESFire files.
    case pn532(PN532Reader)
}

extension Reader: ReaderDriver {
    // Inlined: a call copies the whole of the value first.
    @inline(__always)
    public var deadline: Instant {
        switch self {
        case .lowFrequencyTag(let reader): return reader.deadline
        case .line(let reader): return reader.deadline
        case .osdp(let bus): return bus.deadline
        case .pn532(let reader): return reader.deadline
        }
    }

    public mutating func portOpened(at now: Instant, into output: inout ReaderOutput) {
        switch consume self {
        case .lowFrequencyTag(var reader):
            reader.portOpened(at: now, into: &output)
            self = .lowFrequencyTag(reader)
        case .line(var reader):
            reader.portOpened(at: now, into: &output)
            self = .line(reader)
        case .osdp(var bus):
            bus.portOpened(at: now, into: &output)
            self = .osdp(bus)
        case .pn532(var reader):
            reader.portOpened(at: now, into: &output)
            self = .pn532(reader)
        }
    }

    public mutating func portClosed(at now: Instant, into output: inout ReaderOutput) {
        switch consume self {
        case .lowFrequencyTag(var reader):
            reader.portClosed(at: now, into: &output)
            self = .lowFrequencyTag(reader)
        case .line(var reader):
            reader.portClosed(at: now, into: &output)
            self = .line(reader)
        case .osdp(var bus):
            bus.portClosed(at: now, into: &output)
            self = .osdp(bus)
        case .pn532(var reader):
            reader.portClosed(at: now, into: &output)
            self = .pn532(reader)
        }
    }

    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout ReaderOutput) {
        switch consume self {
        case .lowFrequencyTag(var reader):
            reader.receive(bytes, at: now, into: &output)
            self = .lowFrequencyTag(reader)
        case .line(var reader):
            reader.receive(bytes, at: now, into: &output)
            self = .line(reader)
        case .osdp(var bus):
            bus.receive(bytes, at: now, into: &output)
            self = .osdp(bus)
        case .pn532(var reader):
            reader.receive(bytes, at: now, into: &output)
            self = .pn532(reader)
        }
    }

    public mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        switch consume self {
        case .lowFrequencyTag(var reader):
            reader.poll(at: now, into: &output)
            self = .lowFrequencyTag(reader)
        case .line(var reader):
            reader.poll(at: now, into: &output)
            self = .line(reader)
        case .osdp(var bus):
            bus.poll(at: now, into: &output)
            self = .osdp(bus)
        case .pn532(var reader):
            reader.poll(at: now, into: &output)
            self = .pn532(reader)
        }
    }
}

// MARK: - What some readers can do besides

extension Reader {
    /// Readers on the port: places 0 up to this in reports and commands.
    public var count: Int {
        switch self {
        case .osdp(let bus): return bus.peripheralCount
        default: return 1
        }
    }

    /// Whether its readers have lamps and buzzers that `perform` drives.
    public var isBus: Bool {
        switch self {
        case .osdp: return true
        default: return false
        }
    }

    /// Asks something of a reader. The answer comes as `commandDone` or `commandRefused` with the same tag; status commands
    /// are answered by what changed.
    ///
    /// - Returns: `false` if it was not taken: the reader cannot do it, is not online, or has no room.
    public mutating func perform(
        _ command: ReaderCommand, tag: UInt16, on place: UInt8 = 0, at now: Instant
    ) -> Bool {
        withBus { $0.perform(command, tag: tag, on: place, at: now) }
    }

    /// Takes a change of the tag-in-range line of a 125 kHz reader; nothing for other readers.
    public mutating func tagInRange(_ isInRange: Bool, at now: Instant, into output: inout ReaderOutput) {
        switch consume self {
        case .lowFrequencyTag(var reader):
            reader.tagInRange(isInRange, at: now, into: &output)
            self = .lowFrequencyTag(reader)
        case .line(let reader): self = .line(reader)
        case .pn532(let reader): self = .pn532(reader)
        case .osdp(let bus): self = .osdp(bus)
        }
    }

    /// Begins to send a file to a reader; see `OSDPBus.beginFileTransfer`.
    public mutating func beginFileTransfer(type: UInt8 = 1, size: UInt32, to place: UInt8 = 0) -> Bool {
        withBus { $0.beginFileTransfer(type: type, size: size, to: place) }
    }

    /// Hands over the part of a file that was asked for; see `OSDPBus.provideFileData`.
    public mutating func provideFileData(_ data: Span<UInt8>, offset: UInt32, to place: UInt8 = 0) -> Bool {
        withBus { $0.provideFileData(data, offset: offset, to: place) }
    }

    /// Gives up a file transfer; see `OSDPBus.cancelFileTransfer`.
    public mutating func cancelFileTransfer(to place: UInt8 = 0, into output: inout ReaderOutput) {
        _ = withBus {
            $0.cancelFileTransfer(to: place, into: &output)
            return true
        }
    }

    /// - Returns: what `body` returned; `false` for a reader that is no bus.
    private mutating func withBus(_ body: (inout OSDPBus) -> Bool) -> Bool {
        switch consume self {
        case .osdp(var bus):
            let result = body(&bus)
            self = .osdp(bus)
            return result
        case .lowFrequencyTag(let reader): self = .lowFrequencyTag(reader)
        case .line(let reader): self = .line(reader)
        case .pn532(let reader): self = .pn532(reader)
        }
        return false
    }
}
