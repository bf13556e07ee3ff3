import CLinuxHardware
import FixedMemory
import HardwareInterface

/// The world as Linux presents it: GPIO lines, I2C adapters, serial ports, consoles and connections.
///
/// One thread waits in `wait(until:)` and decides; I2C adapters have a thread each, and spare ones for those that the kernel
/// does not let go. Every device may be missing or vanish: that is reported, the rest runs on, and the device is opened again
/// when it is back. Memory is allocated in
/// `init`; opening a device again allocates inside libgpiod and libserialport and nowhere else.
///
/// A class, because the worker threads and the program's end refer to it; it is made once and lives as long as the
/// process.
public final class LinuxHardware: Hardware {
    /// The hardware cannot be set up at all.
    public enum StartError: Error, Equatable {
        /// The kernel gave no descriptor or thread for the loop itself; its error number.
        case kernel(Int32)
        /// The socket cannot be listened on; the kernel's error number (EADDRINUSE: another process listens there).
        case socket(Int32)
    }

    /// Chip lines whose presence one look checks, and how often: a chip can vanish without a word about its outputs.
    private enum Probe {
        static var linesAtOnce: Int { 8 }
        static var interval: Interval { .seconds(1) }
    }

    private let startNanoseconds: Int64
    private let epoll: Int32
    private let timer: Int32
    private let clockWatch: Int32
    private let signals: Int32
    private var listener: Int32
    private let socket: DevicePath?
    private var networkListeners: FixedArray<NetworkListener>

    private var lines: FixedArray<Line>
    private var buses: FixedArray<Bus>
    /// Threads that take the place of those that the kernel does not let go.
    private var spareBusThreads: FixedArray<Worker<BusTransfers>>
    private let workerPatience: Interval
    private var streams: FixedArray<Stream>
    private let portCount: Int
    private let consoleCount: Int
    private let mediumDescription: MediumDescription?
    private var medium: Worker<MediumAccess>?
    private let store: Worker<StoreAccess>?
    /// Where there are consoles, people log in.
    private let secrets: Worker<SecretComparison>?
    private var clock = CivilClock()
    private var ready: FixedArray<warden_ready>

    // Lines that owe a report or have an edge, buses and streams that may have something: each is a count or a flag, so
    // that a look for input costs nothing when there is none.
    private var linesMayHaveInput = false
    private var busesMayHaveInput = false
    private var secretsMayHaveInput = false
    /// Ports at which a card may be read, and all other streams.
    private var portsMayHaveInput = false
    private var othersMayHaveInput = false
    private var mediumMayHaveInput = false
    private var storeMayHaveInput = false
    private var nextBus = 0
    private var nextPort = 0
    private var nextOther = 0
    private var nextProbe = 0
    private var nextReopen = 0

    private var probesAt = Instant.start
    /// When `keepHouse` has something to do.
    private var houseAt = Instant.start
    private var timerSetFor = Instant.never

    /// Whether SIGTERM or SIGINT has arrived.
    public private(set) var isStopRequested = false
    /// Connections that may still come, since when that counts, and until when none is taken.
    private var connectionsLeft = connectionsAtOnce
    private var connectionsSince = Instant.start
    private var listenersHeldUntil = Instant.never

    public private(set) var refusedConnections: UInt64 = 0
    public private(set) var heldReads: UInt64 = 0

