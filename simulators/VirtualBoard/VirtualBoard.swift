import Cryptography
import DeviceModels
import FixedMemory
import HardwareInterface

/// A board in memory with a clock that moves only when told: the `Hardware` of simulations and tests.
///
/// Nothing here decides anything and nothing is random: the same stimuli at the same times give the same inputs in the
/// same order.
public struct VirtualBoard: Hardware, ~Copyable {
    /// Sizes, fixed when the board is made.
    public struct Capacities {
        public var lines = 64
        public var buses = 4
        public var devices = 32
        public var streams = 24
        public var readers = 0
        /// Inputs that may wait to be delivered.
        public var arrivals = 512
        /// Output changes that may wait to be looked at.
        public var lineChanges = 256
        /// Bytes that a stream may send before somebody takes them.
        public var sendBytes = 8192
        /// Requests that a bus takes before it says that it is busy.
        public var requestsPerBus = 8

        public init() {}
    }

    /// An output line that was driven to another level.
    public struct LineChange: Equatable, BitwiseCopyable {
        public var line: LineIndex
        public var isActive: Bool
        public var at: Instant
    }

    struct Line: BitwiseCopyable {
        var isOutput: Bool
        var isActive: Bool
        var isAvailable = true
        /// The reader whose input the line is, and which one; the board hears of it from the reader.
        var source: ReaderInput?
    }

    /// An input of a reader, by the reader's place.
    struct ReaderInput: BitwiseCopyable {
        let reader: Int
        let input: UInt8
        let isInverted: Bool
    }

    /// Requests that the medium takes before it says that it is busy.
    private static var mediumRequests: Int { 64 }

    private let inPlace = InPlace()
    private let capacities: Capacities
    private var clock: Instant = .start
    private var arrivals: ArrivalQueue
    private var lines: FixedArray<Line>
    private var lineChanges: Ring<LineChange>
    private var buses: FixedArray<VirtualBus>
    private var devices: FixedArray<VirtualDevice>
    private var streams: FixedArray<VirtualStream>
    private var mediumPages: MediumPages?
    private var mediumWaiting = 0
    /// What the journal lies on; `nil` for a board whose medium is not there.
    public var medium: VirtualMedium?
    private var readers: FixedArray<VirtualReader>
    /// The earliest moment at which a reader has something to send.
    private var readerDeadline = Instant.never
    private var scratch = ByteBuffer(capacity: 4096)

    public init(_ capacities: Capacities = Capacities()) {
        self.capacities = capacities
        arrivals = ArrivalQueue(capacity: capacities.arrivals)
        lines = FixedArray(capacity: capacities.lines)
        lineChanges = Ring(capacity: capacities.lineChanges)
        buses = FixedArray(capacity: capacities.buses)
        devices = FixedArray(capacity: capacities.devices)
        streams = FixedArray(capacity: capacities.streams)
        readers = FixedArray(capacity: capacities.readers)
    }

    /// A network that is always there, with addresses that documents are to use (RFC 5737).
    public func readNetwork(into entries: inout FixedArray<NetworkEntry>) {
        entries.append(NetworkEntry(.interface, "virtual0"))
        entries.append(NetworkEntry(.address, "192.0.2.7/24"))
        entries.append(NetworkEntry(.listener, "192.0.2.7:7321"))
    }

    // MARK: Building the board

    /// Adds the next line of the table; outputs claim their level at once, inputs report it, as the real ones do.
    public mutating func addLine(isOutput: Bool, isActive: Bool) {
        let index = LineIndex(UInt16(lines.count))
        let added = lines.append(Line(isOutput: isOutput, isActive: isActive))
        precondition(added, "more lines than the virtual board has room for")
        if !isOutput { arrivals.push(Input(.lineChanged(index, isActive: isActive), at: clock)) }
    }

