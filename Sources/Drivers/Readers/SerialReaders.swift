import FixedMemory
import HardwareInterface

/// The drivers of all readers on serial ports of a board, one for each port; a driver may speak with several readers.
///
/// Drivers of one kind lie together and are worked on where they lie: some are more than a kilobyte, which no call copies.
public struct SerialReaders: ~Copyable {
    enum Kind: BitwiseCopyable {
        case tag
        case line
        case bus
        case contactless
    }

    struct Place: BitwiseCopyable {
        let kind: Kind
        /// Among those of its kind.
        let index: Int
    }

    private var places: FixedArray<Place>
    /// RDM6300, ID-12LA, ID-20LA and their clones.
    private var tags: FixedArray<SerialTagReader>
    /// QR and barcode scanners that send lines of text.
    private var lines: FixedArray<LineReader>
    /// Up to eight OSDP readers on one RS-485 bus.
    private var buses: FixedArray<OSDPBus>
    /// A PN532 on a serial port: contactless cards of ISO/IEC 14443 type A, DESFire files.
    private var contactless: FixedArray<PN532Reader>

    /// How many drivers of each kind fit.
    public struct Capacities: BitwiseCopyable {
        public var tags = 0
        public var lines = 0
        public var buses = 0
        public var contactless = 0

        public init() {}
    }

    public init(_ capacities: Capacities) {
        places = FixedArray(
            capacity: capacities.tags + capacities.lines + capacities.buses + capacities.contactless)
        tags = FixedArray(capacity: capacities.tags)
        lines = FixedArray(capacity: capacities.lines)
        buses = FixedArray(capacity: capacities.buses)
        contactless = FixedArray(capacity: capacities.contactless)
    }

    public var count: Int { places.count }

    // MARK: Building, when the board starts

    public mutating func add(_ reader: consuming SerialTagReader) {
        note(.tag, tags.count)
        let added = tags.append(reader)
        precondition(added, "sized for every port with readers")
    }

    public mutating func add(_ reader: consuming LineReader) {
        note(.line, lines.count)
        let added = lines.append(reader)
        precondition(added, "sized for every port with readers")
    }

    public mutating func add(_ bus: consuming OSDPBus) {
        note(.bus, buses.count)
        let added = buses.append(bus)
        precondition(added, "sized for every port with readers")
    }

    public mutating func add(_ reader: consuming PN532Reader) {
        note(.contactless, contactless.count)
        let added = contactless.append(reader)
        precondition(added, "sized for every port with readers")
    }

    private mutating func note(_ kind: Kind, _ index: Int) {
        let added = places.append(Place(kind: kind, index: index))
        precondition(added, "sized for every port with readers")
    }

    // MARK: What every driver does; see `ReaderDriver`

    /// When a driver has something to do next; `.never` if nothing waits.
    public func deadline(of device: Int) -> Instant {
        let index = places[device].index
        switch places[device].kind {
        case .tag: return tags[index].deadline
        case .line: return lines[index].deadline
        case .bus: return buses[index].deadline
        case .contactless: return contactless[index].deadline
        }
    }

    public mutating func portOpened(_ device: Int, at now: Instant, into output: inout ReaderOutput) {
        let index = places[device].index
        switch places[device].kind {
        case .tag: tags[index].portOpened(at: now, into: &output)
        case .line: lines[index].portOpened(at: now, into: &output)
        case .bus: buses[index].portOpened(at: now, into: &output)
        case .contactless: contactless[index].portOpened(at: now, into: &output)
        }
    }

    public mutating func portClosed(_ device: Int, at now: Instant, into output: inout ReaderOutput) {
        let index = places[device].index
        switch places[device].kind {
        case .tag: tags[index].portClosed(at: now, into: &output)
        case .line: lines[index].portClosed(at: now, into: &output)
        case .bus: buses[index].portClosed(at: now, into: &output)
        case .contactless: contactless[index].portClosed(at: now, into: &output)
        }
    }

    public mutating func receive(
        _ bytes: Span<UInt8>, on device: Int, at now: Instant, into output: inout ReaderOutput
    ) {
        let index = places[device].index
        switch places[device].kind {
        case .tag: tags[index].receive(bytes, at: now, into: &output)
        case .line: lines[index].receive(bytes, at: now, into: &output)
        case .bus: buses[index].receive(bytes, at: now, into: &output)
        case .contactless: contactless[index].receive(bytes, at: now, into: &output)
        }
    }

    public mutating func poll(_ device: Int, at now: Instant, into output: inout ReaderOutput) {
        let index = places[device].index
        switch places[device].kind {
        case .tag: tags[index].poll(at: now, into: &output)
        case .line: lines[index].poll(at: now, into: &output)
        case .bus: buses[index].poll(at: now, into: &output)
        case .contactless: contactless[index].poll(at: now, into: &output)
        }
    }

    // MARK: What some can do besides

    /// The bus of a device; `nil` for a driver of a single reader, which can do nothing of what follows.
    private func bus(_ device: Int) -> Int? { places[device].kind == .bus ? places[device].index : nil }

    /// Whether its readers have lamps and buzzers that `perform` drives.
    public func isBus(_ device: Int) -> Bool { bus(device) != nil }

    /// Takes a change of the tag-in-range line of a 125 kHz reader; nothing for other readers.
    public mutating func tagInRange(
        _ isInRange: Bool, on device: Int, at now: Instant, into output: inout ReaderOutput
    ) {
        guard places[device].kind == .tag else { return }
        tags[places[device].index].tagInRange(isInRange, at: now, into: &output)
    }

    /// Asks something of a reader. The answer comes as `commandDone` or `commandRefused` with the same tag; status commands
    /// are answered by what changed.
    ///
    /// - Returns: `false` if it was not taken: the reader cannot do it, is not online, or has no room.
    public mutating func perform(
        _ command: ReaderCommand, tag: UInt16, on device: Int, _ place: UInt8, at now: Instant
    ) -> Bool {
        guard let bus = bus(device) else { return false }
        return buses[bus].perform(command, tag: tag, on: place, at: now)
    }

    /// Inputs that a reader says it has.
    public func inputCount(on device: Int, _ place: UInt8) -> Int {
        bus(device).map { Int(buses[$0].capabilities(of: place).inputs) } ?? 0
    }

    /// Begins to send a file to a reader; see `OSDPBus.beginFileTransfer`.
    public mutating func beginFileTransfer(type: UInt8, size: UInt32, to device: Int, _ place: UInt8) -> Bool {
        guard let bus = bus(device) else { return false }
        return buses[bus].beginFileTransfer(type: type, size: size, to: place)
    }

    /// Hands over the part of a file that was asked for; see `OSDPBus.provideFileData`.
    public mutating func provideFileData(
        _ data: Span<UInt8>, offset: UInt32, to device: Int, _ place: UInt8
    ) -> Bool {
        guard let bus = bus(device) else { return false }
        return buses[bus].provideFileData(data, offset: offset, to: place)
    }

    /// Gives up a file transfer; see `OSDPBus.cancelFileTransfer`.
    public mutating func cancelFileTransfer(to device: Int, _ place: UInt8, into output: inout ReaderOutput) {
        guard let bus = bus(device) else { return }
        buses[bus].cancelFileTransfer(to: place, into: &output)
    }

    /// Bytes of a file that a reader has taken; `nil` while none is sent to it.
    public func confirmedFileBytes(on device: Int, _ place: UInt8) -> UInt32? {
        bus(device).flatMap { buses[$0].fileProgress(of: place)?.confirmed }
    }
}