    /// Claims every line (outputs in their safe state, in the request that claims them), then opens the rest.
    ///
    /// A device that cannot be opened is no error: it is reported as unavailable or closed, and tried again.
    ///
    /// - Parameter onTrouble: called for each device that cannot be opened at start, with the kernel's error number.
    public init(
        _ configuration: consuming LinuxConfiguration,
        onTrouble: (StartTrouble) -> Void = { _ in }
    ) throws(StartError) {
        startNanoseconds = warden_monotonic_ns()
        // Before any thread, so that all of them have the signals blocked.
        signals = configuration.takesSignals ? warden_signals_make() : -1
        epoll = warden_epoll_make()
        timer = warden_timer_make()
        clockWatch = warden_clock_watch_make()
        let mode = configuration.socketMode
        socket = configuration.socket
        mediumDescription = configuration.medium
        listener = configuration.socket?.withCString { warden_unix_listen($0, mode) } ?? -1

        portCount = configuration.ports.count
        consoleCount = configuration.consoles.count
        store = configuration.store.flatMap {
            Worker("store", stackBytes: 131_072, requests: 16, StoreAccess($0))
        }
        // One check at a time.
        secrets =
            configuration.consoles.count > 0
            ? Worker("secrets", stackBytes: 131_072, requests: 1, SecretComparison()) : nil
        lines = FixedArray(capacity: configuration.lines.count)
        buses = FixedArray(capacity: configuration.buses.count)
        spareBusThreads = FixedArray(capacity: LinuxHardware.spareBusThreadLimit)
        workerPatience = configuration.workerPatience
        networkListeners = FixedArray(capacity: configuration.listeners.count)
        streams = FixedArray(
            capacity: configuration.ports.count + configuration.consoles.count + max(0, configuration.links))
        ready = FixedArray(repeating: warden_ready(), count: Int(WARDEN_READY_BATCH))
        guard epoll >= 0, timer >= 0, clockWatch >= 0 else { throw .kernel(-min(epoll, timer, clockWatch)) }
        if configuration.takesSignals && signals < 0 { throw .kernel(-signals) }
        if socket != nil && listener < 0 { throw .socket(-listener) }

        if let secrets { watch(secrets.completed, Watched(.secrets)) }
        if let store { watch(store.completed, Watched(.store)) }
        watch(timer, Watched(.timer))
        watch(clockWatch, Watched(.clock))
        watch(signals, Watched(.signals))
        watch(listener, Watched(.listener))
        addLines(configuration.lines, onTrouble)
        try addBuses(configuration.buses, configuration.requestsPerBus)
        addStreams(configuration, onTrouble)
        addListeners(configuration.listeners, onTrouble)
        clock.look(at: now)
        houseAt = .start
    }

    /// A device that could not be opened at start.
    public struct StartTrouble {
        public enum Device {
            case line(Int)
            case port(Int)
            case console(Int)
            case listener(Int)
        }
        public var device: Device
        /// The kernel's error number.
        public var error: Int32
    }

    // MARK: Setting up

    private func watch(_ descriptor: Int32, _ watched: Watched) {
        if descriptor >= 0 { _ = warden_epoll_watch(epoll, descriptor, Watch.reading, watched.tag) }
    }

    // Outputs first, all of them, before anything that could take time.
    private func addLines(
        _ descriptions: borrowing FixedArray<LineDescription>, _ onTrouble: (StartTrouble) -> Void
    ) {
        for index in descriptions.indices { lines.append(Line(descriptions[index])) }
        warden_program_release_lines()
        claimLines(outputs: true, onTrouble)
        claimLines(outputs: false, onTrouble)
    }

    private func claimLines(outputs: Bool, _ onTrouble: (StartTrouble) -> Void) {
        for index in lines.indices where lines[index].isOutput == outputs && !lines[index].description.isElsewhere {
            let status = claim(index, at: now, isFirst: true)
            if status != 0 { onTrouble(StartTrouble(device: .line(index), error: -status)) }
        }
    }

    private func addBuses(
        _ descriptions: borrowing FixedArray<BusDescription>, _ requests: Int
    ) throws(StartError) {
        guard !descriptions.isEmpty else { return }
        for index in descriptions.indices {
            guard let bus = Bus(descriptions[index], requests: requests) else { throw .kernel(0) }
            watch(bus.completed, Watched(.bus, index))
            buses.append(bus)
        }
        while !spareBusThreads.isFull {
            guard let spare = Bus.spare(requests: requests) else { throw .kernel(0) }
            spareBusThreads.append(spare)
        }
    }

    private func addStreams(_ configuration: borrowing LinuxConfiguration, _ onTrouble: (StartTrouble) -> Void) {
        for index in configuration.ports.indices {
            streams.append(
                Stream(
                    .port(configuration.ports[index]), portIndex: index,
                    sendBytes: configuration.ports[index].carriesLink
                        ? configuration.linkPortSendBytes : configuration.portSendBytes,
                    at: now))
        }
        for index in configuration.consoles.indices {
            streams.append(
                Stream(.console(configuration.consoles[index]), sendBytes: configuration.streamSendBytes, at: now))
        }
        while !streams.isFull { streams.append(Stream(.link, sendBytes: configuration.streamSendBytes, at: now)) }
        for index in 0..<(portCount + consoleCount) {
            let status = open(index, at: now, isFirst: true)
            guard status != 0 else { continue }
            onTrouble(
                StartTrouble(
                    device: index < portCount ? .port(index) : .console(index - portCount), error: -status))
        }
    }