    /// Adds the next line of the table, which is an input of a reader.
    mutating func addLine(of source: ReaderInput) {
        let added = lines.append(Line(isOutput: false, isActive: source.isInverted, source: source))
        precondition(added, "more lines than the virtual board has room for")
    }

    /// Adds the next bus of the table.
    public mutating func addBus(timeout: Interval) {
        let added = buses.append(VirtualBus(timeout: timeout))
        precondition(added, "more buses than the virtual board has room for")
    }

    /// Puts a device on a bus.
    ///
    /// - Parameter supply: the output that feeds it; `nil` for one that always has its supply.
    /// - Returns: its place, for stimuli and faults.
    @discardableResult
    public mutating func addDevice(
        _ model: consuming DeviceModel, on bus: BusIndex, address: UInt8, supply: LineIndex? = nil
    ) -> Int {
        let added = devices.append(VirtualDevice(bus: bus, address: address, supply: supply, model: model))
        precondition(added, "more devices than the virtual board has room for")
        return devices.count - 1
    }

    /// Adds the next stream of the table; one that is open is announced to the runtime at once.
    @discardableResult
    public mutating func addStream(_ kind: StreamKind, bitsPerSecond: Int = 0, isOpen: Bool = true) -> StreamIndex {
        let byteTime = bitsPerSecond > 0 ? Interval(nanoseconds: 10 * 1_000_000_000 / Int64(bitsPerSecond)) : .zero
        let index = StreamIndex(UInt16(streams.count))
        let added = streams.append(
            VirtualStream(kind: kind, byteTime: byteTime, isOpen: isOpen, sendCapacity: capacities.sendBytes))
        precondition(added, "more streams than the virtual board has room for")
        if isOpen { arrivals.push(Input(.streamOpened(index, kind), at: clock)) }
        return index
    }

    /// Puts a reader on a serial port; several may share a bus.
    mutating func addReader(
        _ model: consuming ReaderModel, on stream: StreamIndex, file: CardFileModel? = nil, key: AES128? = nil
    ) {
        let added = readers.append(VirtualReader(wiring: .stream(stream), model: model, file: file, key: key))
        precondition(added, "more readers than the virtual board has room for")
        refreshReaderDeadline()
    }

    /// Puts a reader on two data lines.
    mutating func addReader(_ model: consuming ReaderModel, zero: LineIndex, one: LineIndex) {
        let added = readers.append(VirtualReader(wiring: .lines(zero: zero, one: one), model: model))
        precondition(added, "more readers than the virtual board has room for")
        refreshReaderDeadline()
    }

    // MARK: The world's side

    /// When the next input is due; `.never` if none is on its way.
    public var nextArrival: Instant { min(arrivals.nextAt, readerDeadline) }

    /// Inputs that wait, with high-water mark and losses.
    public var arrivalUsage: Usage { arrivals.usage }

    /// Moves the clock forward. Traps on the way back: time never goes there.
    public mutating func advance(to instant: Instant) {
        precondition(instant >= clock, "the monotonic clock never goes back")
        clock = instant
        if readerDeadline <= clock { runReaders() }
    }

    // MARK: Readers

    /// Holds a card at a reader.
    ///
    /// - Parameter duration: how long it stays there.
    /// - Returns: `false` if the reader cannot read such a card.
    @discardableResult
    public mutating func present(_ card: PresentedCard, at reader: Int, for duration: Interval) -> Bool {
        let isTaken = readers[reader].model.present(card, at: clock)
        readers[reader].removalAt = clock + duration
        runReaders()
        return isTaken
    }

    /// A card with the file that the board asks for at a reader.
    ///
    /// - Parameters:
    ///   - identifier: 4, 7 or 10 bytes.
    ///   - file: what the board reads of the file.
    ///   - hasForeignKey: the card does not know the estate's key: a copy.
    /// - Returns: `nil` where the board asks for no file.
    public func card(
        identifier: FixedBytes<10>, file: FixedBytes<64>, at reader: Int, hasForeignKey: Bool
    ) -> ContactlessCardModel? {
        readers[reader].file.map { $0.card(identifier: identifier, content: file, hasForeignKey: hasForeignKey) }
    }

