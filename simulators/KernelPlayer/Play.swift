import BoardImage
import CKernelWorld
import Cryptography
import FixedMemory
import Glibc
import HardwareInterface
import Simulation
import VirtualBoard
import WardenMessages

/// A scenario played to a real `wardend` through devices of the kernel.
///
/// The virtual board is the world's side here: what it would tell a runtime becomes pulls of lines, bytes on ports and
/// answers of buses, and what wardend does to its devices comes back to it.
struct Play: ~Copyable {
    /// How long wardend may take to listen at its socket, and to end.
    private static var patience: Interval { .seconds(60) }
    /// How often something is looked at that nobody tells of.
    private static var glance: Interval { .milliseconds(1) }
    /// The longest time between pulses of a burst; what is further apart is done in its own time again.
    private static var burstGap: Interval { .milliseconds(5) }

    private let image: BoardImage
    private let scenario: ScenarioTables
    private var board: VirtualBoard
    private var world: World
    private var nextStep = 0
    private var lines: LineDevices
    private var ports: PortDevices
    private var buses: BusDevices
    private var trace: LineTrace
    private let console: Int32
    private let consolePath: String
    private var log: [String] = []
    /// CLOCK_MONOTONIC at the scenario's beginning; before it the world stands still.
    private var startedAt = Int64.max
    /// CLOCK_MONOTONIC at its end: what wardend does when it is told to end is no part of it.
    private var endsAt = Int64.max
    /// The last thing that the world did: when it should have, and when it did.
    private var arrivedAt: (world: Instant, present: Instant) = (.start, .start)

    init(_ image: consuming BoardImage, _ scenario: consuming ScenarioTables, hashKey: HashKey) throws(Failure) {
        let lines = try LineDevices(image)
        let ports = try PortDevices(image)
        let buses = try BusDevices(image)
        let trace = try LineTrace()
        var path = [CChar](repeating: 0, count: 128)
        console = try Failure.check(kernel_world_terminal_make(&path, path.count), "no terminal for the console")
        consolePath = path.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        self.lines = lines
        self.ports = ports
        self.buses = buses
        self.trace = trace
        board = VirtualBoard(image, hashKey: hashKey)
        world = World(sensors: image.sensors.count)
        self.image = image
        self.scenario = scenario
    }

    // MARK: The course

    /// Plays it to the end.
    ///
    /// - Returns: wardend's wait status after SIGTERM.
    mutating func run(_ programs: Programs) throws(Failure) -> Int32 {
        try setClock()
        try performDueSteps()
        try applyWorld()
        let wardend = try programs.startWardend(console: image.capacities.consoles > 0 ? consolePath : nil)
        try serve(for: Play.patience, "wardend does not listen at its socket", wardend) { programs.isListening }
        kernel_world_be_punctual()
        startedAt = kernel_world_clock_ns()
        let end = Instant.start + .milliseconds(Int64(clamping: scenario.header.durationMs))
        while now < end {
            try turn(until: end)
        }
        endsAt = kernel_world_clock_ns()
        readTrace()
        try checkAlive(wardend)
        let reader = try programs.startEventReader()
        var status: Int32 = 0
        try serve(for: Play.patience, "wardenctl does not end", wardend) { kernel_world_has_ended(reader, &status) }
        guard status == 0 else { throw Failure(what: "wardenctl ended with wait status \(status)") }
        kernel_world_signal(wardend, SIGTERM)
        try serve(for: Play.patience, "wardend does not end on SIGTERM", nil) {
            kernel_world_has_ended(wardend, &status)
        }
        return status
    }

    /// The trace of lines and remarks, a line each, times in seconds from the scenario's beginning.
    var traceText: String { log.joined(separator: "\n") + "\n" }

    private var now: Instant {
        let clock = kernel_world_clock_ns()
        return clock <= startedAt ? .start : Instant(nanoseconds: clock - startedAt)
    }

    private func checkAlive(_ process: Int32) throws(Failure) {
        var status: Int32 = 0
        if kernel_world_has_ended(process, &status) { throw Failure(what: "wardend ended with wait status \(status)") }
    }

    /// Works the devices until something is the case.
    private mutating func serve(
        for time: Interval, _ complaint: String, _ process: Int32?, until isSo: () -> Bool
    ) throws(Failure) {
        let end = kernel_world_clock_ns() + time.nanoseconds
        while !isSo() {
            guard kernel_world_clock_ns() < end else { throw Failure(what: complaint) }
            if let process { try checkAlive(process) }
            try turn(until: now + Play.glance)
        }
    }

    /// Does everything that is due, then waits for the next thing or until `end`, and takes it.
    private mutating func turn(until end: Instant) throws(Failure) {
        let moment = nextMoment()
        board.advance(to: moment)
        world.advance(to: moment, of: scenario, on: &board)
        if startedAt != .max { try performDueSteps() }
        try applyWorld()
        buses.answer(at: moment)
        wait(from: moment, until: end)
        try takeInput()
    }

    /// The present, but no later than the next thing that the world does, which comes no sooner after the last one than it
    /// should: a player that was late must not squeeze a burst of pulses together.
    private mutating func nextMoment() -> Instant {
        let present = max(board.now, now)
        let arrival = max(board.now, board.nextArrival)
        guard arrival <= present else { return present }
        let gap = min(arrival - arrivedAt.world, Play.burstGap)
        guard present >= arrivedAt.present + gap else { return board.now }
        arrivedAt = (world: arrival, present: present)
        return arrival
    }