    private func addListeners(
        _ descriptions: borrowing FixedArray<ListenerDescription>, _ onTrouble: (StartTrouble) -> Void
    ) {
        for index in descriptions.indices {
            networkListeners.append(NetworkListener(descriptions[index], at: now))
            let status = listen(index, at: now)
            if status != 0 { onTrouble(StartTrouble(device: .listener(index), error: -status)) }
        }
    }

    private func listen(_ index: Int, at now: Instant) -> Int32 {
        let status = networkListeners[index].open(at: now)
        watch(networkListeners[index].descriptor, Watched(.networkListener, index))
        return status
    }

    public var listenerCount: Int { networkListeners.count }

    /// The file of the socket for programs of this machine; `nil` without one.
    var localSocketPath: DevicePath? { socket }

    func wantedPort(ofListener index: Int) -> UInt16 { networkListeners[index].description.port }

    public func address(ofListener index: Int) -> DevicePath { networkListeners[index].description.address }

    /// The port that a listener has; `nil` while it cannot be had.
    public func port(ofListener index: Int) -> UInt16? { networkListeners[index].port }

    private func claim(_ index: Int, at now: Instant, isFirst: Bool) -> Int32 {
        let status = lines[index].claim(at: now, isFirst: isFirst)
        linesMayHaveInput = true
        watch(lines[index].descriptor, Watched(.line, index))
        return status
    }

    private func open(_ index: Int, at now: Instant, isFirst: Bool) -> Int32 {
        let status = streams[index].open(at: now, isFirst: isFirst)
        noteInput(ofStream: index)
        watch(streams[index].descriptor, Watched(.stream, index))
        return status
    }

    private func noteInput(ofStream index: Int) {
        if streams[index].isUrgent { portsMayHaveInput = true } else { othersMayHaveInput = true }
    }

    // MARK: Losing

    private func loseLine(_ index: Int, at now: Instant) {
        if lines[index].descriptor >= 0 { warden_epoll_forget(epoll, lines[index].descriptor) }
        lines[index].lose(at: now)
        linesMayHaveInput = true
        houseAt = min(houseAt, lines[index].claimDueAt)
    }

    private func loseStream(_ index: Int, at now: Instant) {
        warden_epoll_forget(epoll, streams[index].descriptor)
        streams[index].lose(at: now)
        noteInput(ofStream: index)
        houseAt = min(houseAt, streams[index].openDueAt)
    }

    // MARK: Waiting

    /// Waits until an input is there or `deadline` has come, whichever is first; returns at once if an input is left
    /// from before.
    public func wait(until deadline: Instant) {
        now = clockNow
        flushStreams()
        let mayHaveInput =
            linesMayHaveInput || busesMayHaveInput || portsMayHaveInput || othersMayHaveInput || mediumMayHaveInput
            || secretsMayHaveInput || storeMayHaveInput
        let due = min(deadline, houseAt)
        let looksOnly = mayHaveInput || clock.owesReport || due <= now
        if !looksOnly { setTimer(due) }
        let count = max(0, Int(warden_epoll_wait(epoll, &ready[0], looksOnly ? 0 : -1)))
        for index in 0..<count { note(ready[index]) }
        // Once for all that follows, and after edges were read: reading the clock is a call of the kernel on some boards.
        now = clockNow
        if now >= houseAt { keepHouse(at: now) }
    }

    private func setTimer(_ due: Instant) {
        guard due != timerSetFor else { return }
        timerSetFor = due
        let (absolute, overflow) = due.nanoseconds.addingReportingOverflow(startNanoseconds)
        warden_timer_set(timer, overflow ? 0 : absolute)
    }