    /// Presses a key of a reader's keypad: a digit, `*` or `#`.
    @discardableResult
    public mutating func press(_ key: UInt8, at reader: Int) -> Bool {
        let isTaken = readers[reader].model.press(key, at: clock)
        runReaders()
        return isTaken
    }

    /// Breaks or mends a reader.
    @discardableResult
    public mutating func setReader(_ reader: Int, _ fault: ReaderModel.Fault) -> Bool {
        let isKnown = readers[reader].model.set(fault, at: clock)
        runReaders()
        return isKnown
    }

    /// Opens or closes the case of a reader.
    @discardableResult
    public mutating func setReader(_ reader: Int, isTampered: Bool) -> Bool {
        let isKnown = readers[reader].model.setTampered(isTampered)
        runReaders()
        return isKnown
    }

    /// Fails or restores the supply of a reader that tells of it.
    @discardableResult
    public mutating func setReader(_ reader: Int, hasPowerFailure: Bool) -> Bool {
        let isKnown = readers[reader].model.setPowerFailure(hasPowerFailure)
        runReaders()
        return isKnown
    }

    /// Puts a reader into the state in which it comes from the factory, without a key of its own, or gives it the board's.
    @discardableResult
    public mutating func setReader(_ reader: Int, isFactoryNew: Bool) -> Bool {
        let isKnown = readers[reader].model.setKey(isFactoryNew ? nil : readers[reader].key)
        runReaders()
        return isKnown
    }

    /// Activates inputs of a reader that has some, one bit each.
    @discardableResult
    public mutating func setReader(_ reader: Int, inputs: UInt8) -> Bool {
        let isKnown = readers[reader].model.setInputs(inputs)
        runReaders()
        return isKnown
    }

    /// What the board last had a reader show; `nil` for a reader that shows nothing by itself.
    public func indication(of reader: Int) -> OSDPReaderModel.Indication? { readers[reader].model.indication }

    /// Takes a reader's supply away for a moment.
    public mutating func restartReader(_ reader: Int) {
        readers[reader].model.restart()
        runReaders()
    }

    /// Lets every reader do what is due, and hands what it sends to the board.
    private mutating func runReaders() {
        for index in readers.indices where readers[index].deadline <= clock {
            if readers[index].removalAt <= clock {
                readers[index].removalAt = .never
                readers[index].model.removeCards()
            }
            switch readers[index].wiring {
            case .stream(let stream):
                scratch.removeAll()
                readers[index].model.emit(until: clock, into: &scratch)
                if scratch.count > 0, streams[Int(stream.value)].isOpen { deliver(to: stream) }
            case .lines(let zero, let one):
                while let edge = readers[index].model.takeEdge(until: clock) {
                    let line = edge.isDataOne ? one : zero
                    let place = Int(line.value)
                    lines[place].isActive = edge.isActive
                    guard lines[place].isAvailable else { continue }
                    arrivals.push(Input(.lineChanged(line, isActive: edge.isActive), at: edge.at))
                }
            }
        }
        refreshReaderDeadline()
    }

    /// What a model has sent was on the wire until now.
    private mutating func deliver(to stream: StreamIndex) {
        var start = 0
        while start < scratch.count {
            let end = min(start + Input.byteLimit, scratch.count)
            var input = Input(.bytesReceived(stream), at: clock)
            for index in start..<end { input.bytes.append(scratch[index]) }
            arrivals.push(input)
            start = end
        }
    }

    private mutating func refreshReaderDeadline() {
        readerDeadline = .never
        for index in readers.indices { readerDeadline = min(readerDeadline, readers[index].deadline) }
    }