    private mutating func wait(from moment: Instant, until end: Instant) {
        var next = min(
            end, max(board.nextArrival, arrivedAt.present + min(board.nextArrival - arrivedAt.world, Play.burstGap)))
        next = min(next, world.deadline)
        next = min(next, buses.deadline)
        if startedAt != .max, nextStep < scenario.steps.count { next = min(next, self.moment(ofStep: nextStep)) }
        kernel_world_watch_none()
        for adapter in buses.descriptors { kernel_world_watch(adapter) }
        for port in ports.descriptors { kernel_world_watch(port) }
        kernel_world_watch(console)
        kernel_world_watch(trace.descriptor)
        kernel_world_wait(startedAt == .max ? Play.glance.nanoseconds : (next - max(moment, now)).nanoseconds)
    }

    private mutating func takeInput() throws(Failure) {
        // What a transfer finds is of now, unless pulses wait that come before.
        board.advance(to: max(board.now, min(now, board.nextArrival)))
        var place: Int32 = 0
        for adapter in buses.descriptors.indices {
            if kernel_world_has_input(place) { try buses.take(from: adapter, &board) }
            place += 1
        }
        for port in ports.descriptors.indices {
            if kernel_world_has_input(place) { readPort(port) }
            place += 1
        }
        if kernel_world_has_input(place) { readConsole() }
        if kernel_world_has_input(place + 1) { readTrace() }
    }

    // MARK: The scenario

    private func moment(ofStep index: Int) -> Instant {
        .start + .milliseconds(Int64(clamping: scenario.steps[index].atMs))
    }

    private func setClock() throws(Failure) {
        try Failure.check(
            kernel_world_clock_set(scenario.header.startUnixMs, scenario.header.clockTrust == .synchronised),
            "the clock cannot be set")
    }

    private mutating func performDueSteps() throws(Failure) {
        while nextStep < scenario.steps.count, moment(ofStep: nextStep) <= now {
            // Before there is a board nobody types.
            if startedAt == .max, isTyped(scenario.steps[nextStep]) { return }
            try perform(scenario.steps[nextStep])
            nextStep += 1
        }
    }

    private func isTyped(_ step: Step) -> Bool {
        switch step.action {
        case .console?, .command?: true
        default: false
        }
    }

    private mutating func perform(_ step: Step) throws(Failure) {
        switch step.action {
        case .console(let typed)?: type(text(typed.text.span))
        case .command(let command)?:
            guard let line = Typing.line(command, image) else {
                throw Failure(what: "a command of the scenario cannot be typed at a console")
            }
            type(line)
        case .remark(let remark)?: note("remark " + text(remark.text.span), at: now.nanoseconds)
        case .expect?, nil: break
        default: world.perform(step, of: scenario, on: &board)
        }
    }

    private func type(_ line: String) {
        let bytes = Array(line.utf8) + [0x0D]
        _ = kernel_world_write(console, bytes, bytes.count)
    }

    // MARK: The board's side

    /// Does to the kernel's devices what the world tells the board.
    private mutating func applyWorld() throws(Failure) {
        var input = Input()
        while board.takeInput(&input, urgentOnly: false) {
            switch input.event {
            case .lineChanged(let line, let isActive): try lines.pull(Int(line.value), isActive: isActive)
            case .bytesReceived(let stream):
                guard Int(stream.value) < ports.descriptors.count else { continue }
                let bytes = (0..<input.bytes.count).map { input.bytes[$0] }
                _ = kernel_world_write(ports.descriptors[Int(stream.value)], bytes, bytes.count)
            case .streamOpened(let stream, _): try plug(stream, in: true)
            case .streamClosed(let stream): try plug(stream, in: false)
            case .wallClockChanged(let clock): try setClock(clock)
            case .lineAvailability: throw Failure(what: "a line that vanishes by itself cannot be had from gpio-sim")
            case .busCompleted, .mediumCompleted, .storeCompleted, .secretChecked: break
            }
        }
    }

    private mutating func plug(_ stream: StreamIndex, in isIn: Bool) throws(Failure) {
        guard Int(stream.value) < ports.descriptors.count else { return }
        try ports.plug(Int(stream.value), in: isIn)
    }

    private func setClock(_ clock: WallClock) throws(Failure) {
        // A clock that was never set is one that starts at the beginning of 1970.
        let unixMilliseconds = clock.trust == .unset ? 0 : clock.unixMilliseconds
        try Failure.check(
            kernel_world_clock_set(unixMilliseconds, clock.trust == .synchronised), "the clock cannot be set")
    }

    private mutating func readPort(_ place: Int) {
        let stream = StreamIndex(UInt16(place))
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = kernel_world_read(ports.descriptors[place], &bytes, bytes.count)
        guard count > 0 else { return }
        _ = board.send(bytes[0..<count].span, to: stream)
        // What no reader hears is kept for somebody who asks; nobody does.
        var unheard = ByteBuffer(capacity: 16_384)
        board.takeSent(from: stream, into: &unheard)
    }

    private func readConsole() {
        var bytes = [UInt8](repeating: 0, count: 256)
        _ = kernel_world_read(console, &bytes, bytes.count)
    }

    private mutating func readTrace() {
        for entry in trace.take() where entry.nanoseconds <= endsAt {
            guard let change = lines.note(number: entry.number, level: entry.level) else { continue }
            let name = lines.lines[change.place].name
            // What an output feeds hangs on the virtual board.
            _ = board.setLine(LineIndex(UInt16(change.place)), isActive: change.isActive)
            note(
                "line \(name) \(change.isActive ? "on" : "off")",
                at: startedAt == .max ? 0 : max(0, entry.nanoseconds - startedAt))
        }
    }

    private mutating func note(_ words: String, at nanoseconds: Int64) {
        let fraction = String(nanoseconds % 1_000_000_000)
        let zeros = String(repeating: "0", count: 9 - fraction.count)
        log.append("\(nanoseconds / 1_000_000_000).\(zeros)\(fraction) \(words)")
    }
}