    private func note(_ ready: warden_ready) {
        guard let watched = Watched(tag: ready.tag) else { return }
        let index = watched.index
        switch watched.kind {
        case .timer:
            warden_timer_take(timer)
            timerSetFor = .never
        case .clock:
            warden_clock_watch_take(clockWatch)
            houseAt = .start
            clock.look(at: clockNow)
        case .signals:
            if warden_signal_ends(warden_signals_take(signals)) { isStopRequested = true }
        case .listener: acceptLocalConnections()
        case .networkListener: acceptConnections(of: index)
        case .bus:
            _ = warden_event_take(buses[index].completed)
            busesMayHaveInput = true
        case .secrets:
            if let secrets { _ = warden_event_take(secrets.completed) }
            secretsMayHaveInput = true
        case .line: noteLine(index)
        case .store:
            if let store { _ = warden_event_take(store.completed) }
            storeMayHaveInput = true
        case .medium:
            if let medium { _ = warden_event_take(medium.completed) }
            mediumMayHaveInput = true
        case .stream:
            streams[index].isReadable = streams[index].isReadable || ready.is_readable || ready.is_gone
            streams[index].isGone = streams[index].isGone || ready.is_gone
            if streams[index].isReadable { noteInput(ofStream: index) }
        }
    }

    private func noteLine(_ index: Int) {
        guard lines[index].isClaimed else { return }
        // Only what the kernel does not debounce is timed here.
        let moment = lines[index].isDebouncedHere ? clockNow : now
        guard lines[index].readEdges(at: moment, startedAt: startNanoseconds) else {
            loseLine(index, at: moment)
            return
        }
        linesMayHaveInput = true
        houseAt = min(houseAt, lines[index].settlesAt)
    }

    /// Connections that are taken in `Stream.shareTime`: a crowd must not hold up a door.
    private static var connectionsAtOnce: Int { 4 }

    private func acceptLocalConnections() {
        while mayConnect() {
            var peer = warden_peer(user: 0, group: 0)
            let descriptor = warden_unix_accept(listener, &peer)
            guard descriptor >= 0 else { return }
            connect(descriptor, .localUser(userIdentifier: peer.user, groupIdentifier: peer.group))
        }
    }

    private func acceptConnections(of index: Int) {
        while mayConnect() {
            let descriptor = warden_tcp_accept(networkListeners[index].descriptor)
            guard descriptor >= 0 else { return }
            connect(descriptor, .unauthenticated)
        }
    }

    /// Whether another connection may come now; where not, listeners are left alone for a while.
    private func mayConnect() -> Bool {
        if now >= connectionsSince + Stream.shareTime {
            connectionsSince = now
            connectionsLeft = LinuxHardware.connectionsAtOnce
        }
        guard connectionsLeft == 0 else {
            connectionsLeft -= 1
            return true
        }
        if listenersHeldUntil == .never {
            listenersHeldUntil = connectionsSince + Stream.shareTime
            houseAt = min(houseAt, listenersHeldUntil)
            watchListeners(Watch.nothing)
        }
        return false
    }

    private func connect(_ descriptor: Int32, _ peer: LinkPeer) {
        guard let place = freePlace() else {
            refusedConnections &+= 1
            warden_close(descriptor)
            return
        }
        streams[place].connect(descriptor, peer)
        watch(descriptor, Watched(.stream, place))
        othersMayHaveInput = true
    }

    private func freePlace() -> Int? {
        for index in (portCount + consoleCount)..<streams.count where streams[index].isFree { return index }
        return nil
    }

    private func flushStreams() {
        for index in streams.indices where streams[index].hasUnsent { flushStream(index) }
    }

    private func flushStream(_ index: Int) {
        guard streams[index].flush() else {
            loseStream(index, at: now)
            return
        }
        if streams[index].partsAt != .never && !streams[index].hasUnsent {
            loseStream(index, at: now)
            return
        }
        if streams[index].noteAwaitsRoom() {
            watchStream(index)
        }
    }

    private func watchStream(_ index: Int) {
        let watch = Watch.stream(isRead: !streams[index].isHeld, isWritten: streams[index].awaitsRoom)
        _ = warden_epoll_change(epoll, streams[index].descriptor, watch, Watched(.stream, index).tag)
    }

    /// Streams that have had their share may be read again.
    private func releaseStreams(at now: Instant) {
        for index in streams.indices where now >= streams[index].heldUntil {
            streams[index].release(at: now)
            watchStream(index)
        }
        guard now >= listenersHeldUntil else { return }
        listenersHeldUntil = .never
        connectionsLeft = LinuxHardware.connectionsAtOnce
        watchListeners(Watch.reading)
    }