    /// Hands what the board sent on a port to the readers there; `false` if none is there.
    private mutating func hear(_ bytes: Span<UInt8>, on stream: StreamIndex) -> Bool {
        var isHeard = false
        let place = Int(stream.value)
        for index in readers.indices {
            guard case .stream(let wired) = readers[index].wiring, wired == stream else { continue }
            isHeard = true
            // The reader has heard it all when the last byte is there.
            readers[index].model.receive(bytes, at: clock + streams[place].byteTime * Int64(bytes.count))
        }
        if isHeard { refreshReaderDeadline() }
        return isHeard
    }

    /// Sets an input line, as a contact or a button would; the board hears of it if the level changes.
    public mutating func setInput(_ line: LineIndex, isActive: Bool) {
        let place = Int(line.value)
        precondition(!lines[place].isOutput, "only inputs are set from outside")
        guard lines[place].isActive != isActive else { return }
        lines[place].isActive = isActive
        if let source = lines[place].source {
            setInputs(ofReader: source.reader)
            return
        }
        if lines[place].isAvailable { arrivals.push(Input(.lineChanged(line, isActive: isActive), at: clock)) }
    }

    /// Hands a reader the levels of the lines that are its inputs.
    private mutating func setInputs(ofReader reader: Int) {
        var levels: UInt8 = 0
        for index in lines.indices {
            guard let source = lines[index].source, source.reader == reader, source.input < 8,
                lines[index].isActive != source.isInverted
            else { continue }
            levels |= 1 << source.input
        }
        setReader(reader, inputs: levels)
    }

    /// The level of a line, input or output.
    public func isActive(_ line: LineIndex) -> Bool { lines[Int(line.value)].isActive }

    /// Takes a line away or gives it back.
    public mutating func setLineAvailable(_ line: LineIndex, _ isAvailable: Bool) {
        let place = Int(line.value)
        guard lines[place].isAvailable != isAvailable else { return }
        lines[place].isAvailable = isAvailable
        arrivals.push(Input(.lineAvailability(line, isAvailable: isAvailable), at: clock))
        if isAvailable && !lines[place].isOutput {
            arrivals.push(Input(.lineChanged(line, isActive: lines[place].isActive), at: clock))
        }
    }

    /// Takes the oldest change of an output line that nobody has looked at yet.
    public mutating func takeLineChange() -> LineChange? { lineChanges.pop() }

    /// A device's model, to change what it measures or what is wrong with it.
    public mutating func withDevice(_ place: Int, _ change: (inout DeviceModel) -> Bool) {
        _ = change(&devices[place].model)
    }

    /// Lets a bus hang, vanish or recover. Requests under way end as the new condition says.
    public mutating func setBusHeld(_ bus: BusIndex, _ isHeld: Bool) {
        buses[Int(bus.value)].condition = isHeld ? .held : .sound
    }

    public mutating func setBusAbsent(_ bus: BusIndex, _ isAbsent: Bool) {
        buses[Int(bus.value)].condition = isAbsent ? .absent : .sound
    }

    /// Makes every request of a bus take this much longer.
    public mutating func setBusDelay(_ bus: BusIndex, _ delay: Interval) {
        buses[Int(bus.value)].delay = delay
    }

    /// Sends bytes to the board; they arrive one after the other at the stream's speed and are delivered together when
    /// the last of them is there. More than one input holds come in several.
    public mutating func transmit(_ bytes: Span<UInt8>, to stream: StreamIndex) {
        let place = Int(stream.value)
        guard streams[place].isOpen else { return }
        var start = 0
        while start < bytes.count {
            let end = min(start + Input.byteLimit, bytes.count)
            let begins = max(clock, streams[place].busyUntil)
            streams[place].busyUntil = begins + streams[place].byteTime * Int64(end - start)
            var input = Input(.bytesReceived(stream), at: streams[place].busyUntil)
            input.bytes.append(bytes.extracting(start..<end))
            arrivals.push(input)
            start = end
        }
    }

    /// Whether bytes are still on their way to the board on a stream.
    public func isReceiving(on stream: StreamIndex) -> Bool { streams[Int(stream.value)].busyUntil > clock }

    /// Unplugs or plugs in a serial port, console or connection.
    public mutating func setStreamOpen(_ stream: StreamIndex, _ isOpen: Bool) {
        let place = Int(stream.value)
        streams[place].sent.removeAll()
        guard streams[place].isOpen != isOpen else { return }
        announce(stream, isOpen: isOpen)
    }

    /// Lets a peer in on the stream of a connection that is not open.
    public mutating func connect(_ peer: LinkPeer, to stream: StreamIndex) {
        let place = Int(stream.value)
        guard !streams[place].isOpen, case .link = streams[place].kind else { return }
        streams[place].kind = .link(peer)
        setStreamOpen(stream, true)
    }

    private mutating func announce(_ stream: StreamIndex, isOpen: Bool) {
        let place = Int(stream.value)
        streams[place].isOpen = isOpen
        arrivals.push(Input(isOpen ? .streamOpened(stream, streams[place].kind) : .streamClosed(stream), at: clock))
    }

    public func isOpen(_ stream: StreamIndex) -> Bool { streams[Int(stream.value)].isOpen }

    /// Moves what the board sent on a stream into `sink`.
    public mutating func takeSent<Sink: ByteSink & ~Copyable>(from stream: StreamIndex, into sink: inout Sink) {
        let place = Int(stream.value)
        sink.append(streams[place].sent.span)
        streams[place].sent.removeAll()
    }

    /// Bytes that the board sent on a stream and nobody has taken yet.
    public func sentCount(of stream: StreamIndex) -> Int { streams[Int(stream.value)].sent.count }

    /// Sets the civil clock; the board hears of it as from its operating system.
    public mutating func setWallClock(_ wallClock: WallClock) {
        arrivals.push(Input(.wallClockChanged(wallClock), at: clock))
    }

    // MARK: Hardware

    public var now: Instant { clock }

    public mutating func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool {
        // Consoles and links are few and their inputs short; order of arrival is kept for them too, so that a
        // simulation stays a sequence one can read.
        guard arrivals.pop(dueAt: clock, into: &input) else { return false }
        switch input.event {
        case .busCompleted(let bus, _, _): buses[Int(bus.value)].waiting -= 1
        case .mediumCompleted: mediumWaiting -= 1
        default: break
        }
        return true
    }

    @discardableResult
    public mutating func setLine(_ line: LineIndex, isActive: Bool) -> Bool {
        let place = Int(line.value)
        precondition(lines[place].isOutput, "an input is never driven")
        guard lines[place].isAvailable else { return false }
        if lines[place].isActive != isActive {
            lines[place].isActive = isActive
            lineChanges.push(LineChange(line: line, isActive: isActive, at: clock))
            feedDevices(from: line, isOn: isActive)
        }
        return true
    }

    /// As its wires are: a device that jams its bus holds it.
    private func condition(of bus: BusIndex) -> VirtualBus.Condition {
        guard buses[Int(bus.value)].condition == .sound else { return buses[Int(bus.value)].condition }
        for place in devices.indices where devices[place].bus == bus {
            if devices[place].model.faults.isJammed { return .held }
        }
        return .sound
    }

    private mutating func feedDevices(from line: LineIndex, isOn: Bool) {
        for place in devices.indices where devices[place].supply == line {
            devices[place].model.faults.isUnpowered = !isOn
            devices[place].model.faults.isJammed = false
            if isOn { devices[place].model.powerOn(at: clock) }
        }
    }