    private func watchListeners(_ watch: Int32) {
        if listener >= 0 { _ = warden_epoll_change(epoll, listener, watch, Watched(.listener).tag) }
        for index in networkListeners.indices where networkListeners[index].descriptor >= 0 {
            let descriptor = networkListeners[index].descriptor
            _ = warden_epoll_change(epoll, descriptor, watch, Watched(.networkListener, index).tag)
        }
    }

    // MARK: Housekeeping

    /// What no input brings about: levels that have held, devices that are tried again, looks at lines and clock.
    private func keepHouse(at now: Instant) {
        settleLines(at: now)
        releaseStreams(at: now)
        if now >= probesAt {
            probeLines(at: now)
            replaceStuckThreads()
        }
        reopenOne(at: now)
        if now >= clock.looksAt { clock.look(at: now) }
        for index in streams.indices where now >= streams[index].partsAt { loseStream(index, at: now) }
        houseAt = min(probesAt, clock.looksAt, listenersHeldUntil)
        for index in lines.indices { houseAt = min(houseAt, lines[index].settlesAt, lines[index].claimDueAt) }
        for index in streams.indices {
            houseAt = min(houseAt, streams[index].partsAt, streams[index].openDueAt)
            houseAt = min(houseAt, streams[index].heldUntil)
        }
        for index in networkListeners.indices { houseAt = min(houseAt, networkListeners[index].openDueAt) }
    }

    private func settleLines(at now: Instant) {
        for index in lines.indices {
            lines[index].settle(at: now)
            if lines[index].owesReport { linesMayHaveInput = true }
        }
    }

    private func probeLines(at now: Instant) {
        probesAt = now + Probe.interval
        for _ in 0..<min(Probe.linesAtOnce, lines.count) {
            nextProbe = (nextProbe + 1) % lines.count
            if lines[nextProbe].isClaimed && !lines[nextProbe].isAlive() { loseLine(nextProbe, at: now) }
        }
    }

    /// Spare threads for all buses. Each that is used up stays with the kernel for as long as that keeps it.
    private static var spareBusThreadLimit: Int { 2 }

    private func replaceStuckThreads() {
        for index in buses.indices {
            if let former = buses[index].replaceIfStuck(after: workerPatience, by: &spareBusThreads) {
                warden_epoll_forget(epoll, former)
                watch(buses[index].completed, Watched(.bus, index))
            }
            if buses[index].owesAnswer { busesMayHaveInput = true }
        }
    }

    /// Tries to open one device that is due: opening talks to drivers, and one at a time is what a loop turn can bear.
    private func reopenOne(at now: Instant) {
        let count = lines.count + streams.count + networkListeners.count
        for offset in 0..<count {
            let index = (nextReopen + offset) % count
            guard reopen(index, at: now) else { continue }
            nextReopen = index + 1
            return
        }
    }

    /// - Returns: whether an attempt was due.
    private func reopen(_ place: Int, at now: Instant) -> Bool {
        if place < lines.count {
            guard now >= lines[place].claimDueAt else { return false }
            _ = claim(place, at: now, isFirst: false)
            return true
        }
        let stream = place - lines.count
        if stream < streams.count {
            guard now >= streams[stream].openDueAt else { return false }
            _ = open(stream, at: now, isFirst: false)
            return true
        }
        let listener = stream - streams.count
        guard now >= networkListeners[listener].openDueAt else { return false }
        _ = listen(listener, at: now)
        return true
    }

    // MARK: Hardware

    /// The moment of the last wait: within a turn time stands still.
    public private(set) var now = Instant.start

    private var clockNow: Instant { Instant(nanoseconds: warden_monotonic_ns() - startNanoseconds) }

    public func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool {
        if linesMayHaveInput && takeLineInput(&input) { return true }
        if busesMayHaveInput && takeBusInput(&input) { return true }
        if portsMayHaveInput {
            if let next = takeStreamInput(&input, 0..<portCount, from: nextPort, urgent: true) {
                nextPort = next
                return true
            }
            portsMayHaveInput = false
        }
        if clock.owesReport {
            input.at = now
            input.event = .wallClockChanged(clock.takeReport(at: input.at))
            input.bytes.removeAll()
            return true
        }
        guard !urgentOnly else { return false }
        if mediumMayHaveInput {
            if let completion = medium?.takeCompletion() {
                input.at = now
                input.event = .mediumCompleted(completion)
                input.bytes.removeAll()
                return true
            }
            mediumMayHaveInput = false
        }
        if storeMayHaveInput {
            if let completion = store?.takeCompletion() {
                input.at = now
                input.event = .storeCompleted(completion.completion)
                input.bytes = completion.words
                return true
            }
            storeMayHaveInput = false
        }
        if secretsMayHaveInput && takeSecretInput(&input) { return true }
        guard othersMayHaveInput else { return false }
        guard let next = takeStreamInput(&input, 0..<streams.count, from: nextOther, urgent: false) else {
            othersMayHaveInput = false
            return false
        }
        nextOther = next
        return true
    }

    private func takeLineInput(_ input: inout Input) -> Bool {
        while true {
            var earliest = -1
            for index in lines.indices {
                if lines[index].owesReport,
                    let report = lines[index].takeReport(of: LineIndex(UInt16(index)), now: now)
                {
                    input.event = report.event
                    input.at = report.at
                    input.bytes.removeAll()
                    return true
                }
                // Edges of different lines are taken in the order in which they happened: a Wiegand reader's number is
                // that order.
                if lines[index].hasEdge
                    && (earliest < 0 || lines[index].edgeTimestamp < lines[earliest].edgeTimestamp)
                {
                    earliest = index
                }
            }
            guard earliest >= 0 else { break }
            if let change = lines[earliest].takeEdge(startedAt: startNanoseconds, now: now) {
                input.event = .lineChanged(LineIndex(UInt16(earliest)), isActive: change.isActive)
                input.at = change.at
                input.bytes.removeAll()
                return true
            }
        }
        linesMayHaveInput = false
        for index in lines.indices where lines[index].isClaimed && !lines[index].isOutput {
            lines[index].verifyLevel(at: now)
            if lines[index].owesReport { linesMayHaveInput = true }
        }
        return false
    }

    private func takeBusInput(_ input: inout Input) -> Bool {
        for _ in buses.indices {
            let index = nextBus
            nextBus = (nextBus + 1) % buses.count
            guard let completion = buses[index].takeCompletion() else { continue }
            input.event = .busCompleted(BusIndex(UInt8(index)), tag: completion.tag, completion.outcome)
            // It may have ended since the last look at the clock.
            input.at = min(now, Instant(nanoseconds: completion.atNanoseconds - startNanoseconds))
            input.bytes.removeAll()
            input.bytes.append(completion.bytes.span)
            return true
        }
        busesMayHaveInput = false
        return false
    }

    private func takeSecretInput(_ input: inout Input) -> Bool {
        guard let outcome = secrets?.takeCompletion() else {
            secretsMayHaveInput = false
            return false
        }
        input.event = .secretChecked(tag: outcome.tag, isRight: outcome.isRight)
        input.at = now
        input.bytes.removeAll()
        return true
    }

    /// Takes an input of one stream of the range, urgent or not, each in its turn.
    ///
    /// - Returns: where the next round begins, or `nil` if none has an input.
    private func takeStreamInput(_ input: inout Input, _ range: Range<Int>, from first: Int, urgent: Bool) -> Int? {
        for offset in 0..<range.count {
            let place = (first + offset) % range.count
            guard streams[range.lowerBound + place].isUrgent == urgent else { continue }
            if takeInput(&input, ofStream: range.lowerBound + place) { return (place + 1) % range.count }
        }
        return nil
    }

    private func takeInput(_ input: inout Input, ofStream index: Int) -> Bool {
        let place = StreamIndex(UInt16(index))
        input.at = now
        if let report = streams[index].takeReport(of: place) {
            input.event = report
            input.bytes.removeAll()
            return true
        }
        guard streams[index].isOpen, streams[index].isReadable else { return false }
        let count = streams[index].receive(into: &input)
        if count > 0 {
            if streams[index].countAgainstShare(count, at: input.at) {
                heldReads &+= 1
                watchStream(index)
                houseAt = min(houseAt, streams[index].heldUntil)
            }
            input.event = .bytesReceived(place)
            return true
        }
        guard count < 0 else { return false }
        loseStream(index, at: input.at)
        guard let report = streams[index].takeReport(of: place) else { return false }
        input.event = report
        input.bytes.removeAll()
        return true
    }