    public mutating func submit(_ request: BusRequest, to bus: BusIndex) -> Bool {
        let place = Int(bus.value)
        guard buses[place].waiting < capacities.requestsPerBus else { return false }
        let begins = max(clock, buses[place].busyUntil)
        var completion = Input(at: begins)
        let outcome: BusOutcome
        let ends: Instant
        switch condition(of: bus) {
        case .sound:
            ends = begins + VirtualBus.duration(of: request) + buses[place].delay
            outcome = transact(request, on: bus, at: ends, into: &completion.bytes)
        case .held:
            ends = begins + buses[place].timeout
            outcome = .timedOut
        case .absent:
            ends = begins
            outcome = .busMissing
        }
        if outcome != .done { completion.bytes.removeAll() }
        completion.at = ends
        completion.event = .busCompleted(bus, tag: request.tag, outcome)
        guard arrivals.push(completion) else { return false }
        buses[place].busyUntil = ends
        buses[place].waiting += 1
        return true
    }

    /// How long a check of a secret takes here, about what it takes on a small board.
    private static var secretCheckTime: Interval { .milliseconds(50) }

    public mutating func submit(_ check: SecretCheck) -> Bool {
        let hash = PinHash.hash(check.secret, salt: check.salt, passes: check.passes, memoryKib: check.memoryKib)
        let isRight = hash.map { PinHash.isSame($0, check.hash) } ?? false
        return arrivals.push(
            Input(.secretChecked(tag: check.tag, isRight: isRight), at: clock + VirtualBoard.secretCheckTime))
    }

    private mutating func transact(
        _ request: BusRequest, on bus: BusIndex, at instant: Instant, into bytes: inout FixedBytes<256>
    ) -> BusOutcome {
        for place in devices.indices where devices[place].bus == bus && devices[place].address == request.address {
            for _ in 0..<request.repetitions {
                let outcome = devices[place].model.transact(
                    write: request.write.span, read: Int(request.readCount), into: &bytes, at: instant)
                guard outcome == .done else { return outcome }
            }
            return .done
        }
        return .notAcknowledged
    }

    /// Carries out a transfer on a bus now, for a program outside that has the bus in place of the board.
    ///
    /// - Parameters:
    ///   - request: `repetitions` times what is written and how much is read.
    ///   - bytes: takes what is read.
    /// - Returns: the outcome, and how long the transfer takes on a real bus of this condition.
    public mutating func transfer(
        _ request: BusRequest, on bus: BusIndex, into bytes: inout FixedBytes<256>
    ) -> (outcome: BusOutcome, duration: Interval) {
        let place = Int(bus.value)
        switch condition(of: bus) {
        case .sound:
            let outcome = transact(request, on: bus, at: clock, into: &bytes)
            return (outcome, VirtualBus.duration(of: request) + buses[place].delay)
        case .held: return (.timedOut, buses[place].timeout)
        case .absent: return (.busMissing, .zero)
        }
    }

    public mutating func attachMedium(_ pages: MediumPages) { mediumPages = pages }

    public mutating func submit(_ request: MediumRequest) -> Bool {
        guard let mediumPages, mediumWaiting < VirtualBoard.mediumRequests else { return false }
        let (outcome, ends) = medium?.perform(request, pages: mediumPages, at: clock) ?? (.missing, clock)
        let completion = MediumCompletion(token: request.token, outcome: outcome)
        guard arrivals.push(Input(.mediumCompleted(completion), at: ends)) else { return false }
        mediumWaiting += 1
        return true
    }

    public mutating func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool {
        guard sendRoom(of: stream) >= bytes.count else { return false }
        if hear(bytes, on: stream) { return true }
        streams[Int(stream.value)].sent.append(bytes)
        return true
    }

    public func sendRoom(of stream: StreamIndex) -> Int {
        let place = Int(stream.value)
        return streams[place].isOpen ? streams[place].sent.room : 0
    }

    public mutating func close(_ stream: StreamIndex) {
        switch streams[Int(stream.value)].kind {
        case .serialPort: break
        case .console: setStreamOpen(stream, false)
        // What was sent before leaves before the connection ends.
        case .link: if isOpen(stream) { announce(stream, isOpen: false) }
        }
    }
}