    @discardableResult
    public func setLine(_ line: LineIndex, isActive: Bool) -> Bool {
        let index = Int(line.value)
        precondition(lines[index].isOutput, "an input is never driven")
        let wasClaimed = lines[index].isClaimed
        let status = lines[index].drive(isActive)
        if wasClaimed && status == -LinuxError.noDevice { loseLine(index, at: now) }
        return status == 0
    }

    public func submit(_ request: BusRequest, to bus: BusIndex) -> Bool {
        let index = Int(bus.value)
        let isTaken = buses[index].submit(request)
        if buses[index].owesAnswer { busesMayHaveInput = true }
        return isTaken
    }

    public func attachMedium(_ pages: MediumPages) {
        guard let mediumDescription, medium == nil else { return }
        // A write and a flush for each page that a journal has, with room to spare.
        let access = MediumAccess(mediumDescription, pages: pages)
        guard let worker = Worker("journal", stackBytes: 65_536, requests: 256, access) else { return }
        watch(worker.completed, Watched(.medium))
        medium = worker
    }

    public func submit(_ request: MediumRequest) -> Bool { medium?.submit(request) ?? false }
    public func submit(_ request: StoreRequest) -> Bool { store?.submit(request) ?? false }

    public var isGettingOn: Bool {
        for index in buses.indices where buses[index].isStuck { return false }
        return areWorkersAlive && medium?.isStuck(within: workerPatience) != true
            && store?.isStuck(within: workerPatience) != true
    }

    /// Whether every thread takes what it is handed. A watchdog is fed only then; a thread that the kernel holds up is no
    /// reason to take the doors away, and is reported as the trouble of its bus or of the journal.
    public var areWorkersAlive: Bool {
        for index in buses.indices where !buses[index].isAlive(within: workerPatience) { return false }
        return medium?.isAlive(within: workerPatience) != false && store?.isAlive(within: workerPatience) != false
            && secrets?.isAlive(within: workerPatience) != false
    }

    public func submit(_ check: SecretCheck) -> Bool { secrets?.submit(check) ?? false }

    public func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool { streams[Int(stream.value)].send(bytes) }

    public func sendRoom(of stream: StreamIndex) -> Int { streams[Int(stream.value)].sendRoom }

    public func close(_ stream: StreamIndex) {
        let index = Int(stream.value)
        guard streams[index].isOpen else { return }
        if streams[index].part(at: now) {
            loseStream(index, at: now)
        } else {
            houseAt = min(houseAt, streams[index].partsAt)
        }
    }

    // MARK: Ending

    /// Ends in order: outputs go to their exit states and stay claimed until the process is gone, what was sent leaves
    /// as far as the kernel takes it, terminals get their mode back, the socket file is removed.
    public func stop() {
        for index in lines.indices where lines[index].isOutput {
            switch lines[index].description.exitState {
            case .inactive: _ = lines[index].drive(false)
            case .active: _ = lines[index].drive(true)
            case .keep: break
            }
        }
        flushStreams()
        for index in streams.indices where streams[index].isOpen { loseStream(index, at: now) }
        stopListening()
    }

    /// Ends for a start anew in the same process: outputs go to the state that they start in, and stay claimed.
    public func stopForRestart() {
        for index in lines.indices where lines[index].isOutput {
            _ = lines[index].drive(lines[index].description.startsActive)
        }
        flushStreams()
        for index in streams.indices where streams[index].isOpen { loseStream(index, at: now) }
        stopListening()
        store?.stop()
        medium?.stop()
    }

    private func stopListening() {
        for index in networkListeners.indices { networkListeners[index].close() }
        guard let socket, listener >= 0 else { return }
        socket.withCString { warden_unix_stop_listening(listener, $0) }
        listener = -1
    }

    /// The output level that was asked for last, or the input level that was reported last.
    public func isActive(_ line: LineIndex) -> Bool { lines[Int(line.value)].isActive }

    /// Whether the line is claimed.
    public func isAvailable(_ line: LineIndex) -> Bool { lines[Int(line.value)].isClaimed }

    deinit {
        for index in buses.indices { buses[index].stop() }
        medium?.stop()
        store?.stop()
        secrets?.stop()
        for index in lines.indices { lines[index].release() }
        for index in streams.indices where streams[index].isOpen { streams[index].lose(at: .start) }
        stopListening()
        warden_close(epoll)
        warden_close(timer)
        warden_close(clockWatch)
        if signals >= 0 { warden_close(signals) }
    }
}
